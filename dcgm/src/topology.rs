//! Topology and attributes of GPUs: paths between them, their CPUs, limits and memory.
//!
//! A scheduler chooses GPUs by their paths, and pins a process to the CPUs near them:
//!
//! ```
//! # #[cfg(feature = "mock")] {
//! use dcgm::mock::Mock;
//! use dcgm::topology::{PathLevel, UnhealthyGpus};
//! use dcgm::{Client, EntityKind};
//!
//! let mock = Mock::named("8xh100").unwrap();
//! mock.connect()?;
//! let gpus = mock.entity_ids(EntityKind::GPU)?;
//! let chosen = mock.topology().select_gpus(4, &gpus, UnhealthyGpus::Exclude)?;
//! let group = mock.topology().group_topology(&chosen)?;
//! assert_eq!(group.slowest_path.map(|path| path.level), Some(PathLevel::CPU));
//! assert_eq!(group.common_cpus.to_string(), "0-47,96-143");
//! # }
//! # Ok::<(), dcgm::Error>(())
//! ```

use core::fmt::Debug;

pub use crate::attributes::{
    ChipArchitecture, ClockPair, CpuSocket, GpuAttributes, MemorySizes, NvSwitchBackend,
    PowerLimits, ThermalLimits, VgpuAttributes, VgpuInstance, VgpuInstanceAttributes, VgpuType,
    VirtualizationMode,
};
pub use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::open_enum;

/// The level of the closest element that connects two GPUs over PCI (`dcgmGpuTopologyLevel_t`). A
/// smaller number is a shorter path. A level without a constant here keeps its number.
///
/// ```
/// use dcgm::topology::PathLevel;
///
/// assert!(PathLevel::SINGLE_SWITCH < PathLevel::SYSTEM);
/// assert_eq!(PathLevel::HOST_BRIDGE.to_string(), "host_bridge");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmGpuTopologyLevel_t")]
pub struct PathLevel(u32);

#[rustfmt::skip] // One row per level.
open_enum! {
    PathLevel, "level", "the name of a path level, such as single_switch";
    DCGM_TOPOLOGY_UNINITIALIZED => UNKNOWN,           "unknown",           "The engine reports no level.";
    DCGM_TOPOLOGY_BOARD         => BOARD,             "board",             "Both GPUs are on one board.";
    DCGM_TOPOLOGY_SINGLE        => SINGLE_SWITCH,     "single_switch",     "The path crosses a single PCI switch.";
    DCGM_TOPOLOGY_MULTIPLE      => MULTIPLE_SWITCHES, "multiple_switches", "The path crosses several PCI switches, and no host bridge.";
    DCGM_TOPOLOGY_HOSTBRIDGE    => HOST_BRIDGE,       "host_bridge",       "The path crosses a PCI host bridge.";
    DCGM_TOPOLOGY_CPU           => CPU,               "cpu",               "Both GPUs are at the same CPU (NUMA node), below different host bridges.";
    DCGM_TOPOLOGY_SYSTEM        => SYSTEM,            "system",            "The path crosses the interconnect of the CPUs.";
}

/// The path from a GPU to another.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GpuPath {
    /// The other GPU.
    pub gpu: EntityId,
    /// The level of the PCI path.
    pub level: PathLevel,
    /// The number of NVLinks between the two GPUs, directly or through NVSwitches; 0 for none.
    ///
    /// On DCGM 4.6, the number is 0 for all GPUs as soon as the engine has a fake GPU or NVSwitch
    /// ([`EntityStatus::FAKE`](crate::EntityStatus::FAKE)).
    pub nvlinks: u32,
    /// The ports of the first GPU whose links lead to the other GPU, like
    /// [`Link::index`](crate::Link::index). They can be missing although there are
    /// [`nvlinks`](Self::nvlinks).
    pub local_links: Vec<u32>,
}

