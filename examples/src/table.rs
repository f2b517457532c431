//! An exporter that keeps what it was given last, to print it as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

/// How many columns of values fit beside the names.
const ACROSS: usize = 8;

/// An entity: the number of its GPU, and its `hw.id`.
type Column = (i64, String);

/// By name and unit, the values of each entity.
type Lines = BTreeMap<(String, String), BTreeMap<Column, String>>;

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
    /// Its attributes.
    pub attributes: Vec<KeyValue>,
    /// The value.
    pub value: f64,
}

impl Row {
    fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|one| one.key.as_str() == key)
            .map(|one| &one.value)
    }

    /// What it is a value of: the column. GPUs come first, in their order.
    fn column(&self) -> Column {
        let index = match self.attribute("hw.gpu.index") {
            Some(Value::I64(index)) => *index,
            _ => i64::MAX,
        };
        let id = self
            .attribute("hw.id")
            .map(ToString::to_string)
            .unwrap_or_default();
        (index, id)
    }

    /// How it is called: the line. What tells the entity is in the column.
    fn name(&self) -> String {
        let identity = [
            "hw.driver_version",
            "hw.firmware_version",
            "hw.gpu.index",
            "hw.id",
            "hw.model",
            "hw.name",
            "hw.parent",
            "hw.type",
            "hw.vendor",
        ];
        let telling = self.attributes.iter().filter(|one| {
            let key = one.key.as_str();
            !identity.contains(&key) && !key.starts_with("hw.gpu.mig.")
        });
        let telling: Vec<_> = telling
            .map(|one| format!("{}={}", one.key, one.value))
            .collect();
        if telling.is_empty() {
            return self.metric.clone();
        }
        format!("{}{{{}}}", self.metric, telling.join(","))
    }

    /// Short, with a prefix where the unit takes one.
    fn text(&self) -> String {
        let (base, prefixes): (f64, &[&str]) = match self.unit.as_str() {
            "By" => (1024.0, &["", "Ki", "Mi", "Gi", "Ti"]),
            "Hz" | "J" => (1000.0, &["", "k", "M", "G", "T"]),
            _ => (f64::INFINITY, &[""]),
        };
        let mut value = self.value;
        let mut prefix = "";
        for next in prefixes {
            prefix = next;
            if value < base {
                break;
            }
            if Some(next) != prefixes.last() {
                value /= base;
            }
        }
        let whole = prefix.is_empty() && value.fract() == 0.0;
        if whole {
            format!("{value}")
        } else {
            format!("{value:.2}{prefix}")
        }
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

    /// A line a series and a column an entity, each block of columns under the heading.
    #[must_use]
    pub fn render(&self, heading: &str) -> String {
        let rows = self.rows();
        let mut lines = Lines::new();
        let mut columns: Vec<Column> = Vec::new();
        for row in &rows {
            let line = lines.entry((row.name(), row.unit.clone())).or_default();
            line.insert(row.column(), row.text());
            columns.push(row.column());
        }
        columns.sort();
        columns.dedup();
        if columns.is_empty() {
            return format!("{heading}\n  no values\n");
        }
        let mut out = String::new();
        for block in columns.chunks(ACROSS) {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", block_of(heading, block, &lines));
        }
        out
    }
}

fn block_of(heading: &str, columns: &[Column], lines: &Lines) -> String {
    let titles: Vec<String> = columns.iter().map(title).collect();
    let first = lines
        .keys()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0)
        .max("metric".len());
    let units = lines
        .keys()
        .map(|(_, unit)| unit.len())
        .max()
        .unwrap_or(0)
        .max("unit".len());
    let width = titles.iter().map(String::len).max().unwrap_or(0).max(9);
    let mut out = format!("{heading}\n{:first$}  {:units$}", "metric", "unit");
    for title in &titles {
        let _ = write!(out, " {title:>width$}");
    }
    out.push('\n');
    for ((name, unit), values) in lines {
        if !columns.iter().any(|column| values.contains_key(column)) {
            continue;
        }
        let _ = write!(out, "{name:first$}  {unit:units$}");
        for column in columns {
            let value = values.get(column).map_or("-", String::as_str);
            let _ = write!(out, " {value:>width$}");
        }
        out.push('\n');
    }
    out
}

/// `gpu 3`; of an instance, `gpu 3/gi/1`.
fn title((index, id): &Column) -> String {
    if *index == i64::MAX {
        return id.clone();
    }
    let instance = id
        .find("/gi/")
        .and_then(|at| id.get(at..))
        .unwrap_or_default();
    format!("gpu {index}{instance}")
}

impl PushMetricExporter for Table {
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
                unit: metric.unit().to_owned(),
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
        // The meter makes no histograms.
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(
        metric: &str,
        unit: &str,
        gpu: i64,
        more: &[(&'static str, &'static str)],
        value: f64,
    ) -> Row {
        let mut attributes = vec![
            KeyValue::new("hw.gpu.index", gpu),
            KeyValue::new("hw.id", format!("GPU-{gpu}")),
        ];
        attributes.extend(more.iter().map(|(key, value)| KeyValue::new(*key, *value)));
        Row {
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            attributes,
            value,
        }
    }

    fn table(rows: Vec<Row>) -> Table {
        Table(Arc::new(Mutex::new(rows)))
    }

    #[test]
    fn a_line_is_a_series_and_a_column_a_gpu() {
        let rows = vec![
            row("hw.gpu.memory.usage", "By", 1, &[], 1_610_612_736.0),
            row("hw.gpu.memory.usage", "By", 0, &[], 512.0),
            row("hw.power", "W", 0, &[("hw.type", "gpu")], 61.25),
            row(
                "hw.errors",
                "{error}",
                1,
                &[("error.type", "corrected"), ("hw.type", "gpu")],
                7.0,
            ),
        ];
        assert_eq!(
            table(rows).render("SIMULATED: x"),
            "\
SIMULATED: x
metric                           unit        gpu 0     gpu 1
hw.errors{error.type=corrected}  {error}         -         7
hw.gpu.memory.usage              By            512    1.50Gi
hw.power                         W           61.25         -
"
        );
    }

    #[test]
    fn every_block_has_the_heading() {
        let rows = (0..20)
            .map(|gpu| row("hw.power", "W", gpu, &[], 1.0))
            .collect();
        let text = table(rows).render("SIMULATED: x");
        assert_eq!(text.matches("SIMULATED: x\n").count(), 3, "{text}");
        assert_eq!(
            table(Vec::new()).render("SIMULATED: x"),
            "SIMULATED: x\n  no values\n"
        );
    }
}
