//! Every code that a function can answer, to the client by itself.

use std::sync::atomic::Ordering;

use dcgm::{Client as _, ConnectError, Error, ReturnCode};
use dcgm_simulator::{Fault, Open};

use crate::bench::{Bench, PANICS, Reach, count_panics};
use crate::session::{self, Failures};
use crate::table::{self, Hides, Only, ROWS, Row, Step};

/// The number of failures of a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Times {
    Once,
    Always,
}

pub(crate) fn is_called(row: &Row, reach: Reach) -> bool {
    match row.only {
        Only::Both => true,
        Only::Standalone => reach == Reach::Standalone,
        Only::Embedded => reach == Reach::Embedded,
    }
}

/// Returns `true` if an error reports the return code of the function, and nothing else.
fn is_reported(error: &Error, row: &Row, code: ReturnCode) -> bool {
    match error {
        Error::Call { function, .. } if row.hides == Hides::Pointer => {
            *function == row.function && error.code() == Some(ReturnCode::UNKNOWN_FIELD)
        }
        Error::Call {
            function,
            code: reported,
        } => *function == row.function && *reported == code,
        Error::VersionRefused { function, .. } => {
            *function == row.function && code == ReturnCode::VER_MISMATCH
        }
        // libdcgm says no more than that, so the client has looked for itself.
        Error::Connect { cause, .. } => {
            matches!(cause, ConnectError::Closed)
                && code == ReturnCode::CONNECTION_NOT_VALID
                && row.step == Step::Connect
        }
        _ => false,
    }
}

/// Checks that each failure is the function's, or follows from the end of the connection.
fn check(row: &Row, code: ReturnCode, times: Times, failures: &Failures, what: &str) {
    let mut ended = table::ends(code) && row.hides == Hides::Release;
    for (step, error) in failures {
        let follows = ended && matches!(error, Error::NotConnected);
        assert!(
            follows || is_reported(error, row, code),
            "{what}: {step:?} says {error:?}"
        );
        ended |= error.is_disconnected();
    }
    if times == Times::Always {
        let shown = failures.first().map(|(step, _)| *step);
        assert_eq!(shown, table::shows(row, code), "{what}: {failures:?}");
    }
}

/// Returns the objects that may stay open: a refused disconnect keeps its session.
fn allowed(row: &Row, before: Open, after: Open) -> Open {
    if row.function != "dcgmDisconnect" {
        return before;
    }
    // One session's, at the most.
    assert!(after.handles <= before.handles + 1, "{after:?}");
    after
}

/// One function that answers one code, and the session after that.
fn combination(bench: &Bench, row: &Row, code: ReturnCode, times: Times) {
    let what = format!(
        "{:?} {:?} {} {code:?} {times:?}",
        bench.flavour, bench.reach, row.function
    );
    let before = bench.control.open();
    let calls = match times {
        Times::Once => 1,
        Times::Always => u32::MAX,
    };
    let fault = Fault::Code(code.raw());
    assert!(bench.control.fault(row.function, fault, calls));
    bench.control.reset_calls();
    let engine = bench.engine();
    let failures = session::run(&engine);
    engine.close();
    assert!(
        bench.control.calls(row.function) > 0,
        "{what}: it was not called, so nothing was tried"
    );
    // A function that says that it worked, and did nothing, cannot be distinguished from one that did.
    if !code.is_ok() {
        check(row, code, times, &failures, &what);
    }
    bench.control.clear();
    let before = allowed(row, before, bench.control.open());
    bench.settles_at(before, &what);

    let after = session::run(&engine);
    assert!(after.is_empty(), "{what}: the next session: {after:?}");
    drop(engine);
    bench.settles_at(before, &what);
    assert_eq!(bench.control.panics(), 0, "{what}: the simulator panicked");
}

fn all(bench: &Bench, row: &Row) -> usize {
    assert!(bench.control.set_host(table::host(row)));
    let mut done = 0;
    for code in crate::codes() {
        for times in [Times::Once, Times::Always] {
            combination(bench, row, code, times);
            done += 1;
        }
    }
    done
}

#[test]
fn each_code_of_each_function_of_a_host_engine_is_reported_and_leaves_nothing_open() {
    count_panics();
    let mut work = Vec::new();
    for flavour in crate::flavours() {
        for row in ROWS.iter().filter(|row| is_called(row, Reach::Standalone)) {
            work.push((*flavour, row));
        }
    }
    let done = crate::share(2, work, |(flavour, row)| {
        all(&Bench::new(flavour, Reach::Standalone, None), row)
    });
    println!("standalone: {done} combinations of function, code and how often");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

/// One engine a process: one library, and one row after the other.
#[test]
fn each_code_of_each_function_of_an_embedded_engine_is_reported_and_leaves_nothing_open() {
    count_panics();
    let _alone = crate::EMBEDDED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let bench = || Bench::new(crate::flavours()[0], Reach::Embedded, None);
    let one = bench();
    let mut done = 0;
    for row in ROWS.iter().filter(|row| is_called(row, Reach::Embedded)) {
        if row.hides != Hides::End {
            done += all(&one, row);
            continue;
        }
        // An engine that does not stop runs on in its library, and is taken for a foreign one.
        for code in crate::some_codes() {
            combination(&bench(), row, code, Times::Once);
            done += 1;
        }
    }
    println!("embedded: {done} combinations of function, code and how often");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
