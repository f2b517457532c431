//! A host in a scenario, as a function of time.

use core::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link};
use crate::field::FieldId;
use crate::mock::hosts::{Host, link_parent};
use crate::mock::scenario::{CALM, Scenario, Script};
use crate::mock::values;
use crate::parse::ParseError;
use crate::value::NoValue;
use crate::value::OwnedValue;

/// A [`Host`] in a [`Scenario`]: what its engine would sample, as a pure function of the time since
/// the start.
///
/// Asked twice, it says the same. Counters are integrals of the rates that other fields show, so
/// that they go on as they should however seldom they are asked for.
///
/// ```
/// use std::time::Duration;
/// use dcgm::{EntityId, FieldId, OwnedValue};
/// use dcgm::mock::{Model};
///
/// let model = "8xh100,thermal".parse::<Model>().unwrap();
/// let temperature = |seconds| {
///     model.value(EntityId::gpu(2), FieldId::GPU_TEMP, Duration::from_secs(seconds)).unwrap()
/// };
/// let (OwnedValue::Int(before), OwnedValue::Int(after)) = (temperature(100), temperature(700)) else {
///     panic!("a temperature is a whole number");
/// };
/// assert!(after > before + 10);
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    host: Arc<Host>,
    scenario: Scenario,
    /// The GPU to which things happen.
    victim: Option<EntityId>,
}

/// Whether an entity is there at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Presence {
    /// It is, without a break since then.
    Here {
        /// Zero, or when it came back.
        since: Duration,
    },
    /// The driver has lost it: still listed, and not sampled.
    Lost {
        /// When that began.
        since: Duration,
        /// Since when it had been there.
        here_since: Duration,
    },
    /// It is not.
    Gone,
}

impl Model {
    /// A host in a scenario.
    #[must_use]
    pub fn new(host: Host, scenario: Scenario) -> Self {
        Self {
            victim: victim(&host, scenario.script()),
            host: Arc::new(host),
            scenario,
        }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Returns its name, which parses to the same model if the host is a ready-made one.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{},{}", self.host.name(), self.scenario.name())
    }

    /// The entities at a time, ascending. One that is lost says so; one that is gone is not among
    /// them.
    #[must_use]
    pub fn entities(&self, at: Duration) -> Vec<Entity> {
        let seen = |entity: &Entity| {
            let mut entity = entity.clone();
            match self.presence(entity.id, at) {
                Presence::Gone => return None,
                Presence::Lost { .. } => entity.status = EntityStatus::LOST,
                Presence::Here { .. } => {}
            }
            Some(entity)
        };
        self.host.entities().iter().filter_map(seen).collect()
    }

    /// The NVLinks at a time. Those of a GPU that is lost are gone with it.
    #[must_use]
    pub fn links(&self, at: Duration) -> Vec<Link> {
        let here = |link: &&Link| matches!(self.presence(link.parent, at), Presence::Here { .. });
        self.host.links().iter().filter(here).copied().collect()
    }

    /// Whether an entity is there. A part is there as long as the whole is.
    #[must_use]
    pub fn presence(&self, id: EntityId, at: Duration) -> Presence {
        let start = Presence::Here {
            since: Duration::ZERO,
        };
        if id.kind == EntityKind::HOST {
            return start;
        }
        let known = if id.kind == EntityKind::LINK {
            self.host.has_link(id)
        } else {
            self.host.entity(id).is_some()
        };
        if !known {
            return Presence::Gone;
        }
        match (self.script().absence, self.victim) {
            (Some((lost, gone, back)), Some(victim)) if self.host.belongs_to(id, victim) => {
                let [lost, gone, back] = [lost, gone, back].map(Duration::from_secs_f64);
                if at < lost {
                    start
                } else if at < gone {
                    Presence::Lost {
                        since: lost,
                        here_since: Duration::ZERO,
                    }
                } else if at < back {
                    Presence::Gone
                } else {
                    Presence::Here { since: back }
                }
            }
            _ => start,
        }
    }

    /// What a sample of a field says if it is taken at a time.
    ///
    /// # Errors
    ///
    /// Why there is no value: [`NoValue::NotSupported`] where the hardware has none,
    /// [`NoValue::NoData`] for fields that do not go with that kind of entity, and for events before
    /// the first; [`NoValue::NotWatched`] for an entity that is gone, and
    /// [`ReturnCode::GPU_IS_LOST`] for one that is lost.
    pub fn value(&self, id: EntityId, field: FieldId, at: Duration) -> Result<OwnedValue, NoValue> {
        match self.presence(id, at) {
            Presence::Here { .. } => values::read(self, id, field, at),
            Presence::Lost { .. } => Err(NoValue::Code(ReturnCode::GPU_IS_LOST)),
            Presence::Gone => Err(NoValue::NotWatched),
        }
    }

