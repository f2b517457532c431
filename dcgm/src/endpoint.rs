//! Endpoints of host engines.

use core::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The endpoint of a host engine (`nv-hostengine`).
///
/// The text forms are `host:port`, `host` (port 5555), `[::1]:5555`,
/// `unix:///run/nv-hostengine.sock` and `vsock://3:5555`. DCGM's protocol has no TLS and no password:
/// use a tunnel to connect to another host.
///
/// ```
/// use dcgm::Endpoint;
/// let endpoint: Endpoint = "unix:///tmp/nv-hostengine".parse()?;
/// assert_eq!(endpoint.to_string(), "unix:///tmp/nv-hostengine");
/// assert_eq!(Endpoint::default().to_string(), "localhost:5555");
/// # Ok::<(), dcgm::EndpointError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A TCP endpoint.
    Tcp {
        /// The host name or IP address. An IPv6 address has no brackets here.
        host: String,
        /// The port, from 1 to 65535.
        port: u16,
    },
    /// The absolute path of a Unix socket.
    Unix(PathBuf),
    /// A VSOCK endpoint: the engine of another virtual machine on this host, or of the host itself
    /// (`cid` 2). Needs DCGM 4.5 or later.
    ///
    /// Unlike the others, the endpoint is not tried before libdcgm is called, so that the error of a
    /// failed connect does not state the cause.
    Vsock {
        /// The context id of the virtual machine.
        cid: u32,
        /// The port.
        port: u32,
    },
}

impl Endpoint {
    /// The default port of the host engine.
    pub const DEFAULT_PORT: u16 = 5555;

    /// Returns `true` if the host is an IPv6 address.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        matches!(self, Self::Tcp { host, .. } if host.contains(':'))
    }

    /// Returns the path of the Unix socket; `None` for other endpoints.
    #[must_use]
    pub fn unix_path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp { .. } | Self::Vsock { .. } => None,
        }
    }
}

/// `localhost:5555`.
impl Default for Endpoint {
    fn default() -> Self {
        Self::Tcp {
            host: "localhost".to_owned(),
            port: Self::DEFAULT_PORT,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if self.is_ipv6() => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Vsock { cid, port } => write!(f, "vsock://{cid}:{port}"),
        }
    }
}

/// The error of parsing an [`Endpoint`]. The error does not contain user information (text before an
/// `@`), which may include a password.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The text is empty.
    #[error(
        "expected an endpoint such as localhost:5555 or unix:///tmp/nv-hostengine, got an empty text"
    )]
    Empty,
    /// The host is missing or contains an invalid character.
    #[error("expected host:port, for example localhost:5555, got {input:?}")]
    Host {
        /// The input without its scheme.
        input: String,
    },
    /// The IPv6 address is not enclosed in brackets.
    #[error("expected an IPv6 address in brackets, as in [::1]:5555, got {input:?}")]
    Ipv6 {
        /// The input without its scheme.
        input: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("expected a port from 1 to 65535, got {port:?} in {input:?}")]
    Port {
        /// The input without its scheme.
        input: String,
        /// The text of the port.
        port: String,
    },
    /// The scheme is not `tcp`, `unix` or `vsock`.
    #[error(
        "expected host:port, tcp://host:port, unix:///path or vsock://cid:port, got the scheme {scheme:?}"
    )]
    Scheme {
        /// The text before `://`.
        scheme: String,
    },
    /// The path of the Unix socket is missing.
    #[error(
        "expected the absolute path of a socket, for example unix:///tmp/nv-hostengine, got none"
    )]
    UnixEmpty,
    /// The path is too long for a socket address.
    #[error("expected a socket path of at most 107 bytes, got {length}")]
    UnixLong {
        /// The length in bytes.
        length: usize,
    },
    /// The path is relative or contains a NUL character.
    #[error(
        "expected three slashes and an absolute path, as in unix:///tmp/nv-hostengine, got {path:?}"
    )]
    UnixRelative {
        /// The path.
        path: String,
    },
    /// The text contains a user name or password, which DCGM does not support.
    #[error(
        "expected an endpoint without user name and password, which DCGM does not support, got one with an @"
    )]
    UserInfo,
    /// The context id or the port of a VSOCK endpoint is missing or not a number, or the context id is
    /// that of any machine.
    #[error("expected two numbers, as in vsock://3:5555, got {input:?}")]
    Vsock {
        /// The input without its scheme.
        input: String,
    },
}

/// Prints the message.
impl fmt::Debug for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(input: &str) -> Result<Self, EndpointError> {
        let text = input.trim();
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None if text.to_ascii_lowercase().starts_with("unix:") => {
                ("unix".to_owned(), &text[5..])
            }
            None => ("tcp".to_owned(), text),
        };
        // In `user:password@host://x` the password precedes the scheme separator.
        if scheme.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        match scheme.as_str() {
            "unix" => parse_unix(rest),
            "tcp" => parse_tcp(rest),
            "vsock" => parse_vsock(rest),
            _ if rest.contains('@') => Err(EndpointError::UserInfo),
            _ => Err(EndpointError::Scheme { scheme }),
        }
    }
}

fn parse_unix(path: &str) -> Result<Endpoint, EndpointError> {
    const MAX_SOCKET_PATH_BYTES: usize = 107;
    // An @ is user information only before the first slash.
    if path
        .split('/')
        .next()
        .is_some_and(|authority| authority.contains('@'))
    {
        return Err(EndpointError::UserInfo);
    }
    if path.is_empty() || path.chars().all(|c| c == '/') {
        return Err(EndpointError::UnixEmpty);
    }
    if !path.starts_with('/') || path.contains('\0') {
        return Err(EndpointError::UnixRelative {
            path: path.to_owned(),
        });
    }
    if path.len() > MAX_SOCKET_PATH_BYTES {
        return Err(EndpointError::UnixLong { length: path.len() });
    }
    Ok(Endpoint::Unix(PathBuf::from(path)))
}

fn parse_vsock(address: &str) -> Result<Endpoint, EndpointError> {
    if address.contains('@') {
        return Err(EndpointError::UserInfo);
    }
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    let numbers = address
        .split_once(':')
        .and_then(|(cid, port)| number(cid).zip(number(port)));
    match numbers {
        Some((cid, port)) if cid != u32::MAX && port > 0 => Ok(Endpoint::Vsock { cid, port }),
        _ => Err(EndpointError::Vsock {
            input: address.to_owned(),
        }),
    }
}

fn parse_tcp(authority: &str) -> Result<Endpoint, EndpointError> {
    let input = || authority.to_owned();
    if authority.contains('@') {
        return Err(EndpointError::UserInfo);
    }
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest
            .split_once(']')
            .ok_or_else(|| EndpointError::Ipv6 { input: input() })?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(EndpointError::Host { input: input() });
        }
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err(EndpointError::Host { input: input() }),
        };
        (host, port)
    } else {
        match authority.split_once(':') {
            Some((_, rest)) if rest.contains(':') => {
                return Err(EndpointError::Ipv6 { input: input() });
            }
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let is_invalid = |c: char| c.is_whitespace() || c.is_control() || "/?#\\".contains(c);
    if host.is_empty() || host.contains(is_invalid) {
        return Err(EndpointError::Host { input: input() });
    }
    let port = match port {
        None => Endpoint::DEFAULT_PORT,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| EndpointError::Port {
                input: input(),
                port: text.to_owned(),
            })?,
        Some(text) => {
            return Err(EndpointError::Port {
                input: input(),
                port: text.to_owned(),
            });
        }
    };
    Ok(Endpoint::Tcp {
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests;
