//! Claims about what `top` knows of GPUs, their links and their events, and how one gets to see it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Bench, SECOND, shown, text};
use dcgm::mock::{Call, Clock, Delay, Host, Mock, Model};
use dcgm::{
    Backend, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, Error, FieldId, Link,
    LinkState, NoValue, Query, Result, ReturnCode, Samples, Watch, WatchRequest,
};
use dcgm_terminal::{Answer, Health, Links, Live, Reader, Screen, View, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn unsupported(call: Call) -> Error {
    Error::Call {
        function: call.function(),
        code: ReturnCode::NOT_SUPPORTED,
    }
}

#[test]
fn what_the_engine_does_not_tell_of_a_gpu_is_neither_well_nor_ill() {
    let mut bench = Bench::new("1xl4");
    assert_eq!(bench.step().gpus[0].health, Health::Fine);
    let telling = [
        FieldId::ECC_DBE_VOL_TOTAL,
        FieldId::RETIRED_PENDING,
        FieldId::ROW_REMAP_FAILURE,
        FieldId::ROW_REMAP_PENDING,
        FieldId::GET_GPU_RECOVERY_ACTION,
        FieldId::PCIE_REPLAY_COUNTER,
        FieldId::CLOCK_THROTTLE_REASONS,
    ];
    for field in telling {
        let why = NoValue::NotSupported;
        bench.mock.set_no_value(EntityId::gpu(0), field, why);
    }
    let view = bench.step();
    assert_eq!(view.gpus[0].health, Health::Unknown);
    assert_eq!(view.gpus[0].throttled, None);
    let text = shown(&view);
    assert!(text.contains("health –  throttled –"), "{text}");
    assert!(!text.contains("  ok"), "{text}");
}

#[test]
fn no_host_that_is_well_is_said_to_be_ill() {
    for name in Host::NAMES {
        let mut bench = Bench::new(name);
        for gpu in bench.watch(30).gpus {
            assert_eq!(gpu.health, Health::Fine, "{name}: gpu {}", gpu.id);
            assert_eq!(gpu.throttled.as_deref(), Some(&[][..]), "{name}");
        }
    }
}

#[test]
fn errors_of_links_are_seen_on_each_generation_of_them() {
    for (name, said) in [
        ("8xh100,nvlink", "NVLink flit CRC errors"),
        ("gb200,nvlink", "NVLink receive errors"),
    ] {
        let mut bench = Bench::new(name);
        let before = shown(&bench.watch(100));
        let after = shown(&bench.watch(200));
        assert!(!before.contains(said) && after.contains(said), "{after}");
    }
}

#[test]
fn traffic_is_told_by_a_total_by_profiling_or_by_the_driver() {
    let out = |view: View| view.gpus[0].traffic.0;
    let mut bench = Bench::new("8xh100");
    let profiled = out(bench.watch(2)).unwrap();
    assert!(profiled > 1e9, "{profiled}");
    for field in [
        FieldId::PROF_NVLINK_TX_BYTES,
        FieldId::PROF_NVLINK_RX_BYTES,
        FieldId::PROF_SM_ACTIVE,
    ] {
        bench.mock.refuse(field, unsupported(Call::Watch));
    }
    bench.mock.stop_engine();
    bench.step();
    bench.mock.start_engine();
    let driver = out(bench.watch(2)).unwrap();
    assert!(driver > 1e9, "{driver}");

    let mut bench = Bench::new("gb200");
    assert_eq!(out(bench.step()), None, "a total has no rate yet");
    let total = out(bench.step()).unwrap();
    assert!(total > 1e9, "{total}");
}

#[test]
fn a_link_that_goes_down_is_noticed_and_so_is_that_nobody_tells() {
    let client = Rewired::default();
    let (mock, clock) = (client.mock.clone(), client.clock.clone());
    let down = Arc::clone(&client.down);
    let mut bench = Bench::of(client, mock.clone(), clock);
    let text = shown(&bench.step());
    assert!(text.contains("NVLink 18/18 up"), "{text}");
    down.store(2, Ordering::Relaxed);
    let text = shown(&bench.step());
    assert!(text.contains("NVLink 16/18 up"), "{text}");
    assert!(text.contains("NVLinks down: 2"), "{text}");
    down.store(0, Ordering::Relaxed);
    assert_eq!(bench.step().gpus[0].health, Health::Fine);
    mock.fail_always(Call::Links, unsupported(Call::Links));
    let view = bench.step();
    assert_eq!(view.answer, Answer::Yes);
    assert_eq!(view.gpus[0].links, Links::Unknown);
    assert!(shown(&view).contains("NVLink – ↑"), "{}", shown(&view));
}

#[test]
fn what_happens_to_gpus_and_switches_is_listed_newest_first() {
    let mut bench = Bench::new("8xh100");
    bench.watch(2);
    let happened = [
        (EntityId::gpu(3), FieldId::XID_ERRORS, 63),
        (EntityId::switch(1), FieldId::NVSWITCH_FATAL_ERRORS, 20034),
        (EntityId::gpu(5), FieldId::XID_ERRORS, 94),
        (
            EntityId::switch(0),
            FieldId::NVSWITCH_NON_FATAL_ERRORS,
            11012,
        ),
    ];
    for (entity, field, code) in happened {
        bench.mock.push_event(entity, field, code);
        bench.step();
    }
    // Between two reads, and told of in another order.
    let now = bench.clock.now();
    for (millis, entity, field, code) in [
        (
            100,
            EntityId::switch(2),
            FieldId::NVSWITCH_FATAL_ERRORS,
            22013,
        ),
        (200, EntityId::gpu(7), FieldId::XID_ERRORS, 48),
        (300, EntityId::gpu(0), FieldId::XID_ERRORS, 31),
    ] {
        let at = now + Duration::from_millis(millis);
        bench.mock.push_event_at(entity, field, code, at);
    }
    let view = bench.watch(3);
    let listed = view.events.iter();
    let listed = listed.map(|event| format!("{} {}", event.entity, event.what));
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            "gpu:0 XID 31",
            "gpu:7 XID 48",
            "nvswitch:2 fatal SXid 22013",
            "nvswitch:0 SXid 11012",
            "gpu:5 XID 94",
            "nvswitch:1 fatal SXid 20034",
            "gpu:3 XID 63"
        ]
    );
    assert!(shown(&view).contains("gpu:5  XID 94"));
}

