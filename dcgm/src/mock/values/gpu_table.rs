//! The fields of GPUs and their instances: one row each, in ascending order.

use std::time::Duration;

use super::gpu::Gpu;
use super::gpu::Kept::{Driver, Hardware};
use super::gpu::Way::{In, Out};
use super::{FieldModel, double, floor, int, look_up};
use crate::entity::{Entity, EntityId, EntityKind};
use crate::field::FieldId as F;
use crate::mock::model::Model;
use crate::mock::model::Need::{
    self, Always, AppClocks, C2c, Codec, Ecc, Fabric, FabricHealth, Fan, Fp64, Gpm, Hbm, Mig,
    NoMig, NvLink, NvLink4, NvLink5, Platform, Prof, RowRemap, Smoothing, TLimit,
};
use crate::mock::signal::{step, whole};
use crate::value::NoValue;
use crate::value::OwnedValue;

/// Returns the value of a field of a GPU.
pub(super) fn read(
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
    look_up(ROWS, field, &gpu, |need| gpu.can(need))
}

/// Returns the value of a field that each instance has for itself.
pub(super) fn read_instance(
    model: &Model,
    id: EntityId,
    field: F,
    at: Duration,
) -> Result<OwnedValue, NoValue> {
    let host = model.host();
    let parent = host.parent(id).ok_or(NoValue::NoData)?;
    let (gpu, instance) = if id.kind == EntityKind::COMPUTE_INSTANCE {
        (host.parent(parent).ok_or(NoValue::NoData)?, parent)
    } else {
        (parent, id)
    };
    let mut instance = Gpu::new(model, gpu, at)
        .ok_or(NoValue::NoData)?
        .instance(instance);
    instance.asked = id;
    look_up(ROWS, field, &instance, |need| instance.can(need))
}

/// Returns the value of a field of a GPU for one of its links, if it is counted per link.
pub(super) fn read_link(gpu: &Gpu, field: F) -> Result<OwnedValue, NoValue> {
    look_up(ROWS, field, gpu, |need| gpu.can(need))
}

type Reader = fn(&Gpu, u16) -> OwnedValue;

const fn one(field: F, need: Need, read: Reader) -> FieldModel<Gpu> {
    FieldModel::one(field, need, read)
}

const fn family(first: F, last: F, need: Need, read: Reader) -> FieldModel<Gpu> {
    FieldModel::family(first, last, need, read)
}

/// Returns an identity of a GPU as text, empty if unknown.
fn text(gpu: &Gpu, of: fn(&Entity) -> &Option<std::sync::Arc<str>>) -> OwnedValue {
    let entity = gpu.model.host().entity(gpu.id);
    let text = entity.and_then(|entity| of(entity).clone());
    OwnedValue::Text(text.unwrap_or_default())
}

/// Returns the link with an index in a family of fields.
fn link(gpu: &Gpu, link: u16) -> Gpu {
    gpu.only(u32::from(link))
}

/// Returns a throughput in 1000 KiB/s, like the engine.
fn throughput(rate: f64) -> OwnedValue {
    floor(rate / 1024.0 / 1000.0)
}

const FLIT: f64 = 1.0;
const DATA: f64 = 0.3;
const REPLAY: f64 = 0.6;
const RECOVERY: f64 = 0.02;

