//! [`WatchSplitter`]: splits a watch where the engine refuses a field or an entity.
//!
//! The engine watches a group of fields on a group of entities, and refuses the whole group for one
//! field that one entity lacks. The splitter therefore tries the whole request first, and divides what
//! is refused:
//!
//! ```text
//!  watch_or_split(entities, fields)
//!   ├─ accepted                        ► done
//!   ├─ a group was destroyed           ► the same with a new group
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
//! [`AcceptedFields::consolidate_all`] watches the accepted fields again in as few groups as possible.

use super::accepted::{AcceptedFields, deduplicate};
use super::profilers::Profilers;
use crate::code::ReturnCode;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::GroupId;
use crate::field::FieldId;
use crate::watch::{Refusal, WatchRequest};

/// The maximum number of splits for finding the entities for which a single field is refused.
const MAX_ENTITY_SPLITS: usize = 64;

/// Entities that are watched together, and their group.
#[derive(Clone, Debug)]
pub(super) struct WatchGroup {
    id: GroupId,
    pub(super) entities: Vec<EntityId>,
}

/// A watch that is being set up.
pub(super) struct WatchSplitter<'a> {
    pub(super) accepted: AcceptedFields<'a>,
    profilers: &'a mut Profilers,
    request: &'a WatchRequest,
    pub(super) refused: Vec<Refusal>,
    entity_splits_left: usize,
}

impl<'a> WatchSplitter<'a> {
    pub(super) fn new(
        accepted: AcceptedFields<'a>,
        profilers: &'a mut Profilers,
        request: &'a WatchRequest,
    ) -> Self {
        Self {
            accepted,
            profilers,
            request,
            refused: Vec::new(),
            entity_splits_left: MAX_ENTITY_SPLITS,
        }
    }

    /// Returns the fields that the library knows, and refuses the others: one unknown field would fail
    /// the whole list.
    pub(super) fn known_fields(&mut self) -> Vec<FieldId> {
        let (known, unknown): (Vec<_>, Vec<_>) = deduplicate(self.request.fields.iter().copied())
            .into_iter()
            .partition(|field| self.accepted.connection.dcgm().knows_field(*field));
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
    pub(super) fn acquire_group(&mut self, entities: &[EntityId]) -> Result<Option<WatchGroup>> {
        let filled = self.accepted.acquire_group(entities)?;
        self.refused.extend(filled.refused);
        Ok(filled.id.map(|id| WatchGroup {
            id,
            entities: filled.entities,
        }))
    }

    /// Watches the fields of a group. If the engine refuses, finds out which fields of which
    /// entities it refuses, and watches the rest.
    pub(super) fn watch_or_split(&mut self, group: &WatchGroup, fields: &[FieldId]) -> Result<()> {
        if fields.is_empty() || group.entities.is_empty() {
            return Ok(());
        }
        if fields.iter().all(|field| field.is_profiling()) {
            let first = group.entities.first().copied();
            let lacks = first.map(|first| {
                self.profilers
                    .missing_error(self.accepted.connection, first)
            });
            if let Some(error) = lacks.transpose()?.flatten() {
                return self.split_profiling(group, fields, &error);
            }
        }
        let error = match self.accepted.try_watch(group.id, fields) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if self.accepted.is_gone(group.id) {
            // With a new group of the same entities.
            return self.watch_part(&group.entities, fields);
        }
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
        self.accepted.release_unused(group.id)
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
            let has = self
                .profilers
                .supported_fields(self.accepted.connection, *entity, fields)?;
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
        if self.accepted.has_any(group.id, &[*first, *last]) {
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
        self.accepted.consolidate_fields(group.id)?;
        match self.accepted.try_watch(group.id, fields) {
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
}
