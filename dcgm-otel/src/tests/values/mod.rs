//! The series of a host, and the values of gauges.

mod emission;
mod health;
mod selection;
mod successors;
