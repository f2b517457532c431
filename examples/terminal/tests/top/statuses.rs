//! Lost, paused, detached and fake GPUs.

use std::sync::atomic::Ordering;

use crate::fixture::{Fixture, PatchedClient, default_text};
use dcgm::{Client as _, EntityId, EntityKind, EntityStatus, Timestamp};
use dcgm_terminal::{ConnectionState, GpuStatus, HostView};

/// Start of a manual clock: 2026-01-01 00:00:00 UTC.
const CLOCK_START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn lost_since(view: &HostView, gpu: usize) -> Option<Timestamp> {
    let status = &view.gpus[gpu].status;
    assert!(
        matches!(status, GpuStatus::Lost { .. }),
        "GPU {gpu} is {status:?}"
    );
    match status {
        GpuStatus::Lost { since, .. } => *since,
        _ => None,
    }
}

#[test]
fn gpu_that_falls_off_the_bus_stays_listed_until_it_is_back() {
    let mut fixture = Fixture::new("8xh100,xid79");
    let view = fixture.read_for(299);
    assert!(view.events.is_empty() && view.gpus.len() == 8);
    let view = fixture.read_for(10);
    assert_eq!(view.events[0].text, "XID 79");
    assert_eq!(view.events[0].entity, EntityId::gpu(4));
    let since = lost_since(&view, 4).unwrap();
    let seconds = since.since(CLOCK_START).as_secs();
    assert!((298..=300).contains(&seconds), "{seconds}");
    let text = default_text(&view);
    assert!(
        text.contains("LOST since 2026-01-01 00:0") && text.contains(" UTC: fell off the bus"),
        "{text}"
    );
    assert!(
        text.contains("gpu:4  XID 79") && text.contains("8 GPUs (1 lost)"),
        "{text}"
    );
    // Between 6 and 10 minutes the simulated engine does not list the GPU.
    let view = fixture.read_for(60);
    assert_eq!(view.gpus.len(), 8);
    assert_eq!(lost_since(&view, 4), Some(since));
    assert_eq!(view.connection, ConnectionState::Connected);
    let view = fixture.read_for(240);
    assert_eq!((view.gpus.len(), &view.gpus[4].status), (8, &GpuStatus::Ok));
    assert_eq!(view.events.len(), 1, "an event is reported once");
}

#[test]
fn gpu_that_was_lost_before_the_start_is_listed() {
    let (mut fixture, patch) = PatchedClient::fixture("8xh100");
    patch.statuses.lock().unwrap().push((5, EntityStatus::LOST));
    let view = fixture.read_for(10);
    assert_eq!(view.gpus.len(), 8);
    assert_eq!(lost_since(&view, 5), None);
    assert!(view.gpus[5].utilization.is_none());
    let others = view.gpus.iter().filter(|gpu| gpu.id != 5);
    assert!(others.clone().count() == 7 && others.clone().all(|gpu| gpu.status == GpuStatus::Ok));
    let text = default_text(&view);
    assert!(
        text.contains("LOST since before this program started: fell off the bus"),
        "{text}"
    );
    // It is not watched, and its presence does not open a session in each read.
    let watched = patch.watched.lock().unwrap().clone();
    let values = watched.iter().filter(|request| !request.events);
    assert!(values.clone().count() == 3);
    for request in values {
        assert!(!request.entities.contains(&EntityId::gpu(5)), "{request:?}");
    }
    assert!(patch.entity_requests.load(Ordering::Relaxed) <= 3);
    patch.statuses.lock().unwrap().clear();
    let view = fixture.read_for(3);
    assert_eq!(view.gpus[5].status, GpuStatus::Ok);
    assert!(view.gpus[5].utilization.is_some());
}

#[test]
fn gpu_that_is_no_longer_listed_is_lost() {
    let (mut fixture, patch) = PatchedClient::fixture("8xh100");
    fixture.read_for(5);
    patch.missing.lock().unwrap().push(2);
    let view = fixture.read_for(3);
    assert_eq!(view.gpus.len(), 8);
    let since = lost_since(&view, 2).unwrap();
    assert_eq!(since.since(CLOCK_START).as_secs(), 5);
    let text = default_text(&view);
    assert!(text.contains(" UTC: no longer listed"), "{text}");
    patch.missing.lock().unwrap().clear();
    assert_eq!(fixture.read_for(2).gpus[2].status, GpuStatus::Ok);
}

