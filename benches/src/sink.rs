//! Providers whose exporter does nothing, or keeps what it is given, and bare closures that show it
//! again.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{
    Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream, Temporality,
};
use parking_lot::Mutex;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Exports to nowhere.
#[derive(Debug)]
struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

/// A provider that collects when it is flushed, and exports to nowhere. `limit` is how many series
/// the SDK keeps for each instrument; it lays out memory for all of them.
#[must_use]
pub fn nowhere(limit: usize) -> SdkMeterProvider {
    provider(Nowhere, limit)
}

fn provider_noting(
    exporter: impl PushMetricExporter,
    limit: usize,
    note: impl Fn(&Instrument) + Send + Sync + 'static,
) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(exporter).with_interval(DAY).build();
    let view = move |instrument: &Instrument| {
        note(instrument);
        Stream::builder().with_cardinality_limit(limit).build().ok()
    };
    SdkMeterProvider::builder()
        .with_reader(reader)
        .with_view(view)
        .build()
}

fn provider(exporter: impl PushMetricExporter, limit: usize) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(exporter).with_interval(DAY).build();
    let view = move |_: &Instrument| Stream::builder().with_cardinality_limit(limit).build().ok();
    SdkMeterProvider::builder()
        .with_reader(reader)
        .with_view(view)
        .build()
}

/// The instruments of a provider, and the last points of each that were exported.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    instruments: Arc<Mutex<Vec<(String, InstrumentKind)>>>,
    metrics: Arc<Mutex<Vec<Bare>>>,
}

/// A metric, and its points.
#[derive(Clone, Debug)]
struct Bare {
    name: String,
    points: Points,
}

#[derive(Clone, Debug)]
enum Points {
    GaugeF64(Vec<(Vec<KeyValue>, f64)>),
    GaugeI64(Vec<(Vec<KeyValue>, i64)>),
    CounterF64(Vec<(Vec<KeyValue>, f64)>),
    CounterU64(Vec<(Vec<KeyValue>, u64)>),
    UpDownI64(Vec<(Vec<KeyValue>, i64)>),
}

/// A provider as [`nowhere`], and what it exports.
#[must_use]
pub fn keep(limit: usize) -> (SdkMeterProvider, Kept) {
    let kept = Kept::default();
    let instruments = Arc::clone(&kept.instruments);
    let note = move |instrument: &Instrument| {
        instruments
            .lock()
            .push((instrument.name().to_owned(), instrument.kind()));
    };
    (provider_noting(kept.clone(), limit, note), kept)
}

impl PushMetricExporter for Kept {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let metrics = metrics.scope_metrics().flat_map(ScopeMetrics::metrics);
        *self.metrics.lock() = metrics
            .filter_map(|metric| {
                let points = match metric.data() {
                    AggregatedMetrics::F64(MetricData::Gauge(data)) => Points::GaugeF64(
                        data.data_points()
                            .map(|one| (one.attributes().cloned().collect(), one.value()))
                            .collect(),
                    ),
                    AggregatedMetrics::I64(MetricData::Gauge(data)) => Points::GaugeI64(
                        data.data_points()
                            .map(|one| (one.attributes().cloned().collect(), one.value()))
                            .collect(),
                    ),
                    AggregatedMetrics::F64(MetricData::Sum(data)) => Points::CounterF64(
                        data.data_points()
                            .map(|one| (one.attributes().cloned().collect(), one.value()))
                            .collect(),
                    ),
                    AggregatedMetrics::U64(MetricData::Sum(data)) => Points::CounterU64(
                        data.data_points()
                            .map(|one| (one.attributes().cloned().collect(), one.value()))
                            .collect(),
                    ),
                    AggregatedMetrics::I64(MetricData::Sum(data)) => Points::UpDownI64(
                        data.data_points()
                            .map(|one| (one.attributes().cloned().collect(), one.value()))
                            .collect(),
                    ),
                    _ => return None,
                };
                let name = metric.name().to_owned();
                Some(Bare { name, points })
            })
            .collect();
        Ok(())
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl Kept {
    /// Returns the number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.metrics
            .lock()
            .iter()
            .map(|metric| metric.points.len())
            .sum()
    }

    /// Returns `true` if there are no points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has a provider show the same by closures that hold nothing but the points.
    pub fn show_again(&self, provider: &SdkMeterProvider) {
        /// One arm for each kind of instrument.
        macro_rules! build {
            ($meter:ident, $metric:ident, $($kind:ident: $builder:ident;)*) => {
                match $metric.points {
                    $(Points::$kind(points) => {
                        let _empty = $meter
                            .$builder($metric.name)
                            .with_callback(move |out| {
                                for (attributes, value) in &points {
                                    out.observe(*value, attributes);
                                }
                            })
                            .build();
                    })*
                }
            };
        }
        let meter = provider.meter("bare");
        let mut metrics = self.metrics.lock().clone();
        // Those that have nothing to show cost the SDK something, too.
        for (name, kind) in self.instruments.lock().iter() {
            if metrics.iter().any(|metric| metric.name == *name) {
                continue;
            }
            let points = match kind {
                InstrumentKind::ObservableCounter => Points::CounterU64(Vec::new()),
                InstrumentKind::ObservableUpDownCounter => Points::UpDownI64(Vec::new()),
                _ => Points::GaugeF64(Vec::new()),
            };
            let name = name.clone();
            metrics.push(Bare { name, points });
        }
        for metric in metrics {
            build! {
                meter, metric,
                GaugeF64: f64_observable_gauge;
                GaugeI64: i64_observable_gauge;
                CounterF64: f64_observable_counter;
                CounterU64: u64_observable_counter;
                UpDownI64: i64_observable_up_down_counter;
            }
        }
    }
}

impl Points {
    fn len(&self) -> usize {
        match self {
            Self::GaugeF64(points) | Self::CounterF64(points) => points.len(),
            Self::GaugeI64(points) | Self::UpDownI64(points) => points.len(),
            Self::CounterU64(points) => points.len(),
        }
    }
}
