//! Outages, losses, hangs and panics.

use dcgm::{EntityId, Error, FieldId, NoValue, Operation, ReturnCode};

use crate::testing::{Fake, Harness, SECOND, gpu, refused};
use crate::{ErrorKind, MeterState};

/// The series of a GPU that are levels, and those that are counters.
const LEVELS: usize = 45;
const COUNTERS: usize = 35;
/// Gauges and counters of a GPU that only profiling fields have.
const PROFILED: (usize, usize) = (8, 4);

/// Returns the number of gauges for `gpus` GPUs and the host.
const fn levels(gpus: usize) -> usize {
    gpus * LEVELS + 1
}

/// Waits until a change counts as stable.
fn settle(harness: &Harness<Fake>) {
    harness.sample();
    harness.tick_after(SECOND);
}

fn call(function: &'static str, code: ReturnCode) -> Error {
    Error::Call { function, code }
}

#[test]
fn levels_vanish_with_the_connection_and_counters_hold() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(2), 2 * COUNTERS));

    fake.fail("list", refused());
    fake.fail("connect", refused());
    // During another call, and then at the next call.
    for lost in 1..=2 {
        let failure = harness.sample_error();
        assert_eq!(failure.kind, ErrorKind::Connect);
        assert_eq!(harness.health().errors(ErrorKind::Connect), lost);
        assert_eq!(harness.health().reason, Some(failure));
        assert_eq!(harness.levels_and_counters(), (0, 2 * COUNTERS));
    }
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    assert_eq!((health.entities, health.series), (0, 2 * COUNTERS));

    fake.heal();
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(2), 2 * COUNTERS));
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!((health.reason, health.reconnects), (None, 1));
}

#[test]
fn a_call_that_timed_out_ends_the_connection() {
    let cancelled = Error::Timeout {
        operation: Operation::Read,
        after: SECOND,
    };
    // By our clock, and by DCGM's own.
    for error in [
        cancelled,
        call("dcgmEntitiesGetLatestValues", ReturnCode::TIMEOUT),
    ] {
        let fake = Fake::with_gpus(1);
        let harness = Harness::new(&fake);
        harness.sample();
        fake.fail("latest", error);
        assert_eq!(harness.sample_error().kind, ErrorKind::Timeout);
        assert_eq!(harness.levels_and_counters(), (0, COUNTERS));
        assert_eq!(harness.health().errors(ErrorKind::Timeout), 1);
        fake.heal();
        harness.sample();
        assert_eq!(fake.count("connect"), 2);
    }
}

#[test]
fn one_failed_read_costs_nothing_until_values_expire() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.fail(
        "latest",
        call("dcgmEntitiesGetLatestValues", ReturnCode::GENERIC_ERROR),
    );
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Read);
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
    harness.advance(SECOND * 2);
    assert_eq!(harness.levels_and_counters(), (0, COUNTERS));
    fake.heal();
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn an_engine_that_answers_and_samples_no_more_is_found_out() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.edit(|state| state.sampling = false);
    harness.sample();
    harness.advance(SECOND * 2);
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert_eq!(harness.levels_and_counters(), (0, COUNTERS));
    assert_eq!(harness.health().last_sample_age, Some(SECOND * 3));
    fake.edit(|state| state.sampling = true);
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn values_of_a_sampler_that_hangs_vanish_too() {
    let harness = Harness::new(&Fake::with_gpus(1));
    harness.sample();
    // From here on the thread hangs.
    harness.advance(SECOND * 3);
    assert_eq!(harness.levels_and_counters(), (0, COUNTERS));
}

#[test]
fn an_engine_clock_that_steps_back_is_no_outage() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.edit(|state| state.micros = 7);
    harness.advance(SECOND);
    harness.sample();
    harness.advance(SECOND * 2);
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn a_host_without_a_gpu_is_degraded_and_a_gpu_that_comes_is_seen() {
    let fake = Fake::with_gpus(1);
    let gpus = fake.edit(|state| std::mem::take(&mut state.entities));
    let harness = Harness::new(&fake);
    assert_eq!(harness.sample_error().kind, ErrorKind::Enumerate);
    assert!(!harness.health().is_ready());
    fake.edit(|state| state.entities = gpus);
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn a_gpu_that_is_gone_leaves_its_totals() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 5.0);
    harness.sample();
    let lost = fake.edit(|state| state.entities.pop());
    settle(&harness);
    // And its four series of hw.status, which report the failure.
    assert_eq!(harness.levels_and_counters(), (levels(1) + 4, 2 * COUNTERS));
    let failed = |id: &str| {
        let mut states = harness.values("hw.status", "hw.state");
        states.retain(|(of, state, _)| of == id && state == "failed");
        states.pop().map(|(_, _, value)| value)
    };
    assert_eq!((failed("GPU-a0"), failed("GPU-a1")), (Some(0.0), Some(1.0)));
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 1);
    let replays = || {
        let mut values = harness.values("hw.errors", "error.type");
        values.retain(|(_, kind, _)| kind == "pcie_replay");
        values
            .into_iter()
            .map(|(id, _, value)| (id, value))
            .collect::<Vec<_>>()
    };
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 4.0)]);
    assert_eq!(harness.health().entities, 1);

    // It was reset meanwhile, and counts from zero.
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 2.0);
    fake.edit(|state| state.entities.extend(lost));
    settle(&harness);
    assert_eq!(failed("GPU-a1"), Some(0.0));
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 6.0)]);
    assert_eq!(harness.health().counter_resets, 1);
}

