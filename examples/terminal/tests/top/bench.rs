//! A mock host with a clock of its own, and what is drawn of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::Client;
use dcgm::mock::{Clock, Mock, Model};
use dcgm_terminal::{Reader, Screen, View, draw};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A host, its time, and who reads it.
pub(crate) struct Bench {
    pub(crate) mock: Mock,
    pub(crate) clock: Clock,
    pub(crate) reader: Reader,
    began: Instant,
}

impl Bench {
    pub(crate) fn new(model: &str) -> Self {
        let clock = Clock::manual();
        let model = model.parse::<Model>().unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        Self::of(mock.clone(), mock, clock)
    }

    /// Of a client that asks that mock.
    pub(crate) fn of(client: impl Client + 'static, mock: Mock, clock: Clock) -> Self {
        let reader = Reader::new(Arc::new(client), SECOND);
        Self {
            mock,
            clock,
            reader,
            began: Instant::now(),
        }
    }

    /// Reads once a second for so long.
    pub(crate) fn watch(&mut self, seconds: u32) -> View {
        for _ in 1..seconds {
            self.step();
        }
        self.step()
    }

    pub(crate) fn step(&mut self) -> View {
        self.clock.advance(SECOND);
        let now = self.began + self.clock.now();
        self.reader.read(now).clone()
    }
}

pub(crate) fn drawn(view: &View, width: u16, height: u16) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    draw(view, &mut Screen::default(), cells.area, &mut cells);
    cells
}

pub(crate) fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for row in cells.content.chunks(cells.area.width.max(1).into()) {
        text.extend(row.iter().map(Cell::symbol));
        text.push('\n');
    }
    text
}

pub(crate) fn shown(view: &View) -> String {
    text(&drawn(view, 120, 40))
}
