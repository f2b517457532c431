//! Resolves and tries an endpoint before libdcgm connects to it.
//!
//! libdcgm does not distinguish causes: refused, missing and unresolvable are all -21 after the full
//! timeout, and a peer that is not an engine counts as connected. Therefore the address is tried
//! first with sockets of the operating system, whose errors state the cause, and a connection is used
//! only after the engine has responded over it. [`diagnose_peer`] describes a peer that did not.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::release::Release;
use crate::endpoint::Endpoint;
use crate::error::ConnectError;
use crate::ffi::Transport;
use crate::version::Version;

/// An address at which a peer accepts connections, in the syntax of libdcgm.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) text: String,
    pub(super) transport: Transport,
    socket: Option<SocketAddr>,
}

/// Resolves an endpoint to an address at which a peer accepts a connection.
pub(super) fn resolve_address(
    endpoint: &Endpoint,
    library: Version,
    until: Instant,
) -> Result<Address, ConnectError> {
    // Endpoints can be created without the parser, which refuses these.
    let refused = |reason: &str| ConnectError::Unreachable {
        reason: reason.to_owned(),
    };
    let has_ipv6 = Release::of_library(library).has_ipv6();
    match endpoint {
        Endpoint::Unix(path) => {
            if !path.is_absolute() {
                return Err(refused("the path of the socket is not absolute"));
            }
            // Replacement characters would make it another path.
            let text = path
                .to_str()
                .ok_or_else(|| refused("the path of the socket is not UTF-8"))?;
            try_unix(path, until)?;
            Ok(Address {
                text: text.to_owned(),
                transport: Transport::Unix,
                socket: None,
            })
        }
        Endpoint::Vsock { .. } if !Release::of_library(library).has_uri_connect() => {
            Err(ConnectError::Vsock { library })
        }
        Endpoint::Vsock { .. } => Ok(Address {
            text: endpoint.to_string(),
            transport: Transport::Vsock,
            socket: None,
        }),
        Endpoint::Tcp { port: 0, .. } => Err(refused("port 0 cannot be connected to")),
        Endpoint::Tcp { .. } if endpoint.is_ipv6() && !has_ipv6 => {
            Err(ConnectError::Ipv6 { library })
        }
        Endpoint::Tcp { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
                ConnectError::Unresolvable {
                    reason: error.to_string(),
                }
            })?;
            let (usable, rest): (Vec<_>, Vec<_>) =
                found.partition(|address| address.is_ipv4() || has_ipv6);
            if usable.is_empty() {
                return Err(if rest.is_empty() {
                    ConnectError::Unresolvable {
                        reason: "the host name has no address".to_owned(),
                    }
                } else {
                    ConnectError::Ipv6 { library }
                });
            }
            try_tcp(&usable, until)
        }
    }
}

fn try_tcp(addresses: &[SocketAddr], until: Instant) -> Result<Address, ConnectError> {
    let mut cause = None;
    for (at, address) in addresses.iter().enumerate() {
        // Each address gets an equal share of the time left, so that the last one is tried, too.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(1);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(_) => {
                // The address that accepted, so that libdcgm does not resolve the name again and use
                // another address.
                let text = address.to_string();
                return Ok(Address {
                    text,
                    transport: Transport::Tcp,
                    socket: Some(*address),
                });
            }
            // A refusal says more than a timeout.
            Err(error) => match (&cause, connect_error(&error)) {
                (Some(ConnectError::Refused), _) => {}
                (_, found) => cause = Some(found),
            },
        }
    }
    Err(cause.unwrap_or(ConnectError::Unreachable {
        reason: "the host name has no address".to_owned(),
    }))
}

#[cfg(unix)]
fn try_unix(path: &Path, until: Instant) -> Result<(), ConnectError> {
    use std::os::unix::fs::FileTypeExt as _;

    let file = fs::metadata(path).map_err(|error| connect_error(&error))?;
    if !file.file_type().is_socket() {
        return Err(ConnectError::NotASocket);
    }
    // Half of the time left, so that the error is reported before the deadline of the caller.
    let left = until.saturating_duration_since(Instant::now());
    connect_unix(path, (left / 2).min(BACKLOG_TIMEOUT)).map(drop)
}

