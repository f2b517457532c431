//! [`AcceptedFields`]: what the engine accepted of a watch that is being set up; undone when dropped.

use super::connection::{EngineConnection, keep_disconnect};
use super::open_watches::{OpenWatches, WatchTimes, engine_time, watch_pair};
use super::release::MAX_GROUP_FIELDS;
use super::shared_groups::{FilledGroup, SharedGroups};
use crate::entity::EntityId;
use crate::error::Result;
use crate::ffi::{GroupId, GroupPair};
use crate::field::FieldId;
use crate::sample::Timestamp;
use crate::watch::WatchRequest;

/// The parts of a watch that the engine accepted, and the groups that are held for it.
pub(super) struct AcceptedFields<'a> {
    pub(super) connection: &'a EngineConnection,
    groups: &'a mut SharedGroups,
    open: &'a OpenWatches,
    request: &'a WatchRequest,
    /// Sufficient for all watches over the connection.
    times: WatchTimes,
    /// The groups that were acquired, each as often as it is held.
    held: Vec<GroupId>,
    parts: Vec<AcceptedPart>,
    kept: bool,
}

/// Fields that the engine accepted for a group.
#[derive(Debug)]
struct AcceptedPart {
    pair: GroupPair,
    fields: Vec<FieldId>,
}

impl<'a> AcceptedFields<'a> {
    pub(super) fn new(
        connection: &'a EngineConnection,
        groups: &'a mut SharedGroups,
        open: &'a OpenWatches,
        request: &'a WatchRequest,
    ) -> Self {
        let own = WatchTimes {
            interval: request.interval,
            keep_age: request.keep_age,
        };
        Self {
            connection,
            groups,
            open,
            request,
            times: open.merge_times(&request.entities, &request.fields, own),
            held: Vec::new(),
            parts: Vec::new(),
            kept: false,
        }
    }

