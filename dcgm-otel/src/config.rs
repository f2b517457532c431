//! What a meter can be told: the settings, their defaults, and what they can be.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use dcgm::Endpoint;

use crate::catalogue::CATALOGUE;
use crate::naming::exporter;

mod access;
mod apply;
mod choices;
mod devices;
#[cfg(feature = "serde")]
mod document;
pub(crate) mod duration;
mod error;
mod groups;
mod id_source;
mod key;
#[cfg(test)]
mod tests;

pub(crate) use apply::{Apply, endpoint_error};
pub use choices::{
    CounterOrigin, GroupSwitch, MetricSwitch, Naming, Profile, SettingSource, ThrottleName,
};
pub use devices::{DeviceFilter, DeviceSelector};
pub use error::{ConfigError, ConfigErrors, InstallError};
pub use groups::Group;
pub use id_source::{IdSource, Salt};
pub(crate) use key::Key;

const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(600);
/// In bytes: it becomes an attribute of every scope.
const LONGEST_INSTANCE: usize = 64;
/// How many of its periods a value that does not change may go on being shown.
const PERIODS_OF_AGE: u32 = 3;

/// What a meter is told.
///
/// Made by [`Config::default`] and its `with_…`, or, with the feature `serde`, read from a
/// document. What is not said can be taken from the environment ([`Config::with_env`]). Nothing is
/// checked until [`Config::validate`], which tells all that is wrong at once.
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
    pub(crate) embedded: Setting<bool>,
    pub(crate) endpoint: Setting<Endpoint>,
    pub(crate) interval: Setting<Duration>,
    pub(crate) initial_delay: Setting<Duration>,
    pub(crate) max_age: Setting<Option<Duration>>,
    pub(crate) max_series: Setting<usize>,
    pub(crate) max_instrument_series: Setting<usize>,
    pub(crate) groups: BTreeMap<Group, Setting<GroupSwitch>>,
    pub(crate) metrics: BTreeMap<String, Setting<MetricSwitch>>,
    pub(crate) group_series: BTreeMap<Group, Setting<usize>>,
    pub(crate) devices: Setting<DeviceFilter>,
    pub(crate) naming: Setting<Naming>,
    pub(crate) profile: Setting<Profile>,
    pub(crate) id_source: Setting<IdSource>,
    pub(crate) counter_origin: Setting<CounterOrigin>,
    pub(crate) throttle_name: Setting<ThrottleName>,
    pub(crate) instance: Setting<Option<String>>,
}

/// Where the samples come from.
///
/// ```
/// use dcgm_otel::{Config, Mode};
///
/// let mode = Mode::Standalone { endpoint: "[::1]:5555".parse()? };
/// assert_eq!(Config::default().with_mode(mode.clone()).mode(), mode);
/// # Ok::<(), dcgm::EndpointError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Mode {
    /// From a host engine.
    Standalone {
        /// Where it listens.
        endpoint: Endpoint,
    },
    /// From an engine within this process: one, shared by all.
    Embedded,
}

/// A value, and who gave it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: SettingSource,
}

impl<T> Setting<T> {
    pub(crate) const fn new(value: T, origin: SettingSource) -> Self {
        Self { value, origin }
    }

    const fn default_of(value: T) -> Self {
        Self::new(value, SettingSource::Default)
    }

    /// This, unless nobody gave it.
    fn or(self, other: Self) -> Self {
        if self.origin == SettingSource::Default {
            other
        } else {
            self
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            embedded: Setting::default_of(false),
            endpoint: Setting::default_of(Endpoint::default()),
            interval: Setting::default_of(Duration::from_secs(15)),
            initial_delay: Setting::default_of(Duration::from_secs(1)),
            max_age: Setting::default(),
            max_series: Setting::default_of(1024),
            max_instrument_series: Setting::default_of(1000),
            groups: BTreeMap::new(),
            metrics: BTreeMap::new(),
            group_series: BTreeMap::new(),
            devices: Setting::default(),
            naming: Setting::default(),
            profile: Setting::default(),
            id_source: Setting::default(),
            counter_origin: Setting::default(),
            throttle_name: Setting::default(),
            instance: Setting::default(),
        }
    }
}

