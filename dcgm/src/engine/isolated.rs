//! Reading events without a cursor: the cursor is that of the caller, in another process.

use std::sync::Arc;

use super::Engine;
use super::engine_thread::WatchGuard;
use crate::error::{Error, Operation, Result};
use crate::sample::{Samples, Timestamp};
use crate::watch::Watch;

impl Engine {
    /// Returns the start of a watch by the engine's clock, and the number of its connection.
    pub(crate) fn watch_origin(watch: &Watch) -> (Timestamp, u64) {
        let guard = watch.guard::<WatchGuard>();
        guard.map_or((Timestamp::NEVER, 0), |guard| {
            (guard.watched.began, guard.watched.session)
        })
    }

    /// Replaces the contents of `into` with all samples of a watch since `from`. Returns the start of
    /// the next read.
    pub(crate) fn samples_since(
        &self,
        watch: &Watch,
        from: Timestamp,
        into: &mut Samples,
    ) -> Result<Option<Timestamp>> {
        into.clear();
        let Some(guard) = watch.guard::<WatchGuard>() else {
            return Err(Error::Request("the watch belongs to another client"));
        };
        let watched = Arc::clone(&guard.watched);
        let mut samples = std::mem::take(into);
        let limit = self.options().deadlines.read;
        let (next, samples) = self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| {
                let next = session.read_since(&watched, from, &mut samples)?;
                Ok((next, std::mem::take(&mut samples)))
            })
        })?;
        *into = samples;
        Ok(next)
    }
}
