//! The simulated libdcgm 3.3.9: `dcgm-simulator` under the C names of that release.

use core::ffi::{c_char, c_int, c_void};

use dcgm_simulator::Flavour;
use dcgm_simulator::abi::Ptr;
use dcgm_sys::{
    dcgm_field_meta_t, dcgmAllFieldGroup_v1, dcgmConfig_v2, dcgmConnectV2Params_v2,
    dcgmCpuHierarchy_v1, dcgmCreateFakeEntities_v2, dcgmDeviceAttributes_v3, dcgmFieldGroupInfo_v1,
    dcgmFieldValue_v1, dcgmFieldValue_v2, dcgmFieldValueEntityEnumeration_f,
    dcgmFieldValueEnumeration_f, dcgmGroupEntityPair_t, dcgmGroupInfo_v3, dcgmHealthSetParams_v2,
    dcgmHostengineHealth_v1, dcgmIntrospectCpuUtil_v1, dcgmIntrospectMemory_v1,
    dcgmMigHierarchy_v2, dcgmModuleGetStatuses_v1, dcgmPolicy_v1, dcgmProfGetMetricGroups_v3,
    dcgmSetNvLinkLinkState_v1, dcgmStartEmbeddedV2Params_v1, dcgmVersionInfo_v2, fpRecvUpdates_3_3,
};

