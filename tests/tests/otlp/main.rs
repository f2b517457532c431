//! Claims about what leaves the process: a meter on simulated hosts, the SDK's provider and OTLP
//! exporter, and at the other end the protobuf messages that a collector would get.
//!
//! None of them knows the catalogue, but for a few metrics that will always be there.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod receiver;
mod shape;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dcgm::mock::{Clock, Host, Mock, Model};
use dcgm_otel::DcgmMeter;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use receiver::Receiver;
use shape::{Export, Kind, Number, Series, agree, checked, counters, ids, is_of_the_meter, scopes};

/// Between two samples, by the clock of the mock. The meter takes them on request.
const INTERVAL: Duration = Duration::from_secs(600);
const LONG: Duration = Duration::from_secs(24 * 3600);

/// A provider, and what it exports to.
struct Pipeline {
    provider: SdkMeterProvider,
    receiver: Receiver,
    preference: Temporality,
}

impl Pipeline {
    fn new(preference: Temporality) -> Self {
        let receiver = Receiver::new();
        let client = reqwest::blocking::Client::builder().no_proxy().build();
        let exporter = MetricExporter::builder()
            .with_http()
            .with_http_client(client.unwrap())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(receiver.endpoint())
            .with_temporality(preference)
            .build()
            .unwrap();
        // It exports on request.
        let reader = PeriodicReader::builder(exporter)
            .with_interval(LONG)
            .build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self {
            provider,
            receiver,
            preference,
        }
    }

    /// One collect, whose only scope is the meter's.
    fn export(&self) -> Export {
        self.provider.force_flush().unwrap();
        checked(self.receiver.take(), self.preference)
    }
}

/// A meter on a host of its own, with the first sample taken.
fn meter(pipeline: &Pipeline, names: &str) -> (DcgmMeter, Mock) {
    let mock = Mock::builder()
        .model(names.parse::<Model>().unwrap())
        .clock(Clock::manual())
        .build();
    let meter = DcgmMeter::builder()
        .with_client(mock.clone())
        .with_interval(INTERVAL)
        .with_initial_delay(LONG)
        .install(&pipeline.provider)
        .unwrap();
    meter.sample_now().unwrap();
    (meter, mock)
}

fn later(meter: &DcgmMeter, mock: &Mock) {
    mock.clock().advance(INTERVAL);
    meter.sample_now().unwrap();
}

#[test]
fn a_counter_that_decreases_would_end_the_provider_of_these_tests() {
    let pipeline = Pipeline::new(Temporality::Delta);
    let total = AtomicU64::new(2);
    let _counter = pipeline
        .provider
        .meter("app")
        .u64_observable_counter("app.total")
        .with_callback(move |out| {
            let total = total.fetch_sub(1, Ordering::Relaxed);
            out.observe(total, &[KeyValue::new("a", 1)]);
        })
        .build();
    pipeline.provider.force_flush().unwrap();
    // Only with debug assertions, and so overflow checks, do the other tests show that none does.
    pipeline.provider.force_flush().unwrap_err();
    assert_eq!(pipeline.receiver.take().len(), 1);
}

#[test]
fn every_host_is_exported_in_one_scope_and_in_good_form() {
    let mut forms = BTreeMap::new();
    for preference in [Temporality::Cumulative, Temporality::Delta] {
        for host in Host::NAMES {
            let pipeline = Pipeline::new(preference);
            let (meter, mock) = meter(&pipeline, host);
            let first = pipeline.export();
            agree(&mut forms, &first);
            assert!(ids(&first).len() >= mock.model().host().count(dcgm::EntityKind::GPU));
            later(&meter, &mock);
            agree(&mut forms, &pipeline.export());
        }
    }
    let form = |name: &str| {
        let form = &forms[name];
        (form.kind, form.number, form.unit.as_str())
    };
    for (name, expected) in [
        ("hw.energy", (Kind::Counter, Number::Double, "J")),
        ("hw.errors", (Kind::Counter, Number::Int, "{error}")),
        ("hw.gpu.clock.frequency", (Kind::Gauge, Number::Int, "Hz")),
        ("hw.gpu.memory.usage", (Kind::UpDown, Number::Int, "By")),
        ("hw.gpu.utilization", (Kind::Gauge, Number::Double, "1")),
        ("hw.temperature", (Kind::Gauge, Number::Double, "Cel")),
    ] {
        assert_eq!(form(name), expected, "{name}");
    }
}

