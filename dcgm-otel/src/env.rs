//! Reading the settings from environment variables: `DCGM_OTEL_INTERVAL` and others.

use std::ffi::OsString;

use crate::config::{
    Config, ConfigError, ConfigErrors, ConfigParser, ConfigWarning, SettingKey, SettingSource,
    Variable, nearest_name,
};

const PREFIX: &str = "DCGM_OTEL_";

impl Config {
    /// Reads the settings from the `DCGM_OTEL_…` variables of this process. Settings without a variable
    /// have their defaults. This is `Config::default().with_env(std::env::vars_os())`.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with all invalid variables.
    pub fn from_env() -> Result<Self, ConfigErrors> {
        Self::default().with_env(std::env::vars_os())
    }

    /// Completes the settings from environment variables, and validates the result. `variables` are
    /// names and values; a setting that code or a document has set keeps its value.
    ///
    /// A variable whose text cannot be parsed is an error, even if code or a document sets the same
    /// setting. A value out of range is an error only if it is the value in effect.
    ///
    /// ```
    /// use dcgm_otel::{Config, Profile};
    ///
    /// let config = Config::default().with_env([("DCGM_OTEL_PROFILE", "full")])?;
    /// assert_eq!(config.profile(), Profile::Full);
    ///
    /// // All errors are reported together.
    /// let errors = Config::default()
    ///     .with_env([("DCGM_OTEL_PROFILE", "fat"), ("DCGM_OTEL_INTERVAL", "soon")])
    ///     .unwrap_err();
    /// assert_eq!(errors.iter().count(), 2);
    /// # Ok::<(), dcgm_otel::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with all invalid variables and settings.
    pub fn with_env<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigErrors> {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        let mut errors = Vec::new();
        self.fill_from(read_variables(variables, &mut errors));
        self.validate_into(&mut errors);
        ConfigErrors::check(errors).map(|()| self)
    }
}

/// Reads the settings that the environment has; the others have their defaults. An empty variable
/// counts as not set, as with OpenTelemetry's own variables.
pub(crate) fn read_variables(
    variables: impl IntoIterator<Item = Variable>,
    errors: &mut Vec<ConfigError>,
) -> Config {
    let mut config = Config::default();
    let mut known = Vec::new();
    for (name, value) in variables {
        // A name that is not UTF-8 is unknown; its printable part is reported.
        let name = name.to_string_lossy();
        let is_ours = name
            .get(..PREFIX.len())
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX));
        if !is_ours || value.is_empty() {
            continue;
        }
        let key = SettingKey::ALL
            .iter()
            .find(|key| key.variable() == Some(&*name));
        match key {
            Some(key) => known.push((*key, value)),
            None if is_kubernetes_service(&name, &value.to_string_lossy()) => {}
            None => config.warnings.push(unknown_variable(&name)),
        }
    }
    // In the order of the rows, so that errors have the same order in every environment.
    known.sort_by_key(|(key, _)| *key as usize);
    config.warnings.sort_by(|a, b| a.variable.cmp(&b.variable));
    let mut parser = ConfigParser {
        source: SettingSource::Environment,
        errors,
    };
    for (key, value) in known {
        if let Some(text) = value.to_str() {
            config.parse(&mut parser, key, text);
        } else {
            // The value cannot be printed and may be a secret.
            let name = key.name(SettingSource::Environment);
            let error = ConfigError::secret(name, "text in UTF-8");
            parser.errors.push(error);
        }
    }
    config
}

fn unknown_variable(name: &str) -> ConfigWarning {
    let upper = name.to_ascii_uppercase();
    let variables = SettingKey::ALL.iter().filter_map(|key| key.variable());
    let setting = upper
        .strip_prefix(PREFIX)
        .and_then(|path| SettingKey::find(&path.to_ascii_lowercase()))
        .filter(|key| key.variable().is_none());
    // The prefix is the same in all names and does not count for their distance.
    let mut suffixes = variables.filter_map(|variable| variable.strip_prefix(PREFIX));
    let suffix = upper.strip_prefix(PREFIX).unwrap_or_default();
    let nearest = nearest_name(suffix, suffixes.by_ref());
    let mut variables = SettingKey::ALL.iter().filter_map(|key| key.variable());
    ConfigWarning {
        variable: dcgm::sanitize(name).into_owned(),
        nearest: nearest.and_then(|suffix| {
            variables.find(|variable| variable.strip_prefix(PREFIX) == Some(suffix))
        }),
        setting: setting.map(SettingKey::path),
    }
}

/// Returns `true` for variables that Kubernetes sets in every pod for a service named `dcgm-otel`:
/// `DCGM_OTEL_SERVICE_HOST`, `DCGM_OTEL_SERVICE_PORT`, `DCGM_OTEL_PORT_9400_TCP_ADDR`, ….
fn is_kubernetes_service(name: &str, value: &str) -> bool {
    let suffix = name.strip_prefix(PREFIX).unwrap_or_default();
    suffix == "SERVICE_HOST"
        || suffix == "SERVICE_PORT"
        || suffix.starts_with("SERVICE_PORT_")
        || (suffix == "PORT" && value.contains("://"))
        || suffix.strip_prefix("PORT_").is_some_and(|port| {
            let mut parts = port.split('_');
            let number = parts.next().unwrap_or_default();
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            is_number && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
        })
}

#[cfg(test)]
mod tests;
