//! Effects of a cap: whole units are dropped, the same at each run, and more with a lower cap.

use std::collections::BTreeSet;

use dcgm::{EntityId, FieldId, NoValue};
use opentelemetry_sdk::metrics::Temporality;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::checked::{CheckedMeter, key};
use super::script::{Step, all};
use super::{cases, config};
use crate::testing::every_field;

/// Differences between hosts.
fn trait_of_host() -> impl Strategy<Value = Step> {
    let unsupported = |(entity, field)| Step::Blank(entity, field, NoValue::NotSupported);
    prop_oneof![
        12 => (select(all()), select(every_field())).prop_map(unsupported),
        1 => Just(Step::Mig(true)),
        1 => Just(Step::Remove(EntityId::switch(0))),
        1 => Just(Step::Remove(EntityId::gpu(0))),
        1 => select(all()).prop_map(|id| Step::BlankAll(id, NoValue::NotSupported)),
    ]
}

/// The series under these caps, after two samples, and whether that is all.
fn kept(host: &[Step], all: usize, metric: usize) -> BTreeSet<String> {
    let capped = config()
        .with_max_series(all)
        .with_max_instrument_series(metric);
    let mut meter = CheckedMeter::new(capped, Temporality::Cumulative);
    for step in host {
        meter.take(step);
    }
    for _ in 0..2 {
        // Under some caps nothing is left to read.
        let _ = meter.harness.meter().sample_now();
    }
    meter.points().iter().map(key).collect()
}

proptest! {
    #![proptest_config(cases(10, 1500))]

    #[test]
    fn a_lower_cap_shows_a_subset_in_every_run(
        host in vec(trait_of_host(), 0..20), cap in 1..400_usize, more in 0..400_usize,
    ) {
        let whole = kept(&host, 100_000, 100_000);
        let high = kept(&host, cap + more, 100_000);
        let low = kept(&host, cap, 100_000);
        prop_assert!(low.is_subset(&high) && high.is_subset(&whole));
        prop_assert!(low.len() <= cap && high.len() <= cap + more);
        prop_assert!(whole.len() > cap || low == whole);
        prop_assert_eq!(&low, &kept(&host, cap, 100_000));
        let few = kept(&host, 100_000, 3);
        prop_assert!(few.is_subset(&whole));
    }
}

#[test]
fn dropped_and_kept_series_are_all_series() {
    use crate::pipeline::availability::SourceStates;
    use crate::pipeline::history::History;
    use crate::pipeline::resolve::resolve_series;
    use crate::pipeline::table::SeriesTable;
    use crate::topology::host::Host;
    use dcgm::{Client, Query, Samples};

    let scripted = super::scripted::ScriptedFake::new();
    scripted.take(&Step::Mig(true));
    let fake = scripted.fake;
    fake.connect().unwrap();
    let kinds: Vec<_> = dcgm::EntityKind::ALL.to_vec();
    let entities = fake.entities(&kinds).unwrap();
    let links = fake.links().unwrap();
    let host = Host::new(entities, &links);
    let mut samples = Samples::new();
    let fields: Vec<FieldId> = every_field();
    fake.latest(&Query::new([(all(), fields)]), &mut samples)
        .unwrap();
    let mut states = SourceStates::default();
    states.record_samples(&samples);
    let now = std::time::Instant::now();
    let plan = |cap, history: &mut History| {
        let config = config().with_max_series(cap);
        let specs = resolve_series(&host, &config, None);
        let table = SeriesTable::build(&specs, &states, history, &config, now);
        (table.layout().series().len(), table.omissions().series())
    };
    let (whole, none) = plan(100_000, &mut History::default());
    assert_eq!(none, 0);
    for cap in 1..=whole {
        let mut history = History::default();
        let (kept, dropped) = plan(cap, &mut history);
        assert!(kept <= cap, "{kept} of {cap}");
        assert_eq!(kept + dropped, whole, "{cap}");
        // Dropped counters stay dropped when there is room again.
        let (later, gone) = plan(100_000, &mut history);
        assert_eq!(later + gone, whole, "{cap}");
        assert!(dropped == 0 || gone <= dropped);
        assert_eq!(gone > 0, !history.dropped.is_empty(), "{cap}");
    }
}
