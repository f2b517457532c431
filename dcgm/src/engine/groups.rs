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

use super::plan::{Limits, Plan, ReadCall};
use super::session::Session;
use super::watching::{MAX_GROUP_FIELDS, keep_disconnect};
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId, Records};
use crate::sample::Samples;

/// The maximum number of calls that get a group each: all clients of an engine share 61 of each kind.
const MAX_GROUPED_CALLS: usize = 4;

/// The maximum number of values that are always read by lists: a buffer of 32 KiB.
const MAX_LISTED_VALUES: usize = 8;

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
    group: GroupId,
    fields: FieldGroupId,
}

impl Session {
    /// Reads by groups, and returns `true`; or returns `false` without reading if the plan is read by
    /// lists.
    pub(super) fn read_groups(&mut self, plan: &mut Plan, into: &mut Samples) -> Result<bool> {
        if matches!(plan.strategy, ReadStrategy::Read) {
            plan.strategy = self.choose_strategy(plan)?;
            if matches!(plan.strategy, ReadStrategy::Groups(_)) {
                // The buffer of the lists is not needed any more.
                self.records = Records::default();
            }
        }
        let ReadStrategy::Groups(grouped) = &plan.strategy else {
            return Ok(false);
        };
        let Self {
            connection, reader, ..
        } = self;
        let outcome: Result<()> = grouped.iter().try_for_each(
            |GroupedCall {
                 call,
                 group,
                 fields,
             }| {
                let from = into.len();
                let pair = (*group, *fields);
                let request = (call.entities.as_slice(), call.fields.as_slice());
                connection
                    .dcgm()
                    .read_group(connection.handle(), pair, request, reader, into)?;
                if !call.is_whole {
                    let width = call.fields.len();
                    into.retain_from(from, |at| call.is_requested(at / width, at % width));
                }
                Ok(())
            },
        );
        let Err(error) = outcome else {
            return Ok(true);
        };
        if error.ends_connection() {
            return Err(error);
        }
        // Another client has destroyed a group, or the engine refuses a field: reading by lists finds
        // out which.
        tracing::debug!(%error, "reading by groups failed; reading by lists from now on");
        into.clear();
        self.release_plan(plan)?;
        plan.strategy = ReadStrategy::Lists;
        Ok(false)
    }

    /// Releases the groups of a plan.
    pub(super) fn release_plan(&mut self, plan: &mut Plan) -> Result<()> {
        match core::mem::take(&mut plan.strategy) {
            ReadStrategy::Groups(grouped) => self.release_grouped(&grouped),
            ReadStrategy::Unread | ReadStrategy::Read | ReadStrategy::Lists => Ok(()),
        }
    }

    fn release_grouped(&mut self, grouped: &[GroupedCall]) -> Result<()> {
        let mut outcome = Ok(());
        for GroupedCall { group, fields, .. } in grouped {
            keep_disconnect(&mut outcome, self.release_field_group(*fields));
            keep_disconnect(&mut outcome, self.release_entity_group(*group));
        }
        outcome
    }

    /// Creates groups for a plan, if it is large enough and the engine provides them.
    fn choose_strategy(&mut self, plan: &Plan) -> Result<ReadStrategy> {
        let limits = self.call_limits();
        let calls = plan.split_query(Limits {
            fields: MAX_GROUP_FIELDS,
            values: usize::MAX,
            bytes: limits.bytes.or(Some(MAX_REPLY_BYTES)),
            ..limits
        });
        if calls.len() > MAX_GROUPED_CALLS || plan.value_count() <= MAX_LISTED_VALUES {
            return Ok(ReadStrategy::Lists);
        }
        let mut grouped = Vec::with_capacity(calls.len());
        for call in calls {
            match self.group_call(call) {
                Ok(call) => grouped.push(call),
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "the engine provides no group to read by; reading by lists");
                    self.release_grouped(&grouped)?;
                    return Ok(ReadStrategy::Lists);
                }
            }
        }
        Ok(ReadStrategy::Groups(grouped))
    }

    /// Creates the groups of a call.
    fn group_call(&mut self, call: ReadCall) -> Result<GroupedCall> {
        let entities: Vec<EntityId> = call.entity_ids().collect();
        let filled = self.acquire_entity_group(&entities)?;
        let fields = match filled.refused.into_iter().next() {
            Some(refusal) => Err(refusal.error),
            None => self.acquire_field_group(&call.field_ids()),
        };
        match (filled.id, fields) {
            (Some(group), Ok(fields)) => Ok(GroupedCall {
                call,
                group,
                fields,
            }),
            (group, fields) => {
                if let Some(group) = group {
                    // The first error is reported; one of releasing would say less.
                    drop(self.release_entity_group(group));
                }
                Err(fields.err().unwrap_or(Error::NotConnected))
            }
        }
    }
}
