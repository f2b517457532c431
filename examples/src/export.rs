//! A metric exporter that keeps the last export, so that it can be printed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

/// The last export. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct LastExport(Arc<Mutex<Vec<Row>>>);

/// One exported value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The metric's name.
    pub metric: String,
    /// The attributes.
    pub attributes: Vec<KeyValue>,
    /// The value.
    pub value: f64,
}

impl Row {
    pub(crate) fn attribute(&self, key: &str) -> Option<&Value> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|one| one.key.as_str() == key);
        found.map(|one| &one.value)
    }
}

impl LastExport {
    /// Returns the values of the last export.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl PushMetricExporter for LastExport {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut rows = Vec::new();
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            let points = match metric.data() {
                AggregatedMetrics::F64(data) => points(data, |value| value),
                #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                AggregatedMetrics::U64(data) => points(data, |value| value as f64),
                #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                AggregatedMetrics::I64(data) => points(data, |value| value as f64),
            };
            rows.extend(points.into_iter().map(|(attributes, value)| Row {
                metric: metric.name().to_owned(),
                attributes,
                value,
            }));
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rows;
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

/// Returns the attributes and the value of each point. The meter has gauges and sums only.
fn points<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> Vec<(Vec<KeyValue>, f64)> {
    match data {
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| (point.attributes().cloned().collect(), number(point.value())))
            .collect(),
        MetricData::Sum(sum) => sum
            .data_points()
            .map(|point| (point.attributes().cloned().collect(), number(point.value())))
            .collect(),
        _ => Vec::new(),
    }
}
