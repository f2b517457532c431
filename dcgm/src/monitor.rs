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
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::policy::Violation;
use crate::sample::{OwnedSample, Sample, Samples, Timestamp};
use crate::version::BuildInfo;

mod display;
mod stream;
mod supervisor;
mod violations;
mod watches;

#[cfg(feature = "stream")]
pub use stream::AsyncEventStream;
pub use stream::EventStream;
pub use supervisor::Supervisor;
pub use violations::ViolationRules;

use violations::ViolationDetector;

const MIN_INTERVAL: Duration = Duration::from_millis(1);
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// The interval of reading link states while nothing points to a change.
const LINK_INTERVAL: Duration = Duration::from_secs(60);

/// The interval of reading the status of GPUs that cannot be sampled: no list shows that a lost one was
/// detached.
const STATUS_INTERVAL: Duration = Duration::from_secs(60);

/// The intervals without a new sample after which the engine counts as silent.
const SILENT_INTERVALS: u32 = 3;

/// Kinds of entities that are listed: GPUs, what appears and disappears with MIG, and NVSwitches.
const KINDS: [EntityKind; 4] = [
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
    EntityKind::SWITCH,
];

/// A change that a [`Monitor`] reports. It is displayed as one line.
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
    /// A GPU violates one of the rules of [`Monitor::with_violations`].
    Violation(Violation),
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
    /// The engine has taken no new sample of any field of [`Monitor::with_fields`] and
    /// [`Monitor::with_violations`] for this time.
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
    engine: Supervisor,
    interval: Duration,
    fields: Vec<FieldId>,
    violations: ViolationDetector,
    /// Set once the loss of the connection, another failure, or a refused watch was reported.
    has_reported_loss: bool,
    has_failed: bool,
    has_refusal: bool,
    /// The ids of the entities, which are read when this list changes.
    listed: Vec<EntityId>,
    entities: BTreeMap<EntityId, Entity>,
    entities_read_at: Option<Instant>,
    /// GPUs that were seen and cannot be sampled.
    unavailable: BTreeMap<EntityId, EntityStatus>,
    links: HashMap<(EntityId, u32), LinkState>,
    watched: Option<MonitorWatches>,
    samples: Samples,
}

