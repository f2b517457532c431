//! Where a host engine listens.

use core::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a host engine (`nv-hostengine`) listens.
///
/// Written `host:port`, `host` (port 5555), `[::1]:5555` or `unix:///run/nv-hostengine.sock`. There
/// is no TLS and no password in DCGM's protocol: beyond one host, use a tunnel.
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
    /// Over TCP.
    Tcp {
        /// A name or an address; an IPv6 address without its brackets.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// Over a Unix socket: an absolute path.
    Unix(PathBuf),
}

impl Endpoint {
    /// The port on which an engine listens if nothing else was said.
    pub const DEFAULT_PORT: u16 = 5555;

    /// Whether the host is an IPv6 address.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        matches!(self, Self::Tcp { host, .. } if host.contains(':'))
    }

    /// The socket's path, for a Unix socket.
    #[must_use]
    pub fn unix_path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp { .. } => None,
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
        }
    }
}

/// Why a text is no endpoint. What stands before an `@` is never repeated.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Nothing.
    #[error(
        "the endpoint is empty; give host:port, for example localhost:5555, or unix:///tmp/nv-hostengine"
    )]
    Empty,
    /// The host is missing, or holds what a host cannot.
    #[error("{input:?} names no host; give host:port, for example localhost:5555")]
    Host {
        /// What was given.
        input: String,
    },
    /// An IPv6 address without brackets.
    #[error(
        "{input:?} has more than one colon; write an IPv6 address in brackets, as in [::1]:5555"
    )]
    Ipv6 {
        /// What was given.
        input: String,
    },
    /// Not a port.
    #[error("{port:?} in {input:?} is no port; give a number from 1 to 65535")]
    Port {
        /// What was given.
        input: String,
        /// What stands for the port.
        port: String,
    },
    /// A scheme other than `tcp` and `unix`.
    #[error(
        "{scheme:?} is no scheme that a host engine speaks; give host:port, tcp://host:port or unix:///path"
    )]
    Scheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// `unix://` and no path.
    #[error(
        "the endpoint names no socket; give an absolute path, for example unix:///tmp/nv-hostengine"
    )]
    UnixEmpty,
    /// A path too long for the system's socket addresses.
    #[error("the socket's path has {length} bytes, and 107 are possible")]
    UnixLong {
        /// The path's length in bytes.
        length: usize,
    },
    /// A relative path.
    #[error(
        "{path:?} is a relative path; write three slashes and an absolute path, as in unix:///tmp/nv-hostengine"
    )]
    UnixRelative {
        /// What was given.
        path: String,
    },
    /// A user name or password, which DCGM has no use for.
    #[error(
        "the endpoint holds a user name or password; DCGM has neither, so leave out all up to the @"
    )]
    UserInfo,
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
        // `user:password@host://x` has its password before the scheme's mark.
        if scheme.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        match scheme.as_str() {
            "unix" => unix(rest),
            "tcp" => tcp(rest),
            _ if rest.contains('@') => Err(EndpointError::UserInfo),
            _ => Err(EndpointError::Scheme { scheme }),
        }
    }
}

fn unix(path: &str) -> Result<Endpoint, EndpointError> {
    const MAX_SOCKET_PATH_BYTES: usize = 107;
    // An @ in a file's name is fine: only one before the first slash is userinfo.
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

fn tcp(authority: &str) -> Result<Endpoint, EndpointError> {
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
    let strange = |c: char| c.is_whitespace() || c.is_control() || "/?#\\".contains(c);
    if host.is_empty() || host.contains(strange) {
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
mod tests {
    use super::*;

    fn error(text: &str) -> EndpointError {
        text.parse::<Endpoint>().unwrap_err()
    }

    #[test]
    fn what_is_an_endpoint_is_shown_as_it_was_written() {
        for text in [
            "localhost:5555",
            "10.0.0.1:1",
            "[::1]:65535",
            "unix:///a/b@c.sock",
            "gpu-7.example:5555",
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!(
            "localhost".parse::<Endpoint>().unwrap(),
            Endpoint::default()
        );
        assert_eq!(
            "tcp://localhost".parse::<Endpoint>().unwrap(),
            Endpoint::default()
        );
        assert_eq!(
            "[::1]".parse::<Endpoint>().unwrap().to_string(),
            "[::1]:5555"
        );
        assert_eq!(
            "UNIX:///x".parse::<Endpoint>().unwrap().to_string(),
            "unix:///x"
        );
    }

    #[test]
    fn what_is_none_is_told_why() {
        assert_eq!(error(" "), EndpointError::Empty);
        assert_eq!(error("unix://"), EndpointError::UnixEmpty);
        assert_eq!(error("unix:///"), EndpointError::UnixEmpty);
        assert_eq!(
            error("unix://tmp/x"),
            EndpointError::UnixRelative {
                path: "tmp/x".into()
            }
        );
        assert_eq!(
            error("unix:x.sock"),
            EndpointError::UnixRelative {
                path: "x.sock".into()
            }
        );
        assert!(matches!(error("localhost:0"), EndpointError::Port { .. }));
        assert!(matches!(
            error("localhost:70000"),
            EndpointError::Port { .. }
        ));
        assert!(matches!(error("localhost:+1"), EndpointError::Port { .. }));
        assert!(matches!(error("localhost:"), EndpointError::Port { .. }));
        assert!(matches!(error(":5555"), EndpointError::Host { .. }));
        assert!(matches!(error("::1"), EndpointError::Ipv6 { .. }));
        assert!(matches!(error("[::1"), EndpointError::Ipv6 { .. }));
        assert!(matches!(error("[::1]x"), EndpointError::Host { .. }));
        assert!(matches!(error("a b:1"), EndpointError::Host { .. }));
        assert!(matches!(error("http://x"), EndpointError::Scheme { .. }));
        assert!(matches!(
            error(&format!("unix:///{}", "x".repeat(107))),
            EndpointError::UnixLong { .. }
        ));
    }

    #[test]
    fn a_password_is_refused_and_never_repeated() {
        for text in [
            "unix://user:secret@/x",
            "user:secret@host:1",
            "tcp://secret@h",
            "http://secret@h",
            "user:secret@host://x",
        ] {
            let error = error(text);
            assert_eq!(error, EndpointError::UserInfo);
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }

    #[test]
    fn a_relative_path_is_told_of_three_slashes() {
        assert!(error("unix://tmp/x").to_string().contains("three slashes"));
        assert!(
            error("unix://")
                .to_string()
                .contains("unix:///tmp/nv-hostengine")
        );
    }
}
