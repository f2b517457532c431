//! [`OpenWatches`]: the watches over a connection.
//!
//! To the engine, a watcher is a connection: two watches over one connection on the same field of the
//! same entity are one. The last request sets interval and age, and the end of either ends both.
//! Therefore a request uses the shortest interval and the longest age of all watches that overlap with
//! it, and after the end of a watch the others are watched again
//! ([`OpenWatches::rewatch_overlapping`]).

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::connection::{EngineConnection, keep_disconnect};
use crate::entity::EntityId;
use crate::error::Result;
use crate::ffi::{GroupPair, Transport};
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::NoValue;

/// The interval and the age of samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchTimes {
    pub(super) interval: Duration,
    pub(super) keep_age: Duration,
}

/// A watch, with the groups that the engine holds for it.
#[derive(Debug)]
pub(super) struct Watched {
    /// The number of the watch, unique in this process.
    pub(super) number: u64,
    /// The number of the connection.
    pub(super) session: u64,
    pub(super) entities: Vec<EntityId>,
    pub(super) fields: Vec<FieldId>,
    pub(super) pairs: Vec<GroupPair>,
    pub(super) times: WatchTimes,
    /// The start time by the engine's clock; only for events.
    pub(super) began: Timestamp,
    /// Set when the watch was ended.
    pub(super) ended: Mutex<bool>,
}

impl Watched {
    /// Returns `true` if the watch has one of the fields of one of the entities.
    fn overlaps_with(&self, entities: &[EntityId], fields: &[FieldId]) -> bool {
        self.entities.iter().any(|entity| entities.contains(entity))
            && self.fields.iter().any(|field| fields.contains(field))
    }

    /// Passes every sample since a time to `take`. Returns the start of the next read, or `None` if the
    /// watch has no pair of groups.
    pub(super) fn read_since(
        &self,
        connection: &EngineConnection,
        from: Timestamp,
        scratch: &mut String,
        take: &mut dyn FnMut(Sample<'_>),
    ) -> Result<Option<Timestamp>> {
        let mut next: Option<Timestamp> = None;
        for pair in &self.pairs {
            let read_until = connection.read_since(*pair, from, scratch, &mut |sample| {
                // A pair without a new sample is reported by a sample without data.
                if sample.value != Err(NoValue::NoData) {
                    take(sample);
                }
            })?;
            // The earliest time, so that samples taken between the calls are not skipped.
            next = Some(next.map_or(read_until, |earlier| earlier.min(read_until)));
        }
        Ok(next)
    }
}

/// The watches over a connection, of all sessions that share it.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenWatches(Arc<Mutex<Vec<Arc<Watched>>>>);

/// The watches of the embedded engine, whose one connection all sessions share.
static EMBEDDED_WATCHES: LazyLock<OpenWatches> = LazyLock::new(OpenWatches::default);

impl OpenWatches {
    pub(super) fn over(transport: Transport) -> Self {
        match transport {
            Transport::Embedded => EMBEDDED_WATCHES.clone(),
            Transport::Tcp | Transport::Unix | Transport::Vsock => Self::default(),
        }
    }

    /// Returns the watches that are open now.
    pub(super) fn to_vec(&self) -> Vec<Arc<Watched>> {
        self.0.lock().clone()
    }

    pub(super) fn insert(&self, watched: Arc<Watched>) {
        self.0.lock().push(watched);
    }

    pub(super) fn remove(&self, watched: &Arc<Watched>) {
        self.0.lock().retain(|other| !Arc::ptr_eq(other, watched));
    }

    /// Returns the shortest interval and the longest age of the watches that overlap, since the last
    /// request sets both for all of them.
    pub(super) fn merge_times(
        &self,
        entities: &[EntityId],
        fields: &[FieldId],
        own: WatchTimes,
    ) -> WatchTimes {
        let watches = self.0.lock();
        let others = watches
            .iter()
            .filter(|other| other.overlaps_with(entities, fields));
        others.fold(own, |times, other| WatchTimes {
            interval: times.interval.min(other.times.interval),
            keep_age: times.keep_age.max(other.times.keep_age),
        })
    }

    /// Watches again what the watches share with one that was ended, since that ended theirs, too.
    pub(super) fn rewatch_overlapping(
        &self,
        connection: &EngineConnection,
        entities: &[EntityId],
        fields: &[FieldId],
    ) -> Result<()> {
        let mut outcome = Ok(());
        for other in self.to_vec() {
            if !other.overlaps_with(entities, fields) {
                continue;
            }
            let times = self.merge_times(&other.entities, &other.fields, other.times);
            for pair in &other.pairs {
                keep_disconnect(&mut outcome, watch_pair(connection, *pair, times));
            }
        }
        outcome
    }
}

#[cfg(feature = "admin")]
impl OpenWatches {
    /// Watches everything again, which the engine has forgotten. Returns the first error.
    pub(super) fn rewatch_all(&self, connection: &EngineConnection) -> Result<()> {
        let mut outcome = Ok(());
        for watched in self.to_vec() {
            let times = self.merge_times(&watched.entities, &watched.fields, watched.times);
            for pair in &watched.pairs {
                outcome = outcome.and(watch_pair(connection, *pair, times));
            }
        }
        outcome
    }
}

/// Watches a pair of groups.
pub(super) fn watch_pair(
    connection: &EngineConnection,
    pair: GroupPair,
    times: WatchTimes,
) -> Result<()> {
    connection.watch_fields(pair, times.interval, times.keep_age)
}

/// Returns the time of the engine, by a read of a pair that is watched.
pub(super) fn engine_time(connection: &EngineConnection, pair: GroupPair) -> Result<Timestamp> {
    let read_from = |from| {
        let mut text = String::new();
        connection.read_since(pair, from, &mut text, &mut |_| {})
    };
    let future = Timestamp::from_micros(i64::MAX / 2);
    match read_from(future)? {
        // An engine that returns the requested time itself gets a request for all samples.
        next if next >= future => read_from(Timestamp::NEVER),
        next => Ok(next),
    }
}
