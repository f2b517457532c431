//! Panics in code of our own: on the exporting thread, within a tick, and where nothing of the
//! sampler contains them. The program's other metrics go on.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opentelemetry::metrics::MeterProvider as _;

use super::{Pipeline, SECOND, builder};
use crate::fake::Fake;
use crate::{DcgmMeter, ErrorKind, MeterState};

const CALLBACK: usize = 0;
const PUBLISHING: usize = 1;

/// Has the next so many callbacks, or publications, panic.
fn have_panic(meter: &DcgmMeter, fault: usize, times: u64) {
    meter.feed().faults[fault].store(times, Ordering::Relaxed);
}

/// A metric of the program's own.
fn with_another(pipeline: &Pipeline) {
    let meter = pipeline.provider.meter("the program");
    let _empty = meter
        .u64_observable_gauge("requests")
        .with_callback(|out| out.observe(7, &[]))
        .build();
}

fn requests(pipeline: &Pipeline) -> Vec<f64> {
    let points = pipeline.export_all();
    let mine = points.iter().filter(|point| point.name == "requests");
    mine.map(|point| point.value).collect()
}

#[test]
fn callbacks_that_panic_cost_their_own_points_and_are_counted() {
    let pipeline = Pipeline::new();
    with_another(&pipeline);
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    let whole = pipeline.export().len();
    have_panic(&meter, CALLBACK, 10);
    assert!(pipeline.export().len() < whole);
    assert_eq!(meter.health().callback_panics, 10);
    assert_eq!(pipeline.export().len(), whole);

    // All of them.
    have_panic(&meter, CALLBACK, u64::MAX);
    assert_eq!(requests(&pipeline), [7.0]);
    let panics = meter.health().callback_panics;
    assert!(panics > 10 + 80, "{panics}");
    have_panic(&meter, CALLBACK, 0);
    assert_eq!(pipeline.export().len(), whole);
    let counted: Vec<_> = pipeline
        .export_own()
        .into_iter()
        .filter(|point| point.name == "dcgm.meter.callback.panics")
        .map(|point| point.value)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let panics = panics as f64;
    assert_eq!(counted, [panics]);
}

#[test]
fn a_tick_that_panics_is_followed_by_another() {
    let pipeline = Pipeline::new();
    with_another(&pipeline);
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let (_, counters) = pipeline.levels_and_counters();
    have_panic(&meter, PUBLISHING, 1);
    let failure = meter.sample_now().unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Panic, "{failure}");
    // The one level is the program's.
    assert_eq!(pipeline.levels_and_counters(), (1, counters));
    assert_eq!(requests(&pipeline), [7.0]);
    assert_eq!(meter.health().errors(ErrorKind::Panic), 1);
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready());
}

/// Where the sampler does not contain it.
#[test]
fn a_panicked_sampler_is_restarted_and_keeps_its_totals() {
    use dcgm::FieldId;

    let pipeline = Pipeline::new();
    with_another(&pipeline);
    let fake = Fake::with_gpus(1);
    let (meter, clock) = pipeline.meter(&fake);
    let replays = || pipeline.value("hw.errors", "error.type", "pcie_replay");
    meter.sample_now().unwrap();
    let before = replays();
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 5.0);
    meter.sample_now().unwrap();
    assert!(replays() > before);
    let total = replays();

    // In the tick, and then in the tidying up after it.
    have_panic(&meter, PUBLISHING, 2);
    let failure = meter.sample_now().unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Panic, "{failure}");
    assert_eq!(requests(&pipeline), [7.0]);
    assert_eq!(replays(), total, "a counter held its total");

    clock.advance(SECOND);
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready(), "{}", meter.health());
    assert!(meter.health().errors(ErrorKind::Panic) >= 1);
    assert_eq!(replays(), total, "it started again at zero");
    fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 7.0);
    meter.sample_now().unwrap();
    assert_eq!(replays(), total.map(|total| total + 2.0));
}

#[test]
fn a_sampler_that_always_panics_restarts_with_backoff_and_stops() {
    let pipeline = Pipeline::new();
    with_another(&pipeline);
    let fake = Fake::with_gpus(1);
    let meter = builder(&fake)
        .with_initial_delay(Duration::ZERO)
        .install(&pipeline.provider)
        .unwrap();
    assert!(meter.wait_ready(SECOND * 60));
    have_panic(&meter, PUBLISHING, u64::MAX);
    let began = Instant::now();
    let until = began + SECOND * 60;
    let panics = || meter.health().errors(ErrorKind::Panic);
    while panics() < 4 {
        assert!(Instant::now() < until, "{}", meter.health());
        std::thread::yield_now();
    }
    // 250 and 500 ms before the third and the fourth at least, and 1 s after each.
    assert!(began.elapsed() > Duration::from_millis(750));
    assert_eq!(meter.health().state, MeterState::Degraded);
    assert_eq!(requests(&pipeline), [7.0]);
    drop(meter);
    assert_eq!(requests(&pipeline), [7.0]);
    assert_eq!(pipeline.export_all().len(), 1);

    // And the next one works.
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert!(pipeline.export().len() > 1);
}
