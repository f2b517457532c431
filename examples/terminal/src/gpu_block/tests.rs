use dcgm::Timestamp;

use super::*;
use crate::view::Throttle;

fn text(lines: &[Line<'_>]) -> String {
    let line = |line: &Line<'_>| {
        let spans = line.spans.iter().map(|span| span.content.as_ref());
        spans.collect::<String>()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn full_gpu() -> GpuView {
    GpuView {
        id: 31,
        model: Some("NVIDIA GB200 NVL 186GB".into()),
        uuid: Some("GPU-b60f2668-1111".into()),
        utilization: Some(1.0),
        history: std::iter::repeat_n(Some(100), 24).collect(),
        memory: MemoryUsage {
            used: Some(181e9),
            total: Some(199e9),
        },
        temperature: Some(100.0),
        power: Some(1199.0),
        power_limit: Some(1200.0),
        sm_clock: Some(2062.0),
        memory_clock: Some(3996.0),
        sm_active: Some(1.0),
        tensor_active: Some(1.0),
        dram_active: Some(1.0),
        nvlink_tx: Some(899e9),
        nvlink_rx: Some(899e9),
        links: LinkCount::Some { up: 17, total: 18 },
        throttle: Some(Throttle::from_mask(0x1fe, None, None)),
        status: GpuStatus::Degraded(vec!["row remap pending".into(), "NVLinks down: 1".into()]),
        ..GpuView::default()
    }
}

#[test]
fn missing_value_is_a_dash_and_never_a_zero() {
    let gpu = GpuView {
        id: 7,
        instances: vec![InstanceView {
            id: 7,
            ..InstanceView::default()
        }],
        ..GpuView::default()
    };
    for width in [40, 80, 120] {
        let drawn = text(&gpu_block(&gpu, width, false));
        assert!(!drawn.contains('0') && !drawn.contains("ok"), "{drawn}");
        for dash in [
            "health –",
            "throttled –",
            "util –",
            "mem –",
            "–/– GiB",
            "– °C",
            "–/– W",
            "–/– MHz",
            "SM     –",
            "tensor     –",
            "DRAM     –",
            "NVLink –",
            "↑          –",
            "↓          –",
        ] {
            assert!(drawn.contains(dash), "{dash:?} is not in\n{drawn}");
        }
    }
}

#[test]
fn nothing_is_cut_at_common_widths() {
    for width in [74, 80, 99, 117, 118, 120, 200] {
        let lines = gpu_block(&full_gpu(), width, false);
        for line in &lines {
            assert!(line.width() <= width.into(), "{width}: {line}");
        }
        let drawn = text(&lines);
        for end in ["display clocks", "NVLinks down: 1", "1199/1200 W", "MHz"] {
            assert!(drawn.contains(end), "{end:?} is not in\n{drawn}");
        }
    }
}

#[test]
fn gpu_without_values_is_a_name_and_a_status() {
    let lost = |since| GpuStatus::Lost {
        reason: "fell off the bus",
        since,
    };
    let at = Timestamp::from_micros(1_767_273_959_000_000);
    for (status, expected) in [
        (
            lost(Some(at)),
            "LOST since 2026-01-01 13:25:59 UTC: fell off the bus",
        ),
        (
            lost(None),
            "LOST since before this program started: fell off the bus",
        ),
        (GpuStatus::Paused, "paused: telemetry is paused"),
        (GpuStatus::Detached, "detached from the engine"),
    ] {
        let gpu = GpuView {
            status,
            ..full_gpu()
        };
        let drawn = text(&gpu_block(&gpu, 120, false));
        assert!(
            drawn.contains(expected) && drawn.contains("NVIDIA GB200"),
            "{drawn}"
        );
        assert!(
            !drawn.contains("util") && !drawn.contains("throttled"),
            "{drawn}"
        );
    }
}

#[test]
fn expected_power_cap_is_not_highlighted() {
    let amber = |gpu: &GpuView| {
        let lines = gpu_block(gpu, 120, false);
        let spans = lines.iter().flat_map(|line| line.spans.clone());
        let amber = spans.filter(|span| span.style.fg == Some(Color::Yellow));
        amber
            .map(|span| span.content.into_owned())
            .collect::<Vec<_>>()
    };
    let gpu = |power| GpuView {
        status: GpuStatus::Ok,
        throttle: Some(Throttle::from_mask(0x4, Some(power), Some(700.0))),
        ..GpuView::default()
    };
    assert!(amber(&gpu(680.0)).is_empty());
    assert!(text(&gpu_block(&gpu(680.0), 120, false)).contains("at power limit"));
    assert_eq!(amber(&gpu(300.0)), ["throttled: power cap"]);
}
