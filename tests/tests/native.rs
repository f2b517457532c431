//! Claims about the native client that need faults, over the C boundary.

#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::thread;
use std::time::{Duration, Instant};

use dcgm::{
    Client as _, Cursor, Deadlines, Engine, EngineOptions, EntityId, EntityKind, Error, FieldId,
    Query, ReturnCode, Samples, Timestamp, WatchRequest,
};
use dcgm_simulator::{Fault, Flavour};

#[path = "sdk/bench.rs"]
#[expect(dead_code, reason = "the other tests need more")]
mod bench;

use bench::Bench;

/// A bench with short deadlines, so that the tests are. No claim is about how long they are.
fn bench_of(flavour: Flavour) -> Bench {
    let short = Duration::from_millis(500);
    let deadlines = Deadlines::default()
        .with_connect(short)
        .with_enumerate(short)
        .with_watch(short)
        .with_read(short);
    Bench::with_deadlines(flavour, "8xh100", deadlines)
}

impl Bench {
    fn read(&self, field: FieldId) -> Samples {
        let mut samples = Samples::new();
        self.engine
            .latest(&Query::new([(gpus(2), vec![field])]), &mut samples)
            .expect("latest");
        samples
    }

    fn time_of(&self, field: FieldId) -> Timestamp {
        self.read(field).get(0).expect("a sample").timestamp
    }
}

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn request(fields: &[FieldId]) -> WatchRequest {
    WatchRequest::new(gpus(2), fields).with_interval(Duration::from_secs(1))
}

/// Far beyond every deadline here, and far below the 60 s and 120 s of the library's own.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_end_of_a_watch_leaves_another_on_the_same_field_alone() {
    for flavour in [Flavour::V4_6, Flavour::V3_3] {
        let bench = bench_of(flavour);
        bench.control.stop_clock(0);
        let first = bench
            .engine
            .watch(&request(&[FieldId::GPU_TEMP, FieldId::SM_CLOCK]))
            .expect("watch");
        let second = bench
            .engine
            .watch(&request(&[FieldId::GPU_TEMP]))
            .expect("watch");
        drop(first);
        let before = bench.time_of(FieldId::GPU_TEMP);
        bench.control.advance(Duration::from_secs(5));
        assert!(
            bench.time_of(FieldId::GPU_TEMP) > before,
            "{flavour:?}: it is sampled no more"
        );
        drop(second);
        let before = bench.time_of(FieldId::GPU_TEMP);
        bench.control.advance(Duration::from_secs(5));
        assert_eq!(
            bench.time_of(FieldId::GPU_TEMP),
            before,
            "{flavour:?}: it is not watched"
        );
    }
}

#[test]
fn a_slower_watch_on_the_same_field_does_not_slow_a_faster_one() {
    let bench = bench_of(Flavour::V4_6);
    bench.control.stop_clock(0);
    let _fast = bench
        .engine
        .watch(&request(&[FieldId::GPU_TEMP]))
        .expect("watch");
    let slow = request(&[FieldId::GPU_TEMP]).with_interval(Duration::from_secs(3600));
    let _slow = bench.engine.watch(&slow).expect("watch");
    let before = bench.time_of(FieldId::GPU_TEMP);
    bench.control.advance(Duration::from_secs(5));
    assert!(bench.time_of(FieldId::GPU_TEMP) > before);
}

#[test]
fn fields_that_were_split_and_put_together_again_are_still_sampled() {
    let bench = bench_of(Flavour::V4_6);
    bench.control.stop_clock(0);
    let fields = [
        FieldId::GPU_TEMP,
        FieldId::PROF_SM_ACTIVE,
        FieldId::POWER_USAGE,
        FieldId::from_raw(9999),
        FieldId::SM_CLOCK,
    ];
    // Watching is refused whenever a profiling field is among them, as without the module.
    assert!(bench.control.fault("dcgmWatchFields", Fault::Code(-33), 1));
    let watch = bench.engine.watch(&request(&fields)).expect("watch");
    assert!(watch.fields().contains(&FieldId::GPU_TEMP));
    for field in [FieldId::GPU_TEMP, FieldId::POWER_USAGE, FieldId::SM_CLOCK] {
        let before = bench.time_of(field);
        bench.control.advance(Duration::from_secs(5));
        assert!(bench.time_of(field) > before, "{field} is sampled no more");
    }
    drop(watch);
}

