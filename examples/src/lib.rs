//! What the examples share: their flags, how they find an engine, and how they print.

#![forbid(unsafe_code)]

mod args;
mod host;
mod table;

pub use args::{Args, Wanted};
pub use host::{Host, Unavailable, heading};
pub use table::{Row, Table};
