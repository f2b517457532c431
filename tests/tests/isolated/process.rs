//! What the worker process inherits, and when it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use dcgm::isolated::IsolatedEngine;
use dcgm::{Client as _, EmbeddedMode, EngineOptions, Error, WorkerError};
use dcgm_simulator::Flavour;

use crate::bench::{HOST, embedded, is_alive, library, patient, signal, wait_until, worker};

fn status_line(pid: u32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len()..].trim().to_owned()
}

#[test]
fn nothing_of_the_host_is_inherited() {
    // Descriptors that a child keeps, as those of a library in C do: a shell gives the worker its own.
    let script = "exec 7</dev/zero 8</dev/full; SECRET_TOKEN=1 exec \"$0\" \"$1\"";
    let mut host = Command::new("sh")
        .args(["-c", script, HOST])
        .arg(library(Flavour::V4_6))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(host.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let (pid, gpus) = line.trim().split_once(' ').unwrap();
    let pid: u32 = pid.parse().unwrap();
    assert_eq!(gpus, "8");
    let links = |pid: u32| -> Vec<_> {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        open.flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    };
    let of_host = links(host.id());
    assert!(
        of_host.iter().any(|path| path == "/dev/zero"),
        "{of_host:?}"
    );
    let of_worker = links(pid);
    assert!(
        of_worker
            .iter()
            .all(|path| !["/dev/zero", "/dev/full"].contains(&path.as_str())),
        "{of_worker:?}"
    );
    for number in 0..3 {
        let target = fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap();
        assert_eq!(target.to_str(), Some("/dev/null"));
    }
    let variables = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let variables = String::from_utf8_lossy(&variables);
    assert!(variables.contains("PATH="), "{variables}");
    assert!(!variables.contains("SECRET_TOKEN"), "{variables}");
    assert_eq!(status_line(pid, "NoNewPrivs:"), "1");
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core"))
        .unwrap();
    let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(folder.to_str(), Some("/"));

    // The host dies without a chance to end its worker, which ends although it is asked for nothing.
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("the worker ends", || !is_alive(pid));
}

#[test]
fn a_worker_does_not_end_before_the_program() {
    let engine = embedded(patient());
    let pid = engine.worker_id().unwrap();
    for name in ["-TERM", "-INT", "-HUP"] {
        signal(name, pid);
    }
    engine.build_info().unwrap();
    drop(engine);
    wait_until("the worker ends", || !is_alive(pid));
}

#[test]
fn no_zombie_and_no_descriptor_is_left() {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let mut pids = Vec::new();
    let first = embedded(patient());
    let before = open();
    for _ in 0..5 {
        let engine = embedded(patient());
        pids.push(engine.worker_id().unwrap());
        drop(engine);
    }
    drop(first);
    for pid in pids {
        wait_until("it is reaped", || {
            let status = fs::read_to_string(format!("/proc/{pid}/status"));
            let own = format!("PPid:\t{}\n", std::process::id());
            !status.is_ok_and(|status| status.contains(&own))
        });
    }
    // Tests beside this one have workers too.
    wait_until("descriptors are closed", || open() <= before + 40);
}

#[test]
fn a_process_limit_is_an_error_of_its_own() {
    // Root is not limited: the limit on descriptors is the same path of the code.
    let script = "ulimit -n 4; exec \"$0\" \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, HOST])
        .arg(library(Flavour::V4_6))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("the system refuses another process"),
        "{text}"
    );
}

#[test]
fn an_error_of_the_library_crosses_the_boundary() {
    let options =
        EngineOptions::embedded(EmbeddedMode::Auto).with_library("/nonexistent/libdcgm.so");
    let engine = IsolatedEngine::new(options, worker());
    let error = engine.connect().unwrap_err();
    assert!(matches!(error, Error::Load(_)), "{error}");
    assert!(!matches!(error, Error::Worker(WorkerError::Reply(_))));
    assert!(
        error.to_string().contains("/nonexistent/libdcgm.so"),
        "{error}"
    );
}
