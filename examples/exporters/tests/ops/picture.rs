//! The dashboard as a picture: its panels where Grafana puts them, with the values that Prometheus
//! returned. `DCGM_BLESS=1` writes `docs/ops/dashboard.svg`.
//!
//! Each panel is an SVG of its own inside that of the dashboard, so that the test can compare it. A
//! panel names at most a few of its lines, beside its title and in the line's color: labels inside
//! the plot would cover lines and each other.

mod axis;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;

use crate::kit::{self, Query};
use crate::prometheus::{Prometheus, Series};
use crate::replay::START;
use axis::{Axis, TickedRange, format_value};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Hosts in the picture, each with its color.
const HOSTS: &[(&str, RGBColor)] = &[
    ("calm", RGBColor(0x8b, 0x94, 0x9e)),
    ("nvlink", RGBColor(0xa3, 0x71, 0xf7)),
    ("hbm-ecc", RGBColor(0xf8, 0x51, 0x49)),
    ("thermal", RGBColor(0xf0, 0x88, 0x3e)),
    ("pcie-aer", RGBColor(0x3f, 0xb9, 0x50)),
    ("restart", RGBColor(0x58, 0xa6, 0xff)),
    ("xid79", RGBColor(0xe3, 0xb3, 0x41)),
];
const OTHER_COLOR: RGBColor = RGBColor(0x39, 0xc5, 0xcf);
const BACKGROUND: RGBColor = RGBColor(0x0d, 0x11, 0x17);
const PANEL_COLOR: RGBColor = RGBColor(0x16, 0x1b, 0x22);
const GRID_COLOR: RGBColor = RGBColor(0x30, 0x36, 0x3d);
const TITLE_COLOR: RGBColor = RGBColor(0xe6, 0xed, 0xf3);
const AXIS_COLOR: RGBColor = RGBColor(0x8d, 0x96, 0xa0);
const GOOD_COLOR: RGBColor = RGBColor(0x3f, 0xb9, 0x50);
const BAD_COLOR: RGBColor = RGBColor(0xf8, 0x51, 0x49);

/// Size in pixels of a cell of Grafana's grid, and of the heading above it.
const COLUMN_WIDTH: u32 = 60;
const ROW_HEIGHT: u32 = 27;
const HEADING_HEIGHT: u32 = 74;
const WIDTH: u32 = 24 * COLUMN_WIDTH;

/// Font sizes as plotters takes them: 1.24 times those in the SVG.
const TITLE_SIZE: f64 = 16.0;
const LABEL_SIZE: f64 = 13.5;
const NUMBER_SIZE: f64 = 37.0;

/// Height of a line of labels in pixels.
const LABEL_HEIGHT: u32 = 16;

/// Maximum number of lines that are all named; of more, only an outlier is.
const MAX_NAMED_LINES: usize = 4;

/// Time range of the picture and distance of its points, in seconds.
const DURATION: f64 = 960.0;
const STEP: u32 = 30;

/// A panel's place in the picture, in pixels.
#[derive(Clone, Copy, Debug)]
struct PanelRect {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl PanelRect {
    fn from_panel(panel: &Value) -> Self {
        let cells = |key: &str| u32::try_from(panel["gridPos"][key].as_u64().unwrap()).unwrap();
        Self {
            x: cells("x") * COLUMN_WIDTH,
            y: cells("y") * ROW_HEIGHT + HEADING_HEIGHT,
            width: cells("w") * COLUMN_WIDTH,
            height: cells("h") * ROW_HEIGHT,
        }
    }
}

/// A line in a panel.
#[derive(Debug)]
struct PlotLine {
    label: String,
    color: RGBColor,
    /// Seconds since the start, and values.
    points: Vec<(f64, f64)>,
}

impl PlotLine {
    fn new(query: &Query, series: Series) -> Self {
        let mut label = query.legend.clone();
        for (key, value) in &series.labels {
            label = label.replace(&format!("{{{{{key}}}}}"), value);
        }
        // Grafana shows a label that a series does not have as nothing.
        while let Some((before, (_, after))) = label
            .split_once("{{")
            .and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
        {
            label = format!("{before}{after}");
        }
        let host = series.label("instance");
        let host = HOSTS.iter().find(|(name, _)| *name == host);
        let points = series.points.into_iter();
        Self {
            label,
            color: host.map_or(OTHER_COLOR, |(_, color)| *color),
            points: points
                .filter(|(_, value)| value.is_finite())
                .map(|(time, value)| (time - START, value))
                .collect(),
        }
    }

