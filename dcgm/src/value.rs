//! A value, or the reason why there is none.

use core::fmt;

use dcgm_sys as sys;

use crate::code::ReturnCode;

/// What was sampled. Text and blobs are borrowed from the [`Samples`](crate::Samples) that hold
/// them.
///
/// ```
/// use dcgm::Value;
///
/// assert_eq!(Value::Int(41).as_i64(), Some(41));
/// assert_eq!(Value::Int(41).as_f64(), Some(41.0));
/// assert_eq!(Value::Text("H100").as_str(), Some("H100"));
/// assert_eq!(Value::Text("H100").as_f64(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A whole number.
    Int(i64),
    /// A fraction; never a NaN made by this library, but an engine may send one.
    Double(f64),
    /// Text, cut at 256 bytes, free of control characters.
    Text(&'a str),
    /// A struct of DCGM's, as bytes; which one, the field's documentation says.
    Blob(&'a [u8]),
}

impl Value<'_> {
    /// A number of either kind. `None` for text and blobs.
    ///
    /// A whole number beyond 2^53 loses its last digits; ask [`Self::as_i64`] where they matter.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            Self::Text(_) | Self::Blob(_) => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Double(_) | Self::Text(_) | Self::Blob(_) => None,
        }
    }

    /// Text.
    #[must_use]
    pub const fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) | Self::Double(_) | Self::Blob(_) => None,
        }
    }
}

/// Why a sample has no value.
///
/// ```
/// use dcgm::NoValue;
///
/// // What DCGM writes in the place of a number is a reason here.
/// assert_eq!(NoValue::from_blank_int(0x7fff_ffff_ffff_fff2), Some(NoValue::NotSupported));
/// assert_eq!(NoValue::from_blank_int(41), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoValue {
    /// Sampled, and the driver had no value: DCGM's blank.
    #[error("blank")]
    Blank,
    /// Sampled, and the driver did not know it.
    #[error("not found")]
    NotFound,
    /// This hardware or driver has no such value.
    #[error("not supported")]
    NotSupported,
    /// The engine may not read it.
    #[error("not permitted")]
    NotPermitted,
    /// Watched, and not sampled yet.
    #[error("no sample yet")]
    NoData,
    /// Nobody watches it; also the answer for an entity that is gone.
    #[error("not watched")]
    NotWatched,
    /// The engine says that it is too old.
    #[error("stale")]
    Stale,
    /// The engine answered something that is no value: a wrong type, or a record left empty.
    #[error("malformed")]
    Malformed,
    /// Another code.
    #[error("{0}")]
    Code(ReturnCode),
}

impl NoValue {
    /// The reason that a value's status stands for, or `None` for "there is a value".
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

    /// The reason that a whole number of DCGM's stands for: from 2^63 - 16 on they are none. `None`
    /// for a value.
    #[must_use]
    #[inline]
    pub const fn from_blank_int(value: i64) -> Option<Self> {
        // A range, and not four constants.
        if value < sys::DCGM_INT64_BLANK {
            return None;
        }
        Some(Self::from_offset(value - sys::DCGM_INT64_BLANK))
    }

    /// The reason that a fraction of DCGM's stands for: from 2^47 on they are none. `None` for a
    /// value, also for a NaN and for infinity.
    ///
    /// Not to be asked of a whole number: counters of cycles pass 2^47.
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

/// A kind of value (`DCGM_FT_*`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ValueType {
    /// A whole number, signed, of 64 bits.
    Int,
    /// A fraction of 64 bits.
    Double,
    /// Text of up to 255 bytes.
    Text,
    /// A struct of up to 4,096 bytes.
    Blob,
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
