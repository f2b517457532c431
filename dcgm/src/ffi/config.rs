//! The configuration of GPUs, and their workload power profiles. Reading; `admin` changes it.

use core::ffi::{c_int, c_uint};

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::config::{
    ComputeMode, GpuConfig, GpuSettings, PowerLimit, PowerProfile, PowerProfiles,
    SupportedPowerProfile,
};
use crate::entity::EntityId;
use crate::error::Result;

/// The number that means "none", or "leave it as it is"; three more follow it.
pub(super) const BLANK: u32 = u32::from_ne_bytes(sys::DCGM_INT32_BLANK.to_ne_bytes());

/// Which settings are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConfigKind {
    /// Those in effect.
    Current,
    /// Those that the engine keeps as the target.
    Target,
}

pub(super) fn known(number: c_uint) -> Option<u32> {
    (number < BLANK).then_some(number)
}

/// Returns the numbers of the bits that are set.
pub(super) fn profiles_of(mask: &[c_uint; 8]) -> Vec<PowerProfile> {
    let bits = (0..).zip(mask).flat_map(|(word, bits)| {
        let is_set = move |bit: &u32| bits >> bit & 1 == 1;
        (0..32).filter(is_set).map(move |bit| word * 32 + bit)
    });
    bits.map(PowerProfile::from_raw).collect()
}

macro_rules! settings_of {
    ($config:expr, $profiles:expr) => {{
        let config = $config;
        let limit = known(config.powerLimit.val).map(|watts| match config.powerLimit.type_ {
            sys::DCGM_CONFIG_POWER_BUDGET_GROUP => PowerLimit::Budget(watts),
            _ => PowerLimit::PerGpu(watts),
        });
        GpuConfig::new(
            EntityId::gpu(config.gpuId),
            GpuSettings {
                ecc: known(config.eccMode).map(|mode| mode != 0),
                compute_mode: known(config.computeMode).map(ComputeMode::from_raw),
                sync_boost: known(config.perfState.syncBoost).map(|mode| mode != 0),
                memory_clock_mhz: known(config.perfState.targetClocks.memClock),
                sm_clock_mhz: known(config.perfState.targetClocks.smClock),
                power_limit: limit,
                power_profiles: $profiles,
            },
        )
    }};
}

impl EngineHandle {
    /// Reads the settings of a group of `count` GPUs; by the smaller struct of 3.3, or the larger one.
    pub(crate) fn read_config(
        &self,
        group: GroupId,
        count: usize,
        kind: ConfigKind,
        is_large: bool,
    ) -> Result<Vec<GpuConfig>> {
        let kind = match kind {
            ConfigKind::Current => sys::DCGM_CONFIG_CURRENT_STATE,
            ConfigKind::Target => sys::DCGM_CONFIG_TARGET_STATE,
        };
        // Fewer places than GPUs: the engine would cut the list without a sign.
        let places = c_int::try_from(count).unwrap_or(c_int::MAX);
        macro_rules! read {
            ($config:ident, $profiles:expr) => {{
                let blank = || {
                    let mut config = new_zeroed::<sys::$config>();
                    config.version = sys::$config::VERSION;
                    *config
                };
                let mut configs: Vec<_> = (0..places).map(|_| blank()).collect();
                // SAFETY: as many structs as the count says, each with the version that it states; without a list of
                // errors.
                unsafe {
                    call!(
                        self.library(),
                        dcgmConfigGet(
                            self.handle(),
                            group.0,
                            kind,
                            places,
                            configs.as_mut_ptr().cast(),
                            0
                        )
                    )
                }?;
                let profiles: fn(&sys::$config) -> Option<Vec<PowerProfile>> = $profiles;
                let settings = configs
                    .iter()
                    .map(|config| settings_of!(config, profiles(config)));
                settings.collect()
            }};
        }
        Ok(if is_large {
            read!(dcgmConfig_v2, |config| {
                let mask = &config.workloadPowerProfiles;
                let is_known = mask.iter().all(|word| known(*word).is_some());
                is_known.then(|| profiles_of(mask))
            })
        } else {
            read!(dcgmConfig_v1, |_| None)
        })
    }

    /// Returns the workload power profiles of a GPU. A failed call zeroes the version words, which are therefore
    /// set before each.
    pub(crate) fn power_profiles(&self, gpu: u32) -> Result<PowerProfiles> {
        let mut info = new_zeroed::<sys::dcgmWorkloadPowerProfileProfilesInfo_v1>();
        info.version = sys::dcgmWorkloadPowerProfileProfilesInfo_v1::VERSION;
        let mut status = new_zeroed::<sys::dcgmDeviceWorkloadPowerProfilesStatus_v1>();
        status.version = sys::dcgmDeviceWorkloadPowerProfilesStatus_v1::VERSION;
        // SAFETY: both structs have the version that they state.
        unsafe {
            call!(
                self.library(),
                dcgmGetDeviceWorkloadPowerProfileInfo(
                    self.handle(),
                    gpu,
                    &raw mut *info,
                    &raw mut *status
                )
            )
        }?;
        let count = usize::try_from(info.profileCount).unwrap_or(usize::MAX);
        let profiles = info.workloadPowerProfile.iter().take(count);
        Ok(PowerProfiles {
            supported: profiles
                .map(|one| SupportedPowerProfile {
                    profile: PowerProfile::from_raw(one.profileId),
                    priority: one.priority,
                    conflicts: profiles_of(&one.conflictingMask),
                })
                .collect(),
            requested: profiles_of(&status.requestedProfileMask),
            enforced: profiles_of(&status.enforcedProfileMask),
        })
    }
}