impl GpuPath {
    /// Creates a path over PCI alone.
    #[must_use]
    pub const fn new(gpu: EntityId, level: PathLevel) -> Self {
        Self {
            gpu,
            level,
            nvlinks: 0,
            local_links: Vec::new(),
        }
    }

    /// Returns the order of paths by speed: more NVLinks first, then a smaller level.
    pub(crate) fn speed(&self) -> PathSpeed {
        PathSpeed(self.nvlinks, core::cmp::Reverse(self.level))
    }
}

/// The order of paths by speed; the larger is the faster.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct PathSpeed(u32, core::cmp::Reverse<PathLevel>);

impl PathSpeed {
    /// Returns a number for sums over pairs: a link counts more than any difference of levels, which are
    /// numbers up to that of [`PathLevel::SYSTEM`].
    pub(crate) fn weight(self) -> u64 {
        let farthest = PathLevel::SYSTEM.raw();
        let nearness = farthest.saturating_sub(self.1.0.raw());
        u64::from(self.0) * u64::from(farthest + 1) + u64::from(nearness)
    }
}

/// The topology of a GPU: its CPUs, and its paths to the other GPUs of the host.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GpuTopology {
    /// The GPU.
    pub gpu: EntityId,
    /// The CPUs near the GPU, by the numbers of the operating system. Empty if the driver does not
    /// report them. DCGM has room for the CPUs 0 to 511, and leaves out the others.
    pub cpu_affinity: CpuSet,
    /// The path to each other GPU of the host, at most 31.
    pub paths: Vec<GpuPath>,
}

impl GpuTopology {
    /// Creates a topology.
    #[must_use]
    pub const fn new(gpu: EntityId, cpu_affinity: CpuSet, paths: Vec<GpuPath>) -> Self {
        Self {
            gpu,
            cpu_affinity,
            paths,
        }
    }

    /// Returns the path to another GPU.
    #[must_use]
    pub fn path_to(&self, gpu: EntityId) -> Option<&GpuPath> {
        self.paths.iter().find(|path| path.gpu == gpu)
    }
}

/// The topology of several GPUs together.
///
/// It is computed from the topology of each GPU, and not that of DCGM: `dcgmGetGroupTopology` calls the
/// *fastest* path of a group its slowest one, and returns the CPUs of *any* member as those of the group.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupTopology {
    /// The CPUs near every GPU of the group. Empty if there are none, as for GPUs at different CPUs.
    pub common_cpus: CpuSet,
    /// `true` if all GPUs have the same CPUs near them.
    pub is_numa_optimal: bool,
    /// The slowest path between two GPUs of the group: the fewest NVLinks, and among those the farthest
    /// level. `None` for a single GPU.
    pub slowest_path: Option<GroupPath>,
}

/// The path between two GPUs of a group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupPath {
    /// The GPUs at the ends.
    pub gpus: [EntityId; 2],
    /// The level of the PCI path.
    pub level: PathLevel,
    /// The number of NVLinks between the two; 0 for none.
    pub nvlinks: u32,
}

impl GroupTopology {
    /// Computes the topology of a group from those of its GPUs. Paths to GPUs outside the group do not
    /// count.
    #[must_use]
    pub fn from_gpus(gpus: &[GpuTopology]) -> Self {
        let mut cpus = gpus.iter().map(|gpu| &gpu.cpu_affinity);
        let first = cpus.next().cloned().unwrap_or_default();
        let is_member = |path: &&GpuPath| gpus.iter().any(|gpu| gpu.gpu == path.gpu);
        let of_gpu = |gpu: &GpuTopology| {
            let from = gpu.gpu;
            let inner = gpu.paths.iter().filter(is_member);
            let ends = inner.map(|path| (path.speed(), [from, path.gpu]));
            ends.collect::<Vec<_>>()
        };
        let slowest = gpus.iter().flat_map(of_gpu).min();
        Self {
            is_numa_optimal: cpus.clone().all(|other| *other == first),
            common_cpus: cpus.fold(first, |common, other| common.intersection(other)),
            slowest_path: slowest.map(|(PathSpeed(nvlinks, level), gpus)| GroupPath {
                gpus,
                level: level.0,
                nvlinks,
            }),
        }
    }
}

