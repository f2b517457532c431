//! The implementation of [`ProcessesClient`] for [`Mock`].

use crate::client::Client as _;
use crate::code::ReturnCode;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::jobs::{JOB_FIELDS, distinct_gpus};
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::processes::{ProcessStats, ProcessWatch, ProcessesClient};
use crate::watch::{Watch, WatchRequest};

impl Mock {
    /// Adds the statistics of a process to the accounting of the simulated driver, or replaces them.
    pub fn set_process(&self, process: ProcessStats) {
        let mut state = self.inner.state.lock();
        state.processes.insert(process.pid, process);
    }
}

impl ProcessesClient for Mock {
    fn watch_processes(&self, gpus: &[EntityId], watch: ProcessWatch) -> Result<Watch> {
        self.inner.enter_call(Call::Processes)?;
        let request = WatchRequest::new(distinct_gpus(gpus)?, JOB_FIELDS)
            .with_interval(watch.interval)
            .with_keep_age(watch.keep_age);
        self.watch(&request)
    }

    fn process(&self, pid: u32) -> Result<Option<ProcessStats>> {
        if pid == 0 {
            return Err(Error::Request("expected the id of a process, got 0"));
        }
        self.inner.enter_call(Call::Processes)?;
        let state = self.inner.state.lock();
        let mut pairs = state.watched.keys();
        if !pairs.any(|pair| pair.1 == FieldId::ACCOUNTING_DATA && state.has_watcher(*pair)) {
            return Err(refusal_error(Call::Processes, ReturnCode::NOT_WATCHED));
        }
        Ok(state.processes.get(&pid).cloned())
    }
}
