//! Growth of the cost of each stage with the number of values or series.
//!
//! `cargo bench -p dcgm-benches --bench growth`; with `-- --write` it writes `docs/internals/growth.svg`. Costs
//! are instructions, counted by cachegrind in all threads of a process, so they are the same on a
//! busy machine as on an idle one. The cost of reading is what [`Engine`] adds to a loop as in C;
//! those of the other stages are complete.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

mod plot;

use std::time::Duration;

use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityKind, Query, Samples, WatchRequest,
};
use dcgm_benches::{
    Asked, Block, Canned, Floor, earnest, instructions, is_child, line, nowhere, numeric_fields,
    prometheus_reader, with_series,
};
use dcgm_otel::{Config, DcgmMeter};
use dcgm_simulator::Control;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use plot::{StageCosts, render_plot};
use prometheus::{Registry, TextEncoder};

/// Cardinality limit: enough for the NVLinks of a hundred GPUs.
const LIMIT: usize = 8_000;

/// A stage of sampling and exporting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Read,
    Convert,
    Collect,
    Export,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Read, Self::Convert, Self::Collect, Self::Export];

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Convert => "convert",
            Self::Collect => "collect",
            Self::Export => "export",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Read => "Read: what is added to a loop in C",
            Self::Convert => "Convert: a tick without libdcgm",
            Self::Collect => "Collect: by the SDK",
            Self::Export => "Export: collect and Prometheus text",
        }
    }

    /// Returns the name of the items that the stage handles, and of one of them.
    const fn items(self) -> (&'static str, &'static str) {
        match self {
            Self::Read => ("values", "value"),
            Self::Convert | Self::Collect | Self::Export => ("series", "series"),
        }
    }
}

/// Hosts to read, each with the number of entities and fields.
const READS: [(&str, usize, usize); 6] = [
    ("8xh100", 8, 12),
    ("8xh100", 8, 127),
    ("32xh100", 20, 127),
    ("32xh100", 32, 127),
    ("8xh100-mig7", 42, 127),
    ("8xh100-mig7", 56, 127),
];

const SERIES: [u32; 6] = [100, 1_000, 2_500, 5_000, 7_500, 10_000];

fn meter(series: u32, provider: &SdkMeterProvider) -> DcgmMeter {
    let config = Config::default()
        .with_max_series(100_000)
        .with_max_instrument_series(LIMIT / 2)
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(24 * 3600));
    let meter = DcgmMeter::builder()
        .with_config(config)
        .with_client(Canned::new(with_series(series)))
        .install(provider)
        .expect("the first");
    meter.sample_now().expect("a mock that is well");
    meter
}

/// Returns how many series a meter has that is to have about so many.
fn series(about: u32) -> usize {
    let provider = nowhere(1);
    meter(about, &provider).health().series
}

fn exporting() -> (SdkMeterProvider, Registry) {
    let (exporter, registry) = prometheus_reader();
    let view = |_: &Instrument| Stream::builder().with_cardinality_limit(LIMIT).build().ok();
    let builder = SdkMeterProvider::builder().with_reader(exporter);
    (builder.with_view(view).build(), registry)
}

fn block(engine: &Engine, (host, entities, count): (&str, usize, usize)) -> Block {
    let kind = if host.ends_with("mig7") {
        EntityKind::GPU_INSTANCE
    } else {
        EntityKind::GPU
    };
    let mut ids = Vec::new();
    engine.list(kind, &mut ids).expect("listed");
    ids.truncate(entities);
    assert_eq!(ids.len(), entities, "{host} has them");
    (ids, numeric_fields(count))
}