#[cfg(not(unix))]
fn try_unix(_: &Path, _: Instant) -> Result<(), ConnectError> {
    Err(ConnectError::Unreachable {
        reason: "this platform has no Unix sockets".to_owned(),
    })
}

/// The time for a full backlog to drain: a peer that is only busy accepts within it.
#[cfg(unix)]
const BACKLOG_TIMEOUT: Duration = Duration::from_secs(1);

/// Connects to a Unix socket, within `timeout`.
///
/// A blocking connect waits without limit for a peer that listens and no longer accepts. A
/// nonblocking one fails at once with a full backlog, and can only be retried.
#[cfg(unix)]
fn connect_unix(path: &Path, timeout: Duration) -> Result<socket2::Socket, ConnectError> {
    use socket2::{Domain, SockAddr, Socket, Type};

    const RETRY_INTERVAL: Duration = Duration::from_millis(10);

    let until = Instant::now() + timeout;
    let address = SockAddr::unix(path).map_err(|error| connect_error(&error))?;
    let socket =
        Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|error| connect_error(&error))?;
    socket
        .set_nonblocking(true)
        .map_err(|error| connect_error(&error))?;
    loop {
        match socket.connect(&address) {
            Ok(()) => return Ok(socket),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if Instant::now() >= until {
                    return Err(ConnectError::Silent);
                }
                std::thread::sleep(RETRY_INTERVAL);
            }
            Err(error) => return Err(connect_error(&error)),
        }
    }
}

fn connect_error(error: &io::Error) -> ConnectError {
    match error.kind() {
        ErrorKind::ConnectionRefused => ConnectError::Refused,
        ErrorKind::NotFound | ErrorKind::NotADirectory => ConnectError::NotFound,
        ErrorKind::PermissionDenied => ConnectError::PermissionDenied,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => ConnectError::Closed,
        _ => ConnectError::Unreachable {
            reason: error.to_string(),
        },
    }
}

/// Describes the peer at an address at which libdcgm got a connection, but no engine: it closes each
/// connection, or speaks another protocol.
pub(super) fn diagnose_peer(address: &Address) -> ConnectError {
    match (address.transport, address.socket) {
        (Transport::Tcp, Some(socket)) => {
            match TcpStream::connect_timeout(&socket, PROBE_TIMEOUT) {
                Ok(stream) => read_first_bytes(&socket2::Socket::from(stream)),
                Err(error) => connect_error(&error),
            }
        }
        #[cfg(unix)]
        (Transport::Unix, _) => match connect_unix(Path::new(&address.text), PROBE_TIMEOUT) {
            Ok(socket) => read_first_bytes(&socket),
            Err(cause) => cause,
        },
        // The sockets of the operating system are not tried.
        (Transport::Vsock, _) => ConnectError::Unreachable {
            reason: "no host engine responds over VSOCK".to_owned(),
        },
        // No peer to probe, and the connection of libdcgm was closed.
        _ => ConnectError::Closed,
    }
}

/// The timeout of each step of [`diagnose_peer`].
const PROBE_TIMEOUT: Duration = Duration::from_millis(200);

fn read_first_bytes(socket: &socket2::Socket) -> ConnectError {
    let limited = socket
        .set_nonblocking(false)
        .and_then(|()| socket.set_read_timeout(Some(PROBE_TIMEOUT)))
        .and_then(|()| socket.set_write_timeout(Some(PROBE_TIMEOUT)));
    if let Err(error) = limited {
        return connect_error(&error);
    }
    let mut stream: &socket2::Socket = socket;
    let mut first = [0; 16];
    for attempt in 0..2 {
        match stream.read(&mut first) {
            Ok(0) => return ConnectError::Closed,
            Ok(_) => return ConnectError::NotAnEngine,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return connect_error(&error),
        }
        // The peer waits for the client. An empty line is harmless, and most protocols respond to it.
        if attempt == 0 && stream.write_all(b"\r\n\r\n").is_err() {
            return ConnectError::Closed;
        }
    }
    // A silent peer may be an engine, which also waits for more than an empty line. All that is known
    // is that the connection of libdcgm ended.
    ConnectError::Closed
}

#[cfg(test)]
#[cfg(unix)]
#[path = "connect/tests.rs"]
mod tests;
