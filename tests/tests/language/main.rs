//! Measures the language of the published crates, the documents and the examples: marker words,
//! summaries, function names and type names.
//!
//! `cargo test -p dcgm-tests --test language -- --nocapture` prints the table and the offenders.

#![expect(
    clippy::panic,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod can_fail;
mod rules;
mod sources;

use std::fmt::Write;

use dcgm_tests::tree::{Document, documents};
use rules::{Measure, duplicate_types, leaning_summaries, marker_words, one_word_functions};
use sources::library;

const CRATES: [&str; 3] = ["dcgm-sys", "dcgm", "dcgm-otel"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    MarkerWords,
    LeaningSummaries,
    OneWordFunctions,
    DuplicateTypes,
}

impl Rule {
    const fn text(self) -> &'static str {
        match self {
            Self::MarkerWords => "marker words",
            Self::LeaningSummaries => "leaning summaries, %",
            Self::OneWordFunctions => "one-word functions, %",
            Self::DuplicateTypes => "duplicate type names",
        }
    }

    /// Shares are in percent, the rest are counts.
    #[expect(clippy::cast_precision_loss, reason = "a few thousands")]
    fn value(self, measure: &Measure) -> f64 {
        match self {
            Self::LeaningSummaries | Self::OneWordFunctions => measure.percent(),
            Self::MarkerWords | Self::DuplicateTypes => measure.offenders.len() as f64,
        }
    }
}

/// Rule, place, the largest value that is allowed.
const LIMITS: [(Rule, &str, f64); 13] = [
    (Rule::MarkerWords, "dcgm-sys", 0.0),
    (Rule::MarkerWords, "dcgm", 0.0),
    (Rule::MarkerWords, "dcgm-otel", 0.0),
    (Rule::MarkerWords, "documents", 0.0),
    (Rule::MarkerWords, "examples", 0.0),
    (Rule::MarkerWords, "tests", 0.0),
    (Rule::LeaningSummaries, "dcgm-sys", 2.0),
    (Rule::LeaningSummaries, "dcgm", 2.0),
    (Rule::LeaningSummaries, "dcgm-otel", 2.0),
    (Rule::OneWordFunctions, "libraries", 52.0),
    (Rule::DuplicateTypes, "dcgm-sys", 0.0),
    (Rule::DuplicateTypes, "dcgm", 0.0),
    (Rule::DuplicateTypes, "dcgm-otel", 0.0),
];

/// Endings of the files that hold text; Markdown is measured with the documents.
const TEXTS: [&str; 8] = [
    ".h", ".json", ".rs", ".svg", ".toml", ".txt", ".yaml", ".yml",
];

/// Markdown of the whole repository, and the other texts of the folders that hold documents.
fn all_documents() -> Vec<Document> {
    let mut found = documents("", &[".md"]);
    for folder in ["api", "docs", "semconv"] {
        found.extend(documents(folder, &TEXTS));
    }
    found
}

/// Tests and benches, less this one, which lists the words.
fn test_programs() -> Vec<Document> {
    // Scripts have no ending.
    let mut found = documents(".ci", &[""]);
    for folder in ["tests", "benches", ".github"] {
        found.extend(documents(folder, &TEXTS));
    }
    found.retain(|one| !one.path.starts_with("tests/tests/language/"));
    found
}

fn measure(rule: Rule, place: &str) -> Measure {
    let sources = || match place {
        "libraries" => CRATES.into_iter().flat_map(library).collect(),
        name => library(name),
    };
    match (rule, place) {
        (Rule::MarkerWords, "documents") => marker_words(&all_documents()),
        (Rule::MarkerWords, "tests") => marker_words(&test_programs()),
        // The whole folder, tests included, as a text search sees it.
        (Rule::MarkerWords, folder) => marker_words(&documents(folder, &TEXTS)),
        (Rule::LeaningSummaries, _) => leaning_summaries(&sources()),
        (Rule::OneWordFunctions, _) => one_word_functions(&sources()),
        (Rule::DuplicateTypes, _) => duplicate_types(&sources()),
    }
}

#[test]
fn language_is_within_its_limits() {
    let mut table = format!(
        "{:24}{:12}{:>8}{:>9}{:>8}\n",
        "rule", "place", "judged", "measured", "limit"
    );
    let (mut lists, mut broken) = (String::new(), Vec::new());
    for (rule, place, limit) in LIMITS {
        let measure = measure(rule, place);
        let value = rule.value(&measure);
        writeln!(
            table,
            "{:24}{place:12}{:>8}{value:>9.1}{limit:>8.1}",
            rule.text(),
            measure.judged
        )
        .unwrap();
        writeln!(
            lists,
            "\n{} in {place}: {}",
            rule.text(),
            measure.offenders.len()
        )
        .unwrap();
        for offender in measure.offenders.iter().take(40) {
            writeln!(lists, "    {offender}").unwrap();
        }
        // Limits have one digit after the point.
        if value >= limit + 0.05 {
            broken.push(format!("{} in {place}: {value:.2}", rule.text()));
        }
        assert!(
            measure.judged > 0,
            "{} found nothing in {place}",
            rule.text()
        );
    }
    println!("{table}{lists}");
    assert!(broken.is_empty(), "above the limit: {broken:#?}\n{table}");
}
