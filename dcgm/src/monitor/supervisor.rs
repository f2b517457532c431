//! [`Supervisor`]: a client with its lists, watches and cursors, which survive what they can.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::watches::WatchSet;
use crate::client::{Client, Query, Watch, WatchRequest};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{Samples, Timestamp};
use crate::version::BuildInfo;

/// Interval of listing what shows no sign of a change: a GPU can be added, NVSwitches can be found late,
/// after their driver is loaded, and MIG can be switched on.
const RARE_LIST_INTERVAL: Duration = Duration::from_secs(60);

/// A client with its lists, watches and cursors: what a [`Monitor`](super::Monitor), and every other
/// program that samples for long, has to keep in step with an engine that comes and goes.
///
/// It has no thread and no clock. Call its methods in this order, once per interval, and
/// [`disconnect`](Self::disconnect) after an error that [ends the connection](Error::ends_connection):
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::monitor::Supervisor;
/// use dcgm::{EntityKind, FieldId, Query, Samples, WatchRequest};
/// use std::sync::Arc;
/// use std::time::Instant;
///
/// let mock = Mock::named("8xh100").unwrap();
/// let mut engine = Supervisor::new(Arc::new(mock), [EntityKind::GPU]);
/// let mut samples = Samples::new();
/// // Repeat from here.
/// let now = Instant::now();
/// engine.connect()?;
/// engine.list_ids(now)?;
/// let gpus = engine.ids();
/// let request = WatchRequest::new(gpus, [FieldId::GPU_TEMP]);
/// // Watches that fit are kept.
/// engine.keep_watches(vec![request.clone()], Vec::new())?;
/// engine.update()?;
/// engine.read_latest(&Query::new([(request.entities, request.fields)]), &mut samples)?;
/// assert_eq!(samples.iter().count(), 8);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub struct Supervisor {
    client: Arc<dyn Client>,
    /// The kinds that are wanted, and of these the ones that this engine can list.
    wanted: Vec<EntityKind>,
    kinds: Vec<EntityKind>,
    is_connected: bool,
    engine: Option<BuildInfo>,
    /// GPUs, MIG instances, and the other kinds.
    gpus: IdList,
    instances: IdList,
    others: IdList,
    /// The ids of all lists.
    ids: Vec<EntityId>,
    /// Set if MIG was on when the entities were last read.
    has_mig: bool,
    links: Option<Vec<Link>>,
    /// When; `None` to read them as soon as they are wanted.
    links_read_at: Option<Instant>,
    cursors: HashMap<EntityKind, Cursor>,
    /// When events were last read; `None` to read them at the next call.
    events_read_at: Option<Instant>,
    watches: WatchSet,
}

