//! Diagnostics of several hosts.

use std::sync::Arc;
use std::time::Duration;

use super::report::worst_outcome;
use super::{DiagnosticLevel, EntityOutcome, TestOutcome, TestParameter, TestReport, TestedEntity};
use crate::diagnostics::DiagnosticError;

/// A diagnostic of several hosts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct MultiNodeRequest {
    /// The hosts, each as `HOST`, or `HOST:PORT` of its engine: at most 72, and 576 since DCGM 4.7, of at
    /// most 255 bytes each.
    pub hosts: Vec<String>,
    /// The test, at most 255 bytes, as in `mnubergemm`.
    pub test: String,
    /// Parameters of the test, at most 100.
    pub parameters: Vec<TestParameter>,
    /// The time after which the diagnostic is stopped.
    pub deadline: Duration,
}

impl MultiNodeRequest {
    /// Creates a request with the deadline of [`DiagnosticLevel::Long`].
    #[must_use]
    pub fn new(
        hosts: impl IntoIterator<Item = impl Into<String>>,
        test: impl Into<String>,
    ) -> Self {
        Self {
            hosts: hosts.into_iter().map(Into::into).collect(),
            test: test.into(),
            parameters: Vec::new(),
            deadline: DiagnosticLevel::Long.default_deadline(),
        }
    }

    /// Adds a parameter of the test.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(TestParameter {
            test: self.test.clone(),
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// Sets the time after which the diagnostic is stopped.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

/// The results of a diagnostic of several hosts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct MultiNodeReport {
    /// The hosts, in the engine's order.
    pub hosts: Vec<HostReport>,
    /// The tests over all hosts. Their [`entities`](TestReport::entities) are empty, as an entity is one of
    /// a host: see [`HostReport::outcomes`].
    pub tests: Vec<TestReport>,
}

impl MultiNodeReport {
    /// Returns the worst outcome, as [`DiagnosticReport::outcome`](super::DiagnosticReport::outcome) does.
    #[must_use]
    pub fn outcome(&self) -> TestOutcome {
        worst_outcome(self.tests.iter().map(|test| test.outcome), false)
    }
}

/// The results of one host.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostReport {
    /// The name.
    pub name: Arc<str>,
    /// The engine's version.
    pub engine_version: Option<Arc<str>>,
    /// The driver's version.
    pub driver_version: Option<Arc<str>>,
    /// The entities that were tested.
    pub entities: Vec<TestedEntity>,
    /// The outcome of each entity in each test: the test's place in [`MultiNodeReport::tests`], and the
    /// outcome.
    pub outcomes: Vec<(usize, EntityOutcome)>,
    /// The errors.
    pub errors: Vec<DiagnosticError>,
}

impl HostReport {
    /// Creates the results of a host without entities.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            engine_version: None,
            driver_version: None,
            entities: Vec::new(),
            outcomes: Vec::new(),
            errors: Vec::new(),
        }
    }
}
