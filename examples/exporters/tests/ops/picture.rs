//! The dashboard as a picture: its panels where Grafana puts them, with what Prometheus answered.
//! `DCGM_BLESS=1` redraws it.

mod shapes;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::kit::{self, Query};
use crate::prometheus::{Prometheus, Series};
use crate::replay::START;
use shapes::{label, path, shown, text};

/// The hosts that are shown, each with its colour.
const HOSTS: &[(&str, &str)] = &[
    ("calm", "#8b949e"),
    ("nvlink", "#a371f7"),
    ("hbm-ecc", "#f85149"),
    ("thermal", "#f0883e"),
    ("pcie-aer", "#3fb950"),
    ("restart", "#58a6ff"),
    ("xid79", "#e3b341"),
];
const OTHER: &str = "#39c5cf";

/// A column and a row of Grafana's grid, in pixels, and what is above it.
const COLUMN: f64 = 60.0;
const ROW: f64 = 27.0;
const TOP: f64 = 74.0;

/// How long is shown, and a point of it, in seconds.
const SPAN: f64 = 960.0;
const STEP: u32 = 30;

/// A rectangle.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    fn of(panel: &Value) -> Self {
        let number = |key: &str| panel["gridPos"][key].as_f64().unwrap();
        Self {
            x: number("x") * COLUMN,
            y: number("y") * ROW + TOP,
            width: number("w") * COLUMN,
            height: number("h") * ROW,
        }
    }
}

/// A line in a panel.
#[derive(Debug)]
struct Line {
    label: String,
    colour: &'static str,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn new(query: &Query, series: Series) -> Self {
        let mut label = query.legend.clone();
        for (key, value) in &series.labels {
            label = label.replace(&format!("{{{{{key}}}}}"), value);
        }
        // What a series has not is empty.
        while let Some((before, (_, after))) = label
            .split_once("{{")
            .and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
        {
            label = format!("{before}{after}");
        }
        let host = series.label("instance");
        let colour = HOSTS.iter().find(|(name, _)| *name == host);
        Self {
            label,
            colour: colour.map_or(OTHER, |(_, colour)| colour),
            points: series
                .points
                .into_iter()
                .filter(|(_, value)| value.is_finite())
                .collect(),
        }
    }
}

/// The least and the most that the axis has.
fn bounds(panel: &Value, lines: &[Line]) -> (f64, f64) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let values = || {
        lines
            .iter()
            .flat_map(|line| line.points.iter().map(|(_, value)| *value))
    };
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(f64::NEG_INFINITY, f64::max);
    let least = defaults["min"].as_f64().unwrap_or(least);
    let most = defaults["max"].as_f64().unwrap_or(most);
    // Near zero, the axis begins there.
    let least = if least > 0.0 && least < most / 2.0 {
        0.0
    } else {
        least
    };
    if most - least > 1e-9 {
        (least, most + (most - least) * 0.04)
    } else {
        (least.min(0.0), most.max(1.0) * 1.04)
    }
}

/// The line that is furthest from the middle of all, and where.
fn outlier(lines: &[Line], range: f64) -> Option<(&Line, (f64, f64))> {
    let mut found: Option<(f64, &Line, (f64, f64))> = None;
    for line in lines {
        for &(time, value) in &line.points {
            let at = |other: &Line| {
                let point = other
                    .points
                    .iter()
                    .find(|(when, _)| (when - time).abs() < 0.5);
                point.map(|(_, value)| *value)
            };
            let mut others: Vec<_> = lines.iter().filter_map(at).collect();
            others.sort_by(f64::total_cmp);
            let middle = others[others.len() / 2];
            let far = (value - middle).abs();
            if found.is_none_or(|(most, ..)| far > most) {
                found = Some((far, line, (time, value)));
            }
        }
    }
    let (far, line, point) = found?;
    (far > range * 0.3 || lines.len() == 1).then_some((line, point))
}

fn graph(out: &mut String, panel: &Value, place: Place, lines: &[Line]) {
    let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap();
    let inner = Place {
        x: place.x + 72.0,
        y: place.y + 30.0,
        width: place.width - 92.0,
        height: place.height - 56.0,
    };
    if lines.is_empty() {
        let middle = [
            place.x + place.width / 2.0 - 30.0,
            place.y + place.height / 2.0,
        ];
        text(out, middle, "axis", "#7d8590", "No data");
        return;
    }
    let (least, most) = bounds(panel, lines);
    let x = |time: f64| inner.x + (time - START) / SPAN * inner.width;
    let y = |value: f64| inner.y + (1.0 - (value - least) / (most - least)) * inner.height;
    for step in 0..4 {
        let value = least + (most - least) / 1.04 * f64::from(step) / 3.0;
        let (from, to, at) = (inner.x, inner.x + inner.width, y(value));
        writeln!(
            out,
            "<path class=\"grid\" d=\"M{from:.1} {at:.1}H{to:.1}\"/>"
        )
        .unwrap();
        text(
            out,
            [from - 6.0, at + 4.0],
            "axis end",
            "#7d8590",
            &shown(value, unit),
        );
    }
    for minute in [0, 4, 8, 12, 16] {
        let at = [
            x(START + f64::from(minute) * 60.0),
            inner.y + inner.height + 16.0,
        ];
        let class = if minute == 16 { "axis end" } else { "axis mid" };
        text(out, at, class, "#7d8590", &format!("{minute} min"));
    }
    let mut drawn = BTreeSet::new();
    for line in lines {
        let path = path(&line.points, f64::from(STEP) + 1.0, x, y);
        let colour = line.colour;
        // Lines on top of each other are one.
        if drawn.insert((colour, path.clone())) {
            writeln!(
                out,
                "<path class=\"line\" stroke=\"{colour}\" d=\"{path}\"/>"
            )
            .unwrap();
        }
    }
    let mut named = Vec::new();
    if lines.len() <= 4 {
        let ends = lines
            .iter()
            .filter_map(|line| Some((line, *line.points.last()?)));
        named.extend(ends);
    } else {
        named.extend(outlier(lines, most - least));
    }
    let mut below = 0.0;
    for (line, (time, value)) in named {
        let right = x(time) > inner.x + inner.width / 2.0;
        let (class, aside) = if right {
            ("label end", -5.0)
        } else {
            ("label", 5.0)
        };
        let at = y(value) - 4.0 + below;
        let at = [
            x(time) + aside,
            at.clamp(inner.y + 12.0 + below, inner.y + inner.height - 4.0),
        ];
        label(out, at, class, line.colour, &line.label);
        below += 13.0;
    }
}

