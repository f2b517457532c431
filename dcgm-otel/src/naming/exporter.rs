//! The names of NVIDIA's dcgm-exporter, by its versions: the metrics, and the labels.
//!
//! Existing dashboards and alerts use these names. All metrics are gauges without a unit, totals
//! too: the translation from OpenTelemetry to Prometheus appends `_total` to a counter, and the unit
//! to every metric that has one. The meter's own page gives each metric the type that dcgm-exporter
//! gives it. Totals are counted from the device's start. A blank value has no series.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use dcgm::health::HealthCode;
use dcgm::{Entity, EntityId, EntityKind, FieldId, Xid};

use crate::config::Naming;
use crate::topology;

mod rows;
mod workload;

pub(crate) use workload::workload_label;

pub(crate) use rows::{
    CLOCK_EVENTS_COUNT, CLOCK_EVENTS_TOTAL, HEALTH_ERROR_CODE, P2P_STATUS, XID_ERRORS_COUNT,
    XID_ERRORS_TOTAL, metrics,
};

/// Returns the text of the label `err_msg` for an XID.
pub(crate) fn xid_message(code: i64) -> &'static str {
    match code {
        0 => "No XID",
        _ => Xid::of_code(code).map_or("Unknown XID", |xid| xid.meaning),
    }
}

/// Returns the label of a health code.
pub(crate) fn error_code_label(code: HealthCode) -> String {
    match code.name() {
        Some(name) => name.to_owned(),
        None => format!("DCGM_FR_UNKNOWN({})", code.raw()),
    }
}

/// A label and its value.
pub(crate) type Label = (Cow<'static, str>, Arc<str>);

/// The names of the labels that differ between versions.
#[derive(Clone, Copy, Debug)]
struct Spelling {
    hostname: &'static str,
    driver: &'static str,
    /// Set if series of a compute instance name it.
    has_compute_instance: bool,
}

const fn spelling(naming: Naming) -> Spelling {
    match naming {
        Naming::DcgmExporter482 => Spelling {
            hostname: "Hostname",
            driver: "DCGM_FI_DRIVER_VERSION",
            has_compute_instance: false,
        },
        Naming::DcgmExporter48 => Spelling {
            hostname: "hostname",
            driver: "DCGM_FI_DRIVER_VERSION",
            has_compute_instance: true,
        },
        Naming::Semconv | Naming::DcgmExporter => Spelling {
            hostname: "hostname",
            driver: "DCGM_FI_SYSTEM_DRIVER_VERSION",
            has_compute_instance: true,
        },
    }
}

/// The values of fields that are labels, of GPUs.
pub(crate) type FieldTexts = HashMap<(EntityId, FieldId), Arc<str>>;

/// The source of labels: the entities of a host, and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub(crate) naming: Naming,
    pub(crate) entities: &'a [Entity],
    pub(crate) hostname: Option<&'a str>,
    /// The fields that a file makes labels, each with its label; `None` without a file.
    pub(crate) rows: Option<&'a [(FieldId, String)]>,
    /// Values of these fields that are not properties of an entity.
    pub(crate) texts: &'a FieldTexts,
}

