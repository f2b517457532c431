//! The exporter that is scraped, as a process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The example, which cargo builds beside the tests, in an empty environment.
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

/// Returns the exporter's help text.
pub(crate) fn help() -> String {
    let output = command(&["--help"]).output().unwrap();
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
        let log = BufReader::new(child.stderr.take().unwrap());
        let address = log.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("serving http://")?;
            Some(rest.split_once("/metrics")?.0.to_owned())
        });
        let address = address.unwrap_or_else(|| panic!("the log has no address"));
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
