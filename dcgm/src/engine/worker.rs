//! The thread that makes an engine's calls, and the deadlines that it is held to.
//!
//! A call into libdcgm can hang for minutes, and nothing makes it give up but the end of its
//! connection. So no caller ever makes one: a thread of the engine's does, and the caller waits
//! with a deadline. When that passes, the connection is cut from yet another thread, which frees
//! the call at once. Only if it does not, within [`GRACE`], is the thread left behind.

use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::line::{Line, LineSlot, Stage};
use super::sync::{
    AtomicBool, AtomicU8, AtomicUsize, Instant, Mutex, Ordering, Receiver, RecvTimeoutError,
    Sender, mailbox, thread,
};
use crate::error::{Error, Operation, Result};
use crate::ffi;

/// How long a call has to end after its connection was cut.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// How many threads may be left behind in calls that nothing ends.
pub(super) const MOST_ABANDONED: usize = 2;

/// What the thread works on: made by it, and dropped by it.
pub(super) trait State: 'static {
    /// A request, with the buffers that it fills.
    type Job: Send + 'static;
    /// The answer, with those buffers.
    type Done: Send + 'static;

    /// Does it.
    fn work(&mut self, job: Self::Job) -> Self::Done;

    /// The request panicked: what it left half done is not to be used.
    fn abandon(&mut self);
}

/// The thread, as its callers share it.
pub(super) struct Worker<S: State> {
    make: Box<dyn Fn(LineSlot) -> S + Send + Sync>,
    lane: Mutex<Option<Lane<S>>>,
    /// The connection of the thread that is not left behind.
    line: Mutex<LineSlot>,
    pub(super) abandoned: Arc<AtomicUsize>,
    pid: u32,
    /// Its owner is gone, and no thread is started any more.
    closed: AtomicBool,
}

/// One thread: the way to it, and the way back.
struct Lane<S: State> {
    jobs: Sender<S::Job>,
    done: Receiver<Option<S::Done>>,
    /// Closed when the thread has dropped all that it held.
    gone: Receiver<()>,
    fate: Arc<Fate>,
    thread: thread::JoinHandle<()>,
    /// A job was given to it whose answer nobody has fetched yet.
    owed: bool,
}

impl<S: State> Worker<S> {
    /// No thread yet: the first job starts it.
    pub(super) fn new(make: impl Fn(LineSlot) -> S + Send + Sync + 'static) -> Self {
        Self {
            make: Box::new(make),
            lane: Mutex::new(None),
            line: Mutex::default(),
            abandoned: Arc::default(),
            pid: std::process::id(),
            closed: AtomicBool::new(false),
        }
    }

    /// How far the connection under way has come.
    pub(super) fn stage(&self) -> Stage {
        self.line.lock().stage()
    }

    /// Whether this is a child of the process in which it was made. Its threads are not here, and
    /// its locks may be held by them for ever.
    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.pid
    }

    /// Whether there is a thread, or somebody is about to make one.
    pub(super) fn has_thread(&self) -> bool {
        self.lane.try_lock().is_none_or(|lane| lane.is_some())
    }

    /// Whether somebody's job is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.lane.is_locked()
    }
}

