//! A wrong library, a wrong address and a wrong peer each have an error of their own.

#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{
    Client as _, ConnectError, Deadlines, Endpoint, EndpointError, Engine, EngineOptions, Error,
    LoadError,
};

/// Long enough for a busy machine, and still far below the 120 s for which libdcgm would wait.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect(endpoint: &str) -> Error {
    connect_with(endpoint, &dcgm_simulator::library_4_6().expect("built"))
}

fn connect_with(endpoint: &str, library: &Path) -> Error {
    let options =
        EngineOptions::standalone(endpoint.parse().expect("an endpoint")).with_library(library);
    let engine = Engine::new(options.with_deadlines(Deadlines::default()));
    let start = Instant::now();
    let error = engine.connect().expect_err("no peer is there");
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert!(
        error.hint().is_some_and(|hint| !hint.is_empty()),
        "no hint: {error}"
    );
    error
}

fn cause(endpoint: &str) -> ConnectError {
    let error = connect(endpoint);
    assert!(error.is_disconnected() && error.is_transient(), "{error}");
    match error {
        Error::Connect {
            cause,
            endpoint: named,
        } => {
            assert_eq!(named.to_string(), endpoint);
            cause
        }
        error => panic!("{error}"),
    }
}

/// A peer that does the same with each connection, on a thread that ends with the test's process.
fn peer(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream);
        }
    });
    address.to_string()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn socket(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let path = folder.path().join("engine");
    let endpoint = format!("unix://{}", path.display());
    (path, endpoint)
}

#[test]
fn a_missing_library_is_not_found() {
    let error = connect_with("127.0.0.1:1", Path::new("/nowhere/libdcgm.so.4"));
    assert!(
        matches!(error, Error::Load(LoadError::NotFound { .. })),
        "{error}"
    );
    assert!(error.is_unavailable());
}

#[test]
fn a_file_that_is_no_library_differs_from_a_library_that_is_not_libdcgm() {
    let folder = folder();
    let text = folder.path().join("libdcgm.so.4");
    std::fs::write(&text, "not a library").unwrap();
    let error = connect_with("127.0.0.1:1", &text);
    assert!(
        matches!(error, Error::Load(LoadError::NotALibrary { .. })),
        "{error}"
    );

    // The one library that is surely loaded here.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let libc = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .find(|path| {
            Path::new(path)
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("libc.so"))
        });
    if let Some(libc) = libc {
        let error = connect_with("127.0.0.1:1", Path::new(libc));
        assert!(
            matches!(error, Error::Load(LoadError::NotDcgm { .. })),
            "{error}"
        );
    }
}

#[test]
fn a_relative_library_is_not_loaded() {
    let error = connect_with("127.0.0.1:1", Path::new("libdcgm.so.4"));
    assert!(
        matches!(error, Error::Load(LoadError::RelativePath { .. })),
        "{error}"
    );
}

#[test]
fn a_dead_port_refuses() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let start = Instant::now();
    assert_eq!(cause(&address.to_string()), ConnectError::Refused);
    // libdcgm alone would have tried until its time was up.
    assert!(start.elapsed() < Deadlines::default().connect);
}

#[test]
fn a_silent_peer_is_reported_within_the_deadline() {
    let kept = std::sync::Mutex::new(Vec::new());
    // Kept open, and never read.
    let address = peer(move |stream| kept.lock().unwrap().push(stream));
    let error = connect(&address);
    assert!(
        matches!(
            &error,
            Error::Connect {
                cause: ConnectError::Silent,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.is_timeout());
}

#[test]
fn a_peer_that_closes_differs_from_one_that_speaks_something_else() {
    assert_eq!(cause(&peer(drop)), ConnectError::Closed);
    let garbage = peer(|mut stream| {
        drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        let mut rest = [0; 64];
        drop(stream.read(&mut rest));
    });
    assert_eq!(cause(&garbage), ConnectError::NotAnEngine);
    // One that speaks only when it is spoken to, as a web server does.
    let polite = peer(|mut stream| {
        let mut request = [0; 16];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    assert_eq!(cause(&polite), ConnectError::NotAnEngine);
}

#[test]
fn a_name_that_has_no_address_is_unresolvable() {
    let cause = cause("no-such-host.invalid:5555");
    assert!(
        matches!(cause, ConnectError::Unresolvable { .. }),
        "{cause}"
    );
}

#[test]
fn unix_sockets_are_missing_stale_closed_or_no_sockets() {
    let folder = folder();
    let (path, endpoint) = socket(&folder);
    assert_eq!(cause(&endpoint), ConnectError::NotFound);
    std::fs::write(&path, "").unwrap();
    assert_eq!(cause(&endpoint), ConnectError::NotASocket);
    std::fs::remove_file(&path).unwrap();
    // The listener is gone, and the file is not.
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(cause(&endpoint), ConnectError::Refused);
    std::fs::remove_file(&path).unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(drop));
    assert_eq!(cause(&endpoint), ConnectError::Closed);
}

#[test]
fn a_relative_or_empty_unix_path_is_no_endpoint() {
    let relative = "unix://run/engine".parse::<Endpoint>().unwrap_err();
    assert!(matches!(relative, EndpointError::UnixRelative { .. }));
    assert!(relative.to_string().contains("unix:///"));
    let empty = "unix://".parse::<Endpoint>().unwrap_err();
    assert_eq!(empty, EndpointError::UnixEmpty);
    assert!(empty.to_string().contains("unix:///"));
}

#[test]
fn an_ipv6_address_needs_a_libdcgm_that_can_parse_it() {
    let error = connect_with("[::1]:5555", &dcgm_simulator::library_3_3().expect("built"));
    let Error::Connect {
        cause: ConnectError::Ipv6 { library },
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(library.to_string(), "3.3.9");
    assert!(error.to_string().contains("3.3.9"), "{error}");
}
