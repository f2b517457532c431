//! An engine in a process of its own, behind the simulated library, that is killed and started
//! again, or stopped and continued: what a meter on it shows meanwhile, and what stays behind.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail by panicking and tell its figures, in its helpers too"
)]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dcgm::{Deadlines, Engine, EngineOptions};
use dcgm_otel::{Config, DcgmMeter, State};
use dcgm_tests::skip_unless;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

/// The shortest that a meter takes.
const INTERVAL: Duration = Duration::from_secs(1);

const MAX_AGE: Duration = Duration::from_secs(2);

/// For what is waited for. No claim is about how long it takes; that is printed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One engine and one process whose threads are counted: a test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn cycles(long: usize, short: usize) -> usize {
    if std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1") {
        long
    } else {
        short
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
    begin.elapsed()
}

/// The engine's process.
struct Process {
    child: Child,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Returns when it listens. The host's time began when it says, so that its counters go on
    /// where those of the engine before were.
    fn start(program: &Path, address: &str, began: u128) -> Self {
        let mut child = Command::new(program)
            .args([
                "--listen",
                address,
                "--host",
                "1xl4",
                "--scenario",
                "training",
            ])
            .args(["--began", &began.to_string(), "--until-eof"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let commands = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let mut process = Self {
            child,
            commands,
            lines: BufReader::new(stdout).lines(),
        };
        let said = process.line();
        assert!(said.starts_with("SIMULATED dcgm engine"), "{said}");
        process
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("read")
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", self.child.id())])
            .status();
        assert!(told.expect("a shell").success());
    }

    /// What it holds: groups, field groups, watches and connections, in words.
    fn open(&mut self) -> String {
        self.commands.write_all(b"open\n").expect("written");
        self.line()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already, and one that is stopped ends, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is watched at each export.
#[derive(Default)]
struct Seen {
    /// When the engine last could answer; `None` while it can.
    silent_since: Mutex<Option<Instant>>,
    /// When the collect under way began.
    collect: Mutex<Option<Instant>>,
    counters: Mutex<HashMap<String, f64>>,
    exports: std::sync::atomic::AtomicUsize,
    /// Exports of a silent engine that were late enough to show a level that is too old.
    late_exports: std::sync::atomic::AtomicUsize,
    levels: std::sync::atomic::AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

/// An exporter that looks at the points and keeps none.
struct Watcher(Arc<Seen>);

impl PushMetricExporter for Watcher {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.0.look(metrics);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl Seen {
    fn look(&self, metrics: &ResourceMetrics) {
        let began = *self.collect.lock().expect("whole");
        let silent = *self.silent_since.lock().expect("whole");
        // Nothing that is shown can be younger than the engine's last answer.
        let age = match (began, silent) {
            (Some(began), Some(silent)) => began.saturating_duration_since(silent),
            _ => Duration::ZERO,
        };
        let mut levels = 0;
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            match metric.data() {
                AggregatedMetrics::F64(data) => levels += self.points(metric.name(), data),
                AggregatedMetrics::U64(data) => levels += self.points(metric.name(), data),
                AggregatedMetrics::I64(data) => levels += self.points(metric.name(), data),
            }
        }
        self.exports.fetch_add(1, Ordering::Relaxed);
        self.levels.store(levels, Ordering::Relaxed);
        if age > MAX_AGE {
            self.late_exports.fetch_add(1, Ordering::Relaxed);
            if levels > 0 {
                self.wrong(format!("{levels} levels are at least {age:?} old"));
            }
        }
    }

    /// How many of a metric's points are levels of the GPU; its counters are compared.
    fn points<T: Copy + Into<Number>>(&self, name: &str, data: &MetricData<T>) -> usize {
        match data {
            MetricData::Sum(sum) if sum.is_monotonic() => {
                let mut counters = self.counters.lock().expect("whole");
                for point in sum.data_points() {
                    let mut attributes: Vec<_> = point
                        .attributes()
                        .map(|one| format!("{}={}", one.key, one.value))
                        .collect();
                    attributes.sort();
                    let Number(value) = point.value().into();
                    let series = format!("{name} {attributes:?}");
                    let before = counters.insert(series.clone(), value);
                    if before.is_some_and(|before| before > value) {
                        self.wrong(format!("{series} was {before:?} and is {value}"));
                    }
                }
                0
            }
            // What the meter says of itself is true at any time.
            _ if name.starts_with("dcgm.meter.") => 0,
            MetricData::Sum(sum) => sum.data_points().count(),
            MetricData::Gauge(gauge) => gauge.data_points().count(),
            _ => 0,
        }
    }

    fn wrong(&self, what: String) {
        self.wrong.lock().expect("whole").push(what);
    }
}

struct Number(f64);

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl From<u64> for Number {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 here, and only compared"
    )]
    fn from(value: u64) -> Self {
        Self(value as f64)
    }
}

impl From<i64> for Number {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 here, and only compared"
    )]
    fn from(value: i64) -> Self {
        Self(value as f64)
    }
}

/// What this process uses.
#[derive(Clone, Copy, Debug)]
struct Usage {
    threads: usize,
    files: usize,
    resident_kib: usize,
}

impl Usage {
    fn now() -> Self {
        let count = |folder| fs::read_dir(folder).expect("Linux has it").count();
        let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|rest| rest.split_whitespace().next());
        Self {
            threads: count("/proc/self/task"),
            files: count("/proc/self/fd"),
            resident_kib: resident.and_then(|kib| kib.parse().ok()).expect("a number"),
        }
    }
}

