//! Statistics of processes that used GPUs, from the accounting of the driver.

use core::fmt::Debug;
use core::mem::offset_of;
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use crate::entity::EntityId;
use crate::error::Result;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::sample::Timestamp;
use crate::usage::GpuUsage;
use crate::value::Value;
use crate::watch::Watch;

/// The sampling for the statistics of processes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ProcessWatch {
    /// The sampling interval: 10 s by default.
    pub interval: Duration,
    /// The time for which samples are kept: an hour by default. The statistics of a process do not reach
    /// further back.
    pub keep_age: Duration,
}

impl ProcessWatch {
    /// Creates the sampling with an interval and the time for which samples are kept.
    #[must_use]
    pub const fn new(interval: Duration, keep_age: Duration) -> Self {
        Self { interval, keep_age }
    }
}

/// Samples every 10 s, and keeps the samples for an hour.
impl Default for ProcessWatch {
    fn default() -> Self {
        Self::new(Duration::from_secs(10), Duration::from_secs(3600))
    }
}

/// The statistics of a process.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProcessStats {
    /// The process id.
    pub pid: u32,
    /// The earliest start on a GPU, by the engine's clock.
    pub start: Timestamp,
    /// The latest end on a GPU, by the engine's clock; `None` while the process uses a GPU.
    pub end: Option<Timestamp>,
    /// The GPUs that the process used, ascending. DCGM 4.6 finds a process that has ended on one GPU only.
    pub gpus: Vec<ProcessGpuStats>,
    /// The number of GPUs that are missing in [`gpus`](Self::gpus), because the engine has overwritten their
    /// part of the reply: another client has set health watches on the group that this client reads by, and
    /// a GPU has more than 10 incidents.
    pub damaged_gpus: usize,
}

impl ProcessStats {
    /// Creates the statistics of a process without GPUs.
    #[must_use]
    pub const fn new(pid: u32, start: Timestamp) -> Self {
        Self {
            pid,
            start,
            end: None,
            gpus: Vec::new(),
            damaged_gpus: 0,
        }
    }

    /// Returns the energy that all GPUs of the process consumed, in joules; `None` if it is not known of one.
    #[must_use]
    pub fn energy_joules(&self) -> Option<f64> {
        let energies = self.gpus.iter().map(|gpu| gpu.usage.energy_joules);
        energies
            .sum::<Option<f64>>()
            .filter(|_| !self.gpus.is_empty() && self.damaged_gpus == 0)
    }
}

/// The statistics of a process on one GPU. Only the memory is the process' own.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProcessGpuStats {
    /// The use of the GPU from the start of the process to its end, as far as samples reach back. With
    /// [`max_memory_bytes`](GpuUsage::max_memory_bytes) of the process itself.
    pub usage: GpuUsage,
    /// The mean of the SM utilization of each process on the GPU, in percent. **Not that of this process**: the
    /// engine takes the mean over the samples of all processes. `None` if there are no samples of processes, of
    /// which the engine makes a random number.
    pub all_processes_sm_utilization_percent: Option<f64>,
    /// The same of the memory utilization, in percent.
    pub all_processes_memory_utilization_percent: Option<f64>,
    /// Other compute processes on the GPU at that time, at most 16.
    pub other_compute_pids: Vec<u32>,
    /// Other graphics processes on the GPU at that time, at most 16.
    pub other_graphics_pids: Vec<u32>,
}

impl ProcessGpuStats {
    /// Creates the statistics of a process on a GPU of which nothing else is known.
    #[must_use]
    pub const fn new(gpu: EntityId) -> Self {
        Self {
            usage: GpuUsage::new(gpu),
            all_processes_sm_utilization_percent: None,
            all_processes_memory_utilization_percent: None,
            other_compute_pids: Vec::new(),
            other_graphics_pids: Vec::new(),
        }
    }
}

/// A process that uses a GPU now: the value of a sample of the field
/// [`COMPUTE_PIDS`](crate::FieldId::COMPUTE_PIDS) or [`GRAPHICS_PIDS`](crate::FieldId::GRAPHICS_PIDS). Each time that the
/// engine samples such a field, it adds a sample for each process, and none if there is no process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RunningProcess {
    /// The process id, in the engine's PID namespace.
    pub pid: u32,
    /// The device memory that the process uses; `None` if the driver does not know it.
    pub memory_bytes: Option<u64>,
}

