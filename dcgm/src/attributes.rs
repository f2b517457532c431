//! The attributes of GPUs and CPUs that do not change, or rarely.

use std::sync::Arc;

use crate::cpu_set::CpuSet;
use crate::entity::EntityId;
use crate::parse::open_enum;

/// The architecture of a GPU's chip (`dcgmChipArchitecture_t`). An architecture without a constant here
/// keeps its number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmChipArchitecture_t")]
pub struct ChipArchitecture(u32);

#[rustfmt::skip] // One row per architecture.
open_enum! {
    ChipArchitecture, "architecture", "the name of a chip architecture, such as hopper";
    DCGM_CHIP_ARCH_OLDER     => OLDER,     "older",     "Older than Kepler.";
    DCGM_CHIP_ARCH_KEPLER    => KEPLER,    "kepler",    "Kepler.";
    DCGM_CHIP_ARCH_MAXWELL   => MAXWELL,   "maxwell",   "Maxwell.";
    DCGM_CHIP_ARCH_PASCAL    => PASCAL,    "pascal",    "Pascal.";
    DCGM_CHIP_ARCH_VOLTA     => VOLTA,     "volta",     "Volta.";
    DCGM_CHIP_ARCH_TURING    => TURING,    "turing",    "Turing.";
    DCGM_CHIP_ARCH_AMPERE    => AMPERE,    "ampere",    "Ampere.";
    DCGM_CHIP_ARCH_ADA       => ADA,       "ada",       "Ada.";
    DCGM_CHIP_ARCH_HOPPER    => HOPPER,    "hopper",    "Hopper.";
    DCGM_CHIP_ARCH_BLACKWELL => BLACKWELL, "blackwell", "Blackwell.";
}

/// The virtualization mode of a GPU (`dcgmGpuVirtualizationMode_t`). A mode without a constant here
/// keeps its number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmGpuVirtualizationMode_t")]
pub struct VirtualizationMode(u32);

#[rustfmt::skip] // One row per mode.
open_enum! {
    VirtualizationMode, "mode", "the name of a virtualization mode, such as none";
    DCGM_GPU_VIRTUALIZATION_MODE_NONE        => NONE,        "none",        "Bare metal.";
    DCGM_GPU_VIRTUALIZATION_MODE_PASSTHROUGH => PASSTHROUGH, "passthrough", "Passed through to a virtual machine.";
    DCGM_GPU_VIRTUALIZATION_MODE_VGPU        => VGPU,        "vgpu",        "A vGPU in a virtual machine.";
    DCGM_GPU_VIRTUALIZATION_MODE_HOST_VGPU   => HOST_VGPU,   "host_vgpu",   "A host's GPU whose vGPUs are in use.";
    DCGM_GPU_VIRTUALIZATION_MODE_HOST_VSGA   => HOST_VSGA,   "host_vsga",   "A host's GPU in vSGA mode.";
}

/// The attributes of a GPU. What the engine does not report is `None`.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let attributes = mock.topology().gpu_attributes(EntityId::gpu(0))?;
/// assert_eq!(attributes.power_limits.max_watts, Some(700));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmDeviceAttributes_t")]
#[non_exhaustive]
pub struct GpuAttributes {
    /// The GPU.
    pub gpu: EntityId,
    /// The pairs of clocks that applications may set, at most 256. Empty if the engine does not report
    /// them.
    pub supported_clocks: Vec<ClockPair>,
    /// The limits of temperature.
    pub thermal_limits: ThermalLimits,
    /// The limits of power.
    pub power_limits: PowerLimits,
    /// The sizes of memory.
    pub memory: MemorySizes,
    /// The version of the infoROM image.
    pub inforom_version: Option<Arc<str>>,
    /// The PCI device id in the upper 16 bits, and the vendor id in the lower ones.
    pub pci_device_id: Option<u32>,
    /// The PCI subsystem device id in the upper 16 bits, and the subsystem vendor id in the lower ones.
    pub pci_subsystem_id: Option<u32>,
    /// The virtualization mode.
    pub virtualization_mode: Option<VirtualizationMode>,
    /// `Some(true)` if the driver stays loaded without clients.
    pub persistence_mode: Option<bool>,
    /// `Some(true)` in MIG mode.
    pub mig_enabled: Option<bool>,
    /// `Some(true)` in confidential computing mode.
    pub confidential_compute: Option<bool>,
}

impl GpuAttributes {
    /// Creates attributes of which nothing is known.
    #[must_use]
    pub const fn new(gpu: EntityId) -> Self {
        Self {
            gpu,
            supported_clocks: Vec::new(),
            thermal_limits: ThermalLimits::NONE,
            power_limits: PowerLimits::NONE,
            memory: MemorySizes::NONE,
            inforom_version: None,
            pci_device_id: None,
            pci_subsystem_id: None,
            virtualization_mode: None,
            persistence_mode: None,
            mig_enabled: None,
            confidential_compute: None,
        }
    }
}

/// A pair of clocks that can be set together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct ClockPair {
    /// The clock of the memory, in MHz.
    pub memory_mhz: u32,
    /// The clock of the SMs, in MHz.
    pub sm_mhz: u32,
}

impl ClockPair {
    /// Creates a pair.
    #[must_use]
    pub const fn new(memory_mhz: u32, sm_mhz: u32) -> Self {
        Self { memory_mhz, sm_mhz }
    }
}

