//! [`CustomMetrics`]: all definitions of a configuration, each with its source.

use super::text::{split_parts, split_unquoted};
use super::{CustomMetric, CustomMetricError};
use crate::config::field::SettingField;
use crate::config::key::SettingKey;
#[cfg(feature = "serde")]
use crate::config::node::Node;
use crate::config::parser::ConfigParser;
use crate::config::{ConfigError, SettingSource};

/// A definition, and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Definition {
    pub(super) metric: CustomMetric,
    pub(super) source: SettingSource,
    /// Position among the definitions of its source.
    pub(super) index: usize,
}

/// All definitions of a configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CustomMetrics(pub(super) Vec<Definition>);

impl CustomMetrics {
    pub(crate) fn push_from_code(&mut self, metric: CustomMetric) {
        let source = SettingSource::Code;
        let mine = self.0.iter().filter(|one| one.source == source);
        let index = mine.count();
        self.0.push(Definition {
            metric,
            source,
            index,
        });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CustomMetric> {
        self.0.iter().map(|one| &one.metric)
    }

    /// Adds the definition with this position, or the mistakes in it.
    fn push_parsed(
        &mut self,
        parser: &mut ConfigParser<'_>,
        index: usize,
        text: &str,
        parsed: Result<CustomMetric, Vec<CustomMetricError>>,
    ) {
        let source = parser.source;
        match parsed {
            Ok(metric) => self.0.push(Definition {
                metric,
                source,
                index,
            }),
            Err(errors) => {
                let errors = errors.into_iter();
                parser
                    .errors
                    .extend(errors.map(|error| error.into_config_error(source, index, text)));
            }
        }
    }

    fn parse_definition(&mut self, parser: &mut ConfigParser<'_>, index: usize, text: &str) {
        let parts = split_parts(text).map_err(|error| vec![error]);
        let parsed = parts.and_then(|parts| CustomMetric::from_parts(&parts));
        self.push_parsed(parser, index, text, parsed);
    }

    #[cfg(feature = "serde")]
    fn parse_table(
        &mut self,
        parser: &mut ConfigParser<'_>,
        key: SettingKey,
        index: usize,
        entries: &[(String, Node)],
    ) {
        let mut parts = Vec::new();
        for (name, node) in entries {
            match node {
                Node::Null => {}
                Node::Map(attributes) if name == "attributes" => {
                    for (name, node) in attributes {
                        let Node::Scalar(value) = node else {
                            parser.wrong_form(key, node);
                            return;
                        };
                        parts.push(("attribute".to_owned(), format!("{name}={value}")));
                    }
                }
                Node::List(items) if name == "on" => {
                    let words: Vec<_> = items.iter().map(Node::form).collect();
                    parts.push((name.clone(), words.join(" ")));
                }
                Node::Scalar(value) if name != "attribute" => {
                    parts.push((name.clone(), value.clone()));
                }
                _ => {
                    let path = format!("{}[{index}].{name}", key.path());
                    let expected = "a text, in `on` also a list, in `attributes` a table";
                    parser
                        .errors
                        .push(ConfigError::new(path, node.form(), expected));
                    return;
                }
            }
        }
        let name = parts.iter().find(|(key, _)| key == "name");
        let text = name.map(|(_, name)| name.clone()).unwrap_or_default();
        let parsed = CustomMetric::from_parts(&parts);
        self.push_parsed(parser, index, &text, parsed);
    }
}

impl CustomMetricError {
    /// Makes the error of a setting. `text` is the definition, or its name.
    pub(super) fn into_config_error(
        self,
        source: SettingSource,
        index: usize,
        text: &str,
    ) -> ConfigError {
        let name = SettingKey::custom.name(source);
        let (path, input) = if source == SettingSource::Environment {
            let input = match self.key.as_str() {
                "definition" => self.input,
                key => format!("{text}: {key} {}", self.input),
            };
            (name.to_owned(), input)
        } else {
            let path = match self.key.as_str() {
                "definition" => format!("{name}[{index}]"),
                key => format!("{name}[{index}].{key}"),
            };
            (path, self.input)
        };
        ConfigError::new(path, input, self.expected).with_hint(self.hint)
    }
}

impl SettingField for CustomMetrics {
    fn parse(&mut self, parser: &mut ConfigParser<'_>, _: SettingKey, text: &str) {
        for (index, item) in split_unquoted(text, ';').into_iter().enumerate() {
            self.parse_definition(parser, index, item);
        }
    }

    #[cfg(feature = "serde")]
    fn parse_node(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, node: &Node) {
        match node {
            Node::Null => {}
            Node::Scalar(text) => self.parse(parser, key, text),
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Node::Scalar(text) => self.parse_definition(parser, index, text),
                        Node::Map(entries) => self.parse_table(parser, key, index, entries),
                        Node::Null | Node::List(_) => parser.wrong_form(key, item),
                    }
                }
            }
            Node::Map(_) => parser.wrong_form(key, node),
        }
    }

    /// A source that takes precedence replaces all definitions of the same name.
    fn fill_from(&mut self, lower: Self) {
        let is_new = |one: &Definition| self.iter().all(|mine| mine.name != one.metric.name);
        let new: Vec<_> = lower.0.into_iter().filter(is_new).collect();
        self.0.extend(new);
    }

    fn write(&self, key: SettingKey, out: &mut dyn FnMut(String, String, SettingSource)) {
        let texts: Vec<_> = self.iter().map(ToString::to_string).collect();
        if let Some(source) = self.0.iter().map(|one| one.source).max() {
            out(key.path().to_owned(), texts.join("; "), source);
        }
    }

    fn refuse(&self, key: SettingKey, expected: &str) -> Vec<ConfigError> {
        let refuse = |one: &Definition| {
            ConfigError::new(key.name(one.source), one.metric.to_string(), expected)
        };
        self.0.iter().map(refuse).collect()
    }
}