impl<S: State> Worker<S>
where
    S::Job: Send,
{
    /// Has a job done, within the time. Others may be first; if they leave too little of the time,
    /// it is not begun.
    pub(super) fn run(
        self: &Arc<Self>,
        operation: Operation,
        limit: Duration,
        job: S::Job,
    ) -> Result<S::Done> {
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
        let mut slot = self.lane.try_lock_for(limit).ok_or_else(busy)?;
        let mut lane = match slot.take() {
            Some(lane) => lane,
            None => self.spawn()?,
        };
        if lane.owed {
            // The end of a watch, which nobody waited for.
            if lane.done.recv_timeout(left()).is_err() {
                self.overdue(&mut slot, lane);
                return Err(timeout());
            }
            lane.owed = false;
        }
        if left() < limit / 4 {
            // A healthy connection must not be cut because others were slow.
            *slot = Some(lane);
            return Err(busy());
        }
        let ended = || Error::Thread {
            reason: "it has ended".to_owned(),
        };
        // Here and not on the thread, which may come to it only when the time is up.
        self.line.lock().begin();
        // The lane goes back into its slot only while it is whole.
        lane.jobs.send(job).map_err(|_job| ended())?;
        match lane.done.recv_timeout(left()) {
            Ok(done) => {
                *slot = Some(lane);
                done.ok_or(Error::Panicked)
            }
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.overdue(&mut slot, lane);
                Err(timeout())
            }
        }
    }

    /// Gives a job to the thread if it has none, and waits for a short while only.
    pub(super) fn poke(&self, job: S::Job) {
        if self.is_forked() {
            return;
        }
        let Some(mut slot) = self.lane.try_lock() else {
            return;
        };
        let Some(lane) = slot.as_mut().filter(|lane| !lane.owed) else {
            return;
        };
        self.line.lock().begin();
        if lane.jobs.send(job).is_ok() {
            lane.owed = lane.done.recv_timeout(GRACE / 4).is_err();
        }
    }

    /// A job ran out of time: cuts its connection, and leaves the thread behind if that does not
    /// free it.
    fn overdue(&self, slot: &mut Option<Lane<S>>, mut lane: Lane<S>) {
        let cut = self.cut();
        // What comes now comes too late, but the thread is whole.
        if lane.done.recv_timeout(GRACE).is_ok() {
            lane.owed = false;
            *slot = Some(lane);
        } else {
            lane.fate.abandon(&self.abandoned);
        }
        if let Some(line) = cut {
            line.set_over();
        }
    }

    /// Cuts the connection, whatever hangs on it, from a thread of its own: in a broken library
    /// even that may hang. Returns at once, with the connection.
    pub(super) fn cut(&self) -> Option<Arc<Line>> {
        const STEP: Duration = Duration::from_millis(5);

        let line = self.line.lock().doom()?;
        let cutting = {
            let line = Arc::clone(&line);
            let cut = move || {
                ffi::block_signals();
                let until = Instant::now() + GRACE;
                // Again and again: a connect that hangs may not have its handle yet.
                loop {
                    line.disconnect();
                    if line.is_over() || Instant::now() >= until {
                        return;
                    }
                    thread::sleep(STEP);
                }
            };
            thread::Builder::new()
                .name("dcgm-cancel".to_owned())
                .spawn(cut)
        };
        // Without a thread nothing is cut, and the call is left behind.
        drop(cutting);
        Some(line)
    }

    /// Ends the thread: within twice [`GRACE`]/2, or it is left behind.
    fn end(self: &Arc<Self>, lane: Lane<S>) {
        let Lane {
            jobs,
            done,
            gone,
            fate,
            thread,
            owed: _,
        } = lane;
        drop((jobs, done));
        let ended = |limit| {
            matches!(
                gone.recv_timeout(limit),
                Err(RecvTimeoutError::Disconnected)
            )
        };
        let in_time = ended(GRACE / 2) || {
            self.cut();
            ended(GRACE / 2)
        };
        if in_time {
            // It has nothing left to do; a panic of its own was reported where it happened.
            drop(thread.join());
        } else {
            fate.abandon(&self.abandoned);
        }
    }

    /// Ends the thread, if there is one. For the last owner.
    pub(super) fn shut_down(self: &Arc<Self>) {
        if self.is_forked() {
            return;
        }
        self.closed.store(true, Ordering::Release);
        // Somebody may be ending a watch now, which takes no longer than this.
        let lane = self
            .lane
            .try_lock_for(GRACE)
            .and_then(|mut slot| slot.take());
        if let Some(lane) = lane {
            self.end(lane);
        }
    }

    fn spawn(self: &Arc<Self>) -> Result<Lane<S>> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::NotConnected);
        }
        let abandoned = self.abandoned.load(Ordering::Acquire);
        if abandoned >= MOST_ABANDONED {
            return Err(Error::Wedged { abandoned });
        }
        let (jobs, inbox) = mailbox();
        let (outbox, done) = mailbox();
        let (held, gone) = mailbox::<()>();
        let fate = Arc::new(Fate::default());
        let end = fate.end(&self.abandoned);
        let slot = LineSlot::default();
        *self.line.lock() = slot.clone();
        let worker = Arc::downgrade(self);
        let thread = thread::Builder::new()
            .name("dcgm-engine".to_owned())
            .spawn(move || {
                // Dropped in the reverse order: first what says that the thread is gone.
                let _end = end;
                let _held = held;
                // Before anything of libdcgm's runs, whose threads inherit it.
                ffi::block_signals();
                let Some(state) = worker.upgrade().map(|worker| (worker.make)(slot)) else {
                    return;
                };
                serve(state, &inbox, &outbox);
            })
            .map_err(|error| Error::Thread {
                reason: error.to_string(),
            })?;
        Ok(Lane {
            jobs,
            done,
            gone,
            fate,
            thread,
            owed: false,
        })
    }
}

fn serve<S: State>(mut state: S, inbox: &Receiver<S::Job>, outbox: &Sender<Option<S::Done>>) {
    while let Ok(job) = inbox.recv() {
        let done = panic::catch_unwind(AssertUnwindSafe(|| state.work(job))).ok();
        if done.is_none() {
            state.abandon();
        }
        // Nobody waits any more: this thread was left behind.
        if outbox.send(done).is_err() {
            return;
        }
    }
}

impl<S: State> Drop for Worker<S> {
    fn drop(&mut self) {
        let lane = self.lane.get_mut().take();
        if self.is_forked() {
            // There is no thread here, and a lock of the channels may be held for ever.
            let _never_dropped = ManuallyDrop::new(lane);
        }
    }
}

/// Whether a thread was left behind, and whether it ended: whoever comes second knows of the first.
#[derive(Debug, Default)]
pub(super) struct Fate(AtomicU8);

const RUNNING: u8 = 0;
const ABANDONED: u8 = 1;
const ENDED: u8 = 2;

impl Fate {
    /// What the thread drops at its end.
    pub(super) fn end(self: &Arc<Self>, abandoned: &Arc<AtomicUsize>) -> End {
        End {
            fate: Arc::clone(self),
            abandoned: Arc::clone(abandoned),
        }
    }

    pub(super) fn abandon(&self, count: &AtomicUsize) {
        // First counted, then told: the thread must not take off what is not there yet.
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

/// On the thread: what tells that it ended.
pub(super) struct End {
    fate: Arc<Fate>,
    abandoned: Arc<AtomicUsize>,
}

impl Drop for End {
    fn drop(&mut self) {
        if self.fate.0.swap(ENDED, Ordering::AcqRel) == ABANDONED {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl<S: State> core::fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Worker")
            .field("abandoned", &self.abandoned)
            .finish_non_exhaustive()
    }
}

// They need threads and a time of their own.
#[cfg(test)]
#[cfg(not(shuttle))]
#[path = "worker/tests.rs"]
mod tests;
