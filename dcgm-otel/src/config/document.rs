//! Reading the settings from a document with `serde`.

use core::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::nearest::did_you_mean;
use super::parser::ConfigParser;
use super::settings::SettingKey;
use super::{Config, ConfigError, ConfigErrors, SettingSource};

/// A value of a document. Scalars become texts, so that all errors have one form and are reported
/// together, instead of only the first one by the reader of the document.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    Scalar(String),
    List(Vec<String>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Returns the form of the value, for messages.
    pub(crate) fn form(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Scalar(text) => text,
            Self::List(_) => "[…]",
            Self::Map(_) => "{…}",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNode;

        impl<'de> Visitor<'de> for AnyNode {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, a list or a table")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(value.to_string()))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.to_owned()))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_none<E: de::Error>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
                Node::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Node>()? {
                    list.push(item.form().to_owned());
                }
                Ok(Node::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map: Vec<(String, Node)> = Vec::new();
                while let Some((key, node)) = entries.next_entry::<String, Node>()? {
                    if map.iter().any(|(before, _)| *before == key) {
                        return Err(de::Error::custom(format!("{key} is given twice")));
                    }
                    map.push((key, node));
                }
                Ok(Node::Map(map))
            }
        }

        deserializer.deserialize_any(AnyNode)
    }
}

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
