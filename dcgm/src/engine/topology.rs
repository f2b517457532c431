//! The implementation of [`TopologyClient`] for [`Engine`].

use super::Engine;
use super::connection::EngineConnection;
use crate::attributes::{
    ChipArchitecture, CpuSocket, GpuAttributes, NvSwitchBackend, VgpuAttributes,
    VgpuInstanceAttributes,
};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind, EntityStatus};
use crate::error::{Error, Operation, Result};
use crate::topology::{
    GpuTopology, P2pMatrix, TopologyClient, UnhealthyGpus, check_vgpu, choose_gpus,
};

impl Engine {
    /// Reads properties over the connection.
    fn read_properties<T: Send + 'static>(
        &self,
        read: impl FnOnce(&EngineConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Enumerate, limit, |thread| {
            thread.with_session(|session| read(session.connection()))
        })
    }
}

impl TopologyClient for Engine {
    #[doc(alias = "dcgmGetDeviceTopology")]
    fn gpu_topology(&self, gpu: EntityId) -> Result<GpuTopology> {
        let number = gpu_number(gpu)?;
        self.read_properties(move |connection| read_topology(connection, number))
    }

    #[doc(alias = "dcgmGetNvLinkP2PStatus")]
    fn p2p_matrix(&self) -> Result<P2pMatrix> {
        self.read_properties(|connection| connection.p2p_matrix())
    }

    #[doc(alias = "dcgmSelectGpusByTopology")]
    fn select_gpus(
        &self,
        count: usize,
        candidates: &[EntityId],
        unhealthy: UnhealthyGpus,
    ) -> Result<Vec<EntityId>> {
        let mask = candidate_mask(candidates)?;
        let ignore_health = unhealthy == UnhealthyGpus::Include;
        self.read_properties(move |connection| select_gpus(connection, count, mask, ignore_health))
    }

    #[doc(alias = "dcgmGetGpuChipArchitecture")]
    fn chip_architecture(&self, gpu: EntityId) -> Result<Option<ChipArchitecture>> {
        let number = gpu_number(gpu)?;
        self.read_properties(
            move |connection| match connection.chip_architecture(number) {
                Err(error) if error.code() == Some(ReturnCode::BAD_PARAM) => {
                    Err(Error::NoSuchEntity { entity: gpu })
                }
                outcome => outcome,
            },
        )
    }

    #[doc(alias = "dcgmGetDeviceAttributes")]
    fn gpu_attributes(&self, gpu: EntityId) -> Result<GpuAttributes> {
        let number = gpu_number(gpu)?;
        self.read_properties(move |connection| {
            let (attributes, is_identified) = connection.gpu_attributes(number)?;
            if !is_identified {
                known_status(connection, number)?;
            }
            Ok(attributes)
        })
    }

    #[doc(alias = "dcgmGetCpuHierarchy_v2")]
    fn cpu_sockets(&self) -> Result<Vec<CpuSocket>> {
        self.read_properties(|connection| connection.cpu_sockets())
    }

    #[doc(alias = "dcgmNvswitchGetBackend")]
    fn nvswitch_backend(&self) -> Result<NvSwitchBackend> {
        self.read_properties(|connection| connection.nvswitch_backend())
    }

    #[doc(alias = "dcgmGetVgpuDeviceAttributes")]
    fn vgpu_attributes(&self, gpu: EntityId) -> Result<VgpuAttributes> {
        let number = gpu_number(gpu)?;
        self.read_properties(move |connection| match connection.vgpu_attributes(number) {
            Err(error) if error.code() == Some(ReturnCode::GENERIC_ERROR) => {
                known_status(connection, number)?;
                Err(error)
            }
            outcome => outcome,
        })
    }

    #[doc(alias = "dcgmGetVgpuInstanceAttributes")]
    fn vgpu_instance_attributes(&self, vgpu: EntityId) -> Result<VgpuInstanceAttributes> {
        check_vgpu(vgpu)?;
        self.read_properties(move |connection| {
            let attributes = connection.vgpu_instance_attributes(vgpu.id)?;
            if attributes == VgpuInstanceAttributes::default() {
                return Err(Error::NoSuchEntity { entity: vgpu });
            }
            Ok(attributes)
        })
    }
}

