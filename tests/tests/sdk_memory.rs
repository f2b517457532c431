//! The memory that the SDK allocates for a meter's series, with its default limit and a fitting
//! one.
//!
//! One test in a program of its own: the memory of every thread is counted.

#![expect(unsafe_code, reason = "an allocator is unsafe to write")]
#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dcgm::mock::Mock;
use dcgm_otel::{DcgmMeter, sdk};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

struct Counting;

/// The number of series of a meter with all groups enabled.
const INSTRUMENTS: u64 = 81;

/// Bytes that were allocated and not freed; they wrap, and only differences are of use.
static LIVE: AtomicU64 = AtomicU64::new(0);

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as promised to us.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size as u64, Ordering::Relaxed);
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as promised to us.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Exports to nowhere.
struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn provider(bound: Option<usize>) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(Nowhere)
        .with_interval(Duration::from_secs(24 * 3600))
        .build();
    let builder = SdkMeterProvider::builder().with_reader(reader);
    match bound {
        Some(bound) => builder.with_view(sdk::view(bound)).build(),
        None => builder.build(),
    }
}

fn live_since(before: u64) -> u64 {
    LIVE.load(Ordering::Relaxed).wrapping_sub(before)
}

/// The resident memory of the process, in KiB; 0 where the system does not report it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// Returns the memory of an instrument without a series: bytes allocated at first and after a
/// collect, and kibibytes that became resident.
fn cost(bound: Option<usize>, counters: bool) -> (u64, u64, u64) {
    let names: Vec<_> = (0..INSTRUMENTS).map(|one| format!("one.{one}")).collect();
    let provider = provider(bound);
    let meter = provider.meter("dcgm-otel");
    let (before, before_resident) = (LIVE.load(Ordering::Relaxed), resident());
    for name in names {
        if counters {
            let _empty = meter
                .u64_observable_counter(name)
                .with_callback(|_| {})
                .build();
        } else {
            let _empty = meter
                .u64_observable_gauge(name)
                .with_callback(|_| {})
                .build();
        }
    }
    let made = live_since(before) / INSTRUMENTS;
    let resident = resident().saturating_sub(before_resident);
    provider.force_flush().expect("to nowhere");
    (made, live_since(before) / INSTRUMENTS, resident)
}

/// Returns the memory of a meter until its first collect.
fn cost_of_a_meter(bound: Option<usize>) -> u64 {
    let provider = provider(bound);
    let mock = Mock::named("8xh100").expect("a host");
    let before = LIVE.load(Ordering::Relaxed);
    let meter = DcgmMeter::builder()
        .with_client(mock)
        .with_initial_delay(Duration::from_secs(24 * 3600))
        .install(&provider)
        .expect("the first");
    let cost = live_since(before);
    drop(meter);
    cost
}

#[test]
fn a_view_of_a_hundred_series_saves_nine_tenths_of_the_memory() {
    // Whatever is made once in a process.
    drop(provider(None));
    println!(
        "{INSTRUMENTS} of {:<10} {:>8} {:>14} {:>14} {:>12}",
        "kind", "limit", "bytes, all", "after collect", "resident KiB"
    );
    for counters in [false, true] {
        let mut costs = Vec::new();
        for bound in [None, Some(1024), Some(100), Some(10)] {
            let (made, collected, resident) = cost(bound, counters);
            println!(
                "{INSTRUMENTS} of {:<10} {:>8} {:>14} {:>14} {resident:>12}",
                if counters { "counters" } else { "gauges" },
                bound.map_or(2000, |bound| 2 * bound),
                made * INSTRUMENTS,
                collected * INSTRUMENTS,
            );
            costs.push((made, collected));
        }
        let (own, fitting) = (costs[0], costs[2]);
        assert!(own.0 > 130_000, "{costs:?}");
        assert!(fitting.0 * 10 < own.0, "{costs:?}");
        // The first collect frees the memory of counters, and each one allocates it again.
        let kept = own.1 > 130_000;
        assert_eq!(kept, !counters, "{costs:?}");
    }

    // And the meter's own instruments are those that the view is for.
    let (own, fitting) = (cost_of_a_meter(None), cost_of_a_meter(Some(100)));
    println!("a meter on 8xh100, limit 2000: {own} bytes; limit 200: {fitting}");
    assert!(own > 10 * 130_000, "{own}");
    assert!(fitting * 5 < own, "{fitting}, without the view {own}");
}
