//! The implementation of [`HealthClient`] for [`Mock`].

use std::sync::Arc;
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind, EntityStatus};
use crate::error::{Error, Result};
use crate::health::{
    HealthClient, HealthCode, HealthCodeInfo, HealthReport, HealthRequest, HealthSystems,
    HealthWatch, IncidentSeverity, UnknownReason, unknown_reason,
};
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::{Inner, Mock};
use crate::watch::Refusal;

/// An incident that a test added.
#[derive(Clone, Copy, Debug)]
pub(super) struct MockIncident {
    entity: EntityId,
    system: HealthSystems,
    severity: IncidentSeverity,
    code: HealthCode,
}

/// The session of a health watch.
#[derive(Debug)]
struct MockHealthGuard {
    inner: Arc<Inner>,
    began: Duration,
}

/// Health.
impl Mock {
    /// Adds an incident, which every check of the entity and the system finds from now on. Its message is
    /// the meaning of the code.
    ///
    /// Without incidents, a check finds entities healthy that can be sampled, and the others unknown: those
    /// that are lost, detached or paused, and all while the mock is [frozen](Mock::freeze_sampling).
    pub fn add_incident(
        &self,
        entity: EntityId,
        system: HealthSystems,
        severity: IncidentSeverity,
        code: HealthCode,
    ) {
        self.inner.state.lock().incidents.push(MockIncident {
            entity,
            system,
            severity,
            code,
        });
    }

    /// Removes all incidents that were added.
    pub fn clear_incidents(&self) {
        self.inner.state.lock().incidents.clear();
    }
}

impl HealthClient for Mock {
    fn watch(&self, request: &HealthRequest) -> Result<HealthWatch> {
        request.validate()?;
        self.inner.enter_call(Call::Health)?;
        let state = self.inner.state.lock();
        let now = self.inner.clock.now();
        let known = state.entities_at(now);
        let began = state.session.map_or(now, |session| session.began);
        drop(state);
        let mut accepted = request.clone();
        accepted
            .entities
            .retain(|id| known.iter().any(|entity| entity.id == *id));
        let refusals: Vec<_> = request
            .entities
            .iter()
            .filter(|id| !accepted.entities.contains(id))
            .map(|id| {
                let error = refusal_error(Call::Health, ReturnCode::BAD_PARAM);
                Refusal::new(Some(*id), None, error)
            })
            .collect();
        if let (true, Some(refusal)) = (accepted.entities.is_empty(), refusals.first()) {
            return Err(refusal.error.clone());
        }
        let guard = MockHealthGuard {
            inner: Arc::clone(&self.inner),
            began,
        };
        Ok(HealthWatch::new(accepted, refusals, guard))
    }

    fn check(&self, watch: &HealthWatch, report: &mut HealthReport) -> Result<()> {
        report.clear();
        let guard = watch.guard::<MockHealthGuard>();
        let Some(guard) = guard.filter(|guard| Arc::ptr_eq(&guard.inner, &self.inner)) else {
            return Err(Error::Request("the watch belongs to another client"));
        };
        self.inner.enter_call(Call::Health)?;
        let state = self.inner.state.lock();
        if state
            .session
            .is_none_or(|session| session.began != guard.began)
        {
            return Err(refusal_error(Call::Health, ReturnCode::NOT_WATCHED));
        }
        let now = self.inner.clock.now();
        report.begin(watch.entities());
        for incident in &state.incidents {
            let is_watched =
                watch.entities().contains(&incident.entity) || incident.entity == EntityId::HOST;
            if is_watched && watch.systems().intersects(incident.system) {
                let id = (incident.entity, incident.system, incident.code);
                let message = incident.code.meaning().unwrap_or("an incident");
                report.push(id, incident.severity, message);
            }
        }
        let is_frozen = state
            .frozen
            .iter()
            .any(|(from, to)| *from <= now && to.is_none_or(|to| now < to));
        let known = state.entities_at(now);
        drop(state);
        for id in watch.entities() {
            let entity = known.iter().find(|entity| entity.id == *id);
            let status = entity.map_or(EntityStatus::UNKNOWN, |entity| entity.status);
            let is_gpu = id.kind == EntityKind::GPU;
            if let Some(reason) = unknown_reason(status).filter(|_| is_gpu) {
                report.mark_unknown(*id, reason);
            } else if is_frozen {
                report.mark_unknown(*id, UnknownReason::NotSampled);
            }
        }
        watch.compare(report);
        Ok(())
    }

    fn code_info(&self, code: HealthCode) -> Result<Option<HealthCodeInfo>> {
        self.inner.enter_call(Call::Health)?;
        // DCGM has no texts of codes without a name, either.
        Ok(code.name().map(|_| {
            let mut info = HealthCodeInfo::new(code, 3, 0);
            info.message_format
                .push_str(code.meaning().unwrap_or_default());
            info.suggestion.push_str(code.action().unwrap_or_default());
            info
        }))
    }
}
