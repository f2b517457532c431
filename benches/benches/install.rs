//! The time to install and drop a meter, in any state of DCGM.
//!
//! `cargo bench -p dcgm-benches --bench install`. Each line is a number of installs with no collect
//! in progress, each with a client of its own, which is made within the time. The goal is less than
//! a millisecond. Without `--bench`, as in `cargo test --benches`, it makes a few and only shows
//! that it runs.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark may fail by panicking"
)]

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::mock::Mock;
use dcgm::{Client, Engine, EngineOptions, EntityKind};
use dcgm_otel::{DcgmMeter, DcgmMeterBuilder, sdk};
use dcgm_simulator::{Control, Fault, Flavour};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Exports to nowhere.
struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
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

fn provider(bound: Option<usize>) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(Nowhere).with_interval(DAY).build();
    let builder = SdkMeterProvider::builder().with_reader(reader);
    match bound {
        Some(bound) => builder.with_view(sdk::view(bound)).build(),
        None => builder.build(),
    }
}

/// Times, each with the part of it that was spent waiting for a processor, and the table of them.
#[derive(Default)]
struct Times(Vec<(Duration, Duration)>);

impl Times {
    fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let waited = waited();
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        self.0.push((time, self::waited().saturating_sub(waited)));
        result
    }

    fn print(self, what: &str) {
        let (mut all, mut running): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .map(|(time, waited)| (*time, time.saturating_sub(*waited)))
            .unzip();
        all.sort_unstable();
        running.sort_unstable();
        let count = all.len();
        let at = |percent: usize| micros(all[(count * percent / 100).min(count - 1)]);
        line(&format!(
            "{what:<54} {count:>5} {:>10} {:>10} {:>10} {:>10}",
            at(50),
            at(99),
            at(100),
            micros(running[count - 1]),
        ));
    }
}

/// Returns how long this thread was ready and did not run; zero where the system does not report
/// it.
fn waited() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split_whitespace().nth(1);
    let nanos = nanos.and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

fn line(text: &str) {
    writeln!(io::stdout().lock(), "{text}").expect("standard output can be written");
}

/// Something to install a meter on top of.
struct Case<'a> {
    name: &'static str,
    client: Box<dyn Fn() -> Arc<dyn Client> + 'a>,
}

impl<'a> Case<'a> {
    fn new(name: &'static str, client: impl Fn() -> Arc<dyn Client> + 'a) -> Self {
        let client = Box::new(client);
        Self { name, client }
    }

    fn engine(name: &'static str, endpoint: &str, library: &'a Path) -> Self {
        let endpoint = endpoint.parse::<dcgm::Endpoint>().expect("an endpoint");
        Self::new(name, move || {
            let options = EngineOptions::standalone(endpoint.clone());
            Arc::new(Engine::new(options.with_library(library)))
        })
    }

    /// A meter whose thread begins at once.
    fn builder(&self) -> DcgmMeterBuilder {
        DcgmMeter::builder()
            .with_shared_client((self.client)())
            .with_initial_delay(Duration::ZERO)
    }

    /// Nothing else of ours runs: the thread of a meter waits, and ends before the next is made.
    fn fresh_providers(&self, count: usize, bound: Option<usize>) {
        let (mut installs, mut drops) = (Times::default(), Times::default());
        for _ in 0..count {
            let provider = provider(bound);
            let install = || self.builder().with_initial_delay(DAY).install(&provider);
            let meter = installs.take(install).expect("the first");
            drops.take(|| drop(meter));
        }
        let with = if bound.is_some() {
            ", with the view"
        } else {
            ""
        };
        installs.print(&format!("{}: a provider each{with}", self.name));
        drops.print(&format!("{}: a provider each{with}, drop", self.name));
    }

    /// The threads of all meters begin at once, and all live at the same time: on few processors
    /// the one that installs has to wait for its turn.
    fn crowd(&self, count: usize) {
        let mut times = Times::default();
        let mut ending = Vec::new();
        for _ in 0..count {
            let provider = provider(None);
            let meter = times.take(|| self.builder().install(&provider).expect("the first"));
            ending.push((meter, provider));
        }
        times.print(&format!("{}: {count} at once", self.name));
        // Dropping may wait for a call that hangs.
        let drops = ending
            .into_iter()
            .map(|pair| thread::spawn(move || drop(pair)));
        let drops: Vec<_> = drops.collect();
        for end in drops {
            end.join().expect("dropped");
        }
    }

    fn one_provider(&self, count: usize) {
        let provider = provider(None);
        let (mut installs, mut drops) = (Times::default(), Times::default());
        for _ in 0..count {
            // Its thread waits, so that no drop waits for a call.
            let install = || self.builder().with_initial_delay(DAY).install(&provider);
            let meter = installs.take(install).expect("the only one");
            drops.take(|| drop(meter));
        }
        installs.print(&format!("{}: one provider", self.name));
        drops.print(&format!("{}: one provider, drop", self.name));
    }

