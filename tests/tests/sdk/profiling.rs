//! Metric groups and the pause of profiling.

use dcgm::{Client as _, EntityId, Error, FieldId, Query, ReturnCode, WatchRequest};
use dcgm_simulator::{Fault, Flavour, Garbage};

use crate::bench::FLAVOURS;
use crate::copied_library::CopiedLibrary;

/// Waits for something that a thread does later.
fn eventually(what: &str, is_done: impl Fn() -> bool) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is_done() {
        assert!(std::time::Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn metric_groups_name_the_fields_of_a_gpu() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let groups = bench.engine.profiling().metric_groups(EntityId::gpu(0));
        let groups = groups.expect("groups");
        assert!(groups.iter().all(|group| !group.fields.is_empty()));
        assert!(groups[0].fields.contains(&FieldId::PROF_SM_ACTIVE));
        let ids: Vec<_> = groups
            .iter()
            .map(|group| (group.major, group.minor))
            .collect();
        let count = if flavour == Flavour::V4_6 { 3 } else { 2 };
        assert_eq!(ids, [(0, 0), (1, 0), (2, 0)][..count], "{flavour:?}");
        assert!(groups[1].fields.contains(&FieldId::from_raw(1040)));
    }
}

#[test]
fn a_gpu_without_profiling_is_like_one_that_does_not_exist() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    assert!(bench.control.add_fake(1));
    for gpu in [8, 77] {
        let error = bench.engine.profiling().metric_groups(EntityId::gpu(gpu));
        let error = error.unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED), "{gpu}");
        assert!(error.is_unsupported());
    }
    let switch = bench.engine.profiling().metric_groups(EntityId::switch(0));
    assert!(matches!(switch, Err(Error::Request(_))));
}

#[test]
fn metric_groups_with_a_huge_count_are_clamped() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let function = "dcgmProfGetSupportedMetricGroups";
    assert!(bench.control.garbage(function, Garbage::HugeCount));
    let groups = bench.engine.profiling().metric_groups(EntityId::gpu(0));
    let groups = groups.expect("groups");
    assert_eq!(groups.len(), 10);
    assert!(groups.iter().all(|group| group.fields.len() <= 64));
}

#[test]
fn a_pause_without_the_module_is_unsupported() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let error = bench.engine.profiling().pause().unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NOT_SUPPORTED), "{flavour:?}");
        assert!(error.is_unsupported());
        assert_eq!(bench.control.calls("dcgmProfResume"), 0);
    }
}

#[test]
fn profiling_resumes_with_the_last_pause_of_a_client() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_profiling_module(true);
    let profiling = bench.engine.profiling();
    let outer = profiling.pause().expect("paused");
    let inner = profiling.pause().expect("paused");
    assert_eq!(bench.control.calls("dcgmProfPause"), 1);
    drop(outer);
    bench.engine.build_info().expect("alive");
    assert!(bench.control.profiling_is_paused());
    drop(inner);
    eventually("profiling is paused", || {
        !bench.control.profiling_is_paused()
    });
    assert_eq!(bench.control.calls("dcgmProfResume"), 1);
    // The next pause is a new one.
    let again = profiling.pause().expect("paused");
    assert!(bench.control.profiling_is_paused());
    drop(again);
    eventually("profiling is paused", || {
        !bench.control.profiling_is_paused()
    });
}

#[test]
fn a_paused_profiler_has_no_values_and_other_fields_do() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_profiling_module(true);
    bench.control.stop_clock(0);
    let fields = [FieldId::PROF_SM_ACTIVE, FieldId::GPU_TEMP];
    let second = std::time::Duration::from_secs(1);
    let request = WatchRequest::new([EntityId::gpu(0)], fields).with_interval(second);
    let watch = bench.engine.watch(&request).expect("watch");
    let has_values = || {
        bench.control.advance(3 * second);
        let samples = bench.engine.read(&Query::from(&watch)).expect("read");
        fields.map(|field| {
            let sample = samples.find(EntityId::gpu(0), field);
            sample.is_some_and(|sample| sample.value.is_ok())
        })
    };
    assert_eq!(has_values(), [true, true]);
    let pause = bench.engine.profiling().pause().expect("paused");
    assert_eq!(has_values(), [false, true]);
    drop(pause);
    bench
        .engine
        .build_info()
        .expect("after the end of the pause");
    assert_eq!(has_values(), [true, true]);
}

#[test]
fn closing_a_client_ends_its_pauses() {
    for is_embedded in [false, true] {
        let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
        let engine = if is_embedded {
            bench.embedded_engine()
        } else {
            bench.second_engine()
        };
        bench.control.set_profiling_module(true);
        let pause = engine.profiling().pause().expect("paused");
        assert!(bench.control.profiling_is_paused());
        engine.close();
        assert!(!bench.control.profiling_is_paused(), "{is_embedded}");
        // A pause of an ended session does not end one of the next.
        engine.connect().expect("connect");
        bench.control.set_profiling_module(true);
        let next = engine.profiling().pause().expect("paused");
        drop(pause);
        engine.build_info().expect("alive");
        assert!(bench.control.profiling_is_paused());
        drop(next);
        eventually("profiling is paused", || {
            !bench.control.profiling_is_paused()
        });
    }
}

#[test]
fn a_pause_outlives_its_engine_without_harm() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_profiling_module(true);
    let pause = bench.engine.profiling().pause().expect("paused");
    bench.control.kill(bench.served);
    assert!(bench.engine.build_info().is_err() || bench.engine.update().is_ok());
    drop(pause);
    assert!(
        bench
            .engine
            .profiling()
            .pause()
            .unwrap_err()
            .is_disconnected()
    );
    // A resume that fails leaves no other trace than a line in the log.
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_profiling_module(true);
    let pause = bench.engine.profiling().pause().expect("paused");
    assert!(bench.control.fault("dcgmProfResume", Fault::Code(-3), 1));
    drop(pause);
    bench.engine.build_info().expect("the session goes on");
}
