//! Lists entities and links, and reads the properties that identify them.

use std::collections::HashMap;
use std::sync::Arc;

use dcgm_sys as sys;

use super::session::{Listing, Session};
use crate::client::WatchRequest;
use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, Link, is_all_zero};
use crate::error::{Error, Result};
use crate::ffi::ListScope;
use crate::field::FieldId;
use crate::sample::Timestamp;
use crate::value::Value;
use crate::version::Version;

impl Session {
    /// Lists the entities of a kind, ascending.
    fn list_kind(
        &mut self,
        kind: EntityKind,
        scope: ListScope,
        into: &mut Vec<EntityId>,
    ) -> Result<()> {
        let capacity = self.max_entities();
        let Self {
            connection, ids, ..
        } = self;
        connection
            .dcgm()
            .list_entities(connection.handle(), (kind, scope), capacity, ids, into)
    }

    /// Lists the supported entities of each kind. The error of one kind does not affect the others.
    pub(super) fn list_each(&mut self, listing: &mut Listing) -> Result<()> {
        let Listing { kinds, ids, ends } = listing;
        ids.clear();
        ends.clear();
        let mut one = core::mem::take(&mut self.listed);
        for kind in kinds {
            match self.list_kind(*kind, ListScope::Supported, &mut one) {
                Ok(()) => {
                    ids.extend_from_slice(&one);
                    ends.push(Ok(ids.len()));
                }
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => ends.push(Err(error)),
            }
        }
        self.listed = one;
        Ok(())
    }

    /// Returns the entities of these kinds with their properties.
    pub(super) fn read_entities(&mut self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.forget_profilers();
        let mut entities = Vec::new();
        let mut ids = Vec::new();
        for kind in kinds {
            // The engine reports a status for GPUs only.
            let scope = match *kind {
                EntityKind::GPU => ListScope::All,
                _ => ListScope::Supported,
            };
            match self.list_kind(*kind, scope, &mut ids) {
                Ok(()) => entities.extend(ids.iter().map(|id| Entity::new(*id))),
                // An engine of 3.3 cannot list more than 64 of a kind.
                Err(error) if error.is_unsupported() || error.is_limit() => {
                    tracing::debug!(%kind, %error, "this kind of entity cannot be listed");
                }
                Err(error) => return Err(error),
            }
        }
        entities.sort_by_key(|entity| entity.id);
        entities.dedup_by_key(|entity| entity.id);
        self.identify_gpus(&mut entities)?;
        self.identify_instances(&mut entities)?;
        Ok(entities)
    }

    /// Returns the NVLinks.
    pub(super) fn read_links(&mut self) -> Result<Vec<Link>> {
        let engine = self.engine.min(self.library);
        let is_old = self.is_old();
        let pack = |parent, index| pack_link_id(engine, parent, index);
        self.connection
            .dcgm()
            .read_links(self.connection.handle(), is_old, pack)
    }

    fn identify_gpus(&mut self, entities: &mut [Entity]) -> Result<()> {
        let mut too_old = false;
        for entity in entities
            .iter_mut()
            .filter(|entity| entity.id.kind == EntityKind::GPU)
        {
            let (dcgm, handle) = (self.connection.dcgm(), self.connection.handle());
            let properties = dcgm.read_gpu(handle, entity.id.id);
            too_old |= properties
                .as_ref()
                .is_err_and(|error| error.code() == Some(ReturnCode::FUNCTION_NOT_FOUND));
            let properties = ok_unless_disconnected(properties)?;
            let status = ok_unless_disconnected(dcgm.gpu_status(handle, entity.id.id))?;
            *entity = properties.unwrap_or_else(|| Entity::new(entity.id));
            entity.status = status.unwrap_or(entity.status);
        }
        if too_old {
            return self.identify_by_samples(entities);
        }
        self.read_from_driver(entities, EntityKind::GPU, set_property)
    }

    /// Reads the properties of GPUs as samples of fields, which are watched for a moment: an engine
    /// that is older than the library does not know the library's request for properties.
    fn identify_by_samples(&mut self, entities: &mut [Entity]) -> Result<()> {
        const FIELDS: [FieldId; 8] = [
            FieldId::NAME,
            FieldId::BRAND,
            FieldId::UUID,
            FieldId::SERIAL,
            FieldId::PCI_BUSID,
            FieldId::VBIOS_VERSION,
            FieldId::MINOR_NUMBER,
            FieldId::MIG_MODE,
        ];
        let is_gpu = |entity: &&Entity| entity.id.kind == EntityKind::GPU;
        let gpus: Vec<_> = entities
            .iter()
            .filter(is_gpu)
            .map(|entity| entity.id)
            .collect();
        let Some((watched, ..)) =
            ok_unless_disconnected(self.start_watch(&WatchRequest::new(gpus, FIELDS)))?
        else {
            return Ok(());
        };
        let Self {
            connection,
            scratch,
            ..
        } = self;
        let mut outcome = Ok(());
        for pair in watched.group_pairs() {
            let read = connection.dcgm().read_since(
                connection.handle(),
                pair,
                Timestamp::NEVER,
                scratch,
                &mut |sample| {
                    let entity = entities
                        .iter_mut()
                        .find(|entity| entity.id == sample.entity);
                    if let (Some(entity), Ok(value)) = (entity, sample.value) {
                        set_property(entity, sample.field, value);
                    }
                },
            );
            outcome = outcome.and(ok_unless_disconnected(read).map(drop));
        }
        self.end_watch(&watched)?;
        outcome
    }

