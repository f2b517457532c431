//! The labels of dcgm-exporter for attributes of workloads.

use std::borrow::Cow;

/// The attributes of the sources of this crate, and their labels.
#[rustfmt::skip] // One row an attribute.
const LABELS: &[(&str, &str)] = &[
    ("hpc.job.id",                   "hpc_job"),
    ("k8s.container.name",           "container"),
    ("k8s.namespace.name",           "namespace"),
    ("k8s.pod.name",                 "pod"),
    ("k8s.pod.uid",                  "pod_uid"),
    ("k8s.resourceclaim.device",     "dra_device_name"),
    ("k8s.resourceclaim.driver",     "dra_driver_name"),
    ("k8s.resourceclaim.name",       "dra_claim_name"),
    ("k8s.resourceclaim.namespace",  "dra_claim_namespace"),
    ("k8s.resourceclaim.pool",       "dra_pool_name"),
];

/// The labels of devices and values, which no attribute of a workload may replace.
#[rustfmt::skip] // A few lines.
const RESERVED: &[&str] = &[
    "gpu", "UUID", "uuid", "pci_bus_id", "device", "modelName", "GPU_I_PROFILE", "GPU_I_ID", "GPU_CI_ID", "Hostname", "hostname",
    "nvlink", "nvswitch", "gpu_uuid", "model_name", "cpu", "cpu_serial", "cpucore", "err_code", "err_msg",
    "window_size_in_ms", "xid", "clock_event", "health_watch", "health_error_code", "peer_gpu", "link_status", "vgpu",
];

/// Returns the label of an attribute of a workload.
///
/// A label of a pod has its own name, with `_` in place of the characters that a label of Prometheus cannot have. If
/// that is the name of another label, it gets the prefix `label_`.
pub(crate) fn workload_label(key: &str) -> Cow<'static, str> {
    if let Some((_, label)) = LABELS.iter().find(|(attribute, _)| *attribute == key) {
        return Cow::Borrowed(label);
    }
    let name = key.strip_prefix("k8s.pod.label.").unwrap_or(key);
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut label: String = name.chars().map(valid).collect();
    let is_taken = RESERVED.contains(&label.as_str())
        || label.starts_with("DCGM_")
        || LABELS.iter().any(|(_, taken)| *taken == label);
    if is_taken {
        label.insert_str(0, "label_");
    } else if !label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        label.insert(0, '_');
    }
    Cow::Owned(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_have_the_names_of_dashboards() {
        for (key, label) in LABELS {
            assert_eq!(workload_label(key), *label);
        }
        for (key, label) in [
            ("k8s.pod.label.team", "team"),
            (
                "k8s.pod.label.app.kubernetes.io/name",
                "app_kubernetes_io_name",
            ),
            ("k8s.pod.label.gpu", "label_gpu"),
            ("k8s.pod.label.pod", "label_pod"),
            (
                "k8s.pod.label.DCGM_FI_DRIVER_VERSION",
                "label_DCGM_FI_DRIVER_VERSION",
            ),
            ("k8s.pod.label.2nd", "_2nd"),
            ("k8s.pod.label.", "_"),
            ("container.id", "container_id"),
            ("team", "team"),
        ] {
            assert_eq!(workload_label(key), label, "{key}");
        }
    }

    proptest! {
        #[test]
        fn every_label_is_valid_and_replaces_no_other(key in "(k8s\\.pod\\.label\\.)?\\PC{0,20}") {
            let label = workload_label(&key);
            let mut chars = label.chars();
            let first = chars.next().unwrap();
            prop_assert!(first.is_ascii_alphabetic() || first == '_', "{label}");
            prop_assert!(chars.all(|c| c.is_ascii_alphanumeric() || c == '_'), "{label}");
            let is_ours = LABELS.iter().any(|(attribute, _)| *attribute == key);
            prop_assert!(is_ours || !RESERVED.contains(&&*label));
        }
    }
}
