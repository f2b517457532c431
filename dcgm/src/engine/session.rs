//! [`Session`]: what a client has of an engine while it is connected.
//!
//! | part | subject |
//! |---|---|
//! | `connection` | the calls, the release, the end of the connection |
//! | `inventory` | entities and links |
//! | `watches` | watches, shared with the connection's other users |
//! | `reader` | plans and buffers of queries that are read again |
//! | `health` | health watches, which last as long as the session |
//! | `listeners`, `field_listeners` | those who wait for violations of policies |
//! | `groups` | the groups in the engine that watches and reads share |
//! | `pauses` | the pauses of profiling |
//!
//! The parts do not know each other: each method passes to one what it needs of the others.

use std::sync::Arc;
use std::time::Duration;

use super::connection::EngineConnection;
use super::field_listeners::{FieldListener, FieldListeners};
use super::health_checks::{HealthChecks, HealthTicket};
use super::identity::{GPU_FIELDS, ok_unless_disconnected, set_property};
use super::inventory::{self, Entities, Inventory};
use super::open_watches::Watched;
use super::pauses::Pauses;
use super::policy_listeners::{PolicyListener, PolicyListeners};
use super::reader::Reader;
use super::shared_groups::SharedGroups;
use super::watches::{StartedWatch, Watches};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::Result;
use crate::ffi::{EngineHandle, GroupId, Transport};
use crate::health::{HealthReport, HealthRequest};
use crate::jobs::JobId;
use crate::listing::Listing;
use crate::policy::PolicyConditions;
use crate::query::Query;
use crate::sample::{Samples, Timestamp};
use crate::watch::{Refusal, WatchRequest};

/// A connection with its watches, groups and memory.
pub(super) struct Session {
    connection: EngineConnection,
    inventory: Inventory,
    watches: Watches,
    reader: Reader,
    groups: SharedGroups,
    /// The watches of jobs in an embedded engine, until the jobs are removed.
    job_watches: Vec<(JobId, Arc<Watched>)>,
    pauses: Pauses,
    health: HealthChecks,
    listeners: PolicyListeners,
    field_listeners: FieldListeners,
}

impl Session {
    pub(super) fn new(connection: EngineConnection) -> Self {
        let listeners = PolicyListeners::over(connection.transport);
        let field_listeners = FieldListeners::over(connection.transport);
        Self {
            watches: Watches::new(&connection),
            connection,
            inventory: Inventory::default(),
            reader: Reader::default(),
            groups: SharedGroups::default(),
            job_watches: Vec::new(),
            pauses: Pauses::default(),
            health: HealthChecks::default(),
            listeners,
            field_listeners,
        }
    }

    pub(super) const fn connection(&self) -> &EngineConnection {
        &self.connection
    }

    /// Lists the supported entities of each kind. The error of one kind does not affect the others.
    pub(super) fn list_each(&mut self, listing: &mut Listing) -> Result<()> {
        self.inventory.list_each(&self.connection, listing)
    }

    /// Returns the entities of these kinds with their properties.
    pub(super) fn read_entities(&mut self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.watches.forget_profilers();
        let Entities {
            mut all,
            lack_properties,
        } = self.inventory.read_entities(&self.connection, kinds)?;
        if lack_properties {
            self.identify_by_samples(&mut all)?;
        }
        Ok(all)
    }

    /// Reads the properties of GPUs as samples of fields, which are watched for a moment: an engine
    /// that is older than the library does not know the library's request for properties.
    fn identify_by_samples(&mut self, entities: &mut [Entity]) -> Result<()> {
        let is_gpu = |entity: &&Entity| entity.id.kind == EntityKind::GPU;
        let gpus: Vec<_> = entities
            .iter()
            .filter(is_gpu)
            .map(|entity| entity.id)
            .collect();
        let request = WatchRequest::new(gpus, GPU_FIELDS);
        let Some(StartedWatch { watched, .. }) =
            ok_unless_disconnected(self.start_watch(&request))?
        else {
            return Ok(());
        };
        let mut scratch = String::new();
        let read = watched.read_since(
            &self.connection,
            Timestamp::NEVER,
            &mut scratch,
            &mut |sample| {
                let entity = entities
                    .iter_mut()
                    .find(|entity| entity.id == sample.entity);
                if let (Some(entity), Ok(value)) = (entity, sample.value) {
                    set_property(entity, sample.field, value);
                }
            },
        );
        let outcome = ok_unless_disconnected(read);
        self.end_watch(&watched)?;
        outcome.map(drop)
    }

    /// Returns the NVLinks.
    pub(super) fn read_links(&mut self) -> Result<Vec<Link>> {
        inventory::read_links(&self.connection)
    }

    /// Watches the fields and entities of a request that the engine accepts.
    pub(super) fn start_watch(&mut self, request: &WatchRequest) -> Result<StartedWatch> {
        self.watches
            .start(&self.connection, &mut self.groups, request)
    }

