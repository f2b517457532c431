//! Drawing a [`HostView`] into a buffer of cells.
//!
//! From top to bottom: the heading, which takes as many lines as its text needs; the GPUs, in one or
//! two columns that scroll together; the events; the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Stylize as _;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use crate::gpu_block::gpu_block;
use crate::screen::{ScreenState, SortKey};
use crate::text::{Piece, flow, sanitize_text, time_of_day, wrap};
use crate::view::{ConnectionState, EventView, GpuStatus, HostView};

/// Maximum number of events on the screen.
const MAX_VISIBLE_EVENTS: usize = 5;

/// Height below which events are not shown.
const MIN_HEIGHT_FOR_EVENTS: u16 = 18;

/// Width from which GPUs are in two columns.
const MIN_WIDTH_FOR_COLUMNS: u16 = 150;

/// Cells between two columns.
const COLUMN_GAP: u16 = 2;

/// Draws the view, and limits scrolling to what there is.
pub fn draw(view: &HostView, screen: &mut ScreenState, area: Rect, buffer: &mut Buffer) {
    let mut heading = heading(view, area.width);
    // The heading may be long if it holds advice. It takes precedence over the GPUs.
    heading.truncate(area.height.saturating_sub(2).max(1).into());
    let events = if area.height < MIN_HEIGHT_FOR_EVENTS {
        Vec::new()
    } else {
        event_lines(view, area.width)
    };
    let [heading_area, gpu_area, event_area, footer_area] = Layout::vertical([
        Constraint::Length(length(&heading)),
        Constraint::Min(0),
        Constraint::Length(length(&events)),
        Constraint::Length(u16::from(area.height > 3)),
    ])
    .areas(area);
    Paragraph::new(heading).render(heading_area, buffer);
    let hidden = if screen.help {
        Paragraph::new(help_lines()).render(gpu_area, buffer);
        None
    } else {
        draw_gpus(view, screen, gpu_area, buffer)
    };
    Paragraph::new(events).render(event_area, buffer);
    Paragraph::new(footer(screen, hidden.as_deref(), area.width)).render(footer_area, buffer);
}

fn length(lines: &[Line<'_>]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
}

fn heading(view: &HostView, width: u16) -> Vec<Line<'static>> {
    let mut pieces = Vec::new();
    if view.simulated {
        // First, so that it is visible at any width.
        pieces.push(Piece::new(1, " SIMULATED ".black().on_yellow()));
    }
    pieces.push(Piece::new(1, sanitize_text(&view.title).bold()));
    let summary = format!("{}, every {:?}", gpu_summary(view), view.interval);
    pieces.push(Piece::new(2, summary.dark_gray()));
    let mut lines = flow(pieces, 1, width);
    let state = match &view.connection {
        ConnectionState::Connecting => wrap("connecting…", width)
            .into_iter()
            .map(Line::dark_gray)
            .collect::<Vec<_>>(),
        ConnectionState::Connected if view.simulated => {
            let mut text = "There is no hardware behind these values.".to_owned();
            if let Some(reason) = &view.fallback_reason {
                text = format!("{text} No engine: {}", sanitize_text(reason));
            }
            wrap(&text, width).into_iter().map(Line::yellow).collect()
        }
        ConnectionState::Connected => wrap("connected", width)
            .into_iter()
            .map(Line::green)
            .collect(),
        ConnectionState::Unavailable { since, reason } => {
            let text = format!(
                "NO RESPONSE for {} s: {}",
                since.as_secs(),
                sanitize_text(reason)
            );
            let lines = wrap(&text, width).into_iter();
            lines.map(|line| line.bold().red()).collect()
        }
    };
    lines.extend(state);
    lines
}

