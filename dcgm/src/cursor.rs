//! How far events were read.

use std::time::Duration;

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::Value;

/// How far a series of events was read, so that the next read brings each new one once.
///
/// A sample can be inserted late, with a timestamp before the time of the last read. So a read
/// starts [`Self::OVERLAP`] earlier than the last one ended, and what was seen already is left out.
#[derive(Debug, Default)]
pub struct Cursor {
    /// Where the next read starts, the overlap not counted. `None`: at the watch's own start.
    next: Option<Timestamp>,
    /// Never hand out what is older than this.
    floor: Timestamp,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    entity: EntityId,
    field: FieldId,
    timestamp: Timestamp,
    bits: u64,
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::NEVER
    }
}

impl Cursor {
    /// How far a read goes back behind the last one.
    pub const OVERLAP: Duration = Duration::from_secs(2);

    /// From the moment on at which the watch was made.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From a time on, by the engine's clock. [`Timestamp::NEVER`] for all that the engine has
    /// kept.
    #[must_use]
    pub fn starting_at(floor: Timestamp) -> Self {
        Self {
            next: Some(floor),
            floor,
            seen: Vec::new(),
        }
    }

    /// Where the next read begins, if that is known yet.
    #[must_use]
    pub const fn position(&self) -> Option<Timestamp> {
        self.next
    }

    /// For those who implement [`Client`](crate::Client): where to ask from, given when the watch
    /// began.
    pub fn ask_from(&mut self, watch_began: Timestamp) -> Timestamp {
        let next = self.next.unwrap_or_else(|| {
            self.floor = watch_began;
            watch_began
        });
        self.next = Some(next);
        let overlap = i64::try_from(Self::OVERLAP.as_micros()).unwrap_or(0);
        Timestamp::from_micros(next.micros().saturating_sub(overlap).max(0))
    }

    /// For those who implement [`Client`](crate::Client): whether a sample is new. Does not
    /// remember it: [`Self::commit`] does.
    #[must_use]
    pub fn is_new(&self, sample: &Sample<'_>) -> bool {
        sample.timestamp >= self.floor && !self.seen.contains(&Seen::of(sample))
    }

    /// For those who implement [`Client`](crate::Client): the read succeeded, these were its new
    /// samples, and the next one begins at `next`.
    pub fn commit<'a>(&mut self, new: impl Iterator<Item = Sample<'a>>, next: Timestamp) {
        self.next = Some(next);
        let overlap = i64::try_from(Self::OVERLAP.as_micros()).unwrap_or(0);
        let horizon = Timestamp::from_micros(next.micros().saturating_sub(overlap));
        self.seen.retain(|seen| seen.timestamp >= horizon);
        self.seen.extend(
            new.map(|sample| Seen::of(&sample))
                .filter(|seen| seen.timestamp >= horizon),
        );
    }
}

/// `clone_from` keeps the memory, so that a copy for each read allocates nothing.
impl Clone for Cursor {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, source: &Self) {
        self.next = source.next;
        self.floor = source.floor;
        self.seen.clone_from(&source.seen);
    }
}

impl Seen {
    fn of(sample: &Sample<'_>) -> Self {
        let bits = match sample.value {
            Ok(Value::Int(value)) => u64::from_ne_bytes(value.to_ne_bytes()),
            Ok(Value::Double(value)) => value.to_bits(),
            Ok(Value::Text(text)) => fold(text.as_bytes()),
            // Beyond the used bytes a blob holds whatever was there before.
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

/// FNV-1a: enough to tell two texts of one field and one microsecond apart.
fn fold(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Absent;

    fn sample(seconds: i64, value: i64) -> Sample<'static> {
        Sample {
            entity: EntityId::gpu(0),
            field: FieldId::XID_ERRORS,
            timestamp: at(seconds),
            value: Ok(Value::Int(value)),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// One read of an engine that holds `samples`, at the time `now`.
    fn read(cursor: &mut Cursor, samples: &[Sample<'static>], now: i64) -> Vec<i64> {
        let from = cursor.ask_from(at(100));
        let new: Vec<_> = samples
            .iter()
            .copied()
            .filter(|sample| sample.timestamp >= from && cursor.is_new(sample))
            .collect();
        cursor.commit(new.iter().copied(), at(now));
        new.iter()
            .filter_map(|sample| sample.value.ok()?.as_i64())
            .collect()
    }

    #[test]
    fn each_event_comes_once_and_one_inserted_late_comes_too() {
        let mut cursor = Cursor::new();
        let mut held = vec![
            sample(90, 1),
            sample(101, 2),
            sample(101, 3),
            sample(101, 2),
        ];
        // What was there before the watch is left out.
        assert_eq!(read(&mut cursor, &held, 102), [2, 3, 2]);
        assert_eq!(read(&mut cursor, &held, 103), [0; 0]);
        held.push(sample(102, 4));
        assert_eq!(read(&mut cursor, &held, 104), [4]);
        held.push(sample(200, 5));
        assert_eq!(read(&mut cursor, &held, 300), [5]);
        assert_eq!(read(&mut cursor, &held, 301), [0; 0]);
    }

    #[test]
    fn a_cursor_from_a_time_on_leaves_out_what_was_before() {
        let mut cursor = Cursor::starting_at(at(101));
        let held = [sample(100, 1), sample(101, 2)];
        assert_eq!(read(&mut cursor, &held, 102), [2]);
        let mut all = Cursor::starting_at(Timestamp::NEVER);
        assert_eq!(read(&mut all, &held, 102), [1, 2]);
    }

    #[test]
    fn a_read_that_is_not_committed_is_repeated() {
        let mut cursor = Cursor::starting_at(at(100));
        let event = sample(101, 7);
        assert!(cursor.is_new(&event) && cursor.is_new(&event));
        cursor.commit(core::iter::once(event), at(102));
        assert!(!cursor.is_new(&event));
        let absent = Sample {
            value: Err(Absent::NotWatched),
            ..event
        };
        assert!(cursor.is_new(&absent));
    }
}
