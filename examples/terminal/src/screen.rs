//! What the person at the terminal has chosen.

use core::cmp::Ordering;

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
    /// How many GPUs are above the first that is shown.
    pub scroll: usize,
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
            KeyCode::Home => self.scroll = 0,
            _ => {}
        }
        Flow::Stay
    }

    /// The GPUs that are shown from the top, in order. The last is never scrolled away.
    pub fn gpus<'a>(&mut self, view: &'a View) -> Vec<&'a Gpu> {
        let mut gpus = view.gpus.iter().collect::<Vec<_>>();
        gpus.sort_by(|one, other| self.sort.compare(one, other));
        self.scroll = self.scroll.min(gpus.len().saturating_sub(1));
        gpus.split_off(self.scroll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let gpu = |id, busy, watts| Gpu {
            id,
            busy,
            power: (watts, None),
            ..Gpu::default()
        };
        View {
            gpus: vec![
                gpu(0, Some(0.5), Some(300.0)),
                gpu(1, None, Some(700.0)),
                gpu(2, Some(0.9), None),
            ],
            ..View::default()
        }
    }

    fn ids(screen: &mut Screen) -> Vec<u32> {
        screen.gpus(&view()).iter().map(|gpu| gpu.id).collect()
    }

    fn press(screen: &mut Screen, code: KeyCode) -> Flow {
        screen.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn a_key_steps_through_the_orders_and_what_is_not_known_comes_last() {
        let mut screen = Screen::default();
        assert_eq!(ids(&mut screen), [0, 1, 2]);
        press(&mut screen, KeyCode::Char('s'));
        assert_eq!((screen.sort, ids(&mut screen)), (Sort::Busy, vec![2, 0, 1]));
        press(&mut screen, KeyCode::Char('s'));
        assert_eq!(
            (screen.sort, ids(&mut screen)),
            (Sort::Power, vec![1, 0, 2])
        );
        for _ in 0..2 {
            press(&mut screen, KeyCode::Char('s'));
        }
        assert_eq!(screen.sort, Sort::Index);
    }

    #[test]
    fn scrolling_stops_at_both_ends() {
        let mut screen = Screen::default();
        press(&mut screen, KeyCode::Up);
        assert_eq!(ids(&mut screen), [0, 1, 2]);
        for _ in 0..9 {
            press(&mut screen, KeyCode::Char('j'));
        }
        assert_eq!(ids(&mut screen), [2]);
        press(&mut screen, KeyCode::Char('k'));
        assert_eq!(ids(&mut screen), [1, 2]);
    }

    #[test]
    fn three_keys_end_it_and_others_do_not() {
        let mut screen = Screen::default();
        assert_eq!(press(&mut screen, KeyCode::Char('q')), Flow::Quit);
        assert_eq!(press(&mut screen, KeyCode::Esc), Flow::Quit);
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(screen.key(control), Flow::Quit);
        assert_eq!(press(&mut screen, KeyCode::Char('c')), Flow::Stay);
        assert_eq!(press(&mut screen, KeyCode::Char('p')), Flow::Stay);
        assert!(screen.paused);
    }
}
