//! Which workload holds which GPU: pods, jobs, or whatever an [`Attribution`] of your own knows.
//!
//! Each source is polled on a thread of its own, so that a source that is slow, hangs or panics delays
//! neither a sample nor another source. After each sample the meter compares the last answers with those
//! of the sample before:
//!
//! ```text
//!  source ──thread──► last answer ─┐                     gauge    attributes of the present holder
//!  source ──thread──► last answer ─┴► holder of each ──► counter  growth goes to the holder's series
//!                                     GPU or instance    hw.gpu.allocation  one series a holder
//! ```
//!
//! - **Gauges** have the attributes of the workload that holds the device now.
//! - **Counters** are divided: growth goes to the series of the workload that held the device when it
//!   was read. The growth of a sample in which the holder changes goes to the holder before the change,
//!   which has been known longer; an event goes to the new holder if there was none before. Growth while no
//!   workload holds the device goes to a series without attributes of a workload. The sum over all series of
//!   a device is the total of the device.
//! - A counter of a workload that has ended is exported for three more intervals, and until a collect has
//!   read it. Then it is forgotten, and if the limit on series leaves no room, before that.
//! - A device that is **shared**, because two allocations name it or one says so, has series without
//!   attributes of workloads: a series for each sharer would multiply sums. `hw.gpu.allocation` lists
//!   the sharers, and `shared_devices` = `copies` makes a copy for each.
//! - An allocation of a GPU is also one of its links and instances, unless these are allocated
//!   themselves. The allocations of several sources are joined.
//! - An answer is used for six polling intervals. Without a new one until then, the source counts as one
//!   that knows no allocations, and `dcgm.meter.errors` counts it.

#[cfg(feature = "hpc")]
mod hpc;
#[cfg(all(feature = "kubelet", unix))]
mod kubelet;
pub(crate) mod poller;
#[cfg(feature = "process")]
mod process;

use core::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;

#[cfg(feature = "hpc")]
pub use self::hpc::HpcJobs;
#[cfg(all(feature = "kubelet", unix))]
pub use self::kubelet::Kubelet;
#[cfg(feature = "process")]
pub use self::process::GpuProcesses;

/// A source of [`Allocation`]s: the kubelet, a batch system, or one of your own.
///
/// The meter calls it on a thread of its own, never in the way of a sample. It keeps the last answer
/// until that is too old, and then exports values without attributes of workloads.
///
/// ```
/// use std::time::Duration;
///
/// use dcgm_otel::opentelemetry::KeyValue;
/// use dcgm_otel::attribution::{Allocation, Attribution, AttributionError, Device, GpuName};
///
/// /// One team has the whole host.
/// #[derive(Debug)]
/// struct Team;
///
/// impl Attribution for Team {
///     fn name(&self) -> &'static str {
///         "team"
///     }
///
///     fn allocations(&mut self, _timeout: Duration) -> Result<Vec<Allocation>, AttributionError> {
///         let gpu = Device::Gpu(GpuName::Index(0));
///         Ok(vec![Allocation::new(gpu, [KeyValue::new("team", "vision")])])
///     }
/// }
/// ```
pub trait Attribution: fmt::Debug + Send + 'static {
    /// The name of this source in logs and in health, such as `kubelet`.
    fn name(&self) -> &'static str;

    /// Returns every allocation that exists now. An empty list means that nothing is allocated.
    ///
    /// It may block, but must return after `timeout`. A panic is contained, and counts as an error.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from knowing. The meter then keeps the last answer for a while.
    fn allocations(&mut self, timeout: Duration) -> Result<Vec<Allocation>, AttributionError>;
}

/// A device that a workload holds now.
///
/// Two allocations with the same device mean that its holders share it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Allocation {
    /// The GPU, or the part of one.
    pub device: Device,
    /// Names the workload, such as `k8s.pod.name`.
    pub attributes: Vec<KeyValue>,
    /// Others may hold the device too, although no other allocation of it is in the list.
    ///
    /// `true` for a replica of a device that is time-sliced, or shared by MPS.
    pub shared: bool,
}

impl Allocation {
    /// A device that only this workload holds, unless the list has a second allocation of it.
    #[must_use]
    pub fn new(device: Device, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        Self {
            device,
            attributes: attributes.into_iter().collect(),
            shared: false,
        }
    }

    /// The same allocation of a device that others may hold too.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.shared = true;
        self
    }
}

/// The GPU, or the part of a GPU, that is allocated.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Device {
    /// A whole GPU.
    Gpu(GpuName),
    /// A GPU instance of MIG.
    GpuInstance {
        /// The GPU that is partitioned.
        gpu: GpuName,
        /// The id that NVML gives the instance on this GPU.
        instance: u32,
    },
    /// A compute instance of MIG.
    ComputeInstance {
        /// The GPU that is partitioned.
        gpu: GpuName,
        /// The id that NVML gives the GPU instance on this GPU.
        instance: u32,
        /// The id that NVML gives the compute instance in its GPU instance.
        compute_instance: u32,
    },
    /// The UUID of a MIG device, `MIG-…`.
    MigUuid(String),
}

/// One of the names of a GPU.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum GpuName {
    /// The index that NVML and `nvidia-smi` give it.
    Index(u32),
    /// The number of `/dev/nvidiaN`. It is often, but not always, the index.
    Minor(u32),
    /// `GPU-…`.
    Uuid(String),
    /// The PCI address, as `0000:1b:00.0` or with eight digits of the domain; case does not matter.
    PciAddress(String),
}

/// Why a source of allocations has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributionError {
    /// The source is not there, or broke off.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// No answer within the time limit.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The source refused to answer.
    #[error("refused: {0}")]
    Refused(String),
    /// The answer breaks the format of the source.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// The answer is larger than what is read.
    #[error("the answer is larger than {limit} {unit}")]
    TooLarge {
        /// The most that is read.
        limit: usize,
        /// What is counted, such as `bytes`.
        unit: &'static str,
    },
}
