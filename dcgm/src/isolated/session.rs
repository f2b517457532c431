//! The session with a worker: one call after another, and the end of objects that are dropped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::frame::{Op, RELEASE, greeted_release, put_frame, put_greeting};
use super::process::{Failure, WorkerProcess};
use super::wire::{Decoded, Input, Wire, put_count, put_slice};
use crate::client::Query;
use crate::code::ReturnCode;
use crate::error::{Error, Operation, Result, WorkerError};
use crate::listing::Listing;
use crate::version::BuildInfo;

/// The time after the deadline of a call in which the engine in the worker may report the cause itself.
/// After it, the worker is killed.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// The time for ending an object or an engine, whose outcome no caller waits for.
pub(super) const SHORT: Duration = Duration::from_millis(250);

/// The part of a client that its watches and other objects share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The process that created the client.
    pub(super) pid: u32,
    /// Locked during each call.
    pub(super) session: Mutex<Option<WorkerSession>>,
    /// The process of the session, for closing it during a call.
    pub(super) running: Mutex<Option<Arc<WorkerProcess>>>,
    /// Dropped objects that the worker still has: the session, and the object.
    pub(super) dropped: Mutex<Vec<(u64, u64)>>,
    pub(super) library: Mutex<(Option<PathBuf>, Option<BuildInfo>)>,
    /// The memory of listings, for reuse.
    pub(super) listing: Mutex<Listing>,
}

/// The conversation with a worker.
#[derive(Debug)]
pub(super) struct WorkerSession {
    /// Unique in this process.
    pub(super) number: u64,
    pub(super) process: Arc<WorkerProcess>,
    pub(super) sequence: u64,
    pub(super) request: Vec<u8>,
    pub(super) reply: Vec<u8>,
    /// The queries that the worker knows.
    pub(super) queries: Vec<Query>,
}

/// An object of the engine in a worker, such as a watch. It ends there when this is dropped.
pub(super) struct RemoteObject {
    pub(super) session: u64,
    pub(super) number: u64,
    pub(super) shared: Arc<Shared>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            pid: std::process::id(),
            session: Mutex::default(),
            running: Mutex::default(),
            dropped: Mutex::default(),
            library: Mutex::default(),
            listing: Mutex::default(),
        }
    }

    /// Makes a call over the session.
    pub(super) fn call<T>(
        &self,
        (operation, limit): (Operation, Duration),
        op: Op,
        encode: impl FnOnce(&mut Vec<u8>),
        decode: impl FnOnce(&mut Input<'_>) -> Decoded<Result<T>>,
    ) -> Result<T> {
        self.call_prepared((operation, limit), |_| Ok((op, encode)), decode)
    }

    /// Makes a call whose request depends on the session.
    pub(super) fn call_prepared<T, E: FnOnce(&mut Vec<u8>)>(
        &self,
        (operation, limit): (Operation, Duration),
        prepare: impl FnOnce(&mut WorkerSession) -> Result<(Op, E)>,
        decode: impl FnOnce(&mut Input<'_>) -> Decoded<Result<T>>,
    ) -> Result<T> {
        let start = Instant::now();
        let mut slot = self.lock_for(operation, limit)?;
        let session = slot.as_mut().ok_or(Error::NotConnected)?;
        session.request.clear();
        let (op, encode) = prepare(session)?;
        self.end_dropped(session);
        let until = later(start, limit.saturating_add(GRACE));
        let outcome = session.exchange(op, encode, decode, until);
        let outcome = match outcome {
            Ok(result) => result,
            Err(failure) => {
                let error = session.error_of(&failure, operation, limit);
                self.end_session(&mut slot);
                return Err(error);
            }
        };
        if let Err(Error::Timeout { .. } | Error::Wedged { .. }) = &outcome {
            // A thread hangs in there.
            self.end_session(&mut slot);
        } else if let Some(session) = slot.as_mut() {
            self.send_dropped(session);
        }
        outcome
    }

    /// Makes a call that creates an object in the worker. Returns the object, and the rest of the
    /// reply.
    pub(super) fn create<T: Wire>(
        self: &Arc<Self>,
        (operation, limit): (Operation, Duration),
        op: Op,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(RemoteObject, T)> {
        let mut session = 0;
        let prepare = |current: &mut WorkerSession| {
            session = current.number;
            Ok((op, encode))
        };
        let (number, rest) = self.call_prepared((operation, limit), prepare, Wire::decode)?;
        let shared = Arc::clone(self);
        let object = RemoteObject {
            session,
            number,
            shared,
        };
        Ok((object, rest))
    }

    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.pid
    }

    /// Locks the session, after the calls of others.
    pub(super) fn lock_for(
        &self,
        operation: Operation,
        limit: Duration,
    ) -> Result<parking_lot::MutexGuard<'_, Option<WorkerSession>>> {
        if self.is_forked() {
            return Err(Error::Forked);
        }
        // Less than a quarter of the time would be left.
        let wait = limit / 4 * 3;
        self.session.try_lock_for(wait).ok_or(Error::Busy {
            operation,
            after: limit,
        })
    }

    /// Appends the requests that end dropped objects.
    pub(super) fn end_dropped(&self, session: &mut WorkerSession) {
        let mut dropped = self.dropped.lock();
        for (number, object) in dropped.drain(..) {
            if number == session.number {
                // Never too long.
                drop(session.put_request(Op::Drop, |out| object.encode(out)));
            }
        }
    }

    /// Sends the requests that end dropped objects.
    pub(super) fn send_dropped(&self, session: &mut WorkerSession) {
        session.request.clear();
        self.end_dropped(session);
        if !session.request.is_empty() {
            let until = later(Instant::now(), SHORT);
            if session.process.send(&session.request, until).is_err() {
                // Half a request may have been sent. The next call gets the reason.
                session.process.kill();
            }
        }
    }

    /// Ends the session and its worker.
    pub(super) fn end_session(&self, slot: &mut Option<WorkerSession>) {
        self.running.lock().take();
        *slot = None;
    }
}

