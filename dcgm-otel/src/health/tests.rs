//! What a readiness probe is told.

use super::*;
use crate::tests::SECOND;
use dcgm::BackendKind;

fn shared(now: Instant) -> Shared {
    let mut backend = Backend::new(BackendKind::Standalone, "localhost:5555");
    backend.library = Some(BuildInfo::from_raw("version:4.6.1;buildtype:Release"));
    backend.library_path = Some("/usr/lib/libdcgm.so.4".into());
    let telemetry = Telemetry::continuing(Arc::default(), &backend, now);
    Shared::new(Arc::new(telemetry), backend, now)
}

#[test]
fn a_meter_that_starts_says_so_in_a_line() {
    let now = Instant::now();
    assert_eq!(
        shared(now).health(now).to_string(),
        "starting for 0.0 s; 0 series of 0 entities; no sample yet; 0 samples in 0 ticks; no errors; collected 0 \
         times; standalone localhost:5555, libdcgm 4.6.1 (/usr/lib/libdcgm.so.4)"
    );
}

#[test]
fn a_backend_whose_target_names_its_kind_is_named_once() {
    for (kind, target) in [
        (BackendKind::Embedded, "embedded"),
        (BackendKind::Mock, "mock:1xl4"),
    ] {
        let now = Instant::now();
        let backend = Backend::new(kind, target);
        let telemetry = Arc::new(Telemetry::continuing(Arc::default(), &backend, now));
        let text = Shared::new(telemetry, backend, now).health(now).to_string();
        let name = target.split(':').next().unwrap();
        assert_eq!(text.matches(name).count(), 1, "{text}");
    }
}

#[test]
fn a_ready_meter_says_what_it_has() {
    let now = Instant::now();
    let shared = shared(now);
    let engine = BuildInfo::from_raw("version:4.5.0;buildtype:Simulated");
    let backend = shared.health(now).backend;
    shared.connected(backend, engine);
    shared.update(|report| {
        report.state = State::Ready;
        report.entities = 1;
        report.series = 21;
    });
    shared.telemetry.sampled(now);
    shared.telemetry.samples(30);
    shared.telemetry.tick(SECOND);
    shared.telemetry.dropped(4);
    shared.telemetry.collected();
    let health = shared.health(now + SECOND * 2);
    assert!(health.is_ready() && health.is_simulated());
    assert_eq!((health.ticks, health.tick_time), (1, SECOND));
    assert_eq!(
        health.to_string(),
        "ready for 2.0 s; 21 series of 1 entity, 4 dropped; last sample 2.0 s ago; 30 samples in 1 tick; no errors; \
         collected 1 time; SIMULATED standalone localhost:5555, libdcgm 4.6.1 (/usr/lib/libdcgm.so.4), engine 4.5.0"
    );
}

#[test]
fn a_degraded_meter_says_why_and_what_to_do_in_one_line() {
    let now = Instant::now();
    let shared = shared(now);
    let mut reason = Failure::new(ErrorKind::Connect, "refused\nby the engine");
    reason.hint = Some("is it running?".to_owned());
    shared.update(|report| {
        report.state = State::Degraded;
        report.reason = Some(reason);
    });
    for kind in [ErrorKind::Connect, ErrorKind::Connect, ErrorKind::Read] {
        shared.telemetry.failed(kind);
    }
    let health = shared.health(now + SECOND);
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
fn a_hint_that_the_message_has_is_not_repeated() {
    let now = Instant::now();
    let shared = shared(now);
    let mut reason = Failure::new(ErrorKind::Init, "no libdcgm; install it");
    reason.hint = Some("install it".to_owned());
    shared.update(|report| report.reason = Some(reason));
    let text = shared.health(now).to_string();
    assert_eq!(text.matches("install it").count(), 1, "{text}");
}

#[test]
fn only_a_second_connection_is_a_reconnect() {
    let now = Instant::now();
    let shared = shared(now);
    for reconnects in 0..3 {
        let engine = BuildInfo::from_raw("version:4.6.0");
        shared.connected(Backend::new(BackendKind::Mock, "x"), engine);
        assert_eq!(shared.health(now).reconnects, reconnects);
    }
}

#[test]
fn a_call_that_panicked_is_a_panic_and_a_lost_connection_is_one_whatever_was_done() {
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
            (call(ReturnCode::GENERIC_ERROR), step),
            (call(ReturnCode::NO_PERMISSION), step),
        ] {
            assert_eq!(Failure::of(step, &error).kind, kind, "{step} {error}");
        }
    }
}
