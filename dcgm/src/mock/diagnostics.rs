//! The implementation of [`DiagnosticsClient`] for [`Mock`].

use core::ops::ControlFlow;

use crate::client::Client as _;
use crate::code::ReturnCode;
use crate::diagnostics::{
    DiagnosticLevel, DiagnosticProgress, DiagnosticReport, DiagnosticRequest, DiagnosticsClient,
    EntityOutcome, HostReport, MultiNodeReport, MultiNodeRequest, TestOutcome, TestProgress,
    TestReport, TestSelection, TestedEntity,
};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Operation, Result};
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;

/// The diagnostic of the simulated engine.
#[derive(Debug, Default)]
pub(super) struct MockDiagnostics {
    /// The results that a test set.
    report: Option<DiagnosticReport>,
    is_running: bool,
    is_stopped: bool,
}

/// The tests of each level, which includes those of the levels before.
const LEVELS: [(DiagnosticLevel, &[&str]); 4] = [
    (DiagnosticLevel::Short, &["software"]),
    (DiagnosticLevel::Medium, &["pcie", "memory"]),
    (
        DiagnosticLevel::Long,
        &[
            "diagnostic",
            "targeted_stress",
            "targeted_power",
            "nvbandwidth",
        ],
    ),
    (DiagnosticLevel::ExtraLong, &["memtest", "pulse_test"]),
];

/// Diagnostics.
impl Mock {
    /// Sets the results of all diagnostics from now on. Without this, every test passes.
    pub fn set_diagnostic_report(&self, report: DiagnosticReport) {
        self.inner.state.lock().diagnostics.report = Some(report);
    }

    /// Takes part in the engine, which runs one diagnostic at a time.
    fn begin_diagnostic(&self) -> Result<RunGuard<'_>> {
        self.inner.enter_call(Call::Diagnostics)?;
        let mut state = self.inner.state.lock();
        if state.diagnostics.is_running {
            return Err(refusal_error(
                Call::Diagnostics,
                ReturnCode::DIAG_ALREADY_RUNNING,
            ));
        }
        state.diagnostics.is_running = true;
        state.diagnostics.is_stopped = false;
        Ok(RunGuard(self))
    }

    /// Calls `progress` after each test, and ends with an error if the diagnostic was stopped.
    fn step_tests(
        &self,
        (names, deadline): (&[std::sync::Arc<str>], std::time::Duration),
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<()> {
        let began = self.inner.clock.now();
        let total = u32::try_from(names.len()).unwrap_or(u32::MAX);
        for (completed, name) in (1..).zip(names) {
            let elapsed = self.inner.clock.now().saturating_sub(began);
            if elapsed >= deadline {
                return Err(Error::Timeout {
                    operation: Operation::Diagnose,
                    after: deadline,
                });
            }
            let step = DiagnosticProgress {
                elapsed,
                tests: Some(TestProgress {
                    completed,
                    total,
                    latest: Some(name.clone()),
                }),
            };
            let is_ended = progress(&step).is_break();
            if is_ended || self.inner.state.lock().diagnostics.is_stopped {
                return Err(refusal_error(Call::Diagnostics, ReturnCode::NVVS_KILLED));
            }
        }
        Ok(())
    }
}

/// Ends the diagnostic when dropped, also by a panic of the caller's `progress`.
struct RunGuard<'a>(&'a Mock);

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        self.0.inner.state.lock().diagnostics.is_running = false;
    }
}

fn test_names(tests: &TestSelection) -> Vec<std::sync::Arc<str>> {
    match tests {
        TestSelection::Level(level) => {
            let rows = LEVELS.iter().filter(|(one, _)| one <= level);
            rows.flat_map(|(_, names)| *names)
                .map(|name| (*name).into())
                .collect()
        }
        TestSelection::Named(names) => names.iter().map(|name| name.as_str().into()).collect(),
    }
}

fn passed(name: &std::sync::Arc<str>, entities: &[EntityId]) -> TestReport {
    let mut report = TestReport::new(name.clone(), TestOutcome::PASS);
    let outcome = |id: &EntityId| EntityOutcome::new(*id, TestOutcome::PASS);
    report.entities = entities.iter().map(outcome).collect();
    report
}

/// Works through the tests without a pause, and calls `progress` after each.
impl DiagnosticsClient for Mock {
    fn run(
        &self,
        request: &DiagnosticRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<DiagnosticReport> {
        let guard = self.begin_diagnostic()?;
        let entities = match request.entities.as_slice() {
            [] => self.entity_ids(EntityKind::GPU)?,
            some => some.to_vec(),
        };
        let names = test_names(&request.tests);
        self.step_tests((&names, request.deadline), progress)?;
        drop(guard);
        let report = self.inner.state.lock().diagnostics.report.clone();
        Ok(report.unwrap_or_else(|| {
            let tested = entities.iter();
            DiagnosticReport {
                tests: names.iter().map(|name| passed(name, &entities)).collect(),
                entities: tested
                    .map(|id| TestedEntity::new(*id, None, None))
                    .collect(),
                ..DiagnosticReport::default()
            }
        }))
    }

    fn stop(&self) -> Result<()> {
        self.inner.enter_call(Call::Diagnostics)?;
        self.inner.state.lock().diagnostics.is_stopped = true;
        Ok(())
    }

    fn run_on_hosts(
        &self,
        request: &MultiNodeRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<MultiNodeReport> {
        let guard = self.begin_diagnostic()?;
        let name = std::sync::Arc::from(request.test.as_str());
        self.step_tests(
            (&[std::sync::Arc::clone(&name)], request.deadline),
            progress,
        )?;
        drop(guard);
        let hosts = request.hosts.iter();
        Ok(MultiNodeReport {
            hosts: hosts.map(|host| HostReport::new(host.as_str())).collect(),
            tests: vec![passed(&name, &[])],
        })
    }

    fn stop_on_hosts(&self) -> Result<()> {
        DiagnosticsClient::stop(self)
    }
}
