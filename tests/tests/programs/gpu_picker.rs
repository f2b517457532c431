//! A launcher that places each job on the free GPUs with the fastest paths, and on the CPUs near them.

use std::collections::BTreeSet;

use dcgm::topology::UnhealthyGpus;
use dcgm::{Client, EntityId, EntityKind, Result};

/// The place of a job: what a launcher passes to its processes.
#[derive(Debug, PartialEq)]
struct Placement {
    gpus: Vec<EntityId>,
    /// For `CUDA_VISIBLE_DEVICES`.
    devices: String,
    /// For `taskset -c`; empty if the GPUs have no CPU in common.
    cpus: String,
}

#[derive(Debug, Default)]
struct Picker {
    busy: BTreeSet<EntityId>,
}

impl Picker {
    /// Takes `count` free GPUs. `None`: too few are free and healthy.
    fn place_job(&mut self, client: &dyn Client, count: usize) -> Result<Option<Placement>> {
        let mut free = client.entity_ids(EntityKind::GPU)?;
        free.retain(|gpu| !self.busy.contains(gpu));
        let topology = client.topology();
        let gpus = match topology.select_gpus(count, &free, UnhealthyGpus::Exclude) {
            Err(error) if error.is_limit() => return Ok(None),
            chosen => chosen?,
        };
        let group = topology.group_topology(&gpus)?;
        let entities = client.entities(&[EntityKind::GPU])?;
        let chosen = entities.iter().filter(|one| gpus.contains(&one.id));
        let uuids: Vec<_> = chosen.filter_map(|one| one.uuid.as_deref()).collect();
        self.busy.extend(&gpus);
        Ok(Some(Placement {
            devices: uuids.join(","),
            cpus: group.common_cpus.to_string(),
            gpus,
        }))
    }

    fn end_job(&mut self, placement: &Placement) {
        self.busy.retain(|gpu| !placement.gpus.contains(gpu));
    }
}

#[test]
fn jobs_are_placed_near_each_other_and_wait_for_room() {
    let mock = dcgm::mock::Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    let mut picker = Picker::default();
    let ids = |placement: &Placement| placement.gpus.iter().map(|gpu| gpu.id).collect::<Vec<_>>();
    let first = picker.place_job(&mock, 2).unwrap().unwrap();
    assert_eq!((ids(&first), &*first.cpus), (vec![0, 1], "0-47,96-143"));
    assert_eq!(first.devices.matches("GPU-").count(), 2);
    // Four do not fit beside the first job: they take the other node.
    let second = picker.place_job(&mock, 4).unwrap().unwrap();
    assert_eq!(
        (ids(&second), &*second.cpus),
        (vec![4, 5, 6, 7], "48-95,144-191")
    );
    assert_eq!(picker.place_job(&mock, 3).unwrap(), None);
    mock.set_unhealthy(EntityId::gpu(2), true);
    assert_eq!(picker.place_job(&mock, 2).unwrap(), None);
    picker.end_job(&first);
    let third = picker.place_job(&mock, 2).unwrap().unwrap();
    assert_eq!(ids(&third), [0, 1]);
}
