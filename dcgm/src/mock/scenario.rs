//! [`Scenario`]: incidents on a simulated host.

use core::fmt;
use core::str::FromStr;

use crate::mock::signal::{Load, Steps};
use crate::parse::ParseError;

/// An incident on a host. Times count from the start of the model. Where a GPU is named, the others are
/// not affected.
///
/// | name | incident |
/// |---|---|
/// | `steady` | none: inference, about 50 % utilization |
/// | `training` | none: all GPUs in step at high utilization, with a checkpoint every five minutes |
/// | `bursty` | none: all GPUs busy for 1 s, then idle for 3 s, repeatedly |
/// | `nvlink` | from 2 min on, one link of GPU 5 degrades without an event: within 6 min its bandwidth falls to a fifth while its CRC, replay and recovery errors grow |
/// | `hbm-ecc` | from 1 min on, GPU 3 corrects memory errors; at 6:40 it has an uncorrectable memory error: XID 48, 63 and 94, a pending row remap, and the driver requests a reset; at 7:40 it has another: XID 48 and 63 |
/// | `thermal` | at 2 min GPU 2 loses its cooling, and its temperature rises; from 5 min on, its clocks fall and its thermal violation time grows; at 15 min the cooling is back |
/// | `xid79` | at 5 min GPU 4 falls off the bus (XID 79): its status is [`LOST`](crate::EntityStatus::LOST), and it is no longer sampled; at 6 min it is gone; at 10 min it is back after a reset, with the driver's counters at zero |
/// | `restart` | at 5 min the host engine stops for 45 s and then starts without watches; hardware counters continue |
/// | `pcie-aer` | from 2 min on, the numbers of replays and correctable errors of the `PCIe` link of GPU 1 grow; at 5 min the link falls back to a lower generation and half of its lanes |
///
/// On a host with fewer GPUs, the affected GPU is the number in the table modulo the number of GPUs
/// of the host.
///
/// ```
/// use dcgm::mock::{Host, Mock, Model, Scenario};
///
/// let host = "8xh100".parse::<Host>().unwrap();
/// let mock = Mock::new(Model::new(host, Scenario::Thermal));
/// assert_eq!(mock.model().name(), "8xh100,thermal");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Scenario {
    /// `steady`.
    #[default]
    Steady,
    /// `training`.
    Training,
    /// `bursty`.
    Bursty,
    /// `nvlink`.
    NvLink,
    /// `hbm-ecc`.
    HbmEcc,
    /// `thermal`.
    Thermal,
    /// `xid79`.
    Xid79,
    /// `restart`.
    Restart,
    /// `pcie-aer`.
    PcieAer,
}

impl Scenario {
    /// The names of all scenarios.
    pub const NAMES: &'static [&'static str] = &[
        "steady", "training", "bursty", "nvlink", "hbm-ecc", "thermal", "xid79", "restart",
        "pcie-aer",
    ];

    /// Every scenario.
    pub const ALL: &'static [Self] = &[
        Self::Steady,
        Self::Training,
        Self::Bursty,
        Self::NvLink,
        Self::HbmEcc,
        Self::Thermal,
        Self::Xid79,
        Self::Restart,
        Self::PcieAer,
    ];

    /// Returns the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Training => "training",
            Self::Bursty => "bursty",
            Self::NvLink => "nvlink",
            Self::HbmEcc => "hbm-ecc",
            Self::Thermal => "thermal",
            Self::Xid79 => "xid79",
            Self::Restart => "restart",
            Self::PcieAer => "pcie-aer",
        }
    }

    pub(super) const fn incident_script(self) -> &'static Script {
        match self {
            Self::Steady => &CALM,
            Self::Training => &TRAINING_SCRIPT,
            Self::Bursty => &BURSTY_SCRIPT,
            Self::NvLink => &NVLINK,
            Self::HbmEcc => &HBM_ECC,
            Self::Thermal => &THERMAL,
            Self::Xid79 => &XID79,
            Self::Restart => &RESTART,
            Self::PcieAer => &PCIE_AER,
        }
    }
}

/// Prints the name.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the name.
impl FromStr for Scenario {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        let name = input.trim();
        let mut all = Self::ALL.iter().copied();
        all.find(|known| known.name() == name)
            .ok_or_else(|| ParseError::new("the name of a mock scenario, such as steady", input))
    }
}

/// The script of a scenario. All but `load`, `in_step` and `down` affect the victim only. Times are in
/// seconds.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) load: &'static Load,
    /// Set if the GPUs wait for each other.
    pub(super) in_step: bool,
    /// The time in which the host engine is stopped: from, to.
    pub(super) down: Option<(f64, f64)>,
    /// The affected GPU, modulo the number of GPUs.
    pub(super) victim: usize,
    /// Factors of its throughput and of its clocks.
    pub(super) work: Steps,
    pub(super) clock: Steps,
    /// Share of time with thermal throttling.
    pub(super) throttled: Steps,
    /// Additional temperature: from, to, degrees at the end, end of the plateau.
    pub(super) heat: Option<(f64, f64, f64, f64)>,
    /// Corrected memory errors per second, and the times of uncorrected ones.
    pub(super) corrected: Steps,
    pub(super) uncorrected: &'static [f64],
    /// `PCIe` replays per second, and the time of the fallback.
    pub(super) replays: Steps,
    pub(super) fallback: Option<f64>,
    pub(super) link: Option<&'static LinkScript>,
    /// Times of loss, removal and return.
    pub(super) absence: Option<(f64, f64, f64)>,
    /// XIDs with their times.
    pub(super) xids: &'static [(f64, i64)],
}