/// The state of peer-to-peer access over NVLink from a GPU to another
/// (`dcgmNvLinkGpuP2PStatus_t`). A state without a constant here keeps its number.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmNvLinkGpuP2PStatus_t")]
pub struct P2pStatus(u32);

#[rustfmt::skip] // One row per state.
open_enum! {
    P2pStatus, "p2p", "the name of a peer-to-peer status, such as ok";
    DcgmNvLinkP2pStatusOK                   => OK,                     "ok",                     "Peer-to-peer access works.";
    DcgmNvLinkP2pStatusChipsetNotSupported  => CHIPSET_NOT_SUPPORTED,  "chipset_not_supported",  "The chipset does not support it.";
    DcgmNvLinkP2pStatusGpuNotSupported      => GPU_NOT_SUPPORTED,      "gpu_not_supported",      "A GPU does not support it.";
    DcgmNvLinkP2pStatusTopologyNotSupported => TOPOLOGY_NOT_SUPPORTED, "topology_not_supported", "The path between the GPUs does not support it.";
    DcgmNvLinkP2pStatusDisabledByRegKey     => DISABLED,               "disabled",               "A setting of the driver disables it.";
    DcgmNvLinkP2pStatusNotSupported         => NOT_SUPPORTED,          "not_supported",          "Not supported for another reason.";
    DcgmNvLinkP2pStatusUnknown              => UNKNOWN,                "unknown",                "The driver does not report it.";
}

/// The state of peer-to-peer access over NVLink between all GPUs of a host.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct P2pMatrix {
    gpus: Vec<EntityId>,
    /// A row for each GPU.
    statuses: Vec<P2pStatus>,
}

impl P2pMatrix {
    /// Creates a matrix: calls `status` for each pair of different GPUs, with the numbers of the row and
    /// the column.
    #[must_use]
    pub fn new(gpus: Vec<EntityId>, status: impl Fn(usize, usize) -> P2pStatus) -> Self {
        let count = gpus.len();
        let of_row = |row| (0..count).map(move |column| (row, column));
        let pairs = (0..count).flat_map(of_row);
        Self {
            statuses: pairs.map(|(row, column)| status(row, column)).collect(),
            gpus,
        }
    }

    /// Returns the GPUs, in the order of rows and columns.
    #[must_use]
    pub fn gpus(&self) -> &[EntityId] {
        &self.gpus
    }

    /// Returns the states, row by row.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(crate) fn statuses(&self) -> &[P2pStatus] {
        &self.statuses
    }

    /// Returns the state of access from a GPU to another. `None` for a GPU with itself, and for a GPU
    /// that is not in the matrix.
    #[must_use]
    pub fn status(&self, from: EntityId, to: EntityId) -> Option<P2pStatus> {
        let index = |gpu| self.gpus.iter().position(|known| *known == gpu);
        let (row, column) = (index(from)?, index(to)?);
        if row == column {
            return None;
        }
        self.statuses.get(row * self.gpus.len() + column).copied()
    }
}

/// The treatment of unhealthy GPUs by [`TopologyClient::select_gpus`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum UnhealthyGpus {
    /// GPUs that fail a health check are not chosen. GPUs with warnings are.
    #[default]
    Exclude,
    /// Health does not matter.
    Include,
}

/// Access to topology and attributes. Returned by [`Client::topology`](crate::Client::topology).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
pub trait TopologyClient: Debug + Send + Sync {
    /// Returns the CPUs near a GPU, and its paths to the other GPUs.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchEntity`] for an unknown GPU.
    ///
    /// An error for which [`is_unsupported`](Error::is_unsupported) returns `true`, for *every*
    /// GPU of a host, if the driver does not know the path between one pair of its GPUs, while the driver
    /// is detached, and without a driver.
    ///
    /// An error for which [`is_gpu_lost`](Error::is_gpu_lost) returns `true`, for a fake GPU.
    fn gpu_topology(&self, gpu: EntityId) -> Result<GpuTopology> {
        let _ = gpu;
        not_implemented("TopologyClient::gpu_topology")
    }

