//! Tests of errors.

use super::*;

fn call(code: ReturnCode) -> Error {
    Error::Call {
        function: "dcgmWatchFields",
        code,
    }
}

#[test]
fn cancelled_call_is_disconnected_and_timeout() {
    let error = Error::Timeout {
        operation: Operation::Read,
        after: Duration::from_secs(1),
    };
    assert!(error.is_disconnected() && error.is_timeout() && error.is_transient());
    // DCGM's own timeout leaves the handle usable.
    let error = call(ReturnCode::TIMEOUT);
    assert!(error.is_timeout() && error.is_transient() && !error.is_disconnected());
}

#[test]
fn a_lost_connection_and_a_late_call_end_the_connection() {
    assert!(Error::NotConnected.ends_connection());
    assert!(call(ReturnCode::TIMEOUT).ends_connection());
    assert!(call(ReturnCode::CONNECTION_NOT_VALID).ends_connection());
    for code in [
        ReturnCode::NOT_SUPPORTED,
        ReturnCode::MAX_LIMIT,
        ReturnCode::GPU_IS_LOST,
    ] {
        assert!(!call(code).ends_connection(), "{code:?}");
    }
}

#[test]
fn denied_socket_is_disconnected_and_denied() {
    let error = Error::Connect {
        endpoint: Endpoint::default(),
        cause: ConnectError::PermissionDenied,
    };
    assert_eq!(error.class(), ErrorClass::ConnectDenied);
    assert!(error.is_disconnected() && error.is_denied() && !error.is_timeout());
}

#[test]
fn errors_are_at_most_96_bytes() {
    assert!(size_of::<Error>() <= 96, "{}", size_of::<Error>());
}

#[test]
fn unknown_code_is_kept_with_its_function() {
    let error = call(ReturnCode::from_raw(-999));
    assert_eq!(error.to_string(), "dcgmWatchFields: unknown code -999");
    assert_eq!(error.code().map(ReturnCode::raw), Some(-999));
    assert_eq!(error.function(), Some("dcgmWatchFields"));
    assert_eq!(error.class(), ErrorClass::Internal);
}

#[test]
fn debug_is_message_and_hint() {
    let error = Error::Connect {
        endpoint: Endpoint::default(),
        cause: ConnectError::Refused,
    };
    assert_eq!(
        format!("{error:?}"),
        "no host engine at localhost:5555: connection refused; \
         start the host engine (systemctl start nvidia-dcgm), or check its port"
    );
    assert_eq!(
        format!("{:?}", Error::NotConnected),
        "not connected to a host engine"
    );
}

#[test]
fn a_refused_version_names_both_and_the_strict_release() {
    let refused = |library: (u32, u32, u32), engine: (u32, u32, u32)| {
        let version = |(major, minor, patch)| Version::new(major, minor, patch);
        call(ReturnCode::VER_MISMATCH).with_versions(version(library), version(engine))
    };
    let error = refused((4, 7, 1), (4, 6, 0));
    assert_eq!(
        format!("{error:?}"),
        "dcgmWatchFields: not understood between libdcgm 4.7.1 and a host engine 4.6.0; install the same release on \
         both sides: libdcgm is 4.7.1, the host engine 4.6.0, and DCGM 4.7.1 refuses requests of other releases"
    );
    assert!(error.is_version_mismatch() && !error.is_disconnected());
    assert_eq!(error.code(), Some(ReturnCode::VER_MISMATCH));
    assert_eq!(error.function(), Some("dcgmWatchFields"));
    let hint = |library, engine| refused(library, engine).hint().unwrap();
    assert!(hint((4, 6, 1), (4, 7, 1)).contains("the same release on both sides"));
    assert!(hint((4, 6, 1), (4, 5, 0)).contains("at least as new"));
    assert!(hint((4, 7, 1), (4, 7, 1)).contains("both 4.7.1"));
    let other = call(ReturnCode::BAD_PARAM);
    let unchanged = other.with_versions(Version::new(4, 7, 1), Version::new(4, 6, 0));
    assert!(matches!(unchanged, Error::Call { .. }));
}
