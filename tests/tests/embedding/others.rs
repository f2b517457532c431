//! Other code in the process shuts down the libdcgm that all of it shares.

#![expect(unsafe_code, reason = "other code in the process uses the C ABI")]

use dcgm::{EmbeddedMode, EngineOptions};
use dcgm_sys as sys;

use crate::host::{Program, our_threads, usage, wait_for};
use crate::{BOUND, Bench, meter};

#[test]
fn a_foreign_shutdown_of_libdcgm_costs_one_reconnection() {
    let bench = Bench::new();
    for embedded in [false, true] {
        let program = Program::new();
        let builder = if embedded {
            let options = EngineOptions::embedded(EmbeddedMode::Auto);
            meter(options.with_library(&bench.library), BOUND)
        } else {
            bench.meter(BOUND)
        };
        let one = builder.install(&program.provider).unwrap();
        assert!(one.wait_ready(BOUND), "{}", one.health());
        let library = sys::Library::open_at(&bench.library).unwrap();
        let mut before = None;
        for times in 1..=5 {
            // SAFETY: it takes nothing.
            let answer = unsafe { library.symbols().dcgmShutdown() };
            assert_eq!(answer, Ok(sys::DCGM_ST_OK));
            wait_for("a reconnection", BOUND, || {
                let health = one.health();
                health.reconnects >= times && health.is_ready()
            });
            assert!(program.collect().series > 10);
            let now = usage();
            let first = *before.get_or_insert(now);
            assert!(now.1 <= first.1, "fds {} -> {}", first.1, now.1);
            println!("embedded: {embedded}: {now:?} (threads, fds, bytes)");
        }
        drop(one);
        assert_eq!(program.collect().series, 0);
        wait_for("the threads' end", BOUND, || our_threads().is_empty());
    }
}
