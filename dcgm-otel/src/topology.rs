//! The tree of entities: a compute instance is a part of a GPU instance, and that of a GPU.

pub(crate) mod host;

use std::fmt;

use dcgm::{Entity, EntityId, EntityKind, EntityStatus};

/// Length of the longest way up: compute instance, GPU instance, GPU.
const MAX_DEPTH: usize = 3;

/// Reason why an entity that the engine lists cannot be sampled.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Availability {
    /// The driver has lost the device.
    Lost,
    /// Telemetry is paused, as by `dcgmi test --pause` and diagnostics. No failure.
    Paused,
    /// The driver was detached, for maintenance or passthrough. No failure.
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

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Paused => "paused",
            Self::Detached => "detached",
        })
    }
}

/// Returns an entity and what it is a part of, from the part to the GPU. `entities` are sorted by id.
/// Ends in a cycle of parents, too, which a broken engine could report.
pub(crate) fn ancestors<'a>(
    entities: &'a [Entity],
    entity: &'a Entity,
) -> impl Iterator<Item = &'a Entity> {
    let parent = |part: &&'a Entity| {
        let id = part.parent?;
        let at = entities
            .binary_search_by_key(&id, |entity| entity.id)
            .ok()?;
        entities.get(at)
    };
    std::iter::successors(Some(entity), parent).take(MAX_DEPTH)
}

/// Returns the GPU that an entity is or is a part of.
pub(crate) fn gpu_of<'a>(entities: &'a [Entity], entity: &'a Entity) -> Option<&'a Entity> {
    ancestors(entities, entity).find(|entity| entity.id.kind == EntityKind::GPU)
}

/// Returns `true` for MIG instances.
pub(crate) fn is_instance(kind: EntityKind) -> bool {
    kind == EntityKind::GPU_INSTANCE || kind == EntityKind::COMPUTE_INSTANCE
}

/// Returns `false` for entities that DCGM does not support or may not access.
pub(crate) fn is_monitored(entity: &Entity) -> bool {
    !matches!(
        entity.status,
        EntityStatus::UNSUPPORTED | EntityStatus::INACCESSIBLE
    )
}

/// Returns the entities that cannot be sampled, and why, in the order of the list.
pub(crate) fn list_unavailable(entities: &[Entity]) -> Vec<(EntityId, Availability)> {
    let whys = entities
        .iter()
        .filter_map(|entity| Some((entity.id, Availability::of_entity(entity)?)));
    whys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_of_parents_ends() {
        let mut one = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 1));
        let mut two = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 2));
        one.parent = Some(two.id);
        two.parent = Some(one.id);
        let entities = [one, two];
        assert_eq!(gpu_of(&entities, &entities[0]), None);
        assert_eq!(ancestors(&entities, &entities[0]).count(), MAX_DEPTH);
    }

    #[test]
    fn a_compute_instance_leads_to_its_gpu() {
        let gpu = Entity::new(EntityId::gpu(4));
        let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 28));
        instance.parent = Some(gpu.id);
        let mut compute = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, 230));
        compute.parent = Some(instance.id);
        let entities = [gpu.clone(), instance, compute.clone()];
        assert_eq!(gpu_of(&entities, &compute), Some(&gpu));
        assert_eq!(gpu_of(&entities, &gpu), Some(&gpu));
        assert_eq!(gpu_of(&[], &compute), None);
        assert_eq!(ancestors(&entities, &compute).count(), 3);
    }
}
