//! Meters whose metrics are of different tables, after each other in one place.

use super::*;
use crate::catalogue::{Identity, PageType};

fn names(provider: &SdkMeterProvider, exporter: &InMemoryMetricExporter) -> Vec<String> {
    let points = collect(provider, exporter).into_iter();
    points.map(|(name, _)| name).collect()
}

const fn metric(name: &'static str, kind: Kind) -> Metric {
    Metric {
        name,
        kind,
        unit: "",
        identity: Identity::Brief,
        range: (0.0, f64::INFINITY),
        description: "Of a test.",
        page_type: PageType::OfKind,
        families: &[],
    }
}

/// Two tables that have one instrument in common, in the same place, and a metric with two names.
static ONE: [Metric; 3] = [
    metric("both", Kind::GaugeF64),
    metric("one", Kind::GaugeF64),
    metric("hw.gpu.throttle.duration", Kind::CounterF64),
];
static TWO: [Metric; 2] = [
    metric("both", Kind::GaugeF64),
    metric("two", Kind::GaugeF64),
];

/// A third, with a counter where the first has one.
static OTHER: [Metric; 3] = [
    metric("a", Kind::GaugeF64),
    metric("b", Kind::GaugeF64),
    metric("c", Kind::CounterF64),
];

/// A feed of a table whose every metric has a series with that number.
fn filled(table: &'static [Metric], throttle: ThrottleName, number: f64) -> Arc<MeterFeed> {
    let feed = feed_of(table, throttle);
    let series = (0..table.len()).map(|metric| Series {
        metric,
        attributes: [].into(),
    });
    let point = Point {
        number: Number::F64(number),
        until: None,
    };
    let layout = Arc::new(Layout::new(table, series.collect()));
    let points = vec![Some(point); table.len()];
    feed.publish_snapshot(Arc::new(Snapshot::new(&layout, &points)));
    Arc::new(feed)
}

#[test]
fn successive_meters_export_their_own_tables() {
    use ThrottleName::{Duration, Time};
    let (provider, exporter) = provider();
    let own = telemetry::SELF_METRICS.len();
    let turn = |table: &'static [Metric], throttle, shown: &[&str], instruments: usize| {
        let feed = filled(table, throttle, 1.0);
        let installed = install(&provider, &feed).unwrap();
        let mut names = names(&provider, &exporter);
        names.sort();
        assert_eq!(names, shown);
        assert_eq!(feed.telemetry().collections(), 1);
        let registered = installed.binding.registered();
        assert_eq!(registered.len(), own + instruments);
        for (place, instrument) in registered.iter().enumerate() {
            assert!(!registered[..place].contains(instrument));
        }
    };
    let one = ["both", "hw.gpu.throttle.duration", "one"];
    let renamed = ["both", "hw.gpu.throttle.time", "one"];
    turn(&ONE, Duration, &one, 3);
    turn(&TWO, Duration, &["both", "two"], 4);
    turn(&ONE, Time, &renamed, 5);
    // And again: nothing is made any more.
    turn(&ONE, Duration, &one, 5);
    turn(&TWO, Time, &["both", "two"], 5);
    turn(&ONE, Time, &renamed, 5);
}

#[test]
fn later_instruments_share_the_snapshot() {
    let (provider, exporter) = provider();
    // The renamed metric is made after the meter's own instruments, and after those of a table in
    // between.
    drop(install(
        &provider,
        &filled(&ONE, ThrottleName::Duration, 1.0),
    ));
    drop(install(
        &provider,
        &filled(&TWO, ThrottleName::Duration, 1.0),
    ));
    let feed = filled(&ONE, ThrottleName::Time, 0.0);
    let installed = install(&provider, &feed).unwrap();
    let done = AtomicBool::new(false);
    let collects: Vec<_> = thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0.0;
            while !done.load(Ordering::Relaxed) {
                number += 1.0;
                feed.publish_snapshot(
                    filled(&ONE, ThrottleName::Time, number)
                        .begin_collect()
                        .unwrap()
                        .0,
                );
            }
        });
        let collects = (0..200).map(|_| collect(&provider, &exporter)).collect();
        done.store(true, Ordering::Relaxed);
        collects
    });
    for mut points in collects {
        assert_eq!(points.len(), 3);
        points.dedup_by_key(|(_, number)| number.to_bits());
        assert_eq!(points.len(), 1, "torn: {points:?}");
    }
    drop(installed);
}

#[test]
fn totals_are_kept_by_table() {
    let (provider, _exporter) = provider();
    let installed = install(&provider, &filled(&ONE, ThrottleName::Duration, 7.0)).unwrap();
    installed.detach();
    let totals = installed.binding.last_totals(&ONE);
    let found: Vec<_> = totals
        .iter()
        .map(|(one, number)| (one.metric, *number))
        .collect();
    assert_eq!(found, [(2, Number::F64(7.0))]);
    assert!(installed.binding.last_totals(&OTHER).is_empty());
}
