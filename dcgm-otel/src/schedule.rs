//! When the next tick is due.

use std::time::{Duration, Instant};

/// After a first failure it is tried again this soon…
const SHORTEST_BACKOFF: Duration = Duration::from_millis(250);

/// …then after twice that, and so on up to this, or up to the interval if that is shorter.
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);

/// A fixed cadence that does not drift, and the way back to it after failures.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// When the first tick was due; the others are due whole intervals later.
    first: Instant,
    interval: Duration,
    next: Instant,
    backoff: Option<Duration>,
}

impl Schedule {
    pub(crate) fn new(start: Instant, initial_delay: Duration, interval: Duration) -> Self {
        // A delay too long for the clock to tell is as good as none that ends: a century.
        let century = Duration::from_secs(100 * 365 * 24 * 3600);
        let first = start
            .checked_add(initial_delay.min(century))
            .unwrap_or(start);
        Self {
            first,
            interval,
            next: first,
            backoff: None,
        }
    }

    /// When the next tick is due.
    pub(crate) const fn next(&self) -> Instant {
        self.next
    }

    /// A tick succeeded. Those that it overran are left out.
    pub(crate) fn succeeded(&mut self, now: Instant) {
        self.backoff = None;
        let gone = now.saturating_duration_since(self.first).as_nanos();
        let ticks = gone / self.interval.as_nanos().max(1) + 1;
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        let due = self
            .interval
            .checked_mul(ticks)
            .and_then(|time| self.first.checked_add(time));
        // Before the first tick is due, one on request changes nothing.
        self.next = match due {
            Some(due) if now >= self.first => due,
            Some(_) => self.first,
            None => now + self.interval,
        };
    }

    /// A tick is due then at the latest.
    pub(crate) fn not_after(&mut self, latest: Instant) {
        self.next = self.next.min(latest);
    }

    /// A tick failed.
    pub(crate) fn failed(&mut self, now: Instant) {
        let longest = self.interval.min(LONGEST_BACKOFF);
        let backoff = self
            .backoff
            .map_or(SHORTEST_BACKOFF, |last| last.saturating_mul(2));
        let backoff = backoff.min(longest);
        self.backoff = Some(backoff);
        self.next = now + backoff;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_cadence_does_not_drift_and_leaves_out_what_was_overrun() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND, SECOND * 15);
        assert_eq!(schedule.next() - start, SECOND);
        schedule.succeeded(start + SECOND + Duration::from_millis(300));
        assert_eq!(schedule.next() - start, SECOND * 16);
        schedule.succeeded(start + SECOND * 16 + Duration::from_millis(7));
        assert_eq!(schedule.next() - start, SECOND * 31);
        schedule.succeeded(start + SECOND * 31 + SECOND * 40);
        assert_eq!(schedule.next() - start, SECOND * 76);
    }

    #[test]
    fn failures_are_further_and_further_apart_up_to_15_s() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, SECOND * 60);
        let mut waits = Vec::new();
        for _ in 0..9 {
            schedule.failed(start);
            waits.push((schedule.next() - start).as_millis());
        }
        assert_eq!(
            waits,
            [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]
        );
    }

    #[test]
    fn failures_are_no_further_apart_than_the_interval_and_a_success_forgets_them() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, SECOND);
        for _ in 0..5 {
            schedule.failed(start);
        }
        assert_eq!(schedule.next() - start, SECOND);
        schedule.succeeded(start);
        schedule.failed(start);
        assert_eq!(schedule.next() - start, Duration::from_millis(250));
    }

    #[test]
    fn a_tick_on_request_does_not_move_the_first() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND * 5, SECOND * 15);
        schedule.succeeded(start + SECOND);
        assert_eq!(schedule.next() - start, SECOND * 5);
    }

    #[test]
    fn no_delay_is_too_long() {
        let start = Instant::now();
        let schedule = Schedule::new(start, Duration::MAX, SECOND);
        assert!(schedule.next() > start + SECOND * 1_000_000);
    }
}