impl<'a> Labels<'a> {
    /// Returns the labels of an entity's series in dcgm-exporter's order, without unknown ones. `link` is
    /// the index of a link at its end.
    pub(crate) fn for_entity(&self, entity: &'a Entity, link: Option<u32>) -> Vec<Label> {
        let mut labels = LabelList(Vec::new());
        let mut gpu = None;
        match entity.id.kind {
            EntityKind::SWITCH => labels.push_switch(entity.id),
            EntityKind::CPU => labels.push_number("cpu", Some(entity.id.id)),
            EntityKind::CPU_CORE => {
                labels.push_number("cpucore", Some(entity.id.id));
                let cpu = entity.parent.filter(|it| it.kind == EntityKind::CPU);
                labels.push_number("cpu", cpu.map(|cpu| cpu.id));
            }
            EntityKind::LINK => {
                gpu = topology::gpu_of(self.entities, entity);
                // The links of a GPU are counted from 1.
                let first = u32::from(gpu.is_some());
                labels.push_number("nvlink", link.map(|index| index.saturating_add(first)));
                match (gpu, entity.parent) {
                    (Some(gpu), _) => labels.push_gpu(gpu, "gpu_uuid", "model_name"),
                    (None, Some(parent)) if parent.kind == EntityKind::SWITCH => {
                        labels.push_switch(parent);
                    }
                    _ => {}
                }
            }
            _ => {
                gpu = topology::gpu_of(self.entities, entity);
                if let Some(gpu) = gpu {
                    // The UUID is that of the whole GPU, also under MIG.
                    labels.push_gpu(gpu, "UUID", "modelName");
                }
            }
        }
        if let (Some(_), Some(mig)) = (gpu, &entity.mig) {
            labels.push_text("GPU_I_PROFILE", mig.profile.clone());
            labels.push_number("GPU_I_ID", Some(mig.instance_id));
            if spelling(self.naming).has_compute_instance {
                labels.push_number("GPU_CI_ID", mig.compute_instance_id);
            }
        }
        let spelling = spelling(self.naming);
        labels.push_text(spelling.hostname, self.hostname.map(Arc::from));
        match self.rows {
            Some(rows) => {
                for (field, name) in rows {
                    let text = self.text_of_field(gpu, *field);
                    labels
                        .0
                        .extend(text.map(|text| (Cow::Owned(name.clone()), text)));
                }
            }
            None => labels.push_text(
                spelling.driver,
                self.text_of_field(gpu, FieldId::DRIVER_VERSION),
            ),
        }
        labels.0
    }

    /// Returns the value of a field of this GPU, or of the host.
    fn text_of_field(&self, gpu: Option<&Entity>, field: FieldId) -> Option<Arc<str>> {
        let of_host = field
            .info()
            .is_some_and(|info| info.scope == EntityKind::HOST);
        let of = |gpu: &Entity| {
            let known = property(gpu, field);
            known.or_else(|| self.texts.get(&(gpu.id, field)).cloned())
        };
        let own = gpu.and_then(of);
        // The driver and its library are the same for all GPUs of the host.
        let is_shared = of_host || field == FieldId::DRIVER_VERSION;
        own.or_else(|| {
            is_shared
                .then(|| self.entities.iter().find_map(of))
                .flatten()
        })
    }
}

/// Returns a field of a GPU that its list of properties has.
pub(crate) fn property(gpu: &Entity, field: FieldId) -> Option<Arc<str>> {
    match field {
        FieldId::DRIVER_VERSION => gpu.driver_version.clone(),
        FieldId::VBIOS_VERSION => gpu.vbios.clone(),
        FieldId::BRAND => gpu.brand.clone(),
        FieldId::SERIAL => gpu.serial.clone(),
        _ => None,
    }
}

/// Labels while they are collected.
#[derive(Debug)]
struct LabelList(Vec<Label>);

impl LabelList {
    fn push_text(&mut self, name: &'static str, text: Option<Arc<str>>) {
        self.0.extend(text.map(|text| (Cow::Borrowed(name), text)));
    }

    fn push_number(&mut self, name: &'static str, number: Option<u32>) {
        self.push_text(name, number.map(|number| number.to_string().into()));
    }

    fn push_switch(&mut self, switch: EntityId) {
        self.push_text("nvswitch", Some(format!("nvswitch{}", switch.id).into()));
    }

    fn push_gpu(&mut self, gpu: &Entity, uuid: &'static str, model: &'static str) {
        self.push_number("gpu", Some(gpu.id.id));
        self.push_text(uuid, gpu.uuid.clone());
        self.push_text("pci_bus_id", gpu.pci_bus_id.as_deref().map(pad_domain));
        self.push_text("device", Some(format!("nvidia{}", gpu.id.id).into()));
        self.push_text(model, gpu.model.clone());
    }
}

/// Returns the value of dcgm-exporter's host label: the variable `NODE_NAME`, which Kubernetes manifests set, or
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
