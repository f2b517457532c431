//! A profiling field is judged after its second sample.

use std::time::Duration;

use dcgm::FieldId;
use dcgm_simulator::Flavour;

use crate::bench::{Bench, FLAVOURS};

const COUNTERS: [FieldId; 2] = [
    FieldId::PROF_PCIE_TX_BYTES_TOTAL,
    FieldId::PROF_PCIE_RX_BYTES_TOTAL,
];

#[test]
fn pcie_traffic_is_there_within_two_intervals_with_and_without_counters() {
    for flavour in FLAVOURS {
        for has_counters in [true, false] {
            let bench = Bench::prepared("8xh100", flavour, |control| {
                for field in COUNTERS {
                    control.set_blank(field.raw(), !has_counters);
                }
            });
            bench.tick();
            bench.tick();
            bench.meter().sample_now().expect("values");
            let case = format!("{flavour:?}, counters {has_counters}");
            assert_eq!(bench.series("hw_gpu_io_bytes_total").len(), 8 * 2, "{case}");
            let activity = bench.series("hw_gpu_pipe_utilization_ratio");
            assert!(!activity.is_empty(), "{case}");
        }
    }
}

#[test]
fn what_stays_blank_is_not_watched_and_not_logged_any_more() {
    let bench = Bench::prepared("8xh100", Flavour::V4_6, |control| {
        for field in COUNTERS {
            control.set_blank(field.raw(), true);
        }
    });
    let (start, after) = bench.run(Duration::from_secs(600));
    assert!(start.log_lines > 0, "the engine complains of each at first");
    assert_eq!(after.log_lines, 0);
}

#[test]
fn a_gpu_without_a_profiler_costs_the_others_nothing() {
    for flavour in FLAVOURS {
        let bench = Bench::prepared("8xh100", flavour, |control| control.remove_profiler(2));
        let (start, _) = bench.run(Duration::ZERO);
        let activity = bench.series("hw_gpu_engine_utilization_ratio");
        assert_eq!(activity.len(), 7, "{flavour:?}: {activity:?}");
        assert!(
            !activity
                .keys()
                .any(|labels| labels.contains("hw_gpu_index=2,")),
            "{activity:?}"
        );
        assert_eq!(bench.series("hw_gpu_io_bytes_total").len(), 7 * 2);
        assert_eq!(
            bench.series("hw_temperature_celsius").len(),
            bench_temperatures()
        );
        // Two tries, each undone, and what the GPU's profiler has.
        assert!(start.refused <= 6, "{flavour:?}: {start:?}");
    }
}

/// The temperatures of all eight GPUs and four switches, with or without a profiler.
fn bench_temperatures() -> usize {
    let bench = 8 * 2 + 4;
    bench
}
