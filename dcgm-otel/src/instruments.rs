//! Instruments, made once for each provider, and the slot through which a meter feeds them.
//!
//! An observable instrument cannot be taken back: its callback lives as long as the provider. So
//! the callbacks own a [`Slot`], and a meter puts its [`Hub`] there and takes it out when it ends.
//! A meter that comes later to the same provider finds the slot, and makes only those instruments
//! that no meter before it had. A callback whose metric the present meter does not have shows
//! nothing.
//!
//! A callback runs on the thread that exports, and one that panics or waits would end or stall
//! every metric of the process. It reads a snapshot and a few numbers, and does nothing else: no
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

use crate::catalogue::{Kind, Metric};
use crate::clock::Clock;
use crate::config::ThrottleName;
use crate::snapshot::{Number, Series, Snapshot};
use crate::telemetry::{self, Telemetry};

#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod pin;
mod slot;
mod slots;
mod sync;

#[cfg(test)]
pub(crate) use slot::SCHEMA_URL;
#[cfg(feature = "sdk")]
pub(crate) use slot::SCOPE;
pub(crate) use slot::{Installed, Place, Slot};
use sync::{ArcSwap, Mutex};

/// What a meter shows. Data only: whoever drops it last, an exporting thread perhaps, waits for
/// nothing.
#[derive(Debug)]
pub(crate) struct Hub {
    id: u64,
    metrics: &'static [Metric],
    throttle: ThrottleName,
    /// The place of the metric whose name that is.
    renamed: Option<usize>,
    latest: ArcSwap<Snapshot>,
    /// Whether nothing is published any more. The lock is not for callbacks.
    closed: Mutex<bool>,
    /// The totals that were shown and are dropped for good. No lock for callbacks either.
    retired: Mutex<Vec<(Series, Number)>>,
    clock: Clock,
    telemetry: Arc<Telemetry>,
    /// The process that it is of.
    process: u32,
    /// How many callbacks, and how often publishing, will panic, as a bug would have them do.
    #[cfg(test)]
    pub(crate) faults: [AtomicU64; 2],
    /// Has each callback take the latest snapshot, to see what pinning is good for.
    #[cfg(test)]
    unpinned: AtomicBool,
}

impl Hub {
    /// That shows these metrics. `throttle` is what one of them is called.
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

    /// Shows a snapshot from now on, and gives the one before back. Once closed it gives the new
    /// one back.
    pub(crate) fn publish(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        #[cfg(test)]
        self.panic_if_told(1);
        let closed = self.closed.lock();
        if *closed {
            return snapshot;
        }
        self.latest.swap(snapshot)
    }

    /// Publishes nothing from now on; what was published last. A thread that comes late, or was
    /// left behind, could otherwise show totals that the next meter does not know of.
    fn close(&self) -> Arc<Snapshot> {
        *self.closed.lock() = true;
        self.shown()
    }

    /// What was published last.
    pub(crate) fn shown(&self) -> Arc<Snapshot> {
        self.latest.load_full()
    }

    /// Whether this is a fork of the process in which the meter was installed. Its thread is not
    /// here, and its locks may be held by it for ever.
    pub(crate) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Keeps totals that are shown no more for the meter that comes after this one: it may have
    /// room for them, and must not show less.
    pub(crate) fn retire(&self, totals: Vec<(Series, Number)>) {
        *self.retired.lock() = totals;
    }

