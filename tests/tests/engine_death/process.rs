//! The engine's process.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Names the variable with the arguments of the engine, in a process that is to be one.
pub(super) const ENGINE_ARGUMENTS: &str = "DCGM_TESTS_ENGINE_ARGUMENTS";

pub(super) struct Process {
    child: Child,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts an engine and returns when it listens. `began` is the start of the host's time, so that
    /// the counters continue from those of the previous engine.
    pub(super) fn start(address: &str, began: u128) -> Self {
        let arguments = format!(
            "--listen {address} --host 1xl4 --scenario training --began {began} --until-eof"
        );
        let mut child = Command::new(std::env::current_exe().expect("Linux has it"))
            .args([
                "--exact",
                "engine_program",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(ENGINE_ARGUMENTS, arguments)
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
        // The test harness prints some lines of its own first.
        while !process.line().contains("SIMULATED dcgm engine") {}
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
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", self.child.id())])
            .status();
        assert!(sent.expect("a shell").success());
    }

    /// Returns the groups, field groups, watches and connections that the engine holds, as text.
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
