//! Waiting for profiling values.

use dcgm::{EntityId, FieldId, NoValue};
use opentelemetry_sdk::metrics::PeriodicReader;

use super::*;
use dcgm::mock::Product;

/// A meter on a mock whose profiling fields are blank at first, as an engine's are.
fn meter(mock: &Mock) -> (DcgmMeter, SdkMeterProvider, LastExport) {
    for field in profiling() {
        mock.set_no_value(EntityId::gpu(0), field, NoValue::Blank);
    }
    let export = LastExport::default();
    let reader = PeriodicReader::builder(export.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let builder = DcgmMeter::builder().with_interval(Duration::from_secs(1));
    let meter = builder
        .with_client(mock.clone())
        .install(&provider)
        .unwrap();
    (meter, provider, export)
}

fn profiling() -> impl Iterator<Item = FieldId> {
    FieldId::all()
        .iter()
        .map(|info| info.id)
        .filter(|field| field.is_profiling())
}

fn has(export: &LastExport, metric: &str) -> bool {
    export.rows().iter().any(|row| row.metric == metric)
}

#[test]
fn profiling_values_of_a_later_sample_are_waited_for() {
    let mock = Mock::named("1xl4").unwrap();
    let (meter, provider, export) = meter(&mock);
    let later = mock.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        profiling().for_each(|field| later.unset(EntityId::gpu(0), field));
    });
    sample_with_profiling(&meter, &provider, &export).unwrap();
    thread.join().unwrap();
    assert!(has(&export, "hw.gpu.sm.utilization"));
}

#[test]
fn a_gpu_without_profiling_is_not_waited_for_forever() {
    let mock = Mock::named("1xl4").unwrap();
    let (meter, provider, export) = meter(&mock);
    sample_with_profiling(&meter, &provider, &export).unwrap();
    assert!(has(&export, "hw.power") && !has(&export, "hw.gpu.sm.utilization"));
    let health = meter.health();
    assert!((4..=9).contains(&health.ticks), "{health}");
}

#[test]
fn an_engine_without_gpus_is_no_failure() {
    let mock = Mock::new(dcgm::mock::Host::new("empty", Product::L4));
    let (meter, provider, export) = meter(&mock);
    sample_with_profiling(&meter, &provider, &export).unwrap();
    require_engine(&meter).unwrap();
    assert!(status(&meter.health()).contains("no GPU"));
    mock.stop_engine();
    assert!(require_engine(&meter).is_err());
}
