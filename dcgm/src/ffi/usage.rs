//! Converts the use of a GPU, which the structs of jobs and of processes report with the same members.

use core::ffi::{c_int, c_uint};
use std::time::Duration;

use dcgm_sys as sys;

use super::EngineHandle;
use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::sample::Timestamp;
use crate::usage::{GpuUsage, MinMaxMean, ThrottleTimes};
use crate::value::NoValue;

/// The number of incidents that one health check can have.
const MAX_INCIDENTS: usize = 1024;

/// Reads the members that both structs have. `$sampled` returns whether a field has samples in the period.
macro_rules! read_usage {
    ($info:expr, $gpu:expr, $sampled:expr) => {{
        let (info, is_sampled) = ($info, $sampled);
        $crate::ffi::usage::Common {
            gpu: $gpu,
            energy: info.energyConsumed,
            replays: info.pcieReplays,
            double_bit: info.eccDoubleBit,
            xids: (info.numXidCriticalErrors, &info.xidCriticalErrorsTs),
            memory: info.maxGpuMemoryUsed,
            pcie: [&info.pcieRxBandwidth, &info.pcieTxBandwidth],
            shares: [&info.smUtilization, &info.memoryUtilization],
            clocks: [&info.smClock, &info.memoryClock],
            violations: [
                info.powerViolationTime,
                info.thermalViolationTime,
                info.syncBoostTime,
                info.boardLimitViolationTime,
                info.lowUtilizationTime,
                info.reliabilityViolationTime,
            ],
        }
        .read(is_sampled)
    }};
}
pub(super) use read_usage;

