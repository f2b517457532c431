//! UID, labels and phases from the kubelet's Pods API.

use dcgm_otel::attribution::{AttributionError, Kubelet};
use tonic::Code;

use crate::messages::{CorePod, core_pod, list_pods, pod};
use crate::server::{self, Answer};
use crate::{GPU, GPU_0, Node, held};

const LIST_PODS: &str = "/v1alpha1.Pods/ListPods";

struct NodeWithPods {
    node: Node,
    pods: server::Kubelet,
}

impl NodeWithPods {
    fn new() -> Self {
        let mut node = Node::new();
        let pods = server::Kubelet::listen(&node.folder.path().join("pods.sock"));
        node.source = Kubelet::new()
            .with_socket(&node.server().socket)
            .with_pods_socket(&pods.socket)
            .with_pod_label("team")
            .with_pod_label("app.kubernetes.io/*");
        node.set_pods([pod("a", GPU, &[GPU_0])]);
        Self { node, pods }
    }

    fn set_info(&self, pods: impl IntoIterator<Item = CorePod>) {
        let answer = Answer::Message(list_pods(pods));
        self.pods.set_answer(LIST_PODS, answer);
    }

    fn ask(&mut self) -> Result<Vec<String>, AttributionError> {
        self.node.ask()
    }
}

fn with_uid(uid: &str) -> String {
    format!("{} pod.uid={uid}", held(GPU_0, "a"))
}

#[test]
fn uid_and_selected_labels_become_attributes() {
    let mut both = NodeWithPods::new();
    let labels = [
        ("team", "vision"),
        ("app.kubernetes.io/name", "train"),
        ("pod-template-hash", "abc"),
    ];
    both.set_info([
        core_pod("other", "u9", "Running", &[]),
        core_pod("a", "u1", "Running", &labels),
    ]);
    let line = format!(
        "{GPU_0}: container.name=main namespace.name=ml pod.label.app.kubernetes.io/name=train \
         pod.label.team=vision pod.name=a pod.uid=u1"
    );
    assert_eq!(both.ask().unwrap(), [line]);
    // A pod that the Pods API does not have yet keeps its name.
    both.set_info([]);
    assert_eq!(both.ask().unwrap(), [held(GPU_0, "a")]);
}

#[test]
fn number_and_length_of_labels_are_limited() {
    let mut both = NodeWithPods::new();
    let keys: Vec<_> = (0..100)
        .map(|n| format!("app.kubernetes.io/{n:03}"))
        .collect();
    let long = "x".repeat(10_000);
    let labels: Vec<_> = keys
        .iter()
        .map(|key| (key.as_str(), long.as_str()))
        .collect();
    both.set_info([core_pod("a", "u1", "Running", &labels)]);
    let line = both.ask().unwrap().remove(0);
    assert_eq!(line.matches("pod.label.").count(), 16);
    // The first by key, whatever the order of the answer.
    assert!(line.contains("/000=") && line.contains("/015="), "{line}");
    assert!(line.len() < 16 * 300 + 200);
}

#[test]
fn pods_that_have_ended_hold_nothing() {
    let mut both = NodeWithPods::new();
    for phase in ["Succeeded", "Failed"] {
        both.set_info([core_pod("a", "u1", phase, &[])]);
        assert_eq!(both.ask().unwrap(), [""; 0], "{phase}");
        // A successor of the same name does, in either order.
        let (ended, alive) = (
            core_pod("a", "u1", phase, &[]),
            core_pod("a", "u2", "Running", &[]),
        );
        both.set_info([ended.clone(), alive.clone()]);
        assert_eq!(both.ask().unwrap(), [with_uid("u2")], "{phase}");
        both.set_info([alive, ended]);
        assert_eq!(both.ask().unwrap(), [with_uid("u2")], "{phase}");
    }
}

#[test]
fn a_kubelet_without_the_pods_api_is_no_error() {
    let mut both = NodeWithPods::new();
    // It is not implemented; then there is no socket, or a stale one.
    assert_eq!(both.ask().unwrap(), [held(GPU_0, "a")]);
    let NodeWithPods { mut node, pods } = both;
    let socket = pods.socket.clone();
    drop(pods);
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
    std::fs::remove_file(socket).unwrap();
    assert_eq!(node.ask().unwrap(), [held(GPU_0, "a")]);
}

#[test]
fn a_failing_pods_api_withholds_a_few_answers_and_is_then_left_out() {
    let mut both = NodeWithPods::new();
    both.set_info([core_pod("a", "u1", "Running", &[])]);
    let failures = [
        Answer::Refusal(Code::FailedPrecondition),
        Answer::Message(vec![0x0a, 200]),
        Answer::Message(list_pods([]).into_iter().chain([0x0a, 1, 0xff]).collect()),
    ];
    for failure in failures {
        both.set_info([core_pod("a", "u1", "Running", &[])]);
        assert_eq!(both.ask().unwrap(), [with_uid("u1")]);
        both.pods.set_answer(LIST_PODS, failure.clone());
        for _ in 0..3 {
            let error = both.ask().unwrap_err();
            let is_typed = matches!(
                error,
                AttributionError::Refused(_) | AttributionError::Malformed(_)
            );
            assert!(is_typed, "{failure:?}: {error:?}");
        }
        for _ in 0..3 {
            assert_eq!(both.ask().unwrap(), [held(GPU_0, "a")], "{failure:?}");
        }
    }
}
