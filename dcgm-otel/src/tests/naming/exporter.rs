//! The metrics that dcgm-exporter makes itself, the labels of XIDs, and files with them.

use std::collections::BTreeMap;

use dcgm::mock::{Call, Mock};
use dcgm::topology::P2pStatus;
use dcgm::{EntityId, FieldId};

use crate::testing::{Exported, Harness, SECOND, push};
use crate::{Config, DcgmMeter, ExporterCsv, MetricSwitch, Naming};

const XID: FieldId = FieldId::XID_ERRORS;
const REASONS: FieldId = FieldId::CLOCK_THROTTLE_REASONS;
const COUNT: &str = "DCGM_EXP_XID_ERRORS_COUNT";
const TOTAL: &str = "DCGM_EXP_XID_ERRORS_TOTAL";
const CLOCKS: &str = "DCGM_EXP_CLOCK_EVENTS_COUNT";
const CLOCKS_TOTAL: &str = "DCGM_EXP_CLOCK_EVENTS_TOTAL";
const P2P: &str = "DCGM_EXP_P2P_STATUS";

fn config(names: &[&str]) -> Config {
    let config = Config::default().with_naming(Naming::DcgmExporter48);
    names.iter().fold(config, |config, name| {
        config.with_metric(*name, MetricSwitch::On)
    })
}

/// Returns the values of a GPU's series of a metric, by these labels.
fn values(harness: &Harness, name: &str, gpu: u32, labels: &[&str]) -> BTreeMap<String, f64> {
    let points = harness.points(name).into_iter();
    let of_gpu = points.filter(|point: &Exported| point.attribute("gpu") == Some(gpu.to_string()));
    of_gpu
        .map(|point| {
            let labels: Vec<_> = labels
                .iter()
                .map(|key| point.attribute(key).unwrap_or_default())
                .collect();
            (labels.join(" "), point.value)
        })
        .collect()
}

fn shown(values: &BTreeMap<String, f64>) -> String {
    let values: Vec<_> = values
        .iter()
        .map(|(labels, value)| format!("{labels}: {value}"))
        .collect();
    values.join(", ")
}

#[test]
fn a_gpu_without_an_xid_has_0_and_its_labels_follow_the_code() {
    let harness = Harness::sampled_with("8xh100", config(&[]));
    let last = |gpu| {
        let labels = ["err_code", "err_msg"];
        shown(&values(&harness, "DCGM_FI_DEV_XID_ERRORS", gpu, &labels))
    };
    for gpu in 0..8 {
        assert_eq!(last(gpu), "0 No XID: 0");
    }
    push(&harness.client, EntityId::gpu(3), XID, &[31, 79]);
    harness.run_until(30);
    assert_eq!(last(3), "79 GPU has fallen off the bus: 79");
    assert_eq!(last(4), "0 No XID: 0");
    harness.run_until(3600);
    assert_eq!(last(3), "79 GPU has fallen off the bus: 79");
    harness.client.stop_engine();
    harness.advance(60 * SECOND);
    let _ = harness.sample_error();
    assert!(!harness.has("DCGM_FI_DEV_XID_ERRORS"));
}

#[test]
fn own_metrics_are_off_by_default_and_cost_nothing() {
    let harness = Harness::sampled_with("8xh100", config(&[]));
    harness.run_until(300);
    let own = |harness: &Harness| {
        let points = harness.export().into_iter();
        points
            .filter(|point| point.name.starts_with("DCGM_EXP_"))
            .count()
    };
    assert_eq!(own(&harness), 0);
    assert_eq!(harness.client.calls(Call::Events), 0);
    assert_eq!(harness.client.calls(Call::Topology), 0);
    let harness =
        Harness::sampled_with("8xh100", config(&[COUNT, TOTAL, CLOCKS, CLOCKS_TOTAL, P2P]));
    harness.run_until(30);
    assert!(own(&harness) > 100);
    harness.assert_well();
}