fn number(out: &mut String, panel: &Value, place: Place, lines: &[Line]) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let value = lines.first().and_then(|line| line.points.last());
    let value = value.map_or(f64::NAN, |(_, value)| *value);
    let bad = defaults["thresholds"].is_object() && value >= 1.0;
    let colour = if bad { "#f85149" } else { "#3fb950" };
    let said = shown(value, defaults["unit"].as_str().unwrap());
    let at = [
        place.x + place.width / 2.0,
        place.y + place.height / 2.0 + 22.0,
    ];
    text(out, at, "number mid", colour, &said);
}

/// What is drawn of a panel, and whether it would be the same if drawn again: what the meter says
/// of itself has to do with how fast this machine is.
fn panel(prometheus: &Prometheus, panel: &Value) -> (String, bool) {
    let hosts: Vec<_> = HOSTS.iter().map(|(name, _)| *name).collect();
    let queries = kit::queries(panel, &hosts.join("|"), ".*", "1m");
    let stable = !queries
        .iter()
        .any(|query| query.expression.contains("dcgm_meter_"));
    let single = panel["type"] == "stat";
    let answer = |query: &Query| {
        let series = if single {
            prometheus.query_at(&query.expression, START + 600.0)
        } else {
            prometheus.range(&query.expression, (START, START + SPAN), STEP)
        };
        series
            .into_iter()
            .map(|series| Line::new(query, series))
            .collect::<Vec<_>>()
    };
    let mut lines: Vec<_> = queries.iter().flat_map(answer).collect();
    lines.sort_by(|a, b| a.label.cmp(&b.label));
    let place = Place::of(panel);
    let mut out = String::new();
    let Place {
        x,
        y,
        width,
        height,
    } = place;
    let (x, y, width, height) = (x + 3.0, y + 3.0, width - 6.0, height - 6.0);
    writeln!(
        out,
        "<rect class=\"panel\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
    )
    .unwrap();
    let title = panel["title"].as_str().unwrap();
    text(&mut out, [x + 9.0, y + 18.0], "title", "#e6edf3", title);
    if single {
        number(&mut out, panel, place, &lines);
    } else {
        graph(&mut out, panel, place, &lines);
    }
    (out, stable)
}

fn heading(out: &mut String) {
    let said = "dashboard.json on simulated hosts: 8 H100 each, one incident each, in 16 minutes. \
        Drawn from what a real Prometheus answered to its queries; single numbers are those of minute 10.";
    text(out, [12.0, 26.0], "title", "#e6edf3", said);
    let mut x = 12.0;
    for (name, colour) in HOSTS {
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"46\" width=\"18\" height=\"4\" fill=\"{colour}\"/>"
        )
        .unwrap();
        text(out, [x + 26.0, 53.0], "axis", colour, name);
        x += 130.0;
    }
}

fn draw(prometheus: &Prometheus) -> (String, Vec<String>) {
    let panels = kit::panels();
    let bottom = panels
        .iter()
        .map(Place::of)
        .map(|place| place.y + place.height);
    let (width, height) = (24.0 * COLUMN, bottom.fold(0.0, f64::max) + 6.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\">\n\
         <title>What the panels of dashboard.json show of simulated hosts</title>\n\
         <style>.panel{{fill:#161b22;stroke:#30363d}}.grid{{stroke:#30363d;stroke-width:1}}\
         .line{{fill:none;stroke-width:1.3;stroke-opacity:.85}}.axis{{font-size:11px}}.title{{font-size:13px;font-weight:600}}\
         .label{{font-size:11px;font-weight:600}}.edge{{stroke:#161b22;stroke-width:4px;stroke-linejoin:round}}.number{{font-size:30px;font-weight:600}}\
         .end{{text-anchor:end}}.mid{{text-anchor:middle}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#0d1117\"/>\n"
    );
    heading(&mut out);
    for row in kit::rows() {
        let Place { x, y, .. } = Place::of(&row);
        text(
            &mut out,
            [x + 12.0, y + 19.0],
            "title",
            "#7d8590",
            row["title"].as_str().unwrap(),
        );
    }
    let mut stable = Vec::new();
    for one in &panels {
        let (drawn, same) = panel(prometheus, one);
        out.push_str(&drawn);
        if same {
            stable.push(drawn);
        }
    }
    out.push_str("</svg>\n");
    (out, stable)
}

/// The committed picture shows what the panels show, less those that are never twice the same.
pub(crate) fn is_fresh(prometheus: &Prometheus) {
    const PICTURE: &str = "docs/ops/dashboard.svg";
    let (picture, stable) = draw(prometheus);
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(kit::path("docs/ops").join("dashboard.svg"), &picture).unwrap();
    }
    let committed = kit::text(PICTURE);
    for drawn in stable {
        let title = drawn.lines().nth(1).unwrap();
        assert!(
            committed.contains(&drawn),
            "{PICTURE} is stale at {title}: DCGM_BLESS=1 redraws it"
        );
    }
}
