//! Claims about diagnostics.

use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::diagnostics::{
    DiagnosticLevel, DiagnosticProgress, DiagnosticRequest, FailureCode, MultiNodeRequest,
    TestOutcome,
};
use dcgm::{Client as _, EntityId, EntityKind, Error, FieldId, Query, ReturnCode, Samples};
use dcgm_simulator::{DiagnosticsMode, Flavour, Garbage};

use crate::bench::{Bench, FLAVOURS};

fn go_on(_: &DiagnosticProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Far beyond every deadline here.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_engine_without_the_module_returns_a_typed_error() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let diagnostics = bench.engine.diagnostics();
        let request = DiagnosticRequest::new(DiagnosticLevel::Short);
        for error in [
            diagnostics.run(&request, &mut go_on).unwrap_err(),
            diagnostics.stop().unwrap_err(),
        ] {
            assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED), "{error}");
            assert!(!error.is_disconnected() && !error.is_transient(), "{error}");
        }
        // The client goes on.
        bench.engine.entity_ids(EntityKind::GPU).expect("GPUs");
        let hosts = MultiNodeRequest::new(["node1"], "mnubergemm");
        let error = diagnostics.run_on_hosts(&hosts, &mut go_on).unwrap_err();
        match flavour {
            Flavour::V4_6 => assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED)),
            _ => assert!(matches!(error, Error::SymbolMissing(_)), "{error}"),
        }
        assert!(diagnostics.stop_on_hosts().is_err());
    }
}

#[test]
fn a_level_runs_its_tests_on_all_gpus() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.diagnostics(DiagnosticsMode::Finishes, None);
        let request = DiagnosticRequest::new(DiagnosticLevel::Medium);
        let report = bench.engine.diagnostics().run(&request, &mut go_on);
        let report = report.expect("a report");
        assert_eq!(report.outcome(), TestOutcome::PASS, "{flavour:?}");
        assert_eq!(report.all_errors().count(), 0);
        assert_eq!(report.driver_version.as_deref(), Some("550.54.15"));
        let tested: Vec<_> = report.entities.iter().map(|one| one.entity).collect();
        assert_eq!(tested, (0..8).map(EntityId::gpu).collect::<Vec<_>>());
        assert_eq!(report.entities[3].serial.as_deref(), Some("1653923010003"));
        assert_eq!(report.entities[3].device_id.as_deref(), Some("2330"));
        let memory = report.tests.iter().find(|test| &*test.name == "memory");
        let memory = memory.expect("a test of the memory");
        assert_eq!(memory.entities.len(), 8);
        let is_new = flavour == Flavour::V4_6;
        assert_eq!(
            memory.category.as_deref(),
            is_new.then_some("Hardware"),
            "{flavour:?}"
        );
        let names: Vec<_> = report.tests.iter().map(|test| &*test.name).collect();
        if is_new {
            assert_eq!(names, ["software", "pcie", "memory"]);
        } else {
            // 3.3 has a row for each software test, and its GPU tests by index.
            assert_eq!(names.len(), 11 + 2, "{names:?}");
            assert_eq!(names[9..], ["inforom", "fabric_manager", "memory", "pcie"]);
        }
    }
}

#[test]
fn names_entities_and_parameters_arrive_and_a_failure_is_typed() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench
            .control
            .diagnostics(DiagnosticsMode::Finishes, Some(5));
        let request = DiagnosticRequest::with_tests(["pcie", "memory"])
            .on_entities([EntityId::gpu(2), EntityId::gpu(5)])
            .with_parameter("memory", "minimum_allocation_percentage", "70")
            .with_parameter("pcie", "test_pinned", "false");
        let report = bench.engine.diagnostics().run(&request, &mut go_on);
        let report = report.expect("a report");
        assert_eq!(report.outcome(), TestOutcome::FAIL);
        let memory = report.tests.iter().find(|test| &*test.name == "memory");
        let memory = memory.expect("a test of the memory");
        let outcomes: Vec<_> = memory
            .entities
            .iter()
            .map(|one| (one.entity.id, one.outcome))
            .collect();
        assert_eq!(outcomes, [(2, TestOutcome::PASS), (5, TestOutcome::FAIL)]);
        let [error] = &memory.errors[..] else {
            panic!("{:?}", memory.errors);
        };
        assert_eq!(error.entity, Some(EntityId::gpu(5)));
        assert_eq!(error.code, FailureCode::from_raw(4));
        assert_eq!(&*error.message, "Detected 2 volatile double-bit ECC errors");
        assert_eq!(report.all_errors().count(), 1);
        let notes = report.tests.iter().flat_map(|test| &test.notes);
        let notes: Vec<_> = notes.map(|note| &*note.message).collect();
        assert!(
            notes.contains(&"memory.minimum_allocation_percentage=70;pcie.test_pinned=false"),
            "{notes:?}"
        );
    }
}

