//! Claims about `top` as a program, and about the picture of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::bench::{Bench, drawn};
use dcgm::{EntityId, FieldId};
use dcgm_terminal::svg;

#[test]
fn the_program_prints_a_picture_and_needs_a_terminal_for_more() {
    let program = std::env::current_exe().unwrap();
    let built = program.parent().and_then(Path::parent).unwrap();
    let top = |flags: &[&str]| -> Output {
        let mut command = Command::new(built.join("examples/top"));
        command.args(flags).env_clear().output().unwrap()
    };
    let output = top(&["--simulate=8xh100", "--once", "--size=118x30"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("  MOCK  mock:8xh100"), "{text}");
    assert!(
        text.contains("  6 NVIDIA H100 80GB HBM3") && text.lines().count() == 30,
        "{text}"
    );
    let output = top(&["--simulate=8xh100"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--once"));
    for size in ["wide", "0x5", "5x0", "1001x5", "65535x65535", "5x-1"] {
        let flag = format!("--size={size}");
        let output = top(&["--simulate", "--once", &flag]);
        assert_eq!(output.status.code(), Some(2), "{size}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("1 to 1000"));
    }
}

/// With `DCGM_BLESS=1` it is drawn anew.
#[test]
fn the_picture_in_the_documentation_is_what_it_draws() {
    let mut bench = Bench::new("8xh100,thermal");
    bench.mock.set(
        EntityId::gpu(6),
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        40,
    );
    bench.watch(560);
    bench
        .mock
        .push_event(EntityId::gpu(4), FieldId::XID_ERRORS, 63);
    bench
        .mock
        .set(EntityId::gpu(4), FieldId::ROW_REMAP_PENDING, 1);
    bench.mock.set(
        EntityId::gpu(6),
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        57,
    );
    bench.watch(20);
    bench
        .mock
        .push_event(EntityId::gpu(1), FieldId::XID_ERRORS, 94);
    let view = bench.watch(20);
    let picture = svg(&drawn(&view, 120, 34));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/top.svg");
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &picture).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == picture,
        "DCGM_BLESS=1 draws it anew"
    );
}
