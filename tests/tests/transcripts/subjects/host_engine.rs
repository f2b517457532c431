//! The engine itself: modules, environment, logs, groups, metadata, the cache, diagnostics and profiling.

use core::ffi::c_char;
use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Map, Value, json};

use super::{Seen, Subject, config, groups, pointer};
use crate::record::{text_at, text_of, zeroed};
use crate::run::Row;

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let (lib, handle, name) = (subject.lib, subject.handle(), row.name());
    if subject.is_after_reload || call == "dcgmMarkModulesReloadable" {
        subject.is_after_reload = true;
        return Some(Err("after MarkModulesReloadable, which is not called"));
    }
    Some(match call {
        "dcgmModuleGetStatuses" => modules(subject, row),
        "dcgmModuleIdToName" => module_names(subject, row),
        "dcgmModuleDenylist" => {
            let module = row.input_word("module").unwrap();
            Subject::ret(lib.dcgmModuleDenylist(handle, module))
        }
        "dcgmIntrospectGetHostengineMemoryUsage" => {
            let mut memory = zeroed::<sys::dcgmIntrospectMemory_v1>();
            memory.version = row.version(sys::dcgmIntrospectMemory_v1::VERSION);
            let out = pointer(row, &mut *memory);
            let code = lib.dcgmIntrospectGetHostengineMemoryUsage(handle, out, 0);
            Ok(json!({"ret": code, "out": {"plausible_rss": memory.bytesUsed > 0}}))
        }
        "dcgmIntrospectGetHostengineCpuUtilization" => {
            let mut usage = zeroed::<sys::dcgmIntrospectCpuUtil_v1>();
            usage.version = row.version(sys::dcgmIntrospectCpuUtil_v1::VERSION);
            let out = pointer(row, &mut *usage);
            let wait = row.input_int("waitIfNoData").unwrap_or(0);
            let wait = i32::try_from(wait).unwrap();
            let code = lib.dcgmIntrospectGetHostengineCpuUtilization(handle, out, wait);
            let share = |share: f64| {
                if share.is_nan() {
                    json!("NaN")
                } else {
                    json!(share)
                }
            };
            let out = json!({
                "total": share(usage.total), "kernel": share(usage.kernel),
                "user": share(usage.user)
            });
            Ok(json!({"ret": code, "out": out}))
        }
        "dcgmHostengineIsHealthy" => {
            let mut health = zeroed::<sys::dcgmHostengineHealth_v1>();
            health.version = row.version(sys::dcgmHostengineHealth_v1::VERSION);
            let code = lib.dcgmHostengineIsHealthy(handle, pointer(row, &mut *health));
            Ok(json!({"ret": code, "out": {"overallHealth": health.overallHealth}}))
        }
        "dcgmHostengineEnvironmentVariableInfo" => environment(subject, row),
        "dcgmHostengineSetLoggingSeverity" => log_severity(subject, row),
        "dcgmGetCacheManagerFieldInfo" => field_info(subject, row),
        "dcgmNvswitchGetBackend" => switch_backend(subject, row),
        "dcgmGetCpuHierarchy" => {
            let mut hierarchy = zeroed::<sys::dcgmCpuHierarchy_v1>();
            hierarchy.version = row.version(sys::dcgmCpuHierarchy_v1::VERSION);
            let code = lib.dcgmGetCpuHierarchy(handle, pointer(row, &mut *hierarchy));
            Ok(json!({"ret": code, "out": {"numCpus": hierarchy.numCpus}}))
        }
        "dcgmGetCpuHierarchy_v2" => {
            let mut hierarchy = zeroed::<sys::dcgmCpuHierarchy_v2>();
            hierarchy.version = row.version(sys::dcgmCpuHierarchy_v2::VERSION);
            let code = lib.dcgmGetCpuHierarchy_v2(handle, pointer(row, &mut *hierarchy));
            Ok(json!({"ret": code, "out": {"numCpus": hierarchy.numCpus}}))
        }
        "dcgmGetGpuChipArchitecture" => {
            let mut architecture = 0_u32;
            let gpu = row.input_word("gpu").unwrap_or(0);
            let out = pointer(row, &mut architecture);
            let code = lib.dcgmGetGpuChipArchitecture(handle, gpu, out);
            let signed = i32::from_ne_bytes(architecture.to_ne_bytes());
            Ok(json!({"ret": code, "out": {"arch": signed}}))
        }
        "dcgmUpdateAllFields" => Subject::ret(lib.dcgmUpdateAllFields(handle, 1)),
        "dcgmGetFieldSummary" => {
            let mut request = zeroed::<sys::dcgmFieldSummaryRequest_v1>();
            request.version = sys::dcgmFieldSummaryRequest_v1::VERSION;
            (
                request.entityGroupId,
                request.fieldId,
                request.summaryTypeMask,
            ) = (1, 150, 1);
            Subject::ret(lib.dcgmGetFieldSummary(handle, &raw mut *request))
        }
        "dcgmEmptyCache" => Subject::ret(lib.dcgmEmptyCache(handle)),
        "dcgmDetachDriver" => Subject::ret(lib.dcgmDetachDriver(handle)),
        "dcgmAttachDriver" => Subject::ret(lib.dcgmAttachDriver(handle)),
        "dcgmProfPause" => Subject::ret(lib.dcgmProfPause(handle)),
        "dcgmProfResume" => Subject::ret(lib.dcgmProfResume(handle)),
        "dcgmProfGetSupportedMetricGroups" => metric_groups(subject, row),
        "dcgmEntitiesGetLatestValues" => Err("values of the injected NVML"),
        "dcgmWatchFields" if name.contains("PROF") => {
            let group = subject.group_of(&json!([[1, 0]]));
            let fields: Vec<u16> = serde_json::from_value(row.0["fields"].clone()).unwrap();
            let fields = subject.run.field_group("profiling", &fields);
            let code = lib.dcgmWatchFields(handle, group, fields, 1_000_000, 60.0, 0);
            Ok(json!({"ret": code, "fields": row.0["fields"].clone()}))
        }
        _ => return diagnostics(subject, row, call),
    })
}

