//! Watches that the engine refuses, as a whole or in part.

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, Error, FieldId, ReturnCode};

use super::{assert_ticks_fail, only};
use crate::testing::{COUNTERS, Fake, Harness, SECOND, Shown, call, gauges, is_counter, push};
use crate::{Config, ErrorKind, Group};

fn refusal(code: ReturnCode) -> Error {
    call("dcgmWatchFields", code)
}

/// Gauges and counters of a GPU that only profiling fields have.
const PROFILED: (usize, usize) = (8, 4);

#[test]
fn a_meter_with_every_watch_refused_is_degraded() {
    let every: [&[Group]; 4] = [
        Group::ALL,
        &[Group::Profiling],
        &[Group::Xid],
        &[Group::Profiling, Group::Xid],
    ];
    for groups in every {
        for code in [ReturnCode::NOT_SUPPORTED, ReturnCode::NO_PERMISSION] {
            let fake = Fake::with_gpus(1);
            fake.edit(|state| state.values.clear());
            fake.fail("watch", refusal(code));
            fake.fail("watch profiling", refusal(code));
            let harness = Harness::with_config(&fake, only(groups));
            assert_ticks_fail(&harness);
            assert_eq!(fake.count("connect"), 1, "{groups:?} {code:?}");
        }
    }
}

#[test]
fn a_refused_kind_of_entities_is_reported_and_the_others_watched() {
    for (code, reported) in [
        (ReturnCode::NO_PERMISSION, 1),
        // Missing hardware support is no error.
        (ReturnCode::NOT_SUPPORTED, 0),
    ] {
        let harness = Harness::on_host("8xh100", Config::default());
        for switch in (0..4).map(EntityId::switch) {
            harness.client.refuse_entity(switch, refusal(code));
        }
        for _ in 0..3 {
            harness.tick_after(SECOND);
        }
        let health = harness.health();
        assert!(health.is_ready(), "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), reported, "{health}");
    }
}

#[test]
fn profiling_held_by_another_program_costs_profiling_metrics_only() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail("watch profiling", refusal(ReturnCode::IN_USE));
    let harness = Harness::new(&fake);
    harness.sample();
    let (profiled, counters) = PROFILED;
    assert_eq!(
        harness.gauges_and_counters(),
        (gauges(1) - profiled, COUNTERS - counters)
    );
    assert_eq!(harness.health().errors(ErrorKind::Watch), 1);
    assert!(harness.health().is_ready());
}

#[test]
fn profiling_that_the_hardware_lacks_is_no_fault() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| state.values.retain(|(_, field), _| !field.is_profiling()));
    fake.fail("watch profiling", refusal(ReturnCode::NOT_SUPPORTED));
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(harness.health().errors(ErrorKind::Watch), 0);
    assert!(harness.health().is_ready());
}

#[test]
fn a_refused_watch_is_reported_and_retried() {
    let fake = Fake::with_gpus(1);
    fake.fail("watch", refusal(ReturnCode::NVML_NOT_LOADED));
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
    fake.fail("watch", refusal(ReturnCode::NVML_NOT_LOADED));
    fake.fail("watch profiling", refusal(ReturnCode::NVML_NOT_LOADED));
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

fn refuse(mock: &Mock, fields: &[FieldId], code: ReturnCode) {
    for field in fields {
        mock.refuse(*field, refusal(code));
    }
}

fn names(shown: Shown) -> Vec<String> {
    shown.into_keys().collect()
}

/// Kinds of fields that can be refused, and the code.
fn refused_fields() -> [(Vec<FieldId>, ReturnCode); 4] {
    let all = FieldId::all().iter().map(|info| info.id);
    let profiling = all.filter(|field| field.is_profiling()).collect();
    [
        // By a profiler.
        (profiling, ReturnCode::IN_USE),
        // A part of a watch only.
        (vec![FieldId::PROF_DRAM_ACTIVE], ReturnCode::GENERIC_ERROR),
        (
            vec![FieldId::GPU_TEMP, FieldId::POWER_USAGE],
            ReturnCode::NO_PERMISSION,
        ),
        (vec![FieldId::XID_ERRORS], ReturnCode::NO_PERMISSION),
    ]
}

#[test]
fn a_refused_watch_is_made_once_the_engine_accepts_it() {
    let calm = Harness::sampled("8xh100");
    calm.run_until(60);
    for (fields, code) in refused_fields() {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            refuse(mock, &fields, code);
        });
        harness.run_until(45);
        assert_eq!(harness.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
        assert!(harness.health().is_ready(), "{fields:?}");
        harness.client.clear_faults();
        // The next try, and a second until the topology counts as stable.
        harness.run_until(90);
        harness.tick_after(SECOND);
        // A new profiling watch has values after its second sample.
        for _ in 0..3 {
            harness.tick_after(SECOND);
        }
        for harness in [&calm, &harness] {
            push(
                &harness.client,
                EntityId::gpu(0),
                FieldId::XID_ERRORS,
                &[31],
            );
            harness.tick_after(SECOND);
        }
        assert!(names(harness.shown()) == names(calm.shown()), "{fields:?}");
        assert_eq!(harness.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
    }
}

#[test]
fn a_gpu_that_is_refused_costs_the_others_nothing() {
    let gpu = EntityId::gpu(2);
    let calm = Harness::sampled("8xh100");
    calm.run_until(60);
    let of_others = |harness: &Harness| {
        let mut shown = harness.shown();
        shown.retain(|name, _| !name.contains(" gpu2"));
        shown
    };
    for code in [
        ReturnCode::NOT_SUPPORTED,
        ReturnCode::GROUP_INCOMPATIBLE,
        ReturnCode::PROFILING_NOT_SUPPORTED,
        ReturnCode::NO_PERMISSION,
        ReturnCode::IN_USE,
    ] {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            mock.refuse_entity(gpu, refusal(code));
        });
        harness.run_until(60);
        assert_eq!(of_others(&harness), of_others(&calm), "{code:?}");
        assert_eq!(harness.series("hw.temperature gpu2 gpu"), None, "{code:?}");
        assert_eq!(harness.ailing(), "", "{code:?}");
        assert!(harness.health().is_ready(), "{code:?}");
    }
}

