//! Which series there could be, and which source each of them has: the catalogue applied to the
//! entities of a host.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dcgm::{Absent, Entity, EntityId, EntityKind, FieldId, Samples};

use crate::attributes::{Names, is_instance};
use crate::catalogue::{CATALOGUE, Mig, Source};
use crate::snapshot::Series;

/// A series that there could be.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) series: Series,
    pub(crate) entity: EntityId,
    /// Where its values could come from, best first.
    pub(crate) sources: &'static [Source],
}

/// Every series that the catalogue has for these entities, in the order of the catalogue.
pub(crate) fn of(entities: &[Entity]) -> Vec<Candidate> {
    let names = Names::new(entities);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (place, metric) in CATALOGUE.iter().enumerate() {
        for family in metric.families {
            let wanted = entities.iter().filter(|entity| {
                family.on.contains(&entity.id.kind)
                    && mode_fits(family.mig, entity, &names)
                    && !is_only_child(entity, entities)
            });
            for entity in wanted {
                for point in family.points {
                    let attributes = names.attributes(metric, point, entity);
                    let series = Series {
                        metric: place,
                        attributes,
                    };
                    // Two things of one name would overwrite each other at each collect.
                    if seen.insert(series.clone()) {
                        let entity = entity.id;
                        found.push(Candidate {
                            series,
                            entity,
                            sources: point.sources,
                        });
                    }
                }
            }
        }
    }
    found
}

/// The kinds of entities that the catalogue has series for.
pub(crate) fn kinds() -> Vec<EntityKind> {
    let families = CATALOGUE.iter().flat_map(|metric| metric.families);
    families
        .flat_map(|family| family.on.iter().copied())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn mode_fits(mig: Mig, entity: &Entity, names: &Names<'_>) -> bool {
    let on = || {
        is_instance(entity.id.kind)
            || names
                .gpu_of(entity)
                .is_some_and(|gpu| gpu.mig_enabled == Some(true))
    };
    match mig {
        Mig::Any => true,
        Mig::Outside => !on(),
        Mig::Within => on(),
    }
}

/// A compute instance that has its GPU instance for itself says nothing that this one does not say.
fn is_only_child(entity: &Entity, entities: &[Entity]) -> bool {
    entity.id.kind == EntityKind::COMPUTE_INSTANCE
        && entities
            .iter()
            .filter(|other| other.id.kind == entity.id.kind && other.parent == entity.parent)
            .count()
            == 1
}

/// What must be watched for that: for each kind of entity, the fields; sorted, so that two runs ask
/// for the same thing.
pub(crate) fn fields<'a>(
    candidates: impl IntoIterator<Item = &'a Candidate>,
    profiling: bool,
) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
    let mut kinds: BTreeMap<EntityKind, (BTreeSet<EntityId>, BTreeSet<FieldId>)> = BTreeMap::new();
    for candidate in candidates {
        let fields = candidate.sources.iter().map(|source| source.field);
        for field in fields.filter(|field| field.is_profiling() == profiling) {
            let of_kind = kinds.entry(candidate.entity.kind).or_default();
            of_kind.0.insert(candidate.entity);
            of_kind.1.insert(field);
        }
    }
    kinds
        .into_values()
        .map(|(entities, fields)| (entities.into_iter().collect(), fields.into_iter().collect()))
        .collect()
}

/// What an entity answered when asked for a field.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<(EntityId, FieldId), Answer>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Value,
    /// Nothing now; perhaps later.
    NotNow,
    /// It has no such thing.
    Never,
}

impl Answers {
    pub(crate) fn take(&mut self, samples: &Samples) {
        for sample in samples {
            let answer = match sample.value {
                Ok(_) => Answer::Value,
                // Not watched although it was to be: the watch was refused.
                Err(Absent::NotSupported | Absent::NotFound | Absent::NotWatched) => Answer::Never,
                Err(_) => Answer::NotNow,
            };
            self.0.insert((sample.entity, sample.field), answer);
        }
    }

    /// The source of a series: the first that has a value, else the first that may have one later.
    pub(crate) fn choose(&self, candidate: &Candidate) -> Option<Source> {
        let first = |wanted: Answer| {
            candidate
                .sources
                .iter()
                .copied()
                .find(|source| self.0.get(&(candidate.entity, source.field)) == Some(&wanted))
        };
        first(Answer::Value).or_else(|| first(Answer::NotNow))
    }
}

#[cfg(test)]
mod tests;
