//! The C functions, as Rust functions of C's types; the flavours' crates give them their names.

mod both;
mod config;
mod diagnostics;
mod discovery;
mod errors;
mod groups;
mod health;
mod history;
mod info;
mod injection;
mod itself;
mod jobs;
mod lifecycle;
mod memory;
mod meta;
mod records;
mod topology;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

pub use config::*;
pub use diagnostics::*;
pub use discovery::*;
pub use errors::*;
pub use groups::*;
pub use health::*;
pub use history::*;
pub use info::*;
pub use injection::*;
pub use itself::*;
pub use jobs::*;
pub use lifecycle::*;
pub use memory::Ptr;
pub use meta::*;
pub use topology::*;
pub use values::*;

use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::process::PROCESS;
use crate::wire::Packet;

pub(crate) use health::PolicyCall;

/// Panics that were kept from C.
pub(crate) static PANICS: AtomicU64 = AtomicU64::new(0);

/// The return code of a function that a fault prevents from working.
pub trait Failing {
    fn failing(code: Code) -> Self;
}

impl Failing for Code {
    fn failing(code: Code) -> Self {
        code
    }
}

impl Failing for u32 {
    fn failing(_code: Code) -> Self {
        0
    }
}

impl<T> Failing for *const T {
    fn failing(_code: Code) -> Self {
        core::ptr::null()
    }
}

impl Failing for () {
    fn failing(_code: Code) {}
}

/// Runs an exported function: counts it, applies the faults that a test asked for, and keeps panics
/// from C.
pub fn enter<T: Failing>(
    flavour: Flavour,
    name: &'static str,
    handle: u64,
    act: impl FnOnce() -> T,
) -> T {
    let run = || {
        PROCESS.set_flavour(flavour);
        match crate::faults::apply(name, handle) {
            Some(code) => T::failing(code),
            None => act(),
        }
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        T::failing(st::GENERIC_ERROR)
    })
}

/// The handle among a function's arguments: the first, if it is one.
pub trait HandleArgument {
    fn handle(&self) -> u64;
}

impl HandleArgument for usize {
    fn handle(&self) -> u64 {
        *self as u64
    }
}

macro_rules! no_handle {
    ($($type:ty),*) => {
        $(impl HandleArgument for $type {
            fn handle(&self) -> u64 {
                0
            }
        })*
    };
}

no_handle!(i32, u32, u16);

impl<T> HandleArgument for Ptr<T> {
    fn handle(&self) -> u64 {
        0
    }
}

/// Exports functions under their C names.
///
/// A row is `dcgmName(argument: Type, …) -> Type = function;`.
#[macro_export]
macro_rules! exports {
    ($flavour:expr; $($name:ident($($argument:ident: $type:ty),*) -> $result:ty = $function:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`, simulated.")]
            ///
            /// # Safety
            ///
            /// The same as in C: pointers are null, or to what DCGM's documentation asks for.
            #[expect(non_snake_case, reason = "C's name")]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                let handle = $crate::exports!(@handle $($argument)*);
                $crate::abi::enter($flavour, stringify!($name), handle, || $crate::abi::$function($($argument),*))
            }
        )*

        /// The names of the C functions that this library exports.
        pub const EXPORTS: &[&str] = &[$(stringify!($name)),*];
    };
    (@handle) => { 0 };
    (@handle $first:ident $($rest:ident)*) => { $crate::abi::HandleArgument::handle(&$first) };
}

pub(crate) fn ask(handle: usize, op: Op, ints: Vec<i64>) -> Result<Packet, Code> {
    ask_packet(
        handle,
        Packet {
            op: op as u32,
            ints,
            ..Packet::default()
        },
    )
}

pub(crate) fn ask_packet(handle: usize, request: Packet) -> Result<Packet, Code> {
    PROCESS.ask(handle as u64, request)
}

/// The code of an answer that holds nothing else.
pub(crate) fn code_of(answer: Result<Packet, Code>) -> Code {
    match answer {
        Ok(reply) => reply.code,
        Err(code) => code,
    }
}

/// The answer, if it is OK.
pub(crate) fn ok(answer: Result<Packet, Code>) -> Result<Packet, Code> {
    let reply = answer?;
    if reply.code == st::OK {
        Ok(reply)
    } else {
        Err(reply.code)
    }
}

/// Runs with `?`, and gives the code that it ended with.
pub(crate) fn run(act: impl FnOnce() -> Result<(), Code>) -> Code {
    match act() {
        Ok(()) => st::OK,
        Err(code) => code,
    }
}

pub(crate) fn long(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Fails unless a struct's first member is one of these version words.
pub(crate) fn check_version<T: Copy>(pointer: Ptr<T>, allowed: &[u32]) -> Result<u32, Code> {
    let version = pointer.cast::<u32>().read().ok_or(st::BADPARAM)?;
    if allowed.contains(&version) {
        Ok(version)
    } else {
        Err(st::VER_MISMATCH)
    }
}

#[cfg(test)]
mod tests;
