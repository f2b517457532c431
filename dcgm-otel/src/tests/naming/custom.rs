//! Custom metrics: their values on every kind of entity, in both namings, on the page and over time.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dcgm::{EntityId, EntityKind, FieldId, NoValue, OwnedValue};

use crate::naming::exporter;
use crate::testing::{Exported, Fake, Harness, SECOND};
use crate::{
    Config, CustomKind, CustomMetric, DcgmMeter, ExporterCsv, Group, InstallError, MetricSwitch,
    Naming,
};

/// Definitions of whole numbers and fractions on each kind of entity that the mock has.
const DEFINITIONS: &[&str] = &[
    "DCGM_FI_DEV_PSTATE as x.pstate",
    "DCGM_FI_DEV_MAX_SM_CLOCK as x.max_clock, unit Hz, scale 1000000",
    "DCGM_FI_DEV_GPU_UTIL as x.busy, unit 1, scale 0.01",
    "DCGM_FI_DEV_POWER_USAGE as x.power.milli, unit mW, scale 1000",
    "DCGM_FI_DEV_POWER_USAGE as x.power.negative, unit W, scale -0.3",
    "DCGM_FI_DEV_PCIE_REPLAY_COUNTER as x.replays, unit {packet}",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION as x.energy, unit J, scale 0.001",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION as x.energy.gauge, unit J, scale 0.001, kind gauge",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION as x.energy.odd, scale 0.3",
    "DCGM_FI_DEV_FB_USED as x.memory, unit By, scale 1048576, on gpu_instance",
    "DCGM_FI_DEV_FB_USED_PERCENT as x.memory.share, unit %, scale 100, on gpu_instance",
    "DCGM_FI_DEV_NVSWITCH_TEMPERATURE_CURRENT as x.switch.temperature, unit Cel",
    "DCGM_FI_DEV_NVSWITCH_THROUGHPUT_TX as x.switch.sent, unit By, scale 1024",
    "DCGM_FI_DEV_CPU_TEMP_CURRENT as x.cpu.temperature, unit Cel",
    "DCGM_FI_DEV_CPU_POWER_UTIL_CURRENT as x.cpu.power, unit W, scale 2",
];

fn definitions() -> Vec<CustomMetric> {
    let texts = DEFINITIONS.iter();
    let parsed = texts.map(|text| text.parse::<CustomMetric>().unwrap());
    parsed
        .map(|metric| metric.with_attribute("rack", "r7"))
        .collect()
}

fn with_all(naming: Naming, all: &[CustomMetric]) -> Config {
    let config = Config::default().with_naming(naming).with_max_series(8192);
    all.iter().cloned().fold(config, Config::with_custom_metric)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn are_near(one: &[f64], other: &[f64]) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
    one.len() == other.len() && one.iter().zip(other).all(near)
}

/// Returns the values that the hardware has for a definition.
fn expected(harness: &Harness, metric: &CustomMetric) -> Vec<f64> {
    let kinds = metric.entity_kinds();
    let model = harness.client.model();
    let entities = model.host().entities();
    let has_field = |one: &EntityId| model.value(*one, metric.field(), harness.now()).is_ok();
    let ids = entities.iter().map(|one| one.id);
    let mine = ids.filter(|id| kinds.contains(&id.kind) && has_field(id));
    let value = |entity: EntityId| match metric.kind() {
        CustomKind::Counter => harness.counted(entity, metric.field()),
        CustomKind::Gauge => harness.raw(entity, metric.field()),
    };
    sorted(mine.map(|id| value(id) * metric.scale.0).collect())
}

/// Returns the values of a metric on the page.
#[cfg(feature = "prometheus")]
fn page_values(meter: &DcgmMeter, metric: &CustomMetric) -> Vec<f64> {
    let mut page = String::new();
    meter.prometheus_text(&mut page);
    let is_counter = metric.kind() == CustomKind::Counter;
    let name = crate::text::prometheus_name(metric.name(), &metric.unit, is_counter);
    let lines = page.lines();
    let mine = lines.filter_map(|line| line.strip_prefix(&*name)?.strip_prefix('{'));
    let value = |line: &str| line.rsplit(' ').next().unwrap().parse().unwrap();
    sorted(mine.map(value).collect())
}

