//! The router: the way from a sample to the slots of the sources that read it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use dcgm::{EntityId, NoValue, Query, Samples, Timestamp};

use super::counters::{Ledger, Step};
use super::history::{Age, Ages};
use super::index::Pair;
use super::index::{Index, IndexVec, ReadIdx, SourceIdx};
use super::mute::MuteGpus;
use super::reduce::Slots;
use super::source::{MaxAges, SampleRate, SourceRow, Target};
use crate::catalogue::Op;

/// Time without a value after which a rate is integrated instead of reading a counter. Growth in
/// the meantime is counted if the counter comes back.
const COUNTER_PATIENCE: Duration = Duration::from_secs(600);

/// Statistics of one read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ReadStats {
    /// Samples with a value.
    pub(crate) values: usize,
    /// Samples that failed; samples without a value are not failures.
    pub(crate) failed: usize,
    /// Entities that are no longer watched, or whose samples stopped while others continue: they
    /// are gone or lost.
    pub(crate) missing: usize,
    /// Entities without a new sample while others have some: a sign that they may be gone or lost.
    pub(crate) unchanged: usize,
    /// Set if no entity has a new sample.
    pub(crate) is_unchanged: bool,
    /// Resets of DCGM's counters.
    pub(crate) resets: u64,
    /// Events that were counted.
    pub(crate) events: usize,
    /// Set if an event field has a new timestamp.
    pub(crate) has_new_events: bool,
    /// Pairs that have had no value for a while though their entity is still sampled, and whose
    /// series have another source.
    pub(crate) replaceable: Vec<Pair>,
    /// GPUs without values.
    pub(crate) mute: MuteGpus,
}

/// An entity that is read.
#[derive(Debug)]
pub(super) struct EntityRead {
    pub(super) entity: EntityId,
    /// Set if the last read found a watched field of it.
    found: bool,
    /// Time of the last new sample of any field.
    changed: Option<Instant>,
    /// The same, also by an earlier table.
    pub(super) last_value: Option<Instant>,
    /// Maximum age of its fastest field.
    pub(super) max_age: Duration,
    /// Number of its fields that are no profiling fields.
    pub(super) basic_fields: usize,
}

/// The pairs that are read, the entity and the sources of each.
#[derive(Debug, Default)]
pub(super) struct Router {
    pub(super) entities: IndexVec<ReadIdx, EntityRead>,
    /// In the order of the query, which is nearly that of the samples: the next sample usually has
    /// the next route.
    routes: Vec<Route>,
    /// Positions of the routes sorted by pair, for samples in another order.
    sorted: Vec<usize>,
    ages: MaxAges,
    made: Option<Instant>,
    /// Time of the next check for sources without values.
    next_look: Option<Instant>,
}

/// A field of an entity that is read.
#[derive(Debug)]
struct Route {
    pair: Pair,
    /// The entity; `None` for an event that is only counted, which is no sign of life.
    entity: Option<ReadIdx>,
    is_event: bool,
    /// Its sources, which are adjacent. An event that is only counted has none.
    sources: Range<usize>,
    /// The last timestamp, and the local time at which it was new: the engine's clock may differ.
    timestamp: Timestamp,
    changed: Option<Instant>,
}

impl Route {
    /// Records a timestamp; returns `true` if it is new.
    #[inline]
    fn update_timestamp(&mut self, timestamp: Timestamp, now: Instant) -> bool {
        let moved = self.changed.is_none() || self.timestamp != timestamp;
        if moved {
            self.timestamp = timestamp;
            self.changed = Some(now);
        }
        moved
    }
}

/// Result of reading samples once.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) stats: ReadStats,
    /// Set if a source has a new sample.
    pub(super) is_new: bool,
    /// Highest timestamp, of values and of blanks.
    pub(super) newest: Timestamp,
}

