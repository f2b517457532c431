//! Policies of the host engine: limits for GPUs, and the violations that the engine reports.
//!
//! Policies belong to the engine, not to a client. [`PolicyClient::set`] replaces the policy of a GPU for all
//! clients, and stays when this client disconnects; another client can replace it at any time, without a
//! notice to those that wait for violations. The engine samples for policies every 10 s, and reports a
//! condition of a GPU at most once in 5 s. It never ends this sampling until it restarts: each further
//! connection that registers costs it a few kilobytes.
//!
//! A program that only wants to know uses a [`Monitor`](crate::monitor::Monitor), which reports XIDs from
//! watches of its own: sooner, and not silenced by others.

use core::fmt::{self, Debug};

use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::bit_set;
use crate::sample::Timestamp;

mod events;

pub(crate) use events::ViolationQueue;
pub use events::{MAX_QUEUED_VIOLATIONS, PolicyEvents, PolicySender};

/// A set of the conditions of policies (`dcgmPolicyCondition_t`).
///
/// ```
/// use dcgm::policy::PolicyConditions;
///
/// let conditions = PolicyConditions::XID | PolicyConditions::THERMAL;
/// assert!(conditions.contains(PolicyConditions::XID));
/// assert_eq!(conditions.to_string(), "thermal|xid");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmPolicyCondition_t")]
pub struct PolicyConditions(u32);

#[rustfmt::skip] // One row per condition.
bit_set! { PolicyConditions;
    DCGM_POLICY_COND_DBE               => DBE,           "dbe",           "Uncorrectable memory errors: more than in the sample before.";
    DCGM_POLICY_COND_PCI               => PCIE,          "pcie",          "`PCIe` replays: more than in the sample before.";
    DCGM_POLICY_COND_MAX_PAGES_RETIRED => RETIRED_PAGES, "retired_pages", "More retired memory pages than the limit.";
    DCGM_POLICY_COND_THERMAL           => THERMAL,       "thermal",       "A temperature above the limit.";
    DCGM_POLICY_COND_POWER             => POWER,         "power",         "A power draw above the limit.";
    DCGM_POLICY_COND_NVLINK            => NVLINK,        "nvlink",        "NVLink errors: more than in the sample before.";
    DCGM_POLICY_COND_XID               => XID,           "xid",           "An XID.";
}

impl PolicyConditions {
    /// Every condition that has a constant.
    pub const ALL: Self = Self(
        Self::DBE.0
            | Self::PCIE.0
            | Self::RETIRED_PAGES.0
            | Self::THERMAL.0
            | Self::POWER.0
            | Self::NVLINK.0
            | Self::XID.0,
    );
}

/// The policy of a GPU: the conditions that the engine reports, with their limits. The default has none.
///
/// DCGM's actions (resetting the GPU) and validations (running a diagnostic) are not offered: engines of 4.6
/// and 3.3 were seen to store and to ignore them.
///
/// ```
/// use dcgm::policy::{Policy, PolicyConditions};
///
/// let mut policy = Policy::default();
/// policy.xid = true;
/// policy.max_temperature = Some(90);
/// assert_eq!(policy.conditions(), PolicyConditions::XID | PolicyConditions::THERMAL);
/// ```
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each condition without a limit"
)]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// Uncorrectable memory errors.
    pub dbe: bool,
    /// `PCIe` replays.
    pub pcie: bool,
    /// The most retired memory pages, corrected and uncorrectable errors together.
    pub max_retired_pages: Option<u32>,
    /// The highest temperature in °C.
    pub max_temperature: Option<u32>,
    /// The highest power draw in W. Fractions of the draw are cut: with 500, 500.9 W is no violation.
    pub max_power: Option<u32>,
    /// NVLink errors.
    pub nvlink: bool,
    /// XIDs.
    pub xid: bool,
}