/// Declares a struct of numbers that may be missing.
macro_rules! numbers {
    ($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub struct $type {
            $($(#[$field_doc])* pub $field: Option<u32>,)*
        }

        impl $type {
            /// Nothing is known.
            pub const NONE: Self = Self { $($field: None,)* };
        }
    };
}

numbers! {
    /// The temperatures at which a GPU protects itself. What the engine does not report is `None`.
    ThermalLimits {
        /// The temperature at which the GPU slows down, in °C.
        slowdown_celsius,
        /// The temperature at which the GPU shuts down, in °C.
        shutdown_celsius,
    }
}

numbers! {
    /// The limits of a GPU's power, in watts. What the engine does not report is `None`.
    PowerLimits {
        /// The limit that is set.
        current_watts,
        /// The limit after a reset.
        default_watts,
        /// The limit that the driver enforces: the lowest of several.
        enforced_watts,
        /// The lowest limit that can be set.
        min_watts,
        /// The highest limit that can be set.
        max_watts,
    }
}

numbers! {
    /// The sizes of a GPU's memory, in MiB. What the engine does not report is `None`.
    MemorySizes {
        /// The size of the BAR1 window.
        bar1_total_mib,
        /// The size of the frame buffer: the memory of the GPU.
        fb_total_mib,
        /// The used part of the frame buffer, at the time of the call.
        fb_used_mib,
        /// The free part of the frame buffer, at the time of the call.
        fb_free_mib,
    }
}

/// A Grace CPU.
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmCpuHierarchyCpu_t")]
#[non_exhaustive]
pub struct CpuSocket {
    /// The CPU.
    pub cpu: EntityId,
    /// The numbers of its cores, below 1,024.
    pub cores: CpuSet,
    /// The serial number of the CPU; `None` before DCGM 4.0, or if it is not reported. It identifies the
    /// hardware: show it only on request.
    pub serial: Option<Arc<str>>,
}

impl CpuSocket {
    /// Creates a CPU.
    #[must_use]
    pub const fn new(cpu: EntityId, cores: CpuSet, serial: Option<Arc<str>>) -> Self {
        Self { cpu, cores, serial }
    }
}

/// The library by which the engine reads NVSwitches.
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmNvswitchGetBackend")]
#[non_exhaustive]
pub struct NvSwitchBackend {
    /// The name: `NSCQ` or `NVSDM`. An engine that has found neither reports `NSCQ`.
    pub name: Arc<str>,
    /// `true` if the library is loaded and in use.
    pub is_active: bool,
}

impl NvSwitchBackend {
    /// Creates a backend.
    #[must_use]
    pub const fn new(name: Arc<str>, is_active: bool) -> Self {
        Self { name, is_active }
    }
}

/// The vGPU attributes of a GPU.
///
/// A list is `None` if the engine did not fill it in: for a fake GPU, DCGM reports success and leaves
/// random numbers in its reply. Each list has at most 32 elements; DCGM leaves out the others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[doc(alias = "dcgmVgpuDeviceAttributes_t")]
#[non_exhaustive]
pub struct VgpuAttributes {
    /// The vGPUs that are in use.
    pub active: Option<Vec<VgpuInstance>>,
    /// The ids of the vGPU types of which another vGPU can be created now.
    pub creatable_types: Option<Vec<u32>>,
    /// The vGPU types that the GPU supports.
    pub supported_types: Option<Vec<VgpuType>>,
    /// The utilization of the GPU, in percent.
    pub gpu_percent: Option<u32>,
    /// The utilization of its memory, in percent.
    pub memory_percent: Option<u32>,
    /// The utilization of its encoders, in percent.
    pub encoder_percent: Option<u32>,
    /// The utilization of its decoders, in percent.
    pub decoder_percent: Option<u32>,
}

/// A vGPU in use, with its share of the GPU. What the engine does not report is `None`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VgpuInstance {
    /// The vGPU.
    pub vgpu: EntityId,
    /// The utilization of the SMs, in percent.
    pub sm_percent: Option<u32>,
    /// The utilization of the memory, in percent.
    pub memory_percent: Option<u32>,
    /// The utilization of the encoders, in percent.
    pub encoder_percent: Option<u32>,
    /// The utilization of the decoders, in percent.
    pub decoder_percent: Option<u32>,
}

impl VgpuInstance {
    /// Creates a vGPU of which nothing else is known.
    #[must_use]
    pub const fn new(vgpu: EntityId) -> Self {
        Self {
            vgpu,
            sm_percent: None,
            memory_percent: None,
            encoder_percent: None,
            decoder_percent: None,
        }
    }
}

/// The attributes of a vGPU. What the engine does not report is `None`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[doc(alias = "dcgmVgpuInstanceAttributes_t")]
#[non_exhaustive]
pub struct VgpuInstanceAttributes {
    /// The id of the virtual machine.
    pub vm_id: Option<Arc<str>>,
    /// The name of the virtual machine.
    pub vm_name: Option<Arc<str>>,
    /// The id of the [type](VgpuType) of the vGPU.
    pub type_id: Option<u32>,
    /// The UUID of the vGPU.
    pub uuid: Option<Arc<str>>,
    /// The version of the driver in the virtual machine.
    pub driver_version: Option<Arc<str>>,
    /// The memory in use, in MiB.
    pub memory_used_mib: Option<u32>,
    /// `true` if the vGPU has a license.
    pub is_licensed: Option<bool>,
    /// The limit of frames a second.
    pub frame_rate_limit: Option<u32>,
}

/// A type of vGPU. What the engine does not report is `None`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct VgpuType {
    /// The id of the type.
    pub id: Option<u32>,
    /// The name.
    pub name: Option<Arc<str>>,
    /// The class.
    pub class: Option<Arc<str>>,
    /// The license that it needs.
    pub license: Option<Arc<str>>,
    /// The maximum number of vGPUs of this type on a GPU.
    pub max_instances: Option<u32>,
}
