//! The use of a GPU in a period, as the host engine reports it for jobs and for processes.

use std::time::Duration;

use crate::entity::EntityId;
use crate::sample::Timestamp;

/// The smallest, the largest and the mean value of the samples in a period.
///
/// The engine computes the means of integer fields, such as utilization and clocks, in integers: they are
/// rounded toward 0. It also counts samples without a value as 0 in a mean, so that a mean can be too low;
/// [`HistoryClient::summary`](crate::history::HistoryClient::summary) recognizes most such cases.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct MinMaxMean {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The mean of the samples; not weighted by time.
    pub mean: f64,
}

impl MinMaxMean {
    /// Creates a summary from its three numbers.
    #[must_use]
    pub const fn new(min: f64, max: f64, mean: f64) -> Self {
        Self { min, max, mean }
    }

    /// Merges the summaries of several GPUs: the smallest minimum, the largest maximum, and the mean of the
    /// means. Returns `None` for no summary.
    ///
    /// ```
    /// use dcgm::usage::MinMaxMean;
    ///
    /// let gpus = [MinMaxMean::new(60.0, 80.0, 70.0), MinMaxMean::new(70.0, 110.0, 90.0)];
    /// assert_eq!(MinMaxMean::merge(gpus), Some(MinMaxMean::new(60.0, 110.0, 80.0)));
    /// assert_eq!(MinMaxMean::merge([]), None);
    /// ```
    #[must_use]
    pub fn merge(summaries: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut merged: Option<(Self, u32)> = None;
        for summary in summaries {
            merged = Some(merged.map_or((summary, 1), |(sum, count)| {
                let sum = Self {
                    min: sum.min.min(summary.min),
                    max: sum.max.max(summary.max),
                    mean: sum.mean + summary.mean,
                };
                (sum, count.saturating_add(1))
            }));
        }
        merged.map(|(sum, count)| Self {
            mean: sum.mean / f64::from(count),
            ..sum
        })
    }
}

/// The times in which the clocks of a GPU were reduced, by reason. `None` if the field of a reason had no
/// sample in the period, or the GPU does not report it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ThrottleTimes {
    /// By the power limit.
    pub power: Option<Duration>,
    /// By a thermal limit.
    pub thermal: Option<Duration>,
    /// By sync boost.
    pub sync_boost: Option<Duration>,
    /// By a limit of the board. DCGM does not watch the field for jobs and processes on its own:
    /// [`JobsClient::watch_jobs`](crate::jobs::JobsClient::watch_jobs) does.
    pub board_limit: Option<Duration>,
    /// Because of low utilization. Watched like [`board_limit`](Self::board_limit).
    pub low_utilization: Option<Duration>,
    /// For reliability. Watched like [`board_limit`](Self::board_limit).
    pub reliability: Option<Duration>,
}

impl ThrottleTimes {
    /// Adds the times of another GPU. A reason has a sum only if both GPUs report it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let add = |one: Option<Duration>, other: Option<Duration>| {
            one.zip(other).map(|(one, other)| one.saturating_add(other))
        };
        Self {
            power: add(self.power, other.power),
            thermal: add(self.thermal, other.thermal),
            sync_boost: add(self.sync_boost, other.sync_boost),
            board_limit: add(self.board_limit, other.board_limit),
            low_utilization: add(self.low_utilization, other.low_utilization),
            reliability: add(self.reliability, other.reliability),
        }
    }
}

/// The use of one GPU in a period.
///
/// The numbers are of the whole GPU: two jobs or two processes that share a GPU each get all of its energy
/// and utilization. They come from the samples that the engine has cached: a field without a sample in the
/// period has `None` here, where DCGM itself reports zeros, as for an idle GPU.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GpuUsage {
    /// The GPU.
    pub gpu: EntityId,
    /// The energy consumed, in joules: the difference of the energy counter, else the integral of the power.
    /// `None` also if there is no counter and the power was once without a value.
    pub energy_joules: Option<f64>,
    /// The SM utilization in percent: the share of time with a kernel running.
    pub sm_utilization_percent: Option<MinMaxMean>,
    /// The share of time in which the memory was read or written, in percent.
    pub memory_utilization_percent: Option<MinMaxMean>,
    /// The SM clock, in MHz.
    pub sm_clock_mhz: Option<MinMaxMean>,
    /// The memory clock, in MHz.
    pub memory_clock_mhz: Option<MinMaxMean>,
    /// The data received over PCI Express, in KB/s. No GPU of DCGM 3.3.9 to 4.6 reports it.
    pub pcie_rx_kb_per_second: Option<MinMaxMean>,
    /// The data sent over PCI Express, in KB/s. No GPU of DCGM 3.3.9 to 4.6 reports it.
    pub pcie_tx_kb_per_second: Option<MinMaxMean>,
    /// The largest value of the counter of PCI Express replays. The counter starts with the driver: this is *not* the
    /// number of replays in the period.
    pub pcie_replay_counter: Option<u64>,
    /// The largest value of the counter of double-bit ECC errors. The counter starts with the driver: this
    /// is *not* the number of errors in the period. The counter of single-bit errors is not offered, as
    /// the engine never fills it.
    pub double_bit_ecc_counter: Option<u64>,
    /// The times of the first 10 XID errors in the period, ascending. The engine does not keep their
    /// numbers: see [`Client::events`](crate::Client::events). With 10 times there may have been more.
    pub xid_times: Vec<Timestamp>,
    /// The largest amount of memory that the processes used, in bytes; `None` if the engine saw none.
    pub max_memory_bytes: Option<u64>,
    /// The times in which the clocks were reduced.
    pub throttle_times: ThrottleTimes,
}

impl GpuUsage {
    /// Creates the use of a GPU of which nothing is known.
    #[must_use]
    pub const fn new(gpu: EntityId) -> Self {
        Self {
            gpu,
            energy_joules: None,
            sm_utilization_percent: None,
            memory_utilization_percent: None,
            sm_clock_mhz: None,
            memory_clock_mhz: None,
            pcie_rx_kb_per_second: None,
            pcie_tx_kb_per_second: None,
            pcie_replay_counter: None,
            double_bit_ecc_counter: None,
            xid_times: Vec::new(),
            max_memory_bytes: None,
            throttle_times: ThrottleTimes {
                power: None,
                thermal: None,
                sync_boost: None,
                board_limit: None,
                low_utilization: None,
                reliability: None,
            },
        }
    }
}
