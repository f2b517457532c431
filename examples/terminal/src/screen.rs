//! The state of the screen that keys change: order, pause, scrolling, help.

use core::cmp::Ordering;
use core::ops::Range;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::view::{GpuView, HostView};

/// Order of the GPUs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SortKey {
    /// GPU id, ascending.
    #[default]
    Index,
    /// Utilization, highest first.
    Utilization,
    /// Power draw, highest first.
    Power,
    /// Temperature, highest first.
    Temperature,
}

impl SortKey {
    /// All orders, in the sequence in which a key selects them.
    pub const ALL: [Self; 4] = [
        Self::Index,
        Self::Utilization,
        Self::Power,
        Self::Temperature,
    ];

    /// Returns the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Utilization => "utilization",
            Self::Power => "power",
            Self::Temperature => "temperature",
        }
    }

    fn next(self) -> Self {
        let index = Self::ALL.iter().position(|key| *key == self);
        let next = index.map_or(0, |index| (index + 1) % Self::ALL.len());
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    /// Compares in descending order of the value; a GPU without a value comes last.
    fn compare(self, one: &GpuView, other: &GpuView) -> Ordering {
        let value = |gpu: &GpuView| match self {
            Self::Index => None,
            Self::Utilization => gpu.utilization,
            Self::Power => gpu.power,
            Self::Temperature => gpu.temperature,
        };
        let value = |gpu| value(gpu).unwrap_or(f64::NEG_INFINITY);
        value(other)
            .total_cmp(&value(one))
            .then(one.id.cmp(&other.id))
    }
}

/// Effect of a key on the program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a program goes on or ends")]
pub enum KeyOutcome {
    /// The program goes on.
    Continue,
    /// The program ends.
    Quit,
}

/// State of the screen.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ScreenState {
    /// Order of the GPUs.
    pub sort: SortKey,
    /// Set while the displayed values stand still.
    pub paused: bool,
    /// Set while the list of keys is displayed.
    pub help: bool,
    /// Number of lines above the first displayed one; limited when the screen is drawn.
    pub scroll: usize,
    /// Set for an image that is printed: there are no keys.
    pub printed: bool,
    /// Number of lines that fitted when the screen was last drawn.
    page: usize,
}

impl ScreenState {
    /// Creates the state for an image that is printed.
    #[must_use]
    pub fn for_printing() -> Self {
        Self {
            printed: true,
            ..Self::default()
        }
    }

    /// Handles a key.
    pub fn handle_key(&mut self, key: KeyEvent) -> KeyOutcome {
        if key.kind == KeyEventKind::Release {
            return KeyOutcome::Continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return KeyOutcome::Quit,
            KeyCode::Char('q') => return KeyOutcome::Quit,
            KeyCode::Esc if !self.help => return KeyOutcome::Quit,
            KeyCode::Esc => self.help = false,
            KeyCode::Char('?') => self.help = !self.help,
            _ if self.help => {}
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('p') => self.paused = !self.paused,
            KeyCode::Char('j') | KeyCode::Down => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Char('k') | KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(self.page_step()),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(self.page_step()),
            KeyCode::Home => self.scroll = 0,
            KeyCode::End => self.scroll = usize::MAX,
            _ => {}
        }
        KeyOutcome::Continue
    }

    /// Returns the GPUs in the selected order.
    #[must_use]
    pub fn sorted_gpus<'a>(&self, view: &'a HostView) -> Vec<&'a GpuView> {
        let mut gpus = view.gpus.iter().collect::<Vec<_>>();
        gpus.sort_by(|one, other| self.sort.compare(one, other));
        gpus
    }

    /// Returns which of `lines` are displayed where `page` lines fit, and limits scrolling to the
    /// last line.
    pub(crate) fn visible_lines(&mut self, lines: usize, page: usize) -> Range<usize> {
        self.page = page;
        self.scroll = self.scroll.min(lines.saturating_sub(page));
        self.scroll..lines.min(self.scroll.saturating_add(page))
    }

    /// Returns the lines of a page less two: one stays visible, and one may be a repeated name.
    fn page_step(&self) -> usize {
        self.page.saturating_sub(2).max(1)
    }
}

#[cfg(test)]
mod tests;
