//! Helpers for the OpenTelemetry SDK: a view that fits the SDK's cardinality limit to the meter, and a
//! shutdown in the right order.
//!
//! By default, the SDK limits each instrument to 2,000 series, and reserves memory for all of them when
//! the instrument is made: 136 kB per instrument, 11 MB for all metrics of a meter. The operating system
//! commits little of this memory before it is used. Series beyond the limit are merged into one overflow
//! series, which has the attribute `otel.metric.overflow` only. For a gauge, the limit must be twice the
//! number of series: when all series are replaced at once, as with MIG instances, the SDK still counts
//! the old series until the first collect of the new series ends.
//!
//! Only a view can change the limit, and a provider takes views only when it is built:
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

/// Returns a view that applies only to the instruments of a [`DcgmMeter`]. Its cardinality limit is
/// twice `bound`, because old and new series both count while all series are replaced.
///
/// `bound` is the number of series of the largest instrument, for all entities together and including
/// the counters of lost entities. Pass
/// [`Config::max_instrument_series`](crate::Config::max_instrument_series). A `bound` below 16 counts as
/// 16, because the meter's own instruments may need as many; a `bound` above 16,384 counts as 16,384.
///
/// Several views can match one instrument. Among views that give the metric the same name, description
/// and unit, the SDK applies the first; every other view yields a metric of its own. If your program has
/// its own views for these instruments, set their cardinality limit to twice `bound`.
///
/// # Examples
///
/// A view for meters with up to 300 series per metric:
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

/// The errors of [`shutdown`], at least one. Each field has the error of one step.
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

/// Flushes the provider, shuts the meter down, and then shuts the provider down. In this order, the last
/// samples are exported.
///
/// Blocks while the provider exports and shuts down, and for 850 ms at most while the meter ends.
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
/// [`SdkShutdownError`] with the error of each failed step. After a failed step, the next steps are
/// still taken.
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
