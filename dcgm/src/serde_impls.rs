//! `Serialize` and `Deserialize`, behind the feature `serde`.
//!
//! Ids, statuses, fields and versions are the strings that `Display` prints, and any string that
//! `FromStr` parses is accepted. A [`Timestamp`] is a number of microseconds. A [`Value`] is the
//! plain number, string or sequence of bytes; a [`Sample`] has a `value` or the reason as `no_value`:
//!
//! ```json
//! {"entity": "gpu:0", "field": "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "timestamp": 1767225600000000, "value": 41}
//! {"entity": "gpu:1", "field": "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "timestamp": 0, "no_value": "not watched"}
//! ```

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::{Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{SerializeSeq as _, SerializeStruct as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::attributes::{ChipArchitecture, VirtualizationMode};
use crate::code::ReturnCode;
use crate::config::{ComputeMode, PowerProfile};
use crate::diagnostics::TestOutcome;
use crate::entity::{EntityId, EntityKind, EntityStatus, LinkState};
use crate::field::FieldId;
use crate::field_policies::FieldOperator;
use crate::host_engine::{ModuleId, ModuleStatus};
use crate::sample::{OwnedSample, Sample, Samples, Timestamp};
use crate::topology::{P2pStatus, PathLevel};
use crate::value::{NoValue, OwnedValue, Value};
use crate::version::{BuildInfo, Version};

/// Parses a string by `FromStr`.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! as_text {
    ($($type:ty),*) => {
        $(
            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_str(Parsed(PhantomData))
                }
            }
        )*
    };
}

as_text!(
    EntityId,
    EntityKind,
    EntityStatus,
    FieldId,
    LinkState,
    Version,
    ChipArchitecture,
    VirtualizationMode,
    PathLevel,
    P2pStatus,
    ModuleId,
    ModuleStatus,
    ComputeMode,
    PowerProfile,
    TestOutcome,
    FieldOperator
);

impl Serialize for BuildInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.raw())
    }
}

impl<'de> Deserialize<'de> for BuildInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_raw)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.micros())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_micros)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Blob(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

impl Serialize for OwnedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_value().serialize(serializer)
    }
}

/// Needs a self-describing format, such as JSON.
impl<'de> Deserialize<'de> for OwnedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = OwnedValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a string or bytes")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<OwnedValue, E> {
                Ok(OwnedValue::Int(value))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<OwnedValue, E> {
                let int = i64::try_from(value);
                int.map(OwnedValue::Int)
                    .map_err(|_overflow| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<OwnedValue, E> {
                Ok(OwnedValue::Double(value))
            }

            /// JSON has no NaN and no infinity, and writes both as null.
            fn visit_unit<E: serde::de::Error>(self) -> Result<OwnedValue, E> {
                Ok(OwnedValue::Double(f64::NAN))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OwnedValue, E> {
                Ok(OwnedValue::from(text))
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<OwnedValue, E> {
                Ok(OwnedValue::Blob(bytes.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OwnedValue, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element::<u8>()? {
                    bytes.push(byte);
                }
                Ok(OwnedValue::Blob(bytes.into()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

const REASONS: [NoValue; 8] = [
    NoValue::Blank,
    NoValue::NotFound,
    NoValue::NotSupported,
    NoValue::NotPermitted,
    NoValue::NoData,
    NoValue::NotWatched,
    NoValue::Stale,
    NoValue::Malformed,
];

/// The text of the reason, or the number of a return code.
impl Serialize for NoValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Code(code) => serializer.serialize_i32(code.raw()),
            reason => serializer.collect_str(reason),
        }
    }
}

impl<'de> Deserialize<'de> for NoValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reason;

        impl Visitor<'_> for Reason {
            type Value = NoValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the reason for a missing value, or a return code")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<NoValue, E> {
                let mut reasons = REASONS.into_iter();
                reasons
                    .find(|reason| reason.to_string() == text)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<NoValue, E> {
                let raw = i32::try_from(code);
                raw.map(|raw| NoValue::Code(ReturnCode::from_raw(raw)))
                    .map_err(|_overflow| E::invalid_value(Unexpected::Signed(code), &self))
            }

            fn visit_u64<E: serde::de::Error>(self, code: u64) -> Result<NoValue, E> {
                let code = i64::try_from(code);
                self.visit_i64(code.map_err(E::custom)?)
            }
        }

        deserializer.deserialize_any(Reason)
    }
}

impl Serialize for Sample<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sample = serializer.serialize_struct("Sample", 4)?;
        sample.serialize_field("entity", &self.entity)?;
        sample.serialize_field("field", &self.field)?;
        sample.serialize_field("timestamp", &self.timestamp)?;
        match &self.value {
            Ok(value) => sample.serialize_field("value", value)?,
            Err(reason) => sample.serialize_field("no_value", reason)?,
        }
        sample.end()
    }
}

impl Serialize for OwnedSample {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_sample().serialize(serializer)
    }
}

/// Needs a self-describing format, such as JSON. Unknown members are ignored.
impl<'de> Deserialize<'de> for OwnedSample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "snake_case")]
        enum Member {
            Entity,
            Field,
            Timestamp,
            Value,
            NoValue,
            #[serde(other)]
            Other,
        }

        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = OwnedSample;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sample")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OwnedSample, A::Error> {
                let (mut entity, mut field, mut timestamp, mut value) = (None, None, None, None);
                while let Some(member) = map.next_key()? {
                    match member {
                        Member::Entity => entity = Some(map.next_value()?),
                        Member::Field => field = Some(map.next_value()?),
                        Member::Timestamp => timestamp = Some(map.next_value()?),
                        Member::Value => value = Some(Ok(map.next_value()?)),
                        Member::NoValue => value = Some(Err(map.next_value()?)),
                        Member::Other => drop(map.next_value::<serde::de::IgnoredAny>()?),
                    }
                }
                let missing = A::Error::missing_field;
                Ok(OwnedSample {
                    entity: entity.ok_or_else(|| missing("entity"))?,
                    field: field.ok_or_else(|| missing("field"))?,
                    timestamp: timestamp.ok_or_else(|| missing("timestamp"))?,
                    value: value.ok_or_else(|| missing("value"))?,
                })
            }
        }

        let members = &["entity", "field", "timestamp", "value", "no_value"];
        deserializer.deserialize_struct("Sample", members, Members)
    }
}

/// A sequence of samples.
impl Serialize for Samples {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.len()))?;
        for sample in self {
            all.serialize_element(&sample)?;
        }
        all.end()
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Samples;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence of samples")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Samples, A::Error> {
                let mut samples = Samples::new();
                while let Some(sample) = seq.next_element::<OwnedSample>()? {
                    samples.push(sample.as_sample());
                }
                Ok(samples)
            }
        }

        deserializer.deserialize_seq(All)
    }
}

#[cfg(test)]
mod tests;
