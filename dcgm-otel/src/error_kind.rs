//! The errors of sampling: their kinds, as they are counted, and their texts.

use core::fmt;
use std::time::Duration;

use dcgm::sanitize;

macro_rules! error_kinds {
    ($($name:ident $text:literal $meaning:literal;)*) => {
        /// The kind of an error: `error.type` of the metric `dcgm.meter.errors`.
        ///
        /// ```
        /// use dcgm_otel::ErrorKind;
        ///
        /// // The values of `error.type`.
        /// let names: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        /// assert!(names.contains(&"timeout"));
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                #[doc = $meaning]
                $name,
            )*
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the text form, which later releases do not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

#[rustfmt::skip] // One row a kind.
error_kinds! {
    Attribution "attribution" "A source of allocations failed, did not return or became too old, or named a device that the host does not have.";
    Cardinality "cardinality" "Series are dropped: too many, or several with the same attributes.";
    Connect     "connect"     "The connection to the host engine failed or was lost.";
    Detached    "detached"    "No GPU can be sampled, because the driver is detached, for example for maintenance. This is not a failure.";
    Enumerate   "enumerate"   "The entities could not be listed, the host has none, or the device filter selects none.";
    GpuLost     "gpu_lost"    "A GPU, switch or adapter is lost, a GPU needs a reset, or a GPU has no values while others have.";
    Init        "init"        "libdcgm is missing, or does not work with this engine.";
    Mig         "mig"         "The MIG instances of a GPU could not be listed.";
    Panic       "panic"       "A call of the client, the attribute hook or the sampler panicked. This is a bug; the panic was contained.";
    Paused      "paused"      "No GPU can be sampled, because telemetry is paused, for example by a diagnostic. This is not a failure.";
    Read        "read"        "Samples could not be read, some of them report a failure, or none has a value.";
    Silent      "silent"      "The engine takes samples, but no GPU has values any more.";
    Stale       "stale"       "The engine responds, but has taken no samples recently.";
    Timeout     "timeout"     "A call exceeded its deadline.";
    Watch       "watch"       "The engine refused to watch some or all of the requested fields.";
    Worker      "worker"      "The worker process that has libdcgm died, could not be started, or sent something invalid.";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The reason why there are no fresh values.
///
/// `Debug` writes the text of `Display` and the hint, because Rust prints the `Debug` form of an error
/// that `main` returns.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm::mock::Call;
/// use dcgm::{Client, Error, ReturnCode};
/// use dcgm_otel::{DcgmMeter, ErrorKind};
///
/// let mock = Mock::named("1xl4").unwrap();
/// let meter = DcgmMeter::builder().with_client(mock.clone()).install(&provider)?;
/// let function = "dcgmConnect_v2";
/// mock.fail_always(Call::Connect, Error::Call { function, code: ReturnCode::CONNECTION_NOT_VALID });
/// let error = meter.sample_now().unwrap_err();
/// assert_eq!(error.kind, ErrorKind::Connect);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{kind}: {message}")]
#[non_exhaustive]
pub struct SampleError {
    /// The kind under which the error is counted.
    pub kind: ErrorKind,
    /// The message of the error.
    pub message: String,
    /// A likely remedy.
    pub hint: Option<String>,
}

impl SampleError {
    /// Makes the error of a host whose GPUs cannot be sampled though none has failed.
    pub(crate) fn unavailable(kind: ErrorKind) -> Self {
        let (message, hint) = match kind {
            ErrorKind::Paused => (
                "telemetry of the GPUs is paused",
                "a diagnostic is running, or ended before it resumed telemetry: then run `dcgmi test --resume`",
            ),
            _ => (
                "the driver is detached from all GPUs",
                "values come back when the driver is attached again",
            ),
        };
        Self {
            hint: Some(hint.to_owned()),
            ..Self::new(kind, message)
        }
    }

    /// Makes the error of a host none of whose GPUs has values, though the engine takes samples.
    pub(crate) fn silent(silent_for: Duration) -> Self {
        let message = format!("no GPU has had a value for {silent_for:.0?}");
        let hint = "the engine no longer reads the driver, as after XID 119, or was started before the driver: \
                    restart nv-hostengine once nvidia-smi answers";
        Self {
            hint: Some(hint.to_owned()),
            ..Self::new(ErrorKind::Silent, &message)
        }
    }

    /// Makes the error of an engine that answers calls and takes no samples.
    pub(crate) fn stale(silent_for: Duration) -> Self {
        let message = format!("the engine has sampled nothing for {silent_for:.0?}");
        let hint = "the engine's sampling hangs, mostly in a call of the driver: see the kernel's log for XIDs, \
                    and restart nv-hostengine if it does not recover";
        Self {
            hint: Some(hint.to_owned()),
            ..Self::new(ErrorKind::Stale, &message)
        }
    }

    /// Makes an error. The message is sanitized, as it may be that of a panic.
    pub(crate) fn new(kind: ErrorKind, message: &str) -> Self {
        Self {
            kind,
            message: sanitize(message).into_owned(),
            hint: None,
        }
    }

    /// Makes an error from one of the client; `kind` is used if the error itself is not specific.
    pub(crate) fn from_client(kind: ErrorKind, error: &dcgm::Error) -> Self {
        let kind = if matches!(
            error,
            dcgm::Error::Worker(_) | dcgm::Error::WorkerDied { .. }
        ) {
            ErrorKind::Worker
        } else if error.is_unavailable() || error.is_version_mismatch() {
            ErrorKind::Init
        } else if error.is_timeout() {
            ErrorKind::Timeout
        } else if error.is_gpu_lost() {
            ErrorKind::GpuLost
        } else if matches!(error, dcgm::Error::Panicked) {
            ErrorKind::Panic
        } else if error.is_disconnected() {
            // Whatever call noticed the loss.
            ErrorKind::Connect
        } else {
            kind
        };
        Self {
            kind,
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

/// Prints what `Display` prints, and the hint.
impl fmt::Debug for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match &self.hint {
            // Some messages contain their hint.
            Some(hint) if !self.message.contains(hint) => write!(f, " ({hint})"),
            _ => Ok(()),
        }
    }
}
