//! A library that keeps policies on fields as the header describes it.

use core::ffi::CStr;
use std::sync::OnceLock;

use super::super::Dcgm;
use super::*;
use crate::error::Error;
use crate::field_policies::FieldPolicyEvents;

/// What the library keeps. One test uses it.
#[derive(Default)]
struct Kept {
    policies: Vec<sys::dcgmPolicyInfo_v1>,
    registered: Vec<(u16, u64, sys::fpRecvPolicyViolation, u64)>,
    imported: Vec<String>,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    policies: Vec::new(),
    registered: Vec::new(),
    imported: Vec::new(),
});

const OK: c_int = sys::DCGM_ST_OK;
const UNKNOWN: c_int = sys::DCGM_ST_NO_DATA;

unsafe extern "C" fn create(
    _: sys::dcgmHandle_t,
    field: u16,
    name: *const c_char,
    threshold: f64,
    operator: sys::dcgmPolicyOperator_t,
    entities: *const sys::dcgmGroupEntityPair_t,
    count: c_uint,
    channels: c_uint,
    enabled: c_uint,
    rate_limit: c_uint,
    id: *mut u64,
) -> c_int {
    let mut policy = new_zeroed::<sys::dcgmPolicyInfo_v1>();
    // SAFETY: the name ends with a NUL.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    for (to, from) in policy.name.iter_mut().zip(name) {
        *to = c_char::from_ne_bytes([*from]);
    }
    // SAFETY: there are as many entities as the count says.
    let entities = unsafe { core::slice::from_raw_parts(entities, count as usize) };
    policy.entities[..entities.len()].copy_from_slice(entities);
    let mut kept = KEPT.lock();
    policy.policyId = 100 + kept.policies.len() as u64;
    (policy.fieldId, policy.threshold) = (field, threshold);
    (policy.policyOperator, policy.entityCount) = (operator, count);
    (policy.channelMask, policy.state) = (channels, enabled);
    policy.rateLimitSec = rate_limit;
    policy.currentValue = sys::DCGM_FP64_BLANK;
    policy.createdAt = 7_000_000;
    // SAFETY: the address of a number.
    unsafe { id.write(policy.policyId) };
    kept.policies.push(*policy);
    OK
}

fn with_policy(field: u16, id: u64, act: impl FnOnce(&mut sys::dcgmPolicyInfo_v1)) -> c_int {
    let mut kept = KEPT.lock();
    let mut found = kept.policies.iter_mut();
    let found = found.find(|one| (one.fieldId, one.policyId) == (field, id));
    found.map_or(UNKNOWN, |policy| {
        act(policy);
        OK
    })
}

unsafe extern "C" fn modify(_: sys::dcgmHandle_t, new: *const sys::dcgmPolicyInfo_v1) -> c_int {
    // SAFETY: a struct.
    let new = unsafe { &*new };
    assert_eq!(new.version, sys::dcgmPolicyInfo_v1::VERSION);
    with_policy(new.fieldId, new.policyId, |policy| *policy = *new)
}

unsafe extern "C" fn delete(_: sys::dcgmHandle_t, field: u16, id: u64, all: c_uint) -> c_int {
    assert_eq!(all, 0);
    let code = with_policy(field, id, |_| {});
    KEPT.lock().policies.retain(|one| one.policyId != id);
    code
}

unsafe extern "C" fn enable(_: sys::dcgmHandle_t, field: u16, id: u64) -> c_int {
    with_policy(field, id, |policy| policy.state = 1)
}

unsafe extern "C" fn disable(_: sys::dcgmHandle_t, field: u16, id: u64) -> c_int {
    with_policy(field, id, |policy| policy.state = 0)
}

unsafe extern "C" fn get_one(
    _: sys::dcgmHandle_t,
    field: u16,
    id: u64,
    out: *mut sys::dcgmPolicyInfo_v1,
) -> c_int {
    // SAFETY: a struct.
    with_policy(field, id, |policy| unsafe { out.write(*policy) })
}

