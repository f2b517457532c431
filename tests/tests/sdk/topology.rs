//! Topology and attributes.

use dcgm::topology::{ChipArchitecture, P2pStatus, PathLevel, UnhealthyGpus};
use dcgm::{Client as _, EntityId, EntityKind, Error, ReturnCode};
use dcgm_simulator::{Fault, Flavour, Garbage};

use crate::bench::FLAVOURS;
use crate::copied_library::CopiedLibrary;

const GPU: u32 = 1;

/// Wirings of the simulator.
const UNKNOWN_PAIR: u32 = 1;
const FEW_LINKS: u32 = 2;

/// DCGM's bit of memory errors, and the fields of XIDs and of double-bit errors.
const MEMORY: u32 = 0x10;
const XID: u16 = 230;

fn gpus(ids: &[u32]) -> Vec<EntityId> {
    ids.iter().copied().map(EntityId::gpu).collect()
}

fn path(bench: &CopiedLibrary, from: u32, to: u32) -> (PathLevel, u32, usize) {
    let topology = bench.engine.topology();
    let topology = topology
        .gpu_topology(EntityId::gpu(from))
        .expect("topology");
    let path = topology.path_to(EntityId::gpu(to)).expect("a path");
    (path.level, path.nvlinks, path.local_links.len())
}

fn selected(bench: &CopiedLibrary, count: usize, candidates: &[u32]) -> dcgm::Result<Vec<u32>> {
    let topology = bench.engine.topology();
    let chosen = topology.select_gpus(count, &gpus(candidates), UnhealthyGpus::Exclude)?;
    Ok(chosen.into_iter().map(|gpu| gpu.id).collect())
}

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn paths_and_cpus_are_read_from_the_struct_of_each_release() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let topology = bench.engine.topology();
        let first = topology.gpu_topology(EntityId::gpu(0)).expect("topology");
        assert_eq!(first.cpu_affinity.to_string(), "0-47,96-143", "{flavour:?}");
        assert_eq!(first.paths.len(), 7);
        let last = topology.gpu_topology(EntityId::gpu(7)).expect("topology");
        assert_eq!(last.cpu_affinity.to_string(), "48-95,144-191");
        assert_eq!(path(&bench, 0, 1), (PathLevel::CPU, 18, 18), "{flavour:?}");
        assert_eq!(path(&bench, 0, 7), (PathLevel::SYSTEM, 18, 18));
    }
}

#[test]
fn an_unknown_gpu_is_no_topology_without_paths() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let error = bench.engine.topology().gpu_topology(EntityId::gpu(77));
        let error = error.unwrap_err();
        assert!(error.is_not_found(), "{flavour:?}: {error}");
        assert_eq!(error.to_string(), "the host engine has no gpu:77");
    }
}

#[test]
fn a_fake_gpu_is_lost_to_topology_and_hides_links() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        assert!(bench.control.add_fake(GPU));
        let topology = bench.engine.topology();
        let error = topology.gpu_topology(EntityId::gpu(8)).unwrap_err();
        assert!(error.is_gpu_lost(), "{flavour:?}: {error}");
        let links = if flavour == Flavour::V4_6 { 0 } else { 18 };
        assert_eq!(path(&bench, 0, 1).1, links, "{flavour:?}");
    }
}

#[test]
fn a_pair_that_the_driver_does_not_know_is_unsupported_for_every_gpu() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_wiring(UNKNOWN_PAIR);
    let topology = bench.engine.topology();
    for gpu in ALL {
        let error = topology.gpu_topology(EntityId::gpu(gpu)).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::NOT_SUPPORTED));
        assert!(error.is_unsupported() && !error.is_disconnected());
    }
    assert!(selected(&bench, 2, &ALL).unwrap_err().is_unsupported());
    let group = topology.group_topology(&gpus(&ALL)).unwrap_err();
    assert!(group.is_unsupported(), "{group}");
}

