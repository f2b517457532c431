//! Instruments, made once per provider, and the binding through which a meter feeds them.
//!
//! An observable instrument cannot be removed: its callback lives as long as the provider. So the
//! callbacks own a [`ProviderBinding`]. A meter attaches its [`MeterFeed`] to the binding when it is
//! installed and detaches it when it ends. A later meter on the same provider finds the binding and
//! makes only the instruments that no meter before it had. A callback whose metric the present meter
//! does not have observes nothing.
//!
//! A callback runs on the exporting thread, where a panic or a wait would end or stall every metric
//! of the process. It therefore reads a snapshot and a few atomic numbers and does nothing else: no
//! call into DCGM, no lock, no allocation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::catalogue::{Kind, Metric, PageType};
use crate::clock::Clock;
use crate::config::ThrottleName;
use crate::pipeline::snapshot::{Number, Series, Snapshot};
use crate::telemetry::{self, Telemetry};

mod binding;
#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod pin;
mod registry;
mod sync;

use binding::Absence;
pub(crate) use binding::ProviderBinding;
#[cfg(test)]
pub(crate) use registry::SCHEMA_URL;
#[cfg(feature = "sdk")]
pub(crate) use registry::SCOPE;
pub(crate) use registry::{Attachment, Registration};
use sync::{ArcSwap, Mutex};

/// The data that a meter exports. The exporting thread may be the one that drops it last, so
/// dropping it waits for nothing.
#[derive(Debug)]
pub(crate) struct MeterFeed {
    id: u64,
    metrics: &'static [Metric],
    throttle: ThrottleName,
    /// Index of the metric that `throttle` renames.
    renamed: Option<usize>,
    latest: ArcSwap<Snapshot>,
    /// Set once nothing may be published any more. Callbacks do not take the lock.
    closed: Mutex<bool>,
    /// Exported totals of series that were dropped for good. Callbacks do not take the lock.
    retired: Mutex<Vec<(Series, Number)>>,
    clock: Clock,
    telemetry: Arc<Telemetry>,
    /// Id of the process that made it.
    process: u32,
    /// Panics to inject: into this many callbacks, and this many calls of `publish`.
    #[cfg(test)]
    pub(crate) faults: [AtomicU64; 2],
    /// Has each callback take the latest snapshot, to show what pinning prevents.
    #[cfg(test)]
    unpinned: AtomicBool,
}

impl MeterFeed {
    /// Makes a feed of `metrics`; `throttle` is the name of the throttle metric.
    pub(crate) fn new(
        clock: Clock,
        metrics: &'static [Metric],
        throttle: ThrottleName,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            metrics,
            throttle,
            renamed: metrics
                .iter()
                .position(|metric| metric.name == ThrottleName::Duration.metric()),
            latest: ArcSwap::from_pointee(Snapshot::default()),
            closed: Mutex::new(false),
            retired: Mutex::default(),
            clock,
            telemetry,
            process: std::process::id(),
            #[cfg(test)]
            faults: [const { AtomicU64::new(0) }; 2],
            #[cfg(test)]
            unpinned: AtomicBool::new(false),
        }
    }

    /// Publishes a snapshot and returns the one before it. A closed feed returns `snapshot`.
    pub(crate) fn publish_snapshot(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        #[cfg(test)]
        self.panic_if_requested(1);
        let closed = self.closed.lock();
        if *closed {
            return snapshot;
        }
        self.latest.swap(snapshot)
    }

    /// Stops publishing and returns the last snapshot. Without this a slow or abandoned thread could
    /// export totals that the next meter does not know of.
    fn close_feed(&self) -> Arc<Snapshot> {
        *self.closed.lock() = true;
        self.latest_snapshot()
    }

    /// Returns the snapshot that was published last.
    pub(crate) fn latest_snapshot(&self) -> Arc<Snapshot> {
        self.latest.load_full()
    }

    /// Returns `true` in a fork of the process that installed the meter. The sampling thread does
    /// not exist there and may have held a lock that nothing will release.
    pub(crate) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Keeps totals that are no longer exported for the next meter, which may have room for them
    /// and must not report less.
    pub(crate) fn keep_retired(&self, totals: Vec<(Series, Number)>) {
        *self.retired.lock() = totals;
    }

    /// Returns the counts and state that the meter exports about itself.
    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    pub(crate) const fn metrics(&self) -> &'static [Metric] {
        self.metrics
    }

    /// Begins a collect: returns its snapshot and time, or `None` in a fork, where nothing samples
    /// and the parent exports the same series.
    pub(crate) fn begin_collect(&self) -> Option<(Arc<Snapshot>, Instant)> {
        // A system call, so once a collect and not in each callback.
        if self.is_forked() {
            return None;
        }
        self.telemetry.record_collect();
        Some((self.latest.load_full(), self.clock.now()))
    }

    /// Lists the instruments of its metrics, then those of the meter itself.
    pub(crate) fn list_instruments(&self) -> impl Iterator<Item = Instrument> {
        let metrics = (0..self.metrics.len()).filter_map(|index| self.find_instrument(index));
        let own = telemetry::SELF_METRICS
            .iter()
            .enumerate()
            .map(|(index, row)| Instrument {
                name: row.name,
                kind: row.kind,
                unit: row.unit,
                description: row.description,
                page_type: PageType::OfKind,
                metric: None,
                source: InstrumentKind::SelfMetric(index),
            });
        metrics.chain(own)
    }

    /// Returns the instrument of the metric at `index` of its table.
    fn find_instrument(&self, index: usize) -> Option<Instrument> {
        let metric = self.metrics.get(index)?;
        Some(Instrument {
            name: if self.renamed == Some(index) {
                self.throttle.metric()
            } else {
                metric.name
            },
            kind: metric.kind,
            unit: metric.unit,
            description: metric.description,
            page_type: metric.page_type,
            metric: Some(metric.name),
            source: InstrumentKind::Metric(index),
        })
    }

    /// Returns `true` if it has `instrument`, which was made for the metric at `index` of `table`.
    fn has_instrument(
        &self,
        instrument: &Instrument,
        table: &'static [Metric],
        index: usize,
    ) -> bool {
        // Every callback calls this, so texts are compared only where they can differ.
        if ptr::eq(self.metrics, table) && self.renamed != Some(index) {
            return true;
        }
        self.find_instrument(index).as_ref() == Some(instrument)
    }

    #[cfg(test)]
    fn panic_if_requested(&self, fault: usize) {
        let left = |left: u64| left.checked_sub(1);
        let requested = self.faults[fault].fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        assert!(requested.is_err(), "a test had the catalogue's code panic");
    }

    #[cfg(test)]
    fn is_unpinned(&self) -> bool {
        self.unpinned.load(Ordering::Relaxed)
    }
}

