//! The metrics of dcgm-exporter: one row for each field, with its name, type and unit in each version.
//!
//! The rows are those of its default counters and of the lines that are commented out there. The columns:
//! presence by default (`New` is off before 4.9 and on from then on), group, tier, the entities that
//! have it, the field, the type of Prometheus up to 4.8.2 and from 4.8.3 on, the metric up to 4.8, and
//! the metric of 4.9 (`=` if it is the same).
//!
//! Version 4.9 renames 22 metrics of the defaults and changes the unit of 11. The new names and units of
//! those 11 were read in its release notes; the names of the other 11 are deduced from DCGM's own. All
//! values are converted from the fields that every engine has.

use dcgm::FieldId;
use dcgm::health::HealthSystems;

use crate::catalogue::Scale::{Per, Times};
use crate::catalogue::{
    Family, Identity, Kind, Metric, Mig, ONE, Op, PageType, Presence, Scale, SeriesRow,
    any_default_watches_links, family, last, read_field, scope, series_row,
};
use crate::config::{Group, Naming};

/// By default no family watches LINK entities.
const _: () = {
    assert!(!any_default_watches_links(METRICS));
    assert!(!any_default_watches_links(METRICS_4_8));
    assert!(!any_default_watches_links(METRICS_4_8_2));
};

/// Returns the metrics of a version of dcgm-exporter: of the newest for any other naming.
pub(crate) const fn metrics(naming: Naming) -> &'static [Metric] {
    match naming {
        Naming::DcgmExporter48 => METRICS_4_8,
        Naming::DcgmExporter482 => METRICS_4_8_2,
        Naming::Semconv | Naming::DcgmExporter => METRICS,
    }
}

macro_rules! rows {
    ($($default:tt $group:ident $tier:literal $part:ident $field:ident $oldest:ident $type:ident $old:tt $new:tt;)*) => {
        /// The metrics of dcgm-exporter 4.9.
        pub(crate) const METRICS: &[Metric] = &[
            $(rows!(@new $new $old [$default $group $tier $part $field $type]),)*
            HEALTH_STATUS,
            XID_ERRORS_COUNT,
            as_counter(XID_ERRORS_TOTAL),
            CLOCK_EVENTS_COUNT,
            as_counter(CLOCK_EVENTS_TOTAL),
            P2P_STATUS,
        ];

        /// The metrics of dcgm-exporter 4.8.3 and 4.8.4.
        pub(crate) const METRICS_4_8: &[Metric] = &[
            $(rows!(@old $old [$default $group $tier $part $field $type]),)*
            HEALTH_STATUS,
            XID_ERRORS_COUNT,
            as_counter(XID_ERRORS_TOTAL),
            CLOCK_EVENTS_COUNT,
            as_counter(CLOCK_EVENTS_TOTAL),
            P2P_STATUS,
        ];

        /// The metrics of dcgm-exporter up to 4.8.2, whose file calls some gauges counters. The two
        /// totals are later ones.
        pub(crate) const METRICS_4_8_2: &[Metric] = &[
            $(rows!(@old $old [$default $group $tier $part $field $oldest]),)*
            as_counter(HEALTH_STATUS),
            as_counter(XID_ERRORS_COUNT),
            as_counter(XID_ERRORS_TOTAL),
            as_counter(CLOCK_EVENTS_COUNT),
            as_counter(CLOCK_EVENTS_TOTAL),
            as_counter(P2P_STATUS),
        ];
    };

    (@new $new:tt $old:tt [New $($about:tt)*]) => { rows!(@new $new $old [On $($about)*]) };
    (@new = $old:tt $about:tt) => { rows!(@metric $old $about) };
    (@new $new:tt $old:tt $about:tt) => { rows!(@metric $new $about) };
    (@old $old:tt [New $($about:tt)*]) => { rows!(@metric $old [Off $($about)*]) };
    (@old $old:tt $about:tt) => { rows!(@metric $old $about) };
    (@metric ($kind:ident, $scale:expr, $name:literal, $description:literal)
        [$default:ident $group:ident $tier:literal $part:ident $field:ident $type:ident]) => {
        Metric {
            name: $name,
            kind: Kind::$kind,
            unit: "",
            identity: Identity::Brief,
            range: valid_range($scale),
            description: $description,
            page_type: rows!(@ $type),
            families: &[family(
                "all",
                Group::$group,
                $tier,
                Presence::$default,
                rows!(@ $part).0,
                rows!(@ $part).1,
                &[series_row(&[], &[last(FieldId::$field, $scale)])],
            )],
        }
    };

    // Metrics of the whole GPU.
    (@ Whole) => { (Mig::Any, scope::GPU) };
    // Metrics of the MIG instances, if the GPU is partitioned.
    (@ Part) => { (Mig::Smallest, scope::GPU_GI) };
    (@ gauge) => { PageType::OfKind };
    (@ counter) => { PageType::Counter };
}

