//! The settings in effect, and who gave each: what a program prints when it starts.

use core::fmt;

use crate::config::{Config, Group, Key, Mode, Setting, SettingSource, duration};

/// The settings in effect. It shows no salt; the values are written as an environment variable
/// would have them.
///
/// ```
/// use dcgm_otel::Config;
/// let text = Config::default().effective().to_string();
/// assert!(text.starts_with("mode                  standalone  # default\n"), "{text}");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// Each of them.
    pub settings: Vec<EffectiveSetting>,
}

/// A setting in effect.
///
/// ```
/// use dcgm_otel::{Config, Naming, SettingSource};
///
/// let effective = Config::default().with_naming(Naming::DcgmExporter).effective();
/// let naming = effective.get("naming").unwrap();
/// assert_eq!((naming.value.as_str(), naming.source), ("dcgm_exporter", SettingSource::Code));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct EffectiveSetting {
    /// Its path, as in `groups.nvlink`.
    pub path: String,
    /// What it is.
    pub value: String,
    /// Who gave it.
    pub source: SettingSource,
}

impl EffectiveConfig {
    /// The setting of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&EffectiveSetting> {
        self.settings.iter().find(|setting| setting.path == path)
    }

    fn add(&mut self, path: impl Into<String>, value: impl fmt::Display, source: SettingSource) {
        self.settings.push(EffectiveSetting {
            path: path.into(),
            value: value.to_string(),
            source,
        });
    }

    fn setting<T>(&mut self, key: Key, setting: &Setting<T>, write: impl FnOnce(&T) -> String) {
        self.add(key.path(), write(&setting.value), setting.origin);
    }

    fn of(config: &Config) -> Self {
        let mut all = Self {
            settings: Vec::new(),
        };
        match config.mode() {
            Mode::Embedded => all.add("mode", "embedded", config.embedded.origin),
            Mode::Standalone { endpoint } => {
                all.add("mode", "standalone", config.embedded.origin);
                all.add("endpoint", endpoint, config.endpoint.origin);
            }
        }
        let time = |time: &_| duration::write(*time);
        all.setting(Key::Interval, &config.interval, time);
        all.setting(Key::InitialDelay, &config.initial_delay, time);
        all.setting(Key::MaxAge, &config.max_age, |age| {
            age.map_or_else(|| "auto".to_owned(), duration::write)
        });
        all.setting(Key::MaxSeries, &config.max_series, ToString::to_string);
        all.setting(
            Key::MaxInstrumentSeries,
            &config.max_instrument_series,
            ToString::to_string,
        );
        for group in Group::ALL {
            let given = config.groups.get(group);
            let origin = given.map_or(SettingSource::Default, |setting| setting.origin);
            all.add(group.path(), config.group(*group), origin);
        }
        for (name, setting) in &config.metrics {
            all.add(format!("metrics.{name}"), setting.value, setting.origin);
        }
        for (group, setting) in &config.group_series {
            all.add(group.cap_path(), setting.value, setting.origin);
        }
        all.setting(Key::Devices, &config.devices, ToString::to_string);
        all.setting(Key::Naming, &config.naming, ToString::to_string);
        all.setting(Key::Profile, &config.profile, ToString::to_string);
        all.setting(Key::IdSource, &config.id_source, ToString::to_string);
        all.setting(
            Key::CounterOrigin,
            &config.counter_origin,
            ToString::to_string,
        );
        all.setting(
            Key::ThrottleName,
            &config.throttle_name,
            ToString::to_string,
        );
        if let Some(instance) = config.instance() {
            all.add(Key::Instance.path(), instance, config.instance.origin);
        }
        all
    }
}

impl Config {
    /// The settings in effect, and who gave each.
    #[must_use]
    pub fn effective(&self) -> EffectiveConfig {
        EffectiveConfig::of(self)
    }
}

/// A line a setting.
impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for setting in &self.settings {
            let EffectiveSetting {
                path,
                value,
                source,
            } = setting;
            writeln!(f, "{path:<21} {value}  # {source}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
