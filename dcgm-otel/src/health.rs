//! What the meter knows of its own state.

use core::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{Backend, BuildInfo, shown};
use parking_lot::{Condvar, Mutex};

use crate::telemetry::{Telemetry, backend_name};
use crate::text;

macro_rules! error_kinds {
    ($($name:ident $text:literal $meaning:literal;)*) => {
        /// What went wrong, as it is counted: `error.type` of the meter's own metrics.
        ///
        /// ```
        /// use dcgm_otel::ErrorKind;
        ///
        /// // What `error.type` of `dcgm.meter.errors` can be.
        /// let names: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        /// assert!(names.contains(&"timeout"));
        /// ```
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
    Cardinality "cardinality" "There are more series than there may be: some are left out.";
    Connect     "connect"     "No connection to a host engine, or it was lost.";
    Enumerate   "enumerate"   "The entities could not be listed, or there are none.";
    GpuLost     "gpu_lost"    "A GPU is lost, or needs a reset.";
    Init        "init"        "There is no libdcgm, or it cannot be used with this engine.";
    Mig         "mig"         "The instances of a GPU could not be listed.";
    Panic       "panic"       "A bug: a call, the hook or the sampling thread panicked, and that was contained.";
    Read        "read"        "Samples could not be read, or some of them say that they failed.";
    Stale       "stale"       "The engine answers, but has not sampled for a while.";
    Timeout     "timeout"     "A call did not end in time.";
    Watch       "watch"       "The engine would not, or could not, sample what it was asked to.";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why there are no fresh values.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm::mock::Call;
/// use dcgm::{Client, Error, ReturnCode};
/// use dcgm_otel::{DcgmMeter, ErrorKind};
///
/// let mock = Mock::named("1xl4").unwrap();
/// let meter = DcgmMeter::builder().client(mock.clone()).install(&provider)?;
/// let function = "dcgmConnect_v2";
/// mock.fail_always(Call::Connect, Error::Call { function, code: ReturnCode::CONNECTION_NOT_VALID });
/// let failure = meter.sample_now().unwrap_err();
/// assert_eq!(failure.kind, ErrorKind::Connect);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// In words that may be those of a panic, and so anybody's.
    pub(crate) fn new(kind: ErrorKind, message: &str) -> Self {
        Self {
            kind,
            message: shown(message).into_owned(),
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
        } else if matches!(error, dcgm::Error::Panicked) {
            ErrorKind::Panic
        } else if error.is_disconnected() {
            // Whatever was being done when it was lost.
            ErrorKind::Connect
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
    /// Fresh values of at least one entity; or, where nothing but events is asked for, an engine
    /// that tells them.
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

/// The meter's state at one moment. What is counted is counted since this meter was installed.
///
/// Displayed it is one line, for the body of a readiness probe.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm_otel::{DcgmMeter, ErrorKind, State};
///
/// let meter = DcgmMeter::builder().client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// meter.sample_now()?;
/// let health = meter.health();
/// assert_eq!((health.state, health.errors(ErrorKind::Connect)), (State::Ready, 0));
/// assert!(health.to_string().starts_with("ready for "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// How many series it does not show because there would be too many.
    pub series_dropped: u64,
    /// How long ago the engine last had a new sample; `None` before the first.
    pub last_sample_age: Option<Duration>,
    /// How many samples with a value it has read.
    pub samples: u64,
    /// How often it has sampled, failed attempts included.
    pub ticks: u64,
    /// How long that took in all.
    pub tick_time: Duration,
    /// How often a reader has collected. 0 for long means that the provider has no reader, or does
    /// nothing: after 180 s there is a warning, once.
    pub collections: u64,
    /// How often the connection was made anew.
    pub reconnects: u64,
    /// How often a counter of DCGM's began anew.
    pub counter_resets: u64,
    /// How many callbacks have panicked: bugs.
    pub callback_panics: u64,
    /// What is behind the meter: what kind, where, and which libdcgm with its version and path.
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

    fn write_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(reason) = &self.reason else {
            return Ok(());
        };
        write!(f, ": {reason}")?;
        match &reason.hint {
            // Some messages give their hint themselves.
            Some(hint) if !reason.message.contains(hint) => write!(f, " ({hint})"),
            _ => Ok(()),
        }
    }

    fn write_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds = ErrorKind::ALL.iter();
        let Some(first) = kinds.find(|kind| self.errors(**kind) > 0) else {
            return f.write_str("; no errors");
        };
        write!(f, "; errors: {first} {}", self.errors(*first))?;
        for kind in kinds.filter(|kind| self.errors(**kind) > 0) {
            write!(f, ", {kind} {}", self.errors(*kind))?;
        }
        Ok(())
    }

    fn write_backend(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let simulated = if self.is_simulated() {
            "SIMULATED "
        } else {
            ""
        };
        let kind = backend_name(self.backend.kind);
        let target = &self.backend.target;
        write!(f, "; {simulated}")?;
        // `embedded` and `mock:8xh100` name their kind themselves.
        if !target.starts_with(kind) {
            write!(f, "{kind} ")?;
        }
        f.write_str(target)?;
        if let Some(library) = &self.backend.library {
            write!(f, ", libdcgm {library}")?;
        }
        if let Some(path) = &self.backend.library_path {
            write!(f, " ({})", shown(&path.to_string_lossy()))?;
        }
        if let Some(engine) = &self.engine {
            write!(f, ", engine {engine}")?;
        }
        Ok(())
    }
}

/// As in `ready for 2.0 s; 21 series of 1 entity; last sample 1.0 s ago; 21 samples in 1 tick; no
/// errors; collected 3 times; standalone localhost:5555, libdcgm 4.6.0 (/usr/lib/libdcgm.so.4),
/// engine 4.6.0`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.state, seconds(self.since))?;
        self.write_reason(f)?;
        let series = counted(self.series as u64, "series", "series");
        let entities = counted(self.entities as u64, "entity", "entities");
        write!(f, "; {series} of {entities}")?;
        if self.series_dropped > 0 {
            write!(f, ", {} dropped", self.series_dropped)?;
        }
        match self.last_sample_age {
            Some(age) => write!(f, "; last sample {} ago", seconds(age))?,
            None => f.write_str("; no sample yet")?,
        }
        let samples = counted(self.samples, "sample", "samples");
        let ticks = counted(self.ticks, "tick", "ticks");
        write!(f, "; {samples} in {ticks}")?;
        self.write_errors(f)?;
        let times = counted(self.collections, "time", "times");
        write!(f, "; collected {times}")?;
        self.write_backend(f)
    }
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What the thread tells and everybody may ask.
#[derive(Debug)]
pub(crate) struct Shared {
    report: Mutex<Report>,
    changed: Condvar,
    telemetry: Arc<Telemetry>,
    /// The backend as it was before it was connected to.
    installed: Backend,
}

