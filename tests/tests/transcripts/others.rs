//! Cases 7 to 10: attributes, an engine that dies, profiling, codes.

use core::ffi::c_int;
use std::time::Duration;

use dcgm_sys::{self as sys, Versioned};

use crate::entities::seen_hierarchy;
use crate::lifecycle::version_info;
use crate::record::{text_of, zeroed};
use crate::run::{Injected, Row, Run, Seen};
use crate::seen;

const GPU: u32 = 1;
const ALL_GPUS: usize = 0x7fff_ffff;
const SECOND: i64 = 1_000_000;

pub(crate) fn case7(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin();
        // The probe's group of fakes is one instance, of its first GPU.
        if !run.file.ends_with("nonvml") {
            let (code, id) = run.fake(4, (GPU, run.g0));
            assert_eq!(code, 0);
            assert_eq!(run.fake(5, (4, id)).0, 0);
        }
    }
    let lib = run.lib;
    let handle = run.handle;
    let name = row.name();
    if let Some(version) = name.strip_prefix("dcgmGetDeviceAttributes version=0x") {
        return seen_attributes(run, u32::from_str_radix(version, 16).unwrap());
    }
    match name {
        "dcgmGetDeviceAttributes gpu 77" => {
            let mut attributes = zeroed::<sys::dcgmDeviceAttributes_v3>();
            attributes.version = sys::dcgmDeviceAttributes_v3::VERSION;
            seen! {"ret": lib.dcgmGetDeviceAttributes(handle, 77, &raw mut *attributes)}
        }
        "dcgmGetDeviceAttributes NULL" => {
            seen! {"ret": lib.dcgmGetDeviceAttributes(handle, run.g0, core::ptr::null_mut())}
        }
        "dcgmGetGpuInstanceHierarchy" => seen_hierarchy(run, sys::dcgmMigHierarchy_v2::VERSION),
        "hierarchy version 1" => seen_hierarchy(run, 1),
        "dcgmVersionInfo" => seen! {"ret": lib.dcgmVersionInfo(&raw mut *version_info())},
        "dcgmHostengineVersionInfo" => {
            seen! {"ret": lib.dcgmHostengineVersionInfo(handle, &raw mut *version_info())}
        }
        "dcgmVersionInfo bad version" => {
            seen! {"ret": lib.dcgmVersionInfo(&raw mut *zeroed::<sys::dcgmVersionInfo_v2>())}
        }
        "dcgmHostengineVersionInfo bad version" => {
            let mut info = zeroed::<sys::dcgmVersionInfo_v2>();
            seen! {"ret": lib.dcgmHostengineVersionInfo(handle, &raw mut *info)}
        }
        "dcgmVersionInfo NULL" => seen! {"ret": lib.dcgmVersionInfo(core::ptr::null_mut())},
        "dcgmModuleGetStatuses" => run.seen_modules(handle),
        "dcgmGetDeviceTopology" => {
            let mut topology = zeroed::<sys::dcgmDeviceTopology_v1>();
            topology.version = sys::dcgmDeviceTopology_v1::VERSION;
            seen! {"ret": lib.dcgmGetDeviceTopology(handle, run.g0, (&raw mut *topology).cast())}
        }
        "IntrospectGetHostengineMemoryUsage" => {
            let mut memory = zeroed::<sys::dcgmIntrospectMemory_v1>();
            memory.version = sys::dcgmIntrospectMemory_v1::VERSION;
            seen! {"ret": lib.dcgmIntrospectGetHostengineMemoryUsage(handle, &raw mut *memory, 1)}
        }
        "IntrospectGetHostengineCpuUtilization" => {
            let mut usage = zeroed::<sys::dcgmIntrospectCpuUtil_v1>();
            usage.version = sys::dcgmIntrospectCpuUtil_v1::VERSION;
            seen! {"ret": lib.dcgmIntrospectGetHostengineCpuUtilization(handle, &raw mut *usage, 1)}
        }
        "dcgmConfigGet CURRENT ALL_GPUS" => {
            let mut configs = zeroed::<[sys::dcgmConfig_v2; 4]>();
            configs
                .iter_mut()
                .for_each(|config| config.version = sys::dcgmConfig_v2::VERSION);
            let configs = configs.as_mut_ptr();
            seen! {"ret": lib.dcgmConfigGet(handle, ALL_GPUS, 1, 4, configs, 0)}
        }
        _ => Err("call not known"),
    }
}

