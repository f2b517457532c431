//! Claims about `top`: what it shows of a host, and of one that is not well.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::mock::{Call, Clock, Mock, Model};
use dcgm::{Absent, EntityId, EntityStatus, Error, FieldId};
use dcgm_terminal::{Answer, Health, Reader, Screen, View, draw, svg};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

const SECOND: Duration = Duration::from_secs(1);

/// A host, its time, and who reads it.
struct Bench {
    mock: Mock,
    clock: Clock,
    reader: Reader,
    began: Instant,
}

impl Bench {
    fn new(model: &str) -> Self {
        let clock = Clock::manual();
        let model = Model::by_name(model).unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        let reader = Reader::new(Arc::new(mock.clone()), SECOND);
        Self {
            mock,
            clock,
            reader,
            began: Instant::now(),
        }
    }

    /// Reads once a second for so long.
    fn watch(&mut self, seconds: u32) -> View {
        for _ in 1..seconds {
            self.step();
        }
        self.step()
    }

    fn step(&mut self) -> View {
        self.clock.advance(SECOND);
        let now = self.began + self.clock.now();
        self.reader.read(now).clone()
    }
}

fn drawn(view: &View, width: u16, height: u16) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    draw(view, &mut Screen::default(), cells.area, &mut cells);
    cells
}

fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for row in cells.content.chunks(cells.area.width.max(1).into()) {
        text.extend(row.iter().map(Cell::symbol));
        text.push('\n');
    }
    text
}

fn shown(view: &View) -> String {
    text(&drawn(view, 120, 40))
}

#[test]
fn a_mock_is_always_said_to_be_one() {
    let mut bench = Bench::new("8xh100");
    for (width, height) in [(120, 40), (40, 10), (12, 1)] {
        let view = bench.step();
        assert!(text(&drawn(&view, width, height)).contains("MOCK"));
    }
    bench.mock.go_down();
    assert!(shown(&bench.step()).contains("MOCK"));
}

#[test]
fn what_a_gpu_lacks_is_a_dash() {
    let mut bench = Bench::new("consumer");
    let view = bench.watch(2);
    let gpu = &view.gpus[0];
    assert_eq!(gpu.links, None);
    assert_eq!(gpu.active, [None; 3]);
    let gpu = EntityId::gpu(0);
    bench
        .mock
        .set_absent(gpu, FieldId::GPU_TEMP, Absent::NotSupported);
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
        text.contains("LOST: fell off the bus") && text.contains("gpu 4  XID 79"),
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
    assert!(shown(&view).contains("STALE"));
    bench.mock.freeze_sampling(false);
    assert!(bench.watch(2).gpus.iter().all(|gpu| !gpu.stale));
}

#[test]
fn an_engine_that_goes_away_leaves_the_view_says_so_and_comes_back_by_itself() {
    let mut bench = Bench::new("8xh100");
    bench.watch(3);
    bench.mock.go_down();
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
    bench.mock.come_back();
    let view = bench.watch(2);
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
fn instances_are_under_their_gpu_and_the_last_gpu_can_be_scrolled_to() {
    let mut bench = Bench::new("8xh100-mig7");
    let view = bench.watch(2);
    assert!(view.gpus.iter().all(|gpu| gpu.instances.len() == 7));
    let mut screen = Screen::default();
    screen.scroll = 99;
    let mut cells = Buffer::empty(Rect::new(0, 0, 120, 20));
    draw(&view, &mut screen, cells.area, &mut cells);
    let text = text(&cells);
    assert!(
        text.contains("  7 NVIDIA H100") && text.contains("7 of 8 above"),
        "{text}"
    );
    assert!(
        text.contains("└  7 1g.10gb") && !text.contains("  6 NVIDIA H100"),
        "{text}"
    );
}

#[test]
fn a_status_that_nobody_knows_is_no_reason_to_call_a_gpu_lost() {
    let mut bench = Bench::new("1xl4");
    let mut gpu = dcgm::Entity::new(EntityId::gpu(0));
    gpu.status = EntityStatus::from_raw(77);
    bench.mock.add_entity(gpu);
    assert_eq!(bench.step().gpus[0].health, Health::Fine);
}

#[test]
fn the_program_prints_a_picture_and_needs_a_terminal_for_more() {
    let program = std::env::current_exe().unwrap();
    let built = program.parent().and_then(Path::parent).unwrap();
    let top = |flags: &[&str]| {
        let mut command = Command::new(built.join("examples/top"));
        command.args(flags).env_clear().output().unwrap()
    };
    let output = top(&["--simulate=8xh100", "--once", "--size=118x30"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("  MOCK  mock:8xh100"), "{text}");
    assert!(
        text.contains("  6 NVIDIA H100 80GB HBM3") && text.lines().count() == 30,
        "{text}"
    );
    let output = top(&["--simulate=8xh100"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--once"));
    assert_eq!(top(&["--size=wide"]).status.code(), Some(2));
}

/// With `DCGM_BLESS=1` it is drawn anew.
#[test]
fn the_picture_in_the_documentation_is_what_it_draws() {
    let mut bench = Bench::new("8xh100,thermal");
    bench.mock.set(
        EntityId::gpu(6),
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        40,
    );
    bench.watch(560);
    bench
        .mock
        .push_event(EntityId::gpu(4), FieldId::XID_ERRORS, 63);
    bench
        .mock
        .set(EntityId::gpu(4), FieldId::ROW_REMAP_PENDING, 1);
    bench.mock.set(
        EntityId::gpu(6),
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        57,
    );
    bench.watch(20);
    bench
        .mock
        .push_event(EntityId::gpu(1), FieldId::XID_ERRORS, 94);
    let view = bench.watch(20);
    let picture = svg(&drawn(&view, 120, 34));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/top.svg");
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &picture).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == picture,
        "DCGM_BLESS=1 draws it anew"
    );
}
