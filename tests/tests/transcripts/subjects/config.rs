//! The configuration of GPUs, lists of errors, power profiles, vGPUs and MIG instances.

use core::ffi::{c_int, c_uint};

use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Map, Value, json};

use super::{Seen, Subject, pointer};
use crate::record::{text_at, text_of, zeroed};
use crate::run::Row;

const BLANK: u32 = 0x7fff_fff0;
const NOT_SUPPORTED: u32 = 0x7fff_fff2;
/// More than any row asks for.
const CONFIGS: usize = 8;

/// The structs for power profiles. The probe used the same for several calls.
pub(super) struct ProfileStructs {
    info: Box<sys::dcgmWorkloadPowerProfileProfilesInfo_v1>,
    status: Box<sys::dcgmDeviceWorkloadPowerProfilesStatus_v1>,
}

impl ProfileStructs {
    pub(super) fn new() -> Self {
        let mut structs = Self {
            info: zeroed(),
            status: zeroed(),
        };
        structs.set_versions();
        structs
    }

    fn set_versions(&mut self) {
        self.info.version = sys::dcgmWorkloadPowerProfileProfilesInfo_v1::VERSION;
        self.status.version = sys::dcgmDeviceWorkloadPowerProfilesStatus_v1::VERSION;
    }
}

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let lib = subject.lib;
    let handle = subject.handle();
    Some(match call {
        "dcgmConfigGet" => config_get(subject, row),
        "dcgmConfigSet" => config_set(subject, row),
        "dcgmConfigEnforce" => {
            let group = subject.group(row);
            let code = lib.dcgmConfigEnforce(handle, group, subject.errors);
            Ok(json!({"ret": code, "errors_gpu_field_status": pop_errors(subject)}))
        }
        "dcgmGetDeviceWorkloadPowerProfileInfo" => power_profiles(subject, row),
        "dcgmConfigSetWorkloadPowerProfile" => set_power_profile(subject, row),
        "dcgmPowerProfileIdToName" => power_profile_names(subject, row),
        "dcgmGetVgpuDeviceAttributes" => vgpu_attributes(subject, row),
        "dcgmGetVgpuInstanceAttributes" => {
            let mut attributes = zeroed::<sys::dcgmVgpuInstanceAttributes_v1>();
            attributes.version = row.version(sys::dcgmVgpuInstanceAttributes_v1::VERSION);
            let vgpu = row.input_word("vgpu").unwrap_or(0);
            let out = pointer(row, &mut *attributes);
            let code = lib.dcgmGetVgpuInstanceAttributes(handle, vgpu, out);
            let out = json!({
                "version": attributes.version, "vmId": text_of(&attributes.vmId),
                "vmName": text_of(&attributes.vmName), "vgpuTypeId": attributes.vgpuTypeId,
                "vgpuUuid": text_of(&attributes.vgpuUuid),
                "vgpuDriverVersion": text_of(&attributes.vgpuDriverVersion),
                "fbUsage": attributes.fbUsage, "licenseStatus": attributes.licenseStatus,
                "frameRateLimit": attributes.frameRateLimit,
            });
            Ok(json!({"ret": code, "out": out}))
        }
        "dcgmCreateMigEntity" => {
            let mut request = zeroed::<sys::dcgmCreateMigEntity_v1>();
            request.version = row.version(sys::dcgmCreateMigEntity_v1::VERSION);
            request.parentId = row.input_word("parent").unwrap_or(0);
            request.profile = row.input_word("profile").unwrap_or(1);
            request.createOption = row.input_word("option").unwrap_or(0);
            request.flags = row.input_word("flags").unwrap_or(0);
            Subject::ret(lib.dcgmCreateMigEntity(handle, pointer(row, &mut *request)))
        }
        "dcgmDeleteMigEntity" => {
            let mut request = zeroed::<sys::dcgmDeleteMigEntity_v1>();
            request.version = row.version(sys::dcgmDeleteMigEntity_v1::VERSION);
            (request.entityGroupId, request.entityId) = entity(row);
            request.flags = row.input_word("flags").unwrap_or(0);
            Subject::ret(lib.dcgmDeleteMigEntity(handle, pointer(row, &mut *request)))
        }
        "dcgmGetGpuInstanceHierarchy" => hierarchy(subject, row),
        _ => return status_list(subject, row, call),
    })
}

/// Reads the list of errors where a row has nothing else.
pub(super) fn act(subject: &Subject<'_, '_>, row: &Row) -> Option<Seen> {
    let is_list = row.0.contains_key("errors_gpu_field_status");
    is_list.then(|| Ok(json!({"errors_gpu_field_status": pop_errors(subject)})))
}

/// Returns the entity of a row.
pub(super) fn entity(row: &Row) -> (u32, u32) {
    let pair = row.input("entity").cloned();
    pair.map_or((1, 0), |pair| serde_json::from_value(pair).unwrap())
}

