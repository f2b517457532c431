//! State that outlives a session: totals, ages, dropped series, and devices seen before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use dcgm::{Samples, Timestamp};

use super::allocations::AllocationBook;
use super::cardinality::DropUnit;
use super::counters::Ledger;
use super::index::Pair;
use super::mute::{GpuValues, MuteGpus};
use super::snapshot::Series;
use crate::catalogue::Condition;

/// The last timestamp of a sample and the time at which it first appeared; an engine may repeat old
/// samples after a reconnect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age {
    pub(crate) timestamp: Timestamp,
    pub(crate) changed: Instant,
}

/// Ages of the samples that no table has.
#[derive(Debug, Default)]
pub(crate) struct Ages(HashMap<Pair, Age>);

impl Ages {
    /// Records a sample that appeared at `changed`. A timestamp that is known keeps its age.
    pub(crate) fn note(&mut self, pair: Pair, timestamp: Timestamp, changed: Instant) {
        let new = Age { timestamp, changed };
        let age = self.0.entry(pair).or_insert(new);
        if age.timestamp == timestamp {
            age.changed = age.changed.min(changed);
        } else if age.changed <= changed {
            *age = new;
        }
    }

    /// Takes the age of a sample out.
    pub(crate) fn take(&mut self, pair: Pair) -> Option<Age> {
        self.0.remove(&pair)
    }
}

/// State that a meter keeps across sessions with an engine.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) ledger: Ledger,
    /// Counters that the cap dropped; they stay dropped.
    pub(crate) dropped: BTreeSet<DropUnit>,
    /// Status series of each entity that was seen, by its `hw.id`.
    pub(crate) statuses: BTreeMap<Arc<str>, Vec<Status>>,
    pub(crate) ages: Ages,
    /// Time of the last change in the session before, on the same connection.
    pub(crate) changed: Option<Instant>,
    /// Last values of GPUs on the present connection, and the GPUs that have none while others do.
    pub(crate) gpu_values: GpuValues,
    pub(crate) mute: MuteGpus,
    /// `hw.id`s of entities that were paused or detached when last seen: if they vanish, they have
    /// not failed.
    pub(crate) planned: BTreeSet<Arc<str>>,
    /// `hw.id`s of lost or missing devices, so that each loss is counted once.
    pub(crate) lost: BTreeSet<Arc<str>>,
    /// Workloads that hold the entities; `None` without a source of allocations.
    pub(crate) allocations: Option<AllocationBook>,
    /// Largest number of monitored entities so far.
    entities: usize,
    /// Driver version of each entity, by its `hw.id`.
    drivers: BTreeMap<Arc<str>, Arc<str>>,
}

/// One status series, which outlives its entity.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) series: Series,
    pub(crate) unit: DropUnit,
    /// State that the series reports.
    pub(crate) state: Condition,
}

impl History {
    /// Makes a history that continues these totals.
    pub(crate) fn new(ledger: Ledger, allocations: Option<AllocationBook>) -> Self {
        Self {
            ledger,
            allocations,
            ..Self::default()
        }
    }

    /// Returns `true` if counters are divided among workloads.
    pub(crate) fn divides_counters(&self) -> bool {
        let mut book = self.allocations.iter();
        book.any(AllocationBook::divides_counters)
    }

    /// Records for each sample when its timestamp first appeared.
    pub(crate) fn note_ages(&mut self, samples: &Samples, now: Instant) {
        for sample in samples.iter().filter(|sample| sample.value.is_ok()) {
            let pair = (sample.entity, sample.field);
            self.ages.note(pair, sample.timestamp, now);
        }
    }

    /// Records driver versions. Counters of an entity with a new driver started at zero.
    pub(crate) fn note_drivers(&mut self, drivers: &BTreeMap<Arc<str>, Arc<str>>) {
        for (id, version) in drivers {
            let before = self.drivers.insert(Arc::clone(id), Arc::clone(version));
            if before.is_some_and(|before| before != *version) {
                self.ledger.restart_device(id);
            }
        }
    }

    /// Forgets what holds for one connection only.
    pub(crate) fn end_connection(&mut self) {
        // The next connection may be to another engine.
        self.changed = None;
        self.gpu_values = GpuValues::default();
        self.mute = MuteGpus::None;
    }

    /// Records the number of monitored entities; returns the largest so far, as series of entities
    /// that are gone stay.
    pub(crate) fn note_entities(&mut self, count: usize) -> usize {
        self.entities = self.entities.max(count);
        self.entities
    }

    /// Records lost or missing devices; returns those that were not lost before.
    pub(crate) fn note_lost(&mut self, lost: BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
        let new = lost.difference(&self.lost).cloned().collect();
        self.lost = lost;
        new
    }

    /// Runs `action` without any status of an entity, and with the same lost devices after it.
    pub(crate) fn without_losses<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> T {
        let (statuses, lost) = (std::mem::take(&mut self.statuses), self.lost.clone());
        let outcome = action(self);
        (self.statuses, self.lost) = (statuses, lost);
        outcome
    }

    /// Forgets a lost device; returns `false` if it is not lost.
    pub(crate) fn forget_device(&mut self, id: &str) -> bool {
        let is_lost = self.lost.remove(id);
        if is_lost {
            self.statuses.remove(id);
            self.drivers.remove(id);
            self.ledger.forget_device(id);
        }
        is_lost
    }

    /// Records a status series of an entity; `is_planned` if the entity is paused or detached.
    pub(crate) fn note_status(&mut self, id: &Arc<str>, status: Status, is_planned: bool) {
        if is_planned {
            self.planned.insert(Arc::clone(id));
        } else {
            self.planned.remove(id);
        }
        let known = self.statuses.entry(Arc::clone(id)).or_default();
        known.retain(|one| one.state != status.state);
        known.push(status);
    }
}
