//! From the devices of pods to allocations.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::KeyValue;

use super::pods::PodInfo;
use super::resources::{DeviceClaim, HeldDevice, PodDevices, PodName};
use crate::attribution::{Allocation, Device};

/// Since when each pod was listed with each device.
///
/// Kubelets before Kubernetes 1.34 list pods that have ended, while their devices are already given to
/// others. A device plugin's device that is not shared has one holder at a time: the one listed last.
#[derive(Debug, Default)]
pub(super) struct FirstListed {
    /// The number of the present answer.
    answer: u64,
    since: HashMap<(Device, PodName), u64>,
}

impl FirstListed {
    /// Removes the devices of pods that were listed with them before their present holders were.
    pub(super) fn remove_ended(&mut self, pods: &mut Vec<PodDevices>) {
        self.answer = self.answer.saturating_add(1);
        let mut since = HashMap::new();
        let mut latest: HashMap<Device, u64> = HashMap::new();
        for pod in &*pods {
            for held in pod.devices.iter().filter(|held| is_exclusive(held)) {
                let key = (held.device.clone(), pod.pod.clone());
                let first = self.since.get(&key).copied().unwrap_or(self.answer);
                let newest = latest.entry(held.device.clone()).or_insert(first);
                *newest = first.max(*newest);
                since.insert(key, first);
            }
        }
        for pod in &mut *pods {
            let name = &pod.pod;
            pod.devices.retain(|held| {
                let first = since.get(&(held.device.clone(), name.clone()));
                !is_exclusive(held) || first == latest.get(&held.device)
            });
        }
        pods.retain(|pod| !pod.devices.is_empty());
        self.since = since;
    }
}

/// Returns `true` if the kubelet gives the device to one pod at a time. Several pods can use one claim.
fn is_exclusive(held: &HeldDevice) -> bool {
    !held.is_shared && held.claim.is_none()
}

/// Returns one allocation for each pod and device.
pub(super) fn make_allocations(
    pods: &[PodDevices],
    info: &HashMap<PodName, PodInfo>,
) -> Vec<Allocation> {
    let mut allocations = Vec::new();
    let mut places: HashMap<(&PodName, &Device), usize> = HashMap::new();
    let mut holdings: Vec<PodHolding<'_>> = Vec::new();
    for pod in pods {
        for held in &pod.devices {
            let place = places.entry((&pod.pod, &held.device));
            let place = *place.or_insert(holdings.len());
            match holdings.get_mut(place) {
                Some(holding) => holding.merge(held),
                None => holdings.push(PodHolding::new(&pod.pod, held)),
            }
        }
    }
    for holding in &holdings {
        allocations.push(holding.allocation(info.get(holding.pod)));
    }
    allocations
}

/// A device that a pod holds, by one or several of its containers.
#[derive(Debug)]
struct PodHolding<'a> {
    pod: &'a PodName,
    device: &'a Device,
    /// `None` if several containers hold it.
    container: Option<&'a Arc<str>>,
    claim: Option<&'a DeviceClaim>,
    is_shared: bool,
}

impl<'a> PodHolding<'a> {
    fn new(pod: &'a PodName, held: &'a HeldDevice) -> Self {
        Self {
            pod,
            device: &held.device,
            container: Some(&held.container),
            claim: held.claim.as_ref(),
            is_shared: held.is_shared,
        }
    }

    fn merge(&mut self, held: &'a HeldDevice) {
        self.container = self.container.filter(|name| **name == held.container);
        self.claim = self.claim.or(held.claim.as_ref());
        self.is_shared |= held.is_shared;
    }

    fn allocation(&self, info: Option<&PodInfo>) -> Allocation {
        let mut attributes = Vec::new();
        let mut push = |key: &'static str, value: &Arc<str>| {
            if !value.is_empty() {
                attributes.push(KeyValue::new(key, Arc::clone(value)));
            }
        };
        if let Some(container) = self.container {
            push("k8s.container.name", container);
        }
        push("k8s.namespace.name", &self.pod.namespace);
        push("k8s.pod.name", &self.pod.name);
        if let Some(claim) = self.claim {
            push("k8s.resourceclaim.device", &claim.device);
            push("k8s.resourceclaim.driver", &claim.driver);
            push("k8s.resourceclaim.name", &claim.name);
            push("k8s.resourceclaim.namespace", &claim.namespace);
            push("k8s.resourceclaim.pool", &claim.pool);
        }
        if let Some(info) = info {
            push("k8s.pod.uid", &info.uid);
            for (key, value) in &info.labels {
                // A copy of the key shares its text.
                let key: Arc<str> = format!("k8s.pod.label.{key}").into();
                attributes.push(KeyValue::new(key, Arc::clone(value)));
            }
        }
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        let mut allocation = Allocation::new(self.device.clone(), attributes);
        allocation.shared = self.is_shared;
        allocation
    }
}
