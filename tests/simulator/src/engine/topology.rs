//! Topology: paths between GPUs, choosing among them, and vGPUs.

use super::{Code, Engine, GPU, SWITCH, st};
use crate::Flavour;

const FAIL: u32 = 20;
/// `DCGM_TOPO_HINT_F_IGNOREHEALTH`.
const IGNORE_HEALTH: u64 = 1;
/// `DcgmNvLinkP2pStatusNotSupported`, also of a GPU with itself.
const NOT_SUPPORTED: u8 = 5;
/// The level of GPUs at one CPU.
const SAME_CPU: u64 = 0x10;
/// The level of GPUs at different CPUs.
const SYSTEM: u64 = 0x20;
/// Bits of a path that are its level.
const LEVEL: u64 = 0xff;

/// How the GPUs of a host are connected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Wiring {
    /// As the host says.
    #[default]
    Usual,
    /// NVML does not know the path between one pair.
    UnknownPair,
    /// GPU 0 has four links to GPU 1 and two to GPU 2, and there are no others.
    FewLinks,
    /// No links; GPU 0 reaches each other GPU by another level, and each GPU has a CPU of its own.
    Levels,
    /// The same with links to all, and GPU 1 behind the system.
    LinkedLevels,
}

/// The topology of a GPU.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Topology {
    pub(crate) cpus: [u64; 8],
    /// Other GPU, level and links, ports.
    pub(crate) paths: Vec<(u32, u64, u64)>,
}

impl Engine {
    pub(crate) fn topology(&self, gpu: u32, now: i64) -> Result<Topology, Code> {
        if self.wiring == Wiring::UnknownPair {
            return Err(st::NOT_SUPPORTED);
        }
        let gpus = self.real_gpus(now);
        let first = gpus.first().copied().unwrap_or(0);
        let source = self.source.as_ref().ok_or(st::NOT_SUPPORTED)?;
        if source.topology(first).is_none() {
            return Err(st::NOT_SUPPORTED);
        }
        let new = self.flavour == Flavour::V4_6;
        let Some(entity) = self.entity((GPU, gpu), now) else {
            return if new {
                Err(st::BADPARAM)
            } else {
                Ok(Topology::default())
            };
        };
        if entity.fake {
            return if new {
                Err(st::GPU_IS_LOST)
            } else {
                Ok(Topology::default())
            };
        }
        let mut topology = source.topology(gpu).ok_or(st::NOT_SUPPORTED)?;
        if matches!(self.wiring, Wiring::Levels | Wiring::LinkedLevels) {
            topology.cpus = [0; 8];
            topology.cpus[0] = 1_u64.checked_shl(gpu).unwrap_or(0);
        }
        topology.paths.retain(|path| gpus.contains(&path.0));
        for (other, path, ports) in &mut topology.paths {
            if self.wiring == Wiring::FewLinks {
                let (links, own) = match (gpu.min(*other), gpu.max(*other)) {
                    (0, 1) => (0x800, 0xf),
                    (0, 2) if gpu == 0 => (0x200, 0x30),
                    (0, 2) => (0x200, 0x3),
                    _ => (0, 0),
                };
                (*path, *ports) = (*path & LEVEL | links, own);
            }
            if matches!(self.wiring, Wiring::Levels | Wiring::LinkedLevels) {
                let level = match (gpu.min(*other), gpu.max(*other)) {
                    (0, 1) if self.wiring == Wiring::Levels => 1,
                    (0, other @ 2..=5) => 1 << (other - 1),
                    _ => SYSTEM,
                };
                *path = *path & !LEVEL | level;
                if self.wiring == Wiring::Levels {
                    *ports = 0;
                }
            }
            // With a fake GPU or switch the engine knows of no links.
            if new && !self.fakes.is_empty() {
                (*path, *ports) = (*path & LEVEL, 0);
            }
        }
        Ok(topology)
    }

    fn real_gpus(&self, now: i64) -> Vec<u32> {
        let real = self.entities(now).into_iter();
        real.filter(|entity| entity.pair.0 == GPU && !entity.fake && entity.status == 1)
            .map(|entity| entity.pair.1)
            .collect()
    }

    /// The GPUs that fail the checks of a group. Without a group that is checked: none.
    fn failing_gpus(&mut self, now: i64) -> Vec<u32> {
        let mut failing = Vec::new();
        for group in self.group_ids() {
            let (_, _, incidents) = self.check_health(group, now);
            let failed = incidents.iter().filter(|one| one.health >= FAIL);
            failing.extend(failed.map(|one| one.entity.1));
        }
        failing
    }

