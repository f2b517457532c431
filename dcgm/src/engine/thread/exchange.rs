//! The exchange of one job at a time, and its reply, between callers and a thread.
//!
//! ```text
//!  CallerEnd::send_job ───► job: Option<Job> ─────► ThreadEnd::next_job
//!  CallerEnd::wait_reply ◄── reply: Option<Reply> ◄── ThreadEnd::send_reply
//!   closed or dropped: has_caller = false           dropped: has_thread = false
//!   abandoned: is_abandoned = true, count + 1       dropped when abandoned: count - 1
//! ```
//!
//! One lock and one condition variable serve both directions: every change notifies all waiters,
//! which are two at most. Channels of the standard library (crossbeam's) are not used: they spin and
//! yield before a thread sleeps. Here nearly every wait is longer than that, and each read would pay
//! for it on two threads, with as much processor time as reading a thousand values takes.
//!
//! The caller that abandons the thread and the thread that ends may race. Both hold the lock, so that
//! the second of them sees the first, and the count of abandoned threads stays right.

use std::sync::Arc;
use std::time::Duration;

use super::sync::{AtomicUsize, Condvar, Instant, Mutex, MutexGuard, Ordering};

/// The reason why no reply was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoReply {
    TimedOut,
    /// The thread has ended.
    Ended,
}

struct Exchange<Job, Reply> {
    state: Mutex<ExchangeState<Job, Reply>>,
    changed: Condvar,
}

struct ExchangeState<Job, Reply> {
    job: Option<Job>,
    reply: Option<Reply>,
    has_caller: bool,
    has_thread: bool,
    is_abandoned: bool,
}

impl<Job, Reply> Exchange<Job, Reply> {
    /// Waits until `take` returns a value, for at most `limit`.
    fn wait_for<T>(
        &self,
        limit: Option<Duration>,
        mut take: impl FnMut(&mut ExchangeState<Job, Reply>) -> Option<T>,
    ) -> Option<T> {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut state = self.state.lock();
        let mut timed_out = false;
        loop {
            let taken = take(&mut state);
            if taken.is_some() || timed_out {
                return taken;
            }
            match until {
                Some(until) => timed_out = self.changed.wait_until(&mut state, until).timed_out(),
                None => self.changed.wait(&mut state),
            }
        }
    }

    /// Releases the lock, and notifies the other end.
    fn notify(&self, state: MutexGuard<'_, ExchangeState<Job, Reply>>) {
        drop(state);
        self.changed.notify_all();
    }
}

/// Creates an exchange. `abandoned` counts the threads that were abandoned and have not ended.
pub(super) fn new_exchange<Job, Reply>(
    abandoned: &Arc<AtomicUsize>,
) -> (CallerEnd<Job, Reply>, ThreadEnd<Job, Reply>) {
    let exchange = Arc::new(Exchange {
        state: Mutex::new(ExchangeState {
            job: None,
            reply: None,
            has_caller: true,
            has_thread: true,
            is_abandoned: false,
        }),
        changed: Condvar::new(),
    });
    let end = ThreadEnd {
        exchange: Arc::clone(&exchange),
        abandoned: Arc::clone(abandoned),
    };
    (CallerEnd(exchange), end)
}

/// The end of the callers.
pub(super) struct CallerEnd<Job, Reply>(Arc<Exchange<Job, Reply>>);

impl<Job, Reply> CallerEnd<Job, Reply> {
    /// Passes a job to the thread, which has replied to the last one. Returns `false` if the thread has
    /// ended.
    pub(super) fn send_job(&self, job: Job) -> bool {
        let mut state = self.0.state.lock();
        if !state.has_thread {
            return false;
        }
        state.job = Some(job);
        self.0.notify(state);
        true
    }

    /// Waits for the reply for at most `limit`.
    pub(super) fn wait_reply(&self, limit: Duration) -> Result<Reply, NoReply> {
        let reply = self
            .0
            .wait_for(Some(limit), |state| match state.reply.take() {
                Some(reply) => Some(Ok(reply)),
                None => (!state.has_thread).then_some(Err(NoReply::Ended)),
            });
        reply.unwrap_or(Err(NoReply::TimedOut))
    }

