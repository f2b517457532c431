//! The thread that makes calls, and the deadlines of those calls.
//!
//! A call can hang for minutes, and only cancelling it makes it return. Therefore no caller makes one
//! itself: [`Worker`] passes jobs to one thread and waits for the reply with a deadline.
//!
//! ```text
//!  caller ── run_job ──► Exchange ──► "dcgm-engine": serve_jobs ──► calls
//!    ▲                      │
//!    └────── reply ◄────────┘
//!    deadline passed: expire the slot ──► "dcgm-cancel": cancel_calls, until the call is over
//! ```
//!
//! When a deadline passes:
//!
//! 1. The [`CancelSlot`] is expired. If it holds a target, a second thread cancels its calls; a target
//!    that is stored later is marked as cancelled as it is stored. The caller never cancels calls
//!    itself, because in a broken library that may hang, too.
//! 2. The caller waits for up to [`CANCEL_TIMEOUT`]. Normally the call returns at once, its late
//!    reply is discarded, and the thread goes on with the next job.
//! 3. Otherwise the thread is abandoned. At [`MAX_ABANDONED_THREADS`] no further thread is started
//!    until one of them ends.

use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::cancel::{Cancel, CancelSlot, Cancellable};
use super::exchange::{CallerEnd, NoReply, ThreadEnd, new_exchange};
use super::sync::{AtomicBool, AtomicUsize, Instant, Mutex, Ordering, thread};
use crate::error::{Error, Operation, Result};
use crate::ffi;

/// The time that a call has to return after it was cancelled.
pub(in crate::engine) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum number of abandoned threads, each in a call that nothing ends.
pub(in crate::engine) const MAX_ABANDONED_THREADS: usize = 2;

/// The state that jobs work on. The thread creates it and drops it.
pub(in crate::engine) trait JobHandler: 'static {
    /// A request, with the buffers that it fills.
    type Job: Send + 'static;
    /// The reply, with those buffers.
    type Reply: Send + 'static;
    /// The target whose calls are cancelled when a job exceeds its deadline.
    type Target: Cancel;

    /// Executes a job.
    fn handle_job(&mut self, job: Self::Job) -> Self::Reply;

    /// Discards the state that a panicking job may have left inconsistent.
    fn recover_from_panic(&mut self);
}

/// Runs jobs on a thread of its own; shared by all callers.
pub(in crate::engine) struct Worker<S: JobHandler> {
    make_handler: Box<dyn Fn(CancelSlot<S::Target>) -> S + Send + Sync>,
    /// The current thread. Locked while a job is in progress.
    thread: Mutex<Option<WorkerThread<S>>>,
    /// The slot of the current thread.
    slot: Mutex<CancelSlot<S::Target>>,
    /// The number of abandoned threads.
    pub(in crate::engine) abandoned: Arc<AtomicUsize>,
    pid: u32,
    /// Set when the owner is gone; no thread is started any more.
    closed: AtomicBool,
}

/// A running thread.
struct WorkerThread<S: JobHandler> {
    /// `None` as a reply: the job panicked.
    exchange: CallerEnd<S::Job, Option<S::Reply>>,
    handle: thread::JoinHandle<()>,
    /// Set while the reply to a detached job has not been received yet.
    reply_pending: bool,
}

impl<S: JobHandler> Worker<S> {
    /// Creates a worker without a thread; the first job starts one.
    pub(in crate::engine) fn new(
        make_handler: impl Fn(CancelSlot<S::Target>) -> S + Send + Sync + 'static,
    ) -> Self {
        Self {
            make_handler: Box::new(make_handler),
            thread: Mutex::new(None),
            slot: Mutex::default(),
            abandoned: Arc::default(),
            pid: std::process::id(),
            closed: AtomicBool::new(false),
        }
    }

    /// Returns the progress of the job in progress.
    pub(in crate::engine) fn job_stage(&self) -> <S::Target as Cancel>::Stage {
        self.slot.lock().stage()
    }

    /// Returns `true` in a fork of the process that created the worker. The thread does not exist
    /// there, and its locks may never be released.
    pub(in crate::engine) fn is_forked(&self) -> bool {
        std::process::id() != self.pid
    }

    /// Returns `true` if there is a thread, or a caller is about to start one.
    pub(in crate::engine) fn has_thread(&self) -> bool {
        self.thread.try_lock().is_none_or(|thread| thread.is_some())
    }

    /// Returns `true` if a job is in progress.
    pub(in crate::engine) fn is_busy(&self) -> bool {
        self.thread.is_locked()
    }
}

