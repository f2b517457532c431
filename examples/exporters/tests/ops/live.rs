//! Prometheus scrapes the running exporter, in both namings.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use dcgm::mock::Model;
use dcgm::{EntityId, FieldId};
use serde_json::Value;

use crate::exporter::Exporter;
use crate::kit;
use crate::prometheus::{Prometheus, Series, until};
use crate::replay::said;

/// Queries that have no answer on a host to which nothing happens.
const OF_INCIDENTS: &[&str] = &["Held back", "Memory errors", "XIDs", "Not well", "Errors"];

/// An exporter a naming, and a Prometheus that has scraped each of them at least four times.
struct Stage {
    prometheus: Prometheus,
    _exporters: [Exporter; 2],
}

impl Stage {
    fn new() -> Self {
        let start = |naming| {
            let flags = ["--simulate=8xh100", "--interval=1s", "--naming", naming];
            Exporter::start(&flags)
        };
        // The queries of the public dashboard are in the older names.
        let exporters = ["semconv", "dcgm-exporter:4.8"].map(start);
        let [semconv, other] = exporters.each_ref().map(|one| one.address.clone());
        let rules = kit::rules();
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
             rule_files: {rules:?}\n\
             scrape_configs:\n\
             - {{job_name: semconv, static_configs: [{{targets: ['{semconv}']}}]}}\n\
             - {{job_name: dcgm-exporter, static_configs: [{{targets: ['{other}']}}]}}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let prometheus = Prometheus::start(folder, &config, &[]);
        // A rate takes two samples, and the first scrape can come before the first sample.
        let scraped = "count_over_time((dcgm_meter_samples_total > 0)[1m:1s]) >= 4";
        until("scraped", || {
            (prometheus.query(scraped).len() == 2).then_some(())
        });
        Self {
            prometheus,
            _exporters: exporters,
        }
    }
}

/// What the mock says of a field of a GPU within the first ten minutes: least and most.
fn simulated(gpu: u32, field: FieldId) -> RangeInclusive<f64> {
    let model = "8xh100".parse::<Model>().unwrap();
    // In steps far below a second: an integer may be at its most for less than that.
    let times = (0..6000).map(|tenth| Duration::from_millis(tenth * 100));
    let values = times.map(|at| said(&model, gpu, field, at));
    let values: Vec<_> = values.collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    least..=most
}

/// A series a GPU, each named as the host names it, and with what the mock says.
fn is_the_truth(series: &[Series], field: FieldId, scale: f64, [index, id]: [&str; 2]) {
    assert_eq!(series.len(), 8, "{series:?}");
    let model = "8xh100".parse::<Model>().unwrap();
    for series in series {
        let gpu: u32 = series.label(index).parse().unwrap();
        let uuid = model
            .host()
            .entity(EntityId::gpu(gpu))
            .unwrap()
            .uuid
            .clone();
        assert_eq!(series.label(id), uuid.as_deref().unwrap());
        let range = simulated(gpu, field);
        let value = series.value() / scale;
        // What is multiplied and divided may differ in the last bit.
        let inside = value >= range.start() * 0.999_999 && value <= range.end() * 1.000_001;
        assert!(inside, "{field} of GPU {gpu}: {value} is not in {range:?}");
    }
}

/// How many of the queries have an answer; those that have none are named.
fn answered(prometheus: &Prometheus, queries: &[(String, String)]) -> (usize, BTreeSet<String>) {
    let mut silent = BTreeSet::new();
    let mut count = 0;
    for (name, query) in queries {
        if prometheus.query(query).is_empty() {
            silent.insert(name.clone());
        } else {
            count += 1;
        }
    }
    (count, silent)
}

