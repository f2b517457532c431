//! Tests of `top` on a simulated host with a manual clock.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod engine;
mod fixture;
mod gpus;
mod layout;
mod program;
mod statuses;
