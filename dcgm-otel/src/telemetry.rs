//! Self-metrics, `dcgm.meter.*`: the meter's own counts, and one row per instrument that exports
//! them.
//!
//! The counts are plain atomic numbers, so counting never waits. A callback reads them at that
//! moment and not from the snapshot of the collect: an error that occurred while a snapshot was made
//! is not in that snapshot, and a thread that has ended publishes no snapshot at all.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use dcgm::{Backend, BackendKind, BuildInfo};
use opentelemetry::KeyValue;

use crate::catalogue::Kind;
use crate::error_kind::ErrorKind;
use crate::logging::write_line;
use crate::pipeline::snapshot::Number;

/// Time without a collect after which the meter warns that the provider seems to have no reader:
/// three periods of 60 s, the default of a periodic reader.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(180);

/// An instrument that describes the meter itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SelfMetric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    pub(crate) description: &'static str,
    /// Hands its points to a function. Neither locks nor allocates.
    pub(crate) observe: fn(&Telemetry, Instant, &mut ObserveFn<'_>),
}

/// Receives one point: its attributes and its number.
pub(crate) type ObserveFn<'a> = dyn FnMut(&[KeyValue], Number) + 'a;

const fn metric_row(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    description: &'static str,
    observe: fn(&Telemetry, Instant, &mut ObserveFn<'_>),
) -> SelfMetric {
    SelfMetric {
        name,
        kind,
        unit,
        description,
        observe,
    }
}

/// Every self-metric. They do not count towards a cap, exist in every naming, and have no `hw.`
/// attributes: they describe the meter and not a device.
///
/// A state (degraded, info) is an up-down counter of 1 or 0, as the semantic conventions define it
/// for `hw.status`, so that the sum over hosts is the number of hosts in that state.
#[rustfmt::skip] // One row an instrument.
pub(crate) const SELF_METRICS: &[SelfMetric] = &[
    metric_row("dcgm.meter.errors", Kind::CounterU64, "{error}",
        "Errors of the meter, by kind.",
        |meter, _, show| {
            // Every kind from the start: an alert cannot see an increase of a series that did not exist.
            for (kind, count) in ErrorKind::ALL.iter().zip(&meter.all.errors) {
                show(&[KeyValue::new("error.type", kind.name())], Number::U64(count.load(Relaxed)));
            }
        }),
    metric_row("dcgm.meter.samples", Kind::CounterU64, "{sample}",
        "Samples read with a value.",
        |meter, _, show| show(&[], Number::U64(meter.all.samples.load(Relaxed)))),
    metric_row("dcgm.meter.tick.time", Kind::CounterF64, "s",
        "Time spent sampling, including failed attempts.",
        |meter, _, show| show(&[], Number::F64(meter.all.tick_time().as_secs_f64()))),
    metric_row("dcgm.meter.degraded", Kind::UpDownI64, "1",
        "1 if the meter has no fresh values although it should have, else 0.",
        |meter, _, show| show(&[], Number::I64(meter.degraded.load(Relaxed).into()))),
    metric_row("dcgm.meter.sample.age", Kind::GaugeF64, "s",
        "Age of the newest sample.",
        |meter, now, show| {
            if let Some(age) = meter.sample_age(now) {
                show(&[], Number::F64(age.as_secs_f64()));
            }
        }),
    metric_row("dcgm.meter.series.dropped", Kind::UpDownI64, "{series}",
        "Series dropped by a cap.",
        |meter, _, show| show(&[], Number::I64(i64::try_from(meter.dropped.load(Relaxed)).unwrap_or(i64::MAX)))),
    metric_row("dcgm.meter.counter.resets", Kind::CounterU64, "{reset}",
        "Resets of counters of the device or driver.",
        |meter, _, show| show(&[], Number::U64(meter.all.resets.load(Relaxed)))),
    metric_row("dcgm.meter.reconnects", Kind::CounterU64, "{reconnect}",
        "Connections to the engine after the first.",
        |meter, _, show| show(&[], Number::U64(meter.all.reconnects.load(Relaxed)))),
    metric_row("dcgm.meter.callback.panics", Kind::CounterU64, "{panic}",
        "Panics of callbacks of the meter's instruments, each of which is a bug.",
        |meter, _, show| show(&[], Number::U64(meter.all.callback_panics.load(Relaxed)))),
    metric_row("dcgm.meter.attribution.age", Kind::GaugeF64, "s",
        "Age of the last answer of a source of allocations; of several, of the source whose last answer is the oldest.",
        |meter, now, show| {
            if let Some(age) = meter.age_at(&meter.allocated, now) {
                show(&[], Number::F64(age.as_secs_f64()));
            }
        }),
    metric_row("dcgm.meter.info", Kind::UpDownI64, "1",
        "The backend of the meter, as attributes; always 1.",
        |meter, _, show| show(&meter.info.load(), Number::I64(1))),
];

/// Counts that only grow.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// In the order of [`ErrorKind::ALL`].
    errors: [AtomicU64; ErrorKind::ALL.len()],
    samples: AtomicU64,
    ticks: AtomicU64,
    tick_nanos: AtomicU64,
    resets: AtomicU64,
    reconnects: AtomicU64,
    callback_panics: AtomicU64,
}

