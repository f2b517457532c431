//! The cost of the meter for its program: the same program with it and without, each as a
//! process of its own, and an engine in yet another.
//!
//! `cargo bench -p dcgm-benches --bench program`. A scrape samples the engine, collects, and
//! renders Prometheus text. `reads in C` makes the calls that read the same values and does nothing with
//! them; `a tick in C` also lists the entities and asks for events, in each tick. Library and engine do the
//! work of the real ones for each read, which is to fill 4 MiB with zeros. Between two cold scrapes the processor's caches are filled
//! with something else, as they are after an interval. The goals for 8 GPUs: 6 MiB, and 3 ms a
//! scrape, which is 0.02 % of a processor at an interval of 15 s.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

mod child;

use std::path::Path;
use std::time::Instant;

use child::{FACTS, Kind, Task};
use dcgm_benches::{Asked, Facts, Spy, cpu_time, earnest, line, median, nowhere, run_child};
use dcgm_otel::DcgmMeter;
use dcgm_simulator::{Control, Flavour};

/// Says what a child is to do.
const TASK: &str = "DCGM_BENCH_PROGRAM";

/// A host, and the most series that an instrument has on it: those of its NVLinks, if it has any.
const HOSTS: [(&str, usize); 3] = [("8xl4", 80), ("8xh100", 320), ("32xh100", 1_200)];

fn read_task() -> Option<Task> {
    let text = std::env::var(TASK).ok()?;
    let mut words = text.split(' ');
    let mut next = || words.next();
    let kind = next()?.parse::<usize>().ok()?;
    Some(Task {
        kind: *Kind::ALL.get(kind)?,
        socket: next()?.to_owned(),
        bound: next()?.parse().ok()?,
        scrapes: next()?.parse().ok()?,
        cold: next()?.parse().ok()?,
        asked: next()?.parse().ok()?,
    })
}

fn tell(task: &Task) -> String {
    let Task {
        kind,
        socket,
        bound,
        scrapes,
        cold,
        asked,
    } = task;
    format!(
        "{} {socket} {bound} {scrapes} {cold} {asked}",
        *kind as usize
    )
}

/// A run, and the engine's part in it.
fn run_with_engine(task: &Task) -> Facts {
    // The engine's threads are in this process, which waits meanwhile.
    let before = cpu_time();
    let mut facts = run_child(TASK, &tell(task), &FACTS);
    let engine = cpu_time().saturating_sub(before).as_secs_f64() * 1e6;
    #[expect(clippy::cast_precision_loss, reason = "far from so large")]
    let scrapes = (task.scrapes + task.cold) as f64;
    facts.insert("engine_us", engine / scrapes);
    facts
}

/// Runs each kind in turn, `rounds` times, so that other load on the machine falls on all.
fn run_in_turn(kinds: &[Task], rounds: usize) -> Vec<Vec<Facts>> {
    let round = |_| kinds.iter().map(run_with_engine).collect();
    (0..rounds).map(round).collect()
}

/// Records the requests of a meter to the engine at a socket.
fn asked(library: &Path, socket: &str, bound: usize) -> Asked {
    let (spy, asked) = Spy::new(child::engine(library, socket));
    let provider = nowhere(1);
    let meter = DcgmMeter::builder()
        .with_config(child::config(bound))
        .with_client(spy)
        .install(&provider)
        .expect("the first");
    meter.sample_now().expect("an engine that is well");
    meter.sample_now().expect("an engine that is well");
    let asked = asked.lock().clone();
    drop(meter);
    asked
}

fn row(name: &str, facts: &Facts) {
    let mib = |fact: &str| facts[fact] / 1024.0;
    line(&format!(
        "{name:<22} {:>8.0} {:>8.0} {:>8.0} {:>8.1} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>7.0} {:>7.0}",
        facts["hot_us"],
        facts["sample_us"],
        facts["engine_us"],
        facts["cold_us"] / 1e3,
        mib("rss_10"),
        mib("rss_all"),
        mib("anonymous"),
        mib("private"),
        mib("program"),
        mib("libdcgm"),
        facts["first_us"] / 1e3,
        facts["lines"],
        facts["bytes"] / 1024.0,
    ));
}

fn difference(of: &Facts, without: &Facts) -> Facts {
    of.iter()
        .map(|(fact, number)| (*fact, number - without[fact]))
        .collect()
}

fn host(control: &Control, folder: &Path, (host, bound): (&str, usize)) {
    assert!(control.set_host(host), "a host {host}");
    let socket = folder.join("engine").display().to_string();
    let served = control
        .serve(&format!("unix://{socket}"), Flavour::V4_6)
        .expect("served");
    let asked = asked(&child::library(), &socket, bound);
    let values = |blocks: &[dcgm_benches::Block]| -> usize {
        blocks
            .iter()
            .map(|(entities, fields)| entities.len() * fields.len())
            .sum()
    };
    let (scrapes, cold, rounds) = if earnest() {
        (1_000, 100, 5)
    } else {
        (3, 2, 1)
    };
    line(&format!(
        "\n{host}: {} values in {} blocks and {} event fields, {scrapes} scrapes, {rounds} rounds",
        values(&asked.latest),
        asked.latest.len(),
        values(&asked.events),
    ));
    line(&format!(
        "{:<22} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7}",
        "",
        "us",
        "sampling",
        "engine",
        "ms cold",
        "MiB, 10",
        "MiB, all",
        "anon",
        "private",
        "program",
        "libdcgm",
        "ms first",
        "lines",
        "KiB"
    ));
    let task = |kind| Task {
        kind,
        socket: socket.clone(),
        bound,
        scrapes,
        cold,
        asked: asked.clone(),
    };
    let rounds = run_in_turn(&Kind::ALL.map(task), rounds);
    let median_of =
        |of: &dyn Fn(&[Facts]) -> f64| median(rounds.iter().map(|round| of(round)).collect());
    let all = Kind::ALL.map(|kind| {
        let at = kind as usize;
        let names = rounds[0][at].keys();
        let facts: Facts = names
            .map(|fact| (*fact, median_of(&|round| round[at][fact])))
            .collect();
        row(kind.name(), &facts);
        facts
    });
    let [alone, _, floor, _, meter, unfitted] = &all;
    row("the meter's cost", &difference(meter, alone));
    row("  of it libdcgm's", &difference(floor, alone));
    row("  of it ours", &difference(meter, floor));
    row("  without the view", &difference(unfitted, floor));
    for (name, fact) in [("tick", "sample_us"), ("tick and page", "hot_us")] {
        let beside = |other: Kind| {
            median_of(&|round| {
                let cost =
                    |kind: Kind| round[kind as usize][fact] - round[Kind::Alone as usize][fact];
                cost(Kind::Direct) / cost(other)
            })
        };
        line(&format!(
            "{:<22} {:>8.2} of the reads in C, {:.2} of the tick in C",
            format!("direct, {name}"),
            beside(Kind::Reads),
            beside(Kind::Floor),
        ));
    }
    control.kill(served);
}

fn main() {
    let began = Instant::now();
    if let Some(task) = read_task() {
        child::run(&task, began);
        return;
    }
    let control = Control::of(&child::library()).expect("the simulator");
    control.work(true);
    let folder = std::env::temp_dir().join(format!("dcgm-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for one in HOSTS {
        host(&control, &folder, one);
    }
    let _ = std::fs::remove_dir_all(&folder);
}
