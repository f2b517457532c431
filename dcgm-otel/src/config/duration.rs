//! The text form of durations: `15s`, `500ms`, `2m`, `1m30s`.

use std::time::Duration;

use super::nearest::normalize;
use super::value::{InvalidValue, SettingValue};

const SECOND: u64 = 1_000_000_000;

/// The units in nanoseconds, largest first, which is the order in which `write` tries them.
#[rustfmt::skip] // One row a unit.
const UNITS: &[(&str, u64)] = &[
    ("h",  3600 * SECOND),
    ("m",  60 * SECOND),
    ("s",  SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Parses whole numbers with units, one after another. A number without a unit is refused.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.len()
            - after
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        let (unit, after) = after.split_at_checked(letters)?;
        let unit = if unit == "min" { "m" } else { unit };
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(checked_times(*nanos, number.parse().ok()?)?)?;
        rest = after;
    }
    Some(sum)
}

fn checked_times(nanos: u64, count: u64) -> Option<Duration> {
    let total = u128::from(nanos) * u128::from(count);
    let seconds = u64::try_from(total / u128::from(SECOND)).ok()?;
    let rest = u32::try_from(total % u128::from(SECOND)).ok()?;
    Some(Duration::new(seconds, rest))
}

/// Writes a duration as a whole number of the largest possible unit. [`parse`] reads it.
pub(crate) fn write_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let whole = |(_, unit): &&(&str, u64)| nanos % u128::from(*unit) == 0;
    UNITS.iter().find(whole).map_or_else(
        || format!("{nanos}ns"),
        |(name, unit)| format!("{}{name}", nanos / u128::from(*unit)),
    )
}

/// Returns the invalid text, with a hint if only the unit is missing.
fn invalid_duration(text: &str) -> Vec<InvalidValue> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hint = is_number.then(|| format!("{text} has no unit; {text}s is in seconds"));
    vec![InvalidValue::new(text, hint)]
}

impl SettingValue for Duration {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        parse_duration(text).ok_or_else(|| invalid_duration(text))
    }

    fn to_text(&self) -> Option<String> {
        Some(write_duration(*self))
    }
}

/// A duration that is computed by default, which is written `auto`.
impl SettingValue for Option<Duration> {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        if normalize(text) == "auto" {
            return Ok(None);
        }
        parse_duration(text)
            .map(Some)
            .ok_or_else(|| invalid_duration(text))
    }

    fn to_text(&self) -> Option<String> {
        Some(self.map_or_else(|| "auto".to_owned(), write_duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_forms_are_parsed() {
        let millis = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis("15s"), Some(15_000));
        assert_eq!(millis(" 500ms "), Some(500));
        assert_eq!(millis("2m"), Some(120_000));
        assert_eq!(millis("2min"), Some(120_000));
        assert_eq!(millis("1m30s"), Some(90_000));
        assert_eq!(millis("1h"), Some(3_600_000));
        assert_eq!(millis("0s"), Some(0));
    }

    #[test]
    fn ambiguous_texts_are_refused() {
        for text in [
            "",
            " ",
            "15",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1sec",
            "15S",
            "1s30",
            "1µs",
            "ten s",
            "99999999999999999999s",
            "18446744073709551615h",
            "18446744073709551615s1s",
        ] {
            assert_eq!(parse_duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn written_durations_are_parsed() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500_000_000, "1500ms"),
            (15_000_000_000, "15s"),
            (60_000_000_000, "1m"),
            (90_000_000_000, "90s"),
            (7_200_000_000_000, "2h"),
            (1_000_000_001, "1000000001ns"),
        ] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(write_duration(duration), text);
            assert_eq!(parse_duration(text), Some(duration));
        }
    }
}
