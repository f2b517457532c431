//! Where the values of real GPUs come from: a host, asked at a time.

use std::time::Duration;

use dcgm::mock::Model;
use dcgm::{EntityId, EntityKind, FieldId, NoValue, OwnedValue};

use crate::engine::Topology;
use crate::fields::Field;
use crate::wire::Payload;

/// A host's GPUs, as its driver would see them.
pub(crate) trait Source: Send {
    /// Every entity, in order.
    fn entities(&self, at: i64) -> Vec<Present>;

    /// A field's value in a sample that follows one of a time before; a rate covers the time
    /// between them. `None`: the driver never reports it (events that did not happen).
    fn value(
        &self,
        entity: (u32, u32),
        field: &'static Field,
        after: i64,
        at: i64,
    ) -> Option<Payload>;

    /// Events of a field in a time (after, until], each with its own time.
    fn events(&self, entity: (u32, u32), field: u16, after: i64, until: i64)
    -> Vec<(i64, Payload)>;

    /// Returns `true` if the profiling module is there.
    fn profiling(&self) -> bool;

    /// `dcgmChipArchitecture_t` of its GPUs.
    fn architecture(&self) -> u32 {
        // Hopper.
        9
    }

    /// Returns `true` if the host has Grace CPUs.
    fn has_cpus(&self) -> bool {
        false
    }

    /// The states of an entity's links, by index.
    fn links(&self, entity: (u32, u32), at: i64) -> Vec<u32>;

    /// The topology of a GPU. `None`: NVML knows nothing of it.
    fn topology(&self, _gpu: u32) -> Option<Topology> {
        None
    }
}

/// An entity that is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Present {
    pub(crate) entity: (u32, u32),
    pub(crate) parent: Option<(u32, u32)>,
    /// For instances: number in its GPU, profile, slices.
    pub(crate) instance: (u32, u32, u32),
    /// `DcgmEntityStatus_t`.
    pub(crate) status: u32,
}

/// The GPUs of the recordings: "H100" served by an injected NVML, with values that do not move.
#[derive(Debug)]
pub(crate) struct Recorded(pub(crate) u32);

impl Source for Recorded {
    fn entities(&self, _at: i64) -> Vec<Present> {
        (0..self.0)
            .map(|id| Present {
                entity: (1, id),
                parent: None,
                instance: (0, 0, 0),
                status: 1,
            })
            .collect()
    }

    fn value(
        &self,
        (kind, id): (u32, u32),
        field: &'static Field,
        _after: i64,
        _at: i64,
    ) -> Option<Payload> {
        // The host, and its GPUs: nothing else is there.
        if kind > 1 {
            return None;
        }
        let text = |text: &str| Payload::Text(text.as_bytes().to_vec());
        Some(match field.id {
            1 => text("570.133.20"),
            4 => Payload::Int(i64::from(self.0)),
            5 => Payload::Int(12080),
            50 => text("NVIDIA H100 80GB HBM3"),
            51 => text("NVIDIA"),
            52 => Payload::Int(i64::from(id)),
            53 => text(&format!("165402300000{id}")),
            54 => text(&format!("GPU-5ea1ab1e-0000-4000-8000-{id:012}")),
            57 => text(&format!("00000000:{:02X}:00.0", 0x18 + id)),
            58 => Payload::Int(0x2330_10de),
            66 | 300 => Payload::Int(1),
            67 | 74 | 202 | 311 | 500 => Payload::Int(0),
            // A link of generation 5 with 16 lanes.
            237 => Payload::Int(5),
            238 => Payload::Int(16),
            85 => text("96.00.89.00.01"),
            90 => Payload::Int(131_072),
            158 => Payload::Int(90),
            159 => Payload::Int(95),
            160..=164 => Payload::Double(700.0),
            100 => Payload::Int(1980),
            101 => Payload::Int(2619),
            150 => Payload::Int(35 + i64::from(id)),
            155 => Payload::Double(115.0 + f64::from(id)),
            156 => Payload::Int(123_456_789),
            203 => Payload::Int(42),
            250 => Payload::Int(81_559),
            251 => Payload::Int(80_000),
            252 => Payload::Int(1_000),
            230 => return None,
            240 => Payload::blank(field.kind, 1),
            _ => Payload::blank(field.kind, 2),
        })
    }

    fn events(
        &self,
        _entity: (u32, u32),
        _field: u16,
        _after: i64,
        _until: i64,
    ) -> Vec<(i64, Payload)> {
        Vec::new()
    }

    fn profiling(&self) -> bool {
        false
    }

    fn links(&self, _entity: (u32, u32), _at: i64) -> Vec<u32> {
        Vec::new()
    }
}

/// A host of the mock's, in a scenario.
#[derive(Debug)]
struct Modelled {
    model: Model,
    /// When its time began.
    began: i64,
}

impl Modelled {
    fn time(&self, at: i64) -> Duration {
        Duration::from_micros(u64::try_from(at.saturating_sub(self.began)).unwrap_or(0))
    }
}

