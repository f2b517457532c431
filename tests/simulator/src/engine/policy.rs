//! Policies: the limits of each GPU, and who wants to hear of which violation.

use std::collections::{HashMap, VecDeque};

use super::entities::DETACHED;
use super::watches::Holder;
use super::{Code, Connection, Engine, GPU, Pair, st};
use crate::wire::Payload;

const DBE: u32 = 0x1;
const PCI: u32 = 0x2;
const RETIRED_PAGES: u32 = 0x4;
const THERMAL: u32 = 0x8;
const POWER: u32 = 0x10;
const NVLINK: u32 = 0x20;
const XID: u32 = 0x40;
/// A registration hears of a condition of a GPU at most once in this time, by the samples' own clock.
const QUIET: i64 = 5_000_000;
/// Words of a policy: condition, mode, isolation, action, validation, response, and tag and value of
/// the parameters of each condition.
const WORDS: usize = 6 + 2 * 7;
/// The fields that the engine samples on all GPUs once there is a registration.
const FIELDS: [u16; 11] = [409, 419, 429, 439, 319, 390, 391, 150, 230, 155, 202];
const TIMES: (i64, i64) = (10_000_000, 3_600_000_000);

#[derive(Debug, Default)]
pub(super) struct Policy {
    /// Of a GPU, for all clients.
    policies: HashMap<u32, Vec<i64>>,
    registered: Vec<Registration>,
    pub(super) outbox: VecDeque<(Connection, Violation)>,
}

#[derive(Clone, Debug)]
struct Registration {
    connection: Connection,
    number: u64,
    gpus: Vec<u32>,
    conditions: u32,
    /// By GPU and condition.
    last: HashMap<(u32, u32), i64>,
}

/// A violated condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    /// The number of the registration, which the client chose.
    pub(crate) registration: u64,
    pub(crate) condition: u32,
    pub(crate) gpu: u32,
    pub(crate) at: i64,
    /// What the union of the response has after the timestamp.
    pub(crate) values: [u32; 2],
}

/// The number of a sample, cut to an integer.
fn number(payload: &Payload) -> Option<i64> {
    if payload.is_blank() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "watts")]
    let cut = |value| value as i64;
    payload.as_int().or_else(|| payload.as_double().map(cut))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the engine does: -5 is a large number"
)]
const fn unsigned(value: i64) -> u32 {
    value as u32
}

impl Policy {
    pub(super) fn disconnected(&mut self, connection: Connection) {
        self.registered
            .retain(|registration| registration.connection != connection);
    }

    /// The limit of a condition, if it is set.
    fn limit(&self, gpu: u32, condition: u32) -> Option<i64> {
        let words = self.policies.get(&gpu)?;
        let conditions = unsigned(*words.first()?);
        let index = condition.trailing_zeros() as usize;
        (conditions & condition != 0).then(|| words.get(7 + 2 * index).copied())?
    }

    fn report(&mut self, gpu: u32, condition: u32, at: i64, values: [u32; 2]) {
        for registration in &mut self.registered {
            let wants =
                registration.conditions & condition != 0 && registration.gpus.contains(&gpu);
            let last = registration.last.get(&(gpu, condition));
            if !wants || last.is_some_and(|last| at < last.saturating_add(QUIET)) {
                continue;
            }
            registration.last.insert((gpu, condition), at);
            let violation = Violation {
                registration: registration.number,
                condition,
                gpu,
                at,
                values,
            };
            self.outbox.push_back((registration.connection, violation));
        }
    }
}

