//! Starting, connecting, ending.

use core::ffi::c_char;
use std::sync::atomic::{AtomicUsize, Ordering};

use dcgm_sys::{
    DCGM_OPERATION_MODE_AUTO, DCGM_OPERATION_MODE_MANUAL, Versioned, dcgmConnectV2Params_v1,
    dcgmConnectV2Params_v2, dcgmConnectV3Params_v1, dcgmStartEmbeddedV2Params_v1,
    dcgmStartEmbeddedV2Params_v2, dcgmStartEmbeddedV2Params_v3,
};

use super::{Ptr, check_version, run};
use crate::Flavour;
use crate::engine::{Code, st};
use crate::net::Address;
use crate::process::{EMBEDDED, PROCESS};

pub fn init() -> Code {
    super::load_fields();
    PROCESS.init()
}

pub fn shutdown() -> Code {
    PROCESS.shutdown()
}

pub fn connect(address: Ptr<c_char>, handle: Ptr<usize>) -> Code {
    connect_to(address, handle, (0, false), |text| {
        Address::parse(text, false, PROCESS.flavour())
    })
}

/// Another thread may read the handle while the connect goes on, so it is written as an atomic.
fn tell(handle: Ptr<usize>, value: u64) {
    let value = usize::try_from(value).unwrap_or(usize::MAX);
    let pointer = handle.raw();
    if pointer.is_null() || !pointer.is_aligned() {
        handle.write(value);
        return;
    }
    // SAFETY: not null and aligned; valid for the call by `Ptr`'s invariant. An `AtomicUsize` has
    // the same form as the `usize` that is there.
    let shared = unsafe { AtomicUsize::from_ptr(pointer) };
    shared.store(value, Ordering::Release);
}

fn connect_to(
    address: Ptr<c_char>,
    handle: Ptr<usize>,
    (timeout_ms, persist): (u32, bool),
    parse: impl FnOnce(&str) -> Option<Address>,
) -> Code {
    if !PROCESS.is_initialized() {
        return st::UNINITIALIZED;
    }
    let Some(text) = address.text().filter(|_| !handle.is_null()) else {
        return st::BADPARAM;
    };
    match parse(&text) {
        Some(address) => PROCESS.connect(&address, timeout_ms, persist, |id| tell(handle, id)),
        None => st::BADPARAM,
    }
}

pub fn connect_v2(
    address: Ptr<c_char>,
    params: Ptr<dcgmConnectV2Params_v2>,
    handle: Ptr<usize>,
) -> Code {
    let (old, new) = (
        dcgmConnectV2Params_v1::VERSION,
        dcgmConnectV2Params_v2::VERSION,
    );
    if !PROCESS.is_initialized() {
        return st::UNINITIALIZED;
    }
    if address.is_null() || handle.is_null() {
        return st::BADPARAM;
    }
    let version = match check_version(params, &[old, new]) {
        Ok(version) => version,
        Err(code) => return code,
    };
    let word = |index| params.cast::<u32>().at(index).read().unwrap_or(0);
    let (timeout, unix) = if version == new {
        (word(2), word(3) != 0)
    } else {
        (0, false)
    };
    connect_to(address, handle, (timeout, word(1) != 0), |text| {
        Address::parse(text, unix, PROCESS.flavour())
    })
}

pub fn connect_v3(
    address: Ptr<c_char>,
    params: Ptr<dcgmConnectV3Params_v1>,
    handle: Ptr<usize>,
) -> Code {
    if !PROCESS.is_initialized() {
        return st::UNINITIALIZED;
    }
    if let Err(code) = check_version(params, &[dcgmConnectV3Params_v1::VERSION]) {
        return code;
    }
    let word = |index| params.cast::<u32>().at(index).read().unwrap_or(0);
    connect_to(address, handle, (word(2), word(1) != 0), Address::parse_uri)
}

pub fn disconnect(handle: usize) -> Code {
    PROCESS.disconnect(handle as u64)
}

pub fn start_embedded(mode: u32, handle: Ptr<usize>) -> Code {
    run(|| {
        if handle.is_null() {
            return Err(st::BADPARAM);
        }
        let started = start(mode, None)?;
        tell(handle, if started { EMBEDDED } else { 0 });
        Ok(())
    })
}

fn start(mode: u32, log: Option<String>) -> Result<bool, Code> {
    if !PROCESS.is_initialized() {
        return Err(st::UNINITIALIZED);
    }
    if mode != DCGM_OPERATION_MODE_AUTO && mode != DCGM_OPERATION_MODE_MANUAL {
        return Err(st::BADPARAM);
    }
    let log = log.or_else(|| std::env::var("__DCGM_DBG_FILE").ok());
    let log_file = log
        .clone()
        .unwrap_or_else(|| "/var/log/nv-hostengine.log".to_owned());
    let started = PROCESS.start_embedded(mode == DCGM_OPERATION_MODE_AUTO, Some(log_file))?;
    if started {
        leave_traces(log);
    }
    Ok(started)
}

/// Leaves the traces of a start in the process: another working directory, and a log file.
///
/// Unlike the real library it leaves no file in /var/log, where it would if it was given no other
/// place: it only says so.
fn leave_traces(log: Option<String>) {
    if let Some(home) = std::env::var_os("DCGM_HOME_DIR") {
        let _ = std::env::set_current_dir(home);
    }
    if let Some(path) = log {
        let opened = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        if let Ok(mut file) = opened {
            let _ = std::io::Write::write_all(&mut file, b"SIMULATED host engine started\n");
        }
    }
}

pub fn start_embedded_v2(params: Ptr<dcgmStartEmbeddedV2Params_v1>) -> Code {
    run(|| {
        if !PROCESS.is_initialized() {
            return Err(st::UNINITIALIZED);
        }
        let mut allowed = vec![
            dcgmStartEmbeddedV2Params_v1::VERSION,
            dcgmStartEmbeddedV2Params_v2::VERSION,
        ];
        if PROCESS.flavour() == Flavour::V4_6 {
            allowed.push(dcgmStartEmbeddedV2Params_v3::VERSION);
        }
        check_version(params, &allowed)?;
        // These members lie at the same places in all three.
        let mode = params.cast::<u32>().at(1).read().unwrap_or(0);
        let log = params
            .field::<Ptr<c_char>>(core::mem::offset_of!(dcgmStartEmbeddedV2Params_v1, logFile));
        let log = log.read().and_then(Ptr::text);
        if start(mode, log)? {
            let handle = core::mem::offset_of!(dcgmStartEmbeddedV2Params_v1, dcgmHandle);
            params.field::<u64>(handle).write(EMBEDDED);
        }
        Ok(())
    })
}

pub fn stop_embedded(handle: usize) -> Code {
    PROCESS.stop_embedded(handle as u64)
}
