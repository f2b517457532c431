//! The properties that identify an entity, as values of fields.

use std::sync::Arc;

use crate::code::ReturnCode;
use crate::entity::{Entity, is_all_zero};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::value::Value;

/// The fields with properties of a GPU.
pub(super) const GPU_FIELDS: [FieldId; 8] = [
    FieldId::NAME,
    FieldId::BRAND,
    FieldId::UUID,
    FieldId::SERIAL,
    FieldId::PCI_BUSID,
    FieldId::VBIOS_VERSION,
    FieldId::MINOR_NUMBER,
    FieldId::MIG_MODE,
];

/// Sets the property of a GPU that a field holds.
pub(super) fn set_property(entity: &mut Entity, field: FieldId, value: Value<'_>) {
    let text = || {
        value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(Arc::from)
    };
    match (field, value) {
        (FieldId::MINOR_NUMBER, Value::Int(minor)) => entity.minor = u32::try_from(minor).ok(),
        (FieldId::MIG_MODE, Value::Int(mode)) => entity.mig_enabled = Some(mode == 1),
        (FieldId::NAME, _) => entity.model = entity.model.take().or_else(text),
        (FieldId::BRAND, _) => entity.brand = text(),
        (FieldId::UUID, _) => entity.uuid = text().filter(|uuid: &Arc<str>| !is_all_zero(uuid)),
        (FieldId::SERIAL, _) => entity.serial = text(),
        (FieldId::PCI_BUSID, _) => entity.pci_bus_id = text(),
        (FieldId::VBIOS_VERSION, _) => entity.vbios = text(),
        _ => {}
    }
}

/// Returns `None` for an error, unless it ends the session: the property is then unknown.
pub(super) fn ok_unless_disconnected<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_disconnected() => Err(error),
        Err(Error::Call {
            code: ReturnCode::TIMEOUT,
            function,
        }) => Err(Error::Call {
            code: ReturnCode::TIMEOUT,
            function,
        }),
        Err(error) => {
            tracing::debug!(%error, "cannot read the identity of an entity");
            Ok(None)
        }
    }
}
