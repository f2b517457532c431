//! A monitor on an engine that is killed, stopped and started again.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dcgm::monitor::{Event, EventStream, Monitor};
use dcgm::{Deadlines, Engine, EngineOptions, FieldId};

use super::process::Process;
use super::{ALONE, INTERVAL, PATIENCE};

/// Takes events until one of this kind; returns how many samples came before it.
fn wait_for(events: &EventStream, what: &str, is_it: impl Fn(&Event) -> bool) -> usize {
    let begin = Instant::now();
    let mut samples = 0;
    while begin.elapsed() < PATIENCE {
        match events.next_timeout(Duration::from_millis(100)) {
            Some(event) if is_it(&event) => return samples,
            Some(Event::Sample(_)) => samples += 1,
            Some(Event::Silent(_) | Event::Recovered) | None => {}
            Some(other) => panic!("{what}: {other:?}"),
        }
    }
    panic!("no {what}");
}

#[test]
fn a_monitor_outlives_engines_that_are_killed_and_stopped() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("unix://{}", folder.path().join("engine").display());
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let began = began.expect("after 1970").as_micros();
    let mut process = Process::start(&address, began);
    let options = EngineOptions::standalone(address.parse().expect("an endpoint"))
        .with_library(library)
        .with_deadlines(Deadlines::for_interval(INTERVAL));
    let events = Monitor::new(Arc::new(Engine::new(options)))
        .with_interval(Duration::from_millis(200))
        .with_fields([FieldId::GPU_TEMP])
        .start(10_000)
        .expect("a thread");
    let is_connected = |event: &Event| matches!(event, Event::Connected(_));
    let is_lost = |event: &Event| matches!(event, Event::Disconnected(_));
    let is_sample = |event: &Event| matches!(event, Event::Sample(_));
    wait_for(&events, "connection", is_connected);
    wait_for(&events, "list", |event| {
        matches!(event, Event::TopologyChanged { .. })
    });
    wait_for(&events, "sample", is_sample);
    for _ in 0..3 {
        process.kill();
        wait_for(&events, "loss", is_lost);
        process = Process::start(&address, began);
        // The same GPU: no change of topology, and its samples go on.
        assert_eq!(wait_for(&events, "reconnection", is_connected), 0);
        wait_for(&events, "sample", is_sample);
    }
    // An engine that does not reply is lost when the deadline has passed.
    process.signal("STOP");
    wait_for(&events, "loss", is_lost);
    process.signal("CONT");
    wait_for(&events, "reconnection", is_connected);
    wait_for(&events, "sample", is_sample);
    assert_eq!(events.dropped(), 0);
    drop(events);
    process.kill();
}
