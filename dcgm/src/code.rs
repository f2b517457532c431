//! The return codes of DCGM: one row per code, with its class.

use core::ffi::c_int;
use core::fmt;

use dcgm_sys as sys;

use crate::error_class::ErrorClass;

/// A return code of DCGM (`dcgmReturn_t`).
///
/// A code without a constant here keeps its number.
///
/// ```
/// use dcgm::{ErrorClass, ReturnCode};
///
/// let code = ReturnCode::from_raw(-21);
/// assert_eq!(code, ReturnCode::CONNECTION_NOT_VALID);
/// assert_eq!(code.class(), Some(ErrorClass::Disconnected));
/// assert_eq!(code.to_string(), "the connection to the engine is gone (DCGM_ST_CONNECTION_NOT_VALID, -21)");
/// // A code of a later release.
/// let unknown = ReturnCode::from_raw(-999);
/// assert_eq!((unknown.raw(), unknown.name()), (-999, None));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmReturn_t")]
pub struct ReturnCode(c_int);

macro_rules! return_codes {
    ($($c:ident => $name:ident, $class:tt, $meaning:literal;)*) => {
        impl ReturnCode {
            $(
                #[doc = concat!("`", stringify!($c), "`: ", $meaning, ".")]
                pub const $name: Self = Self(sys::$c);
            )*

            /// Every code that has a constant.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the C name; `None` for a code without a constant.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( sys::$c => Some(stringify!($c)), )*
                    _ => None,
                }
            }

            /// Returns the meaning in plain words; `None` for a code without a constant.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $( sys::$c => Some($meaning), )*
                    _ => None,
                }
            }

            /// Returns the class of the code: `None` for [`OK`](Self::OK), [`ErrorClass::Internal`]
            /// for a code without a constant.
            #[must_use]
            pub const fn class(self) -> Option<ErrorClass> {
                match self.0 {
                    $( sys::$c => class!($class), )*
                    _ => Some(ErrorClass::Internal),
                }
            }
        }
    };
}

macro_rules! class {
    (-) => {
        None
    };
    ($class:ident) => {
        Some(ErrorClass::$class)
    };
}

