//! The documents and what they are about are in step: alerts, kinds of error, patterns, queries,
//! links.

use std::collections::{BTreeMap, BTreeSet};

use dcgm::mock::Scenario;
use dcgm_otel::ErrorKind;

use crate::exporter::scrape;
use crate::kit;

/// The documents of the kit.
const DOCUMENTS: [&str; 6] = [
    "docs/COEXISTENCE.md",
    "docs/internals/DESIGN.md",
    "docs/internals/HARDWARE-TESTING.md",
    "docs/PATTERNS.md",
    "docs/RUNBOOK.md",
    "docs/ops/README.md",
];

/// An alert, as far as it is written on lines of its own.
#[derive(Debug)]
struct Rule {
    name: String,
    /// All that is said of it.
    text: String,
}

fn rules() -> Vec<Rule> {
    let mut found = Vec::new();
    for file in kit::RULES {
        let text = kit::text(file);
        for part in text.split("- alert: ").skip(1) {
            let (name, text) = part.split_once('\n').unwrap();
            found.push(Rule {
                name: name.to_owned(),
                text: text.to_owned(),
            });
        }
    }
    assert!(found.len() > 20, "the search finds nothing");
    found
}

/// The sections of a document, under headings of that depth.
fn sections(text: &str, depth: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in text.split(&format!("\n{depth} ")).skip(1) {
        let (heading, body) = part.split_once('\n').unwrap();
        // Until the next heading that is less deep.
        let body = body.split("\n## ").next().unwrap();
        let twice = found.insert(heading.to_owned(), body.to_owned());
        assert_eq!(twice, None, "{heading} is there twice");
    }
    found
}

/// A heading as the fragment of an address.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
        .collect()
}

#[test]
fn the_runbook_has_a_section_for_each_alert_and_each_kind_of_error_and_no_other() {
    let runbook = kit::text("docs/RUNBOOK.md");
    let sections = sections(&runbook, "###");
    let alerts = rules().into_iter().map(|rule| rule.name);
    let kinds = ErrorKind::ALL
        .iter()
        .map(|kind| format!("Error kind {kind}"));
    let expected: BTreeSet<_> = alerts.chain(kinds).collect();
    let there: BTreeSet<_> = sections.keys().cloned().collect();
    assert_eq!(there, expected);
    for (name, body) in &sections {
        for part in ["**Means.** ", "**Check.** ", "**Do.** "] {
            assert_eq!(body.matches(part).count(), 1, "{name}: {part}");
        }
    }
}

#[test]
fn each_alert_says_what_and_leads_to_its_section() {
    for Rule { name, text } in rules() {
        let of = |key: &str| {
            let found = text.lines().find_map(|line| line.trim().strip_prefix(key));
            found
                .unwrap_or_else(|| panic!("{name} has no {key}"))
                .trim()
        };
        let severity = of("severity:");
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}: {severity}"
        );
        assert!(of("summary:").contains("{{ $labels."), "{name}");
        assert!(of("description:").len() > 20, "{name}");
        let (page, fragment) = of("runbook_url:").split_once('#').unwrap();
        assert!(page.ends_with("/docs/RUNBOOK.md"), "{name}: {page}");
        assert_eq!(fragment, anchor(&name));
    }
}

fn seconds(text: &str) -> u32 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        other => panic!("{other}"),
    };
    number.parse::<u32>().unwrap() * unit
}

#[test]
fn no_alert_waits_as_long_as_it_has_looked_back() {
    let mut waiting = 0;
    for Rule { name, text } in rules() {
        let wait = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("for: "));
        let ranges = text
            .split('[')
            .skip(1)
            .filter_map(|part| part.split_once(']'));
        let ranges = ranges.map(|(range, _)| seconds(range));
        if let Some(wait) = wait {
            waiting += 1;
            for range in ranges {
                assert!(seconds(wait) < range, "{name} waits for {wait}");
            }
        }
    }
    assert!(waiting > 0, "the search finds nothing");
}

#[test]
fn each_alert_is_tested_firing_and_silent() {
    let tests = kit::text("docs/ops/alerts_test.yaml");
    for Rule { name, .. } in rules() {
        let cases: Vec<_> = tests
            .split(&format!("alertname: {name}\n"))
            .skip(1)
            .collect();
        let silent = cases
            .iter()
            .filter(|case| case.trim_start().starts_with("exp_alerts: []"));
        let silent = silent.count();
        assert!(
            silent > 0 && silent < cases.len(),
            "{name}: {silent} of {}",
            cases.len()
        );
    }
}

