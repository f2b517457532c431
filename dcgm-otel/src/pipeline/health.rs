//! Health of entities: the value of a series from the report of a health check.

use std::sync::Arc;
use std::time::Instant;

use dcgm::EntityId;
use dcgm::health::{
    HealthCode, HealthReport, HealthState, HealthSystems, Incident, IncidentSeverity,
};
use opentelemetry::{KeyValue, Value};

use super::snapshot::{Number, Point};
use crate::catalogue::Condition;
use crate::naming::exporter;

/// Systems for which the engines of DCGM 3.3 and 4.6 check nothing: that they find no incident there
/// says nothing.
const UNCHECKED: HealthSystems = HealthSystems::from_bits(
    HealthSystems::PMU.bits() | HealthSystems::MCU.bits() | HealthSystems::SM.bits(),
);

/// A series about the health of a system of an entity.
#[derive(Clone, Copy, Debug)]
pub(super) struct HealthRow {
    pub(super) entity: EntityId,
    system: HealthSystems,
    /// The state that the series reports; `None` if its value is the severity.
    reported: Option<Condition>,
    point: Option<Point>,
}

impl HealthRow {
    pub(super) const fn new(
        entity: EntityId,
        system: HealthSystems,
        reported: Option<Condition>,
    ) -> Self {
        Self {
            entity,
            system,
            reported,
            point: None,
        }
    }

    pub(super) const fn point(&self) -> Option<Point> {
        self.point
    }

    /// Takes the value from a report; none if the report does not show the health. For a series of the
    /// severity, returns the code of the worst incident, or of none.
    pub(super) fn set_health(
        &mut self,
        report: &HealthReport,
        until: Option<Instant>,
    ) -> Option<HealthCode> {
        let worst = self.worst_incident(report);
        let condition = match worst.map(|incident| incident.severity) {
            Some(IncidentSeverity::Warning) => Some(Condition::Degraded),
            Some(_) => Some(Condition::Failed),
            None => self.is_healthy(report).then_some(Condition::Ok),
        };
        let number = condition.map(|condition| match (self.reported, condition) {
            (Some(reported), _) => i64::from(reported == condition),
            // The numbers of `dcgmHealthWatchResults_t`.
            (None, Condition::Ok) => 0,
            (None, Condition::Degraded) => 10,
            (None, _) => 20,
        });
        self.point = number.map(|number| Point {
            number: Number::I64(number),
            until,
        });
        (self.reported.is_none() && number.is_some())
            .then(|| worst.map_or(HealthCode::OK, |incident| incident.id.code))
    }

    /// Returns the last of the worst incidents. An incident of the GPU as a whole belongs to no other
    /// system.
    fn worst_incident<'a>(&self, report: &'a HealthReport) -> Option<&'a Incident> {
        let incidents = report.incidents().iter();
        incidents
            .filter(|one| (one.id.entity, one.id.system) == (self.entity, self.system))
            .max_by_key(|incident| incident.severity)
    }

    /// Returns `true` if the absence of incidents means health.
    fn is_healthy(&self, report: &HealthReport) -> bool {
        // dcgm-exporter reports that unchecked systems pass.
        let is_checked = self.reported.is_none() || !UNCHECKED.contains(self.system);
        let entity = report.find(self.entity);
        is_checked
            && entity.is_some_and(|one| one.unknown.is_none() && one.state != HealthState::Unknown)
    }
}

/// Returns attributes with another error code; `None` if they have none, or have this one.
pub(super) fn with_error_code(
    attributes: &[KeyValue],
    code: HealthCode,
) -> Option<Arc<[KeyValue]>> {
    let is_code = |one: &KeyValue| one.key.as_str() == exporter::HEALTH_ERROR_CODE;
    let before = attributes.iter().find(|one| is_code(one))?;
    let text: Value = exporter::error_code_label(code).into();
    if before.value == text {
        return None;
    }
    let mut changed: Arc<[KeyValue]> = attributes.into();
    for one in Arc::make_mut(&mut changed) {
        if is_code(one) {
            one.value = text.clone();
        }
    }
    Some(changed)
}
