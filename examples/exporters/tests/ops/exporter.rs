//! The example that is scraped: a process, and what it prints.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The example, which cargo builds beside the tests, without the variables of whoever runs them.
fn command(flags: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let mut command = Command::new(built.join("examples/prometheus"));
    command.args(flags).env_clear();
    command.env("DCGM_OTEL_INITIAL_DELAY", "0s");
    command
}

/// One scrape of a simulated host.
pub(crate) fn scrape(flags: &[&str]) -> String {
    let output = command(&["--once"]).args(flags).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A running exporter; killed when dropped.
pub(crate) struct Exporter {
    child: Child,
    pub(crate) address: String,
}

impl Exporter {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = command(&["--listen", "127.0.0.1:0"]);
        let mut child = command.args(flags).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
