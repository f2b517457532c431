//! The fields of GPUs and their instances: one row each, in ascending order.

use std::time::Duration;

use super::gpu::Gpu;
use super::gpu::Kept::{Driver, Hardware};
use super::gpu::LinkDirection::{In, Out};
use super::{FieldModel, double_value, int_value, look_up, truncated_value};
use crate::entity::{Entity, EntityId, EntityKind};
use crate::field::FieldId as F;
use crate::mock::model::Model;
use crate::mock::model::Need::{
    self, Always, AppClocks, C2c, Codec, Ecc, Fabric, FabricHealth, Fan, Fp64, Gpm, Hbm, Mig,
    NoMig, NvLink, NvLink4, NvLink5, Platform, Prof, RowRemap, Smoothing, TLimit,
};
use crate::mock::signal::{step_value, truncate_to_int};
use crate::value::NoValue;
use crate::value::OwnedValue;

/// Returns the value of a field of a GPU.
pub(super) fn read_gpu_field(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let levels = [
        EntityKind::GPU,
        EntityKind::GPU_INSTANCE,
        EntityKind::COMPUTE_INSTANCE,
    ];
    if !field
        .info()
        .is_some_and(|info| levels.contains(&info.scope))
    {
        return Err(NoValue::NoData);
    }
    let gpu = Gpu::new(model, id, at).ok_or(NoValue::NoData)?;
    look_up(ROWS, field, &gpu, |need| gpu.check_support(need))
}

/// Returns the value of a field that each instance has for itself.
pub(super) fn read_instance(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let host = model.host();
    let parent = host.parent_of(id).ok_or(NoValue::NoData)?;
    let (gpu, instance) = if id.kind == EntityKind::COMPUTE_INSTANCE {
        (host.parent_of(parent).ok_or(NoValue::NoData)?, parent)
    } else {
        (parent, id)
    };
    let mut instance = Gpu::new(model, gpu, at)
        .ok_or(NoValue::NoData)?
        .into_instance(instance);
    instance.asked = id;
    look_up(ROWS, field, &instance, |need| instance.check_support(need))
}

/// Returns the value of a field of a GPU for one of its links, if it is counted per link.
pub(super) fn read_link(gpu: &Gpu, field: F) -> Result<OwnedValue, NoValue> {
    look_up(ROWS, field, gpu, |need| gpu.check_support(need))
}

type FieldReader = fn(&Gpu, u16) -> OwnedValue;

const fn single_field(field: F, need: Need, read: FieldReader) -> FieldModel<Gpu> {
    FieldModel::single_field(field, need, read)
}

const fn field_range(first: F, last: F, need: Need, read: FieldReader) -> FieldModel<Gpu> {
    FieldModel::field_range(first, last, need, read)
}

/// Returns an identity of a GPU as text, empty if unknown.
fn text_value(gpu: &Gpu, of: fn(&Entity) -> &Option<std::sync::Arc<str>>) -> OwnedValue {
    let entity = gpu.model.host().entity(gpu.id);
    let text = entity.and_then(|entity| of(entity).clone());
    OwnedValue::Text(text.unwrap_or_default())
}

/// Returns the link with an index in a family of fields.
fn with_link(gpu: &Gpu, link: u16) -> Gpu {
    gpu.through_link(u32::from(link))
}

/// Returns a throughput in 1000 KiB/s, like the engine.
fn throughput_value(rate: f64) -> OwnedValue {
    truncated_value(rate / 1024.0 / 1000.0)
}

const FLIT: f64 = 1.0;
const DATA: f64 = 0.3;
const REPLAY: f64 = 0.6;
const RECOVERY: f64 = 0.02;

