//! Names of metrics, and attributes.

mod attributes;
mod custom;
mod hook;
mod metrics;