impl Policy {
    /// Returns the conditions of the policy.
    #[must_use]
    pub fn conditions(&self) -> PolicyConditions {
        let has = [
            (self.dbe, PolicyConditions::DBE),
            (self.pcie, PolicyConditions::PCIE),
            (
                self.max_retired_pages.is_some(),
                PolicyConditions::RETIRED_PAGES,
            ),
            (self.max_temperature.is_some(), PolicyConditions::THERMAL),
            (self.max_power.is_some(), PolicyConditions::POWER),
            (self.nvlink, PolicyConditions::NVLINK),
            (self.xid, PolicyConditions::XID),
        ];
        let set = has.into_iter().filter(|(is_set, _)| *is_set);
        set.fold(PolicyConditions(0), |all, (_, condition)| all | condition)
    }
}

/// A violation of a policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Violation {
    /// The GPU.
    pub gpu: EntityId,
    /// The time of the sample, by the engine. For retired pages, the earlier one of two samples.
    pub timestamp: Timestamp,
    /// The condition, with its values.
    pub kind: ViolationKind,
}

impl Violation {
    /// Creates a violation.
    #[must_use]
    pub const fn new(gpu: EntityId, timestamp: Timestamp, kind: ViolationKind) -> Self {
        Self {
            gpu,
            timestamp,
            kind,
        }
    }
}

/// Prints the GPU and the condition.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.gpu, self.kind)
    }
}

/// The condition of a [`Violation`], with its values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// New uncorrectable memory errors.
    Dbe {
        /// All such errors since the driver was loaded.
        count: u32,
    },
    /// New `PCIe` replays.
    Pcie {
        /// All replays so far.
        count: u32,
    },
    /// More retired memory pages than the limit.
    RetiredPages {
        /// Pages retired for correctable errors.
        corrected: u32,
        /// Pages retired for uncorrectable errors.
        uncorrectable: u32,
    },
    /// A temperature above the limit.
    Thermal {
        /// The temperature in °C. The engine compares without the sign: a temperature below zero exceeds
        /// every limit.
        celsius: i32,
    },
    /// A power draw above the limit.
    Power {
        /// The draw in W, without its fraction.
        watts: u32,
    },
    /// New NVLink errors.
    NvLink {
        /// The counter: one of the totals 409, 419, 429 and 439.
        field: FieldId,
        /// All errors of this counter so far.
        count: u32,
    },
    /// An XID. [`Xid::of_code`](crate::Xid::of_code) has its meaning.
    Xid {
        /// The code.
        code: i64,
    },
}

impl ViolationKind {
    /// Returns the condition.
    #[must_use]
    pub const fn condition(&self) -> PolicyConditions {
        match self {
            Self::Dbe { .. } => PolicyConditions::DBE,
            Self::Pcie { .. } => PolicyConditions::PCIE,
            Self::RetiredPages { .. } => PolicyConditions::RETIRED_PAGES,
            Self::Thermal { .. } => PolicyConditions::THERMAL,
            Self::Power { .. } => PolicyConditions::POWER,
            Self::NvLink { .. } => PolicyConditions::NVLINK,
            Self::Xid { .. } => PolicyConditions::XID,
        }
    }
}

/// Prints the condition with its values.
impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dbe { count } => write!(f, "uncorrectable memory errors, {count} in all"),
            Self::Pcie { count } => write!(f, "PCIe replays, {count} in all"),
            Self::RetiredPages {
                corrected,
                uncorrectable,
            } => {
                let all = corrected.saturating_add(*uncorrectable);
                write!(f, "{all} retired memory pages")
            }
            Self::Thermal { celsius } => write!(f, "temperature of {celsius} °C"),
            Self::Power { watts } => write!(f, "power draw of {watts} W"),
            Self::NvLink { field, count } => write!(f, "NVLink errors, {count} of {field} in all"),
            Self::Xid { code } => write!(f, "XID {code}"),
        }
    }
}

