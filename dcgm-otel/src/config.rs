//! The settings of a meter: their table, their sources and their validation.

use std::ffi::OsString;

use dcgm::Endpoint;

mod access;
mod checks;
mod choices;
mod devices;
#[cfg(feature = "serde")]
mod document;
pub(crate) mod duration;
mod endpoint;
mod error;
mod field;
mod groups;
mod id_source;
mod nearest;
mod number;
mod parser;
mod settings;
#[cfg(test)]
mod tests;
mod validate;
mod warning;

pub(crate) use choices::ModeKind;
pub use choices::{
    CounterOrigin, GroupSwitch, MetricSwitch, Naming, Profile, SettingSource, ThrottleName,
};
pub use devices::{DeviceFilter, DeviceSelector};
pub(crate) use endpoint::endpoint_error;
pub use error::{ConfigError, ConfigErrors, InstallError, ParseSettingError};
pub use groups::Group;
pub use id_source::{IdSource, Salt};
pub(crate) use nearest::nearest_name;
pub(crate) use parser::ConfigParser;
pub use settings::Config;
pub(crate) use settings::{SettingKey, Variable, for_each_setting};
pub use warning::ConfigWarning;

/// The source of the samples.
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
    /// A host engine.
    Standalone {
        /// The endpoint at which the host engine listens.
        endpoint: Endpoint,
    },
    /// An engine in this process. A process has at most one such engine, which all meters and clients
    /// in the process share.
    Embedded,
}

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
        self.fill_from(crate::env::read_variables(variables, &mut errors));
        self.validate_into(&mut errors);
        ConfigErrors::check(errors).map(|()| self)
    }

    /// Validates the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with all invalid settings.
    pub fn validate(&self) -> Result<(), ConfigErrors> {
        let mut errors = Vec::new();
        self.validate_into(&mut errors);
        ConfigErrors::check(errors)
    }
}
