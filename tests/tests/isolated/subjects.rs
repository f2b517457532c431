//! The subjects of DCGM over a worker return what they return in the process.

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::time::Duration;

use dcgm::admin::PowerProfileChange;
use dcgm::config::{GpuSettings, PowerLimit, PowerProfile};
use dcgm::diagnostics::{DiagnosticLevel, DiagnosticRequest, MultiNodeRequest, TestOutcome};
use dcgm::health::{HealthCode, HealthReport, HealthRequest, HealthState, HealthSystems};
use dcgm::history::{SampleOrder, TimeWindow};
use dcgm::host_engine::{LogSeverity, Logger};
use dcgm::jobs::{JobId, JobRequest, JobWatch};
use dcgm::policy::{Policy, PolicyConditions, ViolationKind};
use dcgm::processes::ProcessWatch;
use dcgm::testing::FakeEntity;
use dcgm::topology::UnhealthyGpus;
use dcgm::{
    Client, EntityId, EntityKind, Error, FieldId, NoValue, OwnedValue, Query, ReturnCode,
    Timestamp, WatchRequest,
};
use dcgm_simulator::{DiagnosticsMode, Flavour};

use crate::bench::{Bench, FLAVOURS, signal, wait_until};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

fn gpus() -> Vec<EntityId> {
    (0..8).map(EntityId::gpu).collect()
}

/// Checks that both clients return the same, and prints it.
fn same<T: Debug>(bench: &Bench, what: &str, call: impl Fn(&dyn Client) -> T) -> String {
    let native = format!("{:?}", call(&bench.native));
    let isolated = format!("{:?}", call(&bench.isolated));
    assert_eq!(native, isolated, "{what}");
    isolated
}

#[test]
fn reading_methods_return_the_same() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let gpu = EntityId::gpu(2);
        let request = WatchRequest::new(gpus(), [FieldId::GPU_TEMP, FieldId::POWER_USAGE]);
        let _watch = bench.native.watch(&request).unwrap();
        bench.control.advance(Duration::from_secs(60));
        bench.control.set_environment("DCGM_X", "a value");
        let temperature = FieldId::GPU_TEMP;
        let is_ok = [
            same(&bench, "cpu", |one| one.host_engine().cpu_usage()),
            same(&bench, "modules", |one| one.host_engine().modules()),
            same(&bench, "summary", |one| {
                one.history().summary(gpu, temperature, TimeWindow::ALL)
            }),
            same(&bench, "samples", |one| {
                let history = one.history();
                let order = SampleOrder::NewestFirst;
                history.samples(gpu, temperature, TimeWindow::ALL, order, 3)
            }),
            same(&bench, "meta", |one| one.history().field_meta(temperature)),
            same(&bench, "topology", |one| one.topology().gpu_topology(gpu)),
            same(&bench, "group", |one| {
                one.topology().group_topology(&gpus())
            }),
            same(&bench, "select", |one| {
                one.topology()
                    .select_gpus(2, &gpus(), UnhealthyGpus::Include)
            }),
            same(&bench, "attributes", |one| {
                one.topology().gpu_attributes(gpu)
            }),
            same(&bench, "vgpu", |one| one.topology().vgpu_attributes(gpu)),
            same(&bench, "metrics", |one| one.profiling().metric_groups(gpu)),
            same(&bench, "code", |one| {
                one.health().code_info(HealthCode::XID_ERROR)
            }),
            same(&bench, "jobs", |one| one.jobs().job_ids()),
            same(&bench, "config", |one| one.config().current(&gpus())),
            same(&bench, "target", |one| one.config().target(&gpus())),
            same(&bench, "policies", |one| one.policies().get(&gpus())),
        ];
        for result in is_ok {
            assert!(result.starts_with("Ok("), "{flavour:?}: {result}");
        }
        // Each release lacks some of these, which is the same error.
        same(&bench, "environment", |one| {
            one.host_engine().environment("DCGM_X")
        });
        same(&bench, "watchers", |one| {
            one.history().watchers(gpu, temperature)
        });
        same(&bench, "p2p", |one| one.topology().p2p_matrix());
        same(&bench, "chip", |one| one.topology().chip_architecture(gpu));
        same(&bench, "cpus", |one| one.topology().cpu_sockets());
        same(&bench, "backend", |one| one.topology().nvswitch_backend());
        same(&bench, "profiles", |one| one.config().power_profiles(gpu));
        same(&bench, "pause", |one| one.profiling().pause().map(drop));
        same(&bench, "no GPU", |one| {
            one.topology().gpu_topology(EntityId::switch(1))
        });
        same(&bench, "no job", |one| {
            one.jobs().job_stats(&JobId::new("none").unwrap())
        });
        same(&bench, "no process", |one| one.processes().process(0));
        assert!(bench.isolated.host_engine().memory_bytes().unwrap() > 0);
    }
}

