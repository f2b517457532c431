//! Tests of groups and of choosing GPUs.

use super::*;

/// GPUs with paths from a function of both numbers.
fn gpus(count: u32, path: impl Fn(u32, u32) -> (PathLevel, u32)) -> Vec<GpuTopology> {
    let topology = |gpu: u32| {
        let others = (0..count).filter(|other| *other != gpu);
        let paths = others.map(|other| {
            let (level, nvlinks) = path(gpu.min(other), gpu.max(other));
            GpuPath {
                nvlinks,
                ..GpuPath::new(EntityId::gpu(other), level)
            }
        });
        let first = gpu / (count / 2).max(1) * 8;
        GpuTopology::new(
            EntityId::gpu(gpu),
            (first..first + 8).collect(),
            paths.collect(),
        )
    };
    (0..count).map(topology).collect()
}

/// Two nodes without NVLinks.
fn two_nodes(count: u32) -> Vec<GpuTopology> {
    gpus(count, |one, other| {
        let near = one / (count / 2) == other / (count / 2);
        (
            if near {
                PathLevel::CPU
            } else {
                PathLevel::SYSTEM
            },
            0,
        )
    })
}

fn chosen(gpus: &[GpuTopology], count: usize) -> Option<Vec<u32>> {
    let chosen = choose_gpus(gpus, count)?;
    Some(chosen.into_iter().map(|gpu| gpu.id).collect())
}

#[test]
fn a_set_stays_in_one_node() {
    let all = two_nodes(8);
    assert_eq!(chosen(&all, 0), Some(vec![]));
    assert_eq!(chosen(&all, 1), Some(vec![0]));
    assert_eq!(chosen(&all, 4), Some(vec![0, 1, 2, 3]));
    assert_eq!(chosen(&all[1..], 4), Some(vec![4, 5, 6, 7]));
    assert_eq!(chosen(&all, 5), Some(vec![0, 1, 2, 3, 4]));
    assert_eq!(chosen(&all, 8).map(|gpus| gpus.len()), Some(8));
    assert_eq!(chosen(&all, 9), None);
}

#[test]
fn links_count_more_than_the_pcie_path() {
    // GPUs 2 and 5 have four links although they are at different CPUs.
    let all = gpus(8, |one, other| {
        if (one, other) == (2, 5) {
            (PathLevel::SYSTEM, 4)
        } else {
            (PathLevel::SINGLE_SWITCH, 0)
        }
    });
    assert_eq!(chosen(&all, 2), Some(vec![2, 5]));
    // The slowest path decides: no set of three is better than another by it, but by the sum.
    assert_eq!(chosen(&all, 3), Some(vec![0, 2, 5]));
}

#[test]
fn the_slowest_path_of_a_group_is_the_slowest() {
    let all = gpus(4, |one, other| match (one, other) {
        (0, 1) => (PathLevel::SINGLE_SWITCH, 18),
        (0, 2) => (PathLevel::CPU, 18),
        _ => (PathLevel::SYSTEM, 18),
    });
    let slowest = |members: &[usize]| {
        let members: Vec<_> = members.iter().map(|at| all[*at].clone()).collect();
        let path = GroupTopology::from_gpus(&members).slowest_path?;
        Some((path.level, path.gpus.map(|gpu| gpu.id)))
    };
    assert_eq!(slowest(&[0]), None);
    assert_eq!(slowest(&[0, 1]), Some((PathLevel::SINGLE_SWITCH, [0, 1])));
    assert_eq!(slowest(&[0, 2]), Some((PathLevel::CPU, [0, 2])));
    assert_eq!(slowest(&[0, 1, 2]), Some((PathLevel::SYSTEM, [1, 2])));
}

#[test]
fn common_cpus_are_those_near_every_gpu() {
    let all = two_nodes(4);
    let near = GroupTopology::from_gpus(&all[..2]);
    assert_eq!(near.common_cpus.to_string(), "0-7");
    assert!(near.is_numa_optimal);
    let far = GroupTopology::from_gpus(&all[1..3]);
    assert!(far.common_cpus.is_empty() && !far.is_numa_optimal);
    let single = GroupTopology::from_gpus(&all[3..]);
    assert_eq!(single.common_cpus.to_string(), "8-15");
    assert!(single.is_numa_optimal && single.slowest_path.is_none());
}

#[test]
fn a_matrix_has_no_status_of_a_gpu_with_itself() {
    let gpus = vec![EntityId::gpu(3), EntityId::gpu(7)];
    let matrix = P2pMatrix::new(gpus, |row, column| {
        P2pStatus::from_raw(u32::try_from(10 * row + column).unwrap())
    });
    let status = |from, to| {
        let status = matrix.status(EntityId::gpu(from), EntityId::gpu(to));
        status.map(P2pStatus::raw)
    };
    assert_eq!(status(3, 7), Some(1));
    assert_eq!(status(7, 3), Some(10));
    assert_eq!(
        (status(3, 3), status(7, 7), status(3, 5)),
        (None, None, None)
    );
}
