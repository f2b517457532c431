//! libdcgm in a child process, so that no fault of it reaches the program. With the feature `isolated`, on
//! Linux.
//!
//! libdcgm is closed code, and an embedded engine also has NVIDIA's modules and the driver's library. A
//! segmentation fault in any of them ends the process that has loaded it, and a call that hangs keeps its
//! thread. An [`IsolatedEngine`] has an [`Engine`](crate::Engine) in a *worker process* and talks to
//! it over a socket: a crash is [`Error::WorkerDied`], a hang is [`Error::Timeout`] after which the worker is
//! killed, also if the engine is embedded. The next [`connect`](Client::connect) starts another worker.
//!
//! A [`WorkerProgram`] is one of two:
//!
//! * **This program itself.** Its `main` begins with [`run_if_worker`].
//! * **`dcgm-worker`**, a small program that this crate has. Build it with
//!   `cargo install dcgm --features isolated`, install it beside your program, and give its path. It must be of
//!   the same release as the crate in your program: the two check this, and refuse each other if it differs.
//!
//! ```no_run
//! use dcgm::isolated::{IsolatedEngine, WorkerProgram, run_if_worker};
//! use dcgm::{Client, EmbeddedMode, EngineOptions, EntityKind};
//!
//! fn main() -> dcgm::Result<()> {
//!     // Before anything else: in a worker process, it does not return.
//!     run_if_worker();
//!     let options = EngineOptions::embedded(EmbeddedMode::Auto);
//!     let engine = IsolatedEngine::new(options, WorkerProgram::This);
//!     engine.connect()?;
//!     println!("{} GPUs", engine.entity_ids(EntityKind::GPU)?.len());
//!     Ok(())
//! }
//! ```
//!
//! # The worker process
//!
//! The worker inherits the user, the limits and the namespaces of the program. It does not inherit anything
//! else:
//!
//! * It closes all descriptors. Its standard input, output and error are `/dev/null`, so that the log of
//!   libdcgm and the log lines of this crate in the worker are lost; give the embedded engine a
//!   [log file](crate::EngineOptions::with_log_file).
//! * Of the environment it gets only the variables `LD_LIBRARY_PATH`, `PATH` and `TZ`, and those that begin
//!   with `DCGM_` (but not `DCGM_OTEL_`), `__DCGM_` or `NVVS_`.
//! * Its working directory is `/`, and it is in a process group of its own.
//! * It blocks signals such as `SIGTERM`, so that it does not end before the program.
//! * It writes no core dump (`RLIMIT_CORE` is 0), and cannot gain rights (`no_new_privs`).
//!
//! It ends when the socket ends: when the client is closed or dropped, or the program ends in any way. The
//! program may ignore `SIGCHLD` or reap all children. The end of a worker is then still noticed, and only its
//! status is unknown ([`WorkerEnd::Unknown`](crate::WorkerEnd::Unknown)).

mod diagnostics;
mod environment;
mod errors;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod objects;
mod policies;
mod process;
mod session;
mod subject_values;
mod subjects;
#[cfg(test)]
mod tests;
mod values;
mod wire;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use self::frame::{Op, RELEASE};
use self::process::WorkerProcess;
use self::session::{GRACE, RemoteObject, SHORT, Shared, WorkerSession, later};
use self::values::take_samples;
use self::wire::{Wire, put_slice};
use crate::client::{
    Backend, BackendKind, Client, Query, Watch, WatchRequest, implement_every_subject,
};
use crate::cursor::Cursor;
use crate::engine::{EmbeddedMode, EngineOptions, Target};
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Operation, Result, WorkerError};
use crate::field::FieldId;
use crate::listing::list_one;
use crate::sample::{Samples, Timestamp};
use crate::version::BuildInfo;
use crate::watch::Refusal;

/// Set when this program can be its own worker.
static PREPARED: AtomicBool = AtomicBool::new(false);

