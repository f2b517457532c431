//! The plot: a panel for each stage with its measured costs.
//!
//! No curve is fitted. A stage's cost per item is given as a range instead, which says the same for
//! a stage whose cost is proportional, and nothing wrong for another one.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Measured costs of a stage.
#[derive(Clone, Debug)]
pub(crate) struct StageCosts {
    pub(crate) title: &'static str,
    /// Name of the items that the stage handles, and of one of them.
    pub(crate) items: &'static str,
    pub(crate) item: &'static str,
    /// Set if all points come from hosts of the same kind, so that a line between them means
    /// something.
    pub(crate) connected: bool,
    /// Number of items and instructions, in ascending order of the items.
    pub(crate) points: Vec<(f64, f64)>,
}

impl StageCosts {
    /// Returns the lowest and the highest number of instructions per item.
    pub(crate) fn cost_range(&self) -> (f64, f64) {
        let costs = self.points.iter().map(|(items, cost)| cost / items);
        costs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), cost| {
            (low.min(cost), high.max(cost))
        })
    }
}

const SIZE: (u32, u32) = (960, 640);
const DATA_COLOR: RGBColor = RGBColor(0x00, 0x5f, 0xa3);
const TEXT_COLOR: RGBColor = RGBColor(0x33, 0x33, 0x33);
const GRID_COLOR: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const FONT: &str = "sans-serif";

/// Returns the plot as SVG.
///
/// # Panics
///
/// If a stage has no points.
pub(crate) fn render_plot(stages: &[StageCosts]) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).expect("drawn");
        for (area, stage) in root.split_evenly((2, 2)).iter().zip(stages) {
            draw_panel(area, stage);
        }
        root.present().expect("drawn");
    }
    svg
}

fn draw_panel(area: &DrawingArea<SVGBackend<'_>, Shift>, stage: &StageCosts) {
    let millions = stage
        .points
        .iter()
        .map(|(items, cost)| (*items, cost / 1e6));
    let millions = millions.collect::<Vec<_>>();
    let x_ticks = ticks(millions.iter().map(|point| point.0));
    let y_ticks = ticks(millions.iter().map(|point| point.1));
    let digits = decimals(&y_ticks);
    let mut chart = ChartBuilder::on(area)
        .caption(stage.title, (FONT, 16).into_font().color(&TEXT_COLOR))
        .margin(12)
        .margin_right(28)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(TickedRange(x_ticks), TickedRange(y_ticks))
        .expect("drawn");
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID_COLOR)
        .axis_style(TEXT_COLOR)
        .x_label_formatter(&|items| with_separators(*items))
        .y_label_formatter(&|cost| format!("{cost:.digits$}"))
        .x_desc(stage.items)
        .y_desc("million instructions")
        .label_style((FONT, 12).into_font().color(&TEXT_COLOR))
        .axis_desc_style((FONT, 13).into_font().color(&TEXT_COLOR))
        .draw()
        .expect("drawn");
    if stage.connected {
        let line = LineSeries::new(millions.iter().copied(), DATA_COLOR.stroke_width(2));
        chart.draw_series(line).expect("drawn");
    }
    let circles = millions
        .iter()
        .map(|point| Circle::new(*point, 4, DATA_COLOR.filled()));
    chart.draw_series(circles).expect("drawn");
    let style = (FONT, 13)
        .into_font()
        .color(&TEXT_COLOR)
        .pos(Pos::new(HPos::Left, VPos::Top));
    let (low, high) = stage.cost_range();
    let text = format!(
        "{} to {} instructions per {}",
        with_separators(low),
        with_separators(high),
        stage.item
    );
    // In the corner that growing costs leave free.
    let (width, _) = chart.plotting_area().dim_in_pixel();
    let (left, top) = chart.plotting_area().get_base_pixel();
    let position = (
        left + i32::try_from(width).expect("a width") / 40 - area.get_base_pixel().0,
        top + 8 - area.get_base_pixel().1,
    );
    area.draw(&Text::new(text, position, style)).expect("drawn");
}

/// An axis from its first to its last tick.
struct TickedRange(Vec<f64>);

impl Ranged for TickedRange {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // There are no light lines between the ticks.
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.0.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        let (first, last) = (self.0.first(), self.0.last());
        *first.expect("ticks")..*last.expect("ticks")
    }
}

/// Returns round numbers, 0 among them, that enclose the values with at most 8 steps.
///
/// The cost of a stage is the difference of two measurements, so it can be 0 or negative.
fn ticks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let largest = high.max(-low);
    if largest == 0.0 {
        return vec![0.0, 1.0];
    }
    let magnitude = 10_f64.powf(largest.log10().floor() - 1.0);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].map(|step| step * magnitude);
    let step = steps.into_iter().find(|step| (high - low) / step <= 6.0);
    let step = step.unwrap_or(steps[5]);
    let last = (high / step).ceil();
    let mut ticks = Vec::new();
    let mut index = (low / step).floor();
    while index <= last {
        ticks.push(index * step);
        index += 1.0;
    }
    ticks
}

/// Returns how many decimals distinguish the ticks.
fn decimals(ticks: &[f64]) -> usize {
    let step = ticks[1] - ticks[0];
    (0..6)
        .find(|digits| {
            let scaled = step * 10_f64.powi(*digits);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .map_or(6, |digits| usize::try_from(digits).expect("not negative"))
}

/// Rounds a number and separates its thousands.
fn with_separators(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::from(if number <= -0.5 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