    /// The events of a field (230, 856, 857) from one time on until before another, each with its
    /// own time.
    #[must_use]
    pub fn events(
        &self,
        id: EntityId,
        field: FieldId,
        from: Duration,
        to: Duration,
    ) -> Vec<(Duration, i64)> {
        // No scenario has an event of an NVSwitch. The driver reports XIDs for whole GPUs.
        if field != FieldId::XID_ERRORS || self.victim != Some(id) {
            return Vec::new();
        }
        self.script()
            .xids
            .iter()
            .map(|(at, xid)| (Duration::from_secs_f64(*at), *xid))
            .filter(|(at, _)| (from..to).contains(at))
            .collect()
    }

    /// Whether the host engine can be reached.
    #[must_use]
    pub fn is_reachable(&self, at: Duration) -> bool {
        self.engine_since(at).is_some()
    }

    /// Since when the host engine has been running; `None` while it is down.
    #[must_use]
    pub fn engine_since(&self, at: Duration) -> Option<Duration> {
        let Some((down, up)) = self.script().down else {
            return Some(Duration::ZERO);
        };
        let [down, up] = [down, up].map(Duration::from_secs_f64);
        if at < down {
            Some(Duration::ZERO)
        } else if at < up {
            None
        } else {
            Some(up)
        }
    }

    pub(super) const fn script(&self) -> &'static Script {
        self.scenario.script()
    }

    /// What happens to a GPU.
    pub(super) fn script_of(&self, gpu: EntityId) -> &'static Script {
        if self.victim == Some(gpu) {
            self.script()
        } else {
            &CALM
        }
    }
}

/// The GPU to which things happen. Memory errors happen to none that does not count them.
fn victim(host: &Host, script: &Script) -> Option<EntityId> {
    let can = host.product().spec().can;
    if !script.uncorrected.is_empty() && !can.contains(&Need::Ecc) {
        return None;
    }
    let place = script.victim.checked_rem(host.count(EntityKind::GPU))?;
    host.ids(EntityKind::GPU).nth(place)
}

/// Parses the name of a [`Host`] and optionally of a [`Scenario`], as in `8xh100` (which is steady)
/// and `8xh100,training`.
impl FromStr for Model {
    type Err = ParseError;

    fn from_str(names: &str) -> Result<Self, ParseError> {
        let (host, scenario) = names.split_once(',').unwrap_or((names, "steady"));
        Ok(Self::new(host.parse()?, scenario.parse()?))
    }
}

/// A host in the scenario [`Steady`](Scenario::Steady).
impl From<Host> for Model {
    fn from(host: Host) -> Self {
        Self::new(host, Scenario::default())
    }
}

/// The GPU or NVSwitch that a link is a port of, and its number there.
pub(super) fn port_of(link: EntityId) -> (EntityId, u32) {
    let (parent, index) = link_parent(link);
    (parent, u32::from(index))
}

/// What a field needs from the hardware.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Need {
    /// Nothing.
    Always,
    /// Clocks that applications may ask for.
    AppClocks,
    /// A chip-to-chip link to a CPU.
    C2c,
    /// Video encoders.
    Codec,
    /// Memory that counts its errors.
    Ecc,
    /// An NVLink fabric, and its manager.
    Fabric,
    /// A fabric that tells how it is.
    FabricHealth,
    /// A fan.
    Fan,
    /// Pipes for double precision worth counting; and profiling.
    Fp64,
    /// Profiling by the driver's own sampling (Hopper and later).
    Gpm,
    /// Stacked memory with a sensor.
    Hbm,
    /// That it can be cut into instances.
    Mig,
    /// That it is not cut into instances.
    NotCut,
    /// NVLinks.
    NvLink,
    /// NVLinks of the fourth generation or earlier.
    NvLink4,
    /// NVLinks of the fifth generation.
    NvLink5,
    /// A place in a rack that it knows.
    Platform,
    /// Profiling.
    Prof,
    /// Spare rows, and that it is not cut into instances.
    RowRemap,
    /// Power smoothing; and a privilege that the engine has not.
    Smoothing,
    /// A margin to its thermal limit.
    TLimit,
}
