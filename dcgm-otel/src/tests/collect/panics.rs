//! Panics in code of our own: on the exporting thread, within a tick, and where nothing of the
//! sampler contains them. The program's other metrics go on.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opentelemetry::metrics::MeterProvider as _;

use crate::clock::Clock;
use crate::testing::{Fake, Harness, SECOND};
use crate::{Config, DcgmMeterBuilder, ErrorKind, MeterState};

const CALLBACK: usize = 0;

const PUBLISHING: usize = 1;

/// Has the next so many callbacks, or publications, panic.
fn have_panic(harness: &Harness<Fake>, fault: usize, times: u64) {
    harness.meter().feed().faults[fault].store(times, Ordering::Relaxed);
}

/// A metric of the program's own.
fn with_another(harness: &Harness<Fake>) {
    let meter = harness.provider.meter("the program");
    let _empty = meter
        .u64_observable_gauge("requests")
        .with_callback(|out| out.observe(7, &[]))
        .build();
}

fn requests(harness: &Harness<Fake>) -> Vec<f64> {
    let points = harness.points("requests").into_iter();
    points.map(|point| point.value).collect()
}

#[test]
fn callbacks_that_panic_cost_their_own_points_and_are_counted() {
    let harness = Harness::new(&Fake::with_gpus(1));
    with_another(&harness);
    harness.sample();
    let whole = harness.export().len();
    have_panic(&harness, CALLBACK, 10);
    assert!(harness.export().len() < whole);
    assert_eq!(harness.health().callback_panics, 10);
    assert_eq!(harness.export().len(), whole);

    // All of them.
    have_panic(&harness, CALLBACK, u64::MAX);
    assert_eq!(requests(&harness), [7.0]);
    let panics = harness.health().callback_panics;
    assert!(panics > 10 + 80, "{panics}");
    have_panic(&harness, CALLBACK, 0);
    assert_eq!(harness.export().len(), whole);
    let points = harness.points("dcgm.meter.callback.panics").into_iter();
    let counted: Vec<_> = points.map(|point| point.value).collect();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let panics = panics as f64;
    assert_eq!(counted, [panics]);
}

#[test]
fn a_tick_that_panics_is_followed_by_another() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    with_another(&harness);
    harness.sample();
    let (_, counters) = harness.gauges_and_counters();
    have_panic(&harness, PUBLISHING, 1);
    let failure = harness.sample_error();
    assert_eq!(failure.kind, ErrorKind::Panic, "{failure}");
    // The one level is the program's.
    assert_eq!(harness.gauges_and_counters(), (1, counters));
    assert_eq!(requests(&harness), [7.0]);
    assert_eq!(harness.health().errors(ErrorKind::Panic), 1);
    harness.sample();
    assert!(harness.health().is_ready());
}

/// Where the sampler does not contain it.
#[test]
fn a_panicked_sampler_is_restarted_and_keeps_its_totals() {
    use dcgm::FieldId;

    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    with_another(&harness);
    let replays = || harness.value("hw.errors", "error.type", "pcie_replay");
    harness.sample();
    let before = replays();
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 5.0);
    harness.sample();
    assert!(replays() > before);
    let total = replays();

    // In the tick, and then in the tidying up after it.
    have_panic(&harness, PUBLISHING, 2);
    let failure = harness.sample_error();
    assert_eq!(failure.kind, ErrorKind::Panic, "{failure}");
    assert_eq!(requests(&harness), [7.0]);
    assert_eq!(replays(), total, "a counter held its total");

    harness.tick_after(SECOND);
    assert!(harness.health().is_ready(), "{}", harness.health());
    assert!(harness.health().errors(ErrorKind::Panic) >= 1);
    assert_eq!(replays(), total, "it started again at zero");
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 7.0);
    harness.sample();
    assert_eq!(replays(), total.map(|total| total + 2.0));
}

#[test]
fn a_sampler_that_always_panics_restarts_with_backoff_and_stops() {
    let config = Config::default()
        .with_interval(SECOND)
        .with_initial_delay(Duration::ZERO);
    let on_its_own = |builder: DcgmMeterBuilder| builder.clock(Clock::System);
    let mut harness = Harness::with_builder(&Fake::with_gpus(1), config, on_its_own);
    with_another(&harness);
    assert!(harness.meter().wait_ready(SECOND * 60));
    have_panic(&harness, PUBLISHING, u64::MAX);
    let began = Instant::now();
    let until = began + SECOND * 60;
    let panics = || harness.health().errors(ErrorKind::Panic);
    while panics() < 4 {
        assert!(Instant::now() < until, "{}", harness.health());
        std::thread::yield_now();
    }
    // 250 and 500 ms before the third and the fourth at least, and 1 s after each.
    assert!(began.elapsed() > Duration::from_millis(750));
    assert_eq!(harness.health().state, MeterState::Degraded);
    assert_eq!(requests(&harness), [7.0]);
    harness.uninstall();
    assert_eq!(requests(&harness), [7.0]);
    assert_eq!(harness.export_all().len(), 1);

    // And the next one works.
    harness.install();
    harness.sample();
    assert!(harness.export().len() > 1);
}
