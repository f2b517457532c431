//! A meter with default settings leaves the engine as it was: the engine reads and keeps what the
//! watches ask for, refuses nothing, and logs nothing.

#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::mock::Host;
use dcgm::{Engine, EngineOptions};
use dcgm_otel::DcgmMeter;
use dcgm_simulator::{Control, Flavour, Harm, Served};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tempfile::TempDir;

const INTERVAL: Duration = Duration::from_secs(15);

/// Ticks that belong to the start: profiling fields have values from their second sample on.
const START: u64 = 4;

/// The engines' clock is the library's, and so the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// An engine of a host, and a meter on it.
struct Bench {
    control: Control,
    served: Served,
    meter: Option<DcgmMeter>,
    _provider: SdkMeterProvider,
    _folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn new(host: &str, flavour: Flavour, prepare: impl FnOnce(&Control)) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = match flavour {
            Flavour::V3_3 => dcgm_simulator::library_3_3(),
            _ => dcgm_simulator::library_4_6(),
        };
        let library = library.expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host(host), "no host {host}");
        control.stop_clock(control.now());
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("unix://{}", folder.path().join("engine").display());
        let served = control.serve(&address, flavour).expect("served");
        prepare(&control);
        let options = EngineOptions::standalone(address.parse().expect("an address"));
        let provider = SdkMeterProvider::builder().build();
        let meter = DcgmMeter::builder()
            .interval(INTERVAL)
            // Its thread does nothing unless told to.
            .initial_delay(Duration::from_secs(24 * 3600))
            .client(Engine::new(options.with_library(library)))
            .install(&provider)
            .expect("the first");
        Self {
            control,
            served,
            meter: Some(meter),
            _provider: provider,
            _folder: folder,
            _alone: alone,
        }
    }

    fn meter(&self) -> &DcgmMeter {
        self.meter.as_ref().expect("not dropped yet")
    }

    fn tick(&self) {
        self.meter().sample_now().expect("values");
        self.control.advance(INTERVAL);
    }

    /// What the start costs, and what a time after it does.
    fn run(&self, time: Duration) -> (Harm, Harm) {
        self.control.reset_harm();
        for _ in 0..START {
            self.tick();
        }
        let start = self.control.harm();
        self.control.reset_harm();
        for _ in 0..ticks(time) {
            self.tick();
        }
        (start, self.control.harm())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.meter.take());
        self.control.kill(self.served);
        self.control.run_clock();
    }
}

fn ticks(time: Duration) -> u64 {
    time.as_secs() / INTERVAL.as_secs()
}

/// A day, or without `DCGM_TEST_LONG=1` two hours: longer than anything is kept.
fn time() -> Duration {
    let is_long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    Duration::from_secs(if is_long { 86_400 } else { 7_200 })
}

const FLAVOURS: [Flavour; 2] = [Flavour::V4_6, Flavour::V3_3];

#[test]
fn defaults_leave_the_engine_as_it_was() {
    let time = time();
    println!(
        "{:<12} {:<6} {:>8} {:>10} {:>10} {:>8} {:>8} {:>14} {:>14}",
        "host", "dcgm", "series", "reads/s", "asked/s", "kept", "asked", "refused", "log lines"
    );
    for flavour in FLAVOURS {
        for host in Host::NAMES {
            let bench = Bench::new(host, flavour, |_| {});
            let (start, after) = bench.run(time);
            let asked = after.asked_a_day * time.as_secs() / 86_400;
            let a_second = |reads: u64| {
                let reads = u32::try_from(reads).map(f64::from).unwrap_or(f64::MAX);
                reads / time.as_secs_f64()
            };
            println!(
                "{host:<12} {:<6} {:>8} {:>10.2} {:>10.2} {:>8} {:>8} {:>14} {:>14}",
                flavour.version(),
                bench.meter().health().series,
                a_second(after.reads),
                a_second(asked),
                after.kept,
                after.asked_to_keep,
                format!("{} + {}", start.refused, after.refused),
                format!("{} + {}", start.log_lines, after.log_lines),
            );
            let case = format!("{host} {flavour:?}: {start:?}, {after:?}");
            // One more for each field at the edge of the time.
            assert!(
                after.reads <= asked + after.asked_a_day / 5760 + 64,
                "{case}"
            );
            assert!(
                after.reads + after.asked_a_day / 5760 + 64 >= asked,
                "{case}"
            );
            assert!(after.kept <= after.asked_to_keep, "{case}");
            assert_eq!(after.refused, 0, "{case}");
            assert_eq!(after.log_lines, 0, "{case}");
            // That there is no profiler the engine says by refusing to list its fields.
            let allowed = u64::from(*host == "consumer");
            assert!(start.refused <= allowed, "{case}");
        }
    }
}
