//! [`Versioned`]: the structs with a version word, one row each; the compiler checks their sizes.

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "each row names other types")
)]
use crate::bindings::*;

/// A struct whose first member is a version word.
///
/// DCGM compares the version word for equality, and returns `DCGM_ST_VER_MISMATCH` (-12) for any
/// other word. Some functions set the struct to zero, including the version word: set the word before
/// each call.
///
/// ```
/// use dcgm_sys::{Versioned, dcgmConnectV2Params_v2};
///
/// // The size in the lower bytes, the version in the upper one.
/// assert_eq!(dcgmConnectV2Params_v2::VERSION, 16 | 2 << 24);
/// ```
pub trait Versioned {
    /// The version word: the version in the upper 8 bits, the size of the struct in the lower 24
    /// bits.
    const VERSION: u32;
}

macro_rules! versioned {
    ($($name:ident, version $version:literal, $size:literal bytes;)*) => {
        $(
            impl Versioned for $name {
                const VERSION: u32 = $size | ($version << 24);
            }
            const _: () = assert!(core::mem::offset_of!($name, version) == 0);
            // DCGM does not exist for other platforms, on which sizes may differ.
            #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
            const _: () = assert!(size_of::<$name>() == $size);
        )*
    };
}

#[rustfmt::skip] // One row per struct.
versioned! {
    dcgmAllFieldGroup_v1, version 1, 33800 bytes;
    dcgmCacheManagerFieldInfo_v4_t, version 4, 320 bytes;
    dcgmClockSet_v1, version 1, 12 bytes;
    dcgmComputeInstanceProfileInfo_v1, version 1, 44 bytes;
    dcgmComputeInstanceProfiles_v1, version 1, 52 bytes;
    dcgmConfig_v1, version 1, 40 bytes;
    dcgmConfig_v2, version 2, 72 bytes;
    dcgmConnectV2Params_v1, version 1, 8 bytes;
    dcgmConnectV2Params_v2, version 2, 16 bytes;
    dcgmConnectV3Params_v1, version 1, 12 bytes;
    dcgmCpuHierarchy_v1, version 1, 1160 bytes;
    dcgmCpuHierarchy_v2, version 2, 3208 bytes;
    dcgmCpuHierarchyOwnedCores_v1, version 1, 136 bytes;
    dcgmCreateFakeEntities_v2, version 2, 8968 bytes;
    dcgmCreateMigEntity_v1, version 1, 20 bytes;
    dcgmDeleteMigEntity_v1, version 1, 16 bytes;
    dcgmDeviceAttributes_v3, version 3, 5220 bytes;
    dcgmDeviceEncStats_v1, version 1, 16 bytes;
    dcgmDeviceFbcSessionInfo_v1, version 1, 52 bytes;
    dcgmDeviceFbcSessions_v1, version 1, 13320 bytes;
    dcgmDeviceFbcStats_v1, version 1, 16 bytes;
    dcgmDeviceIdentifiers_v1, version 1, 2064 bytes;
    dcgmDeviceMemoryUsage_v1, version 1, 20 bytes;
    dcgmDeviceMigAttributes_v1, version 1, 64 bytes;
    dcgmDeviceMigAttributesInfo_v1, version 1, 56 bytes;
    dcgmDevicePidAccountingStats_v1, version 1, 40 bytes;
    dcgmDevicePowerLimits_v1, version 1, 24 bytes;
    dcgmDeviceSettings_v2, version 2, 16 bytes;
    dcgmDeviceSupportedClockSets_v1, version 1, 3080 bytes;
    dcgmDeviceSupportedVgpuTypeInfo_v1, version 1, 64 bytes;
    dcgmDeviceThermals_v1, version 1, 12 bytes;
    dcgmDeviceTopology_v1, version 1, 448 bytes;
    dcgmDeviceTopology_v2, version 2, 824 bytes;
    dcgmDeviceVgpuEncSessions_v1, version 1, 36 bytes;
    dcgmDeviceVgpuProcessUtilInfo_v1, version 1, 92 bytes;
    dcgmDeviceVgpuTypeInfo_v1, version 1, 296 bytes;
    dcgmDeviceVgpuTypeInfo_v2, version 2, 300 bytes;
    dcgmDeviceVgpuUtilInfo_v1, version 1, 24 bytes;
    dcgmDeviceWorkloadPowerProfilesStatus_v1, version 1, 100 bytes;
    dcgmDiagResponse_v10, version 10, 1399484 bytes;
    dcgmDiagResponse_v11, version 11, 1399484 bytes;
    dcgmDiagResponse_v12, version 12, 1399484 bytes;
    dcgmDiagResponse_v7, version 7, 627344 bytes;
    dcgmDiagResponse_v8, version 8, 890512 bytes;
    dcgmDiagResponse_v9, version 9, 1373404 bytes;
    dcgmDiagStatus_v1, version 1, 144 bytes;
    dcgmDiagTestAuxData_v1, version 1, 2052 bytes;
    dcgmEnvVarInfo_v1, version 1, 520 bytes;
    dcgmFieldGroupInfo_v1, version 1, 528 bytes;
    dcgmFieldSummaryRequest_v1, version 1, 104 bytes;
    dcgmFieldValue_v1, version 1, 4120 bytes;
    dcgmFieldValue_v2, version 2, 4128 bytes;
    dcgmGpuInstanceProfileInfo_v1, version 1, 56 bytes;
    dcgmGpuInstanceProfiles_v1, version 1, 64 bytes;
    dcgmGroupInfo_v2, version 2, 776 bytes;
    dcgmGroupInfo_v3, version 3, 8456 bytes;
    dcgmGroupTopology_v1, version 1, 80 bytes;
    dcgmGroupTopology_v2, version 2, 88 bytes;
    dcgmHealthResponse_v4, version 4, 66828 bytes;
    dcgmHealthResponse_v5, version 5, 1069068 bytes;
    dcgmHealthSetParams_v2, version 2, 40 bytes;
    dcgmHostengineHealth_v1, version 1, 8 bytes;
    dcgmIntrospectCpuUtil_v1, version 1, 32 bytes;
    dcgmIntrospectMemory_v1, version 1, 16 bytes;
    dcgmJobInfo_v3, version 3, 39080 bytes;
    dcgmMigHierarchy_v2, version 2, 73480 bytes;
    dcgmMnDiagResponse_v1, version 1, 556000 bytes;
    dcgmMnDiagResponse_v2, version 2, 3789648 bytes;
    dcgmMnDiagTestAuxData_v1, version 1, 2052 bytes;
    dcgmModuleGetStatuses_v1, version 1, 136 bytes;
    dcgmModulesReloadable_v1, version 1, 8 bytes;
    dcgmNvLinkP2PStatus_v1, version 1, 4232 bytes;
    dcgmNvLinkStatus_v3, version 3, 5564 bytes;
    dcgmNvLinkStatus_v4, version 4, 14780 bytes;
    dcgmNvLinkStatus_v5, version 5, 17084 bytes;
    dcgmPidInfo_v2, version 2, 17704 bytes;
    dcgmPolicy_v1, version 1, 144 bytes;
    dcgmPolicyCallbackResponse_v1, version 1, 24 bytes;
    dcgmPolicyCallbackResponse_v2, version 2, 32 bytes;
    dcgmPolicyInfo_v1, version 1, 600 bytes;
    dcgmPolicySpec_v1, version 1, 552 bytes;
    dcgmPolicyViolation_v1, version 1, 16 bytes;
    dcgmProfGetMetricGroups_v3, version 3, 1376 bytes;
    dcgmProfUnwatchFields_v1, version 1, 24 bytes;
    dcgmProfWatchFields_v2, version 2, 176 bytes;
    dcgmRunDiag_v10, version 10, 119272 bytes;
    dcgmRunDiag_v7, version 7, 21712 bytes;
    dcgmRunDiag_v8, version 8, 116760 bytes;
    dcgmRunDiag_v9, version 9, 118760 bytes;
    dcgmRunMnDiag_v1, version 1, 123692 bytes;
    dcgmRunMnDiag_v2, version 2, 252716 bytes;
    dcgmRunningProcess_v1, version 1, 16 bytes;
    dcgmSetNvLinkLinkState_v1, version 1, 24 bytes;
    dcgmSettingsSetLoggingSeverity_v2, version 2, 12 bytes;
    dcgmStartEmbeddedV2Params_v1, version 1, 72 bytes;
    dcgmStartEmbeddedV2Params_v2, version 2, 80 bytes;
    dcgmStartEmbeddedV2Params_v3, version 3, 104 bytes;
    dcgmTopology_v1, version 1, 9928 bytes;
    dcgmTopology_v2, version 2, 15880 bytes;
    dcgmTopoSchedHint_v1, version 1, 32 bytes;
    dcgmVersionInfo_v2, version 2, 516 bytes;
    dcgmVgpuConfig_v1, version 1, 40 bytes;
    dcgmVgpuDeviceAttributes_v6, version 1, 10528 bytes;
    dcgmVgpuDeviceAttributes_v7, version 7, 10656 bytes;
    dcgmVgpuInstanceAttributes_v1, version 1, 340 bytes;
    dcgmWorkloadPowerProfile_v1, version 1, 56 bytes;
    dcgmWorkloadPowerProfileInfo_v1, version 1, 44 bytes;
    dcgmWorkloadPowerProfileProfilesInfo_v1, version 1, 11228 bytes;
}
