//! The pods of a kubelet, from a gRPC server on a Unix socket.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod faults;
mod messages;
mod meter;
mod pods_api;
mod server;

use std::fmt::Write as _;
use std::time::Duration;

use dcgm_otel::attribution::{Allocation, Attribution, AttributionError, Device, GpuName, Kubelet};
use tempfile::TempDir;

use messages::{PodResources, container, list, pod, pod_with_claim};
use server::Answer;

pub(crate) const LIST: &str = "/v1.PodResourcesLister/List";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const GPU_0: &str = "GPU-00000000-0000-0000-0000-000000000010";
const GPU_1: &str = "GPU-00000000-0000-0000-0000-000000000011";
const MIG_0: &str = "MIG-00000000-0000-0000-0000-000000000020";
pub(crate) const GPU: &str = "nvidia.com/gpu";

/// A kubelet, and the source that reads it.
pub(crate) struct Node {
    pub(crate) server: Option<server::Kubelet>,
    pub(crate) source: Kubelet,
    pub(crate) folder: TempDir,
}

impl Node {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("kubelet.sock");
        let source = Kubelet::new()
            .with_socket(&socket)
            .with_pods_socket(folder.path().join("pods.sock"));
        Self {
            server: Some(server::Kubelet::listen(&socket)),
            source,
            folder,
        }
    }

    pub(crate) fn server(&self) -> &server::Kubelet {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn set_pods(&self, pods: impl IntoIterator<Item = PodResources>) {
        let answer = Answer::Message(list(pods));
        self.server().set_answer(LIST, answer);
    }

    pub(crate) fn ask(&mut self) -> Result<Vec<String>, AttributionError> {
        let allocations = self.source.allocations(TIMEOUT)?;
        let mut lines: Vec<_> = allocations.iter().map(describe).collect();
        lines.sort_unstable();
        Ok(lines)
    }

    pub(crate) fn ask_about(
        &mut self,
        pods: impl IntoIterator<Item = PodResources>,
    ) -> Vec<String> {
        self.set_pods(pods);
        self.ask().unwrap()
    }
}

/// Returns a line with the device, the pod's attributes without their prefix, and `shared`.
fn describe(allocation: &Allocation) -> String {
    let gpu = |gpu: &GpuName| match gpu {
        GpuName::Uuid(uuid) => uuid.clone(),
        GpuName::Minor(minor) => format!("minor {minor}"),
        other => format!("{other:?}"),
    };
    let device = match &allocation.device {
        Device::Gpu(name) => gpu(name),
        Device::GpuInstance { gpu: of, instance } => format!("{} gi {instance}", gpu(of)),
        Device::ComputeInstance {
            gpu: of,
            instance,
            compute_instance,
        } => format!("{} gi {instance} ci {compute_instance}", gpu(of)),
        Device::MigUuid(uuid) => uuid.clone(),
        other => format!("{other:?}"),
    };
    let mut line = format!("{device}:");
    for one in &allocation.attributes {
        let key = one.key.as_str();
        let key = key.strip_prefix("k8s.").unwrap_or(key);
        write!(line, " {key}={}", one.value).unwrap();
    }
    if allocation.shared {
        line += " shared";
    }
    line
}

/// Returns the line of a device that the container `main` of a pod in the namespace `ml` holds.
pub(crate) fn held(device: &str, pod: &str) -> String {
    format!("{device}: container.name=main namespace.name=ml pod.name={pod}")
}

#[test]
fn pods_come_and_go() {
    let mut node = Node::new();
    assert_eq!(node.ask_about([]), [""; 0]);
    let (a, b) = (pod("a", GPU, &[GPU_0]), pod("b", GPU, &[GPU_1]));
    assert_eq!(node.ask_about([a.clone()]), [held(GPU_0, "a")]);
    assert_eq!(
        node.ask_about([a, b.clone()]),
        [held(GPU_0, "a"), held(GPU_1, "b")]
    );
    assert_eq!(node.ask_about([b]), [held(GPU_1, "b")]);
    assert_eq!(node.ask_about([]), [""; 0]);
    // All over one connection.
    assert_eq!((node.server().calls(), node.server().connections()), (5, 1));
}

#[test]
fn every_kind_of_device_id_is_found() {
    let legacy = format!("MIG-{GPU_0}/7/0");
    let mut node = Node::new();
    let lines = node.ask_about([
        pod("a", GPU, &[GPU_0, "nvidia3"]),
        pod(
            "b",
            "nvidia.com/mig-1g.10gb",
            &[MIG_0, &legacy, "nvidia4/gi12"],
        ),
    ]);
    assert_eq!(
        lines,
        [
            held(&format!("{GPU_0} gi 7 ci 0"), "b"),
            held(GPU_0, "a"),
            held(MIG_0, "b"),
            held("minor 3", "a"),
            held("minor 4 gi 12", "b"),
        ]
    );
}

#[test]
fn a_pod_moves_between_mig_instances() {
    let mut node = Node::new();
    let resource = "nvidia.com/mig-1g.10gb";
    for id in ["nvidia0/gi7", "nvidia0/gi8", "nvidia1/gi7"] {
        let device = id.replace("nvidia", "minor ").replace("/gi", " gi ");
        assert_eq!(
            node.ask_about([pod("a", resource, &[id])]),
            [held(&device, "a")]
        );
    }
}