/// The entities of some kinds by the last list.
#[derive(Debug, Default)]
struct IdList {
    kinds: Vec<EntityKind>,
    ids: Vec<EntityId>,
    read_at: Option<Instant>,
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("client", &self.client)
            .field("wanted", &self.wanted)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl Supervisor {
    /// Creates a supervisor that lists entities of these kinds. Does not connect.
    #[must_use]
    pub fn new(client: Arc<dyn Client>, kinds: impl Into<Vec<EntityKind>>) -> Self {
        Self {
            client,
            wanted: kinds.into(),
            kinds: Vec::new(),
            is_connected: false,
            engine: None,
            gpus: IdList::default(),
            instances: IdList::default(),
            others: IdList::default(),
            ids: Vec::new(),
            has_mig: false,
            links: None,
            links_read_at: None,
            cursors: HashMap::new(),
            events_read_at: None,
            watches: WatchSet::default(),
        }
    }

    /// Returns the client.
    #[must_use]
    pub fn client(&self) -> &Arc<dyn Client> {
        &self.client
    }

    /// Returns `true` if the client is connected, by the last calls of [`connect`](Self::connect) and
    /// [`disconnect`](Self::disconnect).
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Connects if there is no connection. Returns the engine if the connection is new.
    ///
    /// # Errors
    ///
    /// The client cannot connect, or the engine does not answer. In the second case
    /// [`is_connected`](Self::is_connected) returns `true`.
    pub fn connect(&mut self) -> Result<Option<BuildInfo>> {
        if self.engine.is_some() {
            return Ok(None);
        }
        self.client.connect()?;
        self.is_connected = true;
        let engine = self.client.build_info()?;
        self.kinds.clone_from(&self.wanted);
        self.kinds.retain(|kind| can_list(&engine, *kind));
        let kinds_with = |is_wanted: fn(EntityKind) -> bool| IdList {
            kinds: self
                .kinds
                .iter()
                .copied()
                .filter(|kind| is_wanted(*kind))
                .collect(),
            ..IdList::default()
        };
        self.gpus = kinds_with(|kind| kind == EntityKind::GPU);
        self.instances = kinds_with(is_instance);
        self.others = kinds_with(|kind| kind != EntityKind::GPU && !is_instance(kind));
        self.has_mig = false;
        self.ids.clear();
        self.links = None;
        self.links_read_at = None;
        self.events_read_at = None;
        self.engine = Some(engine.clone());
        Ok(Some(engine))
    }

    /// Ends the watches and forgets all but the cursors: the next [`connect`](Self::connect) makes a new
    /// connection. Does not close the client.
    pub fn disconnect(&mut self) {
        self.is_connected = false;
        self.engine = None;
        self.ids.clear();
        self.links = None;
        // Last, as ending a watch calls the client, which may panic.
        drop(std::mem::take(&mut self.watches));
    }

    /// Lists the ids of the entities: of MIG instances at each call where MIG is on, of GPUs and instances
    /// if a change is [expected](Self::expect_changes), and of all kinds once a minute. Returns the error
    /// if instances of a GPU could not be listed, for example while it is being partitioned; of other
    /// kinds, what cannot be listed at present has not changed.
    ///
    /// # Errors
    ///
    /// GPUs cannot be listed, or the connection is lost.
    pub fn list_ids(&mut self, now: Instant) -> Result<Option<Error>> {
        let client = &*self.client;
        let mut partial = None;
        if self.gpus.is_due(now) {
            self.gpus.read(client, now)?;
        }
        if self.has_mig || !self.instances.ids.is_empty() || self.instances.is_due(now) {
            partial = self.instances.read(client, now)?;
            if partial.is_some() {
                self.instances.read_at = None;
            }
        }
        if self.others.is_due(now) {
            let before = self.others.ids.clone();
            let is_first = self.others.read_at.is_none();
            if self.others.read(client, now)?.is_some() && !is_first {
                self.others.ids = before;
            }
        }
        self.ids.clear();
        for list in [&self.gpus, &self.instances, &self.others] {
            self.ids.extend_from_slice(&list.ids);
        }
        Ok(partial)
    }

    /// Makes the next [`list_ids`](Self::list_ids) list GPUs, and MIG instances also where there were none.
    /// Call it if values are missing that were there before, or before each list if a new GPU must be
    /// found at once.
    pub fn expect_changes(&mut self) {
        self.gpus.read_at = None;
        self.instances.read_at = None;
    }

    /// Returns the ids by the last [`list_ids`](Self::list_ids).
    #[must_use]
    pub fn ids(&self) -> &[EntityId] {
        &self.ids
    }

    /// Reads the entities with their status and properties, also those that cannot be sampled.
    ///
    /// # Errors
    ///
    /// The call fails.
    pub fn read_entities(&mut self) -> Result<Vec<Entity>> {
        let entities = self.client.entities(&self.kinds)?;
        let is_on = |entity: &Entity| entity.mig_enabled == Some(true);
        self.has_mig = entities.iter().any(is_on);
        Ok(entities)
    }

    /// Returns the kinds of entities that are listed: of the wanted kinds those that this engine knows.
    #[must_use]
    pub fn kinds(&self) -> &[EntityKind] {
        &self.kinds
    }

    /// Reads the states of NVLinks if those that are known are at least this old, or a change is
    /// [expected](Self::expect_link_change). Over TCP the call takes 90 ms, so read them rarely. Returns
    /// `true` if they differ from those before.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub fn read_links(&mut self, max_age: Duration, now: Instant) -> Result<bool> {
        let is_recent = |at| now.saturating_duration_since(at) < max_age;
        if self.links_read_at.is_some_and(is_recent) {
            return Ok(false);
        }
        let links = match self.client.links() {
            Ok(links) => Some(links),
            Err(error) if error.ends_connection() => return Err(error),
            // This engine cannot list them, or not at present.
            Err(_) => None,
        };
        self.links_read_at = Some(now);
        let has_changed = self.links != links;
        self.links = links;
        Ok(has_changed)
    }

    /// Returns the NVLinks by the last answer; `None` if this engine cannot list them.
    #[must_use]
    pub fn links(&self) -> Option<&[Link]> {
        self.links.as_deref()
    }

    /// Makes the next [`read_links`](Self::read_links) read the states whatever their age. An XID is
    /// often the first sign of a link failure.
    pub fn expect_link_change(&mut self) {
        self.links_read_at = None;
    }