impl Counts {
    pub(crate) fn errors(&self) -> [u64; ErrorKind::ALL.len()] {
        let mut errors = [0; ErrorKind::ALL.len()];
        for (error, count) in errors.iter_mut().zip(&self.errors) {
            *error = count.load(Relaxed);
        }
        errors
    }

    pub(crate) fn samples(&self) -> u64 {
        self.samples.load(Relaxed)
    }

    pub(crate) fn ticks(&self) -> u64 {
        self.ticks.load(Relaxed)
    }

    pub(crate) fn tick_time(&self) -> Duration {
        Duration::from_nanos(self.tick_nanos.load(Relaxed))
    }

    pub(crate) fn resets(&self) -> u64 {
        self.resets.load(Relaxed)
    }

    pub(crate) fn reconnects(&self) -> u64 {
        self.reconnects.load(Relaxed)
    }

    pub(crate) fn callback_panics(&self) -> u64 {
        self.callback_panics.load(Relaxed)
    }
}

/// The counts of a meter, and the part of its state that is exported.
#[derive(Debug)]
pub(crate) struct Telemetry {
    /// Counts of this meter, for its health.
    own: Counts,
    /// Counts of all meters of this provider and scope. These are exported: with each meter's own
    /// counts the streams would decrease when one meter follows another, on which some builds of the
    /// SDK panic. An abandoned thread may still count here.
    all: Arc<Counts>,
    /// Origin of the times below.
    made: Instant,
    /// Time of the newest sample in nanoseconds since `made`, plus 1; 0 before the first.
    sampled: AtomicU64,
    /// The same of the oldest answer of a source of allocations.
    allocated: AtomicU64,
    degraded: AtomicBool,
    dropped: AtomicU64,
    collections: AtomicU64,
    first_tick: OnceLock<Instant>,
    warned: AtomicBool,
    /// Set for a meter without a provider: then a missing collect is no mistake.
    without_reader: AtomicBool,
    info: ArcSwap<Box<[KeyValue]>>,
}

impl Telemetry {
    /// Makes the telemetry of a meter; `all` holds the counts of the meters before it.
    pub(crate) fn new(all: Arc<Counts>, backend: &Backend, now: Instant) -> Self {
        Self {
            own: Counts::default(),
            all,
            made: now,
            sampled: AtomicU64::new(0),
            allocated: AtomicU64::new(0),
            degraded: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            collections: AtomicU64::new(0),
            first_tick: OnceLock::new(),
            warned: AtomicBool::new(false),
            without_reader: AtomicBool::new(false),
            info: ArcSwap::from_pointee(info_attributes(backend, None)),
        }
    }

    fn add_count(&self, which: impl Fn(&Counts) -> Option<&AtomicU64>, by: u64) {
        for count in [&self.own, &*self.all].into_iter().filter_map(which) {
            count.fetch_add(by, Relaxed);
        }
    }

    /// Counts one error.
    pub(crate) fn record_error(&self, kind: ErrorKind) {
        self.record_errors(kind, 1);
    }

    /// Counts `times` errors.
    pub(crate) fn record_errors(&self, kind: ErrorKind, times: u64) {
        self.add_count(|counts| counts.errors.get(kind as usize), times);
    }

    /// Counts a tick, successful or not, and its duration.
    pub(crate) fn record_tick(&self, took: Duration) {
        self.add_count(|counts| Some(&counts.ticks), 1);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.add_count(|counts| Some(&counts.tick_nanos), nanos);
    }

    /// Counts samples that were read with a value.
    pub(crate) fn record_samples(&self, read: usize) {
        self.add_count(|counts| Some(&counts.samples), read as u64);
    }

    /// Records the time of the newest sample.
    pub(crate) fn record_sample_time(&self, at: Instant) {
        self.store_time(&self.sampled, at);
    }

    /// Sets the time of the oldest answer of a source of allocations.
    pub(crate) fn set_allocation_time(&self, at: Instant) {
        self.store_time(&self.allocated, at);
    }