/// An instrument and the source of its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Instrument {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    pub(crate) description: &'static str,
    pub(crate) page_type: PageType,
    /// Name of the metric in its table, which can differ from that of the instrument.
    metric: Option<&'static str>,
    pub(crate) source: InstrumentKind,
}

/// The table that an instrument's points come from, and the index there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum InstrumentKind {
    /// A metric of the feed's table, if the feed has it.
    Metric(usize),
    /// A row of [`telemetry::SELF_METRICS`].
    SelfMetric(usize),
}

/// Makes one instrument, of a metric of `table` or of the meter itself. The returned handle is
/// empty: the provider keeps the callback.
fn build_instrument(
    meter: &Meter,
    binding: &Arc<ProviderBinding>,
    (ordinal, absence): (usize, Arc<Absence>),
    instrument: Instrument,
    table: &'static [Metric],
) {
    /// One arm a kind: the method of the builder, and the kind of number that it takes.
    macro_rules! build {
        ($($kind:ident: $builder:ident, $number:ident;)*) => {
            match instrument.kind {
                $(Kind::$kind => {
                    let (binding, absence) = (Arc::clone(binding), Arc::clone(&absence));
                    let _empty = meter
                        .$builder(instrument.name)
                        .with_unit(instrument.unit)
                        .with_description(instrument.description)
                        .with_callback(move |out| observe_points(&binding, (ordinal, &absence), (&instrument, table), out, |number| match number {
                            Number::$number(value) => Some(value),
                            _ => None,
                        }))
                        .build();
                })*
            }
        };
    }
    build! {
        GaugeF64: f64_observable_gauge, F64;
        GaugeI64: i64_observable_gauge, I64;
        CounterF64: f64_observable_counter, F64;
        CounterU64: u64_observable_counter, U64;
        UpDownI64: i64_observable_up_down_counter, I64;
    }
}

/// Runs one callback: hands the points of `instrument` to `out`.
fn observe_points<T>(
    binding: &ProviderBinding,
    (ordinal, absence): (usize, &Absence),
    (instrument, table): (&Instrument, &'static [Metric]),
    out: &dyn AsyncInstrument<T>,
    value: impl Fn(Number) -> Option<T>,
) {
    let feed = binding.feed();
    let Some(feed) = &*feed else {
        absence.record();
        return;
    };
    let mut show = |attributes: &[KeyValue], number| {
        if let Some(value) = value(number) {
            out.observe(value, attributes);
        }
    };
    // Also for a callback without points: it may belong to the last instrument.
    pin::with_snapshot(feed, ordinal, binding.last_ordinal(), |snapshot, now| {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            feed.panic_if_requested(0);
            match instrument.source {
                InstrumentKind::Metric(index) => {
                    if feed.has_instrument(instrument, table, index) {
                        for (attributes, number) in snapshot.points(index, now) {
                            show(attributes, number);
                        }
                    }
                }
                InstrumentKind::SelfMetric(index) => {
                    if let Some(row) = telemetry::SELF_METRICS.get(index) {
                        (row.observe)(&feed.telemetry, now, &mut show);
                    }
                }
            }
        }));
        if outcome.is_err() {
            feed.telemetry.callback_panicked();
        }
    });
}

// These tests collect with an SDK whose locks are real.
#[cfg(test)]
#[cfg(not(shuttle))]
mod tests;
