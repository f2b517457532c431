//! What the benchmarks share. Private to the workspace.

mod count;
mod hosts;
mod sink;
mod table;

pub use count::{Work, instructions, is_child};
pub use hosts::{Canned, gpus, with_series};
pub use sink::{Bare, Kept, Nowhere, keep, nowhere};
pub use table::{earnest, line, median, ratio};
