//! [`Session`]: a verified connection with its watches, plans and groups; and [`EngineThread`], which
//! owns it.
//!
//! ```text
//!  Engine (callers) ── Job ──► EngineThread ──► Session ──► Connection ──► libdcgm
//!        │                          │              ├ watches (shared with the connection's other users)
//!        └──── SharedState ─────────┘              ├ plans and groups of queries that are read again
//!              library, dropped watches            └ buffers
//! ```
//!
//! Everything here runs on the engine's thread; callers see only [`SharedState`]. An error that
//! means "disconnected" closes the session, see [`EngineThread::with_session`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use dcgm_sys as sys;
use parking_lot::Mutex;

use super::connect::{self, Address};
use super::connection::{ConnectStage, Connection, ConnectionSlot};
use super::embedded::{self, Lease};
use super::options::{EngineOptions, Target};
use super::plan::{Limits, Plan};
use super::shared_groups::SharedGroups;
use super::watching::Watched;
use super::worker::JobHandler;
use crate::client::Query;
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::endpoint::Endpoint;
use crate::entity::{EntityId, EntityKind};
use crate::error::{ConnectError, Error, Result};
use crate::ffi::{Dcgm, Reader, Records, Transport};
use crate::sample::Samples;
use crate::version::{BuildInfo, Version};

/// The state of the engine's thread: at most one session.
pub(super) struct EngineThread {
    pub(super) options: Arc<EngineOptions>,
    pub(super) shared: Arc<SharedState>,
    slot: ConnectionSlot,
    session: Option<Session>,
}

/// The state that callers read without a job.
#[derive(Debug, Default)]
pub(super) struct SharedState {
    /// The loaded library and its build information.
    pub(super) library: Mutex<Option<(&'static sys::Library, BuildInfo)>>,
    /// Watches that were dropped while the thread was busy.
    pub(super) dropped: Mutex<Vec<Arc<Watched>>>,
}

/// A request to the engine's thread.
pub(super) enum Job {
    /// Any request other than listing and reading.
    Task(Box<dyn FnOnce(&mut EngineThread) + Send>),
    /// Lists entities. The memory is passed along and returned, as for reading.
    List(Listing),
    /// Reads the latest samples. The buffer is passed along and returned, so that reading does not
    /// allocate.
    Latest { query: Query, into: Samples },
    /// Reads the samples since a cursor.
    Events {
        watched: Arc<Watched>,
        cursor: Cursor,
        into: Samples,
    },
}

/// The reply to a [`Job`].
pub(super) enum JobReply {
    Task,
    Listed {
        outcome: Result<()>,
        listing: Listing,
    },
    Read {
        outcome: Result<()>,
        into: Samples,
        cursor: Option<Cursor>,
    },
}

/// A request for the entities of some kinds, and its result.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) kinds: Vec<EntityKind>,
    /// The entities of all kinds, kind by kind.
    pub(super) ids: Vec<EntityId>,
    /// The end of each kind in `ids`, or the error of listing that kind.
    pub(super) ends: Vec<Result<usize>>,
}

/// The watches over a connection.
///
/// To the engine, a watcher is a connection: two watches of one pair over the same connection are
/// one watch, and ending either ends both. Therefore all watches over a connection are recorded
/// together, and after the end of one the others are watched again.
pub(super) type Watches = Arc<Mutex<Vec<Arc<Watched>>>>;

/// The watches of the embedded engine, whose one connection all sessions share.
static EMBEDDED_WATCHES: LazyLock<Watches> = LazyLock::new(Watches::default);

fn watches_over(transport: Transport) -> Watches {
    match transport {
        Transport::Embedded => Arc::clone(&EMBEDDED_WATCHES),
        Transport::Tcp | Transport::Unix => Watches::default(),
    }
}

