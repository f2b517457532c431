//! Topology and attributes of a mock.

use dcgm::topology::{ChipArchitecture, P2pStatus, PathLevel, UnhealthyGpus};
use dcgm::{Client, EntityId, EntityKind, EntityStatus, Error, ReturnCode};

use crate::mock;

fn gpus(ids: impl IntoIterator<Item = u32>) -> Vec<EntityId> {
    ids.into_iter().map(EntityId::gpu).collect()
}

#[test]
fn a_selection_follows_paths_and_health() {
    let (mock, _) = mock("8xh100");
    let select = |count, ids: &[u32]| {
        let candidates = gpus(ids.iter().copied());
        let topology = mock.topology();
        topology.select_gpus(count, &candidates, UnhealthyGpus::Exclude)
    };
    let all: Vec<u32> = (0..8).collect();
    assert_eq!(select(4, &all).unwrap(), gpus(0..4));
    assert_eq!(select(2, &[3, 5, 6]).unwrap(), gpus([5, 6]));
    mock.set_unhealthy(EntityId::gpu(1), true);
    assert_eq!(select(4, &all).unwrap(), gpus(4..8));
    let error = select(8, &all).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::INSUFFICIENT_SIZE));
    let topology = mock.topology();
    let unchecked = topology.select_gpus(8, &gpus(0..8), UnhealthyGpus::Include);
    assert_eq!(unchecked.unwrap().len(), 8);
    mock.set_unhealthy(EntityId::gpu(1), false);
    assert_eq!(select(8, &all).unwrap().len(), 8);
    mock.set_path(EntityId::gpu(6), EntityId::gpu(2), PathLevel::BOARD, 18);
    assert_eq!(select(2, &all).unwrap(), gpus([2, 6]));
    assert!(select(1, &[]).is_err());
    assert!(select(2, &[0, 42]).is_err());
}

#[test]
fn a_path_can_be_set_in_both_directions() {
    let (mock, _) = mock("8xh100");
    let (one, other) = (EntityId::gpu(7), EntityId::gpu(0));
    mock.set_path(one, other, PathLevel::SINGLE_SWITCH, 2);
    for (from, to) in [(one, other), (other, one)] {
        let topology = mock.topology().gpu_topology(from).unwrap();
        let path = topology.path_to(to).unwrap();
        let found = (path.level, path.nvlinks, path.local_links.len());
        assert_eq!(found, (PathLevel::SINGLE_SWITCH, 2, 2));
    }
    let group = mock.topology().group_topology(&[one, other]).unwrap();
    assert_eq!(group.slowest_path.unwrap().nvlinks, 2);
}

#[test]
fn an_unknown_gpu_is_not_found() {
    let (mock, _) = mock("8xh100");
    let topology = mock.topology();
    let gpu = EntityId::gpu(77);
    for error in [
        topology.gpu_topology(gpu).unwrap_err(),
        topology.gpu_attributes(gpu).unwrap_err(),
        topology.chip_architecture(gpu).unwrap_err(),
        topology.vgpu_attributes(gpu).unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
    let vgpu = topology.vgpu_instance_attributes(EntityId::new(EntityKind::VGPU, 0));
    assert!(vgpu.unwrap_err().is_not_found());
    let no_vgpu = topology.vgpu_instance_attributes(EntityId::gpu(0));
    assert!(matches!(no_vgpu, Err(Error::Request(_))));
    let switch = topology.gpu_topology(EntityId::switch(0));
    assert!(matches!(switch, Err(Error::Request(_))));
}

#[test]
fn removed_gpus_are_in_no_topology() {
    let (mock, _) = mock("8xh100");
    mock.remove_entity(EntityId::gpu(3));
    let topology = mock.topology().gpu_topology(EntityId::gpu(0)).unwrap();
    assert_eq!(topology.paths.len(), 6);
    let matrix = mock.topology().p2p_matrix().unwrap();
    assert_eq!(matrix.gpus().len(), 7);
    mock.set_status(EntityId::gpu(5), EntityStatus::DETACHED);
    let detached = mock.topology().gpu_topology(EntityId::gpu(5)).unwrap_err();
    assert!(detached.is_unsupported());
}

#[test]
fn p2p_statuses_can_be_set() {
    let (mock, _) = mock("8xh100");
    let (one, other) = (EntityId::gpu(1), EntityId::gpu(2));
    mock.set_p2p_status(one, other, P2pStatus::DISABLED);
    let matrix = mock.topology().p2p_matrix().unwrap();
    assert_eq!(matrix.status(one, other), Some(P2pStatus::DISABLED));
    assert_eq!(matrix.status(other, one), Some(P2pStatus::OK));
    assert_eq!(matrix.status(one, one), None);
}

#[test]
fn attributes_are_those_of_the_product() {
    for (name, architecture, watts) in [
        ("8xh100", ChipArchitecture::HOPPER, 700),
        ("1xl4", ChipArchitecture::ADA, 72),
        ("gb200", ChipArchitecture::BLACKWELL, 1200),
    ] {
        let (mock, _) = mock(name);
        let topology = mock.topology();
        let gpu = EntityId::gpu(0);
        assert_eq!(topology.chip_architecture(gpu).unwrap(), Some(architecture));
        let attributes = topology.gpu_attributes(gpu).unwrap();
        assert_eq!(attributes.power_limits.max_watts, Some(watts), "{name}");
        let cores = mock
            .entity_ids(EntityKind::CPU_CORE)
            .map_or(0, |ids| ids.len());
        let sockets = topology.cpu_sockets().unwrap_or_default();
        let counted: usize = sockets.iter().map(|cpu| cpu.cores.len()).sum();
        assert_eq!(counted, cores, "{name}");
        let has_switches = topology.nvswitch_backend().unwrap().is_active;
        assert_eq!(has_switches, name == "8xh100");
    }
}
