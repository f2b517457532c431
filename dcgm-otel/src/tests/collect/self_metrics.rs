//! Self-metrics, as the SDK exports them.

use dcgm::mock::Call;
use dcgm::{FieldId, NoValue};
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry_sdk::metrics::Temporality;

use crate::telemetry::SELF_METRICS;
use crate::testing::{Exported, Fake, Harness, SECOND, Scripted, TestClient, instrument, refused};
use crate::{Config, ErrorKind};

/// The single point of one of the meter's own instruments, or none.
fn own<C: TestClient>(harness: &Harness<C>, name: &str) -> Option<f64> {
    let mut points = harness.points(name);
    assert!(points.len() <= 1, "{points:?}");
    points.pop().map(|point| point.value)
}

fn errors(harness: &Harness<Fake>) -> Vec<(String, f64)> {
    let errors = harness.points("dcgm.meter.errors").into_iter();
    errors
        .map(|point| (point.attribute("error.type").unwrap(), point.value))
        .filter(|(_, count)| *count > 0.0)
        .collect()
}

#[test]
fn every_row_is_exported_with_its_unit_and_instrument() {
    let config = Config::default().with_interval(SECOND);
    let harness = Harness::with_builder(&Fake::with_gpus(1), config, |builder| {
        builder.with_attribution(Scripted::new())
    });
    harness.poll_and_sample();
    let points = harness.export_own();
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
            let instrument = instrument(row.kind);
            assert_eq!(point.instrument, instrument, "{}", row.name);
        }
    }
    assert_eq!(points.len(), SELF_METRICS.len() - 1 + ErrorKind::ALL.len());
}

#[test]
fn before_the_first_tick_every_kind_of_error_is_there_and_no_age() {
    let harness = Harness::new(&Fake::with_gpus(1));
    let points = harness.export_own();
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
    assert_eq!(own(&harness, "dcgm.meter.degraded"), Some(0.0));
}

#[test]
fn errors_are_counted_one_by_one_by_kind() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(errors(&harness), []);
    assert_eq!(own(&harness, "dcgm.meter.degraded"), Some(0.0));
    fake.lose(0, FieldId::GPU_TEMP, NoValue::Stale);
    harness.sample();
    harness.sample();
    fake.fail("latest", refused());
    fake.fail("connect", refused());
    for _ in 0..4 {
        harness.sample_error();
    }
    let mut found = errors(&harness);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("connect", 4.0), ("read", 2.0)];
    assert_eq!(found, expected.map(|(kind, n)| (kind.to_owned(), n)));
    assert_eq!(own(&harness, "dcgm.meter.degraded"), Some(1.0));
    let health = harness.health();
    for kind in ErrorKind::ALL {
        let exported = found.iter().find(|(name, _)| name == kind.name());
        let exported = exported.map_or(0.0, |(_, count)| *count);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let counted = health.errors(*kind) as f64;
        assert!((exported - counted).abs() < f64::EPSILON, "{kind}");
    }

    fake.heal();
    harness.sample();
    assert_eq!(own(&harness, "dcgm.meter.degraded"), Some(0.0));
    assert_eq!(own(&harness, "dcgm.meter.reconnects"), Some(1.0));
}

#[test]
fn the_age_of_the_last_sample_rises_while_the_sampler_does_nothing() {
    let harness = Harness::new(&Fake::with_gpus(1));
    harness.sample();
    let age = || own(&harness, "dcgm.meter.sample.age");
    assert_eq!(age(), Some(0.0));
    harness.advance(SECOND * 7);
    assert_eq!(age(), Some(7.0));
    harness.advance(SECOND * 600);
    assert_eq!(age(), Some(607.0));
    assert_eq!(harness.health().last_sample_age, Some(SECOND * 607));
    harness.sample();
    assert_eq!(age(), Some(0.0));
}

