//! Opens connections: to the embedded engine, or to a host engine at an address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connect::{self, Address};
use super::connection::{
    ConnectStage, Connection, ConnectionSlot, DisconnectOnDrop, EngineConnection, SharedConnection,
};
use super::embedded;
use super::options::Target;
use crate::code::ReturnCode;
use crate::endpoint::Endpoint;
use crate::error::{ConnectError, Error, Result};
use crate::ffi::{Dcgm, Lifetime, Transport};
use crate::version::Version;

/// Opens a connection with a libdcgm of the version `library`. The connection is stored in `slot` before
/// the first call that can hang.
pub(super) fn open_connection(
    dcgm: Dcgm,
    library: Version,
    target: &Target,
    slot: &ConnectionSlot,
    until: Instant,
) -> Result<EngineConnection> {
    match target {
        Target::Embedded(options) => {
            let lease = embedded::start_or_share(dcgm, options, until)?;
            let connection = Connection::new_embedded(lease.engine().clone());
            slot.set_target(Some(Arc::clone(&connection)));
            let guard = DisconnectOnDrop(connection);
            EngineConnection::verify(guard, Transport::Embedded, library, Some(lease))
        }
        Target::Standalone(endpoint) => {
            let connection = Connection::new_remote(dcgm);
            slot.set_target(Some(Arc::clone(&connection)));
            let guard = DisconnectOnDrop(Arc::clone(&connection));
            let address = connect_to_peer(
                &connection,
                endpoint,
                library,
                Lifetime::Connection,
                (slot, until),
            )?;
            EngineConnection::verify(guard, address.transport, library, None)
                .map_err(|error| explain_refusal(error, endpoint, &address, &connection))
        }
    }
}

/// Opens another connection to the engine of a session, whose groups and watches the engine keeps. It is
/// stored in `slot` instead of that of the session.
pub(super) fn open_lasting_connection(
    session: &EngineConnection,
    endpoint: &Endpoint,
    slot: &ConnectionSlot,
    until: Instant,
) -> Result<DisconnectOnDrop> {
    let connection = Connection::new_remote(session.dcgm());
    slot.set_target(Some(Arc::clone(&connection)));
    let guard = DisconnectOnDrop(Arc::clone(&connection));
    connect_to_peer(
        &connection,
        endpoint,
        session.library,
        Lifetime::Engine,
        (slot, until),
    )?;
    Ok(guard)
}

/// Connects to a peer. It is verified later, by [`EngineConnection::verify`].
fn connect_to_peer(
    connection: &SharedConnection,
    endpoint: &Endpoint,
    library: Version,
    lifetime: Lifetime,
    (slot, until): (&ConnectionSlot, Instant),
) -> Result<Address> {
    const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

    slot.set_stage(ConnectStage::Connecting);
    let address = connect::resolve_address(endpoint, library, until)
        .map_err(|cause| failed_connect(endpoint, cause))?;
    slot.set_stage(ConnectStage::Accepted);
    if connection.is_cancelled() {
        return Err(Error::NotConnected);
    }
    let timeout = until
        .saturating_duration_since(Instant::now())
        .min(MAX_CONNECT_TIMEOUT);
    match connection.connect(&address.text, address.transport, lifetime, timeout) {
        // The cancelling thread may have given up before there was a handle.
        Ok(()) if connection.is_cancelled() => Err(Error::NotConnected),
        Ok(()) => Ok(address),
        Err(error) => {
            // After an error, the value that libdcgm wrote is not a handle.
            connection.clear_handle();
            Err(explain_refusal(error, endpoint, &address, connection))
        }
    }
}

/// Replaces the error of a peer that accepted and is not an engine by one that describes the peer.
fn explain_refusal(
    error: Error,
    endpoint: &Endpoint,
    address: &Address,
    connection: &SharedConnection,
) -> Error {
    if connection.is_cancelled() {
        return Error::NotConnected;
    }
    if error.code() != Some(ReturnCode::CONNECTION_NOT_VALID) {
        return error;
    }
    failed_connect(endpoint, connect::diagnose_peer(address))
}

fn failed_connect(endpoint: &Endpoint, cause: ConnectError) -> Error {
    Error::Connect {
        endpoint: endpoint.clone(),
        cause,
    }
}

/// Returns the error of a connect that timed out: the peer was silent, or did not accept. `None` if
/// the address had not been tried yet.
pub(super) fn timeout_error(endpoint: &Endpoint, stage: ConnectStage) -> Option<Error> {
    let cause = match stage {
        ConnectStage::Preparing => return None,
        ConnectStage::Connecting => ConnectError::Unreachable {
            reason: "no answer".to_owned(),
        },
        ConnectStage::Accepted => ConnectError::Silent,
    };
    Some(failed_connect(endpoint, cause))
}