#[test]
fn reads_do_not_wait_for_a_diagnostic_and_another_thread_stops_it() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.diagnostics(DiagnosticsMode::Holds, None);
        let engine = &bench.engine;
        let (sender, receiver) = mpsc::channel();
        let error = thread::scope(|scope| {
            scope.spawn(move || {
                // Both happen while it runs: it does not end by itself.
                receiver.recv_timeout(PATIENCE).expect("progress");
                let query = Query::new([(vec![EntityId::gpu(0)], vec![FieldId::GPU_TEMP])]);
                let mut samples = Samples::new();
                let began = Instant::now();
                for _ in 0..20 {
                    engine.latest(&query, &mut samples).expect("latest");
                }
                assert!(began.elapsed() < Duration::from_secs(2), "{flavour:?}");
                engine.diagnostics().stop().expect("stop");
            });
            let request = DiagnosticRequest::with_tests(["memory", "pcie", "memtest"]);
            engine.diagnostics().run(&request, &mut |_| {
                sender.send(()).expect("the other thread");
                ControlFlow::Continue(())
            })
        });
        let error = error.unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NVVS_KILLED), "{error}");
        // The connection of the diagnostic is gone.
        let until = Instant::now() + PATIENCE;
        while bench.control.open().handles > 1 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(bench.control.open().handles, 1);
        assert_eq!(bench.control.panics(), 0);
    }
}

#[test]
fn progress_names_the_tests_of_this_diagnostic_and_can_stop_it() {
    let bench = Bench::new(Flavour::V4_6);
    let request = DiagnosticRequest::with_tests(["memory", "pcie", "memtest"]);
    // What an earlier one left in the engine is no progress of the next.
    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    let diagnostics = bench.engine.diagnostics();
    diagnostics.run(&request, &mut go_on).expect("a report");
    bench.control.diagnostics(DiagnosticsMode::Holds, None);
    let mut seen = Vec::new();
    let error = diagnostics.run(&request, &mut |progress| {
        seen.push(progress.clone());
        if progress.tests.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let error = error.unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NVVS_KILLED), "{error}");
    let last = seen.last().and_then(|progress| progress.tests.clone());
    let last = last.expect("progress");
    assert_eq!((last.completed, last.total), (1, 3));
    assert_eq!(last.latest.as_deref(), Some("memory"));
}

#[test]
fn a_diagnostic_is_stopped_at_its_deadline() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.diagnostics(DiagnosticsMode::Holds, None);
        let deadline = Duration::from_millis(300);
        let request = DiagnosticRequest::with_tests(["memory", "pcie"]).with_deadline(deadline);
        let began = Instant::now();
        let error = bench.engine.diagnostics().run(&request, &mut go_on);
        assert!(
            matches!(&error, Err(Error::Timeout { after, .. }) if *after == deadline),
            "{error:?}"
        );
        assert!(began.elapsed() < PATIENCE);
        // The engine is free for the next.
        bench.control.diagnostics(DiagnosticsMode::Finishes, None);
        let report = bench.engine.diagnostics().run(&request, &mut go_on);
        assert_eq!(report.expect("a report").outcome(), TestOutcome::PASS);
    }
}

#[test]
fn a_caller_that_panics_leaves_no_diagnostic_behind() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.diagnostics(DiagnosticsMode::Holds, None);
    let request = DiagnosticRequest::with_tests(["memory", "pcie"]);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let diagnostics = bench.engine.diagnostics();
        drop(diagnostics.run(&request, &mut |_| panic!("a bug of the program")));
    }));
    assert!(panicked.is_err());
    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    let until = Instant::now() + PATIENCE;
    loop {
        match bench.engine.diagnostics().run(&request, &mut go_on) {
            Ok(report) => break assert_eq!(report.outcome(), TestOutcome::PASS),
            Err(error) if Instant::now() > until => panic!("{error}"),
            Err(error) => assert_eq!(error.code(), Some(ReturnCode::DIAG_ALREADY_RUNNING)),
        }
    }
}

#[test]
fn one_diagnostic_runs_at_a_time() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.diagnostics(DiagnosticsMode::Holds, None);
    let request = DiagnosticRequest::with_tests(["memory", "pcie"]);
    let diagnostics = bench.engine.diagnostics();
    let mut second = None;
    let first = diagnostics.run(&request, &mut |_| {
        second = Some(diagnostics.run(&request, &mut go_on));
        ControlFlow::Break(())
    });
    assert!(first.is_err());
    let second = second.expect("it was tried").unwrap_err();
    assert_eq!(second.code(), Some(ReturnCode::DIAG_ALREADY_RUNNING));
    assert!(second.is_transient());
}

