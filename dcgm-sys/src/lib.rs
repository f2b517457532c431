//! FFI to NVIDIA DCGM (Data Center GPU Manager), loaded at run time.
//!
//! Nothing of DCGM is linked: a program that depends on this crate builds and starts anywhere, and
//! learns from [`Library::open`] whether there is a libdcgm.
//!
//! * [`Library`] finds libdcgm, and keeps it.
//! * [`Symbols`] is the table of its functions. A function that the installed release lacks answers
//!   [`MissingSymbolError`]; it never panics.
//! * [`Versioned`] gives the version word that DCGM wants in the first member of most structs.
//! * [`text::sanitize`] cleans text of the library and of the linker for logs.
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
//! | feature | default | what it does |
//! |---|---|---|
//! | `bindgen` | off | makes the bindings anew while building; needs libclang |
//!
//! The bindings are then made from this crate's own header or, if the environment variable
//! `DCGM_INCLUDE_DIR` names their folder, from NVIDIA's, with what those lack from this crate's. A
//! struct whose size is then not the one of its version word does not compile.

#![expect(unsafe_code, reason = "this crate is the C boundary")]

#[cfg(not(feature = "bindgen"))]
#[rustfmt::skip] // As bindgen writes it.
#[expect(
    missing_debug_implementations,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::exhaustive_structs,
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "C's names and forms, as bindgen writes them"
)]
mod bindings;
#[cfg(feature = "bindgen")]
#[expect(
    clippy::allow_attributes,
    reason = "which of these there are depends on the headers"
)]
#[allow(
    missing_debug_implementations,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::exhaustive_structs,
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "C's names and forms, as bindgen writes them"
)]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
mod library;
#[cfg(test)]
#[rustfmt::skip] // As bindgen writes it.
#[expect(unreachable_pub, reason = "as above; only compared with the table")]
mod prototypes;
#[expect(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "C's names, so that they can be searched for"
)]
mod symbols;
pub mod text;
#[expect(
    clippy::unreadable_literal,
    reason = "sizes, so that they can be searched for"
)]
mod versions;

pub use bindings::*;
pub use library::{Attempt, Library, LoadError, SONAMES};
pub use symbols::{MissingSymbolError, SymbolInfo, Symbols};
pub use versions::Versioned;
