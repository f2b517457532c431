//! The pods of a Kubernetes node, from its kubelet.

mod allocate;
mod client;
mod device_id;
mod pods;
mod resources;
mod wire;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use self::allocate::{FirstListed, make_allocations};
use self::client::UnixService;
use self::pods::{LIST_PODS_METHOD, LabelPatterns, PodInfo, parse_pods};
use self::resources::{LIST_METHOD, PodDevices, PodName, ResourceNames, parse_resources};
use super::{Allocation, Attribution, AttributionError};

/// Failures of the Pods API in a row, after it has answered, for which the whole answer is withheld: a short
/// failure must not change the attributes of every pod twice.
const WITHHELD_ANSWERS: u32 = 3;

/// The pods of a Kubernetes node and the GPUs that they hold, from the kubelet's `PodResources` API. With the
/// feature `kubelet`, on Unix.
///
/// It needs no permission in the API server, but access to the kubelet's sockets. Mount the directories
/// `/var/lib/kubelet/pod-resources` and, for UIDs and labels, `/var/lib/kubelet/pods-api`. Mount the
/// *directories*: the kubelet creates the sockets again when it starts. The sockets belong to root.
///
/// | attribute | content |
/// | --- | --- |
/// | `k8s.namespace.name`, `k8s.pod.name` | the pod |
/// | `k8s.container.name` | the container; missing if several containers of the pod hold the device |
/// | `k8s.pod.uid` | the UID of the pod, if the kubelet has the Pods API |
/// | `k8s.pod.label.…` | labels that [`with_pod_label`](Self::with_pod_label) selects, if the kubelet has the Pods API |
/// | `k8s.resourceclaim.…` | for a device of dynamic resource allocation: `name` and `namespace` of the claim, `driver`, `pool` and `device` |
///
/// Devices of the resources `nvidia.com/gpu`, `nvidia.com/gpu.shared` and `nvidia.com/mig-…` are found by UUID,
/// by MIG UUID and by the names of Google's device plugin; replicas of time-slicing and MPS are shared.
/// Whole GPUs of NVIDIA's driver for dynamic resource allocation are found by their minor number. Its MIG devices are not:
/// the kubelet has only the place of such a device in the memory of the GPU. The meter counts and
/// logs the devices that it cannot find.
///
/// The kubelet's Pods API is new in Kubernetes 1.36. Without it, UID and labels are missing, and older
/// kubelets list pods that have ended: a device that two pods hold then belongs to the one that was listed last.
///
/// ```
/// use dcgm_otel::attribution::Kubelet;
///
/// let kubelet = Kubelet::new()
///     .with_resource_name("example.com/gpu")
///     .with_pod_label("app.kubernetes.io/name")
///     .with_pod_label("team-*");
/// ```
#[derive(Debug)]
pub struct Kubelet {
    resources: UnixService,
    pods: UnixService,
    names: ResourceNames,
    labels: LabelPatterns,
    /// Further failures of the Pods API for which the whole answer is withheld.
    withheld_answers: u32,
    first_listed: FirstListed,
    /// Made with the first call, on the thread that makes it.
    runtime: Option<Runtime>,
}

impl Kubelet {
    /// Reads the sockets at their usual paths.
    #[must_use]
    pub fn new() -> Self {
        let socket = |path: &str| UnixService::new(PathBuf::from(path));
        Self {
            resources: socket("/var/lib/kubelet/pod-resources/kubelet.sock"),
            pods: socket("/var/lib/kubelet/pods-api/pods-api.sock"),
            names: ResourceNames::default(),
            labels: LabelPatterns::default(),
            withheld_answers: 0,
            first_listed: FirstListed::default(),
            runtime: None,
        }
    }

    /// Reads the `PodResources` API from another socket.
    #[must_use]
    pub fn with_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.resources = UnixService::new(path.into());
        self
    }

    /// Reads the Pods API from another socket.
    #[must_use]
    pub fn with_pods_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.pods = UnixService::new(path.into());
        self
    }

    /// Adds a resource that is a GPU, such as a resource that the device plugin renames.
    #[must_use]
    pub fn with_resource_name(mut self, name: impl Into<String>) -> Self {
        self.names.more.push(name.into());
        self
    }

    /// Adds a label of pods that becomes an attribute; a `*` at the end stands for any text. Of each pod, the first 16
    /// selected labels in the order of their keys become attributes, with up to 256 bytes.
    #[must_use]
    pub fn with_pod_label(mut self, pattern: impl Into<String>) -> Self {
        self.labels.push(pattern.into());
        self
    }

    async fn list_allocations(
        &mut self,
        timeout: Duration,
    ) -> Result<Vec<Allocation>, AttributionError> {
        let start = Instant::now();
        let answer = self.resources.call(LIST_METHOD, timeout).await?;
        let mut pods = parse_resources(&answer, &self.names)?;
        drop(answer);
        let left = timeout.saturating_sub(start.elapsed());
        // The rest is for the computation.
        let info = self.list_pods(&pods, left / 2).await?;
        pods.retain(|pod| !info.get(&pod.pod).is_some_and(|info| info.has_ended));
        self.first_listed.remove_ended(&mut pods);
        Ok(make_allocations(&pods, &info))
    }

    /// Returns the properties of pods; of none if the kubelet has no Pods API.
    async fn list_pods(
        &mut self,
        pods: &[PodDevices],
        timeout: Duration,
    ) -> Result<HashMap<PodName, PodInfo>, AttributionError> {
        if pods.is_empty() {
            return Ok(HashMap::new());
        }
        let answer = self.pods.call(LIST_PODS_METHOD, timeout).await;
        let info = answer.and_then(|answer| {
            let wanted: HashSet<_> = pods.iter().map(|pod| pod.pod.clone()).collect();
            Ok(parse_pods(&answer, &wanted, &self.labels)?)
        });
        if info.is_ok() {
            self.withheld_answers = WITHHELD_ANSWERS;
        } else if let Some(left) = self.withheld_answers.checked_sub(1) {
            self.withheld_answers = left;
        } else {
            return Ok(HashMap::new());
        }
        info
    }
}

impl Default for Kubelet {
    fn default() -> Self {
        Self::new()
    }
}

impl Attribution for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn allocations(&mut self, timeout: Duration) -> Result<Vec<Allocation>, AttributionError> {
        let describe = |error: io::Error| AttributionError::Unreachable(error.to_string());
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_current_thread()
                .enable_io()
                .enable_time()
                .build()
                .map_err(describe)?,
        };
        let outcome = block_on(&runtime, self.list_allocations(timeout));
        self.runtime = Some(runtime);
        outcome.map_err(describe)?
    }
}

/// A runtime must not wait for its end in async code.
impl Drop for Kubelet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs a future; on a thread of its own in async code, in which a second runtime would panic.
fn block_on<F>(runtime: &Runtime, future: F) -> io::Result<F::Output>
where
    F: Future<Output: Send> + Send,
{
    if Handle::try_current().is_err() {
        return Ok(runtime.block_on(future));
    }
    thread::scope(|scope| {
        let call = thread::Builder::new().spawn_scoped(scope, || runtime.block_on(future))?;
        let panicked = |_| io::Error::other("the call panicked");
        call.join().map_err(panicked)
    })
}
