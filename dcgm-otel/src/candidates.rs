//! Which series there could be, and which sources each of them has: the catalogue applied to the
//! entities of a host.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use dcgm::{
    Absent, Entity, EntityId, EntityKind, EntityStatus, FieldId, Link, LinkState, Samples, Value,
};

use crate::attributes::{Names, is_instance, shared};
use crate::cardinality::Block;
use crate::catalogue::{
    self, Condition, Family, Form, Metric, Mig, Op, Place, Point, Presence, Scale, Source,
};
use crate::config::{Config, Group, GroupSwitch, MetricSwitch, Naming};
use crate::hook::Hook;
use crate::naming::exporter;
use crate::snapshot::Series;

/// A field of an entity, and how its samples become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) entity: EntityId,
    pub(crate) field: FieldId,
    pub(crate) op: Op,
    pub(crate) scale: Scale,
}

/// A series that there could be.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) series: Series,
    pub(crate) block: Block,
    pub(crate) family: &'static Family,
    pub(crate) entity: EntityId,
    /// Its `hw.id`.
    pub(crate) id: Option<Arc<str>>,
    /// What the entity is a part of.
    pub(crate) parent: Option<EntityId>,
    /// Where its values could come from: best first, or all together.
    pub(crate) inputs: Vec<Input>,
    /// A field that says the same in more detail.
    instead: Option<FieldId>,
    pub(crate) value: Known,
}

/// Every series that there could be.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) list: Vec<Candidate>,
    /// How many were left out because another has the same attributes.
    pub(crate) duplicates: usize,
    /// How many entities are metered, the host itself and links not counted.
    pub(crate) metered: usize,
    /// How often the host program's hook panicked.
    pub(crate) hook_panics: u64,
    /// The version of each entity's driver, by its `hw.id`.
    pub(crate) drivers: BTreeMap<Arc<str>, Arc<str>>,
}

/// What of its value is known before anything is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Nothing,
    /// All of it.
    Number(i64),
    /// What the engine says of the entity, and which state the series is about.
    Condition(Condition, Condition),
}

/// The entities of a host, its links among them.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) entities: Vec<Entity>,
    /// The number of each link at its end.
    links: HashMap<EntityId, u32>,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// Links that the engine has no number for: it knows them by the fields of their GPUs only.
    nameless: HashSet<EntityId>,
}

impl Host {
    /// Of these. Links that are down when a session begins have no series.
    pub(crate) fn new(mut entities: Vec<Entity>, links: &[Link]) -> Self {
        let mut host = Self::default();
        for link in links.iter().filter(|link| link.state == LinkState::UP) {
            let id = link.id.unwrap_or_else(|| {
                let raw = link.parent.kind.raw() | link.index << 8 | link.parent.id << 24;
                EntityId::new(EntityKind::LINK, raw)
            });
            let mut entity = Entity::new(id);
            entity.parent = Some(link.parent);
            entities.push(entity);
            host.links.insert(id, link.index);
            if link.id.is_none() {
                host.nameless.insert(id);
            }
        }
        entities.push(Entity::new(EntityId::HOST));
        entities.sort_by_key(|entity| entity.id);
        host.entities = entities;
        host
    }

    /// With a name, if the metrics of that naming say it.
    pub(crate) fn named_for(mut self, naming: Naming) -> Self {
        if naming == Naming::DcgmExporter {
            self.name = exporter::hostname();
        }
        self
    }

    pub(crate) fn link(&self, id: EntityId) -> Option<u32> {
        self.links.get(&id).copied()
    }

    fn links_of(&self, whole: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        let parts = self.entities.iter().filter(move |entity| {
            entity.parent == Some(whole) && entity.id.kind == EntityKind::LINK
        });
        parts.map(|entity| entity.id)
    }

    /// Whether a GPU, or what is a part of it, is in a mode in which a family has a meaning.
    fn has_mode(&self, mig: Mig, entity: &Entity, names: &Names<'_>) -> bool {
        let on = || {
            let gpu = names.gpu_of(entity);
            is_instance(entity.id.kind) || gpu.is_some_and(|gpu| gpu.mig_enabled == Some(true))
        };
        match mig {
            Mig::Any => true,
            Mig::Outside => !on(),
            Mig::Within => on(),
            Mig::Smallest => {
                is_instance(entity.id.kind)
                    || !self
                        .entities
                        .iter()
                        .any(|part| part.parent == Some(entity.id) && is_instance(part.id.kind))
            }
        }
    }