pub(super) fn act(subject: &mut Subject<'_, '_>, row: &Row) -> Option<Seen> {
    let is_info = row.name().starts_with("CacheManagerFieldInfo");
    is_info.then(|| field_info(subject, row))
}

fn modules(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    if row.name() == "modules while paused" {
        return Err("not called by the client");
    }
    let mut statuses = zeroed::<sys::dcgmModuleGetStatuses_v1>();
    statuses.version = row.version(sys::dcgmModuleGetStatuses_v1::VERSION);
    let out = pointer(row, &mut *statuses);
    let code = subject.lib.dcgmModuleGetStatuses(subject.handle(), out);
    let count = usize::try_from(statuses.numStatuses).unwrap();
    let list: Vec<u32> = statuses.statuses[..count]
        .iter()
        .map(|module| module.status)
        .collect();
    Ok(json!({"ret": code, "out": {"n": count, "statuses": list}}))
}

fn module_names(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let lib = subject.lib;
    if row.is_null() {
        return Subject::ret(lib.dcgmModuleIdToName(0, core::ptr::null_mut()));
    }
    let names = row.0["out"].as_object().unwrap().keys().map(|key| {
        let id: i64 = key.parse().unwrap();
        let mut name = core::ptr::null();
        let code = lib.dcgmModuleIdToName(u32::try_from(id).unwrap_or(u32::MAX), &raw mut name);
        (
            key.clone(),
            json!([code, (!name.is_null()).then(|| text_at(name))]),
        )
    });
    Ok(json!({"out": names.collect::<Map<_, _>>()}))
}

