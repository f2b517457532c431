//! A client whose devices have every field of the catalogue, with the values that a test gives.
//!
//! A mock simulates a host that can exist, so no mock has all fields; and its values change with time.
//! A fake has no clock: each read returns samples that are a second newer. Its faults distinguish more
//! calls than a mock's: `watch profiling` and `list instances`.

use std::collections::BTreeMap;
use std::sync::Arc;

use dcgm::health::{
    HealthClient, HealthCode, HealthReport, HealthRequest, HealthSystems, HealthWatch,
    IncidentSeverity,
};
use dcgm::{
    Backend, BackendKind, BuildInfo, Client, Cursor, Endpoint, Entity, EntityId, EntityKind, Error,
    FieldId, Link, LinkState, Mig, NoValue, Query, Result, ReturnCode, Sample, Samples, Timestamp,
    Value, ValueType, Watch, WatchRequest,
};
use parking_lot::Mutex;

/// A client under the control of a test. Clones share their state.
#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<State>>);

/// Changes a sample that is read, given the entities that are listed.
pub(crate) type SampleHook = Box<dyn Fn(&[Entity], &mut Sample<'_>) + Send>;

/// An event: the entity, the field and the code.
pub(crate) type Event = (EntityId, FieldId, i64);

/// Values of the entities' fields, or why there is none.
type Values = BTreeMap<(EntityId, FieldId), core::result::Result<f64, NoValue>>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) entities: Vec<Entity>,
    pub(crate) values: Values,
    /// Timestamp of all samples.
    pub(crate) micros: i64,
    /// Set if each read returns a new sample.
    pub(crate) sampling: bool,
    /// Error of each call, by its name.
    pub(crate) faults: BTreeMap<&'static str, Error>,
    /// Call that panics.
    pub(crate) panics: Option<&'static str>,
    pub(crate) on_sample: Option<SampleHook>,
    pub(crate) connected: bool,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) watched: Vec<WatchRequest>,
    pub(crate) links: Vec<Link>,
    /// Events that were not read yet, and those that were.
    pub(crate) happened: Vec<Event>,
    pub(crate) delivered: Vec<Event>,
    /// Number of lists of entities that were returned.
    pub(crate) lists: u64,
}

/// Returns the fields of the catalogue, without those of events.
pub(crate) fn every_field() -> Vec<FieldId> {
    let families = crate::catalogue::CATALOGUE
        .iter()
        .flat_map(|metric| metric.families);
    let points = families.flat_map(|family| family.points);
    points
        .flat_map(|point| point.sources)
        .filter(|source| source.op != crate::catalogue::Op::Event)
        .flat_map(|source| source.each.iter().copied().chain([source.field]))
        .collect()
}

/// Returns the value of a healthy device: 1, unless that is a fault.
fn healthy(field: FieldId) -> f64 {
    let faults = [
        FieldId::ROW_REMAP_FAILURE,
        FieldId::ROW_REMAP_PENDING,
        FieldId::RETIRED_PENDING,
        FieldId::GET_GPU_RECOVERY_ACTION,
        FieldId::MEMORY_UNREPAIRABLE_FLAG,
        FieldId::THRESHOLD_SRM,
        FieldId::NVSWITCH_RESET_REQUIRED,
        FieldId::NVSWITCH_FATAL_ERRORS,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
        FieldId::CONNECTX_HEALTH,
    ];
    f64::from(u8::from(!faults.contains(&field)))
}

pub(crate) fn gpu(id: u32) -> Entity {
    let mut gpu = Entity::new(EntityId::gpu(id));
    gpu.uuid = Some(format!("GPU-a{id}").into());
    gpu.model = Some("NVIDIA H100 80GB HBM3".into());
    gpu.minor = Some(id);
    gpu.mig_enabled = Some(false);
    gpu
}

impl State {
    /// Gives an entity every field of the catalogue, with the value of a healthy device.
    pub(crate) fn give_all_fields(&mut self, id: EntityId) {
        let values = every_field().into_iter();
        self.values
            .extend(values.map(|field| ((id, field), Ok(healthy(field)))));
    }
}

impl State {
    /// The code of the last event that was not read yet.
    fn last_event(&self, entity: EntityId, field: FieldId) -> core::result::Result<f64, NoValue> {
        let mut events = self.happened.iter().rev();
        let last = events.find(|(id, of, _)| (*id, *of) == (entity, field));
        #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
        last.map_or(Err(NoValue::NotWatched), |(.., code)| Ok(*code as f64))
    }

