//! Samples: what a read brings back, in buffers that are used again.

use core::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::value::{NoValue, Value};

/// When the engine took a sample: microseconds since 1970, by the engine's clock.
///
/// It may be skewed against this host's clock, or stepped. To learn whether an engine still
/// samples, look whether the timestamp *changes*; do not compare it with the time of day.
///
/// ```
/// use std::time::Duration;
/// use dcgm::Timestamp;
///
/// let (first, second) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(3_500_000));
/// assert_eq!(second.since(first), Duration::from_millis(2500));
/// // A clock that was stepped back is no time.
/// assert_eq!(first.since(second), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    /// What a value that was never sampled carries.
    pub const NEVER: Self = Self(0);

    /// The time that many microseconds after 1970 began.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 began.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The time since `earlier`; zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(if micros > 0 { micros.unsigned_abs() } else { 0 })
    }

    /// As a time of day; `None` for a value that was never sampled and for times before 1970.
    #[must_use]
    pub fn system_time(self) -> Option<SystemTime> {
        let micros = u64::try_from(self.0).ok().filter(|micros| *micros > 0)?;
        UNIX_EPOCH.checked_add(Duration::from_micros(micros))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

/// One value of one field of one entity, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "whoever implements `Client` makes them"
)]
pub struct Sample<'a> {
    /// What was sampled.
    pub entity: EntityId,
    /// Which of its fields.
    pub field: FieldId,
    /// When. [`Timestamp::NEVER`] if it was not.
    pub timestamp: Timestamp,
    /// The value.
    pub value: Result<Value<'a>, NoValue>,
}

/// The samples of one read.
///
/// A buffer: `clear` keeps its memory, so that reading the same things again and again allocates
/// nothing.
///
/// ```
/// use dcgm::{EntityId, FieldId, Sample, Samples, Timestamp, Value};
///
/// let mut samples = Samples::new();
/// samples.push(Sample {
///     entity: EntityId::gpu(0),
///     field: FieldId::GPU_TEMP,
///     timestamp: Timestamp::from_micros(1_767_225_600_000_000),
///     value: Ok(Value::Int(41)),
/// });
/// let sample = samples.find(EntityId::gpu(0), FieldId::GPU_TEMP).unwrap();
/// assert_eq!(sample.value, Ok(Value::Int(41)));
/// samples.clear();
/// assert!(samples.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Samples {
    rows: Vec<Row>,
    /// The bytes of text and blobs, one after another.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    entity: EntityId,
    field: FieldId,
    timestamp: Timestamp,
    value: Result<Stored, NoValue>,
}

#[derive(Clone, Copy, Debug)]
enum Stored {
    Int(i64),
    Double(f64),
    Text(Place),
    Blob(Place),
}

/// Where bytes are, and how many.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    len: u32,
}

impl Clone for Samples {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            bytes: self.bytes.clone(),
        }
    }

    /// In the memory that it has.
    fn clone_from(&mut self, source: &Self) {
        self.rows.clone_from(&source.rows);
        self.bytes.clone_from(&source.bytes);
    }
}

