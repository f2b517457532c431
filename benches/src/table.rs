//! Lines, medians and ratios.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// Returns `true` in `cargo bench`. `cargo test --benches` only checks that the bench runs.
#[must_use]
pub fn earnest() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Prints a line.
///
/// # Panics
///
/// If standard output cannot be written.
pub fn line(text: &str) {
    writeln!(io::stdout().lock(), "{text}").expect("standard output can be written");
}

/// The number in the middle.
///
/// # Panics
///
/// Without a number.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    assert!(!numbers.is_empty(), "a median of nothing");
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Does both in turn, `rounds` times, and answers the median time of each, and the median of the
/// rounds' ratios: other load on the machine falls on both.
pub fn ratio(rounds: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (f64, f64, f64) {
    let time = |work: &mut dyn FnMut()| -> f64 {
        let start = Instant::now();
        work();
        start.elapsed().max(Duration::from_nanos(1)).as_secs_f64() * 1e9
    };
    let mut pairs = Vec::new();
    for round in 0..rounds {
        // The second to run finds the memory warm.
        let (first, second) = if round % 2 == 0 {
            let first = time(&mut ours);
            (first, time(&mut theirs))
        } else {
            let second = time(&mut theirs);
            (time(&mut ours), second)
        };
        pairs.push((first, second));
    }
    (
        median(pairs.iter().map(|pair| pair.0).collect()),
        median(pairs.iter().map(|pair| pair.1).collect()),
        median(pairs.iter().map(|pair| pair.0 / pair.1).collect()),
    )
}
