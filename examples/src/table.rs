//! An exporter that keeps what it was given last, to print it as a table.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use crate::sheet::Sheet;

/// The last export. Clones are the same table.
#[derive(Clone, Debug, Default)]
pub struct Table(Arc<Mutex<Vec<Row>>>);

/// One exported value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Whether it only goes up.
    pub counter: bool,
    /// Its attributes.
    pub attributes: Vec<KeyValue>,
    /// The value.
    pub value: f64,
}

impl Row {
    pub(crate) fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|one| one.key.as_str() == key)
            .map(|one| &one.value)
    }
}

impl Table {
    /// What was exported last.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Forgets what was exported last.
    pub fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What was exported last, for a person: [a few lines](crate::Sheet).
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        Sheet::of(&self.rows())
    }
}

impl PushMetricExporter for Table {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut rows = Vec::new();
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            let (counter, points) = match metric.data() {
                AggregatedMetrics::F64(data) => points(data, |value| value),
                #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                AggregatedMetrics::U64(data) => points(data, |value| value as f64),
                #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                AggregatedMetrics::I64(data) => points(data, |value| value as f64),
            };
            rows.extend(points.into_iter().map(|(attributes, value)| Row {
                metric: metric.name().to_owned(),
                unit: metric.unit().to_owned(),
                counter,
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

/// Whether they are totals, and what they are.
fn points<T: Copy>(
    data: &MetricData<T>,
    number: impl Fn(T) -> f64,
) -> (bool, Vec<(Vec<KeyValue>, f64)>) {
    match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points();
            let points =
                points.map(|point| (point.attributes().cloned().collect(), number(point.value())));
            (false, points.collect())
        }
        MetricData::Sum(sum) => {
            let points = sum.data_points();
            let points =
                points.map(|point| (point.attributes().cloned().collect(), number(point.value())));
            (sum.is_monotonic(), points.collect())
        }
        // The meter makes no histograms.
        _ => (false, Vec::new()),
    }
}
