//! The C functions of a loaded library.

use core::ffi::{c_char, c_int, c_uint, c_void};
use std::path::Path;

use dcgm_sys as sys;
use libloading::Library;

macro_rules! functions {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The C functions of a loaded library, under their own names.
        #[expect(non_snake_case, reason = "C's names")]
        pub(crate) struct Native {
            $($name: unsafe extern "C" fn($($type),*) -> $result,)*
        }

        #[expect(non_snake_case, clippy::too_many_arguments, reason = "C's names and forms")]
        impl Native {
            /// Loads a library for good.
            pub(crate) fn load(path: &Path) -> Self {
                // SAFETY: the simulator has no initialisers.
                let library = unsafe { Library::new(path) }.unwrap();
                let library: &'static Library = Box::leak(Box::new(library));
                Self {
                    $($name: {
                        // SAFETY: the type is the one of DCGM's header.
                        *unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }.unwrap()
                    },)*
                }
            }

            $(pub(crate) fn $name(&self, $($argument: $type),*) -> $result {
                // SAFETY: the rows give pointers that are null, or to what they want filled.
                unsafe { (self.$name)($($argument),*) }
            })*
        }
    };
}

functions! {
    errorString(code: c_int) -> *const c_char;
    dcgmInit() -> c_int;
    dcgmShutdown() -> c_int;
    dcgmConnect(address: *const c_char, handle: *mut usize) -> c_int;
    dcgmConnect_v2(address: *const c_char, params: *mut c_void, handle: *mut usize) -> c_int;
    dcgmConnect_v3(address: *const c_char, params: *mut c_void, handle: *mut usize) -> c_int;
    dcgmDisconnect(handle: usize) -> c_int;
    dcgmStartEmbedded_v2(params: *mut c_void) -> c_int;
    dcgmStopEmbedded(handle: usize) -> c_int;
    dcgmVersionInfo(info: *mut sys::dcgmVersionInfo_v2) -> c_int;
    dcgmHostengineVersionInfo(handle: usize, info: *mut sys::dcgmVersionInfo_v2) -> c_int;
    dcgmHostengineIsHealthy(handle: usize, health: *mut sys::dcgmHostengineHealth_v1) -> c_int;
    dcgmModuleGetStatuses(handle: usize, statuses: *mut sys::dcgmModuleGetStatuses_v1) -> c_int;
    dcgmModuleIdToName(module: c_uint, name: *mut *const c_char) -> c_int;
    dcgmIntrospectGetHostengineMemoryUsage(handle: usize, memory: *mut sys::dcgmIntrospectMemory_v1, wait: c_int) -> c_int;
    dcgmIntrospectGetHostengineCpuUtilization(handle: usize, usage: *mut sys::dcgmIntrospectCpuUtil_v1, wait: c_int) -> c_int;
    dcgmGetDeviceTopology(handle: usize, gpu: c_uint, topology: *mut c_void) -> c_int;
    dcgmConfigGet(handle: usize, group: usize, kind: c_uint, count: c_int, configs: *mut sys::dcgmConfig_v2, status: usize) -> c_int;
    dcgmGetAllDevices(handle: usize, ids: *mut c_uint, count: *mut c_int) -> c_int;
    dcgmGetAllSupportedDevices(handle: usize, ids: *mut c_uint, count: *mut c_int) -> c_int;
    dcgmGetEntityGroupEntities(handle: usize, kind: c_uint, ids: *mut c_uint, count: *mut c_int, flags: c_uint) -> c_int;
    dcgmGetGpuStatus(handle: usize, gpu: c_uint, status: *mut c_uint) -> c_int;
    dcgmGetGpuChipArchitecture(handle: usize, gpu: c_uint, architecture: *mut c_uint) -> c_int;
    dcgmGetDeviceAttributes(handle: usize, gpu: c_uint, attributes: *mut sys::dcgmDeviceAttributes_v3) -> c_int;
    dcgmGetGpuInstanceHierarchy(handle: usize, hierarchy: *mut sys::dcgmMigHierarchy_v2) -> c_int;
    dcgmGetNvLinkLinkStatus(handle: usize, status: *mut sys::dcgmNvLinkStatus_v5) -> c_int;
    dcgmGetCpuHierarchy_v2(handle: usize, hierarchy: *mut sys::dcgmCpuHierarchy_v2) -> c_int;
    dcgmGroupCreate(handle: usize, kind: c_uint, name: *const c_char, id: *mut usize) -> c_int;
    dcgmGroupDestroy(handle: usize, group: usize) -> c_int;
    dcgmGroupAddDevice(handle: usize, group: usize, gpu: c_uint) -> c_int;
    dcgmGroupAddEntity(handle: usize, group: usize, kind: c_uint, id: c_uint) -> c_int;
    dcgmGroupRemoveDevice(handle: usize, group: usize, gpu: c_uint) -> c_int;
    dcgmGroupGetInfo(handle: usize, group: usize, info: *mut sys::dcgmGroupInfo_v3) -> c_int;
    dcgmFieldGroupCreate(handle: usize, count: c_int, fields: *const u16, name: *const c_char, id: *mut usize) -> c_int;
    dcgmFieldGroupDestroy(handle: usize, group: usize) -> c_int;
    dcgmFieldGroupGetInfo(handle: usize, info: *mut sys::dcgmFieldGroupInfo_v1) -> c_int;
    dcgmFieldGroupGetAll(handle: usize, all: *mut sys::dcgmAllFieldGroup_v1) -> c_int;
    dcgmWatchFields(handle: usize, group: usize, fields: usize, interval: i64, keep: f64, samples: c_int) -> c_int;
    dcgmUnwatchFields(handle: usize, group: usize, fields: usize) -> c_int;
    dcgmUpdateAllFields(handle: usize, wait: c_int) -> c_int;
    dcgmGetLatestValues_v2(handle: usize, group: usize, fields: usize, call: sys::dcgmFieldValueEntityEnumeration_f, user: *mut c_void) -> c_int;
    dcgmGetValuesSince_v2(handle: usize, group: usize, fields: usize, since: i64, next: *mut i64, call: sys::dcgmFieldValueEntityEnumeration_f, user: *mut c_void) -> c_int;
    dcgmEntityGetLatestValues(handle: usize, kind: c_uint, id: c_int, fields: *mut u16, count: c_uint, values: *mut sys::dcgmFieldValue_v1) -> c_int;
    dcgmEntitiesGetLatestValues(handle: usize, entities: *mut sys::dcgmGroupEntityPair_t, entity_count: c_uint, fields: *mut u16, field_count: c_uint, flags: c_uint, values: *mut sys::dcgmFieldValue_v2) -> c_int;
    dcgmGetLatestValuesForFields(handle: usize, gpu: c_int, fields: *mut u16, count: c_uint, values: *mut sys::dcgmFieldValue_v1) -> c_int;
    dcgmCreateFakeEntities(handle: usize, fakes: *mut sys::dcgmCreateFakeEntities_v2) -> c_int;
    dcgmInjectFieldValue(handle: usize, gpu: c_uint, value: *mut sys::dcgmFieldValue_v1) -> c_int;
    dcgmInjectEntityFieldValue(handle: usize, kind: c_uint, id: c_uint, value: *mut sys::dcgmFieldValue_v1) -> c_int;
    DcgmFieldsTerm() -> c_int;
    DcgmFieldGetById(id: u16) -> *const sys::dcgm_field_meta_t;
    dcgmHealthSet(handle: usize, group: usize, systems: c_uint) -> c_int;
    dcgmHealthSet_v2(handle: usize, params: *mut sys::dcgmHealthSetParams_v2) -> c_int;
    dcgmHealthGet(handle: usize, group: usize, systems: *mut c_uint) -> c_int;
    dcgmHealthCheck(handle: usize, group: usize, response: *mut sys::dcgmHealthResponse_v5) -> c_int;
    dcgmPolicySet(handle: usize, group: usize, policy: *mut sys::dcgmPolicy_v1, status: usize) -> c_int;
    dcgmPolicyRegister_v2(handle: usize, group: usize, conditions: c_uint, call: sys::fpRecvUpdates, user: u64) -> c_int;
    dcgmPolicyUnregister(handle: usize, group: usize, conditions: c_uint) -> c_int;
    dcgmProfGetSupportedMetricGroups(handle: usize, groups: *mut sys::dcgmProfGetMetricGroups_v3) -> c_int;
    dcgmGetFieldSummary(handle: usize, request: *mut sys::dcgmFieldSummaryRequest_v1) -> c_int;
    dcgmGetMultipleValuesForField(handle: usize, gpu: c_int, field: u16, count: *mut c_int, start: i64, end: i64, order: c_uint, values: *mut sys::dcgmFieldValue_v1) -> c_int;
    dcgmProfPause(handle: usize) -> c_int;
    dcgmSelectGpusByTopology(handle: usize, gpus: u64, count: c_uint, chosen: *mut u64, hints: u64) -> c_int;
    dcgmGetNvLinkP2PStatus(handle: usize, status: *mut sys::dcgmNvLinkP2PStatus_v1) -> c_int;
    dcgmConfigSet(handle: usize, group: usize, config: *mut sys::dcgmConfig_v2, status: usize) -> c_int;
    dcgmConfigEnforce(handle: usize, group: usize, status: usize) -> c_int;
    dcgmStatusCreate(status: *mut usize) -> c_int;
    dcgmStatusDestroy(status: usize) -> c_int;
    dcgmStatusGetCount(status: usize, count: *mut c_uint) -> c_int;
    dcgmStatusPopError(status: usize, error: *mut sys::dcgmErrorInfo_t) -> c_int;
    dcgmStatusClear(status: usize) -> c_int;
    dcgmGetDeviceWorkloadPowerProfileInfo(handle: usize, gpu: c_uint, info: *mut sys::dcgmWorkloadPowerProfileProfilesInfo_v1, status: *mut sys::dcgmDeviceWorkloadPowerProfilesStatus_v1) -> c_int;
    dcgmConfigSetWorkloadPowerProfile(handle: usize, request: *mut sys::dcgmWorkloadPowerProfile_v1) -> c_int;
    dcgmPowerProfileIdToName(profile: c_uint, name: *mut *const c_char) -> c_int;
    dcgmGetVgpuDeviceAttributes(handle: usize, gpu: c_uint, attributes: *mut sys::dcgmVgpuDeviceAttributes_v7) -> c_int;
    dcgmGetVgpuInstanceAttributes(handle: usize, vgpu: c_uint, attributes: *mut sys::dcgmVgpuInstanceAttributes_v1) -> c_int;
    dcgmCreateMigEntity(handle: usize, request: *mut sys::dcgmCreateMigEntity_v1) -> c_int;
    dcgmDeleteMigEntity(handle: usize, request: *mut sys::dcgmDeleteMigEntity_v1) -> c_int;
    dcgmJobStartStats(handle: usize, group: usize, id: *const c_char) -> c_int;
    dcgmJobStopStats(handle: usize, id: *const c_char) -> c_int;
    dcgmJobGetStats(handle: usize, id: *const c_char, info: *mut sys::dcgmJobInfo_v3) -> c_int;
    dcgmJobRemove(handle: usize, id: *const c_char) -> c_int;
    dcgmJobRemoveAll(handle: usize) -> c_int;
    dcgmWatchJobFields(handle: usize, group: usize, interval: i64, keep: f64, samples: c_int) -> c_int;
    dcgmWatchPidFields(handle: usize, group: usize, interval: i64, keep: f64, samples: c_int) -> c_int;
    dcgmGetPidInfo(handle: usize, group: usize, info: *mut sys::dcgmPidInfo_v2) -> c_int;
    dcgmPolicyGet(handle: usize, group: usize, count: c_int, policies: *mut sys::dcgmPolicy_v1, status: usize) -> c_int;
    dcgmHostengineEnvironmentVariableInfo(handle: usize, variable: *mut sys::dcgmEnvVarInfo_v1) -> c_int;
    dcgmHostengineSetLoggingSeverity(handle: usize, settings: *mut sys::dcgmSettingsSetLoggingSeverity_v2) -> c_int;
    dcgmGetCacheManagerFieldInfo(handle: usize, info: *mut sys::dcgmCacheManagerFieldInfo_v4_t) -> c_int;
    dcgmNvswitchGetBackend(handle: usize, active: *mut bool, name: *mut c_char, length: c_uint) -> c_int;
    dcgmGetCpuHierarchy(handle: usize, hierarchy: *mut sys::dcgmCpuHierarchy_v1) -> c_int;
    dcgmRunDiagnostic(handle: usize, group: usize, level: c_uint, response: *mut sys::dcgmDiagResponse_v12) -> c_int;
    dcgmActionValidate(handle: usize, group: usize, level: c_uint, response: *mut sys::dcgmDiagResponse_v12) -> c_int;
    dcgmActionValidate_v2(handle: usize, request: *mut sys::dcgmRunDiag_v10, response: *mut sys::dcgmDiagResponse_v12) -> c_int;
    dcgmStopDiagnostic(handle: usize) -> c_int;
    dcgmDiagSendHeartbeat(handle: usize) -> c_int;
    dcgmRunMnDiagnostic(handle: usize, request: *const sys::dcgmRunMnDiag_v1, response: *mut sys::dcgmMnDiagResponse_v1) -> c_int;
    dcgmStopMnDiagnostic(handle: usize) -> c_int;
    dcgmEmptyCache(handle: usize) -> c_int;
    dcgmDetachDriver(handle: usize) -> c_int;
    dcgmAttachDriver(handle: usize) -> c_int;
    dcgmGroupGetAllIds(handle: usize, ids: *mut usize, count: *mut c_uint) -> c_int;
    dcgmModuleDenylist(handle: usize, module: c_uint) -> c_int;
    dcgmGetErrorMeta(code: c_uint) -> *const sys::dcgm_error_meta_t;
    DcgmFieldGetByTag(tag: *const c_char) -> *const sys::dcgm_field_meta_t;
    DcgmFieldsInit() -> c_int;
    dcgmProfResume(handle: usize) -> c_int;
}