#[rustfmt::skip] // One row a code.
return_codes! {
    DCGM_ST_OK                                => OK,                                -,            "it worked";
    DCGM_ST_BADPARAM                          => BAD_PARAM,                         Caller,       "a parameter was refused";
    DCGM_ST_GENERIC_ERROR                     => GENERIC_ERROR,                     Internal,     "an error that DCGM does not explain";
    DCGM_ST_MEMORY                            => MEMORY,                            Internal,     "out of memory";
    DCGM_ST_NOT_CONFIGURED                    => NOT_CONFIGURED,                    NotFound,     "the group, or the setting, does not exist";
    DCGM_ST_NOT_SUPPORTED                     => NOT_SUPPORTED,                     Unsupported,  "not supported";
    DCGM_ST_INIT_ERROR                        => INIT_ERROR,                        Internal,     "DCGM could not start";
    DCGM_ST_NVML_ERROR                        => NVML_ERROR,                        Internal,     "the driver's library NVML reported an error";
    DCGM_ST_PENDING                           => PENDING,                           Transient,    "not ready yet";
    DCGM_ST_UNINITIALIZED                     => UNINITIALIZED,                     Disconnected, "DCGM was not initialised, or its embedded engine was stopped";
    DCGM_ST_TIMEOUT                           => TIMEOUT,                           Timeout,      "the engine did not reply within DCGM's own 60 s";
    DCGM_ST_VER_MISMATCH                      => VER_MISMATCH,                      Version,      "the version of a struct or message is not known to the other side";
    DCGM_ST_UNKNOWN_FIELD                     => UNKNOWN_FIELD,                     Unsupported,  "no such field";
    DCGM_ST_NO_DATA                           => NO_DATA,                           NoData,       "no sample yet";
    DCGM_ST_STALE_DATA                        => STALE_DATA,                        NoData,       "only old samples";
    DCGM_ST_NOT_WATCHED                       => NOT_WATCHED,                       NoData,       "not watched";
    DCGM_ST_NO_PERMISSION                     => NO_PERMISSION,                     Denied,       "not permitted";
    DCGM_ST_GPU_IS_LOST                       => GPU_IS_LOST,                       GpuLost,      "the GPU fell off the bus";
    DCGM_ST_RESET_REQUIRED                    => RESET_REQUIRED,                    GpuLost,      "the GPU needs a reset";
    DCGM_ST_FUNCTION_NOT_FOUND                => FUNCTION_NOT_FOUND,                Version,      "the engine is older than the library and does not know this request";
    DCGM_ST_CONNECTION_NOT_VALID              => CONNECTION_NOT_VALID,              Disconnected, "the connection to the engine is gone";
    DCGM_ST_GPU_NOT_SUPPORTED                 => GPU_NOT_SUPPORTED,                 Unsupported,  "DCGM does not support this GPU";
    DCGM_ST_GROUP_INCOMPATIBLE                => GROUP_INCOMPATIBLE,                Unsupported,  "the GPUs of the group do not go together for this";
    DCGM_ST_MAX_LIMIT                         => MAX_LIMIT,                         Limit,        "a limit of the engine's is reached";
    DCGM_ST_LIBRARY_NOT_FOUND                 => LIBRARY_NOT_FOUND,                 Internal,     "a library that DCGM needs was not found";
    DCGM_ST_DUPLICATE_KEY                     => DUPLICATE_KEY,                     Caller,       "the name is taken";
    DCGM_ST_GPU_IN_SYNC_BOOST_GROUP           => GPU_IN_SYNC_BOOST_GROUP,           Caller,       "the GPU is in a sync-boost group already";
    DCGM_ST_GPU_NOT_IN_SYNC_BOOST_GROUP       => GPU_NOT_IN_SYNC_BOOST_GROUP,       Caller,       "the GPU is in no sync-boost group";
    DCGM_ST_REQUIRES_ROOT                     => REQUIRES_ROOT,                     Denied,       "the engine would have to run as root";
    DCGM_ST_NVVS_ERROR                        => NVVS_ERROR,                        Internal,     "the diagnostic reported an error";
    DCGM_ST_INSUFFICIENT_SIZE                 => INSUFFICIENT_SIZE,                 Limit,        "the buffer, or the request, has the wrong size";
    DCGM_ST_FIELD_UNSUPPORTED_BY_API          => FIELD_UNSUPPORTED_BY_API,          Unsupported,  "this request cannot be made for this field";
    DCGM_ST_MODULE_NOT_LOADED                 => MODULE_NOT_LOADED,                 Unsupported,  "the engine's module for this is not loaded";
    DCGM_ST_IN_USE                            => IN_USE,                            Transient,    "in use by another client";
    DCGM_ST_GROUP_IS_EMPTY                    => GROUP_IS_EMPTY,                    NotFound,     "the group has no members";
    DCGM_ST_PROFILING_NOT_SUPPORTED           => PROFILING_NOT_SUPPORTED,           Unsupported,  "profiling is not supported on this GPU";
    DCGM_ST_PROFILING_LIBRARY_ERROR           => PROFILING_LIBRARY_ERROR,           Internal,     "the profiling library failed";
    DCGM_ST_PROFILING_MULTI_PASS              => PROFILING_MULTI_PASS,              Limit,        "these profiling fields cannot be sampled together";
    DCGM_ST_DIAG_ALREADY_RUNNING              => DIAG_ALREADY_RUNNING,              Transient,    "a diagnostic is running";
    DCGM_ST_DIAG_BAD_JSON                     => DIAG_BAD_JSON,                     Internal,     "the diagnostic's report cannot be parsed";
    DCGM_ST_DIAG_BAD_LAUNCH                   => DIAG_BAD_LAUNCH,                   Internal,     "the diagnostic could not be started";
    DCGM_ST_DIAG_UNUSED                       => DIAG_UNUSED,                       Internal,     "a code that DCGM does not use";
    DCGM_ST_DIAG_THRESHOLD_EXCEEDED           => DIAG_THRESHOLD_EXCEEDED,           Internal,     "a value passed the diagnostic's threshold";
    DCGM_ST_INSUFFICIENT_DRIVER_VERSION       => INSUFFICIENT_DRIVER_VERSION,       Unsupported,  "the driver is too old";
    DCGM_ST_INSTANCE_NOT_FOUND                => INSTANCE_NOT_FOUND,                NotFound,     "no such GPU instance";
    DCGM_ST_COMPUTE_INSTANCE_NOT_FOUND        => COMPUTE_INSTANCE_NOT_FOUND,        NotFound,     "no such compute instance";
    DCGM_ST_CHILD_NOT_KILLED                  => CHILD_NOT_KILLED,                  Internal,     "a child process of the engine's could not be ended";
    DCGM_ST_3RD_PARTY_LIBRARY_ERROR           => THIRD_PARTY_LIBRARY_ERROR,         Internal,     "a third party's library failed";
    DCGM_ST_INSUFFICIENT_RESOURCES            => INSUFFICIENT_RESOURCES,            Limit,        "not enough resources";
    DCGM_ST_PLUGIN_EXCEPTION                  => PLUGIN_EXCEPTION,                  Internal,     "a diagnostic plug-in failed";
    DCGM_ST_NVVS_ISOLATE_ERROR                => NVVS_ISOLATE_ERROR,                Internal,     "the diagnostic says that the GPU has to be drained";
    DCGM_ST_NVVS_BINARY_NOT_FOUND             => NVVS_BINARY_NOT_FOUND,             Internal,     "the diagnostic's program was not found";
    DCGM_ST_NVVS_KILLED                       => NVVS_KILLED,                       Internal,     "the diagnostic was killed";
    DCGM_ST_PAUSED                            => PAUSED,                            Transient,    "the engine is paused";
    DCGM_ST_ALREADY_INITIALIZED               => ALREADY_INITIALIZED,               Caller,       "initialised already";
    DCGM_ST_NVML_NOT_LOADED                   => NVML_NOT_LOADED,                   Unsupported,  "the engine runs without the NVIDIA driver";
    DCGM_ST_NVML_DRIVER_TIMEOUT               => NVML_DRIVER_TIMEOUT,               Transient,    "the NVIDIA driver does not answer";
    DCGM_ST_NVVS_NO_AVAILABLE_TEST            => NVVS_NO_AVAILABLE_TEST,            Caller,       "no such diagnostic";
    DCGM_ST_MNDIAG_CONNECTION_NOT_AVAILABLE   => MNDIAG_CONNECTION_NOT_AVAILABLE,   Denied,       "no connection may run the multi-node diagnostic now";
    DCGM_ST_MNDIAG_CONNECTION_UNAUTHORIZED    => MNDIAG_CONNECTION_UNAUTHORIZED,    Denied,       "this connection may not run the multi-node diagnostic";
    DCGM_ST_REMOTE_SSH_CONNECTION_FAILED      => REMOTE_SSH_CONNECTION_FAILED,      Internal,     "the engine could not reach another host by SSH";
    DCGM_ST_CHILD_SPAWN_FAILED                => CHILD_SPAWN_FAILED,                Internal,     "the engine could not start a child process";
    DCGM_ST_FILE_IO_ERROR                     => FILE_IO_ERROR,                     Internal,     "the engine could not read or write a file";
    DCGM_ST_CHILD_SIGNAL_RECEIVED             => CHILD_SIGNAL_RECEIVED,             Internal,     "a child process of the engine's got a signal";
    DCGM_ST_CALLER_ALREADY_STOPPED            => CALLER_ALREADY_STOPPED,            Caller,       "stopped already";
    DCGM_ST_DIAG_STOPPED                      => DIAG_STOPPED,                      Transient,    "the diagnostic was stopped";
    DCGM_ST_GPUS_DETACHED                     => GPUS_DETACHED,                     Transient,    "the GPUs are detached from the engine";
}

