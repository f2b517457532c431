//! Claims about `top`, made on a mock host with a clock of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod known;
mod program;
mod shown;
