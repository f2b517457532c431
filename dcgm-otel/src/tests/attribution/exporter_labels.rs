//! The labels of workloads with dcgm-exporter's names.

use opentelemetry::KeyValue;

use crate::attribution::{Allocation, Device, GpuName};
use crate::testing::{Fake, Harness, SECOND, Scripted};
use crate::{Config, Naming};

#[test]
fn series_have_the_labels_of_dashboards() {
    let fake = Fake::with_gpus(2);
    let source = Scripted::new();
    let keys = [
        "k8s.pod.name",
        "k8s.namespace.name",
        "k8s.container.name",
        "k8s.pod.label.app.kubernetes.io/name",
        "k8s.pod.label.gpu",
        "hpc.job.id",
    ];
    let attributes = keys.map(|key| KeyValue::new(key, key));
    source.answer([Allocation::new(Device::Gpu(GpuName::Index(0)), attributes)]);
    let config = Config::default()
        .with_interval(SECOND)
        .with_naming(Naming::DcgmExporter);
    let harness = Harness::with_builder(&fake, config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.poll_and_sample();
    let points = harness.points("DCGM_FI_DEV_BOARD_POWER_WATTS");
    let point = points
        .iter()
        .find(|one| one.attribute("gpu").as_deref() == Some("0"))
        .unwrap();
    for (label, key) in [
        ("pod", keys[0]),
        ("namespace", keys[1]),
        ("container", keys[2]),
        ("app_kubernetes_io_name", keys[3]),
        ("label_gpu", keys[4]),
        ("hpc_job", keys[5]),
    ] {
        assert_eq!(point.attribute(label).as_deref(), Some(key), "{label}");
        assert_eq!(point.attribute(key), None, "{key}");
    }
}
