//! The thread that samples: connect, enumerate, watch, read, publish, and all of it again after a
//! failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use dcgm::{BuildInfo, Client, EntityId, EntityKind, Link, Samples};

use crate::candidates;
use crate::clock::Clock;
use crate::config::Config;
use crate::counters::Ledger;
use crate::health::{ErrorKind, HealthReporter, MeterState, SampleError};
use crate::history::History;
use crate::hook::AttributeHook;
use crate::instruments::MeterFeed;
use crate::plan::{Plan, ReadStats};
use crate::schedule::Schedule;
use crate::session::{self, Enumeration, Inventory, Session, TickError};
use crate::snapshot::Snapshot;
use crate::telemetry::Telemetry;
use crate::text;

/// Whose coming and going is looked for at each tick.
const HOTPLUG_KINDS: [EntityKind; 3] = [
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
];

/// After this long without a further change the entities have settled: the engine lists the
/// instances of a GPU one by one while it is cut anew.
const DEBOUNCE: Duration = Duration::from_secs(1);

/// How often the states of links are asked for while nothing points to a change: over TCP the answer
/// takes 90 ms, and the engine asks the driver for each link.
const LINK_INTERVAL: Duration = Duration::from_secs(60);

/// How soon profiling fields that had no value are looked at again: a little after the engine's second
/// sample of them.
const PROBE_DELAY: Duration = Duration::from_millis(1100);

/// How soon another source is looked for again for a series whose source has no values any more.
const REPLACE_INTERVAL: Duration = Duration::from_secs(600);

/// What the thread can be asked.
#[derive(Debug)]
pub(crate) enum Command {
    /// To sample now, and to say how that went.
    Sample(Sender<Result<(), SampleError>>),
    /// To end.
    Stop,
}

/// What the thread works with.
#[derive(Debug)]
pub(crate) struct Sampler {
    client: Arc<dyn Client>,
    feed: Arc<MeterFeed>,
    shared: Arc<HealthReporter>,
    clock: Clock,
    config: Config,
    hook: Option<AttributeHook>,
    kinds: Vec<EntityKind>,
    /// Whether anything is said of links.
    needs_links: bool,
    /// Those of them that come and go.
    transient: Vec<EntityKind>,
    history: History,
    /// The engine says that there is nothing.
    all_gone: bool,
    connected: bool,
    session: Option<Session>,
    /// The entities of the session, and those of this tick.
    entities: Vec<EntityId>,
    listed: Vec<EntityId>,
    /// Something is amiss that the list of entities does not show.
    reenumerate: bool,
    /// The list that is not the session's, and since when it is that.
    pending_topology: Option<(Vec<EntityId>, Instant)>,
    samples: Samples,
    links: Links,
    /// When another source may be looked for, for a series whose source has no values any more.
    next_replacement: Option<Instant>,
    /// The snapshot before the one that is shown, whose memory the next one gets.
    spare: Option<Arc<Snapshot>>,
}

/// The NVLinks, as the engine last said.
#[derive(Debug, Default)]
struct Links {
    /// `None`: the engine could not say.
    states: Option<Vec<Link>>,
    read_at: Option<Instant>,
    /// Something points to a change.
    needs_refresh: bool,
    /// The session does not know of them yet.
    is_new: bool,
    /// Other links are up than when the session began.
    has_changed: bool,
}

