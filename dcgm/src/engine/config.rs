//! The implementation of [`ConfigClient`] for [`Engine`].

use super::Engine;
use super::connection::EngineConnection;
use crate::config::{ConfigClient, GpuConfig, PowerProfiles};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Operation, Result};
use crate::ffi::{ConfigKind, GroupId};

/// Calls `request` with a group of these GPUs, which ends with the call.
pub(super) fn with_gpu_group<T>(
    connection: &EngineConnection,
    gpus: &[EntityId],
    request: impl FnOnce(GroupId) -> Result<T>,
) -> Result<T> {
    if gpus.is_empty() {
        return Err(Error::Request("the configuration of no GPU"));
    }
    gpus.iter().copied().try_for_each(check_gpu)?;
    let group = connection.create_group(c"dcgm-rs-config")?;
    let added = gpus
        .iter()
        .try_for_each(|gpu| connection.add_entity(group, *gpu));
    let outcome = added.and_then(|()| request(group));
    // It ends with the connection otherwise.
    drop(connection.destroy_group(group));
    outcome
}

pub(super) fn check_gpu(entity: EntityId) -> Result<()> {
    match entity.kind {
        EntityKind::GPU => Ok(()),
        _ => Err(Error::Request("the configuration is that of a GPU")),
    }
}

impl Engine {
    fn read_config(&self, gpus: &[EntityId], kind: ConfigKind) -> Result<Vec<GpuConfig>> {
        let gpus = gpus.to_vec();
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, move |thread| {
            thread.with_session(|session| {
                let connection = session.connection();
                let is_large = connection.release.has_large_structs();
                with_gpu_group(connection, &gpus, |group| {
                    connection.read_config(group, gpus.len(), kind, is_large)
                })
            })
        })
    }
}

impl ConfigClient for Engine {
    #[doc(alias = "dcgmConfigGet")]
    fn current(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        self.read_config(gpus, ConfigKind::Current)
    }

    #[doc(alias = "dcgmConfigGet")]
    fn target(&self, gpus: &[EntityId]) -> Result<Vec<GpuConfig>> {
        self.read_config(gpus, ConfigKind::Target)
    }

    #[doc(alias = "dcgmGetDeviceWorkloadPowerProfileInfo")]
    fn power_profiles(&self, gpu: EntityId) -> Result<PowerProfiles> {
        check_gpu(gpu)?;
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, move |thread| {
            thread.with_session(|session| session.connection().power_profiles(gpu.id))
        })
    }
}