/// The degradation of one link of the victim.
#[derive(Debug)]
pub(super) struct LinkScript {
    pub(super) index: u32,
    /// Factor of its bandwidth.
    pub(super) bandwidth: Steps,
    /// CRC errors of flow control digits per second; other errors are fractions of them.
    pub(super) errors: Steps,
}

static INFERENCE: Load = Load {
    cycle: &[(40.0, 0.58), (25.0, 0.46), (35.0, 0.64)],
    waves: [(0.12, 47.0), (0.08, 311.0)],
};

static BURSTS: Load = Load {
    cycle: &[(1.0, 1.0), (3.0, 0.0)],
    waves: [(0.0, 47.0), (0.0, 311.0)],
};

static TRAINING: Load = Load {
    cycle: &[(285.0, 0.93), (15.0, 0.16)],
    waves: [(0.02, 23.0), (0.03, 137.0)],
};

const ONE: Steps = &[(0.0, 1.0)];
const NONE: Steps = &[(0.0, 0.0)];

const QUIET: Script = Script {
    load: &INFERENCE,
    in_step: false,
    down: None,
    victim: 0,
    work: ONE,
    clock: ONE,
    throttled: NONE,
    heat: None,
    corrected: NONE,
    uncorrected: &[],
    replays: NONE,
    fallback: None,
    link: None,
    absence: None,
    xids: &[],
};

/// The script of unaffected GPUs.
pub(super) static CALM: Script = QUIET;

static TRAINING_SCRIPT: Script = Script {
    load: &TRAINING,
    in_step: true,
    ..QUIET
};

static BURSTY_SCRIPT: Script = Script {
    load: &BURSTS,
    in_step: true,
    ..QUIET
};

static NVLINK: Script = Script {
    load: &TRAINING,
    in_step: true,
    victim: 5,
    link: Some(&LinkScript {
        index: 7,
        bandwidth: &[
            (0.0, 1.0),
            (120.0, 0.85),
            (240.0, 0.6),
            (360.0, 0.35),
            (480.0, 0.2),
        ],
        errors: &[
            (0.0, 0.0),
            (120.0, 0.5),
            (240.0, 4.0),
            (360.0, 15.0),
            (480.0, 40.0),
        ],
    }),
    ..QUIET
};

static HBM_ECC: Script = Script {
    load: &TRAINING,
    in_step: true,
    victim: 3,
    corrected: &[(0.0, 0.0), (60.0, 0.1), (240.0, 2.0), (400.0, 0.5)],
    uncorrected: &[400.0, 460.0],
    xids: &[
        (400.0, 48),
        (400.0, 63),
        (400.2, 94),
        (460.0, 48),
        (460.0, 63),
    ],
    ..QUIET
};

static THERMAL: Script = Script {
    load: &TRAINING,
    in_step: true,
    victim: 2,
    work: &[
        (0.0, 1.0),
        (300.0, 0.85),
        (420.0, 0.65),
        (600.0, 0.45),
        (900.0, 1.0),
    ],
    clock: &[
        (0.0, 1.0),
        (300.0, 0.85),
        (420.0, 0.65),
        (600.0, 0.45),
        (900.0, 1.0),
    ],
    throttled: &[
        (0.0, 0.0),
        (300.0, 0.35),
        (420.0, 0.8),
        (600.0, 1.0),
        (900.0, 0.0),
    ],
    heat: Some((120.0, 600.0, 44.0, 900.0)),
    ..QUIET
};

static XID79: Script = Script {
    victim: 4,
    work: &[(0.0, 1.0), (300.0, 0.0), (600.0, 1.0)],
    absence: Some((300.0, 360.0, 600.0)),
    xids: &[(300.0, 79)],
    ..QUIET
};

static RESTART: Script = Script {
    down: Some((300.0, 345.0)),
    ..QUIET
};

static PCIE_AER: Script = Script {
    victim: 1,
    replays: &[(0.0, 0.0), (120.0, 0.2), (240.0, 3.0), (300.0, 0.8)],
    fallback: Some(300.0),
    ..QUIET
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_scenario() {
        let names: Vec<_> = Scenario::ALL
            .iter()
            .map(|scenario| scenario.name())
            .collect();
        assert_eq!(names, Scenario::NAMES);
        for name in Scenario::NAMES {
            let scenario: Scenario = name.parse().unwrap();
            assert_eq!(
                (scenario.name(), scenario.to_string()),
                (*name, (*name).to_owned())
            );
        }
        assert!("sunny".parse::<Scenario>().is_err());
    }

    #[test]
    fn steps_start_at_zero_and_ascend() {
        for scenario in Scenario::ALL {
            let script = scenario.incident_script();
            let link = script
                .link
                .map_or([ONE, ONE], |link| [link.bandwidth, link.errors]);
            let plain = [
                script.work,
                script.clock,
                script.throttled,
                script.corrected,
                script.replays,
            ];
            for steps in plain.iter().chain(&link) {
                assert!(steps[0].0 == 0.0 && steps.is_sorted_by(|a, b| a.0 < b.0));
            }
            assert!(script.xids.is_sorted_by(|a, b| a.0 <= b.0));
        }
    }
}
