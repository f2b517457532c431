//! [`PolicyEvents`]: the violations that wait for the program.

use core::any::Any;
use core::fmt::{self, Debug};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{PolicyConditions, Violation};
use crate::guard::Guard;
use crate::queue::Queue;

/// The most violations that wait in a [`PolicyEvents`]; further ones are dropped and counted.
pub const MAX_QUEUED_VIOLATIONS: usize = 1024;

/// A queue of violations, with what ends the registration.
pub(crate) struct ViolationQueue<V> {
    queue: Arc<Queue<V>>,
    /// The process that registered: in a fork of it, nothing fills the queue.
    process: u32,
    _guard: Guard,
}

impl<V> ViolationQueue<V> {
    pub(crate) fn new(queue: Arc<Queue<V>>, guard: Box<dyn Any + Send + Sync>) -> Self {
        Self {
            queue,
            process: std::process::id(),
            _guard: Guard::from_box(guard),
        }
    }

    /// Waits for the next violation; without a limit for `None`.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Option<V> {
        if self.is_forked() {
            return None;
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.queue.wait(deadline)
    }

    /// Returns `true` in a fork of the process that registered.
    fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    pub(crate) fn is_closed(&self) -> bool {
        // The lock can be held by a thread that a fork does not have.
        self.is_forked() || self.queue.is_closed()
    }
}

/// The violations of the policies of GPUs: an iterator that waits for the next violation, and ends with the
/// session of the client. It is empty in a fork of the process that registered.
///
/// The engine reports nothing at the end of a connection: the loss of the engine is noticed by the next call
/// of the client. Dropping this ends the registration, or lets others over the same connection keep it.
pub struct PolicyEvents {
    queue: ViolationQueue<Violation>,
    conditions: PolicyConditions,
}

/// The sending end of a [`PolicyEvents`], for implementations of [`PolicyClient`](super::PolicyClient).
#[derive(Clone, Debug)]
pub struct PolicySender(Arc<Queue<Violation>>);

impl PolicySender {
    /// Adds a violation. Without room, it is dropped and counted. Does not block.
    pub fn send(&self, violation: Violation) {
        self.0.push(violation);
    }

    /// Ends the [`PolicyEvents`]: what waits can still be taken.
    pub fn close(&self) {
        self.0.close();
    }

    /// Counts violations that were dropped before they came here.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(crate) fn count_dropped(&self, number: u64) {
        self.0.count_dropped(number);
    }
}

impl PolicyEvents {
    /// Creates an empty queue of violations with its sending end, for implementations of
    /// [`PolicyClient`](super::PolicyClient). Dropping `guard` must end the registration.
    #[must_use]
    pub fn new(
        conditions: PolicyConditions,
        guard: impl FnOnce(&PolicySender) -> Box<dyn Any + Send + Sync>,
    ) -> (Self, PolicySender) {
        let sender = PolicySender(Arc::new(Queue::new(MAX_QUEUED_VIOLATIONS)));
        let events = Self {
            queue: ViolationQueue::new(Arc::clone(&sender.0), guard(&sender)),
            conditions,
        };
        (events, sender)
    }

    /// Returns the conditions that are reported, if the policies of the GPUs have them, too.
    #[must_use]
    pub const fn conditions(&self) -> PolicyConditions {
        self.conditions
    }

    /// Waits for the next violation, for at most `timeout`. `None` if there was none, or the session has
    /// ended.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<Violation> {
        self.queue.wait(Some(timeout))
    }

    /// Returns the number of violations that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Returns `true` if the session has ended: no violation will follow those that wait.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

impl Iterator for PolicyEvents {
    type Item = Violation;

    fn next(&mut self) -> Option<Violation> {
        self.queue.wait(None)
    }
}

impl Debug for PolicyEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyEvents")
            .field("conditions", &self.conditions)
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}
