//! The catalogue applied to the entities of a host: the series that could exist, each with the sources
//! that it could have.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use dcgm::health::HealthSystems;
use dcgm::{Entity, EntityId, EntityKind, FieldId};

use super::cardinality::DropUnit;
use super::index::Pair;
use super::snapshot::Series;
use crate::attributes::AttributeBuilder;
use crate::catalogue::{
    self, Condition, EntityScope, Family, Metric, Op, Presence, Scale, SeriesRow, Source,
};
use crate::config::{Config, Group, GroupSwitch, MetricSwitch};
use crate::hook::AttributeHook;
use crate::naming;
use crate::topology::host::Host;
use crate::topology::{self, Availability};

/// A field of an entity, and how its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) entity: EntityId,
    pub(crate) field: FieldId,
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

impl Input {
    pub(crate) const fn pair(&self) -> Pair {
        (self.entity, self.field)
    }
}

/// A series that could exist.
#[derive(Clone, Debug)]
pub(crate) struct SeriesSpec {
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

impl SeriesSpec {
    /// Returns the operation of its sources.
    pub(crate) fn op(&self) -> Option<Op> {
        self.inputs.first().map(|input| input.op)
    }

    /// Returns `true` if the series counts events, which have a watch of their own.
    pub(crate) fn is_event(&self) -> bool {
        self.op() == Some(Op::Event)
    }

    /// Returns the sources that are sampled: all but events.
    pub(crate) fn sampled_inputs(&self) -> impl Iterator<Item = Input> + '_ {
        let inputs = self.inputs.iter().copied();
        inputs.filter(|input| input.op != Op::Event)
    }
}

/// All series that could exist.
#[derive(Debug, Default)]
pub(crate) struct Specs {
    pub(crate) list: Vec<SeriesSpec>,
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
    /// 1 for each workload that holds the entity.
    Allocation,
    /// Health of this system of the entity by the engine's last check, and the state that the series
    /// reports, if it is about one.
    Health(HealthSystems, Option<Condition>),
}

/// Returns `true` if a family is switched on.
fn is_wanted(config: &Config, metric: &Metric, family: &Family) -> bool {
    if config.peaks().is_none() && family.is_of_peaks() {
        return false;
    }
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
    let metrics = naming::metrics_for(config).iter().enumerate();
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
pub(crate) fn resolve_series(host: &Host, config: &Config, hook: Option<&AttributeHook>) -> Specs {
    let names = AttributeBuilder::new(host, config);
    let devices = config.devices();
    let is_monitored = |entity: &&Entity| devices.selects(entity, &host.entities);
    let monitored: Vec<_> = host.entities.iter().filter(is_monitored).collect();
    let mut found = Specs::default();
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
                found.list.push(SeriesSpec {
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
    let scope = source.field.info().map(|info| info.scope);
    // Of a field that this release does not know, the definition of its metric says it.
    let is_of_host = entity.id.kind == EntityKind::HOST;
    match scope.or(is_of_host.then_some(EntityKind::HOST)) {
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
        Some(Op::Allocation) => StaticValue::Allocation,
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
            reported_state(point).map_or(StaticValue::Nothing, |about| {
                StaticValue::Condition(condition, about)
            })
        }
        Some(Op::Health(system)) => StaticValue::Health(system, reported_state(point)),
        _ => StaticValue::Nothing,
    })
}

/// Returns the state that a series reports.
fn reported_state(point: &SeriesRow) -> Option<Condition> {
    let all = [
        Condition::Ok,
        Condition::Degraded,
        Condition::PredictedFailure,
        Condition::Failed,
    ];
    all.into_iter().find(|state| {
        let state = (catalogue::STATE, state.as_attribute());
        point.attributes.contains(&state)
    })
}

/// Largest number of blocks for one kind of entities. A host of many different devices gets one block
/// of all their fields instead.
const MAX_BLOCKS: usize = 4;

/// Fields of entities: every field of every entity of a block.
pub(crate) type Blocks = Vec<(Vec<EntityId>, Vec<FieldId>)>;

/// Groups inputs into blocks to watch or to read: entities of one kind that have the same fields. The
/// result is sorted, so that two runs make the same requests. Fields that the engine keeps once per
/// host form a block of their own, since one entity is enough for them.
pub(crate) fn group_fields(inputs: impl IntoIterator<Item = Input>) -> Blocks {
    let mut kinds: BTreeMap<_, BTreeMap<EntityId, BTreeSet<FieldId>>> = BTreeMap::new();
    for Input { entity, field, .. } in inputs {
        let is_of_host = field
            .info()
            .is_some_and(|info| info.scope == EntityKind::HOST);
        let of_kind = kinds.entry((entity.kind, is_of_host)).or_default();
        of_kind.entry(entity).or_default().insert(field);
    }
    let mut blocks = Blocks::new();
    for entities in kinds.into_values() {
        let mut same: BTreeMap<BTreeSet<FieldId>, Vec<EntityId>> = BTreeMap::new();
        for (entity, fields) in entities {
            same.entry(fields).or_default().push(entity);
        }
        if same.len() > MAX_BLOCKS {
            let fields: BTreeSet<_> = same.keys().flatten().copied().collect();
            let mut entities: Vec<_> = same.into_values().flatten().collect();
            entities.sort_unstable();
            same = BTreeMap::from([(fields, entities)]);
        }
        let of_kind = same.into_iter();
        blocks.extend(of_kind.map(|(fields, ids)| (ids, fields.into_iter().collect())));
    }
    blocks
}

#[cfg(test)]
mod tests;
