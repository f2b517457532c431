//! The implementation of [`JobsClient`] for [`Engine`].
//!
//! The groups of a job have to outlive the client that starts it, and those of a session go with its connection.
//! They are therefore created over a second, short connection whose groups and watches the engine keeps:
//!
//! ```text
//!  start_job ── EngineThread ──► lasting connection: group and watch of each part, start ──► disconnect
//!  stop_job, job_stats, … ─────► session: finds the groups of the job by their names
//! ```
//!
//! While it is open, it takes the place of the session's connection in the slot of the thread, so that a call that hangs
//! can be cancelled. An embedded engine has one connection, and ends with the process: its session holds the watch.

use std::ffi::CString;
use std::time::{Duration, Instant};

use super::Engine;
use super::connection::{ConnectionSlot, EngineConnection};
use super::engine_thread::{EngineThread, WatchGuard};
use super::open;
use super::options::Target;
use super::session::Session;
use super::watches::StartedWatch;
use crate::code::ReturnCode;
use crate::endpoint::Endpoint;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Operation, Result};
use crate::ffi::{EngineHandle, GroupId, ListScope, SAFE_GPUS};
use crate::jobs::{
    JOB_FIELDS, JobId, JobRequest, JobStats, JobWatch, JobsClient, MAX_GPUS_PER_PART, distinct_gpus,
};
use crate::watch::{Watch, WatchRequest};

/// The start of the name of a group, before the number of the part, a slash, and the id of the job.
const GROUP_PREFIX: &str = "dcgm-rs-job/";

/// The function of libdcgm that watches the fields of jobs or of processes on a group.
pub(super) type WatchFields = fn(&EngineHandle, GroupId, Duration, Duration) -> Result<()>;

impl Engine {
    /// Watches the fields of jobs and processes. The engine's own watch, which sets up the accounting, and an ordinary
    /// one with the fields that it lacks are over the same connection, and so the same for the engine.
    pub(super) fn watch_usage(
        &self,
        gpus: &[EntityId],
        interval: Duration,
        keep_age: Duration,
        watch_fields: WatchFields,
    ) -> Result<Watch> {
        let request = usage_request(distinct_gpus(gpus)?, interval, keep_age);
        let limit = self.options.deadlines.watch;
        let StartedWatch {
            watched,
            request,
            refused,
        } = self.run_task(Operation::Watch, limit, move |thread| {
            thread.with_session(|session| session.start_usage_watch(&request, watch_fields))
        })?;
        let guard = WatchGuard {
            watched,
            shared: std::sync::Arc::clone(&self.shared),
            worker: std::sync::Arc::clone(&self.worker),
        };
        Ok(Watch::new(request, refused, guard))
    }
}

/// Returns the request of an ordinary watch with the fields of jobs and processes.
fn usage_request(gpus: Vec<EntityId>, interval: Duration, keep_age: Duration) -> WatchRequest {
    WatchRequest::new(gpus, JOB_FIELDS)
        .with_interval(interval)
        .with_keep_age(keep_age)
}

impl JobsClient for Engine {
    #[doc(alias = "dcgmWatchJobFields")]
    fn watch_jobs(&self, gpus: &[EntityId], watch: JobWatch) -> Result<Watch> {
        self.watch_usage(
            gpus,
            watch.interval,
            watch.keep_age,
            EngineHandle::watch_job_fields,
        )
    }

    #[doc(alias = "dcgmJobStartStats")]
    fn start_job(&self, request: &JobRequest) -> Result<()> {
        let gpus = request.distinct_gpus()?;
        let request = request.clone();
        let limit = self.options.deadlines.watch;
        let now = Instant::now();
        let until = now.checked_add(limit).unwrap_or(now);
        self.run_task(Operation::Watch, limit, move |thread| {
            thread.start_job(&request, &gpus, until)
        })
    }

    #[doc(alias = "dcgmJobStopStats")]
    fn stop_job(&self, id: &JobId) -> Result<()> {
        self.job_task(id, |session, id| {
            let connection = session.connection();
            let ids = engine_ids(id, &find_parts(connection, Some(id))?);
            ids.iter().try_for_each(|id| connection.stop_job(id))
        })
    }

    fn is_job_running(&self, id: &JobId) -> Result<bool> {
        self.job_task(id, |session, id| {
            let connection = session.connection();
            let ids = readable_ids(connection, id)?;
            let first = ids.first().map_or(id.as_str(), String::as_str);
            Ok(connection.job_end(first)? != connection.job_end(first)?)
        })
    }

