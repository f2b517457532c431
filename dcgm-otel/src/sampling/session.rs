//! A session: what is known of the entities of one connection, the watches on their fields, and the
//! table of their series.
//!
//! ```text
//!  open      entities × catalogue ─► Specs ─► check
//!  check     watch and read unknown sources ─► SourceStates ─► SeriesTable, watches
//!  tick      check what is due or pending ─► read samples and events
//! ```
//!
//! A check watches every unknown source that could be useful and reads it once, because only a read
//! shows what the hardware supports. A profiling field needs two samples before that is known, so the
//! session starts with the next best sources, and the table is replaced when the second samples are
//! there.
//!
//! A session that replaces another one takes over what still holds: states of sources, watches that
//! fit, values and their ages. Totals survive in the [`History`].

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use dcgm::monitor::Supervisor;
use dcgm::{Entity, EntityId, EntityKind, Error, Link, Query, Samples, Watch, WatchRequest};

use super::label_fields;
use super::own_metrics::{self, OwnTarget};
use crate::catalogue::Op;
use crate::clock::Clock;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::hook::AttributeHook;
use crate::pipeline::ReadStats;
use crate::pipeline::availability::SourceStates;
use crate::pipeline::history::History;
use crate::pipeline::index::Pair;
use crate::pipeline::mute::{GpuRead, MuteGpus};
use crate::pipeline::resolve::{self, Blocks, Input, SeriesSpec, Specs, StaticValue};
use crate::pipeline::table::SeriesTable;
use crate::topology::host::Host;
use crate::topology::{self, Availability};

/// Delay before the status of entities is read again that could not be sampled, or before sources are
/// checked again of a mute GPU that is not read.
const RETRY: Duration = Duration::from_secs(60);

/// Interval of reading events though no event field has a new timestamp. An event that the engine records
/// late, with a timestamp before the newest one of the same device, is counted after this time at the
/// latest; the overlap of a cursor must be longer.
const EVENT_INTERVAL: Duration = Duration::from_secs(120);

/// Sampling period of pending profiling fields, and the time limit for their second sample.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

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
pub(crate) fn step_error(kind: ErrorKind) -> impl Fn(Error) -> TickError {
    move |error| TickError {
        failure: SampleError::from_client(kind, &error),
        // After a timeout the connection is not reused.
        lost: error.ends_connection(),
    }
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

/// The entities of a connection, as they are sampled.
#[derive(Debug)]
pub(crate) struct Session {
    specs: Specs,
    states: SourceStates,
    pub(crate) table: SeriesTable,
    /// The metrics of dcgm-exporter itself, for each GPU.
    pub(super) own_targets: Vec<OwnTarget>,
    /// Profiling fields that are still pending.
    pending: Option<Pending>,
    /// Number of monitored entities.
    pub(crate) entities: usize,
    /// Set if no GPU can be sampled though none has failed: telemetry is paused or the driver
    /// detached.
    pub(crate) unavailable: Option<SampleError>,
    /// Set if the engine refused a watch, for example because another program holds the profiling
    /// counters.
    pub(crate) refused: Option<SampleError>,
    /// Set if none of the requested fields can be read; each tick then fails with it and opens
    /// another session.
    pub(crate) nothing_to_read: Option<SampleError>,
    /// All listed entities, and those that cannot be sampled. No list of ids shows that a lost one was
    /// detached or removed, so their status is read again.
    listed: Vec<Entity>,
    pub(crate) ill: Vec<(EntityId, Availability)>,
    recheck_ill: Instant,
    /// The monitored GPUs, also those without a field that is read.
    gpus: Vec<EntityId>,
    /// Time at which sources without a value are checked again because of a mute GPU.
    recheck_absent: Option<Instant>,
    /// Number of panics of the host program's hook.
    pub(crate) hook_panics: u64,
    /// Set if the entities have to be enumerated again, because one has another status.
    pub(crate) needs_listing: bool,
}

/// Profiling fields that are watched until their second sample shows whether they have values.
#[derive(Debug)]
struct Pending {
    fields: Vec<Input>,
    query: Query,
    /// Time at which fields without a second sample are decided.
    deadline: Instant,
    watches: Vec<Watch>,
}

/// Entities and links that a session is opened with.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) entities: Vec<Entity>,
    pub(crate) links: Vec<Link>,
}

