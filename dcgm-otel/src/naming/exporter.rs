//! The names of NVIDIA's dcgm-exporter, up to its line 4.8: a row a metric, and the labels.
//!
//! Dashboards and alerts were written for these. All are gauges without a unit, totals too: what
//! translates OpenTelemetry's metrics for Prometheus appends `_total` to a counter and the unit to
//! anything that has one. Values are DCGM's own, in its own units and from where the device began;
//! a blank is no series.

use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind, FieldId, Link, Value};

use crate::config::Group;

/// A metric of dcgm-exporter's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its name: the field's, as it was up to DCGM 4.5.
    pub(crate) name: &'static str,
    pub(crate) field: FieldId,
    /// The unit of the value. It is for people: the instrument has none.
    pub(crate) unit: &'static str,
    pub(crate) group: Group,
    /// Whether it is among those that dcgm-exporter has unless told otherwise.
    pub(crate) default: bool,
    pub(crate) description: &'static str,
}

/// A number as DCGM gave it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Double(f64),
}

macro_rules! rows {
    ($($default:ident $group:ident $field:ident $name:literal $unit:literal $description:literal;)*) => {
        /// Every metric.
        pub(crate) const ROWS: &[Row] = &[
            $(Row {
                name: $name,
                field: FieldId::$field,
                unit: $unit,
                group: Group::$group,
                default: rows!(@ $default),
                description: $description,
            },)*
        ];
    };
    (@ On) => { true };
    (@ Off) => { false };
}

