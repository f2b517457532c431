//! The implementation of [`FieldPolicyClient`] for [`Mock`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::code::ReturnCode;
use crate::error::{Error, Result};
use crate::field_policies::{
    FieldPolicy, FieldPolicyClient, FieldPolicyEvents, FieldPolicyId, FieldPolicySender,
    FieldViolation, StoredFieldPolicy,
};
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::{Inner, Mock};
use crate::sample::Timestamp;

/// The policies on fields, and those who wait for their violations.
#[derive(Debug, Default)]
pub(super) struct MockFieldPolicies {
    stored: BTreeMap<FieldPolicyId, StoredFieldPolicy>,
    violations: Vec<FieldViolation>,
    /// By policy, each with a number of its own.
    listeners: BTreeMap<FieldPolicyId, (u64, FieldPolicySender)>,
    last_number: u64,
}

impl MockFieldPolicies {
    /// Forgets all, as an engine that restarts.
    pub(super) fn clear(&mut self) {
        self.stored.clear();
        self.violations.clear();
        self.end_listeners();
    }

    /// Ends the registrations of a session.
    pub(super) fn end_listeners(&mut self) {
        for (_, sender) in core::mem::take(&mut self.listeners).values() {
            sender.close();
        }
    }

    fn find(&mut self, id: FieldPolicyId) -> Result<&mut StoredFieldPolicy> {
        let missing = refusal_error(Call::Policies, ReturnCode::BAD_PARAM);
        self.stored.get_mut(&id).ok_or(missing)
    }
}

/// Removes a listener when dropped.
struct FieldListenerGuard {
    inner: Arc<Inner>,
    number: u64,
}

impl Drop for FieldListenerGuard {
    fn drop(&mut self) {
        let mut state = self.inner.state.lock();
        let listeners = &mut state.field_policies.listeners;
        // Not the one of a later session.
        listeners.retain(|_, (number, _)| *number != self.number);
    }
}

/// Policies on fields.
impl Mock {
    /// Reports a violation now to those who registered for its policy, if the policy is enabled. The threshold
    /// is not compared, and there is no pause between violations.
    pub fn push_field_violation(&self, violation: FieldViolation) {
        let mut state = self.inner.state.lock();
        let policies = &mut state.field_policies;
        let Some(stored) = policies.stored.get_mut(&violation.policy) else {
            return;
        };
        if !stored.policy.is_enabled {
            return;
        }
        stored.violations += 1;
        stored.last_violation = Some(violation.timestamp);
        stored.value = violation.value;
        policies.violations.push(violation.clone());
        if let Some((_, sender)) = policies.listeners.get(&violation.policy) {
            sender.send(violation);
        }
    }
}

impl Mock {
    /// Makes a call about policies on fields.
    fn call_field_policies<T>(
        &self,
        call: impl FnOnce(&mut MockFieldPolicies) -> Result<T>,
    ) -> Result<T> {
        self.inner.enter_call(Call::Policies)?;
        call(&mut self.inner.state.lock().field_policies)
    }
}

impl FieldPolicyClient for Mock {
    fn create(&self, policy: &FieldPolicy) -> Result<FieldPolicyId> {
        policy.validate()?;
        let clock = &self.inner.clock;
        let created = clock.timestamp(clock.now());
        self.call_field_policies(|policies| {
            policies.last_number += 1;
            let id = FieldPolicyId::from_raw(policy.field, policies.last_number);
            let stored = StoredFieldPolicy::new(id, policy.clone(), created);
            policies.stored.insert(id, stored);
            Ok(id)
        })
    }

    fn modify(&self, id: FieldPolicyId, policy: &FieldPolicy) -> Result<()> {
        policy.validate()?;
        self.call_field_policies(|policies| {
            let stored = policies.find(id)?;
            stored.policy.clone_from(policy);
            stored.policy.field = id.field();
            Ok(())
        })
    }

    fn delete(&self, id: FieldPolicyId) -> Result<()> {
        self.call_field_policies(|policies| {
            policies.find(id)?;
            policies.stored.remove(&id);
            Ok(())
        })
    }

    fn set_enabled(&self, id: FieldPolicyId, is_enabled: bool) -> Result<()> {
        self.call_field_policies(|policies| {
            policies.find(id)?.policy.is_enabled = is_enabled;
            Ok(())
        })
    }

    fn get(&self, id: FieldPolicyId) -> Result<StoredFieldPolicy> {
        self.call_field_policies(|policies| policies.find(id).cloned())
    }

    fn list(&self) -> Result<Vec<StoredFieldPolicy>> {
        self.call_field_policies(|policies| Ok(policies.stored.values().cloned().collect()))
    }

    /// A mock reads no files.
    fn import(&self, _path: &Path) -> Result<()> {
        self.call_field_policies(|_| Err(refusal_error(Call::Policies, ReturnCode::NOT_SUPPORTED)))
    }

    fn violations(&self, since: Timestamp) -> Result<Vec<FieldViolation>> {
        self.call_field_policies(|policies| {
            let violations = policies.violations.iter();
            let recent = violations.filter(|violation| violation.timestamp >= since);
            Ok(recent.cloned().collect())
        })
    }

    fn register(&self, id: FieldPolicyId) -> Result<FieldPolicyEvents> {
        self.call_field_policies(|policies| {
            policies.find(id)?;
            if policies.listeners.contains_key(&id) {
                return Err(Error::Request(
                    "this process has registered for the violations of the policy already",
                ));
            }
            policies.last_number += 1;
            let number = policies.last_number;
            let guard = FieldListenerGuard {
                inner: Arc::clone(&self.inner),
                number,
            };
            let (events, sender) = FieldPolicyEvents::new(|_| Box::new(guard));
            policies.listeners.insert(id, (number, sender));
            Ok(events)
        })
    }
}
