//! The implementation of [`PolicyClient`] for [`Mock`].

use std::sync::Arc;

use crate::code::ReturnCode;
use crate::entity::EntityId;
use crate::error::Result;
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::{Inner, Mock};
use crate::policy::{
    Policy, PolicyClient, PolicyConditions, PolicyEvents, PolicySender, Violation,
    validate_conditions, validate_gpus,
};

/// One who waits for violations.
#[derive(Debug)]
pub(super) struct MockListener {
    number: u64,
    gpus: Vec<EntityId>,
    conditions: PolicyConditions,
    pub(super) sender: PolicySender,
}

/// Removes a listener when dropped.
struct MockListenerGuard {
    inner: Arc<Inner>,
    number: u64,
}

impl Drop for MockListenerGuard {
    fn drop(&mut self) {
        let mut state = self.inner.state.lock();
        state
            .listeners
            .retain(|listener| listener.number != self.number);
    }
}

/// Policies.
impl Mock {
    /// Reports a violation now to those who registered for it, if its condition is in the policy of the GPU.
    /// The limit is not compared, and there is no pause between violations.
    pub fn push_violation(&self, violation: Violation) {
        let state = self.inner.state.lock();
        let condition = violation.kind.condition();
        let policy = state.policies.get(&violation.gpu);
        if !policy.is_some_and(|policy| policy.conditions().contains(condition)) {
            return;
        }
        for listener in &state.listeners {
            if listener.conditions.contains(condition) && listener.gpus.contains(&violation.gpu) {
                listener.sender.send(violation);
            }
        }
    }
}

impl Inner {
    /// Starts a call for GPUs, which all have to exist.
    fn enter_policy_call(&self, gpus: &[EntityId]) -> Result<()> {
        self.enter_call(Call::Policies)?;
        let known = self.state.lock().entities_at(self.clock.now());
        let is_known = |id: &EntityId| known.iter().any(|entity| entity.id == *id);
        if gpus.iter().all(is_known) {
            Ok(())
        } else {
            Err(refusal_error(Call::Policies, ReturnCode::BAD_PARAM))
        }
    }
}

impl PolicyClient for Mock {
    fn get(&self, gpus: &[EntityId]) -> Result<Vec<Policy>> {
        if !gpus.is_empty() {
            validate_gpus(gpus)?;
        }
        self.inner.enter_policy_call(gpus)?;
        let state = self.inner.state.lock();
        let policy = |gpu| state.policies.get(gpu).copied().unwrap_or_default();
        Ok(gpus.iter().map(policy).collect())
    }

    fn set(&self, gpus: &[EntityId], policy: &Policy) -> Result<()> {
        validate_gpus(gpus)?;
        self.inner.enter_policy_call(gpus)?;
        let mut state = self.inner.state.lock();
        state
            .policies
            .extend(gpus.iter().map(|gpu| (*gpu, *policy)));
        Ok(())
    }

    fn register(&self, gpus: &[EntityId], conditions: PolicyConditions) -> Result<PolicyEvents> {
        validate_gpus(gpus)?;
        validate_conditions(conditions)?;
        self.inner.enter_policy_call(gpus)?;
        let number = {
            let mut state = self.inner.state.lock();
            state.next_id += 1;
            state.next_id
        };
        let guard = MockListenerGuard {
            inner: Arc::clone(&self.inner),
            number,
        };
        let (events, sender) = PolicyEvents::new(conditions, |_| Box::new(guard));
        self.inner.state.lock().listeners.push(MockListener {
            number,
            gpus: gpus.to_vec(),
            conditions,
            sender,
        });
        Ok(events)
    }
}
