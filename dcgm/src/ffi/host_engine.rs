//! The state of the host engine's process.

use core::ffi::{c_char, c_int};

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, check_code, new_zeroed, text};
use crate::code::ReturnCode;
use crate::error::{Error, Result};
use crate::host_engine::{CpuUsage, LogSeverity, Logger, Module, ModuleId, ModuleStatus};

/// `waitIfNoData`: the engine measures at the time of the call, so that there is nothing to wait for.
const WAIT: c_int = 1;

/// `waitIfNoData`: the time is that since the last call, and not one that the engine chooses.
const DO_NOT_WAIT: c_int = 0;

const fn logger_number(logger: Logger) -> c_int {
    match logger {
        Logger::File => 0,
        Logger::Syslog => 1,
    }
}

const fn severity_number(severity: LogSeverity) -> sys::DcgmLoggingSeverity_t {
    match severity {
        LogSeverity::None => sys::DcgmLoggingSeverityNone,
        LogSeverity::Fatal => sys::DcgmLoggingSeverityFatal,
        LogSeverity::Error => sys::DcgmLoggingSeverityError,
        LogSeverity::Warning => sys::DcgmLoggingSeverityWarning,
        LogSeverity::Info => sys::DcgmLoggingSeverityInfo,
        LogSeverity::Debug => sys::DcgmLoggingSeverityDebug,
        LogSeverity::Verbose => sys::DcgmLoggingSeverityVerbose,
    }
}

impl EngineHandle {
    /// Returns the resident memory of the engine's process.
    pub(crate) fn engine_memory(&self) -> Result<u64> {
        let mut memory = new_zeroed::<sys::dcgmIntrospectMemory_v1>();
        memory.version = sys::dcgmIntrospectMemory_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmIntrospectGetHostengineMemoryUsage(self.handle(), &raw mut *memory, WAIT)
            )
        }?;
        Ok(u64::try_from(memory.bytesUsed).unwrap_or(0))
    }

    /// Returns the CPU time of the engine's process since the last such call; `None` if there is nothing to
    /// compare with: the first call ever is an error, and one at once after another not a number.
    pub(crate) fn engine_cpu(&self) -> Result<Option<CpuUsage>> {
        let mut usage = new_zeroed::<sys::dcgmIntrospectCpuUtil_v1>();
        usage.version = sys::dcgmIntrospectCpuUtil_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmIntrospectGetHostengineCpuUtilization(
                    self.handle(),
                    &raw mut *usage,
                    DO_NOT_WAIT
                )
            )
        };
        match outcome {
            Err(error) if error.code() == Some(ReturnCode::NO_DATA) => return Ok(None),
            outcome => outcome?,
        }
        let shares = [usage.total, usage.user, usage.kernel];
        let [total, user, kernel] = shares;
        let is_valid = shares
            .iter()
            .all(|share| share.is_finite() && *share >= 0.0);
        Ok(is_valid.then_some(CpuUsage {
            total,
            user,
            kernel,
        }))
    }

    /// Returns the modules with their statuses.
    pub(crate) fn modules(&self) -> Result<Vec<Module>> {
        let mut statuses = new_zeroed::<sys::dcgmModuleGetStatuses_v1>();
        statuses.version = sys::dcgmModuleGetStatuses_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmModuleGetStatuses(self.handle(), &raw mut *statuses)
            )
        }?;
        let count = usize::try_from(statuses.numStatuses).unwrap_or(usize::MAX);
        let module = |row: &sys::dcgmModuleGetStatusesModule_t| {
            Module::new(
                ModuleId::from_raw(row.id),
                ModuleStatus::from_raw(row.status),
            )
        };
        Ok(statuses.statuses.iter().take(count).map(module).collect())
    }

    /// Returns a variable of the environment of the engine's process. The result is in the struct; that of
    /// the call says only that the engine replied.
    pub(crate) fn environment(&self, name: &str) -> Result<Option<String>> {
        const FUNCTION: &str = "dcgmHostengineEnvironmentVariableInfo";

        let mut variable = new_zeroed::<sys::dcgmEnvVarInfo_v1>();
        variable.version = sys::dcgmEnvVarInfo_v1::VERSION;
        // The last byte stays NUL.
        if name.len() >= variable.envVarName.len() || name.contains('\0') {
            return Err(Error::Request(
                "the name of a variable has at most 255 bytes and no NUL character",
            ));
        }
        for (to, byte) in variable.envVarName.iter_mut().zip(name.bytes()) {
            *to = i8::from_ne_bytes([byte]) as c_char;
        }
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmHostengineEnvironmentVariableInfo(self.handle(), &raw mut *variable)
            )
        }?;
        match check_code(FUNCTION, variable.ret) {
            Err(error) if error.code() == Some(ReturnCode::NOT_CONFIGURED) => return Ok(None),
            outcome => outcome?,
        }
        let mut value = String::new();
        text::push_text(&variable.envVarValue, &mut value);
        Ok(Some(value))
    }

    /// Sets the lowest severity of a log; by the struct with a version, or by the one of 3.3, without.
    pub(crate) fn set_log_severity(
        &self,
        logger: Logger,
        severity: LogSeverity,
        is_versioned: bool,
    ) -> Result<()> {
        let mut versioned = sys::dcgmSettingsSetLoggingSeverity_v2 {
            version: sys::dcgmSettingsSetLoggingSeverity_v2::VERSION,
            targetLogger: logger_number(logger),
            targetSeverity: severity_number(severity),
        };
        let mut plain = sys::dcgmSettingsSetLoggingSeverity_v1 {
            targetLogger: logger_number(logger),
            targetSeverity: severity_number(severity),
        };
        let settings = if is_versioned {
            &raw mut versioned
        } else {
            (&raw mut plain).cast()
        };
        // SAFETY: the struct that this release of the library reads; DCGM does not check for null, and it
        // is not null.
        unsafe {
            call!(
                self.library(),
                dcgmHostengineSetLoggingSeverity(self.handle(), settings)
            )
        }
    }
}

#[cfg(feature = "admin")]
impl EngineHandle {
    /// Forbids the engine to load a module.
    pub(crate) fn deny_module(&self, module: ModuleId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmModuleDenylist(self.handle(), module.raw())
            )
        }
    }

    /// Removes all samples and watches of all clients.
    pub(crate) fn empty_cache(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmEmptyCache(self.handle())) }
    }

    /// Detaches the engine from the driver.
    pub(crate) fn detach_driver(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmDetachDriver(self.handle())) }
    }

    /// Attaches the engine to the driver.
    pub(crate) fn attach_driver(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmAttachDriver(self.handle())) }
    }
}
