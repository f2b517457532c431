//! Names of metrics, and attributes.

mod attributes;
mod hook;
mod metrics;
