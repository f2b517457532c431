//! What the worker process inherits, and when it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

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
fn a_limit_on_descriptors_is_a_typed_error() {
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

/// A host program that executes commands.
struct Host {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Host {
    /// Starts the host by a shell, which prepares its process. Returns the host and the id of its worker.
    fn start(script: &str) -> (Self, u32) {
        let mut child = Command::new("sh")
            .args(["-c", script, HOST])
            .arg(library(Flavour::V4_6))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut host = Self { child, output };
        let worker = host.worker();
        (host, worker)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn worker(&mut self) -> u32 {
        let line = self.line();
        let (pid, gpus) = line.split_once(' ').unwrap();
        assert_eq!(gpus, "8");
        pid.parse().unwrap()
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.line()
    }

    /// Kills the worker, and checks that the host reports that and goes on with another.
    fn survives_a_death(&mut self, worker: u32, expected: &str) {
        signal("-SEGV", worker);
        assert_eq!(
            self.ask("call"),
            format!("the worker process ended: {expected}")
        );
        assert_eq!(self.ask("call"), "not connected to a host engine");
        writeln!(self.child.stdin.as_mut().unwrap(), "connect").unwrap();
        let next = self.worker();
        assert_ne!(next, worker);
        assert_eq!(self.ask("call"), "ok");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_program_that_ignores_sigchld_or_reaps_all_children_sees_deaths_too() {
    let (mut host, worker) = Host::start("exec \"$0\" \"$1\"");
    host.survives_a_death(worker, "signal 11");
    let (mut host, worker) = Host::start("exec \"$0\" \"$1\" ignores");
    host.survives_a_death(worker, "in an unknown way");
    // Who reaps first is open.
    let (mut host, worker) = Host::start("exec \"$0\" \"$1\" reaps");
    signal("-SEGV", worker);
    let reported = host.ask("call");
    assert!(
        reported.starts_with("the worker process ended: "),
        "{reported}"
    );
    writeln!(host.child.stdin.as_mut().unwrap(), "connect").unwrap();
    assert_ne!(host.worker(), worker);
    assert_eq!(host.ask("call"), "ok");
}

#[test]
fn a_fork_of_the_program_leaves_the_worker_to_its_parent() {
    let (mut host, worker) = Host::start("exec \"$0\" \"$1\"");
    assert_eq!(host.ask("fork"), "child Some(0)");
    assert_eq!(host.ask("call"), "ok");
    assert!(is_alive(worker));
}

#[test]
fn a_program_that_is_the_first_of_its_container_sees_deaths_too() {
    let can_unshare = Command::new("unshare")
        .args(["--pid", "--fork", "--kill-child", "--mount-proc", "true"])
        .status();
    if !can_unshare.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this user cannot create a namespace of processes");
        return;
    }
    let script = "exec unshare --pid --fork --kill-child --mount-proc \"$0\" \"$1\"";
    let (mut host, inner) = Host::start(script);
    assert!(inner < 10, "an id of the namespace: {inner}");
    // The worker, by its id outside of the namespace.
    let find = || {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let mut ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.find(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            ids.is_some_and(|ids| ids.ends_with(&format!("\t{inner}")))
                && String::from_utf8_lossy(&command).contains("--dcgm-isolated-worker")
        })
    };
    signal("-SEGV", find().expect("the worker"));
    assert_eq!(host.ask("call"), "the worker process ended: signal 11");
    writeln!(host.child.stdin.as_mut().unwrap(), "connect").unwrap();
    assert_ne!(host.worker(), inner);
    assert_eq!(host.ask("call"), "ok");
}

#[test]
fn a_limit_on_processes_is_a_typed_error() {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        eprintln!("skipped: only root can become a user without other processes");
        return;
    }
    // The limit is that of a user who has this one process.
    let script = "exec prlimit --nproc=1 setpriv --reuid 65534 --clear-groups \"$0\" \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, HOST])
        .arg(library(Flavour::V4_6))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("the system refuses another process"),
        "{text}"
    );
}
