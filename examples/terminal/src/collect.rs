//! Building [`GpuView`]s from samples, and the state that this needs across reads.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{
    Entity, EntityId, EntityKind, EntityStatus, FieldId, Link, LinkState, Samples, Timestamp, Value,
};

use crate::fields::{ERROR_COUNTERS, FAULTS, GPU_FIELDS};
use crate::nvlink::{self, NvLinkRates};
use crate::view::{GpuStatus, GpuView, InstanceView, LinkCount, MemoryUsage, Throttle};

/// Length of the utilization history.
const HISTORY_LENGTH: usize = 24;

/// Number of intervals without a new sample after which values are stale.
const STALE_INTERVALS: u32 = 3;

const BYTES_PER_MIB: f64 = 1024.0 * 1024.0;

/// Builds [`GpuView`]s. What they show depends on earlier reads in four places: the growth of error
/// counters, rates from counters, staleness, and GPUs that are no longer listed.
#[derive(Debug)]
pub(crate) struct GpuCollector {
    interval: Duration,
    /// Smallest value of each error counter since the first read.
    baselines: HashMap<(EntityId, FieldId), i64>,
    /// Newest sample time of each GPU, and when it arrived by the local clock.
    arrivals: HashMap<EntityId, (Timestamp, Instant)>,
    rates: NvLinkRates,
    /// UUID of each GPU id.
    uuids: HashMap<EntityId, Arc<str>>,
}

/// Result of one read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) entities: &'a [Entity],
    /// `None` if the engine does not report links.
    pub(crate) links: Option<&'a [Link]>,
    pub(crate) samples: &'a Samples,
    pub(crate) now: Instant,
}

/// Samples of one entity.
#[derive(Clone, Copy)]
struct EntitySamples<'a> {
    samples: &'a Samples,
    entity: EntityId,
}

