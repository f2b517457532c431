//! [`ExporterCsv`]: the file in which dcgm-exporter's users select metrics.
//!
//! A line has three columns: the name of a field, a type of Prometheus, and a help text. Lines that
//! begin with `#` and empty lines are skipped. A column in quotation marks may contain commas.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dcgm::{EntityKind, FieldId, ValueType};

use super::custom::{CustomMetric, parse_field};
use super::key::SettingKey;
use super::nearest::did_you_mean;
use super::value::{InvalidValue, SettingValue};
use super::{ConfigErrors, Naming, SettingSource};
use crate::catalogue::PageType;
use crate::naming::exporter;

/// dcgm-exporter's own file has 10 kB.
const MAX_BYTES: u64 = 1 << 20;
const MAX_ROWS: usize = 512;
const MAX_LABELS: usize = 16;

/// The metrics that a CSV file in dcgm-exporter's format selects.
///
/// With the naming of a version of dcgm-exporter, the meter then exports the metrics of the file and no
/// others, under the names and with the types and help texts of the file. Fields that the naming does
/// not have otherwise are exported as well, with DCGM's values. The types are those of the meter's own
/// page; for OpenTelemetry all metrics are gauges, as its exporters would append `_total` to the name of
/// a counter.
///
/// A row of the type `label` gives the series of each GPU a label with the value of the field. Without
/// such a row no series has the version of the driver.
///
/// ```
/// use dcgm_otel::{Config, ExporterCsv, Naming};
///
/// # let path = std::env::temp_dir().join(format!("counters-{}.csv", std::process::id()));
/// # std::fs::write(&path, "# Clocks\nDCGM_FI_DEV_SM_CLOCK, gauge, SM clock frequency (in MHz).\n")?;
/// let csv = ExporterCsv::read(&path)?;
/// assert_eq!(csv.names().collect::<Vec<_>>(), ["DCGM_FI_DEV_SM_CLOCK"]);
/// let config = Config::default().with_naming(Naming::DcgmExporter).with_exporter_csv(csv);
/// config.validate()?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExporterCsv {
    path: PathBuf,
    pub(crate) rows: Vec<CsvRow>,
    /// Fields that are labels, each with its label.
    pub(crate) labels: Vec<CsvLabel>,
}

/// A metric of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CsvRow {
    /// `None` for a metric of dcgm-exporter itself.
    pub(crate) field: Option<FieldId>,
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) page_type: PageType,
}

/// A field that is a label, and the label.
type CsvLabel = (FieldId, String);

/// A line that is neither empty nor a comment.
#[derive(Debug)]
enum CsvLine {
    Metric(CsvRow),
    Label(CsvLabel),
}

impl ExporterCsv {
    /// Reads a file. It is read once: later changes have no effect.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every invalid line and its number, or the reason why the file cannot be
    /// read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Self::open(path.as_ref()).map_err(|invalid| {
            let key = SettingKey::exporter_csv;
            let name = key.name(SettingSource::Code);
            let errors = invalid.into_iter().map(|one| one.into_error(key, name));
            ConfigErrors::from_list(errors.collect())
        })
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the names of the metrics, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.name.as_str())
    }

    fn open(path: &Path) -> Result<Self, Vec<InvalidValue>> {
        let unreadable = |why: String| {
            vec![InvalidValue {
                input: Some(path.display().to_string()),
                expected: Some("a CSV file that can be read".to_owned()),
                hint: Some(why),
            }]
        };
        let mut text = String::new();
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
        read.map_err(|error| unreadable(error.to_string()))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(unreadable("it is larger than 1 MiB".to_owned()));
        }
        let (rows, labels) = parse_rows(&text)?;
        Ok(Self {
            path: path.to_owned(),
            rows,
            labels,
        })
    }
}

/// Parses the lines of a file; returns all mistakes.
fn parse_rows(text: &str) -> Result<(Vec<CsvRow>, Vec<CsvLabel>), Vec<InvalidValue>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rows, mut labels): (Vec<CsvRow>, Vec<CsvLabel>) = (Vec::new(), Vec::new());
    let mut invalid = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parse_line(line) {
            Ok(CsvLine::Metric(row)) if rows.iter().any(|other| other.name == row.name) => {
                let expected = "each metric once".to_owned();
                invalid.push(invalid_line(number, &row.name, expected, None));
            }
            Ok(CsvLine::Metric(row)) => rows.push(row),
            Ok(CsvLine::Label((field, name))) => {
                if labels.iter().all(|(_, other)| *other != name) {
                    labels.push((field, name));
                }
            }
            Err((input, expected, hint)) => {
                invalid.push(invalid_line(number, &input, expected, hint));
            }
        }
    }
    if rows.is_empty() && invalid.is_empty() {
        let expected = "at least one metric in the file".to_owned();
        invalid.push(invalid_line(1, "", expected, None));
    }
    for (count, limit, what) in [
        (rows.len(), MAX_ROWS, "metrics"),
        (labels.len(), MAX_LABELS, "labels"),
    ] {
        if count > limit {
            let expected = format!("at most {limit} {what} in the file");
            invalid.push(invalid_line(1, &count.to_string(), expected, None));
        }
    }
    if invalid.is_empty() {
        Ok((rows, labels))
    } else {
        Err(invalid)
    }
}

