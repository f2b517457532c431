//! Kinds of entities that have series.

use dcgm::{Entity, EntityKind};

use EntityScope::{
    Adapter, ComputeInstance, Core, Cpu, Gpu, GpuInstance, Host, Link, Port, Switch,
};

/// The kind of entity that a series describes. Within a tier, smaller parts are dropped first, in
/// this order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum EntityScope {
    ComputeInstance,
    GpuInstance,
    /// An `NVLink` of a GPU.
    Link,
    /// An `NVLink` of an `NVSwitch`.
    Port,
    Core,
    Gpu,
    Switch,
    Cpu,
    Adapter,
    Host,
}

impl EntityScope {
    /// Returns DCGM's kind of entity.
    pub(crate) const fn entity_kind(self) -> EntityKind {
        match self {
            ComputeInstance => EntityKind::COMPUTE_INSTANCE,
            GpuInstance => EntityKind::GPU_INSTANCE,
            Link | Port => EntityKind::LINK,
            Core => EntityKind::CPU_CORE,
            Gpu => EntityKind::GPU,
            Switch => EntityKind::SWITCH,
            Cpu => EntityKind::CPU,
            Adapter => EntityKind::CONNECTX,
            Host => EntityKind::HOST,
        }
    }

    /// Returns the scope of an entity; `None` for kinds without series.
    pub(crate) fn of_entity(entity: &Entity) -> Option<Self> {
        let of_switch = entity
            .parent
            .is_some_and(|parent| parent.kind == EntityKind::SWITCH);
        Some(match entity.id.kind {
            EntityKind::COMPUTE_INSTANCE => ComputeInstance,
            EntityKind::GPU_INSTANCE => GpuInstance,
            EntityKind::LINK if of_switch => Port,
            EntityKind::LINK => Link,
            EntityKind::CPU_CORE => Core,
            EntityKind::GPU => Gpu,
            EntityKind::SWITCH => Switch,
            EntityKind::CPU => Cpu,
            EntityKind::CONNECTX => Adapter,
            EntityKind::HOST => Host,
            _ => return None,
        })
    }
}

pub(crate) const GPU: &[EntityScope] = &[Gpu];
pub(crate) const GPU_GI: &[EntityScope] = &[Gpu, GpuInstance];
pub(super) const GPU_GI_CI: &[EntityScope] = &[Gpu, GpuInstance, ComputeInstance];
pub(super) const LINK: &[EntityScope] = &[Link];
pub(super) const SWITCH: &[EntityScope] = &[Switch];
pub(super) const PORT: &[EntityScope] = &[Port];
pub(super) const CPU: &[EntityScope] = &[Cpu];
pub(super) const CORE: &[EntityScope] = &[Core];
pub(super) const ADAPTER: &[EntityScope] = &[Adapter];
pub(super) const HOST: &[EntityScope] = &[Host];
