//! The errors of definitions.

use core::fmt;

/// A mistake in the definition of a metric.
///
/// `Display` writes one line, as in `scale="0": expected a number other than 0`.
///
/// ```
/// use dcgm_otel::{CustomMetric, CustomMetricReason};
///
/// let error = "DCGM_FI_DEV_FAN_SPEED_ as fan".parse::<CustomMetric>().unwrap_err();
/// assert_eq!(error.reason, CustomMetricReason::UnknownField);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct CustomMetricError {
    /// The kind of mistake.
    pub reason: CustomMetricReason,
    /// The part of the definition: `field`, `name`, `unit`, ….
    pub key: String,
    /// The invalid value.
    pub input: String,
    /// The valid values.
    pub expected: String,
    /// A likely correction.
    pub hint: Option<String>,
}

impl CustomMetricError {
    pub(super) fn new(
        reason: CustomMetricReason,
        key: &str,
        input: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            reason,
            key: key.to_owned(),
            input: input.into(),
            expected: expected.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for CustomMetricError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}={:?}: expected {}",
            self.key, self.input, self.expected
        )?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The kind of a mistake in the definition of a metric.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CustomMetricReason {
    /// The text does not have the form of a definition.
    Syntax,
    /// A part of the definition is unknown.
    UnknownKey,
    /// A part of the definition is given twice.
    RepeatedKey,
    /// The field or the name is missing.
    Missing,
    /// The name of a field is unknown, or its number is 0. Other numbers can be those of a newer DCGM.
    UnknownField,
    /// The values of the field are not numbers.
    NotANumber,
    /// The field is one of entities that have no series.
    NoEntities,
    /// The name breaks OpenTelemetry's rules.
    InvalidName,
    /// The meter has a metric of this name, or of one that is the same for Prometheus.
    NameTaken,
    /// Another definition of the same name has another kind, unit or description.
    Conflict,
    /// Another definition has the same name and attributes.
    RepeatedSeries,
    /// The unit breaks OpenTelemetry's rules.
    InvalidUnit,
    /// The kind is unknown.
    UnknownKind,
    /// The field is not a running total, and cannot be a counter.
    NotACounter,
    /// The profiling field is a share or a rate, and cannot be a counter.
    ProfilingCounter,
    /// The scale is not a number, infinite or 0.
    InvalidScale,
    /// The scale of a counter is negative.
    NegativeScale,
    /// The kind of entity is unknown.
    UnknownEntityKind,
    /// The kind of entity does not have the field.
    EntityKindWithoutField,
    /// A kind of entity is given twice.
    RepeatedEntityKind,
    /// The labels of the naming do not distinguish entities of this kind.
    EntityKindOfNaming,
    /// The key or the value of an attribute is invalid.
    InvalidAttribute,
    /// The meter sets this attribute itself.
    ReservedAttribute,
    /// An attribute is given twice.
    RepeatedAttribute,
    /// There are too many attributes.
    TooManyAttributes,
    /// The description is too long or has control characters.
    InvalidDescription,
    /// There are too many definitions.
    TooManyDefinitions,
}
