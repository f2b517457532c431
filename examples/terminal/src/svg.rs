//! A picture of a terminal.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// A cell, in pixels, and the room around all of them.
const CELL: (u32, u32) = (8, 17);
const MARGIN: u32 = 10;

const PAPER: &str = "#16181d";
const INK: &str = "#d7dae0";

/// What a terminal shows, as SVG.
#[must_use]
pub fn svg(cells: &Buffer) -> String {
    let area = cells.area;
    let (width, height) = (
        u32::from(area.width) * CELL.0,
        u32::from(area.height) * CELL.1,
    );
    let (width, height) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..area.height {
        let row = (0..area.width).filter_map(|x| cells.cell((area.x + x, area.y + y)));
        let row = row.collect::<Vec<_>>();
        let mut start = 0;
        for run in row.chunk_by(|one, next| one.style() == next.style()) {
            write_run(&mut svg, run, start, y.into());
            start += run.len();
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Cells of one style, beside each other.
fn write_run(svg: &mut String, run: &[&Cell], start: usize, row: u32) {
    let text = run.iter().map(|cell| cell.symbol()).collect::<String>();
    let Some(first) = run.first() else { return };
    let columns = |cells: usize| {
        u32::try_from(cells)
            .unwrap_or(u32::MAX)
            .saturating_mul(CELL.0)
    };
    let (x, width) = (MARGIN + columns(start), columns(run.len()));
    let y = MARGIN + row * CELL.1;
    // Writing to a string does not fail.
    if first.bg != Color::Reset {
        let (fill, height) = (hex(first.bg), CELL.1);
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if first.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let opacity = if first.modifier.contains(Modifier::DIM) {
        " opacity=\"0.5\""
    } else {
        ""
    };
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{}\" fill=\"{}\"{weight}{opacity} xml:space=\"preserve\" textLength=\"{width}\" \
         lengthAdjust=\"spacingAndGlyphs\">{text}</text>",
        y + 13,
        hex(first.fg)
    );
}

/// The colours that are used here.
const fn hex(color: Color) -> &'static str {
    match color {
        Color::Black => PAPER,
        Color::Red => "#ff6b6b",
        Color::Green => "#76b900",
        Color::Yellow => "#ffc542",
        Color::Cyan => "#4cc9e8",
        Color::DarkGray => "#7a818e",
        _ => INK,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn what_a_terminal_shows_is_escaped_and_keeps_its_colours() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 20, 2));
        cells.set_string(1, 0, "a<b>&c", Style::new().fg(Color::Red));
        cells.set_string(
            3,
            1,
            "mark",
            Style::new().fg(Color::Black).bg(Color::Yellow),
        );
        let picture = svg(&cells);
        assert!(
            picture.contains("fill=\"#ff6b6b\"") && picture.contains(">a&lt;b&gt;&amp;c</text>")
        );
        assert!(
            picture
                .contains("<rect x=\"34\" y=\"27\" width=\"32\" height=\"17\" fill=\"#ffc542\"/>")
        );
        assert_eq!(picture.matches("<text").count(), 2);
    }
}
