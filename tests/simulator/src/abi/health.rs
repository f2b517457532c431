//! Health, policies, profiling: as far as the recordings go.

use core::ffi::{c_int, c_void};
use core::mem::offset_of;

use dcgm_sys::{
    Versioned, dcgmHealthResponse_v4, dcgmHealthResponse_v5, dcgmHealthSetParams_v2,
    dcgmIncidentInfo_t, dcgmPolicy_v1, dcgmPolicyCallbackResponse_v1,
    dcgmPolicyCallbackResponse_v2, dcgmPolicyConditionParams_t, dcgmProfGetMetricGroups_v3,
    dcgmProfMetricGroupInfo_v2, fpRecvUpdates, fpRecvUpdates_3_3,
};

use super::{Ptr, ask, check_version, code_of, long, ok, run};
use crate::Flavour;
use crate::bits::Bits as _;
use crate::dispatch::Op;
use crate::engine::{Code, Violation, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;

const SECOND: i64 = 1_000_000;

pub fn health_set(handle: usize, group: usize, systems: u32) -> Code {
    code_of(ask(
        handle,
        Op::SetHealth,
        vec![long(group), systems.into(), 30 * SECOND, 600 * SECOND],
    ))
}

pub fn health_set_v2(handle: usize, params: Ptr<dcgmHealthSetParams_v2>) -> Code {
    run(|| {
        check_version(params, &[dcgmHealthSetParams_v2::VERSION])?;
        let group = params
            .field::<i64>(offset_of!(dcgmHealthSetParams_v2, groupId))
            .read()
            .unwrap_or(0);
        let systems = params
            .field::<u32>(offset_of!(dcgmHealthSetParams_v2, systems))
            .read()
            .unwrap_or(0);
        let interval = params
            .field::<i64>(offset_of!(dcgmHealthSetParams_v2, updateInterval))
            .read()
            .unwrap_or(0);
        let keep = params
            .field::<f64>(offset_of!(dcgmHealthSetParams_v2, maxKeepAge))
            .read()
            .unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "seconds")]
        let keep = (keep as i64).clamp(1, 1 << 40) * SECOND;
        let ints = vec![group, systems.into(), interval, keep];
        ok(ask(handle, Op::SetHealth, ints)).map(drop)
    })
}

pub fn health_get(handle: usize, group: usize, systems: Ptr<u32>) -> Code {
    run(|| {
        if systems.is_null() {
            return Err(st::BADPARAM);
        }
        systems.write(ok(ask(handle, Op::Health, vec![long(group)]))?.word(0));
        Ok(())
    })
}

/// Fills the incidents in with a failure, too, as 3.3 does.
pub fn health_check(handle: usize, group: usize, response: Ptr<c_void>) -> Code {
    run(|| {
        let (version, most) = match PROCESS.flavour() {
            Flavour::V4_6 => (dcgmHealthResponse_v5::VERSION, 1024),
            Flavour::V3_3 => (dcgmHealthResponse_v4::VERSION, 64),
        };
        let words = response.cast::<u32>();
        check_version(words, &[version])?;
        let reply = ask(handle, Op::CheckHealth, vec![long(group)])?;
        let count = reply.texts.len().min(most);
        words.at(1).write(reply.word(0));
        words.at(2).write(u32::try_from(count).unwrap_or(0));
        for index in 0..count {
            let row = response
                .cast::<u8>()
                .field::<u8>(12 + index * size_of::<dcgmIncidentInfo_t>());
            let word = |word| reply.word(1 + 5 * index + word);
            row.field::<u32>(0).write(word(0));
            row.field::<u32>(4).write(word(1));
            row.field::<u8>(8).write_text(reply.text(index), 1024);
            row.field::<u32>(8 + 1024).write(word(2));
            row.field::<u32>(12 + 1024).write(word(3));
            row.field::<u32>(16 + 1024).write(word(4));
        }
        if reply.code == st::OK {
            Ok(())
        } else {
            Err(reply.code)
        }
    })
}