#[test]
fn replicas_are_shared() {
    let mut node = Node::new();
    let replica = |name, number| {
        pod(
            name,
            "nvidia.com/gpu.shared",
            &[&format!("{GPU_0}::{number}")],
        )
    };
    let shared = |name| held(GPU_0, name) + " shared";
    // Also if no other pod holds a replica yet.
    assert_eq!(node.ask_about([replica("a", 0)]), [shared("a")]);
    let both = [replica("a", 0), replica("b", 1)];
    assert_eq!(node.ask_about(both.clone()), [shared("a"), shared("b")]);
    // The one that came later is not the only one.
    assert_eq!(node.ask_about(both), [shared("a"), shared("b")]);
    // Two replicas of one pod are one allocation.
    let two = pod("a", GPU, &["nvidia0/vgpu0", "nvidia0/vgpu1"]);
    assert_eq!(node.ask_about([two]), [held("minor 0", "a") + " shared"]);
}

#[test]
fn containers_of_a_pod_that_share_are_one_allocation() {
    let mut node = Node::new();
    let mut a = pod("a", GPU, &[GPU_0]);
    a.containers.push(container("side", GPU, &[GPU_0, GPU_1]));
    assert_eq!(
        node.ask_about([a]),
        [
            format!("{GPU_0}: namespace.name=ml pod.name=a"),
            format!("{GPU_1}: container.name=side namespace.name=ml pod.name=a"),
        ]
    );
}

#[test]
fn other_resources_are_no_gpus_unless_added() {
    let mut node = Node::new();
    let pods = || {
        [
            pod("a", "example.com/gpu", &[GPU_0]),
            pod("b", "example.com/nic", &["eth0"]),
        ]
    };
    assert_eq!(node.ask_about(pods()), [""; 0]);
    node.source = Kubelet::new()
        .with_socket(&node.server().socket)
        .with_pods_socket(node.folder.path().join("pods.sock"))
        .with_resource_name("example.com/gpu");
    assert_eq!(node.ask_about(pods()), [held(GPU_0, "a")]);
}

#[test]
fn ids_of_no_single_gpu_are_passed_on_as_they_are() {
    let mut node = Node::new();
    let lines = node.ask_about([pod("a", GPU, &["all", "tegra", "b\u{1b}[1m\nroken"])]);
    assert_eq!(
        lines,
        [
            held("all", "a"),
            held("b[1m roken", "a"),
            held("tegra", "a")
        ]
    );
}

#[test]
fn a_claim_names_its_gpu_by_the_minor_number() {
    let mut node = Node::new();
    let claim = |device: &str, claim: &str| {
        format!(
            " resourceclaim.device={device} resourceclaim.driver=gpu.nvidia.com \
             resourceclaim.name={claim} resourceclaim.namespace=ml resourceclaim.pool=node-1"
        )
    };
    let driver = "gpu.nvidia.com";
    let part = "gpu-1-mig-1g.10gb-19-3";
    let lines = node.ask_about([
        pod_with_claim("a", "c1", driver, "gpu-2"),
        pod_with_claim("b", "c2", driver, part),
        pod_with_claim("c", "c3", "compute-domain.nvidia.com", "channel-0"),
    ]);
    assert_eq!(
        lines,
        [
            held(part, "b") + &claim(part, "c2"),
            held("minor 2", "a") + &claim("gpu-2", "c1"),
        ]
    );
    // Two pods may use one claim, and one does not replace the other.
    let both = || ["a", "b"].map(|name| pod_with_claim(name, "c1", driver, "gpu-2"));
    node.ask_about([pod_with_claim("a", "c1", driver, "gpu-2")]);
    assert_eq!(node.ask_about(both()).len(), 2);
    let mut share = pod_with_claim("a", "c1", driver, "gpu-2");
    share.containers[0].dynamic[0].devices[0].share = Some("s1".to_owned());
    let lines = node.ask_about([share]);
    assert!(lines[0].ends_with(" shared"), "{lines:?}");
}

#[test]
fn a_pod_that_has_ended_gives_its_device_to_the_next() {
    let mut node = Node::new();
    let (a, b) = (pod("a", GPU, &[GPU_0]), pod("b", GPU, &[GPU_0, GPU_1]));
    assert_eq!(node.ask_about([a.clone()]), [held(GPU_0, "a")]);
    // The kubelet goes on listing the first.
    let both = [held(GPU_0, "b"), held(GPU_1, "b")];
    for _ in 0..3 {
        assert_eq!(node.ask_about([a.clone(), b.clone()]), both);
        assert_eq!(node.ask_about([b.clone(), a.clone()]), both);
    }
    assert_eq!(node.ask_about([b.clone()]), both);
    // A source that starts later does not know which of them has ended.
    let mut late = Node::new();
    assert_eq!(late.ask_about([a, b]).len(), 3);
}

#[test]
fn texts_of_the_kubelet_are_clean_and_short() {
    let mut node = Node::new();
    let name = "a\u{1b}[2K\n".to_owned() + &"x".repeat(1000);
    let lines = node.ask_about([pod(&name, GPU, &[GPU_0])]);
    assert!(
        lines[0].contains("pod.name=a[2K x") && lines[0].len() < 400,
        "{lines:?}"
    );
}
