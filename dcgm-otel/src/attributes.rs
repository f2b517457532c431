//! The attributes of a series, made once per series and sorted by key.

use std::collections::HashMap;
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind, FieldId};
use opentelemetry::{Key, KeyValue, Value};

use crate::catalogue::{Family, Identity, Metric, SeriesRow};
use crate::config::{Config, Naming, Profile};
use crate::naming::{self, exporter};
use crate::topology;
use crate::topology::host::Host;

/// Keys whose values are numbers.
const NUMERIC_KEYS: &[&str] = &["hw.gpu.engine.index", "hw.gpu.nvlink.fec.bin"];

/// Makes the attributes of the series of a host's entities.
#[derive(Debug)]
pub(crate) struct AttributeBuilder<'a> {
    ids: HashMap<EntityId, Arc<str>>,
    /// Device file names of the GPUs, as in `nvidia0`.
    devices: HashMap<EntityId, Arc<str>>,
    host: &'a Host,
    config: &'a Config,
    naming: Naming,
    profile: Profile,
    /// Fields that a file makes labels, in the naming of dcgm-exporter.
    label_rows: Option<&'a [(FieldId, String)]>,
}

impl<'a> AttributeBuilder<'a> {
    pub(crate) fn new(host: &'a Host, config: &'a Config) -> Self {
        let mut ids = naming::hw_ids(&host.entities, config.id_source());
        for entity in &host.entities {
            let link = host.link_index(entity.id);
            let parent = entity.parent.and_then(|parent| ids.get(&parent));
            if let Some((index, parent)) = link.zip(parent) {
                let id = format!("{parent}/port/{index}");
                ids.insert(entity.id, id.into());
            }
        }
        Self {
            ids,
            devices: host.entities.iter().filter_map(device_file).collect(),
            host,
            config,
            naming: config.naming(),
            profile: config.profile(),
            label_rows: config.exporter_csv().map(|csv| csv.labels.as_slice()),
        }
    }

    /// Returns the `hw.id` of an entity.
    pub(crate) fn hw_id(&self, entity: EntityId) -> Option<&Arc<str>> {
        self.ids.get(&entity)
    }

    /// Returns the attributes of one series.
    pub(crate) fn series_attributes(
        &self,
        metric: &Metric,
        family: &Family,
        point: &SeriesRow,
        entity: &'a Entity,
    ) -> Vec<KeyValue> {
        let mut list = AttributeList(Vec::new());
        // Of two with one key the last is kept.
        for (key, value) in self.config.static_attributes(metric.name) {
            list.push_value(key.to_owned(), Some(shared_text(value.to_owned())));
        }
        if self.naming.is_dcgm_exporter() {
            let labels = exporter::Labels {
                naming: self.naming,
                entities: &self.host.entities,
                hostname: self.host.name.as_deref(),
                rows: self.label_rows,
                texts: &self.host.texts,
            };
            for (key, value) in labels.for_entity(entity, self.host.link_index(entity.id)) {
                list.push_value(key, Some(value));
            }
            for (key, value) in point.attributes {
                list.push_value(*key, Some(*value));
            }
            return list.into_sorted();
        }
        for (key, value) in point.attributes {
            match value.parse::<i64>() {
                Ok(number) if NUMERIC_KEYS.contains(key) => list.push_value(*key, Some(number)),
                _ => list.push_value(*key, Some(*value)),
            }
        }
        self.add_identity(&mut list, family, entity);
        if self.profile != Profile::Minimal {
            self.add_description(&mut list, metric, entity);
        }
        list.into_sorted()
    }

    /// Adds what identifies the entity: `hw.id` and `hw.parent`.
    fn add_identity(&self, list: &mut AttributeList, family: &Family, entity: &Entity) {
        let id = self.ids.get(&entity.id).cloned();
        let parent = entity.parent.and_then(|parent| self.ids.get(&parent));
        let parent = parent.cloned();
        let named = self.profile != Profile::Minimal;
        let of_gpu = entity
            .parent
            .is_some_and(|parent| parent.kind == EntityKind::GPU);
        match (self.host.link_index(entity.id), family.part) {
            // Traffic of a link of a GPU is traffic of the GPU.
            (Some(index), _) if of_gpu => {
                list.push_value("hw.id", parent);
                list.push_value("hw.gpu.nvlink.index", Some(i64::from(index)));
            }
            (_, "") if entity.id.kind != EntityKind::HOST => {
                list.push_value("hw.id", id);
                list.push_value("hw.parent", parent.filter(|_| named));
            }
            (_, part) => {
                let of = id.filter(|_| !part.is_empty());
                list.push_value(
                    "hw.id",
                    of.as_ref().map(|id| shared_text(format!("{id}/{part}"))),
                );
                list.push_value("hw.parent", of.filter(|_| named));
            }
        }
    }

    /// Adds what describes the entity beyond its identity.
    fn add_description(&self, list: &mut AttributeList, metric: &Metric, entity: &'a Entity) {
        match entity.id.kind {
            EntityKind::SWITCH => list.push_value("hw.switch.index", Some(i64::from(entity.id.id))),
            EntityKind::CPU_CORE => {
                list.push_value("cpu.logical_number", Some(i64::from(entity.id.id)));
            }
            _ => {}
        }
        if let Some(gpu) = topology::gpu_of(&self.host.entities, entity) {
            list.push_value("hw.name", self.devices.get(&gpu.id).cloned());
            list.push_value("hw.gpu.index", Some(i64::from(gpu.id.id)));
            if metric.identity >= Identity::Product {
                list.push_value("hw.model", gpu.model.clone());
                list.push_value("hw.vendor", Some("NVIDIA"));
                if metric.identity >= Identity::Versions || self.profile == Profile::Full {
                    list.push_value("hw.driver_version", gpu.driver_version.clone());
                    list.push_value("hw.firmware_version", gpu.vbios.clone());
                }
            }
        }
        if let Some(mig) = &entity.mig {
            let compute = mig.compute_instance_id.map(i64::from);
            list.push_value("hw.gpu.mig.instance_id", Some(i64::from(mig.instance_id)));
            list.push_value("hw.gpu.mig.compute_instance_id", compute);
            list.push_value("hw.gpu.mig.profile", mig.profile.clone());
        }
    }
}

fn device_file(gpu: &Entity) -> Option<(EntityId, Arc<str>)> {
    Some((gpu.id, shared_text(format!("nvidia{}", gpu.minor?))))
}

/// Returns a text that the SDK can copy at each collect without an allocation.
pub(crate) fn shared_text(text: String) -> Arc<str> {
    text.into()
}

/// Attributes of a series while they are collected.
#[derive(Debug)]
struct AttributeList(Vec<KeyValue>);

impl AttributeList {
    fn push_value(&mut self, key: impl Into<Key>, value: Option<impl Into<Value>>) {
        self.0
            .extend(value.map(|value| KeyValue::new(key, value.into())));
    }

    fn into_sorted(self) -> Vec<KeyValue> {
        sort_by_key(self.0)
    }
}

/// Sorts attributes by key; of several with one key the last is kept.
pub(crate) fn sort_by_key(mut list: Vec<KeyValue>) -> Vec<KeyValue> {
    list.reverse();
    list.sort_by(|a, b| a.key.cmp(&b.key));
    list.dedup_by(|next, kept| next.key == kept.key);
    list
}

#[cfg(test)]
mod tests;
