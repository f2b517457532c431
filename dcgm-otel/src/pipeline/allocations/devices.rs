//! The entity that a device of an allocation names.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dcgm::{Entity, EntityId, EntityKind};

use crate::attribution::{Device, GpuName};

/// The names of the entities of a host.
#[derive(Debug, Default)]
pub(super) struct DeviceIndex {
    gpus: HashMap<GpuName, Option<EntityId>>,
    /// GPU instances by their GPU and id.
    instances: HashMap<(EntityId, u32), EntityId>,
    /// Compute instances by their GPU instance and id.
    compute_instances: HashMap<(EntityId, u32), EntityId>,
    mig_uuids: HashMap<String, EntityId>,
    parents: HashMap<EntityId, EntityId>,
    /// Entities that can be allocated, or are parts of such.
    all: Vec<EntityId>,
}

impl DeviceIndex {
    pub(super) fn new(entities: &[Entity]) -> Self {
        let mut index = Self::default();
        for entity in entities {
            if let Some(parent) = entity.parent {
                index.parents.insert(entity.id, parent);
            }
            match entity.id.kind {
                EntityKind::GPU => index.add_gpu(entity),
                EntityKind::GPU_INSTANCE | EntityKind::COMPUTE_INSTANCE => {
                    index.add_instance(entity);
                }
                EntityKind::LINK => {}
                _ => continue,
            }
            index.all.push(entity.id);
        }
        // The series of an only compute instance are those of its GPU instance.
        let mut counts: HashMap<EntityId, usize> = HashMap::new();
        for (parent, _) in index.compute_instances.keys() {
            *counts.entry(*parent).or_default() += 1;
        }
        let only = |id: &mut EntityId, parent| {
            if counts.get(&parent) == Some(&1) {
                *id = parent;
            }
        };
        for ((parent, _), id) in &mut index.compute_instances {
            only(id, *parent);
        }
        for id in index.mig_uuids.values_mut() {
            if let Some(parent) = index.parents.get(id) {
                only(id, *parent);
            }
        }
        index
    }

    fn add_gpu(&mut self, gpu: &Entity) {
        let uuid = gpu.uuid.as_deref();
        let address = gpu.pci_bus_id.as_deref();
        let names = [
            Some(GpuName::Index(gpu.id.id)),
            gpu.minor.map(GpuName::Minor),
            uuid.map(|uuid| GpuName::Uuid(uuid.to_ascii_lowercase())),
            address.map(|address| GpuName::PciAddress(normalize_address(address))),
        ];
        for name in names.into_iter().flatten() {
            match self.gpus.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(gpu.id));
                }
                // A name of two GPUs, such as a placeholder, is the name of neither.
                Entry::Occupied(mut entry) => {
                    entry.insert(None);
                }
            }
        }
    }

    fn add_instance(&mut self, instance: &Entity) {
        let id = instance.id;
        if let Some((mig, parent)) = instance.mig.as_ref().zip(instance.parent) {
            match mig.compute_instance_id {
                None => self.instances.insert((parent, mig.instance_id), id),
                Some(number) => self.compute_instances.insert((parent, number), id),
            };
        }
        if let Some(uuid) = &instance.uuid {
            self.mig_uuids.insert(uuid.to_ascii_lowercase(), id);
        }
    }

    /// Returns the entities whose series can have a holder.
    pub(super) fn entities(&self) -> &[EntityId] {
        &self.all
    }

    /// Returns an entity and what it is a part of.
    pub(super) fn with_wholes(&self, id: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        // A link, a compute instance, a GPU instance, a GPU; a broken engine could report a cycle.
        std::iter::successors(Some(id), |part| self.parents.get(part).copied()).take(4)
    }

    /// Returns the entity of a device; `None` if the host has no such device.
    pub(super) fn find(&self, device: &Device) -> Option<EntityId> {
        match device {
            Device::Gpu(gpu) => self.find_gpu(gpu),
            Device::GpuInstance { gpu, instance } => self.find_instance(gpu, *instance),
            Device::ComputeInstance {
                gpu,
                instance,
                compute_instance,
            } => {
                let whole = self.find_instance(gpu, *instance)?;
                let part = self.compute_instances.get(&(whole, *compute_instance));
                part.copied()
            }
            Device::MigUuid(uuid) => self.mig_uuids.get(&uuid.to_ascii_lowercase()).copied(),
        }
    }

    fn find_gpu(&self, name: &GpuName) -> Option<EntityId> {
        let name = match name {
            GpuName::Index(_) | GpuName::Minor(_) => name.clone(),
            GpuName::Uuid(uuid) => GpuName::Uuid(uuid.to_ascii_lowercase()),
            GpuName::PciAddress(text) => GpuName::PciAddress(normalize_address(text)),
        };
        self.gpus.get(&name).copied().flatten()
    }

    fn find_instance(&self, gpu: &GpuName, instance: u32) -> Option<EntityId> {
        let gpu = self.find_gpu(gpu)?;
        self.instances.get(&(gpu, instance)).copied()
    }
}

