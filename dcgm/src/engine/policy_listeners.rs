//! [`PolicyListeners`]: those who wait for violations over a connection.
//!
//! The engine removes all registrations of a connection at once, and the sessions of an embedded engine share
//! one connection. So a registration is shared by all who
//! wait for the same conditions of the same GPUs, and one without a user stays until the last user of the
//! connection goes, or too many are unused: removing it would register the others again, which repeats
//! standing violations.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use super::connection::EngineConnection;
use super::shared_groups::{FilledGroup, SharedGroups};
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::policy::{SinkNumber, SinkSlot, ViolationSink};
use crate::ffi::{GroupId, Transport};
use crate::policy::{Policy, PolicyConditions, PolicySender, Violation};

/// The most registrations without a user.
const MAX_UNUSED: usize = 8;

/// One who waits for violations.
#[derive(Debug)]
pub(super) struct PolicyListener {
    pub(super) sender: PolicySender,
    /// Set when it was dropped.
    pub(super) has_ended: Arc<AtomicBool>,
}

/// The listeners of a registration, which the callback reads.
#[derive(Debug, Default)]
struct Audience(Mutex<Vec<Arc<PolicyListener>>>);

impl Audience {
    fn has_listeners(&self) -> bool {
        let listeners = self.0.lock();
        let is_live = |one: &Arc<PolicyListener>| !one.has_ended.load(Ordering::Relaxed);
        listeners.iter().any(is_live)
    }

    /// Ends all listeners.
    fn close(&self) {
        for listener in &*self.0.lock() {
            listener.sender.close();
        }
    }
}

impl ViolationSink for Audience {
    fn take_violation(&self, violation: Violation) {
        for listener in &*self.0.lock() {
            if !listener.has_ended.load(Ordering::Relaxed) {
                listener.sender.send(violation);
            }
        }
    }
}

/// A registration in the engine.
#[derive(Debug)]
struct Registration {
    gpus: Vec<EntityId>,
    conditions: PolicyConditions,
    audience: Arc<Audience>,
    /// Frees its places when dropped.
    _places: Places,
}

