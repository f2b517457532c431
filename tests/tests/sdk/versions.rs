//! Claims about library and engine of different releases.

use dcgm::{Client as _, Error, ReturnCode};
use dcgm_simulator::Fault;

use crate::bench::{Bench, FLAVOURS};

#[test]
fn a_refused_version_names_library_and_engine() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let function = "dcgmIntrospectGetHostengineMemoryUsage";
        assert!(bench.control.fault(function, Fault::Code(-12), 1));
        let error = bench.engine.host_engine().memory_bytes().unwrap_err();
        let Error::VersionRefused {
            function: refused,
            library,
            engine,
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!((*refused, library), (function, engine));
        assert_eq!(error.code(), Some(ReturnCode::VER_MISMATCH));
        let text = format!("{error:?}");
        assert!(text.contains(&library.to_string()), "{text}");
        // It is an error of that call only.
        bench.engine.host_engine().memory_bytes().expect("memory");
    }
}
