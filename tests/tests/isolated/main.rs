//! Claims about engines in a worker process: they behave like those in the process, and whatever becomes of
//! the worker, the host program gets an error in time and goes on.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod deaths;
#[path = "../embedding/host.rs"]
mod host;
mod hostile;
mod meter;
mod process;
mod same;
mod subjects;
