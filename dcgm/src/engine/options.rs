//! How an engine is to be reached, and how long its calls may take.

use core::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::endpoint::Endpoint;

/// Which engine, and how.
///
/// ```
/// use std::time::Duration;
/// use dcgm::{Deadlines, EmbeddedMode, Engine, EngineOptions};
///
/// // A host engine, each call of which may take a second or a little more.
/// let options = EngineOptions::standalone("unix:///tmp/nv-hostengine".parse()?)
///     .with_deadlines(Deadlines::for_interval(Duration::from_secs(1)));
/// let engine = Engine::new(options);
/// // Or one in this process.
/// let embedded = EngineOptions::embedded(EmbeddedMode::Auto);
/// # Ok::<(), dcgm::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Where the engine is.
    pub target: Target,
    /// How long calls may take.
    pub deadlines: Deadlines,
    /// The absolute path of the libdcgm to load; `None` to have it looked for.
    ///
    /// With a path, no other release is looked for when library and engine do not fit together.
    pub library: Option<PathBuf>,
}

/// Where an engine is.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// In this process.
    Embedded(Embedded),
    /// In a process of its own.
    Standalone(Endpoint),
}

/// How the engine in this process is run.
///
/// There is one a process, and whoever comes first decides: all others share it, and the last one
/// that goes stops it. One that wants the other mode gets
/// [`Error::EmbeddedMode`](crate::Error::EmbeddedMode), and one that has loaded another libdcgm
/// [`Error::Request`](crate::Error::Request).
///
/// An engine that somebody else in the process has started through libdcgm is used as it is, and
/// never stopped: nothing tells its mode, so any is accepted, and its log stays where it is. If it
/// samples only when told, values stand still unless [`Client::update`](crate::Client::update) is
/// called, in [`EmbeddedMode::Manual`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Embedded {
    /// Who decides when it samples.
    pub mode: EmbeddedMode,
    /// Where it writes its log; `None` for nowhere. Left to itself it would write to
    /// `/var/log/nv-hostengine.log`. If the engine runs already, its log stays where it is.
    pub log_file: Option<PathBuf>,
}

/// Who decides when an embedded engine samples.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EmbeddedMode {
    /// The engine does, on threads of its own.
    #[default]
    Auto,
    /// [`Client::update`](crate::Client::update) does.
    Manual,
}

impl EmbeddedMode {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for EmbeddedMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl EngineOptions {
    /// A host engine in a process of its own.
    #[must_use]
    pub fn standalone(endpoint: Endpoint) -> Self {
        Self {
            target: Target::Standalone(endpoint),
            deadlines: Deadlines::default(),
            library: None,
        }
    }

    /// The engine in this process.
    #[must_use]
    pub fn embedded(mode: EmbeddedMode) -> Self {
        let target = Target::Embedded(Embedded {
            mode,
            log_file: None,
        });
        Self {
            target,
            deadlines: Deadlines::default(),
            library: None,
        }
    }

    /// With other deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// With the libdcgm at an absolute path.
    #[must_use]
    pub fn with_library(mut self, path: impl Into<PathBuf>) -> Self {
        self.library = Some(path.into());
        self
    }

    /// With a log of the embedded engine.
    #[must_use]
    pub fn with_log_file(mut self, path: impl Into<PathBuf>) -> Self {
        if let Target::Embedded(embedded) = &mut self.target {
            embedded.log_file = Some(path.into());
        }
        self
    }
}

/// `localhost:5555`.
impl Default for EngineOptions {
    fn default() -> Self {
        Self::standalone(Endpoint::default())
    }
}

/// How long each kind of call may take, before it is cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Connecting: 5 s.
    pub connect: Duration,
    /// Asking what entities are, and how they are linked: 30 s.
    pub enumerate: Duration,
    /// Watching: 30 s, as the engine takes the first sample of every field meanwhile.
    pub watch: Duration,
    /// Reading, and listing entities: 5 s.
    pub read: Duration,
}

impl Deadlines {
    /// Creates deadlines for a program that lists and reads at an interval: each read may take one
    /// interval, clamped to 1 to 5 s.
    #[must_use]
    pub fn for_interval(interval: Duration) -> Self {
        let read = interval.clamp(Duration::from_secs(1), Duration::from_secs(5));
        Self {
            read,
            ..Self::default()
        }
    }

    /// Sets the deadline for connecting.
    #[must_use]
    pub const fn with_connect(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// Sets the deadline for reading the properties of entities and links.
    #[must_use]
    pub const fn with_enumerate(mut self, enumerate: Duration) -> Self {
        self.enumerate = enumerate;
        self
    }

    /// Sets the deadline for watching.
    #[must_use]
    pub const fn with_watch(mut self, watch: Duration) -> Self {
        self.watch = watch;
        self
    }

    /// Sets the deadline for reading samples and listing entities.
    #[must_use]
    pub const fn with_read(mut self, read: Duration) -> Self {
        self.read = read;
        self
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            enumerate: Duration::from_secs(30),
            watch: Duration::from_secs(30),
            read: Duration::from_secs(5),
        }
    }
}
