//! The implementation of [`ConfigClient`] for [`Mock`], and with the feature `admin` that of
//! [`AdminClient`](crate::admin::AdminClient).

use std::collections::HashMap;

use crate::code::ReturnCode;
use crate::config::{ComputeMode, ConfigClient, GpuConfig, GpuSettings, PowerLimit, PowerProfiles};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::value::Value;

/// The settings that the simulated engine keeps: those in effect that differ from the model's, and those that it
/// keeps as the target.
#[derive(Debug, Default)]
pub(super) struct MockConfig {
    pub(super) changed: HashMap<EntityId, GpuSettings>,
}

impl Mock {
    /// Checks the GPUs of a request.
    pub(super) fn check_gpus(&self, call: Call, gpus: &[EntityId]) -> Result<()> {
        self.inner.enter_call(call)?;
        let is_gpu = |id: &EntityId| id.kind == EntityKind::GPU;
        if gpus.is_empty() || !gpus.iter().all(is_gpu) {
            return Err(Error::Request("the configuration is that of GPUs"));
        }
        Ok(())
    }

    /// Returns the number that a field of the model has now.
    fn number(&self, gpu: EntityId, field: FieldId) -> Option<u32> {
        let now = self.inner.clock.now();
        let value = self.inner.state.lock().model.value(gpu, field, now);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "watts and megahertz"
        )]
        match value.ok()?.as_value() {
            Value::Int(number) => u32::try_from(number).ok(),
            Value::Double(number) => Some(number as u32),
            _ => None,
        }
    }

    fn settings(&self, gpu: EntityId) -> GpuSettings {
        GpuSettings {
            ecc: self.number(gpu, FieldId::ECC_CURRENT).map(|ecc| ecc != 0),
            compute_mode: Some(ComputeMode::DEFAULT),
            sync_boost: None,
            memory_clock_mhz: self.number(gpu, FieldId::APP_MEM_CLOCK),
            sm_clock_mhz: self.number(gpu, FieldId::APP_SM_CLOCK),
            power_limit: self
                .number(gpu, FieldId::POWER_MGMT_LIMIT)
                .map(PowerLimit::PerGpu),
            power_profiles: None,
        }
    }
}

impl ConfigClient for Mock {
    fn current(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        self.check_gpus(Call::Config, gpus)?;
        let targets = self.kept_settings(gpus);
        let with_target = |(gpu, target): (&EntityId, GpuSettings)| {
            let model = self.settings(*gpu);
            let settings = GpuSettings {
                // Takes effect after a reset.
                ecc: model.ecc,
                compute_mode: target.compute_mode.or(model.compute_mode),
                sync_boost: None,
                memory_clock_mhz: target.memory_clock_mhz.or(model.memory_clock_mhz),
                sm_clock_mhz: target.sm_clock_mhz.or(model.sm_clock_mhz),
                power_limit: target.power_limit.or(model.power_limit),
                power_profiles: None,
            };
            GpuConfig::new(*gpu, settings)
        };
        Ok(gpus.iter().zip(targets).map(with_target).collect())
    }

    fn target(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        self.check_gpus(Call::Config, gpus)?;
        let targets = self.kept_settings(gpus);
        let gpus = gpus.iter().zip(targets);
        Ok(gpus
            .map(|(gpu, settings)| GpuConfig::new(*gpu, settings))
            .collect())
    }

    /// The simulated GPUs have none.
    fn power_profiles(&self, gpu: EntityId) -> Result<PowerProfiles> {
        self.check_gpus(Call::Config, &[gpu])?;
        Err(refusal_error(Call::Config, ReturnCode::NOT_SUPPORTED))
    }
}

impl Mock {
    fn kept_settings(&self, gpus: &[EntityId]) -> Vec<GpuSettings> {
        let state = self.inner.state.lock();
        let kept = |gpu| state.config.changed.get(gpu).cloned();
        gpus.iter()
            .map(|gpu| kept(gpu).unwrap_or_default())
            .collect()
    }
}