    /// Returns the points, separated at gaps, where Grafana draws no line.
    fn segments(&self) -> impl Iterator<Item = &[(f64, f64)]> {
        let is_connected =
            |one: &(f64, f64), next: &(f64, f64)| next.0 - one.0 <= f64::from(STEP) + 1.0;
        self.points.chunk_by(is_connected)
    }
}

/// Returns the line that is farthest from the median of all lines, if it is an outlier. A line that
/// another one covers is none: GPUs of different hosts to which nothing happens are the same.
fn outlier(lines: &[PlotLine], range: f64) -> Option<&PlotLine> {
    let is_alone = |line: &&PlotLine| {
        let same = lines.iter().filter(|other| other.points == line.points);
        same.count() == 1
    };
    let mut farthest: Option<(f64, &PlotLine)> = None;
    for line in lines.iter().filter(is_alone) {
        for &(time, value) in &line.points {
            let value_at = |other: &PlotLine| {
                let mut points = other.points.iter();
                let point = points.find(|(at, _)| (at - time).abs() < 0.5);
                point.map(|(_, value)| *value)
            };
            let mut values: Vec<_> = lines.iter().filter_map(value_at).collect();
            values.sort_by(f64::total_cmp);
            let distance = (value - values[values.len() / 2]).abs();
            if farthest.is_none_or(|(most, _)| distance > most) {
                farthest = Some((distance, line));
            }
        }
    }
    let (distance, line) = farthest?;
    (distance > range * 0.3).then_some(line)
}

/// Returns the lines that the panel names.
fn named_lines(lines: &[PlotLine], range: f64) -> Vec<&PlotLine> {
    if lines.len() > MAX_NAMED_LINES {
        return outlier(lines, range).into_iter().collect();
    }
    lines.iter().collect()
}

fn font(size: f64, style: FontStyle, color: RGBColor) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::SansSerif, size, style);
    font.color(&color).pos(Pos::new(HPos::Left, VPos::Center))
}

fn write_text(area: &Area<'_>, text: &str, style: &TextStyle<'_>, x: u32, y: u32) {
    let position = (i32::try_from(x).unwrap(), i32::try_from(y).unwrap());
    area.draw_text(text, style, position).unwrap();
}

/// Estimates the width of a label in pixels, rather too wide: there is no font to measure.
fn label_width(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap() * 7
}

/// Writes the names of lines, right-aligned beside the title if there is room, else below it.
/// Returns the height of title and labels.
fn write_labels(area: &Area<'_>, title: &str, lines: &[&PlotLine]) -> u32 {
    const GAP: u32 = 14;
    const TITLE_BOTTOM: u32 = 28;

    let (width, _) = area.dim_in_pixel();
    let style = |color| font(LABEL_SIZE, FontStyle::Bold, color);
    let widths = lines.iter().map(|line| label_width(&line.label) + GAP);
    let total: u32 = widths.sum();
    let title_width = u32::try_from(title.chars().count()).unwrap() * 9 + 2 * GAP;
    let beside_title = title_width + total <= width;
    let (start, mut y) = if beside_title {
        (width - total, 15)
    } else {
        (10, TITLE_BOTTOM + LABEL_HEIGHT / 2)
    };
    let mut x = start;
    for line in lines {
        let needed = label_width(&line.label) + GAP;
        if x + needed > width && x > start {
            (x, y) = (start, y + LABEL_HEIGHT);
        }
        write_text(area, &line.label, &style(line.color), x, y);
        x += needed;
    }
    if beside_title {
        TITLE_BOTTOM
    } else {
        y + LABEL_HEIGHT / 2 + 2
    }
}

