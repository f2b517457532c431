//! A meter with default settings leaves the engine as it was, and what it shows is the truth all the
//! same: on an engine that does what the real one was seen to do.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod defaults;
mod opening;
mod peaks;
mod profiling;
mod statuses;
mod traffic;
