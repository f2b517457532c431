use super::*;

fn text(lines: &[Line<'_>]) -> String {
    let line = |line: &Line<'_>| {
        let spans = line.spans.iter().map(|span| span.content.as_ref());
        spans.collect::<String>()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_not_known_is_a_dash_and_never_a_zero() {
    let gpu = Gpu {
        id: 7,
        instances: vec![Instance {
            id: 7,
            ..Instance::default()
        }],
        ..Gpu::default()
    };
    for width in [40, 80, 120] {
        let drawn = text(&block(&gpu, width, false));
        assert!(!drawn.contains('0') && !drawn.contains("ok"), "{drawn}");
        for dash in [
            "health –",
            "throttled –",
            "busy –",
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
fn nothing_of_a_gpu_is_cut_off_on_a_terminal_of_80_columns() {
    let gpu = Gpu {
        id: 31,
        model: Some("NVIDIA GB200 NVL 186GB".into()),
        uuid: Some("GPU-b60f2668-1111".into()),
        busy: Some(1.0),
        history: std::iter::repeat_n(Some(100), 24).collect(),
        memory: (Some(181e9), Some(199e9)),
        temperature: Some(100.0),
        power: (Some(1199.0), Some(1200.0)),
        clocks: (Some(2062.0), Some(3996.0)),
        active: [Some(1.0); 3],
        traffic: (Some(899e9), Some(899e9)),
        links: Links::Some { up: 17, all: 18 },
        throttled: Some(crate::state::reasons(0x1fe)),
        health: Health::Impaired(vec!["row remap pending".into(), "NVLinks down: 1".into()]),
        ..Gpu::default()
    };
    for width in [80, 117, 118, 120, 200] {
        let lines = block(&gpu, width, false);
        for line in &lines {
            assert!(line.width() <= width.into(), "{width}: {line}");
        }
        let drawn = text(&lines);
        for end in ["display clocks", "NVLinks down: 1", "1199/1200 W", "MHz"] {
            assert!(drawn.contains(end), "{end:?} is not in\n{drawn}");
        }
    }
}
