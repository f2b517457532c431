//! [`Cancellable`]: something whose calls another thread can cancel; [`CancelSlot`]: the one in use.
//!
//! The worker's thread stores its target in the slot *before* it makes a call, and the slot is shared
//! with the callers:
//!
//! ```text
//!  worker's thread          slot                     caller whose deadline passed
//!  set_target(t) ──► target: Some(t)   ◄── expire(): mark t as cancelled, return it
//!  (t is cancelled here   expired: bool          (returned once: exactly one thread
//!   if already expired)                           cancels the calls of t)
//! ```
//!
//! A cancelled target is never used again, whatever its calls return.

use std::ops::Deref;
use std::sync::Arc;

use super::sync::{AtomicBool, Mutex, Ordering};

/// Something whose calls can be cancelled.
pub(in crate::engine) trait Cancel: Send + Sync + 'static {
    /// The progress of a job.
    type Stage: Copy + Default + Send;

    /// Returns `false` if nothing makes a call in progress return.
    fn can_cancel(&self) -> bool;

    /// Makes the calls in progress return. May be called repeatedly, and from any thread.
    fn cancel_calls(&self);
}

/// A target with its state.
#[derive(Debug)]
pub(in crate::engine) struct Cancellable<C> {
    target: C,
    cancelled: AtomicBool,
    /// Set when the call has returned or was abandoned; cancelling again is useless.
    finished: AtomicBool,
}

impl<C: Cancel> Cancellable<C> {
    pub(in crate::engine) const fn new(target: C) -> Self {
        Self {
            target,
            cancelled: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    /// Returns `true` if it was cancelled. Results of its calls are then invalid.
    pub(in crate::engine) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Marks it as cancelled, without cancelling its calls. Returns `true` if the caller has to do that:
    /// for the first call, if they can be cancelled.
    fn mark_cancelled(&self) -> bool {
        !self.cancelled.swap(true, Ordering::AcqRel) && self.target.can_cancel()
    }

    /// Returns `true` if cancelling again is useless.
    pub(super) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Records that its call has returned or was abandoned.
    pub(in crate::engine) fn mark_finished(&self) {
        self.finished.store(true, Ordering::Release);
    }
}

impl<C> Deref for Cancellable<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.target
    }
}

/// The current target of a thread, shared with the threads that may cancel it.
pub(in crate::engine) struct CancelSlot<C: Cancel>(Arc<Mutex<SlotState<C>>>);

struct SlotState<C: Cancel> {
    target: Option<Arc<Cancellable<C>>>,
    /// Set when the deadline of the current job has passed. A target stored from then on is cancelled.
    expired: bool,
    /// The progress of the current job.
    stage: C::Stage,
}

impl<C: Cancel> CancelSlot<C> {
    /// Stores the target of the thread, or removes it.
    pub(in crate::engine) fn set_target(&self, target: Option<Arc<Cancellable<C>>>) {
        let mut slot = self.0.lock();
        if let Some(target) = target.as_ref().filter(|_| slot.expired) {
            target.mark_cancelled();
        }
        slot.target = target;
    }

    /// Resets the slot for a new job and its deadline.
    pub(super) fn start_job(&self) {
        let mut slot = self.0.lock();
        slot.stage = C::Stage::default();
        slot.expired = false;
    }

    /// Records that the deadline of the current job has passed. Returns the target whose calls the
    /// caller has to cancel; `None` if there is none yet, or another thread cancels them.
    pub(super) fn expire(&self) -> Option<Arc<Cancellable<C>>> {
        let mut slot = self.0.lock();
        slot.expired = true;
        slot.target.clone().filter(|target| target.mark_cancelled())
    }

    /// Records the progress of the current job.
    pub(in crate::engine) fn set_stage(&self, stage: C::Stage) {
        self.0.lock().stage = stage;
    }

    /// Returns the progress of the current job.
    pub(super) fn stage(&self) -> C::Stage {
        self.0.lock().stage
    }
}

impl<C: Cancel> Default for CancelSlot<C> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(SlotState {
            target: None,
            expired: false,
            stage: C::Stage::default(),
        })))
    }
}

impl<C: Cancel> Clone for CancelSlot<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
