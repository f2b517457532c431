//! [`ErrorClass`]: the class of an error or a return code.

/// The class of an [`Error`](crate::Error) or a [`ReturnCode`](crate::ReturnCode), by which a program decides how to react.
///
/// ```
/// use dcgm::{Error, ErrorClass, ReturnCode};
///
/// assert_eq!(ReturnCode::CONNECTION_NOT_VALID.class(), Some(ErrorClass::Disconnected));
/// assert_eq!(ReturnCode::OK.class(), None);
/// assert_eq!(Error::NotConnected.class(), ErrorClass::Disconnected);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// A bug in the caller or in this crate.
    Caller,
    /// The endpoint denies access to this user. The client is not connected.
    ConnectDenied,
    /// A call timed out and its connection was closed, or the peer never replied to a connect. The
    /// client is not connected.
    ConnectTimeout,
    /// A permission for the operation is missing.
    Denied,
    /// There is no connection: reconnect.
    Disconnected,
    /// A GPU is lost or needs a reset.
    GpuLost,
    /// The engine or the system failed internally.
    Internal,
    /// A limit of the engine or of the system is reached.
    Limit,
    /// There is no current sample: the field is not watched, not sampled yet, or its sample is stale.
    NoData,
    /// No such entity or group.
    NotFound,
    /// A call timed out, and reconnecting does not help: the connection is intact, or hanging calls
    /// block the client ([`Error::Wedged`](crate::Error::Wedged)).
    Timeout,
    /// A retry may succeed.
    Transient,
    /// libdcgm is missing or cannot be loaded.
    Unavailable,
    /// The operation is not supported by this GPU, driver, library or engine.
    Unsupported,
    /// libdcgm and the host engine have incompatible versions.
    Version,
}

impl ErrorClass {
    /// Returns `true` if there is no connection (any more): reconnect.
    #[must_use]
    pub const fn is_disconnected(self) -> bool {
        matches!(
            self,
            Self::Disconnected | Self::ConnectDenied | Self::ConnectTimeout
        )
    }

    /// Returns `true` if a call timed out.
    #[must_use]
    pub const fn is_timeout(self) -> bool {
        matches!(self, Self::Timeout | Self::ConnectTimeout)
    }

    /// Returns `true` if the connection must not be used any more: it is lost, or a call on it did not
    /// return in time.
    #[must_use]
    pub const fn ends_connection(self) -> bool {
        self.is_disconnected() || self.is_timeout()
    }

    /// Returns `true` if a permission is missing.
    #[must_use]
    pub const fn is_denied(self) -> bool {
        matches!(self, Self::Denied | Self::ConnectDenied)
    }

    /// Returns `true` if a retry may succeed without intervention. If
    /// [`is_disconnected`](Self::is_disconnected) also returns `true`, reconnect before the retry.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Transient) || self.ends_connection()
    }
}
