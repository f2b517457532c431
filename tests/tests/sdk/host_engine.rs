//! The host engine as a process.

use std::time::Duration;

use dcgm::host_engine::{LogSeverity, Logger, ModuleId, ModuleStatus};
use dcgm::{
    Client as _, Cursor, EntityId, EntityKind, EntityStatus, Error, FieldId, NoValue, Query,
    ReturnCode, Samples, WatchRequest,
};
use dcgm_simulator::{Fault, Flavour, Garbage};

use crate::bench::FLAVOURS;
use crate::copied_library::CopiedLibrary;

const SECOND: Duration = Duration::from_secs(1);

fn status(bench: &CopiedLibrary, module: ModuleId) -> Option<ModuleStatus> {
    let modules = bench.engine.host_engine().modules().expect("modules");
    let found = modules.iter().find(|one| one.id == module);
    found.map(|one| one.status)
}

#[test]
fn modules_are_loaded_when_they_are_first_used() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let modules = bench.engine.host_engine().modules().expect("modules");
        let count = if flavour == Flavour::V4_6 { 11 } else { 10 };
        assert_eq!(modules.len(), count, "{flavour:?}");
        assert_eq!(status(&bench, ModuleId::CORE), Some(ModuleStatus::LOADED));
        let introspect = || status(&bench, ModuleId::INTROSPECT);
        assert_eq!(introspect(), Some(ModuleStatus::NOT_LOADED));
        bench.engine.host_engine().memory_bytes().expect("memory");
        assert_eq!(introspect(), Some(ModuleStatus::LOADED));
        // One that refuses the host has failed.
        assert!(bench.engine.topology().cpu_sockets().is_err());
        let sysmon = status(&bench, ModuleId::SYSMON);
        assert_eq!(sysmon, Some(ModuleStatus::FAILED), "{flavour:?}");
    }
}

#[test]
fn statuses_with_a_huge_count_are_clamped() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let function = "dcgmModuleGetStatuses";
    assert!(bench.control.garbage(function, Garbage::HugeCount));
    let modules = bench.engine.host_engine().modules().expect("modules");
    assert_eq!(modules.len(), 16);
}

#[test]
fn a_denied_module_is_refused_until_the_engine_restarts() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let engine = bench.engine.host_engine();
        let code = |module| engine.deny_module(module).unwrap_err().code();
        assert_eq!(code(ModuleId::CORE), Some(ReturnCode::BAD_PARAM));
        assert_eq!(code(ModuleId::from_raw(99)), Some(ReturnCode::BAD_PARAM));
        assert_eq!(code(ModuleId::NVSWITCH), Some(ReturnCode::IN_USE));
        engine.deny_module(ModuleId::INTROSPECT).expect("denied");
        let denied = status(&bench, ModuleId::INTROSPECT);
        assert_eq!(denied, Some(ModuleStatus::DENIED), "{flavour:?}");
        for error in [
            engine.memory_bytes().unwrap_err(),
            engine.cpu_usage().unwrap_err(),
        ] {
            assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED));
            assert!(error.is_unsupported() && !error.is_disconnected());
        }
    }
}

#[test]
fn the_cpu_time_needs_two_calls_and_some_time() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        bench.control.stop_clock(0);
        let engine = bench.engine.host_engine();
        assert_eq!(engine.cpu_usage().expect("the first call ever"), None);
        // It is not a number when asked at once, by any client.
        let other = bench.second_engine();
        assert_eq!(other.host_engine().cpu_usage().expect("at once"), None);
        bench.control.advance(SECOND);
        let usage = engine.cpu_usage().expect("usage").expect("a value");
        assert!((usage.total - 0.013).abs() < 1e-9, "{usage:?}");
        assert!((usage.user - 0.013).abs() < 1e-9 && usage.kernel.abs() < 1e-9);
        assert_eq!(other.host_engine().cpu_usage().expect("at once"), None);
    }
}

