//! The web service, run as its users run it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

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

/// Killed if the test fails before it has ended.
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
    let mut line = String::new();
    let stderr = service.0.stderr.take().unwrap();
    BufReader::new(stderr).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("serving http://").unwrap();
    let address = address.trim_end_matches('/').to_owned();
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
