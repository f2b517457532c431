//! [`Engine`]: the client of a host engine, through libdcgm.
//!
//! | module | subject |
//! |---|---|
//! | `options` | settings and deadlines |
//! | `thread` | the thread that makes the calls, deadlines, cancelling; knows nothing of DCGM |
//! | `engine_thread` | the jobs of the thread |
//! | `session` | what a client has of an engine: `connection`, `inventory`, `watches`, `reader` |
//! | `open`, `connect`, `embedded` | opening a connection to a host engine, or the engine in this process |
//! | `inventory`, `identity` | entities, links and their properties |
//! | `watches`, `watch_split`, `accepted`, `open_watches`, `profilers` | watches |
//! | `reader`, `plan`, `grouped`, `collected` | reading samples, split into calls, by lists or by groups |
//! | `shared_groups` | the groups in the engine, for watches and reads |
//! | `admin`, `config`, `diagnostics`, `field_policies`, `health`, `history`, `host_engine`, `jobs`, `policy`, `processes`, `profiling`, `testing`, `topology` | one module for each other subject of DCGM, like the trait that it implements |
//! | `health_checks` | health watches and checks, in a session |
//! | `isolated` | events without a cursor, for the client of a worker process |
//! | `pauses` | the pauses of profiling of a session |
//! | `policy_listeners`, `field_listeners` | the receivers of violations of policies, in a session |
//! | `release` | the differences between releases of DCGM |
//! | `model` | models of the threads, for `--cfg shuttle` |
//!
//! No module imports itself by way of others.

mod accepted;
#[cfg(feature = "admin")]
mod admin;
mod collected;
mod config;
mod connect;
mod connection;
mod diagnostics;
mod embedded;
mod engine_thread;
mod field_listeners;
mod field_policies;
mod grouped;
mod health;
mod health_checks;
mod history;
mod host_engine;
mod identity;
mod inventory;
#[cfg(all(feature = "isolated", target_os = "linux"))]
mod isolated;
mod jobs;
#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod open;
mod open_watches;
mod options;
mod pauses;
mod plan;
mod policy;
mod policy_listeners;
mod processes;
mod profilers;
mod profiling;
mod reader;
mod release;
mod session;
mod shared_groups;
#[cfg(feature = "testing")]
mod testing;
mod thread;
mod topology;
mod watch_split;
mod watches;

use core::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub use options::{Deadlines, Embedded, EmbeddedMode, EngineOptions, Target};

use self::engine_thread::{EngineThread, Job, JobReply, SharedState, WatchGuard};
use self::session::Session;
use self::thread::Worker;
use self::watches::StartedWatch;
use crate::client::{
    Backend, BackendKind, Client, Query, Watch, WatchRequest, implement_every_subject,
};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Operation, Result};
use crate::listing::{Listing, list_one};
use crate::sample::Samples;
use crate::version::BuildInfo;

/// A client of a host engine, which it calls through libdcgm. [`connect`](Client::connect) loads
/// libdcgm.
///
/// Every call to the engine returns at most 1 s after its [deadline](Deadlines). Calls are made on a
/// separate thread. A call that exceeds its deadline is cancelled by closing the connection, and
/// returns [`Error::Timeout`]. A `connect` that has already tried the address of the host engine
/// returns [`Error::Connect`] instead. If a cancelled call does not end within 1 s, its thread is
/// abandoned. With 2 abandoned threads, calls return [`Error::Wedged`] until one of the threads ends.
/// **Calls to an embedded engine cannot be cancelled**: the thread of a call that hangs is always
/// abandoned. If the driver hangs, the process may also hang when it ends.
///
/// An `Engine` may be shared between threads. It makes their calls one after another.
///
/// ```no_run
/// use dcgm::{Client, Engine, EngineOptions, EntityKind, FieldId, Query, Samples, WatchRequest};
///
/// let engine = Engine::new(EngineOptions::standalone("localhost:5555".parse()?));
/// engine.connect()?;
/// let mut gpus = Vec::new();
/// engine.list(EntityKind::GPU, &mut gpus)?;
/// let watch = engine.watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP, FieldId::POWER_USAGE]))?;
/// let query = Query::from_watches([&watch]);
/// let mut samples = Samples::new();
/// engine.latest(&query, &mut samples)?;
/// for sample in samples.iter() {
///     println!("{} {}: {:?}", sample.entity, sample.field, sample.value);
/// }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub struct Engine {
    options: Arc<EngineOptions>,
    shared: Arc<SharedState>,
    worker: Arc<Worker<EngineThread>>,
    /// The memory of the cursor that is passed to the thread.
    spare_cursor: Mutex<Cursor>,
    /// The memory of listings, for reuse.
    listing: Mutex<Listing>,
}