    /// Whether it is lost, or a part of what is.
    fn is_of_lost(&self, entity: &Entity) -> bool {
        let find = |id| {
            let at = self.entities.binary_search_by_key(&id, |one| one.id);
            at.ok().and_then(|at| self.entities.get(at))
        };
        let wholes = std::iter::successors(Some(entity), |part| part.parent.and_then(find));
        // A GPU, a GPU instance, a compute instance: there are no more steps than that.
        wholes.take(4).any(is_lost)
    }

    /// A compute instance that has its GPU instance for itself says nothing that this one does not
    /// say.
    fn is_only_child(&self, entity: &Entity) -> bool {
        entity.id.kind == EntityKind::COMPUTE_INSTANCE
            && self
                .entities
                .iter()
                .filter(|other| other.id.kind == entity.id.kind && other.parent == entity.parent)
                .count()
                == 1
    }
}

/// Whether the driver has lost it.
pub(crate) fn is_lost(entity: &Entity) -> bool {
    matches!(entity.status, EntityStatus::LOST | EntityStatus::DETACHED)
}

/// Whether a family is wanted.
fn is_wanted(config: &Config, metric: &Metric, family: &Family) -> bool {
    match config.metric(family.group, metric.name, family.name) {
        Some(MetricSwitch::Off) => false,
        Some(MetricSwitch::On) => true,
        _ => family.default != Presence::Off,
    }
}

/// The families that are wanted, each with its metric and their places.
fn wanted(
    config: &Config,
) -> impl Iterator<Item = ((usize, &'static Metric), (usize, &'static Family))> {
    let metrics = catalogue::of(config.naming()).iter().enumerate();
    let rows = metrics.flat_map(|(place, metric)| {
        let families = metric.families.iter().enumerate();
        families.map(move |family| ((place, metric), family))
    });
    rows.filter(|((_, metric), (_, family))| is_wanted(config, metric, family))
}

/// The kinds of entities that the wanted families need, and GPUs, which every engine can list.
pub(crate) fn kinds(config: &Config) -> Vec<EntityKind> {
    let families = wanted(config).map(|(_, (_, family))| family);
    let mut kinds: BTreeSet<_> = families
        .flat_map(|family| family.on.iter().map(|place| place.kind()))
        .collect();
    // Links are parts of these, and are asked for by themselves.
    if kinds.remove(&EntityKind::LINK) && config.group(Group::NvSwitch) != GroupSwitch::Disabled {
        kinds.insert(EntityKind::SWITCH);
    }
    kinds.insert(EntityKind::GPU);
    kinds.remove(&EntityKind::HOST);
    kinds.into_iter().collect()
}

/// Every series that the wanted families have for these entities, in the order of the catalogue.
pub(crate) fn of(host: &Host, config: &Config, hook: Option<&Hook>) -> Candidates {
    let names = Names::new(host, config);
    let devices = config.devices();
    let is_metered = |entity: &&Entity| devices.selects(entity, &host.entities);
    let metered: Vec<_> = host.entities.iter().filter(is_metered).collect();
    let mut found = Candidates::default();
    let mut seen = HashSet::new();
    for ((place, metric), (row, family)) in wanted(config) {
        for entity in &metered {
            let Some(on) = Place::of(entity).filter(|on| family.on.contains(on)) else {
                continue;
            };
            if !host.has_mode(family.mig, entity, &names) || host.is_only_child(entity) {
                continue;
            }
            // An engine goes on showing the last samples of what is lost.
            if host.is_of_lost(entity) && !family.is_of_lost() {
                continue;
            }
            for point in family.points {
                let mut attributes = names.attributes(metric, family, point, entity);
                if let Some(hook) = hook {
                    found.hook_panics +=
                        u64::from(!hook.rewrite(metric.name, entity, &mut attributes));
                }
                let series = Series {
                    metric: place,
                    attributes: attributes.into(),
                };
                // Two of one name would overwrite each other at each collect.
                if !seen.insert(series.clone()) {
                    found.duplicates += 1;
                    continue;
                }
                let resolve = |source| inputs(source, entity, host, &names);
                found.list.push(Candidate {
                    series,
                    block: Block::new((place, metric), (row, family), on),
                    family,
                    entity: entity.id,
                    id: names.id(entity.id).cloned(),
                    parent: entity.parent,
                    inputs: point.sources.iter().flat_map(resolve).collect(),
                    instead: point.instead,
                    value: known(point, entity, host),
                });
            }
        }
    }
    let is_part = |kind| kind == EntityKind::HOST || kind == EntityKind::LINK;
    found.metered = metered.iter().filter(|one| !is_part(one.id.kind)).count();
    found.drivers = metered
        .iter()
        .filter_map(|entity| Some((names.id(entity.id)?.clone(), entity.driver_version.clone()?)))
        .collect();
    found
}

