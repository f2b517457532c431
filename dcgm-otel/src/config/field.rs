//! The values of settings, where each came from, and maps of values.

use std::collections::BTreeMap;

use super::key::SettingKey;
#[cfg(feature = "serde")]
use super::node::Node;
use super::parser::ConfigParser;
use super::value::{InvalidValue, MapKey, MapValue, SettingValue, split_items};
use super::{ConfigError, SettingSource};

/// A value and where it came from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: SettingSource,
}

impl<T> Setting<T> {
    pub(crate) const fn new(value: T, source: SettingSource) -> Self {
        Self { value, source }
    }

    pub(crate) const fn from_default(value: T) -> Self {
        Self::new(value, SettingSource::Default)
    }

    pub(crate) const fn from_code(value: T) -> Self {
        Self::new(value, SettingSource::Code)
    }
}

/// Values by name, each with its own source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SettingMap<K, V>(BTreeMap<K, Setting<V>>);

impl<K, V> Default for SettingMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: Clone> SettingMap<K, V> {
    pub(crate) fn set(&mut self, name: K, setting: Setting<V>) {
        self.0.insert(name, setting);
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, name: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(name).map(|setting| setting.value.clone())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Setting<V>)> {
        self.0.iter()
    }
}

/// The operations that every setting has, whatever its type.
pub(crate) trait SettingField {
    /// Sets it from the text of an environment variable, or of a document's scalar.
    fn parse(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, text: &str);

    /// Sets it from a value of a document.
    #[cfg(feature = "serde")]
    fn parse_node(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, node: &Node);

    /// Takes from `lower` what is not set here.
    fn fill_from(&mut self, lower: Self);

    /// Hands out path, text and source of each of its values.
    fn write(&self, key: SettingKey, out: &mut dyn FnMut(String, String, SettingSource));

    /// Returns an error for each of its values that was set; used if the setting has no effect.
    fn refuse(&self, key: SettingKey, expected: &str) -> Vec<ConfigError>;
}

impl<T: SettingValue> SettingField for Setting<T> {
    fn parse(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, text: &str) {
        match T::parse_text(text) {
            Ok(value) => *self = Self::new(value, parser.source),
            Err(invalid) => parser.invalid(key, invalid),
        }
    }

    #[cfg(feature = "serde")]
    fn parse_node(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, node: &Node) {
        match node {
            Node::Null => {}
            Node::Scalar(text) => self.parse(parser, key, text),
            Node::List(items) if T::IS_LIST => {
                let texts: Vec<_> = items.iter().map(Node::form).collect();
                self.parse(parser, key, &texts.join(","));
            }
            Node::List(_) | Node::Map(_) => parser.wrong_form(key, node),
        }
    }

    fn fill_from(&mut self, lower: Self) {
        if self.source == SettingSource::Default {
            *self = lower;
        }
    }

    fn write(&self, key: SettingKey, out: &mut dyn FnMut(String, String, SettingSource)) {
        if let Some(text) = self.value.to_text() {
            out(key.path().to_owned(), text, self.source);
        }
    }

    fn refuse(&self, key: SettingKey, expected: &str) -> Vec<ConfigError> {
        if self.source == SettingSource::Default {
            return Vec::new();
        }
        let text = self.value.to_text().unwrap_or_default();
        vec![ConfigError::new(key.name(self.source), text, expected)]
    }
}

impl<K: MapKey, V: MapValue<K>> SettingMap<K, V> {
    /// Sets one entry. `input` is the text to quote in messages.
    fn parse_entry(
        &mut self,
        parser: &mut ConfigParser<'_>,
        key: SettingKey,
        (name, word): (&str, &str),
        input: &str,
    ) {
        let path = key.entry_name(parser.source, name);
        match K::parse_name(name) {
            Err((expected, hint)) => {
                let error = ConfigError::new(path, input, expected).with_hint(hint);
                parser.errors.push(error);
            }
            Ok(name) => {
                if let Some(value) = V::parse_text(word) {
                    self.set(name, Setting::new(value, parser.source));
                } else {
                    let expected = V::expected(&name);
                    parser.errors.push(ConfigError::new(path, input, expected));
                }
            }
        }
    }
}

impl<K: MapKey, V: MapValue<K>> SettingField for SettingMap<K, V> {
    fn parse(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, text: &str) {
        for item in split_items(text) {
            match item.split_once('=') {
                Some((name, word)) => {
                    self.parse_entry(parser, key, (name.trim(), word.trim()), item);
                }
                None => parser.invalid(key, vec![InvalidValue::new(item, None)]),
            }
        }
    }

    #[cfg(feature = "serde")]
    fn parse_node(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, node: &Node) {
        match node {
            Node::Null => {}
            Node::Map(entries) => {
                for (name, node) in entries {
                    match node {
                        Node::Null => {}
                        Node::Scalar(word) => self.parse_entry(parser, key, (name, word), word),
                        Node::List(_) | Node::Map(_) => parser.wrong_form(key, node),
                    }
                }
            }
            Node::Scalar(_) | Node::List(_) => parser.wrong_form(key, node),
        }
    }

    fn fill_from(&mut self, lower: Self) {
        for (name, setting) in lower.0 {
            self.0.entry(name).or_insert(setting);
        }
    }

    fn write(&self, key: SettingKey, out: &mut dyn FnMut(String, String, SettingSource)) {
        let path = |name: &K| format!("{}.{}", key.path(), name.as_text());
        if K::ALL.is_empty() {
            for (name, setting) in self.iter() {
                out(path(name), setting.value.to_text(), setting.source);
            }
        }
        for name in K::ALL {
            match (self.0.get(name), V::default_of(name)) {
                (Some(setting), _) => out(path(name), setting.value.to_text(), setting.source),
                (None, Some(value)) => out(path(name), value.to_text(), SettingSource::Default),
                (None, None) => {}
            }
        }
    }

    fn refuse(&self, key: SettingKey, expected: &str) -> Vec<ConfigError> {
        let refuse = |(name, setting): (&K, &Setting<V>)| {
            key.entry_error(
                setting.source,
                name.as_text(),
                &setting.value.to_text(),
                expected,
            )
        };
        self.iter().map(refuse).collect()
    }
}
