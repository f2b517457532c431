//! The parts of a page that stay the same while the series do.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;

use super::PageFormat;
use super::names::{MetricName, PageLabel, labels, push_escaped, push_labels};
use super::number::push_number;
use crate::catalogue::Kind;
use crate::error_kind::ErrorKind;
use crate::instruments::{Instrument, InstrumentKind, MeterFeed};
use crate::pipeline::snapshot::{Layout, Number, Snapshot};
use crate::telemetry::{SELF_METRICS, Telemetry};

/// The most points that a self-metric has: one for each kind of error.
const MAX_SELF_POINTS: usize = ErrorKind::ALL.len();

/// Room for a number and the end of its line.
const NUMBER_LEN: usize = 24;

/// Headers and line prefixes of all series of a layout.
pub(super) struct PageLayout {
    layout: Arc<Layout>,
    /// The attributes of `dcgm.meter.info`, which do not belong to the layout.
    info: Arc<Box<[KeyValue]>>,
    /// All texts; the ranges below are of this.
    text: String,
    /// Sorted by name.
    families: Vec<PageFamily>,
    /// Lines of one family are adjacent, sorted by their labels.
    lines: Vec<PageLine>,
}

/// The series of one instrument.
struct PageFamily {
    source: InstrumentKind,
    kind: Kind,
    text_header: Range<usize>,
    openmetrics_header: Range<usize>,
    prefixes: Range<usize>,
    lines: Range<usize>,
}

/// A series.
struct PageLine {
    /// Length of the end of the line before, its name, its labels and a space. Those of one family
    /// follow each other.
    prefix_len: usize,
    /// Index of its point, in the snapshot or among the points of the self-metric.
    point: usize,
}

impl PageLayout {
    /// Formats the names and labels of all series. Each of them has the labels `common`.
    pub(super) fn new(
        feed: &MeterFeed,
        snapshot: &Snapshot,
        now: Instant,
        common: &[PageLabel],
    ) -> Self {
        let telemetry = feed.telemetry();
        let mut page = Self {
            layout: Arc::clone(snapshot.layout()),
            info: telemetry.info(),
            text: String::new(),
            families: Vec::new(),
            lines: Vec::new(),
        };
        let mut instruments: Vec<_> = feed
            .list_instruments()
            .map(|one| (MetricName::new(one.name, one.kind, one.unit), one))
            .collect();
        instruments.sort_by(|(a, _), (b, _)| a.sample.cmp(&b.sample));
        for (name, instrument) in instruments {
            let series = match instrument.source {
                InstrumentKind::Metric(metric) => page.metric_labels(metric, common),
                InstrumentKind::SelfMetric(row) => self_labels(row, telemetry, now, common),
            };
            page.push_family(&name, &instrument, series);
        }
        page
    }

    /// Returns the labels of a metric's series, and their indices.
    fn metric_labels(&self, metric: usize, common: &[PageLabel]) -> Vec<(usize, Vec<PageLabel>)> {
        let range = self.layout.metric_range(metric);
        let series = self.layout.series().get(range.clone()).unwrap_or_default();
        let all = range.zip(series);
        all.map(|(index, series)| (index, labels(&series.attributes, common)))
            .collect()
    }

    fn push_family(
        &mut self,
        name: &MetricName,
        instrument: &Instrument,
        mut series: Vec<(usize, Vec<PageLabel>)>,
    ) {
        if series.is_empty() {
            return;
        }
        series.sort_by(|(_, a), (_, b)| compare_labels(a, b));
        let text_header = self.push_text(|text| push_text_header(text, name, instrument));
        let openmetrics_header =
            self.push_text(|text| push_openmetrics_header(text, name, instrument));
        let (first, start) = (self.lines.len(), self.text.len());
        for (point, labels) in series {
            let prefix = self.push_text(|text| {
                text.push('\n');
                text.push_str(&name.sample);
                push_labels(text, &labels);
                text.push(' ');
            });
            let prefix_len = prefix.len();
            self.lines.push(PageLine { prefix_len, point });
        }
        self.families.push(PageFamily {
            source: instrument.source,
            kind: instrument.kind,
            text_header,
            openmetrics_header,
            prefixes: start..self.text.len(),
            lines: first..self.lines.len(),
        });
    }

    /// Appends to the text, and returns the range of what was appended.
    fn push_text(&mut self, push: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.text.len();
        push(&mut self.text);
        start..self.text.len()
    }

    /// Returns `true` if it is that of the series of `snapshot`, and of the meter's own.
    pub(super) fn is_current(&self, snapshot: &Snapshot, telemetry: &Telemetry) -> bool {
        Arc::ptr_eq(&self.layout, snapshot.layout()) && telemetry.has_info(&self.info)
    }

