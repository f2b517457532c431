//! Faults on demand, a C function each; and how often each was called.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::engine::Code;
use crate::process::PROCESS;

/// The behavior of a function instead of its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Answers a code.
    Code(i32),
    /// Does its work after a delay.
    Delay(Duration),
    /// Does not answer until its handle is disconnected, and then -21. Functions without a handle
    /// hang forever.
    HangUntilDisconnected,
    /// Does not answer until [`Control::release`](crate::Control::release).
    Hang,
}

/// The values of a function in place of valid ones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[repr(u32)]
pub enum Garbage {
    /// Nothing wrong.
    #[default]
    None = 0,
    /// Fractions are NaN.
    Nan = 1,
    /// The type of a value is another one.
    WrongType = 2,
    /// Text fills its buffer, without a NUL.
    Unterminated = 3,
    /// Text is no UTF-8.
    InvalidUtf8 = 4,
    /// Text holds control characters.
    ControlCharacters = 5,
    /// Fewer records than were asked for.
    TooFew = 6,
    /// Records of an entity that was not requested.
    UnknownEntity = 7,
    /// Records of a field that was not requested.
    UnknownField = 8,
    /// Each record twice (callbacks), or the first in place of each (arrays).
    Duplicate = 9,
    /// Times of 0.
    NoTime = 10,
    /// Times far in the future.
    Future = 11,
    /// Times before 1970.
    Negative = 12,
    /// Counts larger than any buffer.
    HugeCount = 13,
    /// Version words that do not exist.
    WrongVersion = 14,
    /// Fractions are infinite.
    Infinite = 15,
    /// Whole numbers are the largest and fractions minus zero.
    Extreme = 16,
    /// A type that DCGM does not have.
    UnknownType = 17,
    /// Statuses that DCGM does not have.
    UnknownStatus = 18,
}

impl Garbage {
    const ALL: [Self; 19] = [
        Self::None,
        Self::Nan,
        Self::WrongType,
        Self::Unterminated,
        Self::InvalidUtf8,
        Self::ControlCharacters,
        Self::TooFew,
        Self::UnknownEntity,
        Self::UnknownField,
        Self::Duplicate,
        Self::NoTime,
        Self::Future,
        Self::Negative,
        Self::HugeCount,
        Self::WrongVersion,
        Self::Infinite,
        Self::Extreme,
        Self::UnknownType,
        Self::UnknownStatus,
    ];

    /// Every kind but none.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::ALL.get(1..).unwrap_or_default()
    }

    pub(crate) fn from_raw(raw: u32) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|garbage| *garbage as u32 == raw)
    }
}

#[derive(Default)]
struct Faults {
    calls: HashMap<&'static str, u64>,
    set: HashMap<String, (Fault, u32)>,
    garbage: HashMap<String, Garbage>,
    hanging: u64,
    /// Hangs of an earlier number end.
    released: u64,
}

static FAULTS: LazyLock<(Mutex<Faults>, Condvar)> = LazyLock::new(Default::default);

/// Counts a call, and acts out its fault. `Some`: answer this.
pub(crate) fn apply(name: &'static str, handle: u64) -> Option<Code> {
    crate::harmful::act(name);
    let (lock, changed) = &*FAULTS;
    let mut faults = lock.lock();
    *faults.calls.entry(name).or_default() += 1;
    let (fault, left) = faults.set.get_mut(name)?;
    let fault = *fault;
    *left = left.saturating_sub(1);
    if *left == 0 {
        faults.set.remove(name);
    }
    match fault {
        Fault::Code(code) => Some(code),
        Fault::Delay(delay) => {
            drop(faults);
            thread::sleep(delay);
            None
        }
        Fault::HangUntilDisconnected | Fault::Hang => {
            let cancellable = fault == Fault::HangUntilDisconnected && handle != 0;
            let number = faults.released;
            faults.hanging += 1;
            changed.notify_all();
            let code = loop {
                if faults.released != number {
                    break None;
                }
                if cancellable && PROCESS.is_dead(handle) {
                    break Some(crate::engine::st::CONNECTION_NOT_VALID);
                }
                changed.wait_for(&mut faults, Duration::from_millis(1));
            };
            faults.hanging -= 1;
            code
        }
    }
}

/// A fault for the next calls; 0 calls: no fault.
pub(crate) fn set(name: &str, fault: Fault, calls: u32) {
    let mut faults = FAULTS.0.lock();
    if calls == 0 {
        faults.set.remove(name);
    } else {
        faults.set.insert(name.to_owned(), (fault, calls));
    }
}

pub(crate) fn set_garbage(name: &str, garbage: Garbage) {
    FAULTS.0.lock().garbage.insert(name.to_owned(), garbage);
}

pub(crate) fn garbage(name: &str) -> Garbage {
    FAULTS
        .0
        .lock()
        .garbage
        .get(name)
        .copied()
        .unwrap_or_default()
}

pub(crate) fn clear() {
    let mut faults = FAULTS.0.lock();
    faults.set.clear();
    faults.garbage.clear();
    faults.released += 1;
    FAULTS.1.notify_all();
}

pub(crate) fn release() {
    FAULTS.0.lock().released += 1;
    FAULTS.1.notify_all();
}

pub(crate) fn hanging() -> u64 {
    FAULTS.0.lock().hanging
}

pub(crate) fn calls(name: &str) -> u64 {
    let faults = FAULTS.0.lock();
    match name {
        "" => faults.calls.values().sum(),
        name => faults.calls.get(name).copied().unwrap_or(0),
    }
}

pub(crate) fn reset_calls() {
    FAULTS.0.lock().calls.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lasts_for_the_given_number_of_calls() {
        set("of two calls", Fault::Code(-3), 2);
        let answers: Vec<_> = (0..3).map(|_| apply("of two calls", 1)).collect();
        assert_eq!(answers, [Some(-3), Some(-3), None]);
        assert_eq!(calls("of two calls"), 3);
    }

    #[test]
    fn a_hang_until_disconnected_ends_with_its_handle() {
        // A handle that was never issued is treated like a disconnected one.
        set("hangs", Fault::HangUntilDisconnected, 1);
        assert_eq!(apply("hangs", 12_345), Some(-21));
        assert_eq!(apply("hangs", 12_345), None);
    }
}
