//! [`FieldListeners`]: those who wait for violations of policies on fields over a connection.
//!
//! The engine ends a registration by its policy and its connection, so a connection has one for a policy.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use super::connection::EngineConnection;
use crate::error::{Error, Result};
use crate::ffi::Transport;
use crate::ffi::field_policies::FieldSinkNumber;
use crate::field_policies::{FieldPolicyId, FieldPolicySender};

/// One who waits for violations of a policy.
#[derive(Debug)]
pub(super) struct FieldListener {
    pub(super) id: FieldPolicyId,
    pub(super) sender: FieldPolicySender,
    /// Set when it was dropped.
    pub(super) has_ended: Arc<AtomicBool>,
}

/// The policies with a registration over a connection.
type RegisteredIds = Arc<Mutex<BTreeSet<FieldPolicyId>>>;

/// Those over the connection to the embedded engine, which all sessions share.
static EMBEDDED_IDS: LazyLock<RegisteredIds> = LazyLock::new(Arc::default);

/// The listeners of a session, each with its place in the table of the callback.
#[derive(Debug)]
pub(super) struct FieldListeners {
    ids: RegisteredIds,
    own: Vec<(FieldListener, FieldSinkNumber)>,
}

impl FieldListeners {
    pub(super) fn over(transport: Transport) -> Self {
        let ids = match transport {
            Transport::Embedded => Arc::clone(&EMBEDDED_IDS),
            Transport::Tcp | Transport::Unix | Transport::Vsock => Arc::default(),
        };
        Self {
            ids,
            own: Vec::new(),
        }
    }

    /// Passes the violations of a policy to a listener from now on. The first can come before the engine has
    /// responded.
    pub(super) fn add(
        &mut self,
        connection: &EngineConnection,
        listener: FieldListener,
    ) -> Result<()> {
        if !self.ids.lock().insert(listener.id) {
            return Err(Error::Request(
                "this process has registered for the violations of the policy already",
            ));
        }
        let number = FieldSinkNumber::new(listener.sender.clone());
        if let Err(error) = connection.register_field_policy(listener.id, &number) {
            self.ids.lock().remove(&listener.id);
            return Err(error);
        }
        self.own.push((listener, number));
        Ok(())
    }

    /// Ends the registrations of the listeners that were dropped.
    pub(super) fn release_dropped(&mut self, connection: &EngineConnection) -> Result<()> {
        let mut outcome = Ok(());
        let is_live =
            |(listener, _): &(FieldListener, _)| !listener.has_ended.load(Ordering::Relaxed);
        let (live, dropped) = core::mem::take(&mut self.own)
            .into_iter()
            .partition(is_live);
        self.own = live;
        let dropped: Vec<_> = dropped;
        for (listener, _number) in dropped {
            outcome = outcome.and(connection.unregister_field_policy(listener.id));
            self.ids.lock().remove(&listener.id);
        }
        outcome
    }

    /// Ends all listeners, and their registrations while there is a connection.
    pub(super) fn end_all(&mut self, connection: &EngineConnection) {
        for (listener, _number) in core::mem::take(&mut self.own) {
            listener.sender.close();
            if !connection.is_cancelled() {
                // Before the connection is closed, so that no call of the callback is late. An error means
                // that there is no connection any more.
                drop(connection.unregister_field_policy(listener.id));
            }
            self.ids.lock().remove(&listener.id);
        }
    }
}
