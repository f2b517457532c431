//! The overhead of [`Engine`] over a loop as in C: the same function of the simulated library
//! with the same kind of groups, and a copy of each value.
//!
//! `cargo bench -p dcgm-benches --bench read`. Both ask the same embedded engine in turn, so the
//! difference is ours: the way to the engine's thread and back, and what is done with each value.
//! It is the processors' time, of both threads; `idle` is the clock's, of the first read after the
//! thread has slept. The goal: at most 10 ns a value. How long the function itself takes is the
//! simulator's, and says nothing of DCGM.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityKind, FieldId, Query,
    Samples, ValueType, WatchRequest,
};
use dcgm_benches::{
    Asked, Floor, UNCOUNTED, cpu_time, earnest, instructions, is_child, line, median,
};
use dcgm_simulator::Control;

/// The first numeric fields that an engine samples by itself.
fn fields(count: usize) -> Vec<FieldId> {
    let numeric = |info: &&dcgm::FieldInfo| {
        matches!(info.value_type, ValueType::Int | ValueType::Double)
            && info.scope == EntityKind::GPU
            && info.since == dcgm::Version::new(3, 3, 5)
            && !info.id.is_profiling()
            && !info.id.is_event()
    };
    let known = FieldId::all().iter().filter(numeric);
    known.take(count).map(|info| info.id).collect()
}

struct Pair {
    engine: Engine,
    query: Query,
    samples: Samples,
    bare: Floor,
    _watch: dcgm::Watch,
}

impl Pair {
    fn new(host: &str, fields: &[FieldId]) -> Self {
        let path = dcgm_simulator::library_4_6().expect("built with this");
        let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&path);
        let engine = Engine::new(options);
        engine.connect().expect("an engine");
        let entities = entities(&engine, host);
        let watch = engine
            .watch(&WatchRequest::new(entities.as_slice(), fields))
            .expect("watched");
        let mut asked = Asked::default();
        asked.latest.push((entities.clone(), fields.to_vec()));
        Self {
            engine,
            query: Query::new([(entities, fields.to_vec())]),
            samples: Samples::new(),
            bare: Floor::embedded(&path, &asked),
            _watch: watch,
        }
    }

    fn ours(&mut self) {
        self.engine
            .latest(&self.query, &mut self.samples)
            .expect("read");
        black_box(&self.samples);
    }

    fn theirs(&mut self) {
        black_box(self.bare.read());
    }
}

/// Measures the elapsed time and the processor time of some work, in nanoseconds.
fn nanos(work: impl FnOnce()) -> (f64, f64) {
    let (start, before) = (Instant::now(), cpu_time());
    work();
    let (took, used) = (start.elapsed(), cpu_time().saturating_sub(before));
    (took.as_secs_f64() * 1e9, used.as_secs_f64() * 1e9)
}

/// The entities and fields of a host that are read.
fn entities(engine: &Engine, host: &str) -> Vec<EntityId> {
    let kind = match host {
        "mig" => EntityKind::GPU_INSTANCE,
        _ => EntityKind::GPU,
    };
    let mut ids = Vec::new();
    engine.list(kind, &mut ids).expect("listed");
    ids
}

fn set_host(control: &Control, name: &str) {
    let host = match name {
        "mig" => "8xh100-mig7",
        "32" => "32xh100",
        "1" => "1xh100",
        _ => "8xh100",
    };
    assert!(control.set_host(host), "a host {host}");
}

/// Hosts, and how many fields are read of each entity.
const CASES: [(&str, usize); 10] = [
    ("1", 12),
    ("1", 40),
    ("8", 12),
    ("8", 40),
    ("8", 127),
    ("32", 12),
    ("32", 40),
    ("32", 127),
    ("mig", 12),
    ("mig", 40),
];

fn main() {
    let path = dcgm_simulator::library_4_6().expect("built with this");
    let control = Control::of(&path).expect("the simulator");
    if let Some(work) = is_child() {
        let mut words = work.name.split(' ');
        let mut next = || words.next().expect("a host, a number and who");
        let (host, count, who) = (next(), next(), next());
        set_host(&control, host);
        let fields = fields(count.parse().expect("a number"));
        let mut pair = Pair::new(host, &fields);
        // What the engine samples meanwhile is no part of reading.
        control.freeze(true);
        for _ in 0..work.times {
            if who == "ours" {
                pair.ours();
            } else {
                pair.theirs();
            }
        }
        return;
    }
    let (rounds, batch) = if earnest() { (41, 50) } else { (1, 1) };
    line(&format!(
        "{:>5} {:>7} {:>7} {:>10} {:>10} {:>9} {:>12} {:>9} {:>12}",
        "host", "fields", "values", "cpu us", "bare", "ns each", "us, idle", "bare", "instr. each"
    ));
    for (host, count) in CASES {
        set_host(&control, host);
        let mut pair = Pair::new(host, &fields(count));
        let values = pair.query.len();
        // The second read makes the groups.
        for _ in 0..3 {
            pair.ours();
            pair.theirs();
        }
        let (mut ours, mut bare, mut each) = (Vec::new(), Vec::new(), Vec::new());
        #[expect(clippy::cast_precision_loss, reason = "far from so large")]
        let of_each = |all: f64| all / values as f64;
        for _ in 0..rounds {
            let one = nanos(|| (0..batch).for_each(|_| pair.ours())).1 / f64::from(batch);
            let other = nanos(|| (0..batch).for_each(|_| pair.theirs())).1 / f64::from(batch);
            ours.push(one);
            bare.push(other);
            each.push(of_each(one - other));
        }
        let (mut idle, mut idle_bare) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            thread::sleep(Duration::from_millis(2));
            idle.push(nanos(|| pair.ours()).0);
            thread::sleep(Duration::from_millis(2));
            idle_bare.push(nanos(|| pair.theirs()).0);
        }
        let (few, many) = if earnest() { (5, 25) } else { (3, 4) };
        let counted = |who: &str| instructions(&format!("{host} {count} {who}"), few, many);
        let is_counted = earnest() || (host, count) == CASES[0];
        let counted = if is_counted {
            counted("ours").zip(counted("bare"))
        } else {
            None
        };
        let counted = counted.map_or(UNCOUNTED.to_owned(), |(ours, bare)| {
            format!("{:>12.1}", of_each(ours - bare))
        });
        line(&format!(
            "{host:>5} {count:>7} {values:>7} {:>10.2} {:>10.2} {:>9.2} {:>12.2} {:>9.2} {counted}",
            median(ours) / 1e3,
            median(bare) / 1e3,
            median(each),
            median(idle) / 1e3,
            median(idle_bare) / 1e3,
        ));
    }
}