/// The part of the health that is more than a number: it changes under a lock, as a whole.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) state: State,
    pub(crate) since: Instant,
    pub(crate) reason: Option<Failure>,
    pub(crate) entities: usize,
    pub(crate) series: usize,
    backend: Backend,
    engine: Option<BuildInfo>,
}

impl Shared {
    pub(crate) fn new(telemetry: Arc<Telemetry>, backend: Backend, now: Instant) -> Self {
        let backend = text::backend(backend);
        Self {
            installed: backend.clone(),
            report: Mutex::new(Report {
                state: State::Starting,
                since: now,
                reason: None,
                entities: 0,
                series: 0,
                backend,
                engine: None,
            }),
            changed: Condvar::new(),
            telemetry,
        }
    }

    /// Changes the report. Nothing is done under the lock but to write down what is known.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Report) -> T) -> T {
        let result = {
            let mut report = self.report.lock();
            let result = change(&mut report);
            // Callbacks cannot look here.
            self.telemetry.degraded(report.state == State::Degraded);
            result
        };
        self.changed.notify_all();
        result
    }

    /// Notes what was connected to, and that it was not for the first time.
    pub(crate) fn connected(&self, backend: Backend, engine: BuildInfo) {
        self.telemetry.describe(&backend, &engine);
        let before = self.update(|report| {
            report.backend = backend;
            report.engine.replace(engine)
        });
        if before.is_some() {
            self.telemetry.reconnected();
        }
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

    pub(crate) fn health(&self, now: Instant) -> Health {
        self.described(&self.report.lock(), now)
    }

    /// In a fork of the meter's process, where the lock may be held for ever by a thread that is
    /// not there.
    pub(crate) fn health_in_fork(&self, now: Instant) -> Health {
        let stopped = Report {
            state: State::Stopped,
            since: now,
            reason: None,
            entities: 0,
            series: 0,
            backend: self.installed.clone(),
            engine: None,
        };
        self.described(&stopped, now)
    }

    fn described(&self, report: &Report, now: Instant) -> Health {
        let counts = self.telemetry.own();
        Health {
            state: report.state,
            since: now.saturating_duration_since(report.since),
            reason: report.reason.clone(),
            entities: report.entities,
            series: report.series,
            series_dropped: self.telemetry.series_dropped(),
            last_sample_age: self.telemetry.sample_age(now),
            samples: counts.samples(),
            ticks: counts.ticks(),
            tick_time: counts.tick_time(),
            collections: self.telemetry.collections(),
            reconnects: counts.reconnects(),
            counter_resets: counts.resets(),
            callback_panics: counts.callback_panics(),
            backend: report.backend.clone(),
            engine: report.engine.clone(),
            errors: counts.errors(),
        }
    }
}

#[cfg(test)]
mod tests;