#[test]
fn values_are_those_of_each_entity_in_both_namings_and_on_the_page() {
    let all = definitions();
    for naming in [Naming::Semconv, Naming::DcgmExporter48] {
        let mut seen = BTreeSet::new();
        for host in ["8xh100", "8xh100-mig7", "gb200"] {
            let harness = Harness::sampled_with(host, with_all(naming, &all));
            harness.run_until(60);
            let points = harness.export();
            for metric in &all {
                let wanted = expected(&harness, metric);
                let mine = points.iter().filter(|point| point.name == metric.name());
                let mine: Vec<&Exported> = mine.collect();
                for point in &mine {
                    assert_eq!(point.attribute("rack").as_deref(), Some("r7"), "{point:?}");
                    assert_eq!(point.unit, metric.unit);
                    assert_eq!(point.is_counter(), metric.kind() == CustomKind::Counter);
                }
                let exported = sorted(mine.iter().map(|point| point.value).collect());
                // A MIG host has no utilization of whole GPUs.
                if exported.is_empty() && metric.name() == "x.busy" {
                    continue;
                }
                assert!(
                    are_near(&exported, &wanted),
                    "{naming} {host} {metric}\n{exported:?}\n{wanted:?}"
                );
                #[cfg(feature = "prometheus")]
                assert_eq!(page_values(harness.meter(), metric), exported, "{metric}");
                if !exported.is_empty() {
                    seen.insert(metric.name());
                }
            }
        }
        assert_eq!(seen.len(), all.len(), "{seen:?}");
    }
}

#[test]
fn attributes_of_the_meter_are_reserved() {
    let core = CustomMetric::new(FieldId::CPU_UTIL_TOTAL, "x.core");
    let core = core.with_entity_kinds([EntityKind::CPU_CORE]);
    let mut all = definitions();
    all.push(core);
    for naming in [Naming::Semconv, Naming::DcgmExporter48] {
        let mut keys = BTreeSet::new();
        for host in ["8xh100", "8xh100-mig7", "gb200"] {
            let config = with_all(naming, &all).with_profile(crate::Profile::Full);
            let config = match naming {
                Naming::Semconv => config,
                _ => with_all(naming, &all),
            };
            let harness = Harness::sampled_with(host, config);
            let points = harness.export();
            let mine = points.iter().filter(|point| point.name.starts_with("x."));
            keys.extend(
                mine.flat_map(|point| point.attributes.iter().map(|one| one.key.to_string())),
            );
        }
        keys.remove("rack");
        assert!(keys.len() > 5, "{keys:?}");
        for key in keys {
            let metric = CustomMetric::new(FieldId::PSTATE, "x").with_attribute(&*key, "1");
            let config = Config::default().with_custom_metric(metric);
            assert!(config.validate().is_err(), "{key}");
        }
    }
}

#[test]
fn the_caps_of_their_group_and_switches_apply() {
    let all = [
        "DCGM_FI_DEV_PSTATE as x.a",
        "DCGM_FI_DEV_MAX_SM_CLOCK as x.b",
    ];
    let all = all.map(|text| text.parse::<CustomMetric>().unwrap());
    let count = |config: Config| {
        let harness = Harness::sampled_with("8xh100", config);
        let points = harness.points_per_metric();
        let count = |name: &str| points.get(name).copied().unwrap_or(0);
        (count("x.a"), count("x.b"), harness.health().series_dropped)
    };
    let config = with_all(Naming::Semconv, &all);
    assert_eq!(count(config.clone()), (8, 8, 0));
    // Whole metrics are dropped.
    let capped = config.clone().with_group_series(Group::Custom, 10);
    assert_eq!(count(capped), (0, 8, 8));
    let off = config.clone().with_metric("x.a", MetricSwitch::Off);
    assert_eq!(count(off), (0, 8, 0));
    let off = config.with_group(Group::Custom, crate::GroupSwitch::Off);
    assert_eq!(count(off), (0, 0, 0));
}

#[test]
fn gauges_expire_and_counters_are_held() {
    let fake = Fake::with_gpus(1);
    let energy = FieldId::GPU_ENERGY_JOULES_TOTAL;
    fake.set(0, FieldId::PSTATE, 2.0);
    fake.set(0, energy, 100.25);
    let config = Config::default()
        .with_custom_metric(CustomMetric::new(FieldId::PSTATE, "x.pstate"))
        .with_custom_metric(CustomMetric::new(energy, "x.energy").with_scale(10.0));
    let harness = Harness::with_settings(&fake, config);
    let value = |name: &str| harness.points(name).first().map(|point| point.value);
    assert_eq!(
        (value("x.pstate"), value("x.energy")),
        (Some(2.0), Some(0.0))
    );
    fake.set(0, energy, 100.75);
    harness.tick_after(SECOND);
    assert_eq!(value("x.energy"), Some(5.0));
    // The driver was loaded again.
    fake.set(0, energy, 0.5);
    harness.tick_after(SECOND);
    assert_eq!(value("x.energy"), Some(10.0));
    fake.lose(0, FieldId::PSTATE, NoValue::Blank);
    fake.lose(0, energy, NoValue::Blank);
    for _ in 0..10 {
        harness.tick_after(SECOND);
    }
    assert_eq!((value("x.pstate"), value("x.energy")), (None, Some(10.0)));
}

