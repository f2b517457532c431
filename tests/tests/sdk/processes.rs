//! Statistics of processes: what the engine leaves unset, and what it calls the process' own.

use std::time::Duration;

use dcgm::processes::ProcessWatch;
use dcgm::{Client as _, EntityId, Error, ReturnCode, Timestamp};
use dcgm_simulator::Flavour;

use crate::bench::{Bench, FLAVOURS};

const GIB: i64 = 1 << 30;
const SECOND: i64 = 1_000_000;

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn watch() -> ProcessWatch {
    ProcessWatch::new(Duration::from_secs(1), Duration::from_secs(3600))
}

#[test]
fn processes_are_found_in_the_accounting_only() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let start = bench.control.now() - 20 * SECOND;
        for gpu in [0, 1] {
            bench.control.account(gpu, 4242, (start, 0), 7 * GIB);
        }
        let processes = bench.engine.processes();
        let error = processes.process(4242).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("watch_processes"))
        );
        let held = processes
            .watch_processes(&gpus(3), watch())
            .expect("watched");
        bench.control.advance(Duration::from_secs(5));
        let found = processes.process(4242).expect("read").expect("found");
        assert_eq!(
            (found.pid, found.start.micros(), found.end),
            (4242, start, None)
        );
        let ids: Vec<_> = found.gpus.iter().map(|gpu| gpu.usage.gpu).collect();
        assert_eq!(ids, gpus(2), "{flavour:?}");
        assert!(found.energy_joules().is_some_and(|joules| joules > 0.0));
        for gpu in &found.gpus {
            assert_eq!(gpu.usage.max_memory_bytes, Some(7 << 30));
            assert!(gpu.usage.sm_clock_mhz.is_some());
        }
        assert_eq!(processes.process(5151).expect("read"), None);
        assert!(matches!(processes.process(0), Err(Error::Request(_))));
        drop(held);
        assert!(processes.process(4242).is_err());
        let open = bench.control.open();
        assert_eq!((open.groups, open.field_groups, open.watches), (0, 0, 0));
    }
}

#[test]
fn unset_utilization_does_not_get_out() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let start = bench.control.now() - 3600 * SECOND;
        let end = start + 15 * SECOND;
        bench.control.account(0, 4243, (start, end), 3 * GIB);
        let processes = bench.engine.processes();
        let _held = processes
            .watch_processes(&gpus(1), watch())
            .expect("watched");
        bench.control.advance(Duration::from_secs(2));
        // It ended before the watch. The simulated engine leaves 40.0 and 1e-310 there.
        let found = processes.process(4243).expect("read").expect("found");
        assert_eq!(found.end, Some(Timestamp::from_micros(end)));
        assert_eq!(found.energy_joules(), None);
        let gpu = found.gpus.first().expect("a GPU");
        assert_eq!(
            gpu.all_processes_sm_utilization_percent, None,
            "{flavour:?}"
        );
        assert_eq!(gpu.all_processes_memory_utilization_percent, None);
        assert_eq!(gpu.usage.sm_utilization_percent, None);
        assert_eq!(gpu.usage.sm_clock_mhz, None);
        assert_eq!(gpu.usage.max_memory_bytes, Some(3 << 30));
        // Samples of three processes within its time.
        for (at, sm, memory) in [(1, 55.0, 33.0), (2, 65.0, 43.0), (3, 0.0, 2.0)] {
            let at = start + at * SECOND;
            assert!(bench.control.put_double(0, 211, at, sm));
            assert!(bench.control.put_double(0, 210, at, memory));
        }
        let found = processes.process(4243).expect("read").expect("found");
        let gpu = found.gpus.first().expect("a GPU");
        assert_eq!(gpu.all_processes_sm_utilization_percent, Some(40.0));
        assert_eq!(gpu.all_processes_memory_utilization_percent, Some(26.0));
    }
}

#[test]
fn processes_of_many_gpus_are_read_in_small_groups() {
    let bench = Bench::with_host(Flavour::V4_6, "32xl4");
    let start = bench.control.now();
    bench.control.account(3, 7, (start, 0), GIB);
    bench.control.account(30, 7, (start - SECOND, 0), GIB);
    let processes = bench.engine.processes();
    let _held = processes
        .watch_processes(&gpus(32), watch())
        .expect("watched");
    bench.control.reset_calls();
    let found = processes.process(7).expect("read").expect("found");
    let ids: Vec<_> = found.gpus.iter().map(|gpu| gpu.usage.gpu.id).collect();
    assert_eq!(
        (&*ids, found.start.micros()),
        (&[3, 30][..], start - SECOND)
    );
    assert_eq!(bench.control.calls("dcgmGetPidInfo"), 4);
}
