//! Health checks.

use std::sync::Arc;
use std::time::Duration;

use dcgm::health::{
    HealthCode, HealthReport, HealthRequest, HealthState, HealthSystems, HealthWatch,
    IncidentSeverity, UnknownReason,
};
use dcgm::monitor::{Event, Monitor, ViolationRules};
use dcgm::policy::ViolationKind;
use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityStatus, Error, ReturnCode,
};
use dcgm_simulator::{Fault, Flavour};

use crate::bench::{Bench, FLAVOURS};

const DBE: u16 = 311;
const XID: u16 = 230;

/// All systems but one: under load, the clocks are lowered for power reasons, which is an incident.
fn request(entities: impl Into<Vec<EntityId>>) -> HealthRequest {
    let others = !HealthSystems::POWER.bits();
    HealthRequest::new(entities).with_systems(HealthSystems::from_bits(others))
}

fn gpus() -> Vec<EntityId> {
    (0..8).map(EntityId::gpu).collect()
}

fn watch(bench: &Bench, request: &HealthRequest) -> HealthWatch {
    bench.engine.health().watch(request).expect("watch")
}

fn check(bench: &Bench, watch: &HealthWatch) -> HealthReport {
    let mut report = HealthReport::new();
    bench
        .engine
        .health()
        .check(watch, &mut report)
        .expect("check");
    report
}

fn inject(bench: &Bench, gpu: u32, field: u16, value: i64) {
    let now = bench.control.now();
    let value = value.to_string();
    assert!(bench.control.inject((1, gpu), field, now, &value));
}

fn codes(report: &HealthReport) -> Vec<(EntityId, u32)> {
    let ids = report.incidents().iter().map(|incident| incident.id);
    ids.map(|id| (id.entity, id.code.raw())).collect()
}

#[test]
fn a_host_without_faults_is_healthy() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let mut entities = gpus();
        entities.extend((0..4).map(EntityId::switch));
        let watch = watch(&bench, &request(entities));
        for _ in 0..20 {
            let report = check(&bench, &watch);
            assert_eq!(codes(&report), [], "{flavour:?}");
            assert_eq!(
                report.overall(),
                HealthState::Healthy,
                "{flavour:?} {report:?}"
            );
            assert_eq!(report.entities().len(), 12);
            bench.control.advance(Duration::from_secs(17));
        }
        assert!(watch.refusals().is_empty());
        assert_eq!((bench.control.crashes(), bench.control.panics()), (0, 0));
    }
}

#[test]
fn incidents_are_new_once_and_end() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let watch = watch(&bench, &request(gpus()));
        inject(&bench, 3, DBE, 2);
        let report = check(&bench, &watch);
        assert_eq!(codes(&report), [(EntityId::gpu(3), 4)]);
        assert_eq!(report.overall(), HealthState::Failure);
        let incident = &report.incidents()[0];
        assert_eq!(incident.id.system, HealthSystems::MEMORY);
        assert_eq!(incident.severity, IncidentSeverity::Failure);
        assert!(incident.is_new && !incident.message.is_empty());
        let healthy = report.find(EntityId::gpu(2)).expect("watched");
        assert_eq!(healthy.state, HealthState::Healthy);

        let report = check(&bench, &watch);
        assert!(!report.incidents()[0].is_new);
        // The next sample has no errors.
        bench.control.advance(Duration::from_secs(31));
        let report = check(&bench, &watch);
        assert_eq!(codes(&report), []);
        assert_eq!(report.ended(), [incident.id]);
        assert_eq!(check(&bench, &watch).ended(), []);
    }
}

#[test]
fn a_gpu_that_the_engine_cannot_see_is_not_healthy() {
    for flavour in FLAVOURS {
        for status in [EntityStatus::LOST, EntityStatus::DETACHED] {
            let bench = Bench::new(flavour);
            let watch = watch(&bench, &request(gpus()));
            bench.control.set_status(5, status.raw());
            let report = check(&bench, &watch);
            // The engine itself reports "pass".
            assert_eq!(codes(&report), [], "{flavour:?} {status}");
            assert_eq!(report.overall(), HealthState::Unknown);
            let one = report.find(EntityId::gpu(5)).expect("watched");
            assert_eq!(one.unknown, Some(UnknownReason::Unavailable(status)));
            let other = report.find(EntityId::gpu(4)).expect("watched");
            assert_eq!(other.state, HealthState::Healthy);
        }
    }
}

