//! The topology of a [`Host`], and the implementation of [`TopologyClient`] for [`Mock`].

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::attributes::{
    ChipArchitecture, ClockPair, CpuSocket, GpuAttributes, MemorySizes, NvSwitchBackend,
    PowerLimits, ThermalLimits, VgpuAttributes, VgpuInstanceAttributes, VirtualizationMode,
};
use crate::code::ReturnCode;
use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, EntityKind, EntityStatus};
use crate::error::{Error, Result};
use crate::mock::engine::EngineState;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::mock::hosts::Host;
use crate::mock::model::Need;
use crate::topology::{
    GpuPath, GpuTopology, P2pMatrix, P2pStatus, PathLevel, TopologyClient, UnhealthyGpus,
    check_vgpu, choose_gpus,
};

/// What a test has changed of the topology.
#[derive(Debug, Default)]
pub(super) struct TopologyState {
    /// By the smaller and the larger GPU.
    paths: HashMap<[EntityId; 2], (PathLevel, u32)>,
    p2p: HashMap<(EntityId, EntityId), P2pStatus>,
    unhealthy: BTreeSet<EntityId>,
}

/// The CPUs of each of the two nodes of a host, as words of bits: those of a recorded host.
const NODE_CPUS: [[u64; 3]; 2] = [
    [0xffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff],
    [0xffff_0000_0000_0000, 0xffff_ffff, 0xffff_ffff_ffff_0000],
];

impl Host {
    /// Returns the topology of a GPU; `None` if the host does not have it.
    ///
    /// The host has two CPUs, and the first half of its GPUs is at the first. If the product has NVLinks,
    /// all of them lead to each other GPU, through NVSwitches.
    #[must_use]
    pub fn gpu_topology(&self, gpu: EntityId) -> Option<GpuTopology> {
        let gpus: Vec<_> = self.entity_ids(EntityKind::GPU).collect();
        let half = gpus.len().div_ceil(2);
        let node = |index: usize| index / half;
        let own = gpus.iter().position(|known| *known == gpu)?;
        let links = self.product().product_spec().links;
        let others = gpus.iter().enumerate().filter(|(index, _)| *index != own);
        let paths = others.map(|(index, other)| GpuPath {
            nvlinks: links,
            local_links: (0..links).collect(),
            ..GpuPath::new(
                *other,
                if node(index) == node(own) {
                    PathLevel::CPU
                } else {
                    PathLevel::SYSTEM
                },
            )
        });
        let cpus = NODE_CPUS
            .get(node(own))
            .map(|words| CpuSet::from_bits(words));
        Some(GpuTopology::new(
            gpu,
            cpus.unwrap_or_default(),
            paths.collect(),
        ))
    }
}

/// Topology.
impl Mock {
    /// Sets the path between two GPUs, in both directions: its level, and the number of NVLinks.
    pub fn set_path(&self, one: EntityId, other: EntityId, level: PathLevel, nvlinks: u32) {
        let ends = [one.min(other), one.max(other)];
        let mut state = self.inner.state.lock();
        state.topology.paths.insert(ends, (level, nvlinks));
    }

    /// Sets the state of peer-to-peer access from a GPU to another.
    pub fn set_p2p_status(&self, from: EntityId, to: EntityId, status: P2pStatus) {
        let mut state = self.inner.state.lock();
        state.topology.p2p.insert((from, to), status);
    }

    /// Sets whether a GPU fails the health checks, so that
    /// [`select_gpus`](TopologyClient::select_gpus) does not choose it.
    pub fn set_unhealthy(&self, gpu: EntityId, is_unhealthy: bool) {
        let mut state = self.inner.state.lock();
        if is_unhealthy {
            state.topology.unhealthy.insert(gpu);
        } else {
            state.topology.unhealthy.remove(&gpu);
        }
    }

