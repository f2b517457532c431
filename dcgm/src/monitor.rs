//! [`Monitor`]: a client that is supervised. It connects, lists, watches and reads, does so again after
//! every failure, and reports what changed as [`Event`]s.
//!
//! ```text
//!  poll   connect ──► list ids ──► entities ──► read links ──► watch ──► read events and samples
//!            ▲       (each time)  (new ids)   (each minute)  (new topology)       │
//!            └───────────────── connection lost: Disconnected ◄───────────────────┘
//! ```

use core::fmt;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::{Client, Query, Watch, WatchRequest};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{OwnedSample, Samples, Timestamp};
use crate::version::BuildInfo;

mod stream;

pub use stream::EventStream;

const MIN_INTERVAL: Duration = Duration::from_millis(1);
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// The interval of reading link states while nothing points to a change: over TCP the call takes
/// about 90 ms.
const LINK_INTERVAL: Duration = Duration::from_secs(60);

/// The interval of reading the status of GPUs that cannot be sampled: no list shows that a lost one was
/// detached.
const STATUS_INTERVAL: Duration = Duration::from_secs(60);

/// The delay before a refused watch is requested again; it doubles up to the second one.
const MIN_REWATCH: Duration = Duration::from_secs(60);
const MAX_REWATCH: Duration = Duration::from_secs(600);

/// The intervals without a new sample after which the engine counts as silent.
const SILENT_INTERVALS: u32 = 3;

/// Kinds of entities that are listed: GPUs, and what appears and disappears with MIG.
const KINDS: [EntityKind; 4] = [
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
    EntityKind::SWITCH,
];

/// A change that a [`Monitor`] reports.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The client is connected to this engine.
    Connected(BuildInfo),
    /// The connection is lost, or could not be opened. Reported once until the next `Connected`.
    Disconnected(Error),
    /// Entities appeared or disappeared: GPUs, NVSwitches or MIG instances.
    TopologyChanged {
        /// The new entities.
        added: Vec<Entity>,
        /// The entities that are no longer listed.
        removed: Vec<EntityId>,
    },
    /// A GPU is lost: it fell off the bus, or is no longer listed.
    GpuLost(EntityId),
    /// Telemetry of a GPU is paused, for example by a diagnostic.
    GpuPaused(EntityId),
    /// The driver was detached from a GPU, for maintenance or passthrough.
    GpuDetached(EntityId),
    /// A GPU that was lost, paused or detached can be sampled again.
    GpuBack(EntityId),
    /// The driver reported an XID. [`Xid::of_code`](crate::Xid::of_code) has its meaning, severity and
    /// advised action.
    Xid {
        /// The GPU.
        gpu: EntityId,
        /// The code.
        code: i64,
        /// The time of the XID, by the engine.
        timestamp: Timestamp,
    },
    /// An NVSwitch reported an `SXid`.
    Sxid {
        /// The NVSwitch.
        switch: EntityId,
        /// The code.
        code: i64,
        /// Set if the error is fatal.
        is_fatal: bool,
        /// The time of the `SXid`, by the engine.
        timestamp: Timestamp,
    },
    /// An NVLink that was up is no longer up.
    LinkDown {
        /// The GPU or NVSwitch.
        parent: EntityId,
        /// The number of the link at its parent.
        index: u32,
    },
    /// An NVLink is up that was not up.
    LinkUp {
        /// The GPU or NVSwitch.
        parent: EntityId,
        /// The number of the link at its parent.
        index: u32,
    },
    /// A new sample of a field of [`Monitor::with_fields`].
    Sample(OwnedSample),
    /// The engine refused to watch fields or entities. The monitor requests them again after a minute,
    /// and then less often, at least every 10 minutes.
    WatchRefused(Error),
    /// The engine accepts what it had refused.
    WatchRestored,
    /// The engine has taken no new sample of any field of [`Monitor::with_fields`] for this time.
    Silent(Duration),
    /// The engine takes samples again.
    Recovered,
    /// A call failed, and the connection is intact. Reported once until the calls succeed again.
    Failed(Error),
}

