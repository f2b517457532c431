//! The implementation of [`ProcessesClient`] for [`Engine`].

use super::Engine;
use super::session::Session;
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Operation, Result};
use crate::ffi::{EngineHandle, ListScope};
use crate::jobs::MAX_GPUS_PER_PART;
use crate::processes::{ProcessStats, ProcessWatch, ProcessesClient};
use crate::watch::Watch;

impl ProcessesClient for Engine {
    #[doc(alias = "dcgmWatchPidFields")]
    fn watch_processes(&self, gpus: &[EntityId], watch: ProcessWatch) -> Result<Watch> {
        self.watch_usage(
            gpus,
            watch.interval,
            watch.keep_age,
            EngineHandle::watch_process_fields,
        )
    }

    #[doc(alias = "dcgmGetPidInfo")]
    fn process(&self, pid: u32) -> Result<Option<ProcessStats>> {
        if pid == 0 {
            return Err(Error::Request("expected the id of a process, got 0"));
        }
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| session.read_process(pid))
        })
    }
}

impl Session {
    /// Asks for a process on all GPUs, in small groups of this session's own. The engine writes the health incidents
    /// of a large group beyond the end of its memory, and other clients set health watches on the built-in group of all
    /// GPUs, which are kept by group.
    fn read_process(&mut self, pid: u32) -> Result<Option<ProcessStats>> {
        let (mut ids, mut gpus) = (Vec::new(), Vec::new());
        let connection = self.connection();
        let scope = (EntityKind::GPU, ListScope::Supported);
        let capacity = connection.release.max_entities();
        connection.list_entities(scope, capacity, &mut ids, &mut gpus)?;
        let mut found: Option<ProcessStats> = None;
        let (mut not_watched, mut is_watched) = (None, gpus.is_empty());
        for gpus in gpus.chunks(MAX_GPUS_PER_PART) {
            let stats = self.with_group(gpus, |connection, group| {
                connection.process_stats(group, pid)
            });
            match stats {
                Ok(Some(stats)) => {
                    is_watched = true;
                    found = Some(match found {
                        Some(others) => merge(others, stats),
                        None => stats,
                    });
                }
                Ok(None) => {}
                Err(error) => match error.code() {
                    Some(ReturnCode::NO_DATA) => is_watched = true,
                    Some(ReturnCode::NOT_WATCHED) => not_watched = Some(error),
                    _ => return Err(error),
                },
            }
        }
        match not_watched {
            Some(error) if !is_watched => Err(error),
            _ => Ok(found),
        }
    }
}

fn merge(one: ProcessStats, other: ProcessStats) -> ProcessStats {
    let mut merged = ProcessStats::new(one.pid, one.start.min(other.start));
    merged.end = one.end.zip(other.end).map(|(one, other)| one.max(other));
    merged.damaged_gpus = one.damaged_gpus + other.damaged_gpus;
    merged.gpus = one.gpus;
    merged.gpus.extend(other.gpus);
    merged.gpus.sort_by_key(|gpu| gpu.usage.gpu);
    merged
}