#[test]
fn a_counter_continues_when_definitions_are_added_before_it() {
    let fake = Fake::with_gpus(1);
    let replays = FieldId::PCIE_REPLAY_COUNTER;
    fake.set(0, replays, 5.0);
    let counter = || CustomMetric::new(replays, "x.replays");
    let config = Config::default().with_custom_metric(counter());
    let mut harness = Harness::with_settings(&fake, config);
    fake.set(0, replays, 12.0);
    harness.tick_after(SECOND);
    let value = |harness: &Harness<Fake>| harness.points("x.replays")[0].value;
    assert!((value(&harness) - 7.0).abs() < f64::EPSILON);
    harness.config = Config::default()
        .with_interval(SECOND)
        .with_custom_metric(CustomMetric::new(FieldId::PSTATE, "x.before"))
        .with_custom_metric(counter());
    harness.install();
    harness.sample();
    fake.set(0, replays, 13.0);
    harness.tick_after(SECOND);
    assert!((value(&harness) - 8.0).abs() < f64::EPSILON);
}

#[test]
fn definitions_of_one_name_are_series_of_one_metric() {
    let define =
        |field, reason| CustomMetric::new(field, "x.limit").with_attribute("reason", reason);
    let config = Config::default()
        .with_custom_metric(define(FieldId::PSTATE, "a"))
        .with_custom_metric(define(FieldId::MAX_SM_CLOCK, "b"));
    let count = |config: Config| {
        let harness = Harness::sampled_with("1xl4", config);
        let points = harness.points("x.limit");
        points
            .iter()
            .filter_map(|point| point.attribute("reason"))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        count(config.clone()),
        BTreeSet::from(["a".to_owned(), "b".to_owned()])
    );
    let one = config.with_metric("x.limit/2", MetricSwitch::Off);
    assert_eq!(count(one), BTreeSet::from(["a".to_owned()]));
}

/// Writes a file with these lines, and returns what is read from it.
fn read_csv(name: &str, text: &str) -> ExporterCsv {
    let path = std::env::temp_dir().join(format!("dcgm-otel-{name}-{}.csv", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let csv = ExporterCsv::read(&path);
    std::fs::remove_file(&path).unwrap();
    csv.unwrap()
}

#[test]
fn a_file_of_dcgm_exporters_default_rows_selects_the_default_metrics() {
    let default = Harness::sampled_with(
        "8xh100",
        Config::default().with_naming(Naming::DcgmExporter48),
    );
    let names = |harness: &Harness| harness.points_per_metric();
    // In the form of dcgm-exporter's own file: comments, aligned columns, and a label.
    let mut text = "# Format\n# If line starts with a '#' it is a comment\n\n".to_owned();
    let rows = exporter::metrics(Naming::DcgmExporter48).iter();
    for row in rows.filter(|row| row.families[0].default == crate::catalogue::Presence::On) {
        let kind = if row.name.contains("TOTAL") {
            "counter"
        } else {
            "gauge"
        };
        writeln!(text, "{0},  {kind}, Help of {0}.", row.name).unwrap();
    }
    text.push_str("# DCGM_EXP_XID_ERRORS_COUNT, gauge, Not read.\n\nDCGM_FI_DRIVER_VERSION, label, Driver Version\n");
    let config = Config::default().with_naming(Naming::DcgmExporter48);
    let selected = config.with_exporter_csv(read_csv("default", &text));
    let harness = Harness::sampled_with("8xh100", selected);
    assert!(names(&default).len() > 15);
    assert_eq!(names(&harness), names(&default));
    for point in harness.export() {
        assert_eq!(point.description, format!("Help of {}.", point.name));
        assert!(point.instrument.starts_with("gauge"), "{point:?}");
    }
}

#[test]
fn a_file_selects_its_metrics_and_no_others() {
    let csv = read_csv(
        "own",
        "DCGM_FI_DEV_GPU_TEMP, gauge, GPU temperature (in C).\n\
         DCGM_FI_DEV_PSTATE, gauge, Performance state.\n\
         DCGM_FI_DEV_ECC_SBE_VOL_TOTAL, counter, Off by default.\n\
         DCGM_FI_PROF_SM_OCCUPANCY, gauge, Occupancy.\n\
         DCGM_FI_DEV_BAR1_USED, gauge, BAR1.\n",
    );
    let config = Config::default()
        .with_naming(Naming::DcgmExporter48)
        .with_exporter_csv(csv);
    let emitted = |config: Config| {
        let harness = Harness::sampled_with("8xh100-mig7", config);
        harness.run_until(45);
        harness.points_per_metric()
    };
    let points = emitted(config.clone());
    let names: Vec<_> = points.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "DCGM_FI_DEV_BAR1_USED",
            "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
            "DCGM_FI_DEV_GPU_TEMP",
            "DCGM_FI_DEV_PSTATE",
            "DCGM_FI_PROF_SM_OCCUPANCY",
        ]
    );
    assert_eq!(points["DCGM_FI_DEV_PSTATE"], 8);
    // With this naming the instances of a GPU replace it.
    assert_eq!(points["DCGM_FI_DEV_BAR1_USED"], 56);
    let config = config
        .with_metric("DCGM_FI_DEV_PSTATE", MetricSwitch::Off)
        .with_metric("DCGM_FI_DEV_POWER_USAGE", MetricSwitch::On);
    let points = emitted(config);
    assert!(!points.contains_key("DCGM_FI_DEV_PSTATE"));
    assert_eq!(points["DCGM_FI_DEV_POWER_USAGE"], 8);
}

