//! What was read, and where it goes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use dcgm::{EntityId, FieldId, NoValue, Query, Sample, Samples, Timestamp};

use super::Plan;
use super::source::{MaxAges, PlannedSource, Reading, SampleRate, Target};
use crate::catalogue::Op;
use crate::counters::{Ledger, Step};
use crate::history::History;
use crate::mute::MuteGpus;

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
    /// Resets of DCGM's counters.
    pub(crate) resets: u64,
    /// Events that were counted.
    pub(crate) events: usize,
    /// Set if a source has had no value for a while though its entity is still sampled, and its
    /// series has another source.
    pub(crate) is_replaceable: bool,
    /// GPUs without values.
    pub(crate) mute: MuteGpus,
}

/// An entity that is read.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) entity: EntityId,
    /// Set if the last read found a watched field of it.
    found: bool,
    /// Time of the last new sample of any field.
    changed: Option<Instant>,
    /// The same, also by an earlier plan.
    pub(super) last_value: Option<Instant>,
    /// Maximum age of its fastest field.
    pub(super) max_age: Duration,
    /// Number of its fields that are no profiling fields.
    pub(super) basic_fields: usize,
}

/// Routes from samples to the entities and the sources that they belong to.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) entities: Vec<Watched>,
    /// In the order of the query, which is nearly that of the samples: the next sample usually has
    /// the next route.
    fields: Vec<FieldRoute>,
    /// Indices of the routes sorted by pair, for samples in another order.
    sorted: Vec<usize>,
}

type Pair = (EntityId, FieldId);

/// A field of an entity that is read.
#[derive(Debug)]
struct FieldRoute {
    pair: Pair,
    entity: usize,
    states: Range<usize>,
    /// Timestamp of the last sample.
    timestamp: Timestamp,
    /// Local time of the last new timestamp: the engine's clock may differ.
    changed: Option<Instant>,
}

impl FieldRoute {
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

impl Routes {
    /// Makes the routes of a query, and returns the order of the sources: those of one route are
    /// adjacent.
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
            last_value: None,
            max_age,
            basic_fields: 0,
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
            if let Some(watched) = routes.entities.get_mut(entity) {
                watched.basic_fields += usize::from(!wanted.1.is_profiling());
            }
            let start = order.len();
            let from = by_pair.partition_point(|state| of(state) < Some(wanted));
            let mine = by_pair.iter().skip(from);
            order.extend(mine.take_while(|state| of(state) == Some(wanted)));
            routes.fields.push(FieldRoute {
                pair: wanted,
                entity,
                states: start..order.len(),
                timestamp: Timestamp::NEVER,
                changed: None,
            });
        }
        routes.sorted = (0..routes.fields.len()).collect();
        let fields = &routes.fields;
        routes
            .sorted
            .sort_by_key(|route| fields.get(*route).map(|route| route.pair));
        (routes, order)
    }

    /// Returns the route of a pair; `index` is the most likely index.
    #[inline]
    fn find_route(&self, index: usize, pair: Pair) -> Option<usize> {
        match self.fields.get(index) {
            Some(route) if route.pair == pair => Some(index),
            _ => self.search_route(pair),
        }
    }

    #[cold]
    fn search_route(&self, pair: Pair) -> Option<usize> {
        let at = |index: &usize| self.fields.get(*index).map(|route| route.pair);
        let found = self.sorted.binary_search_by_key(&Some(pair), at);
        self.sorted.get(found.ok()?).copied()
    }
}

impl Plan {
    /// Ingests the samples of one read.
    pub(crate) fn ingest_samples(
        &mut self,
        samples: &Samples,
        ledger: &mut Ledger,
        now: Instant,
    ) -> ReadStats {
        let (mut values, mut failed, mut resets) = (0, 0, 0);
        // Without sources, an answer of the engine counts as a new sample.
        let mut is_new = !self.reads_fields();
        for watched in &mut self.routes.entities {
            watched.found = false;
        }
        let expiries = self.ages.expiry_times(now);
        let (mut next, mut newest) = (0, Timestamp::NEVER);
        for sample in samples {
            newest = newest.max(sample.timestamp);
            match sample.value {
                Ok(_) => values += 1,
                Err(NoValue::Stale | NoValue::Malformed | NoValue::Code(_)) => failed += 1,
                Err(_) => {}
            }
            let Some(index) = self.routes.find_route(next, (sample.entity, sample.field)) else {
                continue;
            };
            next = index + 1;
            let Some(route) = self.routes.fields.get_mut(index) else {
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
                watched.last_value = Some(now);
                is_new = true;
            }
            for state in states {
                if moved {
                    state.extend_expiry(&expiries);
                }
                match state.target {
                    Target::Point(index) => {
                        if let Reading::New(value) = state.decode_point(sample.value) {
                            self.values.set_point(index, value);
                        }
                    }
                    Target::Total(index, part) => {
                        let taken = count_reading(ledger, (index, part), sample, self.interval);
                        resets += u64::from(taken == Step::Reset);
                    }
                }
            }
        }
        if is_new {
            self.changed = Some(now);
        }
        self.newest = newest;
        let missing = self.routes.entities.iter().filter(|watched| {
            let silent = watched
                .changed
                .is_some_and(|at| now.duration_since(at) >= watched.max_age);
            !watched.found || (is_new && silent)
        });
        ReadStats {
            values,
            failed,
            resets,
            missing: missing.count(),
            events: 0,
            mute: MuteGpus::None,
            is_replaceable: is_new && self.has_replaceable(now),
        }
    }

    /// Returns `true` if a source with alternatives has had no value for the maximum age, though
    /// its entity is still sampled. Checked once per maximum age.
    fn has_replaceable(&mut self, now: Instant) -> bool {
        if self.next_look.is_some_and(|at| now < at) {
            return false;
        }
        let age = self.ages.for_rate(SampleRate::EachTick);
        self.next_look = now.checked_add(age);
        let since =
            |changed: Option<Instant>| now.saturating_duration_since(changed.unwrap_or(self.made));
        self.routes.fields.iter().any(|route| {
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

    /// Saves the timestamps and ages of all samples for the next plan.
    pub(crate) fn save_ages(&self, history: &mut History) {
        history.changed = self.changed;
        let ages = self.routes.fields.iter().filter_map(|route| {
            let age = (route.timestamp, route.changed?);
            Some((route.pair, age))
        });
        history.ages.extend(ages);
    }

    /// Restores the timestamps and ages of the plan before. A new plan does not make old samples
    /// newer.
    pub(crate) fn restore_ages(&mut self, history: &History) {
        self.changed = history.changed;
        for route in &mut self.routes.fields {
            let Some((timestamp, changed)) = history.ages.get(&route.pair) else {
                continue;
            };
            route.timestamp = *timestamp;
            route.changed = Some(*changed);
            if let Some(watched) = self.routes.entities.get_mut(route.entity) {
                watched.last_value = watched.last_value.max(Some(*changed));
            }
            let expiries = self.ages.expiry_times(*changed);
            let states = self.states.get_mut(route.states.clone());
            for state in states.unwrap_or_default() {
                state.extend_expiry(&expiries);
                self.changed = self.changed.max(Some(*changed));
            }
        }
    }
}

/// Counts a reading. Without a value the counter is held.
#[inline(never)]
fn count_reading(
    ledger: &mut Ledger,
    (index, part): (usize, usize),
    sample: Sample<'_>,
    interval: Duration,
) -> Step {
    let (Ok(value), Some(total)) = (sample.value, ledger.get_mut(index)) else {
        return Step::Held;
    };
    total.add_reading(part, &value, sample.timestamp, interval)
}
