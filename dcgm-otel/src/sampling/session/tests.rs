//! A session on a mock, without the thread of a meter: tables that replace each other lose nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dcgm::FieldId;
use dcgm::NoValue;
use dcgm::mock::{self, Mock, Model};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::pipeline::snapshot::{Number, Series, Snapshot};
use crate::tests::properties::cases;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: u64 = 3600;

/// A session, its mock, and one time for both.
struct Stage {
    mock: Mock,
    engine: Supervisor,
    config: Config,
    history: History,
    samples: Samples,
    clock: Clock,
    session: Option<Session>,
    /// Tables that replaced another one.
    replaced: usize,
}

/// The series of a snapshot with their numbers.
type Values = BTreeMap<String, Number>;

impl Stage {
    fn new(host: &str) -> Self {
        Self::prepared(host, |_| {})
    }

    /// Makes a stage whose mock is changed before the session is opened.
    fn prepared(host: &str, prepare: impl FnOnce(&Mock)) -> Self {
        let model = host.parse::<Model>().unwrap();
        let mock = Mock::builder()
            .model(model)
            .clock(mock::Clock::manual())
            .build();
        prepare(&mock);
        let config = Config::default();
        let client = Arc::new(mock.clone());
        let mut stage = Self {
            engine: Supervisor::new(client, resolve::entity_kinds(&config)),
            mock,
            config,
            history: History::default(),
            samples: Samples::new(),
            clock: Clock::manual(),
            session: None,
            replaced: 0,
        };
        stage.engine.connect().unwrap();
        stage.engine.list_ids(stage.clock.now()).unwrap();
        stage.engine.read_links(SECOND, stage.clock.now()).unwrap();
        stage.open();
        stage
    }

    /// Opens a session, in place of the one before.
    fn open(&mut self) {
        let inventory = Inventory {
            entities: self.engine.read_entities().unwrap(),
            links: self.engine.links().unwrap_or_default().to_vec(),
        };
        let mut context = Context {
            engine: &mut self.engine,
            config: &self.config,
            history: &mut self.history,
            samples: &mut self.samples,
        };
        let (before, now) = (self.session.take(), self.clock.now());
        let session = Session::open(&mut context, inventory, None, before, now);
        self.session = session.ok();
    }

    /// One tick after so many seconds.
    fn tick(&mut self, seconds: u64) -> ReadStats {
        self.mock
            .clock()
            .advance(SECOND * u32::try_from(seconds).unwrap());
        self.clock.advance(Duration::from_secs(seconds));
        let now = self.clock.now();
        let session = self.session.as_mut().expect("there is a session");
        let mut context = Context {
            engine: &mut self.engine,
            config: &self.config,
            history: &mut self.history,
            samples: &mut self.samples,
        };
        let mut is_new = session.review_pending(&mut context, now).unwrap();
        is_new |= session.update_sources(&mut context, now).unwrap();
        let stats = session.read_samples(&mut context, &self.clock).unwrap();
        if !stats.replaceable.is_empty() {
            is_new |= session
                .replace_sources(&mut context, &stats.replaceable, now)
                .unwrap();
        }
        self.replaced += usize::from(is_new);
        stats
    }

    fn table(&self) -> &SeriesTable {
        &self.session.as_ref().expect("there is a session").table
    }

    /// Returns the series with values, by their metric and attributes.
    fn shown(&self) -> Values {
        let mut snapshot = Snapshot::default();
        let now = self.clock.now();
        self.table()
            .fill_snapshot(&mut snapshot, &self.history.ledger, now);
        let metrics = crate::naming::metrics_for(&self.config);
        let of = |(index, metric): (usize, &crate::catalogue::Metric)| {
            let points = snapshot.points(index, now);
            points
                .map(|(attributes, number)| (name(metric.name, attributes), number))
                .collect::<Vec<_>>()
        };
        metrics.iter().enumerate().flat_map(of).collect()
    }

    /// Returns the totals that DCGM counts: those that are integrated depend on when they are read.
    fn totals(&self) -> Values {
        let metrics = crate::naming::metrics_for(&self.config);
        let specs = &self.session.as_ref().expect("there is a session").specs;
        let counted = specs.list.iter().filter(|spec| {
            let is_counter = metrics[spec.series.metric].kind.is_counter();
            let counts =
                |input: &Input| matches!(input.op, Op::Counter | Op::FractionCounter | Op::Sum);
            is_counter && spec.inputs.iter().all(counts)
        });
        let named = |series: &Series| name(metrics[series.metric].name, &series.attributes);
        let wanted: Vec<_> = counted.map(|spec| named(&spec.series)).collect();
        let mut shown = self.shown();
        shown.retain(|name, _| wanted.contains(name));
        shown
    }
}

fn name(metric: &str, attributes: &[opentelemetry::KeyValue]) -> String {
    let pairs = attributes
        .iter()
        .map(|one| format!(" {}={}", one.key, one.value));
    format!("{metric}{}", pairs.collect::<String>())
}

