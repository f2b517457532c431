//! The implementation of [`HostEngineClient`] for [`Mock`].

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::code::ReturnCode;
#[cfg(feature = "admin")]
use crate::entity::{EntityKind, EntityStatus};
use crate::error::{Error, Result};
use crate::host_engine::{
    CpuUsage, HostEngineClient, LogSeverity, Logger, Module, ModuleId, ModuleStatus,
};
use crate::mock::faults::Call;
use crate::mock::handle::Mock;

/// What a fresh engine of 4.6 was seen to use.
const MEMORY: u64 = 24 << 20;

/// The variables that an engine reports.
const VARIABLES: [&str; 2] = ["CUDA_VISIBLE_DEVICES", "DCGM_DIAG_REMOVED"];

/// The state of the engine itself.
#[derive(Debug, Default)]
pub(super) struct HostEngineState {
    /// Statuses that a test or a client set, other than those of a fresh engine.
    modules: BTreeMap<ModuleId, ModuleStatus>,
    environment: HashMap<String, String>,
    severities: HashMap<Logger, LogSeverity>,
    /// The time of the last request for the CPU time.
    cpu_read: Option<Duration>,
}

impl HostEngineState {
    fn status(&self, module: ModuleId) -> ModuleStatus {
        let usual = if [ModuleId::CORE, ModuleId::NVSWITCH].contains(&module) {
            ModuleStatus::LOADED
        } else {
            ModuleStatus::NOT_LOADED
        };
        self.modules.get(&module).copied().unwrap_or(usual)
    }
}

/// The engine itself.
impl Mock {
    /// Sets the status of a module.
    pub fn set_module_status(&self, module: ModuleId, status: ModuleStatus) {
        let mut state = self.inner.state.lock();
        state.host_engine.modules.insert(module, status);
    }

    /// Sets a variable of the engine's environment. Engines report `CUDA_VISIBLE_DEVICES` and
    /// `DCGM_DIAG_REMOVED` only.
    pub fn set_environment(&self, name: &str, value: &str) {
        let mut state = self.inner.state.lock();
        let environment = &mut state.host_engine.environment;
        environment.insert(name.to_owned(), value.to_owned());
    }

    /// Returns the severity that a client has set for a log.
    #[must_use]
    pub fn log_severity(&self, logger: Logger) -> Option<LogSeverity> {
        let state = self.inner.state.lock();
        state.host_engine.severities.get(&logger).copied()
    }
}

impl HostEngineClient for Mock {
    fn memory_bytes(&self) -> Result<u64> {
        self.inner.enter_call(Call::HostEngine)?;
        Ok(MEMORY)
    }

    fn cpu_usage(&self) -> Result<Option<CpuUsage>> {
        self.inner.enter_call(Call::HostEngine)?;
        let now = self.inner.clock.now();
        let last = self.inner.state.lock().host_engine.cpu_read.replace(now);
        let has_time = last.is_some_and(|last| now > last);
        Ok(has_time.then(|| CpuUsage::new(0.01, 0.0)))
    }

    fn modules(&self) -> Result<Vec<Module>> {
        self.inner.enter_call(Call::HostEngine)?;
        let state = self.inner.state.lock();
        let module = |id: &ModuleId| Module::new(*id, state.host_engine.status(*id));
        Ok(ModuleId::ALL.iter().map(module).collect())
    }

    fn environment(&self, name: &str) -> Result<Option<String>> {
        self.inner.enter_call(Call::HostEngine)?;
        if !VARIABLES.contains(&name) {
            return Err(Error::Call {
                function: "dcgmHostengineEnvironmentVariableInfo",
                code: ReturnCode::BAD_PARAM,
            });
        }
        let state = self.inner.state.lock();
        Ok(state.host_engine.environment.get(name).cloned())
    }

    fn set_log_severity(&self, logger: Logger, severity: LogSeverity) -> Result<()> {
        self.inner.enter_call(Call::HostEngine)?;
        let mut state = self.inner.state.lock();
        state.host_engine.severities.insert(logger, severity);
        Ok(())
    }

    #[cfg(feature = "admin")]
    fn deny_module(&self, module: ModuleId) -> Result<()> {
        self.inner.enter_call(Call::HostEngine)?;
        let refused = |code| {
            Err(Error::Call {
                function: "dcgmModuleDenylist",
                code,
            })
        };
        if module == ModuleId::CORE || module.name().is_none() {
            return refused(ReturnCode::BAD_PARAM);
        }
        let mut state = self.inner.state.lock();
        if state.host_engine.status(module) == ModuleStatus::LOADED {
            return refused(ReturnCode::IN_USE);
        }
        let modules = &mut state.host_engine.modules;
        modules.insert(module, ModuleStatus::DENIED);
        Ok(())
    }

    /// Ends the watches of [`Mock::watch_elsewhere`]; those of this client go on.
    #[cfg(feature = "admin")]
    fn empty_cache(&self) -> Result<()> {
        self.inner.enter_call(Call::HostEngine)?;
        let now = self.inner.clock.now();
        self.inner.state.lock().empty_cache(now);
        Ok(())
    }

    #[cfg(feature = "admin")]
    fn detach_driver(&self) -> Result<()> {
        self.inner.enter_call(Call::HostEngine)?;
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let gpus: Vec<_> = state.model.host().entity_ids(EntityKind::GPU).collect();
        let detached = gpus
            .into_iter()
            .map(|gpu| (gpu, (EntityStatus::DETACHED, now)));
        state.statuses.extend(detached);
        Ok(())
    }

    #[cfg(feature = "admin")]
    fn attach_driver(&self) -> Result<()> {
        self.inner.enter_call(Call::HostEngine)?;
        let mut state = self.inner.state.lock();
        let statuses = &mut state.statuses;
        statuses.retain(|_, (status, _)| *status != EntityStatus::DETACHED);
        Ok(())
    }
}
