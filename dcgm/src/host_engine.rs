//! The host engine as a process: its memory and CPU time, modules, environment, log and driver.
//!
//! The feature `admin` adds the methods of [`HostEngineClient`] that change the engine for all of its
//! clients and can damage their work. Without the feature, a program cannot call them by accident.
//!
//! DCGM also has a health of the engine (`dcgmHostengineIsHealthy`), which this crate does not offer: it
//! reports "healthy" with fake GPUs only, while the driver is detached, and while telemetry is paused. To
//! learn whether an engine responds, call [`Client::build_info`](crate::Client::build_info).

use core::fmt::Debug;

use crate::error::Result;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::open_enum;

/// A module of the engine (`dcgmModuleId_t`). A module without a constant here keeps its number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmModuleId_t")]
pub struct ModuleId(u32);

#[rustfmt::skip] // One row per module.
open_enum! {
    ModuleId, "module", "the name of a module, such as health";
    DcgmModuleIdCore       => CORE,       "core",       "Entities, groups and samples.";
    DcgmModuleIdNvSwitch   => NVSWITCH,   "nvswitch",   "NVSwitches.";
    DcgmModuleIdVGPU       => VGPU,       "vgpu",       "Virtual GPUs.";
    DcgmModuleIdIntrospect => INTROSPECT, "introspect", "Memory and CPU time of the engine.";
    DcgmModuleIdHealth     => HEALTH,     "health",     "Health checks.";
    DcgmModuleIdPolicy     => POLICY,     "policy",     "Policies and their violations.";
    DcgmModuleIdConfig     => CONFIG,     "config",     "Configuration of GPUs.";
    DcgmModuleIdDiag       => DIAG,       "diag",       "Diagnostics.";
    DcgmModuleIdProfiling  => PROFILING,  "profiling",  "Profiling fields of GPUs before Hopper.";
    DcgmModuleIdSysmon     => SYSMON,     "sysmon",     "Grace CPUs.";
    DcgmModuleIdMnDiag     => MNDIAG,     "mndiag",     "Diagnostics of several nodes.";
}

/// The status of a module (`dcgmModuleStatus_t`). A status without a constant here keeps its number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmModuleStatus_t")]
pub struct ModuleStatus(u32);

#[rustfmt::skip] // One row per status.
open_enum! {
    ModuleStatus, "status", "the name of a module status, such as loaded";
    DcgmModuleStatusNotLoaded  => NOT_LOADED, "not_loaded", "No client has needed the module yet: the engine loads most modules when they are first used.";
    DcgmModuleStatusDenylisted => DENIED,     "denied",     "The module must not be loaded.";
    DcgmModuleStatusFailed     => FAILED,     "failed",     "The module was needed and could not be loaded, as it is not installed or does not support the host.";
    DcgmModuleStatusLoaded     => LOADED,     "loaded",     "Loaded.";
    DcgmModuleStatusUnloaded   => UNLOADED,   "unloaded",   "Loaded once, and no longer.";
    DcgmModuleStatusPaused     => PAUSED,     "paused",     "Loaded, and paused.";
    DcgmModuleStatusReloadable => RELOADABLE, "reloadable", "Loaded, and reloaded at its next use.";
}

/// A module of the engine and its status.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Module {
    /// The module.
    pub id: ModuleId,
    /// Its status.
    pub status: ModuleStatus,
}

impl Module {
    /// Creates a module with its status.
    #[must_use]
    pub const fn new(id: ModuleId, status: ModuleStatus) -> Self {
        Self { id, status }
    }

    /// Returns the name of the module; `None` for a module of a later release.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.id.name()
    }
}

/// The CPU time of the engine's process, as a share of one CPU: 0.5 for half of one, 2.0 for two.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CpuUsage {
    /// All of it.
    pub total: f64,
    /// The share in user mode.
    pub user: f64,
    /// The share in the kernel.
    pub kernel: f64,
}

impl CpuUsage {
    /// Creates a usage.
    #[must_use]
    pub const fn new(user: f64, kernel: f64) -> Self {
        Self {
            total: user + kernel,
            user,
            kernel,
        }
    }
}

/// A log of the engine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Logger {
    /// The log file.
    File,
    /// The system log.
    Syslog,
}

/// The lowest severity that an engine logs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum LogSeverity {
    /// Nothing is logged.
    None,
    /// The engine cannot go on.
    Fatal,
    /// Errors, among them requests of clients that were refused.
    Error,
    /// Warnings.
    Warning,
    /// Information.
    Info,
    /// Details for the developers of DCGM.
    Debug,
    /// All details: megabytes a minute.
    Verbose,
}

