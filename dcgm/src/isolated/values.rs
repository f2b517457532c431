//! The encoding of the crate's types.

use dcgm_sys::text::{MAX_TEXT_BYTES, sanitize};

use super::wire::{Decoded, Input, Malformed, Wire, put_bytes, put_count};
use crate::code::ReturnCode;
use crate::endpoint::Endpoint;
use crate::engine::{Deadlines, Embedded, EmbeddedMode, EngineOptions, Target};
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::{NoValue, Value};
use crate::version::{BuildInfo, Version};
use crate::watch::{Refusal, WatchRequest};

macro_rules! wire_newtypes {
    ($($type:ident: $raw:ty, $from:ident, $into:ident;)*) => {
        $(
            impl Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    self.$into().encode(out);
                }

                fn decode(input: &mut Input<'_>) -> Decoded<Self> {
                    <$raw>::decode(input).map(Self::$from)
                }
            }
        )*
    };
}

wire_newtypes! {
    EntityKind: u32, from_raw, raw;
    EntityStatus: u32, from_raw, raw;
    FieldId: u16, from_raw, raw;
    LinkState: u32, from_raw, raw;
    ReturnCode: i32, from_raw, raw;
    Timestamp: i64, from_micros, micros;
}

macro_rules! wire_structs {
    ($($type:ident { $($member:ident),* $(,)? })*) => {
        $(
            impl Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    let Self { $($member),* } = self;
                    $($member.encode(out);)*
                }

                fn decode(input: &mut Input<'_>) -> Decoded<Self> {
                    Ok(Self { $($member: Wire::decode(input)?),* })
                }
            }
        )*
    };
}

wire_structs! {
    Deadlines { connect, enumerate, watch, read }
    Embedded { mode, log_file }
    EngineOptions { target, deadlines, library }
    Entity {
        id, status, uuid, model, brand, pci_bus_id, serial, vbios, driver_version, minor, parent, mig, mig_enabled,
    }
    EntityId { kind, id }
    Link { id, parent, index, state }
    Mig { instance_id, compute_instance_id, profile, slices }
    Refusal { entity, field, error }
    Version { major, minor, patch }
    WatchRequest { entities, fields, interval, keep_age, events }
}

impl Wire for BuildInfo {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.raw().as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.text().map(Self::from_raw)
    }
}

impl Wire for EmbeddedMode {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self == Self::Manual).encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(if bool::decode(input)? {
            Self::Manual
        } else {
            Self::Auto
        })
    }
}

impl Wire for Target {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Embedded(embedded) => {
                0_u8.encode(out);
                embedded.encode(out);
            }
            Self::Standalone(endpoint) => {
                1_u8.encode(out);
                endpoint.encode(out);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        match u8::decode(input)? {
            0 => Embedded::decode(input).map(Self::Embedded),
            1 => Endpoint::decode(input).map(Self::Standalone),
            _ => Err(Malformed("it has an unknown target")),
        }
    }
}

impl Wire for Endpoint {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Tcp { host, port } => {
                0_u8.encode(out);
                host.encode(out);
                port.encode(out);
            }
            Self::Unix(path) => {
                1_u8.encode(out);
                path.encode(out);
            }
            Self::Vsock { cid, port } => {
                2_u8.encode(out);
                cid.encode(out);
                port.encode(out);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(match u8::decode(input)? {
            0 => Self::Tcp {
                host: Wire::decode(input)?,
                port: Wire::decode(input)?,
            },
            1 => Self::Unix(Wire::decode(input)?),
            2 => Self::Vsock {
                cid: Wire::decode(input)?,
                port: Wire::decode(input)?,
            },
            _ => return Err(Malformed("it has an unknown endpoint")),
        })
    }
}

/// Appends the samples: 19 bytes for each, and the value.
pub(super) fn put_samples(samples: &Samples, out: &mut Vec<u8>) {
    put_count(samples.len(), out);
    for sample in samples {
        sample.entity.encode(out);
        sample.field.encode(out);
        sample.timestamp.encode(out);
        match sample.value {
            Ok(Value::Int(value)) => {
                out.push(0);
                value.encode(out);
            }
            Ok(Value::Double(value)) => {
                out.push(1);
                value.encode(out);
            }
            Ok(Value::Text(text)) => {
                out.push(2);
                put_bytes(text.as_bytes(), out);
            }
            Ok(Value::Blob(bytes)) => {
                out.push(3);
                put_bytes(bytes, out);
            }
            Err(reason) => put_reason(reason, out),
        }
    }
}

/// The tag of the first reason in [`REASONS`].
const FIRST_REASON: u8 = 16;

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

fn put_reason(reason: NoValue, out: &mut Vec<u8>) {
    if let NoValue::Code(code) = reason {
        out.push(4);
        code.encode(out);
        return;
    }
    let tags = FIRST_REASON..;
    let known = tags.zip(REASONS).find(|(_, known)| *known == reason);
    out.push(known.map_or(FIRST_REASON, |(tag, _)| tag));
}

/// Decodes the samples of [`put_samples`], and passes each to `take`. Holds of each sample what the docs of
/// [`Value`] promise: a number is no blank value, and a text is bounded and clean.
pub(super) fn take_samples(
    input: &mut Input<'_>,
    take: &mut dyn FnMut(Sample<'_>),
) -> Decoded<usize> {
    let count = input.count()?;
    for _ in 0..count {
        let entity = EntityId::decode(input)?;
        let field = FieldId::decode(input)?;
        let timestamp = Timestamp::decode(input)?;
        let value = match u8::decode(input)? {
            0 => {
                let value = i64::decode(input)?;
                NoValue::from_blank_int(value).map_or(Ok(Value::Int(value)), Err)
            }
            1 => {
                let value = f64::decode(input)?;
                NoValue::from_blank_double(value).map_or(Ok(Value::Double(value)), Err)
            }
            2 => {
                let text = input.text()?;
                if !is_clean(text) {
                    return Err(Malformed("a text is too long, or not clean"));
                }
                Ok(Value::Text(text))
            }
            3 => Ok(Value::Blob(input.bytes()?)),
            4 => Err(NoValue::Code(ReturnCode::decode(input)?)),
            tag => {
                let at = tag.checked_sub(FIRST_REASON).map(usize::from);
                let reason = at.and_then(|at| REASONS.get(at).copied());
                Err(reason.ok_or(Malformed("a sample has a value of an unknown type"))?)
            }
        };
        take(Sample {
            entity,
            field,
            timestamp,
            value,
        });
    }
    Ok(count)
}

fn is_clean(text: &str) -> bool {
    text.len() <= MAX_TEXT_BYTES && matches!(sanitize(text), std::borrow::Cow::Borrowed(_))
}
