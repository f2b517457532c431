//! The labels of workloads with dcgm-exporter's names.

use dcgm::mock::Mock;
use dcgm::{EntityId, FieldId};
use opentelemetry::KeyValue;

use crate::attribution::{Allocation, Device, GpuName};
use crate::testing::{Fake, Harness, SECOND, Scripted, push};
use crate::{Config, MetricSwitch, Naming};

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

/// The metrics that dcgm-exporter makes itself are in no table.
#[test]
fn its_own_metrics_have_the_labels_of_the_present_holder() {
    let mock = Mock::named("8xh100").unwrap();
    let source = Scripted::new();
    let held = |pod: &'static str| {
        let attributes = [KeyValue::new("k8s.pod.name", pod)];
        [Allocation::new(Device::Gpu(GpuName::Index(3)), attributes)]
    };
    let names = ["DCGM_EXP_XID_ERRORS_COUNT", "DCGM_EXP_XID_ERRORS_TOTAL"];
    let config = Config::default().with_naming(Naming::DcgmExporter);
    let config = names.iter().fold(config, |config, name| {
        config.with_metric(*name, MetricSwitch::On)
    });
    let harness = Harness::with_builder(&mock, config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.poll_and_sample();
    let pods = |name: &str| {
        let points = harness.points(name).into_iter();
        let of_gpu = points.filter(|one| one.attribute("gpu").as_deref() == Some("3"));
        let of_xid = of_gpu.filter(|one| one.attribute("xid").as_deref() == Some("79"));
        of_xid.map(|one| one.attribute("pod")).collect::<Vec<_>>()
    };
    for (pod, shown) in [("a", "a"), ("b", "b")] {
        source.answer(held(pod));
        push(
            &harness.client,
            EntityId::gpu(3),
            FieldId::XID_ERRORS,
            &[79],
        );
        harness.advance(SECOND * 15);
        harness.poll_and_sample();
        for name in names {
            assert_eq!(pods(name), [Some(shown.to_owned())], "{name}");
        }
    }
    source.answer([]);
    harness.advance(SECOND * 15);
    harness.poll_and_sample();
    assert_eq!(pods(names[1]), [None]);
}
