//! Helpers for the OpenTelemetry SDK: a view that fits its cardinality limit to the meter, and a
//! shutdown in the right order.
//!
//! By default the SDK gives each instrument room for 2,000 series, and reserves it when the
//! instrument is made: 136 kB each, 11 MB for all metrics of a meter, of which the system commits
//! little before it is used. Series beyond the limit are folded into one series without attributes.
//! A gauge needs room for twice its series: when all of its series are replaced, as those of MIG
//! instances are, the old ones keep their places until the end of the first collect of the new ones.
//!
//! Only a view changes the limit, and views are given to a provider when it is made:
//!
//! ```
//! use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
//!
//! let provider = SdkMeterProvider::builder()
//!     .with_periodic_exporter(InMemoryMetricExporter::default())
//!     .with_view(dcgm_otel::sdk::view(200))
//!     .build();
//! ```

use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};

use crate::instruments::SCOPE;
use crate::{DcgmMeter, ShutdownError};

/// Maximum number of series: far more than an instrument has on any host, and few enough to reserve
/// room for, at two megabytes an instrument.
const MAX_BOUND: usize = 16_384;

/// Minimum number of series: the meter's own instruments have a few, however few the devices have.
const MIN_BOUND: usize = 16;

/// Returns a view for the instruments of a meter only. Its cardinality limit is twice `bound`, so that
/// there is room while all series are replaced by others.
///
/// `bound` is the number of series of the largest instrument, for all entities together and including
/// the counters of lost ones. Pass
/// [`Config::max_instrument_series`](crate::Config::max_instrument_series). Values below 16, which the
/// meter's own instruments may need, count as 16, and values above 16,384 as 16,384.
///
/// If several views match an instrument, the SDK uses the first of those that differ only in limits
/// and filters; every view that differs otherwise yields a metric of its own. If you have views of
/// your own for these instruments, set their cardinality limit to twice the bound.
///
/// # Examples
///
/// A meter for hosts of up to 300 series per metric, and the room that they need:
///
/// ```
/// use dcgm_otel::Config;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let config = Config::default().with_max_instrument_series(300);
/// let view = dcgm_otel::sdk::view(config.max_instrument_series());
/// let builder = SdkMeterProvider::builder().with_view(view);
/// # drop(builder);
/// ```
pub fn view(
    bound: usize,
) -> impl Fn(&Instrument) -> Option<Stream> + Clone + Send + Sync + 'static {
    let limit = 2 * bound.clamp(MIN_BOUND, MAX_BOUND);
    move |instrument| {
        if instrument.scope().name() != SCOPE {
            return None;
        }
        // The SDK refuses 0 and the largest number, and this is neither.
        Stream::builder().with_cardinality_limit(limit).build().ok()
    }
}

/// The errors of [`shutdown`], at least one. A failed step does not prevent the next one.
#[derive(Debug, thiserror::Error)]
#[error("shutdown failed: {}", texts(flush.as_ref(), meter.as_ref(), provider.as_ref()))]
#[non_exhaustive]
pub struct SdkShutdownError {
    /// The error of the last export.
    pub flush: Option<OTelSdkError>,
    /// The error of the meter.
    pub meter: Option<ShutdownError>,
    /// The error of the provider.
    pub provider: Option<OTelSdkError>,
}

fn texts(
    flush: Option<&OTelSdkError>,
    meter: Option<&ShutdownError>,
    provider: Option<&OTelSdkError>,
) -> String {
    let flush = flush.map(|error| format!("flush: {error}"));
    let meter = meter.map(|error| format!("meter: {error}"));
    let provider = provider.map(|error| format!("provider: {error}"));
    let texts: Vec<_> = flush.into_iter().chain(meter).chain(provider).collect();
    texts.join("; ")
}

/// Shuts down a program's metrics in the order that loses nothing: flushes the provider, ends the
/// meter, shuts the provider down.
///
/// Blocks for the last export, and for 850 ms at most for the meter.
///
/// ```
/// # use dcgm::mock::Mock;
/// # use opentelemetry_sdk::metrics::SdkMeterProvider;
/// # let provider = SdkMeterProvider::builder().build();
/// # let meter = dcgm_otel::DcgmMeter::builder().with_client(Mock::named("1xl4").unwrap()).install(&provider)?;
/// dcgm_otel::sdk::shutdown(meter, &provider)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The errors of the steps that failed. A failed step does not prevent the next one.
pub fn shutdown(meter: DcgmMeter, provider: &SdkMeterProvider) -> Result<(), SdkShutdownError> {
    let errors = SdkShutdownError {
        flush: provider.force_flush().err(),
        meter: meter.shutdown().err(),
        provider: provider.shutdown().err(),
    };
    if errors.flush.is_none() && errors.meter.is_none() && errors.provider.is_none() {
        Ok(())
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests;
