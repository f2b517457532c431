//! Groups of entities and of fields in the engine, shared by all watches and reads of a session.
//!
//! The engine watches and reads groups, all its clients share about 60 of each kind, and adding an
//! entity to one is a call for each entity. So a session creates a group once for a set of entities,
//! and uses it wherever that set is needed; and the same for fields. Where the
//! set is (nearly) all of a kind, it starts as the group that the engine fills itself: two calls,
//! however many entities there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::session::Session;
use super::watching::new_group_name;
use crate::client::Refusal;
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId};
use crate::field::FieldId;

/// Filling a group entity by entity takes no more calls than a default group takes (create it, look
/// into it) up to this size.
const MAX_FILLED_BY_HAND: usize = 2;

/// The groups of a session.
#[derive(Debug, Default)]
pub(super) struct SharedGroups {
    entities: Vec<OpenGroup<GroupId, EntityId>>,
    fields: Vec<OpenGroup<FieldGroupId, FieldId>>,
    /// The members of each kind's default group, when last seen.
    defaults: Vec<(EntityKind, Vec<EntityId>)>,
    /// The profiler of each GPU for which it was requested.
    profilers: HashMap<u32, Profiler>,
}

/// The profiler of a GPU.
#[derive(Debug)]
enum Profiler {
    /// The engine reported no fields.
    Unknown,
    /// The engine reported that there is none, with this error.
    None(Error),
    /// It has these fields, sorted.
    Fields(Vec<FieldId>),
}

/// The number of the GPU that an entity is, or is an instance of: DCGM numbers the instances of a
/// GPU from eight times its own number on.
const fn gpu_of(entity: EntityId) -> Option<u32> {
    match entity.kind {
        EntityKind::GPU => Some(entity.id),
        EntityKind::GPU_INSTANCE | EntityKind::COMPUTE_INSTANCE => Some(entity.id / 8),
        _ => None,
    }
}

#[derive(Debug)]
struct OpenGroup<Id, Member> {
    id: Id,
    /// The members, in the order of the request.
    members: Vec<Member>,
    users: usize,
}

/// Counts one more user of the group that has just these members, and returns it.
fn acquire_open<Id: Copy, Member: PartialEq>(
    open: &mut [OpenGroup<Id, Member>],
    members: &[Member],
) -> Option<Id> {
    let group = open.iter_mut().find(|group| group.members == members)?;
    group.users += 1;
    Some(group.id)
}

/// Counts one user less of a group; returns whether that was the last, and forgets the group then.
fn release_open<Id: Copy + PartialEq, Member>(
    open: &mut Vec<OpenGroup<Id, Member>>,
    id: Id,
) -> bool {
    let Some(at) = open.iter().position(|group| group.id == id) else {
        return true;
    };
    let is_last = open.get_mut(at).is_some_and(|group| {
        group.users = group.users.saturating_sub(1);
        group.users == 0
    });
    if is_last {
        open.swap_remove(at);
    }
    is_last
}

/// A group that was filled, and the entities that the engine refused to add.
#[derive(Debug)]
pub(super) struct FilledGroup {
    /// `None`: it refused all of them.
    pub(super) id: Option<GroupId>,
    pub(super) entities: Vec<EntityId>,
    pub(super) refused: Vec<Refusal>,
}

/// The calls that turn a default group into the one that is wanted.
struct GroupDifference {
    missing: Vec<EntityId>,
    extra: Vec<EntityId>,
}

impl GroupDifference {
    fn new(wanted: &[EntityId], members: &[EntityId]) -> Self {
        let not_in = |from: &[EntityId], other: &[EntityId]| {
            let absent = from.iter().filter(|id| !other.contains(id));
            absent.copied().collect()
        };
        Self {
            missing: not_in(wanted, members),
            extra: not_in(members, wanted),
        }
    }

    /// Returns `true` if it takes fewer calls than filling an empty group; the default group itself takes
    /// two.
    fn pays_off(&self, wanted: usize) -> bool {
        self.missing.len() + self.extra.len() + 2 <= wanted
    }
}

