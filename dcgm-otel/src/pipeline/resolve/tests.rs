//! From entities to series.

use dcgm::{NoValue, Sample, Samples, Timestamp, Value};

use super::*;
use crate::pipeline::availability::SourceStates;
use crate::testing::gpu;

fn of(entities: &[Entity]) -> Vec<SeriesSpec> {
    resolve_series(&Host::new(entities.to_vec(), &[]), &Config::default(), None).list
}

/// Fields that are read without profiling.
fn asked_of(entities: &[Entity]) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
    let candidates = of(entities);
    let inputs = candidates.iter().flat_map(|candidate| &candidate.inputs);
    let plain = inputs.filter(|input| !input.field.is_profiling() && !input.field.is_event());
    group_fields(plain.copied())
}

fn instance(kind: EntityKind, number: u32, parent: EntityId) -> Entity {
    let mut entity = Entity::new(EntityId::new(kind, number));
    entity.parent = Some(parent);
    let compute = (kind == EntityKind::COMPUTE_INSTANCE).then_some(number);
    entity.mig = Some(dcgm::Mig::new(number, compute, 1));
    entity
}

#[test]
fn requested_fields_are_sorted_and_the_same_every_run() {
    let (forth, back) = ([gpu(0), gpu(1), gpu(2)], [gpu(2), gpu(0), gpu(1)]);
    let asked = asked_of(&forth);
    assert_eq!(asked, asked_of(&back));
    let of_gpus = asked.iter().find(|(ids, _)| ids[0].kind == EntityKind::GPU);
    let (entities, fields) = of_gpus.unwrap();
    assert_eq!(
        *entities,
        [EntityId::gpu(0), EntityId::gpu(1), EntityId::gpu(2)]
    );
    assert!(fields.is_sorted());
    assert!(fields.iter().all(|field| !field.is_profiling()));
}

#[test]
fn instances_are_asked_for_their_own_fields_only() {
    let mut parent = gpu(0);
    parent.mig_enabled = Some(true);
    let slice = instance(EntityKind::GPU_INSTANCE, 0, parent.id);
    let asked = asked_of(&[parent, slice]);
    let (_, of_instance) = asked
        .iter()
        .find(|(ids, _)| ids[0].kind == EntityKind::GPU_INSTANCE)
        .unwrap();
    assert_eq!(
        *of_instance,
        [
            FieldId::FB_TOTAL,
            FieldId::FB_USED,
            FieldId::FB_USED_PERCENT,
            FieldId::FB_CAPACITY_BYTES,
            FieldId::FB_USED_BYTES
        ]
    );
}

#[test]
fn compute_instances_count_only_where_there_are_several() {
    let mut parent = gpu(0);
    parent.mig_enabled = Some(true);
    let alone = instance(EntityKind::GPU_INSTANCE, 0, parent.id);
    let shared = instance(EntityKind::GPU_INSTANCE, 1, parent.id);
    let entities = [
        instance(EntityKind::COMPUTE_INSTANCE, 0, alone.id),
        instance(EntityKind::COMPUTE_INSTANCE, 1, shared.id),
        instance(EntityKind::COMPUTE_INSTANCE, 2, shared.id),
        parent,
        alone,
        shared,
    ];
    let found: BTreeSet<_> = of(&entities)
        .into_iter()
        .map(|candidate| candidate.entity)
        .filter(|entity| entity.kind == EntityKind::COMPUTE_INSTANCE)
        .map(|entity| entity.id)
        .collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_source_that_has_a_value_goes_before_one_that_may_have_one_later() {
    let entities = [gpu(0)];
    let power = of(&entities)
        .into_iter()
        .find(|candidate| candidate.inputs[0].field == FieldId::POWER_USAGE)
        .unwrap();
    let chosen = |first, second| {
        let mut samples = Samples::new();
        for (field, value) in [
            (FieldId::POWER_USAGE, first),
            (FieldId::POWER_USAGE_INSTANT, second),
        ] {
            let timestamp = Timestamp::from_micros(1);
            samples.push(Sample {
                entity: EntityId::gpu(0),
                field,
                timestamp,
                value,
            });
        }
        let mut results = SourceStates::default();
        results.record_samples(&samples);
        results
            .choose_inputs(&power)
            .map(|inputs| inputs[0].field.raw())
    };
    let value = Ok(Value::Double(1.0));
    assert_eq!(chosen(value, value), Some(155));
    assert_eq!(chosen(Err(NoValue::NotSupported), value), Some(157));
    assert_eq!(chosen(Err(NoValue::NoData), value), Some(157));
    assert_eq!(chosen(Err(NoValue::NoData), Err(NoValue::Blank)), Some(155));
    assert_eq!(
        chosen(Err(NoValue::NotWatched), Err(NoValue::NotSupported)),
        None
    );
}