impl ReturnCode {
    /// Wraps DCGM's number, known or not.
    #[must_use]
    pub const fn from_raw(raw: c_int) -> Self {
        Self(raw)
    }

    /// Returns DCGM's number.
    #[must_use]
    pub const fn raw(self) -> c_int {
        self.0
    }

    /// Returns `true` for [`OK`](Self::OK).
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == sys::DCGM_ST_OK
    }

    /// Returns a suggestion for a person, for codes whose remedy is known.
    pub(crate) const fn hint_text(self) -> Option<&'static str> {
        Some(match self {
            Self::NVML_NOT_LOADED => {
                "the host engine runs without the NVIDIA driver: load the driver, then restart it"
            }
            Self::FUNCTION_NOT_FOUND => {
                "the host engine is older than libdcgm: upgrade it to the same release"
            }
            Self::NOT_WATCHED => {
                "a client has to watch it first: `Client::watch`, or for processes `ProcessesClient::watch_processes`"
            }
            Self::MAX_LIMIT => {
                "the engine's 64 groups or 64 field groups are in use (`dcgmi group -l` lists them): end the client that leaks them, or restart the engine"
            }
            _ => return None,
        })
    }
}

/// Prints the meaning, name and number, as in `no such field (DCGM_ST_UNKNOWN_FIELD, -13)`.
impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.meaning(), self.name()) {
            (Some(meaning), Some(name)) => write!(f, "{meaning} ({name}, {})", self.0),
            _ => write!(f, "unknown code {}", self.0),
        }
    }
}

impl fmt::Debug for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "ReturnCode({})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_one_row() {
        let numbers: BTreeSet<_> = ReturnCode::ALL.iter().map(|code| code.raw()).collect();
        assert_eq!(numbers.len(), ReturnCode::ALL.len());
        // 0 to -67, and there is no -2.
        let expected: BTreeSet<_> = (-67..=0).filter(|number| *number != -2).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn unknown_code_is_kept() {
        let code = ReturnCode::from_raw(-2);
        assert_eq!(code.raw(), -2);
        assert_eq!(code.to_string(), "unknown code -2");
        assert_eq!(format!("{code:?}"), "ReturnCode(-2)");
        assert_eq!(code.class(), Some(ErrorClass::Internal));
    }

    #[test]
    fn known_code_displays_name_and_number() {
        assert_eq!(
            ReturnCode::NVML_NOT_LOADED.to_string(),
            "the engine runs without the NVIDIA driver (DCGM_ST_NVML_NOT_LOADED, -56)"
        );
    }
}
