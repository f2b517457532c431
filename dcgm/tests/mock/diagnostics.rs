//! Claims about diagnostics of a mock.

use std::ops::ControlFlow;

use dcgm::diagnostics::{
    DiagnosticError, DiagnosticLevel, DiagnosticReport, DiagnosticRequest, FailureCode,
    MultiNodeRequest, TestOutcome, TestReport,
};
use dcgm::mock::Mock;
use dcgm::{Client as _, EntityId, ReturnCode};

fn connected() -> Mock {
    let mock = Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    mock
}

#[test]
fn each_level_includes_the_one_before() {
    let mock = connected();
    let names = |level| {
        let request = DiagnosticRequest::new(level);
        let report = mock
            .diagnostics()
            .run(&request, &mut |_| ControlFlow::Continue(()));
        let report = report.unwrap();
        assert_eq!(report.outcome(), TestOutcome::PASS);
        assert_eq!(report.entities.len(), 8);
        report.tests.len()
    };
    let counts = [
        names(DiagnosticLevel::Short),
        names(DiagnosticLevel::Medium),
        names(DiagnosticLevel::Long),
        names(DiagnosticLevel::ExtraLong),
    ];
    assert!(counts.is_sorted_by(|one, next| one < next), "{counts:?}");
}

#[test]
fn a_diagnostic_is_stopped_by_its_progress_and_by_another_clone() {
    let mock = connected();
    let request = DiagnosticRequest::with_tests(["memory", "pcie"]);
    let mut seen = Vec::new();
    let stopped = mock.diagnostics().run(&request, &mut |progress| {
        seen.push(progress.tests.clone().unwrap().completed);
        ControlFlow::Break(())
    });
    assert_eq!(stopped.unwrap_err().code(), Some(ReturnCode::NVVS_KILLED));
    assert_eq!(seen, [1]);
    let other = mock.clone();
    let stopped = mock.diagnostics().run(&request, &mut |_| {
        // Only one runs at a time.
        let second = other
            .diagnostics()
            .run(&request, &mut |_| ControlFlow::Continue(()));
        assert_eq!(
            second.unwrap_err().code(),
            Some(ReturnCode::DIAG_ALREADY_RUNNING)
        );
        other.diagnostics().stop().unwrap();
        ControlFlow::Continue(())
    });
    assert_eq!(stopped.unwrap_err().code(), Some(ReturnCode::NVVS_KILLED));
    mock.diagnostics()
        .run(&request, &mut |_| ControlFlow::Continue(()))
        .unwrap();
}

#[test]
fn a_test_sets_the_report() {
    let mock = connected();
    let mut report = DiagnosticReport::default();
    let mut memory = TestReport::new("memory", TestOutcome::FAIL);
    memory.errors.push(DiagnosticError::new(
        Some(EntityId::gpu(3)),
        FailureCode::from_raw(4),
        "double-bit errors".into(),
    ));
    report.tests.push(memory);
    mock.set_diagnostic_report(report.clone());
    let request = DiagnosticRequest::new(DiagnosticLevel::Short);
    let got = mock
        .diagnostics()
        .run(&request, &mut |_| ControlFlow::Continue(()));
    assert_eq!(got.unwrap(), report);
    assert_eq!(report.outcome(), TestOutcome::FAIL);
    assert_eq!(report.all_errors().count(), 1);
}

#[test]
fn the_worst_outcome_counts() {
    let report = |outcomes: &[TestOutcome]| {
        let mut report = DiagnosticReport::default();
        report.tests = outcomes
            .iter()
            .map(|one| TestReport::new("a", *one))
            .collect();
        report.outcome()
    };
    let unknown = TestOutcome::from_raw(9);
    for (outcomes, worst) in [
        (&[][..], TestOutcome::SKIP),
        (
            &[TestOutcome::NOT_RUN, TestOutcome::SKIP],
            TestOutcome::SKIP,
        ),
        (&[TestOutcome::SKIP, TestOutcome::PASS], TestOutcome::PASS),
        (&[TestOutcome::WARN, TestOutcome::PASS], TestOutcome::WARN),
        (&[TestOutcome::WARN, TestOutcome::FAIL], TestOutcome::FAIL),
        (&[TestOutcome::PASS, unknown], TestOutcome::FAIL),
    ] {
        assert_eq!(report(outcomes), worst, "{outcomes:?}");
    }
}

#[test]
fn hosts_are_reported_by_name() {
    let mock = connected();
    let request = MultiNodeRequest::new(["node1", "node2"], "mnubergemm");
    let report = mock
        .diagnostics()
        .run_on_hosts(&request, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    let names: Vec<_> = report.hosts.iter().map(|host| &*host.name).collect();
    assert_eq!(names, ["node1", "node2"]);
    assert_eq!(report.outcome(), TestOutcome::PASS);
}
