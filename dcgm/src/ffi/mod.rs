//! Safe functions for calls into libdcgm: the only module with unsafe code.
//!
//! Handles, group ids and field ids are integers that DCGM checks: any value is safe to pass, and an
//! invalid one is an error. This module ensures that pointers are valid for everything that DCGM reads
//! and writes, that version words are set before each call, and that DCGM's memory is copied before a
//! call or a callback returns.

#![expect(unsafe_code, reason = "the boundary to C")]

#[cfg(feature = "admin")]
mod admin;
mod config;
mod dcgm;
mod decode;
mod diagnostics;
pub(crate) mod field_policies;
mod groups;
mod health;
mod history;
mod host_engine;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod inventory;
mod jobs;
mod matcher;
#[cfg(test)]
#[cfg(shuttle)]
pub(crate) mod peer;
pub(crate) mod policy;
#[cfg(all(feature = "isolated", target_os = "linux"))]
pub(crate) mod process;
mod processes;
mod profiling;
mod records;
#[cfg(feature = "testing")]
mod testing;
mod text;
mod thread;
mod topology;
mod usage;
mod visit;

pub(crate) use config::ConfigKind;
pub(crate) use dcgm::{
    Dcgm, EngineHandle, FieldGroupId, GroupId, GroupPair, Lifetime, ListScope, Transport,
};
pub(crate) use diagnostics::{DiagnosticStructs, MultiNodeStructs};
pub(crate) use health::HealthReply;
pub(crate) use history::{RawNumbers, RawSummary};
pub(crate) use jobs::SAFE_GPUS;
pub(crate) use records::Records;
pub(crate) use text::push_long_text;
pub(crate) use thread::block_signals;
pub(crate) use visit::GroupBuffer;

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};

use dcgm_sys as sys;

use crate::code::ReturnCode;
use crate::error::{Error, Result};

/// Converts the return code of a C function to a result.
fn check_code(function: &'static str, code: sys::dcgmReturn_t) -> Result<()> {
    let code = ReturnCode::from_raw(code);
    if code.is_ok() {
        Ok(())
    } else {
        Err(Error::Call { function, code })
    }
}

/// Calls a function of the symbol table: `call!(library, dcgmX(arguments))`. Unsafe like the function.
macro_rules! call {
    ($library:expr, $function:ident($($argument:expr),* $(,)?)) => {
        $library
            .symbols()
            .$function($($argument),*)
            .map_err($crate::error::Error::from)
            .and_then(|code| $crate::ffi::check_code(stringify!($function), code))
    };
}
use call;

/// A C struct of integers, floats, and arrays and unions of those, without references or function
/// pointers.
///
/// # Safety
///
/// All zeros must be a valid value of the type.
unsafe trait Plain: Sized {}

/// Allocates a zeroed struct on the heap: some of these structs are too large for the stack.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "the box avoids a copy on the stack"
)]
fn new_zeroed<T: Plain>() -> Box<T> {
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

// SAFETY: an array of zeros is an array of values.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

macro_rules! plain {
    ($($name:ident),* $(,)?) => {
        $(
            // SAFETY: C declares it as integers, arrays of such, and pointers, which may be null.
            unsafe impl Plain for sys::$name {}
        )*
    };
}

plain!(
    dcgmCacheManagerFieldInfo_v4_t,
    dcgmCpuHierarchy_v1,
    dcgmCpuHierarchy_v2,
    dcgmConfig_v1,
    dcgmConfig_v2,
    dcgmDeviceAttributes_v3,
    dcgmFieldSummaryRequest_v1,
    dcgmFieldValue_v1,
    dcgmDeviceTopology_v1,
    dcgmDeviceTopology_v2,
    dcgmEnvVarInfo_v1,
    dcgmDeviceWorkloadPowerProfilesStatus_v1,
    dcgmDiagResponse_v11,
    dcgmDiagResponse_v12,
    dcgmDiagResponse_v9,
    dcgmFieldValue_v2,
    dcgmGroupInfo_v2,
    dcgmGroupInfo_v3,
    dcgmIntrospectCpuUtil_v1,
    dcgmHealthResponse_v4,
    dcgmHealthResponse_v5,
    dcgmIntrospectMemory_v1,
    dcgmJobInfo_v3,
    dcgmMigHierarchy_v2,
    dcgmModuleGetStatuses_v1,
    dcgmNvLinkP2PStatus_v1,
    dcgmMnDiagResponse_v1,
    dcgmMnDiagResponse_v2,
    dcgmNvLinkStatus_v3,
    dcgmNvLinkStatus_v4,
    dcgmNvLinkStatus_v5,
    dcgmPidInfo_v2,
    dcgmPolicy_v1,
    dcgmPolicyInfo_v1,
    dcgm_policy_violation_t,
    dcgmProfGetMetricGroups_v3,
    dcgmRunDiag_v10,
    dcgmRunDiag_v7,
    dcgmRunDiag_v9,
    dcgmRunMnDiag_v1,
    dcgmRunMnDiag_v2,
    dcgmStartEmbeddedV2Params_v2,
    dcgmVersionInfo_v2,
    dcgmVgpuDeviceAttributes_v7,
    dcgmVgpuInstanceAttributes_v1,
    dcgmWorkloadPowerProfileProfilesInfo_v1,
);

#[cfg(feature = "admin")]
plain!(
    dcgmCreateMigEntity_v1,
    dcgmDeleteMigEntity_v1,
    dcgmErrorInfo_t,
    dcgmSetNvLinkLinkState_v1,
    dcgmWorkloadPowerProfile_v1,
);

#[cfg(feature = "testing")]
plain!(dcgmCreateFakeEntities_v2);

#[cfg(test)]
mod tests;