    /// Returns `true` if nothing was accepted so far.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns `true` if one of the fields was accepted for a group.
    pub(super) fn has_any(&self, group: GroupId, fields: &[FieldId]) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.pair.0 == group && part.fields.iter().any(|id| fields.contains(id)))
    }

    /// Returns the accepted fields, each once.
    pub(super) fn fields(&self) -> Vec<FieldId> {
        let all = self.parts.iter().flat_map(|part| &part.fields);
        deduplicate(all.copied())
    }

    /// Acquires a group of these entities, without those that the engine refuses.
    pub(super) fn acquire_group(&mut self, entities: &[EntityId]) -> Result<FilledGroup> {
        let filled = self
            .groups
            .acquire_entity_group(self.connection, entities)?;
        self.held.extend(filled.id);
        Ok(filled)
    }

    /// Releases a group once if no field was accepted for it: all clients share about 60 groups.
    pub(super) fn release_unused(&mut self, group: GroupId) -> Result<()> {
        let mut outcome = Ok(());
        if self.parts.iter().all(|part| part.pair.0 != group) {
            if let Some(at) = self.held.iter().position(|id| *id == group) {
                self.held.swap_remove(at);
                let released = self.groups.release_entity_group(self.connection, group);
                keep_disconnect(&mut outcome, released);
            }
        }
        outcome
    }

    /// Returns `true` if another client has destroyed a group, which this watch shares with others.
    pub(super) fn is_gone(&self, group: GroupId) -> bool {
        self.groups.is_gone(group)
    }

    /// Watches fields on a group, with one call; with another if a shared field group is gone.
    pub(super) fn try_watch(&mut self, group: GroupId, fields: &[FieldId]) -> Result<()> {
        loop {
            let field_group = self.groups.acquire_field_group(self.connection, fields)?;
            let pair = (group, field_group);
            let fields = fields.to_vec();
            let part = AcceptedPart { pair, fields };
            let Err(error) = watch_pair(self.connection, pair, self.times) else {
                self.parts.push(part);
                return Ok(());
            };
            let has_gone = self.groups.drop_gone(pair, &error);
            // A failed watch leaves some of its fields watched.
            drop(self.unwatch_parts(&[part]));
            if !has_gone || self.is_gone(group) {
                return Err(error);
            }
        }
    }

    /// Combines the small field groups that splitting has left for each group of entities.
    pub(super) fn consolidate_all(&mut self) -> Result<()> {
        let groups = self.parts.iter().map(|part| part.pair.0);
        for group in deduplicate(groups) {
            self.consolidate_fields(group)?;
        }
        Ok(())
    }

    /// Combines the small field groups that splitting has left for a group of entities.
    pub(super) fn consolidate_fields(&mut self, group: GroupId) -> Result<()> {
        let (separate, others): (Vec<_>, Vec<_>) = core::mem::take(&mut self.parts)
            .into_iter()
            .partition(|part| part.pair.0 == group);
        self.parts = others;
        let fields: Vec<FieldId> = separate
            .iter()
            .flat_map(|part| part.fields.clone())
            .collect();
        if separate.len() <= fields.len().div_ceil(MAX_GROUP_FIELDS) {
            self.parts.extend(separate);
            return Ok(());
        }
        let before = self.parts.len();
        for chunk in fields.chunks(MAX_GROUP_FIELDS) {
            if let Err(error) = self.try_watch(group, chunk) {
                // The combined fields are refused, or no group is left: keep the separate groups.
                let combined = self.parts.split_off(before);
                self.parts.extend(separate);
                self.unwatch_parts(&combined)?;
                self.rewatch_parts()?;
                return if error.is_disconnected() {
                    Err(error)
                } else {
                    Ok(())
                };
            }
        }
        self.unwatch_parts(&separate)?;
        self.rewatch_parts()
    }

    /// Unwatches fields of groups, and keeps the groups.
    fn unwatch_parts(&mut self, parts: &[AcceptedPart]) -> Result<()> {
        let mut outcome = Ok(());
        for part in parts {
            keep_disconnect(&mut outcome, self.connection.unwatch_fields(part.pair));
            let released = self
                .groups
                .release_field_group(self.connection, part.pair.1);
            keep_disconnect(&mut outcome, released);
        }
        outcome
    }

    /// Watches all accepted fields again, since ending one watch ends others on the same fields.
    fn rewatch_parts(&self) -> Result<()> {
        self.pairs()
            .try_for_each(|pair| watch_pair(self.connection, pair, self.times))
    }

    fn pairs(&self) -> impl Iterator<Item = GroupPair> + '_ {
        self.parts.iter().map(|part| part.pair)
    }

    /// Returns the engine's time: its next start time for a request from the future, which returns no
    /// sample.
    pub(super) fn engine_time(&self) -> Result<Timestamp> {
        let Some(pair) = self.pairs().next() else {
            return Ok(Timestamp::NEVER);
        };
        engine_time(self.connection, pair)
    }

    /// Keeps the accepted fields, releases the groups without any, and returns the watched pairs. From
    /// then on, each pair holds its group once.
    pub(super) fn keep(mut self) -> Result<Vec<GroupPair>> {
        self.kept = true;
        let mut outcome = Ok(());
        let mut held = core::mem::take(&mut self.held);
        let pairs: Vec<_> = self.pairs().collect();
        for (group, _) in &pairs {
            match held.iter().position(|id| id == group) {
                Some(at) => drop(held.swap_remove(at)),
                None => self.groups.hold_entity_group(*group),
            }
        }
        for group in held {
            let released = self.groups.release_entity_group(self.connection, group);
            keep_disconnect(&mut outcome, released);
        }
        outcome.map(|()| pairs)
    }
}

impl Drop for AcceptedFields<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // The first error is reported; one of undoing would say less.
        let parts = core::mem::take(&mut self.parts);
        drop(self.unwatch_parts(&parts));
        for group in core::mem::take(&mut self.held) {
            drop(self.groups.release_entity_group(self.connection, group));
        }
        let WatchRequest {
            entities, fields, ..
        } = self.request;
        drop(
            self.open
                .rewatch_overlapping(self.connection, entities, fields),
        );
    }
}

/// Returns each item once, in the order given.
pub(super) fn deduplicate<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut unique = Vec::new();
    for item in items {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique
}
