//! Rendering a terminal's cells as SVG, for the documentation.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::text::BAR_BACKGROUND;

/// Size of a cell in pixels.
const CELL_WIDTH: u32 = 8;
const CELL_HEIGHT: u32 = 17;

/// Distance from the top of a cell to the baseline of its text.
const BASELINE: u32 = 13;

/// Space around the cells.
const MARGIN: u32 = 10;

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d7dae0";

/// Renders cells as SVG.
#[must_use]
pub fn render_svg(cells: &Buffer) -> String {
    let area = cells.area;
    let width = u32::from(area.width) * CELL_WIDTH + 2 * MARGIN;
    let height = u32::from(area.height) * CELL_HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n"
    );
    for y in 0..area.height {
        let row = (0..area.width).filter_map(|x| cells.cell((area.x + x, area.y + y)));
        let row = row.collect::<Vec<_>>();
        let mut x = MARGIN;
        for run in row.chunk_by(|one, next| one.style() == next.style()) {
            render_run(&mut svg, run, x, MARGIN + u32::from(y) * CELL_HEIGHT);
            x += cells_width(run.len());
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Renders adjacent cells of the same style. Writing to a string does not fail.
fn render_run(svg: &mut String, run: &[&Cell], x: u32, y: u32) {
    let Some(first) = run.first() else { return };
    if first.bg != Color::Reset {
        let (fill, width) = (hex_color(first.bg), cells_width(run.len()));
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
        );
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
    let style = format!("fill=\"{}\"{weight}{opacity}", hex_color(first.fg));
    let mut x = x;
    for part in run.chunk_by(|one, next| block_shape(one).is_some() == block_shape(next).is_some())
    {
        if part.first().and_then(|cell| block_shape(cell)).is_some() {
            render_blocks(svg, part, x, y, &style);
        } else {
            render_text(svg, part, x, y, &style);
        }
        x += cells_width(part.len());
    }
}

/// Renders text, each group of words at its own place: not every viewer supports `textLength`, and a
/// font's cells may have another width.
fn render_text(svg: &mut String, cells: &[&Cell], x: u32, y: u32, style: &str) {
    let is_blank = |index: usize| cells.get(index).is_none_or(|cell| cell.symbol() == " ");
    let mut start = 0;
    while start < cells.len() {
        if is_blank(start) {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        while !(is_blank(end) && is_blank(end + 1)) {
            end += 1;
        }
        let words = cells.get(start..end).unwrap_or_default();
        let text = words.iter().map(|cell| cell.symbol()).collect::<String>();
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" {style} xml:space=\"preserve\" textLength=\"{}\" \
             lengthAdjust=\"spacingAndGlyphs\">{text}</text>",
            x + cells_width(start),
            y + BASELINE,
            cells_width(words.len())
        );
        start = end;
    }
}

/// Renders block elements as rectangles, because those of fonts leave gaps. Adjacent cells with the
/// same block of full width are one rectangle.
fn render_blocks(svg: &mut String, cells: &[&Cell], x: u32, y: u32, style: &str) {
    let mut x = x;
    for same in cells.chunk_by(|one, next| block_shape(one) == block_shape(next)) {
        let Some(shape) = same.first().and_then(|cell| block_shape(cell)) else {
            continue;
        };
        let (count, step) = if shape.width_eighths == 8 {
            (1, cells_width(same.len()))
        } else {
            (same.len(), CELL_WIDTH)
        };
        let faint = if shape.faint {
            " fill-opacity=\"0.35\""
        } else {
            ""
        };
        let width = step * shape.width_eighths / 8;
        let height = f64::from(CELL_HEIGHT * shape.height_eighths) / 8.0;
        let top = f64::from(y + CELL_HEIGHT) - height;
        for _ in 0..count {
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" {style}{faint}/>"
            );
            x += step;
        }
    }
}

/// Part of a cell that a block element fills, from the left and from the bottom.
#[derive(Clone, Copy, Eq, PartialEq)]
struct BlockShape {
    width_eighths: u32,
    height_eighths: u32,
    faint: bool,
}

fn block_shape(cell: &Cell) -> Option<BlockShape> {
    let symbol = cell.symbol().chars().next()?;
    let (width_eighths, height_eighths) = match symbol {
        '▁'..='█' => (8, u32::from(symbol) - 0x2580),
        '▉'..='▏' => (0x2590 - u32::from(symbol), 8),
        '░' => (8, 8),
        _ => return None,
    };
    Some(BlockShape {
        width_eighths,
        height_eighths,
        faint: symbol == '░',
    })
}

/// Returns the width of cells in pixels.
fn cells_width(cells: usize) -> u32 {
    let cells = u32::try_from(cells).unwrap_or(u32::MAX);
    cells.saturating_mul(CELL_WIDTH)
}

/// Returns the colors that `top` uses.
const fn hex_color(color: Color) -> &'static str {
    match color {
        Color::Black => BACKGROUND,
        Color::Red => "#ff6b6b",
        Color::Green => "#76b900",
        Color::Yellow => "#ffc542",
        Color::Cyan => "#4cc9e8",
        Color::DarkGray => "#7a818e",
        BAR_BACKGROUND => "#393d45",
        _ => FOREGROUND,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn text_is_escaped_and_keeps_its_colors() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 20, 2));
        cells.set_string(1, 0, "a<b>&c", Style::new().fg(Color::Red));
        cells.set_string(
            3,
            1,
            "mark",
            Style::new().fg(Color::Black).bg(Color::Yellow),
        );
        let image = render_svg(&cells);
        assert!(image.contains("fill=\"#ff6b6b\"") && image.contains(">a&lt;b&gt;&amp;c</text>"));
        assert!(
            image.contains("<rect x=\"34\" y=\"27\" width=\"32\" height=\"17\" fill=\"#ffc542\"/>")
        );
        assert_eq!(image.matches("<text").count(), 2);
    }

    #[test]
    fn each_group_of_words_has_its_own_place() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 20, 1));
        cells.set_string(2, 0, "a b   c", Style::new());
        let image = render_svg(&cells);
        assert!(image.contains("<text x=\"26\" ") && image.contains(">a b</text>"));
        assert!(image.contains("<text x=\"74\" ") && image.contains(">c</text>"));
        assert_eq!(image.matches("<text").count(), 2);
    }

    #[test]
    fn blocks_are_rectangles_without_gaps() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 6, 1));
        cells.set_string(0, 0, "██▌░▄x", Style::new().fg(Color::Green));
        let image = render_svg(&cells);
        let rects = image.lines().filter(|line| line.contains("#76b900"));
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
