//! Some hundred series as a table that a person can read: a column an entity, a line a value.
//!
//! What would only take room is said in a line: facts, limits that are the same everywhere, and
//! what has not happened. Nothing is left out but what the meter says of itself, and that is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use dcgm_otel::Health;
use opentelemetry::Value;

use crate::host::heading;
use crate::place::{Kind, Place};
use crate::table::Row;

/// How many columns of values fit beside the names.
const ACROSS: usize = 8;
/// Where lines are broken.
const WIDTH: usize = 120;
/// How much wider than its text a column is at least.
const COLUMN: usize = 7;

/// What a person is shown of an export.
#[derive(Debug, Default)]
pub struct Sheet {
    sections: BTreeMap<Kind, Section>,
    series: usize,
    own: usize,
}

/// The entities of a kind.
#[derive(Debug, Default)]
struct Section {
    places: BTreeSet<Place>,
    /// By metric and what tells it from others of the metric.
    lines: BTreeMap<(String, String), Line>,
    /// By model and fact.
    facts: BTreeMap<String, (BTreeSet<Place>, Facts)>,
}

/// What each entity says to each question.
type Facts = BTreeMap<String, BTreeMap<Place, String>>;

#[derive(Debug, Default)]
struct Line {
    unit: String,
    counter: bool,
    cells: BTreeMap<Place, Cell>,
}

#[derive(Debug, Default)]
struct Cell {
    number: f64,
    /// Of a state: the one that it is in.
    word: Option<String>,
    /// How many links the number is the sum of.
    links: usize,
}

impl Sheet {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut sheet = Self {
            series: rows.len(),
            ..Self::default()
        };
        for row in rows {
            if row.metric.starts_with("dcgm.meter.") {
                sheet.own += 1;
                continue;
            }
            let (kind, place) = Place::of(row);
            sheet.sections.entry(kind).or_default().add(place, row);
        }
        for section in sheet.sections.values_mut() {
            section.name_links();
        }
        sheet
    }

    /// As text. `again` is how all of it is to be had.
    #[must_use]
    pub fn text(&self, health: &Health, again: &str) -> String {
        let mark = if health.is_simulated() {
            "SIMULATED"
        } else {
            "metric"
        };
        let mut out = format!("{}\n", heading(health));
        if self.sections.is_empty() {
            out += "  no values\n";
        }
        self.write(&mut out, mark);
        wrapped(&mut out, &health.to_string());
        let Self { series, own, .. } = self;
        let all = format!("{series} series, {own} of them dcgm.meter.*; each by itself: {again}");
        wrapped(&mut out, &all);
        out
    }

    fn write(&self, out: &mut String, mark: &str) {
        for (kind, section) in &self.sections {
            section.write_facts(out, kind);
        }
        for (kind, section) in &self.sections {
            if *kind != Kind::Host {
                section.write_table(out, mark);
                section.write_folded(out);
            }
        }
    }
}

impl Section {
    fn add(&mut self, place: Place, row: &Row) {
        self.places.insert(place.clone());
        if last(&row.metric) == "info" {
            let model = row.attribute("hw.gpu.mig.profile");
            let model = model.or_else(|| row.attribute("hw.model"));
            let model = model.map(ToString::to_string).unwrap_or_default();
            let (places, facts) = self.facts.entry(model).or_default();
            places.insert(place.clone());
            for (key, value) in row.facts() {
                facts.entry(key).or_default().insert(place.clone(), value);
            }
            return;
        }
        let label = row.label();
        let line = self.lines.entry((row.metric.clone(), label)).or_default();
        line.unit.clone_from(&row.unit);
        line.counter = row.counter;
        let cell = line.cells.entry(place).or_default();
        cell.number += row.value;
        if row.is_summed() {
            cell.links += 1;
        }
        if let Some(state) = row.state() {
            let word = cell.word.get_or_insert_default();
            if row.value > 0.0 {
                let comma = if word.is_empty() { "" } else { "," };
                let _ = write!(word, "{comma}{state}");
            }
        }
    }

    /// A sum over links is told from one number.
    fn name_links(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        for ((metric, mut label), line) in lines {
            let counts = line.cells.values().map(|cell| cell.links);
            let (fewest, most) = (counts.clone().min(), counts.max());
            match (fewest, most) {
                (Some(fewest), Some(most)) if most > 0 && fewest < most => {
                    let _ = write!(label, " over {fewest} to {most} links");
                }
                (_, Some(most)) if most > 0 => {
                    let _ = write!(label, " over {most} links");
                }
                _ => {}
            }
            self.lines.insert((metric, label), line);
        }
    }

