//! Entities: GPUs, MIG instances, NVSwitches, links, CPUs and network adapters.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use crate::parse::{ParseError, open_enum};

/// A kind of entity (`dcgm_field_entity_group_t`). A kind without a constant here keeps its number.
///
/// ```
/// use dcgm::EntityKind;
///
/// assert_eq!(EntityKind::GPU.to_string(), "gpu");
/// assert_eq!(EntityKind::SWITCH.name(), Some("nvswitch"));
/// // A kind of a later release.
/// assert_eq!(EntityKind::from_raw(99).name(), None);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgm_field_entity_group_t")]
pub struct EntityKind(u32);

#[rustfmt::skip] // One row per kind.
open_enum! {
    EntityKind, "kind", "the name of an entity kind, such as gpu";
    DCGM_FE_NONE     => HOST,             "host",             "The host itself, which has the fields that DCGM keeps once for all entities.";
    DCGM_FE_GPU      => GPU,              "gpu",              "A GPU.";
    DCGM_FE_VGPU     => VGPU,             "vgpu",             "A virtual GPU.";
    DCGM_FE_SWITCH   => SWITCH,           "nvswitch",         "An NVSwitch.";
    DCGM_FE_GPU_I    => GPU_INSTANCE,     "gpu_instance",     "A MIG GPU instance: a slice of a GPU with its own memory.";
    DCGM_FE_GPU_CI   => COMPUTE_INSTANCE, "compute_instance", "A MIG compute instance: a part of a GPU instance.";
    DCGM_FE_LINK     => LINK,             "link",             "An NVLink, as the port of a GPU or of an NVSwitch.";
    DCGM_FE_CPU      => CPU,              "cpu",              "A Grace CPU.";
    DCGM_FE_CPU_CORE => CPU_CORE,         "cpu_core",         "A core of a Grace CPU.";
    DCGM_FE_CONNECTX => CONNECTX,         "connectx",         "A ConnectX network adapter.";
}

/// The address of an entity: its kind, and its number within that kind.
///
/// The number is the engine's index and not an identity: it can change when a GPU is lost or MIG is
/// reconfigured. Use [`Entity::uuid`] as the identity of a GPU. The text form of an address is
/// `gpu:3`.
///
/// ```
/// use dcgm::{EntityId, EntityKind};
///
/// assert_eq!(EntityId::gpu(3), EntityId::new(EntityKind::GPU, 3));
/// assert_eq!(EntityId::gpu(3).to_string(), "gpu:3");
/// assert_eq!("gpu:3".parse(), Ok(EntityId::gpu(3)));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmGroupEntityPair_t")]
#[non_exhaustive]
pub struct EntityId {
    /// The kind.
    pub kind: EntityKind,
    /// The number within the kind.
    pub id: u32,
}

impl EntityId {
    /// The host itself.
    pub const HOST: Self = Self::new(EntityKind::HOST, 0);

    /// Creates the address of an entity.
    #[must_use]
    pub const fn new(kind: EntityKind, id: u32) -> Self {
        Self { kind, id }
    }

    /// Creates the address of a GPU.
    #[must_use]
    pub const fn gpu(id: u32) -> Self {
        Self::new(EntityKind::GPU, id)
    }

    /// Creates the address of an NVSwitch.
    #[must_use]
    pub const fn switch(id: u32) -> Self {
        Self::new(EntityKind::SWITCH, id)
    }
}

/// Prints `gpu:3`.
impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// Prints `gpu:3`.
impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Parses `gpu:3`.
impl FromStr for EntityId {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        let parsed = input.split_once(':').and_then(|(kind, id)| {
            let id = id.trim();
            let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
            let id = is_number.then(|| id.parse().ok())??;
            Some(Self::new(kind.parse().ok()?, id))
        });
        parsed.ok_or_else(|| ParseError::new("an entity such as gpu:3", input))
    }
}

/// The state of an entity as the engine reports it (`DcgmEntityStatus_t`). A state without a constant
/// here keeps its number.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::time::Duration;
/// use dcgm::mock::{Clock, Mock, Model};
/// use dcgm::{Client, EntityKind, EntityStatus};
///
/// let clock = Clock::manual();
/// let mock = Mock::builder().model("8xh100,xid79".parse::<Model>().unwrap()).clock(clock.clone()).build();
/// mock.connect()?;
/// clock.advance(Duration::from_secs(310));
/// let gpus = mock.entities(&[EntityKind::GPU])?;
/// let lost: Vec<_> = gpus.iter().filter(|gpu| gpu.status == EntityStatus::LOST).collect();
/// assert_eq!(lost.len(), 1);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "DcgmEntityStatus_t")]
pub struct EntityStatus(u32);

