//! The number of series of a host, and the caps on it.

use dcgm::mock::{self, Mock, Product, Scenario};
use dcgm::{EntityId, FieldId, NoValue};

use crate::testing::{Fake, Harness, Shown, mock_of};
use crate::{Config, ErrorKind, Group};

/// Returns a host of H100s without NVSwitches. Only the first `alive` have values.
fn partly_alive(count: u32, alive: u32, reason: NoValue) -> Mock {
    let host = mock::Host::new("partly", Product::H100Sxm).with_gpus(count);
    let mock = mock_of(mock::Model::new(host, Scenario::Steady));
    for gpu in alive..count {
        for info in FieldId::all() {
            mock.set_no_value(EntityId::gpu(gpu), info.id, reason);
        }
    }
    mock
}

/// Returns the names of the first eight GPUs' series.
fn series_of_first_eight(harness: &Harness) -> Vec<String> {
    let is_first = |name: &String| {
        let who = name.split([' ', '#']).nth(1).unwrap_or_default();
        (0..8).any(|gpu| who == format!("gpu{gpu}"))
    };
    let shown: Shown = harness.shown();
    shown.into_keys().filter(is_first).collect()
}

#[test]
fn every_host_has_the_series_that_its_hardware_has() {
    let counted = |host, cap| {
        let harness = Harness::on_host(host, Config::default().with_max_series(cap));
        harness.sample();
        assert!(harness.health().is_simulated());
        harness.points_per_metric().values().sum::<usize>()
    };
    // With a cap that is set, and with a higher one.
    let both = |host| (counted(host, 1024), counted(host, 8192));
    // 57 a GPU, 36 for its links, 13 a switch, and the count of GPUs.
    assert_eq!(both("8xh100"), (797, 797));
    // Series above the cap are dropped by tier: limits, clocks, the PCIe link, throttling.
    assert_eq!(both("8xh100-mig7"), (1013, 1141));
    assert_eq!(both("gb200"), (323, 323));
    // Without a sensor in the memory, and without a pipe for FP64.
    assert_eq!(both("1xl4"), (50, 50));
    assert_eq!(both("consumer"), (36, 36));
}

#[test]
fn the_default_cap_drops_nothing_on_a_ready_made_host() {
    for host in mock::Host::NAMES {
        for (count, series) in [(1024, None), (300, Some(300))] {
            let config = Config::default();
            let config = series.map_or(config.clone(), |series| config.with_max_series(series));
            let harness = Harness::on_host(host, config);
            harness.sample();
            let health = harness.health();
            // A number that is set does not grow with the host.
            assert!(
                series.is_none() || health.series <= count,
                "{host}: {health}"
            );
            assert!(
                series.is_some() || health.series_dropped == 0,
                "{host}: {health}"
            );
        }
    }
}

#[test]
fn gpus_without_values_take_no_place_from_those_that_have_values() {
    let sampled = |mock: &Mock, config: Config| {
        let harness = Harness::with_config(mock, config);
        harness.sample();
        harness.run_until(60);
        harness
    };
    let alone = partly_alive(8, 8, NoValue::Blank);
    let expected = series_of_first_eight(&sampled(&alone, Config::default()));
    for metric in ["hw.temperature", "hw.power", "hw.status"] {
        for gpu in 0..8 {
            let name = format!("{metric} gpu{gpu}");
            assert!(expected.iter().any(|one| one.starts_with(&name)), "{name}");
        }
    }
    for reason in [NoValue::NotSupported, NoValue::Blank] {
        let mock = partly_alive(32, 8, reason);
        let harness = sampled(&mock, Config::default());
        assert!(series_of_first_eight(&harness) == expected, "{reason}");
        harness.run_until(600);
        assert!(series_of_first_eight(&harness) == expected, "{reason}");
        assert!(harness.health().is_ready(), "{reason}");
        assert_eq!(harness.health().series_dropped, 0, "{reason}");
    }
    // With a cap that the series fit exactly.
    for reason in [NoValue::NotSupported, NoValue::Blank] {
        let harness = sampled(&partly_alive(32, 8, reason), Config::default());
        let cap = harness.points_per_metric().values().sum();
        let config = Config::default().with_max_series(cap);
        let harness = sampled(&partly_alive(32, 8, reason), config);
        assert!(series_of_first_eight(&harness) == expected, "{reason}");
        assert_eq!(harness.health().series, cap, "{reason}");
        assert_eq!(harness.health().series_dropped, 0, "{reason}");
    }
}

#[test]
fn under_a_cap_gpus_whose_values_return_are_exported_and_the_caps_are_kept() {
    let mock = partly_alive(32, 8, NoValue::Blank);
    let harness = Harness::with_config(&mock, Config::default().with_max_series(1024));
    harness.sample();
    harness.run_until(60);
    let temperatures = |harness: &Harness| harness.points_per_metric()["hw.temperature"];
    let of_eight = temperatures(&harness);
    assert!(
        harness
            .points_per_metric()
            .contains_key("hw.gpu.clock.frequency")
    );
    for gpu in 8..32 {
        for info in FieldId::all() {
            mock.unset(EntityId::gpu(gpu), info.id);
        }
    }
    harness.run_until(60 + 600);
    assert_eq!(temperatures(&harness), 4 * of_eight);
    let health = harness.health();
    assert!(
        health.series <= 1024 && health.series_dropped > 0,
        "{health}"
    );
    assert!(health.is_ready(), "{health}");
}

#[test]
fn series_above_the_cap_are_dropped_in_order_and_reported() {
    let all = Harness::with_settings(&Fake::with_gpus(2), Config::default())
        .export()
        .len();
    let fake = Fake::with_gpus(2);
    let harness = Harness::with_settings(&fake, Config::default().with_max_series(60));
    let points = harness.export();
    let health = harness.health();
    assert!(points.len() <= 60, "{}", points.len());
    assert_eq!(points.len() as u64 + health.series_dropped, all as u64);
    assert_eq!(health.errors(ErrorKind::Cardinality), 1);
    assert!(health.is_ready());
    // The most important series of both remain.
    assert!(harness.has("hw.gpu.nvlink.io") && harness.has("hw.status"));
    assert!(!harness.has("hw.gpu.clock.frequency"));
}

#[test]
fn a_group_and_a_metric_have_caps_of_their_own() {
    let config = Config::default()
        .with_group_series(Group::Throttle, 17)
        .with_max_instrument_series(7);
    let harness = Harness::with_settings(&Fake::with_gpus(2), config);
    // 12 by policy and 6 by event: the first unit is dropped for the group.
    let per_metric = harness.points_per_metric();
    assert!(
        per_metric.values().all(|count| *count <= 7),
        "{per_metric:?}"
    );
    assert!(per_metric.contains_key("hw.power"));
}
