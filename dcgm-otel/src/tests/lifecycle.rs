//! Outages, losses, hangs and panics.

use dcgm::{EntityId, Error, FieldId, NoValue, Operation, ReturnCode};

use super::{Pipeline, SECOND};
use crate::clock::Clock;
use crate::fake::{Fake, gpu, refused};
use crate::{DcgmMeter, ErrorKind, MeterState};

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
fn settle(meter: &DcgmMeter, clock: &Clock) {
    meter.sample_now().unwrap();
    clock.advance(SECOND);
    meter.sample_now().unwrap();
}

fn call(function: &'static str, code: ReturnCode) -> Error {
    Error::Call { function, code }
}

#[test]
fn levels_vanish_with_the_connection_and_counters_hold() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(2);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(2), 2 * COUNTERS));

    fake.fail("list", refused());
    fake.fail("connect", refused());
    // During another call, and then at the next call.
    for lost in 1..=2 {
        let failure = meter.sample_now().unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Connect);
        assert_eq!(meter.health().errors(ErrorKind::Connect), lost);
        assert_eq!(meter.health().reason, Some(failure));
        assert_eq!(pipeline.levels_and_counters(), (0, 2 * COUNTERS));
    }
    let health = meter.health();
    assert_eq!(health.state, MeterState::Degraded);
    assert_eq!((health.entities, health.series), (0, 2 * COUNTERS));

    fake.heal();
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(2), 2 * COUNTERS));
    let health = meter.health();
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
        let pipeline = Pipeline::new();
        let fake = Fake::with_gpus(1);
        let (meter, _clock) = pipeline.meter(&fake);
        meter.sample_now().unwrap();
        fake.fail("latest", error);
        assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Timeout);
        assert_eq!(pipeline.levels_and_counters(), (0, COUNTERS));
        assert_eq!(meter.health().errors(ErrorKind::Timeout), 1);
        fake.heal();
        meter.sample_now().unwrap();
        assert_eq!(fake.count("connect"), 2);
    }
}

#[test]
fn one_failed_read_costs_nothing_until_values_expire() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    fake.fail(
        "latest",
        call("dcgmEntitiesGetLatestValues", ReturnCode::GENERIC_ERROR),
    );
    clock.advance(SECOND);
    assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Read);
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
    clock.advance(SECOND * 2);
    assert_eq!(pipeline.levels_and_counters(), (0, COUNTERS));
    fake.heal();
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn an_engine_that_answers_and_samples_no_more_is_found_out() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    fake.edit(|state| state.sampling = false);
    meter.sample_now().unwrap();
    clock.advance(SECOND * 2);
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
    clock.advance(SECOND);
    assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Stale);
    assert_eq!(pipeline.levels_and_counters(), (0, COUNTERS));
    assert_eq!(meter.health().last_sample_age, Some(SECOND * 3));
    fake.edit(|state| state.sampling = true);
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn values_of_a_sampler_that_hangs_vanish_too() {
    let pipeline = Pipeline::new();
    let (meter, clock) = pipeline.meter(&Fake::with_gpus(1));
    meter.sample_now().unwrap();
    // From here on the thread hangs.
    clock.advance(SECOND * 3);
    assert_eq!(pipeline.levels_and_counters(), (0, COUNTERS));
}

#[test]
fn an_engine_clock_that_steps_back_is_no_outage() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    fake.edit(|state| state.micros = 7);
    clock.advance(SECOND);
    meter.sample_now().unwrap();
    clock.advance(SECOND * 2);
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn a_host_without_a_gpu_is_degraded_and_a_gpu_that_comes_is_seen() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let gpus = fake.edit(|state| std::mem::take(&mut state.entities));
    let (meter, _clock) = pipeline.meter(&fake);
    assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Enumerate);
    assert!(!meter.health().is_ready());
    fake.edit(|state| state.entities = gpus);
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn a_gpu_that_is_gone_leaves_its_totals() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(2);
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 5.0);
    meter.sample_now().unwrap();
    let lost = fake.edit(|state| state.entities.pop());
    settle(&meter, &clock);
    // And its four series of hw.status, which report the failure.
    assert_eq!(
        pipeline.levels_and_counters(),
        (levels(1) + 4, 2 * COUNTERS)
    );
    let failed = |id: &str| {
        let mut states = pipeline.values("hw.status", "hw.state");
        states.retain(|(of, state, _)| of == id && state == "failed");
        states.pop().map(|(_, _, value)| value)
    };
    assert_eq!((failed("GPU-a0"), failed("GPU-a1")), (Some(0.0), Some(1.0)));
    assert_eq!(meter.health().errors(ErrorKind::GpuLost), 1);
    let replays = || {
        let mut values = pipeline.values("hw.errors", "error.type");
        values.retain(|(_, kind, _)| kind == "pcie_replay");
        values
            .into_iter()
            .map(|(id, _, value)| (id, value))
            .collect::<Vec<_>>()
    };
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 4.0)]);
    assert_eq!(meter.health().entities, 1);

    // It was reset meanwhile, and counts from zero.
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 2.0);
    fake.edit(|state| state.entities.extend(lost));
    settle(&meter, &clock);
    assert_eq!(failed("GPU-a1"), Some(0.0));
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 6.0)]);
    assert_eq!(meter.health().counter_resets, 1);
}