#[test]
fn the_slowest_path_of_a_group_is_the_slowest_and_its_cpus_are_common() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let topology = bench.engine.topology();
    let near = topology.group_topology(&gpus(&[0, 1, 2])).expect("group");
    let slowest = near.slowest_path.expect("a path");
    assert_eq!((slowest.level, slowest.nvlinks), (PathLevel::CPU, 18));
    assert_eq!(near.common_cpus.to_string(), "0-47,96-143");
    assert!(near.is_numa_optimal);
    let far = topology.group_topology(&gpus(&[0, 1, 7])).expect("group");
    let slowest = far.slowest_path.expect("a path");
    assert_eq!(slowest.level, PathLevel::SYSTEM);
    assert!(far.common_cpus.is_empty() && !far.is_numa_optimal);
    // With few links, the pair without one is slower than any with some.
    bench.control.set_wiring(FEW_LINKS);
    let group = topology.group_topology(&gpus(&[0, 1, 2])).expect("group");
    let slowest = group.slowest_path.expect("a path");
    assert_eq!(
        (slowest.gpus, slowest.nvlinks),
        ([EntityId::gpu(1), EntityId::gpu(2)], 0)
    );
    assert!(topology.group_topology(&[]).is_err());
}

#[test]
fn links_are_counted_from_the_path() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    bench.control.set_wiring(FEW_LINKS);
    assert_eq!(path(&bench, 0, 1), (PathLevel::CPU, 4, 4));
    assert_eq!(path(&bench, 0, 2), (PathLevel::CPU, 2, 2));
    assert_eq!(path(&bench, 0, 3), (PathLevel::CPU, 0, 0));
    assert_eq!(path(&bench, 1, 4), (PathLevel::SYSTEM, 0, 0));
}

#[test]
fn a_selection_has_as_many_gpus_as_were_asked_for() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        for wiring in [0, FEW_LINKS] {
            bench.control.set_wiring(wiring);
            for count in 0..=8 {
                let chosen = selected(&bench, count, &ALL).expect("chosen");
                assert_eq!(chosen.len(), count, "{flavour:?} {wiring} {chosen:?}");
                assert!(chosen.is_sorted_by(|one, next| one < next));
            }
        }
        // Without links: the two that have the most, where the engine chose none.
        assert_eq!(selected(&bench, 2, &ALL).expect("chosen"), [0, 1]);
        assert_eq!(selected(&bench, 3, &ALL).expect("chosen"), [0, 1, 2]);
        // The engine chooses none of two GPUs at different CPUs.
        bench.control.set_wiring(0);
        assert_eq!(selected(&bench, 1, &[0, 4]).expect("chosen"), [0]);
        assert_eq!(
            selected(&bench, 4, &[1, 4, 5, 6, 7]).expect("chosen").len(),
            4
        );
    }
}

#[test]
fn no_candidates_are_not_all_gpus() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    for candidates in [&[][..], &[3], &[3, 3]] {
        let error = selected(&bench, 2, candidates).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::INSUFFICIENT_SIZE), "{error}");
        assert!(error.is_limit());
    }
    assert_eq!(bench.control.calls("dcgmSelectGpusByTopology"), 0);
}

#[test]
fn gpus_that_do_not_exist_are_not_chosen() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    assert_eq!(selected(&bench, 2, &[0, 1, 20]).expect("chosen"), [0, 1]);
    let error = selected(&bench, 3, &[0, 1, 20]).unwrap_err();
    assert!(error.is_limit(), "{error}");
    assert!(selected(&bench, 1, &[20]).unwrap_err().is_limit());
    let invalid = selected(&bench, 1, &[64]).unwrap_err();
    assert!(matches!(invalid, Error::Request(_)), "{invalid}");
    let topology = bench.engine.topology();
    let switch = [EntityId::switch(0)];
    let invalid = topology.select_gpus(1, &switch, UnhealthyGpus::Exclude);
    assert!(matches!(invalid, Err(Error::Request(_))));
}

#[test]
fn a_selection_that_counts_fake_gpus_is_too_small() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    assert!(bench.control.add_fake(GPU));
    let with_fake: Vec<u32> = (0..9).collect();
    assert!(selected(&bench, 9, &with_fake).unwrap_err().is_limit());
    assert_eq!(selected(&bench, 8, &with_fake).expect("chosen"), ALL);
}

#[test]
fn an_unhealthy_gpu_is_chosen_only_on_request_or_unchecked() {
    for wiring in [0, FEW_LINKS] {
        let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
        bench.control.set_wiring(wiring);
        bench.control.inject_number(0, XID, 79);
        // Without checks, every GPU counts as healthy.
        assert!(selected(&bench, 8, &ALL).is_ok());
        bench.control.check_all_gpus(MEMORY);
        bench.control.inject_number(0, XID, 79);
        assert!(selected(&bench, 8, &ALL).unwrap_err().is_limit());
        for count in 1..=7 {
            let chosen = selected(&bench, count, &ALL).expect("chosen");
            assert!(!chosen.contains(&0) && chosen.len() == count, "{chosen:?}");
        }
        let topology = bench.engine.topology();
        let all = topology.select_gpus(8, &gpus(&ALL), UnhealthyGpus::Include);
        assert_eq!(all.expect("chosen").len(), 8);
    }
}

