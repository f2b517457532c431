//! A session: one set of entities, the watches on their fields, and the plan that reads them.
//!
//! ```text
//!  open   probe_fields ─────► which fields have values (ProbeResults)
//!         watch_fields ─────► the same for profiling fields that may be better sources
//!         Plan::new ────────► series and sources
//!         reconcile_watches ► keep the watches that fit, add missing ones, drop the rest
//!  tick   review_probes, until no profiling field is pending
//!         read_samples ─────► latest values and new events
//! ```
//!
//! Opening a session watches every field that could be useful and reads it once, because only a read
//! shows what the hardware supports. A profiling field needs two samples before that is known, so
//! the session starts with the next best sources and replaces its plan when the second samples are
//! there.
//!
//! A session is never repaired. When entities, links or support change, the sampler closes it and
//! opens another; totals and ages survive in the [`History`].

use std::time::{Duration, Instant};

use dcgm::{
    BuildInfo, Client, Entity, EntityId, EntityKind, Error, ErrorClass, FieldId, Link, Query,
    Samples, Watch, WatchRequest,
};

use crate::candidates::{self, Candidate, Candidates, Input, StaticValue};
use crate::catalogue::Op;
use crate::clock::Clock;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::history::History;
use crate::hook::AttributeHook;
use crate::host::Host;
use crate::mute::MuteGpus;
use crate::plan::{Plan, ReadStats};
use crate::probe_results::ProbeResults;
use crate::topology::{self, Availability};

/// Delay before entities are enumerated again after one of them could not be watched, or no GPU can
/// be sampled.
const RETRY: Duration = Duration::from_secs(60);

/// Delay before a GPU without any profiling value is probed again: another program may hold its
/// profiling counters.
const RECHECK_PROFILING: Duration = Duration::from_secs(600);

/// Delay before a blank profiling field is probed again whose GPU has other profiling values: the
/// driver lacks it, and the engine logs a line for each sample.
const RECHECK_BLANK: Duration = Duration::from_secs(24 * 3600);

/// An error that ended a tick.
#[derive(Debug)]
pub(crate) struct TickError {
    pub(crate) failure: SampleError,
    /// Set if the connection must be closed.
    pub(crate) lost: bool,
}

impl TickError {
    pub(crate) fn plain(kind: ErrorKind, message: &str) -> Self {
        Self {
            failure: SampleError::new(kind, message),
            lost: false,
        }
    }

    /// The error if there is nothing to read.
    pub(crate) fn no_field() -> Self {
        Self::plain(
            ErrorKind::Watch,
            "the engine's entities have none of the fields",
        )
    }
}

/// Returns a function that converts a client's error, for the step `kind`.
fn step_error(kind: ErrorKind) -> impl Fn(Error) -> TickError {
    move |error| TickError {
        failure: SampleError::from_client(kind, &error),
        // After a timeout the connection is not reused.
        lost: error.ends_connection(),
    }
}

/// Connects, and reads the build information of the engine.
pub(crate) fn connect_client(client: &dyn Client) -> Result<BuildInfo, TickError> {
    if let Err(error) = client.connect() {
        return Err(TickError {
            lost: true,
            ..step_error(ErrorKind::Connect)(error)
        });
    }
    client.build_info().map_err(step_error(ErrorKind::Init))
}

/// Returns the reason if no GPU can be sampled though none has failed: all that are not lost are
/// paused or detached.
fn gpu_unavailability(entities: &[Entity]) -> Option<SampleError> {
    let gpus = entities
        .iter()
        .filter(|entity| entity.id.kind == EntityKind::GPU);
    let whys: Vec<_> = gpus.map(Availability::of_entity).collect();
    if whys.contains(&None) {
        return None;
    }
    let is_any = |why| whys.contains(&Some(why));
    let kind = if is_any(Availability::Paused) {
        ErrorKind::Paused
    } else if is_any(Availability::Detached) {
        ErrorKind::Detached
    } else {
        return None;
    };
    Some(SampleError::unavailable(kind))
}

/// Lists the entities of these kinds that can be monitored.
pub(crate) fn list_entities(
    client: &dyn Client,
    kinds: &[EntityKind],
) -> Result<Vec<Entity>, TickError> {
    let mut entities = client
        .entities(kinds)
        .map_err(step_error(ErrorKind::Enumerate))?;
    entities.retain(topology::is_monitored);
    Ok(entities)
}

