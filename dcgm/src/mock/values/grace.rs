//! The fields of Grace CPUs, of their cores, and of `ConnectX` adapters.

use std::time::Duration;

use super::{FieldModel, double_value, int_value, look_up, truncated_value};
use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId as F;
use crate::mock::model::{Model, Need};
use crate::mock::signal::{truncate_to_int, unit_noise};
use crate::value::NoValue;
use crate::value::OwnedValue;

/// A CPU, a core of one, or an adapter, at a time.
struct Part {
    id: EntityId,
    t: f64,
}

/// Returns the value of a field of a CPU or core.
pub(super) fn read_cpu_field(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let of_socket = field
        .info()
        .is_some_and(|info| info.scope == EntityKind::CPU);
    let id = if of_socket && id.kind == EntityKind::CPU_CORE {
        model.host().parent_of(id).ok_or(NoValue::NoData)?
    } else {
        id
    };
    // Only cores have clocks.
    if field == F::CPU_CLOCK_CURRENT && id.kind == EntityKind::CPU {
        return Err(NoValue::Blank);
    }
    look_up(CPU_ROWS, field, &Part::new(id, at), |_| Ok(()))
}

/// Returns the value of a field of an adapter.
pub(super) fn read_adapter(
    _: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    look_up(ADAPTER_ROWS, field, &Part::new(id, at), |_| Ok(()))
}

impl Part {
    fn new(id: EntityId, at: Duration) -> Self {
        Self {
            id,
            t: at.as_secs_f64(),
        }
    }

    fn jitter_fraction(&self, what: u64) -> f64 {
        let second = truncate_to_int(self.t).unsigned_abs();
        unit_noise(&[
            what,
            u64::from(self.id.kind.raw()),
            u64::from(self.id.id),
            second,
        ])
    }

    /// Returns the share of time in user mode.
    fn user_share(&self) -> f64 {
        0.22 + 0.1 * self.jitter_fraction(1101)
    }

    fn system_share(&self) -> f64 {
        0.04 + 0.02 * self.jitter_fraction(1103)
    }
}

#[rustfmt::skip] // One row per field.
static CPU_ROWS: &[FieldModel<Part>] = &[
    FieldModel::single_field(F::CPU_UTIL_TOTAL, Need::Always, |p, _| double_value(p.user_share() + p.system_share() + 0.002)),
    FieldModel::single_field(F::CPU_UTIL_USER, Need::Always, |p, _| double_value(p.user_share())),
    FieldModel::single_field(F::CPU_UTIL_NICE, Need::Always, |_, _| double_value(0.0)),
    FieldModel::single_field(F::CPU_UTIL_SYS, Need::Always, |p, _| double_value(p.system_share())),
    FieldModel::single_field(F::CPU_UTIL_IRQ, Need::Always, |_, _| double_value(0.002)),
    FieldModel::single_field(F::CPU_TEMP_CURRENT, Need::Always, |p, _| double_value(48.0 + 4.0 * p.jitter_fraction(1110))),
    FieldModel::single_field(F::CPU_TEMP_WARNING, Need::Always, |_, _| double_value(87.0)),
    FieldModel::single_field(F::CPU_TEMP_CRITICAL, Need::Always, |_, _| double_value(92.0)),
    FieldModel::single_field(F::CPU_CLOCK_CURRENT, Need::Always, |p, _| truncated_value(3_150_000.0 + 260_000.0 * p.jitter_fraction(1120))),
    FieldModel::single_field(F::CPU_POWER_UTIL_CURRENT, Need::Always, |p, _| double_value(96.0 + 20.0 * p.jitter_fraction(1130))),
    FieldModel::single_field(F::CPU_POWER_LIMIT, Need::Always, |_, _| double_value(300.0)),
    FieldModel::single_field(F::SYSIO_POWER_UTIL_CURRENT, Need::Always, |p, _| double_value(34.0 + 4.0 * p.jitter_fraction(1132))),
    FieldModel::single_field(F::MODULE_POWER_UTIL_CURRENT, Need::Always, |p, _| double_value(1_650.0 + 120.0 * p.jitter_fraction(1133))),
    FieldModel::single_field(F::CPU_VENDOR, Need::Always, |_, _| "NVIDIA".into()),
    FieldModel::single_field(F::CPU_MODEL, Need::Always, |_, _| "Grace A02".into()),
];

#[rustfmt::skip] // One row per field.
static ADAPTER_ROWS: &[FieldModel<Part>] = &[
    FieldModel::single_field(F::CONNECTX_HEALTH, Need::Always, |_, _| int_value(0)), // Healthy.
    FieldModel::single_field(F::CONNECTX_ACTIVE_PCIE_LINK_WIDTH, Need::Always, |_, _| int_value(16)),
    FieldModel::single_field(F::CONNECTX_ACTIVE_PCIE_LINK_SPEED, Need::Always, |_, _| int_value(5)),
    FieldModel::single_field(F::CONNECTX_EXPECT_PCIE_LINK_WIDTH, Need::Always, |_, _| int_value(16)),
    FieldModel::single_field(F::CONNECTX_EXPECT_PCIE_LINK_SPEED, Need::Always, |_, _| int_value(5)),
    FieldModel::field_range(F::CONNECTX_CORRECTABLE_ERR_STATUS, F::CONNECTX_UNCORRECTABLE_ERR_SEVERITY, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::CONNECTX_DEVICE_TEMPERATURE, Need::Always, |p, _| double_value(52.0 + 3.0 * p.jitter_fraction(1310))),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_ascending_order_so_that_they_can_be_searched() {
        assert!(CPU_ROWS.windows(2).all(|pair| pair[0].last < pair[1].first));
        assert!(
            ADAPTER_ROWS
                .windows(2)
                .all(|pair| pair[0].last < pair[1].first)
        );
    }
}
