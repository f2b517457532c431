//! Jobs: statistics of a group of GPUs, kept by the engine under an id.

use core::ffi::c_char;
use core::mem::offset_of;
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::usage::{Overrun, double_summary, length, percentage, read_usage};
use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::entity::EntityId;
use crate::error::Result;
use crate::jobs::{JobGpuStats, JobProcess, JobStats, MAX_GPUS_PER_PART};
use crate::sample::Timestamp;

/// The incidents of 1,024 that have no room in the array of their GPU, in the unused GPUs of a reply.
const _: () = assert!(
    (MAX_INCIDENTS - INCIDENT_ROOM) * size_of::<sys::dcgmGpuUsageInfo_t__bindgen_ty_1>()
        <= (GPU_ROOM - SAFE_GPUS) * size_of::<sys::dcgmGpuUsageInfo_t>()
);
const _: () = assert!(MAX_GPUS_PER_PART <= SAFE_GPUS);

const MAX_INCIDENTS: usize = 1024;
const INCIDENT_ROOM: usize = 10;
const GPU_ROOM: usize = 32;

/// The maximum number of GPUs in a reply of which the engine cannot write beyond the end.
pub(crate) const SAFE_GPUS: usize = 25;

/// The id of a job as C takes it, with its NUL.
fn job_id(id: &str) -> [c_char; 64] {
    let mut text = [0; 64];
    for (to, from) in text.iter_mut().take(63).zip(id.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    text
}

fn processes(infos: &[sys::dcgmProcessUtilInfo_t], count: i32) -> Vec<JobProcess> {
    let used = infos.iter().take(length(count));
    used.filter(|info| info.pid != 0)
        .map(|info| {
            let mut process = JobProcess::new(info.pid);
            process.sm_utilization_percent = percentage(info.smUtil);
            process.memory_utilization_percent = percentage(info.memUtil);
            process
        })
        .collect()
}

impl EngineHandle {
    /// Makes the engine sample the fields of jobs.
    pub(crate) fn watch_job_fields(
        &self,
        group: GroupId,
        interval: Duration,
        keep_age: Duration,
    ) -> Result<()> {
        // SAFETY: numbers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmWatchJobFields(
                    self.handle(),
                    group.0,
                    interval_micros(interval),
                    keep_age.as_secs_f64(),
                    0
                )
            )
        }
    }

    /// Starts a job under an id of at most 63 bytes.
    pub(crate) fn start_job(&self, group: GroupId, id: &str) -> Result<()> {
        let mut id = job_id(id);
        // SAFETY: a C string.
        unsafe {
            call!(
                self.library(),
                dcgmJobStartStats(self.handle(), group.0, id.as_mut_ptr())
            )
        }
    }

    /// Stops a job, or moves the end of one that was stopped before.
    pub(crate) fn stop_job(&self, id: &str) -> Result<()> {
        let mut id = job_id(id);
        // SAFETY: a C string.
        unsafe {
            call!(
                self.library(),
                dcgmJobStopStats(self.handle(), id.as_mut_ptr())
            )
        }
    }

    /// Removes a job.
    pub(crate) fn remove_job(&self, id: &str) -> Result<()> {
        let mut id = job_id(id);
        // SAFETY: a C string.
        unsafe {
            call!(
                self.library(),
                dcgmJobRemove(self.handle(), id.as_mut_ptr())
            )
        }
    }

    fn job_info(&self, id: &str) -> Result<Box<sys::dcgmJobInfo_v3>> {
        let mut id = job_id(id);
        let mut info = new_zeroed::<sys::dcgmJobInfo_v3>();
        info.version = sys::dcgmJobInfo_v3::VERSION;
        // SAFETY: a C string, and the struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmJobGetStats(self.handle(), id.as_mut_ptr(), &raw mut *info)
            )
        }?;
        Ok(info)
    }

    /// Returns the end of a job, or the time of the call if it runs. The group of the job must have at most
    /// [`SAFE_GPUS`] GPUs.
    pub(crate) fn job_end(&self, id: &str) -> Result<Timestamp> {
        Ok(Timestamp::from_micros(self.job_info(id)?.summary.endTime))
    }

    /// Returns the statistics of a job, whose group must have at most [`SAFE_GPUS`] GPUs.
    pub(crate) fn job_stats(&self, id: &str) -> Result<JobStats> {
        let info = self.job_info(id)?;
        let period = (info.summary.startTime, info.summary.endTime);
        let mut stats = JobStats::new(
            Timestamp::from_micros(period.0),
            Timestamp::from_micros(period.1),
        );
        let mut overrun = Overrun::new(
            size_of::<sys::dcgmGpuUsageInfo_t>(),
            offset_of!(sys::dcgmGpuUsageInfo_t, systems),
            size_of::<sys::dcgmGpuUsageInfo_t__bindgen_ty_1>(),
        );
        let gpus = info.gpus.iter().take(length(info.numGpus));
        for (index, usage) in gpus.enumerate() {
            if overrun.reaches(index, usage.incidentCount) {
                stats.damaged_gpus += 1;
                continue;
            }
            let gpu = EntityId::gpu(usage.gpuId);
            stats.gpus.push(JobGpuStats {
                usage: read_usage!(usage, gpu, self.sample_lookup(gpu, period))?,
                power_watts: double_summary(&usage.powerUsage),
                compute_processes: processes(&usage.computePidInfo, usage.numComputePids),
                graphics_processes: processes(&usage.graphicsPidInfo, usage.numGraphicsPids),
            });
        }
        stats.gpus.sort_by_key(|gpu| gpu.usage.gpu);
        stats.gpus.dedup_by_key(|gpu| gpu.usage.gpu);
        Ok(stats)
    }
}

/// Returns an interval in microseconds; DCGM takes 0 for one without end.
pub(super) fn interval_micros(interval: Duration) -> i64 {
    i64::try_from(interval.as_micros())
        .unwrap_or(i64::MAX)
        .max(1)
}