#[test]
fn changing_methods_have_the_same_effect() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let gpu = EntityId::gpu(1);
        let limit = GpuSettings::default().with_power_limit(PowerLimit::PerGpu(500));
        let outcome = bench.isolated.admin().set_config(&[gpu], &limit).unwrap();
        outcome.into_result().unwrap();
        let target = bench.native.config().target(&[gpu]).unwrap();
        assert_eq!(target[0].settings, limit);
        same(&bench, "too much", |one| {
            let limit = GpuSettings::default().with_power_limit(PowerLimit::PerGpu(5000));
            one.admin().set_config(&[gpu], &limit)
        });
        same(&bench, "enforce", |one| one.admin().enforce_config(&[gpu]));
        same(&bench, "profile", |one| {
            let profiles = [PowerProfile::MAX_Q];
            one.admin()
                .change_power_profiles(&[gpu], PowerProfileChange::Replace, &profiles)
        });
        same(&bench, "link", |one| {
            one.admin().set_link_state(gpu, 3, dcgm::LinkState::DOWN)
        });
        same(&bench, "instance", |one| {
            one.admin()
                .delete_instance(EntityId::new(EntityKind::GPU_INSTANCE, 9))
        });
        let (logger, severity) = (Logger::File, LogSeverity::Debug);
        bench
            .isolated
            .host_engine()
            .set_log_severity(logger, severity)
            .unwrap();

        let mut policy = Policy::default();
        policy.max_temperature = Some(85);
        bench.isolated.policies().set(&[gpu], &policy).unwrap();
        assert_eq!(bench.native.policies().get(&[gpu]).unwrap(), [policy]);
        bench.isolated.policies().clear(&[gpu]).unwrap();
        assert_eq!(
            bench.native.policies().get(&[gpu]).unwrap(),
            [Policy::default()]
        );

        let fake = bench
            .isolated
            .testing()
            .create_fakes(&[FakeEntity::gpu()])
            .unwrap()[0];
        let at = Timestamp::from_micros(bench.control.now() - 5_000_000);
        let field = FieldId::NAME;
        let text = OwnedValue::from("a fake");
        bench
            .isolated
            .testing()
            .inject(fake, field, &text, Some(at))
            .unwrap();
        let query = Query::new([(vec![fake], vec![field])]);
        let samples = bench.native.read(&query).unwrap();
        assert_eq!(
            samples.get(0).unwrap().value.map(OwnedValue::from),
            Ok(text)
        );
        let blank = NoValue::Blank;
        bench
            .isolated
            .testing()
            .inject_no_value(fake, field, blank, None)
            .unwrap();
        let samples = bench.native.read(&query).unwrap();
        assert_eq!(
            samples.get(0).unwrap().value.map(OwnedValue::from),
            Err(blank)
        );
    }
}

#[test]
fn health_incidents_are_the_same_new_once_and_end() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let others = HealthSystems::from_bits(!HealthSystems::POWER.bits());
        let request = HealthRequest::new(gpus()).with_systems(others);
        let natively = bench.native.health().watch(&request).unwrap();
        let watch = bench.isolated.health().watch(&request).unwrap();
        assert_eq!(watch.entities(), natively.entities());
        assert_eq!(watch.interval(), natively.interval());
        let (mut expected, mut report) = (HealthReport::new(), HealthReport::new());
        let mut check = || {
            let native = bench.native.health();
            native.check(&natively, &mut expected).unwrap();
            let isolated = bench.isolated.health();
            isolated.check(&watch, &mut report).unwrap();
            assert_eq!(format!("{report:?}"), format!("{expected:?}"));
            let new = report.incidents().iter().filter(|one| one.is_new).count();
            (report.incidents().len(), new, report.ended().len())
        };
        assert_eq!(check(), (0, 0, 0));
        let (field, now) = (FieldId::ECC_DBE_VOL_TOTAL.raw(), bench.control.now());
        assert!(bench.control.inject((1, 3), field, now, "2"));
        assert_eq!(check(), (1, 1, 0));
        assert_eq!(check(), (1, 0, 0));
        // The next sample has no errors.
        bench.control.advance(Duration::from_secs(31));
        assert_eq!(check(), (0, 0, 1));

        // The watch of another client, and one of a worker that has ended.
        let mut other = HealthReport::new();
        let refused = bench.isolated.health().check(&natively, &mut other);
        assert!(matches!(refused, Err(Error::Request(_))));
        bench.isolated.close();
        bench.isolated.connect().unwrap();
        let refused = bench
            .isolated
            .health()
            .check(&watch, &mut other)
            .unwrap_err();
        assert_eq!(refused.code(), Some(ReturnCode::NOT_WATCHED));
        assert_eq!(other.overall(), HealthState::Unknown);
    }
}

