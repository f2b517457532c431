//! Minimum, maximum and mean of all samples between two ticks.

use std::collections::BTreeMap;
use std::time::Duration;

use dcgm::mock::Call;
use dcgm::{EntityId, FieldId, NoValue, ReturnCode};

use crate::testing::{Fake, Harness, SECOND, call};
use crate::{Config, ErrorKind, Group, GroupSwitch, MeterState, MetricSwitch, Naming};

const POWER: &str = "hw.gpu.peak.power";
const SM: &str = "hw.gpu.peak.sm.utilization";
const DEFAULTS: [&str; 4] = [
    "hw.gpu.peak.pipe.utilization",
    POWER,
    SM,
    "hw.gpu.peak.temperature",
];

const GPU: EntityId = EntityId::gpu(1);
const SOURCE: FieldId = FieldId::POWER_USAGE_INSTANT;
const INTERVAL: Duration = Duration::from_secs(15);
const MS: Duration = Duration::from_millis(1);

const LOW: f64 = 100.0;
const HIGH: f64 = 700.0;

fn config() -> Config {
    Config::default().with_peaks()
}

fn has_any(harness: &Harness) -> bool {
    harness
        .export()
        .iter()
        .any(|point| point.name.starts_with("hw.gpu.peak."))
}

/// Returns the statistics of a metric for the second GPU, as `min`, `max` and `mean`.
fn statistics(harness: &Harness, metric: &str) -> Option<[f64; 3]> {
    let mut found = BTreeMap::new();
    for point in harness.points(metric) {
        if point.attribute("hw.gpu.index").as_deref() == Some("1") {
            let statistic = point.attribute("hw.gpu.peak.statistic").unwrap();
            assert_eq!(found.insert(statistic, point.value), None);
        }
    }
    if found.is_empty() {
        return None;
    }
    assert_eq!(found.len(), 3, "{found:?}");
    Some(["min", "max", "mean"].map(|statistic| found[statistic]))
}

/// Advances the time by a square wave: `high` and then `low` for 300 ms each, from the present time on.
fn run_wave(harness: &Harness, time: Duration, (low, high): (f64, f64)) {
    let mut is_high = true;
    let mut left = time;
    while !left.is_zero() {
        set_level(harness, if is_high { high } else { low });
        is_high = !is_high;
        let step = left.min(300 * MS);
        harness.advance(step);
        left -= step;
    }
    set_level(harness, if is_high { high } else { low });
}

fn set_level(harness: &Harness, level: f64) {
    harness.client.set(GPU, SOURCE, level);
}

#[test]
fn peaks_are_off_by_default_and_then_not_read() {
    let harness = Harness::sampled("8xh100");
    let events = harness.client.calls(Call::Events);
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    assert!(!has_any(&harness));
    assert_eq!(harness.client.calls(Call::Events), events);
}

#[test]
fn a_square_wave_has_exact_statistics() {
    let harness = Harness::sampled_with("8xh100", config());
    run_wave(&harness, INTERVAL, (LOW, HIGH));
    harness.sample();
    for _ in 0..4 {
        run_wave(&harness, INTERVAL, (LOW, HIGH));
        harness.sample();
        let expected = Some([LOW, HIGH, f64::midpoint(LOW, HIGH)]);
        assert_eq!(statistics(&harness, POWER), expected);
    }
    // What the latest sample shows is one of the two.
    let latest = harness.value("hw.power", "hw.gpu.index", "1");
    assert!(latest.is_none_or(|value| value <= HIGH));
    harness.assert_well();
}

#[test]
fn a_spike_of_one_sample_is_the_maximum_of_one_tick() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    harness.advance(5000 * MS);
    harness.client.set(GPU, SOURCE, HIGH);
    harness.advance(100 * MS);
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(9900 * MS);
    let mean = (149.0 * LOW + HIGH) / 150.0;
    assert_eq!(statistics(&harness, POWER), Some([LOW, HIGH, mean]));
    harness.tick_after(INTERVAL);
    assert_eq!(statistics(&harness, POWER), Some([LOW; 3]));
}

#[test]
fn default_peaks_are_of_power_temperature_and_activity() {
    let harness = Harness::sampled_with("8xh100", config());
    // Profiling fields have their second sample.
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    let counts = harness.points_per_metric();
    let peaks: Vec<_> = counts
        .into_iter()
        .filter(|(name, _)| name.starts_with("hw.gpu.peak."))
        .collect();
    assert_eq!(peaks, DEFAULTS.map(|name| (name.to_owned(), 24)));
    for name in DEFAULTS {
        let [min, max, mean] = statistics(&harness, name).unwrap();
        assert!(min < mean && mean < max, "{name}: {min} {mean} {max}");
    }
}

