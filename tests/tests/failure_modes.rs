//! Claims about docs/FAILURE-MODES.md: what it names exists, and what exists is named. Claims about
//! docs/internals/FIELD-CASES.md: each test that it names exists.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::BTreeSet;
use std::fs;

use dcgm_otel::{ErrorKind, MeterState};
use dcgm_tests::tree::{documents, root};

const TABLE: &str = include_str!("../../docs/FAILURE-MODES.md");

const HEADER: &str = "| failure | what the library does | error | health | log | series | test |";

const CASES: &str = include_str!("../../docs/internals/FIELD-CASES.md");

const CASES_HEADER: &str = "| id | kind | input | what is seen now | test |";

/// The enums of which every variant has to be named in the table, and nothing else.
const ENUMS: &[(&str, &str)] = &[
    ("Error", include_str!("../../dcgm/src/error.rs")),
    (
        "ConnectError",
        include_str!("../../dcgm/src/connect_error.rs"),
    ),
    ("LoadError", include_str!("../../dcgm-sys/src/library.rs")),
    ("ErrorClass", include_str!("../../dcgm/src/error_class.rs")),
    (
        "InstallError",
        include_str!("../../dcgm-otel/src/config/error.rs"),
    ),
];

/// The cells of one row.
#[derive(Debug)]
struct Row<'a> {
    failure: &'a str,
    error: &'a str,
    health: &'a str,
    log: &'a str,
    test: &'a str,
}

/// Returns the text between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The cells of the rows of all tables; a line that is no row is a fault.
fn cells<'a, const N: usize>(
    text: &'a str,
    header: &str,
    faults: &mut Vec<String>,
) -> Vec<[&'a str; N]> {
    let mut rows = Vec::new();
    let lines = text.lines().filter(|line| line.starts_with('|'));
    for line in lines.filter(|line| *line != header && !line.starts_with("| ---")) {
        let parts: Vec<_> = line.split('|').map(str::trim).collect();
        let row: Option<[&str; N]> = match &parts[..] {
            ["", row @ .., ""] => row.try_into().ok(),
            _ => None,
        };
        let Some(row) = row else {
            faults.push(format!("no row: {line}"));
            continue;
        };
        if row.contains(&"") {
            faults.push(format!("an empty cell: {line}"));
        }
        rows.push(row);
    }
    rows
}

/// The rows of all tables of failures.
fn rows<'a>(table: &'a str, faults: &mut Vec<String>) -> Vec<Row<'a>> {
    let rows = cells(table, HEADER, faults).into_iter();
    rows.map(|[failure, _, error, health, log, _, test]| Row {
        failure,
        error,
        health,
        log,
        test,
    })
    .collect()
}

/// The variants of an enum, read off its source.
fn variants(name: &str, source: &str) -> BTreeSet<String> {
    let start = source.find(&format!("pub enum {name} {{\n")).unwrap();
    let body = source[start..].split("\n}").next().unwrap();
    let mut found = BTreeSet::new();
    for line in body.lines() {
        let Some(line) = line.strip_prefix("    ") else {
            continue;
        };
        let end = line
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(line.len());
        if line.starts_with(|c: char| c.is_ascii_uppercase()) {
            found.insert(line[..end].to_owned());
        }
    }
    found
}

/// Reports names that do not exist, and existing names without a row.
fn differ(
    what: &str,
    named: &BTreeSet<String>,
    there: &BTreeSet<String>,
    faults: &mut Vec<String>,
) {
    for name in named.difference(there) {
        faults.push(format!("there is no {what} {name}"));
    }
    for name in there.difference(named) {
        faults.push(format!("{what} {name} has no row"));
    }
}

fn errors(rows: &[Row<'_>], faults: &mut Vec<String>) {
    let tokens = |row: &Row<'_>| {
        let all = code(row.error).chain(code(row.failure)).map(str::to_owned);
        all.collect::<Vec<_>>()
    };
    for (name, source) in ENUMS {
        let prefix = format!("{name}::");
        let named = rows.iter().flat_map(tokens);
        let named = named.filter_map(|token| token.strip_prefix(&prefix).map(str::to_owned));
        differ(name, &named.collect(), &variants(name, source), faults);
    }
    let mut kinds = BTreeSet::new();
    for token in rows.iter().flat_map(|row| code(row.error)) {
        match token.split_once("::") {
            None => _ = kinds.insert(token.to_owned()),
            Some((name, _)) if ENUMS.iter().any(|(known, _)| *known == name) => {}
            Some(_) => faults.push(format!("nothing is known of {token}")),
        }
    }
    let all = ErrorKind::ALL.iter().map(|kind| kind.name().to_owned());
    differ("kind of error", &kinds, &all.collect(), faults);
    for row in rows {
        if row.error != "-" && code(row.error).next().is_none() {
            faults.push(format!("{:?} names no error and is none", row.error));
        }
    }
}

