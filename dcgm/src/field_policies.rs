//! Policies on fields, from DCGM 4.7: a limit for any numeric field, which the host engine compares with its
//! samples.
//!
//! Unlike the older [policies](crate::policy), a field policy has a number of its own, so that clients do not
//! replace each other's. It belongs to the engine all the same: it stays after its client has disconnected,
//! and every client can change or delete it.
//!
//! A libdcgm before 4.7 lacks the functions: each method returns [`Error::SymbolMissing`] then. With every
//! release, a program can watch the field and compare the samples itself, see [`Client::watch`].
//!
//! This follows the header of DCGM 4.7. It was tested with a library that responds by a script, not with an
//! engine of 4.7.
//!
//! [`Client::watch`]: crate::Client::watch

use core::any::Any;
use core::fmt::{self, Debug};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::{bit_set, open_enum};
use crate::policy::{MAX_QUEUED_VIOLATIONS, ViolationQueue};
use crate::queue::Queue;
use crate::sample::Timestamp;

/// The comparison of a value with the threshold of a policy (`dcgmPolicyOperator_t`).
///
/// ```
/// use dcgm::field_policies::FieldOperator;
///
/// assert_eq!(FieldOperator::GREATER.to_string(), "greater");
/// assert_eq!("changed".parse(), Ok(FieldOperator::CHANGED));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmPolicyOperator_t")]
pub struct FieldOperator(u32);

#[rustfmt::skip] // One row per operator.
open_enum! { FieldOperator, "operator", "the name of an operator";
    DCGM_POLICY_OP_GT      => GREATER,          "greater",          "The value is above the threshold.";
    DCGM_POLICY_OP_GE      => GREATER_OR_EQUAL, "greater_or_equal", "The value is the threshold, or above it.";
    DCGM_POLICY_OP_LT      => LESS,             "less",             "The value is below the threshold.";
    DCGM_POLICY_OP_LE      => LESS_OR_EQUAL,    "less_or_equal",    "The value is the threshold, or below it.";
    DCGM_POLICY_OP_EQ      => EQUAL,            "equal",            "The value is the threshold.";
    DCGM_POLICY_OP_NE      => NOT_EQUAL,        "not_equal",        "The value is not the threshold.";
    DCGM_POLICY_OP_CHANGED => CHANGED,          "changed",          "The value is not that of the sample before. The threshold has no meaning.";
}

/// A set of the ways in which the engine reports a violation (`dcgmPolicyChannel_t`).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmPolicyChannel_t")]
pub struct PolicyChannels(u32);

#[rustfmt::skip] // One row per channel.
bit_set! { PolicyChannels;
    DCGM_POLICY_CHANNEL_CONSOLE  => CONSOLE,  "console",  "The engine's standard output.";
    DCGM_POLICY_CHANNEL_FILE     => FILE,     "file",     "A file of the engine, in JSON.";
    DCGM_POLICY_CHANNEL_CALLBACK => CALLBACK, "callback", "The clients that are [registered](FieldPolicyClient::register).";
}

/// The most entities that a field policy can name; without any, it applies to all GPUs.
pub const MAX_POLICY_ENTITIES: usize = 32;

/// The most bytes of the name of a field policy.
pub const MAX_POLICY_NAME_BYTES: usize = 255;

/// The number of a field policy, which the engine assigns, with the field that it is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldPolicyId {
    field: FieldId,
    raw: u64,
}

impl FieldPolicyId {
    /// Wraps DCGM's number.
    #[must_use]
    pub const fn from_raw(field: FieldId, raw: u64) -> Self {
        Self { field, raw }
    }

    /// Returns the field.
    #[must_use]
    pub const fn field(self) -> FieldId {
        self.field
    }

    /// Returns DCGM's number.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.raw
    }
}

/// A limit for a field.
///
/// ```
/// use dcgm::FieldId;
/// use dcgm::field_policies::{FieldOperator, FieldPolicy};
///
/// let policy = FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::GREATER, 90.0).with_name("hot");
/// # assert!(policy.is_enabled && policy.entities.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldPolicy {
    /// The field.
    pub field: FieldId,
    /// The comparison.
    pub operator: FieldOperator,
    /// The value that samples are compared with.
    pub threshold: f64,
    /// The name, at most [`MAX_POLICY_NAME_BYTES`] long; empty by default.
    pub name: String,
    /// The entities, at most [`MAX_POLICY_ENTITIES`]; none by default, which means all GPUs.
    pub entities: Vec<EntityId>,
    /// The ways to report a violation, by default [`PolicyChannels::CALLBACK`].
    pub channels: PolicyChannels,
    /// `true` by default: the engine compares samples with the policy.
    pub is_enabled: bool,
    /// The least time between two reports, in whole seconds; none by default.
    pub rate_limit: Duration,
}

