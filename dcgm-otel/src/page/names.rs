//! Names and labels, by the rules of `opentelemetry-prometheus` 0.33.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use opentelemetry::KeyValue;

use crate::catalogue::Kind;
use crate::text::unit_suffix;

/// The name and value of a label.
pub(super) type PageLabel = (String, String);

/// The names of an instrument in Prometheus.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct MetricName {
    /// The name of its samples.
    pub(super) sample: String,
    /// Length of the part of the name that OpenMetrics calls the name of the family: a counter's
    /// without `_total`.
    pub(super) family_len: usize,
    /// The part that stands for the unit.
    pub(super) unit: Option<Cow<'static, str>>,
}

impl MetricName {
    /// Returns the name of an instrument: the unit is appended, and `_total` to a counter.
    ///
    /// A unit of 1 becomes `_ratio`. Unlike `opentelemetry-prometheus` this does not append it to a
    /// name that ends with it already.
    pub(super) fn new(name: &str, kind: Kind, unit: &str) -> Self {
        let mut sample = String::new();
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            sample.push('_');
        }
        let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        sample.extend(name.chars().map(|c| if is_valid(c) { c } else { '_' }));
        let is_doubled = unit == "1" && sample.ends_with("ratio");
        let unit = unit_suffix(unit).filter(|_| !is_doubled);
        if let Some(unit) = &unit {
            sample.push('_');
            sample.push_str(unit);
        }
        let family_len = sample.len();
        if kind.is_counter() {
            sample.push_str("_total");
        }
        Self {
            sample,
            family_len,
            unit,
        }
    }

    /// Returns the name of the family in OpenMetrics.
    pub(super) fn family(&self) -> &str {
        self.sample.get(..self.family_len).unwrap_or(&self.sample)
    }
}

/// Returns the labels of attributes, sorted by name, and after them `common`.
///
/// Attributes whose keys become the same name are one label, with their values in the order of the
/// keys and `;` between them.
pub(super) fn labels(attributes: &[KeyValue], common: &[PageLabel]) -> Vec<PageLabel> {
    // Values by name and then by key.
    let mut own: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut shared = vec![Vec::new(); common.len()];
    for (values, (name, value)) in shared.iter_mut().zip(common) {
        values.push((name.clone(), value.clone()));
    }
    for one in attributes {
        let key = one.key.as_str();
        let is_valid = |c: char| c.is_ascii_alphanumeric() || c == ':';
        let name: String = key
            .chars()
            .map(|c| if is_valid(c) { c } else { '_' })
            .collect();
        let values = match common.iter().position(|(common, _)| *common == name) {
            Some(index) => shared.get_mut(index),
            None => Some(own.entry(name).or_default()),
        };
        if let Some(values) = values {
            values.push((key.to_owned(), one.value.to_string()));
        }
    }
    let common = common.iter().map(|(name, _)| name.clone()).zip(shared);
    let all = own.into_iter().chain(common);
    all.map(|(name, values)| (name, join_values(values)))
        .collect()
}

fn join_values(mut values: Vec<(String, String)>) -> String {
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    let values: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
    values.join(";")
}

/// Appends labels in braces; nothing if there are none.
pub(super) fn push_labels(text: &mut String, labels: &[PageLabel]) {
    let mut separator = '{';
    for (name, value) in labels {
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{name}=\"");
        push_escaped(text, value, true);
        text.push('"');
        separator = ',';
    }
    if separator == ',' {
        text.push('}');
    }
}

/// Appends text with `\` and line feeds escaped, and quotation marks if `quotes` is set.
pub(super) fn push_escaped(text: &mut String, value: &str, quotes: bool) {
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quotes => text.push_str("\\\""),
            c => text.push(c),
        }
    }
}
