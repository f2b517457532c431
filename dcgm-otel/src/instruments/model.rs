//! The hand-over of snapshots under a scheduler that picks which thread runs next.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/models cargo test -p dcgm-otel --lib model::
//! ```
//!
//! What runs is the feed, the binding, the pins and the callbacks themselves; locks, atomics and what a
//! thread keeps for itself are those of [`sync`]. `DCGM_MODEL_RUNS` says in how many orders of
//! either kind. Memory is sequentially consistent there.

pub(super) mod sync;

use std::sync::{Arc, Mutex};

use dcgm::{Backend, BackendKind};
use opentelemetry::KeyValue;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::metrics::{AsyncInstrument, MeterProvider as _};
use shuttle::thread;

use super::{Instrument, InstrumentKind, MeterFeed, ProviderBinding, observe_points};
use crate::catalogue::{CATALOGUE, Kind, Metric};
use crate::clock::Clock;
use crate::config::ThrottleName;
use crate::pipeline::snapshot::{Layout, Number, Point, Series, Snapshot};
use crate::telemetry::Telemetry;

fn check(model: impl Fn() + Clone + Send + Sync + 'static) {
    let runs = std::env::var("DCGM_MODEL_RUNS").ok();
    let runs = runs.and_then(|runs| runs.parse().ok()).unwrap_or(1000);
    shuttle::check_random(model.clone(), runs);
    shuttle::check_pct(model, runs, 3);
}

/// Three counters, and two series of each.
fn metrics() -> &'static [Metric] {
    static THREE: std::sync::OnceLock<Vec<Metric>> = std::sync::OnceLock::new();
    THREE.get_or_init(|| {
        let counters = CATALOGUE.iter().filter(|one| one.kind == Kind::CounterU64);
        counters.take(3).copied().collect()
    })
}

fn layout() -> Arc<Layout> {
    let all = (0..metrics().len()).flat_map(|metric| {
        [0, 1].map(|number| Series {
            metric,
            attributes: [KeyValue::new("number", number)].into(),
        })
    });
    Arc::new(Layout::new(metrics(), all.collect()))
}

fn feed() -> Arc<MeterFeed> {
    let clock = Clock::System;
    let backend = Backend::new(BackendKind::Mock, "none");
    let telemetry = Telemetry::new(Arc::default(), &backend, clock.now());
    let feed = MeterFeed::new(
        clock,
        metrics(),
        ThrottleName::default(),
        Arc::new(telemetry),
    );
    Arc::new(feed)
}

/// Publishes as a sampler does, reusing the memory of the snapshot before the exported one.
struct Publisher {
    feed: Arc<MeterFeed>,
    layout: Arc<Layout>,
    spare: Option<Arc<Snapshot>>,
}

impl Publisher {
    fn new(feed: &Arc<MeterFeed>) -> Self {
        let (feed, layout, spare) = (Arc::clone(feed), layout(), None);
        Self {
            feed,
            layout,
            spare,
        }
    }

    /// In which every series has this number.
    fn publish(&mut self, number: u64) {
        let point = Point {
            number: Number::U64(number),
            until: None,
        };
        let points = vec![Some(point); self.layout.series().len()];
        let layout = &self.layout;
        let snapshot = Snapshot::fill_reusing(self.spare.take(), |snapshot| {
            snapshot
                .replace_layout(layout, None)
                .extend_from_slice(&points);
        });
        self.spare = Some(self.feed.publish_snapshot(snapshot));
    }
}

/// A binding with the instruments that a feed needs, and that feed in it.
fn bind(feed: &Arc<MeterFeed>) -> Arc<ProviderBinding> {
    let binding = Arc::new(ProviderBinding::default());
    assert!(binding.attach_feed(feed));
    binding.register_instruments(&NoopMeterProvider::new().meter("model"), feed);
    binding
}

#[derive(Default)]
struct Out(Mutex<Vec<u64>>);

impl AsyncInstrument<u64> for Out {
    fn observe(&self, number: u64, _: &[KeyValue]) {
        self.0.lock().unwrap().push(number);
    }
}

/// Collects as the SDK does: the callbacks one after another, in the order of their registration. The
/// meter's own instruments are counted, and of them the last alone is run.
fn collect(binding: &ProviderBinding, instruments: &[Instrument]) -> Vec<u64> {
    let out = Out::default();
    let number = |number| match number {
        Number::U64(value) => Some(value),
        Number::F64(_) | Number::I64(_) => None,
    };
    for (ordinal, instrument) in instruments.iter().enumerate() {
        match instrument.source {
            InstrumentKind::Metric(_) => {
                observe_points(binding, ordinal, (instrument, metrics()), &out, number)
            }
            InstrumentKind::SelfMetric(_) if ordinal + 1 < instruments.len() => {}
            InstrumentKind::SelfMetric(_) => {
                let instrument = (instrument, metrics());
                observe_points(binding, ordinal, instrument, &Out::default(), number);
            }
        }
    }
    out.0.into_inner().unwrap()
}

/// Collects `collects` times and returns the largest number. No collect may be mixed, and none may
/// show less than the one before.
fn collect_all(binding: &ProviderBinding, collects: usize, whole: bool) -> u64 {
    let instruments = binding.registered();
    let series = 2 * metrics().len();
    let mut most = 0;
    for _ in 0..collects {
        let shown = collect(binding, &instruments);
        assert!(!whole || shown.len() == series, "{shown:?}");
        for number in &shown {
            assert_eq!(*number, shown[0], "mixed: {shown:?}");
        }
        let number = shown.first().copied().unwrap_or(most);
        assert!(number >= most, "{number} after {most}");
        most = number;
    }
    most
}

#[test]
fn no_collect_is_mixed_and_none_shows_less_than_the_one_before() {
    check(|| {
        let feed = feed();
        let mut publisher = Publisher::new(&feed);
        publisher.publish(1);
        let binding = bind(&feed);
        let collectors = [(); 2].map(|()| {
            let binding = Arc::clone(&binding);
            thread::spawn(move || collect_all(&binding, 2, true))
        });
        for number in 2..6 {
            publisher.publish(number);
        }
        for collector in collectors {
            collector.join().unwrap();
        }
        assert_eq!(collect_all(&binding, 1, true), 5);
        assert_eq!(feed.telemetry().collections(), 5);
    });
}

#[test]
fn a_detached_meter_shows_nothing_newer_and_the_next_no_less() {
    check(|| {
        let first = feed();
        let mut publisher = Publisher::new(&first);
        publisher.publish(1);
        let binding = bind(&first);
        let collector = {
            let binding = Arc::clone(&binding);
            thread::spawn(move || collect_all(&binding, 2, false))
        };
        // A slow or abandoned sampler continues.
        let publishing = thread::spawn(move || {
            for number in 2..6 {
                publisher.publish(number);
            }
        });
        let next = {
            let binding = Arc::clone(&binding);
            thread::spawn(move || {
                let next = feed();
                while !binding.attach_feed(&next) {
                    thread::yield_now();
                }
                let totals = binding.last_totals(metrics());
                binding.detach_feed(&next);
                totals
            })
        };
        binding.detach_feed(&first);
        let left = first.latest_snapshot();
        let most = collector.join().unwrap();
        publishing.join().unwrap();
        assert!(
            Arc::ptr_eq(&left, &first.latest_snapshot()),
            "shown after it left"
        );
        let totals = next.join().unwrap();
        assert_eq!(totals.len(), 2 * metrics().len());
        for number in totals.values() {
            match number {
                Number::U64(total) => assert!(*total >= most, "{total} after {most}"),
                other => panic!("{other:?}"),
            }
        }
    });
}
