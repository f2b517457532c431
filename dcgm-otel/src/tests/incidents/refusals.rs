//! Watches that the engine refuses at first.

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, Error, FieldId, ReturnCode};

use super::{SECOND, Scene, Shown, is_counter, push};
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
    let calm = Scene::new("8xh100");
    calm.run_until(60);
    for (fields, code) in refused_fields() {
        let scene = Scene::prepared("8xh100", Config::default(), |mock| {
            refuse(mock, &fields, code);
        });
        scene.run_until(45);
        assert_eq!(scene.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
        assert!(scene.meter.health().is_ready(), "{fields:?}");
        scene.mock.clear_faults();
        // The next try, and a second until the topology counts as stable.
        scene.run_until(90);
        scene.tick_after(SECOND);
        // A new profiling watch has values after its second sample.
        for _ in 0..3 {
            scene.tick_after(SECOND);
        }
        for scene in [&calm, &scene] {
            push(&scene.mock, EntityId::gpu(0), FieldId::XID_ERRORS, &[31]);
            scene.tick_after(SECOND);
        }
        assert!(names(scene.shown()) == names(calm.shown()), "{fields:?}");
        assert_eq!(scene.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
    }
}

#[test]
fn tries_of_a_refused_watch_become_rare() {
    let watches = |scene: &Scene| {
        scene.run_until(45);
        let before = scene.mock.calls(Call::Watch);
        scene.run_until(3600);
        scene.mock.calls(Call::Watch) - before
    };
    // Sources without a value are checked again.
    let others = watches(&Scene::new("8xh100"));
    for (fields, code) in refused_fields() {
        let scene = Scene::prepared("8xh100", Config::default(), |mock| {
            refuse(mock, &fields, code);
        });
        // After 1, 2, 4 and 8 minutes, then every 10 minutes.
        let tries = watches(&scene) - others;
        assert!((7..=8).contains(&tries), "{fields:?}: {tries}");
        assert_eq!(scene.errors(), [(ErrorKind::Watch, 1)], "{fields:?}");
    }
}

#[test]
fn an_engine_without_a_group_left_is_no_source_until_it_has_one() {
    let function = "dcgmGroupCreate";
    let code = ReturnCode::MAX_LIMIT;
    let scene = Scene::new("8xh100");
    let counters = |shown: &Shown| shown.keys().filter(|name| is_counter(name)).count();
    let held = counters(&scene.shown());
    // Samples of another client, which look like those of a watch.
    let gpus = (0..8).map(EntityId::gpu);
    scene
        .mock
        .watch_elsewhere(gpus, [FieldId::GPU_TEMP, FieldId::POWER_USAGE]);
    scene
        .mock
        .fail_always(Call::Watch, Error::Call { function, code });
    let lost = ReturnCode::CONNECTION_NOT_VALID;
    let function = "dcgmGetLatestValues_v2";
    let error = Error::Call {
        function,
        code: lost,
    };
    scene.mock.fail_next(Call::Latest, error);
    scene.advance(SECOND * 15);
    scene.meter.sample_now().unwrap_err();
    for _ in 0..10 {
        scene.advance(SECOND * 15);
        let error = scene.meter.sample_now().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Watch, "{error}");
        assert!(error.message.contains("DCGM_ST_MAX_LIMIT"), "{error}");
        assert!(error.hint.unwrap().contains("dcgmi group -l"));
        let shown = scene.shown();
        assert_eq!((counters(&shown), shown.len()), (held, held));
    }
    scene.mock.clear_faults();
    scene.tick_after(SECOND * 15);
    assert!(scene.meter.health().is_ready());
    assert!(scene.shown().contains_key("hw.temperature gpu7 gpu"));
}
