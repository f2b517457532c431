//! Replies that are one struct of a fixed size: all of its bytes are arbitrary.

use core::ffi::{c_char, c_int, c_uint};

use dcgm_sys as sys;
use sys::Versioned as _;

use super::script::{self, Script};
use super::{engine, text};
use crate::cpu_set::CpuSet;
use crate::host_engine::{LogSeverity, Logger};

/// The functions whose replies these are.
pub(super) fn symbols() -> sys::Symbols {
    sys::Symbols {
        dcgmGetDeviceTopology: Some(device_topology),
        dcgmGetNvLinkP2PStatus: Some(fill_struct::<sys::dcgmNvLinkP2PStatus_v1>),
        dcgmSelectGpusByTopology: Some(select_gpus),
        dcgmGetGpuChipArchitecture: Some(fill_struct_of_gpu::<sys::dcgmChipArchitecture_t>),
        dcgmGetVgpuDeviceAttributes: Some(fill_struct_of_gpu::<sys::dcgmVgpuDeviceAttributes_v7>),
        dcgmGetVgpuInstanceAttributes: Some(
            fill_struct_of_gpu::<sys::dcgmVgpuInstanceAttributes_v1>,
        ),
        dcgmGetCpuHierarchy: Some(fill_struct::<sys::dcgmCpuHierarchy_v1>),
        dcgmGetCpuHierarchy_v2: Some(fill_struct::<sys::dcgmCpuHierarchy_v2>),
        dcgmNvswitchGetBackend: Some(switch_backend),
        dcgmProfGetSupportedMetricGroups: Some(fill_struct::<sys::dcgmProfGetMetricGroups_v3>),
        dcgmModuleGetStatuses: Some(fill_struct::<sys::dcgmModuleGetStatuses_v1>),
        dcgmIntrospectGetHostengineCpuUtilization: Some(engine_cpu),
        dcgmHostengineEnvironmentVariableInfo: Some(fill_struct::<sys::dcgmEnvVarInfo_v1>),
        dcgmHostengineSetLoggingSeverity: Some(set_severity),
        ..sys::Symbols::none()
    }
}

