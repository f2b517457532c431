//! Each incident sets off the alerts that are for it, and no others; and every query of the
//! dashboard shows something when there is something to show.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use dcgm::mock::{Call, Model};
use dcgm::{EntityId, FieldId, LinkState};
use dcgm_otel::{Config, MetricSwitch, Naming};

use crate::kit;
use crate::picture;
use crate::prometheus::Prometheus;
use crate::replay::{Host, START, remembered, said};

/// How long the longest incident lasts, in seconds.
const END: u32 = 960;

/// A host and its incidents.
type Incident = (&'static str, fn(&'static str) -> Host);

/// A host in one of the mock's scenarios, for so long.
fn scenario(instance: &str, names: &str, seconds: u64) -> Host {
    let mut host = Host::plain(instance, names);
    host.run_until(seconds);
    host
}

const INCIDENTS: &[Incident] = &[
    ("calm", |name| scenario(name, "8xh100", 960)),
    ("nvlink", |name| scenario(name, "8xh100,nvlink", 960)),
    ("hbm-ecc", |name| scenario(name, "8xh100,hbm-ecc", 960)),
    ("thermal", |name| scenario(name, "8xh100,thermal", 960)),
    ("pcie-aer", |name| scenario(name, "8xh100,pcie-aer", 960)),
    ("restart", |name| scenario(name, "8xh100,restart", 960)),
    ("xid79", |name| {
        let mut host = Host::plain(name, "8xh100,xid79");
        host.run_until(345);
        host.run_with_losses_until(960);
        host
    }),
    // Its engine never answers.
    ("unreachable", |name| {
        let mut host = Host::plain(name, "8xh100");
        host.mock.stop_engine();
        host.run_until(900);
        host
    }),
    // It may have fewer series than it has.
    ("capped", |name| {
        let config = Config::default().with_max_series(300);
        let mut host = Host::new(name, "8xh100", config);
        host.run_until(60);
        host
    }),
    // Its client panics.
    ("panicking", |name| {
        let mut host = Host::plain(name, "1xl4");
        host.run_until(30);
        for minute in 1..4 {
            host.mock.panic_next(Call::Latest);
            host.run_until(minute * 60);
        }
        host
    }),
    ("broken", |name| {
        // The meter judges a rate of a link in the time of this machine, so whether the rates of
        // the links that are down reach their alert would depend on the machine.
        let config = Config::default().with_metric("hw.gpu.nvlink.io/per_link", MetricSwitch::Off);
        broken(name, config)
    }),
    // The same by dcgm-exporter's names.
    ("theirs hbm-ecc", |name| theirs(name, "8xh100,hbm-ecc")),
    ("theirs pcie-aer", |name| theirs(name, "8xh100,pcie-aer")),
    ("theirs broken", |name| {
        broken(name, Config::default().with_naming(Naming::DcgmExporter482))
    }),
];

fn theirs(instance: &str, names: &str) -> Host {
    let config = Config::default().with_naming(Naming::DcgmExporter);
    let mut host = Host::new(instance, names, config);
    host.run_until(960);
    host
}

/// No spare rows, links down, a program and firmware that fail, a switch that has to be reset.
fn broken(instance: &str, config: Config) -> Host {
    let mut host = Host::new(instance, "8xh100", config);
    host.run_until(660);
    let gpu = EntityId::gpu;
    host.mock.set(gpu(6), FieldId::ROW_REMAP_FAILURE, 1);
    for index in 0..2 {
        host.mock.set_link(gpu(2), index, LinkState::DOWN);
    }
    let switch = EntityId::switch(1);
    host.mock.set(switch, FieldId::NVSWITCH_RESET_REQUIRED, 1);
    host.mock.push_event(gpu(0), FieldId::XID_ERRORS, 31);
    host.mock.push_event(gpu(1), FieldId::XID_ERRORS, 119);
    host.run_until(780);
    host
}

/// What fires, each with its host and the thing that it is about, as in `thermal GPU 2`.
fn fired(prometheus: &Prometheus) -> BTreeMap<String, BTreeSet<String>> {
    let mut fired = BTreeMap::new();
    for rule in prometheus.rules() {
        let query = rule["query"].as_str().unwrap();
        let range = (START, START + f64::from(END));
        let found = prometheus
            .range(query, range, 15)
            .into_iter()
            .map(|series| {
                let mut who = series.label("instance").to_owned();
                for (key, word) in [
                    ("hw_gpu_index", " GPU "),
                    ("hw_gpu_nvlink_index", " link "),
                    ("hw_switch_index", " switch "),
                    ("error_type", " "),
                    ("gpu", " gpu "),
                ] {
                    let value = series.label(key);
                    if !value.is_empty() {
                        who = who + word + value;
                    }
                }
                who
            });
        let name = rule["name"].as_str().unwrap().to_owned();
        let twice = fired.insert(name, found.collect());
        assert_eq!(twice, None, "{rule}");
    }
    fired
}

