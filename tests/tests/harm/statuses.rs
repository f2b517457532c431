//! GPUs that the engine lists, and cannot sample.

use std::collections::BTreeMap;

use dcgm_otel::ErrorKind;

use crate::bench::{Bench, FLAVOURS};

/// Statuses of DCGM's.
const OK: u32 = 1;
const LOST: u32 = 4;
const PAUSED: u32 = 6;
const DETACHED: u32 = 7;

/// Counts the GPUs in each state.
fn states(bench: &Bench) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    let series = bench.series("hw_status_ratio").into_iter();
    for (labels, value) in series.filter(|(labels, _)| labels.contains("hw_type=gpu")) {
        let state = labels
            .split(',')
            .find_map(|label| label.strip_prefix("hw_state="));
        if value > 0.0 {
            *states.entry(state.unwrap_or("?").to_owned()).or_default() += 1;
        }
    }
    states
}

fn of<const N: usize>(states: [(&str, usize); N]) -> BTreeMap<String, usize> {
    states
        .into_iter()
        .map(|(state, count)| (state.to_owned(), count))
        .collect()
}

/// Sets the status of all GPUs, and waits until the meter has seen it for long enough.
fn change(bench: &Bench, status: u32) {
    for gpu in 0..8 {
        bench.control.set_status(gpu, status);
    }
    // The first tick has the samples before the change.
    let _ = bench.try_tick();
    for _ in 0..2 {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let _ = bench.try_tick();
    }
}

#[test]
fn a_gpu_lost_before_the_start_is_failed_from_the_first_tick() {
    for flavour in FLAVOURS {
        let bench = Bench::prepared("8xh100", flavour, |control| control.set_status(6, LOST));
        bench.tick();
        assert_eq!(
            states(&bench),
            of([("failed", 1), ("ok", 7)]),
            "{flavour:?}"
        );
        assert_eq!(bench.meter().health().errors(ErrorKind::GpuLost), 1);
        assert!(bench.meter().health().is_ready());
    }
}

#[test]
fn paused_and_detached_gpus_have_not_failed_and_come_back() {
    for flavour in FLAVOURS {
        for (status, state, kind) in [
            (PAUSED, "paused", ErrorKind::Paused),
            (DETACHED, "detached", ErrorKind::Detached),
        ] {
            let bench = Bench::new("8xh100", flavour);
            bench.tick();
            assert_eq!(states(&bench), of([("ok", 8)]));
            change(&bench, status);
            assert_eq!(states(&bench), of([(state, 8)]), "{flavour:?}");
            let health = bench.meter().health();
            assert_eq!(health.reason.map(|reason| reason.kind), Some(kind));
            assert_eq!(bench.meter().health().errors(ErrorKind::GpuLost), 0);
            change(&bench, OK);
            assert_eq!(states(&bench), of([("ok", 8)]), "{flavour:?}");
            assert!(bench.meter().health().is_ready());
        }
    }
}
