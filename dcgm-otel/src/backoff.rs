//! Backoff: delays that double with each failure.

use std::time::Duration;

/// Delay after a first failed tick; it doubles with each further failure…
const MIN_TICK_DELAY: Duration = Duration::from_millis(250);

/// …up to this, or up to the interval if that is shorter.
const MAX_TICK_DELAY: Duration = Duration::from_secs(15);

/// Delays after consecutive failures.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    last: Option<Duration>,
}

impl Backoff {
    /// Makes a backoff between these delays.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            last: None,
        }
    }

    /// Makes a backoff of failed ticks, whose delays are no longer than `interval`.
    pub(crate) fn of_ticks(interval: Duration) -> Self {
        Self::new(MIN_TICK_DELAY, interval.min(MAX_TICK_DELAY))
    }

    /// Returns the longest delay.
    pub(crate) const fn longest_delay(&self) -> Duration {
        self.longest
    }

    /// Returns the delay after a failure, which is twice the one before.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self
            .last
            .map_or(self.first, |last| last.saturating_mul(2))
            .min(self.longest);
        self.last = Some(delay);
        delay
    }

    /// Starts again with the first delay.
    pub(crate) fn reset(&mut self) {
        self.last = None;
    }
}
