//! Changing the configuration of GPUs, MIG instances and links.

use dcgm_sys as sys;
use sys::Versioned as _;

use super::config::{BLANK, known};
use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::admin::{ConfigOutcome, PowerProfileChange, RefusedSetting};
use crate::code::ReturnCode;
use crate::config::{GpuSettings, PowerLimit, PowerProfile};
use crate::entity::{EntityId, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;

/// The most errors that are read of one request: more than settings times GPUs.
const MAX_ERRORS: usize = 4096;

/// A list of errors in libdcgm, which a request fills.
struct StatusList<'a> {
    engine: &'a EngineHandle,
    handle: sys::dcgmStatus_t,
}

impl<'a> StatusList<'a> {
    fn new(engine: &'a EngineHandle) -> Result<Self> {
        let mut handle = 0;
        // SAFETY: it writes one integer.
        unsafe { call!(engine.library(), dcgmStatusCreate(&raw mut handle)) }?;
        Ok(Self { engine, handle })
    }

    /// Takes the errors out.
    fn take_all(&self) -> Vec<RefusedSetting> {
        let mut all = Vec::new();
        while all.len() < MAX_ERRORS {
            let mut error = new_zeroed::<sys::dcgmErrorInfo_t>();
            // SAFETY: the handle is one of libdcgm's until this list is dropped; it writes one struct.
            let popped = unsafe {
                call!(
                    self.engine.library(),
                    dcgmStatusPopError(self.handle, &raw mut *error)
                )
            };
            // "No data" is the end.
            if popped.is_err() {
                break;
            }
            let field = u16::try_from(error.fieldId)
                .ok()
                .filter(|field| *field != 0);
            all.push(RefusedSetting::new(
                known(error.gpuId).map(EntityId::gpu),
                field.map(FieldId::from_raw),
                ReturnCode::from_raw(error.status),
            ));
        }
        all
    }
}

impl Drop for StatusList<'_> {
    fn drop(&mut self) {
        // SAFETY: a handle of libdcgm's, not used any more.
        let destroyed = unsafe { call!(self.engine.library(), dcgmStatusDestroy(self.handle)) };
        // It leaks a few bytes then.
        drop(destroyed);
    }
}

/// Returns the mask with the bits of these profiles.
fn mask_of(profiles: &[PowerProfile]) -> Result<[u32; 8]> {
    let mut mask = [0; 8];
    for profile in profiles {
        let place = usize::try_from(profile.raw() / 32).unwrap_or(usize::MAX);
        let word = mask
            .get_mut(place)
            .ok_or(Error::Request("a power profile has a number from 0 to 255"))?;
        *word |= 1 << (profile.raw() % 32);
    }
    Ok(mask)
}

/// Fills a struct with blanks, then with the settings: a zero that was not requested turns ECC off, resets clocks and
/// clears the profiles.
macro_rules! fill_config {
    ($config:expr, $settings:expr) => {{
        let (config, settings): (_, &GpuSettings) = ($config, $settings);
        let flag = |flag: Option<bool>| flag.map_or(BLANK, u32::from);
        config.gpuId = BLANK;
        config.eccMode = flag(settings.ecc);
        config.computeMode = settings.compute_mode.map_or(BLANK, |mode| mode.raw());
        config.perfState.syncBoost = flag(settings.sync_boost);
        config.perfState.targetClocks.version =
            i32::from_ne_bytes(sys::dcgmClockSet_v1::VERSION.to_ne_bytes());
        config.perfState.targetClocks.memClock = settings.memory_clock_mhz.unwrap_or(BLANK);
        config.perfState.targetClocks.smClock = settings.sm_clock_mhz.unwrap_or(BLANK);
        let (kind, watts) = match settings.power_limit {
            None => (sys::DCGM_CONFIG_POWER_CAP_INDIVIDUAL, BLANK),
            Some(PowerLimit::PerGpu(watts)) => (sys::DCGM_CONFIG_POWER_CAP_INDIVIDUAL, watts),
            Some(PowerLimit::Budget(watts)) => (sys::DCGM_CONFIG_POWER_BUDGET_GROUP, watts),
        };
        config.powerLimit.type_ = kind;
        config.powerLimit.val = watts;
    }};
}

/// Decides on a request by its code and its list of errors.
fn outcome_of(outcome: Result<()>, refused: Vec<RefusedSetting>) -> Result<ConfigOutcome> {
    match outcome {
        Err(error) if refused.is_empty() || error.is_disconnected() => Err(error),
        _ => Ok(ConfigOutcome::new(refused)),
    }
}

