//! The settings in effect and their sources, for a program to print when it starts.

use core::fmt;

use crate::config::{Config, Mode, SettingKey, SettingSource};

/// The settings in effect, and the source of each. Values are in the text form of environment
/// variables; the salt is redacted. Settings without effect (the endpoint of an embedded engine, or
/// the attribute profile with the naming of dcgm-exporter) are not listed.
///
/// ```
/// use dcgm_otel::Config;
///
/// let text = Config::default().effective().to_string();
/// assert!(text.starts_with("mode                  standalone  # default\n"), "{text}");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// The settings.
    pub settings: Vec<EffectiveSetting>,
    /// [Findings](Config::warnings) that did not stop the meter, one line each: environment
    /// variables that are not used.
    pub warnings: Vec<String>,
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
    /// The path, as in `groups.nvlink`.
    pub path: String,
    /// The value in its text form.
    pub value: String,
    /// The source of the value.
    pub source: SettingSource,
}

impl EffectiveConfig {
    /// Returns the setting with this `path`; `None` if no setting in effect has it.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&EffectiveSetting> {
        self.settings.iter().find(|setting| setting.path == path)
    }
}

impl Config {
    /// Returns the settings in effect, and the source of each.
    #[must_use]
    pub fn effective(&self) -> EffectiveConfig {
        let mut settings = Vec::new();
        self.write(&mut |path, value, source| {
            settings.push(EffectiveSetting {
                path,
                value,
                source,
            });
        });
        if self.mode() == Mode::Embedded {
            settings.retain(|setting| setting.path != SettingKey::endpoint.path());
        }
        let warnings = self.warnings().iter().map(ToString::to_string);
        EffectiveConfig {
            settings,
            warnings: warnings.collect(),
        }
    }
}

/// Prints one line per setting, and one per warning.
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
        for warning in &self.warnings {
            writeln!(f, "# warning: {warning}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
