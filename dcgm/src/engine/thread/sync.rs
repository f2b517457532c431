//! Locks, atomics, threads and time: the real ones, or those of the thread models, in which the model
//! decides each switch of threads.

#[cfg(not(all(test, shuttle)))]
pub(super) use real::*;

#[cfg(all(test, shuttle))]
pub(super) use super::model::sync::*;

#[cfg(not(all(test, shuttle)))]
mod real {
    pub(in super::super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(in super::super) use std::thread;
    pub(in super::super) use std::time::Instant;

    pub(in super::super) use parking_lot::{Condvar, Mutex, MutexGuard};
}