fn write_text(out: &mut [c_char], text: &str) {
    // The last byte stays 0.
    let room = out.len() - 1;
    for (to, from) in out[..room].iter_mut().zip(text.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
}

fn environment(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let mut variable = zeroed::<sys::dcgmEnvVarInfo_v1>();
    variable.version = row.version(sys::dcgmEnvVarInfo_v1::VERSION);
    let name = row.input("name").and_then(Value::as_str).unwrap_or("HOME");
    write_text(&mut variable.envVarName, name);
    let out = pointer(row, &mut *variable);
    let code = subject
        .lib
        .dcgmHostengineEnvironmentVariableInfo(subject.handle(), out);
    let value = text_of(&variable.envVarValue);
    let length = value.len();
    let is_cut = row.text("file").starts_with("s18env");
    let value = if is_cut {
        value.chars().take(10).collect()
    } else {
        value
    };
    let out = json!({"value": value, "value_len": length, "len": length, "ret": variable.ret});
    Ok(json!({"ret": code, "out": out}))
}

fn log_severity(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    if row.is_null() {
        return Err("crashes the caller");
    }
    let (lib, handle) = (subject.lib, subject.handle());
    let version = sys::dcgmSettingsSetLoggingSeverity_v2::VERSION;
    let set = |version, logger, severity| {
        let mut settings = zeroed::<sys::dcgmSettingsSetLoggingSeverity_v2>();
        settings.version = version;
        (settings.targetLogger, settings.targetSeverity) = (logger, severity);
        lib.dcgmHostengineSetLoggingSeverity(handle, &raw mut *settings)
    };
    if row.name().contains("v1 word") {
        return Subject::ret(set(8 | 1 << 24, 0, 0));
    }
    let Some(pairs) = row.0.get("out").and_then(Value::as_object) else {
        return Subject::ret(set(row.version(version), 0, 0));
    };
    let codes = pairs.keys().map(|key| {
        let (logger, severity) = key.split_once(',').unwrap();
        let code = set(version, logger.parse().unwrap(), severity.parse().unwrap());
        (key.clone(), json!(code))
    });
    Ok(json!({"out": codes.collect::<Map<_, _>>()}))
}

fn field_info(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    groups::watched_fields(subject);
    let mut info = zeroed::<sys::dcgmCacheManagerFieldInfo_v4_t>();
    info.version = row.version(sys::dcgmCacheManagerFieldInfo_v4_t::VERSION);
    (info.entityGroupId, info.entityId) = config::entity(row);
    let name = row.name();
    if name.contains("unknown GPU") {
        info.entityId = 77;
    }
    let field = if name.contains("global") { 1 } else { 155 };
    let field = row.input_word("field").unwrap_or(field);
    info.fieldId = u16::try_from(field).unwrap();
    let out = pointer(row, &mut *info);
    let code = subject
        .lib
        .dcgmGetCacheManagerFieldInfo(subject.handle(), out);
    let watchers = &info.watchers[..usize::try_from(info.numWatchers).unwrap()];
    let watchers: Vec<Value> = watchers
        .iter()
        .map(|one| {
            // The number of the connection depends on the calls before.
            json!([one.watcherType, 2, one.monitorIntervalUsec, one.maxAgeUsec])
        })
        .collect();
    let out = json!({
        "flags": info.flags, "lastStatus": info.lastStatus,
        "monitorIntervalUsec": info.monitorIntervalUsec, "maxAgeUsec": info.maxAgeUsec,
        "fetchCount": info.fetchCount, "numSamples": info.numSamples,
        "numWatchers": info.numWatchers, "watchers": watchers,
        "has_exec_time": info.execTimeUsec > 0,
    });
    Ok(json!({"ret": code, "out": out, "flags": info.flags}))
}

fn switch_backend(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    if row.is_null() {
        return Err("crashes the caller");
    }
    let mut active = false;
    let mut name = [c_char::from_ne_bytes(*b"?"); 64];
    let length = row.input_word("len").unwrap();
    let lib = subject.lib;
    let out = name.as_mut_ptr();
    let code = lib.dcgmNvswitchGetBackend(subject.handle(), &raw mut active, out, length);
    // The probe printed the first 20 bytes.
    name[20] = 0;
    Ok(json!({"ret": code, "out": {"active": active, "name": text_of(&name)}}))
}

fn metric_groups(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let gpu = row.input_word("gpu").unwrap_or(0);
    if gpu == super::FIRST_FAKE {
        subject.group_of(&json!([[1, gpu]]));
    }
    let mut groups = zeroed::<sys::dcgmProfGetMetricGroups_v3>();
    groups.version = row.version(sys::dcgmProfGetMetricGroups_v3::VERSION);
    groups.gpuId = gpu;
    let out = pointer(row, &mut *groups);
    let code = subject
        .lib
        .dcgmProfGetSupportedMetricGroups(subject.handle(), out);
    let count = usize::try_from(groups.numMetricGroups).unwrap();
    let list = groups.metricGroups[..count].iter().map(|group| {
        let fields = &group.fieldIds[..usize::try_from(group.numFieldIds).unwrap()];
        json!([group.majorId, group.minorId, fields])
    });
    let list: Vec<Value> = list.collect();
    Ok(json!({"ret": code, "out": {"n": count, "groups": list}}))
}

fn diagnostics(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let (lib, handle) = (subject.lib, subject.handle());
    let group = match row.input("group").cloned() {
        Some(members) => subject.group_of(&members),
        None => subject.group_of(&json!([[1, 0]])),
    };
    let mut response = zeroed::<sys::dcgmDiagResponse_v12>();
    let version = sys::dcgmDiagResponse_v12::VERSION;
    let is_request = row.name().contains("request version");
    response.version = if is_request {
        version
    } else {
        row.version(version)
    };
    let out = pointer(row, &mut *response);
    let is_bad = row.name().contains("version");
    let level = row
        .input_word("level")
        .unwrap_or(if is_bad { 10 } else { 1 });
    Some(Subject::ret(match call {
        "dcgmRunDiagnostic" => lib.dcgmRunDiagnostic(handle, group, level, out),
        "dcgmActionValidate" => lib.dcgmActionValidate(handle, group, level, out),
        "dcgmActionValidate_v2" => {
            let mut request = zeroed::<sys::dcgmRunDiag_v10>();
            request.version = row.version(sys::dcgmRunDiag_v10::VERSION);
            (request.groupId, request.validate) = (group, 1);
            lib.dcgmActionValidate_v2(handle, pointer(row, &mut *request), out)
        }
        "dcgmStopDiagnostic" => lib.dcgmStopDiagnostic(handle),
        "dcgmDiagSendHeartbeat" => lib.dcgmDiagSendHeartbeat(handle),
        "dcgmRunMnDiagnostic" => {
            let mut request = zeroed::<sys::dcgmRunMnDiag_v1>();
            request.version = row.version(sys::dcgmRunMnDiag_v1::VERSION);
            let mut response = zeroed::<sys::dcgmMnDiagResponse_v1>();
            response.version = sys::dcgmMnDiagResponse_v1::VERSION;
            lib.dcgmRunMnDiagnostic(handle, &raw const *request, &raw mut *response)
        }
        "dcgmStopMnDiagnostic" => lib.dcgmStopMnDiagnostic(handle),
        _ => return None,
    }))
}
