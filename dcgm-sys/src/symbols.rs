//! [`Symbols`]: the functions of libdcgm, one row each, with the release that introduced it.

use core::ffi::{c_char, c_int, c_uint, c_void};

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "each row names other types")
)]
use crate::bindings::*;

/// A function of libdcgm, with the releases that have it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct SymbolInfo {
    /// The C name.
    pub name: &'static str,
    /// The first known release that has the function. [`SymbolInfo::FLOOR`] stands for that release
    /// or an earlier one.
    pub since: &'static str,
    /// The first release without the function, if the function was removed.
    pub until: Option<&'static str>,
}

impl SymbolInfo {
    /// The oldest release whose functions are known.
    pub const FLOOR: &'static str = "3.3.5";
}

/// The error of calling a function that the loaded libdcgm does not have.
///
/// Distinct from the code -20, `DCGM_ST_FUNCTION_NOT_FOUND`, which an *engine* older than the library
/// returns.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this libdcgm has no function {function}, available since DCGM {since}{}", DisplayRemoval(*until))]
#[non_exhaustive]
pub struct MissingSymbolError {
    /// The C name.
    pub function: &'static str,
    /// The first known release that has the function.
    pub since: &'static str,
    /// The first release without the function, if the function was removed.
    pub until: Option<&'static str>,
}

impl MissingSymbolError {
    /// Returns the error for a library without the function `name`; `None` if this crate does not know
    /// the function.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let row = Symbols::ROWS.iter().find(|row| row.name == name)?;
        Some(Self {
            function: row.name,
            since: row.since,
            until: row.until,
        })
    }
}

/// Displays the release that removed a function.
struct DisplayRemoval(Option<&'static str>);

impl core::fmt::Display for DisplayRemoval {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(until) => write!(f, " and removed in {until}"),
            None => Ok(()),
        }
    }
}

macro_rules! symbols {
    ($( $since:literal $(until $until:literal)? fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty; )*) => {
        /// The functions of one libdcgm. A missing function is `None`, and a call of that function
        /// returns [`MissingSymbolError`].
        ///
        /// Each function is a field and a method of the same name. The field is for inspection, and
        /// for replacing the function in a test. The method calls the function.
        #[expect(clippy::exhaustive_structs, reason = "tests replace single rows")]
        #[derive(Clone, Copy, Debug)]
        pub struct Symbols {
            $(
                #[doc = concat!("`", stringify!($name), "`, since DCGM ", $since, ".")]
                pub $name: Option<unsafe extern "C" fn($($arg: $ty),*) -> $ret>,
            )*
        }

        impl Symbols {
            /// All known functions, in the order of the fields.
            pub const ROWS: &'static [SymbolInfo] = &[
                $( SymbolInfo { name: stringify!($name), since: $since, until: symbols!(@until $($until)?) } ),*
            ];

            /// Returns a table without functions.
            #[must_use]
            pub const fn none() -> Self {
                Self { $( $name: None ),* }
            }

            /// Looks up each function; a missing one stays `None`.
            ///
            /// # Safety
            ///
            /// `look_up` must return the address of a function with the prototype in the row of
            /// that name, or `None`.
            #[cfg_attr(
                not(any(
                    test,
                    all(
                        target_os = "linux",
                        target_env = "gnu",
                        not(target_feature = "crt-static")
                    )
                )),
                expect(dead_code, reason = "where DCGM does not exist nothing is loaded")
            )]
            pub(crate) unsafe fn load_all(
                mut look_up: impl FnMut(&core::ffi::CStr) -> Option<*mut c_void>,
            ) -> Self {
                const { assert!(size_of::<Option<unsafe extern "C" fn()>>() == size_of::<*mut c_void>()) };
                let mut table = Self::none();
                $(
                    let name = const {
                        match core::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                            Ok(name) => name,
                            Err(_) => c"",
                        }
                    };
                    if let Some(address) = look_up(name).filter(|address| !address.is_null()) {
                        // SAFETY: by this function's contract the address is that of a function of
                        // this type; `Option` of a function pointer is as large as a pointer.
                        table.$name = unsafe {
                            core::mem::transmute::<
                                *mut c_void,
                                Option<unsafe extern "C" fn($($arg: $ty),*) -> $ret>,
                            >(address)
                        };
                    }
                )*
                table
            }

            /// Returns each row with `true` if the function was found, in the order of [`Self::ROWS`].
            pub fn presence(&self) -> impl Iterator<Item = (&'static SymbolInfo, bool)> + '_ {
                let found = [$( self.$name.is_some() ),*];
                Self::ROWS.iter().zip(found)
            }

            $(
                #[doc = concat!("Calls `", stringify!($name), "`.")]
                ///
                /// # Errors
                ///
                /// [`MissingSymbolError`] if this libdcgm lacks the function. The return value of the
                /// function is in `Ok`, even if it is an error code.
                ///
                /// # Safety
                ///
                /// The arguments must meet the requirements in DCGM's documentation of the function:
                /// pointers are valid for all memory that the function reads and writes, and version
                /// words are set.
                #[inline]
                pub unsafe fn $name(&self, $($arg: $ty),*) -> Result<$ret, MissingSymbolError> {
                    match self.$name {
                        // SAFETY: by this function's contract.
                        Some(function) => Ok(unsafe { function($($arg),*) }),
                        None => Err(MissingSymbolError {
                            function: stringify!($name),
                            since: $since,
                            until: symbols!(@until $($until)?),
                        }),
                    }
                }
            )*
        }
    };
    (@until $until:literal) => { Some($until) };
    (@until) => { None };
}

