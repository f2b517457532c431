//! Installing, dropping and installing again.

use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use opentelemetry::metrics::noop::NoopMeterProvider;

use super::{Pipeline, SECOND, builder};
use crate::fake::Fake;
use crate::telemetry::tests::count_warnings;
use crate::{DcgmMeter, ErrorKind, InstallError, MeterState};

#[test]
fn a_second_meter_on_a_provider_is_refused_while_the_first_lives() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (first, _clock) = pipeline.meter(&fake);
    let second = builder(&fake).install(&pipeline.provider);
    assert!(
        matches!(second, Err(InstallError::AlreadyInstalled)),
        "{second:?}"
    );
    let clone = pipeline.provider.clone();
    let erased: &dyn MeterProvider = &clone;
    assert!(matches!(
        builder(&fake).install(erased),
        Err(InstallError::AlreadyInstalled)
    ));
    first.sample_now().unwrap();
    assert!(!pipeline.export().is_empty());
}

#[test]
fn a_dropped_meters_series_are_gone_at_the_next_collect() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert!(!pipeline.export().is_empty());
    drop(meter);
    assert_eq!(pipeline.levels_and_counters(), (0, 0));
    assert_eq!(fake.count("close"), 1);
}

#[test]
fn dropping_before_the_first_export_warns() {
    let sampled = || {
        let pipeline = Pipeline::new();
        let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
        meter.sample_now().unwrap();
        (pipeline, meter)
    };
    let (_pipeline, meter) = sampled();
    assert_eq!(count_warnings(|| drop(meter)), 1);
    // After a flush nothing is lost.
    let (pipeline, meter) = sampled();
    pipeline.provider.force_flush().unwrap();
    assert_eq!(count_warnings(|| meter.shutdown().unwrap()), 0);
    // A meter that never had a sample loses nothing.
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    assert_eq!(count_warnings(|| meter.shutdown().unwrap()), 0);
}

#[test]
fn a_meter_can_be_installed_again_and_registers_nothing_new() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(2);
    let mut exported = Vec::new();
    for _ in 0..50 {
        let (meter, _clock) = pipeline.meter(&fake);
        meter.sample_now().unwrap();
        let points = pipeline.export();
        // Each callback of an instrument that was registered twice would count here.
        assert_eq!(meter.health().collections, 1);
        exported.push(points.len());
    }
    exported.dedup();
    assert_eq!(exported.len(), 1, "{exported:?}");
}

#[test]
fn two_providers_have_a_meter_each() {
    let (one, two) = (Pipeline::new(), Pipeline::new());
    let (first, _clock) = one.meter(&Fake::with_gpus(1));
    let (second, _clock) = two.meter(&Fake::with_gpus(3));
    first.sample_now().unwrap();
    second.sample_now().unwrap();
    assert_eq!(one.values("hw.power", "hw.type").len(), 1);
    assert_eq!(two.values("hw.power", "hw.type").len(), 3);
}

#[test]
fn a_provider_that_does_nothing_is_noticed() {
    let meter = builder(&Fake::with_gpus(1))
        .install(&NoopMeterProvider::new())
        .unwrap();
    meter.sample_now().unwrap();
    assert_eq!(meter.health().collections, 0);
}

#[test]
fn all_invalid_settings_are_reported_together() {
    let pipeline = Pipeline::new();
    let refused = DcgmMeter::builder()
        .with_endpoint("unix://tmp/x")
        .with_interval(Duration::from_millis(10))
        .install(&pipeline.provider);
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
    let pipeline = Pipeline::new();
    let refused = DcgmMeter::builder()
        .with_endpoint("user:secret@host:1")
        .install(&pipeline.provider);
    let error = refused.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[test]
fn without_an_engine_a_meter_is_installed_and_says_what_is_missing() {
    let pipeline = Pipeline::new();
    // Port 1 of the loopback: no process listens there.
    let meter = DcgmMeter::builder()
        .with_endpoint("127.0.0.1:1")
        .with_initial_delay(SECOND * 3600)
        .install(&pipeline.provider)
        .unwrap();
    assert_eq!(meter.health().state, MeterState::Starting);
    let failure = meter.sample_now().unwrap_err();
    assert!(
        matches!(failure.kind, ErrorKind::Init | ErrorKind::Connect),
        "{failure}"
    );
    assert!(failure.hint.is_some());
    assert_eq!(meter.health().state, MeterState::Degraded);
    assert!(pipeline.export().is_empty());
}

#[test]
fn the_thread_samples_by_itself() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let meter = builder(&fake)
        .with_initial_delay(Duration::ZERO)
        .install(&pipeline.provider)
        .unwrap();
    assert!(meter.wait_ready(SECOND * 60));
    assert!(!pipeline.export().is_empty());
}

#[test]
fn waiting_for_a_meter_without_values_ends() {
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::default());
    assert!(!meter.wait_ready(Duration::ZERO));
}
