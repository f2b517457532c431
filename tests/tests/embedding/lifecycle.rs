//! Installing and dropping, at all times and from everywhere.

use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;
use std::{env, process, thread};

use dcgm::mock::Mock;
use dcgm::{EmbeddedMode, EngineOptions};
use dcgm_otel::{DcgmMeter, InstallError};
use dcgm_simulator::{Fault, Flavour};
use opentelemetry::metrics::MeterProvider as _;

use crate::host::{Program, long, our_threads, usage, wait_for};
use crate::memory::in_use;
use crate::{BOUND, Bench, SECOND, alone, meter};

fn cycles() -> usize {
    if long() { 1000 } else { 20 }
}

/// One life of a meter: connected, collected, dropped.
fn live(bench: &Bench, program: &Program) {
    let meter = bench.meter(BOUND).install(&program.provider).unwrap();
    assert!(meter.wait_ready(BOUND), "{}", meter.health());
    assert!(program.collect().series > 10);
    drop(meter);
    assert_eq!(program.collect().series, 0);
}

fn settled(bench: &Bench) -> (usize, usize, u64) {
    wait_for("the threads' end", BOUND, || our_threads().is_empty());
    // The engine's own threads see the end of a connection a moment later.
    wait_for("the connections' end", BOUND, || {
        bench.control.open().connections == 0
    });
    usage()
}

/// The growth that a map or a queue may have once, or one thread that has not ended yet. What
/// each cycle leaves is more in the short form already.
const BLOCKS: u64 = 15;

/// Waits until this program has no more memory in use than it had. The samples that an engine keeps
/// of each cycle are not among it, and not of the meters' making: they are in the resident bytes.
fn no_more_than(before: (u64, u64), what: &str) -> (u64, u64) {
    let mut after = in_use();
    wait_for(what, BOUND, || {
        after = in_use();
        after.1 <= before.1 + BLOCKS
    });
    after
}

/// 20 cycles, and with `DCGM_TEST_LONG=1` 1,000.
#[test]
fn nothing_is_left_of_meters_that_come_and_go() {
    let bench = Bench::new();
    let mut programs = 0;
    for fresh in [false, true] {
        let mut program = Program::new();
        let mut next = || {
            if fresh {
                program.provider.shutdown().unwrap();
                program = Program::new();
                programs += 1;
            }
            live(&bench, &program);
        };
        for _ in 0..cycles() / 5 {
            next();
        }
        let before = settled(&bench);
        let held = in_use();
        for _ in 0..cycles() {
            next();
        }
        let mut after = settled(&bench);
        // A provider's thread may take a moment to end.
        wait_for("the same threads and files", BOUND, || {
            after = usage();
            (after.0, after.1) <= (before.0, before.1)
        });
        let now = no_more_than(held, "memory");
        let name = if fresh { "fresh ones" } else { "one provider" };
        println!(
            "{} cycles on {name}: threads {} -> {}, fds {} -> {}, bytes in use {} -> {}, in blocks \
             {} -> {}; resident KiB, with those of the simulated engine, {} -> {}",
            cycles(),
            before.0,
            after.0,
            before.1,
            after.1,
            held.0,
            now.0,
            held.1,
            now.1,
            before.2 / 1024,
            after.2 / 1024
        );
        let open = bench.control.open();
        assert_eq!(
            (open.groups, open.field_groups, open.watches, open.handles),
            (0, 0, 0, 0),
            "{open:?}"
        );
    }
}

#[test]
fn of_many_threads_that_install_at_once_one_does() {
    let _alone = alone();
    let program = Program::new();
    let mut held = None;
    for cycle in 0..cycles() {
        let barrier = Barrier::new(16);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let install = || {
                barrier.wait();
                DcgmMeter::builder()
                    .with_client(Mock::named("1xl4").unwrap())
                    .with_initial_delay(BOUND)
                    .install(&program.provider)
            };
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(install)).collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let refused =
            |outcome: &&Result<_, _>| matches!(outcome, Err(InstallError::AlreadyInstalled));
        assert_eq!(outcomes.iter().filter(refused).count(), 15);
        let meter = outcomes.into_iter().find_map(Result::ok).expect("one");
        meter.sample_now().unwrap();
        assert!(program.collect().series > 10);
        // Instruments that were made twice would each count a collect.
        assert_eq!(meter.health().collections, 1);
        drop(meter);
        if cycle == 1 {
            held = Some(in_use());
        }
    }
    assert!(our_threads().is_empty(), "{:?}", our_threads());
    let held = held.unwrap();
    let now = no_more_than(held, "memory");
    println!("{} cycles: {held:?} -> {now:?} bytes and blocks", cycles());
}

