//! [`WatchSet`]: the watches of a connection, and what the engine refused to watch.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::client::{Client, Watch, WatchRequest};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;

/// Delay before refused watches are tried again. It doubles up to the second one.
const MIN_RETRY_DELAY: Duration = Duration::from_secs(60);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(600);

/// The watches of a connection. Dropping it ends them.
#[derive(Debug, Default)]
pub(super) struct WatchSet {
    /// Watches that keep the engine sampling.
    samples: Vec<Watch>,
    /// Watches of events, by kind of entity.
    events: Vec<(EntityKind, Watch)>,
    refused: Refused,
    /// Last delay of trying refused watches again, and the time of the next try.
    delay: Option<Duration>,
    retry_at: Option<Instant>,
}

/// Watches that the engine refused for another reason than missing support.
#[derive(Debug, Default)]
struct Refused {
    first: Option<Error>,
    requests: Vec<WatchRequest>,
}

impl Refused {
    /// Records the refusal of a whole request.
    fn record(&mut self, request: WatchRequest, error: &Error) {
        if !error.is_unsupported() {
            self.push(request, error);
        }
    }

    fn push(&mut self, request: WatchRequest, error: &Error) {
        self.first.get_or_insert_with(|| error.clone());
        let mut pairs = pairs_of(&request);
        if !pairs.all(|(entity, field)| self.has_pair(entity, field)) {
            drop(pairs);
            self.requests.push(request);
        }
    }

    fn has_pair(&self, entity: EntityId, field: FieldId) -> bool {
        let mut requests = self.requests.iter();
        requests.any(|one| one.entities.contains(&entity) && one.fields.contains(&field))
    }

    /// Records the parts of an accepted request that were refused.
    fn record_parts(&mut self, watch: &Watch) {
        for (part, error) in watch.refused_requests() {
            self.record(part, &error);
        }
    }
}

impl WatchSet {
    /// Watches all requests that the engine accepts, and records the others. Fails if it refuses every
    /// one, with the error that says most.
    pub(super) fn watch_all(
        &mut self,
        client: &dyn Client,
        requests: Vec<WatchRequest>,
    ) -> Result<Vec<Watch>> {
        let mut watches = Vec::new();
        let mut first: Option<Error> = None;
        for request in requests.into_iter().filter(|one| kind_of(one).is_some()) {
            match client.watch(&request) {
                Ok(watch) => {
                    self.refused.record_parts(&watch);
                    watches.push(watch);
                }
                Err(error) if error.ends_connection() => return Err(error),
                // The others may still be watched.
                Err(error) => {
                    self.refused.record(request, &error);
                    if first.as_ref().is_none_or(Error::is_unsupported) {
                        first = Some(error);
                    }
                }
            }
        }
        match first {
            Some(error) if watches.is_empty() => Err(error),
            _ => Ok(watches),
        }
    }

    /// Makes the engine sample what `requests` name, and nothing else: keeps the watches that fit, those
    /// of `probes` among them, adds the missing ones and ends the others.
    pub(super) fn keep_samples(
        &mut self,
        client: &dyn Client,
        requests: Vec<WatchRequest>,
        probes: Vec<Watch>,
    ) -> Result<()> {
        let mut old = core::mem::take(&mut self.samples);
        old.extend(probes);
        for request in requests.into_iter().filter(|one| kind_of(one).is_some()) {
            if let Some(same) = old.iter().position(|watch| is_of(watch, &request)) {
                self.samples.push(old.swap_remove(same));
                continue;
            }
            match client.watch(&request) {
                Ok(watch) => {
                    self.refused.record_parts(&watch);
                    self.samples.push(watch);
                }
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => {
                    self.refused.record(request, &error);
                    // Keep the existing watches.
                    self.samples.append(&mut old);
                }
            }
        }
        Ok(())
    }

