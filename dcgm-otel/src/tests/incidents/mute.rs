//! GPUs that are read without an error and have no values.

use dcgm::mock::Mock;
use dcgm::{EntityId, EntityStatus, FieldId, NoValue};

use super::{SECOND, Scene, Shown, differing, lines};
use crate::tests::Exported;
use crate::{Config, ErrorKind, MeterState};

/// Takes away all values of GPUs, as a driver that cannot reach them.
fn mute(mock: &Mock, gpus: &[u32], reason: NoValue) {
    for gpu in gpus {
        for info in FieldId::all() {
            mock.set_no_value(EntityId::gpu(*gpu), info.id, reason);
        }
    }
}

fn unmute(mock: &Mock, gpus: &[u32]) {
    for gpu in gpus {
        for info in FieldId::all() {
            mock.unset(EntityId::gpu(*gpu), info.id);
        }
    }
}

fn failed(gpus: &[u32]) -> String {
    let names: Vec<_> = gpus.iter().map(|gpu| format!("gpu{gpu} failed")).collect();
    names.join(", ")
}

/// Compares series of GPUs and other devices that are not muted.
fn assert_others_alike(scene: &Scene, calm: &Scene, gpus: &[u32]) {
    let mut other = differing(&scene.shown(), &calm.shown());
    other.retain(|name| !gpus.iter().any(|gpu| name.contains(&format!(" gpu{gpu}"))));
    assert_eq!(lines(&other), "");
}

#[test]
fn a_gpu_without_values_has_failed_while_others_have_values() {
    for gpus in [vec![3], vec![0], vec![1, 6], vec![0, 1, 2, 3, 4, 5, 6]] {
        for reason in [NoValue::Blank, NoValue::NotSupported, NoValue::NotFound] {
            let both = [Scene::new("8xh100"), Scene::new("8xh100")];
            let [scene, calm] = &both;
            for scene in &both {
                scene.run_until(60);
            }
            mute(&scene.mock, &gpus, reason);
            for scene in &both {
                scene.run_until(105);
                scene.tick_after(SECOND * 15);
            }
            let count = gpus.len() as u64;
            assert_eq!(scene.ailing(), failed(&gpus), "{gpus:?} {reason}");
            assert_eq!(scene.errors(), [(ErrorKind::GpuLost, count)], "{gpus:?}");
            assert!(scene.meter.health().is_ready());
            for _ in 0..20 {
                for scene in &both {
                    scene.tick_after(SECOND * 15);
                }
            }
            assert_eq!(scene.ailing(), failed(&gpus), "{gpus:?} {reason}");
            assert_eq!(scene.errors(), [(ErrorKind::GpuLost, count)], "{gpus:?}");
            assert_others_alike(scene, calm, &gpus);
            // They are back.
            unmute(&scene.mock, &gpus);
            for seconds in [15, 45, 15, 1, 1, 1, 1] {
                for scene in &both {
                    scene.tick_after(SECOND * seconds);
                }
            }
            assert_eq!(scene.ailing(), "", "{gpus:?} {reason}");
            let names = |shown: Shown| shown.into_keys().collect::<Vec<_>>();
            assert!(
                names(scene.shown()) == names(calm.shown()),
                "{gpus:?} {reason}"
            );
        }
    }
}

#[test]
fn a_gpu_that_never_had_values_has_failed_while_others_have_values() {
    for gpus in [vec![3], vec![0, 7]] {
        let scene = Scene::prepared("8xh100", Config::default(), |mock| {
            mute(mock, &gpus, NoValue::Blank);
        });
        scene.run_until(30);
        assert_eq!(scene.ailing(), "");
        scene.run_until(90);
        assert_eq!(scene.ailing(), failed(&gpus));
        let count = gpus.len() as u64;
        assert_eq!(scene.errors(), [(ErrorKind::GpuLost, count)]);
    }
}

