//! The simulated libdcgm 4.6.0: `dcgm-simulator` under the C names of that release.

use core::ffi::{c_char, c_int};

use dcgm_simulator::Flavour;
use dcgm_simulator::abi::Ptr;

#[rustfmt::skip] // One row a function.
dcgm_simulator::exports_of_both! {
    Flavour::V4_6;
    dcgmConnect_v3(address: Ptr<c_char>, params: Ptr<dcgm_sys::dcgmConnectV3Params_v1>, handle: Ptr<usize>) -> c_int = connect_v3;
    dcgmGetGpuChipArchitecture(handle: usize, gpu: u32, architecture: Ptr<u32>) -> c_int = chip_architecture;
    dcgmGetCpuHierarchy_v2(handle: usize, hierarchy: Ptr<dcgm_sys::dcgmCpuHierarchy_v2>) -> c_int = cpu_hierarchy_v2;
    dcgmGetNvLinkP2PStatus(handle: usize, status: Ptr<dcgm_sys::dcgmNvLinkP2PStatus_v1>) -> c_int = peer_status;
    dcgmNvswitchGetBackend(handle: usize, active: Ptr<bool>, name: Ptr<c_char>, length: u32) -> c_int = switch_backend;
    dcgmHostengineEnvironmentVariableInfo(handle: usize, variable: Ptr<dcgm_sys::dcgmEnvVarInfo_v1>) -> c_int = environment;
    dcgmEmptyCache(handle: usize) -> c_int = empty_cache;
    dcgmDetachDriver(handle: usize) -> c_int = detach_driver;
    dcgmAttachDriver(handle: usize) -> c_int = attach_driver;
    dcgmGetDeviceWorkloadPowerProfileInfo(handle: usize, gpu: u32, info: Ptr<dcgm_sys::dcgmWorkloadPowerProfileProfilesInfo_v1>, status: Ptr<dcgm_sys::dcgmDeviceWorkloadPowerProfilesStatus_v1>) -> c_int = power_profiles;
    dcgmConfigSetWorkloadPowerProfile(handle: usize, request: Ptr<dcgm_sys::dcgmWorkloadPowerProfile_v1>) -> c_int = set_power_profile;
    dcgmPowerProfileIdToName(profile: u32, name: Ptr<*const c_char>) -> c_int = power_profile_name;
    dcgmDiagSendHeartbeat(handle: usize) -> c_int = diagnostic_heartbeat;
    dcgmRunMnDiagnostic(handle: usize, request: Ptr<core::ffi::c_void>, response: Ptr<core::ffi::c_void>) -> c_int = run_multi_node;
    dcgmStopMnDiagnostic(handle: usize) -> c_int = stop_multi_node;
    dcgmPolicyRegister_v2(handle: usize, group: usize, conditions: u32, call: dcgm_sys::fpRecvUpdates, user: u64) -> c_int = policy_register_v2;
}

#[rustfmt::skip]
dcgm_simulator::control_exports! {}
