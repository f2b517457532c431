//! What each series shows, and where it has that from.

use std::ops::Range;
use std::time::Instant;

use dcgm::{EntityId, Link, LinkState};

use crate::catalogue::{Condition, Kind};
use crate::counters::Ledger;
use crate::host;
use crate::snapshot::{Cell, Number};

/// Where a series has its value from.
#[derive(Clone, Debug)]
pub(super) enum Shown {
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

impl Shown {
    /// The parts that it is made of, if it is made of parts.
    pub(super) const fn parts(&mut self) -> Option<&mut Range<usize>> {
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
    shown: Vec<Shown>,
    /// The value of each of them, and behind these what is read for those that are made of several
    /// parts.
    cells: Vec<Option<Cell>>,
    /// Of each part, whether it says something for a while only.
    passing: Vec<bool>,
}

impl Values {
    pub(super) fn new(shown: Vec<Shown>, passing: Vec<bool>) -> Self {
        Self {
            cells: vec![None; shown.len() + passing.len()],
            shown,
            passing,
        }
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// Makes room for a counter at a place: all behind it go one further.
    pub(super) fn insert(&mut self, at: usize, total: usize, kind: Kind) {
        self.shown.insert(at, Shown::Total(total, kind));
        self.cells.insert(at, None);
    }

    /// Sets what depends on the states of links.
    pub(super) fn set_links(&mut self, links: Option<&[Link]>) {
        for shown in &mut self.shown {
            let Shown::ActiveLinks(of, number) = shown else {
                continue;
            };
            let is_of = |link: &&Link| link.parent == *of || host::entity_of(link) == *of;
            let mut of_it = links.unwrap_or_default().iter().filter(is_of).peekable();
            // Of a GPU that was lost a moment ago no link is listed.
            *number = of_it.peek().is_some().then(|| {
                let count = of_it.filter(|link| link.state == LinkState::UP).count();
                i64::try_from(count).unwrap_or(i64::MAX)
            });
        }
    }

    #[inline]
    pub(super) fn set(&mut self, place: usize, value: Option<Cell>) {
        if let Some(cell) = self.cells.get_mut(place) {
            *cell = value;
        }
    }

    /// All of them, with what was not read but is made of it. What is always so is shown until
    /// then.
    pub(super) fn fill(
        &mut self,
        ledger: &Ledger,
        (now, until): (Instant, Option<Instant>),
    ) -> &[Option<Cell>] {
        let (cells, parts) = self.cells.split_at_mut(self.shown.len());
        let of = |range: &Range<usize>| {
            let parts = parts.get(range.clone()).unwrap_or_default();
            let passing = self.passing.get(range.clone()).unwrap_or_default();
            parts.iter().zip(passing)
        };
        for (cell, shown) in cells.iter_mut().zip(&self.shown) {
            *cell = match shown {
                Shown::Level => continue,
                Shown::Total(place, kind) => {
                    let total = ledger.get(*place).filter(|total| total.is_shown());
                    total.map(|total| Cell {
                        number: total.number(*kind),
                        until: None,
                    })
                }
                Shown::Sum(parts) => sum(of(parts)),
                Shown::ActiveLinks(_, number) => number.map(|number| Cell {
                    number: Number::I64(number),
                    until,
                }),
                Shown::Fixed(number) => Some(Cell {
                    number: Number::I64(*number),
                    until,
                }),
                Shown::Status {
                    parts,
                    at_least,
                    about,
                    known,
                } => {
                    let (worst, mut limit) = worst(of(parts), *at_least, now);
                    if (*known && parts.is_empty()) || *at_least == Condition::Failed {
                        limit = until;
                    }
                    limit.map(|limit| Cell {
                        number: Number::I64(i64::from(worst == *about as i64)),
                        until: Some(limit),
                    })
                }
            };
        }
        cells
    }
}

type Part<'a> = (&'a Option<Cell>, &'a bool);

fn sum<'a>(parts: impl Iterator<Item = Part<'a>> + Clone) -> Option<Cell> {
    let known = parts.filter_map(|(cell, _)| *cell);
    let until = known.clone().map(|cell| cell.until).max()?;
    let sum = known.map(|cell| cell.number.whole()).sum();
    Some(Cell {
        number: Number::I64(sum),
        until,
    })
}

/// The worst sign, and how long that may be said.
fn worst<'a>(
    parts: impl Iterator<Item = Part<'a>>,
    at_least: Condition,
    now: Instant,
) -> (i64, Option<Instant>) {
    let mut worst = at_least as i64;
    let mut until = None;
    for (cell, passing) in parts {
        let Some(cell) = cell else {
            continue;
        };
        if !passing {
            until = until.max(cell.until);
        }
        if !passing || cell.until.is_none_or(|until| now < until) {
            worst = worst.max(cell.number.whole());
        }
    }
    (worst, until)
}
