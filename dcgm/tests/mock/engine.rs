//! The mock as an engine: sessions, watches, samples and events.

use std::time::Duration;

use dcgm::OwnedValue;
use dcgm::{
    BackendKind, Client, ConnectError, Cursor, Entity, EntityId, EntityKind, EntityStatus, Error,
    FieldId, NoValue, ReturnCode, Samples, Timestamp, Value, WatchRequest,
};

use crate::{gauges, int, mock, read, secs};

#[test]
fn backend_is_a_mock() {
    let (mock, _) = mock("8xh100,training");
    let backend = mock.backend();
    assert_eq!(
        (backend.kind, &*backend.target),
        (BackendKind::Mock, "mock:8xh100,training")
    );
    assert!(backend.is_simulated());
    let build = mock.build_info().unwrap();
    assert!(build.is_simulated());
    assert_eq!(build.version().unwrap().to_string(), "4.6.0");
}

#[test]
fn connect_and_close_are_idempotent() {
    let (mock, _) = mock("1xl4");
    let watch = mock.watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]));
    mock.connect().unwrap();
    assert_eq!(mock.open_watches(), 1, "the first session is kept");
    drop(watch);
    mock.close();
    mock.close();
    assert!(matches!(mock.build_info(), Err(Error::NotConnected)));
    mock.connect().unwrap();
    assert!(mock.build_info().is_ok());
}

#[test]
fn lists_match_those_of_an_engine() {
    let (h100, _) = mock("8xh100");
    let mut ids = vec![EntityId::HOST];
    h100.list(EntityKind::SWITCH, &mut ids).unwrap();
    assert_eq!(ids, [0, 1, 2, 3].map(EntityId::switch));
    h100.list(EntityKind::GPU_INSTANCE, &mut ids).unwrap();
    assert!(ids.is_empty());
    for (kind, code) in [
        (EntityKind::CPU, ReturnCode::MODULE_NOT_LOADED),
        (EntityKind::LINK, ReturnCode::NOT_SUPPORTED),
        (EntityKind::HOST, ReturnCode::NOT_SUPPORTED),
    ] {
        let error = h100.list(kind, &mut ids).unwrap_err();
        assert!(
            error.code() == Some(code) && error.is_unsupported(),
            "{kind}"
        );
    }
    let (gb200, _) = mock("gb200");
    gb200.list(EntityKind::CPU_CORE, &mut ids).unwrap();
    assert_eq!(ids.len(), 144);
    let kinds = [EntityKind::CPU, EntityKind::LINK];
    assert_eq!(gb200.entities(&kinds).unwrap().len(), 2);
}

#[test]
fn refusals_do_not_affect_other_pairs() {
    let (mock, _) = mock("consumer");
    let (gpu, ghost) = (EntityId::gpu(0), EntityId::gpu(9));
    let unknown = FieldId::from_raw(9999);
    let fields = [
        FieldId::GPU_TEMP,
        FieldId::PROF_SM_ACTIVE,
        unknown,
        FieldId::POWER_USAGE,
    ];
    let watch = mock
        .watch(&WatchRequest::new([gpu, ghost], fields))
        .unwrap();
    assert_eq!(watch.fields(), [FieldId::GPU_TEMP, FieldId::POWER_USAGE]);
    assert_eq!(watch.entities(), [gpu]);
    let refused: Vec<_> = watch
        .refusals()
        .iter()
        .map(|refusal| (refusal.entity, refusal.field, refusal.error.code()))
        .collect();
    assert_eq!(
        refused,
        [
            (
                None,
                Some(FieldId::PROF_SM_ACTIVE),
                Some(ReturnCode::PROFILING_NOT_SUPPORTED)
            ),
            (None, Some(unknown), Some(ReturnCode::UNKNOWN_FIELD)),
            (Some(ghost), None, Some(ReturnCode::BAD_PARAM)),
        ]
    );
    assert!(read(&mock, gpu, FieldId::GPU_TEMP).1.is_ok());

    let error = mock
        .watch(&WatchRequest::new([gpu], [unknown]))
        .unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::UNKNOWN_FIELD));
    assert_eq!(mock.open_watches(), 1);
}

#[test]
fn samples_are_taken_at_once_then_at_the_interval() {
    let (mock, clock) = mock("8xh100");
    let gpu = EntityId::gpu(0);
    assert_eq!(
        read(&mock, gpu, FieldId::GPU_TEMP),
        (Timestamp::NEVER, Err(NoValue::NotWatched))
    );
    clock.advance(secs(7));
    let watch = gauges(&mock, gpu);
    let taken = |seconds| {
        clock.set(secs(seconds));
        clock.at(read(&mock, gpu, FieldId::GPU_TEMP).0).as_secs()
    };
    assert_eq!(
        [taken(7), taken(21), taken(22), taken(23), taken(37)],
        [7, 7, 22, 22, 37]
    );

    // Another wants it more often.
    let eager = WatchRequest::new([gpu], [FieldId::GPU_TEMP]).with_interval(secs(1));
    let eager = mock.watch(&eager).unwrap();
    assert_eq!([taken(38), taken(41)], [38, 41]);
    drop(eager);
    assert_eq!([taken(45), taken(52)], [41, 52]);

    // After the last watch the last sample stays, and says nothing of its age.
    drop(watch);
    assert_eq!(taken(500), 52);
    assert!(read(&mock, gpu, FieldId::GPU_TEMP).1.is_ok());
    assert_eq!(mock.open_watches(), 0);
}

