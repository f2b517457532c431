//! Room in the OpenTelemetry SDK for as many series as there can be, and for no more.
//!
//! The SDK gives each instrument room for 2,000 series, and allocates it when the instrument is
//! made: 136 kB each, 11 MB for all metrics of a meter, though the system lends it little of that
//! before it is used. What comes beyond the limit is folded into one series without attributes of
//! ours. A gauge needs twice as much as it shows: when all of its series are replaced, as those of
//! MIG instances are, the old ones hold their places until the end of the collect that first shows
//! the new ones.
//!
//! Only a view changes this, and views are given to a provider when it is made:
//!
//! ```
//! use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
//!
//! let provider = SdkMeterProvider::builder()
//!     .with_periodic_exporter(InMemoryMetricExporter::default())
//!     .with_view(dcgm_otel::sdk::view(200))
//!     .build();
//! ```

use opentelemetry_sdk::metrics::{Instrument, Stream};

use crate::instruments::SCOPE;

/// Far more series than an instrument has on any host, and few enough that the room for them can be
/// had: two megabytes an instrument.
const MOST: usize = 16_384;

/// What a meter says of itself has a few series however few the devices have.
const LEAST: usize = 16;

/// A view that gives each instrument of a meter, and no other, room for `bound` series, also while
/// all of them are replaced by others.
///
/// The bound is how many series the largest instrument has, of all entities together and counters
/// of lost ones included: what the meter keeps to as
/// [`Config::max_instrument_series`](crate::Config::max_instrument_series). Less than 16 mean 16,
/// which is what a meter may need to say of itself, and more than 16,384 mean 16,384.
///
/// If several views match an instrument, the SDK takes the first of those that differ only in
/// limits and filters, and makes a metric for each that differs in more. So a program with views of
/// its own for these instruments sets the limit in those, to twice the bound.
///
/// # Examples
///
/// A meter for hosts of up to 300 series a metric, and just the room that those need:
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
    let limit = 2 * bound.clamp(LEAST, MOST);
    move |instrument| {
        if instrument.scope().name() != SCOPE {
            return None;
        }
        // It refuses 0 and the largest number there is, and this is neither.
        Stream::builder().with_cardinality_limit(limit).build().ok()
    }
}

#[cfg(test)]
mod tests;
