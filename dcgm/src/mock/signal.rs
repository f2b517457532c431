//! Signals over time, and their integrals in closed form: a counter is the integral of its rate.

use core::f64::consts::TAU;

/// Hashes numbers to a uniformly distributed number.
pub(super) fn hash_words(of: &[u64]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for word in of {
        hash = (hash ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^= hash >> 31;
    }
    hash
}

/// Hashes numbers to a fraction from 0 to below 1.
pub(super) fn unit_noise(of: &[u64]) -> f64 {
    let [.., high, low] = hash_words(of).to_be_bytes();
    f64::from(u16::from_be_bytes([high, low])) / 65_536.0
}

/// Truncates to an integer, saturating; NaN is 0.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
pub(super) const fn truncate_to_int(number: f64) -> i64 {
    number as i64
}

/// A utilization from 0 to 1: a cycle of levels plus two sine waves.
#[derive(Debug)]
pub(super) struct Load {
    /// Seconds and level, repeated.
    pub(super) cycle: &'static [(f64, f64)],
    /// Amplitude and period in seconds. The sum of the amplitudes must be below the lowest level, else
    /// an integral could decrease.
    pub(super) waves: [(f64, f64); 2],
}

impl Load {
    pub(super) fn level_at(&self, t: f64, seed: u64) -> f64 {
        let mut left = t.rem_euclid(self.cycle.iter().map(|(seconds, _)| seconds).sum());
        let mut level = 0.0;
        for (seconds, step) in self.cycle {
            level = *step;
            if left < *seconds {
                break;
            }
            left -= seconds;
        }
        let wave = |(amplitude, period): &(f64, f64)| {
            amplitude * (TAU * t / period + wave_phase(seed, *period)).sin()
        };
        level + self.waves.iter().map(wave).sum::<f64>()
    }

    /// Returns the integral of [`Self::level_at`] from 0 to `t`.
    pub(super) fn integral_until(&self, t: f64, seed: u64) -> f64 {
        let period: f64 = self.cycle.iter().map(|(seconds, _)| seconds).sum();
        let whole: f64 = self
            .cycle
            .iter()
            .map(|(seconds, level)| seconds * level)
            .sum();
        let mut left = t.rem_euclid(period);
        let mut sum = (t / period).floor() * whole;
        for (seconds, level) in self.cycle {
            sum += left.clamp(0.0, *seconds) * level;
            left -= seconds;
        }
        let wave = |(amplitude, period): &(f64, f64)| {
            let start = wave_phase(seed, *period);
            amplitude * period / TAU * (start.cos() - (TAU * t / period + start).cos())
        };
        sum + self.waves.iter().map(wave).sum::<f64>()
    }
}

fn wave_phase(seed: u64, period: f64) -> f64 {
    TAU * unit_noise(&[seed, truncate_to_int(period).unsigned_abs()])
}

/// A step function: seconds since the start, and the value from then on.
pub(super) type Steps = &'static [(f64, f64)];

/// Returns the value at a time.
pub(super) fn step_value(steps: Steps, t: f64) -> f64 {
    let index = steps.partition_point(|(from, _)| *from <= t);
    index
        .checked_sub(1)
        .and_then(|index| steps.get(index))
        .map_or(0.0, |(_, value)| *value)
}

/// Returns the integral, from 0 to `t`, of a step function times a signal with the integral `of`.
pub(super) fn step_until(steps: Steps, t: f64, of: impl Fn(f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for (index, (from, value)) in steps.iter().enumerate() {
        if *from >= t {
            break;
        }
        let to = steps.get(index + 1).map_or(t, |(next, _)| next.min(t));
        sum += value * (of(to) - of(*from));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load {
        cycle: &[(30.0, 0.9), (10.0, 0.3)],
        waves: [(0.1, 17.0), (0.05, 61.0)],
    };

    #[test]
    fn closed_integral_matches_the_signal() {
        let steps: Steps = &[(0.0, 1.0), (20.0, 0.5), (70.0, 0.0), (90.0, 2.0)];
        let (mut sum, width) = (0.0, 0.001);
        for n in 0..100_000_u32 {
            let t = (f64::from(n) + 0.5) * width;
            sum += step_value(steps, t) * LOAD.level_at(t, 7) * width;
        }
        let closed = step_until(steps, 100.0, |t| LOAD.integral_until(t, 7));
        assert!((sum - closed).abs() < 0.01, "{sum} {closed}");
    }

    #[test]
    fn integral_never_decreases() {
        let mut last = 0.0;
        for n in 0..100_000_u32 {
            let now = LOAD.integral_until(f64::from(n) * 0.013, 3);
            assert!(now >= last);
            last = now;
        }
    }
}
