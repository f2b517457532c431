//! The subjects of DCGM beside telemetry, over the C boundary: each trap of an engine is a test.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod codes;
mod copied_library;
mod host_engine;
mod profiling;
mod topology;
mod vsock;
