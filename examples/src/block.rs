//! The quickstart's output: one block of text that fits the terminal.
//!
//! A row is a GPU or a MIG instance, a column is a metric. Columns that do not fit the width are left
//! out, the least wanted first; a line below says where all series are to be had.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use dcgm::BackendKind;
use dcgm_otel::Health;
use opentelemetry::Value;

use crate::export::{LastExport, Row};
use crate::flags::Args;
use crate::host::{heading, status};

/// GPUs are always shown; MIG instances up to this number of rows.
const MAX_ROWS: usize = 24;
const DEFAULT_WIDTH: usize = 80;
const MIN_WIDTH: usize = 20;

/// A metric, or the part of it that an attribute selects.
struct Column {
    metric: &'static str,
    select: Option<(&'static str, &'static str)>,
    /// The unit to show, and how many of the metric's own it is.
    unit: &'static str,
    scale: f64,
}

const fn column(
    metric: &'static str,
    select: Option<(&'static str, &'static str)>,
    unit: &'static str,
    scale: f64,
) -> Column {
    Column {
        metric,
        select,
        unit,
        scale,
    }
}

/// The attribute whose value the column of states shows.
const STATE: &str = "hw.state";
const TASK: Option<(&str, &str)> = Some(("hw.gpu.task", "general"));
const SENSOR: Option<(&str, &str)> = Some(("hw.sensor_location", "gpu"));
const PIPE: Option<(&str, &str)> = Some(("hw.gpu.pipe", "tensor"));
const CLOCK: Option<(&str, &str)> = Some(("hw.gpu.clock.domain", "sm"));

/// The most wanted first.
#[rustfmt::skip] // One row a column.
const COLUMNS: [Column; 12] = [
    column("hw.gpu.utilization",                  TASK,   "1",     1.0),
    column("hw.gpu.memory.usage",                 None,   "GiB",   1_073_741_824.0),
    column("hw.power",                            None,   "W",     1.0),
    column("hw.temperature",                      SENSOR, "Cel",   1.0),
    column("hw.status",                           None,   "state", 1.0),
    column("hw.gpu.sm.utilization",               None,   "1",     1.0),
    column("hw.gpu.pipe.utilization",             PIPE,   "1",     1.0),
    column("hw.gpu.clock.frequency",              CLOCK,  "MHz",   1e6),
    column("hw.errors",                           None,   "error", 1.0),
    column("hw.gpu.memory.bandwidth.utilization", None,   "1",     1.0),
    column("hw.gpu.nvlink.active.count",          None,   "link",  1.0),
    column("hw.energy",                           None,   "kJ",    1e3),
];

/// GPUs come first, then instances, each in the order of their numbers.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Device {
    is_instance: bool,
    numbers: Vec<u64>,
    title: String,
}

/// The values of an export, by device.
#[derive(Debug, Default)]
pub struct Block {
    devices: BTreeMap<Device, BTreeMap<usize, String>>,
}

impl LastExport {
    /// Arranges the last export for a person.
    #[must_use]
    pub fn block(&self) -> Block {
        Block::new(&self.rows())
    }
}

impl Block {
    fn new(rows: &[Row]) -> Self {
        let mut block = Self::default();
        for row in rows {
            if let Some(device) = Device::of_row(row) {
                block.devices.entry(device).or_default();
            }
        }
        for (index, column) in COLUMNS.iter().enumerate() {
            let mut sums: BTreeMap<Device, f64> = BTreeMap::new();
            for row in rows.iter().filter(|row| column.selects(row)) {
                let Some(device) = Device::of_row(row) else {
                    continue;
                };
                if let Some(state) = row.attribute(STATE) {
                    if row.value > 0.0 {
                        let cells = block.devices.entry(device).or_default();
                        cells.insert(index, state.to_string());
                    }
                } else {
                    *sums.entry(device).or_default() += row.value;
                }
            }
            for (device, sum) in sums {
                let cells = block.devices.entry(device).or_default();
                cells.insert(index, number(sum / column.scale));
            }
        }
        block.devices.retain(|_, cells| !cells.is_empty());
        block
    }

    /// Formats the block; no line is wider than `width`. `all` is a command that prints every series.
    #[must_use]
    pub fn text(&self, health: &Health, width: usize, all: &str) -> String {
        let mut text = wrap(&heading(health), width) + "\n";
        text += &self.table(width);
        let hidden = self.devices.len() - self.shown();
        if hidden > 0 {
            text += &wrap(&format!("and {hidden} more MIG instances"), width);
            text.push('\n');
        }
        let below = format!("{}; to see all: {all}", status(health));
        text + &wrap(&below, width) + "\n"
    }