/// Runs the worker, if this process was started as one, and does not return then. Otherwise it returns at
/// once, and this program can be its own worker: [`WorkerProgram::This`].
///
/// Call it first in `main`, before a thread is started, a file is opened or arguments are parsed. In a worker
/// it closes all descriptors that the process has.
pub fn run_if_worker() {
    if environment::is_worker() {
        worker::run();
    }
    PREPARED.store(true, Ordering::Relaxed);
}

/// Returns `true` if this program can be its own worker: its `main` has called [`run_if_worker`].
#[must_use]
pub fn can_be_worker() -> bool {
    PREPARED.load(Ordering::Relaxed)
}

/// The program that is started as the worker of an [`IsolatedEngine`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WorkerProgram {
    /// This program, started again through `/proc/self/exe`. Its `main` must call [`run_if_worker`] first;
    /// if it has not, `connect` returns [`WorkerError::NotPrepared`] and
    /// starts nothing.
    This,
    /// The program at this absolute path: `dcgm-worker`, or one whose `main` calls [`run_if_worker`] first.
    Path(PathBuf),
}

/// A client of a host engine, which calls libdcgm in a worker process: see the [module](self).
///
/// It behaves like an [`Engine`](crate::Engine) with the same options. The differences:
///
/// * A worker that ended, for example because libdcgm crashed, is [`Error::WorkerDied`]. Its session is over,
///   like that of a lost connection. An embedded engine and its samples have ended with it: events that were
///   not read yet are lost. Of a host engine nothing is lost, and a [`Cursor`] continues.
/// * A call that hangs is cancelled by killing the worker, at most 0.5 s after its deadline, also if the engine
///   is embedded. [`Error::Wedged`] is not returned.
/// * Violations of [policies](Client::policies) arrive up to 0.2 s later, and the progress of a
///   [diagnostic](Client::diagnostics) up to 0.5 s later. Those of [policies on fields](Client::field_policies)
///   can be read, but not registered for: `register` returns [`Error::NotImplemented`].
/// * A subject behind a feature, such as `admin`, needs a worker that was built with the feature, too. Otherwise
///   it returns [`Error::NotImplemented`].
///
/// Each call costs three system calls and a copy of its result. Reads that reuse the query and the
/// buffer do not allocate in this process.
#[derive(Debug)]
pub struct IsolatedEngine {
    options: EngineOptions,
    worker: WorkerProgram,
    shared: Arc<Shared>,
}

/// Ends a watch when dropped.
struct IsolatedWatch {
    object: RemoteObject,
    /// The start by the engine's clock.
    began: Timestamp,
    /// The number of the connection of the engine, unique in the worker.
    connection: u64,
}

impl IsolatedEngine {
    /// Creates a client, not yet connected. Starts no process.
    #[must_use]
    pub fn new(options: EngineOptions, worker: WorkerProgram) -> Self {
        Self {
            options,
            worker,
            shared: Arc::new(Shared::new()),
        }
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Returns the process id of the worker, if one was started and has not been ended. For diagnosis: the
    /// process can end at any time.
    #[must_use]
    pub fn worker_id(&self) -> Option<u32> {
        if self.shared.is_forked() {
            return None;
        }
        self.shared.running.lock().as_ref()?.id()
    }

    /// Starts a worker and exchanges greetings.
    fn start_session(&self, until: Instant) -> Result<WorkerSession> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (program, name) = match &self.worker {
            WorkerProgram::This if !can_be_worker() => {
                return Err(Error::Worker(WorkerError::NotPrepared));
            }
            WorkerProgram::This => (
                Path::new("/proc/self/exe"),
                Some(std::ffi::OsStr::new("dcgm-worker")),
            ),
            WorkerProgram::Path(path) if path.is_relative() => {
                let reason = format!("the path {} is relative", path.display());
                return Err(Error::Worker(WorkerError::NotStarted { reason }));
            }
            WorkerProgram::Path(path) => (path.as_path(), None),
        };
        let process = WorkerProcess::start(program, name).map_err(Error::Worker)?;
        let mut session = WorkerSession {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            process: Arc::new(process),
            sequence: 0,
            request: Vec::new(),
            reply: Vec::new(),
            queries: Vec::new(),
        };
        let outcome = session.greet(until);
        match outcome {
            Ok(None) => Ok(session),
            Ok(Some(got)) => Err(Error::Worker(WorkerError::Release {
                expected: RELEASE,
                got,
            })),
            Err(failure) => {
                let limit = self.options.deadlines.connect;
                Err(session.error_of(&failure, Operation::Connect, limit))
            }
        }
    }

