//! Layout.

use opentelemetry::KeyValue;

use super::*;

fn row(metric: &str, index: i64, more: &[(&'static str, &str)], value: f64) -> Row {
    let id = match more.iter().find(|(key, _)| *key == "instance") {
        Some((_, number)) => format!("GPU-{index}/gi/{number}"),
        None => format!("GPU-{index}"),
    };
    let mut attributes = vec![
        KeyValue::new("hw.gpu.index", index),
        KeyValue::new("hw.id", id),
        // Must not be taken for a place of a sensor.
        KeyValue::new("hw.type", "gpu"),
    ];
    let more = more.iter();
    attributes.extend(more.map(|(key, value)| KeyValue::new(*key, (*value).to_owned())));
    Row {
        metric: metric.to_owned(),
        attributes,
        value,
    }
}

fn rows() -> Vec<Row> {
    let gpu = [("hw.sensor_location", "gpu")];
    let memory = [("hw.sensor_location", "memory")];
    let error = |kind| [("error.type", kind)];
    vec![
        row("hw.gpu.memory.usage", 10, &[], 1_610_612_736.0),
        row("hw.gpu.memory.usage", 2, &[], 512.0 * 1_048_576.0),
        row("hw.power", 2, &[], 612.25),
        row("hw.temperature", 2, &gpu, 54.0),
        row("hw.temperature", 2, &memory, 64.0),
        row("hw.status", 2, &[("hw.state", "ok")], 0.0),
        row("hw.status", 2, &[("hw.state", "failed")], 1.0),
        row("hw.status", 10, &[("hw.state", "ok")], 1.0),
        row("hw.gpu.sm.utilization", 2, &[], 0.001),
        row("hw.errors", 2, &error("corrected"), 3.0),
        row("hw.errors", 2, &error("pcie_replay"), 4.0),
        // A series without a column.
        row("hw.gpu.pcie.link.width", 2, &[], 16.0),
    ]
}

#[test]
fn a_row_is_a_gpu_and_a_column_a_metric() {
    assert_eq!(
        Block::new(&rows()).table(200),
        "
             hw.gpu.    hw.          hw.     hw.         hw.gpu.     hw.
        memory.usage  power  temperature  status  sm.utilization  errors
                                     gpu
                 GiB      W          Cel   state               1   error
gpu 2           0.50    612           54  failed            1e-3       7
gpu 10          1.50      -            -      ok               -       -
"
        .trim_start_matches('\n')
    );
}

#[test]
fn columns_that_do_not_fit_are_left_out_from_the_right() {
    let block = Block::new(&rows());
    let text = block.table(30);
    let last = text.lines().next_back().unwrap();
    assert_eq!(last, "gpu 10          1.50      -");
    for width in [24, 40, 56, 72] {
        let text = block.table(width);
        assert!(text.lines().all(|line| line.len() <= width), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
    }
}

#[test]
fn gpus_come_before_instances_and_instances_are_limited() {
    let mut rows = Vec::new();
    for gpu in 0..8 {
        for number in ["7", "8", "12"] {
            rows.push(row(
                "hw.gpu.memory.usage",
                gpu,
                &[("instance", number)],
                1e9,
            ));
        }
        rows.push(row("hw.gpu.memory.usage", gpu, &[], 7e9));
    }
    let block = Block::new(&rows);
    assert_eq!((block.devices.len(), block.shown()), (32, MAX_ROWS));
    let text = block.table(80);
    let titles = text.lines().skip(4).map(|line| line.split("  ").next());
    let titles: Vec<_> = titles.flatten().collect();
    assert_eq!(titles[..2], ["gpu 0", "gpu 1"]);
    assert_eq!(titles[8..12], ["0/gi/7", "0/gi/8", "0/gi/12", "1/gi/7"]);
    assert_eq!(titles.len(), MAX_ROWS);
}

#[test]
fn long_texts_are_broken_at_words() {
    let text = wrap(
        "ready: 12 entities, 817 series; to see all: cargo run --example",
        24,
    );
    assert_eq!(
        text,
        "ready: 12 entities, 817\nseries; to see all:\ncargo run --example"
    );
}
