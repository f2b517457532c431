//! The table of all metrics.

use dcgm::FieldId as F;
use dcgm::health::HealthSystems;

use super::Identity::{Brief, Product, Versions};
use super::Kind::{CounterF64, CounterU64, GaugeF64, GaugeI64, UpDownI64};
use super::Mig::{Any, Outside, Within};
use super::Presence::{Auto, Off, On};
use super::Scale::{Per, Times};
use super::Statistic::{Max, Mean, Min};
use super::facts::{
    ADAPTER_STATUS, GPU_DETACHED, GPU_FACTS, GPU_PAUSED, GPU_STATUS, SWITCH_FACTS, SWITCH_STATUS,
};
use super::links::{
    CRC_DATA, CRC_FLIT, PROF_RX, PROF_TX, RECOVERY, REPLAY, THROUGHPUT_RX, THROUGHPUT_TX,
};
use super::scope::{ADAPTER, CORE, CPU, GPU, GPU_GI, GPU_GI_CI, HOST, LINK, PORT, SWITCH};
use crate::config::Group;

use super::{
    Metric, ONE, Op, count_fractions, counter, family, integrate_rate, last, metric, peak,
    read_each, read_field, series_row, sum_links,
};

/// A share. Values a little above 1 have been seen, and are passed on; four thousand million has
/// been seen too.
const SHARE: (f64, f64) = (0.0, 1.5);
const FROM_ZERO: (f64, f64) = (0.0, f64::INFINITY);

// Growth of counters per second. The limits are generous: no GPU takes 6 kW, PCIe 6 carries 128 GB/s
// in each direction, NVLink 5 0.9 TB/s per GPU, an NVSwitch 7 TB/s.
const ENERGY_GROWTH: (f64, f64) = (0.0, 6e3);
const TIME_GROWTH: (f64, f64) = (0.0, 2.0);
const PCIE_GROWTH: (f64, f64) = (0.0, 2.6e11);
const LINK_GROWTH: (f64, f64) = (0.0, 4e12);
const SWITCH_GROWTH: (f64, f64) = (0.0, 3e13);
// Cycles of all SMs, packets, codewords, errors.
const COUNT_GROWTH: (f64, f64) = (0.0, 1e13);

const BIN: &str = "hw.gpu.nvlink.fec.bin";
/// The metric that has a series for each workload.
pub(crate) const ALLOCATION: &str = "hw.gpu.allocation";
/// The metric with the facts about an entity.
pub(crate) const INFO: &str = "hw.gpu.info";
const HEALTH_SYSTEM: &str = "hw.gpu.health.system";
pub(super) const DIRECTION: &str = "network.io.direction";
const DOMAIN: &str = "hw.gpu.clock.domain";
const ENGINE: &str = "hw.gpu.engine.type";
const ENGINE_INDEX: &str = "hw.gpu.engine.index";
pub(super) const ERROR: &str = "error.type";
const LIMIT: &str = "hw.limit_type";
const LOCATION: &str = "hw.gpu.memory.location";
const PIPE: &str = "hw.gpu.pipe";
const REASON: &str = "hw.gpu.throttle.reason";
const SENSOR: &str = "hw.sensor_location";
const STATISTIC: &str = "hw.gpu.peak.statistic";
const TASK: &str = "hw.gpu.task";
pub(crate) const STATE: &str = "hw.state";
pub(super) const TYPE: &str = "hw.type";

