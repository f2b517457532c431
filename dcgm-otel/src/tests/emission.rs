//! What a healthy host exports.

use std::collections::BTreeSet;

use dcgm::{Absent, EntityId, EntityKind, FieldId, Mig};
use opentelemetry_sdk::metrics::Temporality;

use super::{Exported, Pipeline};
use crate::catalogue::{CATALOGUE, Identity, Kind, Mig as Mode};
use crate::fake::Fake;

pub(super) fn instrument(kind: Kind) -> &'static str {
    match kind {
        Kind::GaugeF64 => "gauge f64",
        Kind::GaugeI64 => "gauge i64",
        Kind::CounterF64 => "counter f64",
        Kind::CounterU64 => "counter u64",
        Kind::UpDownI64 => "updown i64",
    }
}

#[test]
fn every_row_of_the_catalogue_emits_on_a_healthy_gpu() {
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    let points = pipeline.export();
    let mut expected = 0;
    for metric in CATALOGUE {
        for family in metric
            .families
            .iter()
            .filter(|family| family.mig != Mode::Within)
        {
            for point in family.points {
                expected += 1;
                let matches = |one: &&Exported| {
                    one.name == metric.name
                        && point
                            .attributes
                            .iter()
                            .all(|(key, value)| one.attribute(key).as_deref() == Some(*value))
                };
                let found: Vec<_> = points.iter().filter(matches).collect();
                let [found] = found[..] else {
                    panic!("{} {:?}: {found:?}", metric.name, point)
                };
                assert_eq!(found.unit, metric.unit);
                assert_eq!(found.description, metric.description);
                assert_eq!(found.instrument, instrument(metric.kind), "{}", metric.name);

                let mut keys: BTreeSet<_> = point.attributes.iter().map(|(key, _)| *key).collect();
                keys.extend(["hw.id", "hw.name", "hw.gpu.index"]);
                if metric.identity == Identity::Product {
                    keys.extend(["hw.model", "hw.vendor"]);
                }
                let there: BTreeSet<_> = found
                    .attributes
                    .iter()
                    .map(|one| one.key.as_str())
                    .collect();
                assert_eq!(there, keys, "{}", metric.name);
            }
        }
    }
    assert_eq!(points.len(), expected);
    assert_eq!(meter.health().series, expected);
}

#[test]
fn a_raw_value_is_exported_in_the_unit_of_its_metric() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::GPU_UTIL, 57.0);
    fake.set(0, FieldId::FB_USED, 1024.0);
    fake.set(0, FieldId::POWER_USAGE, 312.5);
    fake.set(0, FieldId::GPU_TEMP, 41.0);
    fake.set(0, FieldId::SM_CLOCK, 1980.0);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(
        pipeline.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        Some(0.57)
    );
    assert_eq!(
        pipeline.value("hw.gpu.memory.usage", "none", ""),
        Some(1_073_741_824.0)
    );
    assert_eq!(pipeline.value("hw.power", "hw.type", "gpu"), Some(312.5));
    assert_eq!(
        pipeline.value("hw.temperature", "hw.sensor_location", "gpu"),
        Some(41.0)
    );
    let clock = pipeline.value("hw.gpu.clock.frequency", "hw.gpu.clock.domain", "sm");
    assert_eq!(clock, Some(1_980_000_000.0));
}

#[test]
fn the_scope_says_who_and_which_conventions() {
    let pipeline = Pipeline::new();
    let (meter, _clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    pipeline.export();
    let exported = pipeline.exporter.get_finished_metrics().unwrap();
    let scope = exported[0].scope_metrics().next().unwrap().scope();
    assert_eq!(scope.name(), "dcgm-otel");
    assert_eq!(scope.version(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(
        scope.schema_url(),
        Some("https://opentelemetry.io/schemas/1.42.0")
    );
}

#[test]
fn a_field_that_a_gpu_lacks_costs_its_own_series_only() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(2);
    fake.lose(1, FieldId::MEMORY_TEMP, Absent::NotSupported);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(
        pipeline.values("hw.temperature", "hw.sensor_location"),
        [
            ("GPU-0".into(), "gpu".into(), 1.0),
            ("GPU-0".into(), "memory".into(), 1.0),
            ("GPU-1".into(), "gpu".into(), 1.0)
        ]
    );
}

#[test]
fn the_next_source_is_used_where_the_first_is_not_supported() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.lose(0, FieldId::GPU_UTIL, Absent::NotSupported);
    fake.set(0, FieldId::PROF_GR_ENGINE_ACTIVE, 0.25);
    fake.lose(0, FieldId::POWER_USAGE, Absent::NotSupported);
    fake.set(0, FieldId::POWER_USAGE_INSTANT, 77.0);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(
        pipeline.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        Some(0.25)
    );
    assert_eq!(pipeline.value("hw.power", "hw.type", "gpu"), Some(77.0));
}

#[test]
fn profiling_is_not_asked_for_what_plain_fields_have() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let profiling = fake.edit(|state| {
        let requests = state
            .watched
            .iter()
            .flat_map(|request| request.fields.clone());
        requests
            .filter(|field| field.is_profiling())
            .map(FieldId::raw)
            .collect::<Vec<_>>()
    });
    assert_eq!(profiling, [1009, 1010, 1091, 1092]);
}