fn id(entity: (u32, u32)) -> EntityId {
    EntityId::new(EntityKind::from_raw(entity.0), entity.1)
}

impl Source for Modelled {
    fn entities(&self, at: i64) -> Vec<Present> {
        let present = |entity: dcgm::Entity| Present {
            entity: (entity.id.kind.raw(), entity.id.id),
            parent: entity.parent.map(|parent| (parent.kind.raw(), parent.id)),
            instance: entity.mig.map_or((0, 0, 0), |mig| {
                (
                    mig.compute_instance_id.unwrap_or(mig.instance_id),
                    0,
                    mig.slices,
                )
            }),
            status: entity.status.raw(),
        };
        self.model
            .entities(self.time(at))
            .into_iter()
            .map(present)
            .collect()
    }

    fn value(
        &self,
        entity: (u32, u32),
        field: &'static Field,
        after: i64,
        at: i64,
    ) -> Option<Payload> {
        let number = FieldId::from_raw(field.id);
        if number.is_event() {
            return None;
        }
        let entity = if field.global {
            EntityId::HOST
        } else {
            id(entity)
        };
        let window = self.time(at).saturating_sub(self.time(after));
        Some(
            match self.model.value_over(entity, number, window, self.time(at)) {
                Ok(OwnedValue::Int(value)) => Payload::Int(value),
                Ok(OwnedValue::Double(value)) => Payload::Double(value),
                Ok(OwnedValue::Text(text)) => Payload::Text(text.as_bytes().to_vec()),
                Ok(OwnedValue::Blob(bytes)) => Payload::Blob(bytes.to_vec()),
                Err(NoValue::NotFound) => Payload::blank(field.kind, 1),
                Err(NoValue::NotSupported) => Payload::blank(field.kind, 2),
                Err(NoValue::NotPermitted) => Payload::blank(field.kind, 3),
                // A driver that lost its GPU is sampled, and has nothing to say.
                Err(NoValue::Blank | NoValue::Code(_)) => Payload::blank(field.kind, 0),
                Ok(_) | Err(_) => return None,
            },
        )
    }

    fn events(
        &self,
        entity: (u32, u32),
        field: u16,
        after: i64,
        until: i64,
    ) -> Vec<(i64, Payload)> {
        let (from, to) = (self.time(after + 1), self.time(until + 1));
        let events = self
            .model
            .events(id(entity), FieldId::from_raw(field), from, to)
            .into_iter();
        let at = |time: Duration| self.began + i64::try_from(time.as_micros()).unwrap_or(0);
        events
            .map(|(time, value)| (at(time), Payload::Int(value)))
            .collect()
    }

    fn profiling(&self) -> bool {
        self.model.host().name() != "consumer"
    }

    fn links(&self, entity: (u32, u32), at: i64) -> Vec<u32> {
        let mut states = Vec::new();
        for link in self.model.links(self.time(at)) {
            if link.parent == id(entity) {
                let index = link.index as usize;
                if states.len() <= index {
                    states.resize(index + 1, 0);
                }
                if let Some(slot) = states.get_mut(index) {
                    *slot = link.state.raw();
                }
            }
        }
        states
    }

    fn topology(&self, gpu: u32) -> Option<Topology> {
        let found = self.model.host().gpu_topology(EntityId::gpu(gpu))?;
        let mut topology = Topology::default();
        for cpu in found.cpu_affinity.iter() {
            if let Some(word) = topology.cpus.get_mut(cpu as usize / 64) {
                *word |= 1 << (cpu % 64);
            }
        }
        for path in found.paths {
            let links = path.nvlinks.checked_sub(1).map_or(0, |n| 0x100_u64 << n);
            let ports = path
                .local_links
                .iter()
                .fold(0, |bits, port| bits | 1 << port);
            let level = u64::from(path.level.raw());
            topology.paths.push((path.gpu.id, level | links, ports));
        }
        Some(topology)
    }

    fn has_cpus(&self) -> bool {
        let mut entities = self.model.host().entities().iter();
        entities.any(|entity| entity.id.kind == EntityKind::CPU)
    }

    fn architecture(&self) -> u32 {
        // dcgmChipArchitecture_t.
        match self.model.host().name() {
            "gb200" => 10,
            "1xl4" | "consumer" => 8,
            _ => 9,
        }
    }
}

/// The host of a name: `none` (no driver), `recorded:N`, or one of the mock's, with a scenario
/// after a comma. Its time begins at `began`, whichever engine serves it. The outer `None`: no such
/// host.
#[expect(clippy::option_option, reason = "no driver is a host too")]
pub(crate) fn by_name(name: &str, began: i64) -> Option<Option<Box<dyn Source>>> {
    if name == "none" {
        return Some(None);
    }
    if let Some(count) = name.strip_prefix("recorded:") {
        return Some(Some(Box::new(Recorded(count.parse().ok()?))));
    }
    Some(Some(Box::new(Modelled {
        model: name.parse().ok()?,
        began,
    })))
}