#[test]
fn other_peaks_are_switched_on_and_groups_switch_them_off() {
    let config = config()
        .with_metric("hw.gpu.peak.utilization", MetricSwitch::On)
        .with_metric("hw.gpu.peak.clock.frequency", MetricSwitch::On)
        .with_metric(POWER, MetricSwitch::Off)
        .with_group(Group::Profiling, GroupSwitch::Off);
    let harness = Harness::sampled_with("8xh100", config);
    harness.tick_after(INTERVAL);
    assert!(harness.has("hw.gpu.peak.utilization"));
    assert!(harness.has("hw.gpu.peak.clock.frequency"));
    assert!(harness.has("hw.power") && harness.has("hw.gpu.peak.temperature"));
    assert!(!harness.has(POWER) && !harness.has(SM));
}

#[test]
fn a_switch_without_peaks_and_another_naming_are_errors() {
    let config = Config::default().with_metric("hw.gpu.peak.utilization", MetricSwitch::On);
    let errors = config.validate().unwrap_err().to_string();
    assert!(errors.contains("peaks=on"), "{errors}");
    let config = Config::default().with_metric(POWER, MetricSwitch::Off);
    config.validate().unwrap();
    let config = self::config().with_naming(Naming::DcgmExporter);
    let errors = config.validate().unwrap_err().to_string();
    assert!(errors.contains("naming=dcgm_exporter"), "{errors}");
}

#[test]
fn only_the_sources_of_peaks_are_sampled_so_often() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::with_config(&fake, config());
    harness.sample();
    harness.sample();
    let watched = fake.edit(|state| std::mem::take(&mut state.watched));
    let (fast, slow): (Vec<_>, Vec<_>) = watched.into_iter().partition(|one| one.interval < SECOND);
    let mut fields: Vec<_> = fast.iter().flat_map(|one| one.fields.clone()).collect();
    fields.sort_unstable();
    fields.dedup();
    let mut expected = vec![
        FieldId::GPU_TEMP,
        SOURCE,
        FieldId::PROF_SM_ACTIVE,
        FieldId::PROF_PIPE_TENSOR_ACTIVE,
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    for one in &fast {
        assert_eq!(one.interval, 100 * MS);
        // Four ticks.
        assert_eq!((one.keep_age, one.events), (60 * SECOND, true));
    }
    // The watches that are kept: one that shared a source would be sampled as often as a whole.
    let last = slow.last().unwrap();
    assert!(
        last.fields.iter().all(|field| !fields.contains(field)),
        "{last:?}"
    );
    assert!(
        slow.iter()
            .all(|one| !one.events || one.fields.iter().all(|field| field.is_event()))
    );
}

#[test]
fn blanks_are_left_out_of_the_mean() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    // A third of the time without a value, a third high.
    harness.client.set_no_value(GPU, SOURCE, NoValue::Blank);
    harness.advance(5000 * MS);
    harness.client.set(GPU, SOURCE, HIGH);
    harness.advance(5000 * MS);
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(5000 * MS);
    // The sample at the tick before was low, and is in the window before.
    let mean = (50.0 * HIGH + 51.0 * LOW) / 101.0;
    let [min, max, found] = statistics(&harness, POWER).unwrap();
    assert_eq!((min, max), (LOW, HIGH));
    assert!((found - mean).abs() < 1e-9, "{found} {mean}");
    // A tick without any value.
    harness.client.set_no_value(GPU, SOURCE, NoValue::Blank);
    harness.advance(100 * MS);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    assert_eq!(statistics(&harness, POWER), None);
    assert!(statistics(&harness, "hw.gpu.peak.temperature").is_some());
}

#[test]
fn a_restart_of_the_engine_begins_a_new_window() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    harness.client.set(GPU, SOURCE, HIGH);
    harness.advance(5000 * MS);
    harness.client.stop_engine();
    harness.client.start_engine();
    harness.client.set(GPU, SOURCE, 2.0 * LOW);
    harness.advance(5000 * MS);
    harness.sample_error();
    assert!(!has_any(&harness), "no value for that window");
    harness.tick_after(5000 * MS);
    // From the watch on.
    assert_eq!(statistics(&harness, POWER), Some([2.0 * LOW; 3]));
    harness.tick_after(INTERVAL);
    assert_eq!(statistics(&harness, POWER), Some([2.0 * LOW; 3]));
}

#[test]
fn a_refused_source_is_counted_and_the_other_peaks_go_on() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        let error = call("dcgmWatchFields", ReturnCode::GENERIC_ERROR);
        mock.refuse(FieldId::PROF_SM_ACTIVE, error);
    });
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    assert!(harness.health().errors(ErrorKind::Watch) > 0);
    assert!(!harness.has(SM) && statistics(&harness, POWER).is_some());
    assert!(harness.has("hw.gpu.peak.pipe.utilization"));
    assert_eq!(harness.health().state, MeterState::Ready);
}