/// A connection over which the engine has reported its version.
pub(super) struct Session {
    pub(super) connection: Arc<Connection>,
    pub(super) transport: Transport,
    pub(super) library: Version,
    pub(super) engine: Version,
    pub(super) build: BuildInfo,
    /// Distinguishes the watches of this session from those of an earlier one.
    pub(super) number: u64,
    /// The watches of all sessions that share this connection.
    pub(super) watches: Watches,
    pub(super) plans: HashMap<u64, Plan>,
    pub(super) groups: SharedGroups,
    pub(super) records: Records,
    pub(super) reader: Reader,
    pub(super) scratch: String,
    pub(super) ids: Vec<u32>,
    pub(super) listed: Vec<EntityId>,
    /// Set for an engine that does not know the request for latest values: they are collected from
    /// all samples.
    pub(super) without_latest: Option<super::reading::CollectedSamples>,
    _embedded: Option<Lease>,
}

impl EngineThread {
    pub(super) fn new(
        options: Arc<EngineOptions>,
        shared: Arc<SharedState>,
        slot: ConnectionSlot,
    ) -> Self {
        Self {
            options,
            shared,
            slot,
            session: None,
        }
    }

    /// Returns the session, or [`Error::NotConnected`].
    pub(super) fn session_mut(&mut self) -> Result<&mut Session> {
        self.session.as_mut().ok_or(Error::NotConnected)
    }

    /// Calls `request` with the session, and closes the session after an error that means
    /// "disconnected".
    pub(super) fn with_session<T>(
        &mut self,
        request: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let outcome = self.session_mut().and_then(request);
        if outcome.as_ref().is_err_and(Error::is_disconnected) {
            self.close_session();
        }
        outcome
    }

    /// Closes the session, if there is one.
    pub(super) fn close_session(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        let number = session.number;
        // Dropping it disconnects; until then it must stay possible to cancel that.
        drop(session);
        self.slot.set_connection(None);
        self.shared
            .dropped
            .lock()
            .retain(|watched| watched.session != number);
    }

    /// Opens a session.
    pub(super) fn connect(&mut self, until: Instant) -> Result<()> {
        if self.session.is_some() {
            return Ok(());
        }
        self.slot.set_stage(ConnectStage::Preparing);
        embedded::PROCESS.claim_for(std::process::id())?;
        let library = match &self.options.library {
            Some(path) => sys::Library::open_at(path),
            None => sys::Library::open(),
        };
        let session = self.open_session(library?, until);
        let session = match session {
            // Library and engine must have the same major version; the library of the engine's
            // release may be installed, too.
            Err(Error::VersionMismatch { library, engine }) if self.options.library.is_none() => {
                match sys::Library::open_major(engine.major) {
                    Ok(other) => self.open_session(other, until),
                    Err(_none) => Err(Error::VersionMismatch { library, engine }),
                }
            }
            outcome => outcome,
        };
        self.store_session(session)
    }

    /// Stores a session that was opened before the deadline.
    pub(super) fn store_session(&mut self, opened: Result<Session>) -> Result<()> {
        match opened {
            Ok(session) if !session.connection.is_cancelled() => {
                self.session = Some(session);
                Ok(())
            }
            Ok(_too_late) => {
                self.slot.set_connection(None);
                Err(Error::NotConnected)
            }
            Err(error) => {
                self.slot.set_connection(None);
                Err(error)
            }
        }
    }

    /// Opens a session with a library.
    pub(super) fn open_session(
        &self,
        library: &'static sys::Library,
        until: Instant,
    ) -> Result<Session> {
        let dcgm = Dcgm::new(library);
        let build = dcgm.library_build()?;
        let version = build.version().unwrap_or(Version::new(4, 0, 0));
        *self.shared.library.lock() = Some((library, build));
        dcgm.init_library()?;
        let (connection, transport, lease) = match &self.options.target {
            Target::Embedded(options) => {
                let lease = embedded::start_or_share(dcgm, options, until)?;
                let connection = Arc::new(Connection::new_embedded(dcgm, lease.copy_handle()));
                self.slot.set_connection(Some(Arc::clone(&connection)));
                (connection, Transport::Embedded, Some(lease))
            }
            Target::Standalone(endpoint) => {
                let connection = Arc::new(Connection::new_remote(dcgm));
                self.slot.set_connection(Some(Arc::clone(&connection)));
                let guard = DisconnectOnDrop::new(connection);
                let address = self.open_connection(&guard.connection, endpoint, version, until)?;
                let connection = Arc::clone(&guard.connection);
                let session = Session::start(guard, address.transport, version, None);
                return session
                    .map_err(|error| explain_refusal(error, endpoint, &address, &connection));
            }
        };
        Session::start(DisconnectOnDrop::new(connection), transport, version, lease)
    }