impl FieldPolicy {
    /// Creates a policy for all GPUs, which is enabled.
    #[must_use]
    pub const fn new(field: FieldId, operator: FieldOperator, threshold: f64) -> Self {
        Self {
            field,
            operator,
            threshold,
            name: String::new(),
            entities: Vec::new(),
            channels: PolicyChannels::CALLBACK,
            is_enabled: true,
            rate_limit: Duration::ZERO,
        }
    }

    /// Sets the name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the entities.
    #[must_use]
    pub fn with_entities(mut self, entities: impl Into<Vec<EntityId>>) -> Self {
        self.entities = entities.into();
        self
    }

    /// Sets the least time between two reports.
    #[must_use]
    pub const fn with_rate_limit(mut self, rate_limit: Duration) -> Self {
        self.rate_limit = rate_limit;
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        Err(Error::Request(
            if self.entities.len() > MAX_POLICY_ENTITIES {
                "a field policy names at most 32 entities"
            } else if self.name.len() > MAX_POLICY_NAME_BYTES || self.name.contains('\0') {
                "the name of a field policy has at most 255 bytes, and no NUL"
            } else if !self.threshold.is_finite() {
                "the threshold of a field policy must be a finite number"
            } else if u32::try_from(self.rate_limit.as_secs()).is_err() {
                "the rate limit of a field policy is too long"
            } else {
                return Ok(());
            },
        ))
    }
}

/// A policy as the engine keeps it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoredFieldPolicy {
    /// The number.
    pub id: FieldPolicyId,
    /// The limit.
    pub policy: FieldPolicy,
    /// The value of the last sample; `None` if the engine has none.
    pub value: Option<f64>,
    /// The time of its creation.
    pub created: Timestamp,
    /// The violations so far.
    pub violations: u32,
    /// The time of the last violation; `None` if there was none.
    pub last_violation: Option<Timestamp>,
}

impl StoredFieldPolicy {
    /// Creates the state of a policy that was not violated yet, for implementations of
    /// [`FieldPolicyClient`].
    #[must_use]
    pub const fn new(id: FieldPolicyId, policy: FieldPolicy, created: Timestamp) -> Self {
        Self {
            id,
            policy,
            value: None,
            created,
            violations: 0,
            last_violation: None,
        }
    }
}

/// A violation of a field policy.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// The policy.
    pub policy: FieldPolicyId,
    /// The name of the policy, without control characters.
    pub name: String,
    /// The entity.
    pub entity: EntityId,
    /// The value of the sample; `None` if it is one of DCGM's blank values.
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: f64,
    /// The comparison.
    pub operator: FieldOperator,
    /// The time of the sample, by the engine.
    pub timestamp: Timestamp,
}

impl FieldViolation {
    /// Creates a violation of a policy without a name.
    #[must_use]
    pub const fn new(policy: FieldPolicyId, entity: EntityId, timestamp: Timestamp) -> Self {
        Self {
            policy,
            name: String::new(),
            entity,
            value: None,
            threshold: 0.0,
            operator: FieldOperator::GREATER,
            timestamp,
        }
    }
}

/// The violations of a field policy: an iterator that waits for the next violation, and ends with the session
/// of the client. It is empty in a fork of the process that registered.
///
/// Dropping this ends the registration.
pub struct FieldPolicyEvents(ViolationQueue<FieldViolation>);

/// The sending end of a [`FieldPolicyEvents`], for implementations of [`FieldPolicyClient`].
#[derive(Clone, Debug)]
pub struct FieldPolicySender(Arc<Queue<FieldViolation>>);

impl FieldPolicySender {
    /// Adds a violation. Without room, it is dropped and counted. Does not block.
    pub fn send(&self, violation: FieldViolation) {
        self.0.push(violation);
    }

    /// Ends the [`FieldPolicyEvents`]: what waits can still be taken.
    pub fn close(&self) {
        self.0.close();
    }
}

