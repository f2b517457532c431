//! GPUs that are read without an error and have no values any more.
//!
//! A driver that cannot reach a GPU, and an engine that no longer queries the driver, both answer with
//! blank values and fresh timestamps. If other GPUs have values, the GPU is at fault; if none has, the
//! engine or the driver is.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use dcgm::{EntityId, EntityKind, Timestamp};

use super::Plan;
use super::ingest::Watched;

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

impl Plan {
    /// Judges which GPUs are mute, after a read at `now`. `ignored` are GPUs that cannot be sampled.
    pub(crate) fn find_mute_gpus(
        &self,
        values: &mut GpuValues,
        ignored: impl Fn(EntityId) -> bool,
        now: Instant,
    ) -> MuteGpus {
        if values.newest != self.newest || values.sampled.is_none() {
            values.newest = self.newest;
            values.sampled = Some(now);
        }
        let gpus = || {
            let is_judged =
                |gpu: &&Watched| gpu.entity.kind == EntityKind::GPU && !ignored(gpu.entity);
            self.routes.entities.iter().filter(is_judged)
        };
        // A GPU that was gone starts again.
        let is_there = |id: &EntityId| gpus().any(|gpu| gpu.entity == *id);
        values.last.retain(|id, _| is_there(id));
        let (mut mute, mut others, mut are_others_well) = (BTreeSet::new(), 0_usize, false);
        let mut shortest = Duration::MAX;
        for gpu in gpus() {
            let first = LastValue {
                at: now,
                is_value: false,
            };
            let last = values.last.entry(gpu.entity).or_insert(first);
            if gpu.changed == Some(now) {
                *last = LastValue {
                    at: now,
                    is_value: true,
                };
            }
            let since = now.saturating_duration_since(last.at);
            let is_judged = last.is_value || gpu.basic_fields >= MIN_FIELDS;
            if is_judged && since >= gpu.max_age {
                mute.insert(gpu.entity);
                shortest = shortest.min(since);
            } else {
                others += 1;
                are_others_well |= last.is_value;
            }
        }
        if mute.is_empty() {
            MuteGpus::None
        } else if others == 0 {
            // Without new samples the engine is stale, whatever the GPUs would have.
            let is_sampling = values
                .sampled
                .is_some_and(|at| now.saturating_duration_since(at) < self.max_age);
            if is_sampling {
                MuteGpus::All(shortest)
            } else {
                MuteGpus::None
            }
        } else if are_others_well {
            MuteGpus::Some(mute)
        } else {
            MuteGpus::None
        }
    }

    /// Sets the GPUs whose status is failed because they are mute.
    pub(crate) fn set_mute_gpus(&mut self, mute: &MuteGpus) {
        self.values.set_mute_gpus(mute);
    }
}