/// Passes the rows to a macro: to `symbols!` here, and to the tests.
#[rustfmt::skip] // One row per function.
macro_rules! table {
    ($then:ident) => { $then! {
    "3.3.5" fn dcgmActionValidate(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, validate: dcgmPolicyValidation_t, response: *mut dcgmDiagResponse_v12) -> dcgmReturn_t;
    "3.3.5" fn dcgmActionValidate_v2(pDcgmHandle: dcgmHandle_t, drd: *mut dcgmRunDiag_v10, response: *mut dcgmDiagResponse_v12) -> dcgmReturn_t;
    "4.5.0" fn dcgmAttachDriver(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmConfigEnforce(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmConfigGet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, kind: dcgmConfigType_t, count: c_int, deviceConfigList: *mut dcgmConfig_v2, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmConfigSet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, pDeviceConfig: *mut dcgmConfig_v2, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "4.4.1" fn dcgmConfigSetWorkloadPowerProfile(pDcgmHandle: dcgmHandle_t, workloadPowerProfile: *mut dcgmWorkloadPowerProfile_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmConnect(ipAddress: *const c_char, pDcgmHandle: *mut dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmConnect_v2(ipAddress: *const c_char, connectParams: *mut dcgmConnectV2Params_v2, pDcgmHandle: *mut dcgmHandle_t) -> dcgmReturn_t;
    "4.5.0" fn dcgmConnect_v3(connectionString: *const c_char, connectParams: *mut dcgmConnectV3Params_v1, pDcgmHandle: *mut dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmCpuHierarchyCpuOwnsCore(coreId: c_uint, ownedCores: *const dcgmCpuHierarchyOwnedCores_v1) -> c_uint;
    "3.3.5" fn dcgmCreateFakeEntities(pDcgmHandle: dcgmHandle_t, createFakeEntities: *mut dcgmCreateFakeEntities_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmCreateMigEntity(dcgmHandle: dcgmHandle_t, cme: *mut dcgmCreateMigEntity_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmCreateNvmlInjectionGpu(dcgmHandle: dcgmHandle_t, index: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmDeleteMigEntity(dcgmHandle: dcgmHandle_t, dme: *mut dcgmDeleteMigEntity_v1) -> dcgmReturn_t;
    "4.5.0" fn dcgmDetachDriver(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "4.4.2" fn dcgmDiagSendHeartbeat(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmDisconnect(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "4.5.0" fn dcgmEmptyCache(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmEngineRun(portNumber: u16, socketPath: *const c_char, connectionType: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmEntitiesGetLatestValues(pDcgmHandle: dcgmHandle_t, entities: *mut dcgmGroupEntityPair_t, entityCount: c_uint, fields: *mut u16, fieldCount: c_uint, flags: c_uint, values: *mut dcgmFieldValue_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmEntityGetLatestValues(pDcgmHandle: dcgmHandle_t, entityGroup: dcgm_field_entity_group_t, entityId: c_int, fields: *mut u16, count: c_uint, values: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmErrorGetCategoryByCode(code: c_uint) -> dcgmErrorCategory_t;
    "3.3.5" fn dcgmErrorGetFormatMsgByCode(code: c_uint) -> *const c_char;
    "3.3.5" fn dcgmErrorGetPriorityByCode(code: c_uint) -> dcgmErrorSeverity_t;
    "3.3.5" fn DcgmFieldGetById(fieldId: u16) -> *const dcgm_field_meta_t;
    "3.3.5" fn DcgmFieldGetByTag(tag: *const c_char) -> *const dcgm_field_meta_t;
    "3.3.5" fn dcgmFieldGroupCreate(dcgmHandle: dcgmHandle_t, numFieldIds: c_int, fieldIds: *const u16, fieldGroupName: *const c_char, dcgmFieldGroupId: *mut dcgmFieldGrp_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmFieldGroupDestroy(dcgmHandle: dcgmHandle_t, dcgmFieldGroupId: dcgmFieldGrp_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmFieldGroupGetAll(dcgmHandle: dcgmHandle_t, allGroupInfo: *mut dcgmAllFieldGroup_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmFieldGroupGetInfo(dcgmHandle: dcgmHandle_t, fieldGroupInfo: *mut dcgmFieldGroupInfo_v1) -> dcgmReturn_t;
    "3.3.5" fn DcgmFieldsGetEntityGroupString(entityGroupId: dcgm_field_entity_group_t) -> *const c_char;
    "3.3.5" fn DcgmFieldsInit() -> c_int;
    "3.3.5" fn DcgmFieldsTerm() -> c_int;
    "3.3.5" fn dcgmGetAllDevices(pDcgmHandle: dcgmHandle_t, gpuIdList: *mut c_uint, count: *mut c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetAllSupportedDevices(pDcgmHandle: dcgmHandle_t, gpuIdList: *mut c_uint, count: *mut c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetCacheManagerFieldInfo(pDcgmHandle: dcgmHandle_t, fieldInfo: *mut dcgmCacheManagerFieldInfo_v4_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetCpuHierarchy(dcgmHandle: dcgmHandle_t, cpuHierarchy: *mut dcgmCpuHierarchy_v1) -> dcgmReturn_t;
    "4.0.0" fn dcgmGetCpuHierarchy_v2(dcgmHandle: dcgmHandle_t, cpuHierarchy: *mut dcgmCpuHierarchy_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetDeviceAttributes(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, pDcgmAttr: *mut dcgmDeviceAttributes_v3) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetDeviceTopology(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, pDcgmDeviceTopology: *mut dcgmDeviceTopology_v2) -> dcgmReturn_t;
    "4.0.0" fn dcgmGetDeviceWorkloadPowerProfileInfo(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, profilesInfo: *mut dcgmWorkloadPowerProfileProfilesInfo_v1, profilesStatus: *mut dcgmDeviceWorkloadPowerProfilesStatus_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetEntityGroupEntities(dcgmHandle: dcgmHandle_t, entityGroup: dcgm_field_entity_group_t, entities: *mut c_uint, numEntities: *mut c_int, flags: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetErrorMeta(error: dcgmError_t) -> *const dcgm_error_meta_t;
    "3.3.5" fn dcgmGetFieldSummary(pDcgmHandle: dcgmHandle_t, request: *mut dcgmFieldSummaryRequest_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetFieldValuesSince(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, sinceTimestamp: i64, fieldIds: *mut u16, numFieldIds: c_int, nextSinceTimestamp: *mut i64, enumCB: dcgmFieldValueEnumeration_f, userData: *mut c_void) -> dcgmReturn_t;
    "4.2.3" fn dcgmGetGpuChipArchitecture(dcgmHandle: dcgmHandle_t, gpuId: c_uint, chipArchitecture: *mut dcgmChipArchitecture_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetGpuInstanceHierarchy(dcgmHandle: dcgmHandle_t, hierarchy: *mut dcgmMigHierarchy_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetGpuStatus(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, status: *mut DcgmEntityStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetGroupTopology(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, pDcgmGroupTopology: *mut dcgmGroupTopology_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetLatestValues(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t, enumCB: dcgmFieldValueEnumeration_f, userData: *mut c_void) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetLatestValues_v2(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t, enumCB: dcgmFieldValueEntityEnumeration_f, userData: *mut c_void) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetLatestValuesForFields(pDcgmHandle: dcgmHandle_t, gpuId: c_int, fields: *mut u16, count: c_uint, values: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetMultipleValuesForField(pDcgmHandle: dcgmHandle_t, gpuId: c_int, fieldId: u16, count: *mut c_int, startTs: i64, endTs: i64, order: dcgmOrder_t, values: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetNvLinkLinkStatus(dcgmHandle: dcgmHandle_t, linkStatus: *mut dcgmNvLinkStatus_v5) -> dcgmReturn_t;
    "4.3.1" fn dcgmGetNvLinkP2PStatus(dcgmHandle: dcgmHandle_t, linkStatus: *mut dcgmNvLinkP2PStatus_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetPidInfo(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, pidInfo: *mut dcgmPidInfo_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetValuesSince(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t, sinceTimestamp: i64, nextSinceTimestamp: *mut i64, enumCB: dcgmFieldValueEnumeration_f, userData: *mut c_void) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetValuesSince_v2(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t, sinceTimestamp: i64, nextSinceTimestamp: *mut i64, enumCB: dcgmFieldValueEntityEnumeration_f, userData: *mut c_void) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetVgpuDeviceAttributes(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, pDcgmVgpuAttr: *mut dcgmVgpuDeviceAttributes_v7) -> dcgmReturn_t;
    "3.3.5" fn dcgmGetVgpuInstanceAttributes(pDcgmHandle: dcgmHandle_t, vgpuId: c_uint, pDcgmVgpuInstanceAttr: *mut dcgmVgpuInstanceAttributes_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupAddDevice(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, gpuId: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupAddEntity(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, entityGroupId: dcgm_field_entity_group_t, entityId: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupCreate(pDcgmHandle: dcgmHandle_t, kind: dcgmGroupType_t, groupName: *const c_char, pDcgmGrpId: *mut dcgmGpuGrp_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupDestroy(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupGetAllIds(pDcgmHandle: dcgmHandle_t, groupIdList: *mut dcgmGpuGrp_t, count: *mut c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupGetInfo(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, pDcgmGroupInfo: *mut dcgmGroupInfo_v3) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupRemoveDevice(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, gpuId: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmGroupRemoveEntity(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, entityGroupId: dcgm_field_entity_group_t, entityId: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmHealthCheck(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, results: *mut dcgmHealthResponse_v5) -> dcgmReturn_t;
    "3.3.5" fn dcgmHealthGet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, systems: *mut dcgmHealthSystems_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmHealthSet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, systems: dcgmHealthSystems_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmHealthSet_v2(pDcgmHandle: dcgmHandle_t, params: *mut dcgmHealthSetParams_v2) -> dcgmReturn_t;
    "4.4.2" fn dcgmHostengineEnvironmentVariableInfo(pDcgmHandle: dcgmHandle_t, pEnvVarInfo: *mut dcgmEnvVarInfo_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmHostengineIsHealthy(pDcgmHandle: dcgmHandle_t, heHealth: *mut dcgmHostengineHealth_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmHostengineSetLoggingSeverity(pDcgmHandle: dcgmHandle_t, logging: *mut dcgmSettingsSetLoggingSeverity_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmHostengineVersionInfo(pDcgmHandle: dcgmHandle_t, pVersionInfo: *mut dcgmVersionInfo_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmInit() -> dcgmReturn_t;
    "3.3.5" fn dcgmInjectEntityFieldValue(pDcgmHandle: dcgmHandle_t, entityGroupId: dcgm_field_entity_group_t, entityId: c_uint, pDcgmInjectFieldValue: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmInjectEntityFieldValueToNvml(pDcgmHandle: dcgmHandle_t, entityGroupId: dcgm_field_entity_group_t, entityId: c_uint, pDcgmInjectFieldValue: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmInjectFieldValue(pDcgmHandle: dcgmHandle_t, gpuId: c_uint, dcgmInjectFieldValue: *mut dcgmFieldValue_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmIntrospectGetHostengineCpuUtilization(pDcgmHandle: dcgmHandle_t, cpuUtil: *mut dcgmIntrospectCpuUtil_v1, waitIfNoData: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmIntrospectGetHostengineMemoryUsage(pDcgmHandle: dcgmHandle_t, memoryInfo: *mut dcgmIntrospectMemory_v1, waitIfNoData: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmJobGetStats(pDcgmHandle: dcgmHandle_t, jobId: *mut c_char, pJobInfo: *mut dcgmJobInfo_v3) -> dcgmReturn_t;
    "3.3.5" fn dcgmJobRemove(pDcgmHandle: dcgmHandle_t, jobId: *mut c_char) -> dcgmReturn_t;
    "3.3.5" fn dcgmJobRemoveAll(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmJobStartStats(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, jobId: *mut c_char) -> dcgmReturn_t;
    "3.3.5" fn dcgmJobStopStats(pDcgmHandle: dcgmHandle_t, jobId: *mut c_char) -> dcgmReturn_t;
    "4.5.0" fn dcgmMarkModulesReloadable(pDcgmHandle: dcgmHandle_t, msg: *mut dcgmModulesReloadable_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmModuleDenylist(pDcgmHandle: dcgmHandle_t, moduleId: dcgmModuleId_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmModuleGetStatuses(pDcgmHandle: dcgmHandle_t, moduleStatuses: *mut dcgmModuleGetStatuses_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmModuleIdToName(id: dcgmModuleId_t, name: *mut *const c_char) -> dcgmReturn_t;
    "4.0.0" fn dcgmNvswitchGetBackend(pDcgmHandle: dcgmHandle_t, active: *mut bool, backendName: *mut c_char, backendNameLength: c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmPauseTelemetryForDiag(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyCreate(pDcgmHandle: dcgmHandle_t, fieldId: u16, name: *const c_char, threshold: f64, policyOperator: dcgmPolicyOperator_t, entities: *const dcgmGroupEntityPair_t, entityCount: c_uint, channelMask: c_uint, enabled: c_uint, rateLimitSec: c_uint, policyId: *mut u64) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyDelete(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64, deleteAll: c_uint) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyDisable(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyEnable(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64) -> dcgmReturn_t;
    "3.3.5" fn dcgmPolicyGet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, count: c_int, policy: *mut dcgmPolicy_v1, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyGetAll(pDcgmHandle: dcgmHandle_t, policies: *mut dcgmPolicyInfo_v1, count: *mut c_uint) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyGetOne(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64, policy: *mut dcgmPolicyInfo_v1) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyGetViolations(pDcgmHandle: dcgmHandle_t, since: i64, violations: *mut dcgm_policy_violation_t, count: *mut c_uint) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyImport(pDcgmHandle: dcgmHandle_t, path: *const c_char) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyModify(pDcgmHandle: dcgmHandle_t, policy: *const dcgmPolicyInfo_v1) -> dcgmReturn_t;
    "4.0.0" fn dcgmPolicyRegister_v2(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, condition: dcgmPolicyCondition_t, callback: fpRecvUpdates, userData: u64) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyRegister_v3(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64, callback: fpRecvPolicyViolation, userData: u64) -> dcgmReturn_t;
    "3.3.5" fn dcgmPolicySet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, policy: *mut dcgmPolicy_v1, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmPolicyTrigger(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmPolicyUnregister(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, condition: dcgmPolicyCondition_t) -> dcgmReturn_t;
    "4.7.0" fn dcgmPolicyUnregister_v3(pDcgmHandle: dcgmHandle_t, fieldId: u16, policyId: u64) -> dcgmReturn_t;
    "4.4.1" fn dcgmPowerProfileIdToName(id: dcgmPowerProfileType_t, name: *mut *const c_char) -> dcgmReturn_t;
    "3.3.5" fn dcgmProfGetSupportedMetricGroups(pDcgmHandle: dcgmHandle_t, metricGroups: *mut dcgmProfGetMetricGroups_v3) -> dcgmReturn_t;
    "3.3.5" fn dcgmProfPause(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmProfResume(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmResumeTelemetryForDiag(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmRunDiagnostic(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, diagLevel: dcgmDiagnosticLevel_t, diagResponse: *mut dcgmDiagResponse_v12) -> dcgmReturn_t;
    "4.3.1" fn dcgmRunMnDiagnostic(pDcgmHandle: dcgmHandle_t, drmnd: *const dcgmRunMnDiag_v1, response: *mut dcgmMnDiagResponse_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmSelectGpusByTopology(pDcgmHandle: dcgmHandle_t, inputGpuIds: u64, numGpus: c_uint, outputGpuIds: *mut u64, hintFlags: u64) -> dcgmReturn_t;
    "3.3.5" fn dcgmSetEntityNvLinkLinkState(dcgmHandle: dcgmHandle_t, linkState: *mut dcgmSetNvLinkLinkState_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmShutdown() -> dcgmReturn_t;
    "3.3.5" fn dcgmStartEmbedded(opMode: dcgmOperationMode_t, pDcgmHandle: *mut dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStartEmbedded_v2(params: *mut dcgmStartEmbeddedV2Params_v1) -> dcgmReturn_t;
    "3.3.5" fn dcgmStatusClear(statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStatusCreate(statusHandle: *mut dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStatusDestroy(statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStatusGetCount(statusHandle: dcgmStatus_t, count: *mut c_uint) -> dcgmReturn_t;
    "3.3.5" fn dcgmStatusPopError(statusHandle: dcgmStatus_t, pDcgmErrorInfo: *mut dcgmErrorInfo_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStopDiagnostic(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmStopEmbedded(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "4.3.1" fn dcgmStopMnDiagnostic(pDcgmHandle: dcgmHandle_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmUnwatchFields(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmUnwatchFieldValue(pDcgmHandle: dcgmHandle_t, gpuId: c_int, fieldId: u16, clearCache: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmUpdateAllFields(pDcgmHandle: dcgmHandle_t, waitForUpdate: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmVersionInfo(pVersionInfo: *mut dcgmVersionInfo_v2) -> dcgmReturn_t;
    "3.3.5" fn dcgmVgpuConfigEnforce(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmVgpuConfigGet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, kind: dcgmConfigType_t, count: c_int, deviceConfigList: *mut dcgmVgpuConfig_v1, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmVgpuConfigSet(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, pDeviceConfig: *mut dcgmVgpuConfig_v1, statusHandle: dcgmStatus_t) -> dcgmReturn_t;
    "3.3.5" fn dcgmWatchFields(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, fieldGroupId: dcgmFieldGrp_t, updateFreq: i64, maxKeepAge: f64, maxKeepSamples: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmWatchFieldValue(pDcgmHandle: dcgmHandle_t, gpuId: c_int, fieldId: u16, updateFreq: i64, maxKeepAge: f64, maxKeepSamples: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmWatchJobFields(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, updateFreq: i64, maxKeepAge: f64, maxKeepSamples: c_int) -> dcgmReturn_t;
    "3.3.5" fn dcgmWatchPidFields(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, updateFreq: i64, maxKeepAge: f64, maxKeepSamples: c_int) -> dcgmReturn_t;
    "3.3.5" fn errorString(result: dcgmReturn_t) -> *const c_char;
    "3.3.5" until "4.0.0" fn dcgmPolicyRegister(pDcgmHandle: dcgmHandle_t, groupId: dcgmGpuGrp_t, condition: dcgmPolicyCondition_t, beginCallback: fpRecvUpdates_3_3, finishCallback: fpRecvUpdates_3_3) -> dcgmReturn_t;
    "3.3.5" until "4.0.0" fn dcgmProfUnwatchFields(pDcgmHandle: dcgmHandle_t, unwatchFields: *mut dcgmProfUnwatchFields_v1) -> dcgmReturn_t;
    "3.3.5" until "4.0.0" fn dcgmProfWatchFields(pDcgmHandle: dcgmHandle_t, watchFields: *mut dcgmProfWatchFields_v2) -> dcgmReturn_t;
    } };
}

table!(symbols);

#[cfg(test)]
mod tests;