fn draw_graph(area: &Area<'_>, panel: &Value, lines: &[PlotLine]) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let unit = defaults["unit"].as_str().unwrap();
    let title = panel["title"].as_str().unwrap();
    if lines.is_empty() {
        let (width, height) = area.dim_in_pixel();
        let style = font(LABEL_SIZE, FontStyle::Normal, AXIS_COLOR);
        write_text(area, "No data", &style, width / 2 - 20, height / 2);
        return;
    }
    let values = lines.iter().flat_map(|line| &line.points);
    let values = values.map(|(_, value)| *value);
    let limits = [&defaults["min"], &defaults["max"]].map(Value::as_f64);
    let axis = Axis::new(values, limits, unit);
    let named = named_lines(lines, axis.range());
    let top = write_labels(area, title, &named);
    let minutes = [0.0, 4.0, 8.0, 12.0, 16.0].map(|minute| minute * 60.0);
    let mut chart = ChartBuilder::on(area)
        .margin_top(top + 6)
        .margin_right(30)
        .margin_bottom(4)
        .x_label_area_size(24)
        .y_label_area_size(72)
        .build_cartesian_2d(
            TickedRange(minutes.to_vec()),
            TickedRange(axis.ticks.clone()),
        )
        .unwrap();
    let label_style = font(LABEL_SIZE, FontStyle::Normal, AXIS_COLOR);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID_COLOR)
        .axis_style(GRID_COLOR)
        .x_label_formatter(&|seconds| format!("{:.0} min", seconds / 60.0))
        .y_label_formatter(&|value| axis.format(*value))
        .label_style(label_style)
        .draw()
        .unwrap();
    let mut drawn = BTreeSet::new();
    for line in lines {
        let is_named = named.iter().any(|named| std::ptr::eq(*named, line));
        let style = ShapeStyle::from(line.color).stroke_width(if is_named { 2 } else { 1 });
        for segment in line.segments() {
            // Lines that cover each other are drawn once.
            let pixels = segment.iter().map(|point| chart.backend_coord(point));
            let key = (line.color.0, line.color.1, line.color.2);
            if drawn.insert((key, pixels.collect::<Vec<_>>())) {
                let series = LineSeries::new(segment.iter().copied(), style);
                chart.draw_series(series).unwrap();
            }
        }
    }
}

fn draw_number(area: &Area<'_>, panel: &Value, lines: &[PlotLine]) {
    let defaults = &panel["fieldConfig"]["defaults"];
    let value = lines.first().and_then(|line| line.points.last());
    let value = value.map_or(f64::NAN, |(_, value)| *value);
    let is_bad = defaults["thresholds"].is_object() && value >= 1.0;
    let color = if is_bad { BAD_COLOR } else { GOOD_COLOR };
    let style = font(NUMBER_SIZE, FontStyle::Bold, color).pos(Pos::new(HPos::Center, VPos::Center));
    let (width, height) = area.dim_in_pixel();
    let text = format_value(value, defaults["unit"].as_str().unwrap());
    write_text(area, &text, &style, width / 2, height / 2 + 10);
}

/// Draws an SVG of its own and places it inside another one.
fn nested_svg(rect: PanelRect, draw: impl FnOnce(&Area<'_>)) -> String {
    let mut svg = String::new();
    {
        let size = (rect.width, rect.height);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area);
        area.present().unwrap();
    }
    let place = format!("<svg x=\"{}\" y=\"{}\" ", rect.x, rect.y);
    let svg = svg.replacen("<svg ", &place, 1);
    // Without attributes that have no effect, and the blank line at the end.
    let svg = svg.replace(" opacity=\"1\"", "");
    format!("{}\n", svg.trim_end())
}

/// A panel, drawn.
struct PanelImage {
    title: String,
    svg: String,
    /// Not set if the panel would differ in the next run: the meter's own metrics depend on the
    /// speed of this machine.
    reproducible: bool,
}

