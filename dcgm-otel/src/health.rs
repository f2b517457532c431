//! The state of a meter, for logs and readiness probes.

use core::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{Backend, BuildInfo, sanitize};
use parking_lot::{Condvar, Mutex};

use crate::telemetry::{Telemetry, backend_name};
use crate::text;

#[cfg(feature = "serde")]
mod serialize;

use crate::error_kind::{ErrorKind, SampleError};

/// The state of a meter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum MeterState {
    /// There are no values yet.
    Starting,
    /// There are fresh values of at least one entity. If only events are watched, the engine has
    /// accepted a watch of them.
    Ready,
    /// There are no fresh values; the meter keeps trying.
    Degraded,
    /// The meter has ended.
    Stopped,
}

impl fmt::Display for MeterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Stopped => "stopped",
        })
    }
}

/// The state of a meter at one moment. Counts begin when the meter is installed.
///
/// `Display` writes one line, for the body of a readiness probe. With the feature `serde`, a `Health`
/// can be serialized, for a body in JSON. Durations are then numbers of seconds, and the fields `ready`
/// and `simulated` have the results of [`is_ready`](Self::is_ready) and
/// [`is_simulated`](Self::is_simulated).
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm_otel::{DcgmMeter, ErrorKind, MeterState};
///
/// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// meter.sample_now()?;
/// let health = meter.health();
/// assert_eq!((health.state, health.errors(ErrorKind::Connect)), (MeterState::Ready, 0));
/// assert!(health.to_string().starts_with("ready for "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// The state.
    pub state: MeterState,
    /// Time since the state changed last.
    pub since: Duration,
    /// The reason why the meter is degraded, or was when it ended; otherwise `None`.
    pub reason: Option<SampleError>,
    /// Number of monitored entities, without the host itself and NVLinks.
    pub entities: usize,
    /// Number of series with a value after the last tick, including counters that hold their total. The
    /// series of `dcgm.meter.…` are not included.
    pub series: usize,
    /// Number of series that are dropped at present: by a limit on series, or because another series has
    /// the same attributes.
    pub series_dropped: u64,
    /// Age of the newest sample; `None` before the first.
    pub last_sample_age: Option<Duration>,
    /// Number of samples that were read and have a value.
    pub samples: u64,
    /// Number of ticks (rounds of sampling), including failed ones.
    pub ticks: u64,
    /// Total duration of the ticks.
    pub tick_time: Duration,
    /// Number of collects by readers, and of pages that the meter has written for Prometheus. If it
    /// is 0 180 s after the first tick, the meter logs one warning: the provider may have no reader,
    /// or be a no-op.
    pub collections: u64,
    /// Number of connections after the first.
    pub reconnects: u64,
    /// Number of resets of DCGM's counters.
    pub counter_resets: u64,
    /// Number of panics in callbacks of the meter's instruments. Each panic is a bug.
    pub callback_panics: u64,
    /// The backend: its kind, its target, and the version and path of libdcgm.
    pub backend: Backend,
    /// The build of the engine; `None` before the first connection.
    pub engine: Option<BuildInfo>,
    /// [Findings](crate::Config::warnings) about the configuration, one line each: environment
    /// variables that are not used.
    pub config_warnings: Vec<String>,
    /// The [sources of allocations](crate::attribution), in the order in which they were added.
    pub attribution: Vec<SourceHealth>,
    errors: [u64; ErrorKind::ALL.len()],
}

/// The state of a source of allocations.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SourceHealth {
    /// The name of the source.
    pub name: String,
    /// Age of its last answer; `None` before the first.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "age_seconds", serialize_with = "serialize::seconds")
    )]
    pub age: Option<Duration>,
    /// Number of allocations in the last answer.
    pub allocations: usize,
    /// Number of these whose device the host does not have.
    pub unresolved: usize,
    /// Number of calls that failed.
    pub errors: u64,
    /// The reason why there is no newer answer: the last call failed, or has exceeded its time limit.
    pub error: Option<String>,
}

/// Writes a part of a line, for example `kubelet 3 allocations 2.0 s ago`.
impl fmt::Display for SourceHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        let count = with_unit(self.allocations as u64, "allocation", "allocations");
        match self.age {
            Some(age) => write!(f, "{count} {} ago", format_seconds(age))?,
            None => f.write_str("no answer yet")?,
        }
        if self.unresolved > 0 {
            write!(f, ", {} of unknown devices", self.unresolved)?;
        }
        if let Some(error) = &self.error {
            write!(f, ", {error}")?;
        }
        Ok(())
    }
}

