//! A benchmark that runs itself as another process, and reads what that measured.

use std::collections::HashMap;
use std::process::Command;

/// What a child measured, by name.
pub type Facts = HashMap<&'static str, f64>;

/// Runs this program with a task in the variable `variable`, and reads its lines of a name and a number.
#[must_use]
pub fn run_child(variable: &str, task: &str, names: &[&'static str]) -> Facts {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .env(variable, task)
        .output()
        .expect("it runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let text = String::from_utf8_lossy(&output.stdout);
    let fact = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        let name = names.iter().find(|known| **known == name)?;
        Some((*name, number.parse().ok()?))
    };
    let facts: Facts = text.lines().filter_map(fact).collect();
    assert_eq!(facts.len(), names.len(), "{text}");
    facts
}
