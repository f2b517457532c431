//! The error, and what can be done about it.

use core::fmt;
use std::time::Duration;

use dcgm_sys as sys;
use dcgm_sys::text::sanitize;

use crate::code::{Class, ReturnCode};
use crate::endpoint::{Endpoint, EndpointError};
use crate::version::Version;

/// A result whose error is this crate's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed.
///
/// Match on the variants to report; ask the `is_*` predicates to decide.
///
/// ```
/// use dcgm::{Error, ReturnCode};
///
/// let error = Error::Call { function: "dcgmWatchFields", code: ReturnCode::NOT_SUPPORTED };
/// assert_eq!(error.code(), Some(ReturnCode::NOT_SUPPORTED));
/// assert!(error.is_unsupported() && !error.is_disconnected());
///
/// /// Whether to connect anew, or to ask again, or to do without.
/// fn advice(error: &Error) -> &'static str {
///     if error.is_disconnected() {
///         "connect"
///     } else if error.is_transient() {
///         "again"
///     } else {
///         "without"
///     }
/// }
/// assert_eq!(advice(&error), "without");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Connected already. Harmless: the connection is kept.
    #[error("connected already")]
    AlreadyConnected,
    /// Others' calls to this engine took all the time that there was; nothing was asked, and
    /// nothing is lost.
    #[error("{operation} waited {after:?} for other calls to this engine")]
    Busy {
        /// What was to be done.
        operation: Operation,
        /// How long it had.
        after: Duration,
    },
    /// A DCGM function answered with a code other than `DCGM_ST_OK`.
    #[error("{function}: {code}")]
    Call {
        /// The C function.
        function: &'static str,
        /// What it answered.
        code: ReturnCode,
    },
    /// No connection came about.
    #[error("no host engine at {endpoint}: {cause}")]
    Connect {
        /// Where.
        endpoint: Endpoint,
        /// Why.
        cause: ConnectError,
    },
    /// The embedded engine of this process runs in the other mode.
    #[error("the embedded engine of this process runs in mode {running}; a process has one")]
    EmbeddedMode {
        /// `auto` or `manual`.
        running: &'static str,
    },
    /// The endpoint is none.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// libdcgm was used in a process of which this is a fork. Its threads are not here, and without
    /// them nothing of it works: fork before it is used, or run another program in the child.
    #[error("libdcgm was used before this process was forked, and cannot be used in the child")]
    Forked,
    /// There is no libdcgm.
    #[error(transparent)]
    Load(#[from] sys::LoadError),
    /// Not connected, or no more.
    #[error("not connected to a host engine")]
    NotConnected,
    /// A bug of this library's, or of a callback that it was given: a panic was caught. The
    /// connection is closed.
    #[error("a call to the engine panicked")]
    Panicked,
    /// A request that no engine can serve.
    #[error("{0}")]
    Request(&'static str),
    /// The installed libdcgm has no such function.
    #[error(transparent)]
    SymbolMissing(#[from] sys::MissingSymbolError),
    /// The system gave no thread.
    #[error("no thread could be started: {}", sanitize(reason))]
    Thread {
        /// The system's words.
        reason: String,
    },
    /// A call did not end in time, and was cancelled. The connection is closed.
    #[error("{operation} did not end within {after:?} and was cancelled")]
    Timeout {
        /// What was being done.
        operation: Operation,
        /// The time that it had.
        after: Duration,
    },
    /// Library and engine are of different major releases.
    #[error("libdcgm {library} cannot read from a host engine {engine}")]
    VersionMismatch {
        /// The library's release.
        library: Version,
        /// The engine's release.
        engine: Version,
    },
    /// Calls hang that even cancelling does not free; no more are made until one ends.
    #[error("{abandoned} calls into libdcgm hang and cannot be cancelled")]
    Wedged {
        /// How many threads are lost to them.
        abandoned: usize,
    },
}

/// What a client was doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Connecting, or starting the embedded engine.
    Connect,
    /// Listing entities and asking what they are.
    Enumerate,
    /// Reading samples.
    Read,
    /// Sampling now, on an engine in manual mode.
    Update,
    /// Watching fields, or ending that.
    Watch,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Enumerate => "enumerating",
            Self::Read => "reading",
            Self::Update => "updating",
            Self::Watch => "watching",
        })
    }
}

