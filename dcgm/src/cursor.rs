//! [`Cursor`]: the position up to which events were read.

use std::time::Duration;

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::Value;

/// The position up to which the events of each entity were read, so that
/// [`Client::events`](crate::Client::events) returns each event once.
///
/// Each entity has its own position. If an entity disappears for a while or is not watched, reading
/// continues at its position later; events that the engine has discarded by then are lost.
///
/// The engine can insert a sample late, with a timestamp before the previous read: an XID has the
/// timestamp of the kernel, but an engine whose event thread was held up records it seconds later.
/// Each read therefore starts before the end of the previous one, by [`EVENT_OVERLAP`](Self::EVENT_OVERLAP) for
/// fields of events and by [`OVERLAP`](Self::OVERLAP) for others, and skips the samples that were
/// already returned.
///
/// An engine that was restarted reads the kernel log again, and its timestamps of the same events
/// differ by some microseconds. Therefore, on a new connection, the cursor skips an event if one with
/// the same code was already returned and the timestamps differ by at most
/// [`RESTART_TOLERANCE`](Self::RESTART_TOLERANCE).
///
/// The engine's clock can be stepped. If the engine reports a time before the start of a read, the
/// clock went back. The next read then starts before the reported time, by
/// [`STEP_BACK`](Self::STEP_BACK) or by the time between two reads, whichever is longer. Events with timestamps before the start
/// of the next read are lost. The latest 1024 returned events are never returned twice.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::time::Duration;
/// use dcgm::mock::{Clock, Mock, Model};
/// use dcgm::{Client, Cursor, EntityId, FieldId, Samples, WatchRequest};
///
/// let clock = Clock::manual();
/// let mock = Mock::builder().model("1xl4".parse::<Model>().unwrap()).clock(clock.clone()).build();
/// mock.connect()?;
/// let gpu = EntityId::gpu(0);
/// let watch = mock.watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))?;
/// let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
/// mock.events(&watch, &mut cursor, &mut samples)?;
///
/// clock.advance(Duration::from_secs(10));
/// mock.push_event(gpu, FieldId::XID_ERRORS, 79);
/// mock.events(&watch, &mut cursor, &mut samples)?;
/// assert_eq!(samples.iter().count(), 1);
/// // Each event is returned once.
/// mock.events(&watch, &mut cursor, &mut samples)?;
/// assert_eq!(samples.iter().count(), 0);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Cursor {
    /// The start for entities that were not read before; `None` for the start of their watch.
    start: Option<Timestamp>,
    /// Sorted by entity.
    positions: Vec<Position>,
    /// The returned samples that a read could return again, oldest first.
    seen: Vec<Seen>,
    /// The number of the connection of the last read.
    connection: u64,
}

/// The position of one entity.
#[derive(Clone, Copy, Debug)]
struct Position {
    entity: EntityId,
    /// The start of the next read, without the overlap.
    next: Timestamp,
    /// The start of the previous read, or of an earlier one if the clock has not moved since.
    before: Timestamp,
    /// Samples before this are never returned.
    floor: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    entity: EntityId,
    field: FieldId,
    timestamp: Timestamp,
    bits: u64,
    /// The connection that returned it last.
    connection: u64,
}

/// The number of returned samples that are remembered although they are older than the overlap, in
/// case the clock goes back.
const MAX_OLD: usize = 1024;

/// The number of returned samples that are remembered in total. An engine with more samples within the
/// overlap, or in the future, can return one twice.
const MAX_SEEN: usize = 8192;

impl Cursor {
    /// The overlap of a read with the previous one: 2 s.
    pub const OVERLAP: Duration = Duration::from_secs(2);

    /// The overlap for fields of events, which can arrive late: 5 min.
    pub const EVENT_OVERLAP: Duration = Duration::from_secs(300);

    /// The maximum difference of the timestamps of an event before and after a restart of the engine:
    /// 1 s. On a new connection, an event within this time of a returned one with the same code is not
    /// returned again.
    pub const RESTART_TOLERANCE: Duration = Duration::from_secs(1);