/// Returns the NVLinks and their states; none from an engine that cannot list them.
pub(crate) fn list_links(client: &dyn Client) -> Result<Option<Vec<Link>>, TickError> {
    match client.links() {
        Ok(links) => Ok(Some(links)),
        Err(error) if error.ends_connection() => Err(step_error(ErrorKind::Enumerate)(error)),
        Err(_) => Ok(None),
    }
}

/// Lists the ids of the entities of these kinds. Returns the error if instances of a GPU could not
/// be listed, for example while it is being partitioned.
pub(crate) fn list_ids(
    client: &dyn Client,
    kinds: &[EntityKind],
    into: &mut Vec<EntityId>,
) -> Result<Option<Error>, TickError> {
    into.clear();
    let mut partial = None;
    let mut failed = None;
    let outcome = client.list_each(kinds, &mut |kind, ids| match ids {
        Ok(ids) => into.extend_from_slice(ids),
        // An engine that does not support a kind has none of it. Every engine lists GPUs.
        Err(error) if kind == EntityKind::GPU => failed = Some(error),
        Err(error) if error.is_unsupported() => {}
        Err(error) => partial = Some(error),
    });
    match outcome.err().or(failed) {
        Some(error) => Err(step_error(ErrorKind::Enumerate)(error)),
        None => Ok(partial),
    }
}

/// A watched set of entities.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) plan: Plan,
    /// Number of monitored entities.
    pub(crate) entities: usize,
    /// Set if no GPU can be sampled though none has failed: telemetry is paused or the driver
    /// detached.
    pub(crate) unavailable: Option<SampleError>,
    /// Set if the engine refused a watch, for example because another program holds the profiling
    /// counters.
    pub(crate) refused: Option<SampleError>,
    /// The refused watches.
    refused_requests: Vec<WatchRequest>,
    /// Set if none of the requested fields can be read; each tick then fails with it and reopens
    /// the session.
    pub(crate) nothing_to_read: Option<SampleError>,
    /// Entities that cannot be sampled, and when their status is read again: no list shows that a
    /// lost one was detached or removed.
    pub(crate) ill: Vec<(EntityId, Availability)>,
    recheck_ill: Instant,
    /// The monitored GPUs, also those without a field that is read.
    gpus: Vec<EntityId>,
    /// Number of panics of the host program's hook.
    pub(crate) hook_panics: u64,
    /// Time at which entities are enumerated again, because one could not be watched or had a blank
    /// field.
    pub(crate) retry: Option<Instant>,
    query: Query,
    /// Watches of events, by kind of entity.
    events: Vec<(EntityKind, Watch)>,
    /// Watches that keep the engine sampling; dropping one ends it.
    watches: Vec<Watch>,
    /// Profiling fields that are still pending.
    probing: Option<Probing>,
}

/// Profiling fields that are watched until their second sample shows whether they have values.
#[derive(Debug)]
struct Probing {
    candidates: Candidates,
    results: ProbeResults,
    fields: Vec<Input>,
    query: Query,
    /// Time at which fields without a second sample are decided.
    deadline: Instant,
    _watches: Vec<Watch>,
}

/// Sampling period of pending profiling fields, and the time limit for their second sample.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Entities and links that a session is opened with.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) entities: Vec<Entity>,
    pub(crate) links: Vec<Link>,
}

