//! The place of a meter on a provider: what outlives the meter there.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};

use super::slots::Slots;
use super::sync::{ArcSwapOption, AtomicUsize, Guard, Mutex, Ordering};
use super::{Hub, Instrument};
use crate::catalogue::Metric;
use crate::snapshot::{Number, Series};
use crate::telemetry::Counts;

/// The name of the scope that the instruments are in.
pub(crate) const SCOPE: &str = "dcgm-otel";

/// The conventions that the names follow.
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// Where the callbacks of one provider and scope look for what to show.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    hub: ArcSwapOption<Hub>,
    /// In the order in which they were registered: a place here is a callback's ordinal.
    instruments: Mutex<Vec<Instrument>>,
    /// How many instruments there are, for callbacks, which take no lock.
    registered: AtomicUsize,
    /// What the meters before the present one have shown last, by metric: tables differ. A total
    /// that began at zero again before the next collect would be a decrease, on which some builds
    /// of the SDK panic.
    totals: Mutex<HashMap<(&'static str, Series), Number>>,
    /// What all its meters have counted of themselves.
    counts: Arc<Counts>,
}

impl Slot {
    /// Puts a hub in. `false` if another is there.
    pub(super) fn occupy(&self, hub: &Arc<Hub>) -> bool {
        // A meter that the parent of this process has installed lives there only.
        let inherited = self.hub.load_full().filter(|hub| hub.is_forked());
        if let Some(inherited) = inherited {
            self.vacate(&inherited);
        }
        let before = self
            .hub
            .compare_and_swap(&None::<Arc<Hub>>, Some(Arc::clone(hub)));
        before.is_none()
    }

    /// Takes the hub out, if it is there: its series are gone at the next collect, and from here on
    /// it shows nothing newer to a collect that is under way.
    pub(super) fn vacate(&self, hub: &Arc<Hub>) {
        // Locked before the slot is free: who comes next asks for the totals, and waits for these.
        let forked = hub.is_forked();
        let totals = if forked {
            // Whoever holds it may not be in this process.
            self.totals.try_lock()
        } else {
            Some(self.totals.lock())
        };
        let own = Some(Arc::clone(hub));
        let before = self.hub.compare_and_swap(&own, None);
        if !before
            .as_ref()
            .is_some_and(|before| Arc::ptr_eq(before, hub))
        {
            return;
        }
        let last = if forked { hub.shown() } else { hub.close() };
        let Some(mut totals) = totals else { return };
        let retired = if forked {
            hub.retired.try_lock()
        } else {
            Some(hub.retired.lock())
        };
        let retired = retired.map(|mut retired| std::mem::take(&mut *retired));
        for (series, number) in retired.unwrap_or_default() {
            if let Some(metric) = hub.metrics().get(series.metric) {
                totals.insert((metric.name, series), number);
            }
        }
        for (series, number) in last.totals(hub.metrics()) {
            if let Some(metric) = hub.metrics().get(series.metric) {
                totals.insert((metric.name, series.clone()), number);
            }
        }
    }

    /// What is shown at present.
    pub(super) fn hub(&self) -> Guard<Option<Arc<Hub>>> {
        self.hub.load()
    }

    /// The ordinal of the last instrument.
    pub(crate) fn last(&self) -> usize {
        self.registered.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Where the totals of a new meter with these metrics begin.
    pub(crate) fn totals(&self, metrics: &[Metric]) -> HashMap<Series, Number> {
        let totals = self.totals.lock();
        let mine = totals.iter().filter(|((name, series), _)| {
            let metric = metrics.get(series.metric);
            metric.is_some_and(|metric| metric.name == *name)
        });
        mine.map(|((_, series), number)| (series.clone(), *number))
            .collect()
    }

    /// Makes the instruments that the hub needs and that are not there yet.
    ///
    /// Only whoever occupies the slot calls this, so that no two do at the same time. No lock is
    /// held while an instrument is made: during a collect that waits for the callbacks.
    pub(super) fn register(self: &Arc<Self>, meter: &Meter, hub: &Hub) {
        for instrument in hub.instruments() {
            let ordinal = {
                let mut instruments = self.instruments.lock();
                if instruments.contains(&instrument) {
                    continue;
                }
                let ordinal = instruments.len();
                instruments.push(instrument);
                // Before the instrument is there: a collect that came in between would take the
                // one before it for the last, and show another snapshot from here on.
                self.registered.store(instruments.len(), Ordering::Relaxed);
                ordinal
            };
            super::build(meter, self, ordinal, instrument, hub.metrics());
        }
    }

    /// Whether nobody holds a lock of it. In a fork nobody would ever give it back.
    pub(super) fn is_free(&self) -> bool {
        self.instruments.try_lock().is_some() && self.totals.try_lock().is_some()
    }

    #[cfg(test)]
    pub(super) fn while_held(&self, number: usize, act: impl FnOnce()) {
        let _held = (
            (number == 0).then(|| self.instruments.lock()),
            (number == 1).then(|| self.totals.lock()),
        );
        act();
    }

    #[cfg(test)]
    pub(super) fn registered(&self) -> Vec<Instrument> {
        self.instruments.lock().clone()
    }
}

/// A slot of a provider, found or made.
#[derive(Debug)]
pub(crate) struct Place {
    slot: Arc<Slot>,
    /// Kept so that no other provider's meter comes to lie at the same address.
    meter: Meter,
}

impl Place {
    /// The provider's slot for meters of this name, or for those without one.
    pub(crate) fn on<P: MeterProvider + ?Sized>(provider: &P, instance: Option<&str>) -> Self {
        let name =
            instance.map(|name| KeyValue::new("dcgm.meter.instance", Arc::<str>::from(name)));
        let scope = InstrumentationScope::builder(SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA_URL)
            .with_attributes(name)
            .build();
        let meter = provider.meter_with_scope(scope);
        let address = address_of(&meter);
        let slot = Slots::here().at(address);
        Self { slot, meter }
    }

    /// What the meters in this place have counted of themselves.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.slot.counts)
    }

    /// Has the provider show a hub here. `None` if it shows another already.
    pub(crate) fn install(self, hub: Arc<Hub>) -> Option<Installed> {
        if !self.slot.occupy(&hub) {
            return None;
        }
        // From here on the slot is vacated whatever happens, should the provider panic.
        let installed = Installed {
            slot: self.slot,
            hub,
            meter: self.meter,
        };
        installed.slot.register(&installed.meter, &installed.hub);
        Some(installed)
    }
}

/// What tells a provider's meter of a scope from all others, without registering anything with it.
fn address_of(meter: &Meter) -> usize {
    let probe = meter.f64_observable_gauge("probe");
    ptr::from_ref(probe.instrument_provider).cast::<()>().addr()
}

/// A hub in its slot, which it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) slot: Arc<Slot>,
    pub(crate) hub: Arc<Hub>,
    /// Kept as in [`Place`].
    meter: Meter,
}

impl Installed {
    /// Shows nothing from now on.
    pub(crate) fn vacate(&self) {
        self.slot.vacate(&self.hub);
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        self.vacate();
    }
}
