//! The clock of a mock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

use crate::sample::Timestamp;

/// A clock that a test advances, or a clock that runs in real time. Clones share the time.
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
    shared: Arc<ClockState>,
}

struct ClockState {
    /// The time of a manual clock; `None` for the system clock.
    manual: Option<Mutex<Duration>>,
    /// The start of a system clock.
    start: Instant,
    base: Timestamp,
    /// Signalled when the time or the state of the mock changes.
    waiters: Mutex<()>,
    woken: Condvar,
}

/// The start of manual clocks: 2026-01-01.
const MANUAL_BASE: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

impl Clock {
    /// Creates a clock that starts at zero and changes only by [`advance`](Self::advance) and
    /// [`set`](Self::set).
    #[must_use]
    pub fn manual() -> Self {
        Self::new(Some(Mutex::new(Duration::ZERO)), MANUAL_BASE)
    }

    /// Creates a clock that starts at zero and runs in real time. Its timestamps start at the current
    /// system time.
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
            shared: Arc::new(ClockState {
                manual,
                start: Instant::now(),
                base,
                waiters: Mutex::new(()),
                woken: Condvar::new(),
            }),
        }
    }

    /// Returns the time since the start of this clock, rounded down to microseconds like an engine's
    /// timestamps.
    #[must_use]
    pub fn now(&self) -> Duration {
        let now = match &self.shared.manual {
            Some(now) => *now.lock(),
            None => self.shared.start.elapsed(),
        };
        whole_micros(now)
    }

    /// Converts `at`, a time since the start of this clock, to a timestamp.
    #[must_use]
    pub fn timestamp(&self, at: Duration) -> Timestamp {
        let micros = i64::try_from(at.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.shared.base.micros().saturating_add(micros))
    }

    /// Converts `timestamp` to the time since the start of this clock; zero if `timestamp` is before
    /// the start.
    #[must_use]
    pub fn at(&self, timestamp: Timestamp) -> Duration {
        timestamp.since(self.shared.base)
    }

    /// Advances a manual clock by `by`. Has no effect on a system clock.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.shared.manual {
            let mut now = manual.lock();
            *now = now.saturating_add(by);
            drop(now);
            self.wake_waiters();
        }
    }

    /// Sets a manual clock to `now`, a time since its start. Has no effect on a system clock.
    pub fn set(&self, now: Duration) {
        if let Some(manual) = &self.shared.manual {
            *manual.lock() = now;
            self.wake_waiters();
        }
    }

    /// Wakes all waiters, which check their condition again.
    pub(super) fn wake_waiters(&self) {
        // A waiter holds the lock while it checks, so that it cannot miss this.
        drop(self.shared.waiters.lock());
        self.shared.woken.notify_all();
    }

    /// Waits until a time by this clock, or until `done` returns `true`.
    pub(super) fn wait_until(&self, until: Option<Duration>, done: impl Fn() -> bool) {
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

    /// Waits for `done`, at most `timeout` of real time. Returns `false` on timeout.
    pub(super) fn wait_real(&self, timeout: Duration, done: impl Fn() -> bool) -> bool {
        let until = Instant::now() + timeout;
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