#[test]
fn a_total_grows_by_what_its_deltas_say() {
    let names = "8xh100,training";
    let (cumulative, delta) = (
        Pipeline::new(Temporality::Cumulative),
        Pipeline::new(Temporality::Delta),
    );
    let (totals_meter, totals_mock) = meter(&cumulative, names);
    let (deltas_meter, deltas_mock) = meter(&delta, names);
    let mut sums: BTreeMap<Series, Value> = BTreeMap::new();
    let mut before: BTreeMap<Series, Value> = BTreeMap::new();
    let mut grown = BTreeMap::new();
    for _ in 0..4 {
        let totals = counters(&cumulative.export());
        for (series, growth) in counters(&delta.export()) {
            let sum = sums.entry(series).or_insert(zero(growth));
            *sum = add(*sum, growth);
        }
        for (series, total) in &before {
            let now = totals.get(series);
            let now = *now.unwrap_or_else(|| panic!("not observed any more: {series:?}"));
            assert!(!is_less(now, *total), "{series:?}: {total:?}, then {now:?}");
            if is_less(*total, now) {
                *grown.entry(series.0.clone()).or_insert(0) += 1;
            }
        }
        for (series, total) in &totals {
            if !is_of_the_meter(&series.0) {
                assert_equal(series, sums[series], *total);
            }
        }
        before = totals;
        later(&totals_meter, &totals_mock);
        later(&deltas_meter, &deltas_mock);
    }
    // Eight GPUs, three times.
    assert!(grown["hw.energy"] >= 8 * 3, "{grown:?}");
    assert!(grown["hw.gpu.io"] > 0);
}

#[test]
fn times_meet_without_a_gap() {
    for preference in [Temporality::Cumulative, Temporality::Delta] {
        let pipeline = Pipeline::new(preference);
        let (meter, mock) = meter(&pipeline, "1xl4");
        let first = pipeline.export();
        later(&meter, &mock);
        let second = pipeline.export();
        for (name, metric) in &second {
            let Some(before) = first.get(name) else {
                continue;
            };
            assert!(metric.time > before.time, "{name}");
            // A gauge has no temporality; its start is that of a delta with either preference.
            let running = metric.form.kind != Kind::Gauge
                && (metric.form.kind == Kind::UpDown || preference == Temporality::Cumulative);
            let start = if running { before.start } else { before.time };
            assert_eq!(metric.start, start, "{name} of {preference:?}");
        }
    }
}

#[test]
fn a_meter_that_is_gone_leaves_no_scope_and_others_alone() {
    for preference in [Temporality::Cumulative, Temporality::Delta] {
        let pipeline = Pipeline::new(preference);
        let (first, _mock) = meter(&pipeline, "1xl4");
        let shown = pipeline.export();
        drop(first);
        // Nothing to say: not even an empty request.
        pipeline.provider.force_flush().unwrap();
        assert_eq!(pipeline.receiver.take(), []);

        let app = pipeline.provider.meter("app");
        let _gauge = app
            .u64_observable_gauge("app.load")
            .with_callback(|out| out.observe(1, &[]))
            .build();
        let names = || -> Vec<_> {
            pipeline.provider.force_flush().unwrap();
            let scopes = scopes(pipeline.receiver.take());
            let mut names: Vec<_> = scopes
                .into_iter()
                .map(|scope| scope.scope.unwrap().name)
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(), ["app"]);
        let (second, _mock) = meter(&pipeline, "1xl4");
        assert_eq!(names(), ["app", "dcgm-otel"]);
        drop(second);
        assert_eq!(names(), ["app"]);
        assert!(shown.len() > 1);
    }
}

#[test]
fn a_provider_that_shuts_down_exports_a_last_time() {
    let pipeline = Pipeline::new(Temporality::Delta);
    let (meter, mock) = meter(&pipeline, "1xl4");
    let first = counters(&pipeline.export());
    later(&meter, &mock);
    pipeline.provider.shutdown().unwrap();
    let last = counters(&checked(pipeline.receiver.take(), pipeline.preference));
    for series in first.keys() {
        assert!(last.contains_key(series), "{series:?}");
    }
    let grown = last
        .iter()
        .any(|(series, growth)| series.0 == "hw.energy" && is_less(zero(*growth), *growth));
    assert!(grown, "{last:?}");
}

fn zero(like: Value) -> Value {
    match like {
        Value::AsDouble(_) => Value::AsDouble(0.0),
        Value::AsInt(_) => Value::AsInt(0),
    }
}

fn add(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::AsDouble(one), Value::AsDouble(other)) => Value::AsDouble(one + other),
        (Value::AsInt(one), Value::AsInt(other)) => Value::AsInt(one + other),
        values => panic!("{values:?}"),
    }
}

fn is_less(one: Value, other: Value) -> bool {
    match (one, other) {
        (Value::AsDouble(one), Value::AsDouble(other)) => one < other,
        (Value::AsInt(one), Value::AsInt(other)) => one < other,
        values => panic!("{values:?}"),
    }
}

/// Equal, as far as a sum of fractions can be.
fn assert_equal(series: &Series, one: Value, other: Value) {
    let equal = match (one, other) {
        (Value::AsDouble(one), Value::AsDouble(other)) => {
            (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
        }
        values => values.0 == values.1,
    };
    assert!(equal, "{series:?}: {one:?} and {other:?}");
}
