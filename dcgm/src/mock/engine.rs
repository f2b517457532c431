//! What the made-up engine remembers: who watches what since when, and what a test told it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::mock::faults::{Call, Hung};
use crate::mock::model::{Model, Presence};
use crate::value::NoValue;
use crate::value::OwnedValue;

pub(super) type Pair = (EntityId, FieldId);

/// What a sample says.
pub(super) type Reading = Result<OwnedValue, NoValue>;

/// The state behind a mock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) model: Model,
    pub(super) session: Option<Session>,
    /// The engine was told to go down.
    pub(super) down: bool,
    /// Watches that live.
    pub(super) open: BTreeSet<u64>,
    pub(super) next_id: u64,
    pub(super) hung: Vec<Arc<Hung>>,
    pub(super) refused: HashMap<FieldId, Error>,
    /// When samples were not taken: from, to.
    pub(super) frozen: Vec<(Duration, Option<Duration>)>,
    pub(super) watched: HashMap<Pair, Vec<Grid>>,
    /// What a test said that a pair says, from when on; `None` for what the model says.
    pub(super) told: HashMap<Pair, Vec<(Duration, Option<Reading>)>>,
    pub(super) pushed: HashMap<Pair, Vec<(Duration, OwnedValue)>>,
    /// Entities that a test added (`true`) or removed, and when.
    pub(super) changes: Vec<(Duration, EntityId, bool)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) began: Duration,
    /// Its engine has died since; nobody has noticed yet.
    pub(super) dead: bool,
}

/// The times at which a watch has a pair sampled: the first at once, then at its interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) watch: u64,
    pub(super) began: Duration,
    pub(super) interval: Duration,
    pub(super) ended: Option<Duration>,
}

/// How many watches that are over a pair remembers.
const REMEMBERED: usize = 8;

impl Grid {
    fn last_until(&self, limit: Duration) -> Option<Duration> {
        let limit = self.ended.map_or(limit, |ended| ended.min(limit));
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let interval = micros(self.interval).max(1);
        let past = micros(limit.checked_sub(self.began)?);
        Some(self.began + Duration::from_micros(past - past % interval))
    }

    /// Whether something at that time was recorded.
    fn covers(&self, at: Duration) -> bool {
        self.began <= at && self.ended.is_none_or(|ended| at <= ended)
    }
}

