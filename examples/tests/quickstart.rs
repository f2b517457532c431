//! The first command of the README, run as a user runs it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::path::PathBuf;
use std::process::{Command, Output};

/// The example, which cargo builds beside the tests: `target/debug/examples` is next to
/// `target/debug/deps`, where this test is.
fn quickstart(flags: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("quickstart{}", std::env::consts::EXE_SUFFIX);
    let example: PathBuf = folder.join("examples").join(name);
    Command::new(&example)
        .args(flags)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{}: {error}; `cargo test -p dcgm-examples` builds it",
                example.display()
            )
        })
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// The columns of the line that begins with a series' name, the unit first.
fn line<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.first() == Some(&name));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}"))[1..].to_vec()
}

#[test]
fn without_an_engine_it_says_why_and_shows_eight_simulated_gpus() {
    let output = quickstart(&["--once", "--endpoint", NOWHERE]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.starts_with("SIMULATED"), "{text}");
    for (name, unit) in [
        ("hw.gpu.utilization{task=general}", "1"),
        ("hw.gpu.memory.usage", "GiB"),
        ("hw.power", "W"),
        ("hw.temperature{sensor_location=gpu}", "Cel"),
    ] {
        let columns = line(text, name);
        assert_eq!(columns[0], unit);
        let values = &columns[1..];
        assert_eq!(values.len(), 8, "{name}: {values:?}");
        for value in values {
            assert!(
                value.starts_with(|c: char| c.is_ascii_digit()),
                "{name}: {value}"
            );
        }
    }
    let why = stderr(&output);
    assert_eq!(why.lines().count(), 1, "{why}");
    assert!(why.contains("SIMULATED"), "{why}");
}

#[test]
fn another_host_can_be_asked_for_and_is_labelled_too() {
    let output = quickstart(&["--once", "--simulate=1xl4"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.starts_with("SIMULATED"), "{text}");
    assert_eq!(line(text, "hw.power").len(), 2);
    assert_eq!(stderr(&output), "");
}

#[test]
fn live_does_not_simulate_and_fails_with_a_hint() {
    let output = quickstart(&["--once", "--live", "--endpoint", NOWHERE]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let why = stderr(&output);
    // Without a libdcgm it says what to install, with one what to start.
    assert!(why.contains("install ") || why.contains("start "), "{why}");
}

#[test]
fn flags_that_make_no_sense_are_told_and_nothing_runs() {
    for flags in [
        &["--wat"][..],
        &["--interval", "soon"],
        &["--live", "--simulate"],
        &["stray"],
    ] {
        let output = quickstart(flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains("--help"), "{}", stderr(&output));
    }
}

#[test]
fn help_names_every_flag() {
    let output = quickstart(&["--help"]);
    assert!(output.status.success());
    for flag in [
        "--endpoint",
        "--embedded",
        "--simulate",
        "--live",
        "--interval",
        "--once",
    ] {
        assert!(stdout(&output).contains(flag), "{flag}");
    }
}
