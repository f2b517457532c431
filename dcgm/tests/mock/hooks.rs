//! Hooks at calls and samples, and refusals by entity.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dcgm::mock::{Call, Mock};
use dcgm::{
    Client, Cursor, EntityId, EntityKind, Error, FieldId, Query, ReturnCode, Samples, Timestamp,
    Value, WatchRequest,
};

use crate::{gauges, mock, read, secs};

fn error(code: ReturnCode) -> Error {
    let function = Call::List.function();
    Error::Call { function, code }
}

fn list(mock: &Mock) -> dcgm::Result<()> {
    mock.list(EntityKind::GPU, &mut Vec::new())
}

#[test]
fn call_hook_sees_every_call_and_can_use_the_mock() {
    let (mock, clock) = mock("1xl4");
    let seen = Arc::new(AtomicUsize::new(0));
    let (count, inner) = (Arc::clone(&seen), mock.clone());
    mock.on_call(move |call| {
        count.fetch_add(1, Ordering::Relaxed);
        inner.clock().advance(secs(1));
        assert!(inner.calls(call) > 0);
        Ok(())
    });
    let watch = gauges(&mock, EntityId::gpu(0));
    let mut samples = Samples::new();
    mock.build_info().unwrap();
    list(&mock).unwrap();
    mock.entities(&[EntityKind::GPU]).unwrap();
    mock.links().unwrap();
    mock.latest(&Query::from_watches([&watch]), &mut samples)
        .unwrap();
    mock.events(&watch, &mut Cursor::new(), &mut samples)
        .unwrap();
    mock.update().unwrap();
    let request = dcgm::health::HealthRequest::new([EntityId::gpu(0)]);
    mock.health().watch(&request).unwrap();
    mock.policies().get(&[]).unwrap();
    #[cfg(feature = "admin")]
    let _ = mock.admin().enforce_config(&[EntityId::gpu(0)]).unwrap();
    mock.config().target(&[EntityId::gpu(0)]).unwrap();
    mock.diagnostics().stop().unwrap();
    #[cfg(feature = "testing")]
    mock.testing().create_fakes(&[]).unwrap();
    mock.host_engine().memory_bytes().unwrap();
    mock.jobs().job_ids().unwrap();
    mock.processes().process(1).unwrap_err();
    mock.history().field_meta(FieldId::GPU_TEMP).unwrap();
    mock.profiling().metric_groups(EntityId::gpu(0)).unwrap();
    mock.topology().gpu_topology(EntityId::gpu(0)).unwrap();
    mock.close();
    mock.connect().unwrap();
    // `backend` has no hook.
    let all = Call::ALL.len() - 1;
    assert_eq!(seen.load(Ordering::Relaxed), all);
    assert_eq!(clock.now(), secs(all as u64));
}

#[test]
fn call_hook_error_fails_the_call_until_replaced() {
    let (mock, _) = mock("1xl4");
    mock.on_call(|call| match call {
        Call::List => Err(error(ReturnCode::GENERIC_ERROR)),
        _ => Ok(()),
    });
    for _ in 0..2 {
        let failed = list(&mock).unwrap_err();
        assert_eq!(failed.code(), Some(ReturnCode::GENERIC_ERROR));
    }
    mock.entities(&[EntityKind::GPU]).unwrap();
    mock.clear_faults();
    assert!(list(&mock).is_err(), "a hook is no planned fault");
    // An error of the connection ends the session, as a planned error does.
    mock.on_call(|_| Err(error(ReturnCode::CONNECTION_NOT_VALID)));
    assert!(list(&mock).unwrap_err().is_disconnected());
    assert!(!mock.is_connected());
    assert!(matches!(list(&mock), Err(Error::NotConnected)));
    mock.on_call(|_| Ok(()));
    mock.connect().unwrap();
    list(&mock).unwrap();
}