/// Between a word and the next row of a table.
fn cell<'a>(pattern: &'a str, row: &str) -> &'a str {
    let start = format!("| {row} | ");
    let found = pattern.lines().find_map(|line| line.strip_prefix(&start));
    found
        .unwrap_or_else(|| panic!("no {row}"))
        .trim_end_matches(" |")
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn each_pattern_names_its_incident_its_alerts_and_its_replays() {
    let document = kit::text("docs/PATTERNS.md");
    let patterns = sections(&document, "##");
    assert_eq!(patterns.len(), 5);
    let alerts: BTreeSet<_> = rules().into_iter().map(|rule| rule.name).collect();
    let promtool = kit::text("docs/ops/alerts_test.yaml");
    let mut incidents = BTreeSet::new();
    for (name, pattern) in &patterns {
        let incident = code(cell(pattern, "incident")).next().unwrap();
        assert!(incident.parse::<Scenario>().is_ok(), "{name}: {incident}");
        incidents.insert(incident.to_owned());
        for alert in code(cell(pattern, "alerts")) {
            assert!(alerts.contains(alert), "{name}: {alert}");
        }
        let replay = code(cell(pattern, "replay")).next().unwrap();
        let (file, test) = replay.split_once("::").unwrap();
        assert!(
            kit::text(file).contains(&format!("#[test]\nfn {test}()")),
            "{name}: {replay}"
        );
        let shape = code(cell(pattern, "promtool")).next().unwrap();
        assert!(
            promtool.contains(&format!("- name: {shape}\n")),
            "{name}: {shape}"
        );
        assert!(pattern.contains("```promql\n"), "{name} has no query");
    }
    let all = ["hbm-ecc", "nvlink", "pcie-aer", "thermal", "xid79"].map(str::to_owned);
    assert_eq!(incidents, BTreeSet::from(all));
}

/// Names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let words = text.split(word).filter(|word| {
        ["hw_", "dcgm_meter_", "DCGM_FI_"]
            .iter()
            .any(|start| word.starts_with(start))
    });
    words.map(str::to_owned).collect()
}

#[test]
fn what_queries_and_documents_name_is_what_the_exporter_serves() {
    let mut served = BTreeSet::new();
    for flags in [
        &["--simulate=8xh100"][..],
        &["--simulate=8xh100", "--naming", "dcgm-exporter"],
        &["--simulate=8xh100", "--naming", "dcgm-exporter:4.8"],
        // With a source of allocations, which knows of none.
        &["--simulate=8xh100", "--hpc-job-mapping-dir=/"],
    ] {
        let page = scrape(flags);
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            served.extend(metrics(line));
        }
    }
    // Series of events, which a calm host has not.
    let events = [
        "DCGM_FI_DEV_XID_ERRORS",
        "hw_gpu_xid_errors_total",
        "hw_switch_sxid_errors_total",
    ];
    served.extend(events.map(str::to_owned));
    let files = ["docs/ops/dashboard.json", "docs/ops/alerts_test.yaml"];
    for file in files.iter().chain(&kit::RULES).chain(&DOCUMENTS) {
        // With a star it stands for many.
        let text = kit::text(file);
        let text = text
            .replace("dcgm_meter_*", "")
            .replace("DCGM_FI_PROF_*", "");
        let mut unknown = metrics(&text);
        unknown.retain(|name| !served.contains(name));
        if file.ends_with("README.md") {
            // It says what others call them.
            unknown.retain(|name| !served.contains(&format!("{name}_ratio")));
        }
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_takes() {
    let text = kit::text("docs/ops/dashboard.json");
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(dashboard["schemaVersion"].as_u64() >= Some(39));
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let names: Vec<_> = variables
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["datasource", "host", "gpu"]);
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in kit::rows().iter().chain(&kit::panels()) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let number = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in number("x")..number("x") + number("w") {
            for y in number("y")..number("y") + number("h") {
                assert!(
                    x < 24 && taken.insert((x, y)),
                    "{} is on another",
                    panel["title"]
                );
            }
        }
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            let expression = target["expr"].as_str().unwrap();
            assert!(expression.contains("instance=~\"$host\""), "{expression}");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut followed = 0;
    for file in DOCUMENTS {
        let text = kit::text(file);
        let folder = kit::path(file).parent().unwrap().to_owned();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|part| part.split(')').next())
        {
            if target.starts_with("https://") {
                continue;
            }
            let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
            let to = if path.is_empty() {
                kit::path(file)
            } else {
                folder.join(path)
            };
            assert!(to.exists(), "{file}: {target}");
            if !fragment.is_empty() {
                let there = std::fs::read_to_string(to).unwrap();
                let headings = there.lines().filter_map(|line| line.split_once("# "));
                let found = headings
                    .map(|(_, heading)| anchor(heading))
                    .any(|it| it == fragment);
                assert!(found, "{file}: {target}");
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "the search finds nothing");
}
