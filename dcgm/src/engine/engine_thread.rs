//! [`EngineThread`]: executes the jobs of the engine's thread; it owns the [`Session`].
//!
//! ```text
//!  Engine (callers) ── Job ──► EngineThread ──► Session ──► EngineConnection ──► libdcgm
//!        │                          │
//!        └──── SharedState ─────────┘
//!              library, dropped watches
//! ```
//!
//! Callers see only [`SharedState`]. An error that means "disconnected" closes the session, see
//! [`EngineThread::with_session`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dcgm_sys as sys;
use parking_lot::Mutex;

use super::connection::{ConnectStage, Connection, ConnectionSlot};
use super::health_checks::HealthTicket;
use super::open_watches::Watched;
use super::options::EngineOptions;
use super::release::Release;
use super::session::Session;
use super::thread::{JobHandler, Worker};
use super::{embedded, open};
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::ffi::Dcgm;
use crate::health::HealthReport;
use crate::listing::Listing;
use crate::query::Query;
use crate::sample::Samples;
use crate::version::BuildInfo;

/// The state of the engine's thread: at most one session.
pub(super) struct EngineThread {
    options: Arc<EngineOptions>,
    shared: Arc<SharedState>,
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
    /// The sessions of pauses of profiling that were dropped.
    pub(super) dropped_pauses: Mutex<Vec<u64>>,
    /// Set if a listener for violations was dropped.
    pub(super) has_dropped_listeners: AtomicBool,
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
    /// Checks health. The report is passed along and returned, too.
    CheckHealth {
        ticket: Arc<HealthTicket>,
        report: HealthReport,
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
    HealthChecked {
        outcome: Result<()>,
        report: HealthReport,
    },
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

    pub(super) fn options(&self) -> &EngineOptions {
        &self.options
    }

    pub(super) const fn slot(&self) -> &ConnectionSlot {
        &self.slot
    }

    /// Returns the session, or [`Error::NotConnected`].
    pub(super) fn session_mut(&mut self) -> Result<&mut Session> {
        self.session.as_mut().ok_or(Error::NotConnected)
    }

    /// Calls `request` with the session, and closes the session after an error that means
    /// "disconnected". An error about versions gets both.
    pub(super) fn with_session<T>(
        &mut self,
        request: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let outcome = self.session_mut().and_then(|session| {
            let (library, engine) = {
                let connection = session.connection();
                (connection.library, connection.engine)
            };
            request(session).map_err(|error| error.with_versions(library, engine))
        });
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
        let number = session.connection().number;
        // Dropping it disconnects; until then it must stay possible to cancel that.
        drop(session);
        self.slot.set_target(None);
        self.shared
            .dropped
            .lock()
            .retain(|watched| watched.session != number);
        self.shared
            .dropped_pauses
            .lock()
            .retain(|session| *session != number);
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
            Ok(session) if !session.connection().is_cancelled() => {
                self.session = Some(session);
                Ok(())
            }
            Ok(_too_late) => {
                self.slot.set_target(None);
                Err(Error::NotConnected)
            }
            Err(error) => {
                self.slot.set_target(None);
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
        let version = build.version().unwrap_or(Release::UNKNOWN_LIBRARY);
        *self.shared.library.lock() = Some((library, build));
        dcgm.init_library()?;
        open::open_connection(dcgm, version, &self.options.target, &self.slot, until)
            .map(Session::new)
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

    /// Ends the pauses of profiling that were dropped.
    fn release_dropped_pauses(&mut self) {
        let dropped = std::mem::take(&mut *self.shared.dropped_pauses.lock());
        for number in dropped {
            // A pause of an earlier session ended with it.
            let is_current = |session: &Session| session.connection().number == number;
            if !self.session.as_ref().is_some_and(is_current) {
                continue;
            }
            if let Err(error) = self.with_session(Session::end_pause) {
                tracing::warn!(%error, "profiling was not resumed");
            }
        }
    }
}

impl JobHandler for EngineThread {
    type Job = Job;
    type Reply = JobReply;
    type Target = Connection;

    fn handle_job(&mut self, job: Job) -> JobReply {
        // Cancelled between jobs, or in the last job after its reply.
        if self
            .session
            .as_ref()
            .is_some_and(|session| session.connection().is_cancelled())
        {
            self.close_session();
        }
        if !self.shared.dropped.lock().is_empty() {
            self.release_dropped_watches();
        }
        if !self.shared.dropped_pauses.lock().is_empty() {
            self.release_dropped_pauses();
        }
        if self
            .shared
            .has_dropped_listeners
            .swap(false, Ordering::AcqRel)
        {
            // An error closes the session and with it the registrations, or leaves some that have no user.
            drop(self.with_session(Session::release_listeners));
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
            Job::CheckHealth { ticket, mut report } => {
                let outcome =
                    self.with_session(|session| session.check_health(&ticket, &mut report));
                JobReply::HealthChecked { outcome, report }
            }
        }
    }

    fn recover_from_panic(&mut self) {
        self.close_session();
    }
}

/// Ends a watch when dropped.
pub(super) struct WatchGuard {
    pub(super) watched: Arc<Watched>,
    pub(super) shared: Arc<SharedState>,
    pub(super) worker: Arc<Worker<EngineThread>>,
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        if self.worker.is_forked() || !self.worker.has_thread() {
            return;
        }
        self.shared.dropped.lock().push(Arc::clone(&self.watched));
        // If another call is in progress, the next job ends the watch.
        self.worker.submit_detached(Job::Task(Box::new(|_| {})));
    }
}

/// Ends a pause of profiling when dropped.
pub(super) struct PauseGuard {
    /// The number of its session.
    pub(super) session: u64,
    pub(super) shared: Arc<SharedState>,
    pub(super) worker: Arc<Worker<EngineThread>>,
}

impl Drop for PauseGuard {
    fn drop(&mut self) {
        if self.worker.is_forked() || !self.worker.has_thread() {
            return;
        }
        self.shared.dropped_pauses.lock().push(self.session);
        // If another call is in progress, the next job ends the pause.
        self.worker.submit_detached(Job::Task(Box::new(|_| {})));
    }
}