/// Each alert, and where it has to fire and nowhere else. The age of the last sample goes by the
/// meter's own clock, which no test moves from here: its alert is tested by promtool alone.
const EXPECTED: &str = "\
DcgmEngineUnreachable: restart connect, unreachable connect
DcgmExporterPcieReplays: theirs pcie-aer gpu 1
DcgmExporterRowRemapFailed: theirs broken gpu 6
DcgmExporterUncorrected: theirs hbm-ecc gpu 3
DcgmExporterXid: theirs broken gpu 0, theirs broken gpu 1, theirs hbm-ecc gpu 3
DcgmMeterDegraded: panicking, restart, unreachable
DcgmMeterEmitsNothing: unreachable
DcgmMeterErrors: unreachable connect
DcgmMeterPanicked: panicking
DcgmSamplesOld: 
DcgmSeriesDropped: capped
GpuDegraded: hbm-ecc GPU 3
GpuEccCorrectedMany: hbm-ecc GPU 3
GpuEccUncorrected: hbm-ecc GPU 3
GpuFailed: broken GPU 6
GpuLost: xid79 GPU 4
GpuNvlinkDown: broken GPU 2
GpuNvlinkErrors: nvlink GPU 5
GpuNvlinkSlow: nvlink GPU 5 link 7
GpuPcieLanesLost: pcie-aer GPU 1
GpuPcieReplays: pcie-aer GPU 1
GpuRowRemapFailed: broken GPU 6
GpuRowRemapPending: hbm-ecc GPU 3
GpuThermalThrottling: thermal GPU 2
GpuTooHot: thermal GPU 2
GpuXidApplication: broken GPU 0 31
GpuXidHardware: broken GPU 1 119, xid79 GPU 4 79
GpuXidMemory: hbm-ecc GPU 3 48, hbm-ecc GPU 3 63, hbm-ecc GPU 3 94
NvSwitchFailed: broken switch 1
";

fn alerts(prometheus: &Prometheus) {
    let fired = fired(prometheus);
    let lines = fired.iter().map(|(name, who)| {
        let who: Vec<_> = who.iter().map(String::as_str).collect();
        format!("{name}: {}\n", who.join(", "))
    });
    let lines: String = lines.collect();
    assert_eq!(lines, EXPECTED, "\n{lines}");
    for (naming, is_theirs) in [("semconv", false), ("dcgm-exporter", true)] {
        let of_it = |name: &&String| name.starts_with("DcgmExporter") == is_theirs;
        let all = fired.keys().filter(of_it).count();
        let answered = fired
            .iter()
            .filter(|(name, who)| of_it(name) && !who.is_empty());
        eprintln!(
            "{naming}, incidents: {} of {all} queries of the alerts returned data",
            answered.count()
        );
    }
}

fn dashboard(prometheus: &Prometheus) {
    let queries = kit::dashboard(".*", ".*", "1m");
    let range = (START, START + f64::from(END));
    let silent = queries.iter().filter(|query| {
        let series = prometheus.range(&query.expression, range, 15);
        series.is_empty()
    });
    let silent: Vec<_> = silent.collect();
    eprintln!(
        "semconv, incidents: {} of {} queries of the dashboard returned data",
        queries.len() - silent.len(),
        queries.len()
    );
    assert!(silent.is_empty(), "{silent:?}");
}

/// At the time of a scrape a query says what the mock says of that time.
fn truth(prometheus: &Prometheus) {
    let model = "8xh100,thermal".parse::<Model>().unwrap();
    let mut compared = 0;
    for seconds in [300_u32, 600, 900] {
        for (metric, field, scale) in [
            (
                "hw_temperature_celsius{hw_sensor_location=\"gpu\", ",
                FieldId::GPU_TEMP,
                1.0,
            ),
            (
                "hw_power_watts{hw_type=\"gpu\", ",
                FieldId::POWER_USAGE,
                1.0,
            ),
            (
                "hw_gpu_clock_frequency_hertz{hw_gpu_clock_domain=\"sm\", ",
                FieldId::SM_CLOCK,
                1e6,
            ),
            ("hw_gpu_memory_usage_bytes{", FieldId::FB_USED, 1_048_576.0),
        ] {
            let query = format!("{metric}instance=\"thermal\"}}");
            let series = prometheus.query_at(&query, START + f64::from(seconds));
            assert_eq!(series.len(), 8, "{query}");
            for series in series {
                let gpu = series.label("hw_gpu_index").parse().unwrap();
                let said = said(&model, gpu, field, Duration::from_secs(seconds.into()));
                let shown = series.value() / scale;
                assert!(
                    (shown - said).abs() < 1e-6,
                    "{query} GPU {gpu}: {shown}, {said}"
                );
                compared += 1;
            }
        }
    }
    eprintln!("{compared} values in Prometheus are those of the mock");
}

#[test]
#[cfg_attr(no_prometheus, ignore = "prometheus is not installed")]
#[cfg_attr(no_promtool, ignore = "promtool is not installed")]
fn incidents_set_off_their_alerts_and_no_others_and_the_dashboard_shows_them() {
    let record = |(name, run): &Incident| {
        let (name, run) = (*name, *run);
        thread::spawn(move || run(name).recorded())
    };
    let running: Vec<_> = INCIDENTS.iter().map(record).collect();
    let recorded: Vec<_> = running.into_iter().map(|one| one.join().unwrap()).collect();
    let prometheus = remembered(&recorded, &kit::rules());
    alerts(&prometheus);
    dashboard(&prometheus);
    truth(&prometheus);
    picture::is_fresh(&prometheus);
}
