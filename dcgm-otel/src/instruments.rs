//! Instruments, made once for each provider, and the slot through which a meter feeds them.
//!
//! An observable instrument cannot be taken back: its callback lives as long as the provider. So
//! the callbacks own a [`Slot`], and a meter puts its [`Hub`] there and takes it out when it ends.
//! A meter that comes later to the same provider finds the slot and makes no instruments of its
//! own.
//!
//! A callback runs on the thread that exports, and one that panics or waits would end or stall
//! every metric of the process. It reads a snapshot and does nothing else: no call into DCGM, no
//! lock, no allocation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use arc_swap::{ArcSwap, ArcSwapOption};
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{AsyncInstrument, Meter, MeterProvider};
use parking_lot::Mutex;

use crate::catalogue::{CATALOGUE, Kind, Metric};
use crate::clock::Clock;
use crate::snapshot::{Number, Series, Snapshot};

/// The conventions that the names follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

/// What a meter shows. Data only: whoever drops it last, an exporting thread perhaps, waits for
/// nothing.
#[derive(Debug)]
pub(crate) struct Hub {
    id: u64,
    latest: ArcSwap<Snapshot>,
    clock: Clock,
    collections: AtomicU64,
    callback_panics: AtomicU64,
}

impl Hub {
    pub(crate) fn new(clock: Clock) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            latest: ArcSwap::from_pointee(Snapshot::empty()),
            clock,
            collections: AtomicU64::new(0),
            callback_panics: AtomicU64::new(0),
        }
    }

    /// Shows a snapshot from now on, and gives the one before back.
    pub(crate) fn publish(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        self.latest.swap(snapshot)
    }

    /// How often a reader has collected.
    pub(crate) fn collections(&self) -> u64 {
        self.collections.load(Ordering::Relaxed)
    }

    /// How many callbacks have panicked.
    pub(crate) fn callback_panics(&self) -> u64 {
        self.callback_panics.load(Ordering::Relaxed)
    }
}

/// Where the callbacks of one provider look for what to show.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    hub: ArcSwapOption<Hub>,
    /// What the meters before the present one have shown last. A total that began at zero again
    /// before the next collect would be a decrease, on which some builds of the SDK panic.
    totals: Mutex<HashMap<Series, Number>>,
}

impl Slot {
    /// Puts a hub in. `false` if another is there.
    fn occupy(&self, hub: &Arc<Hub>) -> bool {
        let before = self
            .hub
            .compare_and_swap(&None::<Arc<Hub>>, Some(Arc::clone(hub)));
        before.is_none()
    }

    /// Takes the hub out: its series are gone at the next collect.
    pub(crate) fn vacate(&self) {
        // Locked before the slot is free: who comes next asks for the totals, and waits for these.
        let mut totals = self.totals.lock();
        if let Some(hub) = self.hub.swap(None) {
            note(&mut totals, &hub);
        }
    }

    /// Notes what a hub that was taken out shows now. Its thread may have published once more
    /// before it ended, and a collect that was under way may have shown that.
    pub(crate) fn note(&self, hub: &Hub) {
        note(&mut self.totals.lock(), hub);
    }

    /// Where the totals of a new meter begin.
    pub(crate) fn totals(&self) -> HashMap<Series, Number> {
        self.totals.lock().clone()
    }
}

fn note(totals: &mut HashMap<Series, Number>, hub: &Hub) {
    let snapshot = hub.latest.load();
    totals.extend(
        snapshot
            .totals()
            .map(|(series, number)| (series.clone(), number)),
    );
}

/// What keeps the instruments of a meter in place.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) slot: Arc<Slot>,
    /// Kept so that no other provider's meter comes to lie at the same address.
    _meter: Meter,
}

