//! Tests of addresses that are refused, and of peers that do not respond.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use socket2::{Domain, SockAddr, Socket, Type};

use super::*;

const LIBRARY: Version = Version::new(4, 6, 0);
/// Long enough for a busy machine; a call that exceeds it hangs.
const BOUND: Duration = Duration::from_secs(60);

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(400)
}

/// Returns the result of `request`; fails if it does not return within the bound.
fn within_bound<T: Send + 'static>(request: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = mpsc::channel();
    thread::spawn(move || sender.send(request()));
    result.recv_timeout(BOUND).expect("the call hangs")
}

/// A path for a socket, in a folder that is removed when dropped.
struct SocketFolder(PathBuf);

impl SocketFolder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("dcgm-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("engine")
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn socket() -> Socket {
    Socket::new(Domain::UNIX, Type::STREAM, None).unwrap()
}

/// Creates a listener that accepts no connection, and connections until its backlog is full.
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
    match resolve_address(endpoint, LIBRARY, soon()) {
        Err(ConnectError::Unreachable { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stopped_engine_with_a_full_backlog_is_silent() {
    let folder = SocketFolder::new("full");
    let _full = full(&folder.socket());
    let endpoint = Endpoint::Unix(folder.socket());
    let cause = within_bound(move || resolve_address(&endpoint, LIBRARY, soon()).unwrap_err());
    assert_eq!(cause, ConnectError::Silent);

    let address = Address {
        text: folder.socket().to_str().unwrap().to_owned(),
        transport: Transport::Unix,
        socket: None,
    };
    assert_eq!(
        within_bound(move || diagnose_peer(&address)),
        ConnectError::Silent
    );
}

#[test]
fn an_engine_that_accepts_again_is_reached() {
    let folder = SocketFolder::new("again");
    let (listener, waiting) = full(&folder.socket());
    let endpoint = Endpoint::Unix(folder.socket());
    let until = Instant::now() + BOUND;
    let reached = thread::spawn(move || resolve_address(&endpoint, LIBRARY, until));
    let accepted: Vec<_> = waiting.iter().map(|_| listener.accept().unwrap()).collect();
    let address = reached.join().unwrap().unwrap();
    assert_eq!(address.text, folder.socket().to_str().unwrap());
    drop(accepted);
}

#[test]
fn a_path_that_is_not_utf8_is_refused() {
    let folder = SocketFolder::new("bytes");
    // A peer listens there, but not under the name that libdcgm would get.
    let path = folder.0.join(OsStr::from_bytes(b"engine-\xff"));
    let listener = socket();
    listener.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(8).unwrap();
    let reason = unreachable(&Endpoint::Unix(path));
    assert_eq!(reason, "the path of the socket is not UTF-8");
}

#[test]
fn endpoints_that_the_parser_would_refuse_are_refused() {
    let reason = unreachable(&Endpoint::Unix(PathBuf::from("run/engine")));
    assert_eq!(reason, "the path of the socket is not absolute");
    let endpoint = Endpoint::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    assert_eq!(unreachable(&endpoint), "port 0 cannot be connected to");
}

#[test]
fn a_silent_peer_is_reported_as_closed_not_as_another_program() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = listener.local_addr().unwrap();
    let address = Address {
        text: socket.to_string(),
        transport: Transport::Tcp,
        socket: Some(socket),
    };
    assert_eq!(diagnose_peer(&address), ConnectError::Closed);
}

#[test]
fn errors_of_the_system_map_to_causes() {
    for (kind, cause) in [
        (ErrorKind::ConnectionRefused, ConnectError::Refused),
        (ErrorKind::NotFound, ConnectError::NotFound),
        (ErrorKind::NotADirectory, ConnectError::NotFound),
        (ErrorKind::PermissionDenied, ConnectError::PermissionDenied),
        (ErrorKind::ConnectionReset, ConnectError::Closed),
    ] {
        assert_eq!(connect_error(&kind.into()), cause);
    }
    let other = connect_error(&ErrorKind::HostUnreachable.into());
    assert!(
        matches!(other, ConnectError::Unreachable { .. }),
        "{other:?}"
    );
}
