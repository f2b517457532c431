//! The operations kit under docs/ops, by the tools that it is for: a real Prometheus with what the
//! exporter serves, promtool, and the validator of Kubernetes' schemas.

#![cfg(unix)]
#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too, and prints what it counted"
)]

mod checks;
mod config;
mod dockerfile;
mod documents;
mod exporter;
mod incidents;
mod kit;
mod kubernetes;
mod live;
mod picture;
mod prometheus;
mod replay;
