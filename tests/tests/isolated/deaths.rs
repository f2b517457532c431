//! A worker that dies or hangs costs one error.

use std::thread;
use std::time::{Duration, Instant};

use dcgm::monitor::{Event, Monitor};
use dcgm::{Client as _, EntityId, EntityKind, Error, FieldId, Query, WatchRequest, WorkerEnd};

use crate::bench::{embedded, is_alive, patient, signal, wait_until};

#[test]
fn a_worker_that_is_killed_in_a_call_is_reported_and_the_next_connect_works() {
    let engine = embedded(patient());
    for (name, number) in [("-SEGV", 11), ("-KILL", 9), ("-BUS", 7), ("-FPE", 8)] {
        for round in 0..3 {
            let pid = engine.worker_id().unwrap();
            // Stopped, so that the call is in progress.
            signal("-STOP", pid);
            let error = thread::scope(|scope| {
                let call = scope.spawn(|| match round {
                    0 => engine.entity_ids(EntityKind::GPU).map(drop),
                    1 => engine.entities(&[EntityKind::GPU]).map(drop),
                    _ => engine
                        .watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]))
                        .map(drop),
                });
                thread::sleep(Duration::from_millis(20));
                signal(name, pid);
                if name != "-KILL" {
                    signal("-CONT", pid);
                }
                call.join().unwrap().unwrap_err()
            });
            let Error::WorkerDied { end } = error else {
                panic!("{name}: {error}");
            };
            assert_eq!(end, WorkerEnd::Signal(number));
            assert!(error.is_disconnected() && error.is_transient());
            let error = engine.build_info().unwrap_err();
            assert!(matches!(error, Error::NotConnected), "{error}");
            engine.connect().unwrap();
            assert_eq!(engine.entity_ids(EntityKind::GPU).unwrap().len(), 8);
        }
    }
}

#[test]
fn a_worker_that_is_killed_between_calls_is_reported_by_the_next() {
    let engine = embedded(patient());
    let watch = engine
        .watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]))
        .unwrap();
    let pid = engine.worker_id().unwrap();
    signal("-SEGV", pid);
    wait_until("it dies", || !is_alive(pid));
    let error = engine.read(&Query::from(&watch)).unwrap_err();
    let end = WorkerEnd::Signal(11);
    assert!(
        matches!(error, Error::WorkerDied { end: found } if found == end),
        "{error}"
    );
    drop(watch);
    engine.connect().unwrap();
    engine.build_info().unwrap();
}

#[test]
fn a_hanging_worker_is_killed_at_its_deadline() {
    let deadlines = patient().with_read(Duration::from_millis(300));
    let engine = embedded(deadlines);
    let pid = engine.worker_id().unwrap();
    signal("-STOP", pid);
    let began = Instant::now();
    let error = engine.entity_ids(EntityKind::GPU).unwrap_err();
    let took = began.elapsed();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(took < Duration::from_millis(1300), "{took:?}");
    wait_until("it is killed", || !is_alive(pid));
    engine.connect().unwrap();
    engine.build_info().unwrap();
}

#[test]
fn closing_ends_a_call_in_progress() {
    let engine = embedded(patient());
    let pid = engine.worker_id().unwrap();
    signal("-STOP", pid);
    thread::scope(|scope| {
        let call = scope.spawn(|| engine.build_info());
        thread::sleep(Duration::from_millis(50));
        let began = Instant::now();
        engine.close();
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
        let error = call.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::NotConnected), "{error}");
    });
    wait_until("it is killed", || !is_alive(pid));
}

#[test]
fn a_call_that_waits_for_another_is_busy_in_time() {
    let deadlines = patient().with_read(Duration::from_millis(400));
    let engine = embedded(deadlines);
    let pid = engine.worker_id().unwrap();
    signal("-STOP", pid);
    thread::scope(|scope| {
        // The deadline of this one is 30 s.
        let slow = scope.spawn(|| engine.build_info());
        thread::sleep(Duration::from_millis(50));
        let began = Instant::now();
        let error = engine.entity_ids(EntityKind::GPU).unwrap_err();
        assert!(matches!(error, Error::Busy { .. }), "{error}");
        assert!(began.elapsed() < Duration::from_millis(1400));
        signal("-CONT", pid);
        slow.join().unwrap().unwrap();
    });
}

#[test]
fn a_monitor_connects_again_after_the_death_of_a_worker() {
    let engine = std::sync::Arc::new(embedded(patient()));
    let monitor = Monitor::new(std::sync::Arc::clone(&engine) as std::sync::Arc<dyn dcgm::Client>)
        .with_fields([FieldId::GPU_TEMP])
        .with_interval(Duration::from_millis(100));
    let events = monitor.start(1000).unwrap();
    let wait_for = |what: &str, is_it: fn(&Event) -> bool| {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            match events.next_timeout(Duration::from_secs(20)) {
                Some(event) if is_it(&event) => return,
                _ => {}
            }
        }
        panic!("{what}");
    };
    wait_for("connected", |event| matches!(event, Event::Connected(_)));
    for _ in 0..3 {
        let pid = engine.worker_id().unwrap();
        signal("-SEGV", pid);
        wait_for("disconnected", |event| {
            matches!(event, Event::Disconnected(Error::WorkerDied { .. }))
        });
        wait_for("connected again", |event| {
            matches!(event, Event::Connected(_))
        });
    }
}
