//! The meter, and what the process uses.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dcgm::{Deadlines, Engine, EngineOptions};
use dcgm_otel::{Config, DcgmMeter, MeterState};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

use super::process::Process;
use super::seen::{Seen, Watcher};
use super::{INTERVAL, MAX_AGE, PATIENCE, wait_until};

/// The resources of this process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) threads: usize,
    pub(super) files: usize,
    pub(super) resident_kib: usize,
}

impl Usage {
    pub(super) fn now() -> Self {
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
pub(super) struct Bench {
    pub(super) meter: DcgmMeter,
    pub(super) seen: Arc<Seen>,
    pub(super) process: Option<Process>,
    pub(super) start: Box<dyn Fn() -> Process>,
    pub(super) ends: Arc<AtomicBool>,
    pub(super) collector: Option<thread::JoinHandle<()>>,
    pub(super) provider: SdkMeterProvider,
    pub(super) _folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Self {
        let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("unix://{}", folder.path().join("engine").display());
        let began = SystemTime::now().duration_since(UNIX_EPOCH);
        let began = began.expect("after 1970").as_micros();
        let endpoint = address.parse().expect("an endpoint");
        let start = Box::new(move || Process::start(&address, began));
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
            .with_config(
                Config::default()
                    .with_interval(INTERVAL)
                    .with_max_age(MAX_AGE),
            )
            .with_client(Engine::new(options))
            .with_initial_delay(Duration::ZERO)
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
        Self {
            meter,
            seen,
            process: Some(process),
            start,
            ends,
            collector: Some(collector),
            provider,
            _folder: folder,
        }
    }

    pub(super) fn set_silent(&self, since: Option<Instant>) {
        *self.seen.silent_since.lock().expect("whole") = since;
    }

    pub(super) fn is_ready(&self) -> bool {
        self.meter.health().state == MeterState::Ready
    }

    pub(super) fn has_levels(&self) -> bool {
        self.seen.levels.load(Ordering::Relaxed) > 0
    }

    /// Waits until every value is too old to be shown, and an export has shown that.
    pub(super) fn outlive_the_values(&self) {
        let late = || self.seen.late_exports.load(Ordering::Relaxed);
        let before = late();
        wait_until("nothing is exported", || late() > before + 3);
        assert!(!self.has_levels(), "{:?}", self.wrong());
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.seen.wrong.lock().expect("whole").clone()
    }

    pub(super) fn open(&mut self) -> String {
        self.process.as_mut().expect("it runs").open()
    }

    /// Waits until the engine holds what it held at first.
    pub(super) fn holds(&mut self, wanted: &str) {
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
