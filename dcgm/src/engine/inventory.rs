//! [`Inventory`]: lists entities and links, and reads the properties that identify them.

use std::collections::HashMap;
use std::sync::Arc;

use dcgm_sys as sys;

use super::connection::EngineConnection;
use super::identity::{ok_unless_disconnected, set_property};
use super::release::Release;

use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::Result;
use crate::ffi::{ListScope, Records};
use crate::field::FieldId;
use crate::listing::Listing;
use crate::value::Value;

/// The entities of an engine, with their properties.
#[derive(Debug)]
pub(super) struct Entities {
    pub(super) all: Vec<Entity>,
    /// Set if the engine does not know libdcgm's request for the properties of a GPU.
    pub(super) lack_properties: bool,
}

/// The memory for listing.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    ids: Vec<u32>,
    listed: Vec<EntityId>,
}

impl Inventory {
    /// Lists the entities of a kind, ascending.
    fn list_kind(
        &mut self,
        connection: &EngineConnection,
        kind: EntityKind,
        scope: ListScope,
    ) -> Result<&[EntityId]> {
        let capacity = connection.release.max_entities();
        connection.list_entities((kind, scope), capacity, &mut self.ids, &mut self.listed)?;
        Ok(&self.listed)
    }

    /// Lists the supported entities of each kind. The error of one kind does not affect the others.
    pub(super) fn list_each(
        &mut self,
        connection: &EngineConnection,
        listing: &mut Listing,
    ) -> Result<()> {
        let Listing { kinds, ids, ends } = listing;
        ids.clear();
        ends.clear();
        for kind in kinds {
            match self.list_kind(connection, *kind, ListScope::Supported) {
                Ok(listed) => {
                    ids.extend_from_slice(listed);
                    ends.push(Ok(ids.len()));
                }
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => ends.push(Err(error)),
            }
        }
        Ok(())
    }

    /// Returns the entities of these kinds with their properties.
    pub(super) fn read_entities(
        &mut self,
        connection: &EngineConnection,
        kinds: &[EntityKind],
    ) -> Result<Entities> {
        let mut all = Vec::new();
        for kind in kinds {
            // The engine reports a status for GPUs only.
            let scope = match *kind {
                EntityKind::GPU => ListScope::All,
                _ => ListScope::Supported,
            };
            match self.list_kind(connection, *kind, scope) {
                Ok(listed) => all.extend(listed.iter().map(|id| Entity::new(*id))),
                // More of a kind than the release can list is such an error, too.
                Err(error) if error.is_unsupported() || error.is_limit() => {
                    tracing::debug!(%kind, %error, "this kind of entity cannot be listed");
                }
                Err(error) => return Err(error),
            }
        }
        all.sort_by_key(|entity| entity.id);
        all.dedup_by_key(|entity| entity.id);
        let lack_properties = identify_gpus(connection, &mut all)?;
        identify_instances(connection, &mut all)?;
        Ok(Entities {
            all,
            lack_properties,
        })
    }
}

/// Returns the NVLinks.
pub(super) fn read_links(connection: &EngineConnection) -> Result<Vec<Link>> {
    let release = connection.release;
    connection.read_links(release.has_large_structs(), &|parent, index| {
        release.pack_link_id(parent, index)
    })
}

/// Reads the properties of GPUs. Returns `true` if the engine does not know the request for them.
fn identify_gpus(connection: &EngineConnection, entities: &mut [Entity]) -> Result<bool> {
    let mut too_old = false;
    for entity in entities
        .iter_mut()
        .filter(|entity| entity.id.kind == EntityKind::GPU)
    {
        let properties = connection.read_gpu(entity.id.id);
        too_old |= properties.as_ref().is_err_and(Release::is_request_unknown);
        let properties = ok_unless_disconnected(properties)?;
        let status = ok_unless_disconnected(connection.gpu_status(entity.id.id))?;
        *entity = properties.unwrap_or_else(|| Entity::new(entity.id));
        entity.status = status.unwrap_or(entity.status);
    }
    if !too_old {
        read_from_driver(connection, entities, EntityKind::GPU, set_property)?;
    }
    Ok(too_old)
}

fn identify_instances(connection: &EngineConnection, entities: &mut [Entity]) -> Result<()> {
    let is_instance = |entity: &Entity| {
        matches!(
            entity.id.kind,
            EntityKind::GPU_INSTANCE | EntityKind::COMPUTE_INSTANCE
        )
    };
    if !entities.iter().any(is_instance) {
        return Ok(());
    }
    let instances = ok_unless_disconnected(connection.read_mig())?.unwrap_or_default();
    let instances: HashMap<EntityId, Entity> = instances
        .into_iter()
        .map(|entity| (entity.id, entity))
        .collect();
    for entity in entities.iter_mut().filter(|entity| is_instance(entity)) {
        if let Some(instance) = instances.get(&entity.id) {
            entity.clone_from(instance);
        }
    }
    // The name of an instance ends in that of its profile: `NVIDIA H100 80GB HBM3 MIG 1g.10gb`.
    read_from_driver(
        connection,
        entities,
        EntityKind::GPU_INSTANCE,
        |entity, field, value| {
            if let (FieldId::NAME, Value::Text(name), Some(mig)) = (field, value, &mut entity.mig) {
                let profile = name.rsplit(' ').next().filter(|word| word.contains("g."));
                mig.profile = profile.map(Arc::from);
            }
        },
    )?;
    let profiles: HashMap<EntityId, Option<Arc<str>>> = entities
        .iter()
        .filter_map(|entity| Some((entity.id, entity.mig.as_ref()?.profile.clone())))
        .collect();
    for entity in entities
        .iter_mut()
        .filter(|entity| entity.id.kind == EntityKind::COMPUTE_INSTANCE)
    {
        let parent = entity
            .parent
            .and_then(|parent| profiles.get(&parent))
            .cloned()
            .flatten();
        if let Some(mig) = &mut entity.mig {
            mig.profile = mig.profile.take().or(parent);
        }
    }
    Ok(())
}

/// The maximum number of entities in a call for identifying fields: keeps the reply, with one text an
/// entity, below the 16 KiB above which TCP is slow.
const MAX_IDENTITIES_PER_CALL: usize = 21;

/// Reads identifying fields of the entities of a kind live from the driver.
fn read_from_driver(
    connection: &EngineConnection,
    entities: &mut [Entity],
    kind: EntityKind,
    mut set: impl FnMut(&mut Entity, FieldId, Value<'_>),
) -> Result<()> {
    let limit = connection
        .release
        .max_entities()
        .min(MAX_IDENTITIES_PER_CALL);
    let mut records = Records::default();
    let mut requested: Vec<&mut Entity> = entities
        .iter_mut()
        .filter(|entity| entity.id.kind == kind)
        .collect();
    for chunk in requested.chunks_mut(limit) {
        let mut pairs: Vec<_> = chunk
            .iter()
            .map(|entity| sys::dcgmGroupEntityPair_t {
                entityGroupId: entity.id.kind.raw(),
                entityId: entity.id.id,
            })
            .collect();
        let outcome = records.read_identity(connection, &mut pairs, |at, sample| {
            if let (Some(entity), Ok(value)) = (chunk.get_mut(at), sample.value) {
                set(entity, sample.field, value);
            }
        });
        ok_unless_disconnected(outcome)?;
    }
    Ok(())
}
