//! The native client: a host engine, reached through libdcgm.

mod connect;
mod embedded;
mod groups;
mod inventory;
mod line;
#[cfg(not(all(test, shuttle)))]
mod mailbox;
#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod options;
mod plan;
mod reading;
mod session;
mod shared_groups;
mod sync;
mod watching;
mod worker;

use core::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub use options::{Deadlines, Embedded, EmbeddedMode, EngineOptions, Target};

use self::session::{Done, Job, Listing, Seat, Shared};
use self::watching::Watched;
use self::worker::Worker;
use crate::client::{Backend, BackendKind, Client, Query, Watch, WatchRequest};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Operation, Result};
use crate::sample::Samples;
use crate::version::BuildInfo;

/// A host engine, reached through the libdcgm that is found when [`connect`](Client::connect) is
/// called.
///
/// Every call returns in time. Calls are made on a thread of the engine's own; one that takes
/// longer than its [deadline](Deadlines) is cancelled by cutting the connection, and answers
/// [`Error::Timeout`]. If even that does not end it within 1 s, the thread is left behind: 2 at
/// most, after which calls answer [`Error::Wedged`] until one of them ends. **An embedded engine's
/// calls cannot be cancelled**: there a call that hangs always costs a thread, and if the driver is
/// what hangs, it may hang the process's end, too.
///
/// An engine may be shared between threads; calls are made one after another.
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
    shared: Arc<Shared>,
    worker: Arc<Worker<Seat>>,
    /// Memory for the cursor that goes to the thread.
    spare: Mutex<Cursor>,
    /// Memory for listing, used again.
    listing: Mutex<Listing>,
}

impl Engine {
    /// An engine, yet to be connected. Starts nothing, and asks nobody.
    #[must_use]
    pub fn new(options: EngineOptions) -> Self {
        let options = Arc::new(options);
        let shared = Arc::new(Shared::default());
        let worker = {
            let (options, shared) = (Arc::clone(&options), Arc::clone(&shared));
            Worker::new(move |line| Seat::new(Arc::clone(&options), Arc::clone(&shared), line))
        };
        Self {
            options,
            shared,
            worker: Arc::new(worker),
            spare: Mutex::default(),
            listing: Mutex::default(),
        }
    }

