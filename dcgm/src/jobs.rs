//! Statistics of jobs: energy, power, utilization, throttling and XIDs between a start and an end.
//!
//! The host engine keeps jobs by an id, so that the prolog and the epilog of a batch system can be two
//! processes: one [starts](JobsClient::start_job) the job and ends, the other one
//! [stops](JobsClient::stop_job) it and [reads](JobsClient::job_stats) its statistics.
//!
//! # What outlives the process that starts a job
//!
//! A job of DCGM refers to a group of GPUs, and the groups and watches of a client go with its connection:
//! the statistics of the job could then not be read any more, and nothing would be sampled for it.
//! [`JobsClient::start_job`] therefore opens a short connection of its own, whose groups and watches the engine
//! keeps. **They stay until [`JobsClient::remove_job`]**, or until the engine ends, if the job is not removed;
//! [`JobsClient::job_ids`] lists the jobs that are left over. An embedded engine, its groups and its jobs end
//! with the process.
//!
//! # Parts
//!
//! The engine writes the statistics of a group into a struct with room for 32 GPUs, and the health incidents
//! of each GPU beyond the room for 10 of them: DCGM 4.6 crashed with a group of 32 GPUs whose last one had 12
//! incidents. A job of more than [`MAX_GPUS_PER_PART`] GPUs is therefore kept in the engine as several jobs, and
//! the statistics of its parts are merged. The first part has the id of the job itself, so that `dcgmi` finds it.

use core::fmt::{self, Debug};
use core::str::FromStr;
use std::time::Duration;

use crate::client::Client;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::sample::Timestamp;
use crate::usage::{GpuUsage, MinMaxMean, ThrottleTimes};
use crate::watch::Watch;

/// The maximum number of GPUs in one part of a job, which has a group and a job in the engine.
///
/// A health check has at most 1,024 incidents of 8 bytes each, of which a GPU has room for 10. The 24 unused
/// GPUs of 1,184 bytes each behind the last one take all others, whichever GPU they belong to.
pub const MAX_GPUS_PER_PART: usize = 8;

/// The fields that the engine computes the statistics of jobs and processes from: the same that DCGM
/// watches for them, and the three reasons for reduced clocks that it leaves out.
pub const JOB_FIELDS: &[FieldId] = &[
    FieldId::SM_CLOCK,
    FieldId::MEM_CLOCK,
    FieldId::POWER_USAGE,
    FieldId::TOTAL_ENERGY_CONSUMPTION,
    FieldId::PCIE_TX_THROUGHPUT,
    FieldId::PCIE_RX_THROUGHPUT,
    FieldId::PCIE_REPLAY_COUNTER,
    FieldId::GPU_UTIL,
    FieldId::MEM_COPY_UTIL,
    FieldId::ACCOUNTING_DATA,
    FieldId::MEM_COPY_UTIL_SAMPLES,
    FieldId::GPU_UTIL_SAMPLES,
    FieldId::GRAPHICS_PIDS,
    FieldId::COMPUTE_PIDS,
    FieldId::XID_ERRORS,
    FieldId::POWER_VIOLATION,
    FieldId::THERMAL_VIOLATION,
    FieldId::SYNC_BOOST_VIOLATION,
    FieldId::BOARD_LIMIT_VIOLATION,
    FieldId::LOW_UTIL_VIOLATION,
    FieldId::RELIABILITY_VIOLATION,
    FieldId::ECC_DBE_VOL_TOTAL,
];

/// The id of a job: 1 to 63 bytes.
///
/// DCGM cuts longer ids to 63 bytes and reports no error, so that two jobs with the same beginning would be one.
///
/// ```
/// use dcgm::jobs::JobId;
///
/// assert_eq!("slurm-4711".parse::<JobId>()?.as_str(), "slurm-4711");
/// assert!("x".repeat(64).parse::<JobId>().is_err());
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JobId(String);

impl JobId {
    /// The maximum length, in bytes.
    pub const MAX_BYTES: usize = 63;