/// Returns a PCI address in lower case, without leading zeros of its domain.
fn normalize_address(address: &str) -> String {
    let address = address.to_ascii_lowercase();
    match address.split_once(':') {
        Some((domain, rest)) if rest.contains(':') => {
            format!("{}:{rest}", domain.trim_start_matches('0'))
        }
        _ => format!(":{address}"),
    }
}

#[cfg(test)]
mod tests {
    use dcgm::Mig;

    use super::*;

    fn host() -> Vec<Entity> {
        let mut entities = Vec::new();
        for number in 0..2_u32 {
            let mut gpu = Entity::new(EntityId::gpu(number));
            gpu.uuid = Some(format!("GPU-{number}a").into());
            gpu.minor = Some(1 - number);
            gpu.pci_bus_id = Some(format!("00000000:{number}B:00.0").into());
            entities.push(gpu);
        }
        let part = |kind, number, parent: EntityId, compute| {
            let mut part = Entity::new(EntityId::new(kind, number));
            part.parent = Some(parent);
            part.mig = Some(Mig::new(number % 10, compute, 1));
            part
        };
        for (instance, computes) in [(11, 1), (12, 2)] {
            let whole = part(EntityKind::GPU_INSTANCE, instance, EntityId::gpu(1), None);
            for compute in 0..computes {
                let kind = EntityKind::COMPUTE_INSTANCE;
                let number = instance + 10 * (compute + 1);
                let mut compute = part(kind, number, whole.id, Some(compute));
                compute.uuid = Some(format!("MIG-{number}").into());
                entities.push(compute);
            }
            entities.push(whole);
        }
        entities
    }

    #[test]
    fn every_name_of_a_gpu_leads_to_it() {
        let index = DeviceIndex::new(&host());
        let find = |name| index.find(&Device::Gpu(name));
        let second = Some(EntityId::gpu(1));
        assert_eq!(find(GpuName::Index(1)), second);
        assert_eq!(find(GpuName::Minor(0)), second);
        assert_eq!(find(GpuName::Uuid("gpu-1A".to_owned())), second);
        for address in ["0000:1b:00.0", "00000000:1B:00.0", "1b:00.0"] {
            assert_eq!(find(GpuName::PciAddress(address.to_owned())), second);
        }
        assert_eq!(find(GpuName::Index(2)), None);
        assert_eq!(find(GpuName::PciAddress("0001:1b:00.0".to_owned())), None);
    }

    #[test]
    fn a_name_of_two_gpus_is_the_name_of_neither() {
        let mut host = host();
        host[0].uuid = host[1].uuid.clone();
        let index = DeviceIndex::new(&host);
        let name = GpuName::Uuid("GPU-1a".to_owned());
        assert_eq!(index.find(&Device::Gpu(name)), None);
    }

    #[test]
    fn an_only_compute_instance_is_its_gpu_instance() {
        let index = DeviceIndex::new(&host());
        let gpu = || GpuName::Index(1);
        let whole = |number| EntityId::new(EntityKind::GPU_INSTANCE, number);
        let part = |number| EntityId::new(EntityKind::COMPUTE_INSTANCE, number);
        let find_part = |instance, compute_instance| {
            index.find(&Device::ComputeInstance {
                gpu: gpu(),
                instance,
                compute_instance,
            })
        };
        let find_uuid = |uuid: &str| index.find(&Device::MigUuid(uuid.to_owned()));
        assert_eq!(
            index.find(&Device::GpuInstance {
                gpu: gpu(),
                instance: 2
            }),
            Some(whole(12))
        );
        assert_eq!(find_part(1, 0), Some(whole(11)));
        assert_eq!(find_part(2, 1), Some(part(32)));
        assert_eq!(find_part(2, 2), None);
        assert_eq!(find_uuid("MIG-21"), Some(whole(11)));
        assert_eq!(find_uuid("MIG-32"), Some(part(32)));
        assert_eq!(find_uuid("MIG-33"), None);
    }
}