impl Session {
    /// Finds the source of each series, and watches the sources.
    pub(crate) fn open(
        client: &dyn Client,
        inventory: Inventory,
        (config, hook): (&Config, Option<&AttributeHook>),
        history: &mut History,
        samples: &mut Samples,
        now: Instant,
    ) -> Result<Self, TickError> {
        let Inventory { entities, links } = inventory;
        let listed_count = entities.len();
        let unavailable = gpu_unavailability(&entities);
        let ill = topology::list_unavailable(&entities);
        let host = Host::new(entities, &links).named_for(config.naming());
        let gpus = monitored_gpus(&host, config);
        let candidates = candidates::find_candidates(&host, config, hook);
        let (count, hook_panics) = (candidates.monitored, candidates.hook_panics);
        if count == 0 {
            let message = format!("`devices` selects none of the engine's {listed_count} entities");
            return Err(TickError::plain(ErrorKind::Enumerate, &message));
        }
        let mut results = ProbeResults::default();
        let interval = config.interval();
        let inputs = |candidates: &[&Candidate], profiling: bool| {
            let inputs = candidates.iter().flat_map(|candidate| &candidate.inputs);
            let inputs = inputs.filter(|input| input.op != Op::Event);
            candidates::group_fields(
                inputs
                    .filter(|input| input.field.is_profiling() == profiling)
                    .copied(),
            )
        };

        let mut probes = Vec::new();
        let all: Vec<_> = candidates.list.iter().collect();
        let wanted = inputs(&all, false);
        let memory = (&mut results, &mut *history, now);
        let mut refusals = Refusals::default();
        probe_fields(
            client,
            (wanted, interval),
            (&mut probes, &mut refusals),
            samples,
            memory,
        )?;

        // Profiling counters are scarce, have one owner per host, and are missing on some hardware.
        // So they have watches of their own, are read only where no better source has a value, and
        // a refused watch costs only these metrics.
        let undecided: Vec<_> = candidates
            .list
            .iter()
            .filter(|candidate| may_improve(candidate, &results))
            .collect();
        let profiling = inputs(&undecided, true);
        let mut profiling_probes = Vec::new();
        probe_profiling_fields(
            client,
            (profiling, interval.min(PROBE_INTERVAL)),
            (&mut profiling_probes, &mut refusals),
            samples,
            (&mut results, history, now),
        )?;

        // Neither the list of entities nor a sample shows when this condition ends.
        let retry = results.has_unwatched().then(|| now + RETRY);
        let pending: Vec<Input> = undecided
            .iter()
            .flat_map(|candidate| results.pending_inputs(candidate))
            .collect();
        let wants_values = candidates.list.iter().any(is_sampled);
        let (candidates, kept) = if pending.is_empty() {
            (candidates, None)
        } else {
            (candidates.clone(), Some(candidates))
        };
        let mut plan = Plan::new(candidates, &results, history, config, now);
        plan.restore_ages(history);
        let probing = kept.map(|candidates| Probing {
            candidates,
            query: Query::new(candidates::group_fields(pending.iter().copied())),
            fields: pending,
            results,
            deadline: now + PROBE_TIMEOUT,
            _watches: profiling_probes,
        });
        let watches = reconcile_watches(client, &plan.required_inputs(config), probes)?;
        let (events, event_watch_error) =
            watch_events(client, plan.required_events(), interval, &mut refusals)?;
        let refused = refusals.first_error();
        // A host without any of the fields, or an engine that samples nothing, would otherwise look
        // healthy.
        let nothing_to_read = if plan.reads_fields() || unavailable.is_some() {
            None
        } else if wants_values {
            let refused = refused.clone();
            refused.or_else(|| Some(TickError::no_field().failure))
        } else {
            event_watch_error.filter(|_| events.is_empty())
        };
        let query = plan.query();
        Ok(Self {
            plan,
            entities: count,
            unavailable,
            // Report the refusal once.
            refused: refused.filter(|_| nothing_to_read.is_none()),
            refused_requests: refusals.requests,
            nothing_to_read,
            ill,
            recheck_ill: now + RETRY,
            gpus,
            hook_panics,
            retry,
            query,
            events,
            watches,
            probing,
        })
    }

    /// Reads the status of entities that could not be sampled, once a minute. After a change the
    /// entities are enumerated again.
    pub(crate) fn recheck_ill(
        &mut self,
        client: &dyn Client,
        now: Instant,
    ) -> Result<(), TickError> {
        if self.ill.is_empty() || now < self.recheck_ill {
            return Ok(());
        }
        self.recheck_ill = now + RETRY;
        let mut kinds: Vec<_> = self.ill.iter().map(|(id, _)| id.kind).collect();
        kinds.dedup();
        if topology::list_unavailable(&list_entities(client, &kinds)?) != self.ill {
            self.retry = Some(now);
        }
        Ok(())
    }

    /// Returns `true` if the engine refused watches that it may accept later.
    pub(crate) fn has_refused_watches(&self) -> bool {
        !self.refused_requests.is_empty()
    }

