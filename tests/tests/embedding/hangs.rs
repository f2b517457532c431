//! Calls that do not return until their connection is closed, and calls that never do.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use dcgm_otel::{DcgmMeter, ErrorKind};
use dcgm_simulator::Fault;
use dcgm_sys as sys;

use crate::host::{Program, long, our_threads, wait_for};
use crate::{BOUND, Bench, SECOND, meter, standalone};

/// Short, so that the tests are. No claim is about how long it is.
const DEADLINE: Duration = Duration::from_millis(200);

/// Longer than any call that ends by itself.
const NEVER: Duration = Duration::from_secs(600);

/// The time that an engine gives a call whose connection was closed.
const GRACE: Duration = SECOND;

/// For a machine that does much else.
const SLACK: Duration = Duration::from_millis(500);

/// The functions of libdcgm that a meter's path has: those that it calls at first, and those of
/// each tick.
fn path(bench: &Bench, program: &Program) -> (Vec<&'static str>, Vec<&'static str>) {
    let called = || {
        let names = sys::Symbols::ROWS.iter().map(|row| row.name);
        names
            .filter(|name| bench.control.calls(name) > 0)
            .collect::<Vec<_>>()
    };
    bench.control.reset_calls();
    let meter = bench.meter(BOUND).install(&program.provider).unwrap();
    assert!(meter.wait_ready(BOUND), "{}", meter.health());
    let first = called();
    // What is read again is given groups.
    meter.sample_now().unwrap();
    bench.control.reset_calls();
    meter.sample_now().unwrap();
    let each = called();
    (first, each)
}

/// The longest of each.
#[derive(Debug, Default)]
struct Figures {
    timeout: Duration,
    collect: Duration,
    drop: Duration,
    left: usize,
}

impl Figures {
    /// Checks that the timeout is reported in time, and that the program's metrics go on meanwhile.
    fn suffer(&mut self, what: &str, program: &Program, meter: &DcgmMeter, limit: Duration) {
        let reported_after = wait_for(what, limit, || {
            let reason = meter.health().reason;
            reason.is_some_and(|reason| reason.kind == ErrorKind::Timeout)
        });
        self.timeout = self.timeout.max(reported_after);
        assert!(meter.health().errors(ErrorKind::Timeout) > 0);
        self.collect = self.collect.max(program.collect().took);
    }

    /// Drops the meter, in time.
    fn drop(&mut self, what: &str, program: &Program, meter: DcgmMeter) {
        let began = Instant::now();
        drop(meter);
        let took = began.elapsed();
        self.drop = self.drop.max(took);
        assert!(took < SECOND, "{what}: {took:?}");
        assert_eq!(program.collect().series, 0, "{what}");
    }
}

