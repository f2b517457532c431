//! The files of the kit, and the queries in them.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file of the workspace.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
        .canonicalize()
        .unwrap()
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// Where the alerts are, by naming.
pub(crate) const RULES: [&str; 2] = ["docs/ops/alerts.yaml", "docs/ops/alerts-dcgm-exporter.yaml"];

/// Their files, for Prometheus.
pub(crate) fn rules() -> [String; 2] {
    RULES.map(|name| path(name).display().to_string())
}

/// All that is in the dashboard.
fn shown() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&text("docs/ops/dashboard.json")).unwrap();
    dashboard["panels"].as_array().unwrap().clone()
}

/// The dashboard's panels.
pub(crate) fn panels() -> Vec<Value> {
    let mut panels = shown();
    panels.retain(|panel| panel["type"] != "row");
    panels
}

/// The headings between them.
pub(crate) fn rows() -> Vec<Value> {
    let mut rows = shown();
    rows.retain(|panel| panel["type"] == "row");
    rows
}

/// A query of a panel, with what its legend says.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) panel: String,
    pub(crate) expression: String,
    pub(crate) legend: String,
}

/// What Grafana would ask for a panel, if the variables were these.
pub(crate) fn queries(panel: &Value, host: &str, gpu: &str, rate: &str) -> Vec<Query> {
    let fill = |text: &str| {
        let text = text.replace("$host", host).replace("$gpu", gpu);
        text.replace("$__rate_interval", rate)
    };
    let targets = panel["targets"].as_array().unwrap().iter();
    let queries = targets.map(|target| Query {
        panel: panel["title"].as_str().unwrap().to_owned(),
        expression: fill(target["expr"].as_str().unwrap()),
        legend: target["legendFormat"].as_str().unwrap().to_owned(),
    });
    queries.collect()
}

/// All of them.
pub(crate) fn dashboard(host: &str, gpu: &str, rate: &str) -> Vec<Query> {
    let panels = panels();
    let queries = panels
        .iter()
        .flat_map(|panel| queries(panel, host, gpu, rate));
    let queries: Vec<_> = queries.collect();
    assert!(queries.len() > 20, "the search finds nothing");
    for Query { expression, .. } in &queries {
        assert!(
            !expression.contains('$'),
            "a variable is not filled in: {expression}"
        );
    }
    queries
}

/// What the public dashboard 12239 asks of dcgm-exporter: six metrics, and the mean and the sum of
/// two of them.
pub(crate) fn public_dashboard() -> Vec<String> {
    let select = "{instance=~\".*\", gpu=~\".*\"}";
    [
        "DCGM_FI_DEV_GPU_TEMP@",
        "avg(DCGM_FI_DEV_GPU_TEMP@)",
        "DCGM_FI_DEV_POWER_USAGE@",
        "sum(DCGM_FI_DEV_POWER_USAGE@)",
        "DCGM_FI_DEV_SM_CLOCK@ * 1000000",
        "DCGM_FI_DEV_GPU_UTIL@",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE@",
        "DCGM_FI_DEV_FB_USED@",
    ]
    .map(|query| query.replace('@', select))
    .to_vec()
}
