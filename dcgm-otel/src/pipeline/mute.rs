//! GPUs that are read without an error and have no values any more.
//!
//! A driver that cannot reach a GPU, and an engine that no longer queries the driver, both answer with
//! blank values and fresh timestamps. If other GPUs have values, the GPU is at fault; if none has, the
//! engine or the driver is.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use dcgm::{EntityId, Timestamp};

/// Number of fields that a GPU must lack before it counts as mute without ever having had a value: a
/// GPU can lack a few fields that others have.
const MIN_FIELDS: usize = 3;

/// GPUs without values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum MuteGpus {
    #[default]
    None,
    /// These, while others have values.
    Some(BTreeSet<EntityId>),
    /// All, though the engine takes samples; for this time.
    All(Duration),
}

impl MuteGpus {
    pub(crate) fn contains(&self, id: EntityId) -> bool {
        matches!(self, Self::Some(mute) if mute.contains(&id))
    }

    /// Returns `true` if any GPU is mute here and not in `later`.
    pub(crate) fn has_other(&self, later: &Self) -> bool {
        match self {
            Self::None => false,
            Self::Some(mute) => {
                !matches!(later, Self::All(_)) && mute.iter().any(|id| !later.contains(*id))
            }
            Self::All(_) => !matches!(later, Self::All(_)),
        }
    }
}

/// A GPU after a read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GpuRead {
    pub(crate) id: EntityId,
    /// Time of the last new value of any field.
    pub(crate) last_value: Option<Instant>,
    /// Maximum age of its fastest field.
    pub(crate) max_age: Duration,
    /// Number of its fields that are no profiling fields.
    pub(crate) basic_fields: usize,
}

/// Times of the last values of GPUs, on one connection.
#[derive(Debug, Default)]
pub(crate) struct GpuValues {
    last: HashMap<EntityId, LastValue>,
    /// Highest timestamp of the last read, of values and of blanks, and the time of its last change.
    newest: Timestamp,
    sampled: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct LastValue {
    /// Time of the last value, or of the first read.
    at: Instant,
    /// Set if it had a value.
    is_value: bool,
}

impl GpuValues {
    /// Judges which GPUs are mute, after a read at `now`: `gpus` are those that can be sampled,
    /// `newest` is the highest timestamp, and `max_age` the time without a new sample after which the
    /// engine counts as stale.
    pub(crate) fn find_mute(
        &mut self,
        gpus: impl Iterator<Item = GpuRead> + Clone,
        newest: Timestamp,
        (now, max_age): (Instant, Duration),
    ) -> MuteGpus {
        if self.newest != newest || self.sampled.is_none() {
            self.newest = newest;
            self.sampled = Some(now);
        }
        // A GPU that was gone starts again.
        self.last
            .retain(|id, _| gpus.clone().any(|gpu| gpu.id == *id));
        let (mut mute, mut others, mut are_others_well) = (BTreeSet::new(), 0_usize, false);
        let mut shortest = Duration::MAX;
        for gpu in gpus {
            let first = LastValue {
                at: now,
                is_value: false,
            };
            let last = self.last.entry(gpu.id).or_insert(first);
            if let Some(at) = gpu.last_value.filter(|at| !last.is_value || *at > last.at) {
                *last = LastValue { at, is_value: true };
            }
            let since = now.saturating_duration_since(last.at);
            let is_judged = last.is_value || gpu.basic_fields >= MIN_FIELDS;
            if is_judged && since >= gpu.max_age {
                mute.insert(gpu.id);
                shortest = shortest.min(since);
            } else {
                others += 1;
                are_others_well |= last.is_value;
            }
        }
        let is_sampling = |at| now.saturating_duration_since(at) < max_age;
        if mute.is_empty() {
            MuteGpus::None
        } else if are_others_well {
            MuteGpus::Some(mute)
        } else if others == 0 && self.sampled.is_some_and(is_sampling) {
            // Without new samples the engine is stale, whatever the GPUs would have.
            MuteGpus::All(shortest)
        } else {
            MuteGpus::None
        }
    }
}