#[rustfmt::skip] // One row a metric.
rows! {
    On  Clock       SM_CLOCK                          "DCGM_FI_DEV_SM_CLOCK"                          "MHz"       "Clock of the streaming multiprocessors, in MHz.";
    On  Clock       MEM_CLOCK                         "DCGM_FI_DEV_MEM_CLOCK"                         "MHz"       "Clock of the memory, in MHz.";
    On  Thermal     MEMORY_TEMP                       "DCGM_FI_DEV_MEMORY_TEMP"                       "Cel"       "Temperature of the memory, in degrees Celsius.";
    On  Thermal     GPU_TEMP                          "DCGM_FI_DEV_GPU_TEMP"                          "Cel"       "Temperature of the GPU, in degrees Celsius.";
    On  Power       POWER_USAGE                       "DCGM_FI_DEV_POWER_USAGE"                       "W"         "Power drawn, in watts.";
    On  Power       TOTAL_ENERGY_CONSUMPTION          "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"          "mJ"        "Energy drawn since the driver was loaded, in millijoules.";
    On  Pcie        PCIE_REPLAY_COUNTER               "DCGM_FI_DEV_PCIE_REPLAY_COUNTER"               "1"         "PCIe packets sent again.";
    On  Utilization GPU_UTIL                          "DCGM_FI_DEV_GPU_UTIL"                          "%"         "Time in which the GPU was busy, in percent.";
    On  Utilization MEM_COPY_UTIL                     "DCGM_FI_DEV_MEM_COPY_UTIL"                     "%"         "Time in which the memory was busy, in percent.";
    On  Codec       ENC_UTIL                          "DCGM_FI_DEV_ENC_UTIL"                          "%"         "Time in which the encoder was busy, in percent.";
    On  Codec       DEC_UTIL                          "DCGM_FI_DEV_DEC_UTIL"                          "%"         "Time in which the decoder was busy, in percent.";
    On  Xid         XID_ERRORS                        "DCGM_FI_DEV_XID_ERRORS"                        "xid code"  "The code of the last XID.";
    On  Memory      FB_FREE                           "DCGM_FI_DEV_FB_FREE"                           "MiB"       "Free device memory, in MiB.";
    On  Memory      FB_USED                           "DCGM_FI_DEV_FB_USED"                           "MiB"       "Used device memory, in MiB.";
    On  Memory      FB_RESERVED                       "DCGM_FI_DEV_FB_RESERVED"                       "MiB"       "Reserved device memory, in MiB.";
    On  RowRemap    UNCORRECTABLE_REMAPPED_ROWS       "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS"       "rows"      "Rows replaced after uncorrectable errors.";
    On  RowRemap    CORRECTABLE_REMAPPED_ROWS         "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS"         "rows"      "Rows replaced after correctable errors.";
    On  RowRemap    ROW_REMAP_FAILURE                 "DCGM_FI_DEV_ROW_REMAP_FAILURE"                 "bool/enum" "Whether a row could not be replaced.";
    On  NvLink      NVLINK_BANDWIDTH_TOTAL            "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL"            "MB/s"      "Rate over all NVLinks, both directions together.";
    On  Vgpu        VGPU_LICENSE_STATUS               "DCGM_FI_DEV_VGPU_LICENSE_STATUS"               "bool/enum" "Whether there is a licence for virtual GPUs.";
    On  Profiling   PROF_GR_ENGINE_ACTIVE             "DCGM_FI_PROF_GR_ENGINE_ACTIVE"                 "ratio"     "Share of time in which the graphics engine was active.";
    On  Profiling   PROF_PIPE_TENSOR_ACTIVE           "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"               "ratio"     "Share of cycles in which the tensor pipe was active.";
    On  Profiling   PROF_DRAM_ACTIVE                  "DCGM_FI_PROF_DRAM_ACTIVE"                      "ratio"     "Share of cycles in which the device memory sent or received.";
    On  Profiling   PROF_PCIE_TX_BYTES                "DCGM_FI_PROF_PCIE_TX_BYTES"                    "By/s"      "Rate of sending over PCIe, in bytes a second.";
    On  Profiling   PROF_PCIE_RX_BYTES                "DCGM_FI_PROF_PCIE_RX_BYTES"                    "By/s"      "Rate of receiving over PCIe, in bytes a second.";
    Off Throttle    POWER_VIOLATION                   "DCGM_FI_DEV_POWER_VIOLATION"                   "ns"        "Time held back by the power limit, in nanoseconds.";
    Off Throttle    THERMAL_VIOLATION                 "DCGM_FI_DEV_THERMAL_VIOLATION"                 "ns"        "Time held back by temperatures, in nanoseconds.";
    Off Throttle    SYNC_BOOST_VIOLATION              "DCGM_FI_DEV_SYNC_BOOST_VIOLATION"              "ns"        "Time held back by other GPUs of a sync boost group, in nanoseconds.";
    Off Throttle    BOARD_LIMIT_VIOLATION             "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION"             "ns"        "Time held back by the board's limits, in nanoseconds.";
    Off Throttle    LOW_UTIL_VIOLATION                "DCGM_FI_DEV_LOW_UTIL_VIOLATION"                "ns"        "Time held back for want of work, in nanoseconds.";
    Off Throttle    RELIABILITY_VIOLATION             "DCGM_FI_DEV_RELIABILITY_VIOLATION"             "ns"        "Time held back by the limits of reliability, in nanoseconds.";
    Off Ecc         ECC_SBE_VOL_TOTAL                 "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL"                 "1"         "Corrected errors since the driver was loaded.";
    Off Ecc         ECC_DBE_VOL_TOTAL                 "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL"                 "1"         "Uncorrected errors since the driver was loaded.";
    Off Ecc         ECC_SBE_AGG_TOTAL                 "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL"                 "1"         "Corrected errors in the GPU's life.";
    Off Ecc         ECC_DBE_AGG_TOTAL                 "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL"                 "1"         "Uncorrected errors in the GPU's life.";
    Off RetiredPages RETIRED_SBE                      "DCGM_FI_DEV_RETIRED_SBE"                       "pages"     "Pages retired after corrected errors.";
    Off RetiredPages RETIRED_DBE                      "DCGM_FI_DEV_RETIRED_DBE"                       "pages"     "Pages retired after uncorrected errors.";
    Off RetiredPages RETIRED_PENDING                  "DCGM_FI_DEV_RETIRED_PENDING"                   "bool/enum" "Whether pages wait to be retired.";
    Off NvLink      NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL" "1"         "CRC errors of control data over all NVLinks.";
    Off NvLink      NVLINK_CRC_DATA_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL" "1"         "CRC errors of data over all NVLinks.";
    Off NvLink      NVLINK_REPLAY_ERROR_COUNT_TOTAL   "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL"   "1"         "Packets sent again over all NVLinks.";
    Off NvLink      NVLINK_RECOVERY_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL" "1"         "Recoveries of all NVLinks.";
    Off NvLink      NVLINK_BANDWIDTH_L0               "DCGM_FI_DEV_NVLINK_BANDWIDTH_L0"               "MB/s"      "Rate over the first NVLink, both directions together.";
    Off Profiling   PROF_SM_ACTIVE                    "DCGM_FI_PROF_SM_ACTIVE"                        "ratio"     "Share of cycles in which a multiprocessor had a warp.";
    Off Profiling   PROF_SM_OCCUPANCY                 "DCGM_FI_PROF_SM_OCCUPANCY"                     "ratio"     "Share of the warps that a multiprocessor can hold.";
    Off Profiling   PROF_PIPE_FP64_ACTIVE             "DCGM_FI_PROF_PIPE_FP64_ACTIVE"                 "ratio"     "Share of cycles in which the FP64 pipe was active.";
    Off Profiling   PROF_PIPE_FP32_ACTIVE             "DCGM_FI_PROF_PIPE_FP32_ACTIVE"                 "ratio"     "Share of cycles in which the FP32 pipe was active.";
    Off Profiling   PROF_PIPE_FP16_ACTIVE             "DCGM_FI_PROF_PIPE_FP16_ACTIVE"                 "ratio"     "Share of cycles in which the FP16 pipe was active.";
}

