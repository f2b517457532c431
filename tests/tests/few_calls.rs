//! The calls of a read and of a whole tick, and the time that the real library takes for them: each
//! request has a fixed price, and over TCP a reply above 16 KiB costs 200 times as much.
//!
//! The prices are counted and not waited for, so they are the same on every machine.

#![expect(
    clippy::expect_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::health::{HealthReport, HealthRequest};
use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityKind, FieldId, Query,
    Samples, ValueType, Watch, WatchRequest,
};
use dcgm_otel::{Config, DcgmMeter};
use dcgm_simulator::{Control, Flavour, Served};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tempfile::TempDir;

/// The time of any request.
const ROUND_TRIP: Duration = Duration::from_micros(200);

/// The bytes that a number takes in a reply, and how many of them stay below the cliff.
const NUMBER: usize = 24 + 8;
const BUDGET: usize = 7_800;

/// By lists, and by groups.
const READS: [&str; 2] = ["dcgmEntitiesGetLatestValues", "dcgmGetLatestValues_v2"];
const LIST: &str = "dcgmGetEntityGroupEntities";
const EVENTS: &str = "dcgmGetValuesSince_v2";

/// The counts are the library's, and so the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Transport {
    Embedded,
    Unix,
    Tcp,
}

const TRANSPORTS: [Transport; 3] = [Transport::Embedded, Transport::Unix, Transport::Tcp];

/// An engine of a host, on each transport.
struct Bench {
    control: Control,
    folder: TempDir,
    tcp: Served,
    unix: Served,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn new(host: &str) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host(host), "no host {host}");
        let folder = tempfile::tempdir().expect("a folder");
        let serve = |address: &str| control.serve(address, Flavour::V4_6).expect("served");
        let tcp = serve("127.0.0.1:0");
        let unix = serve(&socket(&folder));
        Self {
            control,
            folder,
            tcp,
            unix,
            _alone: alone,
        }
    }

    fn engine(&self, transport: Transport) -> Engine {
        let address = match transport {
            Transport::Embedded => None,
            Transport::Unix => Some(socket(&self.folder)),
            Transport::Tcp => Some(format!("127.0.0.1:{}", self.tcp.port)),
        };
        let options = match address {
            None => EngineOptions::embedded(EmbeddedMode::Auto),
            Some(address) => EngineOptions::standalone(address.parse().expect("an address")),
        };
        Engine::new(options.with_library(dcgm_simulator::library_4_6().expect("built")))
    }

    /// The calls of each of these functions that some work makes, of all functions, and what they
    /// take.
    fn count(&self, work: impl FnOnce()) -> Counted {
        self.control.reset_calls();
        work();
        let calls = |name| self.control.calls(name);
        Counted {
            reads: READS.iter().map(|name| calls(name)).sum(),
            lists: calls(LIST),
            events: calls(EVENTS),
            all: calls(""),
            charged: self.control.charged(),
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.control.kill(self.tcp);
        self.control.kill(self.unix);
    }
}