    /// Watches these events like [`Self::keep_samples`]; returns the last refusal. Refusals of
    /// `optional` requests are not recorded.
    pub(super) fn keep_events(
        &mut self,
        client: &dyn Client,
        requests: Vec<WatchRequest>,
        optional: Vec<WatchRequest>,
    ) -> Result<Option<Error>> {
        let mut old = core::mem::take(&mut self.events);
        let mut refusal = None;
        let required = requests.into_iter().map(|request| (request, true));
        let optional = optional.into_iter().map(|request| (request, false));
        for (request, is_required) in required.chain(optional) {
            let Some(kind) = kind_of(&request) else {
                continue;
            };
            if let Some(same) = old.iter().position(|(_, watch)| is_of(watch, &request)) {
                self.events.push(old.swap_remove(same));
                continue;
            }
            match client.watch(&request) {
                Ok(watch) => {
                    if is_required {
                        self.refused.record_parts(&watch);
                    }
                    self.events.push((kind, watch));
                }
                Err(error) if error.ends_connection() => return Err(error),
                // An engine without this event counts none.
                Err(error) if is_required => {
                    self.refused.record(request, &error);
                    refusal = Some(error);
                }
                Err(_) => {}
            }
        }
        Ok(refusal)
    }

    /// Ends the watches of entities that are not among these.
    pub(super) fn end_others(&mut self, entities: &[EntityId]) {
        let is_kept = |watch: &Watch| {
            watch
                .entities()
                .iter()
                .all(|entity| entities.contains(entity))
        };
        self.samples.retain(is_kept);
        self.events.retain(|(_, watch)| is_kept(watch));
    }

    /// Returns the sampling watches whose every sample is read.
    pub(super) fn with_history(&self) -> impl Iterator<Item = &Watch> {
        self.samples.iter().filter(|watch| watch.keeps_events())
    }

    /// Returns the watches of events, by kind of entity.
    pub(super) fn events(&self) -> &[(EntityKind, Watch)] {
        &self.events
    }

    /// Records a request that the engine may accept later, even if the error says otherwise.
    pub(super) fn record_refused(&mut self, request: WatchRequest, error: &Error) {
        self.refused.push(request, error);
    }

    /// Returns the first refusal.
    pub(super) const fn first_refusal(&self) -> Option<&Error> {
        self.refused.first.as_ref()
    }

    /// Returns the entities of what was refused.
    pub(super) fn refused_entities(&self) -> BTreeSet<EntityId> {
        let requests = self.refused.requests.iter();
        let entities = requests.flat_map(|request| request.entities.iter());
        entities.copied().collect()
    }

    /// Forgets the refusals, before the same is requested again.
    pub(super) fn forget_refusals(&mut self) {
        self.refused = Refused::default();
    }

    /// Schedules the next try of refused watches, if there are any.
    pub(super) fn schedule_retry(&mut self, now: Instant) {
        if self.refused.requests.is_empty() {
            self.retry_at = None;
            self.delay = None;
        } else if self.retry_at.is_none_or(|at| now >= at) {
            let delay = self.delay.map_or(MIN_RETRY_DELAY, |delay| delay * 2);
            let delay = delay.min(MAX_RETRY_DELAY);
            self.delay = Some(delay);
            self.retry_at = now.checked_add(delay);
        }
    }

    /// Tries refused watches again if they are due. Returns the entities and fields of all if the engine
    /// accepts any part of one.
    pub(super) fn retry_refused(
        &mut self,
        client: &dyn Client,
        now: Instant,
    ) -> Result<Vec<(EntityId, FieldId)>> {
        if self.retry_at.is_none_or(|at| now < at) {
            return Ok(Vec::new());
        }
        self.schedule_retry(now);
        for request in &self.refused.requests {
            match client.watch(request) {
                Ok(_) => return Ok(self.refused_pairs()),
                Err(error) if error.ends_connection() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Vec::new())
    }

    /// Returns `true` if a field of an entity is among what will be tried again.
    pub(super) fn will_retry(&self, entity: EntityId, field: FieldId) -> bool {
        self.refused.has_pair(entity, field)
    }

    fn refused_pairs(&self) -> Vec<(EntityId, FieldId)> {
        self.refused.requests.iter().flat_map(pairs_of).collect()
    }
}

fn pairs_of(request: &WatchRequest) -> impl Iterator<Item = (EntityId, FieldId)> + '_ {
    let entities = request.entities.iter();
    entities.flat_map(|entity| request.fields.iter().map(|field| (*entity, *field)))
}

/// Returns `true` if the watch is what the request would make.
fn is_of(watch: &Watch, request: &WatchRequest) -> bool {
    watch.interval() == request.interval
        && watch.keeps_events() == request.events
        && watch.entities() == request.entities
        && watch.fields() == request.fields
}

/// Returns the kind of the entities; `None` for a request of nothing.
fn kind_of(request: &WatchRequest) -> Option<EntityKind> {
    let first = request.entities.first()?;
    (!request.fields.is_empty()).then_some(first.kind)
}
