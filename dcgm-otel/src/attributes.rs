//! Who a series belongs to: attributes, made once a series and sorted by key.

use std::collections::HashMap;
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind};
use opentelemetry::{Key, KeyValue, Value};

use crate::catalogue::{Family, Identity, Metric, Point};
use crate::config::{Config, Naming, Profile};
use crate::host::Host;
use crate::naming::{self, exporter};

/// Keys whose values are numbers.
const NUMBERS: &[&str] = &["hw.gpu.engine.index", "hw.gpu.nvlink.fec.bin"];

/// The entities of a host, and the names under which they are exported.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    entities: HashMap<EntityId, &'a Entity>,
    ids: HashMap<EntityId, Arc<str>>,
    /// The device files of the GPUs.
    devices: HashMap<EntityId, Arc<str>>,
    host: &'a Host,
    naming: Naming,
    profile: Profile,
}

impl<'a> Names<'a> {
    pub(crate) fn new(host: &'a Host, config: &Config) -> Self {
        let mut ids = naming::ids(&host.entities, config.id_source());
        for entity in &host.entities {
            let link = host.link(entity.id);
            let parent = entity.parent.and_then(|parent| ids.get(&parent));
            if let Some((index, parent)) = link.zip(parent) {
                let id = format!("{parent}/port/{index}");
                ids.insert(entity.id, id.into());
            }
        }
        Self {
            entities: host.entities.iter().map(|one| (one.id, one)).collect(),
            ids,
            devices: host.entities.iter().filter_map(device).collect(),
            host,
            naming: config.naming(),
            profile: config.profile(),
        }
    }

    /// The `hw.id` of an entity.
    pub(crate) fn id(&self, entity: EntityId) -> Option<&Arc<str>> {
        self.ids.get(&entity)
    }

    /// The GPU that an entity is, or is a part of.
    pub(crate) fn gpu_of(&self, entity: &'a Entity) -> Option<&'a Entity> {
        let mut at = entity;
        // A GPU, a GPU instance, a compute instance: there are no more steps than that.
        for _ in 0..3 {
            if at.id.kind == EntityKind::GPU {
                return Some(at);
            }
            at = self.entities.get(&at.parent?)?;
        }
        None
    }

    /// The attributes of one series.
    pub(crate) fn attributes(
        &self,
        metric: &Metric,
        family: &Family,
        point: &Point,
        entity: &'a Entity,
    ) -> Vec<KeyValue> {
        let mut list = List(Vec::new());
        if self.naming == Naming::DcgmExporter {
            let labels = exporter::Labels {
                entities: &self.host.entities,
                hostname: self.host.name.as_deref(),
            };
            for (key, value) in labels.of(entity) {
                list.add(key, Some(value));
            }
            return list.sorted();
        }
        for (key, value) in point.attributes {
            match value.parse::<i64>() {
                Ok(number) if NUMBERS.contains(key) => list.add(*key, Some(number)),
                _ => list.add(*key, Some(*value)),
            }
        }
        self.place(&mut list, family, entity);
        if self.profile != Profile::Minimal {
            self.describe(&mut list, metric, entity);
        }
        list.sorted()
    }

    /// Which thing it is, and what that is a part of.
    fn place(&self, list: &mut List, family: &Family, entity: &Entity) {
        let id = self.ids.get(&entity.id).cloned();
        let parent = entity.parent.and_then(|parent| self.ids.get(&parent));
        let parent = parent.cloned();
        let named = self.profile != Profile::Minimal;
        let of_gpu = entity
            .parent
            .is_some_and(|parent| parent.kind == EntityKind::GPU);
        match (self.host.link(entity.id), family.part) {
            // What a link of a GPU carries, the GPU carries.
            (Some(index), _) if of_gpu => {
                list.add("hw.id", parent);
                list.add("hw.gpu.nvlink.index", Some(i64::from(index)));
            }
            (_, "") if entity.id.kind != EntityKind::HOST => {
                list.add("hw.id", id);
                list.add("hw.parent", parent.filter(|_| named));
            }
            (_, part) => {
                let of = id.filter(|_| !part.is_empty());
                list.add(
                    "hw.id",
                    of.as_ref().map(|id| shared(format!("{id}/{part}"))),
                );
                list.add("hw.parent", of.filter(|_| named));
            }
        }
    }

    /// What there is to say of it beyond what tells it apart.
    fn describe(&self, list: &mut List, metric: &Metric, entity: &'a Entity) {
        match entity.id.kind {
            EntityKind::SWITCH => list.add("hw.switch.index", Some(i64::from(entity.id.id))),
            EntityKind::CPU_CORE => {
                list.add("cpu.logical_number", Some(i64::from(entity.id.id)));
            }
            _ => {}
        }
        if let Some(gpu) = self.gpu_of(entity) {
            list.add("hw.name", self.devices.get(&gpu.id).cloned());
            list.add("hw.gpu.index", Some(i64::from(gpu.id.id)));
            if metric.identity >= Identity::Product {
                list.add("hw.model", gpu.model.clone());
                list.add("hw.vendor", Some("NVIDIA"));
                if metric.identity >= Identity::Versions || self.profile == Profile::Full {
                    list.add("hw.driver_version", gpu.driver_version.clone());
                    list.add("hw.firmware_version", gpu.vbios.clone());
                }
            }
        }
        if let Some(mig) = &entity.mig {
            let compute = mig.compute_instance_id.map(i64::from);
            list.add("hw.gpu.mig.instance_id", Some(i64::from(mig.instance_id)));
            list.add("hw.gpu.mig.compute_instance_id", compute);
            list.add("hw.gpu.mig.profile", mig.profile.clone());
        }
    }
}

fn device(gpu: &Entity) -> Option<(EntityId, Arc<str>)> {
    Some((gpu.id, shared(format!("nvidia{}", gpu.minor?))))
}

/// A text that the SDK can copy at each collect without an allocation.
pub(crate) fn shared(text: String) -> Arc<str> {
    text.into()
}

/// Attributes that are being put together.
#[derive(Debug)]
struct List(Vec<KeyValue>);

impl List {
    fn add(&mut self, key: impl Into<Key>, value: Option<impl Into<Value>>) {
        self.0
            .extend(value.map(|value| KeyValue::new(key, value.into())));
    }

    fn sorted(self) -> Vec<KeyValue> {
        sorted(self.0)
    }
}

/// Sorted by key, each key once: the last that was given.
pub(crate) fn sorted(mut list: Vec<KeyValue>) -> Vec<KeyValue> {
    list.reverse();
    list.sort_by(|a, b| a.key.cmp(&b.key));
    list.dedup_by(|next, kept| next.key == kept.key);
    list
}

/// Whether it is a slice of a GPU.
pub(crate) fn is_instance(kind: EntityKind) -> bool {
    kind == EntityKind::GPU_INSTANCE || kind == EntityKind::COMPUTE_INSTANCE
}

#[cfg(test)]
mod tests;