impl Config {
    /// With what the environment says of the settings that nobody gave, and checked. `lookup` finds
    /// a variable; for those of the process that is `|name| std::env::var_os(name)`. One that is
    /// empty is not set.
    ///
    /// | variable | a text such as |
    /// |---|---|
    /// | `DCGM_OTEL_MODE` | `standalone`, `embedded` |
    /// | `DCGM_OTEL_ENDPOINT` | `localhost:5555`, `[::1]:5555`, `unix:///tmp/nv-hostengine` |
    /// | `DCGM_OTEL_INTERVAL` | `15s`: 1 s to 10 min |
    /// | `DCGM_OTEL_INITIAL_DELAY` | `500ms` |
    /// | `DCGM_OTEL_MAX_AGE` | `2m`, `auto`: the interval or more |
    /// | `DCGM_OTEL_MAX_SERIES` | `1024`: above 0 |
    /// | `DCGM_OTEL_GROUPS` | `nvlink=off,xid=on,nvswitch=auto` |
    /// | `DCGM_OTEL_METRICS` | `hw.gpu.clock.frequency=off,hw.gpu.utilization/encoder=on` |
    /// | `DCGM_OTEL_DEVICES` | `gpu:0,uuid:GPU-…,bdf:0000:1b:00.0,nvswitch`, `all` |
    /// | `DCGM_OTEL_NAMING` | `semconv`, `dcgm_exporter` |
    /// | `DCGM_OTEL_PROFILE` | `minimal`, `standard`, `full` |
    /// | `DCGM_OTEL_ID_SOURCE` | `uuid`, `hashed_uuid:SALT`, `pci_bdf`, `index` |
    /// | `DCGM_OTEL_COUNTER_ORIGIN` | `rebased`, `device` |
    ///
    /// ```
    /// use dcgm_otel::{Config, Profile};
    ///
    /// let config = Config::default().with_env(|name| match name {
    ///     "DCGM_OTEL_PROFILE" => Some("full".into()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(config.profile(), Profile::Full);
    ///
    /// // All that is wrong, at once.
    /// let errors = Config::default().with_env(|name| match name {
    ///     "DCGM_OTEL_PROFILE" => Some("fat".into()),
    ///     "DCGM_OTEL_INTERVAL" => Some("soon".into()),
    ///     _ => None,
    /// });
    /// assert_eq!(errors.unwrap_err().iter().count(), 2);
    /// # Ok::<(), dcgm_otel::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All that is wrong: variables that cannot be understood, also those that would have no
    /// effect, and settings that cannot be.
    pub fn with_env(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let environment = crate::env::read(lookup, &mut errors);
        let config = self.or(environment);
        config.validate_into(&mut errors);
        ConfigErrors::check(errors).map(|()| config)
    }

