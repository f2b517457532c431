//! Allocations of devices to workloads, from scripted sources.

mod pods;
mod properties;
mod shared;
mod sources;
