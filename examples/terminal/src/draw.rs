//! Drawing a view into as many cells as there are.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Widget as _};

use crate::block::block;
use crate::screen::Screen;
use crate::state::{Answer, Event, View};
use crate::text::{plain, time_of_day};

const KEYS: &str = " q quit  s sort  p pause  ↑↓ scroll";

/// Lines of the list of events, its frame included; none on a low terminal.
const EVENTS: u16 = 6;
const LOW: u16 = 18;

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
    let (lines, place) = shown(view, screen, gpus);
    Paragraph::new(lines).render(gpus, buffer);
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
    Paragraph::new(footing(screen, &place)).render(foot, buffer);
}

fn heading(view: &View) -> Vec<Line<'_>> {
    let mut first = vec![Span::from(" ")];
    if view.simulated {
        // Whoever sees a part of this is to know.
        first.push(Span::from(" MOCK ").black().on_yellow());
        first.push(Span::from(" "));
    }
    first.push(Span::from(plain(&view.title)).bold());
    let gpus = match view.gpus.len() {
        1 => "1 GPU".to_owned(),
        count => format!("{count} GPUs"),
    };
    let text = format!("  {gpus}, every {:?}", view.interval);
    first.push(Span::from(text).dark_gray());
    let second = match &view.answer {
        Answer::Unasked => Line::from(" asking…").dark_gray(),
        Answer::Yes if view.simulated => {
            let text = " There is no hardware behind these values.";
            let instead = view.instead.as_deref();
            let why = instead.map(|why| format!(" It stands in: {}", plain(why)));
            Line::from(format!("{text}{}", why.unwrap_or_default())).yellow()
        }
        Answer::Yes => Line::from(" connected").green(),
        Answer::No { since, why } => {
            let text = format!(" NO ANSWER for {} s: {}", since.as_secs(), plain(why));
            Line::from(text).bold().red()
        }
    };
    vec![Line::from(first), second]
}

fn footing(screen: &Screen, place: &str) -> Line<'static> {
    let text = format!("{KEYS}   sorted by {}{place}", screen.sort.name());
    let mut line = vec![Span::from(text).dark_gray()];
    if screen.paused {
        line.insert(0, Span::from(" PAUSED ").black().on_yellow());
    }
    Line::from(line)
}

/// The lines that there is room for, and which they are if there are more.
fn shown(view: &View, screen: &mut Screen, area: Rect) -> (Vec<Line<'static>>, String) {
    let is_old = matches!(view.answer, Answer::No { .. });
    let blocks = screen.order(view).into_iter();
    let blocks = blocks.map(|gpu| block(gpu, area.width, is_old));
    let blocks = blocks.collect::<Vec<_>>();
    let lines = blocks
        .iter()
        .flat_map(|block| block.iter().map(move |line| (block.first(), line)))
        .collect::<Vec<_>>();
    let window = screen.window(lines.len(), area.height.into());
    let place = if window.len() == lines.len() {
        String::new()
    } else {
        let (first, last) = (window.start + 1, window.end);
        format!(", lines {first} to {last} of {}", lines.len())
    };
    let lines = lines.get(window).unwrap_or_default();
    let shown = lines.iter().map(|(_, line)| (*line).clone());
    let mut shown = shown.collect::<Vec<_>>();
    // Values without a name are nobody's.
    if let (true, Some(top), Some((Some(name), _))) =
        (lines.len() > 1, shown.first_mut(), lines.first())
    {
        top.clone_from(name);
    }
    (shown, place)
}

fn event(event: &Event) -> Line<'static> {
    let Event { at, entity, what } = event;
    Line::from(vec![
        Span::from(format!(" {}  ", time_of_day(*at))).dark_gray(),
        Span::from(format!("{entity}  ")),
        Span::from(what.clone()).red(),
    ])
}
