//! The state of the simulated engine: sessions, watches, overridden values and events.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::jobs::JobId;
use crate::mock::config::MockConfig;
use crate::mock::diagnostics::MockDiagnostics;
use crate::mock::faults::{Call, HangingCall};
use crate::mock::field_policies::MockFieldPolicies;
use crate::mock::health::MockIncident;
use crate::mock::host_engine::HostEngineState;
use crate::mock::jobs::MockJob;
use crate::mock::model::{Model, Presence};
use crate::mock::policy::MockListener;
use crate::mock::profiling::PauseState;
use crate::mock::topology::TopologyState;
use crate::policy::Policy;
use crate::processes::ProcessStats;
use crate::value::NoValue;
use crate::value::OwnedValue;

pub(super) type Pair = (EntityId, FieldId);

/// The content of a sample.
pub(super) type Reading = Result<OwnedValue, NoValue>;

/// The state behind a mock.
#[derive(Debug)]
pub(super) struct EngineState {
    pub(super) model: Model,
    pub(super) session: Option<MockSession>,
    /// Set by [`Mock::stop_engine`](super::Mock::stop_engine).
    pub(super) is_stopped: bool,
    /// The live watches.
    pub(super) open: BTreeSet<u64>,
    pub(super) next_id: u64,
    pub(super) hung: Vec<Arc<HangingCall>>,
    pub(super) refused: HashMap<FieldId, Error>,
    pub(super) refused_entities: HashMap<EntityId, Error>,
    /// The times without samples: from, to.
    pub(super) frozen: Vec<(Duration, Option<Duration>)>,
    pub(super) watched: HashMap<Pair, Vec<SampleGrid>>,
    /// The overridden values of a pair, each with its start; `None` restores the model's.
    pub(super) overrides: HashMap<Pair, Vec<(Duration, Option<Reading>)>>,
    pub(super) pushed: HashMap<Pair, Vec<(Duration, OwnedValue)>>,
    /// The entities that a test added (`true`) or removed, with the time.
    pub(super) changes: Vec<(Duration, EntityId, bool)>,
    /// Statuses that a test set, other than OK.
    pub(super) statuses: HashMap<EntityId, (EntityStatus, Duration)>,
    /// States of links that a test set.
    pub(super) link_states: HashMap<(EntityId, u32), LinkState>,
    pub(super) jobs: BTreeMap<JobId, MockJob>,
    /// The accounting of the driver.
    pub(super) processes: BTreeMap<u32, ProcessStats>,
    pub(super) topology: TopologyState,
    pub(super) host_engine: HostEngineState,
    pub(super) pauses: PauseState,
    /// Incidents that a test added.
    pub(super) incidents: Vec<MockIncident>,
    /// The policies of GPUs, and those who wait for violations.
    pub(super) policies: HashMap<EntityId, Policy>,
    pub(super) listeners: Vec<MockListener>,
    pub(super) field_policies: MockFieldPolicies,
    pub(super) diagnostics: MockDiagnostics,
    pub(super) config: MockConfig,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct MockSession {
    pub(super) began: Duration,
    /// Set if the engine has stopped since, which the next call reports.
    pub(super) is_lost: bool,
}

/// The sampling times of a pair for one watch: at once, then at its interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleGrid {
    pub(super) watch: u64,
    pub(super) began: Duration,
    pub(super) interval: Duration,
    pub(super) ended: Option<Duration>,
}

/// The number of ended watches that are kept for each pair.
const MAX_ENDED_GRIDS: usize = 8;

impl SampleGrid {
    fn last_until(&self, limit: Duration) -> Option<Duration> {
        let limit = self.ended.map_or(limit, |ended| ended.min(limit));
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let interval = micros(self.interval).max(1);
        let past = micros(limit.checked_sub(self.began)?);
        Some(self.began + Duration::from_micros(past - past % interval))
    }

    /// Returns `true` if the engine recorded events at that time.
    fn covers_time(&self, at: Duration) -> bool {
        self.began <= at && self.ended.is_none_or(|ended| at <= ended)
    }
}

