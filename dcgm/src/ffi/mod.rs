//! The only room with unsafe code: calls into libdcgm, as safe functions.
//!
//! Handles, group ids and field ids are integers to DCGM, and it checks them: any value is safe to
//! pass, a wrong one is an error. What this room upholds is that pointers are valid for what DCGM
//! reads and writes, that version words are set anew before each call, and that DCGM's memory is
//! copied before a call or a callback ends.

#![expect(unsafe_code, reason = "the boundary to C")]

mod dcgm;
mod decode;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod inventory;
mod matcher;
#[cfg(test)]
#[cfg(shuttle)]
pub(crate) mod peer;
mod records;
mod text;
mod thread;
mod visit;

pub(crate) use dcgm::{Dcgm, FieldGroupId, GroupId, HandleCell, Transport};
pub(crate) use inventory::Parts;
pub(crate) use records::Records;
pub(crate) use thread::block_signals;
pub(crate) use visit::Reader;

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};

use dcgm_sys as sys;

use crate::code::ReturnCode;
use crate::error::{Error, Result};

/// A C function's answer as a result.
fn check(function: &'static str, answer: sys::dcgmReturn_t) -> Result<()> {
    let code = ReturnCode::from_raw(answer);
    if code.is_ok() {
        Ok(())
    } else {
        Err(Error::Call { function, code })
    }
}

/// Calls a function of the library's table: `call!(library, dcgmX(arguments))`. Unsafe, as the
/// function is.
macro_rules! call {
    ($library:expr, $function:ident($($argument:expr),* $(,)?)) => {
        $library
            .symbols()
            .$function($($argument),*)
            .map_err($crate::error::Error::from)
            .and_then(|answer| $crate::ffi::check(stringify!($function), answer))
    };
}
use call;

/// A struct of C's that holds integers, floats, arrays and unions of those, and no reference or
/// function.
///
/// # Safety
///
/// All zeros are a value of the type.
unsafe trait Plain: Sized {}

/// All zeros, on the heap: some of these structs are too large for a stack.
#[expect(clippy::unnecessary_box_returns, reason = "they are to be on the heap")]
fn zeroed<T: Plain>() -> Box<T> {
    let layout = Layout::new::<T>();
    const { assert!(size_of::<T>() > 0) };
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        handle_alloc_error(layout);
    }
    // SAFETY: allocated as a box would be, with this type's layout; all zeros are a value of it, by
    // the trait's contract.
    unsafe { Box::from_raw(memory.cast::<T>()) }
}

macro_rules! plain {
    ($($name:ident),* $(,)?) => {
        $(
            // SAFETY: C declares it as integers, arrays of such, and pointers, which may be null.
            unsafe impl Plain for sys::$name {}
        )*
    };
}

plain!(
    dcgmDeviceAttributes_v3,
    dcgmFieldValue_v2,
    dcgmMigHierarchy_v2,
    dcgmNvLinkStatus_v3,
    dcgmNvLinkStatus_v4,
    dcgmNvLinkStatus_v5,
    dcgmStartEmbeddedV2Params_v2,
    dcgmVersionInfo_v2,
);

#[cfg(any(test, fuzzing))]
plain!(dcgmFieldValue_v1);

#[cfg(test)]
mod tests;