fn states(rows: &[Row<'_>], faults: &mut Vec<String>) {
    let health = include_str!("../../dcgm-otel/src/health.rs");
    let states = [
        MeterState::Starting,
        MeterState::Ready,
        MeterState::Degraded,
        MeterState::Stopped,
    ];
    let variants = variants("MeterState", health);
    assert_eq!(
        variants,
        states.iter().map(|state| format!("{state:?}")).collect(),
        "a state is new"
    );
    let named = rows.iter().flat_map(|row| code(row.health));
    let all = states.iter().map(ToString::to_string).collect();
    differ("state", &named.map(str::to_owned).collect(), &all, faults);
    for row in rows {
        // Degraded means that an error kind is counted and logged, and the reverse.
        let degraded = row.health == "`degraded`";
        if degraded && !(row.log.contains("`GPU metrics unavailable`") && row.error != "-") {
            faults.push(format!("{:?} is degraded for no reason", row.failure));
        }
        if row.health != "-" && code(row.health).count() != 1 {
            faults.push(format!("{:?} has no one state", row.failure));
        }
    }
}

/// Every source of a folder, less tests.
fn sources(folder: &str) -> impl Iterator<Item = String> {
    let is_test = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    let found = documents(folder, &[".rs"]).into_iter();
    found
        .filter(move |found| !is_test(&found.path))
        .map(|found| found.text)
}

/// Returns the logged texts, by level: the last text of each call of `tracing`.
fn logged() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for folder in ["dcgm-sys/src", "dcgm/src", "dcgm-otel/src"] {
        for source in sources(folder) {
            for call in source.split("tracing::").skip(1) {
                let Some((level, rest)) = call.split_once("!(") else {
                    continue;
                };
                // The text is the last argument.
                let is_last = |(at, _): &(usize, &str)| {
                    let after = rest[at + 1..].trim_start_matches([',', ' ', '\n']);
                    after.starts_with(')')
                };
                let (end, _) = rest.match_indices('"').find(is_last).unwrap();
                let text = rest[..end].rsplit('"').next().unwrap();
                lines.push((level.to_owned(), text.to_owned()));
            }
        }
    }
    lines
}

fn logs(rows: &[Row<'_>], faults: &mut Vec<String>) {
    let lines = logged();
    assert!(lines.len() >= 10, "the search finds nothing: {lines:?}");
    let named: BTreeSet<_> = rows.iter().flat_map(|row| code(row.log)).collect();
    for token in &named {
        if !lines.iter().any(|(_, text)| text.starts_with(token)) {
            faults.push(format!("nothing logs {token:?}"));
        }
    }
    for (level, text) in &lines {
        let is_named = named.iter().any(|token| text.starts_with(token));
        if level != "debug" && !is_named {
            faults.push(format!("no row has the line {text:?}"));
        }
    }
}

/// Returns `true` if a file has a test of that name: a function, or a line in the list of a macro
/// that makes one of each.
fn has_test(source: &str, name: &str) -> bool {
    let is_test = |function: &str| {
        let mut parts = source.split(function);
        let before = parts.next().unwrap();
        // Between the attribute and the function there are other attributes only.
        let attributes = before.rsplit("\n\n").next().unwrap();
        parts.next().is_some() && attributes.contains("#[test]")
    };
    is_test(&format!("fn {name}("))
        || (is_test("fn $claim()") && source.contains(&format!(" {name},\n")))
}

/// Returns the number of tests that a cell names and that exist.
fn existing_tests(cell: &str, faults: &mut Vec<String>) -> usize {
    let mut count = 0;
    for token in code(cell) {
        let (path, name) = token.rsplit_once("::").unwrap_or((token, ""));
        let source = fs::read_to_string(root().join(path)).unwrap_or_default();
        if has_test(&source, name) {
            count += 1;
        } else {
            faults.push(format!("there is no test {token}"));
        }
    }
    count
}

fn tests(rows: &[Row<'_>], faults: &mut Vec<String>) {
    for row in rows {
        if existing_tests(row.test, faults) == 0 {
            faults.push(format!("no test shows {:?}", row.failure));
        }
    }
}

/// Faults of the field cases: each has an id of its own, and existing tests or a reason for none.
fn case_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for [id, _, _, seen, test] in cells(text, CASES_HEADER, &mut faults) {
        if !ids.insert(id) {
            faults.push(format!("{id} stands twice"));
        }
        let is_open = seen.starts_with("Not built") || seen.starts_with("Documented only");
        if is_open != (test == "-") {
            faults.push(format!("{id} has no test, or one too many"));
        }
        if existing_tests(test, &mut faults) == 0 && !is_open {
            faults.push(format!("no test shows {id}"));
        }
    }
    faults
}

/// Everything in which the table and the code are out of step.
fn faults(table: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let rows = rows(table, &mut faults);
    errors(&rows, &mut faults);
    states(&rows, &mut faults);
    logs(&rows, &mut faults);
    tests(&rows, &mut faults);
    faults
}

#[test]
fn the_table_and_the_code_are_in_step() {
    let faults = faults(TABLE);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        TABLE.matches("\n| ").count() > 60,
        "the search finds nothing"
    );
    assert_eq!(
        TABLE.matches(HEADER).count(),
        TABLE.matches("\n| --- |").count()
    );
}

