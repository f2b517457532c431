//! The parts of a page that stay the same while the series do.

use std::fmt::Write as _;
use std::ops::Range;

use super::PageFormat;
use super::families::{Families, InstrumentNumbers, InstrumentSeries, LayoutKey, Numbers};
use super::names::{MetricName, push_escaped, push_labels};
use super::number::push_number;
use crate::catalogue::PageType;
use crate::instruments::Instrument;
use crate::pipeline::snapshot::{Number, Snapshot};
use crate::telemetry::Telemetry;

/// Room for a number and the end of its line.
const NUMBER_LEN: usize = 24;

/// Headers and line prefixes of all series of a layout.
pub(super) struct PageLayout {
    key: LayoutKey,
    /// All texts; the ranges below are of this.
    text: String,
    /// Sorted by name.
    families: Vec<PageFamily>,
    /// Lines of one family are adjacent, sorted by their labels.
    lines: Vec<PageLine>,
}

/// The series of one instrument.
struct PageFamily {
    instrument: Instrument,
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
    /// Formats the names and labels of all series.
    pub(super) fn new(families: &Families) -> Self {
        let mut page = Self {
            key: families.key.clone(),
            text: String::new(),
            families: Vec::new(),
            lines: Vec::new(),
        };
        for family in &families.all {
            page.push_family(family);
        }
        page
    }

    fn push_family(&mut self, family: &InstrumentSeries) {
        let (name, instrument) = (&family.name, &family.instrument);
        let text_header = self.push_text(|text| push_text_header(text, name, instrument));
        let openmetrics_header =
            self.push_text(|text| push_openmetrics_header(text, name, instrument));
        let (first, start) = (self.lines.len(), self.text.len());
        for (point, labels) in &family.series {
            let prefix = self.push_text(|text| {
                text.push('\n');
                text.push_str(&name.sample);
                push_labels(text, labels);
                text.push(' ');
            });
            self.lines.push(PageLine {
                prefix_len: prefix.len(),
                point: *point,
            });
        }
        self.families.push(PageFamily {
            instrument: *instrument,
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
        self.key.is_current(snapshot, telemetry)
    }

    /// Appends the metrics with these numbers, which are those of its series.
    pub(super) fn write(&self, format: PageFormat, numbers: &Numbers<'_>, page: &mut String) {
        page.reserve(self.text.len() + self.lines.len() * NUMBER_LEN);
        for family in &self.families {
            self.write_family(family, format, &numbers.of(&family.instrument), page);
        }
    }

    /// Appends a family: nothing if it has no number.
    fn write_family(
        &self,
        family: &PageFamily,
        format: PageFormat,
        numbers: &InstrumentNumbers<impl Fn(usize) -> Option<Number>>,
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
            if let Some(number) = numbers.get(line.point) {
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

/// Returns the type of an instrument in a format.
const fn type_name(instrument: &Instrument, format: PageFormat) -> &'static str {
    match (instrument.page_type, format) {
        (PageType::OfKind, _) if instrument.kind.is_counter() => "counter",
        (PageType::OfKind, _) => "gauge",
        (PageType::Counter, PageFormat::Text) => "counter",
        (PageType::Untyped, PageFormat::Text) => "untyped",
        // Samples of a counter would have to end with `_total`.
        (PageType::Counter | PageType::Untyped, PageFormat::OpenMetrics) => "unknown",
    }
}

/// Appends the lines before those of the series, without the end of the last.
fn push_text_header(text: &mut String, name: &MetricName, instrument: &Instrument) {
    let (sample, kind) = (&name.sample, type_name(instrument, PageFormat::Text));
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
    let kind = type_name(instrument, PageFormat::OpenMetrics);
    let family = name.family();
    // Writing to a string does not fail.
    let _ = write!(text, "# TYPE {family} {kind}");
    if let Some(unit) = &name.unit {
        let _ = write!(text, "\n# UNIT {family} {unit}");
    }
    if !instrument.description.is_empty() {
        let _ = write!(text, "\n# HELP {family} ");
        push_escaped(text, instrument.description, true);
    }
}
