//! Health and policies: the codes of their calls, and what they make the engine sample.

use core::ffi::c_int;

use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Value, json};

use super::{NO_GROUP, Seen, Subject, pointer};
use crate::record::zeroed;
use crate::run::{Injected, Row};

/// More than any row asks for.
const POLICIES: usize = 8;
const NOT_SAMPLED: [c_int; 2] = [-16, -1];

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let (lib, handle) = (subject.lib, subject.handle());
    Some(match call {
        "dcgmHealthSet" => {
            if row.name().contains("fresh engine") {
                subject.restart();
            }
            let group = health_group(subject, row);
            let systems = row.input_word("systems").unwrap_or(u32::MAX);
            Subject::ret(lib.dcgmHealthSet(subject.handle(), group, systems))
        }
        "dcgmHealthSet_v2" => {
            let mut params = zeroed::<sys::dcgmHealthSetParams_v2>();
            params.version = row.version(sys::dcgmHealthSetParams_v2::VERSION);
            params.groupId = health_group(subject, row);
            params.systems = row.input_word("systems").unwrap_or(1);
            params.updateInterval = row.input_int("updateInterval").unwrap_or(1_000_000);
            let keep = row.input("maxKeepAge");
            params.maxKeepAge = match keep {
                Some(Value::String(_)) => f64::NAN,
                keep => keep.and_then(Value::as_f64).unwrap_or(60.0),
            };
            Subject::ret(lib.dcgmHealthSet_v2(handle, pointer(row, &mut *params)))
        }
        "dcgmHealthGet" => {
            let group = health_group(subject, row);
            let mut systems = 0;
            let code = lib.dcgmHealthGet(handle, group, pointer(row, &mut systems));
            Ok(json!({"ret": code, "out": {"systems": systems}}))
        }
        "dcgmHealthCheck" => health_check(subject, row),
        "dcgmPolicyGet" => policy_get(subject, row),
        "dcgmPolicySet" => {
            let group = subject.group(row);
            let mut policy = zeroed::<sys::dcgmPolicy_v1>();
            policy.version = row.version(sys::dcgmPolicy_v1::VERSION);
            policy.condition = row.input_word("condition").unwrap_or(0x7f);
            let limits = [(2, 10), (3, 90), (4, 500)];
            for (place, limit) in limits {
                policy.parms[place].tag = sys::LLONG;
                policy.parms[place].val.llval = limit;
            }
            for place in [0, 1, 5, 6] {
                policy.parms[place].val.llval = 1;
            }
            for (key, word) in [
                ("mode", &mut policy.mode),
                ("isolation", &mut policy.isolation),
                ("action", &mut policy.action),
                ("validation", &mut policy.validation),
                ("response", &mut policy.response),
            ] {
                *word = row.input_word(key).unwrap_or(0);
            }
            Subject::ret(lib.dcgmPolicySet(handle, group, pointer(row, &mut *policy), 0))
        }
        "dcgmPolicyRegister_v2" if row.0.contains_key("callbacks_before_return") => {
            Err("violations: data/policy.jsonl")
        }
        "dcgmPolicyRegister_v2" => {
            let group = subject.group(row);
            let conditions = row.input_word("condition").unwrap_or(0x40);
            Subject::ret(lib.dcgmPolicyRegister_v2(handle, group, conditions, Some(ignore), 1))
        }
        "dcgmPolicyUnregister" => {
            let group = subject.group(row);
            let conditions = row.input_word("condition").unwrap_or(0x40);
            Subject::ret(lib.dcgmPolicyUnregister(handle, group, conditions))
        }
        _ => return None,
    })
}

unsafe extern "C" fn ignore(_: *mut sys::dcgmPolicyCallbackResponse_v2, _: u64) -> c_int {
    0
}

pub(super) fn act(subject: &mut Subject<'_, '_>, row: &Row) -> Option<Seen> {
    if !row.name().starts_with("fields of GPU 0") {
        return None;
    }
    let fields = (1..=1700).filter(|field| {
        let of_host = [1502, 1503].contains(field);
        let mut info = zeroed::<sys::dcgmCacheManagerFieldInfo_v4_t>();
        info.version = sys::dcgmCacheManagerFieldInfo_v4_t::VERSION;
        info.entityGroupId = u32::from(!of_host);
        info.fieldId = *field;
        let out = &raw mut *info;
        let code = subject
            .lib
            .dcgmGetCacheManagerFieldInfo(subject.handle(), out);
        // The engine's own watches are there without health, too.
        let is_own = [300, 501, 509, 510, 511, 512, 513].contains(field);
        !is_own && !NOT_SAMPLED.contains(&code)
    });
    let fields: Vec<u16> = fields.collect();
    Some(Ok(json!({"fields": fields})))
}

