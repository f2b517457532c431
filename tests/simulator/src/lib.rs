//! A simulated libdcgm: a host engine, and the C ABI over it.
//!
//! All logic is here; `dcgm-simulator-4-6` and `dcgm-simulator-3-3` export it under the C names of
//! their release. It behaves as the real library was seen to behave, and says `buildtype:Simulated`
//! in its version.
//!
//! * [`Control`] steers a loaded simulator from a test.
//! * [`library_4_6`] and [`library_3_3`] find the built libraries beside the running test.
//! * `dcgm-simulated-engine` is the engine as a process of its own.

#![expect(unsafe_code, reason = "this crate is a C boundary")]

#[doc(hidden)]
#[expect(clippy::must_use_candidate, reason = "C's functions")]
pub mod abi;
mod bits;
mod clock;
mod control;
#[doc(hidden)]
#[expect(clippy::must_use_candidate, reason = "C's functions")]
pub mod control_abi;
mod dispatch;
mod engine;
mod faults;
mod fields;
mod flavour;
mod harmful;
mod host;
mod link;
mod net;
mod price;
mod process;
mod program;
mod server;
mod source;
mod wire;

pub use control::{
    Control, DiagnosticsMode, Harm, NoControl, Open, Served, library_3_3, library_4_6,
};
pub use faults::{Fault, Garbage};
pub use flavour::Flavour;
pub use harmful::Harmful;
pub use program::run_engine;