#[rustfmt::skip] // One row a metric.
rows! {
    On  Clock        11 Whole SM_CLOCK                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_SM_CLOCK", "Clock of the streaming multiprocessors, in MHz.") (GaugeI64, Times(1_000_000), "DCGM_FI_DEV_SM_CLOCK_HERTZ", "Clock of the streaming multiprocessors, in hertz.");
    On  Clock        11 Whole MEM_CLOCK                                    gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_MEM_CLOCK", "Clock of the memory, in MHz.") (GaugeI64, Times(1_000_000), "DCGM_FI_DEV_MEMORY_CLOCK_HERTZ", "Clock of the memory, in hertz.");
    On  Thermal      15 Whole MEMORY_TEMP                                  gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_MEMORY_TEMP", "Temperature of the memory, in degrees Celsius.") (GaugeI64, ONE, "DCGM_FI_DEV_MEMORY_TEMP_CELSIUS", "Temperature of the memory, in degrees Celsius.");
    On  Thermal      15 Whole GPU_TEMP                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_GPU_TEMP", "Temperature of the GPU, in degrees Celsius.") (GaugeI64, ONE, "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "Temperature of the GPU, in degrees Celsius.");
    On  Power        19 Whole POWER_USAGE                                  gauge   gauge   (GaugeF64, ONE, "DCGM_FI_DEV_POWER_USAGE", "Power drawn, in watts.") (GaugeF64, ONE, "DCGM_FI_DEV_BOARD_POWER_WATTS", "Power drawn, in watts.");
    On  Power        19 Whole TOTAL_ENERGY_CONSUMPTION                     counter counter (GaugeI64, ONE, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Energy drawn since the driver was loaded, in millijoules.") (GaugeF64, Per(1000), "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL", "Energy drawn since the driver was loaded, in joules.");
    On  Pcie         21 Whole PCIE_REPLAY_COUNTER                          counter counter (GaugeI64, ONE, "DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "PCIe packets sent again.") (GaugeI64, ONE, "DCGM_FI_DEV_PCIE_REPLAY_TOTAL", "PCIe packets sent again.");
    On  Utilization  17 Whole GPU_UTIL                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_GPU_UTIL", "Time in which the GPU was busy, in percent.") (GaugeF64, Per(100), "DCGM_FI_DEV_GPU_UTIL_RATIO", "Share of time in which the GPU was busy.");
    On  Utilization  17 Whole MEM_COPY_UTIL                                gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_MEM_COPY_UTIL", "Time in which the memory was busy, in percent.") (GaugeF64, Per(100), "DCGM_FI_DEV_MEMORY_UTIL_RATIO", "Share of time in which the memory was busy.");
    On  Codec         3 Whole ENC_UTIL                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_ENC_UTIL", "Time in which the encoder was busy, in percent.") (GaugeF64, Per(100), "DCGM_FI_DEV_ENC_UTIL_RATIO", "Share of time in which the encoder was busy.");
    On  Codec         3 Whole DEC_UTIL                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_DEC_UTIL", "Time in which the decoder was busy, in percent.") (GaugeF64, Per(100), "DCGM_FI_DEV_DEC_UTIL_RATIO", "Share of time in which the decoder was busy.");
    On  Xid          23 Part  XID_ERRORS                                   gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_XID_ERRORS", "The code of the last XID.") (GaugeI64, ONE, "DCGM_FI_DEV_XID_ERROR", "The code of the last XID.");
    On  Memory       17 Part  FB_FREE                                      gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FB_FREE", "Free device memory, in MiB.") (GaugeI64, Times(1_048_576), "DCGM_FI_DEV_FB_FREE_BYTES", "Free device memory, in bytes.");
    On  Memory       17 Part  FB_USED                                      gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FB_USED", "Used device memory, in MiB.") (GaugeI64, Times(1_048_576), "DCGM_FI_DEV_FB_USED_BYTES", "Used device memory, in bytes.");
    On  Memory       17 Part  FB_RESERVED                                  gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FB_RESERVED", "Reserved device memory, in MiB.") (GaugeI64, Times(1_048_576), "DCGM_FI_DEV_FB_RESERVED_BYTES", "Reserved device memory, in bytes.");
    New Memory       17 Part  FB_TOTAL                                     gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FB_TOTAL", "Size of the device memory, in MiB.") (GaugeI64, Times(1_048_576), "DCGM_FI_DEV_FB_CAPACITY_BYTES", "Size of the device memory, in bytes.");
    On  RowRemap     18 Whole UNCORRECTABLE_REMAPPED_ROWS                  counter counter (GaugeI64, ONE, "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "Rows replaced after uncorrectable errors.") (GaugeI64, ONE, "DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL", "Rows replaced after uncorrectable errors.");
    On  RowRemap     18 Whole CORRECTABLE_REMAPPED_ROWS                    counter counter (GaugeI64, ONE, "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "Rows replaced after correctable errors.") (GaugeI64, ONE, "DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL", "Rows replaced after correctable errors.");
    On  RowRemap     18 Whole ROW_REMAP_FAILURE                            gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_ROW_REMAP_FAILURE", "Whether a row could not be replaced.") (GaugeI64, ONE, "DCGM_FI_DEV_ROW_REMAP_FAILED", "Whether a row could not be replaced.");
    On  NvLink       24 Whole NVLINK_BANDWIDTH_TOTAL                       counter gauge   (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "Rate over all NVLinks, both directions together, in MB/s.") (GaugeI64, Times(1_000_000), "DCGM_FI_DEV_NVLINK_THROUGHPUT_BYTES_PER_SECOND", "Rate over all NVLinks, both directions together, in bytes a second.");
    On  Vgpu          9 Whole VGPU_LICENSE_STATUS                          gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_VGPU_LICENSE_STATUS", "Whether there is a licence for virtual GPUs.") =;
    On  Profiling    14 Part  PROF_GR_ENGINE_ACTIVE                        gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "Share of time in which the graphics engine was active.") (GaugeF64, ONE, "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO", "Share of time in which the graphics engine was active.");
    On  Profiling    14 Part  PROF_PIPE_TENSOR_ACTIVE                      gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "Share of cycles in which the tensor pipe was active.") (GaugeF64, ONE, "DCGM_FI_PROF_TENSOR_UTIL_RATIO", "Share of cycles in which the tensor pipe was active.");
    On  Profiling    14 Part  PROF_DRAM_ACTIVE                             gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_DRAM_ACTIVE", "Share of cycles in which the device memory sent or received.") (GaugeF64, ONE, "DCGM_FI_PROF_DRAM_UTIL_RATIO", "Share of cycles in which the device memory sent or received.");
    On  Profiling    14 Whole PROF_PCIE_TX_BYTES                           gauge   gauge   (GaugeI64, ONE, "DCGM_FI_PROF_PCIE_TX_BYTES", "Rate of sending over PCIe, in bytes a second.") =;
    On  Profiling    14 Whole PROF_PCIE_RX_BYTES                           gauge   gauge   (GaugeI64, ONE, "DCGM_FI_PROF_PCIE_RX_BYTES", "Rate of receiving over PCIe, in bytes a second.") =;
    Off Throttle     13 Whole POWER_VIOLATION                              counter counter (GaugeI64, ONE, "DCGM_FI_DEV_POWER_VIOLATION", "Time held back by the power limit, in nanoseconds.") =;
    Off Throttle     13 Whole THERMAL_VIOLATION                            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_THERMAL_VIOLATION", "Time held back by temperatures, in nanoseconds.") =;
    Off Throttle     13 Whole SYNC_BOOST_VIOLATION                         counter counter (GaugeI64, ONE, "DCGM_FI_DEV_SYNC_BOOST_VIOLATION", "Time held back by other GPUs of a sync boost group, in nanoseconds.") =;
    Off Throttle     13 Whole BOARD_LIMIT_VIOLATION                        counter counter (GaugeI64, ONE, "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION", "Time held back by the board's limits, in nanoseconds.") =;
    Off Throttle     13 Whole LOW_UTIL_VIOLATION                           counter counter (GaugeI64, ONE, "DCGM_FI_DEV_LOW_UTIL_VIOLATION", "Time held back because of low utilization, in nanoseconds.") =;
    Off Throttle     13 Whole RELIABILITY_VIOLATION                        counter counter (GaugeI64, ONE, "DCGM_FI_DEV_RELIABILITY_VIOLATION", "Time held back by the limits of reliability, in nanoseconds.") =;
    Off Ecc          21 Whole ECC_SBE_VOL_TOTAL                            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "Corrected errors since the driver was loaded.") =;
    Off Ecc          21 Whole ECC_DBE_VOL_TOTAL                            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "Uncorrected errors since the driver was loaded.") =;
    Off Ecc          21 Whole ECC_SBE_AGG_TOTAL                            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL", "Corrected errors in the GPU's life.") =;
    Off Ecc          21 Whole ECC_DBE_AGG_TOTAL                            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL", "Uncorrected errors in the GPU's life.") =;
    Off RetiredPages 18 Whole RETIRED_SBE                                  counter counter (GaugeI64, ONE, "DCGM_FI_DEV_RETIRED_SBE", "Pages retired after corrected errors.") =;
    Off RetiredPages 18 Whole RETIRED_DBE                                  counter counter (GaugeI64, ONE, "DCGM_FI_DEV_RETIRED_DBE", "Pages retired after uncorrected errors.") =;
    Off RetiredPages 18 Whole RETIRED_PENDING                              counter gauge   (GaugeI64, ONE, "DCGM_FI_DEV_RETIRED_PENDING", "Whether pages wait to be retired.") =;
    Off NvLink       24 Whole NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", "CRC errors of control data over all NVLinks.") =;
    Off NvLink       24 Whole NVLINK_CRC_DATA_ERROR_COUNT_TOTAL            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL", "CRC errors of data over all NVLinks.") =;
    Off NvLink       24 Whole NVLINK_REPLAY_ERROR_COUNT_TOTAL              counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", "Packets sent again over all NVLinks.") =;
    Off NvLink       24 Whole NVLINK_RECOVERY_ERROR_COUNT_TOTAL            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", "Recoveries of all NVLinks.") =;
    Off NvLink       24 Whole NVLINK_BANDWIDTH_L0                          counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_BANDWIDTH_L0", "Rate over the first NVLink, both directions together, in MB/s.") =;
    Off Profiling    14 Part  PROF_SM_ACTIVE                               gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_SM_ACTIVE", "Share of cycles in which a multiprocessor had a warp.") =;
    Off Profiling    14 Part  PROF_SM_OCCUPANCY                            gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_SM_OCCUPANCY", "Share of the warps that a multiprocessor can hold.") =;
    Off Profiling    14 Part  PROF_PIPE_FP64_ACTIVE                        gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_PIPE_FP64_ACTIVE", "Share of cycles in which the FP64 pipe was active.") =;
    Off Profiling    14 Part  PROF_PIPE_FP32_ACTIVE                        gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_PIPE_FP32_ACTIVE", "Share of cycles in which the FP32 pipe was active.") =;
    Off Profiling    14 Part  PROF_PIPE_FP16_ACTIVE                        gauge   gauge   (GaugeF64, ONE, "DCGM_FI_PROF_PIPE_FP16_ACTIVE", "Share of cycles in which the FP16 pipe was active.") =;
    Off Profiling    14 Whole PROF_NVLINK_TX_BYTES                         gauge   gauge   (GaugeI64, ONE, "DCGM_FI_PROF_NVLINK_TX_BYTES", "Rate of sending over all NVLinks, in bytes a second.") =;
    Off Profiling    14 Whole PROF_NVLINK_RX_BYTES                         gauge   gauge   (GaugeI64, ONE, "DCGM_FI_PROF_NVLINK_RX_BYTES", "Rate of receiving over all NVLinks, in bytes a second.") =;
    Off Profiling    14 Whole PROF_SM_CYCLES_ELAPSED_TOTAL                 counter counter (GaugeI64, ONE, "DCGM_FI_PROF_SM_CYCLES_ELAPSED_TOTAL", "Cycles of the multiprocessors.") =;
    Off Profiling    14 Whole PROF_SM_CYCLES_ACTIVE_TOTAL                  counter counter (GaugeI64, ONE, "DCGM_FI_PROF_SM_CYCLES_ACTIVE_TOTAL", "Cycles in which a multiprocessor had a warp.") =;
    Off Profiling    14 Whole PROF_MMA_CYCLES_ACTIVE_TOTAL                 counter counter (GaugeI64, ONE, "DCGM_FI_PROF_MMA_CYCLES_ACTIVE_TOTAL", "Cycles in which the tensor pipe was active.") =;
    Off Profiling    14 Whole PROF_DMMA_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_DMMA_CYCLES_ACTIVE_TOTAL", "Cycles in which the tensor pipe multiplied FP64 matrices.") =;
    Off Profiling    14 Whole PROF_HMMA_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_HMMA_CYCLES_ACTIVE_TOTAL", "Cycles in which the tensor pipe multiplied FP16 matrices.") =;
    Off Profiling    14 Whole PROF_IMMA_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_IMMA_CYCLES_ACTIVE_TOTAL", "Cycles in which the tensor pipe multiplied integer matrices.") =;
    Off Profiling    14 Whole PROF_DFMA_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_DFMA_CYCLES_ACTIVE_TOTAL", "Cycles in which the tensor pipe did FP64 multiply-adds.") =;
    Off Profiling    14 Whole PROF_INT_CYCLES_ACTIVE_TOTAL                 counter counter (GaugeI64, ONE, "DCGM_FI_PROF_INT_CYCLES_ACTIVE_TOTAL", "Cycles in which the integer pipe was active.") =;
    Off Profiling    14 Whole PROF_FP64_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_FP64_CYCLES_ACTIVE_TOTAL", "Cycles in which the FP64 pipe was active.") =;
    Off Profiling    14 Whole PROF_FP32_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_FP32_CYCLES_ACTIVE_TOTAL", "Cycles in which the FP32 pipe was active.") =;
    Off Profiling    14 Whole PROF_FP16_CYCLES_ACTIVE_TOTAL                counter counter (GaugeI64, ONE, "DCGM_FI_PROF_FP16_CYCLES_ACTIVE_TOTAL", "Cycles in which the FP16 pipe was active.") =;
    Off Profiling    14 Whole PROF_PCIE_TX_BYTES_TOTAL                     counter counter (GaugeI64, ONE, "DCGM_FI_PROF_PCIE_TX_BYTES_TOTAL", "Bytes sent over PCIe.") =;
    Off Profiling    14 Whole PROF_PCIE_RX_BYTES_TOTAL                     counter counter (GaugeI64, ONE, "DCGM_FI_PROF_PCIE_RX_BYTES_TOTAL", "Bytes received over PCIe.") =;
    Off Power        19 Whole POWER_MGMT_LIMIT                             gauge   gauge   (GaugeF64, ONE, "DCGM_FI_DEV_POWER_MGMT_LIMIT", "Power limit that was set, in watts.") =;
    Off Power        19 Whole ENFORCED_POWER_LIMIT                         gauge   gauge   (GaugeF64, ONE, "DCGM_FI_DEV_ENFORCED_POWER_LIMIT", "Power limit in effect, in watts.") =;
    Off Fabric        8 Whole FABRIC_HEALTH_SUMMARY                        gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FABRIC_HEALTH_SUMMARY", "Summary of the health of the NVLink fabric.") =;
    Off Fabric        8 Whole FABRIC_HEALTH_MASK                           gauge   gauge   (GaugeI64, ONE, "DCGM_FI_DEV_FABRIC_HEALTH_MASK", "Health of the NVLink fabric, as a mask of bits.") =;
    Off NvLink       24 Whole NVLINK_ERROR_DL_CRC                          counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_ERROR_DL_CRC", "CRC errors over all NVLinks, from Hopper on.") =;
    Off NvLink       24 Whole NVLINK_ERROR_DL_RECOVERY                     counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_ERROR_DL_RECOVERY", "Recoveries of all NVLinks, from Hopper on.") =;
    Off NvLink       24 Whole NVLINK_ERROR_DL_REPLAY                       counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_ERROR_DL_REPLAY", "Packets sent again over all NVLinks, from Hopper on.") =;
    Off NvLink       24 Whole NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS", "Recoveries of all NVLinks that succeeded, from Blackwell on.") =;
    Off NvLink       24 Whole NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS     counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS", "Recoveries of all NVLinks that failed, from Blackwell on.") =;
    Off NvLink       24 Whole NVLINK_COUNT_LINK_RECOVERY_EVENTS            counter counter (GaugeI64, ONE, "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS", "Recoveries of all NVLinks, from Blackwell on.") =;
}

