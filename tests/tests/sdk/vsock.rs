//! Endpoints of other virtual machines. The simulator has one machine, 1, whose ports are those of TCP.

use dcgm::{Client as _, ConnectError, EntityKind, Error};
use dcgm_simulator::Flavour;

use crate::copied_library::CopiedLibrary;

#[test]
fn an_engine_is_reached_over_vsock() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let endpoint = format!("vsock://1:{}", bench.served.port);
    let engine = bench.engine_at(&endpoint);
    engine.connect().expect("connect");
    assert_eq!(engine.entity_ids(EntityKind::GPU).expect("list").len(), 8);
    assert_eq!(engine.backend().target, endpoint);
    assert_eq!(bench.control.calls("dcgmConnect_v3"), 1);
    bench.control.kill(bench.served);
    assert!(engine.build_info().is_ok(), "it is known from the connect");
    let error = engine.entity_ids(EntityKind::GPU).unwrap_err();
    assert!(error.is_disconnected(), "{error}");
}

#[test]
fn a_machine_that_does_not_respond_is_unreachable() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.hurry(10);
    let error = bench.engine_at("vsock://3:5555").connect().unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Connect {
                cause: ConnectError::Unreachable { .. },
                ..
            }
        ),
        "{error}"
    );
    assert!(error.is_disconnected() && error.is_transient());
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("nv-hostengine"))
    );
}

#[test]
fn a_library_without_vsock_is_not_called() {
    let bench = CopiedLibrary::new(Flavour::V3_3, "8xh100");
    let calls = bench.control.calls("dcgmConnect_v2");
    let error = bench.engine_at("vsock://1:5555").connect().unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Connect {
                cause: ConnectError::Vsock { .. },
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "no host engine at vsock://1:5555: libdcgm 3.3.9 does not support VSOCK"
    );
    assert_eq!(bench.control.calls("dcgmConnect_v2"), calls);
}
