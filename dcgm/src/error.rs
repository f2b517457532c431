//! [`Error`]: one enum for every call, classified by a single table.
//!
//! [`Error::class_and_hint`] maps each variant to its class and its hint. All predicates (`is_transient`, …) derive from
//! [`ErrorClass`], so that a new variant needs one entry and nothing else. The class of a DCGM return code is a column
//! of the table in `code.rs`.

use core::fmt;
use std::time::Duration;

use dcgm_sys as sys;
use dcgm_sys::text::sanitize;

use crate::code::ReturnCode;
pub use crate::connect_error::ConnectError;
use crate::endpoint::{Endpoint, EndpointError};
use crate::entity::EntityId;
pub use crate::error_class::ErrorClass;
use crate::version::Version;
pub use crate::worker_error::{WorkerEnd, WorkerError};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of every [`Client`](crate::Client) call.
///
/// Match on the variants to report an error. Use [`class`](Self::class) or the `is_*` predicates to
/// decide how to react. `Debug` prints the message and the [hint](Self::hint), so that
/// `fn main() -> dcgm::Result<()>` ends with a readable line.
///
/// ```
/// use dcgm::{Error, ErrorClass, ReturnCode};
///
/// let error = Error::Call { function: "dcgmWatchFields", code: ReturnCode::NOT_SUPPORTED };
/// assert_eq!(error.code(), Some(ReturnCode::NOT_SUPPORTED));
/// assert_eq!(error.class(), ErrorClass::Unsupported);
///
/// /// Decides how a reader goes on after an error.
/// fn next_step(error: &Error) -> &'static str {
///     if error.is_disconnected() {
///         "reconnect"
///     } else if error.is_transient() {
///         "retry"
///     } else {
///         "give up"
///     }
/// }
/// assert_eq!(next_step(&error), "give up");
/// ```
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Other calls occupied the engine's thread for more than three quarters of the time to the
    /// deadline. The call was not started, and the connection is intact.
    #[error("{operation} waited {after:?} for other calls to this engine")]
    Busy {
        /// The operation that did not start.
        operation: Operation,
        /// The time from the call to the deadline of the operation.
        after: Duration,
    },
    /// A DCGM function returned a code other than `DCGM_ST_OK`.
    #[error("{function}: {code}")]
    Call {
        /// The C function.
        function: &'static str,
        /// The code that it returned.
        code: ReturnCode,
    },
    /// The connection could not be established.
    #[error("no host engine at {endpoint}: {cause}")]
    Connect {
        /// The endpoint of the engine.
        endpoint: Endpoint,
        /// The reason.
        cause: ConnectError,
    },
    /// The embedded engine of this process runs in the other mode.
    #[error(
        "expected an embedded engine in the other mode, got one in mode {running}; a process has only one"
    )]
    EmbeddedMode {
        /// The mode of the running engine: `auto` or `manual`.
        running: &'static str,
    },
    /// The endpoint could not be parsed.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The client was created, or libdcgm was used, before this process was forked. The threads of
    /// both exist only in the parent process, so that the child cannot use them. Fork first, or
    /// `exec` another program in the child.
    #[error("libdcgm was loaded before the fork and cannot be used in the child process")]
    Forked,
    /// libdcgm could not be loaded.
    #[error(transparent)]
    Load(#[from] sys::LoadError),
    /// The engine does not have an entity that the request names.
    #[error("the host engine has no {entity}")]
    NoSuchEntity {
        /// The entity.
        entity: EntityId,
    },
    /// The client is not connected, or its connection was lost.
    #[error("not connected to a host engine")]
    NotConnected,
    /// This kind of client does not implement the method, which has only its default body.
    #[error("this client does not implement {method}")]
    NotImplemented {
        /// The trait and the method, for example `HealthClient::check`.
        method: &'static str,
    },
    /// A panic on the engine's thread was caught: a bug in this crate, or in the program's `tracing`
    /// subscriber. The connection is closed.
    #[error("a call to the engine panicked")]
    Panicked,
    /// The request is invalid, for the reason in the text.
    #[error("{0}")]
    Request(&'static str),
    /// The loaded libdcgm lacks a function that the call needs.
    #[error(transparent)]
    SymbolMissing(#[from] sys::MissingSymbolError),
    /// The system could not start the engine's thread, or the thread has ended.
    #[error("cannot start a thread: {}", sanitize(reason))]
    Thread {
        /// The error text of the system or of this crate.
        reason: String,
    },
    /// The call did not return before its deadline and was cancelled. The connection is closed.
    #[error("{operation} timed out after {after:?} and was cancelled")]
    Timeout {
        /// The operation that timed out.
        operation: Operation,
        /// The time from the call to the deadline of the operation.
        after: Duration,
    },
    /// libdcgm and the host engine have different major versions.
    #[error("libdcgm {library} cannot read from a host engine {engine}")]
    VersionMismatch {
        /// The version of libdcgm.
        library: Version,
        /// The version of the engine.
        engine: Version,
    },
    /// A call was refused because libdcgm and the host engine have different versions of a struct or a
    /// message. Other calls may work: DCGM does not publish which requests a release has changed.
    #[error("{function}: not understood between libdcgm {library} and a host engine {engine}")]
    VersionRefused {
        /// The C function, which returned [`ReturnCode::VER_MISMATCH`].
        function: &'static str,
        /// The version of libdcgm.
        library: Version,
        /// The version of the engine.
        engine: Version,
    },
    /// Calls hang although their connection was closed. No further call is made until one of the
    /// hanging calls returns.
    #[error("{abandoned} calls into libdcgm hang and cannot be cancelled")]
    Wedged {
        /// The number of abandoned threads.
        abandoned: usize,
    },
    /// The worker process of an `IsolatedEngine` (feature `isolated`) cannot be started or used.
    #[error("cannot use the worker process: {0}")]
    Worker(#[source] WorkerError),
    /// The worker process of an `IsolatedEngine` (feature `isolated`) has ended, for example because
    /// libdcgm crashed in it. The next `connect` starts another one.
    #[error("the worker process ended: {end}")]
    WorkerDied {
        /// The signal or exit status.
        end: WorkerEnd,
    },
}

/// The operation of a client during which an error occurred.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Changing the state of the engine itself, for all its clients.
    Configure,
    /// Changing the configuration of hardware, or the content of an engine for a test.
    Change,
    /// Connecting, or starting the embedded engine.
    Connect,
    /// Running a diagnostic.
    Diagnose,
    /// Listing entities and reading their properties.
    Enumerate,
    /// Reading samples.
    Read,
    /// Making an engine in manual mode take samples.
    Update,
    /// Creating a watch.
    Watch,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configure => "configuring",
            Self::Change => "changing",
            Self::Connect => "connecting",
            Self::Diagnose => "the diagnostic",
            Self::Enumerate => "enumerating",
            Self::Read => "reading",
            Self::Update => "updating",
            Self::Watch => "watching",
        })
    }
}

