//! Claims about addresses that are refused, and peers that do not answer.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use socket2::{Domain, SockAddr, Socket, Type};

use super::*;

const LIBRARY: Version = Version::new(4, 6, 0);
/// Long enough for a busy machine; what never ends is longer.
const BOUND: Duration = Duration::from_secs(60);

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(400)
}

/// Answers what was done, or fails if it never ends.
fn within_bound<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> T {
    let (put, answer) = mpsc::channel();
    thread::spawn(move || put.send(ask()));
    answer.recv_timeout(BOUND).expect("it hangs")
}

/// A path for a socket, in a folder that is removed.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("dcgm-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("engine")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn socket() -> Socket {
    Socket::new(Domain::UNIX, Type::STREAM, None).unwrap()
}

/// Somebody who listens and accepts nobody, and as many connections as it takes until no more fit.
fn full(path: &Path) -> (Socket, Vec<Socket>) {
    let address = SockAddr::unix(path).unwrap();
    let listener = socket();
    listener.bind(&address).unwrap();
    listener.listen(1).unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = socket();
        client.set_nonblocking(true).unwrap();
        match client.connect(&address) {
            Ok(()) => waiting.push(client),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (listener, waiting),
            Err(error) => panic!("{error}"),
        }
    }
}

fn unreachable(endpoint: &Endpoint) -> String {
    match reach(endpoint, LIBRARY, soon()) {
        Err(ConnectError::Unreachable { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stopped_engine_with_a_full_backlog_is_silent() {
    let place = Place::new("full");
    let _full = full(&place.socket());
    let endpoint = Endpoint::Unix(place.socket());
    let cause = within_bound(move || reach(&endpoint, LIBRARY, soon()).unwrap_err());
    assert_eq!(cause, ConnectError::Silent);

    let address = Address {
        text: place.socket().to_str().unwrap().to_owned(),
        transport: Transport::Unix,
        socket: None,
    };
    assert_eq!(
        within_bound(move || who_answers(&address)),
        ConnectError::Silent
    );
}

#[test]
fn an_engine_that_accepts_again_is_reached() {
    let place = Place::new("again");
    let (listener, waiting) = full(&place.socket());
    let endpoint = Endpoint::Unix(place.socket());
    let until = Instant::now() + BOUND;
    let reached = thread::spawn(move || reach(&endpoint, LIBRARY, until));
    let accepted: Vec<_> = waiting.iter().map(|_| listener.accept().unwrap()).collect();
    let address = reached.join().unwrap().unwrap();
    assert_eq!(address.text, place.socket().to_str().unwrap());
    drop(accepted);
}

#[test]
fn a_path_that_libdcgm_would_read_otherwise_is_refused() {
    let place = Place::new("bytes");
    // There is somebody, but not under the name that would be handed on.
    let path = place.0.join(OsStr::from_bytes(b"engine-\xff"));
    let listener = socket();
    listener.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(8).unwrap();
    let reason = unreachable(&Endpoint::Unix(path));
    assert_eq!(reason, "the socket's path is not UTF-8");
}

#[test]
fn endpoints_that_the_parser_would_refuse_are_refused() {
    let reason = unreachable(&Endpoint::Unix(PathBuf::from("run/engine")));
    assert_eq!(reason, "the socket's path is not absolute");
    let endpoint = Endpoint::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    assert_eq!(unreachable(&endpoint), "nobody can listen on port 0");
}

#[test]
fn a_peer_that_says_nothing_is_not_said_to_be_no_engine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = listener.local_addr().unwrap();
    let address = Address {
        text: socket.to_string(),
        transport: Transport::Tcp,
        socket: Some(socket),
    };
    assert_eq!(who_answers(&address), ConnectError::Closed);
}

#[test]
fn what_the_system_says_has_its_cause() {
    for (kind, cause) in [
        (ErrorKind::ConnectionRefused, ConnectError::Refused),
        (ErrorKind::NotFound, ConnectError::NotFound),
        (ErrorKind::NotADirectory, ConnectError::NotFound),
        (ErrorKind::PermissionDenied, ConnectError::PermissionDenied),
        (ErrorKind::ConnectionReset, ConnectError::Closed),
    ] {
        assert_eq!(why(&kind.into()), cause);
    }
    let other = why(&ErrorKind::HostUnreachable.into());
    assert!(
        matches!(other, ConnectError::Unreachable { .. }),
        "{other:?}"
    );
}