impl Session {
    /// Returns a group of these entities, and counts one more user of it:
    /// [`Self::release_entity_group`] releases it.
    pub(super) fn acquire_entity_group(&mut self, wanted: &[EntityId]) -> Result<FilledGroup> {
        let known = acquire_open(&mut self.groups.entities, wanted);
        if known.is_some() {
            return Ok(FilledGroup {
                id: known,
                entities: wanted.to_vec(),
                refused: Vec::new(),
            });
        }
        let filled = if let Some((id, missing)) = self.start_from_default(wanted)? {
            self.fill_group(id, wanted, &missing)?
        } else {
            let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
            let id = dcgm.create_group(handle, &new_group_name())?;
            self.fill_group(id, wanted, wanted)?
        };
        if let Some(id) = filled.id {
            self.groups.entities.push(OpenGroup {
                id,
                members: filled.entities.clone(),
                users: 1,
            });
        }
        Ok(filled)
    }

    /// Counts one more user of a group that is held already.
    pub(super) fn hold_entity_group(&mut self, id: GroupId) {
        let open = &mut self.groups.entities;
        if let Some(group) = open.iter_mut().find(|group| group.id == id) {
            group.users += 1;
        }
    }

    /// Gives a group back; the last user's destroys it. An error ends the session, or means that the
    /// engine has forgotten the group.
    pub(super) fn release_entity_group(&mut self, id: GroupId) -> Result<()> {
        if !release_open(&mut self.groups.entities, id) {
            return Ok(());
        }
        let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
        dcgm.destroy_group(handle, id)
    }

    /// Returns a group of these fields, and counts one more user of it.
    pub(super) fn acquire_field_group(&mut self, fields: &[FieldId]) -> Result<FieldGroupId> {
        if let Some(id) = acquire_open(&mut self.groups.fields, fields) {
            return Ok(id);
        }
        let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
        let id = dcgm.create_field_group(handle, &new_group_name(), fields)?;
        self.groups.fields.push(OpenGroup {
            id,
            members: fields.to_vec(),
            users: 1,
        });
        Ok(id)
    }

    /// Gives a group of fields back; the last user's destroys it.
    pub(super) fn release_field_group(&mut self, id: FieldGroupId) -> Result<()> {
        if !release_open(&mut self.groups.fields, id) {
            return Ok(());
        }
        let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
        dcgm.destroy_field_group(handle, id)
    }

    /// Returns the fields that the profiler of an entity's GPU has: none without a profiler, and all if
    /// the engine does not report them.
    pub(super) fn supported_profiling(
        &mut self,
        entity: EntityId,
        fields: &[FieldId],
    ) -> Result<Vec<FieldId>> {
        Ok(match self.find_profiler(entity)? {
            Profiler::Unknown => fields.to_vec(),
            Profiler::None(_) => Vec::new(),
            Profiler::Fields(supported) => {
                let has = |field: &&FieldId| supported.binary_search(field).is_ok();
                fields.iter().filter(has).copied().collect()
            }
        })
    }

    /// Returns the engine's error if the GPU of an entity has no profiler.
    pub(super) fn profiler_error(&mut self, entity: EntityId) -> Result<Option<Error>> {
        Ok(match self.find_profiler(entity)? {
            Profiler::None(error) => Some(error.clone()),
            Profiler::Unknown | Profiler::Fields(_) => None,
        })
    }

    /// Forgets the profilers, so that each is requested again: an engine without its driver, or whose
    /// profiling module is not loaded, may have them later.
    pub(super) fn forget_profilers(&mut self) {
        self.groups.profilers.clear();
    }

