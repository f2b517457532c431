//! The sampling thread. Each tick runs the same steps and skips those whose result still holds:
//!
//! ```text
//!  connect ──► list ids ──► read links ──► open session ──► read ──► publish
//!     ▲         (a sign, or   (each minute)  (new topology)              │
//!     │          each minute)                                            │
//!     └──────── connection lost: close session, back off ◄──────────────┘
//! ```
//!
//! A list that differs from the session's must be stable for [`DEBOUNCE`] before a new session
//! replaces the old one, which samples meanwhile. Other signs (a watch that is gone, an entity whose
//! samples stopped, a link that changed) set [`Relist`], which has the same effect as a different
//! list.
//!
//! An error ends the tick. If the connection is lost with it, the session is closed and only the
//! counters are published; otherwise the session stays and its gauges expire by themselves. The
//! health of the meter is degraded until a tick succeeds.

mod allocation_log;
mod event_counts;
mod health_checks;
mod label_fields;
mod own_metrics;
mod peaks;
pub(crate) mod schedule;
mod session;
mod session_log;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use dcgm::monitor::Supervisor;
use dcgm::{Client, EntityId, Samples};

use crate::clock::Clock;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::health::{HealthReporter, MeterState};
use crate::hook::AttributeHook;
use crate::instruments::MeterFeed;
use crate::logging::write_line;
use crate::pipeline::ReadStats;
use crate::pipeline::allocations::AllocationBook;
use crate::pipeline::history::History;
use crate::pipeline::mute::{GpuValues, MuteGpus};
use crate::pipeline::resolve;
use crate::pipeline::snapshot::Snapshot;
use crate::pipeline::table::SeriesTable;
use crate::telemetry::Telemetry;
use crate::text;
use crate::topology;
use allocation_log::log_allocations;
use health_checks::HealthChecks;
pub(crate) use own_metrics::OwnCounts;
use own_metrics::OwnMetrics;
use schedule::Schedule;
use session::{Context, Inventory, Session, TickError, step_error};
use session_log::SessionLog;

/// Time without a further change after which a new topology counts as stable: while MIG partitions
/// a GPU, the engine lists its instances one by one.
const DEBOUNCE: Duration = Duration::from_secs(1);

/// Interval of reading link states while nothing points to a change: over TCP the call takes 90 ms,
/// and the engine queries the driver for each link.
const LINK_INTERVAL: Duration = Duration::from_secs(60);

/// Delay before pending profiling fields are read again: slightly more than the engine's sampling
/// period.
const PROBE_DELAY: Duration = Duration::from_millis(1100);

/// Minimum time between two searches for another source of a series without values.
const REPLACE_INTERVAL: Duration = Duration::from_secs(600);

/// A request to the sampling thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// Sample now, and send the result.
    Sample(Sender<Result<(), SampleError>>),
    /// Forget the lost device with this `hw.id`, sample, and send whether there was one.
    Forget(Arc<str>, Sender<bool>),
    /// End the thread.
    Stop,
}

/// The reply to a request, after the tick.
#[derive(Debug)]
enum Reply {
    None,
    Outcome(Sender<Result<(), SampleError>>),
    Forgotten(bool, Sender<bool>),
}

/// State of the sampling thread.
#[derive(Debug)]
pub(crate) struct Sampler {
    engine: Supervisor,
    feed: Arc<MeterFeed>,
    shared: Arc<HealthReporter>,
    clock: Clock,
    config: Config,
    hook: Option<AttributeHook>,
    history: History,
    log: SessionLog,
    /// Set if the engine reports no entities.
    all_gone: bool,
    session: Option<Session>,
    /// Entities of the session.
    entities: Vec<EntityId>,
    /// Reason other than the list for enumerating the entities again.
    relist: Relist,
    /// A list that differs from the session's, and the time since when it is stable.
    pending_topology: Option<(Vec<EntityId>, Instant)>,
    samples: Samples,
    /// Number of values of the tick before.
    last_values: usize,
    /// Time of the last tick without any new sample that had the entities listed.
    stopped_at: Option<Instant>,
    links: SeenLinks,
    health: HealthChecks,
    own: OwnMetrics,
    /// Earliest time of the next search for other sources.
    next_replacement: Option<Instant>,
    /// The snapshot before the published one; its memory is reused.
    spare: Option<Arc<Snapshot>>,
}