    /// What does not change, a line a model.
    fn write_facts(&self, out: &mut String, kind: &Kind) {
        if *kind == Kind::Host {
            let values = self.lines.iter().map(|((metric, label), line)| {
                let texts = line.cells.values().map(|cell| line.with_unit(cell));
                format!("{metric}{label} {}", texts.collect::<Vec<_>>().join(", "))
            });
            wrapped(out, &values.collect::<Vec<_>>().join(", "));
        }
        for (model, (places, facts)) in &self.facts {
            let mut text = format!("{} x {kind}", places.len());
            if !model.is_empty() {
                let _ = write!(text, " {model}");
            }
            let mut between = ": ";
            for (key, values) in facts {
                let mut values: Vec<_> = values.values().map(String::as_str).collect();
                values.dedup();
                let _ = write!(text, "{between}{key} {}", values.join(" | "));
                between = ", ";
            }
            wrapped(out, &text);
        }
    }

    fn write_table(&self, out: &mut String, mark: &str) {
        let shown = || {
            self.lines
                .iter()
                .filter(|(key, line)| !self.folds(key, line))
        };
        let name = |(metric, label): &(String, String)| format!("{metric}{label}");
        let names = shown().map(|(key, _)| name(key).len());
        let names = names.max().unwrap_or(0).max(mark.len());
        let units = shown().map(|(_, line)| line.scale().0.len());
        let units = units.max().unwrap_or(0).max("unit".len());
        let places: Vec<_> = self.places.iter().collect();
        for block in places.chunks(ACROSS) {
            let mut lines = Vec::new();
            for (key, line) in shown() {
                let texts: Vec<_> = block
                    .iter()
                    .map(|place| line.cells.get(*place).map(|cell| line.text(cell)))
                    .collect();
                if texts.iter().any(Option::is_some) {
                    lines.push((name(key), line.scale().0, texts));
                }
            }
            if lines.is_empty() {
                continue;
            }
            let texts = lines
                .iter()
                .flat_map(|(_, _, texts)| texts.iter().flatten());
            let titles = block.iter().map(|place| place.title.len());
            let width = titles.chain(texts.map(String::len)).max().unwrap_or(0);
            let width = width.max(COLUMN);
            let _ = write!(out, "{mark:names$}  {:units$}", "unit");
            for place in block {
                let _ = write!(out, " {:>width$}", place.title);
            }
            out.push('\n');
            for (name, unit, texts) in lines {
                let _ = write!(out, "{name:names$}  {unit:units$}");
                for text in texts {
                    let _ = write!(out, " {:>width$}", text.as_deref().unwrap_or("-"));
                }
                out.push('\n');
            }
        }
    }

    /// What the table does not show, in words.
    fn write_folded(&self, out: &mut String) {
        let mut same = Vec::new();
        let mut zero: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, line) in self
            .lines
            .iter()
            .filter(|(key, line)| self.folds(key, line))
        {
            let (metric, label) = key;
            match line.cells.values().next() {
                Some(cell) if !line.has_not_happened() => {
                    same.push(format!("{metric}{} {}", short(label), line.with_unit(cell)));
                }
                _ => zero.entry(metric).or_default().push(label),
            }
        }
        if !same.is_empty() {
            let each = if self.places.len() > 1 {
                "on each"
            } else {
                "also"
            };
            wrapped(out, &format!("{each}: {}", same.join(", ")));
        }
        if !zero.is_empty() {
            let zero = zero.iter().map(|(metric, labels)| match &**labels {
                [label] => format!("{metric}{}", short(label)),
                labels => {
                    let kinds = labels
                        .iter()
                        .map(|label| short(label).replace(['{', '}'], ""));
                    format!(
                        "{metric} of {} kinds ({})",
                        labels.len(),
                        kinds.collect::<Vec<_>>().join(", ")
                    )
                }
            });
            wrapped(
                out,
                &format!(
                    "0 (totals since the first sample): {}",
                    zero.collect::<Vec<_>>().join(", ")
                ),
            );
        }
    }

    /// Whether a line says as much as a table would: each entity has the same.
    fn folds(&self, (metric, _): &(String, String), line: &Line) -> bool {
        let mut cells = line.cells.values();
        let first = cells.next();
        let same = cells
            .all(|cell| first.is_some_and(|first| cell.number.total_cmp(&first.number).is_eq()));
        let fixed = last(metric) == "limit" || metric.contains(".pcie.link.");
        line.cells.len() == self.places.len() && same && (fixed || line.has_not_happened())
    }
}

impl Line {
    /// A total that is 0, or states none of which is so.
    fn has_not_happened(&self) -> bool {
        let bad = |cell: &Cell| self.counter || cell.word.is_some() || self.unit == "{row}";
        self.cells
            .values()
            .all(|cell| cell.number == 0.0 && bad(cell))
    }

