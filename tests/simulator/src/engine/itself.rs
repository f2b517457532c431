//! The engine as a process: modules, CPU time, environment, logs, its cache and its driver.

use std::collections::BTreeMap;

use super::entities::DETACHED;
use super::{Code, Engine, GPU, st};
use crate::wire::Payload;

/// The state of the engine itself.
#[derive(Debug, Default)]
pub(crate) struct Itself {
    /// When its CPU time was last asked for.
    cpu_asked: Option<i64>,
    environment: BTreeMap<String, String>,
    severities: BTreeMap<i64, i64>,
    detached: bool,
    /// `true` if there is the closed-source profiling module.
    has_profiling_module: bool,
    profiling_is_paused: bool,
}

/// Variables that the engine tells of.
const VARIABLES: [&str; 2] = ["CUDA_VISIBLE_DEVICES", "DCGM_DIAG_REMOVED"];

const DENIED: u32 = 1;
const FAILED: u32 = 2;
const LOADED: u32 = 3;
const SYSMON: usize = 9;
const PROFILING: usize = 8;

impl Engine {
    /// Loads a module when it is first used, unless it is denied.
    pub(crate) fn use_module(&mut self, module: usize, now: i64) -> Result<(), Code> {
        match self.modules.get(module) {
            Some(&DENIED) => return Err(st::MODULE_NOT_LOADED),
            Some(&LOADED) => return Ok(()),
            _ => {}
        }
        // It refuses hardware that is not Grace.
        let fails = module == SYSMON && self.of_kind(super::CPU, now).is_empty();
        self.load_module(module, if fails { FAILED } else { LOADED });
        Ok(())
    }

    pub(crate) fn deny_module(&mut self, module: u32) -> Code {
        let known = self.modules().len();
        match self.modules.get_mut(module as usize) {
            _ if module == 0 || module as usize >= known => st::BADPARAM,
            Some(&mut LOADED) => st::IN_USE,
            Some(status) => {
                *status = DENIED;
                st::OK
            }
            None => st::BADPARAM,
        }
    }

    /// The share of one CPU since the last request of any client: total, kernel, user.
    /// The first request ever has nothing to compare with, unless it waits.
    pub(crate) fn engine_cpu(&mut self, waits: bool, now: i64, into: &mut Vec<i64>) -> Code {
        let Some(last) = self.itself.cpu_asked.replace(now) else {
            return if waits { st::OK } else { st::NO_DATA };
        };
        let share = if now > last { 0.013 } else { f64::NAN };
        let kernel = if now > last { 0.0 } else { f64::NAN };
        let bits = |value: f64| i64::from_ne_bytes(value.to_ne_bytes());
        into.extend([share, kernel, share].map(bits));
        st::OK
    }

    pub(crate) fn set_environment(&mut self, name: &str, value: &str) {
        let environment = &mut self.itself.environment;
        environment.insert(name.to_owned(), value.to_owned());
    }

    /// The result, which is not that of the call, and the value.
    pub(crate) fn environment(&self, name: &[u8]) -> (Code, Vec<u8>) {
        let name = String::from_utf8_lossy(name);
        if !VARIABLES.contains(&&*name) {
            return (st::BADPARAM, Vec::new());
        }
        match self.itself.environment.get(&*name) {
            Some(value) => (st::OK, value.clone().into_bytes()),
            None => (st::NOT_CONFIGURED, Vec::new()),
        }
    }

    /// Takes loggers that do not exist, and does nothing for them.
    pub(crate) fn set_log_severity(&mut self, logger: i64, severity: i64) -> Code {
        if !matches!(logger, 0 | 1) {
            return st::OK;
        }
        if !(0..=6).contains(&severity) {
            return st::BADPARAM;
        }
        self.itself.severities.insert(logger, severity);
        st::OK
    }

    pub(crate) fn log_severity(&self, logger: i64) -> Option<i64> {
        self.itself.severities.get(&logger).copied()
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.itself.detached
    }

    pub(crate) fn detach_driver(&mut self, now: i64) {
        self.itself.detached = true;
        for gpu in self.entities(now).iter().filter(|one| one.pair.0 == GPU) {
            self.statuses.insert(gpu.pair.1, DETACHED);
        }
    }

    /// What was detached comes back, but for fakes.
    pub(crate) fn attach_driver(&mut self, now: i64) {
        self.itself.detached = false;
        for gpu in self.entities(now).iter().filter(|one| one.pair.0 == GPU) {
            let status = self.statuses.get(&gpu.pair.1);
            if !gpu.fake && status == Some(&DETACHED) {
                self.statuses.remove(&gpu.pair.1);
            }
        }
        self.tick(now);
    }

    /// The module that can be paused: without it GPUs are profiled by the driver.
    pub(crate) fn set_profiling_module(&mut self, is_there: bool) {
        self.itself.has_profiling_module = is_there;
        self.load_module(PROFILING, if is_there { LOADED } else { 0 });
    }

    pub(crate) fn pause_profiling(&mut self, pause: bool) -> Code {
        if !self.itself.has_profiling_module {
            return st::NOT_SUPPORTED;
        }
        self.itself.profiling_is_paused = pause;
        st::OK
    }

    pub(crate) fn profiling_is_paused(&self) -> bool {
        self.itself.profiling_is_paused
    }

    /// A value of a profiling field while profiling is paused.
    pub(super) fn paused_value(&self, kind: u8) -> Option<Payload> {
        self.itself
            .profiling_is_paused
            .then(|| Payload::blank(kind, 0))
    }
}
