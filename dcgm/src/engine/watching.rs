//! Watches: as few and as large as possible, split where the engine refuses a field or an entity.
//!
//! The engine watches a group of fields on a group of entities, and refuses the whole group for one
//! field that one entity lacks. [`WatchSetup`] therefore tries the whole request first, and divides
//! what is refused:
//!
//! ```text
//!  watch_or_split(entities, fields)
//!   ├─ accepted                        ► done
//!   ├─ transient error, or GPU lost    ► the request fails: smaller groups would fail, too
//!   ├─ no driver                       ► all fields are refused
//!   ├─ profiling and other fields      ► each kind on its own
//!   ├─ profiling fields                ► the engine reports the fields of each GPU: one group for
//!   │                                    each set of fields; halves where that explains nothing
//!   ├─ several fields                  ► halves
//!   ├─ one field, several entities     ► halves, at most MAX_ENTITY_SPLITS times
//!   └─ one field                       ► refused, reported as a Refusal
//! ```
//!
//! Splitting leaves many small field groups, of which all clients of an engine share 61;
//! [`WatchSetup::consolidate_fields`] watches the accepted fields again in as few groups as possible.
//!
//! To the engine, two watches over one connection on the same field of the same entity are one: the
//! last request sets interval and age, and the end of either ends both. Therefore a request uses the
//! shortest interval and the longest age of all watches that overlap with it, and after the end of a
//! watch the others are watched again ([`Session::rewatch_overlapping`]).

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

/// The maximum number of fields in a field group. The header says 128, and 128 are refused.
pub(super) const MAX_GROUP_FIELDS: usize = 127;

/// The maximum number of splits for finding the entities for which a single field is refused.
const MAX_ENTITY_SPLITS: usize = 64;

/// A group of entities and a group of fields that the engine watches together.
type WatchedPair = (GroupId, FieldGroupId);

/// A watch, with the groups that the engine holds for it.
#[derive(Debug)]
pub(super) struct Watched {
    /// The number of the watch, unique in this process.
    pub(super) number: u64,
    pub(super) session: u64,
    pub(super) entities: Vec<EntityId>,
    pub(super) fields: Vec<FieldId>,
    pairs: Vec<WatchedPair>,
    interval: Duration,
    keep_age: Duration,
    /// The start time by the engine's clock; only for events.
    pub(super) began: Timestamp,
    /// Set when the watch was ended.
    ended: Mutex<bool>,
}

impl Watched {
    /// Returns `true` if the watch has one of the fields of one of the entities.
    fn overlaps_with(&self, entities: &[EntityId], fields: &[FieldId]) -> bool {
        self.entities.iter().any(|entity| entities.contains(entity))
            && self.fields.iter().any(|field| fields.contains(field))
    }

    /// Returns every pair of groups that is watched.
    pub(super) fn group_pairs(&self) -> impl Iterator<Item = WatchedPair> + '_ {
        self.pairs.iter().copied()
    }
}

/// Entities that are watched together, and their group.
#[derive(Clone, Debug)]
struct WatchGroup {
    id: GroupId,
    entities: Vec<EntityId>,
}

/// Fields that the engine accepted for a group.
#[derive(Debug)]
struct AcceptedFields {
    group: GroupId,
    field_group: FieldGroupId,
    fields: Vec<FieldId>,
}

/// A watch that is being set up: undone when dropped, unless it is kept.
struct WatchSetup<'a> {
    session: &'a mut Session,
    request: &'a WatchRequest,
    /// The groups that were acquired, each as often as it is held.
    groups: Vec<GroupId>,
    accepted: Vec<AcceptedFields>,
    refused: Vec<Refusal>,
    /// The interval and the age of samples, sufficient for all watches over the connection.
    times: (Duration, Duration),
    entity_splits_left: usize,
    kept: bool,
}

