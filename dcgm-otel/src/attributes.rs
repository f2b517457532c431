//! Who a series belongs to: attributes, made once a series and sorted by key.

use std::collections::HashMap;
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind};
use opentelemetry::{KeyValue, Value};

use crate::catalogue::{Identity, Metric, Point};

/// The entities of a host, and the names under which they are exported.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    entities: HashMap<EntityId, &'a Entity>,
    ids: HashMap<EntityId, Arc<str>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(entities: &'a [Entity]) -> Self {
        let mut uuids: HashMap<&str, usize> = HashMap::new();
        for uuid in entities.iter().filter_map(|entity| entity.uuid.as_deref()) {
            *uuids.entry(uuid).or_default() += 1;
        }
        let mut names = Self {
            entities: entities.iter().map(|entity| (entity.id, entity)).collect(),
            ids: HashMap::new(),
        };
        // An instance is named after what it is a part of, so the larger things come first.
        for kind in [
            None,
            Some(EntityKind::GPU_INSTANCE),
            Some(EntityKind::COMPUTE_INSTANCE),
        ] {
            for entity in entities {
                let instance = is_instance(entity.id.kind).then_some(entity.id.kind);
                if instance == kind {
                    let id = names.id_of(entity, &uuids);
                    names.ids.insert(entity.id, id);
                }
            }
        }
        names
    }

    /// The `hw.id` of an entity.
    #[cfg(test)]
    pub(crate) fn id(&self, entity: EntityId) -> Option<&str> {
        self.ids.get(&entity).map(|id| &**id)
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
        point: &Point,
        entity: &'a Entity,
    ) -> Arc<[KeyValue]> {
        let mut list: Vec<KeyValue> = point
            .attributes
            .iter()
            .map(|(key, value)| KeyValue::new(*key, *value))
            .collect();
        let mut add = |key: &'static str, value: Option<Value>| {
            list.extend(value.map(|value| KeyValue::new(key, value)));
        };
        let text = |text: &Option<Arc<str>>| text.clone().map(Value::from);
        add("hw.id", self.ids.get(&entity.id).cloned().map(Value::from));
        add(
            "hw.parent",
            entity
                .parent
                .and_then(|parent| self.ids.get(&parent))
                .cloned()
                .map(Value::from),
        );
        if let Some(gpu) = self.gpu_of(entity) {
            let device = gpu.minor.map(|minor| Arc::from(format!("nvidia{minor}")));
            add("hw.name", text(&device));
            add("hw.gpu.index", Some(i64::from(gpu.id.id).into()));
            if metric.identity == Identity::Product {
                add("hw.model", text(&gpu.model));
                add("hw.vendor", Some("NVIDIA".into()));
            }
        }
        if let Some(mig) = &entity.mig {
            add(
                "hw.gpu.mig.instance_id",
                Some(i64::from(mig.instance_id).into()),
            );
            add(
                "hw.gpu.mig.compute_instance_id",
                mig.compute_instance_id.map(|id| i64::from(id).into()),
            );
            add("hw.gpu.mig.profile", text(&mig.profile));
        }
        list.sort_by(|a, b| a.key.cmp(&b.key));
        list.into()
    }

    /// What is unique on the host and outlives a reboot; where there is no such thing, the next
    /// best.
    fn id_of(&self, entity: &Entity, uuids: &HashMap<&str, usize>) -> Arc<str> {
        let parent = || entity.parent.and_then(|parent| self.ids.get(&parent));
        let number = entity.id.id;
        match (entity.id.kind, &entity.mig) {
            (EntityKind::GPU, _) => {
                let unique = |uuid: &&Arc<str>| uuids.get(&***uuid) == Some(&1);
                match (entity.uuid.as_ref().filter(unique), &entity.pci_bus_id) {
                    (Some(uuid), _) => Arc::clone(uuid),
                    (None, Some(bdf)) => Arc::clone(bdf),
                    (None, None) => format!("gpu-{number}").into(),
                }
            }
            (EntityKind::GPU_INSTANCE, Some(mig)) if parent().is_some() => {
                let parent = parent().map_or("", |id| &**id);
                format!("{parent}/gi/{}", mig.instance_id).into()
            }
            (EntityKind::COMPUTE_INSTANCE, Some(mig)) if parent().is_some() => {
                let parent = parent().map_or("", |id| &**id);
                format!(
                    "{parent}/ci/{}",
                    mig.compute_instance_id.unwrap_or_default()
                )
                .into()
            }
            (kind, _) => format!("{kind}-{number}").into(),
        }
    }
}

/// Whether it is a slice of a GPU.
pub(crate) fn is_instance(kind: EntityKind) -> bool {
    kind == EntityKind::GPU_INSTANCE || kind == EntityKind::COMPUTE_INSTANCE
}

#[cfg(test)]
mod tests;
