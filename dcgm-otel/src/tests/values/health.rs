//! The health that the engine's checks find.

use std::collections::BTreeMap;
use std::time::Duration;

use dcgm::health::{HealthCode, HealthSystems, IncidentSeverity};
use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, EntityStatus, Error, ReturnCode};

use crate::testing::{Fake, Harness, SECOND, call};
use crate::{Config, ErrorKind, MeterState, MetricSwitch, Naming};

const METRIC: &str = "hw.gpu.health.status";
const EXPORTER_METRIC: &str = "DCGM_EXP_GPU_HEALTH_STATUS";
const FUNCTION: &str = "dcgmHealthCheck";
const GPU: EntityId = EntityId::gpu(1);

/// Period of the checks.
const PERIOD: Duration = Duration::from_secs(60);

const INTERVAL: Duration = Duration::from_secs(15);

fn config() -> Config {
    Config::default().with_metric(METRIC, MetricSwitch::On)
}

fn exporter_config() -> Config {
    Config::default()
        .with_naming(Naming::DcgmExporter48)
        .with_metric(EXPORTER_METRIC, MetricSwitch::On)
}

fn add_failure(mock: &Mock, system: HealthSystems) {
    let severity = IncidentSeverity::Failure;
    mock.add_incident(GPU, system, severity, HealthCode::ROW_REMAP_FAILURE);
}

/// Returns the state of each system of a GPU. Each state has a series, and one of them is 1.
fn states(harness: &Harness, gpu: EntityId) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    let mut series: BTreeMap<String, usize> = BTreeMap::new();
    for point in harness.points(METRIC) {
        if point.attribute("hw.gpu.index") != Some(gpu.id.to_string()) {
            continue;
        }
        let system = point.attribute("hw.gpu.health.system").unwrap();
        *series.entry(system.clone()).or_default() += 1;
        if point.value > 0.0 {
            let twice = states.insert(system, point.attribute("hw.state").unwrap());
            assert_eq!(twice, None, "{point:?}");
        }
    }
    assert!(series.values().all(|count| *count == 3), "{series:?}");
    assert_eq!(series.len(), states.len(), "{states:?}");
    states
}

/// Returns the systems of a GPU that are not `ok`.
fn unhealthy(harness: &Harness, gpu: EntityId) -> String {
    let states = states(harness, gpu).into_iter();
    let states = states.filter(|(_, state)| state != "ok");
    let states: Vec<_> = states.map(|(of, state)| format!("{of} {state}")).collect();
    states.join(", ")
}

#[test]
fn health_is_off_by_default_and_then_not_watched() {
    for config in [
        Config::default(),
        Config::default().with_naming(Naming::DcgmExporter48),
    ] {
        let harness = Harness::sampled_with("8xh100", config);
        harness.tick_after(PERIOD);
        assert!(!harness.has(METRIC) && !harness.has(EXPORTER_METRIC));
        assert_eq!(harness.client.calls(Call::Health), 0);
    }
}

#[test]
fn each_checked_system_is_in_one_state_after_the_first_tick() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        add_failure(mock, HealthSystems::MEMORY);
        let code = HealthCode::CLOCKS_EVENT_POWER;
        mock.add_incident(GPU, HealthSystems::POWER, IncidentSeverity::Warning, code);
    });
    let systems = "all driver inforom memory nvlink pcie power thermal";
    let ok: Vec<_> = states(&harness, EntityId::gpu(0)).into_iter().collect();
    let names: Vec<_> = ok.iter().map(|(system, _)| system.as_str()).collect();
    assert_eq!(names.join(" "), systems);
    assert!(ok.iter().all(|(_, state)| state == "ok"), "{ok:?}");
    assert_eq!(unhealthy(&harness, GPU), "memory failed, power degraded");
    assert_eq!(harness.points(METRIC).len(), 8 * 8 * 3);
    // One watch, one check.
    assert_eq!(harness.client.calls(Call::Health), 2);
}

#[test]
fn the_worst_incident_of_a_system_counts() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        add_failure(mock, HealthSystems::MEMORY);
        let code = HealthCode::PENDING_PAGE_RETIREMENTS;
        mock.add_incident(GPU, HealthSystems::MEMORY, IncidentSeverity::Warning, code);
    });
    assert_eq!(unhealthy(&harness, GPU), "memory failed");
}

