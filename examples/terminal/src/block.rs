//! The lines of one GPU.

use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};

use crate::state::{Gpu, Health, Instance, Links};
use crate::text::{NONE, Piece, bar, flow, gib, percent, plain, rate, sparkline, whole};

/// How far its values are to the right of its number.
const INDENT: usize = 4;

/// A terminal as wide as this has room for long bars, and for how busy a GPU was for long.
const WIDE: u16 = 118;

/// One that is not as wide as this has no room for both ways of `NVLink` beside each other.
const NARROW: u16 = 46;

/// The cells of a bar.
const fn long(width: u16) -> u16 {
    if width < WIDE { 8 } else { 14 }
}

/// Its name and how it is, its values, and its instances. What `is_old` is dimmed.
pub(crate) fn block(gpu: &Gpu, width: u16, is_old: bool) -> Vec<Line<'static>> {
    let mut lines = flow(name(gpu), INDENT, width);
    lines.extend(flow(load(gpu, width), INDENT, width));
    lines.extend(flow(inside(gpu, width), INDENT, width));
    for one in &gpu.instances {
        lines.extend(flow(instance(one, width), INDENT + 2, width));
    }
    if is_old || gpu.stale {
        let dim = Style::new().add_modifier(Modifier::DIM);
        lines = lines
            .into_iter()
            .map(|line| line.patch_style(dim))
            .collect();
    }
    lines
}

fn name(gpu: &Gpu) -> Vec<Piece> {
    let model = gpu.model.as_deref().unwrap_or(NONE);
    let uuid = gpu.uuid.as_deref().unwrap_or(NONE);
    let uuid = uuid.chars().take(12).collect::<String>();
    let mut pieces = vec![
        (0, vec![Span::from(format!("{:>3}", gpu.id)).bold()]),
        (1, vec![Span::from(plain(model))]),
        (2, vec![Span::from(plain(&uuid)).dark_gray()]),
    ];
    // First what makes the rest worth less.
    if gpu.stale {
        let text = "STALE: nothing new is sampled";
        pieces.push((2, vec![Span::from(text).bold().red()]));
    }
    match &gpu.health {
        Health::Unknown => pieces.push((2, vec![Span::from("health –").dark_gray()])),
        Health::Fine => pieces.push((2, vec![Span::from("ok").green()])),
        Health::Impaired(wrong) => pieces.extend(list("", wrong, Style::new().yellow())),
        Health::Lost(how) => {
            pieces.push((2, vec![Span::from(format!("LOST: {how}")).bold().red()]));
        }
    }
    match &gpu.throttled {
        None => pieces.push((2, vec![Span::from("throttled –").dark_gray()])),
        Some(reasons) => {
            pieces.extend(list("throttled: ", reasons, Style::new().bold().yellow()));
        }
    }
    pieces
}

/// Pieces with commas between them.
fn list(title: &str, of: &[impl AsRef<str>], style: Style) -> Vec<Piece> {
    let last = of.len().saturating_sub(1);
    let piece = |(at, one): (usize, &_)| {
        let one: &str = AsRef::<str>::as_ref(one);
        let (gap, title) = if at == 0 { (2, title) } else { (1, "") };
        let comma = if at == last { "" } else { "," };
        (
            gap,
            vec![Span::styled(format!("{title}{one}{comma}"), style)],
        )
    };
    of.iter().enumerate().map(piece).collect()
}

/// How busy, how full, how hot.
fn load(gpu: &Gpu, width: u16) -> Vec<Piece> {
    let long = long(width);
    let mut busy = vec![Span::from("busy ")];
    busy.extend(bar(gpu.busy, long, Color::Green));
    busy.push(Span::from(format!(" {:>5}", percent(gpu.busy))));
    let room = if width < WIDE { 8 } else { 24 };
    let past = gpu.history.len().saturating_sub(room);
    let past = sparkline(gpu.history.range(past..));
    let heat = match gpu.temperature {
        Some(celsius) if celsius >= 90.0 => Color::Red,
        Some(celsius) if celsius >= 80.0 => Color::Yellow,
        _ => Color::Reset,
    };
    let celsius = format!("{:>3} °C", whole(gpu.temperature));
    let (watts, limit) = gpu.power;
    let watts = format!("{}/{}", whole(watts), whole(limit));
    vec![
        (INDENT, busy),
        (1, vec![Span::from(format!("{past:>room$}")).green()]),
        (2, memory(gpu.memory, long)),
        (2, vec![Span::from(celsius).fg(heat)]),
        (2, vec![Span::from(format!("{watts:>7} W"))]),
    ]
}

/// What its units do, how fast, and its `NVLinks`.
fn inside(gpu: &Gpu, width: u16) -> Vec<Piece> {
    let [sm, tensor, dram] = gpu.active;
    let shares = [(INDENT, "SM", sm), (2, "tensor", tensor), (2, "DRAM", dram)];
    let mut pieces = Vec::from(shares.map(|(gap, unit, share)| {
        let text = format!("{unit} {:>5}", percent(share));
        (gap, vec![Span::from(text)])
    }));
    let (sm, memory) = gpu.clocks;
    let clocks = format!("{}/{}", whole(sm), whole(memory));
    pieces.push((2, vec![Span::from(format!("clocks {clocks:>9} MHz"))]));
    let links = match gpu.links {
        Links::None => return pieces,
        Links::Unknown => Span::from(format!("NVLink {NONE}")),
        Links::Some { up, all } if up < all => Span::from(format!("NVLink {up}/{all} up")).yellow(),
        Links::Some { up, all } => Span::from(format!("NVLink {up}/{all} up")),
    };
    let (out, back) = gpu.traffic;
    let out = Span::from(format!(" ↑ {:>10}", rate(out)));
    let back = Span::from(format!(" ↓ {:>10}", rate(back)));
    if width < NARROW {
        pieces.extend([(2, vec![links, out]), (0, vec![back])]);
    } else {
        pieces.push((2, vec![links, out, back]));
    }
    pieces
}

fn instance(one: &Instance, width: u16) -> Vec<Piece> {
    let long = long(width);
    let profile = plain(one.profile.as_deref().unwrap_or("MIG"));
    let mut busy = vec![Span::from("busy ")];
    busy.extend(bar(one.busy, long, Color::Green));
    busy.push(Span::from(format!(" {:>5}", percent(one.busy))));
    let name = format!("└ {:>2} {profile:<12}", one.id);
    vec![
        (INDENT, vec![Span::from(name)]),
        (1, busy),
        (2, memory(one.memory, long)),
    ]
}

fn memory((used, total): (Option<f64>, Option<f64>), long: u16) -> Vec<Span<'static>> {
    let share = used.zip(total).filter(|(_, total)| *total > 0.0);
    let share = share.map(|(used, total)| used / total);
    let mut spans = vec![Span::from("mem ")];
    spans.extend(bar(share, long, Color::Cyan));
    let text = format!("{}/{}", gib(used), gib(total));
    spans.push(Span::from(format!(" {text:>9} GiB")));
    spans
}

#[cfg(test)]
mod tests;