impl Engine {
    /// Compares a sample, which is stored after this, with the limits.
    pub(super) fn check_policy(&mut self, pair: Pair, field: u16, at: i64, payload: &Payload) {
        if pair.0 != GPU
            || self.policy.registered.is_empty()
            || self.set_status_of(pair) == Some(DETACHED)
        {
            return;
        }
        let Some(value) = number(payload) else { return };
        let newest = |field| {
            let watched = self.fields.get(&(pair, field))?;
            watched.samples().next_back().cloned()
        };
        let before = newest(field).and_then(|(_, payload)| number(&payload));
        let has_risen = before.is_some_and(|before| value > before);
        let counter = unsigned(value);
        let (condition, at, values) = match field {
            230 => (XID, at, [counter, 0]),
            // The location is the memory of the device.
            319 if has_risen => (DBE, at, [2, counter]),
            202 if has_risen => (PCI, at, [counter, 0]),
            409 | 419 | 429 | 439 if has_risen => (NVLINK, at, [field.into(), counter]),
            150 => (THERMAL, at, [counter, 0]),
            155 => (POWER, at, [counter, 0]),
            390 | 391 => {
                let other = newest(if field == 390 { 391 } else { 390 });
                let count = other.as_ref().and_then(|(_, payload)| number(payload));
                let count = unsigned(count.unwrap_or(0));
                let at = other.map_or(at, |(other, _)| other.min(at));
                let pages = if field == 390 {
                    [counter, count]
                } else {
                    [count, counter]
                };
                (RETIRED_PAGES, at, pages)
            }
            _ => return,
        };
        let Some(limit) = self.policy.limit(pair.1, condition) else {
            return;
        };
        let is_over = match condition {
            THERMAL | POWER => counter > unsigned(limit),
            RETIRED_PAGES => values.iter().map(|pages| i64::from(*pages)).sum::<i64>() > limit,
            _ => true,
        };
        if is_over {
            self.policy.report(pair.1, condition, at, values);
        }
    }

    /// The GPUs of a group; an empty or unknown group is none.
    pub(super) fn gpus_of(&self, group: u64, now: i64) -> Result<Vec<u32>, Code> {
        let (_, members) = self.group(group, now)?;
        let gpus = members.into_iter().filter(|pair| pair.0 == GPU);
        Ok(gpus.map(|pair| pair.1).collect())
    }

    fn gpus_or_none(&self, group: u64, now: i64) -> Result<Vec<u32>, Code> {
        let gpus = self.gpus_of(group, now)?;
        let is_seen = |gpu: &u32| self.set_status_of((GPU, *gpu)) != Some(DETACHED);
        if gpus.is_empty() || !gpus.iter().all(is_seen) {
            return Err(st::NOT_CONFIGURED);
        }
        Ok(gpus)
    }

    pub(crate) fn set_policy(&mut self, group: u64, words: &[i64], now: i64) -> Code {
        self.load_module(5, 3);
        let gpus = match self.gpus_or_none(group, now) {
            Ok(gpus) => gpus,
            Err(code) => return code,
        };
        for gpu in gpus {
            self.policy.policies.insert(gpu, words.to_vec());
        }
        st::OK
    }

    /// The policies of the GPUs of a group, in its order.
    pub(crate) fn policies(&mut self, group: u64, now: i64) -> Result<Vec<Vec<i64>>, Code> {
        self.load_module(5, 3);
        let gpus = self.gpus_or_none(group, now)?;
        let policy = |gpu| {
            let policy = self.policy.policies.get(&gpu).cloned();
            policy.unwrap_or_else(|| vec![0; WORDS])
        };
        Ok(gpus.into_iter().map(policy).collect())
    }

    /// Registers, and samples on all GPUs from then on, whatever becomes of the registration.
    pub(crate) fn register_policy(
        &mut self,
        connection: Connection,
        group: u64,
        conditions: u32,
        number: u64,
        now: i64,
    ) -> Code {
        self.load_module(5, 3);
        let gpus = match self.gpus_of(group, now) {
            Ok(gpus) => gpus,
            Err(code) => return code,
        };
        if conditions == 0 {
            return st::BADPARAM;
        }
        self.policy.registered.push(Registration {
            connection,
            number,
            gpus,
            conditions,
            last: HashMap::new(),
        });
        if self.nvml() {
            for gpu in self.of_kind(GPU, now) {
                for field in FIELDS {
                    let pair = (GPU, gpu);
                    // A first sample only where there is none: so a second registration hears nothing at
                    // once.
                    self.hold_for(Holder::Policy(connection), pair, field, TIMES, now);
                }
            }
        }
        st::OK
    }

    /// Removes all registrations of a connection, whatever the group and the conditions.
    pub(crate) fn unregister_policy(
        &mut self,
        connection: Connection,
        group: u64,
        now: i64,
    ) -> Code {
        self.load_module(5, 3);
        if let Err(code) = self.group(group, now) {
            return code;
        }
        self.policy.disconnected(connection);
        st::OK
    }

    /// Violations to tell, in order.
    pub(crate) fn violations(&mut self) -> Vec<(Connection, Violation)> {
        self.policy.outbox.drain(..).collect()
    }
}
