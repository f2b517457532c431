//! The meter on a real SDK, over a client that the test controls, by subject.

mod collect;
mod connection;
mod counters;
mod documents;
mod incidents;
mod limits;
mod naming;
mod properties;
mod soak;
mod topology;
mod values;
