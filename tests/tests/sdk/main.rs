//! Claims about the subjects of DCGM beside samples, over the C boundary, with the simulated libdcgm.

#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod config;
mod diagnostics;
mod faults;
mod testing;
mod versions;
