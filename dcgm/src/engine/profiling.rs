//! The implementation of [`ProfilingClient`] for [`Engine`].

use std::sync::Arc;

use super::Engine;
use super::engine_thread::PauseGuard;
use super::topology::gpu_number;
use crate::entity::EntityId;
use crate::error::{Operation, Result};
use crate::profiling::{MetricGroup, ProfilingClient, ProfilingPause};

impl ProfilingClient for Engine {
    #[doc(alias = "dcgmProfGetSupportedMetricGroups")]
    fn metric_groups(&self, gpu: EntityId) -> Result<Vec<MetricGroup>> {
        let number = gpu_number(gpu)?;
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, move |thread| {
            thread.with_session(|session| session.connection().metric_groups(number))
        })
    }

    #[doc(alias = "dcgmProfPause")]
    #[doc(alias = "dcgmProfResume")]
    fn pause(&self) -> Result<ProfilingPause> {
        let limit = self.options.deadlines.watch;
        let session = self.run_task(Operation::Configure, limit, |thread| {
            thread.with_session(|session| {
                session.begin_pause()?;
                Ok(session.connection().number)
            })
        })?;
        Ok(ProfilingPause::new(PauseGuard {
            session,
            shared: Arc::clone(&self.shared),
            worker: Arc::clone(&self.worker),
        }))
    }
}