fn socket(folder: &TempDir) -> String {
    format!("unix://{}", folder.path().join("engine").display())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Counted {
    reads: u64,
    lists: u64,
    events: u64,
    all: u64,
    charged: Duration,
}

/// The first numeric fields of a GPU.
fn numbers(count: usize) -> Vec<FieldId> {
    let numeric = |info: &&dcgm::FieldInfo| {
        matches!(info.value_type, ValueType::Int | ValueType::Double)
            && info.scope == EntityKind::GPU
            && !info.id.is_profiling()
            && !info.id.is_event()
    };
    let known = FieldId::all().iter().filter(numeric);
    let fields: Vec<_> = known.take(count).map(|info| info.id).collect();
    assert_eq!(fields.len(), count);
    fields
}

/// The entities of a kind.
fn list(engine: &Engine, kind: EntityKind) -> Vec<EntityId> {
    let mut ids = Vec::new();
    engine.list(kind, &mut ids).expect("listed");
    ids
}

fn watch(engine: &Engine, entities: &[EntityId], fields: &[FieldId]) -> Watch {
    let request = WatchRequest::new(entities, fields);
    engine.watch(&request).expect("watched")
}

#[test]
fn a_read_is_one_call_and_over_tcp_the_fewest_below_the_cliff() {
    println!(
        "{:<12} {:<9} {:>6} {:>7} {:>6} {:>9} {:>12}",
        "host", "transport", "fields", "values", "calls", "us", "us, one call"
    );
    for host in ["1xh100", "8xh100", "32xh100", "8xh100-mig7"] {
        let bench = Bench::new(host);
        for transport in TRANSPORTS {
            let engine = bench.engine(transport);
            engine.connect().expect("an engine");
            let kind = if host.ends_with("mig7") {
                EntityKind::GPU_INSTANCE
            } else {
                EntityKind::GPU
            };
            let entities = list(&engine, kind);
            for count in [12, 40, 127] {
                let fields = numbers(count);
                let _watch = watch(&engine, &entities, &fields);
                let query = Query::new([(entities.clone(), fields)]);
                let mut samples = Samples::new();
                // The first read plans, and the second makes groups.
                for _ in 0..2 {
                    engine.latest(&query, &mut samples).expect("read");
                }
                let counted = bench.count(|| {
                    engine.latest(&query, &mut samples).expect("read");
                });
                let values = entities.len() * count;
                assert_eq!(samples.len(), values);
                let case = format!("{host} {transport:?} {count}: {counted:?}");
                assert_eq!(counted.all, counted.reads, "{case}");
                let one = if transport == Transport::Tcp && values * NUMBER > BUDGET {
                    40_200
                } else {
                    200
                };
                println!(
                    "{host:<12} {:<9} {count:>6} {values:>7} {:>6} {:>9} {one:>12}",
                    format!("{transport:?}"),
                    counted.reads,
                    counted.charged.as_micros(),
                );
                let least = match transport {
                    Transport::Tcp => (values * NUMBER).div_ceil(BUDGET),
                    Transport::Embedded | Transport::Unix => 1,
                };
                // Rectangles cannot always be packed as bytes could.
                let spare = match transport {
                    Transport::Tcp if least > 1 => least.div_ceil(16),
                    _ => 0,
                };
                let range = least as u64..=(least + spare) as u64;
                assert!(range.contains(&counted.reads), "{case}, {range:?}");
                // And no reply is beyond the cliff.
                let price = ROUND_TRIP * u32::try_from(counted.reads).expect("few");
                assert_eq!(counted.charged, price, "{case}");
            }
        }
    }
}

/// The most that a tick may ask of a host: reads on a socket of its own and over TCP.
struct Most {
    host: &'static str,
    has_mig: bool,
    reads: u64,
    tcp_reads: u64,
}

#[rustfmt::skip] // One row a host.
const MOST: [Most; 5] = [
    // GPUs are one read and their NVLinks another; together they would be ten times as many values.
    Most { host: "1xh100",      has_mig: false, reads: 2, tcp_reads: 2 },
    Most { host: "8xh100",      has_mig: false, reads: 2, tcp_reads: 13 },
    Most { host: "32xh100",     has_mig: false, reads: 2, tcp_reads: 7 },
    Most { host: "8xh100-mig7", has_mig: true,  reads: 3, tcp_reads: 14 },
    Most { host: "gb200",       has_mig: false, reads: 2, tcp_reads: 4 },
];

#[test]
fn a_tick_without_events_is_its_listings_and_reads() {
    println!(
        "{:<12} {:<9} {:>6} {:>6} {:>6} {:>6} {:>7} {:>9}",
        "host", "transport", "series", "lists", "reads", "events", "pairs", "us"
    );
    for most in &MOST {
        let bench = Bench::new(most.host);
        for transport in TRANSPORTS {
            let provider = SdkMeterProvider::builder().build();
            let meter = DcgmMeter::builder()
                // The series of the hosts of one size, however many devices they have.
                .with_config(Config::default().with_max_series(1024))
                // Its thread does nothing by itself.
                .with_interval(Duration::from_secs(600))
                .with_initial_delay(Duration::from_secs(24 * 3600))
                .with_client(bench.engine(transport))
                .install(&provider)
                .expect("the first");
            // The first opens the session, the second makes groups.
            // By the fourth, profiling fields have had their second sample.
            for _ in 0..4 {
                meter.sample_now().expect("values");
                bench.control.advance(Duration::from_secs(600));
            }
            let counted = bench.count(|| meter.sample_now().expect("values"));
            bench.control.advance(Duration::from_secs(600));
            let again = bench.count(|| meter.sample_now().expect("values"));
            let round_trips = counted.charged.as_micros() / ROUND_TRIP.as_micros();
            let pairs = round_trips - u128::from(counted.lists + counted.reads);
            println!(
                "{:<12} {:<9} {:>6} {:>6} {:>6} {:>6} {pairs:>7} {:>9}",
                most.host,
                format!("{transport:?}"),
                meter.health().series,
                counted.lists,
                counted.reads,
                counted.events,
                counted.charged.as_micros(),
            );
            let case = format!("{} {transport:?}: {counted:?}", most.host);
            assert_eq!(counted, again, "{case}");
            // Instances and those of these, where MIG is on. GPUs are listed once a minute.
            assert_eq!(counted.lists, if most.has_mig { 2 } else { 0 }, "{case}");
            let reads = if transport == Transport::Tcp {
                most.tcp_reads
            } else {
                most.reads
            };
            assert!((1..=reads).contains(&counted.reads), "{case}");
            assert_eq!(counted.events, 0, "{case}");
            let known = counted.lists + counted.reads;
            assert_eq!(counted.all, known, "{case}: and no other");
            // A single reply beyond the cliff would be more than any of these.
            let round_trips = u32::try_from(counted.lists + counted.reads).expect("few");
            let price = ROUND_TRIP * round_trips;
            assert!(counted.charged <= price, "{case}");
        }
    }
}

#[test]
fn a_health_check_costs_what_its_large_reply_costs() {
    let bench = Bench::new("8xh100");
    println!("{:<9} {:>6} {:>9}", "transport", "calls", "us");
    for transport in TRANSPORTS {
        let engine = bench.engine(transport);
        engine.connect().expect("an engine");
        let gpus = list(&engine, EntityKind::GPU);
        let count = gpus.len() as u64;
        let watch = engine.health().watch(&HealthRequest::new(gpus));
        let watch = watch.expect("watched");
        let mut report = HealthReport::new();
        // The first looks for the fields with samples.
        engine.health().check(&watch, &mut report).expect("checked");
        let counted = bench.count(|| {
            engine.health().check(&watch, &mut report).expect("checked");
        });
        let (calls, micros) = (counted.all, counted.charged.as_micros());
        println!("{:<9} {calls:>6} {micros:>9}", format!("{transport:?}"));
        // The check, the state of the engine, the status of each GPU, and the new samples.
        assert_eq!(calls, 1 + 1 + count + 1, "{transport:?}");
        // The real engine was seen to take 47 to 91 ms over TCP, 4.4 ms and 2.2 ms otherwise, for the check
        // alone.
        let check = if transport == Transport::Tcp {
            Duration::from_millis(84)
        } else {
            Duration::from_millis(4)
        };
        let others = counted
            .charged
            .checked_sub(check)
            .expect("at least the check");
        assert!(
            others < Duration::from_millis(10),
            "{transport:?}: {others:?}"
        );
    }
}

/// The sources of the default peaks: power and temperature of GPUs, and two activities.
const PEAK_SOURCES: [(&str, u64); 3] = [
    ("1xh100", 4),
    ("8xh100", 32),
    ("8xh100-mig7", 8 * 2 + (8 + 56) * 2),
];

/// The time that the meter's thread and that of its client have used a processor.
fn client_time() -> Duration {
    let mut time = Duration::ZERO;
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if matches!(read("comm").trim(), "dcgm-meter" | "dcgm-engine") {
            let nanos = read("schedstat");
            let nanos = nanos.split(' ').next().and_then(|nanos| nanos.parse().ok());
            time += Duration::from_nanos(nanos.unwrap_or(0));
        }
    }
    time
}