#[test]
fn p2p_status_is_between_different_gpus() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let topology = bench.engine.topology();
    let matrix = topology.p2p_matrix().expect("matrix");
    assert_eq!(matrix.gpus().len(), 8);
    let status = |from, to| matrix.status(EntityId::gpu(from), EntityId::gpu(to));
    assert_eq!(status(0, 7), Some(P2pStatus::OK));
    // The engine reports "not supported" for a GPU with itself.
    assert_eq!(status(3, 3), None);
    bench.control.set_wiring(FEW_LINKS);
    let matrix = topology.p2p_matrix().expect("matrix");
    let status = |from, to| matrix.status(EntityId::gpu(from), EntityId::gpu(to));
    assert_eq!(status(0, 2), Some(P2pStatus::OK));
    assert_eq!(status(1, 2), Some(P2pStatus::NOT_SUPPORTED));
    // A fake GPU makes it fail for all.
    assert!(bench.control.add_fake(GPU));
    let error = topology.p2p_matrix().unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NVML_NOT_LOADED));
    assert!(error.is_unsupported());
}

#[test]
fn functions_that_3_3_lacks_are_missing_by_name() {
    let bench = CopiedLibrary::new(Flavour::V3_3, "8xh100");
    let topology = bench.engine.topology();
    let gpu = EntityId::gpu(0);
    let missing = [
        topology.p2p_matrix().unwrap_err(),
        topology.chip_architecture(gpu).unwrap_err(),
        topology.nvswitch_backend().unwrap_err(),
    ];
    let functions = missing.each_ref().map(|error| {
        assert!(matches!(error, Error::SymbolMissing(_)) && error.is_unsupported());
        error.function()
    });
    assert_eq!(
        functions,
        [
            Some("dcgmGetNvLinkP2PStatus"),
            Some("dcgmGetGpuChipArchitecture"),
            Some("dcgmNvswitchGetBackend")
        ]
    );
    bench.engine.build_info().expect("the session goes on");
}

#[test]
fn the_architecture_of_a_fake_gpu_is_unknown() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    assert!(bench.control.add_fake(GPU));
    let architecture = |gpu| {
        bench
            .engine
            .topology()
            .chip_architecture(EntityId::gpu(gpu))
    };
    assert_eq!(architecture(0).unwrap(), Some(ChipArchitecture::HOPPER));
    assert_eq!(architecture(8).unwrap(), None);
    assert!(architecture(77).unwrap_err().is_not_found());
}

#[test]
fn attributes_have_limits_memory_and_clocks() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let topology = bench.engine.topology();
        let attributes = topology
            .gpu_attributes(EntityId::gpu(0))
            .expect("attributes");
        let power = attributes.power_limits;
        assert_eq!((power.min_watts, power.max_watts), (Some(200), Some(700)));
        assert_eq!(attributes.thermal_limits.shutdown_celsius, Some(92));
        assert_eq!(attributes.memory.fb_total_mib, Some(81_559));
        assert_eq!(attributes.memory.bar1_total_mib, Some(131_072));
        let clocks = &attributes.supported_clocks;
        assert_eq!(clocks.len(), 4, "{flavour:?}");
        assert!(
            clocks
                .iter()
                .all(|pair| pair.memory_mhz == clocks[0].memory_mhz)
        );
        assert!(clocks[0].sm_mhz > clocks[3].sm_mhz);
    }
}

#[test]
fn attributes_of_an_unknown_gpu_are_not_zeros() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let topology = bench.engine.topology();
        let error = topology.gpu_attributes(EntityId::gpu(77)).unwrap_err();
        assert!(error.is_not_found(), "{flavour:?}: {error}");
        // A fake GPU exists, and nothing is known of it.
        assert!(bench.control.add_fake(GPU));
        let fake = topology
            .gpu_attributes(EntityId::gpu(8))
            .expect("attributes");
        assert_eq!(fake.power_limits.max_watts, None, "{flavour:?}");
        assert_eq!(fake.pci_device_id, None);
    }
}

