//! Texts of codes. They are the simulator's own; only which codes have one is as in the real
//! library.

use core::ffi::{CStr, c_char};

use crate::Flavour;
use crate::engine::Code;
use crate::process::PROCESS;

/// By code, from 0 downwards.
static TEXTS: [Option<&CStr>; 68] = [
    Some(c"ok"),
    Some(c"bad parameter"),
    None,
    Some(c"generic error"),
    Some(c"out of memory"),
    Some(c"not configured"),
    Some(c"not supported"),
    Some(c"could not initialise"),
    Some(c"NVML error"),
    Some(c"pending"),
    Some(c"uninitialised"),
    Some(c"timeout"),
    Some(c"version mismatch"),
    Some(c"unknown field"),
    Some(c"no data"),
    Some(c"stale data"),
    Some(c"not watched"),
    Some(c"no permission"),
    Some(c"GPU is lost"),
    Some(c"reset required"),
    Some(c"function not found"),
    Some(c"connection not valid"),
    Some(c"GPU not supported"),
    Some(c"group incompatible"),
    Some(c"limit reached"),
    Some(c"library not found"),
    Some(c"duplicate key"),
    Some(c"GPU in a sync boost group"),
    Some(c"GPU not in a sync boost group"),
    Some(c"requires root"),
    Some(c"NVVS error"),
    Some(c"insufficient size"),
    Some(c"field not supported by this call"),
    Some(c"module not loaded"),
    Some(c"in use"),
    Some(c"group is empty"),
    Some(c"profiling not supported"),
    Some(c"profiling library error"),
    Some(c"profiling needs several passes"),
    Some(c"diagnostic already runs"),
    Some(c"diagnostic: bad JSON"),
    Some(c"diagnostic: bad launch"),
    Some(c"diagnostic: unused"),
    Some(c"diagnostic: threshold exceeded"),
    Some(c"driver too old"),
    Some(c"GPU instance not found"),
    Some(c"compute instance not found"),
    Some(c"child not killed"),
    Some(c"third-party library error"),
    Some(c"insufficient resources"),
    Some(c"plugin exception"),
    Some(c"NVVS isolate error"),
    Some(c"NVVS not found"),
    Some(c"NVVS killed"),
    Some(c"paused"),
    Some(c"already initialised"),
    Some(c"NVML not loaded"),
    Some(c"driver timeout"),
    Some(c"no such test"),
    Some(c"multi-node: no connection"),
    Some(c"multi-node: unauthorised"),
    Some(c"SSH failed"),
    Some(c"spawn failed"),
    Some(c"file error"),
    Some(c"child got a signal"),
    Some(c"caller already stopped"),
    Some(c"diagnostic stopped"),
    Some(c"GPUs detached"),
];

/// Null for a code that the release does not know.
pub fn error_string(code: Code) -> *const c_char {
    let old = PROCESS.flavour() == Flavour::V3_3;
    if old && (code < -57 || matches!(code, -45 | -46 | -54)) {
        return core::ptr::null();
    }
    let index = code
        .checked_neg()
        .and_then(|code| usize::try_from(code).ok());
    let text = index.and_then(|index| TEXTS.get(index).copied().flatten());
    text.map_or(core::ptr::null(), CStr::as_ptr)
}
