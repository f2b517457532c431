//! The cost of an engine in a worker process beside one in the process, for the same host engine.
//!
//! `cargo bench -p dcgm-benches --bench isolated`. Each kind is a program of its own, and both run in turn. A
//! tick lists the GPUs and reads the latest values, as a tick of the meter does; before each, the program
//! sleeps for 2 ms, as a meter sleeps for its interval. `first` is the time from the creation of the client to
//! its first values. The goal: the program's own part of an isolated tick is below that of an engine in the
//! process, whose libdcgm is then elsewhere.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::isolated::{IsolatedEngine, WorkerProgram, run_if_worker};
use dcgm::{Client, Engine, EngineOptions, EntityKind, Query, Samples, WatchRequest};
use dcgm_benches::{earnest, line, median, numeric_fields, resident_kib, run_child};
use dcgm_simulator::{Control, Flavour};

/// Says what a child is to do.
const TASK: &str = "DCGM_BENCH_ISOLATED";

const PAUSE: Duration = Duration::from_millis(2);

/// Hosts, and the number of fields of each GPU.
const HOSTS: [(&str, usize); 3] = [("8xh100", 40), ("8xh100", 127), ("32xh100", 127)];

const FACTS: [&str; 7] = [
    "first_us",
    "tick_us",
    "program_cpu_us",
    "worker_cpu_us",
    "program_kib",
    "worker_kib",
    "values",
];

/// The time that all threads of a process have run, in microseconds.
fn cpu_us(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("Linux has it");
    let nanos = tasks.flatten().filter_map(|task| {
        let times = fs::read_to_string(task.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e3
}

fn worker_kib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0.0)
}

/// The program that is measured: prints a fact per line.
fn run(task: &str) {
    let mut words = task.split(' ');
    let mut next = || words.next().expect("a word");
    let (is_isolated, socket) = (next() == "isolated", next());
    let (count, ticks): (usize, u32) = (
        next().parse().expect("a number"),
        next().parse().expect("a number"),
    );
    let endpoint = format!("unix://{socket}").parse().expect("an endpoint");
    let library = dcgm_simulator::library_4_6().expect("built with this");
    let options = EngineOptions::standalone(endpoint).with_library(library);
    let began = Instant::now();
    let isolated = is_isolated.then(|| IsolatedEngine::new(options.clone(), WorkerProgram::This));
    let native = (!is_isolated).then(|| Engine::new(options));
    let client: &dyn Client = match (&isolated, &native) {
        (Some(isolated), _) => isolated,
        (None, Some(native)) => native,
        (None, None) => return,
    };
    client.connect().expect("connected");
    let gpus = client.entity_ids(EntityKind::GPU).expect("GPUs");
    let request = WatchRequest::new(gpus, numeric_fields(count));
    let watch = client.watch(&request).expect("watched");
    let query = Query::from(&watch);
    let (mut ids, mut samples) = (Vec::new(), Samples::new());
    client.latest(&query, &mut samples).expect("read");
    let first = began.elapsed();

    let worker = isolated.as_ref().and_then(IsolatedEngine::worker_id);
    let own = std::process::id();
    let mut walls = Vec::new();
    let mut tick = || {
        thread::sleep(PAUSE);
        let began = Instant::now();
        client.list(EntityKind::GPU, &mut ids).expect("listed");
        client.latest(&query, &mut samples).expect("read");
        walls.push(began.elapsed().as_secs_f64() * 1e6);
    };
    for _ in 0..=ticks / 10 {
        tick();
    }
    let before = (cpu_us(own), worker.map_or(0.0, cpu_us));
    for _ in 0..ticks {
        tick();
    }
    let used = (cpu_us(own), worker.map_or(0.0, cpu_us));
    let of_a_tick = |used: f64, before: f64| (used - before) / f64::from(ticks);
    #[expect(clippy::cast_precision_loss, reason = "far from so large")]
    let (program_kib, values) = (resident_kib() as f64, samples.len() as f64);
    let facts = [
        first.as_secs_f64() * 1e6,
        median(walls),
        of_a_tick(used.0, before.0),
        of_a_tick(used.1, before.1),
        program_kib,
        worker.map_or(0.0, worker_kib),
        values,
    ];
    for (name, number) in FACTS.iter().zip(facts) {
        line(&format!("{name} {number}"));
    }
}

fn main() {
    run_if_worker();
    if let Ok(task) = std::env::var(TASK) {
        run(&task);
        return;
    }
    let library = dcgm_simulator::library_4_6().expect("built with this");
    let control = Control::of(&library).expect("the simulator");
    let folder = std::env::temp_dir().join(format!("dcgm-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (ticks, rounds) = if earnest() { (1_000, 5) } else { (3, 1) };
    line(&format!("{ticks} ticks, {rounds} rounds, medians"));
    line(&format!(
        "{:<24} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "", "first ms", "tick us", "CPU us", "worker us", "MiB", "worker"
    ));
    for (host, count) in HOSTS {
        assert!(control.set_host(host), "a host {host}");
        let socket = folder.join("engine").display().to_string();
        let served = control
            .serve(&format!("unix://{socket}"), Flavour::V4_6)
            .expect("served");
        let kinds = ["in the process", "isolated"];
        let mut all = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (facts, kind) in all.iter_mut().zip(["native", "isolated"]) {
                facts.push(run_child(
                    TASK,
                    &format!("{kind} {socket} {count} {ticks}"),
                    &FACTS,
                ));
            }
        }
        for (name, facts) in kinds.iter().zip(&all) {
            let of = |fact: &str| median(facts.iter().map(|round| round[fact]).collect());
            line(&format!(
                "{:<24} {:>8.1} {:>8.0} {:>9.0} {:>9.0} {:>9.1} {:>9.1}",
                format!("{name}, {:.0} values", of("values")),
                of("first_us") / 1e3,
                of("tick_us"),
                of("program_cpu_us"),
                of("worker_cpu_us"),
                of("program_kib") / 1024.0,
                of("worker_kib") / 1024.0,
            ));
        }
        control.kill(served);
    }
    let _ = fs::remove_dir_all(&folder);
}
