//! State that outlives a session: totals, event cursors, dropped series, and devices seen before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use dcgm::{Cursor, EntityId, EntityKind, FieldId, Samples, Timestamp};

use crate::cardinality::DropUnit;
use crate::catalogue::Condition;
use crate::counters::Ledger;
use crate::mute::{GpuValues, MuteGpus};
use crate::snapshot::Series;

/// State that a meter keeps across sessions with an engine.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) ledger: Ledger,
    /// Counters that the cap dropped; they stay dropped.
    pub(crate) dropped: BTreeSet<DropUnit>,
    /// Event cursor of each kind of entity.
    pub(crate) cursors: HashMap<EntityKind, Cursor>,
    /// Status series of each entity that was seen, by its `hw.id`.
    pub(crate) statuses: BTreeMap<Arc<str>, Vec<Status>>,
    /// Timestamp of each sample and the time at which it first appeared; an engine may repeat old
    /// samples after a reconnect.
    pub(crate) ages: HashMap<(EntityId, FieldId), (Timestamp, Instant)>,
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
    pub(crate) fn with_ledger(ledger: Ledger) -> Self {
        Self {
            ledger,
            ..Self::default()
        }
    }

    /// Records for each sample when its timestamp first appeared.
    pub(crate) fn note_ages(&mut self, samples: &Samples, now: Instant) {
        for sample in samples.iter().filter(|sample| sample.value.is_ok()) {
            let key = (sample.entity, sample.field);
            let age = self.ages.entry(key).or_insert((sample.timestamp, now));
            if age.0 != sample.timestamp {
                *age = (sample.timestamp, now);
            }
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
