//! Candidates: the catalogue applied to the entities of a host. A candidate is a series that could
//! exist, with the sources that it could have.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind, FieldId};

use crate::attributes::AttributeBuilder;
use crate::cardinality::DropUnit;
use crate::catalogue::{
    self, Condition, EntityScope, Family, Metric, Op, Presence, Scale, SeriesRow, Source,
};
use crate::config::{Config, Group, GroupSwitch, MetricSwitch};
use crate::hook::AttributeHook;
use crate::host::Host;
use crate::naming;
use crate::snapshot::Series;
use crate::topology::{self, Availability};

/// A field of an entity, and how its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) entity: EntityId,
    pub(crate) field: FieldId,
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

/// A series that could exist.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) series: Series,
    pub(crate) unit: DropUnit,
    pub(crate) family: &'static Family,
    pub(crate) entity: EntityId,
    /// The `hw.id` of the entity.
    pub(crate) id: Option<Arc<str>>,
    /// The entity that `entity` is a part of.
    pub(crate) parent: Option<EntityId>,
    /// Possible sources: best first, or all together for joint operations.
    pub(crate) inputs: Vec<Input>,
    /// A more detailed field; if the entity has it, this series does not exist.
    pub(crate) superseded_by: Option<FieldId>,
    pub(crate) value: StaticValue,
}

/// All series that could exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) list: Vec<Candidate>,
    /// Number of series left out because another has the same attributes.
    pub(crate) duplicates: usize,
    /// Number of monitored entities, without the host itself and links.
    pub(crate) monitored: usize,
    /// Number of panics of the host program's hook.
    pub(crate) hook_panics: u64,
    /// Driver version of each entity, by its `hw.id`.
    pub(crate) drivers: BTreeMap<Arc<str>, Arc<str>>,
}

/// The part of a series' value that is known before anything is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StaticValue {
    Nothing,
    /// The whole value.
    Number(i64),
    /// State of the entity by the engine's list, and the state that the series reports.
    Condition(Condition, Condition),
    /// Number of active links of this entity, or the state of this link. It can change while the
    /// entities stay the same.
    ActiveLinks(EntityId),
}

/// Returns `true` if a family is switched on.
fn is_wanted(config: &Config, metric: &Metric, family: &Family) -> bool {
    match config.metric(family.group, metric.name, family.name) {
        Some(MetricSwitch::Off) => false,
        Some(MetricSwitch::On) => true,
        _ => family.default != Presence::Off,
    }
}

/// Returns the families that are switched on and their metrics, each with its index.
fn wanted_families(
    config: &Config,
) -> impl Iterator<Item = ((usize, &'static Metric), (usize, &'static Family))> {
    let metrics = naming::metrics_for(config.naming()).iter().enumerate();
    let rows = metrics.flat_map(|(metric_index, metric)| {
        let families = metric.families.iter().enumerate();
        families.map(move |family| ((metric_index, metric), family))
    });
    rows.filter(|((_, metric), (_, family))| is_wanted(config, metric, family))
}

/// Returns the kinds of entities that the families need, and GPUs, which every engine lists.
pub(crate) fn entity_kinds(config: &Config) -> Vec<EntityKind> {
    let families = wanted_families(config).map(|(_, (_, family))| family);
    let mut kinds: BTreeSet<_> = families
        .flat_map(|family| family.on.iter().map(|scope| scope.entity_kind()))
        .collect();
    // Links are parts of these entities, and are listed separately.
    if kinds.remove(&EntityKind::LINK) && config.group(Group::NvSwitch) != GroupSwitch::Off {
        kinds.insert(EntityKind::SWITCH);
    }
    kinds.insert(EntityKind::GPU);
    kinds.remove(&EntityKind::HOST);
    kinds.into_iter().collect()
}

