//! Self-metrics, as the SDK exports them.

use dcgm::{FieldId, NoValue};
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry_sdk::metrics::Temporality;

use super::{Exported, Pipeline, SECOND, builder};
use crate::clock::Clock;
use crate::fake::{Fake, OnCall, refused};
use crate::telemetry::SELF_METRICS;
use crate::{DcgmMeter, ErrorKind};

/// The single point of one of the meter's own instruments, or none.
fn own(pipeline: &Pipeline, name: &str) -> Option<f64> {
    let mut points = pipeline.export_own();
    points.retain(|point| point.name == name);
    assert!(points.len() <= 1, "{points:?}");
    points.pop().map(|point| point.value)
}

fn errors(pipeline: &Pipeline) -> Vec<(String, f64)> {
    let points = pipeline.export_own();
    let errors = points
        .iter()
        .filter(|point| point.name == "dcgm.meter.errors");
    errors
        .map(|point| (point.attribute("error.type").unwrap(), point.value))
        .filter(|(_, count)| *count > 0.0)
        .collect()
}

#[test]
fn every_row_is_exported_with_its_unit_and_instrument() {
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    let points = pipeline.export_own();
    for row in SELF_METRICS {
        let found: Vec<_> = points
            .iter()
            .filter(|point| point.name == row.name)
            .collect();
        let expected = if row.name == "dcgm.meter.errors" {
            ErrorKind::ALL.len()
        } else {
            1
        };
        assert_eq!(found.len(), expected, "{}", row.name);
        for point in found {
            assert_eq!(point.unit, row.unit, "{}", row.name);
            assert_eq!(point.description, row.description, "{}", row.name);
            let instrument = super::emission::instrument(row.kind);
            assert_eq!(point.instrument, instrument, "{}", row.name);
        }
    }
    assert_eq!(points.len(), SELF_METRICS.len() - 1 + ErrorKind::ALL.len());
}

#[test]
fn before_the_first_tick_every_kind_of_error_is_there_and_no_age() {
    let pipeline = Pipeline::new();
    let (_meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    let points = pipeline.export_own();
    let kinds: Vec<_> = points
        .iter()
        .filter(|point| point.name == "dcgm.meter.errors")
        .map(|point| (point.attribute("error.type").unwrap(), point.value))
        .collect();
    let all: Vec<_> = ErrorKind::ALL
        .iter()
        .map(|kind| (kind.name().to_owned(), 0.0))
        .collect();
    let mut sorted = kinds.clone();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(sorted, all);
    assert!(
        !points
            .iter()
            .any(|point| point.name == "dcgm.meter.sample.age")
    );
    assert_eq!(own(&pipeline, "dcgm.meter.degraded"), Some(0.0));
}

#[test]
fn errors_are_counted_one_by_one_by_kind() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(errors(&pipeline), []);
    assert_eq!(own(&pipeline, "dcgm.meter.degraded"), Some(0.0));
    fake.lose(0, FieldId::GPU_TEMP, NoValue::Stale);
    meter.sample_now().unwrap();
    meter.sample_now().unwrap();
    fake.fail("list", refused());
    fake.fail("connect", refused());
    for _ in 0..4 {
        meter.sample_now().unwrap_err();
    }
    let mut found = errors(&pipeline);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("connect", 4.0), ("read", 2.0)];
    assert_eq!(found, expected.map(|(kind, n)| (kind.to_owned(), n)));
    assert_eq!(own(&pipeline, "dcgm.meter.degraded"), Some(1.0));
    let health = meter.health();
    for kind in ErrorKind::ALL {
        let exported = found.iter().find(|(name, _)| name == kind.name());
        let exported = exported.map_or(0.0, |(_, count)| *count);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let counted = health.errors(*kind) as f64;
        assert!((exported - counted).abs() < f64::EPSILON, "{kind}");
    }

    fake.heal();
    meter.sample_now().unwrap();
    assert_eq!(own(&pipeline, "dcgm.meter.degraded"), Some(0.0));
    assert_eq!(own(&pipeline, "dcgm.meter.reconnects"), Some(1.0));
}

#[test]
fn the_age_of_the_last_sample_rises_while_the_sampler_does_nothing() {
    let pipeline = Pipeline::new();
    let (meter, clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    let age = || own(&pipeline, "dcgm.meter.sample.age");
    assert_eq!(age(), Some(0.0));
    clock.advance(SECOND * 7);
    assert_eq!(age(), Some(7.0));
    clock.advance(SECOND * 600);
    assert_eq!(age(), Some(607.0));
    assert_eq!(meter.health().last_sample_age, Some(SECOND * 607));
    meter.sample_now().unwrap();
    assert_eq!(age(), Some(0.0));
}

#[test]
fn a_reset_and_the_samples_read_are_counted() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let samples = own(&pipeline, "dcgm.meter.samples").unwrap();
    assert!(samples > 20.0, "{samples}");
    meter.sample_now().unwrap();
    assert_eq!(own(&pipeline, "dcgm.meter.samples"), Some(2.0 * samples));
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 0.0);
    meter.sample_now().unwrap();
    assert_eq!(own(&pipeline, "dcgm.meter.counter.resets"), Some(1.0));
    let health = meter.health();
    assert_eq!((health.ticks, health.counter_resets), (3, 1));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let counted = health.samples as f64;
    assert!((counted - 3.0 * samples).abs() < f64::EPSILON);
}