#[test]
fn jobs_and_processes_are_accounted_the_same() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let start = bench.control.now() - 20_000_000;
        bench.control.account(0, 4242, (start, 0), 7 << 30);
        let before = bench.control.open();
        let (jobs, processes) = (bench.isolated.jobs(), bench.isolated.processes());
        let watch = JobWatch::new(SECOND, HOUR);
        let watched = jobs.watch_jobs(&gpus(), watch).unwrap();
        let natively = bench.native.jobs().watch_jobs(&gpus(), watch).unwrap();
        assert_eq!(watched.fields(), natively.fields());
        assert_eq!(watched.interval(), SECOND);
        let process_watch = ProcessWatch::new(SECOND, HOUR);
        let accounted = processes.watch_processes(&gpus(), process_watch).unwrap();
        let id = JobId::new("a job 1").unwrap();
        let request = JobRequest::new(id.clone(), gpus()).without_watch();
        jobs.start_job(&request).unwrap();
        same(&bench, "running", |one| one.jobs().is_job_running(&id));
        bench.control.advance(Duration::from_secs(30));
        jobs.stop_job(&id).unwrap();
        let stats = same(&bench, "statistics", |one| one.jobs().job_stats(&id));
        assert!(stats.starts_with("Ok("), "{stats}");
        assert_eq!(
            bench.native.jobs().job_ids().unwrap(),
            std::slice::from_ref(&id)
        );
        let process = same(&bench, "process", |one| one.processes().process(4242));
        assert!(process.starts_with("Ok(Some("), "{process}");
        jobs.remove_job(&id).unwrap();
        drop((watched, natively, accounted));
        wait_until("the watches end", || {
            bench.control.open().watches == before.watches
        });
    }
}

#[test]
fn violations_arrive_and_end_with_the_worker() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let mut policy = Policy::default();
        policy.xid = true;
        let policies = bench.isolated.policies();
        policies.set(&gpus(), &policy).unwrap();
        let events = policies.register(&gpus(), PolicyConditions::XID).unwrap();
        bench.control.advance(Duration::from_secs(6));
        for xid in [79, 48] {
            let now = bench.control.now();
            assert!(bench.control.inject((1, 3), 230, now, &xid.to_string()));
            let violation = events.next_timeout(Duration::from_secs(20)).unwrap();
            assert_eq!(violation.gpu, EntityId::gpu(3));
            assert_eq!(violation.kind, ViolationKind::Xid { code: xid });
            bench.control.advance(Duration::from_secs(20));
        }
        assert_eq!(events.next_timeout(Duration::ZERO), None);
        assert!(!events.is_closed());
        signal("-KILL", bench.isolated.worker_id().unwrap());
        wait_until("the events end", || events.is_closed());
    }
}

#[test]
fn a_diagnostic_reports_progress_can_be_stopped_and_does_not_block_others() {
    let bench = Bench::new(Flavour::V4_6);
    let request = DiagnosticRequest::new(DiagnosticLevel::Short);
    let mut go_on = |_: &dcgm::diagnostics::DiagnosticProgress| ControlFlow::Continue(());
    let error = bench
        .isolated
        .diagnostics()
        .run(&request, &mut go_on)
        .unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED));

    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    let report = bench
        .isolated
        .diagnostics()
        .run(&request, &mut go_on)
        .unwrap();
    assert_eq!(
        report,
        bench
            .native
            .diagnostics()
            .run(&request, &mut go_on)
            .unwrap()
    );
    assert_eq!(report.outcome(), TestOutcome::PASS);
    let hosts = MultiNodeRequest::new(["node1"], "mnubergemm");
    same(&bench, "hosts", |one| {
        one.diagnostics()
            .run_on_hosts(&hosts, &mut |_| ControlFlow::Continue(()))
    });

    bench.control.diagnostics(DiagnosticsMode::Holds, None);
    let request = DiagnosticRequest::with_tests(["memory", "pcie", "memtest"]);
    let killed = Some(ReturnCode::NVVS_KILLED);
    let mut looks = 0;
    let stopped = bench.isolated.diagnostics().run(&request, &mut |progress| {
        looks += 1;
        assert!(progress.elapsed > Duration::ZERO);
        // Another call, while it runs.
        bench.isolated.build_info().unwrap();
        if looks > 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(looks, 2);
    assert_eq!(stopped.unwrap_err().code(), killed);

    // By another thread.
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let mut go_on = |_: &dcgm::diagnostics::DiagnosticProgress| ControlFlow::Continue(());
            bench.isolated.diagnostics().run(&request, &mut go_on)
        });
        std::thread::sleep(Duration::from_millis(800));
        bench.isolated.diagnostics().stop().unwrap();
        assert_eq!(run.join().unwrap().unwrap_err().code(), killed);
    });
}
