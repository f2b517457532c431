#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::BTreeSet;

use super::*;
use crate::code::ReturnCode;
use crate::field::FieldId;
use crate::mock::{Call, Clock, Mock, Model};

const SECOND: Duration = Duration::from_secs(1);

fn supervised(host: &str, kinds: &[EntityKind]) -> (Mock, Supervisor) {
    let mock = Mock::named(host).unwrap();
    let mut engine = Supervisor::new(Arc::new(mock.clone()), kinds);
    assert!(engine.connect().unwrap().is_some());
    (mock, engine)
}

fn refused(function: &'static str, code: ReturnCode) -> Error {
    Error::Call { function, code }
}

fn temperatures(engine: &Supervisor) -> WatchRequest {
    WatchRequest::new(engine.ids(), [FieldId::GPU_TEMP])
}

#[test]
fn a_connection_is_new_once() {
    let (mock, mut engine) = supervised("1xl4", &[EntityKind::GPU]);
    assert!(engine.connect().unwrap().is_none() && engine.is_connected());
    engine.disconnect();
    assert!(!engine.is_connected() && engine.ids().is_empty());
    mock.fail_next(Call::Connect, Error::NotConnected);
    assert!(engine.connect().is_err() && !engine.is_connected());
    assert!(engine.connect().unwrap().is_some());
}

#[test]
fn ids_are_listed_once_a_minute_and_those_of_gpus_when_a_change_is_expected() {
    let kinds = [EntityKind::GPU, EntityKind::SWITCH];
    let (mock, mut engine) = supervised("8xh100", &kinds);
    let switch = mock.model().host().entity(EntityId::switch(3)).cloned();
    let start = Instant::now();
    let listed = |engine: &mut Supervisor, seconds| {
        engine.list_ids(start + SECOND * seconds).unwrap();
        engine.ids().len()
    };
    assert_eq!(listed(&mut engine, 0), 12);
    mock.remove_entity(EntityId::switch(3));
    mock.remove_entity(EntityId::gpu(0));
    assert_eq!(listed(&mut engine, 1), 12);
    engine.expect_changes();
    assert_eq!(listed(&mut engine, 2), 11);
    assert_eq!(listed(&mut engine, 59), 11);
    assert_eq!(listed(&mut engine, 60), 10);
    mock.add_entity(switch.unwrap());
    assert_eq!(listed(&mut engine, 119), 10);
    assert_eq!(listed(&mut engine, 120), 11);
    // What cannot be listed is due again.
    engine.expect_changes();
    mock.fail_next(
        Call::List,
        refused(Call::List.function(), ReturnCode::GENERIC_ERROR),
    );
    assert!(engine.list_ids(start + SECOND * 121).is_err());
    mock.remove_entity(EntityId::gpu(1));
    assert_eq!(listed(&mut engine, 122), 10);
}

#[test]
fn watches_that_fit_are_kept_and_the_others_end() {
    let (mock, mut engine) = supervised("8xh100", &[EntityKind::GPU]);
    engine.list_ids(Instant::now()).unwrap();
    let request = temperatures(&engine);
    for _ in 0..3 {
        engine
            .keep_watches(vec![request.clone()], Vec::new())
            .unwrap();
        assert_eq!((mock.open_watches(), mock.calls(Call::Watch)), (1, 1));
    }
    let powers = WatchRequest::new(engine.ids(), [FieldId::POWER_USAGE]);
    let more = engine.watch_all(vec![powers.clone()]).unwrap();
    engine.keep_watches(vec![powers], more).unwrap();
    assert_eq!((mock.open_watches(), mock.calls(Call::Watch)), (1, 2));
    engine.end_watches_except(&[EntityId::gpu(0)]);
    assert_eq!(mock.open_watches(), 0);
    // A request of nothing is none.
    let nothing = WatchRequest::new([], [FieldId::GPU_TEMP]);
    engine.keep_watches(vec![nothing], Vec::new()).unwrap();
    assert_eq!(mock.calls(Call::Watch), 2);
}

#[test]
fn refused_requests_are_tried_again_with_growing_delays() {
    let (mock, mut engine) = supervised("8xh100", &[EntityKind::GPU]);
    let start = Instant::now();
    engine.list_ids(start).unwrap();
    let code = ReturnCode::IN_USE;
    mock.refuse(FieldId::GPU_TEMP, refused("dcgmWatchFields", code));
    let error = engine.watch_all(vec![temperatures(&engine)]).unwrap_err();
    assert_eq!(error.code(), Some(code));
    assert_eq!(engine.refusal().and_then(Error::code), Some(code));
    engine.schedule_retry(start);
    let before = mock.calls(Call::Watch);
    let mut tries = Vec::new();
    for seconds in 0..3000 {
        let now = start + SECOND * seconds;
        assert_eq!(engine.retry_refused(now).unwrap(), []);
        let calls = mock.calls(Call::Watch) - before;
        if calls > tries.len() as u64 {
            tries.push(seconds);
        }
    }
    assert_eq!(tries, [60, 180, 420, 900, 1500, 2100, 2700]);
    mock.clear_faults();
    let accepted = engine.retry_refused(start + SECOND * 3300).unwrap();
    assert_eq!(accepted.len(), 8);
    engine.forget_refusals();
    assert!(engine.refusal().is_none());
}

