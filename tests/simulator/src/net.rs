//! Addresses as DCGM takes them, and streams of both kinds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use crate::Flavour;

const DEFAULT_PORT: u16 = 5555;

/// Where an engine listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    Tcp(String, u16),
    Unix(String),
}

impl Address {
    /// Parses an address like `dcgmConnect_v2`. `None`: BADPARAM at once.
    pub(crate) fn parse(text: &str, unix: bool, flavour: Flavour) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        if unix {
            return Some(Self::Unix(text.to_owned()));
        }
        match flavour {
            Flavour::V4_6 if text.contains("://") => None,
            Flavour::V4_6 => Self::parse_tcp(text),
            // Cut at the first colon: no IPv6.
            Flavour::V3_3 => match text.split_once(':') {
                None => Some(Self::Tcp(text.to_owned(), DEFAULT_PORT)),
                Some((host, port)) => Some(Self::Tcp(host.to_owned(), Self::port(port)?)),
            },
        }
    }

    /// Parses an address like `dcgmConnect_v3`.
    pub(crate) fn parse_uri(text: &str) -> Option<Self> {
        match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("unix") && !rest.is_empty() => {
                Some(Self::Unix(rest.to_owned()))
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tcp") => Self::parse_tcp(rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("vsock") => {
                let (cid, port) = rest.split_once(':')?;
                // The only machine here is this one, 1, and its ports are those of TCP. The name of another
                // is no name, which is not looked for.
                let host = match cid.parse::<u32>().ok()? {
                    1 => "127.0.0.1".to_owned(),
                    other => format!("vsock/{other}"),
                };
                Some(Self::Tcp(host, Self::port(port)?))
            }
            Some(_) => None,
            None => Self::parse_tcp(text),
        }
    }

    /// For listening: port 0 asks for any.
    pub(crate) fn parse_uri_any_port(text: &str) -> Option<Self> {
        match text.strip_suffix(":0") {
            Some(host) if !text.contains("://") => Some(Self::Tcp(host.to_owned(), 0)),
            _ => Self::parse_uri(text),
        }
    }

    fn parse_tcp(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            let port = match rest.strip_prefix(':') {
                Some(port) => Self::port(port)?,
                None if rest.is_empty() => DEFAULT_PORT,
                None => return None,
            };
            return Some(Self::Tcp(host.to_owned(), port));
        }
        match text.rsplit_once(':') {
            None if text.is_empty() => None,
            None => Some(Self::Tcp(text.to_owned(), DEFAULT_PORT)),
            Some(("", _)) => None,
            Some((host, port)) => Some(Self::Tcp(host.to_owned(), Self::port(port)?)),
        }
    }

    fn port(text: &str) -> Option<u16> {
        text.parse().ok().filter(|port| *port != 0)
    }

    /// One attempt.
    pub(crate) fn open(&self, timeout: Duration) -> io::Result<Stream> {
        let timeout = timeout.max(Duration::from_millis(1));
        match self {
            Self::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
            // No name; asking a name service for it would only take time.
            Self::Tcp(host, _) if host.contains('/') => Err(io::ErrorKind::NotFound.into()),
            Self::Tcp(host, port) => {
                let mut last = io::Error::from(io::ErrorKind::NotFound);
                for address in (host.as_str(), *port).to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, timeout) {
                        Ok(stream) => {
                            stream.set_nodelay(true)?;
                            return Ok(Stream::Tcp(stream));
                        }
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    pub(crate) fn listen(&self) -> io::Result<Listener> {
        match self {
            Self::Unix(path) => {
                // A socket file outlives the engine that made it.
                let _ = std::fs::remove_file(path);
                UnixListener::bind(path).map(Listener::Unix)
            }
            Self::Tcp(host, port) => TcpListener::bind((host.as_str(), *port)).map(Listener::Tcp),
        }
    }
}

/// A connection of either kind.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
        }
    }

    /// Closes the connection; blocked reads and writes return at once.
    pub(crate) fn cut(&self) {
        // Already cut is as good.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into),
            Self::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(from),
            Self::Unix(stream) => stream.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A listener of either kind.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    pub(crate) fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let stream = listener.accept()?.0;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept()?.0)),
        }
    }

    /// The port that a listener on port 0 got.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or(0, |address| address.port()),
            Self::Unix(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp(host.to_owned(), port)
    }

    #[test]
    fn addresses_are_read_as_the_release_reads_them() {
        let (new, old) = (Flavour::V4_6, Flavour::V3_3);
        assert_eq!(
            Address::parse("localhost", false, new),
            Some(tcp("localhost", 5555))
        );
        assert_eq!(Address::parse("[::1]:77", false, new), Some(tcp("::1", 77)));
        assert_eq!(Address::parse("[::1]:77", false, old), None);
        for bad in [
            "",
            "h:notaport",
            "h:0",
            "h:70000",
            "unix:///tmp/x",
            "tcp://h:1",
        ] {
            assert_eq!(Address::parse(bad, false, new), None, "{bad}");
        }
        assert_eq!(Address::parse_uri("TCP://h:1"), Some(tcp("h", 1)));
        assert_eq!(
            Address::parse_uri("unix:///p"),
            Some(Address::Unix("/p".to_owned()))
        );
        assert_eq!(Address::parse_uri("vsock://3:1"), Some(tcp("vsock/3", 1)));
        assert_eq!(Address::parse_uri("vsock://3"), None);
    }
}
