//! Reading the settings from a document with `serde`.

use serde::de::{self, Deserialize, Deserializer};

use super::key::SettingKey;
use super::nearest::did_you_mean;
use super::node::Node;
use super::parser::ConfigParser;
use super::{Config, ConfigError, ConfigErrors, SettingSource};

impl Config {
    /// Reads the settings of a document's table.
    fn from_entries(entries: &[(String, Node)]) -> Result<Self, ConfigErrors> {
        let mut config = Self::default();
        let mut errors = Vec::new();
        let mut parser = ConfigParser {
            source: SettingSource::File,
            errors: &mut errors,
        };
        for (path, node) in entries {
            if let Some(key) = SettingKey::find(path) {
                config.parse_node(&mut parser, key, node);
            } else {
                let paths = || SettingKey::ALL.iter().map(|key| key.path());
                // The value is not shown: it may be a secret under a misspelt key.
                let error = ConfigError::secret(path, "the name of a setting");
                parser
                    .errors
                    .push(error.with_hint(did_you_mean(path, paths())));
            }
        }
        config.validate_into(&mut errors);
        ConfigErrors::check(errors).map(|()| config)
    }
}

/// Reads the settings of a document and validates them. The keys and the text forms are those of the
/// table at [`Config`]. Unknown keys are errors.
///
/// `Config` does not implement `Serialize`, because that would write the salt. Serialize
/// [`EffectiveConfig`](crate::EffectiveConfig) instead.
impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Null => Ok(Self::default()),
            Node::Map(entries) => Self::from_entries(&entries).map_err(de::Error::custom),
            other => Err(de::Error::custom(format!(
                "expected a table of settings, got {}",
                other.form()
            ))),
        }
    }
}
