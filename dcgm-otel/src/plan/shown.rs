//! Where each series has its value from.

use std::time::Instant;

use super::Plan;
use super::track::Track;
use crate::catalogue::{Condition, Op};
use crate::counters::Ledger;
use crate::snapshot::{Cell, Number, Series, Snapshot};

/// Where a series has its value from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    /// A level: the track that was read.
    Level(usize),
    /// The sum of so many tracks from that one on.
    Sum(usize, usize),
    /// Whether the worst that so many tracks from that one on say is this.
    Status {
        first: usize,
        count: usize,
        at_least: Condition,
        about: Condition,
        /// Whether it is known without the tracks.
        known: bool,
    },
    /// A counter: the place of its total, which outlives the track.
    Total(usize),
    /// What does not change as long as the entities do not.
    Fixed(i64),
}

impl Plan {
    /// Fills a snapshot; how many series it shows.
    pub(crate) fn fill(&self, snapshot: &mut Snapshot, ledger: &Ledger, now: Instant) -> usize {
        let until = self.until();
        let shown = self.layout.series().iter().zip(&self.shown);
        let mut count = 0;
        let cells = shown.map(|(series, shown)| {
            let cell = self.cell(series, *shown, ledger, (now, until));
            count += usize::from(cell.is_some());
            cell
        });
        snapshot.refill(&self.layout).extend(cells);
        count
    }

    /// One cell. `all_until` is how long anything may be shown that is no counter.
    fn cell(
        &self,
        series: &Series,
        shown: Shown,
        ledger: &Ledger,
        (now, all_until): (Instant, Option<Instant>),
    ) -> Option<Cell> {
        let tracks = |first, count| self.tracks.iter().skip(first).take(count);
        match shown {
            Shown::Total(place) => {
                let total = ledger.get(place).filter(|total| total.is_shown())?;
                let number = total.number(self.metrics.get(series.metric)?.kind);
                Some(Cell {
                    number,
                    until: None,
                })
            }
            Shown::Level(track) => {
                let track = self.tracks.get(track)?;
                // What hardly ever changes is not shown either once nothing comes any more.
                let until = track.until()?.min(all_until?);
                track.value.map(|number| Cell {
                    number,
                    until: Some(until),
                })
            }
            Shown::Sum(first, count) => sum(tracks(first, count)),
            Shown::Fixed(number) => Some(Cell {
                number: Number::I64(number),
                until: Some(all_until?),
            }),
            Shown::Status {
                first,
                count,
                at_least,
                about,
                known,
            } => {
                let (worst, mut until) = worst(tracks(first, count), at_least, now);
                if (known && count == 0) || at_least == Condition::Failed {
                    until = all_until;
                }
                Some(Cell {
                    number: Number::I64(i64::from(worst == about as i64)),
                    until: Some(until?.min(all_until?)),
                })
            }
        }
    }
}

fn sum<'a>(tracks: impl Iterator<Item = &'a Track> + Clone) -> Option<Cell> {
    let known = tracks.filter_map(|track| track.value.zip(track.until()));
    let until = known.clone().map(|(_, until)| until).max()?;
    let sum = known.map(|(number, _)| number.whole()).sum();
    Some(Cell {
        number: Number::I64(sum),
        until: Some(until),
    })
}

/// The worst sign, and how long that may be said.
fn worst<'a>(
    tracks: impl Iterator<Item = &'a Track>,
    at_least: Condition,
    now: Instant,
) -> (i64, Option<Instant>) {
    let mut worst = at_least as i64;
    let mut until = None;
    for track in tracks {
        let Some((number, limit)) = track.value.zip(track.until()) else {
            continue;
        };
        let passing = matches!(track.input.op, Op::Passing(_));
        if !passing {
            until = until.max(Some(limit));
        }
        if !passing || now < limit {
            worst = worst.max(number.whole());
        }
    }
    (worst, until)
}
