//! Reading a host once per interval, across disconnects and changes of its entities.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{
    BackendKind, Client, Cursor, Endpoint, Entity, EntityId, EntityKind, EntityStatus, FieldId,
    Link, Query, Result, Samples, Value, Watch, WatchRequest,
};

use crate::collect::{GpuCollector, Reading};
use crate::fields::{GPU_FIELDS, INSTANCE_FIELDS, PROFILING_FIELDS};
use crate::nvlink;
use crate::text::error_with_hint;
use crate::view::{ConnectionState, EventView, GpuView, HostView};

/// Maximum number of events in the list.
const MAX_EVENTS: usize = 50;

/// Times between requests for the states of GPUs while one of them has no new values: the first, and
/// the longest after it doubled each time. A GPU may be lost for days.
const STATUS_INTERVAL: Duration = Duration::from_secs(5);
const MAX_STATUS_INTERVAL: Duration = Duration::from_secs(30);

/// Minimum time between two requests for link states over TCP. The reply is larger than 16 KiB,
/// which takes the engine 50 to 90 ms to send.
const LINK_INTERVAL_TCP: Duration = Duration::from_secs(60);

/// Fields whose samples are events, with the name of their codes.
const EVENT_FIELDS: [(EntityKind, FieldId, &str); 3] = [
    (EntityKind::GPU, FieldId::XID_ERRORS, "XID"),
    (
        EntityKind::SWITCH,
        FieldId::NVSWITCH_FATAL_ERRORS,
        "fatal SXid",
    ),
    (
        EntityKind::SWITCH,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
        "SXid",
    ),
];

const KINDS: [EntityKind; 2] = [EntityKind::GPU, EntityKind::GPU_INSTANCE];

/// Reads a host.
pub struct HostReader {
    client: Arc<dyn Client>,
    session: Option<Session>,
    samples: Samples,
    cursors: [Cursor; EVENT_FIELDS.len()],
    collector: GpuCollector,
    links: LinkCache,
    view: HostView,
    /// Time of the first failed read since the last successful one.
    failing_since: Option<Instant>,
}

/// Watches on a set of entities. It ends when the connection is lost or the entities change.
struct Session {
    /// Result of listing each kind, for comparison.
    listed: Vec<EntityId>,
    entities: Vec<Entity>,
    /// Time of the next request for the states of GPUs, and the time after it.
    next_status: Instant,
    status_interval: Duration,
    query: Query,
    events: [Option<Watch>; EVENT_FIELDS.len()],
    _watches: Vec<Watch>,
}

/// Link states of the last request.
#[derive(Debug, Default)]
struct LinkCache {
    requested: Option<Instant>,
    /// `None` if the engine does not report links.
    links: Option<Vec<Link>>,
}

impl fmt::Debug for HostReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostReader")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

impl HostReader {
    /// Creates a reader that samples at an interval. It connects at the first read.
    #[must_use]
    pub fn new(client: Arc<dyn Client>, interval: Duration) -> Self {
        let mut reader = Self {
            client,
            session: None,
            samples: Samples::new(),
            cursors: Default::default(),
            collector: GpuCollector::new(interval),
            links: LinkCache::default(),
            view: HostView {
                interval,
                ..HostView::default()
            },
            failing_since: None,
        };
        reader.set_title(None);
        reader
    }

    /// Sets the reason why a simulated host is shown although an engine was requested.
    #[must_use]
    pub fn with_fallback_reason(mut self, reason: Option<String>) -> Self {
        self.view.fallback_reason = reason;
        self
    }

    /// Returns the result of the last read.
    #[must_use]
    pub const fn view(&self) -> &HostView {
        &self.view
    }

    /// Reads the host. If that fails, the view keeps its values and reports the error, and the next
    /// read connects again.
    pub fn read(&mut self, now: Instant) -> &HostView {
        match self.try_read(now) {
            Ok(()) => {
                self.failing_since = None;
                self.view.connection = ConnectionState::Connected;
            }
            Err(error) => {
                let since = *self.failing_since.get_or_insert(now);
                self.view.connection = ConnectionState::Unavailable {
                    since: now.saturating_duration_since(since),
                    reason: error_with_hint(&error),
                };
                self.session = None;
            }
        }
        &self.view
    }