/// Policies. Returned by [`Client::policies`](crate::Client::policies).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::policy::{Policy, PolicyConditions, Violation, ViolationKind};
/// use dcgm::{Client, EntityId, Timestamp};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let gpus = [EntityId::gpu(0), EntityId::gpu(1)];
/// let mut policy = Policy::default();
/// policy.xid = true;
/// mock.policies().set(&gpus, &policy)?;
/// let mut events = mock.policies().register(&gpus, PolicyConditions::XID)?;
///
/// let xid = ViolationKind::Xid { code: 79 };
/// mock.push_violation(Violation::new(gpus[1], Timestamp::from_micros(1), xid));
/// assert_eq!(events.next().unwrap().kind, xid);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait PolicyClient: Debug + Send + Sync {
    /// Returns the policy of each GPU, in the order of `gpus`.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] for an entity that is no GPU. Otherwise the same as for
    /// [`Client::latest`](crate::Client::latest); an error with
    /// [`ReturnCode::NOT_CONFIGURED`](crate::ReturnCode::NOT_CONFIGURED) also while the driver is detached.
    fn get(&self, gpus: &[EntityId]) -> Result<Vec<Policy>> {
        let _ = gpus;
        not_implemented("PolicyClient::get")
    }

    /// Replaces the policy of each GPU, **for all clients of the engine**: conditions that are not in `policy`
    /// are no longer reported to anyone.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get), and [`Error::Request`] without a GPU.
    fn set(&self, gpus: &[EntityId], policy: &Policy) -> Result<()> {
        let _ = (gpus, policy);
        not_implemented("PolicyClient::set")
    }

    /// Removes the policy of each GPU, for all clients of the engine.
    ///
    /// # Errors
    ///
    /// The same as for [`set`](Self::set).
    fn clear(&self, gpus: &[EntityId]) -> Result<()> {
        self.set(gpus, &Policy::default())
    }

    /// Registers for violations of the policies of GPUs. A violation is reported if its condition is in
    /// `conditions` and in the policy of the GPU at the time of the sample: call [`set`](Self::set), too.
    ///
    /// With an embedded engine, the end of the last registration also ends those that other code in the process
    /// made through libdcgm: the engine removes all of a connection at once.
    ///
    /// A standing violation is reported again with each sample, every 10 s. XID 0, which the engine reports
    /// for "no XID", is left out.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set), and [`Error::Request`] without a condition. With DCGM 3.3, whose violations
    /// do not name the GPU, also if the process has registered for more than 64 GPUs in all.
    fn register(&self, gpus: &[EntityId], conditions: PolicyConditions) -> Result<PolicyEvents> {
        let _ = (gpus, conditions);
        not_implemented("PolicyClient::register")
    }
}

impl PolicyClient for NotImplemented {}

/// Checks the GPUs of a request.
pub(crate) fn validate_gpus(gpus: &[EntityId]) -> Result<()> {
    Err(Error::Request(if gpus.is_empty() {
        "a policy needs at least one GPU"
    } else if gpus.iter().any(|id| id.kind != EntityKind::GPU) {
        "only GPUs have policies"
    } else {
        return Ok(());
    }))
}

/// Checks the conditions of a registration.
pub(crate) fn validate_conditions(conditions: PolicyConditions) -> Result<()> {
    if conditions.is_empty() {
        return Err(Error::Request(
            "a registration needs at least one condition",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_of_a_policy_is_named() {
        let policy = Policy {
            dbe: true,
            pcie: true,
            max_retired_pages: Some(1),
            max_temperature: Some(2),
            max_power: Some(3),
            nvlink: true,
            xid: true,
        };
        assert_eq!(policy.conditions(), PolicyConditions::ALL);
        let all = "dbe|pcie|retired_pages|thermal|power|nvlink|xid";
        assert_eq!(PolicyConditions::ALL.to_string(), all);
        let unknown = PolicyConditions::XID | PolicyConditions::from_bits(0x80);
        assert_eq!(unknown.to_string(), "xid|0x80");
        assert_eq!(Policy::default().conditions().to_string(), "none");
    }

    #[test]
    fn violations_without_room_are_counted() {
        let all = PolicyConditions::ALL;
        let (mut events, sender) = PolicyEvents::new(all, |_| Box::new(()));
        let xid = ViolationKind::Xid { code: 31 };
        let violation = Violation::new(EntityId::gpu(0), Timestamp::NEVER, xid);
        for _ in 0..MAX_QUEUED_VIOLATIONS + 3 {
            sender.send(violation);
        }
        assert_eq!(events.dropped(), 3);
        assert!(!events.is_closed());
        sender.close();
        assert!(events.is_closed());
        assert_eq!(events.by_ref().count(), MAX_QUEUED_VIOLATIONS);
    }
}
