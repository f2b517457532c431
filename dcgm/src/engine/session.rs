//! A connection that works, and what hangs on it: all of it lives on the engine's thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use dcgm_sys as sys;
use parking_lot::Mutex;

use super::connect::{self, Address};
use super::embedded::{self, Lease};
use super::line::{Line, LineSlot, Stage};
use super::options::{EngineOptions, Target};
use super::plan::{Limits, Plan};
use super::shared_groups::SharedGroups;
use super::watching::Watched;
use super::worker::State;
use crate::client::Query;
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::endpoint::Endpoint;
use crate::entity::{EntityId, EntityKind};
use crate::error::{ConnectError, Error, Result};
use crate::ffi::{Dcgm, Reader, Records, Transport};
use crate::sample::Samples;
use crate::version::{BuildInfo, Version};

/// The engine's thread's own.
pub(super) struct Seat {
    pub(super) options: Arc<EngineOptions>,
    pub(super) shared: Arc<Shared>,
    line: LineSlot,
    session: Option<Session>,
}

/// What the engine's callers read without asking its thread.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The library that was loaded, and what it says of itself.
    pub(super) library: Mutex<Option<(&'static sys::Library, BuildInfo)>>,
    /// Watches that were dropped while the thread was busy.
    pub(super) dropped: Mutex<Vec<Arc<Watched>>>,
}

/// What the thread is asked to do.
pub(super) enum Job {
    /// Anything but listing and reading.
    Task(Box<dyn FnOnce(&mut Seat) + Send>),
    /// Listing entities. As for reading, the memory comes and goes.
    List(Listing),
    /// Reading the latest samples. The buffer comes and goes, so that reading allocates nothing.
    Latest { query: Query, into: Samples },
    /// Reading samples since a cursor.
    Events {
        watched: Arc<Watched>,
        cursor: Cursor,
        into: Samples,
    },
}

/// What it answers.
pub(super) enum Done {
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

/// Kinds of entities, and those that there are of each.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) kinds: Vec<EntityKind>,
    /// Of all kinds, one after another.
    pub(super) ids: Vec<EntityId>,
    /// Where those of each kind end, or why there are none.
    pub(super) ends: Vec<Result<usize>>,
}

/// Who watches what over a connection.
///
/// To the engine a watcher is a connection: two watches of one pair over the same connection are
/// one to it, and the end of either ends both. So they are kept together, and the rest is watched
/// again.
pub(super) type Watches = Arc<Mutex<Vec<Arc<Watched>>>>;

/// All sessions with the embedded engine share its one connection.
static EMBEDDED_WATCHES: LazyLock<Watches> = LazyLock::new(Watches::default);

fn watches_on(transport: Transport) -> Watches {
    match transport {
        Transport::Embedded => Arc::clone(&EMBEDDED_WATCHES),
        Transport::Tcp | Transport::Unix => Watches::default(),
    }
}

/// A connection over which the engine has answered.
pub(super) struct Session {
    pub(super) line: Arc<Line>,
    pub(super) transport: Transport,
    pub(super) library: Version,
    pub(super) engine: Version,
    pub(super) build: BuildInfo,
    /// Tells this session's watches from those of an earlier one.
    pub(super) number: u64,
    /// Those of everybody who shares this connection.
    pub(super) watches: Watches,
    pub(super) plans: HashMap<u64, Plan>,
    pub(super) groups: SharedGroups,
    pub(super) records: Records,
    pub(super) reader: Reader,
    pub(super) scratch: String,
    pub(super) ids: Vec<u32>,
    pub(super) listed: Vec<EntityId>,
    /// An engine that does not know the request for latest values: they are put together from all
    /// samples.
    pub(super) without_latest: Option<super::reading::Collected>,
    _embedded: Option<Lease>,
}

impl Seat {
    pub(super) fn new(options: Arc<EngineOptions>, shared: Arc<Shared>, line: LineSlot) -> Self {
        Self {
            options,
            shared,
            line,
            session: None,
        }
    }

    /// The session, if it is still one.
    pub(super) fn session(&mut self) -> Result<&mut Session> {
        self.session.as_mut().ok_or(Error::NotConnected)
    }

    /// What the session is asked; an error that ends it, ends it.
    pub(super) fn with<T>(&mut self, ask: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let outcome = self.session().and_then(ask);
        if outcome.as_ref().is_err_and(Error::is_disconnected) {
            self.hang_up();
        }
        outcome
    }

