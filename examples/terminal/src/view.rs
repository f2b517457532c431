//! The data that `top` displays, independent of how it is drawn.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dcgm::{EntityId, Timestamp};

/// A host as of the last read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HostView {
    /// Endpoint and DCGM version.
    pub title: String,
    /// Set if no hardware is behind the values.
    pub simulated: bool,
    /// Reason why a simulated host is shown although an engine was requested.
    pub fallback_reason: Option<String>,
    /// Time between two reads.
    pub interval: Duration,
    /// State of the connection to the engine.
    pub connection: ConnectionState,
    /// GPUs in the order of their ids. A GPU that was seen once stays in the list.
    pub gpus: Vec<GpuView>,
    /// Events, newest first.
    pub events: VecDeque<EventView>,
}

/// State of the connection to the engine.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// No read has finished yet.
    #[default]
    Connecting,
    /// The last read succeeded.
    Connected,
    /// The engine does not respond.
    Unavailable {
        /// Time since the last successful read or the first attempt.
        since: Duration,
        /// The error, with advice where there is some.
        reason: String,
    },
}

/// A GPU. A value that the engine does not have is `None`, never 0.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GpuView {
    /// DCGM's GPU id.
    pub id: u32,
    /// Product name, such as `NVIDIA H100 80GB HBM3`.
    pub model: Option<Arc<str>>,
    /// UUID, such as `GPU-1b2c…`.
    pub uuid: Option<Arc<str>>,
    /// Share of time in which the GPU had work, 0 to 1: GPU utilization, or graphics engine
    /// activity where GPU utilization has no value, as under MIG. The metric
    /// `hw.gpu.utilization` uses the same sources.
    pub utilization: Option<f64>,
    /// Recent utilization in percent, oldest first.
    pub history: VecDeque<Option<u8>>,
    /// Memory.
    pub memory: MemoryUsage,
    /// Temperature in degrees Celsius.
    pub temperature: Option<f64>,
    /// Power draw in watts.
    pub power: Option<f64>,
    /// Power limit in watts.
    pub power_limit: Option<f64>,
    /// Clock of the streaming multiprocessors in MHz.
    pub sm_clock: Option<f64>,
    /// Memory clock in MHz.
    pub memory_clock: Option<f64>,
    /// Share of time in which the streaming multiprocessors were active, 0 to 1.
    pub sm_active: Option<f64>,
    /// Share of time in which the tensor cores were active, 0 to 1.
    pub tensor_active: Option<f64>,
    /// Share of time in which the memory interface was active, 0 to 1.
    pub dram_active: Option<f64>,
    /// `NVLink` bytes sent per second.
    pub nvlink_tx: Option<f64>,
    /// `NVLink` bytes received per second.
    pub nvlink_rx: Option<f64>,
    /// Number of `NVLinks` and how many are up.
    pub links: LinkCount,
    /// Reasons why clocks are lower than they could be; `None` if the engine does not report them.
    pub throttle: Option<Throttle>,
    /// Health, or the reason why there are no values.
    pub status: GpuStatus,
    /// Set if the engine responds but has taken no new sample of this GPU for some intervals.
    pub stale: bool,
    /// Set if the engine calls this GPU fake: injected by a test, without hardware.
    pub fake: bool,
    /// Time of the newest sample with a value.
    pub last_value: Option<Timestamp>,
    /// MIG GPU instances.
    pub instances: Vec<InstanceView>,
}

/// Memory of a GPU or a MIG instance, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MemoryUsage {
    /// Memory in use.
    pub used: Option<f64>,
    /// All memory.
    pub total: Option<f64>,
}

/// `NVLinks` of a GPU.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum LinkCount {
    /// The engine does not report link states.
    #[default]
    Unknown,
    /// The GPU has no links.
    None,
    /// The GPU has links.
    Some {
        /// Links that are up.
        up: usize,
        /// All links.
        total: usize,
    },
}

/// Health of a GPU, or the reason why there are no values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum GpuStatus {
    /// The engine reports nothing from which health could be judged.
    #[default]
    Unknown,
    /// No known fault.
    Ok,
    /// The GPU works, with these faults.
    Degraded(Vec<String>),
    /// Telemetry is paused, for example for diagnostics. Not a fault.
    Paused,
    /// The GPU is detached from the engine, for example to be passed to a virtual machine. Not a
    /// fault.
    Detached,
    /// The GPU is lost.
    Lost {
        /// Description of the loss.
        reason: &'static str,
        /// Time of the last value; `None` if the GPU was lost before the program started.
        since: Option<Timestamp>,
    },
}

