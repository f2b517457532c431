//! Health: as little as the recordings show.

use std::collections::HashMap;

use super::{Code, Engine, GPU, Pair, st};
use crate::Flavour;

const PCIE: u32 = 0x1;
const MEM: u32 = 0x10;
const FAIL: u32 = 20;
const WARN: u32 = 10;
const DBE_VOLATILE: u16 = 311;
const PCIE_REPLAY: u16 = 202;
const XID: u16 = 230;
const MINUTE: i64 = 60_000_000;

#[derive(Debug, Default)]
pub(super) struct Health {
    systems: HashMap<u64, u32>,
}

impl Health {
    pub(super) fn forget(&mut self, group: u64) {
        self.systems.remove(&group);
    }
}

/// Something wrong with an entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incident {
    pub(crate) system: u32,
    pub(crate) health: u32,
    pub(crate) code: u32,
    pub(crate) entity: Pair,
    pub(crate) message: String,
}

impl Engine {
    pub(crate) fn set_health(&mut self, group: u64, systems: u32, now: i64) -> Code {
        self.load_module(4, 3);
        if let Err(code) = self.group(group, now) {
            return code;
        }
        self.health.systems.insert(group, systems);
        if self.nvml() {
            let (_, members) = self.group(group, now).unwrap_or_default();
            for pair in members.into_iter().filter(|pair| pair.0 == GPU) {
                for field in [PCIE_REPLAY, DBE_VOLATILE, XID] {
                    self.watch_internally(pair, field, now);
                }
            }
        }
        st::OK
    }

    pub(crate) fn health(&mut self, group: u64, now: i64) -> Result<u32, Code> {
        self.load_module(4, 3);
        self.group(group, now)?;
        Ok(self.health.systems.get(&group).copied().unwrap_or(0))
    }

    /// The worst result, and why.
    pub(crate) fn check_health(&mut self, group: u64, now: i64) -> (Code, u32, Vec<Incident>) {
        self.load_module(4, 3);
        let members = match self.group(group, now) {
            Ok((_, members)) => members,
            Err(code) => return (code, 0, Vec::new()),
        };
        let Some(&systems) = self.health.systems.get(&group) else {
            return (st::OK, 0, Vec::new());
        };
        let mut incidents = Vec::new();
        for pair in members.into_iter().filter(|pair| pair.0 == GPU) {
            self.check_gpu(pair, systems, now, &mut incidents);
        }
        let worst = incidents
            .iter()
            .map(|incident| incident.health)
            .max()
            .unwrap_or(0);
        let code = match self.flavour {
            Flavour::V3_3 if !self.nvml() => st::NOT_WATCHED,
            _ => st::OK,
        };
        (code, worst, incidents)
    }

    fn check_gpu(&self, pair: Pair, systems: u32, now: i64, incidents: &mut Vec<Incident>) {
        let samples = |field| self.fields.get(&(pair, field));
        let newest =
            |field| samples(field).and_then(|watched| watched.samples().next_back()?.1.as_int());
        // Without a driver the engine watches neither XIDs nor replays.
        if self.nvml() && self.flavour == Flavour::V4_6 && newest(XID) == Some(79) {
            incidents.push(Incident {
                system: u32::MAX,
                health: FAIL,
                code: 120,
                entity: pair,
                message: "GPU has fallen off the bus".to_owned(),
            });
        }
        if self.nvml() && systems & PCIE != 0 {
            let recent = samples(PCIE_REPLAY).map(|watched| {
                let counts = watched.samples().filter(|(at, _)| *at > now - MINUTE);
                let counts: Vec<i64> = counts.filter_map(|(_, payload)| payload.as_int()).collect();
                counts.last().copied().unwrap_or(0) - counts.first().copied().unwrap_or(0)
            });
            if let Some(count @ 9..) = recent {
                incidents.push(Incident {
                    system: PCIE,
                    health: WARN,
                    code: 3,
                    entity: pair,
                    message: format!(
                        "Detected more than 8 PCIe replays per minute for GPU {} : {count}",
                        pair.1
                    ),
                });
            }
        }
        if systems & MEM != 0 {
            if let Some(count @ 1..) = newest(DBE_VOLATILE).filter(|count| *count < i64::MAX - 0xff)
            {
                incidents.push(Incident {
                    system: MEM,
                    health: FAIL,
                    code: 4,
                    entity: pair,
                    message: format!(
                        "Detected {count} volatile double-bit ECC error(s) in GPU {}. Drain the GPU and reset it or reboot the node.",
                        pair.1
                    ),
                });
            }
        }
    }
}
