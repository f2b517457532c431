//! Time, so that tests can move it.

use std::time::Instant;

/// Where `now` comes from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The system's monotonic clock.
    #[default]
    System,
    /// A clock that stands still until a test moves it. Under it the thread acts on request only.
    #[cfg(test)]
    Manual(std::sync::Arc<parking_lot::Mutex<Instant>>),
}

impl Clock {
    #[cfg(test)]
    pub(crate) fn manual() -> Self {
        Self::Manual(std::sync::Arc::new(parking_lot::Mutex::new(Instant::now())))
    }

    #[cfg(test)]
    pub(crate) fn advance(&self, by: std::time::Duration) {
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

    /// Whether deadlines come by themselves.
    pub(crate) const fn runs(&self) -> bool {
        matches!(self, Self::System)
    }
}