impl Session {
    /// Watches the fields and entities of a request that the engine accepts. Returns the watch, the
    /// request without the refused ones, and the refusals.
    pub(super) fn start_watch(
        &mut self,
        request: &WatchRequest,
    ) -> Result<(Arc<Watched>, WatchRequest, Vec<Refusal>)> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let own = (request.interval, request.keep_age);
        let times = self.merged_times(&request.entities, &request.fields, own);
        let mut setup = WatchSetup {
            session: self,
            request,
            groups: Vec::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            times,
            entity_splits_left: MAX_ENTITY_SPLITS,
            kept: false,
        };
        let fields = setup.known_fields();
        let mut entities = Vec::with_capacity(request.entities.len());
        for chunk in deduplicate(&request.entities).chunks(setup.session.max_entities()) {
            let Some(group) = setup.acquire_group(chunk)? else {
                continue;
            };
            entities.extend_from_slice(&group.entities);
            for fields in fields.chunks(MAX_GROUP_FIELDS) {
                setup.watch_or_split(&group, fields)?;
            }
        }
        let groups: Vec<_> = setup.accepted.iter().map(|part| part.group).collect();
        for group in deduplicate(&groups) {
            setup.consolidate_fields(group)?;
        }
        let all = setup.accepted.iter().flat_map(|part| &part.fields);
        let mut accepted = deduplicate(&all.copied().collect::<Vec<_>>());
        accepted.sort_by_key(|field| fields.iter().position(|requested| requested == field));
        if entities.is_empty() || accepted.is_empty() {
            // Other refusals explain better than unknown fields why nothing is watched.
            let is_unknown =
                |refusal: &&Refusal| refusal.error.code() == Some(ReturnCode::UNKNOWN_FIELD);
            let refused = &setup.refused;
            let first = refused.iter().find(|refusal| !is_unknown(refusal));
            return Err(match first.or(refused.first()) {
                Some(refusal) => refusal.error.clone(),
                None => Error::Request("a watch needs at least one entity and one field"),
            });
        }
        let began = if request.events {
            setup.engine_time()?
        } else {
            Timestamp::NEVER
        };
        let watched = Arc::new(Watched {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            session: setup.session.number,
            entities: entities.clone(),
            fields: accepted.clone(),
            pairs: setup.group_pairs(),
            interval: request.interval,
            keep_age: request.keep_age,
            began,
            ended: Mutex::new(false),
        });
        let refused = setup.into_refusals()?;
        self.watches.lock().push(Arc::clone(&watched));
        let request = WatchRequest {
            entities,
            fields: accepted,
            ..request.clone()
        };
        Ok((watched, request, refused))
    }

    /// Ends a watch. A watch of an earlier session ended with that session.
    pub(super) fn end_watch(&mut self, watched: &Arc<Watched>) -> Result<()> {
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
        self.release_pairs(&watched.pairs)?;
        self.rewatch_overlapping(&watched.entities, &watched.fields)
    }

    /// Watches again what other watches over this connection share with one that was ended, since
    /// that ended theirs, too.
    fn rewatch_overlapping(&self, entities: &[EntityId], fields: &[FieldId]) -> Result<()> {
        let others = self.watches.lock().clone();
        let mut outcome = Ok(());
        for other in others
            .iter()
            .filter(|other| other.overlaps_with(entities, fields))
        {
            let own = (other.interval, other.keep_age);
            let (interval, keep_age) = self.merged_times(&other.entities, &other.fields, own);
            for (group, fields) in other.group_pairs() {
                let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
                keep_disconnect(
                    &mut outcome,
                    dcgm.watch_fields(handle, group, fields, interval, keep_age),
                );
            }
        }
        outcome
    }

    /// Returns the shortest interval and the longest age of the watches that overlap, since the last
    /// request sets both for all of them.
    fn merged_times(
        &self,
        entities: &[EntityId],
        fields: &[FieldId],
        own: (Duration, Duration),
    ) -> (Duration, Duration) {
        let watches = self.watches.lock();
        let others = watches
            .iter()
            .filter(|other| other.overlaps_with(entities, fields));
        others.fold(own, |(interval, keep_age), other| {
            (interval.min(other.interval), keep_age.max(other.keep_age))
        })
    }

    /// Unwatches pairs and releases their groups. Returns the first error that ends the session; any
    /// other means that the engine has already forgotten the watch.
    fn release_pairs(&mut self, pairs: &[WatchedPair]) -> Result<()> {
        let connection = Arc::clone(&self.connection);
        let (dcgm, handle) = (connection.dcgm(), connection.handle());
        let mut outcome = Ok(());
        for (group, field_group) in pairs {
            keep_disconnect(
                &mut outcome,
                dcgm.unwatch_fields(handle, *group, *field_group),
            );
            keep_disconnect(&mut outcome, self.release_field_group(*field_group));
            keep_disconnect(&mut outcome, self.release_entity_group(*group));
        }
        outcome
    }
}

/// Keeps the first error that ends the session.
pub(super) fn keep_disconnect(kept: &mut Result<()>, outcome: Result<()>) {
    if kept.is_ok() && outcome.as_ref().is_err_and(Error::is_disconnected) {
        *kept = outcome;
    }
}

