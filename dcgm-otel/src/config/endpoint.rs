//! The text forms of the endpoint and of the meter's name.

use dcgm::{Endpoint, EndpointError};

use super::ConfigError;
use super::key::SettingKey;
use super::value::{InvalidValue, SettingValue};

/// Makes the error of an invalid endpoint that code gave. A password is never part of it.
pub(crate) fn endpoint_error(text: &str, error: &EndpointError) -> ConfigError {
    let key = SettingKey::endpoint;
    invalid_endpoint(text, error).into_error(key, key.path())
}

fn invalid_endpoint(text: &str, error: &EndpointError) -> InvalidValue {
    // The parser recognizes a password by its `@`. So does this, as the text may have been refused
    // for another reason.
    let (mut invalid, error) = if *error == EndpointError::UserInfo || text.contains('@') {
        (InvalidValue::secret(None), &EndpointError::UserInfo)
    } else {
        (InvalidValue::new(text, None), error)
    };
    // The error's own text is more specific.
    let text = error.to_string();
    invalid.expected = text.strip_prefix("expected ").map(str::to_owned);
    invalid
}

impl SettingValue for Endpoint {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        text.parse()
            .map_err(|error| vec![invalid_endpoint(text, &error)])
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