#[test]
fn a_meter_is_dropped_inside_a_callback_of_the_programs() {
    let bench = Bench::new();
    for (before, hang) in [(true, false), (false, false), (true, true), (false, true)] {
        let program = Program::new();
        let held: Arc<Mutex<Option<DcgmMeter>>> = Arc::default();
        let register = || {
            let held = Arc::clone(&held);
            let _empty = program
                .provider
                .meter("dropper")
                .u64_observable_gauge("dropper")
                .with_callback(move |_| drop(held.lock().unwrap().take()))
                .build();
        };
        if before {
            register();
        }
        let meter = bench.meter(BOUND).install(&program.provider).unwrap();
        assert!(meter.wait_ready(BOUND), "{}", meter.health());
        if !before {
            register();
        }
        if hang {
            let name = "dcgmGetLatestValues_v2";
            let fault = Fault::HangUntilDisconnected;
            assert!(bench.control.fault(name, fault, u32::MAX));
            wait_for(name, BOUND, || bench.control.hanging() > 0);
        }
        held.lock().unwrap().replace(meter);
        let took = program.collect().took;
        assert!(held.lock().unwrap().is_none());
        assert!(took < SECOND, "{took:?}");
        assert_eq!(program.collect().series, 0);
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
        bench.control.clear();
    }
}

#[test]
fn a_provider_is_shut_down_before_during_and_after() {
    let bench = Bench::new();
    let installed = |program: &Program| bench.meter(BOUND).install(&program.provider);

    let before = Program::new();
    before.provider.shutdown().unwrap();
    let meter = installed(&before).unwrap();
    // No reader is left, and it samples all the same.
    assert!(meter.wait_ready(BOUND));
    assert_eq!(meter.health().collections, 0);
    drop(meter);

    let during = Program::new();
    let meter = installed(&during).unwrap();
    during.provider.shutdown().unwrap();
    assert!(meter.wait_ready(BOUND));
    meter.sample_now().unwrap();
    drop(during);
    meter.sample_now().unwrap();
    drop(meter);

    let after = Program::new();
    drop(installed(&after).unwrap());
    after.provider.shutdown().unwrap();
    wait_for("the threads' end", BOUND, || our_threads().is_empty());
}

/// In processes of their own.
#[test]
fn a_process_ends_without_a_shutdown() {
    const NAME: &str = "lifecycle::a_process_ends_without_a_shutdown";
    const HOW: &str = "DCGM_TEST_EXIT";
    let ways = ["well", "hangs until disconnected", "hangs", "mock"];
    let Some(how) = env::var(HOW).ok() else {
        for how in ways {
            let mut child = Command::new(env::current_exe().unwrap())
                .args(["--exact", NAME])
                .env(HOW, how)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut status = None;
            let took = wait_for(how, BOUND, || {
                status = child.try_wait().unwrap();
                status.is_some()
            });
            assert_eq!(status.and_then(|status| status.code()), Some(7), "{how}");
            println!("{how}: started, installed and ended in {took:.1?}");
        }
        return;
    };
    let bench = Bench::new();
    let program = Program::new();
    let builder = match how.as_str() {
        "mock" => DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()),
        _ => bench.meter(BOUND),
    };
    let meter = builder
        .with_initial_delay(Duration::ZERO)
        .install(&program.provider)
        .unwrap();
    assert!(meter.wait_ready(BOUND));
    let fault = match how.as_str() {
        "hangs" => Some(Fault::Hang),
        "hangs until disconnected" => Some(Fault::HangUntilDisconnected),
        _ => None,
    };
    if let Some(fault) = fault {
        let name = "dcgmGetLatestValues_v2";
        assert!(bench.control.fault(name, fault, u32::MAX));
        wait_for(name, BOUND, || bench.control.hanging() > 0);
    }
    process::exit(7);
}

#[test]
fn two_providers_have_engines_of_their_own_embedded_and_standalone_of_two_releases() {
    let bench = Bench::new();
    let old = Bench::beside(Flavour::V3_3);
    let before = usage();
    let mut held = None;
    for _ in 0..if long() { 50 } else { 5 } {
        let programs = [Program::new(), Program::new(), Program::new()];
        let embedded = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&bench.library);
        let meters = [
            bench.meter(BOUND).install(&programs[0].provider).unwrap(),
            old.meter(BOUND).install(&programs[1].provider).unwrap(),
            meter(embedded, BOUND)
                .install(&programs[2].provider)
                .unwrap(),
        ];
        for (meter, program) in meters.iter().zip(&programs) {
            assert!(meter.wait_ready(BOUND), "{}", meter.health());
            assert!(program.collect().series > 10);
        }
        // The end of one leaves the others alone.
        let [first, second, third] = meters;
        drop(third);
        first.sample_now().unwrap();
        drop(first);
        second.sample_now().unwrap();
        assert!(programs[1].collect().series > 10);
        assert_eq!(
            programs[0].collect().series + programs[2].collect().series,
            0
        );
        drop(second);
        for program in programs {
            program.provider.shutdown().unwrap();
        }
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
        held.get_or_insert_with(in_use);
    }
    wait_for("as few threads and files", BOUND, || {
        let after = usage();
        (after.0, after.1) <= (before.0, before.1)
    });
    let held = held.unwrap();
    let now = no_more_than(held, "memory");
    println!("before {before:?}, after {:?}", usage());
    println!("{held:?} -> {now:?} bytes and blocks in use");
}
