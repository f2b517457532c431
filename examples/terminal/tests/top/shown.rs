//! Claims about what `top` shows of a host, and of one that is not well.

use crate::bench::{Bench, SECOND, drawn, shown, text};
use dcgm::mock::Call;
use dcgm::{EntityId, EntityStatus, Error, FieldId, NoValue};
use dcgm_terminal::{Answer, Health, Links, View};
use ratatui::style::Modifier;

#[test]
fn a_mock_is_always_said_to_be_one() {
    let mut bench = Bench::new("8xh100");
    for (width, height) in [(120, 40), (40, 10), (12, 1)] {
        let view = bench.step();
        assert!(text(&drawn(&view, width, height)).contains("MOCK"));
    }
    bench.mock.stop_engine();
    assert!(shown(&bench.step()).contains("MOCK"));
}

#[test]
fn what_a_gpu_lacks_is_a_dash() {
    let mut bench = Bench::new("consumer");
    let view = bench.watch(2);
    let gpu = &view.gpus[0];
    assert_eq!(gpu.links, Links::None);
    assert_eq!(gpu.active, [None; 3]);
    let gpu = EntityId::gpu(0);
    bench
        .mock
        .set_no_value(gpu, FieldId::GPU_TEMP, NoValue::NotSupported);
    bench.mock.set(gpu, FieldId::POWER_USAGE, f64::NAN);
    let text = shown(&bench.step());
    for dash in ["– °C", "–/450 W", "SM     –"] {
        assert!(text.contains(dash), "{dash:?} is not in\n{text}");
    }
    assert!(!text.contains("NVLink"), "{text}");
}

#[test]
fn what_holds_a_gpu_back_is_said_in_words() {
    let mut bench = Bench::new("1xl4");
    bench
        .mock
        .set(EntityId::gpu(0), FieldId::CLOCK_THROTTLE_REASONS, 0x60);
    let text = shown(&bench.step());
    assert!(text.contains("throttled: SW thermal, HW thermal"), "{text}");
    bench
        .mock
        .set(EntityId::gpu(0), FieldId::CLOCK_THROTTLE_REASONS, 0x1);
    let text = shown(&bench.step());
    assert!(!text.contains("throttled"), "idle is no reason:\n{text}");
}

#[test]
fn errors_that_grow_impair_a_gpu_and_those_of_before_do_not() {
    let mut bench = Bench::new("8xh100");
    let (gpu, field) = (EntityId::gpu(5), FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL);
    bench.mock.set(gpu, field, 1_000);
    assert_eq!(bench.step().gpus[5].health, Health::Fine);
    bench.mock.set(gpu, field, 1_012);
    let text = shown(&bench.step());
    assert!(text.contains("NVLink data CRC errors: 12 more"), "{text}");
    // The driver was loaded anew.
    bench.mock.set(gpu, field, 3);
    assert_eq!(bench.step().gpus[5].health, Health::Fine);
    bench.mock.set(gpu, FieldId::ROW_REMAP_PENDING, 1);
    let text = shown(&bench.step());
    assert!(text.contains("row remap pending"), "{text}");
}

#[test]
fn a_gpu_that_falls_off_the_bus_is_an_event_then_lost_then_gone_then_back() {
    let mut bench = Bench::new("8xh100,xid79");
    let view = bench.watch(299);
    assert!(view.events.is_empty() && view.gpus.len() == 8);
    let view = bench.watch(10);
    assert_eq!(view.events[0].what, "XID 79");
    assert_eq!(view.events[0].entity, EntityId::gpu(4));
    assert_eq!(view.gpus[4].health, Health::Lost("fell off the bus"));
    let text = shown(&view);
    assert!(
        text.contains("LOST: fell off the bus") && text.contains("gpu:4  XID 79"),
        "{text}"
    );
    assert_eq!(bench.watch(60).gpus.len(), 7);
    let view = bench.watch(240);
    assert_eq!((view.gpus.len(), &view.gpus[4].health), (8, &Health::Fine));
    assert_eq!(view.events.len(), 1, "an event is told once");
}

#[test]
fn an_engine_that_answers_with_what_is_old_is_stale_and_none_else() {
    let mut bench = Bench::new("8xh100");
    assert!(bench.watch(10).gpus.iter().all(|gpu| !gpu.stale));
    bench.mock.freeze_sampling(true);
    let view = bench.watch(5);
    assert_eq!(view.answer, Answer::Yes);
    assert!(view.gpus.iter().all(|gpu| gpu.stale));
    assert!(shown(&view).contains("STALE") && is_dim(&view));
    bench.mock.freeze_sampling(false);
    assert!(bench.watch(2).gpus.iter().all(|gpu| !gpu.stale));
}

/// Whether the name of the first GPU is.
fn is_dim(view: &View) -> bool {
    let cells = drawn(view, 120, 40);
    cells[(4, 2)].modifier.contains(Modifier::DIM)
}

#[test]
fn an_engine_that_goes_away_leaves_the_view_says_so_and_comes_back_by_itself() {
    let mut bench = Bench::new("8xh100");
    bench.watch(3);
    bench.mock.stop_engine();
    let view = bench.watch(7);
    assert!(
        matches!(view.answer, Answer::No { since, .. } if since == 6 * SECOND),
        "{:?}",
        view.answer
    );
    let text = shown(&view);
    assert!(
        text.contains("NO ANSWER for 6 s") && text.contains("NVIDIA H100"),
        "{text}"
    );
    assert!(is_dim(&view), "what is old looks old");
    bench.mock.start_engine();
    let view = bench.watch(2);
    assert!(!is_dim(&view));
    assert_eq!((view.answer.clone(), view.gpus.len()), (Answer::Yes, 8));
    assert!(!shown(&view).contains("NO ANSWER"));
}

#[test]
fn no_failure_of_a_call_ends_it() {
    for call in Call::ALL {
        let mut bench = Bench::new("8xh100-mig7");
        bench.watch(2);
        bench.mock.fail_always(*call, Error::NotConnected);
        for (width, height) in [(120, 40), (3, 3)] {
            let view = bench.step();
            assert!(!text(&drawn(&view, width, height)).is_empty(), "{call:?}");
        }
        bench.mock.clear_faults();
        assert_eq!(bench.watch(2).answer, Answer::Yes, "{call:?}");
    }
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    let mut bench = Bench::new("32xh100");
    let view = bench.watch(2);
    for width in [0, 1, 5, 20, 79, 117, 118, 300] {
        for height in [0, 1, 2, 3, 5, 17, 18, 24, 200] {
            let cells = drawn(&view, width, height);
            assert_eq!(
                cells.content.len(),
                usize::from(width) * usize::from(height)
            );
        }
    }
}

#[test]
fn a_status_that_nobody_knows_is_no_reason_to_call_a_gpu_lost() {
    let mut bench = Bench::new("1xl4");
    let mut gpu = dcgm::Entity::new(EntityId::gpu(0));
    gpu.status = EntityStatus::from_raw(77);
    bench.mock.add_entity(gpu);
    assert_eq!(bench.step().gpus[0].health, Health::Fine);
}