#[rustfmt::skip] // One row a function.
dcgm_simulator::exports! {
    Flavour::V3_3;
    errorString(code: c_int) -> *const c_char = error_string;
    dcgmInit() -> c_int = init;
    dcgmShutdown() -> c_int = shutdown;
    dcgmConnect(address: Ptr<c_char>, handle: Ptr<usize>) -> c_int = connect;
    dcgmConnect_v2(address: Ptr<c_char>, params: Ptr<dcgmConnectV2Params_v2>, handle: Ptr<usize>) -> c_int = connect_v2;
    dcgmDisconnect(handle: usize) -> c_int = disconnect;
    dcgmStartEmbedded(mode: u32, handle: Ptr<usize>) -> c_int = start_embedded;
    dcgmStartEmbedded_v2(params: Ptr<dcgmStartEmbeddedV2Params_v1>) -> c_int = start_embedded_v2;
    dcgmStopEmbedded(handle: usize) -> c_int = stop_embedded;
    dcgmVersionInfo(info: Ptr<dcgmVersionInfo_v2>) -> c_int = version_info;
    dcgmHostengineVersionInfo(handle: usize, info: Ptr<dcgmVersionInfo_v2>) -> c_int = engine_version_info;
    dcgmHostengineIsHealthy(handle: usize, health: Ptr<dcgmHostengineHealth_v1>) -> c_int = is_healthy;
    dcgmModuleGetStatuses(handle: usize, statuses: Ptr<dcgmModuleGetStatuses_v1>) -> c_int = module_statuses;
    dcgmModuleIdToName(module: u32, name: Ptr<*const c_char>) -> c_int = module_name;
    dcgmIntrospectGetHostengineMemoryUsage(handle: usize, memory: Ptr<dcgmIntrospectMemory_v1>, wait: c_int) -> c_int = engine_memory;
    dcgmIntrospectGetHostengineCpuUtilization(handle: usize, usage: Ptr<dcgmIntrospectCpuUtil_v1>, wait: c_int) -> c_int = engine_cpu;
    dcgmGetDeviceTopology(handle: usize, gpu: u32, topology: Ptr<c_void>) -> c_int = device_topology;
    dcgmConfigGet(handle: usize, group: usize, kind: u32, count: c_int, configs: Ptr<dcgmConfig_v2>, status: usize) -> c_int = config_get;
    dcgmGetAllDevices(handle: usize, ids: Ptr<u32>, count: Ptr<i32>) -> c_int = all_devices;
    dcgmGetAllSupportedDevices(handle: usize, ids: Ptr<u32>, count: Ptr<i32>) -> c_int = all_supported_devices;
    dcgmGetEntityGroupEntities(handle: usize, kind: u32, ids: Ptr<u32>, count: Ptr<i32>, flags: u32) -> c_int = entities;
    dcgmGetGpuStatus(handle: usize, gpu: u32, status: Ptr<u32>) -> c_int = gpu_status;
    dcgmGetDeviceAttributes(handle: usize, gpu: u32, attributes: Ptr<dcgmDeviceAttributes_v3>) -> c_int = device_attributes;
    dcgmGetGpuInstanceHierarchy(handle: usize, hierarchy: Ptr<dcgmMigHierarchy_v2>) -> c_int = instance_hierarchy;
    dcgmGetNvLinkLinkStatus(handle: usize, status: Ptr<c_void>) -> c_int = link_status;
    dcgmGetCpuHierarchy(handle: usize, hierarchy: Ptr<dcgmCpuHierarchy_v1>) -> c_int = cpu_hierarchy;
    dcgmGroupCreate(handle: usize, kind: u32, name: Ptr<c_char>, id: Ptr<usize>) -> c_int = group_create;
    dcgmGroupDestroy(handle: usize, group: usize) -> c_int = group_destroy;
    dcgmGroupAddDevice(handle: usize, group: usize, gpu: u32) -> c_int = group_add_device;
    dcgmGroupAddEntity(handle: usize, group: usize, kind: u32, id: u32) -> c_int = group_add_entity;
    dcgmGroupRemoveDevice(handle: usize, group: usize, gpu: u32) -> c_int = group_remove_device;
    dcgmGroupRemoveEntity(handle: usize, group: usize, kind: u32, id: u32) -> c_int = group_remove_entity;
    dcgmGroupGetInfo(handle: usize, group: usize, info: Ptr<dcgmGroupInfo_v3>) -> c_int = group_info;
    dcgmGroupGetAllIds(handle: usize, ids: Ptr<usize>, count: Ptr<u32>) -> c_int = group_ids_count;
    dcgmFieldGroupCreate(handle: usize, count: c_int, fields: Ptr<u16>, name: Ptr<c_char>, id: Ptr<usize>) -> c_int = field_group_create;
    dcgmFieldGroupDestroy(handle: usize, group: usize) -> c_int = field_group_destroy;
    dcgmFieldGroupGetInfo(handle: usize, info: Ptr<dcgmFieldGroupInfo_v1>) -> c_int = field_group_info;
    dcgmFieldGroupGetAll(handle: usize, all: Ptr<dcgmAllFieldGroup_v1>) -> c_int = field_group_all;
    dcgmWatchFields(handle: usize, group: usize, fields: usize, interval: i64, keep: f64, samples: c_int) -> c_int = watch;
    dcgmUnwatchFields(handle: usize, group: usize, fields: usize) -> c_int = unwatch;
    dcgmUpdateAllFields(handle: usize, wait: c_int) -> c_int = update;
    dcgmGetLatestValues(handle: usize, group: usize, fields: usize, call: dcgmFieldValueEnumeration_f, user: *mut c_void) -> c_int = latest_of_gpus;
    dcgmGetLatestValues_v2(handle: usize, group: usize, fields: usize, call: dcgmFieldValueEntityEnumeration_f, user: *mut c_void) -> c_int = latest;
    dcgmGetValuesSince(handle: usize, group: usize, fields: usize, since_ts: i64, next: Ptr<i64>, call: dcgmFieldValueEnumeration_f, user: *mut c_void) -> c_int = since_of_gpus;
    dcgmGetValuesSince_v2(handle: usize, group: usize, fields: usize, since_ts: i64, next: Ptr<i64>, call: dcgmFieldValueEntityEnumeration_f, user: *mut c_void) -> c_int = since;
    dcgmEntityGetLatestValues(handle: usize, kind: u32, id: c_int, fields: Ptr<u16>, count: u32, values: Ptr<dcgmFieldValue_v1>) -> c_int = latest_of_entity;
    dcgmEntitiesGetLatestValues(handle: usize, entities: Ptr<dcgmGroupEntityPair_t>, entity_count: u32, fields: Ptr<u16>, field_count: u32, flags: u32, values: Ptr<dcgmFieldValue_v2>) -> c_int = latest_of_entities;
    dcgmGetLatestValuesForFields(handle: usize, gpu: c_int, fields: Ptr<u16>, count: u32, values: Ptr<dcgmFieldValue_v1>) -> c_int = latest_for_fields;
    dcgmCreateFakeEntities(handle: usize, fakes: Ptr<dcgmCreateFakeEntities_v2>) -> c_int = create_fakes;
    dcgmInjectFieldValue(handle: usize, gpu: u32, value: Ptr<dcgmFieldValue_v1>) -> c_int = inject;
    dcgmInjectEntityFieldValue(handle: usize, kind: u32, id: u32, value: Ptr<dcgmFieldValue_v1>) -> c_int = inject_entity;
    dcgmSetEntityNvLinkLinkState(handle: usize, state: Ptr<dcgmSetNvLinkLinkState_v1>) -> c_int = set_link_state;
    DcgmFieldsInit() -> c_int = fields_init;
    DcgmFieldsTerm() -> c_int = fields_term;
    DcgmFieldGetById(id: u16) -> *const dcgm_field_meta_t = field_by_id;
    DcgmFieldGetByTag(tag: Ptr<c_char>) -> *const dcgm_field_meta_t = field_by_tag;
    DcgmFieldsGetEntityGroupString(kind: u32) -> *const c_char = entity_group_name;
    dcgmHealthSet(handle: usize, group: usize, systems: u32) -> c_int = health_set;
    dcgmHealthSet_v2(handle: usize, params: Ptr<dcgmHealthSetParams_v2>) -> c_int = health_set_v2;
    dcgmHealthGet(handle: usize, group: usize, systems: Ptr<u32>) -> c_int = health_get;
    dcgmHealthCheck(handle: usize, group: usize, response: Ptr<c_void>) -> c_int = health_check;
    dcgmPolicySet(handle: usize, group: usize, policy: Ptr<dcgmPolicy_v1>, status: usize) -> c_int = policy_set;
    dcgmPolicyUnregister(handle: usize, group: usize, conditions: u32) -> c_int = policy_unregister;
    dcgmProfGetSupportedMetricGroups(handle: usize, groups: Ptr<dcgmProfGetMetricGroups_v3>) -> c_int = profiling_groups;
    dcgmProfPause(handle: usize) -> c_int = profiling_pause;
    dcgmProfResume(handle: usize) -> c_int = profiling_pause;
    dcgmPolicyRegister(handle: usize, group: usize, conditions: u32, begin: fpRecvUpdates_3_3, finish: fpRecvUpdates_3_3) -> c_int = policy_register;
}

#[rustfmt::skip]
dcgm_simulator::control_exports! {}
