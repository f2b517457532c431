//! The example `inspect`, run as its users run it.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::process::Command;

fn inspect(flags: &[&str]) -> String {
    inspect_with(flags, &[])
}

fn inspect_with(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let output = Command::new(built.join("examples/inspect"))
        .args(flags)
        .env_clear()
        .env("DCGM_OTEL_MAX_SERIES", "1024")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn inspect_says_what_there_is_what_is_missing_and_what_the_cap_drops() {
    let text = inspect(&["--simulate=8xh100-mig7"]);
    assert!(text.starts_with("SIMULATED"), "{text}");
    for said in [
        "library  none",
        "engine   4.6.0",
        "18 of 18 links up",
        "not supported",
        "  and 24 that the cap drops",
        "128 dropped by the cap",
        "engine process: 24 MiB of memory; 1.0 % of a CPU",
        "modules: core loaded, nvswitch loaded, vgpu not_loaded",
        "fields: 1001 to ",
        "  gpu:1                  ok - ok ok ok ok ok ok",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    assert!(!text.contains("health, without"), "{text}");
    let text = inspect(&["--simulate=1xl4", "--fields", "--health"]);
    let (_, health) = text.split_once("health, without").unwrap();
    assert!(
        health.contains("  gpu:0                  healthy"),
        "{text}"
    );
    let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap();
    assert!(line("DCGM_FI_DEV_GPU_TEMP_CELSIUS").ends_with("1 value"));
    assert!(line("DCGM_FI_DEV_SM_CLOCK_HERTZ").contains("no such field"));
    assert!(text.contains("0 dropped by the cap"), "{text}");
}

#[test]
fn a_healthy_host_has_no_field_group_that_is_refused() {
    for host in ["8xh100", "gb200", "1xl4"] {
        let text = inspect(&["--simulate", host]);
        assert!(!text.contains("can be watched"), "{text}");
        assert!(!text.contains("blank"), "{text}");
    }
}

#[test]
fn inspect_says_which_entities_have_the_field_of_a_custom_metric() {
    let custom = "DCGM_FI_DEV_PSTATE as x.pstate; DCGM_FI_DEV_CPU_TEMP_CURRENT as x.cpu, unit Cel; \
                  DCGM_FI_DEV_FB_USED as x.memory, on gpu_instance; 9999 as x.unknown";
    let text = inspect_with(
        &["--simulate=8xh100-mig7"],
        &[
            ("DCGM_OTEL_CUSTOM", custom),
            ("DCGM_OTEL_MAX_SERIES", "8192"),
        ],
    );
    let after = |name: &str| {
        let mut lines = text.lines().skip_while(|line| !line.contains(name));
        (lines.next().unwrap(), lines.next().unwrap())
    };
    let (series, entities) = after("  x.pstate ");
    assert!(series.ends_with(" 8 series"), "{text}");
    assert!(
        entities.contains("DCGM_FI_DEV_GPU_PSTATE: gpu:0 gpu:1 "),
        "{text}"
    );
    let (series, entities) = after("  x.cpu ");
    assert!(series.ends_with(" 0 series"), "{text}");
    assert!(
        entities.contains("not read: the host has no such entities"),
        "{text}"
    );
    let (series, entities) = after("  x.unknown ");
    assert!(series.ends_with(" 0 series"), "{text}");
    assert!(
        entities.contains("field-9999: not read: ") && entities.contains("no such field"),
        "{text}"
    );
    let (series, entities) = after("  x.memory ");
    assert!(series.ends_with(" 56 series"), "{text}");
    assert!(entities.contains("gpu_instance:0 "), "{text}");
}
