//! The engine as a process: CPU time, environment, logs, modules that it must not load, its cache and
//! its driver.

use core::mem::offset_of;

use dcgm_sys::{
    Versioned, dcgmEnvVarInfo_v1, dcgmIntrospectCpuUtil_v1, dcgmSettingsSetLoggingSeverity_v2,
};

use super::{Ptr, ask, ask_packet, check_version, code_of, ok, run};
use crate::Flavour;
use crate::bits::Bits;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;
use crate::wire::Packet;

pub fn engine_cpu(handle: usize, usage: Ptr<dcgmIntrospectCpuUtil_v1>, wait: i32) -> Code {
    run(|| {
        check_version(usage, &[dcgmIntrospectCpuUtil_v1::VERSION])?;
        let reply = ok(ask(handle, Op::EngineCpu, vec![wait.into()]))?;
        for index in 0..3 {
            usage.field::<u64>(8).at(index).write(reply.long(index));
        }
        Ok(())
    })
}

/// The code says only that the engine answered; the result is in the struct.
pub fn environment(handle: usize, variable: Ptr<dcgmEnvVarInfo_v1>) -> Code {
    const ROOM: usize = 256;
    run(|| {
        check_version(variable, &[dcgmEnvVarInfo_v1::VERSION])?;
        let name = variable
            .field::<u8>(offset_of!(dcgmEnvVarInfo_v1, envVarName))
            .read_all(ROOM);
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let request = Packet {
            op: Op::Environment as u32,
            texts: vec![name.to_vec()],
            ..Packet::default()
        };
        let reply = ok(ask_packet(handle, request))?;
        let value = variable.field::<u8>(offset_of!(dcgmEnvVarInfo_v1, envVarValue));
        if faults::garbage("dcgmHostengineEnvironmentVariableInfo") == Garbage::Unterminated {
            value.write_bytes(&[b'x'; ROOM]);
        } else {
            value.write_text(reply.text(0), ROOM);
        }
        let result = reply.word(0).signed();
        variable
            .field::<i32>(offset_of!(dcgmEnvVarInfo_v1, ret))
            .write(result);
        Ok(())
    })
}

/// 3.3 has no version word, and takes what is there for the logger.
pub fn set_log_severity(handle: usize, settings: Ptr<dcgmSettingsSetLoggingSeverity_v2>) -> Code {
    run(|| {
        if settings.is_null() {
            PROCESS
                .crashes
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return Err(st::CONNECTION_NOT_VALID);
        }
        let words = settings.cast::<i32>();
        let from = match PROCESS.flavour() {
            Flavour::V4_6 => {
                check_version(settings, &[dcgmSettingsSetLoggingSeverity_v2::VERSION])?;
                1
            }
            Flavour::V3_3 => 0,
        };
        let word = |index| i64::from(words.at(index).read().unwrap_or(0));
        ok(ask(
            handle,
            Op::LogSeverity,
            vec![word(from), word(from + 1)],
        ))
        .map(drop)
    })
}

pub fn deny_module(handle: usize, module: u32) -> Code {
    code_of(ask(handle, Op::DenyModule, vec![module.into()]))
}

pub fn empty_cache(handle: usize) -> Code {
    code_of(ask(handle, Op::EmptyCache, Vec::new()))
}

pub fn detach_driver(handle: usize) -> Code {
    code_of(ask(handle, Op::DetachDriver, Vec::new()))
}

pub fn attach_driver(handle: usize) -> Code {
    code_of(ask(handle, Op::AttachDriver, Vec::new()))
}