/// Formats the number of GPUs, such as `8 GPUs (1 lost)`.
fn gpu_summary(view: &HostView) -> String {
    let count = |is_counted: fn(&GpuStatus) -> bool| {
        view.gpus
            .iter()
            .filter(|gpu| is_counted(&gpu.status))
            .count()
    };
    let parts = [
        (
            "lost",
            count(|status| matches!(status, GpuStatus::Lost { .. })),
        ),
        ("paused", count(|status| *status == GpuStatus::Paused)),
        ("detached", count(|status| *status == GpuStatus::Detached)),
    ];
    let parts = parts.iter().filter(|(_, count)| *count > 0);
    let parts = parts.map(|(name, count)| format!("{count} {name}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let total = match view.gpus.len() {
        1 => "1 GPU".to_owned(),
        total => format!("{total} GPUs"),
    };
    if parts.is_empty() {
        total
    } else {
        format!("{total} ({parts})")
    }
}

/// Draws the lines that fit. Returns which these are if there are more.
fn draw_gpus(
    view: &HostView,
    screen: &mut ScreenState,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<String> {
    let columns = if area.width >= MIN_WIDTH_FOR_COLUMNS && view.gpus.len() > 1 {
        2
    } else {
        1
    };
    let column_width = (area.width - COLUMN_GAP * (columns - 1)) / columns;
    let outdated = matches!(view.connection, ConnectionState::Unavailable { .. });
    let gpus = screen.sorted_gpus(view);
    let blocks = gpus
        .into_iter()
        .map(|gpu| gpu_block(gpu, column_width, outdated))
        .collect::<Vec<_>>();
    // Each row holds the blocks of as many GPUs as there are columns.
    let rows = blocks.chunks(columns.into()).collect::<Vec<_>>();
    let height = |row: &[Vec<Line<'_>>]| row.iter().map(Vec::len).max().unwrap_or(0);
    let total = rows.iter().map(|row| height(row)).sum();
    let visible = screen.visible_lines(total, area.height.into());
    let mut below = 0;
    for row in rows {
        let above = below;
        below += height(row);
        for (column, block) in (0_u16..).zip(row) {
            for (index, line) in block.iter().enumerate() {
                let Some(y) = (above + index).checked_sub(visible.start) else {
                    continue;
                };
                // A block whose name is above the first line repeats it there, because values
                // without a name are worth nothing.
                let is_cut = y == 0 && index > 0 && visible.len() > 1;
                let name = block.first().filter(|_| is_cut);
                if above + index < visible.end {
                    let y = area.y + u16::try_from(y).unwrap_or(u16::MAX);
                    let x = area.x + column * (column_width + COLUMN_GAP);
                    buffer.set_line(x, y, name.unwrap_or(line), column_width);
                }
            }
        }
    }
    (visible.len() < total).then(|| format!("{}–{}/{total}", visible.start + 1, visible.end))
}

/// Draws the newest events below a line with a title, or a single line if there are none.
fn event_lines(view: &HostView, width: u16) -> Vec<Line<'static>> {
    let title = if view.events.is_empty() {
        "─ no events since the start "
    } else {
        "─ events "
    };
    let rule = "─".repeat(usize::from(width).saturating_sub(title.chars().count()));
    let mut lines = vec![Line::from(format!("{title}{rule}")).dark_gray()];
    let newest = view.events.iter().take(MAX_VISIBLE_EVENTS);
    lines.extend(newest.map(event_line));
    lines
}

fn event_line(event: &EventView) -> Line<'static> {
    Line::from(vec![
        Span::from(format!(" {}  ", time_of_day(event.at))).dark_gray(),
        Span::from(format!("{}  ", event.entity)),
        Span::from(event.text.clone()).red(),
    ])
}

fn help_lines() -> Vec<Line<'static>> {
    let orders = SortKey::ALL.map(SortKey::name).join(", ");
    let keys = [
        ("q  Esc  Ctrl-C", "quit".to_owned()),
        ("s", format!("sort by {orders}")),
        ("p", "pause or resume the screen".to_owned()),
        ("↑ ↓  k j", "scroll by a line".to_owned()),
        ("PgUp PgDn", "scroll by a page".to_owned()),
        ("Home End", "scroll to the first or last line".to_owned()),
        ("?", "close this list".to_owned()),
    ];
    let key = |(key, effect)| {
        Line::from(vec![
            Span::from(format!(" {key:<16}")).bold(),
            Span::from(effect),
        ])
    };
    let mut lines = vec![Line::from(" Keys").green()];
    lines.extend(keys.map(key));
    lines.push(Line::default());
    lines.push(Line::from(" Values").green());
    let values = [
        ("–", "no value"),
        (
            "util",
            "GPU utilization; under MIG, graphics engine activity",
        ),
        ("MHz", "SM clock and memory clock"),
        (
            "at power limit",
            "normal under full load; other throttling is highlighted",
        ),
        ("NVLink up", "read once a minute over TCP, else each time"),
    ];
    lines.extend(values.map(|(name, meaning)| key((name, meaning.to_owned()))));
    lines
}

/// Lists the keys that have an effect, as far as there is room; the first ones are the most useful.
/// `hidden` tells which lines are visible if there are more.
fn footer(screen: &ScreenState, hidden: Option<&str>, width: u16) -> Line<'static> {
    let mut items = Vec::new();
    if screen.printed {
        if let Some(lines) = hidden {
            items.push(format!("lines {lines}: see the others with a larger --size").dark_gray());
        }
    } else if screen.help {
        items.extend(["q quit".dark_gray(), "? close".dark_gray()]);
    } else {
        if screen.paused {
            items.push(" PAUSED ".black().on_yellow());
        }
        items.extend(["q quit".dark_gray(), "? keys".dark_gray()]);
        if let Some(lines) = hidden {
            items.push(format!("↑↓ scroll {lines}").dark_gray());
        }
        items.push(format!("s sort: {}", screen.sort.name()).dark_gray());
        let pause = if screen.paused { "p resume" } else { "p pause" };
        items.push(pause.dark_gray());
    }
    let mut line = Line::default();
    for (index, item) in items.into_iter().enumerate() {
        let gap = if index == 0 { 1 } else { 2 };
        // An item is shown completely or not at all.
        if line.width() + gap + item.width() <= width.into() {
            line.spans.push(Span::from(" ".repeat(gap)));
            line.spans.push(item);
        }
    }
    line
}
