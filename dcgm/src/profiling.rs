//! Profiling: the fields that can be sampled together, and a pause for other profilers.
//!
//! Only one profiler at a time can use the counters of a GPU. Before a tool such as Nsight Compute starts,
//! the engine has to [pause](ProfilingClient::pause) its own profiling.
//!
//! DCGM has another pause, `dcgmPauseTelemetryForDiag`, which this crate does not offer: it stops the
//! sampling of *all* fields for *all* clients of the engine, reads go on to return the old values without an
//! error, and it stays when the program that asked for it ends. After its end, watches can take 10 s to
//! sample again.

use core::any::Any;
use core::fmt;
use core::fmt::Debug;

use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::guard::Guard;
use crate::not_implemented::{NotImplemented, not_implemented};

/// Profiling fields that can be sampled together on a GPU.
///
/// Groups with different [`major`](Self::major) numbers can be sampled at the same time. Groups with the
/// same `major` and different [`minor`](Self::minor) numbers exclude each other.
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmProfMetricGroupInfo_t")]
#[non_exhaustive]
pub struct MetricGroup {
    /// The major number.
    pub major: u16,
    /// The minor number.
    pub minor: u16,
    /// The fields, at most 64.
    pub fields: Vec<FieldId>,
}

impl MetricGroup {
    /// Creates a group.
    #[must_use]
    pub const fn new(major: u16, minor: u16, fields: Vec<FieldId>) -> Self {
        Self {
            major,
            minor,
            fields,
        }
    }
}

/// A pause of the engine's profiling, which ends when the last `ProfilingPause` of a client is dropped.
///
/// Meanwhile, profiling fields have no new values, for every client of the engine. Other fields are
/// sampled as usual.
///
/// The pause ends at the latest with the session of the client: when it is closed, the engine is asked to
/// resume. **If the process is killed, or its connection to the engine is lost, nothing asks the engine to
/// resume**, and profiling stays paused until another client resumes it (`dcgmi profile --resume`) or the
/// engine restarts.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::Client;
/// use dcgm::mock::Mock;
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let pause = mock.profiling().pause()?;
/// assert!(mock.is_profiling_paused());
/// drop(pause);
/// assert!(!mock.is_profiling_paused());
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[must_use = "profiling resumes when it is dropped"]
pub struct ProfilingPause {
    _guard: Guard,
}

impl ProfilingPause {
    /// Creates a pause, for implementations of [`ProfilingClient`]. Dropping `guard` must end it.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self {
            _guard: Guard::new(guard),
        }
    }
}

impl Debug for ProfilingPause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfilingPause").finish_non_exhaustive()
    }
}

/// Access to the engine's profiling. Returned by [`Client::profiling`](crate::Client::profiling).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
pub trait ProfilingClient: Debug + Send + Sync {
    /// Returns the profiling fields of a GPU, in groups that can be sampled together.
    ///
    /// For GPUs with built-in performance monitoring (Hopper and later), the groups are a fixed list of
    /// the engine's release and not a property of the GPU: a watch of a listed field that the GPU does
    /// not support succeeds, and its samples are [blank](crate::NoValue::Blank).
    ///
    /// # Errors
    ///
    /// [`ReturnCode::MODULE_NOT_LOADED`](crate::ReturnCode::MODULE_NOT_LOADED), for which
    /// [`is_unsupported`](crate::Error::is_unsupported) returns `true`, if the GPU cannot be profiled, does
    /// not exist or is fake: the engine does not distinguish these.
    /// [`ReturnCode::GPUS_DETACHED`](crate::ReturnCode::GPUS_DETACHED) while the driver is detached.
    fn metric_groups(&self, gpu: EntityId) -> Result<Vec<MetricGroup>> {
        let _ = gpu;
        not_implemented("ProfilingClient::metric_groups")
    }

    /// Pauses the profiling of the engine until the returned guard is dropped. Pauses of one client are
    /// counted: profiling resumes after the last of them. Those of several clients are not: the first
    /// client that resumes ends the pause of all.
    ///
    /// # Errors
    ///
    /// An error for which [`is_unsupported`](crate::Error::is_unsupported) returns `true`, if the engine
    /// has no profiling module. GPUs with built-in performance monitoring (Hopper and later) are profiled
    /// without that module: their values go on, and there is nothing to pause.
    fn pause(&self) -> Result<ProfilingPause> {
        not_implemented("ProfilingClient::pause")
    }
}

impl ProfilingClient for NotImplemented {}
