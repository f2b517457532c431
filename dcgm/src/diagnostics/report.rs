//! The results of a diagnostic.

use std::sync::Arc;

use crate::entity::EntityId;
use crate::parse::open_enum;

/// The results of a diagnostic.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticReport {
    /// The tests, in the engine's order.
    pub tests: Vec<TestReport>,
    /// The entities that were tested.
    pub entities: Vec<TestedEntity>,
    /// Errors of the diagnostic itself, which belong to no test.
    pub errors: Vec<DiagnosticError>,
    /// The engine's version.
    pub engine_version: Option<Arc<str>>,
    /// The driver's version.
    pub driver_version: Option<Arc<str>>,
}

impl DiagnosticReport {
    /// Returns the worst outcome of the tests: [`FAIL`](TestOutcome::FAIL) if one failed or the diagnostic
    /// itself had an error, [`WARN`](TestOutcome::WARN) if one warned, [`PASS`](TestOutcome::PASS) if one
    /// passed, else [`SKIP`](TestOutcome::SKIP).
    #[must_use]
    pub fn outcome(&self) -> TestOutcome {
        worst_outcome(
            self.tests.iter().map(|test| test.outcome),
            !self.errors.is_empty(),
        )
    }

    /// Returns the errors of all tests and of the diagnostic itself.
    pub fn all_errors(&self) -> impl Iterator<Item = &DiagnosticError> {
        let of_tests = self.tests.iter().flat_map(|test| &test.errors);
        self.errors.iter().chain(of_tests)
    }
}

/// Returns the worst of the outcomes; a number that has no name counts as failed.
pub(crate) fn worst_outcome(
    outcomes: impl Iterator<Item = TestOutcome>,
    has_error: bool,
) -> TestOutcome {
    const fn rank(outcome: TestOutcome) -> u8 {
        match outcome {
            TestOutcome::SKIP | TestOutcome::NOT_RUN => 0,
            TestOutcome::PASS => 1,
            TestOutcome::WARN => 2,
            _ => 3,
        }
    }
    let worst = outcomes.map(rank).max().unwrap_or(0);
    match if has_error { 3 } else { worst } {
        0 => TestOutcome::SKIP,
        1 => TestOutcome::PASS,
        2 => TestOutcome::WARN,
        _ => TestOutcome::FAIL,
    }
}

/// The result of one test.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TestReport {
    /// The name, as in `memory` or `pcie`.
    pub name: Arc<str>,
    /// The category, as in `Integration`. Since DCGM 4.0.
    pub category: Option<Arc<str>>,
    /// The outcome over all entities.
    pub outcome: TestOutcome,
    /// The outcome of each entity; empty for a test of the host.
    pub entities: Vec<EntityOutcome>,
    /// The errors.
    pub errors: Vec<DiagnosticError>,
    /// What the test says beside errors, for people.
    pub notes: Vec<DiagnosticNote>,
}

impl TestReport {
    /// Creates the result of a test without entities, errors and notes.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, outcome: TestOutcome) -> Self {
        Self {
            name: name.into(),
            category: None,
            outcome,
            entities: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The outcome of a test for one entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EntityOutcome {
    /// The entity.
    pub entity: EntityId,
    /// The outcome.
    pub outcome: TestOutcome,
}

impl EntityOutcome {
    /// Creates an outcome.
    #[must_use]
    pub const fn new(entity: EntityId, outcome: TestOutcome) -> Self {
        Self { entity, outcome }
    }
}

/// An error that a diagnostic found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticError {
    /// The entity; `None` for an error of the host.
    pub entity: Option<EntityId>,
    /// The kind of the error.
    pub code: FailureCode,
    /// The text, for people. Programs decide by the code.
    pub message: Arc<str>,
}

impl DiagnosticError {
    /// Creates an error.
    #[must_use]
    pub const fn new(entity: Option<EntityId>, code: FailureCode, message: Arc<str>) -> Self {
        Self {
            entity,
            code,
            message,
        }
    }
}

/// A text of a test that is no error.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticNote {
    /// The entity; `None` for the host.
    pub entity: Option<EntityId>,
    /// The text.
    pub message: Arc<str>,
}

impl DiagnosticNote {
    /// Creates a note.
    #[must_use]
    pub const fn new(entity: Option<EntityId>, message: Arc<str>) -> Self {
        Self { entity, message }
    }
}

/// An entity that was tested.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TestedEntity {
    /// The entity.
    pub entity: EntityId,
    /// The serial number.
    pub serial: Option<Arc<str>>,
    /// The PCI device id, as in `2330`.
    pub device_id: Option<Arc<str>>,
}

impl TestedEntity {
    /// Creates the description of an entity.
    #[must_use]
    pub const fn new(
        entity: EntityId,
        serial: Option<Arc<str>>,
        device_id: Option<Arc<str>>,
    ) -> Self {
        Self {
            entity,
            serial,
            device_id,
        }
    }
}

/// The number of a kind of error (`DCGM_FR_*`), with the meaning that DCGM gives it.
///
/// 0 means that there is no error. Releases add numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmError_t")]
pub struct FailureCode(u32);

impl FailureCode {
    /// Wraps DCGM's number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns DCGM's number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// The outcome of a test.
///
/// ```
/// use dcgm::diagnostics::TestOutcome;
///
/// assert_eq!(TestOutcome::FAIL.to_string(), "fail");
/// // An outcome of a later release keeps its number.
/// assert_eq!(TestOutcome::from_raw(9).to_string(), "outcome-9");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmDiagResult_t")]
pub struct TestOutcome(u32);

open_enum! { TestOutcome, "outcome", "the outcome of a test";
    DCGM_DIAG_RESULT_PASS => PASS, "pass", "The test passed.";
    DCGM_DIAG_RESULT_SKIP => SKIP, "skip", "The test was skipped.";
    DCGM_DIAG_RESULT_WARN => WARN, "warn", "The test passed, with a warning.";
    DCGM_DIAG_RESULT_FAIL => FAIL, "fail", "The test failed.";
    DCGM_DIAG_RESULT_NOT_RUN => NOT_RUN, "not run", "The test was not run.";
}
