//! [`Config`]: the settings, from the rows in `rows.rs`.

use std::ffi::OsString;
use std::time::Duration;

use dcgm::Endpoint;

use super::checks;
use super::field::{Setting, SettingField, SettingMap};
use super::key::SettingKey;
use super::parser::ConfigParser;
use super::rows::for_each_setting;
use super::warning::ConfigWarning;
use super::{
    AttributeKey, AttributionExport, ConfigError, CounterOrigin, CustomMetrics, DeviceFilter,
    ExporterCsv, Group, GroupSwitch, IdSource, Isolation, MetricSwitch, ModeKind, Naming,
    PeakPeriod, Profile, SettingSource, SharedDevices, StaticScope, ThrottleName,
};

/// Makes the fields, setters and getters.
macro_rules! define_config {
    ($(
        $(#[doc = $more:literal])*
        $key:ident, $setter:ident: $access:ident($type:ty = $default:expr),
        $variable:tt, $naming:ident, $check:ident, $expected:literal, $example:literal, $summary:literal;
    )*) => {
        /// The settings of a meter.
        ///
        /// A `Config` is made by [`Config::default`] and the `with_…` methods, by
        /// [`Config::from_env`], or, with the feature `serde`, from a document. Code takes
        /// precedence over a document, a document over the environment, and the environment over
        /// the default. [`DcgmMeterBuilder`] has the same setters.
        ///
        /// | key | environment variable | expected | example |
        /// |---|---|---|---|
        $(#[doc = concat!(
            "| `", stringify!($key), "` | ", define_config!(@variable_text $variable), " | ", $expected, " | `", $example, "` |"
        )])*
        ///
        /// Durations are whole numbers with units, as in `15s`, `500ms` or `1m30s`. Switches are `on`,
        /// `off` or `auto`. An empty variable counts as not set.
        ///
        /// Values are checked by [`Config::validate`], and when a meter is installed; all errors are
        /// reported together. A setting that has no effect with the chosen naming is an error.
        ///
        /// # Unknown variables
        ///
        /// An environment variable that begins with `DCGM_OTEL_` and is not in the table causes a
        /// warning instead of an error: an older program then still starts with a Kubernetes
        /// manifest that was written for a newer one. The warning names the nearest known variable,
        /// if one is similar. It is logged when the meter is installed, and reported by
        /// [`Config::warnings`], [`Config::effective`] and [`Health`](crate::Health). The variables
        /// that Kubernetes itself sets for a service named `dcgm-otel` (`DCGM_OTEL_SERVICE_HOST`,
        /// `DCGM_OTEL_PORT`, …) cause no warning.
        ///
        /// [`DcgmMeterBuilder`]: crate::DcgmMeterBuilder
        ///
        /// # Examples
        ///
        /// ```
        /// use std::time::Duration;
        /// use dcgm_otel::{Config, Group, GroupSwitch, Mode};
        ///
        /// let config = Config::default()
        ///     .with_interval(Duration::from_secs(30))
        ///     .with_group(Group::Codec, GroupSwitch::Off);
        /// config.validate()?;
        /// assert_eq!(config.mode(), Mode::Standalone { endpoint: dcgm::Endpoint::default() });
        /// # Ok::<(), dcgm_otel::ConfigErrors>(())
        /// ```
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub struct Config {
            $(pub(crate) $key: define_config!(@field $access $type),)*
            pub(crate) warnings: Vec<ConfigWarning>,
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    $($key: define_config!(@default $access $default),)*
                    warnings: Vec::new(),
                }
            }
        }

        $(define_config! { @accessors $access $key $setter $type, $summary, [$($more)*] })*

        impl Config {
            /// Takes from `lower` every setting that is not set here.
            pub(crate) fn fill_from(&mut self, lower: Self) {
                $(self.$key.fill_from(lower.$key);)*
                for warning in lower.warnings {
                    if !self.warnings.contains(&warning) {
                        self.warnings.push(warning);
                    }
                }
            }

            /// Sets one setting from a text.
            pub(crate) fn parse(&mut self, parser: &mut ConfigParser<'_>, key: SettingKey, text: &str) {
                match key {
                    $(SettingKey::$key => self.$key.parse(parser, key, text),)*
                }
            }

            /// Sets one setting from a value of a document.
            #[cfg(feature = "serde")]
            pub(super) fn parse_node(
                &mut self,
                parser: &mut ConfigParser<'_>,
                key: SettingKey,
                node: &super::node::Node,
            ) {
                match key {
                    $(SettingKey::$key => self.$key.parse_node(parser, key, node),)*
                }
            }

            /// Hands out path, text and source of every setting that has an effect with the naming.
            pub(crate) fn write(&self, out: &mut dyn FnMut(String, String, SettingSource)) {
                $(
                    if SettingKey::$key.only_with().is_none_or(|naming| naming.is_like(self.naming.value)) {
                        self.$key.write(SettingKey::$key, out);
                    }
                )*
            }

            /// Checks every setting by itself, in the order of the rows.
            pub(super) fn check_each(&self, errors: &mut Vec<ConfigError>) {
                $(
                    checks::$check(SettingKey::$key, &self.$key, errors);
                    if let Some(naming) = SettingKey::$key.only_with() {
                        if !naming.is_like(self.naming.value) {
                            let expected = checks::no_effect(self.naming.value);
                            errors.extend(self.$key.refuse(SettingKey::$key, &expected));
                        }
                    }
                )*
            }
        }
    };

    (@field custom_map $type:ty) => { $type };
    (@field $access:ident $type:ty) => { Setting<$type> };
    (@default custom_map $default:expr) => { $default };
    (@default $access:ident $default:expr) => { Setting::from_default($default) };

    (@variable_text -) => { "none" };
    (@variable_text $variable:literal) => { concat!("`", $variable, "`") };

    (@accessors value $key:ident $setter:ident $type:ty, $summary:literal, [$($more:literal)*]) => {
        define_config!(@setter $key $setter $type, $summary, [$($more)*]);

        impl Config {
            #[doc = concat!("Returns ", $summary, ".")]
            #[must_use]
            pub const fn $key(&self) -> $type {
                self.$key.value
            }
        }
    };
    (@accessors reference $key:ident $setter:ident $type:ty, $summary:literal, [$($more:literal)*]) => {
        define_config!(@setter $key $setter $type, $summary, [$($more)*]);

        impl Config {
            #[doc = concat!("Returns ", $summary, ".")]
            #[must_use]
            pub const fn $key(&self) -> &$type {
                &self.$key.value
            }
        }
    };
    (@accessors $access:ident $($rest:tt)*) => {};
    (@setter $key:ident $setter:ident $type:ty, $summary:literal, [$($more:literal)*]) => {
        impl Config {
            #[doc = concat!("Sets ", $summary, ".")]
            $(#[doc = $more])*
            #[must_use]
            pub fn $setter(mut self, $key: $type) -> Self {
                self.$key = Setting::from_code($key);
                self
            }
        }
    };
}

for_each_setting!(define_config);

/// A variable of the environment: its name and its value.
pub(crate) type Variable = (OsString, OsString);