#[test]
fn an_engine_that_does_not_sample_proves_nothing() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let mut entities = gpus();
        entities.push(EntityId::switch(0));
        let watch = watch(&bench, &request(entities));
        let reasons = |report: &HealthReport| {
            let entities = report.entities().iter();
            let reasons: Vec<_> = entities.map(|one| one.unknown).collect();
            assert!(codes(report).is_empty());
            reasons
        };
        assert_eq!(reasons(&check(&bench, &watch)), [None; 9]);

        bench.control.pause(true);
        let paused = reasons(&check(&bench, &watch));
        assert_eq!(
            paused,
            [Some(UnknownReason::EnginePaused); 9],
            "{flavour:?}"
        );
        bench.control.pause(false);
        assert_eq!(reasons(&check(&bench, &watch)), [None; 9]);

        // A driver that hangs: noticed after two intervals.
        bench.control.freeze(true);
        bench.control.advance(Duration::from_secs(64));
        assert_eq!(reasons(&check(&bench, &watch)), [None; 9]);
        bench.control.advance(Duration::from_secs(2));
        let hung = reasons(&check(&bench, &watch));
        assert_eq!(hung[..8], [Some(UnknownReason::NotSampled); 8]);
        bench.control.freeze(false);
        bench.control.advance(Duration::from_secs(31));
        assert_eq!(reasons(&check(&bench, &watch)), [None; 9]);

        // Another client empties the cache, which ends all watches: this one is set again.
        bench.control.empty_cache();
        let emptied = reasons(&check(&bench, &watch));
        assert_eq!(emptied, [Some(UnknownReason::NotSampled); 9]);
        let report = check(&bench, &watch);
        assert_eq!(
            report.overall(),
            HealthState::Healthy,
            "{flavour:?} {report:?}"
        );
    }
}

#[test]
fn an_entity_without_samples_is_unknown() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let fake = EntityId::gpu(bench.control.fake_gpu().expect("room"));
        let watch = watch(&bench, &request([fake]));
        let report = check(&bench, &watch);
        assert_eq!(report.overall(), HealthState::Unknown);
        // An incident of it is one all the same.
        inject(&bench, fake.id, DBE, 1);
        let report = check(&bench, &watch);
        assert_eq!(report.overall(), HealthState::Failure);
    }
}

#[test]
fn without_a_driver_the_state_is_unknown() {
    for flavour in FLAVOURS {
        let bench = Bench::with_host(flavour, "none");
        let fake = EntityId::gpu(bench.control.fake_gpu().expect("room"));
        let watch = watch(&bench, &request([fake]));
        for _ in 0..2 {
            let report = check(&bench, &watch);
            assert_eq!(codes(&report), []);
            assert_eq!(report.overall(), HealthState::Unknown, "{flavour:?}");
        }
        // 3.3 returns "not watched" together with incidents.
        inject(&bench, fake.id, DBE, 1);
        assert_eq!(codes(&check(&bench, &watch)), [(fake, 4)], "{flavour:?}");
    }
}

#[test]
fn a_watch_is_used_again_over_one_connection() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let request = request(gpus());
        drop(watch(&bench, &request));
        let open = bench.control.open();
        assert!(open.endless_watches > 0);
        bench.control.reset_calls();
        for _ in 0..10 {
            let watch = watch(&bench, &request);
            assert_eq!(check(&bench, &watch).overall(), HealthState::Healthy);
        }
        assert_eq!(bench.control.calls("dcgmHealthSet_v2"), 0);
        assert_eq!(bench.control.open(), open, "{flavour:?}");
        // Other systems are another group, and the same sampling.
        let memory = request.clone().with_systems(HealthSystems::MEMORY);
        drop(watch(&bench, &memory));
        assert_eq!(bench.control.calls("dcgmHealthSet_v2"), 1);
        let endless = bench.control.open().endless_watches;
        assert_eq!(endless, open.endless_watches);
    }
}

#[test]
fn the_sampling_outlives_the_connection() {
    let bench = Bench::new(Flavour::V4_6);
    let request = request(gpus());
    let old = watch(&bench, &request);
    let endless = bench.control.open().endless_watches;
    bench.engine.close();
    // The engine notices a moment later.
    while bench.control.open().groups > 0 {
        std::thread::yield_now();
    }
    assert_eq!(bench.control.open().endless_watches, endless);
    bench.engine.connect().expect("connect");

    // The watch belongs to the old session, and the new session is intact.
    let mut report = HealthReport::new();
    let error = bench.engine.health().check(&old, &mut report);
    let error = error.expect_err("of an earlier session");
    assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));
    assert_eq!(report.overall(), HealthState::Unknown);
    let new = watch(&bench, &request);
    assert_eq!(check(&bench, &new).overall(), HealthState::Healthy);
    // So a second connection adds to the load.
    assert_eq!(bench.control.open().endless_watches, 2 * endless);
}

#[test]
fn watches_do_not_change_the_systems_of_each_other() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let all = watch(&bench, &request(gpus()));
        let power = request(gpus()).with_systems(HealthSystems::POWER);
        let power = watch(&bench, &power);
        inject(&bench, 0, DBE, 1);
        assert_eq!(codes(&check(&bench, &power)), []);
        assert_eq!(codes(&check(&bench, &all)), [(EntityId::gpu(0), 4)]);
    }
}