    /// The minimum time that a read covers before the current time after the clock was stepped back:
    /// 60 s.
    pub const STEP_BACK: Duration = Duration::from_secs(60);

    /// Creates a cursor. The first read of each entity begins at the start of the watch that is passed
    /// to that read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a cursor that begins at the time `floor` of the engine's clock. With
    /// [`Timestamp::NEVER`], the first read returns all samples that the engine still has.
    #[must_use]
    pub fn starting_at(floor: Timestamp) -> Self {
        Self {
            start: Some(floor),
            ..Self::default()
        }
    }

    /// Returns the time up to which `entity` was read; `None` before its first read. The next read
    /// starts earlier, by the overlap.
    #[must_use]
    pub fn position(&self, entity: EntityId) -> Option<Timestamp> {
        self.find_position(entity).map(|position| position.next)
    }

    /// Returns the time from which the next read of `entities` and `fields` has to return samples. For
    /// implementors of [`Client`](crate::Client): call this method before each read. `watch_began` is
    /// the start of the watch, and `connection` a number that differs for each connection to an engine.
    pub fn begin_read(
        &mut self,
        (entities, fields): (&[EntityId], &[FieldId]),
        watch_began: Timestamp,
        connection: u64,
    ) -> Timestamp {
        self.connection = connection;
        let overlap = fields.iter().map(|field| overlap_of(*field)).max();
        let overlap = overlap.unwrap_or(Self::OVERLAP);
        let start = self.start.unwrap_or(watch_began);
        let mut from: Option<Timestamp> = None;
        for entity in entities {
            let found = self
                .positions
                .binary_search_by_key(entity, |one| one.entity);
            let at = found.unwrap_or_else(|at| {
                let position = Position {
                    entity: *entity,
                    next: start,
                    before: start,
                    floor: start,
                };
                self.positions.insert(at, position);
                at
            });
            if let Some(position) = self.positions.get(at) {
                let read_start = position.read_start(overlap);
                from = Some(from.map_or(read_start, |first| first.min(read_start)));
            }
        }
        from.unwrap_or(start).max(Timestamp::NEVER)
    }

    /// Returns `true` if `sample` has to be returned: it is not before the start of the read, and was
    /// not returned before. For implementors of [`Client`](crate::Client). Only
    /// [`commit`](Self::commit) records that the sample was returned.
    #[must_use]
    pub fn is_new(&mut self, sample: &Sample<'_>) -> bool {
        let overlap = overlap_of(sample.field);
        let since = |position: &Position| position.floor.max(position.read_start(overlap));
        let since = match self.find_position(sample.entity) {
            Some(position) => since(position),
            // An entity that was not requested.
            None => self.positions.iter().map(since).min().unwrap_or_default(),
        };
        sample.timestamp >= since && !self.was_returned(&Seen::new(sample, self.connection))
    }

    /// Returns `true` if a sample was returned before.
    fn was_returned(&mut self, sample: &Seen) -> bool {
        if let Some(same) = self.seen.iter_mut().find(|seen| seen.is_same(sample)) {
            same.connection = sample.connection;
            return true;
        }
        // Each returned event stands for one event of the new engine.
        let mut others = self.seen.iter_mut();
        let alike = others.find(|seen| seen.is_same_event(sample));
        alike.map(|seen| *seen = *sample).is_some()
    }

