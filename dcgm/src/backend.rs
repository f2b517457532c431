//! [`Backend`]: the description of what is behind a client.

use std::path::PathBuf;

use crate::version::BuildInfo;

/// The kind, target and library of a client.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{BackendKind, Client};
///
/// let backend = Mock::named("1xl4").unwrap().backend();
/// assert_eq!(backend.kind, BackendKind::Mock);
/// assert!(backend.is_simulated(), "values must be labelled");
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Backend {
    /// The kind: an engine or a mock.
    pub kind: BackendKind,
    /// The endpoint of the host engine, `embedded`, or `mock:` with the name of the mock's model.
    pub target: String,
    /// The path of the loaded libdcgm, if one is loaded.
    pub library_path: Option<PathBuf>,
    /// The build information of the loaded libdcgm.
    pub library: Option<BuildInfo>,
}

impl Backend {
    /// Describes a client that does not use libdcgm.
    #[must_use]
    pub fn new(kind: BackendKind, target: impl Into<String>) -> Self {
        Self {
            kind,
            target: target.into(),
            library_path: None,
            library: None,
        }
    }

    /// Returns `true` if the values are not measured: for a mock, and for a libdcgm whose build
    /// information has the build type `simulated`.
    ///
    /// A program that shows such values must label them as simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.kind == BackendKind::Mock || self.library.as_ref().is_some_and(BuildInfo::is_simulated)
    }
}

/// The kind of a client.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendKind {
    /// An engine in this process.
    Embedded,
    /// A mock: values are not measured.
    Mock,
    /// A host engine in another process.
    Standalone,
}