#[test]
fn a_call_that_hangs_is_cancelled_and_the_next_connection_works() {
    let calls = [
        "dcgmGetEntityGroupEntities",
        "dcgmGroupCreate",
        "dcgmFieldGroupCreate",
        "dcgmWatchFields",
        "dcgmEntitiesGetLatestValues",
    ];
    for function in calls {
        let bench = bench_of(Flavour::V4_6);
        assert!(
            bench
                .control
                .fault(function, Fault::HangUntilDisconnected, 1)
        );
        let start = Instant::now();
        let error = match function {
            "dcgmGetEntityGroupEntities" => bench
                .engine
                .list(EntityKind::GPU, &mut Vec::new())
                .unwrap_err(),
            "dcgmEntitiesGetLatestValues" => {
                let query = Query::new([(gpus(2), vec![FieldId::GPU_TEMP])]);
                bench
                    .engine
                    .latest(&query, &mut Samples::new())
                    .unwrap_err()
            }
            _ => bench
                .engine
                .watch(&request(&[FieldId::GPU_TEMP]))
                .map(drop)
                .unwrap_err(),
        };
        assert!(
            matches!(error, Error::Timeout { .. }),
            "{function}: {error}"
        );
        assert!(start.elapsed() < PATIENCE);
        assert!(
            matches!(bench.engine.build_info(), Err(Error::NotConnected)),
            "{function}"
        );
        bench
            .engine
            .connect()
            .unwrap_or_else(|error| panic!("{function}: {error}"));
        assert_eq!(bench.read(FieldId::GPU_TEMP).len(), 2, "{function}");
        assert_eq!(bench.control.hanging(), 0, "{function}: a thread is left");
    }
}

#[test]
fn a_call_that_nothing_ends_costs_a_thread_and_three_are_refused() {
    let bench = bench_of(Flavour::V4_6);
    let query = Query::new([(gpus(1), vec![FieldId::GPU_TEMP])]);
    for lost in 1..=2 {
        assert!(
            bench
                .control
                .fault("dcgmEntitiesGetLatestValues", Fault::Hang, 1)
        );
        let error = bench
            .engine
            .latest(&query, &mut Samples::new())
            .unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        if lost < 2 {
            bench.engine.connect().expect("on another thread");
        }
    }
    assert!(matches!(
        bench.engine.connect(),
        Err(Error::Wedged { abandoned: 2 })
    ));
    bench.control.release();
    let until = Instant::now() + PATIENCE;
    while let Err(error) = bench.engine.connect() {
        assert!(Instant::now() < until, "{error}");
        thread::yield_now();
    }
    assert_eq!(bench.read(FieldId::GPU_TEMP).len(), 2);
}

#[test]
fn close_frees_a_call_that_hangs_on_another_thread() {
    let bench = bench_of(Flavour::V4_6);
    assert!(bench.control.fault(
        "dcgmGetEntityGroupEntities",
        Fault::HangUntilDisconnected,
        1
    ));
    thread::scope(|scope| {
        let hanging = scope.spawn(|| bench.engine.list(EntityKind::GPU, &mut Vec::new()));
        while bench.control.hanging() == 0 && !hanging.is_finished() {
            thread::yield_now();
        }
        bench.engine.close();
        assert!(hanging.join().unwrap().unwrap_err().is_disconnected());
    });
    assert!(matches!(
        bench.engine.build_info(),
        Err(Error::NotConnected)
    ));
}

#[test]
fn an_engine_that_does_not_know_the_request_is_read_by_samples() {
    // An older engine says -20, and one where only one side is 4.7.1 says -12.
    for code in [-20, -12] {
        reads_by_samples(code);
    }
}

