//! Installing on a provider, and collecting.

mod installing;
mod multiple_meters;
mod panics;
mod self_metrics;
