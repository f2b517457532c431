//! The text forms of the endpoint and of the meter's name.

use dcgm::{Endpoint, EndpointError};

use super::ConfigError;
use super::field::{InvalidValue, SettingValue};
use super::settings::SettingKey;

/// Makes the error of an invalid endpoint that code gave. A password is never part of it.
pub(crate) fn endpoint_error(text: &str, error: &EndpointError) -> ConfigError {
    let key = SettingKey::endpoint;
    let InvalidValue { input, hint } = invalid(text, error);
    let error = match input {
        Some(input) => ConfigError::new(key.path(), input, key.expected()),
        None => ConfigError::secret(key.path(), key.expected()),
    };
    error.with_hint(hint)
}

fn invalid(text: &str, error: &EndpointError) -> InvalidValue {
    // The parser recognizes a password by its `@`. So does this, as the text may have been refused
    // for another reason.
    if *error == EndpointError::UserInfo || text.contains('@') {
        InvalidValue::secret(Some(EndpointError::UserInfo.to_string()))
    } else {
        InvalidValue::new(text, Some(error.to_string()))
    }
}

impl SettingValue for Endpoint {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        text.parse().map_err(|error| vec![invalid(text, &error)])
    }

    fn to_text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// A text that may be absent. Any text is valid here; the rows of the settings name the checks.
impl SettingValue for Option<String> {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        Ok(Some(text.to_owned()))
    }

    fn to_text(&self) -> Option<String> {
        self.clone()
    }
}
