//! Claims about reading by groups: what is read again is read so, gives the same, and what the
//! engine lent for it is given back.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityKind, FieldId, Query,
    ReturnCode, Samples, Watch, WatchRequest,
};
use dcgm_simulator::{Control, Fault, Flavour, Served};
use tempfile::TempDir;

const LISTS: &str = "dcgmEntitiesGetLatestValues";
const GROUPS: &str = "dcgmGetLatestValues_v2";

/// Fields of each kind of value, of which an H100 has some and lacks others.
const FIELDS: [FieldId; 8] = [
    FieldId::GPU_TEMP,
    FieldId::POWER_USAGE,
    FieldId::SM_CLOCK,
    FieldId::NAME,
    FieldId::XID_ERRORS,
    FieldId::PROF_SM_ACTIVE,
    FieldId::FB_USED,
    FieldId::FAN_SPEED,
];

/// Faults and the clock are the library's, and so the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

struct Bench {
    control: Control,
    library: std::path::PathBuf,
    folder: TempDir,
    served: Served,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn new(flavour: Flavour, host: &str) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = match flavour {
            Flavour::V4_6 => dcgm_simulator::library_4_6(),
            _ => dcgm_simulator::library_3_3(),
        }
        .unwrap();
        let control = Control::of(&library).unwrap();
        control.clear();
        assert!(control.set_host(host));
        let folder = tempfile::tempdir().unwrap();
        let served = control.serve(&socket(&folder), flavour).unwrap();
        // So that what is read twice is the same twice.
        control.stop_clock(control.now());
        Self {
            control,
            library,
            folder,
            served,
            _alone: alone,
        }
    }

    fn embedded(&self) -> Engine {
        let options = EngineOptions::embedded(EmbeddedMode::Auto);
        self.connected(options)
    }

    fn engine(&self) -> Engine {
        let endpoint = socket(&self.folder).parse().unwrap();
        self.connected(EngineOptions::standalone(endpoint))
    }

    fn connected(&self, options: EngineOptions) -> Engine {
        let engine = Engine::new(options.with_library(&self.library));
        engine.connect().unwrap();
        engine
    }

    /// Returns the samples as text, and the number of calls of each kind.
    fn read(&self, engine: &Engine, query: &Query) -> (String, u64, u64) {
        let mut samples = Samples::new();
        self.control.reset_calls();
        engine.latest(query, &mut samples).unwrap();
        let mut texts: Vec<_> = samples.iter().map(|sample| format!("{sample:?}")).collect();
        // Blocks that overlap may be read by calls of their own.
        texts.sort();
        texts.dedup();
        let calls = |name| self.control.calls(name);
        (texts.join("\n"), calls(LISTS), calls(GROUPS))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.control.clear();
        self.control.run_clock();
        self.control.kill(self.served);
    }
}

fn socket(folder: &TempDir) -> String {
    format!("unix://{}", folder.path().join("engine").display())
}

/// Two blocks that overlap, of all entities of a kind and of the first of them.
fn overlapping(engine: &Engine, kind: EntityKind) -> (Watch, Query) {
    let mut ids = Vec::new();
    if kind == EntityKind::LINK {
        ids.extend(engine.links().unwrap().iter().filter_map(|link| link.id));
    } else {
        engine.list(kind, &mut ids).unwrap();
    }
    let watch = engine
        .watch(&WatchRequest::new(ids.clone(), FIELDS))
        .unwrap();
    let (some, few) = (FIELDS[..6].to_vec(), FIELDS[2..].to_vec());
    let first = ids.first().copied().into_iter().collect();
    (watch, Query::new([(ids, some), (first, few)]))
}

fn gpus() -> (Vec<EntityId>, Vec<FieldId>) {
    ((0..8).map(EntityId::gpu).collect(), FIELDS.to_vec())
}

