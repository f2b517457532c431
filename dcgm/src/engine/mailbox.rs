//! A channel for one value at a time, from one thread to another.
//!
//! ```text
//!  Sender::send ──► value: Option<T> ──► Receiver::recv
//!   waits while full                      waits while empty, with an optional deadline
//!   dropped: has_sender = false           dropped: has_receiver = false, the value is dropped
//! ```
//!
//! One lock and one condition variable serve both directions: every change notifies all waiters,
//! which are two at most. The channel of the standard library (crossbeam's) is not used: it spins
//! and yields before a thread sleeps. Here nearly every wait is longer than that, and each read
//! would pay for it on two threads, with as much processor time as reading a thousand values takes.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::sync::Instant;

/// An error of receiving.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RecvTimeoutError {
    Timeout,
    /// The sender was dropped, and no value is left.
    Disconnected,
}

#[derive(Debug)]
struct MailboxInner<T> {
    state: Mutex<MailboxState<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct MailboxState<T> {
    value: Option<T>,
    has_sender: bool,
    has_receiver: bool,
}

/// The sending half. Dropping it disconnects the receiver.
#[derive(Debug)]
pub(super) struct Sender<T>(Arc<MailboxInner<T>>);

/// The receiving half.
#[derive(Debug)]
pub(super) struct Receiver<T>(Arc<MailboxInner<T>>);

/// Creates a mailbox with capacity for one value.
pub(super) fn new_mailbox<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(MailboxInner {
        state: Mutex::new(MailboxState {
            value: None,
            has_sender: true,
            has_receiver: true,
        }),
        changed: Condvar::new(),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    /// Sends a value; waits while the mailbox is full.
    ///
    /// # Errors
    ///
    /// Returns the value if the receiver was dropped.
    pub(super) fn send(&self, value: T) -> Result<(), T> {
        let mut state = self.0.state.lock();
        while state.has_receiver && state.value.is_some() {
            self.0.changed.wait(&mut state);
        }
        if !state.has_receiver {
            return Err(value);
        }
        state.value = Some(value);
        drop(state);
        self.0.changed.notify_all();
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Waits for a value until the sender is dropped.
    pub(super) fn recv(&self) -> Result<T, RecvTimeoutError> {
        self.recv_until(None)
    }

    /// Waits for a value for at most `limit`.
    pub(super) fn recv_timeout(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Instant::now().checked_add(limit))
    }

    fn recv_until(&self, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let mut state = self.0.state.lock();
        let mut timed_out = false;
        loop {
            if let Some(value) = state.value.take() {
                drop(state);
                // The sender may be waiting for the mailbox to become empty.
                self.0.changed.notify_all();
                return Ok(value);
            }
            if !state.has_sender {
                return Err(RecvTimeoutError::Disconnected);
            }
            if timed_out {
                return Err(RecvTimeoutError::Timeout);
            }
            match until {
                Some(until) => {
                    timed_out = self.0.changed.wait_until(&mut state, until).timed_out();
                }
                None => self.0.changed.wait(&mut state),
            }
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.state.lock().has_sender = false;
        self.0.changed.notify_all();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut state = self.0.state.lock();
            state.has_receiver = false;
            state.value.take()
        };
        self.0.changed.notify_all();
        // After the lock is released: dropping the value may take long.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn values_arrive_in_order_and_the_sender_waits_while_full() {
        let (sender, receiver) = new_mailbox();
        let thread = thread::spawn(move || {
            for value in 0..1000 {
                sender.send(value).unwrap();
            }
        });
        let values: Vec<u32> = std::iter::from_fn(|| receiver.recv().ok()).collect();
        assert_eq!(values, (0..1000).collect::<Vec<_>>());
        thread.join().unwrap();
    }

    #[test]
    fn a_wait_ends_with_its_deadline_or_with_the_sender() {
        let (sender, receiver) = new_mailbox::<u32>();
        let timeout = Err(RecvTimeoutError::Timeout);
        assert_eq!(receiver.recv_timeout(Duration::from_millis(1)), timeout);
        assert_eq!(receiver.recv_timeout(Duration::ZERO), timeout);
        sender.send(7).unwrap();
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(7));
        sender.send(8).unwrap();
        let thread = thread::spawn(move || drop(sender));
        assert_eq!(receiver.recv_timeout(LONG), Ok(8));
        assert_eq!(
            receiver.recv_timeout(LONG),
            Err(RecvTimeoutError::Disconnected)
        );
        assert_eq!(receiver.recv(), Err(RecvTimeoutError::Disconnected));
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
        let (sender, receiver) = new_mailbox();
        assert!(sender.send(Counted(&count)).is_ok());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sender.send(Counted(&count)).is_err());
            drop(receiver);
            assert!(waiting.join().unwrap());
        });
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }
}
