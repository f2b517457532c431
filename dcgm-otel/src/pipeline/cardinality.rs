//! Cardinality caps: the series that are dropped if there are too many.
//!
//! Above a cap, whole metric families are dropped, lowest priority first.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{EntityScope, Family, Metric};
use crate::config::{Config, Group};

/// The unit of dropping: the series of one family on one kind of entity. They are dropped together,
/// so that a sum over the remaining series keeps its meaning and two runs drop the same series. The
/// order of units is the drop order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct DropUnit {
    tier: u8,
    scope: EntityScope,
    /// Index in the catalogue.
    metric: usize,
    /// Index in the metric.
    family: usize,
    group: Group,
    is_counter: bool,
}

impl DropUnit {
    pub(crate) fn new(
        (metric, of): (usize, &Metric),
        (family, row): (usize, &Family),
        scope: EntityScope,
    ) -> Self {
        // Series of compute instances are dropped first.
        let tier = if scope == EntityScope::ComputeInstance {
            1
        } else {
            row.tier
        };
        Self {
            tier,
            scope,
            metric,
            family,
            group: row.group,
            is_counter: of.kind.is_counter(),
        }
    }

    /// Returns `true` if the series are counters.
    pub(crate) const fn is_counter(&self) -> bool {
        self.is_counter
    }
}

/// Number of series of each unit.
pub(crate) type SeriesCounts = BTreeMap<DropUnit, usize>;

/// Maximum numbers of series.
#[derive(Clone, Debug)]
pub(crate) struct Caps {
    /// Maximum for all metrics together.
    pub(crate) all: usize,
    /// Maximum per metric: the SDK limits the series of an instrument.
    pub(crate) metric: usize,
    /// Maximum per group.
    pub(crate) groups: BTreeMap<Group, usize>,
    /// Set if a counter can have two series: that of its device, and that of the workload there.
    pub(crate) divides_counters: bool,
}

impl Caps {
    pub(crate) fn from_config(config: &Config, entities: usize, divides_counters: bool) -> Self {
        let groups = Group::ALL.iter();
        let factor = if divides_counters { 2 } else { 1 };
        Self {
            all: config.series_cap(entities.saturating_mul(factor)),
            divides_counters,
            metric: config.max_instrument_series(),
            groups: groups
                .filter_map(|group| Some((*group, config.group_series(*group)?)))
                .collect(),
        }
    }

    /// Returns the number of series that so many counters can have besides their own.
    pub(crate) const fn extra_series(&self, counters: usize) -> usize {
        if self.divides_counters { counters } else { 0 }
    }

    /// Returns the units to drop so that the others fit.
    ///
    /// Units are dropped in order until the others fit. A smaller unit never fills the gap, so a
    /// lower cap keeps a subset of what a higher cap keeps. Units in `gone` are always dropped: a
    /// dropped counter that came back would jump.
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

/// Drops units that `is_selected` selects until the rest of them fit `cap`.
fn drop_over(
    counts: &SeriesCounts,
    is_selected: impl Fn(&DropUnit) -> bool,
    cap: usize,
    dropped: &mut BTreeSet<DropUnit>,
) {
    let selected = || counts.iter().filter(|(unit, _)| is_selected(unit));
    let kept = selected().filter(|(unit, _)| !dropped.contains(unit));
    let mut left: usize = kept.map(|(_, count)| count).sum();
    for (unit, count) in selected() {
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
