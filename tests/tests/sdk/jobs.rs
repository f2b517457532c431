//! Jobs: what the engine computes, what outlives whom, and what would kill the engine.

use std::thread;
use std::time::Duration;

use dcgm::jobs::{JobId, JobRecorder, JobRequest, JobStats, JobWatch};
use dcgm::usage::MinMaxMean;
use dcgm::{
    Client as _, Deadlines, EmbeddedMode, Engine, EngineOptions, EntityId, Error, ErrorClass,
    FieldId, ReturnCode, Timestamp, WatchRequest,
};
use dcgm_simulator::{Fault, Flavour};

use crate::bench::{Bench, FLAVOURS};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn id(text: &str) -> JobId {
    JobId::new(text).expect("an id")
}

fn request(name: &str, count: u32) -> JobRequest {
    JobRequest::new(id(name), gpus(count)).with_watch(SECOND, HOUR)
}

fn library(flavour: Flavour) -> std::path::PathBuf {
    let library = match flavour {
        Flavour::V4_6 => dcgm_simulator::library_4_6(),
        _ => dcgm_simulator::library_3_3(),
    };
    library.expect("cargo builds it with this test")
}

/// Another client of the engine of a bench, connected: another process, as far as the engine can tell.
fn other_client(bench: &Bench, flavour: Flavour, deadlines: Deadlines) -> Engine {
    let endpoint = format!("127.0.0.1:{}", bench.served.port);
    let options = EngineOptions::standalone(endpoint.parse().expect("an endpoint"))
        .with_library(library(flavour))
        .with_deadlines(deadlines);
    let engine = Engine::new(options);
    engine.connect().expect("connect");
    engine
}

fn stats(engine: &Engine, name: &str) -> JobStats {
    engine.jobs().job_stats(&id(name)).expect("statistics")
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with values that may be missing"
)]
fn three(min: f64, max: f64, mean: f64) -> Option<MinMaxMean> {
    Some(MinMaxMean::new(min, max, mean))
}

#[test]
fn a_job_outlives_the_client_that_starts_it() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let prolog = other_client(&bench, flavour, Deadlines::default());
        prolog.jobs().start_job(&request("j", 2)).expect("started");
        drop(prolog);
        bench.control.advance(Duration::from_secs(10));
        let stats = stats(&bench.engine, "j");
        assert_eq!(stats.duration(), Duration::from_secs(10), "{flavour:?}");
        let ids: Vec<_> = stats.gpus.iter().map(|gpu| gpu.usage.gpu).collect();
        assert_eq!(ids, gpus(2));
        // The GPUs were sampled after the end of the client.
        for gpu in &stats.gpus {
            let joules = gpu.usage.energy_joules.expect("energy");
            let power = gpu.power_watts.expect("power");
            assert!(
                (power.min * 8.0..power.max * 12.0).contains(&joules),
                "{gpu:?}"
            );
        }
        assert_eq!(bench.engine.jobs().job_ids().expect("ids"), [id("j")]);
        bench.engine.jobs().remove_job(&id("j")).expect("removed");
        let open = bench.control.open();
        assert_eq!((open.groups, open.watches, open.handles), (0, 0, 1));
        let error = bench.engine.jobs().remove_job(&id("j")).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NO_DATA));
    }
}

