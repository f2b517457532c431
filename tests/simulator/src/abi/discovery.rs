//! Functions that list devices and entities.

use core::ffi::c_void;
use core::mem::offset_of;

use dcgm_sys::{
    Versioned, dcgmCpuHierarchy_v1, dcgmCpuHierarchy_v2, dcgmDeviceAttributes_v3,
    dcgmDeviceIdentifiers_v1, dcgmMigEntityInfo_t, dcgmMigHierarchy_v2, dcgmMigHierarchyInfo_v2,
    dcgmNvLinkStatus_v3, dcgmNvLinkStatus_v4, dcgmNvLinkStatus_v5,
};

use super::{Ptr, ask, check_version, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;
use crate::wire::Packet;

const MOST_GPUS: usize = 32;
const HUGE: i32 = 0x0fff_ffff;

pub fn all_devices(handle: usize, ids: Ptr<u32>, count: Ptr<i32>) -> Code {
    gpus("dcgmGetAllDevices", handle, ids, count)
}

pub fn all_supported_devices(handle: usize, ids: Ptr<u32>, count: Ptr<i32>) -> Code {
    gpus("dcgmGetAllSupportedDevices", handle, ids, count)
}

fn gpus(name: &str, handle: usize, ids: Ptr<u32>, count: Ptr<i32>) -> Code {
    run(|| {
        if ids.is_null() || count.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(handle, Op::Gpus, Vec::new()))?;
        let listed = reply.ints.len().min(MOST_GPUS);
        for index in 0..listed {
            ids.at(index).write(reply.word(index));
        }
        let listed = i32::try_from(listed).unwrap_or(i32::MAX);
        count.write(if faults::garbage(name) == Garbage::HugeCount {
            HUGE
        } else {
            listed
        });
        Ok(())
    })
}

pub fn entities(handle: usize, kind: u32, ids: Ptr<u32>, count: Ptr<i32>, flags: u32) -> Code {
    run(|| {
        if ids.is_null() || count.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(handle, Op::Entities, vec![kind.into(), flags.into()]))?;
        let room = usize::try_from(count.read().unwrap_or(0)).unwrap_or(0);
        let listed = reply.ints.len();
        if listed > PROCESS.flavour().entities() {
            return Err(st::INSUFFICIENT_SIZE);
        }
        if faults::garbage("dcgmGetEntityGroupEntities") == Garbage::HugeCount {
            count.write(HUGE);
            return Ok(());
        }
        if listed > room {
            count.write(i32::try_from(listed).unwrap_or(i32::MAX));
            return Err(st::INSUFFICIENT_SIZE);
        }
        for index in 0..listed {
            ids.at(index).write(reply.word(index));
        }
        count.write(i32::try_from(listed).unwrap_or(i32::MAX));
        Ok(())
    })
}

pub fn gpu_status(handle: usize, gpu: u32, status: Ptr<u32>) -> Code {
    word_of(handle, Op::GpuStatus, gpu, status)
}

pub fn chip_architecture(handle: usize, gpu: u32, architecture: Ptr<u32>) -> Code {
    word_of(handle, Op::Architecture, gpu, architecture)
}

fn word_of(handle: usize, op: Op, gpu: u32, out: Ptr<u32>) -> Code {
    run(|| {
        if out.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(handle, op, vec![gpu.into()]))?;
        out.write(reply.word(0));
        Ok(())
    })
}

pub fn device_attributes(
    handle: usize,
    gpu: u32,
    attributes: Ptr<dcgmDeviceAttributes_v3>,
) -> Code {
    run(|| {
        check_version(attributes, &[dcgmDeviceAttributes_v3::VERSION])?;
        let reply = ok(ask(handle, Op::Attributes, vec![gpu.into()]))?;
        write_attributes(attributes, &reply);
        Ok(())
    })
}