#[test]
fn xids_are_counted_in_the_window_and_since_the_start() {
    let harness = Harness::sampled_with("8xh100", config(&[COUNT, TOTAL]));
    let count = |gpu| shown(&values(&harness, COUNT, gpu, &["xid", "window_size_in_ms"]));
    let total = |gpu| shown(&values(&harness, TOTAL, gpu, &["xid", "err_msg"]));
    harness.run_until(30);
    assert_eq!(count(3), " 300000: 0");
    assert_eq!(total(3), "");
    push(&harness.client, EntityId::gpu(3), XID, &[31, 79, 79, 0]);
    harness.run_until(60);
    assert_eq!(count(3), "31 300000: 1, 79 300000: 2");
    assert_eq!(
        total(3),
        "31 Memory page fault in the application: 1, 79 GPU has fallen off the bus: 2".replace(
            "Memory page fault in the application",
            crate::naming::exporter::xid_message(31)
        )
    );
    assert_eq!(
        (count(4), total(4)),
        (" 300000: 0".to_owned(), String::new())
    );
    harness.run_until(420);
    assert_eq!(count(3), " 300000: 0");
    let before = total(3);
    assert!(before.ends_with(": 2"));
    // Without an engine the totals stay, and nothing else.
    harness.client.stop_engine();
    harness.advance(60 * SECOND);
    let _ = harness.sample_error();
    assert_eq!((count(3), total(3)), (String::new(), before));
}

#[test]
fn an_xid_from_before_the_start_is_in_the_window_only() {
    let harness = Harness::prepared("8xh100", config(&[COUNT, TOTAL]), |mock| {
        push(mock, EntityId::gpu(2), XID, &[63]);
    });
    let labels = ["xid"];
    let total = || shown(&values(&harness, TOTAL, 2, &labels));
    let count = shown(&values(&harness, COUNT, 2, &labels));
    assert!(["63: 1", ": 0"].contains(&&*count), "{count}");
    assert_eq!(total(), "");
    harness.run_until(30);
    assert_eq!(total(), "");
}

#[test]
fn reasons_of_the_clocks_are_counted_by_samples_and_by_their_beginning() {
    let harness = Harness::prepared("1xl4", config(&[CLOCKS, CLOCKS_TOTAL]), |mock| {
        mock.set(EntityId::gpu(0), REASONS, 0x4);
    });
    let gpu = EntityId::gpu(0);
    harness.run_until(60);
    let total = |event: &str| values(&harness, CLOCKS_TOTAL, 0, &["clock_event"])[event];
    let count = |event: &str| values(&harness, CLOCKS, 0, &["clock_event"])[event];
    // It was so from the start.
    assert_eq!(total("power_cap").to_string(), "0");
    assert!(count("power_cap") > 3.0);
    assert_eq!(count("hw_thermal").to_string(), "0");
    for reasons in [0x44, 0x4, 0x44] {
        harness.client.set(gpu, REASONS, reasons);
        harness.tick_after(15 * SECOND);
    }
    assert_eq!(total("hw_thermal").to_string(), "2");
    assert_eq!(total("power_cap").to_string(), "0");
    assert!(count("hw_thermal") >= 2.0);
    assert_eq!(values(&harness, CLOCKS, 0, &["clock_event"]).len(), 9);
}

#[test]
fn each_pair_of_gpus_has_its_peer_to_peer_status() {
    let harness = Harness::prepared("8xh100", config(&[P2P]), |mock| {
        mock.set_p2p_status(EntityId::gpu(1), EntityId::gpu(5), P2pStatus::DISABLED);
    });
    let mut pairs = 0;
    for gpu in 0..8 {
        for (labels, value) in values(&harness, P2P, gpu, &["peer_gpu", "link_status"]) {
            pairs += 1;
            let is_set = gpu == 1 && labels.starts_with("5 ");
            let expected = if is_set {
                ("5 DisabledByRegKey", 4.0)
            } else {
                (&*labels, value)
            };
            assert_eq!((&*labels, value), expected);
            assert!(is_set || labels.ends_with(" OK"), "{gpu} {labels}");
        }
    }
    assert_eq!(pairs, 56);
}

