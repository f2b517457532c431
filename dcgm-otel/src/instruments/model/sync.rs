//! Synchronization primitives for the model, which controls every thread switch.
//!
//! `arc-swap` has no model; a pointer behind a lock replaces it. So the model checks how it is
//! used, not how it is implemented.

use std::ops::Deref;
use std::sync::Arc;

use shuttle::sync::MutexGuard;
pub(in super::super) use shuttle::sync::atomic::{AtomicUsize, Ordering};
pub(in super::super) use shuttle::thread_local;

/// A mutex with the interface of `parking_lot`.
#[derive(Debug, Default)]
pub(in super::super) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(in super::super) const fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(in super::super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }

    pub(in super::super) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }
}

#[derive(Debug)]
pub(in super::super) struct ArcSwap<T>(Mutex<Arc<T>>);

impl<T> ArcSwap<T> {
    pub(in super::super) fn from_pointee(value: T) -> Self {
        Self(Mutex::new(Arc::new(value)))
    }

    pub(in super::super) fn load_full(&self) -> Arc<T> {
        Arc::clone(&self.0.lock())
    }

    pub(in super::super) fn swap(&self, value: Arc<T>) -> Arc<T> {
        std::mem::replace(&mut self.0.lock(), value)
    }
}

#[derive(Debug)]
pub(in super::super) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for ArcSwapOption<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

#[derive(Debug)]
pub(in super::super) struct Guard<T>(T);

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> ArcSwapOption<T> {
    pub(in super::super) fn load(&self) -> Guard<Option<Arc<T>>> {
        Guard(self.load_full())
    }

    pub(in super::super) fn load_full(&self) -> Option<Arc<T>> {
        self.0.lock().clone()
    }

    #[expect(clippy::ref_option, reason = "as `arc-swap` has it")]
    pub(in super::super) fn compare_and_swap(
        &self,
        current: &Option<Arc<T>>,
        new: Option<Arc<T>>,
    ) -> Guard<Option<Arc<T>>> {
        let mut value = self.0.lock();
        let before = value.clone();
        if before.as_ref().map(Arc::as_ptr) == current.as_ref().map(Arc::as_ptr) {
            *value = new;
        }
        Guard(before)
    }
}