#[test]
fn a_source_that_the_gpu_lacks_gives_way_to_the_next() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        mock.set_no_value(GPU, SOURCE, NoValue::NotSupported);
        mock.set(GPU, FieldId::POWER_USAGE, LOW);
    });
    harness.tick_after(INTERVAL);
    assert_eq!(statistics(&harness, POWER), Some([LOW; 3]));
    harness.assert_well();
}

#[test]
fn a_failed_read_costs_the_peaks_of_one_tick_and_no_sample() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    harness.client.set(GPU, SOURCE, HIGH);
    harness.advance(300 * MS);
    harness.client.set(GPU, SOURCE, LOW);
    let refused = call("dcgmGetValuesSince_v2", ReturnCode::GENERIC_ERROR);
    harness.client.fail_always(Call::Events, refused);
    harness.tick_after(INTERVAL);
    assert!(!has_any(&harness) && harness.has("hw.power"));
    assert!(harness.health().errors(ErrorKind::Read) > 0);
    assert_eq!(harness.health().state, MeterState::Ready);
    harness.client.clear_faults();
    harness.tick_after(INTERVAL);
    let [min, max, _] = statistics(&harness, POWER).unwrap();
    assert_eq!((min, max), (LOW, HIGH));
}

#[test]
fn a_frozen_engine_has_no_peaks() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.tick_after(INTERVAL);
    assert!(has_any(&harness));
    harness.client.freeze_sampling(true);
    harness.tick_after(INTERVAL);
    // The latest value is not yet too old.
    assert!(!has_any(&harness) && harness.has("hw.power"));
    harness.client.freeze_sampling(false);
    harness.tick_after(INTERVAL);
    assert!(has_any(&harness));
}

#[test]
fn a_new_table_goes_on_with_the_windows() {
    let harness = Harness::on_host("8xh100", config());
    let gpu = EntityId::gpu(7);
    let all = harness.client.model().host().entities().to_vec();
    harness.client.remove_entity(gpu);
    harness.sample();
    harness.client.set(GPU, SOURCE, LOW);
    // Until shortly before the list that is read each minute.
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    let added = all.into_iter().find(|entity| entity.id == gpu);
    harness.client.add_entity(added.unwrap());
    harness.tick_after(INTERVAL);
    assert_eq!(harness.points(POWER).len(), 7 * 3);
    // Within the window in which the session is replaced.
    harness.advance(200 * MS);
    harness.client.set(GPU, SOURCE, HIGH);
    harness.advance(100 * MS);
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    assert_eq!(harness.points(POWER).len(), 8 * 3);
    let [min, max, _] = statistics(&harness, POWER).unwrap();
    assert_eq!((min, max), (LOW, HIGH));
    harness.tick_after(INTERVAL);
    assert_eq!(statistics(&harness, POWER), Some([LOW; 3]));
}

#[test]
fn peaks_of_instances_are_of_activity() {
    let harness = Harness::sampled_with("8xh100-mig7", config());
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    let points = harness.points(SM);
    let instances = points
        .iter()
        .filter(|point| point.attribute("hw.gpu.mig.instance_id").is_some());
    assert_eq!(instances.count(), 56 * 3);
    assert_eq!(harness.points(POWER).len(), 8 * 3);
}

#[test]
fn the_cap_drops_peaks_as_a_whole_before_what_alerts_need() {
    let harness = Harness::sampled_with("8xh100", config().with_max_series(500));
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
    }
    assert!(harness.health().series_dropped > 0);
    let shown = harness.points_per_metric();
    assert!(!has_any(&harness), "{shown:?}");
    assert!(shown.contains_key("hw.power"), "{shown:?}");
}

#[cfg(feature = "prometheus")]
#[test]
fn the_page_has_the_same_peaks() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.set(GPU, SOURCE, LOW);
    harness.tick_after(INTERVAL);
    run_wave(&harness, INTERVAL, (LOW, HIGH));
    harness.sample();
    let mut page = String::new();
    harness.meter().prometheus_text(&mut page);
    let mut shown: Vec<_> = page
        .lines()
        .filter(|line| {
            line.starts_with("hw_gpu_peak_power_watts{") && line.contains("hw_gpu_index=\"1\"")
        })
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    shown.sort_unstable();
    let [min, max, mean] = statistics(&harness, POWER).unwrap();
    let mut expected = [min, max, mean].map(|value| value.to_string());
    expected.sort();
    assert_eq!(shown, expected);
}
