//! Bytes over NVLink and `PCIe` are those that were carried, in bursts too.

use std::time::Duration;

use dcgm::mock::Model;
use dcgm::{EntityId, FieldId, OwnedValue};
use dcgm_simulator::Flavour;

use crate::bench::{Bench, FLAVOURS, INTERVAL};

/// Bytes a second that a GPU carries while it is busy, by the host's own account.
fn full_rate(host: &str, rate: FieldId) -> f64 {
    let model = host.parse::<Model>().expect("a host");
    match model.value(EntityId::gpu(0), rate, Duration::from_millis(500)) {
        Ok(OwnedValue::Int(rate)) => to_f64(rate),
        other => panic!("{rate}: {other:?}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far from so large")]
fn to_f64(value: i64) -> f64 {
    value as f64
}

/// Returns the sum of a counter of all GPUs in a direction.
fn sum(bench: &Bench, metric: &str, direction: &str) -> f64 {
    let series = bench.series(metric).into_iter();
    let is_of = |labels: &str| labels.contains(&format!("network_io_direction={direction}"));
    series
        .filter(|(labels, _)| is_of(labels))
        .map(|(_, value)| value)
        .sum()
}

/// Returns the bytes counted in ten minutes, as a share of the bytes carried.
fn share(bench: &Bench, metric: &str, a_second: f64) -> f64 {
    let time = Duration::from_secs(600);
    bench.tick();
    let before = sum(bench, metric, "receive");
    for _ in 0..time.as_secs() / INTERVAL.as_secs() {
        bench.tick();
    }
    let counted = sum(bench, metric, "receive") - before;
    counted / (a_second * time.as_secs_f64())
}

/// One second of traffic, and three without.
const BUSY: f64 = 0.25;

#[test]
fn nvlink_in_bursts_is_counted_in_full() {
    for flavour in FLAVOURS {
        let bench = Bench::new("8xh100,bursty", flavour);
        let rate = full_rate("8xh100,bursty", FieldId::PROF_NVLINK_RX_BYTES);
        bench.run(Duration::ZERO);
        let share = share(&bench, "hw_gpu_nvlink_io_bytes_total", 8.0 * BUSY * rate);
        println!("NVLink, {}: {share:.4} of the truth", flavour.version());
        assert!((share - 1.0).abs() < 0.02, "{flavour:?}: {share}");
    }
}

#[test]
fn nvlink_of_the_fifth_generation_is_counted_by_its_counters() {
    let bench = Bench::new("gb200,bursty", Flavour::V4_6);
    let rate = full_rate("gb200,bursty", FieldId::PROF_NVLINK_RX_BYTES);
    bench.run(Duration::ZERO);
    let share = share(&bench, "hw_gpu_nvlink_io_bytes_total", 4.0 * BUSY * rate);
    assert!((share - 1.0).abs() < 0.001, "{share}");
    // One series a GPU and direction: the counter knows no links.
    assert_eq!(bench.series("hw_gpu_nvlink_io_bytes_total").len(), 4 * 2);
}

#[test]
fn pcie_in_bursts_is_counted_in_full_with_and_without_counters() {
    for has_counters in [true, false] {
        let bench = Bench::prepared("8xh100,bursty", Flavour::V4_6, |control| {
            for field in [
                FieldId::PROF_PCIE_TX_BYTES_TOTAL,
                FieldId::PROF_PCIE_RX_BYTES_TOTAL,
            ] {
                control.set_blank(field.raw(), !has_counters);
            }
        });
        let rate = full_rate("8xh100,bursty", FieldId::PROF_PCIE_RX_BYTES);
        bench.run(Duration::ZERO);
        let share = share(&bench, "hw_gpu_io_bytes_total", 8.0 * BUSY * rate);
        println!("PCIe, counters {has_counters}: {share:.4} of the truth");
        assert!((share - 1.0).abs() < 0.02, "{has_counters}: {share}");
    }
}

#[test]
fn steady_traffic_is_exact() {
    // Busy all the time, less what a wave of five minutes takes away and gives back.
    let bench = Bench::new("8xh100,steady", Flavour::V4_6);
    bench.run(Duration::ZERO);
    bench.tick();
    let before = sum(&bench, "hw_gpu_nvlink_io_bytes_total", "receive");
    let began = bench.now();
    for _ in 0..40 {
        bench.tick();
    }
    let counted = sum(&bench, "hw_gpu_nvlink_io_bytes_total", "receive") - before;
    let model = "8xh100,steady".parse::<Model>().expect("a host");
    // The mean over the same time, by the model itself.
    let window = Duration::from_secs(600);
    let mean = |gpu| {
        let field = FieldId::PROF_NVLINK_RX_BYTES;
        match model.value_over(EntityId::gpu(gpu), field, window, began + window) {
            Ok(OwnedValue::Int(rate)) => to_f64(rate),
            other => panic!("{other:?}"),
        }
    };
    let truth: f64 = (0..8).map(|gpu| mean(gpu) * window.as_secs_f64()).sum();
    let share = counted / truth;
    println!("NVLink, steady: {share:.6} of the truth");
    assert!((share - 1.0).abs() < 0.0005, "{share}");
}

#[test]
fn both_releases_report_the_number_of_active_links() {
    for flavour in FLAVOURS {
        for (host, gpus, links) in [("8xh100", 8, 18.0), ("gb200", 4, 18.0), ("1xl4", 0, 0.0)] {
            let bench = Bench::new(host, flavour);
            bench.tick();
            let active = bench.series("hw_gpu_nvlink_active_count");
            let counts: Vec<_> = active.into_values().collect();
            assert_eq!(counts, vec![links; gpus], "{host} {flavour:?}");
        }
    }
}
