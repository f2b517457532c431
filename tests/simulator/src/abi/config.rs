//! The configuration of GPUs, the lists of errors that go with it, MIG instances and power profiles.

use core::ffi::{c_char, c_int, c_void};
use core::mem::offset_of;
use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use dcgm_sys::{
    Versioned, dcgmConfig_v1, dcgmConfig_v2, dcgmCreateMigEntity_v1, dcgmDeleteMigEntity_v1,
    dcgmDeviceWorkloadPowerProfilesStatus_v1, dcgmErrorInfo_t, dcgmWorkloadPowerProfile_v1,
    dcgmWorkloadPowerProfileProfilesInfo_v1,
};
use parking_lot::Mutex;

use super::{Ptr, ask, check_version, code_of, long, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::process::PROCESS;
use crate::wire::Packet;

/// GPU (or BLANK), field, code.
type Errors = VecDeque<[i64; 3]>;

/// The lists of errors of this process; they need no connection.
static LISTS: LazyLock<Mutex<(usize, HashMap<usize, Errors>)>> = LazyLock::new(Mutex::default);

pub fn status_create(list: Ptr<usize>) -> Code {
    if list.is_null() {
        return st::BADPARAM;
    }
    let mut lists = LISTS.lock();
    lists.0 += 1;
    let handle = lists.0;
    lists.1.insert(handle, Errors::new());
    list.write(handle);
    st::OK
}

pub fn status_destroy(list: usize) -> Code {
    match LISTS.lock().1.remove(&list) {
        Some(_) => st::OK,
        None => st::BADPARAM,
    }
}

pub fn status_clear(list: usize) -> Code {
    match LISTS.lock().1.get_mut(&list) {
        Some(errors) => {
            errors.clear();
            st::OK
        }
        None => st::BADPARAM,
    }
}

pub fn status_count(list: usize, count: Ptr<u32>) -> Code {
    let lists = LISTS.lock();
    match lists.1.get(&list) {
        Some(errors) if !count.is_null() => {
            count.write(u32::try_from(errors.len()).unwrap_or(0));
            st::OK
        }
        _ => st::BADPARAM,
    }
}

pub fn status_pop(list: usize, error: Ptr<dcgmErrorInfo_t>) -> Code {
    let mut lists = LISTS.lock();
    let Some(errors) = lists.1.get_mut(&list).filter(|_| !error.is_null()) else {
        return st::BADPARAM;
    };
    let Some([gpu, field, code]) = errors.pop_front() else {
        return st::NO_DATA;
    };
    error
        .field::<u32>(0)
        .write(u32::try_from(gpu).unwrap_or(u32::MAX));
    error
        .field::<i16>(offset_of!(dcgmErrorInfo_t, fieldId))
        .write(i16::try_from(field).unwrap_or(0));
    error
        .field::<i32>(offset_of!(dcgmErrorInfo_t, status))
        .write(i32::try_from(code).unwrap_or(0));
    st::OK
}

/// Puts the errors of a reply into a list, and returns the place after them.
fn keep_errors(list: usize, reply: &Packet) -> usize {
    let count = usize::try_from(reply.int(0)).unwrap_or(0);
    if let Some(errors) = LISTS.lock().1.get_mut(&list) {
        let rows = (0..count).map(|row| [1, 2, 3].map(|at| reply.int(3 * row + at)));
        errors.extend(rows);
    }
    1 + 3 * count
}

/// The version and the size of a configuration in this release.
fn form() -> (u32, usize) {
    match PROCESS.flavour() {
        Flavour::V4_6 => (dcgmConfig_v2::VERSION, size_of::<dcgmConfig_v2>()),
        Flavour::V3_3 => (dcgmConfig_v1::VERSION, size_of::<dcgmConfig_v1>()),
    }
}

pub fn config_get(
    handle: usize,
    group: usize,
    kind: u32,
    count: i32,
    configs: Ptr<dcgmConfig_v2>,
    list: usize,
) -> Code {
    let (version, size) = form();
    let places = usize::try_from(count).unwrap_or(0);
    if configs.is_null() || places == 0 || kind > 1 {
        return st::BADPARAM;
    }
    run(|| {
        check_version(configs, &[version])?;
        let reply = ask(handle, Op::Config, vec![long(group), kind.into()])?;
        let first = keep_errors(list, &reply);
        let rows = reply.ints.get(first..).unwrap_or_default();
        for (place, row) in rows.chunks_exact(8).take(places).enumerate() {
            let [gpu, ecc, compute, sync, memory, sm, watts, profiles] =
                core::array::from_fn(|at| u32::try_from(row[at]).unwrap_or(0));
            let config = configs.cast::<u8>().at(place * size);
            let at = |offset, value: u32| config.field::<u32>(offset).write(value);
            at(0, version);
            at(offset_of!(dcgmConfig_v2, gpuId), gpu);
            at(offset_of!(dcgmConfig_v2, eccMode), ecc);
            at(offset_of!(dcgmConfig_v2, computeMode), compute);
            at(offset_of!(dcgmConfig_v2, perfState.syncBoost), sync);
            at(
                offset_of!(dcgmConfig_v2, perfState.targetClocks.memClock),
                memory,
            );
            at(
                offset_of!(dcgmConfig_v2, perfState.targetClocks.smClock),
                sm,
            );
            at(offset_of!(dcgmConfig_v2, powerLimit.type_), 0);
            at(offset_of!(dcgmConfig_v2, powerLimit.val), watts);
            if version == dcgmConfig_v2::VERSION {
                for word in 0..8 {
                    at(
                        offset_of!(dcgmConfig_v2, workloadPowerProfiles) + 4 * word,
                        profiles,
                    );
                }
            }
        }
        ok(Ok(reply)).map(drop)
    })
}

pub fn config_set(handle: usize, group: usize, config: Ptr<c_void>, list: usize) -> Code {
    let (version, _) = form();
    run(|| {
        let from = config.cast::<u8>();
        check_version(from, &[version])?;
        let word = |offset: usize| i64::from(from.field::<u32>(offset).read().unwrap_or(0));
        let profiles = if version == dcgmConfig_v2::VERSION {
            word(offset_of!(dcgmConfig_v2, workloadPowerProfiles))
        } else {
            0x7fff_fff0
        };
        let ints = vec![
            long(group),
            word(offset_of!(dcgmConfig_v2, eccMode)),
            word(offset_of!(dcgmConfig_v2, computeMode)),
            word(offset_of!(dcgmConfig_v2, perfState.syncBoost)),
            word(offset_of!(dcgmConfig_v2, perfState.targetClocks.memClock)),
            word(offset_of!(dcgmConfig_v2, perfState.targetClocks.smClock)),
            word(offset_of!(dcgmConfig_v2, powerLimit.val)),
            profiles,
            word(offset_of!(dcgmConfig_v2, powerLimit.type_)),
        ];
        let reply = ask(handle, Op::SetConfig, ints)?;
        keep_errors(list, &reply);
        ok(Ok(reply)).map(drop)
    })
}

pub fn config_enforce(handle: usize, group: usize, _list: usize) -> Code {
    code_of(ask(handle, Op::EnforceConfig, vec![long(group)]))
}

pub fn create_instance(handle: usize, request: Ptr<dcgmCreateMigEntity_v1>) -> Code {
    run(|| {
        check_version(request, &[dcgmCreateMigEntity_v1::VERSION])?;
        let word = |at| i64::from(request.cast::<u32>().at(at).read().unwrap_or(0));
        let ints = vec![word(1), word(2), word(3)];
        ok(ask(handle, Op::CreateInstance, ints)).map(drop)
    })
}

pub fn delete_instance(handle: usize, request: Ptr<dcgmDeleteMigEntity_v1>) -> Code {
    run(|| {
        check_version(request, &[dcgmDeleteMigEntity_v1::VERSION])?;
        let word = |at| i64::from(request.cast::<u32>().at(at).read().unwrap_or(0));
        ok(ask(handle, Op::DeleteInstance, vec![word(1), word(2)])).map(drop)
    })
}

/// H100 has no profiles: -6, and the version words of both structs are 0 then.
pub fn power_profiles(
    handle: usize,
    gpu: u32,
    info: Ptr<dcgmWorkloadPowerProfileProfilesInfo_v1>,
    status: Ptr<dcgmDeviceWorkloadPowerProfilesStatus_v1>,
) -> Code {
    run(|| {
        check_version(info, &[dcgmWorkloadPowerProfileProfilesInfo_v1::VERSION])?;
        check_version(status, &[dcgmDeviceWorkloadPowerProfilesStatus_v1::VERSION])?;
        let reply = ask(handle, Op::PowerProfiles, vec![gpu.into()])?;
        if reply.code != st::OK {
            info.cast::<u32>().write(0);
            status.cast::<u32>().write(0);
        }
        ok(Ok(reply)).map(drop)
    })
}

pub fn set_power_profile(handle: usize, request: Ptr<dcgmWorkloadPowerProfile_v1>) -> Code {
    run(|| {
        check_version(request, &[dcgmWorkloadPowerProfile_v1::VERSION])?;
        let group = request
            .field::<i64>(offset_of!(dcgmWorkloadPowerProfile_v1, groupId))
            .read()
            .unwrap_or(0);
        ok(ask(handle, Op::SetPowerProfile, vec![group])).map(drop)
    })
}

static PROFILES: [&core::ffi::CStr; 15] = [
    c"POWER_PROFILE_MAX_P",
    c"POWER_PROFILE_MAX_Q",
    c"POWER_PROFILE_COMPUTE",
    c"POWER_PROFILE_MEMORY_BOUND",
    c"POWER_PROFILE_NETWORK",
    c"POWER_PROFILE_BALANCED",
    c"POWER_PROFILE_LLM_INFERENCE",
    c"POWER_PROFILE_LLM_TRAINING",
    c"POWER_PROFILE_RBM",
    c"POWER_PROFILE_DCPCIE",
    c"POWER_PROFILE_HMMA_SPARSE",
    c"POWER_PROFILE_HMMA_DENSE",
    c"POWER_PROFILE_SYNC_BALANCED",
    c"POWER_PROFILE_HPC",
    c"POWER_PROFILE_MIG",
];

pub fn power_profile_name(profile: u32, name: Ptr<*const c_char>) -> c_int {
    match PROFILES.get(profile as usize) {
        Some(text) if !name.is_null() => {
            name.write(text.as_ptr());
            st::OK
        }
        _ => st::BADPARAM,
    }
}