#[rustfmt::skip] // One row per field.
static ROWS: &[FieldModel<Gpu>] = &[
    one(F::NAME, Always, |g, _| text(g, |e| &e.model)),
    one(F::BRAND, Always, |g, _| text(g, |e| &e.brand)),
    one(F::NVML_INDEX, Always, |g, _| int(g.id.id)),
    one(F::SERIAL, Always, |g, _| text(g, |e| &e.serial)),
    one(F::UUID, Always, |g, _| uuid(g)),
    one(F::MINOR_NUMBER, Always, |g, _| int(g.id.id)),
    one(F::PCI_BUSID, Always, |g, _| text(g, |e| &e.pci_bus_id)),
    one(F::CUDA_COMPUTE_CAPABILITY, Always, |g, _| int(g.spec.compute_capability)),
    one(F::COMPUTE_MODE, Always, |_, _| int(0)),
    one(F::PERSISTENCE_MODE, Always, |_, _| int(1)),
    one(F::MIG_MODE, Mig, |g, _| int(g.cut)),
    one(F::MIG_MAX_SLICES, Mig, |g, _| int(if g.cut { 7 } else { 0 })),
    one(F::CC_MODE, Gpm, |_, _| int(0)),
    one(F::INFOROM_IMAGE_VER, Ecc, |_, _| "G520.0200.00.05".into()),
    one(F::INFOROM_CONFIG_VALID, Ecc, |_, _| int(1)),
    one(F::VBIOS_VERSION, Always, |g, _| text(g, |e| &e.vbios)),
    one(F::BAR1_TOTAL, Always, |g, _| floor(g.spec.bar1_mib * g.share)),
    one(F::BAR1_USED, Always, |g, _| floor(g.bar1_used())),
    one(F::BAR1_FREE, Always, |g, _| floor(g.spec.bar1_mib * g.share - g.bar1_used())),
    one(F::GPM_SUPPORT, Always, |g, _| int(g.can(Gpm).is_ok())),
    one(F::SM_CLOCK, Always, |g, _| int(g.sm_mhz())),
    one(F::MEM_CLOCK, Always, |g, _| floor(g.spec.memory_mhz)),
    one(F::VIDEO_CLOCK, Always, |g, _| floor(g.spec.video_mhz * step(g.script.clock, g.t))),
    one(F::APP_SM_CLOCK, AppClocks, |g, _| floor(g.spec.sm_mhz)),
    one(F::APP_MEM_CLOCK, AppClocks, |g, _| floor(g.spec.memory_mhz)),
    one(F::CLOCK_THROTTLE_REASONS, Always, |g, _| int(g.clock_reasons())),
    one(F::MAX_SM_CLOCK, Always, |g, _| floor(g.spec.sm_mhz)),
    one(F::MAX_MEM_CLOCK, Always, |g, _| floor(g.spec.memory_mhz)),
    one(F::MAX_VIDEO_CLOCK, Always, |g, _| floor(g.spec.video_mhz)),
    one(F::MEMORY_TEMP, Hbm, |g, _| int(g.memory_temperature())),
    one(F::GPU_TEMP, Always, |g, _| int(g.temperature())),
    one(F::MEM_MAX_OP_TEMP, Hbm, |g, _| int(g.spec.memory_max_c)),
    one(F::GPU_MAX_OP_TEMP, Always, |g, _| int(g.spec.max_operating_c)),
    one(F::GPU_TEMP_LIMIT, TLimit, |g, _| int((g.spec.slowdown_c - g.temperature()).max(0))),
    one(F::POWER_USAGE, Always, |g, _| double(g.power())),
    one(F::TOTAL_ENERGY_CONSUMPTION, Always, |g, _| int(g.energy_mj())),
    one(F::POWER_USAGE_INSTANT, Always, |g, _| double(g.power() * (0.98 + 0.04 * g.jitter(157)))),
    one(F::SLOWDOWN_TEMP, Always, |g, _| int(g.spec.slowdown_c)),
    one(F::SHUTDOWN_TEMP, Always, |g, _| int(g.spec.shutdown_c)),
    one(F::POWER_MGMT_LIMIT, Always, |g, _| double(g.spec.limit_w)),
    one(F::POWER_MGMT_LIMIT_MIN, Always, |g, _| double(g.spec.min_limit_w)),
    family(F::POWER_MGMT_LIMIT_MAX, F::ENFORCED_POWER_LIMIT, Always, |g, _| double(g.spec.limit_w)),
    one(F::FABRIC_MANAGER_STATUS, Fabric, |_, _| int(3)), // Done.
    one(F::FABRIC_MANAGER_ERROR_CODE, Fabric, |_, _| int(0)),
    one(F::FABRIC_CLUSTER_UUID, FabricHealth, |_, _| "6a1f6f7c-3b0e-4f3a-9d55-0a6b5f1e2c77".into()),
    one(F::FABRIC_CLIQUE_ID, Fabric, |_, _| int(0)),
    one(F::FABRIC_HEALTH_MASK, FabricHealth, |_, _| int(0b10_1010_1010)), // Each pair of bits is "false": no fault.
    one(F::FABRIC_HEALTH_SUMMARY, FabricHealth, |_, _| int(1)), // Healthy.
    one(F::PSTATE, Always, |_, _| int(0)),
    one(F::FAN_SPEED, Fan, |g, _| int((g.temperature() - 20).clamp(0, 100))),
    one(F::PCIE_REPLAY_COUNTER, Always, |g, _| int(g.replays(1.0))),
    one(F::GPU_UTIL, NoMig, |g, _| floor((104.0 * g.work()).min(100.0))),
    one(F::MEM_COPY_UTIL, NoMig, |g, _| floor(62.0 * g.work())),
    one(F::ENC_UTIL, NoMig, |g, _| floor(if g.can(Codec).is_ok() { 7.9 * g.work() } else { 0.0 })),
    one(F::DEC_UTIL, NoMig, |g, _| floor(if g.can(Codec).is_ok() { 21.0 * g.work() } else { 0.0 })),
    one(F::PCIE_MAX_LINK_GEN, Always, |g, _| int(g.spec.pcie_generation)),
    one(F::PCIE_MAX_LINK_WIDTH, Always, |g, _| int(g.spec.pcie_lanes)),
    one(F::PCIE_LINK_GEN, Always, |g, _| int(g.spec.pcie_generation - if g.pcie_fallen() { 2 } else { 0 })),
    one(F::PCIE_LINK_WIDTH, Always, |g, _| int((g.spec.pcie_lanes / if g.pcie_fallen() { 2 } else { 1 }).max(1))),
    one(F::POWER_VIOLATION, Always, |g, _| int(g.power_violation_ns())),
    one(F::THERMAL_VIOLATION, Always, |g, _| int(g.thermal_violation_ns(1.0))),
    family(F::SYNC_BOOST_VIOLATION, F::BOARD_LIMIT_VIOLATION, Always, |_, _| int(0)),
    one(F::LOW_UTIL_VIOLATION, Always, |g, _| int(g.low_utilization_ns())),
    one(F::RELIABILITY_VIOLATION, Always, |_, _| int(0)),
    one(F::TOTAL_APP_CLOCKS_VIOLATION, Always, |g, _| int(g.power_violation_ns() + g.thermal_violation_ns(1.0))),
    one(F::TOTAL_BASE_CLOCKS_VIOLATION, Always, |g, _| int(g.thermal_violation_ns(1.0))),
    one(F::FB_TOTAL, Always, |g, _| floor(g.fb_total())),
    one(F::FB_FREE, Always, |g, _| floor(g.fb_total() - g.fb_reserved() - g.fb_used())),
    one(F::FB_USED, Always, |g, _| floor(g.fb_used())),
    one(F::FB_RESERVED, Always, |g, _| floor(g.fb_reserved())),
    one(F::FB_USED_PERCENT, Always, |g, _| double(g.fb_used() / (g.fb_total() - g.fb_reserved()))),
    one(F::C2C_LINK_COUNT, C2c, |_, _| int(10)),
    one(F::C2C_LINK_STATUS, C2c, |_, _| int(1)),
    one(F::C2C_MAX_BANDWIDTH, C2c, |_, _| int(450_000)),
    family(F::ECC_CURRENT, F::ECC_PENDING, Ecc, |_, _| int(1)),
    one(F::ECC_SBE_VOL_TOTAL, Ecc, |g, _| int(g.corrected(Driver))),
    one(F::ECC_DBE_VOL_TOTAL, Ecc, |g, _| int(g.uncorrected())),
    one(F::ECC_SBE_AGG_TOTAL, Ecc, |g, _| int(g.corrected(Hardware))),
    one(F::ECC_DBE_AGG_TOTAL, Ecc, |g, _| int(g.uncorrected())),
    // These GPUs count errors in two locations: the memory, and all SRAM.
    one(F::ECC_SBE_VOL_DEV, Ecc, |g, _| int(g.corrected(Driver))),
    one(F::ECC_DBE_VOL_DEV, Ecc, |g, _| int(g.uncorrected())),
    one(F::ECC_SBE_AGG_DEV, Ecc, |g, _| int(g.corrected(Hardware))),
    one(F::ECC_DBE_AGG_DEV, Ecc, |g, _| int(g.uncorrected())),
    family(F::ECC_SBE_VOL_SRM, F::ECC_DBE_AGG_SRM, Ecc, |_, _| int(0)),
    one(F::THRESHOLD_SRM, Ecc, |_, _| int(0)),
    one(F::BANKS_REMAP_ROWS_AVAIL_MAX, RowRemap, |g, _| int(640 - g.uncorrected())),
    one(F::BANKS_REMAP_ROWS_AVAIL_HIGH, RowRemap, |g, _| int(g.uncorrected())),
    family(F::BANKS_REMAP_ROWS_AVAIL_PARTIAL, F::BANKS_REMAP_ROWS_AVAIL_NONE, RowRemap, |_, _| int(0)),
    one(F::UNCORRECTABLE_REMAPPED_ROWS, RowRemap, |g, _| int(g.uncorrected())),
    one(F::CORRECTABLE_REMAPPED_ROWS, RowRemap, |_, _| int(0)),
    one(F::ROW_REMAP_FAILURE, RowRemap, |_, _| int(0)),
    one(F::ROW_REMAP_PENDING, RowRemap, |g, _| int(g.uncorrected() > 0)),
    family(F::NVLINK_CRC_FLIT_ERROR_COUNT_L0, F::NVLINK_CRC_FLIT_ERROR_COUNT_L5, NvLink4, |g, n| int(link(g, n).link_errors(FLIT))),
    family(F::NVLINK_CRC_FLIT_ERROR_COUNT_L12, F::NVLINK_CRC_FLIT_ERROR_COUNT_L14, NvLink4, |g, n| int(link(g, 12 + n).link_errors(FLIT))),
    one(F::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL, NvLink4, |g, _| int(g.link_errors(FLIT))),
    family(F::NVLINK_CRC_DATA_ERROR_COUNT_L0, F::NVLINK_CRC_DATA_ERROR_COUNT_L5, NvLink4, |g, n| int(link(g, n).link_errors(DATA))),
    family(F::NVLINK_CRC_DATA_ERROR_COUNT_L12, F::NVLINK_CRC_DATA_ERROR_COUNT_L14, NvLink4, |g, n| int(link(g, 12 + n).link_errors(DATA))),
    one(F::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, NvLink4, |g, _| int(g.link_errors(DATA))),
    family(F::NVLINK_REPLAY_ERROR_COUNT_L0, F::NVLINK_REPLAY_ERROR_COUNT_L5, NvLink4, |g, n| int(link(g, n).link_errors(REPLAY))),
    family(F::NVLINK_REPLAY_ERROR_COUNT_L12, F::NVLINK_REPLAY_ERROR_COUNT_L14, NvLink4, |g, n| int(link(g, 12 + n).link_errors(REPLAY))),
    one(F::NVLINK_REPLAY_ERROR_COUNT_TOTAL, NvLink4, |g, _| int(g.link_errors(REPLAY))),
    family(F::NVLINK_RECOVERY_ERROR_COUNT_L0, F::NVLINK_RECOVERY_ERROR_COUNT_L5, NvLink4, |g, n| int(link(g, n).link_errors(RECOVERY))),
    family(F::NVLINK_RECOVERY_ERROR_COUNT_L12, F::NVLINK_RECOVERY_ERROR_COUNT_L14, NvLink4, |g, n| int(link(g, 12 + n).link_errors(RECOVERY))),
    one(F::NVLINK_RECOVERY_ERROR_COUNT_TOTAL, NvLink4, |g, _| int(g.link_errors(RECOVERY))),
    family(F::NVLINK_BANDWIDTH_L0, F::NVLINK_BANDWIDTH_L5, NvLink4, |g, n| both_ways(&link(g, n))),
    family(F::NVLINK_BANDWIDTH_L12, F::NVLINK_BANDWIDTH_L14, NvLink4, |g, n| both_ways(&link(g, 12 + n))),
    one(F::NVLINK_BANDWIDTH_TOTAL, NvLink4, |g, _| both_ways(g)),
    family(F::NVLINK_CRC_FLIT_ERROR_COUNT_L6, F::NVLINK_CRC_FLIT_ERROR_COUNT_L11, NvLink4, |g, n| int(link(g, 6 + n).link_errors(FLIT))),
    family(F::NVLINK_CRC_DATA_ERROR_COUNT_L6, F::NVLINK_CRC_DATA_ERROR_COUNT_L11, NvLink4, |g, n| int(link(g, 6 + n).link_errors(DATA))),
    family(F::NVLINK_REPLAY_ERROR_COUNT_L6, F::NVLINK_REPLAY_ERROR_COUNT_L11, NvLink4, |g, n| int(link(g, 6 + n).link_errors(REPLAY))),
    family(F::NVLINK_RECOVERY_ERROR_COUNT_L6, F::NVLINK_RECOVERY_ERROR_COUNT_L11, NvLink4, |g, n| int(link(g, 6 + n).link_errors(RECOVERY))),
    family(F::NVLINK_BANDWIDTH_L6, F::NVLINK_BANDWIDTH_L11, NvLink4, |g, n| both_ways(&link(g, 6 + n))),
    family(F::NVLINK_CRC_FLIT_ERROR_COUNT_L15, F::NVLINK_CRC_FLIT_ERROR_COUNT_L17, NvLink4, |g, n| int(link(g, 15 + n).link_errors(FLIT))),
    family(F::NVLINK_CRC_DATA_ERROR_COUNT_L15, F::NVLINK_CRC_DATA_ERROR_COUNT_L17, NvLink4, |g, n| int(link(g, 15 + n).link_errors(DATA))),
    family(F::NVLINK_REPLAY_ERROR_COUNT_L15, F::NVLINK_REPLAY_ERROR_COUNT_L17, NvLink4, |g, n| int(link(g, 15 + n).link_errors(REPLAY))),
    family(F::NVLINK_RECOVERY_ERROR_COUNT_L15, F::NVLINK_RECOVERY_ERROR_COUNT_L17, NvLink4, |g, n| int(link(g, 15 + n).link_errors(RECOVERY))),
    family(F::NVLINK_BANDWIDTH_L15, F::NVLINK_BANDWIDTH_L17, NvLink4, |g, n| both_ways(&link(g, 15 + n))),
    one(F::VIRTUAL_MODE, Always, |_, _| int(0)),
    one(F::ENC_STATS, Codec, |g, _| encoder(g)),
    one(F::PLATFORM_INFINIBAND_GUID, Platform, |_, _| "0x94e8d50300a7c1f0".into()),
    one(F::PLATFORM_CHASSIS_SERIAL_NUMBER, Platform, |_, _| "1820225190042".into()),
    one(F::PLATFORM_CHASSIS_SLOT_NUMBER, Platform, |_, _| int(11)),
    one(F::PLATFORM_TRAY_INDEX, Platform, |_, _| int(4)),
    one(F::PLATFORM_HOST_ID, Platform, |g, _| int(1 + g.id.id / 4)),
    one(F::PLATFORM_PEER_TYPE, Platform, |_, _| int(1)), // Through a switch.
    one(F::PLATFORM_MODULE_ID, Platform, |g, _| int(1 + g.id.id)),
    family(F::NVLINK_TX_BANDWIDTH_L0, F::NVLINK_TX_BANDWIDTH_L17, NvLink4, |g, n| throughput(link(g, n).link_rate(Out))),
    one(F::NVLINK_TX_BANDWIDTH_TOTAL, NvLink4, |g, _| throughput(g.link_rate(Out))),
    family(F::NVLINK_RX_BANDWIDTH_L0, F::NVLINK_RX_BANDWIDTH_L17, NvLink4, |g, n| throughput(link(g, n).link_rate(In))),
    one(F::NVLINK_RX_BANDWIDTH_TOTAL, NvLink4, |g, _| throughput(g.link_rate(In))),
    one(F::PROF_GR_ENGINE_ACTIVE, Prof, |g, _| double(g.work())),
    one(F::PROF_SM_ACTIVE, Prof, |g, _| double(0.88 * g.work())),
    one(F::PROF_SM_OCCUPANCY, Prof, |g, _| double(0.42 * g.work())),
    one(F::PROF_PIPE_TENSOR_ACTIVE, Prof, |g, _| double(0.5 * g.work())),
    one(F::PROF_DRAM_ACTIVE, Prof, |g, _| double(0.46 * g.work())),
    one(F::PROF_PIPE_FP64_ACTIVE, Fp64, |g, _| double(0.01 * g.work())),
    one(F::PROF_PIPE_FP32_ACTIVE, Prof, |g, _| double(0.18 * g.work())),
    one(F::PROF_PIPE_FP16_ACTIVE, Prof, |g, _| double(0.06 * g.work())),
    one(F::PROF_PCIE_TX_BYTES, Prof, |g, _| floor(g.pcie_rate(Out))),
    one(F::PROF_PCIE_RX_BYTES, Prof, |g, _| floor(g.pcie_rate(In))),
    one(F::PROF_NVLINK_TX_BYTES, NvLink, |g, _| floor(g.link_rate(Out))),
    one(F::PROF_NVLINK_RX_BYTES, NvLink, |g, _| floor(g.link_rate(In))),
    one(F::PROF_PIPE_TENSOR_IMMA_ACTIVE, Prof, |g, _| double(0.02 * g.work())),
    one(F::PROF_PIPE_TENSOR_HMMA_ACTIVE, Prof, |g, _| double(0.48 * g.work())),
    one(F::PROF_PIPE_TENSOR_DFMA_ACTIVE, Fp64, |_, _| double(0.0)),
    one(F::PROF_PIPE_INT_ACTIVE, Gpm, |g, _| double(0.12 * g.work())),
    // Seven decoders of either kind, and one engine for optical flow.
    family(F::PROF_NVDEC0_ACTIVE, F::PROF_NVDEC6_ACTIVE, Gpm, |g, n| double(if n == 0 { 0.03 * g.work() } else { 0.0 })),
    family(F::PROF_NVJPG0_ACTIVE, F::PROF_NVJPG6_ACTIVE, Gpm, |g, n| double(if n == 0 { 0.08 * g.work() } else { 0.0 })),
    one(F::PROF_NVOFA0_ACTIVE, Gpm, |_, _| double(0.0)),
    family(F::PROF_NVLINK_L0_TX_BYTES, F::PROF_NVLINK_L17_RX_BYTES, NvLink, |g, n| floor(link(g, n / 2).link_rate(if n % 2 == 0 { Out } else { In }))),
    one(F::PROF_C2C_TX_ALL_BYTES, C2c, |g, _| floor(40e9 * g.work())),
    one(F::PROF_C2C_TX_DATA_BYTES, C2c, |g, _| floor(36e9 * g.work())),
    one(F::PROF_C2C_RX_ALL_BYTES, C2c, |g, _| floor(60e9 * g.work())),
    one(F::PROF_C2C_RX_DATA_BYTES, C2c, |g, _| floor(54e9 * g.work())),
    one(F::PROF_HOSTMEM_CACHE_HIT, C2c, |g, _| floor(80.0 + 10.0 * g.jitter(1080))),
    one(F::PROF_HOSTMEM_CACHE_MISS, C2c, |g, _| int(100 - whole(80.0 + 10.0 * g.jitter(1080)))),
    one(F::PROF_PEERMEM_CACHE_HIT, C2c, |g, _| floor(60.0 + 20.0 * g.jitter(1082))),
    one(F::PROF_PEERMEM_CACHE_MISS, C2c, |g, _| int(100 - whole(60.0 + 20.0 * g.jitter(1082)))),
    one(F::PROF_SM_CYCLES_ELAPSED_TOTAL, Gpm, |g, _| int(g.sm_cycles())),
    one(F::PROF_SM_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.88))),
    one(F::PROF_MMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.5))),
    one(F::PROF_DMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.001))),
    one(F::PROF_HMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.48))),
    one(F::PROF_IMMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.02))),
    one(F::PROF_DFMA_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.001))),
    one(F::PROF_PCIE_TX_BYTES_TOTAL, Gpm, |g, _| int(g.pcie_bytes(Out))),
    one(F::PROF_PCIE_RX_BYTES_TOTAL, Gpm, |g, _| int(g.pcie_bytes(In))),
    one(F::PROF_INT_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.12))),
    one(F::PROF_FP64_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.01))),
    one(F::PROF_FP32_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.18))),
    one(F::PROF_FP16_CYCLES_ACTIVE_TOTAL, Gpm, |g, _| int(g.active_cycles(0.06))),
    one(F::NVLINK_COUNT_TX_PACKETS, NvLink5, |g, _| int(g.link_bytes(Out, Driver) / 256)),
    one(F::NVLINK_COUNT_TX_BYTES, NvLink5, |g, _| int(g.link_bytes(Out, Driver))),
    one(F::NVLINK_COUNT_RX_PACKETS, NvLink5, |g, _| int(g.link_bytes(In, Driver) / 256)),
    one(F::NVLINK_COUNT_RX_BYTES, NvLink5, |g, _| int(g.link_bytes(In, Driver))),
    family(F::NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS, F::NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS, NvLink5, |_, _| int(0)),
    one(F::NVLINK_COUNT_RX_ERRORS, NvLink5, |g, _| int(g.link_errors(0.05))),
    one(F::NVLINK_COUNT_RX_REMOTE_ERRORS, NvLink5, |g, _| int(g.link_errors(0.05))),
    one(F::NVLINK_COUNT_RX_GENERAL_ERRORS, NvLink5, |_, _| int(0)),
    one(F::NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS, NvLink5, |g, _| int(g.link_errors(0.1))),
    one(F::NVLINK_COUNT_TX_DISCARDS, NvLink5, |_, _| int(0)),
    one(F::NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS, NvLink5, |g, _| int(g.link_errors(RECOVERY))),
    one(F::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS, NvLink5, |g, _| int(g.link_errors(0.002))),
    one(F::NVLINK_COUNT_LINK_RECOVERY_EVENTS, NvLink5, |g, _| int(g.link_errors(RECOVERY) + g.link_errors(0.002))),
    one(F::NVLINK_COUNT_RX_SYMBOL_ERRORS, NvLink5, |g, _| int(g.link_errors(5.0))),
    one(F::NVLINK_COUNT_SYMBOL_BER, NvLink5, |g, _| int(if g.bit_error_ratio() > 2e-15 { 0x010d } else { 0x010f })),
    one(F::NVLINK_COUNT_SYMBOL_BER_FLOAT, NvLink5, |g, _| double(g.bit_error_ratio())),
    one(F::NVLINK_COUNT_EFFECTIVE_BER, NvLink5, |_, _| int(0x010f)),
    one(F::NVLINK_COUNT_EFFECTIVE_BER_FLOAT, NvLink5, |_, _| double(1e-15)),
    one(F::NVLINK_COUNT_EFFECTIVE_ERRORS, NvLink5, |_, _| int(0)),
    one(F::NVLINK_ECC_DATA_ERROR_COUNT_TOTAL, NvLink5, |_, _| int(0)),
    family(F::C2C_LINK_ERROR_INTR, F::C2C_LINK_ERROR_REPLAY_B2B, C2c, |_, _| int(0)),
    one(F::C2C_LINK_POWER_STATE, C2c, |_, _| int(1)),
    family(F::NVLINK_COUNT_FEC_HISTORY_0, F::NVLINK_COUNT_FEC_HISTORY_15, NvLink5, codewords),
    one(F::CLOCKS_EVENT_REASON_SW_POWER_CAP_NS, Always, |g, _| int(g.power_violation_ns())),
    one(F::CLOCKS_EVENT_REASON_SYNC_BOOST_NS, Always, |_, _| int(0)),
    one(F::CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS, Always, |g, _| int(g.thermal_violation_ns(0.7))),
    one(F::CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS, Always, |g, _| int(g.thermal_violation_ns(0.3))),
    one(F::CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS, Always, |_, _| int(0)),
    family(F::PWR_SMOOTHING_ENABLED, F::PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_HYST_VAL, Smoothing, |_, _| int(0)),
    one(F::PCIE_COUNT_CORRECTABLE_ERRORS, Always, |g, _| int(g.replays(3.0))),
    one(F::MEMORY_UNREPAIRABLE_FLAG, Ecc, |_, _| int(0)),
    one(F::GET_GPU_RECOVERY_ACTION, Ecc, |g, _| int(g.uncorrected() > 0)), // 1: reset the GPU.
];

