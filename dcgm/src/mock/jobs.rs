//! The implementation of [`JobsClient`] for [`Mock`].

use std::time::Duration;

use crate::client::Client as _;
use crate::code::ReturnCode;
use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::jobs::{
    JOB_FIELDS, JobGpuStats, JobId, JobRequest, JobStats, JobWatch, JobsClient, distinct_gpus,
};
use crate::mock::engine::{EngineState, refusal_error};
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::mock::model::Presence;
use crate::watch::{Watch, WatchRequest};

/// A job in the simulated engine. It outlives the session, and is lost with the engine.
#[derive(Debug)]
pub(super) struct MockJob {
    gpus: Vec<EntityId>,
    start: Duration,
    end: Option<Duration>,
    /// The watch that the engine keeps for it.
    watch: Option<u64>,
}

impl EngineState {
    fn job(&mut self, id: &JobId) -> Result<&mut MockJob> {
        let no_such_job = || refusal_error(Call::Jobs, ReturnCode::NO_DATA);
        self.jobs.get_mut(id).ok_or_else(no_such_job)
    }
}

impl Mock {
    /// Applies the planned faults of a call about jobs, and forgets the jobs of an engine that has ended.
    fn enter_jobs(&self) -> Result<()> {
        self.inner.enter_call(Call::Jobs)?;
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let since = state.engine_since(now).unwrap_or(now);
        state.jobs.retain(|_, job| since <= job.start);
        Ok(())
    }
}

impl JobsClient for Mock {
    fn watch_jobs(&self, gpus: &[EntityId], watch: JobWatch) -> Result<Watch> {
        self.enter_jobs()?;
        let request = WatchRequest::new(distinct_gpus(gpus)?, JOB_FIELDS)
            .with_interval(watch.interval)
            .with_keep_age(watch.keep_age);
        self.watch(&request)
    }

    fn start_job(&self, request: &JobRequest) -> Result<()> {
        let gpus = request.distinct_gpus()?;
        self.enter_jobs()?;
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let refused = |code| Err(refusal_error(Call::Jobs, code));
        if gpus
            .iter()
            .any(|gpu| state.presence_at(*gpu, now) == Presence::Gone)
        {
            return refused(ReturnCode::BAD_PARAM);
        }
        if state.jobs.contains_key(&request.id) {
            return refused(ReturnCode::DUPLICATE_KEY);
        }
        let watch = request
            .watch
            .map(|watch| state.watch_for_engine(&gpus, JOB_FIELDS, (now, watch.interval)));
        let job = MockJob {
            gpus,
            start: now,
            end: None,
            watch,
        };
        state.jobs.insert(request.id.clone(), job);
        Ok(())
    }

    fn stop_job(&self, id: &JobId) -> Result<()> {
        self.enter_jobs()?;
        let now = self.inner.clock.now();
        // Like the engine, which moves the end of a stopped job.
        self.inner.state.lock().job(id)?.end = Some(now);
        Ok(())
    }

    fn is_job_running(&self, id: &JobId) -> Result<bool> {
        self.enter_jobs()?;
        Ok(self.inner.state.lock().job(id)?.end.is_none())
    }

    fn job_stats(&self, id: &JobId) -> Result<JobStats> {
        self.enter_jobs()?;
        let clock = &self.inner.clock;
        let mut state = self.inner.state.lock();
        let job = state.job(id)?;
        let period = (job.start, job.end.unwrap_or_else(|| clock.now()));
        let gpus = job.gpus.clone();
        let of_gpu = |gpu| {
            let mut part = JobGpuStats::new(gpu);
            part.usage = state.gpu_usage(gpu, period, clock);
            part.power_watts = state.summarize((gpu, FieldId::POWER_USAGE), period);
            part
        };
        let (start, end) = period;
        let mut report = JobStats::new(clock.timestamp(start), clock.timestamp(end));
        report.gpus = gpus.into_iter().map(of_gpu).collect();
        Ok(report)
    }

    fn remove_job(&self, id: &JobId) -> Result<()> {
        self.enter_jobs()?;
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let watch = state.job(id)?.watch;
        state.jobs.remove(id);
        if let Some(watch) = watch {
            state.end_grids(watch, now);
        }
        Ok(())
    }

    fn job_ids(&self) -> Result<Vec<JobId>> {
        self.enter_jobs()?;
        Ok(self.inner.state.lock().jobs.keys().cloned().collect())
    }
}