impl EntitySamples<'_> {
    fn number(self, field: FieldId) -> Option<f64> {
        match self.samples.find(self.entity, field)?.value.ok()? {
            Value::Double(value) => value.is_finite().then_some(value),
            #[expect(clippy::cast_precision_loss, reason = "drawn with three digits")]
            Value::Int(value) => Some(value as f64),
            _ => None,
        }
    }

    fn integer(self, field: FieldId) -> Option<i64> {
        match self.samples.find(self.entity, field)?.value.ok()? {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    fn memory(self) -> MemoryUsage {
        let bytes = |field| self.number(field).map(|mib| mib * BYTES_PER_MIB);
        MemoryUsage {
            used: bytes(FieldId::FB_USED),
            total: bytes(FieldId::FB_TOTAL),
        }
    }

    /// GPU utilization, or graphics engine activity where that is blank, as under MIG.
    fn utilization(self) -> Option<f64> {
        let general = self.number(FieldId::GPU_UTIL);
        let general = general.map(|percent| percent / 100.0);
        general.or_else(|| self.number(FieldId::PROF_GR_ENGINE_ACTIVE))
    }

    /// Time of the newest sample, also of one without a value.
    fn newest_sample(self) -> Timestamp {
        let fields = GPU_FIELDS.iter();
        let times =
            fields.filter_map(|field| Some(self.samples.find(self.entity, *field)?.timestamp));
        times.max().unwrap_or(Timestamp::NEVER)
    }

    /// Time of the newest sample with a value.
    fn newest_value(self) -> Option<Timestamp> {
        let fields = GPU_FIELDS.iter();
        let samples = fields.filter_map(|field| self.samples.find(self.entity, *field));
        let with_value = samples.filter(|sample| sample.value.is_ok());
        with_value.map(|sample| sample.timestamp).max()
    }
}

impl GpuCollector {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            baselines: HashMap::new(),
            arrivals: HashMap::new(),
            rates: NvLinkRates::default(),
            uuids: HashMap::new(),
        }
    }

    /// Returns the GPUs of a reading and those of `previous` that are no longer listed, which are
    /// lost.
    pub(crate) fn collect(&mut self, reading: Reading<'_>, previous: &[GpuView]) -> Vec<GpuView> {
        let is_gpu = |entity: &&Entity| entity.id.kind == EntityKind::GPU;
        let listed = reading.entities.iter().filter(is_gpu).collect::<Vec<_>>();
        for entity in &listed {
            if let Some(uuid) = &entity.uuid {
                // An engine that was restarted without a lost GPU numbers the others differently.
                let known = self.uuids.insert(entity.id, Arc::clone(uuid));
                if known.is_some_and(|known| known != *uuid) {
                    self.forget(entity.id);
                }
            }
        }
        let mut views = Vec::new();
        for entity in &listed {
            let previous = previous.iter().find(|view| is_same_gpu(view, entity));
            views.push(self.gpu(entity, reading, previous));
        }
        let is_listed = |view: &GpuView| {
            listed
                .iter()
                .copied()
                .any(|entity| is_same_gpu(view, entity))
        };
        let missing = previous.iter().filter(|view| !is_listed(view));
        views.extend(missing.map(missing_gpu));
        views.sort_by_key(|view| view.id);
        views
    }

    fn forget(&mut self, gpu: EntityId) {
        self.baselines.retain(|(entity, _), _| *entity != gpu);
        self.arrivals.remove(&gpu);
        self.rates.forget(gpu);
    }

    fn gpu(
        &mut self,
        entity: &Entity,
        reading: Reading<'_>,
        previous: Option<&GpuView>,
    ) -> GpuView {
        let samples = EntitySamples {
            samples: reading.samples,
            entity: entity.id,
        };
        let previous_value = previous.and_then(|view| view.last_value);
        let known = |text: &Option<Arc<str>>, of: fn(&GpuView) -> &Option<Arc<str>>| {
            text.clone()
                .or_else(|| previous.and_then(|view| of(view).clone()))
        };
        let identity = GpuView {
            id: entity.id.id,
            model: known(&entity.model, |view| &view.model),
            uuid: known(&entity.uuid, |view| &view.uuid),
            last_value: previous_value,
            ..GpuView::default()
        };
        if let Some(status) = status_without_values(entity.status, previous) {
            // The engine may still have old values, which say nothing about now.
            return GpuView { status, ..identity };
        }
        let links = reading.links.map(|links| {
            let links = links.iter().filter(|link| link.parent == entity.id);
            links.map(|link| link.state).collect::<Vec<_>>()
        });
        let utilization = samples.utilization();
        let power = samples.number(FieldId::POWER_USAGE);
        let power_limit = samples.number(FieldId::POWER_MGMT_LIMIT);
        let throttle = samples.integer(FieldId::CLOCK_THROTTLE_REASONS);
        GpuView {
            utilization,
            history: extend_history(previous, utilization),
            memory: samples.memory(),
            temperature: samples.number(FieldId::GPU_TEMP),
            power,
            power_limit,
            sm_clock: samples.number(FieldId::SM_CLOCK),
            memory_clock: samples.number(FieldId::MEM_CLOCK),
            sm_active: samples.number(FieldId::PROF_SM_ACTIVE),
            tensor_active: samples.number(FieldId::PROF_PIPE_TENSOR_ACTIVE),
            dram_active: samples.number(FieldId::PROF_DRAM_ACTIVE),
            nvlink_tx: self
                .rates
                .update(&nvlink::TRANSMIT, reading.samples, entity.id),
            nvlink_rx: self
                .rates
                .update(&nvlink::RECEIVE, reading.samples, entity.id),
            links: count_links(links.as_deref()),
            throttle: throttle.map(|mask| Throttle::from_mask(mask, power, power_limit)),
            status: self.health(samples, links.as_deref()),
            stale: self.is_stale(samples, reading.now),
            fake: entity.status == EntityStatus::FAKE,
            last_value: samples.newest_value().max(previous_value),
            instances: instances(entity.id, reading.entities, reading.samples),
            ..identity
        }
    }

    fn health(&mut self, samples: EntitySamples<'_>, links: Option<&[LinkState]>) -> GpuStatus {
        let mut faults = Vec::new();
        let mut is_known = false;
        for (field, name) in FAULTS {
            let value = samples.integer(field);
            is_known |= value.is_some();
            match value {
                None | Some(0) => {}
                Some(1) => faults.push(name.to_owned()),
                Some(value) => faults.push(format!("{name}: {value}")),
            }
        }
        for (field, name) in ERROR_COUNTERS {
            let Some(count) = samples.integer(field) else {
                continue;
            };
            is_known = true;
            let baseline = self
                .baselines
                .entry((samples.entity, field))
                .or_insert(count);
            // Counters start at zero when the driver is reloaded.
            *baseline = count.min(*baseline);
            if count > *baseline {
                faults.push(format!("{name}: {} more", count - *baseline));
            }
        }
        let links = links.unwrap_or_default();
        is_known |= !links.is_empty();
        match links
            .iter()
            .filter(|&&link| link == LinkState::DOWN)
            .count()
        {
            0 => {}
            count => faults.push(format!("NVLinks down: {count}")),
        }
        match (faults.is_empty(), is_known) {
            (false, _) => GpuStatus::Degraded(faults),
            (true, true) => GpuStatus::Ok,
            (true, false) => GpuStatus::Unknown,
        }
    }

    /// Returns `true` if no new sample has arrived for some intervals. A sample's time shows that
    /// the engine still samples; the local clock measures how long it has not, because the engine's
    /// clock may differ.
    fn is_stale(&mut self, samples: EntitySamples<'_>, now: Instant) -> bool {
        let newest = samples.newest_sample();
        let (seen, arrival) = self.arrivals.entry(samples.entity).or_insert((newest, now));
        if *seen != newest {
            (*seen, *arrival) = (newest, now);
        }
        now.saturating_duration_since(*arrival) > self.interval * STALE_INTERVALS
    }
}