    /// The sample of a field at this time.
    fn sample(&self, entity: EntityId, field: FieldId) -> Sample<'static> {
        let is_listed =
            entity.kind != EntityKind::GPU || self.entities.iter().any(|one| one.id == entity);
        let value = if is_listed {
            self.values.get(&(entity, field)).copied()
        } else {
            Some(Err(NoValue::Blank))
        };
        let value = value.unwrap_or_else(|| self.last_event(entity, field));
        let value_type = field.info().map(|info| info.value_type);
        #[expect(clippy::cast_possible_truncation, reason = "tests use small ones")]
        let value = value.map(|value| match value_type {
            Some(ValueType::Double) => Value::Double(value),
            Some(ValueType::Text) => Value::Text("UP"),
            Some(ValueType::Blob) => Value::Blob(&[1; 64]),
            _ => Value::Int(value as i64),
        });
        let mut sample = Sample {
            entity,
            field,
            timestamp: Timestamp::from_micros(self.micros),
            value,
        };
        if let Some(hook) = &self.on_sample {
            hook(&self.entities, &mut sample);
        }
        sample
    }
}

impl Fake {
    /// Makes healthy GPUs that have every field.
    pub(crate) fn with_gpus(count: u32) -> Self {
        let fake = Self::default();
        fake.edit(|state| {
            state.sampling = true;
            state.micros = 1_000_000;
            for id in 0..count {
                state.entities.push(gpu(id));
                state.give_all_fields(EntityId::gpu(id));
            }
        });
        fake
    }

    /// Makes a host with every kind of entity that DCGM knows, and with two compute instances, so that
    /// these have series.
    pub(crate) fn one_of_everything() -> Self {
        let fake = Self::with_gpus(2);
        let child = |kind, id, parent| {
            let mut entity = Entity::new(EntityId::new(kind, id));
            entity.parent = Some(parent);
            entity
        };
        let whole = EntityId::gpu(0);
        let switch = EntityId::switch(0);
        let cpu = Entity::new(EntityId::new(EntityKind::CPU, 0));
        let mut instance = child(EntityKind::GPU_INSTANCE, 8, EntityId::gpu(1));
        instance.mig = Some(Mig::new(3, None, 1));
        let mut all = vec![
            Entity::new(switch),
            child(EntityKind::CPU_CORE, 0, cpu.id),
            cpu,
            Entity::new(EntityId::new(EntityKind::CONNECTX, 0)),
        ];
        for id in 0..2 {
            let mut compute = child(EntityKind::COMPUTE_INSTANCE, id, instance.id);
            compute.mig = Some(Mig::new(3, Some(id), 1));
            all.push(compute);
        }
        all.push(instance);
        fake.edit(|state| {
            state.entities[1].mig_enabled = Some(true);
            state.entities.extend(all);
            for (parent, raw) in [(whole, 1), (switch, 2)] {
                let id = EntityId::new(EntityKind::LINK, raw);
                let link = Link::new(Some(id), parent, 5, LinkState::UP);
                state.links.push(link);
                state.give_all_fields(id);
            }
            state.give_all_fields(EntityId::HOST);
            let ids: Vec<_> = state.entities.iter().map(|entity| entity.id).collect();
            for id in ids {
                state.give_all_fields(id);
            }
        });
        fake
    }

    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut State) -> T) -> T {
        edit(&mut self.0.lock())
    }

    pub(crate) fn set(&self, gpu: u32, field: FieldId, value: f64) {
        self.edit(|state| state.values.insert((EntityId::gpu(gpu), field), Ok(value)));
    }

    pub(crate) fn lose(&self, gpu: u32, field: FieldId, why: NoValue) {
        self.edit(|state| state.values.insert((EntityId::gpu(gpu), field), Err(why)));
    }

    /// Replaces every value by the reason why there is none. Returns the values.
    pub(crate) fn lose_all(&self, why: NoValue) -> Values {
        self.edit(|state| {
            let values = state.values.clone();
            for value in state.values.values_mut() {
                *value = Err(why);
            }
            values
        })
    }

    pub(crate) fn fail(&self, call: &'static str, error: Error) {
        self.edit(|state| state.faults.insert(call, error));
    }

    pub(crate) fn heal(&self) {
        self.edit(|state| {
            state.faults.clear();
            state.panics = None;
        });
    }

    /// Returns the number of calls of a function.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.edit(|state| state.calls.iter().filter(|name| **name == call).count())
    }

    fn call(&self, name: &'static str) -> Result<()> {
        let panics = self.edit(|state| {
            state.calls.push(name);
            state.panics == Some(name)
        });
        assert!(!panics, "the client panics on purpose");
        self.edit(|state| {
            let fault = state.faults.get(name).cloned();
            if name != "connect" && fault.is_none() && !state.connected {
                return Err(Error::NotConnected);
            }
            if fault.as_ref().is_some_and(Error::is_disconnected) {
                state.connected = false;
            }
            fault.map_or(Ok(()), Err)
        })
    }
}

