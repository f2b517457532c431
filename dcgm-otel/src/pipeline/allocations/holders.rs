//! The holders of each entity, from the last answers of all sources.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use dcgm::EntityId;
use opentelemetry::{Key, KeyValue};

use super::devices::DeviceIndex;
use crate::attributes::{shared_text, sort_by_key};
use crate::attribution::{Allocation, Device};

/// The attributes of a workload, sorted by key.
pub(super) type WorkloadLabels = Arc<[KeyValue]>;

/// Most holders of one entity. Time slicing and MPS have fewer.
const MAX_HOLDERS: usize = 64;

/// Attributes of the series of a shared entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sharing {
    /// No attributes of a workload.
    Unlabeled,
    /// The attributes of the last holder of the list, as dcgm-exporter has it.
    Last,
    /// There is a copy for each holder.
    Copies,
}

/// The holders of all entities.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Holders {
    /// Attributes that the series of an entity have: none, those of its holder, or a copy for each.
    by_entity: HashMap<EntityId, Vec<WorkloadLabels>>,
    /// Holders of each entity that is allocated itself.
    allocated: HashMap<EntityId, Vec<WorkloadLabels>>,
}

/// The allocations of one source, by entity.
type Direct<'a> = HashMap<EntityId, Vec<&'a Allocation>>;

impl Holders {
    /// Finds the holders. Returns them, and for each source its allocations of unknown devices.
    pub(super) fn resolve(
        answers: &[&[Allocation]],
        devices: &DeviceIndex,
        sharing: Sharing,
    ) -> (Self, Vec<Vec<Device>>) {
        let mut unresolved = Vec::new();
        let mut sources = Vec::new();
        for answer in answers {
            let (mut direct, mut unknown) = (Direct::new(), Vec::new());
            for allocation in *answer {
                match devices.find(&allocation.device) {
                    Some(entity) => direct.entry(entity).or_default().push(allocation),
                    None => unknown.push(allocation.device.clone()),
                }
            }
            sources.push(direct);
            unresolved.push(unknown);
        }
        let mut holders = Self::default();
        for entity in devices.entities() {
            let nearest: Vec<_> = sources
                .iter()
                .filter_map(|direct| devices.with_wholes(*entity).find_map(|id| direct.get(&id)))
                .collect();
            let labels = join_sources(&nearest, sharing);
            if !labels.is_empty() {
                holders.by_entity.insert(*entity, labels);
            }
            if sources.iter().any(|direct| direct.contains_key(entity)) {
                let labels = join_sources(&nearest, Sharing::Copies);
                holders.allocated.insert(*entity, labels);
            }
        }
        (holders, unresolved)
    }

    /// Drops the attributes that series have, for a meter with a join metric only.
    pub(super) fn clear_labels(&mut self) {
        self.by_entity.clear();
    }

    /// Gives the attributes other keys.
    pub(super) fn rename_keys(&mut self, rename: impl Fn(&str) -> Cow<'static, str>) {
        let lists = self.by_entity.values_mut();
        for labels in lists.chain(self.allocated.values_mut()).flatten() {
            let renamed = labels.iter().map(|one| {
                // A copy of a key shares its text, as that of a value does.
                let key = match rename(one.key.as_str()) {
                    Cow::Borrowed(key) => Key::from(key),
                    Cow::Owned(key) => Key::from(shared_text(key)),
                };
                KeyValue::new(key, one.value.clone())
            });
            *labels = sort_by_key(renamed.collect()).into();
        }
    }

    /// Returns the attributes of the workloads that an entity's series have.
    pub(super) fn of(&self, entity: EntityId) -> &[WorkloadLabels] {
        let labels = self.by_entity.get(&entity);
        labels.map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the attributes of all holders of an entity that is allocated itself.
    pub(super) fn of_allocated(&self, entity: EntityId) -> &[WorkloadLabels] {
        let labels = self.allocated.get(&entity);
        labels.map(Vec::as_slice).unwrap_or_default()
    }
}

/// Joins the allocations of one entity by several sources. A source whose allocations are shared adds
/// what `sharing` says.
fn join_sources(sources: &[&Vec<&Allocation>], sharing: Sharing) -> Vec<WorkloadLabels> {
    let mut joined: Vec<Vec<KeyValue>> = vec![Vec::new()];
    for allocations in sources {
        let mut distinct: Vec<&[KeyValue]> = Vec::new();
        for allocation in *allocations {
            let attributes = allocation.attributes.as_slice();
            // With dcgm-exporter the last counts.
            distinct.retain(|one| *one != attributes);
            distinct.push(attributes);
        }
        let is_shared = distinct.len() > 1 || allocations.iter().any(|one| one.shared);
        if is_shared {
            match sharing {
                Sharing::Unlabeled => continue,
                Sharing::Last => distinct = distinct.pop().into_iter().collect(),
                Sharing::Copies => {}
            }
        }
        let all = joined
            .iter()
            .flat_map(|before| distinct.iter().map(move |more| [before, *more].concat()));
        joined = all.take(MAX_HOLDERS).collect();
    }
    let known = joined.into_iter().filter(|labels| !labels.is_empty());
    // Of two values for a key, that of the source that was added first stays.
    let mut all: Vec<WorkloadLabels> = Vec::new();
    for mut labels in known {
        labels.reverse();
        let labels = WorkloadLabels::from(sort_by_key(labels));
        if !all.contains(&labels) {
            all.push(labels);
        }
    }
    all
}