#[test]
fn what_is_read_by_groups_is_what_is_read_by_lists() {
    for flavour in [Flavour::V4_6, Flavour::V3_3] {
        for (host, kind) in [
            ("8xh100", EntityKind::GPU),
            ("8xh100-mig7", EntityKind::GPU_INSTANCE),
            ("8xh100", EntityKind::LINK),
        ] {
            if kind == EntityKind::LINK && flavour == Flavour::V3_3 {
                continue;
            }
            let bench = Bench::new(flavour, host);
            for engine in [bench.engine(), bench.embedded()] {
                let (_watch, query) = overlapping(&engine, kind);
                let (first, lists, groups) = bench.read(&engine, &query);
                assert!(lists > 0 && groups == 0, "{host} {kind}: {lists} {groups}");
                assert_eq!(first.lines().count(), distinct(&query), "{host} {kind}");
                for _ in 0..2 {
                    let (again, lists, groups) = bench.read(&engine, &query);
                    assert!(lists == 0 && groups > 0, "{host} {kind}: {lists} {groups}");
                    assert_eq!(again, first, "{host} {kind}");
                }
            }
        }
    }
}

fn distinct(query: &Query) -> usize {
    let mut pairs: Vec<_> = query.pairs().collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.len()
}

#[test]
fn a_small_query_takes_no_group() {
    let bench = Bench::new(Flavour::V4_6, "8xh100");
    let engine = bench.engine();
    let query = Query::new([(vec![EntityId::gpu(0)], FIELDS.to_vec())]);
    for _ in 0..3 {
        let (_, lists, groups) = bench.read(&engine, &query);
        assert_eq!((lists, groups), (1, 0));
    }
    assert_eq!(bench.control.open().groups, 0);
}

#[test]
fn a_dropped_query_gives_its_groups_back() {
    let bench = Bench::new(Flavour::V4_6, "8xh100");
    for engine in [bench.engine(), bench.embedded()] {
        for _ in 0..100 {
            let query = Query::new([gpus()]);
            for _ in 0..2 {
                bench.read(&engine, &query);
            }
            let open = bench.control.open();
            assert!(open.groups <= 2 && open.field_groups <= 2, "{open:?}");
        }
        // The embedded engine goes on without this session.
        drop(engine);
        // The engine notices the end of a connection a moment later.
        let open = || {
            let open = bench.control.open();
            (open.groups, open.field_groups)
        };
        let until = Instant::now() + Duration::from_secs(10);
        while open() != (0, 0) && Instant::now() < until {
            thread::yield_now();
        }
        assert_eq!(open(), (0, 0));
    }
}

#[test]
fn more_queries_than_are_kept_do_not_use_up_what_all_clients_share() {
    let bench = Bench::new(Flavour::V4_6, "8xh100");
    let engine = bench.engine();
    let queries: Vec<_> = (0..200).map(|_| Query::new([gpus()])).collect();
    for _ in 0..2 {
        for query in &queries {
            for _ in 0..2 {
                bench.read(&engine, query);
            }
            let open = bench.control.open();
            assert!(open.groups <= 16 && open.field_groups <= 16, "{open:?}");
        }
    }
}

#[test]
fn an_engine_without_a_group_to_give_is_read_by_lists() {
    let functions = [
        "dcgmGroupCreate",
        "dcgmGroupAddEntity",
        "dcgmFieldGroupCreate",
        GROUPS,
    ];
    for function in functions {
        let bench = Bench::new(Flavour::V4_6, "8xh100");
        let engine = bench.engine();
        // Of some of the GPUs, as the engine fills a group of all of them itself.
        let (mut ids, fields) = gpus();
        ids.truncate(3);
        let query = Query::new([(ids, fields)]);
        let (first, ..) = bench.read(&engine, &query);
        let limit = Fault::Code(ReturnCode::MAX_LIMIT.raw());
        assert!(bench.control.fault(function, limit, 1));
        for _ in 0..3 {
            let (texts, lists, _) = bench.read(&engine, &query);
            assert_eq!((texts, lists), (first.clone(), 1), "{function}");
        }
        // And what there was is given back.
        let open = bench.control.open();
        assert_eq!((open.groups, open.field_groups), (0, 0), "{function}");
    }
}

