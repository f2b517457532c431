//! Watches: few and large, and split around what the engine refuses.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use super::session::Session;
use crate::client::{Refusal, WatchRequest};
use crate::code::ReturnCode;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId};
use crate::field::FieldId;
use crate::sample::Timestamp;

/// As many fields as a field group takes. The header says 128, and 128 are refused.
pub(super) const FIELD_LIMIT: usize = 127;

/// What the engine was made to hold for a watch.
#[derive(Debug)]
pub(super) struct Watched {
    /// Its own, in this process.
    pub(super) number: u64,
    pub(super) session: u64,
    pub(super) entities: Vec<EntityId>,
    pub(super) fields: Vec<FieldId>,
    groups: Vec<GroupId>,
    field_groups: Vec<FieldGroupId>,
    interval: Duration,
    keep_age: Duration,
    /// When it began, by the engine's clock; only for events.
    pub(super) began: Timestamp,
    /// Whether it was ended already.
    ended: Mutex<bool>,
}

impl Watched {
    /// Whether both watch the same field of the same entity.
    fn overlaps(&self, entities: &[EntityId], fields: &[FieldId]) -> bool {
        self.entities.iter().any(|entity| entities.contains(entity))
            && self.fields.iter().any(|field| fields.contains(field))
    }

    /// Every pair of groups that is watched.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (GroupId, FieldGroupId)> + '_ {
        self.groups
            .iter()
            .flat_map(|group| self.field_groups.iter().map(|fields| (*group, *fields)))
    }
}

/// A request with what was made for it so far: undone when dropped, unless it is kept.
struct Trial<'a> {
    session: &'a Session,
    request: &'a WatchRequest,
    groups: Vec<GroupId>,
    /// Watched, with the fields in each.
    field_groups: Vec<(FieldGroupId, Vec<FieldId>)>,
    refused: Vec<Refusal>,
    /// How often to sample and how long to keep: enough for all who share the connection.
    times: (Duration, Duration),
    kept: bool,
}

impl Session {
    /// Watches what can be watched of a request, and says what cannot.
    pub(super) fn watch(
        &mut self,
        request: &WatchRequest,
    ) -> Result<(Arc<Watched>, WatchRequest, Vec<Refusal>)> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let own = (request.interval, request.keep_age);
        let times = self.times_with(&request.entities, &request.fields, own);
        let mut trial = Trial {
            session: self,
            request,
            groups: Vec::new(),
            field_groups: Vec::new(),
            refused: Vec::new(),
            times,
            kept: false,
        };
        let fields = trial.known_fields();
        let entities = trial.gather(&unique(&request.entities))?;
        if !entities.is_empty() {
            for fields in fields.chunks(FIELD_LIMIT) {
                trial.watch_or_split(fields)?;
            }
            trial.consolidate()?;
        }
        let accepted: Vec<FieldId> = trial
            .field_groups
            .iter()
            .flat_map(|(_, fields)| fields.clone())
            .collect();
        if entities.is_empty() || accepted.is_empty() {
            // That some of the fields are unknown is seldom why none of them is watched.
            let unknown =
                |refusal: &&Refusal| refusal.error.code() == Some(ReturnCode::UNKNOWN_FIELD);
            let refused = &trial.refused;
            let first = refused.iter().find(|one| !unknown(one));
            return Err(match first.or(refused.first()) {
                Some(refusal) => refusal.error.clone(),
                None => Error::Request("a watch names at least one entity and one field"),
            });
        }
        let began = if request.events {
            trial.now()?
        } else {
            Timestamp::NEVER
        };
        trial.kept = true;
        let watched = Arc::new(Watched {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            session: trial.session.number,
            entities: entities.clone(),
            fields: accepted.clone(),
            groups: std::mem::take(&mut trial.groups),
            field_groups: trial.field_groups.iter().map(|(group, _)| *group).collect(),
            interval: request.interval,
            keep_age: request.keep_age,
            began,
            ended: Mutex::new(false),
        });
        let refused = std::mem::take(&mut trial.refused);
        drop(trial);
        self.watches.lock().push(Arc::clone(&watched));
        let request = WatchRequest {
            entities,
            fields: accepted,
            ..request.clone()
        };
        Ok((watched, request, refused))
    }

    /// Ends a watch. One of an earlier session ended with that.
    pub(super) fn unwatch(&mut self, watched: &Arc<Watched>) -> Result<()> {
        self.watches
            .lock()
            .retain(|other| !Arc::ptr_eq(other, watched));
        {
            let mut ended = watched.ended.lock();
            if watched.session != self.number || *ended {
                return Ok(());
            }
            *ended = true;
        }
        self.release(&watched.groups, &watched.field_groups)?;
        self.watch_others_again(&watched.entities, &watched.fields)
    }

    /// The end of a watch has ended whatever others watch of the same over this connection: has it
    /// watched again.
    fn watch_others_again(&self, entities: &[EntityId], fields: &[FieldId]) -> Result<()> {
        let others = self.watches.lock().clone();
        let mut outcome = Ok(());
        for other in others
            .iter()
            .filter(|other| other.overlaps(entities, fields))
        {
            let own = (other.interval, other.keep_age);
            let (interval, keep_age) = self.times_with(&other.entities, &other.fields, own);
            for (group, fields) in other.pairs() {
                let (dcgm, handle) = (self.line.dcgm(), self.line.handle());
                note(
                    &mut outcome,
                    dcgm.watch(handle, group, fields, interval, keep_age),
                );
            }
        }
        outcome
    }

    /// How often to sample, and how long to keep, so that all who share a pair have enough: to the
    /// engine whoever watched last has said it.
    fn times_with(
        &self,
        entities: &[EntityId],
        fields: &[FieldId],
        own: (Duration, Duration),
    ) -> (Duration, Duration) {
        let watches = self.watches.lock();
        let others = watches
            .iter()
            .filter(|other| other.overlaps(entities, fields));
        others.fold(own, |(interval, keep_age), other| {
            (interval.min(other.interval), keep_age.max(other.keep_age))
        })
    }

    /// Gives all of it back, and reports the first failure that ends the session; any other means
    /// that the engine has forgotten it already.
    fn release(&self, groups: &[GroupId], field_groups: &[FieldGroupId]) -> Result<()> {
        let (dcgm, handle) = (self.line.dcgm(), self.line.handle());
        let mut outcome = self.release_fields(groups, field_groups);
        for group in groups {
            note(&mut outcome, dcgm.destroy_group(handle, *group));
        }
        outcome
    }

    /// As [`Self::release`], and leaves the groups.
    fn release_fields(&self, groups: &[GroupId], field_groups: &[FieldGroupId]) -> Result<()> {
        let (dcgm, handle) = (self.line.dcgm(), self.line.handle());
        let mut outcome = Ok(());
        for fields in field_groups {
            for group in groups {
                note(&mut outcome, dcgm.unwatch(handle, *group, *fields));
            }
            note(&mut outcome, dcgm.destroy_field_group(handle, *fields));
        }
        outcome
    }
}

