//! Numbers as text, as the crate `prometheus` writes them: by `Display` of `f64`, which is the shortest
//! text that reads as the same number, without an exponent.
//!
//! `Display` takes about 100 ns, which would be most of the time of a page. Nearly all numbers are whole
//! or have a few decimals, and these have a shorter way here. It gives the same text: two decimal
//! numbers of at most 15 digits are never the same `f64`, so a text of at most 15 digits that reads as
//! the number is the shortest one.

use std::fmt::Write as _;

use super::PageFormat;
use crate::pipeline::snapshot::Number;

/// Whole numbers below are exact in an `f64` and have at most 15 digits.
const LIMIT: u64 = 1_000_000_000_000_000;

/// Numbers of decimals to try, and how many of the last decimal are 1.
const SCALES: [(usize, u64); 3] = [(3, 1_000), (6, 1_000_000), (9, 1_000_000_000)];

/// Appends a number.
pub(super) fn push_number(text: &mut String, number: Number, format: PageFormat) {
    match number {
        Number::U64(number) if number < LIMIT => push_whole(text, number),
        Number::I64(number) if number.unsigned_abs() < LIMIT => {
            if number < 0 {
                text.push('-');
            }
            push_whole(text, number.unsigned_abs());
        }
        // Prometheus has no other numbers than these.
        #[expect(clippy::cast_precision_loss, reason = "as Prometheus rounds it")]
        Number::U64(number) => push_float(text, number as f64, format),
        #[expect(clippy::cast_precision_loss, reason = "as Prometheus rounds it")]
        Number::I64(number) => push_float(text, number as f64, format),
        Number::F64(number) => push_float(text, number, format),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "positive and far below 2^53"
)]
fn push_float(text: &mut String, number: f64, format: PageFormat) {
    let size = number.abs();
    // Not so for NaN either.
    if size < LIMIT as f64 {
        let whole = size as u64;
        if is_same(whole as f64, size) {
            push_sign(text, number);
            push_whole(text, whole);
            return;
        }
        for (places, scale) in SCALES {
            let scaled = size * scale as f64 + 0.5;
            if scaled >= LIMIT as f64 {
                break;
            }
            let digits = scaled as u64;
            if is_same(digits as f64 / scale as f64, size) {
                push_sign(text, number);
                push_whole(text, digits / scale);
                push_decimals(text, digits % scale, places);
                return;
            }
        }
    }
    // Writing to a string does not fail.
    let _ = match format {
        PageFormat::OpenMetrics if number.is_infinite() && number > 0.0 => write!(text, "+Inf"),
        PageFormat::OpenMetrics if number.is_infinite() => write!(text, "-Inf"),
        _ => write!(text, "{number}"),
    };
}

#[expect(clippy::float_cmp, reason = "it is exact or it is not used")]
const fn is_same(a: f64, b: f64) -> bool {
    a == b
}

/// Zero has a sign, too.
fn push_sign(text: &mut String, number: f64) {
    if number.is_sign_negative() {
        text.push('-');
    }
}

/// Appends a number below [`LIMIT`].
fn push_whole(text: &mut String, mut number: u64) {
    let mut buffer = [b'0'; 16];
    let mut start = buffer.len();
    for slot in buffer.iter_mut().rev() {
        *slot = last_digit(number);
        start -= 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    push_ascii(text, buffer.get(start..));
}

/// Appends a point and `number` with `places` digits, less the zeros at the end. `number` is not 0.
fn push_decimals(text: &mut String, mut number: u64, places: usize) {
    let mut places = places;
    while number % 10 == 0 && places > 1 {
        number /= 10;
        places -= 1;
    }
    let mut buffer = [b'.'; 16];
    for slot in buffer.iter_mut().take(places + 1).skip(1).rev() {
        *slot = last_digit(number);
        number /= 10;
    }
    push_ascii(text, buffer.get(..=places));
}

const fn last_digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

fn push_ascii(text: &mut String, ascii: Option<&[u8]>) {
    let ascii = ascii.and_then(|ascii| std::str::from_utf8(ascii).ok());
    text.push_str(ascii.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            123_456_789.123_456_789,
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
        #[test]
        fn any_float_is_as_displayed(bits: u64) {
            is_as_displayed(f64::from_bits(bits));
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
