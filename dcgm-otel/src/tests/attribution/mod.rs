//! Allocations of devices to workloads, from scripted sources.

mod exporter_labels;
mod pods;
mod properties;
mod shared;
mod sources;
