//! A fake that follows the steps, and records what it has reported to its meter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use dcgm::{
    Entity, EntityId, EntityKind, FieldId, Link, LinkState, Mig, NoValue, Sample, Timestamp, Value,
};
use parking_lot::Mutex;

use super::script::{
    INSTANCE, LINK, OTHER_INSTANCE, OTHER_PORT, OTHER_SLICE, PORT, SLICE, Step, all,
};
use crate::clock::Clock;
use crate::testing::{Fake, Harness, gpu};

/// The last sample of a field that was reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) timestamp: Timestamp,
    /// Time of the last new timestamp.
    pub(super) changed: Instant,
    pub(super) number: Option<f64>,
}

/// Deviations from the values of the fake, and the samples that were reported.
#[derive(Debug, Default)]
pub(super) struct Reported {
    frozen: BTreeMap<EntityId, i64>,
    frozen_fields: BTreeMap<(EntityId, FieldId), i64>,
    texts: BTreeSet<(EntityId, FieldId)>,
    pub(super) fields: BTreeMap<(EntityId, FieldId), Seen>,
}

/// A fake with timestamps per field. Clones are the same client.
#[derive(Clone)]
pub(super) struct ScriptedFake {
    pub(super) fake: Fake,
    pub(super) reported: Arc<Mutex<Reported>>,
}

/// Makes an entity with its identity and its place.
fn make_entity(id: EntityId) -> Entity {
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

impl Reported {
    fn record_sample(&mut self, present: &[Entity], sample: &mut Sample<'_>, clock: &Clock) {
        let key = (sample.entity, sample.field);
        let frozen = self.frozen.get(&key.0).or(self.frozen_fields.get(&key));
        if let Some(micros) = frozen {
            sample.timestamp = Timestamp::from_micros(*micros);
        }
        if self.texts.contains(&key) && sample.value.is_ok() {
            sample.value = Ok(Value::Text("odd"));
        }
        let other = [EntityKind::LINK, EntityKind::HOST].contains(&key.0.kind);
        if !other && !present.iter().any(|one| one.id == key.0) {
            sample.value = Err(NoValue::NotWatched);
        }
        if let Ok(value) = sample.value {
            let now = clock.now();
            let seen = self.fields.entry(key).or_insert(Seen {
                timestamp: sample.timestamp,
                changed: now,
                number: None,
            });
            if seen.timestamp != sample.timestamp {
                (seen.timestamp, seen.changed) = (sample.timestamp, now);
            }
            seen.number = value.as_f64();
        }
    }
}

impl ScriptedFake {
    pub(super) fn new() -> Self {
        let fake = Fake::default();
        fake.edit(|state| {
            state.sampling = true;
            state.micros = 1_000_000;
            for id in all() {
                state.give_all_fields(id);
            }
            state.entities = [EntityId::gpu(0), EntityId::gpu(1), EntityId::switch(0)]
                .map(make_entity)
                .to_vec();
            let link = |id, parent, index| Link::new(Some(id), parent, index, LinkState::UP);
            state.links = vec![
                link(PORT, EntityId::switch(0), 0),
                link(OTHER_PORT, EntityId::switch(0), 1),
                link(LINK, EntityId::gpu(0), 0),
            ];
        });
        Self {
            fake,
            reported: Arc::default(),
        }
    }

    /// Changes and records the samples of a harness on this fake, by the harness's clock.
    pub(super) fn record_samples(&self, harness: &Harness<Fake>) {
        let (reported, clock) = (Arc::clone(&self.reported), harness.clock.clone());
        let hook = Box::new(move |present: &[Entity], sample: &mut Sample<'_>| {
            reported.lock().record_sample(present, sample, &clock);
        });
        self.fake.edit(|state| state.on_sample = Some(hook));
    }

    /// Takes a step, other than those of the meter and of time.
    pub(super) fn take(&self, step: &Step) {
        let mut reported = self.reported.lock();
        self.fake.edit(|state| match *step {
            Step::Set(entity, field, value) => {
                reported.texts.remove(&(entity, field));
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
                reported.texts.insert((entity, field));
            }
            Step::Freeze(entity, true) => {
                reported.frozen.entry(entity).or_insert(state.micros);
            }
            Step::Freeze(entity, false) => {
                reported.frozen.remove(&entity);
            }
            Step::FreezeField(entity, field, true) => {
                reported
                    .frozen_fields
                    .entry((entity, field))
                    .or_insert(state.micros);
            }
            Step::FreezeField(entity, field, false) => {
                reported.frozen_fields.remove(&(entity, field));
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
                let parent = make_entity(id).parent;
                if !is_there(id) && parent.is_none_or(is_there) {
                    state.entities.push(make_entity(id));
                }
            }
            Step::Mig(on) => {
                let instances = [INSTANCE, OTHER_INSTANCE, SLICE, OTHER_SLICE];
                state.entities.retain(|one| !instances.contains(&one.id));
                let is_there = state.entities.iter().any(|one| one.id == EntityId::gpu(1));
                if on && is_there {
                    state.entities.extend(instances.map(make_entity));
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
            Step::Event(entity, field, code) => state.happened.push((entity, field, code)),
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

    /// Returns `true` if the engine lists its entities, whether or not it describes them.
    pub(super) fn can_list(&self) -> bool {
        self.fake.edit(|state| !state.faults.contains_key("list"))
    }

    pub(super) fn is_connected(&self) -> bool {
        self.fake.edit(|state| state.connected)
    }
}