    /// Watches the fields of jobs or processes. `watch_fields` is the engine's own way, which also sets up the
    /// accounting; the ordinary watch has more fields, and ends both.
    pub(super) fn start_usage_watch(
        &mut self,
        request: &WatchRequest,
        watch_fields: fn(&EngineHandle, GroupId, Duration, Duration) -> Result<()>,
    ) -> Result<StartedWatch> {
        let started = self.start_watch(request)?;
        let watched = &started.watched;
        let times =
            self.watches
                .open()
                .merge_times(&watched.entities, &watched.fields, watched.times);
        let mut groups: Vec<GroupId> = Vec::new();
        for (group, _) in &watched.pairs {
            if !groups.contains(group) {
                groups.push(*group);
            }
        }
        for group in groups {
            let outcome = watch_fields(&self.connection, group, times.interval, times.keep_age);
            if let Err(error) = outcome {
                drop(self.end_watch(watched));
                return Err(error);
            }
        }
        Ok(started)
    }

    /// Holds the watch of a job until the job is removed.
    pub(super) fn hold_job_watch(&mut self, job: &JobId, watched: Arc<Watched>) {
        self.job_watches.push((job.clone(), watched));
    }

    /// Returns the watches of a job, and forgets them.
    pub(super) fn take_job_watches(&mut self, job: &JobId) -> Vec<Arc<Watched>> {
        let held = std::mem::take(&mut self.job_watches);
        let (taken, kept): (Vec<_>, Vec<_>) = held.into_iter().partition(|(held, _)| held == job);
        self.job_watches = kept;
        taken.into_iter().map(|(_, watched)| watched).collect()
    }

    /// Calls `request` with a group of these entities. Returns `None` if the engine accepts none of them.
    pub(super) fn with_group<T>(
        &mut self,
        entities: &[EntityId],
        request: impl FnOnce(&EngineConnection, GroupId) -> Result<T>,
    ) -> Result<Option<T>> {
        let filled = self
            .groups
            .acquire_entity_group(&self.connection, entities)?;
        let Some(group) = filled.id else {
            return Ok(None);
        };
        let outcome = request(&self.connection, group);
        let released = self.groups.release_entity_group(&self.connection, group);
        match released {
            Err(error) if error.is_disconnected() => Err(error),
            _ => outcome.map(Some),
        }
    }

    /// Ends a watch. A watch of an earlier session ended with that session.
    pub(super) fn end_watch(&mut self, watched: &Arc<Watched>) -> Result<()> {
        self.watches
            .end(&self.connection, &mut self.groups, watched)
    }

    /// Reads the latest sample of each pair of the query.
    pub(super) fn read_latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        self.reader.read_latest(
            &self.connection,
            &mut self.groups,
            self.watches.open(),
            query,
            into,
        )
    }

    /// Reads the samples of a watch since the cursor, each once.
    pub(super) fn read_events(
        &mut self,
        watched: &Arc<Watched>,
        cursor: &mut Cursor,
        into: &mut Samples,
    ) -> Result<()> {
        self.reader
            .read_events(&self.connection, watched, cursor, into)
    }

    /// Appends all samples of a watch since a time. Returns the start of the next read.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(super) fn read_since(
        &mut self,
        watched: &Arc<Watched>,
        from: Timestamp,
        into: &mut Samples,
    ) -> Result<Option<Timestamp>> {
        self.reader
            .read_since(&self.connection, watched, from, &mut |sample| {
                into.push(sample);
            })
    }

    /// Pauses profiling, or counts another pause.
    pub(super) fn begin_pause(&mut self) -> Result<()> {
        self.pauses.begin(&self.connection)
    }

    /// Ends a pause. The end of the last one resumes profiling.
    pub(super) fn end_pause(&mut self) -> Result<()> {
        self.pauses.end(&self.connection)
    }

    /// Has the engine forget all samples and watches, those of other clients too, and watches again what
    /// this client watches.
    #[cfg(feature = "admin")]
    pub(super) fn empty_cache(&mut self) -> Result<()> {
        self.connection.empty_cache()?;
        self.watches.rewatch_all(&self.connection)
    }

    /// Starts to check the health of entities.
    pub(super) fn start_health(
        &mut self,
        request: &HealthRequest,
    ) -> Result<(HealthTicket, HealthRequest, Vec<Refusal>)> {
        self.health.start(&self.connection, request)
    }

    /// Checks the health of the entities of a watch.
    pub(super) fn check_health(
        &mut self,
        ticket: &HealthTicket,
        report: &mut HealthReport,
    ) -> Result<()> {
        self.health.check(&self.connection, ticket, report)
    }

    /// Passes the violations of the policies of GPUs to a listener.
    pub(super) fn add_listener(
        &mut self,
        gpus: &[EntityId],
        conditions: PolicyConditions,
        listener: &Arc<PolicyListener>,
    ) -> Result<()> {
        self.listeners
            .add(&self.connection, gpus, conditions, listener)
    }

    /// Forgets the listeners that were dropped.
    pub(super) fn release_listeners(&mut self) -> Result<()> {
        let released = self.listeners.release_dropped(&self.connection);
        self.field_listeners
            .release_dropped(&self.connection)
            .and(released)
    }

    /// Passes the violations of a policy on a field to a listener.
    pub(super) fn add_field_listener(&mut self, listener: FieldListener) -> Result<()> {
        self.field_listeners.add(&self.connection, listener)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.pauses.end_all(&self.connection);
        self.listeners.end_all(&self.connection);
        self.field_listeners.end_all(&self.connection);
        // The embedded engine outlives this session, and would go on sampling. Other groups and watches
        // go with their connection.
        if self.connection.transport == Transport::Embedded {
            self.watches.end_all(&self.connection, &mut self.groups);
            self.reader
                .release_plans(&self.connection, &mut self.groups);
            self.health.release_all(&self.connection);
        }
    }
}
