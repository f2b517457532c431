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
/// The engine can insert a sample late, with a timestamp before the previous read. Each read therefore
/// starts [`OVERLAP`](Self::OVERLAP) before the end of the previous one and skips the samples that
/// were already returned.
///
/// The engine's clock can be stepped. If the engine reports a time before the start of a read, the
/// clock went back: the next read then starts at least [`STEP_BACK`](Self::STEP_BACK) before the
/// reported time, and earlier if the reads are further apart. Events with timestamps before the start
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

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    entity: EntityId,
    field: FieldId,
    timestamp: Timestamp,
    bits: u64,
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

    /// The minimum time that a read covers before the current time after the clock was stepped back:
    /// 60 s.
    pub const STEP_BACK: Duration = Duration::from_secs(60);

    /// Creates a cursor that begins, for each entity, at the start of the watch that first reads the
    /// entity.
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
    /// starts [`OVERLAP`](Self::OVERLAP) earlier.
    #[must_use]
    pub fn position(&self, entity: EntityId) -> Option<Timestamp> {
        self.find_position(entity).map(|position| position.next)
    }

    /// Returns the time from which the next read of `entities` has to return samples. For
    /// implementors of [`Client`](crate::Client): call this method before each read. `watch_began` is
    /// the start of the watch.
    pub fn begin_read(&mut self, entities: &[EntityId], watch_began: Timestamp) -> Timestamp {
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
                from = Some(from.map_or(position.read_start(), |first| {
                    first.min(position.read_start())
                }));
            }
        }
        from.unwrap_or(start).max(Timestamp::NEVER)
    }

    /// Returns `true` if `sample` has to be returned: it is not before the start of the read, and was
    /// not returned before. For implementors of [`Client`](crate::Client). Only
    /// [`commit`](Self::commit) records that the sample was returned.
    #[must_use]
    pub fn is_new(&self, sample: &Sample<'_>) -> bool {
        let since = |position: &Position| position.floor.max(position.read_start());
        let since = match self.find_position(sample.entity) {
            Some(position) => since(position),
            // An entity that was not requested.
            None => self.positions.iter().map(since).min().unwrap_or_default(),
        };
        sample.timestamp >= since && !self.seen.contains(&Seen::new(sample))
    }

    /// Records that `entities` were read at the time `now` of the engine's clock, and that `new` were
    /// the new samples. For implementors of [`Client`](crate::Client).
    pub fn commit<'a>(
        &mut self,
        entities: &[EntityId],
        new: impl Iterator<Item = Sample<'a>>,
        now: Timestamp,
    ) {
        self.seen.extend(new.map(|sample| Seen::new(&sample)));
        // Engines report 0 if they do not know the time.
        if now > Timestamp::NEVER {
            let read = |position: &&mut Position| entities.contains(&position.entity);
            let mut stepped = false;
            for position in self.positions.iter_mut().filter(read) {
                if now < position.read_start() {
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
                let ahead = |position: &&mut Position| now < position.read_start();
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
            position.is_none_or(|position| seen.timestamp < position.read_start())
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
    fn read_start(&self) -> Timestamp {
        subtract_duration(self.next, Cursor::OVERLAP)
    }

    /// Moves the position back after the clock was stepped back to `now`.
    fn step_back(&mut self, now: Timestamp) {
        let gap = self.next.since(self.before).min(Duration::from_secs(3600));
        let start = subtract_duration(now, gap.max(Cursor::STEP_BACK)).min(self.before);
        self.floor = self.floor.min(start);
        (self.next, self.before) = (start, start);
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
    }
}

impl Seen {
    fn new(sample: &Sample<'_>) -> Self {
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
        }
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
