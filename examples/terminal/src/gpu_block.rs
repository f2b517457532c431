//! The lines of one GPU.

use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};

use crate::text::{
    NO_VALUE, Piece, bar, date_and_time, flow, format_gib, format_percent, format_rate,
    format_rounded, sanitize_text, sparkline,
};
use crate::view::{GpuStatus, GpuView, InstanceView, LinkCount, MemoryUsage};

/// Indentation of a GPU's values below its name.
const INDENT: usize = 4;

/// Width from which there is room for long bars and a long history.
const WIDE: u16 = 118;

/// Number of cells in a line of load without the history, with short bars.
const LOAD_CELLS: u16 = 71;

/// Width below which the two `NVLink` directions are in different lines.
const NARROW: u16 = 46;

const fn bar_cells(width: u16) -> u16 {
    if width < WIDE { 8 } else { 14 }
}

/// Draws name, status, values and MIG instances. A GPU without values is a name and a status.
/// Outdated values are dimmed.
pub(crate) fn gpu_block(gpu: &GpuView, width: u16, outdated: bool) -> Vec<Line<'static>> {
    let mut lines = flow(name_line(gpu), INDENT, width);
    if gpu.status.has_values() {
        lines.extend(flow(load_line(gpu, width), INDENT, width));
        lines.extend(flow(detail_line(gpu, width), INDENT, width));
        for instance in &gpu.instances {
            lines.extend(flow(instance_line(instance, width), INDENT + 2, width));
        }
    }
    if outdated || gpu.stale {
        let dim = Style::new().add_modifier(Modifier::DIM);
        let dimmed = lines.into_iter().map(|line| line.patch_style(dim));
        lines = dimmed.collect();
    }
    lines
}

fn name_line(gpu: &GpuView) -> Vec<Piece> {
    let model = gpu.model.as_deref().unwrap_or(NO_VALUE);
    let uuid = gpu.uuid.as_deref().unwrap_or(NO_VALUE);
    let uuid = uuid.chars().take(12).collect::<String>();
    let mut pieces = vec![
        Piece::new(0, format!("{:>3}", gpu.id).bold()),
        Piece::new(1, sanitize_text(model)),
        Piece::new(2, sanitize_text(&uuid).dark_gray()),
    ];
    if gpu.fake {
        pieces.push(Piece::new(2, "FAKE: no hardware".bold().yellow()));
    }
    if gpu.stale {
        let text = "STALE: the engine takes no new samples";
        pieces.push(Piece::new(2, text.bold().red()));
    }
    match &gpu.status {
        GpuStatus::Unknown => pieces.push(Piece::new(2, "health –".dark_gray())),
        GpuStatus::Ok => pieces.push(Piece::new(2, "ok".green())),
        GpuStatus::Degraded(faults) => pieces.extend(list("", faults, Style::new().yellow())),
        GpuStatus::Paused => {
            let text = "paused: telemetry is paused, for example for diagnostics";
            pieces.push(Piece::new(2, text.cyan()));
            return pieces;
        }
        GpuStatus::Detached => {
            pieces.push(Piece::new(2, "detached from the engine".cyan()));
            return pieces;
        }
        GpuStatus::Lost { reason, since } => {
            let since = since.map_or("since before this program started".to_owned(), |since| {
                format!("since {}", date_and_time(since))
            });
            pieces.push(Piece::new(2, format!("LOST {since}:").bold().red()));
            pieces.push(Piece::new(1, reason.bold().red()));
            return pieces;
        }
    }
    match &gpu.throttle {
        None => pieces.push(Piece::new(2, "throttled –".dark_gray())),
        Some(throttle) => {
            let amber = Style::new().bold().yellow();
            pieces.extend(list("throttled: ", &throttle.reasons, amber));
            if throttle.at_power_limit {
                pieces.push(Piece::new(2, "at power limit".dark_gray()));
            }
        }
    }
    pieces
}

/// Separates pieces by commas.
fn list(title: &str, items: &[impl AsRef<str>], style: Style) -> Vec<Piece> {
    let last = items.len().saturating_sub(1);
    let piece = |(index, item): (usize, &_)| {
        let item: &str = AsRef::<str>::as_ref(item);
        let (gap, title) = if index == 0 { (2, title) } else { (1, "") };
        let comma = if index == last { "" } else { "," };
        Piece::new(gap, Span::styled(format!("{title}{item}{comma}"), style))
    };
    items.iter().enumerate().map(piece).collect()
}

