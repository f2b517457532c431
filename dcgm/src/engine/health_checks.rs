//! [`HealthChecks`]: the health watches of a session.
//!
//! The engine keeps the systems of a health watch for each group, and the sampling for each connection, for
//! as long as it runs. Therefore each watch has a group of its own, and the session keeps it: a second watch
//! with the same request uses it again.
//!
//! A check makes these calls: the check itself, the state of the engine's core module, the status of each
//! GPU, and the new samples of a field that the watch samples on every kind of GPU; of another one if some
//! entity has no sample of the first. The time of the engine comes with these samples, so that no clock of
//! this host is compared with it.

use std::sync::Arc;
use std::time::Duration;

use super::connection::EngineConnection;
use super::open_watches::engine_time;
use super::shared_groups::{FilledGroup, SharedGroups};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind, EntityStatus};
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId, GroupPair, HealthReply};
use crate::field::FieldId;
use crate::health::{
    HealthCode, HealthReport, HealthRequest, HealthSystems, UnknownReason, unknown_reason,
};
use crate::sample::Timestamp;
use crate::value::NoValue;
use crate::watch::Refusal;

/// A system, a field that the engine samples for it on GPUs and MIG instances, and the shortest interval of
/// that.
type Evidence = (HealthSystems, FieldId, Duration);

/// The fields that show that the engine samples, in the order of preference. XIDs are not among them: a
/// sample of them says nothing about the others.
const EVIDENCE: [Evidence; 7] = [
    (
        HealthSystems::PCIE,
        FieldId::PCIE_REPLAY_COUNTER,
        Duration::ZERO,
    ),
    (
        HealthSystems::MEMORY,
        FieldId::ECC_DBE_VOL_TOTAL,
        Duration::ZERO,
    ),
    (
        HealthSystems::POWER,
        FieldId::POWER_USAGE,
        Duration::from_secs(30),
    ),
    (
        HealthSystems::THERMAL,
        FieldId::THERMAL_VIOLATION,
        Duration::from_secs(30),
    ),
    (
        HealthSystems::NVLINK,
        FieldId::from_raw(409),
        Duration::ZERO,
    ),
    (
        HealthSystems::DRIVER,
        FieldId::from_raw(1523),
        Duration::ZERO,
    ),
    (
        HealthSystems::INFOROM,
        FieldId::INFOROM_CONFIG_VALID,
        Duration::from_secs(3600),
    ),
];

/// Not every GPU has every field.
const MAX_EVIDENCE: usize = 3;

/// The delay of a sample that is not noticed, beyond two intervals.
const SLACK: Duration = Duration::from_secs(5);

/// The fields of NVSwitches, which have a sample only for an event.
const SWITCH_EVIDENCE: [Evidence; 2] = [
    (
        HealthSystems::NVSWITCH_FATAL,
        FieldId::NVSWITCH_FATAL_ERRORS,
        Duration::ZERO,
    ),
    (
        HealthSystems::NVSWITCH_NONFATAL,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
        Duration::ZERO,
    ),
];

/// The most groups that are kept without a user, for later watches with the same request: an engine has about
/// 60 groups for all its clients.
const MAX_KEPT_GROUPS: usize = 8;

/// Kinds whose sampling can be seen.
const SAMPLED_KINDS: [EntityKind; 4] = [
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
    EntityKind::SWITCH,
];

/// The place of a health watch in its session.
#[derive(Debug)]
pub(super) struct HealthTicket {
    /// The number of the connection.
    session: u64,
    index: usize,
    /// Shows the session that the watch is in use.
    _user: Arc<()>,
}

/// The health watches of a session, which last as long as it.
#[derive(Debug, Default)]
pub(super) struct HealthChecks {
    groups: Vec<HealthGroup>,
    /// The groups of fields, which all watches share.
    field_groups: SharedGroups,
    /// The memory of the replies.
    reply: Option<HealthReply>,
    text: String,
}

/// A health watch in the engine.
#[derive(Debug)]
struct HealthGroup {
    /// The request, before entities were refused.
    request: HealthRequest,
    /// The groups of this watch alone: the engine keeps the systems for each group.
    shared: SharedGroups,
    id: GroupId,
    entities: Vec<EntityId>,
    refused: Vec<Refusal>,
    /// Shared with the tickets.
    users: Arc<()>,
    sampled: Vec<SampledKind>,
    /// The entities of the sampled kinds, each with the time by the engine until which it counts as seen.
    seen_until: Vec<(EntityId, Timestamp)>,
}