/// Writes a file, and reads it.
fn read_csv(name: &str, text: &str) -> ExporterCsv {
    let path = std::env::temp_dir().join(format!("dcgm-otel-{name}-{}.csv", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let csv = ExporterCsv::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    csv
}

#[test]
fn a_file_selects_own_metrics_types_and_labels() {
    let csv = read_csv(
        "own-metrics",
        "DCGM_FI_DEV_GPU_TEMP, gauge, Temperature.\n\
         DCGM_EXP_XID_ERRORS_COUNT, gauge, XIDs in the window.\n\
         DCGM_FI_DEV_PCIE_REPLAY_COUNTER, counter, Replays.\n\
         DCGM_FI_DEV_PSTATE, untyped, State.\n\
         DCGM_FI_NVML_VERSION, label, NVML.\n\
         DCGM_FI_DEV_SERIAL, label, Serial.\n",
    );
    let harness = Harness::sampled_with("8xh100", config(&[]).with_exporter_csv(csv));
    harness.run_until(30);
    let points = harness.export();
    for point in &points {
        assert!(
            point.attribute("DCGM_FI_DRIVER_VERSION").is_none(),
            "{point:?}"
        );
        assert!(
            point.attribute("DCGM_FI_NVML_VERSION").is_some(),
            "{point:?}"
        );
        assert!(point.attribute("DCGM_FI_DEV_SERIAL").is_some(), "{point:?}");
    }
    assert_eq!(points.len(), 4 * 8);
    #[cfg(feature = "prometheus")]
    {
        let mut page = String::new();
        harness.meter().prometheus_text(&mut page);
        for line in [
            "# TYPE DCGM_FI_DEV_GPU_TEMP gauge\n",
            "# TYPE DCGM_EXP_XID_ERRORS_COUNT gauge\n",
            "# HELP DCGM_EXP_XID_ERRORS_COUNT XIDs in the window.\n",
            "# TYPE DCGM_FI_DEV_PCIE_REPLAY_COUNTER counter\nDCGM_FI_DEV_PCIE_REPLAY_COUNTER{",
            "# TYPE DCGM_FI_DEV_PSTATE untyped\n",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
        harness.meter().openmetrics_text(&mut page);
        // A counter would need the suffix `_total`.
        let line = "# TYPE DCGM_FI_DEV_PCIE_REPLAY_COUNTER unknown\n";
        assert!(page.contains(line), "{page}");
    }
}

#[test]
fn a_file_can_have_own_metrics_alone() {
    let csv = read_csv("alone", "DCGM_EXP_XID_ERRORS_COUNT, gauge, XIDs.\n");
    let harness = Harness::sampled_with("8xh100", config(&[]).with_exporter_csv(csv));
    harness.run_until(30);
    assert_eq!(harness.points(COUNT).len(), 8);
    assert_eq!(harness.export().len(), 8);
    harness.assert_well();
}

#[test]
fn the_newest_names_have_converted_values() {
    let newest = Config::default().with_naming(Naming::DcgmExporter);
    let older = Harness::sampled_with("8xh100", config(&[]));
    let newer = Harness::sampled_with("8xh100", newest);
    for (old, new, factor) in [
        ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO", 0.01),
        ("DCGM_FI_DEV_SM_CLOCK", "DCGM_FI_DEV_SM_CLOCK_HERTZ", 1e6),
        (
            "DCGM_FI_DEV_FB_USED",
            "DCGM_FI_DEV_FB_USED_BYTES",
            1_048_576.0,
        ),
        (
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
            "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL",
            0.001,
        ),
        ("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS", 1.0),
    ] {
        for gpu in 0..8 {
            let (old, new) = (values(&older, old, gpu, &[]), values(&newer, new, gpu, &[]));
            let (old, new) = (old[""], new[""]);
            assert!(
                (old * factor - new).abs() <= new.abs() * 1e-12,
                "{old} {new}"
            );
        }
        assert!(!newer.has(old));
    }
}

#[test]
fn totals_go_on_when_a_meter_is_replaced() {
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::default();
    let mock = Mock::named("1xl4").unwrap();
    let builder = DcgmMeter::builder()
        .with_client(mock.clone())
        .with_config(config(&[TOTAL]))
        .without_env();
    let mut meter = builder.clone().install(&provider).unwrap();
    meter.sample_now().unwrap();
    push(&mock, EntityId::gpu(0), XID, &[31]);
    mock.clock().advance(SECOND);
    meter.sample_now().unwrap();
    let total = |meter: &DcgmMeter| {
        let snapshot = meter.feed().latest_snapshot();
        let metrics = meter.feed().metrics();
        let index = metrics.iter().position(|one| one.name == TOTAL).unwrap();
        let points = snapshot.points(index, std::time::Instant::now());
        points
            .map(|(_, number)| number.whole_or_zero())
            .sum::<i64>()
    };
    assert_eq!(total(&meter), 1);
    // What is wrong changes nothing.
    let wrong = builder.clone().with_interval(std::time::Duration::ZERO);
    assert!(meter.replace(wrong).is_err());
    assert_eq!(total(&meter), 1);
    let other = builder.with_metric("DCGM_FI_DEV_GPU_TEMP", MetricSwitch::Off);
    meter.replace(other).unwrap();
    meter.sample_now().unwrap();
    assert_eq!(total(&meter), 1);
    push(&mock, EntityId::gpu(0), XID, &[31, 63]);
    mock.clock().advance(SECOND);
    meter.sample_now().unwrap();
    assert_eq!(total(&meter), 3);
}
