//! The texts and the JSON of a readiness probe.

use super::*;
use crate::testing::SECOND;
use dcgm::BackendKind;

fn shared(now: Instant) -> HealthReporter {
    let mut backend = Backend::new(BackendKind::Standalone, "localhost:5555");
    backend.library = Some(BuildInfo::from_raw("version:4.6.1;buildtype:Release"));
    backend.library_path = Some("/usr/lib/libdcgm.so.4".into());
    let telemetry = Telemetry::new(Arc::default(), &backend, now);
    HealthReporter::new(Arc::new(telemetry), backend, now)
}

#[test]
fn starting_meter_is_one_line() {
    let now = Instant::now();
    assert_eq!(
        shared(now).current_health(now).to_string(),
        "starting for 0.0 s; 0 series of 0 entities; no sample yet; 0 samples in 0 ticks; no errors; collected 0 \
         times; standalone localhost:5555, libdcgm 4.6.1 (/usr/lib/libdcgm.so.4)"
    );
}

#[test]
fn ready_meter_shows_its_counts() {
    let now = Instant::now();
    let shared = shared(now);
    let engine = BuildInfo::from_raw("version:4.5.0;buildtype:Simulated");
    let backend = shared.current_health(now).backend;
    shared.set_connected(backend, engine);
    shared.update_report(|report| {
        report.state = MeterState::Ready;
        report.entities = 1;
        report.series = 21;
    });
    shared.telemetry.record_sample_time(now);
    shared.telemetry.record_samples(30);
    shared.telemetry.record_tick(SECOND);
    shared.telemetry.set_dropped_series(4);
    shared.telemetry.record_collect();
    let health = shared.current_health(now + SECOND * 2);
    assert!(health.is_ready() && health.is_simulated());
    assert_eq!((health.ticks, health.tick_time), (1, SECOND));
    assert_eq!(
        health.to_string(),
        "ready for 2.0 s; 21 series of 1 entity, 4 dropped; last sample 2.0 s ago; 30 samples in 1 tick; no errors; \
         collected 1 time; SIMULATED standalone localhost:5555, libdcgm 4.6.1 (/usr/lib/libdcgm.so.4), engine 4.5.0"
    );
}

#[test]
fn degraded_meter_shows_reason_and_hint() {
    let now = Instant::now();
    let shared = shared(now);
    let mut reason = SampleError::new(ErrorKind::Connect, "refused\nby the engine");
    reason.hint = Some("is it running?".to_owned());
    shared.update_report(|report| {
        report.state = MeterState::Degraded;
        report.reason = Some(reason);
    });
    for kind in [ErrorKind::Connect, ErrorKind::Connect, ErrorKind::Read] {
        shared.telemetry.record_error(kind);
    }
    let health = shared.current_health(now + SECOND);
    let text = health.to_string();
    assert!(
        text.starts_with(
            "degraded for 1.0 s: connect: refused by the engine (is it running?); 0 series"
        ),
        "{text}"
    );
    assert!(text.contains("; errors: connect 2, read 1; "), "{text}");
    assert!(!text.contains('\n'), "{text}");
    assert_eq!(health.errors(ErrorKind::Connect), 2);
    assert_eq!(health.errors(ErrorKind::Panic), 0);
}

#[test]
fn hint_in_the_message_is_not_repeated() {
    let now = Instant::now();
    let shared = shared(now);
    let mut reason = SampleError::new(ErrorKind::Init, "no libdcgm; install it");
    reason.hint = Some("install it".to_owned());
    shared.update_report(|report| report.reason = Some(reason));
    let text = shared.current_health(now).to_string();
    assert_eq!(text.matches("install it").count(), 1, "{text}");
}

#[test]
fn only_a_second_connection_is_a_reconnect() {
    let now = Instant::now();
    let shared = shared(now);
    for reconnects in 0..3 {
        let engine = BuildInfo::from_raw("version:4.6.0");
        shared.set_connected(Backend::new(BackendKind::Mock, "x"), engine);
        assert_eq!(shared.current_health(now).reconnects, reconnects);
    }
}