/// Fills memory with the bytes of the script, repeated.
///
/// # Safety
///
/// The memory must be initialized, and valid for writes of `size` bytes.
unsafe fn fill(memory: *mut u8, size: usize) -> sys::dcgmReturn_t {
    // SAFETY: by the contract of this function.
    let memory = unsafe { core::slice::from_raw_parts_mut(memory, size) };
    script::with(|script| {
        let bytes: [u8; 61] = script.bytes();
        for (to, byte) in memory.iter_mut().zip(bytes.iter().cycle()) {
            *to = *byte;
        }
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn fill_struct<T>(_: sys::dcgmHandle_t, reply: *mut T) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    unsafe { fill(reply.cast(), size_of::<T>()) }
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn fill_struct_of_gpu<T>(
    _: sys::dcgmHandle_t,
    _: c_uint,
    reply: *mut T,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    unsafe { fill(reply.cast(), size_of::<T>()) }
}

/// # Safety
///
/// As for the DCGM function: a struct of one of both versions.
unsafe extern "C" fn device_topology(
    _: sys::dcgmHandle_t,
    _: c_uint,
    reply: *mut sys::dcgmDeviceTopology_v2,
) -> sys::dcgmReturn_t {
    // SAFETY: both versions begin with this word.
    let version = unsafe { reply.cast::<c_uint>().read() };
    let size = if version == sys::dcgmDeviceTopology_v2::VERSION {
        size_of::<sys::dcgmDeviceTopology_v2>()
    } else {
        size_of::<sys::dcgmDeviceTopology_v1>()
    };
    // SAFETY: the struct has the version that it states.
    unsafe { fill(reply.cast(), size) }
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn select_gpus(
    _: sys::dcgmHandle_t,
    _: u64,
    _: c_uint,
    chosen: *mut u64,
    _: u64,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    unsafe { fill(chosen.cast(), size_of::<u64>()) }
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn switch_backend(
    _: sys::dcgmHandle_t,
    active: *mut bool,
    name: *mut c_char,
    length: c_uint,
) -> sys::dcgmReturn_t {
    // SAFETY: the caller states the capacity.
    let code = unsafe { fill(name.cast(), length as usize) };
    // SAFETY: the pointer of the caller is valid.
    unsafe { fill(active.cast(), 1) };
    code
}

/// # Safety
///
/// As for the DCGM function.
unsafe extern "C" fn engine_cpu(
    _: sys::dcgmHandle_t,
    usage: *mut sys::dcgmIntrospectCpuUtil_v1,
    _: c_int,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    unsafe { fill(usage.cast(), size_of::<sys::dcgmIntrospectCpuUtil_v1>()) }
}

/// # Safety
///
/// As for the DCGM function: a struct of one of both versions, of which the smaller one is read.
unsafe extern "C" fn set_severity(
    _: sys::dcgmHandle_t,
    settings: *mut sys::dcgmSettingsSetLoggingSeverity_v2,
) -> sys::dcgmReturn_t {
    // SAFETY: both versions have two words.
    let words = unsafe { core::slice::from_raw_parts(settings.cast::<c_int>(), 2) };
    assert_ne!(words[0], -1);
    script::with(Script::code)
}

fn check_cpus(cpus: &CpuSet, capacity: u32) {
    assert!(cpus.iter().all(|cpu| cpu < capacity), "{cpus}");
}

fn check_text(text: &str) {
    assert!(text.len() <= 256 && text::is_clean(text), "{text:?}");
}

/// Reads topology and attributes.
pub(super) fn topology() {
    let engine = engine();
    for is_large in [false, true] {
        let Ok(topology) = engine.device_topology(3, is_large) else {
            continue;
        };
        assert!(topology.paths.len() <= 31);
        check_cpus(&topology.cpu_affinity, 512);
        for path in &topology.paths {
            let most = if is_large { 56 } else { 24 };
            assert!(path.nvlinks <= most && path.local_links.len() <= 64);
        }
        drop(format!("{topology:?}"));
    }
    if let Ok(matrix) = engine.p2p_matrix() {
        assert!(matrix.gpus().len() <= 32);
        for (from, to) in matrix.gpus().iter().zip(matrix.gpus().iter().rev()) {
            let _ = matrix.status(*from, *to);
        }
    }
    let mask = 0x8000_0000_0000_0105;
    let (_, chosen) = engine.select_gpus(mask, 2, false);
    assert!(chosen.iter().all(|gpu| mask >> gpu & 1 == 1), "{chosen:?}");
    drop(
        engine
            .chip_architecture(3)
            .map(|found| format!("{found:?}")),
    );
    if let Ok((attributes, _)) = engine.gpu_attributes(3) {
        assert!(attributes.supported_clocks.len() <= 256);
        attributes
            .inforom_version
            .iter()
            .for_each(|text| check_text(text));
    }
    for socket in engine.cpu_sockets().unwrap_or_default() {
        check_cpus(&socket.cores, 1024);
        socket.serial.iter().for_each(|text| check_text(text));
    }
    if let Ok(backend) = engine.nvswitch_backend() {
        check_text(&backend.name);
    }
    if let Ok(attributes) = engine.vgpu_attributes(3) {
        let types = attributes.supported_types.unwrap_or_default();
        let counts = [
            attributes.active.map_or(0, |active| active.len()),
            attributes.creatable_types.map_or(0, |types| types.len()),
            types.len(),
        ];
        assert!(counts.iter().all(|count| *count <= 32), "{counts:?}");
        for one in types {
            let texts = [one.name, one.class, one.license];
            texts.iter().flatten().for_each(|text| check_text(text));
        }
    }
    if let Ok(vgpu) = engine.vgpu_instance_attributes(3) {
        let texts = [vgpu.vm_id, vgpu.vm_name, vgpu.uuid, vgpu.driver_version];
        texts.iter().flatten().for_each(|text| check_text(text));
    }
}

/// Reads the state of the engine and its metric groups.
pub(super) fn host_engine() {
    let engine = engine();
    let groups = engine.metric_groups(3).unwrap_or_default();
    assert!(groups.len() <= 10);
    assert!(groups.iter().all(|group| group.fields.len() <= 64));
    assert!(engine.modules().unwrap_or_default().len() <= 16);
    if let Ok(Some(usage)) = engine.engine_cpu() {
        let shares = [usage.total, usage.user, usage.kernel];
        assert!(
            shares
                .iter()
                .all(|share| *share >= 0.0 && share.is_finite())
        );
    }
    if let Ok(Some(value)) = engine.environment("CUDA_VISIBLE_DEVICES") {
        check_text(&value);
    }
    for is_versioned in [false, true] {
        drop(engine.set_log_severity(Logger::File, LogSeverity::Info, is_versioned));
    }
}
