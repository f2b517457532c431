//! A connection that another thread can close, which cancels the call in progress.
//!
//! The engine's thread stores its [`Connection`] in a [`ConnectionSlot`] *before* it calls into
//! libdcgm, and the slot is shared with the callers:
//!
//! ```text
//!  engine thread                slot                       caller whose deadline passed
//!  set_connection(c) ──► connection: Some(c)  ◄── expire(): mark c as cancelled, return it
//!  (c is cancelled here   expired: bool            (returned once: exactly one thread
//!   if already expired)                             disconnects c)
//! ```
//!
//! A cancelled connection is never used again, whatever a call over it returns.

use std::sync::Arc;

use super::sync::{AtomicBool, AtomicU8, Mutex, Ordering};
use crate::ffi::{Dcgm, HandleCell};

/// A connection, from before libdcgm is called for it.
#[derive(Debug)]
pub(super) struct Connection {
    dcgm: Dcgm,
    handle: HandleCell,
    /// `false` for an embedded engine, whose handle belongs to the process.
    can_disconnect: bool,
    cancelled: AtomicBool,
    /// Set when the call has returned or was abandoned; disconnecting again is useless.
    finished: AtomicBool,
}

/// The progress of a connect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum ConnectStage {
    /// Waits for libdcgm or for other callers; the address has not been tried.
    Preparing,
    /// Resolves the address and waits until a peer accepts.
    Connecting,
    /// Waits for the response of the peer.
    Accepted,
}

/// The current connection of a thread, shared with the threads that may cancel it.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionSlot(Arc<SlotState>);

#[derive(Debug, Default)]
struct SlotState {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Set when the deadline of the current job has passed. A connection stored from then on is
    /// cancelled.
    expired: AtomicBool,
    /// The [`ConnectStage`] of the current job.
    stage: AtomicU8,
}

impl ConnectionSlot {
    /// Stores the connection of the thread, or removes it.
    pub(super) fn set_connection(&self, connection: Option<Arc<Connection>>) {
        let mut slot = self.0.connection.lock();
        if let Some(connection) = &connection {
            if self.0.expired.load(Ordering::Acquire) {
                connection.mark_cancelled();
            }
        }
        *slot = connection;
    }

    /// Resets the slot for a new job and its deadline.
    pub(super) fn start_job(&self) {
        self.set_stage(ConnectStage::Preparing);
        self.0.expired.store(false, Ordering::Release);
    }

    /// Records that the deadline of the current job has passed. Returns the connection that the
    /// caller has to close; `None` if there is none yet, or another thread closes it.
    pub(super) fn expire(&self) -> Option<Arc<Connection>> {
        let slot = self.0.connection.lock();
        self.0.expired.store(true, Ordering::Release);
        slot.clone()
            .filter(|connection| connection.mark_cancelled())
    }

    /// Records the progress of the connect.
    pub(super) fn set_stage(&self, stage: ConnectStage) {
        self.0.stage.store(stage as u8, Ordering::Release);
    }

    /// Returns the progress of the connect.
    pub(super) fn connect_stage(&self) -> ConnectStage {
        let stage = self.0.stage.load(Ordering::Acquire);
        let is = |one: &ConnectStage| *one as u8 == stage;
        let later = [ConnectStage::Connecting, ConnectStage::Accepted]
            .into_iter()
            .find(is);
        later.unwrap_or(ConnectStage::Preparing)
    }
}

impl Connection {
    /// Creates a connection to a host engine, not yet connected.
    pub(super) fn new_remote(dcgm: Dcgm) -> Self {
        Self::new(dcgm, HandleCell::default(), true)
    }

    /// Creates the connection to the embedded engine.
    pub(super) fn new_embedded(dcgm: Dcgm, handle: HandleCell) -> Self {
        Self::new(dcgm, handle, false)
    }

    fn new(dcgm: Dcgm, handle: HandleCell, can_disconnect: bool) -> Self {
        Self {
            dcgm,
            handle,
            can_disconnect,
            cancelled: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    pub(super) const fn dcgm(&self) -> Dcgm {
        self.dcgm
    }

    pub(super) const fn handle(&self) -> &HandleCell {
        &self.handle
    }

    /// Returns `true` if the connection was cancelled. Results of calls over it are then invalid.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Marks the connection as cancelled, without closing it. Returns `true` if the caller has to call
    /// [`Self::disconnect`]: for the first call, unless the engine is embedded.
    pub(super) fn mark_cancelled(&self) -> bool {
        !self.cancelled.swap(true, Ordering::AcqRel) && self.can_disconnect
    }

    /// Returns `true` if disconnecting again is useless.
    pub(super) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Records that the call over it has returned or was abandoned.
    pub(super) fn mark_finished(&self) {
        self.finished.store(true, Ordering::Release);
    }

    /// Disconnects. May be called from any thread; calls in progress over the connection return.
    pub(super) fn disconnect(&self) {
        if self.can_disconnect && self.handle.is_set() {
            // An error means that there is no connection, which is the goal.
            drop(self.dcgm.disconnect(&self.handle));
        }
    }
}