impl Row {
    /// Whether an entity has a series of it: a GPU, or, where the quantity is one of instances,
    /// each of its GPU instances if it was cut into some. `entities` are those of the host.
    pub(crate) fn is_on(&self, entity: &Entity, entities: &[Entity]) -> bool {
        let level = self.field.info().map(|info| info.level);
        let of_instances =
            level == Some(EntityKind::GPU_INSTANCE) || level == Some(EntityKind::COMPUTE_INSTANCE);
        let is_part =
            |one: &Entity| one.id.kind == EntityKind::GPU_INSTANCE && one.parent == Some(entity.id);
        match entity.id.kind {
            EntityKind::GPU => !of_instances || !entities.iter().any(is_part),
            EntityKind::GPU_INSTANCE => of_instances,
            _ => false,
        }
    }
}

/// The value of a series: DCGM's own, neither scaled nor counted from where the meter began.
pub(crate) fn number(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Int(value) => Some(Number::Int(*value)),
        Value::Double(value) if value.is_finite() => Some(Number::Double(*value)),
        _ => None,
    }
}

/// A label and its value.
pub(crate) type Label = (&'static str, Arc<str>);

/// What labels are made of: the entities of a host, and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub(crate) entities: &'a [Entity],
    pub(crate) hostname: Option<&'a str>,
}

impl<'a> Labels<'a> {
    /// The labels of an entity's series, in dcgm-exporter's order. What is not known is left out.
    pub(crate) fn of(&self, entity: &'a Entity) -> Vec<Label> {
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
                if let Some(gpu) = self.gpu_of(entity) {
                    // Under MIG too the UUID is that of the whole GPU.
                    gpu_labels(&mut labels, gpu, "UUID", "modelName");
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

    /// The labels of an NVLink's series.
    pub(crate) fn of_link(&self, link: &Link) -> Vec<Label> {
        let mut labels: Vec<Label> = vec![("nvlink", link.index.to_string().into())];
        let gpu = self.find(link.parent);
        match link.parent.kind {
            EntityKind::SWITCH => {
                let switch = format!("nvswitch{}", link.parent.id);
                labels.push(("nvswitch", switch.into()));
            }
            EntityKind::GPU => {
                if let Some(gpu) = gpu {
                    gpu_labels(&mut labels, gpu, "gpu_uuid", "model_name");
                }
            }
            _ => {}
        }
        self.host_labels(&mut labels, gpu);
        labels
    }

    fn host_labels(&self, labels: &mut Vec<Label>, gpu: Option<&Entity>) {
        labels.extend(self.hostname.map(|name| ("Hostname", Arc::from(name))));
        // The driver is the host's: any GPU knows it.
        let version = match gpu {
            Some(gpu) => gpu.driver_version.clone(),
            None => self
                .entities
                .iter()
                .find_map(|one| one.driver_version.clone()),
        };
        labels.extend(version.map(|version| ("DCGM_FI_DRIVER_VERSION", version)));
    }

    /// The GPU that an entity is, or is a part of.
    fn gpu_of(&self, entity: &'a Entity) -> Option<&'a Entity> {
        let mut at = entity;
        // A GPU, a GPU instance, a compute instance: there are no more steps than that.
        for _ in 0..3 {
            if at.id.kind == EntityKind::GPU {
                return Some(at);
            }
            at = self.find(at.parent?)?;
        }
        None
    }

    fn find(&self, id: EntityId) -> Option<&'a Entity> {
        self.entities.iter().find(|entity| entity.id == id)
    }
}

fn gpu_labels(labels: &mut Vec<Label>, gpu: &Entity, uuid: &'static str, model: &'static str) {
    labels.push(("gpu", gpu.id.id.to_string().into()));
    labels.extend(gpu.uuid.clone().map(|text| (uuid, text)));
    let address = gpu.pci_bus_id.as_deref().map(long_domain);
    labels.extend(address.map(|address| ("pci_bus_id", address)));
    labels.push(("device", format!("nvidia{}", gpu.id.id).into()));
    labels.extend(gpu.model.clone().map(|text| (model, text)));
}

/// A PCI address with a domain of eight digits: `00000000:41:00.0`.
fn long_domain(address: &str) -> Arc<str> {
    match address.split_once(':') {
        Some((domain, rest)) if rest.contains(':') => format!("{domain:0>8}:{rest}").into(),
        Some(_) => format!("00000000:{address}").into(),
        None => address.into(),
    }
}

#[cfg(test)]
mod tests;