#[test]
fn a_file_has_no_effect_in_another_naming() {
    let csv = read_csv("semconv", "DCGM_FI_DEV_GPU_TEMP, gauge, Temperature.\n");
    let config = Config::default().with_exporter_csv(csv);
    let error = DcgmMeter::builder()
        .with_config(config)
        .without_env()
        .install(&opentelemetry::metrics::NoopMeterProvider::new())
        .unwrap_err();
    let InstallError::Config(errors) = error else {
        panic!("{error}");
    };
    assert!(
        errors
            .to_string()
            .contains("has no effect with naming=semconv"),
        "{errors}"
    );
}

/// A field that this release does not know.
const UNKNOWN: FieldId = FieldId::from_raw(9999);

fn with_unknown(definitions: &[&str]) -> Config {
    let all = definitions.iter().map(|text| text.parse().unwrap());
    all.fold(Config::default(), Config::with_custom_metric)
}

#[test]
fn an_unknown_field_has_the_type_of_its_samples() {
    for value in [OwnedValue::Int(7), OwnedValue::Double(7.0)] {
        let config = with_unknown(&[
            "9999 as x.gauge, unit W, scale 0.5",
            "field-9999 as x.count, kind counter, scale 2",
        ]);
        let harness = Harness::prepared("8xh100", config, |mock| {
            mock.set(EntityId::gpu(3), UNKNOWN, value.clone());
        });
        let shown = |name: &str| -> Vec<_> {
            let points = harness.points(name).into_iter();
            points
                .map(|point| (point.attribute("hw.gpu.index").unwrap(), point.value))
                .collect()
        };
        assert_eq!(shown("x.gauge"), [("3".to_owned(), 3.5)]);
        assert_eq!(shown("x.count"), [("3".to_owned(), 0.0)]);
        harness.client.set(EntityId::gpu(3), UNKNOWN, 12);
        harness.tick_after(SECOND * 15);
        assert_eq!(shown("x.gauge"), [("3".to_owned(), 6.0)]);
        assert_eq!(shown("x.count"), [("3".to_owned(), 10.0)]);
        harness.assert_well();
    }
}

#[test]
fn an_unknown_field_of_no_numbers_has_no_values() {
    let harness = Harness::prepared("1xl4", with_unknown(&["9999 as x.text"]), |mock| {
        mock.set(EntityId::gpu(0), UNKNOWN, "text");
    });
    harness.tick_after(SECOND * 15);
    assert!(!harness.has("x.text") && harness.has("hw.power"));
    harness.assert_well();
}

#[test]
fn a_field_that_the_engine_does_not_know_has_no_series_and_harms_no_others() {
    let definitions = [
        "9999 as x.gpu",
        "9998 as x.host, on host",
        "9997 as x.count, kind counter",
    ];
    let harness = Harness::sampled_with("8xh100", with_unknown(&definitions));
    let others = Harness::sampled("8xh100");
    for _ in 0..8 {
        harness.tick_after(SECOND * 15);
        others.tick_after(SECOND * 15);
    }
    assert_eq!(harness.shown(), others.shown());
    harness.assert_well();
}

#[test]
fn an_unknown_field_is_on_the_entities_that_its_definition_names() {
    let config = with_unknown(&["9999 as x.host, on host", "9998 as x.switch, on nvswitch"]);
    let harness = Harness::prepared("8xh100", config, |mock| {
        mock.set(EntityId::gpu(0), UNKNOWN, 4);
        mock.set(EntityId::switch(2), FieldId::from_raw(9998), 5);
    });
    let values = |name: &str| -> Vec<_> {
        harness
            .points(name)
            .iter()
            .map(|point| point.value)
            .collect()
    };
    assert_eq!(
        (values("x.host"), values("x.switch")),
        (vec![4.0], vec![5.0])
    );
}
