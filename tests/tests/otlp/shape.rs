//! The shape of every export of a meter, for each catalogue.

use std::collections::{BTreeMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, ScopeMetrics,
};
use opentelemetry_sdk::metrics::Temporality;

/// The metrics of the host, not of a part of it.
const OF_THE_HOST: &[&str] = &[
    "hw.gpu.count",
    "hw.gpu.imex.daemon.status",
    "hw.gpu.imex.domain.status",
];

/// Returns `true` if a metric is about the meter itself. Two meters on like hosts differ in these.
pub(crate) fn is_of_the_meter(name: &str) -> bool {
    name.starts_with("dcgm.meter.")
}

/// The properties of a metric that do not change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Form {
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    pub(crate) number: Number,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Gauge,
    Counter,
    UpDown,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Number {
    Double,
    Int,
}

/// A metric and the attributes of one of its series.
pub(crate) type Series = (String, Vec<(String, String)>);

/// A metric as it was exported.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) form: Form,
    pub(crate) start: u64,
    pub(crate) time: u64,
    pub(crate) points: BTreeMap<Vec<(String, String)>, Value>,
}

/// The metrics of an export, by name.
pub(crate) type Export = BTreeMap<String, Exported>;

/// The scopes of the only request that there is.
pub(crate) fn scopes(requests: Vec<ExportMetricsServiceRequest>) -> Vec<ScopeMetrics> {
    let [request]: [_; 1] = requests.try_into().expect("one request");
    let [resource]: [_; 1] = request.resource_metrics.try_into().expect("one resource");
    resource.scope_metrics
}

/// The meter's metrics, which must be all that there are, and well formed.
pub(crate) fn checked(
    requests: Vec<ExportMetricsServiceRequest>,
    preference: Temporality,
) -> Export {
    let [metrics]: [_; 1] = scopes(requests).try_into().expect("one scope");
    assert_eq!(
        metrics.schema_url,
        "https://opentelemetry.io/schemas/1.44.0"
    );
    let scope = metrics.scope.as_ref().expect("a scope");
    assert_eq!(scope.name, "dcgm-otel");
    // All crates of the workspace have one version.
    assert_eq!(scope.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(scope.attributes, []);

    let mut export = Export::new();
    for metric in metrics.metrics {
        let name = metric.name.clone();
        let exported = metric_of(metric, preference);
        assert!(
            export.insert(name.clone(), exported).is_none(),
            "{name} twice"
        );
    }
    export
}

fn metric_of(metric: Metric, preference: Temporality) -> Exported {
    let name = metric.name;
    let (kind, temporality, points) = match metric.data {
        Some(Data::Gauge(gauge)) => (Kind::Gauge, None, gauge.data_points),
        Some(Data::Sum(sum)) => {
            let kind = if sum.is_monotonic {
                Kind::Counter
            } else {
                Kind::UpDown
            };
            (kind, Some(sum.aggregation_temporality()), sum.data_points)
        }
        data => panic!("{name}: {data:?}"),
    };
    let wanted = match (kind, preference) {
        (Kind::Gauge, _) => None,
        (Kind::Counter, Temporality::Delta) => Some(AggregationTemporality::Delta),
        // The sum of what was added is the level, so deltas of it are of no use to anybody.
        _ => Some(AggregationTemporality::Cumulative),
    };
    assert_eq!(temporality, wanted, "{name}: {kind:?} of {preference:?}");

    let first = points.first().expect("a metric without points is left out");
    let (start, time) = (first.start_time_unix_nano, first.time_unix_nano);
    assert!(0 < start && start <= time, "{name}: {start} to {time}");
    assert!(time <= now(), "{name}: {time}");
    let form = Form {
        unit: metric.unit,
        description: metric.description,
        kind,
        number: number(&name, first),
    };
    assert_ne!(form.unit, "", "{name}");
    assert_ne!(form.description, "", "{name}");

    let mut by_attributes = BTreeMap::new();
    for point in points {
        assert_eq!(point.start_time_unix_nano, start, "{name}");
        assert_eq!(point.time_unix_nano, time, "{name}");
        assert_eq!(number(&name, &point), form.number, "{name}: {point:?}");
        let value = point.value.expect("checked above");
        if let Value::AsDouble(value) = value {
            assert!(value.is_finite(), "{name}: {value}");
        }
        if kind == Kind::Counter {
            assert!(as_f64(value) >= 0.0, "{name}: {value:?}");
        }
        let attributes = attributes(&name, &point.attributes);
        let before = by_attributes.insert(attributes, value);
        assert!(before.is_none(), "{name} twice: {:?}", point.attributes);
    }
    Exported {
        form,
        start,
        time,
        points: by_attributes,
    }
}

fn number(name: &str, point: &NumberDataPoint) -> Number {
    match point.value {
        Some(Value::AsDouble(_)) => Number::Double,
        Some(Value::AsInt(_)) => Number::Int,
        None => panic!("{name}: a point without a value"),
    }
}

fn attributes(name: &str, attributes: &[KeyValue]) -> Vec<(String, String)> {
    let keys: Vec<_> = attributes.iter().map(|one| one.key.as_str()).collect();
    assert!(
        keys.is_sorted_by(|one, next| one < next),
        "{name}: not sorted, or a key twice: {keys:?}"
    );
    assert!(!keys.contains(&"otel.metric.overflow"), "{name}");
    let attributes: Vec<_> = attributes
        .iter()
        .map(|one| {
            let value = one.value.as_ref().and_then(|value| value.value.as_ref());
            let text = match value {
                Some(any_value::Value::StringValue(text)) => text.clone(),
                Some(any_value::Value::IntValue(number)) => number.to_string(),
                Some(any_value::Value::BoolValue(truth)) => truth.to_string(),
                value => panic!("{name}: {}: {value:?}", one.key),
            };
            assert_ne!(text, "", "{name}: {}", one.key);
            (one.key.clone(), text)
        })
        .collect();
    let named = keys.contains(&"hw.id");
    let of_a_part = !OF_THE_HOST.contains(&name) && !is_of_the_meter(name);
    assert_eq!(named, of_a_part, "{name}: {attributes:?}");
    attributes
}

/// The counters of an export.
pub(crate) fn counters(export: &Export) -> BTreeMap<Series, Value> {
    let counters = export
        .iter()
        .filter(|(_, metric)| metric.form.kind == Kind::Counter);
    counters
        .flat_map(|(name, metric)| {
            let of = |(attributes, value): (&Vec<_>, &Value)| {
                ((name.clone(), attributes.clone()), *value)
            };
            metric.points.iter().map(of)
        })
        .collect()
}

/// The forms of an export's metrics, added to those that were seen before and equal to them.
pub(crate) fn agree(forms: &mut BTreeMap<String, Form>, export: &Export) {
    for (name, metric) in export {
        let form = forms
            .entry(name.clone())
            .or_insert_with(|| metric.form.clone());
        assert_eq!(*form, metric.form, "{name} changes");
    }
}

/// The values of `hw.id` in an export.
pub(crate) fn ids(export: &Export) -> HashSet<String> {
    let series = export.values().flat_map(|metric| metric.points.keys());
    series
        .flatten()
        .filter(|(key, _)| key == "hw.id")
        .map(|(_, id)| id.clone())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "for comparisons with 0 only")]
fn as_f64(value: Value) -> f64 {
    match value {
        Value::AsDouble(value) => value,
        Value::AsInt(value) => value as f64,
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_nanos().try_into().unwrap()
}
