//! Groups, metrics and devices that the settings select.

use dcgm::{EntityId, EntityKind, FieldId, NoValue};

use crate::catalogue::{CATALOGUE, Presence};
use crate::testing::{Fake, Harness};
use crate::{
    Config, DeviceFilter, DeviceSelector, ErrorKind, Group, GroupSwitch, MeterState, MetricSwitch,
};

#[test]
fn a_disabled_group_emits_nothing_and_is_not_even_watched() {
    let fake = Fake::with_gpus(1);
    // Its metrics' own switches lose.
    let config = Config::default()
        .with_group(Group::Power, GroupSwitch::Off)
        .with_metric("hw.power", MetricSwitch::On);
    let harness = Harness::with_settings(&fake, config);
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
        let harness = Harness::with_settings(&Fake::with_gpus(1), config);
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
    let harness = Harness::with_settings(&Fake::with_gpus(1), config);
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
    let harness = Harness::with_settings(&fake, config);
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
    let harness = Harness::with_settings(&fake, only(DeviceSelector::Index(EntityId::gpu(1))));
    assert_eq!(harness.ids(), ["GPU-a1"]);
    assert_eq!(harness.health().entities, 1);
    let harness = Harness::with_settings(&fake, only(DeviceSelector::Uuid("GPU-a2".to_owned())));
    assert_eq!(harness.ids(), ["GPU-a2"]);
}

#[test]
fn a_filter_that_selects_nothing_is_no_healthy_silence() {
    let filter = DeviceFilter::all().with(DeviceSelector::Kind(EntityKind::SWITCH));
    let harness =
        Harness::with_settings(&Fake::with_gpus(2), Config::default().with_devices(filter));
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    let reason = health.reason.unwrap();
    assert_eq!(reason.kind, ErrorKind::Enumerate);
    assert!(
        reason.message.contains("none of the engine's 2"),
        "{reason}"
    );
}
