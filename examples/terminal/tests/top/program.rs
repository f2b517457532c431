//! `top` as a program, and its image in the documentation.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::fixture::{Fixture, draw_cells};
use dcgm::{EntityId, FieldId};
use dcgm_terminal::{HostView, render_svg};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().unwrap();
    let built = program.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(built.join("examples/top"));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    command.output().unwrap()
}

#[test]
fn program_prints_an_image_and_needs_a_terminal_otherwise() {
    let output = run(&["--simulate", "8xh100", "--once", "--size=118x30"], &[]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("  SIMULATED  8xh100"), "{text}");
    assert!(
        text.contains("  6 NVIDIA H100 80GB HBM3") && text.lines().count() == 30,
        "{text}"
    );
    assert!(!text.contains("q quit"), "a printed image has no keys");
    let output = run(&["--simulate=8xh100"], &[]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--once"));
    for size in ["wide", "0x5", "5x0", "1001x5", "65535x65535", "5x-1"] {
        let output = run(&["--simulate", "--once", &format!("--size={size}")], &[]);
        assert_eq!(output.status.code(), Some(2), "{size}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("1 to 1000"));
    }
}

#[test]
fn program_reads_its_environment() {
    // Nothing listens on the discard port.
    let variables = [("DCGM_OTEL_ENDPOINT", "127.0.0.1:9")];
    let output = run(&["--live", "--once"], &variables);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = run(&["--live", "--once"], &[("DCGM_OTEL_INTERVAL", "soon")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("DCGM_OTEL_INTERVAL"), "{error}");
    let variables = [("DCGM_OTEL_INTERVAL", "2s")];
    let output = run(&["--simulate", "--once"], &variables);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("every 2s"), "{text}");
}

/// Returns a host with a cooling failure, a growing error counter and two events.
fn documented_view() -> HostView {
    let mut fixture = Fixture::new("8xh100,thermal");
    let (gpu, counter) = (EntityId::gpu(6), FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL);
    fixture.mock.set(gpu, counter, 40);
    fixture.read_for(560);
    let mock = fixture.mock.clone();
    mock.push_event(EntityId::gpu(4), FieldId::XID_ERRORS, 63);
    mock.set(EntityId::gpu(4), FieldId::ROW_REMAP_PENDING, 1);
    mock.set(gpu, counter, 57);
    fixture.read_for(20);
    mock.push_event(EntityId::gpu(1), FieldId::XID_ERRORS, 94);
    fixture.read_for(20)
}

/// `DCGM_BLESS=1` writes the image.
#[test]
fn image_in_the_documentation_is_current() {
    let image = render_svg(&draw_cells(&documented_view(), 120, 32));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/top.svg");
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &image).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == image,
        "docs/top.svg is outdated; DCGM_BLESS=1 writes it"
    );
}

/// Writes images at common sizes into the folder `TOP_IMAGES`, to look at.
#[test]
#[ignore = "TOP_IMAGES=DIRECTORY cargo test -p dcgm-terminal -- --ignored writes images to look at"]
fn images_of_common_sizes_can_be_written() {
    let directory = std::env::var_os("TOP_IMAGES").expect("TOP_IMAGES names a folder");
    let mut views = vec![("incidents", documented_view())];
    for (name, seconds) in [("8xh100-mig7", 3), ("8xh100,xid79", 310), ("gb200", 3)] {
        views.push((name, Fixture::new(name).read_for(seconds)));
    }
    for (name, view) in views {
        for (width, height) in [(80, 24), (120, 40), (150, 40), (200, 60)] {
            let image = render_svg(&draw_cells(&view, width, height));
            let path = Path::new(&directory).join(format!("{name}-{width}x{height}.svg"));
            fs::write(path, image).unwrap();
        }
    }
}
