//! A value that is made up, and so belongs to nobody else.

use std::sync::Arc;

use crate::value::Value;

/// A [`Value`] that owns what it says.
///
/// ```
/// use dcgm::Value;
/// use dcgm::mock::OwnedValue;
///
/// assert_eq!(OwnedValue::from(41).as_value(), Value::Int(41));
/// assert_eq!(OwnedValue::from(0.5).as_value(), Value::Double(0.5));
/// assert_eq!(OwnedValue::from("P0").as_value(), Value::Text("P0"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// A whole number.
    Int(i64),
    /// A fraction.
    Double(f64),
    /// Text.
    Text(Arc<str>),
    /// A struct of DCGM's, as bytes.
    Blob(Arc<[u8]>),
}

impl OwnedValue {
    /// The same, borrowed.
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
