//! The schedule of ticks: a fixed cadence, and a backoff after failures.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::clock::add_delay;

/// A fixed cadence that does not drift, and a backoff after failures.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// Time of the first tick; the others follow at whole intervals.
    first: Instant,
    interval: Duration,
    next: Instant,
    backoff: Backoff,
}

impl Schedule {
    pub(crate) fn new(start: Instant, initial_delay: Duration, interval: Duration) -> Self {
        let first = add_delay(start, initial_delay);
        Self {
            first,
            interval,
            next: first,
            backoff: Backoff::of_ticks(interval),
        }
    }

    /// Returns the time of the next tick.
    pub(crate) const fn next_tick(&self) -> Instant {
        self.next
    }

    /// Records a successful tick. Ticks that it overran are skipped.
    pub(crate) fn record_success(&mut self, now: Instant) {
        self.backoff.reset();
        let gone = now.saturating_duration_since(self.first).as_nanos();
        let ticks = gone / self.interval.as_nanos().max(1) + 1;
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        let due = self
            .interval
            .checked_mul(ticks)
            .and_then(|time| self.first.checked_add(time));
        // A tick on request before the first tick does not move the first tick.
        self.next = match due {
            Some(due) if now >= self.first => due,
            Some(_) => self.first,
            None => now + self.interval,
        };
    }

    /// Moves the next tick forward to `latest` if it is later.
    pub(crate) fn not_after(&mut self, latest: Instant) {
        self.next = self.next.min(latest);
    }

    /// Records a failed tick.
    pub(crate) fn record_failure(&mut self, now: Instant) {
        self.next = now + self.backoff.next_delay();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn cadence_does_not_drift_and_skips_overrun_ticks() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND, SECOND * 15);
        assert_eq!(schedule.next_tick() - start, SECOND);
        schedule.record_success(start + SECOND + Duration::from_millis(300));
        assert_eq!(schedule.next_tick() - start, SECOND * 16);
        schedule.record_success(start + SECOND * 16 + Duration::from_millis(7));
        assert_eq!(schedule.next_tick() - start, SECOND * 31);
        schedule.record_success(start + SECOND * 31 + SECOND * 40);
        assert_eq!(schedule.next_tick() - start, SECOND * 76);
    }

    #[test]
    fn backoff_doubles_up_to_15_s() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, SECOND * 60);
        let mut waits = Vec::new();
        for _ in 0..9 {
            schedule.record_failure(start);
            waits.push((schedule.next_tick() - start).as_millis());
        }
        assert_eq!(
            waits,
            [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]
        );
    }

    #[test]
    fn backoff_is_capped_by_the_interval_and_reset_by_success() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, SECOND);
        for _ in 0..5 {
            schedule.record_failure(start);
        }
        assert_eq!(schedule.next_tick() - start, SECOND);
        schedule.record_success(start);
        schedule.record_failure(start);
        assert_eq!(schedule.next_tick() - start, Duration::from_millis(250));
    }

    #[test]
    fn tick_on_request_does_not_move_the_first() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND * 5, SECOND * 15);
        schedule.record_success(start + SECOND);
        assert_eq!(schedule.next_tick() - start, SECOND * 5);
    }

    #[test]
    fn longest_delay_does_not_overflow() {
        let start = Instant::now();
        let schedule = Schedule::new(start, Duration::MAX, SECOND);
        assert!(schedule.next_tick() > start + SECOND * 1_000_000);
    }
}