fn status_list(subject: &Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let lib = subject.lib;
    let list = if row.name().contains("handle 0") {
        0
    } else {
        subject.errors
    };
    let mut count: c_uint = 0;
    let mut error = zeroed::<sys::dcgmErrorInfo_t>();
    Some(match call {
        "dcgmStatusCreate" => {
            let mut list = 0;
            let code = lib.dcgmStatusCreate(pointer(row, &mut list));
            Ok(json!({"ret": code, "out": {"nonzero": list != 0}}))
        }
        "dcgmStatusGetCount" => {
            let code = lib.dcgmStatusGetCount(list, pointer(row, &mut count));
            Ok(json!({"ret": code, "out": {"count": count}}))
        }
        "dcgmStatusPopError" => {
            let code = lib.dcgmStatusPopError(list, pointer(row, &mut *error));
            let out = json!({
                "gpuId": error.gpuId, "fieldId": error.fieldId, "status": error.status
            });
            Ok(json!({"ret": code, "out": out}))
        }
        "dcgmStatusClear" => Subject::ret(lib.dcgmStatusClear(list)),
        "dcgmStatusDestroy" => Subject::ret(lib.dcgmStatusDestroy(list)),
        _ => return None,
    })
}

/// Takes the errors of the last call: GPU, field, code.
fn pop_errors(subject: &Subject<'_, '_>) -> Value {
    let mut errors = Vec::new();
    let mut error = zeroed::<sys::dcgmErrorInfo_t>();
    let lib = subject.lib;
    while lib.dcgmStatusPopError(subject.errors, &raw mut *error) == 0 {
        errors.push(json!([setting(error.gpuId), error.fieldId, error.status]));
    }
    errors.into()
}

/// Writes a number as the probe did.
fn setting(word: u32) -> Value {
    match word {
        BLANK => "BLANK".into(),
        NOT_SUPPORTED => "NOT_SUPPORTED".into(),
        number => number.into(),
    }
}

fn config_get(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let group = subject.group(row);
    let mut configs = zeroed::<[sys::dcgmConfig_v2; CONFIGS]>();
    let version = row.version(sys::dcgmConfig_v2::VERSION);
    configs
        .iter_mut()
        .for_each(|config| config.version = version);
    let kind = row.input_word("type").unwrap_or_else(|| {
        let is_target = row.name().contains("target");
        u32::from(!is_target)
    });
    let count = row.input_int("count").unwrap_or(2);
    let list = if row.name().contains("without status") {
        0
    } else {
        subject.errors
    };
    let out = if row.is_null() {
        core::ptr::null_mut()
    } else {
        configs.as_mut_ptr()
    };
    let count = c_int::try_from(count).unwrap();
    let lib = subject.lib;
    let code = lib.dcgmConfigGet(subject.handle(), group, kind, count, out, list);
    let configs = configs.iter().map(|config| {
        let state = &config.perfState;
        json!({
            "gpuId": config.gpuId,
            "ecc": setting(config.eccMode),
            "compute": setting(config.computeMode),
            "syncBoost": setting(state.syncBoost),
            "clocks": [setting(state.targetClocks.memClock), setting(state.targetClocks.smClock)],
            "power": [config.powerLimit.type_, setting(config.powerLimit.val)],
            "profiles": [
                setting(config.workloadPowerProfiles[0]), setting(config.workloadPowerProfiles[1])
            ],
            "version": config.version,
        })
    });
    let configs: Vec<Value> = configs.collect();
    let errors = pop_errors(subject);
    Ok(json!({"ret": code, "out": configs, "errors_gpu_field_status": errors}))
}

fn config_set(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let group = subject.group(row);
    let mut config = zeroed::<sys::dcgmConfig_v2>();
    let is_blank = row.input("zeroed").is_none();
    if is_blank {
        config.eccMode = BLANK;
        config.computeMode = BLANK;
        config.perfState.syncBoost = BLANK;
        config.perfState.targetClocks.memClock = BLANK;
        config.perfState.targetClocks.smClock = BLANK;
        config.powerLimit.val = BLANK;
        config.workloadPowerProfiles = [BLANK; 8];
    }
    config.version = row.version(sys::dcgmConfig_v2::VERSION);
    let power = row.name().contains("power 500").then_some(500);
    let clocks = &mut config.perfState.targetClocks;
    for (key, word) in [
        ("ecc", &mut config.eccMode),
        ("computeMode", &mut config.computeMode),
        ("syncBoost", &mut config.perfState.syncBoost),
        ("mem", &mut clocks.memClock),
        ("sm", &mut clocks.smClock),
        ("power", &mut config.powerLimit.val),
        ("type", &mut config.powerLimit.type_),
    ] {
        let given = row.input(key).and_then(Value::as_u64);
        if let Some(given) = given.or(power.filter(|_| key == "power")) {
            *word = u32::try_from(given).unwrap();
        }
    }
    let profiles = row.input("profiles").and_then(Value::as_array);
    let words = config.workloadPowerProfiles.iter_mut();
    for (word, given) in words.zip(profiles.into_iter().flatten()) {
        *word = u32::try_from(given.as_u64().unwrap()).unwrap();
    }
    let list = if row.name().contains("without status") {
        0
    } else {
        subject.errors
    };
    let out = pointer(row, &mut *config);
    let code = subject
        .lib
        .dcgmConfigSet(subject.handle(), group, out, list);
    Ok(json!({"ret": code, "errors_gpu_field_status": pop_errors(subject)}))
}