/// Returns the range of valid values: any, if they are passed on unchanged.
const fn valid_range(scale: Scale) -> (f64, f64) {
    match scale {
        Times(1) => (f64::NEG_INFINITY, f64::INFINITY),
        _ => (f64::MIN, f64::MAX),
    }
}

/// Makes a metric of dcgm-exporter itself, which is none of DCGM's fields.
const fn own(name: &'static str, description: &'static str, families: &'static [Family]) -> Metric {
    Metric {
        name,
        kind: Kind::GaugeI64,
        unit: "",
        identity: Identity::Brief,
        range: valid_range(ONE),
        description,
        page_type: PageType::OfKind,
        families,
    }
}

const fn as_counter(metric: Metric) -> Metric {
    Metric {
        page_type: PageType::Counter,
        ..metric
    }
}

/// Makes the family of a metric. Without rows, the sampler derives the series.
const fn own_family(group: Group, tier: u8, rows: &'static [SeriesRow]) -> Family {
    family(
        "all",
        group,
        tier,
        Presence::Off,
        Mig::Any,
        scope::GPU,
        rows,
    )
}

/// Makes a row of the health of a system. No field is read; that of the row has no other metric.
macro_rules! health_row {
    ($watch:literal, $system:ident) => {
        series_row(
            &[("health_watch", $watch), (HEALTH_ERROR_CODE, "DCGM_FR_OK")],
            &[read_field(
                FieldId::UUID,
                Op::Health(HealthSystems::$system),
                ONE,
            )],
        )
    };
}

