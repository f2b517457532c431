//! Installing, dropping and installing again.

use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use opentelemetry::metrics::noop::NoopMeterProvider;

use crate::clock::Clock;
use crate::telemetry::tests::count_warnings;
use crate::testing::{Fake, Harness, SECOND};
use crate::{Config, DcgmMeter, DcgmMeterBuilder, InstallError, MeterState};

#[test]
fn a_second_meter_on_a_provider_is_refused_while_the_first_lives() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    let second = harness.builder().install(&harness.provider);
    assert!(
        matches!(second, Err(InstallError::AlreadyInstalled)),
        "{second:?}"
    );
    let clone = harness.provider.clone();
    let erased: &dyn MeterProvider = &clone;
    assert!(matches!(
        harness.builder().install(erased),
        Err(InstallError::AlreadyInstalled)
    ));
    harness.sample();
    assert!(!harness.export().is_empty());
}

#[test]
fn a_dropped_meters_series_are_gone_at_the_next_collect() {
    let fake = Fake::with_gpus(1);
    let mut harness = Harness::new(&fake);
    harness.sample();
    assert!(!harness.export().is_empty());
    harness.uninstall();
    assert_eq!(harness.gauges_and_counters(), (0, 0));
    assert_eq!(fake.count("close"), 1);
}

#[test]
fn dropping_before_the_first_export_warns() {
    let sampled = || {
        let harness = Harness::new(&Fake::with_gpus(1));
        harness.sample();
        harness
    };
    let mut harness = sampled();
    assert_eq!(count_warnings(|| harness.uninstall()), 1);
    // After a flush nothing is lost.
    let mut harness = sampled();
    harness.provider.force_flush().unwrap();
    let meter = harness.take_meter();
    assert_eq!(count_warnings(|| meter.shutdown().unwrap()), 0);
    // A meter that never had a sample loses nothing.
    let meter = Harness::new(&Fake::with_gpus(1)).take_meter();
    assert_eq!(count_warnings(|| meter.shutdown().unwrap()), 0);
}

#[test]
fn a_meter_can_be_installed_again_and_registers_nothing_new() {
    let mut harness = Harness::uninstalled(&Fake::with_gpus(2));
    let mut exported = Vec::new();
    for _ in 0..50 {
        harness.install();
        harness.sample();
        let points = harness.export();
        // Each callback of an instrument that was registered twice would count here.
        assert_eq!(harness.health().collections, 1);
        exported.push(points.len());
    }
    exported.dedup();
    assert_eq!(exported.len(), 1, "{exported:?}");
}

#[test]
fn two_providers_have_a_meter_each() {
    let [one, two] = [1, 3].map(|gpus| Harness::new(&Fake::with_gpus(gpus)));
    one.sample();
    two.sample();
    assert_eq!(one.values("hw.power", "hw.type").len(), 1);
    assert_eq!(two.values("hw.power", "hw.type").len(), 3);
}

#[test]
fn a_provider_that_does_nothing_is_noticed() {
    let harness = Harness::uninstalled(&Fake::with_gpus(1));
    let meter = harness
        .builder()
        .install(&NoopMeterProvider::new())
        .unwrap();
    meter.sample_now().unwrap();
    assert_eq!(meter.health().collections, 0);
}

#[test]
fn all_invalid_settings_are_reported_together() {
    let refused = DcgmMeter::builder()
        .with_endpoint("unix://tmp/x")
        .with_interval(Duration::from_millis(10))
        .install(&NoopMeterProvider::new());
    let Err(InstallError::Config(errors)) = refused else {
        panic!("{refused:?}")
    };
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["interval", "endpoint"]);
    let text = InstallError::Config(errors.clone()).to_string();
    assert!(
        text.contains(r#"interval="10ms": expected a duration from 1s to 10min"#),
        "{text}"
    );
    assert!(text.contains("three slashes"), "{text}");
}

#[test]
fn a_password_is_in_no_message() {
    let refused = DcgmMeter::builder()
        .with_endpoint("user:secret@host:1")
        .install(&NoopMeterProvider::new());
    let error = refused.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[test]
fn the_thread_samples_by_itself() {
    let config = Config::default()
        .with_interval(SECOND)
        .with_initial_delay(Duration::ZERO);
    let on_its_own = |builder: DcgmMeterBuilder| builder.clock(Clock::System);
    let harness = Harness::with_builder(&Fake::with_gpus(1), config, on_its_own);
    assert!(harness.meter().wait_ready(SECOND * 60));
    assert!(!harness.export().is_empty());
}

#[test]
fn waiting_for_a_meter_without_values_ends() {
    let harness = Harness::new(&Fake::default());
    assert!(!harness.meter().wait_ready(Duration::ZERO));
}

#[test]
fn meters_come_and_go_and_leave_no_watch_and_no_connection() {
    let mut harness = Harness::on_host("1xl4", Config::default());
    for _ in 0..100 {
        harness.install();
        harness.sample();
        assert_eq!(harness.health().state, MeterState::Ready);
        harness.uninstall();
        let mock = &harness.client;
        assert_eq!((mock.open_watches(), mock.is_connected()), (0, false));
    }
    assert!(harness.export().is_empty());
}
