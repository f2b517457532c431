//! The thread that makes an engine's calls, and the deadlines of those calls.
//!
//! A call into libdcgm can hang for minutes, and only the end of its connection makes it return.
//! Therefore no caller makes one itself: [`Worker`] passes jobs to one thread and waits for the
//! reply with a deadline.
//!
//! ```text
//!  caller ── run_job ──► jobs ────► "dcgm-engine": serve_jobs ──► libdcgm
//!    ▲                                     │
//!    └────────────── replies ◄─────────────┘
//!    deadline passed: expire the slot ──► "dcgm-cancel": disconnect, until the call is over
//! ```
//!
//! When a deadline passes:
//!
//! 1. The [`ConnectionSlot`] is expired. If it holds a connection, a second thread disconnects it;
//!    a connection that is stored later is cancelled as it is stored. The caller never disconnects
//!    itself, because in a broken library that call may hang, too.
//! 2. The caller waits for up to [`CANCEL_TIMEOUT`]. Normally the call returns at once, its late
//!    reply is discarded, and the thread goes on with the next job.
//! 3. Otherwise the thread is abandoned. [`ExitState`] keeps the count of abandoned threads right,
//!    whichever comes first, the caller that gives up or the thread that ends. At
//!    [`MAX_ABANDONED_THREADS`] no further thread is started until one of them ends.

use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::connection::{ConnectStage, Connection, ConnectionSlot};
use super::sync::{
    AtomicBool, AtomicU8, AtomicUsize, Instant, Mutex, Ordering, Receiver, RecvTimeoutError,
    Sender, new_mailbox, thread,
};
use crate::error::{Error, Operation, Result};
use crate::ffi;

/// The time that a call has to return after its connection was closed.
pub(super) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum number of abandoned threads, each in a call that nothing ends.
pub(super) const MAX_ABANDONED_THREADS: usize = 2;

/// The state that jobs work on. The thread creates it and drops it.
pub(super) trait JobHandler: 'static {
    /// A request, with the buffers that it fills.
    type Job: Send + 'static;
    /// The reply, with those buffers.
    type Reply: Send + 'static;

    /// Executes a job.
    fn handle_job(&mut self, job: Self::Job) -> Self::Reply;

    /// Discards the state that a panicking job may have left inconsistent.
    fn recover_from_panic(&mut self);
}

/// Runs jobs on a thread of its own; shared by all callers.
pub(super) struct Worker<S: JobHandler> {
    make_handler: Box<dyn Fn(ConnectionSlot) -> S + Send + Sync>,
    /// The current thread. Locked while a job is in progress.
    thread: Mutex<Option<WorkerThread<S>>>,
    /// The connection slot of the current thread.
    slot: Mutex<ConnectionSlot>,
    pub(super) abandoned: Arc<AtomicUsize>,
    pid: u32,
    /// Set when the owner is gone; no thread is started any more.
    closed: AtomicBool,
}

/// A running thread with its channels.
struct WorkerThread<S: JobHandler> {
    jobs: Sender<S::Job>,
    /// `None` as a reply: the job panicked.
    replies: Receiver<Option<S::Reply>>,
    /// Disconnected when the thread has dropped everything that it held.
    exited: Receiver<()>,
    exit_state: Arc<ExitState>,
    handle: thread::JoinHandle<()>,
    /// Set while the reply to a detached job has not been received yet.
    reply_pending: bool,
}

impl<S: JobHandler> Worker<S> {
    /// Creates a worker without a thread; the first job starts one.
    pub(super) fn new(make_handler: impl Fn(ConnectionSlot) -> S + Send + Sync + 'static) -> Self {
        Self {
            make_handler: Box::new(make_handler),
            thread: Mutex::new(None),
            slot: Mutex::default(),
            abandoned: Arc::default(),
            pid: std::process::id(),
            closed: AtomicBool::new(false),
        }
    }

    /// Returns the progress of the connect in progress.
    pub(super) fn connect_stage(&self) -> ConnectStage {
        self.slot.lock().connect_stage()
    }

    /// Returns `true` in a fork of the process that created the worker. The thread does not exist
    /// there, and its locks may never be released.
    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.pid
    }

    /// Returns `true` if there is a thread, or a caller is about to start one.
    pub(super) fn has_thread(&self) -> bool {
        self.thread.try_lock().is_none_or(|thread| thread.is_some())
    }

    /// Returns `true` if a job is in progress.
    pub(super) fn is_busy(&self) -> bool {
        self.thread.is_locked()
    }
}