#[test]
fn xids_of_a_gpu_are_not_those_of_a_switch_with_its_number() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.stop_clock(0);
    let entities = [EntityId::gpu(0), EntityId::switch(0), EntityId::gpu(1)];
    let watch = watch(&bench, &request(entities));
    // A code of XIDs, and one that also has other causes.
    inject(&bench, 0, XID, 79);
    inject(&bench, 0, XID, 63);
    for _ in 0..3 {
        let report = check(&bench, &watch);
        let expected = [(EntityId::gpu(0), 120), (EntityId::gpu(0), 6)];
        assert_eq!(codes(&report), expected);
        let switch = report.find(EntityId::switch(0)).expect("watched");
        assert_eq!(switch.state, HealthState::Healthy);
        // They stay until the engine restarts, whatever the GPU does.
        inject(&bench, 0, XID, 0);
        bench.control.advance(Duration::from_secs(120));
    }
}

#[test]
fn xids_need_memory_or_inforom() {
    for (systems, is_seen) in [
        (HealthSystems::PCIE | HealthSystems::THERMAL, false),
        (HealthSystems::MEMORY, true),
        (HealthSystems::INFOROM, true),
    ] {
        let bench = Bench::new(Flavour::V4_6);
        let request = request(gpus()).with_systems(systems);
        let watch = watch(&bench, &request);
        inject(&bench, 1, XID, 79);
        let report = check(&bench, &watch);
        assert_eq!(!codes(&report).is_empty(), is_seen, "{systems}");
    }
}

#[test]
fn a_group_that_another_client_destroyed_is_created_again() {
    let bench = Bench::new(Flavour::V4_6);
    let watch = watch(&bench, &request(gpus()));
    inject(&bench, 7, XID, 79);
    let gone = Fault::Code(ReturnCode::NOT_CONFIGURED.raw());
    assert!(bench.control.fault("dcgmHealthCheck", gone, 1));
    let open = bench.control.open();
    bench.control.reset_calls();
    assert_eq!(codes(&check(&bench, &watch)), [(EntityId::gpu(7), 120)]);
    assert_eq!(bench.control.calls("dcgmHealthSet_v2"), 1);
    assert_eq!(bench.control.open(), open);
}

#[test]
fn requests_that_make_the_engine_blind_are_refused() {
    let bench = Bench::new(Flavour::V4_6);
    let request = request(gpus());
    let mut short = request.clone();
    short.keep_age = Duration::from_secs(30);
    for bad in [
        request.clone().with_interval(Duration::ZERO),
        request.clone().with_interval(Duration::from_secs(51)),
        request.clone().with_systems(HealthSystems::from_bits(0)),
        HealthRequest::new([]),
        short,
    ] {
        let error = bench.engine.health().watch(&bad).expect_err("refused");
        assert!(matches!(error, Error::Request(_)), "{error}");
    }
    assert_eq!(bench.control.open().endless_watches, 0);
    let unknown = HealthRequest::new([EntityId::gpu(0), EntityId::gpu(31)]);
    let watch = watch(&bench, &unknown);
    assert_eq!(watch.entities(), [EntityId::gpu(0)]);
    assert_eq!(watch.refusals()[0].entity, Some(EntityId::gpu(31)));
    let unknown = HealthRequest::new([EntityId::gpu(31)]);
    assert!(bench.engine.health().watch(&unknown).is_err());
}

#[test]
fn a_lost_engine_is_reported() {
    let bench = Bench::new(Flavour::V4_6);
    let watch = watch(&bench, &request(gpus()));
    bench.control.kill(bench.served);
    let mut report = HealthReport::new();
    let error = bench.engine.health().check(&watch, &mut report);
    assert!(error.expect_err("lost").is_disconnected());
    assert_eq!(report.overall(), HealthState::Unknown);
}

#[test]
fn the_library_describes_its_codes() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let health = bench.engine.health();
        let info = health
            .code_info(HealthCode::FALLEN_OFF_BUS)
            .expect("a call")
            .expect("known");
        assert_eq!(info.code, HealthCode::FALLEN_OFF_BUS);
        assert!(info.message_format.contains("GPU"), "{info:?}");
        let unknown = health.code_info(HealthCode::from_raw(999));
        assert_eq!(unknown.expect("a call"), None);
    }
}

#[test]
fn groups_of_dropped_watches_are_given_back() {
    let bench = Bench::new(Flavour::V4_6);
    let kept = watch(&bench, &request(gpus()));
    for seconds in 1..=40 {
        let request = request(gpus()).with_interval(Duration::from_secs(seconds));
        drop(watch(&bench, &request));
    }
    assert!(
        bench.control.open().groups <= 8,
        "{:?}",
        bench.control.open()
    );
    assert_eq!(check(&bench, &kept).overall(), HealthState::Healthy);
}