impl<S: JobHandler> Worker<S>
where
    S::Job: Send,
{
    /// Runs a job and returns its reply, within `limit`. Jobs of other callers come first; if they
    /// leave less than a quarter of the time, the job is not started.
    pub(in crate::engine) fn run_job(
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
            if thread.exchange.wait_reply(left()).is_err() {
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
        if !thread.exchange.send_job(job) {
            return Err(ended());
        }
        match thread.exchange.wait_reply(left()) {
            Ok(reply) => {
                *current = Some(thread);
                reply.ok_or(Error::Panicked)
            }
            Err(NoReply::Ended) => Err(ended()),
            Err(NoReply::TimedOut) => {
                self.handle_timeout(&mut current, thread);
                Err(timeout())
            }
        }
    }

    /// Passes a job to the thread if it is idle, and waits for a short time only. The next job waits
    /// for the reply.
    pub(in crate::engine) fn submit_detached(&self, job: S::Job) {
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
        if thread.exchange.send_job(job) {
            thread.reply_pending = thread.exchange.wait_reply(CANCEL_TIMEOUT / 4).is_err();
        }
    }

    /// Cancels a job that exceeded its deadline, and abandons the thread if the call does not return.
    fn handle_timeout(&self, current: &mut Option<WorkerThread<S>>, mut thread: WorkerThread<S>) {
        let cancelled = self.cancel_call();
        // A reply now is too late to be used, but the thread can go on.
        if thread.exchange.wait_reply(CANCEL_TIMEOUT).is_ok() {
            thread.reply_pending = false;
            *current = Some(thread);
        } else {
            thread.exchange.abandon(&self.abandoned);
        }
        if let Some(target) = cancelled {
            target.mark_finished();
        }
    }

    /// Cancels the call in progress from another thread, as even that may hang in a broken library.
    /// Returns at once, with the target of the call.
    pub(in crate::engine) fn cancel_call(&self) -> Option<Arc<Cancellable<S::Target>>> {
        const STEP: Duration = Duration::from_millis(5);

        let target = self.slot.lock().expire()?;
        let spawned = {
            let target = Arc::clone(&target);
            let cancel = move || {
                ffi::block_signals();
                let until = Instant::now() + CANCEL_TIMEOUT;
                // Repeatedly: a call that has just begun may not be cancellable yet.
                loop {
                    target.cancel_calls();
                    if target.is_finished() || Instant::now() >= until {
                        return;
                    }
                    thread::sleep(STEP);
                }
            };
            thread::Builder::new()
                .name("dcgm-cancel".to_owned())
                .spawn(cancel)
        };
        // If the thread cannot be started, nothing is cancelled, and the call is abandoned.
        drop(spawned);
        Some(target)
    }

    /// Stops a thread, and abandons it if it does not end within [`CANCEL_TIMEOUT`]. Its call is
    /// cancelled after half of that time.
    fn stop_thread(self: &Arc<Self>, thread: WorkerThread<S>) {
        let WorkerThread {
            exchange, handle, ..
        } = thread;
        exchange.close();
        let in_time = exchange.has_ended_within(CANCEL_TIMEOUT / 2) || {
            self.cancel_call();
            exchange.has_ended_within(CANCEL_TIMEOUT / 2)
        };
        if in_time {
            // The thread has nothing left to do; a panic was reported where it happened.
            drop(handle.join());
        } else {
            exchange.abandon(&self.abandoned);
        }
    }

    /// Stops the thread, if there is one, and starts no other. For the last owner.
    pub(in crate::engine) fn shut_down(self: &Arc<Self>) {
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
        let (exchange, end) = new_exchange(&self.abandoned);
        let slot = CancelSlot::default();
        *self.slot.lock() = slot.clone();
        let worker = Arc::downgrade(self);
        let handle = thread::Builder::new()
            .name("dcgm-engine".to_owned())
            .spawn(move || {
                // Before libdcgm starts threads, which inherit the signal mask.
                ffi::block_signals();
                let Some(handler) = worker.upgrade().map(|worker| (worker.make_handler)(slot))
                else {
                    return;
                };
                // `end` outlives the handler.
                serve_jobs(handler, &end);
            })
            .map_err(|error| Error::Thread {
                reason: error.to_string(),
            })?;
        Ok(WorkerThread {
            exchange,
            handle,
            reply_pending: false,
        })
    }
}

fn serve_jobs<S: JobHandler>(mut handler: S, end: &ThreadEnd<S::Job, Option<S::Reply>>) {
    while let Some(job) = end.next_job() {
        let reply = panic::catch_unwind(AssertUnwindSafe(|| handler.handle_job(job))).ok();
        if reply.is_none() {
            handler.recover_from_panic();
        }
        if !end.send_reply(reply) {
            return;
        }
    }
}

impl<S: JobHandler> Drop for Worker<S> {
    fn drop(&mut self) {
        let thread = self.thread.get_mut().take();
        if self.is_forked() {
            // The thread does not exist here, and the lock of its exchange may never be released.
            let _never_dropped = ManuallyDrop::new(thread);
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
