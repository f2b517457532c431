//! The plot: a panel a stage, its points, and the straight line through them.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// How a stage's cost grows.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    title: &'static str,
    /// What goes through, and instructions.
    pub(crate) points: Vec<(f64, f64)>,
    /// Where the line begins.
    pub(crate) fixed: f64,
    /// How steep it is.
    pub(crate) each: f64,
}

impl Growth {
    /// With the line that lies closest to the points, by least squares.
    pub(crate) fn new(title: &'static str, points: Vec<(f64, f64)>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let both: f64 = points
            .iter()
            .map(|point| (point.0 - x) * (point.1 - y))
            .sum();
        let square: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let each = both / square;
        let fixed = y - each * x;
        Self {
            title,
            points,
            fixed,
            each,
        }
    }

    /// The line's cost.
    pub(crate) fn at(&self, through: f64) -> f64 {
        self.fixed + self.each * through
    }
}

const SIZE: (u32, u32) = (960, 640);
const MEASURED: RGBColor = RGBColor(0x00, 0x5f, 0xa3);
const STRAIGHT: RGBColor = RGBColor(0xc4, 0x4e, 0x00);
const TEXT: &str = "sans-serif";

/// The plot, as SVG.
///
/// # Panics
///
/// If there is nothing to draw.
pub(crate) fn draw(all: &[Growth]) -> String {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).expect("drawn");
        for (panel, growth) in root.split_evenly((2, 2)).iter().zip(all) {
            self::panel(panel, growth);
        }
        root.present().expect("drawn");
    }
    text
}

fn panel(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, growth: &Growth) {
    let most = growth
        .points
        .iter()
        .map(|point| point.0)
        .fold(1.0, f64::max)
        * 1.05;
    let highest = growth.at(most) / 1e6 * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(growth.title, (TEXT, 16))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..most, 0.0..highest)
        .expect("drawn");
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .y_labels(5)
        .x_label_formatter(&|through| format!("{through:.0}"))
        .y_label_formatter(&|cost| format!("{cost:.1}"))
        .y_desc("million instructions")
        .label_style((TEXT, 12))
        .draw()
        .expect("drawn");
    let straight = [0.0, most].map(|through| (through, growth.at(through) / 1e6));
    chart
        .draw_series(DashedLineSeries::new(
            straight,
            6,
            4,
            STRAIGHT.stroke_width(2),
        ))
        .expect("drawn");
    let points = growth
        .points
        .iter()
        .map(|(through, cost)| (*through, cost / 1e6));
    chart
        .draw_series(points.map(|point| Circle::new(point, 4, MEASURED.filled())))
        .expect("drawn");
    let told = format!("{:.0} each, and {:.0} for all", growth.each, growth.fixed);
    let style = (TEXT, 13)
        .into_font()
        .color(&STRAIGHT)
        .pos(Pos::new(HPos::Left, VPos::Top));
    let place = (most * 0.04, highest * 0.97);
    chart
        .draw_series([Text::new(told, place, style)])
        .expect("drawn");
}