    fn identify_instances(&mut self, entities: &mut [Entity]) -> Result<()> {
        let is_instance = |entity: &Entity| {
            matches!(
                entity.id.kind,
                EntityKind::GPU_INSTANCE | EntityKind::COMPUTE_INSTANCE
            )
        };
        if !entities.iter().any(is_instance) {
            return Ok(());
        }
        let instances =
            ok_unless_disconnected(self.connection.dcgm().read_mig(self.connection.handle()))?
                .unwrap_or_default();
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
        self.read_from_driver(
            entities,
            EntityKind::GPU_INSTANCE,
            |entity, field, value| {
                if let (FieldId::NAME, Value::Text(name), Some(mig)) =
                    (field, value, &mut entity.mig)
                {
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

    /// Reads identifying fields of the entities of a kind live from the driver.
    fn read_from_driver(
        &mut self,
        entities: &mut [Entity],
        kind: EntityKind,
        mut set: impl FnMut(&mut Entity, FieldId, Value<'_>),
    ) -> Result<()> {
        let limit = self.max_entities().min(Self::MAX_IDENTITIES_PER_CALL);
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
            let Self {
                connection,
                records,
                ..
            } = self;
            let outcome = records.read_identity(
                connection.dcgm(),
                connection.handle(),
                &mut pairs,
                |at, sample| {
                    if let (Some(entity), Ok(value)) = (chunk.get_mut(at), sample.value) {
                        set(entity, sample.field, value);
                    }
                },
            );
            ok_unless_disconnected(outcome)?;
        }
        Ok(())
    }

    /// The maximum number of entities in such a call: keeps the reply, with one text an entity, below
    /// the 16 KiB above which TCP is slow.
    const MAX_IDENTITIES_PER_CALL: usize = 21;
}

/// Sets the property of a GPU that a field holds.
fn set_property(entity: &mut Entity, field: FieldId, value: Value<'_>) {
    let text = || {
        value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(Arc::from)
    };
    match (field, value) {
        (FieldId::MINOR_NUMBER, Value::Int(minor)) => entity.minor = u32::try_from(minor).ok(),
        (FieldId::MIG_MODE, Value::Int(mode)) => entity.mig_enabled = Some(mode == 1),
        (FieldId::NAME, _) => entity.model = entity.model.take().or_else(text),
        (FieldId::BRAND, _) => entity.brand = text(),
        (FieldId::UUID, _) => entity.uuid = text().filter(|uuid: &Arc<str>| !is_all_zero(uuid)),
        (FieldId::SERIAL, _) => entity.serial = text(),
        (FieldId::PCI_BUSID, _) => entity.pci_bus_id = text(),
        (FieldId::VBIOS_VERSION, _) => entity.vbios = text(),
        _ => {}
    }
}

/// Returns `None` for an error, unless it ends the session: the property is then unknown.
fn ok_unless_disconnected<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_disconnected() => Err(error),
        Err(Error::Call {
            code: ReturnCode::TIMEOUT,
            function,
        }) => Err(Error::Call {
            code: ReturnCode::TIMEOUT,
            function,
        }),
        Err(error) => {
            tracing::debug!(%error, "cannot read the identity of an entity");
            Ok(None)
        }
    }
}

/// Returns the entity id of a link. The packing changed twice.
fn pack_link_id(release: Version, parent: EntityId, index: u32) -> Option<EntityId> {
    let kind = parent.kind.raw();
    let raw = if release >= Version::new(4, 3, 0) {
        (kind <= 0xff && index <= 0xffff && parent.id <= 0xff)
            .then_some(kind | index << 8 | parent.id << 24)
    } else if release >= Version::new(4, 0, 0) {
        // 7 bytes, for which the request, with 4 bytes, has no room.
        None
    } else {
        (kind <= 0xff && index <= 0xff && parent.id <= 0xffff)
            .then_some(kind | index << 8 | parent.id << 16)
    };
    raw.map(|id| EntityId::new(EntityKind::LINK, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_ids_are_packed_as_in_each_release() {
        let raw = |version, parent, index| pack_link_id(version, parent, index).map(|id| id.id);
        let (new, bad, old) = (
            Version::new(4, 3, 1),
            Version::new(4, 2, 3),
            Version::new(3, 3, 9),
        );
        assert_eq!(raw(new, EntityId::gpu(5), 17), Some(0x0500_1101));
        assert_eq!(raw(new, EntityId::switch(2), 63), Some(0x0200_3f03));
        assert_eq!(raw(bad, EntityId::gpu(5), 17), None);
        assert_eq!(raw(old, EntityId::gpu(5), 17), Some(0x0005_1101));
        assert_eq!(raw(new, EntityId::gpu(256), 0), None);
    }
}
