//! The exported series, and the value that each of them has.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::BaseSeries;
use super::holders::{Holders, WorkloadLabels};
use super::shares::{ShareState, Split};
use crate::attributes::sort_by_key;
use crate::pipeline::index::{CounterIdx, Index};
use crate::pipeline::snapshot::{Layout, Number, Point, Series};

/// The value of an exported series.
#[derive(Clone, Copy, Debug)]
enum Export {
    /// That of a series of the base.
    Base(usize),
    /// The part of a total that belongs to no workload. The series of the base says whether it is
    /// known.
    Own(usize, CounterIdx),
    /// The part of a workload, by its position.
    Share(usize, CounterIdx, usize),
}

/// The rank of a series if not all have room: the first stay.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Live,
    Join,
    /// A workload that has ended, at this time.
    Ended(Reverse<Instant>),
}

/// The exported series.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The series that it was made of.
    base: Arc<Layout>,
    layout: Arc<Layout>,
    exports: Vec<Export>,
    /// Number of series without those of workloads that have ended.
    pub(super) live: usize,
    /// Number of series of present workloads that have no room.
    pub(super) dropped: usize,
    /// Set if copies for sharers are over a limit.
    pub(super) has_no_room_for_copies: bool,
}

impl Plan {
    /// Makes the plan of these series. `join` is the metric that has a series for each allocation. Parts
    /// of workloads that have ended, and for which there is no room, are forgotten.
    pub(super) fn new(
        base: &BaseSeries<'_>,
        holders: &Holders,
        splits: &mut [Option<Split>],
        join: Option<usize>,
    ) -> Self {
        let mut all: Vec<(Series, Export, Rank)> = Vec::new();
        let mut has_copies = false;
        let counters = base.reducers.counters();
        let rows = base.layout.series().iter().zip(base.owners).zip(counters);
        for (row, ((series, owner), counter)) in rows.enumerate() {
            let labels = owner.map(|owner| holders.of(owner)).unwrap_or_default();
            let split = counter.and_then(|(at, _)| Some((at, split_at(splits, at)?)));
            if join == Some(series.metric) {
                let of_entity = owner.map(|owner| holders.of_allocated(owner));
                for labels in of_entity.unwrap_or_default() {
                    all.push((merge_labels(series, labels), Export::Base(row), Rank::Join));
                }
            } else if let Some((counter, split)) = split {
                let is_alive = |state| state == ShareState::Alive;
                let alive = split
                    .shares
                    .iter()
                    .filter(|one| is_alive(one.state))
                    .count();
                has_copies |= alive > 1;
                if alive == 0 || split.has_own() {
                    all.push((series.clone(), Export::Own(row, counter), Rank::Live));
                }
                for (position, share) in split.shares.iter().enumerate() {
                    let rank = match share.state {
                        ShareState::Alive => Rank::Live,
                        ShareState::Ended(at, _) => Rank::Ended(Reverse(at)),
                        ShareState::Hidden(_) => continue,
                    };
                    let series = merge_labels(series, &share.labels);
                    all.push((series, Export::Share(row, counter, position), rank));
                }
            } else if labels.is_empty() {
                all.push((series.clone(), Export::Base(row), Rank::Live));
            } else {
                has_copies |= labels.len() > 1;
                for labels in labels {
                    all.push((merge_labels(series, labels), Export::Base(row), Rank::Live));
                }
            }
        }
        Self::select(base, all, has_copies, splits)
    }

    /// Selects the series that have room.
    fn select(
        base: &BaseSeries<'_>,
        all: Vec<(Series, Export, Rank)>,
        has_copies: bool,
        splits: &mut [Option<Split>],
    ) -> Self {
        let mut order: Vec<usize> = (0..all.len()).collect();
        let rank = |at: &usize| all.get(*at).map(|(.., rank)| *rank);
        order.sort_by_key(rank);
        let mut kept = vec![false; all.len()];
        let (mut count, mut counts): (usize, HashMap<usize, usize>) = (0, HashMap::new());
        let (mut live, mut dropped, mut over) = (0, 0, false);
        let mut seen = HashSet::new();
        for at in order {
            let (Some((series, export, rank)), Some(keep)) = (all.get(at), kept.get_mut(at)) else {
                continue;
            };
            // As of two workloads that differ in an attribute that the device has, too.
            if !seen.insert(series) {
                dropped += 1;
                continue;
            }
            let of_metric = counts.entry(series.metric).or_default();
            let has_room = count < base.caps.all && *of_metric < base.caps.metric;
            match (rank, export) {
                (Rank::Live, _) => {
                    over |= !has_room;
                    live += 1;
                }
                (Rank::Join, _) if !has_room => {
                    dropped += 1;
                    continue;
                }
                (Rank::Ended(_), Export::Share(_, counter, position)) if !has_room => {
                    let split = splits.get_mut(counter.position()).and_then(Option::as_mut);
                    if let Some(share) = split.and_then(|one| one.shares.get_mut(*position)) {
                        share.hide();
                    }
                    continue;
                }
                _ => {}
            }
            (*keep, count, *of_metric) = (true, count + 1, *of_metric + 1);
        }
        let mut selected = kept.into_iter();
        let all = all.into_iter().filter(|_| selected.next() == Some(true));
        let (series, exports) = all.map(|(series, export, _)| (series, export)).unzip();
        Self {
            base: Arc::clone(base.layout),
            layout: Arc::new(Layout::new(base.metrics, series)),
            exports,
            live,
            dropped,
            has_no_room_for_copies: over && has_copies,
        }
    }

    /// Returns `true` if it was made of these series.
    pub(super) fn is_of(&self, base: &Arc<Layout>) -> bool {
        Arc::ptr_eq(&self.base, base)
    }

    pub(super) const fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Adds the point of each exported series; returns how many are known.
    pub(super) fn fill(
        &self,
        base: &[Option<Point>],
        splits: &[Option<Split>],
        into: &mut Vec<Option<Point>>,
    ) -> usize {
        let mut known = 0;
        let point_at = |row: usize| base.get(row).copied().flatten();
        let with_number = |point: Point, number: Number| Point { number, ..point };
        into.extend(self.exports.iter().map(|export| {
            let point = match *export {
                Export::Base(row) => point_at(row),
                Export::Own(row, counter) => split_at(splits, counter)
                    .zip(point_at(row))
                    .map(|(split, point)| with_number(point, split.own_number())),
                Export::Share(row, counter, share) => split_at(splits, counter)
                    .and_then(|split| split.share_number(share))
                    .zip(point_at(row))
                    .map(|(number, point)| with_number(point, number)),
            };
            known += usize::from(point.is_some());
            point
        }));
        known
    }
}

fn split_at(splits: &[Option<Split>], counter: CounterIdx) -> Option<&Split> {
    splits.get(counter.position())?.as_ref()
}

/// Adds the attributes of a workload to a series, which keeps its own.
pub(super) fn merge_labels(series: &Series, labels: &WorkloadLabels) -> Series {
    // Of two with one key the last is kept.
    let attributes = sort_by_key([labels, &*series.attributes].concat());
    Series {
        metric: series.metric,
        attributes: attributes.into(),
    }
}
