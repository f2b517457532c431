//! The table of settings: its rows, the tables made from it, and what a new row costs.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::value::SettingValue;
use super::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Checks that a row expects the words of its type.
fn words<T: SettingValue>(key: SettingKey, all: &[T]) {
    let words: Vec<_> = all.iter().filter_map(SettingValue::to_text).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let (expected, _) = key.form();
    assert_eq!(expected, choices::join_with_or(&words));
}

#[test]
fn expected_words_and_examples_are_valid() {
    for key in SettingKey::ALL {
        // Its example is a file of other machines.
        if *key == SettingKey::exporter_csv {
            continue;
        }
        // Only a program with the feature can be isolated.
        if *key == SettingKey::isolation
            && cfg!(not(all(feature = "isolated", target_os = "linux")))
        {
            continue;
        }
        let (_, example) = key.form();
        let mut errors = Vec::new();
        let mut parser = ConfigParser {
            source: SettingSource::Environment,
            errors: &mut errors,
        };
        let default = match key.only_with() {
            Some(naming) => Config::default().with_naming(naming),
            None => Config::default(),
        };
        let mut config = default.clone();
        config.parse(&mut parser, *key, example);
        config.validate_into(&mut errors);
        assert!(errors.is_empty(), "{}: {errors:?}", key.path());
        // The example is not the default, so that it shows something.
        assert_ne!(config, default, "{}", key.path());
    }
    words(SettingKey::mode, ModeKind::ALL);
    words(SettingKey::naming, Naming::ALL);
    words(SettingKey::profile, Profile::ALL);
    words(SettingKey::counter_origin, CounterOrigin::ALL);
    words(SettingKey::throttle_name, ThrottleName::ALL);
    words(SettingKey::attribution, AttributionExport::ALL);
    words(SettingKey::attributes_on, StaticScope::ALL);
    words(SettingKey::shared_devices, SharedDevices::ALL);
}

/// The row of a variable in the table of a README.
fn row(key: SettingKey, variable: &str) -> String {
    let (expected, example) = key.form();
    let effective = Config::default().effective();
    let default = match effective.get(key.path()) {
        Some(setting) => format!("`{}`", setting.value),
        None => "-".to_owned(),
    };
    let summary = key.summary();
    format!("| `{variable}` | {summary} | {expected} | `{example}` | {default} |")
}

#[test]
fn readme_tables_match_the_rows() {
    let keys = SettingKey::ALL.iter();
    let rows: Vec<_> = keys
        .filter_map(|key| Some(row(*key, key.variable()?)))
        .collect();
    assert!(rows.len() >= 13, "{rows:?}");
    for readme in ["README.md", "../README.md"] {
        let path = root().join(readme);
        // The package is without the workspace's README.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let is_row = |line: &&str| line.starts_with("| `DCGM_OTEL_");
        let first = text.lines().position(|line| is_row(&line)).unwrap();
        let table: Vec<_> = text.lines().skip(first).take_while(is_row).collect();
        if table != rows && std::env::var_os("DCGM_BLESS").is_some() {
            let mut lines: Vec<_> = text.lines().collect();
            lines.splice(first..first + table.len(), rows.iter().map(String::as_str));
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            continue;
        }
        assert_eq!(table, rows, "{readme}: DCGM_BLESS=1 writes it");
        assert_eq!(text.lines().filter(is_row).count(), rows.len(), "{readme}");
    }
}

/// The sources that parse, keep and print settings, without their tests.
fn sources() -> Vec<(String, String)> {
    let source = root().join("src");
    let mut files: Vec<PathBuf> = ["config.rs", "builder.rs", "effective.rs", "env.rs"]
        .map(|file| source.join(file))
        .into();
    let folder = fs::read_dir(source.join("config")).unwrap();
    files.extend(folder.map(|entry| entry.unwrap().path()));
    files.retain(|path| path.is_file() && !path.ends_with("tests.rs"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&source).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines();
        let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
        // Without the texts in quotes.
        let code = lines.flat_map(|line| line.split('"').step_by(2).chain(["\n"]));
        (name, code.collect::<String>())
    };
    files.into_iter().map(read).collect()
}

/// Counts the occurrences of a word.
fn count(text: &str, word: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_part(c))
        .filter(|one| *one == word)
        .count()
}

#[test]
fn a_setting_is_named_in_its_row_only() {
    let sources = sources();
    assert!(sources.len() > 15, "the search finds nothing");
    // `interval` bounds `max_age` and `peaks`, `naming` decides which settings have an effect, and the meter is
    // installed with three of them.
    for (key, elsewhere) in [
        ("initial_delay", &[][..]),
        ("max_series", &["config/access.rs"]),
        ("max_instrument_series", &[]),
        ("profile", &[]),
        ("counter_origin", &[]),
        ("throttle_name", &["builder.rs"]),
        (
            "interval",
            &[
                "builder.rs",
                "config/access.rs",
                "config/peaks.rs",
                "config/validate.rs",
            ],
        ),
    ] {
        let named = sources.iter().filter(|(_, text)| count(text, key) > 0);
        let mut named: Vec<_> = named.map(|(name, _)| name.as_str()).collect();
        named.sort_unstable();
        let mut expected = elsewhere.to_vec();
        expected.push("config/rows.rs");
        expected.sort_unstable();
        assert_eq!(named, expected, "{key}");
        let (_, table) = sources
            .iter()
            .find(|(name, _)| name == "config/rows.rs")
            .unwrap();
        let setter = format!("with_{key}");
        assert_eq!((count(table, key), count(table, &setter)), (1, 1), "{key}");
    }
}

#[test]
fn the_builder_has_every_setter_of_the_configuration() {
    let sources = sources();
    let text = |name: &str| &sources.iter().find(|(file, _)| file == name).unwrap().1;
    let setters = |name: &str| {
        let parts = text(name).split("pub fn with_").skip(1);
        parts
            .map(|part| part.split(['(', '<']).next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // The same table makes the other setters for both.
    let builder = setters("builder.rs");
    let config = setters("config/access.rs");
    assert_eq!(config.len(), 12, "{config:?}");
    for setter in config {
        assert!(builder.contains(&setter), "with_{setter}");
    }
}