/// The label with the code of the worst incident of a health watch.
pub(crate) const HEALTH_ERROR_CODE: &str = "health_error_code";

/// The health of each system of a GPU. The label with the code changes with the incident, as
/// dcgm-exporter's does: another series, not another value.
const HEALTH_STATUS: Metric = own(
    "DCGM_EXP_GPU_HEALTH_STATUS",
    "Result of the health check of a system: 0 passes, 10 is a warning, 20 a failure.",
    &[own_family(
        Group::Health,
        10,
        &[
            health_row!("PCIE", PCIE),
            health_row!("NVLINK", NVLINK),
            health_row!("PMU", PMU),
            health_row!("MCU", MCU),
            health_row!("MEM", MEMORY),
            health_row!("SM", SM),
            health_row!("INFOROM", INFOROM),
            health_row!("THERMAL", THERMAL),
            health_row!("POWER", POWER),
            health_row!("DRIVER", DRIVER),
            health_row!("ALL", ALL),
        ],
    )],
);

/// XIDs of a GPU by code, in a window of time.
pub(crate) const XID_ERRORS_COUNT: Metric = own(
    "DCGM_EXP_XID_ERRORS_COUNT",
    "XIDs by code, in the time that the label names.",
    &[own_family(Group::Xid, 23, &[])],
);

/// XIDs of a GPU by code, since the start.
pub(crate) const XID_ERRORS_TOTAL: Metric = own(
    "DCGM_EXP_XID_ERRORS_TOTAL",
    "XIDs by code, since the meter started.",
    &[own_family(Group::Xid, 23, &[])],
);

/// Samples with reduced clocks by reason, in a window of time.
pub(crate) const CLOCK_EVENTS_COUNT: Metric = own(
    "DCGM_EXP_CLOCK_EVENTS_COUNT",
    "Samples in which a reason reduced the clocks, in the time that the label names.",
    &[own_family(Group::Throttle, 13, &[])],
);

/// Reductions of the clocks by reason, since the start.
pub(crate) const CLOCK_EVENTS_TOTAL: Metric = own(
    "DCGM_EXP_CLOCK_EVENTS_TOTAL",
    "Times that a reason began to reduce the clocks, since the meter started.",
    &[own_family(Group::Throttle, 13, &[])],
);

/// The state of peer-to-peer access from a GPU to each other GPU.
pub(crate) const P2P_STATUS: Metric = own(
    "DCGM_EXP_P2P_STATUS",
    "State of peer-to-peer access over NVLink to another GPU: 0 is working.",
    &[own_family(Group::NvLink, 11, &[])],
);