fn draw_panel(prometheus: &Prometheus, panel: &Value) -> PanelImage {
    let hosts: Vec<_> = HOSTS.iter().map(|(name, _)| *name).collect();
    let queries = kit::queries(panel, &hosts.join("|"), ".*", "1m");
    let is_number = panel["type"] == "stat";
    let lines_of = |query: &Query| {
        let series = if is_number {
            prometheus.query_at(&query.expression, START + 600.0)
        } else {
            prometheus.range(&query.expression, (START, START + DURATION), STEP)
        };
        let lines = series
            .into_iter()
            .map(|series| PlotLine::new(query, series));
        lines.collect::<Vec<_>>()
    };
    let mut lines: Vec<_> = queries.iter().flat_map(lines_of).collect();
    lines.sort_by(|one, other| one.label.cmp(&other.label));
    let title = panel["title"].as_str().unwrap().to_owned();
    let outer = PanelRect::from_panel(panel);
    let rect = PanelRect {
        x: outer.x + 3,
        y: outer.y + 3,
        width: outer.width - 6,
        height: outer.height - 6,
    };
    let svg = nested_svg(rect, |area| {
        area.fill(&PANEL_COLOR).unwrap();
        let style = font(TITLE_SIZE, FontStyle::Bold, TITLE_COLOR);
        write_text(area, &title, &style, 10, 15);
        if is_number {
            draw_number(area, panel, &lines);
        } else {
            draw_graph(area, panel, &lines);
        }
    });
    let is_own = |query: &Query| query.expression.contains("dcgm_meter_");
    PanelImage {
        title,
        svg,
        reproducible: !queries.iter().any(is_own),
    }
}

fn draw_heading() -> String {
    const TEXT: &str = "dashboard.json on simulated hosts: 8 H100 each, one incident each, in 16 minutes. \
        Values are those that Prometheus returned; single numbers are those of minute 10.";

    let rect = PanelRect {
        x: 0,
        y: 0,
        width: WIDTH,
        height: HEADING_HEIGHT,
    };
    nested_svg(rect, |area| {
        let style = font(TITLE_SIZE, FontStyle::Bold, TITLE_COLOR);
        write_text(area, TEXT, &style, 12, 22);
        let mut x = 12;
        for (name, color) in HOSTS {
            let corner = |x: u32, y: u32| (i32::try_from(x).unwrap(), i32::try_from(y).unwrap());
            let mark = [corner(x, 48), corner(x + 18, 52)];
            area.draw(&Rectangle::new(mark, color.filled())).unwrap();
            let style = font(LABEL_SIZE, FontStyle::Normal, *color);
            write_text(area, name, &style, x + 26, 50);
            x += 130;
        }
    })
}

fn draw_row_title(row: &Value) -> String {
    nested_svg(PanelRect::from_panel(row), |area| {
        let style = font(TITLE_SIZE, FontStyle::Bold, AXIS_COLOR);
        write_text(area, row["title"].as_str().unwrap(), &style, 12, 14);
    })
}

fn draw_dashboard(panels: &[PanelImage]) -> String {
    let bottom = kit::panels()
        .iter()
        .map(PanelRect::from_panel)
        .map(|rect| rect.y + rect.height)
        .max();
    let height = bottom.unwrap() + 6;
    let RGBColor(red, green, blue) = BACKGROUND;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <title>Panels of dashboard.json on simulated hosts</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/>\n"
    );
    svg.push_str(&draw_heading());
    for row in kit::rows() {
        svg.push_str(&draw_row_title(&row));
    }
    for panel in panels {
        write!(svg, "{}", panel.svg).unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}

/// Compares the committed picture with what the panels show, except panels that are not
/// reproducible.
pub(crate) fn is_fresh(prometheus: &Prometheus) {
    const PICTURE: &str = "docs/ops/dashboard.svg";
    let panels = kit::panels();
    let panels = panels.iter().map(|panel| draw_panel(prometheus, panel));
    let panels: Vec<_> = panels.collect();
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        let picture = draw_dashboard(&panels);
        std::fs::write(kit::path("docs/ops").join("dashboard.svg"), picture).unwrap();
    }
    let committed = kit::text(PICTURE);
    for panel in panels.iter().filter(|panel| panel.reproducible) {
        assert!(
            committed.contains(&panel.svg),
            "{PICTURE} is outdated at {:?}: DCGM_BLESS=1 writes it",
            panel.title
        );
    }
}
