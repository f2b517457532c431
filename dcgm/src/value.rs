//! Values, and the reasons for a missing value.

use core::fmt;
use std::sync::Arc;

use dcgm_sys as sys;

use crate::code::ReturnCode;

/// The value of a sample. Text and blobs are borrowed from the [`Samples`](crate::Samples) that
/// hold them; [`into_owned`](Self::into_owned) copies them.
///
/// ```
/// use dcgm::Value;
///
/// assert_eq!(Value::Int(41).as_i64(), Some(41));
/// assert_eq!(Value::Int(41).as_f64(), Some(41.0));
/// assert_eq!(Value::Text("H100").as_str(), Some("H100"));
///
/// let error = f64::try_from(Value::Text("H100")).unwrap_err();
/// assert_eq!(error.to_string(), "expected a number, got text");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An integer.
    Int(i64),
    /// A floating-point number. It may be NaN, if the engine reports NaN.
    Double(f64),
    /// Text, cut at 256 bytes and free of control characters.
    Text(&'a str),
    /// A C struct of DCGM, as bytes.
    Blob(&'a [u8]),
}

impl Value<'_> {
    /// Returns an integer or a floating-point number as `f64`; `None` for text and blobs.
    ///
    /// Integers beyond 2^53 are rounded; use [`as_i64`](Self::as_i64) for exact values.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            Self::Text(_) | Self::Blob(_) => None,
        }
    }

    /// Returns an integer; `None` for every other type.
    #[must_use]
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Double(_) | Self::Text(_) | Self::Blob(_) => None,
        }
    }

    /// Returns text; `None` for every other type.
    #[must_use]
    pub const fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) | Self::Double(_) | Self::Blob(_) => None,
        }
    }

    /// Returns the type of the value.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::Int(_) => ValueType::Int,
            Self::Double(_) => ValueType::Double,
            Self::Text(_) => ValueType::Text,
            Self::Blob(_) => ValueType::Blob,
        }
    }

    /// Copies the value.
    #[must_use]
    pub fn into_owned(self) -> OwnedValue {
        match self {
            Self::Int(value) => OwnedValue::Int(value),
            Self::Double(value) => OwnedValue::Double(value),
            Self::Text(text) => OwnedValue::Text(text.into()),
            Self::Blob(bytes) => OwnedValue::Blob(bytes.into()),
        }
    }
}

/// Converts integers only, so that nothing is rounded.
impl TryFrom<Value<'_>> for i64 {
    type Error = ValueTypeError;

    fn try_from(value: Value<'_>) -> Result<Self, ValueTypeError> {
        let error = ValueTypeError::new("an integer", value);
        value.as_i64().ok_or(error)
    }
}

/// Converts integers and floating-point numbers, like [`Value::as_f64`].
impl TryFrom<Value<'_>> for f64 {
    type Error = ValueTypeError;

    fn try_from(value: Value<'_>) -> Result<Self, ValueTypeError> {
        let error = ValueTypeError::new("a number", value);
        value.as_f64().ok_or(error)
    }
}

impl<'a> TryFrom<Value<'a>> for &'a str {
    type Error = ValueTypeError;

    fn try_from(value: Value<'a>) -> Result<Self, ValueTypeError> {
        match value {
            Value::Text(text) => Ok(text),
            _ => Err(ValueTypeError::new("text", value)),
        }
    }
}

/// The error of converting a [`Value`] that does not have the expected type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct ValueTypeError {
    expected: &'static str,
    got: ValueType,
}

impl ValueTypeError {
    const fn new(expected: &'static str, value: Value<'_>) -> Self {
        Self {
            expected,
            got: value.value_type(),
        }
    }

    /// Returns the type of the value that could not be converted.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        self.got
    }
}

/// A [`Value`] that owns its text or bytes.
///
/// ```
/// use dcgm::{OwnedValue, Value};
///
/// assert_eq!(OwnedValue::from(41).as_value(), Value::Int(41));
/// assert_eq!(Value::Text("P0").into_owned(), OwnedValue::from("P0"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    Text(Arc<str>),
    /// A C struct of DCGM, as bytes.
    Blob(Arc<[u8]>),
}

impl OwnedValue {
    /// Borrows the value.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

impl From<i64> for OwnedValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for OwnedValue {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for OwnedValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Arc<str>> for OwnedValue {
    fn from(text: Arc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        value.into_owned()
    }
}

impl fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_value().fmt(f)
    }
}