#[test]
fn error_takes_precedence_over_the_step() {
    use dcgm::{Error, Operation, ReturnCode};

    let call = |code| Error::Call {
        function: "dcgmWatchFields",
        code,
    };
    let timeout = Error::Timeout {
        operation: Operation::Read,
        after: SECOND,
    };
    // The step is the kind where the error itself says no more.
    for step in [ErrorKind::Read, ErrorKind::Watch, ErrorKind::Enumerate] {
        for (error, kind) in [
            (Error::Panicked, ErrorKind::Panic),
            (Error::NotConnected, ErrorKind::Connect),
            (call(ReturnCode::CONNECTION_NOT_VALID), ErrorKind::Connect),
            (call(ReturnCode::UNINITIALIZED), ErrorKind::Connect),
            (timeout.clone(), ErrorKind::Timeout),
            (call(ReturnCode::TIMEOUT), ErrorKind::Timeout),
            (call(ReturnCode::GPU_IS_LOST), ErrorKind::GpuLost),
            (call(ReturnCode::VER_MISMATCH), ErrorKind::Init),
            (
                Error::WorkerDied {
                    end: dcgm::WorkerEnd::Signal(11),
                },
                ErrorKind::Worker,
            ),
            (
                Error::Worker(dcgm::WorkerError::NotPrepared),
                ErrorKind::Worker,
            ),
            (call(ReturnCode::GENERIC_ERROR), step),
            (call(ReturnCode::NO_PERMISSION), step),
        ] {
            assert_eq!(
                SampleError::from_client(step, &error).kind,
                kind,
                "{step} {error}"
            );
        }
    }
}

#[test]
fn debug_of_an_error_is_its_text_and_hint() {
    let mut error = SampleError::new(ErrorKind::Connect, "refused");
    assert_eq!(format!("{error:?}"), "connect: refused");
    error.hint = Some("is it running?".to_owned());
    assert_eq!(format!("{error:?}"), "connect: refused (is it running?)");
    assert_eq!(error.to_string(), "connect: refused");
}

#[cfg(feature = "serde")]
#[test]
fn health_is_written_as_json() {
    let now = Instant::now();
    let shared = shared(now);
    let mut reason = SampleError::new(ErrorKind::Connect, "refused");
    reason.hint = Some("is it running?".to_owned());
    shared.update_report(|report| {
        report.state = MeterState::Degraded;
        report.reason = Some(reason);
    });
    shared.telemetry.record_error(ErrorKind::Connect);
    shared.telemetry.record_tick(SECOND / 2);
    let mut health = shared.current_health(now + SECOND * 2);
    health.config_warnings = vec!["DCGM_OTEL_X: unknown variable, not used".to_owned()];
    let expected = serde_json::json!({
        "state": "degraded",
        "ready": false,
        "simulated": false,
        "since_seconds": 2.0,
        "reason": {"kind": "connect", "message": "refused", "hint": "is it running?"},
        "entities": 0,
        "series": 0,
        "series_dropped": 0,
        "last_sample_age_seconds": null,
        "samples": 0,
        "ticks": 1,
        "tick_time_seconds": 0.5,
        "collections": 0,
        "reconnects": 0,
        "counter_resets": 0,
        "callback_panics": 0,
        "errors": {
            "attribution": 0, "cardinality": 0, "connect": 1, "detached": 0, "enumerate": 0, "gpu_lost": 0, "init": 0, "mig": 0,
            "panic": 0, "paused": 0, "read": 0, "silent": 0, "stale": 0, "timeout": 0, "watch": 0, "worker": 0
        },
        "attribution": [],
        "backend": {
            "kind": "standalone",
            "target": "localhost:5555",
            "library": "4.6.1",
            "library_path": "/usr/lib/libdcgm.so.4",
            "engine": null
        },
        "config_warnings": ["DCGM_OTEL_X: unknown variable, not used"]
    });
    assert_eq!(serde_json::to_value(&health).unwrap(), expected);
}
