//! Pages of a meter: expiry, the meter's own metrics, forks.

use std::collections::BTreeSet;

use dcgm::mock::Mock;
use dcgm::{Backend, BackendKind, EntityId, FieldId};

use super::names::MetricName;
use super::*;
use crate::catalogue::{CATALOGUE, Kind};
use crate::clock::Clock;
use crate::config::ThrottleName;
use crate::instruments::MeterFeed;
use crate::naming::base_metrics;
use crate::telemetry::Telemetry;
use crate::testing::{Fake, Harness, SECOND};
use crate::{DcgmMeter, ErrorKind, Naming};

fn text(meter: &DcgmMeter) -> String {
    let mut page = String::from("left over");
    meter.prometheus_text(&mut page);
    page
}

/// Returns the names of the families of a page.
fn families(page: &str) -> BTreeSet<&str> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next()).collect()
}

fn value<'a>(page: &'a str, series: &str) -> Option<&'a str> {
    page.lines().find_map(|line| line.strip_prefix(series))
}

#[test]
fn names_are_unique_and_units_are_known() {
    for metrics in Naming::ALL.iter().map(|naming| base_metrics(*naming)) {
        let feed = MeterFeed::new(
            Clock::System,
            metrics,
            ThrottleName::default(),
            Arc::new(telemetry()),
        );
        let mut names = BTreeSet::new();
        for one in feed.list_instruments() {
            let name = MetricName::new(one.name, one.kind, one.unit);
            let without = one.unit.is_empty()
                || one.unit.starts_with('{')
                || one.unit == "1" && one.name.ends_with("ratio");
            assert_eq!(name.unit.is_none(), without, "{name:?}");
            // OpenMetrics knows a counter by the name without `_total`.
            assert!(names.insert(name.family().to_owned()), "{name:?}");
        }
    }
}

fn telemetry() -> Telemetry {
    let backend = Backend::new(BackendKind::Mock, "none");
    Telemetry::new(Arc::default(), &backend, std::time::Instant::now())
}

#[test]
fn names_are_those_of_prometheus() {
    for (name, kind, unit, sample, family) in [
        (
            "hw.energy",
            Kind::CounterF64,
            "J",
            "hw_energy_joules_total",
            "hw_energy_joules",
        ),
        (
            "hw.errors",
            Kind::CounterU64,
            "{error}",
            "hw_errors_total",
            "hw_errors",
        ),
        (
            "hw.status",
            Kind::UpDownI64,
            "1",
            "hw_status_ratio",
            "hw_status_ratio",
        ),
        ("a.ratio", Kind::GaugeF64, "1", "a_ratio", "a_ratio"),
        (
            "9-ü",
            Kind::GaugeI64,
            "By/s",
            "_9___bytes_per_second",
            "_9___bytes_per_second",
        ),
    ] {
        let name = MetricName::new(name, kind, unit);
        assert_eq!((&*name.sample, name.family()), (sample, family));
    }
}

#[test]
fn gauges_expire_and_counters_stay() {
    let fake = Fake::one_of_everything();
    let harness = Harness::new(&fake);
    harness.sample();
    let fresh = text(harness.meter());
    assert!(families(&fresh).contains("hw_temperature_celsius"));
    assert!(families(&fresh).contains("hw_energy_joules_total"));
    harness.clock.advance(600 * SECOND);
    let old = text(harness.meter());
    assert!(!families(&old).contains("hw_temperature_celsius"), "{old}");
    assert!(!old.contains("hw_temperature"), "{old}");
    assert!(families(&old).contains("hw_energy_joules_total"), "{old}");
    assert_eq!(value(&old, "dcgm_meter_sample_age_seconds "), Some("600"));
}

#[test]
fn the_meters_own_metrics_are_there_before_the_first_sample_and_follow_it() {
    let fake = Fake::one_of_everything();
    let harness = Harness::new(&fake);
    let before = text(harness.meter());
    assert!(!before.contains("hw_"), "{before}");
    assert!(!before.contains("dcgm_meter_sample_age"), "{before}");
    assert!(before.contains("# TYPE dcgm_meter_errors_total counter\n"));
    let errors = before
        .lines()
        .filter(|line| line.starts_with("dcgm_meter_errors_total{error_type=\""));
    assert_eq!(errors.count(), ErrorKind::ALL.len());
    assert_eq!(value(&before, "dcgm_meter_reconnects_total "), Some("0"));
    assert!(!before.contains("dcgm_meter_engine_version="), "{before}");
    harness.sample();
    let after = text(harness.meter());
    assert_eq!(value(&after, "dcgm_meter_sample_age_seconds "), Some("0"));
    // A connection changes the attributes of this one, and not the series of the devices.
    assert!(after.contains("dcgm_meter_engine_version=\""), "{after}");
    assert_eq!(harness.health().collections, 2);
}

#[test]
fn the_age_appears_while_the_series_stay() {
    let telemetry = Arc::new(telemetry());
    let feed = MeterFeed::new(
        Clock::System,
        CATALOGUE,
        ThrottleName::default(),
        Arc::clone(&telemetry),
    );
    let page = Page::new(Arc::new(feed), &[]);
    let mut written = String::new();
    page.write(PageFormat::Text, &mut written);
    let layout = page.layout.load_full();
    assert!(!written.contains("dcgm_meter_sample_age"), "{written}");
    telemetry.record_sample_time(std::time::Instant::now());
    page.write(PageFormat::Text, &mut written);
    assert!(written.contains("\ndcgm_meter_sample_age_seconds "));
    let same = page.layout.load_full();
    assert!(Arc::ptr_eq(&layout.unwrap(), &same.unwrap()));
}

#[test]
fn the_layout_is_kept_until_the_series_change() {
    let mock = Mock::named("2xl4").unwrap();
    let harness = Harness::new(&mock);
    let page = Page::new(Arc::clone(harness.meter().feed()), &[]);
    let layout = |format| {
        page.write(format, &mut String::new());
        page.layout.load_full().unwrap()
    };
    let before = layout(PageFormat::Text);
    harness.sample();
    let first = layout(PageFormat::Text);
    assert!(!Arc::ptr_eq(&first, &before));
    harness.tick_after(SECOND);
    assert!(Arc::ptr_eq(&first, &layout(PageFormat::OpenMetrics)));
    mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 79_i64);
    harness.tick_after(SECOND);
    assert!(!Arc::ptr_eq(&first, &layout(PageFormat::Text)));
}

#[test]
fn a_lost_engine_leaves_the_counters_and_the_error() {
    let mock = Mock::named("1xl4").unwrap();
    let harness = Harness::new(&mock);
    harness.sample();
    harness.tick_after(SECOND);
    mock.stop_engine();
    harness.advance(SECOND);
    let _ = harness.sample_error();
    let page = text(harness.meter());
    assert!(families(&page).contains("hw_energy_joules_total"), "{page}");
    assert!(!families(&page).contains("hw_power_watts"), "{page}");
    assert_eq!(value(&page, "dcgm_meter_degraded_ratio "), Some("1"));
}
