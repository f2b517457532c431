//! An engine in a process of its own, behind the simulated library, that is killed and started
//! again, or stopped and continued: what a meter on it shows meanwhile, and what stays behind.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail by panicking and tell its figures, in its helpers too"
)]

mod bench;
mod process;
mod report;
mod seen;
mod supervised;

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use bench::Bench;
use report::Report;

/// The shortest that a meter takes.
const INTERVAL: Duration = Duration::from_secs(1);

const MAX_AGE: Duration = Duration::from_secs(2);

/// For what is waited for. No claim is about how long it takes; that is printed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One engine and one process whose threads are counted: a test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn cycles(long: usize, short: usize) -> usize {
    if std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1") {
        long
    } else {
        short
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
    begin.elapsed()
}

/// This program is also the engine: a test starts it again, to run only this.
#[test]
fn engine_program() {
    if let Ok(arguments) = std::env::var(process::ENGINE_ARGUMENTS) {
        dcgm_simulator::run_engine(arguments.split(' ').map(str::to_owned));
    }
}

#[test]
fn a_meter_outlives_engines_that_are_killed_and_leaves_nothing_behind() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut bench = Bench::new();
    wait_until("no levels", || bench.has_levels());
    let open = bench.open();
    let mut report = Report::default();
    for cycle in 0..cycles(100, 5) {
        bench.process.take().expect("it runs").kill();
        bench.set_silent(Some(Instant::now()));
        let found = wait_until("it is not found out", || !bench.is_ready());
        report.found.push(found);
        // Every fifth stays away for longer than a value may be shown.
        if cycle % 5 == 0 {
            bench.outlive_the_values();
        }
        let process = (bench.start)();
        let back = Instant::now();
        bench.set_silent(None);
        bench.process = Some(process);
        wait_until("it does not recover", || {
            bench.is_ready() && bench.has_levels()
        });
        report.recovered.push(back.elapsed());
        bench.holds(&open);
        report.settle(cycle);
    }
    report.print("kill -9 and start", &bench);
}

#[test]
fn a_meter_outlives_an_engine_that_is_stopped_and_leaves_nothing_behind() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut bench = Bench::new();
    wait_until("no levels", || bench.has_levels());
    let open = bench.open();
    let mut report = Report::default();
    for cycle in 0..cycles(20, 2) {
        bench.process.as_ref().expect("it runs").signal("STOP");
        bench.set_silent(Some(Instant::now()));
        let found = wait_until("it is not found out", || !bench.is_ready());
        report.found.push(found);
        bench.outlive_the_values();
        bench.set_silent(None);
        bench.process.as_ref().expect("it runs").signal("CONT");
        let back = Instant::now();
        wait_until("it does not recover", || {
            bench.is_ready() && bench.has_levels()
        });
        report.recovered.push(back.elapsed());
        // What the cut connections had made is gone, too.
        bench.holds(&open);
        report.settle(cycle);
    }
    report.print("SIGSTOP and SIGCONT", &bench);
}