    /// Returns the profiler of an entity's GPU. It is requested once after each enumeration.
    fn find_profiler(&mut self, entity: EntityId) -> Result<&Profiler> {
        let Some(gpu) = gpu_of(entity) else {
            return Ok(&Profiler::Unknown);
        };
        let Self {
            connection, groups, ..
        } = self;
        match groups.profilers.entry(gpu) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let profiler = match connection.dcgm().profiling_fields(connection.handle(), gpu) {
                    // An empty list says nothing.
                    Ok(fields) if fields.is_empty() => Profiler::Unknown,
                    Ok(fields) => Profiler::Fields(fields),
                    Err(error) if error.ends_connection() => {
                        return Err(error);
                    }
                    Err(error) if error.code() == Some(ReturnCode::MODULE_NOT_LOADED) => {
                        Profiler::None(error)
                    }
                    Err(_) => Profiler::Unknown,
                };
                Ok(unknown.insert(profiler))
            }
        }
    }

    /// Creates the default group of the entities' kind without the members that are not wanted, and
    /// returns it with those that are missing; `None` where that takes more calls than an empty
    /// group does.
    fn start_from_default(
        &mut self,
        wanted: &[EntityId],
    ) -> Result<Option<(GroupId, Vec<EntityId>)>> {
        if wanted.len() <= MAX_FILLED_BY_HAND {
            return Ok(None);
        }
        // Entities of other kinds are added one by one.
        let count_of = |kind| wanted.iter().filter(|id| id.kind == kind).count();
        let kinds = wanted.iter().map(|id| id.kind);
        let Some(kind) = kinds.max_by_key(|kind| count_of(*kind)) else {
            return Ok(None);
        };
        let known = self
            .groups
            .defaults
            .iter()
            .find(|(known, _)| *known == kind);
        if known.is_some_and(|(_, members)| {
            !GroupDifference::new(wanted, members).pays_off(wanted.len())
        }) {
            return Ok(None);
        }
        let connection = Arc::clone(&self.connection);
        let (dcgm, handle) = (connection.dcgm(), connection.handle());
        let Some(id) = dcgm.create_default_group(handle, kind, &new_group_name())? else {
            return Ok(None);
        };
        // If anything fails from here on, the group is destroyed.
        let outcome = self.adapt_default(id, kind, wanted);
        if !matches!(outcome, Ok(Some(_))) {
            drop(dcgm.destroy_group(handle, id));
        }
        match outcome {
            Ok(missing) => Ok(missing.map(|missing| (id, missing))),
            Err(error) if error.ends_connection() => Err(error),
            Err(error) => {
                tracing::debug!(%error, %kind, "the engine's default group cannot be used");
                self.note_default(kind, Vec::new());
                Ok(None)
            }
        }
    }

    /// Removes the unwanted members of a default group; returns the missing ones, or `None` if an
    /// empty group takes fewer calls.
    fn adapt_default(
        &mut self,
        id: GroupId,
        kind: EntityKind,
        wanted: &[EntityId],
    ) -> Result<Option<Vec<EntityId>>> {
        let connection = Arc::clone(&self.connection);
        let (dcgm, handle) = (connection.dcgm(), connection.handle());
        let members = dcgm.group_members(handle, id, self.is_old())?;
        let difference = GroupDifference::new(wanted, &members);
        self.note_default(kind, members);
        if !difference.pays_off(wanted.len()) {
            return Ok(None);
        }
        for entity in &difference.extra {
            dcgm.remove_entity(handle, id, *entity)?;
        }
        Ok(Some(difference.missing))
    }

    /// Records the members of the default group of a kind.
    fn note_default(&mut self, kind: EntityKind, members: Vec<EntityId>) {
        let defaults = &mut self.groups.defaults;
        defaults.retain(|(known, _)| *known != kind);
        defaults.push((kind, members));
    }

    /// Adds the missing entities to a group; one that holds none in the end is destroyed, as it would
    /// fail every read.
    fn fill_group(
        &self,
        id: GroupId,
        wanted: &[EntityId],
        missing: &[EntityId],
    ) -> Result<FilledGroup> {
        let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
        let mut filled = FilledGroup {
            id: Some(id),
            entities: wanted.to_vec(),
            refused: Vec::new(),
        };
        for entity in missing {
            match dcgm.add_entity(handle, id, *entity) {
                Ok(()) => {}
                Err(error) if error.is_disconnected() => return Err(error),
                Err(error) => {
                    filled.entities.retain(|kept| kept != entity);
                    filled
                        .refused
                        .push(Refusal::new(Some(*entity), None, error));
                }
            }
        }
        if filled.entities.is_empty() {
            filled.id = None;
            // If the engine was lost, the next call reports it.
            drop(dcgm.destroy_group(handle, id));
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpus(ids: impl IntoIterator<Item = u32>) -> Vec<EntityId> {
        ids.into_iter().map(EntityId::gpu).collect()
    }

    #[test]
    fn a_default_group_is_used_for_nearly_all_entities() {
        let all = gpus(0..8);
        let calls = |wanted: &[EntityId]| {
            let difference = GroupDifference::new(wanted, &all);
            difference
                .pays_off(wanted.len())
                .then_some(difference.missing.len() + difference.extra.len())
        };
        assert_eq!(calls(&all), Some(0));
        assert_eq!(calls(&gpus(0..7)), Some(1), "one is removed");
        assert_eq!(calls(&gpus(0..9)), Some(1), "one is added");
        assert_eq!(calls(&gpus(0..3)), None, "five would have to be removed");
        assert_eq!(calls(&gpus([0, 1, 2, 3, 12, 13])), None);
    }
}