/// Returns the number of a GPU.
pub(super) fn gpu_number(gpu: EntityId) -> Result<u32> {
    if gpu.kind == EntityKind::GPU {
        Ok(gpu.id)
    } else {
        Err(Error::Request(
            "expected a GPU, got an entity of another kind",
        ))
    }
}

/// Returns the status of a GPU that the engine has.
fn known_status(connection: &EngineConnection, gpu: u32) -> Result<EntityStatus> {
    match connection.gpu_status(gpu)? {
        EntityStatus::UNKNOWN => Err(Error::NoSuchEntity {
            entity: EntityId::gpu(gpu),
        }),
        status => Ok(status),
    }
}

/// Reads the topology of a GPU. For a GPU that does not exist or is fake, an engine of 4.6 returns an
/// error, and one of 3.3 a topology without anything.
fn read_topology(connection: &EngineConnection, gpu: u32) -> Result<GpuTopology> {
    let is_large = connection.release.has_large_topology();
    let topology = match connection.device_topology(gpu, is_large) {
        Err(error) if error.code() == Some(ReturnCode::BAD_PARAM) => {
            return Err(Error::NoSuchEntity {
                entity: EntityId::gpu(gpu),
            });
        }
        outcome => outcome?,
    };
    let is_empty = topology.paths.is_empty() && topology.cpu_affinity.is_empty();
    if is_empty && known_status(connection, gpu)? == EntityStatus::FAKE {
        return Err(Error::Call {
            function: "dcgmGetDeviceTopology",
            code: ReturnCode::GPU_IS_LOST,
        });
    }
    Ok(topology)
}

/// Returns the candidates as a mask.
fn candidate_mask(candidates: &[EntityId]) -> Result<u64> {
    let mut mask = 0_u64;
    for candidate in candidates {
        let bit = 1_u64.checked_shl(gpu_number(*candidate)?);
        mask |= bit.ok_or(Error::Request("DCGM selects among the GPUs 0 to 63"))?;
    }
    Ok(mask)
}

/// Has the engine choose. If it chooses too few and reports success, chooses among those that it calls
/// healthy.
fn select_gpus(
    connection: &EngineConnection,
    count: usize,
    mask: u64,
    ignore_health: bool,
) -> Result<Vec<EntityId>> {
    let too_few = Error::Call {
        function: "dcgmSelectGpusByTopology",
        code: ReturnCode::INSUFFICIENT_SIZE,
    };
    // To the engine, an empty mask means all GPUs.
    if usize::try_from(mask.count_ones()).unwrap_or(0) < count {
        return Err(too_few);
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let wanted = u32::try_from(count).unwrap_or(u32::MAX);
    let (outcome, chosen) = connection.select_gpus(mask, wanted, ignore_health);
    outcome?;
    let to_ids = |numbers: &[u32]| numbers.iter().copied().map(EntityId::gpu).collect();
    if chosen.len() == count {
        return Ok(to_ids(&chosen));
    }
    // More GPUs than there can be: the engine refuses, and returns the healthy ones.
    let (outcome, healthy) = connection.select_gpus(mask, u32::MAX, ignore_health);
    match outcome {
        Err(error) if error.code() != Some(ReturnCode::INSUFFICIENT_SIZE) => return Err(error),
        _ => {}
    }
    // GPUs that do not exist or are fake are among them.
    let mut usable = Vec::with_capacity(healthy.len());
    for gpu in healthy {
        if connection.gpu_status(gpu)? == EntityStatus::OK {
            usable.push(gpu);
        }
    }
    if usable.len() < count {
        return Err(too_few);
    }
    if usable.len() == count || count == 1 {
        usable.truncate(count);
        return Ok(to_ids(&usable));
    }
    let topologies: Result<Vec<_>> = usable
        .into_iter()
        .map(|gpu| read_topology(connection, gpu))
        .collect();
    let topologies = topologies?;
    choose_gpus(&topologies, count).ok_or(too_few)
}
