//! The first command of the README, run as a user runs it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

/// The example, which cargo builds beside the tests: `target/debug/examples` is next to
/// `target/debug/deps`, where this test is.
fn command(flags: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("quickstart{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(folder.join("examples").join(name));
    command.args(flags).env_remove("COLUMNS");
    command
}

fn quickstart(flags: &[&str]) -> Output {
    let output = command(flags).output();
    output.unwrap_or_else(|error| panic!("{error}; `cargo test -p dcgm-examples` builds it"))
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// An address at which no engine listens.
const NOWHERE: &str = "127.0.0.1:1";

/// Returns the cells below a column's title, line by line. Titles and values end in the same place.
fn column<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let header = text.lines().find(|line| line.contains("memory.usage"));
    let header = header.unwrap_or_else(|| panic!("no table in\n{text}"));
    let at = header
        .find(title)
        .unwrap_or_else(|| panic!("no {title} in\n{text}"));
    let end = at + title.len();
    let below = text.lines().skip_while(|line| *line != header).skip(1);
    let cells = below.map(|line| line.get(..end).and_then(|line| line.rsplit("  ").next()));
    cells.map(|cell| cell.unwrap_or("").trim()).collect()
}

#[test]
fn without_an_engine_it_says_why_and_shows_eight_simulated_gpus() {
    let output = quickstart(&["--once", "--endpoint", NOWHERE]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.starts_with("SIMULATED"), "{text}");
    for (title, part, unit) in [
        ("  utilization", "general", "1"),
        ("memory.usage", "", "GiB"),
        ("power", "", "W"),
        ("temperature", "gpu", "Cel"),
        // Of profiling: not there before a second sample.
        ("sm.utilization", "", "1"),
    ] {
        let cells = column(text, title);
        assert_eq!(cells[..2], [part, unit], "{title}");
        for value in &cells[2..10] {
            let is_number = value.starts_with(|c: char| c.is_ascii_digit());
            assert!(is_number, "{title}: {value}\n{text}");
        }
    }
    assert_eq!(
        text.lines().filter(|line| line.starts_with("gpu ")).count(),
        8
    );
    let why = stderr(&output);
    assert_eq!(why.lines().count(), 1, "{why}");
    assert!(why.contains("SIMULATED"), "{why}");
}

#[test]
fn another_host_can_be_named_and_is_labelled_too() {
    let output = quickstart(&["--once", "--simulate=1xl4"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.starts_with("SIMULATED"), "{text}");
    assert_eq!(column(text, "power")[1], "W");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("gpu ")).count(),
        1
    );
    assert_eq!(stderr(&output), "");
}

#[test]
fn it_prints_one_block_that_fits_the_width() {
    for host in ["8xh100", "8xh100-mig7", "gb200", "1xl4"] {
        let mut sizes = Vec::new();
        for width in [80, 120, 200] {
            let output = command(&["--simulate", host])
                .env("COLUMNS", width.to_string())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            let text = stdout(&output);
            assert_eq!(text.matches("SIMULATED").count(), 1, "{text}");
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= width, "{longest} columns:\n{text}");
            assert!(text.lines().count() <= 34, "{text}");
            sizes.push(longest);
        }
        // A wide terminal is used: there are more metrics than fit 80 columns.
        assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    }
    let output = quickstart(&["--simulate"]);
    assert!(
        stdout(&output)
            .lines()
            .all(|line| line.chars().count() <= 80)
    );
}

#[test]
fn watch_prints_the_block_again_at_each_interval() {
    let mut command = command(&["--simulate", "1xl4", "--watch"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut blocks = 0;
    while blocks < 3 {
        let line = lines.next().unwrap().unwrap();
        // No terminal, so no control characters.
        assert!(!line.contains('\x1b'), "{line}");
        blocks += usize::from(line.starts_with("SIMULATED"));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn variables_set_what_no_flag_sets() {
    let output = command(&["--live"])
        .env("DCGM_OTEL_ENDPOINT", "127.0.0.1:1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = command(&["--simulate"])
        .env("DCGM_OTEL_INTERVAL", "soon")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = stderr(&output);
    assert!(why.contains("DCGM_OTEL_INTERVAL=\"soon\": "), "{why}");
    assert_eq!(why.lines().count(), 1, "{why}");
    let output = command(&["--simulate", "1xl4"])
        .env("DCGM_OTEL_PROFILE", "minimal")
        .output()
        .unwrap();
    assert!(
        !stdout(&output).contains("memory.bandwidth"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn the_example_is_short_and_shows_the_meter_at_once() {
    let text = include_str!("../examples/quickstart.rs");
    let main = text.lines().skip_while(|line| !line.starts_with("fn main"));
    let main: Vec<_> = main.collect();
    assert!(
        main.iter()
            .take(11)
            .any(|line| line.contains("= DcgmMeter::builder()")),
        "{main:#?}"
    );
    assert!(main.len() <= 32, "{}", main.len());
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
fn wrong_flags_are_reported_and_nothing_runs() {
    for flags in [
        &["--wat"][..],
        &["--interval", "soon"],
        &["--live", "--simulate"],
        &["stray"],
        &["--simulate", "toaster"],
        &["--simulate=8xh100,sunny"],
        &["--watch", "--once"],
    ] {
        let output = quickstart(flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains("--help"), "{}", stderr(&output));
    }
}

#[test]
fn help_names_every_flag_host_and_scenario() {
    let output = quickstart(&["--help"]);
    assert!(output.status.success());
    for flag in [
        "--endpoint",
        "--embedded",
        "--isolated",
        "--simulate",
        "--live",
        "--interval",
        "--once",
        "--watch",
        "8xh100-mig7",
        "pcie-aer",
    ] {
        assert!(stdout(&output).contains(flag), "{flag}");
    }
}
