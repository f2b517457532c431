//! Effect of each setting on the export.

use std::time::Duration;

use dcgm::{Entity, EntityId, EntityKind, Error, FieldId, NoValue, ReturnCode};
use opentelemetry::KeyValue;

use crate::catalogue::{CATALOGUE, Presence};
use crate::naming::exporter;
use crate::testing::{Fake, Harness, SECOND};
use crate::{
    Config, CounterOrigin, DcgmMeterBuilder, DeviceFilter, DeviceSelector, ErrorKind, Group,
    GroupSwitch, IdSource, MeterState, MetricSwitch, Naming, Profile, Salt, ThrottleName,
};

/// Creates a harness with these settings and an interval of 1 s, after a sample.
fn sampled(fake: &Fake, config: Config) -> Harness<Fake> {
    let harness = Harness::with_config(fake, config.with_interval(SECOND));
    // The export shows which fields could not be sampled.
    let _ = harness.meter().sample_now();
    harness
}

/// Creates a harness whose meter has an attribute hook, after a sample.
fn with_hook(
    fake: &Fake,
    hook: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
) -> Harness<Fake> {
    let config = Config::default().with_interval(SECOND);
    let hooked = |builder: DcgmMeterBuilder| builder.with_attribute_hook(hook);
    let harness = Harness::with_builder(fake, config, hooked);
    harness.sample();
    harness
}

fn ids(harness: &Harness<Fake>) -> Vec<String> {
    let values = harness.values("hw.power", "hw.type");
    values.into_iter().map(|(id, ..)| id).collect()
}

/// Returns the attribute keys of a metric's first series.
fn keys(harness: &Harness<Fake>, name: &str) -> Vec<String> {
    let points = harness.points(name);
    let keys = points[0].attributes.iter().map(|one| one.key.to_string());
    keys.collect()
}

#[test]
fn a_disabled_group_emits_nothing_and_is_not_even_watched() {
    let fake = Fake::with_gpus(1);
    // Its metrics' own switches lose.
    let config = Config::default()
        .with_group(Group::Power, GroupSwitch::Off)
        .with_metric("hw.power", MetricSwitch::On);
    let harness = sampled(&fake, config);
    assert!(!harness.has("hw.power") && !harness.has("hw.energy"));
    assert!(harness.has("hw.temperature"));
    let watched = fake.edit(|state| state.watched.clone());
    let fields: Vec<_> = watched.iter().flat_map(|one| &one.fields).collect();
    for field in [
        FieldId::POWER_USAGE,
        FieldId::TOTAL_ENERGY_CONSUMPTION,
        FieldId::ENFORCED_POWER_LIMIT,
    ] {
        assert!(!fields.contains(&&field), "{field}");
    }
}

#[test]
fn every_group_can_be_switched_off_by_itself() {
    for group in Group::ALL {
        let config = Config::default().with_group(*group, GroupSwitch::Off);
        let harness = sampled(&Fake::with_gpus(1), config);
        let points = harness.export();
        for metric in CATALOGUE {
            let mut on = metric
                .families
                .iter()
                .filter(|family| family.default != Presence::Off);
            if on.all(|family| family.group == *group) {
                let emitted = points.iter().any(|point| point.name == metric.name);
                assert!(!emitted, "{group}: {}", metric.name);
            }
        }
        assert!(!points.is_empty(), "{group}");
    }
}

#[test]
fn a_metric_or_a_family_of_it_is_switched_by_name() {
    let config = Config::default()
        .with_metric("hw.temperature", MetricSwitch::Off)
        .with_metric("hw.gpu.utilization/encoder", MetricSwitch::Off)
        .with_metric("hw.gpu.performance_state", MetricSwitch::On);
    let harness = sampled(&Fake::with_gpus(1), config);
    assert!(!harness.has("hw.temperature") && harness.has("hw.gpu.performance_state"));
    let tasks = harness.values("hw.gpu.utilization", "hw.gpu.task");
    let tasks: Vec<_> = tasks.into_iter().map(|(_, task, _)| task).collect();
    assert_eq!(tasks, ["decoder", "general", "memory"]);
}

#[test]
fn a_more_detailed_family_replaces_the_coarser_one() {
    let config = Config::default()
        .with_metric("hw.gpu.ecc.aggregate.count/all", MetricSwitch::On)
        .with_metric("hw.gpu.ecc.aggregate.count/location", MetricSwitch::On);
    let fake = Fake::with_gpus(2);
    for metric in CATALOGUE {
        for source in metric
            .families
            .iter()
            .filter(|family| family.name == "location")
            .flat_map(|family| family.points)
            .flat_map(|point| point.sources)
        {
            fake.lose(1, source.field, NoValue::NotSupported);
        }
    }
    let harness = sampled(&fake, config);
    let counts = harness.values("hw.gpu.ecc.aggregate.count", "hw.gpu.memory.location");
    let of = |id: &str| counts.iter().filter(|(of, ..)| of == id).count();
    // The first by location only, the second, which knows none, in all.
    assert_eq!((of("GPU-a0"), of("GPU-a1")), (16, 2));
    assert!(
        counts
            .iter()
            .all(|(id, place, _)| place.is_empty() == (id == "GPU-a1"))
    );
}