/// The reason why a sample has no value.
///
/// ```
/// use dcgm::NoValue;
///
/// // DCGM writes reserved numbers where a value is missing.
/// assert_eq!(NoValue::from_blank_int(0x7fff_ffff_ffff_fff2), Some(NoValue::NotSupported));
/// assert_eq!(NoValue::from_blank_int(41), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoValue {
    /// The driver had no value at the time of the sample (DCGM's blank value).
    #[error("blank")]
    Blank,
    /// The driver did not find the value.
    #[error("not found")]
    NotFound,
    /// This hardware or driver does not support the field.
    #[error("not supported")]
    NotSupported,
    /// The engine has no permission to read the value.
    #[error("not permitted")]
    NotPermitted,
    /// The field is watched, but no sample was taken yet.
    #[error("no sample yet")]
    NoData,
    /// The field is not watched by any client, or the entity no longer exists.
    #[error("not watched")]
    NotWatched,
    /// The engine reports the value as stale.
    #[error("stale")]
    Stale,
    /// The engine returned a value of an unknown type, or no value record for the field.
    #[error("malformed")]
    Malformed,
    /// Another return code.
    #[error("{0}")]
    Code(ReturnCode),
}

impl NoValue {
    /// Returns the reason that `code`, the status of a value, stands for; `None` for
    /// [`OK`](ReturnCode::OK).
    #[must_use]
    pub const fn from_status(code: ReturnCode) -> Option<Self> {
        Some(match code {
            ReturnCode::OK => return None,
            ReturnCode::NOT_SUPPORTED
            | ReturnCode::FIELD_UNSUPPORTED_BY_API
            | ReturnCode::UNKNOWN_FIELD => Self::NotSupported,
            ReturnCode::NO_PERMISSION => Self::NotPermitted,
            ReturnCode::NO_DATA => Self::NoData,
            ReturnCode::NOT_WATCHED => Self::NotWatched,
            ReturnCode::STALE_DATA => Self::Stale,
            other => Self::Code(other),
        })
    }

    /// Returns the reason why a value is missing, from DCGM's number for it; `None` for an ordinary
    /// number. Integers from 2^63 - 16 up are reserved for this ("blank values").
    #[must_use]
    #[inline]
    pub const fn from_blank_int(value: i64) -> Option<Self> {
        // DCGM tests the range, not the four named constants.
        if value < sys::DCGM_INT64_BLANK {
            return None;
        }
        Some(Self::from_offset(value - sys::DCGM_INT64_BLANK))
    }

    /// Returns the reason why a value is missing, from DCGM's number for it; `None` for an ordinary
    /// number. Floating-point numbers from 2^47 up are reserved for this ("blank values"). NaN and
    /// infinity count as ordinary.
    ///
    /// Do not pass a converted integer: counters of cycles exceed 2^47 and are ordinary values.
    #[must_use]
    #[inline]
    pub fn from_blank_double(value: f64) -> Option<Self> {
        if value < sys::DCGM_FP64_BLANK {
            return None;
        }
        Self::from_large_double(value)
    }

    #[cold]
    fn from_large_double(value: f64) -> Option<Self> {
        if value.is_nan() || value.is_infinite() {
            return None;
        }
        let offset = value - sys::DCGM_FP64_BLANK;
        let whole = (1..4)
            .rev()
            .find(|whole| offset >= f64::from(*whole) && offset < f64::from(*whole + 1));
        Some(Self::from_offset(whole.map_or(0, i64::from)))
    }

    const fn from_offset(offset: i64) -> Self {
        match offset {
            1 => Self::NotFound,
            2 => Self::NotSupported,
            3 => Self::NotPermitted,
            _ => Self::Blank,
        }
    }
}

/// The type of a value (`DCGM_FT_*`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ValueType {
    /// A signed integer of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Double,
    /// Text of up to 256 bytes.
    Text,
    /// A struct of up to 4,096 bytes.
    Blob,
}

/// Prints a noun with its article, as in `an integer`.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Int => "an integer",
            Self::Double => "a floating-point number",
            Self::Text => "text",
            Self::Blob => "a blob",
        })
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Text(text) => f.pad(text),
            Self::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}