impl Samples {
    /// An empty buffer, without memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rows: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the samples and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.bytes.clear();
    }

    /// Makes room for that many samples more.
    pub fn reserve(&mut self, samples: usize) {
        self.rows.reserve(samples);
    }

    /// Takes a copy of a sample.
    #[inline]
    pub fn push(&mut self, sample: Sample<'_>) {
        let value = sample.value.map(|value| match value {
            Value::Int(value) => Stored::Int(value),
            Value::Double(value) => Stored::Double(value),
            Value::Text(text) => Stored::Text(self.store(text.as_bytes())),
            Value::Blob(blob) => Stored::Blob(self.store(blob)),
        });
        let Sample {
            entity,
            field,
            timestamp,
            ..
        } = sample;
        self.rows.push(Row {
            entity,
            field,
            timestamp,
            value,
        });
    }

    /// The samples, in the order in which the client gave them.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            samples: self,
            rows: self.rows.iter(),
        }
    }

    /// The sample at a place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        self.rows.get(index).map(|row| self.sample(row))
    }

    /// The first sample of a field of an entity. Looks through all of them.
    #[must_use]
    pub fn find(&self, entity: EntityId, field: FieldId) -> Option<Sample<'_>> {
        self.iter()
            .find(|sample| sample.entity == entity && sample.field == field)
    }

    /// Whether the samples from a place on are of these pairs, in this order.
    pub(crate) fn are_of(
        &self,
        from: usize,
        pairs: impl IntoIterator<Item = (EntityId, FieldId)>,
    ) -> bool {
        let rows = self.rows.iter().skip(from);
        rows.map(|row| (row.entity, row.field)).eq(pairs)
    }

    /// Forgets the samples from a place on that are not wanted, by their places from there.
    pub(crate) fn retain(&mut self, from: usize, mut wants: impl FnMut(usize) -> bool) {
        let mut at = 0..;
        self.rows.retain(|_| {
            let at: Option<usize> = at.next();
            at.is_some_and(|at| at.checked_sub(from).is_none_or(&mut wants))
        });
    }

    /// Forgets the samples from a place on.
    pub(crate) fn truncate(&mut self, from: usize) {
        self.rows.truncate(from);
    }

    #[cold]
    fn store(&mut self, bytes: &[u8]) -> Place {
        // Beyond 4 GiB of text in one read there is nothing to be right about.
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let room = usize::try_from(u32::MAX - start).unwrap_or(usize::MAX);
        let bytes = bytes.get(..room).unwrap_or(bytes);
        self.bytes.extend_from_slice(bytes);
        let len = u32::try_from(bytes.len()).unwrap_or(0);
        Place { start, len }
    }

    fn stored(&self, Place { start, len }: Place) -> &[u8] {
        let start = start as usize;
        self.bytes
            .get(start..start + len as usize)
            .unwrap_or_default()
    }

    /// Out of the way of numbers, which are many.
    #[cold]
    fn text(&self, place: Place) -> Value<'_> {
        Value::Text(core::str::from_utf8(self.stored(place)).unwrap_or_default())
    }

    #[inline]
    fn sample(&self, row: &Row) -> Sample<'_> {
        let value = match row.value {
            Ok(Stored::Int(value)) => Ok(Value::Int(value)),
            Ok(Stored::Double(value)) => Ok(Value::Double(value)),
            Ok(Stored::Text(place)) => Ok(self.text(place)),
            Ok(Stored::Blob(place)) => Ok(Value::Blob(self.stored(place))),
            Err(absent) => Err(absent),
        };
        Sample {
            entity: row.entity,
            field: row.field,
            timestamp: row.timestamp,
            value,
        }
    }
}

impl<'a> IntoIterator for &'a Samples {
    type Item = Sample<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The samples of a [`Samples`], one after another.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    samples: &'a Samples,
    rows: core::slice::Iter<'a, Row>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Sample<'a>;

    #[inline]
    fn next(&mut self) -> Option<Sample<'a>> {
        self.rows.next().map(|row| self.samples.sample(row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> Extend<Sample<'a>> for Samples {
    fn extend<I: IntoIterator<Item = Sample<'a>>>(&mut self, samples: I) {
        for sample in samples {
            self.push(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: Result<Value<'_>, NoValue>) -> Sample<'_> {
        Sample {
            entity: EntityId::gpu(1),
            field: FieldId::GPU_TEMP,
            timestamp: Timestamp::from_micros(7),
            value,
        }
    }

    #[test]
    fn what_was_pushed_comes_out() {
        let given = [
            sample(Ok(Value::Int(-3))),
            sample(Ok(Value::Text("one"))),
            sample(Err(NoValue::NotWatched)),
            sample(Ok(Value::Blob(&[0, 255]))),
            sample(Ok(Value::Text(""))),
            sample(Ok(Value::Double(0.5))),
        ];
        let mut samples = Samples::new();
        samples.extend(given);
        assert_eq!(samples.iter().collect::<Vec<_>>(), given);
    }

    #[test]
    fn a_timestamp_before_another_is_no_time_since() {
        let (early, late) = (Timestamp::from_micros(5), Timestamp::from_micros(9));
        assert_eq!(late.since(early), Duration::from_micros(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(Timestamp::from_micros(i64::MIN).since(late), Duration::ZERO);
        assert_eq!(Timestamp::NEVER.system_time(), None);
    }
}
