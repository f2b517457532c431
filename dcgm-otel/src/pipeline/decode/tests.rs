//! From a value to a level.

use dcgm::{EntityId, FieldId};

use super::*;
use crate::catalogue::CATALOGUE;

fn metric(name: &str) -> &'static Metric {
    CATALOGUE.iter().find(|one| one.name == name).unwrap()
}

fn read(metric: &Metric, op: Op, value: Value<'_>) -> Option<Number> {
    let input = Input {
        entity: EntityId::gpu(0),
        field: FieldId::POWER_USAGE,
        op,
        scale: Scale::Times(1),
    };
    Decoder::new(metric, &input).decode_value(value)
}

#[test]
fn a_level_that_cannot_be_is_none() {
    let power = metric("hw.power");
    let of = |value| read(power, Op::Last, value);
    assert_eq!(of(Value::Double(3.5)), Some(Number::F64(3.5)));
    for value in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(of(Value::Double(value)), None);
    }
    assert_eq!(of(Value::Text("3.5")), None);
}

#[test]
fn a_sensor_that_is_not_there_says_0() {
    let temperature = metric("hw.temperature");
    assert_eq!(read(temperature, Op::NonZero, Value::Int(0)), None);
    assert_eq!(
        read(temperature, Op::NonZero, Value::Int(41)),
        Some(Number::F64(41.0))
    );
    assert_eq!(
        read(temperature, Op::Last, Value::Int(0)),
        Some(Number::F64(0.0))
    );
}

#[test]
fn a_bit_a_number_and_a_word_say_yes_no_or_nothing() {
    let status = metric("hw.gpu.throttle.status");
    let yes = Some(Number::I64(1));
    let no = Some(Number::I64(0));
    assert_eq!(read(status, Op::Bit(4), Value::Int(0b1101)), yes);
    assert_eq!(read(status, Op::Bit(2), Value::Int(0b1101)), no);
    assert_eq!(read(status, Op::Bit(2), Value::Text("x")), None);
    let among = Op::OneOf(&[1, 2], (0, 3));
    assert_eq!(read(status, among, Value::Int(2)), yes);
    assert_eq!(read(status, among, Value::Int(3)), no);
    assert_eq!(read(status, among, Value::Int(4)), None);
    let says = Op::TextEquals("UP", &["UP", "DOWN"]);
    assert_eq!(read(status, says, Value::Text("UP")), yes);
    assert_eq!(read(status, says, Value::Text("DOWN")), no);
    assert_eq!(read(status, says, Value::Text("?")), None);
}

#[test]
fn a_word_of_a_blob_that_is_too_short_is_none() {
    let sessions = metric("hw.gpu.encoder.session.count");
    let mut blob = Vec::from(1_u32.to_ne_bytes());
    blob.extend(7_u32.to_ne_bytes());
    let of = |blob: &[u8]| read(sessions, Op::Word(1), Value::Blob(blob));
    assert_eq!(of(&blob), Some(Number::I64(7)));
    assert_eq!(of(&blob[..7]), None);
    assert_eq!(of(&[]), None);
}

#[test]
fn dcgm_exporters_numbers_are_passed_on_as_they_are() {
    let metrics = crate::naming::exporter::metrics(crate::Naming::DcgmExporter48);
    let energy = metrics
        .iter()
        .find(|one| one.name.contains("ENERGY"))
        .unwrap();
    let large = i64::MAX / 2 + 1;
    assert_eq!(
        read(energy, Op::Last, Value::Int(large)),
        Some(Number::I64(large))
    );
}