    /// Creates an id.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if `id` is empty, longer than 63 bytes, or contains a NUL.
    pub fn new(id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        if id.is_empty() || id.len() > Self::MAX_BYTES || id.contains('\0') {
            return Err(Error::Request(
                "expected a job id of 1 to 63 bytes without NUL: DCGM cuts longer ones, so that different jobs would be one",
            ));
        }
        Ok(Self(id))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id of a part in the engine: the id itself for the first, a derived one of at most 63
    /// bytes for the others. The hash keeps parts of jobs apart whose ids begin alike.
    pub(crate) fn engine_id(&self, part: usize) -> String {
        /// The length of `~`, 16 digits, `~` and 2 digits.
        const SUFFIX_BYTES: usize = 20;

        if part == 0 {
            return self.0.clone();
        }
        let mut end = self.0.len().min(Self::MAX_BYTES - SUFFIX_BYTES);
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        let start = self.0.get(..end).unwrap_or_default();
        // FNV-1a: the ids have to be equal in all processes and releases.
        let hash = self
            .0
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("{start}~{hash:016x}~{part:02}")
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(id: &str) -> Result<Self> {
        Self::new(id)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&dcgm_sys::text::sanitize(&self.0))
    }
}

impl Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({:?})", self.0)
    }
}

/// A job to be started.
///
/// ```
/// use std::time::Duration;
/// use dcgm::EntityId;
/// use dcgm::jobs::{JobId, JobRequest};
///
/// let gpus = [EntityId::gpu(0), EntityId::gpu(1)];
/// let request = JobRequest::new(JobId::new("slurm-4711")?, gpus)
///     .with_watch(Duration::from_secs(5), Duration::from_secs(3 * 86_400));
/// assert_eq!(request.gpus.len(), 2);
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JobRequest {
    /// The id.
    pub id: JobId,
    /// The GPUs: at least one, of the kind [`GPU`](EntityKind::GPU).
    pub gpus: Vec<EntityId>,
    /// The watch that the engine keeps until the job is removed. `None` if another client watches
    /// [`JOB_FIELDS`] of these GPUs for all the time of the job, for example with
    /// [`JobsClient::watch_jobs`].
    pub watch: Option<JobWatch>,
}

/// The sampling for a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JobWatch {
    /// The sampling interval: 10 s by default. The statistics end with the last sample before the end of the job:
    /// the energy of up to one interval is missing.
    pub interval: Duration,
    /// The time for which samples are kept: a day by default. **A job that lasts longer has statistics of the
    /// last part of it only.** The engine keeps about 25 samples per GPU and interval.
    pub keep_age: Duration,
}

impl JobWatch {
    /// Creates the sampling with an interval and the time for which samples are kept.
    #[must_use]
    pub const fn new(interval: Duration, keep_age: Duration) -> Self {
        Self { interval, keep_age }
    }
}

/// Samples every 10 s, and keeps the samples for a day.
impl Default for JobWatch {
    fn default() -> Self {
        Self::new(Duration::from_secs(10), Duration::from_secs(86_400))
    }
}

impl JobRequest {
    /// Creates a request for a job whose GPUs are sampled every 10 s, with samples kept for a day.
    #[must_use]
    pub fn new(id: JobId, gpus: impl Into<Vec<EntityId>>) -> Self {
        Self {
            id,
            gpus: gpus.into(),
            watch: Some(JobWatch::default()),
        }
    }

    /// Sets the sampling interval and the time for which samples are kept.
    #[must_use]
    pub const fn with_watch(mut self, interval: Duration, keep_age: Duration) -> Self {
        self.watch = Some(JobWatch::new(interval, keep_age));
        self
    }

    /// Starts the job without a watch of its own.
    #[must_use]
    pub const fn without_watch(mut self) -> Self {
        self.watch = None;
        self
    }

    /// Returns the GPUs, ascending and each once, or the error of a request without GPUs or with other
    /// entities.
    pub(crate) fn distinct_gpus(&self) -> Result<Vec<EntityId>> {
        distinct_gpus(&self.gpus)
    }
}

/// Returns GPUs ascending and each once.
pub(crate) fn distinct_gpus(gpus: &[EntityId]) -> Result<Vec<EntityId>> {
    if gpus.is_empty() || gpus.iter().any(|id| id.kind != EntityKind::GPU) {
        return Err(Error::Request(
            "expected at least one GPU, and no other kinds of entities: DCGM has no statistics of these",
        ));
    }
    let mut gpus = gpus.to_vec();
    gpus.sort_unstable();
    gpus.dedup();
    Ok(gpus)
}

/// A process that used a GPU during a job.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobProcess {
    /// The process id.
    pub pid: u32,
    /// The SM utilization of the GPU by the process, in percent.
    pub sm_utilization_percent: Option<f64>,
    /// The memory utilization of the GPU by the process, in percent.
    pub memory_utilization_percent: Option<f64>,
}

