//! The checks of each export.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::MAX_AGE;

/// The checks of each export.
#[derive(Default)]
pub(super) struct Seen {
    /// When the engine last could answer; `None` while it can.
    pub(super) silent_since: Mutex<Option<Instant>>,
    /// When the collect under way began.
    pub(super) collect: Mutex<Option<Instant>>,
    pub(super) counters: Mutex<HashMap<String, f64>>,
    pub(super) exports: AtomicUsize,
    /// Exports of a silent engine that were late enough to show a level that is too old.
    pub(super) late_exports: AtomicUsize,
    pub(super) levels: AtomicUsize,
    pub(super) wrong: Mutex<Vec<String>>,
}

/// An exporter that looks at the points and keeps none.
pub(super) struct Watcher(pub(super) Arc<Seen>);

impl PushMetricExporter for Watcher {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.0.look(metrics);
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

impl Seen {
    fn look(&self, metrics: &ResourceMetrics) {
        let began = *self.collect.lock().expect("whole");
        let silent = *self.silent_since.lock().expect("whole");
        // Nothing that is shown can be younger than the engine's last answer.
        let age = match (began, silent) {
            (Some(began), Some(silent)) => began.saturating_duration_since(silent),
            _ => Duration::ZERO,
        };
        let mut levels = 0;
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            match metric.data() {
                AggregatedMetrics::F64(data) => levels += self.points(metric.name(), data),
                AggregatedMetrics::U64(data) => levels += self.points(metric.name(), data),
                AggregatedMetrics::I64(data) => levels += self.points(metric.name(), data),
            }
        }
        self.exports.fetch_add(1, Ordering::Relaxed);
        self.levels.store(levels, Ordering::Relaxed);
        if age > MAX_AGE {
            self.late_exports.fetch_add(1, Ordering::Relaxed);
            if levels > 0 {
                self.wrong(format!("{levels} levels are at least {age:?} old"));
            }
        }
    }

    /// Returns how many of a metric's points are gauges of the GPU; its counters are compared.
    fn points<T: Copy + Into<Number>>(&self, name: &str, data: &MetricData<T>) -> usize {
        match data {
            MetricData::Sum(sum) if sum.is_monotonic() => {
                let mut counters = self.counters.lock().expect("whole");
                for point in sum.data_points() {
                    let mut attributes: Vec<_> = point
                        .attributes()
                        .map(|one| format!("{}={}", one.key, one.value))
                        .collect();
                    attributes.sort();
                    let Number(value) = point.value().into();
                    let series = format!("{name} {attributes:?}");
                    let before = counters.insert(series.clone(), value);
                    if before.is_some_and(|before| before > value) {
                        self.wrong(format!("{series} was {before:?} and is {value}"));
                    }
                }
                0
            }
            // What the meter says of itself is true at any time.
            _ if name.starts_with("dcgm.meter.") => 0,
            MetricData::Sum(sum) => sum.data_points().count(),
            MetricData::Gauge(gauge) => gauge.data_points().count(),
            _ => 0,
        }
    }

    pub(super) fn wrong(&self, what: String) {
        self.wrong.lock().expect("whole").push(what);
    }
}

struct Number(f64);

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl From<u64> for Number {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 here, and only compared"
    )]
    fn from(value: u64) -> Self {
        Self(value as f64)
    }
}

impl From<i64> for Number {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 here, and only compared"
    )]
    fn from(value: i64) -> Self {
        Self(value as f64)
    }
}
