//! Reading a query by groups of its own.
//!
//! Asked for by a list of pairs, each value takes 4 KiB of buffer, which the processor's caches do
//! not hold; a group's values are handed out one by one. To make a group takes a round trip for
//! each entity, and all clients of an engine share a few: so they are made for a query that is
//! large and read again.

use super::plan::{Call, Limits, Plan};
use super::session::Session;
use super::watching::{FIELD_LIMIT, keep_disconnect};
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::{FieldGroupId, GroupId, Records};
use crate::sample::Samples;

/// As many calls as are worth a group each: all clients of an engine share 61 of each kind.
const MOST_CALLS: usize = 4;

/// As many values as a buffer of 32 KiB holds.
const FEW_VALUES: usize = 8;

/// As long as a reply may be, in bytes of values: libdcgm has room for just under 4 MiB.
const REPLY: usize = 3 << 20;

/// How a plan is read.
#[derive(Debug, Default)]
pub(super) enum Way {
    /// By lists of pairs, as it may never be read again.
    #[default]
    Unread,
    /// It was read, and nothing is known against groups.
    Read,
    /// By groups.
    Groups(Vec<Grouped>),
    /// By lists, for good.
    Lists,
}

/// A call with its groups.
#[derive(Debug)]
pub(super) struct Grouped {
    call: Call,
    group: GroupId,
    fields: FieldGroupId,
}

impl Session {
    /// Reads by groups, if that is how the plan is read. `false`: it is not, and nothing was read.
    pub(super) fn read_groups(&mut self, plan: &mut Plan, into: &mut Samples) -> Result<bool> {
        if matches!(plan.way, Way::Read) {
            plan.way = self.way(plan)?;
            if matches!(plan.way, Way::Groups(_)) {
                // What it was read with before.
                self.records = Records::default();
            }
        }
        let Way::Groups(grouped) = &plan.way else {
            return Ok(false);
        };
        let Self { line, reader, .. } = self;
        let outcome: Result<()> = grouped.iter().try_for_each(
            |Grouped {
                 call,
                 group,
                 fields,
             }| {
                let from = into.len();
                let pair = (*group, *fields);
                let asked = (call.entities.as_slice(), call.fields.as_slice());
                line.dcgm()
                    .latest(line.handle(), pair, asked, reader, into)?;
                if !call.is_whole {
                    let width = call.fields.len();
                    into.retain(from, |at| call.wants(at / width, at % width));
                }
                Ok(())
            },
        );
        let Err(error) = outcome else {
            return Ok(true);
        };
        if error.is_disconnected() || error.is_timeout() {
            return Err(error);
        }
        // Somebody has destroyed a group, or the engine refuses a field: a list tells which.
        tracing::debug!(%error, "what was read by groups is read by lists from now on");
        into.clear();
        self.release_plan(plan)?;
        plan.way = Way::Lists;
        Ok(false)
    }

    /// Gives back what a plan is read by.
    pub(super) fn release_plan(&mut self, plan: &mut Plan) -> Result<()> {
        match core::mem::take(&mut plan.way) {
            Way::Groups(grouped) => self.release_grouped(&grouped),
            Way::Unread | Way::Read | Way::Lists => Ok(()),
        }
    }

    fn release_grouped(&mut self, grouped: &[Grouped]) -> Result<()> {
        let mut outcome = Ok(());
        for Grouped { group, fields, .. } in grouped {
            keep_disconnect(&mut outcome, self.release_field_group(*fields));
            keep_disconnect(&mut outcome, self.release_entity_group(*group));
        }
        outcome
    }

    /// Makes groups for a plan, if it is worth them and the engine has them to give.
    fn way(&mut self, plan: &Plan) -> Result<Way> {
        let limits = self.limits();
        let calls = plan.cut(Limits {
            fields: FIELD_LIMIT,
            values: usize::MAX,
            bytes: limits.bytes.or(Some(REPLY)),
            ..limits
        });
        if calls.len() > MOST_CALLS || plan.values() <= FEW_VALUES {
            return Ok(Way::Lists);
        }
        let mut grouped = Vec::with_capacity(calls.len());
        for call in calls {
            match self.group(call) {
                Ok(one) => grouped.push(one),
                Err(error) if error.is_disconnected() || error.is_timeout() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "the engine gives no group to read by: it is read by lists");
                    self.release_grouped(&grouped)?;
                    return Ok(Way::Lists);
                }
            }
        }
        Ok(Way::Groups(grouped))
    }

    fn group(&mut self, call: Call) -> Result<Grouped> {
        let entities: Vec<EntityId> = call.ids().collect();
        let filled = self.acquire_entity_group(&entities)?;
        let fields = match filled.refused.into_iter().next() {
            Some(refusal) => Err(refusal.error),
            None => self.acquire_field_group(&call.field_ids()),
        };
        match (filled.id, fields) {
            (Some(group), Ok(fields)) => Ok(Grouped {
                call,
                group,
                fields,
            }),
            (group, fields) => {
                if let Some(group) = group {
                    // The error that brought us here says more than one from here could.
                    drop(self.release_entity_group(group));
                }
                Err(fields.err().unwrap_or(Error::NotConnected))
            }
        }
    }
}