#[test]
fn garbage_is_not_exported() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::GPU_UTIL, 4_294_967_295.0);
    fake.set(0, FieldId::POWER_USAGE, f64::NAN);
    fake.set(0, FieldId::GPU_TEMP, -40.0);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(
        pipeline.value("hw.gpu.utilization", "hw.gpu.task", "general"),
        None
    );
    assert_eq!(pipeline.value("hw.power", "hw.type", "gpu"), None);
    assert_eq!(
        pipeline.value("hw.temperature", "hw.sensor_location", "gpu"),
        None
    );
    assert_eq!(
        pipeline.value("hw.temperature", "hw.sensor_location", "memory"),
        Some(1.0)
    );
}

#[test]
fn a_mig_gpu_and_its_instances_are_told_apart() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.edit(|state| {
        state.entities[0].mig_enabled = Some(true);
        for number in 0..2 {
            let id = EntityId::new(EntityKind::GPU_INSTANCE, number);
            let mut instance = dcgm::Entity::new(id);
            instance.parent = Some(EntityId::gpu(0));
            let mut mig = Mig::new(7 + number, None, 1);
            mig.profile = Some("1g.10gb".into());
            instance.mig = Some(mig);
            state.entities.push(instance);
            for field in [FieldId::FB_USED, FieldId::PROF_GR_ENGINE_ACTIVE] {
                state
                    .values
                    .insert((id, field), Ok(f64::from(number) / 2.0));
            }
        }
        for field in [FieldId::GPU_UTIL, FieldId::MEM_COPY_UTIL] {
            state
                .values
                .insert((EntityId::gpu(0), field), Err(Absent::NotSupported));
        }
    });
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(
        pipeline.values("hw.gpu.utilization", "hw.gpu.mig.instance_id"),
        [
            ("GPU-0".into(), String::new(), 1.0),
            ("GPU-0/gi/7".into(), "7".into(), 0.0),
            ("GPU-0/gi/8".into(), "8".into(), 0.5)
        ]
    );
    let points = pipeline.export();
    let instance = points.iter().find(|point| {
        point.name == "hw.gpu.memory.usage"
            && point.attribute("hw.id").as_deref() == Some("GPU-0/gi/8")
    });
    let instance = instance.unwrap();
    assert_eq!(instance.attribute("hw.parent").as_deref(), Some("GPU-0"));
    assert_eq!(
        instance.attribute("hw.gpu.mig.profile").as_deref(),
        Some("1g.10gb")
    );
    assert_eq!(instance.attribute("hw.name").as_deref(), Some("nvidia0"));
}

#[test]
fn under_delta_temporality_a_counter_exports_its_growth() {
    let pipeline = Pipeline::with_temporality(Temporality::Delta);
    let fake = Fake::with_gpus(1);
    fake.set(0, FieldId::ECC_SBE_VOL_TOTAL, 1000.0);
    let (meter, _clock) = pipeline.meter(&fake);
    let corrected = || pipeline.value("hw.errors", "error.type", "corrected");
    meter.sample_now().unwrap();
    assert_eq!(corrected(), Some(0.0));
    fake.set(0, FieldId::ECC_SBE_VOL_TOTAL, 1003.0);
    meter.sample_now().unwrap();
    assert_eq!(corrected(), Some(3.0));
    meter.sample_now().unwrap();
    assert_eq!(corrected(), Some(0.0));
}
