//! A way for one value at a time from one thread to another.
//!
//! A channel made for many values (crossbeam's, which is the standard library's, too) spins and
//! yields before it lets its thread sleep, each time that it is waited on. Here a wait is nearly
//! always longer than that, and each read pays for it on two threads: as much time of the
//! processor as it takes to read a thousand values.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::sync::Instant;

/// Why nothing was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RecvTimeoutError {
    Timeout,
    /// The sender is gone, and nothing is left.
    Disconnected,
}

#[derive(Debug)]
struct Shared<T> {
    inside: Mutex<Inside<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inside<T> {
    value: Option<T>,
    has_sender: bool,
    has_receiver: bool,
}

/// Puts values in. Dropped, it tells the receiver that none comes any more.
#[derive(Debug)]
pub(super) struct Sender<T>(Arc<Shared<T>>);

/// Takes values out.
#[derive(Debug)]
pub(super) struct Receiver<T>(Arc<Shared<T>>);

/// A mailbox, with room for one value.
pub(super) fn mailbox<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        inside: Mutex::new(Inside {
            value: None,
            has_sender: true,
            has_receiver: true,
        }),
        changed: Condvar::new(),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    /// Puts a value in, once there is room.
    ///
    /// # Errors
    ///
    /// The value, if nobody will take it.
    pub(super) fn send(&self, value: T) -> Result<(), T> {
        let mut inside = self.0.inside.lock();
        while inside.has_receiver && inside.value.is_some() {
            self.0.changed.wait(&mut inside);
        }
        if !inside.has_receiver {
            return Err(value);
        }
        inside.value = Some(value);
        drop(inside);
        self.0.changed.notify_all();
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Waits for a value as long as there may be one.
    pub(super) fn recv(&self) -> Result<T, RecvTimeoutError> {
        self.receive(None)
    }

    /// Waits for a value so long.
    pub(super) fn recv_timeout(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        self.receive(Instant::now().checked_add(limit))
    }

    fn receive(&self, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let mut inside = self.0.inside.lock();
        let mut is_over = false;
        loop {
            if let Some(value) = inside.value.take() {
                drop(inside);
                // The sender may wait for room.
                self.0.changed.notify_all();
                return Ok(value);
            }
            if !inside.has_sender {
                return Err(RecvTimeoutError::Disconnected);
            }
            if is_over {
                return Err(RecvTimeoutError::Timeout);
            }
            match until {
                Some(until) => {
                    is_over = self.0.changed.wait_until(&mut inside, until).timed_out();
                }
                None => self.0.changed.wait(&mut inside),
            }
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.inside.lock().has_sender = false;
        self.0.changed.notify_all();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut inside = self.0.inside.lock();
            inside.has_receiver = false;
            inside.value.take()
        };
        self.0.changed.notify_all();
        // With the lock free: whatever it is may take its time.
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
    fn values_come_out_in_their_order_and_the_sender_waits_for_room() {
        let (sender, receiver) = mailbox();
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
    fn a_wait_ends_with_its_time_or_with_the_sender() {
        let (sender, receiver) = mailbox::<u32>();
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
    fn what_nobody_takes_is_dropped_and_whoever_sends_it_knows() {
        struct Counted<'c>(&'c AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = AtomicUsize::new(0);
        let (sender, receiver) = mailbox();
        assert!(sender.send(Counted(&count)).is_ok());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sender.send(Counted(&count)).is_err());
            drop(receiver);
            assert!(waiting.join().unwrap());
        });
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }
}
