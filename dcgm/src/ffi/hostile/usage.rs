//! Arbitrary responses about jobs, processes and the cache of samples.

use core::ffi::{c_char, c_int, c_uint, c_ushort};

use dcgm_sys as sys;

use super::super::{GroupId, Plain};
use super::script::{self, Script};
use super::{check_text, engine, text};
use crate::entity::EntityId;
use crate::field::FieldId;
use crate::history::SampleOrder;
use crate::usage::{GpuUsage, MinMaxMean};

const GPU: EntityId = EntityId::gpu(1);

/// Reads one of the responses, and checks what holds for each.
pub(super) fn exercise() {
    let field = FieldId::from_raw(script::with(Script::field));
    match script::with(Script::byte) % 6 {
        0 => {
            let Ok(stats) = engine().job_stats("job") else {
                return;
            };
            assert!(stats.gpus.len() + stats.damaged_gpus <= 32);
            for gpu in &stats.gpus {
                check_usage(&gpu.usage);
                gpu.power_watts.iter().for_each(check_summary);
                for processes in [&gpu.compute_processes, &gpu.graphics_processes] {
                    assert!(processes.len() <= 16);
                    let shares = processes.iter().flat_map(|process| {
                        let memory = process.memory_utilization_percent;
                        [process.sm_utilization_percent, memory]
                    });
                    shares.flatten().for_each(check_share);
                }
            }
            drop(format!("{:?}", (stats.total(), stats.duration())));
        }
        1 => {
            let Ok(stats) = engine().process_stats(GroupId(1), 7) else {
                return;
            };
            assert!(stats.gpus.len() + stats.damaged_gpus <= 32);
            for gpu in &stats.gpus {
                check_usage(&gpu.usage);
                let memory = gpu.all_processes_memory_utilization_percent;
                let shares = [gpu.all_processes_sm_utilization_percent, memory];
                shares.into_iter().flatten().for_each(check_share);
                assert!(gpu.other_compute_pids.len() <= 16);
                assert!(gpu.other_graphics_pids.len() <= 16);
            }
            drop(format!("{:?}", stats.energy_joules()));
        }
        2 => drop(
            engine()
                .field_summary(GPU, field, (0, 0))
                .map(|summary| format!("{summary:?}")),
        ),
        3 => {
            let max = usize::from(script::with(Script::byte)) + 1;
            let order = SampleOrder::NewestFirst;
            let Ok(samples) = engine().history(1, field, (0, 0), order, max) else {
                return;
            };
            assert!(samples.len() <= max);
            for sample in &samples {
                assert_eq!((sample.entity, sample.field), (GPU, field));
                check_text(&sample);
            }
        }
        4 => {
            let Ok(Some(watchers)) = engine().field_watchers(GPU, field) else {
                return;
            };
            assert!(watchers.watchers.len() <= 10);
            assert!(watchers.oldest.micros() >= 0 && watchers.newest.micros() >= 0);
            drop(format!("{watchers:?}"));
        }
        _ => {
            let ids = engine().group_ids().unwrap_or_default();
            assert!(ids.len() <= 72);
            for large in [true, false] {
                let Ok(info) = engine().group_info(GroupId(1), large) else {
                    continue;
                };
                assert!(info.name.len() <= 256 && !info.name.contains(&0));
                assert!(info.members.len() <= if large { 1024 } else { 64 });
            }
            let Ok(Some(meta)) = engine().dcgm().field_meta(field) else {
                return;
            };
            let short = meta.short_name.as_deref().unwrap_or_default();
            for shown in [&*meta.tag, short, meta.unit.as_deref().unwrap_or_default()] {
                assert!(text::is_clean(shown), "{shown:?}");
            }
        }
    }
}

fn check_share(share: f64) {
    assert!((0.0..=100.0).contains(&share), "{share}");
}

fn check_summary(summary: &MinMaxMean) {
    let numbers = [summary.min, summary.max, summary.mean];
    assert!(
        numbers.iter().all(|number| number.is_finite()),
        "{summary:?}"
    );
}

fn check_usage(usage: &GpuUsage) {
    assert!(usage.energy_joules.is_none_or(|energy| energy >= 0.0));
    assert!(usage.xid_times.len() <= 10 && usage.xid_times.is_sorted());
    let summaries = [
        usage.sm_utilization_percent,
        usage.memory_utilization_percent,
        usage.sm_clock_mhz,
        usage.memory_clock_mhz,
        usage.pcie_rx_kb_per_second,
        usage.pcie_tx_kb_per_second,
    ];
    summaries.iter().flatten().for_each(check_summary);
}