    /// What the meter says of itself.
    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    pub(crate) const fn metrics(&self) -> &'static [Metric] {
        self.metrics
    }

    /// What a collect that begins now shows. Nothing in a fork: nobody samples there, and the
    /// parent exports the same.
    fn begin(&self) -> Option<(Arc<Snapshot>, Instant)> {
        // Asks the system, so not in each callback.
        if self.is_forked() {
            return None;
        }
        self.telemetry.collected();
        Some((self.latest.load_full(), self.clock.now()))
    }

    /// What its metrics and the meter's own need.
    fn instruments(&self) -> impl Iterator<Item = Instrument> {
        let metrics = (0..self.metrics.len()).filter_map(|place| self.instrument(place));
        let own = telemetry::ROWS
            .iter()
            .enumerate()
            .map(|(place, row)| Instrument {
                name: row.name,
                kind: row.kind,
                unit: row.unit,
                description: row.description,
                shows: Shows::Telemetry(place),
            });
        metrics.chain(own)
    }

    /// The instrument of the metric at a place of its table.
    fn instrument(&self, place: usize) -> Option<Instrument> {
        let metric = self.metrics.get(place)?;
        Some(Instrument {
            name: if self.renamed == Some(place) {
                self.throttle.metric()
            } else {
                metric.name
            },
            kind: metric.kind,
            unit: metric.unit,
            description: metric.description,
            shows: Shows::Metric(place),
        })
    }

    /// Whether it has this instrument, which was made for a metric at that place of `table`.
    fn has(&self, instrument: &Instrument, table: &'static [Metric], place: usize) -> bool {
        // Each callback asks this, so texts are compared only where they can differ.
        if ptr::eq(self.metrics, table) && self.renamed != Some(place) {
            return true;
        }
        self.instrument(place).as_ref() == Some(instrument)
    }

    #[cfg(test)]
    fn panic_if_told(&self, fault: usize) {
        let left = |left: u64| left.checked_sub(1);
        let told = self.faults[fault].fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        assert!(told.is_err(), "a test had the catalogue's code panic");
    }

    #[cfg(test)]
    fn is_unpinned(&self) -> bool {
        self.unpinned.load(Ordering::Relaxed)
    }
}

/// An instrument, and what its callback shows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Instrument {
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    description: &'static str,
    shows: Shows,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    /// The metric at that place of that table, if the hub has it.
    Metric(usize),
    /// A row of the meter's own instruments.
    Telemetry(usize),
}

/// Makes one instrument, of a metric of `table` perhaps. The handle is empty: the provider keeps the
/// callback.
fn build(
    meter: &Meter,
    slot: &Arc<Slot>,
    ordinal: usize,
    instrument: Instrument,
    table: &'static [Metric],
) {
    /// One arm for each kind: the builder's name, and which numbers it takes.
    macro_rules! build {
        ($($kind:ident: $builder:ident, $number:ident;)*) => {
            match instrument.kind {
                $(Kind::$kind => {
                    let slot = Arc::clone(slot);
                    let _empty = meter
                        .$builder(instrument.name)
                        .with_unit(instrument.unit)
                        .with_description(instrument.description)
                        .with_callback(move |out| observe(&slot, ordinal, (&instrument, table), out, |number| match number {
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

fn observe<T>(
    slot: &Slot,
    ordinal: usize,
    (instrument, table): (&Instrument, &'static [Metric]),
    out: &dyn AsyncInstrument<T>,
    value: impl Fn(Number) -> Option<T>,
) {
    let hub = slot.hub();
    let Some(hub) = &*hub else { return };
    let mut show = |attributes: &[KeyValue], number| {
        if let Some(value) = value(number) {
            out.observe(value, attributes);
        }
    };
    // Also where nothing is shown: the last instrument may be one of those.
    pin::with(hub, ordinal, slot.last(), |snapshot, now| {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            hub.panic_if_told(0);
            match instrument.shows {
                Shows::Metric(place) => {
                    if hub.has(instrument, table, place) {
                        for (attributes, number) in snapshot.of(place, now) {
                            show(attributes, number);
                        }
                    }
                }
                Shows::Telemetry(place) => {
                    if let Some(row) = telemetry::ROWS.get(place) {
                        (row.show)(&hub.telemetry, now, &mut show);
                    }
                }
            }
        }));
        if outcome.is_err() {
            hub.telemetry.callback_panicked();
        }
    });
}

// They collect with an SDK whose locks are real.
#[cfg(test)]
#[cfg(not(shuttle))]
mod tests;