#[test]
fn the_device_filter_leaves_out_the_others() {
    let only = |device| Config::default().with_devices(DeviceFilter::all().with(device));
    let fake = Fake::with_gpus(3);
    let harness = sampled(&fake, only(DeviceSelector::Index(EntityId::gpu(1))));
    assert_eq!(ids(&harness), ["GPU-a1"]);
    assert_eq!(harness.health().entities, 1);
    let harness = sampled(&fake, only(DeviceSelector::Uuid("GPU-a2".to_owned())));
    assert_eq!(ids(&harness), ["GPU-a2"]);
}

#[test]
fn a_filter_that_selects_nothing_is_no_healthy_silence() {
    let filter = DeviceFilter::all().with(DeviceSelector::Kind(EntityKind::SWITCH));
    let harness = sampled(&Fake::with_gpus(2), Config::default().with_devices(filter));
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    let reason = health.reason.unwrap();
    assert_eq!(reason.kind, ErrorKind::Enumerate);
    assert!(
        reason.message.contains("none of the engine's 2"),
        "{reason}"
    );
}

#[test]
fn a_profile_says_how_much_a_series_says() {
    let memory_and_power = |profile| {
        let config = Config::default().with_profile(profile);
        let fake = Fake::with_gpus(1);
        fake.edit(|state| {
            state.entities[0].driver_version = Some("570.1".into());
            state.entities[0].vbios = Some("96.00".into());
        });
        let harness = sampled(&fake, config);
        (
            keys(&harness, "hw.gpu.memory.usage"),
            keys(&harness, "hw.power"),
        )
    };
    let (memory, power) = memory_and_power(Profile::Minimal);
    assert_eq!(
        (memory, power),
        (
            vec!["hw.id".to_owned()],
            vec!["hw.id".to_owned(), "hw.type".to_owned()]
        )
    );
    let (memory, _) = memory_and_power(Profile::Standard);
    assert_eq!(
        memory,
        ["hw.gpu.index", "hw.id", "hw.model", "hw.name", "hw.vendor"]
    );
    let (memory, _) = memory_and_power(Profile::Full);
    assert_eq!(
        memory,
        [
            "hw.driver_version",
            "hw.firmware_version",
            "hw.gpu.index",
            "hw.id",
            "hw.model",
            "hw.name",
            "hw.vendor"
        ]
    );
}

#[test]
fn the_id_comes_from_where_it_is_to() {
    let ids_from = |source| {
        let fake = Fake::with_gpus(1);
        fake.edit(|state| state.entities[0].pci_bus_id = Some("00000000:1B:00.0".into()));
        ids(&sampled(&fake, Config::default().with_id_source(source)))
    };
    assert_eq!(ids_from(IdSource::Uuid), ["GPU-a0"]);
    assert_eq!(ids_from(IdSource::PciBdf), ["00000000:1B:00.0"]);
    assert_eq!(ids_from(IdSource::Index), ["gpu-0"]);
    let hashed = ids_from(IdSource::HashedUuid(Salt::new("a salt of many bytes")));
    assert!(
        hashed[0].len() == 32 && !hashed[0].contains("GPU"),
        "{hashed:?}"
    );
}

#[test]
fn counters_begin_at_0_or_where_the_device_is() {
    let replays = |origin| {
        let fake = Fake::with_gpus(1);
        fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 1000.0);
        let harness = sampled(&fake, Config::default().with_counter_origin(origin));
        fake.set(0, FieldId::PCIE_REPLAY_COUNTER, 1003.0);
        harness.sample();
        let replays = |kind| harness.value("hw.errors", "error.type", kind);
        replays("pcie_replay").unwrap()
    };
    assert!((replays(CounterOrigin::Rebased) - 3.0).abs() < f64::EPSILON);
    assert!((replays(CounterOrigin::Device) - 1003.0).abs() < f64::EPSILON);
}

#[test]
fn the_throttle_metric_has_the_name_that_was_chosen() {
    let config = Config::default().with_throttle_name(ThrottleName::Time);
    let harness = sampled(&Fake::with_gpus(1), config);
    assert!(harness.has("hw.gpu.throttle.time") && !harness.has("hw.gpu.throttle.duration"));
    // Either name switches it.
    let config = Config::default().with_metric("hw.gpu.throttle.time", MetricSwitch::Off);
    assert!(!sampled(&Fake::with_gpus(1), config).has("hw.gpu.throttle.duration"));
}

#[test]
fn a_value_is_shown_as_long_as_the_setting_says() {
    let fake = Fake::with_gpus(1);
    let harness = sampled(&fake, Config::default().with_max_age(SECOND * 10));
    fake.edit(|state| state.sampling = false);
    harness.advance(SECOND * 9);
    harness.sample();
    assert!(harness.has("hw.power"));
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert!(!harness.has("hw.power"));
}