impl JobProcess {
    /// Creates a process of which nothing else is known.
    #[must_use]
    pub const fn new(pid: u32) -> Self {
        Self {
            pid,
            sm_utilization_percent: None,
            memory_utilization_percent: None,
        }
    }
}

/// The statistics of one GPU of a job.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobGpuStats {
    /// The use of the GPU.
    pub usage: GpuUsage,
    /// The power draw, in watts.
    pub power_watts: Option<MinMaxMean>,
    /// The compute processes, at most 16.
    pub compute_processes: Vec<JobProcess>,
    /// The graphics processes, at most 16.
    pub graphics_processes: Vec<JobProcess>,
}

impl JobGpuStats {
    /// Creates the statistics of a GPU of which nothing is known.
    #[must_use]
    pub const fn new(gpu: EntityId) -> Self {
        Self {
            usage: GpuUsage::new(gpu),
            power_watts: None,
            compute_processes: Vec::new(),
            graphics_processes: Vec::new(),
        }
    }
}

/// The statistics of a job: of each GPU, and [in sum](Self::total).
///
/// Health is not part of them: the engine fills it only if health watches are set on the group of the job,
/// and then writes it beyond its array.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobStats {
    /// The start, by the engine's clock.
    pub start: Timestamp,
    /// The end, by the engine's clock; the time of the call while the job runs.
    pub end: Timestamp,
    /// The GPUs, ascending.
    pub gpus: Vec<JobGpuStats>,
    /// The number of GPUs that are missing in [`gpus`](Self::gpus), because the engine has overwritten their
    /// part of the reply: another client has set health watches on the group of the job, and a GPU has more
    /// than 10 incidents.
    pub damaged_gpus: usize,
}

impl JobStats {
    /// Creates statistics without GPUs.
    #[must_use]
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self {
            start,
            end,
            gpus: Vec::new(),
            damaged_gpus: 0,
        }
    }

    /// Returns the time from the start to the end.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Merges the statistics of the parts of a job, which have different GPUs. Returns `None` for no part.
    #[must_use]
    pub fn merge(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut merged = parts.next()?;
        for part in parts {
            merged.start = merged.start.min(part.start);
            merged.end = merged.end.max(part.end);
            merged.damaged_gpus += part.damaged_gpus;
            merged.gpus.extend(part.gpus);
        }
        merged.gpus.sort_by_key(|gpu| gpu.usage.gpu);
        Some(merged)
    }

    /// Returns the statistics of all GPUs together.
    ///
    /// They are computed from the GPUs, and not taken from DCGM's own summary: that counts a GPU without data
    /// as 0 in its means, and adds up the mean powers.
    #[must_use]
    pub fn total(&self) -> JobTotal {
        let merged = |part: fn(&JobGpuStats) -> Option<MinMaxMean>| {
            MinMaxMean::merge(self.gpus.iter().filter_map(part))
        };
        let is_complete = !self.gpus.is_empty() && self.damaged_gpus == 0;
        let energies = self.gpus.iter().map(|gpu| gpu.usage.energy_joules);
        let mut xid_times: Vec<_> = self
            .gpus
            .iter()
            .flat_map(|gpu| gpu.usage.xid_times.iter().copied())
            .collect();
        xid_times.sort_unstable();
        let throttle_times = self
            .gpus
            .iter()
            .map(|gpu| gpu.usage.throttle_times)
            .reduce(ThrottleTimes::plus);
        JobTotal {
            gpus: self.gpus.len(),
            energy_joules: energies.sum::<Option<f64>>().filter(|_| is_complete),
            power_watts: merged(|gpu| gpu.power_watts),
            sm_utilization_percent: merged(|gpu| gpu.usage.sm_utilization_percent),
            memory_utilization_percent: merged(|gpu| gpu.usage.memory_utilization_percent),
            sm_clock_mhz: merged(|gpu| gpu.usage.sm_clock_mhz),
            memory_clock_mhz: merged(|gpu| gpu.usage.memory_clock_mhz),
            xid_times,
            max_memory_bytes: self
                .gpus
                .iter()
                .filter_map(|gpu| gpu.usage.max_memory_bytes)
                .max(),
            throttle_times: throttle_times.filter(|_| is_complete).unwrap_or_default(),
        }
    }
}

