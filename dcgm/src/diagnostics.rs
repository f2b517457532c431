//! Diagnostics: tests of GPUs that the host engine runs, which take seconds to hours.

mod multi_node;
mod report;

use core::fmt::Debug;
use core::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crate::entity::EntityId;
use crate::error::Result;
use crate::not_implemented::{NotImplemented, not_implemented};

pub use multi_node::{HostReport, MultiNodeReport, MultiNodeRequest};
pub(crate) use report::worst_outcome;
pub use report::{
    DiagnosticError, DiagnosticNote, DiagnosticReport, EntityOutcome, FailureCode, TestOutcome,
    TestReport, TestedEntity,
};

/// Access to the diagnostics of the host engine. Returned by
/// [`Client::diagnostics`](crate::Client::diagnostics).
///
/// **A diagnostic is active**: it loads the GPUs, and the engine pauses telemetry while some tests run. It
/// needs the GPUs to be idle. An engine runs one diagnostic at a time.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::ops::ControlFlow;
/// use dcgm::diagnostics::{DiagnosticLevel, DiagnosticRequest, TestOutcome};
/// use dcgm::{Client, mock::Mock};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let request = DiagnosticRequest::new(DiagnosticLevel::Short);
/// let report = mock.diagnostics().run(&request, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(report.outcome(), TestOutcome::PASS);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait DiagnosticsClient: Debug + Send + Sync {
    /// Runs a diagnostic and returns its results.
    ///
    /// The call lasts until the diagnostic ends. It uses a connection and a thread of its own: other
    /// calls of the client do not wait for it. `progress` is called about twice a second, on this
    /// thread; if it breaks, the diagnostic is stopped.
    ///
    /// A failed test is no error: see [`DiagnosticReport::outcome`].
    ///
    /// # Errors
    ///
    /// * [`MODULE_NOT_LOADED`](crate::ReturnCode::MODULE_NOT_LOADED): the engine has no diagnostics. They
    ///   are in a package of their own, one for each release of CUDA.
    /// * [`DIAG_ALREADY_RUNNING`](crate::ReturnCode::DIAG_ALREADY_RUNNING): another client runs one.
    /// * [`Error::Timeout`](crate::Error::Timeout): the [deadline](DiagnosticRequest::with_deadline) passed,
    ///   and the diagnostic was stopped.
    /// * [`NVVS_KILLED`](crate::ReturnCode::NVVS_KILLED) or
    ///   [`DIAG_STOPPED`](crate::ReturnCode::DIAG_STOPPED): it was stopped by `progress` or by
    ///   [`stop`](Self::stop), of this or of another client.
    /// * [`Error::Request`](crate::Error::Request): a name or a parameter is too long, there are too many, or
    ///   an entity is of a kind that has no diagnostic.
    /// * All errors of a connect.
    fn run(
        &self,
        request: &DiagnosticRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<DiagnosticReport> {
        let _ = (request, progress);
        not_implemented("DiagnosticsClient::run")
    }

    /// Stops the diagnostic that the engine runs, whichever client started it. It does not wait for a
    /// [`run`](Self::run) in progress, which then returns an error.
    ///
    /// # Errors
    ///
    /// [`MODULE_NOT_LOADED`](crate::ReturnCode::MODULE_NOT_LOADED) as for `run`, and those of a read.
    fn stop(&self) -> Result<()> {
        not_implemented("DiagnosticsClient::stop")
    }

    /// Runs a diagnostic on several hosts, on each of which a host engine runs. Since DCGM 4.3.
    ///
    /// As for [`run`](Self::run), other calls do not wait. The engine reports no progress of the tests:
    /// [`DiagnosticProgress::tests`] is `None`.
    ///
    /// # Errors
    ///
    /// The same as for [`run`](Self::run). With DCGM before 4.3,
    /// [`Error::SymbolMissing`](crate::Error::SymbolMissing).
    fn run_on_hosts(
        &self,
        request: &MultiNodeRequest,
        progress: &mut dyn FnMut(&DiagnosticProgress) -> ControlFlow<()>,
    ) -> Result<MultiNodeReport> {
        let _ = (request, progress);
        not_implemented("DiagnosticsClient::run_on_hosts")
    }

    /// Stops a diagnostic on several hosts.
    ///
    /// # Errors
    ///
    /// The same as for [`stop`](Self::stop); [`Error::SymbolMissing`](crate::Error::SymbolMissing) before
    /// DCGM 4.3.
    fn stop_on_hosts(&self) -> Result<()> {
        not_implemented("DiagnosticsClient::stop_on_hosts")
    }
}

impl DiagnosticsClient for NotImplemented {}

