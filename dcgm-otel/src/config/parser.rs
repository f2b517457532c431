//! Parsing texts into settings: those of environment variables and of documents.

use super::key::SettingKey;
use super::value::InvalidValue;
use super::{ConfigError, SettingSource};

/// The source of the texts that are parsed, and the errors found in them.
#[derive(Debug)]
pub(crate) struct ConfigParser<'a> {
    pub(crate) source: SettingSource,
    pub(crate) errors: &'a mut Vec<ConfigError>,
}

impl ConfigParser<'_> {
    /// Reports the invalid parts of a setting's text.
    pub(crate) fn invalid(&mut self, key: SettingKey, invalid: Vec<InvalidValue>) {
        let name = key.name(self.source);
        let errors = invalid
            .into_iter()
            .map(|invalid| invalid.into_error(key, name));
        self.errors.extend(errors);
    }

    /// Reports a list or a table where a document must have another form.
    #[cfg(feature = "serde")]
    pub(crate) fn wrong_form(&mut self, key: SettingKey, node: &super::node::Node) {
        let error = ConfigError::new(key.name(self.source), node.form(), key.expected());
        self.errors.push(error);
    }
}

impl InvalidValue {
    /// Makes the error of a setting; `name` is the variable or the path.
    pub(super) fn into_error(self, key: SettingKey, name: &str) -> ConfigError {
        let expected = self.expected.unwrap_or_else(|| key.expected());
        let error = match self.input {
            Some(input) => ConfigError::new(name, input, expected),
            None => ConfigError::secret(name, expected),
        };
        error.with_hint(self.hint)
    }
}
