//! Drawing a view into as many cells as there are.

use std::time::UNIX_EPOCH;

use dcgm::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Widget as _};

use crate::screen::Screen;
use crate::state::{Answer, Event, Gpu, Health, Instance, View};

/// What stands where there is no value: never a 0.
const NONE: &str = "–";

const KEYS: &str = " q quit  s sort  p pause  ↑↓ scroll";

/// Lines of the list of events, its frame included; none on a low terminal.
const EVENTS: u16 = 6;
const LOW: u16 = 18;

/// A terminal as wide as this has room for long bars, and for how busy a GPU was.
const WIDE: u16 = 118;

/// The cells of a bar.
const fn long(width: u16) -> u16 {
    if width < WIDE { 8 } else { 14 }
}

/// Draws it.
pub fn draw(view: &View, screen: &mut Screen, area: Rect, buffer: &mut Buffer) {
    let events = if area.height < LOW { 0 } else { EVENTS };
    let [head, gpus, happened, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(0),
        Constraint::Length(events),
        // Who is asked comes first.
        Constraint::Length(u16::from(area.height > 3)),
    ])
    .areas(area);
    Paragraph::new(heading(view)).render(head, buffer);
    Paragraph::new(blocks(view, screen, gpus.width)).render(gpus, buffer);
    if events > 0 {
        let frame = Block::new()
            .borders(Borders::TOP)
            .title(" events ")
            .border_style(Style::new().dark_gray());
        let lines = view.events.iter().map(event).collect::<Vec<_>>();
        let lines = if lines.is_empty() {
            vec![Line::from(" none since this began").dark_gray()]
        } else {
            lines
        };
        Paragraph::new(lines).block(frame).render(happened, buffer);
    }
    Paragraph::new(footing(view, screen)).render(foot, buffer);
}

fn heading(view: &View) -> Vec<Line<'_>> {
    let mut first = vec![Span::from(" ")];
    if view.simulated {
        // Whoever sees a part of this is to know.
        first.push(Span::from(" MOCK ").black().on_yellow());
        first.push(Span::from(" "));
    }
    first.push(Span::from(view.title.as_str()).bold());
    let (count, interval) = (view.gpus.len(), view.interval);
    first.push(Span::from(format!("  {count} GPUs, every {interval:?}")).dark_gray());
    let second = match &view.answer {
        Answer::Unasked => Line::from(" asking…").dark_gray(),
        Answer::Yes if view.simulated => {
            Line::from(" There is no hardware behind these values.").yellow()
        }
        Answer::Yes => Line::default(),
        Answer::No { since, why } => {
            let text = format!(" NO ANSWER for {} s: {why}", since.as_secs());
            Line::from(text).bold().red()
        }
    };
    vec![Line::from(first), second]
}

fn footing(view: &View, screen: &Screen) -> Line<'static> {
    let above = match screen.scroll {
        0 => String::new(),
        above => format!(", {above} of {} above", view.gpus.len()),
    };
    let text = format!("{KEYS}   sorted by {}{above}", screen.sort.name());
    let mut line = vec![Span::from(text).dark_gray()];
    if screen.paused {
        line.push(Span::from("  PAUSED").yellow());
    }
    Line::from(line)
}

fn blocks(view: &View, screen: &mut Screen, width: u16) -> Vec<Line<'static>> {
    let is_silent = matches!(view.answer, Answer::No { .. });
    let mut lines = Vec::new();
    for gpu in screen.gpus(view) {
        let old = gpu.stale || is_silent;
        let mut block = vec![name(gpu), load(gpu, width), inside(gpu)];
        block.extend(gpu.instances.iter().map(|one| instance(one, width)));
        lines.extend(block.into_iter().map(|line| {
            if old {
                line.patch_style(Style::new().add_modifier(Modifier::DIM))
            } else {
                line
            }
        }));
    }
    lines
}

/// Who it is, and how.
fn name(gpu: &Gpu) -> Line<'static> {
    let model = gpu.model.as_deref().unwrap_or(NONE).to_owned();
    let uuid = gpu.uuid.as_deref().unwrap_or(NONE);
    let uuid = uuid.chars().take(12).collect::<String>();
    let mut line = vec![
        Span::from(format!("{:>3} ", gpu.id)).bold(),
        Span::from(model),
        Span::from(format!("  {uuid}  ")).dark_gray(),
    ];
    line.push(match &gpu.health {
        Health::Fine => Span::from("ok").green(),
        Health::Impaired(wrong) => Span::from(wrong.join("; ")).yellow(),
        Health::Lost(how) => Span::from(format!("LOST: {how}")).bold().red(),
    });
    if gpu.stale {
        line.push(Span::from("  STALE: nothing new is sampled").bold().red());
    }
    Line::from(line)
}

/// How busy, how full, how hot.
fn load(gpu: &Gpu, width: u16) -> Line<'static> {
    let long = long(width);
    let mut line = vec![Span::from("    busy ")];
    line.extend(bar(gpu.busy, long, Color::Green));
    line.push(Span::from(format!(" {:>5} ", percent(gpu.busy))));
    if width >= WIDE {
        line.push(Span::from(sparkline(gpu)).green());
    }
    line.push(Span::from("  mem "));
    line.extend(memory(gpu.memory, long));
    let celsius = gpu.temperature;
    let heat = match celsius {
        Some(celsius) if celsius >= 90.0 => Color::Red,
        Some(celsius) if celsius >= 80.0 => Color::Yellow,
        _ => Color::Reset,
    };
    line.push(Span::from(format!("  {:>3} °C", whole(celsius))).fg(heat));
    let (watts, limit) = gpu.power;
    line.push(Span::from(format!(
        "  {:>3}/{} W",
        whole(watts),
        whole(limit)
    )));
    line.push(Span::from(format!("  {} MHz", whole(gpu.clock))));
    Line::from(line)
}