    /// Makes the thread end after the current job.
    pub(super) fn close(&self) {
        let mut state = self.0.state.lock();
        state.has_caller = false;
        let reply = state.reply.take();
        self.0.notify(state);
        // After the lock is released: dropping it may take long.
        drop(reply);
    }

    /// Waits for at most `limit` until the thread has dropped everything that it held.
    pub(super) fn has_ended_within(&self, limit: Duration) -> bool {
        let ended = |state: &mut ExchangeState<Job, Reply>| (!state.has_thread).then_some(());
        self.0.wait_for(Some(limit), ended).is_some()
    }

    /// Counts the thread as abandoned, unless it has ended.
    pub(super) fn abandon(self, count: &AtomicUsize) {
        let mut state = self.0.state.lock();
        if state.has_thread {
            state.is_abandoned = true;
            count.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl<Job, Reply> Drop for CallerEnd<Job, Reply> {
    fn drop(&mut self) {
        self.close();
    }
}

/// The end of the thread. To be dropped last.
pub(super) struct ThreadEnd<Job, Reply> {
    exchange: Arc<Exchange<Job, Reply>>,
    abandoned: Arc<AtomicUsize>,
}

impl<Job, Reply> ThreadEnd<Job, Reply> {
    /// Waits for the next job; `None` if no further one can come.
    pub(super) fn next_job(&self) -> Option<Job> {
        let job = self
            .exchange
            .wait_for(None, |state| match state.job.take() {
                Some(job) => Some(Some(job)),
                None => (!state.has_caller).then_some(None),
            });
        job.flatten()
    }

    /// Passes the reply to the caller. Returns `false` if there is none: the thread was abandoned or has
    /// to end.
    pub(super) fn send_reply(&self, reply: Reply) -> bool {
        let mut state = self.exchange.state.lock();
        if !state.has_caller {
            return false;
        }
        state.reply = Some(reply);
        self.exchange.notify(state);
        true
    }
}

impl<Job, Reply> Drop for ThreadEnd<Job, Reply> {
    fn drop(&mut self) {
        let mut state = self.exchange.state.lock();
        state.has_thread = false;
        if state.is_abandoned {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
        let job = state.job.take();
        self.exchange.notify(state);
        drop(job);
    }
}

#[cfg(test)]
#[cfg(not(shuttle))]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn exchange<Job, Reply>() -> (CallerEnd<Job, Reply>, ThreadEnd<Job, Reply>) {
        new_exchange(&Arc::default())
    }

    #[test]
    fn jobs_and_replies_arrive_in_order() {
        let (caller, end) = exchange::<u32, u32>();
        let thread = thread::spawn(move || {
            while let Some(job) = end.next_job() {
                assert!(end.send_reply(job + 1));
            }
        });
        for job in 0..1000 {
            assert!(caller.send_job(job));
            assert_eq!(caller.wait_reply(LONG), Ok(job + 1));
        }
        drop(caller);
        thread.join().unwrap();
    }

    #[test]
    fn a_wait_ends_with_its_deadline_or_with_the_thread() {
        let (caller, end) = exchange::<u32, u32>();
        let timeout = Err(NoReply::TimedOut);
        assert_eq!(caller.wait_reply(Duration::from_millis(1)), timeout);
        assert_eq!(caller.wait_reply(Duration::ZERO), timeout);
        assert!(end.send_reply(7));
        assert_eq!(caller.wait_reply(Duration::ZERO), Ok(7));
        assert!(end.send_reply(8));
        assert!(!caller.has_ended_within(Duration::ZERO));
        let thread = thread::spawn(move || drop(end));
        assert!(caller.has_ended_within(LONG));
        assert_eq!(caller.wait_reply(LONG), Ok(8));
        assert_eq!(caller.wait_reply(LONG), Err(NoReply::Ended));
        assert!(!caller.send_job(9));
        thread.join().unwrap();
    }

    #[test]
    fn an_unreceived_value_is_dropped_and_the_sender_gets_an_error() {
        struct Counted<'c>(&'c AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = AtomicUsize::new(0);
        let (caller, end) = exchange();
        assert!(end.send_reply(Counted(&count)));
        assert!(caller.send_job(Counted(&count)));
        drop(caller);
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert!(!end.send_reply(Counted(&count)));
        assert_eq!(count.load(Ordering::Relaxed), 2);
        drop(end);
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
}
