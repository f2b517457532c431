//! Watches that the engine refuses at first.

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, Error, FieldId, ReturnCode};

use crate::testing::{Harness, SECOND, Shown, is_counter, push};
use crate::{Config, ErrorKind};

fn refuse(mock: &Mock, fields: &[FieldId], code: ReturnCode) {
    let function = "dcgmWatchFields";
    for field in fields {
        mock.refuse(*field, Error::Call { function, code });
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
fn tries_of_a_refused_watch_become_rare() {
    for (fields, code) in refused_fields() {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            refuse(mock, &fields, code);
        });
        harness.run_until(45);
        let before = harness.client.calls(Call::Watch);
        harness.run_until(3600);
        // After 1, 2, 4 and 8 minutes, then every 10 minutes.
        let tries = harness.client.calls(Call::Watch) - before;
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