    /// Opens a connection. The peer is verified later, by [`Session::start`].
    fn open_connection(
        &self,
        connection: &Connection,
        endpoint: &Endpoint,
        version: Version,
        until: Instant,
    ) -> Result<Address> {
        const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

        let failed = |cause| Error::Connect {
            endpoint: endpoint.clone(),
            cause,
        };
        self.slot.set_stage(ConnectStage::Connecting);
        let address = connect::resolve_address(endpoint, version, until).map_err(failed)?;
        self.slot.set_stage(ConnectStage::Accepted);
        if connection.is_cancelled() {
            return Err(Error::NotConnected);
        }
        let timeout = until
            .saturating_duration_since(Instant::now())
            .min(MAX_CONNECT_TIMEOUT);
        match connection.dcgm().connect(
            &address.text,
            address.transport,
            timeout,
            connection.handle(),
        ) {
            // The cancelling thread may have given up before there was a handle.
            Ok(()) if connection.is_cancelled() => Err(Error::NotConnected),
            Ok(()) => Ok(address),
            Err(error) => {
                // After an error, the value that libdcgm wrote is not a handle.
                connection.handle().clear_handle();
                Err(explain_refusal(error, endpoint, &address, connection))
            }
        }
    }

    /// Ends the watches that were dropped while the thread was busy.
    fn release_dropped_watches(&mut self) {
        let dropped = std::mem::take(&mut *self.shared.dropped.lock());
        for watched in dropped {
            // An error closes the session and with it the watch, or means that the engine has
            // forgotten the watch.
            drop(self.with_session(|session| session.end_watch(&watched)));
        }
    }
}

impl JobHandler for EngineThread {
    type Job = Job;
    type Reply = JobReply;

    fn handle_job(&mut self, job: Job) -> JobReply {
        // Cancelled between jobs, or in the last job after its reply.
        if self
            .session
            .as_ref()
            .is_some_and(|session| session.connection.is_cancelled())
        {
            self.close_session();
        }
        if !self.shared.dropped.lock().is_empty() {
            self.release_dropped_watches();
        }
        match job {
            Job::Task(task) => {
                task(self);
                JobReply::Task
            }
            Job::List(mut listing) => {
                let outcome = self.with_session(|session| session.list_each(&mut listing));
                JobReply::Listed { outcome, listing }
            }
            Job::Latest { query, mut into } => {
                into.clear();
                let outcome = self.with_session(|session| session.read_latest(&query, &mut into));
                if outcome.is_err() {
                    into.clear();
                }
                JobReply::Read {
                    outcome,
                    into,
                    cursor: None,
                }
            }
            Job::Events {
                watched,
                mut cursor,
                mut into,
            } => {
                into.clear();
                let outcome = self
                    .with_session(|session| session.read_events(&watched, &mut cursor, &mut into));
                if outcome.is_err() {
                    into.clear();
                }
                JobReply::Read {
                    outcome,
                    into,
                    cursor: Some(cursor),
                }
            }
        }
    }

    fn recover_from_panic(&mut self) {
        self.close_session();
    }
}

