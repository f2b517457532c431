//! How far events were read.

use std::time::Duration;

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::Value;

/// How far the events of some entities were read, so that the next read brings each new one once.
///
/// Each entity has a place of its own: one that is gone for a while, or not watched, goes on where
/// it was when it is back, if the engine has kept what happened to it.
///
/// A sample can be inserted late, with a timestamp before the time of the last read. So a read
/// starts [`Self::OVERLAP`] earlier than the last one ended, and what was seen already is left out.
///
/// The engine's clock can be stepped, and what it says of the time can be wrong. If it is earlier
/// than it was, the next read starts [a minute](Cursor::STEP_BACK) before that, or as much as the time
/// between the last two reads if that is longer: no event is lost but of a longer gap, and none of
/// the last thousand comes twice.
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
/// // Each of them once.
/// mock.events(&watch, &mut cursor, &mut samples)?;
/// assert_eq!(samples.iter().count(), 0);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Cursor {
    /// Where entities begin that were not read before. `None`: at their watch's own start.
    start: Option<Timestamp>,
    /// Sorted by entity.
    places: Vec<Place>,
    /// In the order in which they came.
    seen: Vec<Seen>,
}

/// How far an entity was read.
#[derive(Clone, Copy, Debug)]
struct Place {
    entity: EntityId,
    /// Where the next read starts, the overlap not counted.
    next: Timestamp,
    /// Where the last one started, or one before that if the clock has not moved since.
    before: Timestamp,
    /// Never hand out what is older than this.
    floor: Timestamp,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    entity: EntityId,
    field: FieldId,
    timestamp: Timestamp,
    bits: u64,
}

/// So many samples are remembered that a read would not ask for again, were it not for a clock that
/// is stepped.
const MOST_OLD: usize = 1024;

/// So many are remembered at all, the latest. Only an engine that has more in two seconds, or in
/// the future, can have one come twice.
const MOST_SEEN: usize = 8192;

impl Cursor {
    /// How far a read goes back behind the last one.
    pub const OVERLAP: Duration = Duration::from_secs(2);

    /// How far a read goes back, at least, behind a clock that was stepped back.
    pub const STEP_BACK: Duration = Duration::from_secs(60);

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
            start: Some(floor),
            ..Self::default()
        }
    }

    /// Where the next read of an entity begins, if that is known yet.
    #[must_use]
    pub fn position(&self, entity: EntityId) -> Option<Timestamp> {
        self.place(entity).map(|place| place.next)
    }

    /// For those who implement [`Client`](crate::Client): where to ask from for these entities,
    /// given when their watch began.
    pub fn begin_read(&mut self, entities: &[EntityId], watch_began: Timestamp) -> Timestamp {
        let start = self.start.unwrap_or(watch_began);
        let mut from: Option<Timestamp> = None;
        for entity in entities {
            let found = self.places.binary_search_by_key(entity, |one| one.entity);
            let at = found.unwrap_or_else(|at| {
                let place = Place {
                    entity: *entity,
                    next: start,
                    before: start,
                    floor: start,
                };
                self.places.insert(at, place);
                at
            });
            if let Some(place) = self.places.get(at) {
                from = Some(from.map_or(place.from(), |earlier| earlier.min(place.from())));
            }
        }
        from.unwrap_or(start).max(Timestamp::NEVER)
    }

    /// For those who implement [`Client`](crate::Client): whether a sample is new. Does not
    /// remember it: [`Self::commit`] does.
    #[must_use]
    pub fn is_new(&self, sample: &Sample<'_>) -> bool {
        let since = |place: &Place| place.floor.max(place.from());
        let since = match self.place(sample.entity) {
            Some(place) => since(place),
            // Of another entity than was asked for.
            None => self.places.iter().map(since).min().unwrap_or_default(),
        };
        sample.timestamp >= since && !self.seen.contains(&Seen::of(sample))
    }

    /// For those who implement [`Client`](crate::Client): a read of these entities succeeded, these
    /// were its new samples, and by the engine's clock it is `now`.
    pub fn commit<'a>(
        &mut self,
        entities: &[EntityId],
        new: impl Iterator<Item = Sample<'a>>,
        now: Timestamp,
    ) {
        self.seen.extend(new.map(|sample| Seen::of(&sample)));
        // Before 1970 it is no time.
        if now > Timestamp::NEVER {
            let read = |place: &&mut Place| entities.contains(&place.entity);
            let mut stepped = false;
            for place in self.places.iter_mut().filter(read) {
                if now < place.from() {
                    stepped = true;
                } else {
                    // A time that is wrong may be told again.
                    if now > place.next {
                        place.before = place.next;
                    }
                    place.next = now;
                }
            }
            // Also for those that cannot be read at present.
            if stepped {
                for place in self.places.iter_mut().filter(|place| now < place.from()) {
                    place.step_back(now);
                }
            }
        }
        self.forget();
    }

    fn place(&self, entity: EntityId) -> Option<&Place> {
        let found = self.places.binary_search_by_key(&entity, |one| one.entity);
        self.places.get(found.ok()?)
    }

    /// Forgets what need not be remembered any more.
    fn forget(&mut self) {
        let places = &self.places;
        let is_old = |seen: &Seen| {
            let place = places.binary_search_by_key(&seen.entity, |one| one.entity);
            let place = place.ok().and_then(|at| places.get(at));
            place.is_none_or(|place| seen.timestamp < place.from())
        };
        let old = self.seen.iter().filter(|seen| is_old(seen)).count();
        let mut too_old = old.saturating_sub(MOST_OLD);
        if too_old > 0 {
            self.seen.retain(|seen| {
                let goes = too_old > 0 && is_old(seen);
                too_old -= usize::from(goes);
                !goes
            });
        }
        let too_many = self.seen.len().saturating_sub(MOST_SEEN);
        self.seen.drain(..too_many);
    }
}

impl Place {
    /// Where the next read starts.
    fn from(&self) -> Timestamp {
        earlier(self.next, Cursor::OVERLAP)
    }

    /// The clock says that it is earlier than it was.
    fn step_back(&mut self, now: Timestamp) {
        let gap = self.next.since(self.before).min(Duration::from_secs(3600));
        let start = earlier(now, gap.max(Cursor::STEP_BACK)).min(self.before);
        self.floor = self.floor.min(start);
        (self.next, self.before) = (start, start);
    }
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_sub(by))
}

/// `clone_from` keeps the memory, so that a copy for each read allocates nothing.
impl Clone for Cursor {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, source: &Self) {
        self.start = source.start;
        self.places.clone_from(&source.places);
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
mod tests;