    fn try_read(&mut self, now: Instant) -> Result<()> {
        let session = match self.session.take() {
            Some(mut session) => {
                if self.is_current(&mut session, now)? {
                    session
                } else {
                    // End the watches before the next ones begin.
                    drop(session);
                    self.open_session(now)?
                }
            }
            None => self.open_session(now)?,
        };
        self.client.update()?;
        self.client.latest(&session.query, &mut self.samples)?;
        self.update_links(now)?;
        let reading = Reading {
            entities: &session.entities,
            links: self.links.links.as_deref(),
            samples: &self.samples,
            now,
        };
        self.view.gpus = self.collector.collect(reading, &self.view.gpus);
        let mut samples = Samples::new();
        for (index, (_, _, name)) in EVENT_FIELDS.iter().enumerate() {
            let watch = session.events.get(index).and_then(Option::as_ref);
            if let (Some(watch), Some(cursor)) = (watch, self.cursors.get_mut(index)) {
                self.client.events(watch, cursor, &mut samples)?;
                self.add_events(name, &samples);
            }
        }
        self.session = Some(session);
        Ok(())
    }

    /// Requests the link states, unless that was done a short time ago.
    fn update_links(&mut self, now: Instant) -> Result<()> {
        let interval = if is_tcp(&*self.client) {
            LINK_INTERVAL_TCP
        } else {
            Duration::ZERO
        };
        if let Some(requested) = self.links.requested {
            if now.saturating_duration_since(requested) < interval {
                return Ok(());
            }
        }
        self.links.requested = Some(now);
        self.links.links = match self.client.links() {
            Ok(links) => Some(links),
            Err(error) if error.ends_connection() => return Err(error),
            Err(_) => None,
        };
        Ok(())
    }

    /// Returns `true` if the entities are those of the session, and their states too. The states are
    /// requested only while a GPU has no new values.
    fn is_current(&self, session: &mut Session, now: Instant) -> Result<bool> {
        if list(&*self.client)? != session.listed {
            return Ok(false);
        }
        let has_no_new_values = |gpu: &GpuView| gpu.stale || !gpu.status.has_values();
        if self.view.gpus.iter().any(has_no_new_values) && now >= session.next_status {
            session.status_interval = MAX_STATUS_INTERVAL.min(session.status_interval * 2);
            session.next_status = now + session.status_interval;
            return Ok(sorted_entities(&*self.client)? == session.entities);
        }
        Ok(true)
    }

    fn open_session(&mut self, now: Instant) -> Result<Session> {
        match self.client.connect() {
            Ok(()) => {}
            Err(error) => return Err(error),
        }
        let version = self.client.build_info()?.version();
        self.set_title(version.map(|version| version.to_string()));
        let client = &*self.client;
        let listed = list(client)?;
        let entities = sorted_entities(client)?;
        let gpus_with = |is_wanted: fn(&Entity) -> bool| {
            let gpus = entities
                .iter()
                .filter(|entity| entity.id.kind == EntityKind::GPU);
            let wanted = gpus.filter(|gpu| is_wanted(gpu));
            wanted.map(|gpu| gpu.id).collect::<Vec<_>>()
        };
        let gpus = gpus_with(is_sampled);
        let is_instance = |entity: &&Entity| {
            let on_sampled_gpu = entity.parent.is_none_or(|gpu| gpus.contains(&gpu));
            entity.id.kind == EntityKind::GPU_INSTANCE && on_sampled_gpu
        };
        let instances = entities.iter().filter(is_instance);
        let instances = instances.map(|entity| entity.id).collect::<Vec<_>>();
        // Watches of their own, so that a GPU without profiling has the other values.
        let wanted: [(&[EntityId], &[FieldId]); 4] = [
            (&gpus, &GPU_FIELDS),
            (&gpus, &PROFILING_FIELDS),
            (&gpus, &nvlink::FIELDS),
            (&instances, &INSTANCE_FIELDS),
        ];
        let mut watches = Vec::new();
        let mut refusal = None;
        for (ids, fields) in wanted.into_iter().filter(|(ids, _)| !ids.is_empty()) {
            let request = WatchRequest::new(ids, fields).with_interval(self.view.interval);
            match client.watch(&request) {
                Ok(watch) => watches.push(watch),
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => refusal = Some(error),
            }
        }
        // The XID that explains a loss may be recorded after it.
        let event_gpus = gpus_with(|gpu| gpu.status != EntityStatus::DETACHED);
        let event_watches = self.watch_events(&event_gpus)?;
        // While telemetry is paused, a refusal says nothing new.
        let is_paused = |gpu: &EntityId| {
            let mut entities = entities.iter();
            entities.any(|entity| entity.id == *gpu && entity.status == EntityStatus::DISABLED)
        };
        match refusal {
            Some(error) if watches.is_empty() && !gpus.iter().all(is_paused) => Err(error),
            _ => Ok(Session {
                listed,
                query: Query::from_watches(&watches),
                entities,
                next_status: now + STATUS_INTERVAL,
                status_interval: STATUS_INTERVAL,
                events: event_watches,
                _watches: watches,
            }),
        }
    }