fn reads_by_samples(code: i32) {
    let bench = bench_of(Flavour::V4_6);
    for function in ["dcgmEntitiesGetLatestValues", "dcgmGetDeviceAttributes"] {
        assert!(bench.control.fault(function, Fault::Code(code), u32::MAX));
    }
    let watch = bench
        .engine
        .watch(&request(&[FieldId::GPU_TEMP, FieldId::POWER_USAGE]))
        .expect("watch");
    let query = Query::new([(gpus(3), vec![FieldId::GPU_TEMP])]);
    let mut samples = Samples::new();
    for _ in 0..2 {
        bench
            .engine
            .latest(&query, &mut samples)
            .expect("by samples");
        assert_eq!(samples.len(), 3);
        for gpu in gpus(2) {
            assert!(
                samples
                    .find(gpu, FieldId::GPU_TEMP)
                    .is_some_and(|sample| sample.value.is_ok()),
                "{samples:?}"
            );
        }
        let unwatched = samples
            .find(EntityId::gpu(2), FieldId::GPU_TEMP)
            .expect("a sample");
        assert_eq!(unwatched.value, Err(dcgm::NoValue::NotWatched));
    }
    let entities = bench.engine.entities(&[EntityKind::GPU]).expect("entities");
    assert!(
        entities[0].uuid.is_some() && entities[0].model.is_some(),
        "{:?}",
        entities[0]
    );
    drop(watch);
}

#[test]
fn a_killed_engine_is_disconnected_at_once_and_comes_back() {
    let bench = bench_of(Flavour::V4_6);
    let watch = bench
        .engine
        .watch(&WatchRequest::events(gpus(1), [FieldId::XID_ERRORS]))
        .expect("watch");
    bench.control.kill(bench.served);
    let error = bench
        .engine
        .events(&watch, &mut Cursor::new(), &mut Samples::new())
        .unwrap_err();
    assert_eq!(
        error.code(),
        Some(ReturnCode::CONNECTION_NOT_VALID),
        "{error}"
    );
    assert!(matches!(
        bench.engine.build_info(),
        Err(Error::NotConnected)
    ));
    let refused = bench.engine.connect().unwrap_err();
    assert!(matches!(&refused, Error::Connect { .. }), "{refused}");
}

#[test]
fn a_library_of_another_major_is_reported_with_both_versions() {
    let bench = bench_of(Flavour::V3_3);
    let library = dcgm_simulator::library_4_6().expect("built");
    let endpoint = format!("127.0.0.1:{}", bench.served.port)
        .parse()
        .expect("an endpoint");
    let engine = Engine::new(EngineOptions::standalone(endpoint).with_library(library));
    let error = engine.connect().unwrap_err();
    let Error::VersionMismatch { library, engine } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (library.to_string(), engine.to_string()),
        ("4.6.0".into(), "3.3.9".into())
    );
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("libdcgm.so.3")),
        "{:?}",
        error.hint()
    );
}

#[test]
fn no_request_is_made_of_which_an_engine_dies() {
    let bench = bench_of(Flavour::V4_6);
    drop(bench.engine.entities(&[
        EntityKind::GPU,
        EntityKind::GPU_INSTANCE,
        EntityKind::COMPUTE_INSTANCE,
        EntityKind::SWITCH,
    ]));
    drop(
        bench
            .engine
            .watch(&request(&[FieldId::PROF_SM_ACTIVE, FieldId::XID_ERRORS])),
    );
    bench.read(FieldId::PROF_SM_ACTIVE);
    bench.read(FieldId::XID_ERRORS);
    assert_eq!((bench.control.crashes(), bench.control.panics()), (0, 0));
}

#[test]
fn the_memory_of_the_engine_is_read() {
    for flavour in [Flavour::V4_6, Flavour::V3_3] {
        let bench = bench_of(flavour);
        let memory = bench.engine.host_engine().memory_bytes().expect("memory");
        assert_eq!(memory, 20 << 20, "{flavour:?}");
        bench.control.kill(bench.served);
        let error = bench.engine.host_engine().memory_bytes().unwrap_err();
        assert!(error.is_disconnected(), "{error}");
    }
}
