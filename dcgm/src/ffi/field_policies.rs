//! Policies on fields: new in the header of DCGM 4.7.
//!
//! What is said of the callback in [`policy`](super::policy) holds here, too: it copies the violation into a
//! queue and returns, and it finds the queue by a number that is never used twice.

use core::ffi::{c_char, c_int, c_uint};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::Duration;

use dcgm_sys as sys;
use parking_lot::Mutex;
use sys::Versioned as _;

use super::policy::{contain_panics, next_sink_number};
use super::text::push_text;
use super::{EngineHandle, call, new_zeroed};
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::field_policies::{
    FieldOperator, FieldPolicy, FieldPolicyId, FieldPolicySender, FieldViolation, PolicyChannels,
    StoredFieldPolicy,
};
use crate::sample::Timestamp;
use crate::value::NoValue;

/// The receivers by the number of their registration.
static SENDERS: Mutex<BTreeMap<u64, FieldPolicySender>> = Mutex::new(BTreeMap::new());

/// The place of a receiver in the table, which dropping it frees.
#[derive(Debug)]
pub(crate) struct FieldSinkNumber(u64);

impl FieldSinkNumber {
    pub(crate) fn new(sender: FieldPolicySender) -> Self {
        let number = next_sink_number();
        SENDERS.lock().insert(number, sender);
        Self(number)
    }

    #[cfg(any(test, fuzzing))]
    pub(super) const fn raw(&self) -> u64 {
        self.0
    }
}

impl Drop for FieldSinkNumber {
    fn drop(&mut self) {
        let sender = SENDERS.lock().remove(&self.0);
        // Outside of the lock.
        drop(sender);
    }
}

impl EngineHandle {
    /// Creates a policy.
    pub(crate) fn create_field_policy(&self, policy: &FieldPolicy) -> Result<FieldPolicyId> {
        let raw = encode_policy(policy);
        let mut id = 0;
        // SAFETY: the name ends with a NUL, there are as many entities as the count says, and one number is
        // written.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyCreate(
                    self.handle(),
                    raw.fieldId,
                    raw.name.as_ptr(),
                    raw.threshold,
                    raw.policyOperator,
                    raw.entities.as_ptr(),
                    raw.entityCount,
                    raw.channelMask,
                    raw.state,
                    raw.rateLimitSec,
                    &raw mut id
                )
            )
        }?;
        Ok(FieldPolicyId::from_raw(policy.field, id))
    }

    /// Replaces a policy.
    pub(crate) fn modify_field_policy(
        &self,
        id: FieldPolicyId,
        policy: &FieldPolicy,
    ) -> Result<()> {
        let mut raw = encode_policy(policy);
        raw.policyId = id.raw();
        raw.fieldId = id.field().raw();
        // SAFETY: one struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyModify(self.handle(), &raw const *raw)
            )
        }
    }

    /// Deletes a policy, and no other of its field.
    pub(crate) fn delete_field_policy(&self, id: FieldPolicyId) -> Result<()> {
        const DELETE_ALL: c_uint = 0;
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyDelete(self.handle(), id.field().raw(), id.raw(), DELETE_ALL)
            )
        }
    }

    /// Enables or disables a policy.
    pub(crate) fn enable_field_policy(&self, id: FieldPolicyId, is_enabled: bool) -> Result<()> {
        let (field, number) = (id.field().raw(), id.raw());
        if is_enabled {
            // SAFETY: integers, which DCGM checks.
            unsafe {
                call!(
                    self.library(),
                    dcgmPolicyEnable(self.handle(), field, number)
                )
            }
        } else {
            // SAFETY: integers, which DCGM checks.
            unsafe {
                call!(
                    self.library(),
                    dcgmPolicyDisable(self.handle(), field, number)
                )
            }
        }
    }

    /// Returns a policy.
    pub(crate) fn field_policy(&self, id: FieldPolicyId) -> Result<StoredFieldPolicy> {
        let mut raw = new_zeroed::<sys::dcgmPolicyInfo_v1>();
        raw.version = sys::dcgmPolicyInfo_v1::VERSION;
        // SAFETY: one struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyGetOne(self.handle(), id.field().raw(), id.raw(), &raw mut *raw)
            )
        }?;
        Ok(decode_policy(&raw))
    }

    /// Returns all policies.
    pub(crate) fn all_field_policies(&self) -> Result<Vec<StoredFieldPolicy>> {
        let mut all = new_zeroed::<[sys::dcgmPolicyInfo_v1; MAX_POLICIES]>();
        for raw in all.iter_mut() {
            raw.version = sys::dcgmPolicyInfo_v1::VERSION;
        }
        let mut count = c_uint::try_from(MAX_POLICIES).unwrap_or(0);
        // SAFETY: there are as many structs of their version as the count says.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyGetAll(self.handle(), all.as_mut_ptr(), &raw mut count)
            )
        }?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(all.iter().take(count).map(decode_policy).collect())
    }

    /// Creates the policies of a file.
    pub(crate) fn import_field_policies(&self, path: &CString) -> Result<()> {
        // SAFETY: the path ends with a NUL.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyImport(self.handle(), path.as_ptr())
            )
        }
    }

    /// Returns the violations since a time.
    pub(crate) fn field_violations(&self, since: Timestamp) -> Result<Vec<FieldViolation>> {
        let mut all = new_zeroed::<[sys::dcgm_policy_violation_t; MAX_VIOLATIONS]>();
        let mut count = c_uint::try_from(MAX_VIOLATIONS).unwrap_or(0);
        // SAFETY: there are as many structs as the count says.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyGetViolations(
                    self.handle(),
                    since.micros(),
                    all.as_mut_ptr(),
                    &raw mut count
                )
            )
        }?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(all.iter().take(count).map(decode_violation).collect())
    }

    /// Registers for the violations of a policy.
    pub(crate) fn register_field_policy(
        &self,
        id: FieldPolicyId,
        number: &FieldSinkNumber,
    ) -> Result<()> {
        // SAFETY: the callback has the type of C's, takes any number, and lives as long as the process.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyRegister_v3(
                    self.handle(),
                    id.field().raw(),
                    id.raw(),
                    Some(on_field_violation),
                    number.0
                )
            )
        }
    }

    /// Ends the registration for a policy.
    pub(crate) fn unregister_field_policy(&self, id: FieldPolicyId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyUnregister_v3(self.handle(), id.field().raw(), id.raw())
            )
        }
    }
}

