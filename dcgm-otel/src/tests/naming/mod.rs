//! Names of metrics, and attributes.

mod attributes;
mod custom;
mod exporter;
mod hook;
mod metrics;