/// A meter whose exports are watched, and the engine that it reads from.
struct Bench {
    meter: DcgmMeter,
    seen: Arc<Seen>,
    process: Option<Process>,
    start: Box<dyn Fn() -> Process>,
    ends: Arc<AtomicBool>,
    collector: Option<thread::JoinHandle<()>>,
    provider: SdkMeterProvider,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Option<Self> {
        let program = dcgm_simulator::engine_program();
        let program = skip_unless(program.ok_or("cargo build -p dcgm-simulator was not run"))?;
        let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("unix://{}", folder.path().join("engine").display());
        let began = SystemTime::now().duration_since(UNIX_EPOCH);
        let began = began.expect("after 1970").as_micros();
        let endpoint = address.parse().expect("an endpoint");
        let start = Box::new(move || Process::start(&program, &address, began));
        let process = start();

        let seen = Arc::new(Seen::default());
        let reader = PeriodicReader::builder(Watcher(Arc::clone(&seen)))
            .with_interval(Duration::from_secs(24 * 3600))
            .build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let options = EngineOptions::standalone(endpoint)
            .with_library(library)
            .with_deadlines(Deadlines::for_interval(INTERVAL));
        let meter = DcgmMeter::builder()
            .config(
                Config::default()
                    .with_interval(INTERVAL)
                    .with_max_age(MAX_AGE),
            )
            .client(Engine::new(options))
            .initial_delay(Duration::ZERO)
            .install(&provider)
            .expect("installed");
        assert!(meter.wait_ready(PATIENCE), "{}", meter.health());

        let ends = Arc::new(AtomicBool::new(false));
        let collector = {
            let (ends, seen, provider) = (Arc::clone(&ends), Arc::clone(&seen), provider.clone());
            thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    *seen.collect.lock().expect("whole") = Some(Instant::now());
                    provider.force_flush().expect("exported");
                    thread::sleep(Duration::from_millis(20));
                }
            })
        };
        Some(Self {
            meter,
            seen,
            process: Some(process),
            start,
            ends,
            collector: Some(collector),
            provider,
            _folder: folder,
        })
    }

    fn set_silent(&self, since: Option<Instant>) {
        *self.seen.silent_since.lock().expect("whole") = since;
    }

    fn is_ready(&self) -> bool {
        self.meter.health().state == State::Ready
    }

    fn has_levels(&self) -> bool {
        self.seen.levels.load(Ordering::Relaxed) > 0
    }

    /// Waits until an export has shown what there is when no value may be shown any more.
    fn outlive_the_values(&self) {
        let late = || self.seen.late_exports.load(Ordering::Relaxed);
        let before = late();
        wait_until("nothing is exported", || late() > before + 3);
        assert!(!self.has_levels(), "{:?}", self.wrong());
    }

    fn wrong(&self) -> Vec<String> {
        self.seen.wrong.lock().expect("whole").clone()
    }

    fn open(&mut self) -> String {
        self.process.as_mut().expect("it runs").open()
    }

    /// Waits until the engine holds what it held at first.
    fn holds(&mut self, wanted: &str) {
        let begin = Instant::now();
        loop {
            let open = self.open();
            if open == wanted {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "the engine holds {open}, and at first it was {wanted}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(collector) = self.collector.take() {
            let _ = collector.join();
        }
        let _ = self.provider.shutdown();
    }
}

