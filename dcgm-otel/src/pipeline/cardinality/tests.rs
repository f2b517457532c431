//! The invariants of the cap, for any series and any cap.

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use super::*;
use crate::catalogue::CATALOGUE;

const PLACES: [EntityScope; 4] = [
    EntityScope::ComputeInstance,
    EntityScope::GpuInstance,
    EntityScope::Gpu,
    EntityScope::Host,
];

fn block_of(metric: usize, family: usize, scope: EntityScope) -> DropUnit {
    let row = &CATALOGUE[metric];
    DropUnit::new((metric, row), (family, &row.families[family]), scope)
}

/// Applies a cap on the whole only.
fn excess(counts: &SeriesCounts, cap: usize, gone: &BTreeSet<DropUnit>) -> BTreeSet<DropUnit> {
    caps(cap, usize::MAX, BTreeMap::new()).units_over_caps(counts, gone)
}

fn caps(all: usize, metric: usize, groups: BTreeMap<Group, usize>) -> Caps {
    Caps {
        divides_counters: false,
        all,
        metric,
        groups,
    }
}

fn unit() -> impl Strategy<Value = DropUnit> {
    (0..CATALOGUE.len(), 0..PLACES.len()).prop_flat_map(|(metric, scope)| {
        (0..CATALOGUE[metric].families.len())
            .prop_map(move |family| block_of(metric, family, PLACES[scope]))
    })
}

fn counts() -> impl Strategy<Value = SeriesCounts> {
    btree_map(unit(), 1..300_usize, 0..40)
}

fn kept(counts: &SeriesCounts, dropped: &BTreeSet<DropUnit>) -> BTreeSet<DropUnit> {
    let kept = counts.keys().filter(|unit| !dropped.contains(unit));
    kept.copied().collect()
}

fn total(counts: &SeriesCounts, of: &BTreeSet<DropUnit>) -> usize {
    of.iter().filter_map(|unit| counts.get(unit)).sum()
}

proptest! {
    #[test]
    fn kept_units_fit_and_with_dropped_ones_are_all(
        counts in counts(), cap in 1..3000_usize, gone in btree_set(unit(), 0..5),
    ) {
        let dropped = excess(&counts, cap, &gone);
        let kept = kept(&counts, &dropped);
        prop_assert!(total(&counts, &kept) <= cap);
        prop_assert_eq!(total(&counts, &kept) + total(&counts, &dropped), counts.values().sum::<usize>());
        prop_assert!(gone.iter().all(|unit| !kept.contains(unit)));
        prop_assert_eq!(dropped, excess(&counts, cap, &gone));
    }

    #[test]
    fn a_lower_cap_keeps_a_part_of_what_a_higher_one_keeps(
        counts in counts(), cap in 1..3000_usize, less in 0..3000_usize,
    ) {
        let high = kept(&counts, &excess(&counts, cap, &BTreeSet::new()));
        let low = kept(&counts, &excess(&counts, cap.saturating_sub(less), &BTreeSet::new()));
        prop_assert!(low.is_subset(&high));
    }

    #[test]
    fn nothing_goes_before_what_matters_less(counts in counts(), cap in 1..3000_usize) {
        let dropped = excess(&counts, cap, &BTreeSet::new());
        let kept = kept(&counts, &dropped);
        prop_assert!(dropped.last() < kept.first() || kept.is_empty());
    }

    #[test]
    fn no_group_and_no_metric_has_more_than_it_may(
        counts in counts(), all in 1..3000_usize, metric in 1..600_usize, group in 1..600_usize,
    ) {
        let groups = Group::ALL.iter().map(|one| (*one, group)).collect();
        let caps = caps(all, metric, groups);
        let dropped = caps.units_over_caps(&counts, &BTreeSet::new());
        let kept = kept(&counts, &dropped);
        let of = |is: &dyn Fn(&DropUnit) -> bool| {
            kept.iter().filter(|unit| is(unit)).filter_map(|unit| counts.get(unit)).sum::<usize>()
        };
        prop_assert!(of(&|_| true) <= all);
        for one in Group::ALL {
            prop_assert!(of(&|unit| unit.group == *one) <= group);
        }
        for one in 0..CATALOGUE.len() {
            prop_assert!(of(&|unit| unit.metric == one) <= metric);
        }
    }

    #[test]
    fn nothing_goes_that_need_not(counts in counts(), cap in 1..3000_usize) {
        let dropped = excess(&counts, cap, &BTreeSet::new());
        if let Some(last) = dropped.last() {
            let kept = kept(&counts, &dropped);
            prop_assert!(total(&counts, &kept) + counts[last] > cap);
        }
    }
}

#[test]
fn a_counter_that_was_dropped_stays_dropped_when_there_is_room_again() {
    let metric = CATALOGUE
        .iter()
        .position(|metric| metric.name == "hw.errors")
        .unwrap();
    let unit = block_of(metric, 0, EntityScope::Gpu);
    assert!(unit.is_counter());
    let counts = BTreeMap::from([(unit, 2)]);
    let gone = excess(&counts, 1, &BTreeSet::new());
    assert_eq!(excess(&counts, 1000, &gone), gone);
}
