//! Exports of a healthy host, and of one with garbage.

use dcgm::{FieldId, NoValue};

use crate::attribution::{Allocation, Device, GpuName};
use crate::catalogue::{CATALOGUE, EntityScope, Family, Metric, Mig as Mode, Op};
use crate::config::{AttributionExport, Config, MetricSwitch};
use crate::testing::{Exported, Fake, Harness, SECOND, Scripted, instrument, pod};

/// Returns an allocation of each GPU and instance.
fn allocations() -> Vec<Allocation> {
    let (gpu, instance) = (GpuName::Index(1), 3);
    let mut devices = vec![Device::GpuInstance {
        gpu: gpu.clone(),
        instance,
    }];
    devices.extend([0, 1].map(|number| Device::Gpu(GpuName::Index(number))));
    devices.extend([0, 1].map(|compute_instance| Device::ComputeInstance {
        gpu: gpu.clone(),
        instance,
        compute_instance,
    }));
    let devices = devices.into_iter();
    devices
        .map(|device| Allocation::new(device, pod("a")))
        .collect()
}

/// Export of a healthy host with one family switched on.
fn exported(metric: &Metric, family: &Family) -> Vec<Exported> {
    let fake = Fake::one_of_everything();
    for field in family
        .points
        .iter()
        .flat_map(|point| point.sources)
        .filter(|source| source.op == Op::Event)
        .map(|source| source.field)
    {
        let entities = fake.edit(|state| state.entities.clone());
        let happened = entities.iter().map(|entity| (entity.id, field, 79));
        fake.edit(|state| state.happened.extend(happened));
    }
    let mut config = Config::default();
    if family.is_of_peaks() {
        config = config.with_peaks();
    }
    for other in CATALOGUE {
        config = config.with_metric(other.name, MetricSwitch::Off);
    }
    let name = format!("{}/{}", metric.name, family.name);
    let config = config.with_metric(name, MetricSwitch::On);
    let config = config
        .with_interval(SECOND)
        .with_attribution_export(AttributionExport::Join);
    let source = Scripted::new();
    source.answer(allocations());
    let harness = Harness::with_builder(&fake, config, |builder| {
        builder.with_attribution(source.clone())
    });
    harness.meter().poll_sources();
    // Without a series there is nothing to sample.
    let outcome = harness.meter().sample_now();
    assert_eq!(outcome.is_ok(), !family.points.is_empty());
    let mut points = harness.export();
    points.retain(|point| point.name.starts_with("hw."));
    points
}

/// Entities that a family describes, by `hw.id`.
fn places(family: &Family) -> Vec<&'static str> {
    let of = |place: &EntityScope| match (place, family.mig, family.part) {
        (EntityScope::Gpu, Mode::Any, "") => vec!["GPU-a0", "GPU-a1"],
        (EntityScope::Gpu, Mode::Any, "fan") => vec!["GPU-a0/fan", "GPU-a1/fan"],
        (EntityScope::Gpu, Mode::Outside, _) | (EntityScope::Link, ..) => vec!["GPU-a0"],
        (EntityScope::Gpu, ..) => vec!["GPU-a1"],
        (EntityScope::GpuInstance, ..) => vec!["GPU-a1/gi/3"],
        (EntityScope::ComputeInstance, ..) => vec!["GPU-a1/gi/3/ci/0", "GPU-a1/gi/3/ci/1"],
        (EntityScope::Port, ..) => vec!["nvswitch-0/port/5"],
        (EntityScope::Core, ..) => vec!["cpu_core-0"],
        (EntityScope::Switch, ..) => vec!["nvswitch-0"],
        (EntityScope::Cpu, _, "sysio") => vec!["cpu-0/sysio"],
        (EntityScope::Cpu, ..) => vec!["cpu-0"],
        (EntityScope::Adapter, ..) => vec!["connectx-0"],
        (EntityScope::Host, ..) => vec![""],
    };
    family.on.iter().flat_map(of).collect()
}

#[test]
fn every_row_of_the_catalogue_emits_on_a_healthy_host() {
    for metric in CATALOGUE {
        for family in metric.families {
            let points = exported(metric, family);
            let about = format!("{}/{}", metric.name, family.name);
            let mut expected = 0;
            for (point, id) in family
                .points
                .iter()
                .filter(|point| point.superseded_by.is_none())
                // There only while a GPU is paused or detached.
                .filter(|point| !matches!(point.sources[0].op, Op::Unavailable(_)))
                .flat_map(|point| places(family).into_iter().map(move |id| (point, id)))
            {
                // Sums over links need links.
                let links = point
                    .sources
                    .iter()
                    .all(|source| source.op.is_over_links() || source.op == Op::ActiveLinks);
                if links && id == "GPU-a1" {
                    continue;
                }
                expected += 1;
                let is_it = |one: &&Exported| {
                    let mut attributes = point.attributes.iter();
                    one.attribute("hw.id").unwrap_or_default() == id
                        && attributes
                            .all(|(key, value)| one.attribute(key).as_deref() == Some(*value))
                };
                let found: Vec<_> = points.iter().filter(is_it).collect();
                let [found] = found[..] else {
                    panic!("{about} {point:?} {id}: {found:?} of {points:#?}")
                };
                assert_eq!(found.name, metric.name);
                assert_eq!(found.unit, metric.unit, "{about}");
                assert_eq!(found.description, metric.description, "{about}");
                assert_eq!(found.instrument, instrument(metric.kind), "{about}");
                if point.sources.iter().any(|source| source.op == Op::Event) {
                    assert_eq!(found.attribute("error.type").as_deref(), Some("79"));
                    assert!((found.value - 1.0).abs() < f64::EPSILON, "{about}");
                }
            }
            assert_eq!(points.len(), expected, "{about}: {points:#?}");
        }
    }
}

