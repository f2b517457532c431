//! Exports of the ready-made hosts with every metric switched on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dcgm::mock::{Clock, Mock, Model};
use dcgm_otel::{Config, DcgmMeter, Group, GroupSwitch, MetricSwitch, Naming, Profile};
use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

/// One point, without its value.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) instrument: &'static str,
    pub(crate) unit: String,
    /// By key: type and value.
    pub(crate) attributes: BTreeMap<String, (&'static str, String)>,
}

/// Reader of the provider.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader {
    Memory,
    Prometheus,
}

/// Content of an export.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) series: Vec<Series>,
    /// Names of metrics in the text format of Prometheus.
    pub(crate) prometheus: BTreeSet<String>,
    /// Keys of the resource's attributes.
    pub(crate) resource: BTreeSet<String>,
    /// Schema URLs of the scopes.
    pub(crate) schema_urls: BTreeSet<String>,
}

/// Names of all metrics, from docs/METRICS.md.
fn names() -> Vec<String> {
    let list = crate::files::read("docs/METRICS.md");
    let headings = list.lines().filter_map(|line| line.strip_prefix("### "));
    headings.map(str::to_owned).collect()
}

/// Exports every metric of a host, some minutes into its scenario.
pub(crate) fn emit(model: &str, naming: Naming, profile: Profile, reader: Reader) -> Emitted {
    let mut config = Config::default()
        .with_max_series(100_000)
        .with_max_instrument_series(100_000)
        .with_interval(Duration::from_secs(15))
        .with_naming(naming);
    // The other naming has no profiles, and refuses switches of metrics that it does not have.
    if naming == Naming::Semconv {
        config = config.with_profile(profile).with_peaks();
        for group in Group::ALL {
            config = config.with_group(*group, GroupSwitch::On);
        }
        for name in names() {
            config = config.with_metric(name, MetricSwitch::On);
        }
    }
    let clock = Clock::manual();
    let mock = Mock::builder()
        .model(model.parse::<Model>().unwrap())
        .clock(clock.clone())
        .build();
    let exporter = InMemoryMetricExporter::default();
    let registry = prometheus::Registry::new();
    // One provider for each reader.
    let provider = match reader {
        Reader::Memory => SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()),
        Reader::Prometheus => {
            let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
            SdkMeterProvider::builder().with_reader(reader.build().unwrap())
        }
    };
    let provider = provider.build();
    let meter = DcgmMeter::builder()
        .with_client(mock)
        .with_config(config)
        // Only on request.
        .with_initial_delay(Duration::from_secs(86_400))
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();
    // Counters have a second sample then, and what goes wrong after five minutes has gone wrong.
    for seconds in [15, 320, 15] {
        clock.advance(Duration::from_secs(seconds));
        // The only GPU may be the one that is lost.
        let _ = meter.sample_now();
    }
    provider.force_flush().unwrap();
    let finished = exporter.get_finished_metrics().unwrap();
    let resources = finished.iter().flat_map(|one| one.resource().iter());
    let scopes = finished.iter().flat_map(ResourceMetrics::scope_metrics);
    Emitted {
        resource: resources.map(|(key, _)| key.to_string()).collect(),
        schema_urls: scopes
            .filter_map(|one| one.scope().schema_url().map(str::to_owned))
            .collect(),
        series: series(&exporter),
        prometheus: registry
            .gather()
            .iter()
            .map(|family| family.name().to_owned())
            .collect(),
    }
}

fn series(exporter: &InMemoryMetricExporter) -> Vec<Series> {
    let mut all = Vec::new();
    for resource in exporter.get_finished_metrics().unwrap() {
        for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
            let found = match metric.data() {
                AggregatedMetrics::F64(data) => points(data),
                AggregatedMetrics::U64(data) => points(data),
                AggregatedMetrics::I64(data) => points(data),
            };
            all.extend(found.into_iter().map(|(instrument, attributes)| Series {
                name: metric.name().to_owned(),
                instrument,
                unit: metric.unit().to_owned(),
                attributes,
            }));
        }
    }
    all
}

type Point = (&'static str, BTreeMap<String, (&'static str, String)>);

fn points<T: Copy>(data: &MetricData<T>) -> Vec<Point> {
    match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points();
            points
                .map(|one| ("gauge", typed(one.attributes())))
                .collect()
        }
        MetricData::Sum(sum) => {
            let instrument = if sum.is_monotonic() {
                "counter"
            } else {
                "updowncounter"
            };
            let points = sum.data_points();
            points
                .map(|one| (instrument, typed(one.attributes())))
                .collect()
        }
        _ => panic!("no such instrument is in the catalogue"),
    }
}

fn typed<'a>(
    attributes: impl Iterator<Item = &'a KeyValue>,
) -> BTreeMap<String, (&'static str, String)> {
    let typed = attributes.map(|one| {
        let kind = match one.value {
            opentelemetry::Value::Bool(_) => "boolean",
            opentelemetry::Value::I64(_) => "int",
            opentelemetry::Value::String(_) => "string",
            _ => "another",
        };
        (one.key.as_str().to_owned(), (kind, one.value.to_string()))
    });
    typed.collect()
}