/// What a source means for an entity: which field of which entity.
fn inputs(source: &Source, entity: &Entity, host: &Host, names: &Names<'_>) -> Vec<Input> {
    let input = |entity, field| Input {
        entity,
        field,
        op: source.op,
        scale: source.scale,
    };
    if source.op.is_over_links() {
        let links = host.links_of(entity.id);
        return links.map(|link| input(link, source.field)).collect();
    }
    if !source.each.is_empty() {
        let field = host
            .link(entity.id)
            .and_then(|n| source.each.get(n as usize));
        let gpu = entity.parent;
        return gpu
            .zip(field)
            .map(|(gpu, field)| input(gpu, *field))
            .into_iter()
            .collect();
    }
    match source.field.info().map(|info| info.level) {
        // Kept once for the host, and found through any GPU; the host itself cannot be watched.
        Some(EntityKind::HOST) => {
            let mut all = host.entities.iter().map(|entity| entity.id);
            let gpu = all.find(|id| id.kind == EntityKind::GPU);
            return vec![input(gpu.unwrap_or(entity.id), source.field)];
        }
        // Facts about the whole are facts about its parts.
        Some(EntityKind::GPU) if matches!(source.op, Op::Fact(..)) => {
            let gpu = names.gpu_of(entity).map_or(entity.id, |gpu| gpu.id);
            return vec![input(gpu, source.field)];
        }
        _ => {}
    }
    if host.nameless.contains(&entity.id) {
        return Vec::new();
    }
    vec![input(entity.id, source.field)]
}

fn known(point: &Point, entity: &Entity, host: &Host) -> Known {
    match point.sources.first().map(|source| source.op) {
        Some(Op::Fact(..)) => Known::Number(1),
        Some(Op::Instances) => {
            let instances = host.entities.iter().filter(|other| {
                other.parent == Some(entity.id) && other.id.kind == EntityKind::GPU_INSTANCE
            });
            Known::Number(i64::try_from(instances.count()).unwrap_or(i64::MAX))
        }
        Some(Op::Status(_)) => {
            let condition = if is_lost(entity) {
                Condition::Failed
            } else {
                Condition::Fine
            };
            let all = [
                Condition::Fine,
                Condition::Degraded,
                Condition::PredictedFailure,
                Condition::Failed,
            ];
            let about = all.into_iter().find(|state| {
                let state = (catalogue::STATE, state.name());
                point.attributes.contains(&state)
            });
            about.map_or(Known::Nothing, |about| Known::Condition(condition, about))
        }
        _ => Known::Nothing,
    }
}

/// What must be watched: for each kind of entity, the fields; sorted, so that two runs ask for the
/// same thing.
pub(crate) fn fields(
    inputs: impl IntoIterator<Item = Input>,
) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
    let mut kinds: BTreeMap<EntityKind, (BTreeSet<EntityId>, BTreeSet<FieldId>)> = BTreeMap::new();
    for input in inputs {
        let of_kind = kinds.entry(input.entity.kind).or_default();
        of_kind.0.insert(input.entity);
        of_kind.1.insert(input.field);
    }
    kinds
        .into_values()
        .map(|(entities, fields)| (entities.into_iter().collect(), fields.into_iter().collect()))
        .collect()
}

/// What an entity answered when asked for a field.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    given: HashMap<(EntityId, FieldId), Answer>,
    /// What was said, of fields that say what a thing is.
    said: HashMap<(EntityId, FieldId), Said>,
    /// The entities of which something is watched, and those of which something is not.
    watched: HashSet<EntityId>,
    unwatched: HashSet<EntityId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Value,
    /// Nothing now; perhaps later.
    NotNow,
    /// It has no such thing.
    Never,
}

