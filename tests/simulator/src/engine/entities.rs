//! Entities: those of the host, and fakes.

use super::{
    CONNECTX, CPU, CPU_CORE, Code, Engine, GPU, GPU_CI, GPU_I, LINK, Pair, SWITCH, VGPU, st,
};
use crate::Flavour;
use crate::fields::Field;
use crate::source::Present;
use crate::wire::Payload;

pub(super) const NO_UUID: &[u8] = b"GPU-00000000-0000-0000-0000-000000000000";
const MOST_GPUS: usize = 32;
/// `DcgmEntityStatusOk`, and the others that a GPU can have here.
const OK: u32 = 1;
const LOST: u32 = 4;
const FAKE: u32 = 5;
pub(super) const DETACHED: u32 = 7;

/// An entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entity {
    pub(crate) pair: Pair,
    pub(crate) parent: Option<Pair>,
    pub(crate) fake: bool,
    pub(crate) status: u32,
    pub(crate) instance: (u32, u32, u32),
}

impl From<Present> for Entity {
    fn from(present: Present) -> Self {
        Self {
            pair: present.entity,
            parent: present.parent,
            fake: false,
            status: present.status,
            instance: present.instance,
        }
    }
}

/// A row of the MIG hierarchy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    pub(crate) entity: Pair,
    pub(crate) parent: Pair,
    pub(crate) uuid: Vec<u8>,
    pub(crate) gpu: u32,
    pub(crate) number: u32,
    pub(crate) compute: u32,
    pub(crate) profile: u32,
    pub(crate) slices: u32,
}

/// The result of `dcgmGetDeviceAttributes`, as text and numbers in the struct's order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attributes {
    /// Brand, name, bus id, serial, UUID, VBIOS, inforom, driver.
    pub(crate) texts: [Vec<u8>; 8],
    /// Slowdown, shutdown, five power limits (current, default, enforced, least, most), device id,
    /// subsystem id, virtualization, BAR1, total, used, free, persistence, MIG, confidential
    /// computing.
    pub(crate) numbers: [u32; 17],
    /// Pairs of memory and SM clocks.
    pub(crate) clocks: Vec<(u32, u32)>,
}

impl Engine {
    /// Every entity, fakes last.
    pub(crate) fn entities(&self, now: i64) -> Vec<Entity> {
        let real = self.source.iter().flat_map(|source| source.entities(now));
        let with_status = |mut entity: Entity| {
            if entity.pair.0 == GPU {
                let set = self.statuses.get(&entity.pair.1);
                entity.status = set.copied().unwrap_or(entity.status);
            }
            entity
        };
        real.map(Entity::from)
            .chain(self.fakes.iter().cloned())
            .map(with_status)
            .collect()
    }

    /// The entities that the engine calls supported: those that can be sampled.
    fn supported(&self, now: i64) -> Vec<Entity> {
        let mut entities = self.entities(now);
        entities.retain(|entity| matches!(entity.status, OK | FAKE));
        entities
    }

    pub(crate) fn entity(&self, pair: Pair, now: i64) -> Option<Entity> {
        self.entities(now)
            .into_iter()
            .find(|entity| entity.pair == pair)
    }

    pub(crate) fn gpus(&self, now: i64) -> Result<Vec<u32>, Code> {
        if self.flavour == Flavour::V3_3 && !self.nvml() {
            return Err(st::NVML_NOT_LOADED);
        }
        Ok(self.of_kind_with_any_status(GPU, now))
    }

    /// The supported entities of a kind.
    pub(super) fn of_kind(&self, kind: u32, now: i64) -> Vec<u32> {
        ids(self.supported(now), kind)
    }

    fn of_kind_with_any_status(&self, kind: u32, now: i64) -> Vec<u32> {
        ids(self.entities(now), kind)
    }

