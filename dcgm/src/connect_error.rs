//! [`ConnectError`]: the reasons for a failed connection, with their class and hint.

use core::fmt;

use dcgm_sys::text::sanitize;

use crate::endpoint::Endpoint;
use crate::error_class::ErrorClass;
use crate::version::Version;

/// The reason why a connection could not be established.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The peer accepted the connection and closed it without a reply.
    #[error("the peer closes the connection")]
    Closed,
    /// The endpoint has only IPv6 addresses, which this libdcgm does not support.
    #[error("libdcgm {library} does not support IPv6 addresses")]
    Ipv6 {
        /// The version of libdcgm.
        library: Version,
    },
    /// The peer replies in another protocol.
    #[error("the peer is not a DCGM host engine")]
    NotAnEngine,
    /// The path exists and is not a socket.
    #[error("not a socket")]
    NotASocket,
    /// The socket does not exist.
    #[error("no such socket")]
    NotFound,
    /// This user may not open the socket.
    #[error("permission denied")]
    PermissionDenied,
    /// Nothing listens at the endpoint.
    #[error("connection refused")]
    Refused,
    /// The peer listens but does not reply, or no longer accepts connections.
    #[error("the peer accepts the connection and does not reply")]
    Silent,
    /// The host does not respond, or the system cannot connect to the endpoint for another reason.
    #[error("unreachable: {}", sanitize(reason))]
    Unreachable {
        /// The error text of the system or of this crate.
        reason: String,
    },
    /// The host name cannot be resolved to an address.
    #[error("cannot resolve the host name: {}", sanitize(reason))]
    Unresolvable {
        /// The error text of the system or of this crate.
        reason: String,
    },
    /// This libdcgm does not support VSOCK endpoints.
    #[error("libdcgm {library} does not support VSOCK")]
    Vsock {
        /// The version of libdcgm.
        library: Version,
    },
}

/// Prints the message.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl ConnectError {
    /// Maps each variant to its class and hint.
    pub(crate) fn class_and_hint(&self, endpoint: &Endpoint) -> (ErrorClass, &'static str) {
        use ErrorClass as Class;
        match self {
            Self::Refused if endpoint.unix_path().is_some() => (
                Class::Disconnected,
                "the socket is stale: start the host engine with nv-hostengine -d and this path",
            ),
            Self::Refused => (
                Class::Disconnected,
                "start the host engine (systemctl start nvidia-dcgm), or check its port",
            ),
            Self::NotFound => (
                Class::Disconnected,
                "start the host engine with nv-hostengine -d and this path; the packaged service listens on TCP",
            ),
            Self::NotASocket => (
                Class::Disconnected,
                "check the path that nv-hostengine -d was given",
            ),
            Self::PermissionDenied => (
                Class::ConnectDenied,
                "give this program's user write permission on the socket",
            ),
            Self::Silent => (
                Class::ConnectTimeout,
                "the host engine hangs, or another program holds its port: check it, restart it",
            ),
            Self::Closed | Self::NotAnEngine => (
                Class::Disconnected,
                "check which program listens there: ss -lntp",
            ),
            Self::Unreachable { .. } if matches!(endpoint, Endpoint::Vsock { .. }) => (
                Class::Disconnected,
                "check the context id and the port, and that nv-hostengine was started with -c",
            ),
            Self::Unreachable { .. } => (
                Class::Disconnected,
                "check the address and the firewall; nv-hostengine listens on 127.0.0.1 unless started with -b",
            ),
            Self::Unresolvable { .. } => (
                Class::Disconnected,
                "check the host name, or give its address",
            ),
            Self::Ipv6 { .. } => (
                Class::Disconnected,
                "give a host name or an IPv4 address, or install DCGM 4.5 or later",
            ),
            Self::Vsock { .. } => (
                Class::Disconnected,
                "install DCGM 4.5 or later, in this machine and with the host engine",
            ),
        }
    }
}