#[test]
fn what_the_hardware_lacks_is_not_tried_again() {
    let (mock, mut engine) = supervised("8xh100", &[EntityKind::GPU]);
    engine.list_ids(Instant::now()).unwrap();
    let error = refused("dcgmWatchFields", ReturnCode::NOT_SUPPORTED);
    mock.refuse(FieldId::GPU_TEMP, error);
    engine.watch_all(vec![temperatures(&engine)]).unwrap_err();
    assert!(engine.refusal().is_none());
}

#[test]
fn cursors_survive_a_reconnect() {
    let (mock, mut engine) = supervised("8xh100", &[EntityKind::GPU]);
    let mut samples = Samples::new();
    let mut codes = Vec::new();
    let mut round = |engine: &mut Supervisor, code| {
        engine.connect().unwrap();
        engine.list_ids(Instant::now()).unwrap();
        let request = WatchRequest::events(engine.ids(), [FieldId::XID_ERRORS]);
        let refusal = engine
            .keep_event_watches(vec![request], Vec::new())
            .unwrap();
        assert!(refusal.is_none() && engine.watches_events());
        mock.push_event(EntityId::gpu(1), FieldId::XID_ERRORS, code);
        let mut new = Vec::new();
        let now = Instant::now();
        let is_intact = engine.read_events(SECOND, now, &mut samples, |samples| {
            let values = samples.iter().filter_map(|sample| sample.value.ok());
            new.extend(values.filter_map(|value| value.as_i64()));
        });
        assert!(is_intact.unwrap());
        codes.append(&mut new);
    };
    round(&mut engine, 31);
    engine.disconnect();
    round(&mut engine, 43);
    assert_eq!(
        codes.iter().filter(|code| **code > 0).count(),
        2,
        "{codes:?}"
    );
    assert!(codes.contains(&31) && codes.contains(&43));
}

#[test]
fn events_are_read_when_expected_and_after_their_age() {
    let (mock, mut engine) = supervised("8xh100", &[EntityKind::GPU]);
    let start = Instant::now();
    engine.list_ids(start).unwrap();
    let request = WatchRequest::events(engine.ids(), [FieldId::XID_ERRORS]);
    let requests = vec![request];
    engine
        .keep_event_watches(requests.clone(), Vec::new())
        .unwrap();
    let mut samples = Samples::new();
    let mut calls = |engine: &mut Supervisor, seconds| {
        let now = start + SECOND * seconds;
        let is_intact = engine.read_events(SECOND * 60, now, &mut samples, |_| {});
        assert!(is_intact.unwrap());
        mock.calls(Call::Events)
    };
    // At first.
    assert_eq!(calls(&mut engine, 0), 1);
    assert_eq!(calls(&mut engine, 59), 1);
    assert_eq!(calls(&mut engine, 60), 2);
    engine.expect_events();
    assert_eq!(calls(&mut engine, 61), 3);
    assert_eq!(calls(&mut engine, 62), 3);
    engine.keep_event_watches(requests, Vec::new()).unwrap();
    assert_eq!(calls(&mut engine, 63), 4);
    engine.disconnect();
    engine.connect().unwrap();
    assert_eq!(calls(&mut engine, 64), 4);
}

#[test]
fn cpus_are_not_listed_where_that_can_harm_the_engine() {
    let kinds = [EntityKind::GPU, EntityKind::CPU, EntityKind::CONNECTX];
    for (host, listed) in [("8xh100", 2), ("gb200", 3)] {
        let (_mock, engine) = supervised(host, &kinds);
        assert_eq!(engine.kinds().len(), listed, "{host}");
    }
}

#[test]
fn every_sample_of_a_watch_with_events_is_read_since_a_time() {
    let clock = Clock::manual();
    let model = "8xh100".parse::<Model>().unwrap();
    let mock = Mock::builder().model(model).clock(clock.clone()).build();
    let mut engine = Supervisor::new(Arc::new(mock), [EntityKind::GPU]);
    engine.connect().unwrap();
    engine.list_ids(Instant::now()).unwrap();
    let mut request = temperatures(&engine).with_interval(SECOND / 10);
    request.events = true;
    let mut slow = temperatures(&engine);
    slow.fields = vec![FieldId::POWER_USAGE];
    engine
        .keep_watches(vec![request.clone(), slow.clone()], Vec::new())
        .unwrap();
    let mut samples = Samples::new();
    let read = |engine: &Supervisor, start, samples: &mut Samples| {
        let mut seen = BTreeSet::new();
        let until = engine.read_since(start, samples, |samples| {
            seen.extend(
                samples
                    .iter()
                    .map(|one| (one.entity, one.field, one.timestamp)),
            );
        });
        (seen, until.unwrap())
    };
    clock.advance(SECOND);
    let (first, until) = read(&engine, None, &mut samples);
    assert_eq!(first.len(), 8 * 11);
    assert!(
        first
            .iter()
            .all(|(_, field, _)| *field == FieldId::GPU_TEMP)
    );
    clock.advance(SECOND * 3);
    // Other watches of the same do not lose what was sampled before.
    engine.keep_watches(vec![slow], Vec::new()).unwrap();
    assert_eq!(read(&engine, until, &mut samples).1, None);
    engine.keep_watches(vec![request], Vec::new()).unwrap();
    let (second, later) = read(&engine, until, &mut samples);
    let new = second.difference(&first).count();
    assert_eq!((new, second.len()), (8 * 30, 8 * 31));
    assert_eq!(later.unwrap().since(until.unwrap()), SECOND * 3);
    engine.disconnect();
    assert_eq!(read(&engine, until, &mut samples).1, None);
}
