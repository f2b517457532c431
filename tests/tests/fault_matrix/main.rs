//! Every function of libdcgm that the telemetry path calls, with every answer that DCGM has, and
//! missing, slow and silent: through the client by itself and through a meter on it.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod bench;
mod codes;
mod late;
mod meter;
mod missing;
mod session;
mod shared_groups;
mod table;

use std::sync::Mutex;
use std::thread;

use dcgm::{ErrorClass, ReturnCode};
use dcgm_simulator::Flavour;

/// A process has one embedded engine.
static EMBEDDED: Mutex<()> = Mutex::new(());

/// All of it, and not only a choice.
fn is_long() -> bool {
    std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1")
}

/// Numbers that are no codes: DCGM has no -2, and nothing beyond its table.
const UNKNOWN: [i32; 5] = [-2, -68, 1, i32::MIN, i32::MAX];

/// Codes with a meaning of their own somewhere on the path.
const SPECIAL: [ReturnCode; 8] = [
    ReturnCode::FUNCTION_NOT_FOUND,
    ReturnCode::TIMEOUT,
    ReturnCode::MAX_LIMIT,
    ReturnCode::NVML_NOT_LOADED,
    ReturnCode::GENERIC_ERROR,
    ReturnCode::VER_MISMATCH,
    ReturnCode::CONNECTION_NOT_VALID,
    ReturnCode::UNINITIALIZED,
];

/// The codes to be answered.
fn codes() -> Vec<ReturnCode> {
    if is_long() { all_codes() } else { some_codes() }
}

fn all_codes() -> Vec<ReturnCode> {
    let mut codes: Vec<ReturnCode> = ReturnCode::ALL.to_vec();
    codes.extend(UNKNOWN.map(ReturnCode::from_raw));
    codes
}

/// One of each class, those with a meaning of their own, and one unknown.
fn some_codes() -> Vec<ReturnCode> {
    let mut codes = all_codes();
    let mut classes: Vec<Option<ErrorClass>> = Vec::new();
    codes.retain(|code| {
        let new = !classes.contains(&code.class());
        if new {
            classes.push(code.class());
        }
        new || SPECIAL.contains(code) || code.raw() == UNKNOWN[0]
    });
    codes
}

/// The releases; only the newest if one is enough.
fn flavours() -> &'static [Flavour] {
    if is_long() {
        &[Flavour::V4_6, Flavour::V3_3]
    } else {
        &[Flavour::V4_6]
    }
}

/// Has several threads do all of a list, and adds up what they answer.
fn share<T: Send>(threads: usize, work: Vec<T>, act: impl Fn(T) -> usize + Sync) -> usize {
    let work = Mutex::new(work);
    let next = || work.lock().expect("no thread panics with it").pop();
    let all = || {
        let mut done = 0;
        while let Some(one) = next() {
            done += act(one);
        }
        done
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(all)).collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum()
    })
}
