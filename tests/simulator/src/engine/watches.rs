//! Watches, and the samples that they bring.

use std::collections::VecDeque;

use super::entities::DETACHED;
use super::{
    CPU, CPU_CORE, Code, Connection, Engine, GPU, GPU_CI, GPU_I, LINK, Pair, SWITCH, VGPU, st,
};
use crate::fields::Field;
use crate::wire::Payload;

const SECOND: i64 = 1_000_000;
/// A pass of the engine's loop, if nothing else is due earlier.
const PASS: i64 = 800_000;
/// The engine takes any interval; below this one it would do nothing else.
const SHORTEST: i64 = 1_000;
/// Samples that no watch limits.
const MOST_SAMPLES: usize = 100_000;

/// A field of an entity: who watches it, and what was sampled.
#[derive(Debug, Default)]
pub(super) struct Watched {
    watchers: Vec<Watcher>,
    samples: VecDeque<(i64, Payload)>,
    sampled_at: Option<i64>,
    fetches: i64,
}

/// The holder of a watch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Holder {
    Client(Connection),
    /// Health checks that a connection asked for. Nothing ends it.
    Health(Connection),
    /// Policies that a connection registered for. Nothing ends it.
    Policy(Connection),
    /// The engine itself.
    Engine,
}

#[derive(Clone, Copy, Debug)]
struct Watcher {
    holder: Holder,
    interval: i64,
    keep: i64,
    /// The group that was watched last; its end is that of the watch.
    group: Option<u64>,
}

/// The result of `dcgmGetCacheManagerFieldInfo`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldInfo {
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
    pub(crate) interval: i64,
    pub(crate) keep: i64,
    pub(crate) fetches: i64,
    pub(crate) samples: i64,
    /// Kind, connection, interval, age; the first 10.
    pub(crate) watchers: Vec<[i64; 4]>,
}

/// Watchers that are listed.
const MOST_WATCHERS: usize = 10;

impl Watched {
    /// `true` if it was the first.
    fn add_watcher(&mut self, watcher: Watcher) -> bool {
        let first = self.watchers.is_empty();
        self.watchers.retain(|other| other.holder != watcher.holder);
        self.watchers.push(watcher);
        first
    }

    pub(super) fn remove_watcher(&mut self, connection: Connection) {
        self.watchers
            .retain(|watcher| watcher.holder != Holder::Client(connection));
    }

    /// Ends the watches of a group that is destroyed.
    pub(super) fn remove_group(&mut self, group: u64) {
        self.watchers.retain(|watcher| watcher.group != Some(group));
    }

