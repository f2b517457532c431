//! The engine reads and keeps what the watches ask for, refuses nothing, and logs nothing.

use std::time::Duration;

use dcgm::mock::Host;

use crate::bench::{Bench, FLAVOURS};

/// A day, or without `DCGM_TEST_LONG=1` 75 minutes: longer than anything is kept.
fn time() -> Duration {
    let is_long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    Duration::from_secs(if is_long { 86_400 } else { 4_500 })
}

#[test]
fn defaults_leave_the_engine_as_it_was() {
    let time = time();
    println!(
        "{:<12} {:<6} {:>8} {:>10} {:>10} {:>8} {:>8} {:>14} {:>14}",
        "host", "dcgm", "series", "reads/s", "asked/s", "kept", "asked", "refused", "log lines"
    );
    for flavour in FLAVOURS {
        for host in Host::NAMES {
            let bench = Bench::new(host, flavour);
            let (start, after) = bench.run(time);
            let asked = after.asked_a_day * time.as_secs() / 86_400;
            let a_second = |reads: u64| {
                let reads = u32::try_from(reads).map_or(f64::MAX, f64::from);
                reads / time.as_secs_f64()
            };
            println!(
                "{host:<12} {:<6} {:>8} {:>10.2} {:>10.2} {:>8} {:>8} {:>14} {:>14}",
                flavour.version(),
                bench.meter().health().series,
                a_second(after.reads),
                a_second(asked),
                after.kept,
                after.asked_to_keep,
                format!("{} + {}", start.refused, after.refused),
                format!("{} + {}", start.log_lines, after.log_lines),
            );
            let case = format!("{host} {flavour:?}: {start:?}, {after:?}");
            // One more for each field at the edge of the time.
            assert!(
                after.reads <= asked + after.asked_a_day / 5760 + 64,
                "{case}"
            );
            assert!(
                after.reads + after.asked_a_day / 5760 + 64 >= asked,
                "{case}"
            );
            assert!(after.kept <= after.asked_to_keep, "{case}");
            assert_eq!(after.refused, 0, "{case}");
            assert_eq!(after.log_lines, 0, "{case}");
            // That there is no profiler the engine says by refusing to list its fields.
            let allowed = u64::from(*host == "consumer");
            assert!(start.refused <= allowed, "{case}");
        }
    }
}
