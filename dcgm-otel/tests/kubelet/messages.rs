//! Messages of the kubelet, as its interfaces define them, fields included that no client here needs.

use std::collections::HashMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) pods: Vec<PodResources>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PodResources {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) namespace: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) containers: Vec<ContainerResources>,
    #[prost(int64, repeated, tag = "4")]
    pub(crate) cpus: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ContainerResources {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) devices: Vec<ContainerDevices>,
    #[prost(int64, repeated, tag = "3")]
    pub(crate) cpus: Vec<i64>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) memory: Vec<ContainerMemory>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) dynamic: Vec<DynamicResource>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ContainerDevices {
    #[prost(string, tag = "1")]
    pub(crate) resource: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) ids: Vec<String>,
    #[prost(message, optional, tag = "3")]
    pub(crate) topology: Option<Topology>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ContainerMemory {
    #[prost(string, tag = "1")]
    pub(crate) kind: String,
    #[prost(uint64, tag = "2")]
    pub(crate) size: u64,
    #[prost(message, optional, tag = "3")]
    pub(crate) topology: Option<Topology>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Topology {
    #[prost(message, repeated, tag = "1")]
    pub(crate) nodes: Vec<NumaNode>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct NumaNode {
    #[prost(int64, tag = "1")]
    pub(crate) id: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DynamicResource {
    #[prost(string, tag = "1")]
    pub(crate) class: String,
    #[prost(string, tag = "2")]
    pub(crate) claim: String,
    #[prost(string, tag = "3")]
    pub(crate) claim_namespace: String,
    #[prost(message, repeated, tag = "4")]
    pub(crate) devices: Vec<ClaimResource>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClaimResource {
    #[prost(message, repeated, tag = "1")]
    pub(crate) cdi: Vec<CdiDevice>,
    #[prost(string, tag = "2")]
    pub(crate) driver: String,
    #[prost(string, tag = "3")]
    pub(crate) pool: String,
    #[prost(string, tag = "4")]
    pub(crate) device: String,
    #[prost(string, optional, tag = "5")]
    pub(crate) share: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CdiDevice {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// The answer of the Pods API: pods as bytes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListPodsResponse {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) pods: Vec<Vec<u8>>,
}

/// A pod of Kubernetes' core API.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CorePod {
    #[prost(message, optional, tag = "1")]
    pub(crate) metadata: Option<ObjectMeta>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) spec: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub(crate) status: Option<PodStatus>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ObjectMeta {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) namespace: String,
    #[prost(string, tag = "5")]
    pub(crate) uid: String,
    #[prost(int64, tag = "7")]
    pub(crate) generation: i64,
    #[prost(map = "string, string", tag = "11")]
    pub(crate) labels: HashMap<String, String>,
    #[prost(map = "string, string", tag = "12")]
    pub(crate) annotations: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PodStatus {
    #[prost(string, tag = "1")]
    pub(crate) phase: String,
    #[prost(string, tag = "3")]
    pub(crate) message: String,
}

/// A pod with one container, which holds devices of a resource.
pub(crate) fn pod(name: &str, resource: &str, ids: &[&str]) -> PodResources {
    PodResources {
        name: name.to_owned(),
        namespace: "ml".to_owned(),
        containers: vec![container("main", resource, ids)],
        cpus: vec![1, 2, 300],
    }
}

pub(crate) fn container(name: &str, resource: &str, ids: &[&str]) -> ContainerResources {
    let topology = || {
        let nodes = vec![NumaNode { id: 1 }];
        Some(Topology { nodes })
    };
    ContainerResources {
        name: name.to_owned(),
        devices: vec![ContainerDevices {
            resource: resource.to_owned(),
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            topology: topology(),
        }],
        cpus: vec![7, 8],
        memory: vec![ContainerMemory {
            kind: "memory".to_owned(),
            size: 1 << 40,
            topology: topology(),
        }],
        dynamic: Vec::new(),
    }
}

/// A pod with a claim of one device.
pub(crate) fn pod_with_claim(name: &str, claim: &str, driver: &str, device: &str) -> PodResources {
    let mut pod = pod(name, "example.com/nic", &["eth0"]);
    pod.containers[0].dynamic.push(DynamicResource {
        class: "gpu".to_owned(),
        claim: claim.to_owned(),
        claim_namespace: "ml".to_owned(),
        devices: vec![ClaimResource {
            cdi: vec![CdiDevice {
                name: format!("k8s.{driver}/device={device}"),
            }],
            driver: driver.to_owned(),
            pool: "node-1".to_owned(),
            device: device.to_owned(),
            share: None,
        }],
    });
    pod
}

pub(crate) fn list(pods: impl IntoIterator<Item = PodResources>) -> Vec<u8> {
    let pods = pods.into_iter().collect();
    ListResponse { pods }.encode_to_vec()
}

/// A pod of the Pods API.
pub(crate) fn core_pod(name: &str, uid: &str, phase: &str, labels: &[(&str, &str)]) -> CorePod {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    CorePod {
        metadata: Some(ObjectMeta {
            name: name.to_owned(),
            namespace: "ml".to_owned(),
            uid: uid.to_owned(),
            generation: 4,
            labels: labels.iter().map(owned).collect(),
            annotations: labels.iter().map(owned).collect(),
        }),
        spec: vec![0xff; 100],
        status: Some(PodStatus {
            phase: phase.to_owned(),
            message: "m".to_owned(),
        }),
    }
}

pub(crate) fn list_pods(pods: impl IntoIterator<Item = CorePod>) -> Vec<u8> {
    let pods = pods.into_iter().map(|pod| pod.encode_to_vec()).collect();
    ListPodsResponse { pods }.encode_to_vec()
}
