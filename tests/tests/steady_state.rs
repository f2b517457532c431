//! The cost of a repeated read: no allocation of ours, and the fewest calls.
//!
//! One test in a program of its own: the allocations of every thread are counted. Those of the
//! simulated library are its own, in an allocator of its own.

#![expect(unsafe_code, reason = "an allocator is unsafe to write")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use dcgm::health::{HealthReport, HealthRequest};
use dcgm::{
    Client as _, Cursor, EmbeddedMode, Engine, EngineOptions, EntityId, FieldId, Query, Samples,
    ValueType, WatchRequest,
};
use dcgm_simulator::{Control, Fault, Flavour};

/// By lists, and by groups.
const READS: [&str; 2] = ["dcgmEntitiesGetLatestValues", "dcgmGetLatestValues_v2"];

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised to us.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as promised to us.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations of `work`, done a hundred times.
///
/// Both threads have to have waited before: the first time that one does, its channel makes room
/// for it. They spin a little before they wait, so the first calls are made slow.
fn allocations(control: &Control, functions: &[&str], mut work: impl FnMut()) -> u64 {
    for _ in 0..5 {
        for function in functions {
            assert!(control.fault(function, Fault::Delay(Duration::from_millis(20)), 1));
        }
        work();
        thread::sleep(Duration::from_millis(20));
    }
    control.clear();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..100 {
        work();
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// The first numeric fields that the engine samples by itself.
fn fields(count: usize) -> Vec<FieldId> {
    let numeric = |info: &&dcgm::FieldInfo| {
        matches!(info.value_type, ValueType::Int | ValueType::Double)
            && info.scope == dcgm::EntityKind::GPU
            && info.since == dcgm::Version::new(3, 3, 5)
            && !info.id.is_profiling()
            && !info.id.is_event()
    };
    FieldId::all()
        .iter()
        .filter(numeric)
        .take(count)
        .map(|info| info.id)
        .collect()
}

fn gpus() -> Vec<EntityId> {
    (0..8).map(EntityId::gpu).collect()
}

#[test]
fn a_steady_read_allocates_nothing_and_makes_the_fewest_calls() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix://{}", folder.path().join("engine").display());
    println!(
        "{:<28} {:>6} {:>12} {:>10}",
        "engine", "values", "calls a read", "allocations"
    );
    for (flavour, library) in [
        (Flavour::V4_6, dcgm_simulator::library_4_6().unwrap()),
        (Flavour::V3_3, dcgm_simulator::library_3_3().unwrap()),
    ] {
        let control = Control::of(&library).unwrap();
        assert!(control.set_host("8xh100"));
        let tcp = control.serve("127.0.0.1:0", flavour).unwrap();
        let unix = control.serve(&socket, flavour).unwrap();
        for (name, options) in [
            ("embedded", EngineOptions::embedded(EmbeddedMode::Auto)),
            ("unix", EngineOptions::standalone(socket.parse().unwrap())),
            (
                "tcp",
                EngineOptions::standalone(format!("127.0.0.1:{}", tcp.port).parse().unwrap()),
            ),
        ] {
            let engine = Engine::new(options.with_library(&library));
            engine.connect().unwrap();
            for count in [12, 40, 127] {
                let fields = fields(count);
                assert_eq!(fields.len(), count);
                let watch = engine
                    .watch(&WatchRequest::new(gpus(), fields.clone()))
                    .unwrap();
                let query = Query::new([(gpus(), fields.clone())]);
                let mut samples = Samples::new();
                let allocated = allocations(&control, &READS, || {
                    engine.latest(&query, &mut samples).unwrap();
                });
                assert_eq!(samples.len(), 8 * count);
                control.reset_calls();
                engine.latest(&query, &mut samples).unwrap();
                let calls = control.calls("");
                let reads: u64 = READS.iter().map(|name| control.calls(name)).sum();
                assert_eq!(calls, reads, "and no other");
                println!(
                    "{:<28} {:>6} {calls:>12} {allocated:>10}",
                    format!("{flavour:?} {name}"),
                    8 * count
                );
                assert_eq!(allocated, 0, "{flavour:?} {name} {count}");
                // A number takes 32 bytes of a reply, and 7,800 (3.3: 15,360) do not pass the
                // cliff.
                let budget = if matches!(flavour, Flavour::V4_6) {
                    7_800
                } else {
                    15_360
                };
                let least = if name == "tcp" {
                    (8 * count * 32).div_ceil(budget)
                } else {
                    1
                };
                assert_eq!(calls, least as u64, "{flavour:?} {name} {count}");
                drop(watch);
            }
            let watch = engine
                .watch(&WatchRequest::events(gpus(), [FieldId::XID_ERRORS]))
                .unwrap();
            let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
            let allocated = allocations(&control, &["dcgmGetValuesSince_v2"], || {
                engine.events(&watch, &mut cursor, &mut samples).unwrap();
            });
            control.reset_calls();
            engine.events(&watch, &mut cursor, &mut samples).unwrap();
            let calls = control.calls("");
            println!(
                "{:<28} {:>6} {calls:>12} {allocated:>10}",
                format!("{flavour:?} {name}, events"),
                8
            );
            assert_eq!((allocated, calls), (0, 1), "{flavour:?} {name}");
            drop(watch);
            check_health(&control, &engine, &format!("{flavour:?} {name}, health"));
            drop(engine);
        }
        control.kill(tcp);
        control.kill(unix);
    }
}

/// Checks health, with an incident.
#[expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a part of the test"
)]
fn check_health(control: &Control, engine: &Engine, name: &str) {
    let watch = engine.health().watch(&HealthRequest::new(gpus())).unwrap();
    assert!(control.inject((1, 3), 230, control.now(), "95"));
    let mut report = HealthReport::new();
    let allocated = allocations(control, &["dcgmHealthCheck"], || {
        engine.health().check(&watch, &mut report).unwrap();
    });
    assert!(!report.incidents().is_empty());
    control.reset_calls();
    engine.health().check(&watch, &mut report).unwrap();
    let calls = control.calls("");
    println!("{name:<28} {:>6} {calls:>12} {allocated:>10}", 8);
    // The check, the state of the engine, the status of each GPU, and the new samples.
    assert_eq!((allocated, calls), (0, 1 + 1 + 8 + 1), "{name}");
}
