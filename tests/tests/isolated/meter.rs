//! A meter over a worker that dies in the middle of each kind of call, beside another metric of the program.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dcgm::isolated::IsolatedEngine;
use dcgm::{Deadlines, EmbeddedMode, EngineOptions, FieldId};
use dcgm_otel::{Config, DcgmMeter, ErrorKind, Group, GroupSwitch};
use dcgm_simulator::{Control, Flavour, Harmful};

use crate::bench::{is_alive, library, patient, signal, worker};
use crate::host::{Program, long, our_threads, usage, wait_for};

const INTERVAL: Duration = Duration::from_secs(1);
/// For what is waited for, on a machine that builds at the same time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kinds of call that a meter makes, by a function that each of them calls, and whether a tick makes it.
const CALLS: [(&str, bool); 7] = [
    ("dcgmStartEmbedded_v2", false),
    ("dcgmGroupCreate", false),
    ("dcgmWatchFields", false),
    ("dcgmGetDeviceAttributes", false),
    ("dcgmGetEntityGroupEntities", true),
    ("dcgmEntitiesGetLatestValues", true),
    ("dcgmGetValuesSince_v2", true),
];

/// What ends a worker.
const DEADLY: [Harmful; 8] = [
    Harmful::Segfault,
    Harmful::Abort,
    Harmful::Kill,
    Harmful::Stop,
    Harmful::CorruptHeap,
    Harmful::Exit,
    Harmful::Hang,
    Harmful::CloseAll,
];

/// A program with a meter over an embedded engine in a worker, whose library does harm on request.
struct Harmed {
    meter: Arc<DcgmMeter>,
    engine: Arc<IsolatedEngine>,
    library: PathBuf,
    ends: Arc<AtomicBool>,
    /// Returns the longest collect.
    collector: Option<JoinHandle<Duration>>,
    _folder: tempfile::TempDir,
}

fn new_engine(options: EngineOptions, deadlines: Deadlines) -> Arc<IsolatedEngine> {
    let options = options.with_deadlines(deadlines);
    Arc::new(IsolatedEngine::new(options, worker()))
}

fn install(program: &Program, engine: &Arc<IsolatedEngine>) -> DcgmMeter {
    let config = Config::default()
        .with_interval(INTERVAL)
        .with_initial_delay(Duration::ZERO)
        .with_group(Group::Health, GroupSwitch::On);
    DcgmMeter::builder()
        .without_env()
        .with_config(config)
        .with_shared_client(Arc::clone(engine) as Arc<dyn dcgm::Client>)
        .install(&program.provider)
        .unwrap()
}

impl Harmed {
    fn new(deadlines: Deadlines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("libdcgm.so.4");
        std::fs::copy(library(Flavour::V4_6), &copy).unwrap();
        Harmful::prepare(&copy).unwrap();
        let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&copy);
        let engine = new_engine(options, deadlines);
        let program = Program::new();
        let meter = Arc::new(install(&program, &engine));
        wait_for("the first values", PATIENCE, || meter.health().is_ready());
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let watched = Arc::clone(&meter);
        // Collects all the time, and so checks the program's own metric and the counters all the time.
        let collect = move || {
            let (mut longest, mut totals) = (Duration::ZERO, HashMap::new());
            while !ended.load(Ordering::Relaxed) {
                longest = longest.max(program.collect().took);
                check_totals(&watched, &mut totals);
                std::thread::sleep(Duration::from_millis(50));
            }
            longest
        };
        Self {
            meter,
            engine,
            library: copy,
            ends,
            collector: Some(std::thread::spawn(collect)),
            _folder: folder,
        }
    }

    fn deaths(&self) -> u64 {
        let health = self.meter.health();
        health.errors(ErrorKind::Worker) + health.errors(ErrorKind::Timeout)
    }

    /// Has the worker do harm in a call, and returns the time from then to the next values.
    fn survive(&self, harmful: Harmful, (function, in_tick): (&str, bool)) -> Duration {
        let (deaths, pid) = (self.deaths(), self.engine.worker_id());
        harmful.order(&self.library, function).unwrap();
        if !in_tick {
            // The call is made when a session begins.
            signal("-KILL", pid.unwrap());
        }
        let what = format!("{harmful:?} in {function}");
        wait_for(&what, PATIENCE, || Harmful::is_done(&self.library));
        let began = Instant::now();
        let samples = self.meter.health().samples;
        wait_for(&what, PATIENCE, || {
            let health = self.meter.health();
            self.deaths() > deaths && health.is_ready() && health.samples > samples
        });
        began.elapsed()
    }

    fn end(mut self) -> Duration {
        self.ends.store(true, Ordering::Relaxed);
        self.collector.take().unwrap().join().unwrap()
    }
}