#[test]
fn the_result_of_a_variable_is_not_that_of_the_call() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let engine = bench.engine.host_engine();
    assert_eq!(engine.environment("CUDA_VISIBLE_DEVICES").unwrap(), None);
    bench.control.set_environment("CUDA_VISIBLE_DEVICES", "0,1");
    bench
        .control
        .set_environment("DCGM_DIAG_REMOVED", &"x".repeat(300));
    bench.control.set_environment("HOME", "/root");
    let read = |name: &str| engine.environment(name);
    assert_eq!(
        read("CUDA_VISIBLE_DEVICES").unwrap().as_deref(),
        Some("0,1")
    );
    let long = read("DCGM_DIAG_REMOVED").unwrap().expect("a value");
    assert_eq!(long.len(), 255);
    for name in ["HOME", "", "NOT_SET"] {
        let error = read(name).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::BAD_PARAM), "{name}");
        assert_eq!(
            error.function(),
            Some("dcgmHostengineEnvironmentVariableInfo")
        );
    }
    for name in [&*"X".repeat(256), "A\0B"] {
        assert!(matches!(read(name), Err(Error::Request(_))));
    }
    assert!(matches!(read(&"X".repeat(255)), Err(Error::Call { .. })));
    let function = "dcgmHostengineEnvironmentVariableInfo";
    assert!(bench.control.garbage(function, Garbage::Unterminated));
    let text = read("CUDA_VISIBLE_DEVICES").unwrap().expect("a value");
    assert_eq!(text.len(), 256);
    // 3.3 has no such request.
    let bench = CopiedLibrary::new(Flavour::V3_3, "8xh100");
    let missing = bench
        .engine
        .host_engine()
        .environment("CUDA_VISIBLE_DEVICES");
    assert!(matches!(missing, Err(Error::SymbolMissing(_))));
}

#[test]
fn the_severity_arrives_in_the_struct_of_each_release() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let engine = bench.engine.host_engine();
        assert_eq!(bench.control.log_severity(0), -1);
        engine
            .set_log_severity(Logger::File, LogSeverity::Debug)
            .expect("set");
        engine
            .set_log_severity(Logger::Syslog, LogSeverity::None)
            .expect("set");
        let severities = [0, 1].map(|logger| bench.control.log_severity(logger));
        assert_eq!(severities, [5, 0], "{flavour:?}");
        engine
            .set_log_severity(Logger::Syslog, LogSeverity::Verbose)
            .expect("set");
        assert_eq!(bench.control.log_severity(1), 6);
        assert_eq!(bench.control.crashes(), 0);
    }
}

#[test]
fn an_emptied_cache_ends_the_watches_of_others_and_not_ours() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.stop_clock(0);
    let other = bench.second_engine();
    let gpu = EntityId::gpu(0);
    let request = |field| WatchRequest::new([gpu], [field]).with_interval(SECOND);
    let ours = bench
        .engine
        .watch(&request(FieldId::GPU_TEMP))
        .expect("watch");
    let events = WatchRequest::events([gpu], [FieldId::XID_ERRORS]).with_interval(SECOND);
    let events = bench.engine.watch(&events).expect("watch");
    let theirs = other.watch(&request(FieldId::POWER_USAGE)).expect("watch");
    bench.engine.host_engine().empty_cache().expect("emptied");
    bench.control.advance(3 * SECOND);
    let samples = bench.engine.read(&Query::from(&ours)).expect("read");
    let sample = samples.get(0).expect("a sample");
    assert!(sample.value.is_ok(), "{sample:?}");
    let before = sample.timestamp;
    bench.control.advance(3 * SECOND);
    let samples = bench.engine.read(&Query::from(&ours)).expect("read");
    assert!(samples.get(0).expect("a sample").timestamp > before);
    let mut new = Samples::new();
    let read = bench.engine.events(&events, &mut Cursor::new(), &mut new);
    read.expect("events are watched");
    // The neighbor gets no error, and no value.
    let samples = other.read(&Query::from(&theirs)).expect("read");
    let sample = samples.get(0).expect("a sample");
    assert_eq!(sample.value, Err(NoValue::NotWatched));
    drop(theirs);
    other.build_info().expect("alive");
}