/// The statistics of all GPUs of a job. Minima, maxima and means are those of a single GPU: a mean is the mean over
/// the GPUs that have data. Energy and times are sums, and `None` if one GPU has no data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobTotal {
    /// The number of GPUs.
    pub gpus: usize,
    /// The energy consumed by all GPUs, in joules.
    pub energy_joules: Option<f64>,
    /// The power draw of a GPU, in watts.
    pub power_watts: Option<MinMaxMean>,
    /// The SM utilization of a GPU, in percent.
    pub sm_utilization_percent: Option<MinMaxMean>,
    /// The memory utilization of a GPU, in percent.
    pub memory_utilization_percent: Option<MinMaxMean>,
    /// The SM clock of a GPU, in MHz.
    pub sm_clock_mhz: Option<MinMaxMean>,
    /// The memory clock of a GPU, in MHz.
    pub memory_clock_mhz: Option<MinMaxMean>,
    /// The times of the XID errors of all GPUs, ascending; at most 10 of each GPU.
    pub xid_times: Vec<Timestamp>,
    /// The largest amount of memory that was used on a GPU, in bytes.
    pub max_memory_bytes: Option<u64>,
    /// The times in which the clocks were reduced, added up over the GPUs.
    pub throttle_times: ThrottleTimes,
}

/// Access to jobs. Returned by [`Client::jobs`].
///
/// [`JobRecorder`] is the convenient form.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
pub trait JobsClient: Debug + Send + Sync {
    /// Watches [`JOB_FIELDS`] of GPUs until the returned [`Watch`] is dropped: for an agent that runs all the
    /// time, and for the fields that the watch of [`start_job`](Self::start_job) does not have.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if `gpus` is empty or has other entities. Otherwise the same as for
    /// [`Client::watch`].
    fn watch_jobs(&self, gpus: &[EntityId], watch: JobWatch) -> Result<Watch> {
        let _ = (gpus, watch);
        not_implemented("JobsClient::watch_jobs")
    }

    /// Starts a job. It goes on when this client or process ends: see the [module](self).
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if the request has no GPU, or other entities.
    /// [`DUPLICATE_KEY`](crate::ReturnCode::DUPLICATE_KEY) if there is a job with this id, also a stopped one.
    /// After an error, the engine has nothing of the job, unless the connection was lost.
    fn start_job(&self, request: &JobRequest) -> Result<()> {
        let _ = request;
        not_implemented("JobsClient::start_job")
    }

    /// Stops a job: its end is now.
    ///
    /// <div class="warning">
    ///
    /// DCGM accepts the stop of a job that was stopped before, **and moves its end**.
    /// [`JobRecorder::stop`] refuses that.
    ///
    /// </div>
    ///
    /// # Errors
    ///
    /// [`NO_DATA`](crate::ReturnCode::NO_DATA) if there is no such job. The engine forgets all jobs when it ends.
    fn stop_job(&self, id: &JobId) -> Result<()> {
        let _ = id;
        not_implemented("JobsClient::stop_job")
    }

    /// Returns `true` if a job runs, and `false` if it was stopped. The engine does not say so: the end of a
    /// running job moves with each call, and this makes two.
    ///
    /// # Errors
    ///
    /// The same as for [`job_stats`](Self::job_stats).
    fn is_job_running(&self, id: &JobId) -> Result<bool> {
        let _ = id;
        not_implemented("JobsClient::is_job_running")
    }

    /// Returns the statistics of a job, which may still run. Takes about 90 ms over TCP for each
    /// [part](self#parts).
    ///
    /// # Errors
    ///
    /// [`NO_DATA`](crate::ReturnCode::NO_DATA) if there is no such job;
    /// [`NOT_CONFIGURED`](crate::ReturnCode::NOT_CONFIGURED) if its group is gone, which another client can destroy;
    /// [`Error::Request`] if the request could crash the engine: the job was not started by this crate on a host
    /// with more than 25 GPUs, or another client has added GPUs to its group.
    fn job_stats(&self, id: &JobId) -> Result<JobStats> {
        let _ = id;
        not_implemented("JobsClient::job_stats")
    }

    /// Removes a job, running or not, with its groups and its watch.
    ///
    /// # Errors
    ///
    /// [`NO_DATA`](crate::ReturnCode::NO_DATA) if the engine had nothing of such a job.
    fn remove_job(&self, id: &JobId) -> Result<()> {
        let _ = id;
        not_implemented("JobsClient::remove_job")
    }