#[test]
fn an_incident_of_the_whole_gpu_is_of_no_other_system() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        add_failure(mock, HealthSystems::ALL);
    });
    assert_eq!(unhealthy(&harness, GPU), "all failed");
}

#[test]
fn an_unchecked_system_has_series_only_during_an_incident() {
    let harness = Harness::prepared("8xh100", config(), |mock| {
        add_failure(mock, HealthSystems::PMU);
    });
    assert_eq!(unhealthy(&harness, GPU), "pmu failed");
    assert_eq!(states(&harness, EntityId::gpu(0)).len(), 8);
    harness.client.clear_incidents();
    harness.tick_after(PERIOD);
    assert_eq!(states(&harness, GPU).len(), 8);
}

#[test]
fn health_is_checked_once_a_minute() {
    let harness = Harness::sampled_with("8xh100", config());
    add_failure(&harness.client, HealthSystems::MEMORY);
    for _ in 0..3 {
        harness.tick_after(INTERVAL);
        assert_eq!(unhealthy(&harness, GPU), "");
    }
    assert_eq!(harness.client.calls(Call::Health), 2);
    harness.tick_after(INTERVAL);
    assert_eq!(unhealthy(&harness, GPU), "memory failed");
    assert_eq!(harness.client.calls(Call::Health), 3, "the same watch");
    harness.client.clear_incidents();
    harness.tick_after(PERIOD);
    assert_eq!(unhealthy(&harness, GPU), "");
}

#[test]
fn health_is_checked_no_more_often_than_sampled() {
    let interval = Duration::from_secs(300);
    let harness = Harness::sampled_with("8xh100", config().with_interval(interval));
    harness.tick_after(PERIOD);
    assert_eq!(harness.client.calls(Call::Health), 2);
    harness.tick_after(interval);
    assert_eq!(harness.client.calls(Call::Health), 3);
}

#[test]
fn failed_checks_are_counted_and_the_values_expire() {
    let harness = Harness::sampled_with("8xh100", config());
    let refused = call(FUNCTION, ReturnCode::GENERIC_ERROR);
    harness.client.fail_always(Call::Health, refused);
    harness.tick_after(PERIOD);
    let health = harness.health();
    assert_eq!(health.errors(ErrorKind::Read), 1);
    assert_eq!((health.state, health.reconnects), (MeterState::Ready, 0));
    assert!(harness.has(METRIC) && harness.has("hw.power"));
    // The next check after a failure needs a new watch.
    harness.tick_after(PERIOD);
    assert_eq!(harness.health().errors(ErrorKind::Watch), 1);
    // The age at which the values expire is three periods.
    harness.tick_after(PERIOD);
    assert!(!harness.has(METRIC) && harness.has("hw.power"));
    assert_eq!(harness.health().state, MeterState::Ready);
    harness.client.clear_faults();
    harness.tick_after(2 * PERIOD);
    assert_eq!(states(&harness, GPU).len(), 8);
}

#[test]
fn a_client_or_engine_without_health_has_no_series_and_no_error() {
    let fake = Fake::with_gpus(1);
    let error = Error::NotImplemented {
        method: "HealthClient::watch",
    };
    fake.fail("health", error);
    let harness = Harness::with_settings(&fake, config());
    harness.tick_after(PERIOD);
    assert!(fake.count("health") > 0);
    assert!(!harness.has(METRIC) && harness.has("hw.power"));
    assert_eq!(harness.health().state, MeterState::Ready);
    let errors = ErrorKind::ALL
        .iter()
        .map(|kind| harness.health().errors(*kind));
    assert_eq!(errors.sum::<u64>(), 0);

    let harness = Harness::prepared("8xh100", config(), |mock| {
        mock.fail_always(Call::Health, call(FUNCTION, ReturnCode::MODULE_NOT_LOADED));
    });
    assert!(!harness.has(METRIC) && harness.has("hw.power"));
    let errors = ErrorKind::ALL
        .iter()
        .map(|kind| harness.health().errors(*kind));
    assert_eq!(errors.sum::<u64>(), 0);
    assert_eq!(harness.health().state, MeterState::Ready);
}

