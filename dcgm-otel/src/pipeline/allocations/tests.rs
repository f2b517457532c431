//! A book of its own, without a meter: any sequence of holders, readings and collects.

use std::collections::{BTreeMap, HashMap};

use dcgm::{EntityId, FieldId, Timestamp, Value};
use opentelemetry::KeyValue;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attribution::poller::{Pollers, SharedSource};
use crate::catalogue::{CATALOGUE, EntityScope, Kind, ONE, Op, Scale};
use crate::clock::Clock;
use crate::config::CounterOrigin;
use crate::pipeline::cardinality::DropUnit;
use crate::pipeline::index::SourceIdx;
use crate::pipeline::reduce::Reducer;
use crate::pipeline::resolve::Input;
use crate::pipeline::snapshot::Series;
use crate::testing::{SECOND, Scripted, on_gpu};

/// A counter of whole numbers, one of fractions, and a gauge of one GPU.
struct Rig {
    clock: Clock,
    source: Scripted,
    pollers: Pollers,
    book: AllocationBook,
    ledger: Ledger,
    counters: [(CounterIdx, Kind); 2],
    layout: Arc<Layout>,
    reducers: Reducers,
    caps: Caps,
    snapshot: Snapshot,
    collections: u64,
    micros: i64,
}

fn metric_named(name: &str) -> usize {
    CATALOGUE.iter().position(|one| one.name == name).unwrap()
}

fn series_of(name: &str) -> Series {
    Series {
        metric: metric_named(name),
        attributes: [KeyValue::new("hw.id", "GPU-a")].into(),
    }
}

fn input(op: Op, scale: Scale) -> Input {
    Input {
        entity: EntityId::gpu(0),
        field: FieldId::PCIE_REPLAY_COUNTER,
        op,
        scale,
    }
}

impl Rig {
    fn new(cap: usize) -> Self {
        let clock = Clock::manual();
        let source = Scripted::new();
        let shared = [SharedSource::new(source.clone())];
        let pollers = Pollers::start(&shared, SECOND, &clock).unwrap();
        let config = Config::default().with_interval(SECOND);
        let mut book = AllocationBook::new(pollers.states(), &config);
        book.set_entities(&[Entity::new(EntityId::gpu(0))]);
        let mut ledger = Ledger::continue_from(HashMap::default(), CounterOrigin::Rebased);
        let names = ["hw.energy", "hw.errors"];
        let mut all: Vec<_> = names.map(series_of).into();
        all.push(series_of("hw.power"));
        let counters = names.map(|name| {
            let metric = metric_named(name);
            let kind = CATALOGUE[metric].kind;
            let family = &CATALOGUE[metric].families[0];
            let unit = DropUnit::new((metric, &CATALOGUE[metric]), (0, family), EntityScope::Gpu);
            let inputs = [input(Op::Counter, scale_of(kind))];
            let index = ledger.get_or_insert(&series_of(name), None, unit, &inputs, kind);
            (index, kind)
        });
        let mut rows: Vec<_> = counters
            .map(|(index, kind)| Reducer::Counter(index, kind))
            .into();
        rows.push(Reducer::Gauge(SourceIdx::from_position(0)));
        let mut order: Vec<_> = (0..all.len()).collect();
        order.sort_by_key(|at| all[*at].metric);
        let sorted = order.iter().map(|at| all[*at].clone()).collect();
        let reducers = order.iter().map(|at| rows[*at].clone()).collect();
        Self {
            clock,
            source,
            pollers,
            book,
            ledger,
            counters,
            layout: Arc::new(Layout::new(CATALOGUE, sorted)),
            reducers: Reducers::new(reducers, Vec::new()),
            caps: Caps {
                all: cap,
                metric: cap,
                groups: BTreeMap::new(),
                divides_counters: true,
            },
            snapshot: Snapshot::default(),
            collections: 0,
            micros: 0,
        }
    }

    /// Reads these numbers, and publishes.
    fn tick(&mut self, numbers: [i64; 2]) {
        self.clock.advance(SECOND);
        self.micros += 1_000_000;
        for ((counter, _), number) in self.counters.iter().zip(numbers) {
            let total = self.ledger.get_mut(*counter).unwrap();
            let at = Timestamp::from_micros(self.micros);
            total.add_reading(0, &Value::Int(number), at, SECOND);
        }
        let until = None;
        let numbers = self.reducers.counters().map(|counter| {
            let (counter, kind) = counter?;
            let total = self.ledger.get(counter)?;
            let number = total.exported_number(kind);
            total.is_shown().then_some(Point { number, until })
        });
        let mut points = self.book.take_points();
        points.extend(numbers);
        let base = BaseSeries {
            metrics: CATALOGUE,
            layout: &self.layout,
            owners: &[Some(EntityId::gpu(0)); 3],
            reducers: &self.reducers,
            caps: &self.caps,
            until,
        };
        let at = (self.clock.now(), self.collections);
        let (ledger, snapshot) = (&mut self.ledger, &mut self.snapshot);
        self.book.fill_snapshot(&base, points, ledger, snapshot, at);
    }

