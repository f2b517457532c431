//! [`Watches`]: starts and ends the watches of a session, as few and as large as possible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::accepted::{AcceptedFields, deduplicate};
use super::connection::{EngineConnection, keep_disconnect};
use super::open_watches::{OpenWatches, WatchTimes, Watched};
use super::profilers::Profilers;
use super::release::MAX_GROUP_FIELDS;
use super::shared_groups::SharedGroups;
use super::watch_split::WatchSplitter;
use crate::code::ReturnCode;
use crate::error::{Error, Result};
use crate::sample::Timestamp;
use crate::watch::{Refusal, WatchRequest};

/// A watch that was started.
#[derive(Debug)]
pub(super) struct StartedWatch {
    pub(super) watched: Arc<Watched>,
    /// The request without what the engine refused.
    pub(super) request: WatchRequest,
    pub(super) refused: Vec<Refusal>,
}

/// The watches of a session, among those of all sessions that share its connection.
pub(super) struct Watches {
    open: OpenWatches,
    profilers: Profilers,
}

impl Watches {
    pub(super) fn new(connection: &EngineConnection) -> Self {
        Self {
            open: OpenWatches::over(connection.transport),
            profilers: Profilers::default(),
        }
    }

    /// Returns the watches over the connection.
    pub(super) const fn open(&self) -> &OpenWatches {
        &self.open
    }

    /// Forgets the profilers, so that each is requested again.
    pub(super) fn forget_profilers(&mut self) {
        self.profilers.clear();
    }

    /// Watches the fields and entities of a request that the engine accepts.
    pub(super) fn start(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        request: &WatchRequest,
    ) -> Result<StartedWatch> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let accepted = AcceptedFields::new(connection, groups, &self.open, request);
        let mut setup = WatchSplitter::new(accepted, &mut self.profilers, request);
        let fields = setup.known_fields();
        let mut entities = Vec::with_capacity(request.entities.len());
        let wanted = deduplicate(request.entities.iter().copied());
        for chunk in wanted.chunks(connection.release.max_entities()) {
            let Some(group) = setup.acquire_group(chunk)? else {
                continue;
            };
            entities.extend_from_slice(&group.entities);
            for fields in fields.chunks(MAX_GROUP_FIELDS) {
                setup.watch_or_split(&group, fields)?;
            }
        }
        let WatchSplitter {
            mut accepted,
            refused,
            ..
        } = setup;
        accepted.consolidate_all()?;
        let mut watched_fields = accepted.fields();
        watched_fields.sort_by_key(|field| fields.iter().position(|requested| requested == field));
        if entities.is_empty() || watched_fields.is_empty() {
            return Err(nothing_watched(&refused));
        }
        let began = if request.events {
            accepted.engine_time()?
        } else {
            Timestamp::NEVER
        };
        let watched = Arc::new(Watched {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            session: connection.number,
            entities: entities.clone(),
            fields: watched_fields.clone(),
            pairs: accepted.keep()?,
            times: WatchTimes {
                interval: request.interval,
                keep_age: request.keep_age,
            },
            began,
            ended: Mutex::new(false),
        });
        self.open.insert(Arc::clone(&watched));
        let request = WatchRequest {
            entities,
            fields: watched_fields,
            ..request.clone()
        };
        Ok(StartedWatch {
            watched,
            request,
            refused,
        })
    }

    /// Ends a watch. A watch of an earlier session ended with that session.
    pub(super) fn end(
        &self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        watched: &Arc<Watched>,
    ) -> Result<()> {
        self.open.remove(watched);
        {
            let mut ended = watched.ended.lock();
            if watched.session != connection.number || *ended {
                return Ok(());
            }
            *ended = true;
        }
        // An error that does not end the session means that the engine has already forgotten the watch.
        let mut outcome = Ok(());
        for pair in &watched.pairs {
            keep_disconnect(&mut outcome, connection.unwatch_fields(*pair));
            keep_disconnect(&mut outcome, groups.release_pair(connection, *pair));
        }
        outcome?;
        self.open
            .rewatch_overlapping(connection, &watched.entities, &watched.fields)
    }

    /// Watches again everything that is watched over the connection: the engine has forgotten it.
    #[cfg(feature = "admin")]
    pub(super) fn rewatch_all(&self, connection: &EngineConnection) -> Result<()> {
        self.open.rewatch_all(connection)
    }

    /// Ends all watches of the session.
    pub(super) fn end_all(&self, connection: &EngineConnection, groups: &mut SharedGroups) {
        for watched in self.open.to_vec() {
            if watched.session == connection.number {
                drop(self.end(connection, groups, &watched));
            }
        }
    }
}

/// Returns the error of a watch of which nothing was accepted. Other refusals explain better than
/// unknown fields why.
fn nothing_watched(refused: &[Refusal]) -> Error {
    let is_unknown = |refusal: &&Refusal| refusal.error.code() == Some(ReturnCode::UNKNOWN_FIELD);
    let first = refused.iter().find(|refusal| !is_unknown(refusal));
    match first.or(refused.first()) {
        Some(refusal) => refusal.error.clone(),
        None => Error::Request("a watch needs at least one entity and one field"),
    }
}
