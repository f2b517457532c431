//! Tests of splitting queries into calls.

use std::collections::BTreeSet;

use super::*;
use crate::entity::EntityKind;

const UNIX: Limits = Limits {
    entities: 1024,
    fields: 128,
    values: 4096,
    bytes: None,
};
const TCP: Limits = Limits {
    entities: 1024,
    fields: 128,
    values: 4096,
    bytes: Some(7_800),
};
const OLD_TCP: Limits = Limits {
    entities: 64,
    fields: 128,
    values: 4096,
    bytes: Some(15_360),
};

fn plan_calls(query: &Query, limits: Limits) -> Vec<ReadCall> {
    Plan::new(query, limits, |_| true).calls
}

/// Returns the first `count` numeric fields.
fn numeric_fields(count: usize) -> Vec<FieldId> {
    let numeric =
        |info: &&crate::FieldInfo| matches!(info.value_type, ValueType::Int | ValueType::Double);
    FieldId::all()
        .iter()
        .filter(numeric)
        .take(count)
        .map(|info| info.id)
        .collect()
}

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn count_calls(blocks: &[(u32, usize)], limits: Limits) -> usize {
    plan_calls(
        &Query::new(blocks.iter().map(|(e, f)| (gpus(*e), numeric_fields(*f)))),
        limits,
    )
    .len()
}

/// Checks that every requested pair is read once and every call is within its limits; returns the
/// number of calls.
fn check_plan(query: &Query, limits: Limits) -> usize {
    let plan = plan_calls(query, limits);
    let mut got = Vec::new();
    for call in &plan {
        assert!(call.entities.len() <= limits.entities && call.fields.len() <= limits.fields);
        let mut size = 0;
        for (e, entity) in call.entities.iter().enumerate() {
            for (f, field) in call.fields.iter().enumerate() {
                let info = FieldId::from_raw(*field).info();
                size += value_bytes(info.map_or(ValueType::Int, |info| info.value_type));
                if call.is_requested(e, f) {
                    got.push((entity.entityGroupId, entity.entityId, *field));
                }
            }
        }
        if let Some(budget) = limits.bytes {
            assert!(
                size <= budget || call.entities.len() * call.fields.len() == 1,
                "{size} bytes"
            );
        }
    }
    let wanted: BTreeSet<_> = query
        .blocks()
        .flat_map(|(entities, fields)| {
            entities
                .iter()
                .flat_map(move |e| fields.iter().map(move |f| (e.kind.raw(), e.id, f.raw())))
        })
        .collect();
    assert_eq!(got.len(), wanted.len(), "a pair was read twice");
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), wanted);
    plan.len()
}

#[test]
fn without_a_byte_limit_there_is_one_call() {
    for (entities, fields) in [(1, 12), (8, 12), (8, 40), (8, 127), (32, 127)] {
        assert_eq!(
            count_calls(&[(entities, fields)], UNIX),
            1,
            "{entities} x {fields}"
        );
    }
    assert_eq!(count_calls(&[(8, 129)], UNIX), 2);
}

#[test]
fn over_tcp_the_number_of_calls_is_minimal() {
    for entities in [1, 2, 3, 7, 8, 16, 32] {
        for fields in [1, 12, 21, 40, 64, 127] {
            let query = Query::new([(gpus(entities), numeric_fields(fields))]);
            let calls = check_plan(&query, TCP);
            let least = (entities as usize * fields * 32).div_ceil(7_800);
            // Rectangles cannot always be packed as tightly as bytes: one call more at most.
            assert!(
                calls <= least + 1,
                "{entities} x {fields}: {calls} calls, {least} by bytes"
            );
        }
    }
    assert_eq!(count_calls(&[(8, 12)], TCP), 1);
    assert_eq!(count_calls(&[(8, 30)], TCP), 1);
    assert_eq!(count_calls(&[(8, 40)], TCP), 2);
    assert_eq!(count_calls(&[(8, 40)], OLD_TCP), 1);
}

#[test]
fn text_counts_with_its_maximum_length() {
    let query = Query::new([(gpus(32), vec![FieldId::UUID])]);
    assert_eq!(check_plan(&query, TCP), 2);
    let query = Query::new([(gpus(3), vec![FieldId::ENC_STATS])]);
    assert_eq!(check_plan(&query, TCP), 3);
}

#[test]
fn blocks_share_a_call_where_that_is_cheaper() {
    let switches: Vec<_> = (0..4).map(EntityId::switch).collect();
    let query = Query::new([
        (gpus(8), numeric_fields(40)),
        (switches, vec![FieldId::from_raw(858)]),
    ]);
    assert_eq!(check_plan(&query, UNIX), 1);
    // 144 links: 8 GPUs x 4 fields and 144 links x 40 fields that were not requested cost more than a call.
    let links: Vec<_> = (0..144)
        .map(|id| EntityId::new(EntityKind::LINK, id))
        .collect();
    let query = Query::new([(gpus(8), numeric_fields(40)), (links, numeric_fields(4))]);
    assert_eq!(check_plan(&query, UNIX), 2);
    // The same entities with other fields are one rectangle, without unrequested pairs.
    let fields = numeric_fields(20);
    let query = Query::new([
        (gpus(8), fields[..10].to_vec()),
        (gpus(8), fields[10..].to_vec()),
    ]);
    assert_eq!(check_plan(&query, UNIX), 1);
}

#[test]
fn a_release_limited_to_64_entities_gets_64_a_call() {
    let query = Query::new([(gpus(200), numeric_fields(3))]);
    assert_eq!(check_plan(&query, OLD_TCP), 4);
}

#[test]
fn an_empty_query_needs_no_call() {
    assert_eq!(count_calls(&[], UNIX), 0);
    assert_eq!(count_calls(&[(0, 5), (5, 0)], UNIX), 0);
}

#[test]
fn an_unknown_field_is_excluded_and_reported() {
    let query = Query::new([(gpus(2), numeric_fields(3))]);
    let bad = numeric_fields(3)[1];
    let plan = Plan::new(&query, UNIX, |field| field != bad);
    assert_eq!(plan.calls.len(), 1);
    assert!(!plan.calls[0].fields.contains(&bad.raw()));
    let excluded: Vec<_> = plan.excluded_pairs().collect();
    assert_eq!(excluded, [(EntityId::gpu(0), bad), (EntityId::gpu(1), bad)]);
}

#[test]
fn text_beside_numbers_stays_within_every_limit() {
    let text = |info: &&crate::FieldInfo| info.value_type == ValueType::Text;
    let texts: Vec<_> = FieldId::all()
        .iter()
        .filter(text)
        .map(|info| info.id)
        .collect();
    assert!(texts.len() >= 29);
    let mut mixed = texts[..10].to_vec();
    mixed.extend(numeric_fields(190));
    check_plan(&Query::new([(gpus(8), mixed.clone())]), UNIX);
    check_plan(&Query::new([(gpus(8), mixed)]), TCP);
    check_plan(&Query::new([(gpus(1), texts)]), TCP);
    check_plan(
        &Query::new([(gpus(1), vec![FieldId::ENC_STATS, FieldId::FBC_STATS])]),
        TCP,
    );
}