/// The hint of a row: a fixed text, or one that depends on the major version of the engine.
enum Hint {
    None,
    Text(&'static str),
    Upgrade { library: Version, engine: Version },
    SameRelease { library: Version, engine: Version },
}

impl Error {
    /// Maps each variant to its class and hint.
    fn class_and_hint(&self) -> (ErrorClass, Hint) {
        use ErrorClass as Class;
        use Hint::Text;
        match self {
            Self::Busy { .. } => (Class::Transient, Hint::None),
            Self::Call { code, .. } => (
                code.class().unwrap_or(Class::Internal),
                code.hint_text().map_or(Hint::None, Text),
            ),
            Self::Connect { endpoint, cause } => {
                let (class, hint) = cause.class_and_hint(endpoint);
                (class, Text(hint))
            }
            Self::EmbeddedMode { .. } | Self::Endpoint(_) | Self::Forked | Self::Request(_) => {
                (Class::Caller, Hint::None)
            }
            Self::Load(error) => (Class::Unavailable, load_hint(error)),
            Self::NoSuchEntity { .. } => (Class::NotFound, Hint::None),
            Self::NotConnected | Self::Panicked => (Class::Disconnected, Hint::None),
            Self::NotImplemented { .. } | Self::SymbolMissing(_) => {
                (Class::Unsupported, Hint::None)
            }
            Self::Thread { .. } => (Class::Limit, Hint::None),
            Self::Timeout { .. } => (Class::ConnectTimeout, Text(HANG_HINT)),
            Self::VersionMismatch { library, engine } => (
                Class::Version,
                Hint::Upgrade {
                    library: *library,
                    engine: *engine,
                },
            ),
            Self::VersionRefused {
                library, engine, ..
            } => (
                Class::Version,
                Hint::SameRelease {
                    library: *library,
                    engine: *engine,
                },
            ),
            Self::Wedged { .. } => (Class::Timeout, Text(HANG_HINT)),
            Self::Worker(error) => {
                let (class, hint) = error.class_and_hint();
                (class, hint.map_or(Hint::None, Text))
            }
            Self::WorkerDied { .. } => (Class::Disconnected, Text(WORKER_HINT)),
        }
    }

    /// Returns the class, which determines the results of all `is_*` predicates.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class_and_hint().0
    }

