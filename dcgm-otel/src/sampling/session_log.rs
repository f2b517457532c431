//! Log lines about the sessions of a connection. A condition that lasts for days is logged once,
//! not once per session: each line reports a change since the session before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dcgm::{EntityId, Error};

use crate::error_kind::SampleError;
use crate::logging::write_line;
use crate::pipeline::mute::MuteGpus;
use crate::pipeline::table::Omissions;
use crate::topology::Availability;

/// Conditions of the current connection that were logged.
#[derive(Debug, Default)]
pub(crate) struct SessionLog {
    /// Text of the refusal, and the entities that it costs.
    refused: Option<(String, Vec<EntityId>)>,
    /// Highest number of series above a cap since there were none, and of series with the
    /// attributes of another one.
    dropped: usize,
    duplicates: usize,
    /// Paused and detached entities, while others can be sampled.
    unavailable: BTreeMap<EntityId, Availability>,
    others: BTreeSet<Lasting>,
}

/// A condition without a value of its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Lasting {
    Lost,
    Mute,
    HookPanics,
    PartialList,
}

impl SessionLog {
    /// Sets whether a condition holds; returns `true` if that changed.
    fn set(&mut self, condition: Lasting, holds: bool) -> bool {
        if holds {
            self.others.insert(condition)
        } else {
            self.others.remove(&condition)
        }
    }

    /// Logs a watch that the engine newly refused, or accepts again.
    pub(crate) fn log_refusal(&mut self, refused: Option<&SampleError>, entities: Vec<EntityId>) {
        let refused = refused.map(|error| (error.to_string(), entities));
        if refused == self.refused {
            return;
        }
        match &refused {
            Some((error, entities)) => {
                let devices: Vec<_> = entities.iter().map(ToString::to_string).collect();
                let devices = devices.join(", ");
                write_line(|| {
                    tracing::warn!(%error, devices, "some metrics unavailable: watch refused");
                });
            }
            None => write_line(|| tracing::info!("refused watches accepted")),
        }
        self.refused = refused;
    }

    /// Logs devices that are newly lost; `is_any_lost` if these or others are lost now.
    pub(crate) fn log_lost(&mut self, new: &[Arc<str>], is_any_lost: bool) {
        let has_changed = self.set(Lasting::Lost, is_any_lost);
        if !new.is_empty() {
            let devices = new.join(", ");
            write_line(|| tracing::warn!(devices, "devices lost or missing"));
        } else if has_changed && !is_any_lost {
            write_line(|| tracing::info!("no device lost or missing any more"));
        }
    }

    /// Logs dropped series if there are more than were logged before.
    pub(crate) fn log_dropped(&mut self, omissions: &Omissions, cap: usize) {
        let (dropped, duplicates) = (omissions.over_caps, omissions.duplicates);
        if dropped > self.dropped {
            write_line(|| tracing::warn!(dropped, cap, "series dropped: too many for the limit"));
        }
        if duplicates > self.duplicates {
            let dropped = duplicates;
            write_line(|| tracing::warn!(dropped, "series dropped: attributes of another series"));
        }
        self.dropped = next_maximum(self.dropped, dropped);
        self.duplicates = next_maximum(self.duplicates, duplicates);
    }

    /// Logs entities that are newly paused or detached, or can all be sampled again.
    pub(crate) fn log_unavailable(&mut self, entities: &[(EntityId, Availability)]) {
        let now = entities.iter().filter_map(|(id, why)| match why {
            Availability::Lost => None,
            Availability::Paused | Availability::Detached => Some((*id, *why)),
        });
        let now: BTreeMap<_, _> = now.collect();
        if now == self.unavailable {
            return;
        }
        if now.is_empty() {
            write_line(|| tracing::info!("no device paused or detached any more"));
        } else {
            let devices: Vec<_> = now.iter().map(|(id, why)| format!("{id} {why}")).collect();
            let devices = devices.join(", ");
            write_line(|| tracing::info!(devices, "devices paused or detached"));
        }
        self.unavailable = now;
    }

    /// Logs GPUs that are newly mute while others have values, or all have values again. Returns the
    /// number of GPUs that are newly mute.
    pub(crate) fn log_mute(&mut self, before: &MuteGpus, now: &MuteGpus) -> u64 {
        let mut new = 0;
        if let MuteGpus::Some(mute) = now {
            let devices: Vec<_> = mute
                .iter()
                .filter(|id| !before.contains(**id))
                .map(ToString::to_string)
                .collect();
            new = devices.len() as u64;
            if new > 0 {
                let devices = devices.join(", ");
                write_line(|| {
                    tracing::warn!(devices, "GPUs without values while others have values");
                });
                self.set(Lasting::Mute, true);
            }
        } else if *now == MuteGpus::None && self.set(Lasting::Mute, false) {
            write_line(|| tracing::info!("no GPU without values any more"));
        }
        new
    }

    /// Logs panics of the host program's hook.
    pub(crate) fn log_hook_panics(&mut self, panics: u64) {
        if self.set(Lasting::HookPanics, panics > 0) && panics > 0 {
            write_line(|| {
                tracing::warn!(panics, "attribute hook panicked: its changes are not used");
            });
        }
    }

    /// Logs a list of entities that became partial.
    pub(crate) fn log_list(&mut self, failed: Option<&Error>) {
        let has_changed = self.set(Lasting::PartialList, failed.is_some());
        if let Some(error) = failed.filter(|_| has_changed) {
            write_line(|| tracing::warn!(%error, "MIG instances cannot be listed"));
        }
    }
}

/// Returns the maximum to compare with next: it starts again once there are none.
fn next_maximum(before: usize, now: usize) -> usize {
    if now == 0 { 0 } else { before.max(now) }
}