#[test]
fn mismatched_fields_are_watched_and_never_sampled() {
    let (mock, _) = mock("8xh100");
    let pairs = [
        (EntityId::gpu(0), FieldId::XID_ERRORS),
        (EntityId::switch(0), FieldId::GPU_TEMP),
        (EntityId::gpu(0), FieldId::NVSWITCH_TEMPERATURE_CURRENT),
    ];
    for (entity, field) in pairs {
        let watch = mock.watch(&WatchRequest::new([entity], [field])).unwrap();
        assert_eq!(
            read(&mock, entity, field),
            (Timestamp::NEVER, Err(NoValue::NoData))
        );
        drop(watch);
        assert_eq!(
            read(&mock, entity, field),
            (Timestamp::NEVER, Err(NoValue::NotWatched))
        );
    }
    // What the hardware has not is a sample that says so.
    let _watch = mock
        .watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::FAN_SPEED]))
        .unwrap();
    let (at, value) = read(&mock, EntityId::gpu(0), FieldId::FAN_SPEED);
    assert!(at > Timestamp::NEVER && value == Err(NoValue::NotSupported));
}

#[test]
fn watches_end_with_the_session() {
    let (mock, clock) = mock("1xl4");
    let watch = gauges(&mock, EntityId::gpu(0));
    mock.close();
    assert_eq!(mock.open_watches(), 0);
    mock.connect().unwrap();
    clock.advance(secs(60));
    // The engine lives on, and with it the sample.
    assert_eq!(
        clock.at(read(&mock, EntityId::gpu(0), FieldId::GPU_TEMP).0),
        Duration::ZERO
    );
    let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
    let error = mock.events(&watch, &mut cursor, &mut samples).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));
    drop(watch);
}

#[test]
fn overridden_value_is_sampled_at_once() {
    let (mock, clock) = mock("8xh100");
    let (gpu, field) = (EntityId::gpu(0), FieldId::GPU_TEMP);
    let _watch = gauges(&mock, gpu);
    clock.advance(secs(20));
    mock.set(gpu, field, 99);
    assert_eq!(
        read(&mock, gpu, field),
        (clock.timestamp(secs(20)), Ok(OwnedValue::Int(99)))
    );
    clock.advance(secs(10));
    assert_eq!(
        read(&mock, gpu, field),
        (clock.timestamp(secs(30)), Ok(OwnedValue::Int(99)))
    );
    mock.set_no_value(gpu, field, NoValue::Blank);
    assert_eq!(read(&mock, gpu, field).1, Err(NoValue::Blank));
    mock.unset(gpu, field);
    clock.advance(secs(15));
    assert!(
        read(&mock, gpu, field)
            .1
            .is_ok_and(|value| value != OwnedValue::Int(99))
    );
}

#[test]
fn failed_gpu_is_lost_then_gone_then_back() {
    let (mock, clock) = mock("8xh100,xid79");
    let gpu = EntityId::gpu(4);
    let watch = gauges(&mock, gpu);
    let xids = mock
        .watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))
        .unwrap();
    let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
    let listed = || {
        let mut ids = Vec::new();
        mock.list(EntityKind::GPU, &mut ids).unwrap();
        ids.len()
    };
    let status = || {
        let entities = mock.entities(&[EntityKind::GPU]).unwrap();
        entities
            .iter()
            .find(|entity| entity.id == gpu)
            .map(|entity| entity.status)
    };
    clock.set(secs(330));
    // A lost GPU is described, and not listed as supported.
    assert_eq!((listed(), status()), (7, Some(EntityStatus::LOST)));
    let (at, value) = read(&mock, gpu, FieldId::GPU_TEMP);
    assert!(clock.at(at) == secs(285) && value.is_ok());
    mock.events(&xids, &mut cursor, &mut samples).unwrap();
    let found: Vec<_> = samples
        .iter()
        .map(|xid| (clock.at(xid.timestamp), xid.value))
        .collect();
    assert_eq!(found, [(secs(300), Ok(Value::Int(79)))]);

    clock.set(secs(400));
    assert_eq!((listed(), status()), (7, None));
    assert_eq!(
        read(&mock, gpu, FieldId::GPU_TEMP),
        (Timestamp::NEVER, Err(NoValue::NotWatched))
    );
    assert_eq!(
        mock.links()
            .unwrap()
            .iter()
            .filter(|link| link.parent == gpu)
            .count(),
        0
    );
    let error = mock.events(&xids, &mut cursor, &mut samples).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));

    clock.set(secs(700));
    assert_eq!((listed(), status()), (8, Some(EntityStatus::OK)));
    assert_eq!(
        read(&mock, gpu, FieldId::GPU_TEMP).1,
        Err(NoValue::NotWatched)
    );
    drop(watch);
    let _watch = gauges(&mock, gpu);
    assert!(read(&mock, gpu, FieldId::GPU_TEMP).1.is_ok());
    let xids = mock
        .watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))
        .unwrap();
    mock.events(&xids, &mut cursor, &mut samples).unwrap();
    assert!(samples.is_empty());
    let model = mock.model();
    let energy = |at| int(&model, gpu, FieldId::TOTAL_ENERGY_CONSUMPTION, at);
    assert!(energy(601) < energy(299));
}

