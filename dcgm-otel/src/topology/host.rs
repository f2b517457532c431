//! The entities of a host, its links among them.

use std::collections::{HashMap, HashSet};

use dcgm::{Entity, EntityId, EntityKind, Link, LinkState};

use crate::catalogue::Mig;
use crate::config::Naming;
use crate::naming::exporter::{self, FieldTexts};
use crate::text;
use crate::topology::{self, Availability, is_instance};

/// The entities of a host, its links among them.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) entities: Vec<Entity>,
    /// Index of each link at its end, and `true` if it is up.
    links: HashMap<EntityId, (u32, bool)>,
    /// Name of the host, if the naming uses it.
    pub(crate) name: Option<String>,
    /// Values of fields that are labels, if the naming uses any.
    pub(crate) texts: FieldTexts,
    /// Links without an entity id: the engine has them as fields of their GPUs only.
    pub(crate) links_without_entity_id: HashSet<EntityId>,
}

impl Host {
    /// Makes a host of these entities and links. A link that is down has only the series of its
    /// state.
    pub(crate) fn new(entities: Vec<Entity>, links: &[Link]) -> Self {
        let mut host = Self::default();
        let mut entities: Vec<_> = entities.into_iter().map(text::sanitize_entity).collect();
        let states = [LinkState::UP, LinkState::DOWN];
        for link in links.iter().filter(|link| states.contains(&link.state)) {
            let id = entity_of(link);
            let mut entity = Entity::new(id);
            entity.parent = Some(link.parent);
            entities.push(entity);
            let is_up = link.state == LinkState::UP;
            host.links.insert(id, (link.index, is_up));
            if link.id.is_none() {
                host.links_without_entity_id.insert(id);
            }
        }
        entities.push(Entity::new(EntityId::HOST));
        entities.sort_by_key(|entity| entity.id);
        host.entities = entities;
        host
    }

    /// Adds the name of the host, if the naming uses it, and the values of fields that are labels.
    pub(crate) fn named_for(mut self, naming: Naming, texts: FieldTexts) -> Self {
        if naming.is_dcgm_exporter() {
            self.name = exporter::read_hostname();
            self.texts = texts;
        }
        self
    }

    pub(crate) fn link_index(&self, id: EntityId) -> Option<u32> {
        self.links.get(&id).map(|(index, _)| *index)
    }

    /// Returns `true` for a link that is down.
    pub(crate) fn is_down(&self, id: EntityId) -> bool {
        self.links.get(&id).is_some_and(|(_, is_up)| !is_up)
    }

    pub(crate) fn links_of(&self, whole: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        let parts = self.entities.iter().filter(move |entity| {
            entity.parent == Some(whole) && entity.id.kind == EntityKind::LINK
        });
        parts.map(|entity| entity.id)
    }

    /// Returns `true` if the family has a meaning in the MIG mode of the entity's GPU.
    pub(crate) fn has_mode(&self, mig: Mig, entity: &Entity) -> bool {
        let on = || {
            let gpu = topology::gpu_of(&self.entities, entity);
            is_instance(entity.id.kind) || gpu.is_some_and(|gpu| gpu.mig_enabled == Some(true))
        };
        match mig {
            Mig::Any => true,
            Mig::Outside => !on(),
            Mig::Within => on(),
            Mig::Smallest => {
                is_instance(entity.id.kind)
                    || !self
                        .entities
                        .iter()
                        .any(|part| part.parent == Some(entity.id) && is_instance(part.id.kind))
            }
        }
    }

    /// Returns why an entity, or what it is a part of, cannot be sampled.
    pub(crate) fn unavailability(&self, entity: &Entity) -> Option<Availability> {
        topology::ancestors(&self.entities, entity).find_map(Availability::of_entity)
    }

    /// Returns `true` for the only compute instance of a GPU instance, whose values the GPU
    /// instance has, too.
    pub(crate) fn is_only_child(&self, entity: &Entity) -> bool {
        entity.id.kind == EntityKind::COMPUTE_INSTANCE
            && self
                .entities
                .iter()
                .filter(|other| other.id.kind == entity.id.kind && other.parent == entity.parent)
                .count()
                == 1
    }
}

/// Returns a link as an entity; the engine has no number for links of some releases.
pub(crate) fn entity_of(link: &Link) -> EntityId {
    link.id.unwrap_or_else(|| {
        let raw = link.parent.kind.raw() | link.index << 8 | link.parent.id << 24;
        EntityId::new(EntityKind::LINK, raw)
    })
}