impl Engine {
    /// Creates a client, not yet connected. Starts no thread and makes no call.
    #[must_use]
    pub fn new(options: EngineOptions) -> Self {
        let options = Arc::new(options);
        let shared = Arc::new(SharedState::default());
        let worker = {
            let (options, shared) = (Arc::clone(&options), Arc::clone(&shared));
            Worker::new(move |slot| {
                EngineThread::new(Arc::clone(&options), Arc::clone(&shared), slot)
            })
        };
        Self {
            options,
            shared,
            worker: Arc::new(worker),
            spare_cursor: Mutex::default(),
            listing: Mutex::default(),
        }
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Runs `request` on the engine's thread and returns its result.
    fn run_task<T: Send + 'static>(
        &self,
        operation: Operation,
        limit: Duration,
        request: impl FnOnce(&mut EngineThread) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let result = Arc::new(Mutex::new(None));
        let target = Arc::clone(&result);
        let job = Job::Task(Box::new(move |thread| {
            *target.lock() = Some(request(thread));
        }));
        self.worker.run_job(operation, limit, job)?;
        let result = result.lock().take();
        result.unwrap_or(Err(Error::NotConnected))
    }

    /// Reads into a buffer, which the thread owns meanwhile. Returns the cursor that was passed along.
    fn read_into(
        &self,
        into: &mut Samples,
        job: impl FnOnce(Samples) -> Job,
    ) -> Result<Option<Cursor>> {
        let job = job(std::mem::take(into));
        match self
            .worker
            .run_job(Operation::Read, self.options.deadlines.read, job)?
        {
            JobReply::Read {
                outcome,
                into: filled,
                cursor,
            } => {
                *into = filled;
                outcome.map(|()| cursor)
            }
            JobReply::Task | JobReply::Listed { .. } | JobReply::HealthChecked { .. } => Ok(None),
        }
    }
}

impl Client for Engine {
    fn backend(&self) -> Backend {
        let (kind, target) = match &self.options.target {
            Target::Embedded(_) => (BackendKind::Embedded, "embedded".to_owned()),
            Target::Standalone(endpoint) => (BackendKind::Standalone, endpoint.to_string()),
        };
        let mut backend = Backend::new(kind, target);
        if self.worker.is_forked() {
            return backend;
        }
        if let Some((library, build)) = &*self.shared.library.lock() {
            backend.library_path = Some(library.path().to_owned());
            backend.library = Some(build.clone());
        }
        backend
    }

    #[doc(alias = "dcgmConnect_v2")]
    #[doc(alias = "dcgmStartEmbedded_v2")]
    fn connect(&self) -> Result<()> {
        let limit = self.options.deadlines.connect;
        let now = Instant::now();
        // Clamped to a day, so that `Instant` arithmetic cannot overflow.
        let until = now
            .checked_add(limit)
            .unwrap_or(now + Duration::from_secs(86_400));
        let outcome = self.run_task(Operation::Connect, limit, move |thread| {
            thread.connect(until)
        });
        match (&outcome, &self.options.target) {
            (Err(Error::Timeout { .. }), Target::Standalone(endpoint)) => {
                match open::timeout_error(endpoint, self.worker.job_stage()) {
                    Some(cause) => Err(cause),
                    None => outcome,
                }
            }
            _ => outcome,
        }
    }

