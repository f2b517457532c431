//! Topology, and the choice of GPUs by it.

use core::ffi::{c_char, c_void};

use dcgm_sys::{
    Versioned, dcgmDeviceTopology_v1, dcgmDeviceTopology_v2, dcgmNvLinkP2PStatus_v1,
    dcgmVgpuDeviceAttributes_v7, dcgmVgpuInstanceAttributes_v1,
};

use super::{Ptr, ask, check_version, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;
use crate::wire::Packet;

const MOST_PATHS: usize = 31;
const MOST_GPUS: usize = 32;
/// Version word, CPUs, count.
const PATHS: usize = 8 + 8 * 8 + 8;

/// 3.3 does not look at the version word, and writes the older struct.
pub fn device_topology(handle: usize, gpu: u32, topology: Ptr<c_void>) -> Code {
    run(|| {
        let (old, new) = (
            dcgmDeviceTopology_v1::VERSION,
            dcgmDeviceTopology_v2::VERSION,
        );
        let large = match PROCESS.flavour() {
            Flavour::V4_6 => check_version(topology.cast::<u32>(), &[old, new])? == new,
            Flavour::V3_3 if topology.is_null() => return Err(st::BADPARAM),
            Flavour::V3_3 => false,
        };
        let reply = ok(ask(handle, Op::Topology, vec![gpu.into()]))?;
        write_topology(topology.cast(), &reply, large);
        Ok(())
    })
}

fn write_topology(topology: Ptr<u8>, reply: &Packet, large: bool) {
    for word in 0..8 {
        topology.field::<u64>(8 + 8 * word).write(reply.long(word));
    }
    let count = (reply.ints.len().saturating_sub(8) / 3).min(MOST_PATHS);
    let huge = faults::garbage("dcgmGetDeviceTopology") == Garbage::HugeCount;
    topology.field::<u32>(72).write(if huge {
        u32::MAX
    } else {
        u32::try_from(count).unwrap_or(0)
    });
    for index in 0..count {
        let at = 8 + 3 * index;
        if large {
            let row = topology.field::<u8>(PATHS + 24 * index);
            row.field::<u32>(0).write(reply.word(at));
            row.field::<u64>(8).write(reply.long(at + 1));
            row.field::<u64>(16).write(reply.long(at + 2));
        } else {
            let row = topology.field::<u32>(76 + 12 * index);
            for word in 0..3 {
                row.at(word).write(reply.word(at + word));
            }
        }
    }
}

pub fn select_gpus(handle: usize, mask: u64, count: u32, chosen: Ptr<u64>, hints: u64) -> Code {
    run(|| {
        if chosen.is_null() {
            return Err(st::BADPARAM);
        }
        let signed = |bits: u64| i64::from_ne_bytes(bits.to_ne_bytes());
        let ints = vec![signed(mask), count.into(), signed(hints)];
        let reply = ask(handle, Op::SelectGpus, ints)?;
        // It is written with an error, too.
        chosen.write(reply.long(0));
        if reply.code == st::OK {
            Ok(())
        } else {
            Err(reply.code)
        }
    })
}

pub fn peer_status(handle: usize, status: Ptr<dcgmNvLinkP2PStatus_v1>) -> Code {
    run(|| {
        check_version(status, &[dcgmNvLinkP2PStatus_v1::VERSION])?;
        let reply = ok(ask(handle, Op::PeerStatus, Vec::new()))?;
        let words = status.cast::<u32>();
        let count = reply.ints.len().min(MOST_GPUS);
        let huge = faults::garbage("dcgmGetNvLinkP2PStatus") == Garbage::HugeCount;
        words.at(1).write(if huge {
            u32::MAX
        } else {
            u32::try_from(count).unwrap_or(0)
        });
        for index in 0..count {
            let row = words.at(2 + index * (1 + MOST_GPUS));
            row.write(reply.word(index));
            for (column, state) in reply.text(index).iter().enumerate() {
                row.at(1 + column).write(u32::from(*state));
            }
        }
        Ok(())
    })
}

/// Looks at no pointer, and writes through each.
pub fn switch_backend(handle: usize, active: Ptr<bool>, name: Ptr<c_char>, length: u32) -> Code {
    const LEAST: u32 = 6;
    run(|| {
        if length < LEAST {
            return Err(st::INSUFFICIENT_SIZE);
        }
        if active.is_null() || name.is_null() {
            PROCESS
                .crashes
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return Err(st::CONNECTION_NOT_VALID);
        }
        let reply = ok(ask(handle, Op::SwitchBackend, Vec::new()))?;
        active.write(reply.word(0) != 0);
        name.cast::<u8>().write_text(reply.text(0), length as usize);
        Ok(())
    })
}

/// For a fake GPU, and with an error, it hands out what was in memory.
pub fn vgpu_attributes(
    handle: usize,
    gpu: u32,
    attributes: Ptr<dcgmVgpuDeviceAttributes_v7>,
) -> Code {
    const COUNTS: [usize; 3] = [
        core::mem::offset_of!(dcgmVgpuDeviceAttributes_v7, activeVgpuInstanceCount),
        core::mem::offset_of!(dcgmVgpuDeviceAttributes_v7, creatableVgpuTypeCount),
        core::mem::offset_of!(dcgmVgpuDeviceAttributes_v7, supportedVgpuTypeCount),
    ];
    const UTILIZATION: usize = core::mem::offset_of!(dcgmVgpuDeviceAttributes_v7, gpuUtil);
    run(|| {
        check_version(attributes, &[dcgmVgpuDeviceAttributes_v7::VERSION])?;
        let reply = ask(handle, Op::VgpuAttributes, vec![gpu.into()])?;
        if reply.code == st::NVML_NOT_LOADED {
            return Err(reply.code);
        }
        let is_real = reply.word(0) != 0;
        let counts = if is_real {
            [0; 3]
        } else {
            [16_783_616, 16_783_616, 4_127_322_722]
        };
        for (offset, count) in COUNTS.into_iter().zip(counts) {
            attributes.field::<u32>(offset).write(count);
        }
        for word in 0..4 {
            let value = if is_real { 0 } else { 0xffff_fff0 };
            attributes.field::<u32>(UTILIZATION + 4 * word).write(value);
        }
        if reply.code == st::OK {
            Ok(())
        } else {
            Err(reply.code)
        }
    })
}

/// Knows no vGPU, and says so by blanks alone.
pub fn vgpu_instance_attributes(
    handle: usize,
    vgpu: u32,
    attributes: Ptr<dcgmVgpuInstanceAttributes_v1>,
) -> Code {
    use core::mem::offset_of;
    type Attributes = dcgmVgpuInstanceAttributes_v1;
    const BLANK: &[u8] = b"<<<NULL>>>";
    const ROOM: usize = 80;
    /// The beginning of the blank text.
    const GARBAGE: u32 = u32::from_le_bytes(*b"<<<N");
    run(|| {
        check_version(attributes, &[Attributes::VERSION])?;
        ok(ask(handle, Op::Healthy, vec![vgpu.into()]))?;
        for offset in [
            offset_of!(Attributes, vmId),
            offset_of!(Attributes, vmName),
            offset_of!(Attributes, vgpuUuid),
            offset_of!(Attributes, vgpuDriverVersion),
        ] {
            attributes.field::<u8>(offset).write_text(BLANK, ROOM);
        }
        for (offset, number) in [
            (offset_of!(Attributes, vgpuTypeId), 0xffff_fff0),
            (offset_of!(Attributes, fbUsage), 0xffff_fff0),
            (offset_of!(Attributes, licenseStatus), GARBAGE),
            (offset_of!(Attributes, frameRateLimit), 0xffff_fff0),
        ] {
            attributes.field::<u32>(offset).write(number);
        }
        Ok(())
    })
}
