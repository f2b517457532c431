//! [`EventStream`]: the events of a monitor that runs on a thread.

use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Event, Monitor};
use crate::client::Client;
use crate::error::Error;
use crate::queue::Queue;

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
    queue: Arc<Queue<Event>>,
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
        let queue = Arc::new(Queue::new(capacity.max(1)));
        let (stop, stopped) = mpsc::channel();
        let client = Arc::clone(self.engine.client());
        let closing = CloseAtEnd(Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("dcgm-monitor".to_owned())
            .spawn(move || self.run(&closing.0, &stopped))?;
        Ok(EventStream {
            queue,
            client,
            stop: Some(stop),
            thread: Some(thread),
            process: std::process::id(),
        })
    }

    fn run(mut self, queue: &Queue<Event>, stopped: &Receiver<()>) {
        let interval = self.interval;
        let mut backoff = MIN_BACKOFF;
        let mut next = Instant::now();
        loop {
            // A panic, for example of the client, ends the round and the connection.
            let events = catch_unwind(AssertUnwindSafe(|| self.poll())).unwrap_or_else(|_| {
                self.close_client();
                self.end_connection(Error::Panicked).into_iter().collect()
            });
            queue.push_all(events);
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
        self.queue.wait(Instant::now().checked_add(timeout))
    }

    /// Converts to a [`Stream`](futures_core::Stream), for async code.
    #[cfg(feature = "stream")]
    #[must_use]
    pub fn into_async(self) -> AsyncEventStream {
        AsyncEventStream { events: self }
    }

    /// Returns `true` in a fork of the process that started the thread.
    fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Returns the number of events that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

/// Waits for the next event; `None` after the thread has ended, and in a fork of the process.
impl Iterator for EventStream {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.is_forked() {
            return None;
        }
        self.queue.wait(None)
    }
}

/// Closes the queue when the thread ends, however it ends.
struct CloseAtEnd(Arc<Queue<Event>>);

impl Drop for CloseAtEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The events of a [`Monitor`] that runs on a thread, as a [`Stream`](futures_core::Stream). It ends when
/// the thread has ended, and at once in a fork of the process.
///
/// Dropping it does not block: the thread stops and closes the client after the round in progress.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::monitor::{AsyncEventStream, Event, Monitor};
/// use std::future::poll_fn;
/// use std::pin::Pin;
/// use std::sync::Arc;
/// use futures_core::Stream;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mock = Mock::named("1xl4")?;
/// let mut events: AsyncEventStream = Monitor::new(Arc::new(mock)).start(1000)?.into_async();
/// let first = async { poll_fn(|context| Pin::new(&mut events).poll_next(context)).await };
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// assert!(matches!(runtime.block_on(first), Some(Event::Connected(_))));
/// # Ok(())
/// # }
/// # }
/// ```
#[cfg(feature = "stream")]
#[derive(Debug)]
pub struct AsyncEventStream {
    events: EventStream,
}

#[cfg(feature = "stream")]
impl AsyncEventStream {
    /// Returns the number of events that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.events.dropped()
    }
}

#[cfg(feature = "stream")]
impl futures_core::Stream for AsyncEventStream {
    type Item = Event;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Event>> {
        if self.events.is_forked() {
            return std::task::Poll::Ready(None);
        }
        self.events.queue.poll(context.waker())
    }
}

#[cfg(feature = "stream")]
impl Drop for AsyncEventStream {
    fn drop(&mut self) {
        if !self.events.is_forked() {
            // The thread closes the client when its round has ended.
            self.events.stop = None;
            drop(self.events.thread.take());
        }
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
        if let Some(thread) = self.thread.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| self.client.close()));
            // A panic of the thread was reported by the panic hook.
            let _ = thread.join();
        }
    }
}