/// The entities of one kind, with the fields that show that the engine samples them.
#[derive(Debug)]
struct SampledKind {
    kind: EntityKind,
    group: GroupId,
    fields: Vec<SampledField>,
}

/// A field that is read if the ones before it have no sample of some entity.
#[derive(Debug)]
struct SampledField {
    group: FieldGroupId,
    max_age: Duration,
    /// The start of the next read, once there was one.
    next: Option<Timestamp>,
}

/// Returns the time after which a field without a new sample shows that the engine does not sample.
fn max_age(interval: Duration, shortest: Duration) -> Duration {
    interval.max(shortest) * 2 + SLACK
}

fn evidence_of(
    kind: EntityKind,
    systems: HealthSystems,
) -> impl Iterator<Item = &'static Evidence> {
    let all: &'static [Evidence] = match kind {
        EntityKind::SWITCH => &SWITCH_EVIDENCE,
        _ => &EVIDENCE,
    };
    let is_sampled = move |evidence: &&Evidence| systems.intersects(evidence.0);
    all.iter().filter(is_sampled).take(MAX_EVIDENCE)
}

/// Returns `true` for an incident of another entity: the engine keeps XIDs by the number of the entity
/// alone, and reports those of GPU 0 also for NVSwitch 0 and GPU instance 0.
fn is_of_other_kind(entity: EntityId, code: HealthCode, text: &str) -> bool {
    const OF_XIDS: [HealthCode; 4] = [
        HealthCode::XID_ERROR,
        HealthCode::FALLEN_OFF_BUS,
        HealthCode::UNCONTAINED_ERROR,
        HealthCode::CONTAINED_ERROR,
    ];
    entity.kind != EntityKind::GPU && (OF_XIDS.contains(&code) || text.contains("triggered by XID"))
}

impl HealthGroup {
    /// Fills the groups and starts the sampling.
    fn start(
        connection: &EngineConnection,
        field_groups: &mut SharedGroups,
        request: &HealthRequest,
    ) -> Result<Self> {
        if request.entities.len() > connection.release.max_entities() {
            return Err(Error::Request(
                "a health watch cannot have more entities than a group of the engine",
            ));
        }
        let mut shared = SharedGroups::default();
        let FilledGroup {
            id,
            entities,
            refused,
        } = shared.acquire_entity_group(connection, &request.entities)?;
        let Some(id) = id else {
            let refused = refused.into_iter().next();
            return Err(refused.map_or(Error::Request("no entity"), |refusal| refusal.error));
        };
        let mut group = Self {
            request: request.clone(),
            shared,
            id,
            users: Arc::new(()),
            sampled: Vec::new(),
            seen_until: Vec::new(),
            entities,
            refused,
        };
        match group.start_sampling(connection, field_groups) {
            Ok(()) => Ok(group),
            Err(error) => {
                group.release(connection, field_groups);
                Err(error)
            }
        }
    }

    fn start_sampling(
        &mut self,
        connection: &EngineConnection,
        field_groups: &mut SharedGroups,
    ) -> Result<()> {
        self.set(connection)?;
        let HealthRequest {
            systems, interval, ..
        } = self.request;
        for kind in SAMPLED_KINDS {
            let of_kind = |id: &&EntityId| id.kind == kind;
            let entities: Vec<_> = self.entities.iter().filter(of_kind).copied().collect();
            if entities.is_empty() {
                continue;
            }
            let FilledGroup { id, .. } = self.shared.acquire_entity_group(connection, &entities)?;
            let Some(group) = id else { continue };
            self.sampled.push(SampledKind {
                kind,
                group,
                fields: Vec::new(),
            });
            let fields = evidence_of(kind, systems);
            for (_, field, shortest) in fields {
                if !connection.dcgm().knows_field(*field) {
                    continue;
                }
                let group = field_groups.acquire_field_group(connection, &[*field])?;
                if let Some(sampled) = self.sampled.last_mut() {
                    sampled.fields.push(SampledField {
                        group,
                        max_age: max_age(interval, *shortest),
                        next: None,
                    });
                }
            }
            self.seen_until
                .extend(entities.iter().map(|id| (*id, Timestamp::NEVER)));
        }
        Ok(())
    }