    /// Ends the session, if there is one.
    pub(super) fn hang_up(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        let number = session.number;
        // Its drop disconnects; only then is there nothing to cut any more.
        drop(session);
        self.line.set(None);
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
        self.line.reached(Stage::Begun);
        embedded::PROCESS.claim(std::process::id())?;
        let library = match &self.options.library {
            Some(path) => sys::Library::open_at(path),
            None => sys::Library::open(),
        };
        let session = self.open(library?, until);
        let session = match session {
            // Libraries and engines of different majors do not fit; the engine's own may be
            // installed, too.
            Err(Error::VersionMismatch { library, engine }) if self.options.library.is_none() => {
                match sys::Library::open_major(engine.major) {
                    Ok(other) => self.open(other, until),
                    Err(_none) => Err(Error::VersionMismatch { library, engine }),
                }
            }
            outcome => outcome,
        };
        self.keep(session)
    }

    /// Keeps a session that was opened, if that was in time.
    pub(super) fn keep(&mut self, opened: Result<Session>) -> Result<()> {
        match opened {
            Ok(session) if !session.line.is_cut() => {
                self.session = Some(session);
                Ok(())
            }
            Ok(_too_late) => {
                self.line.set(None);
                Err(Error::NotConnected)
            }
            Err(error) => {
                self.line.set(None);
                Err(error)
            }
        }
    }

    pub(super) fn open(&self, library: &'static sys::Library, until: Instant) -> Result<Session> {
        let dcgm = Dcgm::new(library);
        let build = dcgm.library_build()?;
        let version = build.version().unwrap_or(Version::new(4, 0, 0));
        *self.shared.library.lock() = Some((library, build));
        dcgm.init()?;
        let (line, transport, lease) = match &self.options.target {
            Target::Embedded(options) => {
                let lease = embedded::start(dcgm, options, until)?;
                let line = Arc::new(Line::embedded(dcgm, lease.handle()));
                self.line.set(Some(Arc::clone(&line)));
                (line, Transport::Embedded, Some(lease))
            }
            Target::Standalone(endpoint) => {
                let line = Arc::new(Line::remote(dcgm));
                self.line.set(Some(Arc::clone(&line)));
                let hang_up = HangUp::new(line);
                let address = self.dial(&hang_up.line, endpoint, version, until)?;
                let line = Arc::clone(&hang_up.line);
                let session = Session::begin(hang_up, address.transport, version, None);
                return session.map_err(|error| not_an_engine(error, endpoint, &address, &line));
            }
        };
        Session::begin(HangUp::new(line), transport, version, lease)
    }

    /// Gets a connection; whether an engine is at its end, is yet to be seen.
    fn dial(
        &self,
        line: &Line,
        endpoint: &Endpoint,
        version: Version,
        until: Instant,
    ) -> Result<Address> {
        const PATIENCE: Duration = Duration::from_secs(1);

        let failed = |cause| Error::Connect {
            endpoint: endpoint.clone(),
            cause,
        };
        self.line.reached(Stage::Asked);
        let address = connect::reach(endpoint, version, until).map_err(failed)?;
        self.line.reached(Stage::Accepted);
        if line.is_cut() {
            return Err(Error::NotConnected);
        }
        let timeout = until
            .saturating_duration_since(Instant::now())
            .min(PATIENCE);
        match line
            .dcgm()
            .connect(&address.text, address.transport, timeout, line.handle())
        {
            // Whoever cut it may have given up before there was a handle.
            Ok(()) if line.is_cut() => Err(Error::NotConnected),
            Ok(()) => Ok(address),
            Err(error) => {
                // What was written is no handle.
                line.handle().clear();
                Err(not_an_engine(error, endpoint, &address, line))
            }
        }
    }

    fn tidy(&mut self) {
        let dropped = std::mem::take(&mut *self.shared.dropped.lock());
        for watched in dropped {
            // An error ends the session, and the watch with it; or it is the engine's, which has
            // forgotten it.
            drop(self.with(|session| session.unwatch(&watched)));
        }
    }
}

impl State for Seat {
    type Job = Job;
    type Done = Done;

