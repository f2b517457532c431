//! Sources that fail, hang, panic, or know devices that are not there.

use std::time::{Duration, Instant};

use crate::testing::{Fake, Harness, SECOND, Scripted, labels_of, on_gpu};
use crate::{Config, ErrorKind};

fn with_source(source: &Scripted) -> Harness<Fake> {
    let config = Config::default().with_interval(SECOND);
    let harness = Harness::with_builder(&Fake::with_gpus(1), config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.poll_and_sample();
    harness
}

fn pods(harness: &Harness<Fake>) -> Vec<String> {
    let points = labels_of(&harness.points("hw.power"));
    points.into_iter().map(|(name, _)| name).collect()
}

fn age(harness: &Harness<Fake>) -> f64 {
    let own = harness.export_own();
    let mut age = own
        .iter()
        .filter(|point| point.name == "dcgm.meter.attribution.age");
    age.next().unwrap().value
}

#[test]
fn the_last_answer_of_a_source_that_fails_is_used_for_a_minute() {
    for break_it in [Scripted::fail, Scripted::panic] {
        let source = Scripted::new();
        source.answer([on_gpu(0, "a")]);
        let harness = with_source(&source);
        assert!(age(&harness).abs() < 1e-9);
        break_it(&source);
        harness.advance(Duration::from_secs(59));
        harness.poll_and_sample();
        assert_eq!(pods(&harness), ["a"]);
        assert!((age(&harness) - 59.0).abs() < 1e-9);
        assert_eq!(harness.health().errors(ErrorKind::Attribution), 1);
        harness.advance(SECOND);
        harness.poll_and_sample();
        assert_eq!(pods(&harness), ["-"]);
        // A second call, and an answer that was dropped.
        let health = harness.health();
        assert_eq!(health.errors(ErrorKind::Attribution), 3);
        assert!(health.is_ready());
        let source_health = &health.attribution[0];
        assert_eq!((source_health.errors, source_health.allocations), (2, 1));
        assert!(source_health.error.is_some());
        source.answer([on_gpu(0, "b")]);
        harness.poll_and_sample();
        assert_eq!(pods(&harness), ["b"]);
        assert_eq!(harness.health().attribution[0].error, None);
    }
}

#[test]
fn the_text_of_an_error_has_one_line() {
    let source = Scripted::new();
    source.fail();
    let harness = with_source(&source);
    let health = harness.health().to_string();
    assert!(
        health.contains("; scripted no answer yet, unreachable: no"),
        "{health}"
    );
    assert!(!health.contains('\n'), "{health}");
}

#[test]
fn a_source_that_hangs_delays_neither_a_tick_nor_the_end() {
    let source = Scripted::new();
    source.answer([on_gpu(0, "a")]);
    let mut harness = with_source(&source);
    source.hang(Duration::from_secs(3));
    // The test itself waits 200 ms for the answer.
    harness.meter().poll_sources();
    let began = Instant::now();
    harness.advance(Duration::from_secs(11));
    harness.sample();
    assert_eq!(pods(&harness), ["a"]);
    let health = harness.health();
    assert_eq!(health.errors(ErrorKind::Attribution), 1);
    let error = health.attribution[0].error.clone().unwrap();
    assert_eq!(error, "no answer for 11s");
    harness.tick_after(Duration::from_secs(49));
    assert_eq!(pods(&harness), ["-"]);
    // The call is counted once, and the answer that was dropped.
    assert_eq!(harness.health().errors(ErrorKind::Attribution), 2);
    harness.uninstall();
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_device_that_is_not_there_is_counted_once() {
    let source = Scripted::new();
    source.answer([on_gpu(0, "a"), on_gpu(7, "b")]);
    let harness = with_source(&source);
    for _ in 0..3 {
        harness.advance(SECOND);
        harness.poll_and_sample();
    }
    let health = harness.health();
    assert_eq!(health.errors(ErrorKind::Attribution), 1);
    assert_eq!(health.attribution[0].unresolved, 1);
    assert_eq!(pods(&harness), ["a"]);
    let text = health.attribution[0].to_string();
    assert_eq!(
        text,
        "scripted 2 allocations 0.0 s ago, 1 of unknown devices"
    );
}

#[test]
fn an_answer_that_is_too_long_is_an_error() {
    let source = Scripted::new();
    source.answer((0..5000).map(|number| on_gpu(0, &number.to_string())));
    let harness = with_source(&source);
    assert_eq!(pods(&harness), ["-"]);
    let error = harness.health().attribution[0].error.clone().unwrap();
    assert_eq!(error, "the answer is larger than 4096 allocations");
}

#[test]
fn without_a_source_there_is_no_age_and_no_join_metric() {
    let config = Config::default().with_attribution_export(crate::AttributionExport::Both);
    let harness = Harness::with_settings(&Fake::with_gpus(1), config);
    let own = harness.export_own();
    assert!(
        own.iter()
            .all(|point| point.name != "dcgm.meter.attribution.age")
    );
    assert!(!harness.has("hw.gpu.allocation"));
    assert!(harness.health().attribution.is_empty());
}
