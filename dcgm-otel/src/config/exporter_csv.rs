//! [`ExporterCsv`]: the file in which dcgm-exporter's users select metrics.
//!
//! A line has three columns: the name of a field, a type of Prometheus, and a help text. Lines that
//! begin with `#` and empty lines are skipped. A column in quotation marks may contain commas.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dcgm::{FieldId, ValueType};

use super::custom::{CustomMetric, parse_field};
use super::key::SettingKey;
use super::value::{InvalidValue, SettingValue};
use super::{ConfigErrors, Naming, SettingSource};
use crate::naming::exporter;

/// dcgm-exporter's own file has 10 kB.
const MAX_BYTES: u64 = 1 << 20;
const MAX_ROWS: usize = 512;

/// The label that all series of a GPU have with this naming.
const DRIVER_VERSION: &str = "DCGM_FI_DRIVER_VERSION";

/// The metrics that a CSV file in dcgm-exporter's format selects.
///
/// With [`Naming::DcgmExporter`], the meter then exports the metrics of the file and no others, under
/// the names and with the help texts of the file. Fields that the naming does not have otherwise are
/// exported as well. All metrics are gauges with DCGM's values, also those of the type `counter`:
/// OpenTelemetry's exporters would append `_total` to the name of a counter.
///
/// Rows of the type `label`, other than that of the driver's version, and metrics of dcgm-exporter
/// itself (`DCGM_EXP_…`) are not supported and reported as errors.
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
}

/// A metric of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CsvRow {
    pub(crate) field: FieldId,
    pub(crate) name: String,
    pub(crate) help: String,
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
        let rows = parse_rows(&text)?;
        Ok(Self {
            path: path.to_owned(),
            rows,
        })
    }
}

/// Parses the lines of a file; returns all mistakes.
fn parse_rows(text: &str) -> Result<Vec<CsvRow>, Vec<InvalidValue>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rows, mut invalid): (Vec<CsvRow>, Vec<InvalidValue>) = (Vec::new(), Vec::new());
    for (line, number) in text.lines().zip(1_usize..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parse_line(line) {
            Ok(Some(row)) if rows.iter().any(|other| other.name == row.name) => {
                let expected = "each metric once".to_owned();
                invalid.push(invalid_line(number, &row.name, expected, None));
            }
            Ok(Some(row)) => rows.push(row),
            Ok(None) => {}
            Err((input, expected, hint)) => {
                invalid.push(invalid_line(number, &input, expected, hint));
            }
        }
    }
    if rows.is_empty() && invalid.is_empty() {
        let expected = "at least one metric in the file".to_owned();
        invalid.push(invalid_line(1, "", expected, None));
    }
    if rows.len() > MAX_ROWS {
        let expected = format!("at most {MAX_ROWS} metrics in the file");
        invalid.push(invalid_line(1, &rows.len().to_string(), expected, None));
    }
    if invalid.is_empty() {
        Ok(rows)
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

/// Parses a line; `None` for one that needs no metric.
fn parse_line(line: &str) -> Result<Option<CsvRow>, InvalidPart> {
    let wrong = |input: &str, expected: &str| Err((input.to_owned(), expected.to_owned(), None));
    let columns = split_columns(line);
    let [name, kind, help] = columns.as_deref().unwrap_or_default() else {
        return wrong(line, "three columns: a field, a type and a help text");
    };
    match kind.as_str() {
        "label" if name == DRIVER_VERSION || name == "DCGM_FI_SYSTEM_DRIVER_VERSION" => {
            return Ok(None);
        }
        "label" => {
            let expected = "a metric: of labels only DCGM_FI_DRIVER_VERSION is supported";
            return wrong(name, expected);
        }
        "gauge" | "counter" | "untyped" => {}
        "histogram" | "summary" => {
            return wrong(kind, "gauge or counter: DCGM has no values of another type");
        }
        _ => return wrong(kind, "gauge, counter or label"),
    }
    if name.starts_with("DCGM_EXP_") {
        let expected = "a field of DCGM: metrics of dcgm-exporter itself are not supported";
        return wrong(name, expected);
    }
    if !name.starts_with("DCGM_FI_") {
        return wrong(
            name,
            "the name of a field of DCGM, as in DCGM_FI_DEV_GPU_TEMP",
        );
    }
    let field = parse_field(name).map_err(|error| (name.clone(), error.expected, error.hint))?;
    let is_number = field
        .info()
        .is_some_and(|info| matches!(info.value_type, ValueType::Int | ValueType::Double));
    if !is_number {
        return wrong(name, "a field whose values are numbers");
    }
    let is_known = exporter::METRICS.iter().any(|metric| metric.name == name);
    let kinds = || CustomMetric::new(field, name).kinds_in(Naming::DcgmExporter);
    if !is_known && kinds().is_empty() {
        let expected = "a field of entities that the labels of dcgm-exporter's naming distinguish";
        return wrong(name, expected);
    }
    if help.chars().any(char::is_control) || help.len() > 1024 {
        return wrong(
            name,
            "a help text of up to 1024 bytes without control characters",
        );
    }
    Ok(Some(CsvRow {
        field,
        name: name.clone(),
        help: help.clone(),
    }))
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
