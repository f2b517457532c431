//! What [`Engine`] adds to a loop as one writes it in C: the same function of the simulated library
//! with the same request into the same kind of buffer, and a copy of each value.
//!
//! `cargo bench -p dcgm-benches --bench read`. Both ask the same embedded engine in turn, so the
//! difference is ours: the way to the engine's thread and back, and what is done with each record.
//! `idle` is the first read after the thread has slept. The goal: at most 10 ns a value. How long
//! the function itself takes is the simulator's, and says nothing of DCGM.

#![expect(
    unsafe_code,
    clippy::expect_used,
    reason = "the loop is to be as one would write it in C"
)]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityKind, FieldId, Query,
    Samples, ValueType, WatchRequest,
};
use dcgm_benches::{earnest, instructions, is_child, line, median};
use dcgm_simulator::Control;
use dcgm_sys as sys;

/// The handle of the engine in this process.
const EMBEDDED: sys::dcgmHandle_t = 0x7fff_ffff;

/// The first numeric fields that an engine samples by itself.
fn fields(count: usize) -> Vec<FieldId> {
    let numeric = |info: &&dcgm::FieldInfo| {
        matches!(info.value_type, ValueType::Int | ValueType::Double)
            && info.level == EntityKind::GPU
            && info.since == "3.3.5"
            && !info.id.is_profiling()
            && !info.id.is_event()
    };
    let known = FieldId::all().iter().filter(numeric);
    known.take(count).map(|info| info.id).collect()
}

/// As one would keep a value in C.
#[derive(Clone, Copy)]
struct Kept {
    _entity: (u32, u32),
    _field: u16,
    _at: i64,
    _value: i64,
}

struct Loop {
    library: &'static sys::Library,
    entities: Vec<sys::dcgmGroupEntityPair_t>,
    fields: Vec<u16>,
    records: Vec<sys::dcgmFieldValue_v2>,
    kept: Vec<Kept>,
}

impl Loop {
    fn new(library: &'static sys::Library, entities: &[EntityId], fields: &[FieldId]) -> Self {
        // SAFETY: a struct of integers and of a union of those.
        let empty: sys::dcgmFieldValue_v2 = unsafe { core::mem::zeroed() };
        let pair = |entity: &EntityId| sys::dcgmGroupEntityPair_t {
            entityGroupId: entity.kind.raw(),
            entityId: entity.id,
        };
        Self {
            library,
            entities: entities.iter().map(pair).collect(),
            fields: fields.iter().map(|field| field.raw()).collect(),
            records: vec![empty; entities.len() * fields.len()],
            kept: Vec::with_capacity(entities.len() * fields.len()),
        }
    }

    fn read(&mut self) {
        let count = |len: usize| u32::try_from(len).expect("a small number");
        // SAFETY: the lists have these lengths, and there is a record for each pair.
        let answer = unsafe {
            self.library.symbols().dcgmEntitiesGetLatestValues(
                EMBEDDED,
                self.entities.as_mut_ptr(),
                count(self.entities.len()),
                self.fields.as_mut_ptr(),
                count(self.fields.len()),
                0,
                self.records.as_mut_ptr(),
            )
        };
        assert_eq!(answer.expect("a function"), 0);
        self.kept.clear();
        for record in &self.records {
            if record.status == 0 {
                self.kept.push(Kept {
                    _entity: (record.entityGroupId, record.entityId),
                    _field: record.fieldId,
                    _at: record.ts,
                    // SAFETY: all bytes of it were set, to zero at least.
                    _value: unsafe { record.value.i64 },
                });
            }
        }
        black_box(&self.kept);
    }
}

struct Pair {
    engine: Engine,
    query: Query,
    samples: Samples,
    bare: Loop,
    _watch: dcgm::Watch,
}

impl Pair {
    fn new(entities: &[EntityId], fields: &[FieldId]) -> Self {
        let path = dcgm_simulator::library_4_6().expect("built with this");
        let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&path);
        let engine = Engine::new(options);
        engine.connect().expect("an engine");
        let watch = engine
            .watch(&WatchRequest::new(entities, fields))
            .expect("watched");
        let library = sys::Library::open_at(&path).expect("it is loaded");
        Self {
            engine,
            query: Query::new([(entities.to_vec(), fields.to_vec())]),
            samples: Samples::new(),
            bare: Loop::new(library, entities, fields),
            _watch: watch,
        }
    }

    fn ours(&mut self) {
        self.engine
            .latest(&self.query, &mut self.samples)
            .expect("read");
        black_box(&self.samples);
    }
}

fn nanos(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
}

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

/// A host, what of it is read, and how many fields.
fn case(name: &str, count: usize) -> (Vec<EntityId>, Vec<FieldId>) {
    let entities = match name {
        "1" => gpus(1),
        "8" => gpus(8),
        "32" => gpus(32),
        _ => (0..56)
            .map(|id| EntityId::new(EntityKind::GPU_INSTANCE, id))
            .collect(),
    };
    (entities, fields(count))
}

fn set_host(control: &Control, name: &str) {
    let host = match name {
        "mig" => "8xh100-mig7",
        "32" => "32xh100",
        _ => "8xh100",
    };
    assert!(control.set_host(host), "a host {host}");
}

fn main() {
    let path = dcgm_simulator::library_4_6().expect("built with this");
    let control = Control::of(&path).expect("the simulator");
    if let Some(work) = is_child() {
        let mut words = work.name.split(' ');
        let mut next = || words.next().expect("a host, a number and who");
        let (host, count, who) = (next(), next(), next());
        set_host(&control, host);
        let (entities, fields) = case(host, count.parse().expect("a number"));
        let mut pair = Pair::new(&entities, &fields);
        for _ in 0..work.times {
            if who == "ours" {
                pair.ours();
            } else {
                pair.bare.read();
            }
        }
        return;
    }
    let (rounds, batch) = if earnest() { (41, 50) } else { (1, 1) };
    line(&format!(
        "{:>5} {:>7} {:>7} {:>10} {:>10} {:>9} {:>12} {:>9} {:>12}",
        "host", "fields", "values", "us", "us bare", "ns each", "us, idle", "bare", "instr. each"
    ));
    for (host, count) in [
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
    ] {
        set_host(&control, host);
        let (entities, fields) = case(host, count);
        let mut pair = Pair::new(&entities, &fields);
        let values = entities.len() * fields.len();
        pair.ours();
        pair.bare.read();
        let (mut ours, mut bare, mut each) = (Vec::new(), Vec::new(), Vec::new());
        #[expect(clippy::cast_precision_loss, reason = "far from so large")]
        let of_each = |all: f64| all / values as f64;
        for _ in 0..rounds {
            let one = nanos(|| (0..batch).for_each(|_| pair.ours())) / f64::from(batch);
            let other = nanos(|| (0..batch).for_each(|_| pair.bare.read())) / f64::from(batch);
            ours.push(one);
            bare.push(other);
            each.push(of_each(one - other));
        }
        let (mut idle, mut idle_bare) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            thread::sleep(Duration::from_millis(2));
            idle.push(nanos(|| pair.ours()));
            thread::sleep(Duration::from_millis(2));
            idle_bare.push(nanos(|| pair.bare.read()));
        }
        let counted = |who: &str| {
            let (few, many) = if earnest() { (5, 25) } else { (1, 2) };
            instructions(&format!("{host} {count} {who}"), few, many)
        };
        let counted = match (counted("ours"), counted("bare")) {
            (Some(ours), Some(bare)) => format!("{:>12.1}", of_each(ours - bare)),
            _ => "skipped: valgrind is not installed".to_owned(),
        };
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