impl RemoteObject {
    /// Makes a call about the object. `function` is the C function that reports an object of an earlier
    /// session.
    pub(super) fn call<T>(
        &self,
        (operation, limit): (Operation, Duration),
        op: Op,
        function: &'static str,
        encode: impl FnOnce(&mut Vec<u8>),
        decode: impl FnOnce(&mut Input<'_>) -> Decoded<Result<T>>,
    ) -> Result<T> {
        let prepare = |session: &mut WorkerSession| {
            if self.session != session.number {
                let code = ReturnCode::NOT_WATCHED;
                return Err(Error::Call { function, code });
            }
            let number = self.number;
            Ok((op, move |out: &mut Vec<u8>| {
                number.encode(out);
                encode(out);
            }))
        };
        self.shared
            .call_prepared((operation, limit), prepare, decode)
    }
}

impl Drop for RemoteObject {
    fn drop(&mut self) {
        if self.shared.is_forked() {
            return;
        }
        self.shared.dropped.lock().push((self.session, self.number));
        // If a call is in progress, it ends the object afterwards.
        if let Some(mut slot) = self.shared.session.try_lock() {
            match slot.as_mut() {
                Some(session) => self.shared.send_dropped(session),
                None => self.shared.dropped.lock().clear(),
            }
        }
    }
}

impl WorkerSession {
    /// Appends a request. Fails if it is too long for a frame, and then appends nothing.
    pub(super) fn put_request(&mut self, op: Op, encode: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        self.sequence += 1;
        let sequence = self.sequence;
        let framed = put_frame(&mut self.request, |out| {
            sequence.encode(out);
            op.encode(out);
            encode(out);
        });
        framed.map_err(|_too_long| Error::Request("the request is too long for a worker"))
    }

    /// Sends a request, and returns its result.
    pub(super) fn exchange<T>(
        &mut self,
        op: Op,
        encode: impl FnOnce(&mut Vec<u8>),
        decode: impl FnOnce(&mut Input<'_>) -> Decoded<Result<T>>,
        until: Instant,
    ) -> Result<Result<T>, Failure> {
        let put = self.put_request(op, encode);
        self.process.send(&self.request, until)?;
        if let Err(error) = put {
            return Ok(Err(error));
        }
        let mut content = self.process.receive(&mut self.reply, until)?;
        if u64::decode(&mut content)? != self.sequence {
            return Err(Failure::Invalid("it belongs to another request"));
        }
        let result = decode(&mut content)?;
        content.end()?;
        Ok(result)
    }

    /// Exchanges greetings. Returns the release of a worker of another one.
    pub(super) fn greet(&mut self, until: Instant) -> Result<Option<String>, Failure> {
        let greeting = self.process.receive(&mut self.reply, until)?;
        let release = greeted_release(greeting)?;
        if release != RELEASE {
            return Ok(Some(release.to_owned()));
        }
        put_frame(&mut self.request, put_greeting)?;
        self.process.send(&self.request, until)?;
        Ok(None)
    }

    /// Ends the worker after a failed exchange, and returns the error.
    pub(super) fn error_of(
        &self,
        failure: &Failure,
        operation: Operation,
        after: Duration,
    ) -> Error {
        if self.process.was_cut() {
            return Error::NotConnected;
        }
        match failure {
            Failure::Late => {
                self.process.kill();
                Error::Timeout { operation, after }
            }
            Failure::Ended => Error::WorkerDied {
                end: self.process.end(),
            },
            Failure::Invalid(what) => {
                self.process.kill();
                Error::Worker(WorkerError::Reply(what))
            }
        }
    }

    /// Makes the query known to the worker, and lets it forget those that no longer exist.
    pub(super) fn define_query(&mut self, query: &Query) -> Result<u64> {
        let id = query.query_id();
        if !self.queries.contains(query) {
            let (gone, kept) = std::mem::take(&mut self.queries)
                .into_iter()
                .partition::<Vec<_>, _>(Query::is_unique);
            self.queries = kept;
            for gone in gone {
                self.put_request(Op::ForgetQuery, |out| gone.query_id().encode(out))?;
            }
            self.put_request(Op::DefineQuery, |out| {
                id.encode(out);
                put_count(query.blocks().len(), out);
                for (entities, fields) in query.blocks() {
                    put_slice(entities, out);
                    put_slice(fields, out);
                }
            })?;
            self.queries.push(query.clone());
        }
        Ok(id)
    }
}

/// Returns the time after `limit`, which is at most a day.
pub(super) fn later(start: Instant, limit: Duration) -> Instant {
    start + limit.min(Duration::from_secs(86_400))
}