/// Checks that no counter went back.
fn check_totals(meter: &DcgmMeter, totals: &mut HashMap<String, f64>) {
    let mut page = String::new();
    meter.prometheus_text(&mut page);
    let counters: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .map(str::to_owned)
        .collect();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let name = series.split('{').next().unwrap_or_default();
        if !counters.iter().any(|counter| counter == name) {
            continue;
        }
        let value: f64 = value.parse().unwrap();
        let before = totals.insert(series.to_owned(), value).unwrap_or(0.0);
        assert!(value >= before, "{series} went from {before} to {value}");
    }
}

#[test]
fn a_meter_outlives_a_worker_that_dies_in_the_middle_of_each_kind_of_call() {
    let harmed = Harmed::new(Deadlines::for_interval(INTERVAL));
    let rounds: Vec<_> = if long() {
        let signals = &DEADLY[..4];
        let all = signals
            .iter()
            .flat_map(|harmful| (0..100).map(move |round| (*harmful, CALLS[round % CALLS.len()])));
        all.collect()
    } else {
        let calls = CALLS.iter().cycle();
        DEADLY.iter().copied().zip(calls.copied()).collect()
    };
    harmed.survive(Harmful::Kill, CALLS[4]);
    let (threads, files, before) = usage();
    let mut times: Vec<_> = rounds
        .iter()
        .map(|(harmful, call)| harmed.survive(*harmful, *call))
        .collect();
    let (threads_after, files_after, after) = usage();
    // Tests beside this one have threads and descriptors, too.
    assert!(threads_after <= threads + 20, "{threads} {threads_after}");
    assert!(files_after <= files + 60, "{files} {files_after}");
    let engine = Arc::clone(&harmed.engine);
    let longest = harmed.end();
    times.sort_unstable();
    println!(
        "{} deaths: values after {:?} (median), {:?} (longest); the longest collect {longest:?}; {} KiB more",
        times.len(),
        times[times.len() / 2],
        times[times.len() - 1],
        after.saturating_sub(before) / 1024
    );
    if long() {
        // Except for those that hang until their deadline.
        assert!(
            times[times.len() / 2] < INTERVAL + Duration::from_secs(1),
            "{times:?}"
        );
    }
    // The collect waits for nothing of it.
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let pid = engine.worker_id();
    assert!(
        pid.is_none_or(|pid| !is_alive(pid)),
        "the meter has ended its worker"
    );
    assert!(our_threads().len() < 60, "{:?}", our_threads());
}

#[test]
fn what_a_library_does_to_its_process_does_not_reach_the_program() {
    // A slow machine takes a while to fill memory.
    let harmed = Harmed::new(patient());
    let folder = std::env::current_dir().unwrap();
    for harmful in [
        Harmful::TakeMemory,
        Harmful::Print,
        Harmful::ChangeDirectory,
        Harmful::TakeSignals,
    ] {
        let (deaths, pid) = (harmed.deaths(), harmed.engine.worker_id());
        harmful.order(&harmed.library, CALLS[4].0).unwrap();
        let what = format!("{harmful:?}");
        wait_for(&what, PATIENCE, || Harmful::is_done(&harmed.library));
        let samples = harmed.meter.health().samples;
        wait_for(&what, PATIENCE, || {
            let health = harmed.meter.health();
            health.is_ready() && health.samples > samples + 1
        });
        assert_eq!(
            (harmed.deaths(), harmed.engine.worker_id()),
            (deaths, pid),
            "{what}"
        );
    }
    assert_eq!(std::env::current_dir().unwrap(), folder);
    // A worker that ignores signals ends with its program nevertheless.
    let pid = harmed.engine.worker_id().unwrap();
    harmed.end();
    wait_for("the worker ends", PATIENCE, || !is_alive(pid));
}

/// Of a host engine nothing is lost: it keeps the samples that a worker has not read yet.
#[test]
fn no_xid_is_lost_or_counted_twice_when_workers_die() {
    let bench = crate::bench::Bench::new(Flavour::V4_6);
    let endpoint = format!("127.0.0.1:{}", bench.served.port).parse().unwrap();
    let options = EngineOptions::standalone(endpoint).with_library(library(Flavour::V4_6));
    let engine = new_engine(options, Deadlines::for_interval(INTERVAL));
    let program = Program::new();
    let meter = install(&program, &engine);
    wait_for("the first values", PATIENCE, || meter.health().is_ready());
    let xids = || -> f64 {
        let mut page = String::new();
        meter.prometheus_text(&mut page);
        let lines = page
            .lines()
            .filter(|line| line.starts_with("hw_gpu_xid_errors_total{"));
        lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    };
    let total = if long() { 100 } else { 4 };
    for number in 1..=total {
        put_xid(&bench.control);
        signal("-SEGV", engine.worker_id().unwrap());
        wait_for("the XID", PATIENCE, || xids() >= f64::from(number));
        wait_for("another worker", PATIENCE, || {
            meter.health().is_ready() && engine.worker_id().is_some_and(is_alive)
        });
        assert!(
            (xids() - f64::from(number)).abs() < 0.5,
            "{} of {number}",
            xids()
        );
    }
}

fn put_xid(control: &Control) {
    let now = control.now();
    assert!(control.put_int(2, FieldId::XID_ERRORS.raw(), now, 48));
}
