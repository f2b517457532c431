//! The points that a harness exports.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};

use crate::catalogue::Kind;

use super::{Harness, TestClient};

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

    pub(crate) fn is_counter(&self) -> bool {
        self.instrument.starts_with("counter")
    }

    fn is_own(&self) -> bool {
        self.name.starts_with("dcgm.meter.")
    }
}

impl<C: TestClient> Harness<C> {
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

    /// Collects once.
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
                let found = found.into_iter();
                points.extend(found.map(|(instrument, attributes, value)| Exported {
                    name: metric.name().to_owned(),
                    unit: metric.unit().to_owned(),
                    description: metric.description().to_owned(),
                    instrument,
                    attributes,
                    value,
                }));
            }
        }
        points
    }

    /// Returns the points of one metric.
    pub(crate) fn points(&self, name: &str) -> Vec<Exported> {
        let mut points = self.export_all();
        points.retain(|point| point.name == name);
        points
    }

    /// Returns `true` if the metric has points.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.points(name).is_empty()
    }

    /// Returns the values of a metric, by `hw.id` and the attribute that distinguishes its series.
    pub(crate) fn values(&self, name: &str, by: &str) -> Vec<(String, String, f64)> {
        let points = self.points(name).into_iter();
        let mut values: Vec<_> = points
            .map(|point| {
                let id = point.attribute("hw.id").unwrap_or_default();
                (id, point.attribute(by).unwrap_or_default(), point.value)
            })
            .collect();
        values.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        values
    }

    /// Returns the single value of a metric with that attribute.
    pub(crate) fn value(&self, name: &str, key: &str, wanted: &str) -> Option<f64> {
        let mut values = self.values(name, key);
        values.retain(|(_, value, _)| value == wanted);
        assert!(values.len() <= 1, "{values:?}");
        values.pop().map(|(_, _, value)| value)
    }

    /// Returns the attribute keys of a metric's first series.
    pub(crate) fn keys(&self, name: &str) -> Vec<String> {
        let points = self.points(name);
        let keys = points[0].attributes.iter().map(|one| one.key.to_string());
        keys.collect()
    }

    /// Returns the `hw.id` of each device that reports its power.
    pub(crate) fn ids(&self) -> Vec<String> {
        let values = self.values("hw.power", "hw.type");
        values.into_iter().map(|(id, ..)| id).collect()
    }

    /// Returns the number of device points of each metric.
    pub(crate) fn points_per_metric(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for point in self.export() {
            *counts.entry(point.name).or_default() += 1;
        }
        counts
    }

    /// Returns the number of points of gauges and of counters.
    pub(crate) fn gauges_and_counters(&self) -> (usize, usize) {
        let points = self.export();
        let counters = points.iter().filter(|point| point.is_counter()).count();
        (points.len() - counters, counters)
    }
}

/// Returns how [`Exported::instrument`] names a kind.
pub(crate) const fn instrument(kind: Kind) -> &'static str {
    match kind {
        Kind::GaugeF64 => "gauge f64",
        Kind::GaugeI64 => "gauge i64",
        Kind::CounterF64 => "counter f64",
        Kind::CounterU64 => "counter u64",
        Kind::UpDownI64 => "updown i64",
    }
}

type Row = (&'static str, Vec<KeyValue>, f64);

fn rows<T: Copy>(data: &MetricData<T>, number: &'static str, value: impl Fn(T) -> f64) -> Vec<Row> {
    match data {
        MetricData::Gauge(gauge) => {
            let instrument = match number {
                "f64" => "gauge f64",
                _ => "gauge i64",
            };
            let points = gauge.data_points().map(|point| {
                let attributes = point.attributes().cloned().collect();
                (instrument, attributes, value(point.value()))
            });
            points.collect()
        }
        MetricData::Sum(sum) => {
            let instrument = match (sum.is_monotonic(), number) {
                (true, "f64") => "counter f64",
                (true, _) => "counter u64",
                (false, _) => "updown i64",
            };
            let points = sum.data_points().map(|point| {
                let attributes = point.attributes().cloned().collect();
                (instrument, attributes, value(point.value()))
            });
            points.collect()
        }
        _ => panic!("no such instrument is in the catalogue"),
    }
}
