//! The text forms of values.

/// A part of a text that is not valid.
#[derive(Debug)]
pub(crate) struct InvalidValue {
    /// The part that is quoted; `None` if it may hold a secret.
    pub(crate) input: Option<String>,
    /// The expected form, if it is more specific than the setting's.
    pub(crate) expected: Option<String>,
    pub(crate) hint: Option<String>,
}

impl InvalidValue {
    pub(crate) fn new(input: &str, hint: Option<String>) -> Self {
        Self {
            input: Some(input.to_owned()),
            expected: None,
            hint,
        }
    }

    pub(crate) const fn secret(hint: Option<String>) -> Self {
        Self {
            input: None,
            expected: None,
            hint,
        }
    }
}

/// The text form of a setting's type.
pub(crate) trait SettingValue: Sized {
    /// Set for types that a document can also give as a list of texts.
    #[cfg(feature = "serde")]
    const IS_LIST: bool = false;

    /// Parses a text; returns every invalid part of it.
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>>;

    /// Returns the text that parses to this value, without secrets; `None` if it is not set.
    fn to_text(&self) -> Option<String>;
}

/// A name in a [`SettingMap`].
pub(crate) trait MapKey: Ord + Sized + 'static {
    /// Every name, if they are known without further settings.
    const ALL: &'static [Self];

    /// Parses a name; the error says what is expected and which name is nearest.
    fn parse_name(name: &str) -> Result<Self, (String, Option<String>)>;

    fn as_text(&self) -> &str;
}

/// A value in a [`SettingMap`].
pub(crate) trait MapValue<K>: Clone + Sized {
    fn parse_text(text: &str) -> Option<Self>;

    fn to_text(&self) -> String;

    /// Returns the values that are valid under a name, for messages.
    fn expected(name: &K) -> String;

    /// Returns the value of a name that was not set, if it has one.
    fn default_of(_name: &K) -> Option<Self> {
        None
    }
}

/// Splits a list at its commas, without empty items.
pub(crate) fn split_items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}
