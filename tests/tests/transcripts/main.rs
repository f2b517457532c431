//! The simulator is held to what the real library was seen to do: recorded calls, made again and
//! compared.
//!
//! The recordings are in `data/transcripts.jsonl` and beside it. A row counts as reproduced only if its call was
//! made here, and all that the row tells of it was compared.

#![expect(unsafe_code, reason = "calls C functions")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]
#![expect(
    clippy::match_same_arms,
    reason = "a line a recorded call, in their order"
)]

mod entities;
mod groups;
mod health;
mod lifecycle;
mod native;
mod others;
mod record;
mod run;
mod subjects;
mod summary;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use dcgm_simulator::Control;
use native::Native;
use run::{Row, Run, Seen};

const RECORDINGS: &str = include_str!("../../data/transcripts.jsonl");
/// Rows that must be reproduced; raise it with each that joins them.
const PINNED: usize = 1710;

/// The input of a row: the call and its arguments.
const NOT_OBSERVED: [&str; 6] = ["file", "name", "call", "code", "since", "then_sleep_s"];

pub(crate) fn library() -> PathBuf {
    dcgm_simulator::library_4_6().expect("cargo builds the simulator with this test")
}

pub(crate) fn native() -> &'static Native {
    static NATIVE: OnceLock<Native> = OnceLock::new();
    NATIVE.get_or_init(|| Native::load(&library()))
}

fn replay(run: &mut Run<'_>, row: &Row) -> Seen {
    let case = run.file.split('-').next().unwrap_or("");
    run.control.advance(run.pace);
    match case {
        "case1" => lifecycle::case1(run, row),
        "case2" => lifecycle::case2(run, row),
        "case2b" => lifecycle::case2b(run, row),
        "case3" => lifecycle::case3(run, row),
        "case4" => entities::case4(run, row),
        "case4b" => entities::case4b(run, row),
        "case5" => groups::case5(run, row),
        "case5b" => groups::case5b(run, row),
        "case6" => values::case6(run, row),
        "case6b" => values::case6b(run, row),
        "case6c" => values::case6c(run, row),
        "case6d" => values::case6d(run, row),
        "case6e" => values::case6e(run, row),
        "case6L" => values::case6l(run, row),
        "case7" => others::case7(run, row),
        "case8" => others::case8(run, row),
        "case9" => others::case9(run, row),
        "case10" => others::case10(run, row),
        "case12" => health::case12(run, row),
        "case12b" | "case12c" | "case12d" => health::case12b(run, row),
        "case13" | "case14" | "case14t" => Err("measures time"),
        _ => Err("case not known"),
    }
}

/// The library has one state for the process: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn summaries_and_history_are_those_of_the_real_library() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let control = Control::of(&library()).unwrap();
    let mut run = Run::new(native(), &control, "summary-tcp");
    let (all, wrong) = summary::replay(&mut run);
    run.end();
    println!(
        "reproduced {} of {all} recorded calls; left out 20: live values 14, 3000 samples 3, NULL 3",
        all - wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(all >= summary::PINNED, "{all}");
}

/// The table of this test's results.
const DOCUMENT: &str = include_str!("../../../docs/internals/SDK.md");

#[test]
fn subjects_are_those_of_the_real_library() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let control = Control::of(&library()).unwrap();
    let tallies = subjects::replay(native(), &control);
    let (mut reproduced, mut rows) = (0, Vec::new());
    let mut wrong = Vec::new();
    for (subject, tally) in tallies {
        reproduced += tally.reproduced;
        let reasons = tally.left_out.iter();
        let reasons: Vec<_> = reasons
            .map(|(why, count)| format!("{why}: {count}"))
            .collect();
        let (all, why) = (tally.recorded, reasons.join("; "));
        rows.push(format!(
            "| {subject} | {all} | {} | {why} |",
            tally.reproduced
        ));
        wrong.extend(tally.wrong);
    }
    println!("{}", rows.join("\n"));
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} differ:\n{}", wrong.join("\n"));
    assert!(reproduced >= subjects::PINNED, "{reproduced}");
    for row in rows {
        assert!(DOCUMENT.contains(&row), "docs/internals/SDK.md lacks {row}");
    }
}

#[test]
fn the_simulator_does_what_the_real_library_was_seen_to_do() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let control = Control::of(&library()).unwrap();
    let mut files: Vec<(String, Vec<Row>)> = Vec::new();
    for line in RECORDINGS.lines() {
        let row = Row(serde_json::from_str(line).unwrap());
        let file = row.text("file").to_owned();
        match files.last_mut().filter(|(last, _)| *last == file) {
            Some((_, rows)) => rows.push(row),
            None => files.push((file, vec![row])),
        }
    }
    let (mut all, mut reproduced) = (0, 0);
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, rows) in &files {
        let mut run = Run::new(native(), &control, file);
        for row in rows {
            all += 1;
            match replay(&mut run, row) {
                Err(reason) => *left_out.entry(reason).or_default() += 1,
                Ok(seen) => {
                    let observed = row
                        .0
                        .iter()
                        .filter(|(key, _)| !NOT_OBSERVED.contains(&key.as_str()));
                    let differing: Vec<_> = observed
                        .filter(|(key, value)| seen.get(*key) != Some(value))
                        .collect();
                    let compared = row
                        .0
                        .keys()
                        .any(|key| !NOT_OBSERVED.contains(&key.as_str()));
                    assert!(compared, "{file}: {}: nothing to compare", row.name());
                    if differing.is_empty() {
                        reproduced += 1;
                    }
                    for (key, value) in differing {
                        let got = seen
                            .get(key)
                            .map_or("nothing".to_owned(), ToString::to_string);
                        wrong.push(format!(
                            "{file}: {}: {key}\n  recorded {value}\n  here     {got}",
                            row.name()
                        ));
                    }
                }
            }
        }
        run.end();
        assert_eq!(control.panics(), 0, "{file}: the simulator panicked");
    }
    // The engine there was killed, and so has left it.
    std::fs::remove_file(lifecycle::socket()).unwrap();
    let reasons: Vec<_> = left_out
        .iter()
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    let count: usize = left_out.values().sum();
    println!(
        "reproduced {reproduced} of {all} recorded calls; left out {count}: {}",
        reasons.join(", ")
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(reproduced >= PINNED, "{reproduced} of {PINNED} pinned");
}
