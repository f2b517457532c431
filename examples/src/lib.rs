//! Shared by the examples: their flags, how they find a host engine, their log and their output.

#![forbid(unsafe_code)]

mod block;
mod export;
mod flags;
mod host;
mod program;

pub use block::{Block, print_block, terminal_width};
pub use export::{LastExport, Row};
pub use flags::{Args, parse_address, parse_flags, parse_flags_from, run_if_worker};
pub use host::{
    Host, SIMULATED, explained, heading, require_engine, resource, sample_with_profiling, status,
};
pub use program::{Outcome, Report, complain, finish, init_logging, say};