/// What the steps of a session work with.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) engine: &'a mut Supervisor,
    pub(crate) config: &'a Config,
    pub(crate) history: &'a mut History,
    pub(crate) samples: &'a mut Samples,
}

impl Session {
    /// Finds the source of each series, and watches the sources. Takes over what still holds of the
    /// session before.
    pub(crate) fn open(
        context: &mut Context<'_>,
        inventory: Inventory,
        hook: Option<&AttributeHook>,
        before: Option<Self>,
        now: Instant,
    ) -> Result<Self, TickError> {
        let Inventory {
            entities: listed,
            links,
        } = inventory;
        let config = context.config;
        let texts = label_fields::read_texts(context.engine.client(), config, &listed)
            .map_err(step_error(ErrorKind::Read))?;
        let host = Host::new(listed.clone(), &links).named_for(config.naming(), texts);
        let mut specs = resolve::resolve_series(&host, config, hook);
        let own_targets = own_metrics::list_targets(&host, config, hook);
        let book = context.history.allocations.as_mut();
        if !book.is_some_and(|book| book.set_entities(&host.entities)) {
            let is_join = |spec: &SeriesSpec| spec.value == StaticValue::Allocation;
            specs.list.retain(|spec| !is_join(spec));
        }
        if specs.monitored == 0 {
            let count = listed.len();
            let message = format!("`devices` selects none of the engine's {count} entities");
            return Err(TickError::plain(ErrorKind::Enumerate, &message));
        }
        let mut states = SourceStates::default();
        let table = if let Some(mut before) = before {
            before.table.forget_instances(&mut context.history.ledger);
            before.forget_changed(&listed);
            states = before.states;
            before.table
        } else {
            SeriesTable::without_entities(context.history, config, false, now)
        };
        let ids: Vec<_> = listed.iter().map(|entity| entity.id).collect();
        context.engine.end_watches_except(&ids);
        // The same is requested again.
        context.engine.forget_refusals();
        states.recheck_absent();
        let inputs = specs.list.iter().flat_map(|spec| &spec.inputs);
        states.set_fact_sources(inputs.copied());
        let mut session = Self {
            own_targets,
            entities: specs.monitored,
            hook_panics: specs.hook_panics,
            unavailable: gpu_unavailability(&listed),
            ill: topology::list_unavailable(&listed),
            gpus: monitored_gpus(&host, config),
            specs,
            states,
            table,
            pending: None,
            refused: None,
            nothing_to_read: None,
            listed,
            recheck_ill: now + RETRY,
            recheck_absent: None,
            needs_listing: false,
        };
        let probes = session.check_sources(context, now)?;
        session.replace_table(context, probes, now)?;
        Ok(session)
    }

    /// Forgets what was known of entities that have changed.
    fn forget_changed(&mut self, listed: &[Entity]) {
        // A new instance can have the number of an old one.
        let is_same = |entity: &&Entity| {
            !topology::is_instance(entity.id.kind) && self.listed.contains(entity)
        };
        let same = listed.iter().filter(is_same).map(|entity| entity.id);
        let same: HashSet<EntityId> = same.collect();
        self.states.forget_entities(|id| !same.contains(&id));
    }

    /// Ends the watches and forgets all that they showed, because a part of them is gone.
    pub(crate) fn forget_watches(&mut self, engine: &mut Supervisor) {
        engine.end_watches_except(&[]);
        self.states.forget_entities(|_| true);
    }

