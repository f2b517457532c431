//! Statistics of processes of the mock.

use dcgm::processes::{ProcessGpuStats, ProcessStats, ProcessWatch};
use dcgm::{Client, EntityId, Error, ReturnCode, Timestamp};

use crate::mock;

#[test]
fn a_process_is_found_while_processes_are_watched() {
    let (mock, _) = mock("1xl4");
    let mut process = ProcessStats::new(4242, Timestamp::from_micros(1));
    let mut gpu = ProcessGpuStats::new(EntityId::gpu(0));
    gpu.usage.energy_joules = Some(7.0);
    process.gpus.push(gpu);
    mock.set_process(process.clone());
    let processes = mock.processes();
    let error = processes.process(4242).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED));
    assert!(
        error.hint().unwrap().contains("watch_processes"),
        "{error:?}"
    );
    let gpus = [EntityId::gpu(0)];
    let watch = processes
        .watch_processes(&gpus, ProcessWatch::default())
        .unwrap();
    assert_eq!(process.energy_joules(), Some(7.0));
    assert_eq!(processes.process(4242).unwrap(), Some(process));
    assert_eq!(processes.process(1).unwrap(), None);
    assert!(matches!(processes.process(0), Err(Error::Request(_))));
    drop(watch);
    assert!(processes.process(4242).is_err());
}
