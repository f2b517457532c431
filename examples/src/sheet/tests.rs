//! What a person is shown, and that nothing of it is lost.

use opentelemetry::KeyValue;

use super::*;

fn row(metric: &str, unit: &str, gpu: i64, more: &[(&'static str, &str)], value: f64) -> Row {
    let id = if more.iter().any(|(key, _)| *key == "hw.gpu.mig.profile") {
        format!("GPU-{gpu}/gi/7")
    } else {
        format!("GPU-{gpu}")
    };
    let mut attributes = vec![
        KeyValue::new("hw.gpu.index", gpu),
        KeyValue::new("hw.id", id),
    ];
    let more = more.iter();
    attributes.extend(more.map(|(key, value)| KeyValue::new(*key, (*value).to_owned())));
    Row {
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        counter: ["By", "J", "s", "{error}"].contains(&unit) && !metric.contains(".memory."),
        attributes,
        value,
    }
}

fn shown(rows: &[Row]) -> String {
    let mut out = String::new();
    Sheet::of(rows).write(&mut out, "metric");
    out
}

#[test]
fn a_line_is_a_value_and_a_column_a_gpu() {
    let task = [("hw.gpu.task", "general"), ("hw.type", "gpu")];
    let rows = [
        row("hw.gpu.memory.usage", "By", 10, &[], 1_610_612_736.0),
        row("hw.gpu.memory.usage", "By", 2, &[], 512.0 * 1_048_576.0),
        row("hw.power", "W", 2, &[], 61.25),
        row("hw.gpu.utilization", "1", 2, &task, 0.001),
        row("hw.gpu.utilization", "1", 10, &task, 1.0),
    ];
    assert_eq!(
        shown(&rows),
        "\
metric                            unit   gpu 2  gpu 10
hw.gpu.memory.usage               GiB     0.50    1.50
hw.gpu.utilization{task=general}  1       1e-3       1
hw.power                          W      61.25       -
"
    );
}

#[test]
fn links_are_summed_where_they_are_totals_and_the_sum_says_so() {
    let link = |metric, unit, index, value| {
        let index = ("hw.gpu.nvlink.index", index);
        let way = ("network.io.direction", "receive");
        row(metric, unit, 0, &[index, way], value)
    };
    let rows = [
        link("hw.gpu.nvlink.io", "By", "0", 600.0),
        link("hw.gpu.nvlink.io", "By", "1", 424.0),
        link("hw.gpu.nvlink.up", "1", "0", 1.0),
        link("hw.gpu.nvlink.up", "1", "1", 1.0),
    ];
    assert_eq!(
        shown(&rows),
        "\
metric                                            unit   gpu 0
hw.gpu.nvlink.io{direction=receive} over 2 links  KiB        1
hw.gpu.nvlink.up{index=0,direction=receive}       1          1
hw.gpu.nvlink.up{index=1,direction=receive}       1          1
"
    );
}

#[test]
fn a_state_is_a_word() {
    let state = |gpu, state, value| row("hw.status", "1", gpu, &[("hw.state", state)], value);
    let rows = [
        state(0, "ok", 1.0),
        state(0, "failed", 0.0),
        state(1, "ok", 0.0),
        state(1, "failed", 1.0),
        state(2, "ok", 0.0),
        state(2, "failed", 0.0),
        state(3, "ok", 1.0),
        state(3, "failed", 1.0),
    ];
    assert_eq!(
        shown(&rows),
        "\
metric     unit      gpu 0     gpu 1     gpu 2     gpu 3
hw.status  state        ok    failed      none ok,failed
"
    );
}

#[test]
fn errors_that_did_not_happen_take_a_line_and_one_that_did_a_row() {
    let error = |gpu, kind, value| row("hw.errors", "{error}", gpu, &[("error.type", kind)], value);
    let mut rows = vec![
        error(0, "corrected", 0.0),
        error(1, "corrected", 0.0),
        error(0, "pcie_replay", 0.0),
        error(1, "pcie_replay", 0.0),
        // Not every GPU has it: that is to be seen.
        error(0, "uncorrected", 0.0),
    ];
    let quiet = "0 (totals since the first sample): hw.errors of 2 kinds (corrected, pcie_replay)";
    assert!(shown(&rows).contains(quiet), "{}", shown(&rows));
    let partial = "hw.errors{type=uncorrected}  {error}       0       -\n";
    assert!(shown(&rows).contains(partial), "{}", shown(&rows));
    rows[3].value = 7.0;
    let row = "hw.errors{type=pcie_replay}  {error}       0       7\n";
    assert!(shown(&rows).contains(row), "{}", shown(&rows));
}

#[test]
fn limits_that_differ_are_rows() {
    let limit = |gpu, value| row("hw.gpu.power.limit", "W", gpu, &[], value);
    assert_eq!(
        shown(&[limit(0, 700.0), limit(1, 700.0)]),
        "on each: hw.gpu.power.limit 700 W\n"
    );
    let differing = shown(&[limit(0, 700.0), limit(1, 650.0)]);
    assert!(
        differing.contains("hw.gpu.power.limit  W        700     650\n"),
        "{differing}"
    );
}

#[test]
fn each_kind_of_entity_and_each_eight_of_them_have_a_block_that_is_marked() {
    let profile = [("hw.gpu.mig.profile", "1g.10gb")];
    let mut rows: Vec<_> = (0..20)
        .map(|gpu| row("hw.power", "W", gpu, &[], 1.0))
        .collect();
    rows.push(row("hw.gpu.sm.utilization", "1", 3, &profile, 0.5));
    let mut out = String::new();
    Sheet::of(&rows).write(&mut out, "SIMULATED");
    assert_eq!(out.matches("SIMULATED ").count(), 4, "{out}");
    assert!(out.contains(" 3/gi/7\n"), "{out}");
}
