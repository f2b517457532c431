//! An engine in a worker behaves like one in the process.

use std::time::Duration;

use dcgm::{
    Client, Cursor, EntityId, EntityKind, FieldId, OwnedSample, Query, Samples, WatchRequest,
};

use crate::bench::{Bench, FLAVOURS, embedded, patient, wait_until};

const FIELDS: [FieldId; 5] = [
    FieldId::GPU_TEMP,
    FieldId::POWER_USAGE,
    FieldId::GPU_UTIL,
    FieldId::from_raw(1),
    FieldId::from_raw(50),
];

fn owned(samples: &Samples) -> Vec<OwnedSample> {
    samples.iter().map(dcgm::Sample::into_owned).collect()
}

/// The outcome of each kind.
fn listed(client: &dyn Client, kinds: &[EntityKind]) -> Vec<String> {
    let mut all = Vec::new();
    let outcome = client.list_each(kinds, &mut |kind, ids| all.push(format!("{kind} {ids:?}")));
    outcome.unwrap();
    all
}

#[test]
fn discovery_returns_the_same() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let (native, isolated) = (&bench.native, &bench.isolated);
        let kinds = [
            EntityKind::GPU,
            EntityKind::GPU_INSTANCE,
            EntityKind::SWITCH,
            EntityKind::from_raw(99),
        ];
        assert_eq!(native.build_info().unwrap(), isolated.build_info().unwrap());
        assert_eq!(listed(native, &kinds), listed(isolated, &kinds));
        let gpus = isolated.entity_ids(EntityKind::GPU).unwrap();
        assert_eq!(gpus.len(), 8);
        let entities = native.entities(&kinds).unwrap();
        assert!(entities.iter().any(|entity| entity.uuid.is_some()));
        assert_eq!(entities, isolated.entities(&kinds).unwrap());
        let links = native.links().unwrap();
        assert!(!links.is_empty());
        assert_eq!(links, isolated.links().unwrap());
        assert_eq!(native.backend(), isolated.backend());
        assert!(isolated.backend().is_simulated());
    }
}

#[test]
fn reads_return_the_same_samples() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let gpus: Vec<_> = (0..9).map(EntityId::gpu).collect();
        let request = WatchRequest::new(gpus, FIELDS);
        let watches = (
            bench.native.watch(&request).unwrap(),
            bench.isolated.watch(&request).unwrap(),
        );
        assert_eq!(watches.0.entities(), watches.1.entities());
        assert_eq!(watches.0.fields(), watches.1.fields());
        assert_eq!(
            format!("{:?}", watches.0.refusals()),
            format!("{:?}", watches.1.refusals())
        );
        let queries = (Query::from(&watches.0), Query::from(&watches.1));
        let mut samples = (Samples::new(), Samples::new());
        for _ in 0..3 {
            bench.native.latest(&queries.0, &mut samples.0).unwrap();
            bench.isolated.latest(&queries.1, &mut samples.1).unwrap();
            assert!(samples.0.iter().any(|sample| sample.value.is_ok()));
            assert_eq!(owned(&samples.0), owned(&samples.1));
            bench.control.advance(Duration::from_secs(30));
        }
    }
}

#[test]
fn events_are_read_once_and_by_a_new_worker_too() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let gpu = EntityId::gpu(1);
        let request = WatchRequest::events([gpu], [FieldId::XID_ERRORS]);
        let watch = bench.isolated.watch(&request).unwrap();
        let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
        let mut read = |watch, code: i64| {
            bench.control.advance(Duration::from_secs(10));
            let at = bench.control.now();
            assert!(
                bench
                    .control
                    .put_int(1, FieldId::XID_ERRORS.raw(), at, code)
            );
            bench.control.advance(Duration::from_secs(1));
            let mut seen = Vec::new();
            for _ in 0..2 {
                let read = bench.isolated.events(watch, &mut cursor, &mut samples);
                read.unwrap();
                seen.extend(
                    samples
                        .iter()
                        .filter_map(|sample| sample.value.ok()?.as_i64()),
                );
            }
            seen
        };
        assert_eq!(read(&watch, 79), [79]);
        assert_eq!(read(&watch, 48), [48]);
        bench.isolated.close();
        bench.isolated.connect().unwrap();
        let again = bench.isolated.watch(&request).unwrap();
        assert_eq!(read(&again, 94), [94]);
        // The watch of the worker that has ended.
        let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
        let old = bench.isolated.events(&watch, &mut cursor, &mut samples);
        assert_eq!(old.unwrap_err().code(), Some(dcgm::ReturnCode::NOT_WATCHED));
    }
}

#[test]
fn a_dropped_watch_ends_in_the_engine() {
    let bench = Bench::new(FLAVOURS[0]);
    let before = bench.control.open().watches;
    let request = WatchRequest::new([EntityId::gpu(0)], FIELDS);
    let watch = bench.isolated.watch(&request).unwrap();
    assert!(bench.control.open().watches > before);
    drop(watch);
    wait_until("the watch ends", || bench.control.open().watches == before);
}

#[test]
fn a_query_that_no_longer_exists_is_forgotten_and_others_are_read() {
    let engine = embedded(patient());
    let gpus = engine.entity_ids(EntityKind::GPU).unwrap();
    let watch = engine.watch(&WatchRequest::new(gpus, FIELDS)).unwrap();
    let kept = Query::from(&watch);
    for _ in 0..20 {
        let query = Query::from(&watch);
        assert_eq!(engine.read(&query).unwrap().len(), 40);
        assert_eq!(engine.read(&kept).unwrap().len(), 40);
    }
    let once = engine.read_once(watch.entities(), &[FieldId::GPU_TEMP]);
    assert_eq!(once.unwrap().len(), 8);
}

#[test]
fn calls_before_connect_and_after_close_are_not_connected() {
    let engine = embedded(patient());
    let pid = engine.worker_id().unwrap();
    engine.connect().unwrap();
    assert_eq!(engine.worker_id(), Some(pid), "the session is kept");
    engine.close();
    engine.close();
    assert_eq!(engine.worker_id(), None);
    let error = engine.build_info().unwrap_err();
    assert!(matches!(error, dcgm::Error::NotConnected), "{error}");
    wait_until("the worker ends", || !crate::bench::is_alive(pid));
}