/// Sees that no thread is left.
fn gone(name: &str, when: &str) {
    let until = Instant::now() + 5 * SECOND;
    while !our_threads().is_empty() {
        let left = our_threads();
        assert!(Instant::now() < until, "{name}, dropped {when}: {left:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_call_that_can_be_cancelled_costs_neither_a_thread_nor_the_programs_metrics() {
    let bench = Bench::new();
    let program = Program::new();
    let (first, each) = path(&bench, &program);
    let healthy = program.collect().took;
    let mut figures = Figures::default();
    // Without a handle there is nothing to close, and a disconnect is what closes it. (A connect
    // that waits for its peer can be cancelled: see below.)
    let cannot = [
        "DcgmFieldGetById",
        "dcgmInit",
        "dcgmVersionInfo",
        "dcgmConnect_v2",
        "dcgmDisconnect",
    ];
    let cases = first.iter().map(|name| (*name, false));
    let cases: Vec<_> = cases
        .chain(each.iter().map(|name| (*name, true)))
        .filter(|(name, _)| !cannot.contains(name))
        .collect();
    assert!(cases.len() >= 10, "{cases:?}");
    for (name, later) in &cases {
        let fault = || {
            let hang = Fault::HangUntilDisconnected;
            assert!(bench.control.fault(name, hang, u32::MAX));
        };
        let installed = |limit| {
            if !later {
                fault();
            }
            let meter = bench.meter(limit).install(&program.provider).unwrap();
            if *later {
                assert!(meter.wait_ready(BOUND), "{name}: {}", meter.health());
                fault();
            }
            meter
        };
        let meter = installed(DEADLINE);
        figures.suffer(name, &program, &meter, SECOND + DEADLINE + SLACK);
        figures.drop(name, &program, meter);
        gone(name, "after its deadline");
        bench.control.clear();

        // And while a call hangs that has all the time in the world.
        let meter = installed(NEVER);
        wait_for(name, BOUND, || bench.control.hanging() > 0);
        figures.collect = figures.collect.max(program.collect().took);
        assert!(bench.control.hanging() > 0, "{name} ended by itself");
        figures.drop(name, &program, meter);
        gone(name, "before its deadline");
        assert_eq!(bench.control.hanging(), 0, "{name}");
        bench.control.clear();
    }
    println!(
        "{cases:?}\n{} calls; a collect without a hang {healthy:.1?}; at most: {figures:.1?}",
        cases.len()
    );
}

/// The calls of a tick and a few others; all with `DCGM_TEST_LONG=1`.
#[test]
fn a_call_that_nothing_ends_costs_two_threads_at_most_and_not_the_programs_metrics() {
    let bench = Bench::new();
    let program = Program::new();
    let (first, each) = path(&bench, &program);
    let healthy = program.collect().took;
    let mut figures = Figures::default();
    let some = [
        "DcgmFieldGetById",
        "dcgmInit",
        "dcgmConnect_v2",
        "dcgmDisconnect",
        "dcgmWatchFields",
    ];
    let cases = first.iter().map(|name| (*name, false));
    let cases: Vec<_> = cases
        .filter(|(name, _)| long() || some.contains(name))
        .chain(each.iter().map(|name| (*name, true)))
        .filter(|(name, later)| !later || long() || *name == "dcgmGetLatestValues_v2")
        .chain([("dcgmDisconnect", true)])
        .collect();
    for (name, later) in &cases {
        let fault = || assert!(bench.control.fault(name, Fault::Hang, u32::MAX));
        if !later {
            fault();
        }
        let meter = bench.meter(DEADLINE).install(&program.provider).unwrap();
        if *later {
            assert!(meter.wait_ready(BOUND), "{name}: {}", meter.health());
            fault();
        }
        if *name == "dcgmDisconnect" {
            // Nothing calls it until the end.
            assert!(meter.wait_ready(BOUND), "{name}: {}", meter.health());
        } else {
            let limit = SECOND + DEADLINE + GRACE + SLACK;
            figures.suffer(name, &program, &meter, limit);
            assert!(bench.control.hanging() > 0, "{name} ended by itself");
        }
        figures.drop(name, &program, meter);
        // Once their deadlines have passed.
        wait_for(name, BOUND, || our_threads().len() <= 2);
        figures.left = figures.left.max(our_threads().len());
        bench.control.clear();
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
    }
    println!(
        "{} calls; a collect without a hang {healthy:.1?}; at most: {figures:.1?}",
        cases.len()
    );
    assert!(figures.left > 0, "nothing hung");
}

#[test]
fn a_silent_peer_is_reported_and_does_not_delay_the_meters_end() {
    let bench = Bench::new();
    let program = Program::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let options = || standalone(port).with_library(&bench.library);
    let mut figures = Figures::default();
    let one = meter(options(), DEADLINE)
        .install(&program.provider)
        .unwrap();
    figures.suffer("silent", &program, &one, SECOND + DEADLINE + SLACK);
    figures.drop("silent", &program, one);
    wait_for("the threads' end", BOUND, || our_threads().is_empty());

    // With a deadline that never comes only the drop ends the call.
    for _ in 0..3 {
        let one = meter(options(), NEVER).install(&program.provider).unwrap();
        silent.accept().unwrap();
        silent.accept().unwrap();
        figures.collect = figures.collect.max(program.collect().took);
        figures.drop("silent", &program, one);
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
    }
    println!("at most: {figures:.1?}");
}

#[test]
fn a_provider_is_shut_down_while_a_call_hangs() {
    let bench = Bench::new();
    for fault in [Fault::Hang, Fault::HangUntilDisconnected] {
        let program = Program::new();
        let meter = bench.meter(NEVER).install(&program.provider).unwrap();
        assert!(meter.wait_ready(BOUND), "{}", meter.health());
        let name = "dcgmGetLatestValues_v2";
        assert!(bench.control.fault(name, fault, u32::MAX));
        wait_for(name, BOUND, || bench.control.hanging() > 0);
        let began = Instant::now();
        program.provider.shutdown().unwrap();
        let took = began.elapsed();
        assert!(bench.control.hanging() > 0, "it ended by itself");
        assert!(took < SECOND, "{took:?}");
        let began = Instant::now();
        drop(meter);
        assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
        println!(
            "{fault:?}: shutdown {took:.1?}, drop {:.1?}",
            began.elapsed()
        );
        bench.control.clear();
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
    }
}