/// Reads `times` times, by the engine or by a loop in C. Both are set up in either case.
fn read(number: usize, ours: bool, times: usize) {
    let path = dcgm_simulator::library_4_6().expect("built with this");
    let control = Control::of(&path).expect("the simulator");
    let (host, ..) = READS[number];
    assert!(control.set_host(host), "a host {host}");
    let engine = Engine::new(EngineOptions::embedded(EmbeddedMode::Auto).with_library(&path));
    engine.connect().expect("an engine");
    let block = block(&engine, READS[number]);
    let request = WatchRequest::new(block.0.clone(), block.1.clone());
    let _watch = engine.watch(&request).expect("watched");
    let mut asked = Asked::default();
    asked.latest.push(block.clone());
    let mut bare = Floor::embedded(&path, &asked);
    let query = Query::new([block]);
    let mut samples = Samples::new();
    // Sampling is no part of reading.
    control.freeze(true);
    for _ in 0..times {
        if ours {
            engine.latest(&query, &mut samples).expect("read");
        } else {
            bare.read();
        }
    }
}

/// Does the work of a stage `times` times.
fn work(name: &str, times: usize) {
    let mut words = name.split(' ');
    let stage = words.next().expect("a stage");
    let stage = Stage::ALL
        .iter()
        .find(|one| one.name() == stage)
        .expect("a stage");
    let number = words
        .next()
        .and_then(|word| word.parse::<u32>().ok())
        .expect("a number");
    match stage {
        Stage::Read => read(number as usize, words.next() == Some("ours"), times),
        Stage::Convert => {
            let provider = nowhere(1);
            let meter = meter(number, &provider);
            for _ in 0..times {
                meter.sample_now().expect("a mock that is well");
            }
        }
        Stage::Collect => {
            let provider = nowhere(LIMIT);
            let _meter = meter(number, &provider);
            for _ in 0..times {
                provider.force_flush().expect("exports");
            }
        }
        Stage::Export => {
            let (provider, registry) = exporting();
            let _meter = meter(number, &provider);
            for _ in 0..times {
                let families = registry.gather();
                TextEncoder::new()
                    .encode_to_string(&families)
                    .expect("text");
            }
        }
    }
}

/// Returns numbers of items and instructions; `None` without valgrind.
#[expect(clippy::cast_precision_loss, reason = "far from so large")]
fn points(stage: Stage, most: usize) -> Option<Vec<(f64, f64)>> {
    // The second read makes groups.
    let (few, many) = if earnest() { (5, 25) } else { (2, 3) };
    let count = |name: &str| instructions(&format!("{} {name}", stage.name()), few, many);
    if stage == Stage::Read {
        let point = |(number, (_, entities, fields)): (usize, &(&str, usize, usize))| {
            let ours = count(&format!("{number} ours"))?;
            let bare = count(&format!("{number} bare"))?;
            Some(((entities * fields) as f64, ours - bare))
        };
        return READS.iter().enumerate().take(most).map(point).collect();
    }
    let point = |about: &u32| Some((series(*about) as f64, count(&about.to_string())?));
    SERIES.iter().take(most).map(point).collect()
}

fn main() {
    if let Some(task) = is_child() {
        work(&task.name, task.times);
        return;
    }
    let most = if earnest() { SERIES.len() } else { 2 };
    line(&format!(
        "{:<8} {:>8} {:>14} {:>10}",
        "stage", "items", "instructions", "per item"
    ));
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let Some(mut points) = points(stage, most) else {
            line("skipped: valgrind is not installed");
            return;
        };
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (items, cost) in &points {
            line(&format!(
                "{:<8} {items:>8} {cost:>14.0} {:>10.1}",
                stage.name(),
                cost / items,
            ));
        }
        let (items, item) = stage.items();
        let costs = StageCosts {
            title: stage.title(),
            items,
            item,
            connected: stage != Stage::Read,
            points,
        };
        let (low, high) = costs.cost_range();
        line(&format!(
            "{:<8} {low:.1} to {high:.1} instructions per item",
            stage.name()
        ));
        stages.push(costs);
    }
    let plot = render_plot(&stages);
    if std::env::args().any(|argument| argument == "--write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/internals/growth.svg");
        std::fs::write(path, plot).expect("docs can be written to");
        line("wrote docs/internals/growth.svg");
    }
}
