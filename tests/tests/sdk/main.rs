//! The subjects of DCGM beside samples, over the C boundary: each trap of an engine is a test.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod codes;
mod config;
mod copied_library;
mod diagnostics;
mod faults;
mod field_policies;
mod health;
mod health_rows;
mod history;
mod host_engine;
mod jobs;
mod policy;
mod processes;
mod profiling;
mod testing;
mod topology;
mod usage_faults;
mod versions;
mod vsock;
