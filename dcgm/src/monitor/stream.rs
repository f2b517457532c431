//! [`EventStream`]: the events of a monitor that runs on a thread.

use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Event, Monitor};
use crate::client::Client;
use crate::error::Error;

/// The delay after a first failed attempt to connect; it doubles up to the interval.
const MIN_BACKOFF: Duration = Duration::from_millis(250);

/// The events of a [`Monitor`] that runs on a thread: an iterator that waits for the next event.
///
/// The queue of events is bounded. If the program does not take them, new events are dropped and
/// [counted](Self::dropped). Dropping the stream stops the thread and closes the client.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::monitor::{Event, Monitor};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// let mock = Mock::named("1xl4").unwrap();
/// let events = Monitor::new(Arc::new(mock)).start(1000)?;
/// let first = events.next_timeout(Duration::from_secs(5));
/// assert!(matches!(first, Some(Event::Connected(_))));
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct EventStream {
    events: Receiver<Event>,
    dropped: Arc<AtomicU64>,
    client: Arc<dyn Client>,
    /// Dropping it stops the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread: a fork of it has none.
    process: u32,
}

impl Monitor {
    /// Starts a thread that [polls](Self::poll) once per interval, and returns the events. At most
    /// `capacity` events wait in the queue, and at least one.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(self, capacity: usize) -> io::Result<EventStream> {
        let (send, events) = mpsc::sync_channel(capacity.max(1));
        let (stop, stopped) = mpsc::channel();
        let dropped = Arc::new(AtomicU64::new(0));
        let client = Arc::clone(self.engine.client());
        let count = Arc::clone(&dropped);
        let thread = thread::Builder::new()
            .name("dcgm-monitor".to_owned())
            .spawn(move || self.run(&send, &stopped, &count))?;
        Ok(EventStream {
            events,
            dropped,
            client,
            stop: Some(stop),
            thread: Some(thread),
            process: std::process::id(),
        })
    }

    fn run(mut self, send: &SyncSender<Event>, stopped: &Receiver<()>, dropped: &AtomicU64) {
        let interval = self.interval;
        let mut backoff = MIN_BACKOFF;
        let mut next = Instant::now();
        loop {
            // A panic, for example of the client, ends the round and the connection.
            let events = catch_unwind(AssertUnwindSafe(|| self.poll())).unwrap_or_else(|_| {
                self.close_client();
                self.end_connection(Error::Panicked).into_iter().collect()
            });
            for event in events {
                if send.try_send(event).is_err() {
                    dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            let now = Instant::now();
            let delay = if self.engine.is_connected() {
                backoff = MIN_BACKOFF;
                // A fixed cadence; rounds that were overrun are skipped.
                while next <= now {
                    next += interval;
                }
                next - now
            } else {
                let delay = backoff.min(interval);
                backoff = (backoff * 2).min(interval);
                next = now + delay;
                delay
            };
            if stopped.recv_timeout(delay) != Err(RecvTimeoutError::Timeout) {
                // The round may have connected after the client was closed.
                self.close_client();
                return;
            }
        }
    }

    fn close_client(&mut self) {
        // A client that has panicked may do so again; the panic hook has reported it.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            self.watched = None;
            self.engine.disconnect();
        }));
        let _ = catch_unwind(AssertUnwindSafe(|| self.engine.client().close()));
    }
}

impl EventStream {
    /// Waits for the next event, for at most `timeout`. `None` if there was none.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<Event> {
        if self.is_forked() {
            return None;
        }
        self.events.recv_timeout(timeout).ok()
    }

    /// Returns `true` in a fork of the process that started the thread.
    fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Returns the number of events that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Waits for the next event; `None` after the thread has ended, and in a fork of the process.
impl Iterator for EventStream {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.is_forked() {
            return None;
        }
        self.events.recv().ok()
    }
}

/// Stops the thread and closes the client, which cancels a call that hangs. Blocks until the round in
/// progress has ended: at most the deadlines of the client's calls.
impl Drop for EventStream {
    fn drop(&mut self) {
        if self.is_forked() {
            // There is no thread here to wait for.
            let _never_dropped = ManuallyDrop::new((self.stop.take(), self.thread.take()));
            return;
        }
        self.stop = None;
        let _ = catch_unwind(AssertUnwindSafe(|| self.client.close()));
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook.
            let _ = thread.join();
        }
    }
}
