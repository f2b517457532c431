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

/// Watch calls that may be spent on finding out for which entities a single field is refused.
const MAX_ENTITY_SPLITS: usize = 64;

/// A group of entities and a group of fields that the engine watches together.
type WatchedPair = (GroupId, FieldGroupId);

/// What the engine was made to hold for a watch.
#[derive(Debug)]
pub(super) struct Watched {
    /// Its own, in this process.
    pub(super) number: u64,
    pub(super) session: u64,
    pub(super) entities: Vec<EntityId>,
    pub(super) fields: Vec<FieldId>,
    pairs: Vec<WatchedPair>,
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

    /// Returns every pair of groups that is watched.
    pub(super) fn pairs(&self) -> impl Iterator<Item = WatchedPair> + '_ {
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
    /// How often to sample and how long to keep: enough for all who share the connection.
    times: (Duration, Duration),
    entity_splits_left: usize,
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
        for chunk in unique(&request.entities).chunks(setup.session.entity_limit()) {
            let Some(group) = setup.acquire(chunk)? else {
                continue;
            };
            entities.extend_from_slice(&group.entities);
            for fields in fields.chunks(FIELD_LIMIT) {
                setup.watch_or_split(&group, fields)?;
            }
            setup.consolidate(group.id)?;
        }
        let all = setup.accepted.iter().flat_map(|one| &one.fields);
        let mut accepted = unique(&all.copied().collect::<Vec<_>>());
        accepted.sort_by_key(|field| fields.iter().position(|asked| asked == field));
        if entities.is_empty() || accepted.is_empty() {
            // That some of the fields are unknown is seldom why none of them is watched.
            let unknown =
                |refusal: &&Refusal| refusal.error.code() == Some(ReturnCode::UNKNOWN_FIELD);
            let refused = &setup.refused;
            let first = refused.iter().find(|one| !unknown(one));
            return Err(match first.or(refused.first()) {
                Some(refusal) => refusal.error.clone(),
                None => Error::Request("a watch names at least one entity and one field"),
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
            pairs: setup.pairs(),
            interval: request.interval,
            keep_age: request.keep_age,
            began,
            ended: Mutex::new(false),
        });
        let refused = setup.keep()?;
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
        self.release_pairs(&watched.pairs)?;
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
                keep_disconnect(
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

    /// Unwatches pairs and gives their groups back. Returns the first failure that ends the session;
    /// any other means that the engine has forgotten the watch already.
    fn release_pairs(&mut self, pairs: &[WatchedPair]) -> Result<()> {
        let line = Arc::clone(&self.line);
        let (dcgm, handle) = (line.dcgm(), line.handle());
        let mut outcome = Ok(());
        for (group, field_group) in pairs {
            keep_disconnect(&mut outcome, dcgm.unwatch(handle, *group, *field_group));
            keep_disconnect(&mut outcome, self.release_field_group(*field_group));
            keep_disconnect(&mut outcome, self.release_entity_group(*group));
        }
        outcome
    }
}

/// Keeps the first outcome that ends the session.
pub(super) fn keep_disconnect(kept: &mut Result<()>, outcome: Result<()>) {
    if kept.is_ok() && outcome.as_ref().is_err_and(Error::is_disconnected) {
        *kept = outcome;
    }
}

impl WatchSetup<'_> {
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

    /// Acquires a group of these entities, without those that the engine refuses; `None` if it
    /// refuses all.
    fn acquire(&mut self, entities: &[EntityId]) -> Result<Option<WatchGroup>> {
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
            let lacks = first.map(|first| self.session.lacks_profiler(first));
            if let Some(error) = lacks.transpose()?.flatten() {
                return self.split_profiling(group, fields, &error);
            }
        }
        let error = match self.try_watch(group, fields) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // A sick driver or a busy engine refuses no field: nothing is to be learnt from halves.
        if error.is_transient() || error.is_gpu_lost() {
            return Err(error);
        }
        if error.code() == Some(ReturnCode::MAX_LIMIT) {
            return self.watch_despite_limit(group, fields, &error);
        }
        // Without a driver, no field of a GPU can be watched: to try each would be 127 calls for
        // one answer.
        if error.code() == Some(ReturnCode::NVML_NOT_LOADED) {
            self.refuse(group, fields, &error);
            return Ok(());
        }
        // Most often it is the profiling fields, all of them.
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
        self.refuse(group, fields, &error);
        Ok(())
    }

