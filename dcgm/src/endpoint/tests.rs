//! Tests of endpoints.

use super::*;

fn error(text: &str) -> EndpointError {
    text.parse::<Endpoint>().unwrap_err()
}

#[test]
fn display_parses_back() {
    for text in [
        "localhost:5555",
        "10.0.0.1:1",
        "[::1]:65535",
        "unix:///a/b@c.sock",
        "gpu-7.example:5555",
        "vsock://3:5555",
        "vsock://2:4294967295",
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
fn invalid_endpoints_are_errors() {
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
    for address in [
        "",
        "3",
        "3:",
        ":5555",
        "3:0",
        "-1:5555",
        "4294967295:5555",
        "a:1",
        "3:5555:1",
        "+3:1",
    ] {
        let input = address.to_owned();
        let expected = EndpointError::Vsock { input };
        assert_eq!(error(&format!("vsock://{address}")), expected);
    }
    assert!(matches!(
        error(&format!("unix:///{}", "x".repeat(107))),
        EndpointError::UnixLong { .. }
    ));
}

#[test]
fn password_is_an_error_and_never_repeated() {
    for text in [
        "unix://user:secret@/x",
        "user:secret@host:1",
        "tcp://secret@h",
        "http://secret@h",
        "vsock://secret@3:1",
        "user:secret@host://x",
    ] {
        let error = error(text);
        assert_eq!(error, EndpointError::UserInfo);
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[test]
fn error_of_relative_path_names_three_slashes() {
    assert!(error("unix://tmp/x").to_string().contains("three slashes"));
    assert!(
        error("unix://")
            .to_string()
            .contains("unix:///tmp/nv-hostengine")
    );
}
