//! The fields of NVSwitches and of their ports.

use std::time::Duration;

use super::gpu::{Gpu, Kept, LinkDirection};
use super::{FieldModel, int_value, look_up, truncated_value};
use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId as F;
use crate::mock::hosts::{link_id, link_parent};
use crate::mock::model::{Model, Need, Presence};
use crate::mock::signal::unit_noise;
use crate::value::NoValue;
use crate::value::OwnedValue;

/// An NVSwitch at a time.
struct Switch {
    id: u32,
    t: f64,
    ports: Vec<Port>,
    /// The PCI bus.
    bus: i64,
}

/// A port of an NVSwitch at a time, with the GPU at the other end of its link.
struct Port {
    switch: u32,
    index: u32,
    gpu: Option<Gpu>,
    /// Set if that GPU is present.
    up: bool,
}

/// Returns the value of a field of an NVSwitch.
pub(super) fn read_switch_field(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let links = model.host().links().iter();
    let ports = links.filter(|link| link.parent == id);
    let bus = model.host().entity(id).and_then(|switch| {
        let address = switch.pci_bus_id.as_deref()?;
        i64::from_str_radix(address.split(':').nth(1)?, 16).ok()
    });
    let switch = Switch {
        id: id.id,
        t: at.as_secs_f64(),
        ports: ports
            .map(|port| Port::new(model, id, port.index, at))
            .collect(),
        bus: bus.unwrap_or(0),
    };
    look_up(ROWS, field, &switch, |_| Ok(()))
}

/// Returns the value of a field of a port.
pub(super) fn read_port(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let (switch, index) = link_parent(id);
    if field
        .info()
        .is_none_or(|info| info.scope != EntityKind::LINK)
    {
        return Err(NoValue::NoData);
    }
    look_up(
        PORT_ROWS,
        field,
        &Port::new(model, switch, index, at),
        |_| Ok(()),
    )
}

impl Port {
    fn new(model: &Model, switch: EntityId, index: u32, at: Duration) -> Self {
        let peer = model.host().link_peer(link_id(switch, index));
        let gpu = peer.and_then(|(gpu, link)| {
            let mut gpu = Gpu::new(model, gpu, at)?;
            gpu.link = Some(link);
            Some(gpu)
        });
        let here = |gpu: &Gpu| matches!(model.presence(gpu.id, at), Presence::Here { .. });
        Self {
            switch: switch.id,
            index,
            up: gpu.as_ref().is_some_and(here),
            gpu,
        }
    }

    /// Returns the mebibits so far, as seen from the switch: the GPU receives what the switch sends.
    fn traffic_mebibits(&self, direction: LinkDirection) -> i64 {
        let direction = match direction {
            LinkDirection::In => LinkDirection::Out,
            LinkDirection::Out => LinkDirection::In,
        };
        let bytes = |gpu: &Gpu| gpu.link_bytes(direction, Kept::Hardware);
        self.gpu.as_ref().map_or(0, bytes) / 131_072
    }

    fn error_count(&self, share: f64) -> i64 {
        self.gpu.as_ref().map_or(0, |gpu| gpu.link_errors(share))
    }

    fn bus_of_gpu(&self) -> i64 {
        let address = self.gpu.as_ref().and_then(|gpu| {
            let entity = gpu.model.host().entity(gpu.id)?;
            entity.pci_bus_id.clone()
        });
        let bus =
            address.and_then(|address| i64::from_str_radix(address.split(':').nth(1)?, 16).ok());
        bus.unwrap_or(0)
    }
}

impl Switch {
    /// Returns a slightly fluctuating value, for volts, amperes and watts.
    fn flickering_value(&self, what: u64, around: f64, by: f64) -> f64 {
        let second = super::truncate_to_int(self.t).unsigned_abs();
        around + by * (unit_noise(&[what, u64::from(self.id), second]) - 0.5)
    }

    fn traffic_mebibits(&self, direction: LinkDirection) -> i64 {
        self.ports
            .iter()
            .map(|port| port.traffic_mebibits(direction))
            .sum()
    }
}

