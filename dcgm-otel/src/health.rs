//! What the meter knows of its own state.

use core::fmt;
use std::time::{Duration, Instant};

use dcgm::{Backend, BuildInfo};
use parking_lot::{Condvar, Mutex};

macro_rules! error_kinds {
    ($($name:ident $text:literal $meaning:literal;)*) => {
        /// What went wrong, as it is counted: `error.type` of the meter's own metrics.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                #[doc = $meaning]
                $name,
            )*
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name. These names do not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a kind.
error_kinds! {
    Connect   "connect"   "No connection to a host engine, or it was lost.";
    Enumerate "enumerate" "The entities could not be listed, or there are none.";
    GpuLost   "gpu_lost"  "A GPU is lost, or needs a reset.";
    Init      "init"      "There is no libdcgm, or it cannot be used with this engine.";
    Panic     "panic"     "A bug: the sampling thread panicked, and was started anew.";
    Read      "read"      "Samples could not be read, or some of them say that they failed.";
    Stale     "stale"     "The engine answers, but has not sampled for a while.";
    Timeout   "timeout"   "A call did not end in time.";
    Watch     "watch"     "The engine would not sample what it was asked to.";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why there are no fresh values.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind}: {message}")]
#[non_exhaustive]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// In words.
    pub message: String,
    /// What a person can do about it.
    pub hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// An error of the client's, met while doing what `kind` says.
    pub(crate) fn of(kind: ErrorKind, error: &dcgm::Error) -> Self {
        let kind = if error.is_unavailable() || error.is_version_mismatch() {
            ErrorKind::Init
        } else if error.is_timeout() {
            ErrorKind::Timeout
        } else if error.is_gpu_lost() {
            ErrorKind::GpuLost
        } else {
            kind
        };
        Self {
            kind,
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

/// What the meter is doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// No values yet.
    Starting,
    /// Fresh values of at least one entity.
    Ready,
    /// No fresh values; it goes on trying.
    Degraded,
    /// Ended.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Stopped => "stopped",
        })
    }
}

/// The meter's state at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// What it is doing.
    pub state: State,
    /// How long it has been in this state.
    pub since: Duration,
    /// Why it is degraded; `None` if it is not.
    pub reason: Option<Failure>,
    /// How many entities it reads.
    pub entities: usize,
    /// How many series it showed last, held counters among them.
    pub series: usize,
    /// How long ago the engine last had a new sample; `None` before the first.
    pub last_sample_age: Option<Duration>,
    /// How often a reader has collected. 0 for long means that the provider has no reader, or does
    /// nothing.
    pub collections: u64,
    /// How often the connection was made anew.
    pub reconnects: u64,
    /// How often a counter of DCGM's began anew.
    pub counter_resets: u64,
    /// How many callbacks have panicked: bugs.
    pub callback_panics: u64,
    /// What is behind the meter.
    pub backend: Backend,
    /// What the engine says of how it was built, once it was asked.
    pub engine: Option<BuildInfo>,
    errors: [u64; ErrorKind::ALL.len()],
}

impl Health {
    /// Whether there are fresh values.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Whether the values are made up: the client is a mock, or library or engine say of themselves
    /// that they are simulated. Whoever shows them must say so.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.backend.is_simulated() || self.engine.as_ref().is_some_and(BuildInfo::is_simulated)
    }

    /// How often something went wrong.
    #[must_use]
    pub fn errors(&self, kind: ErrorKind) -> u64 {
        self.errors.get(kind as usize).copied().unwrap_or(0)
    }
}

/// What the thread tells and everybody may ask.
#[derive(Debug)]
pub(crate) struct Shared {
    report: Mutex<Report>,
    changed: Condvar,
}

/// The part of the health that the thread writes.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) state: State,
    pub(crate) since: Instant,
    pub(crate) reason: Option<Failure>,
    pub(crate) entities: usize,
    pub(crate) series: usize,
    pub(crate) last_sample: Option<Instant>,
    pub(crate) reconnects: u64,
    pub(crate) counter_resets: u64,
    pub(crate) backend: Backend,
    pub(crate) engine: Option<BuildInfo>,
    errors: [u64; ErrorKind::ALL.len()],
}

impl Report {
    pub(crate) fn count(&mut self, kind: ErrorKind) {
        if let Some(count) = self.errors.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
    }
}

impl Shared {
    pub(crate) fn new(backend: Backend, now: Instant) -> Self {
        Self {
            report: Mutex::new(Report {
                state: State::Starting,
                since: now,
                reason: None,
                entities: 0,
                series: 0,
                last_sample: None,
                reconnects: 0,
                counter_resets: 0,
                backend,
                engine: None,
                errors: [0; ErrorKind::ALL.len()],
            }),
            changed: Condvar::new(),
        }
    }

    /// Changes the report. Nothing is done under the lock but to write down what is known.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Report) -> T) -> T {
        let result = change(&mut self.report.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until the state is `Ready` or `Stopped`, or the time is over; whether it is `Ready`.
    pub(crate) fn wait_ready(&self, until: Instant) -> bool {
        let mut report = self.report.lock();
        while !matches!(report.state, State::Ready | State::Stopped) {
            if self.changed.wait_until(&mut report, until).timed_out() {
                break;
            }
        }
        report.state == State::Ready
    }

    pub(crate) fn health(&self, now: Instant, collections: u64, callback_panics: u64) -> Health {
        let report = self.report.lock();
        Health {
            state: report.state,
            since: now.saturating_duration_since(report.since),
            reason: report.reason.clone(),
            entities: report.entities,
            series: report.series,
            last_sample_age: report
                .last_sample
                .map(|at| now.saturating_duration_since(at)),
            collections,
            reconnects: report.reconnects,
            counter_resets: report.counter_resets,
            callback_panics,
            backend: report.backend.clone(),
            engine: report.engine.clone(),
            errors: report.errors,
        }
    }
}