unsafe extern "C" fn get_all(
    _: sys::dcgmHandle_t,
    out: *mut sys::dcgmPolicyInfo_v1,
    count: *mut c_uint,
) -> c_int {
    let kept = KEPT.lock();
    for (index, policy) in kept.policies.iter().enumerate() {
        // SAFETY: there is room for all policies that an engine can have.
        let place = unsafe { out.add(index) };
        // SAFETY: as above.
        unsafe { place.write(*policy) };
    }
    // SAFETY: the address of a number.
    unsafe { count.write(c_uint::try_from(kept.policies.len()).unwrap()) };
    OK
}

unsafe extern "C" fn import(_: sys::dcgmHandle_t, path: *const c_char) -> c_int {
    // SAFETY: the path ends with a NUL.
    let path = unsafe { CStr::from_ptr(path) };
    KEPT.lock()
        .imported
        .push(path.to_string_lossy().into_owned());
    OK
}

unsafe extern "C" fn get_violations(
    _: sys::dcgmHandle_t,
    since: i64,
    out: *mut sys::dcgm_policy_violation_t,
    count: *mut c_uint,
) -> c_int {
    let mut violation = violation_of(5, 100);
    violation.timestamp = since + 1;
    // SAFETY: there is room for many.
    unsafe { out.write(*violation) };
    // SAFETY: the address of a number.
    unsafe { count.write(1) };
    OK
}

unsafe extern "C" fn register(
    _: sys::dcgmHandle_t,
    field: u16,
    id: u64,
    callback: sys::fpRecvPolicyViolation,
    number: u64,
) -> c_int {
    KEPT.lock().registered.push((field, id, callback, number));
    OK
}

unsafe extern "C" fn unregister(_: sys::dcgmHandle_t, field: u16, id: u64) -> c_int {
    let mut kept = KEPT.lock();
    kept.registered.retain(|one| (one.0, one.1) != (field, id));
    OK
}

fn engine() -> EngineHandle {
    static LIBRARY: OnceLock<sys::Library> = OnceLock::new();
    EngineHandle::new(Dcgm::new(LIBRARY.get_or_init(|| {
        let symbols = sys::Symbols {
            dcgmPolicyCreate: Some(create),
            dcgmPolicyModify: Some(modify),
            dcgmPolicyDelete: Some(delete),
            dcgmPolicyEnable: Some(enable),
            dcgmPolicyDisable: Some(disable),
            dcgmPolicyGetOne: Some(get_one),
            dcgmPolicyGetAll: Some(get_all),
            dcgmPolicyImport: Some(import),
            dcgmPolicyGetViolations: Some(get_violations),
            dcgmPolicyRegister_v3: Some(register),
            dcgmPolicyUnregister_v3: Some(unregister),
            ..sys::Symbols::none()
        };
        // SAFETY: each function writes only within the memory that its caller describes.
        unsafe { sys::Library::from_symbols(symbols) }
    })))
}

fn violation_of(field: u16, id: u64) -> Box<sys::dcgm_policy_violation_t> {
    let mut violation = new_zeroed::<sys::dcgm_policy_violation_t>();
    (violation.policyId, violation.fieldId) = (id, field);
    violation.entity = sys::dcgmGroupEntityPair_t {
        entityGroupId: sys::DCGM_FE_GPU,
        entityId: 2,
    };
    (violation.currentValue, violation.thresholdValue) = (91.5, 90.0);
    violation
}

