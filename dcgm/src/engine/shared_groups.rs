//! Groups of entities and of fields in the engine, shared by all watches and reads of a session.
//!
//! The engine watches and reads groups, all its clients share about 60 of each kind, and adding an
//! entity to one is a call for each entity. So a session creates a group once for a set of entities,
//! and uses it wherever that set is needed; and the same for fields. Where the
//! set is (nearly) all of a kind, it starts as the group that the engine fills itself: two calls,
//! however many entities there are.
//!
//! Another client can destroy the groups. A group that the engine does not know any more is not handed
//! out again ([`SharedGroups::drop_gone`]), and the next user of its members gets a new one.

use std::ffi::CString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::connection::{EngineConnection, keep_disconnect};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId, GroupPair};
use crate::field::FieldId;
use crate::watch::Refusal;

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
}

#[derive(Debug)]
struct OpenGroup<Id, Member> {
    id: Id,
    /// The members, in the order of the request.
    members: Vec<Member>,
    users: usize,
    /// Set if the engine did not know it any more.
    is_gone: bool,
}

impl<Id: Copy + PartialEq, Member> OpenGroup<Id, Member> {
    const fn new(id: Id, members: Vec<Member>) -> Self {
        Self {
            id,
            members,
            users: 1,
            is_gone: false,
        }
    }
}

/// Marks a group as gone if it has other users. Returns `true` if it has.
fn mark_gone<Id: Copy + PartialEq, Member>(open: &mut [OpenGroup<Id, Member>], id: Id) -> bool {
    let shared = open
        .iter_mut()
        .find(|group| group.id == id && group.users > 1);
    shared.is_some_and(|group| {
        group.is_gone = true;
        true
    })
}

