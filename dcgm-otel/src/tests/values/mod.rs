//! The series of a host, and the values of gauges.

mod emission;
mod health;
mod peaks;
mod selection;
mod successors;
