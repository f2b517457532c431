//! Versions, health of the engine, modules, memory.

use core::ffi::c_char;

use dcgm_sys::{
    Versioned, dcgmHostengineHealth_v1, dcgmIntrospectMemory_v1, dcgmModuleGetStatuses_v1,
    dcgmVersionInfo_v2,
};

use super::{Ptr, ask, check_version, ok, run};
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;

/// Room for the build string.
const BUILD: usize = 512;

fn write_build(info: Ptr<dcgmVersionInfo_v2>, text: &[u8]) {
    info.field::<u8>(4).write_text(text, BUILD);
}

pub fn version_info(info: Ptr<dcgmVersionInfo_v2>) -> Code {
    run(|| {
        check_version(info, &[dcgmVersionInfo_v2::VERSION])?;
        write_build(info, PROCESS.flavour().build_info().as_bytes());
        Ok(())
    })
}

/// Does not look at the version word.
pub fn engine_version_info(handle: usize, info: Ptr<dcgmVersionInfo_v2>) -> Code {
    run(|| {
        if info.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(handle, Op::Version, Vec::new()))?;
        write_build(info, reply.text(0));
        Ok(())
    })
}

pub fn is_healthy(handle: usize, health: Ptr<dcgmHostengineHealth_v1>) -> Code {
    run(|| {
        check_version(health, &[dcgmHostengineHealth_v1::VERSION])?;
        ok(ask(handle, Op::Healthy, Vec::new()))?;
        health.cast::<u32>().at(1).write(0);
        Ok(())
    })
}

pub fn module_statuses(handle: usize, statuses: Ptr<dcgmModuleGetStatuses_v1>) -> Code {
    run(|| {
        check_version(statuses, &[dcgmModuleGetStatuses_v1::VERSION])?;
        let reply = ok(ask(handle, Op::Modules, Vec::new()))?;
        let words = statuses.cast::<u32>();
        let mut count = 0;
        for index in 0..(reply.ints.len() / 2).min(16) {
            words.at(2 + 2 * index).write(reply.word(2 * index));
            words.at(3 + 2 * index).write(reply.word(2 * index + 1));
            count += 1;
        }
        let huge = faults::garbage("dcgmModuleGetStatuses") == Garbage::HugeCount;
        words.at(1).write(if huge { u32::MAX } else { count });
        Ok(())
    })
}

static MODULES: [&core::ffi::CStr; 11] = [
    c"Core",
    c"NvSwitch",
    c"VGPU",
    c"Introspection",
    c"Health",
    c"Policy",
    c"Config",
    c"Diag",
    c"Profiling",
    c"SysMon",
    c"MnDiag",
];

pub fn module_name(module: u32, name: Ptr<*const c_char>) -> Code {
    match MODULES.get(module as usize) {
        Some(text) if !name.is_null() => {
            name.write(text.as_ptr());
            st::OK
        }
        _ => st::BADPARAM,
    }
}

pub fn engine_memory(handle: usize, memory: Ptr<dcgmIntrospectMemory_v1>, _wait: i32) -> Code {
    run(|| {
        check_version(memory, &[dcgmIntrospectMemory_v1::VERSION])?;
        ok(ask(handle, Op::Memory, Vec::new()))?;
        memory
            .field::<i64>(core::mem::offset_of!(dcgmIntrospectMemory_v1, bytesUsed))
            .write(20 << 20);
        Ok(())
    })
}
