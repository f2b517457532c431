//! A host that a thread of its own reads, so that an engine that hangs does not delay drawing.

use std::io;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use crate::reader::HostReader;
use crate::screen::ScreenState;
use crate::view::{ConnectionState, HostView};

/// Time that a read may take before the engine counts as unavailable.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Receives views from the thread that reads the host.
#[derive(Debug)]
pub struct LiveView {
    views: Receiver<HostView>,
    latest: HostView,
    /// Time at which `latest` arrived.
    received: Instant,
    /// Set once `latest` was copied to the caller.
    copied: bool,
    interval: Duration,
}

/// The thread that reads the host has stopped.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReaderStoppedError;

impl core::fmt::Display for ReaderStoppedError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the thread that reads the engine has ended")
    }
}

impl std::error::Error for ReaderStoppedError {}

impl LiveView {
    /// Starts a thread that reads at an interval. Nothing waits for the thread: it may hang in a
    /// call, and ends with the process or after this was dropped.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(mut reader: HostReader, interval: Duration) -> io::Result<Self> {
        // At most one view waits, also on a terminal that is stopped.
        let (sender, views) = mpsc::sync_channel(1);
        let live = Self::from_channel(views, reader.view().clone(), interval, Instant::now());
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                loop {
                    let next = Instant::now() + interval;
                    if sender.send(reader.read(Instant::now()).clone()).is_err() {
                        return;
                    }
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                }
            })?;
        Ok(live)
    }

    /// Receives views from a channel, beginning with `initial`.
    #[must_use]
    pub fn from_channel(
        views: Receiver<HostView>,
        initial: HostView,
        interval: Duration,
        now: Instant,
    ) -> Self {
        Self {
            views,
            latest: initial,
            received: now,
            copied: false,
            interval,
        }
    }

    /// Updates `view` without blocking. While the screen is paused, only the state of the connection
    /// is updated.
    ///
    /// # Errors
    ///
    /// [`ReaderStoppedError`]: there will be no further view.
    pub fn update(
        &mut self,
        now: Instant,
        screen: &ScreenState,
        view: &mut HostView,
    ) -> Result<(), ReaderStoppedError> {
        loop {
            match self.views.try_recv() {
                Ok(view) => (self.latest, self.received, self.copied) = (view, now, false),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(ReaderStoppedError),
            }
        }
        if !screen.paused && !self.copied {
            view.clone_from(&self.latest);
            self.copied = true;
        }
        view.connection = self.connection(now);
        Ok(())
    }

    fn connection(&self, now: Instant) -> ConnectionState {
        let elapsed = now.saturating_duration_since(self.received);
        match &self.latest.connection {
            ConnectionState::Unavailable { since, reason } => ConnectionState::Unavailable {
                since: *since + elapsed,
                reason: reason.clone(),
            },
            _ if elapsed > self.interval + READ_TIMEOUT => ConnectionState::Unavailable {
                since: elapsed,
                reason: "a request to the engine has not returned yet".to_owned(),
            },
            current => current.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
