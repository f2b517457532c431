//! The answer of `PodResourcesLister.List`: the devices of the containers of each pod.

use std::sync::Arc;

use dcgm::sanitize;

use super::device_id::{parse_device_id, parse_dra_name};
use super::wire::{MessageFields, WireError};
use crate::attribution::{AttributionError, Device};

/// The method, of version 1 of the API.
pub(super) const LIST_METHOD: &str = "/v1.PodResourcesLister/List";

/// The most devices that are read, replicas included.
pub(super) const MAX_DEVICES: usize = 16_384;

/// NVIDIA's driver for dynamic resource allocation.
const DRA_DRIVER: &str = "gpu.nvidia.com";

/// A pod that holds devices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PodDevices {
    pub(super) pod: PodName,
    pub(super) devices: Vec<HeldDevice>,
}

/// The name of a pod, which is unique in its namespace.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct PodName {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

/// A device that a container holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct HeldDevice {
    pub(super) container: Arc<str>,
    pub(super) device: Device,
    /// Others may hold the device as well.
    pub(super) is_shared: bool,
    /// The claim that the device was allocated for, if it was allocated dynamically.
    pub(super) claim: Option<DeviceClaim>,
}

/// A resource claim, and the device that was allocated for it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct DeviceClaim {
    pub(super) name: Arc<str>,
    pub(super) namespace: Arc<str>,
    pub(super) driver: Arc<str>,
    pub(super) pool: Arc<str>,
    pub(super) device: Arc<str>,
}

/// The resources that are GPUs.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceNames {
    /// Beside those of NVIDIA's device plugin.
    pub(super) more: Vec<String>,
}

impl ResourceNames {
    fn is_gpu(&self, resource: &[u8]) -> bool {
        matches!(resource, b"nvidia.com/gpu" | b"nvidia.com/gpu.shared")
            || resource.starts_with(b"nvidia.com/mig-")
            || self.more.iter().any(|name| name.as_bytes() == resource)
    }
}

/// Returns the pods that hold devices.
pub(super) fn parse_resources(
    answer: &[u8],
    resources: &ResourceNames,
) -> Result<Vec<PodDevices>, AttributionError> {
    let mut reader = ResourceReader {
        resources,
        devices: 0,
    };
    let mut pods = Vec::new();
    for field in MessageFields::new(answer) {
        if let (1, message) = field? {
            pods.extend(reader.read_pod(message)?);
        }
    }
    Ok(pods)
}

/// Returns a text without control characters, of limited length.
pub(super) fn clean_text(bytes: &[u8]) -> Arc<str> {
    sanitize(&String::from_utf8_lossy(bytes)).into()
}

impl From<WireError> for AttributionError {
    fn from(error: WireError) -> Self {
        Self::Malformed(error.to_string())
    }
}

#[derive(Debug)]
struct ResourceReader<'r> {
    resources: &'r ResourceNames,
    /// The number of devices that were read.
    devices: usize,
}

impl ResourceReader<'_> {
    fn read_pod(&mut self, message: &[u8]) -> Result<Option<PodDevices>, AttributionError> {
        let mut pod = PodDevices {
            pod: PodName {
                namespace: Arc::default(),
                name: Arc::default(),
            },
            devices: Vec::new(),
        };
        for field in MessageFields::new(message) {
            match field? {
                (1, name) => pod.pod.name = clean_text(name),
                (2, namespace) => pod.pod.namespace = clean_text(namespace),
                (3, container) => self.read_container(container, &mut pod.devices)?,
                _ => {}
            }
        }
        Ok((!pod.devices.is_empty()).then_some(pod))
    }

    fn read_container(
        &mut self,
        message: &[u8],
        into: &mut Vec<HeldDevice>,
    ) -> Result<(), AttributionError> {
        let first = into.len();
        let mut name = Arc::default();
        for field in MessageFields::new(message) {
            match field? {
                (1, text) => name = clean_text(text),
                (2, devices) => self.read_devices(devices, into)?,
                (5, claim) => self.read_claim(claim, into)?,
                _ => {}
            }
        }
        // The name may come after the devices.
        for device in into.iter_mut().skip(first) {
            device.container = Arc::clone(&name);
        }
        Ok(())
    }

    /// Reads the devices of one resource.
    fn read_devices(
        &mut self,
        message: &[u8],
        into: &mut Vec<HeldDevice>,
    ) -> Result<(), AttributionError> {
        // The name of the resource may come after the ids.
        let mut is_gpu = false;
        for field in MessageFields::new(message) {
            if let (1, resource) = field? {
                is_gpu = self.resources.is_gpu(resource);
            }
        }
        for field in MessageFields::new(message) {
            if let (2, id) = field? {
                if is_gpu {
                    let named = parse_device_id(&clean_text(id));
                    self.push_device(into, named.device, named.is_replica, None)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the devices that were allocated for one claim.
    fn read_claim(
        &mut self,
        message: &[u8],
        into: &mut Vec<HeldDevice>,
    ) -> Result<(), AttributionError> {
        let mut claim = DeviceClaim::default();
        for field in MessageFields::new(message) {
            match field? {
                (2, name) => claim.name = clean_text(name),
                (3, namespace) => claim.namespace = clean_text(namespace),
                _ => {}
            }
        }
        for field in MessageFields::new(message) {
            let (4, device) = field? else { continue };
            let mut claim = claim.clone();
            // A share of a device has an id.
            let mut is_shared = false;
            for field in MessageFields::new(device) {
                match field? {
                    (2, driver) => claim.driver = clean_text(driver),
                    (3, pool) => claim.pool = clean_text(pool),
                    (4, name) => claim.device = clean_text(name),
                    (5, _) => is_shared = true,
                    _ => {}
                }
            }
            if *claim.driver == *DRA_DRIVER {
                let device = parse_dra_name(&claim.device);
                self.push_device(into, device, is_shared, Some(claim))?;
            }
        }
        Ok(())
    }

    fn push_device(
        &mut self,
        into: &mut Vec<HeldDevice>,
        device: Device,
        is_shared: bool,
        claim: Option<DeviceClaim>,
    ) -> Result<(), AttributionError> {
        self.devices += 1;
        if self.devices > MAX_DEVICES {
            return Err(AttributionError::TooLarge {
                limit: MAX_DEVICES,
                unit: "devices",
            });
        }
        into.push(HeldDevice {
            container: Arc::default(),
            device,
            is_shared,
            claim,
        });
        Ok(())
    }
}