impl State {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            session: None,
            down: false,
            open: BTreeSet::new(),
            next_id: 1,
            hung: Vec::new(),
            refused: HashMap::new(),
            frozen: Vec::new(),
            watched: HashMap::new(),
            told: HashMap::new(),
            pushed: HashMap::new(),
            changes: Vec::new(),
        }
    }

    /// Whether an engine answers; if so, since when.
    pub(super) fn engine_since(&self, now: Duration) -> Option<Duration> {
        self.model.engine_since(now).filter(|_| !self.down)
    }

    /// Notices what happened to the session since the last call.
    pub(super) fn check_session(&mut self, call: Call, now: Duration) -> Result<()> {
        let session = self.session.ok_or(Error::NotConnected)?;
        let alive = |since: Duration| since <= session.began;
        if !session.dead && self.engine_since(now).is_some_and(alive) {
            return Ok(());
        }
        self.end_session(now);
        // Whatever the engine had in memory died with it.
        self.watched.clear();
        Err(disconnected(call))
    }

    /// Ends the session, and what hangs on it.
    pub(super) fn end_session(&mut self, now: Duration) {
        self.session = None;
        for watch in std::mem::take(&mut self.open) {
            self.end_grids(watch, now);
        }
        self.cancel_hung();
    }

    pub(super) fn cancel_hung(&mut self) {
        for hung in self.hung.drain(..) {
            hung.cancel();
        }
    }

    /// Ends a watch, unless it has ended with its session.
    pub(super) fn end_watch(&mut self, watch: u64, now: Duration) {
        if self.open.remove(&watch) {
            self.end_grids(watch, now);
        }
    }

    fn end_grids(&mut self, watch: u64, now: Duration) {
        for grids in self.watched.values_mut() {
            for grid in grids.iter_mut().filter(|grid| grid.watch == watch) {
                grid.ended = Some(now);
            }
            let over = grids.iter().filter(|grid| grid.ended.is_some()).count();
            let mut forget = over.saturating_sub(REMEMBERED);
            grids.retain(|grid| {
                let kept = grid.ended.is_none() || forget == 0;
                forget -= usize::from(!kept);
                kept
            });
        }
    }

    /// Whether an entity is there, by the model and by what a test did.
    pub(super) fn presence(&self, id: EntityId, at: Duration) -> Presence {
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

    pub(super) fn entities(&self, now: Duration) -> Vec<Entity> {
        let here = |entity: &Entity| self.presence(entity.id, now) != Presence::Gone;
        let mut entities = self.model.entities(now);
        entities.retain(here);
        entities
    }

    pub(super) fn list(&self, kind: EntityKind, now: Duration, into: &mut Vec<EntityId>) {
        let here = |id: &EntityId| self.presence(*id, now) != Presence::Gone;
        into.extend(self.model.host().ids(kind).filter(here));
    }

    /// What a sample taken at a time says.
    pub(super) fn reading(&self, (entity, field): Pair, at: Duration) -> Reading {
        match self.told_at((entity, field), at) {
            Some((_, Some(told))) => told.clone(),
            _ => self.model.value(entity, field, at),
        }
    }

    fn told_at(&self, pair: Pair, at: Duration) -> Option<&(Duration, Option<Reading>)> {
        let told = self.told.get(&pair)?;
        told.iter().rev().find(|(since, _)| *since <= at)
    }

    /// The last time until a limit at which a grid's sample was indeed taken.
    pub(super) fn last_sampled(
        &self,
        pair: Pair,
        grid: &Grid,
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
            let Presence::Lost { since, .. } = self.presence(pair.0, at) else {
                return Some(at);
            };
            at = grid.last_until(since.checked_sub(Duration::from_micros(1))?)?;
        }
    }

    /// The latest sample of a pair: when, and what it says. The time is `None` for a reason that is
    /// no sample.
    pub(super) fn latest(&self, pair: Pair, now: Duration) -> (Option<Duration>, Reading) {
        let here_since = match self.presence(pair.0, now) {
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
        let told = self.told_at(pair, now);
        if pair.1.is_event() && told.is_none() {
            let last = self.events(pair, Duration::ZERO, now).pop();
            return match last {
                Some((at, value)) => (Some(at), Ok(value)),
                None => (None, Err(nothing)),
            };
        }
        let sampled = grids()
            .filter_map(|grid| self.last_sampled(pair, grid, now))
            .max();
        // What a test says is sampled at once, if anybody watches.
        let said = told
            .map(|(since, _)| *since)
            .filter(|since| grids().any(|grid| grid.covers(*since)) && !self.is_frozen(*since));
        let Some(at) = sampled.max(said) else {
            return (None, Err(nothing));
        };
        match self.reading(pair, at) {
            Err(NoValue::NoData | NoValue::NotWatched) => (None, Err(nothing)),
            reading => (Some(at), reading),
        }
    }

    fn is_frozen(&self, at: Duration) -> bool {
        let within =
            |(from, to): &(Duration, Option<Duration>)| *from < at && to.is_none_or(|to| at < to);
        self.frozen.iter().any(within)
    }

    /// The events of a pair that were recorded from one time to another, in the order of time.
    pub(super) fn events(
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
        events.retain(|(at, _)| grids.iter().any(|grid| grid.covers(*at)));
        events.sort_by_key(|(at, _)| *at);
        events
    }

    /// The samples that a watch took of a pair from one time to another, in the order of time.
    pub(super) fn samples(
        &self,
        pair: Pair,
        watch: u64,
        from: Duration,
        to: Duration,
    ) -> Vec<(Duration, Reading)> {
        let grids = self.watched.get(&pair).map_or(&[][..], Vec::as_slice);
        let Some(grid) = grids.iter().find(|grid| grid.watch == watch) else {
            return Vec::new();
        };
        let mut times = BTreeSet::new();
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
        let told = self.told.get(&pair).map_or(&[][..], Vec::as_slice);
        let told = told.iter().map(|(since, _)| *since);
        times.extend(
            told.filter(|at| (from..=to).contains(at) && grid.covers(*at) && !self.is_frozen(*at)),
        );
        let read = |at| (at, self.reading(pair, at));
        let mut samples: Vec<_> = times.into_iter().map(read).collect();
        samples
            .retain(|(_, reading)| !matches!(reading, Err(NoValue::NoData | NoValue::NotWatched)));
        samples
    }

    /// Whether a watch still has a pair sampled.
    pub(super) fn is_watched(&self, pair: Pair, watch: u64, now: Duration) -> bool {
        let here_since = match self.presence(pair.0, now) {
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

/// What a call answers whose engine is gone.
pub(super) fn disconnected(call: Call) -> Error {
    refusal(call, ReturnCode::CONNECTION_NOT_VALID)
}

pub(super) fn refusal(call: Call, code: ReturnCode) -> Error {
    Error::Call {
        function: call.function(),
        code,
    }
}