#[test]
fn each_instance_of_32_gpus_can_be_scrolled_to_and_is_under_a_name() {
    let mut bench = Bench::new("8xh100-mig7");
    let mut view = bench.watch(2);
    let eight = view.gpus.clone();
    view.gpus = (0..32)
        .map(|id| {
            let mut gpu = eight[id as usize % 8].clone();
            gpu.id = id;
            gpu
        })
        .collect();
    for (width, height) in [(120, 9), (80, 24)] {
        let mut screen = Screen::default();
        let mut seen = BTreeSet::new();
        for scroll in 0..32 * 11 {
            screen.scroll = scroll;
            let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
            draw(&view, &mut screen, cells.area, &mut cells);
            let mut gpu = None;
            for line in text(&cells).lines().skip(2) {
                if let Some((id, _)) = line.split_once(" NVIDIA") {
                    gpu = Some(id.trim().parse::<u32>().unwrap());
                }
                if let Some((_, instance)) = line.split_once('└') {
                    let instance = instance.trim_start().split(' ').next().unwrap();
                    seen.insert((gpu.unwrap(), instance.parse::<u32>().unwrap()));
                }
            }
        }
        assert_eq!(seen.len(), 32 * 7, "{width}x{height}");
        assert!(screen.scroll < 32 * 11 - 1, "it ends at the last line");
    }
}

#[test]
fn a_host_that_stands_in_says_for_which_and_commands_no_terminal() {
    let mut bench = Bench::new("1xl4");
    let why = "localhost:5555: refused\u{1b}[2J";
    bench.reader = bench.reader.instead(Some(why.to_owned()));
    let text = shown(&bench.step());
    assert!(text.contains("It stands in: localhost:5555: refused [2J"));
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn an_engine_that_hangs_delays_nobody_who_looks_and_is_shown_again_when_it_goes_on() {
    let mock = Mock::builder()
        .model("8xh100".parse::<Model>().unwrap())
        .clock(Clock::manual())
        .build();
    mock.delay(Call::Latest, Delay::UntilReleased);
    let reader = Reader::new(Arc::new(mock.clone()), SECOND);
    let mut live = Live::start(reader, Duration::ZERO).unwrap();
    assert!(mock.wait_until_hung(Call::Latest, 30 * SECOND));
    let (screen, mut view) = (Screen::default(), View::default());
    let later = Instant::now() + 60 * SECOND;
    live.look(later, &screen, &mut view).unwrap();
    let text = shown(&view);
    assert!(text.contains("NO ANSWER for 60 s"), "{text}");
    assert!(text.contains("MOCK"), "{text}");
    mock.release(Call::Latest);
    let given_up = Instant::now() + 30 * SECOND;
    while view.answer != Answer::Yes {
        assert!(Instant::now() < given_up, "it did not come back");
        thread::yield_now();
        live.look(Instant::now(), &screen, &mut view).unwrap();
    }
    assert_eq!(view.gpus.len(), 8);
}

#[test]
fn a_thread_that_reads_no_more_is_no_view_that_stands_still() {
    let mock = Mock::named("1xl4").unwrap();
    mock.panic_next(Call::Latest);
    let mut live = Live::start(Reader::new(Arc::new(mock), SECOND), SECOND).unwrap();
    let (screen, mut view) = (Screen::default(), View::default());
    let given_up = Instant::now() + 30 * SECOND;
    while live.look(Instant::now(), &screen, &mut view).is_ok() {
        assert!(Instant::now() < given_up, "nobody said so");
        thread::yield_now();
    }
}

/// A mock some of whose links are down.
#[derive(Debug)]
struct Rewired {
    mock: Mock,
    clock: Clock,
    down: Arc<AtomicUsize>,
}

impl Default for Rewired {
    fn default() -> Self {
        let clock = Clock::manual();
        let model = "8xh100".parse::<Model>().unwrap();
        Self {
            mock: Mock::builder().model(model).clock(clock.clone()).build(),
            clock,
            down: Arc::default(),
        }
    }
}

impl Client for Rewired {
    fn backend(&self) -> Backend {
        self.mock.backend()
    }

    fn connect(&self) -> Result<()> {
        self.mock.connect()
    }

    fn close(&self) {
        self.mock.close();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.mock.build_info()
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        self.mock.list(kind, into)
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.mock.entities(kinds)
    }

    fn links(&self) -> Result<Vec<Link>> {
        let mut links = self.mock.links()?;
        let mine = links.iter_mut();
        let mine = mine.filter(|link| link.parent == EntityId::gpu(0));
        for link in mine.take(self.down.load(Ordering::Relaxed)) {
            link.state = LinkState::DOWN;
        }
        Ok(links)
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.mock.watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        self.mock.latest(query, into)
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        self.mock.events(watch, cursor, into)
    }
}
