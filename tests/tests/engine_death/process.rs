//! The engine's process.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(super) struct Process {
    child: Child,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Returns when it listens. The host's time began when it says, so that its counters go on
    /// where those of the engine before were.
    pub(super) fn start(program: &Path, address: &str, began: u128) -> Self {
        let mut child = Command::new(program)
            .args([
                "--listen",
                address,
                "--host",
                "1xl4",
                "--scenario",
                "training",
            ])
            .args(["--began", &began.to_string(), "--until-eof"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let commands = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let mut process = Self {
            child,
            commands,
            lines: BufReader::new(stdout).lines(),
        };
        let said = process.line();
        assert!(said.starts_with("SIMULATED dcgm engine"), "{said}");
        process
    }

    pub(super) fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("read")
    }

    pub(super) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    pub(super) fn signal(&self, signal: &str) {
        let told = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", self.child.id())])
            .status();
        assert!(told.expect("a shell").success());
    }

    /// What it holds: groups, field groups, watches and connections, in words.
    pub(super) fn open(&mut self) -> String {
        self.commands.write_all(b"open\n").expect("written");
        self.line()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already, and one that is stopped ends, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