/// The places of a registration in the tables of the callbacks.
#[derive(Debug)]
enum Places {
    Number(#[expect(dead_code, reason = "freed when dropped")] SinkNumber),
    /// With DCGM 3.3, one for each GPU.
    Slots(#[expect(dead_code, reason = "freed when dropped")] Vec<SinkSlot>),
}

/// The listeners of a session, among those of all sessions that share its connection.
#[derive(Debug)]
pub(super) struct PolicyListeners {
    shared: Arc<Mutex<Registrations>>,
    own: Vec<Arc<PolicyListener>>,
}

/// The registrations over the connection to the embedded engine, which all sessions share.
static EMBEDDED_REGISTRATIONS: LazyLock<Arc<Mutex<Registrations>>> = LazyLock::new(Arc::default);

/// The registrations over a connection.
#[derive(Debug, Default)]
struct Registrations {
    registrations: Vec<Registration>,
    /// Places of registrations that failed for a part of the GPUs: in use until all registrations are removed.
    orphans: Vec<SinkSlot>,
}

/// Calls `action` with a group of GPUs, which is destroyed afterwards.
fn with_group<T>(
    connection: &EngineConnection,
    gpus: &[EntityId],
    action: impl FnOnce(GroupId) -> Result<T>,
) -> Result<T> {
    let mut groups = SharedGroups::default();
    let FilledGroup { id, refused, .. } = groups.acquire_entity_group(connection, gpus)?;
    let outcome = match (id, refused.into_iter().next()) {
        // A policy for a part of the GPUs would be a surprise.
        (_, Some(refusal)) => Err(refusal.error),
        (Some(id), None) => action(id),
        (None, None) => Err(Error::Request("a policy needs at least one GPU")),
    };
    if let Some(id) = id {
        // If the engine was lost, the next call reports it.
        drop(groups.release_entity_group(connection, id));
    }
    outcome
}

/// Returns the policy of each GPU.
pub(super) fn read_policies(
    connection: &EngineConnection,
    gpus: &[EntityId],
) -> Result<Vec<Policy>> {
    let read_one = |gpu| {
        with_group(connection, core::slice::from_ref(gpu), |group| {
            connection.policy(group)
        })
    };
    gpus.iter().map(read_one).collect()
}

/// Replaces the policies of GPUs.
pub(super) fn set_policies(
    connection: &EngineConnection,
    gpus: &[EntityId],
    policy: &Policy,
) -> Result<()> {
    with_group(connection, gpus, |group| {
        connection.set_policy(group, policy)
    })
}

impl PolicyListeners {
    pub(super) fn over(transport: Transport) -> Self {
        let shared = match transport {
            Transport::Embedded => Arc::clone(&EMBEDDED_REGISTRATIONS),
            Transport::Tcp | Transport::Unix | Transport::Vsock => Arc::default(),
        };
        Self {
            shared,
            own: Vec::new(),
        }
    }

    /// Passes the violations of GPUs to a listener from now on.
    pub(super) fn add(
        &mut self,
        connection: &EngineConnection,
        gpus: &[EntityId],
        conditions: PolicyConditions,
        listener: &Arc<PolicyListener>,
    ) -> Result<()> {
        self.shared
            .lock()
            .add(connection, gpus, conditions, listener)?;
        self.own.push(Arc::clone(listener));
        Ok(())
    }

    /// Forgets the listeners that were dropped.
    pub(super) fn release_dropped(&mut self, connection: &EngineConnection) -> Result<()> {
        self.own
            .retain(|listener| !listener.has_ended.load(Ordering::Relaxed));
        self.shared.lock().release_dropped(connection)
    }

    /// Ends the listeners of the session, and removes the registrations that have no others. Without the
    /// connection, only the former.
    pub(super) fn end_all(&mut self, connection: &EngineConnection) {
        if self.own.is_empty() {
            return;
        }
        for listener in self.own.drain(..) {
            listener.has_ended.store(true, Ordering::Relaxed);
            listener.sender.close();
        }
        if !connection.is_cancelled() {
            // Before the connection is closed, so that no call of the callback is late. An error means
            // that there is no connection any more.
            drop(self.shared.lock().release_dropped(connection));
        }
    }
}

impl Registrations {
    /// Passes the violations of GPUs to a listener from now on.
    fn add(
        &mut self,
        connection: &EngineConnection,
        gpus: &[EntityId],
        conditions: PolicyConditions,
        listener: &Arc<PolicyListener>,
    ) -> Result<()> {
        // Without a user, it may be one of an embedded engine that was stopped since.
        let can_be_shared = |registration: &Registration| {
            connection.transport != Transport::Embedded || registration.audience.has_listeners()
        };
        let known = self.registrations.iter().find(|registration| {
            registration.gpus == gpus
                && registration.conditions == conditions
                && can_be_shared(registration)
        });
        if let Some(registration) = known {
            registration.audience.0.lock().push(Arc::clone(listener));
            return Ok(());
        }
        let audience = Arc::new(Audience(Mutex::new(vec![Arc::clone(listener)])));
        let registration = register(
            connection,
            gpus.to_vec(),
            conditions,
            audience,
            &mut self.orphans,
        )?;
        self.registrations.push(registration);
        Ok(())
    }

    /// Forgets the listeners that were dropped.
    fn release_dropped(&mut self, connection: &EngineConnection) -> Result<()> {
        let mut unused = 0;
        for registration in &self.registrations {
            let mut listeners = registration.audience.0.lock();
            listeners.retain(|listener| !listener.has_ended.load(Ordering::Relaxed));
            unused += usize::from(listeners.is_empty());
        }
        let is_used = unused < self.registrations.len();
        let has_none = self.registrations.is_empty() && self.orphans.is_empty();
        if has_none || is_used && unused <= MAX_UNUSED {
            return Ok(());
        }
        if let Err(error) = connection.unregister_policies() {
            if !is_used {
                // They have no user, and their connection or their engine is gone.
                self.registrations.clear();
            }
            return Err(error);
        }
        self.orphans.clear();
        let mut outcome = Ok(());
        for registration in core::mem::take(&mut self.registrations) {
            let Registration {
                gpus,
                conditions,
                audience,
                ..
            } = registration;
            if audience.0.lock().is_empty() {
                continue;
            }
            match register(
                connection,
                gpus,
                conditions,
                Arc::clone(&audience),
                &mut self.orphans,
            ) {
                Ok(registration) => self.registrations.push(registration),
                Err(error) => {
                    audience.close();
                    outcome = Err(error);
                }
            }
        }
        outcome
    }
}

/// Registers. The first violations can come before the engine has responded. After a failure, `orphans` has
/// the places that the engine may know.
fn register(
    connection: &EngineConnection,
    gpus: Vec<EntityId>,
    conditions: PolicyConditions,
    audience: Arc<Audience>,
    orphans: &mut Vec<SinkSlot>,
) -> Result<Registration> {
    let sink = || Arc::clone(&audience) as Arc<dyn ViolationSink>;
    // The registration outlives its group.
    let places = if connection.release.has_named_violations() {
        let number = SinkNumber::new(sink());
        with_group(connection, &gpus, |group| {
            connection.register_policy(group, conditions, &number)
        })?;
        Places::Number(number)
    } else {
        let slots: Option<Vec<_>> = gpus.iter().map(|gpu| SinkSlot::new(*gpu, sink())).collect();
        let slots = slots.ok_or(Error::Request(
            "this process has registered for the violations of too many GPUs",
        ))?;
        for (gpu, slot) in gpus.iter().zip(&slots) {
            let registered = with_group(connection, core::slice::from_ref(gpu), |group| {
                connection.register_policy_3_3(group, conditions, slot)
            });
            if let Err(error) = registered {
                orphans.extend(slots);
                return Err(error);
            }
        }
        Places::Slots(slots)
    };
    Ok(Registration {
        gpus,
        conditions,
        audience,
        _places: places,
    })
}
