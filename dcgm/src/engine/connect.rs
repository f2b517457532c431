//! Getting from an endpoint to a connection that is known to work.
//!
//! libdcgm tells nothing apart: refused, missing and unresolvable are all -21 after the full
//! timeout, and a peer that is no engine is "connected". So the address is tried first with the
//! system's own sockets, whose errors say why; and a connection counts only when the engine has
//! answered over it.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;
use crate::error::ConnectError;
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
) -> Result<Address, ConnectError> {
    // Endpoints can be made without the parser, which would have refused these.
    let refused = |reason: &str| ConnectError::Unreachable {
        reason: reason.to_owned(),
    };
    match endpoint {
        Endpoint::Unix(path) => {
            if !path.is_absolute() {
                return Err(refused("the socket's path is not absolute"));
            }
            // What stands in for other bytes would be another path.
            let text = path
                .to_str()
                .ok_or_else(|| refused("the socket's path is not UTF-8"))?;
            unix(path, until)?;
            Ok(Address {
                text: text.to_owned(),
                transport: Transport::Unix,
                socket: None,
            })
        }
        Endpoint::Tcp { port: 0, .. } => Err(refused("nobody can listen on port 0")),
        Endpoint::Tcp { .. } if endpoint.is_ipv6() && library < IPV6_SINCE => {
            Err(ConnectError::Ipv6 { library })
        }
        Endpoint::Tcp { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
                ConnectError::Unresolvable {
                    reason: error.to_string(),
                }
            })?;
            let (usable, rest): (Vec<_>, Vec<_>) =
                found.partition(|address| address.is_ipv4() || library >= IPV6_SINCE);
            if usable.is_empty() {
                return Err(if rest.is_empty() {
                    ConnectError::Unresolvable {
                        reason: "it has no address".to_owned(),
                    }
                } else {
                    ConnectError::Ipv6 { library }
                });
            }
            tcp(&usable, until)
        }
    }
}

fn tcp(addresses: &[SocketAddr], until: Instant) -> Result<Address, ConnectError> {
    let mut cause = None;
    for (at, address) in addresses.iter().enumerate() {
        // Each gets its share of the time, so that the last is tried, too.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(1);
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(_) => {
                // The address that answered, so that libdcgm need not resolve the name again, or
                // take another.
                let text = address.to_string();
                return Ok(Address {
                    text,
                    transport: Transport::Tcp,
                    socket: Some(*address),
                });
            }
            // Somebody who refuses says more than somebody who does not answer.
            Err(error) => match (&cause, why(&error)) {
                (Some(ConnectError::Refused), _) => {}
                (_, found) => cause = Some(found),
            },
        }
    }
    Err(cause.unwrap_or(ConnectError::Unreachable {
        reason: "it has no address".to_owned(),
    }))
}

#[cfg(unix)]
fn unix(path: &Path, until: Instant) -> Result<(), ConnectError> {
    use std::os::unix::fs::FileTypeExt as _;

    let file = fs::metadata(path).map_err(|error| why(&error))?;
    if !file.file_type().is_socket() {
        return Err(ConnectError::NotASocket);
    }
    // Half of what is left, so that whoever waits for the rest hears of it.
    let left = until.saturating_duration_since(Instant::now());
    knock(path, (left / 2).min(FULL)).map(drop)
}

#[cfg(not(unix))]
fn unix(_: &Path, _: Instant) -> Result<(), ConnectError> {
    Err(ConnectError::Unreachable {
        reason: "there are no Unix sockets here".to_owned(),
    })
}

/// How long a full backlog may stay full: somebody who is only busy accepts meanwhile.
#[cfg(unix)]
const FULL: Duration = Duration::from_secs(1);

/// Connects to a Unix socket, and never waits longer than this.
///
/// A connect that blocks would wait for ever for a peer that listens and has stopped accepting. One
/// that does not block is turned away at once; it cannot be waited for, only tried again.
#[cfg(unix)]
fn knock(path: &Path, patience: Duration) -> Result<socket2::Socket, ConnectError> {
    use socket2::{Domain, SockAddr, Socket, Type};

    const STEP: Duration = Duration::from_millis(10);

    let until = Instant::now() + patience;
    let address = SockAddr::unix(path).map_err(|error| why(&error))?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|error| why(&error))?;
    socket.set_nonblocking(true).map_err(|error| why(&error))?;
    loop {
        match socket.connect(&address) {
            Ok(()) => return Ok(socket),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if Instant::now() >= until {
                    return Err(ConnectError::Silent);
                }
                std::thread::sleep(STEP);
            }
            Err(error) => return Err(why(&error)),
        }
    }
}

fn why(error: &io::Error) -> ConnectError {
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

/// Who answers at an address where libdcgm got a connection and no engine: somebody who closes each
/// connection, or somebody who speaks something else.
pub(super) fn who_answers(address: &Address) -> ConnectError {
    match (address.transport, address.socket) {
        (Transport::Tcp, Some(socket)) => match TcpStream::connect_timeout(&socket, PATIENCE) {
            Ok(stream) => listen(&socket2::Socket::from(stream)),
            Err(error) => why(&error),
        },
        #[cfg(unix)]
        (Transport::Unix, _) => match knock(Path::new(&address.text), PATIENCE) {
            Ok(socket) => listen(&socket),
            Err(cause) => cause,
        },
        // Nobody to ask, and libdcgm's connection was closed.
        _ => ConnectError::Closed,
    }
}

/// How long each step of [`who_answers`] may take.
const PATIENCE: Duration = Duration::from_millis(200);

fn listen(socket: &socket2::Socket) -> ConnectError {
    let limited = socket
        .set_nonblocking(false)
        .and_then(|()| socket.set_read_timeout(Some(PATIENCE)))
        .and_then(|()| socket.set_write_timeout(Some(PATIENCE)));
    if let Err(error) = limited {
        return why(&error);
    }
    let mut stream: &socket2::Socket = socket;
    let mut first = [0; 16];
    for attempt in 0..2 {
        match stream.read(&mut first) {
            Ok(0) => return ConnectError::Closed,
            Ok(_) => return ConnectError::NotAnEngine,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return why(&error),
        }
        // It waits for us to begin. An empty line is harmless, and most protocols answer it.
        if attempt == 0 && stream.write_all(b"\r\n\r\n").is_err() {
            return ConnectError::Closed;
        }
    }
    // It said nothing, so it is not known to be anything else than an engine; an engine, too, would
    // wait for more than an empty line. What is known is that libdcgm's connection ended.
    ConnectError::Closed
}

#[cfg(test)]
#[cfg(unix)]
#[path = "connect/tests.rs"]
mod tests;
