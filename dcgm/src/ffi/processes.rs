//! Statistics of processes.

use core::mem::offset_of;
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::jobs::interval_micros;
use super::usage::{Overrun, length, percentage, read_usage};
use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::processes::{ProcessGpuStats, ProcessStats};
use crate::sample::Timestamp;

impl EngineHandle {
    /// Makes the engine sample the fields of processes.
    pub(crate) fn watch_process_fields(
        &self,
        group: GroupId,
        interval: Duration,
        keep_age: Duration,
    ) -> Result<()> {
        // SAFETY: numbers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmWatchPidFields(
                    self.handle(),
                    group.0,
                    interval_micros(interval),
                    keep_age.as_secs_f64(),
                    0
                )
            )
        }
    }

    /// Returns the statistics of a process on the GPUs of a group, which must have at most
    /// [`SAFE_GPUS`](super::SAFE_GPUS).
    pub(crate) fn process_stats(&self, group: GroupId, pid: u32) -> Result<ProcessStats> {
        let mut info = new_zeroed::<sys::dcgmPidInfo_v2>();
        info.version = sys::dcgmPidInfo_v2::VERSION;
        info.pid = pid;
        // SAFETY: the struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmGetPidInfo(self.handle(), group.0, &raw mut *info)
            )
        }?;
        let mut stats = ProcessStats::new(pid, Timestamp::NEVER);
        let mut periods = Vec::new();
        let mut overrun = Overrun::new(
            size_of::<sys::dcgmPidSingleInfo_t>(),
            offset_of!(sys::dcgmPidSingleInfo_t, systems),
            size_of::<sys::dcgmPidSingleInfo_t__bindgen_ty_1>(),
        );
        let gpus = info.gpus.iter().take(length(info.numGpus));
        for (index, usage) in gpus.enumerate() {
            if overrun.reaches(index, usage.incidentCount) {
                stats.damaged_gpus += 1;
                continue;
            }
            let gpu = EntityId::gpu(usage.gpuId);
            let period = (usage.startTime.max(0), usage.endTime.max(0));
            periods.push(period);
            let pids = |pids: &[u32], count| {
                let used = pids.iter().take(length(count)).copied();
                used.filter(|pid| *pid != 0).collect()
            };
            // Without a sample, the engine has not written the number.
            let mean = |field, value| -> Result<Option<f64>> {
                let is_sampled = self.has_samples(gpu, field, period)?;
                Ok(percentage(value).filter(|_| is_sampled))
            };
            let shares = &usage.processUtilization;
            stats.gpus.push(ProcessGpuStats {
                usage: read_usage!(usage, gpu, self.sample_lookup(gpu, period))?,
                all_processes_sm_utilization_percent: mean(
                    FieldId::GPU_UTIL_SAMPLES,
                    shares.smUtil,
                )?,
                all_processes_memory_utilization_percent: mean(
                    FieldId::MEM_COPY_UTIL_SAMPLES,
                    shares.memUtil,
                )?,
                other_compute_pids: pids(&usage.otherComputePids, usage.numOtherComputePids),
                other_graphics_pids: pids(&usage.otherGraphicsPids, usage.numOtherGraphicsPids),
            });
        }
        stats.gpus.sort_by_key(|gpu| gpu.usage.gpu);
        stats.gpus.dedup_by_key(|gpu| gpu.usage.gpu);
        let start = periods.iter().map(|(start, _)| *start).min();
        stats.start = Timestamp::from_micros(start.unwrap_or_default());
        // 0: it runs.
        let runs = periods.iter().any(|(_, end)| *end == 0);
        let end = periods.iter().map(|(_, end)| *end).max();
        stats.end = end.filter(|_| !runs).map(Timestamp::from_micros);
        Ok(stats)
    }
}