    /// Watches and reads the sources that are unknown. Returns the watches, which may be kept.
    fn check_sources(
        &mut self,
        context: &mut Context<'_>,
        now: Instant,
    ) -> Result<Vec<Watch>, TickError> {
        // Reading again does not make old samples newer.
        self.table.save_ages(context.history);
        let interval = context.config.interval();
        let basic = self.unknown_inputs(false, |_| true);
        let mut probes = self.check_basic(context, (&basic, interval), now)?;

        // Profiling counters are scarce, have one owner per host, and are missing on some hardware.
        // So they have watches of their own, are read only where no better source has a value, and
        // a refused watch costs only these metrics.
        let profiling = self.unknown_inputs(true, |spec| may_improve(spec, &self.states));
        let requests = watch_requests(
            resolve::group_fields(profiling.iter().copied()),
            interval.min(PROBE_INTERVAL),
        );
        let mut profiling_probes = match context.engine.watch_all(requests) {
            Err(error) if error.ends_connection() => {
                return Err(step_error(ErrorKind::Watch)(error));
            }
            // The refusals are recorded.
            Err(_) => Vec::new(),
            Ok(probes) => probes,
        };
        let query = Query::from_watches(&profiling_probes);
        read_probes(context, &query, &mut self.states, now)?;
        let checked = basic.into_iter().chain(profiling);
        let engine = &*context.engine;
        self.states
            .record_refused(checked, |(entity, field)| engine.will_retry(entity, field));
        self.schedule_rechecks(now);
        context.engine.schedule_retry(now);

        let specs = self.specs.list.iter();
        let is_joint = |spec: &&SeriesSpec| spec.op().is_some_and(Op::is_joint);
        let fields: Vec<Input> = specs
            .filter(|spec| !is_joint(spec))
            .flat_map(|spec| self.states.pending_inputs(spec))
            .collect();
        if fields.is_empty() {
            probes.append(&mut profiling_probes);
        } else {
            let before = self.pending.take();
            profiling_probes.extend(before.into_iter().flat_map(|before| before.watches));
            self.pending = Some(Pending {
                query: Query::new(resolve::group_fields(fields.iter().copied())),
                fields,
                deadline: now + PROBE_TIMEOUT,
                watches: profiling_probes,
            });
        }
        Ok(probes)
    }

    /// Watches and reads unknown sources that are no profiling fields. Fails if the engine refuses all
    /// and there is nothing else to read.
    fn check_basic(
        &mut self,
        context: &mut Context<'_>,
        (inputs, interval): (&[Input], Duration),
        now: Instant,
    ) -> Result<Vec<Watch>, TickError> {
        let blocks = resolve::group_fields(inputs.iter().copied());
        let requests = watch_requests(blocks.clone(), interval);
        let error = match context.engine.watch_all(requests.clone()) {
            Ok(probes) => {
                let query = Query::from_watches(&probes);
                read_probes(context, &query, &mut self.states, now)?;
                return Ok(probes);
            }
            // Without a group left the engine may still have samples of earlier clients, which would
            // look like those of a watch.
            Err(error)
                if error.ends_connection() || error.is_limit() && !self.table.reads_fields() =>
            {
                return Err(step_error(ErrorKind::Watch)(error));
            }
            Err(error) => error,
        };
        if error.is_limit() {
            return Ok(Vec::new());
        }
        // Without a driver an engine watches nothing, but may hold samples that others injected.
        let outcome = read_probes(context, &Query::new(blocks), &mut self.states, now);
        if outcome.is_err() || !self.states.has_values() {
            return Err(step_error(ErrorKind::Watch)(error));
        }
        if error.is_unsupported() {
            for request in requests {
                context.engine.record_refused(request, &error);
            }
        }
        Ok(Vec::new())
    }

    fn schedule_rechecks(&mut self, now: Instant) {
        let is_ill = |id| self.ill.iter().any(|(ill, _)| *ill == id);
        self.states.schedule_rechecks(is_ill, now);
    }

    /// Returns the unknown sources of the selected series, in the order of the catalogue.
    fn unknown_inputs(
        &self,
        is_profiling: bool,
        is_selected: impl Fn(&SeriesSpec) -> bool,
    ) -> Vec<Input> {
        let specs = self.specs.list.iter().filter(|spec| is_selected(spec));
        let inputs = specs.flat_map(SeriesSpec::sampled_inputs);
        inputs
            .filter(|input| {
                input.field.is_profiling() == is_profiling && self.states.is_unknown(input.pair())
            })
            .collect()
    }

