//! Numbers as text, as the crate `prometheus` writes them: by `Display` of `f64`, which is the shortest
//! text that reads as the same number, without an exponent.
//!
//! `Display` takes about 100 ns, which would be most of the time of a page. So whole numbers are written
//! by `itoa` and fractions by `zmij`, which give the same text, but for rare cases that are left to
//! `Display`.

use std::fmt::Write as _;

use super::PageFormat;
use crate::pipeline::snapshot::Number;

/// Whole numbers below are exact in an `f64`.
const LIMIT: u64 = 1_000_000_000_000_000;

/// Fractions from here to [`LIMIT`] are written without an exponent.
const LEAST_FRACTION: f64 = 1e-4;

/// Appends a number.
#[inline]
pub(super) fn push_number(text: &mut String, number: Number, format: PageFormat) {
    match number {
        Number::U64(number) if number < LIMIT => push_whole(text, number),
        Number::I64(number) if number.unsigned_abs() < LIMIT => push_whole(text, number),
        // Prometheus has no other numbers than these.
        #[expect(clippy::cast_precision_loss, reason = "as Prometheus rounds it")]
        Number::U64(number) => push_float(text, number as f64, format),
        #[expect(clippy::cast_precision_loss, reason = "as Prometheus rounds it")]
        Number::I64(number) => push_float(text, number as f64, format),
        Number::F64(number) => push_float(text, number, format),
    }
}

fn push_whole(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}

#[expect(clippy::cast_precision_loss, reason = "the limit is exact")]
fn push_float(text: &mut String, number: f64, format: PageFormat) {
    let size = number.abs();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below the limit, and anything else is another number"
    )]
    let whole = number as i64;
    // Compared by their bits, as only a float has a negative zero.
    if size < LIMIT as f64 && (whole as f64).to_bits() == number.to_bits() {
        push_whole(text, whole);
        return;
    }
    if (LEAST_FRACTION..LIMIT as f64).contains(&size) {
        let mut buffer = zmij::Buffer::new();
        let digits = buffer.format_finite(number);
        if !may_have_twin(number, digits) {
            text.push_str(digits.strip_suffix(".0").unwrap_or(digits));
            return;
        }
    }
    push_displayed(text, number, format);
}

/// Returns `true` if another text of the same length may be as near to the number, so that `Display`
/// may choose that one: only of 16 digits or more, and if the last bits of the number are 0 or it has
/// few decimals.
fn may_have_twin(number: f64, digits: &str) -> bool {
    digits.len() > 16 && (number.to_bits().trailing_zeros() >= 10 || number.abs() >= 1e10)
}

fn push_displayed(text: &mut String, number: f64, format: PageFormat) {
    // Writing to a string does not fail.
    let _ = match format {
        PageFormat::OpenMetrics if number.is_infinite() && number > 0.0 => write!(text, "+Inf"),
        PageFormat::OpenMetrics if number.is_infinite() => write!(text, "-Inf"),
        _ => write!(text, "{number}"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::properties::cases;

    fn shown(number: Number) -> String {
        let mut text = String::new();
        push_number(&mut text, number, PageFormat::Text);
        text
    }

    #[track_caller]
    fn is_as_displayed(number: f64) {
        assert_eq!(shown(Number::F64(number)), number.to_string());
    }

    #[test]
    fn floats_are_as_display_has_them() {
        for number in [
            0.0,
            -0.0,
            1.0,
            0.1,
            0.97,
            0.001,
            1e-6,
            1e-9,
            1e-10,
            5e-324,
            0.1 + 0.2,
            97.0 * 0.01,
            100.05,
            412.345,
            999_999.999_999_999,
            0.999_999_999_5,
            1.000_000_000_4,
            123_456_789.123_456_79,
            999_999_999_999_999.0,
            999_999_999_999_999.9,
            1e15,
            9_007_199_254_740_993.0,
            1e21,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            f64::INFINITY,
            f64::NAN,
            1.0 / 3.0,
        ] {
            is_as_displayed(number);
            is_as_displayed(-number);
        }
    }

    #[test]
    fn large_whole_numbers_are_rounded_as_floats() {
        for number in [0, 7, 10, LIMIT - 1, LIMIT, (1 << 53) + 1, u64::MAX] {
            #[expect(clippy::cast_precision_loss, reason = "what is tested")]
            let float = number as f64;
            assert_eq!(shown(Number::U64(number)), float.to_string());
        }
        for number in [0, -1, 7, i64::MIN, i64::MAX, -(1 << 53) - 1] {
            #[expect(clippy::cast_precision_loss, reason = "what is tested")]
            let float = number as f64;
            assert_eq!(shown(Number::I64(number)), float.to_string());
        }
    }

    #[test]
    fn openmetrics_has_its_own_infinities() {
        for (number, expected) in [
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
            (0.5, "0.5"),
        ] {
            let mut text = String::new();
            push_number(&mut text, Number::F64(number), PageFormat::OpenMetrics);
            assert_eq!(text, expected);
        }
    }

    proptest! {
        #![proptest_config(cases(1000, 200_000))]

        #[test]
        fn any_float_is_as_displayed(bits: u64) {
            is_as_displayed(f64::from_bits(bits));
        }

        #[test]
        fn shares_are_as_displayed(share in 0.0..1.0, scale in prop::sample::select(vec![0.001, 1.0, 100.0, 1e3, 1e6])) {
            is_as_displayed(share * scale);
        }

        #[test]
        fn neighbours_of_decimals_are_as_displayed(digits in 0_u64..1_000_000_000, places in 0..9, step in -3_i64..4) {
            #[expect(clippy::cast_precision_loss, reason = "what is tested")]
            let number = digits as f64 / 10_f64.powi(places);
            is_as_displayed(f64::from_bits(number.to_bits().saturating_add_signed(step)));
        }

        #[test]
        fn decimals_are_as_displayed(digits in 0_u64..LIMIT * 10, places in 0..12) {
            #[expect(clippy::cast_precision_loss, reason = "what is tested")]
            is_as_displayed(digits as f64 / 10_f64.powi(places));
        }

        #[test]
        fn products_are_as_displayed(digits in 0_u32..100_000, scale in prop::sample::select(vec![0.001, 0.01, 1e-6, 1e-9])) {
            is_as_displayed(f64::from(digits) * scale);
        }

        #[test]
        fn whole_numbers_are_as_displayed(number in 0..LIMIT) {
            assert_eq!(shown(Number::U64(number)), number.to_string());
        }
    }
}