    /// Returns the ids of the jobs that clients of this crate have started and that were not removed, ascending. DCGM
    /// does not list jobs: these are found by their groups, which outlive a job that another client removed.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`].
    fn job_ids(&self) -> Result<Vec<JobId>> {
        not_implemented("JobsClient::job_ids")
    }
}

impl JobsClient for NotImplemented {}

/// A job from its start to its removal, in one process or in two.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::time::Duration;
/// use dcgm::jobs::{JobId, JobRecorder, JobRequest};
/// use dcgm::mock::{Clock, Mock, Model};
/// use dcgm::{Client, EntityKind};
///
/// let clock = Clock::manual();
/// let mock = Mock::builder().model("8xh100".parse::<Model>().unwrap()).clock(clock.clone()).build();
/// mock.connect()?;
/// let (id, gpus) = (JobId::new("slurm-4711")?, mock.entity_ids(EntityKind::GPU)?);
///
/// // The prolog:
/// JobRecorder::start(&mock, &JobRequest::new(id.clone(), gpus))?;
/// clock.advance(Duration::from_secs(60));
/// // The epilog:
/// let mut job = JobRecorder::resume(&mock, id);
/// let stats = job.stop()?;
/// assert_eq!(stats.duration(), Duration::from_secs(60));
/// assert!(stats.total().energy_joules.is_some());
/// assert!(job.stop().is_err(), "that would move its end");
/// job.remove()?;
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Debug)]
pub struct JobRecorder<C> {
    client: C,
    id: JobId,
    is_stopped: bool,
}

impl<C: Client> JobRecorder<C> {
    /// Starts a job. Dropping the recorder does not stop it.
    ///
    /// # Errors
    ///
    /// The same as for [`JobsClient::start_job`].
    pub fn start(client: C, request: &JobRequest) -> Result<Self> {
        client.jobs().start_job(request)?;
        Ok(Self::resume(client, request.id.clone()))
    }

    /// Creates the recorder of a job that was started before, by this or another process. Makes no call.
    #[must_use]
    pub const fn resume(client: C, id: JobId) -> Self {
        Self {
            client,
            id,
            is_stopped: false,
        }
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> &JobId {
        &self.id
    }

    /// Stops the job and returns its statistics.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if the job was stopped before, by this or another process: the end would move. Otherwise
    /// the same as for [`JobsClient::job_stats`]. If only the statistics could not be read, the job is
    /// stopped: read them with [`stats`](Self::stats).
    pub fn stop(&mut self) -> Result<JobStats> {
        let jobs = self.client.jobs();
        if self.is_stopped || !jobs.is_job_running(&self.id)? {
            self.is_stopped = true;
            return Err(Error::Request(
                "the job was stopped before; DCGM would move its end",
            ));
        }
        jobs.stop_job(&self.id)?;
        self.is_stopped = true;
        jobs.job_stats(&self.id)
    }

    /// Returns the statistics of the job, stopped or not.
    ///
    /// # Errors
    ///
    /// The same as for [`JobsClient::job_stats`].
    pub fn stats(&self) -> Result<JobStats> {
        self.client.jobs().job_stats(&self.id)
    }

    /// Removes the job from the engine.
    ///
    /// # Errors
    ///
    /// The same as for [`JobsClient::remove_job`].
    pub fn remove(self) -> Result<()> {
        self.client.jobs().remove_job(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_parts_are_distinct_and_not_too_long() {
        let long = |last: char| JobId::new("\u{e4}".repeat(31) + &last.to_string()).unwrap();
        let short = JobId::new("a").unwrap();
        let mut ids = Vec::new();
        for job in [long('x'), long('y'), short] {
            assert_eq!(job.engine_id(0), job.as_str());
            ids.extend((0..4).map(|part| job.engine_id(part)));
        }
        assert!(
            ids.iter().all(|id| JobId::new(id.as_str()).is_ok()),
            "{ids:?}"
        );
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{ids:?}");
    }

    #[test]
    fn ids_that_dcgm_would_cut_are_refused() {
        for id in [String::new(), "x".repeat(64), "a\0b".to_owned()] {
            assert!(matches!(JobId::new(id), Err(Error::Request(_))));
        }
        assert!(JobId::new("x".repeat(63)).is_ok());
    }
}
