//! The implementation of [`HostEngineClient`] for [`Engine`].

use super::Engine;
use super::connection::EngineConnection;
#[cfg(feature = "admin")]
use super::session::Session;
use crate::error::{Operation, Result};
#[cfg(feature = "admin")]
use crate::host_engine::ModuleId;
use crate::host_engine::{CpuUsage, HostEngineClient, LogSeverity, Logger, Module};

impl Engine {
    /// Reads the state of the engine over the connection.
    fn read_engine<T: Send + 'static>(
        &self,
        read: impl FnOnce(&EngineConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, |thread| {
            thread.with_session(|session| read(session.connection()))
        })
    }

    /// Changes the state of the engine over the connection.
    fn configure(
        &self,
        change: impl FnOnce(&EngineConnection) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let limit = self.options.deadlines.watch;
        self.run_task(Operation::Configure, limit, |thread| {
            thread.with_session(|session| change(session.connection()))
        })
    }
}

impl HostEngineClient for Engine {
    #[doc(alias = "dcgmIntrospectGetHostengineMemoryUsage")]
    fn memory_bytes(&self) -> Result<u64> {
        self.read_engine(|connection| connection.engine_memory())
    }

    #[doc(alias = "dcgmIntrospectGetHostengineCpuUtilization")]
    fn cpu_usage(&self) -> Result<Option<CpuUsage>> {
        self.read_engine(|connection| connection.engine_cpu())
    }

    #[doc(alias = "dcgmModuleGetStatuses")]
    fn modules(&self) -> Result<Vec<Module>> {
        self.read_engine(|connection| connection.modules())
    }

    #[doc(alias = "dcgmHostengineEnvironmentVariableInfo")]
    fn environment(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read_engine(move |connection| connection.environment(&name))
    }

    #[doc(alias = "dcgmHostengineSetLoggingSeverity")]
    fn set_log_severity(&self, logger: Logger, severity: LogSeverity) -> Result<()> {
        self.configure(move |connection| {
            let is_versioned = connection.release.has_versioned_severity();
            connection.set_log_severity(logger, severity, is_versioned)
        })
    }

    #[cfg(feature = "admin")]
    #[doc(alias = "dcgmModuleDenylist")]
    fn deny_module(&self, module: ModuleId) -> Result<()> {
        self.configure(move |connection| connection.deny_module(module))
    }

    #[cfg(feature = "admin")]
    #[doc(alias = "dcgmEmptyCache")]
    fn empty_cache(&self) -> Result<()> {
        let limit = self.options.deadlines.watch;
        self.run_task(Operation::Configure, limit, |thread| {
            thread.with_session(Session::empty_cache)
        })
    }

    #[cfg(feature = "admin")]
    #[doc(alias = "dcgmDetachDriver")]
    fn detach_driver(&self) -> Result<()> {
        self.configure(|connection| connection.detach_driver())
    }

    #[cfg(feature = "admin")]
    #[doc(alias = "dcgmAttachDriver")]
    fn attach_driver(&self) -> Result<()> {
        self.configure(|connection| connection.attach_driver())
    }
}