    /// How it is reached, and how long calls may take.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Has something done on the engine's thread.
    fn task<T: Send + 'static>(
        &self,
        operation: Operation,
        limit: Duration,
        ask: impl FnOnce(&mut Seat) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let put = Arc::clone(&answer);
        let job = Job::Task(Box::new(move |seat| *put.lock() = Some(ask(seat))));
        self.worker.run(operation, limit, job)?;
        let answer = answer.lock().take();
        answer.unwrap_or(Err(Error::NotConnected))
    }

    /// Reads into a buffer, which the thread has meanwhile.
    fn read(&self, into: &mut Samples, job: impl FnOnce(Samples) -> Job) -> Result<Option<Cursor>> {
        let job = job(std::mem::take(into));
        match self
            .worker
            .run(Operation::Read, self.options.deadlines.read, job)?
        {
            Done::Read {
                outcome,
                into: filled,
                cursor,
            } => {
                *into = filled;
                outcome.map(|()| cursor)
            }
            Done::Task | Done::Listed { .. } => Ok(None),
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
        // As good as for ever, if somebody wants that.
        let until = now
            .checked_add(limit)
            .unwrap_or(now + Duration::from_secs(86_400));
        let outcome = self.task(Operation::Connect, limit, move |seat| seat.connect(until));
        match (&outcome, &self.options.target) {
            (Err(Error::Timeout { .. }), Target::Standalone(endpoint)) => {
                match session::connect_timeout(endpoint, self.worker.stage()) {
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
        // Whoever waits for an answer gets "disconnected" now.
        let cut = if self.worker.is_busy() {
            self.worker.cut()
        } else {
            None
        };
        let closed = self.task(Operation::Connect, self.options.deadlines.connect, |seat| {
            seat.hang_up();
            Ok(())
        });
        if closed.is_err() {
            // Whoever holds the thread holds no connection any more.
            drop(self.worker.cut());
        }
        if let Some(line) = cut {
            line.set_over();
        }
    }

    #[doc(alias = "dcgmHostengineVersionInfo")]
    fn build_info(&self) -> Result<BuildInfo> {
        let limit = self.options.deadlines.enumerate;
        self.task(Operation::Enumerate, limit, |seat| {
            seat.session().map(|session| session.build.clone())
        })
    }

    #[doc(alias = "dcgmGetEntityGroupEntities")]
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        into.clear();
        let mut refused = Ok(());
        self.list_each(&[kind], &mut |_, ids| match ids {
            Ok(ids) => into.extend_from_slice(ids),
            Err(error) => refused = Err(error),
        })?;
        refused
    }

    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        // Programs list before each read, and the engine has the list at hand: one that is silent
        // must not be waited for longer than a read would wait.
        let limit = self.options.deadlines.read;
        let mut listing = std::mem::take(&mut *self.listing.lock());
        listing.kinds.clear();
        listing.kinds.extend_from_slice(kinds);
        let done = self
            .worker
            .run(Operation::Enumerate, limit, Job::List(listing))?;
        let Done::Listed {
            outcome,
            mut listing,
        } = done
        else {
            return Err(Error::NotConnected);
        };
        outcome?;
        let mut start = 0;
        for (kind, end) in kinds.iter().zip(listing.ends.drain(..)) {
            each(
                *kind,
                end.map(|end| {
                    let ids = listing.ids.get(start..end).unwrap_or_default();
                    start = end;
                    ids
                }),
            );
        }
        *self.listing.lock() = listing;
        Ok(())
    }

    #[doc(alias = "dcgmGetDeviceAttributes")]
    #[doc(alias = "dcgmGetGpuInstanceHierarchy")]
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        let kinds = kinds.to_vec();
        let limit = self.options.deadlines.enumerate;
        self.task(Operation::Enumerate, limit, move |seat| {
            seat.with(|session| session.entities(&kinds))
        })
    }

    #[doc(alias = "dcgmGetNvLinkLinkStatus")]
    fn links(&self) -> Result<Vec<Link>> {
        let limit = self.options.deadlines.enumerate;
        self.task(Operation::Enumerate, limit, |seat| {
            seat.with(session::Session::links)
        })
    }

    #[doc(alias = "dcgmWatchFields")]
    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        let limit = self.options.deadlines.watch;
        let wanted = request.clone();
        let (watched, request, refused) = self.task(Operation::Watch, limit, move |seat| {
            seat.with(|session| session.watch(&wanted))
        })?;
        let guard = Guard {
            watched,
            shared: Arc::clone(&self.shared),
            worker: Arc::clone(&self.worker),
        };
        Ok(Watch::new(request, refused, guard))
    }

    #[doc(alias = "dcgmEntitiesGetLatestValues")]
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        self.read(into, |into| Job::Latest {
            query: query.clone(),
            into,
        })
        .map(drop)
    }

    #[doc(alias = "dcgmGetValuesSince_v2")]
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        let Some(guard) = watch.guard::<Guard>() else {
            return Err(Error::Request("the watch is another client's"));
        };
        let watched = Arc::clone(&guard.watched);
        // The caller's cursor stays here: a thread that is left behind must not take it along.
        let mut cursor_there = std::mem::take(&mut *self.spare.lock());
        cursor_there.clone_from(cursor);
        let job = |into| Job::Events {
            watched,
            cursor: cursor_there,
            into,
        };
        if let Some(mut moved) = self.read(into, job)? {
            std::mem::swap(cursor, &mut moved);
            *self.spare.lock() = moved;
        }
        Ok(())
    }

    #[doc(alias = "dcgmUpdateAllFields")]
    fn update(&self) -> Result<()> {
        let manual = |target: &Target| matches!(target, Target::Embedded(options) if options.mode == EmbeddedMode::Manual);
        if !manual(&self.options.target) {
            return Ok(());
        }
        let limit = self.options.deadlines.read;
        self.task(Operation::Update, limit, |seat| {
            seat.with(|session| session.line.dcgm().update(session.line.handle()))
        })
    }
}

/// Ends the session and its thread; whatever hangs is cut off, or left behind after 1 s.
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

/// Ends a watch when dropped.
struct Guard {
    watched: Arc<Watched>,
    shared: Arc<Shared>,
    worker: Arc<Worker<Seat>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.worker.is_forked() || !self.worker.has_thread() {
            return;
        }
        self.shared.dropped.lock().push(Arc::clone(&self.watched));
        // While somebody's call is under way nobody waits for it: the next job ends the watch.
        self.worker.poke(Job::Task(Box::new(|_| {})));
    }
}