    #[doc(alias = "dcgmJobGetStats")]
    fn job_stats(&self, id: &JobId) -> Result<JobStats> {
        self.job_task(id, |session, id| {
            let connection = session.connection();
            let mut parts = Vec::new();
            for id in readable_ids(connection, id)? {
                parts.push(connection.job_stats(&id)?);
            }
            JobStats::merge(parts).ok_or(NO_SUCH_JOB)
        })
    }

    #[doc(alias = "dcgmJobRemove")]
    fn remove_job(&self, id: &JobId) -> Result<()> {
        self.job_task(id, Session::remove_job)
    }

    fn job_ids(&self) -> Result<Vec<JobId>> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, |thread| {
            thread.with_session(|session| {
                let parts = find_parts(session.connection(), None)?;
                let mut ids: Vec<_> = parts.into_iter().map(|part| part.job).collect();
                ids.sort_unstable();
                ids.dedup();
                Ok(ids)
            })
        })
    }
}

impl Engine {
    fn job_task<T: Send + 'static>(
        &self,
        id: &JobId,
        request: impl FnOnce(&mut Session, &JobId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let id = id.clone();
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| request(session, &id))
        })
    }
}

const NO_SUCH_JOB: Error = Error::Call {
    function: "dcgmJobGetStats",
    code: ReturnCode::NO_DATA,
};

/// The maximum number of parts of a job: an engine has 32 GPUs.
const MAX_PARTS: usize = 32 / MAX_GPUS_PER_PART;

/// A group of a job.
struct JobPart {
    job: JobId,
    number: usize,
    group: GroupId,
    members: usize,
}

fn group_name(id: &JobId, number: usize) -> CString {
    CString::new(format!("{GROUP_PREFIX}{number:02}/{id}", id = id.as_str())).unwrap_or_default()
}

/// Returns the groups of a job, or of all jobs, in the order of their parts.
fn find_parts(connection: &EngineConnection, wanted: Option<&JobId>) -> Result<Vec<JobPart>> {
    let mut parts = Vec::new();
    for group in connection.group_ids()? {
        let info = match connection.group_info(group, connection.release.has_large_structs()) {
            Ok(info) => info,
            Err(error) if error.ends_connection() => return Err(error),
            // Destroyed since it was listed.
            Err(_) => continue,
        };
        let name = std::str::from_utf8(&info.name).ok();
        let numbered = name.and_then(|name| name.strip_prefix(GROUP_PREFIX));
        let Some((number, id)) = numbered.and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let (Ok(number), Ok(job)) = (number.parse(), JobId::new(id)) else {
            continue;
        };
        if wanted.is_none_or(|wanted| *wanted == job) {
            parts.push(JobPart {
                job,
                number,
                group,
                members: info.members.len(),
            });
        }
    }
    parts.sort_by_key(|part| part.number);
    Ok(parts)
}

/// Returns the ids under which the engine has the parts of a job: the job's own, if there are no groups of it.
fn engine_ids(id: &JobId, parts: &[JobPart]) -> Vec<String> {
    let mut numbers: Vec<_> = parts.iter().map(|part| part.number).collect();
    numbers.dedup();
    if numbers.is_empty() {
        numbers.push(0);
    }
    numbers
        .into_iter()
        .map(|number| id.engine_id(number))
        .collect()
}

/// Returns the same ids, if the engine can be asked for their statistics: it writes those of a large group beyond the
/// end of its memory.
fn readable_ids(connection: &EngineConnection, id: &JobId) -> Result<Vec<String>> {
    let parts = find_parts(connection, Some(id))?;
    let largest = match parts.iter().map(|part| part.members).max() {
        Some(largest) => largest,
        // Started by another program, on a group that is not known here.
        None => count_gpus(connection)?,
    };
    if largest > SAFE_GPUS {
        return Err(Error::Request(
            "expected a job on at most 25 GPUs, or one that this crate started: the engine could crash of its statistics",
        ));
    }
    Ok(engine_ids(id, &parts))
}

/// Returns the number of GPUs that a group can have, in any state.
fn count_gpus(connection: &EngineConnection) -> Result<usize> {
    let (mut ids, mut gpus) = (Vec::new(), Vec::new());
    let scope = (EntityKind::GPU, ListScope::All);
    let capacity = connection.release.max_entities();
    connection.list_entities(scope, capacity, &mut ids, &mut gpus)?;
    Ok(gpus.len())
}

impl EngineThread {
    fn start_job(&mut self, request: &JobRequest, gpus: &[EntityId], until: Instant) -> Result<()> {
        let endpoint = match &self.options().target {
            Target::Embedded(_) => None,
            Target::Standalone(endpoint) => Some(endpoint.clone()),
        };
        let slot = self.slot().clone();
        self.with_session(|session| {
            session.forget_stale_groups(&request.id)?;
            match endpoint {
                Some(endpoint) => {
                    session.start_lasting_job(request, gpus, &endpoint, (&slot, until))
                }
                None => session.start_embedded_job(request, gpus),
            }
        })
    }
}