fn seen_attributes(run: &Run<'_>, version: u32) -> Seen {
    let mut attributes = zeroed::<sys::dcgmDeviceAttributes_v3>();
    attributes.version = version;
    let code = run
        .lib
        .dcgmGetDeviceAttributes(run.handle, run.g0, &raw mut *attributes);
    let identifiers = &attributes.identifiers;
    seen! {
        "ret": code,
        "version": format!("0x{:x}", attributes.version),
        "uuid": text_of(&identifiers.uuid),
        "deviceName": text_of(&identifiers.deviceName),
        "brandName": text_of(&identifiers.brandName),
        "serial": text_of(&identifiers.serial),
        "vbios": text_of(&identifiers.vbios),
        "driverVersion": text_of(&identifiers.driverVersion),
        "pciBusId": text_of(&identifiers.pciBusId),
        "pciDeviceId": identifiers.pciDeviceId,
        "slowdownTemp": attributes.thermalSettings.slowdownTemp,
        "shutdownTemp": attributes.thermalSettings.shutdownTemp,
        "curPowerLimit": attributes.powerLimits.curPowerLimit,
        "fbTotal": attributes.memoryUsage.fbTotal,
        "bar1Total": attributes.memoryUsage.bar1Total,
        "clockSetsCount": attributes.clockSets.count,
        "virtualizationMode": identifiers.virtualizationMode,
        "persistenceModeEnabled": attributes.settings.persistenceModeEnabled,
    }
}

/// An engine that is killed, stopped, and comes back. Waits are the simulator's,
/// not 60 s.
pub(crate) fn case8(run: &mut Run<'_>, row: &Row) -> Seen {
    let lib = run.lib;
    let (when, what) = row.name().rsplit_once(": ").unwrap_or(("", row.name()));
    let watch_again = |run: &mut Run<'_>| {
        let (group, fields) = (
            run.group("g8", &[(GPU, 0)]),
            run.field_group("f8", &[150, 155]),
        );
        run.set("g", group);
        run.set("fg", fields);
    };
    if when.starts_with("after kill -9") && run.served.is_some() {
        run.control.kill(run.served.take().unwrap());
    }
    if when.starts_with("after HE restart") && run.served.is_none() {
        run.serve();
    }
    if when.starts_with("wedged (SIGSTOP)") {
        run.control.stick(run.served.unwrap(), true);
    }
    if when.starts_with("after SIGCONT") {
        run.control.stick(run.served.unwrap(), false);
    }
    let mut killer = None;
    if when.starts_with("wedged then killed") {
        let served = run.served.take().unwrap();
        run.control
            .limits(Duration::from_secs(60), Duration::from_secs(60));
        run.control.stick(served, true);
        let path = crate::library();
        killer = Some(std::thread::spawn(move || {
            // Long enough for the call to be on its way; were it not, the answer would be the same.
            std::thread::sleep(Duration::from_millis(50));
            dcgm_simulator::Control::of(&path).unwrap().kill(served);
        }));
    }
    let handle = if when == "new handle" {
        run.id("h2")
    } else {
        run.handle
    };
    let (g, fg) = (run.id("g"), run.id("fg"));
    let seen = match what {
        "connect" => {
            // Which fails if the connect does.
            run.begin_with("recorded:2");
            watch_again(run);
            seen! {"ret": 0}
        }
        "reconnect" => {
            let (code, handle) = run.connect(5000);
            run.handle = handle;
            seen! {"ret": code}
        }
        "new dcgmConnect_v2 timeoutMs=1000 (conn 1000)" => {
            // The recording restarted the engine before the second of these.
            let (code, handle) = run.connect(1000);
            run.set("h2", handle);
            seen! {"ret": code}
        }
        "dcgmGetLatestValues_v2" => {
            let (code, calls) = run.latest(handle, g, fg);
            seen! {"ret": code, "cb": calls.values.len()}
        }
        "dcgmUpdateAllFields(1)" => seen! {"ret": lib.dcgmUpdateAllFields(handle, 1)},
        "dcgmGetAllDevices" => run.seen_devices(handle),
        "dcgmWatchFields" => seen! {"ret": lib.dcgmWatchFields(handle, g, fg, SECOND, 60.0, 10)},
        "rewatch" => {
            watch_again(run);
            seen! {"ret": lib.dcgmWatchFields(run.handle, run.id("g"), run.id("fg"), SECOND, 60.0, 10)}
        }
        "dcgmGroupCreate" => {
            let mut id = 0;
            seen! {"ret": lib.dcgmGroupCreate(handle, 1, c"x".as_ptr(), &raw mut id)}
        }
        "dcgmEntitiesGetLatestValues" => run.seen_entities(&[(GPU, 0)], &[150, 155], 0),
        "dcgmHostengineVersionInfo" => {
            seen! {"ret": lib.dcgmHostengineVersionInfo(handle, &raw mut *version_info())}
        }
        "dcgmDisconnect" | "dcgmDisconnect old handle" => seen! {"ret": lib.dcgmDisconnect(handle)},
        "dcgmShutdown" => seen! {"ret": lib.dcgmShutdown()},
        _ => Err("call not known"),
    };
    if let Some(killer) = killer {
        killer.join().unwrap();
    }
    seen
}