/// Every metric.
#[rustfmt::skip] // One row a family of series, one line a series.
pub(crate) const CATALOGUE: &[Metric] = &[
    metric("hw.gpu.utilization", GaugeF64, "1", Product, SHARE,
        "Share of the last sampling window in which the GPU was busy with the given kind of work.", &[
        family("general", Group::Utilization, 17, On, Outside, GPU, &[
            series_row(&[(TASK, "general")], &[last(F::GPU_UTIL, Per(100)), last(F::GPU_UTIL_RATIO, ONE), last(F::PROF_GR_ENGINE_ACTIVE, ONE)])]),
        family("general_mig", Group::Utilization, 17, Auto, Within, GPU_GI_CI, &[
            series_row(&[(TASK, "general")], &[last(F::PROF_GR_ENGINE_ACTIVE, ONE)])]),
        family("encoder", Group::Codec, 3, On, Outside, GPU, &[
            series_row(&[(TASK, "encoder")], &[last(F::ENC_UTIL, Per(100)), last(F::ENC_UTIL_RATIO, ONE)])]),
        family("decoder", Group::Codec, 3, On, Outside, GPU, &[
            series_row(&[(TASK, "decoder")], &[last(F::DEC_UTIL, Per(100)), last(F::DEC_UTIL_RATIO, ONE)])]),
        family("memory", Group::Utilization, 17, On, Outside, GPU, &[
            series_row(&[(TASK, "memory")], &[last(F::MEM_COPY_UTIL, Per(100)), last(F::MEMORY_UTIL_RATIO, ONE)])]),
    ]),
    metric("hw.gpu.peak.utilization", GaugeF64, "1", Product, SHARE,
        "Minimum, maximum and mean over time of the utilization of the GPU since the last tick of the meter.", &[
        family("general", Group::Utilization, 9, Off, Outside, GPU, &[
            series_row(&[(TASK, "general"), (STATISTIC, "min")], &[peak(F::GPU_UTIL, Min, Per(100)), peak(F::GPU_UTIL_RATIO, Min, ONE)]),
            series_row(&[(TASK, "general"), (STATISTIC, "max")], &[peak(F::GPU_UTIL, Max, Per(100)), peak(F::GPU_UTIL_RATIO, Max, ONE)]),
            series_row(&[(TASK, "general"), (STATISTIC, "mean")], &[peak(F::GPU_UTIL, Mean, Per(100)), peak(F::GPU_UTIL_RATIO, Mean, ONE)])]),
    ]),
    metric("hw.gpu.engine.utilization", GaugeF64, "1", Product, SHARE,
        "Busy share of one hardware engine of the GPU.", &[
        family("graphics", Group::Profiling, 14, Auto, Outside, GPU, &[
            series_row(&[(ENGINE, "graphics")], &[last(F::PROF_GR_ENGINE_ACTIVE, ONE)])]),
        family("nvdec", Group::Codec, 3, Off, Any, GPU, &[
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "0")], &[last(F::PROF_NVDEC0_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "1")], &[last(F::PROF_NVDEC1_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "2")], &[last(F::PROF_NVDEC2_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "3")], &[last(F::PROF_NVDEC3_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "4")], &[last(F::PROF_NVDEC4_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "5")], &[last(F::PROF_NVDEC5_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "6")], &[last(F::PROF_NVDEC6_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "video_decoder"), (ENGINE_INDEX, "7")], &[last(F::PROF_NVDEC7_ACTIVE, ONE)])]),
        family("nvjpg", Group::Codec, 3, Off, Any, GPU, &[
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "0")], &[last(F::PROF_NVJPG0_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "1")], &[last(F::PROF_NVJPG1_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "2")], &[last(F::PROF_NVJPG2_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "3")], &[last(F::PROF_NVJPG3_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "4")], &[last(F::PROF_NVJPG4_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "5")], &[last(F::PROF_NVJPG5_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "6")], &[last(F::PROF_NVJPG6_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "jpeg_decoder"), (ENGINE_INDEX, "7")], &[last(F::PROF_NVJPG7_ACTIVE, ONE)])]),
        family("nvofa", Group::Codec, 3, Off, Any, GPU, &[
            series_row(&[(ENGINE, "optical_flow"), (ENGINE_INDEX, "0")], &[last(F::PROF_NVOFA0_ACTIVE, ONE)]),
            series_row(&[(ENGINE, "optical_flow"), (ENGINE_INDEX, "1")], &[last(F::PROF_NVOFA1_ACTIVE, ONE)])]),
    ]),
    metric("hw.gpu.memory.usage", UpDownI64, "By", Product, FROM_ZERO,
        "Device memory currently allocated.", &[
        family("all", Group::Memory, 17, On, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::FB_USED, Times(1_048_576)), last(F::FB_USED_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.memory.limit", UpDownI64, "By", Product, FROM_ZERO,
        "Total device memory.", &[
        family("all", Group::Memory, 17, On, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::FB_TOTAL, Times(1_048_576)), last(F::FB_CAPACITY_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.memory.utilization", GaugeF64, "1", Product, SHARE,
        "Fraction of the usable device memory that is allocated.", &[
        family("all", Group::Memory, 17, On, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::FB_USED_PERCENT, ONE)])]),
    ]),
    metric("hw.gpu.memory.reserved", UpDownI64, "By", Product, FROM_ZERO,
        "Device memory held back by the driver and firmware.", &[
        family("all", Group::Memory, 8, Off, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::FB_RESERVED, Times(1_048_576)), last(F::FB_RESERVED_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.memory.bandwidth.utilization", GaugeF64, "1", Product, SHARE,
        "Fraction of the peak device-memory bandwidth in use.", &[
        family("all", Group::Profiling, 14, Auto, Any, GPU_GI, &[
            series_row(&[], &[last(F::PROF_DRAM_ACTIVE, ONE)])]),
    ]),
    metric("hw.gpu.memory.cache.hit_ratio", GaugeF64, "1", Product, SHARE,
        "Share of the GPU's requests to remote memory that its cache answered.", &[
        family("all", Group::Profiling, 7, Off, Any, GPU, &[
            series_row(&[("hw.gpu.memory.cache.source", "host")], &[last(F::PROF_HOSTMEM_CACHE_HIT, Per(100))]),
            series_row(&[("hw.gpu.memory.cache.source", "peer")], &[last(F::PROF_PEERMEM_CACHE_HIT, Per(100))])]),
    ]),
    metric("hw.gpu.bar1.usage", UpDownI64, "By", Product, FROM_ZERO,
        "BAR1 aperture currently mapped.", &[
        family("all", Group::Memory, 8, Off, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::BAR1_USED, Times(1_048_576)), last(F::BAR1_USED_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.bar1.limit", UpDownI64, "By", Product, FROM_ZERO,
        "Size of the BAR1 aperture.", &[
        family("all", Group::Memory, 8, Off, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::BAR1_TOTAL, Times(1_048_576)), last(F::BAR1_CAPACITY_BYTES, ONE)])]).at_rest(),
    ]),
    metric("hw.errors", CounterU64, "{error}", Product, COUNT_GROWTH,
        "Errors the component reported, by kind.", &[
        family("ecc_volatile", Group::Ecc, 21, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_TOTAL, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_TOTAL, ONE)])]),
        family("pcie_replay", Group::Pcie, 21, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "pcie_replay")], &[counter(F::PCIE_REPLAY_COUNTER, ONE)])]),
        family("pcie_correctable", Group::Pcie, 21, Off, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "pcie_correctable")], &[counter(F::PCIE_COUNT_CORRECTABLE_ERRORS, ONE)])]),
        family("nvlink_legacy", Group::NvLink, 21, Auto, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_crc_flit")], &[counter(F::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_crc_data")], &[counter(F::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_replay")], &[counter(F::NVLINK_REPLAY_ERROR_COUNT_TOTAL, ONE), counter(F::NVLINK_ERROR_DL_REPLAY, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_recovery")], &[counter(F::NVLINK_RECOVERY_ERROR_COUNT_TOTAL, ONE), counter(F::NVLINK_ERROR_DL_RECOVERY, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_crc")], &[counter(F::NVLINK_ERROR_DL_CRC, ONE)]).superseded_by(F::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL)]).superseded_by_family("nvlink_legacy_per_link"),
        family("nvlink_legacy_per_link", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_crc_flit")], &[counter(F::NVLINK_CRC_FLIT_ERROR_PER_LINK_TOTAL, ONE), read_each(CRC_FLIT, Op::Counter, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_crc_data")], &[counter(F::NVLINK_CRC_DATA_ERROR_PER_LINK_TOTAL, ONE), read_each(CRC_DATA, Op::Counter, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_replay")], &[counter(F::NVLINK_REPLAY_ERROR_PER_LINK_TOTAL, ONE), read_each(REPLAY, Op::Counter, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_recovery")], &[counter(F::NVLINK_RECOVERY_ERROR_PER_LINK_TOTAL, ONE), read_each(RECOVERY, Op::Counter, ONE)])]),
        family("nvlink5", Group::NvLink, 21, Auto, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_rx_malformed")], &[counter(F::NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_rx_dropped")], &[counter(F::NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_rx_remote")], &[counter(F::NVLINK_COUNT_RX_REMOTE_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_rx_general")], &[counter(F::NVLINK_COUNT_RX_GENERAL_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_rx_symbol")], &[counter(F::NVLINK_COUNT_RX_SYMBOL_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_local_integrity")], &[counter(F::NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_tx_discard")], &[counter(F::NVLINK_COUNT_TX_DISCARDS, ONE)])]),
        family("nvlink_ecc", Group::NvLink, 21, Off, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "nvlink_ecc")], &[counter(F::NVLINK_ECC_DATA_ERROR_COUNT_TOTAL, ONE)])]),
        family("c2c", Group::C2c, 21, Auto, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (ERROR, "c2c_crc")], &[counter(F::C2C_LINK_ERROR_INTR, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "c2c_replay")], &[counter(F::C2C_LINK_ERROR_REPLAY, ONE)]),
            series_row(&[(TYPE, "gpu"), (ERROR, "c2c_replay_b2b")], &[counter(F::C2C_LINK_ERROR_REPLAY_B2B, ONE)])]),
        family("nvswitch", Group::NvSwitch, 16, Off, Any, SWITCH, &[
            series_row(&[(TYPE, "switch"), (ERROR, "link_replay")], &[sum_links(F::NVSWITCH_LINK_REPLAY_ERRORS)]),
            series_row(&[(TYPE, "switch"), (ERROR, "link_recovery")], &[sum_links(F::NVSWITCH_LINK_RECOVERY_ERRORS)]),
            series_row(&[(TYPE, "switch"), (ERROR, "link_flit")], &[sum_links(F::NVSWITCH_LINK_FLIT_ERRORS)]),
            series_row(&[(TYPE, "switch"), (ERROR, "link_crc")], &[sum_links(F::NVSWITCH_LINK_CRC_ERRORS)]),
            series_row(&[(TYPE, "switch"), (ERROR, "link_ecc")], &[sum_links(F::NVSWITCH_LINK_ECC_ERRORS)])]).superseded_by_family("nvswitch_link"),
        family("nvswitch_link", Group::NvSwitch, 6, Off, Any, PORT, &[
            series_row(&[(TYPE, "network"), (ERROR, "replay")], &[counter(F::NVSWITCH_LINK_REPLAY_ERRORS, ONE)]),
            series_row(&[(TYPE, "network"), (ERROR, "recovery")], &[counter(F::NVSWITCH_LINK_RECOVERY_ERRORS, ONE)]),
            series_row(&[(TYPE, "network"), (ERROR, "flit")], &[counter(F::NVSWITCH_LINK_FLIT_ERRORS, ONE)]),
            series_row(&[(TYPE, "network"), (ERROR, "crc")], &[counter(F::NVSWITCH_LINK_CRC_ERRORS, ONE)]),
            series_row(&[(TYPE, "network"), (ERROR, "ecc")], &[counter(F::NVSWITCH_LINK_ECC_ERRORS, ONE)])]),
    ]),
    metric("hw.gpu.ecc.errors", CounterU64, "{error}", Product, COUNT_GROWTH,
        "ECC errors since the driver loaded, by memory structure.", &[
        family("all", Group::Ecc, 2, Off, Any, GPU, &[
            series_row(&[(LOCATION, "l1"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_L1, ONE)]),
            series_row(&[(LOCATION, "l1"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_L1, ONE)]),
            series_row(&[(LOCATION, "l2"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_L2, ONE)]),
            series_row(&[(LOCATION, "l2"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_L2, ONE)]),
            series_row(&[(LOCATION, "dram"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_DEV, ONE)]),
            series_row(&[(LOCATION, "dram"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_DEV, ONE)]),
            series_row(&[(LOCATION, "register_file"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_REG, ONE)]),
            series_row(&[(LOCATION, "register_file"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_REG, ONE)]),
            series_row(&[(LOCATION, "texture"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_TEX, ONE)]),
            series_row(&[(LOCATION, "texture"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_TEX, ONE)]),
            series_row(&[(LOCATION, "shared_memory"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_SHM, ONE)]),
            series_row(&[(LOCATION, "shared_memory"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_SHM, ONE)]),
            series_row(&[(LOCATION, "cbu"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_CBU, ONE)]),
            series_row(&[(LOCATION, "cbu"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_CBU, ONE)]),
            series_row(&[(LOCATION, "sram"), (ERROR, "corrected")], &[counter(F::ECC_SBE_VOL_SRM, ONE)]),
            series_row(&[(LOCATION, "sram"), (ERROR, "uncorrected")], &[counter(F::ECC_DBE_VOL_SRM, ONE)])]),
    ]),
    metric("hw.gpu.ecc.aggregate.count", UpDownI64, "{error}", Product, FROM_ZERO,
        "ECC errors recorded over the life of the board.", &[
        family("all", Group::Ecc, 2, Off, Any, GPU, &[
            series_row(&[(ERROR, "corrected")], &[last(F::ECC_SBE_AGG_TOTAL, ONE)]),
            series_row(&[(ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_TOTAL, ONE)])]).superseded_by_family("location"),
        family("location", Group::Ecc, 2, Off, Any, GPU, &[
            series_row(&[(LOCATION, "l1"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_L1, ONE)]),
            series_row(&[(LOCATION, "l1"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_L1, ONE)]),
            series_row(&[(LOCATION, "l2"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_L2, ONE)]),
            series_row(&[(LOCATION, "l2"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_L2, ONE)]),
            series_row(&[(LOCATION, "dram"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_DEV, ONE)]),
            series_row(&[(LOCATION, "dram"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_DEV, ONE)]),
            series_row(&[(LOCATION, "register_file"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_REG, ONE)]),
            series_row(&[(LOCATION, "register_file"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_REG, ONE)]),
            series_row(&[(LOCATION, "texture"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_TEX, ONE)]),
            series_row(&[(LOCATION, "texture"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_TEX, ONE)]),
            series_row(&[(LOCATION, "shared_memory"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_SHM, ONE)]),
            series_row(&[(LOCATION, "shared_memory"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_SHM, ONE)]),
            series_row(&[(LOCATION, "cbu"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_CBU, ONE)]),
            series_row(&[(LOCATION, "cbu"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_CBU, ONE)]),
            series_row(&[(LOCATION, "sram"), (ERROR, "corrected")], &[last(F::ECC_SBE_AGG_SRM, ONE)]),
            series_row(&[(LOCATION, "sram"), (ERROR, "uncorrected")], &[last(F::ECC_DBE_AGG_SRM, ONE)])]),
    ]),
    metric("hw.gpu.ecc.sram_threshold.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 when the SRAM error threshold has been exceeded, else 0.", &[
        family("all", Group::Ecc, 18, Off, Any, GPU, &[
            series_row(&[], &[last(F::THRESHOLD_SRM, ONE)])]),
    ]),
    metric("hw.gpu.xid.errors", CounterU64, "{error}", Product, COUNT_GROWTH,
        "XID events the driver raised for the GPU, by XID code.", &[
        family("all", Group::Xid, 23, On, Any, GPU_GI_CI, &[
            series_row(&[], &[read_field(F::XID_ERRORS, Op::Event, ONE)])]),
    ]),
    metric("hw.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 for the state the component is in, 0 for each other state.", &[
        family("gpu", Group::Health, 23, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (STATE, "ok")], GPU_STATUS),
            series_row(&[(TYPE, "gpu"), (STATE, "degraded")], GPU_STATUS),
            series_row(&[(TYPE, "gpu"), (STATE, "failed")], GPU_STATUS),
            series_row(&[(TYPE, "gpu"), (STATE, "predicted_failure")], GPU_STATUS),
            series_row(&[(TYPE, "gpu"), (STATE, "paused")], GPU_PAUSED),
            series_row(&[(TYPE, "gpu"), (STATE, "detached")], GPU_DETACHED)]),
        family("nvswitch", Group::NvSwitch, 16, Auto, Any, SWITCH, &[
            series_row(&[(TYPE, "switch"), (STATE, "ok")], SWITCH_STATUS),
            series_row(&[(TYPE, "switch"), (STATE, "degraded")], SWITCH_STATUS),
            series_row(&[(TYPE, "switch"), (STATE, "failed")], SWITCH_STATUS)]),
        family("connectx", Group::ConnectX, 10, Auto, Any, ADAPTER, &[
            series_row(&[(TYPE, "network"), (STATE, "ok")], ADAPTER_STATUS),
            series_row(&[(TYPE, "network"), (STATE, "degraded")], ADAPTER_STATUS),
            series_row(&[(TYPE, "network"), (STATE, "failed")], ADAPTER_STATUS)]),
    ]),
    metric("hw.gpu.health.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 for the state that DCGM's health check found a system of the GPU in, 0 for the others.", &[
        family("all", Group::Health, 10, Off, Any, GPU, &[
            series_row(&[(HEALTH_SYSTEM, "pcie"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::PCIE), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "pcie"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::PCIE), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "pcie"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::PCIE), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "nvlink"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::NVLINK), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "nvlink"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::NVLINK), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "nvlink"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::NVLINK), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "pmu"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::PMU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "pmu"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::PMU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "pmu"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::PMU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "mcu"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::MCU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "mcu"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::MCU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "mcu"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::MCU), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "memory"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::MEMORY), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "memory"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::MEMORY), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "memory"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::MEMORY), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "sm"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::SM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "sm"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::SM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "sm"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::SM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "inforom"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::INFOROM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "inforom"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::INFOROM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "inforom"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::INFOROM), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "thermal"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::THERMAL), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "thermal"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::THERMAL), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "thermal"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::THERMAL), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "power"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::POWER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "power"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::POWER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "power"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::POWER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "driver"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::DRIVER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "driver"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::DRIVER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "driver"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::DRIVER), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "all"), (STATE, "ok")], &[read_field(F::UUID, Op::Health(HealthSystems::ALL), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "all"), (STATE, "degraded")], &[read_field(F::UUID, Op::Health(HealthSystems::ALL), ONE)]),
            series_row(&[(HEALTH_SYSTEM, "all"), (STATE, "failed")], &[read_field(F::UUID, Op::Health(HealthSystems::ALL), ONE)])]),
    ]),
    metric("hw.gpu.recovery.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 for the recovery action the driver asks for, 0 for the others.", &[
        family("all", Group::Health, 10, Off, Any, GPU, &[
            series_row(&[("hw.gpu.recovery.action", "none")], &[read_field(F::GET_GPU_RECOVERY_ACTION, Op::OneOf(&[0], (0, 4)), ONE)]),
            series_row(&[("hw.gpu.recovery.action", "gpu_reset")], &[read_field(F::GET_GPU_RECOVERY_ACTION, Op::OneOf(&[1], (0, 4)), ONE)]),
            series_row(&[("hw.gpu.recovery.action", "node_reboot")], &[read_field(F::GET_GPU_RECOVERY_ACTION, Op::OneOf(&[2], (0, 4)), ONE)]),
            series_row(&[("hw.gpu.recovery.action", "drain_p2p")], &[read_field(F::GET_GPU_RECOVERY_ACTION, Op::OneOf(&[3], (0, 4)), ONE)]),
            series_row(&[("hw.gpu.recovery.action", "drain_and_reset")], &[read_field(F::GET_GPU_RECOVERY_ACTION, Op::OneOf(&[4], (0, 4)), ONE)])]),
    ]),
    metric("hw.energy", CounterF64, "J", Brief, ENERGY_GROWTH,
        "Energy the component has drawn.", &[
        family("gpu", Group::Power, 19, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu")], &[counter(F::TOTAL_ENERGY_CONSUMPTION, Per(1000)), count_fractions(F::GPU_ENERGY_JOULES_TOTAL, 1000), integrate_rate(F::POWER_USAGE, ONE)])]),
    ]),
    metric("hw.power", GaugeF64, "W", Brief, FROM_ZERO,
        "Power the component draws.", &[
        family("gpu", Group::Power, 19, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu")], &[last(F::POWER_USAGE, ONE), last(F::POWER_USAGE_INSTANT, ONE)])]),
        family("cpu", Group::Cpu, 16, Auto, Any, CPU, &[
            series_row(&[(TYPE, "cpu")], &[last(F::CPU_POWER_UTIL_CURRENT, ONE)])]),
        family("cpu_sysio", Group::Cpu, 16, Auto, Any, CPU, &[
            series_row(&[(TYPE, "cpu"), (SENSOR, "sysio")], &[last(F::SYSIO_POWER_UTIL_CURRENT, ONE)])]).with_part("sysio"),
        family("nvswitch", Group::NvSwitch, 16, Auto, Any, SWITCH, &[
            series_row(&[(TYPE, "switch"), (SENSOR, "vdd")], &[last(F::NVSWITCH_POWER_VDD, ONE)]),
            series_row(&[(TYPE, "switch"), (SENSOR, "dvdd")], &[last(F::NVSWITCH_POWER_DVDD, ONE)]),
            series_row(&[(TYPE, "switch"), (SENSOR, "hvdd")], &[last(F::NVSWITCH_POWER_HVDD, ONE)])]),
    ]),
    metric("hw.gpu.peak.power", GaugeF64, "W", Brief, FROM_ZERO,
        "Minimum, maximum and mean over time of the power of the component since the last tick of the meter.", &[
        family("gpu", Group::Power, 9, On, Any, GPU, &[
            series_row(&[(TYPE, "gpu"), (STATISTIC, "min")], &[peak(F::POWER_USAGE_INSTANT, Min, ONE), peak(F::POWER_USAGE, Min, ONE)]),
            series_row(&[(TYPE, "gpu"), (STATISTIC, "max")], &[peak(F::POWER_USAGE_INSTANT, Max, ONE), peak(F::POWER_USAGE, Max, ONE)]),
            series_row(&[(TYPE, "gpu"), (STATISTIC, "mean")], &[peak(F::POWER_USAGE_INSTANT, Mean, ONE), peak(F::POWER_USAGE, Mean, ONE)])]),
    ]),
    metric("hw.module.power", GaugeF64, "W", Brief, FROM_ZERO,
        "Power of the whole CPU+GPU module.", &[
        family("all", Group::Cpu, 16, Off, Any, CPU, &[
            series_row(&[], &[last(F::MODULE_POWER_UTIL_CURRENT, ONE)])]),
    ]),
    metric("hw.gpu.power.limit", GaugeF64, "W", Product, FROM_ZERO,
        "Power cap of the GPU.", &[
        family("enforced", Group::Power, 19, On, Any, GPU, &[
            series_row(&[(LIMIT, "enforced")], &[last(F::ENFORCED_POWER_LIMIT, ONE)])]),
        family("others", Group::Power, 8, Off, Any, GPU, &[
            series_row(&[(LIMIT, "requested")], &[last(F::POWER_MGMT_LIMIT, ONE)]),
            series_row(&[(LIMIT, "default")], &[last(F::POWER_MGMT_LIMIT_DEF, ONE)]),
            series_row(&[(LIMIT, "min")], &[last(F::POWER_MGMT_LIMIT_MIN, ONE)]),
            series_row(&[(LIMIT, "max")], &[last(F::POWER_MGMT_LIMIT_MAX, ONE)])]).at_rest(),
    ]),
    metric("hw.cpu.power.limit", GaugeF64, "W", Product, FROM_ZERO,
        "Power cap of the CPU.", &[
        family("all", Group::Cpu, 8, Auto, Any, CPU, &[
            series_row(&[(LIMIT, "enforced")], &[last(F::CPU_POWER_LIMIT, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.power_smoothing.limit", GaugeF64, "W", Product, FROM_ZERO,
        "Power-smoothing ceiling and floor applied by the GPU.", &[
        family("all", Group::Power, 10, Off, Any, GPU, &[
            series_row(&[(LIMIT, "ceiling")], &[last(F::PWR_SMOOTHING_APPLIED_TMP_CEIL, ONE)]),
            series_row(&[(LIMIT, "floor")], &[last(F::PWR_SMOOTHING_APPLIED_TMP_FLOOR, ONE)])]),
    ]),
    metric("hw.gpu.power_smoothing.lifetime_ratio", GaugeF64, "1", Product, SHARE,
        "Remaining life of the power-smoothing circuitry.", &[
        family("all", Group::Power, 10, Off, Any, GPU, &[
            series_row(&[], &[last(F::PWR_SMOOTHING_HW_CIRCUITRY_PERCENT_LIFETIME_REMAINING, Per(100))])]),
    ]),
    metric("hw.temperature", GaugeF64, "Cel", Brief, (0.0, 200.0),
        "Temperature of a sensor.", &[
        family("gpu", Group::Thermal, 15, On, Any, GPU, &[
            series_row(&[(SENSOR, "gpu")], &[last(F::GPU_TEMP, ONE)])]),
        family("memory", Group::Thermal, 15, On, Any, GPU, &[
            series_row(&[(SENSOR, "memory")], &[read_field(F::MEMORY_TEMP, Op::NonZero, ONE)])]),
        family("nvswitch", Group::NvSwitch, 16, Auto, Any, SWITCH, &[
            series_row(&[(SENSOR, "switch")], &[last(F::NVSWITCH_TEMPERATURE_CURRENT, ONE)])]),
        family("cpu", Group::Cpu, 16, Auto, Any, CPU, &[
            series_row(&[(SENSOR, "cpu")], &[last(F::CPU_TEMP_CURRENT, ONE)])]),
        family("connectx", Group::ConnectX, 10, Auto, Any, ADAPTER, &[
            series_row(&[(SENSOR, "device")], &[last(F::CONNECTX_DEVICE_TEMPERATURE, ONE)])]),
    ]),
    metric("hw.gpu.peak.temperature", GaugeF64, "Cel", Brief, (0.0, 200.0),
        "Minimum, maximum and mean over time of the temperature of a sensor since the last tick of the meter.", &[
        family("gpu", Group::Thermal, 9, On, Any, GPU, &[
            series_row(&[(SENSOR, "gpu"), (STATISTIC, "min")], &[peak(F::GPU_TEMP, Min, ONE)]),
            series_row(&[(SENSOR, "gpu"), (STATISTIC, "max")], &[peak(F::GPU_TEMP, Max, ONE)]),
            series_row(&[(SENSOR, "gpu"), (STATISTIC, "mean")], &[peak(F::GPU_TEMP, Mean, ONE)])]),
    ]),
    metric("hw.temperature.limit", GaugeF64, "Cel", Brief, (0.0, 200.0),
        "Threshold of a temperature sensor.", &[
        family("gpu", Group::Thermal, 8, On, Any, GPU, &[
            series_row(&[(SENSOR, "gpu"), (LIMIT, "max")], &[last(F::GPU_MAX_OP_TEMP, ONE)]),
            series_row(&[(SENSOR, "gpu"), (LIMIT, "high.degraded")], &[last(F::SLOWDOWN_TEMP, ONE)]),
            series_row(&[(SENSOR, "gpu"), (LIMIT, "high.critical")], &[last(F::SHUTDOWN_TEMP, ONE)])]).at_rest(),
        family("memory", Group::Thermal, 8, On, Any, GPU, &[
            series_row(&[(SENSOR, "memory"), (LIMIT, "max")], &[last(F::MEM_MAX_OP_TEMP, ONE)])]).at_rest(),
        family("nvswitch", Group::NvSwitch, 8, Auto, Any, SWITCH, &[
            series_row(&[(SENSOR, "switch"), (LIMIT, "high.degraded")], &[last(F::NVSWITCH_TEMPERATURE_LIMIT_SLOWDOWN, ONE)]),
            series_row(&[(SENSOR, "switch"), (LIMIT, "high.critical")], &[last(F::NVSWITCH_TEMPERATURE_LIMIT_SHUTDOWN, ONE)])]).at_rest(),
        family("cpu", Group::Cpu, 8, Auto, Any, CPU, &[
            series_row(&[(SENSOR, "cpu"), (LIMIT, "high.degraded")], &[last(F::CPU_TEMP_WARNING, ONE)]),
            series_row(&[(SENSOR, "cpu"), (LIMIT, "high.critical")], &[last(F::CPU_TEMP_CRITICAL, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.heating_margin", GaugeF64, "Cel", Product, (-200.0, 200.0),
        "Degrees left before the nearest slowdown threshold.", &[
        family("all", Group::Thermal, 15, Off, Any, GPU, &[
            series_row(&[], &[last(F::GPU_TEMP_LIMIT, ONE)])]),
    ]),
    metric("hw.fan.speed_ratio", GaugeF64, "1", Brief, SHARE,
        "Fan speed as a fraction of its nominal maximum.", &[
        family("all", Group::Thermal, 15, Auto, Any, GPU, &[
            series_row(&[(SENSOR, "gpu")], &[last(F::FAN_SPEED, Per(100)), last(F::FAN_SPEED_RATIO, ONE)])]).with_part("fan"),
    ]),
    metric("hw.gpu.clock.frequency", GaugeI64, "Hz", Product, FROM_ZERO,
        "Current clock of one domain of the GPU.", &[
        family("all", Group::Clock, 11, On, Any, GPU, &[
            series_row(&[(DOMAIN, "sm")], &[last(F::SM_CLOCK, Times(1_000_000)), last(F::SM_CLOCK_HERTZ, ONE)]),
            series_row(&[(DOMAIN, "memory")], &[last(F::MEM_CLOCK, Times(1_000_000)), last(F::MEMORY_CLOCK_HERTZ, ONE)]),
            series_row(&[(DOMAIN, "video")], &[last(F::VIDEO_CLOCK, Times(1_000_000)), last(F::VIDEO_CLOCK_HERTZ, ONE)])]),
    ]),
    metric("hw.gpu.peak.clock.frequency", GaugeF64, "Hz", Product, FROM_ZERO,
        "Minimum, maximum and mean over time of the clock of one domain of the GPU since the last tick of the meter.", &[
        family("all", Group::Clock, 9, Off, Any, GPU, &[
            series_row(&[(DOMAIN, "sm"), (STATISTIC, "min")], &[peak(F::SM_CLOCK, Min, Times(1_000_000)), peak(F::SM_CLOCK_HERTZ, Min, ONE)]),
            series_row(&[(DOMAIN, "sm"), (STATISTIC, "max")], &[peak(F::SM_CLOCK, Max, Times(1_000_000)), peak(F::SM_CLOCK_HERTZ, Max, ONE)]),
            series_row(&[(DOMAIN, "sm"), (STATISTIC, "mean")], &[peak(F::SM_CLOCK, Mean, Times(1_000_000)), peak(F::SM_CLOCK_HERTZ, Mean, ONE)])]),
    ]),
    metric("hw.gpu.clock.limit", GaugeI64, "Hz", Product, FROM_ZERO,
        "Highest clock a domain may or is set to run at.", &[
        family("max", Group::Clock, 8, Off, Any, GPU, &[
            series_row(&[(LIMIT, "max"), (DOMAIN, "sm")], &[last(F::MAX_SM_CLOCK, Times(1_000_000)), last(F::SM_MAX_CLOCK_HERTZ, ONE)]),
            series_row(&[(LIMIT, "max"), (DOMAIN, "memory")], &[last(F::MAX_MEM_CLOCK, Times(1_000_000)), last(F::MEMORY_MAX_CLOCK_HERTZ, ONE)]),
            series_row(&[(LIMIT, "max"), (DOMAIN, "video")], &[last(F::MAX_VIDEO_CLOCK, Times(1_000_000)), last(F::VIDEO_MAX_CLOCK_HERTZ, ONE)])]).at_rest(),
        family("application", Group::Clock, 8, Off, Any, GPU, &[
            series_row(&[(LIMIT, "application"), (DOMAIN, "sm")], &[last(F::APP_SM_CLOCK, Times(1_000_000)), last(F::SM_APP_CLOCK_HERTZ, ONE)]),
            series_row(&[(LIMIT, "application"), (DOMAIN, "memory")], &[last(F::APP_MEM_CLOCK, Times(1_000_000)), last(F::MEMORY_APP_CLOCK_HERTZ, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.throttle.duration", CounterF64, "s", Product, TIME_GROWTH,
        "Time the GPU ran below its requested clocks, by limiter.", &[
        family("policy", Group::Throttle, 13, On, Any, GPU, &[
            series_row(&[(REASON, "power")], &[counter(F::POWER_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_POWER_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[(REASON, "thermal")], &[counter(F::THERMAL_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_THERMAL_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[(REASON, "sync_boost")], &[counter(F::SYNC_BOOST_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[(REASON, "board_limit")], &[counter(F::BOARD_LIMIT_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_LIMIT_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[(REASON, "low_utilization")], &[counter(F::LOW_UTIL_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_LOW_UTIL_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[(REASON, "reliability")], &[counter(F::RELIABILITY_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_RELIABILITY_THROTTLE_SECONDS_TOTAL, 1_000_000_000)])]),
        family("event_ns", Group::Throttle, 13, On, Any, GPU, &[
            series_row(&[(REASON, "sw_thermal")], &[counter(F::CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS, Per(1_000_000_000))]),
            series_row(&[(REASON, "hw_thermal")], &[counter(F::CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS, Per(1_000_000_000))]),
            series_row(&[(REASON, "hw_power_brake")], &[counter(F::CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS, Per(1_000_000_000))])]),
    ]),
    metric("hw.gpu.clock.below_target.time", CounterF64, "s", Product, TIME_GROWTH,
        "Total time the GPU ran below a clock target, for any reason.", &[
        family("all", Group::Throttle, 13, Off, Any, GPU, &[
            series_row(&[("hw.gpu.clock.target", "application")], &[counter(F::TOTAL_APP_CLOCKS_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_APP_THROTTLE_SECONDS_TOTAL, 1_000_000_000)]),
            series_row(&[("hw.gpu.clock.target", "base")], &[counter(F::TOTAL_BASE_CLOCKS_VIOLATION, Per(1_000_000_000)), count_fractions(F::GPU_BASE_THROTTLE_SECONDS_TOTAL, 1_000_000_000)])]),
    ]),
    metric("hw.gpu.throttle.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 while a clock-limiting reason is active, else 0.", &[
        family("all", Group::Throttle, 13, Off, Any, GPU, &[
            series_row(&[(REASON, "gpu_idle")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x1), ONE)]),
            series_row(&[(REASON, "clocks_setting")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x2), ONE)]),
            series_row(&[(REASON, "sw_power_cap")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x4), ONE)]),
            series_row(&[(REASON, "hw_slowdown")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x8), ONE)]),
            series_row(&[(REASON, "sync_boost")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x10), ONE)]),
            series_row(&[(REASON, "sw_thermal")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x20), ONE)]),
            series_row(&[(REASON, "hw_thermal")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x40), ONE)]),
            series_row(&[(REASON, "hw_power_brake")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x80), ONE)]),
            series_row(&[(REASON, "display_clocks")], &[read_field(F::CLOCK_THROTTLE_REASONS, Op::Bit(0x100), ONE)])]),
    ]),
    metric("hw.gpu.performance_state", GaugeI64, "1", Product, (0.0, 15.0),
        "Performance state, 0 (fastest) to 15.", &[
        family("all", Group::Clock, 11, Off, Any, GPU, &[
            series_row(&[], &[last(F::PSTATE, ONE)])]),
    ]),
    metric("hw.gpu.sm.utilization", GaugeF64, "1", Product, SHARE,
        "Share of cycles in which a streaming multiprocessor had work, averaged over all of them.", &[
        family("all", Group::Profiling, 14, Auto, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::PROF_SM_ACTIVE, ONE)])]),
    ]),
    metric("hw.gpu.peak.sm.utilization", GaugeF64, "1", Product, SHARE,
        "Minimum, maximum and mean over time of the share of cycles in which a streaming multiprocessor had work since the last tick of the meter.", &[
        family("all", Group::Profiling, 9, Auto, Any, GPU_GI, &[
            series_row(&[(STATISTIC, "min")], &[peak(F::PROF_SM_ACTIVE, Min, ONE)]),
            series_row(&[(STATISTIC, "max")], &[peak(F::PROF_SM_ACTIVE, Max, ONE)]),
            series_row(&[(STATISTIC, "mean")], &[peak(F::PROF_SM_ACTIVE, Mean, ONE)])]),
    ]),
    metric("hw.gpu.sm.occupancy", GaugeF64, "1", Product, SHARE,
        "Resident warps as a fraction of the maximum.", &[
        family("all", Group::Profiling, 14, Auto, Any, GPU_GI_CI, &[
            series_row(&[], &[last(F::PROF_SM_OCCUPANCY, ONE)])]),
    ]),
    metric("hw.gpu.pipe.utilization", GaugeF64, "1", Product, SHARE,
        "Share of cycles in which an execution pipe was active.", &[
        family("main", Group::Profiling, 14, Auto, Any, GPU_GI_CI, &[
            series_row(&[(PIPE, "tensor")], &[last(F::PROF_PIPE_TENSOR_ACTIVE, ONE)]),
            series_row(&[(PIPE, "fp64")], &[last(F::PROF_PIPE_FP64_ACTIVE, ONE)]),
            series_row(&[(PIPE, "fp32")], &[last(F::PROF_PIPE_FP32_ACTIVE, ONE)]),
            series_row(&[(PIPE, "fp16")], &[last(F::PROF_PIPE_FP16_ACTIVE, ONE)])]),
        family("detail", Group::Profiling, 7, Off, Any, GPU_GI_CI, &[
            series_row(&[(PIPE, "tensor_imma")], &[last(F::PROF_PIPE_TENSOR_IMMA_ACTIVE, ONE)]),
            series_row(&[(PIPE, "tensor_hmma")], &[last(F::PROF_PIPE_TENSOR_HMMA_ACTIVE, ONE)]),
            series_row(&[(PIPE, "tensor_dfma")], &[last(F::PROF_PIPE_TENSOR_DFMA_ACTIVE, ONE)]),
            series_row(&[(PIPE, "int")], &[last(F::PROF_PIPE_INT_ACTIVE, ONE)])]),
    ]),
    metric("hw.gpu.peak.pipe.utilization", GaugeF64, "1", Product, SHARE,
        "Minimum, maximum and mean over time of the share of cycles in which an execution pipe was active since the last tick of the meter.", &[
        family("tensor", Group::Profiling, 9, Auto, Any, GPU_GI, &[
            series_row(&[(PIPE, "tensor"), (STATISTIC, "min")], &[peak(F::PROF_PIPE_TENSOR_ACTIVE, Min, ONE)]),
            series_row(&[(PIPE, "tensor"), (STATISTIC, "max")], &[peak(F::PROF_PIPE_TENSOR_ACTIVE, Max, ONE)]),
            series_row(&[(PIPE, "tensor"), (STATISTIC, "mean")], &[peak(F::PROF_PIPE_TENSOR_ACTIVE, Mean, ONE)])]),
    ]),
    metric("hw.gpu.sm.cycles", CounterU64, "{cycle}", Product, COUNT_GROWTH,
        "SM clock cycles elapsed, and those with work resident.", &[
        family("all", Group::Profiling, 7, Off, Any, GPU, &[
            series_row(&[("hw.gpu.sm.cycle.state", "elapsed")], &[counter(F::PROF_SM_CYCLES_ELAPSED_TOTAL, ONE)]),
            series_row(&[("hw.gpu.sm.cycle.state", "active")], &[counter(F::PROF_SM_CYCLES_ACTIVE_TOTAL, ONE)])]),
    ]),
    metric("hw.gpu.pipe.cycles", CounterU64, "{cycle}", Product, COUNT_GROWTH,
        "Cycles in which an execution pipe was active.", &[
        family("all", Group::Profiling, 7, Off, Any, GPU, &[
            series_row(&[(PIPE, "tensor")], &[counter(F::PROF_MMA_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "tensor_dmma")], &[counter(F::PROF_DMMA_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "tensor_hmma")], &[counter(F::PROF_HMMA_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "tensor_imma")], &[counter(F::PROF_IMMA_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "tensor_dfma")], &[counter(F::PROF_DFMA_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "int")], &[counter(F::PROF_INT_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "fp64")], &[counter(F::PROF_FP64_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "fp32")], &[counter(F::PROF_FP32_CYCLES_ACTIVE_TOTAL, ONE)]),
            series_row(&[(PIPE, "fp16")], &[counter(F::PROF_FP16_CYCLES_ACTIVE_TOTAL, ONE)])]),
    ]),
    metric("hw.gpu.io", CounterU64, "By", Product, PCIE_GROWTH,
        "Bytes the GPU received and sent over its host bus.", &[
        family("pcie", Group::Pcie, 20, Auto, Any, GPU, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::PROF_PCIE_RX_BYTES_TOTAL, ONE), integrate_rate(F::PROF_PCIE_RX_BYTES, ONE)]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::PROF_PCIE_TX_BYTES_TOTAL, ONE), integrate_rate(F::PROF_PCIE_TX_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.pcie.link.generation", GaugeI64, "1", Product, FROM_ZERO,
        "PCIe generation the link currently runs at.", &[
        family("all", Group::Pcie, 12, On, Any, GPU, &[
            series_row(&[], &[last(F::PCIE_LINK_GEN, ONE)])]),
    ]),
    metric("hw.gpu.pcie.link.width", GaugeI64, "{lane}", Product, FROM_ZERO,
        "PCIe lanes the link currently uses.", &[
        family("all", Group::Pcie, 12, On, Any, GPU, &[
            series_row(&[], &[last(F::PCIE_LINK_WIDTH, ONE)])]),
    ]),
    metric("hw.gpu.pcie.link.generation_limit", GaugeI64, "1", Product, FROM_ZERO,
        "Highest PCIe generation of GPU and slot.", &[
        family("all", Group::Pcie, 8, Off, Any, GPU, &[
            series_row(&[], &[last(F::PCIE_MAX_LINK_GEN, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.pcie.link.width_limit", GaugeI64, "{lane}", Product, FROM_ZERO,
        "Most PCIe lanes of GPU and slot.", &[
        family("all", Group::Pcie, 8, Off, Any, GPU, &[
            series_row(&[], &[last(F::PCIE_MAX_LINK_WIDTH, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.c2c.io", CounterU64, "By", Product, LINK_GROWTH,
        "Bytes over the chip-to-chip link between GPU and CPU.", &[
        family("all", Group::C2c, 20, Auto, Any, GPU, &[
            series_row(&[(DIRECTION, "receive")], &[integrate_rate(F::PROF_C2C_RX_ALL_BYTES, ONE)]),
            series_row(&[(DIRECTION, "transmit")], &[integrate_rate(F::PROF_C2C_TX_ALL_BYTES, ONE)])]),
    ]),
    metric("hw.gpu.c2c.bandwidth.limit", UpDownI64, "By/s", Product, FROM_ZERO,
        "Speed of the chip-to-chip links.", &[
        family("all", Group::C2c, 8, Off, Any, GPU, &[
            series_row(&[], &[last(F::C2C_MAX_BANDWIDTH, Times(1_000_000)), last(F::C2C_MAX_BANDWIDTH_BYTES_PER_SECOND, ONE)])]).at_rest(),
    ]),
    metric("hw.gpu.c2c.up", UpDownI64, "1", Product, FROM_ZERO,
        "1 when the chip-to-chip link is active.", &[
        family("all", Group::C2c, 10, Auto, Any, GPU, &[
            series_row(&[], &[last(F::C2C_LINK_STATUS, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.io", CounterU64, "By", Product, LINK_GROWTH,
        "Bytes the GPU received and sent over NVLink.", &[
        family("per_link", Group::NvLink, 24, Auto, Outside, LINK, &[
            series_row(&[(DIRECTION, "receive")], &[read_each(PROF_RX, Op::Integrate, ONE), read_each(THROUGHPUT_RX, Op::Integrate, Times(1_024_000))]),
            series_row(&[(DIRECTION, "transmit")], &[read_each(PROF_TX, Op::Integrate, ONE), read_each(THROUGHPUT_TX, Op::Integrate, Times(1_024_000))])]).superseded_if_counted("total"),
        family("total", Group::NvLink, 24, Auto, Any, GPU, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::NVLINK_COUNT_RX_BYTES, ONE), integrate_rate(F::PROF_NVLINK_RX_BYTES, ONE), integrate_rate(F::NVLINK_RX_BANDWIDTH_TOTAL, Times(1_024_000))]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::NVLINK_COUNT_TX_BYTES, ONE), integrate_rate(F::PROF_NVLINK_TX_BYTES, ONE), integrate_rate(F::NVLINK_TX_BANDWIDTH_TOTAL, Times(1_024_000))])]).superseded_by_family("per_link"),
    ]),
    metric("hw.gpu.nvlink.packets", CounterU64, "{packet}", Product, COUNT_GROWTH,
        "Packets over NVLink.", &[
        family("all", Group::NvLink, 5, Off, Any, GPU, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::NVLINK_COUNT_RX_PACKETS, ONE)]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::NVLINK_COUNT_TX_PACKETS, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.up", UpDownI64, "1", Product, FROM_ZERO,
        "1 when the NVLink is active, else 0.", &[
        family("all", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[], &[read_field(F::NVLINK_GET_STATE, Op::LinkUp, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.active.count", UpDownI64, "{link}", Product, FROM_ZERO,
        "NVLinks of the GPU that are up.", &[
        family("all", Group::NvLink, 24, Auto, Any, GPU, &[
            series_row(&[], &[read_field(F::NVLINK_GET_STATE, Op::ActiveLinks, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.recoveries", CounterU64, "{recovery}", Product, COUNT_GROWTH,
        "Link recovery attempts, by result.", &[
        family("all", Group::NvLink, 21, Auto, Any, GPU, &[
            series_row(&[("hw.gpu.nvlink.recovery.result", "successful")], &[counter(F::NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS, ONE)]),
            series_row(&[("hw.gpu.nvlink.recovery.result", "failed")], &[counter(F::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.bit_error_ratio", GaugeF64, "1", Product, SHARE,
        "Bit error ratio of the links.", &[
        family("all", Group::NvLink, 5, Off, Any, GPU, &[
            series_row(&[("hw.gpu.nvlink.bit_error.type", "symbol")], &[last(F::NVLINK_COUNT_SYMBOL_BER_FLOAT, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.fec.codewords", CounterU64, "{codeword}", Product, COUNT_GROWTH,
        "Codewords by number of symbols forward error correction repaired.", &[
        family("all", Group::NvLink, 5, Off, Any, GPU, &[
            series_row(&[(BIN, "0")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_0, ONE)]),
            series_row(&[(BIN, "1")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_1, ONE)]),
            series_row(&[(BIN, "2")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_2, ONE)]),
            series_row(&[(BIN, "3")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_3, ONE)]),
            series_row(&[(BIN, "4")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_4, ONE)]),
            series_row(&[(BIN, "5")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_5, ONE)]),
            series_row(&[(BIN, "6")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_6, ONE)]),
            series_row(&[(BIN, "7")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_7, ONE)]),
            series_row(&[(BIN, "8")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_8, ONE)]),
            series_row(&[(BIN, "9")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_9, ONE)]),
            series_row(&[(BIN, "10")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_10, ONE)]),
            series_row(&[(BIN, "11")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_11, ONE)]),
            series_row(&[(BIN, "12")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_12, ONE)]),
            series_row(&[(BIN, "13")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_13, ONE)]),
            series_row(&[(BIN, "14")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_14, ONE)]),
            series_row(&[(BIN, "15")], &[counter(F::NVLINK_COUNT_FEC_HISTORY_15, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.plr.codes", CounterU64, "{codeword}", Product, COUNT_GROWTH,
        "Codewords through the physical-layer-retransmission stage.", &[
        family("all", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::NVLINK_PPCNT_PLR_RCV_CODES, ONE)]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::NVLINK_PPCNT_PLR_XMIT_CODES, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.plr.errors", CounterU64, "{error}", Product, COUNT_GROWTH,
        "Received codewords with errors, and retry events sent.", &[
        family("all", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[(ERROR, "code_error")], &[counter(F::NVLINK_PPCNT_PLR_RCV_CODE_ERR, ONE)]),
            series_row(&[(ERROR, "uncorrectable_code")], &[counter(F::NVLINK_PPCNT_PLR_RCV_UNCORRECTABLE_CODE, ONE)]),
            series_row(&[(ERROR, "transmit_retry")], &[counter(F::NVLINK_PPCNT_PLR_XMIT_RETRY_EVENTS, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.down.events", CounterU64, "{event}", Product, COUNT_GROWTH,
        "Times the link's physical layer went down.", &[
        family("all", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[], &[counter(F::NVLINK_PPCNT_PHYSICAL_LINK_DOWN_COUNTER, ONE)])]),
    ]),
    metric("hw.gpu.nvlink.transmit_wait", CounterU64, "{tick}", Product, COUNT_GROWTH,
        "Ticks the link had data to send but could not.", &[
        family("all", Group::NvLink, 5, Off, Outside, LINK, &[
            series_row(&[], &[counter(F::NVLINK_PPCNT_IBPC_PORT_XMIT_WAIT, ONE)])]),
    ]),
    metric("hw.gpu.memory.row_remap.count", UpDownI64, "{row}", Product, FROM_ZERO,
        "Memory rows replaced by spares.", &[
        family("all", Group::RowRemap, 18, On, Any, GPU, &[
            series_row(&[(ERROR, "corrected")], &[last(F::CORRECTABLE_REMAPPED_ROWS, ONE)]),
            series_row(&[(ERROR, "uncorrected")], &[last(F::UNCORRECTABLE_REMAPPED_ROWS, ONE)])]),
    ]),
    metric("hw.gpu.memory.row_remap.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 while a row remap is pending or has failed.", &[
        family("all", Group::RowRemap, 18, On, Any, GPU, &[
            series_row(&[("hw.gpu.memory.row_remap.state", "pending")], &[last(F::ROW_REMAP_PENDING, ONE)]),
            series_row(&[("hw.gpu.memory.row_remap.state", "failed")], &[last(F::ROW_REMAP_FAILURE, ONE)])]),
    ]),
    metric("hw.gpu.memory.row_remap.bank.count", UpDownI64, "{bank}", Product, FROM_ZERO,
        "Memory banks by how many spare rows they have left.", &[
        family("all", Group::RowRemap, 18, Off, Any, GPU, &[
            series_row(&[("hw.gpu.memory.row_remap.availability", "max")], &[last(F::BANKS_REMAP_ROWS_AVAIL_MAX, ONE)]),
            series_row(&[("hw.gpu.memory.row_remap.availability", "high")], &[last(F::BANKS_REMAP_ROWS_AVAIL_HIGH, ONE)]),
            series_row(&[("hw.gpu.memory.row_remap.availability", "partial")], &[last(F::BANKS_REMAP_ROWS_AVAIL_PARTIAL, ONE)]),
            series_row(&[("hw.gpu.memory.row_remap.availability", "low")], &[last(F::BANKS_REMAP_ROWS_AVAIL_LOW, ONE)]),
            series_row(&[("hw.gpu.memory.row_remap.availability", "none")], &[last(F::BANKS_REMAP_ROWS_AVAIL_NONE, ONE)])]),
    ]),
    metric("hw.gpu.memory.page_retirement.count", UpDownI64, "{page}", Product, FROM_ZERO,
        "Memory pages retired.", &[
        family("all", Group::RetiredPages, 18, Auto, Any, GPU, &[
            series_row(&[(ERROR, "corrected")], &[last(F::RETIRED_SBE, ONE)]),
            series_row(&[(ERROR, "uncorrected")], &[last(F::RETIRED_DBE, ONE)])]),
    ]),
    metric("hw.gpu.memory.page_retirement.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 while a page retirement is pending.", &[
        family("all", Group::RetiredPages, 18, Auto, Any, GPU, &[
            series_row(&[], &[last(F::RETIRED_PENDING, ONE)])]),
    ]),
    metric(INFO, UpDownI64, "1", Versions, FROM_ZERO,
        "Always 1; carries the slow-changing facts about the entity.", &[
        family("all", Group::Inventory, 22, On, Any, GPU_GI_CI, &[
            series_row(&[], GPU_FACTS)]),
    ]),
    metric(ALLOCATION, UpDownI64, "1", Brief, FROM_ZERO,
        "Always 1; a series for each workload that holds the entity, with its attributes.", &[
        family("all", Group::Inventory, 22, Auto, Any, GPU_GI_CI, &[
            series_row(&[], &[read_field(F::COUNT, Op::Allocation, ONE)])]),
    ]),
    metric("hw.gpu.count", UpDownI64, "{gpu}", Brief, FROM_ZERO,
        "GPUs DCGM sees on this host.", &[
        family("all", Group::Inventory, 22, On, Any, HOST, &[
            series_row(&[], &[read_field(F::COUNT, Op::Gpus, ONE)])]),
    ]),
    metric("hw.gpu.mig.instance.count", UpDownI64, "{instance}", Product, FROM_ZERO,
        "GPU instances configured on the GPU.", &[
        family("all", Group::Mig, 22, Auto, Within, GPU, &[
            series_row(&[], &[read_field(F::MIG_MODE, Op::Instances, ONE)])]),
    ]),
    metric("hw.gpu.mig.slice.limit", UpDownI64, "{slice}", Product, FROM_ZERO,
        "MIG slices the GPU can be cut into.", &[
        family("all", Group::Mig, 8, Off, Within, GPU, &[
            series_row(&[], &[last(F::MIG_MAX_SLICES, ONE)])]),
    ]),
    metric("hw.gpu.fabric.manager.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 for the fabric manager's state for this GPU, 0 for the others.", &[
        family("all", Group::Fabric, 10, Off, Any, GPU, &[
            series_row(&[("hw.gpu.fabric.manager.state", "not_started")], &[read_field(F::FABRIC_MANAGER_STATUS, Op::OneOf(&[1], (1, 4)), ONE)]),
            series_row(&[("hw.gpu.fabric.manager.state", "in_progress")], &[read_field(F::FABRIC_MANAGER_STATUS, Op::OneOf(&[2], (1, 4)), ONE)]),
            series_row(&[("hw.gpu.fabric.manager.state", "success")], &[read_field(F::FABRIC_MANAGER_STATUS, Op::OneOf(&[3], (1, 4)), ONE)]),
            series_row(&[("hw.gpu.fabric.manager.state", "failure")], &[read_field(F::FABRIC_MANAGER_STATUS, Op::OneOf(&[4], (1, 4)), ONE)])]),
    ]),
    metric("hw.gpu.fabric.health.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 for the GPU fabric's health class, 0 for the others.", &[
        family("all", Group::Fabric, 23, Auto, Any, GPU, &[
            series_row(&[("hw.gpu.fabric.health.state", "healthy")], &[read_field(F::FABRIC_HEALTH_SUMMARY, Op::OneOf(&[1], (1, 3)), ONE)]),
            series_row(&[("hw.gpu.fabric.health.state", "unhealthy")], &[read_field(F::FABRIC_HEALTH_SUMMARY, Op::OneOf(&[2], (1, 3)), ONE)]),
            series_row(&[("hw.gpu.fabric.health.state", "limited_capacity")], &[read_field(F::FABRIC_HEALTH_SUMMARY, Op::OneOf(&[3], (1, 3)), ONE)])]),
    ]),
    metric("hw.gpu.imex.domain.status", UpDownI64, "1", Brief, FROM_ZERO,
        "1 for the IMEX domain's state as this host sees it.", &[
        family("all", Group::Fabric, 10, Off, Any, HOST, &[
            series_row(&[("hw.gpu.imex.domain.state", "up")], &[read_field(F::IMEX_DOMAIN_STATUS, Op::TextEquals("UP", &["UP", "DEGRADED", "DOWN"]), ONE)]),
            series_row(&[("hw.gpu.imex.domain.state", "degraded")], &[read_field(F::IMEX_DOMAIN_STATUS, Op::TextEquals("DEGRADED", &["UP", "DEGRADED", "DOWN"]), ONE)]),
            series_row(&[("hw.gpu.imex.domain.state", "down")], &[read_field(F::IMEX_DOMAIN_STATUS, Op::TextEquals("DOWN", &["UP", "DEGRADED", "DOWN"]), ONE)])]),
    ]),
    metric("hw.gpu.imex.daemon.status", UpDownI64, "1", Brief, FROM_ZERO,
        "1 when the IMEX daemon is READY, else 0.", &[
        family("all", Group::Fabric, 10, Off, Any, HOST, &[
            series_row(&[], &[read_field(F::IMEX_DAEMON_STATUS, Op::OneOf(&[5], (0, 7)), ONE)])]),
    ]),
    metric("hw.gpu.encoder.session.count", UpDownI64, "{session}", Product, FROM_ZERO,
        "Active video-encoder sessions.", &[
        family("all", Group::Codec, 3, Off, Any, GPU, &[
            series_row(&[], &[read_field(F::ENC_STATS, Op::Word(1), ONE)])]),
    ]),
    metric("hw.network.io", CounterU64, "By", Product, SWITCH_GROWTH,
        "Traffic through a network component.", &[
        family("nvswitch", Group::NvSwitch, 16, Auto, Any, SWITCH, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::NVSWITCH_THROUGHPUT_RX, Times(131_072))]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::NVSWITCH_THROUGHPUT_TX, Times(131_072))])]).superseded_by_family("nvswitch_link"),
        family("nvswitch_link", Group::NvSwitch, 6, Off, Any, PORT, &[
            series_row(&[(DIRECTION, "receive")], &[counter(F::NVSWITCH_LINK_THROUGHPUT_RX, Times(131_072))]),
            series_row(&[(DIRECTION, "transmit")], &[counter(F::NVSWITCH_LINK_THROUGHPUT_TX, Times(131_072))])]),
    ]),
    metric("hw.network.up", UpDownI64, "1", Product, FROM_ZERO,
        "1 when the link is up.", &[
        family("nvswitch_link", Group::NvSwitch, 6, Off, Any, PORT, &[
            series_row(&[], &[read_field(F::NVSWITCH_LINK_STATUS, Op::OneOf(&[2], (0, 3)), ONE)])]),
    ]),
    metric("hw.voltage", GaugeF64, "V", Brief, FROM_ZERO,
        "Voltage of a rail.", &[
        family("nvswitch", Group::NvSwitch, 16, Auto, Any, SWITCH, &[
            series_row(&[(SENSOR, "vdd")], &[last(F::NVSWITCH_VOLTAGE_MVOLT, Per(1000))])]),
    ]),
    metric("hw.switch.sxid.errors", CounterU64, "{error}", Brief, COUNT_GROWTH,
        "SXid events of the switch, by code.", &[
        family("all", Group::NvSwitch, 23, Auto, Any, SWITCH, &[
            series_row(&[("hw.switch.sxid.severity", "fatal")], &[read_field(F::NVSWITCH_FATAL_ERRORS, Op::Event, ONE)]),
            series_row(&[("hw.switch.sxid.severity", "non_fatal")], &[read_field(F::NVSWITCH_NON_FATAL_ERRORS, Op::Event, ONE)])]),
    ]),
    metric("hw.switch.info", UpDownI64, "1", Brief, FROM_ZERO,
        "Always 1; carries the facts about the switch.", &[
        family("all", Group::NvSwitch, 22, Auto, Any, SWITCH, &[
            series_row(&[], SWITCH_FACTS)]),
    ]),
    metric("hw.network.pcie.link.width", GaugeI64, "{lane}", Product, FROM_ZERO,
        "PCIe lanes the adapter currently uses.", &[
        family("all", Group::ConnectX, 10, Off, Any, ADAPTER, &[
            series_row(&[], &[last(F::CONNECTX_ACTIVE_PCIE_LINK_WIDTH, ONE)])]),
    ]),
    metric("hw.cpu.utilization", GaugeF64, "1", Product, SHARE,
        "Busy share of the CPU.", &[
        family("socket", Group::Cpu, 16, Auto, Any, CPU, &[
            series_row(&[], &[last(F::CPU_UTIL_TOTAL, ONE)])]).superseded_by_family("mode"),
        family("mode", Group::Cpu, 16, Off, Any, CPU, &[
            series_row(&[("cpu.mode", "user")], &[last(F::CPU_UTIL_USER, ONE)]),
            series_row(&[("cpu.mode", "nice")], &[last(F::CPU_UTIL_NICE, ONE)]),
            series_row(&[("cpu.mode", "system")], &[last(F::CPU_UTIL_SYS, ONE)]),
            series_row(&[("cpu.mode", "interrupt")], &[last(F::CPU_UTIL_IRQ, ONE)])]),
        family("core", Group::CpuCore, 4, Off, Any, CORE, &[
            series_row(&[], &[last(F::CPU_UTIL_TOTAL, ONE)])]),
    ]),
    metric("hw.cpu.speed", GaugeI64, "Hz", Product, FROM_ZERO,
        "Current clock of the CPU.", &[
        family("core", Group::CpuCore, 4, Off, Any, CORE, &[
            series_row(&[], &[last(F::CPU_CLOCK_CURRENT, Times(1000))])]),
    ]),
    metric("hw.gpu.vgpu.license.status", UpDownI64, "1", Product, FROM_ZERO,
        "1 when the vGPU is licensed.", &[
        family("all", Group::Vgpu, 9, Off, Any, GPU, &[
            series_row(&[], &[last(F::VGPU_LICENSE_STATUS, ONE)])]),
    ]),
];
