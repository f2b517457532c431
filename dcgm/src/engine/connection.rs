//! Connections to an engine: [`Connection`], whose calls another thread can cancel by closing it, and
//! [`EngineConnection`], over which the engine has reported its version.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::embedded::Lease;
use super::release::Release;
use super::thread::{Cancel, CancelSlot, Cancellable};
use crate::error::{Error, Result};
use crate::ffi::{Dcgm, EngineHandle, Transport};
use crate::version::{BuildInfo, Version};

/// A connection, from before libdcgm is called for it.
#[derive(Debug)]
pub(super) struct Connection {
    engine: EngineHandle,
    /// `false` for an embedded engine, whose handle belongs to the process.
    can_disconnect: bool,
}

/// A connection, shared with the threads that may cancel it.
pub(super) type SharedConnection = Arc<Cancellable<Connection>>;

/// The slot with the connection of a thread.
pub(super) type ConnectionSlot = CancelSlot<Connection>;

/// The progress of a connect.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum ConnectStage {
    /// Waits for libdcgm or for other callers; the address has not been tried.
    #[default]
    Preparing,
    /// Resolves the address and waits until a peer accepts.
    Connecting,
    /// Waits for the response of the peer.
    Accepted,
}

impl Connection {
    /// Creates a connection to a host engine, not yet connected.
    pub(super) fn new_remote(dcgm: Dcgm) -> SharedConnection {
        Self::share(EngineHandle::new(dcgm), true)
    }

    /// Creates the connection to the embedded engine.
    pub(super) fn new_embedded(engine: EngineHandle) -> SharedConnection {
        Self::share(engine, false)
    }

    fn share(engine: EngineHandle, can_disconnect: bool) -> SharedConnection {
        Arc::new(Cancellable::new(Self {
            engine,
            can_disconnect,
        }))
    }
}

impl Deref for Connection {
    type Target = EngineHandle;

    fn deref(&self) -> &EngineHandle {
        &self.engine
    }
}

impl Cancel for Connection {
    type Stage = ConnectStage;

    fn can_cancel(&self) -> bool {
        self.can_disconnect
    }

    /// Disconnects, which makes calls in progress over the connection return.
    fn cancel_calls(&self) {
        // Without a handle, the connect has not come far enough.
        if self.can_disconnect && self.engine.is_set() {
            // An error means that there is no connection, which is the goal.
            drop(self.engine.disconnect());
        }
    }
}

/// A connection that is disconnected when dropped, unless the engine is embedded.
pub(super) struct DisconnectOnDrop(pub(super) SharedConnection);

impl Drop for DisconnectOnDrop {
    fn drop(&mut self) {
        self.0.cancel_calls();
    }
}

/// A connection over which the engine has reported its version.
pub(super) struct EngineConnection {
    connection: DisconnectOnDrop,
    pub(super) transport: Transport,
    pub(super) library: Version,
    pub(super) engine: Version,
    pub(super) release: Release,
    pub(super) build: BuildInfo,
    /// Distinguishes the watches over this connection from those over an earlier one.
    pub(super) number: u64,
    _embedded: Option<Lease>,
}

impl EngineConnection {
    /// Requests the version, to which only an engine responds.
    pub(super) fn verify(
        connection: DisconnectOnDrop,
        transport: Transport,
        library: Version,
        lease: Option<Lease>,
    ) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let build = connection.0.engine_build()?;
        let engine = build.version().unwrap_or(library);
        Ok(Self {
            connection,
            transport,
            library,
            engine,
            release: Release::new(library, engine)?,
            build,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            _embedded: lease,
        })
    }
}

impl EngineConnection {
    /// Returns the connection for the slot of the thread.
    pub(super) fn share(&self) -> SharedConnection {
        Arc::clone(&self.connection.0)
    }
}

impl Deref for EngineConnection {
    type Target = Cancellable<Connection>;

    fn deref(&self) -> &Cancellable<Connection> {
        &self.connection.0
    }
}

/// Keeps the first error that ends the session.
pub(super) fn keep_disconnect(kept: &mut Result<()>, outcome: Result<()>) {
    if kept.is_ok() && outcome.as_ref().is_err_and(Error::is_disconnected) {
        *kept = outcome;
    }
}