fn semconv(prometheus: &Prometheus) {
    let queries = kit::dashboard(".*", ".*", "30s");
    let queries: Vec<_> = queries
        .into_iter()
        .map(|query| (query.panel, query.expression))
        .collect();
    let (count, silent) = answered(prometheus, &queries);
    let known =
        |name: &String| OF_INCIDENTS.contains(&name.as_str()) || name.contains("lanes lost");
    eprintln!(
        "semconv, a calm host: {count} of {} queries of the dashboard returned data; none, as it should be: {silent:?}",
        queries.len()
    );
    let wrong: Vec<_> = silent
        .iter()
        .filter(|name| !known(name) && *name != "Row remaps")
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let ids = ["hw_gpu_index", "hw_id"];
    for (query, field, scale) in [
        (
            "hw_temperature_celsius{hw_sensor_location=\"gpu\"}",
            FieldId::GPU_TEMP,
            1.0,
        ),
        ("hw_power_watts{hw_type=\"gpu\"}", FieldId::POWER_USAGE, 1.0),
        (
            "hw_gpu_clock_frequency_hertz{hw_gpu_clock_domain=\"sm\"}",
            FieldId::SM_CLOCK,
            1e6,
        ),
        (
            "hw_gpu_utilization_ratio{hw_gpu_task=\"general\"}",
            FieldId::GPU_UTIL,
            0.01,
        ),
        ("hw_gpu_memory_limit_bytes", FieldId::FB_TOTAL, 1_048_576.0),
        ("hw_gpu_pcie_link_width", FieldId::PCIE_LINK_WIDTH, 1.0),
        (
            "hw_gpu_power_limit_watts",
            FieldId::ENFORCED_POWER_LIMIT,
            1.0,
        ),
        (
            "hw_temperature_limit_celsius{hw_limit_type=\"high.degraded\", hw_sensor_location=\"gpu\"}",
            FieldId::SLOWDOWN_TEMP,
            1.0,
        ),
    ] {
        is_the_truth(&prometheus.query(query), field, scale, ids);
    }
    for (query, value) in [
        ("hw_gpu_count", 8.0),
        (
            "count(hw_status_ratio{hw_type=\"gpu\", hw_state=\"ok\"} == 1)",
            8.0,
        ),
        ("count(hw_gpu_nvlink_active_count == 18)", 8.0),
        ("count(hw_gpu_nvlink_io_bytes_total)", 8.0 * 18.0 * 2.0),
        ("dcgm_meter_degraded_ratio{job=\"semconv\"}", 0.0),
    ] {
        let found: Vec<_> = prometheus.query(query).iter().map(Series::value).collect();
        assert_eq!(found, [value], "{query}");
    }
}

fn dcgm_exporter(prometheus: &Prometheus) {
    let queries = kit::public_dashboard();
    let named: Vec<_> = queries
        .iter()
        .map(|query| (query.clone(), query.clone()))
        .collect();
    let (count, silent) = answered(prometheus, &named);
    eprintln!(
        "dcgm-exporter's names: {count} of {} queries of dashboard 12239 returned data",
        queries.len()
    );
    assert!(silent.is_empty(), "{silent:?}");
    let fields = [
        ("DCGM_FI_DEV_GPU_TEMP", FieldId::GPU_TEMP, 1.0),
        ("DCGM_FI_DEV_POWER_USAGE", FieldId::POWER_USAGE, 1.0),
        ("DCGM_FI_DEV_SM_CLOCK", FieldId::SM_CLOCK, 1e6),
        ("DCGM_FI_DEV_GPU_UTIL", FieldId::GPU_UTIL, 1.0),
        (
            "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
            FieldId::PROF_PIPE_TENSOR_ACTIVE,
            1.0,
        ),
        ("DCGM_FI_DEV_FB_USED", FieldId::FB_USED, 1.0),
    ];
    for (name, field, scale) in fields {
        let of_it = |query: &&String| query.starts_with(name);
        let query = queries.iter().find(of_it).unwrap();
        is_the_truth(&prometheus.query(query), field, scale, ["gpu", "UUID"]);
    }
}

/// Prometheus evaluates each rule, and a host to which nothing happens sets off none.
fn alerts(prometheus: &Prometheus) {
    let rules = until("evaluated", || {
        let rules = prometheus.rules();
        let done = rules.iter().all(|rule| rule["health"] != "unknown");
        done.then_some(rules)
    });
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
        assert_eq!(rule["state"], "inactive", "{rule}");
        assert_eq!(rule["alerts"], Value::Array(Vec::new()), "{rule}");
    }
    eprintln!("{} rules evaluated, none fires on a calm host", rules.len());
    assert!(rules.len() > 20);
}

#[test]
#[cfg_attr(no_prometheus, ignore = "prometheus is not installed")]
#[cfg_attr(no_promtool, ignore = "promtool is not installed")]
fn prometheus_scrapes_the_exporter_and_dashboards_show_the_simulated_truth() {
    let stage = Stage::new();
    semconv(&stage.prometheus);
    dcgm_exporter(&stage.prometheus);
    alerts(&stage.prometheus);
}