    fn split_fields(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let (first, second) = fields.split_at(fields.len() / 2);
        self.watch_or_split(group, first)?;
        self.watch_or_split(group, second)
    }

    fn split_entities(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let (first, second) = group.entities.split_at(group.entities.len() / 2);
        for half in [first, second] {
            if let Some(half) = self.acquire(half)? {
                self.watch_or_split(&half, fields)?;
            }
        }
        Ok(())
    }

    /// Profiling is refused for a whole group if one of its GPUs has no profiler, or lacks one of
    /// the fields. The engine is asked which fields each GPU has; where that explains nothing, the
    /// GPUs are tried apart, and the fields last.
    fn split_profiling(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        let mut classes: Vec<(Vec<EntityId>, Vec<FieldId>)> = Vec::new();
        for entity in &group.entities {
            let has = self.session.has_profiling(*entity, fields)?;
            match classes.iter_mut().find(|(_, of_class)| *of_class == has) {
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
            let class = if entities.len() == group.entities.len() {
                Some(group.clone())
            } else if has.is_empty() {
                None
            } else {
                self.acquire(&entities)?
            };
            self.refuse_each(&entities, &lacks, error);
            if let Some(class) = class {
                self.watch_or_split(&class, &has)?;
            }
        }
        Ok(())
    }

    fn split_unexplained_profiling(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        if group.entities.len() > 1 {
            return self.split_entities(group, fields);
        }
        let (Some(first), Some(last)) = (fields.first(), fields.last()) else {
            return Ok(());
        };
        if fields.len() <= 2 {
            for field in fields {
                if fields.len() == 1 {
                    self.refuse(group, &[*field], error);
                } else {
                    self.watch_or_split(group, &[*field])?;
                }
            }
            return Ok(());
        }
        // If it refuses two of them alone it refuses the GPU, for instance because another program
        // has its profiler: to try each field would be dozens of refused calls.
        let ends = [*first, *last].map(|field| self.try_watch(group, &[field]));
        if let [Err(first), Err(_)] = &ends {
            if first.is_transient() || first.is_gpu_lost() || first.is_disconnected() {
                return Err(first.clone());
            }
            self.refuse(group, fields, error);
            return Ok(());
        }
        let undecided: Vec<_> = fields
            .iter()
            .zip(0..)
            .filter(|(_, at)| !(*at == 0 && ends[0].is_ok()))
            .filter(|(_, at)| !(*at == fields.len() - 1 && ends[1].is_ok()))
            .map(|(field, _)| *field)
            .collect();
        self.split_fields(group, &undecided)
    }

    /// The engine's field groups are used up, perhaps by the halves made here.
    fn watch_despite_limit(
        &mut self,
        group: &WatchGroup,
        fields: &[FieldId],
        error: &Error,
    ) -> Result<()> {
        self.consolidate(group.id)?;
        match self.try_watch(group, fields) {
            Ok(()) => {}
            Err(again) if again.is_disconnected() || self.accepted.is_empty() => {
                return Err(again);
            }
            // What is watched stays watched.
            Err(_) => self.refuse(group, fields, error),
        }
        Ok(())
    }

    /// Notes fields as refused: for all entities of the request where the group has them all.
    fn refuse(&mut self, group: &WatchGroup, fields: &[FieldId], error: &Error) {
        if group.entities.len() == self.request.entities.len() {
            self.refused.extend(
                fields
                    .iter()
                    .map(|field| Refusal::new(None, Some(*field), error.clone())),
            );
        } else {
            self.refuse_each(&group.entities, fields, error);
        }
    }

    fn refuse_each(&mut self, entities: &[EntityId], fields: &[FieldId], error: &Error) {
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

    fn try_watch(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        let line = Arc::clone(&self.session.line);
        let (dcgm, handle) = (line.dcgm(), line.handle());
        let field_group = self.session.acquire_field_group(fields)?;
        let watched = dcgm.watch(handle, group.id, field_group, self.times.0, self.times.1);
        if let Err(error) = watched {
            // A watch that fails leaves those of its fields watched that did not.
            drop(dcgm.unwatch(handle, group.id, field_group));
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

    /// After a split there are many small field groups, of which all clients of the engine share
    /// 61: puts those of a group together again.
    fn consolidate(&mut self, group: GroupId) -> Result<()> {
        let (apart, others): (Vec<_>, Vec<_>) = core::mem::take(&mut self.accepted)
            .into_iter()
            .partition(|one| one.group == group);
        self.accepted = others;
        let fields: Vec<FieldId> = apart.iter().flat_map(|one| one.fields.clone()).collect();
        if apart.len() <= fields.len().div_ceil(FIELD_LIMIT) {
            self.accepted.extend(apart);
            return Ok(());
        }
        let before = self.accepted.len();
        let whole = WatchGroup {
            id: group,
            entities: Vec::new(),
        };
        for chunk in fields.chunks(FIELD_LIMIT) {
            if let Err(error) = self.try_watch(&whole, chunk) {
                // Together they do not go, or there is no room for one group more; apart they do.
                let together = self.accepted.split_off(before);
                self.accepted.extend(apart);
                self.unwatch_fields(&together)?;
                self.watch_again()?;
                return if error.is_disconnected() {
                    Err(error)
                } else {
                    Ok(())
                };
            }
        }
        self.unwatch_fields(&apart)?;
        self.watch_again()
    }

    /// Unwatches fields of a group, which stays.
    fn unwatch_fields(&mut self, fields: &[AcceptedFields]) -> Result<()> {
        let line = Arc::clone(&self.session.line);
        let (dcgm, handle) = (line.dcgm(), line.handle());
        let mut outcome = Ok(());
        for one in fields {
            keep_disconnect(
                &mut outcome,
                dcgm.unwatch(handle, one.group, one.field_group),
            );
            keep_disconnect(
                &mut outcome,
                self.session.release_field_group(one.field_group),
            );
        }
        outcome
    }

    /// The end of one watch ends another of the same connection on the same fields.
    fn watch_again(&self) -> Result<()> {
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        for one in &self.accepted {
            dcgm.watch(
                handle,
                one.group,
                one.field_group,
                self.times.0,
                self.times.1,
            )?;
        }
        Ok(())
    }

    fn pairs(&self) -> Vec<WatchedPair> {
        let pairs = self.accepted.iter();
        pairs.map(|one| (one.group, one.field_group)).collect()
    }

    /// Keeps what is watched, gives the groups back that nothing is watched in, and returns what was
    /// refused. From here on each watched pair holds its group once.
    fn keep(mut self) -> Result<Vec<Refusal>> {
        self.kept = true;
        let mut outcome = Ok(());
        let mut held = core::mem::take(&mut self.groups);
        for (group, _) in self.pairs() {
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

    /// Returns the engine's time: its "from next" for a time in the future, which brings no sample.
    fn engine_time(&self) -> Result<Timestamp> {
        let Some(AcceptedFields {
            group, field_group, ..
        }) = self.accepted.first()
        else {
            return Ok(Timestamp::NEVER);
        };
        let (dcgm, handle) = (self.session.line.dcgm(), self.session.line.handle());
        let ask = |from| {
            let mut text = String::new();
            dcgm.since(handle, (*group, *field_group), from, &mut text, &mut |_| {})
        };
        let future = Timestamp::from_micros(i64::MAX / 2);
        match ask(future)? {
            // One that takes the question for an answer is asked about everything that it has.
            next if next >= future => ask(Timestamp::NEVER),
            next => Ok(next),
        }
    }
}

impl Drop for WatchSetup<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // The error that brought us here says more than one from here could.
            let accepted = core::mem::take(&mut self.accepted);
            drop(self.unwatch_fields(&accepted));
            for group in core::mem::take(&mut self.groups) {
                drop(self.session.release_entity_group(group));
            }
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
