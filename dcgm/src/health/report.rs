//! [`HealthReport`]: the result of a health check, in memory that the next check reuses.

use core::fmt;

use super::{HealthCode, HealthSystems};
use crate::entity::{EntityId, EntityStatus};

/// The health of an entity, or of all entities of a watch, in ascending order.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum HealthState {
    /// No incident, and the engine has sampled the entity lately.
    Healthy,
    /// No incident, but nothing to rely on: see [`UnknownReason`].
    #[default]
    Unknown,
    /// At least one warning.
    Warning,
    /// At least one failure.
    Failure,
}

/// Prints `healthy`, `unknown`, `warning` or `failure`.
impl fmt::Display for HealthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Failure => "failure",
        })
    }
}

/// The reason why the absence of incidents proves nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum UnknownReason {
    /// The engine reports this status of the GPU: lost, detached, paused, or not known to it.
    Unavailable(EntityStatus),
    /// The engine is paused, for example by a diagnostic: it takes no samples.
    EnginePaused,
    /// The engine has taken no sample with a value lately. Another client has emptied its cache, the driver
    /// does not respond or is not loaded, or the engine samples none of the systems of the watch for this
    /// kind of entity.
    ///
    /// For GPUs and MIG instances, this is judged by the samples of up to three fields of the systems. For
    /// NVSwitches, which have samples only for events, it means that the events are not watched. CPUs and
    /// network adapters are always unknown while there is no incident.
    NotSampled,
}

/// Prints the reason in plain words.
impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(status) => write!(f, "the status is {status}"),
            Self::EnginePaused => f.write_str("the engine is paused"),
            Self::NotSampled => f.write_str("the engine has taken no sample lately"),
        }
    }
}

/// The health of one entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EntityHealth {
    /// The entity.
    pub entity: EntityId,
    /// The state: that of the worst incident, else healthy or unknown.
    pub state: HealthState,
    /// Set if the engine cannot see the entity now. The incidents are then those that it remembers.
    pub unknown: Option<UnknownReason>,
}

/// The severity of an incident, in ascending order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum IncidentSeverity {
    /// The entity works.
    Warning,
    /// The entity, or a part of it, does not work, or may return wrong results.
    Failure,
}

/// Prints `warning` or `failure`.
impl fmt::Display for IncidentSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Failure => "failure",
        })
    }
}

/// The identity of an incident from one check to the next.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct IncidentId {
    /// The entity; [`EntityId::HOST`] for an incident of the host, such as IMEX.
    pub entity: EntityId,
    /// The system; [`HealthSystems::ALL`] for the GPU as a whole.
    pub system: HealthSystems,
    /// The code.
    pub code: HealthCode,
    /// The XID that caused the incident, if its message names one. [`Xid::of_code`](crate::Xid::of_code) has
    /// its meaning and the advised action.
    pub xid: Option<i64>,
}

/// An incident that a health check found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Incident {
    /// The identity: entity, system, code and XID.
    pub id: IncidentId,
    /// The severity.
    pub severity: IncidentSeverity,
    /// The message of the engine, for people: at most 1024 bytes, without control characters. The numbers in
    /// it can be wrong: DCGM 4.6.0 reports a random number of the GPU with code 80. Rely on the other fields.
    pub message: String,
    /// Set if the last check with this watch did not find the incident, or there was none.
    pub is_new: bool,
}

/// Prints the entity and the code, and the XID if there is one.
impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entity, self.code)?;
        self.xid.map_or(Ok(()), |xid| write!(f, ", XID {xid}"))
    }
}

/// Prints the severity and the identity.
impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.id)
    }
}

/// The result of a health check. [`HealthClient::check`](super::HealthClient::check) fills it; reuse one to
/// avoid allocations.
#[derive(Default)]
pub struct HealthReport {
    overall: HealthState,
    entities: Vec<EntityHealth>,
    /// Those after `used` are the memory of earlier reports.
    incidents: Vec<Incident>,
    used: usize,
    ended: Vec<IncidentId>,
}

