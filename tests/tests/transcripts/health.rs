//! Case 12: health and policies.

use core::ffi::c_int;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dcgm_sys::{self as sys, Versioned};
use serde_json::{Value, json};

use crate::record::zeroed;
use crate::run::{EMBEDDED, Injected, Row, Run, Seen};
use crate::seen;

const GPU: u32 = 1;
const NO_GROUP: usize = 9999;
const SECOND: i64 = 1_000_000;

/// The arguments of the policy callback: how often, the last condition, its number. And whom it
/// asks something.
static FIRED: [AtomicI64; 3] = [AtomicI64::new(0), AtomicI64::new(0), AtomicI64::new(0)];
static ASKS: Mutex<Option<(&'static crate::native::Native, usize, c_int)>> = Mutex::new(None);

unsafe extern "C" fn fired(response: *mut sys::dcgmPolicyCallbackResponse_v2, _user: u64) -> c_int {
    // SAFETY: the library passes a response that lives until this returns.
    let response = unsafe { &*response };
    assert_eq!(
        response.version,
        sys::dcgmPolicyCallbackResponse_v2::VERSION
    );
    // The condition tells which part of the union it is.
    let value = match response.condition {
        // SAFETY: this part, as the condition tells.
        1 => unsafe { response.val.dbe }.numerrors,
        // SAFETY: as above.
        0x40 => unsafe { response.val.xid }.errnum,
        _ => 0,
    };
    FIRED[1].store(response.condition.into(), Ordering::SeqCst);
    FIRED[2].store(value.into(), Ordering::SeqCst);
    let asks = *ASKS.lock().unwrap();
    if let Some((lib, handle, _)) = asks {
        // So that of the two waits the injection's ends first, as it began first.
        std::thread::sleep(Duration::from_millis(50));
        let (mut ids, mut count) = ([0; 32], 0);
        let code = lib.dcgmGetAllDevices(handle, ids.as_mut_ptr(), &raw mut count);
        *ASKS.lock().unwrap() = Some((lib, handle, code));
    }
    FIRED[0].fetch_add(1, Ordering::SeqCst);
    0
}

fn policy(version: u32) -> Box<sys::dcgmPolicy_v1> {
    let mut policy = zeroed::<sys::dcgmPolicy_v1>();
    policy.version = version;
    policy.condition = 0x5b;
    policy.parms[3].val.llval = 80;
    policy.parms[4].val.llval = 200;
    policy
}

pub(crate) fn case12(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin();
        let group = run.group("g12", &[(GPU, run.g0)]);
        run.set("g", group);
    }
    let lib = run.lib;
    let (handle, g) = (run.handle, run.id("g"));
    let now = run.now();
    let inject = |field, value, ts| seen! {"ret": run.inject((GPU, run.g0), field, &Injected::Int(value), ts)};
    let set = |version| {
        let mut params = zeroed::<sys::dcgmHealthSetParams_v2>();
        params.version = version;
        params.groupId = g;
        params.systems = u32::MAX;
        params.updateInterval = SECOND;
        params.maxKeepAge = 60.0;
        seen! {"ret": lib.dcgmHealthSet_v2(handle, &raw mut *params)}
    };
    let set_policy = |group, version| seen! {"ret": lib.dcgmPolicySet(handle, group, &raw mut *policy(version), 0)};
    let register = |group, conditions, call, user| {
        seen! {"ret": lib.dcgmPolicyRegister_v2(handle, group, conditions, call, user)}
    };
    let version = sys::dcgmPolicy_v1::VERSION;
    let later = |seconds| run.control.advance(Duration::from_secs(seconds));
    match row.name() {
        "HealthCheck before HealthSet"
        | "HealthCheck (no data)"
        | "HealthCheck after injection #1"
        | "HealthCheck after injection #2" => seen_health(run, sys::dcgmHealthResponse_v5::VERSION),
        "HealthCheck bad version" => seen_health(run, 0),
        "HealthGet before" | "HealthGet after" => {
            let mut systems = 0;
            let code = lib.dcgmHealthGet(handle, g, &raw mut systems);
            seen! {"ret": code, "systems": format!("0x{systems:x}")}
        }
        "HealthSet ALL" => seen! {"ret": lib.dcgmHealthSet(handle, g, u32::MAX)},
        "HealthSet bad group" => seen! {"ret": lib.dcgmHealthSet(handle, NO_GROUP, u32::MAX)},
        "HealthSet_v2" => set(sys::dcgmHealthSetParams_v2::VERSION),
        "HealthSet_v2 bad version" => set(0),
        "UpdateAllFields" => seen! {"ret": lib.dcgmUpdateAllFields(handle, 1)},
        "inject DBE_VOL_TOTAL=5" => inject(311, 5, now),
        "inject XID 79" => inject(230, 79, now),
        "inject PCIE_REPLAY +100" => inject(202, 1000, now),
        "PolicyRegister_v2 before PolicySet" => register(g, 0x40, Some(fired), 4242),
        "PolicyUnregister" => {
            let conditions = if run.var("registered") == 0 {
                0x40
            } else {
                0x5b
            };
            seen! {"ret": lib.dcgmPolicyUnregister(handle, g, conditions)}
        }
        "PolicySet bad version" => set_policy(g, 0),
        "PolicySet" => set_policy(g, version),
        "PolicySet bad group" => set_policy(NO_GROUP, version),
        "PolicyRegister_v2 bad group" => register(NO_GROUP, 0x40, Some(fired), 1),
        "PolicyRegister_v2 NULL cb" => register(g, 0x40, None, 1),
        "PolicyRegister_v2" => {
            let seen = register(g, 0x5b, Some(fired), 4242);
            run.vars.insert("registered", 1);
            seen
        }
        "inject XID 31" => inject(230, 31, now),
        "inject XID 31 again" => {
            later(3);
            inject(230, 31, run.now())
        }
        "inject XID 79 with future ts" => inject(230, 79, now + SECOND),
        "inject XID 0" => inject(230, 0, now),
        "inject temp 95" => inject(150, 95, now),
        "inject power 300" => {
            seen! {"ret": run.inject((GPU, run.g0), 155, &Injected::Double(300.0), now)}
        }
        "inject DBE 7" => inject(312, 7, now),
        "inject DBE_VOL_DEV 7" => inject(311, 7, now),
        "inject XID 48 after unregister" => {
            later(10);
            let before = FIRED[0].load(Ordering::SeqCst);
            let seen = inject(230, 48, run.now());
            assert_eq!(
                FIRED[0].load(Ordering::SeqCst),
                before,
                "no callback is registered any more"
            );
            seen
        }
        "dcgmModuleGetStatuses" => run.seen_modules(handle),
        _ => Err("call not known"),
    }
}