    /// Returns a suggestion to a person about what to fix, as one sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self.class_and_hint().1 {
            Hint::None => None,
            Hint::Text(text) => Some(text.to_owned()),
            Hint::Upgrade { library, engine } if engine.major < 4 => Some(format!(
                "install libdcgm.so.{} beside {library}, or upgrade the host engine",
                engine.major
            )),
            Hint::Upgrade { engine, .. } => Some(format!(
                "install DCGM {} for this program, to match the host engine",
                engine.major
            )),
            Hint::SameRelease { library, engine } if library == engine => Some(format!(
                "libdcgm and the host engine are both {library}: this build of {} and DCGM differ in a struct",
                env!("CARGO_PKG_NAME")
            )),
            Hint::SameRelease { library, engine } if library.max(engine) >= STRICT_RELEASE => {
                Some(format!(
                    "install the same release on both sides: libdcgm is {library}, the host engine {engine}, and \
                     DCGM {STRICT_RELEASE} refuses requests of other releases"
                ))
            }
            Hint::SameRelease { library, engine } => Some(format!(
                "install a host engine that is at least as new as libdcgm: libdcgm is {library}, the host engine {engine}"
            )),
        }
    }

    /// Returns DCGM's return code, if the error is a [`Call`](Self::Call) or a
    /// [`VersionRefused`](Self::VersionRefused).
    #[must_use]
    pub const fn code(&self) -> Option<ReturnCode> {
        match self {
            Self::Call { code, .. } => Some(*code),
            Self::VersionRefused { .. } => Some(ReturnCode::VER_MISMATCH),
            _ => None,
        }
    }

    /// Returns the name of the C function, if a C function failed or is missing in libdcgm.
    #[must_use]
    pub const fn function(&self) -> Option<&'static str> {
        match self {
            Self::Call { function, .. } | Self::VersionRefused { function, .. } => Some(function),
            Self::SymbolMissing(missing) => Some(missing.function),
            _ => None,
        }
    }

    /// Adds the versions to an error that is a call with the code
    /// [`VER_MISMATCH`](ReturnCode::VER_MISMATCH).
    pub(crate) fn with_versions(self, library: Version, engine: Version) -> Self {
        match self {
            Self::Call {
                function,
                code: ReturnCode::VER_MISMATCH,
            } => Self::VersionRefused {
                function,
                library,
                engine,
            },
            other => other,
        }
    }

    /// Returns `true` if libdcgm is missing on this host or cannot be loaded.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.class() == ErrorClass::Unavailable
    }

    /// Returns `true` if there is no connection (any more): reconnect.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.class().is_disconnected()
    }

    /// Returns `true` if the deadline of a call or DCGM's own timeout passed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.class().is_timeout()
    }

    /// Returns `true` if the connection must not be used any more: it is lost, or a call on it did not
    /// return in time. A loop that works through a list stops at such an error.
    #[must_use]
    pub fn ends_connection(&self) -> bool {
        self.class().ends_connection()
    }

    /// Returns `true` if a retry may succeed without intervention. If
    /// [`is_disconnected`](Self::is_disconnected) also returns `true`, reconnect before the retry.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.class().is_transient()
    }

    /// Returns `true` if this GPU, driver, library or engine does not support the operation.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.class() == ErrorClass::Unsupported
    }

    /// Returns `true` if a permission is missing.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.class().is_denied()
    }

    /// Returns `true` if a GPU is lost or needs a reset.
    #[must_use]
    pub fn is_gpu_lost(&self) -> bool {
        self.class() == ErrorClass::GpuLost
    }

    /// Returns `true` if libdcgm and the host engine have incompatible versions.
    #[must_use]
    pub fn is_version_mismatch(&self) -> bool {
        self.class() == ErrorClass::Version
    }

    /// Returns `true` if a limit of the engine or of the system is reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.class() == ErrorClass::Limit
    }

    /// Returns `true` if the entity or group does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.class() == ErrorClass::NotFound
    }
}

/// Prints the message and the hint, in one line.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The release from which on, by NVIDIA's release notes, some requests fail if only one side has it.
const STRICT_RELEASE: Version = Version::new(4, 7, 1);

const HANG_HINT: &str = "check whether the host engine, the driver or name resolution hangs: dcgmi discovery -l, nvidia-smi";

const WORKER_HINT: &str = "libdcgm crashed, or something ended the process: check the kernel log for a segmentation fault or for lack of memory";

fn load_hint(error: &sys::LoadError) -> Hint {
    match error {
        sys::LoadError::NotFound { .. } => {
            Hint::Text("install NVIDIA's package datacenter-gpu-manager-4-core")
        }
        sys::LoadError::NotDcgm { .. } | sys::LoadError::NotALibrary { .. } => {
            Hint::Text("check which file the dynamic linker finds as libdcgm.so.4")
        }
        sys::LoadError::RelativePath { .. } => Hint::Text("give the library's absolute path"),
        _ => Hint::None,
    }
}

#[cfg(test)]
mod tests;
