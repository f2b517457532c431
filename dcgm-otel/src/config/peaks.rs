//! The sampling period of peaks.

use std::time::Duration;

use super::duration::{parse_duration, write_duration};
use super::nearest::normalize;
use super::value::{InvalidValue, SettingValue};

/// Shortest period: profiling counters are not made for shorter ones.
pub(super) const MIN_PERIOD: Duration = Duration::from_millis(100);

/// The most samples of a source between two ticks. With more, the reply to one request could exceed
/// 16 KiB, which takes 40 ms longer over TCP.
pub(super) const MAX_SAMPLES: u32 = 400;

/// The shortest time for which the engine keeps the samples.
const MIN_KEEP_AGE: Duration = Duration::from_secs(60);

/// Intervals for which the engine keeps the samples, in case ticks are late or fail.
const KEPT_INTERVALS: u32 = 4;

/// The sampling period of peaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum PeakPeriod {
    /// No peaks.
    #[default]
    Off,
    /// The shortest period that the interval allows.
    Shortest,
    Every(Duration),
}

impl PeakPeriod {
    /// Returns the period for an interval of ticks; `None` without peaks.
    pub(super) fn for_interval(self, interval: Duration) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Shortest => Some(shortest_period(interval)),
            Self::Every(period) => Some(period),
        }
    }
}

/// Returns the shortest period for an interval of ticks.
pub(super) fn shortest_period(interval: Duration) -> Duration {
    // In whole milliseconds, rounded up.
    let micros = interval.as_micros().div_ceil(u128::from(MAX_SAMPLES));
    let millis = u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX);
    Duration::from_millis(millis).max(MIN_PERIOD)
}

/// Returns the time for which the engine keeps the samples.
pub(super) fn keep_age(interval: Duration) -> Duration {
    interval.saturating_mul(KEPT_INTERVALS).max(MIN_KEEP_AGE)
}

impl SettingValue for PeakPeriod {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        match normalize(text).as_str() {
            "on" | "enabled" => Ok(Self::Shortest),
            "off" | "disabled" => Ok(Self::Off),
            _ => parse_duration(text)
                .map(Self::Every)
                .ok_or_else(|| vec![InvalidValue::new(text, None)]),
        }
    }

    fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Off => "off".to_owned(),
            Self::Shortest => "on".to_owned(),
            Self::Every(period) => write_duration(*period),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn on_is_the_shortest_period_that_the_interval_allows() {
        let period = |interval| {
            let config = Config::default().with_interval(interval).with_peaks();
            config.validate().unwrap();
            config.peaks().unwrap()
        };
        assert_eq!(period(1000 * MS), 100 * MS);
        assert_eq!(period(15_000 * MS), 100 * MS);
        assert_eq!(period(40_000 * MS), 100 * MS);
        assert_eq!(period(60_000 * MS), 150 * MS);
        assert_eq!(period(600_000 * MS), 1500 * MS);
        assert_eq!(Config::default().peaks(), None);
    }

    #[test]
    fn a_period_beyond_the_bounds_is_an_error() {
        let error = |interval, period| {
            let config = Config::default().with_interval(interval);
            let config = config.with_peak_period(period);
            config.validate().err().map(|errors| errors.to_string())
        };
        assert_eq!(error(15_000 * MS, 100 * MS), None);
        assert_eq!(error(15_000 * MS, 7500 * MS), None);
        assert_eq!(error(60_000 * MS, 150 * MS), None);
        for (interval, period, bounds) in [
            (15_000, 99, "100ms to 7500ms"),
            (15_000, 7501, "100ms to 7500ms"),
            (60_000, 149, "150ms to 30s"),
            (1000, 1000, "100ms to 500ms"),
        ] {
            let error = error(interval * MS, period * MS).unwrap();
            assert!(error.contains(bounds), "{error}");
            assert!(error.contains("peaks"), "{error}");
        }
    }

    #[test]
    fn texts_are_parsed_as_they_are_written() {
        for (text, period) in [
            ("on", PeakPeriod::Shortest),
            ("off", PeakPeriod::Off),
            ("250ms", PeakPeriod::Every(250 * MS)),
        ] {
            assert_eq!(PeakPeriod::parse_text(text).unwrap(), period);
            assert_eq!(period.to_text().unwrap(), text);
        }
        assert!(PeakPeriod::parse_text("100").is_err());
    }
}
