//! The meter on a real SDK, over a client that the test controls.

mod documents;
mod emission;
mod hosts;
mod incidents;
mod installing;
mod lifecycle;
mod multiple_meters;
mod no_data;
mod panics;
mod properties;
mod self_metrics;
mod settings;
mod soak;
mod totals;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, SdkMeterProvider, Temporality,
};

use crate::clock::Clock;
use crate::fake::Fake;
use crate::{DcgmMeter, DcgmMeterBuilder};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Returns `true` if long tests are requested: `DCGM_TEST_LONG=1`.
pub(crate) fn long() -> bool {
    std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1")
}

/// A provider and its exports.
pub(crate) struct Pipeline {
    pub(crate) provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

/// One point that was exported.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) instrument: &'static str,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) value: f64,
}

impl Exported {
    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        let found = self.attributes.iter().find(|one| one.key.as_str() == key);
        found.map(|one| one.value.to_string())
    }

    fn is_own(&self) -> bool {
        self.name.starts_with("dcgm.meter.")
    }
}

impl Pipeline {
    pub(crate) fn new() -> Self {
        Self::with_temporality(Temporality::Cumulative)
    }

    pub(crate) fn with_temporality(temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new()
            .with_temporality(temporality)
            .build();
        let provider = SdkMeterProvider::builder()
            .with_periodic_exporter(exporter.clone())
            .build();
        Self { provider, exporter }
    }

    /// A meter that acts on request only.
    pub(crate) fn meter(&self, fake: &Fake) -> (DcgmMeter, Clock) {
        let clock = Clock::manual();
        let meter = builder(fake)
            .clock(clock.clone())
            .install(&self.provider)
            .unwrap();
        (meter, clock)
    }

    /// Collects once: the points of the devices.
    pub(crate) fn export(&self) -> Vec<Exported> {
        let mut points = self.export_all();
        points.retain(|point| !point.is_own());
        points
    }

    /// Collects once: the points of the meter itself.
    pub(crate) fn export_own(&self) -> Vec<Exported> {
        let mut points = self.export_all();
        points.retain(Exported::is_own);
        points
    }

    /// One collect.
    pub(crate) fn export_all(&self) -> Vec<Exported> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut points = Vec::new();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                let found = match metric.data() {
                    AggregatedMetrics::F64(data) => rows(data, "f64", |value| value),
                    #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
                    AggregatedMetrics::U64(data) => rows(data, "u64", |value| value as f64),
                    #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
                    AggregatedMetrics::I64(data) => rows(data, "i64", |value| value as f64),
                };
                points.extend(
                    found
                        .into_iter()
                        .map(|(instrument, attributes, value)| Exported {
                            name: metric.name().to_owned(),
                            unit: metric.unit().to_owned(),
                            description: metric.description().to_owned(),
                            instrument,
                            attributes,
                            value,
                        }),
                );
            }
        }
        points
    }

    /// The values of a metric, by `hw.id` and the attribute that tells its series apart.
    pub(crate) fn values(&self, name: &str, by: &str) -> Vec<(String, String, f64)> {
        let mut values: Vec<_> = self
            .export()
            .into_iter()
            .filter(|point| point.name == name)
            .map(|point| {
                let id = point.attribute("hw.id").unwrap_or_default();
                (id, point.attribute(by).unwrap_or_default(), point.value)
            })
            .collect();
        values.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        values
    }

    /// The single value of a metric with that attribute, of the GPU.
    pub(crate) fn value(&self, name: &str, key: &str, wanted: &str) -> Option<f64> {
        let mut values = self.values(name, key);
        values.retain(|(_, value, _)| value == wanted);
        assert!(values.len() <= 1, "{values:?}");
        values.pop().map(|(_, _, value)| value)
    }

    /// Returns the number of points of gauges and of counters.
    pub(crate) fn levels_and_counters(&self) -> (usize, usize) {
        let points = self.export();
        let counters = points
            .iter()
            .filter(|point| point.instrument.starts_with("counter"));
        let counters = counters.count();
        (points.len() - counters, counters)
    }
}

type Row = (&'static str, Vec<KeyValue>, f64);

fn rows<T: Copy>(data: &MetricData<T>, number: &'static str, value: impl Fn(T) -> f64) -> Vec<Row> {
    match data {
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| {
                let instrument = if number == "f64" {
                    "gauge f64"
                } else {
                    "gauge i64"
                };
                (
                    instrument,
                    point.attributes().cloned().collect(),
                    value(point.value()),
                )
            })
            .collect(),
        MetricData::Sum(sum) => {
            let instrument = match (sum.is_monotonic(), number) {
                (true, "f64") => "counter f64",
                (true, _) => "counter u64",
                (false, _) => "updown i64",
            };
            sum.data_points()
                .map(|point| {
                    (
                        instrument,
                        point.attributes().cloned().collect(),
                        value(point.value()),
                    )
                })
                .collect()
        }
        _ => panic!("no such instrument is in the catalogue"),
    }
}

pub(crate) fn builder(fake: &Fake) -> DcgmMeterBuilder {
    DcgmMeter::builder()
        .with_client(fake.clone())
        .with_interval(SECOND)
}
