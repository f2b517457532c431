//! The binding, the tables, and one snapshot a collect.

use std::collections::BTreeSet;
use std::thread;

use dcgm::{Backend, BackendKind};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use super::*;
use crate::catalogue::CATALOGUE;
use crate::pipeline::snapshot::{Layout, Point, Series};

/// A snapshot in which every series shows the same number.
pub(super) fn uniform(layout: &Arc<Layout>, number: u32) -> Arc<Snapshot> {
    let points: Vec<_> = layout
        .series()
        .iter()
        .map(|series| {
            let number = match CATALOGUE[series.metric].kind {
                Kind::GaugeF64 | Kind::CounterF64 => Number::F64(f64::from(number)),
                Kind::GaugeI64 | Kind::UpDownI64 => Number::I64(i64::from(number)),
                Kind::CounterU64 => Number::U64(u64::from(number)),
            };
            Some(Point {
                number,
                until: None,
            })
        })
        .collect();
    Arc::new(Snapshot::new(layout, &points))
}

/// Makes a layout with `series` series of each metric.
pub(super) fn layout(series: i64) -> Arc<Layout> {
    let all = (0..CATALOGUE.len()).flat_map(|metric| {
        (0..series).map(move |number| Series {
            metric,
            attributes: [KeyValue::new("number", number)].into(),
        })
    });
    Arc::new(Layout::new(CATALOGUE, all.collect()))
}

fn feed_of(metrics: &'static [Metric], throttle: ThrottleName) -> MeterFeed {
    let clock = Clock::System;
    let backend = Backend::new(BackendKind::Mock, "none");
    let telemetry = Telemetry::new(Arc::default(), &backend, clock.now());
    MeterFeed::new(clock, metrics, throttle, Arc::new(telemetry))
}

pub(super) fn feed() -> MeterFeed {
    feed_of(CATALOGUE, ThrottleName::default())
}

fn install(provider: &SdkMeterProvider, feed: &Arc<MeterFeed>) -> Option<Attachment> {
    Registration::for_provider(provider, None).attach_feed(Arc::clone(feed))
}

fn provider() -> (SdkMeterProvider, InMemoryMetricExporter) {
    let exporter = InMemoryMetricExporter::default();
    (
        SdkMeterProvider::builder()
            .with_periodic_exporter(exporter.clone())
            .build(),
        exporter,
    )
}

/// Collects and returns the metrics' names and values.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn collect(provider: &SdkMeterProvider, exporter: &InMemoryMetricExporter) -> Vec<(String, f64)> {
    fn numbers<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> Vec<f64> {
        match data {
            MetricData::Gauge(gauge) => {
                gauge.data_points().map(|one| number(one.value())).collect()
            }
            MetricData::Sum(sum) => sum.data_points().map(|one| number(one.value())).collect(),
            _ => panic!("no such instrument is in the catalogue"),
        }
    }
    exporter.reset();
    provider.force_flush().unwrap();
    let resources = exporter.get_finished_metrics().unwrap();
    let scopes = resources.iter().flat_map(ResourceMetrics::scope_metrics);
    let metrics = scopes.flat_map(ScopeMetrics::metrics);
    metrics
        .filter(|metric| !metric.name().starts_with("dcgm.meter."))
        .flat_map(|metric| {
            let numbers = match metric.data() {
                AggregatedMetrics::F64(data) => numbers(data, |value| value),
                AggregatedMetrics::U64(data) => numbers(data, |value| value as f64),
                AggregatedMetrics::I64(data) => numbers(data, |value| value as f64),
            };
            let name = metric.name().to_owned();
            numbers
                .into_iter()
                .map(move |number| (name.clone(), number))
        })
        .collect()
}

/// Counts the collects that mix values of several snapshots while another thread publishes as fast
/// as it can. With `at_least_one` it continues until there is one, up to 100 times as often.
fn torn(feed: &Arc<MeterFeed>, collects: usize, at_least_one: bool) -> (usize, usize) {
    let (provider, exporter) = provider();
    let layout = layout(4);
    feed.publish_snapshot(uniform(&layout, 0));
    let installed = install(&provider, feed).unwrap();
    let done = AtomicBool::new(false);
    let (mut made, mut torn) = (0, 0);
    let mut seen = BTreeSet::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                number += 1;
                feed.publish_snapshot(uniform(&layout, number));
            }
        });
        while made < collects || (at_least_one && torn == 0 && made < 100 * collects) {
            let points = collect(&provider, &exporter);
            let whole = points.len() == layout.series().len();
            let numbers: BTreeSet<_> = points
                .into_iter()
                .map(|(_, number)| number.to_bits())
                .collect();
            made += 1;
            torn += usize::from(!whole || numbers.len() != 1);
            seen.extend(numbers);
        }
        // Before any assertion: a failure would otherwise wait for the publisher.
        done.store(true, Ordering::Relaxed);
    });
    assert!(seen.len() > 1, "nothing was published meanwhile");
    drop(installed);
    (made, torn)
}

/// 300 collects, and with `DCGM_TEST_LONG=1` 3,000.
#[test]
fn pinning_prevents_torn_collects() {
    let collects = if crate::tests::long() { 3000 } else { 300 };
    let pinned = Arc::new(feed());
    let (made, torn_pinned) = torn(&pinned, collects, false);
    assert_eq!(pinned.telemetry().collections(), made as u64);
    let unpinned = Arc::new(feed());
    unpinned.unpinned.store(true, Ordering::Relaxed);
    let (made_unpinned, torn_unpinned) = torn(&unpinned, collects, true);
    println!("torn: {torn_pinned} of {made}; without pinning {torn_unpinned} of {made_unpinned}");
    assert_eq!(torn_pinned, 0);
    assert!(torn_unpinned > 0, "this test cannot fail");
}