    /// Makes the engine sample. Over one connection, a repetition replaces the sampling.
    fn set(&self, connection: &EngineConnection) -> Result<()> {
        let HealthRequest {
            systems,
            interval,
            keep_age,
            ..
        } = self.request;
        connection.set_health(self.id, systems, interval, keep_age)
    }

    /// Gives the groups back. The sampling goes on: nothing ends it.
    fn release(&mut self, connection: &EngineConnection, field_groups: &mut SharedGroups) {
        // If the engine was lost, the next call reports it.
        for sampled in self.sampled.drain(..) {
            for field in sampled.fields {
                drop(field_groups.release_field_group(connection, field.group));
            }
            drop(self.shared.release_entity_group(connection, sampled.group));
        }
        drop(self.shared.release_entity_group(connection, self.id));
    }

    /// Reads the new samples, and notes until when each entity counts as seen. Marks those that do not.
    fn read_evidence(
        &mut self,
        connection: &EngineConnection,
        text: &mut String,
        report: &mut HealthReport,
    ) -> Result<()> {
        let mut now = Timestamp::NEVER;
        let mut is_forgotten = false;
        for SampledKind {
            kind,
            group,
            fields,
        } in &mut self.sampled
        {
            for field in fields {
                let seen_until = &mut self.seen_until;
                let pair = (*group, field.group);
                match read_new(connection, pair, field, now, text, seen_until) {
                    Ok(time) => now = now.max(time),
                    Err(error) if error.ends_connection() => return Err(error),
                    Err(error) => {
                        tracing::debug!(%error, "the samples of a health watch cannot be read");
                        let is_unwatched = error.code() == Some(ReturnCode::NOT_WATCHED);
                        is_forgotten |= is_unwatched && field.next.is_some();
                        continue;
                    }
                }
                let mut of_kind = seen_until.iter_mut().filter(|(id, _)| id.kind == *kind);
                if *kind == EntityKind::SWITCH {
                    // The events are watched, which is all that can be known.
                    of_kind.for_each(|(_, until)| *until = later(now, SLACK));
                    break;
                }
                // The engine takes a round trip for each entity and field.
                if of_kind.all(|(_, until)| *until >= now) {
                    break;
                }
            }
        }
        for entity in &self.entities {
            let seen = self.seen_until.iter().find(|(id, _)| id == entity);
            if seen.is_none_or(|(_, until)| *until < now || *until == Timestamp::NEVER)
                || is_forgotten
                || now == Timestamp::NEVER
            {
                report.mark_unknown(*entity, UnknownReason::NotSampled);
            }
        }
        if is_forgotten {
            tracing::warn!("the engine has forgotten a health watch, which is set again");
            self.set(connection)?;
        }
        Ok(())
    }
}

/// Returns the time that is `by` later.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_add(by))
}

/// Returns the time that is `by` earlier, not before 1970.
fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_sub(by).max(0))
}

/// Reads the samples of a field since the last read, and returns the time of the engine. `now` is that time, if
/// it is known.
fn read_new(
    connection: &EngineConnection,
    pair: GroupPair,
    field: &mut SampledField,
    now: Timestamp,
    text: &mut String,
    seen_until: &mut [(EntityId, Timestamp)],
) -> Result<Timestamp> {
    let from = match field.next {
        Some(next) => next,
        None if now == Timestamp::NEVER => earlier(engine_time(connection, pair)?, field.max_age),
        None => earlier(now, field.max_age),
    };
    let max_age = field.max_age;
    let next = connection.read_since(pair, from, text, &mut |sample| {
        // Samples of a field that the hardware lacks are taken, too; a detached driver gives blanks.
        if !matches!(sample.value, Ok(_) | Err(NoValue::NotSupported))
            || sample.timestamp == Timestamp::NEVER
        {
            return;
        }
        let until = later(sample.timestamp, max_age);
        let entity = seen_until.iter_mut().find(|(id, _)| *id == sample.entity);
        if let Some((_, known)) = entity {
            *known = until.max(*known);
        }
    })?;
    field.next = Some(next);
    Ok(next)
}

