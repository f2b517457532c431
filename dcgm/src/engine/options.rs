//! [`EngineOptions`] and [`Deadlines`].

use core::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::endpoint::Endpoint;

/// The settings of an [`Engine`](crate::Engine): its target, deadlines and library.
///
/// ```
/// use std::time::Duration;
/// use dcgm::{Deadlines, EmbeddedMode, Engine, EngineOptions};
///
/// // A host engine that is read every second.
/// let options = EngineOptions::standalone("unix:///tmp/nv-hostengine".parse()?)
///     .with_deadlines(Deadlines::for_interval(Duration::from_secs(1)));
/// let engine = Engine::new(options);
/// // The embedded engine of this process.
/// let embedded = EngineOptions::embedded(EmbeddedMode::Auto);
/// # Ok::<(), dcgm::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// The engine to connect to.
    pub target: Target,
    /// The deadlines of calls.
    pub deadlines: Deadlines,
    /// The absolute path of libdcgm; `None` to search for it.
    ///
    /// If a path is set, and the library and the engine have incompatible versions, no other release
    /// of the library is tried.
    pub library: Option<PathBuf>,
}

/// The engine to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// The embedded engine of this process.
    Embedded(Embedded),
    /// A host engine in another process.
    Standalone(Endpoint),
}

/// The settings of the embedded engine.
///
/// A process has one embedded engine. The first client starts the engine with the settings of that
/// client, the other clients share the engine, and the last client stops it. A client that requests
/// another [`EmbeddedMode`] than the running engine has gets
/// [`Error::EmbeddedMode`](crate::Error::EmbeddedMode). A client that has loaded
/// another libdcgm gets [`Error::Request`](crate::Error::Request).
///
/// If other code in the process has already started the engine through libdcgm, the clients use that
/// engine and never stop it. They do not know its mode, so that they accept a request for either
/// mode, and they do not change its log file. If that engine is in manual mode, values change only if
/// the client requests [`EmbeddedMode::Manual`] and calls [`Client::update`](crate::Client::update).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Embedded {
    /// The sampling mode.
    pub mode: EmbeddedMode,
    /// The log file of the engine. With `None`, the engine writes no log, not even to DCGM's default
    /// `/var/log/nv-hostengine.log`. The setting has no effect if the engine already runs.
    pub log_file: Option<PathBuf>,
}

/// The sampling mode of an embedded engine.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EmbeddedMode {
    /// The engine samples on its own threads.
    #[default]
    Auto,
    /// The engine samples only when [`Client::update`](crate::Client::update) is called.
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
    /// Creates options for a host engine in another process.
    #[must_use]
    pub fn standalone(endpoint: Endpoint) -> Self {
        Self {
            target: Target::Standalone(endpoint),
            deadlines: Deadlines::default(),
            library: None,
        }
    }

    /// Creates options for the embedded engine.
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

    /// Sets the deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Sets the absolute path of libdcgm.
    #[must_use]
    pub fn with_library(mut self, path: impl Into<PathBuf>) -> Self {
        self.library = Some(path.into());
        self
    }

    /// Sets the log file of the embedded engine. Has no effect on options for other engines.
    #[must_use]
    pub fn with_log_file(mut self, path: impl Into<PathBuf>) -> Self {
        if let Target::Embedded(embedded) = &mut self.target {
            embedded.log_file = Some(path.into());
        }
        self
    }
}

/// Options for a host engine at `localhost:5555`.
impl Default for EngineOptions {
    fn default() -> Self {
        Self::standalone(Endpoint::default())
    }
}

/// The deadlines of calls, by kind. A call that exceeds its deadline is cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deadlines {
    /// The deadline for connecting and closing, 5 s by default.
    pub connect: Duration,
    /// The deadline for reading the properties of entities and links, 30 s by default.
    pub enumerate: Duration,
    /// The deadline for watching, 30 s by default: the engine takes the first sample of every field
    /// before it replies.
    pub watch: Duration,
    /// The deadline for reading samples, listing entities, and
    /// [`Client::update`](crate::Client::update), 5 s by default.
    pub read: Duration,
}

impl Deadlines {
    /// Creates deadlines for a program that lists and reads once per `interval`. The deadline for
    /// reading is `interval`, but at least 1 s and at most 5 s.
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