/// Why no connection came about.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Somebody listens, and closes each connection.
    #[error("the peer closes the connection")]
    Closed,
    /// An IPv6 address, which this libdcgm cannot parse.
    #[error("libdcgm {library} takes no IPv6 address")]
    Ipv6 {
        /// The library's release.
        library: Version,
    },
    /// Somebody listens who is no host engine.
    #[error("the peer answers, but is no host engine")]
    NotAnEngine,
    /// The path is there, and no socket.
    #[error("not a socket")]
    NotASocket,
    /// There is no such socket.
    #[error("no such socket")]
    NotFound,
    /// The socket may not be opened.
    #[error("permission denied")]
    PermissionDenied,
    /// Nobody listens.
    #[error("connection refused")]
    Refused,
    /// Somebody accepts connections and never answers.
    #[error("the peer accepts the connection and does not answer")]
    Silent,
    /// The host does not answer, or there is no way to it.
    #[error("unreachable: {}", sanitize(reason))]
    Unreachable {
        /// The system's words.
        reason: String,
    },
    /// The name has no address.
    #[error("the name cannot be resolved: {}", sanitize(reason))]
    Unresolvable {
        /// The system's words.
        reason: String,
    },
}

impl Error {
    /// DCGM's code, if one is behind it.
    #[must_use]
    pub const fn code(&self) -> Option<ReturnCode> {
        match self {
            Self::Call { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The C function that failed, if it was one.
    #[must_use]
    pub const fn function(&self) -> Option<&'static str> {
        match self {
            Self::Call { function, .. } => Some(function),
            Self::SymbolMissing(missing) => Some(missing.function),
            _ => None,
        }
    }

    /// Whether there is no libdcgm on this host, or none that can be used.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Load(_))
    }

    /// Whether the connection is gone, or never was: only connecting anew can help.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(
            self,
            Self::NotConnected | Self::Connect { .. } | Self::Timeout { .. } | Self::Panicked
        ) || self.class() == Some(Class::Disconnected)
    }

    /// Whether a call ran out of time, by this library's clock or by DCGM's own.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Wedged { .. })
            || matches!(
                self,
                Self::Connect {
                    cause: ConnectError::Silent,
                    ..
                }
            )
            || self.code() == Some(ReturnCode::TIMEOUT)
    }

    /// Whether the same may work later, without anybody's doing.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. })
            || self.is_disconnected()
            || self.is_timeout()
            || self.class() == Some(Class::Transient)
    }

    /// Whether this hardware, driver, library or engine cannot do it.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::SymbolMissing(_)) || self.class() == Some(Class::Unsupported)
    }

    /// Whether a right is missing.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(
            self,
            Self::Connect {
                cause: ConnectError::PermissionDenied,
                ..
            }
        ) || self.class() == Some(Class::Denied)
    }

    /// Whether a GPU is lost or needs a reset.
    #[must_use]
    pub fn is_gpu_lost(&self) -> bool {
        self.class() == Some(Class::GpuLost)
    }

    /// Whether library and engine do not fit together.
    #[must_use]
    pub fn is_version_mismatch(&self) -> bool {
        matches!(self, Self::VersionMismatch { .. }) || self.class() == Some(Class::Version)
    }

    /// Whether a limit of the engine's is reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.class() == Some(Class::Limit)
    }

    /// Whether the entity or group does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.class() == Some(Class::NotFound)
    }

    /// What a person can do about it, in one sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Connect { endpoint, cause } => return Some(connect_hint(endpoint, cause)),
            Self::Load(sys::LoadError::NotFound { .. }) => {
                "install NVIDIA's package datacenter-gpu-manager-4-core"
            }
            Self::Load(sys::LoadError::NotDcgm { .. } | sys::LoadError::NotALibrary { .. }) => {
                "look which file the dynamic linker finds under the name libdcgm.so.4"
            }
            Self::Load(sys::LoadError::RelativePath { .. }) => "give the library's absolute path",
            Self::VersionMismatch { library, engine } => {
                return Some(if engine.major < 4 {
                    format!(
                        "install libdcgm.so.{} beside {library}, or upgrade the host engine",
                        engine.major
                    )
                } else {
                    format!(
                        "install DCGM {} for this program, as the engine has it",
                        engine.major
                    )
                });
            }
            Self::Call {
                code: ReturnCode::NVML_NOT_LOADED,
                ..
            } => "the host engine runs without the NVIDIA driver: load the driver, then restart it",
            Self::Call {
                code: ReturnCode::FUNCTION_NOT_FOUND,
                ..
            } => "the host engine is older than libdcgm: upgrade it to the same release",
            Self::Call {
                code: ReturnCode::MAX_LIMIT,
                ..
            } => {
                "the engine's 64 groups or 64 field groups are used up: restart it, or end the client that leaks them"
            }
            Self::Timeout { .. } | Self::Wedged { .. } => {
                "look whether the host engine, the driver or the resolution of names hangs: dcgmi discovery -l, nvidia-smi"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn class(&self) -> Option<Class> {
        self.code().map(ReturnCode::class)
    }
}