    /// Lists a kind: the supported entities only, or all.
    pub(crate) fn list(
        &mut self,
        kind: u32,
        only_supported: bool,
        now: i64,
    ) -> Result<Vec<u32>, Code> {
        let listed = if only_supported {
            self.of_kind(kind, now)
        } else {
            self.of_kind_with_any_status(kind, now)
        };
        match kind {
            GPU | SWITCH | GPU_I | GPU_CI => Ok(listed),
            CONNECTX if self.flavour == Flavour::V4_6 => Ok(listed),
            CPU | CPU_CORE => {
                let ids = listed;
                if ids.is_empty() {
                    Err(st::MODULE_NOT_LOADED)
                } else {
                    Ok(ids)
                }
            }
            _ => Err(st::NOT_SUPPORTED),
        }
    }

    pub(crate) fn status(&self, gpu: u32, now: i64) -> u32 {
        self.entity((GPU, gpu), now)
            .map_or(0, |entity| entity.status)
    }

    /// Makes a fake. `Err` of `GENERIC_ERROR` also tells that the id to write is the bad one.
    pub(crate) fn fake(&mut self, kind: u32, parent: Pair, now: i64) -> Result<u32, Code> {
        let entities = self.entities(now);
        let count = |kind| {
            entities
                .iter()
                .filter(|entity| entity.pair.0 == kind)
                .count()
        };
        let (id, parent) = match kind {
            GPU if count(GPU) >= MOST_GPUS => return Err(st::GENERIC_ERROR),
            GPU | SWITCH => (count(kind), None),
            GPU_I | GPU_CI => {
                let above = if kind == GPU_I { GPU } else { GPU_I };
                if parent.0 != above || !entities.iter().any(|entity| entity.pair == parent) {
                    return Err(st::GENERIC_ERROR);
                }
                let gpu = if kind == GPU_I {
                    parent.1
                } else {
                    parent.1 / 8
                };
                let siblings = entities
                    .iter()
                    .filter(|e| e.pair.0 == kind && e.pair.1 / 8 == gpu)
                    .count();
                if siblings >= 8 {
                    return Err(st::GENERIC_ERROR);
                }
                (gpu as usize * 8 + siblings, Some(parent))
            }
            CPU | CPU_CORE => return Err(st::MODULE_NOT_LOADED),
            _ => return Err(st::NOT_SUPPORTED),
        };
        let id = u32::try_from(id).map_err(|_overflow| st::GENERIC_ERROR)?;
        // Of compute instances, each is the first.
        let number = if kind == GPU_I { id % 8 } else { 0 };
        let instance = (number, 0, u32::from(kind == GPU_CI));
        self.fakes.push(Entity {
            pair: (kind, id),
            parent,
            fake: true,
            status: FAKE,
            instance,
        });
        if kind == GPU {
            // The real engine gives its fakes an ECC mode, so that health checks work.
            self.store((GPU, id), 300, now, Payload::Int(1));
        }
        Ok(id)
    }

    /// The MIG hierarchy: each GPU instance, then its compute instances.
    pub(crate) fn hierarchy(&self, now: i64) -> Result<Vec<Instance>, Code> {
        if !self.nvml() {
            return Err(st::NVML_NOT_LOADED);
        }
        let entities = self.entities(now);
        let of_kind = |kind| {
            entities
                .iter()
                .filter(move |entity: &&Entity| entity.pair.0 == kind)
        };
        let mut rows = Vec::new();
        let gpu_of = |instance: &Entity| instance.parent.map_or(0, |parent| parent.1);
        let mut instances: Vec<_> = of_kind(GPU_I).collect();
        instances.sort_by_key(|instance| gpu_of(instance));
        for instance in instances {
            let gpu = gpu_of(instance);
            let (number, profile, slices) = instance.instance;
            let uuid = self.uuid(gpu, now);
            let row = |entity: &Entity, compute, profile, slices| Instance {
                entity: entity.pair,
                parent: entity.parent.unwrap_or((0, 0)),
                uuid: uuid.clone(),
                gpu,
                number,
                compute,
                profile,
                slices,
            };
            rows.push(row(instance, u32::MAX, profile, slices));
            for compute in of_kind(GPU_CI).filter(|compute| compute.parent == Some(instance.pair)) {
                rows.push(row(
                    compute,
                    compute.instance.0,
                    compute.instance.1,
                    compute.instance.2,
                ));
            }
        }
        Ok(rows)
    }