const MAX_POLICIES: usize = sys::DCGM_POLICY_MAX_POLICIES as usize;
const MAX_VIOLATIONS: usize = sys::DCGM_POLICY_MAX_VIOLATIONS as usize;

fn encode_policy(policy: &FieldPolicy) -> Box<sys::dcgmPolicyInfo_v1> {
    let mut raw = new_zeroed::<sys::dcgmPolicyInfo_v1>();
    raw.version = sys::dcgmPolicyInfo_v1::VERSION;
    raw.fieldId = policy.field.raw();
    // The last byte stays a NUL.
    let room = raw.name.len() - 1;
    for (to, from) in raw.name.iter_mut().take(room).zip(policy.name.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    raw.threshold = policy.threshold;
    raw.policyOperator = policy.operator.raw();
    let mut count = 0;
    for (to, from) in raw.entities.iter_mut().zip(&policy.entities) {
        *to = sys::dcgmGroupEntityPair_t {
            entityGroupId: from.kind.raw(),
            entityId: from.id,
        };
        count += 1;
    }
    raw.entityCount = count;
    raw.channelMask = policy.channels.bits();
    raw.state = c_uint::from(policy.is_enabled);
    raw.rateLimitSec = c_uint::try_from(policy.rate_limit.as_secs()).unwrap_or(c_uint::MAX);
    raw
}

fn decode_entity(pair: sys::dcgmGroupEntityPair_t) -> EntityId {
    EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
}

fn decode_text(text: &[c_char]) -> String {
    let mut decoded = String::new();
    push_text(text, &mut decoded);
    decoded
}

/// Returns a number, unless it is none or one of DCGM's blank values.
fn decode_number(number: f64) -> Option<f64> {
    (number.is_finite() && NoValue::from_blank_double(number).is_none()).then_some(number)
}

fn decode_policy(raw: &sys::dcgmPolicyInfo_v1) -> StoredFieldPolicy {
    let count = usize::try_from(raw.entityCount).unwrap_or(usize::MAX);
    let field = FieldId::from_raw(raw.fieldId);
    let operator = FieldOperator::from_raw(raw.policyOperator);
    let policy = FieldPolicy {
        name: decode_text(&raw.name),
        entities: raw
            .entities
            .iter()
            .take(count)
            .copied()
            .map(decode_entity)
            .collect(),
        channels: PolicyChannels::from_bits(raw.channelMask),
        is_enabled: raw.state != sys::DCGM_POLICY_STATE_DISABLED,
        rate_limit: Duration::from_secs(raw.rateLimitSec.into()),
        ..FieldPolicy::new(field, operator, raw.threshold)
    };
    let id = FieldPolicyId::from_raw(field, raw.policyId);
    let created = Timestamp::from_micros(raw.createdAt);
    let last = raw.lastTriggeredTimestamp;
    StoredFieldPolicy {
        value: decode_number(raw.currentValue),
        violations: raw.violationCount,
        last_violation: (last > 0).then(|| Timestamp::from_micros(last)),
        ..StoredFieldPolicy::new(id, policy, created)
    }
}

fn decode_violation(raw: &sys::dcgm_policy_violation_t) -> FieldViolation {
    let id = FieldPolicyId::from_raw(FieldId::from_raw(raw.fieldId), raw.policyId);
    let timestamp = Timestamp::from_micros(raw.timestamp);
    FieldViolation {
        name: decode_text(&raw.policyName),
        value: decode_number(raw.currentValue),
        threshold: raw.thresholdValue,
        operator: FieldOperator::from_raw(raw.policyOperator),
        ..FieldViolation::new(id, decode_entity(raw.entity), timestamp)
    }
}

/// Passes a violation to the receiver of its registration. No pointer survives the call.
///
/// # Safety
///
/// `violation` is null or points to a violation that lives until this returns.
pub(super) unsafe extern "C" fn on_field_violation(
    violation: *mut sys::dcgm_policy_violation_t,
    number: u64,
) -> c_int {
    contain_panics(|| {
        // SAFETY: by this function's contract.
        let Some(raw) = (unsafe { violation.as_ref() }) else {
            return;
        };
        let sender = SENDERS.lock().get(&number).cloned();
        if let Some(sender) = sender {
            sender.send(decode_violation(raw));
        }
    })
}

#[cfg(test)]
mod tests;
