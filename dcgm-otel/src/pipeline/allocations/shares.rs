//! The division of a total among the workloads that held its entity.
//!
//! Each total is divided in the units in which it is counted, so that no rounding is lost: the parts
//! add up to the total whatever it was divided into.

use std::time::Instant;

use dcgm::EntityId;

use super::holders::WorkloadLabels;
use crate::catalogue::{Kind, Scale};
use crate::pipeline::counters::{Amount, Total};
use crate::pipeline::snapshot::Number;

/// A part of a total.
#[derive(Clone, Copy, Debug, Default)]
struct ShareAmount {
    amount: Amount,
    /// The highest number so far: fractions are rounded, and a number must not decrease by that.
    highest: f64,
}

impl ShareAmount {
    fn number(&self, kind: Kind) -> Number {
        match kind {
            Kind::CounterF64 => Number::F64(self.highest),
            _ => Number::U64(self.amount.units),
        }
    }

    fn add(&mut self, growth: Amount, scale: Scale) {
        self.amount.add(growth);
        self.highest = self.highest.max(self.amount.scaled(scale));
    }
}

/// The state of a workload's part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ShareState {
    /// The workload holds the entity.
    Alive,
    /// It has ended, when there had been this number of collects.
    Ended(Instant, u64),
    /// It is no longer exported. It is kept until a collect has not read it, since a total that
    /// starts again must not look like one that decreased.
    Hidden(u64),
}

/// The part of a workload.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) labels: WorkloadLabels,
    pub(super) state: ShareState,
    part: ShareAmount,
}

impl Share {
    /// Ends it early, because the limits leave no room.
    pub(super) const fn hide(&mut self) {
        self.state = ShareState::Hidden(0);
    }
}

/// A total and its parts.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// The entity that it was last known of.
    pub(super) entity: EntityId,
    pub(super) kind: Kind,
    /// The amount of the total that has been divided.
    divided: Amount,
    scale: Scale,
    /// The part that belongs to no workload.
    own: ShareAmount,
    pub(super) shares: Vec<Share>,
}

impl Split {
    /// Begins to divide a total. So far it belongs to no workload: it is that of an earlier meter, or
    /// what the device has counted before. Only an event has just happened.
    pub(super) fn new(total: &Total, kind: Kind, entity: EntityId) -> Self {
        let divided = if total.is_of_events() {
            total.origin_amount(kind)
        } else {
            total.amount(kind)
        };
        let mut own = ShareAmount::default();
        own.add(divided, total.scale());
        Self {
            entity,
            kind,
            divided,
            scale: total.scale(),
            own,
            shares: Vec::new(),
        }
    }

    /// Adds the growth of the total to the parts of its holders: to each of them, if there are several.
    pub(super) fn divide(&mut self, total: &Total, holders: &[WorkloadLabels]) {
        let now = total.amount(self.kind);
        if now == self.divided {
            return;
        }
        if now.origin.to_bits() != self.divided.origin.to_bits() {
            // Other sources are counted in other units.
            let counted = self.divided.scaled(self.scale);
            let own = std::iter::once(&mut self.own);
            let shares = self.shares.iter_mut().map(|share| &mut share.part);
            for part in own.chain(shares) {
                part.amount = Amount::from_scaled(part.amount.scaled(self.scale));
            }
            let rest = Amount::from_scaled((now.origin - counted).max(0.0));
            self.divided = Amount::from_scaled(now.origin);
            self.scale = total.scale();
            self.give(rest, holders);
        }
        let growth = now.since(&self.divided);
        self.divided = now;
        self.give(growth, holders);
    }

    fn give(&mut self, growth: Amount, holders: &[WorkloadLabels]) {
        let mut has_holder = false;
        for share in &mut self.shares {
            if share.state == ShareState::Alive && holders.contains(&share.labels) {
                share.part.add(growth, self.scale);
                has_holder = true;
            }
        }
        if !has_holder {
            self.own.add(growth, self.scale);
        }
    }

    /// Ends the shares of all but these holders; returns `true` if any are left. One that has counted
    /// nothing is forgotten: it would start again with the same number.
    pub(super) fn end_shares(&mut self, holders: &[WorkloadLabels], state: ShareState) -> bool {
        let mut is_any_left = false;
        self.shares.retain_mut(|share| {
            if share.state != ShareState::Alive || holders.contains(&share.labels) {
                return true;
            }
            share.state = state;
            let is_left = share.part.amount != Amount::default();
            is_any_left |= is_left;
            is_left
        });
        is_any_left
    }

    /// Returns `true` if the total belongs to no workload in part.
    pub(super) fn has_own(&self) -> bool {
        self.own.amount != Amount::default()
    }

    pub(super) fn own_number(&self) -> Number {
        self.own.number(self.kind)
    }

    /// Returns the number of a share.
    pub(super) fn share_number(&self, share: usize) -> Option<Number> {
        Some(self.shares.get(share)?.part.number(self.kind))
    }

    /// Adds the share of a new holder, which continues `origin`, or that of one that is back.
    pub(super) fn open_share(
        &mut self,
        labels: &WorkloadLabels,
        origin: impl FnOnce() -> Option<Number>,
    ) {
        if let Some(share) = self.shares.iter_mut().find(|one| one.labels == *labels) {
            share.state = ShareState::Alive;
            return;
        }
        let mut part = ShareAmount::default();
        match origin() {
            Some(Number::F64(number)) => part.add(Amount::from_scaled(number), self.scale),
            Some(Number::U64(number)) => part.add(Amount::from_units(number), self.scale),
            _ => {}
        }
        self.shares.push(Share {
            labels: labels.clone(),
            state: ShareState::Alive,
            part,
        });
    }
}
