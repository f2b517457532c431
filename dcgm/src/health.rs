//! Health checks of the host engine: [`HealthWatch`]es and the incidents that a check finds.
//!
//! The engine samples fields for a health watch, and a check compares these samples with the limits of the
//! engine. A check that finds nothing is no proof of health: an engine also reports "pass" while the driver
//! is detached, while telemetry is paused, and after another client has emptied its cache. Therefore a check
//! here also asks for the status of the GPUs and for new samples, and an entity without either is
//! [`HealthState::Unknown`].
//!
//! Facts that matter to a program that checks health:
//!
//! * The engine never ends the sampling for a health watch, not even after the connection is gone. Each
//!   further connection with a health watch costs the engine about 25 KB for 8 GPUs, until it restarts.
//!   Keep one connection. Within a connection, a new watch with the same entities, systems and times uses
//!   the sampling of an earlier one.
//! * States, such as a failed row remap, are reported as long as they last. Rates, such as `PCIe` replays,
//!   are reported for 60 s after they happened: check at least once a minute.
//! * An XID is reported by every check until the engine restarts. XIDs are sampled only for
//!   [`HealthSystems::MEMORY`] and [`HealthSystems::INFOROM`]. DCGM 3.3.9 reports only XID 95. To see every
//!   XID when it happens, use a [`Monitor`](crate::monitor::Monitor).
//! * The engine writes one or two lines into its log for each incident of each check.

use core::any::Any;
use core::fmt::{self, Debug};
use std::time::Duration;

use parking_lot::Mutex;

use crate::entity::{EntityId, EntityStatus};
use crate::error::{Error, Result};
use crate::guard::Guard;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::bit_set;
use crate::watch::Refusal;

mod code;
mod report;

pub use code::HealthCode;
pub use report::{
    EntityHealth, HealthReport, HealthState, Incident, IncidentId, IncidentSeverity, UnknownReason,
};

use report::IncidentHistory;

/// A set of the systems that a health check looks at (`dcgmHealthSystems_t`). A bit without a constant
/// here is kept.
///
/// ```
/// use dcgm::health::HealthSystems;
///
/// let systems = HealthSystems::MEMORY | HealthSystems::PCIE;
/// assert!(systems.contains(HealthSystems::MEMORY));
/// assert_eq!(systems.to_string(), "pcie|memory");
/// assert_eq!(HealthSystems::ALL.to_string(), "all");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmHealthSystems_t")]
pub struct HealthSystems(u32);

#[rustfmt::skip] // One row per system.
bit_set! { HealthSystems;
    DCGM_HEALTH_WATCH_ALL               => ALL,               "all",               "Every system, also those of later releases. An incident that concerns the GPU as a whole, such as XID 79, has this as its system.";
    DCGM_HEALTH_WATCH_PCIE              => PCIE,              "pcie",              "`PCIe` replays.";
    DCGM_HEALTH_WATCH_NVLINK            => NVLINK,            "nvlink",            "NVLink errors, links that are down, the NVLink fabric, and IMEX.";
    DCGM_HEALTH_WATCH_PMU               => PMU,               "pmu",               "The power management unit. Engines of 4.6 and 3.3 check nothing for it.";
    DCGM_HEALTH_WATCH_MCU               => MCU,               "mcu",               "The microcontroller unit. Engines of 4.6 and 3.3 check nothing for it.";
    DCGM_HEALTH_WATCH_MEM               => MEMORY,            "memory",            "Memory errors, retired pages, remapped rows, and XIDs.";
    DCGM_HEALTH_WATCH_SM                => SM,                "sm",                "The streaming multiprocessors. Engines of 4.6 and 3.3 check nothing for it.";
    DCGM_HEALTH_WATCH_INFOROM           => INFOROM,           "inforom",           "The checksum of the `InfoROM`, at most once an hour, and XIDs.";
    DCGM_HEALTH_WATCH_THERMAL           => THERMAL,           "thermal",           "Clocks that were lowered for thermal reasons. The temperature itself is not checked.";
    DCGM_HEALTH_WATCH_POWER             => POWER,             "power",             "Clocks that were lowered for power reasons, and a power draw that cannot be read.";
    DCGM_HEALTH_WATCH_DRIVER            => DRIVER,            "driver",            "The recovery action that the driver asks for. DCGM 3.3 does not check it.";
    DCGM_HEALTH_WATCH_NVSWITCH_NONFATAL => NVSWITCH_NONFATAL, "nvswitch_nonfatal", "Non-fatal errors of NVSwitches.";
    DCGM_HEALTH_WATCH_NVSWITCH_FATAL    => NVSWITCH_FATAL,    "nvswitch_fatal",    "Fatal errors of NVSwitches, and their links that are down.";
    DCGM_HEALTH_WATCH_CONNECTX          => CONNECTX,          "connectx",          "ConnectX network adapters.";
    DCGM_HEALTH_WATCH_IMEX              => IMEX,              "imex",              "IMEX, as a system of its own since DCGM 4.6.1.";
}