/// A supervised client: it connects and reconnects, watches again what was lost, and reports each
/// change once.
///
/// [`poll`](Self::poll) does one round and returns what changed; call it from a loop of your own.
/// [`start`](Self::start) does so on a thread, and returns the events as an iterator.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::EntityId;
/// use dcgm::mock::Mock;
/// use dcgm::monitor::{Event, Monitor};
/// use std::sync::Arc;
///
/// let mock = Mock::named("8xh100").unwrap();
/// let mut monitor = Monitor::new(Arc::new(mock.clone()));
/// let events = monitor.poll();
/// assert!(matches!(events[0], Event::Connected(_)));
/// assert!(matches!(&events[1], Event::TopologyChanged { added, .. } if added.len() == 12));
///
/// mock.push_event(EntityId::gpu(3), dcgm::FieldId::XID_ERRORS, 79);
/// let events = monitor.poll();
/// assert!(matches!(events[..], [Event::Xid { code: 79, .. }]));
/// # }
/// ```
pub struct Monitor {
    client: Arc<dyn Client>,
    interval: Duration,
    fields: Vec<FieldId>,
    is_connected: bool,
    /// Set once the loss of the connection, or another failure, was reported.
    has_reported_loss: bool,
    has_failed: bool,
    /// The ids of the last list, which is cheap; the entities are read when it changes.
    listed: Vec<EntityId>,
    entities: BTreeMap<EntityId, Entity>,
    entities_read_at: Option<Instant>,
    /// GPUs that were seen and cannot be sampled.
    unavailable: BTreeMap<EntityId, EntityStatus>,
    links: HashMap<(EntityId, u32), LinkState>,
    links_read_at: Option<Instant>,
    cursors: HashMap<EntityKind, Cursor>,
    watches: Option<MonitorWatches>,
    refused: Refused,
    samples: Samples,
}

/// The watches of one set of entities.
#[derive(Debug)]
struct MonitorWatches {
    entities: Vec<EntityId>,
    /// Lost GPUs, whose events are watched.
    lost: Vec<EntityId>,
    events: Vec<(EntityKind, Watch)>,
    _fields: Vec<Watch>,
    query: Query,
    /// Timestamp of the last sample of each pair.
    seen: HashMap<(EntityId, FieldId), Timestamp>,
    last_sample: Instant,
    is_silent: bool,
}

/// Watches that the engine refused.
#[derive(Debug, Default)]
struct Refused {
    requests: Vec<WatchRequest>,
    retry_at: Option<Instant>,
    delay: Option<Duration>,
    is_reported: bool,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("client", &self.client)
            .field("interval", &self.interval)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl Monitor {
    /// Creates a monitor that reports everything but samples, at an interval of 1 s. Does not connect.
    #[must_use]
    pub fn new(client: Arc<dyn Client>) -> Self {
        Self {
            client,
            interval: Duration::from_secs(1),
            fields: Vec::new(),
            is_connected: false,
            has_reported_loss: false,
            has_failed: false,
            listed: Vec::new(),
            entities: BTreeMap::new(),
            entities_read_at: None,
            unavailable: BTreeMap::new(),
            links: HashMap::new(),
            links_read_at: None,
            cursors: HashMap::new(),
            watches: None,
            refused: Refused::default(),
            samples: Samples::new(),
        }
    }

    /// Sets the fields of GPUs whose samples are reported as [`Event::Sample`].
    #[must_use]
    pub fn with_fields(mut self, fields: impl Into<Vec<FieldId>>) -> Self {
        self.fields = fields.into();
        self
    }

    /// Sets the interval of sampling, and of the rounds of [`start`](Self::start): from 1 ms to a day.
    /// Other values count as the nearest of these.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval.clamp(MIN_INTERVAL, MAX_INTERVAL);
        self
    }

    /// Returns the listed entities, in ascending order.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    /// Does one round, and returns what changed since the last one. Never fails: a failure is an event.
    /// Blocks as the methods of the client do.
    pub fn poll(&mut self) -> Vec<Event> {
        self.poll_at(Instant::now())
    }