    /// Returns the common CPUs and the slowest path of several GPUs. The default body computes both from
    /// the [topology](Self::gpu_topology) of each GPU, with one call each.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] without any GPU; the errors of
    /// [`gpu_topology`](Self::gpu_topology).
    fn group_topology(&self, gpus: &[EntityId]) -> Result<GroupTopology> {
        if gpus.is_empty() {
            return Err(Error::Request("a group topology needs at least one GPU"));
        }
        let each: Result<Vec<_>> = gpus.iter().map(|gpu| self.gpu_topology(*gpu)).collect();
        Ok(GroupTopology::from_gpus(&each?))
    }

    /// Returns the state of peer-to-peer access over NVLink between all GPUs.
    ///
    /// # Errors
    ///
    /// An error for which [`is_unsupported`](Error::is_unsupported) returns `true`: before DCGM
    /// 4.3.1, without a driver, while the driver is detached, and as soon as the engine has a fake GPU.
    fn p2p_matrix(&self) -> Result<P2pMatrix> {
        not_implemented("TopologyClient::p2p_matrix")
    }

    /// Chooses `count` of the `candidates` with the fastest paths between them, in ascending order.
    ///
    /// The engine chooses. It leaves out GPUs that fail a health check, but only if some client has
    /// enabled health checks (`dcgmHealthSet`) for them: without the checks, every GPU counts as healthy.
    ///
    /// For some requests, the engine reports success and chooses too few GPUs: for one GPU, and among
    /// GPUs without NVLinks. This method then chooses itself among the GPUs that the engine calls healthy:
    /// the set whose slowest path is the fastest, by the number of NVLinks and then by
    /// [`PathLevel`].
    ///
    /// # Errors
    ///
    /// [`ReturnCode::INSUFFICIENT_SIZE`](crate::ReturnCode::INSUFFICIENT_SIZE), for which
    /// [`is_limit`](Error::is_limit) returns `true`, if fewer than `count` candidates exist or are
    /// healthy. No candidates are no candidates, although DCGM takes an empty list for "all GPUs".
    ///
    /// [`Error::Request`], if a candidate is not a GPU or has a number above 63.
    ///
    /// The errors of [`gpu_topology`](Self::gpu_topology).
    fn select_gpus(
        &self,
        count: usize,
        candidates: &[EntityId],
        unhealthy: UnhealthyGpus,
    ) -> Result<Vec<EntityId>> {
        let _ = (count, candidates, unhealthy);
        not_implemented("TopologyClient::select_gpus")
    }

    /// Returns the architecture of a GPU's chip. `None` if the engine does not know it: for a fake GPU,
    /// and without a driver.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchEntity`] for an unknown GPU;
    /// [`Error::SymbolMissing`] before DCGM 4.2.3.
    fn chip_architecture(&self, gpu: EntityId) -> Result<Option<ChipArchitecture>> {
        let _ = gpu;
        not_implemented("TopologyClient::chip_architecture")
    }

