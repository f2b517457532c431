//! The answer of the kubelet's Pods API `ListPods`: the UID, the labels and the phase of each pod.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::resources::{PodName, clean_text};
use super::wire::{MessageFields, WireError};

/// The method, of the first version of the API (Kubernetes 1.36).
pub(super) const LIST_PODS_METHOD: &str = "/v1alpha1.Pods/ListPods";

/// The most labels of a pod that become attributes.
pub(super) const MAX_POD_LABELS: usize = 16;

/// Properties of a pod.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct PodInfo {
    pub(super) uid: Arc<str>,
    /// The selected labels, sorted by key.
    pub(super) labels: Vec<PodLabel>,
    /// All containers have ended.
    pub(super) has_ended: bool,
}

/// The key and the value of a label.
pub(super) type PodLabel = (Arc<str>, Arc<str>);

/// The labels that become attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelPatterns(Vec<String>);

impl LabelPatterns {
    pub(super) fn push(&mut self, pattern: String) {
        self.0.push(pattern);
    }

    fn matches(&self, label: &str) -> bool {
        self.0
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => label.starts_with(prefix),
                None => label == pattern,
            })
    }
}

/// Returns the properties of those pods whose names are `wanted`.
pub(super) fn parse_pods(
    answer: &[u8],
    wanted: &HashSet<PodName>,
    patterns: &LabelPatterns,
) -> Result<HashMap<PodName, PodInfo>, WireError> {
    let mut pods: HashMap<PodName, PodInfo> = HashMap::new();
    for field in MessageFields::new(answer) {
        let (1, pod) = field? else { continue };
        let (name, info) = parse_pod(pod, patterns)?;
        if !wanted.contains(&name) {
            continue;
        }
        // A pod that has ended can be listed beside its successor of the same name.
        let is_older = pods.get(&name).is_some_and(|known| !known.has_ended);
        if !(info.has_ended && is_older) {
            pods.insert(name, info);
        }
    }
    Ok(pods)
}

fn parse_pod(message: &[u8], patterns: &LabelPatterns) -> Result<(PodName, PodInfo), WireError> {
    let mut name = PodName {
        namespace: Arc::default(),
        name: Arc::default(),
    };
    let mut info = PodInfo::default();
    for field in MessageFields::new(message) {
        match field? {
            (1, metadata) => {
                for field in MessageFields::new(metadata) {
                    match field? {
                        (1, text) => name.name = clean_text(text),
                        (3, text) => name.namespace = clean_text(text),
                        (5, text) => info.uid = clean_text(text),
                        (11, label) => info.labels.extend(parse_label(label, patterns)?),
                        _ => {}
                    }
                }
            }
            (3, status) => {
                for field in MessageFields::new(status) {
                    if let (1, phase) = field? {
                        info.has_ended = matches!(phase, b"Succeeded" | b"Failed");
                    }
                }
            }
            _ => {}
        }
    }
    // Sorted first, so that it does not depend on the order of the answer which are left out.
    info.labels.sort_unstable();
    info.labels.dedup_by(|next, kept| next.0 == kept.0);
    info.labels.truncate(MAX_POD_LABELS);
    Ok((name, info))
}

/// Returns a label, if it is selected.
fn parse_label(message: &[u8], patterns: &LabelPatterns) -> Result<Option<PodLabel>, WireError> {
    let (mut key, mut value) = (Arc::default(), Arc::default());
    for field in MessageFields::new(message) {
        match field? {
            (1, text) => key = clean_text(text),
            (2, text) => value = clean_text(text),
            _ => {}
        }
    }
    Ok(patterns.matches(&key).then_some((key, value)))
}