/// Whether the entities have to be enumerated again.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Relist {
    No,
    /// Something has changed that the list of ids does not show.
    Changed,
    /// A part of the watches is gone, too.
    Unwatched,
}

/// Use of the states of NVLinks.
#[derive(Debug, Default)]
struct SeenLinks {
    /// Set if any series depends on them.
    is_wanted: bool,
    /// Set if the session does not have the last ones yet.
    is_new: bool,
    /// Set if other links are up than at the start of the session.
    has_changed: bool,
}

impl Sampler {
    pub(crate) fn new(
        client: Arc<dyn Client>,
        feed: Arc<MeterFeed>,
        shared: Arc<HealthReporter>,
        clock: Clock,
        (config, hook): (Config, Option<AttributeHook>),
        (history, counts): (History, OwnCounts),
    ) -> Self {
        let own = OwnMetrics::new(&config, counts);
        let links = SeenLinks {
            is_wanted: resolve::needs_links(&config),
            ..SeenLinks::default()
        };
        Self {
            engine: Supervisor::new(client, resolve::entity_kinds(&config)),
            feed,
            shared,
            clock,
            config,
            hook,
            history,
            log: SessionLog::default(),
            all_gone: false,
            session: None,
            entities: Vec::new(),
            relist: Relist::No,
            pending_topology: None,
            samples: Samples::new(),
            last_values: 0,
            stopped_at: None,
            links,
            health: HealthChecks::default(),
            own,
            next_replacement: None,
            spare: None,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        self.feed.telemetry()
    }

    /// Samples until a stop command arrives.
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
                Ok(Command::Sample(reply)) => Reply::Outcome(reply),
                Ok(Command::Forget(id, reply)) => {
                    let is_lost = self.history.forget_device(&id);
                    if is_lost {
                        // The next session has none of its series.
                        self.close_session();
                    }
                    Reply::Forgotten(is_lost, reply)
                }
                Err(RecvTimeoutError::Timeout) => Reply::None,
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
            // The requester may be gone.
            match reply {
                Reply::None => {}
                Reply::Outcome(to) => drop(to.send(outcome)),
                Reply::Forgotten(is_lost, to) => drop(to.send(is_lost)),
            }
        }
        self.shut_down();
    }

    /// Runs a tick. A panic, for example of the client, ends the session and nothing else.
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
            self.engine.expect_changes();
            if lost {
                self.close_session();
                self.contain_panic(|sampler| sampler.engine.disconnect());
                self.history.end_connection();
                self.log = SessionLog::default();
                // A client that panicked may be connected in an unknown state.
                if failure.kind == ErrorKind::Panic {
                    self.close_client();
                }
            }
            // Gauges disappear with their session. While it is only replaced they stay.
            if self.session.is_none() {
                self.publish_counters_only();
            }
            self.report_failure(&failure);
            failure
        })
    }

    fn run_tick(&mut self) -> Result<(), TickError> {
        self.connect_engine()?;
        if self.session.is_none() || self.pending_topology.is_some() {
            self.engine.expect_changes();
        }
        self.list_ids()?;
        // Links appear and disappear with their entities.
        let max_age = match self.session {
            Some(_) => LINK_INTERVAL,
            None => Duration::ZERO,
        };
        self.read_links(max_age)?;
        let nothing_to_read = |session: &Session| session.nothing_to_read.is_some();
        let mut opened = Ok(());
        if self.session.as_ref().is_none_or(nothing_to_read) || self.topology_change_is_stable() {
            opened = self.open_session();
        }
        // Without another session, the one before goes on.
        if self.session.is_none() || opened.as_ref().is_err_and(|failed| failed.lost) {
            return opened;
        }
        let Some(stats) = self.read_session()? else {
            return Ok(());
        };
        self.schedule_enumeration(&stats)?;
        if self.shows_change(&stats) {
            self.engine.expect_changes();
            self.list_ids()?;
            // If it is one, it is stable in a later tick.
            self.topology_change_is_stable();
        }
        self.last_values = stats.values;
        self.read_own_metrics()?;
        self.publish_session(&stats);
        let outcome = self.check_session(&stats).and(opened);
        if outcome.is_ok() {
            self.report_ready();
        }
        self.check_health()?;
        outcome
    }

    /// Updates the sources of the session, and reads its samples and events, if there is one.
    fn read_session(&mut self) -> Result<Option<ReadStats>, TickError> {
        let Some(session) = &mut self.session else {
            return Ok(None);
        };
        let mut context = Context {
            engine: &mut self.engine,
            config: &self.config,
            history: &mut self.history,
            samples: &mut self.samples,
        };
        let refused = session.refused.clone();
        let now = self.clock.now();
        let mut has_new_table = session.review_pending(&mut context, now)?;
        // What is about to change is not checked: an engine refuses to watch what is gone.
        if self.pending_topology.is_none() {
            has_new_table |= session.update_sources(&mut context, now)?;
        }
        if core::mem::take(&mut self.links.is_new) || has_new_table {
            session.table.set_links(context.engine.links());
            self.health.fill_table(&mut session.table);
        }
        let mut stats = session.read_samples(&mut context, &self.clock)?;
        let now = self.clock.now();
        if !stats.replaceable.is_empty() && self.next_replacement.is_none_or(|at| now >= at) {
            self.next_replacement = now.checked_add(REPLACE_INTERVAL);
            if session.replace_sources(&mut context, &stats.replaceable, now)? {
                session.table.set_links(context.engine.links());
                self.health.fill_table(&mut session.table);
                session.table.set_mute_gpus(&stats.mute);
                has_new_table = true;
            }
        }
        peaks::read_peaks(&mut context, &mut session.table, &mut stats)?;
        if has_new_table {
            self.report_table(refused.as_ref());
        }
        Ok(Some(stats))
    }

    /// Checks whether anything but the lists requires that the entities are enumerated again.
    fn schedule_enumeration(&mut self, stats: &ReadStats) -> Result<(), TickError> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let now = self.clock.now();
        // An XID is often the first sign of a link failure.
        if stats.events > 0 {
            self.engine.expect_link_change();
        }
        session.recheck_ill(&self.engine, now)?;
        let lost = self.log.log_mute(&self.history.mute, &stats.mute);
        self.feed
            .telemetry()
            .record_errors(ErrorKind::GpuLost, lost);
        self.history.mute.clone_from(&stats.mute);
        self.relist = if stats.missing > 0 {
            Relist::Unwatched
        } else if session.needs_listing || self.links.has_changed {
            Relist::Changed
        } else {
            Relist::No
        };
        if self.relist != Relist::No && self.pending_topology.is_none() {
            self.pending_topology = Some((self.engine.ids().to_vec(), now));
        }
        Ok(())
    }

    /// Returns `true` if no entity has a new sample, as while all of telemetry is paused, but only once a
    /// second: a tick on request can come before the next sample.
    fn has_stopped(&mut self, stats: &ReadStats) -> bool {
        let now = self.clock.now();
        let is_recent = |at| now.saturating_duration_since(at) < DEBOUNCE;
        let has_stopped = stats.is_unchanged && !self.stopped_at.is_some_and(is_recent);
        if has_stopped {
            self.stopped_at = Some(now);
        }
        has_stopped
    }

    /// Returns `true` if the samples, or what is known of the entities, show that the list of ids may
    /// have changed. Without a sign it is read once a minute.
    fn shows_change(&mut self, stats: &ReadStats) -> bool {
        let has_stopped = self.has_stopped(stats);
        let Some(session) = &self.session else {
            return true;
        };
        // As where MIG was switched on: instances have values that the GPU has no more.
        let has_lost_values = stats.values < self.last_values;
        has_lost_values
            || has_stopped
            || stats.unchanged + stats.missing > 0
            || stats.mute != MuteGpus::None
            || !session.ill.is_empty()
            || !self.history.lost.is_empty()
    }

    /// Reads what the metrics of dcgm-exporter itself are made of. An error that leaves the connection costs
    /// these metrics only.
    fn read_own_metrics(&mut self) -> Result<(), TickError> {
        let now = self.clock.now();
        match self.own.read(&**self.engine.client(), now) {
            Err(error) if error.ends_connection() => Err(step_error(ErrorKind::Read)(error)),
            Err(_) => {
                self.telemetry().record_error(ErrorKind::Read);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Publishes the values of the session.
    fn publish_session(&mut self, stats: &ReadStats) {
        let Some(session) = &mut self.session else {
            return;
        };
        let now = self.clock.now();
        let dropped = session.table.omissions().series();
        let last_sample = session.table.last_change();
        let shown = (&session.table, &mut self.history);
        let until = now.checked_add(self.config.max_age(self.config.interval()));
        let own = (&mut self.own, true, until);
        let series = publish_table(&self.feed, &mut self.spare, shown, own, now);
        let book = self.history.allocations.as_ref();
        let dropped = dropped + book.map_or(0, AllocationBook::dropped);
        self.shared.update_report(|report| {
            report.series = series;
        });
        if let Some(at) = last_sample {
            self.telemetry().record_sample_time(at);
        }
        self.telemetry().record_samples(stats.values);
        self.telemetry().record_resets(stats.resets);
        // Not a reason to be degraded: the other samples are good.
        if stats.failed > 0 {
            self.telemetry().record_error(ErrorKind::Read);
        }
        self.telemetry().set_dropped_series(dropped);
        self.report_allocations();
    }

    /// Counts and logs what the sources of allocations could not tell.
    fn report_allocations(&mut self) {
        let Some(book) = &mut self.history.allocations else {
            return;
        };
        let news = book.take_news();
        let telemetry = self.feed.telemetry();
        telemetry.record_errors(ErrorKind::Attribution, news.errors);
        if let Some(answered) = book.answered() {
            telemetry.set_allocation_time(answered);
        }
        log_allocations(&news);
    }

    /// Returns the reason if the values of the session are not fresh.
    fn check_session(&self, stats: &ReadStats) -> Result<(), TickError> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        let with_failure = |failure: &SampleError| TickError {
            failure: failure.clone(),
            lost: false,
        };
        if let Some(failure) = &session.unavailable {
            return Err(with_failure(failure));
        }
        if let MuteGpus::All(silent_for) = stats.mute {
            return Err(with_failure(&SampleError::silent(silent_for)));
        }
        if let Some(silent_for) = session.table.silent_for(self.clock.now()) {
            return Err(with_failure(&SampleError::stale(silent_for)));
        }
        if session.table.reads_fields() && stats.values == 0 {
            let message = "the engine has a value of no field";
            return Err(TickError::plain(ErrorKind::Read, message));
        }
        match &session.nothing_to_read {
            Some(failure) => Err(with_failure(failure)),
            None => Ok(()),
        }
    }

    /// Checks the health of the entities if a metric reports it and that is due, and publishes it. The
    /// values of the tick are published before, and an error ends the tick only if the connection is
    /// lost with it.
    fn check_health(&mut self) -> Result<(), TickError> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let client = &**self.engine.client();
        let table = &mut session.table;
        let now = self.clock.now();
        match self.health.check_if_due(client, table, &self.config, now) {
            Ok(false) => {}
            Ok(true) => {
                let shown = (&session.table, &mut self.history);
                let until = now.checked_add(self.config.max_age(self.config.interval()));
                let own = (&mut self.own, true, until);
                let series = publish_table(&self.feed, &mut self.spare, shown, own, now);
                self.shared.update_report(|report| report.series = series);
            }
            Err(failed) if failed.error.ends_connection() => {
                return Err(step_error(failed.kind)(failed.error));
            }
            Err(failed) if failed.is_unsupported() => {}
            Err(failed) => self.telemetry().record_error(failed.error_kind()),
        }
        Ok(())
    }

    /// Lists the ids of the entities, if that is due.
    fn list_ids(&mut self) -> Result<(), TickError> {
        let listed = self.engine.list_ids(self.clock.now());
        let partial = listed.map_err(step_error(ErrorKind::Enumerate))?;
        if partial.is_some() {
            self.telemetry().record_error(ErrorKind::Mig);
        }
        self.log.log_list(partial.as_ref());
        Ok(())
    }

    fn connect_engine(&mut self) -> Result<(), TickError> {
        let engine = self.engine.connect().map_err(|error| {
            let is_connected = self.engine.is_connected();
            let kind = if is_connected {
                ErrorKind::Init
            } else {
                ErrorKind::Connect
            };
            let failed = step_error(kind)(error);
            TickError {
                lost: failed.lost || !is_connected,
                ..failed
            }
        })?;
        if let Some(engine) = engine {
            let backend = text::sanitize_backend(self.engine.client().backend());
            write_line(|| tracing::debug!(target = %backend.target, %engine, "connected"));
            self.shared.set_connected(backend, engine);
        }
        Ok(())
    }

    /// Returns `true` if the list differs from the session's and has been stable for `DEBOUNCE`.
    fn topology_change_is_stable(&mut self) -> bool {
        let listed = self.engine.ids();
        if self.relist == Relist::No && *listed == self.entities {
            self.pending_topology = None;
            return false;
        }
        let now = self.clock.now();
        match &self.pending_topology {
            Some((before, since)) if before == listed => {
                now.saturating_duration_since(*since) >= DEBOUNCE
            }
            _ => {
                self.pending_topology = Some((self.engine.ids().to_vec(), now));
                false
            }
        }
    }

    fn open_session(&mut self) -> Result<(), TickError> {
        let mut context = Context {
            engine: &mut self.engine,
            config: &self.config,
            history: &mut self.history,
            samples: &mut self.samples,
        };
        if let Some(session) = &mut self.session {
            // Count the last events of entities that are gone. If that fails, the next session
            // reads them.
            let mut stats = ReadStats::default();
            context.engine.expect_events();
            let _ = session.read_events(&mut context, &mut stats, self.clock.now());
        }
        // Some hosts have NVSwitches or CPUs only. An error leaves the change pending.
        let entities = self.engine.read_entities();
        let mut entities = entities.map_err(step_error(ErrorKind::Enumerate))?;
        entities.retain(topology::is_monitored);
        self.pending_topology = None;
        let has_lost_watches = self.relist == Relist::Unwatched;
        self.relist = Relist::No;
        self.all_gone = entities.is_empty();
        if self.all_gone {
            self.close_session();
            self.history.gpu_values = GpuValues::default();
            let message = "the engine has no GPU";
            return Err(TickError::plain(ErrorKind::Enumerate, message));
        }
        // Links appear with their entities.
        self.read_links(DEBOUNCE)?;
        // Some states of links may still be older than the list of what has them.
        let mut links = self.engine.links().unwrap_or_default().to_vec();
        links.retain(|link| {
            let is_listed = entities.iter().any(|entity| entity.id == link.parent);
            is_listed || !self.engine.kinds().contains(&link.parent.kind)
        });
        let mut before = self.session.take();
        if let Some(before) = &mut before {
            // A watch that gives no value at all may be an empty one.
            if has_lost_watches || before.nothing_to_read.is_some() {
                before.forget_watches(&mut self.engine);
            }
        }
        self.entities.clear();
        let mut context = Context {
            engine: &mut self.engine,
            config: &self.config,
            history: &mut self.history,
            samples: &mut self.samples,
        };
        let inventory = Inventory { entities, links };
        let hook = self.hook.as_ref();
        let now = self.clock.now();
        let session = Session::open(&mut context, inventory, hook, before, now)?;
        self.own.set_targets(session.own_targets.clone());
        self.links.has_changed = false;
        self.links.is_new = true;
        if session.table.is_empty() && session.own_targets.is_empty() {
            return Err(TickError::no_field());
        }
        self.shared
            .update_report(|report| report.entities = session.entities);
        self.report_session(&session);
        self.entities = self.engine.ids().to_vec();
        self.session = Some(session);
        self.report_table(None);
        Ok(())
    }

    /// Counts and logs what a new session could not do.
    fn report_session(&mut self, session: &Session) {
        let telemetry = self.feed.telemetry();
        if session.table.omissions().series() > 0 {
            telemetry.record_error(ErrorKind::Cardinality);
        }
        telemetry.record_errors(ErrorKind::Panic, session.hook_panics);
        self.log.log_hook_panics(session.hook_panics);
        // Another line reports that no GPU can be sampled.
        if session.unavailable.is_none() {
            self.log.log_unavailable(&session.ill);
        }
    }

    /// Counts and logs what the table of the session does not show. `before` is what was refused
    /// before.
    fn report_table(&mut self, before: Option<&SampleError>) {
        let Some(session) = &self.session else {
            return;
        };
        let telemetry = self.feed.telemetry();
        let omissions = session.table.omissions();
        let lost = &omissions.lost;
        telemetry.record_errors(ErrorKind::GpuLost, lost.len() as u64);
        if let Some(refused) = session.refused.as_ref().filter(|one| Some(*one) != before) {
            telemetry.record_error(refused.kind);
        }
        // Without any field to read, another line reports the refusal.
        if session.nothing_to_read.is_none() {
            let entities = self.engine.refused_entities();
            self.log.log_refusal(session.refused.as_ref(), entities);
        }
        self.log.log_lost(lost, !self.history.lost.is_empty());
        self.log.log_dropped(omissions, session.table.series_cap());
        self.feed
            .keep_retired(session.table.retired_totals(&self.history));
    }

    /// Reads the states of links that are older, if any series depends on them.
    fn read_links(&mut self, max_age: Duration) -> Result<(), TickError> {
        if !self.links.is_wanted {
            return Ok(());
        }
        let read = self.engine.read_links(max_age, self.clock.now());
        if read.map_err(step_error(ErrorKind::Enumerate))? {
            self.links.has_changed |= self.session.is_some() && self.engine.links().is_some();
            self.links.is_new = true;
        }
        Ok(())
    }

    /// Closes the session, if there is one, and ends its watches.
    fn close_session(&mut self) {
        let session = self.session.take().map(|mut session| {
            session.table.forget_instances(&mut self.history.ledger);
            session.table.save_ages(&mut self.history);
            session
        });
        self.entities.clear();
        self.contain_panic(|sampler| {
            drop(session);
            sampler.health.end_connection();
            sampler.own.end_connection();
            sampler.engine.end_watches_except(&[]);
        });
    }

    /// Runs what calls the client, which may have been the cause of a panic before.
    fn contain_panic(&mut self, action: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| action(self))).is_err() {
            self.telemetry().record_error(ErrorKind::Panic);
        }
    }

    /// Publishes the counters, which are held, and nothing else.
    fn publish_counters_only(&mut self) {
        let now = self.clock.now();
        let all_gone = self.engine.is_connected() && self.all_gone;
        let table = SeriesTable::without_entities(&mut self.history, &self.config, all_gone, now);
        let shown = (&table, &mut self.history);
        let own = (&mut self.own, false, None);
        let series = publish_table(&self.feed, &mut self.spare, shown, own, now);
        self.shared.update_report(|report| {
            report.series = series;
            report.entities = 0;
        });
        self.report_allocations();
    }

    fn close_client(&mut self) {
        self.contain_panic(|sampler| sampler.engine.client().close());
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
            write_line(
                || tracing::warn!(kind = %failure.kind, hint, "GPU metrics unavailable: {failure}"),
            );
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
            write_line(|| tracing::info!(entities, series, "GPU metrics available"));
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

/// Publishes the current values and returns their number. Reuses the memory of the snapshot before
/// the last, unless a reader still holds it.
fn publish_table(
    feed: &MeterFeed,
    spare: &mut Option<Arc<Snapshot>>,
    (table, history): (&SeriesTable, &mut History),
    (own, has_session, until): (&mut OwnMetrics, bool, Option<Instant>),
    now: Instant,
) -> usize {
    let mut series = 0;
    let collections = feed.telemetry().collections();
    let ledger = &mut history.ledger;
    let next = Snapshot::fill_reusing(spare.take(), |snapshot| {
        series = match &mut history.allocations {
            None => table.fill_snapshot(snapshot, ledger, now),
            Some(book) => table.fill_attributed(book, ledger, snapshot, (now, collections)),
        };
        let allocations = history.allocations.as_ref();
        series += own.add_to(snapshot, allocations, has_session, until);
    });
    *spare = Some(feed.publish_snapshot(next));
    series
}
