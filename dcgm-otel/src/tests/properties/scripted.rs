//! A client that plays the steps, and records what it has reported to its meter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use dcgm::{
    Backend, BuildInfo, Client, Cursor, Entity, EntityId, EntityKind, FieldId, Link, LinkState,
    Mig, NoValue, Query, Result, Sample, Samples, Timestamp, Value, Watch, WatchRequest,
};
use parking_lot::Mutex;

use super::script::{
    INSTANCE, LINK, OTHER_INSTANCE, OTHER_PORT, OTHER_SLICE, PORT, SLICE, Step, all,
};
use crate::clock::Clock;
use crate::fake::{Fake, every_field, gpu, healthy};

/// State that a client has reported.
#[derive(Debug, Default)]
pub(super) struct Reported {
    /// Time of the last new timestamp of a field, and its last number.
    pub(super) fields: BTreeMap<(EntityId, FieldId), Seen>,
    /// Events that were reported, by entity, field and code.
    pub(super) events: BTreeMap<(EntityId, FieldId, i64), u64>,
    /// Events that were reported to the present meter.
    pub(super) recent: BTreeSet<(EntityId, FieldId, i64)>,
    /// Time of the last list of entities.
    pub(super) listed: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) timestamp: Timestamp,
    pub(super) changed: Instant,
    pub(super) number: Option<f64>,
}

#[derive(Debug, Default)]
struct Odd {
    frozen: BTreeMap<EntityId, i64>,
    frozen_fields: BTreeMap<(EntityId, FieldId), i64>,
    texts: BTreeSet<(EntityId, FieldId)>,
    happened: Vec<(EntityId, FieldId, i64)>,
}

/// The fake, with timestamps of each field's own. Clones are the same client.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) fake: Fake,
    odd: Arc<Mutex<Odd>>,
    pub(super) reported: Arc<Mutex<Reported>>,
    pub(super) clock: Clock,
}

fn made(id: EntityId) -> Entity {
    match id.kind {
        EntityKind::GPU => {
            let mut gpu = gpu(id.id);
            gpu.driver_version = Some("535.1".into());
            gpu
        }
        EntityKind::GPU_INSTANCE => {
            let mut instance = Entity::new(id);
            instance.parent = Some(EntityId::gpu(1));
            instance.mig = Some(Mig::new(id.id - 8, None, 3));
            instance
        }
        EntityKind::COMPUTE_INSTANCE => {
            let mut instance = Entity::new(id);
            instance.parent = Some(INSTANCE);
            instance.mig = Some(Mig::new(2, Some(id.id - 20), 1));
            instance
        }
        _ => Entity::new(id),
    }
}

impl Actor {
    pub(super) fn new(clock: &Clock) -> Self {
        let actor = Self {
            fake: Fake::default(),
            odd: Arc::default(),
            reported: Arc::default(),
            clock: clock.clone(),
        };
        let fields = every_field();
        actor.fake.edit(|state| {
            state.sampling = true;
            state.micros = 1_000_000;
            for id in all() {
                for field in &fields {
                    state.values.insert((id, *field), Ok(healthy(*field)));
                }
            }
            state.entities = [EntityId::gpu(0), EntityId::gpu(1), EntityId::switch(0)]
                .map(made)
                .to_vec();
            let link = |id, parent, index| Link::new(Some(id), parent, index, LinkState::UP);
            state.links = vec![
                link(PORT, EntityId::switch(0), 0),
                link(OTHER_PORT, EntityId::switch(0), 1),
                link(LINK, EntityId::gpu(0), 0),
            ];
        });
        actor
    }