fn invalid_line(
    number: usize,
    input: &str,
    expected: String,
    hint: Option<String>,
) -> InvalidValue {
    InvalidValue {
        input: Some(format!("line {number}: {input}")),
        expected: Some(expected),
        hint,
    }
}

/// The invalid part of a line, the valid values, and a likely correction.
type InvalidPart = (String, String, Option<String>);

/// Parses a line.
fn parse_line(line: &str) -> Result<CsvLine, InvalidPart> {
    let wrong = |input: &str, expected: &str| Err((input.to_owned(), expected.to_owned(), None));
    let columns = split_columns(line);
    let [name, kind, help] = columns.as_deref().unwrap_or_default() else {
        return wrong(line, "three columns: a field, a type and a help text");
    };
    let page_type = match kind.as_str() {
        "label" => return parse_label(name),
        "gauge" => PageType::OfKind,
        "counter" => PageType::Counter,
        "untyped" => PageType::Untyped,
        "histogram" | "summary" => {
            return wrong(kind, "gauge or counter: DCGM has no values of another type");
        }
        _ => return wrong(kind, "gauge, counter or label"),
    };
    let is_known = known_metrics().any(|known| known == name);
    let field = if name.starts_with("DCGM_EXP_") {
        if !is_known {
            let names: Vec<_> = known_metrics()
                .filter(|one| one.starts_with("DCGM_EXP_"))
                .collect();
            return Err((
                name.clone(),
                "a metric of dcgm-exporter, as in DCGM_EXP_XID_ERRORS_COUNT".to_owned(),
                did_you_mean(name, names),
            ));
        }
        None
    } else {
        let field = parse_name(name)?;
        let is_number = field
            .info()
            .is_some_and(|info| matches!(info.value_type, ValueType::Int | ValueType::Double));
        if !is_number {
            return wrong(name, "a field whose values are numbers");
        }
        let kinds = || CustomMetric::new(field, name).kinds_in(Naming::DcgmExporter);
        if !is_known && kinds().is_empty() {
            let expected =
                "a field of entities that the labels of dcgm-exporter's naming distinguish";
            return wrong(name, expected);
        }
        Some(field)
    };
    if help.chars().any(char::is_control) || help.len() > 1024 {
        return wrong(
            name,
            "a help text of up to 1024 bytes without control characters",
        );
    }
    Ok(CsvLine::Metric(CsvRow {
        field,
        name: name.clone(),
        help: help.clone(),
        page_type,
    }))
}

/// Returns the names of the metrics of all versions.
fn known_metrics() -> impl Iterator<Item = &'static str> {
    let namings = Naming::ALL.iter().filter(|one| one.is_dcgm_exporter());
    let metrics = namings.flat_map(|naming| exporter::metrics(*naming));
    metrics.map(|metric| metric.name)
}

/// Parses the name of a field.
fn parse_name(name: &str) -> Result<FieldId, InvalidPart> {
    if !name.starts_with("DCGM_FI_") {
        let expected = "the name of a field of DCGM, as in DCGM_FI_DEV_GPU_TEMP";
        return Err((name.to_owned(), expected.to_owned(), None));
    }
    parse_field(name).map_err(|error| (name.to_owned(), error.expected, error.hint))
}

/// Parses a label: a field of GPUs or of the host whose value has a text.
fn parse_label(name: &str) -> Result<CsvLine, InvalidPart> {
    let field = parse_name(name)?;
    let has_text = field.info().is_some_and(|info| {
        let is_of_gpu = !matches!(
            info.scope,
            EntityKind::SWITCH
                | EntityKind::LINK
                | EntityKind::CPU
                | EntityKind::CPU_CORE
                | EntityKind::CONNECTX
                | EntityKind::VGPU
        );
        is_of_gpu && !matches!(info.value_type, ValueType::Blob)
    });
    if has_text {
        return Ok(CsvLine::Label((field, name.to_owned())));
    }
    let expected = "a field of GPUs or of the host whose value is a text or a number".to_owned();
    Err((name.to_owned(), expected, None))
}

/// Splits a line at its commas; `None` if quotation marks are wrong. `""` in a quoted column is one
/// quotation mark.
fn split_columns(line: &str) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('"') {
            let (mut column, mut chars) = (String::new(), quoted.char_indices().peekable());
            let end = loop {
                match chars.next()? {
                    (_, '"') if chars.next_if(|(_, next)| *next == '"').is_some() => {
                        column.push('"');
                    }
                    (at, '"') => break at + 1,
                    (_, c) => column.push(c),
                }
            };
            columns.push(column.trim().to_owned());
            rest = quoted.get(end..)?.trim_start();
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => return rest.is_empty().then_some(columns),
            }
        } else {
            let Some((column, next)) = rest.split_once(',') else {
                columns.push(rest.trim().to_owned());
                return Some(columns);
            };
            columns.push(column.trim().to_owned());
            rest = next;
        }
    }
}

impl SettingValue for Option<ExporterCsv> {
    fn parse_text(text: &str) -> Result<Self, Vec<InvalidValue>> {
        ExporterCsv::open(Path::new(text.trim())).map(Some)
    }

    fn to_text(&self) -> Option<String> {
        let csv = self.as_ref()?;
        Some(csv.path.display().to_string())
    }
}

#[cfg(test)]
mod tests;