    pub(super) fn info(&self) -> FieldInfo {
        let ends = (self.samples.front(), self.samples.back());
        let time = |sample: Option<&(i64, Payload)>| sample.map_or(0, |(at, _)| *at);
        let kind = |watcher: &Watcher| match watcher.holder {
            Holder::Client(_) => 0,
            Holder::Engine => 1,
            Holder::Health(_) => 2,
            Holder::Policy(_) => 3,
        };
        let number = |watcher: &Watcher| match watcher.holder {
            Holder::Engine => 0,
            Holder::Client(connection)
            | Holder::Health(connection)
            | Holder::Policy(connection) => i64::try_from(connection).unwrap_or(0) + 1,
        };
        FieldInfo {
            oldest: time(ends.0),
            newest: time(ends.1),
            interval: self.watchers.iter().map(|w| w.interval).min().unwrap_or(0),
            keep: self.watchers.iter().map(|w| w.keep).max().unwrap_or(0),
            fetches: self.fetches,
            samples: i64::try_from(self.samples.len()).unwrap_or(i64::MAX),
            watchers: self
                .watchers
                .iter()
                .take(MOST_WATCHERS)
                .map(|w| [kind(w), number(w), w.interval, w.keep])
                .collect(),
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// Watches of clients.
    pub(super) fn clients(&self) -> usize {
        self.watchers
            .iter()
            .filter(|watcher| matches!(watcher.holder, Holder::Client(_)))
            .count()
    }

    /// Watches that nothing ends.
    pub(super) fn endless(&self) -> usize {
        self.watchers
            .iter()
            .filter(|watcher| matches!(watcher.holder, Holder::Health(_) | Holder::Policy(_)))
            .count()
    }

    /// Ends the watches of all clients, and forgets the samples.
    pub(super) fn empty(&mut self) {
        self.watchers.clear();
        self.samples.clear();
    }

    pub(super) fn samples(
        &self,
    ) -> impl DoubleEndedIterator<Item = &(i64, Payload)> + ExactSizeIterator {
        self.samples.iter()
    }

    /// When it is to be sampled next. Of a link in each pass, whatever the watch says: the real
    /// engine does not note when it did so last.
    fn due(&self, pair: Pair) -> Option<i64> {
        let interval = self.watchers.iter().map(|watcher| watcher.interval).min()?;
        let interval = if pair.0 == LINK {
            interval.min(PASS)
        } else {
            interval
        };
        Some(
            self.sampled_at
                .map_or(i64::MIN, |at| at.saturating_add(interval)),
        )
    }

    /// In order of time; among equals the newer is later.
    fn insert(&mut self, at: i64, payload: Payload) {
        let index = self
            .samples
            .iter()
            .rposition(|(earlier, _)| *earlier <= at)
            .map_or(0, |index| index + 1);
        self.samples.insert(index, (at, payload));
    }

    /// Returns how many reads a day the watches ask for, and how many samples they have kept: those
    /// of the time that they name, one at its edge, and one at least.
    pub(super) fn asked(&self) -> (u64, u64) {
        let interval = self.watchers.iter().map(|watcher| watcher.interval).min();
        let keep = self.watchers.iter().map(|watcher| watcher.keep).max();
        let (Some(interval), Some(keep)) = (interval, keep) else {
            // What is left of a watch stays, and does not grow.
            return (0, u64::try_from(self.samples.len()).unwrap_or(u64::MAX));
        };
        let count = |time: i64| u64::try_from(time / interval.max(1)).unwrap_or(0);
        (count(86_400 * SECOND), count(keep) + 2)
    }

    /// Drops what is too old. Samples of links have no expiry in the real engine.
    fn prune(&mut self, pair: Pair, now: i64) {
        while self.samples.len() > MOST_SAMPLES {
            self.samples.pop_front();
        }
        if pair.0 == LINK {
            return;
        }
        // Without a watch the last samples stay; the newest one always does.
        let Some(keep) = self.watchers.iter().map(|watcher| watcher.keep).max() else {
            return;
        };
        let oldest = now.saturating_sub(keep);
        while self.samples.len() > 1 && self.samples.front().is_some_and(|(at, _)| *at <= oldest) {
            self.samples.pop_front();
        }
    }
}

impl Engine {
    /// Fields of the host are kept once, under no entity.
    pub(super) fn key(pair: Pair, field: &Field) -> (Pair, u16) {
        (if field.global { (0, 0) } else { pair }, field.id)
    }

    pub(super) fn watched(&self, pair: Pair, field: &Field) -> Option<&Watched> {
        self.fields.get(&Self::key(pair, field))
    }

    pub(super) fn watch_internally(&mut self, pair: Pair, field: u16, now: i64) {
        let times = (30 * SECOND, 600 * SECOND);
        self.watch_for(Holder::Engine, pair, field, times, now);
    }

    /// Watches a field for a holder, at an interval, keeps samples for a time, and samples at once.
    pub(super) fn watch_for(
        &mut self,
        holder: Holder,
        pair: Pair,
        field: u16,
        times: (i64, i64),
        now: i64,
    ) {
        if !self.hold_for(holder, pair, field, times, now) && !self.frozen {
            if let Some(field) = Field::find(field, self.flavour) {
                self.sample(Self::key(pair, field), now);
            }
        }
    }

    /// Watches like [`Self::watch_for`], but samples at once only what no one has watched yet. Returns
    /// `true` if it sampled.
    pub(super) fn hold_for(
        &mut self,
        holder: Holder,
        pair: Pair,
        field: u16,
        (interval, keep): (i64, i64),
        now: i64,
    ) -> bool {
        let Some(field) = Field::find(field, self.flavour) else {
            return false;
        };
        let key = Self::key(pair, field);
        let watcher = Watcher {
            holder,
            interval: interval.max(SHORTEST),
            keep,
            group: None,
        };
        let is_first = self.fields.entry(key).or_default().add_watcher(watcher);
        if is_first && !self.frozen {
            self.sample(key, now);
        }
        is_first
    }

    fn profiling_fails(&self, field: &Field) -> bool {
        field.is_profiling()
            && !self
                .source
                .as_ref()
                .is_some_and(|source| source.profiling())
    }

    /// Returns `true` if an entity, or the GPU that it is a part of, has a profiler.
    pub(super) fn can_profile(&self, pair: Pair) -> bool {
        let gpu = match pair.0 {
            GPU => pair.1,
            GPU_I | GPU_CI => pair.1 / 8,
            _ => return true,
        };
        self.source
            .as_ref()
            .is_some_and(|source| source.profiling())
            && !self.without_profiler.contains(&gpu)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fraction is dropped, as the engine does"
    )]
    pub(crate) fn watch(
        &mut self,
        connection: Connection,
        (group, field_group): (u64, u64),
        interval: i64,
        keep_seconds: f64,
        now: i64,
    ) -> Code {
        let (members, fields) = match self.members_and_fields(group, field_group, now) {
            Ok(both) => both,
            Err(code) => return code,
        };
        let needs_driver = |pair: &Pair| matches!(pair.0, GPU | VGPU | GPU_I | GPU_CI);
        if !self.nvml() && members.iter().any(needs_driver) {
            return st::NVML_NOT_LOADED;
        }
        let keep = (keep_seconds as i64).max(1).saturating_mul(SECOND);
        let watcher = Watcher {
            holder: Holder::Client(connection),
            interval: interval.max(SHORTEST),
            keep,
            group: Some(group),
        };
        let profiles = fields.iter().any(|field| field.is_profiling());
        let fails = fields.iter().any(|field| self.profiling_fails(field))
            || profiles && !members.iter().all(|pair| self.can_profile(*pair));
        if fails && !members.is_empty() {
            self.load_module(8, 2);
        }
        // The engine complains of a field of the host that is watched through several entities.
        let of_host = fields.iter().filter(|field| field.global).count();
        self.harm.log_lines += (of_host * members.len().saturating_sub(1)) as u64;
        for &pair in &members {
            for &field in &fields {
                if self.profiling_fails(field) || field.is_profiling() && !self.can_profile(pair) {
                    continue;
                }
                let key = Self::key(pair, field);
                if self.fields.entry(key).or_default().add_watcher(watcher) && !self.frozen {
                    self.sample(key, now);
                }
                // What a failing request leaves watched is what it could sample.
                if let Some(watched) = self.fields.get_mut(&key).filter(|_| fails) {
                    if watched.samples.is_empty() {
                        watched.remove_watcher(connection);
                    }
                }
            }
        }
        if fails && !members.is_empty() {
            st::MODULE_NOT_LOADED
        } else {
            st::OK
        }
    }

    /// Watches fields of all members of a group, those that the release has.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fraction is dropped, as the engine does"
    )]
    pub(super) fn watch_members(
        &mut self,
        connection: Connection,
        group: u64,
        members: &[Pair],
        fields: &[u16],
        (interval, keep): (i64, f64),
        now: i64,
    ) {
        let watcher = Watcher {
            holder: Holder::Client(connection),
            interval: interval.max(SHORTEST),
            keep: (keep as i64).max(1).saturating_mul(SECOND),
            group: Some(group),
        };
        let known = fields
            .iter()
            .filter_map(|field| Field::find(*field, self.flavour));
        let fields: Vec<_> = known.collect();
        for pair in members {
            for field in &fields {
                let key = Self::key(*pair, field);
                let is_first = self.fields.entry(key).or_default().add_watcher(watcher);
                if is_first && !self.frozen {
                    self.sample(key, now);
                }
            }
        }
    }

    pub(crate) fn unwatch(
        &mut self,
        connection: Connection,
        group: u64,
        field_group: u64,
        now: i64,
    ) -> Code {
        let (members, fields) = match self.members_and_fields(group, field_group, now) {
            Ok(both) => both,
            Err(code) => return code,
        };
        let mut code = st::OK;
        for &pair in &members {
            for &field in &fields {
                match self.fields.get_mut(&Self::key(pair, field)) {
                    Some(watched) => watched.remove_watcher(connection),
                    // An entity's links have no watch of their own unless a link field was watched.
                    None if pair.0 == LINK => {}
                    None => code = st::NOT_WATCHED,
                }
            }
        }
        if !members.is_empty() && fields.iter().any(|field| self.profiling_fails(field)) {
            return st::MODULE_NOT_LOADED;
        }
        code
    }

    pub(super) fn members_and_fields(
        &self,
        group: u64,
        field_group: u64,
        now: i64,
    ) -> Result<(Vec<Pair>, Vec<&'static Field>), Code> {
        let (_, members) = self.group(group, now)?;
        let fields = &self.field_group(field_group)?.fields;
        let fields = fields
            .iter()
            .filter_map(|id| Field::find(*id, self.flavour))
            .collect();
        Ok((members, fields))
    }

    /// Samples what is due.
    pub(crate) fn tick(&mut self, now: i64) {
        if self.frozen {
            return;
        }
        let due: Vec<_> = self
            .fields
            .iter()
            .filter(|(key, watched)| watched.due(key.0).is_some_and(|due| due <= now))
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            self.sample(key, now);
        }
    }

    /// When the next sample is due.
    pub(crate) fn next_due(&self) -> Option<i64> {
        let due = self.fields.iter();
        due.filter_map(|(key, watched)| watched.due(key.0)).min()
    }

    fn sample(&mut self, (pair, id): (Pair, u16), now: i64) {
        let Some(field) = Field::find(id, self.flavour) else {
            return;
        };
        let Some(watched) = self.fields.get_mut(&(pair, id)) else {
            return;
        };
        let last = watched.sampled_at.replace(now);
        watched.fetches += 1;
        let after = last.unwrap_or(now);
        watched.prune(pair, now);
        let status = self.set_status_of(pair);
        // Telemetry that is paused stands still, and so does that of a lost GPU.
        if status.is_some_and(|status| !matches!(status, 1 | DETACHED)) {
            return;
        }
        if self.fakes.iter().any(|fake| fake.pair == pair) && !field.global {
            return;
        }
        let Some(source) = &self.source else { return };
        // A link's values come from the driver under the link's own id.
        let events = source.events(pair, id, after, now);
        let value = if status == Some(DETACHED) {
            Some(Payload::blank(field.kind, 0))
        } else if field.is_profiling() {
            self.harm.reads += 1;
            let known = (!self.blank.contains(&id))
                .then(|| source.value(pair, field, after, now))
                .flatten()
                .filter(|value| !value.is_blank());
            // What the profiler does not have it says in its log, each time, and not in the value.
            self.harm.log_lines += u64::from(known.is_none() && last.is_some());
            // The first sample of a field has nothing to be compared with.
            let known = known.filter(|_| last.is_some());
            let known = self.paused_value(field.kind).or(known);
            Some(known.unwrap_or_else(|| Payload::blank(field.kind, 0)))
        } else {
            self.harm.reads += 1;
            source.value(pair, field, after, now)
        };
        let sampled = match value {
            Some(payload) if events.is_empty() => vec![(now, payload)],
            _ => events,
        };
        for (at, payload) in sampled {
            self.store(pair, id, at, payload);
        }
    }

    /// Keeps a sample, and tells those who registered for what it violates.
    pub(super) fn store(&mut self, pair: Pair, field: u16, at: i64, payload: Payload) {
        if self.nvml() {
            self.check_policy(pair, field, at, &payload);
        }
        self.fields
            .entry((pair, field))
            .or_default()
            .insert(at, payload);
    }

    /// Puts a sample in by hand.
    pub(crate) fn inject(
        &mut self,
        pair: Pair,
        field: u16,
        kind: u8,
        at: i64,
        payload: Payload,
        now: i64,
    ) -> Code {
        let Some(field) = Field::find(field, self.flavour) else {
            return st::BADPARAM;
        };
        if field.kind != kind {
            return st::BADPARAM;
        }
        let exists = match pair.0 {
            GPU | SWITCH | GPU_I | GPU_CI | CPU | CPU_CORE => self.entity(pair, now).is_some(),
            VGPU => false,
            _ => true,
        };
        if !exists {
            return st::BADPARAM;
        }
        let at = if at == 0 { now } else { at };
        let (pair, field) = Self::key(pair, field);
        self.store(pair, field, at, payload);
        st::OK
    }
}
