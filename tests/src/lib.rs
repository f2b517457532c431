//! Private to the workspace: what its integration tests share.

use std::env;
use std::fmt::Display;

/// What a test needs of this machine, or `None` if it cannot run here: the reason is printed, and
/// the test passes as skipped.
///
/// Where everything has to be there (`DCGM_REQUIRE_TOOLS=1`) it fails instead.
///
/// # Panics
///
/// With the reason, if `DCGM_REQUIRE_TOOLS` is `1`.
#[expect(clippy::panic, clippy::print_stderr, reason = "it is for tests")]
pub fn skip_unless<T, R: Display>(available: Result<T, R>) -> Option<T> {
    match available {
        Ok(found) => Some(found),
        Err(reason) if env::var_os("DCGM_REQUIRE_TOOLS").is_some_and(|value| value == "1") => {
            panic!("DCGM_REQUIRE_TOOLS=1, and {reason}")
        }
        Err(reason) => {
            eprintln!("SKIPPED: {reason}");
            None
        }
    }
}

/// The front page, whose Rust is compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}

/// The front page of `dcgm-sys` on crates.io.
#[cfg(doctest)]
#[doc = include_str!("../../dcgm-sys/README.md")]
pub mod readme_sys {}

/// The front page of `dcgm` on crates.io.
#[cfg(doctest)]
#[doc = include_str!("../../dcgm/README.md")]
pub mod readme_client {}

/// The front page of `dcgm-otel` on crates.io.
#[cfg(doctest)]
#[doc = include_str!("../../dcgm-otel/README.md")]
pub mod readme_otel {}

/// For those who come from elsewhere.
#[cfg(doctest)]
#[doc = include_str!("../../docs/MIGRATION.md")]
pub mod migration {}

/// The recipes for the crate `dcgm`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/COOKBOOK.md")]
pub mod cookbook {}

/// The page on logging.
#[cfg(doctest)]
#[doc = include_str!("../../docs/LOGGING.md")]
pub mod logging {}
