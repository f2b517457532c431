//! What outlives a session with an engine: totals, how far events were read, what was dropped, and
//! who was there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use dcgm::{Cursor, EntityId, EntityKind, FieldId, Samples, Timestamp};

use crate::cardinality::DropUnit;
use crate::catalogue::Condition;
use crate::counters::Ledger;
use crate::snapshot::Series;

/// The memory of a meter.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) ledger: Ledger,
    /// The counters that were dropped for the cap.
    pub(crate) dropped: BTreeSet<DropUnit>,
    /// How far the events of each kind of entity were read.
    pub(crate) cursors: HashMap<EntityKind, Cursor>,
    /// The status series of each entity that was there, by its `hw.id`.
    pub(crate) statuses: BTreeMap<Arc<str>, Vec<Status>>,
    /// How old samples were when they were last seen: an engine may go on showing them.
    pub(crate) ages: HashMap<(EntityId, FieldId), (Timestamp, Instant)>,
    /// When anything last changed in the session that the next one replaces on the same connection.
    pub(crate) changed: Option<Instant>,
    /// The `hw.id`s of entities that were paused or detached when last seen: that they vanish is no
    /// failure.
    pub(crate) planned: BTreeSet<Arc<str>>,
    /// Those of them that are lost or gone.
    pub(crate) lost: BTreeSet<Arc<str>>,
    /// The version of each entity's driver, by its `hw.id`.
    drivers: BTreeMap<Arc<str>, Arc<str>>,
}

/// One status series, which outlives its entity.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) series: Series,
    pub(crate) unit: DropUnit,
    /// The state that it is about.
    pub(crate) state: Condition,
}

impl History {
    /// That goes on with these totals.
    pub(crate) fn with_ledger(ledger: Ledger) -> Self {
        Self {
            ledger,
            ..Self::default()
        }
    }

    /// Notes since when each of these samples is what it is.
    pub(crate) fn note_ages(&mut self, samples: &Samples, now: Instant) {
        for sample in samples.iter().filter(|sample| sample.value.is_ok()) {
            let key = (sample.entity, sample.field);
            let age = self.ages.entry(key).or_insert((sample.timestamp, now));
            if age.0 != sample.timestamp {
                *age = (sample.timestamp, now);
            }
        }
    }

    /// Notes the drivers. What another driver counts began at zero when it was loaded.
    pub(crate) fn note_drivers(&mut self, drivers: &BTreeMap<Arc<str>, Arc<str>>) {
        for (id, version) in drivers {
            let before = self.drivers.insert(Arc::clone(id), Arc::clone(version));
            if before.is_some_and(|before| before != *version) {
                self.ledger.restart_device(id);
            }
        }
    }

    /// Notes what is lost or gone; how much of it was not before.
    pub(crate) fn note_lost(&mut self, lost: BTreeSet<Arc<str>>) -> u64 {
        let new = lost.difference(&self.lost).count() as u64;
        self.lost = lost;
        new
    }

    /// Notes a status series of an entity, and whether that was paused or detached.
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
