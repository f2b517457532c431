//! A program with metrics of its own, and what its process uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, GaugeDataPoint, Metric, MetricData, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

/// A provider with a metric of the program's own, `requests`, which counts its collects.
#[derive(Debug)]
pub(crate) struct Program {
    /// The provider.
    pub(crate) provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
    collects: Arc<AtomicU64>,
}

/// The result of one collect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Collected {
    /// The duration of the collect.
    pub(crate) took: Duration,
    /// The program's own metric.
    pub(crate) requests: Option<u64>,
    /// The number of series of devices.
    pub(crate) series: usize,
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}

impl Program {
    /// With nothing installed.
    #[must_use]
    pub(crate) fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let provider = SdkMeterProvider::builder()
            .with_periodic_exporter(exporter.clone())
            .build();
        let collects = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&collects);
        let _empty = provider
            .meter("program")
            .u64_observable_gauge("requests")
            .with_callback(move |out| {
                out.observe(counted.fetch_add(1, Ordering::Relaxed) + 1, &[]);
            })
            .build();
        Self {
            provider,
            exporter,
            collects,
        }
    }

    /// One collect. The program's own metric is there and is new.
    ///
    /// # Panics
    ///
    /// If it is not, or if nothing can be exported.
    #[must_use]
    pub(crate) fn collect(&self) -> Collected {
        self.exporter.reset();
        let began = Instant::now();
        let flushed = self.provider.force_flush();
        let took = began.elapsed();
        assert!(flushed.is_ok(), "{flushed:?}");
        let (mut requests, mut series) = (None, 0);
        for resource in self.exporter.get_finished_metrics().unwrap_or_default() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                match (metric.name(), metric.data()) {
                    ("requests", AggregatedMetrics::U64(MetricData::Gauge(gauge))) => {
                        requests = gauge.data_points().last().map(GaugeDataPoint::value);
                    }
                    (name, _) if name.starts_with("dcgm.meter.") => {}
                    _ => series += points(metric),
                }
            }
        }
        assert_eq!(
            requests,
            Some(self.collects.load(Ordering::Relaxed)),
            "the program's own metric"
        );
        Collected {
            took,
            requests,
            series,
        }
    }
}

fn points(metric: &Metric) -> usize {
    fn of<T: Copy>(data: &MetricData<T>) -> usize {
        match data {
            MetricData::Gauge(gauge) => gauge.data_points().count(),
            MetricData::Sum(sum) => sum.data_points().count(),
            _ => 0,
        }
    }
    match metric.data() {
        AggregatedMetrics::F64(data) => of(data),
        AggregatedMetrics::U64(data) => of(data),
        AggregatedMetrics::I64(data) => of(data),
    }
}

/// Returns `true` if `DCGM_TEST_LONG=1` asks for the long form of tests.
#[must_use]
pub(crate) fn long() -> bool {
    env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1")
}

/// Waits for something, as long as it may take.
///
/// # Panics
///
/// With what is waited for, if it does not come in that time.
pub(crate) fn wait_for(what: &str, longest: Duration, mut done: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < longest, "{what}: not within {longest:?}");
        thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}

/// The names of this process's threads that are of the library under test.
#[must_use]
pub(crate) fn our_threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let names = tasks.flatten().filter_map(|task| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        Some(name.trim().to_owned())
    });
    let mut names: Vec<_> = names.filter(|name| name.starts_with("dcgm-")).collect();
    names.sort();
    names
}

/// The resources of this process: threads, file descriptors, resident bytes.
#[must_use]
pub(crate) fn usage() -> (usize, usize, u64) {
    let count = |folder: &str| fs::read_dir(folder).map_or(0, Iterator::count);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    (count("/proc/self/task"), count("/proc/self/fd"), kib * 1024)
}
