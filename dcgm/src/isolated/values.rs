//! The encoding of the crate's types.

use dcgm_sys::text::{MAX_TEXT_BYTES, sanitize};

use super::wire::{
    Decoded, Input, Malformed, Wire, put_bytes, put_count, wire_enums, wire_newtypes, wire_structs,
};
use crate::code::ReturnCode;
use crate::endpoint::Endpoint;
use crate::engine::{Deadlines, Embedded, EmbeddedMode, EngineOptions, Target};
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::listing::Listing;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::{NoValue, Value};
use crate::version::{BuildInfo, Version};
use crate::watch::{Refusal, WatchRequest};

wire_newtypes! {
    EntityKind: u32, from_raw, raw;
    EntityStatus: u32, from_raw, raw;
    FieldId: u16, from_raw, raw;
    LinkState: u32, from_raw, raw;
    ReturnCode: i32, from_raw, raw;
    Timestamp: i64, from_micros, micros;
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

wire_enums! {
    EmbeddedMode { 0 Auto, 1 Manual }
    Target { 0 Embedded(embedded), 1 Standalone(endpoint) }
    Endpoint { 0 Tcp { host, port }, 1 Unix(path), 2 Vsock { cid, port } }
}

impl Listing {
    /// Decodes the ids of `kinds` kinds.
    pub(super) fn decode(&mut self, kinds: usize, input: &mut Input<'_>) -> Decoded<Result<()>> {
        self.ids.clear();
        self.ends.clear();
        if !bool::decode(input)? {
            return Error::decode(input).map(Err);
        }
        for _ in 0..kinds {
            if !bool::decode(input)? {
                self.ends.push(Err(Error::decode(input)?));
                continue;
            }
            for _ in 0..input.count()? {
                self.ids.push(EntityId::decode(input)?);
            }
            self.ends.push(Ok(self.ids.len()));
        }
        Ok(Ok(()))
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
            Err(reason) => {
                out.push(4);
                reason.encode(out);
            }
        }
    }
}

wire_enums! {
    NoValue {
        0 Blank, 1 NotFound, 2 NotSupported, 3 NotPermitted, 4 NoData, 5 NotWatched, 6 Stale, 7 Malformed, 8 Code(code),
    }
}

impl Wire for Samples {
    fn encode(&self, out: &mut Vec<u8>) {
        put_samples(self, out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let mut samples = Self::new();
        take_samples(input, &mut |sample| samples.push(sample))?;
        Ok(samples)
    }
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
                let text = input.raw_text()?;
                if !is_clean(text) {
                    return Err(Malformed("a text is too long, or not clean"));
                }
                Ok(Value::Text(text))
            }
            3 => Ok(Value::Blob(input.bytes()?)),
            4 => Err(NoValue::decode(input)?),
            _ => return Err(Malformed("a sample has a value of an unknown type")),
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