#[rustfmt::skip] // One row per field.
static ROWS: &[FieldModel<Gpu>] = &[
    single_field(F::NAME, Always, |g, _| text_value(g, |e| &e.model)),
    single_field(F::BRAND, Always, |g, _| text_value(g, |e| &e.brand)),
    single_field(F::NVML_INDEX, Always, |g, _| int_value(g.id.id)),
    single_field(F::SERIAL, Always, |g, _| text_value(g, |e| &e.serial)),
    single_field(F::UUID, Always, |g, _| uuid_value(g)),
    single_field(F::MINOR_NUMBER, Always, |g, _| int_value(g.id.id)),
    single_field(F::PCI_BUSID, Always, |g, _| text_value(g, |e| &e.pci_bus_id)),
    single_field(F::CUDA_COMPUTE_CAPABILITY, Always, |g, _| int_value(g.spec.compute_capability)),
    single_field(F::COMPUTE_MODE, Always, |_, _| int_value(0)),
    single_field(F::PERSISTENCE_MODE, Always, |_, _| int_value(1)),
    single_field(F::MIG_MODE, Mig, |g, _| int_value(g.cut)),
    single_field(F::MIG_MAX_SLICES, Mig, |g, _| int_value(if g.cut { 7 } else { 0 })),
    single_field(F::CC_MODE, Gpm, |_, _| int_value(0)),
    single_field(F::INFOROM_IMAGE_VER, Ecc, |_, _| "G520.0200.00.05".into()),
    single_field(F::INFOROM_CONFIG_VALID, Ecc, |_, _| int_value(1)),
    single_field(F::VBIOS_VERSION, Always, |g, _| text_value(g, |e| &e.vbios)),
    single_field(F::BAR1_TOTAL, Always, |g, _| truncated_value(g.spec.bar1_mib * g.share)),
    single_field(F::BAR1_USED, Always, |g, _| truncated_value(g.bar1_used())),
    single_field(F::BAR1_FREE, Always, |g, _| truncated_value(g.spec.bar1_mib * g.share - g.bar1_used())),
    single_field(F::GPM_SUPPORT, Always, |g, _| int_value(g.check_support(Gpm).is_ok())),
    single_field(F::SM_CLOCK, Always, |g, _| int_value(g.sm_mhz())),
    single_field(F::MEM_CLOCK, Always, |g, _| truncated_value(g.spec.memory_mhz)),
    single_field(F::VIDEO_CLOCK, Always, |g, _| truncated_value(g.spec.video_mhz * step_value(g.script.clock, g.t))),
    single_field(F::APP_SM_CLOCK, AppClocks, |g, _| truncated_value(g.spec.sm_mhz)),
    single_field(F::APP_MEM_CLOCK, AppClocks, |g, _| truncated_value(g.spec.memory_mhz)),
    single_field(F::CLOCK_THROTTLE_REASONS, Always, |g, _| int_value(g.clock_reasons())),
    single_field(F::MAX_SM_CLOCK, Always, |g, _| truncated_value(g.spec.sm_mhz)),
    single_field(F::MAX_MEM_CLOCK, Always, |g, _| truncated_value(g.spec.memory_mhz)),
    single_field(F::MAX_VIDEO_CLOCK, Always, |g, _| truncated_value(g.spec.video_mhz)),
    single_field(F::MEMORY_TEMP, Hbm, |g, _| int_value(g.memory_temperature())),
    single_field(F::GPU_TEMP, Always, |g, _| int_value(g.gpu_temperature())),
    single_field(F::MEM_MAX_OP_TEMP, Hbm, |g, _| int_value(g.spec.memory_max_c)),
    single_field(F::GPU_MAX_OP_TEMP, Always, |g, _| int_value(g.spec.max_operating_c)),
    single_field(F::GPU_TEMP_LIMIT, TLimit, |g, _| int_value((g.spec.slowdown_c - g.gpu_temperature()).max(0))),
    single_field(F::POWER_USAGE, Always, |g, _| double_value(g.power_watts())),
    single_field(F::TOTAL_ENERGY_CONSUMPTION, Always, |g, _| int_value(g.energy_mj())),
    single_field(F::POWER_USAGE_INSTANT, Always, |g, _| double_value(g.power_watts() * (0.98 + 0.04 * g.jitter_fraction(157)))),
    single_field(F::SLOWDOWN_TEMP, Always, |g, _| int_value(g.spec.slowdown_c)),
    single_field(F::SHUTDOWN_TEMP, Always, |g, _| int_value(g.spec.shutdown_c)),
    single_field(F::POWER_MGMT_LIMIT, Always, |g, _| double_value(g.spec.limit_w)),
    single_field(F::POWER_MGMT_LIMIT_MIN, Always, |g, _| double_value(g.spec.min_limit_w)),
    field_range(F::POWER_MGMT_LIMIT_MAX, F::ENFORCED_POWER_LIMIT, Always, |g, _| double_value(g.spec.limit_w)),
    single_field(F::FABRIC_MANAGER_STATUS, Fabric, |_, _| int_value(3)), // Done.
    single_field(F::FABRIC_MANAGER_ERROR_CODE, Fabric, |_, _| int_value(0)),
    single_field(F::FABRIC_CLUSTER_UUID, FabricHealth, |_, _| "6a1f6f7c-3b0e-4f3a-9d55-0a6b5f1e2c77".into()),
    single_field(F::FABRIC_CLIQUE_ID, Fabric, |_, _| int_value(0)),
    single_field(F::FABRIC_HEALTH_MASK, FabricHealth, |_, _| int_value(0b10_1010_1010)), // Each pair of bits is "false": no fault.
    single_field(F::FABRIC_HEALTH_SUMMARY, FabricHealth, |_, _| int_value(1)), // Healthy.
    single_field(F::PSTATE, Always, |_, _| int_value(0)),
    single_field(F::FAN_SPEED, Fan, |g, _| int_value((g.gpu_temperature() - 20).clamp(0, 100))),
    single_field(F::PCIE_REPLAY_COUNTER, Always, |g, _| int_value(g.pcie_replays(1.0))),
    single_field(F::GPU_UTIL, NoMig, |g, _| truncated_value((104.0 * g.work_rate()).min(100.0))),
    single_field(F::MEM_COPY_UTIL, NoMig, |g, _| truncated_value(62.0 * g.work_rate())),
    single_field(F::ENC_UTIL, NoMig, |g, _| truncated_value(if g.check_support(Codec).is_ok() { 7.9 * g.work_rate() } else { 0.0 })),
    single_field(F::DEC_UTIL, NoMig, |g, _| truncated_value(if g.check_support(Codec).is_ok() { 21.0 * g.work_rate() } else { 0.0 })),
    single_field(F::PCIE_MAX_LINK_GEN, Always, |g, _| int_value(g.spec.pcie_generation)),
    single_field(F::PCIE_MAX_LINK_WIDTH, Always, |g, _| int_value(g.spec.pcie_lanes)),
    single_field(F::PCIE_LINK_GEN, Always, |g, _| int_value(g.spec.pcie_generation - if g.pcie_fallen() { 2 } else { 0 })),
    single_field(F::PCIE_LINK_WIDTH, Always, |g, _| int_value((g.spec.pcie_lanes / if g.pcie_fallen() { 2 } else { 1 }).max(1))),
    single_field(F::POWER_VIOLATION, Always, |g, _| int_value(g.power_violation_ns())),
    single_field(F::THERMAL_VIOLATION, Always, |g, _| int_value(g.thermal_violation_ns(1.0))),
    field_range(F::SYNC_BOOST_VIOLATION, F::BOARD_LIMIT_VIOLATION, Always, |_, _| int_value(0)),
    single_field(F::LOW_UTIL_VIOLATION, Always, |g, _| int_value(g.low_utilization_ns())),
    single_field(F::RELIABILITY_VIOLATION, Always, |_, _| int_value(0)),
    single_field(F::TOTAL_APP_CLOCKS_VIOLATION, Always, |g, _| int_value(g.power_violation_ns() + g.thermal_violation_ns(1.0))),
    single_field(F::TOTAL_BASE_CLOCKS_VIOLATION, Always, |g, _| int_value(g.thermal_violation_ns(1.0))),
    single_field(F::FB_TOTAL, Always, |g, _| truncated_value(g.fb_total())),
    single_field(F::FB_FREE, Always, |g, _| truncated_value(g.fb_total() - g.fb_reserved() - g.fb_used())),
    single_field(F::FB_USED, Always, |g, _| truncated_value(g.fb_used())),
    single_field(F::FB_RESERVED, Always, |g, _| truncated_value(g.fb_reserved())),
    single_field(F::FB_USED_PERCENT, Always, |g, _| double_value(g.fb_used() / (g.fb_total() - g.fb_reserved()))),
    single_field(F::C2C_LINK_COUNT, C2c, |_, _| int_value(10)),
    single_field(F::C2C_LINK_STATUS, C2c, |_, _| int_value(1)),
    single_field(F::C2C_MAX_BANDWIDTH, C2c, |_, _| int_value(450_000)),
    field_range(F::ECC_CURRENT, F::ECC_PENDING, Ecc, |_, _| int_value(1)),
    single_field(F::ECC_SBE_VOL_TOTAL, Ecc, |g, _| int_value(g.corrected_errors(Driver))),
    single_field(F::ECC_DBE_VOL_TOTAL, Ecc, |g, _| int_value(g.uncorrected_errors())),
    single_field(F::ECC_SBE_AGG_TOTAL, Ecc, |g, _| int_value(g.corrected_errors(Hardware))),
    single_field(F::ECC_DBE_AGG_TOTAL, Ecc, |g, _| int_value(g.uncorrected_errors())),
    // These GPUs count errors in two locations: the memory, and all SRAM.
    single_field(F::ECC_SBE_VOL_DEV, Ecc, |g, _| int_value(g.corrected_errors(Driver))),
    single_field(F::ECC_DBE_VOL_DEV, Ecc, |g, _| int_value(g.uncorrected_errors())),
    single_field(F::ECC_SBE_AGG_DEV, Ecc, |g, _| int_value(g.corrected_errors(Hardware))),
    single_field(F::ECC_DBE_AGG_DEV, Ecc, |g, _| int_value(g.uncorrected_errors())),
    field_range(F::ECC_SBE_VOL_SRM, F::ECC_DBE_AGG_SRM, Ecc, |_, _| int_value(0)),
    single_field(F::THRESHOLD_SRM, Ecc, |_, _| int_value(0)),
    single_field(F::BANKS_REMAP_ROWS_AVAIL_MAX, RowRemap, |g, _| int_value(640 - g.uncorrected_errors())),
    single_field(F::BANKS_REMAP_ROWS_AVAIL_HIGH, RowRemap, |g, _| int_value(g.uncorrected_errors())),
    field_range(F::BANKS_REMAP_ROWS_AVAIL_PARTIAL, F::BANKS_REMAP_ROWS_AVAIL_NONE, RowRemap, |_, _| int_value(0)),
    single_field(F::UNCORRECTABLE_REMAPPED_ROWS, RowRemap, |g, _| int_value(g.uncorrected_errors())),
    single_field(F::CORRECTABLE_REMAPPED_ROWS, RowRemap, |_, _| int_value(0)),
    single_field(F::ROW_REMAP_FAILURE, RowRemap, |_, _| int_value(0)),
    single_field(F::ROW_REMAP_PENDING, RowRemap, |g, _| int_value(g.uncorrected_errors() > 0)),
    field_range(F::NVLINK_CRC_FLIT_ERROR_COUNT_L0, F::NVLINK_CRC_FLIT_ERROR_COUNT_L5, NvLink4, |g, n| int_value(with_link(g, n).link_errors(FLIT))),
    field_range(F::NVLINK_CRC_FLIT_ERROR_COUNT_L12, F::NVLINK_CRC_FLIT_ERROR_COUNT_L14, NvLink4, |g, n| int_value(with_link(g, 12 + n).link_errors(FLIT))),
    single_field(F::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL, NvLink4, |g, _| int_value(g.link_errors(FLIT))),
    field_range(F::NVLINK_CRC_DATA_ERROR_COUNT_L0, F::NVLINK_CRC_DATA_ERROR_COUNT_L5, NvLink4, |g, n| int_value(with_link(g, n).link_errors(DATA))),
    field_range(F::NVLINK_CRC_DATA_ERROR_COUNT_L12, F::NVLINK_CRC_DATA_ERROR_COUNT_L14, NvLink4, |g, n| int_value(with_link(g, 12 + n).link_errors(DATA))),
    single_field(F::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, NvLink4, |g, _| int_value(g.link_errors(DATA))),
    field_range(F::NVLINK_REPLAY_ERROR_COUNT_L0, F::NVLINK_REPLAY_ERROR_COUNT_L5, NvLink4, |g, n| int_value(with_link(g, n).link_errors(REPLAY))),
    field_range(F::NVLINK_REPLAY_ERROR_COUNT_L12, F::NVLINK_REPLAY_ERROR_COUNT_L14, NvLink4, |g, n| int_value(with_link(g, 12 + n).link_errors(REPLAY))),
    single_field(F::NVLINK_REPLAY_ERROR_COUNT_TOTAL, NvLink4, |g, _| int_value(g.link_errors(REPLAY))),
    field_range(F::NVLINK_RECOVERY_ERROR_COUNT_L0, F::NVLINK_RECOVERY_ERROR_COUNT_L5, NvLink4, |g, n| int_value(with_link(g, n).link_errors(RECOVERY))),
    field_range(F::NVLINK_RECOVERY_ERROR_COUNT_L12, F::NVLINK_RECOVERY_ERROR_COUNT_L14, NvLink4, |g, n| int_value(with_link(g, 12 + n).link_errors(RECOVERY))),
    single_field(F::NVLINK_RECOVERY_ERROR_COUNT_TOTAL, NvLink4, |g, _| int_value(g.link_errors(RECOVERY))),
    field_range(F::NVLINK_BANDWIDTH_L0, F::NVLINK_BANDWIDTH_L5, NvLink4, |g, n| both_ways(&with_link(g, n))),
    field_range(F::NVLINK_BANDWIDTH_L12, F::NVLINK_BANDWIDTH_L14, NvLink4, |g, n| both_ways(&with_link(g, 12 + n))),
    single_field(F::NVLINK_BANDWIDTH_TOTAL, NvLink4, |g, _| both_ways(g)),
    field_range(F::NVLINK_CRC_FLIT_ERROR_COUNT_L6, F::NVLINK_CRC_FLIT_ERROR_COUNT_L11, NvLink4, |g, n| int_value(with_link(g, 6 + n).link_errors(FLIT))),
    field_range(F::NVLINK_CRC_DATA_ERROR_COUNT_L6, F::NVLINK_CRC_DATA_ERROR_COUNT_L11, NvLink4, |g, n| int_value(with_link(g, 6 + n).link_errors(DATA))),
    field_range(F::NVLINK_REPLAY_ERROR_COUNT_L6, F::NVLINK_REPLAY_ERROR_COUNT_L11, NvLink4, |g, n| int_value(with_link(g, 6 + n).link_errors(REPLAY))),
    field_range(F::NVLINK_RECOVERY_ERROR_COUNT_L6, F::NVLINK_RECOVERY_ERROR_COUNT_L11, NvLink4, |g, n| int_value(with_link(g, 6 + n).link_errors(RECOVERY))),
    field_range(F::NVLINK_BANDWIDTH_L6, F::NVLINK_BANDWIDTH_L11, NvLink4, |g, n| both_ways(&with_link(g, 6 + n))),
    field_range(F::NVLINK_CRC_FLIT_ERROR_COUNT_L15, F::NVLINK_CRC_FLIT_ERROR_COUNT_L17, NvLink4, |g, n| int_value(with_link(g, 15 + n).link_errors(FLIT))),
    field_range(F::NVLINK_CRC_DATA_ERROR_COUNT_L15, F::NVLINK_CRC_DATA_ERROR_COUNT_L17, NvLink4, |g, n| int_value(with_link(g, 15 + n).link_errors(DATA))),
    field_range(F::NVLINK_REPLAY_ERROR_COUNT_L15, F::NVLINK_REPLAY_ERROR_COUNT_L17, NvLink4, |g, n| int_value(with_link(g, 15 + n).link_errors(REPLAY))),
    field_range(F::NVLINK_RECOVERY_ERROR_COUNT_L15, F::NVLINK_RECOVERY_ERROR_COUNT_L17, NvLink4, |g, n| int_value(with_link(g, 15 + n).link_errors(RECOVERY))),
    field_range(F::NVLINK_BANDWIDTH_L15, F::NVLINK_BANDWIDTH_L17, NvLink4, |g, n| both_ways(&with_link(g, 15 + n))),
    single_field(F::VIRTUAL_MODE, Always, |_, _| int_value(0)),
    single_field(F::ENC_STATS, Codec, |g, _| encoder_stats(g)),
    single_field(F::PLATFORM_INFINIBAND_GUID, Platform, |_, _| "0x94e8d50300a7c1f0".into()),
    single_field(F::PLATFORM_CHASSIS_SERIAL_NUMBER, Platform, |_, _| "1820225190042".into()),
    single_field(F::PLATFORM_CHASSIS_SLOT_NUMBER, Platform, |_, _| int_value(11)),
    single_field(F::PLATFORM_TRAY_INDEX, Platform, |_, _| int_value(4)),
    single_field(F::PLATFORM_HOST_ID, Platform, |g, _| int_value(1 + g.id.id / 4)),
    single_field(F::PLATFORM_PEER_TYPE, Platform, |_, _| int_value(1)), // Through a switch.
    single_field(F::PLATFORM_MODULE_ID, Platform, |g, _| int_value(1 + g.id.id)),
    field_range(F::NVLINK_TX_BANDWIDTH_L0, F::NVLINK_TX_BANDWIDTH_L17, NvLink4, |g, n| throughput_value(with_link(g, n).link_rate(Out))),
    single_field(F::NVLINK_TX_BANDWIDTH_TOTAL, NvLink4, |g, _| throughput_value(g.link_rate(Out))),
    field_range(F::NVLINK_RX_BANDWIDTH_L0, F::NVLINK_RX_BANDWIDTH_L17, NvLink4, |g, n| throughput_value(with_link(g, n).link_rate(In))),
    single_field(F::NVLINK_RX_BANDWIDTH_TOTAL, NvLink4, |g, _| throughput_value(g.link_rate(In))),
    single_field(F::PROF_GR_ENGINE_ACTIVE, Prof, |g, _| double_value(g.work_rate())),
    single_field(F::PROF_SM_ACTIVE, Prof, |g, _| double_value(0.88 * g.work_rate())),
    single_field(F::PROF_SM_OCCUPANCY, Prof, |g, _| double_value(0.42 * g.work_rate())),
    single_field(F::PROF_PIPE_TENSOR_ACTIVE, Prof, |g, _| double_value(0.5 * g.work_rate())),
    single_field(F::PROF_DRAM_ACTIVE, Prof, |g, _| double_value(0.46 * g.work_rate())),
    single_field(F::PROF_PIPE_FP64_ACTIVE, Fp64, |g, _| double_value(0.01 * g.work_rate())),
    single_field(F::PROF_PIPE_FP32_ACTIVE, Prof, |g, _| double_value(0.18 * g.work_rate())),
    single_field(F::PROF_PIPE_FP16_ACTIVE, Prof, |g, _| double_value(0.06 * g.work_rate())),
    single_field(F::PROF_PCIE_TX_BYTES, Prof, |g, _| truncated_value(g.pcie_rate(Out))),
    single_field(F::PROF_PCIE_RX_BYTES, Prof, |g, _| truncated_value(g.pcie_rate(In))),
    single_field(F::PROF_NVLINK_TX_BYTES, NvLink, |g, _| truncated_value(g.link_rate(Out))),
    single_field(F::PROF_NVLINK_RX_BYTES, NvLink, |g, _| truncated_value(g.link_rate(In))),
    single_field(F::PROF_PIPE_TENSOR_IMMA_ACTIVE, Prof, |g, _| double_value(0.02 * g.work_rate())),
    single_field(F::PROF_PIPE_TENSOR_HMMA_ACTIVE, Prof, |g, _| double_value(0.48 * g.work_rate())),
    single_field(F::PROF_PIPE_TENSOR_DFMA_ACTIVE, Fp64, |_, _| double_value(0.0)),
    single_field(F::PROF_PIPE_INT_ACTIVE, Gpm, |g, _| double_value(0.12 * g.work_rate())),
    // Seven decoders of either kind, and one engine for optical flow.
    field_range(F::PROF_NVDEC0_ACTIVE, F::PROF_NVDEC6_ACTIVE, Gpm, |g, n| double_value(if n == 0 { 0.03 * g.work_rate() } else { 0.0 })),
    field_range(F::PROF_NVJPG0_ACTIVE, F::PROF_NVJPG6_ACTIVE, Gpm, |g, n| double_value(if n == 0 { 0.08 * g.work_rate() } else { 0.0 })),
    single_field(F::PROF_NVOFA0_ACTIVE, Gpm, |_, _| double_value(0.0)),
    field_range(F::PROF_NVLINK_L0_TX_BYTES, F::PROF_NVLINK_L17_RX_BYTES, NvLink, |g, n| truncated_value(with_link(g, n / 2).link_rate(if n % 2 == 0 { Out } else { In }))),
    single_field(F::PROF_C2C_TX_ALL_BYTES, C2c, |g, _| truncated_value(40e9 * g.work_rate())),
    single_field(F::PROF_C2C_TX_DATA_BYTES, C2c, |g, _| truncated_value(36e9 * g.work_rate())),
    single_field(F::PROF_C2C_RX_ALL_BYTES, C2c, |g, _| truncated_value(60e9 * g.work_rate())),
    single_field(F::PROF_C2C_RX_DATA_BYTES, C2c, |g, _| truncated_value(54e9 * g.work_rate())),
    single_field(F::PROF_HOSTMEM_CACHE_HIT, C2c, |g, _| truncated_value(80.0 + 10.0 * g.jitter_fraction(1080))),
    single_field(F::PROF_HOSTMEM_CACHE_MISS, C2c, |g, _| int_value(100 - truncate_to_int(80.0 + 10.0 * g.jitter_fraction(1080)))),
    single_field(F::PROF_PEERMEM_CACHE_HIT, C2c, |g, _| truncated_value(60.0 + 20.0 * g.jitter_fraction(1082))),
    single_field(F::PROF_PEERMEM_CACHE_MISS, C2c, |g, _| int_value(100 - truncate_to_int(60.0 + 20.0 * g.jitter_fraction(1082)))),
    single_field(F::PROF_SM_CYCLES_ELAPSED_TOTAL, Gpm, |g, _| int_value(g.sm_cycles())),
    single_field(F::PROF_SM_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.88))),
    single_field(F::PROF_MMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.5))),
    single_field(F::PROF_DMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.001))),
    single_field(F::PROF_HMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.48))),
    single_field(F::PROF_IMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.02))),
    single_field(F::PROF_DFMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.001))),
    single_field(F::PROF_PCIE_TX_BYTES_TOTAL, Gpm, |g, _| int_value(g.pcie_bytes(Out))),
    single_field(F::PROF_PCIE_RX_BYTES_TOTAL, Gpm, |g, _| int_value(g.pcie_bytes(In))),
    single_field(F::PROF_INT_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.12))),
    single_field(F::PROF_FP64_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.01))),
    single_field(F::PROF_FP32_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.18))),
    single_field(F::PROF_FP16_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int_value(g.active_cycles(0.06))),
    single_field(F::NVLINK_COUNT_TX_PACKETS, NvLink5, |g, _| int_value(g.link_bytes(Out, Driver) / 256)),
    single_field(F::NVLINK_COUNT_TX_BYTES, NvLink5, |g, _| int_value(g.link_bytes(Out, Driver))),
    single_field(F::NVLINK_COUNT_RX_PACKETS, NvLink5, |g, _| int_value(g.link_bytes(In, Driver) / 256)),
    single_field(F::NVLINK_COUNT_RX_BYTES, NvLink5, |g, _| int_value(g.link_bytes(In, Driver))),
    field_range(F::NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS, F::NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS, NvLink5, |_, _| int_value(0)),
    single_field(F::NVLINK_COUNT_RX_ERRORS, NvLink5, |g, _| int_value(g.link_errors(0.05))),
    single_field(F::NVLINK_COUNT_RX_REMOTE_ERRORS, NvLink5, |g, _| int_value(g.link_errors(0.05))),
    single_field(F::NVLINK_COUNT_RX_GENERAL_ERRORS, NvLink5, |_, _| int_value(0)),
    single_field(F::NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS, NvLink5, |g, _| int_value(g.link_errors(0.1))),
    single_field(F::NVLINK_COUNT_TX_DISCARDS, NvLink5, |_, _| int_value(0)),
    single_field(F::NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS, NvLink5, |g, _| int_value(g.link_errors(RECOVERY))),
    single_field(F::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS, NvLink5, |g, _| int_value(g.link_errors(0.002))),
    single_field(F::NVLINK_COUNT_LINK_RECOVERY_EVENTS, NvLink5, |g, _| int_value(g.link_errors(RECOVERY) + g.link_errors(0.002))),
    single_field(F::NVLINK_COUNT_RX_SYMBOL_ERRORS, NvLink5, |g, _| int_value(g.link_errors(5.0))),
    single_field(F::NVLINK_COUNT_SYMBOL_BER, NvLink5, |g, _| int_value(if g.bit_error_ratio() > 2e-15 { 0x010d } else { 0x010f })),
    single_field(F::NVLINK_COUNT_SYMBOL_BER_FLOAT, NvLink5, |g, _| double_value(g.bit_error_ratio())),
    single_field(F::NVLINK_COUNT_EFFECTIVE_BER, NvLink5, |_, _| int_value(0x010f)),
    single_field(F::NVLINK_COUNT_EFFECTIVE_BER_FLOAT, NvLink5, |_, _| double_value(1e-15)),
    single_field(F::NVLINK_COUNT_EFFECTIVE_ERRORS, NvLink5, |_, _| int_value(0)),
    single_field(F::NVLINK_ECC_DATA_ERROR_COUNT_TOTAL, NvLink5, |_, _| int_value(0)),
    field_range(F::C2C_LINK_ERROR_INTR, F::C2C_LINK_ERROR_REPLAY_B2B, C2c, |_, _| int_value(0)),
    single_field(F::C2C_LINK_POWER_STATE, C2c, |_, _| int_value(1)),
    field_range(F::NVLINK_COUNT_FEC_HISTORY_0, F::NVLINK_COUNT_FEC_HISTORY_15, NvLink5, codeword_count),
    single_field(F::CLOCKS_EVENT_REASON_SW_POWER_CAP_NS, Always, |g, _| int_value(g.power_violation_ns())),
    single_field(F::CLOCKS_EVENT_REASON_SYNC_BOOST_NS, Always, |_, _| int_value(0)),
    single_field(F::CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS, Always, |g, _| int_value(g.thermal_violation_ns(0.7))),
    single_field(F::CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS, Always, |g, _| int_value(g.thermal_violation_ns(0.3))),
    single_field(F::CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS, Always, |_, _| int_value(0)),
    field_range(F::PWR_SMOOTHING_ENABLED, F::PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_HYST_VAL, Smoothing, |_, _| int_value(0)),
    single_field(F::PCIE_COUNT_CORRECTABLE_ERRORS, Always, |g, _| int_value(g.pcie_replays(3.0))),
    single_field(F::MEMORY_UNREPAIRABLE_FLAG, Ecc, |_, _| int_value(0)),
    single_field(F::GET_GPU_RECOVERY_ACTION, Ecc, |g, _| int_value(g.uncorrected_errors() > 0)), // 1: reset the GPU.
];

