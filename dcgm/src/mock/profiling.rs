//! The implementation of [`ProfilingClient`] for [`Mock`].

use std::sync::Arc;

use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::mock::faults::Call;
use crate::mock::handle::{Inner, Mock};
use crate::mock::model::{Need, Presence};
use crate::profiling::{MetricGroup, ProfilingClient, ProfilingPause};

/// The pauses of profiling.
#[derive(Debug, Default)]
pub(super) struct PauseState {
    count: usize,
    /// Increases with each session, so that a pause of an earlier one ends nothing.
    session: u64,
}

impl PauseState {
    pub(super) fn end_all(&mut self) {
        self.count = 0;
        self.session += 1;
    }
}

struct MockPauseGuard {
    inner: Arc<Inner>,
    session: u64,
}

impl Drop for MockPauseGuard {
    fn drop(&mut self) {
        let pauses = &mut self.inner.state.lock().pauses;
        if pauses.session == self.session {
            pauses.count = pauses.count.saturating_sub(1);
        }
    }
}

impl Mock {
    /// Returns `true` while profiling is [paused](ProfilingClient::pause). The values of a mock do not
    /// depend on it.
    #[must_use]
    pub fn is_profiling_paused(&self) -> bool {
        self.inner.state.lock().pauses.count > 0
    }
}

impl ProfilingClient for Mock {
    fn metric_groups(&self, gpu: EntityId) -> Result<Vec<MetricGroup>> {
        self.inner.enter_call(Call::Profiling)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        let can = state.model.host().product().product_spec().can;
        let is_there = gpu.kind == EntityKind::GPU && state.presence_at(gpu, now) != Presence::Gone;
        if !is_there || !can.contains(&Need::Prof) {
            return Err(Error::Call {
                function: Call::Profiling.function(),
                code: ReturnCode::MODULE_NOT_LOADED,
            });
        }
        let known = FieldId::all().iter().filter(|info| !info.tag.is_empty());
        let fields: Vec<_> = known
            .map(|info| info.id)
            .filter(|field| field.is_profiling())
            .collect();
        let groups = (0..).zip(fields.chunks(64));
        Ok(groups
            .map(|(major, fields)| MetricGroup::new(major, 0, fields.to_vec()))
            .collect())
    }

    fn pause(&self) -> Result<ProfilingPause> {
        self.inner.enter_call(Call::Profiling)?;
        let mut state = self.inner.state.lock();
        state.pauses.count += 1;
        Ok(ProfilingPause::new(MockPauseGuard {
            inner: Arc::clone(&self.inner),
            session: state.pauses.session,
        }))
    }
}