impl GpuStatus {
    /// Returns `true` if the engine samples a GPU with this status.
    #[must_use]
    pub const fn has_values(&self) -> bool {
        matches!(self, Self::Unknown | Self::Ok | Self::Degraded(_))
    }
}

/// A MIG GPU instance.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct InstanceView {
    /// GPU instance id.
    pub id: u32,
    /// MIG profile, such as `1g.10gb`.
    pub profile: Option<Arc<str>>,
    /// Graphics engine activity, 0 to 1.
    pub utilization: Option<f64>,
    /// Memory.
    pub memory: MemoryUsage,
}

/// An XID or `SXid`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EventView {
    /// Time of the event.
    pub at: Timestamp,
    /// Affected GPU or `NVSwitch`.
    pub entity: EntityId,
    /// Kind and code, such as `XID 79`.
    pub text: String,
}

/// Reasons why clocks are lower than they could be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Throttle {
    /// Reasons that deserve attention.
    pub reasons: Vec<Cow<'static, str>>,
    /// Set if the software power cap is active while the GPU draws about as much as it may. That is
    /// normal for a GPU under full load.
    pub at_power_limit: bool,
}

/// Bits of `DCGM_FI_DEV_CLOCKS_EVENT_REASONS`. An idle GPU's low clocks are no throttling.
const REASONS: [(i64, &str); 8] = [
    (0x002, "clocks setting"),
    (POWER_CAP, "power cap"),
    (0x008, "HW slowdown"),
    (0x010, "sync boost"),
    (0x020, "SW thermal"),
    (0x040, "HW thermal"),
    (0x080, "HW power brake"),
    (0x100, "display clocks"),
];
const IDLE: i64 = 0x001;
const POWER_CAP: i64 = 0x004;

/// Share of the power limit from which a power cap is expected.
const EXPECTED_CAP_SHARE: f64 = 0.9;

impl Throttle {
    /// Decodes a mask of reasons. Bits without a name are shown as a number.
    pub(crate) fn from_mask(mask: i64, power: Option<f64>, limit: Option<f64>) -> Self {
        let draws_limit = power
            .zip(limit)
            .is_some_and(|(power, limit)| limit > 0.0 && power >= limit * EXPECTED_CAP_SHARE);
        let at_power_limit = mask & POWER_CAP != 0 && draws_limit;
        let mask = if at_power_limit {
            mask & !POWER_CAP
        } else {
            mask
        };
        let named = REASONS.iter().filter(|(bit, _)| mask & bit != 0);
        let mut reasons = named.map(|(_, name)| (*name).into()).collect::<Vec<_>>();
        let known = REASONS.iter().fold(IDLE, |known, (bit, _)| known | bit);
        match mask & !known {
            0 => {}
            rest => reasons.push(format!("other ({rest:#x})").into()),
        }
        Self {
            reasons,
            at_power_limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(mask: i64) -> Vec<Cow<'static, str>> {
        Throttle::from_mask(mask, None, None).reasons
    }

    #[test]
    fn each_reason_has_a_name_and_idle_is_no_reason() {
        assert!(reasons(0).is_empty() && reasons(IDLE).is_empty());
        assert_eq!(reasons(0x44), ["power cap", "HW thermal"]);
        assert_eq!(reasons(0x1ff).len(), REASONS.len());
        for (bit, name) in REASONS {
            assert_eq!(reasons(bit), [name]);
        }
    }

    #[test]
    fn unknown_reasons_are_shown_as_a_number() {
        assert_eq!(reasons(0x205), ["power cap", "other (0x200)"]);
        assert_eq!(reasons(0x600), ["other (0x600)"]);
    }

    #[test]
    fn power_cap_is_expected_only_near_the_limit() {
        let throttle = |mask, power| Throttle::from_mask(mask, power, Some(700.0));
        let capped = throttle(0x4, Some(656.0));
        assert!(capped.at_power_limit && capped.reasons.is_empty());
        let hot = throttle(0x24, Some(656.0));
        assert!(hot.at_power_limit);
        assert_eq!(hot.reasons, ["SW thermal"]);
        for power in [Some(350.0), None] {
            let held_back = throttle(0x4, power);
            assert!(!held_back.at_power_limit);
            assert_eq!(held_back.reasons, ["power cap"]);
        }
        assert!(!throttle(0x1, Some(700.0)).at_power_limit);
    }
}