#[test]
fn a_gpu_that_lost_its_watch_is_enumerated_again() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(2);
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(fake.count("entities"), 1);
    meter.sample_now().unwrap();
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
    meter.sample_now().unwrap();
    assert_eq!(fake.count("entities"), 1);
    clock.advance(SECOND);
    meter.sample_now().unwrap();
    assert_eq!(fake.count("entities"), 2);
    fake.edit(|state| state.values = before);
    // The watch is retried after a minute.
    clock.advance(SECOND * 60);
    settle(&meter, &clock);
    assert_eq!(pipeline.levels_and_counters(), (levels(2), 2 * COUNTERS));
}

#[test]
fn a_panic_of_the_client_is_contained_counted_and_survived() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    for call in [
        "connect", "engine", "list", "entities", "watch", "latest", "close",
    ] {
        fake.edit(|state| state.panics = Some(call));
        let outcome = meter.sample_now();
        if call == "close" {
            outcome.unwrap();
        } else {
            let failure = outcome.unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Panic, "{call}");
            assert!(failure.message.contains("on purpose"), "{failure}");
            assert_eq!(pipeline.levels_and_counters().0, 0, "{call}");
        }
    }
    assert_eq!(meter.health().errors(ErrorKind::Panic), 6);
    fake.heal();
    meter.sample_now().unwrap();
    assert_eq!(pipeline.levels_and_counters(), (levels(1), COUNTERS));
}

#[test]
fn profiling_held_by_another_program_costs_profiling_metrics_only() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail(
        "watch profiling",
        call("dcgmWatchFields", ReturnCode::IN_USE),
    );
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let (gauges, counters) = PROFILED;
    assert_eq!(
        pipeline.levels_and_counters(),
        (levels(1) - gauges, COUNTERS - counters)
    );
    assert_eq!(meter.health().errors(ErrorKind::Watch), 1);
    assert!(meter.health().is_ready());
}

#[test]
fn profiling_that_the_hardware_lacks_is_no_fault() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail(
        "watch profiling",
        call("dcgmWatchFields", ReturnCode::NOT_SUPPORTED),
    );
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    assert_eq!(meter.health().errors(ErrorKind::Watch), 0);
    assert!(meter.health().is_ready());
}

#[test]
fn a_refused_watch_is_reported_and_retried() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.fail(
        "watch",
        call("dcgmWatchFields", ReturnCode::NVML_NOT_LOADED),
    );
    let values = fake.edit(|state| std::mem::take(&mut state.values));
    let (meter, _clock) = pipeline.meter(&fake);
    let failure = meter.sample_now().unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Watch);
    assert!(failure.hint.unwrap().contains("driver"));
    fake.edit(|state| state.values = values);
    fake.heal();
    meter.sample_now().unwrap();
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn samples_of_an_engine_that_watches_nothing_are_shown() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    fake.edit(|state| {
        let held = FieldId::GPU_TEMP;
        state.values.retain(|(_, field), _| *field == held);
    });
    let refusal = || call("dcgmWatchFields", ReturnCode::NVML_NOT_LOADED);
    fake.fail("watch", refusal());
    fake.fail("watch profiling", refusal());
    let (meter, clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let temperature = || pipeline.value("hw.temperature", "hw.sensor_location", "gpu");
    assert_eq!(temperature(), Some(1.0));
    assert_eq!(meter.health().errors(ErrorKind::Watch), 1);
    // Nothing samples: an injected value is shown as long as any other value.
    fake.edit(|state| state.sampling = false);
    clock.advance(SECOND * 3);
    assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Stale);
    assert_eq!(temperature(), None);
}

#[test]
fn samples_that_failed_are_counted_once_a_tick_and_degrade_nothing() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    fake.lose(0, FieldId::GPU_TEMP, NoValue::Stale);
    fake.lose(
        0,
        FieldId::MEMORY_TEMP,
        NoValue::Code(ReturnCode::GPU_IS_LOST),
    );
    meter.sample_now().unwrap();
    assert_eq!(meter.health().errors(ErrorKind::Read), 1);
    assert!(meter.health().is_ready());
    assert_eq!(pipeline.levels_and_counters(), (levels(1) - 2, COUNTERS));
}

#[test]
fn two_gpus_of_one_uuid_fall_back_to_what_tells_them_apart() {
    let pipeline = Pipeline::new();
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
    let (meter, _clock) = pipeline.meter(&fake);
    meter.sample_now().unwrap();
    let ids: Vec<_> = pipeline
        .values("hw.power", "hw.type")
        .into_iter()
        .map(|(id, _, _)| id)
        .collect();
    assert_eq!(ids, ["00000000:1B:00.0", "gpu-1"]);
}