fn seen_health(run: &Run<'_>, version: u32) -> Seen {
    let mut response = zeroed::<sys::dcgmHealthResponse_v5>();
    response.version = version;
    let code = run
        .lib
        .dcgmHealthCheck(run.handle, run.id("g"), &raw mut *response);
    let count = usize::try_from(response.incidentCount).unwrap();
    let list: Vec<Value> = response.incidents[..count]
        .iter()
        .map(|incident| {
            let entity = &incident.entityInfo;
            json!({
                "system": incident.system, "health": incident.health, "code": incident.error.code,
                "eg": entity.entityGroupId, "eid": entity.entityId,
            })
        })
        .collect();
    seen! {"ret": code, "overall": response.overallHealth, "incidents": count, "list": list}
}

/// Callbacks of policies: reentrance, and how often.
pub(crate) fn case12b(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin_with("recorded:2");
        let group = run.group("g12b", &[(GPU, 0)]);
        run.set("g", group);
        for counter in &FIRED {
            counter.store(0, Ordering::SeqCst);
        }
        if !matches!(row.name(), "PolicySet") {
            return Err("call not known");
        }
    }
    let lib = run.lib;
    let (handle, g) = (run.handle, run.id("g"));
    let register = || lib.dcgmPolicyRegister_v2(handle, g, 0x5b, Some(fired), 1);
    let name = row.name();
    match name {
        "PolicySet" => {
            let code =
                lib.dcgmPolicySet(handle, g, &raw mut *policy(sys::dcgmPolicy_v1::VERSION), 0);
            if run.file.starts_with("case12c") {
                assert_eq!(register(), 0);
            }
            return seen! {"ret": code};
        }
        "PolicyRegister_v2" | "Register" => return seen! {"ret": register()},
        // The callback asks while the engine's caller waits: the row before the one that causes it.
        "dcgmGetAllDevices from inside policy callback" => {
            *ASKS.lock().unwrap() = Some((crate::native(), handle, 0));
            let code = run.inject((GPU, 0), 230, &Injected::Int(31), run.now());
            run.vars.insert("inject", code.into());
            let started = std::time::Instant::now();
            while FIRED[0].load(Ordering::SeqCst) < 1 {
                assert!(started.elapsed() < Duration::from_secs(10), "it fires");
                std::thread::yield_now();
            }
            assert!(handle != EMBEDDED || code == 0);
            let inside = ASKS.lock().unwrap().take().unwrap().2;
            return seen! {"ret": inside};
        }
        "inject XID 31 (ts now)" => return seen! {"ret": run.var("inject")},
        "dcgmGetAllDevices from main afterwards" => return run.seen_devices(handle),
        _ => {}
    }
    let now = run.now();
    if let Some(rest) = name.strip_prefix("inject XID ") {
        let (xid, offset) = rest.split_once(" ts=now").unwrap();
        let offset: i64 = offset.trim_end_matches('s').parse().unwrap();
        return fire(run, row, 230, xid.parse().unwrap(), now + offset * SECOND);
    }
    if name.contains("after 6s") {
        run.control.advance(Duration::from_secs(6));
    } else if name.contains("0.5s after") {
        run.control.advance(Duration::from_millis(500));
    }
    let now = run.now();
    if let Some(rest) = name.strip_prefix("XID ") {
        let xid = rest.split(' ').next().unwrap().parse().unwrap();
        return fire(run, row, 230, xid, now);
    }
    let (what, value) = name.rsplit_once('=').unwrap();
    let field = what
        .split_whitespace()
        .find_map(|word| word.strip_prefix('f')?.parse().ok())
        .unwrap();
    fire(run, row, field, value.parse().unwrap(), now)
}

fn fire(run: &Run<'_>, row: &Row, field: u16, value: i64, at: i64) -> Seen {
    let before = FIRED[0].load(Ordering::SeqCst);
    let code = run.inject((GPU, 0), field, &Injected::Int(value), at);
    // It fires before the injection returns.
    let [count, condition, number] = [0, 1, 2].map(|index| FIRED[index].load(Ordering::SeqCst));
    let new = count - before;
    let pause = row.int("then_sleep_s");
    run.control
        .advance(Duration::from_secs(u64::try_from(pause).unwrap()));
    seen! {
        "ret": code, "inject_ret": code, "new": new, "new_callbacks": new, "last_errnum": number,
        "cond": condition, "val": number
    }
}
