//! Private to the workspace: compiles the Rust of its documents as tests, and finds the files whose text
//! tests check.

pub mod tree;

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

/// The guide to embedding.
#[cfg(doctest)]
#[doc = include_str!("../../docs/GUIDE.md")]
pub mod guide {}

/// The page on testing without a GPU.
#[cfg(doctest)]
#[doc = include_str!("../../docs/TESTING.md")]
pub mod testing {}

/// The page on logging.
#[cfg(doctest)]
#[doc = include_str!("../../docs/LOGGING.md")]
pub mod logging {}

/// The page on pods, jobs and processes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/KUBERNETES.md")]
pub mod kubernetes {}