#[test]
fn statistics_are_those_that_the_real_engine_computed() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let job = request("f", 2).without_watch();
        bench.engine.jobs().start_job(&job).expect("started");
        let start = bench.control.now();
        let rows: [(u16, &[(i64, i64)]); 11] = [
            (156, &[(1000, 1000), (3000, 1600)]),
            (200, &[(1000, 10), (2000, 21)]),
            (201, &[(1000, 5), (2000, 6)]),
            (202, &[(1000, 3), (2000, 7)]),
            (203, &[(-1, 100), (1000, 10), (2000, 25), (3000, 90)]),
            (311, &[(1000, 0), (2000, 2)]),
            (100, &[(1000, 345), (2000, 1980)]),
            (230, &[(1000, 31), (1500, 43)]),
            (240, &[(1000, 5), (3000, 105)]),
            (245, &[(1000, 0), (3000, 9)]),
            (204, &[(1000, 0), (2000, 0)]),
        ];
        for (field, samples) in rows {
            for (at, value) in samples {
                assert!(bench.control.put_int(0, field, start + at, *value));
            }
        }
        for (at, watts) in [(-1000, 999.0), (1000, 100.0), (2000, 300.0), (3000, 200.0)] {
            assert!(bench.control.put_double(0, 155, start + at, watts));
        }
        bench.control.advance(SECOND);
        let stats = stats(&bench.engine, "f");
        let [first, second] = &*stats.gpus else {
            unreachable!("{stats:?}")
        };
        assert_eq!(first.usage.energy_joules, Some(0.6));
        assert_eq!(first.power_watts, three(100.0, 300.0, 200.0));
        assert_eq!(first.usage.pcie_tx_kb_per_second, three(10.0, 21.0, 15.0));
        assert_eq!(first.usage.pcie_rx_kb_per_second, three(5.0, 6.0, 5.0));
        assert_eq!(first.usage.sm_utilization_percent, three(10.0, 90.0, 41.0));
        assert_eq!(first.usage.sm_clock_mhz, three(345.0, 1980.0, 1162.0));
        assert_eq!(first.usage.pcie_replay_counter, Some(7));
        assert_eq!(first.usage.double_bit_ecc_counter, Some(2));
        let times = &first.usage.throttle_times;
        assert_eq!(times.power, Some(Duration::from_nanos(100)));
        assert_eq!(times.reliability, Some(Duration::from_nanos(9)));
        assert_eq!(times.thermal, None);
        let xids = [start + 1000, start + 1500].map(Timestamp::from_micros);
        assert_eq!(first.usage.xid_times, xids);
        // Three zeros of samples, and three zeros of none.
        assert_eq!(first.usage.memory_utilization_percent, three(0.0, 0.0, 0.0));
        assert_eq!(first.usage.memory_clock_mhz, None);
        let nothing = dcgm::usage::GpuUsage::new(EntityId::gpu(1));
        assert_eq!((&second.usage, second.power_watts), (&nothing, None));
        // The engine has 20 % for both, and 600 mJ.
        let total = stats.total();
        assert_eq!(total.sm_utilization_percent, three(10.0, 90.0, 41.0));
        assert_eq!((total.energy_joules, total.xid_times.len()), (None, 2));
    }
}

#[test]
fn the_first_sample_is_taken_after_the_start() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let job = request("short", 1).with_watch(HOUR, HOUR);
        bench.engine.jobs().start_job(&job).expect("started");
        let stats = stats(&bench.engine, "short");
        let gpu = stats.gpus.first().expect("a GPU");
        assert!(gpu.power_watts.is_some(), "{flavour:?}: {gpu:?}");
    }
}

#[test]
fn a_blank_sample_leaves_no_energy_of_the_power_alone() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.stop_clock(0);
    let job = request("p", 1).without_watch();
    bench.engine.jobs().start_job(&job).expect("started");
    let start = bench.control.now();
    for (at, watts) in [(0, 100.0), (1_000_000, 300.0), (3_000_000, 300.0)] {
        assert!(bench.control.put_double(0, 155, start + at, watts));
    }
    bench.control.advance(Duration::from_secs(4));
    let energy = |name| {
        let stats = stats(&bench.engine, name);
        stats.total().energy_joules
    };
    assert_eq!(energy("p"), Some(800.0));
    let blank = 140_737_488_355_328.0;
    assert!(bench.control.put_double(0, 155, start + 3_050_000, blank));
    assert_eq!(energy("p"), None);
}

#[test]
fn no_statistics_are_asked_for_of_which_the_engine_dies() {
    for flavour in FLAVOURS {
        let bench = Bench::with_host(flavour, "32xl4");
        bench.control.set_incidents(31, 1000);
        bench.control.reset_calls();
        let jobs = bench.engine.jobs();
        jobs.start_job(&request("large", 32)).expect("started");
        let stats = stats(&bench.engine, "large");
        assert_eq!((stats.gpus.len(), stats.damaged_gpus), (32, 0));
        assert_eq!(bench.control.crashes(), 0, "{flavour:?}");
        assert_eq!(bench.control.calls("dcgmJobGetStats"), 4);
        assert_eq!(jobs.job_ids().expect("ids"), [id("large")]);
        // A job of another program, on a group that may have 32 GPUs.
        let error = jobs.job_stats(&id("other")).unwrap_err();
        assert!(matches!(error, Error::Request(_)), "{error}");
        assert_eq!(bench.control.calls("dcgmJobGetStats"), 4);
        jobs.stop_job(&id("large")).expect("stopped");
        jobs.remove_job(&id("large")).expect("removed");
        assert_eq!(bench.control.open().groups, 0);
        let error = jobs.stop_job(&id("large")).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NO_DATA));
    }
}

