//! Policies: who wants to hear of which violation.

use std::collections::{HashMap, VecDeque};

use super::{Code, Connection, Engine, GPU, Pair, st};
use crate::wire::Payload;

const DBE: u32 = 0x1;
const PCI: u32 = 0x2;
const THERMAL: u32 = 0x8;
const POWER: u32 = 0x10;
const XID: u32 = 0x40;
/// At most one call per condition in this time, by the samples' own clock.
const QUIET: i64 = 5_000_000;

#[derive(Debug, Default)]
pub(super) struct Policy {
    limits: HashMap<u32, Limits>,
    registered: Vec<Registration>,
    last: HashMap<(u32, u32), i64>,
    pub(super) outbox: VecDeque<(Connection, Violation)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Limits {
    thermal: i64,
    power: i64,
}

#[derive(Clone, Debug)]
struct Registration {
    connection: Connection,
    group: u64,
    gpus: Vec<u32>,
    conditions: u32,
}

/// A violated condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) group: u64,
    pub(crate) condition: u32,
    pub(crate) gpu: u32,
    pub(crate) at: i64,
    pub(crate) value: i64,
}

impl Policy {
    pub(super) fn disconnected(&mut self, connection: Connection) {
        self.registered
            .retain(|registration| registration.connection != connection);
    }

    pub(super) fn check(&mut self, pair: Pair, field: u16, at: i64, payload: &Payload) {
        if pair.0 != GPU || self.registered.is_empty() {
            return;
        }
        let limits = self.limits.get(&pair.1).copied().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "watts")]
        let value = payload
            .as_int()
            .or_else(|| payload.as_double().map(|value| value as i64))
            .unwrap_or(0);
        let condition = match field {
            230 => XID,
            319 if value > 0 => DBE,
            202 if value > 0 => PCI,
            150 if limits.thermal > 0 && value > limits.thermal => THERMAL,
            155 if limits.power > 0 && value > limits.power => POWER,
            _ => return,
        };
        let wants = |registration: &&Registration| {
            registration.conditions & condition != 0 && registration.gpus.contains(&pair.1)
        };
        let wanting: Vec<_> = self
            .registered
            .iter()
            .filter(wants)
            .map(|r| (r.connection, r.group))
            .collect();
        if wanting.is_empty() {
            return;
        }
        let last = self.last.get(&(pair.1, condition)).copied();
        if last.is_some_and(|last| at < last.saturating_add(QUIET)) {
            return;
        }
        self.last.insert((pair.1, condition), at);
        for (connection, group) in wanting {
            self.outbox.push_back((
                connection,
                Violation {
                    group,
                    condition,
                    gpu: pair.1,
                    at,
                    value,
                },
            ));
        }
    }
}

impl Engine {
    pub(crate) fn set_policy(
        &mut self,
        group: u64,
        conditions: u32,
        thermal: i64,
        power: i64,
        now: i64,
    ) -> Code {
        self.load_module(5, 3);
        let (_, members) = match self.group(group, now) {
            Ok(group) => group,
            Err(code) => return code,
        };
        let limit = |condition, limit| {
            if conditions & condition == 0 {
                0
            } else {
                limit
            }
        };
        for (_, gpu) in members.into_iter().filter(|pair| pair.0 == GPU) {
            let limits = Limits {
                thermal: limit(THERMAL, thermal),
                power: limit(POWER, power),
            };
            self.policy.limits.insert(gpu, limits);
        }
        st::OK
    }

    pub(crate) fn register_policy(
        &mut self,
        connection: Connection,
        group: u64,
        conditions: u32,
        now: i64,
    ) -> Code {
        self.load_module(5, 3);
        let (_, members) = match self.group(group, now) {
            Ok(group) => group,
            Err(code) => return code,
        };
        let gpus = members
            .into_iter()
            .filter(|pair| pair.0 == GPU)
            .map(|pair| pair.1)
            .collect();
        self.policy.registered.push(Registration {
            connection,
            group,
            gpus,
            conditions,
        });
        st::OK
    }

    pub(crate) fn unregister_policy(
        &mut self,
        connection: Connection,
        group: u64,
        conditions: u32,
        now: i64,
    ) -> Code {
        self.load_module(5, 3);
        if let Err(code) = self.group(group, now) {
            return code;
        }
        for registration in &mut self.policy.registered {
            if registration.connection == connection && registration.group == group {
                registration.conditions &= !conditions;
            }
        }
        self.policy
            .registered
            .retain(|registration| registration.conditions != 0);
        st::OK
    }

    /// Violations to tell, in order.
    pub(crate) fn violations(&mut self) -> Vec<(Connection, Violation)> {
        self.policy.outbox.drain(..).collect()
    }
}