impl HealthReport {
    /// Creates an empty report, whose state is unknown.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            overall: HealthState::Unknown,
            entities: Vec::new(),
            incidents: Vec::new(),
            used: 0,
            ended: Vec::new(),
        }
    }

    /// Returns the worst state of all entities and incidents.
    #[must_use]
    pub const fn overall(&self) -> HealthState {
        self.overall
    }

    /// Returns the health of each entity of the watch, in the order of the watch.
    #[must_use]
    pub fn entities(&self) -> &[EntityHealth] {
        &self.entities
    }

    /// Returns the health of one entity of the watch.
    #[must_use]
    pub fn find(&self, entity: EntityId) -> Option<EntityHealth> {
        self.entities
            .iter()
            .find(|one| one.entity == entity)
            .copied()
    }

    /// Returns the incidents, in the order of the engine. DCGM 4.x reports at most 1024, DCGM 3.3 at most 64,
    /// and does not say if there are more.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        self.incidents.get(..self.used).unwrap_or_default()
    }

    /// Returns the incidents that the last check found and this one does not. An incident of an entity that
    /// cannot be seen now has not ended.
    #[must_use]
    pub fn ended(&self) -> &[IncidentId] {
        &self.ended
    }

    /// Empties the report for the entities of a watch, all of them healthy. For implementations of
    /// [`HealthClient`](super::HealthClient).
    pub fn begin(&mut self, entities: &[EntityId]) {
        self.clear();
        self.entities
            .extend(entities.iter().map(|entity| EntityHealth {
                entity: *entity,
                state: HealthState::Healthy,
                unknown: None,
            }));
        if !entities.is_empty() {
            self.overall = HealthState::Healthy;
        }
    }

    /// Empties the report: its state is unknown.
    pub fn clear(&mut self) {
        self.overall = HealthState::Unknown;
        self.entities.clear();
        self.used = 0;
        self.ended.clear();
    }

    /// Adds an incident. For implementations of [`HealthClient`](super::HealthClient).
    pub fn push(
        &mut self,
        (entity, system, code): (EntityId, HealthSystems, HealthCode),
        severity: IncidentSeverity,
        message: &str,
    ) {
        let id = IncidentId {
            entity,
            system,
            code,
            xid: xid_in(message),
        };
        if let Some(spare) = self.incidents.get_mut(self.used) {
            spare.id = id;
            spare.severity = severity;
            spare.is_new = true;
            spare.message.clear();
            spare.message.push_str(message);
        } else {
            self.incidents.push(Incident {
                id,
                severity,
                message: message.to_owned(),
                is_new: true,
            });
        }
        self.used += 1;
        let state = match severity {
            IncidentSeverity::Warning => HealthState::Warning,
            IncidentSeverity::Failure => HealthState::Failure,
        };
        self.overall = self.overall.max(state);
        if let Some(one) = self.entities.iter_mut().find(|one| one.entity == entity) {
            one.state = one.state.max(state);
        }
    }

    /// Notes that the engine cannot see an entity now. For implementations of
    /// [`HealthClient`](super::HealthClient).
    pub fn mark_unknown(&mut self, entity: EntityId, reason: UnknownReason) {
        if let Some(one) = self.entities.iter_mut().find(|one| one.entity == entity) {
            one.unknown.get_or_insert(reason);
            one.state = one.state.max(HealthState::Unknown);
            self.overall = self.overall.max(HealthState::Unknown);
        }
    }

    /// Returns `true` if the engine cannot see an entity now.
    fn is_blind_for(&self, entity: EntityId) -> bool {
        match self.find(entity) {
            Some(one) => one.unknown.is_some(),
            // The host: as good as the entities are seen.
            None => self.entities.iter().all(|one| one.unknown.is_some()),
        }
    }
}

impl fmt::Debug for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthReport")
            .field("overall", &self.overall)
            .field("entities", &self.entities)
            .field("incidents", &self.incidents())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Returns the number after the last `XID` of a message.
fn xid_in(message: &str) -> Option<i64> {
    let (_, rest) = message.rsplit_once("XID ")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// The incidents that earlier checks have seen and that have not ended.
#[derive(Debug, Default)]
pub(super) struct IncidentHistory {
    seen: Vec<IncidentId>,
}

impl IncidentHistory {
    /// Marks the incidents of a report that are new, lists those that ended, and remembers the rest.
    pub(super) fn compare(&mut self, report: &mut HealthReport) {
        let used = report.used;
        for incident in report.incidents.iter_mut().take(used) {
            incident.is_new = !self.seen.contains(&incident.id);
        }
        report.ended.clear();
        self.seen.retain(|id| {
            let is_found = report.incidents().iter().any(|incident| incident.id == *id);
            let is_kept = is_found || report.is_blind_for(id.entity);
            if !is_kept {
                report.ended.push(*id);
            }
            is_kept
        });
        for incident in report.incidents() {
            if !self.seen.contains(&incident.id) {
                self.seen.push(incident.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GPU: EntityId = EntityId::gpu(0);

    fn report(blind: bool, codes: &[HealthCode]) -> HealthReport {
        let mut report = HealthReport::new();
        report.begin(&[GPU]);
        for code in codes {
            let id = (GPU, HealthSystems::MEMORY, *code);
            report.push(id, IncidentSeverity::Failure, "");
        }
        if blind {
            report.mark_unknown(GPU, UnknownReason::EnginePaused);
        }
        report
    }

    #[test]
    fn each_incident_is_new_once_and_ends_once() {
        let code = HealthCode::ROW_REMAP_FAILURE;
        let mut history = IncidentHistory::default();
        let mut compare = |blind, codes: &[HealthCode]| {
            let mut report = report(blind, codes);
            history.compare(&mut report);
            let new = report.incidents().iter().filter(|one| one.is_new).count();
            (new, report.ended().len())
        };
        assert_eq!(compare(false, &[code, code]), (2, 0), "twice in one check");
        assert_eq!(compare(false, &[code]), (0, 0));
        assert_eq!(compare(true, &[]), (0, 0), "not seen is not ended");
        assert_eq!(compare(false, &[code]), (0, 0));
        assert_eq!(compare(false, &[]), (0, 1));
        assert_eq!(compare(false, &[]), (0, 0));
        assert_eq!(compare(false, &[code]), (1, 0));
    }

    #[test]
    fn a_blind_entity_is_unknown_unless_it_has_an_incident() {
        assert_eq!(report(false, &[]).overall(), HealthState::Healthy);
        assert_eq!(report(true, &[]).overall(), HealthState::Unknown);
        let report = report(true, &[HealthCode::FALLEN_OFF_BUS]);
        assert_eq!(report.overall(), HealthState::Failure);
        assert_eq!(
            report.find(GPU).unwrap().unknown,
            Some(UnknownReason::EnginePaused)
        );
        assert_eq!(HealthReport::new().overall(), HealthState::Unknown);
    }

    #[test]
    fn the_xid_of_a_message_is_read() {
        assert_eq!(
            xid_in("GPU 1 is lost (triggered by XID 79: GPU %d)"),
            Some(79)
        );
        assert_eq!(xid_in("an XID is not named"), None);
        assert_eq!(xid_in("XID 99999999999999999999"), None);
        assert_eq!(xid_in("XID "), None);
    }
}
