//! Static attributes: the same on every series.

use super::ConfigError;
use super::field::SettingMap;
use super::key::SettingKey;
use super::value::{MapKey, MapValue};

/// Longest key, and longest value, in bytes.
const MAX_KEY_BYTES: usize = 128;
const MAX_VALUE_BYTES: usize = 1024;

/// The key of an attribute.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct AttributeKey(pub(super) String);

impl MapKey for AttributeKey {
    /// Any key.
    const ALL: &'static [Self] = &[];

    fn parse_name(name: &str) -> Result<Self, (String, Option<String>)> {
        Ok(Self(name.to_owned()))
    }

    fn as_text(&self) -> &str {
        &self.0
    }
}

impl MapValue<AttributeKey> for String {
    fn parse_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }

    fn expected(_: &AttributeKey) -> String {
        EXPECTED_VALUE.to_owned()
    }
}

const EXPECTED_KEY: &str = "a key of 1 to 128 bytes without white space, and not of hw. or dcgm.";
const EXPECTED_VALUE: &str = "a value of 1 to 1024 bytes without control characters";

/// Checks keys and values. Keys of `hw.` and `dcgm.` are the meter's own.
pub(super) fn check_attributes(
    key: SettingKey,
    field: &SettingMap<AttributeKey, String>,
    errors: &mut Vec<ConfigError>,
) {
    for (name, setting) in field.iter() {
        let (text, value) = (name.as_text(), &setting.value);
        let refuse = |expected: &str| key.entry_error(setting.source, text, value, expected);
        let is_own = text.starts_with("hw.") || text.starts_with("dcgm.");
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        let has_key = (1..=MAX_KEY_BYTES).contains(&text.len());
        if !has_key || is_own || text.contains(is_blank) {
            errors.push(refuse(EXPECTED_KEY));
        }
        let has_value = (1..=MAX_VALUE_BYTES).contains(&value.len());
        if !has_value || value.contains(char::is_control) {
            errors.push(refuse(EXPECTED_VALUE));
        }
    }
}
