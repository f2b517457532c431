//! Devices that are paused, detached, lost or not supported.

use std::collections::BTreeMap;

use dcgm::{EntityId, EntityStatus};

use crate::testing::{Harness, SECOND, fallen};
use crate::{Config, ErrorKind, MeterState};

/// The states that are 1, of each GPU of a harness.
fn gpu_states(harness: &Harness) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    for (name, value) in harness.shown() {
        let state = name
            .strip_prefix("hw.status gpu")
            .and_then(|rest| rest.split_once(' '));
        if let (Some((_, state)), true) = (state, value > 0.0) {
            *states.entry(state.to_owned()).or_default() += 1;
        }
    }
    states
}

/// One interval later, or a second after that, a tick fails with this kind.
fn fails_with(harness: &Harness, kind: ErrorKind) {
    harness.advance(SECOND * 15);
    let outcome = harness.meter().sample_now().and_then(|()| {
        harness.advance(SECOND);
        harness.meter().sample_now()
    });
    assert_eq!(outcome.map_err(|error| error.kind), Err(kind));
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    assert_eq!(health.reason.map(|reason| reason.kind), Some(kind));
}

fn set_all(harness: &Harness, status: EntityStatus) {
    for gpu in 0..8 {
        harness.client.set_status(EntityId::gpu(gpu), status);
    }
}

#[test]
fn paused_telemetry_is_no_failure_of_a_gpu() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    let before = harness.shown();
    set_all(&harness, EntityStatus::DISABLED);
    fails_with(&harness, ErrorKind::Paused);
    fails_with(&harness, ErrorKind::Paused);
    assert_eq!(gpu_states(&harness), [("paused".to_owned(), 8)].into());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
    assert!(
        harness
            .shown()
            .keys()
            .all(|name| !name.starts_with("hw.temperature gpu"))
    );
    set_all(&harness, EntityStatus::OK);
    harness.advance(SECOND * 15);
    assert!(
        harness.meter().sample_now().is_err(),
        "it has to last for a second"
    );
    harness.tick_after(SECOND);
    assert_eq!(gpu_states(&harness), [("ok".to_owned(), 8)].into());
    assert_eq!(fallen(&before, &harness.shown()), [""; 0]);
    assert!(harness.health().is_ready());
}

#[test]
fn a_planned_detach_is_no_failure_of_a_gpu() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    set_all(&harness, EntityStatus::DETACHED);
    fails_with(&harness, ErrorKind::Detached);
    fails_with(&harness, ErrorKind::Detached);
    assert_eq!(gpu_states(&harness), [("detached".to_owned(), 8)].into());
    // The driver is unloaded, and the engine forgets the GPUs.
    for gpu in 0..8 {
        harness.client.remove_entity(EntityId::gpu(gpu));
    }
    // That shows when the entities are gone through again: within a minute. The switches go on.
    for _ in 0..5 {
        harness.advance(SECOND * 15);
        let _ = harness.meter().sample_now();
    }
    harness.tick_after(SECOND);
    assert_eq!(gpu_states(&harness), BTreeMap::new());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

#[test]
fn one_detached_gpu_costs_the_others_nothing() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    harness
        .client
        .set_status(EntityId::gpu(3), EntityStatus::DETACHED);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    let states = [("detached".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.series("hw.gpu.count host"), Some(7.0));
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

#[test]
fn one_paused_gpu_costs_the_others_nothing() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    harness
        .client
        .set_status(EntityId::gpu(3), EntityStatus::DISABLED);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    let states = [("paused".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.series("hw.gpu.count host"), Some(7.0));
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

/// A lost GPU is in no list of supported entities, and neither is one that is detached or gone: the
/// list is the same before and after.
#[test]
fn a_change_of_a_status_that_no_list_shows_is_noticed_within_a_minute() {
    use EntityStatus as S;

    let changes = [
        (S::LOST, Some(S::DETACHED), [("detached", 1), ("ok", 7)]),
        (S::LOST, Some(S::DISABLED), [("ok", 7), ("paused", 1)]),
        (S::DISABLED, Some(S::DETACHED), [("detached", 1), ("ok", 7)]),
        (S::DETACHED, Some(S::LOST), [("failed", 1), ("ok", 7)]),
        (S::DISABLED, Some(S::LOST), [("failed", 1), ("ok", 7)]),
        (S::LOST, None, [("failed", 1), ("ok", 7)]),
        (S::DETACHED, None, [("ok", 7), ("ok", 7)]),
        (S::DISABLED, None, [("ok", 7), ("ok", 7)]),
    ];
    for (before, after, states) in changes {
        let what = format!("{before} to {after:?}");
        let harness = Harness::sampled("8xh100");
        harness.run_until(30);
        let gpu = EntityId::gpu(3);
        harness.client.set_status(gpu, before);
        harness.tick_after(SECOND * 15);
        harness.tick_after(SECOND);
        assert_eq!(gpu_states(&harness).len(), 2, "{what}");
        match after {
            Some(status) => harness.client.set_status(gpu, status),
            None => harness.client.remove_entity(gpu),
        }
        for _ in 0..5 {
            harness.tick_after(SECOND * 15);
        }
        harness.tick_after(SECOND);
        let states = states.map(|(state, count)| (state.to_owned(), count));
        assert_eq!(gpu_states(&harness), states.into(), "{what}");
        assert!(harness.health().is_ready(), "{what}");
    }
}

#[test]
fn a_gpu_lost_before_the_start_has_failed() {
    let harness = Harness::prepared("8xh100", Config::default(), |mock| {
        mock.set_status(EntityId::gpu(5), EntityStatus::LOST);
    });
    harness.run_until(30);
    let states = [("failed".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.ailing(), "gpu5 failed");
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!(health.errors(ErrorKind::GpuLost), 1);
}

#[test]
fn a_gpu_that_dcgm_does_not_support_is_no_failure() {
    let harness = Harness::prepared("8xh100", Config::default(), |mock| {
        mock.set_status(EntityId::gpu(7), EntityStatus::UNSUPPORTED);
    });
    harness.run_until(30);
    assert_eq!(gpu_states(&harness), [("ok".to_owned(), 7)].into());
    harness.assert_well();
}
