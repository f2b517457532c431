//! promtool's own judgement.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::exporter::scrape;
use crate::kit;
use crate::prometheus::{output_text, promtool};

/// What promtool has against a text, each complaint once, without the metric's name.
fn complaints(text: &str) -> BTreeSet<(String, String)> {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = output_text(&output);
    let lines = text.lines().filter(|line| !line.is_empty());
    let parts = lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{line}")));
    let parts = parts.map(|(name, what)| (name.to_owned(), what.to_owned()));
    let complaints: BTreeSet<_> = parts.collect();
    // 3: read, and there is something to say; 1 would be a text that cannot be read.
    let expected = if complaints.is_empty() { 0 } else { 3 };
    assert_eq!(output.status.code(), Some(expected), "{text}");
    complaints
}

const NO_COUNT: &str = "non-histogram and non-summary metrics should not have \"_count\" suffix";
const NO_TYPE: &str = "metric name should not include type 'counter'";
const NO_TOTAL: &str = "counter metrics should have \"_total\" suffix";
const NO_CAMELS: &str = "label names should be written in 'snake_case' not 'camelCase'";

/// All that promtool finds, and why it stays. The conventions of OpenTelemetry end the name of a
/// level that counts things with `count`; `counter` is here what is counted, not a type.
const KNOWN: &[(&str, &str)] = &[
    ("dcgm_meter_counter_resets_total", NO_TYPE),
    ("hw_gpu_count", NO_COUNT),
    ("hw_gpu_memory_row_remap_count", NO_COUNT),
    ("hw_gpu_mig_instance_count", NO_COUNT),
    ("hw_gpu_nvlink_active_count", NO_COUNT),
];

#[test]
#[cfg_attr(no_promtool, ignore = "promtool is not installed")]
fn promtool_finds_nothing_in_a_scrape_that_is_not_known() {
    let mut found = BTreeSet::new();
    for host in ["8xh100", "8xh100-mig7", "gb200", "1xl4", "consumer"] {
        found.extend(complaints(&scrape(&[&format!("--simulate={host}")])));
    }
    let found: Vec<_> = found
        .iter()
        .map(|(name, what)| (name.as_str(), what.as_str()))
        .collect();
    assert_eq!(found, KNOWN);
    eprintln!(
        "promtool check metrics, semconv, five hosts: {} complaints, each with its reason",
        found.len()
    );
}

/// dcgm-exporter's own names and labels, to the letter, are what that naming is for.
#[test]
#[cfg_attr(no_promtool, ignore = "promtool is not installed")]
fn of_dcgm_exporters_names_promtool_dislikes_only_what_they_are() {
    for naming in ["dcgm-exporter", "dcgm-exporter:4.8", "dcgm-exporter:4.8.2"] {
        let found = complaints(&scrape(&["--simulate=8xh100", "--naming", naming]));
        let unknown = found.iter().filter(|(name, what)| {
            // Its counters do not end with `_total`, in small letters.
            let is_theirs =
                name.starts_with("DCGM_FI_") && [NO_CAMELS, NO_TOTAL].contains(&&**what);
            let counter = ["DCGM_FI_DEV_PCIE_REPLAY_COUNTER", KNOWN[0].0].contains(&name.as_str());
            !(is_theirs || counter && what == NO_TYPE)
        });
        let unknown: Vec<_> = unknown.collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        eprintln!(
            "promtool check metrics, {naming}: {} complaints, about its own names and labels",
            found.len()
        );
    }
}

#[test]
#[cfg_attr(no_promtool, ignore = "promtool is not installed")]
fn the_rules_are_rules_and_fire_when_they_should_and_only_then() {
    let folder = kit::path("docs/ops");
    for (arguments, says) in [
        (
            &["check", "rules", "alerts.yaml"][..],
            "SUCCESS: 25 rules found",
        ),
        (
            &["check", "rules", "alerts-dcgm-exporter.yaml"],
            "SUCCESS: ",
        ),
        (&["test", "rules", "alerts_test.yaml"], "SUCCESS"),
    ] {
        let output = promtool(arguments, &folder);
        let text = output_text(&output);
        assert!(output.status.success() && text.contains(says), "{text}");
    }
}
