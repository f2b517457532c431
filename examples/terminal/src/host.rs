//! What samples say of a host.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dcgm::{
    Entity, EntityId, EntityKind, EntityStatus, FieldId, Link, LinkState, Samples, Timestamp, Value,
};

use crate::state::{Gpu, Health, Instance, Links, reasons};
use crate::traffic::{self, Traffic};

/// How much of the past is kept.
const HISTORY: usize = 24;

/// After as many intervals without a new sample values are old.
const PATIENCE: u32 = 3;

const MIB: f64 = 1024.0 * 1024.0;

/// What is asked of a GPU.
pub(crate) const GPU: [FieldId; 21] = [
    FieldId::GPU_UTIL,
    FieldId::FB_USED,
    FieldId::FB_TOTAL,
    FieldId::GPU_TEMP,
    FieldId::POWER_USAGE,
    FieldId::POWER_MGMT_LIMIT,
    FieldId::SM_CLOCK,
    FieldId::MEM_CLOCK,
    FieldId::CLOCK_THROTTLE_REASONS,
    FieldId::ECC_DBE_VOL_TOTAL,
    FieldId::RETIRED_PENDING,
    FieldId::ROW_REMAP_FAILURE,
    FieldId::ROW_REMAP_PENDING,
    FieldId::GET_GPU_RECOVERY_ACTION,
    FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_COUNT_RX_ERRORS,
    FieldId::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS,
    FieldId::PCIE_REPLAY_COUNTER,
];

/// What is asked of a GPU whose profiling counters can be had.
pub(crate) const PROFILING: [FieldId; 3] = [
    FieldId::PROF_SM_ACTIVE,
    FieldId::PROF_PIPE_TENSOR_ACTIVE,
    FieldId::PROF_DRAM_ACTIVE,
];

/// What is asked of a MIG instance.
pub(crate) const INSTANCE: [FieldId; 3] = [
    FieldId::FB_USED,
    FieldId::FB_TOTAL,
    FieldId::PROF_GR_ENGINE_ACTIVE,
];

/// What is wrong with a GPU whose field is not 0.
const FLAWS: [(FieldId, &str); 5] = [
    (FieldId::ECC_DBE_VOL_TOTAL, "uncorrectable memory errors"),
    (FieldId::ROW_REMAP_FAILURE, "row remap failed"),
    (FieldId::ROW_REMAP_PENDING, "row remap pending"),
    (FieldId::RETIRED_PENDING, "page retirement pending"),
    (FieldId::GET_GPU_RECOVERY_ACTION, "recovery wanted"),
];

/// Counters that ought to stand still. A GPU has either the first four or, from `NVLink` 5 on, the
/// two after them.
const ERRORS: [(FieldId, &str); 7] = [
    (
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        "NVLink flit CRC errors",
    ),
    (
        FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
        "NVLink data CRC errors",
    ),
    (FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL, "NVLink replays"),
    (
        FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
        "NVLink recoveries",
    ),
    (FieldId::NVLINK_COUNT_RX_ERRORS, "NVLink receive errors"),
    (
        FieldId::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS,
        "NVLink recoveries failed",
    ),
    (FieldId::PCIE_REPLAY_COUNTER, "PCIe replays"),
];

/// What has to be known of earlier reads.
#[derive(Debug)]
pub(crate) struct Memory {
    interval: Duration,
    /// What each counter of errors was when it was first seen.
    first: HashMap<(EntityId, FieldId), i64>,
    /// The newest sample of each GPU, and when it came by our own clock.
    moved: HashMap<EntityId, (Timestamp, Instant)>,
    traffic: Traffic,
}

/// The samples of one entity.
#[derive(Clone, Copy)]
struct Of<'a> {
    samples: &'a Samples,
    entity: EntityId,
}

