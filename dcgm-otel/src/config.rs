//! The settings of a meter: their table, their sources and their validation.

use dcgm::Endpoint;

mod access;
mod checks;
mod choices;
mod custom;
mod devices;
#[cfg(feature = "serde")]
mod document;
pub(crate) mod duration;
mod endpoint;
mod error;
mod exporter_csv;
mod field;
mod groups;
mod id_source;
mod isolation;
mod key;
mod nearest;
#[cfg(feature = "serde")]
mod node;
mod number;
mod parser;
mod peaks;
mod rows;
mod settings;
mod static_attributes;
#[cfg(test)]
mod tests;
mod validate;
mod value;
mod warning;

pub(crate) use choices::ModeKind;
pub use choices::{
    AttributionExport, CounterOrigin, GroupSwitch, MetricSwitch, Naming, Profile, SettingSource,
    SharedDevices, StaticScope, ThrottleName,
};
pub(crate) use custom::CustomMetrics;
pub use custom::{CustomKind, CustomMetric, CustomMetricError, CustomMetricReason};
pub use devices::{DeviceFilter, DeviceSelector};
pub(crate) use endpoint::endpoint_error;
pub use error::{ConfigError, ConfigErrors, InstallError, ParseSettingError};
pub(crate) use exporter_csv::CsvRow;
pub use exporter_csv::ExporterCsv;
pub use groups::Group;
pub use id_source::{IdSource, Salt};
pub use isolation::Isolation;
pub(crate) use key::SettingKey;
pub(crate) use nearest::nearest_name;
pub(crate) use parser::ConfigParser;
pub(crate) use peaks::PeakPeriod;
pub(crate) use rows::for_each_setting;
pub use settings::Config;
pub(crate) use settings::Variable;
pub(crate) use static_attributes::AttributeKey;
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
