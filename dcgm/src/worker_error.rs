//! [`WorkerError`] and [`WorkerEnd`]: what can go wrong with the worker of an `IsolatedEngine`.

use core::fmt;

use dcgm_sys::text::sanitize;

use crate::error_class::ErrorClass;

/// The reason why the worker process of an `IsolatedEngine` cannot be started or used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The system has no process, no memory or no descriptor left for it.
    #[error("the system refuses another process: {}", sanitize(reason))]
    Limit {
        /// The error text of the system.
        reason: String,
    },
    /// The program does not exist, or cannot be executed.
    #[error("it cannot be started: {}", sanitize(reason))]
    NotStarted {
        /// The error text of the system or of this crate.
        reason: String,
    },
    /// This program is to be its own worker, and its `main` has not called `run_if_worker`. To start
    /// it a second time would run the whole program again.
    #[error("main of this program does not call run_if_worker")]
    NotPrepared,
    /// The worker is not of the same release of this crate, or is no worker.
    #[error("expected a worker of {expected}, got {}", sanitize(got))]
    Release {
        /// The release of this crate.
        expected: &'static str,
        /// The release that the worker states.
        got: String,
    },
    /// The worker sent something that is no valid reply, and was killed.
    #[error("its reply is invalid: {0}")]
    Reply(&'static str),
}

impl WorkerError {
    /// Maps each variant to its class and hint.
    pub(crate) fn class_and_hint(&self) -> (ErrorClass, Option<&'static str>) {
        match self {
            Self::Limit { .. } => (
                ErrorClass::Limit,
                Some(
                    "raise the limit on processes (ulimit -u, pids.max of the cgroup) or on memory",
                ),
            ),
            Self::NotStarted { .. } => (
                ErrorClass::Unavailable,
                Some("install dcgm-worker at the given path, executable for this user"),
            ),
            Self::NotPrepared => (ErrorClass::Caller, None),
            Self::Release { .. } => (
                ErrorClass::Unavailable,
                Some("install the dcgm-worker of the same release as this program"),
            ),
            Self::Reply(_) => (ErrorClass::Disconnected, None),
        }
    }
}

/// The end of a worker process.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum WorkerEnd {
    /// By a signal: 11 for a segmentation fault, 6 for `abort`, 9 if it was killed.
    Signal(i32),
    /// By this exit status.
    Status(i32),
    /// The program reaps its children itself or ignores `SIGCHLD`, so that the status is lost.
    Unknown,
}

impl fmt::Display for WorkerEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Unknown => f.write_str("in an unknown way"),
        }
    }
}