impl Session {
    /// Destroys the groups of a job that the engine does not have: of a start that did not come to its end, or
    /// of a job that another client removed.
    fn forget_stale_groups(&self, id: &JobId) -> Result<()> {
        let connection = self.connection();
        let parts = find_parts(connection, Some(id))?;
        let is_safe = parts.iter().all(|part| part.members <= SAFE_GPUS);
        if parts.is_empty() || !is_safe {
            return Ok(());
        }
        match connection.job_end(id.as_str()) {
            Err(error) if error.code() == Some(ReturnCode::NO_DATA) => {}
            Err(error) if error.ends_connection() => return Err(error),
            // The job exists: its start fails.
            _ => return Ok(()),
        }
        for part in parts {
            ok_if_gone(connection.remove_job(&id.engine_id(part.number)))?;
            ok_if_gone(connection.destroy_group(part.group))?;
        }
        Ok(())
    }

    /// Starts a job over a connection of its own, whose groups and watches stay.
    fn start_lasting_job(
        &self,
        request: &JobRequest,
        gpus: &[EntityId],
        endpoint: &Endpoint,
        (slot, until): (&ConnectionSlot, Instant),
    ) -> Result<()> {
        let session = self.connection();
        let outcome = open::open_lasting_connection(session, endpoint, slot, until)
            .and_then(|connection| start_parts(&connection.0, request, gpus));
        // If the deadline has passed, this cancels the session, as for any other call.
        slot.set_target(Some(session.share()));
        outcome
    }

    fn start_embedded_job(&mut self, request: &JobRequest, gpus: &[EntityId]) -> Result<()> {
        let without_watch = request.clone().without_watch();
        start_parts(self.connection(), &without_watch, gpus)?;
        let Some(JobWatch { interval, keep_age }) = request.watch else {
            return Ok(());
        };
        let watch = usage_request(gpus.to_vec(), interval, keep_age);
        match self.start_usage_watch(&watch, EngineHandle::watch_job_fields) {
            Ok(started) => {
                self.hold_job_watch(&request.id, started.watched);
                Ok(())
            }
            Err(error) => {
                drop(self.remove_job(&request.id));
                Err(error)
            }
        }
    }

    fn remove_job(&mut self, id: &JobId) -> Result<()> {
        let parts = find_parts(self.connection(), Some(id))?;
        for watched in self.take_job_watches(id) {
            self.end_watch(&watched)?;
        }
        let connection = self.connection();
        if parts.is_empty() {
            connection.remove_job(id.as_str())?;
            // Those of its parts whose groups another client has destroyed.
            let mut others = (1..MAX_PARTS).map(|number| id.engine_id(number));
            others.all(|id| connection.remove_job(&id).is_ok());
            return Ok(());
        }
        for part in parts {
            ok_if_gone(connection.remove_job(&id.engine_id(part.number)))?;
            // This also ends the watch of the part.
            ok_if_gone(connection.destroy_group(part.group))?;
        }
        Ok(())
    }
}

/// Ignores an error that means that the job or group does not exist.
fn ok_if_gone(outcome: Result<()>) -> Result<()> {
    const GONE: [ReturnCode; 2] = [ReturnCode::NO_DATA, ReturnCode::NOT_CONFIGURED];

    match outcome {
        Err(error) if error.code().is_some_and(|code| GONE.contains(&code)) => Ok(()),
        outcome => outcome,
    }
}

/// Starts a job, in parts; undoes everything if one of them fails.
fn start_parts(connection: &EngineHandle, request: &JobRequest, gpus: &[EntityId]) -> Result<()> {
    let mut groups = Vec::new();
    let mut started = Vec::new();
    let outcome = (|| {
        for (number, gpus) in gpus.chunks(MAX_GPUS_PER_PART).enumerate() {
            let group = connection.create_group(&group_name(&request.id, number))?;
            groups.push(group);
            for gpu in gpus {
                connection.add_entity(group, *gpu)?;
            }
            let id = request.id.engine_id(number);
            connection.start_job(group, &id)?;
            started.push(id);
            // Now, so that the first sample, which the engine takes at once, is one of the job.
            if let Some(watch) = request.watch {
                connection.watch_job_fields(group, watch.interval, watch.keep_age)?;
            }
        }
        Ok(())
    })();
    if outcome.is_err() {
        // If the engine was lost, so were these.
        for id in started {
            drop(connection.remove_job(&id));
        }
        for group in groups {
            drop(connection.destroy_group(group));
        }
    }
    outcome
}
