//! What the examples share: their flags, how they find an engine, and how they print.

#![forbid(unsafe_code)]

mod args;
mod host;
mod program;
mod table;

pub use args::{Args, OwnFlag, UsageError, Wanted};
pub use host::{Host, SIMULATED, Unavailable, explained, heading, meter, resource, status};
pub use program::{begin, complain, finish, say};
pub use table::{Row, Table};