    /// Appends the metrics with the numbers of `snapshot`, whose series these are.
    pub(super) fn write(
        &self,
        format: PageFormat,
        snapshot: &Snapshot,
        (telemetry, now): (&Telemetry, Instant),
        page: &mut String,
    ) {
        page.reserve(self.text.len() + self.lines.len() * NUMBER_LEN);
        let numbers = snapshot.numbers(now);
        for family in &self.families {
            match family.source {
                InstrumentKind::Metric(_) => self.write_family(family, format, &numbers, page),
                InstrumentKind::SelfMetric(row) => {
                    let own = observe_self_metric(row, telemetry, now);
                    let number = |point: usize| own.get(point).copied().flatten();
                    self.write_family(family, format, number, page);
                }
            }
        }
    }

    /// Appends a family: nothing if it has no number.
    fn write_family(
        &self,
        family: &PageFamily,
        format: PageFormat,
        number: impl Fn(usize) -> Option<Number>,
        page: &mut String,
    ) {
        let header = match format {
            PageFormat::Text => &family.text_header,
            PageFormat::OpenMetrics => &family.openmetrics_header,
        };
        let before = page.len();
        page.push_str(self.text_at(header));
        let first = page.len();
        let mut prefixes = self.text_at(&family.prefixes);
        let lines = self.lines.get(family.lines.clone());
        for line in lines.unwrap_or_default() {
            let split = prefixes.split_at_checked(line.prefix_len);
            let (prefix, rest) = split.unwrap_or_default();
            prefixes = rest;
            let number = number(line.point).filter(|number| family.kind.takes_number(*number));
            if let Some(number) = number {
                page.push_str(prefix);
                push_number(page, number, format);
            }
        }
        if page.len() == first {
            page.truncate(before);
        } else {
            page.push('\n');
        }
    }

    fn text_at(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

impl Kind {
    /// Returns `true` if the callback of such an instrument observes numbers of this type.
    const fn takes_number(self, number: Number) -> bool {
        match self {
            Self::GaugeF64 | Self::CounterF64 => matches!(number, Number::F64(_)),
            Self::GaugeI64 | Self::UpDownI64 => matches!(number, Number::I64(_)),
            Self::CounterU64 => matches!(number, Number::U64(_)),
        }
    }
}

/// Returns the labels of a self-metric's points, in the order in which it observes them.
///
/// The age of the newest sample has no point before the first sample, and no attributes when it has
/// one. So a metric without points gets the labels of one without attributes.
fn self_labels(
    row: usize,
    telemetry: &Telemetry,
    now: Instant,
    common: &[PageLabel],
) -> Vec<(usize, Vec<PageLabel>)> {
    let mut series = Vec::new();
    if let Some(row) = SELF_METRICS.get(row) {
        (row.observe)(telemetry, now, &mut |attributes, _| {
            series.push(labels(attributes, common));
        });
    }
    if series.is_empty() {
        series.push(labels(&[], common));
    }
    series.into_iter().enumerate().collect()
}

/// Returns the numbers of a self-metric, in the order in which it observes them.
fn observe_self_metric(
    row: usize,
    telemetry: &Telemetry,
    now: Instant,
) -> [Option<Number>; MAX_SELF_POINTS] {
    let mut numbers = [None; MAX_SELF_POINTS];
    let mut slots = numbers.iter_mut();
    if let Some(row) = SELF_METRICS.get(row) {
        (row.observe)(telemetry, now, &mut |_, number| {
            if let Some(slot) = slots.next() {
                *slot = Some(number);
            }
        });
    }
    numbers
}

/// Compares the labels of two series of a metric as the crate `prometheus` does: by their number, and
/// then by the values alone.
fn compare_labels(a: &[PageLabel], b: &[PageLabel]) -> Ordering {
    let values = a.iter().map(|(_, value)| value);
    let by_len = a.len().cmp(&b.len());
    by_len.then_with(|| values.cmp(b.iter().map(|(_, value)| value)))
}

/// The type of a kind of instrument in Prometheus.
const fn type_name(kind: Kind) -> &'static str {
    if kind.is_counter() {
        "counter"
    } else {
        "gauge"
    }
}

/// Appends the lines before those of the series, without the end of the last.
fn push_text_header(text: &mut String, name: &MetricName, instrument: &Instrument) {
    let (sample, kind) = (&name.sample, type_name(instrument.kind));
    // Writing to a string does not fail.
    if !instrument.description.is_empty() {
        let _ = write!(text, "# HELP {sample} ");
        push_escaped(text, instrument.description, false);
        text.push('\n');
    }
    let _ = write!(text, "# TYPE {sample} {kind}");
}

/// Appends the lines before those of the series, without the end of the last.
fn push_openmetrics_header(text: &mut String, name: &MetricName, instrument: &Instrument) {
    let (family, kind) = (name.family(), type_name(instrument.kind));
    // Writing to a string does not fail.
    let _ = write!(text, "# TYPE {family} {kind}");
    if let Some(unit) = name.unit {
        let _ = write!(text, "\n# UNIT {family} {unit}");
    }
    if !instrument.description.is_empty() {
        let _ = write!(text, "\n# HELP {family} ");
        push_escaped(text, instrument.description, true);
    }
}
