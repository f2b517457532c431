//! What a builder makes of what it was told. No test reads the environment of the process.

use std::ffi::OsString;

use dcgm::BackendKind;

use super::*;
use crate::fake::Fake;

fn variable(name: &'static str, text: &'static str) -> impl Fn(&str) -> Option<OsString> {
    move |asked: &str| (asked == name).then(|| OsString::from(text))
}

fn nothing(_: &str) -> Option<OsString> {
    None
}

#[test]
fn the_environment_is_read_on_request_only() {
    let interval = |builder: DcgmMeterBuilder| {
        let settled = builder.settled(variable("DCGM_OTEL_INTERVAL", "30s"));
        settled.unwrap().0.interval().as_secs()
    };
    assert_eq!(interval(DcgmMeter::builder()), 15);
    assert_eq!(interval(DcgmMeter::builder().from_env()), 30);
    let five = Duration::from_secs(5);
    assert_eq!(
        interval(DcgmMeter::builder().with_interval(five).from_env()),
        5
    );
    assert_eq!(
        interval(DcgmMeter::builder().from_env().with_interval(five)),
        5
    );
}

#[test]
fn what_is_wrong_with_code_and_environment_is_told_together() {
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://tmp/x")
        .with_interval(Duration::from_millis(10))
        .from_env();
    let errors = builder
        .settled(variable("DCGM_OTEL_NAMING", "odd"))
        .unwrap_err();
    let paths: Vec<_> = errors.iter().map(|error| error.path).collect();
    assert_eq!(paths, ["DCGM_OTEL_NAMING", "interval", "endpoint"]);
}

#[test]
fn the_last_word_on_where_samples_come_from_counts() {
    let kind = |builder: DcgmMeterBuilder| builder.settled(nothing).unwrap().1.backend().kind;
    let fake = || DcgmMeter::builder().with_client(Fake::with_gpus(1));
    assert_eq!(kind(fake()), BackendKind::Mock);
    assert_eq!(kind(fake().with_embedded_engine()), BackendKind::Embedded);
    assert_eq!(
        kind(fake().with_endpoint("localhost:1")),
        BackendKind::Standalone
    );
    let last = DcgmMeter::builder()
        .with_embedded_engine()
        .with_client(Fake::with_gpus(1));
    assert_eq!(kind(last), BackendKind::Mock);
    let last = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_client(Fake::with_gpus(1));
    assert_eq!(kind(last), BackendKind::Mock);
    // An endpoint that is one makes up for one that was none.
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_endpoint("elsewhere:1");
    let (config, _) = builder.settled(nothing).unwrap();
    let endpoint = "elsewhere:1".parse().unwrap();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
}

#[test]
fn settings_made_elsewhere_take_the_place_of_all() {
    let config = Config::default().with_initial_delay(Duration::from_secs(7));
    let builder = DcgmMeter::builder()
        .with_endpoint("unix://x")
        .with_interval(Duration::from_secs(5))
        .with_config(config.clone());
    assert_eq!(builder.settled(nothing).unwrap().0, config);
}