    /// Does one round like [`poll`](Self::poll), at the time `now`: for tests that advance a clock of
    /// their own.
    pub fn poll_at(&mut self, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        match self.try_poll(now, &mut events) {
            Ok(()) => self.has_failed = false,
            Err(error) if error.ends_connection() || !self.is_connected => {
                events.extend(self.end_connection(error));
            }
            Err(error) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    events.push(Event::Failed(error));
                }
            }
        }
        events
    }

    /// Ends the connection, and returns the event if its loss was not reported before.
    fn end_connection(&mut self, error: Error) -> Option<Event> {
        self.is_connected = false;
        self.watches = None;
        self.refused = Refused::default();
        let is_new = !std::mem::replace(&mut self.has_reported_loss, true);
        is_new.then_some(Event::Disconnected(error))
    }

    fn try_poll(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        let client = Arc::clone(&self.client);
        if !self.is_connected {
            client.connect()?;
            let engine = client.build_info()?;
            self.is_connected = true;
            self.has_reported_loss = false;
            self.links_read_at = None;
            self.entities_read_at = None;
            events.push(Event::Connected(engine));
        }
        self.read_entities(&*client, now, events)?;
        self.read_links(&*client, now, events)?;
        self.retry_refused(&*client, now)?;
        self.watch(&*client, now, events)?;
        client.update()?;
        self.read_events(&*client, events)?;
        self.read_samples(&*client, now, events)
    }

    /// Reads the entities if the list of their ids has changed, or a status can have.
    fn read_entities(
        &mut self,
        client: &dyn Client,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let mut listed = Vec::new();
        let (mut failed, mut is_partial) = (None, false);
        client.list_each(&KINDS, &mut |kind, ids| match ids {
            Ok(ids) => listed.extend_from_slice(ids),
            // Every engine lists GPUs; some have no other kind.
            Err(error) if kind == EntityKind::GPU => failed = Some(error),
            Err(error) => is_partial |= !error.is_unsupported(),
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        let is_recent = |at| now.saturating_duration_since(at) < STATUS_INTERVAL;
        let is_known = match self.entities_read_at {
            None => false,
            // As while a GPU is partitioned: what is not listed at present is not gone.
            Some(_) if is_partial => true,
            Some(at) => self.listed == listed && (self.unavailable.is_empty() || is_recent(at)),
        };
        if !is_known {
            let entities = client.entities(&KINDS)?;
            self.compare_entities(entities, events);
            self.entities_read_at = Some(now);
            self.listed = listed;
        }
        Ok(())
    }

    /// Reports entities that appeared, disappeared or changed their status.
    fn compare_entities(&mut self, listed: Vec<Entity>, events: &mut Vec<Event>) {
        let listed: BTreeMap<_, _> = listed.into_iter().map(|one| (one.id, one)).collect();
        let is_new = |entity: &&Entity| !self.entities.contains_key(&entity.id);
        let added: Vec<_> = listed.values().filter(is_new).cloned().collect();
        let is_gone = |id: &&EntityId| !listed.contains_key(id);
        let removed: Vec<_> = self.entities.keys().filter(is_gone).copied().collect();
        let gone = removed.iter().filter(|id| id.kind == EntityKind::GPU);
        let mut unavailable: BTreeMap<_, _> = self
            .unavailable
            .keys()
            .chain(gone)
            .filter(|id| !listed.contains_key(id))
            .map(|id| (*id, EntityStatus::LOST))
            .collect();
        for entity in listed.values().filter(|one| one.id.kind == EntityKind::GPU) {
            if event_of_status(entity.id, entity.status).is_some() {
                unavailable.insert(entity.id, entity.status);
            }
        }
        if !added.is_empty() || !removed.is_empty() {
            events.push(Event::TopologyChanged { added, removed });
        }
        for (id, status) in &unavailable {
            if self.unavailable.get(id) != Some(status) {
                events.extend(event_of_status(*id, *status));
            }
        }
        let back = self.unavailable.keys();
        events.extend(
            back.filter(|id| !unavailable.contains_key(id))
                .map(|id| Event::GpuBack(*id)),
        );
        self.entities = listed;
        self.unavailable = unavailable;
    }

    fn read_links(
        &mut self,
        client: &dyn Client,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let is_recent = |at| now.saturating_duration_since(at) < LINK_INTERVAL;
        if self.links_read_at.is_some_and(is_recent) {
            return Ok(());
        }
        let links = match client.links() {
            Ok(links) => links,
            Err(error) if error.ends_connection() => return Err(error),
            // This engine cannot list them, or not at present.
            Err(_) => Vec::new(),
        };
        let states: HashMap<_, _> = links
            .into_iter()
            .map(|link| ((link.parent, link.index), link.state))
            .collect();
        let is_up = |state: Option<&LinkState>| state == Some(&LinkState::UP);
        let mut changed: Vec<_> = states
            .iter()
            .filter(|(key, state)| {
                let before = self.links.get(key);
                before.is_some() && is_up(before) != is_up(Some(state))
            })
            .collect();
        changed.sort_unstable_by_key(|(key, _)| **key);
        events.extend(changed.into_iter().map(|((parent, index), state)| {
            let (parent, index) = (*parent, *index);
            if is_up(Some(state)) {
                Event::LinkUp { parent, index }
            } else {
                Event::LinkDown { parent, index }
            }
        }));
        // Links of a GPU that is lost are not listed; they are compared when it is back.
        self.links.extend(states);
        self.links_read_at = Some(now);
        Ok(())
    }

    /// Requests what the engine refused again, when it is time.
    fn retry_refused(&mut self, client: &dyn Client, now: Instant) -> Result<()> {
        if self.refused.retry_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        self.refused.schedule(now);
        for request in &self.refused.requests {
            match client.watch(request) {
                Ok(_) => {
                    // Make all watches again, as the accepted part may be a part of one.
                    self.watches = None;
                    return Ok(());
                }
                Err(error) if error.ends_connection() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Watches the fields of the entities, if these are others than those of the watches.
    fn watch(&mut self, client: &dyn Client, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        let with_status = |is_wanted: fn(EntityStatus) -> bool| -> Vec<EntityId> {
            let wanted = self.entities.values().filter(|one| {
                matches!(one.id.kind, EntityKind::GPU | EntityKind::SWITCH) && is_wanted(one.status)
            });
            wanted.map(|one| one.id).collect()
        };
        let ids = with_status(can_be_sampled);
        let lost = with_status(|status| status == EntityStatus::LOST);
        let is_same =
            |watches: &MonitorWatches| (&watches.entities, &watches.lost) == (&ids, &lost);
        if self.watches.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        // The last events of GPUs that are lost now.
        self.read_events(client, events)?;
        // End the old watches first, so that the engine never has both.
        self.watches = None;
        let of =
            |kind| -> Vec<EntityId> { ids.iter().filter(|id| id.kind == kind).copied().collect() };
        let (gpus, switches) = (of(EntityKind::GPU), of(EntityKind::SWITCH));
        let sxids = [
            FieldId::NVSWITCH_FATAL_ERRORS,
            FieldId::NVSWITCH_NON_FATAL_ERRORS,
        ];
        let mut refusals = Refusals::default();
        let mut event_watches = Vec::new();
        for (entities, fields) in [(&gpus, &[FieldId::XID_ERRORS][..]), (&switches, &sxids)] {
            let request =
                WatchRequest::events(entities.clone(), fields).with_interval(self.interval);
            if let Some(watch) = refusals.watch(client, request)? {
                let kind = entities.first().map_or(EntityKind::GPU, |id| id.kind);
                event_watches.push((kind, watch));
            }
        }
        // The XID of a loss can be recorded after the loss. A refusal is no surprise.
        let request = WatchRequest::events(lost.clone(), [FieldId::XID_ERRORS]);
        let last_xids = Refusals::default().watch(client, request.with_interval(self.interval))?;
        event_watches.extend(last_xids.map(|watch| (EntityKind::GPU, watch)));
        let request = WatchRequest::new(gpus, self.fields.clone()).with_interval(self.interval);
        let fields: Vec<_> = refusals.watch(client, request)?.into_iter().collect();
        self.watches = Some(MonitorWatches {
            query: Query::from_watches(&fields),
            entities: ids,
            lost,
            events: event_watches,
            _fields: fields,
            seen: HashMap::new(),
            last_sample: now,
            is_silent: false,
        });
        self.refused.replace(refusals, now, events);
        Ok(())
    }

    fn read_events(&mut self, client: &dyn Client, events: &mut Vec<Event>) -> Result<()> {
        let Some(watches) = &self.watches else {
            return Ok(());
        };
        let mut outcome = Ok(());
        for (kind, watch) in &watches.events {
            let cursor = self.cursors.entry(*kind).or_default();
            if let Err(error) = client.events(watch, cursor, &mut self.samples) {
                outcome = Err(error);
                continue;
            }
            for sample in &self.samples {
                let code = sample.value.ok().and_then(|value| value.as_i64());
                // 0 means that there was no event.
                let Some(code) = code.filter(|code| *code > 0) else {
                    continue;
                };
                let timestamp = sample.timestamp;
                events.push(if sample.field == FieldId::XID_ERRORS {
                    // Often the first sign of a link failure.
                    self.links_read_at = None;
                    Event::Xid {
                        gpu: sample.entity,
                        code,
                        timestamp,
                    }
                } else {
                    let is_fatal = sample.field == FieldId::NVSWITCH_FATAL_ERRORS;
                    Event::Sxid {
                        switch: sample.entity,
                        code,
                        is_fatal,
                        timestamp,
                    }
                });
            }
        }
        if outcome
            .as_ref()
            .is_err_and(|error| !error.ends_connection())
        {
            // A part of the watch is gone: make all watches again. The cursor stays.
            self.watches = None;
            return Ok(());
        }
        outcome
    }

    fn read_samples(
        &mut self,
        client: &dyn Client,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let Some(watches) = &mut self.watches else {
            return Ok(());
        };
        if watches.query.is_empty() {
            return Ok(());
        }
        client.latest(&watches.query, &mut self.samples)?;
        let mut is_new = false;
        for sample in &self.samples {
            let key = (sample.entity, sample.field);
            let last = watches.seen.insert(key, sample.timestamp);
            if sample.value.is_ok() && last != Some(sample.timestamp) {
                is_new = true;
                events.push(Event::Sample(sample.into_owned()));
            }
        }
        let silent_for = now.saturating_duration_since(watches.last_sample);
        if is_new {
            watches.last_sample = now;
            if std::mem::take(&mut watches.is_silent) {
                events.push(Event::Recovered);
            }
        } else if silent_for >= self.interval * SILENT_INTERVALS && !watches.is_silent {
            watches.is_silent = true;
            events.push(Event::Silent(silent_for));
        }
        Ok(())
    }
}

/// Returns `true` for entities that the engine can sample; fake ones, too.
fn can_be_sampled(status: EntityStatus) -> bool {
    let is_out_of_reach = matches!(
        status,
        EntityStatus::UNSUPPORTED | EntityStatus::INACCESSIBLE
    );
    !is_out_of_reach && event_of_status(EntityId::HOST, status).is_none()
}

/// Returns the event of a GPU that cannot be sampled; `None` for one that can.
fn event_of_status(gpu: EntityId, status: EntityStatus) -> Option<Event> {
    match status {
        EntityStatus::LOST => Some(Event::GpuLost(gpu)),
        EntityStatus::DISABLED => Some(Event::GpuPaused(gpu)),
        EntityStatus::DETACHED => Some(Event::GpuDetached(gpu)),
        _ => None,
    }
}

/// Refusals for another reason than missing support.
#[derive(Debug, Default)]
struct Refusals {
    requests: Vec<WatchRequest>,
    first: Option<Error>,
}

impl Refusals {
    /// Watches, and records what the engine refuses; `None` if it refuses everything, or there is
    /// nothing to watch.
    fn watch(&mut self, client: &dyn Client, request: WatchRequest) -> Result<Option<Watch>> {
        if request.entities.is_empty() || request.fields.is_empty() {
            return Ok(None);
        }
        match client.watch(&request) {
            Ok(watch) => {
                for (part, error) in watch.refused_requests() {
                    self.record(part, &error);
                }
                Ok(Some(watch))
            }
            Err(error) if error.ends_connection() => Err(error),
            Err(error) => {
                self.record(request, &error);
                Ok(None)
            }
        }
    }

    fn record(&mut self, request: WatchRequest, error: &Error) {
        if !error.is_unsupported() {
            self.requests.push(request);
            self.first.get_or_insert_with(|| error.clone());
        }
    }
}

impl Refused {
    /// Takes over the refusals of new watches, and reports a change.
    fn replace(&mut self, refusals: Refusals, now: Instant, events: &mut Vec<Event>) {
        self.requests = refusals.requests;
        if let Some(error) = refusals.first {
            self.schedule(now);
            if !std::mem::replace(&mut self.is_reported, true) {
                events.push(Event::WatchRefused(error));
            }
            return;
        }
        if self.is_reported {
            events.push(Event::WatchRestored);
        }
        *self = Self::default();
    }

    /// Schedules the next request, with twice the delay of the one before.
    fn schedule(&mut self, now: Instant) {
        let delay = self
            .delay
            .map_or(MIN_REWATCH, |delay| (delay * 2).min(MAX_REWATCH));
        self.delay = Some(delay);
        self.retry_at = now.checked_add(delay);
    }
}

#[cfg(all(test, feature = "mock"))]
mod tests;