impl HealthChecks {
    /// Starts a watch, or finds the one that was started for the same request.
    pub(super) fn start(
        &mut self,
        connection: &EngineConnection,
        request: &HealthRequest,
    ) -> Result<(HealthTicket, HealthRequest, Vec<Refusal>)> {
        let known = self
            .groups
            .iter()
            .position(|group| group.request == *request);
        let index = if let Some(index) = known {
            index
        } else {
            let group = HealthGroup::start(connection, &mut self.field_groups, request)?;
            self.insert(connection, group)
        };
        let group = self.groups.get(index).ok_or(Error::NotConnected)?;
        let request = HealthRequest {
            entities: group.entities.clone(),
            ..request.clone()
        };
        let ticket = HealthTicket {
            session: connection.number,
            index,
            _user: Arc::clone(&group.users),
        };
        Ok((ticket, request, group.refused.clone()))
    }

    /// Keeps a group, and returns its index. If there are many, it replaces one without a user.
    fn insert(&mut self, connection: &EngineConnection, group: HealthGroup) -> usize {
        let is_unused = |kept: &HealthGroup| Arc::strong_count(&kept.users) == 1;
        let unused = self.groups.iter().position(is_unused);
        let is_full = self.groups.len() >= MAX_KEPT_GROUPS;
        if let Some((index, slot)) = unused
            .filter(|_| is_full)
            .and_then(|index| Some((index, self.groups.get_mut(index)?)))
        {
            core::mem::replace(slot, group).release(connection, &mut self.field_groups);
            return index;
        }
        self.groups.push(group);
        self.groups.len() - 1
    }

    /// Checks the entities of a watch.
    pub(super) fn check(
        &mut self,
        connection: &EngineConnection,
        ticket: &HealthTicket,
        report: &mut HealthReport,
    ) -> Result<()> {
        let Self {
            groups,
            field_groups,
            reply,
            text,
        } = self;
        let group = groups.get_mut(ticket.index);
        let Some(group) = group.filter(|_| ticket.session == connection.number) else {
            return Err(Error::Call {
                function: "dcgmHealthCheck",
                code: ReturnCode::NOT_WATCHED,
            });
        };
        let reply =
            reply.get_or_insert_with(|| HealthReply::new(connection.release.has_large_structs()));
        let mut check = |group: &HealthGroup, report: &mut HealthReport| {
            report.begin(&group.entities);
            connection.check_health(group.id, reply, |incident| {
                text.clear();
                crate::ffi::push_long_text(incident.message, text);
                if !is_of_other_kind(incident.entity, incident.code, text) {
                    let id = (incident.entity, incident.system, incident.code);
                    report.push(id, incident.severity, text);
                }
            })
        };
        match check(group, report) {
            // Another client has destroyed the group.
            Err(error) if error.code() == Some(ReturnCode::NOT_CONFIGURED) => {
                tracing::warn!(%error, "the group of a health watch is gone; it is created again");
                let request = group.request.clone();
                let users = Arc::clone(&group.users);
                group.release(connection, field_groups);
                *group = HealthGroup::start(connection, field_groups, &request)?;
                group.users = users;
                check(group, report)?;
            }
            outcome => outcome?,
        }
        let is_paused = match connection.is_paused() {
            Err(error) if error.ends_connection() => return Err(error),
            outcome => outcome.unwrap_or(false),
        };
        for entity in &group.entities {
            if is_paused {
                report.mark_unknown(*entity, UnknownReason::EnginePaused);
            } else if entity.kind == EntityKind::GPU {
                let status = match connection.gpu_status(entity.id) {
                    Err(error) if error.ends_connection() => return Err(error),
                    outcome => outcome.unwrap_or(EntityStatus::UNKNOWN),
                };
                if let Some(reason) = unknown_reason(status) {
                    report.mark_unknown(*entity, reason);
                }
            }
        }
        group.read_evidence(connection, text, report)
    }

    /// Gives all groups back.
    pub(super) fn release_all(&mut self, connection: &EngineConnection) {
        for mut group in self.groups.drain(..) {
            group.release(connection, &mut self.field_groups);
        }
    }
}
