//! Violations of policies over a worker: a thread asks for them until no one waits for them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::IsolatedEngine;
use super::frame::Op;
use super::session::RemoteObject;
use super::wire::{Wire, put_slice};
use crate::entity::EntityId;
use crate::error::{Error, Operation, Result};
use crate::ffi::block_signals;
use crate::policy::{PolicyConditions, PolicyEvents, PolicySender, Violation};

/// The time between two questions for violations, and so the longest delay of one.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Registers for violations, and starts the thread.
pub(super) fn register(
    engine: &IsolatedEngine,
    gpus: &[EntityId],
    conditions: PolicyConditions,
) -> Result<PolicyEvents> {
    let encode = |out: &mut Vec<u8>| {
        put_slice(gpus, out);
        conditions.encode(out);
    };
    let limit = engine.options.deadlines.watch;
    let (object, ()) = engine
        .shared
        .create((Operation::Watch, limit), Op::Register, encode)?;
    let object = Arc::new(object);
    let registered = Arc::downgrade(&object);
    let (events, sender) = PolicyEvents::new(conditions, |_| Box::new(object));
    let limit = engine.options.deadlines.read;
    let poll = move || {
        block_signals();
        poll_violations(&registered, limit, &sender);
    };
    let thread = std::thread::Builder::new()
        .name("dcgm-violations".to_owned())
        .spawn(poll);
    thread
        .map(|_detached| events)
        .map_err(|error| Error::Thread {
            reason: error.to_string(),
        })
}

/// Passes violations on, until the events or the session have ended.
fn poll_violations(object: &Weak<RemoteObject>, limit: Duration, sender: &PolicySender) {
    let mut counted = 0;
    while let Some(object) = object.upgrade() {
        let polled: Result<(Vec<Violation>, u64, bool)> = object.call(
            (Operation::Read, limit),
            Op::Violations,
            "dcgmPolicyRegister_v2",
            |_| {},
            Wire::decode,
        );
        drop(object);
        match polled {
            Ok((violations, dropped, is_closed)) => {
                for violation in violations {
                    sender.send(violation);
                }
                sender.count_dropped(dropped.saturating_sub(counted));
                counted = counted.max(dropped);
                if is_closed {
                    break;
                }
            }
            // A long call of another thread.
            Err(Error::Busy { .. }) => {}
            Err(_) => break,
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    sender.close();
}