impl EngineHandle {
    /// Changes the settings of a group; by the smaller struct of 3.3, or the larger one.
    pub(crate) fn set_config(
        &self,
        group: GroupId,
        settings: &GpuSettings,
        is_large: bool,
    ) -> Result<ConfigOutcome> {
        let list = StatusList::new(self)?;
        macro_rules! set {
            ($config:expr) => {
                // SAFETY: the struct has the version that it states; the list lives as long as the call.
                unsafe {
                    call!(
                        self.library(),
                        dcgmConfigSet(
                            self.handle(),
                            group.0,
                            (&raw mut *$config).cast(),
                            list.handle
                        )
                    )
                }
            };
        }
        let outcome = if is_large {
            let mut config = new_zeroed::<sys::dcgmConfig_v2>();
            config.version = sys::dcgmConfig_v2::VERSION;
            fill_config!(&mut *config, settings);
            config.workloadPowerProfiles = match &settings.power_profiles {
                None => [BLANK; 8],
                Some(profiles) => mask_of(profiles)?,
            };
            set!(config)
        } else {
            if settings.power_profiles.is_some() {
                return Err(Error::Request("power profiles need DCGM 4.0 or later"));
            }
            let mut config = new_zeroed::<sys::dcgmConfig_v1>();
            config.version = sys::dcgmConfig_v1::VERSION;
            fill_config!(&mut *config, settings);
            set!(config)
        };
        outcome_of(outcome, list.take_all())
    }

    /// Applies the settings that the engine keeps.
    pub(crate) fn enforce_config(&self, group: GroupId) -> Result<ConfigOutcome> {
        let list = StatusList::new(self)?;
        // SAFETY: integers, and a list that lives as long as the call.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmConfigEnforce(self.handle(), group.0, list.handle)
            )
        };
        outcome_of(outcome, list.take_all())
    }

    /// Changes the requested workload power profiles of a group.
    pub(crate) fn change_power_profiles(
        &self,
        group: GroupId,
        change: PowerProfileChange,
        profiles: &[PowerProfile],
    ) -> Result<()> {
        let mut request = new_zeroed::<sys::dcgmWorkloadPowerProfile_v1>();
        request.version = sys::dcgmWorkloadPowerProfile_v1::VERSION;
        request.groupId = group.0;
        request.action = match change {
            PowerProfileChange::Add => sys::DCGM_WORKLOAD_PROFILE_ACTION_SET,
            PowerProfileChange::Replace => sys::DCGM_WORKLOAD_PROFILE_ACTION_SET_AND_OVERWRITE,
            PowerProfileChange::Remove => sys::DCGM_WORKLOAD_PROFILE_ACTION_CLEAR,
        };
        request.profileMask = mask_of(profiles)?;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmConfigSetWorkloadPowerProfile(self.handle(), &raw mut *request)
            )
        }
    }

    /// Creates a MIG instance. Of the options only the two of DCGM's enum are used: another one does nothing, and
    /// reports success.
    pub(crate) fn create_instance(
        &self,
        parent: u32,
        (option, profile): (sys::dcgmMigCreate_t, u32),
    ) -> Result<()> {
        let mut request = new_zeroed::<sys::dcgmCreateMigEntity_v1>();
        request.version = sys::dcgmCreateMigEntity_v1::VERSION;
        request.parentId = parent;
        request.profile = profile;
        request.createOption = option;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmCreateMigEntity(self.handle(), &raw mut *request)
            )
        }
    }

    /// Creates a GPU instance.
    pub(crate) fn create_gpu_instance(&self, gpu: u32, profile: u32) -> Result<()> {
        self.create_instance(gpu, (sys::DcgmMigCreateGpuInstance, profile))
    }

    /// Creates a compute instance.
    pub(crate) fn create_compute_instance(&self, instance: u32, profile: u32) -> Result<()> {
        self.create_instance(instance, (sys::DcgmMigCreateComputeInstance, profile))
    }

    /// Deletes a MIG instance.
    pub(crate) fn delete_instance(&self, instance: EntityId) -> Result<()> {
        let mut request = new_zeroed::<sys::dcgmDeleteMigEntity_v1>();
        request.version = sys::dcgmDeleteMigEntity_v1::VERSION;
        request.entityGroupId = instance.kind.raw();
        request.entityId = instance.id;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmDeleteMigEntity(self.handle(), &raw mut *request)
            )
        }
    }

    /// Sets the state that the engine has of a link.
    pub(crate) fn set_link_state(
        &self,
        parent: EntityId,
        link: u32,
        state: LinkState,
    ) -> Result<()> {
        let mut request = new_zeroed::<sys::dcgmSetNvLinkLinkState_v1>();
        request.version = sys::dcgmSetNvLinkLinkState_v1::VERSION;
        request.entityGroupId = parent.kind.raw();
        request.entityId = parent.id;
        request.linkId = link;
        request.linkState = state.raw();
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmSetEntityNvLinkLinkState(self.handle(), &raw mut *request)
            )
        }
    }
}