/// Returns the group of a row; the probe destroyed one.
fn health_group(subject: &mut Subject<'_, '_>, row: &Row) -> usize {
    let name = row.name();
    if name.contains("destroyed group") {
        return NO_GROUP;
    }
    if name.contains("share GPU 0") {
        let is_first = row.input("which").and_then(Value::as_str) == Some("first");
        let (members, systems) = if is_first {
            (json!([[1, 0], [1, 5]]), 1)
        } else {
            (json!([[1, 0], [1, 6]]), 16)
        };
        let group = subject.group_of(&members);
        let set = subject.lib.dcgmHealthSet(subject.handle(), group, systems);
        assert_eq!(set, 0);
        return group;
    }
    subject.group(row)
}

fn health_check(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let lib = subject.lib;
    if row.name() == "HealthCheck while paused" {
        return Err("not called by the client");
    }
    let samples = row.input("inject_global").and_then(Value::as_array);
    let samples = samples.cloned().unwrap_or_default();
    let group = match row.name() {
        "before reload" => {
            let group = subject.group_of(&json!([[1, 0]]));
            let set = lib.dcgmHealthSet(subject.handle(), group, u32::MAX);
            assert_eq!(set, 0);
            let at = subject.run.now();
            assert_eq!(subject.run.inject((1, 0), 230, &Injected::Int(79), at), 0);
            group
        }
        _ => health_group(subject, row),
    };
    if !samples.is_empty() {
        let systems = row.input_word("systems").unwrap();
        let set = lib.dcgmHealthSet(subject.handle(), group, systems);
        assert_eq!(set, 0);
    }
    let mut codes = 0;
    for sample in &samples {
        let field = u16::try_from(sample[0].as_u64().unwrap()).unwrap();
        let value = Injected::Int(sample[1].as_i64().unwrap());
        let at = subject.run.now();
        codes += subject.run.inject((0, 0), field, &value, at);
    }
    let mut response = zeroed::<sys::dcgmHealthResponse_v5>();
    response.version = row.version(sys::dcgmHealthResponse_v5::VERSION);
    let out = pointer(row, &mut *response);
    let code = lib.dcgmHealthCheck(subject.handle(), group, out);
    let count = usize::try_from(response.incidentCount).unwrap();
    let incidents = response.incidents[..count].iter().map(|incident| {
        let entity = &incident.entityInfo;
        json!({
            "system": incident.system, "health": incident.health, "code": incident.error.code,
            "entity": [entity.entityGroupId, entity.entityId],
        })
    });
    let incidents: Vec<Value> = incidents.collect();
    let out = json!({
        "overall": response.overallHealth, "count": count, "incidents": incidents,
        "version": response.version,
    });
    Ok(json!({"ret": code, "out": out, "inject_ret": codes}))
}

fn policy_get(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let group = subject.group(row);
    let mut policies = zeroed::<[sys::dcgmPolicy_v1; POLICIES]>();
    let version = row.version(sys::dcgmPolicy_v1::VERSION);
    policies
        .iter_mut()
        .for_each(|policy| policy.version = version);
    let count = row.input_int("count").unwrap_or(2);
    let out = if row.is_null() {
        core::ptr::null_mut()
    } else {
        policies.as_mut_ptr()
    };
    let count = c_int::try_from(count).unwrap();
    let code = subject
        .lib
        .dcgmPolicyGet(subject.handle(), group, count, out, 0);
    let policies = policies.iter().map(|policy| {
        let parameters: Vec<_> = policy
            .parms
            .iter()
            // SAFETY: the struct was zeroed, and any bits are a number.
            .map(|one| [u64::from(one.tag), unsafe { one.val.llval }])
            .collect();
        json!({
            "version": policy.version, "condition": policy.condition, "mode": policy.mode,
            "isolation": policy.isolation, "action": policy.action,
            "validation": policy.validation, "response": policy.response,
            "parms": parameters,
        })
    });
    let policies: Vec<Value> = policies.collect();
    Ok(json!({"ret": code, "out": policies}))
}
