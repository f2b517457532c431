//! Panics of the client, of the program's hook, and of what ends a watch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, FieldId, Watch, WatchRequest};
use dcgm_otel::{DcgmMeter, ErrorKind, MeterState};

use crate::host::{Program, our_threads, wait_for};
use crate::{BOUND, SECOND, alone};

#[test]
fn a_client_that_panics_in_any_call_is_contained_counted_and_tried_again() {
    let _alone = alone();
    let program = Program::new();
    for call in Call::ALL {
        let mock = Mock::named("1xl4").unwrap();
        // At the first connection.
        mock.panic_next(*call);
        let meter = DcgmMeter::builder()
            .with_client(mock.clone())
            .with_interval(SECOND)
            .with_initial_delay(Duration::ZERO)
            .install(&program.provider)
            .unwrap();
        assert!(meter.wait_ready(BOUND), "{call:?}: {}", meter.health());
        let _ = program.collect();
        // And later: by itself, without a collect.
        mock.panic_next(*call);
        // Events are read when there are new ones.
        mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 31);
        let panics = || meter.health().errors(ErrorKind::Panic);
        let before = panics();
        match call {
            Call::Latest | Call::List | Call::Events | Call::Update => {
                wait_for("a panic", BOUND, || panics() > before);
                let _ = program.collect();
                wait_for("recovery", BOUND, || meter.health().is_ready());
            }
            // Not called while all is well.
            _ => {}
        }
        assert!(program.collect().series > 0, "{call:?}");
        drop(meter);
        assert_eq!(program.collect().series, 0, "{call:?}");
        assert!(our_threads().is_empty(), "{:?}", our_threads());
    }
}

#[test]
fn a_client_that_always_panics_is_tried_less_and_less() {
    let _alone = alone();
    let program = Program::new();
    let mock = Mock::named("1xl4").unwrap();
    mock.panic_next(Call::Connect);
    let meter = DcgmMeter::builder()
        .with_client(mock.clone())
        .with_interval(SECOND)
        .with_initial_delay(Duration::ZERO)
        .install(&program.provider)
        .unwrap();
    for panics in 1..=4 {
        wait_for("a panic", BOUND, || {
            meter.health().errors(ErrorKind::Panic) >= panics
        });
        mock.panic_next(Call::Connect);
        assert_eq!(meter.health().state, MeterState::Degraded);
        let _ = program.collect();
    }
    let calls = mock.calls(Call::Connect);
    assert!(calls < 10, "{calls} without a pause");
    drop(meter);
    assert!(our_threads().is_empty(), "{:?}", our_threads());
}

#[test]
fn a_hook_that_panics_costs_its_changes_only() {
    let _alone = alone();
    let program = Program::new();
    let called = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&called);
    let meter = DcgmMeter::builder()
        .with_client(Mock::named("1xl4").unwrap())
        .with_initial_delay(BOUND)
        .with_attribute_hook(move |_, _, attributes| {
            counted.fetch_add(1, Ordering::Relaxed);
            attributes.clear();
            panic!("the hook does")
        })
        .install(&program.provider)
        .unwrap();
    meter.sample_now().unwrap();
    assert!(program.collect().series > 10);
    let (called, health) = (called.load(Ordering::Relaxed), meter.health());
    assert!(called > 10 && health.is_ready(), "{called}: {health}");
    assert_eq!(health.errors(ErrorKind::Panic), called);
}

/// Panics when a watch ends.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(Vec::<u8>::new().len() > 1, "the watch's end panics");
    }
}

/// Otherwise this process ends here.
#[test]
fn a_watch_whose_end_panics_while_another_panic_unwinds_does_not_end_the_process() {
    // What a panic prints takes memory, which others count.
    let _alone = alone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let request = WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]);
        let _watch = Watch::new(request, Vec::new(), Bomb);
        panic!("the first")
    }));
    let words = outcome.unwrap_err().downcast_ref::<&str>().copied();
    assert_eq!(words, Some("the first"));
}
