//! The configuration of GPUs: ECC, compute mode, clocks, power limit. Reading it; the feature `admin` adds
//! changing it.

use core::fmt::Debug;

use crate::entity::EntityId;
use crate::error::Result;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::open_enum;

/// Access to the configuration of GPUs. Returned by [`Client::config`](crate::Client::config).
///
/// The host engine must run as root, or every method fails with
/// [`REQUIRES_ROOT`](crate::ReturnCode::REQUIRES_ROOT); the user of this process does not matter.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::config::PowerLimit;
/// use dcgm::{Client, EntityId, mock::Mock};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let configs = mock.config().current(&[EntityId::gpu(0)])?;
/// assert_eq!(configs[0].settings.power_limit, Some(PowerLimit::PerGpu(700)));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait ConfigClient: Debug + Send + Sync {
    /// Returns the settings in effect, one for each GPU, in their order.
    ///
    /// # Errors
    ///
    /// [`REQUIRES_ROOT`](crate::ReturnCode::REQUIRES_ROOT) as above;
    /// [`Error::Request`](crate::Error::Request) for no GPU, or an entity that is none; those of a read.
    fn current(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        let _ = gpus;
        not_implemented("ConfigClient::current")
    }

    /// Returns the settings that the engine keeps as the target: all `None` until a client sets them. The engine
    /// keeps them for each GPU until it ends, also after that client is gone.
    ///
    /// # Errors
    ///
    /// The same as for [`current`](Self::current).
    fn target(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        let _ = gpus;
        not_implemented("ConfigClient::target")
    }

    /// Returns the workload power profiles of a GPU. Since DCGM 4.0.
    ///
    /// # Errors
    ///
    /// [`NOT_SUPPORTED`](crate::ReturnCode::NOT_SUPPORTED) for a GPU without profiles, which is any before
    /// Blackwell; [`Error::SymbolMissing`](crate::Error::SymbolMissing) before DCGM 4.0.
    fn power_profiles(&self, gpu: EntityId) -> Result<PowerProfiles> {
        let _ = gpu;
        not_implemented("ConfigClient::power_profiles")
    }
}

impl ConfigClient for NotImplemented {}

/// The settings of one GPU.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GpuConfig {
    /// The GPU.
    pub gpu: EntityId,
    /// Its settings.
    pub settings: GpuSettings,
}

impl GpuConfig {
    pub(crate) const fn new(gpu: EntityId, settings: GpuSettings) -> Self {
        Self { gpu, settings }
    }
}

/// Settings of a GPU. When read, `None` means that the GPU does not have the setting or reports none; when
/// set, that it is left as it is.
///
/// ```
/// use dcgm::config::{GpuSettings, PowerLimit};
///
/// let settings = GpuSettings::default().with_power_limit(PowerLimit::PerGpu(500));
/// assert_eq!(settings.ecc, None);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct GpuSettings {
    /// Set if ECC is on. A change takes effect after a reset of the GPU.
    pub ecc: Option<bool>,
    /// The processes that may use the GPU.
    pub compute_mode: Option<ComputeMode>,
    /// Set if sync boost is on. Recent GPUs do not have it.
    pub sync_boost: Option<bool>,
    /// The memory clock of applications, in MHz.
    pub memory_clock_mhz: Option<u32>,
    /// The SM clock of applications, in MHz.
    pub sm_clock_mhz: Option<u32>,
    /// The power limit.
    pub power_limit: Option<PowerLimit>,
    /// The requested workload power profiles. Since DCGM 4.0.
    pub power_profiles: Option<Vec<PowerProfile>>,
}

impl GpuSettings {
    /// Sets ECC.
    #[must_use]
    pub const fn with_ecc(mut self, ecc: bool) -> Self {
        self.ecc = Some(ecc);
        self
    }

    /// Sets the compute mode.
    #[must_use]
    pub const fn with_compute_mode(mut self, mode: ComputeMode) -> Self {
        self.compute_mode = Some(mode);
        self
    }

    /// Sets sync boost.
    #[must_use]
    pub const fn with_sync_boost(mut self, sync_boost: bool) -> Self {
        self.sync_boost = Some(sync_boost);
        self
    }

    /// Sets the clocks of applications, in MHz: memory and SM. DCGM sets them together.
    #[must_use]
    pub const fn with_clocks(mut self, memory_mhz: u32, sm_mhz: u32) -> Self {
        self.memory_clock_mhz = Some(memory_mhz);
        self.sm_clock_mhz = Some(sm_mhz);
        self
    }