#[test]
fn heartbeats_are_sent_where_the_library_has_them() {
    let request = DiagnosticRequest::with_tests(["memory", "pcie"]).end_with_client();
    let bench = Bench::new(Flavour::V4_6);
    bench.control.diagnostics(DiagnosticsMode::Holds, None);
    let mut looks = 0;
    let stopped = bench.engine.diagnostics().run(&request, &mut |_| {
        looks += 1;
        if looks < 3 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    assert!(stopped.is_err());
    assert_eq!(bench.control.heartbeats(), 3);
    drop(bench);
    let bench = Bench::new(Flavour::V3_3);
    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    let error = bench.engine.diagnostics().run(&request, &mut go_on);
    assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
}

#[test]
fn a_client_that_is_not_connected_runs_none() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    bench.engine.close();
    let request = DiagnosticRequest::new(DiagnosticLevel::Short);
    let error = bench.engine.diagnostics().run(&request, &mut go_on);
    assert!(matches!(error, Err(Error::NotConnected)), "{error:?}");
}

#[test]
fn the_death_of_the_engine_ends_the_call() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.diagnostics(DiagnosticsMode::Holds, None);
        let request = DiagnosticRequest::with_tests(["memory", "pcie"]);
        let began = Instant::now();
        let error = bench.engine.diagnostics().run(&request, &mut |_| {
            bench.control.kill(bench.served);
            ControlFlow::Continue(())
        });
        assert!(error.unwrap_err().is_disconnected());
        assert!(began.elapsed() < PATIENCE);
    }
}

#[test]
fn what_does_not_fit_is_refused_before_a_call() {
    let bench = Bench::new(Flavour::V3_3);
    bench.control.diagnostics(DiagnosticsMode::Finishes, None);
    let long = "x".repeat(50);
    let many = (0..21).map(|index| format!("test{index}"));
    let one = || DiagnosticRequest::with_tests(["memory"]);
    let mut crowd = one();
    for index in 0..101 {
        crowd = crowd.with_parameter("memory", format!("p{index}"), "1");
    }
    for request in [
        DiagnosticRequest::with_tests([long.as_str()]),
        DiagnosticRequest::with_tests(many),
        DiagnosticRequest::with_tests([""]),
        DiagnosticRequest::with_tests(Vec::<String>::new()),
        DiagnosticRequest::with_tests(["a\0b"]),
        crowd,
        one().with_parameter("memory", "p", "y".repeat(1050)),
        one().with_parameter("memory", "p", "1;pcie.q=2"),
        one().on_entities([EntityId::switch(0)]),
        // 3.3 tests GPUs only.
        one().on_entities([EntityId::new(EntityKind::CPU, 0)]),
        one().on_entities((100..120).map(EntityId::gpu)),
    ] {
        let before = bench.control.calls("dcgmActionValidate_v2");
        let error = bench.engine.diagnostics().run(&request, &mut go_on);
        assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
        assert_eq!(bench.control.calls("dcgmActionValidate_v2"), before);
    }
}

#[test]
fn counts_beyond_the_arrays_are_clamped() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench
            .control
            .diagnostics(DiagnosticsMode::Finishes, Some(1));
        assert!(
            bench
                .control
                .garbage("dcgmActionValidate_v2", Garbage::HugeCount)
        );
        let request = DiagnosticRequest::with_tests(["memory"]);
        let report = bench.engine.diagnostics().run(&request, &mut go_on);
        let report = report.expect("a report");
        assert!(report.tests.len() <= 29 && report.entities.len() <= 1024);
        assert!(!report.tests.is_empty());
    }
}

#[test]
fn an_embedded_engine_is_read_and_stopped_meanwhile() {
    for flavour in FLAVOURS {
        let bench = Bench::embedded(flavour);
        bench.control.diagnostics(DiagnosticsMode::Holds, None);
        let request = DiagnosticRequest::with_tests(["memory", "pcie"]);
        let diagnostics = bench.engine.diagnostics();
        let error = diagnostics.run(&request, &mut |_| {
            bench.engine.entity_ids(EntityKind::GPU).expect("GPUs");
            ControlFlow::Break(())
        });
        assert_eq!(error.unwrap_err().code(), Some(ReturnCode::NVVS_KILLED));
        bench.control.diagnostics(DiagnosticsMode::Finishes, None);
        let report = diagnostics.run(&request, &mut go_on).expect("a report");
        assert_eq!(report.outcome(), TestOutcome::PASS);
        // The engine is still there.
        bench.engine.entity_ids(EntityKind::GPU).expect("GPUs");
    }
}