/// Compares UUIDs, or ids if one of the UUIDs is unknown.
fn is_same_gpu(view: &GpuView, entity: &Entity) -> bool {
    match (&view.uuid, &entity.uuid) {
        (Some(one), Some(other)) => one == other,
        _ => view.id == entity.id.id,
    }
}

fn status_without_values(status: EntityStatus, previous: Option<&GpuView>) -> Option<GpuStatus> {
    let lost = |reason| GpuStatus::Lost {
        reason,
        since: previous.and_then(|view| view.last_value),
    };
    match status {
        EntityStatus::LOST => Some(lost("fell off the bus")),
        EntityStatus::INACCESSIBLE => Some(lost("not accessible to the engine")),
        EntityStatus::DISABLED => Some(GpuStatus::Paused),
        EntityStatus::DETACHED => Some(GpuStatus::Detached),
        _ => None,
    }
}

/// Returns the view of a GPU that the engine no longer lists.
fn missing_gpu(previous: &GpuView) -> GpuView {
    let status = match &previous.status {
        known @ (GpuStatus::Lost { .. } | GpuStatus::Detached) => known.clone(),
        _ => GpuStatus::Lost {
            reason: "no longer listed by the engine",
            since: previous.last_value,
        },
    };
    GpuView {
        id: previous.id,
        model: previous.model.clone(),
        uuid: previous.uuid.clone(),
        last_value: previous.last_value,
        status,
        ..GpuView::default()
    }
}

fn extend_history(previous: Option<&GpuView>, utilization: Option<f64>) -> VecDeque<Option<u8>> {
    let mut history = previous
        .map(|view| view.history.clone())
        .unwrap_or_default();
    history.push_back(utilization.map(whole_percent));
    while history.len() > HISTORY_LENGTH {
        history.pop_front();
    }
    history
}

fn count_links(states: Option<&[LinkState]>) -> LinkCount {
    match states {
        None => LinkCount::Unknown,
        Some([]) => LinkCount::None,
        Some(states) => LinkCount::Some {
            up: states
                .iter()
                .filter(|&&state| state == LinkState::UP)
                .count(),
            total: states.len(),
        },
    }
}

fn instances(gpu: EntityId, entities: &[Entity], samples: &Samples) -> Vec<InstanceView> {
    let instances = entities
        .iter()
        .filter(|entity| entity.parent == Some(gpu) && entity.id.kind == EntityKind::GPU_INSTANCE);
    let view = |entity: &Entity| {
        let samples = EntitySamples {
            samples,
            entity: entity.id,
        };
        let mig = entity.mig.as_ref();
        InstanceView {
            id: mig.map_or(entity.id.id, |mig| mig.instance_id),
            profile: mig.and_then(|mig| mig.profile.clone()),
            utilization: samples.number(FieldId::PROF_GR_ENGINE_ACTIVE),
            memory: samples.memory(),
        }
    };
    instances.map(view).collect()
}

/// Converts a share to a whole number from 0 to 100.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is between 0 and 100"
)]
fn whole_percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