#[test]
fn an_emptied_cache_keeps_the_watches_of_all_clients_of_an_embedded_engine() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.stop_clock(0);
    let clients = [bench.embedded_engine(), bench.embedded_engine()];
    let fields = [FieldId::GPU_TEMP, FieldId::POWER_USAGE];
    let watches: Vec<_> = clients
        .iter()
        .zip(fields)
        .map(|(client, field)| {
            let request = WatchRequest::new([EntityId::gpu(0)], [field]);
            client.watch(&request.with_interval(SECOND)).expect("watch")
        })
        .collect();
    clients[0].host_engine().empty_cache().expect("emptied");
    for (client, watch) in clients.iter().zip(&watches) {
        bench.control.advance(3 * SECOND);
        client.update().expect("update");
        let samples = client.read(&Query::from(watch)).expect("read");
        let sample = samples.get(0).expect("a sample");
        assert!(sample.value.is_ok(), "{sample:?}");
    }
}

#[test]
fn a_watch_that_cannot_be_made_again_is_reported() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let request = WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]);
    let _watch = bench.engine.watch(&request).expect("watch");
    assert!(bench.control.fault("dcgmWatchFields", Fault::Code(-24), 1));
    let error = bench.engine.host_engine().empty_cache().unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::MAX_LIMIT), "{error}");
}

#[test]
fn a_detached_driver_leaves_blanks_and_comes_back() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.stop_clock(0);
    let gpu = EntityId::gpu(0);
    let request = WatchRequest::new([gpu], [FieldId::GPU_TEMP]).with_interval(SECOND);
    let watch = bench.engine.watch(&request).expect("watch");
    let read = || {
        bench.control.advance(2 * SECOND);
        let samples = bench.engine.read(&Query::from(&watch)).expect("read");
        let sample = samples.get(0).expect("a sample");
        (sample.timestamp, sample.value.err())
    };
    let (before, _) = read();
    let engine = bench.engine.host_engine();
    engine.detach_driver().expect("detached");
    engine.detach_driver().expect("it has no further effect");
    let (blank_at, absent) = read();
    assert!(blank_at > before);
    assert_eq!(absent, Some(NoValue::Blank));
    assert_eq!(bench.engine.entity_ids(EntityKind::GPU).expect("list"), []);
    let entities = bench.engine.entities(&[EntityKind::GPU]).expect("entities");
    assert_eq!(entities.len(), 8);
    let is_detached = |entity: &dcgm::Entity| entity.status == EntityStatus::DETACHED;
    assert!(entities.iter().all(is_detached));
    let topology = bench.engine.topology();
    assert!(topology.gpu_topology(gpu).unwrap_err().is_unsupported());
    assert!(topology.p2p_matrix().unwrap_err().is_unsupported());
    let groups = bench.engine.profiling().metric_groups(gpu).unwrap_err();
    assert_eq!(groups.code(), Some(ReturnCode::GPUS_DETACHED));
    assert!(groups.is_transient());
    // Any client attaches it again; the watch goes on.
    let other = bench.second_engine();
    other.host_engine().attach_driver().expect("attached");
    assert_eq!(read().1, None);
    assert_eq!(
        bench
            .engine
            .entity_ids(EntityKind::GPU)
            .expect("list")
            .len(),
        8
    );
}

#[test]
fn a_fake_gpu_stays_detached() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    assert!(bench.control.add_fake(1));
    let engine = bench.engine.host_engine();
    engine.detach_driver().expect("detached");
    engine.attach_driver().expect("attached");
    assert_eq!(
        bench
            .engine
            .entity_ids(EntityKind::GPU)
            .expect("list")
            .len(),
        8
    );
}

#[test]
fn detaching_has_more_time_than_reading() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let mut deadlines = dcgm::Deadlines::default();
    deadlines.read = Duration::from_millis(50);
    let slow = Fault::Delay(Duration::from_millis(300));
    for function in ["dcgmDetachDriver", "dcgmAttachDriver"] {
        assert!(bench.control.fault(function, slow, 1));
    }
    let engine = bench.engine_with(deadlines);
    engine
        .host_engine()
        .detach_driver()
        .expect("within the deadline");
    engine
        .host_engine()
        .attach_driver()
        .expect("within the deadline");
}

#[test]
fn functions_that_3_3_lacks_are_missing() {
    let bench = CopiedLibrary::new(Flavour::V3_3, "8xh100");
    let engine = bench.engine.host_engine();
    for outcome in [
        engine.empty_cache(),
        engine.detach_driver(),
        engine.attach_driver(),
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::SymbolMissing(_)), "{error}");
    }
    bench.engine.build_info().expect("the session goes on");
}
