//! GPUs that are read without an error and have no values.

use dcgm::mock::Mock;
use dcgm::{EntityId, EntityStatus, FieldId, NoValue};

use crate::testing::{Exported, Harness, SECOND, Shown, differing, lines, run_all};
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
fn assert_others_alike(harness: &Harness, calm: &Harness, gpus: &[u32]) {
    let mut other = differing(&harness.shown(), &calm.shown());
    other.retain(|name| !gpus.iter().any(|gpu| name.contains(&format!(" gpu{gpu}"))));
    assert_eq!(lines(&other), "");
}

#[test]
fn a_gpu_without_values_has_failed_while_others_have_values() {
    for gpus in [vec![3], vec![0], vec![1, 6], vec![0, 1, 2, 3, 4, 5, 6]] {
        for reason in [NoValue::Blank, NoValue::NotSupported, NoValue::NotFound] {
            let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
            let [harness, calm] = &both;
            run_all(&both, 60);
            mute(&harness.client, &gpus, reason);
            for harness in &both {
                harness.run_until(105);
                harness.tick_after(SECOND * 15);
            }
            let count = gpus.len() as u64;
            assert_eq!(harness.ailing(), failed(&gpus), "{gpus:?} {reason}");
            assert_eq!(harness.errors(), [(ErrorKind::GpuLost, count)], "{gpus:?}");
            assert!(harness.health().is_ready());
            for _ in 0..20 {
                for harness in &both {
                    harness.tick_after(SECOND * 15);
                }
            }
            assert_eq!(harness.ailing(), failed(&gpus), "{gpus:?} {reason}");
            assert_eq!(harness.errors(), [(ErrorKind::GpuLost, count)], "{gpus:?}");
            assert_others_alike(harness, calm, &gpus);
            // They are back.
            unmute(&harness.client, &gpus);
            for seconds in [15, 45, 15, 1, 1, 1, 1] {
                for harness in &both {
                    harness.tick_after(SECOND * seconds);
                }
            }
            assert_eq!(harness.ailing(), "", "{gpus:?} {reason}");
            let names = |shown: Shown| shown.into_keys().collect::<Vec<_>>();
            assert!(
                names(harness.shown()) == names(calm.shown()),
                "{gpus:?} {reason}"
            );
        }
    }
}

#[test]
fn a_gpu_that_never_had_values_has_failed_while_others_have_values() {
    for gpus in [vec![3], vec![0, 7]] {
        for reason in [NoValue::Blank, NoValue::NoData] {
            let harness = Harness::prepared("8xh100", Config::default(), |mock| {
                mute(mock, &gpus, reason);
            });
            harness.run_until(30);
            assert_eq!(harness.ailing(), "", "{reason}");
            harness.run_until(90);
            assert_eq!(harness.ailing(), failed(&gpus), "{reason}");
            let count = gpus.len() as u64;
            assert_eq!(harness.errors(), [(ErrorKind::GpuLost, count)], "{reason}");
        }
    }
}

#[test]
fn a_gpu_without_some_values_is_well() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(60);
    for info in FieldId::all()
        .iter()
        .filter(|info| info.id != FieldId::GPU_TEMP)
    {
        harness
            .client
            .set_no_value(EntityId::gpu(2), info.id, NoValue::Blank);
    }
    harness.run_until(600);
    assert_eq!(harness.ailing(), "");
    assert_eq!(harness.errors(), []);
}

/// Returns the number of GPUs with a state; `None` if no GPU has any state.
fn gpus_that_are(harness: &Harness, state: &str) -> Option<u32> {
    let points = harness.export().into_iter().filter(|point| {
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
        let harness = Harness::sampled(host);
        harness.run_until(60);
        let all: Vec<u32> = (0..gpus).collect();
        mute(&harness.client, &all, NoValue::Blank);
        for _ in 0..4 {
            harness.advance(SECOND * 15);
            let _ = harness.meter().sample_now();
        }
        for _ in 0..20 {
            harness.advance(SECOND * 15);
            let error = harness.sample_error();
            assert_eq!(error.kind, ErrorKind::Silent, "{host}: {error}");
            assert!(error.hint.unwrap().contains("restart nv-hostengine"));
        }
        assert_eq!(harness.health().state, MeterState::Degraded);
        assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0, "{host}");
        assert_eq!(gpus_that_are(&harness, "ok"), None, "{host}");
        unmute(&harness.client, &all);
        for seconds in [15, 1, 1] {
            harness.tick_after(SECOND * seconds);
        }
        assert_eq!(harness.health().state, MeterState::Ready);
        assert_eq!(gpus_that_are(&harness, "ok"), Some(gpus), "{host}");
    }
}

