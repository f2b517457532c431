//! Reads a query by groups instead of lists.
//!
//! DCGM has two requests for latest values. A *list* names the pairs in each call; every value takes
//! 4 KiB of buffer, which exceeds the processor's caches. A *group* was created before, and its values
//! are passed to a callback one by one, which is faster. But creating a group takes a round trip for
//! each entity, and all clients of an engine share about 60. Therefore groups are created only for a
//! query that is large and read a second time:
//!
//! ```text
//!  Unread ── first read, by lists ──► Read ── second read ──► Groups ── an error ──► Lists
//!                                       └── small, many calls, or no group available ──► Lists
//! ```
//!
//! [`ReadStrategy::Lists`] is final for the plan. Excluding a field starts again with `Unread`.

use super::connection::{EngineConnection, keep_disconnect};
use super::plan::{Limits, Plan, ReadCall};
use super::release::MAX_GROUP_FIELDS;
use super::shared_groups::SharedGroups;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::{GroupBuffer, GroupPair};
use crate::sample::Samples;

/// The maximum number of calls that get a group each: all clients of an engine share 61 of each kind.
const MAX_GROUPED_CALLS: usize = 4;

/// The maximum number of values that are always read by lists: a buffer of 32 KiB.
pub(super) const MAX_LISTED_VALUES: usize = 8;

/// The maximum length of a reply, in bytes of values: libdcgm has room for just under 4 MiB.
const MAX_REPLY_BYTES: usize = 3 << 20;

/// The strategy for reading a plan.
#[derive(Debug, Default)]
pub(super) enum ReadStrategy {
    /// By lists of pairs, since it may not be read again.
    #[default]
    Unread,
    /// Read once by lists; groups have not been tried.
    Read,
    /// By groups.
    Groups(Vec<GroupedCall>),
    /// By lists, permanently.
    Lists,
}

/// A call with its groups.
#[derive(Debug)]
pub(super) struct GroupedCall {
    call: ReadCall,
    pub(super) pair: GroupPair,
}

impl ReadStrategy {
    /// Creates groups for a plan, if it is large enough and the engine provides them.
    pub(super) fn choose(
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        plan: &Plan,
        limits: Limits,
    ) -> Result<Self> {
        let calls = plan.split_query(Limits {
            fields: MAX_GROUP_FIELDS,
            values: usize::MAX,
            bytes: limits.bytes.or(Some(MAX_REPLY_BYTES)),
            ..limits
        });
        if calls.len() > MAX_GROUPED_CALLS || plan.value_count() <= MAX_LISTED_VALUES {
            return Ok(Self::Lists);
        }
        let mut grouped = Vec::with_capacity(calls.len());
        for call in calls {
            match GroupedCall::new(connection, groups, call) {
                Ok(call) => grouped.push(call),
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "the engine provides no group to read by; reading by lists");
                    Self::Groups(grouped).release_groups(connection, groups)?;
                    return Ok(Self::Lists);
                }
            }
        }
        Ok(Self::Groups(grouped))
    }

    /// Releases the groups, if there are any.
    pub(super) fn release_groups(
        self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
    ) -> Result<()> {
        let mut outcome = Ok(());
        if let Self::Groups(calls) = self {
            for call in calls {
                keep_disconnect(&mut outcome, groups.release_pair(connection, call.pair));
            }
        }
        outcome
    }
}

impl GroupedCall {
    /// Creates the groups of a call.
    fn new(
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        call: ReadCall,
    ) -> Result<Self> {
        let entities: Vec<EntityId> = call.entity_ids().collect();
        let filled = groups.acquire_entity_group(connection, &entities)?;
        let fields = match filled.refused.into_iter().next() {
            Some(refusal) => Err(refusal.error),
            None => groups.acquire_field_group(connection, &call.field_ids()),
        };
        match (filled.id, fields) {
            (Some(group), Ok(fields)) => {
                let pair = (group, fields);
                Ok(Self { call, pair })
            }
            (group, fields) => {
                if let Some(group) = group {
                    // The first error is reported; one of releasing would say less.
                    drop(groups.release_entity_group(connection, group));
                }
                Err(fields.err().unwrap_or(Error::NotConnected))
            }
        }
    }

    /// Appends the requested values.
    pub(super) fn read(
        &self,
        connection: &EngineConnection,
        buffer: &mut GroupBuffer,
        into: &mut Samples,
    ) -> Result<()> {
        let from = into.len();
        let ReadCall {
            entities, fields, ..
        } = &self.call;
        connection.read_group(self.pair, (entities, fields), buffer, into)?;
        if !self.call.is_whole {
            let width = fields.len();
            into.retain_from(from, |at| self.call.is_requested(at / width, at % width));
        }
        Ok(())
    }
}
