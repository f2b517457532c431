//! What is shown, without how.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dcgm::{EntityId, Timestamp};

/// A host, as it was read last.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct View {
    /// Who was asked, and which DCGM answers.
    pub title: String,
    /// Whether there is no hardware behind the values.
    pub simulated: bool,
    /// Why it is not the host that was asked for, if it is not.
    pub instead: Option<String>,
    /// How often it is read.
    pub interval: Duration,
    /// Whether the engine answers.
    pub answer: Answer,
    /// Its GPUs, in the order of their numbers.
    pub gpus: Vec<Gpu>,
    /// What happened: newest first.
    pub events: VecDeque<Event>,
}

/// Whether the engine answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// It was not asked yet.
    #[default]
    Unasked,
    /// It does.
    Yes,
    /// It does not.
    No {
        /// For how long.
        since: Duration,
        /// What it, or libdcgm, says.
        why: String,
    },
}

/// A GPU. What the engine does not tell is `None`, and never 0.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Gpu {
    /// Its number.
    pub id: u32,
    /// As in `NVIDIA H100 80GB HBM3`.
    pub model: Option<Arc<str>>,
    /// As in `GPU-1b2c…`.
    pub uuid: Option<Arc<str>>,
    /// The share of time in which it was busy, 0 to 1.
    pub busy: Option<f64>,
    /// What that was before, in percent: oldest first.
    pub history: VecDeque<Option<u8>>,
    /// Memory in use, and all of it, in bytes.
    pub memory: (Option<f64>, Option<f64>),
    /// In degrees Celsius.
    pub temperature: Option<f64>,
    /// In watts, and the limit of that.
    pub power: (Option<f64>, Option<f64>),
    /// Of the streaming multiprocessors, and of the memory, in MHz.
    pub clocks: (Option<f64>, Option<f64>),
    /// The shares of time in which the SMs, the tensor cores and the memory were active, 0 to 1.
    pub active: [Option<f64>; 3],
    /// What goes out and comes in over `NVLink`, in bytes per second.
    pub traffic: (Option<f64>, Option<f64>),
    /// Its `NVLinks`.
    pub links: Links,
    /// Why its clocks are lower than they could be.
    pub throttled: Option<Vec<Cow<'static, str>>>,
    /// How it is.
    pub health: Health,
    /// Whether its values are old, though the engine answers.
    pub stale: bool,
    /// Its MIG instances.
    pub instances: Vec<Instance>,
}

/// The `NVLinks` of a GPU.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Links {
    /// The engine does not tell.
    #[default]
    Unknown,
    /// It has none.
    None,
    /// It has some.
    Some {
        /// How many are up.
        up: usize,
        /// How many it has.
        all: usize,
    },
}

/// How a GPU is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Health {
    /// The engine tells nothing by which that could be known.
    #[default]
    Unknown,
    /// Of what is known nothing is against it.
    Fine,
    /// It works, and that is wrong with it.
    Impaired(Vec<String>),
    /// It does not work.
    Lost(&'static str),
}

/// A MIG GPU instance.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Instance {
    /// Its number.
    pub id: u32,
    /// As in `1g.10gb`.
    pub profile: Option<Arc<str>>,
    /// The share of time in which it was busy, 0 to 1.
    pub busy: Option<f64>,
    /// Memory in use, and all of it, in bytes.
    pub memory: (Option<f64>, Option<f64>),
}

/// Something that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub entity: EntityId,
    /// What.
    pub what: String,
}

/// Why clocks are lower than they could be: a bit each of `DCGM_FI_DEV_CLOCKS_EVENT_REASONS`. That
/// nobody wants more of an idle GPU is no reason.
const REASONS: [(i64, &str); 8] = [
    (0x002, "clocks setting"),
    (0x004, "power cap"),
    (0x008, "HW slowdown"),
    (0x010, "sync boost"),
    (0x020, "SW thermal"),
    (0x040, "HW thermal"),
    (0x080, "HW power brake"),
    (0x100, "display clocks"),
];

/// Nobody wants more of the GPU.
const IDLE: i64 = 0x001;

/// The reasons of a mask, in words; those that have none here, as a number.
pub(crate) fn reasons(mask: i64) -> Vec<Cow<'static, str>> {
    let active = REASONS.iter().filter(|(bit, _)| mask & bit != 0);
    let mut words = active.map(|(_, words)| (*words).into()).collect::<Vec<_>>();
    let known = REASONS.iter().fold(IDLE, |known, (bit, _)| known | bit);
    match mask & !known {
        0 => {}
        rest => words.push(format!("other ({rest:#x})").into()),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_of_the_reasons_is_a_word_and_idleness_is_none() {
        assert!(reasons(0).is_empty() && reasons(IDLE).is_empty());
        assert_eq!(reasons(0x44), ["power cap", "HW thermal"]);
        assert_eq!(reasons(0x1ff).len(), REASONS.len());
        for (bit, words) in REASONS {
            assert_eq!(reasons(bit), [words]);
        }
    }

    #[test]
    fn a_reason_that_nobody_knows_is_not_left_out() {
        assert_eq!(reasons(0x205), ["power cap", "other (0x200)"]);
        assert_eq!(reasons(0x600), ["other (0x600)"]);
    }
}
