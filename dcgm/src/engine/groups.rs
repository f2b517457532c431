//! Reading a query by groups of its own.
//!
//! Asked for by a list of pairs, each value takes 4 KiB of buffer, which the processor's caches do
//! not hold; a group's values are handed out one by one. To make a group takes a round trip for
//! each entity, and all clients of an engine share a few: so they are made for a query that is
//! large and read again.

use super::plan::{Call, Limits, Plan};
use super::session::Session;
use super::watching::{FIELD_LIMIT, name, note};
use crate::error::Result;
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
    pub(super) fn release_plan(&self, plan: &mut Plan) -> Result<()> {
        match core::mem::take(&mut plan.way) {
            Way::Groups(grouped) => self.release_grouped(&grouped),
            Way::Unread | Way::Read | Way::Lists => Ok(()),
        }
    }

    fn release_grouped(&self, grouped: &[Grouped]) -> Result<()> {
        let (dcgm, handle) = (self.line.dcgm(), self.line.handle());
        let mut outcome = Ok(());
        for Grouped { group, fields, .. } in grouped {
            note(&mut outcome, dcgm.destroy_field_group(handle, *fields));
            note(&mut outcome, dcgm.destroy_group(handle, *group));
        }
        outcome
    }

    /// Makes groups for a plan, if it is worth them and the engine has them to give.
    fn way(&self, plan: &Plan) -> Result<Way> {
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

    fn group(&self, call: Call) -> Result<Grouped> {
        let (dcgm, handle) = (self.line.dcgm(), self.line.handle());
        let group = dcgm.create_group(handle, &name())?;
        let fill = || -> Result<FieldGroupId> {
            for entity in call.ids() {
                dcgm.add_entity(handle, group, entity)?;
            }
            dcgm.create_field_group(handle, &name(), &call.field_ids())
        };
        match fill() {
            Ok(fields) => Ok(Grouped {
                call,
                group,
                fields,
            }),
            Err(error) => {
                // The error that brought us here says more than one from here could.
                drop(dcgm.destroy_group(handle, group));
                Err(error)
            }
        }
    }
}