fn uuid_value(gpu: &Gpu) -> OwnedValue {
    if gpu.asked == gpu.id {
        return text_value(gpu, |entity| &entity.uuid);
    }
    let seed = crate::mock::signal::hash_words(&[
        u64::from(gpu.asked.kind.raw()),
        u64::from(gpu.asked.id),
    ]);
    let text = format!(
        "MIG-{:08x}-{:04x}-5{:03x}-8{:03x}-{:012x}",
        seed >> 32,
        seed & 0xffff,
        seed & 0x0fff,
        (seed >> 16) & 0x0fff,
        seed >> 16
    );
    OwnedValue::Text(text.into())
}

/// `dcgmDeviceEncStats_t`: version, sessions, frames per second, latency in microseconds.
fn encoder_stats(gpu: &Gpu) -> OwnedValue {
    let busy = u32::from(gpu.work_rate() > 0.3);
    let words = [0x0100_0010, busy, 60 * busy, 4_200 * busy];
    let bytes: Vec<u8> = words.iter().copied().flat_map(u32::to_ne_bytes).collect();
    OwnedValue::Blob(bytes.into())
}

fn both_ways(gpu: &Gpu) -> OwnedValue {
    throughput_value(gpu.link_rate(In) + gpu.link_rate(Out))
}

/// Returns the codewords with a number of repaired symbols: most have none, and each further symbol is a
/// hundred times rarer.
fn codeword_count(gpu: &Gpu, repaired: u16) -> OwnedValue {
    let all = gpu.link_bytes(In, Driver) / 64;
    let rarer = 100_i64.checked_pow(u32::from(repaired)).unwrap_or(i64::MAX);
    int_value(all / rarer + gpu.link_errors(0.5_f64.powi(i32::from(repaired))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_ascending_order_so_that_they_can_be_searched() {
        for pair in ROWS.windows(2) {
            assert!(pair[0].first <= pair[0].last);
            assert!(pair[0].last < pair[1].first, "{}", pair[1].first);
        }
    }
}
