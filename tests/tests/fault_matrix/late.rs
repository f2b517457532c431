//! Answers that come too late, or never.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{Client as _, ConnectError, Error};
use dcgm_otel::{DcgmMeter, ErrorKind};
use dcgm_simulator::{Fault, Flavour};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::bench::{Bench, PANICS, PATIENCE, Reach, count_panics};
use crate::codes::is_called;
use crate::session;
use crate::table::{Hides, ROWS, Row, Step, host, is_called_by_a_meter};

/// The deadline of each call: enough for one without a fault, also on a busy machine.
const DEADLINE: Duration = Duration::from_millis(400);

/// Beyond it.
const SLOW: Duration = Duration::from_millis(600);

const FAULTS: [Fault; 3] = [
    Fault::Delay(SLOW),
    Fault::HangUntilDisconnected,
    Fault::Hang,
];

/// A timeout, or what follows from one.
fn is_timeout(error: &Error, timed_out: bool) -> bool {
    match error {
        Error::Timeout { .. } => true,
        Error::Connect { cause, .. } => *cause == ConnectError::Silent,
        Error::NotConnected | Error::Busy { .. } => timed_out,
        _ => false,
    }
}

/// Lets hanging calls continue, and connects again, however many threads the client lost.
fn returns(bench: &Bench, engine: &dcgm::Engine, what: &str) {
    bench.control.clear();
    let until = Instant::now() + PATIENCE;
    loop {
        engine.close();
        let failures = session::run(engine);
        if failures.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{what}: {failures:?}");
        thread::yield_now();
    }
}

fn alone(bench: &Bench, row: &Row, fault: Fault) {
    let what = format!("{:?} {} {fault:?}", bench.flavour, row.function);
    let before = bench.control.open();
    let engine = bench.hasty(DEADLINE);
    assert!(bench.control.fault(row.function, fault, 1));
    let begin = Instant::now();
    let failures = session::run(&engine);
    engine.close();
    let took = begin.elapsed();
    assert!(took < PATIENCE, "{what}: {took:?}");
    let mut timed_out = row.hides == Hides::Release;
    for (step, error) in &failures {
        assert!(
            is_timeout(error, timed_out),
            "{what}: {step:?} says {error:?}"
        );
        timed_out = true;
    }
    // No caller waits for the end of a connection, or for a moment for the end of a watch, so that
    // their hanging does not show.
    if matches!(
        row.hides,
        Hides::Nothing | Hides::Lists | Hides::Shortcut | Hides::Profiler
    ) {
        let shown = failures.first().map(|(step, _)| *step);
        assert_eq!(shown, Some(row.step), "{what}: {failures:?}");
    }
    returns(bench, &engine, &what);
    drop(engine);
    bench.settles_at(before, &what);
    assert_eq!(bench.control.hanging(), 0, "{what}");
}

/// A meter that meets it at its first tick, or when it reads the same again.
fn metered(bench: &Bench, row: &Row, fault: Fault) {
    let what = format!("meter, {:?} {} {fault:?}", bench.flavour, row.function);
    let before = bench.control.open();
    let provider = SdkMeterProvider::builder().build();
    let meter = DcgmMeter::builder()
        .with_shared_client(Arc::new(bench.hasty(DEADLINE)))
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(600))
        .install(&provider)
        .expect("installed");
    if row.step == Step::LatestAgain {
        meter.sample_now().expect(&what);
    }
    assert!(bench.control.fault(row.function, fault, 1));
    let failure = meter.sample_now().expect_err(&what);
    assert_eq!(failure.kind, ErrorKind::Timeout, "{what}: {failure}");
    assert_eq!(meter.health().errors(ErrorKind::Timeout), 1, "{what}");
    bench.control.clear();
    let until = Instant::now() + PATIENCE;
    while let Err(failure) = meter.sample_now() {
        assert!(Instant::now() < until, "{what}: {failure}");
        thread::yield_now();
    }
    drop(meter);
    bench.settles_at(before, &what);
}

/// Returns `true` for functions that a session waits for at its beginning, so that a meter calls
/// them.
fn is_met_by_a_meter(row: &Row) -> bool {
    is_called_by_a_meter(row) && row.hides != Hides::End && row.hides != Hides::Release
}

#[test]
fn an_answer_that_comes_late_or_never_is_a_timeout_and_leaves_nothing_open() {
    count_panics();
    let mut work = Vec::new();
    let rows = ROWS.iter().filter(|row| is_called(row, Reach::Standalone));
    let rows = rows.filter(|row| row.function != "dcgmGetGpuInstanceHierarchy");
    for (at, row) in rows.enumerate() {
        for (number, fault) in FAULTS.iter().enumerate() {
            // By itself each function is either slow or silent.
            if crate::is_long() || at % FAULTS.len() == number {
                work.push((row, *fault));
            }
        }
    }
    // They wait and do nothing, so they can be many.
    let done = crate::share(8, work, |(row, fault)| {
        let bench = Bench::new(Flavour::V4_6, Reach::Standalone, None);
        assert!(bench.control.set_host(host(row)));
        alone(&bench, row, fault);
        if !is_met_by_a_meter(row) {
            return 1;
        }
        metered(&bench, row, fault);
        2
    });
    println!("late: {done} combinations of function and fault, of clients and meters");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