#[test]
fn series_above_the_cap_are_dropped_in_order_and_reported() {
    let all = sampled(&Fake::with_gpus(2), Config::default())
        .export()
        .len();
    let fake = Fake::with_gpus(2);
    let harness = sampled(&fake, Config::default().with_max_series(60));
    let points = harness.export();
    let health = harness.health();
    assert!(points.len() <= 60, "{}", points.len());
    assert_eq!(points.len() as u64 + health.series_dropped, all as u64);
    assert_eq!(health.errors(ErrorKind::Cardinality), 1);
    assert!(health.is_ready());
    // The most important series of both remain.
    assert!(harness.has("hw.gpu.nvlink.io") && harness.has("hw.status"));
    assert!(!harness.has("hw.gpu.clock.frequency"));
}

#[test]
fn a_group_and_a_metric_have_caps_of_their_own() {
    let config = Config::default()
        .with_group_series(Group::Throttle, 17)
        .with_max_instrument_series(7);
    let harness = sampled(&Fake::with_gpus(2), config);
    // 12 by policy and 6 by event: the first unit is dropped for the group.
    let per_metric = harness.points_per_metric();
    assert!(
        per_metric.values().all(|count| *count <= 7),
        "{per_metric:?}"
    );
    assert!(per_metric.contains_key("hw.power"));
}

#[test]
fn names_of_dcgm_exporter_are_gauges_of_raw_values_without_a_unit() {
    let fake = Fake::with_gpus(2);
    for metric in exporter::METRICS {
        let field = metric.families[0].points[0].sources[0].field;
        fake.set(0, field, 1.0);
        fake.set(1, field, 1.0);
    }
    fake.set(0, FieldId::SM_CLOCK, 1980.0);
    fake.set(0, FieldId::TOTAL_ENERGY_CONSUMPTION, 123_456.0);
    fake.set(0, FieldId::XID_ERRORS, 79.0);
    let harness = sampled(&fake, Config::default().with_naming(Naming::DcgmExporter));
    let points = harness.export();
    let default = exporter::METRICS
        .iter()
        .filter(|metric| metric.families[0].default == Presence::On);
    assert_eq!(points.len(), 2 * default.count());
    for point in &points {
        assert!(point.instrument.starts_with("gauge"), "{point:?}");
        assert_eq!(point.unit, "");
        assert!(point.name.starts_with("DCGM_FI_"), "{}", point.name);
        for key in ["gpu", "UUID", "device", "modelName", "Hostname"] {
            assert!(point.attribute(key).is_some(), "{key} {point:?}");
        }
    }
    let value = |name: &str| {
        let found = points
            .iter()
            .find(|point| point.name == name && point.attribute("gpu").as_deref() == Some("0"));
        found.unwrap().value
    };
    assert!((value("DCGM_FI_DEV_SM_CLOCK") - 1980.0).abs() < f64::EPSILON);
    let energy = value("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION");
    assert!((energy - 123_456.0).abs() < f64::EPSILON);
    assert!((value("DCGM_FI_DEV_XID_ERRORS") - 79.0).abs() < f64::EPSILON);
}

#[test]
fn a_hook_drops_adds_and_rewrites_attributes() {
    let fake = Fake::with_gpus(1);
    let harness = with_hook(&fake, |metric, entity, attributes| {
        if metric == "hw.power" {
            attributes.retain(|one| one.key.as_str() != "hw.name");
            attributes.push(KeyValue::new("a.pod", entity.id.to_string()));
            attributes.push(KeyValue::new("hw.id", "rewritten"));
        }
    });
    assert_eq!(
        keys(&harness, "hw.power"),
        ["a.pod", "hw.gpu.index", "hw.id", "hw.type"]
    );
    assert_eq!(ids(&harness), ["rewritten"]);
    assert_eq!(keys(&harness, "hw.energy").len(), 4);
}

#[test]
fn a_hook_that_makes_two_series_the_same_costs_the_second() {
    let fake = Fake::with_gpus(2);
    let harness = with_hook(&fake, |metric, _, attributes| {
        if metric == "hw.power" {
            attributes.clear();
        }
    });
    assert_eq!(ids(&harness), [""]);
    assert_eq!(harness.health().series_dropped, 1);
}

#[test]
fn a_hook_that_panics_changes_nothing_and_is_counted() {
    let fake = Fake::with_gpus(1);
    let harness = with_hook(&fake, |metric, _, attributes| {
        attributes.clear();
        assert_ne!(metric, "hw.power", "the hook panics on purpose");
    });
    assert_eq!(ids(&harness), ["GPU-a0"]);
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!(health.errors(ErrorKind::Panic), 1);
}

#[test]
fn instances_that_cannot_be_listed_cost_themselves_only() {
    let fake = Fake::with_gpus(1);
    let harness = sampled(&fake, Config::default());
    fake.fail(
        "list instances",
        Error::Call {
            function: "dcgmGetEntityGroupEntities",
            code: ReturnCode::GENERIC_ERROR,
        },
    );
    harness.advance(Duration::from_millis(500));
    harness.sample();
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::Mig), 1);
    assert!(harness.has("hw.power"));
}
