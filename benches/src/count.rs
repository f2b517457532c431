//! Instructions, counted by cachegrind: the same on a busy machine as on an idle one.

use std::process::Command;

/// Replaces the number of instructions in the output where it was not counted.
pub const UNCOUNTED: &str = "not counted: valgrind is not installed, or this is the short form";

/// Says which work a child is to do, and how often.
const CHILD: &str = "DCGM_BENCH_WORK";

/// The work of a child process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Work {
    /// The name of the work, by the benchmark.
    pub name: String,
    /// The number of repetitions.
    pub times: usize,
}

/// Returns the work if this is a child process whose instructions are counted.
#[must_use]
pub fn is_child() -> Option<Work> {
    let text = std::env::var(CHILD).ok()?;
    let (name, times) = text.rsplit_once('*')?;
    Some(Work {
        name: name.to_owned(),
        times: times.parse().ok()?,
    })
}

/// Counts the instructions of one more repetition, with all threads of the process. `None`
/// without valgrind, and if it failed.
///
/// The work is done `few` and `many` times by a program each, so that what a program does before
/// and after falls out.
#[must_use]
pub fn instructions(name: &str, few: usize, many: usize) -> Option<f64> {
    let spread = many.checked_sub(few).filter(|spread| *spread > 0)?;
    let (less, more) = (counted(name, few)?, counted(name, many)?);
    #[expect(clippy::cast_precision_loss, reason = "far from so large")]
    Some((more as f64 - less as f64) / spread as f64)
}

fn counted(name: &str, times: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(std::env::current_exe().ok()?)
        .env(CHILD, format!("{name}*{times}"))
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("refs:"))?;
    let digits: String = line
        .rsplit(':')
        .next()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    output.status.success().then(|| digits.parse().ok())?
}