impl EngineState {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            session: None,
            is_stopped: false,
            open: BTreeSet::new(),
            next_id: 1,
            hung: Vec::new(),
            refused: HashMap::new(),
            refused_entities: HashMap::new(),
            frozen: Vec::new(),
            watched: HashMap::new(),
            overrides: HashMap::new(),
            pushed: HashMap::new(),
            changes: Vec::new(),
            statuses: HashMap::new(),
            link_states: HashMap::new(),
            jobs: BTreeMap::new(),
            processes: BTreeMap::new(),
            topology: TopologyState::default(),
            host_engine: HostEngineState::default(),
            pauses: PauseState::default(),
            incidents: Vec::new(),
            policies: HashMap::new(),
            listeners: Vec::new(),
            field_policies: MockFieldPolicies::default(),
            diagnostics: MockDiagnostics::default(),
            config: MockConfig::default(),
        }
    }

    /// Returns the time since which the engine runs, if it runs.
    pub(super) fn engine_since(&self, now: Duration) -> Option<Duration> {
        self.model.engine_since(now).filter(|_| !self.is_stopped)
    }

    /// Checks the session, and ends it if the engine was stopped or restarted.
    pub(super) fn check_session(&mut self, call: Call, now: Duration) -> Result<()> {
        let session = self.session.ok_or(Error::NotConnected)?;
        let is_same = |since: Duration| since <= session.began;
        if !session.is_lost && self.engine_since(now).is_some_and(is_same) {
            return Ok(());
        }
        self.end_session(now);
        // The engine lost its memory.
        self.watched.clear();
        self.jobs.clear();
        self.policies.clear();
        self.field_policies.clear();
        Err(disconnected_error(call))
    }

    /// Forgets the history that only watches from before the stop of the engine could read.
    pub(super) fn forget_before(&mut self, now: Duration) {
        self.frozen.retain(|(_, to)| to.is_none_or(|to| to > now));
        self.pushed.retain(|_, events| {
            events.retain(|(at, _)| *at >= now);
            !events.is_empty()
        });
        self.overrides.retain(|_, overrides| {
            let last = overrides.pop().filter(|(_, reading)| reading.is_some());
            *overrides = Vec::from_iter(last);
            !overrides.is_empty()
        });
        let mut last = HashMap::new();
        for (place, (_, id, _)) in self.changes.iter().enumerate() {
            last.insert(*id, place);
        }
        let mut place = 0;
        self.changes.retain(|(_, id, _)| {
            place += 1;
            last.get(id) == Some(&(place - 1))
        });
    }

    /// Ends the session with its watches and hanging calls.
    pub(super) fn end_session(&mut self, now: Duration) {
        self.session = None;
        self.pauses.end_all();
        for listener in self.listeners.drain(..) {
            listener.sender.close();
        }
        self.field_policies.end_listeners();
        for watch in std::mem::take(&mut self.open) {
            self.end_grids(watch, now);
        }
        self.cancel_hung();
    }

    pub(super) fn cancel_hung(&mut self) {
        for hung in self.hung.drain(..) {
            hung.cancel_call();
        }
    }

    /// Ends every watch of other clients; those of this one begin again.
    #[cfg(feature = "admin")]
    pub(super) fn empty_cache(&mut self, now: Duration) {
        let Self { watched, open, .. } = self;
        for grids in watched.values_mut() {
            grids.retain(|grid| open.contains(&grid.watch));
            for grid in grids.iter_mut() {
                grid.began = now;
            }
        }
        watched.retain(|_, grids| !grids.is_empty());
    }

    /// Ends a watch, unless it ended with its session.
    pub(super) fn end_watch(&mut self, watch: u64, now: Duration) {
        if self.open.remove(&watch) {
            self.end_grids(watch, now);
        }
    }

    pub(super) fn end_grids(&mut self, watch: u64, now: Duration) {
        for grids in self.watched.values_mut() {
            for grid in grids.iter_mut().filter(|grid| grid.watch == watch) {
                grid.ended = Some(now);
            }
            let ended = grids.iter().filter(|grid| grid.ended.is_some()).count();
            let mut forget = ended.saturating_sub(MAX_ENDED_GRIDS);
            grids.retain(|grid| {
                let kept = grid.ended.is_none() || forget == 0;
                forget -= usize::from(!kept);
                kept
            });
        }
    }

    /// Returns the presence of an entity, from the model and the changes of the test.
    pub(super) fn presence_at(&self, id: EntityId, at: Duration) -> Presence {
        let by_model = self.model.presence(id, at);
        let touches = |(when, what, _): &&(Duration, EntityId, bool)| {
            *when <= at && self.model.host().belongs_to(id, *what)
        };
        match (self.changes.iter().rev().find(touches), by_model) {
            (Some((_, _, false)), _) => Presence::Gone,
            (Some((when, _, true)), Presence::Here { since }) => Presence::Here {
                since: since.max(*when),
            },
            _ => by_model,
        }
    }

    pub(super) fn entities_at(&self, now: Duration) -> Vec<Entity> {
        let here = |entity: &Entity| self.presence_at(entity.id, now) != Presence::Gone;
        let mut entities = self.model.entities(now);
        entities.retain(here);
        for entity in &mut entities {
            if let Some((status, _)) = self.statuses.get(&entity.id) {
                entity.status = *status;
            }
        }
        entities
    }

    /// The NVLinks of what is there, in the states that a test set.
    pub(super) fn links_at(&self, now: Duration) -> Vec<Link> {
        let mut links = self.model.links(now);
        links.retain(|link| matches!(self.presence_at(link.parent, now), Presence::Here { .. }));
        for link in &mut links {
            let set = self.link_states.get(&(link.parent, link.index));
            link.state = set.copied().unwrap_or(link.state);
        }
        links
    }

    /// Lists the entities of a kind that can be sampled: one that is lost is not among them.
    pub(super) fn list_entities(&self, kind: EntityKind, now: Duration, into: &mut Vec<EntityId>) {
        let here = |id: &EntityId| {
            matches!(self.presence_at(*id, now), Presence::Here { .. })
                && !self.statuses.contains_key(id)
        };
        into.extend(self.model.host().entity_ids(kind).filter(here));
    }

    /// Returns the content of a sample taken at a time.
    pub(super) fn reading_at(&self, (entity, field): Pair, at: Duration) -> Reading {
        // The engine goes on to sample, and has nothing to report.
        if let Some((status, since)) = self.statuses.get(&entity) {
            let is_unreachable = [EntityStatus::LOST, EntityStatus::DETACHED].contains(status);
            if is_unreachable && at >= *since {
                return Err(NoValue::Blank);
            }
        }
        match self.override_at((entity, field), at) {
            Some((_, Some(reading))) => reading.clone(),
            _ => self.model.value(entity, field, at),
        }
    }

    fn override_at(&self, pair: Pair, at: Duration) -> Option<&(Duration, Option<Reading>)> {
        let overrides = self.overrides.get(&pair)?;
        overrides.iter().rev().find(|(since, _)| *since <= at)
    }

    /// Returns the latest time, up to a limit, at which a sample of the grid was taken.
    pub(super) fn last_sampled(
        &self,
        pair: Pair,
        grid: &SampleGrid,
        limit: Duration,
    ) -> Option<Duration> {
        let mut at = grid.last_until(limit)?;
        loop {
            let frozen = self
                .frozen
                .iter()
                .find(|(from, to)| *from < at && to.is_none_or(|to| at < to));
            if let Some((from, _)) = frozen {
                at = grid.last_until(*from)?;
                continue;
            }
            let Presence::Lost { since, .. } = self.presence_at(pair.0, at) else {
                return Some(at);
            };
            at = grid.last_until(since.checked_sub(Duration::from_micros(1))?)?;
        }
    }

    /// Returns the latest sample of a pair with its time; the time is `None` if there is no sample.
    pub(super) fn latest_reading(&self, pair: Pair, now: Duration) -> (Option<Duration>, Reading) {
        // While telemetry is paused there are no new samples.
        let now = match self.statuses.get(&pair.0) {
            Some((EntityStatus::DISABLED, since)) => now.min(*since),
            _ => now,
        };
        let here_since = match self.presence_at(pair.0, now) {
            Presence::Here { since } => since,
            Presence::Lost { here_since, .. } => here_since,
            Presence::Gone => return (None, Err(NoValue::NotWatched)),
        };
        let grids = self.watched.get(&pair).map_or(&[][..], Vec::as_slice);
        let grids = || grids.iter().filter(|grid| grid.began >= here_since);
        let nothing = if grids().any(|grid| grid.ended.is_none()) {
            NoValue::NoData
        } else {
            NoValue::NotWatched
        };
        let overridden = self.override_at(pair, now);
        if pair.1.is_event() && overridden.is_none() {
            let last = self.events_between(pair, Duration::ZERO, now).pop();
            return match last {
                Some((at, value)) => (Some(at), Ok(value)),
                None => (None, Err(nothing)),
            };
        }
        let sampled = grids()
            .filter_map(|grid| self.last_sampled(pair, grid, now))
            .max();
        // An overridden value is sampled at once if the pair is watched.
        let at_override = overridden.map(|(since, _)| *since).filter(|since| {
            grids().any(|grid| grid.covers_time(*since)) && !self.is_frozen(*since)
        });
        let Some(at) = sampled.max(at_override) else {
            return (None, Err(nothing));
        };
        match self.reading_at(pair, at) {
            Err(NoValue::NoData | NoValue::NotWatched) => (None, Err(nothing)),
            reading => (Some(at), reading),
        }
    }

    fn is_frozen(&self, at: Duration) -> bool {
        let within =
            |(from, to): &(Duration, Option<Duration>)| *from < at && to.is_none_or(|to| at < to);
        self.frozen.iter().any(within)
    }

    /// Returns the recorded events of a pair in a period, in the order of time.
    pub(super) fn events_between(
        &self,
        pair: Pair,
        from: Duration,
        to: Duration,
    ) -> Vec<(Duration, OwnedValue)> {
        let after = to.saturating_add(Duration::from_micros(1));
        let by_model = self.model.events(pair.0, pair.1, from, after);
        let mut events: Vec<_> = by_model
            .into_iter()
            .map(|(at, code)| (at, OwnedValue::Int(code)))
            .collect();
        if let Some(pushed) = self.pushed.get(&pair) {
            events.extend(
                pushed
                    .iter()
                    .filter(|(at, _)| (from..after).contains(at))
                    .cloned(),
            );
        }
        let grids = self.watched.get(&pair).map_or(&[][..], Vec::as_slice);
        events.retain(|(at, _)| grids.iter().any(|grid| grid.covers_time(*at)));
        events.sort_by_key(|(at, _)| *at);
        events
    }

    /// Returns the samples of a pair in a period, in the order of time: of all watches, as the engine keeps
    /// them once.
    pub(super) fn samples_between(
        &self,
        pair: Pair,
        from: Duration,
        to: Duration,
    ) -> Vec<(Duration, Reading)> {
        let grids = self.watched.get(&pair).map_or(&[][..], Vec::as_slice);
        let mut times = BTreeSet::new();
        for grid in grids {
            let mut limit = to;
            while let Some(at) = self
                .last_sampled(pair, grid, limit)
                .filter(|at| *at >= from)
            {
                times.insert(at);
                match at.checked_sub(Duration::from_micros(1)) {
                    Some(before) => limit = before,
                    None => break,
                }
            }
        }
        let overrides = self.overrides.get(&pair).map_or(&[][..], Vec::as_slice);
        let starts = overrides.iter().map(|(since, _)| *since);
        times.extend(starts.filter(|at| {
            let is_covered = grids.iter().any(|grid| grid.covers_time(*at));
            (from..=to).contains(at) && is_covered && !self.is_frozen(*at)
        }));
        let read = |at| (at, self.reading_at(pair, at));
        let mut samples: Vec<_> = times.into_iter().map(read).collect();
        samples
            .retain(|(_, reading)| !matches!(reading, Err(NoValue::NoData | NoValue::NotWatched)));
        samples
    }

    /// Returns `true` if a watch still samples a pair.
    pub(super) fn is_watched(&self, pair: Pair, watch: u64, now: Duration) -> bool {
        let here_since = match self.presence_at(pair.0, now) {
            Presence::Here { since } => since,
            Presence::Lost { here_since, .. } => here_since,
            Presence::Gone => return false,
        };
        let grids = self.watched.get(&pair).map_or(&[][..], Vec::as_slice);
        grids
            .iter()
            .any(|grid| grid.watch == watch && grid.ended.is_none() && grid.began >= here_since)
    }
}

/// Returns the error of a call whose engine is gone.
pub(super) fn disconnected_error(call: Call) -> Error {
    refusal_error(call, ReturnCode::CONNECTION_NOT_VALID)
}

pub(super) fn refusal_error(call: Call, code: ReturnCode) -> Error {
    Error::Call {
        function: call.function(),
        code,
    }
}
