//! The names of NVIDIA's dcgm-exporter, up to its 4.8 releases: one row per metric, and the labels.
//!
//! Existing dashboards and alerts use these names. All metrics are gauges without a unit, totals
//! too: the translation from OpenTelemetry to Prometheus appends `_total` to a counter, and the unit
//! to every metric that has one. Values are DCGM's own, in DCGM's units and counted from the
//! device's start. A blank value has no series.

use std::sync::Arc;

use dcgm::health::{HealthCode, HealthSystems};
use dcgm::{Entity, EntityKind, FieldId};

use crate::catalogue::{
    Identity, Kind, Metric, Mig, ONE, Op, Presence, any_default_watches_links, family, last,
    read_field, scope, series_row,
};
use crate::config::Group;
use crate::topology;

mod workload;

pub(crate) use workload::workload_label;

/// By default no family watches LINK entities.
const _: () = assert!(!any_default_watches_links(METRICS));

macro_rules! rows {
    ($($default:ident $group:ident $tier:literal $kind:ident $part:ident $field:ident $name:literal $description:literal;)*) => {
        /// Every metric: DCGM's own values, neither scaled nor rebased.
        pub(crate) const METRICS: &[Metric] = &[
            $(Metric {
                name: $name,
                kind: Kind::$kind,
                unit: "",
                identity: Identity::Brief,
                range: (f64::NEG_INFINITY, f64::INFINITY),
                description: $description,
                families: &[family(
                    "all",
                    Group::$group,
                    $tier,
                    Presence::$default,
                    rows!(@ $part).0,
                    rows!(@ $part).1,
                    &[series_row(&[], &[last(FieldId::$field, ONE)])],
                )],
            },)*
            HEALTH_STATUS,
        ];
    };
    // Metrics of the whole GPU.
    (@ Whole) => { (Mig::Any, scope::GPU) };
    // Metrics of the MIG instances, if the GPU is partitioned.
    (@ Part) => { (Mig::Smallest, scope::GPU_GI) };
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

#[rustfmt::skip] // One row a metric.
rows! {
    On  Clock        11 GaugeI64 Whole SM_CLOCK                          "DCGM_FI_DEV_SM_CLOCK"                           "Clock of the streaming multiprocessors, in MHz.";
    On  Clock        11 GaugeI64 Whole MEM_CLOCK                         "DCGM_FI_DEV_MEM_CLOCK"                          "Clock of the memory, in MHz.";
    On  Thermal      15 GaugeI64 Whole MEMORY_TEMP                       "DCGM_FI_DEV_MEMORY_TEMP"                        "Temperature of the memory, in degrees Celsius.";
    On  Thermal      15 GaugeI64 Whole GPU_TEMP                          "DCGM_FI_DEV_GPU_TEMP"                           "Temperature of the GPU, in degrees Celsius.";
    On  Power        19 GaugeF64 Whole POWER_USAGE                       "DCGM_FI_DEV_POWER_USAGE"                        "Power drawn, in watts.";
    On  Power        19 GaugeI64 Whole TOTAL_ENERGY_CONSUMPTION          "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"           "Energy drawn since the driver was loaded, in millijoules.";
    On  Pcie         21 GaugeI64 Whole PCIE_REPLAY_COUNTER               "DCGM_FI_DEV_PCIE_REPLAY_COUNTER"                "PCIe packets sent again.";
    On  Utilization  17 GaugeI64 Whole GPU_UTIL                          "DCGM_FI_DEV_GPU_UTIL"                           "Time in which the GPU was busy, in percent.";
    On  Utilization  17 GaugeI64 Whole MEM_COPY_UTIL                     "DCGM_FI_DEV_MEM_COPY_UTIL"                      "Time in which the memory was busy, in percent.";
    On  Codec         3 GaugeI64 Whole ENC_UTIL                          "DCGM_FI_DEV_ENC_UTIL"                           "Time in which the encoder was busy, in percent.";
    On  Codec         3 GaugeI64 Whole DEC_UTIL                          "DCGM_FI_DEV_DEC_UTIL"                           "Time in which the decoder was busy, in percent.";
    On  Xid          23 GaugeI64 Part  XID_ERRORS                        "DCGM_FI_DEV_XID_ERRORS"                         "The code of the last XID.";
    On  Memory       17 GaugeI64 Part  FB_FREE                           "DCGM_FI_DEV_FB_FREE"                            "Free device memory, in MiB.";
    On  Memory       17 GaugeI64 Part  FB_USED                           "DCGM_FI_DEV_FB_USED"                            "Used device memory, in MiB.";
    On  Memory       17 GaugeI64 Part  FB_RESERVED                       "DCGM_FI_DEV_FB_RESERVED"                        "Reserved device memory, in MiB.";
    On  RowRemap     18 GaugeI64 Whole UNCORRECTABLE_REMAPPED_ROWS       "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS"        "Rows replaced after uncorrectable errors.";
    On  RowRemap     18 GaugeI64 Whole CORRECTABLE_REMAPPED_ROWS         "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS"          "Rows replaced after correctable errors.";
    On  RowRemap     18 GaugeI64 Whole ROW_REMAP_FAILURE                 "DCGM_FI_DEV_ROW_REMAP_FAILURE"                  "Whether a row could not be replaced.";
    On  NvLink       24 GaugeI64 Whole NVLINK_BANDWIDTH_TOTAL            "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL"             "Rate over all NVLinks, both directions together.";
    On  Vgpu          9 GaugeI64 Whole VGPU_LICENSE_STATUS               "DCGM_FI_DEV_VGPU_LICENSE_STATUS"                "Whether there is a licence for virtual GPUs.";
    On  Profiling    14 GaugeF64 Part  PROF_GR_ENGINE_ACTIVE             "DCGM_FI_PROF_GR_ENGINE_ACTIVE"                  "Share of time in which the graphics engine was active.";
    On  Profiling    14 GaugeF64 Part  PROF_PIPE_TENSOR_ACTIVE           "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"                "Share of cycles in which the tensor pipe was active.";
    On  Profiling    14 GaugeF64 Part  PROF_DRAM_ACTIVE                  "DCGM_FI_PROF_DRAM_ACTIVE"                       "Share of cycles in which the device memory sent or received.";
    On  Profiling    14 GaugeI64 Whole PROF_PCIE_TX_BYTES                "DCGM_FI_PROF_PCIE_TX_BYTES"                     "Rate of sending over PCIe, in bytes a second.";
    On  Profiling    14 GaugeI64 Whole PROF_PCIE_RX_BYTES                "DCGM_FI_PROF_PCIE_RX_BYTES"                     "Rate of receiving over PCIe, in bytes a second.";
    Off Throttle     13 GaugeI64 Whole POWER_VIOLATION                   "DCGM_FI_DEV_POWER_VIOLATION"                    "Time held back by the power limit, in nanoseconds.";
    Off Throttle     13 GaugeI64 Whole THERMAL_VIOLATION                 "DCGM_FI_DEV_THERMAL_VIOLATION"                  "Time held back by temperatures, in nanoseconds.";
    Off Throttle     13 GaugeI64 Whole SYNC_BOOST_VIOLATION              "DCGM_FI_DEV_SYNC_BOOST_VIOLATION"               "Time held back by other GPUs of a sync boost group, in nanoseconds.";
    Off Throttle     13 GaugeI64 Whole BOARD_LIMIT_VIOLATION             "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION"              "Time held back by the board's limits, in nanoseconds.";
    Off Throttle     13 GaugeI64 Whole LOW_UTIL_VIOLATION                "DCGM_FI_DEV_LOW_UTIL_VIOLATION"                 "Time held back because of low utilization, in nanoseconds.";
    Off Throttle     13 GaugeI64 Whole RELIABILITY_VIOLATION             "DCGM_FI_DEV_RELIABILITY_VIOLATION"              "Time held back by the limits of reliability, in nanoseconds.";
    Off Ecc          21 GaugeI64 Whole ECC_SBE_VOL_TOTAL                 "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL"                  "Corrected errors since the driver was loaded.";
    Off Ecc          21 GaugeI64 Whole ECC_DBE_VOL_TOTAL                 "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL"                  "Uncorrected errors since the driver was loaded.";
    Off Ecc          21 GaugeI64 Whole ECC_SBE_AGG_TOTAL                 "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL"                  "Corrected errors in the GPU's life.";
    Off Ecc          21 GaugeI64 Whole ECC_DBE_AGG_TOTAL                 "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL"                  "Uncorrected errors in the GPU's life.";
    Off RetiredPages 18 GaugeI64 Whole RETIRED_SBE                       "DCGM_FI_DEV_RETIRED_SBE"                        "Pages retired after corrected errors.";
    Off RetiredPages 18 GaugeI64 Whole RETIRED_DBE                       "DCGM_FI_DEV_RETIRED_DBE"                        "Pages retired after uncorrected errors.";
    Off RetiredPages 18 GaugeI64 Whole RETIRED_PENDING                   "DCGM_FI_DEV_RETIRED_PENDING"                    "Whether pages wait to be retired.";
    Off NvLink       24 GaugeI64 Whole NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL"  "CRC errors of control data over all NVLinks.";
    Off NvLink       24 GaugeI64 Whole NVLINK_CRC_DATA_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL"  "CRC errors of data over all NVLinks.";
    Off NvLink       24 GaugeI64 Whole NVLINK_REPLAY_ERROR_COUNT_TOTAL   "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL"    "Packets sent again over all NVLinks.";
    Off NvLink       24 GaugeI64 Whole NVLINK_RECOVERY_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL"  "Recoveries of all NVLinks.";
    Off NvLink       24 GaugeI64 Whole NVLINK_BANDWIDTH_L0               "DCGM_FI_DEV_NVLINK_BANDWIDTH_L0"                "Rate over the first NVLink, both directions together.";
    Off Profiling    14 GaugeF64 Part  PROF_SM_ACTIVE                    "DCGM_FI_PROF_SM_ACTIVE"                         "Share of cycles in which a multiprocessor had a warp.";
    Off Profiling    14 GaugeF64 Part  PROF_SM_OCCUPANCY                 "DCGM_FI_PROF_SM_OCCUPANCY"                      "Share of the warps that a multiprocessor can hold.";
    Off Profiling    14 GaugeF64 Part  PROF_PIPE_FP64_ACTIVE             "DCGM_FI_PROF_PIPE_FP64_ACTIVE"                  "Share of cycles in which the FP64 pipe was active.";
    Off Profiling    14 GaugeF64 Part  PROF_PIPE_FP32_ACTIVE             "DCGM_FI_PROF_PIPE_FP32_ACTIVE"                  "Share of cycles in which the FP32 pipe was active.";
    Off Profiling    14 GaugeF64 Part  PROF_PIPE_FP16_ACTIVE             "DCGM_FI_PROF_PIPE_FP16_ACTIVE"                  "Share of cycles in which the FP16 pipe was active.";
}

/// The label with the code of the worst incident of a health watch.
pub(crate) const HEALTH_ERROR_CODE: &str = "health_error_code";

/// The health of each system of a GPU: 0 if it passes, 10 for a warning, 20 for a failure. The label
/// with the code changes with the incident, as dcgm-exporter's does: another series, not another value.
const HEALTH_STATUS: Metric = Metric {
    name: "DCGM_EXP_GPU_HEALTH_STATUS",
    kind: Kind::GaugeI64,
    unit: "",
    identity: Identity::Brief,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    description: "Result of the health check of a system: 0 passes, 10 is a warning, 20 a failure.",
    families: &[family(
        "all",
        Group::Health,
        10,
        Presence::Off,
        Mig::Any,
        scope::GPU,
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
};

/// Returns the label of a health code.
pub(crate) fn error_code_label(code: HealthCode) -> String {
    match code.name() {
        Some(name) => name.to_owned(),
        None => format!("DCGM_FR_UNKNOWN({})", code.raw()),
    }
}

/// A label and its value.
pub(crate) type Label = (&'static str, Arc<str>);

/// The source of labels: the entities of a host, and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub(crate) entities: &'a [Entity],
    pub(crate) hostname: Option<&'a str>,
}

impl<'a> Labels<'a> {
    /// Returns the labels of an entity's series in dcgm-exporter's order, without unknown ones.
    pub(crate) fn for_entity(&self, entity: &'a Entity) -> Vec<Label> {
        let number = |number: u32| Arc::from(number.to_string());
        let mut labels = Vec::new();
        match entity.id.kind {
            EntityKind::SWITCH => labels.push(("nvswitch", number(entity.id.id))),
            EntityKind::CPU => labels.push(("cpu", number(entity.id.id))),
            EntityKind::CPU_CORE => {
                labels.push(("cpucore", number(entity.id.id)));
                if let Some(cpu) = entity.parent.filter(|it| it.kind == EntityKind::CPU) {
                    labels.push(("cpu", number(cpu.id)));
                }
            }
            _ => {
                if let Some(gpu) = topology::gpu_of(self.entities, entity) {
                    // The UUID is that of the whole GPU, also under MIG.
                    gpu_labels(&mut labels, gpu);
                    if let Some(mig) = &entity.mig {
                        let profile = mig.profile.clone();
                        labels.extend(profile.map(|profile| ("GPU_I_PROFILE", profile)));
                        labels.push(("GPU_I_ID", number(mig.instance_id)));
                    }
                    self.host_labels(&mut labels, Some(gpu));
                    return labels;
                }
            }
        }
        self.host_labels(&mut labels, None);
        labels
    }

    fn host_labels(&self, labels: &mut Vec<Label>, gpu: Option<&Entity>) {
        labels.extend(self.hostname.map(|name| ("Hostname", Arc::from(name))));
        // The driver is the same for all GPUs of the host.
        let version = match gpu {
            Some(gpu) => gpu.driver_version.clone(),
            None => self
                .entities
                .iter()
                .find_map(|one| one.driver_version.clone()),
        };
        labels.extend(version.map(|version| ("DCGM_FI_DRIVER_VERSION", version)));
    }
}

fn gpu_labels(labels: &mut Vec<Label>, gpu: &Entity) {
    labels.push(("gpu", gpu.id.id.to_string().into()));
    labels.extend(gpu.uuid.clone().map(|text| ("UUID", text)));
    let address = gpu.pci_bus_id.as_deref().map(pad_domain);
    labels.extend(address.map(|address| ("pci_bus_id", address)));
    labels.push(("device", format!("nvidia{}", gpu.id.id).into()));
    labels.extend(gpu.model.clone().map(|text| ("modelName", text)));
}

/// Returns dcgm-exporter's `Hostname`: the variable `NODE_NAME`, which Kubernetes manifests set, or
/// else the kernel's host name.
pub(crate) fn read_hostname() -> Option<String> {
    let node = std::env::var("NODE_NAME").ok();
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = node.filter(|name| !name.is_empty()).or_else(kernel)?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Pads the domain of a PCI address to eight digits: `00000000:41:00.0`.
fn pad_domain(address: &str) -> Arc<str> {
    match address.split_once(':') {
        Some((domain, rest)) if rest.contains(':') => format!("{domain:0>8}:{rest}").into(),
        Some(_) => format!("00000000:{address}").into(),
        None => address.into(),
    }
}

#[cfg(test)]
mod tests;