/// The median of the processor time that a tick costs the client, where the engine has threads of its own.
/// The client does the work that the real library does for a request. With `DCGM_TEST_LONG=1` only, as this
/// takes minutes.
fn median_client_time(
    bench: &Bench,
    transport: Transport,
    mut tick: impl FnMut(),
) -> Option<Duration> {
    let is_long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    if !is_long || transport == Transport::Embedded {
        return None;
    }
    bench.control.work(true);
    let mut times = Vec::new();
    for _ in 0..21 {
        let before = client_time();
        tick();
        times.push(client_time().saturating_sub(before));
    }
    bench.control.work(false);
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[test]
fn peaks_add_one_request_for_each_source_and_none_is_beyond_the_cliff() {
    println!(
        "{:<12} {:<9} {:>8} {:>6} {:>6} {:>6} {:>6} {:>9} {:>8}",
        "host", "transport", "interval", "peaks", "lists", "reads", "pairs", "us", "CPU us"
    );
    for (host, sources) in PEAK_SOURCES {
        let bench = Bench::new(host);
        // So that each tick has as many samples.
        bench.control.stop_clock(bench.control.now());
        for transport in TRANSPORTS {
            for (seconds, config) in [
                (15, Config::default()),
                (15, Config::default().with_peaks()),
                (60, Config::default().with_peaks()),
            ] {
                let interval = Duration::from_secs(seconds);
                let has_peaks = config.peaks().is_some();
                let provider = SdkMeterProvider::builder().build();
                let meter = DcgmMeter::builder()
                    .with_config(config.with_max_series(8192))
                    .with_interval(interval)
                    // Its thread does nothing by itself.
                    .with_initial_delay(Duration::from_secs(24 * 3600))
                    .with_client(bench.engine(transport))
                    .install(&provider)
                    .expect("the first");
                let tick = || {
                    bench.control.advance(interval);
                    meter.sample_now().expect("values");
                };
                for _ in 0..5 {
                    tick();
                }
                bench.control.advance(interval);
                let counted = bench.count(|| meter.sample_now().expect("values"));
                let round_trips = counted.charged.as_micros() / ROUND_TRIP.as_micros();
                let pairs = round_trips - u128::from(counted.lists + counted.reads);
                let time = median_client_time(&bench, transport, || {
                    bench.control.advance(interval);
                    meter.sample_now().expect("values");
                });
                println!(
                    "{host:<12} {:<9} {seconds:>7}s {has_peaks:>6} {:>6} {:>6} {pairs:>6} {:>9} {:>8}",
                    format!("{transport:?}"),
                    counted.lists,
                    counted.reads,
                    counted.charged.as_micros(),
                    time.map_or_else(String::new, |time| time.as_micros().to_string()),
                );
                let case = format!("{host} {transport:?} {seconds} s: {counted:?}");
                let expected = if has_peaks { sources } else { 0 };
                assert_eq!(pairs, u128::from(expected), "{case}");
                // One call for GPUs and their profiling each, and likewise for their instances.
                assert!(counted.events <= 4, "{case}");
                assert_eq!(
                    counted.charged.as_micros() % ROUND_TRIP.as_micros(),
                    0,
                    "{case}"
                );
            }
        }
        bench.control.run_clock();
    }
}
