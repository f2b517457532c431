//! [`Profilers`]: the profiling fields that each GPU has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::connection::EngineConnection;
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;

/// The profiler of each GPU for which it was requested.
#[derive(Debug, Default)]
pub(super) struct Profilers(HashMap<u32, Profiler>);

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

impl Profilers {
    /// Forgets the profilers, so that each is requested again: an engine without its driver, or whose
    /// profiling module is not loaded, may have them later.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the fields that the profiler of an entity's GPU has: none without a profiler, and all if
    /// the engine does not report them.
    pub(super) fn supported_fields(
        &mut self,
        connection: &EngineConnection,
        entity: EntityId,
        fields: &[FieldId],
    ) -> Result<Vec<FieldId>> {
        Ok(match self.find_profiler(connection, entity)? {
            Profiler::Unknown => fields.to_vec(),
            Profiler::None(_) => Vec::new(),
            Profiler::Fields(supported) => {
                let has = |field: &&FieldId| supported.binary_search(field).is_ok();
                fields.iter().filter(has).copied().collect()
            }
        })
    }

    /// Returns the engine's error if the GPU of an entity has no profiler.
    pub(super) fn missing_error(
        &mut self,
        connection: &EngineConnection,
        entity: EntityId,
    ) -> Result<Option<Error>> {
        Ok(match self.find_profiler(connection, entity)? {
            Profiler::None(error) => Some(error.clone()),
            Profiler::Unknown | Profiler::Fields(_) => None,
        })
    }

    /// Returns the profiler of an entity's GPU. It is requested once after each enumeration.
    fn find_profiler(
        &mut self,
        connection: &EngineConnection,
        entity: EntityId,
    ) -> Result<&Profiler> {
        let Some(gpu) = gpu_of(entity) else {
            return Ok(&Profiler::Unknown);
        };
        match self.0.entry(gpu) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let profiler = match connection.profiling_fields(gpu) {
                    // An empty list says nothing.
                    Ok(fields) if fields.is_empty() => Profiler::Unknown,
                    Ok(fields) => Profiler::Fields(fields),
                    Err(error) if error.ends_connection() => return Err(error),
                    Err(error) if error.code() == Some(ReturnCode::MODULE_NOT_LOADED) => {
                        Profiler::None(error)
                    }
                    Err(_) => Profiler::Unknown,
                };
                Ok(unknown.insert(profiler))
            }
        }
    }
}