/// What the cycles took, and what is left of them.
#[derive(Default)]
struct Report {
    found: Vec<Duration>,
    recovered: Vec<Duration>,
    /// After the first cycle, which makes what stays.
    first: Option<Usage>,
}

impl Report {
    /// Waits for the threads and files of the first cycle, and keeps those of the first.
    fn settle(&mut self, cycle: usize) {
        let Some(first) = self.first else {
            // Whoever cuts a connection is there for a second at the most.
            thread::sleep(Duration::from_millis(1500));
            self.first = Some(Usage::now());
            return;
        };
        wait_until(&format!("cycle {cycle}: more than {first:?}"), || {
            let now = Usage::now();
            now.threads <= first.threads && now.files <= first.files
        });
    }

    fn print(&self, what: &str, bench: &Bench) {
        let millis = |times: &[Duration]| {
            let longest = times.iter().max().copied().unwrap_or_default();
            let mean =
                times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap_or(1);
            format!(
                "mean {} ms, at most {} ms",
                mean.as_millis(),
                longest.as_millis()
            )
        };
        let (first, last) = (self.first.expect("a cycle"), Usage::now());
        println!(
            "{} cycles of {what}: found out after {}; values again after {} of the engine being back \
             (interval {INTERVAL:?})",
            self.recovered.len(),
            millis(&self.found),
            millis(&self.recovered),
        );
        println!(
            "  threads {} -> {}, files {} -> {}, resident {} -> {} KiB; {} exports, {} of them \
             when no level may be shown; {} counters",
            first.threads,
            last.threads,
            first.files,
            last.files,
            first.resident_kib,
            last.resident_kib,
            bench.seen.exports.load(Ordering::Relaxed),
            bench.seen.late_exports.load(Ordering::Relaxed),
            bench.seen.counters.lock().expect("whole").len(),
        );
        assert!(last.threads <= first.threads && last.files <= first.files);
        // A leak of one session a cycle would be more: its snapshot alone has tens of KiB.
        let grown = last.resident_kib.saturating_sub(first.resident_kib);
        assert!(grown < 8 * 1024, "{grown} KiB more");
        assert!(!bench.seen.counters.lock().expect("whole").is_empty());
        assert_eq!(bench.wrong(), [] as [String; 0]);
    }
}

#[test]
fn a_meter_outlives_engines_that_are_killed_and_leaves_nothing_behind() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(mut bench) = Bench::new() else {
        return;
    };
    wait_until("no levels", || bench.has_levels());
    let open = bench.open();
    let mut report = Report::default();
    for cycle in 0..cycles(100, 5) {
        bench.process.take().expect("it runs").kill();
        bench.set_silent(Some(Instant::now()));
        let found = wait_until("it is not found out", || !bench.is_ready());
        report.found.push(found);
        // Every fifth stays away for longer than a value may be shown.
        if cycle % 5 == 0 {
            bench.outlive_the_values();
        }
        let process = (bench.start)();
        let back = Instant::now();
        bench.set_silent(None);
        bench.process = Some(process);
        wait_until("it does not recover", || {
            bench.is_ready() && bench.has_levels()
        });
        report.recovered.push(back.elapsed());
        bench.holds(&open);
        report.settle(cycle);
    }
    report.print("kill -9 and start", &bench);
}

#[test]
fn a_meter_outlives_an_engine_that_is_stopped_and_leaves_nothing_behind() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(mut bench) = Bench::new() else {
        return;
    };
    wait_until("no levels", || bench.has_levels());
    let open = bench.open();
    let mut report = Report::default();
    for cycle in 0..cycles(20, 2) {
        bench.process.as_ref().expect("it runs").signal("STOP");
        bench.set_silent(Some(Instant::now()));
        let found = wait_until("it is not found out", || !bench.is_ready());
        report.found.push(found);
        bench.outlive_the_values();
        bench.set_silent(None);
        bench.process.as_ref().expect("it runs").signal("CONT");
        let back = Instant::now();
        wait_until("it does not recover", || {
            bench.is_ready() && bench.has_levels()
        });
        report.recovered.push(back.elapsed());
        // What the cut connections had made is gone, too.
        bench.holds(&open);
        report.settle(cycle);
    }
    report.print("SIGSTOP and SIGCONT", &bench);
}
