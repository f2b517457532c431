//! Warnings about the configuration: findings that do not stop a meter.

use core::fmt;

/// A finding that does not stop a meter: an environment variable that is not used.
///
/// `Display` writes one line, for example `DCGM_OTEL_INTERVALL: unknown variable, not used; did you
/// mean DCGM_OTEL_INTERVAL?`.
///
/// ```
/// use dcgm_otel::Config;
///
/// let config = Config::default().with_env([("DCGM_OTEL_INTERVALL", "5s")])?;
/// assert_eq!(config.warnings()[0].nearest, Some("DCGM_OTEL_INTERVAL"));
/// # Ok::<(), dcgm_otel::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConfigWarning {
    /// The name of the variable, sanitized for logs.
    pub variable: String,
    /// The known variable with the nearest name; `None` if no name is similar.
    pub nearest: Option<&'static str>,
    /// The path of the setting that the variable names, if only code and documents can set it.
    pub setting: Option<&'static str>,
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: unknown variable, not used", self.variable)?;
        match (self.setting, self.nearest) {
            (Some(setting), _) => write!(f, "; set {setting} in code or in a document"),
            (None, Some(nearest)) => write!(f, "; did you mean {nearest}?"),
            (None, None) => Ok(()),
        }
    }
}
