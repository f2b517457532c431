//! Tests of the mock.
#![cfg(feature = "mock")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]

mod config;
mod diagnostics;
mod engine;
mod events;
mod faults;
mod field_policies;
mod health;
mod history;
mod hooks;
mod host_engine;
mod jobs;
mod model;
mod one_shot;
mod policy;
mod processes;
#[cfg(feature = "testing")]
mod testing;
mod topology;

use std::time::Duration;

use dcgm::mock::{Clock, Mock, Model};
use dcgm::{
    Client, EntityId, FieldId, NoValue, OwnedValue, Query, Samples, Timestamp, Value, Watch,
    WatchRequest,
};

pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn mock(names: &str) -> (Mock, Clock) {
    let clock = Clock::manual();
    let mock = Mock::builder()
        .model(names.parse::<Model>().unwrap())
        .clock(clock.clone())
        .build();
    mock.connect().unwrap();
    (mock, clock)
}

/// Reads the timestamp and value of a pair.
pub(crate) fn read(
    mock: &Mock,
    entity: EntityId,
    field: FieldId,
) -> (Timestamp, Result<OwnedValue, NoValue>) {
    let mut samples = Samples::new();
    mock.latest(&Query::new([(vec![entity], vec![field])]), &mut samples)
        .unwrap();
    let sample = samples.get(0).unwrap();
    (sample.timestamp, sample.value.map(Value::into_owned))
}

pub(crate) fn gauges(mock: &Mock, entity: EntityId) -> Watch {
    mock.watch(&WatchRequest::new([entity], [FieldId::GPU_TEMP]))
        .unwrap()
}

pub(crate) fn int(model: &Model, entity: EntityId, field: FieldId, at: u64) -> i64 {
    match model.value(entity, field, secs(at)) {
        Ok(OwnedValue::Int(value)) => value,
        other => panic!("{entity} {field}: {other:?}"),
    }
}

pub(crate) fn number(model: &Model, entity: EntityId, field: FieldId, at: f64) -> f64 {
    let value = model
        .value(entity, field, Duration::from_secs_f64(at))
        .unwrap();
    value.as_value().as_f64().unwrap()
}