    /// Begins a call about a GPU, which must exist.
    fn read_gpu<T>(
        &self,
        gpu: EntityId,
        read: impl FnOnce(&EngineState, Duration) -> Result<T>,
    ) -> Result<T> {
        if gpu.kind != EntityKind::GPU {
            return Err(Error::Request(
                "expected a GPU, got an entity of another kind",
            ));
        }
        self.inner.enter_call(Call::Topology)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        if status_of(&state, gpu, now).is_none() {
            return Err(Error::NoSuchEntity { entity: gpu });
        }
        read(&state, now)
    }
}

fn status_of(state: &EngineState, gpu: EntityId, now: Duration) -> Option<EntityStatus> {
    let entities = state.entities_at(now);
    let found = entities.iter().find(|entity| entity.id == gpu)?;
    Some(found.status)
}

const fn refused(function: &'static str, code: ReturnCode) -> Error {
    Error::Call { function, code }
}

/// Returns the topology of a GPU among those that the engine has now.
fn topology_of(state: &EngineState, gpu: EntityId, now: Duration) -> Result<GpuTopology> {
    let unsupported = || refused("dcgmGetDeviceTopology", ReturnCode::NOT_SUPPORTED);
    if status_of(state, gpu, now) == Some(EntityStatus::DETACHED) {
        return Err(unsupported());
    }
    let topology = state.model.host().gpu_topology(gpu);
    let mut topology = topology.ok_or_else(unsupported)?;
    topology
        .paths
        .retain(|path| status_of(state, path.gpu, now).is_some());
    for path in &mut topology.paths {
        let ends = [gpu.min(path.gpu), gpu.max(path.gpu)];
        if let Some((level, nvlinks)) = state.topology.paths.get(&ends) {
            (path.level, path.nvlinks) = (*level, *nvlinks);
            path.local_links
                .truncate(usize::try_from(*nvlinks).unwrap_or(usize::MAX));
        }
    }
    Ok(topology)
}

impl TopologyClient for Mock {
    fn gpu_topology(&self, gpu: EntityId) -> Result<GpuTopology> {
        self.read_gpu(gpu, |state, now| topology_of(state, gpu, now))
    }

    fn p2p_matrix(&self) -> Result<P2pMatrix> {
        self.inner.enter_call(Call::Topology)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        let mut gpus = Vec::new();
        state.list_entities(EntityKind::GPU, now, &mut gpus);
        let has_links = state.model.host().product().product_spec().links > 0;
        let usual = if has_links {
            P2pStatus::OK
        } else {
            P2pStatus::NOT_SUPPORTED
        };
        Ok(P2pMatrix::new(gpus.clone(), |row, column| {
            let pair = gpus.get(row).copied().zip(gpus.get(column).copied());
            let set = pair.and_then(|pair| state.topology.p2p.get(&pair));
            set.copied().unwrap_or(usual)
        }))
    }

    fn select_gpus(
        &self,
        count: usize,
        candidates: &[EntityId],
        unhealthy: UnhealthyGpus,
    ) -> Result<Vec<EntityId>> {
        if candidates.iter().any(|one| one.kind != EntityKind::GPU) {
            return Err(Error::Request(
                "expected a GPU, got an entity of another kind",
            ));
        }
        self.inner.enter_call(Call::Topology)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        let mut gpus = Vec::new();
        state.list_entities(EntityKind::GPU, now, &mut gpus);
        gpus.retain(|gpu| {
            let is_healthy = !state.topology.unhealthy.contains(gpu);
            candidates.contains(gpu) && (is_healthy || unhealthy == UnhealthyGpus::Include)
        });
        let topologies: Result<Vec<_>> = gpus
            .iter()
            .map(|gpu| topology_of(&state, *gpu, now))
            .collect();
        choose_gpus(&topologies?, count)
            .ok_or_else(|| refused("dcgmSelectGpusByTopology", ReturnCode::INSUFFICIENT_SIZE))
    }

