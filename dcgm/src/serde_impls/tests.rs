//! Tests of serialization.

use std::collections::BTreeMap;

use super::*;
use crate::entity::{Entity, Link, Mig};

fn round_trip<T: Serialize + for<'de> Deserialize<'de>>(value: &T, json: &str) -> T {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    serde_json::from_str(json).unwrap()
}

#[test]
fn names_are_strings() {
    let gpu = EntityId::gpu(3);
    assert_eq!(round_trip(&gpu, r#""gpu:3""#), gpu);
    let kind = EntityKind::from_raw(77);
    assert_eq!(round_trip(&kind, r#""kind-77""#), kind);
    let field = FieldId::GPU_TEMP;
    assert_eq!(
        round_trip(&field, r#""DCGM_FI_DEV_GPU_TEMP_CELSIUS""#),
        field
    );
    assert_eq!(
        serde_json::from_str::<FieldId>(r#""DEV_GPU_TEMP""#).unwrap(),
        field
    );
    let version = Version::new(4, 6, 0);
    assert_eq!(round_trip(&version, r#""4.6.0""#), version);
    assert_eq!(round_trip(&LinkState::UP, r#""up""#), LinkState::UP);
    assert_eq!(
        round_trip(&ModuleId::HEALTH, r#""health""#),
        ModuleId::HEALTH
    );
    let later = ChipArchitecture::from_raw(99);
    assert_eq!(round_trip(&later, r#""architecture-99""#), later);
    let operator = FieldOperator::LESS;
    assert_eq!(round_trip(&operator, r#""less""#), operator);
    let build = BuildInfo::from_raw("version:4.6.0");
    assert_eq!(round_trip(&build, r#""version:4.6.0""#), build);
    let error = serde_json::from_str::<EntityId>(r#""gpu 3""#).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected an entity such as gpu:3"),
        "{error}"
    );
    // As the keys of a map.
    let map = BTreeMap::from([(gpu, 1)]);
    assert_eq!(round_trip(&map, r#"{"gpu:3":1}"#), map);
}

#[test]
fn samples_have_a_value_or_a_reason() {
    let values = [
        (Ok(Value::Int(-3)), r#""value":-3"#),
        (Ok(Value::Double(0.5)), r#""value":0.5"#),
        (Ok(Value::Double(2.0)), r#""value":2.0"#),
        (Ok(Value::Text("P0")), r#""value":"P0""#),
        (Ok(Value::Blob(&[0, 255])), r#""value":[0,255]"#),
        (Err(NoValue::NotWatched), r#""no_value":"not watched""#),
        (
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST)),
            r#""no_value":-18"#,
        ),
    ];
    let samples = values.iter().map(|(value, _)| Sample {
        entity: EntityId::gpu(0),
        field: FieldId::from_raw(9999),
        timestamp: Timestamp::from_micros(7),
        value: *value,
    });
    let samples: Samples = samples.collect();
    let json = values.iter().map(|(_, value)| {
        format!(r#"{{"entity":"gpu:0","field":"field-9999","timestamp":7,{value}}}"#)
    });
    let json = format!("[{}]", json.collect::<Vec<_>>().join(","));
    let back = round_trip(&samples, &json);
    assert!(back.iter().eq(&samples), "{back:?}");
}

#[test]
fn every_reason_round_trips() {
    for reason in REASONS {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<NoValue>(&json).unwrap(), reason);
    }
    assert!(serde_json::from_str::<NoValue>(r#""odd""#).is_err());
}

#[test]
fn incomplete_samples_are_errors() {
    for (json, missing) in [
        (r#"{"field":"150","timestamp":1,"value":1}"#, "entity"),
        (r#"{"entity":"gpu:0","field":"150","timestamp":1}"#, "value"),
    ] {
        let error = serde_json::from_str::<OwnedSample>(json).unwrap_err();
        assert!(error.to_string().contains(missing), "{error}");
    }
    let json = r#"{"entity":"gpu:0","field":"150","timestamp":1,"value":1,"more":[{}]}"#;
    assert!(serde_json::from_str::<OwnedSample>(json).is_ok());
}

#[test]
fn entities_and_links_round_trip() {
    let mut entity = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 8));
    entity.status = EntityStatus::OK;
    entity.uuid = Some("MIG-1".into());
    entity.parent = Some(EntityId::gpu(1));
    entity.mig = Some(Mig::new(7, None, 1));
    let json = r#"{"id":"gpu_instance:8","status":"ok","uuid":"MIG-1","parent":"gpu:1","mig":{"instance_id":7,"slices":1}}"#;
    assert_eq!(round_trip(&entity, json), entity);
    let link = Link::new(None, EntityId::switch(2), 5, LinkState::DOWN);
    let json = r#"{"parent":"nvswitch:2","index":5,"state":"down"}"#;
    assert_eq!(round_trip(&link, json), link);
}