#[test]
fn an_engine_that_never_had_values_of_any_gpu_is_silent_and_no_gpu_has_failed() {
    for (host, gpus, reason) in [
        ("8xh100", 8, NoValue::Blank),
        ("8xh100", 8, NoValue::NoData),
        ("gb200", 4, NoValue::Blank),
        ("gb200", 4, NoValue::NoData),
        ("1xl4", 1, NoValue::Blank),
    ] {
        let all: Vec<u32> = (0..gpus).collect();
        let harness = Harness::on_host(host, Config::default());
        mute(&harness.client, &all, reason);
        for _ in 0..5 {
            let _ = harness.meter().sample_now();
            harness.advance(SECOND * 15);
        }
        for _ in 0..10 {
            harness.advance(SECOND * 15);
            let error = harness.sample_error();
            assert_eq!(error.kind, ErrorKind::Silent, "{host} {reason}: {error}");
            assert!(error.hint.unwrap().contains("restart nv-hostengine"));
        }
        assert_eq!(harness.health().state, MeterState::Degraded);
        assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0, "{host}");
        assert_eq!(gpus_that_are(&harness, "ok"), None, "{host} {reason}");
        unmute(&harness.client, &all);
        // Sources that never had a value are checked again within two minutes.
        for seconds in [15, 60, 60, 1, 1] {
            harness.advance(SECOND * seconds);
            let _ = harness.meter().sample_now();
        }
        assert!(harness.health().is_ready(), "{host} {reason}");
        assert_eq!(gpus_that_are(&harness, "ok"), Some(gpus), "{host}");
    }
}

/// Without any timestamp, it is unknown whether the engine takes samples.
#[test]
fn a_gpu_that_supports_no_field_has_failed_while_others_have_values() {
    for reason in [NoValue::NotSupported, NoValue::NotFound] {
        let harness = Harness::prepared("8xh100", Config::default(), |mock| {
            for info in FieldId::all() {
                mock.set_no_value(EntityId::gpu(3), info.id, reason);
            }
        });
        harness.run_until(600);
        assert_eq!(harness.ailing(), "gpu3 failed", "{reason}");
        // It stays so with the next connection.
        harness.client.stop_engine();
        harness.advance(SECOND * 15);
        harness.sample_error();
        harness.client.start_engine();
        harness.run_until(1200);
        assert_eq!(harness.ailing(), "gpu3 failed", "{reason}");
        for info in FieldId::all() {
            harness.client.unset(EntityId::gpu(3), info.id);
        }
        harness.run_until(1800);
        assert_eq!(harness.ailing(), "", "{reason}");
    }
}

#[test]
fn an_engine_that_never_took_a_sample_is_degraded_and_not_silent() {
    let harness = Harness::on_host("1xl4", Config::default());
    mute(&harness.client, &[0], NoValue::NoData);
    for _ in 0..20 {
        let error = harness.sample_error();
        let kinds = [ErrorKind::Read, ErrorKind::Stale];
        assert!(kinds.contains(&error.kind), "{error}");
        assert_eq!(harness.health().state, MeterState::Degraded);
        harness.advance(SECOND * 15);
    }
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

#[test]
fn a_gpu_that_is_paused_or_detached_is_not_mute() {
    for (status, state) in [
        (EntityStatus::DISABLED, "paused"),
        (EntityStatus::DETACHED, "detached"),
    ] {
        for gpus in [vec![3], (0..8).collect()] {
            let harness = Harness::sampled("8xh100");
            harness.run_until(60);
            for gpu in &gpus {
                harness.client.set_status(EntityId::gpu(*gpu), status);
            }
            mute(&harness.client, &gpus, NoValue::Blank);
            for _ in 0..120 {
                harness.advance(SECOND);
                let _ = harness.meter().sample_now();
                let failed = harness.ailing();
                assert!(!failed.contains("failed"), "{state} {gpus:?}: {failed}");
            }
            let errors = harness.health();
            assert_eq!(errors.errors(ErrorKind::GpuLost), 0, "{state} {gpus:?}");
            assert_eq!(errors.errors(ErrorKind::Silent), 0, "{state} {gpus:?}");
            let expected: Vec<_> = gpus.iter().map(|gpu| format!("gpu{gpu} {state}")).collect();
            assert_eq!(harness.ailing(), expected.join(", "));
        }
    }
}