/// A value that was kept.
#[derive(Clone, Debug)]
enum Said {
    Number(i64),
    Text(String),
}

impl Answers {
    pub(crate) fn take(&mut self, samples: &Samples) {
        for sample in samples {
            let key = (sample.entity, sample.field);
            let found = match sample.value {
                Err(Absent::NotWatched) => &mut self.unwatched,
                _ => &mut self.watched,
            };
            found.insert(sample.entity);
            let answer = match sample.value {
                Ok(_) => Answer::Value,
                // Not watched although it was to be: the watch was refused.
                Err(Absent::NotSupported | Absent::NotFound | Absent::NotWatched) => Answer::Never,
                Err(_) => Answer::NotNow,
            };
            self.given.insert(key, answer);
            match sample.value {
                Ok(Value::Int(number)) => {
                    self.said.insert(key, Said::Number(number));
                }
                Ok(Value::Text(text)) => {
                    self.said.insert(key, Said::Text(text.to_owned()));
                }
                _ => {}
            }
        }
    }

    /// Whether there is a value of anything.
    pub(crate) fn has_values(&self) -> bool {
        self.given.values().any(|answer| *answer == Answer::Value)
    }

    /// Whether there is an entity of which nothing is watched although that was asked for.
    pub(crate) fn has_unwatched(&self) -> bool {
        !self.unwatched.is_subset(&self.watched)
    }

    /// The sources of a series: the first that has a value, else the first that may have one later;
    /// or all that may have one. `None` if there is none, and so no series.
    pub(crate) fn choose(&self, candidate: &Candidate) -> Option<Vec<Input>> {
        let answer = |input: &Input| self.given.get(&(input.entity, input.field)).copied();
        let inputs = &candidate.inputs;
        if let Some(field) = candidate.instead {
            let other = self.given.get(&(candidate.entity, field));
            if other.is_some_and(|answer| *answer != Answer::Never) {
                return None;
            }
        }
        let op = inputs.first().map(|input| input.op);
        let first = |wanted: Answer| {
            inputs
                .iter()
                .copied()
                .find(|input| answer(input) == Some(wanted))
        };
        match (&candidate.value, op) {
            (Known::Number(_), _) => Some(Vec::new()),
            // Asked for in a watch of their own.
            (_, Some(Op::Event)) => Some(inputs.clone()),
            (_, Some(op)) if op.is_joint() => {
                let may =
                    |input: &&Input| matches!(answer(input), Some(Answer::Value | Answer::NotNow));
                let joint: Vec<_> = inputs.iter().filter(may).copied().collect();
                // Of a GPU the engine itself says whether it is there.
                let is_gpu = candidate.entity.kind == EntityKind::GPU;
                let of_itself = is_gpu && matches!(op, Op::Status(_));
                // Links of an earlier generation say later that they have no such thing; a sum of
                // nothing is none.
                let some = inputs
                    .iter()
                    .any(|input| answer(input) == Some(Answer::Value));
                (of_itself || some).then_some(joint)
            }
            _ => first(Answer::Value)
                .or_else(|| first(Answer::NotNow))
                .map(|input| vec![input]),
        }
    }

    /// A fact as an attribute: what is known of it.
    pub(crate) fn fact(&self, input: &Input) -> Option<(&'static str, opentelemetry::Value)> {
        let Op::Fact(key, form) = input.op else {
            return None;
        };
        let said = self.said.get(&(input.entity, input.field))?;
        let value = match (said, form) {
            (Said::Text(text), _) if !text.is_empty() => shared(text.clone()).into(),
            (Said::Number(number), Form::Plain) => (*number).into(),
            (Said::Number(number), Form::Flag) => (*number == 1).into(),
            (Said::Number(number), Form::Cuda) => {
                shared(format!("{}.{}", number / 1000, number % 1000 / 10)).into()
            }
            (Said::Number(number), Form::Halves) => {
                shared(format!("{}.{}", number >> 16, number & 0xffff)).into()
            }
            _ => return None,
        };
        Some((key, value))
    }
}

#[cfg(test)]
mod tests;
