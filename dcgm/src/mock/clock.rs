//! The time by which a mock lives.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

use crate::sample::Timestamp;

/// A clock that a test moves, or the time of day. A clone is the same clock.
///
/// ```
/// use std::time::Duration;
/// use dcgm::mock::Clock;
///
/// let clock = Clock::manual();
/// let other = clock.clone();
/// clock.advance(Duration::from_secs(15));
/// assert_eq!(other.now(), Duration::from_secs(15));
/// ```
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

struct Shared {
    /// The time of a clock that a test moves.
    manual: Option<Mutex<Duration>>,
    /// The start of one that moves by itself.
    start: Instant,
    base: Timestamp,
    /// For those who wait: time moved, or something else happened.
    waiters: Mutex<()>,
    woken: Condvar,
}

/// Where manual clocks start: 2026 began.
const MANUAL_BASE: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

impl Clock {
    /// A clock that stands at zero, until a test moves it.
    #[must_use]
    pub fn manual() -> Self {
        Self::new(Some(Mutex::new(Duration::ZERO)), MANUAL_BASE)
    }

    /// The time of day, from now on.
    #[must_use]
    pub fn system() -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        Self::new(None, Timestamp::from_micros(micros))
    }

    fn new(manual: Option<Mutex<Duration>>, base: Timestamp) -> Self {
        Self {
            shared: Arc::new(Shared {
                manual,
                start: Instant::now(),
                base,
                waiters: Mutex::new(()),
                woken: Condvar::new(),
            }),
        }
    }

    /// The time since the clock was made, in whole microseconds as engines count.
    #[must_use]
    pub fn now(&self) -> Duration {
        let now = match &self.shared.manual {
            Some(now) => *now.lock(),
            None => self.shared.start.elapsed(),
        };
        whole_micros(now)
    }

    /// The engine's timestamp for a time by this clock.
    #[must_use]
    pub fn timestamp(&self, at: Duration) -> Timestamp {
        let micros = i64::try_from(at.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.shared.base.micros().saturating_add(micros))
    }

    /// The time by this clock of an engine's timestamp; zero for one before the start.
    #[must_use]
    pub fn at(&self, timestamp: Timestamp) -> Duration {
        timestamp.since(self.shared.base)
    }

    /// Moves a manual clock on. The time of day cannot be moved: nothing happens.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.shared.manual {
            let mut now = manual.lock();
            *now = now.saturating_add(by);
            drop(now);
            self.wake();
        }
    }

    /// Sets a manual clock. The time of day cannot be set: nothing happens.
    pub fn set(&self, now: Duration) {
        if let Some(manual) = &self.shared.manual {
            *manual.lock() = now;
            self.wake();
        }
    }

    /// Has those who wait look again.
    pub(super) fn wake(&self) {
        // Whoever is about to wait holds the lock while it looks, and so cannot miss this.
        drop(self.shared.waiters.lock());
        self.shared.woken.notify_all();
    }

    /// Waits until a time has come by this clock, or `done` says so. Without a time: until `done`
    /// does.
    pub(super) fn wait(&self, until: Option<Duration>, done: impl Fn() -> bool) {
        let mut guard = self.shared.waiters.lock();
        while !done() {
            match until.map(|until| until.saturating_sub(self.now())) {
                Some(Duration::ZERO) => return,
                Some(left) if self.shared.manual.is_none() => {
                    self.shared.woken.wait_for(&mut guard, left);
                }
                _ => self.shared.woken.wait(&mut guard),
            }
        }
    }

    /// Waits for `done` for that long at most, by the time of day. Says whether it came to that.
    pub(super) fn wait_real(&self, longest: Duration, done: impl Fn() -> bool) -> bool {
        let until = Instant::now() + longest;
        let mut guard = self.shared.waiters.lock();
        while !done() {
            if self.shared.woken.wait_until(&mut guard, until).timed_out() {
                return done();
            }
        }
        true
    }
}

fn whole_micros(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("manual", &self.shared.manual.is_some())
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