impl Sampler {
    pub(crate) fn new(
        client: Arc<dyn Client>,
        feed: Arc<MeterFeed>,
        shared: Arc<HealthReporter>,
        clock: Clock,
        (config, hook): (Config, Option<AttributeHook>),
        history: History,
    ) -> Self {
        Self {
            client,
            feed,
            shared,
            clock,
            kinds: Vec::new(),
            needs_links: candidates::needs_links(&config),
            config,
            hook,
            history,
            all_gone: false,
            connected: false,
            session: None,
            entities: Vec::new(),
            listed: Vec::new(),
            reenumerate: false,
            pending_topology: None,
            transient: Vec::new(),
            samples: Samples::new(),
            links: Links::default(),
            next_replacement: None,
            spare: None,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        self.feed.telemetry()
    }

    /// Samples until told to end.
    pub(crate) fn run_until_stopped(
        mut self,
        commands: &Receiver<Command>,
        initial_delay: Duration,
    ) {
        let interval = self.config.interval();
        let mut schedule = Schedule::new(self.clock.now(), initial_delay, interval);
        loop {
            let command = if self.clock.runs_by_itself() {
                commands.recv_deadline(schedule.next_tick())
            } else {
                commands.recv().map_err(RecvTimeoutError::from)
            };
            let reply = match command {
                Ok(Command::Sample(reply)) => Some(reply),
                Err(RecvTimeoutError::Timeout) => None,
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            };
            let began = self.clock.now();
            let outcome = self.contained_tick();
            let now = self.clock.now();
            self.telemetry()
                .record_tick(now.saturating_duration_since(began));
            self.telemetry().warn_if_unread(now);
            match &outcome {
                Ok(()) => schedule.record_success(now),
                Err(_) => schedule.record_failure(now),
            }
            if self.pending_topology.is_some() {
                schedule.not_after(now + DEBOUNCE);
            }
            if self.session.as_ref().is_some_and(Session::is_probing) {
                schedule.not_after(now + PROBE_DELAY);
            }
            if let Some(reply) = reply {
                // Who asked may have gone.
                let _ = reply.send(outcome);
            }
        }
        self.shut_down();
    }

    /// A tick whose panic, the client's perhaps, ends the session and nothing else.
    fn contained_tick(&mut self) -> Result<(), SampleError> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run_tick())).unwrap_or_else(|panic| {
            let words = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned());
            let message = words.unwrap_or_else(|| "panicked".to_owned());
            Err(TickError {
                failure: SampleError::new(ErrorKind::Panic, &message),
                lost: true,
            })
        });
        outcome.map_err(|TickError { failure, lost }| {
            if lost {
                self.close_session();
                // Another connection may be to another engine.
                self.history.changed = None;
                self.connected = false;
                // A client that panicked may be left connected in a state that nobody knows.
                if failure.kind == ErrorKind::Panic {
                    self.close_client();
                }
            }
            // Levels vanish with their session. While it is only replaced by another they stay.
            if self.session.is_none() {
                self.publish_counters_only();
            }
            self.report_failure(&failure);
            failure
        })
    }

    fn run_tick(&mut self) -> Result<(), TickError> {
        let client = Arc::clone(&self.client);
        let client = &*client;
        if !self.connected {
            self.connect_engine(client)?;
        }
        let listed = session::list_ids(client, &self.transient, &mut self.listed)?;
        if listed == Enumeration::Partial {
            self.telemetry().record_error(ErrorKind::Mig);
        }
        self.read_links(client)?;
        let nothing_to_read = |session: &Session| session.nothing_to_read.is_some();
        if self.session.as_ref().is_none_or(nothing_to_read) || self.topology_change_is_stable() {
            self.open_session(client)?;
        }
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let memory = (&mut self.history, &mut self.samples);
        let now = self.clock.now();
        if session.review_probes(client, &self.config, memory.0, memory.1, now)? {
            self.links.is_new = true;
        }
        if core::mem::take(&mut self.links.is_new) {
            session.plan.set_links(self.links.states.as_deref());
        }
        let stats =
            session.read_samples(client, &mut self.history, &mut self.samples, &self.clock)?;
        let now = self.clock.now();
        // An XID is often the first sign of a link that went down.
        self.links.needs_refresh |= stats.events > 0;
        let replace =
            stats.is_replaceable && self.next_replacement.is_none_or(|earliest| now >= earliest);
        if replace {
            self.next_replacement = now.checked_add(REPLACE_INTERVAL);
        }
        let retry = session.retry.is_some_and(|at| now >= at);
        self.reenumerate = stats.gone > 0 || retry || replace || self.links.has_changed;
        if self.reenumerate && self.pending_topology.is_none() {
            self.pending_topology = Some((self.listed.clone(), now));
        }
        let silent_for = session.plan.silent_for(now);
        let reads = session.plan.reads_fields();
        let nothing_to_read = session.nothing_to_read.clone();
        let unavailable = session.unavailable.clone();
        let dropped = session.plan.dropped_series();
        let last_sample = session.plan.last_change();
        let shown = (&mut session.plan, &self.history.ledger);
        let series = publish_plan(&self.feed, &mut self.spare, shown, now);
        self.shared.update_report(|report| {
            report.series = series;
        });
        if let Some(at) = last_sample {
            self.telemetry().record_sample_time(at);
        }
        self.telemetry().record_samples(stats.values);
        self.telemetry().record_resets(stats.resets);
        // Not a reason to be degraded: the others are fine.
        if stats.failed > 0 {
            self.telemetry().record_error(ErrorKind::Read);
        }
        self.telemetry().set_dropped_series(dropped);
        if let Some(failure) = unavailable {
            let lost = false;
            return Err(TickError { failure, lost });
        }
        if let Some(silent_for) = silent_for {
            let message = format!("the engine has sampled nothing for {silent_for:.0?}");
            return Err(TickError::plain(ErrorKind::Stale, &message));
        }
        if reads && stats.values == 0 {
            let message = "the engine has a value of no field";
            return Err(TickError::plain(ErrorKind::Read, message));
        }
        if let Some(failure) = nothing_to_read {
            let lost = false;
            return Err(TickError { failure, lost });
        }
        self.report_ready();
        Ok(())
    }

    fn connect_engine(&mut self, client: &dyn Client) -> Result<(), TickError> {
        let engine = session::connect_client(client)?;
        self.connected = true;
        self.kinds = candidates::entity_kinds(&self.config);
        self.kinds.retain(|kind| can_list(&engine, *kind));
        let transient = self
            .kinds
            .iter()
            .filter(|kind| HOTPLUG_KINDS.contains(kind));
        self.transient = transient.copied().collect();
        let backend = text::sanitize_backend(client.backend());
        tracing::debug!(target = %backend.target, %engine, "connected");
        self.shared.set_connected(backend, engine);
        Ok(())
    }

    /// Whether there are others than the session's, for so long that they may stay.
    fn topology_change_is_stable(&mut self) -> bool {
        if !self.reenumerate && self.listed == self.entities {
            self.pending_topology = None;
            return false;
        }
        let now = self.clock.now();
        match &self.pending_topology {
            Some((listed, since)) if *listed == self.listed => {
                now.saturating_duration_since(*since) >= DEBOUNCE
            }
            _ => {
                self.pending_topology = Some((self.listed.clone(), now));
                false
            }
        }
    }

    fn open_session(&mut self, client: &dyn Client) -> Result<(), TickError> {
        if let Some(session) = &mut self.session {
            // What happened last to those who are gone. What cannot be read now is read in the next
            // session.
            let mut stats = ReadStats::default();
            let _ = session.read_events(client, &mut self.history, &mut self.samples, &mut stats);
        }
        self.pending_topology = None;
        self.reenumerate = false;
        // First the watches of the old session, so that the engine never has both.
        self.close_session();
        // There are hosts that have NVSwitches or CPUs only.
        let entities = session::list_entities(client, &self.kinds)?;
        self.all_gone = entities.is_empty();
        if self.all_gone {
            let message = "the engine has no GPU";
            return Err(TickError::plain(ErrorKind::Enumerate, message));
        }
        let session = Session::open(
            client,
            Inventory {
                entities,
                links: self.links.states.clone().unwrap_or_default(),
            },
            (&self.config, self.hook.as_ref()),
            &mut self.history,
            &mut self.samples,
            self.clock.now(),
        )?;
        self.links.has_changed = false;
        self.links.is_new = true;
        if session.plan.is_empty() {
            return Err(TickError::no_field());
        }
        if let Some(refused) = &session.refused {
            tracing::warn!(error = %refused, "some metrics unavailable: watch refused");
        }
        self.shared
            .update_report(|report| report.entities = session.entities);
        self.feed
            .keep_retired(session.plan.retired_totals(&self.history));
        let lost = session.plan.newly_lost();
        if lost > 0 {
            self.telemetry().record_errors(ErrorKind::GpuLost, lost);
            tracing::warn!(lost, "devices lost or missing");
        }
        let dropped = session.plan.dropped_series();
        if dropped > 0 {
            self.telemetry().record_error(ErrorKind::Cardinality);
            let cap = self.config.max_series();
            tracing::warn!(dropped, cap, "series dropped: too many for the limit");
        }
        if let Some(refused) = &session.refused {
            self.telemetry().record_error(refused.kind);
        }
        self.telemetry()
            .record_errors(ErrorKind::Panic, session.hook_panics);
        self.entities.clone_from(&self.listed);
        self.session = Some(session);
        Ok(())
    }

    /// Asks for the states of the links if it is time, or something points to a change.
    fn read_links(&mut self, client: &dyn Client) -> Result<(), TickError> {
        if !self.needs_links {
            return Ok(());
        }
        let now = self.clock.now();
        let links = &mut self.links;
        let is_due = |at: Instant| now.saturating_duration_since(at) >= LINK_INTERVAL;
        // Entities that come or go bring or take links.
        let needs_refresh = links.needs_refresh || self.session.is_none();
        if !needs_refresh && !links.read_at.is_none_or(is_due) {
            return Ok(());
        }
        let states = session::list_links(client)?;
        links.needs_refresh = false;
        links.read_at = Some(now);
        if links.states != states {
            links.has_changed |= self.session.is_some() && states.is_some();
            links.states = states;
            links.is_new = true;
        }
        Ok(())
    }

    /// Ends the session, if there is one.
    fn close_session(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        session.plan.forget_instances(&mut self.history.ledger);
        session.plan.save_ages(&mut self.history);
        // Ending a watch calls the client, which may be what panicked.
        if catch_unwind(AssertUnwindSafe(|| drop(session))).is_err() {
            self.telemetry().record_error(ErrorKind::Panic);
        }
        self.entities.clear();
    }

    /// Shows the counters, which hold, and nothing else.
    fn publish_counters_only(&mut self) {
        let now = self.clock.now();
        let all_gone = self.connected && self.all_gone;
        let mut held = Plan::without_entities(&mut self.history, &self.config, all_gone, now);
        let shown = (&mut held, &self.history.ledger);
        let series = publish_plan(&self.feed, &mut self.spare, shown, now);
        self.shared.update_report(|report| {
            report.series = series;
            report.entities = 0;
        });
    }

    fn close_client(&self) {
        if catch_unwind(AssertUnwindSafe(|| self.client.close())).is_err() {
            self.telemetry().record_error(ErrorKind::Panic);
        }
    }

    fn report_failure(&self, failure: &SampleError) {
        let now = self.clock.now();
        self.telemetry().record_error(failure.kind);
        let news = self.shared.update_report(|report| {
            let before = report.reason.as_ref().map(|reason| reason.kind);
            if report.state != MeterState::Degraded {
                report.state = MeterState::Degraded;
                report.since = now;
            }
            report.reason = Some(failure.clone());
            before != Some(failure.kind)
        });
        if news {
            let hint = failure.hint.as_deref().unwrap_or_default();
            tracing::warn!(kind = %failure.kind, hint, "GPU metrics unavailable: {failure}");
        }
    }

    fn report_ready(&self) {
        let now = self.clock.now();
        let news = self.shared.update_report(|report| {
            let news = report.state != MeterState::Ready;
            if news {
                report.state = MeterState::Ready;
                report.since = now;
                report.reason = None;
            }
            news.then_some((report.entities, report.series))
        });
        if let Some((entities, series)) = news {
            tracing::info!(entities, series, "GPU metrics available");
        }
    }

    fn shut_down(mut self) {
        self.close_session();
        self.publish_counters_only();
        self.close_client();
        let now = self.clock.now();
        self.shared.update_report(|report| {
            report.state = MeterState::Stopped;
            report.since = now;
        });
    }
}

/// Publishes the present values, in the memory of the snapshot before the last unless somebody still
/// looks at it; how many series they are.
fn publish_plan(
    feed: &MeterFeed,
    spare: &mut Option<Arc<Snapshot>>,
    (plan, ledger): (&mut Plan, &Ledger),
    now: Instant,
) -> usize {
    let mut series = 0;
    let next = Snapshot::fill_reusing(spare.take(), |snapshot| {
        series = plan.fill_snapshot(snapshot, ledger, now);
    });
    *spare = Some(feed.publish_snapshot(next));
    series
}

/// Whether an engine can have entities of a kind. One of 3.3 can die when asked for CPUs, and knows no
/// adapters; and CPUs are listed on Grace only, whose architecture is not that of x86.
fn can_list(engine: &BuildInfo, kind: EntityKind) -> bool {
    let is_4 = || engine.version().is_some_and(|version| version.major >= 4);
    match kind {
        EntityKind::CPU | EntityKind::CPU_CORE => is_4() && engine.value("arch") != Some("x86_64"),
        EntityKind::CONNECTX => is_4(),
        _ => true,
    }
}
