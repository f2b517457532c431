//! Arbitrary responses about policies on fields.

use core::ffi::{c_char, c_int, c_uint};

use dcgm_sys as sys;

use super::super::field_policies::{FieldSinkNumber, on_field_violation};
use super::super::new_zeroed;
use super::script::{self, Script};
use super::{engine, text};
use crate::field::FieldId;
use crate::field_policies::{
    FieldOperator, FieldPolicy, FieldPolicyEvents, FieldPolicyId, FieldViolation,
    MAX_POLICY_ENTITIES, StoredFieldPolicy,
};
use crate::sample::Timestamp;
use crate::value::NoValue;

/// Reads one of the responses, and checks what holds for each.
pub(super) fn exercise() {
    let id = FieldPolicyId::from_raw(FieldId::GPU_TEMP, 3);
    match script::with(Script::byte) % 5 {
        0 => {
            let policies = engine().all_field_policies().unwrap_or_default();
            assert!(policies.len() <= sys::DCGM_POLICY_MAX_POLICIES as usize);
            policies.iter().for_each(check_policy);
        }
        1 => engine().field_policy(id).iter().for_each(check_policy),
        2 => {
            let violations = engine().field_violations(Timestamp::NEVER);
            let violations = violations.unwrap_or_default();
            assert!(violations.len() <= sys::DCGM_POLICY_MAX_VIOLATIONS as usize);
            violations.iter().for_each(check_violation);
        }
        3 => {
            let policy = FieldPolicy::new(id.field(), FieldOperator::LESS, 1.0);
            if let Ok(new) = engine().create_field_policy(&policy) {
                assert_eq!(new.field(), id.field());
            }
        }
        _ => receive(),
    }
}

/// Receives violations, also late ones.
fn receive() {
    let (events, sender) = FieldPolicyEvents::new(|_| Box::new(()));
    let number = FieldSinkNumber::new(sender);
    let raw = number.raw();
    let mut violation = new_zeroed();
    script::with(|script| write_violation(script, &mut violation));
    let address = match script::with(Script::byte) % 3 {
        0 => core::ptr::null_mut(),
        _ => &raw mut *violation,
    };
    // SAFETY: null, or a violation.
    unsafe { on_field_violation(address, raw) };
    drop(number);
    // The number is not used any more.
    // SAFETY: as above.
    unsafe { on_field_violation(address, raw) };
    let next = || events.next_timeout(core::time::Duration::ZERO);
    assert_eq!(next().is_some(), !address.is_null());
    assert!(next().is_none());
}

fn check_number(number: f64) {
    assert!(number.is_finite() && NoValue::from_blank_double(number).is_none());
}

fn check_policy(policy: &StoredFieldPolicy) {
    assert!(policy.policy.entities.len() <= MAX_POLICY_ENTITIES);
    assert!(text::is_clean(&policy.policy.name));
    policy.value.into_iter().for_each(check_number);
    assert_eq!(policy.id.field(), policy.policy.field);
    drop(format!("{policy:?}"));
}

fn check_violation(violation: &FieldViolation) {
    assert!(text::is_clean(&violation.name));
    violation.value.into_iter().for_each(check_number);
    drop(format!("{violation:?}"));
}

fn write_policy(script: &mut Script, policy: &mut sys::dcgmPolicyInfo_v1) {
    policy.policyId = script.byte().into();
    policy.fieldId = script.field();
    for byte in &mut policy.name {
        *byte = c_char::from_ne_bytes([script.byte()]);
    }
    policy.currentValue = f64::from_ne_bytes(script.number());
    policy.threshold = f64::from_ne_bytes(script.number());
    policy.policyOperator = script.byte().into();
    policy.entities[0] = script.pair();
    policy.entityCount = u32::from(script.byte()) << (script.byte() % 25);
    policy.channelMask = script.byte().into();
    policy.state = script.byte().into();
    policy.rateLimitSec = u32::from(script.byte()) << (script.byte() % 25);
    policy.createdAt = script.time();
    policy.lastTriggeredTimestamp = script.time();
}

fn write_violation(script: &mut Script, violation: &mut sys::dcgm_policy_violation_t) {
    violation.policyId = script.byte().into();
    violation.fieldId = script.field();
    for byte in &mut violation.policyName {
        *byte = c_char::from_ne_bytes([script.byte()]);
    }
    violation.entity = script.pair();
    violation.currentValue = f64::from_ne_bytes(script.number());
    violation.thresholdValue = f64::from_ne_bytes(script.number());
    violation.policyOperator = script.byte().into();
    violation.timestamp = script.time();
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn create(
    _: sys::dcgmHandle_t,
    _: u16,
    _: *const c_char,
    _: f64,
    _: sys::dcgmPolicyOperator_t,
    _: *const sys::dcgmGroupEntityPair_t,
    _: c_uint,
    _: c_uint,
    _: c_uint,
    _: c_uint,
    id: *mut u64,
) -> c_int {
    // SAFETY: by the contract.
    let id = unsafe { &mut *id };
    script::with(|script| {
        *id = script.byte().into();
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn get_one(
    _: sys::dcgmHandle_t,
    _: u16,
    _: u64,
    policy: *mut sys::dcgmPolicyInfo_v1,
) -> c_int {
    // SAFETY: by the contract.
    let policy = unsafe { &mut *policy };
    script::with(|script| {
        write_policy(script, policy);
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn get_all(
    _: sys::dcgmHandle_t,
    policies: *mut sys::dcgmPolicyInfo_v1,
    count: *mut c_uint,
) -> c_int {
    // SAFETY: by the contract.
    let first = unsafe { &mut *policies };
    // SAFETY: as above.
    let count = unsafe { &mut *count };
    script::with(|script| {
        write_policy(script, first);
        *count = u32::from(script.byte()) << (script.byte() % 25);
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn get_violations(
    _: sys::dcgmHandle_t,
    _: i64,
    violations: *mut sys::dcgm_policy_violation_t,
    count: *mut c_uint,
) -> c_int {
    // SAFETY: by the contract.
    let first = unsafe { &mut *violations };
    // SAFETY: as above.
    let count = unsafe { &mut *count };
    script::with(|script| {
        write_violation(script, first);
        *count = u32::from(script.byte()) << (script.byte() % 25);
        script.code()
    })
}