/// Counts one more user of the group that has just these members, and returns it.
fn acquire_open<Id: Copy, Member: PartialEq>(
    open: &mut [OpenGroup<Id, Member>],
    members: &[Member],
) -> Option<Id> {
    let group = open
        .iter_mut()
        .find(|group| group.members == members && !group.is_gone)?;
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

impl SharedGroups {
    /// Returns a group of these entities, and counts one more user of it:
    /// [`Self::release_entity_group`] releases it.
    pub(super) fn acquire_entity_group(
        &mut self,
        connection: &EngineConnection,
        wanted: &[EntityId],
    ) -> Result<FilledGroup> {
        let known = acquire_open(&mut self.entities, wanted);
        if known.is_some() {
            return Ok(FilledGroup {
                id: known,
                entities: wanted.to_vec(),
                refused: Vec::new(),
            });
        }
        let filled = if let Some((id, missing)) = self.start_from_default(connection, wanted)? {
            fill_group(connection, id, wanted, &missing)?
        } else {
            let id = connection.create_group(&new_group_name())?;
            fill_group(connection, id, wanted, wanted)?
        };
        if let Some(id) = filled.id {
            self.entities
                .push(OpenGroup::new(id, filled.entities.clone()));
        }
        Ok(filled)
    }

    /// Counts one more user of a group that is held already.
    pub(super) fn hold_entity_group(&mut self, id: GroupId) {
        let open = &mut self.entities;
        if let Some(group) = open.iter_mut().find(|group| group.id == id) {
            group.users += 1;
        }
    }

    /// Gives a group back; the last user's destroys it. An error ends the session, or means that the
    /// engine has forgotten the group.
    pub(super) fn release_entity_group(
        &mut self,
        connection: &EngineConnection,
        id: GroupId,
    ) -> Result<()> {
        if !release_open(&mut self.entities, id) {
            return Ok(());
        }
        connection.destroy_group(id)
    }

    /// Returns a group of these fields, and counts one more user of it.
    pub(super) fn acquire_field_group(
        &mut self,
        connection: &EngineConnection,
        fields: &[FieldId],
    ) -> Result<FieldGroupId> {
        if let Some(id) = acquire_open(&mut self.fields, fields) {
            return Ok(id);
        }
        let id = connection.create_field_group(&new_group_name(), fields)?;
        self.fields.push(OpenGroup::new(id, fields.to_vec()));
        Ok(id)
    }

    /// Gives a group of fields back; the last user's destroys it.
    pub(super) fn release_field_group(
        &mut self,
        connection: &EngineConnection,
        id: FieldGroupId,
    ) -> Result<()> {
        if !release_open(&mut self.fields, id) {
            return Ok(());
        }
        connection.destroy_field_group(id)
    }

    /// Gives both groups of a pair back. Returns only an error that ends the session.
    pub(super) fn release_pair(
        &mut self,
        connection: &EngineConnection,
        (group, fields): GroupPair,
    ) -> Result<()> {
        let mut outcome = Ok(());
        keep_disconnect(&mut outcome, self.release_field_group(connection, fields));
        keep_disconnect(&mut outcome, self.release_entity_group(connection, group));
        outcome
    }

    /// Notes that a call with a pair of groups failed. If the engine did not know one of them, those that
    /// have other users are not handed out any more. Returns `true` if there are such.
    pub(super) fn drop_gone(&mut self, (group, fields): GroupPair, error: &Error) -> bool {
        // The first for a group of entities, the second for one of fields.
        const UNKNOWN: [ReturnCode; 2] = [ReturnCode::NOT_CONFIGURED, ReturnCode::NO_DATA];

        if !error.code().is_some_and(|code| UNKNOWN.contains(&code)) {
            return false;
        }
        let gone = [
            mark_gone(&mut self.entities, group),
            mark_gone(&mut self.fields, fields),
        ];
        gone.contains(&true)
    }

    /// Returns `true` if a group is not handed out any more.
    pub(super) fn is_gone(&self, id: GroupId) -> bool {
        let mut open = self.entities.iter();
        open.any(|group| group.id == id && group.is_gone)
    }

    /// Creates the default group of the entities' kind without the members that are not wanted, and
    /// returns it with those that are missing; `None` where that takes more calls than an empty
    /// group does.
    fn start_from_default(
        &mut self,
        connection: &EngineConnection,
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
        let known = self.defaults.iter().find(|(known, _)| *known == kind);
        if known.is_some_and(|(_, members)| {
            !GroupDifference::new(wanted, members).pays_off(wanted.len())
        }) {
            return Ok(None);
        }
        let Some(id) = connection.create_default_group(kind, &new_group_name())? else {
            return Ok(None);
        };
        // If anything fails from here on, the group is destroyed.
        let outcome = self.adapt_default(connection, id, kind, wanted);
        if !matches!(outcome, Ok(Some(_))) {
            drop(connection.destroy_group(id));
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
        connection: &EngineConnection,
        id: GroupId,
        kind: EntityKind,
        wanted: &[EntityId],
    ) -> Result<Option<Vec<EntityId>>> {
        let members = connection.group_members(id, connection.release.has_large_structs())?;
        let difference = GroupDifference::new(wanted, &members);
        self.note_default(kind, members);
        if !difference.pays_off(wanted.len()) {
            return Ok(None);
        }
        for entity in &difference.extra {
            connection.remove_entity(id, *entity)?;
        }
        Ok(Some(difference.missing))
    }

    /// Records the members of the default group of a kind.
    fn note_default(&mut self, kind: EntityKind, members: Vec<EntityId>) {
        self.defaults.retain(|(known, _)| *known != kind);
        self.defaults.push((kind, members));
    }
}

/// Adds the missing entities to a group; one that holds none in the end is destroyed, as it would
/// fail every read.
fn fill_group(
    connection: &EngineConnection,
    id: GroupId,
    wanted: &[EntityId],
    missing: &[EntityId],
) -> Result<FilledGroup> {
    let mut filled = FilledGroup {
        id: Some(id),
        entities: wanted.to_vec(),
        refused: Vec::new(),
    };
    for entity in missing {
        match connection.add_entity(id, *entity) {
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
        drop(connection.destroy_group(id));
    }
    Ok(filled)
}

/// Returns a unique name: all clients of an engine share the names of field groups.
fn new_group_name() -> CString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("dcgm-rs-{}-{time:x}-{number}", std::process::id());
    CString::new(name).unwrap_or_default()
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
