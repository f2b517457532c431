//! The host engine as a process: its memory.

use core::fmt::Debug;

use crate::error::Result;
use crate::not_implemented::{NotImplemented, not_implemented};

/// Access to the state of the host engine itself. Returned by
/// [`Client::host_engine`](crate::Client::host_engine).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
pub trait HostEngineClient: Debug + Send + Sync {
    /// Returns the resident memory of the engine's process, in bytes. For an embedded engine that is the
    /// memory of this process.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn memory_bytes(&self) -> Result<u64> {
        not_implemented("HostEngineClient::memory_bytes")
    }
}

impl HostEngineClient for NotImplemented {}
