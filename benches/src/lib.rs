//! Code that the benchmarks share. Private to the workspace.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a benchmark may fail by panicking"
)]

mod asked;
mod child;
mod count;
mod floor;
mod hosts;
mod process;
mod scraped;
mod sink;
mod table;

pub use asked::{Asked, Block, Spy, Unreadable};
pub use child::{Facts, run_child};
pub use count::{UNCOUNTED, Work, instructions, is_child};
pub use floor::Floor;
pub use hosts::{Canned, gpus, numeric_fields, with_series};
pub use process::{Resident, cpu_time, resident, resident_kib};
pub use scraped::prometheus_reader;
pub use sink::{Kept, keep, nowhere};
pub use table::{earnest, line, median, ratio};
