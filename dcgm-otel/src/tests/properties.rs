//! Properties of a meter: random steps with an export after each.

mod caps;
mod checked;
mod script;
mod scripted;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use opentelemetry_sdk::metrics::Temporality;

use crate::Config;
use crate::testing::SECOND;
use crate::tests::long;
use checked::CheckedMeter;
use script::{Fault, Step, step};

/// Few cases by default, the same at each run; many, and others each time, with `DCGM_TEST_LONG=1`.
pub(crate) fn cases(few: u32, all: u32) -> ProptestConfig {
    ProptestConfig {
        cases: if long() { all } else { few },
        // Steps are dropped one by one, and each try installs meters: enough for a short script.
        max_shrink_iters: 600,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|one| one as _),
        rng_seed: if long() {
            RngSeed::Random
        } else {
            RngSeed::Fixed(4)
        },
        ..ProptestConfig::default()
    }
}

fn config() -> Config {
    Config::default()
        .with_interval(SECOND)
        .with_max_series(100_000)
        .with_max_instrument_series(100_000)
}

/// Applies the steps to three meters: of either temporality, and with a cap.
fn run_steps(steps: &[Step], (all, metric): (usize, usize)) {
    let capped = config()
        .with_max_series(all)
        .with_max_instrument_series(metric);
    let mut meters = [
        CheckedMeter::new(config(), Temporality::Cumulative),
        CheckedMeter::new(config(), Temporality::Delta),
        CheckedMeter::new(capped, Temporality::Cumulative),
    ];
    for (at, step) in [Step::Heal].iter().chain(steps).enumerate() {
        for meter in &mut meters {
            meter.take(step);
            meter.check(&format!("after step {at}, {step:?}"));
        }
        let [cumulative, delta, _] = &meters;
        cumulative.agrees_with(delta);
    }
}

#[test]
fn the_next_meter_shows_no_less_for_dropped_series() {
    let gpu = dcgm::EntityId::gpu(0);
    let steps = [
        Step::Grow(gpu, 1),
        Step::Event(gpu, dcgm::FieldId::XID_ERRORS, 1000),
        Step::Pass(1000),
        Step::Install(false),
    ];
    run_steps(&steps, (55, 20));
}

#[test]
fn counters_start_at_zero_after_a_collect_without_a_meter() {
    let gpu = dcgm::EntityId::gpu(0);
    let steps = [
        Step::Grow(gpu, 5),
        Step::Event(gpu, dcgm::FieldId::XID_ERRORS, 31),
        Step::Pass(1000),
        Step::Install(true),
        Step::Event(gpu, dcgm::FieldId::XID_ERRORS, 31),
        Step::Pass(1000),
    ];
    run_steps(&steps, (500, 80));
}

#[test]
fn a_sample_is_no_newer_for_being_read_by_another_session() {
    let steps = [
        Step::Sampling(false),
        Step::Mig(true),
        Step::Pass(1000),
        Step::Stamp(0),
        Step::Mig(false),
        Step::Pass(3000),
    ];
    run_steps(&steps, (1, 1));
}

#[test]
fn states_of_links_alone_are_as_fresh_as_the_list() {
    for call in ["entities", "list"] {
        let steps = [
            Step::Fail(call, Fault::NotSupported),
            Step::Pass(1000),
            Step::Pass(2000),
            Step::Pass(9000),
        ];
        run_steps(&steps, (1, 1));
    }
}

proptest! {
    #![proptest_config(cases(12, 2000))]

    #[test]
    fn counters_hold_gauges_are_fresh_and_caps_are_kept(
        steps in vec(step(), 1..60), caps in (1..500_usize, 1..80_usize),
    ) {
        run_steps(&steps, caps);
    }
}
