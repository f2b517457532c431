//! Formatting values as text and arranging text in lines.

use std::time::{Duration, UNIX_EPOCH};

use dcgm::{Error, Timestamp};
use ratatui::style::{Color, Stylize as _};
use ratatui::text::{Line, Span};

/// Shown where there is no value.
pub(crate) const NO_VALUE: &str = "–";

/// Text that is never broken across lines.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Spaces between this piece and the one before it in its line.
    pub(crate) gap: usize,
    pub(crate) spans: Vec<Span<'static>>,
}

impl Piece {
    pub(crate) fn new(gap: usize, span: impl Into<Span<'static>>) -> Self {
        Self {
            gap,
            spans: vec![span.into()],
        }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// Arranges pieces in as many lines as needed, so that no piece is cut unless it is wider than the
/// line. The first line is indented by its first piece's gap, the others by `indent`.
pub(crate) fn flow(pieces: Vec<Piece>, indent: usize, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    for piece in pieces {
        let is_full = line.width() + piece.gap + piece.width() > usize::from(width);
        let gap = if is_full && !line.spans.is_empty() {
            lines.push(std::mem::take(&mut line));
            indent
        } else {
            piece.gap
        };
        line.spans.push(Span::from(" ".repeat(gap)));
        line.spans.extend(piece.spans);
    }
    lines.push(line);
    lines
}

/// Breaks a text between words, and words that are longer than a line, so that nothing is cut. Each
/// line begins with a space.
pub(crate) fn wrap(text: &str, width: u16) -> Vec<Line<'static>> {
    let longest = usize::from(width).saturating_sub(1).max(1);
    let mut pieces = Vec::new();
    for word in text.split_whitespace() {
        let characters = word.chars().collect::<Vec<_>>();
        // All parts of a long word but the last fill a line each.
        let parts = characters.chunks(longest);
        pieces.extend(parts.map(|part| Piece::new(1, part.iter().collect::<String>())));
    }
    flow(pieces, 1, width)
}

/// Replaces control characters, which a terminal would execute, in text from elsewhere.
pub(crate) fn sanitize_text(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Formats an error with advice, unless the error contains it already.
pub(crate) fn error_with_hint(error: &Error) -> String {
    let text = error.to_string();
    match error.hint() {
        Some(hint) if !text.contains(&hint) => format!("{text} ({hint})"),
        _ => text,
    }
}

fn since_epoch(at: Timestamp) -> Option<Duration> {
    at.system_time()?.duration_since(UNIX_EPOCH).ok()
}

/// Formats a time as `13:05:59 UTC`.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let Some(since) = since_epoch(at) else {
        return NO_VALUE.to_owned();
    };
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}

/// Formats a time as `2026-01-31 13:05:59 UTC`.
pub(crate) fn date_and_time(at: Timestamp) -> String {
    let Some(since) = since_epoch(at) else {
        return NO_VALUE.to_owned();
    };
    // Days of the proleptic Gregorian calendar, in years that begin in March, so that the leap day
    // is the last day of a year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let days = since.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {}", time_of_day(at))
}

/// Background of a cell that a bar fills in part; as bright as the shade that fills the rest.
pub(crate) const BAR_BACKGROUND: Color = Color::Indexed(237);

/// Draws a bar with a resolution of an eighth of a cell.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is between 0 and eight times the number of cells"
)]
pub(crate) fn bar(share: Option<f64>, cells: u16, color: Color) -> Vec<Span<'static>> {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

    let Some(share) = share else {
        return vec![Span::from(NO_VALUE.repeat(usize::from(cells))).dark_gray()];
    };
    let eighths = (share.clamp(0.0, 1.0) * f64::from(cells) * 8.0).round() as usize;
    let partial = EIGHTHS.get(eighths % 8).copied().unwrap_or("");
    let full = eighths / 8;
    let rest = usize::from(cells) - full - usize::from(!partial.is_empty());
    vec![
        Span::from("█".repeat(full)).fg(color),
        Span::from(partial).fg(color).bg(BAR_BACKGROUND),
        Span::from("░".repeat(rest)).dark_gray(),
    ]
}

/// Draws percentages as columns, with a gap where there was no value.
pub(crate) fn sparkline<'a>(history: impl IntoIterator<Item = &'a Option<u8>>) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

    let step = |percent: &Option<u8>| {
        let index = percent.map(|percent| usize::from(percent) * 7 / 100);
        index
            .and_then(|index| STEPS.get(index).copied())
            .unwrap_or(' ')
    };
    history.into_iter().map(step).collect()
}

pub(crate) fn format_percent(share: Option<f64>) -> String {
    share.map_or(NO_VALUE.to_owned(), |share| {
        format!("{:.0} %", share * 100.0)
    })
}

pub(crate) fn format_rounded(value: Option<f64>) -> String {
    value.map_or(NO_VALUE.to_owned(), |value| format!("{value:.0}"))
}

pub(crate) fn format_gib(bytes: Option<f64>) -> String {
    const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

    bytes.map_or(NO_VALUE.to_owned(), |bytes| format!("{:.1}", bytes / GIB))
}

/// Formats bytes per second, such as `199.6 GB/s`. Small rates keep a small unit, so that they are
/// not shown as 0.
pub(crate) fn format_rate(bytes: Option<f64>) -> String {
    let Some(bytes) = bytes else {
        return NO_VALUE.to_owned();
    };
    // A value that is rounded to 1000 of a unit is shown in the next one.
    let (unit, name) = match bytes {
        999.95e9.. => (1e12, "TB/s"),
        999.95e6.. => (1e9, "GB/s"),
        999.95e3.. => (1e6, "MB/s"),
        999.5.. => (1e3, "kB/s"),
        _ => return format!("{bytes:.0} B/s"),
    };
    format!("{:.1} {name}", bytes / unit)
}

#[cfg(test)]
mod tests;
