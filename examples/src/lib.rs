//! What the examples share: their flags, how they find an engine, and how they print.

#![forbid(unsafe_code)]

mod args;
mod host;
mod place;
mod program;
mod sheet;
mod table;

pub use args::{Args, OwnFlag, UsageError, Wanted};
pub use host::{Host, SIMULATED, Unavailable, explained, heading, meter, resource, status};
pub use program::{Outcome, begin, complain, finish, say};
pub use sheet::Sheet;
pub use table::{Row, Table};
