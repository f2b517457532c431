//! What was read, and where it goes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use dcgm::{EntityId, FieldId, NoValue, Query, Sample, Samples, Timestamp};

use super::Plan;
use super::source::{MaxAges, PlannedSource, SampleRate, Target};
use crate::catalogue::Op;
use crate::counters::{Ledger, Step};
use crate::history::History;

/// How long a counter may have no value before a rate is integrated in its place. What it has grown by
/// in the meantime is counted if it comes back.
const COUNTER_PATIENCE: Duration = Duration::from_secs(600);

/// What a read brought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ReadStats {
    /// Samples with a value.
    pub(crate) values: usize,
    /// Samples that failed, other than for want of a value.
    pub(crate) failed: usize,
    /// Entities of which nothing is watched any more, or nothing new comes though others go on:
    /// they are gone or lost.
    pub(crate) gone: usize,
    /// Counters that began anew.
    pub(crate) resets: u64,
    /// Events that were counted.
    pub(crate) events: usize,
    /// Whether a source has had no value for a while though its entity goes on, and there is another
    /// source for its series.
    pub(crate) is_replaceable: bool,
}

/// An entity that is read.
#[derive(Debug)]
pub(super) struct Watched {
    entity: EntityId,
    /// Whether the last read found any of its fields watched.
    found: bool,
    /// When any of its samples last changed.
    changed: Option<Instant>,
    /// How long its fastest field may be as it is.
    pub(super) max_age: Duration,
}

/// The entities that are read, and to which of them and to which tracks each sample goes.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) entities: Vec<Watched>,
    /// In the order in which the query asks for them, which is that of the answer, too, or nearly:
    /// a sample is where the one before it leads one to look.
    field_routes: Vec<FieldRoute>,
    /// The places of the stops by their pairs, for those that come in another order.
    sorted: Vec<usize>,
}

type Pair = (EntityId, FieldId);

/// A field of an entity that is read.
#[derive(Debug)]
struct FieldRoute {
    pair: Pair,
    entity: usize,
    states: Range<usize>,
    /// What its last sample had.
    timestamp: Timestamp,
    /// When that last changed, by our own clock: the engine's may be skewed.
    changed: Option<Instant>,
}

impl FieldRoute {
    /// Notes a timestamp; whether it is another than before.
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

impl Routes {
    /// The routes of what a query asks for, and the order in which the tracks must be for them:
    /// those of one stop beside each other.
    pub(super) fn new(
        query: &Query,
        sources: &[PlannedSource],
        all: MaxAges,
    ) -> (Self, Vec<usize>) {
        let mut ages: BTreeMap<EntityId, Duration> = BTreeMap::new();
        for source in sources {
            let own = all.for_rate(source.rate);
            let age = ages.entry(source.input.entity).or_insert(own);
            *age = own.min(*age);
        }
        let entities = ages.into_iter().map(|(entity, max_age)| Watched {
            entity,
            found: true,
            changed: None,
            max_age,
        });
        let mut routes = Self {
            entities: entities.collect(),
            ..Self::default()
        };
        let of = |state: &usize| {
            let input = sources.get(*state)?.input;
            Some((input.entity, input.field))
        };
        let mut by_pair: Vec<usize> = (0..sources.len()).collect();
        by_pair.sort_by_key(of);
        let mut order = Vec::with_capacity(sources.len());
        for wanted in query.pairs() {
            let known = |watched: &Watched| watched.entity;
            let Ok(entity) = routes.entities.binary_search_by_key(&wanted.0, known) else {
                continue;
            };
            let start = order.len();
            let from = by_pair.partition_point(|state| of(state) < Some(wanted));
            let mine = by_pair.iter().skip(from);
            order.extend(mine.take_while(|state| of(state) == Some(wanted)));
            routes.field_routes.push(FieldRoute {
                pair: wanted,
                entity,
                states: start..order.len(),
                timestamp: Timestamp::NEVER,
                changed: None,
            });
        }
        routes.sorted = (0..routes.field_routes.len()).collect();
        let field_routes = &routes.field_routes;
        routes
            .sorted
            .sort_by_key(|route| field_routes.get(*route).map(|route| route.pair));
        (routes, order)
    }

    /// The stop of a pair, which is perhaps the one at that place.
    #[inline]
    fn find_route(&self, place: usize, pair: Pair) -> Option<usize> {
        match self.field_routes.get(place) {
            Some(route) if route.pair == pair => Some(place),
            _ => self.search_route(pair),
        }
    }