    /// Replaces the table after a check, and watches what it needs.
    fn replace_table(
        &mut self,
        context: &mut Context<'_>,
        probes: Vec<Watch>,
        now: Instant,
    ) -> Result<(), TickError> {
        let config = context.config;
        let history = &mut *context.history;
        let mut table = SeriesTable::build(&self.specs, &self.states, history, config, now);
        table.take_over(&self.table, history);
        self.table = table;
        self.states.take_change();
        let interval = config.interval();
        let required = requests_by_period(&self.table.required_inputs(config), config);
        let failed = step_error(ErrorKind::Watch);
        context
            .engine
            .keep_watches(required, probes)
            .map_err(&failed)?;
        let events = self.table.required_events().into_iter();
        let events = events.map(|(entities, fields)| {
            WatchRequest::events(entities, fields).with_interval(interval)
        });
        let refused_event = context
            .engine
            .keep_event_watches(events.collect(), Vec::new())
            .map_err(&failed)?;
        context.engine.schedule_retry(now);
        let as_failure = |error: &Error| SampleError::from_client(ErrorKind::Watch, error);
        let refused = context.engine.refusal().map(as_failure);
        // A host without any of the fields, or an engine that samples nothing, would otherwise look
        // healthy.
        self.nothing_to_read = if self.table.reads_fields() || self.unavailable.is_some() {
            None
        } else if self.specs.list.iter().any(is_sampled) {
            refused
                .clone()
                .or_else(|| Some(TickError::no_field().failure))
        } else if !context.engine.watches_events() {
            refused_event.as_ref().map(as_failure)
        } else {
            None
        };
        // Report the refusal once.
        self.refused = refused.filter(|_| self.nothing_to_read.is_none());
        Ok(())
    }

    /// Checks the sources whose state may have changed. Returns `true` if the table was replaced.
    pub(crate) fn update_sources(
        &mut self,
        context: &mut Context<'_>,
        now: Instant,
    ) -> Result<bool, TickError> {
        let accepted = context
            .engine
            .retry_refused(now)
            .map_err(step_error(ErrorKind::Watch))?;
        let has_accepted = !accepted.is_empty();
        if has_accepted {
            context.engine.forget_refusals();
            self.states.recheck_sources(accepted);
        }
        if self.recheck_absent.is_some_and(|at| now >= at) {
            self.recheck_absent = None;
            self.states.recheck_absent();
        }
        let mut probes = Vec::new();
        if self.states.recheck_due(now) {
            probes = self.check_sources(context, now)?;
        }
        if !self.states.has_changed() && !has_accepted {
            return Ok(false);
        }
        self.replace_table(context, probes, now)?;
        Ok(true)
    }

    /// Uses other sources instead of these, which have had no value for long. Returns `true` if there
    /// are any.
    pub(crate) fn replace_sources(
        &mut self,
        context: &mut Context<'_>,
        replaceable: &[Pair],
        now: Instant,
    ) -> Result<bool, TickError> {
        let may_give_way = |pair: &&Pair| {
            let specs = self.specs.list.iter();
            let mut of_it = specs.filter(|spec| spec.inputs.iter().any(|one| one.pair() == **pair));
            of_it.any(|spec| {
                let mut others = spec.inputs.iter().map(Input::pair);
                others.any(|other| other != **pair && self.states.may_have_values(other))
            })
        };
        let given_up: Vec<Pair> = replaceable.iter().filter(may_give_way).copied().collect();
        if given_up.is_empty() {
            return Ok(false);
        }
        for pair in given_up {
            self.states.record_blank(pair);
        }
        let probes = self.check_sources(context, now)?;
        self.replace_table(context, probes, now)?;
        Ok(true)
    }

    /// Returns `true` while profiling fields are pending.
    pub(crate) const fn is_probing(&self) -> bool {
        self.pending.is_some()
    }

    /// Reads the pending profiling fields again. Once all are decided, each series gets its best
    /// source with values, and blank fields are no longer watched. Returns `true` if the table was
    /// replaced.
    pub(crate) fn review_pending(
        &mut self,
        context: &mut Context<'_>,
        now: Instant,
    ) -> Result<bool, TickError> {
        let Some(pending) = &self.pending else {
            return Ok(false);
        };
        self.table.save_ages(context.history);
        read_probes(context, &pending.query, &mut self.states, now)?;
        let is_late = now >= pending.deadline;
        if !self.states.decide_blanks(&pending.fields, is_late) {
            return Ok(false);
        }
        // Their watches end after the new ones began.
        let _watches = self.pending.take();
        self.schedule_rechecks(now);
        self.replace_table(context, Vec::new(), now)?;
        Ok(true)
    }