#[test]
fn the_info_says_what_is_behind_the_meter_once_it_is_connected() {
    let info = |points: &[Exported]| {
        let point = points.iter().find(|point| point.name == "dcgm.meter.info");
        let point = point.unwrap();
        assert!((point.value - 1.0).abs() < f64::EPSILON);
        point
            .attributes
            .iter()
            .map(|one| format!("{}={}", one.key, one.value))
            .collect::<Vec<_>>()
    };
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    let unknown = ["dcgm.meter.backend=mock", "dcgm.meter.simulated=true"];
    assert_eq!(info(&pipeline.export_own()), unknown);
    meter.sample_now().unwrap();
    let known = [
        "dcgm.meter.backend=mock",
        "dcgm.meter.engine.version=4.6.0",
        "dcgm.meter.simulated=true",
    ];
    assert_eq!(info(&pipeline.export_own()), known);
    // An outage does not change its attributes.
    fake.fail("list", refused());
    meter.sample_now().unwrap_err();
    assert_eq!(info(&pipeline.export_own()), known);
}

/// Attributes and value of a series.
fn counters(pipeline: &Pipeline) -> Vec<(String, String, f64)> {
    let mut points = pipeline.export_own();
    points.retain(|point| point.instrument.starts_with("counter"));
    points
        .into_iter()
        .map(|point| {
            let kind = point.attribute("error.type").unwrap_or_default();
            (point.name, kind, point.value)
        })
        .collect()
}

/// Makes a meter count something in every self-metric.
fn work(meter: &DcgmMeter, fake: &Fake) {
    meter.sample_now().unwrap();
    fake.fail("latest", refused());
    meter.sample_now().unwrap_err();
    fake.heal();
    meter.sample_now().unwrap();
}

#[test]
fn a_meter_installed_again_counts_on_from_what_was_shown() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let mut last: Vec<(String, String, f64)> = Vec::new();
    for round in 1..=3 {
        let (meter, _clock) = pipeline.meter(&fake);
        // Also before the first tick.
        for done in [false, true] {
            if done {
                work(&meter, &fake);
            }
            let counters = counters(&pipeline);
            for (name, kind, value) in &last {
                let same = |one: &&(String, String, f64)| one.0 == *name && one.1 == *kind;
                let now = counters.iter().find(same).map(|one| one.2);
                assert!(now >= Some(*value), "{name} {kind}: {now:?} < {value}");
            }
            last = counters;
        }
        let total = |name: &str| last.iter().find(|one| one.0 == name).unwrap().2;
        assert!((total("dcgm.meter.reconnects") - f64::from(round)).abs() < f64::EPSILON);
        // The health is of this meter alone.
        assert_eq!(meter.health().reconnects, 1);
        assert_eq!(meter.health().errors(ErrorKind::Connect), 1);
    }
}

#[test]
fn under_delta_temporality_a_meter_installed_again_shows_growth_only() {
    let pipeline = Pipeline::with_temporality(Temporality::Delta);
    let fake = Fake::with_gpus(1);
    let mut reconnects = 0.0;
    for _ in 0..3 {
        let (meter, _clock) = pipeline.meter(&fake);
        for done in [false, true] {
            if done {
                work(&meter, &fake);
            }
            // A decrease would end the provider here: tests have overflow checks.
            for (name, kind, growth) in counters(&pipeline) {
                assert!(growth >= 0.0, "{name} {kind}: {growth}");
                if name == "dcgm.meter.reconnects" {
                    reconnects += growth;
                }
            }
        }
        // Installed again before a collect of the last counts.
        work(&meter, &fake);
    }
    assert!(
        reconnects >= 3.0,
        "{reconnects}: nothing was counted, or the provider has ended"
    );
}

#[test]
fn states_are_levels_under_delta_temporality_too() {
    let pipeline = Pipeline::with_temporality(Temporality::Delta);
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    fake.fail("connect", refused());
    for _ in 0..3 {
        meter.sample_now().unwrap_err();
        assert_eq!(own(&pipeline, "dcgm.meter.degraded"), Some(1.0));
        assert_eq!(own(&pipeline, "dcgm.meter.info"), Some(1.0));
    }
}

#[test]
fn self_metrics_end_with_the_meter() {
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    assert!(!pipeline.export_own().is_empty());
    drop(meter);
    assert!(pipeline.export_all().is_empty());
}

#[test]
fn the_time_of_ticks_is_that_of_the_clock() {
    let pipeline = Pipeline::new();
    let clock = Clock::manual();
    let fake = Fake::with_gpus(1);
    // Each call to the client takes a second.
    let slow = clock.clone();
    fake.edit(|state| state.on_call = Some(OnCall::new(move || slow.advance(SECOND))));
    let meter = builder(&fake)
        .clock(clock)
        .install(&pipeline.provider)
        .unwrap();
    meter.sample_now().unwrap();
    let calls = fake.edit(|state| state.calls.len());
    let expected = SECOND * u32::try_from(calls).unwrap();
    assert_eq!(meter.health().tick_time, expected);
    assert_eq!(
        own(&pipeline, "dcgm.meter.tick.time"),
        Some(expected.as_secs_f64())
    );
}

#[test]
fn a_meter_without_collects_warns_after_three_minutes() {
    let clock = Clock::manual();
    let meter = builder(&Fake::with_gpus(1))
        .clock(clock.clone())
        .install(&NoopMeterProvider::new())
        .unwrap();
    clock.advance(SECOND * 3600);
    meter.sample_now().unwrap();
    clock.advance(SECOND * 179);
    meter.sample_now().unwrap();
    assert!(!meter.has_warned());
    clock.advance(SECOND);
    meter.sample_now().unwrap();
    assert!(meter.has_warned());
    assert_eq!(meter.health().collections, 0);
}