    /// Records that `entities` were read at the time `now` of the engine's clock, and that `new` were
    /// the new samples. For implementors of [`Client`](crate::Client).
    pub fn commit<'a>(
        &mut self,
        entities: &[EntityId],
        new: impl Iterator<Item = Sample<'a>>,
        now: Timestamp,
    ) {
        let connection = self.connection;
        self.seen
            .extend(new.map(|sample| Seen::new(&sample, connection)));
        // Engines report 0 if they do not know the time.
        if now > Timestamp::NEVER {
            let read = |position: &&mut Position| entities.contains(&position.entity);
            let mut stepped = false;
            for position in self.positions.iter_mut().filter(read) {
                if now < position.read_start(Self::OVERLAP) {
                    stepped = true;
                } else {
                    // The engine may report the same time again.
                    if now > position.next {
                        position.before = position.next;
                    }
                    position.next = now;
                }
            }
            // The clock is the same for entities that were not part of this read.
            if stepped {
                let ahead = |position: &&mut Position| now < position.read_start(Self::OVERLAP);
                for position in self.positions.iter_mut().filter(ahead) {
                    position.step_back(now);
                }
            }
        }
        self.forget_old();
    }

    fn find_position(&self, entity: EntityId) -> Option<&Position> {
        let found = self
            .positions
            .binary_search_by_key(&entity, |one| one.entity);
        self.positions.get(found.ok()?)
    }

    /// Removes returned samples that no read can return again, within the two limits.
    fn forget_old(&mut self) {
        let positions = &self.positions;
        let is_old = |seen: &Seen| {
            let found = positions.binary_search_by_key(&seen.entity, |one| one.entity);
            let position = found.ok().and_then(|at| positions.get(at));
            let overlap = overlap_of(seen.field);
            position.is_none_or(|position| seen.timestamp < position.read_start(overlap))
        };
        let old = self.seen.iter().filter(|seen| is_old(seen)).count();
        let mut too_old = old.saturating_sub(MAX_OLD);
        if too_old > 0 {
            self.seen.retain(|seen| {
                let is_removed = too_old > 0 && is_old(seen);
                too_old -= usize::from(is_removed);
                !is_removed
            });
        }
        let too_many = self.seen.len().saturating_sub(MAX_SEEN);
        self.seen.drain(..too_many);
    }
}

impl Position {
    /// Returns the start of the next read.
    fn read_start(&self, overlap: Duration) -> Timestamp {
        subtract_duration(self.next, overlap)
    }

    /// Moves the position back after the clock was stepped back to `now`.
    fn step_back(&mut self, now: Timestamp) {
        let gap = self.next.since(self.before).min(Duration::from_secs(3600));
        let start = subtract_duration(now, gap.max(Cursor::STEP_BACK)).min(self.before);
        self.floor = self.floor.min(start);
        (self.next, self.before) = (start, start);
    }
}

/// Returns the overlap of two reads of a field.
fn overlap_of(field: FieldId) -> Duration {
    if field.is_event() {
        Cursor::EVENT_OVERLAP
    } else {
        Cursor::OVERLAP
    }
}

fn subtract_duration(time: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_sub(by))
}

/// `clone_from` reuses the memory, so that a copy for each read does not allocate.
impl Clone for Cursor {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, source: &Self) {
        self.start = source.start;
        self.positions.clone_from(&source.positions);
        self.seen.clone_from(&source.seen);
        self.connection = source.connection;
    }
}

impl Seen {
    fn new(sample: &Sample<'_>, connection: u64) -> Self {
        let bits = match sample.value {
            Ok(Value::Int(value)) => u64::from_ne_bytes(value.to_ne_bytes()),
            Ok(Value::Double(value)) => value.to_bits(),
            Ok(Value::Text(text)) => fnv1a_hash(text.as_bytes()),
            // The bytes beyond the used ones are arbitrary.
            Ok(Value::Blob(_)) => 0,
            Err(_) => u64::MAX,
        };
        Self {
            entity: sample.entity,
            field: sample.field,
            timestamp: sample.timestamp,
            bits,
            connection,
        }
    }

    /// Returns `true` if both are the same sample.
    fn is_same(&self, other: &Self) -> bool {
        self.is_alike(other) && self.timestamp == other.timestamp
    }

    /// Returns `true` if both are the same event, returned over two connections.
    fn is_same_event(&self, later: &Self) -> bool {
        let (one, other) = (self.timestamp, later.timestamp);
        let apart = one.since(other).max(other.since(one));
        self.is_alike(later)
            && self.field.is_event()
            && self.connection != later.connection
            && apart <= Cursor::RESTART_TOLERANCE
    }

    fn is_alike(&self, other: &Self) -> bool {
        (self.entity, self.field, self.bits) == (other.entity, other.field, other.bits)
    }
}

/// The FNV-1a hash, which distinguishes texts of one field with the same timestamp.
fn fnv1a_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
