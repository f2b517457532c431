//! The errors of the configuration. All of them are reported together, one a line.

use core::fmt;

/// An invalid setting.
///
/// `Display` writes one line, for example `DCGM_OTEL_MODE="embeded": expected standalone or embedded;
/// did you mean embedded?`. `Debug` writes the same, because Rust prints the `Debug` form of an error
/// that `main` returns.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigError {
    /// The environment variable that holds the value; the path of the setting if the value comes from
    /// code or a document.
    pub path: String,
    /// The invalid value, or its invalid part; `None` if the value may be a secret.
    pub input: Option<String>,
    /// The valid values.
    pub expected: String,
    /// A likely correction.
    pub hint: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(
        path: impl Into<String>,
        input: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            input: Some(input.into()),
            expected: expected.into(),
            hint: None,
        }
    }

    /// Makes an error that does not contain the value.
    pub(crate) fn secret(path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            input: None,
            expected: expected.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(input) = &self.input {
            write!(f, "={input:?}")?;
        }
        write!(f, ": expected {}", self.expected)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Prints what `Display` prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// All invalid settings, at least one. `Display` and `Debug` write one line per error.
///
/// ```
/// use std::time::Duration;
/// use dcgm_otel::Config;
///
/// let config = Config::default().with_interval(Duration::ZERO).with_max_series(0);
/// let errors = config.validate().unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "interval=\"0s\": expected a duration from 1s to 10min, as in 30s\n\
///      max_series=\"0\": expected a whole number above 0, as in 2048"
/// );
/// ```
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Returns `Ok` if there are no errors.
    pub(crate) fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// Wraps errors, of which there is at least one.
    pub(crate) const fn from_list(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }

    /// Iterates over the errors.
    pub fn iter(&self) -> core::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }
}

impl IntoIterator for ConfigErrors {
    type Item = ConfigError;
    type IntoIter = std::vec::IntoIter<ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = core::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// Prints what `Display` prints.
impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The error of parsing one value, as in `"fat".parse::<Profile>()`.
///
/// ```
/// let error = "fat".parse::<dcgm_otel::Profile>().unwrap_err();
/// assert_eq!(error.to_string(), "expected minimal, standard or full, got \"fat\"");
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct ParseSettingError {
    /// The text; `None` if it may hold a secret.
    pub input: Option<String>,
    /// The valid texts.
    pub expected: String,
}

impl ParseSettingError {
    pub(crate) fn new(input: &str, expected: impl Into<String>) -> Self {
        Self {
            input: Some(input.to_owned()),
            expected: expected.into(),
        }
    }

    pub(crate) fn secret(expected: impl Into<String>) -> Self {
        Self {
            input: None,
            expected: expected.into(),
        }
    }
}

impl fmt::Display for ParseSettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)?;
        match &self.input {
            Some(input) => write!(f, ", got {input:?}"),
            None => Ok(()),
        }
    }
}

/// The reason why a meter was not installed.
///
/// `Debug` writes the text of `Display` and the source of the error, because Rust prints the `Debug`
/// form of an error that `main` returns.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm_otel::{DcgmMeter, InstallError};
///
/// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// // One meter per provider, unless they have names.
/// let again = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider);
/// assert!(matches!(again, Err(InstallError::AlreadyInstalled)));
/// # drop(meter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The provider already has a meter with the same name; meters without a name count as having the
    /// same one. Drop that meter first, or give the new meter [another
    /// name](crate::DcgmMeterBuilder::with_instance).
    #[error(
        "another meter is installed on this provider; drop it first, or give this one a name with with_instance"
    )]
    AlreadyInstalled,
    /// Some settings are invalid. The [`ConfigErrors`] list all of them.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The sampling thread could not be started.
    #[error("the sampling thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// Prints what `Display` prints, and the source of the error.
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread(source) => write!(f, "{self}: {source}"),
            Self::AlreadyInstalled | Self::Config(_) => write!(f, "{self}"),
        }
    }
}
