//! Backoff: delays that double with each failure.

use std::time::Duration;

/// Delay after a first failure; it doubles with each further failure…
const MIN_BACKOFF: Duration = Duration::from_millis(250);

/// …up to this, or up to the interval if that is shorter.
const MAX_BACKOFF: Duration = Duration::from_secs(15);

/// Delays after consecutive failures.
#[derive(Debug)]
pub(crate) struct Backoff {
    longest: Duration,
    last: Option<Duration>,
}

impl Backoff {
    /// Makes a backoff whose delays are no longer than `interval`.
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            longest: interval.min(MAX_BACKOFF),
            last: None,
        }
    }

    /// Returns the longest delay.
    pub(crate) const fn longest_delay(&self) -> Duration {
        self.longest
    }

    /// Returns the delay after a failure, which is twice the one before.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self
            .last
            .map_or(MIN_BACKOFF, |last| last.saturating_mul(2))
            .min(self.longest);
        self.last = Some(delay);
        delay
    }

    /// Starts again with the first delay.
    pub(crate) fn reset(&mut self) {
        self.last = None;
    }
}
