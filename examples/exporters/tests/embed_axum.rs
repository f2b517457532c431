//! The web service, run as its users run it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn example(flags: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let mut command = Command::new(built.join("examples/embed_axum"));
    command.args(flags).env_clear();
    command.env("DCGM_OTEL_INITIAL_DELAY", "0s");
    command
}

/// A running service; killed when dropped.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn its_own_metrics_and_those_of_the_gpus_stand_on_one_page() {
    let mut command = example(&["--listen", "127.0.0.1:0", "--simulate=2xh100"]);
    let mut service = Service(command.stderr(Stdio::piped()).spawn().unwrap());
    let log = BufReader::new(service.0.stderr.take().unwrap());
    let address = log.lines().find_map(|line| {
        let line = line.unwrap();
        let (_, rest) = line.split_once("serving http://")?;
        Some(rest.trim_end_matches('/').to_owned())
    });
    let address = address.unwrap();
    let get = |path: &str| {
        let mut client = TcpStream::connect(&address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    };
    while !get("/readyz").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    assert!(get("/").ends_with("hello\n"));
    let page = get("/metrics");
    let series = |start: &str| page.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(series("app_greetings_total{"), 1, "{page}");
    assert_eq!(series("hw_energy_joules_total{"), 2, "{page}");
    let unmarked =
        |line: &&str| line.starts_with("hw_") && !line.contains("dcgm_simulated=\"true\"");
    assert_eq!(page.lines().find(unmarked), None);
}

#[test]
fn without_an_engine_it_serves_and_is_not_ready() {
    let output = example(&["--once", "--endpoint", "127.0.0.1:1"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("app_greetings_total"), "{text}");
    assert!(text.contains("dcgm_meter_degraded_ratio"), "{text}");
    assert!(!text.contains("\nhw_"), "{text}");
    assert!(!output.status.success());
}

#[test]
fn flags_are_those_of_the_other_examples() {
    let spaced = example(&["--once", "--simulate", "1xl4"]).output().unwrap();
    assert!(spaced.status.success(), "{spaced:?}");
    assert_eq!(spaced.stderr, b"");
    let help = example(&["--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--simulate", "--live", "--listen", "8xh100-mig7", "nvlink"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    let wrong = example(&["--simulate=toaster"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let why = String::from_utf8(wrong.stderr).unwrap();
    assert!(why.contains("8xh100-mig7"), "{why}");
    let live = example(&["--live", "--endpoint", "127.0.0.1:1"])
        .output()
        .unwrap();
    assert_eq!(live.status.code(), Some(1));
    assert_eq!(live.stdout, b"");
}

/// The crates that a source file uses, by the first part of each `use` and of paths in between.
#[test]
fn it_uses_public_crates_only_and_names_all_of_them() {
    let text = include_str!("../examples/embed_axum.rs");
    let (_, block) = text.split_once("//! [dependencies]\n").unwrap();
    let (block, code) = block.split_once("//! ```").unwrap();
    let named: BTreeSet<_> = block
        .lines()
        .map(|line| line.trim_start_matches("//! ").split(' ').next().unwrap())
        .map(|name| name.replace('-', "_"))
        .collect();
    let paths = code.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
    let roots = paths
        .filter_map(|path| path.split_once("::"))
        .map(|(root, _)| root);
    let crates = roots.filter(|root| root.starts_with(|c: char| c.is_lowercase()));
    let used: BTreeSet<_> = crates
        .filter(|root| *root != "std")
        .map(str::to_owned)
        .collect();
    assert_eq!(used, named);
}
