//! The meter on a real SDK, over a client that the test controls, by subject.

mod attribution;
mod collect;
mod connection;
mod counters;
mod documents;
mod incidents;
mod limits;
mod naming;
pub(crate) mod properties;
mod soak;
mod topology;
mod values;

/// Returns `true` if long tests are requested: `DCGM_TEST_LONG=1`.
pub(crate) fn long() -> bool {
    std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1")
}
