//! The implementation of [`HostEngineClient`] for [`Engine`].

use super::Engine;
use crate::error::{Operation, Result};
use crate::host_engine::HostEngineClient;

impl HostEngineClient for Engine {
    #[doc(alias = "dcgmIntrospectGetHostengineMemoryUsage")]
    fn memory_bytes(&self) -> Result<u64> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, |thread| {
            thread.with_session(|session| session.connection().engine_memory())
        })
    }
}
