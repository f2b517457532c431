//! The implementation of [`AdminClient`] for [`Mock`].

use crate::admin::{
    AdminClient, ComputeInstanceProfile, ConfigOutcome, GpuInstanceProfile, PowerProfileChange,
    RefusedSetting,
};
use crate::code::ReturnCode;
use crate::config::{ComputeMode, GpuSettings, PowerLimit, PowerProfile};
use crate::entity::{EntityId, EntityKind, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;

/// The power limits that the simulated driver accepts, in watts.
const POWER_LIMITS: core::ops::RangeInclusive<u32> = 200..=700;

/// Refuses what the observed engine of 4.6 with 8 H100 refused, and applies the rest. MIG instances cannot be created:
/// [`Mock::add_entity`] adds one.
impl AdminClient for Mock {
    fn set_config(&self, gpus: &[EntityId], settings: &GpuSettings) -> Result<ConfigOutcome> {
        self.check_gpus(Call::Admin, gpus)?;
        let count = u32::try_from(gpus.len()).unwrap_or(u32::MAX);
        let mut refused = Vec::new();
        let mut state = self.inner.state.lock();
        for gpu in gpus {
            let kept = state.config.changed.entry(*gpu).or_default();
            let mut refuse = |field, code| {
                refused.push(RefusedSetting::new(Some(*gpu), Some(field), code));
            };
            kept.ecc = settings.ecc.or(kept.ecc);
            match settings.compute_mode {
                Some(mode) if ComputeMode::ALL.contains(&mode) => kept.compute_mode = Some(mode),
                Some(_) => refuse(FieldId::COMPUTE_MODE, ReturnCode::BAD_PARAM),
                None => {}
            }
            let watts = settings.power_limit.map(|limit| match limit {
                PowerLimit::PerGpu(watts) => watts,
                PowerLimit::Budget(watts) => watts / count,
            });
            match watts {
                Some(watts) if POWER_LIMITS.contains(&watts) => {
                    kept.power_limit = Some(PowerLimit::PerGpu(watts));
                }
                Some(_) => refuse(FieldId::POWER_MGMT_LIMIT, ReturnCode::BAD_PARAM),
                None => {}
            }
            kept.memory_clock_mhz = settings.memory_clock_mhz.or(kept.memory_clock_mhz);
            kept.sm_clock_mhz = settings.sm_clock_mhz.or(kept.sm_clock_mhz);
            if settings.power_profiles.is_some() {
                refuse(FieldId::from_raw(165), ReturnCode::BAD_PARAM);
            }
        }
        if settings.sync_boost.is_some() {
            refused.push(RefusedSetting::new(
                None,
                Some(FieldId::SYNC_BOOST),
                ReturnCode::NOT_SUPPORTED,
            ));
        }
        Ok(ConfigOutcome::new(refused))
    }

    fn enforce_config(&self, gpus: &[EntityId]) -> Result<ConfigOutcome> {
        self.check_gpus(Call::Admin, gpus)?;
        Ok(ConfigOutcome::default())
    }

    fn change_power_profiles(
        &self,
        gpus: &[EntityId],
        _change: PowerProfileChange,
        _profiles: &[PowerProfile],
    ) -> Result<()> {
        self.check_gpus(Call::Admin, gpus)?;
        Err(refusal_error(Call::Admin, ReturnCode::BAD_PARAM))
    }

    fn create_gpu_instance(&self, gpu: EntityId, _profile: GpuInstanceProfile) -> Result<()> {
        self.check_gpus(Call::Admin, &[gpu])?;
        Err(refusal_error(Call::Admin, ReturnCode::BAD_PARAM))
    }

    fn create_compute_instance(
        &self,
        gpu_instance: EntityId,
        _profile: ComputeInstanceProfile,
    ) -> Result<()> {
        self.inner.enter_call(Call::Admin)?;
        if gpu_instance.kind != EntityKind::GPU_INSTANCE {
            return Err(Error::Request(
                "a compute instance is one of a GPU instance",
            ));
        }
        Err(refusal_error(Call::Admin, ReturnCode::BAD_PARAM))
    }

    fn delete_instance(&self, instance: EntityId) -> Result<()> {
        self.inner.enter_call(Call::Admin)?;
        let missing = match instance.kind {
            EntityKind::GPU_INSTANCE => ReturnCode::INSTANCE_NOT_FOUND,
            EntityKind::COMPUTE_INSTANCE => ReturnCode::COMPUTE_INSTANCE_NOT_FOUND,
            _ => return Err(Error::Request("only MIG instances can be deleted")),
        };
        let entities = crate::Client::entity_ids(self, instance.kind)?;
        if !entities.contains(&instance) {
            return Err(refusal_error(Call::Admin, missing));
        }
        self.remove_entity(instance);
        Ok(())
    }

    fn set_link_state(&self, parent: EntityId, link: u32, state: LinkState) -> Result<()> {
        self.inner.enter_call(Call::Admin)?;
        self.set_link(parent, link, state);
        Ok(())
    }
}
