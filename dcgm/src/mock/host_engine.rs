//! The implementation of [`HostEngineClient`] for [`Mock`].

use crate::error::Result;
use crate::host_engine::HostEngineClient;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;

/// What a fresh engine of 4.6 was seen to use.
const MEMORY: u64 = 24 << 20;

impl HostEngineClient for Mock {
    fn memory_bytes(&self) -> Result<u64> {
        self.inner.enter_call(Call::HostEngine)?;
        Ok(MEMORY)
    }
}