    /// Takes a step, other than those of the meter and of time.
    pub(super) fn take(&self, step: &Step) {
        let mut odd = self.odd.lock();
        self.fake.edit(|state| match *step {
            Step::Set(entity, field, value) => {
                odd.texts.remove(&(entity, field));
                state.values.insert((entity, field), Ok(value));
            }
            Step::Grow(of, by) => {
                for ((entity, _), value) in &mut state.values {
                    if *entity == of {
                        *value = value.map(|value| value + f64::from(by));
                    }
                }
            }
            Step::All(of, to) => {
                for ((entity, _), value) in &mut state.values {
                    if *entity == of {
                        *value = Ok(to);
                    }
                }
            }
            Step::Blank(entity, field, why) => {
                state.values.insert((entity, field), Err(why));
            }
            Step::BlankAll(of, why) => {
                for ((entity, _), value) in &mut state.values {
                    if *entity == of {
                        *value = Err(why);
                    }
                }
            }
            Step::Text(entity, field) => {
                odd.texts.insert((entity, field));
            }
            Step::Freeze(entity, true) => {
                odd.frozen.entry(entity).or_insert(state.micros);
            }
            Step::Freeze(entity, false) => {
                odd.frozen.remove(&entity);
            }
            Step::FreezeField(entity, field, true) => {
                odd.frozen_fields
                    .entry((entity, field))
                    .or_insert(state.micros);
            }
            Step::FreezeField(entity, field, false) => {
                odd.frozen_fields.remove(&(entity, field));
            }
            Step::Sampling(is) => state.sampling = is,
            Step::Stamp(micros) => state.micros = micros,
            Step::Fail(call, fault) => {
                state.faults.insert(call, fault.error());
            }
            Step::Panic(call) => state.panics = Some(call),
            Step::Heal => {
                state.faults.clear();
                state.panics = None;
            }
            // With its parts, and theirs.
            Step::Remove(id) => {
                let is_part = |one: &Entity, whole| one.id == whole || one.parent == Some(whole);
                state.entities.retain(|one| !is_part(one, id));
                if id == EntityId::gpu(1) {
                    state.entities.retain(|one| !is_part(one, INSTANCE));
                }
            }
            Step::Add(id) => {
                let entities = &state.entities;
                let is_there = |id| entities.iter().any(|one| one.id == id);
                let parent = made(id).parent;
                if !is_there(id) && parent.is_none_or(is_there) {
                    state.entities.push(made(id));
                }
            }
            Step::Mig(on) => {
                let instances = [INSTANCE, OTHER_INSTANCE, SLICE, OTHER_SLICE];
                state.entities.retain(|one| !instances.contains(&one.id));
                let is_there = state.entities.iter().any(|one| one.id == EntityId::gpu(1));
                if on && is_there {
                    state.entities.extend(instances.map(made));
                }
                for one in &mut state.entities {
                    if one.id == EntityId::gpu(1) {
                        one.mig_enabled = Some(on);
                    }
                }
            }
            Step::Driver(version) => {
                for one in &mut state.entities {
                    if one.id.kind == EntityKind::GPU {
                        one.driver_version = Some(version.into());
                    }
                }
            }
            Step::Event(entity, field, code) => odd.happened.push((entity, field, code)),
            Step::Pass(_) | Step::Install(_) => {}
        });
    }

    /// Returns `true` if the engine lists neither a GPU nor a part of one.
    pub(super) fn has_no_gpu(&self) -> bool {
        let switch = EntityKind::SWITCH;
        self.fake
            .edit(|state| state.entities.iter().all(|one| one.id.kind == switch))
    }

    /// Returns `true` if the engine lists nothing.
    pub(super) fn has_nothing(&self) -> bool {
        self.fake.edit(|state| state.entities.is_empty())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.fake.edit(|state| state.connected)
    }
}

impl Client for Actor {
    fn backend(&self) -> Backend {
        self.fake.backend()
    }

    fn connect(&self) -> Result<()> {
        self.fake.connect()
    }

    fn close(&self) {
        self.fake.close();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.fake.build_info()
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        self.fake.list(kind, into)
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        let entities = self.fake.entities(kinds)?;
        self.reported.lock().listed = Some(self.clock.now());
        Ok(entities)
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.fake.links()
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.fake.watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        let mut plain = Samples::new();
        into.clear();
        self.fake.latest(query, &mut plain)?;
        let (odd, mut reported) = (self.odd.lock(), self.reported.lock());
        let present: Vec<_> = self
            .fake
            .edit(|state| state.entities.iter().map(|one| one.id).collect());
        let now = self.clock.now();
        for mut sample in &plain {
            let key = (sample.entity, sample.field);
            let frozen = odd.frozen.get(&key.0).or(odd.frozen_fields.get(&key));
            if let Some(micros) = frozen {
                sample.timestamp = Timestamp::from_micros(*micros);
            }
            if odd.texts.contains(&key) && sample.value.is_ok() {
                sample.value = Ok(Value::Text("odd"));
            }
            let other = [EntityKind::LINK, EntityKind::HOST].contains(&key.0.kind);
            if !other && !present.contains(&key.0) {
                sample.value = Err(NoValue::NotWatched);
            }
            if let Ok(value) = sample.value {
                let seen = reported.fields.entry(key).or_insert(Seen {
                    timestamp: sample.timestamp,
                    changed: now,
                    number: None,
                });
                if seen.timestamp != sample.timestamp {
                    (seen.timestamp, seen.changed) = (sample.timestamp, now);
                }
                seen.number = value.as_f64();
            }
            into.push(sample);
        }
        Ok(())
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        self.fake.events(watch, cursor, into)?;
        let (mut odd, mut reported) = (self.odd.lock(), self.reported.lock());
        let micros = self.fake.edit(|state| state.micros);
        odd.happened.retain(|(entity, field, code)| {
            let is_watched = watch.entities().contains(entity) && watch.fields().contains(field);
            if is_watched {
                let event = (*entity, *field, *code);
                *reported.events.entry(event).or_default() += 1;
                reported.recent.insert(event);
                into.push(Sample {
                    entity: *entity,
                    field: *field,
                    timestamp: Timestamp::from_micros(micros),
                    value: Ok(Value::Int(*code)),
                });
            }
            !is_watched
        });
        Ok(())
    }
}