    /// Watches all requests that the engine accepts, and records the others as
    /// [refused](Self::refusal). The caller keeps the watches, or passes them to
    /// [`keep_watches`](Self::keep_watches).
    ///
    /// # Errors
    ///
    /// The engine refuses every request (the error is that of one that it may accept later, if there is
    /// one), or the connection is lost.
    pub fn watch_all(&mut self, requests: Vec<WatchRequest>) -> Result<Vec<Watch>> {
        self.watches.watch_all(&*self.client, requests)
    }

    /// Makes the engine sample what these requests name and nothing else: keeps the watches that fit,
    /// those of `more` among them, adds the missing ones and ends the others. If the engine refuses a
    /// request, the watches that it has stay.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub fn keep_watches(&mut self, requests: Vec<WatchRequest>, more: Vec<Watch>) -> Result<()> {
        self.watches.keep_samples(&*self.client, requests, more)
    }

    /// Watches the events that these requests name and no others. Refusals are recorded; returns the
    /// last one. `optional` requests are no refusals if the engine does not accept them.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub fn keep_event_watches(
        &mut self,
        requests: Vec<WatchRequest>,
        optional: Vec<WatchRequest>,
    ) -> Result<Option<Error>> {
        self.events_read_at = None;
        self.watches.keep_events(&*self.client, requests, optional)
    }

    /// Returns `true` if any event is watched.
    #[must_use]
    pub fn watches_events(&self) -> bool {
        !self.watches.events().is_empty()
    }

    /// Ends the watches that have entities other than these.
    pub fn end_watches_except(&mut self, entities: &[EntityId]) {
        self.watches.end_others(entities);
    }

    /// Returns the error of the first refusal, other than missing support, since
    /// [`forget_refusals`](Self::forget_refusals).
    #[must_use]
    pub const fn refusal(&self) -> Option<&Error> {
        self.watches.first_refusal()
    }

    /// Returns the entities of the refused requests, in ascending order.
    #[must_use]
    pub fn refused_entities(&self) -> Vec<EntityId> {
        self.watches.refused_entities().into_iter().collect()
    }

    /// Records a request that the engine refuses at present, even if the error says that it will not
    /// accept it later.
    pub fn record_refused(&mut self, request: WatchRequest, error: &Error) {
        self.watches.record_refused(request, error);
    }

    /// Forgets the refusals, before the same is requested again.
    pub fn forget_refusals(&mut self) {
        self.watches.forget_refusals();
    }

    /// Schedules when refused requests are tried again, if there are any: after one minute, and then
    /// with delays that double up to 10 minutes.
    pub fn schedule_retry(&mut self, now: Instant) {
        self.watches.schedule_retry(now);
    }

    /// Returns `true` if the watch of a field of an entity was refused and will be tried again.
    #[must_use]
    pub fn will_retry(&self, entity: EntityId, field: FieldId) -> bool {
        self.watches.will_retry(entity, field)
    }

    /// Tries refused requests again if it is time. If the engine accepts any part of one, it returns
    /// the entities and fields of all, to be requested again.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub fn retry_refused(&mut self, now: Instant) -> Result<Vec<(EntityId, FieldId)>> {
        self.watches.retry_refused(&*self.client, now)
    }

    /// Makes an engine in manual mode take samples. Call it before each read.
    ///
    /// # Errors
    ///
    /// The call fails.
    pub fn update(&self) -> Result<()> {
        self.client.update()
    }

    /// Reads the latest samples.
    ///
    /// # Errors
    ///
    /// The call fails.
    pub fn read_latest(&self, query: &Query, samples: &mut Samples) -> Result<()> {
        samples.clear();
        if query.is_empty() {
            return Ok(());
        }
        self.client.latest(query, samples)
    }

    /// Reads the samples since `start`, by the engine's clock, of those watches of [`keep_watches`](Self::keep_watches)
    /// whose requests set [`events`](WatchRequest::events), and calls `each` for every watch. Without a start, each watch
    /// is read from its own start. Returns the time up to which all were read; `None` if there is no such watch.
    ///
    /// An engine records a sample a moment after the time that the sample states. So the next read should start
    /// earlier than the returned time, by [`Cursor::OVERLAP`], and skip what is known. If the returned time is earlier
    /// than `start`, the engine's clock was set back.
    ///
    /// Asking for samples costs the engine a round trip for each entity and field. Over TCP, a reply of more than
    /// 16 KiB takes 40 ms longer: that are about 500 samples of a field of an entity.
    ///
    /// # Errors
    ///
    /// The connection is lost, or a part of a watch is gone. After an error, `each` was called for only some of the
    /// watches, or for none.
    pub fn read_since(
        &self,
        start: Option<Timestamp>,
        samples: &mut Samples,
        mut each: impl FnMut(&Samples),
    ) -> Result<Option<Timestamp>> {
        let mut read_until: Option<Timestamp> = None;
        for watch in self.watches.with_history() {
            // A new one each time: the caller skips what it knows, which takes less time than a search for each
            // of thousands of samples among the events that a cursor remembers.
            let mut cursor = start.map_or_else(Cursor::new, Cursor::starting_at);
            self.client.events(watch, &mut cursor, samples)?;
            each(samples);
            let positions = watch.entities().iter();
            let reached = positions.filter_map(|id| cursor.position(*id)).min();
            read_until = match (read_until, reached) {
                (Some(before), Some(reached)) => Some(before.min(reached)),
                (before, reached) => before.or(reached),
            };
        }
        Ok(read_until)
    }

    /// Makes the next [`read_events`](Self::read_events) read them whatever their age, as the latest sample
    /// of an event field has a new timestamp.
    pub fn expect_events(&mut self) {
        self.events_read_at = None;
    }

    /// Reads the events since the last read, each once, and calls `each` for every watch. The cursors
    /// survive reconnects. Returns `false` if a watch could not be read: a part of it is gone.
    ///
    /// Asking an engine for events costs a round trip for each entity and field, even if there are none,
    /// while the latest sample of an event field costs nothing beside others. So events are read only if
    /// they are [expected](Self::expect_events), after the watches have changed, and if the last read was
    /// `max_age` ago: an event whose timestamp is not after that of the one before shows in no latest
    /// sample.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub fn read_events(
        &mut self,
        max_age: Duration,
        now: Instant,
        samples: &mut Samples,
        mut each: impl FnMut(&Samples),
    ) -> Result<bool> {
        let is_recent = |at| now.saturating_duration_since(at) < max_age;
        if self.events_read_at.is_some_and(is_recent) {
            return Ok(true);
        }
        let mut is_intact = true;
        for (kind, watch) in self.watches.events() {
            let cursor = self.cursors.entry(*kind).or_default();
            match self.client.events(watch, cursor, samples) {
                Ok(()) => each(samples),
                Err(error) if error.ends_connection() => return Err(error),
                // The cursor stays.
                Err(_) => is_intact = false,
            }
        }
        self.events_read_at = Some(now).filter(|_| is_intact);
        Ok(is_intact)
    }
}