    #[cold]
    fn search_route(&self, pair: Pair) -> Option<usize> {
        let at = |place: &usize| self.field_routes.get(*place).map(|route| route.pair);
        let found = self.sorted.binary_search_by_key(&Some(pair), at);
        self.sorted.get(found.ok()?).copied()
    }
}

impl Plan {
    /// Takes what was read.
    pub(crate) fn ingest_samples(
        &mut self,
        samples: &Samples,
        ledger: &mut Ledger,
        now: Instant,
    ) -> ReadStats {
        let (mut values, mut failed, mut resets) = (0, 0, 0);
        // Where nothing is read it is news enough that the engine answers.
        let mut is_new = !self.reads_fields();
        for watched in &mut self.routes.entities {
            watched.found = false;
        }
        let limits = self.ages.expiry_times(now);
        let mut next = 0;
        for sample in samples {
            match sample.value {
                Ok(_) => values += 1,
                Err(NoValue::Stale | NoValue::Malformed | NoValue::Code(_)) => failed += 1,
                Err(_) => {}
            }
            let Some(place) = self.routes.find_route(next, (sample.entity, sample.field)) else {
                continue;
            };
            next = place + 1;
            let Some(route) = self.routes.field_routes.get_mut(place) else {
                continue;
            };
            let Some(watched) = self.routes.entities.get_mut(route.entity) else {
                continue;
            };
            watched.found |= !matches!(sample.value, Err(NoValue::NotWatched));
            let moved = sample.value.is_ok() && route.update_timestamp(sample.timestamp, now);
            let Some(states) = self.states.get_mut(route.states.clone()) else {
                continue;
            };
            if moved && !states.is_empty() {
                watched.changed = Some(now);
                is_new = true;
            }
            for state in states {
                if moved {
                    state.extend_expiry(&limits);
                }
                match state.target {
                    Target::Point(place) => self
                        .values
                        .set_point(place, state.decode_point(sample.value)),
                    Target::Total(place, part) => {
                        let taken = count_reading(ledger, (place, part), sample, self.interval);
                        resets += u64::from(taken == Step::Reset);
                    }
                }
            }
        }
        if is_new {
            self.changed = Some(now);
        }
        let gone = self.routes.entities.iter().filter(|watched| {
            let silent = watched
                .changed
                .is_some_and(|at| now.duration_since(at) >= watched.max_age);
            !watched.found || (is_new && silent)
        });
        ReadStats {
            values,
            failed,
            resets,
            gone: gone.count(),
            events: 0,
            is_replaceable: is_new && self.has_replaceable(now),
        }
    }

    /// Whether a source that has alternatives has brought no value for as long as one may be shown,
    /// though its entity goes on. Looked at as often as that can be.
    fn has_replaceable(&mut self, now: Instant) -> bool {
        if self.next_look.is_some_and(|at| now < at) {
            return false;
        }
        let age = self.ages.for_rate(SampleRate::EachTick);
        self.next_look = now.checked_add(age);
        let since =
            |changed: Option<Instant>| now.saturating_duration_since(changed.unwrap_or(self.made));
        self.routes.field_routes.iter().any(|route| {
            let sources = self.sources.get(route.states.clone()).unwrap_or_default();
            let is_given_up = |source: &PlannedSource| {
                let patience = match source.input.op {
                    Op::Counter => age.max(COUNTER_PATIENCE),
                    _ => age,
                };
                source.has_alternatives
                    && source.rate == SampleRate::EachTick
                    && since(route.changed) >= patience
            };
            let entity = self.routes.entities.get(route.entity);
            sources.iter().any(is_given_up)
                && entity.is_some_and(|entity| since(entity.changed) < age)
        })
    }

    /// Leaves behind how old everything is.
    pub(crate) fn save_ages(&self, history: &mut History) {
        history.changed = self.changed;
        let ages = self.routes.field_routes.iter().filter_map(|route| {
            let age = (route.timestamp, route.changed?);
            Some((route.pair, age))
        });
        history.ages.extend(ages);
    }

    /// Goes on from what the session before left behind. That the entities are gone through anew
    /// makes no sample newer.
    pub(crate) fn restore_ages(&mut self, history: &History) {
        self.changed = history.changed;
        for route in &mut self.routes.field_routes {
            let Some((timestamp, changed)) = history.ages.get(&route.pair) else {
                continue;
            };
            route.timestamp = *timestamp;
            route.changed = Some(*changed);
            let limits = self.ages.expiry_times(*changed);
            let states = self.states.get_mut(route.states.clone());
            for state in states.unwrap_or_default() {
                state.extend_expiry(&limits);
                self.changed = self.changed.max(Some(*changed));
            }
        }
    }
}

/// Counts a reading. Without a value a counter holds.
#[inline(never)]
fn count_reading(
    ledger: &mut Ledger,
    (place, part): (usize, usize),
    sample: Sample<'_>,
    interval: Duration,
) -> Step {
    let (Ok(value), Some(total)) = (sample.value, ledger.get_mut(place)) else {
        return Step::Held;
    };
    total.add_reading(part, &value, sample.timestamp, interval)
}
