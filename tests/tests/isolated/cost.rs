//! The cost of a tick beside that of an engine in the process.

use std::fs;
use std::time::Instant;

use dcgm::{
    Client, EmbeddedMode, Engine, EngineOptions, EntityKind, FieldId, Query, Samples, WatchRequest,
};
use dcgm_simulator::Flavour;

use crate::bench::{embedded, library, patient};

/// The CPU time of all threads of a process, in nanoseconds.
fn cpu_time(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let times = tasks.flatten().filter_map(|task| {
        let times = fs::read_to_string(task.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    });
    times.sum()
}

/// Measures the ticks of a client, each of a list and a read of 8 GPUs. Returns the CPU time of each process
/// in microseconds a tick, and the wall time of the median.
fn measure(client: &dyn Client, pids: &[u32], ticks: u32) -> (Vec<f64>, f64) {
    let gpus = client.entity_ids(EntityKind::GPU).unwrap();
    let fields: Vec<_> = FieldId::all()
        .iter()
        .map(|info| info.id)
        .filter(|field| !field.is_profiling() && !field.is_event())
        .take(100)
        .collect();
    let watch = client.watch(&WatchRequest::new(gpus, fields)).unwrap();
    let query = Query::from(&watch);
    let (mut ids, mut samples) = (Vec::new(), Samples::new());
    let mut tick = || {
        let began = Instant::now();
        client.list(EntityKind::GPU, &mut ids).unwrap();
        client.latest(&query, &mut samples).unwrap();
        (samples.len(), began.elapsed())
    };
    let (values, _) = tick();
    assert!(values >= 500, "{values}");
    let before: Vec<_> = pids.iter().map(|pid| cpu_time(*pid)).collect();
    let mut walls: Vec<_> = (0..ticks).map(|_| tick().1).collect();
    walls.sort_unstable();
    let used = pids.iter().zip(before).map(|(pid, before)| {
        let nanos = cpu_time(*pid).saturating_sub(before);
        f64::from(u32::try_from(nanos / u64::from(ticks)).unwrap()) / 1000.0
    });
    (used.collect(), walls[walls.len() / 2].as_secs_f64() * 1e6)
}

/// Prints the numbers; run it alone: `--ignored --nocapture the_cost_of_a_tick`.
#[test]
#[ignore = "measures, alone on the machine"]
fn the_cost_of_a_tick() {
    let own = std::process::id();
    let options =
        EngineOptions::embedded(EmbeddedMode::Manual).with_library(library(Flavour::V4_6));
    let native = Engine::new(options.clone().with_deadlines(patient()));
    native.connect().unwrap();
    let (cpu, wall) = measure(&native, &[own], 2000);
    println!("in the process: {:.0} us CPU, {wall:.0} us wall", cpu[0]);
    drop(native);
    let isolated = embedded(patient());
    let worker = isolated.worker_id().unwrap();
    let (cpu, wall) = measure(&isolated, &[own, worker], 2000);
    println!(
        "in a worker: {:.0} us CPU in the parent, {:.0} us in the worker, {wall:.0} us wall",
        cpu[0], cpu[1]
    );
    let status = fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
    let memory = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.unwrap_or_default().to_owned()
    };
    println!("{} {}", memory("VmRSS"), memory("RssAnon"));
    // The parent's share is small beside the interval of a second.
    assert!(cpu[0] < 2000.0, "{cpu:?}");
}
