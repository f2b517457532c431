//! The entities of a host, its links among them.

use std::collections::{HashMap, HashSet};

use dcgm::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState};

use crate::attributes::{AttributeBuilder, is_instance};
use crate::catalogue::Mig;
use crate::config::Naming;
use crate::naming::exporter;
use crate::text;

/// The entities of a host, its links among them.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) entities: Vec<Entity>,
    /// The number of each link at its end.
    links: HashMap<EntityId, u32>,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// Links that the engine has no number for: it knows them by the fields of their GPUs only.
    pub(crate) nameless: HashSet<EntityId>,
}

impl Host {
    /// Of these. Links that are down when a session begins have no series.
    pub(crate) fn new(entities: Vec<Entity>, links: &[Link]) -> Self {
        let mut host = Self::default();
        let mut entities: Vec<_> = entities.into_iter().map(text::sanitize_entity).collect();
        for link in links.iter().filter(|link| link.state == LinkState::UP) {
            let id = link.id.unwrap_or_else(|| {
                let raw = link.parent.kind.raw() | link.index << 8 | link.parent.id << 24;
                EntityId::new(EntityKind::LINK, raw)
            });
            let mut entity = Entity::new(id);
            entity.parent = Some(link.parent);
            entities.push(entity);
            host.links.insert(id, link.index);
            if link.id.is_none() {
                host.nameless.insert(id);
            }
        }
        entities.push(Entity::new(EntityId::HOST));
        entities.sort_by_key(|entity| entity.id);
        host.entities = entities;
        host
    }

    /// With a name, if the metrics of that naming say it.
    pub(crate) fn named_for(mut self, naming: Naming) -> Self {
        if naming == Naming::DcgmExporter {
            self.name = exporter::hostname();
        }
        self
    }

    pub(crate) fn link(&self, id: EntityId) -> Option<u32> {
        self.links.get(&id).copied()
    }

    pub(crate) fn links_of(&self, whole: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        let parts = self.entities.iter().filter(move |entity| {
            entity.parent == Some(whole) && entity.id.kind == EntityKind::LINK
        });
        parts.map(|entity| entity.id)
    }

    /// Whether a GPU, or what is a part of it, is in a mode in which a family has a meaning.
    pub(crate) fn has_mode(&self, mig: Mig, entity: &Entity, names: &AttributeBuilder<'_>) -> bool {
        let on = || {
            let gpu = names.gpu_of(entity);
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

    /// Whether it is lost, or a part of what is.
    pub(crate) fn is_of_lost(&self, entity: &Entity) -> bool {
        let find = |id| {
            let at = self.entities.binary_search_by_key(&id, |one| one.id);
            at.ok().and_then(|at| self.entities.get(at))
        };
        let wholes = std::iter::successors(Some(entity), |part| part.parent.and_then(find));
        // A GPU, a GPU instance, a compute instance: there are no more steps than that.
        wholes.take(4).any(is_lost)
    }

    /// A compute instance that has its GPU instance for itself says nothing that this one does not
    /// say.
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

/// Whether the driver has lost it.
pub(crate) fn is_lost(entity: &Entity) -> bool {
    matches!(entity.status, EntityStatus::LOST | EntityStatus::DETACHED)
}