#[test]
fn an_unknown_health_is_no_value() {
    let harness = Harness::sampled_with("8xh100", config());
    assert!(harness.has(METRIC));
    harness.client.freeze_sampling(true);
    harness.advance(PERIOD);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert!(!harness.has(METRIC));
    harness.client.freeze_sampling(false);
    harness.tick_after(PERIOD);
    assert_eq!(states(&harness, GPU).len(), 8);
}

#[test]
fn health_ends_with_the_connection_and_is_checked_in_the_next_one() {
    let harness = Harness::sampled_with("8xh100", config());
    harness.client.stop_engine();
    harness.advance(INTERVAL);
    harness.sample_error();
    assert!(!harness.has(METRIC));
    harness.client.start_engine();
    add_failure(&harness.client, HealthSystems::PCIE);
    harness.tick_after(INTERVAL);
    assert_eq!(unhealthy(&harness, GPU), "pcie failed");
}

#[test]
fn a_check_that_costs_the_connection_is_retried_less_often() {
    let harness = Harness::sampled_with("8xh100", config());
    let timeout = call(FUNCTION, ReturnCode::TIMEOUT);
    assert!(timeout.ends_connection());
    harness.client.fail_always(Call::Health, timeout);
    let mut failures = Vec::new();
    for tick in 1..=60 {
        harness.advance(INTERVAL);
        if harness.meter().sample_now().is_err() {
            failures.push(tick);
        }
    }
    // After 1, 2, 4 and 8 minutes. The values of these ticks were published before.
    assert_eq!(failures, [4, 8, 16, 32]);
    assert_eq!(harness.health().errors(ErrorKind::Timeout), 4);
}

#[test]
fn a_new_table_keeps_the_health() {
    let harness = Harness::sampled_with("8xh100", config());
    add_failure(&harness.client, HealthSystems::MEMORY);
    harness.tick_after(PERIOD);
    // Another GPU is lost: the session is replaced.
    harness
        .client
        .set_status(EntityId::gpu(7), EntityStatus::LOST);
    harness.tick_after(SECOND);
    harness.tick_after(INTERVAL);
    harness.tick_after(INTERVAL);
    assert_eq!(unhealthy(&harness, GPU), "memory failed");
    assert!(states(&harness, EntityId::gpu(7)).is_empty());
}

#[test]
fn with_dcgm_exporters_names_the_code_is_a_label() {
    let harness = Harness::sampled_with("8xh100", exporter_config());
    let shown = |harness: &Harness, watch: &str| {
        let mut points = harness.points(EXPORTER_METRIC);
        points.retain(|point| {
            let is = |key, value: &str| point.attribute(key).as_deref() == Some(value);
            is("gpu", "1") && is("health_watch", watch)
        });
        assert_eq!(points.len(), 1, "{points:?}");
        let code = points[0].attribute("health_error_code").unwrap();
        format!("{code} {}", points[0].value)
    };
    assert_eq!(harness.points(EXPORTER_METRIC).len(), 8 * 11);
    assert_eq!(shown(&harness, "MEM"), "DCGM_FR_OK 0");
    assert_eq!(shown(&harness, "SM"), "DCGM_FR_OK 0");
    add_failure(&harness.client, HealthSystems::MEMORY);
    let code = HealthCode::from_raw(9999);
    let warning = IncidentSeverity::Warning;
    harness
        .client
        .add_incident(GPU, HealthSystems::DRIVER, warning, code);
    harness.tick_after(PERIOD);
    assert_eq!(shown(&harness, "MEM"), "DCGM_FR_ROW_REMAP_FAILURE 20");
    assert_eq!(shown(&harness, "DRIVER"), "DCGM_FR_UNKNOWN(9999) 10");
    assert_eq!(shown(&harness, "PCIE"), "DCGM_FR_OK 0");
    harness.client.clear_incidents();
    harness.tick_after(PERIOD);
    assert_eq!(shown(&harness, "MEM"), "DCGM_FR_OK 0");
    assert_eq!(harness.points(EXPORTER_METRIC).len(), 8 * 11);
}