impl IdList {
    fn is_due(&self, now: Instant) -> bool {
        let is_recent = |at| now.saturating_duration_since(at) < RARE_LIST_INTERVAL;
        !self.read_at.is_some_and(is_recent)
    }

    /// Lists the ids. Returns the error if some kind could not be listed at present.
    fn read(&mut self, client: &dyn Client, now: Instant) -> Result<Option<Error>> {
        self.ids.clear();
        // After an error the list is due again.
        self.read_at = None;
        if self.kinds.is_empty() {
            self.read_at = Some(now);
            return Ok(None);
        }
        let (mut partial, mut failed) = (None, None);
        let ids = &mut self.ids;
        let outcome = client.list_each(&self.kinds, &mut |kind, listed| match listed {
            Ok(listed) => ids.extend_from_slice(listed),
            // An engine that does not support a kind has none of it. Every engine lists GPUs.
            Err(error) if kind == EntityKind::GPU => failed = Some(error),
            Err(error) if error.is_unsupported() => {}
            Err(error) => partial = Some(error),
        });
        if let Some(error) = outcome.err().or(failed) {
            return Err(error);
        }
        self.read_at = Some(now);
        Ok(partial)
    }
}

/// Returns `true` for MIG instances.
fn is_instance(kind: EntityKind) -> bool {
    kind == EntityKind::GPU_INSTANCE || kind == EntityKind::COMPUTE_INSTANCE
}

/// Returns `true` if the engine can list a kind of entity. A 3.3 engine can die when asked for CPUs, and
/// does not know adapters; CPUs are listed on Grace only, whose architecture is not x86.
fn can_list(engine: &BuildInfo, kind: EntityKind) -> bool {
    let is_4 = || engine.version().is_some_and(|version| version.major >= 4);
    match kind {
        EntityKind::CPU | EntityKind::CPU_CORE => is_4() && engine.value("arch") != Some("x86_64"),
        EntityKind::CONNECTX => is_4(),
        _ => true,
    }
}

#[cfg(all(test, feature = "mock"))]
mod tests;