    /// Starts a watch. `request` has the times, and the reply what is watched.
    fn start_watch(
        &self,
        op: Op,
        request: &WatchRequest,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Watch> {
        type Reply = ((Timestamp, u64), Vec<EntityId>, Vec<FieldId>, Vec<Refusal>);
        let limit = self.options.deadlines.watch;
        let (object, ((began, connection), entities, fields, refused)): (_, Reply) =
            self.shared.create((Operation::Watch, limit), op, encode)?;
        let guard = IsolatedWatch {
            object,
            began,
            connection,
        };
        let watched = WatchRequest {
            entities,
            fields,
            interval: request.interval,
            keep_age: request.keep_age,
            events: request.events,
        };
        Ok(Watch::new(watched, refused, guard))
    }

    /// Returns the options for the worker, whose working directory is another.
    fn worker_options(&self) -> EngineOptions {
        let mut options = self.options.clone();
        if let Target::Embedded(embedded) = &mut options.target {
            if let Some(path) = &mut embedded.log_file {
                if let Ok(absolute) = std::path::absolute(&*path) {
                    *path = absolute;
                }
            }
        }
        options
    }
}

impl Client for IsolatedEngine {
    fn backend(&self) -> Backend {
        let (kind, target) = match &self.options.target {
            Target::Embedded(_) => (BackendKind::Embedded, "embedded".to_owned()),
            Target::Standalone(endpoint) => (BackendKind::Standalone, endpoint.to_string()),
        };
        let mut backend = Backend::new(kind, target);
        if !self.shared.is_forked() {
            (backend.library_path, backend.library) = self.shared.library.lock().clone();
        }
        backend
    }

    fn connect(&self) -> Result<()> {
        let limit = self.options.deadlines.connect;
        let until = later(Instant::now(), limit.saturating_add(GRACE));
        {
            let mut slot = self.shared.lock_for(Operation::Connect, limit)?;
            if slot.is_none() {
                let session = self.start_session(until)?;
                *self.shared.running.lock() = Some(Arc::clone(&session.process));
                *slot = Some(session);
            }
        }
        let options = self.worker_options();
        let library = self.shared.call(
            (Operation::Connect, limit),
            Op::Connect,
            |out| options.encode(out),
            Wire::decode,
        )?;
        *self.shared.library.lock() = library;
        Ok(())
    }

    fn close(&self) {
        if self.shared.is_forked() {
            return;
        }
        let limit = self.options.deadlines.connect;
        let free = self.shared.session.try_lock();
        let is_free = free.as_ref().is_some_and(|slot| slot.is_some());
        let is_busy = free.is_none();
        drop(free);
        if is_free {
            // Whatever it returns, the worker ends.
            drop(
                self.shared
                    .call((Operation::Connect, limit), Op::Close, |_| {}, Wire::decode)
                    as Result<()>,
            );
        } else if is_busy {
            if let Some(process) = self.shared.running.lock().as_ref() {
                process.cut();
            }
        }
        let mut slot = self.shared.session.lock();
        self.shared.end_session(&mut slot);
    }