    /// Returns all totals that are exported.
    fn collect(&mut self) -> Vec<(Series, f64)> {
        self.collections += 1;
        let totals = self.snapshot.counter_totals(CATALOGUE);
        let totals = totals.map(|(series, number)| (series.clone(), number.as_f64()));
        totals.collect()
    }

    /// Returns the number of parts that are kept.
    fn shares(&self) -> usize {
        let splits = self.book.splits.iter().flatten();
        splits.map(|split| split.shares.capacity()).sum()
    }
}

fn scale_of(kind: Kind) -> Scale {
    match kind {
        Kind::CounterF64 => Scale::Per(1000),
        _ => ONE,
    }
}

#[test]
fn ten_thousand_pods_leave_nothing() {
    let mut rig = Rig::new(64);
    let mut most = (0, 0);
    for number in 0..10_000_i64 {
        rig.source.answer([on_gpu(0, &format!("pod-{number}"))]);
        rig.pollers.poll_now(SECOND);
        rig.tick([number * 1000, number]);
        if number % 4 == 0 {
            let series = rig.collect().len();
            if number > 100 {
                most = (most.0.max(series), most.1.max(rig.shares()));
            }
        }
    }
    // Of five pods each: three intervals, and up to four until a collect.
    assert!(most.0 <= 2 * 12, "{most:?}");
    assert!(most.1 <= 2 * 16, "{most:?}");
}

#[test]
fn without_a_collect_the_limit_bounds_what_is_kept() {
    let mut rig = Rig::new(64);
    for number in 0..1000_i64 {
        rig.source.answer([on_gpu(0, &format!("pod-{number}"))]);
        rig.pollers.poll_now(SECOND);
        rig.tick([number * 1000, number]);
    }
    assert_eq!(rig.collect().len(), 63);
    assert!(rig.shares() <= 2 * 128, "{}", rig.shares());
}

#[derive(Clone, Debug)]
enum Turn {
    Grows(u16, u16),
    Resets(u8, u8),
    Holds(Option<u8>),
    Shares,
    Collects,
    Waits(u8),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => any::<(u16, u16)>().prop_map(|(a, b)| Turn::Grows(a, b)),
        1 => any::<(u8, u8)>().prop_map(|(a, b)| Turn::Resets(a, b)),
        4 => proptest::option::of(0..4_u8).prop_map(Turn::Holds),
        1 => Just(Turn::Shares),
        2 => Just(Turn::Collects),
        1 => (1..70_u8).prop_map(Turn::Waits),
    ]
}

proptest! {
    #[test]
    fn the_growth_of_all_parts_is_that_of_the_total(turns in vec(turn(), 1..80)) {
        let mut rig = Rig::new(64);
        let mut numbers = [5_000_i64, 7];
        // What a reader adds up, by metric: a series that is gone starts again at 0.
        let mut last: BTreeMap<String, f64> = BTreeMap::new();
        let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
        for turn in turns.iter().chain([&Turn::Collects]) {
            let mut ticks = 1;
            match turn {
                Turn::Grows(a, b) => {
                    numbers[0] += i64::from(*a);
                    numbers[1] += i64::from(*b);
                }
                Turn::Resets(a, b) => numbers = [i64::from(*a), i64::from(*b)],
                Turn::Holds(pod) => {
                    let pod = pod.map(|pod| on_gpu(0, &format!("pod-{pod}")));
                    rig.source.answer(pod);
                }
                Turn::Shares => rig.source.answer([on_gpu(0, "a"), on_gpu(0, "b")]),
                Turn::Collects => {}
                Turn::Waits(count) => ticks = *count,
            }
            // A long wait is one in which the source is silent, too.
            if ticks == 1 {
                rig.pollers.poll_now(SECOND);
            }
            for _ in 0..ticks {
                rig.tick(numbers);
            }
            if matches!(turn, Turn::Collects) {
                let mut now = BTreeMap::new();
                for (series, total) in rig.collect() {
                    let name = format!("{series:?}");
                    let before = last.get(&name).copied().unwrap_or_default();
                    prop_assert!(total >= before, "{name} falls from {before} to {total}");
                    *sums.entry(series.metric).or_default() += total - before;
                    now.insert(name, total);
                }
                last = now;
            }
        }
        for (counter, kind) in rig.counters {
            let total = rig.ledger.get(counter).unwrap();
            let total = total.exported_number(kind).as_f64();
            let name = if kind == Kind::CounterF64 { "hw.energy" } else { "hw.errors" };
            let sum = sums.get(&metric_named(name)).copied().unwrap_or_default();
            prop_assert!((sum - total).abs() < 1e-6, "{name}: {total} is divided into {sum}");
        }
    }
}
