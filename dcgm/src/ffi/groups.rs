//! Groups that the engine fills itself.

use core::ffi::CStr;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;

/// The type of the group that the engine fills with all supported entities of a kind; `None` for a
/// kind that has no such type.
const fn default_group_type(kind: EntityKind) -> Option<sys::dcgmGroupType_t> {
    Some(match kind {
        EntityKind::GPU => sys::DCGM_GROUP_DEFAULT,
        EntityKind::SWITCH => sys::DCGM_GROUP_DEFAULT_NVSWITCHES,
        EntityKind::GPU_INSTANCE => sys::DCGM_GROUP_DEFAULT_INSTANCES,
        EntityKind::COMPUTE_INSTANCE => sys::DCGM_GROUP_DEFAULT_COMPUTE_INSTANCES,
        _ => return None,
    })
}

/// A group in the engine.
#[derive(Debug)]
pub(crate) struct GroupInfo {
    /// The bytes of its name: every client can make a name of any bytes.
    pub(crate) name: Vec<u8>,
    pub(crate) members: Vec<EntityId>,
}

impl EngineHandle {
    /// Creates a group that the engine fills with all supported entities of a kind. `None`: there is
    /// no such group for this kind, and no call was made.
    pub(crate) fn create_default_group(
        &self,
        kind: EntityKind,
        name: &CStr,
    ) -> Result<Option<GroupId>> {
        let Some(group_type) = default_group_type(kind) else {
            return Ok(None);
        };
        let mut group = 0;
        // SAFETY: the name is a C string; it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmGroupCreate(self.handle(), group_type, name.as_ptr(), &raw mut group)
            )
        }?;
        Ok(Some(GroupId(group)))
    }

    /// Returns the members of a group, in its order; by the smaller struct of 3.3, or the larger one of
    /// later releases.
    pub(crate) fn group_members(&self, group: GroupId, is_large: bool) -> Result<Vec<EntityId>> {
        Ok(self.group_info(group, is_large)?.members)
    }

    /// Returns the name and the members of a group.
    pub(crate) fn group_info(&self, group: GroupId, is_large: bool) -> Result<GroupInfo> {
        macro_rules! group_info {
            ($info:ident) => {{
                let mut info = new_zeroed::<sys::$info>();
                info.version = sys::$info::VERSION;
                // SAFETY: the struct has the version that its first word states.
                unsafe {
                    call!(
                        self.library(),
                        dcgmGroupGetInfo(self.handle(), group.0, (&raw mut *info).cast())
                    )
                }?;
                let count = usize::try_from(info.count).unwrap_or(usize::MAX);
                let id = |pair: &sys::dcgmGroupEntityPair_t| {
                    EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
                };
                let name = info.groupName.iter().take_while(|byte| **byte != 0);
                GroupInfo {
                    name: name.flat_map(|byte| byte.to_ne_bytes()).collect(),
                    members: info.entityList.iter().take(count).map(id).collect(),
                }
            }};
        }
        Ok(if is_large {
            group_info!(dcgmGroupInfo_v3)
        } else {
            group_info!(dcgmGroupInfo_v2)
        })
    }

    /// Returns the ids of all groups in the engine, of all clients.
    pub(crate) fn group_ids(&self) -> Result<Vec<GroupId>> {
        // Beside the groups of clients, there are the engine's own.
        const ROOM: usize = sys::DCGM_MAX_NUM_GROUPS as usize + 8;
        let mut ids = [0; ROOM];
        let mut count = 0;
        // SAFETY: `ids` has room for all groups that an engine can have; it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmGroupGetAllIds(self.handle(), ids.as_mut_ptr(), &raw mut count)
            )
        }?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(ids.into_iter().take(count).map(GroupId).collect())
    }

    /// Removes an entity from a group.
    pub(crate) fn remove_entity(&self, group: GroupId, entity: EntityId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmGroupRemoveEntity(self.handle(), group.0, entity.kind.raw(), entity.id)
            )
        }
    }
}
