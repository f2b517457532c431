//! Devices that several workloads hold, parts of devices, and the join metric.

use dcgm::FieldId;
use opentelemetry::KeyValue;

use crate::attribution::{Allocation, Device, GpuName};
use crate::testing::{Fake, Harness, SECOND, Scripted, labels_of, on_gpu, pod};
use crate::{AttributionExport, Config, MetricSwitch, Naming, SharedDevices};

fn config() -> Config {
    Config::default().with_interval(SECOND)
}

fn sampled(config: Config, allocations: &[Allocation]) -> (Harness<Fake>, Fake) {
    let fake = Fake::with_gpus(2);
    let source = Scripted::new();
    source.answer(allocations.iter().cloned());
    let harness = Harness::with_builder(&fake, config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.poll_and_sample();
    (harness, fake)
}

fn pods(harness: &Harness<Fake>, metric: &str) -> Vec<String> {
    let points = labels_of(&harness.points(metric));
    points.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_shared_gpu_has_no_pod_and_the_join_metric_lists_all() {
    let two = [on_gpu(0, "a"), on_gpu(0, "b"), on_gpu(1, "c")];
    let (harness, _) = sampled(
        config().with_attribution_export(AttributionExport::Both),
        &two,
    );
    assert_eq!(pods(&harness, "hw.power"), ["-", "c"]);
    assert_eq!(pods(&harness, "hw.gpu.allocation"), ["a", "b", "c"]);
    // A replica is shared, also if the other is free.
    let one = [on_gpu(0, "a").shared(), on_gpu(1, "c")];
    let (harness, _) = sampled(config(), &one);
    assert_eq!(pods(&harness, "hw.power"), ["-", "c"]);
    assert!(!harness.has("hw.gpu.allocation"));
    // The same twice is one holder.
    let (harness, _) = sampled(config(), &[on_gpu(0, "a"), on_gpu(0, "a")]);
    assert_eq!(pods(&harness, "hw.power"), ["-", "a"]);
}

#[test]
fn copies_have_the_whole_value_each() {
    let two = [on_gpu(0, "a"), on_gpu(0, "b")];
    let (harness, fake) = sampled(config().with_shared_devices(SharedDevices::Copies), &two);
    fake.set(0, FieldId::TOTAL_ENERGY_CONSUMPTION, 3001.0);
    harness.sample();
    let mut energy = harness.points("hw.energy");
    energy.retain(|one| one.attribute("hw.id").as_deref() == Some("GPU-a0"));
    energy.retain(|one| one.attribute("hw.type").as_deref() == Some("gpu"));
    let expected = [("a".to_owned(), 3.0), ("b".to_owned(), 3.0)];
    assert_eq!(labels_of(&energy), expected);
    assert_eq!(pods(&harness, "hw.power"), ["-", "a", "b"]);
}

#[test]
fn copies_over_the_limit_are_left_out_together() {
    let plain = Harness::with_settings(&Fake::with_gpus(2), config()).export();
    let counters = plain.iter().filter(|point| point.is_counter()).count();
    let cap = plain.len() + counters + 2;
    let many: Vec<_> = (0..9)
        .map(|number| on_gpu(0, &format!("p{number}")))
        .collect();
    let config = config()
        .with_shared_devices(SharedDevices::Copies)
        .with_max_series(cap);
    let (harness, _) = sampled(config, &many);
    assert_eq!(harness.export().len(), plain.len());
    assert_eq!(pods(&harness, "hw.power"), ["-", "-"]);
    assert!(harness.health().series_dropped > 8);
}

#[test]
fn with_the_join_metric_alone_no_other_series_changes() {
    let plain = Harness::with_settings(&Fake::with_gpus(2), config()).export();
    let config = config().with_attribution_export(AttributionExport::Join);
    let (harness, _) = sampled(config.clone(), &[on_gpu(0, "a")]);
    let mut points = harness.export();
    points.retain(|point| point.name != "hw.gpu.allocation");
    assert_eq!(points.len(), plain.len());
    assert!(
        points
            .iter()
            .all(|one| one.attribute("k8s.pod.name").is_none())
    );
    let joins = harness.points("hw.gpu.allocation");
    assert_eq!(joins.len(), 1);
    assert_eq!(joins[0].attribute("hw.id").as_deref(), Some("GPU-a0"));
    assert_eq!(labels_of(&joins), [("a".to_owned(), 1.0)]);
    // It is a metric like others.
    let config = config.with_metric("hw.gpu.allocation", MetricSwitch::Off);
    let (harness, _) = sampled(config, &[on_gpu(0, "a")]);
    assert!(!harness.has("hw.gpu.allocation"));
}

#[test]
fn with_the_names_of_dcgm_exporter_the_last_holder_counts() {
    let config = config().with_naming(Naming::DcgmExporter);
    let two = [on_gpu(0, "a"), on_gpu(0, "b")];
    let (harness, _) = sampled(config.clone(), &two);
    assert_eq!(pods(&harness, "DCGM_FI_DEV_BOARD_POWER_WATTS"), ["-", "b"]);
    let config = config.with_attribution_export(AttributionExport::Join);
    let (harness, _) = sampled(config.with_shared_devices(SharedDevices::Copies), &two);
    assert_eq!(
        pods(&harness, "DCGM_FI_DEV_BOARD_POWER_WATTS"),
        ["-", "a", "b"]
    );
}

#[test]
fn what_several_sources_know_is_joined_and_never_replaces_the_identity() {
    let fake = Fake::with_gpus(1);
    let (pods, jobs) = (Scripted::named("pods"), Scripted::named("jobs"));
    pods.answer([on_gpu(0, "a")]);
    let job = [
        KeyValue::new("hw.id", "wrong"),
        KeyValue::new("k8s.pod.name", "other"),
        KeyValue::new("job", 7),
    ];
    let uuid = Device::Gpu(GpuName::Uuid("GPU-A0".to_owned()));
    jobs.answer([Allocation::new(uuid, job)]);
    let harness = Harness::with_builder(&fake, config(), |builder| {
        let builder = builder.with_attribution(pods.clone());
        builder.with_attribution(jobs.clone())
    });
    harness.poll_and_sample();
    let power = harness.points("hw.power").remove(0);
    let of = |key: &str| power.attribute(key);
    assert_eq!(of("hw.id").as_deref(), Some("GPU-a0"));
    assert_eq!(of("k8s.pod.name").as_deref(), Some("a"));
    assert_eq!(of("job").as_deref(), Some("7"));
    // One of them shared: the other is still known.
    pods.answer([on_gpu(0, "a").shared()]);
    harness.poll_and_sample();
    let power = harness.points("hw.power").remove(0);
    assert_eq!(power.attribute("k8s.pod.name").as_deref(), Some("other"));
    assert_eq!(power.attribute("job").as_deref(), Some("7"));
}

#[test]
fn an_instance_is_allocated_without_its_gpu() {
    let mock = crate::testing::mock_of("8xh100-mig7".parse().unwrap());
    let source = Scripted::new();
    let instance = |instance| Device::GpuInstance {
        gpu: GpuName::Index(0),
        instance,
    };
    let host = dcgm::Client::entities(&mock, &[dcgm::EntityKind::GPU_INSTANCE]);
    drop(host);
    let config = Config::default().with_attribution_export(AttributionExport::Both);
    let harness = Harness::with_builder(&mock, config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.sample();
    let of_instance = harness.points("hw.gpu.info");
    let id = |point: &crate::testing::Exported| point.attribute("hw.gpu.mig.instance_id");
    let mut ids: Vec<u32> = of_instance
        .iter()
        .filter_map(|point| id(point)?.parse().ok())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    source.answer([
        Allocation::new(instance(ids[0]), pod("a")),
        Allocation::new(instance(ids[1]), pod("b")),
    ]);
    harness.poll_and_sample();
    let mut with_pod = harness.export();
    with_pod.retain(|point| point.attribute("k8s.pod.name").is_some());
    let of = |name: &str| {
        let mine = with_pod
            .iter()
            .filter(|point| point.attribute("k8s.pod.name").as_deref() == Some(name));
        let instances: std::collections::BTreeSet<_> = mine.map(id).collect();
        instances.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of("a"), [Some(ids[0].to_string())]);
    assert_eq!(of("b"), [Some(ids[1].to_string())]);
    let joins = labels_of(&harness.points("hw.gpu.allocation"));
    assert_eq!(joins, [("a".to_owned(), 1.0), ("b".to_owned(), 1.0)]);
}

#[test]
fn static_attributes_are_on_every_series_or_on_the_info() {
    use crate::StaticScope;
    let config = config()
        .with_attribute("cluster", "a")
        .with_attribute("k8s.pod.name", "never");
    let racks = |config: Config| {
        let (harness, _) = sampled(config, &[on_gpu(0, "a")]);
        let points = harness.export();
        let with =
            |point: &&crate::testing::Exported| point.attribute("cluster").as_deref() == Some("a");
        let names: std::collections::BTreeSet<_> = points
            .iter()
            .filter(with)
            .map(|one| one.name.clone())
            .collect();
        (names, points)
    };
    let (names, points) = racks(config.clone());
    assert!(points.iter().all(|point| names.contains(&point.name)));
    let (names, _) = racks(config.with_attributes_on(StaticScope::Info));
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["hw.gpu.info"]);
    for (key, value) in [
        ("", "a"),
        ("hw.id", "a"),
        ("a b", "a"),
        ("a", ""),
        ("a", "\n"),
    ] {
        let config = Config::default().with_attribute(key, value);
        assert!(config.validate().is_err(), "{key:?} {value:?}");
    }
}