    fn store_time(&self, into: &AtomicU64, at: Instant) {
        let nanos = at.saturating_duration_since(self.made).as_nanos();
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX).saturating_add(1);
        into.store(nanos, Relaxed);
    }

    /// Counts resets of DCGM's counters.
    pub(crate) fn record_resets(&self, resets: u64) {
        self.add_count(|counts| Some(&counts.resets), resets);
    }

    /// Sets the number of series that are dropped at present.
    pub(crate) fn set_dropped_series(&self, series: usize) {
        self.dropped.store(series as u64, Relaxed);
    }

    /// Counts a reconnect.
    pub(crate) fn record_reconnect(&self) {
        self.add_count(|counts| Some(&counts.reconnects), 1);
    }

    /// Sets the attributes of `dcgm.meter.info` from a new connection.
    pub(crate) fn describe_engine(&self, backend: &Backend, engine: &BuildInfo) {
        self.info
            .store(Arc::new(info_attributes(backend, Some(engine))));
    }

    /// Sets whether the meter is degraded.
    pub(crate) fn set_degraded(&self, degraded: bool) {
        self.degraded.store(degraded, Relaxed);
    }

    /// Counts a panic of a callback.
    pub(crate) fn callback_panicked(&self) {
        self.add_count(|counts| Some(&counts.callback_panics), 1);
    }

    /// Counts a collect of a reader.
    pub(crate) fn record_collect(&self) {
        self.collections.fetch_add(1, Relaxed);
    }

    /// Turns the warnings about missing collects off: the meter has no provider whose reader could be
    /// missing.
    #[cfg(feature = "prometheus")]
    pub(crate) fn expect_no_reader(&self) {
        self.without_reader.store(true, Relaxed);
    }

    /// Returns `true` if no reader is expected.
    #[cfg(feature = "prometheus")]
    pub(crate) fn is_without_reader(&self) -> bool {
        self.without_reader.load(Relaxed)
    }

    /// Returns the attributes of `dcgm.meter.info`.
    #[cfg(feature = "prometheus")]
    pub(crate) fn info(&self) -> Arc<Box<[KeyValue]>> {
        self.info.load_full()
    }

    /// Returns `true` if the attributes of `dcgm.meter.info` are still `info`.
    #[cfg(feature = "prometheus")]
    pub(crate) fn has_info(&self, info: &Arc<Box<[KeyValue]>>) -> bool {
        Arc::ptr_eq(&self.info.load(), info)
    }

    /// Warns once if no reader has collected for 180 s: the provider may have no reader, or be a
    /// no-op. Called after each tick; returns `true` if it warned.
    pub(crate) fn warn_if_unread(&self, now: Instant) -> bool {
        let first = *self.first_tick.get_or_init(|| now);
        if self.collections() > 0
            || now.saturating_duration_since(first) < UNREAD_TIMEOUT
            || self.without_reader.load(Relaxed)
            || self.warned.swap(true, Relaxed)
        {
            return false;
        }
        write_line(|| {
            tracing::warn!(
                after = ?UNREAD_TIMEOUT,
                "GPU metrics not collected: check that the provider has a reader and is the one that exports"
            );
        });
        true
    }

    /// Warns if samples were taken and none was ever collected. Called when the meter ends.
    pub(crate) fn warn_if_never_collected(&self) {
        let has_reader = !self.without_reader.load(Relaxed);
        if has_reader && self.collections() == 0 && self.own.samples() > 0 {
            write_line(|| {
                tracing::warn!(
                    "GPU metrics never exported: flush the provider before dropping the meter"
                );
            });
        }
    }

    /// Returns the counts of this meter.
    pub(crate) const fn own_counts(&self) -> &Counts {
        &self.own
    }

    pub(crate) fn collections(&self) -> u64 {
        self.collections.load(Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn has_warned(&self) -> bool {
        self.warned.load(Relaxed)
    }

    pub(crate) fn series_dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Returns the age of the newest sample. It grows by itself, also if the thread has ended.
    pub(crate) fn sample_age(&self, now: Instant) -> Option<Duration> {
        self.age_at(&self.sampled, now)
    }

    fn age_at(&self, nanos: &AtomicU64, now: Instant) -> Option<Duration> {
        let nanos = nanos.load(Relaxed).checked_sub(1)?;
        let at = self.made.checked_add(Duration::from_nanos(nanos))?;
        Some(now.saturating_duration_since(at))
    }
}

/// Returns the name of a kind of backend.
pub(crate) const fn backend_name(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::Embedded => "embedded",
        BackendKind::Mock => "mock",
        BackendKind::Standalone => "standalone",
        _ => "other",
    }
}

/// Returns the attributes of `dcgm.meter.info`, sorted by key. An unknown version is left out.
fn info_attributes(backend: &Backend, engine: Option<&BuildInfo>) -> Box<[KeyValue]> {
    let version = |key: &'static str, build: Option<&BuildInfo>| {
        let version = build.and_then(BuildInfo::version)?;
        Some(KeyValue::new(key, version.to_string()))
    };
    let simulated = backend.is_simulated() || engine.is_some_and(BuildInfo::is_simulated);
    let mut attributes = vec![
        KeyValue::new("dcgm.meter.backend", backend_name(backend.kind)),
        KeyValue::new("dcgm.meter.simulated", simulated),
    ];
    attributes.extend(version(
        "dcgm.meter.library.version",
        backend.library.as_ref(),
    ));
    attributes.extend(version("dcgm.meter.engine.version", engine));
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    attributes.into()
}

#[cfg(test)]
pub(crate) mod tests;
