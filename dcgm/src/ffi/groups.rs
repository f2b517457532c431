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
        macro_rules! members {
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
                info.entityList.iter().take(count).map(id).collect()
            }};
        }
        Ok(if is_large {
            members!(dcgmGroupInfo_v3)
        } else {
            members!(dcgmGroupInfo_v2)
        })
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