    /// Drops once the thread is in the midst of things.
    fn busy_drops(&self, count: usize) {
        let provider = provider(None);
        let mut drops = Times::default();
        for _ in 0..count {
            let meter = self.builder().install(&provider).expect("the only one");
            let _ready = meter.wait_ready(Duration::from_millis(200));
            drops.take(|| drop(meter));
        }
        drops.print(&format!("{}: drop, 200 ms later", self.name));
    }
}

/// Installs while a call of the same client hangs, which another thread has made.
fn hung_calls(control: &Control, engine: &Case<'_>, count: usize) {
    let (mut installs, mut drops) = (Times::default(), Times::default());
    for _ in 0..count {
        let client = (engine.client)();
        client.connect().expect("a healthy engine");
        let function = "dcgmGetEntityGroupEntities";
        assert!(control.fault(function, Fault::HangUntilDisconnected, 1));
        let provider = provider(None);
        thread::scope(|scope| {
            let hanging = scope.spawn(|| client.list(EntityKind::GPU, &mut Vec::new()));
            while control.hanging() == 0 {
                thread::yield_now();
            }
            let builder = || {
                DcgmMeter::builder()
                    .with_shared_client(Arc::clone(&client))
                    .with_initial_delay(Duration::ZERO)
            };
            let meter = installs.take(|| builder().install(&provider).expect("the first"));
            drops.take(|| drop(meter));
            client.close();
            let _cut_off = hanging.join().expect("cancelled");
        });
        control.clear();
    }
    installs.print("a call of the client hangs: a provider each");
    drops.print("a call of the client hangs: drop");
}

/// Measures the SDK's time for the instruments of a full catalogue.
fn instruments(count: usize, bound: Option<usize>) {
    let names: Vec<_> = (0..81).map(|one| format!("an.instrument.{one}")).collect();
    let mut times = Times::default();
    for _ in 0..count {
        let provider = provider(bound);
        let meter = provider.meter("dcgm-otel");
        times.take(|| {
            for name in &names {
                let _empty = meter
                    .f64_observable_gauge(name.clone())
                    .with_callback(|_| {})
                    .build();
            }
        });
    }
    let with = if bound.is_some() {
        ", with the view"
    } else {
        ""
    };
    times.print(&format!("the SDK alone, 81 gauges{with}"));
}

fn main() {
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    let (count, few) = if in_earnest { (200, 5) } else { (2, 1) };

    let library = dcgm_simulator::library_4_6().expect("built with this");
    let missing = Path::new("/nowhere/libdcgm.so.4");
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    // Accepts, as the kernel does for it, and never reads.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    thread::spawn({
        let silent = silent.try_clone().unwrap();
        move || {
            let _kept: Vec<_> = silent.incoming().collect();
        }
    });
    let silent = silent.local_addr().unwrap().to_string();

    line(&format!(
        "{:<54} {:>5} {:>10} {:>10} {:>10} {:>10}",
        "us", "count", "p50", "p99", "max", "max, ran"
    ));

    // A listener whose process is of no use: nothing has loaded the library yet.
    let first = Case::engine("the first of the process", &dead, &library);
    let mut times = Times::default();
    let provider = provider(None);
    let meter = times.take(|| first.builder().install(&provider).expect("the first"));
    times.print("the first of the process");
    let mut loading = Times::default();
    let _why = loading.take(|| meter.sample_now());
    loading.print("  its first sample, on its thread: loads the library");
    let _why = {
        let mut again = Times::default();
        let why = again.take(|| meter.sample_now());
        again.print("  its second sample");
        why
    };
    drop(meter);

    let control = Control::of(&library).expect("the simulator");
    assert!(control.set_host("8xh100"));
    let healthy = control.serve("127.0.0.1:0", Flavour::V4_6).expect("served");
    let stopped = control.serve("127.0.0.1:0", Flavour::V4_6).expect("served");
    control.stick(stopped, true);
    let at = |port: u16| format!("127.0.0.1:{port}");

    let mock = Case::new("a mock of 8xh100", || {
        Arc::new(Mock::named("8xh100").expect("a host"))
    });
    let healthy_engine = Case::engine("a simulated engine", &at(healthy.port), &library);
    let cases = [
        Case::engine("no library", &dead, missing),
        Case::engine("a dead port", &dead, &library),
        Case::engine("a silent peer", &silent, &library),
        Case::engine("a stopped engine", &at(stopped.port), &library),
    ];
    for case in cases.iter().chain([&healthy_engine, &mock]) {
        case.fresh_providers(count, None);
        case.one_provider(count);
        case.crowd(count);
        case.busy_drops(few);
    }
    hung_calls(&control, &healthy_engine, count);
    mock.fresh_providers(count, Some(100));
    instruments(count, None);
    instruments(count, Some(100));
    control.kill(healthy);
    control.kill(stopped);
}