    /// Reads the status of entities that could not be sampled, once a minute. After a change the
    /// entities are enumerated again.
    pub(crate) fn recheck_ill(
        &mut self,
        engine: &Supervisor,
        now: Instant,
    ) -> Result<(), TickError> {
        if self.ill.is_empty() || now < self.recheck_ill {
            return Ok(());
        }
        self.recheck_ill = now + RETRY;
        let mut kinds: Vec<_> = self.ill.iter().map(|(id, _)| id.kind).collect();
        kinds.dedup();
        if let Some(unavailable) = read_unavailable(engine, &kinds)? {
            self.needs_listing |= unavailable != self.ill;
        }
        Ok(())
    }

    /// Reads all samples and events.
    pub(crate) fn read_samples(
        &mut self,
        context: &mut Context<'_>,
        clock: &Clock,
    ) -> Result<ReadStats, TickError> {
        read_latest(context, self.table.query())?;
        let now = clock.now();
        let ledger = &mut context.history.ledger;
        let mut stats = self.table.ingest_samples(context.samples, ledger, now);
        stats.mute = self.find_mute_gpus(context, now)?;
        self.table.set_mute_gpus(&stats.mute);
        if stats.has_new_events || !self.table.reads_fields() {
            context.engine.expect_events();
        }
        self.read_events(context, &mut stats, now)?;
        Ok(stats)
    }

    /// Returns the GPUs that are mute after a read at `now`. A GPU that was paused, detached or lost
    /// since the session was opened is none of them: the entities are then enumerated again.
    fn find_mute_gpus(
        &mut self,
        context: &mut Context<'_>,
        now: Instant,
    ) -> Result<MuteGpus, TickError> {
        let history = &mut *context.history;
        let ill = &self.ill;
        let is_ill = |id: EntityId| ill.iter().any(|(ill, _)| *ill == id);
        let gpus = self.gpus.iter().filter(|id| !is_ill(**id));
        // A GPU that is not read has none of the fields that others have.
        let reads = gpus.map(|id| {
            let read = self.table.gpu_read(*id);
            let basic_fields = if self.table.reads_entity(*id) {
                read.basic_fields
            } else {
                self.states.basic_fields(*id)
            };
            GpuRead {
                basic_fields,
                ..read
            }
        });
        let at = (now, self.table.max_age());
        let mute = history.gpu_values.find_mute(reads, self.table.newest(), at);
        if mute.has_other(&history.mute) {
            // If that cannot be read at present, nothing is known about the others.
            let unavailable = read_unavailable(context.engine, &[EntityKind::GPU])?;
            let is_new = |(id, _): &(EntityId, Availability)| !is_ill(*id);
            if unavailable.is_none_or(|all| all.iter().any(is_new)) {
                self.needs_listing = true;
                return Ok(history.mute.clone());
            }
        }
        // A GPU that has values again may have lost sources meanwhile…
        if history.mute.has_other(&mute) {
            self.recheck_absent = Some(now);
        }
        // …and what is not read cannot be seen to have values again.
        let is_unread = |id: &&EntityId| mute.contains(**id) && !self.table.reads_entity(**id);
        if self.recheck_absent.is_none() && self.gpus.iter().any(|id| is_unread(&id)) {
            self.recheck_absent = Some(now + RETRY);
        }
        Ok(mute)
    }

    /// Counts the events since the last read, each once.
    pub(crate) fn read_events(
        &mut self,
        context: &mut Context<'_>,
        stats: &mut ReadStats,
        now: Instant,
    ) -> Result<(), TickError> {
        let (table, history) = (&mut self.table, &mut *context.history);
        let mut has_room = true;
        let is_intact = context
            .engine
            .read_events(EVENT_INTERVAL, now, context.samples, |samples| {
                stats.events += samples.len();
                has_room &= table.count_events(samples, history);
            })
            .map_err(step_error(ErrorKind::Read))?;
        if !has_room {
            // The next table drops less important series.
            self.states.note_change();
        }
        // A part of a watch is gone: the entities are enumerated again.
        stats.missing += usize::from(!is_intact);
        Ok(())
    }
}