    /// Returns the attributes of a GPU: limits, memory, clocks. Its identity is in
    /// [`Entity`](crate::Entity).
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchEntity`] for an unknown GPU. An error with
    /// [`ReturnCode::FUNCTION_NOT_FOUND`](crate::ReturnCode::FUNCTION_NOT_FOUND) if the engine is older
    /// than libdcgm 4.6.
    fn gpu_attributes(&self, gpu: EntityId) -> Result<GpuAttributes> {
        let _ = gpu;
        not_implemented("TopologyClient::gpu_attributes")
    }

    /// Returns the Grace CPUs with their cores and serial numbers.
    ///
    /// <div class="warning">
    ///
    /// The first request about CPUs can crash an engine of DCGM 3.3, which an embedded engine does not
    /// survive, nor its process: on hosts without `/sys/class/hwmon`.
    ///
    /// </div>
    ///
    /// # Errors
    ///
    /// An error for which [`is_unsupported`](Error::is_unsupported) returns `true`, if the host has
    /// no Grace CPU.
    fn cpu_sockets(&self) -> Result<Vec<CpuSocket>> {
        not_implemented("TopologyClient::cpu_sockets")
    }

    /// Returns the library by which the engine reads NVSwitches.
    ///
    /// # Errors
    ///
    /// [`Error::SymbolMissing`] before DCGM 4.0.
    fn nvswitch_backend(&self) -> Result<NvSwitchBackend> {
        not_implemented("TopologyClient::nvswitch_backend")
    }

    /// Returns the vGPU attributes of a GPU.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchEntity`] for an unknown GPU; an error for which
    /// [`is_unsupported`](Error::is_unsupported) returns `true`, without a driver.
    fn vgpu_attributes(&self, gpu: EntityId) -> Result<VgpuAttributes> {
        let _ = gpu;
        not_implemented("TopologyClient::vgpu_attributes")
    }

    /// Returns the attributes of a vGPU.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchEntity`] if the engine knows nothing of the vGPU: it reports success then, and blank
    /// values. [`Error::Request`] for an entity that is no vGPU.
    fn vgpu_instance_attributes(&self, vgpu: EntityId) -> Result<VgpuInstanceAttributes> {
        let _ = vgpu;
        not_implemented("TopologyClient::vgpu_instance_attributes")
    }
}

impl TopologyClient for NotImplemented {}

/// Checks the entity of a request for a vGPU.
pub(crate) fn check_vgpu(vgpu: EntityId) -> Result<()> {
    if vgpu.kind == EntityKind::VGPU {
        Ok(())
    } else {
        Err(Error::Request("the entity is no vGPU"))
    }
}

/// Chooses the set of `count` GPUs whose slowest path is the fastest, and among those the one with the
/// fastest paths in sum; then the smallest numbers. `None` if there are fewer GPUs.
///
/// Each GPU is the start of a set that grows by the GPU that keeps it the fastest, which is a choice of
/// `n³` steps and not of all sets.
pub(crate) fn choose_gpus(gpus: &[GpuTopology], count: usize) -> Option<Vec<EntityId>> {
    if count == 0 || gpus.len() < count {
        return (count == 0).then(Vec::new);
    }
    let speed = |from: &GpuTopology, to: EntityId| {
        let path = from.path_to(to).map(GpuPath::speed);
        path.unwrap_or(PathSpeed(0, core::cmp::Reverse(PathLevel(u32::MAX))))
    };
    let slowest_of_all = PathSpeed(u32::MAX, core::cmp::Reverse(PathLevel(0)));
    let mut best: Option<((PathSpeed, u64), Vec<&GpuTopology>)> = None;
    for start in gpus {
        let mut set = vec![start];
        let mut score = (slowest_of_all, 0);
        while set.len() < count {
            let rest = gpus
                .iter()
                .filter(|gpu| set.iter().all(|member| member.gpu != gpu.gpu));
            let grown = rest.map(|gpu| {
                let paths = set.iter().map(|member| speed(member, gpu.gpu));
                let (slowest, sum) = paths.fold(score, |(slowest, sum), path| {
                    (slowest.min(path), sum + path.weight())
                });
                ((slowest, sum), core::cmp::Reverse(gpu.gpu), gpu)
            });
            let next = grown.max_by_key(|(score, id, _)| (*score, *id));
            let (grown, _, gpu) = next?;
            score = grown;
            set.push(gpu);
        }
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, set));
        }
    }
    let (_, set) = best?;
    let mut chosen: Vec<_> = set.into_iter().map(|gpu| gpu.gpu).collect();
    chosen.sort_unstable();
    Some(chosen)
}

#[cfg(test)]
mod tests;