#[test]
fn an_error_of_any_call_is_reported_or_makes_the_state_unknown() {
    let gone = ReturnCode::CONNECTION_NOT_VALID;
    for (function, code) in [
        "dcgmGroupCreate",
        "dcgmGroupAddEntity",
        "dcgmFieldGroupCreate",
        "dcgmHealthSet_v2",
        "dcgmHealthCheck",
        "dcgmModuleGetStatuses",
        "dcgmGetGpuStatus",
        "dcgmGetValuesSince_v2",
    ]
    .into_iter()
    .flat_map(|function| [(function, ReturnCode::GENERIC_ERROR), (function, gone)])
    {
        let bench = Bench::new(Flavour::V4_6);
        let health = bench.engine.health();
        let mut report = HealthReport::new();
        assert!(bench.control.fault(function, Fault::Code(code.raw()), 100));
        let outcome = health
            .watch(&request([EntityId::gpu(0)]))
            .and_then(|watch| health.check(&watch, &mut report));
        match outcome {
            Err(error) => assert_eq!(error.code(), Some(code), "{function}: {error}"),
            // Only that the engine is paused cannot be found out.
            Ok(()) if function == "dcgmModuleGetStatuses" => assert_ne!(code, gone),
            Ok(()) => assert_eq!(report.overall(), HealthState::Unknown, "{function}"),
        }
        bench.control.clear();
        bench.engine.connect().expect("connect");
        let watch = watch(&bench, &request([EntityId::gpu(0)]));
        assert_eq!(check(&bench, &watch).overall(), HealthState::Healthy);
        assert_eq!((bench.control.panics(), bench.control.crashes()), (0, 0));
    }
}

#[test]
fn a_check_that_hangs_ends_at_its_deadline() {
    let bench = Bench::new(Flavour::V4_6);
    let watch = watch(&bench, &request(gpus()));
    let hang = Fault::HangUntilDisconnected;
    assert!(bench.control.fault("dcgmHealthCheck", hang, 1));
    let mut report = HealthReport::new();
    let error = bench.engine.health().check(&watch, &mut report);
    assert!(error.expect_err("the deadline").is_timeout());
    assert_eq!(report.overall(), HealthState::Unknown);
}

#[test]
fn health_checks_of_an_embedded_engine_leave_no_group() {
    for flavour in FLAVOURS {
        // Holds the lock, and a library.
        let bench = Bench::new(flavour);
        let library = bench.engine.options().library.clone().expect("a library");
        let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&library);
        // Keeps the engine.
        let other = Engine::new(options.clone());
        other.connect().expect("connect");
        let mut endless = 0;
        for _ in 0..3 {
            let engine = Engine::new(options.clone());
            engine.connect().expect("connect");
            let watch = engine.health().watch(&request(gpus())).expect("watch");
            let mut report = HealthReport::new();
            engine.health().check(&watch, &mut report).expect("check");
            assert_eq!(report.overall(), HealthState::Healthy, "{flavour:?}");
            engine.close();
            let open = bench.control.open();
            assert_eq!((open.groups, open.field_groups), (0, 0), "{flavour:?}");
            // All sessions share the one connection, so that the sampling is the same.
            assert!(endless == 0 || endless == open.endless_watches);
            endless = open.endless_watches;
        }
    }
}

#[test]
fn a_monitor_finds_violations_by_its_own_watches() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let mut rules = ViolationRules::default();
        rules.dbe = true;
        rules.max_temperature = Some(200);
        rules.nvlink = true;
        let engine = Engine::new(bench.engine.options().clone());
        let mut monitor = Monitor::new(Arc::new(engine)).with_violations(rules);
        let violations = |monitor: &mut Monitor| -> Vec<_> {
            let events = monitor.poll().into_iter();
            let kinds = events.filter_map(|event| match event {
                Event::Violation(violation) => Some((violation.gpu, violation.kind)),
                _ => None,
            });
            kinds.collect()
        };
        assert_eq!(violations(&mut monitor), []);
        bench.control.advance(Duration::from_millis(10));
        inject(&bench, 6, DBE, 3);
        inject(&bench, 2, 150, 201);
        let found = violations(&mut monitor);
        let expected = [
            (EntityId::gpu(2), ViolationKind::Thermal { celsius: 201 }),
            (EntityId::gpu(6), ViolationKind::Dbe { count: 3 }),
        ];
        assert_eq!(found.len(), 2, "{flavour:?} {found:?}");
        assert!(expected.iter().all(|one| found.contains(one)), "{found:?}");
        // No policy of the engine is needed for it.
        assert_eq!(bench.control.open().endless_watches, 0);
    }
}
