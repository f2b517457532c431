//! Texts of codes. They are the simulator's own; only which codes have one is as in the real
//! library.

use core::ffi::{CStr, c_char, c_int};
use std::sync::LazyLock;

use dcgm_sys::dcgm_error_meta_t;

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

/// Priority and category of each code of an incident, from 0 on. The texts are the simulator's own.
#[rustfmt::skip] // Ten in a line.
const INCIDENTS: [(c_int, c_int); 133] = [
    (3, 0), (3, 0), (3, 0), (2, 13), (2, 10), (1, 10), (6, 10), (2, 10), (2, 10), (4, 15),
    (1, 9), (1, 14), (1, 14), (2, 11), (4, 11), (2, 12), (1, 12), (1, 12), (5, 8), (1, 4),
    (5, 8), (3, 16), (4, 4), (5, 3), (2, 4), (6, 8), (1, 16), (1, 16), (5, 6), (5, 8),
    (4, 13), (4, 13), (1, 16), (2, 15), (1, 2), (2, 2), (2, 2), (4, 16), (2, 1), (2, 1),
    (1, 9), (1, 9), (1, 9), (1, 15), (4, 16), (4, 13), (5, 13), (5, 8), (5, 3), (4, 16),
    (4, 1), (1, 6), (2, 10), (1, 16), (4, 6), (5, 10), (4, 8), (2, 10), (2, 10), (4, 6),
    (5, 10), (1, 10), (4, 1), (4, 14), (4, 8), (4, 8), (4, 6), (4, 16), (5, 3), (1, 8),
    (2, 11), (2, 11), (5, 14), (4, 8), (1, 3), (1, 10), (1, 15), (4, 8), (5, 8), (2, 10),
    (6, 10), (2, 5), (5, 3), (6, 10), (6, 10), (6, 10), (2, 15), (2, 15), (2, 11), (4, 7),
    (4, 7), (4, 7), (4, 7), (4, 7), (4, 7), (2, 7), (5, 3), (4, 16), (2, 13), (4, 11),
    (4, 11), (4, 5), (2, 10), (2, 10), (2, 13), (2, 10), (2, 10), (2, 13), (1, 6), (2, 5),
    (4, 2), (2, 10), (5, 6), (2, 13), (2, 13), (2, 11), (2, 11), (5, 3), (2, 10), (2, 11),
    (2, 15), (2, 11), (2, 8), (1, 11), (4, 8), (6, 15), (2, 15), (6, 15), (6, 15), (6, 15),
    (4, 8), (1, 5), (4, 10),
];

/// The descriptions of the codes.
static DESCRIPTIONS: LazyLock<Vec<Description>> = LazyLock::new(|| {
    let rows = INCIDENTS.iter().zip(0..);
    rows.map(|((severity, category), code)| {
        Description(dcgm_error_meta_t {
            errorId: code,
            msgFormat: c"GPU %u has an incident".as_ptr(),
            suggestion: c"look at it".as_ptr(),
            severity: *severity,
            category: *category,
        })
    })
    .collect()
});

struct Description(dcgm_error_meta_t);

// SAFETY: the pointers are to constants.
unsafe impl Send for Description {}
// SAFETY: as above.
unsafe impl Sync for Description {}

/// Null for a code that the library does not know.
pub fn error_meta(code: u32) -> *const dcgm_error_meta_t {
    let description = DESCRIPTIONS.get(code as usize);
    description.map_or(core::ptr::null(), |description| &raw const description.0)
}