pub(crate) fn case9(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin();
        let group = run.group("g9", &[(GPU, run.g0)]);
        let (fields, mixed) = (
            run.field_group("f9", &[1001, 1002]),
            run.field_group("m9", &[1002, 150]),
        );
        run.set("g", group);
        run.set("fg", fields);
        run.set("fm", mixed);
    }
    let lib = run.lib;
    let (handle, g, fg, fm) = (run.handle, run.id("g"), run.id("fg"), run.id("fm"));
    let groups = |gpu, version| {
        let mut groups = zeroed::<sys::dcgmProfGetMetricGroups_v3>();
        groups.version = version;
        groups.gpuId = gpu;
        let code = lib.dcgmProfGetSupportedMetricGroups(handle, &raw mut *groups);
        seen! {"ret": code, "n": groups.numMetricGroups}
    };
    let watch = |group, fields| seen! {"ret": lib.dcgmWatchFields(handle, group, fields, SECOND, 3600.0, 10)};
    match row.name() {
        "dcgmProfGetSupportedMetricGroups(fake gpu)" => {
            groups(run.g0, sys::dcgmProfGetMetricGroups_v3::VERSION)
        }
        "dcgmProfGetSupportedMetricGroups(gpu 77)" => {
            groups(77, sys::dcgmProfGetMetricGroups_v3::VERSION)
        }
        "dcgmProfGetSupportedMetricGroups bad version" => groups(run.g0, 0),
        "WatchFields PROF only" => watch(g, fg),
        "WatchFields PROF+temp mixed" => watch(g, fm),
        "WatchFields PROF ALL_GPUS" => watch(ALL_GPUS, fg),
        "GetLatestValues_v2 PROF" | "GetLatestValues_v2 PROF after inject" => {
            run.seen_latest(g, fg)
        }
        "GetLatestValues_v2 mixed (was temp watched?)"
        | "GetLatestValues_v2 mixed after update" => run.seen_latest(g, fm),
        "UpdateAllFields" => seen! {"ret": lib.dcgmUpdateAllFields(handle, 1)},
        "inject PROF value" => {
            seen! {"ret": run.inject((GPU, run.g0), 1002, &Injected::Double(0.25), run.now())}
        }
        "Unwatch PROF" => seen! {"ret": lib.dcgmUnwatchFields(handle, g, fg)},
        "dcgmProfPause" => seen! {"ret": lib.dcgmProfPause(handle)},
        "dcgmProfResume" => seen! {"ret": lib.dcgmProfResume(handle)},
        "dcgmModuleGetStatuses" => run.seen_modules(handle),
        _ => Err("call not known"),
    }
}

pub(crate) fn case10(run: &mut Run<'_>, row: &Row) -> Seen {
    let code = c_int::try_from(row.int("code")).unwrap();
    seen! {"string": !run.lib.errorString(code).is_null()}
}