    /// How many devices are shown.
    fn shown(&self) -> usize {
        let gpus = self.devices.keys().filter(|device| !device.is_instance);
        self.devices.len().min(MAX_ROWS.max(gpus.count()))
    }

    /// The table with as many columns as fit.
    fn table(&self, width: usize) -> String {
        let used = |index: &usize| self.devices.values().any(|cells| cells.contains_key(index));
        let mut columns: Vec<_> = (0..COLUMNS.len()).filter(used).collect();
        while !columns.is_empty() {
            let text = self.table_of(&columns);
            if text.lines().all(|line| line.chars().count() <= width) {
                return text;
            }
            columns.pop();
        }
        String::new()
    }

    fn table_of(&self, columns: &[usize]) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        let titles = columns.iter().filter_map(|index| COLUMNS.get(*index));
        table.set_header([String::new()].into_iter().chain(titles.map(Column::title)));
        for (device, cells) in self.devices.iter().take(self.shown()) {
            let cell = |index| cells.get(index).map_or("-", String::as_str).to_owned();
            table.add_row(
                [device.title.clone()]
                    .into_iter()
                    .chain(columns.iter().map(cell)),
            );
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index > 0 {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.trim_fmt() + "\n"
    }
}

impl Column {
    fn selects(&self, row: &Row) -> bool {
        row.metric == self.metric
            && self.select.is_none_or(|(key, wanted)| {
                let value = row.attribute(key);
                value.is_some_and(|value| value.as_str() == wanted)
            })
    }

    /// Four lines: `hw.gpu.`, `utilization`, `general`, `1`.
    fn title(&self) -> String {
        let scopes = ["hw.gpu.", "hw."];
        let scope = scopes.iter().find(|scope| self.metric.starts_with(**scope));
        let scope = scope.copied().unwrap_or_default();
        let name = self.metric.strip_prefix(scope).unwrap_or(self.metric);
        let part = self.select.map_or("", |(_, value)| value);
        format!("{scope}\n{name}\n{part}\n{}", self.unit)
    }
}

impl Device {
    /// `gpu 3`, or of a MIG instance `3/gi/1`; `None` for what is no GPU.
    fn of_row(row: &Row) -> Option<Self> {
        let Some(Value::I64(index)) = row.attribute("hw.gpu.index") else {
            return None;
        };
        let id = row.attribute("hw.id").map(ToString::to_string);
        let instance = id
            .as_deref()
            .and_then(|id| id.find('/').and_then(|at| id.get(at..)));
        let title = match instance {
            Some(path) => format!("{index}{path}"),
            None => format!("gpu {index}"),
        };
        let numbers = title.split(|c: char| !c.is_ascii_digit());
        Some(Self {
            is_instance: instance.is_some(),
            numbers: numbers.filter_map(|number| number.parse().ok()).collect(),
            title,
        })
    }
}

/// At most two decimals, and none for large numbers.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value}"),
        100.0.. => format!("{value:.0}"),
        // Not 0.00: it is something.
        ..0.005 => format!("{value:.0e}"),
        _ => format!("{value:.2}"),
    }
}

/// Breaks a text into lines that fit.
fn wrap(text: &str, width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.add_row([text]);
    for column in table.column_iter_mut() {
        column.set_padding((0, 0));
    }
    table.trim_fmt()
}

/// Prints a block to stdout. With `redraw`, and on a terminal, it takes the place of what is there.
///
/// # Errors
///
/// Fails if stdout has no reader any more, as after `head`.
pub fn print_block(block: &Block, health: &Health, args: &Args, redraw: bool) -> io::Result<()> {
    let source = match (&args.simulate, &args.endpoint) {
        (Some(model), _) => format!(" --simulate={}", model.name()),
        _ if health.backend.kind == BackendKind::Mock => " --simulate".to_owned(),
        (None, Some(endpoint)) => format!(" --endpoint={endpoint}"),
        _ if args.embedded => " --embedded".to_owned(),
        _ => String::new(),
    };
    let isolated = if args.isolated { " --isolated" } else { "" };
    let all = format!("cargo run --example prometheus -- --once{source}{isolated}");
    let text = block.text(health, terminal_width(), &all);
    let mut out = io::stdout().lock();
    match (redraw, out.is_terminal()) {
        // Home, and clear to the end of the screen.
        (true, true) => write!(out, "\x1b[H\x1b[J{text}")?,
        (true, false) => writeln!(out, "{text}")?,
        (false, _) => write!(out, "{text}")?,
    }
    out.flush()
}

/// Returns the width to print at: the terminal's, else that of the variable `COLUMNS`, else 80.
#[must_use]
pub fn terminal_width() -> usize {
    let terminal =
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).unwrap_or(DEFAULT_WIDTH);
    width.max(MIN_WIDTH)
}

#[cfg(test)]
mod tests;