/// Keeps the first outcome that ends the session.
pub(super) fn note(kept: &mut Result<()>, outcome: Result<()>) {
    if kept.is_ok() && outcome.as_ref().is_err_and(Error::is_disconnected) {
        *kept = outcome;
    }
}

impl Trial<'_> {
    /// Leaves out the fields that the library does not know: one of them would fail the whole list.
    fn known_fields(&mut self) -> Vec<FieldId> {
        let (known, unknown): (Vec<_>, Vec<_>) = unique(&self.request.fields)
            .into_iter()
            .partition(|field| self.session.line.dcgm().knows_field(*field));
        self.refused.extend(unknown.into_iter().map(|field| {
            let error = Error::Call {
                function: "DcgmFieldGetById",
                code: ReturnCode::UNKNOWN_FIELD,
            };
            Refusal::new(None, Some(field), error)
        }));
        known
    }

    /// Puts the entities into as few groups as hold them.
    fn gather(&mut self, entities: &[EntityId]) -> Result<Vec<EntityId>> {
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        let mut taken = Vec::with_capacity(entities.len());
        for chunk in entities.chunks(self.session.entity_limit()) {
            let group = dcgm.create_group(handle, &name())?;
            self.groups.push(group);
            let before = taken.len();
            for entity in chunk {
                match dcgm.add_entity(handle, group, *entity) {
                    Ok(()) => taken.push(*entity),
                    Err(error) if error.is_disconnected() => return Err(error),
                    Err(error) => self.refused.push(Refusal::new(Some(*entity), None, error)),
                }
            }
            if taken.len() == before {
                // An empty group fails every read. Should the engine be gone, the next call tells.
                self.groups.pop();
                drop(dcgm.destroy_group(handle, group));
            }
        }
        Ok(taken)
    }

    /// Watches the fields; if the engine refuses, the halves of them, until it is known which it
    /// refuses.
    fn watch_or_split(&mut self, fields: &[FieldId]) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let error = match self.try_watch(fields) {
            Ok(group) => {
                self.field_groups.push((group, fields.to_vec()));
                return Ok(());
            }
            Err(error) => error,
        };
        // A sick driver or a busy engine refuses no field: nothing is to be learnt from halves.
        if error.is_transient() || error.is_gpu_lost() {
            return Err(error);
        }
        if error.code() == Some(ReturnCode::MAX_LIMIT) {
            return self.watch_despite_limit(fields, &error);
        }
        // Without a driver, no field of a GPU can be watched: to try each would be 127 calls for
        // one answer.
        if fields.len() == 1 || error.code() == Some(ReturnCode::NVML_NOT_LOADED) {
            self.refuse(fields, &error);
            return Ok(());
        }
        // Most often it is the profiling fields, all of them.
        let (profiling, others): (Vec<_>, Vec<_>) = fields
            .iter()
            .copied()
            .partition(|field| field.is_profiling());
        if !profiling.is_empty() && !others.is_empty() {
            self.watch_or_split(&others)?;
            return self.watch_or_split(&profiling);
        }
        let (first, second) = fields.split_at(fields.len() / 2);
        self.watch_or_split(first)?;
        self.watch_or_split(second)
    }

    /// The engine's field groups are used up, perhaps by the halves made here.
    fn watch_despite_limit(&mut self, fields: &[FieldId], error: &Error) -> Result<()> {
        self.consolidate()?;
        match self.try_watch(fields) {
            Ok(group) => self.field_groups.push((group, fields.to_vec())),
            Err(again) if again.is_disconnected() || self.field_groups.is_empty() => {
                return Err(again);
            }
            // What is watched stays watched.
            Err(_) => self.refuse(fields, error),
        }
        Ok(())
    }

    fn refuse(&mut self, fields: &[FieldId], error: &Error) {
        self.refused.extend(
            fields
                .iter()
                .map(|field| Refusal::new(None, Some(*field), error.clone())),
        );
    }

    fn try_watch(&self, fields: &[FieldId]) -> Result<FieldGroupId> {
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        let group_of_fields = dcgm.create_field_group(handle, &name(), fields)?;
        for group in &self.groups {
            let watched = dcgm.watch(handle, *group, group_of_fields, self.times.0, self.times.1);
            if let Err(error) = watched {
                // A watch that fails leaves those of its fields watched that did not.
                drop(
                    self.session
                        .release_fields(&self.groups, &[group_of_fields]),
                );
                return Err(error);
            }
        }
        Ok(group_of_fields)
    }

    /// After a split there are many small field groups, of which all clients of the engine share
    /// 61: puts them together again.
    fn consolidate(&mut self) -> Result<()> {
        let fields: Vec<FieldId> = self
            .field_groups
            .iter()
            .flat_map(|(_, fields)| fields.clone())
            .collect();
        if self.field_groups.len() <= fields.len().div_ceil(FIELD_LIMIT) {
            return Ok(());
        }
        let mut together = Vec::new();
        for chunk in fields.chunks(FIELD_LIMIT) {
            match self.try_watch(chunk) {
                Ok(group) => together.push((group, chunk.to_vec())),
                Err(error) => {
                    // Together they do not go, or there is no room for one group more; apart they
                    // do.
                    let made: Vec<_> = together.iter().map(|(group, _)| *group).collect();
                    self.session.release_fields(&self.groups, &made)?;
                    self.watch_again()?;
                    return if error.is_disconnected() {
                        Err(error)
                    } else {
                        Ok(())
                    };
                }
            }
        }
        let apart: Vec<_> = std::mem::replace(&mut self.field_groups, together)
            .into_iter()
            .map(|(group, _)| group)
            .collect();
        self.session.release_fields(&self.groups, &apart)?;
        self.watch_again()
    }

    /// The end of one watch ends another of the same connection on the same fields.
    fn watch_again(&self) -> Result<()> {
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        for (fields, _) in &self.field_groups {
            for group in &self.groups {
                dcgm.watch(handle, *group, *fields, self.times.0, self.times.1)?;
            }
        }
        Ok(())
    }

    /// The engine's time: what it answers as "from next" to a question about the future, which
    /// brings no sample.
    fn now(&self) -> Result<Timestamp> {
        let (Some(group), Some((fields, _))) = (self.groups.first(), self.field_groups.first())
        else {
            return Ok(Timestamp::NEVER);
        };
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        let ask = |from| {
            let mut text = String::new();
            dcgm.since(handle, (*group, *fields), from, &mut text, &mut |_| {})
        };
        let future = Timestamp::from_micros(i64::MAX / 2);
        match ask(future)? {
            // One that takes the question for an answer is asked about everything that it has.
            next if next >= future => ask(Timestamp::NEVER),
            next => Ok(next),
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let field_groups: Vec<_> = self.field_groups.iter().map(|(group, _)| *group).collect();
            // The error that brought us here says more than one from here could.
            drop(self.session.release(&self.groups, &field_groups));
            drop(
                self.session
                    .watch_others_again(&self.request.entities, &self.request.fields),
            );
        }
    }
}

/// In the order given, each once.
fn unique<T: Copy + PartialEq>(items: &[T]) -> Vec<T> {
    let mut unique = Vec::with_capacity(items.len());
    for item in items {
        if !unique.contains(item) {
            unique.push(*item);
        }
    }
    unique
}

/// A name that nobody else has: field groups' names are shared by all clients of an engine.
pub(super) fn name() -> CString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("dcgm-rs-{}-{time:x}-{number}", std::process::id());
    CString::new(name).unwrap_or_default()
}
