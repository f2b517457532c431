//! Fake entities and injected samples.

use core::ffi::c_char;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, new_zeroed};
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::Timestamp;
use crate::testing::FakeEntity;
use crate::value::{NoValue, Value, ValueType};

/// Returns the value that DCGM reserves for a reason: its place among the four of a type.
fn reserved_place(reason: NoValue) -> Result<u8> {
    match reason {
        NoValue::Blank => Ok(0),
        NoValue::NotFound => Ok(1),
        NoValue::NotSupported => Ok(2),
        NoValue::NotPermitted => Ok(3),
        _ => Err(Error::Request("no sample has this reason as its value")),
    }
}

const RESERVED_TEXTS: [&str; 4] = [
    "<<<NULL>>>",
    "<<<NOT_FOUND>>>",
    "<<<NOT_SUPPORTED>>>",
    "<<<NOT_PERM>>>",
];

impl EngineHandle {
    /// Creates fake entities.
    pub(crate) fn create_fakes(&self, fakes: &[FakeEntity]) -> Result<Vec<EntityId>> {
        let mut request = new_zeroed::<sys::dcgmCreateFakeEntities_v2>();
        request.version = sys::dcgmCreateFakeEntities_v2::VERSION;
        if fakes.len() > request.entityList.len() {
            return Err(Error::Request("too many fake entities at once"));
        }
        request.numToCreate = u32::try_from(fakes.len()).unwrap_or(u32::MAX);
        for (row, fake) in request.entityList.iter_mut().zip(fakes) {
            row.entity.entityGroupId = fake.kind.raw();
            if let Some(parent) = fake.parent {
                row.parent.entityGroupId = parent.kind.raw();
                row.parent.entityId = parent.id;
            }
        }
        // SAFETY: the struct has the version that it states, and as many rows as it says.
        unsafe {
            call!(
                self.library(),
                dcgmCreateFakeEntities(self.handle(), &raw mut *request)
            )
        }?;
        let made = request.entityList.iter().zip(fakes);
        Ok(made
            .map(|(row, fake)| EntityId::new(fake.kind, row.entity.entityId))
            .collect())
    }

    /// Adds a sample.
    pub(crate) fn inject(
        &self,
        (entity, field): (EntityId, FieldId),
        value: Value<'_>,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let mut record = new_zeroed::<sys::dcgmFieldValue_v1>();
        record.version = sys::dcgmFieldValue_v1::VERSION;
        record.fieldId = field.raw();
        // 0 is now.
        record.ts = at.map_or(0, Timestamp::micros);
        record.fieldType = match value {
            Value::Int(number) => {
                record.value.i64 = number;
                sys::DCGM_FT_INT64
            }
            Value::Double(number) => {
                record.value.dbl = number;
                sys::DCGM_FT_DOUBLE
            }
            Value::Text(text) => {
                record.value.str = text_array(text)?;
                sys::DCGM_FT_STRING
            }
            _ => return Err(Error::Request("DCGM accepts no sample of bytes")),
        }
        .into();
        // SAFETY: the struct has the version that it states, and the value of its type.
        unsafe {
            call!(
                self.library(),
                dcgmInjectEntityFieldValue(
                    self.handle(),
                    entity.kind.raw(),
                    entity.id,
                    &raw mut *record
                )
            )
        }
    }

    /// Adds a sample without a value.
    pub(crate) fn inject_no_value(
        &self,
        (entity, field): (EntityId, FieldId),
        reason: NoValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let place = reserved_place(reason)?;
        let info = field.info().ok_or(Error::Request(
            "the type of a sample of an unknown field is not known",
        ))?;
        let text = RESERVED_TEXTS.get(usize::from(place)).copied();
        let value = match info.value_type {
            ValueType::Int => Value::Int(sys::DCGM_INT64_BLANK + i64::from(place)),
            ValueType::Double => Value::Double(sys::DCGM_FP64_BLANK + f64::from(place)),
            ValueType::Text => Value::Text(text.unwrap_or_default()),
            _ => return Err(Error::Request("DCGM accepts no sample of bytes")),
        };
        self.inject((entity, field), value, at)
    }
}

/// Returns the array of a text, with its NUL.
fn text_array(text: &str) -> Result<[c_char; 256]> {
    let mut array = [0; 256];
    if text.len() >= array.len() {
        return Err(Error::Request("a text of a sample has at most 255 bytes"));
    }
    for (to, byte) in array.iter_mut().zip(text.bytes()) {
        *to = i8::from_ne_bytes([byte]) as c_char;
    }
    Ok(array)
}
