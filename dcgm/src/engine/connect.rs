//! Getting from an endpoint to a connection that is known to work.
//!
//! libdcgm tells nothing apart: refused, missing and unresolvable are all -21 after the full timeout, and a peer
//! that is no engine is "connected". So the address is tried first with the system's own sockets, whose errors say
//! why; and a connection counts only when the engine has answered over it.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;
use crate::error::ConnectCause;
use crate::ffi::Transport;
use crate::version::Version;

/// An address at which somebody accepts connections, as libdcgm wants it written.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) text: String,
    pub(super) transport: Transport,
    socket: Option<SocketAddr>,
}

/// Since this release libdcgm takes IPv6 addresses.
const IPV6_SINCE: Version = Version::new(4, 5, 0);

/// Finds an address at which somebody accepts a connection.
pub(super) fn reach(
    endpoint: &Endpoint,
    library: Version,
    until: Instant,
) -> Result<Address, ConnectCause> {
    match endpoint {
        Endpoint::Unix(path) => {
            unix(path)?;
            let text = path.display().to_string();
            Ok(Address {
                text,
                transport: Transport::Unix,
                socket: None,
            })
        }
        Endpoint::Tcp { .. } if endpoint.is_ipv6() && library < IPV6_SINCE => {
            Err(ConnectCause::Ipv6 { library })
        }
        Endpoint::Tcp { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
                ConnectCause::Unresolvable {
                    reason: error.to_string(),
                }
            })?;
            let (usable, rest): (Vec<_>, Vec<_>) =
                found.partition(|address| address.is_ipv4() || library >= IPV6_SINCE);
            if usable.is_empty() {
                return Err(if rest.is_empty() {
                    ConnectCause::Unresolvable {
                        reason: "it has no address".to_owned(),
                    }
                } else {
                    ConnectCause::Ipv6 { library }
                });
            }
            tcp(&usable, until)
        }
    }
}

fn tcp(addresses: &[SocketAddr], until: Instant) -> Result<Address, ConnectCause> {
    let mut cause = None;
    for (at, address) in addresses.iter().enumerate() {
        // Each gets its share of the time, so that the last is tried, too.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(1);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(_) => {
                // The address that answered, so that libdcgm need not resolve the name again, or take another.
                let text = address.to_string();
                return Ok(Address {
                    text,
                    transport: Transport::Tcp,
                    socket: Some(*address),
                });
            }
            // Somebody who refuses says more than somebody who does not answer.
            Err(error) => match (&cause, why(&error)) {
                (Some(ConnectCause::Refused), _) => {}
                (_, found) => cause = Some(found),
            },
        }
    }
    Err(cause.unwrap_or(ConnectCause::Unreachable {
        reason: "it has no address".to_owned(),
    }))
}

#[cfg(unix)]
fn unix(path: &Path) -> Result<(), ConnectCause> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;

    let file = fs::metadata(path).map_err(|error| why(&error))?;
    if !file.file_type().is_socket() {
        return Err(ConnectCause::NotASocket);
    }
    UnixStream::connect(path)
        .map_err(|error| why(&error))
        .map(drop)
}

#[cfg(not(unix))]
fn unix(_: &Path) -> Result<(), ConnectCause> {
    Err(ConnectCause::Unreachable {
        reason: "there are no Unix sockets here".to_owned(),
    })
}

fn why(error: &io::Error) -> ConnectCause {
    match error.kind() {
        ErrorKind::ConnectionRefused => ConnectCause::Refused,
        ErrorKind::NotFound | ErrorKind::NotADirectory => ConnectCause::NotFound,
        ErrorKind::PermissionDenied => ConnectCause::PermissionDenied,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => ConnectCause::Closed,
        _ => ConnectCause::Unreachable {
            reason: error.to_string(),
        },
    }
}

/// Who answers at an address where libdcgm got a connection and no engine: somebody who closes each
/// connection, or somebody who speaks something else.
pub(super) fn who_answers(address: &Address) -> ConnectCause {
    const PATIENCE: Duration = Duration::from_millis(200);

    fn listen(mut stream: impl io::Read + io::Write) -> ConnectCause {
        let mut first = [0; 16];
        for attempt in 0..2 {
            match stream.read(&mut first) {
                Ok(0) => return ConnectCause::Closed,
                Ok(_) => return ConnectCause::NotAnEngine,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return why(&error),
            }
            // It waits for us to begin. An empty line is harmless, and most protocols answer it.
            if attempt == 0 && stream.write_all(b"\r\n\r\n").is_err() {
                return ConnectCause::Closed;
            }
        }
        ConnectCause::NotAnEngine
    }

    match (address.transport, address.socket) {
        (Transport::Tcp, Some(socket)) => match TcpStream::connect_timeout(&socket, PATIENCE) {
            Ok(stream) => match stream.set_read_timeout(Some(PATIENCE)) {
                Ok(()) => listen(stream),
                Err(error) => why(&error),
            },
            Err(error) => why(&error),
        },
        #[cfg(unix)]
        (Transport::Unix, _) => match std::os::unix::net::UnixStream::connect(&address.text) {
            Ok(stream) => match stream.set_read_timeout(Some(PATIENCE)) {
                Ok(()) => listen(stream),
                Err(error) => why(&error),
            },
            Err(error) => why(&error),
        },
        _ => ConnectCause::NotAnEngine,
    }
}
