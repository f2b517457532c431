//! The worker process of `dcgm::isolated::IsolatedEngine`, for programs that are not their own worker.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    dcgm::isolated::run_if_worker();
    let text = "dcgm-worker is started by programs that use dcgm::isolated, on Linux.";
    // A closed standard error is no reason to fail in another way.
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::from(2)
}
