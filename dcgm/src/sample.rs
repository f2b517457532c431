//! Samples, and the reusable buffer that reads fill.

use core::fmt;
use core::iter::FusedIterator;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::value::{NoValue, OwnedValue, Value};

/// The time of a sample by the engine's clock, in microseconds since 1970.
///
/// The clock may differ from this host's clock and may be stepped. To detect an engine that has
/// stopped sampling, check whether the timestamp *changes*; do not compare it with the local time.
/// `Display` prints UTC, as in `2026-01-01T00:00:00.000000Z`.
///
/// ```
/// use std::time::Duration;
/// use dcgm::Timestamp;
///
/// let (first, second) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(3_500_000));
/// assert_eq!(second.since(first), Duration::from_millis(2500));
/// assert_eq!(first.since(second), Duration::ZERO);
/// assert_eq!(second.to_string(), "1970-01-01T00:00:03.500000Z");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The timestamp of an (entity, field) pair that was never sampled.
    pub const NEVER: Self = Self(0);

    /// Creates a timestamp from microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the time since `earlier`; zero if `earlier` is later than this timestamp.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(if micros > 0 { micros.unsigned_abs() } else { 0 })
    }

    /// Converts to [`SystemTime`]; `None` for [`NEVER`](Self::NEVER) and times before 1970.
    #[must_use]
    pub fn system_time(self) -> Option<SystemTime> {
        let micros = u64::try_from(self.0).ok().filter(|micros| *micros > 0)?;
        UNIX_EPOCH.checked_add(Duration::from_micros(micros))
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::NEVER
    }
}

/// UTC, as in `2026-01-01T00:00:00.000000Z`, or `never`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.pad("never");
        }
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

/// Prints the same as `Display`.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Converts days since 1970 to year, month and day of the Gregorian calendar. Years start in March,
/// so that the leap day is the last one; 400 years have 146,097 days.
const fn civil_date(days: i64) -> (i64, i64, i64) {
    // 1970 started 719,468 days after March of the year 0.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (era * 400 + year, month, day)
}

/// One value of one field of one entity, or the reason why it is missing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "implementors of `Client` create samples"
)]
pub struct Sample<'a> {
    /// The entity.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// The time of the sample; [`Timestamp::NEVER`] if no sample was taken.
    pub timestamp: Timestamp,
    /// The value, or the reason why it is missing.
    pub value: Result<Value<'a>, NoValue>,
}

impl Sample<'_> {
    /// Copies the sample, so that it can outlive its [`Samples`].
    #[must_use]
    pub fn into_owned(self) -> OwnedSample {
        OwnedSample {
            entity: self.entity,
            field: self.field,
            timestamp: self.timestamp,
            value: self.value.map(Value::into_owned),
        }
    }
}

/// A [`Sample`] that owns its value.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the members are those of `Sample`"
)]
pub struct OwnedSample {
    /// The entity.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// The time of the sample; [`Timestamp::NEVER`] if no sample was taken.
    pub timestamp: Timestamp,
    /// The value, or the reason why it is missing.
    pub value: Result<OwnedValue, NoValue>,
}

impl OwnedSample {
    /// Borrows the sample.
    #[must_use]
    pub fn as_sample(&self) -> Sample<'_> {
        Sample {
            entity: self.entity,
            field: self.field,
            timestamp: self.timestamp,
            value: match &self.value {
                Ok(value) => Ok(value.as_value()),
                Err(reason) => Err(*reason),
            },
        }
    }
}

impl From<Sample<'_>> for OwnedSample {
    fn from(sample: Sample<'_>) -> Self {
        sample.into_owned()
    }
}

/// The samples of one read.
///
/// A reusable buffer: [`clear`](Self::clear) keeps the memory, so that repeated reads of the same
/// query do not allocate.
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
/// for (entity, samples) in samples.by_entity() {
///     assert_eq!((entity, samples.len()), (EntityId::gpu(0), 1));
/// }
/// samples.clear();
/// assert!(samples.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Samples {
    rows: Vec<Row>,
    /// The bytes of all text and blobs.
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
    Text(ByteRange),
    Blob(ByteRange),
}

/// A range of [`Samples::bytes`].
#[derive(Clone, Copy, Debug)]
struct ByteRange {
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

    /// Copies `source`, and reuses the memory of `self`.
    fn clone_from(&mut self, source: &Self) {
        self.rows.clone_from(&source.rows);
        self.bytes.clone_from(&source.bytes);
    }
}

