//! A program that is no worker, or one that misbehaves, is a typed error within the deadline.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use dcgm::isolated::{IsolatedEngine, WorkerProgram};
use dcgm::{
    Client as _, Deadlines, EmbeddedMode, EngineOptions, Error, ErrorClass, WorkerEnd, WorkerError,
};

use crate::bench::HOST;

/// Connects to a worker that misbehaves, and returns the error.
fn error_of(kind: &str) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(format!("fake-{kind}"));
    symlink(HOST, &program).unwrap();
    let deadlines = Deadlines::default().with_connect(Duration::from_millis(700));
    let options = EngineOptions::embedded(EmbeddedMode::Auto).with_deadlines(deadlines);
    let engine = IsolatedEngine::new(options, WorkerProgram::Path(program));
    let began = Instant::now();
    let error = engine.connect().unwrap_err();
    assert!(
        began.elapsed() < Duration::from_millis(1700),
        "{kind}: {:?}",
        began.elapsed()
    );
    let later = engine.build_info().unwrap_err();
    assert!(matches!(later, Error::NotConnected), "{kind}: {later}");
    error
}

#[test]
fn a_worker_of_another_release_is_refused() {
    let error = error_of("release");
    let Error::Worker(WorkerError::Release { got, .. }) = &error else {
        panic!("{error}");
    };
    assert_eq!(got, "dcgm 0.0.1");
    assert_eq!(error.class(), ErrorClass::Unavailable);
}

#[test]
fn a_program_that_is_no_worker_is_refused() {
    for kind in ["magic", "long", "endless"] {
        let error = error_of(kind);
        assert!(
            matches!(error, Error::Worker(WorkerError::Reply(_))),
            "{kind}: {error}"
        );
    }
    let error = error_of("silent");
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    let error = error_of("exits");
    let end = WorkerEnd::Status(7);
    assert!(
        matches!(error, Error::WorkerDied { end: found } if found == end),
        "{error}"
    );
}

#[test]
fn invalid_replies_are_refused() {
    for kind in [
        "reply-long",
        "reply-other",
        "reply-garbage",
        "reply-endless",
    ] {
        let error = error_of(kind);
        assert!(
            matches!(error, Error::Worker(WorkerError::Reply(_))),
            "{kind}: {error}"
        );
        assert!(error.is_disconnected());
    }
    let error = error_of("reply-cut");
    assert!(matches!(error, Error::WorkerDied { .. }), "{error}");
    let error = error_of("reply-slow");
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[test]
fn a_missing_or_relative_worker_is_not_started() {
    for path in ["/nonexistent/dcgm-worker", "dcgm-worker", "/dev/null"] {
        let options = EngineOptions::embedded(EmbeddedMode::Auto);
        let engine = IsolatedEngine::new(options, WorkerProgram::Path(path.into()));
        let error = engine.connect().unwrap_err();
        assert!(
            matches!(error, Error::Worker(WorkerError::NotStarted { .. })),
            "{path}: {error}"
        );
        assert!(error.is_unavailable());
    }
}

/// Otherwise it would run this test again, and that one too.
#[test]
fn a_program_that_does_not_call_run_if_worker_is_not_started_again() {
    let options = EngineOptions::embedded(EmbeddedMode::Auto);
    let engine = IsolatedEngine::new(options, WorkerProgram::This);
    let error = engine.connect().unwrap_err();
    assert!(
        matches!(error, Error::Worker(WorkerError::NotPrepared)),
        "{error}"
    );
    assert_eq!(error.class(), ErrorClass::Caller);
}
