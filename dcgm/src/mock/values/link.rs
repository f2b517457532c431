//! The fields of the NVLinks of GPUs.

use std::time::Duration;

use super::gpu::Gpu;
use super::gpu::Kept::Driver;
use super::gpu::LinkDirection::{In, Out};
use super::{FieldModel, gpu_table, int_value, look_up, truncated_value};
use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId as F;
use crate::mock::hosts::link_parent;
use crate::mock::model::Model;
use crate::mock::model::Need::{NvLink, NvLink4, NvLink5};
use crate::value::NoValue;
use crate::value::OwnedValue;

/// Returns the value of a field of a GPU's link.
pub(super) fn read_link_field(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let (gpu, link) = link_parent(id);
    let mut gpu = Gpu::new(model, gpu, at).ok_or(NoValue::NoData)?;
    gpu.link = Some(link);
    let level = field.info().map(|info| info.scope);
    // The counters of the fifth generation also exist per link.
    let of_either = matches!(field.raw(), 1200..=1220 | 1404..=1419);
    if of_either {
        gpu_table::read_link(&gpu, field)
    } else if level == Some(EntityKind::LINK) {
        look_up(ROWS, field, &gpu, |need| gpu.check_support(need))
    } else {
        Err(NoValue::NoData)
    }
}

#[rustfmt::skip] // One row per field.
static ROWS: &[FieldModel<Gpu>] = &[
    FieldModel::single_field(F::NVLINK_PPRM_OPER_RECOVERY, NvLink5, |_, _| int_value(0)),
    FieldModel::field_range(F::NVLINK_PPCNT_RECOVERY_TIME_SINCE_LAST, F::NVLINK_PPCNT_RECOVERY_TIME_BETWEEN_LAST_TWO, NvLink5, |_, _| int_value(0)),
    FieldModel::field_range(F::NVLINK_PPCNT_RECOVERY_TOTAL_SUCCESSFUL_EVENTS, F::NVLINK_PPCNT_PHYSICAL_SUCCESSFUL_RECOVERY_EVENTS, NvLink5, |g, _| int_value(g.link_errors(0.02))),
    FieldModel::single_field(F::NVLINK_PPCNT_PHYSICAL_LINK_DOWN_COUNTER, NvLink5, |g, _| int_value(g.link_errors(0.002))),
    FieldModel::single_field(F::NVLINK_PPCNT_PLR_RCV_CODES, NvLink5, |g, _| int_value(g.link_bytes(In, Driver) / 64)),
    FieldModel::single_field(F::NVLINK_PPCNT_PLR_RCV_CODE_ERR, NvLink5, |g, _| int_value(g.link_errors(1.0))),
    FieldModel::single_field(F::NVLINK_PPCNT_PLR_RCV_UNCORRECTABLE_CODE, NvLink5, |g, _| int_value(g.link_errors(0.05))),
    FieldModel::single_field(F::NVLINK_PPCNT_PLR_XMIT_CODES, NvLink5, |g, _| int_value(g.link_bytes(Out, Driver) / 64)),
    FieldModel::field_range(F::NVLINK_PPCNT_PLR_XMIT_RETRY_CODES, F::NVLINK_PPCNT_PLR_XMIT_RETRY_EVENTS, NvLink5, |g, _| int_value(g.link_errors(0.6))),
    FieldModel::single_field(F::NVLINK_PPCNT_PLR_SYNC_EVENTS, NvLink5, |g, _| int_value(g.link_errors(0.02))),
    FieldModel::single_field(F::NVLINK_GET_STATE, NvLink, |_, _| int_value(1)), // Active.
    FieldModel::single_field(F::NVLINK_PPCNT_IBPC_PORT_XMIT_WAIT, NvLink5, |g, _| int_value(g.link_bytes(Out, Driver) / 4096)),
    FieldModel::single_field(F::NVLINK_CRC_FLIT_ERROR_PER_LINK_TOTAL, NvLink4, |g, _| int_value(g.link_errors(1.0))),
    FieldModel::single_field(F::NVLINK_CRC_DATA_ERROR_PER_LINK_TOTAL, NvLink4, |g, _| int_value(g.link_errors(0.3))),
    FieldModel::single_field(F::NVLINK_REPLAY_ERROR_PER_LINK_TOTAL, NvLink4, |g, _| int_value(g.link_errors(0.6))),
    FieldModel::single_field(F::NVLINK_RECOVERY_ERROR_PER_LINK_TOTAL, NvLink4, |g, _| int_value(g.link_errors(0.02))),
    // Thousands of KiB per second.
    FieldModel::single_field(F::NVLINK_THROUGHPUT_PER_LINK, NvLink4, |g, _| truncated_value((g.link_rate(In) + g.link_rate(Out)) / 1_024_000.0)),
    FieldModel::single_field(F::NVLINK_TX_THROUGHPUT_PER_LINK, NvLink4, |g, _| truncated_value(g.link_rate(Out) / 1_024_000.0)),
    FieldModel::single_field(F::NVLINK_RX_THROUGHPUT_PER_LINK, NvLink4, |g, _| truncated_value(g.link_rate(In) / 1_024_000.0)),
    FieldModel::single_field(F::PROF_NVLINK_TX_BYTES_PER_LINK, NvLink, |g, _| truncated_value(g.link_rate(Out))),
    FieldModel::single_field(F::PROF_NVLINK_RX_BYTES_PER_LINK, NvLink, |g, _| truncated_value(g.link_rate(In))),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_ascending_order_so_that_they_can_be_searched() {
        assert!(ROWS.windows(2).all(|pair| pair[0].last < pair[1].first));
    }
}
