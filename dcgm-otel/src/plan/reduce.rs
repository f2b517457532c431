//! What each series shows, and where it has that from.

use std::ops::Range;
use std::time::Instant;

use dcgm::{EntityId, Link, LinkState};

use crate::catalogue::{Condition, Kind};
use crate::counters::Ledger;
use crate::host;
use crate::snapshot::{Number, Point};

/// Where a series has its value from.
#[derive(Clone, Debug)]
pub(super) enum Reducer {
    /// A level, which is put there as it is read.
    Level,
    /// The sum of these parts.
    Sum(Range<usize>),
    /// Whether the worst that these parts say is this.
    Status {
        parts: Range<usize>,
        at_least: Condition,
        about: Condition,
        /// Whether it is known without the parts.
        known: bool,
    },
    /// A counter: the place of its total, which outlives what is read.
    Total(usize, Kind),
    /// What does not change as long as the entities do not.
    Fixed(i64),
    /// The number of links of this entity that are up, or whether this link is; `None` if that is not
    /// known now.
    ActiveLinks(EntityId, Option<i64>),
}

impl Reducer {
    /// The parts that it is made of, if it is made of parts.
    pub(super) const fn parts_mut(&mut self) -> Option<&mut Range<usize>> {
        match self {
            Self::Sum(parts) | Self::Status { parts, .. } => Some(parts),
            Self::Level | Self::Total(..) | Self::Fixed(_) | Self::ActiveLinks(..) => None,
        }
    }
}

/// The present values.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Where each series of the layout has its value from.
    reducer: Vec<Reducer>,
    /// The value of each of them, and behind these what is read for those that are made of several
    /// parts.
    points: Vec<Option<Point>>,
    /// Of each part, whether it says something for a while only.
    transient: Vec<bool>,
}

impl Values {
    pub(super) fn new(reducer: Vec<Reducer>, transient: Vec<bool>) -> Self {
        Self {
            points: vec![None; reducer.len() + transient.len()],
            reducer,
            transient,
        }
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.reducer.len()
    }

    /// Makes room for a counter at a place: all behind it go one further.
    pub(super) fn insert_total(&mut self, at: usize, total: usize, kind: Kind) {
        self.reducer.insert(at, Reducer::Total(total, kind));
        self.points.insert(at, None);
    }

    /// Sets what depends on the states of links.
    pub(super) fn set_links(&mut self, links: Option<&[Link]>) {
        for reducer in &mut self.reducer {
            let Reducer::ActiveLinks(of, number) = reducer else {
                continue;
            };
            *number = links.map(|links| {
                let is_of = |link: &&Link| link.parent == *of || host::entity_of(link) == *of;
                let up = |link: &&Link| link.state == LinkState::UP;
                let count = links.iter().filter(is_of).filter(up).count();
                i64::try_from(count).unwrap_or(i64::MAX)
            });
        }
    }

    #[inline]
    pub(super) fn set_point(&mut self, place: usize, value: Option<Point>) {
        if let Some(point) = self.points.get_mut(place) {
            *point = value;
        }
    }

    /// All of them, with what was not read but is made of it. What is always so is shown until
    /// then.
    pub(super) fn compute_points(
        &mut self,
        ledger: &Ledger,
        (now, until): (Instant, Option<Instant>),
    ) -> &[Option<Point>] {
        let (points, parts) = self.points.split_at_mut(self.reducer.len());
        let of = |range: &Range<usize>| {
            let parts = parts.get(range.clone()).unwrap_or_default();
            let transient = self.transient.get(range.clone()).unwrap_or_default();
            parts.iter().zip(transient)
        };
        for (point, reducer) in points.iter_mut().zip(&self.reducer) {
            *point = match reducer {
                Reducer::Level => continue,
                Reducer::Total(place, kind) => {
                    let total = ledger.get(*place).filter(|total| total.is_shown());
                    total.map(|total| Point {
                        number: total.exported_number(*kind),
                        until: None,
                    })
                }
                Reducer::Sum(parts) => sum_parts(of(parts)),
                Reducer::ActiveLinks(_, number) => number.map(|number| Point {
                    number: Number::I64(number),
                    until,
                }),
                Reducer::Fixed(number) => Some(Point {
                    number: Number::I64(*number),
                    until,
                }),
                Reducer::Status {
                    parts,
                    at_least,
                    about,
                    known,
                } => {
                    let (worst, mut limit) = worst_condition(of(parts), *at_least, now);
                    if (*known && parts.is_empty()) || *at_least == Condition::Failed {
                        limit = until;
                    }
                    limit.map(|limit| Point {
                        number: Number::I64(i64::from(worst == *about as i64)),
                        until: Some(limit),
                    })
                }
            };
        }
        points
    }
}

type StatusPart<'a> = (&'a Option<Point>, &'a bool);

fn sum_parts<'a>(parts: impl Iterator<Item = StatusPart<'a>> + Clone) -> Option<Point> {
    let known = parts.filter_map(|(point, _)| *point);
    let until = known.clone().map(|point| point.until).max()?;
    let sum = known.map(|point| point.number.whole_or_zero()).sum();
    Some(Point {
        number: Number::I64(sum),
        until,
    })
}

/// The worst sign, and how long that may be said.
fn worst_condition<'a>(
    parts: impl Iterator<Item = StatusPart<'a>>,
    at_least: Condition,
    now: Instant,
) -> (i64, Option<Instant>) {
    let mut worst = at_least as i64;
    let mut until = None;
    for (point, transient) in parts {
        let Some(point) = point else {
            continue;
        };
        if !transient {
            until = until.max(point.until);
        }
        if !transient || point.until.is_none_or(|until| now < until) {
            worst = worst.max(point.number.whole_or_zero());
        }
    }
    (worst, until)
}