    /// Whether the settings can be.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub fn validate(&self) -> Result<(), ConfigErrors> {
        let mut errors = Vec::new();
        self.validate_into(&mut errors);
        ConfigErrors::check(errors)
    }

    /// The settings that somebody gave here, and the others of `lower`.
    pub(crate) fn or(self, lower: Self) -> Self {
        Self {
            embedded: self.embedded.or(lower.embedded),
            endpoint: self.endpoint.or(lower.endpoint),
            interval: self.interval.or(lower.interval),
            initial_delay: self.initial_delay.or(lower.initial_delay),
            max_age: self.max_age.or(lower.max_age),
            max_series: self.max_series.or(lower.max_series),
            max_instrument_series: self.max_instrument_series.or(lower.max_instrument_series),
            groups: over(self.groups, lower.groups),
            metrics: over(self.metrics, lower.metrics),
            group_series: over(self.group_series, lower.group_series),
            devices: self.devices.or(lower.devices),
            naming: self.naming.or(lower.naming),
            profile: self.profile.or(lower.profile),
            id_source: self.id_source.or(lower.id_source),
            counter_origin: self.counter_origin.or(lower.counter_origin),
            throttle_name: self.throttle_name.or(lower.throttle_name),
            instance: self.instance.or(lower.instance),
        }
    }

    pub(crate) fn validate_into(&self, errors: &mut Vec<ConfigError>) {
        self.check_times(errors);
        self.check_series(errors);
        self.check_switches(errors);
        for device in self.devices.value.devices() {
            // Code can make selectors that no text means.
            let text = device.to_string();
            if DeviceSelector::parse(&text).as_ref() != Some(device) {
                let name = Key::Devices.name(self.devices.origin);
                errors.push(ConfigError::new(name, text, devices::ACCEPTED));
            }
        }
        if !self.id_source.value.is_strong() {
            let name = Key::IdSource.name(self.id_source.origin);
            let accepted = format!("a salt of {} bytes or more", Salt::SHORTEST);
            errors.push(ConfigError::secret(name, accepted));
        }
        if let Some(instance) = &self.instance.value {
            let fits = (1..=LONGEST_INSTANCE).contains(&instance.len());
            if !fits || instance.contains(char::is_control) {
                let accepted =
                    format!("1 to {LONGEST_INSTANCE} bytes of text without control characters");
                errors.push(ConfigError::new(Key::Instance.path(), instance, accepted));
            }
        }
    }

    fn check_times(&self, errors: &mut Vec<ConfigError>) {
        let interval = self.interval.value;
        if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&interval) {
            let name = Key::Interval.name(self.interval.origin);
            let text = duration::write(interval);
            errors.push(ConfigError::new(name, text, "1s to 10min"));
        }
        // A value younger than the next tick must not vanish before it.
        if let Some(age) = self.max_age.value.filter(|age| *age < interval) {
            let name = Key::MaxAge.name(self.max_age.origin);
            let accepted = format!("the interval, {}, or more", duration::write(interval));
            errors.push(ConfigError::new(name, duration::write(age), accepted));
        }
    }

    fn check_series(&self, errors: &mut Vec<ConfigError>) {
        for (key, cap) in [
            (Key::MaxSeries, &self.max_series),
            (Key::MaxInstrumentSeries, &self.max_instrument_series),
        ] {
            if cap.value == 0 {
                let name = key.name(cap.origin);
                errors.push(ConfigError::new(name, "0", apply::ABOVE_ZERO));
            }
        }
        for (group, cap) in &self.group_series {
            if cap.value == 0 {
                let accepted = format!("{}; disable the group instead", apply::ABOVE_ZERO);
                errors.push(ConfigError::new(group.cap_path(), "0", accepted));
            }
        }
    }

    fn check_switches(&self, errors: &mut Vec<ConfigError>) {
        for (group, switch) in &self.groups {
            if !group.accepts(switch.value) {
                let word = switch.value.name();
                let (name, input) = match switch.origin {
                    SettingSource::Environment => (
                        Key::Groups.name(SettingSource::Environment),
                        format!("{group}={word}"),
                    ),
                    _ => (group.path(), word.to_owned()),
                };
                errors.push(ConfigError::new(name, input, group.accepted()));
            }
        }
        for (metric, switch) in &self.metrics {
            if !is_metric(metric) {
                let accepted = "the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in \
                     hw.gpu.utilization/encoder";
                let name = Key::Metrics.name(switch.origin);
                errors.push(ConfigError::new(name, metric, accepted));
            }
        }
    }
}

/// Key by key.
fn over<K: Ord, V>(
    upper: BTreeMap<K, Setting<V>>,
    mut lower: BTreeMap<K, Setting<V>>,
) -> BTreeMap<K, Setting<V>> {
    lower.extend(upper);
    lower
}

/// Whether there is such a metric, or family of its series, in either naming.
fn is_metric(name: &str) -> bool {
    let (metric, family) = match name.split_once('/') {
        Some((metric, family)) => (metric, Some(family)),
        None => (name, None),
    };
    // The throttle metric has two names, of which the catalogue knows one.
    let metric = if metric == ThrottleName::Time.metric() {
        ThrottleName::Duration.metric()
    } else {
        metric
    };
    let mut metrics = CATALOGUE.iter();
    metrics.any(|row| {
        let mut families = row.families.iter();
        row.name == metric && family.is_none_or(|name| families.any(|one| one.name == name))
    }) || exporter::METRICS.iter().any(|row| row.name == name)
}
