//! What was read, and where it goes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use dcgm::{Absent, EntityId, FieldId, Query, Samples};

use super::Plan;
use super::track::Track;
use crate::counters::{Ledger, Step};

/// What a read brought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Intake {
    /// Samples with a value.
    pub(crate) values: usize,
    /// Samples that failed, other than for want of a value.
    pub(crate) failed: usize,
    /// Entities of which nothing is watched any more, or nothing new comes though others go on:
    /// they are gone or lost.
    pub(crate) gone: usize,
    /// Counters that began anew.
    pub(crate) resets: u64,
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
    stops: Vec<Stop>,
    /// The places of the stops by their pairs, for those that come in another order.
    sorted: Vec<usize>,
    /// The tracks of all stops, those of one beside each other.
    tracks: Vec<usize>,
}

#[derive(Debug)]
struct Stop {
    pair: Pair,
    entity: usize,
    tracks: Range<usize>,
}

/// A field of an entity, in two numbers that are compared fast.
type Pair = (u64, u16);

fn pair(entity: EntityId, field: FieldId) -> Pair {
    let kind = u64::from(entity.kind.raw());
    (kind << 32 | u64::from(entity.id), field.raw())
}

impl Routes {
    pub(super) fn new(query: &Query, tracks: &[Track]) -> Self {
        let mut ages: BTreeMap<EntityId, Duration> = BTreeMap::new();
        for track in tracks {
            let age = ages.entry(track.input.entity).or_insert(track.max_age);
            *age = track.max_age.min(*age);
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
        let of = |track: &usize| {
            let input = tracks.get(*track)?.input;
            Some(pair(input.entity, input.field))
        };
        let mut by_pair: Vec<usize> = (0..tracks.len()).collect();
        by_pair.sort_by_key(of);
        let pairs = query.blocks().iter().flat_map(|(entities, fields)| {
            let fields = || fields.iter().copied();
            entities
                .iter()
                .flat_map(move |entity| fields().map(|field| (*entity, field)))
        });
        for (entity, field) in pairs {
            let wanted = pair(entity, field);
            let known = |watched: &Watched| watched.entity;
            let Ok(entity) = routes.entities.binary_search_by_key(&entity, known) else {
                continue;
            };
            let start = routes.tracks.len();
            let from = by_pair.partition_point(|track| of(track) < Some(wanted));
            let mine = by_pair.iter().skip(from);
            let mine = mine.take_while(|track| of(track) == Some(wanted));
            routes.tracks.extend(mine);
            routes.stops.push(Stop {
                pair: wanted,
                entity,
                tracks: start..routes.tracks.len(),
            });
        }
        routes.sorted = (0..routes.stops.len()).collect();
        let stops = &routes.stops;
        routes
            .sorted
            .sort_by_key(|stop| stops.get(*stop).map(|stop| stop.pair));
        routes
    }

    /// The stop of a pair, which is perhaps the one at that place.
    #[inline]
    fn find(&self, place: usize, pair: Pair) -> Option<usize> {
        match self.stops.get(place) {
            Some(stop) if stop.pair == pair => Some(place),
            _ => self.look_for(pair),
        }
    }

    #[cold]
    fn look_for(&self, pair: Pair) -> Option<usize> {
        let at = |place: &usize| self.stops.get(*place).map(|stop| stop.pair);
        let found = self.sorted.binary_search_by_key(&Some(pair), at);
        self.sorted.get(found.ok()?).copied()
    }
}

impl Plan {
    /// Takes what was read.
    pub(crate) fn take(&mut self, samples: &Samples, ledger: &mut Ledger, now: Instant) -> Intake {
        let mut intake = Intake::default();
        if !self.reads() {
            // Then it is news enough that the engine answers.
            self.changed = Some(now);
        }
        for watched in &mut self.routes.entities {
            watched.found = false;
        }
        let mut next = 0;
        for sample in samples {
            match sample.value {
                Ok(_) => intake.values += 1,
                Err(Absent::Stale | Absent::Malformed | Absent::Code(_)) => intake.failed += 1,
                Err(_) => {}
            }
            let Some(place) = self.routes.find(next, pair(sample.entity, sample.field)) else {
                continue;
            };
            next = place + 1;
            let Routes {
                entities,
                stops,
                tracks,
                ..
            } = &mut self.routes;
            let Some(stop) = stops.get(place) else {
                continue;
            };
            let Some(watched) = entities.get_mut(stop.entity) else {
                continue;
            };
            watched.found |= !matches!(sample.value, Err(Absent::NotWatched));
            for track in tracks.get(stop.tracks.clone()).unwrap_or_default() {
                let Some(track) = self.tracks.get_mut(*track) else {
                    continue;
                };
                if sample.value.is_ok() && track.moved_to(sample.timestamp, now) {
                    self.changed = Some(now);
                    watched.changed = Some(now);
                }
                let taken = track.take(sample.value, sample.timestamp, ledger);
                intake.resets += u64::from(taken == Step::Reset);
            }
        }
        let others_go_on = self.changed == Some(now);
        let gone = self.routes.entities.iter().filter(|watched| {
            let silent = watched
                .changed
                .is_some_and(|at| now.duration_since(at) >= watched.max_age);
            !watched.found || (others_go_on && silent)
        });
        intake.gone = gone.count();
        intake
    }
}