/// Fills a struct with numbers that break programs; the version word stays.
fn fill<T: Plain>(script: &mut Script, into: &mut T) {
    let start = core::ptr::from_mut(into).cast::<u8>();
    // SAFETY: the memory of the struct, whose members are numbers: any bytes are valid.
    let bytes = unsafe { core::slice::from_raw_parts_mut(start, size_of::<T>()) };
    // Most members are 8 bytes, at a multiple of that.
    let numbers = bytes.chunks_exact_mut(8).skip(1);
    numbers.for_each(|number| number.copy_from_slice(&script.number()));
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn job(
    _: sys::dcgmHandle_t,
    _: *mut c_char,
    info: *mut sys::dcgmJobInfo_v3,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let info = unsafe { &mut *info };
    script::with(|script| {
        fill(script, info);
        info.numGpus = c_int::from_ne_bytes(script.count(32).to_ne_bytes());
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn process(
    _: sys::dcgmHandle_t,
    _: sys::dcgmGpuGrp_t,
    info: *mut sys::dcgmPidInfo_v2,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let info = unsafe { &mut *info };
    script::with(|script| {
        fill(script, info);
        info.numGpus = c_int::from_ne_bytes(script.count(32).to_ne_bytes());
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn summary(
    _: sys::dcgmHandle_t,
    request: *mut sys::dcgmFieldSummaryRequest_v1,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let request = unsafe { &mut *request };
    script::with(|script| {
        fill(script, request);
        request.response.fieldType = script.kind().into();
        request.response.summaryCount = script.count(7);
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn values(
    _: sys::dcgmHandle_t,
    gpu: c_int,
    field: c_ushort,
    count: *mut c_int,
    _: i64,
    _: i64,
    _: sys::dcgmOrder_t,
    values: *mut sys::dcgmFieldValue_v1,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid, and states the capacity.
    let room = usize::try_from(unsafe { count.read() }).unwrap_or(0);
    assert!(room > 0, "an engine of 3.3.9 crashes");
    let entity = EntityId::gpu(gpu.unsigned_abs());
    for at in 0..room.min(4) {
        let (record, version) = script::with(|script| {
            let field = if script.byte() > 240 {
                script.field()
            } else {
                field
            };
            (script.record(entity, field), script.byte())
        });
        // SAFETY: within the capacity.
        let to = unsafe { values.add(at) };
        // SAFETY: as above.
        unsafe { to.write(super::library::value(&record, version)) };
    }
    script::with(|script| {
        let said = script.count(u32::try_from(room).unwrap_or(0));
        // SAFETY: the pointer of the caller is valid.
        unsafe { count.write(c_int::from_ne_bytes(said.to_ne_bytes())) };
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn watchers(
    _: sys::dcgmHandle_t,
    info: *mut sys::dcgmCacheManagerFieldInfo_v4_t,
) -> sys::dcgmReturn_t {
    // SAFETY: the pointer of the caller is valid.
    let info = unsafe { &mut *info };
    script::with(|script| {
        fill(script, info);
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn group_ids(
    _: sys::dcgmHandle_t,
    ids: *mut sys::dcgmGpuGrp_t,
    count: *mut c_uint,
) -> sys::dcgmReturn_t {
    script::with(|script| {
        for at in 0..sys::DCGM_MAX_NUM_GROUPS as usize {
            // SAFETY: the caller has room for as many groups as an engine can have.
            let to = unsafe { ids.add(at) };
            // SAFETY: as above.
            unsafe { to.write(usize::from(script.byte())) };
        }
        // SAFETY: the pointer of the caller is valid.
        unsafe { count.write(script.count(64)) };
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function: a struct of one of two versions, each of which begins with its version.
pub(super) unsafe extern "C" fn group_info(
    _: sys::dcgmHandle_t,
    _: sys::dcgmGpuGrp_t,
    info: *mut sys::dcgmGroupInfo_v3,
) -> sys::dcgmReturn_t {
    use sys::Versioned as _;
    // SAFETY: every version begins with this word.
    let version = unsafe { info.cast::<c_uint>().read() };
    script::with(|script| {
        if version == sys::dcgmGroupInfo_v3::VERSION {
            // SAFETY: the struct has the version that it states.
            fill(script, unsafe { &mut *info });
        } else {
            // SAFETY: as above.
            fill(script, unsafe {
                &mut *info.cast::<sys::dcgmGroupInfo_v2>()
            });
        }
        script.code()
    })
}

/// # Safety
///
/// As for the DCGM function.
pub(super) unsafe extern "C" fn meta(field: c_ushort) -> *const sys::dcgm_field_meta_t {
    script::with(|script| {
        if script.byte() > 200 {
            return core::ptr::null();
        }
        let mut texts = [[0; 48]; 3];
        for text in &mut texts {
            script.text(text);
        }
        let [tag, short, unit] = texts.map(|text| super::library::chars(&text));
        let mut format = sys::dcgm_field_output_format_t {
            shortName: [0; 10],
            unit: [0; 4],
            width: 3,
        };
        for (to, from) in format.shortName.iter_mut().zip(short) {
            *to = from;
        }
        for (to, from) in format.unit.iter_mut().zip(unit) {
            *to = from;
        }
        let format = if script.byte() > 200 {
            core::ptr::null_mut()
        } else {
            // As long as the process, as libdcgm's table. Only tests and the fuzzer get here.
            Box::leak(Box::new(format))
        };
        let [kind, _] = script.kind().to_ne_bytes();
        Box::leak(Box::new(sys::dcgm_field_meta_t {
            fieldId: field,
            fieldType: c_char::from_ne_bytes([kind]),
            size: 8,
            tag,
            scope: script.status(),
            nvmlFieldId: 0,
            entityLevel: script.pair().entityGroupId,
            valueFormat: format,
        }))
    })
}