impl RunningProcess {
    /// Reads the value of a sample; `None` if it has another type or version.
    #[must_use]
    pub fn from_value(value: Value<'_>) -> Option<Self> {
        let Value::Blob(bytes) = value else {
            return None;
        };
        let word = |offset| Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?));
        let memory = bytes.get(offset_of!(sys::dcgmRunningProcess_v1, memoryUsed)..)?;
        let memory = u64::from_ne_bytes(*memory.first_chunk()?);
        let version = word(offset_of!(sys::dcgmRunningProcess_v1, version))?;
        (version == sys::dcgmRunningProcess_v1::VERSION).then_some(Self {
            pid: word(offset_of!(sys::dcgmRunningProcess_v1, pid))?,
            // NVML's number for an unknown size; a blank is that of DCGM.
            memory_bytes: (memory < sys::DCGM_INT64_BLANK.unsigned_abs()).then_some(memory),
        })
    }
}

/// Access to the statistics of processes. Returned by [`Client::processes`](crate::Client::processes).
///
/// The statistics come from the driver's accounting, which the engine turns on with the watch, if it may: the
/// processes of an engine without that permission are all unknown.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::processes::{ProcessGpuStats, ProcessStats, ProcessWatch};
/// use dcgm::{Client, EntityId, Timestamp};
///
/// let mock = Mock::named("1xl4").unwrap();
/// let mut process = ProcessStats::new(4242, Timestamp::from_micros(1_000_000));
/// process.gpus.push(ProcessGpuStats::new(EntityId::gpu(0)));
/// mock.set_process(process);
///
/// mock.connect()?;
/// let processes = mock.processes();
/// assert!(processes.process(4242).is_err(), "not watched");
/// let _watch = processes.watch_processes(&[EntityId::gpu(0)], ProcessWatch::default())?;
/// assert!(processes.process(4242)?.is_some());
/// assert!(processes.process(1)?.is_none());
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait ProcessesClient: Debug + Send + Sync {
    /// Watches the fields of the statistics of processes, until the returned [`Watch`] is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request) if `gpus` is empty or has other entities. Otherwise the same as for
    /// [`Client::watch`](crate::Client::watch).
    fn watch_processes(&self, gpus: &[EntityId], watch: ProcessWatch) -> Result<Watch> {
        let _ = (gpus, watch);
        not_implemented("ProcessesClient::watch_processes")
    }

    /// Returns the statistics of a process; `None` if it is not in the accounting of a GPU. A process can run on a GPU and
    /// not be in its accounting, if the accounting was turned on later. Takes about 90 ms over TCP for each eight
    /// GPUs of the host.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request) if `pid` is 0;
    /// [`NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED) if no client watches processes on any GPU.
    fn process(&self, pid: u32) -> Result<Option<ProcessStats>> {
        let _ = pid;
        not_implemented("ProcessesClient::process")
    }
}

impl ProcessesClient for NotImplemented {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_processes_are_read_from_blobs() {
        let bytes = |version: u32, memory: u64| {
            let pid = 4242_u32.to_ne_bytes();
            let words = [&version.to_ne_bytes()[..], &pid, &memory.to_ne_bytes()];
            words.concat()
        };
        let read = |bytes: &[u8]| RunningProcess::from_value(Value::Blob(bytes));
        let version = sys::dcgmRunningProcess_v1::VERSION;
        let process = |memory_bytes| {
            Some(RunningProcess {
                pid: 4242,
                memory_bytes,
            })
        };
        assert_eq!(read(&bytes(version, 1 << 30)), process(Some(1 << 30)));
        assert_eq!(read(&bytes(version, u64::MAX)), process(None));
        // Records have 4096 bytes.
        let mut long = bytes(version, 5);
        long.resize(4096, 0xff);
        assert_eq!(read(&long), process(Some(5)));
        assert_eq!(read(&bytes(version + 1, 5)), None);
        assert_eq!(read(&bytes(version, 5)[..15]), None);
        assert_eq!(RunningProcess::from_value(Value::Int(4242)), None);
    }
}
