//! [`Queue`]: the bounded queue between a thread that finds events and the program.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

/// A bounded queue of events, for a program that waits on a thread or in a task.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<QueueState<T>>,
    changed: Condvar,
    capacity: usize,
    /// Outside of the lock, which a thread that a fork does not have may hold there.
    dropped: AtomicU64,
}

#[derive(Debug)]
struct QueueState<T> {
    events: VecDeque<T>,
    /// Set once no event will follow.
    is_closed: bool,
    /// The task that waits for the next event.
    waker: Option<Waker>,
}

impl<T> Queue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(QueueState {
                events: VecDeque::new(),
                is_closed: false,
                waker: None,
            }),
            changed: Condvar::new(),
            capacity,
            dropped: AtomicU64::new(0),
        }
    }

    /// Adds events. Those without room are dropped and counted.
    pub(crate) fn push_all(&self, events: Vec<T>) {
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

    /// Adds an event. Without room, it is dropped and counted.
    pub(crate) fn push(&self, event: T) {
        self.update(|state| {
            if state.is_closed {
                return;
            }
            if state.events.len() < self.capacity {
                state.events.push_back(event);
            } else {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    /// Returns `true` once no event will follow.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// Ends the queue: what is in it can still be taken.
    pub(crate) fn close(&self) {
        self.update(|state| state.is_closed = true);
    }

    fn update(&self, action: impl FnOnce(&mut QueueState<T>)) {
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

    /// Counts events that were dropped elsewhere.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(crate) fn count_dropped(&self, number: u64) {
        self.dropped.fetch_add(number, Ordering::Relaxed);
    }

    /// Returns the number of events that were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes the next event, and waits for it until `deadline`; `None` for no deadline. Returns `None`
    /// after the deadline or the end of the queue.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<T> {
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
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Option<T>> {
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