impl HealthSystems {
    /// Returns `true` if a part of `other` is in the set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// [`ALL`](HealthSystems::ALL).
impl Default for HealthSystems {
    fn default() -> Self {
        Self::ALL
    }
}

/// The longest interval of a health watch. The engine looks at the samples of the last 60 s: with an
/// interval of 120 s, incidents of some codes vanish 60 s after each sample and come back with the next.
pub const MAX_HEALTH_INTERVAL: Duration = Duration::from_secs(50);

/// The shortest time for which the engine may keep the samples of a health watch: the window of the rates.
const MIN_KEEP_AGE: Duration = Duration::from_secs(60);

/// A request to check the health of entities.
///
/// ```
/// use std::time::Duration;
/// use dcgm::EntityId;
/// use dcgm::health::{HealthRequest, HealthSystems};
///
/// let request = HealthRequest::new([EntityId::gpu(0), EntityId::gpu(1)])
///     .with_systems(HealthSystems::MEMORY | HealthSystems::NVLINK)
///     .with_interval(Duration::from_secs(10));
/// # assert_eq!(request.entities.len(), 2);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HealthRequest {
    /// The entities: GPUs, NVSwitches, MIG instances, CPUs or network adapters. Their number is limited by
    /// the engine's groups, to 1024 (64 for DCGM 3.3).
    pub entities: Vec<EntityId>,
    /// The systems, [`HealthSystems::ALL`] by default. Without [`HealthSystems::MEMORY`] or
    /// [`HealthSystems::INFOROM`], the engine reports no XID at all, not even that a GPU has fallen off the
    /// bus.
    pub systems: HealthSystems,
    /// The sampling interval: 30 s by default, more than zero, and at most [`MAX_HEALTH_INTERVAL`]. The
    /// engine samples some fields less often: memory pages and rows, power and temperature at most every
    /// 30 s, the `InfoROM` at most once an hour.
    pub interval: Duration,
    /// The time for which the engine keeps samples: 600 s by default, at least 60 s.
    pub keep_age: Duration,
}

impl HealthRequest {
    /// Creates a request for all systems, sampled every 30 s.
    #[must_use]
    pub fn new(entities: impl Into<Vec<EntityId>>) -> Self {
        Self {
            entities: entities.into(),
            systems: HealthSystems::ALL,
            interval: Duration::from_secs(30),
            keep_age: Duration::from_secs(600),
        }
    }

    /// Sets the systems.
    #[must_use]
    pub const fn with_systems(mut self, systems: HealthSystems) -> Self {
        self.systems = systems;
        self
    }

    /// Sets the sampling interval.
    #[must_use]
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Checks what the engine does not check: it accepts any interval, age and set of systems.
    pub(crate) fn validate(&self) -> Result<()> {
        Err(Error::Request(if self.entities.is_empty() {
            "a health watch needs at least one entity"
        } else if self.systems.is_empty() {
            "a health watch needs at least one system"
        } else if self.interval.is_zero() || self.interval > MAX_HEALTH_INTERVAL {
            "the interval of a health watch must be more than 0 s and at most 50 s"
        } else if self.keep_age < MIN_KEEP_AGE {
            "the samples of a health watch must be kept for at least 60 s"
        } else {
            return Ok(());
        }))
    }
}

/// A health watch: the entities and systems that [`HealthClient::check`] looks at, and the incidents that
/// earlier checks have seen.
///
/// It belongs to one session of the client. After the client has reconnected, a check returns an error with
/// [`ReturnCode::NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED): create the watch again, with the entities
/// that the engine lists then, since their numbers may have changed. Dropping it does not end the sampling,
/// see the [module](crate::health).
pub struct HealthWatch {
    request: HealthRequest,
    refused: Vec<Refusal>,
    history: Mutex<IncidentHistory>,
    guard: Guard,
}

impl HealthWatch {
    /// Creates a watch, for implementations of [`HealthClient`]. `request` has only the entities that are
    /// checked, and `refused` has the others.
    #[must_use]
    pub fn new(
        request: HealthRequest,
        refused: Vec<Refusal>,
        guard: impl Any + Send + Sync,
    ) -> Self {
        Self {
            request,
            refused,
            history: Mutex::default(),
            guard: Guard::new(guard),
        }
    }

    /// Returns the entities that are checked.
    #[must_use]
    pub fn entities(&self) -> &[EntityId] {
        &self.request.entities
    }