    fn uuid(&self, gpu: u32, now: i64) -> Vec<u8> {
        match self.sampled(gpu, 54, now) {
            Some(Payload::Text(text)) => text,
            _ => NO_UUID.to_vec(),
        }
    }

    /// Returns the driver's state of a GPU. `None` for fakes and unknown GPUs.
    fn sampled(&self, gpu: u32, field: u16, now: i64) -> Option<Payload> {
        let entity = self.entity((GPU, gpu), now)?;
        let field = Field::find(field, Flavour::V4_6)?;
        if entity.fake && !field.global {
            return None;
        }
        self.source.as_ref()?.value(entity.pair, field, now, now)
    }

    /// Unknown GPUs are answered too, with zeros and the version of the driver.
    pub(crate) fn attributes(&self, gpu: u32, now: i64) -> Attributes {
        let entity = self.entity((GPU, gpu), now);
        if entity.is_none() {
            let mut texts: [Vec<u8>; 8] = Default::default();
            let driver = self.real_value(1, now);
            if let (Some(Payload::Text(text)), Some(last)) = (driver, texts.last_mut()) {
                *last = text;
            }
            return Attributes {
                texts,
                numbers: [0; 17],
                clocks: Vec::new(),
            };
        }
        let fake = entity.is_some_and(|entity| entity.fake);
        let old_without_driver = self.flavour == Flavour::V3_3 && !self.nvml();
        let text = |field| match self.sampled(gpu, field, now) {
            Some(Payload::Text(text)) => text,
            _ if fake && field == 54 => NO_UUID.to_vec(),
            _ if old_without_driver => {
                b"Cannot perform the requested operation because NVML doesn't exist on this system."
                    .to_vec()
            }
            _ => b"<<<NULL>>>".to_vec(),
        };
        // What has no value is a 32-bit blank, except where the real engine cuts a 64-bit one down.
        let offset = if old_without_driver { 2 } else { 0 };
        let number = |field, cut: bool| match self.sampled(gpu, field, now) {
            Some(Payload::Int(value)) => u32::try_from(value & 0xffff_ffff).unwrap_or(u32::MAX),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "as the real engine does"
            )]
            Some(Payload::Double(value)) => value as u32,
            // Without a driver a fake's memory is nothing.
            _ if matches!(field, 250..=252) && fake && !self.nvml() && offset == 0 => 0,
            _ if field == 500 => 0,
            _ if cut => 0xffff_fff0 + offset,
            _ => 0x7fff_fff0 + offset,
        };
        Attributes {
            texts: [51, 50, 57, 53, 54, 85, 82, 1].map(text),
            numbers: [
                number(158, false),
                number(159, false),
                number(160, false),
                number(163, false),
                number(164, false),
                number(161, false),
                number(162, false),
                number(58, true),
                number(59, true),
                number(500, false),
                number(90, true),
                number(250, true),
                number(252, true),
                number(251, true),
                number(66, true),
                number(67, true),
                number(74, true),
            ],
            clocks: self.clocks(gpu, now),
        }
    }

    /// A field of the host.
    fn real_value(&self, field: u16, now: i64) -> Option<Payload> {
        let field = Field::find(field, Flavour::V4_6)?;
        self.source.as_ref()?.value((0, 0), field, now, now)
    }

    /// The pairs of clocks that can be set: some steps down from the highest.
    fn clocks(&self, gpu: u32, now: i64) -> Vec<(u32, u32)> {
        // The driver of the recordings has none.
        let has_model = self
            .source
            .as_ref()
            .is_some_and(|source| source.topology(gpu).is_some());
        if !has_model {
            return Vec::new();
        }
        let clock = |field| {
            let value = self.sampled(gpu, field, now)?.as_int()?;
            u32::try_from(value).ok()
        };
        let (Some(memory), Some(sm)) = (clock(101), clock(100)) else {
            return Vec::new();
        };
        (0..4)
            .map(|step| (memory, sm.saturating_sub(15 * step)))
            .collect()
    }

    /// Returns the engine's build information. Where there are Grace CPUs, it is for these.
    pub(crate) fn build_info(&self) -> String {
        let has_cpus = self.source.as_ref().is_some_and(|source| source.has_cpus());
        self.flavour.build_info_for(has_cpus)
    }

    /// `dcgmChipArchitecture_t`.
    pub(crate) fn architecture(&self, gpu: u32, now: i64) -> Result<u32, Code> {
        match (self.entity((GPU, gpu), now), &self.source) {
            (Some(entity), Some(source)) if !entity.fake => Ok(source.architecture()),
            (None, Some(_)) => Err(st::BADPARAM),
            _ => Ok(u32::MAX),
        }
    }

    /// The fields that the profiler of a GPU has: a list of the release, and not of what the GPU
    /// has. Asking loads the profiling module, or fails to.
    pub(crate) fn profiling_groups(&mut self, gpu: u32, now: i64) -> Result<Vec<u16>, Code> {
        let is_real = self
            .entity((GPU, gpu), now)
            .is_some_and(|entity| !entity.fake);
        if is_real && self.can_profile((GPU, gpu)) {
            self.load_module(8, 3);
            let fields = crate::fields::FIELDS.iter();
            let known = fields.filter(|field| field.known_to(self.flavour));
            return Ok(known
                .filter(|field| field.is_profiling())
                .map(|field| field.id)
                .collect());
        }
        self.load_module(8, 2);
        Err(st::MODULE_NOT_LOADED)
    }

    /// GPUs, then switches, with the states of their links.
    pub(crate) fn link_states(&self, now: i64) -> [Vec<(u32, Vec<u32>)>; 2] {
        [GPU, SWITCH].map(|kind| {
            let ids = self.of_kind(kind, now).into_iter();
            ids.map(|id| (id, self.links_of((kind, id), now))).collect()
        })
    }

    pub(super) fn links_of(&self, pair: Pair, now: i64) -> Vec<u32> {
        let fake = self.fakes.iter().any(|entity| entity.pair == pair);
        let mut states = match &self.source {
            Some(source) if !fake => source.links(pair, now),
            _ => Vec::new(),
        };
        for (&(_, index), &state) in self.links.iter().filter(|((of, _), _)| *of == pair) {
            let index = index as usize;
            if states.len() <= index {
                states.resize(index + 1, 0);
            }
            if let Some(slot) = states.get_mut(index) {
                *slot = state;
            }
        }
        states
    }

    pub(crate) fn set_link(&mut self, pair: Pair, index: u32, state: u32, now: i64) -> Code {
        if !matches!(pair.0, GPU | SWITCH)
            || self.entity(pair, now).is_none()
            || index >= 256
            || state > 3
        {
            return st::BADPARAM;
        }
        self.links.insert((pair, index), state);
        st::OK
    }

    /// Returns `true` if a pair may be added to a group.
    pub(super) fn may_be_grouped(&self, pair: Pair, now: i64) -> bool {
        match pair.0 {
            LINK => self.flavour == Flavour::V4_6,
            VGPU => false,
            // Seen of a detached GPU, and taken to be so of a lost one.
            _ => self
                .entity(pair, now)
                .is_some_and(|entity| !matches!(entity.status, LOST | DETACHED)),
        }
    }

    /// Returns the status that a test set for a GPU.
    pub(super) fn set_status_of(&self, pair: Pair) -> Option<u32> {
        self.statuses
            .get(&pair.1)
            .copied()
            .filter(|_| pair.0 == GPU)
    }
}

fn ids(entities: Vec<Entity>, kind: u32) -> Vec<u32> {
    let of_kind = |entity: Entity| (entity.pair.0 == kind).then_some(entity.pair.1);
    entities.into_iter().filter_map(of_kind).collect()
}
