//! FFI to NVIDIA DCGM (Data Center GPU Manager), loaded at run time.
//!
//! Nothing of DCGM is linked: a program that depends on this crate builds and starts anywhere, and
//! learns from [`Library::open`] whether there is a libdcgm.
//!
//! * [`Library`] finds libdcgm, and keeps it.
//! * [`Symbols`] is the table of its functions. A function that the installed release lacks answers
//!   [`SymbolMissing`]; it never panics.
//! * [`Versioned`] gives the version word that DCGM wants in the first member of most structs.
//! * Everything else is C: every type, constant and enumerator of the public ABI under its C name.
//!   Enumerators are integers, as newer engines answer values that older headers lack.
//!
//! The safe crate over this one is `dcgm`.
//!
//! ```
//! match dcgm_sys::Library::open() {
//!     Ok(library) => println!("found {}", library.path().display()),
//!     Err(error) => println!("no libdcgm here: {error}"),
//! }
//! ```
//!
//! # Features
//!
//! * `bindgen`: make the bindings anew while building, from this crate's own header or, if the environment
//!   variable `DCGM_INCLUDE_DIR` names their folder, from NVIDIA's. Needs libclang.

#![expect(unsafe_code, reason = "this crate is the C boundary")]

#[cfg(not(feature = "bindgen"))]
#[expect(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unnameable_types,
    clippy::exhaustive_structs,
    clippy::pedantic,
    reason = "C's names and forms, as bindgen writes them"
)]
mod bindings;
#[cfg(feature = "bindgen")]
#[expect(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "as above"
)]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
mod library;
#[cfg(test)]
#[expect(
    non_snake_case,
    unreachable_pub,
    dead_code,
    clippy::pedantic,
    reason = "as above; only compared with the table's types"
)]
mod prototypes;
mod symbols;
mod versions;

pub use bindings::*;
pub use library::{Attempt, Library, LoadError, SONAMES};
pub use symbols::{Row, SymbolMissing, Symbols};
pub use versions::Versioned;