#[rustfmt::skip] // One row per field.
static ROWS: &[FieldModel<Switch>] = &[
    FieldModel::single_field(F::NVSWITCH_VOLTAGE_MVOLT, Need::Always, |s, _| truncated_value(s.flickering_value(701, 810.0, 12.0))),
    FieldModel::field_range(F::NVSWITCH_CURRENT_IDDQ, F::NVSWITCH_CURRENT_IDDQ_DVDD, Need::Always, |s, _| truncated_value(s.flickering_value(702, 9_000.0, 300.0))),
    FieldModel::single_field(F::NVSWITCH_POWER_VDD, Need::Always, |s, _| truncated_value(s.flickering_value(705, 62.0, 6.0))),
    FieldModel::single_field(F::NVSWITCH_POWER_DVDD, Need::Always, |s, _| truncated_value(s.flickering_value(706, 31.0, 3.0))),
    FieldModel::single_field(F::NVSWITCH_POWER_HVDD, Need::Always, |s, _| truncated_value(s.flickering_value(707, 17.0, 2.0))),
    FieldModel::single_field(F::NVSWITCH_TEMPERATURE_CURRENT, Need::Always, |s, _| truncated_value(s.flickering_value(858, 47.0, 3.0))),
    FieldModel::single_field(F::NVSWITCH_TEMPERATURE_LIMIT_SLOWDOWN, Need::Always, |_, _| int_value(105)),
    FieldModel::single_field(F::NVSWITCH_TEMPERATURE_LIMIT_SHUTDOWN, Need::Always, |_, _| int_value(110)),
    FieldModel::single_field(F::NVSWITCH_THROUGHPUT_TX, Need::Always, |s, _| int_value(s.traffic_mebibits(LinkDirection::Out))),
    FieldModel::single_field(F::NVSWITCH_THROUGHPUT_RX, Need::Always, |s, _| int_value(s.traffic_mebibits(LinkDirection::In))),
    FieldModel::single_field(F::NVSWITCH_PHYS_ID, Need::Always, |s, _| int_value(s.id + 8)),
    FieldModel::single_field(F::NVSWITCH_RESET_REQUIRED, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_PCIE_DOMAIN, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_PCIE_BUS, Need::Always, |s, _| int_value(s.bus)),
    FieldModel::field_range(F::NVSWITCH_PCIE_DEVICE, F::NVSWITCH_PCIE_FUNCTION, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_FIRMWARE_VERSION, Need::Always, |_, _| "96.10.57.00.01".into()),
];

#[rustfmt::skip] // One row per field.
static PORT_ROWS: &[FieldModel<Port>] = &[
    FieldModel::single_field(F::NVSWITCH_LINK_THROUGHPUT_TX, Need::Always, |p, _| int_value(p.traffic_mebibits(LinkDirection::Out))),
    FieldModel::single_field(F::NVSWITCH_LINK_THROUGHPUT_RX, Need::Always, |p, _| int_value(p.traffic_mebibits(LinkDirection::In))),
    FieldModel::single_field(F::NVSWITCH_LINK_FATAL_ERRORS, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_LINK_NON_FATAL_ERRORS, Need::Always, |p, _| int_value(p.error_count(0.02))),
    FieldModel::single_field(F::NVSWITCH_LINK_REPLAY_ERRORS, Need::Always, |p, _| int_value(p.error_count(0.6))),
    FieldModel::single_field(F::NVSWITCH_LINK_RECOVERY_ERRORS, Need::Always, |p, _| int_value(p.error_count(0.02))),
    FieldModel::single_field(F::NVSWITCH_LINK_FLIT_ERRORS, Need::Always, |p, _| int_value(p.error_count(1.0))),
    FieldModel::single_field(F::NVSWITCH_LINK_CRC_ERRORS, Need::Always, |p, _| int_value(p.error_count(0.3))),
    FieldModel::single_field(F::NVSWITCH_LINK_ECC_ERRORS, Need::Always, |_, _| int_value(0)),
    FieldModel::field_range(F::NVSWITCH_LINK_LATENCY_LOW_VC0, F::NVSWITCH_LINK_LATENCY_COUNT_VC3, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_LINK_CRC_ERRORS_LANE0, Need::Always, |p, _| int_value(p.error_count(0.3))),
    FieldModel::field_range(F::NVSWITCH_LINK_CRC_ERRORS_LANE1, F::NVSWITCH_LINK_ECC_ERRORS_LANE7, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_LINK_ID, Need::Always, |p, _| int_value(p.index)),
    FieldModel::single_field(F::NVSWITCH_LINK_STATUS, Need::Always, |p, _| int_value(if p.up { 2 } else { 0 })), // Active, or off.
    FieldModel::single_field(F::NVSWITCH_LINK_TYPE, Need::Always, |_, _| int_value(1)), // To a GPU.
    FieldModel::single_field(F::NVSWITCH_LINK_REMOTE_PCIE_DOMAIN, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_LINK_REMOTE_PCIE_BUS, Need::Always, |p, _| int_value(p.bus_of_gpu())),
    FieldModel::field_range(F::NVSWITCH_LINK_REMOTE_PCIE_DEVICE, F::NVSWITCH_LINK_REMOTE_PCIE_FUNCTION, Need::Always, |_, _| int_value(0)),
    FieldModel::single_field(F::NVSWITCH_LINK_DEVICE_LINK_ID, Need::Always, |p, _| int_value(p.gpu.as_ref().and_then(|gpu| gpu.link).unwrap_or(0))),
    FieldModel::single_field(F::NVSWITCH_LINK_DEVICE_LINK_SID, Need::Always, |p, _| format!("{:#018x}", 0x9e00_0000_u64 + u64::from(p.switch)).as_str().into()),
    FieldModel::single_field(F::NVSWITCH_LINK_DEVICE_UUID, Need::Always, |p, _| format!("SWX-{:08X}-0000-0000-0000-000000000000", 0x9e00_0000_u64 + u64::from(p.switch)).as_str().into()),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_ascending_order_so_that_they_can_be_searched() {
        assert!(ROWS.windows(2).all(|pair| pair[0].last < pair[1].first));
        assert!(
            PORT_ROWS
                .windows(2)
                .all(|pair| pair[0].last < pair[1].first)
        );
    }
}
