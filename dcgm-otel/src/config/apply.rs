//! Settings from texts: those of environment variables and of documents, whose syntax is the same.

use dcgm::{Endpoint, EndpointError};

use super::choices::{Choice, GroupSwitch, MetricSwitch, SettingSource, plain};
use super::devices::{self, DeviceFilter, DeviceSelector};
use super::{Config, ConfigError, Group, IdSource, Key, Setting, duration};

pub(super) const ABOVE_ZERO: &str = "a whole number above 0";

/// What is wrong with an endpoint. A password is in no message.
pub(crate) fn endpoint_error(path: &'static str, text: &str, error: &EndpointError) -> ConfigError {
    // The parser knows a password by its `@`; so does this, should the text have been refused for
    // something else.
    if *error == EndpointError::UserInfo || text.contains('@') {
        ConfigError::secret(path, EndpointError::UserInfo.to_string())
    } else {
        ConfigError::new(path, text, error.to_string())
    }
}

/// Texts that become the settings of one origin, and what was wrong with them.
#[derive(Debug)]
pub(crate) struct Apply<'a> {
    pub(crate) config: &'a mut Config,
    pub(crate) origin: SettingSource,
    pub(crate) errors: &'a mut Vec<ConfigError>,
}

impl Apply<'_> {
    /// A setting of its own, or a list of which each item is one. Keys come in the order of
    /// [`Key::ALL`].
    pub(crate) fn text(&mut self, key: Key, text: &str) {
        match key {
            Key::Mode => self.mode(text),
            Key::Endpoint => self.endpoint(text),
            Key::Interval => {
                if let Some(value) = self.read(key, text, duration::ACCEPTED, duration::parse) {
                    self.config.interval = self.given(value);
                }
            }
            Key::InitialDelay => {
                if let Some(value) = self.read(key, text, duration::ACCEPTED, duration::parse) {
                    self.config.initial_delay = self.given(value);
                }
            }
            Key::MaxAge => {
                let accepted = format!(
                    "{}, or auto (three times a value's period)",
                    duration::ACCEPTED
                );
                let age = |text: &str| match plain(text).as_str() {
                    "auto" => Some(None),
                    _ => duration::parse(text).map(Some),
                };
                if let Some(value) = self.read(key, text, &accepted, age) {
                    self.config.max_age = self.given(value);
                }
            }
            Key::MaxSeries => {
                if let Some(value) = self.read(key, text, ABOVE_ZERO, count) {
                    self.config.max_series = self.given(value);
                }
            }
            Key::MaxInstrumentSeries => {
                if let Some(value) = self.read(key, text, ABOVE_ZERO, count) {
                    self.config.max_instrument_series = self.given(value);
                }
            }
            Key::Groups => self.pairs(key, text, Self::group),
            Key::Metrics => self.pairs(key, text, Self::metric),
            Key::GroupSeries => self.pairs(key, text, Self::cap),
            Key::Devices => self.devices(items(text)),
            Key::Naming => {
                if let Some(setting) = self.choice(key, text) {
                    self.config.naming = setting;
                }
            }
            Key::Profile => {
                if let Some(setting) = self.choice(key, text) {
                    self.config.profile = setting;
                }
            }
            Key::IdSource => match IdSource::parse(text) {
                Some(value) => self.config.id_source = self.given(value),
                // It may hold a salt, or something that was meant to be one.
                None => self.secret(key, IdSource::ACCEPTED),
            },
            Key::CounterOrigin => {
                if let Some(setting) = self.choice(key, text) {
                    self.config.counter_origin = setting;
                }
            }
            Key::ThrottleName => {
                if let Some(setting) = self.choice(key, text) {
                    self.config.throttle_name = setting;
                }
            }
            Key::Instance => self.config.instance = self.given(Some(text.to_owned())),
        }
    }

    /// The switch of one group. `input` is what to quote.
    pub(crate) fn group(&mut self, name: &str, word: &str, input: &str) {
        let Some(group) = self.group_of(Key::Groups, name, input) else {
            return;
        };
        let switch = match plain(word).as_str() {
            "enabled" => Some(GroupSwitch::On),
            "disabled" => Some(GroupSwitch::Off),
            word => GroupSwitch::by_name(word),
        };
        if let Some(switch) = switch {
            let setting = self.given(switch);
            self.config.groups.insert(group, setting);
        } else {
            let path = self.path(Key::Groups, group.path());
            self.errors
                .push(ConfigError::new(path, input, group.accepted()));
        }
    }

    /// The switch of one metric.
    pub(crate) fn metric(&mut self, name: &str, word: &str, input: &str) {
        if let Some(switch) = self.read_as(
            Key::Metrics,
            word,
            input,
            &MetricSwitch::accepted(),
            MetricSwitch::by_name,
        ) {
            let setting = self.given(switch);
            self.config.metrics.insert(name.to_owned(), setting);
        }
    }

    /// How many series one group may have.
    pub(crate) fn cap(&mut self, name: &str, word: &str, input: &str) {
        let Some(group) = self.group_of(Key::GroupSeries, name, input) else {
            return;
        };
        if let Some(cap) = count(word) {
            let setting = self.given(cap);
            self.config.group_series.insert(group, setting);
        } else {
            let path = self.path(Key::GroupSeries, group.cap_path());
            self.errors.push(ConfigError::new(path, input, ABOVE_ZERO));
        }
    }

    /// Each text a selector.
    pub(crate) fn devices<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        let mut filter = DeviceFilter::all();
        let mut all = false;
        for text in texts {
            match DeviceSelector::parse(text) {
                Some(device) => filter = filter.with(device),
                None if plain(text) == "all" => all = true,
                None => {
                    let path = Key::Devices.name(self.origin);
                    self.errors
                        .push(ConfigError::new(path, text, devices::ACCEPTED));
                }
            }
        }
        if all {
            filter = DeviceFilter::all();
        }
        self.config.devices = self.given(filter);
    }

    fn mode(&mut self, text: &str) {
        let mode = |text: &str| match plain(text).as_str() {
            "standalone" => Some(false),
            "embedded" => Some(true),
            _ => None,
        };
        if let Some(value) = self.read(Key::Mode, text, "standalone or embedded", mode) {
            self.config.embedded = self.given(value);
        }
    }

    fn endpoint(&mut self, text: &str) {
        let path = Key::Endpoint.name(self.origin);
        match text.parse::<Endpoint>() {
            Err(error) => self.errors.push(endpoint_error(path, text, &error)),
            Ok(_) if self.config.embedded.value => {
                let accepted = "nothing, as an embedded engine has no endpoint; leave it out, or make the mode standalone";
                self.errors.push(ConfigError::new(path, text, accepted));
            }
            Ok(endpoint) => self.config.endpoint = self.given(endpoint),
        }
    }

    /// Items of the form `name=word`.
    fn pairs(&mut self, key: Key, text: &str, set: fn(&mut Self, &str, &str, &str)) {
        for item in items(text) {
            if let Some((name, word)) = item.split_once('=') {
                set(self, name.trim(), word.trim(), item);
            } else {
                let path = key.name(self.origin);
                let accepted = "a list of name=setting, as in nvlink=off,xid=on";
                self.errors.push(ConfigError::new(path, item, accepted));
            }
        }
    }

    fn group_of(&mut self, key: Key, name: &str, input: &str) -> Option<Group> {
        let group = Group::by_name(name);
        if group.is_none() {
            // In a document the name is a key, and the word beside it says nothing.
            let input = match self.origin {
                SettingSource::Environment => input,
                _ => name,
            };
            self.errors.push(ConfigError::new(
                key.name(self.origin),
                input,
                Group::names(),
            ));
        }
        group
    }

    fn choice<T: Choice>(&mut self, key: Key, text: &str) -> Option<Setting<T>> {
        let value = self.read(key, text, &T::accepted(), T::find)?;
        Some(self.given(value))
    }

    fn read<T>(
        &mut self,
        key: Key,
        text: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read_as(key, text, text, accepted, parse)
    }

    fn read_as<T>(
        &mut self,
        key: Key,
        text: &str,
        input: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(text);
        if value.is_none() {
            self.errors
                .push(ConfigError::new(key.name(self.origin), input, accepted));
        }
        value
    }

    fn secret(&mut self, key: Key, accepted: &str) {
        self.errors
            .push(ConfigError::secret(key.name(self.origin), accepted));
    }

    const fn path(&self, key: Key, path: &'static str) -> &'static str {
        match self.origin {
            SettingSource::Environment => key.name(SettingSource::Environment),
            _ => path,
        }
    }

    const fn given<T>(&self, value: T) -> Setting<T> {
        Setting::new(value, self.origin)
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn count(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