impl FieldPolicyEvents {
    /// Creates an empty queue of violations with its sending end, for implementations of
    /// [`FieldPolicyClient`]. Dropping `guard` must end the registration.
    #[must_use]
    pub fn new(
        guard: impl FnOnce(&FieldPolicySender) -> Box<dyn Any + Send + Sync>,
    ) -> (Self, FieldPolicySender) {
        let sender = FieldPolicySender(Arc::new(Queue::new(MAX_QUEUED_VIOLATIONS)));
        let queue = ViolationQueue::new(Arc::clone(&sender.0), guard(&sender));
        (Self(queue), sender)
    }

    /// Waits for the next violation, for at most `timeout`. `None` if there was none, or the session has
    /// ended.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<FieldViolation> {
        self.0.wait(Some(timeout))
    }

    /// Returns the number of violations that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Returns `true` if the session has ended: no violation will follow those that wait.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Iterator for FieldPolicyEvents {
    type Item = FieldViolation;

    fn next(&mut self) -> Option<FieldViolation> {
        self.0.wait(None)
    }
}

impl Debug for FieldPolicyEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldPolicyEvents")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

/// Policies on fields. Returned by [`Client::field_policies`](crate::Client::field_policies).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::field_policies::{FieldOperator, FieldPolicy, FieldViolation};
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, FieldId, Timestamp};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let hot = FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::GREATER, 90.0);
/// let id = mock.field_policies().create(&hot)?;
/// let mut events = mock.field_policies().register(id)?;
///
/// mock.push_field_violation(FieldViolation::new(id, EntityId::gpu(1), Timestamp::from_micros(1)));
/// assert_eq!(events.next().unwrap().entity, EntityId::gpu(1));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait FieldPolicyClient: Debug + Send + Sync {
    /// Creates a policy in the engine, which all clients see.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] for a policy that has too many entities, too long a name or rate limit, or no
    /// finite threshold. Otherwise, as for the other methods, the same as for
    /// [`Client::latest`](crate::Client::latest), and [`Error::SymbolMissing`] before DCGM 4.7.
    fn create(&self, policy: &FieldPolicy) -> Result<FieldPolicyId> {
        let _ = policy;
        not_implemented("FieldPolicyClient::create")
    }

    /// Replaces a policy. The field stays that of `id`.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn modify(&self, id: FieldPolicyId, policy: &FieldPolicy) -> Result<()> {
        let _ = (id, policy);
        not_implemented("FieldPolicyClient::modify")
    }

    /// Deletes a policy, for all clients.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn delete(&self, id: FieldPolicyId) -> Result<()> {
        let _ = id;
        not_implemented("FieldPolicyClient::delete")
    }

    /// Enables or disables a policy, for all clients.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn set_enabled(&self, id: FieldPolicyId, is_enabled: bool) -> Result<()> {
        let _ = (id, is_enabled);
        not_implemented("FieldPolicyClient::set_enabled")
    }

    /// Returns a policy.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn get(&self, id: FieldPolicyId) -> Result<StoredFieldPolicy> {
        let _ = id;
        not_implemented("FieldPolicyClient::get")
    }

    /// Returns the policies of all clients; an engine has room for 1525.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn list(&self) -> Result<Vec<StoredFieldPolicy>> {
        not_implemented("FieldPolicyClient::list")
    }

    /// Creates the policies that a YAML file describes. libdcgm reads the file.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create), and [`Error::Request`] for a path with a NUL or of more than 4095
    /// bytes.
    fn import(&self, path: &Path) -> Result<()> {
        let _ = path;
        not_implemented("FieldPolicyClient::import")
    }

    /// Returns the violations since a time, of all policies. DCGM returns at most 128, and does not say
    /// whether there were more.
    ///
    /// # Errors
    ///
    /// The same as for [`create`](Self::create).
    fn violations(&self, since: Timestamp) -> Result<Vec<FieldViolation>> {
        let _ = since;
        not_implemented("FieldPolicyClient::violations")
    }

    /// Registers for the violations of a policy that has the channel [`PolicyChannels::CALLBACK`].
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create), and [`Error::Request`] while another registration for the policy over
    /// the same connection exists: the engine ends a registration by its policy alone.
    fn register(&self, id: FieldPolicyId) -> Result<FieldPolicyEvents> {
        let _ = id;
        not_implemented("FieldPolicyClient::register")
    }
}

impl FieldPolicyClient for NotImplemented {}