#[test]
fn a_row_that_is_missing_is_noticed() {
    let names = ENUMS.iter().flat_map(|(name, source)| {
        let variants = variants(name, source).into_iter();
        variants.map(move |variant| format!("{name}::{variant}"))
    });
    let kinds = ErrorKind::ALL.iter().map(|kind| kind.name().to_owned());
    let states = [
        MeterState::Starting,
        MeterState::Ready,
        MeterState::Degraded,
        MeterState::Stopped,
    ];
    let states = states.iter().map(ToString::to_string);
    let lines = ["some metrics unavailable: watch refused".to_owned()];
    let mut tried = 0;
    for name in names.chain(kinds).chain(states).chain(lines) {
        let token = format!("`{name}`");
        let less = TABLE.lines().filter(|line| !line.contains(&token));
        let less = less.collect::<Vec<_>>().join("\n");
        let word = name.rsplit("::").next().unwrap();
        let found = faults(&less);
        let unnamed = format!(" {word} has no row");
        let is_it = |fault: &String| {
            fault.ends_with(&unnamed) || *fault == format!("no row has the line {word:?}")
        };
        assert!(found.iter().any(is_it), "{name}: {found:?}");
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn what_a_row_names_and_there_is_not_is_noticed() {
    for (from, to) in [
        ("| `stale` |", "| `old` |"),
        ("`Error::Wedged`", "`Error::Hung`"),
        ("`Error::Wedged`", "`Fault::Hung`"),
        ("`ErrorClass::Limit`", "`ErrorClass::Full`"),
        ("| `stopped` |", "| `ended` |"),
        (
            "`series dropped: too many for the limit`",
            "`there are too many`, `of them`",
        ),
        ("::a_dead_port_refuses`", "::a_live_port_refuses`"),
        (
            "`tests/tests/bad_input.rs::a_dead",
            "`tests/tests/good.rs::a_dead",
        ),
        // A function that is no test.
        ("::a_dead_port_refuses`", "::connect_with`"),
        (
            "| `dcgm/src/code.rs::unknown_code_is_kept` |",
            "| none yet |",
        ),
        ("| `stale` | `degraded` |", "| - | `degraded` |"),
        ("| `stale` | `degraded` |", "| `stale` `degraded` |"),
    ] {
        let other = TABLE.replacen(from, to, 1);
        assert_ne!(other, TABLE, "{from}");
        assert!(!faults(&other).is_empty(), "{from} -> {to}");
    }
}

#[test]
fn each_test_that_a_field_case_names_exists() {
    let faults = case_faults(CASES);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let headers = CASES.matches(CASES_HEADER).count();
    assert_eq!(headers, CASES.matches("\n| --- |").count());
    assert!(
        CASES.matches("\n| ").count() > 35,
        "the search finds nothing"
    );
}

#[test]
fn a_field_case_without_its_test_is_noticed() {
    for (from, to) in [
        ("::nvlink_in_bursts_is_counted_in_full`", "::nvlink`"),
        (
            "`tests/tests/harm/traffic.rs::",
            "`tests/tests/traffic.rs::",
        ),
        ("| Not built.", "| Built."),
        ("| Each is counted once. |", "| Not built. |"),
        ("| F1 |", "| F2 |"),
        ("| F1 |", "| |"),
        ("| F1 |", "| F1 | F1 |"),
    ] {
        let other = CASES.replacen(from, to, 1);
        assert_ne!(other, CASES, "{from}");
        assert!(!case_faults(&other).is_empty(), "{from} -> {to}");
    }
}