impl<S: JobHandler> Worker<S>
where
    S::Job: Send,
{
    /// Runs a job and returns its reply, within `limit`. Jobs of other callers come first; if they
    /// leave less than a quarter of the time, the job is not started.
    pub(super) fn run_job(
        self: &Arc<Self>,
        operation: Operation,
        limit: Duration,
        job: S::Job,
    ) -> Result<S::Reply> {
        if self.is_forked() {
            return Err(Error::Forked);
        }
        let start = Instant::now();
        let left = || limit.saturating_sub(start.elapsed());
        let busy = || Error::Busy {
            operation,
            after: limit,
        };
        let timeout = || Error::Timeout {
            operation,
            after: limit,
        };
        let mut current = self.thread.try_lock_for(limit).ok_or_else(busy)?;
        let mut thread = match current.take() {
            Some(thread) => thread,
            None => self.spawn_thread()?,
        };
        if thread.reply_pending {
            // The reply to a detached job.
            if thread.replies.recv_timeout(left()).is_err() {
                self.handle_timeout(&mut current, thread);
                return Err(timeout());
            }
            thread.reply_pending = false;
        }
        if left() < limit / 4 {
            // A healthy connection must not be closed because other callers were slow.
            *current = Some(thread);
            return Err(busy());
        }
        let ended = || Error::Thread {
            reason: "it has ended".to_owned(),
        };
        // Here and not on the thread, which may start the job only after the deadline.
        self.slot.lock().start_job();
        // A thread that has ended is not put back.
        thread.jobs.send(job).map_err(|_job| ended())?;
        match thread.replies.recv_timeout(left()) {
            Ok(reply) => {
                *current = Some(thread);
                reply.ok_or(Error::Panicked)
            }
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.handle_timeout(&mut current, thread);
                Err(timeout())
            }
        }
    }

    /// Passes a job to the thread if it is idle, and waits for a short time only. The next job waits
    /// for the reply.
    pub(super) fn submit_detached(&self, job: S::Job) {
        if self.is_forked() {
            return;
        }
        let Some(mut current) = self.thread.try_lock() else {
            return;
        };
        let Some(thread) = current.as_mut().filter(|thread| !thread.reply_pending) else {
            return;
        };
        self.slot.lock().start_job();
        if thread.jobs.send(job).is_ok() {
            thread.reply_pending = thread.replies.recv_timeout(CANCEL_TIMEOUT / 4).is_err();
        }
    }

    /// Cancels a job that exceeded its deadline, and abandons the thread if the call does not return.
    fn handle_timeout(&self, current: &mut Option<WorkerThread<S>>, mut thread: WorkerThread<S>) {
        let cancelled = self.cancel_call();
        // A reply now is too late to be used, but the thread can go on.
        if thread.replies.recv_timeout(CANCEL_TIMEOUT).is_ok() {
            thread.reply_pending = false;
            *current = Some(thread);
        } else {
            thread.exit_state.mark_abandoned(&self.abandoned);
        }
        if let Some(connection) = cancelled {
            connection.mark_finished();
        }
    }

    /// Closes the connection of the call in progress from another thread, as even that may hang in a
    /// broken library. Returns at once, with the connection that is being closed.
    pub(super) fn cancel_call(&self) -> Option<Arc<Connection>> {
        const STEP: Duration = Duration::from_millis(5);

        let connection = self.slot.lock().expire()?;
        let spawned = {
            let connection = Arc::clone(&connection);
            let disconnect = move || {
                ffi::block_signals();
                let until = Instant::now() + CANCEL_TIMEOUT;
                // Repeatedly: a connect that hangs may not have its handle yet.
                loop {
                    connection.disconnect();
                    if connection.is_finished() || Instant::now() >= until {
                        return;
                    }
                    thread::sleep(STEP);
                }
            };
            thread::Builder::new()
                .name("dcgm-cancel".to_owned())
                .spawn(disconnect)
        };
        // If the thread cannot be started, nothing is closed, and the call is abandoned.
        drop(spawned);
        Some(connection)
    }

    /// Stops a thread, and abandons it if it does not end within [`CANCEL_TIMEOUT`]. Its call is
    /// cancelled after half of that time.
    fn stop_thread(self: &Arc<Self>, thread: WorkerThread<S>) {
        let WorkerThread {
            jobs,
            replies,
            exited,
            exit_state,
            handle,
            reply_pending: _,
        } = thread;
        drop((jobs, replies));
        let ended_within = |limit| {
            matches!(
                exited.recv_timeout(limit),
                Err(RecvTimeoutError::Disconnected)
            )
        };
        let in_time = ended_within(CANCEL_TIMEOUT / 2) || {
            self.cancel_call();
            ended_within(CANCEL_TIMEOUT / 2)
        };
        if in_time {
            // The thread has nothing left to do; a panic was reported where it happened.
            drop(handle.join());
        } else {
            exit_state.mark_abandoned(&self.abandoned);
        }
    }

    /// Stops the thread, if there is one, and starts no other. For the last owner.
    pub(super) fn shut_down(self: &Arc<Self>) {
        if self.is_forked() {
            return;
        }
        self.closed.store(true, Ordering::Release);
        // Another caller may be ending a watch now, which takes no longer than this.
        let thread = self
            .thread
            .try_lock_for(CANCEL_TIMEOUT)
            .and_then(|mut current| current.take());
        if let Some(thread) = thread {
            self.stop_thread(thread);
        }
    }

    fn spawn_thread(self: &Arc<Self>) -> Result<WorkerThread<S>> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::NotConnected);
        }
        let abandoned = self.abandoned.load(Ordering::Acquire);
        if abandoned >= MAX_ABANDONED_THREADS {
            return Err(Error::Wedged { abandoned });
        }
        let (jobs, job_receiver) = new_mailbox();
        let (reply_sender, replies) = new_mailbox();
        let (held, exited) = new_mailbox::<()>();
        let exit_state = Arc::new(ExitState::default());
        let exit_guard = exit_state.exit_guard(&self.abandoned);
        let slot = ConnectionSlot::default();
        *self.slot.lock() = slot.clone();
        let worker = Arc::downgrade(self);
        let handle = thread::Builder::new()
            .name("dcgm-engine".to_owned())
            .spawn(move || {
                // Dropped in reverse order: `held` first, which reports the end of the thread.
                let _exit_guard = exit_guard;
                let _held = held;
                // Before libdcgm starts threads, which inherit the signal mask.
                ffi::block_signals();
                let Some(handler) = worker.upgrade().map(|worker| (worker.make_handler)(slot))
                else {
                    return;
                };
                serve_jobs(handler, &job_receiver, &reply_sender);
            })
            .map_err(|error| Error::Thread {
                reason: error.to_string(),
            })?;
        Ok(WorkerThread {
            jobs,
            replies,
            exited,
            exit_state,
            handle,
            reply_pending: false,
        })
    }
}