    /// The code, and the mask that the engine writes with it.
    pub(crate) fn select_gpus(
        &mut self,
        mask: u64,
        count: u32,
        hints: u64,
        now: i64,
    ) -> (Code, u64) {
        if !self.nvml() {
            return (st::NVML_NOT_LOADED, 0);
        }
        let mask = if mask == 0 { u64::MAX } else { mask };
        let bit = |gpu: &u32| 1_u64.checked_shl(*gpu).unwrap_or(0);
        let bits = |gpus: &[u32]| gpus.iter().map(bit).fold(0, |all, one| all | one);
        let failing = if hints & IGNORE_HEALTH == 0 {
            bits(&self.failing_gpus(now))
        } else {
            0
        };
        let healthy = mask & !failing;
        let real = self.real_gpus(now);
        let fakes: Vec<u32> = self.fakes.iter().map(|fake| fake.pair.1).collect();
        let there: Vec<u32> = real
            .iter()
            .copied()
            .filter(|gpu| healthy & bit(gpu) != 0)
            .collect();
        // Fakes count as GPUs here, and cannot be chosen then.
        let counted = (healthy & (bits(&real) | bits(&fakes))).count_ones();
        if count > counted || there.is_empty() {
            // Ids that do not exist are still in it.
            let all = if mask == u64::MAX { bits(&real) } else { mask };
            return (st::INSUFFICIENT_SIZE, healthy & all);
        }
        let first = match self.topology(there.first().copied().unwrap_or(0), now) {
            Ok(topology) => topology,
            Err(code) => return (code, 0),
        };
        // The engine counts links between nodes; without any, it may find no set.
        let is_linked =
            self.wiring == Wiring::Usual && first.paths.iter().any(|path| path.1 > LEVEL);
        let wanted = count as usize;
        // The GPUs at one CPU: the first that are enough.
        let node_of = |gpu: u32| {
            let paths = self.topology(gpu, now).unwrap_or_default().paths;
            let near = |other: &&u32| {
                let path = paths.iter().find(|path| path.0 == **other);
                path.is_none_or(|path| path.1 & LEVEL <= SAME_CPU)
            };
            there.iter().filter(near).copied().collect::<Vec<u32>>()
        };
        let nodes: Vec<_> = there.iter().map(|gpu| node_of(*gpu)).collect();
        let node = nodes.iter().find(|node| node.len() >= wanted);
        let node = node.or(nodes.first()).cloned().unwrap_or_default();
        let finds = match wanted {
            0 => false,
            1 => is_linked && node.len() > 1,
            2 | 3 => self.wiring != Wiring::FewLinks,
            _ => true,
        };
        if !finds {
            return (st::OK, 0);
        }
        let from = if node.len() >= wanted { node } else { there };
        let chosen = from.get(..wanted.min(from.len())).unwrap_or_default();
        (st::OK, bits(chosen))
    }

    /// A row for each GPU, with the status of access to each.
    pub(crate) fn peer_status(&self, now: i64) -> Result<Vec<(u32, Vec<u8>)>, Code> {
        if !self.nvml() {
            return Ok(Vec::new());
        }
        if self.fakes.iter().any(|fake| fake.pair.0 == GPU) {
            return Err(st::NVML_NOT_LOADED);
        }
        let gpus = self.real_gpus(now);
        let row = |gpu: u32| {
            let paths = self.topology(gpu, now).unwrap_or_default().paths;
            let status = |other: &u32| {
                let path = paths.iter().find(|path| path.0 == *other);
                if path.is_some_and(|path| path.1 > LEVEL) {
                    0
                } else {
                    NOT_SUPPORTED
                }
            };
            (gpu, gpus.iter().map(status).collect())
        };
        Ok(gpus.iter().copied().map(row).collect())
    }

    /// The code, and whether the reply is one: that of a fake GPU is what was in memory.
    pub(crate) fn vgpu_attributes(&self, gpu: u32, now: i64) -> (Code, bool) {
        if !self.nvml() {
            return (st::NVML_NOT_LOADED, false);
        }
        match self.entity((GPU, gpu), now) {
            None => (st::GENERIC_ERROR, false),
            Some(entity) => (st::OK, !entity.fake),
        }
    }

    pub(crate) fn has_switches(&self, now: i64) -> bool {
        !self.of_kind(SWITCH, now).is_empty()
    }
}
