//! The functions that both releases export: a row each.

/// Exports the functions that both releases have, and those given besides.
#[macro_export]
macro_rules! exports_of_both {
    ($flavour:expr; $($more:tt)*) => {
        $crate::exports! {
            $flavour;
            errorString(code: ::core::ffi::c_int) -> *const ::core::ffi::c_char = error_string;
            dcgmGetErrorMeta(code: u32) -> *const ::dcgm_sys::dcgm_error_meta_t = error_meta;
            dcgmInit() -> ::core::ffi::c_int = init;
            dcgmShutdown() -> ::core::ffi::c_int = shutdown;
            dcgmConnect(address: $crate::abi::Ptr<::core::ffi::c_char>, handle: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = connect;
            dcgmConnect_v2(address: $crate::abi::Ptr<::core::ffi::c_char>, params: $crate::abi::Ptr<::dcgm_sys::dcgmConnectV2Params_v2>, handle: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = connect_v2;
            dcgmDisconnect(handle: usize) -> ::core::ffi::c_int = disconnect;
            dcgmStartEmbedded(mode: u32, handle: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = start_embedded;
            dcgmStartEmbedded_v2(params: $crate::abi::Ptr<::dcgm_sys::dcgmStartEmbeddedV2Params_v1>) -> ::core::ffi::c_int = start_embedded_v2;
            dcgmStopEmbedded(handle: usize) -> ::core::ffi::c_int = stop_embedded;
            dcgmVersionInfo(info: $crate::abi::Ptr<::dcgm_sys::dcgmVersionInfo_v2>) -> ::core::ffi::c_int = version_info;
            dcgmHostengineVersionInfo(handle: usize, info: $crate::abi::Ptr<::dcgm_sys::dcgmVersionInfo_v2>) -> ::core::ffi::c_int = engine_version_info;
            dcgmHostengineIsHealthy(handle: usize, health: $crate::abi::Ptr<::dcgm_sys::dcgmHostengineHealth_v1>) -> ::core::ffi::c_int = is_healthy;
            dcgmModuleGetStatuses(handle: usize, statuses: $crate::abi::Ptr<::dcgm_sys::dcgmModuleGetStatuses_v1>) -> ::core::ffi::c_int = module_statuses;
            dcgmModuleIdToName(module: u32, name: $crate::abi::Ptr<*const ::core::ffi::c_char>) -> ::core::ffi::c_int = module_name;
            dcgmIntrospectGetHostengineMemoryUsage(handle: usize, memory: $crate::abi::Ptr<::dcgm_sys::dcgmIntrospectMemory_v1>, wait: ::core::ffi::c_int) -> ::core::ffi::c_int = engine_memory;
            dcgmIntrospectGetHostengineCpuUtilization(handle: usize, usage: $crate::abi::Ptr<::dcgm_sys::dcgmIntrospectCpuUtil_v1>, wait: ::core::ffi::c_int) -> ::core::ffi::c_int = engine_cpu;
            dcgmGetDeviceTopology(handle: usize, gpu: u32, topology: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = device_topology;
            dcgmConfigGet(handle: usize, group: usize, kind: u32, count: ::core::ffi::c_int, configs: $crate::abi::Ptr<::dcgm_sys::dcgmConfig_v2>, status: usize) -> ::core::ffi::c_int = config_get;
            dcgmConfigSet(handle: usize, group: usize, config: $crate::abi::Ptr<::core::ffi::c_void>, list: usize) -> ::core::ffi::c_int = config_set;
            dcgmConfigEnforce(handle: usize, group: usize, list: usize) -> ::core::ffi::c_int = config_enforce;
            dcgmStatusCreate(list: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = status_create;
            dcgmStatusDestroy(list: usize) -> ::core::ffi::c_int = status_destroy;
            dcgmStatusGetCount(list: usize, count: $crate::abi::Ptr<u32>) -> ::core::ffi::c_int = status_count;
            dcgmStatusPopError(list: usize, error: $crate::abi::Ptr<::dcgm_sys::dcgmErrorInfo_t>) -> ::core::ffi::c_int = status_pop;
            dcgmStatusClear(list: usize) -> ::core::ffi::c_int = status_clear;
            dcgmCreateMigEntity(handle: usize, request: $crate::abi::Ptr<::dcgm_sys::dcgmCreateMigEntity_v1>) -> ::core::ffi::c_int = create_instance;
            dcgmDeleteMigEntity(handle: usize, request: $crate::abi::Ptr<::dcgm_sys::dcgmDeleteMigEntity_v1>) -> ::core::ffi::c_int = delete_instance;
            dcgmGetAllDevices(handle: usize, ids: $crate::abi::Ptr<u32>, count: $crate::abi::Ptr<i32>) -> ::core::ffi::c_int = all_devices;
            dcgmGetAllSupportedDevices(handle: usize, ids: $crate::abi::Ptr<u32>, count: $crate::abi::Ptr<i32>) -> ::core::ffi::c_int = all_supported_devices;
            dcgmGetEntityGroupEntities(handle: usize, kind: u32, ids: $crate::abi::Ptr<u32>, count: $crate::abi::Ptr<i32>, flags: u32) -> ::core::ffi::c_int = entities;
            dcgmGetGpuStatus(handle: usize, gpu: u32, status: $crate::abi::Ptr<u32>) -> ::core::ffi::c_int = gpu_status;
            dcgmGetDeviceAttributes(handle: usize, gpu: u32, attributes: $crate::abi::Ptr<::dcgm_sys::dcgmDeviceAttributes_v3>) -> ::core::ffi::c_int = device_attributes;
            dcgmGetGpuInstanceHierarchy(handle: usize, hierarchy: $crate::abi::Ptr<::dcgm_sys::dcgmMigHierarchy_v2>) -> ::core::ffi::c_int = instance_hierarchy;
            dcgmGetNvLinkLinkStatus(handle: usize, status: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = link_status;
            dcgmGetCpuHierarchy(handle: usize, hierarchy: $crate::abi::Ptr<::dcgm_sys::dcgmCpuHierarchy_v1>) -> ::core::ffi::c_int = cpu_hierarchy;
            dcgmGroupCreate(handle: usize, kind: u32, name: $crate::abi::Ptr<::core::ffi::c_char>, id: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = group_create;
            dcgmGroupDestroy(handle: usize, group: usize) -> ::core::ffi::c_int = group_destroy;
            dcgmGroupAddDevice(handle: usize, group: usize, gpu: u32) -> ::core::ffi::c_int = group_add_device;
            dcgmGroupAddEntity(handle: usize, group: usize, kind: u32, id: u32) -> ::core::ffi::c_int = group_add_entity;
            dcgmGroupRemoveDevice(handle: usize, group: usize, gpu: u32) -> ::core::ffi::c_int = group_remove_device;
            dcgmGroupRemoveEntity(handle: usize, group: usize, kind: u32, id: u32) -> ::core::ffi::c_int = group_remove_entity;
            dcgmGroupGetInfo(handle: usize, group: usize, info: $crate::abi::Ptr<::dcgm_sys::dcgmGroupInfo_v3>) -> ::core::ffi::c_int = group_info;
            dcgmGroupGetAllIds(handle: usize, ids: $crate::abi::Ptr<usize>, count: $crate::abi::Ptr<u32>) -> ::core::ffi::c_int = group_ids_count;
            dcgmFieldGroupCreate(handle: usize, count: ::core::ffi::c_int, fields: $crate::abi::Ptr<u16>, name: $crate::abi::Ptr<::core::ffi::c_char>, id: $crate::abi::Ptr<usize>) -> ::core::ffi::c_int = field_group_create;
            dcgmFieldGroupDestroy(handle: usize, group: usize) -> ::core::ffi::c_int = field_group_destroy;
            dcgmFieldGroupGetInfo(handle: usize, info: $crate::abi::Ptr<::dcgm_sys::dcgmFieldGroupInfo_v1>) -> ::core::ffi::c_int = field_group_info;
            dcgmFieldGroupGetAll(handle: usize, all: $crate::abi::Ptr<::dcgm_sys::dcgmAllFieldGroup_v1>) -> ::core::ffi::c_int = field_group_all;
            dcgmWatchFields(handle: usize, group: usize, fields: usize, interval: i64, keep: f64, samples: ::core::ffi::c_int) -> ::core::ffi::c_int = watch;
            dcgmUnwatchFields(handle: usize, group: usize, fields: usize) -> ::core::ffi::c_int = unwatch;
            dcgmUpdateAllFields(handle: usize, wait: ::core::ffi::c_int) -> ::core::ffi::c_int = update;
            dcgmGetLatestValues(handle: usize, group: usize, fields: usize, call: ::dcgm_sys::dcgmFieldValueEnumeration_f, user: *mut ::core::ffi::c_void) -> ::core::ffi::c_int = latest_of_gpus;
            dcgmGetLatestValues_v2(handle: usize, group: usize, fields: usize, call: ::dcgm_sys::dcgmFieldValueEntityEnumeration_f, user: *mut ::core::ffi::c_void) -> ::core::ffi::c_int = latest;
            dcgmGetValuesSince(handle: usize, group: usize, fields: usize, since_ts: i64, next: $crate::abi::Ptr<i64>, call: ::dcgm_sys::dcgmFieldValueEnumeration_f, user: *mut ::core::ffi::c_void) -> ::core::ffi::c_int = since_of_gpus;
            dcgmGetValuesSince_v2(handle: usize, group: usize, fields: usize, since_ts: i64, next: $crate::abi::Ptr<i64>, call: ::dcgm_sys::dcgmFieldValueEntityEnumeration_f, user: *mut ::core::ffi::c_void) -> ::core::ffi::c_int = since;
            dcgmEntityGetLatestValues(handle: usize, kind: u32, id: ::core::ffi::c_int, fields: $crate::abi::Ptr<u16>, count: u32, values: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v1>) -> ::core::ffi::c_int = latest_of_entity;
            dcgmEntitiesGetLatestValues(handle: usize, entities: $crate::abi::Ptr<::dcgm_sys::dcgmGroupEntityPair_t>, entity_count: u32, fields: $crate::abi::Ptr<u16>, field_count: u32, flags: u32, values: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v2>) -> ::core::ffi::c_int = latest_of_entities;
            dcgmGetLatestValuesForFields(handle: usize, gpu: ::core::ffi::c_int, fields: $crate::abi::Ptr<u16>, count: u32, values: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v1>) -> ::core::ffi::c_int = latest_for_fields;
            dcgmCreateFakeEntities(handle: usize, fakes: $crate::abi::Ptr<::dcgm_sys::dcgmCreateFakeEntities_v2>) -> ::core::ffi::c_int = create_fakes;
            dcgmInjectFieldValue(handle: usize, gpu: u32, value: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v1>) -> ::core::ffi::c_int = inject;
            dcgmInjectEntityFieldValue(handle: usize, kind: u32, id: u32, value: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v1>) -> ::core::ffi::c_int = inject_entity;
            dcgmSetEntityNvLinkLinkState(handle: usize, state: $crate::abi::Ptr<::dcgm_sys::dcgmSetNvLinkLinkState_v1>) -> ::core::ffi::c_int = set_link_state;
            DcgmFieldsInit() -> ::core::ffi::c_int = fields_init;
            DcgmFieldsTerm() -> ::core::ffi::c_int = fields_term;
            DcgmFieldGetById(id: u16) -> *const ::dcgm_sys::dcgm_field_meta_t = field_by_id;
            DcgmFieldGetByTag(tag: $crate::abi::Ptr<::core::ffi::c_char>) -> *const ::dcgm_sys::dcgm_field_meta_t = field_by_tag;
            DcgmFieldsGetEntityGroupString(kind: u32) -> *const ::core::ffi::c_char = entity_group_name;
            dcgmActionValidate(handle: usize, group: usize, level: u32, response: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = action_validate;
            dcgmActionValidate_v2(handle: usize, request: $crate::abi::Ptr<::core::ffi::c_void>, response: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = action_validate_v2;
            dcgmRunDiagnostic(handle: usize, group: usize, level: u32, response: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = run_diagnostic;
            dcgmStopDiagnostic(handle: usize) -> ::core::ffi::c_int = stop_diagnostic;
            dcgmHealthSet(handle: usize, group: usize, systems: u32) -> ::core::ffi::c_int = health_set;
            dcgmHealthSet_v2(handle: usize, params: $crate::abi::Ptr<::dcgm_sys::dcgmHealthSetParams_v2>) -> ::core::ffi::c_int = health_set_v2;
            dcgmHealthGet(handle: usize, group: usize, systems: $crate::abi::Ptr<u32>) -> ::core::ffi::c_int = health_get;
            dcgmHealthCheck(handle: usize, group: usize, response: $crate::abi::Ptr<::core::ffi::c_void>) -> ::core::ffi::c_int = health_check;
            dcgmPolicySet(handle: usize, group: usize, policy: $crate::abi::Ptr<::dcgm_sys::dcgmPolicy_v1>, status: usize) -> ::core::ffi::c_int = policy_set;
            dcgmPolicyGet(handle: usize, group: usize, count: ::core::ffi::c_int, policies: $crate::abi::Ptr<::dcgm_sys::dcgmPolicy_v1>, status: usize) -> ::core::ffi::c_int = policy_get;
            dcgmPolicyUnregister(handle: usize, group: usize, conditions: u32) -> ::core::ffi::c_int = policy_unregister;
            dcgmProfGetSupportedMetricGroups(handle: usize, groups: $crate::abi::Ptr<::dcgm_sys::dcgmProfGetMetricGroups_v3>) -> ::core::ffi::c_int = profiling_groups;
            dcgmProfPause(handle: usize) -> ::core::ffi::c_int = profiling_pause;
            dcgmProfResume(handle: usize) -> ::core::ffi::c_int = profiling_resume;
            dcgmSelectGpusByTopology(handle: usize, mask: u64, count: u32, chosen: $crate::abi::Ptr<u64>, hints: u64) -> ::core::ffi::c_int = select_gpus;
            dcgmGetVgpuDeviceAttributes(handle: usize, gpu: u32, attributes: $crate::abi::Ptr<::dcgm_sys::dcgmVgpuDeviceAttributes_v7>) -> ::core::ffi::c_int = vgpu_attributes;
            dcgmGetVgpuInstanceAttributes(handle: usize, vgpu: u32, attributes: $crate::abi::Ptr<::dcgm_sys::dcgmVgpuInstanceAttributes_v1>) -> ::core::ffi::c_int = vgpu_instance_attributes;
            dcgmModuleDenylist(handle: usize, module: u32) -> ::core::ffi::c_int = deny_module;
            dcgmHostengineSetLoggingSeverity(handle: usize, settings: $crate::abi::Ptr<::dcgm_sys::dcgmSettingsSetLoggingSeverity_v2>) -> ::core::ffi::c_int = set_log_severity;
            dcgmWatchJobFields(handle: usize, group: usize, interval: i64, keep: f64, samples: ::core::ffi::c_int) -> ::core::ffi::c_int = watch_jobs;
            dcgmWatchPidFields(handle: usize, group: usize, interval: i64, keep: f64, samples: ::core::ffi::c_int) -> ::core::ffi::c_int = watch_pids;
            dcgmJobStartStats(handle: usize, group: usize, id: $crate::abi::Ptr<::core::ffi::c_char>) -> ::core::ffi::c_int = job_start;
            dcgmJobStopStats(handle: usize, id: $crate::abi::Ptr<::core::ffi::c_char>) -> ::core::ffi::c_int = job_stop;
            dcgmJobGetStats(handle: usize, id: $crate::abi::Ptr<::core::ffi::c_char>, info: $crate::abi::Ptr<::dcgm_sys::dcgmJobInfo_v3>) -> ::core::ffi::c_int = job_stats;
            dcgmJobRemove(handle: usize, id: $crate::abi::Ptr<::core::ffi::c_char>) -> ::core::ffi::c_int = job_remove;
            dcgmJobRemoveAll(handle: usize) -> ::core::ffi::c_int = job_remove_all;
            dcgmGetPidInfo(handle: usize, group: usize, info: $crate::abi::Ptr<::dcgm_sys::dcgmPidInfo_v2>) -> ::core::ffi::c_int = pid_info;
            dcgmGetFieldSummary(handle: usize, request: $crate::abi::Ptr<::dcgm_sys::dcgmFieldSummaryRequest_v1>) -> ::core::ffi::c_int = field_summary;
            dcgmGetMultipleValuesForField(handle: usize, gpu: ::core::ffi::c_int, field: u16, count: $crate::abi::Ptr<::core::ffi::c_int>, start: i64, end: i64, order: u32, values: $crate::abi::Ptr<::dcgm_sys::dcgmFieldValue_v1>) -> ::core::ffi::c_int = history;
            dcgmGetCacheManagerFieldInfo(handle: usize, info: $crate::abi::Ptr<::dcgm_sys::dcgmCacheManagerFieldInfo_v4_t>) -> ::core::ffi::c_int = field_info;
            $($more)*
        }
    };
}
