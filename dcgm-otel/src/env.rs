//! The settings in environment variables: `DCGM_OTEL_INTERVAL` and the others.

use std::ffi::OsString;

use crate::config::{Apply, Config, ConfigError, Key, SettingSource};

/// Every setting that the environment gives, and the others at their defaults. A variable that is
/// empty is not set, as OpenTelemetry's own are not.
pub(crate) fn read(
    lookup: impl Fn(&str) -> Option<OsString>,
    errors: &mut Vec<ConfigError>,
) -> Config {
    let mut config = Config::default();
    for key in Key::ALL {
        let Some(variable) = key.variable() else {
            continue;
        };
        let Some(text) = lookup(variable).filter(|text| !text.is_empty()) else {
            continue;
        };
        let Some(text) = text.to_str() else {
            // What it was cannot be shown, and might be a secret.
            errors.push(ConfigError::secret(variable, "text in UTF-8"));
            continue;
        };
        let mut apply = Apply {
            config: &mut config,
            origin: SettingSource::Environment,
            errors,
        };
        apply.text(*key, text);
    }
    config
}

#[cfg(test)]
mod tests;
