//! Texts and lines of the picture.

use std::fmt::Write as _;

/// A text at a place.
pub(super) fn text(out: &mut String, [x, y]: [f64; 2], class: &str, colour: &str, what: &str) {
    let what = escaped(what);
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" fill=\"{colour}\">{what}</text>"
    )
    .unwrap();
}

/// A text that can be read on lines: with an edge in the colour of the panel.
pub(super) fn label(out: &mut String, at: [f64; 2], class: &str, colour: &str, what: &str) {
    text(out, at, &format!("{class} edge"), "none", what);
    text(out, at, class, colour, what);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A number in a unit of Grafana's, short.
pub(super) fn shown(value: f64, unit: &str) -> String {
    let (value, suffix) = match unit {
        "percentunit" => return format!("{:.0} %", value * 100.0),
        "watt" => (value, "W"),
        "celsius" => return format!("{value:.0} °C"),
        "hertz" => (value, "Hz"),
        "Bps" => (value, "B/s"),
        "cps" => (value, "/s"),
        "s" => (value, "s"),
        _ => (value, ""),
    };
    let steps = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let found = steps.iter().find(|(step, _)| value.abs() >= *step);
    let (number, prefix) = found.map_or((value, ""), |(step, prefix)| (value / step, *prefix));
    let digits = match number.abs() {
        least if least < 0.0005 => 0,
        little if little < 1.0 => 2,
        some if some < 10.0 && number.fract().abs() > 0.001 => 1,
        _ => 0,
    };
    let gap = if suffix.is_empty() { "" } else { " " };
    format!("{number:.digits$}{gap}{prefix}{suffix}")
}

/// In whole pixels, each point from the one before it.
pub(super) fn path(
    points: &[(f64, f64)],
    gap: f64,
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
) -> String {
    let mut path = String::new();
    let mut pen = (0.0, 0.0);
    let mut before = f64::NEG_INFINITY;
    for &(time, value) in points {
        let at = (x(time).round(), y(value).round());
        // Where there is a gap, Grafana draws none.
        if time - before > gap {
            write!(path, "M{} {}", at.0, at.1).unwrap();
        } else {
            write!(path, "l{} {}", at.0 - pen.0, at.1 - pen.1).unwrap();
        }
        (pen, before) = (at, time);
    }
    path
}
