//! [`Model`]: a host in a scenario, as a function of time.

use core::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, EntityStatus, Link};
use crate::field::FieldId;
use crate::mock::hosts::Host;
use crate::mock::scenario::{CALM, Scenario, Script};
use crate::mock::values;
use crate::parse::ParseError;
use crate::value::NoValue;
use crate::value::OwnedValue;

/// A [`Host`] in a [`Scenario`]: the values of all fields, as a pure function of the time since the
/// start.
///
/// Counters are the integrals of the rates that other fields report, so that counters and rates agree
/// at any sampling interval.
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
    /// The GPU that the incident affects.
    victim: Option<EntityId>,
    /// The period that the rates of a sample cover.
    window: Duration,
}

/// The presence of an entity at a given moment: there, lost or gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Presence {
    /// Present without interruption.
    Here {
        /// The time at which the entity appeared: zero, or the time of its last return.
        since: Duration,
    },
    /// The driver has lost the GPU: the entity has the status [`LOST`](EntityStatus::LOST) and is no
    /// longer sampled.
    Lost {
        /// The time of the loss.
        since: Duration,
        /// The time since which the entity was present before the loss.
        here_since: Duration,
    },
    /// Not present.
    Gone,
}

impl Model {
    /// Creates a model of `host` in `scenario`.
    #[must_use]
    pub fn new(host: Host, scenario: Scenario) -> Self {
        Self {
            victim: find_victim(&host, scenario.incident_script()),
            window: Duration::ZERO,
            host: Arc::new(host),
            scenario,
        }
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the scenario.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Returns the name, as in `8xh100,training`. If the host is ready-made, the name parses to the
    /// same model.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{},{}", self.host.name(), self.scenario.name())
    }

    /// Returns the entities at the time `at`, including lost entities, in ascending order. A lost
    /// entity has the status [`LOST`](EntityStatus::LOST).
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

    /// Returns the NVLinks at the time `at`, without the links of a GPU that is lost or gone.
    #[must_use]
    pub fn links(&self, at: Duration) -> Vec<Link> {
        let here = |link: &&Link| matches!(self.presence(link.parent, at), Presence::Here { .. });
        self.host.links().iter().filter(here).copied().collect()
    }

    /// Returns whether the entity `id` is present, lost or gone at the time `at`. An instance or a
    /// link of a GPU is present while the GPU is present.
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
        match (self.incident_script().absence, self.victim) {
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

    /// Returns the value of `field` of the entity `id` at the time `at`.
    ///
    /// # Errors
    ///
    /// The reason for a missing value: [`NoValue::NotSupported`] if the hardware lacks the field,
    /// [`NoValue::NoData`] for fields of other kinds of entities and before the first event,
    /// [`NoValue::NotWatched`] for an entity that is gone, and [`ReturnCode::GPU_IS_LOST`] for a lost
    /// entity.
    pub fn value(&self, id: EntityId, field: FieldId, at: Duration) -> Result<OwnedValue, NoValue> {
        match self.presence(id, at) {
            Presence::Here { .. } => values::read_value(self, id, field, at),
            Presence::Lost { .. } => Err(NoValue::Code(ReturnCode::GPU_IS_LOST)),
            Presence::Gone => Err(NoValue::NotWatched),
        }
    }

    /// Returns the value of a field as an engine samples it: a rate is the mean over the `window` that
    /// ends at `at`. All other fields, and rates over an empty window, have the value of [`Self::value`].
    ///
    /// # Errors
    ///
    /// The same as for [`Self::value`].
    pub fn value_over(
        &self,
        id: EntityId,
        field: FieldId,
        window: Duration,
        at: Duration,
    ) -> Result<OwnedValue, NoValue> {
        let model = Self {
            window,
            ..self.clone()
        };
        model.value(id, field, at)
    }

    pub(super) const fn rate_window(&self) -> Duration {
        self.window
    }

    /// Returns the events of `field` of the entity `id` from the time `from` until before the time
    /// `to`, each with its time. Scenarios have events of field 230 (XID) only.
    #[must_use]
    pub fn events(
        &self,
        id: EntityId,
        field: FieldId,
        from: Duration,
        to: Duration,
    ) -> Vec<(Duration, i64)> {
        // No scenario has NVSwitch events. The driver reports XIDs for whole GPUs.
        if field != FieldId::XID_ERRORS || self.victim != Some(id) {
            return Vec::new();
        }
        self.incident_script()
            .xids
            .iter()
            .map(|(at, xid)| (Duration::from_secs_f64(*at), *xid))
            .filter(|(at, _)| (from..to).contains(at))
            .collect()
    }

    /// Returns `true` if the host engine runs at the time `at`.
    #[must_use]
    pub fn is_reachable(&self, at: Duration) -> bool {
        self.engine_since(at).is_some()
    }

    /// Returns the start time of the host engine that runs at the time `at`; `None` if no engine runs
    /// then.
    #[must_use]
    pub fn engine_since(&self, at: Duration) -> Option<Duration> {
        let Some((down, up)) = self.incident_script().down else {
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

    pub(super) const fn incident_script(&self) -> &'static Script {
        self.scenario.incident_script()
    }

    /// Returns the script of a GPU.
    pub(super) fn script_of(&self, gpu: EntityId) -> &'static Script {
        if self.victim == Some(gpu) {
            self.incident_script()
        } else {
            &CALM
        }
    }
}

/// Returns the GPU that the incident affects; `None` for memory errors on GPUs without ECC.
fn find_victim(host: &Host, script: &Script) -> Option<EntityId> {
    let can = host.product().product_spec().can;
    if !script.uncorrected.is_empty() && !can.contains(&Need::Ecc) {
        return None;
    }
    let place = script.victim.checked_rem(host.count(EntityKind::GPU))?;
    host.entity_ids(EntityKind::GPU).nth(place)
}

/// Parses the name of a [`Host`] and optionally of a [`Scenario`], as in `8xh100` (in the steady
/// scenario) and `8xh100,training`.
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

/// The hardware feature that a field needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Need {
    /// Nothing.
    Always,
    /// Application clocks.
    AppClocks,
    /// A chip-to-chip link to a CPU.
    C2c,
    /// Video encoders.
    Codec,
    /// ECC memory.
    Ecc,
    /// An NVLink fabric, and its manager.
    Fabric,
    /// A fabric that reports its health.
    FabricHealth,
    /// A fan.
    Fan,
    /// FP64 pipes and profiling.
    Fp64,
    /// Profiling by the driver's own sampling (Hopper and later).
    Gpm,
    /// Stacked memory with a sensor.
    Hbm,
    /// MIG.
    Mig,
    /// MIG mode disabled.
    NoMig,
    /// NVLinks.
    NvLink,
    /// NVLinks of the fourth generation or earlier.
    NvLink4,
    /// NVLinks of the fifth generation.
    NvLink5,
    /// Knowledge of its position in the rack.
    Platform,
    /// Profiling.
    Prof,
    /// Spare memory rows, and MIG mode disabled.
    RowRemap,
    /// Power smoothing, for which the engine lacks the permission.
    Smoothing,
    /// The margin to the thermal limit.
    TLimit,
}
