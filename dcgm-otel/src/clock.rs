//! The clock of the meter, which tests can replace.

use std::time::{Duration, Instant};

/// Longest delay: 100 years. Longer ones are clamped so that `Instant` arithmetic cannot overflow.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Adds a delay, clamped to [`MAX_DELAY`].
pub(crate) fn add_delay(start: Instant, delay: Duration) -> Instant {
    start.checked_add(delay.min(MAX_DELAY)).unwrap_or(start)
}

/// The source of the current time.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The system's monotonic clock.
    #[default]
    System,
    /// A clock that only a test advances. With it the thread samples on request only.
    #[cfg(test)]
    Manual(std::sync::Arc<parking_lot::Mutex<Instant>>),
}

impl Clock {
    #[cfg(test)]
    pub(crate) fn manual() -> Self {
        Self::Manual(std::sync::Arc::new(parking_lot::Mutex::new(Instant::now())))
    }

    #[cfg(test)]
    pub(crate) fn advance(&self, by: Duration) {
        if let Self::Manual(now) = self {
            *now.lock() += by;
        }
    }

    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            #[cfg(test)]
            Self::Manual(now) => *now.lock(),
        }
    }

    /// Returns `true` if time passes by itself, so that deadlines are reached without a test.
    pub(crate) const fn runs_by_itself(&self) -> bool {
        matches!(self, Self::System)
    }
}
