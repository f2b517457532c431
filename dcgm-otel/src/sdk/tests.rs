//! The SDK's cardinality limit with and without the view, and the shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, SdkMeterProvider, Temporality,
};

use super::{MAX_BOUND, shutdown, view};
use crate::Config;
use crate::testing::Harness;

/// A gauge and a counter that show the same series: `from`, and as many after it as are wanted.
struct SdkSeries {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
    from: Arc<AtomicU64>,
}

/// Number of series of an instrument, and whether the overflow series exists.
#[derive(Debug, Eq, PartialEq)]
struct SeriesCount {
    series: usize,
    overflows: bool,
}

const fn all(series: usize) -> SeriesCount {
    let overflows = false;
    SeriesCount { series, overflows }
}

impl SdkSeries {
    fn new(
        scope: &'static str,
        count: u64,
        bound: Option<usize>,
        temporality: Temporality,
    ) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new()
            .with_temporality(temporality)
            .build();
        let mut builder = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone());
        if let Some(bound) = bound {
            // The first of those that differ only in their limits counts.
            builder = builder.with_view(view(bound)).with_view(view(1));
        }
        let provider = builder.build();
        let from = Arc::new(AtomicU64::new(0));
        let series = {
            let from = Arc::clone(&from);
            move || {
                let from = from.load(Ordering::Relaxed);
                (from..from + count).map(|id| {
                    let id = i64::try_from(id).unwrap();
                    [KeyValue::new("hw.id", id)]
                })
            }
        };
        let meter = provider.meter(scope);
        let of_gauge = series.clone();
        let _gauge = meter
            .f64_observable_gauge("gauge")
            .with_callback(move |out| of_gauge().for_each(|one| out.observe(1.0, &one)))
            .build();
        let _counter = meter
            .u64_observable_counter("counter")
            .with_callback(move |out| series().for_each(|one| out.observe(1, &one)))
            .build();
        Self {
            provider,
            exporter,
            from,
        }
    }

    /// A collect: the gauge, and the counter.
    fn export(&self) -> (SeriesCount, SeriesCount) {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let exported = self.exporter.get_finished_metrics().unwrap();
        let mut metrics = exported
            .iter()
            .flat_map(ResourceMetrics::scope_metrics)
            .flat_map(ScopeMetrics::metrics);
        let mut shown = |name| {
            let metric = metrics.next().unwrap();
            assert_eq!(metric.name(), name);
            let sets: Vec<Vec<_>> = match metric.data() {
                AggregatedMetrics::F64(MetricData::Gauge(gauge)) => gauge
                    .data_points()
                    .map(|point| point.attributes().collect())
                    .collect(),
                AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
                    .data_points()
                    .map(|point| point.attributes().collect())
                    .collect(),
                data => panic!("{data:?}"),
            };
            let (overflow, series): (Vec<_>, Vec<_>) = sets
                .iter()
                .partition(|set| set[0].key.as_str() == "otel.metric.overflow");
            SeriesCount {
                series: series.len(),
                overflows: !overflow.is_empty(),
            }
        };
        (shown("gauge"), shown("counter"))
    }

    /// All series are replaced by others.
    fn churn(&self, by: u64) {
        self.from.fetch_add(by, Ordering::Relaxed);
    }
}

const BOTH: [Temporality; 2] = [Temporality::Cumulative, Temporality::Delta];

#[test]
fn view_makes_room_beyond_the_default_limit() {
    for temporality in BOTH {
        let without = SdkSeries::new("dcgm-otel", 2001, None, temporality);
        let most = || SeriesCount {
            series: 2000,
            overflows: true,
        };
        assert_eq!(without.export(), (most(), most()));
        let with = SdkSeries::new("dcgm-otel", 2001, Some(2001), temporality);
        assert_eq!(with.export(), (all(2001), all(2001)));
    }
}

#[test]
fn view_ignores_other_scopes() {
    let series = SdkSeries::new("dcgm", 2001, Some(5000), Temporality::Cumulative);
    assert!(series.export().0.overflows);
}

#[test]
fn all_series_at_the_bound_can_be_replaced_at_every_collect() {
    for temporality in BOTH {
        let series = SdkSeries::new("dcgm-otel", 50, Some(50), temporality);
        for _ in 0..5 {
            assert_eq!(series.export(), (all(50), all(50)), "{temporality:?}");
            series.churn(50);
        }
        // A bound that is too low, to show that it is there.
        let series = SdkSeries::new("dcgm-otel", 50, Some(49), temporality);
        assert_eq!(series.export().0, all(50));
        series.churn(50);
        let folded = SeriesCount {
            series: 48,
            overflows: true,
        };
        // Counters are removed immediately and need no second place.
        assert_eq!(series.export(), (folded, all(50)), "{temporality:?}");
    }
}

#[test]
fn without_the_view_replacing_1000_series_overflows() {
    let series = SdkSeries::new("dcgm-otel", 1001, None, Temporality::Cumulative);
    assert_eq!(series.export().0, all(1001));
    series.churn(1001);
    let folded = SeriesCount {
        series: 999,
        overflows: true,
    };
    assert_eq!(series.export().0, folded);
}

#[test]
fn extreme_bounds_are_clamped() {
    let series = SdkSeries::new("dcgm-otel", 16, Some(0), Temporality::Cumulative);
    assert_eq!(series.export().0, all(16));
    series.churn(16);
    assert_eq!(series.export().0, all(16));
    for bound in [MAX_BOUND + 1, usize::MAX] {
        let series = SdkSeries::new("dcgm-otel", 3000, Some(bound), Temporality::Cumulative);
        assert_eq!(series.export().0, all(3000));
    }
}

#[test]
fn shutdown_exports_the_last_samples_before_the_meter_ends() {
    let mut harness = Harness::sampled("1xl4");
    shutdown(harness.take_meter(), &harness.provider).unwrap();
    let exports = harness.exporter.get_finished_metrics().unwrap();
    let scopes = exports.iter().flat_map(ResourceMetrics::scope_metrics);
    let mut metrics = scopes.flat_map(ScopeMetrics::metrics);
    assert!(metrics.any(|metric| metric.name() == "hw.gpu.utilization"));
}

#[test]
fn shutdown_reports_every_step_that_failed() {
    let mut harness = Harness::on_host("1xl4", Config::default());
    harness.provider.shutdown().unwrap();
    let error = shutdown(harness.take_meter(), &harness.provider).unwrap_err();
    assert!(error.meter.is_none() && error.provider.is_some(), "{error}");
    assert!(error.to_string().contains("provider: "), "{error}");
}