    fn work(&mut self, job: Job) -> Done {
        // Cut while nobody was looking, or in the last job after its answer.
        if self
            .session
            .as_ref()
            .is_some_and(|session| session.line.is_cut())
        {
            self.hang_up();
        }
        if !self.shared.dropped.lock().is_empty() {
            self.tidy();
        }
        match job {
            Job::Task(task) => {
                task(self);
                Done::Task
            }
            Job::List(mut listing) => {
                let outcome = self.with(|session| session.list_each(&mut listing));
                Done::Listed { outcome, listing }
            }
            Job::Latest { query, mut into } => {
                into.clear();
                let outcome = self.with(|session| session.latest(&query, &mut into));
                if outcome.is_err() {
                    into.clear();
                }
                Done::Read {
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
                let outcome = self.with(|session| session.events(&watched, &mut cursor, &mut into));
                if outcome.is_err() {
                    into.clear();
                }
                Done::Read {
                    outcome,
                    into,
                    cursor: Some(cursor),
                }
            }
        }
    }

    fn abandon(&mut self) {
        self.hang_up();
    }
}

/// Somebody accepted a connection, and is no engine: finds out who.
fn not_an_engine(error: Error, endpoint: &Endpoint, address: &Address, line: &Line) -> Error {
    if line.is_cut() {
        return Error::NotConnected;
    }
    if error.code() != Some(ReturnCode::CONNECTION_NOT_VALID) {
        return error;
    }
    let cause = connect::who_answers(address);
    Error::Connect {
        endpoint: endpoint.clone(),
        cause,
    }
}

/// Disconnects when dropped, unless it was kept.
struct HangUp {
    line: Arc<Line>,
    kept: bool,
}

impl HangUp {
    const fn new(line: Arc<Line>) -> Self {
        Self { line, kept: false }
    }

    /// From here on somebody else disconnects.
    fn keep(mut self) -> Arc<Line> {
        self.kept = true;
        Arc::clone(&self.line)
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        if !self.kept {
            self.line.disconnect();
        }
    }
}

impl Session {
    /// Asks the engine for its version, which shows that there is one.
    fn begin(
        hang_up: HangUp,
        transport: Transport,
        library: Version,
        lease: Option<Lease>,
    ) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let line = &hang_up.line;
        let build = line.dcgm().engine_build(line.handle())?;
        let engine = build.version().unwrap_or(library);
        if engine.major != library.major {
            return Err(Error::VersionMismatch { library, engine });
        }
        Ok(Self {
            // From here on the session's own drop disconnects.
            line: hang_up.keep(),
            transport,
            library,
            engine,
            build,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            watches: watches_on(transport),
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

    /// Whether library or engine are of 3.3, with its smaller limits.
    pub(super) const fn is_old(&self) -> bool {
        self.library.major < 4 || self.engine.major < 4
    }

    /// As many entities as a group, a listing or a call can carry.
    pub(super) const fn entity_limit(&self) -> usize {
        if self.is_old() { 64 } else { 1024 }
    }

    /// What a call for latest values by a list can carry.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            entities: self.entity_limit(),
            fields: 128,
            // 4 MiB of buffer.
            values: 1024,
            bytes: match self.transport {
                // Of 16,384 bytes, 8,520 are fixed in a reply of 4.x, and about 800 in one of 3.3.
                // 3.3 was seen to answer 480 numbers at once, of 32 bytes each.
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
            // That engine outlives this session, and would go on sampling.
            let mine = |watched: &&Arc<Watched>| watched.session == self.number;
            let mine: Vec<_> = self.watches.lock().iter().filter(mine).cloned().collect();
            for watched in mine {
                drop(self.unwatch(&watched));
            }
            for (_, mut plan) in core::mem::take(&mut self.plans) {
                drop(self.release_plan(&mut plan));
            }
        } else {
            // Groups and watches go with the connection.
            self.line.disconnect();
        }
    }
}

/// Why a connect ran out of time: the peer accepted and was silent, or nobody was reached. `None`:
/// nobody was asked yet.
pub(super) fn connect_timeout(endpoint: &Endpoint, stage: Stage) -> Option<Error> {
    let cause = match stage {
        Stage::Begun => return None,
        Stage::Asked => ConnectError::Unreachable {
            reason: "no answer".to_owned(),
        },
        Stage::Accepted => ConnectError::Silent,
    };
    Some(Error::Connect {
        endpoint: endpoint.clone(),
        cause,
    })
}