fn uuid(gpu: &Gpu) -> OwnedValue {
    if gpu.asked == gpu.id {
        return text(gpu, |entity| &entity.uuid);
    }
    let seed =
        crate::mock::signal::hash(&[u64::from(gpu.asked.kind.raw()), u64::from(gpu.asked.id)]);
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
fn encoder(gpu: &Gpu) -> OwnedValue {
    let busy = u32::from(gpu.work() > 0.3);
    let words = [0x0100_0010, busy, 60 * busy, 4_200 * busy];
    let bytes: Vec<u8> = words.iter().copied().flat_map(u32::to_ne_bytes).collect();
    OwnedValue::Blob(bytes.into())
}

fn both_ways(gpu: &Gpu) -> OwnedValue {
    throughput(gpu.link_rate(In) + gpu.link_rate(Out))
}

/// Returns the codewords with a number of repaired symbols: most have none, and each further symbol is a
/// hundred times rarer.
fn codewords(gpu: &Gpu, repaired: u16) -> OwnedValue {
    let all = gpu.link_bytes(In, Driver) / 64;
    let rarer = 100_i64.checked_pow(u32::from(repaired)).unwrap_or(i64::MAX);
    int(all / rarer + gpu.link_errors(0.5_f64.powi(i32::from(repaired))))
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