#[test]
fn a_gpu_without_some_values_is_well() {
    let scene = Scene::new("8xh100");
    scene.run_until(60);
    for info in FieldId::all()
        .iter()
        .filter(|info| info.id != FieldId::GPU_TEMP)
    {
        scene
            .mock
            .set_no_value(EntityId::gpu(2), info.id, NoValue::Blank);
    }
    scene.run_until(600);
    assert_eq!(scene.ailing(), "");
    assert_eq!(scene.errors(), []);
}

/// Returns the number of GPUs with a state; `None` if no GPU has any state.
fn gpus_that_are(scene: &Scene, state: &str) -> Option<u32> {
    let points = scene.pipeline.export().into_iter().filter(|point| {
        point.name == "hw.status" && point.attribute("hw.type").as_deref() == Some("gpu")
    });
    let points: Vec<_> = points.collect();
    let is_in = |point: &&Exported| {
        point.value > 0.0 && point.attribute("hw.state").as_deref() == Some(state)
    };
    let count = points.iter().filter(is_in).count();
    (!points.is_empty()).then(|| u32::try_from(count).unwrap())
}

#[test]
fn an_engine_without_values_of_any_gpu_is_silent_and_no_gpu_has_failed() {
    // NVSwitches and CPUs still have values on the first two.
    for (host, gpus) in [("8xh100", 8), ("gb200", 4), ("1xl4", 1), ("consumer", 1)] {
        let scene = Scene::new(host);
        scene.run_until(60);
        let all: Vec<u32> = (0..gpus).collect();
        mute(&scene.mock, &all, NoValue::Blank);
        for _ in 0..4 {
            scene.advance(SECOND * 15);
            let _ = scene.meter.sample_now();
        }
        for _ in 0..20 {
            scene.advance(SECOND * 15);
            let error = scene.meter.sample_now().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Silent, "{host}: {error}");
            assert!(error.hint.unwrap().contains("restart nv-hostengine"));
        }
        assert_eq!(scene.meter.health().state, MeterState::Degraded);
        assert_eq!(scene.meter.health().errors(ErrorKind::GpuLost), 0, "{host}");
        assert_eq!(gpus_that_are(&scene, "ok"), None, "{host}");
        unmute(&scene.mock, &all);
        for seconds in [15, 1, 1] {
            scene.advance(SECOND * seconds);
            scene.meter.sample_now().unwrap();
        }
        assert_eq!(scene.meter.health().state, MeterState::Ready);
        assert_eq!(gpus_that_are(&scene, "ok"), Some(gpus), "{host}");
    }
}

#[test]
fn a_stopped_sampling_thread_is_stale_and_not_silent() {
    let scene = Scene::new("8xh100");
    scene.run_until(60);
    scene.mock.freeze_sampling(true);
    for _ in 0..20 {
        scene.advance(SECOND * 15);
        if let Err(error) = scene.meter.sample_now() {
            assert_eq!(error.kind, ErrorKind::Stale);
        }
    }
    assert_eq!(scene.meter.health().reason.unwrap().kind, ErrorKind::Stale);
}

#[test]
fn a_gpu_that_is_paused_or_detached_is_not_mute() {
    for (status, state) in [
        (EntityStatus::DISABLED, "paused"),
        (EntityStatus::DETACHED, "detached"),
    ] {
        for gpus in [vec![3], (0..8).collect()] {
            let scene = Scene::new("8xh100");
            scene.run_until(60);
            for gpu in &gpus {
                scene.mock.set_status(EntityId::gpu(*gpu), status);
            }
            mute(&scene.mock, &gpus, NoValue::Blank);
            for _ in 0..120 {
                scene.advance(SECOND);
                let _ = scene.meter.sample_now();
                let failed = scene.ailing();
                assert!(!failed.contains("failed"), "{state} {gpus:?}: {failed}");
            }
            let errors = scene.meter.health();
            assert_eq!(errors.errors(ErrorKind::GpuLost), 0, "{state} {gpus:?}");
            assert_eq!(errors.errors(ErrorKind::Silent), 0, "{state} {gpus:?}");
            let expected: Vec<_> = gpus.iter().map(|gpu| format!("gpu{gpu} {state}")).collect();
            assert_eq!(scene.ailing(), expected.join(", "));
        }
    }
}