impl WatchSetup<'_> {
    /// Returns the fields that the library knows, and refuses the others: one unknown field would fail
    /// the whole list.
    fn known_fields(&mut self) -> Vec<FieldId> {
        let (known, unknown): (Vec<_>, Vec<_>) = deduplicate(&self.request.fields)
            .into_iter()
            .partition(|field| self.session.connection.dcgm().knows_field(*field));
        self.refused.extend(unknown.into_iter().map(|field| {
            let error = Error::Call {
                function: "DcgmFieldGetById",
                code: ReturnCode::UNKNOWN_FIELD,
            };
            Refusal::new(None, Some(field), error)
        }));
        known
    }

    /// Acquires a group of these entities, without those that the engine refuses; `None` if it
    /// refuses all.
    fn acquire_group(&mut self, entities: &[EntityId]) -> Result<Option<WatchGroup>> {
        let filled = self.session.acquire_entity_group(entities)?;
        self.refused.extend(filled.refused);
        self.groups.extend(filled.id);
        Ok(filled.id.map(|id| WatchGroup {
            id,
            entities: filled.entities,
        }))
    }

    /// Watches the fields of a group. If the engine refuses, finds out which fields of which
    /// entities it refuses, and watches the rest.
    fn watch_or_split(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        if fields.is_empty() || group.entities.is_empty() {
            return Ok(());
        }
        if fields.iter().all(|field| field.is_profiling()) {
            let first = group.entities.first().copied();
            let lacks = first.map(|first| self.session.profiler_error(first));
            if let Some(error) = lacks.transpose()?.flatten() {
                return self.split_profiling(group, fields, &error);
            }
        }
        let error = match self.try_watch(group, fields) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // The driver or the engine failed, and refused no field: smaller groups would fail, too.
        if error.is_transient() || error.is_gpu_lost() {
            return Err(error);
        }
        if error.code() == Some(ReturnCode::MAX_LIMIT) {
            return self.watch_despite_limit(group, fields, &error);
        }
        // Without a driver, no field of a GPU can be watched: trying each would take 127 calls for the
        // same error.
        if error.code() == Some(ReturnCode::NVML_NOT_LOADED) {
            self.refuse(&group.entities, fields, &error);
            return Ok(());
        }
        // Most often, all profiling fields are refused.
        let (profiling, others): (Vec<_>, Vec<_>) = fields
            .iter()
            .copied()
            .partition(|field| field.is_profiling());
        if !profiling.is_empty() && !others.is_empty() {
            self.watch_or_split(group, &others)?;
            return self.watch_or_split(group, &profiling);
        }
        if others.is_empty() {
            return self.split_profiling(group, fields, &error);
        }
        if fields.len() > 1 {
            return self.split_fields(group, fields);
        }
        if group.entities.len() > 1 && self.entity_splits_left > 0 {
            self.entity_splits_left -= 1;
            return self.split_entities(group, fields);
        }
        self.refuse(&group.entities, fields, &error);
        Ok(())
    }

    fn split_fields(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let (first, second) = fields.split_at(fields.len() / 2);
        self.watch_or_split(group, first)?;
        self.watch_or_split(group, second)
    }

    fn split_entities(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let (first, second) = group.entities.split_at(group.entities.len() / 2);
        self.watch_part(first, fields)?;
        self.watch_part(second, fields)
    }

    /// Watches fields of some of the entities. If the engine has no group left for them, refuses the
    /// fields: what was accepted stays.
    fn watch_part(&mut self, entities: &[EntityId], fields: &[FieldId]) -> Result<()> {
        let group = match self.acquire_group(entities) {
            Ok(Some(group)) => group,
            Ok(None) => return Ok(()),
            Err(error) if error.code() == Some(ReturnCode::MAX_LIMIT) => {
                self.refuse(entities, fields, &error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.watch_or_split(&group, fields)?;
        // All clients share about 60 groups: do not hold one that no field needs.
        if self.accepted.iter().all(|part| part.group != group.id) {
            if let Some(at) = self.groups.iter().position(|id| *id == group.id) {
                self.groups.swap_remove(at);
                let mut outcome = Ok(());
                let released = self.session.release_entity_group(group.id);
                keep_disconnect(&mut outcome, released);
                return outcome;
            }
        }
        Ok(())
    }

    /// Watches profiling fields, which the engine refuses for a whole group if one of its GPUs has no
    /// profiler or lacks one of the fields. GPUs with the same profiling fields are watched together.
    /// Where that explains nothing, the entities are split, and the fields last.
    fn split_profiling(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        let mut classes: Vec<(Vec<EntityId>, Vec<FieldId>)> = Vec::new();
        for entity in &group.entities {
            let has = self.session.supported_profiling(*entity, fields)?;
            match classes
                .iter_mut()
                .find(|(_, class_fields)| *class_fields == has)
            {
                Some((entities, _)) => entities.push(*entity),
                None => classes.push((vec![*entity], has)),
            }
        }
        if let [(_, has)] = classes.as_slice() {
            if has.len() == fields.len() {
                return self.split_unexplained_profiling(group, fields, error);
            }
        }
        for (entities, has) in classes {
            let lacks = fields.iter().filter(|field| !has.contains(field));
            let lacks: Vec<_> = lacks.copied().collect();
            self.refuse(&entities, &lacks, error);
            if entities.len() == group.entities.len() {
                self.watch_or_split(group, &has)?;
            } else if !has.is_empty() {
                self.watch_part(&entities, &has)?;
            }
        }
        Ok(())
    }

    /// Splits a group for whose refusal the reported profiling fields give no reason.
    fn split_unexplained_profiling(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        if group.entities.len() > 1 {
            return self.split_entities(group, fields);
        }
        let [first, middle @ .., last] = fields else {
            self.refuse(&group.entities, fields, error);
            return Ok(());
        };
        // If two fields are refused alone, the GPU is, for instance because another program uses its
        // profiler. Trying each field would cost dozens of refused calls.
        self.watch_or_split(group, &[*first])?;
        self.watch_or_split(group, &[*last])?;
        let is_accepted = |field: &FieldId| {
            let mut parts = self.accepted.iter();
            parts.any(|part| part.group == group.id && part.fields.contains(field))
        };
        if is_accepted(first) || is_accepted(last) {
            return self.split_fields(group, middle);
        }
        self.refuse(&group.entities, middle, error);
        Ok(())
    }

    /// Watches fields after the engine had no field group left, perhaps because of the splits.
    fn watch_despite_limit(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        self.consolidate_fields(group.id)?;
        match self.try_watch(group, fields) {
            Ok(()) => {}
            Err(retry) if retry.is_disconnected() || self.accepted.is_empty() => {
                return Err(retry);
            }
            // The fields accepted so far stay watched.
            Err(_) => self.refuse(&group.entities, fields, error),
        }
        Ok(())
    }

    /// Records fields as refused for these entities: in one row for each field if they are all
    /// entities of the request.
    fn refuse(&mut self, entities: &[EntityId], fields: &[FieldId], error: &Error) {
        if entities.len() == self.request.entities.len() {
            let refusal = |field: &FieldId| Refusal::new(None, Some(*field), error.clone());
            self.refused.extend(fields.iter().map(refusal));
            return;
        }
        for entity in entities {
            let refusal =
                |field: &FieldId| Refusal::new(Some(*entity), Some(*field), error.clone());
            self.refused.extend(fields.iter().map(refusal));
        }
    }

    /// Watches fields on a group, with one call.
    fn try_watch(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let connection = Arc::clone(&self.session.connection);
        let (dcgm, handle) = (connection.dcgm(), connection.handle());
        let field_group = self.session.acquire_field_group(fields)?;
        let watched = dcgm.watch_fields(handle, group.id, field_group, self.times.0, self.times.1);
        if let Err(error) = watched {
            // A failed watch leaves some of its fields watched.
            drop(dcgm.unwatch_fields(handle, group.id, field_group));
            drop(self.session.release_field_group(field_group));
            return Err(error);
        }
        self.accepted.push(AcceptedFields {
            group: group.id,
            field_group,
            fields: fields.to_vec(),
        });
        Ok(())
    }

    /// Combines the small field groups that splitting has left for a group of entities.
    fn consolidate_fields(&mut self, group: GroupId) -> Result<()> {
        let (separate, others): (Vec<_>, Vec<_>) = core::mem::take(&mut self.accepted)
            .into_iter()
            .partition(|part| part.group == group);
        self.accepted = others;
        let fields: Vec<FieldId> = separate
            .iter()
            .flat_map(|part| part.fields.clone())
            .collect();
        if separate.len() <= fields.len().div_ceil(MAX_GROUP_FIELDS) {
            self.accepted.extend(separate);
            return Ok(());
        }
        let before = self.accepted.len();
        let whole = WatchGroup {
            id: group,
            entities: Vec::new(),
        };
        for chunk in fields.chunks(MAX_GROUP_FIELDS) {
            if let Err(error) = self.try_watch(&whole, chunk) {
                // The combined fields are refused, or no group is left: keep the separate groups.
                let combined = self.accepted.split_off(before);
                self.accepted.extend(separate);
                self.unwatch_fields(&combined)?;
                self.rewatch_accepted()?;
                return if error.is_disconnected() {
                    Err(error)
                } else {
                    Ok(())
                };
            }
        }
        self.unwatch_fields(&separate)?;
        self.rewatch_accepted()
    }

    /// Unwatches fields of a group, and keeps the group.
    fn unwatch_fields(&mut self, fields: &[AcceptedFields]) -> Result<()> {
        let connection = Arc::clone(&self.session.connection);
        let (dcgm, handle) = (connection.dcgm(), connection.handle());
        let mut outcome = Ok(());
        for part in fields {
            keep_disconnect(
                &mut outcome,
                dcgm.unwatch_fields(handle, part.group, part.field_group),
            );
            keep_disconnect(
                &mut outcome,
                self.session.release_field_group(part.field_group),
            );
        }
        outcome
    }

    /// Watches all accepted fields again, since ending one watch ends others on the same fields.
    fn rewatch_accepted(&self) -> Result<()> {
        let (dcgm, handle) = (
            self.session.connection.dcgm(),
            self.session.connection.handle(),
        );
        for part in &self.accepted {
            dcgm.watch_fields(
                handle,
                part.group,
                part.field_group,
                self.times.0,
                self.times.1,
            )?;
        }
        Ok(())
    }

    fn group_pairs(&self) -> Vec<WatchedPair> {
        let pairs = self.accepted.iter();
        pairs.map(|part| (part.group, part.field_group)).collect()
    }

    /// Keeps the accepted fields, releases the groups without any, and returns the refusals. From then
    /// on, each watched pair holds its group once.
    fn into_refusals(mut self) -> Result<Vec<Refusal>> {
        self.kept = true;
        let mut outcome = Ok(());
        let mut held = core::mem::take(&mut self.groups);
        for (group, _) in self.group_pairs() {
            match held.iter().position(|id| *id == group) {
                Some(at) => drop(held.swap_remove(at)),
                None => self.session.hold_entity_group(group),
            }
        }
        for group in held {
            keep_disconnect(&mut outcome, self.session.release_entity_group(group));
        }
        outcome.map(|()| core::mem::take(&mut self.refused))
    }

    /// Returns the engine's time: its next start time for a request from the future, which returns no
    /// sample.
    fn engine_time(&self) -> Result<Timestamp> {
        let Some(AcceptedFields {
            group, field_group, ..
        }) = self.accepted.first()
        else {
            return Ok(Timestamp::NEVER);
        };
        let (dcgm, handle) = (
            self.session.connection.dcgm(),
            self.session.connection.handle(),
        );
        let read_from = |from| {
            let mut text = String::new();
            dcgm.read_since(handle, (*group, *field_group), from, &mut text, &mut |_| {})
        };
        let future = Timestamp::from_micros(i64::MAX / 2);
        match read_from(future)? {
            // An engine that returns the requested time itself gets a request for all samples.
            next if next >= future => read_from(Timestamp::NEVER),
            next => Ok(next),
        }
    }
}

impl Drop for WatchSetup<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // The first error is reported; one of undoing would say less.
            let accepted = core::mem::take(&mut self.accepted);
            drop(self.unwatch_fields(&accepted));
            for group in core::mem::take(&mut self.groups) {
                drop(self.session.release_entity_group(group));
            }
            drop(
                self.session
                    .rewatch_overlapping(&self.request.entities, &self.request.fields),
            );
        }
    }
}

/// Returns each item once, in the order given.
fn deduplicate<T: Copy + PartialEq>(items: &[T]) -> Vec<T> {
    let mut unique = Vec::with_capacity(items.len());
    for item in items {
        if !unique.contains(item) {
            unique.push(*item);
        }
    }
    unique
}

/// Returns a unique name: all clients of an engine share the names of field groups.
pub(super) fn new_group_name() -> CString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("dcgm-rs-{}-{time:x}-{number}", std::process::id());
    CString::new(name).unwrap_or_default()
}