    fn build_info(&self) -> Result<BuildInfo> {
        let limit = self.options.deadlines.enumerate;
        self.shared.call(
            (Operation::Enumerate, limit),
            Op::BuildInfo,
            |_| {},
            Wire::decode,
        )
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        list_one(self, kind, into)
    }

    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        let limit = self.options.deadlines.read;
        if self.shared.is_forked() {
            return Err(Error::Forked);
        }
        let mut listing = std::mem::take(&mut *self.shared.listing.lock());
        self.shared.call(
            (Operation::Enumerate, limit),
            Op::List,
            |out| put_slice(kinds, out),
            |input| listing.decode(kinds.len(), input),
        )?;
        listing.visit_kinds(kinds, each);
        *self.shared.listing.lock() = listing;
        Ok(())
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        let limit = self.options.deadlines.enumerate;
        self.shared.call(
            (Operation::Enumerate, limit),
            Op::Entities,
            |out| put_slice(kinds, out),
            Wire::decode,
        )
    }

    fn links(&self) -> Result<Vec<Link>> {
        let limit = self.options.deadlines.enumerate;
        self.shared.call(
            (Operation::Enumerate, limit),
            Op::Links,
            |_| {},
            Wire::decode,
        )
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.start_watch(Op::Watch, request, |out| request.encode(out))
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        into.clear();
        let limit = self.options.deadlines.read;
        let prepare = |session: &mut WorkerSession| {
            let id = session.define_query(query)?;
            Ok((Op::Latest, move |out: &mut Vec<u8>| id.encode(out)))
        };
        let read = self
            .shared
            .call_prepared((Operation::Read, limit), prepare, |input| {
                let outcome: Result<()> = Wire::decode(input)?;
                if outcome.is_ok() {
                    take_samples(input, &mut |sample| into.push(sample))?;
                }
                Ok(outcome)
            });
        if read.is_err() {
            into.clear();
        }
        read
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        into.clear();
        let guard = watch.guard::<IsolatedWatch>();
        let object = self.own_object(guard.map(|guard| &guard.object))?;
        let Some(guard) = guard else {
            return Err(Error::Request("the watch belongs to another client"));
        };
        let limit = self.options.deadlines.read;
        // An error does not advance the cursor.
        let mut moved = cursor.clone();
        let from = moved.begin_read(
            (watch.entities(), watch.fields()),
            guard.began,
            guard.cursor_connection(),
        );
        let read = object.call(
            (Operation::Read, limit),
            Op::Events,
            "dcgmGetValuesSince_v2",
            |out| from.encode(out),
            |input| {
                let outcome: Result<Option<Timestamp>> = Wire::decode(input)?;
                if outcome.is_ok() {
                    take_samples(input, &mut |sample| {
                        if moved.is_new(&sample) {
                            into.push(sample);
                        }
                    })?;
                }
                Ok(outcome)
            },
        );
        match read {
            Ok(next) => {
                if let Some(next) = next {
                    moved.commit(watch.entities(), into.iter(), next);
                }
                *cursor = moved;
                Ok(())
            }
            Err(error) => {
                into.clear();
                Err(error)
            }
        }
    }

    fn update(&self) -> Result<()> {
        let is_manual = matches!(
            &self.options.target,
            Target::Embedded(embedded) if embedded.mode == EmbeddedMode::Manual
        );
        if !is_manual {
            return Ok(());
        }
        let limit = self.options.deadlines.read;
        self.shared
            .call((Operation::Update, limit), Op::Update, |_| {}, Wire::decode)
    }

    implement_every_subject!();
}

/// Ends the worker; the engine in it gets a moment to end in order.
impl Drop for IsolatedEngine {
    fn drop(&mut self) {
        if self.shared.is_forked() {
            return;
        }
        let ended: Result<()> =
            self.shared
                .call((Operation::Connect, SHORT), Op::Close, |_| {}, Wire::decode);
        // Whatever it returned, the process ends now.
        drop(ended);
        let mut slot = self.shared.session.lock();
        self.shared.end_session(&mut slot);
    }
}

impl IsolatedWatch {
    /// Returns a number that differs for each connection of an engine in any worker, and from those of the
    /// engines in this process.
    const fn cursor_connection(&self) -> u64 {
        (1 << 63) | (self.object.session << 32) | (self.connection & 0xffff_ffff)
    }
}