#[test]
fn paused_and_detached_gpus_are_no_failures() {
    for (status, expected, text, summary) in [
        (
            EntityStatus::DISABLED,
            GpuStatus::Paused,
            "paused: telemetry is paused",
            "8 GPUs (8 paused)",
        ),
        (
            EntityStatus::DETACHED,
            GpuStatus::Detached,
            "detached from the engine",
            "8 GPUs (8 detached)",
        ),
    ] {
        let (mut fixture, patch) = PatchedClient::fixture("8xh100");
        fixture.read_for(5);
        // The engine goes on listing the GPUs and takes no samples.
        fixture.mock.freeze_sampling(true);
        *patch.statuses.lock().unwrap() = (0..8).map(|gpu| (gpu, status)).collect();
        let view = fixture.read_for(10);
        assert_eq!(view.connection, ConnectionState::Connected);
        assert!(view.gpus.iter().all(|gpu| gpu.status == expected));
        let drawn = default_text(&view);
        assert!(drawn.contains(text) && drawn.contains(summary), "{drawn}");
        assert!(
            !drawn.contains("LOST") && !drawn.contains("STALE"),
            "{drawn}"
        );
        assert!(!drawn.contains("util"), "old values are shown:\n{drawn}");
        patch.statuses.lock().unwrap().clear();
        fixture.mock.freeze_sampling(false);
        let view = fixture.read_for(12);
        assert!(view.gpus.iter().all(|gpu| gpu.status == GpuStatus::Ok));
    }
}

#[test]
fn states_are_requested_rarely_while_a_gpu_has_no_values() {
    let (mut fixture, patch) = PatchedClient::fixture("8xh100");
    *patch.statuses.lock().unwrap() = vec![(0, EntityStatus::DISABLED)];
    fixture.read_for(61);
    let requests = patch.entity_requests.load(Ordering::Relaxed);
    assert!((3..=5).contains(&requests), "{requests} in a minute");
}

#[test]
fn renumbered_gpus_keep_their_own_history() {
    let (mut fixture, patch) = PatchedClient::fixture("8xh100");
    let counter = dcgm::FieldId::PCIE_REPLAY_COUNTER;
    fixture.mock.set(EntityId::gpu(3), counter, 10);
    fixture.mock.set(EntityId::gpu(4), counter, 500);
    fixture.read_for(3);
    // The engine restarts without GPU 3: the next one gets its id.
    let all = fixture.mock.entities(&[EntityKind::GPU]).unwrap();
    let mut renumbered = all[4].clone();
    renumbered.id = EntityId::gpu(3);
    fixture.mock.add_entity(renumbered);
    fixture.mock.set(EntityId::gpu(3), counter, 500);
    patch.missing.lock().unwrap().push(4);
    fixture.mock.stop_engine();
    fixture.read();
    fixture.mock.start_engine();
    let view = fixture.read_for(3);
    let by_uuid = |uuid: &Option<_>| {
        let mut gpus = view.gpus.iter();
        gpus.find(|gpu| gpu.uuid == *uuid).unwrap()
    };
    assert_eq!(view.gpus.len(), 8);
    let lost = by_uuid(&all[3].uuid);
    assert!(matches!(lost.status, GpuStatus::Lost { .. }));
    let moved = by_uuid(&all[4].uuid);
    assert_eq!((moved.id, &moved.status), (3, &GpuStatus::Ok));
}

#[test]
fn unknown_status_is_no_loss_and_a_fake_gpu_is_marked() {
    let mut fixture = Fixture::new("1xl4");
    let mut gpu = dcgm::Entity::new(EntityId::gpu(0));
    gpu.status = EntityStatus::from_raw(77);
    fixture.mock.add_entity(gpu.clone());
    let view = fixture.read();
    assert_eq!(view.gpus[0].status, GpuStatus::Ok);
    assert!(!default_text(&view).contains("FAKE"));
    gpu.status = EntityStatus::FAKE;
    fixture.mock.add_entity(gpu);
    fixture.mock.stop_engine();
    fixture.read();
    fixture.mock.start_engine();
    let text = default_text(&fixture.read());
    assert!(text.contains("FAKE: no hardware"), "{text}");
}
