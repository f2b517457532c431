//! The state of the host engine's process.

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, new_zeroed};
use crate::error::Result;

/// `waitIfNoData`: the engine measures at the time of the call, so that there is nothing to wait for.
const WAIT: core::ffi::c_int = 1;

impl EngineHandle {
    /// Returns the resident memory of the engine's process.
    pub(crate) fn engine_memory(&self) -> Result<u64> {
        let mut memory = new_zeroed::<sys::dcgmIntrospectMemory_v1>();
        memory.version = sys::dcgmIntrospectMemory_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmIntrospectGetHostengineMemoryUsage(self.handle(), &raw mut *memory, WAIT)
            )
        }?;
        Ok(u64::try_from(memory.bytesUsed).unwrap_or(0))
    }
}
