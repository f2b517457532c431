//! Synchronization between meter and callbacks: the real primitives, or those of the thread model.

#[cfg(not(all(test, shuttle)))]
pub(super) use real::*;

#[cfg(all(test, shuttle))]
pub(super) use super::model::sync::*;

#[cfg(not(all(test, shuttle)))]
mod real {
    pub(in super::super) use std::sync::atomic::{AtomicUsize, Ordering};
    pub(in super::super) use std::thread_local;

    pub(in super::super) use arc_swap::{ArcSwap, ArcSwapOption, Guard};
    pub(in super::super) use parking_lot::Mutex;
}
