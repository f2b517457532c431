//! A connection as another thread sees it: something to cut.

use std::sync::Arc;

use super::sync::{AtomicBool, AtomicU8, Mutex, Ordering};
use crate::ffi::{Dcgm, HandleCell};

/// A connection, from the moment on at which libdcgm is asked for it.
#[derive(Debug)]
pub(super) struct Line {
    dcgm: Dcgm,
    handle: HandleCell,
    /// An embedded engine's handle is the process's, and cannot be cut.
    can_cut: bool,
    cut: AtomicBool,
    /// Whoever hung on it is free, or was left behind: there is nothing more to cut.
    over: AtomicBool,
}

/// How far a connect has come: what it waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Stage {
    /// For libdcgm, or for others: nobody was asked for a connection.
    Begun,
    /// For the address to be found, and for somebody there to accept.
    Asked,
    /// For the peer's answer.
    Accepted,
}

/// Where a thread puts its connection, so that others find it and can cut it.
#[derive(Clone, Debug, Default)]
pub(super) struct LineSlot(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot {
    line: Mutex<Option<Arc<Line>>>,
    /// The job under way ran out of time before it had a connection: one that it gets now is cut.
    doomed: AtomicBool,
    /// How far the job under way has come in getting a connection.
    stage: AtomicU8,
}

impl LineSlot {
    pub(super) fn set(&self, line: Option<Arc<Line>>) {
        let mut slot = self.0.line.lock();
        if let Some(line) = &line {
            if self.0.doomed.load(Ordering::Acquire) {
                line.mark_cut();
            }
        }
        *slot = line;
    }

    /// A job begins, and has its time.
    pub(super) fn begin(&self) {
        self.reached(Stage::Begun);
        self.0.doomed.store(false, Ordering::Release);
    }

    /// The job under way has no more time. Answers the connection to be cut, if there is one
    /// already, and if it is not cut yet.
    pub(super) fn doom(&self) -> Option<Arc<Line>> {
        let slot = self.0.line.lock();
        self.0.doomed.store(true, Ordering::Release);
        slot.clone().filter(|line| line.mark_cut())
    }

    pub(super) fn reached(&self, stage: Stage) {
        self.0.stage.store(stage as u8, Ordering::Release);
    }

    pub(super) fn stage(&self) -> Stage {
        let stage = self.0.stage.load(Ordering::Acquire);
        let is = |one: &Stage| *one as u8 == stage;
        let later = [Stage::Asked, Stage::Accepted].into_iter().find(is);
        later.unwrap_or(Stage::Begun)
    }
}

impl Line {
    /// A connection to a host engine, yet to be made.
    pub(super) fn remote(dcgm: Dcgm) -> Self {
        Self::new(dcgm, HandleCell::default(), true)
    }

    /// The engine in this process.
    pub(super) fn embedded(dcgm: Dcgm, handle: HandleCell) -> Self {
        Self::new(dcgm, handle, false)
    }

    fn new(dcgm: Dcgm, handle: HandleCell, can_cut: bool) -> Self {
        Self {
            dcgm,
            handle,
            can_cut,
            cut: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    pub(super) const fn dcgm(&self) -> Dcgm {
        self.dcgm
    }

    pub(super) const fn handle(&self) -> &HandleCell {
        &self.handle
    }

    /// Whether somebody cut it. What is answered over it then is worth nothing.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Marks it as cut; [`Self::disconnect`] does it. Answers whether there is something to do: it
    /// was not cut before, and can be.
    pub(super) fn mark_cut(&self) -> bool {
        !self.cut.swap(true, Ordering::AcqRel) && self.can_cut
    }

    /// Whether cutting it can do no more.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Nobody hangs on it any more, or nobody waits for them.
    pub(super) fn set_over(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Disconnects, from whatever thread; whoever hangs in a call is freed.
    pub(super) fn disconnect(&self) {
        if self.can_cut && self.handle.is_set() {
            // An error means that there is no connection, which is what is wanted.
            drop(self.dcgm.disconnect(&self.handle));
        }
    }
}
