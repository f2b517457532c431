//! The engine's clock: the wall's, moved or stopped by tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

/// Microseconds since 1970, as DCGM counts.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Setting>);

#[derive(Clone, Copy, Debug, Default)]
struct Setting {
    stopped_at: Option<i64>,
    moved_by: i64,
}

fn wall() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

impl Clock {
    pub(crate) fn now(&self) -> i64 {
        let setting = *self.0.lock();
        setting
            .stopped_at
            .unwrap_or_else(wall)
            .saturating_add(setting.moved_by)
    }

    /// Returns `true` if the clock runs by itself.
    pub(crate) fn runs(&self) -> bool {
        self.0.lock().stopped_at.is_none()
    }

    /// Stops it at a time.
    pub(crate) fn stop_at(&self, at: i64) {
        *self.0.lock() = Setting {
            stopped_at: Some(at),
            moved_by: 0,
        };
    }

    /// Lets it run again, on wall time.
    pub(crate) fn run(&self) {
        *self.0.lock() = Setting::default();
    }

    pub(crate) fn advance(&self, by: i64) {
        let mut setting = self.0.lock();
        setting.moved_by = setting.moved_by.saturating_add(by);
    }
}
