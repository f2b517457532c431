//! The values of all fields: tables with one row per field or family of fields.

mod gpu;
mod gpu_table;
mod grace;
mod link;
mod switch;

use std::time::Duration;

use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId;
use crate::mock::hosts::link_parent;
use crate::mock::model::{Model, Need};
use crate::mock::signal::truncate_to_int;
use crate::value::NoValue;
use crate::value::OwnedValue;

/// A row of a table: a range of fields, the hardware feature that they need, and the function of their
/// values, which also gets the index of the field in the range.
struct FieldModel<T> {
    first: u16,
    last: u16,
    need: Need,
    read: fn(&T, u16) -> OwnedValue,
}

impl<T> FieldModel<T> {
    const fn single_field(field: FieldId, need: Need, read: fn(&T, u16) -> OwnedValue) -> Self {
        Self::field_range(field, field, need, read)
    }

    const fn field_range(
        first: FieldId,
        last: FieldId,
        need: Need,
        read: fn(&T, u16) -> OwnedValue,
    ) -> Self {
        Self {
            first: first.raw(),
            last: last.raw(),
            need,
            read,
        }
    }
}

/// Finds the row of a field in a sorted table.
fn find_row<T>(table: &[FieldModel<T>], field: FieldId) -> Option<&FieldModel<T>> {
    let raw = field.raw();
    let index = table.partition_point(|row| row.last < raw);
    table.get(index).filter(|row| row.first <= raw)
}

fn look_up<T>(
    table: &[FieldModel<T>],
    field: FieldId,
    of: &T,
    can: impl Fn(Need) -> Result<(), NoValue>,
) -> Result<OwnedValue, NoValue> {
    let row = find_row(table, field).ok_or(NoValue::NotSupported)?;
    can(row.need)?;
    Ok((row.read)(of, field.raw() - row.first))
}

/// Returns the value of a field of a present entity.
///
/// A field of a GPU that is read on an instance returns the value of the GPU, like DCGM; a field of an
/// instance that is read on another kind of entity never has a sample.
pub(super) fn read_value(
    model: &Model,
    id: EntityId,
    field: FieldId,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let info = field.info().ok_or(NoValue::NotSupported)?;
    if field.is_event() {
        let so_far = at.saturating_add(Duration::from_micros(1));
        let last = model.events(id, field, Duration::ZERO, so_far).pop();
        return last
            .map(|(_, code)| OwnedValue::Int(code))
            .ok_or(NoValue::NoData);
    }
    if info.scope == EntityKind::HOST {
        return read_host_field(model, field, at);
    }
    match id.kind {
        EntityKind::GPU => gpu_table::read_gpu_field(model, id, field, at),
        EntityKind::GPU_INSTANCE => match info.scope {
            EntityKind::GPU_INSTANCE | EntityKind::COMPUTE_INSTANCE => {
                gpu_table::read_instance(model, id, field, at)
            }
            EntityKind::GPU => whole_of(model, id, field, at),
            _ => Err(NoValue::NoData),
        },
        EntityKind::COMPUTE_INSTANCE => match info.scope {
            EntityKind::COMPUTE_INSTANCE => gpu_table::read_instance(model, id, field, at),
            EntityKind::GPU | EntityKind::GPU_INSTANCE => whole_of(model, id, field, at),
            _ => Err(NoValue::NoData),
        },
        EntityKind::LINK if link_parent(id).0.kind == EntityKind::GPU => {
            link::read_link_field(model, id, field, at)
        }
        EntityKind::LINK => switch::read_port(model, id, field, at),
        EntityKind::SWITCH if info.scope == EntityKind::SWITCH => {
            switch::read_switch_field(model, id, field, at)
        }
        EntityKind::CPU | EntityKind::CPU_CORE
            if [EntityKind::CPU, EntityKind::CPU_CORE].contains(&info.scope) =>
        {
            grace::read_cpu_field(model, id, field, at)
        }
        EntityKind::CONNECTX if info.scope == EntityKind::CONNECTX => {
            grace::read_adapter(model, id, field, at)
        }
        _ => Err(NoValue::NoData),
    }
}

fn whole_of(
    model: &Model,
    id: EntityId,
    field: FieldId,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let whole = model.host().parent_of(id).ok_or(NoValue::NoData)?;
    read_value(model, whole, field, at)
}

/// Returns the value of a field of the host.
fn read_host_field(model: &Model, field: FieldId, at: Duration) -> Result<OwnedValue, NoValue> {
    let spec = model.host().product().product_spec();
    Ok(match field {
        FieldId::DRIVER_VERSION => spec.driver.into(),
        FieldId::NVML_VERSION => format!("12.{}", spec.driver).as_str().into(),
        FieldId::COUNT => {
            let gpus = model.host().entity_ids(EntityKind::GPU);
            let here = gpus
                .filter(|id| matches!(model.presence(*id, at), crate::mock::Presence::Here { .. }));
            OwnedValue::Int(i64::try_from(here.count()).unwrap_or(0))
        }
        FieldId::CUDA_DRIVER_VERSION => OwnedValue::Int(spec.cuda),
        FieldId::IMEX_DOMAIN_STATUS if spec.can.contains(&Need::FabricHealth) => "UP".into(),
        FieldId::IMEX_DOMAIN_STATUS => "NOT_INSTALLED".into(),
        // 5 is "ready"; negative numbers mean that it is not installed.
        FieldId::IMEX_DAEMON_STATUS if spec.can.contains(&Need::FabricHealth) => int_value(5),
        FieldId::IMEX_DAEMON_STATUS => int_value(-1),
        _ => return Err(NoValue::NotSupported),
    })
}

/// Returns an integer value.
fn int_value(value: impl Into<i64>) -> OwnedValue {
    OwnedValue::Int(value.into())
}

/// Truncates a number to an integer value.
fn truncated_value(value: f64) -> OwnedValue {
    OwnedValue::Int(truncate_to_int(value))
}

fn double_value(value: f64) -> OwnedValue {
    OwnedValue::Double(value)
}