/// The words of a policy before its parameters, without the version.
const POLICY_WORDS: usize = 6;
const POLICY_PARAMETERS: usize = 7;

/// Where the tag and the value of the parameters of a condition are: at the number of its bit.
const fn parameters(bit: usize) -> (usize, usize) {
    let offset = offset_of!(dcgmPolicy_v1, parms) + bit * size_of::<dcgmPolicyConditionParams_t>();
    (offset, offset + 8)
}

pub fn policy_set(handle: usize, group: usize, policy: Ptr<dcgmPolicy_v1>, _status: usize) -> Code {
    run(|| {
        check_version(policy, &[dcgmPolicy_v1::VERSION])?;
        let words = policy.cast::<u32>();
        let mut ints = vec![long(group)];
        ints.extend((1..=POLICY_WORDS).map(|at| i64::from(words.at(at).read().unwrap_or(0))));
        for bit in 0..POLICY_PARAMETERS {
            let (tag, value) = parameters(bit);
            ints.push(policy.field::<u32>(tag).read().unwrap_or(0).into());
            ints.push(policy.field::<i64>(value).read().unwrap_or(0));
        }
        ok(ask(handle, Op::SetPolicy, ints)).map(drop)
    })
}

/// Fills the first policies in also if there is no room for all.
pub fn policy_get(
    handle: usize,
    group: usize,
    count: i32,
    policies: Ptr<dcgmPolicy_v1>,
    _status: usize,
) -> Code {
    run(|| {
        let room = usize::try_from(count).unwrap_or(0);
        if room == 0 || policies.is_null() {
            return Err(st::BADPARAM);
        }
        check_version(policies, &[dcgmPolicy_v1::VERSION])?;
        let reply = ok(ask(handle, Op::Policies, vec![long(group)]))?;
        let all: Vec<_> = reply
            .ints
            .chunks(POLICY_WORDS + 2 * POLICY_PARAMETERS)
            .collect();
        for (index, ints) in all.iter().take(room).enumerate() {
            let policy = policies.at(index);
            let int = |at: usize| ints.get(at).copied().unwrap_or(0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sent as integers"
            )]
            let word = |at: usize| int(at) as u32;
            let words = policy.cast::<u32>();
            words.write(dcgmPolicy_v1::VERSION);
            for at in 0..POLICY_WORDS {
                words.at(at + 1).write(word(at));
            }
            for bit in 0..POLICY_PARAMETERS {
                let (tag, value) = parameters(bit);
                policy.field::<u32>(tag).write(word(POLICY_WORDS + 2 * bit));
                policy
                    .field::<i64>(value)
                    .write(int(POLICY_WORDS + 2 * bit + 1));
            }
        }
        if all.len() > room {
            return Err(st::INSUFFICIENT_SIZE);
        }
        Ok(())
    })
}

/// A policy callback of either release.
#[derive(Clone, Copy)]
pub(crate) enum PolicyCall {
    New(fpRecvUpdates, u64),
    /// Begin and finish.
    Old([fpRecvUpdates_3_3; 2]),
}

pub fn policy_register_v2(
    handle: usize,
    group: usize,
    conditions: u32,
    call: fpRecvUpdates,
    user: u64,
) -> Code {
    register(handle, group, conditions, PolicyCall::New(call, user))
}

pub fn policy_register(
    handle: usize,
    group: usize,
    conditions: u32,
    begin: fpRecvUpdates_3_3,
    finish: fpRecvUpdates_3_3,
) -> Code {
    register(handle, group, conditions, PolicyCall::Old([begin, finish]))
}

fn register(handle: usize, group: usize, conditions: u32, call: PolicyCall) -> Code {
    let number = PROCESS.add_callback(handle as u64, call);
    let ints = vec![long(group), conditions.into(), number.signed()];
    let code = code_of(ask(handle, Op::RegisterPolicy, ints));
    if code != st::OK {
        PROCESS.remove_callback(number);
    }
    code
}