/// Reads which entities cannot be sampled; `None` if that cannot be read at present.
fn read_unavailable(
    engine: &Supervisor,
    kinds: &[EntityKind],
) -> Result<Option<Vec<(EntityId, Availability)>>, TickError> {
    match engine.client().entities(kinds) {
        Ok(listed) => Ok(Some(topology::list_unavailable(&listed))),
        Err(error) if error.ends_connection() => Err(step_error(ErrorKind::Enumerate)(error)),
        Err(_) => Ok(None),
    }
}

/// Returns the GPUs that are monitored.
fn monitored_gpus(host: &Host, config: &Config) -> Vec<EntityId> {
    let gpus = host.entities.iter().filter(|entity| {
        entity.id.kind == EntityKind::GPU && config.devices().selects(entity, &host.entities)
    });
    gpus.map(|entity| entity.id).collect()
}

/// Returns `true` if a profiling field may be a better source than those found so far.
fn may_improve(spec: &SeriesSpec, states: &SourceStates) -> bool {
    let best = spec.inputs.first().copied();
    best.is_some_and(|best| !best.op.is_joint() && states.choose_inputs(spec) != Some(vec![best]))
}

/// Returns `true` if the values come from samples.
fn is_sampled(spec: &SeriesSpec) -> bool {
    let is_event = |input: &Input| input.op == Op::Event;
    spec.value == StaticValue::Nothing && !spec.inputs.iter().all(is_event)
}

/// Makes the requests to watch fields.
fn watch_requests(blocks: Blocks, interval: Duration) -> Vec<WatchRequest> {
    let requests = blocks.into_iter();
    requests
        .map(|(entities, fields)| WatchRequest::new(entities, fields).with_interval(interval))
        .collect()
}

/// Makes the requests for fields with their sampling periods. Profiling fields have watches of their
/// own, which the engine can refuse alone.
///
/// A source is in the request with its shortest period only: to the engine, the watches of a connection
/// on a source are one, so that a slower request would be sampled at the shorter period as a whole.
fn requests_by_period(needs: &[(Input, Duration)], config: &Config) -> Vec<WatchRequest> {
    let mut shortest: BTreeMap<Pair, (Duration, Input)> = BTreeMap::new();
    for (input, period) in needs {
        let known = shortest.entry(input.pair()).or_insert((*period, *input));
        known.0 = known.0.min(*period);
    }
    let mut classes: BTreeMap<(Duration, bool), Vec<Input>> = BTreeMap::new();
    for (period, input) in shortest.into_values() {
        let class = (period, input.field.is_profiling());
        classes.entry(class).or_default().push(input);
    }
    let requests = classes.into_iter().flat_map(|((period, _), inputs)| {
        let mut requests = watch_requests(resolve::group_fields(inputs), period);
        // Every sample of these is read, once a tick.
        if Some(period) == config.peaks() {
            for request in &mut requests {
                request.events = true;
                request.keep_age = config.peaks_keep_age();
            }
        }
        requests
    });
    requests.collect()
}

/// Reads the fields of a check, and records what they show.
fn read_probes(
    context: &mut Context<'_>,
    query: &Query,
    states: &mut SourceStates,
    now: Instant,
) -> Result<(), TickError> {
    if !query.is_empty() {
        read_latest(context, query)?;
        states.record_samples(context.samples);
        context.history.note_ages(context.samples, now);
    }
    Ok(())
}

fn read_latest(context: &mut Context<'_>, query: &Query) -> Result<(), TickError> {
    let Context {
        engine, samples, ..
    } = context;
    let outcome = engine.update();
    outcome
        .and_then(|()| engine.read_latest(query, samples))
        .map_err(step_error(ErrorKind::Read))
}

#[cfg(test)]
mod tests;
