//! Whole numbers.

use super::value::{InvalidValue, SettingValue};

pub(crate) const EXPECTED: &str = "a whole number above 0";

/// Parses decimal digits; a sign or a fraction is refused.
pub(crate) fn parse_number(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl SettingValue for usize {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        parse_number(text).ok_or_else(|| vec![InvalidValue::new(text, None)])
    }

    fn to_text(&self) -> Option<String> {
        Some(self.to_string())
    }
}