#[test]
fn groups_destroyed_by_others_are_replaced_by_lists() {
    let bench = Bench::new(Flavour::V4_6, "8xh100");
    let engine = bench.engine();
    let query = Query::new([gpus()]);
    let (first, ..) = bench.read(&engine, &query);
    let (_, _, groups) = bench.read(&engine, &query);
    assert_eq!(groups, 1);
    // What the engine answers then.
    let gone = Fault::Code(ReturnCode::NOT_CONFIGURED.raw());
    assert!(bench.control.fault(GROUPS, gone, 1));
    for _ in 0..3 {
        let (texts, lists, _) = bench.read(&engine, &query);
        assert_eq!((texts, lists), (first.clone(), 1));
    }
}

/// The groups that another client destroys.
#[derive(Clone, Copy, Debug)]
struct Destroyed {
    entities: bool,
    fields: bool,
}

impl Bench {
    /// Destroys the groups of all clients of the embedded engine, as other code in the process.
    #[expect(unsafe_code, reason = "the functions of libdcgm")]
    fn destroy_groups(&self, destroyed: Destroyed) {
        /// The handle of every embedded engine.
        const EMBEDDED: usize = 0x7fff_ffff;
        /// More than there are, and fewer than the numbers of the groups that always exist.
        const MAX_ID: usize = 1000;

        let symbols = dcgm_sys::Library::open_at(&self.library).unwrap().symbols();
        let mut count = [0; 2];
        for id in 0..MAX_ID {
            let mut destroy = |at: usize, code| count[at] += usize::from(code == Ok(0));
            if destroyed.entities {
                // SAFETY: integers, which it checks.
                destroy(0, unsafe { symbols.dcgmGroupDestroy(EMBEDDED, id) });
            }
            if destroyed.fields {
                // SAFETY: integers, which it checks.
                destroy(1, unsafe { symbols.dcgmFieldGroupDestroy(EMBEDDED, id) });
            }
        }
        let expected = [destroyed.entities, destroyed.fields].map(usize::from);
        assert_eq!(count, expected, "one of each kind");
    }
}

#[test]
fn shared_groups_destroyed_by_others_are_replaced() {
    let bench = Bench::new(Flavour::V4_6, "8xh100");
    let before = bench.control.open();
    let (ids, _) = gpus();
    let request = WatchRequest::new(ids.clone(), [FieldId::GPU_TEMP, FieldId::POWER_USAGE]);
    for (entities, fields) in [(true, false), (false, true), (true, true)] {
        let destroyed = Destroyed { entities, fields };
        let engine = bench.embedded();
        let first = engine.watch(&request).unwrap();
        bench.destroy_groups(destroyed);
        let made = || {
            let calls = |name| bench.control.calls(name) > 0;
            (calls("dcgmGroupCreate"), calls("dcgmFieldGroupCreate"))
        };
        bench.control.reset_calls();
        let second = engine.watch(&request).unwrap();
        assert_eq!(second.refusals().len(), 0, "{destroyed:?}");
        assert_eq!(second.entities(), ids, "{destroyed:?}");
        assert_eq!(second.fields(), first.fields(), "{destroyed:?}");
        let (groups, field_groups) = made();
        assert!(groups >= entities && field_groups >= fields);
        // The new ones are shared again.
        bench.control.reset_calls();
        let third = engine.watch(&request).unwrap();
        assert_eq!(made(), (false, false), "{destroyed:?}");
        let query = Query::from_watches([&third]);
        for _ in 0..3 {
            let samples = engine.read(&query).unwrap();
            let mut values = samples.iter().map(|sample| sample.value.is_ok());
            assert_eq!((samples.len(), values.all(|is_ok| is_ok)), (16, true));
        }
        drop((first, second, third, engine));
        assert_eq!(bench.control.open(), before, "{destroyed:?}");
    }
}

#[test]
fn a_host_beyond_one_buffer_is_read_at_once() {
    let bench = Bench::new(Flavour::V4_6, "32xh100");
    let engine = bench.engine();
    let fields: Vec<_> = FieldId::all()
        .iter()
        .map(|info| info.id)
        .take(120)
        .collect();
    let ids: Vec<_> = (0..32).map(EntityId::gpu).collect();
    let query = Query::new([(ids, fields)]);
    let (first, lists, _) = bench.read(&engine, &query);
    assert_eq!(lists, 4, "of 1,024 values at most");
    let (again, lists, groups) = bench.read(&engine, &query);
    assert_eq!((again, lists, groups), (first, 0, 1));
}
