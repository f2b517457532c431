//! Values as text, and texts as lines.

use std::time::UNIX_EPOCH;

use dcgm::Timestamp;
use ratatui::style::{Color, Stylize as _};
use ratatui::text::{Line, Span};

/// What stands where there is no value: never a 0.
pub(crate) const NONE: &str = "–";

/// What is never broken, and how many blanks are between it and what is before it in its line.
pub(crate) type Piece = (usize, Vec<Span<'static>>);

/// Puts pieces beside each other, in as many lines as it takes, so that none is cut off that is not
/// wider than the terminal. The first line is indented as its first piece says, the others so far.
pub(crate) fn flow(pieces: Vec<Piece>, indent: usize, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    for (gap, spans) in pieces {
        let wide = spans.iter().map(Span::width).sum::<usize>();
        let is_full = line.width() + gap + wide > usize::from(width);
        let gap = if is_full && !line.spans.is_empty() {
            lines.push(std::mem::take(&mut line));
            indent
        } else {
            gap
        };
        line.spans.push(Span::from(" ".repeat(gap)));
        line.spans.extend(spans);
    }
    lines.push(line);
    lines
}

/// What somebody else wrote, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// As in `13:05:59`, in UTC.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let since = at
        .system_time()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let Some(since) = since else {
        return NONE.to_owned();
    };
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}

/// A bar of so many cells, in eighths of one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and eight times the cells"
)]
pub(crate) fn bar(share: Option<f64>, cells: u16, color: Color) -> Vec<Span<'static>> {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

    let Some(share) = share else {
        return vec![Span::from(NONE.repeat(usize::from(cells))).dark_gray()];
    };
    let eighths = (share.clamp(0.0, 1.0) * f64::from(cells) * 8.0).round() as usize;
    let (full, part) = (eighths / 8, PARTS.get(eighths % 8).copied().unwrap_or(""));
    let rest = usize::from(cells) - full - usize::from(!part.is_empty());
    let filled = format!("{}{part}", "█".repeat(full));
    vec![
        Span::from(filled).fg(color),
        Span::from("░".repeat(rest)).dark_gray(),
    ]
}

/// How busy it was, newest last: a gap where that was not known.
pub(crate) fn sparkline<'a>(past: impl IntoIterator<Item = &'a Option<u8>>) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

    let step = |percent: &Option<u8>| {
        let at = percent.map(|percent| usize::from(percent) * 7 / 100);
        at.and_then(|at| STEPS.get(at).copied()).unwrap_or(' ')
    };
    past.into_iter().map(step).collect()
}

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or(NONE.to_owned(), |share| format!("{:.0} %", share * 100.0))
}

pub(crate) fn whole(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.0}"))
}

pub(crate) fn gib(bytes: Option<f64>) -> String {
    const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

    bytes.map_or(NONE.to_owned(), |bytes| format!("{:.1}", bytes / GIB))
}

/// As in `199.6 GB/s`: little is not nothing.
pub(crate) fn rate(bytes: Option<f64>) -> String {
    let Some(bytes) = bytes else {
        return NONE.to_owned();
    };
    let (unit, name) = match bytes {
        // As they are rounded.
        1e12.. => (1e12, "TB/s"),
        999.95e6.. => (1e9, "GB/s"),
        999.95e3.. => (1e6, "MB/s"),
        999.5.. => (1e3, "kB/s"),
        _ => return format!("{bytes:.0} B/s"),
    };
    format!("{:.1} {name}", bytes / unit)
}

#[cfg(test)]
mod tests;
