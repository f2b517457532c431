//! Names of metrics and of the scope.

use dcgm::FieldId;

use crate::catalogue::Presence;
use crate::naming::exporter;
use crate::testing::{Fake, Harness};
use crate::{Config, MetricSwitch, Naming, ThrottleName};

#[test]
fn the_scope_names_the_crate_and_the_conventions() {
    let harness = Harness::new(&Fake::with_gpus(1));
    harness.sample();
    harness.export();
    let exported = harness.exporter.get_finished_metrics().unwrap();
    let scope = exported[0].scope_metrics().next().unwrap().scope();
    assert_eq!(scope.name(), "dcgm-otel");
    assert_eq!(scope.version(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(
        scope.schema_url(),
        Some("https://opentelemetry.io/schemas/1.44.0")
    );
}

#[test]
fn the_throttle_metric_has_the_name_that_was_chosen() {
    let config = Config::default().with_throttle_name(ThrottleName::Time);
    let harness = Harness::with_settings(&Fake::with_gpus(1), config);
    assert!(harness.has("hw.gpu.throttle.time") && !harness.has("hw.gpu.throttle.duration"));
    // Either name switches it.
    let config = Config::default().with_metric("hw.gpu.throttle.time", MetricSwitch::Off);
    assert!(!Harness::with_settings(&Fake::with_gpus(1), config).has("hw.gpu.throttle.duration"));
}

#[test]
fn names_of_dcgm_exporter_are_gauges_of_raw_values_without_a_unit() {
    let fake = Fake::with_gpus(2);
    let metrics = exporter::metrics(Naming::DcgmExporter48);
    let points = metrics.iter().flat_map(|metric| metric.families[0].points);
    for field in points.map(|point| point.sources[0].field) {
        fake.set(0, field, 1.0);
        fake.set(1, field, 1.0);
    }
    fake.set(0, FieldId::SM_CLOCK, 1980.0);
    fake.set(0, FieldId::TOTAL_ENERGY_CONSUMPTION, 123_456.0);
    fake.set(0, FieldId::XID_ERRORS, 79.0);
    let harness =
        Harness::with_settings(&fake, Config::default().with_naming(Naming::DcgmExporter48));
    let points = harness.export();
    let default = metrics
        .iter()
        .filter(|metric| metric.families[0].default == Presence::On);
    assert_eq!(points.len(), 2 * default.count());
    for point in &points {
        assert!(point.instrument.starts_with("gauge"), "{point:?}");
        assert_eq!(point.unit, "");
        assert!(point.name.starts_with("DCGM_FI_"), "{}", point.name);
        for key in ["gpu", "UUID", "device", "modelName", "hostname"] {
            assert!(point.attribute(key).is_some(), "{key} {point:?}");
        }
    }
    let value = |name: &str| {
        let found = points
            .iter()
            .find(|point| point.name == name && point.attribute("gpu").as_deref() == Some("0"));
        found.unwrap().value
    };
    assert!((value("DCGM_FI_DEV_SM_CLOCK") - 1980.0).abs() < f64::EPSILON);
    let energy = value("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION");
    assert!((energy - 123_456.0).abs() < f64::EPSILON);
    assert!((value("DCGM_FI_DEV_XID_ERRORS") - 79.0).abs() < f64::EPSILON);
}

#[test]
fn the_name_of_the_throttle_metric_can_be_given() {
    let config = Config::default().with_throttle_name(ThrottleName::Time);
    let harness = Harness::with_config(&Fake::with_gpus(1), config);
    assert_eq!(
        harness.meter().config().throttle_name().metric(),
        "hw.gpu.throttle.time"
    );
}