    /// Tries the refused watches again. Once the engine accepts any part of one, the entities are
    /// enumerated again.
    pub(crate) fn retry_refused_watches(
        &mut self,
        client: &dyn Client,
        now: Instant,
    ) -> Result<(), TickError> {
        for request in &self.refused_requests {
            match client.watch(request) {
                Ok(_) => {
                    self.retry = Some(now);
                    break;
                }
                Err(error) if error.ends_connection() => {
                    return Err(step_error(ErrorKind::Watch)(error));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Returns `true` while profiling fields are pending.
    pub(crate) const fn is_probing(&self) -> bool {
        self.probing.is_some()
    }

    /// Reads the pending profiling fields again. Once all are decided, each series gets its best
    /// source with values, and blank fields are no longer watched. Returns `true` if the plan was
    /// replaced.
    pub(crate) fn review_probes(
        &mut self,
        client: &dyn Client,
        config: &Config,
        history: &mut History,
        samples: &mut Samples,
        now: Instant,
    ) -> Result<bool, TickError> {
        let Some(probing) = &mut self.probing else {
            return Ok(false);
        };
        let memory = (&mut probing.results, &mut *history, now);
        read_probes(client, &probing.query, samples, memory)?;
        let is_late = now >= probing.deadline;
        if !probing.results.decide_blanks(&probing.fields, is_late) {
            return Ok(false);
        }
        let Some(probing) = self.probing.take() else {
            return Ok(false);
        };
        self.plan.save_ages(history);
        let mut plan = Plan::new(probing.candidates, &probing.results, history, config, now);
        plan.restore_ages(history);
        let watches = core::mem::take(&mut self.watches);
        self.watches = reconcile_watches(client, &plan.required_inputs(config), watches)?;
        if !plan.reads_fields() && self.plan.reads_fields() && self.nothing_to_read.is_none() {
            self.nothing_to_read = Some(TickError::no_field().failure);
        }
        self.query = plan.query();
        self.plan = plan;
        if let Some(beside_values) = probing.results.has_blank_beside_values() {
            let recheck = if beside_values {
                RECHECK_BLANK
            } else {
                RECHECK_PROFILING
            };
            let at = now + recheck;
            self.retry = Some(self.retry.map_or(at, |retry| retry.min(at)));
        }
        Ok(true)
    }

    /// Reads all samples and events.
    pub(crate) fn read_samples(
        &mut self,
        client: &dyn Client,
        history: &mut History,
        samples: &mut Samples,
        clock: &Clock,
    ) -> Result<ReadStats, TickError> {
        client.update().map_err(step_error(ErrorKind::Read))?;
        samples.clear();
        if !self.query.is_empty() {
            client
                .latest(&self.query, samples)
                .map_err(step_error(ErrorKind::Read))?;
        }
        let now = clock.now();
        let mut stats = self.plan.ingest_samples(samples, &mut history.ledger, now);
        stats.mute = self.find_mute_gpus(client, history, now)?;
        self.plan.set_mute_gpus(&stats.mute);
        self.read_events(client, history, samples, &mut stats)?;
        Ok(stats)
    }

    /// Returns the GPUs that are mute after a read at `now`. A GPU that was paused, detached or lost
    /// since the session was opened is none of them: the entities are then enumerated again.
    fn find_mute_gpus(
        &mut self,
        client: &dyn Client,
        history: &mut History,
        now: Instant,
    ) -> Result<MuteGpus, TickError> {
        let ill = &self.ill;
        let is_ill = |id: EntityId| ill.iter().any(|(ill, _)| *ill == id);
        let gpus = self.gpus.iter().filter(|id| !is_ill(**id));
        let reads = gpus.map(|id| self.plan.gpu_read(*id));
        let at = (now, self.plan.max_age());
        let mute = history.gpu_values.find_mute(reads, self.plan.newest(), at);
        if mute.has_other(&history.mute) {
            let listed = list_entities(client, &[EntityKind::GPU])?;
            let unavailable = topology::list_unavailable(&listed);
            if unavailable.iter().any(|(id, _)| !is_ill(*id)) {
                self.retry = Some(now);
                return Ok(history.mute.clone());
            }
        }
        // What is not read cannot be seen to have values again.
        let is_unread = |id: &&EntityId| mute.contains(**id) && !self.plan.reads_entity(**id);
        if self.retry.is_none() && self.gpus.iter().any(|id| is_unread(&id)) {
            self.retry = Some(now + RETRY);
        }
        Ok(mute)
    }

    /// Counts the events since the last read, each once.
    pub(crate) fn read_events(
        &mut self,
        client: &dyn Client,
        history: &mut History,
        samples: &mut Samples,
        stats: &mut ReadStats,
    ) -> Result<(), TickError> {
        for (kind, watch) in &self.events {
            let mut cursor = history.cursors.remove(kind).unwrap_or_default();
            let outcome = client.events(watch, &mut cursor, samples);
            history.cursors.insert(*kind, cursor);
            match outcome {
                Ok(()) => {
                    stats.events += samples.len();
                    // Without room the entities are enumerated again, and less important series are
                    // dropped.
                    if !self.plan.count_events(samples, history) {
                        stats.missing += 1;
                    }
                }
                Err(error) if error.ends_connection() => {
                    return Err(step_error(ErrorKind::Read)(error));
                }
                // A part of the watch is gone: enumerate again. The cursor stays.
                Err(_) => stats.missing += 1,
            }
        }
        Ok(())
    }
}

/// Returns the GPUs that are monitored.
fn monitored_gpus(host: &Host, config: &Config) -> Vec<EntityId> {
    let gpus = host.entities.iter().filter(|entity| {
        entity.id.kind == EntityKind::GPU && config.devices().selects(entity, &host.entities)
    });
    gpus.map(|entity| entity.id).collect()
}

/// Watches that the engine refused for another reason than missing support.
#[derive(Debug, Default)]
struct Refusals {
    first: Option<Error>,
    requests: Vec<WatchRequest>,
}

impl Refusals {
    /// Records the refusal of a whole request.
    fn record(&mut self, request: WatchRequest, error: &Error) {
        if !error.is_unsupported() {
            self.push(request, error);
        }
    }

    fn push(&mut self, request: WatchRequest, error: &Error) {
        self.first.get_or_insert_with(|| error.clone());
        self.requests.push(request);
    }

    /// Records the parts of an accepted request that were refused.
    fn record_parts(&mut self, watch: &Watch) {
        for (part, error) in watch.refused_requests() {
            self.push(part, &error);
        }
    }

    fn first_error(&self) -> Option<SampleError> {
        let error = self.first.as_ref()?;
        Some(SampleError::from_client(ErrorKind::Watch, error))
    }
}

/// Fields of entities.
type Blocks = Vec<(Vec<EntityId>, Vec<FieldId>)>;

/// Watches `wanted`, reads once and records which sources have data.
fn probe_fields(
    client: &dyn Client,
    (wanted, interval): (Blocks, Duration),
    (probes, refusals): (&mut Vec<Watch>, &mut Refusals),
    samples: &mut Samples,
    (results, history, now): (&mut ProbeResults, &mut History, Instant),
) -> Result<(), TickError> {
    match watch_fields(client, wanted.clone(), interval, (probes, refusals)) {
        Ok(()) => read_probes(
            client,
            &Query::from_watches(&*probes),
            samples,
            (results, history, now),
        ),
        Err(error) if error.ends_connection() => Err(step_error(ErrorKind::Watch)(error)),
        // The engine has no group left. It may still have samples of earlier clients, which would look
        // like those of a watch.
        Err(error) if error.class() == ErrorClass::Limit => {
            Err(step_error(ErrorKind::Watch)(error))
        }
        Err(error) => {
            // Without a driver an engine watches nothing, but may hold samples that others
            // injected.
            let query = Query::new(wanted.clone());
            let outcome = read_probes(client, &query, samples, (&mut *results, history, now));
            if outcome.is_err() || !results.has_values() {
                return Err(step_error(ErrorKind::Watch)(error));
            }
            for (entities, fields) in wanted {
                let request = WatchRequest::new(entities, fields).with_interval(interval);
                refusals.push(request, &error);
            }
            Ok(())
        }
    }
}

/// Watches profiling fields and reads them once, as [`probe_fields`] does. A refusal is no error.
fn probe_profiling_fields(
    client: &dyn Client,
    (wanted, interval): (Blocks, Duration),
    (probes, refusals): (&mut Vec<Watch>, &mut Refusals),
    samples: &mut Samples,
    memory: (&mut ProbeResults, &mut History, Instant),
) -> Result<(), TickError> {
    match watch_fields(client, wanted, interval, (probes, refusals)) {
        Err(error) if error.ends_connection() => {
            return Err(step_error(ErrorKind::Watch)(error));
        }
        // The refusals have the error.
        Ok(()) | Err(_) => {}
    }
    read_probes(client, &Query::from_watches(&*probes), samples, memory)
}

/// Watches events by kind of entity; also returns the last refusal.
fn watch_events(
    client: &dyn Client,
    groups: Blocks,
    interval: Duration,
    refusals: &mut Refusals,
) -> Result<EventWatches, TickError> {
    let mut watches = Vec::new();
    let mut refusal = None;
    for (entities, fields) in groups {
        let kind = entities.first().map_or(EntityKind::GPU, |id| id.kind);
        let request = WatchRequest::events(entities, fields).with_interval(interval);
        match client.watch(&request) {
            Ok(watch) => {
                refusals.record_parts(&watch);
                watches.push((kind, watch));
            }
            Err(error) if error.ends_connection() => {
                return Err(step_error(ErrorKind::Watch)(error));
            }
            // An engine without this event counts none.
            Err(error) => {
                refusal = Some(SampleError::from_client(ErrorKind::Watch, &error));
                refusals.record(request, &error);
            }
        }
    }
    Ok((watches, refusal))
}

/// Watches of events, and the last refusal.
type EventWatches = (Vec<(EntityKind, Watch)>, Option<SampleError>);

/// Makes the engine sample the needed fields only; watches that fit are kept.
fn reconcile_watches(
    client: &dyn Client,
    needs: &[(Input, Duration)],
    mut probes: Vec<Watch>,
) -> Result<Vec<Watch>, TickError> {
    let mut periods: Vec<Duration> = needs.iter().map(|(_, period)| *period).collect();
    periods.sort_unstable();
    periods.dedup();
    let mut kept = Vec::new();
    for period in periods {
        for profiling in [false, true] {
            let inputs = needs.iter().filter(|(input, every)| {
                *every == period && input.field.is_profiling() == profiling
            });
            let inputs = inputs.map(|(input, _): &(Input, Duration)| *input);
            for (entities, fields) in candidates::group_fields(inputs) {
                let same = probes.iter().position(|probe| {
                    probe.interval() == period
                        && probe.entities() == entities
                        && probe.fields() == fields
                });
                if let Some(same) = same {
                    kept.push(probes.swap_remove(same));
                    continue;
                }
                match client.watch(&WatchRequest::new(entities, fields).with_interval(period)) {
                    Ok(watch) => kept.push(watch),
                    Err(error) if error.ends_connection() => {
                        return Err(step_error(ErrorKind::Watch)(error));
                    }
                    // Keep the existing watches.
                    Err(_) => kept.append(&mut probes),
                }
            }
        }
    }
    Ok(kept)
}

/// Returns `true` if a profiling field may be a better source than those found so far.
fn may_improve(candidate: &Candidate, results: &ProbeResults) -> bool {
    let best = candidate.inputs.first().copied();
    best.is_some_and(|best| {
        !best.op.is_joint() && results.choose_inputs(candidate) != Some(vec![best])
    })
}

/// Returns `true` if the values come from samples.
fn is_sampled(candidate: &Candidate) -> bool {
    let is_event = |input: &Input| input.op == Op::Event;
    candidate.value == StaticValue::Nothing && !candidate.inputs.iter().all(is_event)
}

/// Watches all blocks that the engine accepts, and records the others. Fails if every block was
/// refused.
fn watch_fields(
    client: &dyn Client,
    blocks: Blocks,
    interval: Duration,
    (watches, refusals): (&mut Vec<Watch>, &mut Refusals),
) -> dcgm::Result<()> {
    let before = watches.len();
    let mut first: Option<Error> = None;
    for (entities, fields) in blocks {
        let request = WatchRequest::new(entities, fields).with_interval(interval);
        match client.watch(&request) {
            Ok(watch) => {
                refusals.record_parts(&watch);
                watches.push(watch);
            }
            Err(error) if error.ends_connection() => return Err(error),
            // The other kinds may still be watched.
            Err(error) => {
                refusals.record(request, &error);
                match &first {
                    Some(known) if !known.is_unsupported() => {}
                    _ => first = Some(error),
                }
            }
        }
    }
    match first {
        Some(error) if watches.len() == before => Err(error),
        _ => Ok(()),
    }
}

fn read_probes(
    client: &dyn Client,
    query: &Query,
    samples: &mut Samples,
    (results, history, now): (&mut ProbeResults, &mut History, Instant),
) -> Result<(), TickError> {
    if !query.is_empty() {
        client.update().map_err(step_error(ErrorKind::Read))?;
        client
            .latest(query, samples)
            .map_err(step_error(ErrorKind::Read))?;
        results.record_samples(samples);
        history.note_ages(samples, now);
    }
    Ok(())
}