/// Removes all registrations of the connection.
pub fn policy_unregister(handle: usize, group: usize, conditions: u32) -> Code {
    let code = code_of(ask(
        handle,
        Op::UnregisterPolicy,
        vec![long(group), conditions.into()],
    ));
    if code == st::OK {
        PROCESS.remove_callbacks(handle as u64);
    }
    code
}

impl PolicyCall {
    pub(crate) fn run(self, violation: Violation, garbage: bool) {
        // Of the union only the timestamp and two numbers are used, at the same places for all
        // conditions.
        #[repr(C)]
        struct Response {
            version: u32,
            condition: u32,
            at: i64,
            numbers: [u32; 2],
            gpu: u32,
            padding: u32,
        }
        let version = match self {
            Self::New(..) => dcgmPolicyCallbackResponse_v2::VERSION,
            Self::Old(_) => dcgmPolicyCallbackResponse_v1::VERSION,
        };
        let mut response = Response {
            version: if garbage { 0xad04_91ee } else { version },
            condition: if garbage { 32_628 } else { violation.condition },
            at: violation.at,
            numbers: violation.values,
            gpu: violation.gpu,
            padding: 0,
        };
        let pointer = &raw mut response;
        match self {
            Self::New(Some(call), user) => {
                // An engine of 3.3 tells of each event twice.
                for _ in 0..if garbage { 2 } else { 1 } {
                    // SAFETY: a callback that the C caller registered for being called so; the
                    // response lives until it returns.
                    let _: c_int = unsafe { call(pointer.cast(), user) };
                }
            }
            Self::Old(calls) => {
                // One of 4.6 tells once.
                let count = if garbage { 1 } else { 2 };
                for call in calls.into_iter().take(count).flatten() {
                    // SAFETY: as above.
                    let _: c_int = unsafe { call(pointer.cast()) };
                }
            }
            Self::New(None, _) => {}
        }
    }
}

pub fn profiling_groups(handle: usize, groups: Ptr<dcgmProfGetMetricGroups_v3>) -> Code {
    run(|| {
        check_version(groups, &[dcgmProfGetMetricGroups_v3::VERSION])?;
        let words = groups.cast::<u32>();
        let gpu = words.at(2).read().unwrap_or(0);
        let reply = ok(ask(handle, Op::ProfilingGroups, vec![gpu.into()]))?;
        // As recorded on GPUs whose driver profiles them.
        let group_of = |field: &i64| match field {
            ..1040 => 0,
            1084..1532 => 2,
            _ => 1,
        };
        let in_group = |group: i32| {
            let fields = reply.ints.iter().copied();
            let own: Vec<i64> = fields.filter(|field| group_of(field) == group).collect();
            own
        };
        let mut chunks: Vec<_> = (0..3).map(in_group).collect();
        chunks.retain(|fields| !fields.is_empty());
        let huge = faults::garbage("dcgmProfGetSupportedMetricGroups") == Garbage::HugeCount;
        words.at(3).write(if huge {
            u32::MAX
        } else {
            u32::try_from(chunks.len()).unwrap_or(0)
        });
        for (index, fields) in chunks.into_iter().enumerate() {
            let group = groups.field::<u8>(16 + index * size_of::<dcgmProfMetricGroupInfo_v2>());
            let ids = group.field::<u16>(8);
            group
                .field::<u16>(0)
                .write(u16::try_from(index).unwrap_or(0));
            group.field::<u16>(2).write(0);
            let count = u32::try_from(fields.len()).unwrap_or(0);
            group.field::<u32>(4).write(count);
            for (at, field) in fields.iter().enumerate() {
                ids.at(at).write(u16::try_from(*field).unwrap_or(0));
            }
        }
        Ok(())
    })
}

pub fn profiling_pause(handle: usize) -> Code {
    code_of(ask(handle, Op::PauseProfiling, vec![1]))
}

pub fn profiling_resume(handle: usize) -> Code {
    code_of(ask(handle, Op::PauseProfiling, vec![0]))
}