/// A diagnostic to run: its tests, entities, parameters and deadline.
///
/// ```
/// use std::time::Duration;
/// use dcgm::EntityId;
/// use dcgm::diagnostics::{DiagnosticLevel, DiagnosticRequest};
///
/// // A level, on all GPUs.
/// let quick = DiagnosticRequest::new(DiagnosticLevel::Short);
/// assert_eq!(quick.deadline, Duration::from_secs(5 * 60));
/// // One test, on one GPU.
/// let memory = DiagnosticRequest::with_tests(["memory"])
///     .on_entities([EntityId::gpu(3)])
///     .with_parameter("memory", "minimum_allocation_percentage", "70")
///     .with_deadline(Duration::from_secs(600));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticRequest {
    /// The tests to run.
    pub tests: TestSelection,
    /// The GPUs and CPUs to test; all GPUs if it is empty. The GPUs must be of one product. Before DCGM
    /// 4.0, only GPUs can be tested.
    pub entities: Vec<EntityId>,
    /// Parameters of tests, at most 100.
    pub parameters: Vec<TestParameter>,
    /// The time after which the diagnostic is stopped.
    pub deadline: Duration,
    /// Set if the diagnostic ends at the first failed test.
    pub stops_at_failure: bool,
    /// Set if the engine ends the diagnostic when this process dies. Needs DCGM 4.4.2.
    pub ends_with_client: bool,
}

/// The tests of a diagnostic.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TestSelection {
    /// The tests of a level.
    Level(DiagnosticLevel),
    /// Tests by name, such as `memory`, `pcie` or `targeted_power`: at most 20, of at most 49 bytes each.
    Named(Vec<String>),
}

/// The levels of diagnostics. Each includes the tests of the one before.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum DiagnosticLevel {
    /// Level 1, a check of the installation: seconds.
    Short,
    /// Level 2, short tests of the hardware: minutes.
    Medium,
    /// Level 3, tests under load: up to an hour.
    Long,
    /// Level 4, the longest tests: hours.
    ExtraLong,
}

impl DiagnosticLevel {
    /// Returns the deadline that a request of this level has if it sets none: 5 min, 20 min, 90 min and 6 h.
    /// Several times what NVIDIA states, since the time grows with the memory of the GPUs.
    #[must_use]
    pub const fn default_deadline(self) -> Duration {
        const MINUTE: u64 = 60;
        Duration::from_secs(match self {
            Self::Short => 5 * MINUTE,
            Self::Medium => 20 * MINUTE,
            Self::Long => 90 * MINUTE,
            Self::ExtraLong => 360 * MINUTE,
        })
    }
}

/// A parameter of a test.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TestParameter {
    /// The test.
    pub test: String,
    /// The name of the parameter.
    pub name: String,
    /// The value.
    pub value: String,
}

impl TestParameter {
    /// Returns the text that DCGM takes, as in `memory.minimum_allocation_percentage=70`.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}={}", self.test, self.name, self.value)
    }
}

impl DiagnosticRequest {
    /// Creates a request for the tests of a level on all GPUs, with the default deadline of the level.
    #[must_use]
    pub fn new(level: DiagnosticLevel) -> Self {
        Self::of(TestSelection::Level(level), level.default_deadline())
    }

    /// Creates a request for tests by name on all GPUs. The deadline is that of
    /// [`DiagnosticLevel::Long`].
    #[must_use]
    pub fn with_tests(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self::of(
            TestSelection::Named(names),
            DiagnosticLevel::Long.default_deadline(),
        )
    }

    fn of(tests: TestSelection, deadline: Duration) -> Self {
        Self {
            tests,
            entities: Vec::new(),
            parameters: Vec::new(),
            deadline,
            stops_at_failure: false,
            ends_with_client: false,
        }
    }

    /// Limits the diagnostic to these entities.
    #[must_use]
    pub fn on_entities(mut self, entities: impl IntoIterator<Item = EntityId>) -> Self {
        self.entities = entities.into_iter().collect();
        self
    }

    /// Adds a parameter of a test.
    #[must_use]
    pub fn with_parameter(
        mut self,
        test: impl Into<String>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.parameters.push(TestParameter {
            test: test.into(),
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

    /// Ends the diagnostic at the first failed test.
    #[must_use]
    pub const fn stop_at_failure(mut self) -> Self {
        self.stops_at_failure = true;
        self
    }

    /// Makes the engine end the diagnostic when this process dies.
    #[must_use]
    pub const fn end_with_client(mut self) -> Self {
        self.ends_with_client = true;
        self
    }
}

/// The progress of a diagnostic.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticProgress {
    /// The time since it began.
    pub elapsed: Duration,
    /// The tests that are done; `None` until the engine reports the first, and always before DCGM 4.0.
    pub tests: Option<TestProgress>,
}

/// The tests that a running diagnostic has done.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TestProgress {
    /// The number of tests that are done.
    pub completed: u32,
    /// The number of tests in all.
    pub total: u32,
    /// The test that ended last; `None` if the engine names none.
    pub latest: Option<Arc<str>>,
}
