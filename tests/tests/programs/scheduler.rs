//! A scheduler that reacts to XIDs, lost GPUs and MIG changes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use dcgm::monitor::{Event, Monitor};
use dcgm::{Client, EntityId, EntityKind};

#[derive(Debug, PartialEq)]
enum Change {
    Added(EntityId),
    Removed(EntityId),
    Lost(EntityId),
    Xid(EntityId, i64),
}

#[derive(Debug)]
struct Scheduler {
    monitor: Monitor,
    /// All places for a job: GPUs without MIG, and GPU instances.
    slots: BTreeSet<EntityId>,
}

impl Scheduler {
    fn new(client: Arc<dyn Client>) -> Self {
        Self {
            monitor: Monitor::new(client),
            slots: BTreeSet::new(),
        }
    }

    /// Returns what changed since the last call.
    fn poll(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        for event in self.monitor.poll_at(now) {
            match event {
                Event::TopologyChanged { .. } => changes.extend(self.update_slots()),
                Event::GpuLost(gpu) => changes.push(Change::Lost(gpu)),
                Event::Xid { gpu, code, .. } => changes.push(Change::Xid(gpu, code)),
                _ => {}
            }
        }
        changes
    }

    fn update_slots(&mut self) -> Vec<Change> {
        let kinds = [EntityKind::GPU, EntityKind::GPU_INSTANCE];
        let entities = self.monitor.entities();
        let slots =
            entities.filter(|one| kinds.contains(&one.id.kind) && one.mig_enabled != Some(true));
        let slots: BTreeSet<_> = slots.map(|one| one.id).collect();
        let old = std::mem::replace(&mut self.slots, slots);
        let removed = old.difference(&self.slots).copied().map(Change::Removed);
        let added = self.slots.difference(&old).copied().map(Change::Added);
        removed.chain(added).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use dcgm::mock::{Clock, Mock, Model};
    use dcgm::{Entity, FieldId};

    use super::*;

    fn host(model: &str) -> (Mock, Clock, Scheduler) {
        let clock = Clock::manual();
        let model: Model = model.parse().unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        (mock.clone(), clock, Scheduler::new(Arc::new(mock)))
    }

    /// Polls at the time of the mock's clock.
    fn poll(scheduler: &mut Scheduler, clock: &Clock) -> Vec<Change> {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        scheduler.poll(*START + clock.now())
    }

    #[test]
    fn xid_and_lost_gpu_are_reported_once() {
        let (_, clock, mut scheduler) = host("8xh100,xid79");
        assert_eq!(poll(&mut scheduler, &clock).len(), 8);
        clock.advance(Duration::from_secs(305));
        let gpu = EntityId::gpu(4);
        let changes = poll(&mut scheduler, &clock);
        assert_eq!(changes, [Change::Lost(gpu), Change::Xid(gpu, 79)]);
        assert_eq!(poll(&mut scheduler, &clock), []);
        clock.advance(Duration::from_secs(60));
        assert_eq!(poll(&mut scheduler, &clock), [Change::Removed(gpu)]);
        clock.advance(Duration::from_secs(300));
        assert_eq!(poll(&mut scheduler, &clock), [Change::Added(gpu)]);
    }

    #[test]
    fn mig_change_replaces_the_slots_of_a_gpu() {
        let (mock, clock, mut scheduler) = host("8xh100");
        poll(&mut scheduler, &clock);
        let gpu = EntityId::gpu(2);
        let entities = mock.entities(&[EntityKind::GPU]).unwrap();
        let mut whole = entities.into_iter().find(|one| one.id == gpu).unwrap();
        whole.mig_enabled = Some(true);
        mock.add_entity(whole);
        let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 16));
        instance.parent = Some(gpu);
        mock.add_entity(instance.clone());
        let changes = poll(&mut scheduler, &clock);
        assert_eq!(changes, [Change::Removed(gpu), Change::Added(instance.id)]);
    }

    #[test]
    fn engine_restart_is_survived() {
        let (mock, clock, mut scheduler) = host("1xl4");
        poll(&mut scheduler, &clock);
        mock.stop_engine();
        assert_eq!(poll(&mut scheduler, &clock), []);
        mock.start_engine();
        assert_eq!(poll(&mut scheduler, &clock), []);
        clock.advance(Duration::from_secs(1));
        mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 31);
        let xid = Change::Xid(EntityId::gpu(0), 31);
        assert_eq!(poll(&mut scheduler, &clock), [xid]);
    }
}