/// The watches of one set of entities.
#[derive(Debug)]
struct MonitorWatches {
    entities: Vec<EntityId>,
    /// Lost GPUs, whose events are watched.
    lost: Vec<EntityId>,
    query: Query,
    /// Timestamp of the last sample of each pair.
    seen: HashMap<(EntityId, FieldId), Timestamp>,
    last_sample: Instant,
    is_silent: bool,
    _fields: Vec<Watch>,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("engine", &self.engine)
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
            engine: Supervisor::new(client, KINDS),
            interval: Duration::from_secs(1),
            fields: Vec::new(),
            violations: ViolationDetector::default(),
            has_reported_loss: false,
            has_failed: false,
            has_refusal: false,
            listed: Vec::new(),
            entities: BTreeMap::new(),
            entities_read_at: None,
            unavailable: BTreeMap::new(),
            links: HashMap::new(),
            watched: None,
            samples: Samples::new(),
        }
    }

    /// Sets the fields of GPUs whose samples are reported as [`Event::Sample`].
    #[must_use]
    pub fn with_fields(mut self, fields: impl Into<Vec<FieldId>>) -> Self {
        self.fields = fields.into();
        self
    }

    /// Sets the rules for GPUs whose violations are reported as [`Event::Violation`]. The monitor watches the
    /// fields that they need. XIDs are reported in any case.
    ///
    /// ```
    /// # #[cfg(feature = "mock")] {
    /// use dcgm::mock::Mock;
    /// use dcgm::monitor::{Event, Monitor, ViolationRules};
    /// use dcgm::{EntityId, FieldId};
    /// use std::sync::Arc;
    ///
    /// let mock = Mock::named("8xh100").unwrap();
    /// mock.set(EntityId::gpu(2), FieldId::GPU_TEMP, 95);
    /// let mut rules = ViolationRules::default();
    /// rules.max_temperature = Some(90);
    /// let mut monitor = Monitor::new(Arc::new(mock)).with_violations(rules);
    /// let events = monitor.poll();
    /// assert!(matches!(&events[2], Event::Violation(one) if one.gpu == EntityId::gpu(2)));
    /// # }
    /// ```
    #[must_use]
    pub fn with_violations(mut self, rules: ViolationRules) -> Self {
        self.violations.rules = rules;
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
            Err(error) if error.ends_connection() || !self.engine.is_connected() => {
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
        self.watched = None;
        self.has_refusal = false;
        self.violations.forget_samples();
        self.engine.disconnect();
        let is_new = !std::mem::replace(&mut self.has_reported_loss, true);
        is_new.then_some(Event::Disconnected(error))
    }

    fn try_poll(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        if let Some(engine) = self.engine.connect()? {
            self.has_reported_loss = false;
            self.entities_read_at = None;
            events.push(Event::Connected(engine));
        }
        self.read_entities(now, events)?;
        self.read_links(now, events)?;
        if !self.engine.retry_refused(now)?.is_empty() {
            // Make all watches again, as the accepted part may be a part of one.
            self.watched = None;
        }
        self.watch(now, events)?;
        self.engine.update()?;
        self.read_events(now, events)?;
        self.read_samples(now, events)
    }

    /// Reads the entities if the list of their ids has changed, or a status can have.
    fn read_entities(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        // A scheduler wants to see at once that a GPU was added, or MIG switched on.
        self.engine.expect_changes();
        let is_partial = self.engine.list_ids(now)?.is_some();
        let is_recent = |at| now.saturating_duration_since(at) < STATUS_INTERVAL;
        let is_known = match self.entities_read_at {
            None => false,
            // As while a GPU is partitioned: what is not listed at present is not gone.
            Some(_) if is_partial => true,
            Some(at) => {
                self.listed == self.engine.ids() && (self.unavailable.is_empty() || is_recent(at))
            }
        };
        if !is_known {
            let entities = self.engine.read_entities()?;
            self.compare_entities(entities, events);
            self.entities_read_at = Some(now);
            self.listed.clear();
            self.listed.extend_from_slice(self.engine.ids());
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

    fn read_links(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        if !self.engine.read_links(LINK_INTERVAL, now)? {
            return Ok(());
        }
        let states: HashMap<_, _> = self
            .engine
            .links()
            .unwrap_or_default()
            .iter()
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
        Ok(())
    }

    /// Watches the fields of the entities, if these are others than those of the watches.
    fn watch(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        let with_status = |is_wanted: fn(EntityStatus) -> bool| -> Vec<EntityId> {
            let wanted = self.entities.values().filter(|one| {
                matches!(one.id.kind, EntityKind::GPU | EntityKind::SWITCH) && is_wanted(one.status)
            });
            wanted.map(|one| one.id).collect()
        };
        let ids = with_status(can_be_sampled);
        let lost = with_status(|status| status == EntityStatus::LOST);
        let is_same =
            |watched: &MonitorWatches| (&watched.entities, &watched.lost) == (&ids, &lost);
        if self.watched.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        // The last events of GPUs that are lost now.
        self.read_events(now, events)?;
        // End the old watches first, so that the engine never has both.
        self.watched = None;
        self.engine.forget_refusals();
        let of =
            |kind| -> Vec<EntityId> { ids.iter().filter(|id| id.kind == kind).copied().collect() };
        let (gpus, switches) = (of(EntityKind::GPU), of(EntityKind::SWITCH));
        let sxids = [
            FieldId::NVSWITCH_FATAL_ERRORS,
            FieldId::NVSWITCH_NON_FATAL_ERRORS,
        ];
        let xids = [FieldId::XID_ERRORS];
        let events_of = |entities: &[EntityId], fields: &[FieldId]| {
            WatchRequest::events(entities, fields).with_interval(self.interval)
        };
        let required = vec![events_of(&gpus, &xids), events_of(&switches, &sxids)];
        // The XID of a loss can be recorded after the loss. A refusal is no surprise.
        let last_xids = vec![events_of(&lost, &xids)];
        self.engine.keep_event_watches(required, last_xids)?;
        let mut fields = self.fields.clone();
        let of_rules = self.violations.rules.fields();
        fields.extend(of_rules.iter().filter(|field| !self.fields.contains(field)));
        let request = WatchRequest::new(gpus, fields).with_interval(self.interval);
        let fields = match self.engine.watch_all(vec![request]) {
            Err(error) if error.ends_connection() => return Err(error),
            // The refusal is recorded.
            Err(_) => Vec::new(),
            Ok(fields) => fields,
        };
        self.watched = Some(MonitorWatches {
            query: Query::from_watches(&fields),
            entities: ids,
            lost,
            seen: HashMap::new(),
            last_sample: now,
            is_silent: false,
            _fields: fields,
        });
        self.engine.schedule_retry(now);
        let refusal = self.engine.refusal().cloned();
        let had_refusal = std::mem::replace(&mut self.has_refusal, refusal.is_some());
        events.extend(match refusal {
            Some(error) if !had_refusal => Some(Event::WatchRefused(error)),
            None if had_refusal => Some(Event::WatchRestored),
            _ => None,
        });
        Ok(())
    }

    fn read_events(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        let before = events.len();
        let samples = &mut self.samples;
        let is_intact = self
            .engine
            .read_events(Duration::ZERO, now, samples, |samples| {
                events.extend(samples.iter().filter_map(event_of_sample));
            })?;
        if events.len() > before {
            // An XID is often the first sign of a link failure.
            self.engine.expect_link_change();
        }
        if !is_intact {
            // A part of a watch is gone: make all watches again.
            self.watched = None;
            self.engine.end_watches_except(&[]);
        }
        Ok(())
    }

    fn read_samples(&mut self, now: Instant, events: &mut Vec<Event>) -> Result<()> {
        let Some(watches) = &mut self.watched else {
            return Ok(());
        };
        if watches.query.is_empty() {
            return Ok(());
        }
        self.engine.read_latest(&watches.query, &mut self.samples)?;
        let mut is_new = false;
        for sample in &self.samples {
            let key = (sample.entity, sample.field);
            let last = watches.seen.insert(key, sample.timestamp);
            if sample.value.is_ok() && last != Some(sample.timestamp) {
                is_new = true;
                events.extend(self.violations.check(&sample).map(Event::Violation));
                if self.fields.contains(&sample.field) {
                    events.push(Event::Sample(sample.into_owned()));
                }
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

/// Returns the event of a sample; `None` for 0, which means that there was none.
fn event_of_sample(sample: Sample<'_>) -> Option<Event> {
    let code = sample.value.ok()?.as_i64().filter(|code| *code > 0)?;
    let timestamp = sample.timestamp;
    Some(if sample.field == FieldId::XID_ERRORS {
        Event::Xid {
            gpu: sample.entity,
            code,
            timestamp,
        }
    } else {
        Event::Sxid {
            switch: sample.entity,
            code,
            is_fatal: sample.field == FieldId::NVSWITCH_FATAL_ERRORS,
            timestamp,
        }
    })
}

#[cfg(all(test, feature = "mock"))]
mod tests;
