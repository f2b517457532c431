//! What has samples: GPUs, their instances, switches, links, CPUs.

use core::fmt;
use std::sync::Arc;

use dcgm_sys as sys;

/// A kind of entity (`dcgm_field_entity_group_t`). An open set: an unknown kind is kept, not
/// refused.
///
/// ```
/// use dcgm::EntityKind;
///
/// assert_eq!(EntityKind::GPU.to_string(), "gpu");
/// assert_eq!(EntityKind::SWITCH.name(), Some("nvswitch"));
/// // One of a later release.
/// assert_eq!(EntityKind::from_raw(99).name(), None);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgm_field_entity_group_t")]
pub struct EntityKind(u32);

macro_rules! entity_kinds {
    ($($c:ident => $name:ident, $text:literal, $meaning:literal;)*) => {
        impl EntityKind {
            $(
                #[doc = $meaning]
                pub const $name: Self = Self(sys::$c);
            )*

            /// Every kind that the table knows.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name, if the table knows the kind. These names do not change.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( sys::$c => Some($text), )*
                    _ => None,
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a kind.
entity_kinds! {
    DCGM_FE_NONE     => HOST,             "host",             "The host itself: what DCGM keeps once for all entities.";
    DCGM_FE_GPU      => GPU,              "gpu",              "A GPU.";
    DCGM_FE_VGPU     => VGPU,             "vgpu",             "A virtual GPU.";
    DCGM_FE_SWITCH   => SWITCH,           "nvswitch",         "An NVSwitch.";
    DCGM_FE_GPU_I    => GPU_INSTANCE,     "gpu_instance",     "A MIG GPU instance: a slice of a GPU with memory of its own.";
    DCGM_FE_GPU_CI   => COMPUTE_INSTANCE, "compute_instance", "A MIG compute instance: a part of a GPU instance.";
    DCGM_FE_LINK     => LINK,             "link",             "An NVLink, as the port of a GPU or of an NVSwitch.";
    DCGM_FE_CPU      => CPU,              "cpu",              "A Grace CPU.";
    DCGM_FE_CPU_CORE => CPU_CORE,         "cpu_core",         "A core of a Grace CPU.";
    DCGM_FE_CONNECTX => CONNECTX,         "connectx",         "A ConnectX network adapter.";
}

impl EntityKind {
    /// The kind of a number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "kind-{}", self.0),
        }
    }
}

impl fmt::Debug for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityKind({self})")
    }
}

/// Where an entity is found: its kind, and its number among those of that kind.
///
/// The number is the engine's, and no identity: it is handed out anew when a GPU drops out or MIG
/// is reconfigured. [`Entity::uuid`] is one.
///
/// ```
/// use dcgm::{EntityId, EntityKind};
///
/// assert_eq!(EntityId::gpu(3), EntityId::new(EntityKind::GPU, 3));
/// assert_eq!(EntityId::gpu(3).to_string(), "gpu 3");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmGroupEntityPair_t")]
#[non_exhaustive]
pub struct EntityId {
    /// The kind.
    pub kind: EntityKind,
    /// The number.
    pub id: u32,
}

impl EntityId {
    /// The host itself.
    pub const HOST: Self = Self::new(EntityKind::HOST, 0);

    /// The entity of a kind and a number.
    #[must_use]
    pub const fn new(kind: EntityKind, id: u32) -> Self {
        Self { kind, id }
    }

    /// A GPU.
    #[must_use]
    pub const fn gpu(id: u32) -> Self {
        Self::new(EntityKind::GPU, id)
    }

    /// An NVSwitch.
    #[must_use]
    pub const fn switch(id: u32) -> Self {
        Self::new(EntityKind::SWITCH, id)
    }
}

/// As in `gpu 3`.
impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What the engine says of an entity's state (`DcgmEntityStatus_t`). An open set.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::time::Duration;
/// use dcgm::mock::{Clock, Mock, Model};
/// use dcgm::{Client, EntityKind, EntityStatus};
///
/// let clock = Clock::manual();
/// let mock = Mock::builder().model(Model::by_name("8xh100,xid79").unwrap()).clock(clock.clone()).build();
/// mock.connect()?;
/// clock.advance(Duration::from_secs(310));
/// let gpus = mock.entities(&[EntityKind::GPU])?;
/// let lost: Vec<_> = gpus.iter().filter(|gpu| gpu.status == EntityStatus::LOST).collect();
/// assert_eq!(lost.len(), 1);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "DcgmEntityStatus_t")]
pub struct EntityStatus(u32);

impl EntityStatus {
    /// The engine does not know the entity, or was not asked.
    pub const UNKNOWN: Self = Self(sys::DcgmEntityStatusUnknown);
    /// In use.
    pub const OK: Self = Self(sys::DcgmEntityStatusOk);
    /// Not supported by DCGM.
    pub const UNSUPPORTED: Self = Self(sys::DcgmEntityStatusUnsupported);
    /// There, but not accessible to the engine.
    pub const INACCESSIBLE: Self = Self(sys::DcgmEntityStatusInaccessible);
    /// Fell off the bus.
    pub const LOST: Self = Self(sys::DcgmEntityStatusLost);
    /// Made by a test; there is no hardware behind it.
    pub const FAKE: Self = Self(sys::DcgmEntityStatusFake);
    /// Taken out of use.
    pub const DISABLED: Self = Self(sys::DcgmEntityStatusDisabled);
    /// Detached from the engine.
    pub const DETACHED: Self = Self(sys::DcgmEntityStatusDetached);

