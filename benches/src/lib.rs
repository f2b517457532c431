//! What the benchmarks share. Private to the workspace.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

mod count;
mod hosts;
mod sink;
mod table;

pub use count::{Work, instructions, is_child};
pub use hosts::{Canned, gpus, with_series};
pub use sink::{Kept, keep, nowhere};
pub use table::{earnest, line, median, ratio};
