//! The program that is measured: one that exports for Prometheus, with a meter or without.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dcgm::{Engine, EngineOptions};
use dcgm_benches::{Asked, Floor, cpu_time, line, prometheus_reader, resident, resident_kib};
use dcgm_otel::{Config, DcgmMeter, sdk};
use dcgm_simulator::Control;
use opentelemetry::metrics::{Counter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

/// The number of the program's own instruments.
const OWN: usize = 10;

/// Larger than what a processor keeps near itself.
const CACHES: usize = 32 << 20;

/// Longer than the interval at which pending profiling fields are sampled.
const SETTLING: Duration = Duration::from_secs(3);

/// The short form does not wait: it measures nothing.
const SHORT_FORM_SCRAPES: usize = 10;

/// The meter of the program, beside metrics of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Nothing.
    Alone,
    /// The calls in C that read what a meter reads.
    Reads,
    /// The same with the lists of entities and the events, in each tick.
    Floor,
    /// A meter that writes the page itself, without an SDK.
    Direct,
    /// A meter, and the view that fits the SDK's memory to it.
    Meter,
    /// A meter, and the SDK's own limit.
    Unfitted,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Alone,
        Self::Reads,
        Self::Floor,
        Self::Direct,
        Self::Meter,
        Self::Unfitted,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alone => "without",
            Self::Reads => "reads in C",
            Self::Floor => "a tick in C",
            Self::Direct => "with, direct page",
            Self::Meter => "with",
            Self::Unfitted => "with, no view",
        }
    }
}

/// The task of a child process.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) kind: Kind,
    /// The engine's unix socket.
    pub(crate) socket: String,
    /// The most series that an instrument has.
    pub(crate) bound: usize,
    pub(crate) scrapes: usize,
    pub(crate) cold: usize,
    pub(crate) asked: Asked,
}

/// The output of the child: a word and a number per line.
pub(crate) const FACTS: [&str; 13] = [
    "first_us",
    "hot_us",
    "sample_us",
    "cold_us",
    "rss_10",
    "rss_all",
    "anonymous",
    "private",
    "program",
    "libdcgm",
    "heap",
    "lines",
    "bytes",
];

enum Source {
    None,
    Floor(Floor),
    Meter(Box<DcgmMeter>),
}

struct Program {
    registry: Registry,
    _provider: SdkMeterProvider,
    own: Vec<Counter<u64>>,
    kind: Kind,
    source: Source,
    page: String,
    /// The part of the time that was spent before the export.
    sampling: Duration,
}

pub(crate) fn config(bound: usize) -> Config {
    Config::default()
        .with_max_series(20_000)
        .with_max_instrument_series(bound)
        // Nothing is sampled without a request.
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(24 * 3600))
}

pub(crate) fn engine(library: &Path, socket: &str) -> Engine {
    let endpoint = format!("unix://{socket}").parse().expect("an endpoint");
    Engine::new(EngineOptions::standalone(endpoint).with_library(library))
}

impl Program {
    fn new(task: &Task) -> Self {
        let (exporter, registry) = prometheus_reader();
        let mut builder = SdkMeterProvider::builder().with_reader(exporter);
        if task.kind == Kind::Meter {
            builder = builder.with_view(sdk::view(task.bound));
        }
        let provider = builder.build();
        let meter = provider.meter("program");
        let own = (0..OWN).map(|number| meter.u64_counter(format!("program.{number}")).build());
        let own = own.collect();
        let source = match task.kind {
            Kind::Alone => Source::None,
            Kind::Reads | Kind::Floor => {
                Source::Floor(Floor::connect(&library(), &task.socket, &task.asked))
            }
            Kind::Direct | Kind::Meter | Kind::Unfitted => {
                let builder = DcgmMeter::builder()
                    .with_config(config(task.bound))
                    .with_client(engine(&library(), &task.socket));
                let meter = match task.kind {
                    Kind::Direct => builder.start(),
                    _ => builder.install(&provider),
                };
                Source::Meter(Box::new(meter.expect("the first")))
            }
        };
        Self {
            registry,
            _provider: provider,
            own,
            kind: task.kind,
            source,
            page: String::new(),
            sampling: Duration::ZERO,
        }
    }

    /// The work of a program for one scrape.
    fn scrape(&mut self) {
        for own in &self.own {
            own.add(1, &[]);
        }
        let before = cpu_time();
        match &mut self.source {
            Source::None => {}
            Source::Floor(floor) => {
                let values = match self.kind {
                    Kind::Reads => floor.read(),
                    _ => floor.tick(),
                };
                assert!(values > 0, "the engine answers");
            }
            Source::Meter(meter) => meter.sample_now().expect("an engine that is well"),
        }
        self.sampling += cpu_time().saturating_sub(before);
        match (&self.source, self.kind) {
            (Source::Meter(meter), Kind::Direct) => meter.prometheus_text(&mut self.page),
            // A loop in C exports nothing.
            (Source::Floor(_), _) => {}
            _ => {
                let families = self.registry.gather();
                let encoder = TextEncoder::new();
                self.page = encoder.encode_to_string(&families).expect("text");
            }
        }
    }
}

pub(crate) fn library() -> PathBuf {
    dcgm_simulator::library_4_6().expect("built with this")
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "far from so large")]
pub(crate) fn run(task: &Task, began: Instant) {
    let control = Control::of(&library()).expect("the simulator");
    control.work(true);
    let mut program = Program::new(task);
    program.scrape();
    let first = began.elapsed();
    assert!(
        !program.page.contains("overflow"),
        "there is room for all series"
    );
    for _ in 1..10 {
        program.scrape();
    }
    let rss_10 = resident_kib();
    // A meter reads pending profiling fields again in each tick, until their second sample has come.
    if task.scrapes > SHORT_FORM_SCRAPES && matches!(program.source, Source::Meter(_)) {
        std::thread::sleep(SETTLING);
        for _ in 0..3 {
            program.scrape();
        }
    }
    program.sampling = Duration::ZERO;
    let before = cpu_time();
    for _ in 0..task.scrapes {
        program.scrape();
    }
    let times = u32::try_from(task.scrapes.max(1)).expect("few");
    let hot = cpu_time().saturating_sub(before) / times;
    let sampling = program.sampling / times;
    let rss_all = resident_kib();
    let resident = resident();
    // As after 15 s in which others had the processor.
    let mut others = vec![0_u8; CACHES];
    let mut cold = Vec::new();
    for _ in 0..task.cold {
        for byte in others.iter_mut().step_by(64) {
            *byte = byte.wrapping_add(1);
        }
        let before = cpu_time();
        program.scrape();
        cold.push(micros(cpu_time().saturating_sub(before)));
    }
    let cold = dcgm_benches::median(cold);
    let text = &program.page;
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    let numbers = [
        micros(first),
        micros(hot),
        micros(sampling),
        cold,
        rss_10 as f64,
        rss_all as f64,
        resident.anonymous as f64,
        resident.private as f64,
        resident.program as f64,
        resident.libdcgm as f64,
        resident.heap as f64,
        series as f64,
        text.len() as f64,
    ];
    for (fact, number) in FACTS.iter().zip(numbers) {
        line(&format!("{fact} {number}"));
    }
}
