//! The implementation of [`AdminClient`] for [`Engine`].

use super::Engine;
use super::config::{check_gpu, with_gpu_group};
use super::connection::EngineConnection;
use crate::admin::{
    AdminClient, ComputeInstanceProfile, ConfigOutcome, GpuInstanceProfile, PowerProfileChange,
};
use crate::config::{GpuSettings, PowerProfile};
use crate::entity::{EntityId, EntityKind, LinkState};
use crate::error::{Error, Operation, Result};

impl Engine {
    /// Makes a change on the engine's thread. Drivers take their time for one: the deadline is the long one.
    fn change<T: Send + 'static>(
        &self,
        request: impl FnOnce(&EngineConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Change, limit, move |thread| {
            thread.with_session(|session| request(session.connection()))
        })
    }
}

impl AdminClient for Engine {
    #[doc(alias = "dcgmConfigSet")]
    fn set_config(&self, gpus: &[EntityId], settings: &GpuSettings) -> Result<ConfigOutcome> {
        let (gpus, settings) = (gpus.to_vec(), settings.clone());
        self.change(move |connection| {
            let is_large = connection.release.has_large_structs();
            with_gpu_group(connection, &gpus, |group| {
                connection.set_config(group, &settings, is_large)
            })
        })
    }

    #[doc(alias = "dcgmConfigEnforce")]
    fn enforce_config(&self, gpus: &[EntityId]) -> Result<ConfigOutcome> {
        let gpus = gpus.to_vec();
        self.change(move |connection| {
            with_gpu_group(connection, &gpus, |group| connection.enforce_config(group))
        })
    }

    #[doc(alias = "dcgmConfigSetWorkloadPowerProfile")]
    fn change_power_profiles(
        &self,
        gpus: &[EntityId],
        change: PowerProfileChange,
        profiles: &[PowerProfile],
    ) -> Result<()> {
        let (gpus, profiles) = (gpus.to_vec(), profiles.to_vec());
        self.change(move |connection| {
            with_gpu_group(connection, &gpus, |group| {
                connection.change_power_profiles(group, change, &profiles)
            })
        })
    }

    #[doc(alias = "dcgmCreateMigEntity")]
    fn create_gpu_instance(&self, gpu: EntityId, profile: GpuInstanceProfile) -> Result<()> {
        check_gpu(gpu)?;
        self.change(move |connection| connection.create_gpu_instance(gpu.id, profile.raw()))
    }

    #[doc(alias = "dcgmCreateMigEntity")]
    fn create_compute_instance(
        &self,
        gpu_instance: EntityId,
        profile: ComputeInstanceProfile,
    ) -> Result<()> {
        if gpu_instance.kind != EntityKind::GPU_INSTANCE {
            return Err(Error::Request(
                "a compute instance is one of a GPU instance",
            ));
        }
        self.change(move |connection| {
            connection.create_compute_instance(gpu_instance.id, profile.raw())
        })
    }

    #[doc(alias = "dcgmDeleteMigEntity")]
    fn delete_instance(&self, instance: EntityId) -> Result<()> {
        let kinds = [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE];
        if !kinds.contains(&instance.kind) {
            return Err(Error::Request("only MIG instances can be deleted"));
        }
        self.change(move |connection| connection.delete_instance(instance))
    }

    #[doc(alias = "dcgmSetEntityNvLinkLinkState")]
    fn set_link_state(&self, parent: EntityId, link: u32, state: LinkState) -> Result<()> {
        self.change(move |connection| connection.set_link_state(parent, link, state))
    }
}