fn power_profiles(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let (lib, handle, name) = (subject.lib, subject.handle(), row.name());
    let structs = &mut subject.profiles;
    if name.contains("version") {
        structs.set_versions();
    }
    if name.contains("info version") {
        structs.info.version = 0;
    } else if name.contains("status version") {
        structs.status.version = 0;
    }
    let info = pointer(row, &mut *structs.info);
    let status = pointer(row, &mut *structs.status);
    let gpu = row.input_word("gpu").unwrap_or(0);
    let code = lib.dcgmGetDeviceWorkloadPowerProfileInfo(handle, gpu, info, status);
    let out = json!({
        "info_version": structs.info.version, "status_version": structs.status.version
    });
    Ok(json!({"ret": code, "out": out}))
}

fn set_power_profile(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let mut request = zeroed::<sys::dcgmWorkloadPowerProfile_v1>();
    request.version = row.version(sys::dcgmWorkloadPowerProfile_v1::VERSION);
    request.groupId = subject.group(row);
    request.action = row.input_word("action").unwrap_or(0);
    request.profileMask[0] = row.input_word("mask0").unwrap_or(0);
    let out = pointer(row, &mut *request);
    let code = subject
        .lib
        .dcgmConfigSetWorkloadPowerProfile(subject.handle(), out);
    Subject::ret(code)
}

fn power_profile_names(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let lib = subject.lib;
    if row.is_null() {
        return Subject::ret(lib.dcgmPowerProfileIdToName(0, core::ptr::null_mut()));
    }
    let names = row.0["out"].as_object().unwrap().keys().map(|key| {
        let id: i64 = key.parse().unwrap();
        let mut name = core::ptr::null();
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        let code = lib.dcgmPowerProfileIdToName(id, &raw mut name);
        let name = (!name.is_null()).then(|| text_at(name));
        (key.clone(), json!([code, name]))
    });
    Ok(json!({"out": names.collect::<Map<_, _>>()}))
}

fn vgpu_attributes(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let gpu = row.input_word("gpu").unwrap_or(0);
    if gpu == super::FIRST_FAKE {
        subject.group_of(&json!([[1, gpu]]));
    }
    let mut attributes = zeroed::<sys::dcgmVgpuDeviceAttributes_v7>();
    let version = sys::dcgmVgpuDeviceAttributes_v7::VERSION;
    attributes.version = if row.name().contains("v6 word") {
        version & 0x00ff_ffff | 6 << 24
    } else {
        row.version(version)
    };
    let out = pointer(row, &mut *attributes);
    let code = subject
        .lib
        .dcgmGetVgpuDeviceAttributes(subject.handle(), gpu, out);
    let out = json!({
        "version": attributes.version,
        "activeVgpuInstanceCount": attributes.activeVgpuInstanceCount,
        "creatableVgpuTypeCount": attributes.creatableVgpuTypeCount,
        "supportedVgpuTypeCount": attributes.supportedVgpuTypeCount,
        "gpuUtil": attributes.gpuUtil, "memCopyUtil": attributes.memCopyUtil,
        "encUtil": attributes.encUtil, "decUtil": attributes.decUtil,
        "active": attributes.activeVgpuInstanceCount,
    });
    Ok(json!({"ret": code, "out": out}))
}

fn hierarchy(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let mut hierarchy = zeroed::<sys::dcgmMigHierarchy_v2>();
    hierarchy.version = row.version(sys::dcgmMigHierarchy_v2::VERSION);
    let out = pointer(row, &mut *hierarchy);
    let code = subject
        .lib
        .dcgmGetGpuInstanceHierarchy(subject.handle(), out);
    let pair = |pair: &sys::dcgmGroupEntityPair_t| json!({"entityGroupId": pair.entityGroupId, "entityId": pair.entityId});
    let count = usize::try_from(hierarchy.count).unwrap();
    let rows = hierarchy.entityList[..count].iter().map(|one| {
        json!({
            "entity": pair(&one.entity),
            "parent": pair(&one.parent),
            "info": {
                "gpuUuid": text_of(&one.info.gpuUuid),
                "nvmlGpuIndex": one.info.nvmlGpuIndex,
                "nvmlInstanceId": one.info.nvmlInstanceId,
                "nvmlComputeInstanceId": one.info.nvmlComputeInstanceId,
                "nvmlMigProfileId": one.info.nvmlMigProfileId,
                "nvmlProfileSlices": one.info.nvmlProfileSlices,
            },
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({"ret": code, "out": {"count": count, "entities": rows}}))
}