/// Utilization, memory, temperature and power.
fn load_line(gpu: &GpuView, width: u16) -> Vec<Piece> {
    let history_cells = width.saturating_sub(LOAD_CELLS).clamp(3, 24).into();
    let skipped = gpu.history.len().saturating_sub(history_cells);
    let history = sparkline(gpu.history.range(skipped..));
    let temperature_color = match gpu.temperature {
        Some(celsius) if celsius >= 90.0 => Color::Red,
        Some(celsius) if celsius >= 80.0 => Color::Yellow,
        _ => Color::Reset,
    };
    let temperature = format!("{:>3} °C", format_rounded(gpu.temperature));
    let power = format!(
        "{}/{}",
        format_rounded(gpu.power),
        format_rounded(gpu.power_limit)
    );
    vec![
        utilization_piece(INDENT, gpu.utilization, width),
        Piece::new(1, format!("{history:>history_cells$}").green()),
        memory_piece(gpu.memory, width),
        Piece::new(2, temperature.fg(temperature_color)),
        Piece::new(2, format!("{power:>7} W")),
    ]
}

/// Activity of the GPU's parts, clocks and `NVLink`.
fn detail_line(gpu: &GpuView, width: u16) -> Vec<Piece> {
    let activity =
        |gap, name, share| Piece::new(gap, format!("{name} {:>5}", format_percent(share)));
    let clocks = format!(
        "{}/{}",
        format_rounded(gpu.sm_clock),
        format_rounded(gpu.memory_clock)
    );
    let mut pieces = vec![
        activity(INDENT, "SM", gpu.sm_active),
        activity(2, "tensor", gpu.tensor_active),
        activity(2, "DRAM", gpu.dram_active),
        Piece::new(2, format!("{clocks:>9} MHz")),
    ];
    let links = match gpu.links {
        LinkCount::None => return pieces,
        LinkCount::Unknown => Span::from(format!("NVLink {NO_VALUE}")),
        LinkCount::Some { up, total } => {
            let text = Span::from(format!("NVLink {up}/{total} up"));
            if up < total { text.yellow() } else { text }
        }
    };
    let transmit = Span::from(format!(" ↑ {:>10}", format_rate(gpu.nvlink_tx)));
    let receive = Span::from(format!(" ↓ {:>10}", format_rate(gpu.nvlink_rx)));
    let piece = |gap, spans| Piece { gap, spans };
    if width < NARROW {
        pieces.extend([piece(2, vec![links, transmit]), piece(0, vec![receive])]);
    } else {
        pieces.push(piece(2, vec![links, transmit, receive]));
    }
    pieces
}

fn instance_line(instance: &InstanceView, width: u16) -> Vec<Piece> {
    let profile = sanitize_text(instance.profile.as_deref().unwrap_or("MIG"));
    vec![
        Piece::new(INDENT, format!("└ {:>2} {profile:<12}", instance.id)),
        utilization_piece(1, instance.utilization, width),
        memory_piece(instance.memory, width),
    ]
}

fn utilization_piece(gap: usize, share: Option<f64>, width: u16) -> Piece {
    let mut spans = vec![Span::from("util ")];
    spans.extend(bar(share, bar_cells(width), Color::Green));
    spans.push(Span::from(format!(" {:>5}", format_percent(share))));
    Piece { gap, spans }
}

fn memory_piece(memory: MemoryUsage, width: u16) -> Piece {
    let share = memory.used.zip(memory.total);
    let share = share.filter(|(_, total)| *total > 0.0);
    let share = share.map(|(used, total)| used / total);
    let text = format!("{}/{}", format_gib(memory.used), format_gib(memory.total));
    let mut spans = vec![Span::from("mem ")];
    spans.extend(bar(share, bar_cells(width), Color::Cyan));
    spans.push(Span::from(format!(" {text:>9} GiB")));
    Piece { gap: 2, spans }
}

#[cfg(test)]
mod tests;
