//! The implementation of [`PolicyClient`] for [`Engine`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Engine;
use super::engine_thread::{EngineThread, Job, SharedState};
use super::policy_listeners::{PolicyListener, read_policies, set_policies};
use super::thread::Worker;
use crate::entity::EntityId;
use crate::error::{Operation, Result};
use crate::policy::{
    Policy, PolicyClient, PolicyConditions, PolicyEvents, validate_conditions, validate_gpus,
};

/// Ends a listener when dropped.
pub(super) struct ListenerGuard {
    pub(super) has_ended: Arc<AtomicBool>,
    pub(super) shared: Arc<SharedState>,
    pub(super) worker: Arc<Worker<EngineThread>>,
}

impl Drop for ListenerGuard {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
        if self.worker.is_forked() || !self.worker.has_thread() {
            return;
        }
        self.shared
            .has_dropped_listeners
            .store(true, Ordering::Release);
        // If another call is in progress, the next job removes the registration.
        self.worker.submit_detached(Job::Task(Box::new(|_| {})));
    }
}

impl PolicyClient for Engine {
    #[doc(alias = "dcgmPolicyGet")]
    fn get(&self, gpus: &[EntityId]) -> Result<Vec<Policy>> {
        if !gpus.is_empty() {
            validate_gpus(gpus)?;
        }
        let gpus = gpus.to_vec();
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| read_policies(session.connection(), &gpus))
        })
    }

    #[doc(alias = "dcgmPolicySet")]
    fn set(&self, gpus: &[EntityId], policy: &Policy) -> Result<()> {
        validate_gpus(gpus)?;
        let (gpus, policy) = (gpus.to_vec(), *policy);
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| set_policies(session.connection(), &gpus, &policy))
        })
    }

    #[doc(alias = "dcgmPolicyRegister_v2")]
    fn register(&self, gpus: &[EntityId], conditions: PolicyConditions) -> Result<PolicyEvents> {
        validate_gpus(gpus)?;
        validate_conditions(conditions)?;
        let mut listener = None;
        let (events, _sender) = PolicyEvents::new(conditions, |sender| {
            let new = Arc::new(PolicyListener {
                sender: sender.clone(),
                has_ended: Arc::default(),
            });
            listener = Some(Arc::clone(&new));
            Box::new(ListenerGuard {
                has_ended: Arc::clone(&new.has_ended),
                shared: Arc::clone(&self.shared),
                worker: Arc::clone(&self.worker),
            })
        });
        let Some(listener) = listener else {
            return Ok(events);
        };
        let gpus = gpus.to_vec();
        let limit = self.options.deadlines.watch;
        self.run_task(Operation::Watch, limit, move |thread| {
            thread.with_session(|session| session.add_listener(&gpus, conditions, &listener))
        })?;
        Ok(events)
    }
}