#[test]
fn a_policy_on_a_field_arrives_and_returns_unchanged() {
    let engine = engine();
    let policy = FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::GREATER_OR_EQUAL, 90.0)
        .with_name("n".repeat(255))
        .with_entities([EntityId::gpu(2), EntityId::new(EntityKind::SWITCH, 1)])
        .with_rate_limit(Duration::from_millis(2999));
    let id = engine.create_field_policy(&policy).unwrap();
    assert_eq!(id, FieldPolicyId::from_raw(FieldId::GPU_TEMP, 100));
    let stored = engine.field_policy(id).unwrap();
    let whole_seconds = policy.clone().with_rate_limit(Duration::from_secs(2));
    assert_eq!(stored.policy, whole_seconds);
    // Blank, and never violated.
    assert_eq!((stored.value, stored.last_violation), (None, None));
    assert_eq!(stored.created, Timestamp::from_micros(7_000_000));

    engine.enable_field_policy(id, false).unwrap();
    let all = engine.all_field_policies().unwrap();
    assert_eq!(all.len(), 1);
    assert!(!all[0].policy.is_enabled);
    engine.enable_field_policy(id, true).unwrap();
    let other = FieldPolicy::new(FieldId::POWER_USAGE, FieldOperator::CHANGED, 0.0);
    engine.modify_field_policy(id, &other).unwrap();
    let modified = engine.field_policy(id).unwrap();
    // The field of a policy does not change.
    assert_eq!(modified.policy.field, FieldId::GPU_TEMP);
    assert_eq!(modified.policy.operator, FieldOperator::CHANGED);

    let path = CString::new("/etc/policies.yaml").unwrap();
    engine.import_field_policies(&path).unwrap();
    assert_eq!(KEPT.lock().imported, ["/etc/policies.yaml"]);
    let since = Timestamp::from_micros(5);
    let violations = engine.field_violations(since).unwrap();
    assert_eq!(violations[0].timestamp, Timestamp::from_micros(6));
    assert_eq!(violations[0].value, Some(91.5));

    let (mut events, sender) = FieldPolicyEvents::new(|_| Box::new(()));
    let number = FieldSinkNumber::new(sender.clone());
    engine.register_field_policy(id, &number).unwrap();
    let (_, _, callback, registered) = KEPT.lock().registered[0];
    let mut violation = violation_of(FieldId::GPU_TEMP.raw(), id.raw());
    let call = callback.unwrap();
    // SAFETY: a violation that lives until the call returns.
    unsafe { call(&raw mut *violation, registered) };
    let found = events.next().unwrap();
    assert_eq!((found.policy, found.entity), (id, EntityId::gpu(2)));
    engine.unregister_field_policy(id).unwrap();
    assert!(KEPT.lock().registered.is_empty());
    drop(number);
    // SAFETY: as above.
    unsafe { call(&raw mut *violation, registered) };
    sender.close();
    assert_eq!(events.next(), None);

    engine.delete_field_policy(id).unwrap();
    let error = engine.field_policy(id).unwrap_err();
    assert_eq!(error.function(), Some("dcgmPolicyGetOne"));
    assert_eq!(
        error.code().map(crate::code::ReturnCode::raw),
        Some(UNKNOWN)
    );
}

#[test]
fn an_older_library_lacks_each_function_by_name() {
    // SAFETY: there is no function to call.
    let library = unsafe { sys::Library::from_symbols(sys::Symbols::none()) };
    let engine = EngineHandle::new(Dcgm::new(Box::leak(Box::new(library))));
    let id = FieldPolicyId::from_raw(FieldId::GPU_TEMP, 1);
    let policy = FieldPolicy::new(id.field(), FieldOperator::LESS, 1.0);
    let (_events, sender) = FieldPolicyEvents::new(|_| Box::new(()));
    let number = FieldSinkNumber::new(sender);
    let path = CString::default();
    let outcomes = [
        (
            "dcgmPolicyCreate",
            engine.create_field_policy(&policy).map(drop),
        ),
        ("dcgmPolicyModify", engine.modify_field_policy(id, &policy)),
        ("dcgmPolicyDelete", engine.delete_field_policy(id)),
        ("dcgmPolicyEnable", engine.enable_field_policy(id, true)),
        ("dcgmPolicyDisable", engine.enable_field_policy(id, false)),
        ("dcgmPolicyGetOne", engine.field_policy(id).map(drop)),
        ("dcgmPolicyGetAll", engine.all_field_policies().map(drop)),
        ("dcgmPolicyImport", engine.import_field_policies(&path)),
        (
            "dcgmPolicyGetViolations",
            engine.field_violations(Timestamp::NEVER).map(drop),
        ),
        (
            "dcgmPolicyRegister_v3",
            engine.register_field_policy(id, &number),
        ),
        (
            "dcgmPolicyUnregister_v3",
            engine.unregister_field_policy(id),
        ),
    ];
    for (function, outcome) in outcomes {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::SymbolMissing(_)), "{error}");
        assert_eq!(error.function(), Some(function));
        assert!(error.to_string().contains("4.7"), "{error}");
    }
}