#[test]
fn a_job_of_another_program_is_read_where_that_is_safe() {
    let bench = Bench::with_host(Flavour::V4_6, "16xl4");
    let jobs = bench.engine.jobs();
    jobs.start_job(&request("j", 9)).expect("started");
    // The name of its second part in the engine, which must never change, and of which there is no group.
    let other = "j~af63e74c8601ff3d~01";
    let stats = stats(&bench.engine, other);
    assert_eq!(stats.gpus.len(), 1);
    assert_eq!(stats.gpus[0].usage.gpu, EntityId::gpu(8));
    jobs.stop_job(&id(other)).expect("stopped");
    assert_eq!(jobs.is_job_running(&id(other)).ok(), Some(false));
    assert_eq!(jobs.is_job_running(&id("j")).ok(), Some(true));
    jobs.remove_job(&id(other)).expect("removed");
    let error = jobs.job_stats(&id("j")).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NO_DATA), "a part is missing");
}

#[test]
fn gpus_that_the_engine_overwrote_are_left_out() {
    let bench = Bench::new(Flavour::V4_6);
    bench
        .engine
        .jobs()
        .start_job(&request("j", 3))
        .expect("started");
    bench.control.set_incidents(0, 17);
    let stats = stats(&bench.engine, "j");
    let ids: Vec<_> = stats.gpus.iter().map(|gpu| gpu.usage.gpu.id).collect();
    assert_eq!((&*ids, stats.damaged_gpus), (&[0, 2][..], 1));
    assert_eq!(
        stats.total().energy_joules,
        None,
        "a sum without a GPU is none"
    );
}

#[test]
fn a_job_that_exists_is_not_touched_by_a_second_start() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let jobs = bench.engine.jobs();
        jobs.start_job(&request("j", 2)).expect("started");
        let before = stats(&bench.engine, "j");
        let error = jobs.start_job(&request("j", 4)).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::DUPLICATE_KEY), "{flavour:?}");
        assert_eq!(bench.control.open().groups, 1);
        let after = stats(&bench.engine, "j");
        assert_eq!((after.start, after.gpus.len()), (before.start, 2));
    }
}

#[test]
fn a_start_that_fails_leaves_nothing() {
    for function in [
        "dcgmGroupAddEntity",
        "dcgmWatchJobFields",
        "dcgmJobStartStats",
    ] {
        let bench = Bench::new(Flavour::V4_6);
        assert!(bench.control.fault(function, Fault::Code(-3), 1));
        let error = bench.engine.jobs().start_job(&request("j", 2)).unwrap_err();
        assert_eq!(error.function(), Some(function));
        let open = bench.control.open();
        assert_eq!(
            (open.groups, open.watches, open.handles),
            (0, 0, 1),
            "{function}"
        );
        assert_eq!(bench.engine.jobs().job_ids().expect("ids"), []);
    }
}

#[test]
fn groups_without_a_job_are_replaced() {
    let bench = Bench::new(Flavour::V4_6);
    let jobs = bench.engine.jobs();
    jobs.start_job(&request("j", 2)).expect("started");
    // The group stays, as after the job was removed by `dcgmi`.
    assert!(bench.control.fault("dcgmGroupDestroy", Fault::Code(-5), 1));
    jobs.remove_job(&id("j")).expect("removed");
    assert_eq!(jobs.job_ids().expect("ids"), [id("j")]);
    jobs.start_job(&request("j", 3)).expect("started");
    assert_eq!(bench.control.open().groups, 1);
    assert_eq!(stats(&bench.engine, "j").gpus.len(), 3);
}

#[test]
fn parts_whose_groups_are_gone_are_removed_too() {
    let bench = Bench::with_host(Flavour::V4_6, "16xl4");
    let jobs = bench.engine.jobs();
    jobs.start_job(&request("j", 9)).expect("started");
    // The groups go and the jobs stay, as if another client had destroyed the groups.
    assert!(bench.control.fault("dcgmJobRemove", Fault::Code(-14), 2));
    jobs.remove_job(&id("j")).expect("removed");
    assert_eq!(bench.control.open().groups, 0);
    let error = jobs.start_job(&request("j", 9)).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::DUPLICATE_KEY));
    jobs.remove_job(&id("j")).expect("removed");
    jobs.start_job(&request("j", 9)).expect("started");
}

#[test]
fn a_start_that_hangs_is_cancelled() {
    for function in ["dcgmConnect_v2", "dcgmJobStartStats"] {
        let bench = Bench::new(Flavour::V4_6);
        let deadlines = Deadlines::default().with_watch(Duration::from_millis(400));
        let client = other_client(&bench, Flavour::V4_6, deadlines);
        let fault = Fault::HangUntilDisconnected;
        assert!(bench.control.fault(function, fault, 1));
        let error = client.jobs().start_job(&request("j", 1)).unwrap_err();
        assert!(error.is_timeout(), "{function}: {error}");
        assert!(client.jobs().job_ids().unwrap_err().is_disconnected());
        client.connect().expect("connect");
        client.jobs().job_ids().expect("ids");
    }
}