/// Returns `true` if a family needs the states of NVLinks.
pub(crate) fn needs_links(config: &Config) -> bool {
    let needs = |family: &Family| {
        let mut sources = family.points.iter().flat_map(|point| point.sources);
        family
            .on
            .iter()
            .any(|on| on.entity_kind() == EntityKind::LINK)
            || sources.any(|source| source.op.is_over_links() || source.op == Op::ActiveLinks)
    };
    wanted_families(config).any(|(_, (_, family))| needs(family))
}

/// Returns the series that the families can have for these entities, in the order of the catalogue.
pub(crate) fn find_candidates(
    host: &Host,
    config: &Config,
    hook: Option<&AttributeHook>,
) -> Candidates {
    let names = AttributeBuilder::new(host, config);
    let devices = config.devices();
    let is_monitored = |entity: &&Entity| devices.selects(entity, &host.entities);
    let monitored: Vec<_> = host.entities.iter().filter(is_monitored).collect();
    let mut found = Candidates::default();
    let mut seen = HashSet::new();
    for ((metric_index, metric), (family_index, family)) in wanted_families(config) {
        for entity in &monitored {
            let Some(on) = EntityScope::of_entity(entity).filter(|on| family.on.contains(on))
            else {
                continue;
            };
            if !host.has_mode(family.mig, entity) || host.is_only_child(entity) {
                continue;
            }
            // An engine repeats the last samples of a lost device.
            let unavailable = host.unavailability(entity);
            if unavailable.is_some_and(|why| !family.is_of_unavailable(why)) {
                continue;
            }
            let is_down = host.is_down(entity.id);
            for point in family.points {
                let op = point.sources.first().map(|source| source.op);
                if is_down && op != Some(Op::LinkUp) {
                    continue;
                }
                let Some(value) = static_value(point, entity, host) else {
                    continue;
                };
                let mut attributes = names.series_attributes(metric, family, point, entity);
                if let Some(hook) = hook {
                    found.hook_panics +=
                        u64::from(!hook.rewrite_attributes(metric.name, entity, &mut attributes));
                }
                let series = Series {
                    metric: metric_index,
                    attributes: attributes.into(),
                };
                // Two series with the same attributes would overwrite each other at each collect.
                if !seen.insert(series.clone()) {
                    found.duplicates += 1;
                    continue;
                }
                let can_sample = unavailable.is_none_or(|why| why == Availability::Lost);
                let resolve = |source| resolve_inputs(source, entity, host);
                let sources = point.sources.iter().filter(|_| can_sample);
                found.list.push(Candidate {
                    series,
                    unit: DropUnit::new((metric_index, metric), (family_index, family), on),
                    family,
                    entity: entity.id,
                    id: names.hw_id(entity.id).cloned(),
                    parent: entity.parent,
                    inputs: sources.flat_map(resolve).collect(),
                    superseded_by: point.superseded_by,
                    value,
                });
            }
        }
    }
    let is_part = |kind| kind == EntityKind::HOST || kind == EntityKind::LINK;
    found.monitored = monitored.iter().filter(|one| !is_part(one.id.kind)).count();
    found.drivers = monitored
        .iter()
        .filter_map(|entity| {
            Some((
                names.hw_id(entity.id)?.clone(),
                entity.driver_version.clone()?,
            ))
        })
        .collect();
    found
}

