//! How many series there may be: what goes when there are too many.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{EntityScope, Family, Metric};
use crate::config::{Config, Group};

/// Series that are dropped together or not at all: those of one family on one kind of entity. A sum
/// over what is left still means something, and two runs drop the same. Their order is the order in
/// which they go.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct DropUnit {
    tier: u8,
    place: EntityScope,
    /// By its place in the catalogue.
    metric: usize,
    /// By its place in the metric.
    family: usize,
    group: Group,
    is_counter: bool,
}

impl DropUnit {
    pub(crate) fn new(
        (metric, of): (usize, &Metric),
        (family, row): (usize, &Family),
        place: EntityScope,
    ) -> Self {
        // What is about a part of a part goes before all else.
        let tier = if place == EntityScope::ComputeInstance {
            1
        } else {
            row.tier
        };
        Self {
            tier,
            place,
            metric,
            family,
            group: row.group,
            is_counter: of.kind.is_counter(),
        }
    }

    /// Whether its series are counters.
    pub(crate) const fn is_counter(&self) -> bool {
        self.is_counter
    }
}

/// How many series each block has.
pub(crate) type SeriesCounts = BTreeMap<DropUnit, usize>;

/// How many series there may be.
#[derive(Clone, Debug)]
pub(crate) struct Caps {
    /// In all.
    pub(crate) all: usize,
    /// Of one metric: of one instrument, of which the SDK bounds how many it keeps.
    pub(crate) metric: usize,
    /// Of these groups.
    pub(crate) groups: BTreeMap<Group, usize>,
}

impl Caps {
    pub(crate) fn from_config(config: &Config) -> Self {
        let groups = Group::ALL.iter();
        Self {
            all: config.max_series(),
            metric: config.max_instrument_series(),
            groups: groups
                .filter_map(|group| Some((*group, config.group_series(*group)?)))
                .collect(),
        }
    }

    /// Which blocks go so that the rest fit.
    ///
    /// They go in order until the rest fits: no smaller block comes back to fill the gap, so that a
    /// lower cap keeps a part of what a higher one keeps. What is in `gone` goes in any case: a
    /// counter that was dropped would come back as a jump.
    pub(crate) fn units_over_caps(
        &self,
        counts: &SeriesCounts,
        gone: &BTreeSet<DropUnit>,
    ) -> BTreeSet<DropUnit> {
        let mut dropped: BTreeSet<DropUnit> = gone.iter().copied().collect();
        dropped.retain(|unit| counts.contains_key(unit));
        for (group, cap) in &self.groups {
            drop_over(counts, |unit| unit.group == *group, *cap, &mut dropped);
        }
        let metrics: BTreeSet<usize> = counts.keys().map(|unit| unit.metric).collect();
        for metric in metrics {
            let cap = self.metric;
            drop_over(counts, |unit| unit.metric == metric, cap, &mut dropped);
        }
        drop_over(counts, |_| true, self.all, &mut dropped);
        dropped
    }
}

/// Drops of the blocks of which `is` is true so many that the rest of them fit.
fn drop_over(
    counts: &SeriesCounts,
    is: impl Fn(&DropUnit) -> bool,
    cap: usize,
    dropped: &mut BTreeSet<DropUnit>,
) {
    let of = || counts.iter().filter(|(unit, _)| is(unit));
    let kept = of().filter(|(unit, _)| !dropped.contains(unit));
    let mut left: usize = kept.map(|(_, count)| count).sum();
    for (unit, count) in of() {
        if left <= cap {
            break;
        }
        if dropped.insert(*unit) {
            left -= count;
        }
    }
}

#[cfg(test)]
mod tests;