impl Router {
    /// Makes the router of a query, and returns the order of the sources: those of one route are
    /// adjacent.
    pub(super) fn new(
        query: &Query,
        sources: &[SourceRow],
        ages: MaxAges,
        now: Instant,
    ) -> (Self, Vec<usize>) {
        let mut max_ages: BTreeMap<EntityId, Duration> = BTreeMap::new();
        for source in sources {
            let own = ages.for_rate(source.rate);
            let age = max_ages.entry(source.input.entity).or_insert(own);
            *age = own.min(*age);
        }
        let mut entities: Vec<_> = max_ages
            .into_iter()
            .map(|(entity, max_age)| EntityRead {
                entity,
                found: true,
                changed: None,
                last_value: None,
                max_age,
                basic_fields: 0,
            })
            .collect();
        let of = |source: &usize| Some(sources.get(*source)?.input.pair());
        let mut by_pair: Vec<usize> = (0..sources.len()).collect();
        by_pair.sort_by_key(of);
        let mut order = Vec::with_capacity(sources.len());
        let mut routes = Vec::new();
        for pair in query.pairs() {
            let start = order.len();
            let from = by_pair.partition_point(|source| of(source) < Some(pair));
            let mine = by_pair.iter().skip(from);
            order.extend(mine.take_while(|source| of(source) == Some(pair)));
            let is_event = pair.1.is_event();
            let is_only_counted = is_event && order.len() == start;
            let entity = entities.binary_search_by_key(&pair.0, |read| read.entity);
            let entity = entity.ok().filter(|_| !is_only_counted);
            if let Some(read) = entity.and_then(|entity| entities.get_mut(entity)) {
                read.basic_fields += usize::from(!pair.1.is_profiling());
            }
            routes.push(Route {
                pair,
                entity: entity.map(ReadIdx::from_position),
                is_event,
                sources: start..order.len(),
                timestamp: Timestamp::NEVER,
                changed: None,
            });
        }
        let mut sorted: Vec<usize> = (0..routes.len()).collect();
        sorted.sort_by_key(|route| routes.get(*route).map(|route| route.pair));
        let made = Self {
            entities: entities.into(),
            routes,
            sorted,
            ages,
            made: Some(now),
            next_look: None,
        };
        (made, order)
    }

    /// Returns the position of a pair's route; `expected` is the most likely one.
    #[inline]
    fn find_route(&self, expected: usize, pair: Pair) -> Option<usize> {
        match self.routes.get(expected) {
            Some(route) if route.pair == pair => Some(expected),
            _ => self.search_route(pair),
        }
    }

    #[cold]
    fn search_route(&self, pair: Pair) -> Option<usize> {
        let at = |route: &usize| self.routes.get(*route).map(|route| route.pair);
        let found = self.sorted.binary_search_by_key(&Some(pair), at);
        self.sorted.get(found.ok()?).copied()
    }

    /// Returns an entity that is read.
    pub(super) fn find_entity(&self, id: EntityId) -> Option<&EntityRead> {
        let entities = self.entities.as_slice();
        let at = entities.binary_search_by_key(&id, |read| read.entity);
        entities.get(at.ok()?)
    }

    /// Puts the samples of one read into the slots and totals.
    pub(super) fn route_samples(
        &mut self,
        samples: &Samples,
        (slots, ledger): (&mut Slots, &mut Ledger),
        (now, interval): (Instant, Duration),
    ) -> Routed {
        let (mut values, mut failed, mut resets) = (0, 0, 0);
        // Without sources, an answer of the engine counts as a new sample.
        let mut is_new = slots.as_slice().is_empty();
        for read in self.entities.as_mut_slice() {
            read.found = false;
        }
        let expiries = self.ages.expiry_times(now);
        let (mut next, mut newest) = (0, Timestamp::NEVER);
        let mut has_new_events = false;
        for sample in samples {
            let Some(index) = self.find_route(next, (sample.entity, sample.field)) else {
                continue;
            };
            next = index + 1;
            let Some(route) = self.routes.get_mut(index) else {
                continue;
            };
            let moved = sample.value.is_ok() && route.update_timestamp(sample.timestamp, now);
            has_new_events |= moved && route.is_event;
            let Some(read) = route
                .entity
                .and_then(|entity| self.entities.get_mut(entity))
            else {
                continue;
            };
            newest = newest.max(sample.timestamp);
            match sample.value {
                Ok(_) => values += 1,
                Err(NoValue::Stale | NoValue::Malformed | NoValue::Code(_)) => failed += 1,
                Err(_) => {}
            }
            read.found |= !matches!(sample.value, Err(NoValue::NotWatched));
            let Some(slots) = slots.as_mut_slice().get_mut(route.sources.clone()) else {
                continue;
            };
            if moved && !slots.is_empty() {
                read.changed = Some(now);
                read.last_value = Some(now);
                is_new = true;
            }
            for slot in slots {
                if moved {
                    slot.extend_expiry(&expiries);
                }
                match slot.target {
                    Target::Slot => slot.take_value(sample.value),
                    Target::Peaks => {}
                    Target::Counter(counter, part) => {
                        let total = sample.value.ok().zip(ledger.get_mut(counter));
                        let step = total.map(|(value, total)| {
                            total.add_reading(part, &value, sample.timestamp, interval)
                        });
                        resets += u64::from(step == Some(Step::Reset));
                    }
                }
            }
        }
        let missing = self.entities.as_slice().iter().filter(|read| {
            let silent = read
                .changed
                .is_some_and(|at| now.duration_since(at) >= read.max_age);
            !read.found || (is_new && silent)
        });
        let unchanged = self.entities.as_slice().iter().filter(|read| {
            let is_sampled_at_each_tick = read.basic_fields > 0;
            is_new && is_sampled_at_each_tick && read.changed != Some(now)
        });
        let stats = ReadStats {
            values,
            failed,
            resets,
            missing: missing.count(),
            unchanged: unchanged.count(),
            is_unchanged: !is_new,
            has_new_events,
            ..ReadStats::default()
        };
        Routed {
            stats,
            is_new,
            newest,
        }
    }

