//! Numbers as text, as the crate `prometheus` writes them: by `Display` of `f64`, which is the shortest
//! text that reads as the same number, without an exponent.
//!
//! `Display` takes about 100 ns, which would be most of the time of a page. So there are two shorter ways
//! here, which give the same text:
//!
//! * Whole numbers and those of few decimals. Two decimal numbers of at most 15 digits are never the same
//!   `f64`, so a text of at most 15 digits that reads as the number is the shortest one.
//! * Other numbers from 0.001 to a million, such as shares of time: see [`shortest_decimals`].

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::PageFormat;
use crate::pipeline::snapshot::Number;

/// Whole numbers below are exact in an `f64` and have at most 15 digits.
const LIMIT: u64 = 1_000_000_000_000_000;

/// Appends a number.
#[inline]
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
        if let Some(digits) = decimals::<1_000>(size) {
            push_sign(text, number);
            push_whole(text, digits / 1_000);
            text.push('.');
            push_last_decimals(text, digits % 1_000);
            return;
        }
        if let Some(digits) = decimals::<1_000_000>(size) {
            push_sign(text, number);
            push_whole(text, digits / 1_000_000);
            text.push('.');
            push_three(text, digits / 1_000 % 1_000);
            push_last_decimals(text, digits % 1_000);
            return;
        }
    }
    if let Some((digits, places)) = shortest_decimals(size) {
        push_sign(text, number);
        push_decimals(text, digits, places);
        return;
    }
    push_displayed(text, number, format);
}

/// Returns the shortest number of decimals that reads as `size`, and the digits with these decimals;
/// `None` outside of the range of the table, and where the rounding is not symmetric.
///
/// An `f64` is a whole number `m` of steps of 2^-`shift`. All decimal numbers within half a step of it
/// read as it, and one of 17 digits always is. With one decimal less the nearest one may still be, and
/// so on. `m * 10^places` has less than 128 bits, so that the distance is exact.
#[expect(
    clippy::cast_possible_truncation,
    reason = "at most 18 digits, and the lower half of a product"
)]
fn shortest_decimals(size: f64) -> Option<(u64, usize)> {
    let most = PLACES.iter().find(|(least, _)| size >= *least)?.1;
    let bits = size.to_bits();
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let shift = (1023 + MANTISSA_BITS).checked_sub(bits >> MANTISSA_BITS)?;
    // At a power of two the steps below are half as large.
    if fraction == 0 || !(1..64).contains(&shift) || size >= 1e6 {
        return None;
    }
    let steps = u128::from(fraction | 1 << MANTISSA_BITS);
    let (step, half) = (1_u64 << shift, 1_u64 << (shift - 1));
    let mut found = None;
    for places in (1..=most).rev() {
        let scale = *POWERS.get(places)?;
        let exact = steps * u128::from(scale);
        let digits = (exact >> shift) as u64;
        let above = exact as u64 & (step - 1);
        let (digits, distance) = match above.cmp(&half) {
            Ordering::Less => (digits, above),
            // Of two that are equally near, either may be the one of `Display`.
            Ordering::Equal => return None,
            Ordering::Greater => (digits + 1, step - above),
        };
        // Twice the distance against a whole step; on the edge an even number wins.
        if 2 * distance > scale || 2 * distance == scale && fraction % 2 == 1 {
            break;
        }
        found = Some((digits, places));
    }
    found
}

/// Bits of an `f64` behind its leading 1.
const MANTISSA_BITS: u64 = 52;

/// Decimals of a number with 17 digits, by the least number.
const PLACES: [(f64, usize); 9] = [
    (1e5, 11),
    (1e4, 12),
    (1e3, 13),
    (1e2, 14),
    (1e1, 15),
    (1e0, 16),
    (1e-1, 17),
    (1e-2, 18),
    (1e-3, 19),
];

/// Powers of ten by exponent.
const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Appends `digits` with a point before the last `places` of them.
fn push_decimals(text: &mut String, digits: u64, places: usize) {
    let scale = POWERS.get(places).copied().unwrap_or(1);
    let mut rest = digits;
    if digits < scale {
        text.push('0');
    } else {
        push_whole(text, digits / scale);
        rest %= scale;
    }
    let mut buffer = [b'.'; 20];
    for slot in buffer.iter_mut().take(places + 1).skip(1).rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let decimals = buffer.get(..=places).unwrap_or_default();
    text.push_str(std::str::from_utf8(decimals).unwrap_or_default());
}

/// Returns `size` as a number of `1 / SCALE`; `None` if it is not the `f64` of such a number with at
/// most 15 digits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "positive and far below 2^53"
)]
fn decimals<const SCALE: u64>(size: f64) -> Option<u64> {
    let scaled = size * SCALE as f64 + 0.5;
    let digits = scaled as u64;
    let is_exact = scaled < LIMIT as f64 && is_same(digits as f64 / SCALE as f64, size);
    is_exact.then_some(digits)
}

#[cold]
fn push_displayed(text: &mut String, number: f64, format: PageFormat) {
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
#[inline]
fn push_whole(text: &mut String, number: u64) {
    // Most numbers of a page are states and small counts.
    if number < 10 {
        push_digit(text, number);
    } else {
        push_long(text, number);
    }
}

fn push_long(text: &mut String, number: u64) {
    // From the first group of three digits that is not 0.
    let mut is_first = true;
    for scale in [1_000_000_000_000, 1_000_000_000, 1_000_000, 1_000, 1] {
        if number < scale {
            continue;
        }
        let group = number / scale % 1_000;
        match group {
            _ if !is_first => push_three(text, group),
            0..10 => push_digit(text, group),
            10..100 => {
                push_digit(text, group / 10);
                push_digit(text, group % 10);
            }
            _ => push_three(text, group),
        }
        is_first = false;
    }
}

/// Appends three decimals less the zeros at the end. They are not all 0.
fn push_last_decimals(text: &mut String, decimals: u64) {
    push_digit(text, decimals / 100);
    if decimals % 100 != 0 {
        push_digit(text, decimals / 10 % 10);
    }
    if decimals % 10 != 0 {
        push_digit(text, decimals % 10);
    }
}

/// Appends a number below 1,000 with all three digits.
fn push_three(text: &mut String, number: u64) {
    push_digit(text, number / 100);
    push_digit(text, number / 10 % 10);
    push_digit(text, number % 10);
}

#[inline]
fn push_digit(text: &mut String, digit: u64) {
    text.push(char::from(b'0' + (digit % 10) as u8));
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