impl Of<'_> {
    fn number(self, field: FieldId) -> Option<f64> {
        match self.samples.find(self.entity, field)?.value.ok()? {
            Value::Double(value) => value.is_finite().then_some(value),
            #[expect(clippy::cast_precision_loss, reason = "it is drawn in three digits")]
            Value::Int(value) => Some(value as f64),
            _ => None,
        }
    }

    fn count(self, field: FieldId) -> Option<i64> {
        match self.samples.find(self.entity, field)?.value.ok()? {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    fn memory(self) -> (Option<f64>, Option<f64>) {
        let bytes = |field| self.number(field).map(|mib| mib * MIB);
        (bytes(FieldId::FB_USED), bytes(FieldId::FB_TOTAL))
    }
}

impl Memory {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            first: HashMap::new(),
            moved: HashMap::new(),
            traffic: Traffic::default(),
        }
    }

    /// The GPUs, as they are now; of `before` what goes on. `links` are `None` if the engine does not
    /// tell of them.
    pub(crate) fn gpus(
        &mut self,
        (entities, links): (&[Entity], Option<&[Link]>),
        samples: &Samples,
        before: &[Gpu],
        now: Instant,
    ) -> Vec<Gpu> {
        let gpus = entities
            .iter()
            .filter(|entity| entity.id.kind == EntityKind::GPU);
        let gpus = gpus.map(|entity| {
            let of = Of {
                samples,
                entity: entity.id,
            };
            let known = before.iter().find(|gpu| gpu.id == entity.id.id);
            let mine = links.map(|links| {
                let mine = links.iter().filter(|link| link.parent == entity.id);
                mine.map(|link| link.state).collect::<Vec<_>>()
            });
            let busy = of.number(FieldId::GPU_UTIL).map(|percent| percent / 100.0);
            let mut history = known.map(|gpu| gpu.history.clone()).unwrap_or_default();
            history.push_back(busy.map(percent));
            while history.len() > HISTORY {
                history.pop_front();
            }
            Gpu {
                id: entity.id.id,
                model: entity.model.clone(),
                uuid: entity.uuid.clone(),
                busy,
                history,
                memory: of.memory(),
                temperature: of.number(FieldId::GPU_TEMP),
                power: (
                    of.number(FieldId::POWER_USAGE),
                    of.number(FieldId::POWER_MGMT_LIMIT),
                ),
                clocks: (of.number(FieldId::SM_CLOCK), of.number(FieldId::MEM_CLOCK)),
                active: [
                    FieldId::PROF_SM_ACTIVE,
                    FieldId::PROF_PIPE_TENSOR_ACTIVE,
                    FieldId::PROF_DRAM_ACTIVE,
                ]
                .map(|field| of.number(field)),
                traffic: (
                    self.traffic.rate(&traffic::OUT, samples, entity.id),
                    self.traffic.rate(&traffic::IN, samples, entity.id),
                ),
                links: counted(mine.as_deref()),
                throttled: of.count(FieldId::CLOCK_THROTTLE_REASONS).map(reasons),
                health: self.health(entity, of, mine.as_deref()),
                stale: self.is_stale(of, now),
                instances: instances(entity.id, entities, samples),
            }
        });
        gpus.collect()
    }

    fn health(&mut self, entity: &Entity, of: Of<'_>, links: Option<&[LinkState]>) -> Health {
        match entity.status {
            EntityStatus::LOST => return Health::Lost("fell off the bus"),
            EntityStatus::INACCESSIBLE => return Health::Lost("cannot be reached"),
            EntityStatus::DETACHED => return Health::Lost("is detached"),
            EntityStatus::DISABLED => return Health::Lost("is disabled"),
            _ => {}
        }
        let mut wrong = Vec::new();
        let mut known = false;
        for (field, what) in FLAWS {
            let count = of.count(field);
            known |= count.is_some();
            match count {
                None | Some(0) => {}
                Some(1) => wrong.push(what.to_owned()),
                Some(count) => wrong.push(format!("{what}: {count}")),
            }
        }
        for (field, what) in ERRORS {
            let Some(count) = of.count(field) else {
                continue;
            };
            known = true;
            let first = self.first.entry((of.entity, field)).or_insert(count);
            // A driver that was loaded anew counts from zero.
            *first = count.min(*first);
            if count > *first {
                wrong.push(format!("{what}: {} more", count - *first));
            }
        }
        let links = links.unwrap_or_default();
        known |= !links.is_empty();
        let down = links.iter().filter(|state| **state == LinkState::DOWN);
        match down.count() {
            0 => {}
            count => wrong.push(format!("NVLinks down: {count}")),
        }
        match (wrong.is_empty(), known) {
            (false, _) => Health::Impaired(wrong),
            (true, true) => Health::Fine,
            (true, false) => Health::Unknown,
        }
    }

    /// Whether nothing new came for long. Only a sample's own time shows that an engine still
    /// samples, and only our own clock how long that has stood: the engine's may be another.
    fn is_stale(&mut self, of: Of<'_>, now: Instant) -> bool {
        let fields = GPU.iter();
        let times = fields.filter_map(|field| Some(of.samples.find(of.entity, *field)?.timestamp));
        let newest = times.max().unwrap_or(Timestamp::NEVER);
        let (seen, at) = self.moved.entry(of.entity).or_insert((newest, now));
        if *seen != newest {
            (*seen, *at) = (newest, now);
        }
        now.saturating_duration_since(*at) > self.interval * PATIENCE
    }
}

fn counted(states: Option<&[LinkState]>) -> Links {
    match states {
        None => Links::Unknown,
        Some([]) => Links::None,
        Some(states) => {
            let up = states.iter().filter(|state| **state == LinkState::UP);
            Links::Some {
                up: up.count(),
                all: states.len(),
            }
        }
    }
}

fn instances(gpu: EntityId, entities: &[Entity], samples: &Samples) -> Vec<Instance> {
    let mine = entities
        .iter()
        .filter(|entity| entity.parent == Some(gpu) && entity.id.kind == EntityKind::GPU_INSTANCE);
    let instance = |entity: &Entity| {
        let of = Of {
            samples,
            entity: entity.id,
        };
        let mig = entity.mig.as_ref();
        Instance {
            id: mig.map_or(entity.id.id, |mig| mig.instance_id),
            profile: mig.and_then(|mig| mig.profile.clone()),
            busy: of.number(FieldId::PROF_GR_ENGINE_ACTIVE),
            memory: of.memory(),
        }
    };
    mine.map(instance).collect()
}

/// A share as a whole number from 0 to 100.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 100"
)]
fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