fn write_attributes(attributes: Ptr<dcgmDeviceAttributes_v3>, reply: &Packet) {
    /// Pairs of clocks follow.
    const NUMBERS: usize = 17;
    let words = |from: usize, to: usize, count: usize| {
        for index in 0..count {
            attributes
                .field::<u32>(to + 4 * index)
                .write(reply.word(from + index));
        }
    };
    let identifiers = offset_of!(dcgmDeviceAttributes_v3, identifiers);
    let texts = [
        offset_of!(dcgmDeviceIdentifiers_v1, brandName),
        offset_of!(dcgmDeviceIdentifiers_v1, deviceName),
        offset_of!(dcgmDeviceIdentifiers_v1, pciBusId),
        offset_of!(dcgmDeviceIdentifiers_v1, serial),
        offset_of!(dcgmDeviceIdentifiers_v1, uuid),
        offset_of!(dcgmDeviceIdentifiers_v1, vbios),
        offset_of!(dcgmDeviceIdentifiers_v1, inforomImageVersion),
        offset_of!(dcgmDeviceIdentifiers_v1, driverVersion),
    ];
    let garbage = faults::garbage("dcgmGetDeviceAttributes");
    for (index, offset) in texts.into_iter().enumerate() {
        let out = attributes.field::<u8>(identifiers + offset);
        super::records::write_text(out, reply.text(index), garbage);
    }
    let clocks = attributes.field::<u32>(offset_of!(dcgmDeviceAttributes_v3, clockSets));
    let pairs = reply.ints.len().saturating_sub(NUMBERS) / 2;
    clocks.at(1).write(if garbage == Garbage::HugeCount {
        u32::MAX
    } else {
        u32::try_from(pairs).unwrap_or(0)
    });
    for index in 0..pairs {
        // Each pair has a version word.
        let pair = clocks.at(2 + 3 * index);
        pair.at(1).write(reply.word(NUMBERS + 2 * index));
        pair.at(2).write(reply.word(NUMBERS + 2 * index + 1));
    }
    // Each part begins with a version word of its own.
    words(
        0,
        offset_of!(dcgmDeviceAttributes_v3, thermalSettings) + 4,
        2,
    );
    words(2, offset_of!(dcgmDeviceAttributes_v3, powerLimits) + 4, 5);
    words(
        7,
        identifiers + offset_of!(dcgmDeviceIdentifiers_v1, pciDeviceId),
        2,
    );
    words(
        9,
        identifiers + offset_of!(dcgmDeviceIdentifiers_v1, virtualizationMode),
        1,
    );
    words(10, offset_of!(dcgmDeviceAttributes_v3, memoryUsage) + 4, 4);
    words(14, offset_of!(dcgmDeviceAttributes_v3, settings) + 4, 3);
}

/// Zeroes the struct, its version word included.
pub fn instance_hierarchy(handle: usize, hierarchy: Ptr<dcgmMigHierarchy_v2>) -> Code {
    run(|| {
        check_version(hierarchy, &[dcgmMigHierarchy_v2::VERSION])?;
        let reply = ok(ask(handle, Op::Hierarchy, Vec::new()))?;
        hierarchy
            .cast::<u8>()
            .write_bytes(&vec![0; size_of::<dcgmMigHierarchy_v2>()]);
        let rows = reply.texts.len().min(448);
        let huge = faults::garbage("dcgmGetGpuInstanceHierarchy") == Garbage::HugeCount;
        let count = if huge {
            u32::MAX
        } else {
            u32::try_from(rows).unwrap_or(0)
        };
        hierarchy.cast::<u32>().at(1).write(count);
        for index in 0..rows {
            let row = hierarchy.field::<u8>(8 + index * size_of::<dcgmMigHierarchyInfo_v2>());
            for word in 0..4 {
                row.field::<u32>(4 * word)
                    .write(reply.word(9 * index + word));
            }
            let info = row.field::<u8>(offset_of!(dcgmMigHierarchyInfo_v2, info));
            info.write_text(reply.text(index), 128);
            for word in 0..5 {
                let offset = offset_of!(dcgmMigEntityInfo_t, nvmlGpuIndex) + 4 * word;
                info.field::<u32>(offset)
                    .write(reply.word(9 * index + 4 + word));
            }
        }
        Ok(())
    })
}

/// Returns the capacity for links of a GPU and of a switch in a version of the struct.
const LINK_STRUCTS: [(u32, usize, usize); 3] = [
    (dcgmNvLinkStatus_v3::VERSION, 18, 64),
    (dcgmNvLinkStatus_v4::VERSION, 18, 256),
    (dcgmNvLinkStatus_v5::VERSION, 36, 256),
];