fn serve_jobs<S: JobHandler>(
    mut handler: S,
    jobs: &Receiver<S::Job>,
    replies: &Sender<Option<S::Reply>>,
) {
    while let Ok(job) = jobs.recv() {
        let reply = panic::catch_unwind(AssertUnwindSafe(|| handler.handle_job(job))).ok();
        if reply.is_none() {
            handler.recover_from_panic();
        }
        // Without a receiver this thread was abandoned.
        if replies.send(reply).is_err() {
            return;
        }
    }
}

impl<S: JobHandler> Drop for Worker<S> {
    fn drop(&mut self) {
        let thread = self.thread.get_mut().take();
        if self.is_forked() {
            // The thread does not exist here, and the locks of its channels may never be released.
            let _never_dropped = ManuallyDrop::new(thread);
        }
    }
}

/// The state of a thread's end. The caller that abandons the thread and the thread that ends may
/// race; the second of them sees the first, so that the count of abandoned threads stays right.
#[derive(Debug, Default)]
pub(super) struct ExitState(AtomicU8);

const RUNNING: u8 = 0;
const ABANDONED: u8 = 1;
const ENDED: u8 = 2;

impl ExitState {
    /// Returns the guard that the thread drops at its end.
    pub(super) fn exit_guard(self: &Arc<Self>, abandoned: &Arc<AtomicUsize>) -> ExitGuard {
        ExitGuard {
            exit_state: Arc::clone(self),
            abandoned: Arc::clone(abandoned),
        }
    }

    /// Counts the thread as abandoned, unless it has ended.
    pub(super) fn mark_abandoned(&self, count: &AtomicUsize) {
        // Counted before the state is set: the thread must not subtract before this has added.
        count.fetch_add(1, Ordering::AcqRel);
        if self
            .0
            .compare_exchange(RUNNING, ABANDONED, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Reports the end of the thread when dropped.
pub(super) struct ExitGuard {
    exit_state: Arc<ExitState>,
    abandoned: Arc<AtomicUsize>,
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        if self.exit_state.0.swap(ENDED, Ordering::AcqRel) == ABANDONED {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl<S: JobHandler> core::fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Worker")
            .field("abandoned", &self.abandoned)
            .finish_non_exhaustive()
    }
}

// They need real threads and a real clock.
#[cfg(test)]
#[cfg(not(shuttle))]
#[path = "worker/tests.rs"]
mod tests;
