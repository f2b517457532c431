//! The cost of a page of Prometheus text: no allocation while the series stay the same.
//!
//! One test in a program of its own, for its allocator.

#![expect(unsafe_code, reason = "an allocator is unsafe to write")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use dcgm::mock::{Host, Mock};
use dcgm_otel::{DcgmMeter, Naming};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised to us.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as promised to us.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations of this thread during `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_page_of_the_same_series_allocates_nothing() {
    for naming in [Naming::Semconv, Naming::DcgmExporter] {
        for host in Host::NAMES {
            let meter = DcgmMeter::builder()
                .without_env()
                .with_naming(naming)
                .with_initial_delay(Duration::from_secs(24 * 3600))
                .with_interval(Duration::from_secs(600))
                .with_client(Mock::named(host).unwrap())
                .start()
                .unwrap();
            let mut page = String::new();
            let mut pages = || {
                meter.prometheus_text(&mut page);
                meter.openmetrics_text(&mut page);
            };
            // The first page makes the prefixes.
            meter.sample_now().unwrap();
            assert!(allocations(&mut pages) > 0);
            // Profiling fields have values from the second sample on.
            for _ in 0..3 {
                meter.sample_now().unwrap();
                pages();
            }
            for _ in 0..20 {
                meter.sample_now().unwrap();
                assert_eq!(allocations(&mut pages), 0, "{naming} {host}");
            }
            assert!(page.lines().count() > 50, "{naming} {host}");
        }
    }
}