/// Number of gauges and of counters of a GPU that has every field.
pub(crate) const GAUGES: usize = 45;
pub(crate) const COUNTERS: usize = 35;

/// Returns the number of gauges for `gpus` GPUs and the host.
pub(crate) const fn gauges(gpus: usize) -> usize {
    gpus * GAUGES + 1
}

/// Returns the error of a call.
pub(crate) fn call(function: &'static str, code: ReturnCode) -> Error {
    Error::Call { function, code }
}

/// Returns the error of a lost connection.
pub(crate) fn refused() -> Error {
    Error::Connect {
        endpoint: Endpoint::default(),
        cause: dcgm::ConnectError::Refused,
    }
}

impl Client for Fake {
    fn backend(&self) -> Backend {
        Backend::new(BackendKind::Mock, "fake")
    }

    fn connect(&self) -> Result<()> {
        self.call("connect")?;
        self.edit(|state| state.connected = true);
        Ok(())
    }

    fn close(&self) {
        let _ = self.call("close");
        self.edit(|state| state.connected = false);
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.call("engine")?;
        Ok(BuildInfo::from_raw("version:4.6.0;buildtype:Mock"))
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        into.clear();
        self.call("list")?;
        if kind == EntityKind::GPU_INSTANCE {
            self.call("list instances")?;
        }
        self.edit(|state| {
            into.extend(
                state
                    .entities
                    .iter()
                    .map(|entity| entity.id)
                    .filter(|id| id.kind == kind),
            );
        });
        Ok(())
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.call("entities")?;
        Ok(self.edit(|state| {
            state.lists += 1;
            let wanted = state
                .entities
                .iter()
                .filter(|entity| kinds.contains(&entity.id.kind));
            wanted.cloned().collect()
        }))
    }

    fn links(&self) -> Result<Vec<Link>> {
        Ok(self.edit(|state| state.links.clone()))
    }

    fn health(&self) -> &dyn HealthClient {
        self
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        let profiling = request.fields.iter().all(|field| field.is_profiling());
        self.call(if profiling {
            "watch profiling"
        } else {
            "watch"
        })?;
        self.edit(|state| state.watched.push(request.clone()));
        Ok(Watch::new(request.clone(), Vec::new(), ()))
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        into.clear();
        self.call("latest")?;
        self.edit(|state| {
            if state.sampling {
                state.micros += 1_000_000;
            }
            for (entities, fields) in query.blocks() {
                for entity in entities {
                    for field in fields {
                        into.push(state.sample(*entity, *field));
                    }
                }
            }
        });
        Ok(())
    }

    fn events(&self, watch: &Watch, _: &mut Cursor, into: &mut Samples) -> Result<()> {
        into.clear();
        self.call("events")?;
        self.edit(|state| {
            let is_watched = |(entity, field, _): &Event| {
                watch.entities().contains(entity) && watch.fields().contains(field)
            };
            let happened = std::mem::take(&mut state.happened).into_iter();
            let (read, left): (Vec<_>, Vec<_>) = happened.partition(is_watched);
            for (entity, field, code) in &read {
                into.push(Sample {
                    entity: *entity,
                    field: *field,
                    timestamp: Timestamp::from_micros(state.micros),
                    value: Ok(Value::Int(*code)),
                });
            }
            // The samples of fields that are no events.
            for entity in watch.entities() {
                let fields = watch.fields().iter().filter(|field| !field.is_event());
                for field in fields {
                    into.push(state.sample(*entity, *field));
                }
            }
            state.delivered.extend(read);
            state.happened = left;
        });
        Ok(())
    }
}

/// All is well, but for the systems whose health is known only by incidents.
impl HealthClient for Fake {
    fn watch(&self, request: &HealthRequest) -> Result<HealthWatch> {
        self.call("health")?;
        Ok(HealthWatch::new(request.clone(), Vec::new(), ()))
    }

    fn check(&self, watch: &HealthWatch, report: &mut HealthReport) -> Result<()> {
        self.call("health")?;
        report.begin(watch.entities());
        for entity in watch.entities() {
            for system in [HealthSystems::PMU, HealthSystems::MCU, HealthSystems::SM] {
                let id = (*entity, system, HealthCode::UNKNOWN);
                report.push(id, IncidentSeverity::Warning, "");
            }
        }
        watch.compare(report);
        Ok(())
    }
}

impl core::fmt::Debug for Fake {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Fake")
    }
}
