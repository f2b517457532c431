//! Counters, as the SDK exports them.

use dcgm::{FieldId, NoValue};
use opentelemetry_sdk::metrics::Temporality;

use crate::testing::{Fake, Harness, SECOND, refused};
use crate::{Config, CounterOrigin};

fn replays(harness: &Harness<Fake>) -> Option<f64> {
    harness.value("hw.errors", "error.type", "pcie_replay")
}

#[test]
fn a_counter_starts_at_zero_however_old_the_driver_is() {
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::TOTAL_ENERGY_CONSUMPTION, 5_000_000.0);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(harness.value("hw.energy", "hw.type", "gpu"), Some(0.0));
    fake.set(0, FieldId::TOTAL_ENERGY_CONSUMPTION, 5_001_500.0);
    harness.sample();
    assert_eq!(harness.value("hw.energy", "hw.type", "gpu"), Some(1.5));
}

#[test]
fn a_counter_never_decreases_through_faults_and_reinstalls() {
    let fake = Fake::with_gpus(1);
    let mut delta = Harness::with_temporality(&fake, Temporality::Delta);
    let mut cumulative = Harness::new(&fake);
    let corrected = FieldId::ECC_SBE_VOL_TOTAL;
    let mut last = 0.0;
    for round in 0..3 {
        for step in 0..40_u32 {
            match step % 8 {
                0 => fake.set(0, corrected, f64::from(step * 10)),
                1 => fake.lose(0, corrected, NoValue::Blank),
                2 => fake.fail("latest", refused()),
                3 => fake.heal(),
                4 => fake.set(0, corrected, 1.0),
                5 => fake.set(0, corrected, 0.0),
                6 => fake.set(0, corrected, f64::from(i32::MAX)),
                _ => fake.set(0, corrected, f64::from(i32::MAX - 1)),
            }
            let _ = delta.meter().sample_now();
            let _ = cumulative.meter().sample_now();
            // A decrease would end the provider here: tests have overflow checks.
            let growth = delta.value("hw.errors", "error.type", "corrected");
            assert!(growth.is_none_or(|growth| growth >= 0.0), "{growth:?}");
            let total = cumulative.value("hw.errors", "error.type", "corrected");
            let total = total.unwrap_or(last);
            assert!(total >= last, "round {round} step {step}: {total} < {last}");
            last = total;
        }
        // Installed again before a collect: the stream continues.
        delta.install();
        cumulative.install();
    }
    assert!(last > f64::from(i32::MAX), "nothing was counted: {last}");
}

#[test]
fn a_meter_installed_again_goes_on_from_the_total_that_was_shown() {
    let fake = Fake::with_gpus(1);
    let mut harness = Harness::new(&fake);
    harness.sample();
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 8.0);
    harness.sample();
    assert_eq!(replays(&harness), Some(7.0));
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 100.0);
    harness.install();
    harness.sample();
    assert_eq!(replays(&harness), Some(7.0));
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 101.0);
    harness.sample();
    assert_eq!(replays(&harness), Some(8.0));
}

#[test]
fn a_counter_starts_at_zero_again_after_a_collect_without_a_meter() {
    for temporality in [Temporality::Delta, Temporality::Cumulative] {
        let fake = Fake::with_gpus(1);
        let mut harness = Harness::with_temporality(&fake, temporality);
        for round in 0..3 {
            harness.install();
            harness.sample();
            assert_eq!(replays(&harness), Some(0.0), "{temporality:?} {round}");
            let before = f64::from(round) * 10.0 + 1.0;
            fake.set(0, FieldId::PCIE_REPLAY_COUNTER, before + 10.0);
            harness.sample();
            assert_eq!(replays(&harness), Some(10.0), "{temporality:?} {round}");
            harness.uninstall();
            assert_eq!(replays(&harness), None, "{temporality:?} {round}");
        }
    }
}

#[test]
fn a_rate_is_summed_over_the_time_between_its_samples() {
    let fake = Fake::with_gpus(1);
    for field in [
        FieldId::PROF_PCIE_RX_BYTES_TOTAL,
        FieldId::PROF_PCIE_TX_BYTES_TOTAL,
    ] {
        fake.lose(0, field, NoValue::NotSupported);
    }
    fake.set(0, FieldId::PROF_PCIE_RX_BYTES, 1000.0);
    let harness = Harness::new(&fake);
    let received = || harness.value("hw.gpu.io", "network.io.direction", "receive");
    harness.sample();
    assert_eq!(received(), Some(0.0));
    harness.sample();
    assert_eq!(received(), Some(1000.0));
    // A gap of half an hour adds nothing.
    let half_an_hour = i64::try_from((SECOND * 1800).as_micros()).unwrap();
    fake.edit(|state| state.micros += half_an_hour);
    harness.sample();
    assert_eq!(received(), Some(1000.0));
    harness.sample();
    assert_eq!(received(), Some(2000.0));
}

#[test]
fn counters_begin_at_0_or_where_the_device_is() {
    let replays = |origin| {
        let fake = Fake::with_gpus(1);
        fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 1000.0);
        let harness = Harness::with_settings(&fake, Config::default().with_counter_origin(origin));
        fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 1003.0);
        harness.sample();
        let replays = |kind| harness.value("hw.errors", "error.type", kind);
        replays("pcie_replay").unwrap()
    };
    assert!((replays(CounterOrigin::Rebased) - 3.0).abs() < f64::EPSILON);
    assert!((replays(CounterOrigin::Device) - 1003.0).abs() < f64::EPSILON);
}

#[test]
fn under_delta_temporality_a_counter_exports_its_growth() {
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::ECC_SBE_VOL_TOTAL, 1000.0);
    let harness = Harness::with_temporality(&fake, Temporality::Delta);
    let corrected = || harness.value("hw.errors", "error.type", "corrected");
    harness.sample();
    assert_eq!(corrected(), Some(0.0));
    fake.set(0, FieldId::ECC_SBE_VOL_TOTAL, 1003.0);
    harness.sample();
    assert_eq!(corrected(), Some(3.0));
    harness.sample();
    assert_eq!(corrected(), Some(0.0));
}
