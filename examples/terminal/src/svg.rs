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
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\" shape-rendering=\"crispEdges\">\n\
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
    let style = format!("fill=\"{}\"{weight}{opacity}", hex(first.fg));
    let mut at = 0;
    for same in run.chunk_by(|one, next| shape(one).is_some() == shape(next).is_some()) {
        let x = x + columns(at);
        at += same.len();
        if same.first().and_then(|cell| shape(cell)).is_some() {
            write_shapes(svg, same, (x, y), &style);
            continue;
        }
        let text = same.iter().map(|cell| cell.symbol()).collect::<String>();
        if text.trim().is_empty() {
            continue;
        }
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" {style} xml:space=\"preserve\" textLength=\"{}\" \
             lengthAdjust=\"spacingAndGlyphs\">{text}</text>",
            y + 13,
            columns(same.len())
        );
    }
}

/// Blocks as rectangles: those of fonts leave gaps. Cells of the same block are one.
fn write_shapes(svg: &mut String, run: &[&Cell], (x, y): (u32, u32), style: &str) {
    let mut x = x;
    for same in run.chunk_by(|one, next| shape(one) == shape(next)) {
        let Some(Shape { wide, high, faint }) = same.first().and_then(|cell| shape(cell)) else {
            continue;
        };
        // Only whole ones are wider than a cell, and touch.
        let (count, step) = if wide == 8 {
            (1, columns(same.len()))
        } else {
            (same.len(), CELL.0)
        };
        let faint = if faint { " fill-opacity=\"0.35\"" } else { "" };
        let height = f64::from(CELL.1 * high) / 8.0;
        let top = f64::from(y + CELL.1) - height;
        for _ in 0..count {
            let width = if wide == 8 { step } else { CELL.0 * wide / 8 };
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" {style}{faint}/>"
            );
            x += step;
        }
    }
}

/// A part of a cell, in eighths from the left and from the bottom.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Shape {
    wide: u32,
    high: u32,
    faint: bool,
}

fn shape(cell: &Cell) -> Option<Shape> {
    let symbol = cell.symbol().chars().next()?;
    let (wide, high) = match symbol {
        '▁'..='█' => (8, u32::from(symbol) - 0x2580),
        '▉'..='▏' => (0x2590 - u32::from(symbol), 8),
        '░' => (8, 8),
        _ => return None,
    };
    let faint = symbol == '░';
    Some(Shape { wide, high, faint })
}

/// So many cells, in pixels.
fn columns(cells: usize) -> u32 {
    let cells = u32::try_from(cells).unwrap_or(u32::MAX);
    cells.saturating_mul(CELL.0)
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

    #[test]
    fn blocks_are_rectangles_that_leave_no_gap() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 6, 1));
        cells.set_string(0, 0, "██▌░▄x", Style::new().fg(Color::Green));
        let picture = svg(&cells);
        let rects = picture.lines().filter(|line| line.contains("#76b900"));
        let rects = rects.collect::<Vec<_>>().join("\n");
        assert_eq!(
            rects,
            "<rect x=\"10\" y=\"10\" width=\"16\" height=\"17\" fill=\"#76b900\"/>\n\
             <rect x=\"26\" y=\"10\" width=\"4\" height=\"17\" fill=\"#76b900\"/>\n\
             <rect x=\"34\" y=\"10\" width=\"8\" height=\"17\" fill=\"#76b900\" fill-opacity=\"0.35\"/>\n\
             <rect x=\"42\" y=\"18.5\" width=\"8\" height=\"8.5\" fill=\"#76b900\"/>\n\
             <text x=\"50\" y=\"23\" fill=\"#76b900\" xml:space=\"preserve\" textLength=\"8\" \
             lengthAdjust=\"spacingAndGlyphs\">x</text>"
        );
    }
}