#[test]
fn a_raw_value_is_exported_in_the_unit_of_its_metric() {
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::GPU_UTIL, 57.0);
    fake.set(0, FieldId::FB_USED, 1024.0);
    fake.set(0, FieldId::POWER_USAGE, 312.5);
    fake.set(0, FieldId::GPU_TEMP, 41.0);
    fake.set(0, FieldId::SM_CLOCK, 1980.0);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(
        harness.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        Some(0.57)
    );
    assert_eq!(
        harness.value("hw.gpu.memory.usage", "none", ""),
        Some(1_073_741_824.0)
    );
    assert_eq!(harness.value("hw.power", "hw.type", "gpu"), Some(312.5));
    assert_eq!(
        harness.value("hw.temperature", "hw.sensor_location", "gpu"),
        Some(41.0)
    );
    let clock = harness.value("hw.gpu.clock.frequency", "hw.gpu.clock.domain", "sm");
    assert_eq!(clock, Some(1_980_000_000.0));
}

#[test]
fn a_field_that_a_gpu_lacks_costs_its_own_series_only() {
    let fake = Fake::with_gpus(2);
    fake.lose(1, FieldId::MEMORY_TEMP, NoValue::NotSupported);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(
        harness.values("hw.temperature", "hw.sensor_location"),
        [
            ("GPU-a0".into(), "gpu".into(), 1.0),
            ("GPU-a0".into(), "memory".into(), 1.0),
            ("GPU-a1".into(), "gpu".into(), 1.0)
        ]
    );
}

#[test]
fn the_next_source_is_used_where_the_first_is_not_supported() {
    let fake = Fake::with_gpus(1);
    fake.lose(0, FieldId::GPU_UTIL, NoValue::NotSupported);
    fake.lose(0, FieldId::GPU_UTIL_RATIO, NoValue::NotSupported);
    fake.set(0, FieldId::PROF_GR_ENGINE_ACTIVE, 0.25);
    fake.lose(0, FieldId::POWER_USAGE, NoValue::NotSupported);
    fake.set(0, FieldId::POWER_USAGE_INSTANT, 77.0);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(
        harness.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        Some(0.25)
    );
    assert_eq!(harness.value("hw.power", "hw.type", "gpu"), Some(77.0));
}

#[test]
fn profiling_is_not_asked_for_what_plain_fields_have() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    let requests = fake.edit(|state| state.watched.clone());
    let profiling: Vec<_> = requests
        .iter()
        .filter(|request| request.fields.iter().any(|field| field.is_profiling()))
        .collect();
    let [probe, settled] = profiling[..] else {
        panic!("{profiling:?}")
    };
    let ids = |request: &dcgm::WatchRequest| {
        let fields = request.fields.iter().map(|field| field.raw());
        fields.collect::<Vec<_>>()
    };
    // Not 1011 and 1012: NVLinks have plain totals.
    assert_eq!(
        ids(probe),
        [
            1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1076, 1078, 1091, 1092
        ]
    );
    // Not 1009 and 1010 either: 1091 and 1092 are totals.
    assert_eq!(
        ids(settled),
        [
            1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1076, 1078, 1091, 1092
        ]
    );
}

#[test]
fn garbage_is_not_exported() {
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::GPU_UTIL, 4_294_967_295.0);
    fake.set(0, FieldId::POWER_USAGE, f64::NAN);
    fake.set(0, FieldId::GPU_TEMP, -40.0);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(
        harness.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        None
    );
    assert_eq!(harness.value("hw.power", "hw.type", "gpu"), None);
    assert_eq!(
        harness.value("hw.temperature", "hw.sensor_location", "gpu"),
        None
    );
    assert_eq!(
        harness.value("hw.temperature", "hw.sensor_location", "memory"),
        Some(1.0)
    );
}

#[test]
fn garbage_is_no_fact() {
    let facts = |field: FieldId, key: &str, value: f64| {
        let fake = Fake::with_gpus(1);
        fake.set(0, field, value);
        let harness = Harness::new(&fake);
        harness.sample();
        let points = harness.export().into_iter();
        points
            .filter(|point| point.name == "hw.gpu.info")
            .find_map(|point| point.attribute(key))
    };
    let ecc = |value| facts(FieldId::ECC_CURRENT, "hw.gpu.ecc.enabled", value);
    assert_eq!(ecc(1.0).as_deref(), Some("true"));
    assert_eq!(ecc(0.0).as_deref(), Some("false"));
    for garbage in [-1.0, 2.0, 77.0, 4_294_967_295.0] {
        assert_eq!(ecc(garbage), None, "{garbage}");
    }
    let mig = |value| facts(FieldId::MIG_MODE, "hw.gpu.mig.enabled", value);
    assert_eq!(mig(0.0).as_deref(), Some("false"));
    assert_eq!(mig(9.0), None);
}