    /// The status of a number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// An entity and what identifies it. Strings are shared, cut at 256 bytes and free of control
/// characters; what the engine does not tell is `None`.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityKind};
///
/// let mock = Mock::named("8xh100-mig7").unwrap();
/// mock.connect()?;
/// let entities = mock.entities(&[EntityKind::GPU, EntityKind::GPU_INSTANCE])?;
/// let gpu = entities.iter().find(|one| one.id.kind == EntityKind::GPU).unwrap();
/// assert_eq!(gpu.mig_enabled, Some(true));
/// let parts = entities.iter().filter(|one| one.parent == Some(gpu.id));
/// assert_eq!(parts.count(), 7);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Entity {
    /// Where it is found.
    pub id: EntityId,
    /// Its state.
    pub status: EntityStatus,
    /// The UUID of a GPU, as in `GPU-1b2c…`. `None` if it is all zeros, as those of fakes are.
    pub uuid: Option<Arc<str>>,
    /// The product, as in `NVIDIA H100 80GB HBM3`.
    pub model: Option<Arc<str>>,
    /// The brand, as in `Tesla`.
    pub brand: Option<Arc<str>>,
    /// The PCI address, as in `00000000:1B:00.0`.
    pub pci_bus_id: Option<Arc<str>>,
    /// The board's serial number: a quasi-identifier, to be shown on request only.
    pub serial: Option<Arc<str>>,
    /// The version of the VBIOS.
    pub vbios: Option<Arc<str>>,
    /// The version of the driver.
    pub driver_version: Option<Arc<str>>,
    /// The minor number of the device file: 3 for `/dev/nvidia3`.
    pub minor: Option<u32>,
    /// What it is a part of: the GPU of a GPU instance, the GPU instance of a compute instance, the
    /// GPU or NVSwitch of a link, the CPU of a core.
    pub parent: Option<EntityId>,
    /// What it is under MIG.
    pub mig: Option<Mig>,
    /// Whether a GPU is in MIG mode.
    pub mig_enabled: Option<bool>,
}

impl Entity {
    /// An entity of which nothing is known but where it is.
    #[must_use]
    pub const fn new(id: EntityId) -> Self {
        Self {
            id,
            status: EntityStatus::UNKNOWN,
            uuid: None,
            model: None,
            brand: None,
            pci_bus_id: None,
            serial: None,
            vbios: None,
            driver_version: None,
            minor: None,
            parent: None,
            mig: None,
            mig_enabled: None,
        }
    }
}

/// As the UUIDs of fakes are: `GPU-00000000-0000-…`.
pub(crate) fn is_all_zero(uuid: &str) -> bool {
    let digits = uuid.trim_start_matches("GPU-");
    !digits.is_empty() && digits.chars().all(|c| matches!(c, '0' | '-'))
}

/// What a MIG instance is. The numbers are NVML's, as `nvidia-smi mig` shows them, not DCGM's.
///
/// ```
/// use dcgm::Mig;
///
/// let mut mig = Mig::new(3, Some(0), 1);
/// mig.profile = Some("1c.1g.10gb".into());
/// assert_eq!(mig.compute_instance_id, Some(0));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Mig {
    /// The number of the GPU instance on its GPU.
    pub instance_id: u32,
    /// The number of the compute instance in its GPU instance; `None` for a GPU instance.
    pub compute_instance_id: Option<u32>,
    /// The profile's name, as in `1g.10gb`, if the engine tells it.
    pub profile: Option<Arc<str>>,
    /// How many slices it has.
    pub slices: u32,
}

impl Mig {
    /// An instance without the name of its profile.
    #[must_use]
    pub const fn new(instance_id: u32, compute_instance_id: Option<u32>, slices: u32) -> Self {
        Self {
            instance_id,
            compute_instance_id,
            profile: None,
            slices,
        }
    }
}

/// The state of an NVLink (`dcgmNvLinkLinkState_t`). An open set.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmNvLinkLinkState_t")]
pub struct LinkState(u32);

impl LinkState {
    /// The GPU or switch has no such link.
    pub const NOT_SUPPORTED: Self = Self(sys::DcgmNvLinkLinkStateNotSupported);
    /// Not wired.
    pub const DISABLED: Self = Self(sys::DcgmNvLinkLinkStateDisabled);
    /// Wired, and down.
    pub const DOWN: Self = Self(sys::DcgmNvLinkLinkStateDown);
    /// Up.
    pub const UP: Self = Self(sys::DcgmNvLinkLinkStateUp);

    /// The state of a number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// An NVLink: a port of a GPU or of an NVSwitch.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, LinkState};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let links = mock.links()?;
/// let up = |gpu| links.iter().filter(|link| link.parent == gpu && link.state == LinkState::UP).count();
/// assert_eq!(up(EntityId::gpu(0)), 18);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Link {
    /// As an entity whose fields can be watched; `None` where the release packs links in a form
    /// that its own requests cannot carry (4.0 to 4.2).
    pub id: Option<EntityId>,
    /// The GPU or NVSwitch that it is a port of.
    pub parent: EntityId,
    /// Its number there, from 0.
    pub index: u32,
    /// Its state.
    pub state: LinkState,
}

impl Link {
    /// The link `index` of `parent`.
    #[must_use]
    pub const fn new(id: Option<EntityId>, parent: EntityId, index: u32, state: LinkState) -> Self {
        Self {
            id,
            parent,
            index,
            state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_are_pinned() {
        let names: Vec<_> = EntityKind::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "host",
                "gpu",
                "vgpu",
                "nvswitch",
                "gpu_instance",
                "compute_instance",
                "link",
                "cpu",
                "cpu_core",
                "connectx"
            ]
        );
    }

    #[test]
    fn an_unknown_kind_is_kept() {
        let id = EntityId::new(EntityKind::from_raw(77), 3);
        assert_eq!(id.to_string(), "kind-77 3");
        assert_eq!(id.kind.raw(), 77);
    }
}