/// Access to the state of the host engine itself. Returned by
/// [`Client::host_engine`](crate::Client::host_engine).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::Client;
/// use dcgm::host_engine::{ModuleId, ModuleStatus};
/// use dcgm::mock::Mock;
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let modules = mock.host_engine().modules()?;
/// let core = modules.iter().find(|module| module.id == ModuleId::CORE).unwrap();
/// assert_eq!(core.status, ModuleStatus::LOADED);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait HostEngineClient: Debug + Send + Sync {
    /// Returns the resident memory of the engine's process, in bytes. For an embedded engine that is the
    /// memory of this process.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn memory_bytes(&self) -> Result<u64> {
        not_implemented("HostEngineClient::memory_bytes")
    }

    /// Returns the CPU time that the engine's process has used since the last such request *of any
    /// client*. `None` for the first request to an engine, and for one that follows at once on another:
    /// there is no time to measure. For an embedded engine it is the time of this process.
    ///
    /// Two programs that call this method shorten each other's times. For a time of your own choice, read
    /// the process from `/proc` if it is on this host.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn cpu_usage(&self) -> Result<Option<CpuUsage>> {
        not_implemented("HostEngineClient::cpu_usage")
    }

    /// Returns the modules of the engine with their statuses, in the order of their numbers.
    ///
    /// Most modules are loaded when a client first needs them: a status of
    /// [`NOT_LOADED`](ModuleStatus::NOT_LOADED) is no fault. A [`FAILED`](ModuleStatus::FAILED) profiling
    /// module is the usual reason for missing profiling values on GPUs before Hopper.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn modules(&self) -> Result<Vec<Module>> {
        not_implemented("HostEngineClient::modules")
    }

    /// Returns a variable of the environment of the engine's process; `None` if it is not set.
    ///
    /// An engine reports only `CUDA_VISIBLE_DEVICES`, which also hides GPUs from diagnostics, and
    /// `DCGM_DIAG_REMOVED`. DCGM cuts a value at 255 bytes.
    ///
    /// # Errors
    ///
    /// [`ReturnCode::BAD_PARAM`](crate::ReturnCode::BAD_PARAM) for other variables;
    /// [`Error::Request`](crate::Error::Request) for a name with a NUL character or more than 255 bytes;
    /// [`Error::SymbolMissing`](crate::Error::SymbolMissing) before DCGM 4.4.2.
    fn environment(&self, name: &str) -> Result<Option<String>> {
        let _ = name;
        not_implemented("HostEngineClient::environment")
    }

    /// Sets the lowest severity that the engine writes to a log, until it restarts. The setting holds for
    /// the whole engine, whichever client made it.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn set_log_severity(&self, logger: Logger, severity: LogSeverity) -> Result<()> {
        let _ = (logger, severity);
        not_implemented("HostEngineClient::set_log_severity")
    }

    /// Forbids the engine to load a module, for all clients. All calls that need the module then return
    /// [`ReturnCode::MODULE_NOT_LOADED`](crate::ReturnCode::MODULE_NOT_LOADED). **Only a restart of the
    /// engine ends it.**
    ///
    /// # Errors
    ///
    /// [`ReturnCode::IN_USE`](crate::ReturnCode::IN_USE) if the module is loaded;
    /// [`ReturnCode::BAD_PARAM`](crate::ReturnCode::BAD_PARAM) for [`ModuleId::CORE`] and unknown modules.
    #[cfg(feature = "admin")]
    #[cfg_attr(docsrs, doc(cfg(feature = "admin")))]
    fn deny_module(&self, module: ModuleId) -> Result<()> {
        let _ = module;
        not_implemented("HostEngineClient::deny_module")
    }

    /// Removes all samples **and all watches of all clients** from the engine.
    ///
    /// <div class="warning">
    ///
    /// The other clients of the engine are not informed. From then on, their reads return
    /// [`NoValue::NotWatched`](crate::NoValue::NotWatched) until they watch again, which most programs
    /// never do; health checks, policies and job statistics no longer see anything, and a health check
    /// reports that all is well. Restarting the engine is the safer way: its clients notice the lost
    /// connection, and watch again.
    ///
    /// </div>
    ///
    /// The watches of this client are watched again before the call returns, so that they go on with new
    /// samples. Its health checks and policies are not.
    ///
    /// # Errors
    ///
    /// The error of a watch that could not be made again; close the session after it.
    /// [`Error::SymbolMissing`](crate::Error::SymbolMissing) before DCGM 4.5.
    #[cfg(feature = "admin")]
    #[cfg_attr(docsrs, doc(cfg(feature = "admin")))]
    fn empty_cache(&self) -> Result<()> {
        not_implemented("HostEngineClient::empty_cache")
    }

    /// Detaches the engine from the driver, for all clients, so that the driver can be unloaded or a GPU
    /// reset. Takes 0.1 s to 2 s, and has the deadline for watching ([`Deadlines::watch`](crate::Deadlines)).
    /// Repeated calls have no effect.
    ///
    /// While the driver is detached:
    ///
    /// * The GPUs have the status [`DETACHED`](crate::EntityStatus::DETACHED), and
    ///   [`Client::list`](crate::Client::list) does not return them.
    /// * Watches stay. Reads return no error: each sample is [blank](crate::NoValue::Blank), with a new
    ///   timestamp. New watches succeed.
    /// * **Health checks report that all is well.** No policy is violated. Topology is not supported.
    ///
    /// The engine stays detached after the end of this client, until any client
    /// [attaches](Self::attach_driver) it. If the deadline passes, the engine finishes the change
    /// nevertheless.
    ///
    /// # Errors
    ///
    /// [`Error::SymbolMissing`](crate::Error::SymbolMissing) before DCGM 4.5.
    #[cfg(feature = "admin")]
    #[cfg_attr(docsrs, doc(cfg(feature = "admin")))]
    fn detach_driver(&self) -> Result<()> {
        not_implemented("HostEngineClient::detach_driver")
    }

    /// Attaches the engine to the driver again. Takes 0.3 s to 2 s, and has the deadline for watching
    /// ([`Deadlines::watch`](crate::Deadlines)). Repeated calls have no effect.
    ///
    /// Watches, groups, health checks and policies of all clients go on by themselves: fields have values
    /// again within 0.1 s, profiling fields one interval later. A fake GPU stays detached.
    ///
    /// # Errors
    ///
    /// [`Error::SymbolMissing`](crate::Error::SymbolMissing) before DCGM 4.5.
    #[cfg(feature = "admin")]
    #[cfg_attr(docsrs, doc(cfg(feature = "admin")))]
    fn attach_driver(&self) -> Result<()> {
        not_implemented("HostEngineClient::attach_driver")
    }
}

impl HostEngineClient for NotImplemented {}
