//! NVIDIA GPU metrics on an OpenTelemetry `MeterProvider`.
//!
//! ```
//! use dcgm::mock::Mock;
//! use dcgm_otel::DcgmMeter;
//! use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let exporter = InMemoryMetricExporter::default();
//! let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
//!
//! // With a host engine, `DcgmMeter::install(&provider)` is all that is needed.
//! let meter = DcgmMeter::builder().with_client(Mock::named("1xl4").ok_or("no such host")?).install(&provider)?;
//! meter.sample_now()?;
//!
//! provider.force_flush()?;
//! let exported = exporter.get_finished_metrics()?;
//! let metrics = exported.iter().flat_map(|resource| resource.scope_metrics());
//! let names: Vec<_> = metrics.flat_map(|scope| scope.metrics()).map(|metric| metric.name()).collect();
//! assert!(names.contains(&"hw.gpu.utilization"));
//! # Ok(())
//! # }
//! ```
//!
//! A meter never blocks, slows or ends the program that it is in. Exporting reads the last samples
//! and does not call DCGM; without a GPU, a driver or a libdcgm there are no values,
//! [`DcgmMeter::health`] says why, and the meter goes on trying. After a failure levels vanish and
//! counters hold their totals.
//!
//! What the meter says of itself is exported beside that, as `dcgm.meter.…`: its errors by kind, the
//! age of the last sample, whether it is degraded, what is behind it. It needs no GPU to be there,
//! and goes when the meter is dropped.
//!
//! Use one provider for each reader: the SDK runs the callbacks of a provider for each of its
//! readers, and each run reaches all of them.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `sdk` | off | `sdk::view`: the SDK sets aside as much room for series as there can be, and no more. Brings `opentelemetry_sdk` |
//! | `serde` | off | [`Config`] can be read from documents, and [`EffectiveConfig`] written to them. Brings `serde` |
//!
//! # Versions
//!
//! Types of [`opentelemetry`] and of [`dcgm`] are part of this crate's interface, and each
//! minor release of `opentelemetry` is a breaking one: the provider must be of the release that is
//! named here. So both are here again, and a program that uses them from here cannot miss.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod answers;
mod attributes;
mod builder;
mod candidates;
mod cardinality;
mod catalogue;
mod clock;
mod config;
mod counters;
mod effective;
mod env;
#[cfg(test)]
mod fake;
mod health;
mod hook;
mod host;
mod instruments;
mod meter;
mod naming;
mod past;
mod plan;
mod sampler;
mod schedule;
#[cfg(feature = "sdk")]
pub mod sdk;
mod session;
mod snapshot;
mod telemetry;
#[cfg(test)]
mod tests;
mod text;

/// The release of the client that [`DcgmMeterBuilder::with_client`] takes.
pub use ::dcgm;
/// The release of OpenTelemetry whose `MeterProvider` [`DcgmMeter::install`] takes.
pub use ::opentelemetry;

pub use builder::DcgmMeterBuilder;
pub use config::{
    Config, ConfigError, ConfigErrors, CounterOrigin, DeviceFilter, DeviceSelector, Group,
    GroupSwitch, IdSource, InstallError, MetricSwitch, Mode, Naming, Profile, Salt, SettingSource,
    ThrottleName,
};
pub use effective::{EffectiveConfig, EffectiveSetting};
pub use health::{ErrorKind, Health, MeterState, SampleError};
pub use meter::{DcgmMeter, ShutdownError};
