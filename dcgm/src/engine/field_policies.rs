//! The implementation of [`FieldPolicyClient`] for [`Engine`].

use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use super::Engine;
use super::connection::EngineConnection;
use super::field_listeners::FieldListener;
use super::policy::ListenerGuard;
use crate::error::{Error, Operation, Result};
use crate::field_policies::{
    FieldPolicy, FieldPolicyClient, FieldPolicyEvents, FieldPolicyId, FieldViolation,
    StoredFieldPolicy,
};
use crate::sample::Timestamp;

impl Engine {
    /// Makes a call about policies on fields on the engine's thread.
    fn call_field_policies<T: Send + 'static>(
        &self,
        call: impl FnOnce(&EngineConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| call(session.connection()))
        })
    }
}

impl FieldPolicyClient for Engine {
    #[doc(alias = "dcgmPolicyCreate")]
    fn create(&self, policy: &FieldPolicy) -> Result<FieldPolicyId> {
        policy.validate()?;
        let policy = policy.clone();
        self.call_field_policies(move |connection| connection.create_field_policy(&policy))
    }

    #[doc(alias = "dcgmPolicyModify")]
    fn modify(&self, id: FieldPolicyId, policy: &FieldPolicy) -> Result<()> {
        policy.validate()?;
        let policy = policy.clone();
        self.call_field_policies(move |connection| connection.modify_field_policy(id, &policy))
    }

    #[doc(alias = "dcgmPolicyDelete")]
    fn delete(&self, id: FieldPolicyId) -> Result<()> {
        self.call_field_policies(move |connection| connection.delete_field_policy(id))
    }

    #[doc(alias = "dcgmPolicyEnable")]
    #[doc(alias = "dcgmPolicyDisable")]
    fn set_enabled(&self, id: FieldPolicyId, is_enabled: bool) -> Result<()> {
        self.call_field_policies(move |connection| connection.enable_field_policy(id, is_enabled))
    }

    #[doc(alias = "dcgmPolicyGetOne")]
    fn get(&self, id: FieldPolicyId) -> Result<StoredFieldPolicy> {
        self.call_field_policies(move |connection| connection.field_policy(id))
    }

    #[doc(alias = "dcgmPolicyGetAll")]
    fn list(&self) -> Result<Vec<StoredFieldPolicy>> {
        self.call_field_policies(|connection| connection.all_field_policies())
    }

    #[doc(alias = "dcgmPolicyImport")]
    fn import(&self, path: &Path) -> Result<()> {
        const MAX_PATH: usize = dcgm_sys::DCGM_POLICY_MAX_PATH as usize;
        let refused = Error::Request("the path of a file of policies is too long, or has a NUL");
        // On Linux, the path's own bytes.
        let Ok(path) = CString::new(path.as_os_str().as_encoded_bytes()) else {
            return Err(refused);
        };
        if path.as_bytes_with_nul().len() > MAX_PATH {
            return Err(refused);
        }
        self.call_field_policies(move |connection| connection.import_field_policies(&path))
    }

    #[doc(alias = "dcgmPolicyGetViolations")]
    fn violations(&self, since: Timestamp) -> Result<Vec<FieldViolation>> {
        self.call_field_policies(move |connection| connection.field_violations(since))
    }

    #[doc(alias = "dcgmPolicyRegister_v3")]
    #[doc(alias = "dcgmPolicyUnregister_v3")]
    fn register(&self, id: FieldPolicyId) -> Result<FieldPolicyEvents> {
        let has_ended = Arc::default();
        let (events, sender) = FieldPolicyEvents::new(|_| {
            Box::new(ListenerGuard {
                has_ended: Arc::clone(&has_ended),
                shared: Arc::clone(&self.shared),
                worker: Arc::clone(&self.worker),
            })
        });
        let listener = FieldListener {
            id,
            sender,
            has_ended,
        };
        let limit = self.options.deadlines.watch;
        self.run_task(Operation::Watch, limit, move |thread| {
            thread.with_session(|session| session.add_field_listener(listener))
        })?;
        Ok(events)
    }
}