fn is_counter(name: &str) -> bool {
    let metric = name.split(' ').next();
    let metrics = crate::naming::metrics_for(&Config::default());
    let row = metrics.iter().find(|row| Some(row.name) == metric);
    row.unwrap().kind.is_counter()
}

#[test]
fn an_ordinary_tick_builds_no_table() {
    for host in ["8xh100", "8xh100-mig7", "1xl4", "gb200"] {
        let mut stage = Stage::new(host);
        // Until the profiling fields have their second sample.
        for _ in 0..3 {
            stage.tick(2);
        }
        let (layout, replaced) = (Arc::clone(stage.table().layout()), stage.replaced);
        assert!(replaced <= 1, "{host}: {replaced}");
        // Checks of what the hardware does not have are among them.
        for _ in 0..HOUR / 30 {
            stage.tick(30);
        }
        assert_eq!(stage.replaced, replaced, "{host}");
        assert!(Arc::ptr_eq(&layout, stage.table().layout()), "{host}");
    }
}

#[test]
fn a_source_that_has_values_later_gets_its_series_and_changes_no_other() {
    let gpu = EntityId::gpu(0);
    let late = [
        FieldId::GPU_TEMP,
        FieldId::SM_CLOCK,
        FieldId::PCIE_REPLAY_COUNTER,
        FieldId::PROF_DRAM_ACTIVE,
    ];
    let mut undisturbed = Stage::new("1xl4");
    for _ in 0..3 {
        undisturbed.tick(15);
    }
    let whole = undisturbed.shown();
    for field in late {
        for reason in [NoValue::NotSupported, NoValue::NotFound, NoValue::Blank] {
            let mut stage = Stage::prepared("1xl4", |mock| {
                mock.set_no_value(gpu, field, reason);
            });
            for _ in 0..40 {
                stage.tick(15);
            }
            let before = stage.shown();
            assert!(before.len() < whole.len(), "{field:?} {reason}");
            stage.mock.unset(gpu, field);
            // At once on the schedule of what is absent; a day where the engine would log each try.
            let seconds = if field.is_profiling() {
                24 * HOUR
            } else {
                1200
            };
            for _ in 0..seconds / 300 {
                stage.tick(300);
            }
            for _ in 0..3 {
                stage.tick(15);
            }
            let after = stage.shown();
            assert_eq!(
                after.keys().collect::<Vec<_>>(),
                whole.keys().collect::<Vec<_>>(),
                "{field:?} {reason}"
            );
        }
    }
}

#[test]
fn a_new_table_keeps_values_and_their_ages() {
    let mut stage = Stage::new("8xh100");
    for _ in 0..4 {
        stage.tick(15);
    }
    let before = stage.shown();
    // The engine takes no sample any more, and the tables are replaced.
    stage.mock.freeze_sampling(true);
    for round in 1..=2 {
        stage.tick(15);
        stage.session.as_mut().unwrap().states.note_change();
        assert_eq!(stage.shown(), before, "{round}");
    }
    stage.tick(15);
    let gauges = |shown: &Values| shown.keys().filter(|name| !is_counter(name)).count();
    assert!(gauges(&before) > 300);
    // Hourly values last longer than the engine's silence lets them.
    assert_eq!(gauges(&stage.shown()), 0);
}

/// Prints what a rebuild costs, as a multiple of the part of a tick that follows the read.
#[test]
fn rebuilds_leave_the_table_as_it_is() {
    for host in ["8xh100", "32xh100", "8xh100-mig7"] {
        let mut stage = Stage::new(host);
        for _ in 0..3 {
            stage.tick(15);
        }
        let before = stage.shown();
        let (config, history) = (stage.config.clone(), &mut stage.history);
        let session = stage.session.as_mut().unwrap();
        let (mut rebuilds, mut ticks) = (Duration::ZERO, Duration::ZERO);
        let mut snapshot = Snapshot::default();
        for _ in 0..20 {
            let now = stage.clock.now();
            let began = Instant::now();
            let mut table =
                SeriesTable::build(&session.specs, &session.states, history, &config, now);
            table.take_over(&session.table, history);
            session.table = table;
            rebuilds += began.elapsed();
            let began = Instant::now();
            let ledger = &mut history.ledger;
            session.table.ingest_samples(&stage.samples, ledger, now);
            session.table.fill_snapshot(&mut snapshot, ledger, now);
            ticks += began.elapsed();
        }
        assert_eq!(stage.shown(), before, "{host}");
        let (series, per_series) = (before.len(), u32::try_from(before.len()).unwrap());
        println!(
            "{host}: {series} series, a rebuild {:?} ({:?} a series), {:.1} times a tick's work",
            rebuilds / 20,
            rebuilds / 20 / per_series,
            rebuilds.as_secs_f64() / ticks.as_secs_f64()
        );
    }
}