/// Has a provider show a hub. `None` if it shows another already.
pub(crate) fn install<P: MeterProvider + ?Sized>(
    provider: &P,
    hub: &Arc<Hub>,
) -> Option<Installed> {
    static SLOTS: Mutex<Option<HashMap<usize, Weak<Slot>>>> = Mutex::new(None);

    let scope = InstrumentationScope::builder("dcgm-otel")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build();
    let meter = provider.meter_with_scope(scope);
    let address = address_of(&meter);
    let (slot, new) = {
        let mut slots = SLOTS.lock();
        let slots = slots.get_or_insert_default();
        slots.retain(|_, slot| slot.strong_count() > 0);
        if let Some(slot) = slots.get(&address).and_then(Weak::upgrade) {
            (slot, false)
        } else {
            let slot = Arc::new(Slot::default());
            slots.insert(address, Arc::downgrade(&slot));
            (slot, true)
        }
    };
    if !slot.occupy(hub) {
        return None;
    }
    // Without the lock: while somebody collects, this waits for the callbacks.
    if new {
        for (ordinal, metric) in CATALOGUE.iter().enumerate() {
            build(&meter, ordinal, metric, &slot);
        }
    }
    Some(Installed {
        slot,
        _meter: meter,
    })
}

/// What tells a provider's meter of our scope from all others, without registering anything with
/// it.
fn address_of(meter: &Meter) -> usize {
    let probe = meter.f64_observable_gauge("probe");
    ptr::from_ref(probe.instrument_provider).cast::<()>().addr()
}

/// Makes one instrument. The handle is empty: the provider keeps the callback.
fn build(meter: &Meter, ordinal: usize, metric: &Metric, slot: &Arc<Slot>) {
    /// One arm for each kind: the builder's name, and which numbers it takes.
    macro_rules! build {
        ($($kind:ident: $builder:ident, $number:ident;)*) => {
            match metric.kind {
                $(Kind::$kind => {
                    let slot = Arc::clone(slot);
                    let _empty = meter
                        .$builder(metric.name)
                        .with_unit(metric.unit)
                        .with_description(metric.description)
                        .with_callback(move |out| observe(&slot, ordinal, out, |number| match number {
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
    out: &dyn AsyncInstrument<T>,
    value: impl Fn(Number) -> Option<T>,
) {
    let hub = slot.hub.load();
    let Some(hub) = &*hub else { return };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (snapshot, now) = pin(hub, ordinal);
        for (attributes, number) in snapshot.of(ordinal, now) {
            if let Some(value) = value(number) {
                out.observe(value, attributes);
            }
        }
    }));
    if outcome.is_err() {
        hub.callback_panics.fetch_add(1, Ordering::Relaxed);
    }
}

/// The snapshot that all instruments of one collect show.
#[derive(Debug)]
struct Pin {
    hub: u64,
    ordinal: usize,
    snapshot: Arc<Snapshot>,
    now: Instant,
}

/// The snapshot of the collect that this callback is part of.
///
/// The SDK does not say when a collect begins. But it runs the callbacks one after another, in the
/// order in which they were registered and on one thread: an ordinal that is not above the last one
/// begins another.
fn pin(hub: &Hub, ordinal: usize) -> (Arc<Snapshot>, Instant) {
    thread_local! {
        static PIN: RefCell<Option<Pin>> = const { RefCell::new(None) };
    }

    let begin = || {
        hub.collections.fetch_add(1, Ordering::Relaxed);
        (hub.latest.load_full(), hub.clock.now())
    };
    let pinned = PIN.try_with(|pin| {
        let mut pin = pin.try_borrow_mut().ok()?;
        let (snapshot, now) = match pin.take() {
            Some(pin) if pin.hub == hub.id && pin.ordinal < ordinal => (pin.snapshot, pin.now),
            _ => begin(),
        };
        // Not kept beyond the last instrument, so that the memory can be used again.
        if ordinal + 1 < CATALOGUE.len() {
            *pin = Some(Pin {
                hub: hub.id,
                ordinal,
                snapshot: Arc::clone(&snapshot),
                now,
            });
        }
        Some((snapshot, now))
    });
    // A thread that is ending has no such storage any more.
    pinned.ok().flatten().unwrap_or_else(begin)
}

#[cfg(test)]
mod tests;