/// Replaces the error of a peer that accepted and is not an engine by one that describes the peer.
fn explain_refusal(
    error: Error,
    endpoint: &Endpoint,
    address: &Address,
    connection: &Connection,
) -> Error {
    if connection.is_cancelled() {
        return Error::NotConnected;
    }
    if error.code() != Some(ReturnCode::CONNECTION_NOT_VALID) {
        return error;
    }
    let cause = connect::diagnose_peer(address);
    Error::Connect {
        endpoint: endpoint.clone(),
        cause,
    }
}

/// Disconnects when dropped, unless the connection was kept.
struct DisconnectOnDrop {
    connection: Arc<Connection>,
    kept: bool,
}

impl DisconnectOnDrop {
    const fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            kept: false,
        }
    }

    /// Returns the connection, which the caller disconnects from then on.
    fn into_connection(mut self) -> Arc<Connection> {
        self.kept = true;
        Arc::clone(&self.connection)
    }
}

impl Drop for DisconnectOnDrop {
    fn drop(&mut self) {
        if !self.kept {
            self.connection.disconnect();
        }
    }
}

impl Session {
    /// Starts a session by requesting the version, to which only an engine responds.
    fn start(
        guard: DisconnectOnDrop,
        transport: Transport,
        library: Version,
        lease: Option<Lease>,
    ) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let connection = &guard.connection;
        let build = connection.dcgm().engine_build(connection.handle())?;
        let engine = build.version().unwrap_or(library);
        if engine.major != library.major {
            return Err(Error::VersionMismatch { library, engine });
        }
        Ok(Self {
            // From here on, dropping the session disconnects.
            connection: guard.into_connection(),
            transport,
            library,
            engine,
            build,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            watches: watches_over(transport),
            plans: HashMap::new(),
            groups: SharedGroups::default(),
            records: Records::default(),
            reader: Reader::default(),
            scratch: String::new(),
            ids: Vec::new(),
            listed: Vec::new(),
            without_latest: None,
            _embedded: lease,
        })
    }

    /// Returns `true` if library and engine are of 3.3, which has smaller limits. Both are of the same
    /// major version: see [`Self::start`].
    pub(super) const fn is_old(&self) -> bool {
        self.library.major < 4
    }

    /// Returns the maximum number of entities in a group, a listing or a call.
    pub(super) const fn max_entities(&self) -> usize {
        if self.is_old() { 64 } else { 1024 }
    }

    /// Returns the limits of a call for latest values by lists.
    pub(super) fn call_limits(&self) -> Limits {
        Limits {
            entities: self.max_entities(),
            fields: 128,
            // 4 MiB of buffer.
            values: 1024,
            bytes: match self.transport {
                // Of 16,384 bytes, 8,520 are fixed in a reply of 4.x, and about 800 in one of 3.3.
                // An engine of 3.3 was observed to return 480 numbers of 32 bytes each at once.
                Transport::Tcp if self.is_old() => Some(15_360),
                Transport::Tcp => Some(7_800),
                Transport::Embedded | Transport::Unix => None,
            },
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.transport == Transport::Embedded {
            // The embedded engine outlives this session, and would go on sampling.
            let mine = |watched: &&Arc<Watched>| watched.session == self.number;
            let mine: Vec<_> = self.watches.lock().iter().filter(mine).cloned().collect();
            for watched in mine {
                drop(self.end_watch(&watched));
            }
            for (_, mut plan) in core::mem::take(&mut self.plans) {
                drop(self.release_plan(&mut plan));
            }
        } else {
            // Groups and watches go with the connection.
            self.connection.disconnect();
        }
    }
}

/// Returns the error of a connect that timed out: the peer was silent, or did not accept. `None` if
/// the address had not been tried yet.
pub(super) fn timeout_error(endpoint: &Endpoint, stage: ConnectStage) -> Option<Error> {
    let cause = match stage {
        ConnectStage::Preparing => return None,
        ConnectStage::Connecting => ConnectError::Unreachable {
            reason: "no answer".to_owned(),
        },
        ConnectStage::Accepted => ConnectError::Silent,
    };
    Some(Error::Connect {
        endpoint: endpoint.clone(),
        cause,
    })
}
