//! Claims about `dcgm-worker`, the program that this crate has.

#![cfg(all(feature = "isolated", target_os = "linux"))]

use std::process::Command;

use dcgm::isolated::{IsolatedEngine, WorkerProgram};
use dcgm::{Client as _, EmbeddedMode, EngineOptions, Error};

const WORKER: &str = env!("CARGO_BIN_EXE_dcgm-worker");

#[test]
fn a_worker_that_a_person_starts_says_what_it_is() {
    let output = Command::new(WORKER).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("dcgm::isolated"), "{text}");
}

#[test]
fn it_is_a_worker_and_reports_a_missing_library() {
    let options =
        EngineOptions::embedded(EmbeddedMode::Auto).with_library("/nonexistent/libdcgm.so");
    let engine = IsolatedEngine::new(options, WorkerProgram::Path(WORKER.into()));
    for _ in 0..2 {
        let error = engine.connect().expect_err("no library");
        assert!(matches!(error, Error::Load(_)), "{error}");
        assert!(
            error.to_string().contains("/nonexistent/libdcgm.so"),
            "{error}"
        );
    }
    assert!(
        engine.worker_id().is_some(),
        "the worker has not ended for it"
    );
}