    #[doc(alias = "dcgmDisconnect")]
    #[doc(alias = "dcgmStopEmbedded")]
    fn close(&self) {
        if self.worker.is_forked() || !self.worker.has_thread() {
            return;
        }
        // A caller that waits for a reply gets "disconnected" now.
        let cancelled = if self.worker.is_busy() {
            self.worker.cancel_call()
        } else {
            None
        };
        let closed = self.run_task(
            Operation::Connect,
            self.options.deadlines.connect,
            |thread| {
                thread.close_session();
                Ok(())
            },
        );
        if closed.is_err() {
            // A job still occupies the thread; at least its connection is closed.
            drop(self.worker.cancel_call());
        }
        if let Some(connection) = cancelled {
            connection.mark_finished();
        }
    }

    #[doc(alias = "dcgmHostengineVersionInfo")]
    fn build_info(&self) -> Result<BuildInfo> {
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, |thread| {
            let session = thread.session_mut()?;
            Ok(session.connection().build.clone())
        })
    }

    #[doc(alias = "dcgmGetEntityGroupEntities")]
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        list_one(self, kind, into)
    }

    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        // Programs list before each read, and the engine responds from memory: the deadline is that of
        // a read, not the longer one of reading properties.
        let limit = self.options.deadlines.read;
        let mut listing = std::mem::take(&mut *self.listing.lock());
        listing.kinds.clear();
        listing.kinds.extend_from_slice(kinds);
        let reply = self
            .worker
            .run_job(Operation::Enumerate, limit, Job::List(listing))?;
        let JobReply::Listed {
            outcome,
            mut listing,
        } = reply
        else {
            return Err(Error::NotConnected);
        };
        outcome?;
        listing.visit_kinds(kinds, each);
        *self.listing.lock() = listing;
        Ok(())
    }

    #[doc(alias = "dcgmGetDeviceAttributes")]
    #[doc(alias = "dcgmGetGpuInstanceHierarchy")]
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        let kinds = kinds.to_vec();
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, move |thread| {
            thread.with_session(|session| session.read_entities(&kinds))
        })
    }

    #[doc(alias = "dcgmGetNvLinkLinkStatus")]
    fn links(&self) -> Result<Vec<Link>> {
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, |thread| {
            thread.with_session(Session::read_links)
        })
    }

    #[doc(alias = "dcgmWatchFields")]
    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        let limit = self.options.deadlines.watch;
        let wanted = request.clone();
        let StartedWatch {
            watched,
            request,
            refused,
        } = self.run_task(Operation::Watch, limit, move |thread| {
            thread.with_session(|session| session.start_watch(&wanted))
        })?;
        let guard = WatchGuard {
            watched,
            shared: Arc::clone(&self.shared),
            worker: Arc::clone(&self.worker),
        };
        Ok(Watch::new(request, refused, guard))
    }

    #[doc(alias = "dcgmEntitiesGetLatestValues")]
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        self.read_into(into, |into| Job::Latest {
            query: query.clone(),
            into,
        })
        .map(drop)
    }

    #[doc(alias = "dcgmGetValuesSince_v2")]
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        let Some(guard) = watch.guard::<WatchGuard>() else {
            return Err(Error::Request("the watch belongs to another client"));
        };
        let watched = Arc::clone(&guard.watched);
        // The caller's cursor stays here: an abandoned thread must not take it along.
        let mut cursor_copy = std::mem::take(&mut *self.spare_cursor.lock());
        cursor_copy.clone_from(cursor);
        let job = |into| Job::Events {
            watched,
            cursor: cursor_copy,
            into,
        };
        if let Some(mut moved) = self.read_into(into, job)? {
            std::mem::swap(cursor, &mut moved);
            *self.spare_cursor.lock() = moved;
        }
        Ok(())
    }

    #[doc(alias = "dcgmUpdateAllFields")]
    fn update(&self) -> Result<()> {
        let is_manual = |target: &Target| matches!(target, Target::Embedded(options) if options.mode == EmbeddedMode::Manual);
        if !is_manual(&self.options.target) {
            return Ok(());
        }
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Update, limit, |thread| {
            thread.with_session(|session| session.connection().update_samples())
        })
    }

    implement_every_subject!();
}

/// Closes the session and stops the thread. A call in progress is cancelled; a thread that does not
/// end within 1 s is abandoned.
impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.shut_down();
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