#[test]
fn engine_restart_is_reported_once_and_loses_watches() {
    let (mock, clock) = mock("8xh100,restart");
    let gpu = EntityId::gpu(0);
    let _watch = gauges(&mock, gpu);
    let energy = FieldId::TOTAL_ENERGY_CONSUMPTION;
    let _energy = mock.watch(&WatchRequest::new([gpu], [energy])).unwrap();
    let before = read(&mock, gpu, energy).1.unwrap();
    clock.set(secs(310));
    let error = mock.build_info().unwrap_err();
    assert!(error.is_disconnected() && error.code() == Some(ReturnCode::CONNECTION_NOT_VALID));
    assert!(matches!(mock.build_info(), Err(Error::NotConnected)));
    let error = mock.connect().unwrap_err();
    assert!(matches!(
        error,
        Error::Connect {
            cause: ConnectError::Refused,
            ..
        }
    ));
    clock.set(secs(345));
    mock.connect().unwrap();
    assert_eq!(
        read(&mock, gpu, FieldId::GPU_TEMP),
        (Timestamp::NEVER, Err(NoValue::NotWatched))
    );
    let _energy = mock.watch(&WatchRequest::new([gpu], [energy])).unwrap();
    let after = read(&mock, gpu, energy).1.unwrap();
    assert!(after.as_value().as_i64() > before.as_value().as_i64());
}

#[test]
fn restart_between_two_calls_ends_the_session() {
    let (restarting, clock) = mock("1xl4,restart");
    clock.set(secs(400));
    assert!(restarting.build_info().unwrap_err().is_disconnected());

    let (mock, _) = mock("1xl4");
    let _watch = gauges(&mock, EntityId::gpu(0));
    mock.stop_engine();
    mock.start_engine();
    assert_eq!(mock.open_watches(), 0);
    assert!(mock.build_info().unwrap_err().is_disconnected());
    mock.connect().unwrap();
    assert_eq!(
        read(&mock, EntityId::gpu(0), FieldId::GPU_TEMP).1,
        Err(NoValue::NotWatched)
    );
}

#[test]
fn frozen_engine_returns_old_samples() {
    let (mock, clock) = mock("8xh100");
    let gpu = EntityId::gpu(0);
    let _watch = gauges(&mock, gpu);
    let taken = |seconds| {
        clock.set(secs(seconds));
        let (at, value) = read(&mock, gpu, FieldId::GPU_TEMP);
        assert!(value.is_ok());
        clock.at(at).as_secs()
    };
    assert_eq!(taken(31), 30);
    mock.freeze_sampling(true);
    assert_eq!(taken(300), 30);
    mock.freeze_sampling(false);
    assert_eq!([taken(300), taken(315)], [300, 315]);
}

#[test]
fn entities_can_be_added_and_removed() {
    let (mock, _) = mock("8xh100-mig7");
    let count = |kind| {
        let mut ids = Vec::new();
        mock.list(kind, &mut ids).unwrap();
        ids.len()
    };
    let (gpu, instance) = (
        EntityId::gpu(3),
        EntityId::new(EntityKind::GPU_INSTANCE, 24),
    );
    let field = FieldId::FB_USED;
    let _watch = mock
        .watch(&WatchRequest::new([gpu, instance], [field]))
        .unwrap();
    assert!(read(&mock, instance, field).1.is_ok());
    mock.remove_entity(gpu);
    assert_eq!(
        [count(EntityKind::GPU), count(EntityKind::GPU_INSTANCE)],
        [7, 49]
    );
    assert_eq!(read(&mock, instance, field).1, Err(NoValue::NotWatched));

    let mut entity = Entity::new(EntityId::gpu(8));
    entity.uuid = Some("GPU-new".into());
    mock.add_entity(entity);
    let _watch = mock
        .watch(&WatchRequest::new([EntityId::gpu(8)], [FieldId::UUID]))
        .unwrap();
    assert_eq!(
        read(&mock, EntityId::gpu(8), FieldId::UUID).1,
        Ok(OwnedValue::from("GPU-new"))
    );
    assert_eq!(count(EntityKind::GPU), 8);
}