#[rustfmt::skip] // One row per status.
open_enum! {
    EntityStatus, "status", "the name of an entity status, such as ok";
    DcgmEntityStatusUnknown      => UNKNOWN,      "unknown",      "The engine does not know the entity, or was not asked.";
    DcgmEntityStatusOk           => OK,           "ok",           "In use.";
    DcgmEntityStatusUnsupported  => UNSUPPORTED,  "unsupported",  "Not supported by DCGM.";
    DcgmEntityStatusInaccessible => INACCESSIBLE, "inaccessible", "Present and not accessible to the engine.";
    DcgmEntityStatusLost         => LOST,         "lost",         "Fell off the bus.";
    DcgmEntityStatusFake         => FAKE,         "fake",         "Created by a test; there is no hardware.";
    DcgmEntityStatusDisabled     => DISABLED,     "disabled",     "Disabled.";
    DcgmEntityStatusDetached     => DETACHED,     "detached",     "Detached from the engine.";
}

/// An entity with its identity and properties. Clones share the strings, which have at most 256 bytes
/// and no control characters. A property that the engine does not report is `None`.
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
/// let instances = entities.iter().filter(|one| one.parent == Some(gpu.id));
/// assert_eq!(instances.count(), 7);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Entity {
    /// The address.
    pub id: EntityId,
    /// The state.
    pub status: EntityStatus,
    /// The UUID of a GPU, as in `GPU-1b2c…`. `None` for the UUID of all zeros that fake GPUs have.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub uuid: Option<Arc<str>>,
    /// The product name, as in `NVIDIA H100 80GB HBM3`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub model: Option<Arc<str>>,
    /// The brand, as in `Tesla`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub brand: Option<Arc<str>>,
    /// The PCI address, as in `00000000:1B:00.0`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub pci_bus_id: Option<Arc<str>>,
    /// The serial number of the board. It identifies the hardware: show it only on request.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub serial: Option<Arc<str>>,
    /// The VBIOS version.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub vbios: Option<Arc<str>>,
    /// The driver version.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub driver_version: Option<Arc<str>>,
    /// The minor number of the device file: 3 for `/dev/nvidia3`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub minor: Option<u32>,
    /// The entity that contains this entity: the GPU of a GPU instance, the GPU instance of a compute
    /// instance, the GPU or NVSwitch of a link, the CPU of a core. An [`Engine`](crate::Engine)
    /// reports it only for MIG instances.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub parent: Option<EntityId>,
    /// The MIG properties of an instance.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub mig: Option<Mig>,
    /// `Some(true)` for a GPU in MIG mode.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub mig_enabled: Option<bool>,
}

impl Entity {
    /// Creates an entity without properties.
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

/// Returns `true` for the UUID of a fake GPU: `GPU-00000000-0000-…`.
pub(crate) fn is_all_zero(uuid: &str) -> bool {
    let digits = uuid.trim_start_matches("GPU-");
    !digits.is_empty() && digits.chars().all(|c| matches!(c, '0' | '-'))
}

/// The MIG properties of an instance. The numbers are NVML's, as in `nvidia-smi mig`, not DCGM's.
///
/// ```
/// use dcgm::Mig;
///
/// let mut mig = Mig::new(3, Some(0), 1);
/// mig.profile = Some("1c.1g.10gb".into());
/// assert_eq!(mig.compute_instance_id, Some(0));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Mig {
    /// The id of the GPU instance on its GPU.
    pub instance_id: u32,
    /// The id of the compute instance in its GPU instance; `None` for a GPU instance.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub compute_instance_id: Option<u32>,
    /// The profile name, as in `1g.10gb`, if the engine reports it.
    ///
    /// It is DCGM's name, as DCGM does not report that of `nvidia-smi`. DCGM rounds the memory in its
    /// own way (`1g.11gb` where `nvidia-smi` has `1g.12gb`) and leaves out suffixes such as `+me`. A
    /// compute instance has the profile of its GPU instance.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub profile: Option<Arc<str>>,
    /// The number of slices.
    pub slices: u32,
}

impl Mig {
    /// Creates the properties of an instance, without a profile name.
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

/// The state of an NVLink (`dcgmNvLinkLinkState_t`). A state without a constant here keeps its
/// number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmNvLinkLinkState_t")]
pub struct LinkState(u32);

#[rustfmt::skip] // One row per state.
open_enum! {
    LinkState, "state", "the name of a link state, such as up";
    DcgmNvLinkLinkStateNotSupported => NOT_SUPPORTED, "not_supported", "The GPU or NVSwitch has no such link.";
    DcgmNvLinkLinkStateDisabled     => DISABLED,      "disabled",      "Not wired, or disabled.";
    DcgmNvLinkLinkStateDown         => DOWN,          "down",          "Wired and down.";
    DcgmNvLinkLinkStateUp           => UP,            "up",            "Up.";
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
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Link {
    /// The address of the link, for watching its fields. `None` for DCGM 4.0 to 4.2, whose encoding
    /// of a link does not fit into the 4 bytes that their requests have for it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub id: Option<EntityId>,
    /// The GPU or NVSwitch that the link is a port of.
    pub parent: EntityId,
    /// The number of the port, from 0.
    pub index: u32,
    /// The state.
    pub state: LinkState,
}

impl Link {
    /// Creates the link `index` of `parent`.
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
mod tests;