#[test]
fn a_gpu_whose_fields_were_said_to_be_unsupported_comes_back() {
    for code in [
        ReturnCode::NOT_SUPPORTED,
        ReturnCode::GROUP_INCOMPATIBLE,
        ReturnCode::PROFILING_NOT_SUPPORTED,
    ] {
        let function = "dcgmWatchFields";
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            mock.refuse_entity(EntityId::gpu(2), Error::Call { function, code });
        });
        harness.run_until(90);
        harness.client.clear_faults();
        harness.run_until(1500);
        let shown = harness.shown();
        assert!(shown.contains_key("hw.temperature gpu2 gpu"), "{code:?}");
        assert!(shown.contains_key("hw.status gpu2 ok"), "{code:?}");
    }
}

#[test]
fn a_gpu_that_was_refused_is_watched_once_the_engine_accepts_it() {
    let calm = Harness::sampled("8xh100");
    calm.run_until(240);
    for code in [ReturnCode::NO_PERMISSION, ReturnCode::IN_USE] {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            mock.refuse_entity(EntityId::gpu(2), refusal(code));
        });
        harness.run_until(90);
        assert_eq!(harness.errors(), [(ErrorKind::Watch, 1)], "{code:?}");
        harness.client.clear_faults();
        // The second try is made after three minutes; then profiling fields need two samples.
        harness.run_until(240);
        assert!(names(harness.shown()) == names(calm.shown()), "{code:?}");
        assert_eq!(harness.errors(), [(ErrorKind::Watch, 1)], "{code:?}");
    }
}

#[test]
fn tries_of_a_refused_watch_become_rare() {
    let watches = |harness: &Harness| {
        harness.run_until(45);
        let before = harness.client.calls(Call::Watch);
        harness.run_until(3600);
        harness.client.calls(Call::Watch) - before
    };
    // Sources without a value are checked again.
    let others = watches(&Harness::sampled("8xh100"));
    for (fields, code) in refused_fields() {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            refuse(mock, &fields, code);
        });
        // After 1, 2, 4 and 8 minutes, then every 10 minutes.
        let tries = watches(&harness) - others;
        assert!((7..=8).contains(&tries), "{fields:?}: {tries}");
        assert_eq!(harness.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
    }
}

#[test]
fn an_engine_without_a_group_left_is_no_source_until_it_has_one() {
    let function = "dcgmGroupCreate";
    let code = ReturnCode::MAX_LIMIT;
    let harness = Harness::sampled("8xh100");
    let counters = |shown: &Shown| shown.keys().filter(|name| is_counter(name)).count();
    let held = counters(&harness.shown());
    // Samples of another client, which look like those of a watch.
    let gpus = (0..8).map(EntityId::gpu);
    harness
        .client
        .watch_elsewhere(gpus, [FieldId::GPU_TEMP, FieldId::POWER_USAGE]);
    harness
        .client
        .fail_always(Call::Watch, Error::Call { function, code });
    let lost = ReturnCode::CONNECTION_NOT_VALID;
    let function = "dcgmGetLatestValues_v2";
    let error = Error::Call {
        function,
        code: lost,
    };
    harness.client.fail_next(Call::Latest, error);
    harness.advance(SECOND * 15);
    harness.sample_error();
    for _ in 0..10 {
        harness.advance(SECOND * 15);
        let error = harness.sample_error();
        assert_eq!(error.kind, ErrorKind::Watch, "{error}");
        assert!(error.message.contains("DCGM_ST_MAX_LIMIT"), "{error}");
        assert!(error.hint.unwrap().contains("dcgmi group -l"));
        let shown = harness.shown();
        assert_eq!((counters(&shown), shown.len()), (held, held));
    }
    harness.client.clear_faults();
    harness.tick_after(SECOND * 15);
    assert!(harness.health().is_ready());
    assert!(harness.shown().contains_key("hw.temperature gpu7 gpu"));
}