/// A change of what can be read, which does not touch what the hardware counts.
#[derive(Clone, Debug)]
enum Step {
    Blank(Index, Index, NoValue),
    BlankAll(Index, NoValue),
    Refuse(Index),
    Heal,
    Accept,
    Reopen,
    Reconnect,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let reasons = [
        NoValue::Blank,
        NoValue::NoData,
        NoValue::NotSupported,
        NoValue::NotFound,
        NoValue::NotPermitted,
        NoValue::NotWatched,
    ];
    let reason = select(reasons.to_vec());
    prop_oneof![
        4 => (any::<Index>(), any::<Index>(), reason.clone())
            .prop_map(|(entity, field, reason)| Step::Blank(entity, field, reason)),
        1 => (any::<Index>(), reason).prop_map(|(entity, reason)| Step::BlankAll(entity, reason)),
        1 => any::<Index>().prop_map(Step::Refuse),
        2 => Just(Step::Heal),
        1 => Just(Step::Accept),
        1 => Just(Step::Reopen),
        1 => Just(Step::Reconnect),
        6 => (1..900_u64).prop_map(Step::Pass),
    ]
}

impl Stage {
    fn take(&mut self, step: &Step) {
        let fields: Vec<_> = FieldId::all().iter().map(|info| info.id).collect();
        let ids = self.engine.ids().to_vec();
        match step {
            Step::Blank(entity, field, reason) => {
                let (entity, field) = (*entity.get(&ids), *field.get(&fields));
                self.mock.set_no_value(entity, field, *reason);
            }
            Step::BlankAll(entity, reason) => {
                let entity = *entity.get(&ids);
                for field in fields {
                    self.mock.set_no_value(entity, field, *reason);
                }
            }
            Step::Refuse(field) => {
                let function = "dcgmWatchFields";
                let code = dcgm::ReturnCode::IN_USE;
                let error = Error::Call { function, code };
                self.mock.refuse(*field.get(&fields), error);
            }
            Step::Heal => {
                for id in ids {
                    for field in &fields {
                        self.mock.unset(id, *field);
                    }
                }
            }
            Step::Accept => self.mock.clear_faults(),
            Step::Reopen => self.open(),
            Step::Reconnect => {
                if let Some(session) = self.session.take() {
                    session.table.save_ages(&mut self.history);
                }
                self.engine.disconnect();
                self.engine.connect().unwrap();
                self.engine.list_ids(self.clock.now()).unwrap();
                self.engine.read_links(SECOND, self.clock.now()).unwrap();
                self.open();
            }
            Step::Pass(seconds) => {
                self.tick(*seconds);
            }
        }
        // Nothing can be read: the meter opens a session at each tick.
        if self.session.is_none() {
            self.open();
        }
    }
}

proptest! {
    #![proptest_config(cases(8, 1000))]

    #[test]
    fn totals_are_those_of_an_undisturbed_run_whatever_was_available(
        steps in vec(step(), 1..40), host in select(vec!["8xh100", "1xl4", "gb200"]),
    ) {
        let [mut calm, mut disturbed] = [Stage::new(host), Stage::new(host)];
        for stage in [&mut calm, &mut disturbed] {
            stage.tick(15);
        }
        let mut before = disturbed.totals();
        for step in &steps {
            disturbed.take(step);
            if let Step::Pass(seconds) = step {
                calm.tick(*seconds);
            }
            let Some(session) = &disturbed.session else { continue };
            if !session.specs.list.is_empty() {
                let after = disturbed.totals();
                for (name, number) in &before {
                    if let (Some(Number::U64(after)), Number::U64(before)) = (after.get(name), number) {
                        prop_assert!(after >= before, "{name}: {before} {after} by {step:?}");
                    }
                }
                before = after;
            }
        }
        for step in [Step::Heal, Step::Accept] {
            disturbed.take(&step);
        }
        // Longer than the longest delay of a check.
        for _ in 0..26 * HOUR / 600 {
            calm.tick(600);
            disturbed.take(&Step::Pass(600));
        }
        // A watch that began at another time samples at other times: one interval more or less.
        let low = calm.totals();
        for _ in 0..2 {
            calm.tick(15);
            disturbed.take(&Step::Pass(15));
        }
        let totals = disturbed.totals();
        for _ in 0..2 {
            calm.tick(15);
        }
        let high = calm.totals();
        let is_within = |name: &String| {
            let numbers = [low.get(name), totals.get(name), high.get(name)];
            let [low, total, high] = numbers.map(|number| number.map_or(-1.0, |number| number.as_f64()));
            low <= total && total <= high && total >= 0.0
        };
        let different: Vec<_> = high
            .keys()
            .filter(|name| !is_within(name))
            .map(|name| (name, low.get(name), totals.get(name), high.get(name)))
            .collect();
        prop_assert!(different.is_empty(), "{different:?}");
        // Counters that stood in for others meanwhile are held.
        let names = |stage: &Stage| stage.shown().into_keys().collect::<BTreeSet<_>>();
        let (calm, disturbed) = (names(&calm), names(&disturbed));
        let is_gauge = |name: &&String| !is_counter(name);
        let missing: Vec<_> = calm.difference(&disturbed).collect();
        let more: Vec<_> = disturbed.difference(&calm).filter(is_gauge).collect();
        prop_assert!(missing.is_empty() && more.is_empty(), "{missing:?} {more:?}");
    }
}
