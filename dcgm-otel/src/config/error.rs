//! What is wrong with the settings: all of it, at once.

use core::fmt;

/// A setting that cannot be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigError {
    /// Which setting: its path, or the environment variable that it came from.
    pub path: &'static str,
    /// What it was; `None` if that might be a secret.
    pub input: Option<String>,
    /// What it can be, or what is wrong with it.
    pub expected: String,
}

impl ConfigError {
    pub(crate) fn new(
        path: &'static str,
        input: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            path,
            input: Some(input.into()),
            expected: expected.into(),
        }
    }

    /// One whose input is in no message.
    pub(crate) fn secret(path: &'static str, expected: impl Into<String>) -> Self {
        Self {
            path,
            input: None,
            expected: expected.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.input {
            Some(input) => write!(f, "{} {input:?}: {}", self.path, self.expected),
            None => write!(f, "{}: {}", self.path, self.expected),
        }
    }
}

/// Everything that is wrong with the settings; at least one thing.
///
/// ```
/// use std::time::Duration;
/// use dcgm_otel::Config;
///
/// let config = Config::default().with_interval(Duration::ZERO).with_max_series(0);
/// let errors = config.validate().unwrap_err();
/// let paths: Vec<_> = errors.iter().map(|error| error.path).collect();
/// assert_eq!(paths, ["interval", "max_series"]);
/// println!("{errors}"); // what was given, and what is expected
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// `Ok` if there are none.
    pub(crate) fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// Each error.
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
                f.write_str("; ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// Why a meter was not installed.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// use dcgm_otel::{DcgmMeter, InstallError};
///
/// let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// // One for each provider, unless they have names.
/// let again = DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider);
/// assert!(matches!(again, Err(InstallError::AlreadyInstalled)));
/// # drop(meter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A meter lives on this provider already. Drop it first, or give this one [another
    /// name](crate::DcgmMeterBuilder::with_instance).
    #[error("a meter is installed on this provider already")]
    AlreadyInstalled,
    /// Settings that cannot be: all of them.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The system gave no thread.
    #[error("no thread could be started")]
    Thread(#[source] std::io::Error),
}
