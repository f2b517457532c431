//! [`Queue`]: the bounded queue between the thread of a monitor and the program.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::Event;

/// A bounded queue of events, for a program that waits on a thread or in a task.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    capacity: usize,
    /// Outside of the lock, which a thread that a fork does not have may hold there.
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct QueueState {
    events: VecDeque<Event>,
    /// Set once no event will follow.
    is_closed: bool,
    /// The task that waits for the next event.
    waker: Option<Waker>,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity,
            dropped: AtomicU64::new(0),
        }
    }

    /// Adds events. Those without room are dropped and counted.
    pub(super) fn push_all(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.update(|state| {
            for event in events {
                if state.events.len() < self.capacity {
                    state.events.push_back(event);
                } else {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }

    /// Ends the queue: what is in it can still be taken.
    pub(super) fn close(&self) {
        self.update(|state| state.is_closed = true);
    }

    fn update(&self, action: impl FnOnce(&mut QueueState)) {
        let mut state = self.state.lock();
        action(&mut state);
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        // Outside of the lock: it is code of the program's runtime.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the number of events that were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes the next event, and waits for it until `deadline`; `None` for no deadline. Returns `None`
    /// after the deadline or the end of the queue.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Event> {
        let mut state = self.state.lock();
        loop {
            if let Some(event) = state.events.pop_front() {
                return Some(event);
            }
            if state.is_closed {
                return None;
            }
            match deadline {
                None => self.changed.wait(&mut state),
                Some(deadline) => {
                    if self.changed.wait_until(&mut state, deadline).timed_out() {
                        return state.events.pop_front();
                    }
                }
            }
        }
    }

    /// Takes the next event, or has `waker` woken when there is one.
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "for streams"))]
    pub(super) fn poll(&self, waker: &Waker) -> Poll<Option<Event>> {
        let mut state = self.state.lock();
        match state.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if state.is_closed => Poll::Ready(None),
            None => {
                state.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}
