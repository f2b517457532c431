//! [`SettingKey`]: the name of a setting.

use super::rows::for_each_setting;
use super::{ConfigError, Naming, SettingSource};

/// Makes the keys.
macro_rules! define_keys {
    ($(
        $(#[doc = $more:literal])*
        $key:ident, $setter:ident: $access:ident($type:ty = $default:expr),
        $variable:tt, $naming:ident, $check:ident, $expected:literal, $example:literal, $summary:literal;
    )*) => {
        /// The name of a setting.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[expect(non_camel_case_types, reason = "the keys are the names of the fields")]
        pub(crate) enum SettingKey {
            $($key,)*
        }

        impl SettingKey {
            /// Every key, in the order of the rows.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$key),*];

            /// Returns its path in a document.
            pub(crate) const fn path(self) -> &'static str {
                match self {
                    $(Self::$key => stringify!($key),)*
                }
            }

            /// Returns the environment variable that sets it.
            pub(crate) const fn variable(self) -> Option<&'static str> {
                match self {
                    $(Self::$key => define_keys!(@variable $variable),)*
                }
            }

            /// Returns what its value must be, for messages, with an example.
            pub(crate) fn expected(self) -> String {
                let (expected, example) = self.form();
                if expected.contains(example) {
                    expected.to_owned()
                } else {
                    format!("{expected}, as in {example}")
                }
            }

            /// Returns what its value must be, and an example.
            pub(crate) const fn form(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$key => ($expected, $example),)*
                }
            }

            /// Returns its summary, as it stands in the tables of variables.
            #[cfg(test)]
            pub(crate) const fn summary(self) -> &'static str {
                match self {
                    $(Self::$key => $summary,)*
                }
            }

            /// Returns the naming with which it has an effect; `None` if it has one with all.
            pub(crate) const fn only_with(self) -> Option<Naming> {
                match self {
                    $(Self::$key => define_keys!(@naming $naming),)*
                }
            }
        }
    };

    (@variable -) => { None };
    (@variable $variable:literal) => { Some($variable) };
    (@naming any) => { None };
    (@naming semconv) => { Some(Naming::Semconv) };
    (@naming dcgm_exporter) => { Some(Naming::DcgmExporter) };
}

for_each_setting!(define_keys);

impl SettingKey {
    /// Returns its name in messages: the variable if that set it, else the path.
    pub(crate) const fn name(self, source: SettingSource) -> &'static str {
        match (source, self.variable()) {
            (SettingSource::Environment, Some(variable)) => variable,
            _ => self.path(),
        }
    }

    /// Returns the name of one entry of a map in messages.
    pub(crate) fn entry_name(self, source: SettingSource, entry: &str) -> String {
        match (source, self.variable()) {
            (SettingSource::Environment, Some(variable)) => variable.to_owned(),
            _ => format!("{}.{entry}", self.path()),
        }
    }

    /// Makes an error about one entry of a map.
    pub(crate) fn entry_error(
        self,
        source: SettingSource,
        entry: &str,
        word: &str,
        expected: impl Into<String>,
    ) -> ConfigError {
        let name = self.entry_name(source, entry);
        let input = match (source, self.variable()) {
            (SettingSource::Environment, Some(_)) => format!("{entry}={word}"),
            _ => word.to_owned(),
        };
        ConfigError::new(name, input, expected)
    }

    /// Returns the key of a path in a document.
    pub(crate) fn find(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.path() == path)
    }
}