    fn chip_architecture(&self, gpu: EntityId) -> Result<Option<ChipArchitecture>> {
        self.read_gpu(gpu, |state, _| {
            let spec = state.model.host().product().product_spec();
            Ok(Some(
                match (
                    spec.compute_capability >> 16,
                    spec.compute_capability & 0xffff,
                ) {
                    (8, 9) => ChipArchitecture::ADA,
                    (9, _) => ChipArchitecture::HOPPER,
                    _ => ChipArchitecture::BLACKWELL,
                },
            ))
        })
    }

    fn gpu_attributes(&self, gpu: EntityId) -> Result<GpuAttributes> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers of the table of products"
        )]
        let whole = |value: f64| value as u32;
        let celsius = |value: i64| u32::try_from(value).ok();
        self.read_gpu(gpu, |state, _| {
            let spec = state.model.host().product().product_spec();
            let limit = Some(whole(spec.limit_w));
            let (memory, sm) = (whole(spec.memory_mhz), whole(spec.sm_mhz));
            let steps = (0..4).map(|step| ClockPair::new(memory, sm - 15 * step));
            Ok(GpuAttributes {
                supported_clocks: steps.collect(),
                thermal_limits: ThermalLimits {
                    slowdown_celsius: celsius(spec.slowdown_c),
                    shutdown_celsius: celsius(spec.shutdown_c),
                },
                power_limits: PowerLimits {
                    current_watts: limit,
                    default_watts: limit,
                    enforced_watts: limit,
                    min_watts: Some(whole(spec.min_limit_w)),
                    max_watts: limit,
                },
                memory: MemorySizes {
                    bar1_total_mib: Some(whole(spec.bar1_mib)),
                    fb_total_mib: Some(whole(spec.fb_mib)),
                    fb_used_mib: Some(0),
                    fb_free_mib: Some(whole(spec.fb_mib - spec.reserved_mib)),
                },
                virtualization_mode: Some(VirtualizationMode::NONE),
                persistence_mode: Some(true),
                mig_enabled: spec.can.contains(&Need::Mig).then(|| {
                    let host = state.model.host();
                    let mut instances = host.entities().iter();
                    instances.any(|entity| entity.parent == Some(gpu))
                }),
                confidential_compute: Some(false),
                ..GpuAttributes::new(gpu)
            })
        })
    }

    fn cpu_sockets(&self) -> Result<Vec<CpuSocket>> {
        self.inner.enter_call(Call::Topology)?;
        let state = self.inner.state.lock();
        let host = state.model.host();
        let cpus: Vec<_> = host.entity_ids(EntityKind::CPU).collect();
        if cpus.is_empty() {
            let code = ReturnCode::MODULE_NOT_LOADED;
            return Err(refused("dcgmGetCpuHierarchy_v2", code));
        }
        let socket = |cpu: EntityId| {
            let cores = host.entity_ids(EntityKind::CPU_CORE);
            let own = cores.filter(|core| host.belongs_to(*core, cpu));
            CpuSocket::new(cpu, own.map(|core| core.id).collect(), None)
        };
        Ok(cpus.into_iter().map(socket).collect())
    }

    fn nvswitch_backend(&self) -> Result<NvSwitchBackend> {
        self.inner.enter_call(Call::Topology)?;
        let state = self.inner.state.lock();
        let is_active = state.model.host().count(EntityKind::SWITCH) > 0;
        Ok(NvSwitchBackend::new("NSCQ".into(), is_active))
    }

    fn vgpu_attributes(&self, gpu: EntityId) -> Result<VgpuAttributes> {
        self.read_gpu(gpu, |_, _| {
            Ok(VgpuAttributes {
                active: Some(Vec::new()),
                creatable_types: Some(Vec::new()),
                supported_types: Some(Vec::new()),
                ..VgpuAttributes::default()
            })
        })
    }

    /// The hosts of a mock have no vGPUs.
    fn vgpu_instance_attributes(&self, vgpu: EntityId) -> Result<VgpuInstanceAttributes> {
        check_vgpu(vgpu)?;
        self.inner.enter_call(Call::Topology)?;
        Err(Error::NoSuchEntity { entity: vgpu })
    }
}