/// The members of both structs.
pub(super) struct Common<'a> {
    pub(super) gpu: EntityId,
    pub(super) energy: i64,
    pub(super) replays: i64,
    pub(super) double_bit: c_uint,
    pub(super) xids: (c_int, &'a [i64]),
    pub(super) memory: i64,
    pub(super) pcie: [&'a sys::dcgmStatSummaryInt64_t; 2],
    pub(super) shares: [&'a sys::dcgmStatSummaryInt32_t; 2],
    pub(super) clocks: [&'a sys::dcgmStatSummaryInt32_t; 2],
    pub(super) violations: [i64; 6],
}

impl Common<'_> {
    pub(super) fn read(
        self,
        mut is_sampled: impl FnMut(FieldId) -> Result<bool>,
    ) -> Result<GpuUsage> {
        let mut usage = GpuUsage::new(self.gpu);
        // Millijoules. Beyond 2^53 of them a double is still exact to a joule.
        #[expect(clippy::cast_precision_loss, reason = "documented")]
        let joules = |energy: u64| energy as f64 / 1000.0;
        usage.energy_joules = count(self.energy).map(joules);
        usage.pcie_replay_counter = count(self.replays);
        usage.double_bit_ecc_counter = i32::try_from(self.double_bit)
            .ok()
            .filter(|value| !is_blank_int32(*value))
            .and_then(|value| count(value.into()));
        let (xids, times) = self.xids;
        let times = times.iter().take(length(xids)).filter(|time| **time > 0);
        usage.xid_times = times.map(|time| Timestamp::from_micros(*time)).collect();
        usage.xid_times.sort_unstable();
        usage.max_memory_bytes = count(self.memory).filter(|bytes| *bytes > 0);
        let mut int64 = |values: &sys::dcgmStatSummaryInt64_t, field| {
            let values = [values.minValue, values.maxValue, values.average];
            unless_false_zeros(values.map(int_number), || is_sampled(field))
        };
        let [rx, tx] = self.pcie;
        usage.pcie_rx_kb_per_second = int64(rx, FieldId::PCIE_RX_THROUGHPUT)?;
        usage.pcie_tx_kb_per_second = int64(tx, FieldId::PCIE_TX_THROUGHPUT)?;
        let mut int32 = |values: &sys::dcgmStatSummaryInt32_t, field| {
            let values = [values.minValue, values.maxValue, values.average];
            let number = |value: c_int| (!is_blank_int32(value)).then(|| f64::from(value));
            unless_false_zeros(values.map(number), || is_sampled(field))
        };
        let [sm, memory] = self.shares;
        usage.sm_utilization_percent = int32(sm, FieldId::GPU_UTIL)?;
        usage.memory_utilization_percent = int32(memory, FieldId::MEM_COPY_UTIL)?;
        let [sm, memory] = self.clocks;
        usage.sm_clock_mhz = int32(sm, FieldId::SM_CLOCK)?;
        usage.memory_clock_mhz = int32(memory, FieldId::MEM_CLOCK)?;
        let [
            power,
            thermal,
            sync_boost,
            board_limit,
            low_utilization,
            reliability,
        ] = self
            .violations
            .map(|time| count(time).map(Duration::from_nanos));
        usage.throttle_times = ThrottleTimes {
            power,
            thermal,
            sync_boost,
            board_limit,
            low_utilization,
            reliability,
        };
        Ok(usage)
    }
}

/// Returns an integer as a number; `None` for a blank one.
#[expect(clippy::cast_precision_loss, reason = "rates, far below 2^53")]
fn int_number(value: i64) -> Option<f64> {
    NoValue::from_blank_int(value)
        .is_none()
        .then_some(value as f64)
}

const fn is_blank_int32(value: c_int) -> bool {
    value >= sys::DCGM_INT32_BLANK
}

/// Returns the length that C states; 0 for a negative one.
pub(super) fn length(count: c_int) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// Returns a counter; `None` if it is blank or negative.
fn count(value: i64) -> Option<u64> {
    let value = Some(value).filter(|value| NoValue::from_blank_int(*value).is_none())?;
    u64::try_from(value).ok()
}

/// Returns a summary of three numbers. Three zeros are also what the engine writes for a field that has no sample
/// in the period; then it is looked up.
fn unless_false_zeros(
    numbers: [Option<f64>; 3],
    is_sampled: impl FnOnce() -> Result<bool>,
) -> Result<Option<MinMaxMean>> {
    let [Some(min), Some(max), Some(mean)] = numbers else {
        return Ok(None);
    };
    if min == 0.0 && max == 0.0 && mean == 0.0 && !is_sampled()? {
        return Ok(None);
    }
    Ok(Some(MinMaxMean::new(min, max, mean)))
}

/// Returns three floating-point numbers as a summary; `None` if one is blank or not a number.
pub(super) fn double_summary(values: &sys::dcgmStatSummaryFp64_t) -> Option<MinMaxMean> {
    let number = |value: f64| {
        (value.is_finite() && NoValue::from_blank_double(value).is_none()).then_some(value)
    };
    let (min, max) = (number(values.minValue)?, number(values.maxValue)?);
    Some(MinMaxMean::new(min, max, number(values.average)?))
}

/// Returns a share in percent; `None` for a number that is none, such as what uninitialised memory holds.
pub(super) fn percentage(value: f64) -> Option<f64> {
    ((0.0..=100.0).contains(&value) && !value.is_subnormal()).then_some(value)
}

/// Finds the GPUs of a reply that the engine has overwritten: it writes each incident of a GPU, and the array of
/// a GPU has room for 10. The others lie in the GPUs that follow.
pub(super) struct Overrun {
    /// The size of a GPU in the reply, and the start of its incidents.
    size: usize,
    incidents: usize,
    incident_size: usize,
    /// The end of what was overwritten so far, from the start of the GPUs.
    end: usize,
}

impl Overrun {
    pub(super) const fn new(size: usize, incidents: usize, incident_size: usize) -> Self {
        Self {
            size,
            incidents,
            incident_size,
            end: 0,
        }
    }

    /// Returns `true` if the GPU at an index, the next one, was overwritten.
    pub(super) fn reaches(&mut self, index: usize, incident_count: c_uint) -> bool {
        let start = index.saturating_mul(self.size);
        let is_damaged = start < self.end;
        let count = usize::try_from(incident_count).unwrap_or(MAX_INCIDENTS);
        let written = count.min(MAX_INCIDENTS) * self.incident_size;
        self.end = self.end.max(start + self.incidents + written);
        is_damaged
    }
}

/// A period of an engine's reply: 0 as the end is an open one.
pub(super) type Period = (i64, i64);

impl EngineHandle {
    /// Returns a lookup of whether a field of a GPU has samples with a value in a period.
    pub(super) fn sample_lookup(
        &self,
        gpu: EntityId,
        period: Period,
    ) -> impl FnMut(FieldId) -> Result<bool> {
        move |field| self.has_samples(gpu, field, period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overrun_is_in_the_gpus_that_follow() {
        const SIZE: usize = size_of::<sys::dcgmGpuUsageInfo_t>();
        const AT: usize = core::mem::offset_of!(sys::dcgmGpuUsageInfo_t, systems);
        let damaged = |counts: &[c_uint]| {
            let mut overrun = Overrun::new(SIZE, AT, 8);
            let hits = counts.iter().enumerate();
            hits.filter(|(index, count)| overrun.reaches(*index, **count))
                .map(|(index, _)| index)
                .collect::<Vec<_>>()
        };
        assert_eq!(damaged(&[0, 10, 10, 0]), [0; 0]);
        assert_eq!(damaged(&[0, 11, 0, 0]), [2]);
        // 1,014 incidents of 8 bytes, in GPUs of 1,184.
        assert_eq!(
            damaged(&[u32::MAX, 0, 0, 0, 0, 0, 0, 0, 0]),
            [1, 2, 3, 4, 5, 6, 7]
        );
    }

    #[test]
    fn garbage_is_no_percentage() {
        for garbage in [1e-310, f64::NAN, -1.0, 101.0, f64::INFINITY] {
            assert_eq!(percentage(garbage), None, "{garbage}");
        }
        assert_eq!(percentage(0.0), Some(0.0));
        assert_eq!(percentage(40.0), Some(40.0));
    }
}