pub fn link_status(handle: usize, status: Ptr<c_void>) -> Code {
    run(|| {
        let allowed = match PROCESS.flavour() {
            Flavour::V4_6 => LINK_STRUCTS.get(1..),
            Flavour::V3_3 => LINK_STRUCTS.get(..1),
        };
        let words = status.cast::<u32>();
        let version = words.read().ok_or(st::BADPARAM)?;
        let found = allowed
            .unwrap_or_default()
            .iter()
            .find(|row| row.0 == version);
        let &(_, per_gpu, per_switch) = found.ok_or(st::VER_MISMATCH)?;
        let reply = ok(ask(handle, Op::Links, Vec::new()))?;
        let mut next = 0;
        let mut texts = reply.texts.iter();
        let mut at = 1;
        for (room, links) in [(MOST_GPUS, per_gpu), (12, per_switch)] {
            let count = reply.word(next) as usize;
            next += 1;
            let huge = faults::garbage("dcgmGetNvLinkLinkStatus") == Garbage::HugeCount;
            words.at(at).write(if huge {
                u32::MAX
            } else {
                u32::try_from(count.min(room)).unwrap_or(0)
            });
            at += 1;
            for index in 0..count {
                let bytes = texts.next();
                if index < room {
                    let row = words.at(at + index * (1 + links));
                    row.write(reply.word(next));
                    for link in 0..links {
                        let state = bytes
                            .and_then(|bytes| bytes.get(link))
                            .copied()
                            .unwrap_or(0);
                        row.at(1 + link).write(state.into());
                    }
                }
                next += 1;
            }
            at += room * (1 + links);
        }
        Ok(())
    })
}

pub fn cpu_hierarchy(handle: usize, hierarchy: Ptr<dcgmCpuHierarchy_v1>) -> Code {
    run(|| {
        check_version(hierarchy, &[dcgmCpuHierarchy_v1::VERSION])?;
        write_cpus(
            handle,
            hierarchy.cast(),
            size_of::<dcgmCpuHierarchy_v1>(),
            false,
        )
    })
}

pub fn cpu_hierarchy_v2(handle: usize, hierarchy: Ptr<dcgmCpuHierarchy_v2>) -> Code {
    run(|| {
        check_version(hierarchy, &[dcgmCpuHierarchy_v2::VERSION])?;
        write_cpus(
            handle,
            hierarchy.cast(),
            size_of::<dcgmCpuHierarchy_v2>(),
            true,
        )
    })
}

fn write_cpus(handle: usize, hierarchy: Ptr<u8>, size: usize, serial: bool) -> Result<(), Code> {
    const MOST_CPUS: usize = 8;
    /// After the number, the version word and 16 words of cores.
    const SERIAL: usize = 8 + 136;
    let reply = ok(ask(handle, Op::Cpus, Vec::new()))?;
    let count = reply.ints.len().min(MOST_CPUS);
    hierarchy
        .field::<u32>(4)
        .write(u32::try_from(count).unwrap_or(0));
    let row_size = (size - 8) / MOST_CPUS;
    for index in 0..count {
        let row = hierarchy.field::<u8>(8 + index * row_size);
        row.write_bytes(&vec![0; row_size]);
        row.field::<u32>(0).write(reply.word(index));
        // Owned cores: a version word, then a bit a core, from the next multiple of 8.
        let bits = row.field::<u64>(16);
        for core in reply.text(index).chunks_exact(4) {
            let Ok(core) = <[u8; 4]>::try_from(core) else {
                continue;
            };
            let core = u32::from_le_bytes(core) as usize;
            let word = bits.at(core / 64);
            word.write(word.read().unwrap_or(0) | 1 << (core % 64));
        }
        if serial {
            let text = format!("0x0000000017812345{index:016}");
            row.field::<u8>(SERIAL).write_text(text.as_bytes(), 256);
        }
    }
    Ok(())
}

pub fn set_link_state(handle: usize, state: Ptr<dcgm_sys::dcgmSetNvLinkLinkState_v1>) -> Code {
    run(|| {
        check_version(state, &[dcgm_sys::dcgmSetNvLinkLinkState_v1::VERSION])?;
        let word = |index| state.cast::<u32>().at(index).read().unwrap_or(0);
        let ints = [1, 2, 3, 4].map(|index| i64::from(word(index)));
        ok(ask(handle, Op::SetLink, ints.to_vec())).map(drop)
    })
}

pub fn group_ids_count(handle: usize, ids: Ptr<usize>, count: Ptr<u32>) -> Code {
    run(|| {
        if ids.is_null() || count.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(handle, Op::GroupIds, Vec::new()))?;
        let listed = reply.ints.len().min(64);
        for index in 0..listed {
            ids.at(index)
                .write(usize::try_from(reply.long(index)).unwrap_or(0));
        }
        count.write(u32::try_from(listed).unwrap_or(0));
        Ok(())
    })
}