#[test]
fn a_reset_and_the_samples_read_are_counted() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    let samples = own(&harness, "dcgm.meter.samples").unwrap();
    assert!(samples > 20.0, "{samples}");
    harness.sample();
    assert_eq!(own(&harness, "dcgm.meter.samples"), Some(2.0 * samples));
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 0.0);
    harness.sample();
    assert_eq!(own(&harness, "dcgm.meter.counter.resets"), Some(1.0));
    let health = harness.health();
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
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    let unknown = ["dcgm.meter.backend=mock", "dcgm.meter.simulated=true"];
    assert_eq!(info(&harness.export_own()), unknown);
    harness.sample();
    let known = [
        "dcgm.meter.backend=mock",
        "dcgm.meter.engine.version=4.6.0",
        "dcgm.meter.simulated=true",
    ];
    assert_eq!(info(&harness.export_own()), known);
    // An outage does not change its attributes.
    fake.fail("latest", refused());
    harness.sample_error();
    assert_eq!(info(&harness.export_own()), known);
}

/// Attributes and value of a series.
fn counters(harness: &Harness<Fake>) -> Vec<(String, String, f64)> {
    let mut points = harness.export_own();
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
fn work(harness: &Harness<Fake>) {
    let fake = &harness.client;
    harness.sample();
    fake.fail("latest", refused());
    harness.sample_error();
    fake.heal();
    harness.sample();
}

#[test]
fn a_meter_installed_again_counts_on_from_what_was_shown() {
    let mut harness = Harness::uninstalled(&Fake::with_gpus(1));
    let mut last: Vec<(String, String, f64)> = Vec::new();
    for round in 1..=3 {
        harness.install();
        // Also before the first tick.
        for done in [false, true] {
            if done {
                work(&harness);
            }
            let counters = counters(&harness);
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
        assert_eq!(harness.health().reconnects, 1);
        assert_eq!(harness.health().errors(ErrorKind::Connect), 1);
    }
}

#[test]
fn under_delta_temporality_a_meter_installed_again_shows_growth_only() {
    let fake = Fake::with_gpus(1);
    let mut harness = Harness::with_temporality(&fake, Temporality::Delta);
    let mut reconnects = 0.0;
    for _ in 0..3 {
        harness.install();
        for done in [false, true] {
            if done {
                work(&harness);
            }
            // A decrease would end the provider here: tests have overflow checks.
            for (name, kind, growth) in counters(&harness) {
                assert!(growth >= 0.0, "{name} {kind}: {growth}");
                if name == "dcgm.meter.reconnects" {
                    reconnects += growth;
                }
            }
        }
        // Installed again before a collect of the last counts.
        work(&harness);
    }
    assert!(
        reconnects >= 3.0,
        "{reconnects}: nothing was counted, or the provider has ended"
    );
}

#[test]
fn states_are_levels_under_delta_temporality_too() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::with_temporality(&fake, Temporality::Delta);
    fake.fail("connect", refused());
    for _ in 0..3 {
        harness.sample_error();
        assert_eq!(own(&harness, "dcgm.meter.degraded"), Some(1.0));
        assert_eq!(own(&harness, "dcgm.meter.info"), Some(1.0));
    }
}

#[test]
fn self_metrics_end_with_the_meter() {
    let mut harness = Harness::new(&Fake::with_gpus(1));
    assert!(!harness.export_own().is_empty());
    harness.uninstall();
    assert!(harness.export_all().is_empty());
}

#[test]
fn the_time_of_ticks_is_that_of_the_clock() {
    let harness = Harness::on_host("1xl4", Config::default());
    // Each call to the client takes a second.
    let slow = harness.clock.clone();
    harness.client.on_call(move |_| {
        slow.advance(SECOND);
        Ok(())
    });
    harness.sample();
    let calls = Call::ALL.iter().filter(|call| **call != Call::Backend);
    let calls: u64 = calls.map(|call| harness.client.calls(*call)).sum();
    let expected = SECOND * u32::try_from(calls).unwrap();
    assert_eq!(harness.health().tick_time, expected);
    assert_eq!(
        own(&harness, "dcgm.meter.tick.time"),
        Some(expected.as_secs_f64())
    );
}

#[test]
fn a_meter_without_collects_warns_after_three_minutes() {
    let harness = Harness::uninstalled(&Fake::with_gpus(1));
    let meter = harness
        .builder()
        .install(&NoopMeterProvider::new())
        .unwrap();
    harness.advance(SECOND * 3600);
    meter.sample_now().unwrap();
    harness.advance(SECOND * 179);
    meter.sample_now().unwrap();
    assert!(!meter.has_warned());
    harness.advance(SECOND);
    meter.sample_now().unwrap();
    assert!(meter.has_warned());
    assert_eq!(meter.health().collections, 0);
}