impl Samples {
    /// Creates an empty buffer; does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rows: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Removes all samples and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.bytes.clear();
    }

    /// Reserves memory for `samples` more samples.
    pub fn reserve(&mut self, samples: usize) {
        self.rows.reserve(samples);
    }

    /// Appends a copy of a sample.
    #[inline]
    pub fn push(&mut self, sample: Sample<'_>) {
        let value = sample.value.map(|value| match value {
            Value::Int(value) => Stored::Int(value),
            Value::Double(value) => Stored::Double(value),
            Value::Text(text) => Stored::Text(self.store_bytes(text.as_bytes())),
            Value::Blob(blob) => Stored::Blob(self.store_bytes(blob)),
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

    /// Returns an iterator over the samples, in the order of the read.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            samples: self,
            rows: self.rows.iter(),
        }
    }

    /// Returns an iterator over the entities, each with its samples, in the order of the read.
    ///
    /// Consecutive samples of one entity form a group: an entity whose samples are not consecutive
    /// appears more than once.
    #[must_use]
    pub fn by_entity(&self) -> ByEntity<'_> {
        ByEntity {
            samples: self,
            rows: &self.rows,
        }
    }

    /// Returns the sample at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        self.rows.get(index).map(|row| self.row_sample(row))
    }

    /// Returns the first sample of `field` of `entity`, by linear search.
    #[must_use]
    pub fn find(&self, entity: EntityId, field: FieldId) -> Option<Sample<'_>> {
        self.iter()
            .find(|sample| sample.entity == entity && sample.field == field)
    }

    /// Returns `true` if the samples from index `from` are those of `pairs`, in this order.
    pub(crate) fn are_of(
        &self,
        from: usize,
        pairs: impl IntoIterator<Item = (EntityId, FieldId)>,
    ) -> bool {
        let rows = self.rows.iter().skip(from);
        rows.map(|row| (row.entity, row.field)).eq(pairs)
    }

    /// Removes the samples from index `from` for which `wants`, given their offset, is `false`.
    pub(crate) fn retain_from(&mut self, from: usize, mut wants: impl FnMut(usize) -> bool) {
        let mut at = 0..;
        self.rows.retain(|_| {
            let at: Option<usize> = at.next();
            at.is_some_and(|at| at.checked_sub(from).is_none_or(&mut wants))
        });
    }

    /// Removes the samples from index `from`.
    pub(crate) fn truncate_to(&mut self, from: usize) {
        self.rows.truncate(from);
    }

    #[cold]
    fn store_bytes(&mut self, bytes: &[u8]) -> ByteRange {
        // Text beyond 4 GiB in one read is dropped.
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let room = usize::try_from(u32::MAX - start).unwrap_or(usize::MAX);
        let bytes = bytes.get(..room).unwrap_or(bytes);
        self.bytes.extend_from_slice(bytes);
        let len = u32::try_from(bytes.len()).unwrap_or(0);
        ByteRange { start, len }
    }

    fn stored_bytes(&self, ByteRange { start, len }: ByteRange) -> &[u8] {
        let start = start as usize;
        self.bytes
            .get(start..start + len as usize)
            .unwrap_or_default()
    }

    /// Kept out of the path of numbers, which are most of the samples.
    #[cold]
    fn text_value(&self, range: ByteRange) -> Value<'_> {
        Value::Text(core::str::from_utf8(self.stored_bytes(range)).unwrap_or_default())
    }

    #[inline]
    fn row_sample(&self, row: &Row) -> Sample<'_> {
        let value = match row.value {
            Ok(Stored::Int(value)) => Ok(Value::Int(value)),
            Ok(Stored::Double(value)) => Ok(Value::Double(value)),
            Ok(Stored::Text(range)) => Ok(self.text_value(range)),
            Ok(Stored::Blob(range)) => Ok(Value::Blob(self.stored_bytes(range))),
            Err(reason) => Err(reason),
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

/// An iterator over the samples of a [`Samples`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    samples: &'a Samples,
    rows: core::slice::Iter<'a, Row>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Sample<'a>;

    #[inline]
    fn next(&mut self) -> Option<Sample<'a>> {
        self.rows.next().map(|row| self.samples.row_sample(row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.rows
            .next_back()
            .map(|row| self.samples.row_sample(row))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl FusedIterator for Iter<'_> {}

/// An iterator over the entities of a [`Samples`], each with its samples.
#[derive(Clone, Debug)]
pub struct ByEntity<'a> {
    samples: &'a Samples,
    rows: &'a [Row],
}

impl<'a> Iterator for ByEntity<'a> {
    type Item = (EntityId, Iter<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let entity = self.rows.first()?.entity;
        let end = self.rows.iter().position(|row| row.entity != entity);
        let (group, rest) = self.rows.split_at(end.unwrap_or(self.rows.len()));
        self.rows = rest;
        let rows = group.iter();
        let samples = self.samples;
        Some((entity, Iter { samples, rows }))
    }
}

impl FusedIterator for ByEntity<'_> {}

impl<'a> FromIterator<Sample<'a>> for Samples {
    fn from_iter<I: IntoIterator<Item = Sample<'a>>>(samples: I) -> Self {
        let mut all = Self::new();
        all.extend(samples);
        all
    }
}

impl<'a> Extend<Sample<'a>> for Samples {
    fn extend<I: IntoIterator<Item = Sample<'a>>>(&mut self, samples: I) {
        for sample in samples {
            self.push(sample);
        }
    }
}

#[cfg(test)]
mod tests;
