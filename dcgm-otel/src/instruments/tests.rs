//! The slot, and one snapshot a collect.

use std::sync::atomic::AtomicBool;
use std::thread;

use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use super::*;
use crate::snapshot::{Cell, Layout};

/// A snapshot in which every instrument shows the same number.
fn uniform(layout: &Arc<Layout>, number: u32) -> Arc<Snapshot> {
    let cells: Vec<_> = CATALOGUE
        .iter()
        .map(|metric| {
            let number = match metric.kind {
                Kind::GaugeF64 | Kind::CounterF64 => Number::F64(f64::from(number)),
                Kind::GaugeI64 | Kind::UpDownI64 => Number::I64(i64::from(number)),
                Kind::CounterU64 => Number::U64(u64::from(number)),
            };
            Some(Cell {
                number,
                until: None,
            })
        })
        .collect();
    Arc::new(Snapshot::new(layout, &cells))
}

fn layout() -> Arc<Layout> {
    let series = (0..CATALOGUE.len()).map(|metric| Series {
        metric,
        attributes: [].into(),
    });
    Arc::new(Layout::new(CATALOGUE, series.collect()))
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

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn collect(provider: &SdkMeterProvider, exporter: &InMemoryMetricExporter) -> Vec<f64> {
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
        .flat_map(|metric| match metric.data() {
            AggregatedMetrics::F64(data) => numbers(data, |value| value),
            AggregatedMetrics::U64(data) => numbers(data, |value| value as f64),
            AggregatedMetrics::I64(data) => numbers(data, |value| value as f64),
        })
        .collect()
}

#[test]
fn all_instruments_of_a_collect_show_the_same_snapshot() {
    let (provider, exporter) = provider();
    let hub = Arc::new(Hub::new(Clock::System));
    let layout = layout();
    hub.publish(uniform(&layout, 0));
    let installed = install(&provider, &hub).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                number += 1;
                hub.publish(uniform(&layout, number));
            }
        });
        let collects: Vec<_> = (0..300).map(|_| collect(&provider, &exporter)).collect();
        // Before anything is asserted: a failure would wait for the publisher otherwise.
        done.store(true, Ordering::Relaxed);
        let mut seen = Vec::new();
        for mut numbers in collects {
            assert_eq!(numbers.len(), CATALOGUE.len());
            numbers.dedup();
            assert_eq!(numbers.len(), 1, "torn: {numbers:?}");
            seen.extend(numbers);
        }
        seen.dedup();
        assert!(seen.len() > 1, "nothing was published meanwhile");
    });
    assert_eq!(hub.collections(), 300);
    drop(installed);
}

#[test]
fn a_slot_takes_one_hub_at_a_time() {
    let (provider, exporter) = provider();
    let layout = layout();
    let hubs: Vec<_> = (0..3)
        .map(|number| {
            let hub = Arc::new(Hub::new(Clock::System));
            hub.publish(uniform(&layout, number));
            hub
        })
        .collect();
    let first = install(&provider, &hubs[1]).unwrap();
    assert!(install(&provider, &hubs[2]).is_none());
    assert_eq!(collect(&provider, &exporter)[..1], [1.0]);
    first.slot.vacate();
    assert!(collect(&provider, &exporter).is_empty());
    let second = install(&provider, &hubs[2]).unwrap();
    assert_eq!(collect(&provider, &exporter)[..1], [2.0]);
    assert!(Arc::ptr_eq(&first.slot, &second.slot));
}

#[test]
fn a_hub_is_let_go_with_its_meter() {
    let (provider, exporter) = provider();
    let hub = Arc::new(Hub::new(Clock::System));
    hub.publish(uniform(&layout(), 1));
    let installed = install(&provider, &hub).unwrap();
    collect(&provider, &exporter);
    installed.slot.vacate();
    let weak = Arc::downgrade(&hub);
    drop(hub);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_slot_dies_with_its_provider() {
    let (provider, _exporter) = provider();
    let hub = Arc::new(Hub::new(Clock::System));
    let installed = install(&provider, &hub).unwrap();
    let slot = Arc::downgrade(&installed.slot);
    installed.slot.vacate();
    drop(installed);
    assert!(slot.upgrade().is_some(), "the callbacks keep it");
    provider.shutdown().unwrap();
    drop(provider);
    assert!(slot.upgrade().is_none());
}

#[test]
fn a_callback_that_panics_costs_its_own_values_only() {
    struct Broken;
    impl AsyncInstrument<f64> for Broken {
        fn observe(&self, _: f64, _: &[opentelemetry::KeyValue]) {
            panic!("a bug of the SDK's");
        }
    }
    let hub = Arc::new(Hub::new(Clock::System));
    hub.publish(uniform(&layout(), 1));
    let slot = Slot::default();
    assert!(slot.occupy(&hub));
    let number = |number| match number {
        Number::F64(value) => Some(value),
        _ => None,
    };
    observe(&slot, 0, &Broken, number);
    assert_eq!(hub.callback_panics(), 1);
}
