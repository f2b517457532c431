//! The settings: one row per setting.
//!
//! A row has the name, the setter, the kind of access, the type and the default; the environment
//! variable, or `-` if only code and files can set it; the naming in which the setting has an
//! effect; the check of its value; what messages say is expected; an example; and a summary, which
//! continues "Sets …" and "Returns …". Further lines of documentation follow the row's `///`.
//!
//! From it come the fields of [`Config`], its setters and getters and those of the builder, the
//! parsing of environment variables and documents, [`Config::effective`], and the tables of
//! variables in [`Config`]'s documentation and the READMEs, which tests compare with these rows. The
//! access `custom` is for settings whose setters need more than a value; these are in `access.rs`.

use std::ffi::OsString;
use std::time::Duration;

use dcgm::Endpoint;

use super::checks;
use super::field::{Setting, SettingField, SettingMap};
use super::parser::ConfigParser;
use super::warning::ConfigWarning;
use super::{
    ConfigError, CounterOrigin, DeviceFilter, Group, GroupSwitch, IdSource, MetricSwitch, ModeKind,
    Naming, Profile, SettingSource, ThrottleName,
};

/// Hands the rows to a macro.
macro_rules! for_each_setting {
    ($define:ident) => {
        $define! {
            mode, with_mode: custom(ModeKind = ModeKind::Standalone),
                "DCGM_OTEL_MODE", any, valid, "standalone or embedded", "embedded",
                "the source of the samples: a host engine, or an engine in this process";

            endpoint, with_endpoint: custom(Endpoint = Endpoint::default()),
                "DCGM_OTEL_ENDPOINT", any, valid, "host:port or unix:///absolute/path", "[::1]:5555",
                "the endpoint of the host engine";

            interval, with_interval: value(Duration = Duration::from_secs(15)),
                "DCGM_OTEL_INTERVAL", any, duration_in_range, "a duration from 1s to 10min", "30s",
                "the sampling interval of the meter and of the engine";

            /// The delay has no upper limit, because a large host takes a while to start.
            initial_delay, with_initial_delay: value(Duration = Duration::from_secs(1)),
                "DCGM_OTEL_INITIAL_DELAY", any, valid, "a duration", "500ms",
                "the delay before the first sample";

            max_age, with_max_age: custom(Option<Duration> = None),
                "DCGM_OTEL_MAX_AGE", any, valid, "a duration not below the interval, or auto", "2m",
                "the age at which a sample expires; `auto` is three sampling periods";

            /// The default grows with the host: it is at least 1024, and 100 for each monitored device,
            /// where MIG instances count as devices. A number that is set does not grow.
            max_series, with_max_series: value(usize = 1024),
                "DCGM_OTEL_MAX_SERIES", any, above_zero, "a whole number above 0", "2048",
                "the maximum number of series; the default is higher on large hosts: 100 for each device";

            /// The SDK limits each instrument to 2000 series by default, and merges further series
            /// into one overflow series. When new series of a gauge replace old ones, the old series
            /// still count until the next collect ends. If all series can be replaced at once, as
            /// with MIG, they must therefore fit into half of the SDK's limit. A view can raise that
            /// limit: see `sdk::view`.
            max_instrument_series, with_max_instrument_series: value(usize = 1000),
                -, any, above_zero, "a whole number above 0", "500",
                "the maximum number of series of one metric";

            groups, with_group: custom_map(SettingMap<Group, GroupSwitch> = SettingMap::default()),
                "DCGM_OTEL_GROUPS", any, valid, "a list of group=on or group=off (nvswitch also auto)",
                "nvlink=off,xid=on", "turns groups of metrics on or off";

            metrics, with_metric: custom_map(SettingMap<String, MetricSwitch> = SettingMap::default()),
                "DCGM_OTEL_METRICS", any, valid, "a list of NAME=SWITCH: NAME is metric or metric/family, SWITCH is on, off or auto",
                "hw.power=off,hw.gpu.utilization/encoder=on",
                "turns single metrics, or parts of a metric, on or off";

            group_series, with_group_series: custom_map(SettingMap<Group, usize> = SettingMap::default()),
                -, any, valid, "a list of group=number, each above 0", "profiling=64",
                "the maximum number of series of a group";

            devices, with_devices: reference(DeviceFilter = DeviceFilter::all()),
                "DCGM_OTEL_DEVICES", any, check_devices,
                "all, or a list of kind:number, uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …)",
                "gpu:0,nvswitch", "the devices that are monitored";

            naming, with_naming: value(Naming = Naming::Semconv),
                "DCGM_OTEL_NAMING", any, valid, "semconv or dcgm_exporter", "dcgm_exporter",
                "the naming of metrics";

            profile, with_profile: value(Profile = Profile::Standard),
                "DCGM_OTEL_PROFILE", semconv, valid, "minimal, standard or full", "minimal",
                "the attribute profile: how many attributes a series has";

            id_source, with_id_source: reference(IdSource = IdSource::Uuid),
                "DCGM_OTEL_ID_SOURCE", semconv, id_source,
                "uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index", "pci_bdf",
                "the source of `hw.id`";

            counter_origin, with_counter_origin: value(CounterOrigin = CounterOrigin::Rebased),
                "DCGM_OTEL_COUNTER_ORIGIN", semconv, valid, "rebased or device", "device",
                "where counters begin: at 0 (rebased), or at the total of the device (device)";

            throttle_name, with_throttle_name: value(ThrottleName = ThrottleName::Duration),
                -, semconv, valid, "duration or time", "time",
                "the name of the throttle metric";

            instance, with_instance: custom(Option<String> = None),
                -, any, check_instance, "1 to 64 bytes of text without control characters", "training",
                "the meter's name among several on one provider";
        }
    };
}
pub(crate) use for_each_setting;

/// Makes the fields, setters, getters and keys.
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
                node: &super::document::Node,
            ) {
                match key {
                    $(SettingKey::$key => self.$key.parse_node(parser, key, node),)*
                }
            }

            /// Hands out path, text and source of every setting that has an effect with the naming.
            pub(crate) fn write(&self, out: &mut dyn FnMut(String, String, SettingSource)) {
                $(
                    if SettingKey::$key.only_with().is_none_or(|naming| naming == self.naming.value) {
                        self.$key.write(SettingKey::$key, out);
                    }
                )*
            }

            /// Checks every setting by itself, in the order of the rows.
            pub(super) fn check_each(&self, errors: &mut Vec<ConfigError>) {
                $(
                    checks::$check(SettingKey::$key, &self.$key, errors);
                    if let Some(naming) = SettingKey::$key.only_with() {
                        if naming != self.naming.value {
                            let expected = checks::no_effect(self.naming.value);
                            errors.extend(self.$key.refuse(SettingKey::$key, &expected));
                        }
                    }
                )*
            }
        }

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
                    $(Self::$key => define_config!(@variable $variable),)*
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
                    $(Self::$key => define_config!(@naming $naming),)*
                }
            }
        }
    };

    (@field custom_map $type:ty) => { $type };
    (@field $access:ident $type:ty) => { Setting<$type> };
    (@default custom_map $default:expr) => { $default };
    (@default $access:ident $default:expr) => { Setting::from_default($default) };

    (@variable -) => { None };
    (@variable $variable:literal) => { Some($variable) };
    (@variable_text -) => { "none" };
    (@variable_text $variable:literal) => { concat!("`", $variable, "`") };
    (@naming any) => { None };
    (@naming semconv) => { Some(Naming::Semconv) };

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

/// A variable of the environment: its name and its value.
pub(crate) type Variable = (OsString, OsString);
