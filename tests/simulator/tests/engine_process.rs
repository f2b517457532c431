//! The engine as a process of its own.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Engine(Child);

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> Engine {
    let program = env!("CARGO_BIN_EXE_dcgm-simulated-engine");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Engine(command.spawn().unwrap())
}

#[test]
fn it_says_that_it_is_simulated_listens_and_obeys() {
    let mut engine = start(&[
        "--listen",
        "127.0.0.1:0",
        "--scenario",
        "training",
        "--until-eof",
    ]);
    let mut lines = BufReader::new(engine.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let said = lines.next().unwrap();
    let address = said
        .strip_prefix("SIMULATED dcgm engine 4.6.0 at ")
        .expect("says what it is");
    let connection = TcpStream::connect(address).unwrap();
    let mut commands = engine.0.stdin.take().unwrap();
    commands
        .write_all(b"advance 15000000\nopen\nhost 1xl4\n")
        .unwrap();
    assert_eq!(lines.next().unwrap(), "done advance");
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("open groups 0 field-groups 0 watches 0 connections ")
    );
    assert_eq!(lines.next().unwrap(), "done host");
    drop((connection, commands));
    assert!(
        engine.0.wait().unwrap().success(),
        "it ends with its standard input"
    );
}

#[test]
fn what_it_cannot_do_ends_it_with_a_reason() {
    for arguments in [
        ["--host", "33xh100"],
        ["--flavour", "2.0"],
        ["--listen", "nowhere:none"],
        ["--speed", "1"],
    ] {
        let mut engine = start(&arguments);
        assert!(!engine.0.wait().unwrap().success(), "{arguments:?}");
        let reason = BufReader::new(engine.0.stderr.take().unwrap())
            .lines()
            .next()
            .unwrap()
            .unwrap();
        assert!(reason.starts_with("dcgm-simulated-engine: "), "{reason}");
    }
}
