//! A simulated host with a manual clock, its reader, and drawing as text.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dcgm::mock::{Clock, Mock, Model};
use dcgm::{
    Backend, BackendKind, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, EntityStatus,
    Link, LinkState, Query, Result, Samples, Watch, WatchRequest,
};
use dcgm_terminal::{HostReader, HostView, ScreenState, draw};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A simulated host, its clock and its reader.
pub(crate) struct Fixture {
    pub(crate) mock: Mock,
    pub(crate) clock: Clock,
    pub(crate) reader: HostReader,
    start: Instant,
}

impl Fixture {
    pub(crate) fn new(model: &str) -> Self {
        let (mock, clock) = mock(model);
        Self::with_client(mock.clone(), mock, clock)
    }

    /// Reads through a client that wraps the mock.
    pub(crate) fn with_client(client: impl Client + 'static, mock: Mock, clock: Clock) -> Self {
        let reader = HostReader::new(Arc::new(client), SECOND);
        Self {
            mock,
            clock,
            reader,
            start: Instant::now(),
        }
    }

    /// Reads once a second and returns the last view.
    pub(crate) fn read_for(&mut self, seconds: u32) -> HostView {
        for _ in 1..seconds {
            self.read();
        }
        self.read()
    }

    /// Reads a second later.
    pub(crate) fn read(&mut self) -> HostView {
        self.clock.advance(SECOND);
        let now = self.start + self.clock.now();
        self.reader.read(now).clone()
    }
}

pub(crate) fn mock(model: &str) -> (Mock, Clock) {
    let clock = Clock::manual();
    let model = model.parse::<Model>().unwrap();
    let mock = Mock::builder().model(model).clock(clock.clone()).build();
    (mock, clock)
}

pub(crate) fn draw_cells(view: &HostView, width: u16, height: u16) -> Buffer {
    draw_screen(view, &mut ScreenState::default(), width, height)
}

pub(crate) fn draw_screen(
    view: &HostView,
    screen: &mut ScreenState,
    width: u16,
    height: u16,
) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    draw(view, screen, cells.area, &mut cells);
    cells
}

pub(crate) fn cells_to_text(cells: &Buffer) -> String {
    let mut text = String::new();
    for row in cells.content.chunks(cells.area.width.max(1).into()) {
        text.extend(row.iter().map(Cell::symbol));
        text.push('\n');
    }
    text
}

pub(crate) fn draw_text(view: &HostView, width: u16, height: u16) -> String {
    cells_to_text(&draw_cells(view, width, height))
}

/// Draws at 120x40.
pub(crate) fn default_text(view: &HostView) -> String {
    draw_text(view, 120, 40)
}

/// A mock with differences that a test sets.
#[derive(Debug)]
pub(crate) struct PatchedClient {
    pub(crate) mock: Mock,
    pub(crate) patch: Arc<Patch>,
}

#[derive(Debug, Default)]
pub(crate) struct Patch {
    /// Number of links of GPU 0 that are down.
    pub(crate) links_down: AtomicUsize,
    /// Number of calls of `links`.
    pub(crate) link_requests: AtomicUsize,
    /// Number of calls of `entities`.
    pub(crate) entity_requests: AtomicUsize,
    /// Kind and target of the backend, if not the mock's.
    pub(crate) backend: Mutex<Option<(BackendKind, &'static str)>>,
    /// GPUs with another status. As in an engine, a lost one is not in the list of ids.
    pub(crate) statuses: Mutex<Vec<(u32, EntityStatus)>>,
    /// GPUs that are not listed at all.
    pub(crate) missing: Mutex<Vec<u32>>,
    /// Fields of all watches that were requested.
    pub(crate) watched: Mutex<Vec<WatchRequest>>,
}

impl Patch {
    fn status(&self, id: EntityId) -> Option<EntityStatus> {
        let statuses = self.statuses.lock().unwrap();
        let found = statuses.iter().find(|(gpu, _)| EntityId::gpu(*gpu) == id);
        found.map(|(_, status)| *status)
    }

    fn is_missing(&self, id: EntityId) -> bool {
        let missing = self.missing.lock().unwrap();
        missing.iter().any(|gpu| EntityId::gpu(*gpu) == id)
    }
}

impl PatchedClient {
    pub(crate) fn fixture(model: &str) -> (Fixture, Arc<Patch>) {
        let (mock, clock) = mock(model);
        let patch = Arc::new(Patch::default());
        let client = Self {
            mock: mock.clone(),
            patch: Arc::clone(&patch),
        };
        (Fixture::with_client(client, mock, clock), patch)
    }
}

impl Client for PatchedClient {
    fn backend(&self) -> Backend {
        match *self.patch.backend.lock().unwrap() {
            Some((kind, target)) => Backend::new(kind, target),
            None => self.mock.backend(),
        }
    }

    fn connect(&self) -> Result<()> {
        self.mock.connect()
    }

    fn close(&self) {
        self.mock.close();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.mock.build_info()
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        self.mock.list(kind, into)?;
        into.retain(|id| {
            !self.patch.is_missing(*id) && self.patch.status(*id) != Some(EntityStatus::LOST)
        });
        Ok(())
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.patch.entity_requests.fetch_add(1, Ordering::Relaxed);
        let mut entities = self.mock.entities(kinds)?;
        entities.retain(|entity| !self.patch.is_missing(entity.id));
        for entity in &mut entities {
            entity.status = self.patch.status(entity.id).unwrap_or(entity.status);
        }
        Ok(entities)
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.patch.link_requests.fetch_add(1, Ordering::Relaxed);
        let mut links = self.mock.links()?;
        let gpu_links = links
            .iter_mut()
            .filter(|link| link.parent == EntityId::gpu(0));
        for link in gpu_links.take(self.patch.links_down.load(Ordering::Relaxed)) {
            link.state = LinkState::DOWN;
        }
        Ok(links)
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.patch.watched.lock().unwrap().push(request.clone());
        self.mock.watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        self.mock.latest(query, into)
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        self.mock.events(watch, cursor, into)
    }
}
