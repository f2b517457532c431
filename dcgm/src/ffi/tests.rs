//! Tests of the boundary that need no library.

use super::*;

#[test]
fn engine_and_library_lacking_a_function_differ() {
    let engine = check_code("dcgmInit", sys::DCGM_ST_FUNCTION_NOT_FOUND).unwrap_err();
    assert!(engine.is_version_mismatch() && !engine.is_unsupported());
    // SAFETY: there is no function to call.
    let library = unsafe { sys::Symbols::none().dcgmInit() };
    let missing = Error::from(library.unwrap_err());
    assert!(missing.is_unsupported() && !missing.is_version_mismatch());
    assert_eq!(missing.function(), Some("dcgmInit"));
    assert_eq!(missing.code(), None);
}

#[test]
fn every_code_but_ok_is_an_error() {
    for raw in -70..=3 {
        let outcome = check_code("dcgmX", raw);
        assert_eq!(outcome.is_ok(), raw == 0);
        assert_eq!(
            outcome
                .err()
                .and_then(|error| error.code())
                .map_or(0, ReturnCode::raw),
            raw
        );
    }
}