    /// Returns the pairs of sources with alternatives that have had no value for the maximum age,
    /// though their entity is still sampled. Looks once per maximum age.
    pub(super) fn find_replaceable(
        &mut self,
        sources: &IndexVec<SourceIdx, SourceRow>,
        now: Instant,
    ) -> Vec<Pair> {
        if self.next_look.is_some_and(|at| now < at) {
            return Vec::new();
        }
        let age = self.ages.for_rate(SampleRate::EachTick);
        self.next_look = now.checked_add(age);
        let since = |changed: Option<Instant>| {
            now.saturating_duration_since(changed.or(self.made).unwrap_or(now))
        };
        let is_replaceable = |route: &&Route| {
            let sources = sources.as_slice().get(route.sources.clone());
            let is_given_up = |source: &SourceRow| {
                let patience = match source.input.op {
                    Op::Counter | Op::FractionCounter => age.max(COUNTER_PATIENCE),
                    _ => age,
                };
                source.has_alternatives
                    && source.rate != SampleRate::AtRest
                    && since(route.changed) >= patience
            };
            let entity = route.entity.and_then(|entity| self.entities.get(entity));
            sources.unwrap_or_default().iter().any(is_given_up)
                && entity.is_some_and(|read| since(read.changed) < age)
        };
        let found = self.routes.iter().filter(is_replaceable);
        found.map(|route| route.pair).collect()
    }

    /// Adds the ages of all samples to those that are known.
    pub(super) fn save_ages(&self, ages: &mut Ages) {
        for route in &self.routes {
            if let Some(changed) = route.changed {
                ages.note(route.pair, route.timestamp, changed);
            }
        }
    }

    /// Takes over the ages of samples that were read before, so that a new table does not make old
    /// samples newer. Returns the time of the newest.
    pub(super) fn restore_ages(&mut self, ages: &mut Ages, slots: &mut Slots) -> Option<Instant> {
        let mut newest = None;
        for route in &mut self.routes {
            let Some(Age { timestamp, changed }) = ages.take(route.pair) else {
                continue;
            };
            route.timestamp = timestamp;
            route.changed = Some(changed);
            let read = route
                .entity
                .and_then(|entity| self.entities.get_mut(entity));
            if let Some(read) = read {
                read.last_value = read.last_value.max(Some(changed));
            }
            let expiries = self.ages.expiry_times(changed);
            let slots = slots.as_mut_slice().get_mut(route.sources.clone());
            for slot in slots.unwrap_or_default() {
                slot.extend_expiry(&expiries);
                newest = newest.max(Some(changed));
            }
        }
        newest
    }

    /// Returns the sources of a pair.
    pub(super) fn sources_of(&self, pair: Pair) -> Range<usize> {
        let route = self.search_route(pair);
        let route = route.and_then(|route| self.routes.get(route));
        route.map(|route| route.sources.clone()).unwrap_or_default()
    }

    /// Takes over when each entity had its last new sample.
    pub(super) fn take_activity(&mut self, before: &Self) {
        for read in self.entities.as_mut_slice() {
            if let Some(before) = before.find_entity(read.entity) {
                read.changed = before.changed;
            }
        }
    }
}