impl Health {
    /// Returns `true` if there are fresh values.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == MeterState::Ready
    }

    /// Returns `true` if the values are simulated: the client is a mock, or the library or engine
    /// reports that it is simulated. Programs that show simulated values must label them as such.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.backend.is_simulated() || self.engine.as_ref().is_some_and(BuildInfo::is_simulated)
    }

    /// Returns the number of errors of a kind.
    #[must_use]
    pub fn errors(&self, kind: ErrorKind) -> u64 {
        self.errors.get(kind as usize).copied().unwrap_or(0)
    }

    fn write_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(reason) = &self.reason else {
            return Ok(());
        };
        // `Debug` adds the hint.
        write!(f, ": {reason:?}")
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
            write!(f, " ({})", sanitize(&path.to_string_lossy()))?;
        }
        if let Some(engine) = &self.engine {
            write!(f, ", engine {engine}")?;
        }
        Ok(())
    }
}

/// Writes one line, for example `ready for 2.0 s; 21 series of 1 entity; last sample 1.0 s ago; 21
/// samples in 1 tick; no errors; collected 3 times; standalone localhost:5555, libdcgm 4.6.0
/// (/usr/lib/libdcgm.so.4), engine 4.6.0`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.state, format_seconds(self.since))?;
        self.write_reason(f)?;
        let series = with_unit(self.series as u64, "series", "series");
        let entities = with_unit(self.entities as u64, "entity", "entities");
        write!(f, "; {series} of {entities}")?;
        if self.series_dropped > 0 {
            write!(f, ", {} dropped", self.series_dropped)?;
        }
        match self.last_sample_age {
            Some(age) => write!(f, "; last sample {} ago", format_seconds(age))?,
            None => f.write_str("; no sample yet")?,
        }
        let samples = with_unit(self.samples, "sample", "samples");
        let ticks = with_unit(self.ticks, "tick", "ticks");
        write!(f, "; {samples} in {ticks}")?;
        self.write_errors(f)?;
        let times = with_unit(self.collections, "time", "times");
        write!(f, "; collected {times}")?;
        for source in &self.attribution {
            write!(f, "; {source}")?;
        }
        self.write_backend(f)?;
        for warning in &self.config_warnings {
            write!(f, "; warning: {warning}")?;
        }
        Ok(())
    }
}

fn with_unit(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn format_seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The state that the thread reports and that any thread can read.
#[derive(Debug)]
pub(crate) struct HealthReporter {
    report: Mutex<Report>,
    changed: Condvar,
    telemetry: Arc<Telemetry>,
    /// The backend before the first connection.
    installed: Backend,
}

/// The part of the health that changes as a whole, under a lock.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) state: MeterState,
    pub(crate) since: Instant,
    pub(crate) reason: Option<SampleError>,
    pub(crate) entities: usize,
    pub(crate) series: usize,
    backend: Backend,
    engine: Option<BuildInfo>,
}

impl HealthReporter {
    pub(crate) fn new(telemetry: Arc<Telemetry>, backend: Backend, now: Instant) -> Self {
        let backend = text::sanitize_backend(backend);
        Self {
            installed: backend.clone(),
            report: Mutex::new(Report {
                state: MeterState::Starting,
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

    /// Changes the report. The lock is held for plain assignments only.
    pub(crate) fn update_report<T>(&self, change: impl FnOnce(&mut Report) -> T) -> T {
        let result = {
            let mut report = self.report.lock();
            let result = change(&mut report);
            // Callbacks take no lock and read it there.
            self.telemetry
                .set_degraded(report.state == MeterState::Degraded);
            result
        };
        self.changed.notify_all();
        result
    }

    /// Records a connection, and counts a reconnect if it was not the first.
    pub(crate) fn set_connected(&self, backend: Backend, engine: BuildInfo) {
        self.telemetry.describe_engine(&backend, &engine);
        let before = self.update_report(|report| {
            report.backend = backend;
            report.engine.replace(engine)
        });
        if before.is_some() {
            self.telemetry.record_reconnect();
        }
    }

    /// Blocks until the state is `Ready` or `Stopped`, or until a time; returns `true` if `Ready`.
    pub(crate) fn wait_ready(&self, until: Instant) -> bool {
        let mut report = self.report.lock();
        while !matches!(report.state, MeterState::Ready | MeterState::Stopped) {
            if self.changed.wait_until(&mut report, until).timed_out() {
                break;
            }
        }
        report.state == MeterState::Ready
    }

    pub(crate) fn current_health(&self, now: Instant) -> Health {
        self.describe_report(&self.report.lock(), now)
    }

    /// Returns the health in a fork of the meter's process, where the lock may be held by a thread
    /// that does not exist.
    pub(crate) fn health_in_fork(&self, now: Instant) -> Health {
        let stopped = Report {
            state: MeterState::Stopped,
            since: now,
            reason: None,
            entities: 0,
            series: 0,
            backend: self.installed.clone(),
            engine: None,
        };
        self.describe_report(&stopped, now)
    }

    fn describe_report(&self, report: &Report, now: Instant) -> Health {
        let counts = self.telemetry.own_counts();
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
            config_warnings: Vec::new(),
            attribution: Vec::new(),
            errors: counts.errors(),
        }
    }
}

#[cfg(test)]
mod tests;
