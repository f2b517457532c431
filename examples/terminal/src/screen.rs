//! What the person at the terminal has chosen.

use core::cmp::Ordering;
use core::ops::Range;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::state::{Gpu, View};

/// By what GPUs are sorted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Sort {
    /// Their number.
    #[default]
    Index,
    /// How busy they are: most first.
    Busy,
    /// What power they take: most first.
    Power,
    /// How hot they are: hottest first.
    Temperature,
}

impl Sort {
    /// Every one, in the order in which a key steps through them.
    pub const ALL: [Self; 4] = [Self::Index, Self::Busy, Self::Power, Self::Temperature];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Busy => "utilization",
            Self::Power => "power",
            Self::Temperature => "temperature",
        }
    }

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self);
        let next = at.map_or(0, |at| (at + 1) % Self::ALL.len());
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    /// Most first; what is not known comes last.
    fn compare(self, one: &Gpu, other: &Gpu) -> Ordering {
        let key = |gpu: &Gpu| match self {
            Self::Index => None,
            Self::Busy => gpu.busy,
            Self::Power => gpu.power.0,
            Self::Temperature => gpu.temperature,
        };
        let key = |gpu| key(gpu).unwrap_or(f64::NEG_INFINITY);
        key(other).total_cmp(&key(one)).then(one.id.cmp(&other.id))
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Flow {
    /// Go on.
    Stay,
    /// End.
    Quit,
}

/// How a view is shown.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Screen {
    /// By what GPUs are sorted.
    pub sort: Sort,
    /// Whether what is shown stands still.
    pub paused: bool,
    /// How many lines are above the first that is shown. More than there are is the end.
    pub scroll: usize,
    /// How many lines there was room for when it was drawn last.
    page: usize,
}

impl Screen {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Flow {
        if key.kind == KeyEventKind::Release {
            return Flow::Stay;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return Flow::Quit,
            KeyCode::Char('q') | KeyCode::Esc => return Flow::Quit,
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('p') => self.paused = !self.paused,
            KeyCode::Char('j') | KeyCode::Down => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Char('k') | KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(self.most()),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(self.most()),
            KeyCode::Home => self.scroll = 0,
            KeyCode::End => self.scroll = usize::MAX,
            _ => {}
        }
        Flow::Stay
    }

    /// The GPUs, in order.
    #[must_use]
    pub fn order<'a>(&self, view: &'a View) -> Vec<&'a Gpu> {
        let mut gpus = view.gpus.iter().collect::<Vec<_>>();
        gpus.sort_by(|one, other| self.sort.compare(one, other));
        gpus
    }

    /// Which of so many lines are shown where there is room for `page`. Nothing is scrolled further
    /// than to the last line.
    pub(crate) fn window(&mut self, lines: usize, page: usize) -> Range<usize> {
        self.page = page;
        self.scroll = self.scroll.min(lines.saturating_sub(page));
        self.scroll..lines.min(self.scroll.saturating_add(page))
    }

    /// As far as a page goes: one line of it is seen again, and one is the name of a GPU.
    fn most(&self) -> usize {
        self.page.saturating_sub(2).max(1)
    }
}

#[cfg(test)]
mod tests;