#[test]
fn sample_hook_changes_values_and_timestamps() {
    let (mock, clock) = mock("1xl4");
    let gpu = EntityId::gpu(0);
    let _watch = gauges(&mock, gpu);
    mock.on_sample(|sample| {
        sample.value = Ok(Value::Text("odd"));
        sample.timestamp = Timestamp::from_micros(7);
    });
    let (timestamp, value) = read(&mock, gpu, FieldId::GPU_TEMP);
    assert_eq!(timestamp, Timestamp::from_micros(7));
    assert_eq!(value.unwrap().as_value(), Value::Text("odd"));
    // The hook can use the mock: it holds no lock.
    let inner = mock.clone();
    mock.on_sample(move |sample| {
        let calls = i64::try_from(inner.calls(Call::Latest)).unwrap();
        sample.value = Ok(Value::Int(calls));
    });
    clock.advance(secs(1));
    assert_eq!(
        read(&mock, gpu, FieldId::GPU_TEMP).1.unwrap().as_value(),
        Value::Int(2)
    );
}

#[test]
fn sample_hook_sees_events_and_costs_none() {
    let (mock, clock) = mock("1xl4");
    let gpu = EntityId::gpu(0);
    let xids = mock
        .watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))
        .unwrap();
    mock.on_sample(|sample| sample.timestamp = Timestamp::NEVER);
    let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
    for code in [31, 43] {
        clock.advance(secs(1));
        mock.push_event(gpu, FieldId::XID_ERRORS, code);
        mock.events(&xids, &mut cursor, &mut samples).unwrap();
        let read: Vec<_> = samples
            .iter()
            .map(|one| (one.timestamp, one.value))
            .collect();
        assert_eq!(read, [(Timestamp::NEVER, Ok(Value::Int(code)))]);
    }
}

#[test]
fn refused_entity_costs_its_own_watch() {
    let (mock, _) = mock("8xh100");
    let [refused, other] = [1, 2].map(EntityId::gpu);
    mock.refuse_entity(refused, error(ReturnCode::NO_PERMISSION));
    let both = WatchRequest::new([refused, other], [FieldId::GPU_TEMP]);
    let watch = mock.watch(&both).unwrap();
    assert_eq!(watch.entities(), [other]);
    let [refusal] = watch.refusals() else {
        panic!("{:?}", watch.refusals())
    };
    assert_eq!(refusal.entity, Some(refused));
    assert_eq!(refusal.error.code(), Some(ReturnCode::NO_PERMISSION));
    let alone = WatchRequest::new([refused], [FieldId::GPU_TEMP]);
    let failed = mock.watch(&alone).unwrap_err();
    assert_eq!(failed.code(), Some(ReturnCode::NO_PERMISSION));
    mock.clear_faults();
    assert_eq!(mock.watch(&both).unwrap().entities(), [refused, other]);
}

#[test]
fn stopped_engine_keeps_values_and_entities_and_no_history() {
    let (mock, clock) = mock("8xh100");
    let (here, gone) = (EntityId::gpu(0), EntityId::gpu(1));
    for value in 0..10 {
        mock.set(here, FieldId::GPU_TEMP, value);
        clock.advance(secs(1));
    }
    mock.set(here, FieldId::SM_CLOCK, 1);
    mock.unset(here, FieldId::SM_CLOCK);
    let entity = mock.model().host().entity(gone).unwrap().clone();
    mock.remove_entity(gone);
    mock.add_entity(entity);
    mock.remove_entity(gone);
    mock.freeze_sampling(true);
    clock.advance(secs(1));
    mock.freeze_sampling(false);
    mock.push_event_at(here, FieldId::XID_ERRORS, 79, secs(100));
    mock.stop_engine();
    clock.advance(secs(1));
    mock.start_engine();
    mock.close();
    mock.connect().unwrap();
    assert_eq!(mock.entities(&[EntityKind::GPU]).unwrap().len(), 7);
    let _watch = gauges(&mock, here);
    let value = |field| {
        read(&mock, here, field)
            .1
            .map(|value| value.as_value().as_f64())
    };
    assert_eq!(value(FieldId::GPU_TEMP), Ok(Some(9.0)));
    let _clock = mock
        .watch(&WatchRequest::new([here], [FieldId::SM_CLOCK]))
        .unwrap();
    assert_ne!(value(FieldId::SM_CLOCK), Ok(Some(1.0)));
    let xids = mock
        .watch(&WatchRequest::events([here], [FieldId::XID_ERRORS]))
        .unwrap();
    clock.set(secs(101));
    let mut samples = Samples::new();
    mock.events(&xids, &mut Cursor::new(), &mut samples)
        .unwrap();
    assert_eq!(samples.iter().count(), 1);
}