#[test]
fn cpus_have_cores_and_since_4_0_serial_numbers() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "gb200");
        let cpus = bench.engine.topology().cpu_sockets().expect("CPUs");
        assert_eq!(cpus[0].cpu.kind, EntityKind::CPU);
        let cores: Vec<_> = cpus.iter().map(|cpu| cpu.cores.to_string()).collect();
        assert_eq!(cores, ["0-71", "72-143"], "{flavour:?}");
        let has_serial = cpus.iter().all(|cpu| cpu.serial.is_some());
        assert_eq!(has_serial, flavour == Flavour::V4_6);
    }
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let error = bench.engine.topology().cpu_sockets().unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::MODULE_NOT_LOADED));
    // An engine that does not know the request is asked in the older way.
    let bench = CopiedLibrary::new(Flavour::V4_6, "gb200");
    let function = "dcgmGetCpuHierarchy_v2";
    assert!(bench.control.fault(function, Fault::Code(-20), 1));
    let cpus = bench.engine.topology().cpu_sockets().expect("CPUs");
    assert!(!cpus.is_empty() && cpus.iter().all(|cpu| cpu.serial.is_none()));
}

#[test]
fn the_switch_backend_has_room_for_its_name() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let backend = bench.engine.topology().nvswitch_backend().expect("backend");
    assert_eq!((&*backend.name, backend.is_active), ("NSCQ", true));
    let bench = CopiedLibrary::new(Flavour::V4_6, "1xl4");
    let backend = bench.engine.topology().nvswitch_backend().expect("backend");
    assert!(!backend.is_active);
    assert_eq!(bench.control.crashes(), 0, "a null pointer was passed");
}

#[test]
fn vgpu_lists_with_counts_beyond_their_arrays_were_not_filled_in() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "8xh100");
        let topology = bench.engine.topology();
        let real = topology
            .vgpu_attributes(EntityId::gpu(0))
            .expect("attributes");
        assert_eq!(real.active, Some(Vec::new()));
        assert_eq!(real.gpu_percent, Some(0));
        assert!(bench.control.add_fake(GPU));
        let fake = topology
            .vgpu_attributes(EntityId::gpu(8))
            .expect("attributes");
        assert_eq!((&fake.active, &fake.supported_types), (&None, &None));
        assert_eq!((fake.creatable_types, fake.gpu_percent), (None, None));
        // An engine that knows nothing of a vGPU reports success, and blanks.
        let vgpu = EntityId::new(EntityKind::VGPU, 0);
        let unknown = topology.vgpu_instance_attributes(vgpu).unwrap_err();
        assert!(unknown.is_not_found(), "{flavour:?}: {unknown}");
        let error = topology.vgpu_attributes(EntityId::gpu(77)).unwrap_err();
        assert!(error.is_not_found(), "{flavour:?}: {error}");
    }
}

#[test]
fn huge_counts_read_no_more_than_their_arrays() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    for function in [
        "dcgmGetDeviceTopology",
        "dcgmGetNvLinkP2PStatus",
        "dcgmGetDeviceAttributes",
    ] {
        assert!(bench.control.garbage(function, Garbage::HugeCount));
    }
    let topology = bench.engine.topology();
    let first = topology.gpu_topology(EntityId::gpu(0)).expect("topology");
    assert_eq!(first.paths.len(), 31);
    assert_eq!(topology.p2p_matrix().expect("matrix").gpus().len(), 32);
    let attributes = topology
        .gpu_attributes(EntityId::gpu(0))
        .expect("attributes");
    assert!(
        attributes.supported_clocks.is_empty(),
        "the count was not written"
    );
}

#[test]
fn a_host_without_a_driver_supports_no_topology() {
    for flavour in FLAVOURS {
        let bench = CopiedLibrary::new(flavour, "none");
        let topology = bench.engine.topology();
        let error = topology.gpu_topology(EntityId::gpu(0)).unwrap_err();
        assert!(error.is_unsupported(), "{flavour:?}: {error}");
        assert!(selected(&bench, 1, &[0]).unwrap_err().is_unsupported());
    }
}

#[test]
fn another_kind_of_entity_is_no_call() {
    let bench = CopiedLibrary::new(Flavour::V4_6, "8xh100");
    let topology = bench.engine.topology();
    let switch = EntityId::switch(0);
    assert!(matches!(
        topology.gpu_topology(switch),
        Err(Error::Request(_))
    ));
    assert!(matches!(
        topology.gpu_attributes(switch),
        Err(Error::Request(_))
    ));
    assert_eq!(bench.control.calls("dcgmGetDeviceTopology"), 0);
}
