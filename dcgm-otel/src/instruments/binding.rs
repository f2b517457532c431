//! The binding of one provider and scope: state that outlives a meter.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use opentelemetry::metrics::Meter;

use super::sync::{ArcSwapOption, AtomicUsize, Guard, Mutex, Ordering};
use super::{Instrument, MeterFeed};
use crate::catalogue::Metric;
use crate::pipeline::snapshot::{Number, Series};
use crate::telemetry::Counts;

/// The feed that the callbacks of one provider and scope read.
#[derive(Debug, Default)]
pub(crate) struct ProviderBinding {
    feed: ArcSwapOption<MeterFeed>,
    /// In the order of registration; the index here is the callback's ordinal.
    instruments: Mutex<Vec<Registered>>,
    /// Number of instruments, for callbacks, which take no lock.
    registered: AtomicUsize,
    /// Totals that meters before the present one exported last, by metric name, as tables differ. A
    /// total that began at zero again before the next collect would be a decrease, on which some
    /// builds of the SDK panic.
    totals: Mutex<HashMap<(&'static str, Series), Number>>,
    /// Self-metrics, summed over all its meters.
    counts: Arc<Counts>,
}

/// An instrument that the provider has.
#[derive(Clone, Debug)]
struct Registered {
    instrument: Instrument,
    absence: Arc<Absence>,
}

/// Set by a collect that found no meter, which ends the stream of an instrument: a delta reader would
/// report a total that continues from before as growth.
#[derive(Debug, Default)]
pub(super) struct Absence(AtomicUsize);

impl Absence {
    pub(super) fn record(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// Returns `true` if it was recorded since the last call.
    fn take(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) != 0
    }
}

impl ProviderBinding {
    /// Attaches a feed; returns `false` if another is attached.
    pub(super) fn attach_feed(&self, feed: &Arc<MeterFeed>) -> bool {
        // A meter that the parent of this process installed exists in the parent only.
        let inherited = self.feed.load_full().filter(|feed| feed.is_forked());
        if let Some(inherited) = inherited {
            self.detach_feed(&inherited);
        }
        let before = self
            .feed
            .compare_and_swap(&None::<Arc<MeterFeed>>, Some(Arc::clone(feed)));
        before.is_none()
    }

    /// Detaches `feed` if it is attached: its series are gone at the next collect, and a collect
    /// that is under way sees nothing newer from it.
    pub(super) fn detach_feed(&self, feed: &Arc<MeterFeed>) {
        // Locked before the binding is free: the next meter asks for the totals and waits for these.
        let forked = feed.is_forked();
        let totals = if forked {
            // The holder of the lock may be a thread of the parent.
            self.totals.try_lock()
        } else {
            Some(self.totals.lock())
        };
        let own = Some(Arc::clone(feed));
        let before = self.feed.compare_and_swap(&own, None);
        if !before
            .as_ref()
            .is_some_and(|before| Arc::ptr_eq(before, feed))
        {
            return;
        }
        let last = if forked {
            feed.latest_snapshot()
        } else {
            feed.close_feed()
        };
        let Some(mut totals) = totals else { return };
        let retired = if forked {
            feed.retired.try_lock()
        } else {
            Some(feed.retired.lock())
        };
        let retired = retired.map(|mut retired| std::mem::take(&mut *retired));
        for (series, number) in retired.unwrap_or_default() {
            if let Some(metric) = feed.metrics().get(series.metric) {
                totals.insert((metric.name, series), number);
            }
        }
        for (series, number) in last.counter_totals(feed.metrics()) {
            if let Some(metric) = feed.metrics().get(series.metric) {
                totals.insert((metric.name, series.clone()), number);
            }
        }
    }

    /// Returns the attached feed.
    pub(super) fn feed(&self) -> Guard<Option<Arc<MeterFeed>>> {
        self.feed.load()
    }

    /// Returns the counts of all its meters.
    pub(super) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Returns the ordinal of the last instrument.
    pub(crate) fn last_ordinal(&self) -> usize {
        self.registered.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Returns the totals at which a new meter with these metrics begins. A total whose instrument was
    /// collected without a meter begins at zero again.
    pub(crate) fn last_totals(&self, metrics: &[Metric]) -> HashMap<Series, Number> {
        let mut ended = HashSet::new();
        for registered in &*self.instruments.lock() {
            if registered.absence.take() {
                ended.insert(registered.instrument.metric);
            }
        }
        let mut totals = self.totals.lock();
        totals.retain(|(name, _), _| !ended.contains(&Some(*name)));
        // A custom metric can have another place in the table of each configuration.
        let places = metrics.iter().zip(0..);
        let places: HashMap<&str, usize> = places.map(|(metric, at)| (metric.name, at)).collect();
        let moved = std::mem::take(&mut *totals).into_iter();
        let moved = moved.map(|((name, mut series), number)| {
            series.metric = places.get(name).copied().unwrap_or(series.metric);
            ((name, series), number)
        });
        *totals = moved.collect();
        let mine = totals.iter().filter(|((name, series), _)| {
            let metric = metrics.get(series.metric);
            metric.is_some_and(|metric| metric.name == *name)
        });
        mine.map(|((_, series), number)| (series.clone(), *number))
            .collect()
    }

    /// Makes the instruments that `feed` needs and that do not exist yet.
    ///
    /// Only the meter that is attached calls this, so never two at a time. No lock is held while an
    /// instrument is made: during a collect that waits for the callbacks.
    pub(super) fn register_instruments(self: &Arc<Self>, meter: &Meter, feed: &MeterFeed) {
        for instrument in feed.list_instruments() {
            let absence = Arc::new(Absence::default());
            let ordinal = {
                let mut instruments = self.instruments.lock();
                if instruments
                    .iter()
                    .any(|known| known.instrument == instrument)
                {
                    continue;
                }
                let ordinal = instruments.len();
                instruments.push(Registered {
                    instrument,
                    absence: Arc::clone(&absence),
                });
                // Before the instrument exists: a collect in between would take the instrument
                // before it for the last one and switch to another snapshot there.
                self.registered.store(instruments.len(), Ordering::Relaxed);
                ordinal
            };
            let callback = (ordinal, absence);
            super::build_instrument(meter, self, callback, instrument, feed.metrics());
        }
    }

    /// Returns `true` if no thread holds one of its locks. In a fork such a lock is never released.
    pub(super) fn is_unlocked(&self) -> bool {
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
        let instruments = self.instruments.lock();
        instruments.iter().map(|known| known.instrument).collect()
    }
}