    /// Returns the systems that are checked.
    #[must_use]
    pub const fn systems(&self) -> HealthSystems {
        self.request.systems
    }

    /// Returns the sampling interval of this watch.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.request.interval
    }

    /// Returns the entities that the engine refused.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refused
    }

    /// Compares the incidents of a report with those of the last one: each is then new or known, and the
    /// report lists those that ended. For implementations of [`HealthClient`], which call it once for each
    /// check that succeeded.
    pub fn compare(&self, report: &mut HealthReport) {
        self.history.lock().compare(report);
    }

    /// Returns the guard that was passed to [`Self::new`], if its type is `T`. For implementations of
    /// [`HealthClient`].
    #[must_use]
    pub fn guard<T: Any>(&self) -> Option<&T> {
        self.guard.get()
    }
}

impl Debug for HealthWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthWatch")
            .field("request", &self.request)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// DCGM's own description of a code, from the loaded libdcgm.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HealthCodeInfo {
    /// The code.
    pub code: HealthCode,
    /// The format of the message, with the placeholders of C, such as `%u`.
    pub message_format: String,
    /// The action that NVIDIA suggests; may be empty.
    pub suggestion: String,
    /// The priority (`dcgmErrorSeverity_t`): 0 none, 1 monitor, 2 isolate, 3 unknown, 4 triage, 5 configure,
    /// 6 reset.
    pub priority: u32,
    /// The category (`dcgmErrorCategory_t`).
    pub category: u32,
}

impl HealthCodeInfo {
    /// Creates a description without texts.
    #[must_use]
    pub const fn new(code: HealthCode, priority: u32, category: u32) -> Self {
        Self {
            code,
            message_format: String::new(),
            suggestion: String::new(),
            priority,
            category,
        }
    }
}

/// Health checks. Returned by [`Client::health`](crate::Client::health).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::health::{HealthCode, HealthReport, HealthRequest, HealthState, HealthSystems};
/// use dcgm::health::IncidentSeverity;
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let watch = mock.health().watch(&HealthRequest::new([EntityId::gpu(0), EntityId::gpu(1)]))?;
/// let mut report = HealthReport::new();
/// mock.health().check(&watch, &mut report)?;
/// assert_eq!(report.overall(), HealthState::Healthy);
///
/// let code = HealthCode::ROW_REMAP_FAILURE;
/// mock.add_incident(EntityId::gpu(1), HealthSystems::MEMORY, IncidentSeverity::Failure, code);
/// mock.health().check(&watch, &mut report)?;
/// assert_eq!(report.overall(), HealthState::Failure);
/// let incident = &report.incidents()[0];
/// assert!(incident.is_new && incident.id.entity == EntityId::gpu(1));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait HealthClient: Debug + Send + Sync {
    /// Starts to check the health of entities, in a group of the engine that no other client uses.
    ///
    /// The engine samples the fields before this returns, so that the first check reports states.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] for a request without entities or systems, an interval of zero or above
    /// [`MAX_HEALTH_INTERVAL`], an age below 60 s, or more entities than a group can have. Otherwise the same
    /// as for [`Client::watch`](crate::Client::watch).
    fn watch(&self, request: &HealthRequest) -> Result<HealthWatch> {
        let _ = request;
        not_implemented("HealthClient::watch")
    }

    /// Checks the health of the entities of a watch, and replaces the content of `report`. In a steady state,
    /// this does not allocate.
    ///
    /// The reply of DCGM 4.x has 1 MB: a check takes 5 to 90 ms over TCP, and about 5 ms over a Unix socket.
    ///
    /// # Errors
    ///
    /// An error with [`ReturnCode::NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED) for a watch of an earlier
    /// session, [`Error::Request`] for one of another client, otherwise the same as for
    /// [`Client::latest`](crate::Client::latest). After an error the report is empty, and its state is
    /// unknown.
    fn check(&self, watch: &HealthWatch, report: &mut HealthReport) -> Result<()> {
        let _ = (watch, report);
        not_implemented("HealthClient::check")
    }

    /// Returns the description that the loaded libdcgm has of a code; `None` for a code that it does not
    /// know.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn code_info(&self, code: HealthCode) -> Result<Option<HealthCodeInfo>> {
        let _ = code;
        not_implemented("HealthClient::code_info")
    }
}

impl HealthClient for NotImplemented {}

/// Returns the reason why an entity of this status cannot be checked; `None` for one that can.
pub(crate) fn unknown_reason(status: EntityStatus) -> Option<UnknownReason> {
    match status {
        // A fake GPU has the samples that a test injects.
        EntityStatus::OK | EntityStatus::FAKE => None,
        status => Some(UnknownReason::Unavailable(status)),
    }
}
