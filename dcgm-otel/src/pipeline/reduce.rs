//! Reducers: the value of each series from the slots of its sources.

use std::ops::Range;
use std::time::Instant;

use dcgm::{EntityId, EntityKind, Link, LinkState};

use super::counters::Ledger;
use super::health::HealthRow;
use super::index::{CounterIdx, IndexVec, SeriesIdx, SourceIdx};
use super::mute::MuteGpus;
use super::snapshot::{Number, Point};
use super::source::Slot;
use crate::catalogue::{Condition, Kind};
use crate::topology::host;

/// The slots of all sources.
pub(super) type Slots = IndexVec<SourceIdx, Slot>;

/// The way a series gets its value.
#[derive(Clone, Debug)]
pub(super) enum Reducer {
    /// The value of this source.
    Gauge(SourceIdx),
    /// Sum of these parts.
    Sum(Range<usize>),
    /// 1 if the worst condition of these parts is `reported`, else 0.
    Status {
        entity: EntityId,
        parts: Range<usize>,
        minimum: Condition,
        reported: Condition,
        /// Set if it is a GPU without values while others have values.
        is_mute: bool,
    },
    /// A counter, whose total outlives the table.
    Counter(CounterIdx, Kind),
    /// Constant while the entities stay the same.
    Constant(i64),
    /// Number of active links of this entity, or the state of this link; `None` if unknown at
    /// present.
    ActiveLinks(EntityId, Option<i64>),
    /// Health of a system of an entity.
    Health(HealthRow),
}

/// The reducers of all series.
#[derive(Debug, Default)]
pub(super) struct Reducers {
    all: IndexVec<SeriesIdx, Reducer>,
    /// Sources of the values that have several.
    parts: Vec<SourceIdx>,
}

impl Reducers {
    /// Makes the reducers; `parts` are what their ranges refer to.
    pub(super) fn new(all: Vec<Reducer>, parts: Vec<SourceIdx>) -> Self {
        Self {
            all: all.into(),
            parts,
        }
    }

    /// Returns the number of series.
    pub(super) fn len(&self) -> usize {
        self.all.as_slice().len()
    }

    /// Returns the total of each series that is a counter.
    pub(super) fn counters(&self) -> impl Iterator<Item = Option<(CounterIdx, Kind)>> {
        self.all.as_slice().iter().map(|reducer| match reducer {
            Reducer::Counter(counter, kind) => Some((*counter, *kind)),
            _ => None,
        })
    }

    /// Inserts a counter; the series behind it move by one.
    pub(super) fn insert_counter(&mut self, at: SeriesIdx, counter: CounterIdx, kind: Kind) {
        self.all.insert(at, Reducer::Counter(counter, kind));
    }

    /// Sets the values that depend on the states of links.
    pub(super) fn set_links(&mut self, links: Option<&[Link]>) {
        for reducer in self.all.as_mut_slice() {
            let Reducer::ActiveLinks(of, number) = reducer else {
                continue;
            };
            let is_of = |link: &&Link| link.parent == *of || host::entity_of(link) == *of;
            let mut of_it = links.unwrap_or_default().iter().filter(is_of).peekable();
            // No link is listed of a GPU that was lost a moment ago.
            *number = of_it.peek().is_some().then(|| {
                let count = of_it.filter(|link| link.state == LinkState::UP).count();
                i64::try_from(count).unwrap_or(i64::MAX)
            });
        }
    }

    /// Returns the rows of health.
    pub(super) fn health_rows(&self) -> impl Iterator<Item = &HealthRow> {
        self.all
            .as_slice()
            .iter()
            .filter_map(|reducer| match reducer {
                Reducer::Health(row) => Some(row),
                _ => None,
            })
    }

    /// Returns the rows of health to change, each with the position of its series.
    pub(super) fn health_rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut HealthRow)> {
        let all = self.all.as_mut_slice().iter_mut().enumerate();
        all.filter_map(|(at, reducer)| match reducer {
            Reducer::Health(row) => Some((at, row)),
            _ => None,
        })
    }

    /// Sets the GPUs that are mute.
    pub(super) fn set_mute_gpus(&mut self, mute: &MuteGpus) {
        for reducer in self.all.as_mut_slice() {
            if let Reducer::Status {
                entity, is_mute, ..
            } = reducer
            {
                *is_mute = mute.contains(*entity);
            }
        }
    }

    /// Computes the value of each series, in order; returns how many there are. Constants expire at
    /// `until`.
    pub(super) fn reduce_slots(
        &self,
        (slots, ledger): (&Slots, &Ledger),
        (now, until): (Instant, Option<Instant>),
        into: &mut Vec<Option<Point>>,
    ) -> usize {
        let mut known = 0;
        let of = |range: &Range<usize>| {
            let parts = self.parts.get(range.clone()).unwrap_or_default();
            parts.iter().filter_map(|part| slots.get(*part))
        };
        let constant = |number: i64| Point {
            number: Number::I64(number),
            until,
        };
        let compute = |reducer: &Reducer| match reducer {
            Reducer::Gauge(source) => slots.get(*source)?.point,
            Reducer::Counter(counter, kind) => {
                let total = ledger.get(*counter).filter(|total| total.is_shown())?;
                Some(Point {
                    number: total.exported_number(*kind),
                    until: None,
                })
            }
            Reducer::Sum(parts) => sum_parts(of(parts)),
            Reducer::ActiveLinks(_, number) => number.map(constant),
            Reducer::Health(row) => row.point(),
            Reducer::Constant(number) => Some(constant(*number)),
            Reducer::Status {
                entity,
                parts,
                minimum,
                reported,
                is_mute,
            } => {
                let minimum = if *is_mute {
                    Condition::Failed
                } else {
                    *minimum
                };
                let (worst, mut limit) = worst_condition(of(parts), minimum, now);
                // The condition of a GPU is known without parts.
                let is_known = entity.kind == EntityKind::GPU && parts.is_empty();
                if is_known || minimum == Condition::Failed {
                    limit = until;
                }
                limit.map(|limit| Point {
                    number: Number::I64(i64::from(worst == *reported as i64)),
                    until: Some(limit),
                })
            }
        };
        into.extend(self.all.as_slice().iter().map(|reducer| {
            let point = compute(reducer);
            known += usize::from(point.is_some());
            point
        }));
        known
    }
}

fn sum_parts<'a>(parts: impl Iterator<Item = &'a Slot> + Clone) -> Option<Point> {
    let known = parts.filter_map(|slot| slot.point);
    let until = known.clone().map(|point| point.until).max()?;
    let sum = known.map(|point| point.number.whole_or_zero()).sum();
    Some(Point {
        number: Number::I64(sum),
        until,
    })
}

/// Returns the worst condition, and the time at which it expires.
fn worst_condition<'a>(
    parts: impl Iterator<Item = &'a Slot>,
    minimum: Condition,
    now: Instant,
) -> (i64, Option<Instant>) {
    let mut worst = minimum as i64;
    let mut until = None;
    for slot in parts {
        let Some(point) = &slot.point else {
            continue;
        };
        let transient = slot.is_transient();
        if !transient {
            until = until.max(point.until);
        }
        if !transient || point.until.is_none_or(|until| now < until) {
            worst = worst.max(point.number.whole_or_zero());
        }
    }
    (worst, until)
}