    /// The unit that suits the largest value, and how many of the metric's own it is.
    fn scale(&self) -> (String, f64) {
        let (base, name, prefixes): (f64, _, &[&str]) = match self.unit.as_str() {
            _ if self.cells.values().any(|cell| cell.word.is_some()) => (1.0, "state", &[""]),
            "By" => (1024.0, "B", &["", "Ki", "Mi", "Gi", "Ti", "Pi"]),
            "Hz" | "J" => (1000.0, self.unit.as_str(), &["", "k", "M", "G", "T"]),
            _ => (1.0, self.unit.as_str(), &[""]),
        };
        let most = self.cells.values().map(|cell| cell.number.abs());
        let most = most.fold(0.0, f64::max);
        let mut factor = 1.0;
        let mut prefix = "";
        for next in prefixes {
            prefix = next;
            if most < factor * base || Some(next) == prefixes.last() {
                break;
            }
            factor *= base;
        }
        (format!("{prefix}{name}"), factor)
    }

    fn text(&self, cell: &Cell) -> String {
        let (_, factor) = self.scale();
        let number = cell.number / factor;
        match &cell.word {
            Some(word) if word.is_empty() => "none".to_owned(),
            Some(word) => word.clone(),
            None if number.fract() == 0.0 => format!("{number}"),
            // Not 0.00: it is something.
            None if number.abs() < 0.005 => format!("{number:.0e}"),
            None => format!("{number:.2}"),
        }
    }

    fn with_unit(&self, cell: &Cell) -> String {
        let (unit, _) = self.scale();
        let text = self.text(cell);
        // Units in braces are remarks, and 1 is none.
        if unit.starts_with('{') || ["1", "state"].contains(&&*unit) {
            text
        } else {
            format!("{text} {unit}")
        }
    }
}

impl Row {
    /// What tells it from the others of its metric, as in `{task=general}`.
    fn label(&self) -> String {
        let telling = self.attributes.iter().filter(|one| {
            let key = one.key.as_str();
            !Place::is_told_by(key) && !self.is_folded_by(key)
        });
        let telling = telling.map(|one| format!("{}={}", last(one.key.as_str()), one.value));
        let telling = telling.collect::<Vec<_>>().join(",");
        if telling.is_empty() {
            telling
        } else {
            format!("{{{telling}}}")
        }
    }

    fn is_folded_by(&self, key: &str) -> bool {
        is_state(key) && !self.counter || key == LINK && self.is_summed()
    }

    /// Totals of links are shown as one. Other values of links have no sum.
    fn is_summed(&self) -> bool {
        self.counter && self.attribute(LINK).is_some()
    }

    fn state(&self) -> Option<&Value> {
        let mut states = self.attributes.iter();
        let state = states.find(|one| is_state(one.key.as_str()) && !self.counter)?;
        Some(&state.value)
    }

    fn facts(&self) -> impl Iterator<Item = (String, String)> {
        // An instance has those of its GPU.
        let none = self.attribute("hw.gpu.mig.profile").is_some();
        let facts = self.attributes.iter().filter(move |one| {
            let key = one.key.as_str();
            let own = [
                "hw.driver_version",
                "hw.firmware_version",
                "hw.gpu.mig.enabled",
            ];
            !none && (own.contains(&key) || !Place::is_told_by(key))
        });
        facts.map(|one| {
            let key = one.key.as_str();
            let key = ["hw.gpu.", "hw.switch.", "hw."]
                .iter()
                .find_map(|start| key.strip_prefix(start))
                .unwrap_or(key);
            (key.replace(['.', '_'], " "), one.value.to_string())
        })
    }
}

/// The attribute that tells the links of a GPU apart.
const LINK: &str = "hw.gpu.nvlink.index";

fn is_state(key: &str) -> bool {
    key.ends_with("state")
}

/// A label by its values.
fn short(label: &str) -> String {
    let parts = label.trim_start_matches('{').split(',');
    let values = parts.map(|part| part.split_once('=').map_or(part, |(_, value)| value));
    let values = values.collect::<Vec<_>>().join(",");
    if values.is_empty() {
        values
    } else {
        format!("{{{values}")
    }
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Adds a text, broken where it gets too long.
fn wrapped(out: &mut String, text: &str) {
    let mut used = 0;
    for word in text.split(' ') {
        if used > 0 && used + 1 + word.len() > WIDTH {
            out.push_str("\n   ");
            used = 3;
        }
        if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.len();
    }
    out.push('\n');
}

#[cfg(test)]
mod tests;