    fn watch_events(&self, gpus: &[EntityId]) -> Result<[Option<Watch>; EVENT_FIELDS.len()]> {
        let mut switches = Vec::new();
        match self.client.list(EntityKind::SWITCH, &mut switches) {
            Err(error) if error.ends_connection() => return Err(error),
            _ => {}
        }
        Ok(EVENT_FIELDS.map(|(kind, field, _)| {
            let ids = if kind == EntityKind::GPU {
                gpus
            } else {
                &switches
            };
            let request = WatchRequest::events(ids, [field]).with_interval(self.view.interval);
            // Without events there are still values.
            (!ids.is_empty())
                .then(|| self.client.watch(&request).ok())
                .flatten()
        }))
    }

    fn set_title(&mut self, version: Option<String>) {
        let backend = self.client.backend();
        self.view.simulated = backend.is_simulated();
        // A mock's target begins so; the screen says more clearly that the host is simulated.
        let target = backend.target.strip_prefix("mock:");
        let target = target.unwrap_or(&backend.target);
        self.view.title = match version {
            Some(version) => format!("{target}, DCGM {version}"),
            None => target.to_owned(),
        };
    }

    fn add_events(&mut self, name: &str, samples: &Samples) {
        for sample in samples {
            if let Ok(Value::Int(code)) = sample.value {
                self.view.events.push_front(EventView {
                    at: sample.timestamp,
                    entity: sample.entity,
                    text: format!("{name} {code}"),
                });
            }
        }
        let events = self.view.events.make_contiguous();
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        self.view.events.truncate(MAX_EVENTS);
    }
}

/// Returns `true` if a watch of the GPU can have values, now or when it goes on.
fn is_sampled(gpu: &Entity) -> bool {
    ![
        EntityStatus::LOST,
        EntityStatus::INACCESSIBLE,
        EntityStatus::DETACHED,
    ]
    .contains(&gpu.status)
}

fn is_tcp(client: &dyn Client) -> bool {
    let backend = client.backend();
    let endpoint = backend.target.parse::<Endpoint>();
    backend.kind == BackendKind::Standalone
        && endpoint.is_ok_and(|endpoint| endpoint.unix_path().is_none())
}

fn list(client: &dyn Client) -> Result<Vec<EntityId>> {
    let mut all = Vec::new();
    for kind in KINDS {
        let mut ids = Vec::new();
        match client.list(kind, &mut ids) {
            Err(error) if error.is_unsupported() => {}
            Err(error) => return Err(error),
            Ok(()) => all.extend(ids),
        }
    }
    Ok(all)
}

fn sorted_entities(client: &dyn Client) -> Result<Vec<Entity>> {
    let mut entities = client.entities(&KINDS)?;
    entities.sort_by_key(|entity| entity.id);
    Ok(entities)
}