fn connect_hint(endpoint: &Endpoint, cause: &ConnectError) -> String {
    match cause {
        ConnectError::Refused if endpoint.unix_path().is_some() => {
            "a stale socket: start the host engine with nv-hostengine -d and this path".to_owned()
        }
        ConnectError::Refused => {
            "start the host engine (systemctl start nvidia-dcgm), or look which port it has".to_owned()
        }
        ConnectError::NotFound => {
            "start the host engine with nv-hostengine -d and this path; the packaged service listens on TCP".to_owned()
        }
        ConnectError::NotASocket => "look which path nv-hostengine -d was given".to_owned(),
        ConnectError::PermissionDenied => {
            "give this program's user the right to write to the socket".to_owned()
        }
        ConnectError::Silent => {
            "the host engine hangs, or something else holds its port: look at it, restart it".to_owned()
        }
        ConnectError::Closed | ConnectError::NotAnEngine => {
            "look who listens there: ss -lntp".to_owned()
        }
        ConnectError::Unreachable { .. } => {
            "look at the address and the firewall; nv-hostengine listens on 127.0.0.1 unless started with -b".to_owned()
        }
        ConnectError::Unresolvable { .. } => "look at the host's name, or give its address".to_owned(),
        ConnectError::Ipv6 { .. } => "give a name or an IPv4 address, or install DCGM 4.5 or later".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(code: ReturnCode) -> Error {
        Error::Call {
            function: "dcgmWatchFields",
            code,
        }
    }

    #[test]
    fn a_cancelled_call_costs_the_connection() {
        let error = Error::Timeout {
            operation: Operation::Read,
            after: Duration::from_secs(1),
        };
        assert!(error.is_disconnected() && error.is_timeout() && error.is_transient());
        // DCGM's own time-out leaves the handle usable.
        assert!(!call(ReturnCode::TIMEOUT).is_disconnected());
    }

    #[test]
    fn an_error_is_small_enough_to_return() {
        assert!(size_of::<Error>() <= 96, "{}", size_of::<Error>());
    }

    #[test]
    fn it_names_the_function_and_keeps_the_code() {
        let error = call(ReturnCode::from_raw(-999));
        assert_eq!(error.to_string(), "dcgmWatchFields: unknown code -999");
        assert_eq!(error.code().map(ReturnCode::raw), Some(-999));
        assert_eq!(error.function(), Some("dcgmWatchFields"));
    }
}
