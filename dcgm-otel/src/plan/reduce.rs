//! Reducers: the values of series from what was ingested.

use std::ops::Range;
use std::time::Instant;

use dcgm::{EntityId, EntityKind, Link, LinkState};

use crate::catalogue::{Condition, Kind};
use crate::counters::Ledger;
use crate::host;
use crate::mute::MuteGpus;
use crate::snapshot::{Number, Point};

/// The way a series gets its value.
#[derive(Clone, Debug)]
pub(super) enum Reducer {
    /// A gauge, which is written when it is read.
    Gauge,
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
    /// A counter: the index of its total, which outlives the plan.
    Total(usize, Kind),
    /// Constant while the entities stay the same.
    Fixed(i64),
    /// Number of active links of this entity, or the state of this link; `None` if unknown at
    /// present.
    ActiveLinks(EntityId, Option<i64>),
}

impl Reducer {
    /// Returns the range of its parts, if it has parts.
    pub(super) const fn parts_mut(&mut self) -> Option<&mut Range<usize>> {
        match self {
            Self::Sum(parts) | Self::Status { parts, .. } => Some(parts),
            Self::Gauge | Self::Total(..) | Self::Fixed(_) | Self::ActiveLinks(..) => None,
        }
    }
}

/// Current values of all series.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Reducer of each series of the layout.
    reducers: Vec<Reducer>,
    /// Value of each series, followed by the parts of values that have several.
    points: Vec<Option<Point>>,
    /// Set for each part that expires by itself.
    transient: Vec<bool>,
}

impl Values {
    pub(super) fn new(reducers: Vec<Reducer>, transient: Vec<bool>) -> Self {
        Self {
            points: vec![None; reducers.len() + transient.len()],
            reducers,
            transient,
        }
    }

    /// Returns the number of series.
    pub(super) fn len(&self) -> usize {
        self.reducers.len()
    }

    /// Inserts a counter; the values behind it move by one.
    pub(super) fn insert_total(&mut self, at: usize, total: usize, kind: Kind) {
        self.reducers.insert(at, Reducer::Total(total, kind));
        self.points.insert(at, None);
    }

    /// Sets the values that depend on the states of links.
    pub(super) fn set_links(&mut self, links: Option<&[Link]>) {
        for reducer in &mut self.reducers {
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

    /// Sets the GPUs that are mute.
    pub(super) fn set_mute_gpus(&mut self, mute: &MuteGpus) {
        for reducer in &mut self.reducers {
            if let Reducer::Status {
                entity, is_mute, ..
            } = reducer
            {
                *is_mute = mute.contains(*entity);
            }
        }
    }

    #[inline]
    pub(super) fn set_point(&mut self, index: usize, value: Option<Point>) {
        if let Some(point) = self.points.get_mut(index) {
            *point = value;
        }
    }

    /// Computes the values that are not gauges, and returns all values. Constants expire at
    /// `until`.
    pub(super) fn compute_points(
        &mut self,
        ledger: &Ledger,
        (now, until): (Instant, Option<Instant>),
    ) -> &[Option<Point>] {
        let (points, parts) = self.points.split_at_mut(self.reducers.len());
        let of = |range: &Range<usize>| {
            let parts = parts.get(range.clone()).unwrap_or_default();
            let transient = self.transient.get(range.clone()).unwrap_or_default();
            parts.iter().zip(transient)
        };
        for (point, reducer) in points.iter_mut().zip(&self.reducers) {
            *point = match reducer {
                Reducer::Gauge => continue,
                Reducer::Total(index, kind) => {
                    let total = ledger.get(*index).filter(|total| total.is_shown());
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

/// Returns the worst condition, and the time at which it expires.
fn worst_condition<'a>(
    parts: impl Iterator<Item = StatusPart<'a>>,
    minimum: Condition,
    now: Instant,
) -> (i64, Option<Instant>) {
    let mut worst = minimum as i64;
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
