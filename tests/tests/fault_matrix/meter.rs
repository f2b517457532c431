//! Every code that a function can answer, to a meter: which kind of error it counts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{ErrorClass, ReturnCode};
use dcgm_otel::{DcgmMeter, ErrorKind, MeterState};
use dcgm_simulator::Fault;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::bench::{Bench, PANICS, PATIENCE, Reach, count_panics};
use crate::codes::is_called;
use crate::table::{Hides, ROWS, Row, Step, ends, host, is_called_by_a_meter, shows};

/// When the function begins to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Moment {
    /// Before the meter's first tick.
    Start,
    /// When it has values.
    Running,
}

/// Returns `true` if a meter that has values continues to call the function at each tick. Events are
/// read with the first tick, and later only if there are any; GPUs are listed each minute, or if values are
/// missing.
fn is_called_at_each_tick(row: &Row) -> bool {
    matches!(
        row.function,
        "dcgmGetLatestValues_v2" | "dcgmUpdateAllFields"
    )
}

/// The kinds of which one is counted; none where the meter has its values all the same.
fn kinds(row: &Row, code: ReturnCode, moment: Moment) -> Vec<ErrorKind> {
    if row.hides == Hides::Pointer {
        return vec![ErrorKind::Watch];
    }
    let serious = ends(code) || code == ReturnCode::TIMEOUT;
    let step = match (shows(row, code), moment) {
        (None, _) => return Vec::new(),
        // A refused watch of events is reported, unless the engine has no such events.
        (Some(Step::WatchEvents), Moment::Start)
            if !serious && code.class() != Some(ErrorClass::Unsupported) =>
        {
            row.kind
        }
        // Hosts without links, profilers and events have metrics, too.
        (Some(Step::Links | Step::WatchProfiling | Step::WatchEvents), _) if !serious => {
            return Vec::new();
        }
        // A watch that was given back has found the end of the session; what came next tells it.
        (Some(Step::Again), _) => return vec![ErrorKind::Connect],
        (Some(Step::Entities), Moment::Start) => ErrorKind::Enumerate,
        (Some(Step::WatchEvents | Step::Entities), Moment::Running) => ErrorKind::Read,
        (Some(_), _) => row.kind,
    };
    vec![match code.class() {
        Some(ErrorClass::Version) => ErrorKind::Init,
        Some(ErrorClass::GpuLost) => ErrorKind::GpuLost,
        // Whatever was being done.
        Some(ErrorClass::Disconnected) => ErrorKind::Connect,
        _ if code == ReturnCode::TIMEOUT => ErrorKind::Timeout,
        _ => step,
    }]
}

/// Returns the error kinds that a meter has counted.
fn counted(meter: &DcgmMeter) -> Vec<ErrorKind> {
    let health = meter.health();
    let kinds = ErrorKind::ALL.iter().copied();
    kinds.filter(|kind| health.errors(*kind) > 0).collect()
}

fn recovers(meter: &DcgmMeter, what: &str) {
    let until = Instant::now() + PATIENCE;
    while let Err(failure) = meter.sample_now() {
        assert!(Instant::now() < until, "{what}: {failure}");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(meter.health().state, MeterState::Ready, "{what}");
}

fn combination(bench: &Bench, row: &Row, code: ReturnCode, moment: Moment) {
    let what = format!(
        "{:?} {:?} {} {code:?} {moment:?}",
        bench.flavour, bench.reach, row.function
    );
    let before = bench.control.open();
    let provider = SdkMeterProvider::builder().build();
    let meter = DcgmMeter::builder()
        .with_shared_client(Arc::new(bench.engine()))
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(600))
        .install(&provider)
        .expect("installed");
    if moment == Moment::Running {
        recovers(&meter, &what);
        assert_eq!(counted(&meter), [], "{what}");
    }
    let fault = Fault::Code(code.raw());
    bench.control.reset_calls();
    assert!(bench.control.fault(row.function, fault, u32::MAX));
    let outcome = meter.sample_now();
    // A function that says that it worked, and did nothing, cannot be distinguished from one that did.
    if !code.is_ok() {
        assert!(
            bench.control.calls(row.function) > 0 || row.hides == Hides::End,
            "{what}: it was not called, so nothing was tried"
        );
        let wanted = kinds(row, code, moment);
        let counted = counted(&meter);
        let reported = outcome.as_ref().err().map(|failure| failure.kind);
        let is_one = counted.len() == 1 && counted.iter().all(|kind| wanted.contains(kind));
        assert!(
            is_one || counted.is_empty() && wanted.is_empty(),
            "{what}: {counted:?} is counted, and not {wanted:?}: {outcome:?}"
        );
        // An engine that refuses a watch may have values all the same, that another client's
        // watches brought.
        let may_have_values = matches!(row.step, Step::Watch | Step::WatchEvents);
        if !may_have_values || reported.is_some() {
            assert_eq!(Vec::from_iter(reported), counted, "{what}: {outcome:?}");
        }
        let degraded = meter.health().state == MeterState::Degraded;
        assert_eq!(degraded, reported.is_some(), "{what}");
    }
    bench.control.clear();
    recovers(&meter, &what);
    drop(meter);
    bench.settles_at(before, &what);
    assert_eq!(bench.control.panics(), 0, "{what}: the simulator panicked");
}

fn all(bench: &Bench, row: &Row) -> usize {
    assert!(bench.control.set_host(host(row)));
    let mut done = 0;
    for code in crate::codes() {
        // Groups are made for what is read again, and kept as long as anything uses them.
        if row.step != Step::LatestAgain && row.function != "dcgmGroupDestroy" {
            combination(bench, row, code, Moment::Start);
            done += 1;
        }
        if is_called_at_each_tick(row) {
            combination(bench, row, code, Moment::Running);
            done += 1;
        }
    }
    done
}

#[test]
fn each_code_of_each_function_is_counted_under_its_kind_and_the_meter_comes_back() {
    count_panics();
    let mut work = Vec::new();
    for flavour in crate::flavours() {
        let rows = ROWS
            .iter()
            .filter(|row| is_called(row, Reach::Standalone) && is_called_by_a_meter(row));
        // The end of a connection is the client's affair, and what is left there is tried there.
        for row in rows.filter(|row| row.hides != Hides::End) {
            work.push((*flavour, row));
        }
    }
    let done = crate::share(2, work, |(flavour, row)| {
        all(&Bench::new(flavour, Reach::Standalone, None), row)
    });
    println!("meter: {done} combinations of function, code and moment");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