    /// Sets the requested workload power profiles.
    #[must_use]
    pub fn with_power_profiles(mut self, profiles: impl IntoIterator<Item = PowerProfile>) -> Self {
        self.power_profiles = Some(profiles.into_iter().collect());
        self
    }

    /// Sets the power limit.
    #[must_use]
    pub const fn with_power_limit(mut self, limit: PowerLimit) -> Self {
        self.power_limit = Some(limit);
        self
    }
}

/// A power limit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PowerLimit {
    /// The limit of each GPU, in watts.
    PerGpu(u32),
    /// A budget for all GPUs of a request, in watts: each gets the same share of it. The engine reports the
    /// share, as [`PerGpu`](Self::PerGpu).
    Budget(u32),
}

/// The processes that may use a GPU.
///
/// ```
/// use dcgm::config::ComputeMode;
///
/// assert_eq!(ComputeMode::EXCLUSIVE_PROCESS.to_string(), "exclusive_process");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ComputeMode(u32);

open_enum! { ComputeMode, "mode", "the name of a compute mode";
    DCGM_CONFIG_COMPUTEMODE_DEFAULT => DEFAULT, "default", "Any number of processes.";
    DCGM_CONFIG_COMPUTEMODE_PROHIBITED => PROHIBITED, "prohibited", "No process.";
    DCGM_CONFIG_COMPUTEMODE_EXCLUSIVE_PROCESS => EXCLUSIVE_PROCESS, "exclusive_process", "One process at a time.";
}

/// A workload power profile.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmPowerProfileType_t")]
pub struct PowerProfile(u32);

#[rustfmt::skip] // One row a profile.
open_enum! { PowerProfile, "profile", "the name of a power profile";
    DCGM_POWER_PROFILE_MAX_P         => MAX_P,         "max_p",         "Highest performance.";
    DCGM_POWER_PROFILE_MAX_Q         => MAX_Q,         "max_q",         "Highest efficiency.";
    DCGM_POWER_PROFILE_COMPUTE       => COMPUTE,       "compute",       "Compute-bound work.";
    DCGM_POWER_PROFILE_MEMORY_BOUND  => MEMORY_BOUND,  "memory_bound",  "Memory-bound work.";
    DCGM_POWER_PROFILE_NETWORK       => NETWORK,       "network",       "Network-bound work.";
    DCGM_POWER_PROFILE_BALANCED      => BALANCED,      "balanced",      "Balanced work.";
    DCGM_POWER_PROFILE_LLM_INFERENCE => LLM_INFERENCE, "llm_inference", "Inference of large language models.";
    DCGM_POWER_PROFILE_LLM_TRAINING  => LLM_TRAINING,  "llm_training",  "Training of large language models.";
    DCGM_POWER_PROFILE_RBM           => RBM,           "rbm",           "The profile that DCGM calls RBM.";
    DCGM_POWER_PROFILE_DCPCIE        => DCPCIE,        "dcpcie",        "The profile that DCGM calls DCPCIE.";
    DCGM_POWER_PROFILE_HMMA_SPARSE   => HMMA_SPARSE,   "hmma_sparse",   "Sparse tensor work in half precision.";
    DCGM_POWER_PROFILE_HMMA_DENSE    => HMMA_DENSE,    "hmma_dense",    "Dense tensor work in half precision.";
    DCGM_POWER_PROFILE_SYNC_BALANCED => SYNC_BALANCED, "sync_balanced", "Balanced, synchronized work.";
    DCGM_POWER_PROFILE_HPC           => HPC,           "hpc",           "High-performance computing.";
    DCGM_POWER_PROFILE_MIG           => MIG,           "mig",           "Work of MIG instances.";
}

/// The workload power profiles of a GPU.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PowerProfiles {
    /// The profiles that the GPU has.
    pub supported: Vec<SupportedPowerProfile>,
    /// The profiles that were requested.
    pub requested: Vec<PowerProfile>,
    /// The profiles in effect.
    pub enforced: Vec<PowerProfile>,
}

/// A workload power profile that a GPU has.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SupportedPowerProfile {
    /// The profile.
    pub profile: PowerProfile,
    /// The priority: of conflicting profiles the one with the lowest number wins.
    pub priority: u32,
    /// The profiles that cannot be in effect at the same time.
    pub conflicts: Vec<PowerProfile>,
}
