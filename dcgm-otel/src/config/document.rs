//! Settings in a document: what `serde` reads, with each value a text or a number.

use core::fmt;
use std::collections::BTreeMap;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::{Apply, Config, ConfigErrors, Key, SettingSource};

/// A text, or what documents write without quotes. It becomes a text, so that all errors are told
/// by one voice and at once, not the first by the reader of the document.
#[derive(Debug)]
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// As it stands in the document.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Document {
    mode: Option<Scalar>,
    endpoint: Option<Scalar>,
    interval: Option<Scalar>,
    initial_delay: Option<Scalar>,
    max_age: Option<Scalar>,
    max_series: Option<Scalar>,
    max_instrument_series: Option<Scalar>,
    groups: BTreeMap<String, Scalar>,
    metrics: BTreeMap<String, Scalar>,
    group_series: BTreeMap<String, Scalar>,
    devices: Vec<Scalar>,
    naming: Option<Scalar>,
    profile: Option<Scalar>,
    id_source: Option<Scalar>,
    counter_origin: Option<Scalar>,
    throttle_name: Option<Scalar>,
    instance: Option<Scalar>,
}

impl Document {
    fn text(&self, key: Key) -> Option<&Scalar> {
        match key {
            Key::Mode => self.mode.as_ref(),
            Key::Endpoint => self.endpoint.as_ref(),
            Key::Interval => self.interval.as_ref(),
            Key::InitialDelay => self.initial_delay.as_ref(),
            Key::MaxAge => self.max_age.as_ref(),
            Key::MaxSeries => self.max_series.as_ref(),
            Key::MaxInstrumentSeries => self.max_instrument_series.as_ref(),
            Key::Naming => self.naming.as_ref(),
            Key::Profile => self.profile.as_ref(),
            Key::IdSource => self.id_source.as_ref(),
            Key::CounterOrigin => self.counter_origin.as_ref(),
            Key::ThrottleName => self.throttle_name.as_ref(),
            Key::Instance => self.instance.as_ref(),
            // These hold several.
            Key::Groups | Key::Metrics | Key::GroupSeries | Key::Devices => None,
        }
    }

    fn config(&self) -> Result<Config, ConfigErrors> {
        let mut config = Config::default();
        let mut errors = Vec::new();
        let mut apply = Apply {
            config: &mut config,
            origin: SettingSource::Code,
            errors: &mut errors,
        };
        for key in Key::ALL {
            if let Some(Scalar(text)) = self.text(*key) {
                apply.text(*key, text);
            }
        }
        for (name, Scalar(word)) in &self.groups {
            apply.group(name, word, word);
        }
        for (name, Scalar(word)) in &self.metrics {
            apply.metric(name, word, &format!("{name}: {word}"));
        }
        for (name, Scalar(word)) in &self.group_series {
            apply.cap(name, word, word);
        }
        if !self.devices.is_empty() {
            apply.devices(self.devices.iter().map(|Scalar(text)| text.as_str()));
        }
        config.validate_into(&mut errors);
        ConfigErrors::check(errors).map(|()| config)
    }
}

/// Reads and checks. Durations are texts (`15s`), names as in the environment variables; what is
/// not known is refused.
///
/// There is no writing: it would show the salt. [`EffectiveConfig`](crate::EffectiveConfig) can be written.
impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        document.config().map_err(de::Error::custom)
    }
}