/// What its units do, its `NVLinks`, and what holds it back.
fn inside(gpu: &Gpu) -> Line<'static> {
    let mut line = vec![Span::from("    ")];
    for (unit, share) in ["SM", "tensor", "DRAM"].iter().zip(gpu.active) {
        line.push(Span::from(format!("{unit} {:>5}  ", percent(share))));
    }
    if let Some((up, all)) = gpu.links {
        let text = Span::from(format!("NVLink {up}/{all} up"));
        line.push(if up < all { text.yellow() } else { text });
        let (out, back) = gpu.traffic;
        line.push(Span::from(format!(
            "  ↑ {} ↓ {} GB/s  ",
            rate(out),
            rate(back)
        )));
    }
    if !gpu.throttled.is_empty() {
        let reasons = gpu.throttled.join(", ");
        line.push(Span::from(format!("throttled: {reasons}")).bold().yellow());
    }
    Line::from(line)
}

fn instance(one: &Instance, width: u16) -> Line<'static> {
    let long = long(width);
    let profile = one.profile.as_deref().unwrap_or("MIG");
    let mut line = vec![Span::from(format!(
        "    └ {:>2} {profile:<12} busy ",
        one.id
    ))];
    line.extend(bar(one.busy, long, Color::Green));
    line.push(Span::from(format!(" {:>5}  mem ", percent(one.busy))));
    line.extend(memory(one.memory, long));
    Line::from(line)
}

fn event(event: &Event) -> Line<'static> {
    let Event { at, entity, what } = event;
    Line::from(vec![
        Span::from(format!(" {}  ", time_of_day(*at))).dark_gray(),
        Span::from(format!("{entity}  ")),
        Span::from(what.clone()).red(),
    ])
}

/// As in `13:05:59`, in UTC.
fn time_of_day(at: Timestamp) -> String {
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

fn memory((used, total): (Option<f64>, Option<f64>), long: u16) -> Vec<Span<'static>> {
    const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

    let share = used.zip(total).filter(|(_, total)| *total > 0.0);
    let mut spans = bar(share.map(|(used, total)| used / total), long, Color::Cyan);
    let gib =
        |bytes: Option<f64>| bytes.map_or(NONE.to_owned(), |bytes| format!("{:.1}", bytes / GIB));
    spans.push(Span::from(format!(" {:>4}/{} GiB", gib(used), gib(total))));
    spans
}

/// A bar of so many cells, in eighths of one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and eight times the cells"
)]
fn bar(share: Option<f64>, cells: u16, color: Color) -> Vec<Span<'static>> {
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

/// How busy it was: a gap where that was not known.
fn sparkline(gpu: &Gpu) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

    let step = |percent: &Option<u8>| {
        let at = percent.map(|percent| usize::from(percent) * 7 / 100);
        at.and_then(|at| STEPS.get(at).copied()).unwrap_or(' ')
    };
    let past = gpu.history.iter().map(step).collect::<String>();
    format!("{past:>24}")
}

fn percent(share: Option<f64>) -> String {
    share.map_or(NONE.to_owned(), |share| format!("{:.0} %", share * 100.0))
}

fn whole(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.0}"))
}

fn rate(bytes: Option<f64>) -> String {
    bytes.map_or(NONE.to_owned(), |bytes| format!("{:.1}", bytes / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: &[Span<'_>]) -> String {
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_bar_has_as_many_cells_whatever_it_says() {
        for share in [0.0, 0.01, 0.062, 0.5, 0.999, 1.0, 7.0, -1.0, f64::NAN] {
            let drawn = text(&bar(Some(share), 8, Color::Green));
            assert_eq!(drawn.chars().count(), 8, "{share}: {drawn}");
        }
        assert_eq!(text(&bar(Some(0.5), 8, Color::Green)), "████░░░░");
        assert_eq!(text(&bar(Some(0.4375), 8, Color::Green)), "███▌░░░░");
    }

    #[test]
    fn what_is_not_known_is_a_dash_and_never_a_zero() {
        let gpu = Gpu {
            links: Some((0, 18)),
            ..Gpu::default()
        };
        let spans = |line: Line<'static>| text(&line.spans);
        let drawn = [name(&gpu), load(&gpu, 120), inside(&gpu)]
            .map(spans)
            .join("\n");
        let drawn = drawn.replace("  0 ", "").replace("NVLink 0/18", "");
        assert!(!drawn.contains('0'), "{drawn}");
        for unit in [
            "– °C",
            "–/– W",
            "– MHz",
            "–/– GiB",
            "SM     –",
            "↑ – ↓ – GB/s",
        ] {
            assert!(drawn.contains(unit), "{unit:?} is not in\n{drawn}");
        }
    }

    #[test]
    fn a_time_is_that_of_the_day() {
        assert_eq!(
            time_of_day(Timestamp::from_micros(1_767_273_959_000_000)),
            "13:25:59 UTC"
        );
        assert_eq!(time_of_day(Timestamp::from_micros(i64::MIN)), NONE);
    }
}