#[test]
fn a_gpu_that_lost_its_watch_is_enumerated_again() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    let before = fake.edit(|state| {
        let before = state.values.clone();
        for (key, value) in &mut state.values {
            if key.0 == EntityId::gpu(1) {
                *value = Err(NoValue::NotWatched);
            }
        }
        before
    });
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    harness.advance(SECOND);
    harness.sample();
    assert_eq!(fake.count("entities"), 2);
    fake.edit(|state| state.values = before);
    // The watch is retried after a minute.
    harness.advance(SECOND * 60);
    settle(&harness);
    assert_eq!(harness.levels_and_counters(), (levels(2), 2 * COUNTERS));
}

#[test]
fn a_panic_of_the_client_is_contained_counted_and_survived() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    for call in [
        "connect", "engine", "list", "entities", "watch", "latest", "close",
    ] {
        fake.edit(|state| state.panics = Some(call));
        let outcome = harness.meter().sample_now();
        if call == "close" {
            outcome.unwrap();
        } else {
            let failure = outcome.unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Panic, "{call}");
            assert!(failure.message.contains("on purpose"), "{failure}");
            assert_eq!(harness.levels_and_counters().0, 0, "{call}");
        }
    }
    assert_eq!(harness.health().errors(ErrorKind::Panic), 6);
    fake.heal();
    harness.sample();
    assert_eq!(harness.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn profiling_held_by_another_program_costs_profiling_metrics_only() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail(
        "watch profiling",
        call("dcgmWatchFields", ReturnCode::IN_USE),
    );
    let harness = Harness::new(&fake);
    harness.sample();
    let (gauges, counters) = PROFILED;
    assert_eq!(
        harness.levels_and_counters(),
        (levels(1) - gauges, COUNTERS - counters)
    );
    assert_eq!(harness.health().errors(ErrorKind::Watch), 1);
    assert!(harness.health().is_ready());
}

#[test]
fn profiling_that_the_hardware_lacks_is_no_fault() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail(
        "watch profiling",
        call("dcgmWatchFields", ReturnCode::NOT_SUPPORTED),
    );
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(harness.health().errors(ErrorKind::Watch), 0);
    assert!(harness.health().is_ready());
}

#[test]
fn a_refused_watch_is_reported_and_retried() {
    let fake = Fake::with_gpus(1);
    fake.fail(
        "watch",
        call("dcgmWatchFields", ReturnCode::NVML_NOT_LOADED),
    );
    let values = fake.edit(|state| std::mem::take(&mut state.values));
    let harness = Harness::new(&fake);
    let failure = harness.sample_error();
    assert_eq!(failure.kind, ErrorKind::Watch);
    assert!(failure.hint.unwrap().contains("driver"));
    fake.edit(|state| state.values = values);
    fake.heal();
    harness.sample();
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn samples_of_an_engine_that_watches_nothing_are_shown() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| {
        let held = FieldId::GPU_TEMP;
        state.values.retain(|(_, field), _| *field == held);
    });
    let refusal = || call("dcgmWatchFields", ReturnCode::NVML_NOT_LOADED);
    fake.fail("watch", refusal());
    fake.fail("watch profiling", refusal());
    let harness = Harness::new(&fake);
    harness.sample();
    let temperature = || harness.value("hw.temperature", "hw.sensor_location", "gpu");
    assert_eq!(temperature(), Some(1.0));
    assert_eq!(harness.health().errors(ErrorKind::Watch), 1);
    // Nothing samples: an injected value is shown as long as any other value.
    fake.edit(|state| state.sampling = false);
    harness.advance(SECOND * 3);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert_eq!(temperature(), None);
}

#[test]
fn samples_that_failed_are_counted_once_a_tick_and_degrade_nothing() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.lose(0, FieldId::GPU_TEMP, NoValue::Stale);
    fake.lose(
        0,
        FieldId::MEMORY_TEMP,
        NoValue::Code(ReturnCode::GPU_IS_LOST),
    );
    harness.sample();
    assert_eq!(harness.health().errors(ErrorKind::Read), 1);
    assert!(harness.health().is_ready());
    assert_eq!(harness.levels_and_counters(), (levels(1) - 2, COUNTERS));
}

#[test]
fn two_gpus_of_one_uuid_fall_back_to_what_tells_them_apart() {
    let fake = Fake::with_gpus(2);
    fake.edit(|state| {
        state.entities.clear();
        for id in 0..2 {
            let mut twin = gpu(id);
            twin.uuid = Some("GPU-same".into());
            twin.pci_bus_id = (id == 0).then(|| "00000000:1B:00.0".into());
            state.entities.push(twin);
        }
    });
    let harness = Harness::new(&fake);
    harness.sample();
    let ids: Vec<_> = harness
        .values("hw.power", "hw.type")
        .into_iter()
        .map(|(id, _, _)| id)
        .collect();
    assert_eq!(ids, ["00000000:1B:00.0", "gpu-1"]);
}
