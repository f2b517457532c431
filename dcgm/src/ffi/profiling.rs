//! Metric groups and the pause of profiling.

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, new_zeroed};
use crate::error::Result;
use crate::field::FieldId;
use crate::profiling::MetricGroup;

impl EngineHandle {
    /// Returns the metric groups of a GPU.
    pub(crate) fn metric_groups(&self, gpu: u32) -> Result<Vec<MetricGroup>> {
        let mut groups = new_zeroed::<sys::dcgmProfGetMetricGroups_v3>();
        groups.version = sys::dcgmProfGetMetricGroups_v3::VERSION;
        groups.gpuId = gpu;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmProfGetSupportedMetricGroups(self.handle(), &raw mut *groups)
            )
        }?;
        let count = |count: core::ffi::c_uint| usize::try_from(count).unwrap_or(usize::MAX);
        let rows = groups
            .metricGroups
            .iter()
            .take(count(groups.numMetricGroups));
        let group = |row: &sys::dcgmProfMetricGroupInfo_v2| {
            let fields = row.fieldIds.iter().take(count(row.numFieldIds));
            let fields = fields.map(|id| FieldId::from_raw(*id)).collect();
            MetricGroup::new(row.majorId, row.minorId, fields)
        };
        Ok(rows.map(group).collect())
    }

    /// Returns the fields that the profiler of a GPU has, sorted.
    pub(crate) fn profiling_fields(&self, gpu: u32) -> Result<Vec<FieldId>> {
        let groups = self.metric_groups(gpu)?;
        let mut fields: Vec<_> = groups.into_iter().flat_map(|group| group.fields).collect();
        fields.sort_unstable();
        fields.dedup();
        Ok(fields)
    }

    /// Stops the profiling module of the engine from sampling.
    pub(crate) fn pause_profiling(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmProfPause(self.handle())) }
    }

    /// Makes the profiling module of the engine sample again.
    pub(crate) fn resume_profiling(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmProfResume(self.handle())) }
    }
}
