//! A scheduler that reacts to XIDs, lost GPUs and MIG changes.

use std::collections::{BTreeMap, BTreeSet};

use dcgm::{
    Client, Cursor, Entity, EntityId, EntityKind, EntityStatus, FieldId, Result, Samples, Watch,
    WatchRequest,
};

#[derive(Debug, PartialEq)]
enum Change {
    Added(EntityId),
    Removed(EntityId),
    Lost(EntityId),
    Xid(EntityId, i64),
}

#[derive(Debug)]
struct Scheduler<C> {
    client: C,
    /// All places for a job: GPUs without MIG, and GPU instances.
    slots: BTreeMap<EntityId, EntityStatus>,
    gpus: BTreeSet<EntityId>,
    xids: Option<Watch>,
    cursor: Cursor,
    samples: Samples,
}

impl<C: Client> Scheduler<C> {
    fn new(client: C) -> Self {
        Self {
            client,
            slots: BTreeMap::new(),
            gpus: BTreeSet::new(),
            xids: None,
            cursor: Cursor::new(),
            samples: Samples::new(),
        }
    }

    /// Reconnects if necessary, and returns what changed since the last call.
    fn poll(&mut self) -> Result<Vec<Change>> {
        let outcome = self.try_poll();
        if outcome.as_ref().is_err_and(dcgm::Error::is_disconnected) {
            self.xids = None;
        }
        outcome
    }

    fn try_poll(&mut self) -> Result<Vec<Change>> {
        self.client.connect()?;
        let kinds = [EntityKind::GPU, EntityKind::GPU_INSTANCE];
        let entities = self.client.entities(&kinds)?;
        let mut changes = self.update_slots(&entities);
        let is_gpu = |id: &EntityId| id.kind == EntityKind::GPU;
        let gpus: BTreeSet<_> = entities.iter().map(|one| one.id).filter(is_gpu).collect();
        if self.xids.is_none() || gpus != self.gpus {
            let ids: Vec<_> = gpus.iter().copied().collect();
            let request = WatchRequest::events(ids, [FieldId::XID_ERRORS]);
            self.xids = Some(self.client.watch(&request)?);
            self.gpus = gpus;
        }
        if let Some(xids) = &self.xids {
            self.client
                .events(xids, &mut self.cursor, &mut self.samples)?;
            changes.extend(self.samples.iter().filter_map(|xid| {
                let code = xid.value.ok()?.as_i64()?;
                Some(Change::Xid(xid.entity, code))
            }));
        }
        Ok(changes)
    }

    fn update_slots(&mut self, entities: &[Entity]) -> Vec<Change> {
        let is_slot = |one: &&Entity| one.mig_enabled != Some(true);
        let slots: BTreeMap<_, _> = entities
            .iter()
            .filter(is_slot)
            .map(|one| (one.id, one.status))
            .collect();
        let old = std::mem::replace(&mut self.slots, slots);
        let removed = old.keys().filter(|id| !self.slots.contains_key(id));
        let mut changes: Vec<_> = removed.copied().map(Change::Removed).collect();
        for (id, status) in &self.slots {
            match old.get(id) {
                Some(before) if before == status => {}
                _ if *status == EntityStatus::LOST => changes.push(Change::Lost(*id)),
                None => changes.push(Change::Added(*id)),
                Some(_) => {}
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dcgm::mock::{Clock, Mock, Model};

    use super::*;

    fn host(model: &str) -> (Mock, Clock, Scheduler<Mock>) {
        let clock = Clock::manual();
        let model: Model = model.parse().unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        (mock.clone(), clock, Scheduler::new(mock))
    }

    #[test]
    fn xid_and_lost_gpu_are_reported_once() {
        let (_, clock, mut scheduler) = host("8xh100,xid79");
        assert_eq!(scheduler.poll().unwrap().len(), 8);
        clock.advance(Duration::from_secs(305));
        let gpu = EntityId::gpu(4);
        let changes = scheduler.poll().unwrap();
        assert_eq!(changes, [Change::Lost(gpu), Change::Xid(gpu, 79)]);
        assert_eq!(scheduler.poll().unwrap(), []);
        clock.advance(Duration::from_secs(60));
        assert_eq!(scheduler.poll().unwrap(), [Change::Removed(gpu)]);
        clock.advance(Duration::from_secs(300));
        assert_eq!(scheduler.poll().unwrap(), [Change::Added(gpu)]);
    }

    #[test]
    fn mig_change_replaces_the_slots_of_a_gpu() {
        let (mock, _, mut scheduler) = host("8xh100");
        scheduler.poll().unwrap();
        let gpu = EntityId::gpu(2);
        let entities = mock.entities(&[EntityKind::GPU]).unwrap();
        let mut whole = entities.into_iter().find(|one| one.id == gpu).unwrap();
        whole.mig_enabled = Some(true);
        mock.add_entity(whole);
        let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 16));
        instance.parent = Some(gpu);
        mock.add_entity(instance.clone());
        let changes = scheduler.poll().unwrap();
        assert_eq!(changes, [Change::Removed(gpu), Change::Added(instance.id)]);
    }

    #[test]
    fn engine_restart_is_survived() {
        let (mock, clock, mut scheduler) = host("1xl4");
        scheduler.poll().unwrap();
        mock.stop_engine();
        assert!(scheduler.poll().unwrap_err().is_transient());
        mock.start_engine();
        assert_eq!(scheduler.poll().unwrap(), []);
        clock.advance(Duration::from_secs(1));
        mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 31);
        let xid = Change::Xid(EntityId::gpu(0), 31);
        assert_eq!(scheduler.poll().unwrap(), [xid]);
    }
}