/// Returns the fields to read for a source: each with its entity.
fn resolve_inputs(source: &Source, entity: &Entity, host: &Host) -> Vec<Input> {
    let input = |entity, field| Input {
        entity,
        field,
        op: source.op,
        scale: source.scale,
    };
    if source.op.is_listed() {
        return Vec::new();
    }
    if source.op.is_over_links() {
        let links = host.links_of(entity.id);
        return links.map(|link| input(link, source.field)).collect();
    }
    if !source.each.is_empty() {
        let field = host
            .link_index(entity.id)
            .and_then(|n| source.each.get(n as usize));
        let gpu = entity.parent;
        return gpu
            .zip(field)
            .map(|(gpu, field)| input(gpu, *field))
            .into_iter()
            .collect();
    }
    match source.field.info().map(|info| info.scope) {
        // The engine keeps these once per host, readable through any GPU; the host itself cannot be
        // watched.
        Some(EntityKind::HOST) => {
            let mut all = host.entities.iter().map(|entity| entity.id);
            let gpu = all.find(|id| id.kind == EntityKind::GPU);
            return vec![input(gpu.unwrap_or(entity.id), source.field)];
        }
        // A fact about a GPU also holds for its parts.
        Some(EntityKind::GPU) if matches!(source.op, Op::Fact(..)) => {
            let gpu = topology::gpu_of(&host.entities, entity).map_or(entity.id, |gpu| gpu.id);
            return vec![input(gpu, source.field)];
        }
        _ => {}
    }
    if host.links_without_entity_id.contains(&entity.id) {
        return Vec::new();
    }
    vec![input(entity.id, source.field)]
}

/// Returns the part of the value that is known before anything is read; `None` if the series does
/// not exist at present.
fn static_value(point: &SeriesRow, entity: &Entity, host: &Host) -> Option<StaticValue> {
    let number = |count: usize| StaticValue::Number(i64::try_from(count).unwrap_or(i64::MAX));
    Some(match point.sources.first().map(|source| source.op) {
        Some(Op::Fact(..)) => StaticValue::Number(1),
        Some(Op::Instances) => {
            let instances = host.entities.iter().filter(|other| {
                other.parent == Some(entity.id) && other.id.kind == EntityKind::GPU_INSTANCE
            });
            number(instances.count())
        }
        Some(Op::Gpus) => {
            let gpus = host.entities.iter().filter(|other| {
                other.id.kind == EntityKind::GPU && Availability::of_entity(other).is_none()
            });
            number(gpus.count())
        }
        // A GPU without NVLinks has no series.
        Some(Op::ActiveLinks) => {
            host.links_of(entity.id).next()?;
            StaticValue::ActiveLinks(entity.id)
        }
        Some(Op::LinkUp) => StaticValue::ActiveLinks(entity.id),
        Some(Op::Unavailable(why)) => {
            (Availability::of_entity(entity) == Some(why)).then_some(StaticValue::Number(1))?
        }
        Some(Op::Status(_)) => {
            let condition = match Availability::of_entity(entity) {
                None => Condition::Ok,
                Some(Availability::Lost) => Condition::Failed,
                Some(Availability::Paused | Availability::Detached) => Condition::Unavailable,
            };
            let all = [
                Condition::Ok,
                Condition::Degraded,
                Condition::PredictedFailure,
                Condition::Failed,
            ];
            let about = all.into_iter().find(|state| {
                let state = (catalogue::STATE, state.as_attribute());
                point.attributes.contains(&state)
            });
            about.map_or(StaticValue::Nothing, |about| {
                StaticValue::Condition(condition, about)
            })
        }
        _ => StaticValue::Nothing,
    })
}

/// Groups inputs by kind of entity, into the entities and the fields to watch. The result is
/// sorted, so that two runs make the same requests. Fields that the engine keeps once per host form
/// a group of their own, since one entity is enough for them.
pub(crate) fn group_fields(
    inputs: impl IntoIterator<Item = Input>,
) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
    type EntityFields = (BTreeSet<EntityId>, BTreeSet<FieldId>);
    let mut kinds: BTreeMap<(EntityKind, bool), EntityFields> = BTreeMap::new();
    for input in inputs {
        let is_of_host = input
            .field
            .info()
            .is_some_and(|info| info.scope == EntityKind::HOST);
        let of_kind = kinds.entry((input.entity.kind, is_of_host)).or_default();
        of_kind.0.insert(input.entity);
        of_kind.1.insert(input.field);
    }
    kinds
        .into_values()
        .map(|(entities, fields)| (entities.into_iter().collect(), fields.into_iter().collect()))
        .collect()
}

#[cfg(test)]
mod tests;