#[test]
fn binding_takes_one_feed_at_a_time() {
    let (provider, exporter) = provider();
    let layout = layout(1);
    let feeds: Vec<_> = (0..3)
        .map(|number| {
            let feed = Arc::new(feed());
            feed.publish_snapshot(uniform(&layout, number));
            feed
        })
        .collect();
    let shown = || {
        collect(&provider, &exporter)
            .first()
            .map(|(_, number)| *number)
    };
    let first = install(&provider, &feeds[1]).unwrap();
    assert!(install(&provider, &feeds[2]).is_none());
    assert_eq!(shown(), Some(1.0));
    first.detach();
    assert_eq!(shown(), None);
    let second = install(&provider, &feeds[2]).unwrap();
    assert_eq!(shown(), Some(2.0));
    assert!(Arc::ptr_eq(&first.binding, &second.binding));
    // Dropping an attachment that was detached does not detach the other.
    drop(first);
    assert_eq!(shown(), Some(2.0));
    drop(second);
    assert_eq!(shown(), None);
}

#[test]
fn feed_is_released_with_its_meter() {
    let (provider, exporter) = provider();
    let feed = Arc::new(feed());
    feed.publish_snapshot(uniform(&layout(1), 1));
    let installed = install(&provider, &feed).unwrap();
    collect(&provider, &exporter);
    drop(installed);
    let weak = Arc::downgrade(&feed);
    drop(feed);
    assert!(weak.upgrade().is_none());
}

#[test]
fn snapshot_is_released_after_a_collect() {
    let (provider, exporter) = provider();
    let feed = Arc::new(feed());
    let layout = layout(1);
    let snapshot = uniform(&layout, 1);
    feed.publish_snapshot(Arc::clone(&snapshot));
    let _installed = install(&provider, &feed).unwrap();
    collect(&provider, &exporter);
    drop(feed.publish_snapshot(uniform(&layout, 2)));
    assert_eq!(Arc::strong_count(&snapshot), 1);
}

#[test]
fn binding_is_dropped_with_its_provider() {
    let (provider, _exporter) = provider();
    let installed = install(&provider, &Arc::new(feed())).unwrap();
    let binding = Arc::downgrade(&installed.binding);
    drop(installed);
    assert!(binding.upgrade().is_some(), "the callbacks keep it");
    provider.shutdown().unwrap();
    drop(provider);
    assert!(binding.upgrade().is_none());
}

#[test]
fn late_snapshot_is_neither_exported_nor_lost() {
    let (provider, _exporter) = provider();
    let feed = Arc::new(feed());
    let layout = layout(1);
    feed.publish_snapshot(uniform(&layout, 5));
    let installed = install(&provider, &feed).unwrap();
    installed.detach();
    let late = uniform(&layout, 9);
    assert!(Arc::ptr_eq(
        &feed.publish_snapshot(Arc::clone(&late)),
        &late
    ));
    let totals = installed.binding.last_totals(CATALOGUE);
    let counters = CATALOGUE.iter().filter(|metric| metric.kind.is_counter());
    assert_eq!(totals.len(), counters.count());
    assert!(
        totals
            .values()
            .all(|number| matches!(number, Number::F64(5.0) | Number::U64(5))),
        "{totals:?}"
    );
}

#[test]
fn panicking_callback_loses_its_own_values_only() {
    struct Broken;
    impl AsyncInstrument<f64> for Broken {
        fn observe(&self, _: f64, _: &[KeyValue]) {
            panic!("a bug of the SDK's");
        }
    }
    let feed = Arc::new(feed());
    feed.publish_snapshot(uniform(&layout(1), 1));
    let binding = ProviderBinding::default();
    assert!(binding.attach_feed(&feed));
    let number = |number| match number {
        Number::F64(value) => Some(value),
        _ => None,
    };
    let instrument = feed.find_instrument(0).unwrap();
    observe_points(
        &binding,
        (0, &Absence::default()),
        (&instrument, &[]),
        &Broken,
        number,
    );
    assert_eq!(feed.telemetry().own_counts().callback_panics(), 1);
}

#[test]
fn panicking_provider_leaves_the_binding_free() {
    use opentelemetry::metrics::{AsyncInstrumentBuilder, InstrumentProvider, ObservableGauge};

    #[derive(Debug)]
    struct Broken;
    impl InstrumentProvider for Broken {
        fn f64_observable_gauge(
            &self,
            _: AsyncInstrumentBuilder<'_, ObservableGauge<f64>, f64>,
        ) -> ObservableGauge<f64> {
            panic!("a bug of the provider's");
        }
    }
    #[derive(Debug)]
    struct Provider(Arc<Broken>);
    impl opentelemetry::metrics::MeterProvider for Provider {
        fn meter_with_scope(&self, _: opentelemetry::InstrumentationScope) -> Meter {
            Meter::new(Arc::clone(&self.0) as Arc<_>)
        }
    }
    let provider = Provider(Arc::new(Broken));
    for _ in 0..2 {
        let registration = Registration::for_provider(&provider, None);
        let feed = Arc::new(feed());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            registration.attach_feed(Arc::clone(&feed))
        }));
        assert!(outcome.is_err(), "refused, or no panic");
        assert_eq!(Arc::strong_count(&feed), 1);
    }
}

mod tables;
