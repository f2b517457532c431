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
//! let meter = DcgmMeter::builder().with_client(Mock::named("1xl4")?).install(&provider)?;
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
//! A meter samples on its own thread, and never makes your program panic or exit. The calls that block
//! are listed [below](#blocking-and-async). Exporting reads the last samples and does not call DCGM.
//! Without a GPU, a driver or libdcgm there are no values, [`DcgmMeter::health`] reports the reason,
//! and the meter keeps trying. Gauges disappear instead of repeating an old value; counters hold their
//! totals.
//!
//! The meter also exports its own state as `dcgm.meter.…`: errors by kind, the age of the last
//! sample, whether the meter is degraded, the backend. These metrics need no GPU, and end when the
//! meter is dropped.
//!
//! Give each reader a provider of its own. If readers A and B share a provider, each collect by A
//! also records its values for B. When B collects later, it can export a value that has expired in
//! the meantime.
//!
//! # Configuration
//!
//! Settings come from code, from a document (feature `serde`) or from the environment; [`Config`] has
//! the table of settings and variables. [`DcgmMeter::install`] and [`DcgmMeterBuilder::install`] both
//! read the environment for the settings that neither code nor a document sets.
//!
//! # Blocking and async
//!
//! The meter has a thread of its own and needs no async runtime. These calls return without waiting
//! for DCGM, and can be made in async code: [`DcgmMeter::install`], [`DcgmMeterBuilder::install`],
//! [`DcgmMeter::health`] and [`DcgmMeter::config`]. Collecting the metrics does not wait for DCGM
//! either.
//!
//! These block, and belong on a blocking thread (`tokio::task::spawn_blocking`) in async code:
//!
//! | call | blocks for |
//! |---|---|
//! | [`DcgmMeter::wait_ready`] | the given timeout at most |
//! | [`DcgmMeter::sample_now`] | one sample; every call into DCGM has a deadline |
//! | [`DcgmMeter::shutdown`], dropping a [`DcgmMeter`] | some milliseconds; 850 ms at most, if a call into DCGM hangs |
//!
//! No other type of this crate blocks when it is dropped, except a [`DcgmMeterBuilder`] that holds a
//! client whose drop blocks. Flush the provider before the meter is dropped: see
//! [Shutting down](DcgmMeter#shutting-down).
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `isolated` | off | [`Isolation`] (Linux): the meter can have libdcgm in a worker process, so that no fault of it ends the program. Enables the feature `isolated` of `dcgm` |
//! | `prometheus` | off | [`DcgmMeter::prometheus_text`] and [`DcgmMeter::openmetrics_text`] write the page that Prometheus scrapes; [`DcgmMeterBuilder::start`] makes a meter without a provider. No further dependency |
//! | `prometheus-client` | off | [`DcgmMeter::collector`] for a registry of the crate `prometheus-client` 0.24, which is then a dependency |
//! | `prometheus-registry` | off | [`DcgmMeter::collector`] for a registry of the crate `prometheus` 0.14, which is then a dependency |
//! | `sdk` | off | `sdk::view`, which fits the SDK's cardinality limit to the meter, and `sdk::shutdown`. Depends on `opentelemetry_sdk` |
//! | `hpc` | off | [`attribution::HpcJobs`], the jobs of a batch system. No further dependency |
//! | `kubelet` | off | [`attribution::Kubelet`], the pods of a Kubernetes node (Unix). Depends on `tonic`, `hyper` and `tokio` |
//! | `process` | off | [`attribution::GpuProcesses`], the processes that use the GPUs. No further dependency |
//! | `serde` | off | [`Config`] can be deserialized; [`EffectiveConfig`] and [`Health`] can be serialized. Depends on `serde` |
//!
//! # Versions
//!
//! Types of [`opentelemetry`] and of [`dcgm`] are part of this crate's interface. Each minor release of
//! `opentelemetry` is a breaking release, so the provider must implement the `MeterProvider` of the
//! release that this crate uses. This crate re-exports both crates: a program that uses the re-exports
//! always has the matching releases.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod attributes;
pub mod attribution;
mod backoff;
mod builder;
mod catalogue;
mod clock;
mod config;
mod effective;
mod env;
mod error_kind;
mod health;
mod hook;
mod instruments;
mod logging;
mod meter;
mod naming;
#[cfg(feature = "prometheus")]
mod page;
mod pipeline;
mod sampling;
#[cfg(feature = "sdk")]
pub mod sdk;
mod telemetry;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod topology;

/// The release of `dcgm` whose clients [`DcgmMeterBuilder::with_client`] takes.
pub use ::dcgm;
/// The release of OpenTelemetry whose `MeterProvider` [`DcgmMeter::install`] takes.
pub use ::opentelemetry;

pub use builder::DcgmMeterBuilder;
pub use config::{
    AttributionExport, Config, ConfigError, ConfigErrors, ConfigWarning, CounterOrigin, CustomKind,
    CustomMetric, CustomMetricError, CustomMetricReason, DeviceFilter, DeviceSelector, ExporterCsv,
    Group, GroupSwitch, IdSource, InstallError, Isolation, MetricSwitch, Mode, Naming,
    ParseSettingError, Profile, Salt, SettingSource, SharedDevices, StaticScope, ThrottleName,
};
pub use effective::{EffectiveConfig, EffectiveSetting};
pub use error_kind::{ErrorKind, SampleError};
pub use health::{Health, MeterState, SourceHealth};
pub use meter::{DcgmMeter, ShutdownError};
#[cfg(any(feature = "prometheus-client", feature = "prometheus-registry"))]
pub use page::MeterCollector;
#[cfg(feature = "prometheus")]
pub use page::PageFormat;
