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
    /// The number of each link at its end, and whether it is up.
    links: HashMap<EntityId, (u32, bool)>,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// Links that the engine has no number for: it knows them by the fields of their GPUs only.
    pub(crate) links_without_entity_id: HashSet<EntityId>,
}

impl Host {
    /// Of these. A link that is down has no series but the one that says so.
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

    /// With a name, if the metrics of that naming say it.
    pub(crate) fn named_for(mut self, naming: Naming) -> Self {
        if naming == Naming::DcgmExporter {
            self.name = exporter::read_hostname();
        }
        self
    }

    pub(crate) fn link_index(&self, id: EntityId) -> Option<u32> {
        self.links.get(&id).map(|(index, _)| *index)
    }

    /// Whether it is a link that is down.
    pub(crate) fn is_down(&self, id: EntityId) -> bool {
        self.links.get(&id).is_some_and(|(_, is_up)| !is_up)
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

    /// Returns why an entity, or what it is a part of, cannot be sampled.
    pub(crate) fn unavailability(&self, entity: &Entity) -> Option<Availability> {
        let find = |id| {
            let at = self.entities.binary_search_by_key(&id, |one| one.id);
            at.ok().and_then(|at| self.entities.get(at))
        };
        let wholes = std::iter::successors(Some(entity), |part| part.parent.and_then(find));
        // A GPU, a GPU instance, a compute instance: there are no more steps than that.
        wholes.take(4).find_map(Availability::of_entity)
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

/// Returns a link as an entity; the engine has no number for links of some releases.
pub(crate) fn entity_of(link: &Link) -> EntityId {
    link.id.unwrap_or_else(|| {
        let raw = link.parent.kind.raw() | link.index << 8 | link.parent.id << 24;
        EntityId::new(EntityKind::LINK, raw)
    })
}

/// Why an entity that the engine lists cannot be sampled.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Availability {
    /// The driver has lost it.
    Lost,
    /// Its telemetry is paused, as `dcgmi test --pause` and diagnostics do it. No failure.
    Paused,
    /// The driver was detached from it, for maintenance or passthrough. No failure.
    Detached,
}

impl Availability {
    /// Returns why an entity cannot be sampled; `None` if it can.
    pub(crate) const fn of_entity(entity: &Entity) -> Option<Self> {
        match entity.status {
            EntityStatus::LOST => Some(Self::Lost),
            EntityStatus::DISABLED => Some(Self::Paused),
            EntityStatus::DETACHED => Some(Self::Detached),
            _ => None,
        }
    }
}

/// Whether DCGM can meter an entity at all: not one that it does not support or may not access.
pub(crate) fn is_metered(entity: &Entity) -> bool {
    !matches!(
        entity.status,
        EntityStatus::UNSUPPORTED | EntityStatus::INACCESSIBLE
    )
}
