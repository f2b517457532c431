//! The meter on a real SDK, over a client that the test controls.

mod documents;
mod emission;
mod hosts;
mod incidents;
mod installing;
mod lifecycle;
mod multiple_meters;
mod no_data;
mod panics;
mod properties;
mod self_metrics;
mod settings;
mod soak;
mod totals;
