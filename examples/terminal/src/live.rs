//! A host that a thread of its own reads, so that an engine that does not answer delays nobody.

use std::io;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use crate::reader::Reader;
use crate::screen::Screen;
use crate::state::{Answer, View};

/// How long a read may take before that is said.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was read last, and how long ago.
#[derive(Debug)]
pub struct Live {
    views: Receiver<View>,
    view: View,
    /// When that came.
    heard: Instant,
    /// Whether it was shown.
    seen: bool,
    interval: Duration,
}

/// Nobody reads any more.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended;

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the thread that reads the engine has ended")
    }
}

impl std::error::Error for Ended {}

impl Live {
    /// Reads so often, by a thread that is never waited for: it may be in a call that takes its time,
    /// and ends with the process, or when nobody looks any more.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn start(mut reader: Reader, interval: Duration) -> io::Result<Self> {
        // One: while nobody looks, as on a terminal that is stopped, nothing piles up.
        let (sender, views) = mpsc::sync_channel(1);
        let live = Self::of(views, reader.view().clone(), interval, Instant::now());
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

    /// What comes over that channel; `view` is what is known now.
    #[must_use]
    pub fn of(views: Receiver<View>, view: View, interval: Duration, now: Instant) -> Self {
        Self {
            views,
            view,
            heard: now,
            seen: false,
            interval,
        }
    }

    /// Puts into `shown` what is to be seen now, and returns at once. What is paused stands still,
    /// but that the engine does not answer is said all the same.
    ///
    /// # Errors
    ///
    /// [`Ended`]: nothing more will come.
    pub fn look(&mut self, now: Instant, screen: &Screen, shown: &mut View) -> Result<(), Ended> {
        loop {
            match self.views.try_recv() {
                Ok(view) => (self.view, self.heard, self.seen) = (view, now, false),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(Ended),
            }
        }
        if !screen.paused && !self.seen {
            shown.clone_from(&self.view);
            self.seen = true;
        }
        shown.answer = self.answer(now);
        Ok(())
    }

    fn answer(&self, now: Instant) -> Answer {
        let quiet = now.saturating_duration_since(self.heard);
        match &self.view.answer {
            Answer::No { since, why } => Answer::No {
                since: *since + quiet,
                why: why.clone(),
            },
            _ if quiet > self.interval + PATIENCE => Answer::No {
                since: quiet,
                why: "it was asked and has said nothing yet".to_owned(),
            },
            told => told.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