#[test]
fn the_recorder_of_another_process_does_not_move_the_end() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let recorder = JobRecorder::start(&bench.engine, &request("j", 1));
        let mut prolog = recorder.expect("started");
        let other = other_client(&bench, flavour, Deadlines::default());
        let mut epilog = JobRecorder::resume(&other, id("j"));
        let end = epilog.stop().expect("stopped").end;
        thread::sleep(Duration::from_millis(5));
        let error = prolog.stop().unwrap_err();
        assert_eq!(error.class(), ErrorClass::Caller);
        assert_eq!(prolog.stats().expect("statistics").end, end, "{flavour:?}");
        // The engine itself moves it.
        bench.engine.jobs().stop_job(&id("j")).expect("stopped");
        assert!(prolog.stats().expect("statistics").end > end);
        epilog.remove().expect("removed");
    }
}

#[test]
fn a_watch_of_an_agent_has_the_fields_that_dcgm_leaves_out() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let jobs = bench.engine.jobs();
        let watch = JobWatch::new(SECOND, HOUR);
        let held = jobs.watch_jobs(&gpus(1), watch).expect("watched");
        jobs.start_job(&request("j", 1).without_watch())
            .expect("started");
        bench.control.advance(Duration::from_secs(3));
        let throttled = |name| stats(&bench.engine, name).total().throttle_times;
        assert!(throttled("j").board_limit.is_some(), "{flavour:?}");
        jobs.start_job(&request("own", 1)).expect("started");
        drop(held);
        bench.control.advance(Duration::from_secs(3));
        let fields = |field| bench.engine.history().watchers(EntityId::gpu(0), field);
        assert_eq!(
            fields(FieldId::BOARD_LIMIT_VIOLATION).expect("watchers"),
            None
        );
        assert!(
            fields(FieldId::POWER_VIOLATION)
                .expect("watchers")
                .is_some()
        );
    }
}

#[test]
fn a_watch_of_jobs_and_another_one_do_not_end_each_other() {
    let bench = Bench::new(Flavour::V4_6);
    let jobs = bench.engine.jobs();
    let watch = JobWatch::new(SECOND * 30, HOUR);
    let fast = WatchRequest::new(gpus(1), [FieldId::POWER_USAGE]).with_interval(SECOND);
    let interval = || {
        let watchers = bench.engine.history();
        let watchers = watchers.watchers(EntityId::gpu(0), FieldId::POWER_USAGE);
        watchers
            .expect("watchers")
            .map(|watchers| watchers.interval)
    };
    let ordinary = bench.engine.watch(&fast).expect("watched");
    let of_jobs = jobs.watch_jobs(&gpus(1), watch).expect("watched");
    assert_eq!(interval(), Some(SECOND));
    drop(of_jobs);
    assert_eq!(interval(), Some(SECOND));
    let of_jobs = jobs.watch_jobs(&gpus(1), watch).expect("watched");
    drop(ordinary);
    assert_eq!(interval(), Some(SECOND * 30));
    drop(of_jobs);
    assert_eq!(interval(), None);
}

#[test]
fn counts_beyond_their_arrays_are_clamped() {
    let bench = Bench::new(Flavour::V4_6);
    bench
        .engine
        .jobs()
        .start_job(&request("j", 2))
        .expect("started");
    let garbage = dcgm_simulator::Garbage::HugeCount;
    assert!(bench.control.garbage("dcgmJobGetStats", garbage));
    let stats = stats(&bench.engine, "j");
    assert!(stats.gpus.len() <= 32);
    let first = stats.gpus.first().expect("a GPU");
    assert!(first.usage.xid_times.len() <= 10 && first.compute_processes.len() <= 16);
}

#[test]
fn a_job_of_an_embedded_engine_is_sampled_until_it_is_removed() {
    // Held for its lock.
    let bench = Bench::new(Flavour::V4_6);
    let options = EngineOptions::embedded(EmbeddedMode::Auto);
    let engine = Engine::new(options.with_library(library(Flavour::V4_6)));
    engine.connect().expect("connect");
    bench.control.stop_clock(0);
    engine.jobs().start_job(&request("j", 2)).expect("started");
    bench.control.advance(Duration::from_secs(5));
    let total = stats(&engine, "j").total();
    assert!(total.energy_joules.is_some() && total.throttle_times.board_limit.is_some());
    engine.jobs().remove_job(&id("j")).expect("removed");
    let open = bench.control.open();
    assert_eq!((open.groups, open.watches), (0, 0));
}
